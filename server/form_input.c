#include "form_input.h"

#include <string.h>

#define PLACE_SIZE 400

/* ---- beside it */

struct folder {
    struct app *app;
    const char *path; /* of the form */
};

static enum err read_beside(void *ctx, const char *file, struct buf *ret)
{
    const struct folder *folder = ctx;
    struct app *app = folder->app;
    const char *end = strrchr(folder->path, '/');
    struct buf path;
    buf_init(&path, &app->host->mem, HOST_PATH_MAX - 1);
    buf_add_span(&path, span_from(folder->path, end ? (size_t)(end - folder->path) + 1 : 0));
    buf_add_text(&path, file);
    enum err e = buf_error(&path);
    if (!e) {
        e = app->host->files->read(app->host->ctx, buf_text(&path), ret);
        if (e && e != ERR_NOT_FOUND) {
            e = diag_set(app->diag, ERR_FILE, buf_text(&path), err_name(e), NULL);
        }
    }
    buf_release(&path);
    return e;
}

/* ---- the form */

static void say_faults(struct app *app, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        char place[PLACE_SIZE];
        form_file_place(at, place, sizeof place);
        face_warn(app->face, at->is_error ? "text.form_error" : "text.form_warning", path, place,
                  at->what, at->mend, NULL);
    }
}

enum err form_input_read(struct app *app, const char *path, bool with_lists, struct form_file *ret)
{
    struct folder folder = {app, path};
    const struct form_beside beside = {&folder, read_beside};
    struct buf bytes;
    *ret = (struct form_file){.kind = FORM_KIND_LIST};
    buf_init(&bytes, &app->host->mem, FORM_FILE_MAX);
    enum err e = app->host->files->read(app->host->ctx, path, &bytes);
    if (e) {
        e = diag_set(app->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, path,
                     e == ERR_TOO_LARGE ? "33554432" : err_name(e), NULL);
    } else {
        e = form_file_read(&app->host->mem, buf_span(&bytes), path, with_lists ? &beside : NULL,
                           app->arena, ret, app->diag);
        say_faults(app, path, ret);
    }
    buf_release(&bytes);
    return e;
}
