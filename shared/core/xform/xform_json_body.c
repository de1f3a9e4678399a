/*
 * xform_json_body.c - what a form.json says and asks: its texts, its controls in order.
 */
#include <string.h>

#include "xform_json_reader.h"

#define BODY_DEPTH_MAX (2 * XFORM_DEPTH_MAX + 4) /* a repeat stands in a group of its own */

/* ---- texts */

static enum err read_pieces(struct form_reader *r, const struct json *first,
                            const struct xform_piece **ret)
{
    const struct xform_piece **last = ret;
    for (const struct json *at = first; at != NULL; at = json_next(at)) {
        struct xform_piece *piece = arena_alloc(r->arena, sizeof(*piece));
        if (piece == NULL) {
            return json_no_memory(r);
        }
        *piece = (struct xform_piece){.text = NULL};
        const char *output = json_get_text(at, "output", NULL);
        if (json_is(at, JSON_TEXT)) {
            piece->text = arena_text(r->arena, json_text(at));
        } else if (output != NULL && strlen(output) <= XFORM_EXPRESSION_MAX) {
            piece->output = arena_text(r->arena, output);
        } else {
            return json_refuse(r, "", "a wording is made of texts and {\"output\":\"expression\"}");
        }
        if (piece->text == NULL && piece->output == NULL) {
            return json_no_memory(r);
        }
        *last = piece;
        last = (const struct xform_piece **)&piece->next;
    }
    return OK;
}

/* [language, "long", piece, ...] */
static enum err read_wording(struct form_reader *r, const struct json *item,
                             struct xform_text *text)
{
    static const char *const forms[] = TEXT_FORMS;
    const struct json *form = json_at(item, 1);
    int64_t language = -1;
    size_t number = 0;
    if (!json_is(item, JSON_ARRAY) || !json_int(json_first(item), &language) || language < 0 ||
        (size_t)language >= text->language_count || !json_is(form, JSON_TEXT)) {
        return json_refuse(r, "", "a wording is [number of the language, \"long\", text...]");
    }
    while (number < XFORM_TEXT_FORM_COUNT && strcmp(forms[number], json_text(form)) != 0) {
        number++;
    }
    size_t at = (size_t)language * XFORM_TEXT_FORM_COUNT + number;
    if (number == XFORM_TEXT_FORM_COUNT || text->wordings[at] != NULL || json_count(item) < 3) {
        return json_refuse(r, "", "\"%.40s\" is no form of a text, has no text or is there twice",
                           json_text(form));
    }
    return read_pieces(r, json_next(form), &text->wordings[at]);
}

static enum err read_text(struct form_reader *r, const struct json *item, struct xform_text **ret)
{
    struct xform_text *text = arena_alloc(r->arena, sizeof(*text));
    if (text == NULL) {
        return json_no_memory(r);
    }
    text->language_count = r->form->language_count;
    text->wordings = arena_array(r->arena, text->language_count * XFORM_TEXT_FORM_COUNT,
                                 sizeof(*text->wordings));
    if (text->wordings == NULL) {
        return json_no_memory(r);
    }
    enum err e = json_is(item, JSON_ARRAY) ? OK : json_refuse(r, "", "must be a list, [...]");
    for (const struct json *at = e != OK ? NULL : json_first(item); e == OK && at != NULL;
         at = json_next(at)) {
        e = read_wording(r, at, text);
    }
    *ret = text;
    return e;
}

/* [["id", number], ...], sorted: expressions look for them. */
static enum err read_itext(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    struct xform *form = r->form;
    enum err e = json_list(r, whole, "itext", &list);
    if (e != OK || list == NULL) {
        return e;
    }
    form->itext = arena_array(r->arena, json_count(list), sizeof(*form->itext));
    if (form->itext == NULL) {
        return json_no_memory(r);
    }
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        struct xform_wording_id *made = &form->itext[form->itext_count];
        const char *id = json_text(json_at(at, 0));
        int64_t number = -1;
        if (json_count(at) != 2 || id == NULL || !json_int(json_at(at, 1), &number) || number < 0 ||
            (size_t)number >= r->text_count) {
            return json_refuse(r, "itext", "must be a list of [\"id\", number of the text]");
        }
        if (form->itext_count > 0 && strcmp(made[-1].id, id) >= 0) {
            return json_refuse(r, "itext", "\"%.40s\" is out of order or there twice", id);
        }
        made->id = arena_text(r->arena, id);
        made->text = r->texts[number];
        if (made->id == NULL) {
            return json_no_memory(r);
        }
        form->itext_count++;
    }
    return OK;
}

enum err json_read_texts(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    enum err e = json_list(r, whole, "texts", &list);
    size_t count = e != OK || list == NULL ? 0 : json_count(list);
    r->texts = arena_array(r->arena, count, sizeof(*r->texts));
    if (r->texts == NULL) {
        return json_no_memory(r);
    }
    r->list = "texts";
    r->index = 0;
    for (const struct json *at = count == 0 ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        e = read_text(r, at, &r->texts[r->index]);
    }
    r->list = NULL;
    r->text_count = count;
    return e != OK ? e : read_itext(r, whole);
}

/* ---- controls */

