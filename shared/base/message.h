/*
 * message.h - catalogues: a code with arguments becomes a sentence of the person's language.
 *
 * One catalogue per language (ar, fr, zgh, en) is a text of lines, UTF-8:
 *
 *     # a comment; blank lines are free
 *     error.not_found = No {0} is called {1}.
 *
 * The key is what stands before the first '=', the sentence what stands after it, both without
 * surrounding spaces. {0} to {9} are the arguments, in any order and number, control characters in
 * them as spaces; other braces stand for themselves. A key the catalogue lacks is looked up in a
 * fallback (English), and one that both lack is shown as it is with its arguments, so that nothing
 * is ever said by silence.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "buf.h"

#define MESSAGE_KEY_SIZE 64 /* the longest key, in bytes */

struct catalogue_line {
    struct span key;
    struct span sentence;
};

struct catalogue {
    const struct mem *mem;
    struct catalogue_line *lines; /* sorted by key; spans into the text loaded */
    size_t count;
};

/*
 * `text` is borrowed and must outlive the catalogue. Refused, with ERR_CONFIG and a diag of
 * ("messages", line number, what): invalid UTF-8, a line without '=', a key that is empty, too
 * long or given twice, an empty sentence.
 */
MUST_CHECK enum err catalogue_load(const struct mem *mem, struct span text, struct catalogue *ret,
                                   struct diag *diag);
void catalogue_release(struct catalogue *catalogue);

/* The sentence of a key; false when the catalogue (which may be NULL) lacks it. */
bool catalogue_find(const struct catalogue *catalogue, const char *key, struct span *ret);

/*
 * Appends the sentence of `key` with `args` in place. Both catalogues may be NULL. An argument
 * that the caller did not give leaves its "{n}" standing. Failure shows in `ret`.
 */
void message_format(const struct catalogue *catalogue, const struct catalogue *fallback,
                    const char *key, const char *const *args, size_t arg_count, struct buf *ret);

/*
 * The same for a failure: key "error." and err_name(), the diag's own arguments. Those that the
 * program wrote itself ("a key in quotes is expected"; which these are, message.c says by code)
 * are said in the person's language when the catalogue has them: under "word." and what
 * message_word_key() makes of them. Those of the person (names, values, files) stand as they are.
 * What the failure doesn't know is said as "?".
 */
void message_diag(const struct catalogue *catalogue, const struct catalogue *fallback,
                  const struct diag *diag, struct buf *ret);

/* "word.a_key_in_quotes_is_expected": small letters and digits, everything else is one '_', cut
   to the longest key. Of a text without letters and digits just "word.". */
void message_word_key(const char *text, char ret[MESSAGE_KEY_SIZE + 1]);

/*
 * The language of a session: "ar", "fr", "zgh" or "en", by the first of these that names one:
 * the --lang option, DOUAR_LANG, LC_ALL, LC_MESSAGES, LANG; French when none does. Any may be
 * NULL. They are read as text ("ar_MA.UTF-8", "fr"), never through setlocale(): a bare machine
 * has only the locale C, and C and POSIX name no language. Tamazight is also known by the codes
 * that systems use for it: ber, tzm, shi, rif.
 */
const char *language_pick(const char *option, const char *douar_lang, const char *lc_all,
                          const char *lc_messages, const char *lang);

/* The language that one such text names, or NULL: for refusing a mistyped --lang. */
const char *language_named(const char *text);

#endif
