#include "xform_diff.h"

#include <string.h>

#include "xform_outline.h"

#define LINE_MAX_SIZE (1u << 20)

struct side {
    const struct xform *form;
    size_t language;
    const struct xform_control **controls; /* by the index of their node; NULL: asked nowhere */
    size_t *order;                         /* how many questions come before it */
};

struct differ {
    struct side old, now;
    struct arena *arena;
    struct xform_change *first, *last;
    struct buf line, other; /* of the moment */
    enum err failed;
};

static void add(struct differ *d, bool of_data, const char *place, const char *what,
                const char *old, const char *now)
{
    struct xform_change *change = arena_alloc(d->arena, sizeof *change);
    const char *texts[] = {arena_text(d->arena, place), arena_text(d->arena, old ? old : ""),
                           arena_text(d->arena, now ? now : "")};
    if (change == NULL || texts[0] == NULL || texts[1] == NULL || texts[2] == NULL) {
        d->failed = ERR_NOMEM;
        return;
    }
    *change = (struct xform_change){of_data, texts[0], what, texts[1], texts[2], NULL};
    if (d->last != NULL) {
        d->last->next = change;
    } else {
        d->first = change;
    }
    d->last = change;
}

static void compare(struct differ *d, bool of_data, const char *place, const char *what,
                    const char *old, const char *now)
{
    old = old ? old : "";
    now = now ? now : "";
    if (strcmp(old, now) != 0) {
        add(d, of_data, place, what, old, now);
    }
}

static void compare_texts(struct differ *d, const char *place, const char *what,
                          const struct xform_text *old, const struct xform_text *now)
{
    buf_clear(&d->line);
    buf_clear(&d->other);
    xform_text_line(d->old.form, old, d->old.language, &d->line);
    xform_text_line(d->now.form, now, d->now.language, &d->other);
    compare(d, false, place, what, buf_text(&d->line), buf_text(&d->other));
}

/* ---- who asks for what, and when */

static void note_controls(struct side *side, const struct xform_control *control, size_t *count)
{
    for (const struct xform_control *at = control->first; at != NULL; at = at->next) {
        if (at->node != NULL && side->controls[at->node->index] == NULL) {
            side->controls[at->node->index] = at;
            side->order[at->node->index] = (*count)++;
        }
        note_controls(side, at, count);
    }
}

static enum err open_side(struct differ *d, struct side *side, const struct xform *form,
                          const char *language)
{
    size_t count = 0;
    *side = (struct side){
        .form = form,
        .language = xform_language(form, language),
        .controls = arena_array(d->arena, form->node_count + 1, sizeof *side->controls),
        .order = arena_array(d->arena, form->node_count + 1, sizeof *side->order)};
    if (side->controls == NULL || side->order == NULL) {
        return ERR_NOMEM;
    }
    note_controls(side, form->body, &count);
    return OK;
}

/* ---- questions */

static const char *word_of(const struct side *side, const struct xform_node *node)
{
    const struct xform_control *control = side->controls[node->index];
    return control ? xform_question_word(control) : xform_data_name(node->data);
}

static void compare_rules(struct differ *d, const char *place, const struct xform_node *old,
                          const struct xform_node *now)
{
    const struct xform_control *was = d->old.controls[old->index];
    const struct xform_control *is = d->now.controls[now->index];
    compare(d, true, place, "type", word_of(&d->old, old), word_of(&d->now, now));
    compare(d, true, place, "repeat", old->repeat ? "yes" : "", now->repeat ? "yes" : "");
    compare(d, true, place, "save_to", old->save_to, now->save_to);
    compare(d, true, place, "calculation", old->calculate, now->calculate);
    compare(d, false, place, "relevant", old->relevant, now->relevant);
    compare(d, false, place, "required", old->required, now->required);
    compare(d, false, place, "constraint", old->constraint, now->constraint);
    compare(d, false, place, "readonly", old->readonly, now->readonly);
    compare(d, false, place, "default", old->initial, now->initial);
    compare_texts(d, place, "constraint_message", old->constraint_message, now->constraint_message);
    compare_texts(d, place, "label", was ? was->label : NULL, is ? is->label : NULL);
    compare_texts(d, place, "hint", was ? was->hint : NULL, is ? is->hint : NULL);
    compare(d, false, place, "appearance", was ? was->appearance : "", is ? is->appearance : "");
    compare(d, false, place, "repeat_count", was ? was->count : "", is ? is->count : "");
    compare(d, false, place, "choice_filter", was && was->itemset ? was->itemset->nodes : "",
            is && is->itemset ? is->itemset->nodes : "");
}

static const char *path_of(struct differ *d, const struct xform_node *node)
{
    buf_clear(&d->line);
    xform_path(node, &d->line);
    const char *path = arena_text(d->arena, buf_text(&d->line));
    d->failed = path == NULL ? ERR_NOMEM : d->failed;
    return path;
}

static bool is_kept(const struct side *side, const struct xform_node *node)
{
    return !xform_has_elements(node) && strcmp(word_of(side, node), "note") != 0;
}

