#include <math.h>

#include "expr_inner.h"

/* ---- comparisons (XPath 1.0, section 3.4, with ODK's dates) */

/* As JavaRosa: what differs by an error of floating point alone is equal, so that 0.1 + 0.2 = 0.3
   and three shares of a third make one. */
#define EQUAL_WITHIN 1e-12

static bool equal_numbers(double a, double b)
{
    return a == b || fabs(a - b) < EQUAL_WITHIN;
}

static bool compare_numbers(enum expr_kind kind, double a, double b)
{
    switch (kind) {
    case NODE_EQUAL:
        return equal_numbers(a, b);
    case NODE_UNEQUAL:
        return !equal_numbers(a, b);
    case NODE_LESS:
        return a < b;
    case NODE_LESS_EQUAL:
        return a <= b;
    case NODE_GREATER:
        return a > b;
    case NODE_GREATER_EQUAL:
        return a >= b;
    case NODE_OR:
    case NODE_AND:
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
    case NODE_MODULO:
    case NODE_NEGATE:
    case NODE_UNION:
    case NODE_NUMBER:
    case NODE_LITERAL:
    case NODE_CALL:
    case NODE_PATH:
    default:
        return false;
    }
}

static bool is_equality(enum expr_kind kind)
{
    return kind == NODE_EQUAL || kind == NODE_UNEQUAL;
}

/* A time of day beside a text that looks like one is compared as times. */
static double number_beside(const struct expr_value *value, const struct expr_value *other,
                            const struct expr_host *host)
{
    double part;
    bool other_is_time =
        other->type == EXPR_NODES && other->node_count != 0 && other->nodes[0]->kind == TREE_TIME;
    if (other_is_time && value->type == EXPR_STRING &&
        time_read(value->text, host->zone_minutes, &part)) {
        return part;
    }
    return expr_to_number(value, host);
}

/* Two answers of one kind, numbers or truths, are compared as what they are: 5 equals 5.0. (Items
   of lists are texts, and stay so: that is how an index finds them.) */
static bool are_both(enum tree_kind kind, const struct expr_value *a, const struct expr_value *b)
{
    const struct expr_value *const both[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        if (both[i]->type != EXPR_NODES || both[i]->node_count == 0 ||
            both[i]->nodes[0]->kind != kind || both[i]->nodes[0]->text.size == 0) {
            return false;
        }
    }
    return true;
}

/* Two values, each a single one. */
static enum err compare_single(struct evaluation *run, enum expr_kind kind,
                               const struct expr_value *a, const struct expr_value *b, bool *ret)
{
    if (is_equality(kind) && (a->type == EXPR_BOOLEAN || b->type == EXPR_BOOLEAN)) {
        *ret = compare_numbers(kind, expr_to_boolean(a), expr_to_boolean(b));
        return OK;
    }
    bool numeric = a->type == EXPR_NUMBER || b->type == EXPR_NUMBER || a->type == EXPR_DATE ||
                   b->type == EXPR_DATE || are_both(TREE_NUMBER, a, b) ||
                   are_both(TREE_BOOLEAN, a, b);
    if (!is_equality(kind) || numeric) {
        *ret =
            compare_numbers(kind, number_beside(a, b, run->host), number_beside(b, a, run->host));
        return OK;
    }
    struct span text_a, text_b;
    enum err e = expr_to_text(a, run->host, run->arena, &text_a);
    e = e != OK ? e : expr_to_text(b, run->host, run->arena, &text_b);
    if (e == OK) {
        *ret = span_equal(text_a, text_b) == (kind == NODE_EQUAL);
    }
    return e;
}

/* A set of no nodes reads as "" (ODK: a question without an answer equals ''), of several as any of
   them. */
static size_t alternatives(const struct expr_value *value)
{
    return value_count(value) != 0 ? value_count(value) : 1;
}

static enum err compare(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                        struct expr_value *ret)
{
    struct expr_value a, b;
    enum err e = evaluate(run, expr->args[0], focus, &a);
    e = e != OK ? e : evaluate(run, expr->args[1], focus, &b);
    bool truth = false;
    for (size_t i = 0; e == OK && !truth && i < alternatives(&a); i++) {
        for (size_t j = 0; e == OK && !truth && j < alternatives(&b); j++) {
            struct expr_value one = value_at(&a, i), other = value_at(&b, j);
            e = ++run->steps > EXPR_STEPS_MAX
                    ? diag_set(run->diag, ERR_TOO_LARGE, "expression", "too many comparisons", NULL)
                    : compare_single(run, expr->kind, &one, &other, &truth);
        }
    }
    if (e == OK) {
        value_set_boolean(ret, truth);
    }
    return e;
}

