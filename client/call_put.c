/*
 * call_put.c - writes what answers share: persons, values, properties, rows, pages.
 */
#include <string.h>

#include "call_put.h"

#define TEXT_MAX (256u * 1024) /* a long append list as a person reads it */

void put_text(struct call *call, const char *name, const char *text)
{
    if (text && text[0]) {
        json_name(call->out, name);
        json_put_text(call->out, text);
    }
}

void put_int(struct call *call, const char *name, int64_t value)
{
    json_name(call->out, name);
    json_put_int(call->out, value);
}

void put_true(struct call *call, const char *name, bool value)
{
    if (value) {
        json_name(call->out, name);
        json_put_bool(call->out, true);
    }
}

void put_id(struct call *call, const char *name, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    put_text(call, name, text);
}

void put_raw(struct call *call, const char *name, struct span json)
{
    json_name(call->out, name);
    json_put_raw(call->out, json);
}

void put_texts(struct call *call, const char *name, const char *const *texts, size_t count)
{
    json_name(call->out, name);
    json_open(call->out, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_text(call->out, texts[i]);
    }
    json_close(call->out, ']');
}

enum err put_person(struct call *call, const char *name, struct id person)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct org_person *known = org_person(org, person);
    json_name(call->out, name);
    json_open(call->out, '{');
    put_id(call, "id", person);
    put_text(call, "name", known ? known->name : NULL);
    json_close(call->out, '}');
    return OK;
}

enum err put_device(struct call *call, const char *name, struct id node)
{
    const struct org *org = NULL;
    if (id_is_zero(node)) {
        return OK;
    }
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct org_node *known = org_node(org, node);
    json_name(call->out, name);
    json_open(call->out, '{');
    put_id(call, "id", node);
    put_text(call, "name", known ? known->name : NULL);
    json_close(call->out, '}');
    return OK;
}

/* ---- values */

static const char *choice_label(const struct call *call, const struct property *property,
                                const char *name)
{
    for (size_t i = 0; i < property->choice_count; i++) {
        const struct choice *choice = &property->choices[i];
        if (strcmp(choice->name, name) == 0) {
            return labels_pick(&choice->labels, call->language, choice->name);
        }
    }
    return name;
}

static enum err add_item_text(const struct call *call, const struct property *property,
                              const struct json *item, struct buf *ret)
{
    struct buf canonical;
    if (json_is(item, JSON_TEXT) && property->choice_count > 0) {
        buf_add_text(ret, choice_label(call, property, json_text(item)));
        return buf_error(ret);
    }
    if (json_is(item, JSON_BOOL)) {
        const char *key = json_bool(item) ? "text.yes" : "text.no";
        catalogues_say(call->catalogues, call->language, key, NULL, 0, ret);
        return buf_error(ret);
    }
    if (json_is(item, JSON_NULL)) {
        return OK;
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

/* Lists (choices, sets, appended texts) item by item. */
static enum err add_value_text(const struct call *call, const struct property *property,
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
            if (item != json_first(value)) {
                buf_add_text(ret, between);
            }
            e = add_item_text(call, property, item, ret);
        }
    } else if (json_is(value, JSON_OBJECT) && property->type != VALUE_FILE) {
        buf_add_span(ret, json); /* a group as a whole */
    } else {
        e = add_item_text(call, property, value, ret);
    }
    json_free(value);
    return e;
}

enum err put_value(struct call *call, const struct property *property, struct span json)
{
    struct buf text;
    buf_init(&text, &call->host->mem, TEXT_MAX);
    enum err e = add_value_text(call, property, json, &text);
    if (!e) {
        e = buf_error(&text);
    }
    if (!e) {
        put_raw(call, "value", json);
        json_name(call->out, "text");
        json_put_span(call->out, buf_span(&text));
    }
    buf_release(&text);
    return e;
}

const char *property_label(const struct call *call, const struct property *property)
{
    return labels_pick(&property->labels, call->language, property->id);
}

