#include "form_file.h"

#include <stdio.h>
#include <string.h>

#include "form.h"
#include "form_list.h"
#include "json.h"
#include "mapping.h"
#include "play.h"
#include "xform_faults.h"
#include "xform_json.h"
#include "xform_xml.h"

#define WARNINGS_MAX (1u << 20)
#define LIST_TOO_LARGE                                                                             \
    "is too large for a form (8 MiB with all lists); make its rows records of a type of this "     \
    "name, of which devices show any number, and leave the file out"

/* One reading of one file. */
struct reading {
    const struct mem *mem;
    struct arena *arena;
    const char *name;
    struct form_file *file;
    struct diag *diag;
};

/* ---- faults */

static void add_fault(struct reading *r, bool is_error, const char *sheet, struct span what)
{
    struct xlsform_faults *faults = &r->file->faults;
    struct xlsform_fault *fault = arena_alloc(r->arena, sizeof *fault);
    if (fault == NULL) {
        return; /* the failure itself is told all the same */
    }
    *fault = (struct xlsform_fault){.is_error = is_error,
                                    .sheet = arena_text(r->arena, sheet),
                                    .column = "",
                                    .what = arena_span_text(r->arena, what),
                                    .mend = ""};
    if (faults->last == NULL) {
        faults->first = fault;
    } else {
        faults->last->next = fault;
    }
    faults->last = fault;
    faults->error_count += is_error ? 1 : 0;
    faults->warning_count += is_error ? 0 : 1;
}

/* A fault that only the failure names. */
static void add_failure(struct reading *r, enum err e)
{
    if (e == ERR_BAD_FORM && r->file->faults.error_count == 0) {
        add_fault(r, true, r->diag->args[0], span_of(r->diag->args[1]));
    }
}

void form_file_place(const struct xlsform_fault *fault, char *ret, size_t size)
{
    if (fault->row != 0 || fault->column[0] != '\0') {
        xlsform_fault_place(fault, ret, size);
    } else {
        (void)snprintf(ret, size, "%.200s", fault->sheet);
    }
}

void form_file_words(const struct xlsform_fault *fault, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s%s%s", fault->what, fault->mend[0] != '\0' ? " - " : "",
                   fault->mend);
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

static enum err read_xml(struct reading *r, struct span bytes)
{
    struct buf warnings;
    struct span rest, line;
    buf_init(&warnings, r->mem, WARNINGS_MAX);
    enum err e = xform_read_xml(bytes, r->arena, &r->file->form, &warnings, r->diag);
    rest = buf_span(&warnings);
    while (span_split(&rest, '\n', &line)) {
        if (line.size != 0) {
            add_fault(r, false, "XForm", line);
        }
    }
    buf_release(&warnings);
    return e;
}

static enum err read_kind(struct reading *r, struct span bytes)
{
    struct form_file *file = r->file;
    switch (file->kind) {
    case FORM_KIND_XLSX:
        return xlsform_read(r->mem, bytes, r->name, r->arena, &file->form, &file->faults, r->diag);
    case FORM_KIND_XML:
        return read_xml(r, bytes);
    case FORM_KIND_JSON:
        return xform_read_json(bytes, r->arena, &file->form, r->diag);
    case FORM_KIND_LIST:
    default:
        return arena_copy(r->arena, bytes, &file->bytes);
    }
}

/* ---- lists beside it */

static enum err read_list(struct reading *r, const struct form_beside *beside,
                          struct xform_instance *list)
{
    const char *file = strrchr(list->source, '/') + 1;
    struct buf text;
    buf_init(&text, r->mem, FORM_FILE_MAX);
    enum err e = beside->read(beside->ctx, file, &text);
    if (e == ERR_NOT_FOUND) {
        add_fault(
            r, false, file,
            span_of("isn't beside the form: on devices it is the records of the type that has "
                    "its name, as far as a person may see them"));
        e = OK;
    } else if (e == ERR_TOO_LARGE) {
        e = diag_set(r->diag, ERR_BAD_FORM, file, LIST_TOO_LARGE, NULL);
    } else if (!e) {
        list->source = NULL;
        e = form_list_read(r->mem, buf_span(&text), file, r->file->form.names, r->arena,
                           &list->document, r->diag);
    }
    buf_release(&text);
    return e;
}

