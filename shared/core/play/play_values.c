#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "play_inner.h"
#include "value.h"

#define LONG_TEXT_MAX 65536 /* bytes of one answer */

enum tree_kind kind_of_data(enum xform_data data)
{
    static const enum tree_kind kinds[XFORM_DATA_COUNT] = {
        [XFORM_INT] = TREE_NUMBER,      [XFORM_DECIMAL] = TREE_NUMBER,
        [XFORM_BOOLEAN] = TREE_BOOLEAN, [XFORM_DATE] = TREE_DATE,
        [XFORM_TIME] = TREE_TIME,       [XFORM_DATETIME] = TREE_DATETIME,
        [XFORM_SELECT] = TREE_SELECT,   [XFORM_RANK] = TREE_SELECT};
    return kinds[data]; /* TREE_TEXT is 0 */
}

static enum err bad_value(const struct play_node *node, struct span given, const char *expected,
                          struct diag *diag)
{
    char shown[DIAG_ARG_SIZE];
    span_text(given, shown, sizeof(shown));
    return diag_set(diag, ERR_BAD_VALUE, node->def->node->name, shown, expected, NULL);
}

/* ---- by type, through core's reader of what people type */

static enum err typed(struct play_node *node, enum value_type type, struct span given,
                      struct arena *arena, struct span *ret, struct diag *diag)
{
    struct span json;
    struct buf text;
    enum err e = value_from_text(type, node->def->node->name, given, arena, &json, diag);
    if (e != OK) {
        return e;
    }
    buf_init(&text, arena->mem, LONG_TEXT_MAX);
    e = value_is_null(json) ? OK : value_to_text(type, json, &text);
    e = e != OK ? e : buf_error(&text);
    e = e != OK ? e : arena_copy(arena, buf_span(&text), ret);
    buf_release(&text);
    return e;
}

static bool has_appearance(const struct play_node *node, const char *wanted)
{
    struct span rest = span_of(node->def->control == NULL ? "" : node->def->control->appearance);
    struct span word;
    while (span_split(&rest, ' ', &word)) {
        if (span_is(word, wanted)) {
            return true;
        }
    }
    return false;
}

/* A form's date is a whole one; where it asks for a month or a year, the first day stands for it.
 */
static enum err whole_date(struct play_node *node, struct span given, struct arena *arena,
                           struct span *ret, struct diag *diag)
{
    struct span date;
    enum err e = typed(node, VALUE_DATE, given, arena, &date, diag);
    if (e != OK || date.size == 0 || date.size >= 10) {
        *ret = e == OK ? date : *ret;
        return e;
    }
    bool partial_is_fine = has_appearance(node, "year") || has_appearance(node, "month-year");
    if (!partial_is_fine) {
        return bad_value(node, given, "a whole date, as 1984-02-29", diag);
    }
    struct buf whole;
    buf_init(&whole, arena->mem, 16);
    buf_add_span(&whole, date);
    buf_add_text(&whole, date.size == 4 ? "-01-01" : "-01");
    e = buf_error(&whole);
    e = e != OK ? e : arena_copy(arena, buf_span(&whole), ret);
    buf_release(&whole);
    return e;
}

/* ---- points */

static enum err points(struct play_node *node, size_t min, struct span given, struct arena *arena,
                       struct span *ret, struct diag *diag)
{
    struct buf all;
    struct span rest = given, part;
    size_t count = 0;
    enum err e = OK;
    buf_init(&all, arena->mem, LONG_TEXT_MAX);
    while (e == OK && span_split(&rest, ';', &part)) {
        struct span point = {0};
        e = typed(node, VALUE_GEOPOINT, part, arena, &point, diag);
        if (e == OK && point.size != 0) {
            buf_add_text(&all, count++ == 0 ? "" : ";");
            buf_add_span(&all, point);
        }
    }
    if (e == OK && count != 0 && count < min) {
        e = bad_value(node, given, "more points, with semicolons between them", diag);
    }
    e = e != OK ? e : buf_error(&all);
    e = e != OK ? e : arena_copy(arena, buf_span(&all), ret);
    buf_release(&all);
    return e;
}

/* ---- choices */

static bool offers(const struct choice_list *list, struct span name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (span_equal(list->at[i].value, name)) {
            return true;
        }
    }
    return false;
}

static enum err bad_choice(const struct play_node *node, struct span name,
                           const struct choice_list *list, struct diag *diag)
{
    char shown[DIAG_ARG_SIZE], offered[DIAG_ARG_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < list->count && used + list->at[i].value.size + 2 < sizeof(offered);
         i++) {
        if (i != 0) {
            offered[used++] = ' ';
        }
        span_text(list->at[i].value, offered + used, sizeof(offered) - used);
        used += list->at[i].value.size;
    }
    span_text(name, shown, sizeof(shown));
    return diag_set(diag, ERR_BAD_CHOICE, node->def->node->name, shown, offered, NULL);
}

static bool next_name(struct span *rest, struct span *ret)
{
    size_t start = 0;
    while (start < rest->size && strchr(" ,;\n\t", rest->data[start]) != NULL) {
        start++;
    }
    size_t end = start;
    while (end < rest->size && strchr(" ,;\n\t", rest->data[end]) == NULL) {
        end++;
    }
    *ret = span_cut(*rest, start, end - start);
    *rest = span_cut(*rest, end, rest->size);
    return ret->size != 0;
}

static bool is_named_before(struct span names, struct span name)
{
    struct span rest = names, one;
    while (next_name(&rest, &one) && one.data != name.data) {
        if (span_equal(one, name)) {
            return true;
        }
    }
    return false;
}

