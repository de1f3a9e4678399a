/*
 * xform_json_write.c - a form as form.json, in one fixed order.
 */
#include <stdlib.h>
#include <string.h>

#include "xform_json.h"
#include "xform_json_members.h"

#define ARENA_MAX (64u << 20)

/* Every text once, in the order in which it is met; `slots` finds its number by its address. */
struct texts {
    const struct xform_text **list;
    size_t count, slot_count;
    size_t *slots; /* number + 1; 0: free */
};

struct form_writer {
    const struct xform *form;
    struct json_writer json;
    struct texts texts;
};

/* ---- texts by number */

static size_t *text_slot(const struct texts *texts, const struct xform_text *text)
{
    size_t at = (size_t)(((uintptr_t)text >> 4) * 2654435761u) & (texts->slot_count - 1);
    while (texts->slots[at] != 0 && texts->list[texts->slots[at] - 1] != text) {
        at = (at + 1) & (texts->slot_count - 1);
    }
    return &texts->slots[at];
}

static void note_text(struct texts *texts, const struct xform_text *text, size_t *count)
{
    if (text == NULL) {
        return;
    }
    if (texts == NULL) {
        (*count)++;
        return;
    }
    size_t *slot = text_slot(texts, text);
    if (*slot == 0) {
        texts->list[texts->count++] = text;
        *slot = texts->count;
    }
}

/* Meets all texts; without `texts` it counts them. */
static void meet_texts(const struct xform *form, struct texts *texts, size_t *count)
{
#define NOTE(member) note_text(texts, at->member, count);
    for (const struct xform_node *at = form->root; at != NULL; at = xform_next_node(at)) {
        NODE_TEXTS(NOTE)
    }
    for (const struct xform_control *at = form->body; at != NULL; at = xform_next_control(at)) {
        CONTROL_TEXTS(NOTE)
        for (const struct xform_item *item = at->items; item != NULL; item = item->next) {
            note_text(texts, item->label, count);
        }
    }
#undef NOTE
    for (size_t i = 0; i < form->itext_count; i++) {
        note_text(texts, form->itext[i].text, count);
    }
}

static enum err collect(struct form_writer *w, struct arena *arena)
{
    size_t count = 0;
    struct texts *texts = &w->texts;
    meet_texts(w->form, NULL, &count);
    texts->slot_count = 16;
    while (texts->slot_count < count * 2) {
        texts->slot_count *= 2;
    }
    texts->list = arena_array(arena, count, sizeof(*texts->list));
    texts->slots = arena_array(arena, texts->slot_count, sizeof(*texts->slots));
    if (texts->list == NULL || texts->slots == NULL) {
        return ERR_NOMEM;
    }
    meet_texts(w->form, texts, &count);
    return OK;
}

/* ---- members */

static void put_member(struct form_writer *w, const char *name, const char *text)
{
    if (text != NULL) {
        json_name(&w->json, name);
        json_put_text(&w->json, text);
    }
}

static void put_number(struct form_writer *w, const char *name, size_t number)
{
    json_name(&w->json, name);
    json_put_int(&w->json, (int64_t)number);
}

static void put_true(struct form_writer *w, const char *name, bool value)
{
    if (value) {
        json_name(&w->json, name);
        json_put_bool(&w->json, true);
    }
}

static void put_text_of(struct form_writer *w, const char *name, const struct xform_text *text)
{
    if (text != NULL) {
        put_number(w, name, *text_slot(&w->texts, text) - 1);
    }
}

static void put_pairs(struct form_writer *w, const char *name, const struct xform_pair *pairs)
{
    if (pairs == NULL || pairs->name == NULL) {
        return;
    }
    json_name(&w->json, name);
    json_open(&w->json, '[');
    for (; pairs->name != NULL; pairs++) {
        json_open(&w->json, '[');
        json_put_text(&w->json, pairs->name);
        json_put_text(&w->json, pairs->value);
        json_close(&w->json, ']');
    }
    json_close(&w->json, ']');
}

