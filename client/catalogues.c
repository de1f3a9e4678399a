/*
 * catalogues.c - loads the embedded catalogues.
 */
#include <string.h>

#include "catalogues.h"
#include "embedded.h"

/* Embedded once, by the face. */
extern const struct embedded schema_messages[];
extern const size_t schema_messages_count;

enum err catalogues_load(const struct mem *mem, struct catalogues *ret, struct diag *diag)
{
    struct catalogues catalogues = {0};
    enum err e = OK;
    for (size_t i = 0; i < LANGUAGE_COUNT && !e; i++) {
        struct buf name;
        buf_init(&name, mem, 32);
        buf_add_text(&name, language_name((enum language)i));
        buf_add_text(&name, ".txt");
        const struct embedded *file =
            embedded_find(schema_messages, schema_messages_count, buf_text(&name));
        buf_release(&name);
        if (!file) {
            e = diag_set(diag, ERR_INTERNAL, "messages", NULL);
        } else {
            e = catalogue_load(mem, span_from(file->data, file->size), &catalogues.of[i], diag);
        }
    }
    if (e) {
        catalogues_release(&catalogues);
        return e;
    }
    *ret = catalogues;
    return OK;
}

void catalogues_release(struct catalogues *catalogues)
{
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (catalogues->of[i].lines) {
            catalogue_release(&catalogues->of[i]);
        }
    }
}

void catalogues_say(const struct catalogues *catalogues, enum language language, const char *key,
                    const char *const *args, size_t arg_count, struct buf *ret)
{
    message_format(&catalogues->of[language], &catalogues->of[LANGUAGE_EN], key, args, arg_count,
                   ret);
}

void catalogues_say_diag(const struct catalogues *catalogues, enum language language,
                         const struct diag *diag, struct buf *ret)
{
    message_diag(&catalogues->of[language], &catalogues->of[LANGUAGE_EN], diag, ret);
}
