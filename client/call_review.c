/*
 * call_review.c - disputes: what two people changed apart, and who decides.
 */
#include <string.h>

#include "call_answers.h"
#include "call_put.h"

#define RECORD_ARENA_MAX (64u * 1024 * 1024)

/* ---- disputes */

static enum err put_disputed(struct call *call, struct id entity, struct arena *record_arena)
{
    struct record record = {0};
    enum err e = record_read(call->node, &call->person, entity, record_arena, &record, call->diag);
    if (e) {
        return e;
    }
    json_open(call->out, '{');
    put_id(call, "id", record.entity);
    put_type(call, record.type_name);
    put_text(call, "case", record.case_number);
    json_name(call->out, "title");
    json_put_text(call->out, record.title ? record.title : "");
    put_int(call, "disputes", (int64_t)record.dispute_count);
    put_int(call, "updated", record.updated_ms);
    e = put_properties(call, &record, true);
    e = e ? e : put_rules(call, &record);
    json_close(call->out, '}');
    return e;
}

enum err call_disputes(struct call *call)
{
    struct record_ids ids;
    struct arena record_arena;
    struct record_filter filter = {.disputed_only = true, .after = call_arg_int(call, "after", 0)};
    enum err e = record_ids_read(call, &filter, &ids);
    if (e) {
        return e;
    }
    arena_init(&record_arena, &call->host->mem, RECORD_ARENA_MAX);
    json_name(call->out, "disputes");
    json_open(call->out, '[');
    for (size_t i = 0; i < ids.page.count && !e; i++) {
        arena_reset(&record_arena);
        e = put_disputed(call, ids.ids[i], &record_arena);
    }
    json_close(call->out, ']');
    page_end(&ids.page);
    arena_release(&record_arena);
    return e;
}

/* ---- resolve */

/* The property of that id, or the first of a group of that name. */
static const struct shown_property *find_shown(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->property_count; i++) {
        if (strcmp(record->properties[i].property->id, name) == 0) {
            return &record->properties[i];
        }
    }
    for (size_t i = 0; i < record->property_count; i++) {
        const char *group = record->properties[i].property->group;
        if (group && strcmp(group, name) == 0) {
            return &record->properties[i];
        }
    }
    return NULL;
}

/* `take` by number (from 1, as shown) or by uid; the node counts from 0. */
static enum err read_take(struct call *call, const struct shown_property *shown,
                          const struct json *take, int64_t *ret)
{
    int64_t number = 0;
    struct id uid;
    if (json_int(take, &number)) {
        if (number >= 1 && (uint64_t)number <= shown->alternative_count) {
            *ret = number - 1;
            return OK;
        }
    } else if (json_is(take, JSON_TEXT) && id_read(json_span(take), &uid)) {
        for (size_t i = 0; i < shown->alternative_count; i++) {
            if (id_equal(shown->alternatives[i].uid, uid)) {
                *ret = (int64_t)i;
                return OK;
            }
        }
    }
    return call_bad_value(call->diag, "take", take, "1, 2");
}

/* {"status":"moved","status_date":"2026-11"}: the properties of the group, each exact. */
static enum err whole_group(struct call *call, const struct json *value, struct span *ret)
{
    struct buf text;
    buf_init(&text, &call->host->mem, DEVICE_REQUEST_MAX);
    json_add_tree(&text, value);
    enum err e = buf_error(&text);
    if (!e) {
        e = arena_copy(call->arena, buf_span(&text), ret);
    }
    buf_release(&text);
    return e;
}

static enum err read_choice(struct call *call, const struct shown_property *shown,
                            struct resolve *resolve)
{
    const struct json *take = json_get(call->args, "take");
    const struct json *value = json_get(call->args, "value");
    if (!take && !value) {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "take", NULL);
    }
    if (take && value) {
        return diag_set(call->diag, ERR_BAD_VALUE, "resolve", "take + value", "take | value", NULL);
    }
    if (take) {
        return read_take(call, shown, take, &resolve->take);
    }
    resolve->take = -1;
    if (json_is(value, JSON_OBJECT) && shown->property->group) {
        return whole_group(call, value, &resolve->value);
    }
    return answer_value(call, shown->property, value, &resolve->value);
}

enum err call_resolve(struct call *call)
{
    struct id entity;
    struct record record = {0};
    const char *property = call_arg_text(call, "property");
    enum err e = record_resolve_id(call->node, call_arg_text(call, "id"), &entity, call->diag);
    if (!e) {
        e = record_read(call->node, &call->person, entity, call->arena, &record, call->diag);
    }
    if (e) {
        return e;
    }
    const struct shown_property *shown = find_shown(&record, property);
    if (!shown) {
        return diag_set(call->diag, ERR_UNKNOWN_PROPERTY, property, record.type_name,
                        record.type ? type_nearest_property(record.type, property) : "", NULL);
    }
    if (!shown->disputed) {
        return diag_set(call->diag, ERR_NOT_DISPUTED, property, NULL);
    }
    struct resolve resolve = {.person = call->person,
                              .entity = entity,
                              .property = property,
                              .reason = call_arg_text(call, "reason")};
    e = read_choice(call, shown, &resolve);
    if (!e) {
        e = node_resolve(call->node, &resolve, call->arena, call->diag);
    }
    if (!e) {
        put_id(call, "id", entity);
    }
    return e;
}