/* ---- the other operators */

static enum err junction(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                         struct expr_value *ret)
{
    bool wanted = expr->kind == NODE_OR; /* what ends it */
    bool truth = !wanted;
    for (size_t i = 0; i < expr->arg_count && truth != wanted; i++) {
        enum err e = evaluate_boolean(run, expr->args[i], focus, &truth);
        if (e != OK) {
            return e;
        }
    }
    value_set_boolean(ret, truth);
    return OK;
}

static double calculate(enum expr_kind kind, double a, double b)
{
    switch (kind) {
    case NODE_ADD:
        return a + b;
    case NODE_SUBTRACT:
        return a - b;
    case NODE_MULTIPLY:
        return a * b;
    case NODE_DIVIDE:
        return a / b;
    case NODE_MODULO:
        return fmod(a, b); /* the sign of the first, as XPath wants */
    case NODE_OR:
    case NODE_AND:
    case NODE_EQUAL:
    case NODE_UNEQUAL:
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL:
    case NODE_NEGATE:
    case NODE_UNION:
    case NODE_NUMBER:
    case NODE_LITERAL:
    case NODE_CALL:
    case NODE_PATH:
    default:
        return NAN;
    }
}

static enum err arithmetic(struct evaluation *run, const struct expr *expr,
                           const struct focus *focus, struct expr_value *ret)
{
    double result, operand;
    enum err e = evaluate_number(run, expr->args[0], focus, &result);
    for (size_t i = 1; e == OK && i < expr->arg_count; i++) {
        e = evaluate_number(run, expr->args[i], focus, &operand);
        result = e == OK ? calculate(expr->kind, result, operand) : 0;
    }
    if (e == OK) {
        value_set_number(ret, expr->kind == NODE_NEGATE ? expr->number * result : result);
    }
    return e;
}

static enum err unite(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                      struct expr_value *ret)
{
    struct node_list all = {0};
    enum err e = OK;
    bool whole = run->lists_whole;
    run->lists_whole = whole || table_read_whole(expr);
    for (size_t i = 0; e == OK && i < expr->arg_count; i++) {
        struct expr_value one;
        e = evaluate_nodes(run, expr->args[i], focus, &one);
        for (size_t j = 0; e == OK && j < one.node_count; j++) {
            e = node_list_add(run, &all, one.nodes[j]);
        }
    }
    run->lists_whole = whole;
    e = e != OK ? e : sort_nodes(run, all.nodes, &all.count);
    if (e == OK) {
        *ret = (struct expr_value){.type = EXPR_NODES, .nodes = all.nodes, .node_count = all.count};
    }
    return e;
}

enum err evaluate(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                  struct expr_value *ret)
{
    switch (expr->kind) {
    case NODE_OR:
    case NODE_AND:
        return junction(run, expr, focus, ret);
    case NODE_EQUAL:
    case NODE_UNEQUAL:
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL:
        return compare(run, expr, focus, ret);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
    case NODE_MODULO:
    case NODE_NEGATE:
        return arithmetic(run, expr, focus, ret);
    case NODE_UNION:
        return unite(run, expr, focus, ret);
    case NODE_NUMBER:
        value_set_number(ret, expr->number);
        return OK;
    case NODE_LITERAL:
        value_set_text(ret, expr->literal);
        return OK;
    case NODE_CALL:
        return expr->function->call(run, expr, focus, ret);
    case NODE_PATH:
    default:
        return evaluate_path(run, expr, focus, ret);
    }
}

enum err expr_evaluate(const struct expr *expr, const struct expr_host *host,
                       struct tree_node *context, struct arena *arena, struct expr_value *ret,
                       struct diag *diag)
{
    struct evaluation run = {.host = host, .arena = arena, .diag = diag, .origin = context};
    struct focus focus = {.node = context};
    struct expr_value value;
    enum err e = evaluate(&run, expr, &focus, &value);
    if (e == OK) {
        *ret = value;
    }
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
