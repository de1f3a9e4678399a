#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr_inner.h"

#define TEXT_MAX (1u << 20) /* bytes of one text that an expression makes */

void value_set_number(struct expr_value *ret, double number)
{
    *ret = (struct expr_value){.type = EXPR_NUMBER, .number = number};
}

void value_set_boolean(struct expr_value *ret, bool truth)
{
    *ret = (struct expr_value){.type = EXPR_BOOLEAN, .truth = truth};
}

void value_set_text(struct expr_value *ret, struct span text)
{
    *ret = (struct expr_value){.type = EXPR_STRING, .text = text};
}

void value_set_date(struct expr_value *ret, double days, bool has_time)
{
    *ret = (struct expr_value){.type = EXPR_DATE, .number = days, .has_time = has_time};
}

size_t value_count(const struct expr_value *value)
{
    return value->type == EXPR_NODES ? value->node_count : 1;
}

struct expr_value value_at(const struct expr_value *value, size_t index)
{
    struct expr_value one = *value;
    if (value->type == EXPR_NODES && value->node_count != 0) {
        one.nodes = &value->nodes[index];
        one.node_count = 1;
    }
    return one;
}

enum err text_of_buf(struct arena *arena, struct buf *buf, struct expr_value *ret)
{
    struct span text;
    enum err e = buf_error(buf);
    e = e != OK ? e : arena_copy(arena, buf_span(buf), &text);
    buf_release(buf);
    if (e == OK) {
        value_set_text(ret, text);
    }
    return e;
}

enum err node_text(struct arena *arena, const struct tree_node *node, struct span *ret)
{
    /* A group of the form has no value (JavaRosa): what is in it would have to be watched for it.
     */
    if (tree_is_leaf(node) || node->owner != NULL) {
        *ret = node->text;
        return OK;
    }
    struct buf buf;
    buf_init(&buf, arena->mem, TEXT_MAX);
    tree_text(node, &buf);
    struct expr_value value;
    enum err e = text_of_buf(arena, &buf, &value);
    if (e == OK) {
        *ret = value.text;
    }
    return e;
}

