/*
 * Truth, choices and lists: if(), selected(), checklist(), pulldata() and the like.
 */
#include <math.h>

#include "expr_inner.h"

/* ---- truth */

static enum err call_true(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    (void)run, (void)call, (void)focus;
    value_set_boolean(ret, true);
    return OK;
}

static enum err call_false(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    (void)run, (void)call, (void)focus;
    value_set_boolean(ret, false);
    return OK;
}

static enum err call_boolean(struct evaluation *run, const struct expr *call,
                             const struct focus *focus, struct expr_value *ret)
{
    bool truth;
    enum err e = evaluate_boolean(run, call->args[0], focus, &truth);
    if (e == OK) {
        value_set_boolean(ret, truth);
    }
    return e;
}

static enum err call_not(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    bool truth;
    enum err e = evaluate_boolean(run, call->args[0], focus, &truth);
    if (e == OK) {
        value_set_boolean(ret, !truth);
    }
    return e;
}

static enum err call_boolean_from_string(struct evaluation *run, const struct expr *call,
                                         const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    if (e == OK) {
        /* in any case of letters, as JavaRosa has it */
        bool is_true = text.size == 4;
        for (size_t i = 0; is_true && i < 4; i++) {
            is_true = (text.data[i] | 0x20) == (uint8_t) "true"[i];
        }
        value_set_boolean(ret, is_true || span_is(text, "1"));
    }
    return e;
}

static enum err call_if(struct evaluation *run, const struct expr *call, const struct focus *focus,
                        struct expr_value *ret)
{
    bool truth;
    enum err e = evaluate_boolean(run, call->args[0], focus, &truth);
    return e != OK ? e : evaluate(run, call->args[truth ? 1 : 2], focus, ret);
}

static enum err is_blank_value(struct evaluation *run, const struct expr_value *value, bool *ret)
{
    struct span text;
    enum err e = expr_to_text(value, run->host, run->arena, &text);
    if (e == OK) {
        bool nan = (value->type == EXPR_NUMBER || value->type == EXPR_DATE) && isnan(value->number);
        *ret = text.size == 0 || nan;
    }
    return e;
}

static enum err call_coalesce(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    bool blank = true;
    enum err e = OK;
    for (size_t i = 0; e == OK && blank && i < call->arg_count; i++) {
        e = evaluate(run, call->args[i], focus, ret);
        e = e != OK ? e : is_blank_value(run, ret, &blank);
    }
    return e;
}

static enum err call_once(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    enum err e = node_text(run->arena, run->origin, &text);
    if (e == OK && text.size != 0) { /* the node itself, which reads as what it is */
        struct tree_node **itself = arena_alloc(run->arena, sizeof(*itself));
        if (itself == NULL) {
            return ERR_NOMEM;
        }
        *itself = run->origin;
        *ret = (struct expr_value){.type = EXPR_NODES, .nodes = itself, .node_count = 1};
        return OK;
    }
    return e != OK ? e : evaluate(run, call->args[0], focus, ret);
}

static enum err call_depend(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    return evaluate(run, call->args[0], focus, ret);
}

/* ---- choices: names with spaces between them */

static bool next_name(struct span *rest, struct span *ret)
{
    while (span_split(rest, ' ', ret)) {
        if (ret->size != 0) {
            return true;
        }
    }
    return false;
}

static enum err call_selected(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct span list, wanted, trimmed = {0}, name;
    enum err e = evaluate_text(run, call->args[0], focus, &list);
    e = e != OK ? e : evaluate_text(run, call->args[1], focus, &wanted);
    if (e != OK) {
        return e;
    }
    bool any = next_name(&wanted, &trimmed);
    bool found = !any && list.size == 0; /* selected('', ''): JavaRosa finds the blank */
    while (any && !found && next_name(&list, &name)) {
        found = span_equal(name, trimmed);
    }
    value_set_boolean(ret, found);
    return OK;
}

static enum err call_selected_at(struct evaluation *run, const struct expr *call,
                                 const struct focus *focus, struct expr_value *ret)
{
    struct span list, name = {0};
    double index;
    enum err e = evaluate_text(run, call->args[0], focus, &list);
    e = e != OK ? e : evaluate_number(run, call->args[1], focus, &index);
    if (e != OK) {
        return e;
    }
    bool found = index >= 0;
    for (double at = 0; found && at <= trunc(index); at++) {
        found = next_name(&list, &name);
    }
    value_set_text(ret, found ? name : span_of(""));
    return OK;
}

