/*
 * mapping_layout.c - records laid out as a form's answers again.
 */
#include <string.h>

#include "code.h"
#include "json.h"
#include "mapping_rules_inner.h"

#define LAYOUT_MAX (32u << 20) /* bytes of a set laid out */

const struct map_record *layout_of(const struct layout *l, size_t record)
{
    return &l->rules->map.records[l->set->records[record].of];
}

/* Answers that belong to an entity of the same place share its occurrence. */
static void place_record(struct layout *l, size_t record)
{
    const struct xform_node *place = layout_of(l, record)->place;
    size_t parent = l->set->records[record].parent;
    l->occurrence[record] = MAPPING_NONE;
    if (!place->repeat) {
        return;
    }
    if (parent != MAPPING_NONE && layout_of(l, parent)->place == place) {
        l->occurrence[record] = l->occurrence[parent];
        return;
    }
    l->occurrence[record] = record;
    l->number[record] = 1;
    for (size_t i = 0; i < record; i++) {
        bool sibling = l->occurrence[i] == i && layout_of(l, i)->place == place &&
                       l->set->records[i].parent == parent;
        l->number[record] += sibling ? 1 : 0;
    }
}

/* The occurrence around that of `record`. */
size_t layout_around(const struct layout *l, size_t record)
{
    size_t parent = record == MAPPING_NONE ? MAPPING_NONE : l->set->records[record].parent;
    return parent == MAPPING_NONE ? MAPPING_NONE : l->occurrence[parent];
}

/* "/data/member[2]/age" */
/* NOLINTNEXTLINE(misc-no-recursion): at most XFORM_DEPTH_MAX deep */
static void add_path(const struct layout *l, const struct xform_node *node, size_t occurrence,
                     struct buf *ret)
{
    if (node->parent != NULL) {
        add_path(l, node->parent, node->repeat ? layout_around(l, occurrence) : occurrence, ret);
    }
    buf_add_format(ret, "/%s", node->name);
    if (node->repeat && occurrence != MAPPING_NONE) {
        buf_add_format(ret, "[%zu]", l->number[occurrence]);
    }
}

static enum err put_pair(struct layout *l, struct json_writer *json, const struct xform_node *node,
                         size_t occurrence, struct span text)
{
    struct buf path;
    buf_init(&path, l->rules->mem, XFORM_EXPRESSION_MAX);
    add_path(l, node, occurrence, &path);
    json_open(json, '[');
    json_put_span(json, buf_span(&path));
    json_put_span(json, text);
    json_close(json, ']');
    enum err e = buf_error(&path);
    buf_release(&path);
    return e;
}

static enum err put_repeats(struct layout *l, struct json_writer *json)
{
    enum err e = OK;
    json_name(json, "repeats");
    json_open(json, '[');
    for (size_t i = 0; e == OK && i < l->set->count; i++) {
        char id[2 * OCCURRENCE_BYTES + 1];
        (void)hex_write(l->set->records[i].id, OCCURRENCE_BYTES, id);
        e = l->occurrence[i] == i ? put_pair(l, json, layout_of(l, i)->place, i, span_of(id)) : OK;
    }
    json_close(json, ']');
    return e;
}

static enum err read_text(struct layout *l, const struct held_value *value, struct span *ret)
{
    struct buf text;
    buf_init(&text, l->rules->mem, XFORM_EXPRESSION_MAX);
    enum err e = value->hidden ? OK : mapping_text(value->type, value->json, &text);
    e = e != OK ? e : buf_error(&text);
    e = e != OK ? e : arena_copy(l->arena, buf_span(&text), ret);
    buf_release(&text);
    return e;
}

static enum err put_record(struct layout *l, struct json_writer *json, size_t record)
{
    const struct map_record *map = layout_of(l, record);
    enum err e = OK;
    l->texts[record] = arena_array(l->arena, map->field_count, sizeof(**l->texts));
    if (l->texts[record] == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; e == OK && i < map->field_count; i++) {
        struct span *text = &l->texts[record][i];
        e = read_text(l, &l->set->records[record].values[i], text);
        if (e == OK && text->size != 0) {
            e = put_pair(l, json, map->fields[i].node, l->occurrence[record], *text);
        }
    }
    return e;
}

/* As play_write_draft() has it. */
static enum err write_layout(struct layout *l, struct buf *ret)
{
    struct json_writer json;
    json_begin(&json, ret);
    json_open(&json, '{');
    enum err e = put_repeats(l, &json);
    json_name(&json, "values");
    json_open(&json, '[');
    for (size_t i = 0; e == OK && i < l->set->count; i++) {
        e = put_record(l, &json, i);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return e != OK ? e : buf_error(ret);
}

enum err layout_make(struct layout *l)
{
    struct buf text;
    struct json *json = NULL;
    buf_init(&text, l->rules->mem, LAYOUT_MAX);
    for (size_t i = 0; i < l->set->count; i++) {
        place_record(l, i);
    }
    enum err e = write_layout(l, &text);
    e = e != OK ? e : json_parse(buf_span(&text), &json, &l->diag);
    e = e != OK ? e : play_read_draft(l->rules->play, json, &l->diag);
    json_free(json);
    buf_release(&text);
    return e;
}
