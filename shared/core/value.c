#include "value.h"

#include <assert.h>
#include <string.h>

#include "num.h"
#include "value_time.h"

static const char *const names[VALUE_TYPE_COUNT] = {
    [VALUE_TEXT] = "text",
    [VALUE_INTEGER] = "integer",
    [VALUE_DECIMAL] = "decimal",
    [VALUE_BOOLEAN] = "boolean",
    [VALUE_DATE] = "date",
    [VALUE_TIME] = "time",
    [VALUE_DATETIME] = "datetime",
    [VALUE_SELECT_ONE] = "select_one",
    [VALUE_SELECT_MULTIPLE] = "select_multiple",
    [VALUE_GEOPOINT] = "geopoint",
    [VALUE_REF] = "ref",
    [VALUE_FILE] = "file",
    [VALUE_JSON] = "json",
};

const char *value_type_name(enum value_type type)
{
    assert(type < VALUE_TYPE_COUNT);
    return names[type];
}

bool value_type_from_name(const char *name, enum value_type *ret)
{
    for (size_t i = 0; i < VALUE_TYPE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum value_type)i;
            return true;
        }
    }
    return false;
}

bool value_is_null(struct span json)
{
    return span_is(json, "null");
}

/* ---- Order ---- */

/* What stands between the quotes; numbers and words have none. */
static struct span content(struct span json)
{
    bool quoted = json.size >= 2 && json.data[0] == '"';
    return quoted ? span_cut(json, 1, json.size - 2) : json;
}

/*
 * A value as a key of its order. Values come from other people's devices, so one that isn't of
 * its type must have a place as well, or nodes could disagree on the greatest: null first, then
 * the malformed by bytes, then the rest.
 */
struct order_key {
    enum { KEY_NULL, KEY_MALFORMED, KEY_WELL_FORMED } kind;
    char decimal[NUM_TEXT_SIZE]; /* numbers */
    int64_t seconds;             /* datetimes */
    struct span text;
};

static bool well_formed(enum value_type type, struct order_key *key)
{
    char canonical[VALUE_TIME_SIZE];
    switch (type) {
    case VALUE_INTEGER: {
        int64_t number = 0;
        if (!num_read_i64(key->text, &number)) {
            return false;
        }
        num_write_i64(number, key->decimal);
        return true;
    }
    case VALUE_DECIMAL:
        return num_canonical_decimal(key->text, key->decimal) && span_is(key->text, key->decimal);
    case VALUE_DATE:
        return date_canonical(key->text, false, canonical);
    case VALUE_TIME:
        return time_canonical(key->text, false, canonical);
    case VALUE_DATETIME:
        return datetime_seconds(key->text, &key->seconds);
    case VALUE_TEXT:
    case VALUE_BOOLEAN:
    case VALUE_SELECT_ONE:
    case VALUE_SELECT_MULTIPLE:
    case VALUE_GEOPOINT:
    case VALUE_REF:
    case VALUE_FILE:
    case VALUE_JSON:
    case VALUE_TYPE_COUNT:
        break;
    }
    return true;
}

static void order_key_init(struct order_key *key, enum value_type type, struct span json)
{
    key->decimal[0] = '\0';
    key->seconds = 0;
    key->text = content(json);
    if (value_is_null(json)) {
        key->kind = KEY_NULL;
    } else {
        key->kind = well_formed(type, key) ? KEY_WELL_FORMED : KEY_MALFORMED;
    }
}

static int compare_well_formed(enum value_type type, const struct order_key *a,
                               const struct order_key *b)
{
    if (type == VALUE_INTEGER || type == VALUE_DECIMAL) {
        return num_compare_decimal(a->decimal, b->decimal);
    }
    return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

int value_compare(enum value_type type, struct span a, struct span b)
{
    struct order_key x;
    struct order_key y;
    order_key_init(&x, type, a);
    order_key_init(&y, type, b);
    if (x.kind != y.kind) {
        return x.kind < y.kind ? -1 : 1;
    }
    int order = 0;
    if (x.kind == KEY_WELL_FORMED) {
        order = compare_well_formed(type, &x, &y);
    }
    /* Dates and times included: in bytes a partial one comes before what it contains. */
    order = order != 0 ? order : span_compare(x.text, y.text);
    return order != 0 ? order : span_compare(a, b);
}

/* ---- As text ---- */

static void add_list(struct buf *buf, const struct json *list)
{
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        if (item != json_first(list)) {
            buf_add_text(buf, ", ");
        }
        if (json_is(item, JSON_TEXT)) {
            buf_add_span(buf, json_span(item));
        } else {
            json_add_tree(buf, item);
        }
    }
}

static void add_file(struct buf *buf, const struct json *file)
{
    char size[NUM_TEXT_SIZE];
    num_write_i64(json_get_int(file, "size", 0), size);
    buf_add_text(buf, json_get_text(file, "mime", "?"));
    buf_add_text(buf, " ");
    buf_add_text(buf, size);
}

enum err value_to_text(enum value_type type, struct span json, struct buf *ret)
{
    struct json *tree = NULL;
    size_t begin = ret->size;
    if (value_is_null(json)) {
        return buf_error(ret);
    }
    enum err e = json_parse(json, &tree, NULL);
    if (e) {
        return e;
    }
    if (json_is(tree, JSON_TEXT)) {
        buf_add_span(ret, json_span(tree));
    } else if (json_is(tree, JSON_ARRAY) && type == VALUE_SELECT_MULTIPLE) {
        add_list(ret, tree);
    } else if (json_is(tree, JSON_OBJECT) && type == VALUE_FILE) {
        add_file(ret, tree);
    } else {
        buf_add_span(ret, json);
    }
    json_free(tree);
    e = buf_error(ret);
    if (e) {
        buf_truncate(ret, begin);
    }
    return e;
}