/* Of one form: what the other lacks. */
static void lacking(struct differ *d, const struct side *side, const struct side *other,
                    const struct xform_node *node)
{
    const char *path = path_of(d, node);
    if (path == NULL) {
        return;
    }
    if (xform_find(other->form, span_of(path)) == NULL) {
        const char *word = node->repeat ? "repeat" : node->first ? "group" : word_of(side, node);
        bool gone = side == &d->old;
        add(d, is_kept(side, node) || node->repeat, path, "question", gone ? word : "",
            gone ? "" : word);
    }
    for (const struct xform_node *at = node->first; at != NULL && !d->failed; at = at->next) {
        lacking(d, side, other, at);
    }
}

static void both(struct differ *d, const struct xform_node *now, size_t *last_order)
{
    const char *path = path_of(d, now);
    const struct xform_node *old = path ? xform_find(d->old.form, span_of(path)) : NULL;
    if (old != NULL) {
        compare_rules(d, path, old, now);
    }
    if (old != NULL && d->old.controls[old->index] && d->now.controls[now->index]) {
        size_t order = d->old.order[old->index];
        if (order < *last_order) {
            add(d, false, path, "order", "later", "earlier");
        }
        *last_order = order > *last_order ? order : *last_order;
    }
    for (const struct xform_node *at = now->first; at != NULL && !d->failed; at = at->next) {
        both(d, at, last_order);
    }
}

/* ---- choices */

static const struct tree_node *child_named(const struct tree_node *item, const char *name)
{
    const struct tree_node *at = item->first;
    while (at != NULL && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at;
}

static const struct tree_node *item_named(const struct xform_instance *list, struct span name)
{
    const struct tree_node *root = list && list->document ? list->document->first : NULL;
    for (const struct tree_node *at = root ? root->first : NULL; at != NULL; at = at->next) {
        const struct tree_node *own = child_named(at, "name");
        if (own != NULL && span_equal(own->text, name)) {
            return at;
        }
    }
    return NULL;
}

static void add_label(const struct side *side, const struct tree_node *item, struct buf *ret)
{
    const struct tree_node *label = child_named(item, "label");
    const struct tree_node *id = child_named(item, "itextId");
    if (label != NULL) {
        buf_add_span(ret, label->text);
        return;
    }
    for (size_t i = 0; id != NULL && i < side->form->itext_count; i++) {
        if (span_is(id->text, side->form->itext[i].id)) {
            xform_text_line(side->form, side->form->itext[i].text, side->language, ret);
        }
    }
}

static const struct xform_instance *list_named(const struct xform *form, const char *id)
{
    const struct xform_instance *at = form->instances;
    while (at != NULL && strcmp(at->id, id) != 0) {
        at = at->next;
    }
    return at;
}

/* Items of `list` that `other` lacks; with `labels`, those that both have and name otherwise. */
static void compare_items(struct differ *d, const struct xform_instance *list,
                          const struct xform_instance *other, bool gone)
{
    const struct tree_node *root = list->document ? list->document->first : NULL;
    for (const struct tree_node *at = root ? root->first : NULL; at && !d->failed; at = at->next) {
        const struct tree_node *name = child_named(at, "name");
        const struct tree_node *twin = name ? item_named(other, name->text) : NULL;
        const char *text = name ? arena_span_text(d->arena, name->text) : NULL;
        if (text != NULL && twin == NULL) {
            add(d, true, list->id, "choice", gone ? text : "", gone ? "" : text);
        } else if (text != NULL && !gone) {
            buf_clear(&d->line);
            buf_clear(&d->other);
            add_label(&d->old, twin, &d->line);
            add_label(&d->now, at, &d->other);
            compare(d, false, list->id, "label", buf_text(&d->line), buf_text(&d->other));
        }
    }
}

static void compare_lists(struct differ *d)
{
    for (const struct xform_instance *at = d->old.form->instances; at; at = at->next) {
        compare_items(d, at, list_named(d->now.form, at->id), true);
    }
    for (const struct xform_instance *at = d->now.form->instances; at; at = at->next) {
        compare_items(d, at, list_named(d->old.form, at->id), false);
    }
}

static void compare_entities(struct differ *d)
{
    const struct xform_entity *old = d->old.form->entities, *now = d->now.form->entities;
    for (; old != NULL || now != NULL; old = old ? old->next : NULL, now = now ? now->next : NULL) {
        compare(d, true, "entities", "list_name", old ? old->dataset : "", now ? now->dataset : "");
    }
}

enum err xform_diff(const struct xform *old, const struct xform *now, const char *language,
                    struct arena *arena, struct xform_change **ret)
{
    struct differ d = {.arena = arena};
    size_t last_order = 0;
    enum err e = open_side(&d, &d.old, old, language);
    e = e ? e : open_side(&d, &d.now, now, language);
    if (e) {
        return e;
    }
    buf_init(&d.line, arena->mem, LINE_MAX_SIZE);
    buf_init(&d.other, arena->mem, LINE_MAX_SIZE);
    compare(&d, true, "settings", "form_id", old->id, now->id);
    compare(&d, false, "settings", "form_title", old->title, now->title);
    lacking(&d, &d.old, &d.now, old->root);
    lacking(&d, &d.now, &d.old, now->root);
    both(&d, now->root, &last_order);
    compare_lists(&d);
    compare_entities(&d);
    e = buf_error(&d.line) ? buf_error(&d.line) : buf_error(&d.other);
    buf_release(&d.line);
    buf_release(&d.other);
    *ret = d.first;
    return e ? e : d.failed;
}
