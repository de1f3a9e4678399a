/*
 * record_text.c - a value as a person reads it.
 */
#include "record_text.h"

#include <string.h>

#include "json.h"

#define TEXT_MAX (256u * 1024) /* a long append list as a person reads it */

static const char *choice_label(const struct speech *speech, const struct property *property,
                                const char *name)
{
    for (size_t i = 0; i < property->choice_count; i++) {
        const struct choice *choice = &property->choices[i];
        if (strcmp(choice->name, name) == 0) {
            return labels_pick(&choice->labels, speech->language, choice->name);
        }
    }
    return name;
}

/* The code alone of a place whose name isn't known here. */
static void add_place(const struct speech *speech, const char *code, struct buf *ret)
{
    const struct org_place *place = org_place(speech->org, span_of(code));
    const char *name = place ? labels_pick(&place->labels, speech->language, NULL) : NULL;
    if (name) {
        buf_add_format(ret, "%s (%s)", name, code);
    } else {
        buf_add_text(ret, code);
    }
}

static enum err add_item(const struct speech *speech, const struct property *property,
                         const struct json *item, struct buf *ret)
{
    struct buf canonical;
    if (json_is(item, JSON_NULL)) {
        return OK;
    }
    if (json_is(item, JSON_TEXT) && property->choice_count > 0) {
        buf_add_text(ret, choice_label(speech, property, json_text(item)));
        return buf_error(ret);
    }
    if (json_is(item, JSON_TEXT) && property->place) {
        add_place(speech, json_text(item), ret);
        return buf_error(ret);
    }
    if (json_is(item, JSON_BOOL)) {
        buf_add_text(ret, json_bool(item) ? speech->yes : speech->no);
        return buf_error(ret);
    }
    buf_init(&canonical, ret->mem, TEXT_MAX);
    json_add_tree(&canonical, item);
    enum err e = buf_error(&canonical);
    if (!e) {
        e = value_to_text(property->type, buf_span(&canonical), ret);
    }
    buf_release(&canonical);
    return e;
}

enum err record_value_text(const struct speech *speech, const struct property *property,
                           struct span json, struct buf *ret)
{
    struct json *value = NULL;
    enum err e = json_parse(json, &value, NULL);
    if (e) {
        return e;
    }
    if (json_is(value, JSON_ARRAY)) {
        const char *between = property->policy == POLICY_APPEND ? " | " : ", ";
        for (const struct json *item = json_first(value); item && !e; item = json_next(item)) {
            buf_add_text(ret, item == json_first(value) ? "" : between);
            e = add_item(speech, property, item, ret);
        }
    } else if (json_is(value, JSON_OBJECT) && property->type != VALUE_FILE) {
        buf_add_span(ret, json); /* a group as a whole */
    } else {
        e = add_item(speech, property, value, ret);
    }
    json_free(value);
    return e;
}
