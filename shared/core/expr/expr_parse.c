#include "expr_inner.h"

#include <string.h>

struct parser {
    struct arena *arena;
    struct tree_names *names;
    struct diag *diag;
    struct lexer lexer;
    struct token token;
    size_t depth;
    size_t chain; /* operators that couldn't be joined */
};

static enum err parse_or(struct parser *parser, struct expr **ret);

/* ---- small things */

static enum err fail(struct parser *parser, const char *what)
{
    char where[DIAG_ARG_SIZE];
    struct span text = parser->token.text;
    text.size = (size_t)(parser->lexer.rest.data + parser->lexer.rest.size - text.data);
    span_text(text, where, sizeof(where));
    return diag_set(parser->diag, ERR_FORMAT, what, text.size == 0 ? "the end" : where, NULL);
}

static void advance(struct parser *parser)
{
    parser->token = lexer_next(&parser->lexer);
}

static bool at_symbol(const struct parser *parser, const char *symbol)
{
    return parser->token.kind == TOKEN_SYMBOL && span_is(parser->token.text, symbol);
}

static enum err expect(struct parser *parser, const char *symbol, const char *otherwise)
{
    if (!at_symbol(parser, symbol)) {
        return fail(parser, otherwise);
    }
    advance(parser);
    return OK;
}

static enum err new_expr(struct parser *parser, enum expr_kind kind, struct expr **ret)
{
    *ret = arena_alloc(parser->arena, sizeof(**ret));
    if (*ret == NULL) {
        return ERR_NOMEM;
    }
    (*ret)->kind = kind;
    return OK;
}

/* Room doubles, so that a condition of thousands of parts costs no more than it is long. */
static enum err add_arg(struct parser *parser, struct expr *to, struct expr *arg)
{
    if ((to->arg_count & (to->arg_count - 1)) == 0) {
        size_t room = to->arg_count == 0 ? 1 : to->arg_count * 2;
        struct expr **args = arena_array(parser->arena, room, sizeof(struct expr *));
        if (args == NULL) {
            return ERR_NOMEM;
        }
        if (to->arg_count != 0) {
            memcpy(args, to->args, to->arg_count * sizeof(struct expr *));
        }
        to->args = args;
    }
    to->args[to->arg_count++] = arg;
    return OK;
}

static enum err intern(struct parser *parser, struct span name, const char **ret)
{
    *ret = tree_name(parser->names, name);
    return *ret == NULL ? ERR_NOMEM : OK;
}

/* ---- paths */

static enum err add_step(struct parser *parser, struct expr *path, struct path_step step)
{
    struct path_step *steps =
        arena_array(parser->arena, path->step_count + 1, sizeof(struct path_step));
    if (steps == NULL) {
        return ERR_NOMEM;
    }
    if (path->step_count != 0) {
        memcpy(steps, path->steps, path->step_count * sizeof(struct path_step));
    }
    steps[path->step_count++] = step;
    path->steps = steps;
    return OK;
}

static enum err parse_predicates(struct parser *parser, struct path_step *step)
{
    while (at_symbol(parser, "[")) {
        advance(parser);
        struct expr *predicate;
        enum err e = parse_or(parser, &predicate);
        e = e != OK ? e : expect(parser, "]", "a ] is missing");
        struct expr **all =
            e != OK ? NULL
                    : arena_array(parser->arena, step->predicate_count + 1, sizeof(struct expr *));
        if (all == NULL) {
            return e != OK ? e : ERR_NOMEM;
        }
        if (step->predicate_count != 0) {
            memcpy(all, step->predicates, step->predicate_count * sizeof(struct expr *));
        }
        all[step->predicate_count++] = predicate;
        step->predicates = all;
    }
    return OK;
}

