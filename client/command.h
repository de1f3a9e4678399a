/*
 * command.h - `douar`, the command: arguments become a call of the device, the answer is printed.
 *
 * One table of commands (command.c). Nothing here knows the node: whatever a command can do, an
 * app over device.h can do too. With --json a command prints the device's answer as it is, one
 * object a line.
 *
 *     static const struct program program = {...};
 *     return program_run(&program);
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "args.h"
#include "bidi.h"
#include "device.h"
#include "face.h"

/* What a command line means besides its words; each NULL when the variable isn't set. */
struct environment {
    const char *douar_home, *douar_person, *douar_lang;
    const char *xdg_data_home, *user_home;
    const char *lc_all, *lc_messages, *lang;
    const char *passphrase_file; /* a locked device is unlocked by its first line */
};

/* The person's side: handed down by main, a buffer in tests. */
struct terminal {
    void *ctx;
    face_write write;
    /* All of the standard input; the buf's maximum bounds it. */
    enum err (*read_input)(void *ctx, struct buf *ret);
    /* A line of the standard input without its end; ERR_NOT_FOUND when there is no more. NULL where
       nobody answers. */
    enum err (*read_line)(void *ctx, struct buf *ret);
    /* A line that isn't shown, without its end; NULL where nobody sits. */
    enum err (*read_secret)(void *ctx, struct buf *ret);
    struct bidi_terminal bidi;
    bool rewrites_lines; /* the error stream is a terminal: progress takes one line */
};

struct program {
    const struct host *host;
    size_t argc; /* without the program's name */
    const char *const *argv;
    struct environment environment;
    struct terminal terminal;
};

/* Runs one command; the exit status (err.h). */
int program_run(const struct program *program);

/* ---- the table, for help and tests */

struct session;

struct command {
    const char *name;          /* "place add" */
    const char *words;         /* what help shows after the name; the same in every language */
    const char *options;       /* names it takes, separated by spaces */
    size_t word_min, word_max; /* after the name */
    enum err (*run)(struct session *session);
};

#define COMMAND_KEY_SIZE MESSAGE_KEY_SIZE

const struct command *command_at(size_t index); /* NULL beyond the last */
const struct option *option_at(size_t index);   /* ditto; each means the same in every command */
void command_help_key(const struct command *command, char ret[COMMAND_KEY_SIZE]);
void option_help_key(const struct option *option, char ret[COMMAND_KEY_SIZE]);

#endif
