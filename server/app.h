/*
 * app.h - one run of a douard command: what it was given, what it opened, how it answers.
 */
#ifndef APP_H
#define APP_H

#include "args.h"
#include "face.h"
#include "org.h"
#include "server_config.h"

#define APP_ARENA_MAX  (256u * 1024 * 1024)
#define APP_ANSWER_MAX (64u * 1024 * 1024)

struct server_key;
struct secret_source;

struct app {
    const struct host *host;
    const struct face *face;
    const char *home;
    struct server_key *key; /* whose host this is */
    const struct secret_source *source;
    const struct args *args;
    const char *const *words; /* after the command's name */
    size_t word_count;
    struct server_config config; /* when the command needs a home */
    struct node *node;           /* when it needs a node */
    struct node_identity self;
    enum language language;
    struct arena *arena; /* for the time of the command */
    struct diag *diag;
    const char *const *program; /* the whole line, to begin anew with; NULL in tests */
    bool shows_progress;        /* somebody watches a terminal, and didn't ask for --json */
};

/* The organisation's configuration; borrowed until the next write. */
MUST_CHECK enum err app_org(struct app *app, const struct org **ret);

/* The person who acts: --person, else the node's own. ERR_MISSING_ARGUMENT. */
MUST_CHECK enum err app_person(struct app *app, struct id *ret);

/* Is it one line of valid UTF-8 without control characters? A name that isn't could disguise
   itself on a screen or break a table. */
bool app_is_line(struct span text);

/* A new random id as text. */
void app_new_id(const struct app *app, char ret[ID_TEXT_SIZE]);

/* A list of words separated by commas, as texts in the arena. ERR_MISSING_ARGUMENT when empty. */
struct word_list {
    const char **texts;
    size_t count;
};
MUST_CHECK enum err app_list(struct app *app, const char *option, struct word_list *ret);
/* The same, each a place that is known: ERR_UNKNOWN_PLACE. */
MUST_CHECK enum err app_scopes(struct app *app, const struct org *org, struct word_list *ret);
/* --compartment, each one that a type names: ERR_UNKNOWN_COMPARTMENT. Without the option "base",
   or all there are when `all`. */
MUST_CHECK enum err app_compartments(struct app *app, const struct org *org, bool all,
                                     struct word_list *ret);

/* ---- answers */

struct member {
    const char *name;
    const char *text; /* NULL: the number */
    int64_t number;
};

/* The sentence of PREFIX and NAME in the arena; the name itself when the catalogue has none. */
const char *app_word(const struct app *app, const char *prefix, const char *name);
/* A record type's label, else its name. */
const char *app_type_label(const struct app *app, const char *type_name);

/* The sentence of `key` with the members in order, or with --json the object of them. */
void app_answer(const struct app *app, const char *key, const struct member *members, size_t count);

/* Rows of named columns: a table whose heads are "admin.column.NAME", or {"list":[{..},..]}. */
struct listing {
    const struct app *app;
    const char *const *columns;
    size_t column_count;
    size_t column; /* of the next value */
    size_t row_count;
    struct table table;
    struct buf text;
    struct json_writer json;
};
void listing_begin(struct listing *listing, const struct app *app, const char *const *columns,
                   size_t column_count);
void listing_text(struct listing *listing, const char *text); /* NULL: empty, null */
void listing_span(struct listing *listing, struct span text);
/* A name of ours ("worker" under "text.role_"): JSON has the name, the table its sentence. */
void listing_word(struct listing *listing, const char *prefix, const char *name);
void listing_int(struct listing *listing, int64_t number);
void listing_id(struct listing *listing, struct id id);
void listing_when(struct listing *listing, int64_t time_ms); /* 0: never. JSON has the ms. */
void listing_words(struct listing *listing, const char *const *words, size_t count);
/* "yes" in words and true in JSON; nothing and false. */
void listing_flag(struct listing *listing, bool flag);
MUST_CHECK enum err listing_end(struct listing *listing); /* Prints and releases. */
void listing_drop(struct listing *listing);               /* Releases. */

#endif
