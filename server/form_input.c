#include "form_input.h"

#define PLACE_SIZE 400

static void say_faults(struct app *app, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        char place[PLACE_SIZE];
        form_file_place(at, place, sizeof place);
        face_warn(app->face, at->is_error ? "text.form_error" : "text.form_warning", path, place,
                  at->what, at->mend, NULL);
    }
}

enum err form_input_read(struct app *app, const char *path, struct form_file *ret)
{
    struct buf bytes;
    *ret = (struct form_file){.kind = FORM_KIND_LIST};
    buf_init(&bytes, &app->host->mem, FORM_FILE_MAX);
    enum err e = app->host->files->read(app->host->ctx, path, &bytes);
    if (e) {
        e = diag_set(app->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, path,
                     e == ERR_TOO_LARGE ? "33554432" : err_name(e), NULL);
    } else {
        e = form_file_read(&app->host->mem, buf_span(&bytes), path, app->arena, ret, app->diag);
        say_faults(app, path, ret);
    }
    buf_release(&bytes);
    return e;
}
