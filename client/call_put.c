/*
 * call_put.c - writes what answers share: persons, values, properties, rows, pages.
 */
#include <stdio.h>
#include <string.h>

#include "call_put.h"
#include "record_text.h"

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

void put_type(struct call *call, const char *type_name)
{
    const struct org *org = NULL;
    const struct type *type = NULL;
    if (node_org(call->node, &org) == OK) {
        type = org_type(org, span_of(type_name));
    }
    put_text(call, "type", type_name);
    put_text(call, "label",
             type ? labels_pick(&type->labels, call->language, type_name) : type_name);
}

/* ---- values */

/* "Yes" and "no" as the language has them; live in the call's arena. */
static const char *word(const struct call *call, const char *key)
{
    struct buf text;
    buf_init(&text, &call->host->mem, TEXT_MAX);
    catalogues_say(call->catalogues, call->language, key, NULL, 0, &text);
    const char *copy = buf_error(&text) ? NULL : arena_text(call->arena, buf_text(&text));
    buf_release(&text);
    return copy ? copy : "";
}

enum err put_value(struct call *call, const struct property *property, struct span json)
{
    struct speech speech = {
        .language = call->language, .yes = word(call, "text.yes"), .no = word(call, "text.no")};
    struct buf text;
    buf_init(&text, &call->host->mem, TEXT_MAX);
    enum err e = node_org(call->node, &speech.org);
    if (!e) {
        e = record_value_text(&speech, property, json, &text);
    }
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
    put_true(call, "retired", property->retired);
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

/* ---- rules of forms */

static enum err put_broken_value(struct call *call, const struct broken_value *value)
{
    enum err e = OK;
    json_open(call->out, '{');
    put_id(call, "id", value->entity);
    put_type(call, value->type_name);
    put_text(call, "case", value->case_number);
    put_text(call, "title", value->title);
    if (value->property) {
        put_text(call, "property", value->property->id);
        put_text(call, "property_label", property_label(call, value->property));
        e = put_value(call, value->property, value->json);
    }
    if (!e && !id_is_zero(value->person)) {
        e = put_person(call, "person", value->person);
        put_int(call, "time", value->time_ms);
    }
    if (!e) {
        e = put_device(call, "device", value->device);
    }
    json_close(call->out, '}');
    return e;
}

static enum err put_rule(struct call *call, const struct broken_rule *rule)
{
    char key[MESSAGE_KEY_SIZE];
    (void)snprintf(key, sizeof key, "text.rule_%s", rule->kind);
    json_open(call->out, '{');
    put_text(call, "form", rule->form);
    put_int(call, "version", rule->form_version);
    put_text(call, "label", labels_pick(&rule->form_labels, call->language, rule->form));
    put_text(call, "kind", rule->kind);
    put_text(call, "message", labels_pick(&rule->message, call->language, word(call, key)));
    json_name(call->out, "values");
    json_open(call->out, '[');
    enum err e = OK;
    for (size_t i = 0; i < rule->value_count && !e; i++) {
        e = put_broken_value(call, &rule->values[i]);
    }
    json_close(call->out, ']');
    json_close(call->out, '}');
    return e;
}

enum err put_rules(struct call *call, const struct record *record)
{
    enum err e = OK;
    if (record->broken_count == 0) {
        return OK;
    }
    json_name(call->out, "rules");
    json_open(call->out, '[');
    for (size_t i = 0; i < record->broken_count && !e; i++) {
        e = put_rule(call, &record->broken[i]);
    }
    json_close(call->out, ']');
    return e;
}

/* ---- history */

/* Douar's own registers are told by an act's kind, but for where a record belongs. */
static enum err put_change(struct call *call, const struct type *type, const struct json *value)
{
    static const struct property where = {.id = "_scope", .type = VALUE_TEXT, .place = true};
    const char *name = json_key(value);
    const struct property *property = type ? type_property(type, name) : NULL;
    struct property unknown = {.id = name, .type = VALUE_JSON};
    struct buf json;
    const char *label;
    if (name[0] == '_' && strcmp(name, where.id) != 0) {
        return OK;
    }
    property = property ? property : name[0] == '_' ? &where : &unknown;
    buf_init(&json, &call->host->mem, TEXT_MAX);
    json_add_tree(&json, value);
    label = property == &where ? word(call, "text.scope") : property_label(call, property);
    json_open(call->out, '{');
    put_text(call, "property", name);
    put_text(call, "label", label);
    enum err e = buf_error(&json);
    if (!e) {
        e = put_value(call, property, buf_span(&json));
    }
    json_close(call->out, '}');
    buf_release(&json);
    return e;
}

enum err put_changes(struct call *call, const struct type *type, struct span values)
{
    struct json *object = NULL;
    enum err e = json_parse(values, &object, NULL);
    if (e) {
        return e;
    }
    json_name(call->out, "changes");
    json_open(call->out, '[');
    for (const struct json *item = json_first(object); item && !e; item = json_next(item)) {
        e = put_change(call, type, item);
    }
    json_close(call->out, ']');
    json_free(object);
    return e;
}

/* ---- rows and pages */

void put_row(struct call *call, const struct record_row *row)
{
    json_open(call->out, '{');
    put_id(call, "id", row->entity);
    put_type(call, row->type_name);
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
