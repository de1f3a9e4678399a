/*
 * fill_save.c - what was filled becomes records, through the same save as everything else.
 */
#include <string.h>

#include "call_answers.h"
#include "call_put.h"
#include "fill.h"
#include "save.h"

struct saving {
    struct call *call;
    struct fill *fill;
    struct map_answers *records;
    size_t count;
    struct saved *saved;
    bool *done;   /* it is there, as records' parents must be */
    bool *needed; /* something answered belongs to it */
};

static bool is_named(const struct saving *s, const struct map_answers *answers)
{
    return s->fill->about.has_entity && answers->of == &s->fill->map.records[0];
}

/* The record below it that this occurrence was from the start; NULL: none. */
static struct fill_member *is_member(const struct saving *s, const struct map_answers *answers)
{
    return s->fill->about.has_entity && fill_shows_members(s->fill, answers->of)
               ? fill_member(s->fill, answers->occurrence)
               : NULL;
}

/*
 * Of the record that it is filled about, and of those below it, what the person changed: an answer
 * that stands as it began isn't written, whatever came to the record since. What isn't relevant is
 * cleared only if that came of a change; another record isn't told of it at all.
 */
static bool is_written(const struct saving *s, const struct map_answers *answers,
                       const struct map_value *value, bool is_new)
{
    const struct fill_member *member = is_member(s, answers);
    const struct fill_begun *begun =
        &(member ? member->begun : s->fill->begun)[value->field->node->index];
    if (value->field->type == VALUE_FILE) {
        return false;
    }
    if (is_new) {
        return !value_is_null(value->json);
    }
    if (!is_named(s, answers) && !member) {
        return value->relevant;
    }
    return value->relevant ? begun->hidden || !span_equal(value->text, begun->text)
                           : !begun->hidden;
}

static enum err changes_of(struct saving *s, const struct map_answers *answers, bool is_new,
                           struct save *save)
{
    struct change *changes = arena_array(s->call->arena, answers->value_count, sizeof *changes);
    if (changes == NULL) {
        return ERR_NOMEM;
    }
    save->change_count = 0;
    for (size_t i = 0; i < answers->value_count; i++) {
        const struct map_value *value = &answers->values[i];
        if (is_written(s, answers, value, is_new)) {
            changes[save->change_count++] =
                (struct change){.property = value->field->property, .json = value->json};
        }
    }
    save->changes = changes;
    return OK;
}

/* Which record it is: the one that was named, the one that its answers name, or a new one. */
static enum err settle_record(struct saving *s, size_t number, struct save *save)
{
    const struct map_answers *answers = &s->records[number];
    const struct filling *about = &s->fill->about;
    char id[ID_TEXT_SIZE * 2];
    if (is_named(s, answers)) {
        save->entity = about->entity;
        return OK;
    }
    const struct fill_member *member = is_member(s, answers);
    if (member) {
        save->entity = member->entity;
        return OK;
    }
    if (answers->of->entity != NULL && answers->update && answers->entity_id.size != 0) {
        span_text(answers->entity_id, id, sizeof id);
        return record_resolve_id(s->call->node, id, &save->entity, s->call->diag);
    }
    save->is_new = true;
    size_t parent = answers->parent;
    while (parent != MAPPING_NONE && !s->done[parent]) { /* an entity that wasn't made */
        parent = s->records[parent].parent;
    }
    if (parent != MAPPING_NONE) {
        save->has_parent = true;
        save->parent = s->saved[parent].entity;
    } else {
        save->has_parent = about->has_parent;
        save->parent = about->parent;
        save->place = span_of(about->place);
    }
    return OK;
}

/* A repeat that isn't asked any more says nothing of who was in it. */
static bool is_relevant(const struct map_answers *answers)
{
    bool any = false;
    for (size_t i = 0; i < answers->value_count && !any; i++) {
        any = answers->values[i].relevant;
    }
    return any;
}

/* Did anybody answer? What is only calculated says nothing about who was there before. */
static bool is_answered(const struct map_answers *answers)
{
    bool any = false;
    for (size_t i = 0; i < answers->value_count && !any; i++) {
        any = answers->values[i].field->control != NULL && !value_is_null(answers->values[i].json);
    }
    return any;
}

/* An entity that the answers neither make nor change; a survey or an occurrence without answers. */
static bool is_left_out(const struct saving *s, const struct map_answers *answers,
                        const struct save *save)
{
    if (is_member(s, answers)) {
        return !is_relevant(answers);
    }
    if (answers->of->entity == NULL && fill_member(s->fill, answers->occurrence) &&
        !is_answered(answers)) {
        return true;
    }
    if (answers->of->entity != NULL && !is_named(s, answers)) {
        return !answers->create && !answers->update;
    }
    return save->is_new && save->change_count == 0 && !s->needed[answers - s->records];
}

