/*
 * mapping_answers.c - what was filled, as records: their properties and canonical values.
 */
#include <assert.h>
#include <string.h>

#include "mapping.h"

#define OCCURRENCE_SIZE 16

struct answers {
    const struct form_map *map;
    const struct type *const *types;
    struct arena *arena;
    struct diag *diag;
    struct map_answers *list;
    size_t count, capacity;
};

/* ---- values */

/* "a b" of a select as "a, b", which is how several choices are typed. */
static enum err as_typed(struct arena *arena, struct span text, bool several, struct span *ret)
{
    struct buf typed;
    buf_init(&typed, arena->mem, XFORM_EXPRESSION_MAX * 2);
    for (size_t i = 0; i < text.size; i++) {
        bool parts = several && text.data[i] == ' ';
        buf_add_byte(&typed, parts ? ',' : text.data[i]);
    }
    enum err e = buf_error(&typed);
    e = e != OK ? e : arena_copy(arena, buf_span(&typed), ret);
    buf_release(&typed);
    return e;
}

enum err mapping_value(enum value_type type, const char *property, struct span text,
                       struct arena *arena, struct span *ret, struct diag *diag)
{
    struct span typed;
    if (text.size == 0 || type == VALUE_FILE) { /* files are attached, not saved */
        *ret = span_of("null");
        return OK;
    }
    enum err e = as_typed(arena, text, type == VALUE_SELECT_MULTIPLE, &typed);
    return e != OK ? e : value_from_text(type, property, typed, arena, ret, diag);
}

enum err mapping_text(enum value_type type, struct span json, struct buf *ret)
{
    if (value_is_null(json) || json.size == 0) {
        return OK;
    }
    size_t start = ret->size;
    enum err e = value_to_text(type, json, ret);
    size_t kept = start;
    for (size_t i = start; e == OK && type == VALUE_SELECT_MULTIPLE && i < ret->size; i++) {
        if (ret->data[i] != ',') { /* "a, b" */
            ret->data[kept++] = ret->data[i];
        }
    }
    if (e == OK && type == VALUE_SELECT_MULTIPLE) {
        buf_truncate(ret, kept);
    }
    return e;
}

/* ---- records */

static struct map_answers *find(struct answers *a, const struct map_record *of,
                                const uint8_t *occurrence)
{
    for (size_t i = a->count; i > 0; i--) {
        struct map_answers *at = &a->list[i - 1];
        bool same = at->occurrence == NULL || occurrence == NULL
                        ? at->occurrence == occurrence
                        : memcmp(at->occurrence, occurrence, OCCURRENCE_SIZE) == 0;
        if (at->of == of && same) {
            return at;
        }
    }
    return NULL;
}

static enum err grow(struct answers *a)
{
    size_t capacity = a->capacity == 0 ? 16 : a->capacity * 2;
    struct map_answers *list = arena_array(a->arena, capacity, sizeof(*list));
    if (list == NULL) {
        return ERR_NOMEM;
    }
    if (a->count != 0) {
        memcpy(list, a->list, a->count * sizeof(*list));
    }
    a->list = list;
    a->capacity = capacity;
    return OK;
}

static enum err record_of(struct answers *a, const struct map_record *of,
                          const struct play_answer *answer, struct map_answers **ret)
{
    *ret = find(a, of, answer->occurrence);
    if (*ret != NULL) {
        return OK;
    }
    enum err e = a->count < a->capacity ? OK : grow(a);
    if (e != OK) {
        return e;
    }
    struct map_answers *made = &a->list[a->count];
    *made =
        (struct map_answers){.of = of, .parent = MAPPING_NONE, .occurrence = answer->occurrence};
    made->values = arena_array(a->arena, of->field_count, sizeof(*made->values));
    if (made->values == NULL) {
        return ERR_NOMEM;
    }
    if (of->parent != MAPPING_NONE) {
        const struct map_record *parent = &a->map->records[of->parent];
        const uint8_t *where =
            parent->place->repeat ? play_occurrence_of(answer, parent->place) : NULL;
        const struct map_answers *found = find(a, parent, where);
        made->parent = found == NULL ? MAPPING_NONE : (size_t)(found - a->list);
    }
    a->count++;
    *ret = made;
    return OK;
}