static enum err several_choices(struct play *play, struct play_node *node, struct span given,
                                struct arena *arena, struct span *ret, struct diag *diag)
{
    struct choice_list list;
    enum err e = list_choices(play, node->def->control, node, false, &list, diag);
    struct buf all;
    struct span rest = given, name;
    buf_init(&all, arena->mem, LONG_TEXT_MAX);
    while (e == OK && next_name(&rest, &name)) {
        if (!offers(&list, name)) {
            e = bad_choice(node, name, &list, diag);
        } else if (!is_named_before(given, name)) {
            buf_add_text(&all, all.size == 0 ? "" : " ");
            buf_add_span(&all, name);
        }
    }
    e = e != OK ? e : buf_error(&all);
    e = e != OK ? e : arena_copy(arena, buf_span(&all), ret);
    buf_release(&all);
    return e;
}

static enum err one_choice(struct play *play, struct play_node *node, struct span given,
                           struct arena *arena, struct span *ret, struct diag *diag)
{
    struct choice_list list;
    enum err e = list_choices(play, node->def->control, node, false, &list, diag);
    if (e == OK && given.size != 0 && !offers(&list, given)) {
        return bad_choice(node, given, &list, diag);
    }
    return e != OK ? e : arena_copy(arena, given, ret);
}

static enum err in_range(struct play_node *node, struct span given, struct span number,
                         struct diag *diag)
{
    const struct xform_control *control = node->def->control;
    char text[64];
    span_text(number, text, sizeof(text));
    double value = strtod(text, NULL);
    double a = control->start == NULL ? -INFINITY : strtod(control->start, NULL);
    double b = control->end == NULL ? INFINITY : strtod(control->end, NULL);
    if (number.size == 0 || (value >= fmin(a, b) && value <= fmax(a, b))) {
        return OK;
    }
    span_text(given, text, sizeof(text));
    return diag_set(diag, ERR_OUT_OF_RANGE, node->def->node->name, text,
                    control->start == NULL ? "" : control->start,
                    control->end == NULL ? "" : control->end, NULL);
}

static enum err by_data(struct play_node *node, struct span given, struct arena *arena,
                        struct span *ret, struct diag *diag)
{
    switch (node->def->node->data) {
    case XFORM_INT:
        return typed(node, VALUE_INTEGER, given, arena, ret, diag);
    case XFORM_DECIMAL:
        return typed(node, VALUE_DECIMAL, given, arena, ret, diag);
    case XFORM_BOOLEAN:
        return typed(node, VALUE_BOOLEAN, given, arena, ret, diag);
    case XFORM_DATE:
        return whole_date(node, given, arena, ret, diag);
    case XFORM_TIME:
        return typed(node, VALUE_TIME, given, arena, ret, diag);
    case XFORM_DATETIME:
        return typed(node, VALUE_DATETIME, given, arena, ret, diag);
    case XFORM_GEOPOINT:
        return typed(node, VALUE_GEOPOINT, given, arena, ret, diag);
    case XFORM_GEOTRACE:
        return points(node, 2, given, arena, ret, diag);
    case XFORM_GEOSHAPE:
        return points(node, 4, given, arena, ret, diag);
    case XFORM_STRING:
    case XFORM_BINARY:
    case XFORM_BARCODE:
    case XFORM_SELECT:
    case XFORM_RANK:
    case XFORM_DATA_COUNT:
    default:
        return arena_copy(arena, given, ret);
    }
}

enum err value_for_node(struct play *play, struct play_node *node, struct span given,
                        struct arena *arena, struct span *ret, struct diag *diag)
{
    const struct xform_control *control = node->def->control;
    if (given.size > LONG_TEXT_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, node->def->node->name, "65536", NULL);
    }
    if (control != NULL && control->kind == XFORM_SELECT_ONE) {
        return one_choice(play, node, given, arena, ret, diag);
    }
    if (control != NULL &&
        (control->kind == XFORM_SELECT_MULTIPLE || control->kind == XFORM_SELECT_RANK)) {
        return several_choices(play, node, given, arena, ret, diag);
    }
    enum err e = by_data(node, given, arena, ret, diag);
    return e == OK && control != NULL && control->kind == XFORM_RANGE
               ? in_range(node, given, *ret, diag)
               : e;
}

/* ---- is the answer right? */

enum err flag_at(struct play *play, const struct expr *expr, struct play_node *node, bool otherwise,
                 bool *ret, struct diag *diag)
{
    *ret = otherwise;
    if (expr == NULL) {
        return OK;
    }
    struct expr_value value;
    enum err e = evaluate_at(play, expr, node, &value, diag);
    if (e == OK) {
        *ret = expr_to_boolean(&value);
    }
    return e;
}

enum err is_readonly(struct play *play, struct play_node *node, bool *ret, struct diag *diag)
{
    enum err e = OK;
    *ret = false;
    for (struct play_node *at = node; e == OK && !*ret && at->def != NULL;
         at = node_of(at->tree.parent)) {
        e = flag_at(play, at->def->readonly, at, false, ret, diag);
    }
    return e;
}

enum err check_node(struct play *play, struct play_node *node, struct validity *ret,
                    struct diag *diag)
{
    *ret = (struct validity){0};
    const struct xform_node *def = node->def->node;
    enum err e = OK;
    if (node->def->is_group || !node_is_relevant(node)) {
        return OK;
    }
    if (node->tree.text.size == 0) {
        e = flag_at(play, node->def->required, node, false, &ret->required_missing, diag);
    } else {
        bool holds = true;
        e = flag_at(play, node->def->constraint, node, true, &holds, diag);
        ret->constraint_broken = !holds;
    }
    const struct xform_text *message = ret->required_missing    ? def->required_message
                                       : ret->constraint_broken ? def->constraint_message
                                                                : NULL;
    return e != OK ? e : text_shown(play, message, XFORM_LONG, node, &ret->message, diag);
}
