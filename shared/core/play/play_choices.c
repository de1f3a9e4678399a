/*
 * What the engine answers to expressions (lists, wordings, labels of choices), and the choices and
 * texts that a screen shows.
 */
#include <stdlib.h>
#include <string.h>

#include "play_inner.h"

#define TEXT_MAX    (1u << 20)
#define CHOICES_MAX 200000

/* ---- texts */

static enum err add_pieces(struct play *play, const struct xform_piece *pieces,
                           struct play_node *node, struct buf *ret, struct diag *diag)
{
    for (const struct xform_piece *at = pieces; at != NULL; at = at->next) {
        if (at->text != NULL) {
            buf_add_text(ret, at->text);
            continue;
        }
        struct expr_value value;
        struct span text;
        enum err e = evaluate_at(play, play_compiled(play, at->output), node, &value, diag);
        e = e != OK ? e : expr_to_text(&value, &play->expr_host, &play->scratch, &text);
        if (e != OK) {
            return e;
        }
        buf_add_span(ret, text);
    }
    return OK;
}

enum err text_shown(struct play *play, const struct xform_text *text, enum xform_text_form form,
                    struct play_node *node, struct span *ret, struct diag *diag)
{
    const struct xform_piece *pieces =
        xform_text_pick(text, play->language, play->form->default_language, form);
    *ret = span_of("");
    if (pieces == NULL) {
        return OK;
    }
    struct buf shown;
    buf_init(&shown, play->host.mem, TEXT_MAX);
    enum err e = add_pieces(play, pieces, node, &shown, diag);
    e = e != OK ? e : buf_error(&shown);
    e = e != OK ? e : arena_copy(&play->scratch, buf_span(&shown), ret);
    buf_release(&shown);
    return e;
}

static int compare_ids(const void *key, const void *item)
{
    const struct span *wanted = key;
    const struct xform_wording_id *at = item;
    return span_compare(*wanted, span_of(at->id));
}

static enum err itext_by_id(void *ctx, struct span id, struct arena *arena, struct span *ret)
{
    (void)arena;
    struct play *play = ctx;
    const struct xform_wording_id *found =
        play->form->itext_count == 0
            ? NULL
            : bsearch(&id, play->form->itext, play->form->itext_count, sizeof(*found), compare_ids);
    *ret = span_of("");
    return found == NULL || play->root == NULL
               ? OK
               : text_shown(play, found->text, XFORM_LONG, play->root, ret, NULL);
}

/* ---- lists */

/* A list that the form declares with nothing in it and no file: others' programs fill it from
   elsewhere (CHT's contact-summary). Here it is empty. */
static bool is_declared_empty(const struct play *play, const char *name)
{
    const struct xform_instance *at = play->form->instances;
    while (at != NULL && strcmp(at->id, name) != 0) {
        at = at->next;
    }
    return at != NULL && at->source == NULL;
}

static enum err read_external(struct play *play, const char *name, struct tree_node **ret,
                              struct diag *diag)
{
    if (is_declared_empty(play, name)) {
        *ret = arena_alloc(&play->arena, sizeof **ret);
        return *ret == NULL ? ERR_NOMEM : OK;
    }
    return play->host.instance == NULL
               ? diag_set(diag, ERR_NO_LIST, name, NULL)
               : play->host.instance(play->host.ctx, name, play->form->names, &play->arena, ret,
                                     diag);
}

static enum err external_list(struct play *play, const char *name, struct tree_node **ret,
                              struct diag *diag)
{
    for (struct external *at = play->externals; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            *ret = at->document;
            return OK;
        }
    }
    struct external *made = arena_alloc(&play->arena, sizeof(*made));
    char *own_name = arena_text(&play->arena, name);
    if (made == NULL || own_name == NULL) {
        return ERR_NOMEM;
    }
    enum err e = read_external(play, name, &made->document, diag);
    if (e == OK) {
        made->name = own_name;
        made->next = play->externals;
        play->externals = made;
        *ret = made->document;
    }
    return e;
}

static enum err instance_by_name(void *ctx, const char *name, struct tree_node **ret,
                                 struct diag *diag)
{
    struct play *play = ctx;
    for (const struct xform_instance *at = play->form->instances; at != NULL; at = at->next) {
        if (strcmp(at->id, name) == 0 && at->document != NULL) {
            *ret = at->document;
            return OK;
        }
    }
    return external_list(play, name, ret, diag);
}

static enum err find_in_table(void *ctx, const char *name, const struct expr_equal *equals,
                              size_t count, int64_t after, int64_t *rows, size_t room,
                              size_t *ret_count, struct diag *diag)
{
    struct play *play = ctx;
    for (const struct xform_instance *at = play->form->instances; at != NULL; at = at->next) {
        if (strcmp(at->id, name) == 0 && at->document != NULL) {
            return ERR_NOT_FOUND; /* small enough to stand in the form: scanned */
        }
    }
    return play->host.find == NULL ? ERR_NOT_FOUND
                                   : play->host.find(play->host.ctx, name, equals, count, after,
                                                     rows, room, ret_count, diag);
}

static enum err row_of_table(void *ctx, const char *name, int64_t row, struct arena *arena,
                             struct tree_node **ret, struct diag *diag)
{
    struct play *play = ctx;
    return play->host.row(play->host.ctx, name, row, play->form->names, arena, ret, diag);
}

/* ---- choices */