static enum err call_count_selected(struct evaluation *run, const struct expr *call,
                                    const struct focus *focus, struct expr_value *ret)
{
    struct span list, name;
    enum err e = evaluate_text(run, call->args[0], focus, &list);
    double count = 0;
    while (e == OK && next_name(&list, &name)) {
        count++;
    }
    if (e == OK) {
        value_set_number(ret, count);
    }
    return e;
}

/* jr:choice-name(value, '/data/question') */
static enum err call_choice_name(struct evaluation *run, const struct expr *call,
                                 const struct focus *focus, struct expr_value *ret)
{
    struct span value, label = {0};
    struct expr_value question;
    enum err e = evaluate_text(run, call->args[0], focus, &value);
    e = e != OK ? e : evaluate_nodes(run, call->args[1], focus, &question);
    if (e == OK && question.node_count != 0 && run->host->choice_name != NULL) {
        e = run->host->choice_name(run->host->ctx, question.nodes[0], value, run->arena, &label);
    }
    if (e == OK) {
        value_set_text(ret, label);
    }
    return e;
}

/* ---- checklists */

static enum err count_true(struct evaluation *run, const struct expr *arg,
                           const struct focus *focus, double *total)
{
    struct expr_value value;
    enum err e = evaluate(run, arg, focus, &value);
    for (size_t i = 0; e == OK && i < value_count(&value); i++) {
        struct expr_value one = value_at(&value, i);
        *total += expr_to_boolean(&one) ? 1 : 0;
    }
    return e;
}

static void within(double total, double min, double max, struct expr_value *ret)
{
    value_set_boolean(ret, (min < 0 || total >= min) && (max < 0 || total <= max));
}

static enum err bounds(struct evaluation *run, const struct expr *call, const struct focus *focus,
                       double *ret_min, double *ret_max)
{
    enum err e = evaluate_number(run, call->args[0], focus, ret_min);
    return e != OK ? e : evaluate_number(run, call->args[1], focus, ret_max);
}

static enum err call_checklist(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    double min, max, total = 0;
    enum err e = bounds(run, call, focus, &min, &max);
    for (size_t i = 2; e == OK && i < call->arg_count; i++) {
        e = count_true(run, call->args[i], focus, &total);
    }
    if (e == OK) {
        within(total, min, max, ret);
    }
    return e;
}

static enum err weigh(struct evaluation *run, const struct expr_value *values,
                      const struct expr_value *weights, double *total)
{
    if (value_count(values) != value_count(weights)) {
        return diag_set(run->diag, ERR_FORMAT,
                        "weighted-checklist() needs as many weights as values", "", NULL);
    }
    for (size_t i = 0; i < value_count(values); i++) {
        struct expr_value value = value_at(values, i), weight = value_at(weights, i);
        *total += expr_to_boolean(&value) ? expr_to_number(&weight, run->host) : 0;
    }
    return OK;
}

static enum err call_weighted_checklist(struct evaluation *run, const struct expr *call,
                                        const struct focus *focus, struct expr_value *ret)
{
    double min, max, total = 0;
    if (call->arg_count % 2 != 0) {
        return diag_set(run->diag, ERR_FORMAT,
                        "weighted-checklist() needs as many weights as values", "", NULL);
    }
    enum err e = bounds(run, call, focus, &min, &max);
    for (size_t i = 2; e == OK && i + 1 < call->arg_count; i += 2) {
        struct expr_value values, weights;
        e = evaluate(run, call->args[i], focus, &values);
        e = e != OK ? e : evaluate(run, call->args[i + 1], focus, &weights);
        e = e != OK ? e : weigh(run, &values, &weights, &total);
    }
    if (e == OK) {
        within(total, min, max, ret);
    }
    return e;
}

const struct expr_function functions_of_choices[] = {
    {"boolean", 1, 1, call_boolean, false, NULL},
    {"boolean-from-string", 1, 1, call_boolean_from_string, false, NULL},
    {"checklist", 2, -1, call_checklist, false, NULL},
    {"coalesce", 1, -1, call_coalesce, false, NULL},
    {"count-selected", 1, 1, call_count_selected, false, NULL},
    {"depend", 1, -1, call_depend, false, NULL},
    {"false", 0, 0, call_false, false, NULL},
    {"if", 3, 3, call_if, false, NULL},
    {"is-selected", 2, 2, call_selected, false, NULL},
    {"jr:choice-name", 2, 2, call_choice_name, false, NULL},
    {"not", 1, 1, call_not, false, NULL},
    {"once", 1, 1, call_once, false, NULL},
    {"selected", 2, 2, call_selected, false, NULL},
    {"selected-at", 2, 2, call_selected_at, false, NULL},
    {"true", 0, 0, call_true, false, NULL},
    {"weighted-checklist", 2, -1, call_weighted_checklist, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
