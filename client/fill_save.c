/*
 * fill_save.c - what was filled becomes records, through the same save as everything else.
 */
#include <string.h>

#include "call_answers.h"
#include "call_put.h"
#include "fill.h"
#include "save.h"

/* ---- beginning with what a record holds */

struct beginning {
    struct call *call;
    struct fill *fill;
    const struct map_record *of;
    const struct record *record;
    size_t number; /* of the occurrence; 0: none */
    struct buf request, answer;
};

static const struct shown_property *shown(const struct record *record, const char *property)
{
    for (size_t i = 0; i < record->property_count; i++) {
        if (strcmp(record->properties[i].property->id, property) == 0) {
            return &record->properties[i];
        }
    }
    return NULL;
}

/* Is it what the form asks for anew? A counter's answer is how much more it becomes. */
static bool begins_empty(const struct shown_property *value)
{
    return value == NULL || value_is_null(value->json) || value->json.size == 0 ||
           policy_keeps_all(value->property->policy);
}

/* "/data/member[2]/age": the question in this record's occurrence. */
static void add_path(const struct beginning *b, const struct map_field *field, struct buf *ret)
{
    xform_path(field->node, ret);
    if (b->number != 0) {
        struct buf place;
        buf_init(&place, b->fill->mem, XFORM_EXPRESSION_MAX);
        xform_path(b->of->place, &place);
        struct span rest = span_cut(buf_span(ret), place.size, ret->size);
        buf_add_format(&place, "[%zu]", b->number);
        buf_add_span(&place, rest);
        buf_clear(ret);
        buf_add_span(ret, buf_span(&place));
        ret->failed = ret->failed ? ret->failed : buf_error(&place);
        buf_release(&place);
    }
}

/* As a person would answer; what the form doesn't take any more stays as it is in the record. */
static enum err begin_field(struct beginning *b, const struct map_field *field)
{
    const struct shown_property *value = shown(b->record, field->property);
    struct json_writer json;
    struct buf text;
    if (begins_empty(value)) {
        return OK;
    }
    buf_init(&text, b->fill->mem, XFORM_EXPRESSION_MAX);
    enum err e = mapping_text(value->property->type, value->json, &text);
    buf_clear(&b->request);
    json_begin(&json, &b->request);
    json_open(&json, '{');
    json_name(&json, "call");
    json_put_text(&json, "answer");
    json_name(&json, "path");
    struct buf path;
    buf_init(&path, b->fill->mem, XFORM_EXPRESSION_MAX);
    add_path(b, field, &path);
    json_put_span(&json, buf_span(&path));
    json_name(&json, "value");
    json_put_span(&json, buf_span(&text));
    json_close(&json, '}');
    e = e ? e : buf_error(&path);
    e = e ? e : buf_error(&b->request);
    e = e ? e : fill_ask(b->fill, buf_span(&b->request), &b->answer);
    buf_release(&path);
    buf_release(&text);
    return e;
}

/* What a person can answer, and what is only kept; a calculation comes out by itself. */
static enum err begin_fields(struct beginning *b)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < b->of->field_count; i++) {
        const struct map_field *field = &b->of->fields[i];
        bool kept = field->control != NULL || field->node->calculate == NULL;
        e = kept ? begin_field(b, field) : OK;
    }
    return e;
}

/* Is it shown as occurrences of a repeat in what the form is about? Of a type that has two repeats
   (the adults, the children) nobody could say which it stands in. */
static bool is_of_members(const struct fill *fill, const struct map_record *of)
{
    for (size_t i = 1; i < fill->map.record_count; i++) {
        const struct map_record *other = &fill->map.records[i];
        if (other != of && strcmp(other->type, of->type) == 0) {
            return false;
        }
    }
    return of->entity != NULL && of->place->repeat && of->parent == 0 &&
           xform_repeat_of(of->place->parent) == NULL &&
           strcmp(of->type, fill->map.records[0].type) != 0;
}

static enum err begin_member(struct beginning *b, struct id entity, bool *ret)
{
    struct record record = {0};
    enum err e = play_take_occurrence(b->fill->play, b->of->place, b->number, entity.bytes, ret,
                                      b->call->diag);
    if (e || !*ret) {
        return e;
    }
    e = record_read(b->call->node, &b->call->person, entity, b->call->arena, &record,
                    b->call->diag);
    b->record = &record;
    return e ? e : begin_fields(b);
}

