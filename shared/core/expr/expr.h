/*
 * expr.h - expressions of forms: XPath 1.0 as ODK uses it, with ODK's functions.
 *
 * Compiled once into a tree over interned names, evaluated as often as answers change. What an
 * expression reads is known after compiling (expr_visit_paths), so that who plays a form knows what
 * depends on what. Conversions are those of the ODK XForms specification, oddities included:
 * numbers print without exponent, a date reads as days since 1970 where a number is wanted.
 * Evaluation is pure: clock, zone, randomness and lists come from the struct expr_host.
 * Work is bounded: EXPR_DEPTH_MAX at compile, EXPR_STEPS_MAX nodes visited in one evaluation.
 */
#ifndef EXPR_H
#define EXPR_H

#include "tree.h"

#define EXPR_DEPTH_MAX  200  /* brackets in each other */
#define EXPR_CHAIN_MAX  1000 /* operators of one expression, but for chains of one kind */
#define EXPR_STEPS_MAX  20000000
#define EXPR_EQUALS_MAX 8     /* conditions of one indexed lookup */
#define EXPR_KEPT_MAX   20000 /* items of tables that one evaluation may hold */

struct expr;

enum expr_type { EXPR_STRING, EXPR_NUMBER, EXPR_BOOLEAN, EXPR_DATE, EXPR_NODES };

struct expr_value {
    enum expr_type type;
    struct span text;         /* EXPR_STRING */
    double number;            /* EXPR_NUMBER; EXPR_DATE: days since 1970-01-01 00:00 UTC */
    bool has_time;            /* EXPR_DATE: prints with time and offset */
    bool truth;               /* EXPR_BOOLEAN */
    struct tree_node **nodes; /* EXPR_NODES: each once, in document order */
    size_t node_count;
};

/* One condition `child = value` of an indexed lookup: as texts, or, beside a number, as numbers. */
struct expr_equal {
    const char *child;
    bool is_number;
    double number;    /* with is_number; never NaN */
    struct span text; /* else */
};

/* What evaluation asks of its surroundings. Members may be NULL where a form has no use for them:
   then the function that needs it fails with a clear error. */
struct expr_host {
    void *ctx;
    int64_t now_ms;   /* organisation's clock; one value for one recomputation */
    int zone_minutes; /* east of UTC: of the programme */
    void (*random)(void *ctx, void *bytes, size_t size);
    /* The document of a secondary instance; ERR_NOT_FOUND ("instance", name). */
    enum err (*instance)(void *ctx, const char *name, struct tree_node **ret, struct diag *diag);
    /*
     * A table, a list that isn't in memory: /root/item/..., flat, its rows numbered from 1 on,
     * maybe with gaps. find(): the rows after `after` for which all conditions may hold, in list
     * order, at most `room`; too many, never too few, since each is made and asked again.
     * ERR_NOT_FOUND when `name` is no table (asked with `room` 0 too): then instance() is asked and
     * scanned, and so it is where a path leaves an item for its neighbours.
     * row(): the item, made in `arena`, its names interned; NULL where there is none any more.
     */
    enum err (*find)(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag);
    enum err (*row)(void *ctx, const char *name, int64_t row, struct arena *arena,
                    struct tree_node **ret, struct diag *diag);
    enum err (*itext)(void *ctx, struct span id, struct arena *arena, struct span *ret);
    /* Label of a choice of the question at `node`, for jr:choice-name; empty when there is none. */
    enum err (*choice_name)(void *ctx, struct tree_node *node, struct span value,
                            struct arena *arena, struct span *ret);
    enum err (*property)(void *ctx, struct span name, struct arena *arena, struct span *ret);
    struct span version; /* of the form */
};

/*
 * ERR_FORMAT with (what is wrong, the expression from where it is wrong on): a syntax error, an
 * unknown function, a wrong number of arguments. `text` may go afterwards.
 */
MUST_CHECK enum err expr_compile(struct arena *arena, struct tree_names *names, struct span text,
                                 struct expr **ret, struct diag *diag);

/*
 * `context` is the node that `.` names; results live in `arena`. ERR_FORMAT for what can only be
 * seen now (a bad date where one is needed is not: it gives ""), ERR_TOO_LARGE beyond the steps.
 */
MUST_CHECK enum err expr_evaluate(const struct expr *expr, const struct expr_host *host,
                                  struct tree_node *context, struct arena *arena,
                                  struct expr_value *ret, struct diag *diag);

/* Conversions, as XPath's string(), number() and boolean(). */
MUST_CHECK enum err expr_to_text(const struct expr_value *value, const struct expr_host *host,
                                 struct arena *arena, struct span *ret);
double expr_to_number(const struct expr_value *value, const struct expr_host *host);
/* A text as expr_to_number() reads it where no zone is asked for; false: it may be a date. */
bool expr_text_number(struct span text, double *ret);
bool expr_to_boolean(const struct expr_value *value);
/* "10000000000", "0.1", "NaN": as ODK prints a number. */
void expr_add_number(struct buf *ret, double number);

/* What a value is as a seed: a number is itself, another text the first 64 bits of its SHA-256. */
double expr_seed(const struct expr_value *value, const struct expr_host *host, struct arena *arena);
/* The order that randomize() with this seed gives to `count` things: ret[i] comes i-th. */
void expr_shuffle(double seed, size_t count, size_t *ret);

/* ---- what it reads */
enum expr_axis {
    EXPR_CHILD,
    EXPR_ATTRIBUTE,
    EXPR_PARENT,
    EXPR_SELF,
    EXPR_DESCENDANT,
    EXPR_DESCENDANT_OR_SELF,
    EXPR_ANCESTOR,
    EXPR_ANCESTOR_OR_SELF,
    EXPR_PRECEDING_SIBLING,
    EXPR_FOLLOWING_SIBLING,
    EXPR_PRECEDING,
    EXPR_FOLLOWING
};
struct expr_step {
    enum expr_axis axis;
    const char *name; /* interned; NULL: any */
    bool element;     /* "*", any that has a name: not the document, which node() and ".." may be */
    bool filtered;    /* has predicates */
};
/* A path as it stands, the paths inside of predicates told apart from it, each with the path that
   is their context. Counting (position(..), count(..)) is a path like others. */
enum expr_from { EXPR_FROM_ROOT, EXPR_FROM_CONTEXT, EXPR_FROM_INSTANCE, EXPR_FROM_PATH };
struct expr_path {
    enum expr_from from;
    bool current;                 /* begins with current() */
    bool anywhere;                /* an argument of indexed-repeat(): means every occurrence */
    const char *instance;         /* EXPR_FROM_INSTANCE */
    const struct expr_path *base; /* EXPR_FROM_PATH: the context of a predicate's path */
    const struct expr_step *steps;
    size_t step_count;
};
typedef void expr_visitor(void *ctx, const struct expr_path *path);
void expr_visit_paths(const struct expr *expr, expr_visitor *visit, void *ctx);

/* The same without what is only handed on, or asked for which of two is: of if(a = '', b, a) those
   of b. An expression that reads its own node in none of these settles at once. */
void expr_visit_made(const struct expr *expr, expr_visitor *visit, void *ctx);

/* Does it call the function of that name anywhere? */
bool expr_calls(const struct expr *expr, const char *name);
/* Its value may change though nothing it reads did: now(), today(), random(), uuid()... */
bool expr_is_volatile(const struct expr *expr);

#endif
