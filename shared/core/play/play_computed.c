/*
 * What expressions give, as the instance keeps it: by the type of the bind, as JavaRosa has it.
 */
#include <math.h>

#include "play_computed.h"

#define WHOLE_MAX 1e15 /* beyond it a double has no fraction that anybody typed */

static double whole(double number)
{
    bool fits = number > -WHOLE_MAX && number < WHOLE_MAX;
    return fits ? (double)(int64_t)number : number;
}

static bool is_number(const struct expr_value *value)
{
    return value->type == EXPR_NUMBER ||
           (value->type == EXPR_NODES && value->node_count == 1 &&
            value->nodes[0]->kind == TREE_NUMBER && value->nodes[0]->text.size != 0);
}

/* A type that has less than the value takes what it has. */
static struct expr_value fitted(enum xform_data data, const struct expr_value *value)
{
    struct expr_value fits = *value;
    if (data == XFORM_INT && value->type == EXPR_NUMBER) {
        fits.number = whole(value->number);
    } else if (data == XFORM_BOOLEAN && is_number(value)) {
        fits = (struct expr_value){.type = EXPR_BOOLEAN, .truth = expr_to_boolean(value)};
    } else if ((data == XFORM_DATE || data == XFORM_DATETIME) && value->type == EXPR_NUMBER) {
        fits.type = EXPR_DATE; /* today() + 7: days since 1970, as date() reads them */
        fits.has_time = data == XFORM_DATETIME;
    } else if (value->type == EXPR_DATE && data != XFORM_STRING) {
        fits.has_time = data == XFORM_DATETIME || data == XFORM_TIME;
    }
    return fits;
}

static enum tree_kind kind_of_value(const struct expr_value *value)
{
    switch (value->type) {
    case EXPR_NUMBER:
        return TREE_NUMBER;
    case EXPR_BOOLEAN:
        return TREE_BOOLEAN;
    case EXPR_DATE:
        return value->has_time ? TREE_DATETIME : TREE_DATE;
    case EXPR_NODES:
        return value->node_count == 1 ? (enum tree_kind)value->nodes[0]->kind : TREE_TEXT;
    case EXPR_STRING:
    default:
        return TREE_TEXT;
    }
}

static bool says_date_and_time(struct span text)
{
    return text.size > 11 && text.data[10] == 'T';
}

/* Of a text, or of another node's, that has more than the type. */
static enum err fit_text(struct play *play, enum xform_data data, struct span *text)
{
    struct expr_value value = {.type = EXPR_STRING, .text = *text};
    double number = expr_to_number(&value, &play->expr_host);
    if (isnan(number)) {
        return OK;
    }
    if (data == XFORM_TIME && says_date_and_time(*text)) {
        *text = span_cut(*text, 11, 8);
        return OK;
    }
    if (data == XFORM_DATE && says_date_and_time(*text)) {
        value = (struct expr_value){.type = EXPR_DATE, .number = number};
    } else if (data == XFORM_INT && number != whole(number)) {
        value = (struct expr_value){.type = EXPR_NUMBER, .number = whole(number)};
    } else {
        return OK;
    }
    return expr_to_text(&value, &play->expr_host, &play->scratch, text);
}

enum err computed_for_node(struct play *play, const struct play_node *node,
                           const struct expr_value *value, struct computed *ret)
{
    enum xform_data data = node->def->node->data;
    struct expr_value fits = fitted(data, value);
    *ret = (struct computed){.kind = kind_of_data(data)};
    if (ret->kind == TREE_TEXT) {
        ret->kind = kind_of_value(value);
    }
    /* What can't be calculated yet is no answer (JavaRosa writes nothing for NaN). */
    if ((value->type == EXPR_NUMBER || value->type == EXPR_DATE) && isnan(value->number)) {
        return OK;
    }
    enum err e = expr_to_text(&fits, &play->expr_host, &play->scratch, &ret->text);
    return e != OK ? e : fit_text(play, data, &ret->text);
}