/* Nobody is typed twice: who is known already stands in the form from the start. */
static enum err begin_members(struct call *call, struct fill *fill, const struct map_record *of)
{
    struct beginning b = {.call = call, .fill = fill, .of = of};
    struct record_child *children = NULL;
    size_t count = 0;
    bool taken = true;
    enum err e = record_children(call->node, &call->person, fill->about.entity, FILL_MEMBERS_MAX,
                                 call->arena, &children, &count, call->diag);
    buf_init(&b.request, fill->mem, DEVICE_REQUEST_MAX);
    buf_init(&b.answer, fill->mem, DEVICE_ANSWER_MAX);
    for (size_t i = 0; !e && taken && i < count; i++) {
        if (strcmp(children[i].type_name, of->type) == 0) {
            b.number++;
            e = begin_member(&b, children[i].entity, &taken);
        }
    }
    buf_release(&b.request);
    buf_release(&b.answer);
    return e;
}

static enum err begin_all_members(struct call *call, struct fill *fill)
{
    enum err e = OK;
    for (size_t i = 1; !e && i < fill->map.record_count; i++) {
        e = is_of_members(fill, &fill->map.records[i])
                ? begin_members(call, fill, &fill->map.records[i])
                : OK;
    }
    return e;
}

enum err fill_from_record(struct call *call, struct fill *fill)
{
    struct record record = {0};
    const struct map_record *of = &fill->map.records[0];
    struct beginning b = {.call = call, .fill = fill, .of = of, .record = &record};
    enum err e = record_read(call->node, &call->person, fill->about.entity, call->arena, &record,
                             call->diag);
    if (!e && strcmp(record.type_name, of->type) != 0) {
        e = diag_set(call->diag, ERR_BAD_CHOICE, "id", record.type_name, of->type, NULL);
    }
    if (!e && of->place->repeat) { /* which of its occurrences would it be? */
        e = diag_set(call->diag, ERR_USAGE, fill->about.form, "parent", NULL);
    }
    buf_init(&b.request, fill->mem, DEVICE_REQUEST_MAX);
    buf_init(&b.answer, fill->mem, DEVICE_ANSWER_MAX);
    e = e ? e : begin_fields(&b);
    buf_release(&b.request);
    buf_release(&b.answer);
    return e ? e : begin_all_members(call, fill);
}

/* ---- what it began with */

struct noting {
    struct call *call;
    struct fill *fill;
    const uint8_t *last; /* an occurrence that is no record */
};

static struct fill_member *member_of(const struct fill *fill, const uint8_t *occurrence)
{
    struct fill_member *at = occurrence ? fill->members : NULL;
    while (at != NULL && memcmp(at->entity.bytes, occurrence, ID_SIZE) != 0) {
        at = at->next;
    }
    return at;
}

/* The member that an occurrence is; NULL: one that the form began with by itself. */
static enum err note_member(struct noting *n, const uint8_t *occurrence, struct fill_member **ret)
{
    struct fill *fill = n->fill;
    struct diag unknown = {0};
    struct id id, found;
    char text[ID_TEXT_SIZE];
    *ret = member_of(fill, occurrence);
    if (*ret != NULL || occurrence == n->last) {
        return OK;
    }
    memcpy(id.bytes, occurrence, ID_SIZE);
    id_write(id, text);
    enum err e = record_resolve_own(n->call->node, text, &found, &unknown);
    if (e == ERR_NOT_FOUND) {
        n->last = occurrence;
        return OK;
    }
    if (e) {
        return e;
    }
    struct fill_member *made = arena_alloc(&fill->arena, sizeof *made);
    struct fill_begun *begun = arena_array(&fill->arena, fill->form.node_count, sizeof *begun);
    if (made == NULL || begun == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct fill_member){.entity = found, .begun = begun, .next = fill->members};
    fill->members = *ret = made;
    return OK;
}

static enum err note_begun(void *ctx, const struct play_answer *answer)
{
    struct noting *n = ctx;
    struct fill_member *member = NULL;
    enum err e = answer->occurrence ? note_member(n, answer->occurrence, &member) : OK;
    if (e || (answer->occurrence && !member)) {
        return e;
    }
    struct fill_begun *all = member ? member->begun : n->fill->begun;
    struct fill_begun *begun = &all[answer->node->index];
    begun->hidden = !answer->relevant;
    return begun->hidden ? OK : arena_copy(&n->fill->arena, answer->text, &begun->text);
}

enum err fill_note_begun(struct call *call, struct fill *fill)
{
    struct noting n = {.call = call, .fill = fill};
    fill->members = NULL;
    return fill->about.has_entity ? play_each_answer(fill->play, note_begun, &n) : OK;
}

/* ---- saving */

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
    return s->fill->about.has_entity && is_of_members(s->fill, answers->of)
               ? member_of(s->fill, answers->occurrence)
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
    if (answers->of->entity == NULL && member_of(s->fill, answers->occurrence) &&
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
