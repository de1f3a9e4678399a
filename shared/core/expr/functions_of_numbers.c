#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr_inner.h"

#define PI           3.14159265358979323846
#define ROUND_PLACES 30

/* abs(), sin(), floor() and the like: the table says which function of a number it is. */
static enum err call_apply(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    double number;
    enum err e = evaluate_number(run, call->args[0], focus, &number);
    if (e == OK) {
        value_set_number(ret, call->function->apply(number));
    }
    return e;
}

static double ten_to(double exponent)
{
    return pow(10, exponent);
}

static enum err call_number(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    struct tree_node *context = focus->node;
    struct expr_value value = {.type = EXPR_NODES, .nodes = &context, .node_count = 1};
    enum err e = call->arg_count == 0 ? OK : evaluate(run, call->args[0], focus, &value);
    if (e == OK) {
        value_set_number(ret, expr_to_number(&value, run->host));
    }
    return e;
}

static enum err two_numbers(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, double (*apply)(double, double),
                            struct expr_value *ret)
{
    double a, b;
    enum err e = evaluate_number(run, call->args[0], focus, &a);
    e = e != OK ? e : evaluate_number(run, call->args[1], focus, &b);
    if (e == OK) {
        value_set_number(ret, apply(a, b));
    }
    return e;
}

static enum err call_pow(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return two_numbers(run, call, focus, pow, ret);
}

static enum err call_atan2(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return two_numbers(run, call, focus, atan2, ret);
}

static enum err call_pi(struct evaluation *run, const struct expr *call, const struct focus *focus,
                        struct expr_value *ret)
{
    (void)run, (void)call, (void)focus;
    value_set_number(ret, PI);
    return OK;
}

/* The number times a power of ten, as decimal digits say it: 1.005 by 100 is 100.5, which the
   product of two doubles is not. */
static double shifted(double number, int places)
{
    char text[80];
    for (int digits = 15; digits <= 17; digits++) { /* the fewest that read back the same */
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    char *exponent = text;
    while (*exponent != 'e') {
        exponent++;
    }
    long power = strtol(exponent + 1, NULL, 10) + places;
    (void)snprintf(exponent, sizeof(text) - (size_t)(exponent - text), "e%ld", power);
    return strtod(text, NULL);
}

/* Halves go up, towards positive infinity (XPath 1.0, 4.4), at that many decimal places. */
static enum err call_round(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    double number, places = 0;
    enum err e = evaluate_number(run, call->args[0], focus, &number);
    if (e == OK && call->arg_count == 2) {
        e = evaluate_number(run, call->args[1], focus, &places);
    }
    if (e != OK) {
        return e;
    }
    if (isnan(number) || isinf(number) || number == 0) {
        value_set_number(ret, number);
    } else if (isnan(places) || fabs(places) > ROUND_PLACES) {
        value_set_number(ret, NAN);
    } else {
        int by = (int)places;
        double whole = floor(shifted(number, by) + 0.5);
        value_set_number(ret, whole == 0 || isinf(whole) ? whole : shifted(whole, -by));
    }
    return OK;
}

/* 53 random bits, from 0 to below 1. */
static enum err call_random(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    (void)call, (void)focus;
    uint64_t bits;
    run->host->random(run->host->ctx, &bits, sizeof(bits));
    value_set_number(ret, (double)(bits >> 11) / 9007199254740992.0);
    return OK;
}

/* ---- over many */

typedef void fold_number(double number, double *total, bool *any);

static enum err fold_arguments(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, fold_number *fold, double *total,
                               bool *any)
{
    *any = false;
    *total = 0;
    for (size_t i = 0; i < call->arg_count; i++) {
        struct expr_value value;
        enum err e = evaluate(run, call->args[i], focus, &value);
        if (e != OK) {
            return e;
        }
        for (size_t j = 0; j < value_count(&value); j++) {
            struct expr_value one = value_at(&value, j);
            fold(expr_to_number(&one, run->host), total, any);
        }
    }
    return OK;
}

/* Questions without an answer count as nothing, as in JavaRosa: a total that is unknown because
   one of forty was left out helps nobody. */
static void add(double number, double *total, bool *any)
{
    if (!isnan(number)) {
        *total += number;
        *any = true;
    }
}

static void greater(double number, double *total, bool *any)
{
    if (!isnan(number) && (!*any || number > *total)) {
        *total = number;
        *any = true;
    }
}

static void lesser(double number, double *total, bool *any)
{
    if (!isnan(number) && (!*any || number < *total)) {
        *total = number;
        *any = true;
    }
}

static enum err call_sum(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    double total;
    bool any;
    enum err e = fold_arguments(run, call, focus, add, &total, &any);
    if (e == OK) {
        value_set_number(ret, total);
    }
    return e;
}

static enum err call_max(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    double total;
    bool any;
    enum err e = fold_arguments(run, call, focus, greater, &total, &any);
    if (e == OK) {
        value_set_number(ret, any ? total : NAN);
    }
    return e;
}

static enum err call_min(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    double total;
    bool any;
    enum err e = fold_arguments(run, call, focus, lesser, &total, &any);
    if (e == OK) {
        value_set_number(ret, any ? total : NAN);
    }
    return e;
}

const struct expr_function functions_of_numbers[] = {
    {"abs", 1, 1, call_apply, false, fabs},
    {"acos", 1, 1, call_apply, false, acos},
    {"asin", 1, 1, call_apply, false, asin},
    {"atan", 1, 1, call_apply, false, atan},
    {"atan2", 2, 2, call_atan2, false, NULL},
    {"ceiling", 1, 1, call_apply, false, ceil},
    {"cos", 1, 1, call_apply, false, cos},
    {"exp", 1, 1, call_apply, false, exp},
    {"exp10", 1, 1, call_apply, false, ten_to},
    {"floor", 1, 1, call_apply, false, floor},
    {"int", 1, 1, call_apply, false, trunc},
    {"log", 1, 1, call_apply, false, log},
    {"log10", 1, 1, call_apply, false, log10},
    {"max", 1, -1, call_max, false, NULL},
    {"min", 1, -1, call_min, false, NULL},
    {"number", 0, 1, call_number, false, NULL},
    {"pi", 0, 0, call_pi, false, NULL},
    {"pow", 2, 2, call_pow, false, NULL},
    {"random", 0, 0, call_random, true, NULL},
    {"round", 1, 2, call_round, false, NULL},
    {"sin", 1, 1, call_apply, false, sin},
    {"sqrt", 1, 1, call_apply, false, sqrt},
    {"sum", 1, 1, call_sum, false, NULL},
    {"tan", 1, 1, call_apply, false, tan},
    {NULL, 0, 0, NULL, false, NULL},
};
