/*
 * expr_inner.h - a compiled expression's inside, shared by the files of this folder alone.
 *
 * The way of an expression: expr_lex.c cuts text into tokens, expr_parse.c makes a tree of struct
 * expr, expr_evaluate.c walks it; paths are walked by expr_path.c, functions are rows of the table
 * in expr_functions.c.
 */
#ifndef EXPR_INNER_H
#define EXPR_INNER_H

#include "expr.h"
#include "pattern.h"

/* ---- tokens */
enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_LITERAL,
    TOKEN_NAME,   /* of a node, maybe with prefix */
    TOKEN_CALL,   /* a name before '(' */
    TOKEN_AXIS,   /* a name before '::' */
    TOKEN_SYMBOL, /* ( ) [ ] . .. @ , / // | + - = != < <= > >= * and or div mod */
    TOKEN_BAD
};
struct token {
    enum token_kind kind;
    struct span text; /* of a literal without its quotes */
};
struct lexer {
    struct span rest;
    bool operand_before; /* so that '*', "and", "div" are operators (XPath 1.0, section 3.7) */
};
struct token lexer_next(struct lexer *lexer);

/* ---- the tree */
enum expr_kind {
    NODE_OR,
    NODE_AND,
    NODE_EQUAL,
    NODE_UNEQUAL,
    NODE_LESS,
    NODE_LESS_EQUAL,
    NODE_GREATER,
    NODE_GREATER_EQUAL,
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_MODULO,
    NODE_NEGATE,
    NODE_UNION,
    NODE_NUMBER,
    NODE_LITERAL,
    NODE_CALL,
    NODE_PATH
};

struct path_step {
    struct expr_step step;
    struct expr **predicates;
    size_t predicate_count;
    bool whole; /* predicates over all that was found so far: (a | b)[1] */
};

struct expr_function;

struct expr {
    enum expr_kind kind;
    double number;
    struct span literal;
    const struct expr_function *function;
    struct expr **args; /* operands, or arguments of a call */
    size_t arg_count;
    /* NODE_PATH: from where, then steps */
    enum expr_from from; /* EXPR_FROM_PATH: from args[0], any expression */
    bool current;
    const char *instance;       /* interned */
    struct expr *instance_name; /* where the name isn't a literal */
    struct path_step *steps;
    size_t step_count;
    struct expr_step *bare_steps; /* the same without predicates, for visitors */
    struct pattern *pattern;      /* of regex() with a literal */
};

/* ---- evaluation */
struct evaluation {
    const struct expr_host *host;
    struct arena *arena;
    struct diag *diag;
    struct tree_node *origin; /* what the whole expression is asked for: current() */
    size_t steps;             /* nodes visited so far */
    struct table_part *parts; /* what it holds of tables (expr_table.c) */
    size_t part_items;
    bool lists_whole; /* tables are read whole too */
};
struct focus {
    struct tree_node *node;
    size_t position, size; /* from 1; 0: not in a predicate */
};

MUST_CHECK enum err evaluate(struct evaluation *run, const struct expr *expr,
                             const struct focus *focus, struct expr_value *ret);
MUST_CHECK enum err evaluate_path(struct evaluation *run, const struct expr *path,
                                  const struct focus *focus, struct expr_value *ret);
/* Each once, in document order. */
MUST_CHECK enum err sort_nodes(struct evaluation *run, struct tree_node **nodes, size_t *count);

/* A growing list of nodes in the arena. */
struct node_list {
    struct tree_node **nodes;
    size_t count, capacity;
};
MUST_CHECK enum err node_list_add(struct evaluation *run, struct node_list *list,
                                  struct tree_node *node);

MUST_CHECK enum err apply_predicate(struct evaluation *run, const struct expr *predicate,
                                    struct node_list *list);
/* Does the predicate keep this node? */
MUST_CHECK enum err predicate_keeps(struct evaluation *run, const struct expr *predicate,
                                    struct tree_node *node, size_t position, size_t size,
                                    bool *ret);
