/*
 * call_read.c - reading: one record with its history, lists, search.
 */
#include "call_answers.h"
#include "call_put.h"
#include "forget.h"
#include "stamp.h"

#define FORGOTTEN_MOST 20 /* told of in one answer */

/* ---- show */

static enum err put_record(struct call *call, const struct record *record)
{
    put_id(call, "id", record->entity);
    put_type(call, record->type_name);
    put_text(call, "case", record->case_number);
    json_name(call->out, "title");
    json_put_text(call->out, record->title ? record->title : "");
    put_id(call, "root", record->root);
    if (record->has_parent) {
        put_id(call, "parent", record->parent);
    }
    put_texts(call, "scopes", record->scopes, record->scope_count);
    put_text(call, "custody", custody_name(record->custody));
    put_int(call, "disputes", (int64_t)record->dispute_count);
    put_true(call, "deleted", record->deleted);
    put_true(call, "edited_after_delete", record->edited_after_delete);
    put_int(call, "updated", record->updated_ms);
    enum err e = put_properties(call, record, false);
    return e ? e : put_rules(call, record);
}

static enum err put_entry(struct call *call, const struct type *type,
                          const struct history_entry *entry)
{
    json_open(call->out, '{');
    put_id(call, "uid", entry->uid);
    put_text(call, "kind", entry->kind);
    enum err e = put_person(call, "person", entry->person);
    if (!e) {
        e = put_device(call, "device", entry->device);
    }
    put_int(call, "time", entry->time_ms);
    if (entry->receipt_ms > 0 && entry->receipt_ms != STAMP_NO_RECEIPT) {
        put_int(call, "receipt", entry->receipt_ms);
    }
    put_text(call, "reason", entry->reason);
    json_name(call->out, "superseded");
    json_put_bool(call->out, entry->superseded);
    json_name(call->out, "late");
    json_put_bool(call->out, entry->late);
    struct span values = entry->values.size ? entry->values : span_of("{}");
    put_raw(call, "values", values);
    if (!e) {
        e = put_changes(call, type, values);
    }
    json_close(call->out, '}');
    return e;
}

static enum err put_history(struct call *call, const struct record *record)
{
    struct history_entry *entries = NULL;
    size_t count = 0;
    enum err e = record_history(call->node, &call->person, record->entity, call->arena, &entries,
                                &count, call->diag);
    if (e) {
        return e;
    }
    json_name(call->out, "history");
    json_open(call->out, '[');
    for (size_t i = 0; i < count && !e; i++) {
        e = put_entry(call, record->type, &entries[i]);
    }
    json_close(call->out, ']');
    return e;
}

/* ---- what belongs to it */

struct family {
    const struct record_child *children;
    size_t count;
};

static bool holds(const struct family *family, struct id entity)
{
    for (size_t i = 0; i < family->count; i++) {
        if (id_equal(family->children[i].entity, entity)) {
            return true;
        }
    }
    return false;
}

/* What belongs to a record that isn't shown (it was deleted) stands directly under this one. */
static void put_child(struct call *call, const struct family *family,
                      const struct record_child *child)
{
    json_open(call->out, '{');
    put_id(call, "id", child->entity);
    put_type(call, child->type_name);
    put_text(call, "case", child->case_number);
    json_name(call->out, "title");
    json_put_text(call->out, child->title);
    if (holds(family, child->parent)) {
        put_id(call, "parent", child->parent);
    }
    put_int(call, "disputes", (int64_t)child->dispute_count);
    put_int(call, "updated", child->updated_ms);
    json_close(call->out, '}');
}

static enum err put_children(struct call *call, const struct record *record)
{
    struct record_child *children = NULL;
    size_t count = 0;
    enum err e = record_children(call->node, &call->person, record->entity, DEVICE_PAGE_MAX + 1,
                                 call->arena, &children, &count, call->diag);
    if (e || count == 0) {
        return e;
    }
    struct family family = {children, count > DEVICE_PAGE_MAX ? DEVICE_PAGE_MAX : count};
    json_name(call->out, "children");
    json_open(call->out, '[');
    for (size_t i = 0; i < family.count; i++) {
        put_child(call, &family, &children[i]);
    }
    json_close(call->out, ']');
    put_true(call, "more_children", count > family.count);
    return OK;
}