static bool axis_from_name(struct span name, enum expr_axis *ret)
{
    static const struct {
        const char *name;
        enum expr_axis axis;
    } axes[] = {{"child", EXPR_CHILD},
                {"attribute", EXPR_ATTRIBUTE},
                {"parent", EXPR_PARENT},
                {"self", EXPR_SELF},
                {"descendant", EXPR_DESCENDANT},
                {"descendant-or-self", EXPR_DESCENDANT_OR_SELF},
                {"ancestor", EXPR_ANCESTOR},
                {"ancestor-or-self", EXPR_ANCESTOR_OR_SELF},
                {"preceding-sibling", EXPR_PRECEDING_SIBLING},
                {"following-sibling", EXPR_FOLLOWING_SIBLING},
                {"preceding", EXPR_PRECEDING},
                {"following", EXPR_FOLLOWING}};
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        if (span_is(name, axes[i].name)) {
            *ret = axes[i].axis;
            return true;
        }
    }
    return false;
}

/* Prefixes are how a file writes a name, not what it means: "orx:meta" is meta. */
static struct span without_prefix(struct span name)
{
    const uint8_t *colon = memchr(name.data, ':', name.size);
    return colon == NULL ? name : span_cut(name, (size_t)(colon - name.data) + 1, name.size);
}

static enum err parse_node_test(struct parser *parser, struct path_step *step)
{
    if (parser->token.kind == TOKEN_CALL && span_is(parser->token.text, "node")) {
        advance(parser);
        enum err e = expect(parser, "(", "a ( is missing");
        return e != OK ? e : expect(parser, ")", "a ) is missing");
    }
    if (parser->token.kind != TOKEN_NAME) {
        return fail(parser, "the name of a node is missing");
    }
    struct span name = without_prefix(parser->token.text);
    step->step.element = true;
    if (!span_is(name, "*")) {
        enum err e = intern(parser, name, &step->step.name);
        if (e != OK) {
            return e;
        }
    }
    advance(parser);
    return OK;
}

static enum err parse_step(struct parser *parser, struct expr *path)
{
    struct path_step step = {.step = {.axis = EXPR_CHILD}};
    if (at_symbol(parser, ".") || at_symbol(parser, "..")) {
        step.step.axis = at_symbol(parser, ".") ? EXPR_SELF : EXPR_PARENT;
        advance(parser);
    } else {
        if (at_symbol(parser, "@")) {
            step.step.axis = EXPR_ATTRIBUTE;
            advance(parser);
        } else if (parser->token.kind == TOKEN_AXIS) {
            if (!axis_from_name(parser->token.text, &step.step.axis)) {
                return fail(parser, "no axis has this name");
            }
            advance(parser);
        }
        enum err e = parse_node_test(parser, &step);
        if (e != OK) {
            return e;
        }
    }
    enum err e = parse_predicates(parser, &step);
    return e != OK ? e : add_step(parser, path, step);
}

/* After a '/' or '//' that was just read. */
static enum err parse_steps(struct parser *parser, struct expr *path, bool any_depth)
{
    for (;;) {
        if (any_depth) {
            struct path_step step = {.step = {.axis = EXPR_DESCENDANT_OR_SELF}};
            enum err e = add_step(parser, path, step);
            if (e != OK) {
                return e;
            }
        }
        enum err e = parse_step(parser, path);
        if (e != OK || (!at_symbol(parser, "/") && !at_symbol(parser, "//"))) {
            return e;
        }
        any_depth = at_symbol(parser, "//");
        advance(parser);
    }
}

static bool begins_step(const struct parser *parser)
{
    return parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_AXIS ||
           at_symbol(parser, ".") || at_symbol(parser, "..") || at_symbol(parser, "@") ||
           (parser->token.kind == TOKEN_CALL && span_is(parser->token.text, "node"));
}

static enum err finish_path(struct parser *parser, struct expr *path)
{
    path->bare_steps = arena_array(parser->arena, path->step_count + 1, sizeof(struct expr_step));
    if (path->bare_steps == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < path->step_count; i++) {
        path->bare_steps[i] = path->steps[i].step;
        path->bare_steps[i].filtered = path->steps[i].predicate_count != 0;
    }
    return OK;
}