#define PUT(member) put_member(w, #member, at->member);
#define PUT_FILLED(member)                                                                         \
    put_member(w, #member, at->member != NULL && at->member[0] != '\0' ? at->member : NULL);
#define PUT_TEXT(member) put_text_of(w, #member, at->member);

/* ---- texts */

static void put_wording(struct form_writer *w, size_t language, size_t form,
                        const struct xform_piece *piece)
{
    static const char *const forms[] = TEXT_FORMS;
    json_open(&w->json, '[');
    json_put_int(&w->json, (int64_t)language);
    json_put_text(&w->json, forms[form]);
    for (; piece != NULL; piece = piece->next) {
        if (piece->text != NULL) {
            json_put_text(&w->json, piece->text);
        } else {
            json_open(&w->json, '{');
            put_member(w, "output", piece->output);
            json_close(&w->json, '}');
        }
    }
    json_close(&w->json, ']');
}

static void put_texts(struct form_writer *w)
{
    json_name(&w->json, "texts");
    json_open(&w->json, '[');
    for (size_t i = 0; i < w->texts.count; i++) {
        const struct xform_text *text = w->texts.list[i];
        json_open(&w->json, '[');
        for (size_t j = 0; j < text->language_count * XFORM_TEXT_FORM_COUNT; j++) {
            if (text->wordings[j] != NULL) {
                put_wording(w, j / XFORM_TEXT_FORM_COUNT, j % XFORM_TEXT_FORM_COUNT,
                            text->wordings[j]);
            }
        }
        json_close(&w->json, ']');
    }
    json_close(&w->json, ']');
    json_name(&w->json, "itext");
    json_open(&w->json, '[');
    for (size_t i = 0; i < w->form->itext_count; i++) {
        json_open(&w->json, '[');
        json_put_text(&w->json, w->form->itext[i].id);
        json_put_int(&w->json, (int64_t)(*text_slot(&w->texts, w->form->itext[i].text) - 1));
        json_close(&w->json, ']');
    }
    json_close(&w->json, ']');
}

/* ---- model */

static void put_node(struct form_writer *w, const struct xform_node *at, size_t depth)
{
    json_open(&w->json, '{');
    put_number(w, "depth", depth);
    put_member(w, "name", at->name);
    put_true(w, "attribute", at->attribute);
    put_true(w, "repeat", at->repeat);
    if (at->occurrences != 0) {
        put_number(w, "occurrences", at->occurrences);
    }
    put_true(w, "bind", at->has_bind);
    if (at->data != XFORM_STRING) {
        put_member(w, "data", xform_data_name(at->data));
    }
    NODE_FILLED(PUT_FILLED)
    NODE_MEMBERS(PUT)
    NODE_TEXTS(PUT_TEXT)
    put_pairs(w, "extras", at->extras);
    json_close(&w->json, '}');
}

static size_t node_depth(const struct xform_node *node)
{
    size_t depth = 0;
    for (; node->parent != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

static void put_model(struct form_writer *w)
{
    json_name(&w->json, "nodes");
    json_open(&w->json, '[');
    for (const struct xform_node *at = w->form->root; at != NULL; at = xform_next_node(at)) {
        put_node(w, at, node_depth(at));
    }
    json_close(&w->json, ']');
    json_name(&w->json, "initials");
    json_open(&w->json, '[');
    for (const struct xform_initial *at = w->form->initials; at != NULL; at = at->next) {
        json_open(&w->json, '[');
        json_put_text(&w->json, at->path);
        json_put_text(&w->json, at->text);
        json_close(&w->json, ']');
    }
    json_close(&w->json, ']');
}

static void put_actions(struct form_writer *w)
{
    static const char *const kinds[] = ACTION_KINDS;
    json_name(&w->json, "actions");
    json_open(&w->json, '[');
    for (const struct xform_action *at = w->form->actions; at != NULL; at = at->next) {
        json_open(&w->json, '{');
        put_member(w, "kind", kinds[at->kind]);
        put_number(w, "events", at->events);
        if (at->trigger != NULL) {
            put_number(w, "trigger", at->trigger->index);
        }
        put_number(w, "target", at->target->index);
        ACTION_MEMBERS(PUT)
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

static void put_entities(struct form_writer *w)
{
    json_name(&w->json, "entities");
    json_open(&w->json, '[');
    for (const struct xform_entity *at = w->form->entities; at != NULL; at = at->next) {
        json_open(&w->json, '{');
        put_member(w, "dataset", at->dataset);
        put_number(w, "node", at->node->index);
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

/* ---- lists */

/* [depth, name, text]: a name that begins with @ is an attribute's. */
static void put_tree_node(struct form_writer *w, const struct tree_node *node, size_t depth,
                          struct buf *name)
{
    buf_clear(name);
    buf_add_format(name, "%s%s", node->attribute ? "@" : "", node->name);
    json_open(&w->json, '[');
    json_put_int(&w->json, (int64_t)depth);
    json_put_span(&w->json, buf_span(name));
    if (node->text.size != 0) {
        json_put_span(&w->json, node->text);
    }
    json_close(&w->json, ']');
}

static void put_tree(struct form_writer *w, const struct tree_node *root)
{
    struct buf name;
    size_t depth = 0;
    const struct tree_node *at = root;
    buf_init(&name, w->json.buf->mem, XFORM_EXPRESSION_MAX);
    json_name(&w->json, "tree");
    json_open(&w->json, '[');
    while (at != NULL) {
        put_tree_node(w, at, depth, &name);
        if (at->first != NULL) {
            at = at->first;
            depth++;
            continue;
        }
        while (at != root && at->next == NULL) {
            at = at->parent;
            depth--;
        }
        at = at == root ? NULL : at->next;
    }
    json_close(&w->json, ']');
    if (buf_error(&name) != OK) {
        w->json.buf->failed = buf_error(&name);
    }
    buf_release(&name);
}

static void put_instances(struct form_writer *w)
{
    json_name(&w->json, "instances");
    json_open(&w->json, '[');
    for (const struct xform_instance *at = w->form->instances; at != NULL; at = at->next) {
        json_open(&w->json, '{');
        put_member(w, "id", at->id);
        put_member(w, "source", at->source);
        if (at->document != NULL && at->document->first != NULL) {
            put_tree(w, at->document->first);
        }
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

/* ---- body */

static void put_choices(struct form_writer *w, const struct xform_control *control)
{
    if (control->items != NULL) {
        json_name(&w->json, "items");
        json_open(&w->json, '[');
        for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
            json_open(&w->json, '{');
            PUT(value)
            PUT_TEXT(label)
            json_close(&w->json, '}');
        }
        json_close(&w->json, ']');
    }
    if (control->itemset != NULL) {
        const struct xform_itemset *at = control->itemset;
        json_name(&w->json, "itemset");
        json_open(&w->json, '{');
        ITEMSET_MEMBERS(PUT)
        put_true(w, "randomized", at->randomized);
        json_close(&w->json, '}');
    }
}

static void put_control(struct form_writer *w, const struct xform_control *at, size_t depth)
{
    json_open(&w->json, '{');
    put_number(w, "depth", depth);
    put_member(w, "kind", xform_control_name(at->kind));
    if (at->node != NULL) {
        put_number(w, "node", at->node->index);
    }
    CONTROL_TEXTS(PUT_TEXT)
    CONTROL_FILLED(PUT_FILLED)
    CONTROL_MEMBERS(PUT)
    put_true(w, "no_add_remove", at->no_add_remove);
    put_choices(w, at);
    put_pairs(w, "extras", at->extras);
    json_close(&w->json, '}');
}

static void put_body(struct form_writer *w)
{
    json_name(&w->json, "body");
    json_open(&w->json, '[');
    for (const struct xform_control *at = w->form->body; at != NULL; at = xform_next_control(at)) {
        size_t depth = 0;
        for (const struct xform_control *up = at->parent; up != NULL; up = up->parent) {
            depth++;
        }
        put_control(w, at, depth);
    }
    json_close(&w->json, ']');
}

static void put_head(struct form_writer *w)
{
    const struct xform *at = w->form;
    put_number(w, XFORM_JSON_MARK, XFORM_JSON_FORMAT);
    FORM_MEMBERS(PUT)
    FORM_FILLED(PUT_FILLED)
    json_name(&w->json, "languages");
    json_open(&w->json, '[');
    for (size_t i = 0; i < at->language_count; i++) {
        json_put_text(&w->json, at->languages[i]);
    }
    json_close(&w->json, ']');
    put_number(w, "default_language", at->default_language);
    put_pairs(w, "settings", at->settings);
}

void xform_write_json(const struct xform *form, struct buf *ret)
{
    struct form_writer w = {.form = form};
    struct arena arena;
    arena_init(&arena, ret->mem, ARENA_MAX);
    if (collect(&w, &arena) != OK) {
        ret->failed = ERR_NOMEM;
    }
    if (buf_error(ret) == OK) {
        json_begin(&w.json, ret);
        json_open(&w.json, '{');
        put_head(&w);
        put_texts(&w);
        put_model(&w);
        put_actions(&w);
        put_entities(&w);
        put_instances(&w);
        put_body(&w);
        json_close(&w.json, '}');
    }
    arena_release(&arena);
}