static const struct map_field *field_of(const struct form_map *map, const struct xform_node *node,
                                        size_t *ret_record)
{
    for (size_t i = 0; i < map->record_count; i++) {
        for (size_t j = 0; j < map->records[i].field_count; j++) {
            if (map->records[i].fields[j].node == node) {
                *ret_record = i;
                return &map->records[i].fields[j];
            }
        }
    }
    return NULL;
}

/* Attributes of meta/entity: id, create, update. */
static enum err note_entity(struct answers *a, const struct play_answer *answer)
{
    for (size_t i = 0; i < a->map->record_count; i++) {
        const struct map_record *of = &a->map->records[i];
        struct map_answers *record = NULL;
        if (of->entity == NULL || answer->node->parent != of->entity->node ||
            !answer->node->attribute) {
            continue;
        }
        enum err e = record_of(a, of, answer, &record);
        bool yes = span_is(answer->text, "1") || span_is(answer->text, "true");
        if (e == OK && strcmp(answer->node->name, "id") == 0) {
            e = arena_copy(a->arena, answer->text, &record->entity_id);
        } else if (e == OK && strcmp(answer->node->name, "create") == 0) {
            record->create = yes;
        } else if (e == OK && strcmp(answer->node->name, "update") == 0) {
            record->update = yes;
        }
        return e;
    }
    return OK;
}

/* An answer as a value of its property. What the form computed and the property can't hold is no
   answer: nobody who fills the form could mend it. */
static enum err value_of(struct answers *a, const struct property *property,
                         const struct map_field *field, struct span text, struct span *ret)
{
    struct diag diag = {0};
    enum err e = mapping_value(property->type, field->property, text, a->arena, ret, &diag);
    bool asked = field->control != NULL && field->node->calculate == NULL;
    if (e == ERR_BAD_VALUE && !asked) {
        *ret = span_of("null");
        return OK;
    }
    if (e != OK) {
        *a->diag = diag;
    }
    return e;
}

/* Records that a form only ever changes stand before what it makes of them. */
static enum err add_answer(void *ctx, const struct play_answer *answer)
{
    struct answers *a = ctx;
    size_t number = 0;
    const struct map_field *field = field_of(a->map, answer->node, &number);
    if (field == NULL) {
        return note_entity(a, answer);
    }
    const struct map_record *of = &a->map->records[number];
    struct map_answers *record = NULL, *parent = NULL;
    enum err e = OK;
    if (of->parent != MAPPING_NONE && a->map->records[of->parent].place == of->place) {
        e = record_of(a, &a->map->records[of->parent], answer, &parent);
    }
    e = e != OK ? e : record_of(a, of, answer, &record);
    const struct property *property =
        e != OK ? NULL : type_property(a->types[number], field->property);
    if (e != OK || property == NULL) { /* an older type doesn't hold it yet */
        return e != OK ? diag_keep(a->diag, e) : OK;
    }
    assert(record->value_count < of->field_count); /* a field occurs once in its place */
    struct map_value *value = &record->values[record->value_count++];
    value->field = field;
    value->relevant = answer->relevant;
    value->text = answer->text;
    return value_of(a, property, field, answer->relevant ? answer->text : (struct span){0},
                    &value->json);
}

/* The root's own records stand first, so that what repeats finds its parent. */
static enum err begin_roots(struct answers *a)
{
    const struct play_answer root = {.relevant = true};
    enum err e = OK;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; e == OK && i < a->map->record_count; i++) {
            const struct map_record *of = &a->map->records[i];
            struct map_answers *record = NULL;
            if (!of->place->repeat && (of->parent == MAPPING_NONE) == (pass == 0)) {
                e = record_of(a, of, &root, &record);
            }
        }
    }
    return e;
}

enum err mapping_answers(const struct form_map *map, const struct play *play,
                         const struct type *const *types, struct arena *arena,
                         struct map_answers **ret, size_t *ret_count, struct diag *diag)
{
    struct answers a = {.map = map, .types = types, .arena = arena, .diag = diag};
    enum err e = begin_roots(&a);
    e = e != OK ? e : play_each_answer(play, add_answer, &a);
    if (e == OK) {
        *ret = a.list;
        *ret_count = a.count;
    }
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
