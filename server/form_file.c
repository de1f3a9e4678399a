#include "form_file.h"

#include <stdio.h>
#include <string.h>

#include "play.h"
#include "xform_json.h"
#include "xform_xml.h"

#define FORM_FILE_MAX (32u << 20) /* bytes of any kind */
#define WARNINGS_MAX  (1u << 20)
#define PLACE_SIZE    400

/* ---- faults */

static void add_fault(struct app *app, struct form_file *file, bool is_error, const char *sheet,
                      struct span what, const char *mend)
{
    struct xlsform_fault *fault = arena_alloc(app->arena, sizeof *fault);
    if (fault == NULL) {
        return; /* the failure itself is told all the same */
    }
    *fault = (struct xlsform_fault){.is_error = is_error,
                                    .sheet = arena_text(app->arena, sheet),
                                    .column = "",
                                    .what = arena_span_text(app->arena, what),
                                    .mend = mend};
    if (file->faults.last == NULL) {
        file->faults.first = fault;
    } else {
        file->faults.last->next = fault;
    }
    file->faults.last = fault;
    file->faults.error_count += is_error ? 1 : 0;
    file->faults.warning_count += is_error ? 0 : 1;
}

/* A fault that only the failure names. */
static void add_failure(struct app *app, struct form_file *file, enum err e)
{
    const struct diag *diag = app->diag;
    if (e == ERR_BAD_FORM && file->faults.error_count == 0) {
        add_fault(app, file, true, diag->args[0], span_of(diag->args[1]), "");
    }
}

void form_file_say(struct app *app, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        char place[PLACE_SIZE];
        if (at->row != 0 || at->column[0] != '\0') {
            xlsform_fault_place(at, place, sizeof place);
        } else {
            (void)snprintf(place, sizeof place, "%.200s", at->sheet);
        }
        face_warn(app->face, at->is_error ? "admin.form_error" : "admin.form_warning", path, place,
                  at->what, at->mend, NULL);
    }
}

/* ---- kinds */

static enum form_kind kind_of(struct span bytes)
{
    size_t at = span_starts_with(bytes, "\xef\xbb\xbf") ? 3 : 0;
    while (at < bytes.size && strchr(" \t\r\n", bytes.data[at]) != NULL) {
        at++;
    }
    if (at < bytes.size && bytes.data[at] == '<') {
        return FORM_KIND_XML;
    }
    if (at < bytes.size && strchr("{[", bytes.data[at]) != NULL) {
        return xform_is_json(bytes) ? FORM_KIND_JSON : FORM_KIND_LIST;
    }
    return FORM_KIND_XLSX; /* whose reader says what else it might be */
}

static enum err read_xml(struct app *app, struct form_file *file, struct span bytes)
{
    struct buf warnings;
    struct span rest, line;
    buf_init(&warnings, &app->host->mem, WARNINGS_MAX);
    enum err e = xform_read_xml(bytes, app->arena, &file->form, &warnings, app->diag);
    rest = buf_span(&warnings);
    while (span_split(&rest, '\n', &line)) {
        if (line.size != 0) {
            add_fault(app, file, false, "XForm", line, "");
        }
    }
    buf_release(&warnings);
    return e;
}

static enum err read_kind(struct app *app, const char *path, struct form_file *file,
                          struct span bytes)
{
    switch (file->kind) {
    case FORM_KIND_XLSX:
        return xlsform_read(&app->host->mem, bytes, path, app->arena, &file->form, &file->faults,
                            app->diag);
    case FORM_KIND_XML:
        return read_xml(app, file, bytes);
    case FORM_KIND_JSON:
        return xform_read_json(bytes, app->arena, &file->form, app->diag);
    case FORM_KIND_LIST:
    default:
        return arena_copy(app->arena, bytes, &file->bytes);
    }
}

/* ---- what every kind must be: readable as form.json, and playable */

static int64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static int no_zone(void *ctx)
{
    (void)ctx;
    return 0;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    memset(bytes, 0, size);
}

static enum err check_expressions(struct app *app, const struct form_file *file)
{
    const struct play_host host = {
        .mem = &app->host->mem, .now_ms = no_time, .zone_minutes = no_zone, .random = no_random};
    struct play *play = NULL;
    enum err e = play_new(&file->form, &host, &play, app->diag);
    if (e == OK) {
        play_free(play);
    }
    return e;
}

/* The form as devices will read it, from here on. */
static enum err make_text(struct app *app, struct form_file *file)
{
    struct buf text;
    buf_init(&text, &app->host->mem, XFORM_JSON_MAX);
    xform_write_json(&file->form, &text);
    enum err e = buf_error(&text);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(app->diag, e, file->form.id, "8388608", NULL);
    }
    e = e ? e : arena_copy(app->arena, buf_span(&text), &file->text);
    e = e ? e : xform_read_json(file->text, app->arena, &file->form, app->diag);
    buf_release(&text);
    return e;
}

enum err form_file_read(struct app *app, const char *path, struct form_file *ret)
{
    struct buf bytes;
    *ret = (struct form_file){.kind = FORM_KIND_LIST};
    buf_init(&bytes, &app->host->mem, FORM_FILE_MAX);
    enum err e = app->host->files->read(app->host->ctx, path, &bytes);
    if (e) {
        e = diag_set(app->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, path,
                     e == ERR_TOO_LARGE ? "33554432" : err_name(e), NULL);
        buf_release(&bytes);
        return e;
    }
    ret->kind = kind_of(buf_span(&bytes));
    e = read_kind(app, path, ret, buf_span(&bytes));
    buf_release(&bytes);
    if (!e && ret->kind != FORM_KIND_LIST) {
        e = make_text(app, ret);
        e = e ? e : check_expressions(app, ret);
    }
    add_failure(app, ret, e);
    return diag_keep(app->diag, e);
}