MUST_CHECK enum err count_step(struct evaluation *run);
/* The list that a path of EXPR_FROM_INSTANCE names. */
MUST_CHECK enum err instance_name(struct evaluation *run, const struct expr *path,
                                  const struct focus *focus, const char **ret);

/* ---- tables (expr_table.c). Not answered: no table, or no path that a table answers. */
/* The items of the path's first two steps, /root/item with its first predicate. */
MUST_CHECK enum err table_items(struct evaluation *run, const struct expr *path, const char *name,
                                struct node_list *items, bool *ret_answered);
/* How many nodes the whole path finds, of one that ends with those. */
MUST_CHECK enum err table_count(struct evaluation *run, const struct expr *path, const char *name,
                                size_t *ret_count, bool *ret_answered);
/* The first row whose `equal` holds, by the first child of that name; NULL: none. */
MUST_CHECK enum err table_first(struct evaluation *run, const char *name,
                                const struct expr_equal *equal, struct tree_node **ret,
                                bool *ret_answered);
/* Is a list read whole in it? Then the other paths of a union must find the same nodes. */
bool table_read_whole(const struct expr *expr);
struct tree_node *named_child(const struct tree_node *item, struct span name);

/* ---- values */
void value_set_number(struct expr_value *ret, double number);
void value_set_boolean(struct expr_value *ret, bool truth);
void value_set_text(struct expr_value *ret, struct span text);
void value_set_date(struct expr_value *ret, double days, bool has_time);
/* What functions over many go through: the nodes of a set, or the value itself. */
size_t value_count(const struct expr_value *value);
struct expr_value value_at(const struct expr_value *value, size_t index);
/* Evaluates and converts in one go. */
MUST_CHECK enum err evaluate_text(struct evaluation *run, const struct expr *expr,
                                  const struct focus *focus, struct span *ret);
MUST_CHECK enum err evaluate_number(struct evaluation *run, const struct expr *expr,
                                    const struct focus *focus, double *ret);
MUST_CHECK enum err evaluate_boolean(struct evaluation *run, const struct expr *expr,
                                     const struct focus *focus, bool *ret);
/* A date, a number of days, or a text of either. *ret_is_date is false for what is none, blank
   included. */
MUST_CHECK enum err evaluate_date(struct evaluation *run, const struct expr *expr,
                                  const struct focus *focus, double *ret_days, bool *ret_has_time,
                                  bool *ret_is_date);
/* ERR_FORMAT when it is no path. */
MUST_CHECK enum err evaluate_nodes(struct evaluation *run, const struct expr *expr,
                                   const struct focus *focus, struct expr_value *ret);
MUST_CHECK enum err node_text(struct arena *arena, const struct tree_node *node, struct span *ret);
/* What a copy of the buffer in the arena is; releases the buffer. */
MUST_CHECK enum err text_of_buf(struct arena *arena, struct buf *buf, struct expr_value *ret);

/* ---- dates (expr_date.c): days since 1970-01-01 00:00 in the programme's zone */
bool date_read(struct span text, int zone_minutes, double *ret_days, bool *ret_has_time);
bool time_read(struct span text, int zone_minutes, double *ret_part_of_day);
void date_write(double days, bool has_time, int zone_minutes, struct buf *ret);
/* false for a letter after '%' that nobody knows */
bool date_format(double days, struct span format, struct buf *ret);
/* Months since year 0; and the same day so many months on, or the last of a shorter month. */
double date_months(double days);
double date_add_months(double days, double months);
bool number_read(struct span text, double *ret); /* XPath's: no exponent */

/* ---- functions */
typedef enum err expr_call(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret);
struct expr_function {
    const char *name;
    int min_args, max_args; /* max -1: any number */
    expr_call *call;
    bool is_volatile;
    double (*apply)(double); /* of those that only turn a number into another */
};
const struct expr_function *function_find(struct span name);
/* By subject; each a table that ends with a NULL name. */
extern const struct expr_function functions_of_nodes[], functions_of_text[], functions_of_numbers[],
    functions_of_dates[], functions_of_choices[], functions_of_places[], functions_of_forms[],
    functions_of_cht[];

#endif
