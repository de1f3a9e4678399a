#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr_inner.h"

#define PI           3.14159265358979323846
#define ROUND_PLACES 30

static enum err one_number(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, double (*apply)(double),
                           struct expr_value *ret)
{
    double number;
    enum err e = evaluate_number(run, call->args[0], focus, &number);
    if (e == OK) {
        value_set_number(ret, apply(number));
    }
    return e;
}

static enum err call_abs(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, fabs, ret);
}

static enum err call_sin(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, sin, ret);
}

static enum err call_cos(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, cos, ret);
}

static enum err call_tan(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, tan, ret);
}

static enum err call_asin(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, asin, ret);
}

static enum err call_acos(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, acos, ret);
}

static enum err call_atan(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, atan, ret);
}

static enum err call_sqrt(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, sqrt, ret);
}

static enum err call_exp(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, exp, ret);
}

static enum err call_log(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, log, ret);
}

static enum err call_log10(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, log10, ret);
}

static enum err call_floor(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, floor, ret);
}

static enum err call_ceiling(struct evaluation *run, const struct expr *call,
                             const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, ceil, ret);
}

static enum err call_int(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    return one_number(run, call, focus, trunc, ret);
}

static double ten_to(double exponent)
{
    return pow(10, exponent);
}

static enum err call_exp10(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return one_number(run, call, focus, ten_to, ret);
}

static double itself(double number)
{
    return number;
}

static enum err call_number(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    if (call->arg_count == 0) {
        struct expr_value own = {
            .type = EXPR_NODES, .nodes = (struct tree_node *[]){focus->node}, .node_count = 1};
        value_set_number(ret, expr_to_number(&own, run->host));
        return OK;
    }
    return one_number(run, call, focus, itself, ret);
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

static void fold_value(const struct expr_value *value, struct evaluation *run, fold_number *fold,
                       double *total, bool *any)
{
    if (value->type != EXPR_NODES) {
        fold(expr_to_number(value, run->host), total, any);
        return;
    }
    for (size_t i = 0; i < value->node_count; i++) {
        struct expr_value one = {.type = EXPR_NODES, .nodes = &value->nodes[i], .node_count = 1};
        fold(expr_to_number(&one, run->host), total, any);
    }
}

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
        fold_value(&value, run, fold, total, any);
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
    {"abs", 1, 1, call_abs, false},      {"acos", 1, 1, call_acos, false},
    {"asin", 1, 1, call_asin, false},    {"atan", 1, 1, call_atan, false},
    {"atan2", 2, 2, call_atan2, false},  {"ceiling", 1, 1, call_ceiling, false},
    {"cos", 1, 1, call_cos, false},      {"exp", 1, 1, call_exp, false},
    {"exp10", 1, 1, call_exp10, false},  {"floor", 1, 1, call_floor, false},
    {"int", 1, 1, call_int, false},      {"log", 1, 1, call_log, false},
    {"log10", 1, 1, call_log10, false},  {"max", 1, -1, call_max, false},
    {"min", 1, -1, call_min, false},     {"number", 0, 1, call_number, false},
    {"pi", 0, 0, call_pi, false},        {"pow", 2, 2, call_pow, false},
    {"random", 0, 0, call_random, true}, {"round", 1, 2, call_round, false},
    {"sin", 1, 1, call_sin, false},      {"sqrt", 1, 1, call_sqrt, false},
    {"sum", 1, 1, call_sum, false},      {"tan", 1, 1, call_tan, false},
    {NULL, 0, 0, NULL, false},
};
