/*
 * fill_begin.c - a form about a record begins with what the record holds: nobody types again what
 * is known, and what it began with tells later what the person changed.
 */
#include <string.h>

#include "call_answers.h"
#include "fill.h"

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

bool fill_shows_members(const struct fill *fill, const struct map_record *of)
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
        e = fill_shows_members(fill, &fill->map.records[i])
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

struct fill_member *fill_member(const struct fill *fill, const uint8_t *occurrence)
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
    *ret = fill_member(fill, occurrence);
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