static enum err put_alternative(struct call *call, const struct property *property,
                                const struct alternative *alternative, size_t index)
{
    json_open(call->out, '{');
    put_int(call, "take", (int64_t)index + 1);
    put_id(call, "uid", alternative->uid);
    enum err e = put_value(call, property, alternative->json);
    if (!e) {
        e = put_person(call, "person", alternative->person);
    }
    if (!e) {
        e = put_device(call, "device", alternative->device);
    }
    put_int(call, "time", alternative->time_ms);
    json_name(call->out, "shown");
    json_put_bool(call->out, alternative->shown);
    json_close(call->out, '}');
    return e;
}

static enum err put_property(struct call *call, const struct shown_property *shown)
{
    const struct property *property = shown->property;
    json_open(call->out, '{');
    put_text(call, "property", property->id);
    put_text(call, "label", property_label(call, property));
    put_text(call, "type", value_type_name(property->type));
    put_text(call, "group", property->group);
    enum err e = put_value(call, property, shown->json);
    put_true(call, "disputed", shown->disputed);
    if (!e && shown->alternative_count > 0) {
        json_name(call->out, "alternatives");
        json_open(call->out, '[');
        for (size_t i = 0; i < shown->alternative_count && !e; i++) {
            e = put_alternative(call, property, &shown->alternatives[i], i);
        }
        json_close(call->out, ']');
    }
    json_close(call->out, '}');
    return e;
}

enum err put_properties(struct call *call, const struct record *record, bool disputed_only)
{
    enum err e = OK;
    json_name(call->out, "properties");
    json_open(call->out, '[');
    for (size_t i = 0; i < record->property_count && !e; i++) {
        const struct shown_property *shown = &record->properties[i];
        bool wanted =
            disputed_only ? shown->disputed : shown->disputed || !value_is_null(shown->json);
        if (wanted) {
            e = put_property(call, shown);
        }
    }
    json_close(call->out, ']');
    return e;
}

/* ---- rows and pages */

void put_row(struct call *call, const struct record_row *row)
{
    json_open(call->out, '{');
    put_id(call, "id", row->entity);
    put_text(call, "type", row->type_name);
    put_text(call, "case", row->case_number);
    json_name(call->out, "title");
    json_put_text(call->out, row->title ? row->title : "");
    put_int(call, "disputes", (int64_t)row->dispute_count);
    put_true(call, "deleted", row->deleted);
    put_int(call, "updated", row->updated_ms);
    put_raw(call, "values", row->document.size ? row->document : span_of("{}"));
    json_close(call->out, '}');
}

struct page page_begin(struct call *call)
{
    return (struct page){.call = call, .limit = (size_t)call_arg_int(call, "limit", DEVICE_PAGE)};
}

bool page_take(struct page *page, const struct record_row *row)
{
    if (page->count == page->limit) {
        page->more = true;
        return false;
    }
    page->count++;
    page->last = row->number;
    return true;
}

void page_end(const struct page *page)
{
    if (page->more) {
        put_int(page->call, "after", page->last);
    }
}

static bool each_id(void *ctx, const struct record_row *row)
{
    struct record_ids *ids = ctx;
    if (!page_take(&ids->page, row)) {
        return false;
    }
    ids->ids[ids->page.count - 1] = row->entity;
    return true;
}

enum err record_ids_read(struct call *call, struct record_filter *filter, struct record_ids *ret)
{
    struct record_ids ids = {.page = page_begin(call)};
    ids.ids = arena_array(call->arena, ids.page.limit, sizeof *ids.ids);
    if (!ids.ids) {
        return ERR_NOMEM;
    }
    filter->limit = ids.page.limit + 1;
    enum err e = record_list(call->node, &call->person, filter, each_id, &ids, call->diag);
    if (!e) {
        *ret = ids;
    }
    return e;
}

const char *custody_name(enum custody custody)
{
    switch (custody) {
    case CUSTODY_HERE:
        return "here";
    case CUSTODY_PROVINCE:
        return "province";
    case CUSTODY_REGION:
        return "region";
    }
    return "here";
}