static enum err parse_location(struct parser *parser, struct expr **ret)
{
    enum err e = new_expr(parser, NODE_PATH, ret);
    if (e != OK) {
        return e;
    }
    bool absolute = at_symbol(parser, "/") || at_symbol(parser, "//");
    bool any_depth = at_symbol(parser, "//");
    (*ret)->from = absolute ? EXPR_FROM_ROOT : EXPR_FROM_CONTEXT;
    if (absolute) {
        advance(parser);
        if (!any_depth && !begins_step(parser)) {
            return finish_path(parser, *ret); /* "/" alone */
        }
    }
    e = parse_steps(parser, *ret, any_depth);
    return e != OK ? e : finish_path(parser, *ret);
}

/* ---- calls */

static enum err parse_arguments(struct parser *parser, struct expr *call)
{
    advance(parser); /* the name */
    advance(parser); /* ( */
    if (at_symbol(parser, ")")) {
        advance(parser);
        return OK;
    }
    for (;;) {
        struct expr *arg;
        enum err e = parse_or(parser, &arg);
        e = e != OK ? e : add_arg(parser, call, arg);
        if (e != OK) {
            return e;
        }
        if (!at_symbol(parser, ",")) {
            return expect(parser, ")", "a ) is missing");
        }
        advance(parser);
    }
}

static enum err check_arguments(struct parser *parser, const struct expr *call, struct token name)
{
    int count = (int)call->arg_count;
    if (count >= call->function->min_args &&
        (call->function->max_args < 0 || count <= call->function->max_args)) {
        return OK;
    }
    parser->token = name;
    return fail(parser, count < call->function->min_args ? "this function needs more arguments"
                                                         : "this function takes fewer arguments");
}

/* A pattern that stands in the form is compiled once; what it takes lives as long as the form. */
static void *arena_resize(void *ctx, void *old, size_t size)
{
    return old == NULL && size != 0 ? arena_alloc(ctx, size) : NULL;
}

static enum err compile_pattern(struct parser *parser, struct expr *call)
{
    if (strcmp(call->function->name, "regex") != 0 || call->args[1]->kind != NODE_LITERAL) {
        return OK;
    }
    struct mem *mem = arena_alloc(parser->arena, sizeof(*mem));
    if (mem == NULL) {
        return ERR_NOMEM;
    }
    *mem = (struct mem){.ctx = parser->arena, .resize = arena_resize};
    return pattern_new(mem, call->args[1]->literal, true, &call->pattern, parser->diag);
}

/* jr:choice-name(value, '/data/q'): the path stands in quotes and is meant as a path. */
static enum err unquote_path(struct parser *parser, struct expr *call)
{
    if (strcmp(call->function->name, "jr:choice-name") != 0 ||
        call->args[1]->kind != NODE_LITERAL) {
        return OK;
    }
    struct parser inner = *parser;
    inner.lexer = (struct lexer){.rest = call->args[1]->literal};
    advance(&inner);
    enum err e = parse_or(&inner, &call->args[1]);
    if (e == OK && inner.token.kind != TOKEN_END) {
        e = fail(&inner, "a path to a question is expected");
    }
    return e;
}

static enum err parse_call(struct parser *parser, struct expr **ret)
{
    struct token name = parser->token;
    const struct expr_function *function = function_find(name.text);
    if (function == NULL) {
        return fail(parser, "no function has this name");
    }
    enum err e = new_expr(parser, NODE_CALL, ret);
    if (e != OK) {
        return e;
    }
    (*ret)->function = function;
    e = parse_arguments(parser, *ret);
    e = e != OK ? e : check_arguments(parser, *ret, name);
    e = e != OK ? e : compile_pattern(parser, *ret);
    return e != OK ? e : unquote_path(parser, *ret);
}

/* instance('x') and current() are beginnings of paths. */
static enum err begin_path_of_call(struct parser *parser, struct expr *call, struct expr **ret)
{
    bool is_instance = call->kind == NODE_CALL && strcmp(call->function->name, "instance") == 0;
    bool is_current = call->kind == NODE_CALL && strcmp(call->function->name, "current") == 0;
    enum err e = new_expr(parser, NODE_PATH, ret);
    if (e != OK) {
        return e;
    }
    if (is_current) {
        (*ret)->from = EXPR_FROM_CONTEXT;
        (*ret)->current = true;
        return OK;
    }
    if (is_instance) {
        (*ret)->from = EXPR_FROM_INSTANCE;
        if (call->args[0]->kind == NODE_LITERAL) {
            return intern(parser, call->args[0]->literal, &(*ret)->instance);
        }
        (*ret)->instance_name = call->args[0];
        return OK;
    }
    (*ret)->from = EXPR_FROM_PATH;
    return add_arg(parser, *ret, call);
}