/* Children stand behind what they belong to. */
static void note_needed(struct saving *s)
{
    for (size_t i = s->count; i > 0; i--) {
        const struct map_answers *answers = &s->records[i - 1];
        bool has_some = s->needed[i - 1];
        for (size_t j = 0; j < answers->value_count && !has_some; j++) {
            has_some = !value_is_null(answers->values[j].json);
        }
        if (has_some && answers->parent != MAPPING_NONE) {
            s->needed[answers->parent] = true;
        }
    }
}

static enum err save_record(struct saving *s, size_t number)
{
    const struct map_answers *answers = &s->records[number];
    struct save save = {.person = s->call->person,
                        .form = s->fill->about.form,
                        .form_version = s->fill->about.form_version,
                        .type = answers->of->type,
                        .seen = s->fill->about.seen};
    enum err e = settle_record(s, number, &save);
    e = e ? e : changes_of(s, answers, save.is_new, &save);
    if (e || is_left_out(s, answers, &save)) {
        return e;
    }
    e = node_save(s->call->node, &save, s->call->arena, &s->saved[number], s->call->diag);
    s->done[number] = e == OK;
    return e;
}

/* Each after what it belongs to. */
static enum err save_all(struct saving *s)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < s->count; i++) {
        e = save_record(s, i);
    }
    return e ? e : filling_drop(s->call->node, s->fill->about.id);
}

static void put_saved(struct saving *s)
{
    struct call *call = s->call;
    json_name(call->out, "records");
    json_open(call->out, '[');
    for (size_t i = 0; i < s->count; i++) {
        if (!s->done[i]) {
            continue;
        }
        json_open(call->out, '{');
        put_text(call, "type", s->records[i].of->type);
        put_id(call, "id", s->saved[i].entity);
        put_text(call, "case", s->saved[i].case_number);
        put_int(call, "ops", (int64_t)s->saved[i].op_count);
        call_put_warnings(call, &s->saved[i]);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
}

static bool is_there_still(const struct saving *s, const struct fill_member *member)
{
    bool found = false;
    for (size_t i = 0; i < s->count && !found; i++) {
        found = is_member(s, &s->records[i]) == member;
    }
    return found;
}

/* Taken out of the form, which deletes nobody: a person should know. */
static enum err put_left_out(const struct saving *s)
{
    struct call *call = s->call;
    enum err e = OK;
    json_name(call->out, "left_out");
    json_open(call->out, '[');
    for (const struct fill_member *at = s->fill->members; !e && at != NULL; at = at->next) {
        struct record record = {0};
        if (is_there_still(s, at)) {
            continue;
        }
        e = record_read(call->node, &call->person, at->entity, call->arena, &record, call->diag);
        if (!e) {
            json_open(call->out, '{');
            put_text(call, "type", record.type_name);
            put_id(call, "id", at->entity);
            put_text(call, "title", record.title);
            json_close(call->out, '}');
        }
    }
    json_close(call->out, ']');
    return e;
}

static enum err types_of(struct call *call, const struct form_map *map, const struct type ***ret)
{
    const struct org *org = NULL;
    const struct type **types = arena_array(call->arena, map->record_count, sizeof *types);
    enum err e = types ? node_org(call->node, &org) : ERR_NOMEM;
    for (size_t i = 0; !e && i < map->record_count; i++) {
        types[i] = org_type(org, span_of(map->records[i].type));
        if (types[i] == NULL) {
            e = diag_set(call->diag, ERR_UNKNOWN_TYPE, map->records[i].type, NULL);
        }
    }
    *ret = types;
    return e;
}

enum err fill_save(struct call *call, struct fill *fill)
{
    struct saving s = {.call = call, .fill = fill};
    const struct type **types = NULL;
    enum err e = types_of(call, &fill->map, &types);
    if (!e) {
        e = mapping_answers(&fill->map, fill->play, types, call->arena, &s.records, &s.count,
                            call->diag);
    }
    s.saved = e ? NULL : arena_array(call->arena, s.count, sizeof *s.saved);
    s.done = e ? NULL : arena_array(call->arena, s.count, sizeof *s.done);
    s.needed = e ? NULL : arena_array(call->arena, s.count, sizeof *s.needed);
    if (!e && (s.saved == NULL || s.done == NULL || s.needed == NULL)) {
        e = ERR_NOMEM;
    }
    if (!e) {
        note_needed(&s);
    }
    if (!e) {
        e = node_begin(call->node);
        e = e ? e : node_end(call->node, save_all(&s));
    }
    if (!e) {
        put_saved(&s);
    }
    return e || fill->members == NULL ? e : put_left_out(&s);
}