static enum err read_items(struct form_reader *r, const struct json *object,
                           struct xform_control *control)
{
    const struct json *list = NULL;
    const struct xform_item **last = &control->items;
    enum err e = json_list(r, object, "items", &list);
    for (const struct json *at = list == NULL ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at)) {
        struct xform_item *item = arena_alloc(r->arena, sizeof(*item));
        if (item == NULL) {
            return json_no_memory(r);
        }
        *item = (struct xform_item){.value = NULL};
        e = json_member(r, at, "value", XFORM_EXPRESSION_MAX, &item->value);
        e = e != OK ? e : json_need(r, "items.value", item->value);
        e = e != OK ? e : json_text_of(r, at, "label", &item->label);
        *last = item;
        last = (const struct xform_item **)&item->next;
    }
    return e;
}

static enum err read_itemset(struct form_reader *r, const struct json *object,
                             struct xform_control *control)
{
    const struct json *at = json_get(object, "itemset");
    if (at == NULL) {
        return OK;
    }
    struct xform_itemset *made = arena_alloc(r->arena, sizeof(*made));
    if (made == NULL) {
        return json_no_memory(r);
    }
    *made = (struct xform_itemset){.nodes = NULL};
    enum err e = json_is(at, JSON_OBJECT) ? OK : json_refuse(r, "itemset", "must be an object");
#define READ(member)                                                                               \
    e = e != OK ? e : json_member(r, at, #member, XFORM_EXPRESSION_MAX, &made->member);
    ITEMSET_MEMBERS(READ)
#undef READ
    e = e != OK ? e : json_need(r, "itemset.nodes", made->nodes);
    e = e != OK ? e : json_need(r, "itemset.value", made->value);
    e = e != OK ? e : json_flag(r, at, "randomized", &made->randomized);
    control->itemset = made;
    return e;
}

static enum err read_kind(struct form_reader *r, const struct json *item,
                          struct xform_control *control)
{
    const char *name = json_get_text(item, "kind", "");
    size_t kind = 0;
    while (kind < XFORM_CONTROL_COUNT &&
           strcmp(xform_control_name((enum xform_control_kind)kind), name) != 0) {
        kind++;
    }
    if (kind == XFORM_CONTROL_COUNT) {
        return json_refuse(r, "kind", "\"%.40s\" is no kind of question", name);
    }
    control->kind = (enum xform_control_kind)kind;
    enum err e = json_node(r, item, "node", &control->node);
    if (e == OK && control->node == NULL && control->kind != XFORM_GROUP) {
        e = json_refuse(r, "node", "is missing: what the answer is kept in");
    }
    if (e == OK && control->kind == XFORM_REPEAT_CONTROL && !control->node->repeat) {
        e = json_refuse(r, "node", "%.40s doesn't repeat", control->node->name);
    }
    return e;
}

static enum err read_control(struct form_reader *r, const struct json *item,
                             struct xform_control *control)
{
    enum err e = read_kind(r, item, control);
#define READ(member) e = e != OK ? e : json_text_of(r, item, #member, &control->member);
    CONTROL_TEXTS(READ)
#undef READ
#define READ(member)                                                                               \
    e = e != OK ? e : json_member(r, item, #member, XFORM_EXPRESSION_MAX, &control->member);
    CONTROL_FILLED(READ)
    CONTROL_MEMBERS(READ)
#undef READ
    struct xform_pair *extras = NULL;
    e = e != OK ? e : json_flag(r, item, "no_add_remove", &control->no_add_remove);
    e = e != OK ? e : read_items(r, item, control);
    e = e != OK ? e : read_itemset(r, item, control);
    e = e != OK ? e : json_pairs(r, item, "extras", &extras);
    control->extras = extras;
    return e;
}

static bool holds_others(const struct xform_control *control)
{
    return control->kind == XFORM_GROUP || control->kind == XFORM_REPEAT_CONTROL;
}

static enum err place_control(struct form_reader *r, struct xform_control *control, size_t depth,
                              struct xform_control **way, size_t *way_depth)
{
    if ((depth == 0) != (r->index == 0) || depth > *way_depth) {
        return json_refuse(r, "depth",
                           "is %zu: one root, and each control one step below its "
                           "group",
                           depth);
    }
    struct xform_control *parent = depth == 0 ? NULL : way[depth - 1];
    if (parent == NULL ? control->kind != XFORM_GROUP || control->node != NULL
                       : !holds_others(parent)) {
        return json_refuse(r, "depth",
                           "only groups and repeats hold others; the first is a group "
                           "without a node");
    }
    control->parent = parent;
    if (parent != NULL && parent->last == NULL) {
        parent->first = control;
    } else if (parent != NULL) {
        parent->last->next = control;
    }
    if (parent != NULL) {
        parent->last = control;
    }
    way[depth] = control;
    *way_depth = depth + 1;
    return OK;
}

enum err json_read_body(struct form_reader *r, const struct json *whole)
{
    struct xform_control *way[BODY_DEPTH_MAX];
    const struct json *list = NULL;
    size_t way_depth = 0;
    enum err e = json_list(r, whole, "body", &list);
    if (e == OK && (list == NULL || json_count(list) == 0)) {
        e = json_refuse(r, "body", "is missing");
    }
    r->list = "body";
    r->index = 0;
    for (const struct json *at = e != OK ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        struct xform_control *control = arena_alloc(r->arena, sizeof(*control));
        size_t depth = 0;
        if (control == NULL) {
            return json_no_memory(r);
        }
        *control = (struct xform_control){.appearance = ""};
        e = read_control(r, at, control);
        e = e != OK ? e : json_number(r, at, "depth", BODY_DEPTH_MAX, &depth);
        e = e != OK ? e : place_control(r, control, depth, way, &way_depth);
        r->form->body = e == OK && depth == 0 ? control : r->form->body;
    }
    r->list = NULL;
    return e;
}
