/*
 * catalogues.h - the texts of schema/messages/, one catalogue a language, carried in the program.
 */
#ifndef CATALOGUES_H
#define CATALOGUES_H

#include "message.h"
#include "type.h"

struct catalogues {
    struct catalogue of[LANGUAGE_COUNT];
};

/* ERR_CONFIG when an embedded file is wrong, ERR_NOMEM. */
MUST_CHECK enum err catalogues_load(const struct mem *mem, struct catalogues *ret,
                                    struct diag *diag);
void catalogues_release(struct catalogues *catalogues);

/* The sentence of `key` in the language, else in English, else the key itself. */
void catalogues_say(const struct catalogues *catalogues, enum language language, const char *key,
                    const char *const *args, size_t arg_count, struct buf *ret);
void catalogues_say_diag(const struct catalogues *catalogues, enum language language,
                         const struct diag *diag, struct buf *ret);

#endif