/* ---- numbers */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static struct span trimmed(struct span text)
{
    while (text.size != 0 && is_blank(text.data[0])) {
        text = span_cut(text, 1, text.size);
    }
    while (text.size != 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

bool number_read(struct span text, double *ret)
{
    text = trimmed(text);
    char digits[400]; /* longer than any number that a double tells apart from infinity */
    bool any = false, point = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if ((byte == '.' || byte == ',') && !point) { /* "1,5" too, as JavaRosa reads it */
            point = true;
        } else if (byte >= '0' && byte <= '9') {
            any = true;
        } else if (byte != '-' || i != 0) {
            return false;
        }
    }
    if (!any || text.size >= sizeof(digits)) {
        return false;
    }
    span_text(text, digits, sizeof(digits));
    char *comma = strchr(digits, ',');
    if (comma != NULL) {
        *comma = '.';
    }
    *ret = strtod(digits, NULL);
    return true;
}

/* Digits and a power of ten -> digits with a point at the right place: "1.5", 10 -> 15000000000. */
static void add_plain(struct buf *ret, const char *scientific)
{
    const char *exponent_at = strchr(scientific, 'e');
    long exponent = strtol(exponent_at + 1, NULL, 10);
    char digits[32];
    size_t count = 0;
    for (const char *at = scientific; at < exponent_at; at++) {
        if (*at >= '0' && *at <= '9' && count < sizeof(digits)) {
            digits[count++] = *at;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    if (scientific[0] == '-') {
        buf_add_byte(ret, '-');
    }
    if (exponent < 0) {
        buf_add_text(ret, "0.");
        for (long i = -1; i > exponent; i--) {
            buf_add_byte(ret, '0');
        }
        buf_add(ret, digits, count);
        return;
    }
    for (long i = 0; i <= exponent || (size_t)i < count; i++) {
        if (i == exponent + 1) {
            buf_add_byte(ret, '.');
        }
        buf_add_byte(ret, (size_t)i < count ? (uint8_t)digits[i] : '0');
    }
}

void expr_add_number(struct buf *ret, double number)
{
    if (isnan(number)) {
        buf_add_text(ret, "NaN");
    } else if (isinf(number)) {
        buf_add_text(ret, number < 0 ? "-Infinity" : "Infinity");
    } else if (number == 0) {
        buf_add_byte(ret, '0');
    } else {
        /* The fewest digits that read back as the same number. */
        char text[40];
        for (int digits = DBL_DIG - 1; digits < DBL_DECIMAL_DIG; digits++) {
            (void)snprintf(text, sizeof(text), "%.*e", digits, number);
            if (strtod(text, NULL) == number) {
                break;
            }
        }
        add_plain(ret, text);
    }
}

/* ---- conversions */

bool expr_text_number(struct span text, double *ret)
{
    bool has_time;
    if (number_read(text, ret)) {
        return true;
    }
    *ret = NAN;
    return !date_read(trimmed(text), 0, ret, &has_time);
}

static double number_of_text(struct span text, int zone_minutes)
{
    double number;
    bool has_time;
    if (number_read(text, &number) || date_read(trimmed(text), zone_minutes, &number, &has_time)) {
        return number;
    }
    return NAN;
}

static bool truth_of_text(struct span text)
{
    return span_is(text, "true") || span_is(text, "1");
}

static double number_of_node(const struct tree_node *node, int zone_minutes)
{
    double part;
    if (node->kind == TREE_TIME && time_read(node->text, zone_minutes, &part)) {
        return part;
    }
    if (node->kind == TREE_BOOLEAN && node->text.size != 0) {
        return truth_of_text(node->text) ? 1 : 0;
    }
    return tree_is_leaf(node) ? number_of_text(node->text, zone_minutes) : NAN;
}

double expr_to_number(const struct expr_value *value, const struct expr_host *host)
{
    switch (value->type) {
    case EXPR_NUMBER:
    case EXPR_DATE:
        return value->number;
    case EXPR_BOOLEAN:
        return value->truth ? 1 : 0;
    case EXPR_NODES:
        return value->node_count == 0 ? NAN : number_of_node(value->nodes[0], host->zone_minutes);
    case EXPR_STRING:
    default:
        return number_of_text(value->text, host->zone_minutes);
    }
}

/* As JavaRosa reads a node: by its type where it has one, so that an answered 0 or "false" is
   false. (XPath 1.0 would say that a node that is there is true.) */
static bool truth_of_node(const struct tree_node *node)
{
    double number;
    if (!tree_is_leaf(node)) {
        return true;
    }
    if (node->kind == TREE_BOOLEAN) {
        return truth_of_text(node->text);
    }
    if (node->kind == TREE_NUMBER && number_read(node->text, &number)) {
        return number != 0;
    }
    return node->text.size != 0;
}

bool expr_to_boolean(const struct expr_value *value)
{
    switch (value->type) {
    case EXPR_BOOLEAN:
        return value->truth;
    case EXPR_NUMBER:
        return !isnan(value->number) && value->number != 0;
    case EXPR_DATE:
        return !isnan(value->number);
    case EXPR_NODES:
        return value->node_count > 1 || (value->node_count == 1 && truth_of_node(value->nodes[0]));
    case EXPR_STRING:
    default:
        return value->text.size != 0;
    }
}

enum err expr_to_text(const struct expr_value *value, const struct expr_host *host,
                      struct arena *arena, struct span *ret)
{
    switch (value->type) {
    case EXPR_STRING:
        *ret = value->text;
        return OK;
    case EXPR_BOOLEAN:
        *ret = span_of(value->truth ? "true" : "false");
        return OK;
    case EXPR_NODES:
        if (value->node_count == 0) {
            *ret = span_of("");
            return OK;
        }
        return node_text(arena, value->nodes[0], ret);
    case EXPR_NUMBER:
    case EXPR_DATE:
    default:
        break;
    }
    struct buf buf;
    struct expr_value text;
    buf_init(&buf, arena->mem, TEXT_MAX);
    if (value->type == EXPR_DATE && !isnan(value->number)) {
        date_write(value->number, value->has_time, host->zone_minutes, &buf);
    } else {
        expr_add_number(&buf, value->number);
    }
    enum err e = text_of_buf(arena, &buf, &text);
    if (e == OK) {
        *ret = text.text;
    }
    return e;
}

/* ---- evaluated and converted */

enum err evaluate_text(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                       struct span *ret)
{
    struct expr_value value;
    enum err e = evaluate(run, expr, focus, &value);
    return e != OK ? e : expr_to_text(&value, run->host, run->arena, ret);
}

enum err evaluate_number(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                         double *ret)
{
    struct expr_value value;
    enum err e = evaluate(run, expr, focus, &value);
    if (e == OK) {
        *ret = expr_to_number(&value, run->host);
    }
    return e;
}

enum err evaluate_boolean(struct evaluation *run, const struct expr *expr,
                          const struct focus *focus, bool *ret)
{
    struct expr_value value;
    enum err e = evaluate(run, expr, focus, &value);
    if (e == OK) {
        *ret = expr_to_boolean(&value);
    }
    return e;
}

enum err evaluate_nodes(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                        struct expr_value *ret)
{
    enum err e = evaluate(run, expr, focus, ret);
    if (e == OK && ret->type != EXPR_NODES) {
        return diag_set(run->diag, ERR_FORMAT, "a path is expected here, not a value", "", NULL);
    }
    return e;
}