/* ---- operands */

static enum err parse_primary(struct parser *parser, struct expr **ret)
{
    enum err e;
    switch (parser->token.kind) {
    case TOKEN_NUMBER:
        e = new_expr(parser, NODE_NUMBER, ret);
        if (e == OK && !number_read(parser->token.text, &(*ret)->number)) {
            return fail(parser, "this number can't be read");
        }
        break;
    case TOKEN_LITERAL:
        e = new_expr(parser, NODE_LITERAL, ret);
        e = e != OK ? e : arena_copy(parser->arena, parser->token.text, &(*ret)->literal);
        break;
    case TOKEN_CALL:
        return parse_call(parser, ret);
    case TOKEN_SYMBOL:
        advance(parser); /* ( */
        e = parse_or(parser, ret);
        return e != OK ? e : expect(parser, ")", "a ) is missing");
    case TOKEN_END:
    case TOKEN_NAME:
    case TOKEN_AXIS:
    case TOKEN_BAD:
    default:
        return fail(parser, "a value is missing");
    }
    advance(parser);
    return e;
}

static bool is_path_call(const struct expr *expr)
{
    return expr->kind == NODE_CALL && (strcmp(expr->function->name, "instance") == 0 ||
                                       strcmp(expr->function->name, "current") == 0);
}

/* A value, then maybe predicates and further steps: instance('x')/root/item[...], (a | b)[1]. */
static enum err parse_filter(struct parser *parser, struct expr **ret)
{
    struct expr *primary;
    enum err e = parse_primary(parser, &primary);
    if (e != OK) {
        return e;
    }
    bool more = at_symbol(parser, "[") || at_symbol(parser, "/") || at_symbol(parser, "//");
    if (!more && !is_path_call(primary)) {
        *ret = primary;
        return OK;
    }
    e = begin_path_of_call(parser, primary, ret);
    if (e == OK && at_symbol(parser, "[")) {
        struct path_step self = {.step = {.axis = EXPR_SELF}, .whole = true};
        e = parse_predicates(parser, &self);
        e = e != OK ? e : add_step(parser, *ret, self);
    }
    if (e == OK && (at_symbol(parser, "/") || at_symbol(parser, "//"))) {
        bool any_depth = at_symbol(parser, "//");
        advance(parser);
        e = parse_steps(parser, *ret, any_depth);
    }
    return e != OK ? e : finish_path(parser, *ret);
}

static enum err parse_operand(struct parser *parser, struct expr **ret)
{
    if (parser->token.kind == TOKEN_BAD) {
        return fail(parser, "this can't be read");
    }
    if (begins_step(parser) || at_symbol(parser, "/") || at_symbol(parser, "//")) {
        return parse_location(parser, ret);
    }
    if (parser->token.kind == TOKEN_SYMBOL && !at_symbol(parser, "(")) {
        return fail(parser, "a value is missing");
    }
    return parse_filter(parser, ret);
}

/* ---- operators, from the one that binds closest */

/* "a or b or c" becomes one expression of three operands, so that a long list of conditions is no
   deep tree; what can't be joined so is counted, since evaluating it recurses. */
static enum err combine(struct parser *parser, enum expr_kind kind, struct expr *left,
                        struct expr *right, struct expr **ret)
{
    bool joins = kind == NODE_OR || kind == NODE_AND || kind == NODE_ADD || kind == NODE_UNION;
    if (joins && left->kind == kind) {
        *ret = left;
        return add_arg(parser, left, right);
    }
    if (++parser->chain > EXPR_CHAIN_MAX) {
        return fail(parser, "too many operators in one expression");
    }
    enum err e = new_expr(parser, kind, ret);
    e = e != OK ? e : add_arg(parser, *ret, left);
    return e != OK ? e : add_arg(parser, *ret, right);
}

