/*
 * command_form.c - `form check` and `form convert`: for people who make forms, without a home.
 */
#include <string.h>

#include "commands.h"
#include "form_input.h"
#include "form_publish.h"
#include "mapping.h"
#include "xform_xml.h"

/* What publishing would find, but for what stands at the region. */
static enum err check_file(struct app *app, const char *path)
{
    struct form_file file;
    struct form_map map;
    struct form form;
    struct json *json = NULL;
    enum err e = form_input_read(app, path, true, &file);
    if (!e && file.kind == FORM_KIND_LIST) {
        e = json_parse(file.bytes, &json, app->diag);
        e = e ? e : form_read(json, NULL, app->arena, &form, app->diag);
        json_free(json);
    } else if (!e) {
        e = mapping_make(&file.form, app->arena, &map, app->diag);
    }
    return e;
}

enum err command_form_check(struct app *app)
{
    const struct member members[] = {{.name = "checked", .number = (int64_t)app->word_count}};
    struct diag first = {.code = OK};
    for (size_t i = 0; i < app->word_count; i++) {
        *app->diag = (struct diag){.code = OK};
        enum err e = check_file(app, app->words[i]);
        if (e && e != ERR_FILE) { /* that names the file itself */
            face_warn(app->face, "admin.file_refused", app->words[i], NULL);
        }
        if (e && !first.code) {
            first = *app->diag;
            first.code = e;
        }
    }
    *app->diag = first;
    if (!first.code) {
        app_answer(app, "text.forms_checked", members, 1);
    }
    return first.code;
}

static bool ends_with(const char *path, const char *end)
{
    size_t size = strlen(path), tail = strlen(end);
    return size > tail && strcmp(path + size - tail, end) == 0;
}

static enum err write_as(struct app *app, const struct form_file *file, const char *path)
{
    struct buf text;
    buf_init(&text, &app->host->mem, XFORM_XML_MAX);
    if (ends_with(path, ".xml")) {
        xform_write_xml(&file->form, &text);
    } else {
        buf_add_span(&text, file->text);
    }
    enum err e = buf_error(&text);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(app->diag, e, path, "33554432", NULL);
    }
    if (!e) {
        e = app->host->files->write_atomic(app->host->ctx, path, buf_span(&text));
        e = e ? diag_set(app->diag, ERR_FILE, path, err_name(e), NULL) : OK;
    }
    buf_release(&text);
    return e;
}

enum err command_form_convert(struct app *app)
{
    const char *from = app->words[0], *to = app->words[1];
    const struct member members[] = {{.name = "form", .text = from}, {.name = "file", .text = to}};
    struct form_file file;
    if (!ends_with(to, ".xml") && !ends_with(to, ".json")) {
        return diag_set(app->diag, ERR_BAD_CHOICE, "file", to, ".json, .xml", NULL);
    }
    enum err e = form_input_read(app, from, false, &file);
    if (!e && file.kind == FORM_KIND_LIST) {
        e = diag_set(app->diag, ERR_BAD_FORM, from,
                     "is a list of questions over a type, which is no XForm; publish it as it is",
                     NULL);
    }
    e = e ? e : write_as(app, &file, to);
    if (!e) {
        app_answer(app, "text.form_converted", members, 2);
    }
    return e;
}