static enum err read_lists(struct reading *r, const struct form_beside *beside)
{
    enum err e = OK;
    for (struct xform_instance *at = r->file->form.instances; at != NULL && !e; at = at->next) {
        if (at->document == NULL && at->source != NULL &&
            strncmp(at->source, "jr://file", strlen("jr://file")) == 0 &&
            strrchr(at->source, '/') != NULL) {
            e = read_list(r, beside, at);
        }
    }
    return e;
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

/* A count that never stays is seen only when an instance is begun. What is missing here alone (a
   list, a person's name) is no fault of the form. */
static enum err check_beginning(struct reading *r, struct play *play)
{
    struct diag begun = {0};
    enum err e = play_begin(play, &begun);
    if (e == ERR_BAD_FORM) {
        return diag_set(r->diag, e, begun.args[0], begun.args[1], NULL);
    }
    return e != ERR_TOO_LARGE ? OK
                              : diag_set(r->diag, ERR_BAD_FORM, begun.args[0],
                                         "no instance can be begun: it would be too large", NULL);
}

static void add_expression(void *ctx, const char *place, const char *what)
{
    add_fault(ctx, true, place, span_of(what));
}

static enum err check_expressions(struct reading *r)
{
    const struct play_host host = {
        .mem = r->mem, .now_ms = no_time, .zone_minutes = no_zone, .random = no_random};
    struct play *play = NULL;
    enum err e = play_new(&r->file->form, &host, &play, r->diag);
    if (e == OK) {
        e = check_beginning(r, play);
        play_free(play);
    } else if (e == ERR_BAD_FORM) { /* the engine names the first: here are all */
        enum err found = xform_each_fault(r->mem, &r->file->form, add_expression, r);
        e = found != OK ? found : e;
    }
    return e;
}

/* How much of a form.json a list takes, about: its texts and what stands around each. */
static size_t size_of_list(const struct tree_node *document)
{
    size_t size = 0;
    const struct tree_node *at = document;
    while (at != NULL) {
        size += at->text.size + (at->name == NULL ? 0 : strlen(at->name)) + 10;
        if (at->first != NULL) {
            at = at->first;
            continue;
        }
        while (at != document && at->next == NULL) {
            at = at->parent;
        }
        at = at == document ? NULL : at->next;
    }
    return size;
}

/* A form that is too large is so by its largest list, most of the time: then that is named. */
static enum err too_large(struct reading *r)
{
    const struct xform_instance *largest = NULL;
    size_t size = 0;
    for (const struct xform_instance *at = r->file->form.instances; at != NULL; at = at->next) {
        size_t own = at->document == NULL ? 0 : size_of_list(at->document);
        largest = own > size ? at : largest;
        size = own > size ? own : size;
    }
    if (size < XFORM_JSON_MAX / 2) {
        return diag_set(r->diag, ERR_TOO_LARGE, r->file->form.id, "8388608", NULL);
    }
    return diag_set(r->diag, ERR_BAD_FORM, largest->id, LIST_TOO_LARGE, NULL);
}

/* The form as devices will read it, from here on. */
static enum err make_text(struct reading *r)
{
    struct form_file *file = r->file;
    struct buf text;
    buf_init(&text, r->mem, XFORM_JSON_MAX);
    xform_write_json(&file->form, &text);
    enum err e = buf_error(&text);
    e = e == ERR_TOO_LARGE ? too_large(r) : e;
    e = e ? e : arena_copy(r->arena, buf_span(&text), &file->text);
    e = e ? e : xform_read_json(file->text, r->arena, &file->form, r->diag);
    buf_release(&text);
    return e;
}

enum err form_file_read(const struct mem *mem, struct span bytes, const char *name,
                        const struct form_beside *beside, struct arena *arena,
                        struct form_file *ret, struct diag *diag)
{
    struct reading r = {mem, arena, name, ret, diag};
    *ret = (struct form_file){.kind = kind_of(bytes)};
    enum err e = read_kind(&r, bytes);
    if (!e && ret->kind != FORM_KIND_LIST) {
        e = beside ? read_lists(&r, beside) : OK;
        e = e ? e : make_text(&r);
        e = e ? e : check_expressions(&r);
    }
    add_failure(&r, e);
    return diag_keep(diag, e);
}

/* ---- by its path */

struct folder {
    const struct host *host;
    const char *path; /* of the form */
    struct diag *diag;
};

static enum err read_beside(void *ctx, const char *file, struct buf *ret)
{
    const struct folder *folder = ctx;
    const struct host *host = folder->host;
    const char *end = strrchr(folder->path, '/');
    struct buf path;
    buf_init(&path, &host->mem, HOST_PATH_MAX - 1);
    buf_add_span(&path, span_from(folder->path, end ? (size_t)(end - folder->path) + 1 : 0));
    buf_add_text(&path, file);
    enum err e = buf_error(&path);
    if (!e) {
        e = host->files->read(host->ctx, buf_text(&path), ret);
        if (e && e != ERR_NOT_FOUND && e != ERR_TOO_LARGE) {
            e = diag_set(folder->diag, ERR_FILE, buf_text(&path), err_name(e), NULL);
        }
    }
    buf_release(&path);
    return e;
}

enum err form_file_open(const struct host *host, const char *path, bool with_lists,
                        struct arena *arena, struct form_file *ret, struct diag *diag)
{
    struct folder folder = {host, path, diag};
    const struct form_beside beside = {&folder, read_beside};
    struct buf bytes;
    *ret = (struct form_file){.kind = FORM_KIND_LIST};
    buf_init(&bytes, &host->mem, FORM_FILE_MAX);
    enum err e = host->files->read(host->ctx, path, &bytes);
    if (e) {
        e = diag_set(diag, e == ERR_NOT_FOUND ? ERR_FILE : e, path,
                     e == ERR_TOO_LARGE ? "33554432" : err_name(e), NULL);
    } else {
        e = form_file_read(&host->mem, buf_span(&bytes), path, with_lists ? &beside : NULL, arena,
                           ret, diag);
    }
    buf_release(&bytes);
    return e;
}

/* ---- what is done with one */

enum err form_file_check(const struct form_file *file, struct arena *arena, struct diag *diag)
{
    struct form_map map;
    struct form form;
    struct json *json = NULL;
    if (file->kind != FORM_KIND_LIST) {
        return mapping_make(&file->form, arena, &map, diag);
    }
    enum err e = json_parse(file->bytes, &json, diag);
    e = e ? e : form_read(json, NULL, arena, &form, diag);
    json_free(json);
    return e;
}

enum err form_file_is_played(const struct form_file *file, const char *name, struct diag *diag)
{
    struct json *json = NULL;
    if (file->kind != FORM_KIND_LIST) {
        return OK;
    }
    enum err e = json_parse(file->bytes, &json, diag);
    json_free(json);
    return e ? e
             : diag_set(
                   diag, ERR_BAD_FORM, name,
                   "is a list of questions over a type, which is no XForm; publish it as it is",
                   NULL);
}

static bool ends_with(const char *path, const char *end)
{
    size_t size = strlen(path), tail = strlen(end);
    return size > tail && strcmp(path + size - tail, end) == 0;
}

enum err form_file_can_write(const char *path, struct diag *diag)
{
    return ends_with(path, ".xml") || ends_with(path, ".json")
               ? OK
               : diag_set(diag, ERR_BAD_CHOICE, "file", path, ".json, .xml", NULL);
}

enum err form_file_write(const struct form_file *file, const char *path, struct buf *ret,
                         struct diag *diag)
{
    if (ends_with(path, ".xml")) {
        xform_write_xml(&file->form, ret);
    } else {
        buf_add_span(ret, file->text);
    }
    enum err e = buf_error(ret);
    return e == ERR_TOO_LARGE ? diag_set(diag, e, path, "33554432", NULL) : e;
}
