#include "form_input.h"

#define PLACE_SIZE 400

static void say_faults(struct app *app, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        char place[PLACE_SIZE], words[FORM_FILE_WORDS_MAX];
        form_file_place(at, place, sizeof place);
        form_file_words(at, words, sizeof words);
        face_warn(app->face, at->is_error ? "text.form_error" : "text.form_warning", path, place,
                  words, NULL);
    }
}

enum err form_input_read(struct app *app, const char *path, struct form_file *ret)
{
    enum err e = form_file_open(app->host, path, true, app->arena, ret, app->diag);
    say_faults(app, path, ret);
    return e;
}