static enum err parse_union(struct parser *parser, struct expr **ret)
{
    enum err e = parse_operand(parser, ret);
    while (e == OK && at_symbol(parser, "|")) {
        advance(parser);
        struct expr *left = *ret, *right;
        e = parse_operand(parser, &right);
        e = e != OK ? e : combine(parser, NODE_UNION, left, right, ret);
    }
    return e;
}

static enum err parse_unary(struct parser *parser, struct expr **ret)
{
    bool negative = false;
    bool any = false;
    while (at_symbol(parser, "-")) {
        negative = !negative;
        any = true;
        advance(parser);
    }
    struct expr *operand;
    enum err e = parse_union(parser, &operand);
    if (e != OK || !any) {
        *ret = operand;
        return e;
    }
    e = new_expr(parser, NODE_NEGATE, ret);
    if (e == OK) {
        (*ret)->number = negative ? -1 : 1;
        e = add_arg(parser, *ret, operand);
    }
    return e;
}

struct operator_of_level {
    const char *symbol;
    enum expr_kind kind;
    int level;
};
#define LEVELS 6 /* or, and, equality, relation, sum, product */
static const struct operator_of_level operators[] = {
    {"or", NODE_OR, 0},      {"and", NODE_AND, 1},          {"=", NODE_EQUAL, 2},
    {"!=", NODE_UNEQUAL, 2}, {"<", NODE_LESS, 3},           {"<=", NODE_LESS_EQUAL, 3},
    {">", NODE_GREATER, 3},  {">=", NODE_GREATER_EQUAL, 3}, {"+", NODE_ADD, 4},
    {"-", NODE_SUBTRACT, 4}, {"*", NODE_MULTIPLY, 5},       {"div", NODE_DIVIDE, 5},
    {"mod", NODE_MODULO, 5},
};

static const struct operator_of_level *operator_at(const struct parser *parser, int level)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (operators[i].level == level && at_symbol(parser, operators[i].symbol)) {
            return &operators[i];
        }
    }
    return NULL;
}

static enum err parse_level(struct parser *parser, int level, struct expr **ret)
{
    if (level == LEVELS) {
        return parse_unary(parser, ret);
    }
    enum err e = parse_level(parser, level + 1, ret);
    const struct operator_of_level *operator;
    while (e == OK && (operator= operator_at(parser, level)) != NULL) {
        advance(parser);
        struct expr *left = *ret, *right;
        e = parse_level(parser, level + 1, &right);
        e = e != OK ? e : combine(parser, operator->kind, left, right, ret);
    }
    return e;
}

static enum err parse_or(struct parser *parser, struct expr **ret)
{
    if (++parser->depth > EXPR_DEPTH_MAX) {
        return fail(parser, "too many brackets in each other");
    }
    enum err e = parse_level(parser, 0, ret);
    parser->depth--;
    return e;
}

/* XPath writes its operators small, and so must who means one. */
static const char *what_stands_there(const struct parser *parser)
{
    static const char *const words[] = {"or", "and", "div", "mod"};
    const struct span text = parser->token.text;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool same = text.size == strlen(words[i]);
        for (size_t j = 0; same && j < text.size; j++) {
            same = (text.data[j] | 0x20) == (uint8_t)words[i][j];
        }
        if (same) {
            return "operators are written in small letters (or, and, div, mod)";
        }
    }
    return parser->token.kind == TOKEN_BAD ? "this can't be read" : "an operator is missing";
}

enum err expr_compile(struct arena *arena, struct tree_names *names, struct span text,
                      struct expr **ret, struct diag *diag)
{
    struct parser parser = {.arena = arena, .names = names, .diag = diag, .lexer = {.rest = text}};
    advance(&parser);
    struct expr *expr;
    enum err e = parse_or(&parser, &expr);
    if (e == OK && parser.token.kind != TOKEN_END) {
        e = fail(&parser, what_stands_there(&parser));
    }
    if (e == OK) {
        *ret = expr;
    }
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
