/*
 * args.h - a command line taken apart by the program's table of options.
 *
 *     douard --home /srv/douar person grant P --scope 05.081 --verbs=read,write
 *     words: person grant P      given: home, scope, verbs
 *
 * An option means the same in every command of a program, so the line is read before the command
 * is known; args_allow() then refuses what this command doesn't take. "--name value",
 * "--name=value" and "-o value" are equal; "--" ends the options; "-" alone is a word, and so is a
 * whole id (22 characters) that begins with a dash.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stdint.h>

#include "err.h"

#define ARGS_MAX 1024 /* words, and options given */

struct option {
    const char *name;  /* without dashes */
    char letter;       /* 0: none */
    const char *value; /* what help calls its value ("FILE"); NULL: a flag */
    bool everywhere;   /* every command takes it */
};

struct given {
    const struct option *option;
    const char *value; /* "" for a flag */
};

/* Everything is borrowed from argv and the table. */
struct args {
    const char *words[ARGS_MAX];
    size_t word_count;
    struct given given[ARGS_MAX];
    size_t given_count;
};

/* argv without the program's name. On failure `ret` holds what stood before the mistake.
   ERR_UNKNOWN_OPTION (option, nearest), ERR_MISSING_ARGUMENT (option), ERR_USAGE for a value given
   to a flag, ERR_TOO_LARGE, ERR_UTF8 (offset in the word that is none). */
MUST_CHECK enum err args_parse(size_t argc, const char *const *argv, const struct option *options,
                               size_t option_count, struct args *ret, struct diag *diag);

/* `names` are separated by spaces. ERR_UNKNOWN_OPTION (option, nearest of `names`). */
MUST_CHECK enum err args_allow(const struct args *args, const char *names, struct diag *diag);

bool args_flag(const struct args *args, const char *name);
const char *args_value(const struct args *args, const char *name); /* the last given, or NULL */
/* The value, or ERR_MISSING_ARGUMENT ("--name"). */
MUST_CHECK enum err args_need(const struct args *args, const char *name, const char **ret,
                              struct diag *diag);
/* A whole number from `min` to `max`; `otherwise` when absent. ERR_OUT_OF_RANGE. */
MUST_CHECK enum err args_number(const struct args *args, const char *name, int64_t min, int64_t max,
                                int64_t otherwise, int64_t *ret, struct diag *diag);

/* "500K", "2M", "1G" or bytes. False for what is none, or negative. */
bool args_size(const char *text, int64_t *ret);

/*
 * Which of `names` ("type add", "type list", ...) the first words are; the longest wins.
 * `*ret_words` is how many words it took. ERR_UNKNOWN_COMMAND (command, nearest).
 */
MUST_CHECK enum err args_command(const struct args *args, const char *const *names, size_t count,
                                 size_t *ret_index, size_t *ret_words, struct diag *diag);

/* The name nearest to a mistyped one, by insertions, deletions, replacements and swapped
   neighbours; "" when none is near enough to be meant. */
const char *nearest_name(const char *text, const char *const *names, size_t count);

#endif