enum err call_show(struct call *call)
{
    struct id entity;
    struct record record = {0};
    enum err e = record_resolve_id(call->node, call_arg_text(call, "id"), &entity, call->diag);
    if (!e) {
        e = record_read(call->node, &call->person, entity, call->arena, &record, call->diag);
    }
    if (!e) {
        e = put_record(call, &record);
    }
    if (!e) {
        e = put_children(call, &record);
    }
    if (!e && call_arg_bool(call, "history", false)) {
        e = put_history(call, &record);
    }
    return e;
}

/* ---- list, find */

static bool each_row(void *ctx, const struct record_row *row)
{
    struct page *page = ctx;
    if (!page_take(page, row)) {
        return false;
    }
    put_row(page->call, row);
    return true;
}

/* where: {"property": ..., "value": ...}; exactly these two. */
static enum err read_where(struct call *call, const struct type *type, struct record_filter *filter)
{
    static const struct call_kind where_kind = {
        .name = "where",
        .args = {{"property", ARG_TEXT, true, 0, 0}, {"value", ARG_ANY, true, 0, 0}, {0}},
    };
    const struct json *where = json_get(call->args, "where");
    const struct property *property = NULL;
    enum err e = call_check_args(&where_kind, where, call->diag);
    if (!e) {
        e = answer_property(call, type, json_get_text(where, "property", ""), &property);
    }
    if (!e) {
        filter->property = property->id;
        e = answer_value(call, property, json_get(where, "value"), &filter->value);
    }
    return e;
}

enum err call_list(struct call *call)
{
    struct page page = page_begin(call);
    struct record_filter filter = {.type = call_arg_text(call, "type"),
                                   .disputed_only = call_arg_bool(call, "disputed", false),
                                   .with_deleted = call_arg_bool(call, "deleted", false),
                                   .after = call_arg_int(call, "after", 0),
                                   .limit = page.limit + 1};
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct type *type = filter.type ? org_type(org, span_of(filter.type)) : NULL;
    if (filter.type && !type) {
        return diag_set(call->diag, ERR_UNKNOWN_TYPE, filter.type, NULL);
    }
    if (call->args && json_get(call->args, "where")) {
        if (!type) {
            return diag_set(call->diag, ERR_MISSING_ARGUMENT, "type", NULL);
        }
        e = read_where(call, type, &filter);
        if (e) {
            return e;
        }
    }
    json_name(call->out, "records");
    json_open(call->out, '[');
    e = record_list(call->node, &call->person, &filter, each_row, &page, call->diag);
    json_close(call->out, ']');
    page_end(&page);
    return e;
}

static bool each_forgotten(void *ctx, const struct forgotten_record *record, const char *title)
{
    struct call *call = ctx;
    json_open(call->out, '{');
    put_id(call, "id", record->entity);
    put_text(call, "case", record->case_number);
    put_text(call, "title", title);
    json_close(call->out, '}');
    return true;
}

/* What was let go of to make room is told of, so that nobody registers it a second time. */
static enum err find_forgotten(struct call *call)
{
    int64_t count = 0;
    enum err e = forget_total(call->node, &count);
    if (e || count == 0) {
        return e;
    }
    json_name(call->out, "forgotten");
    json_open(call->out, '[');
    e = forget_search(call->node, call_arg_text(call, "text"), FORGOTTEN_MOST, each_forgotten,
                      call);
    json_close(call->out, ']');
    return e;
}

enum err call_find(struct call *call)
{
    struct page page = page_begin(call);
    json_name(call->out, "records");
    json_open(call->out, '[');
    enum err e = record_find(call->node, &call->person, call_arg_text(call, "text"), page.limit,
                             each_row, &page, call->diag);
    json_close(call->out, ']');
    return e ? e : find_forgotten(call);
}