static enum err text_at(struct play *play, const char *path, struct tree_node *item,
                        struct span *ret, struct diag *diag)
{
    struct expr_value value;
    enum err e = expr_evaluate(play_compiled(play, path), &play->expr_host, item, &play->scratch,
                               &value, diag);
    return e != OK ? e : expr_to_text(&value, &play->expr_host, &play->scratch, ret);
}

static enum err choices_of_set(struct play *play, const struct xform_itemset *set,
                               struct play_node *node, bool with_labels, struct choice_list *ret,
                               struct diag *diag)
{
    struct expr_value items;
    enum err e = evaluate_at(play, play_compiled(play, set->nodes), node, &items, diag);
    if (e == OK && (items.type != EXPR_NODES || items.node_count > CHOICES_MAX)) {
        return diag_set(diag, items.type != EXPR_NODES ? ERR_BAD_FORM : ERR_TOO_LARGE, "choices",
                        items.type != EXPR_NODES ? "the path finds no list" : "200000", NULL);
    }
    if (e == OK) {
        ret->at = arena_array(&play->scratch, items.node_count, sizeof(*ret->at));
        e = ret->at == NULL ? ERR_NOMEM : OK;
    }
    for (size_t i = 0; e == OK && i < items.node_count; i++) {
        struct shown_choice *choice = &ret->at[ret->count++];
        e = text_at(play, set->value, items.nodes[i], &choice->value, diag);
        choice->label = choice->value; /* where the form gives none */
        if (e == OK && with_labels && set->label != NULL) {
            e = text_at(play, set->label, items.nodes[i], &choice->label, diag);
        }
    }
    return e;
}

static enum err choices_inside(struct play *play, const struct xform_control *control,
                               struct play_node *node, bool with_labels, struct choice_list *ret,
                               struct diag *diag)
{
    size_t count = 0;
    for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
        count++;
    }
    ret->at = arena_array(&play->scratch, count, sizeof(*ret->at));
    if (ret->at == NULL) {
        return ERR_NOMEM;
    }
    enum err e = OK;
    for (const struct xform_item *at = control->items; e == OK && at != NULL; at = at->next) {
        struct shown_choice *choice = &ret->at[ret->count++];
        *choice = (struct shown_choice){.value = span_of(at->value)};
        e = with_labels ? text_shown(play, at->label, XFORM_LONG, node, &choice->label, diag) : OK;
    }
    return e;
}

/* The order is drawn by the seed, or, without one, by the occurrence, so that it stays while the
   form is open. */
static enum err shuffle(struct play *play, const struct xform_itemset *set, struct play_node *node,
                        struct choice_list *list, struct diag *diag)
{
    double seed = (double)(node->def->index + 1) * 7919;
    if (set->seed != NULL) {
        struct expr_value value;
        enum err e = evaluate_at(play, play_compiled(play, set->seed), node, &value, diag);
        if (e != OK) {
            return e;
        }
        seed = expr_seed(&value, &play->expr_host, &play->scratch);
    }
    struct shown_choice *in = list->at;
    struct shown_choice *out = arena_array(&play->scratch, list->count, sizeof(*out));
    size_t *order = arena_array(&play->scratch, list->count, sizeof(*order));
    if (out == NULL || order == NULL) {
        return ERR_NOMEM;
    }
    expr_shuffle(seed, list->count, order);
    for (size_t i = 0; i < list->count; i++) {
        out[i] = in[order[i]];
    }
    list->at = out;
    return OK;
}

enum err list_choices(struct play *play, const struct xform_control *control,
                      struct play_node *node, bool with_labels, struct choice_list *ret,
                      struct diag *diag)
{
    *ret = (struct choice_list){0};
    if (control == NULL) {
        return OK;
    }
    if (control->itemset == NULL) {
        return choices_inside(play, control, node, with_labels, ret, diag);
    }
    enum err e = choices_of_set(play, control->itemset, node, with_labels, ret, diag);
    return e == OK && control->itemset->randomized
               ? shuffle(play, control->itemset, node, ret, diag)
               : e;
}

static enum err label_of_choice(void *ctx, struct tree_node *tree, struct span value,
                                struct arena *arena, struct span *ret)
{
    (void)arena;
    struct play *play = ctx;
    struct play_node *node = tree->owner;
    struct choice_list choices;
    *ret = span_of("");
    if (node == NULL || node->def == NULL || node->def->control == NULL) {
        return OK;
    }
    enum err e = list_choices(play, node->def->control, node, true, &choices, NULL);
    for (size_t i = 0; e == OK && i < choices.count; i++) {
        if (span_equal(choices.at[i].value, value)) {
            *ret = choices.at[i].label;
            break;
        }
    }
    return e;
}

static enum err property_named(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    struct play *play = ctx;
    *ret = span_of("");
    return play->host.property == NULL ? OK : play->host.property(play->host.ctx, name, arena, ret);
}

static void random_bytes(void *ctx, void *bytes, size_t size)
{
    struct play *play = ctx;
    play->host.random(play->host.ctx, bytes, size);
}

void expr_host_init(struct play *play)
{
    play->expr_host = (struct expr_host){.ctx = play,
                                         .random = random_bytes,
                                         .instance = instance_by_name,
                                         .find = find_in_table,
                                         .row = row_of_table,
                                         .itext = itext_by_id,
                                         .choice_name = label_of_choice,
                                         .property = property_named,
                                         .version = span_of(play->form->version)};
}
