/*
 * What is kept of an instance: XML, as ODK clients submit it, and the draft, a flat JSON of all
 * that stands, relevant or not, with the ids of occurrences.
 */
#include <string.h>

#include "code.h"
#include "json.h"
#include "play_screen.h"

/* ---- XML */

static void add_escaped(struct buf *ret, struct span text, bool attribute)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '&':
            buf_add_text(ret, "&amp;");
            break;
        case '<':
            buf_add_text(ret, "&lt;");
            break;
        case '>':
            buf_add_text(ret, "&gt;");
            break;
        case '"':
            buf_add_text(ret, attribute ? "&quot;" : "\"");
            break;
        default:
            buf_add_byte(ret, text.data[i]);
            break;
        }
    }
}

static void add_attribute(struct buf *ret, const char *name, struct span value)
{
    buf_add_format(ret, " %s=\"", name);
    add_escaped(ret, value, true);
    buf_add_byte(ret, '"');
}

/* A namespace other than its parent's is declared where it begins. */
static void add_namespace(struct buf *ret, const struct xform_node *node, const char *outer)
{
    const char *space = node->space == NULL ? outer : node->space;
    if (space != outer && (space == NULL || outer == NULL || strcmp(space, outer) != 0)) {
        add_attribute(ret, "xmlns", span_of(space));
    }
}

static void add_attributes(const struct play *play, const struct play_node *node, struct buf *ret)
{
    if (node == play->root) {
        add_attribute(ret, "id", span_of(play->form->id));
        if (play->form->version[0] != '\0') {
            add_attribute(ret, "version", span_of(play->form->version));
        }
    }
    for (struct tree_node *at = node->tree.first; at != NULL; at = at->next) {
        bool named_already =
            node == play->root && (strcmp(at->name, "id") == 0 || strcmp(at->name, "version") == 0);
        if (at->attribute && !named_already) {
            add_attribute(ret, at->name, at->text);
        }
    }
}

static void add_element(const struct play *play, const struct play_node *node, const char *outer,
                        bool all, struct buf *ret)
{
    if (node->tree.hidden && !all) {
        return;
    }
    const struct xform_node *def = node->def->node;
    const char *space = def->space == NULL ? outer : def->space;
    buf_add_format(ret, "<%s", node->tree.name);
    add_namespace(ret, def, outer);
    add_attributes(play, node, ret);
    bool empty = node->tree.text.size == 0;
    for (const struct tree_node *at = node->tree.first; at != NULL && empty; at = at->next) {
        empty = at->attribute;
    }
    if (empty) {
        buf_add_text(ret, "/>");
        return;
    }
    buf_add_byte(ret, '>');
    add_escaped(ret, node->tree.text, false);
    for (struct tree_node *at = node->tree.first; at != NULL; at = at->next) {
        if (!at->attribute) {
            add_element(play, node_of(at), space, all, ret);
        }
    }
    buf_add_format(ret, "</%s>", node->tree.name);
}

void play_write_instance(const struct play *play, bool all, struct buf *ret)
{
    if (play->root != NULL) {
        add_element(play, play->root, NULL, all, ret);
    }
}

/* ---- drafts */

static void put_pair(struct json_writer *json, const struct play *play,
                     const struct play_node *node, struct span value)
{
    json_open(json, '[');
    node_put_path(play, node, json);
    json_put_span(json, value);
    json_close(json, ']');
}

void play_write_draft(const struct play *play, struct buf *ret)
{
    struct json_writer json;
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "form");
    json_put_text(&json, play->form->id);
    json_name(&json, "version");
    json_put_text(&json, play->form->version);
    json_name(&json, "repeats"); /* in document order, so that each finds its parent made */
    json_open(&json, '[');
    for (struct play_node *at = play->root; at != NULL; at = node_following(at, play->root)) {
        char id[33];
        if (at->tree.repeat) {
            (void)hex_write(at->id, sizeof(at->id), id);
            put_pair(&json, play, at, span_of(id));
        }
    }
    json_close(&json, ']');
    json_name(&json, "values");
    json_open(&json, '[');
    for (struct play_node *at = play->root; at != NULL; at = node_following(at, play->root)) {
        if (!at->def->is_group && at->tree.text.size != 0) {
            put_pair(&json, play, at, at->tree.text);
        }
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

/* ---- answers */

static const struct play_node *const_node_of(const struct tree_node *tree)
{
    return (const struct play_node *)(const void *)tree;
}

/* The nearest occurrence that it lies in, of that repeat or of any (NULL); NULL: there is none. */
static const uint8_t *occurrence_around(const struct play_node *node,
                                        const struct xform_node *repeat)
{
    const struct tree_node *at = node == NULL ? NULL : &node->tree;
    while (at != NULL &&
           !(at->repeat && (repeat == NULL || const_node_of(at)->def->node == repeat))) {
        at = at->parent;
    }
    return at == NULL ? NULL : const_node_of(at)->id;
}

const uint8_t *play_occurrence_of(const struct play_answer *answer, const struct xform_node *repeat)
{
    return occurrence_around(answer->at, repeat);
}

static enum err visit_leaf(const struct play_node *leaf, play_visit visit, void *ctx)
{
    struct play_answer answer = {.node = leaf->def->node,
                                 .text = leaf->tree.text,
                                 .relevant = node_is_relevant(leaf),
                                 .occurrence = occurrence_around(leaf, NULL),
                                 .at = leaf};
    return visit(ctx, &answer);
}

/* What stands below `top` outside of repeats (`inside` false), or the occurrences of these. As deep
 * as the form at most. */
static enum err visit_below(const struct play_node *top, bool inside, play_visit visit, void *ctx)
{
    enum err e = OK;
    for (const struct tree_node *at = top->tree.first; e == OK && at != NULL; at = at->next) {
        const struct play_node *node = const_node_of(at);
        bool leaf = !node->def->is_group;
        if (leaf && inside == at->repeat) {
            e = visit_leaf(node, visit, ctx);
        }
        if (!at->repeat) {
            e = e != OK ? e : visit_below(node, inside, visit, ctx);
        } else if (inside) {
            e = e != OK ? e : visit_below(node, false, visit, ctx);
            e = e != OK ? e : visit_below(node, true, visit, ctx);
        }
    }
    return e;
}

enum err play_each_answer(const struct play *play, play_visit visit, void *ctx)
{
    if (play->root == NULL) {
        return OK;
    }
    enum err e = play->root->def->is_group ? OK : visit_leaf(play->root, visit, ctx);
    e = e != OK ? e : visit_below(play->root, false, visit, ctx);
    return e != OK ? e : visit_below(play->root, true, visit, ctx);
}

static enum err bad_draft(struct diag *diag, const char *what, const char *where)
{
    return diag_set(diag, ERR_FORMAT, what, where, NULL);
}

/* "/data/member[2]" -> the path of its parent, the name of the repeat. */
static bool split_last(struct span path, struct span *ret_parent, struct span *ret_name)
{
    size_t slash = path.size;
    while (slash > 0 && path.data[slash - 1] != '/') {
        slash--;
    }
    if (slash < 2) {
        return false;
    }
    *ret_parent = span_cut(path, 0, slash - 1);
    struct span name = span_cut(path, slash, path.size);
    size_t size = 0;
    while (size < name.size && name.data[size] != '[') {
        size++;
    }
    *ret_name = span_cut(name, 0, size);
    return true;
}

static struct def *repeat_named(struct play *play, const struct play_node *parent, struct span name)
{
    for (const struct xform_node *at = parent->def->node->first; at != NULL; at = at->next) {
        if (at->repeat && span_is(name, at->name)) {
            return def_of(play, at);
        }
    }
    return NULL;
}

static enum err add_occurrence(struct play *play, const struct json *pair, struct diag *diag)
{
    struct span path = json_span(json_at(pair, 0)), parent_path, name;
    if (!split_last(path, &parent_path, &name)) {
        return bad_draft(diag, "a repeat is named by its path", json_text(json_at(pair, 0)));
    }
    struct play_node *parent = node_at(play, parent_path);
    struct def *repeat = parent == NULL ? NULL : repeat_named(play, parent, name);
    if (repeat == NULL) {
        return bad_draft(diag, "the form has no such repeat", json_text(json_at(pair, 0)));
    }
    struct play_node *node = node_at(play, path);
    enum err e = OK;
    if (node == NULL) {
        e = repeat_add(play, parent, repeat, &node, diag);
    }
    if (e == OK && !hex_read(json_span(json_at(pair, 1)), node->id, sizeof(node->id))) {
        e = bad_draft(diag, "an occurrence has no id", json_text(json_at(pair, 0)));
    }
    return e;
}

static enum err remove_all_occurrences(struct play *play)
{
    struct play_node *at = play->root;
    while (at != NULL) {
        if (at->tree.repeat) {
            enum err e = repeat_remove(play, at);
            if (e != OK) {
                return e;
            }
            at = play->root; /* what followed may be gone */
        } else {
            at = node_following(at, play->root);
        }
    }
    return OK;
}

static enum err take_values(struct play *play, const struct json *values, struct diag *diag)
{
    for (struct play_node *at = play->root; at != NULL; at = node_following(at, play->root)) {
        enum err e = at->def->is_group ? OK : node_set_text(at, span_of(""));
        if (e != OK) {
            return e;
        }
        at->tree.kind = (uint8_t)kind_of_data(at->def->node->data);
    }
    for (const struct json *pair = json_first(values); pair != NULL; pair = json_next(pair)) {
        struct play_node *node = node_at(play, json_span(json_at(pair, 0)));
        if (node == NULL || node->def->is_group) {
            return bad_draft(diag, "the form has no such question", json_text(json_at(pair, 0)));
        }
        enum err e = node_set_text(node, json_span(json_at(pair, 1)));
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static enum err check_shape(const struct json *draft, struct diag *diag)
{
    static const char *const lists[] = {"repeats", "values"};
    for (size_t i = 0; i < 2; i++) {
        const struct json *list = json_get(draft, lists[i]);
        if (!json_is(list, JSON_ARRAY)) {
            return bad_draft(diag, "a list is missing", lists[i]);
        }
        for (const struct json *pair = json_first(list); pair != NULL; pair = json_next(pair)) {
            if (json_count(pair) != 2 || !json_is(json_at(pair, 0), JSON_TEXT) ||
                !json_is(json_at(pair, 1), JSON_TEXT)) {
                return bad_draft(diag, "path and value are expected", lists[i]);
            }
        }
    }
    return OK;
}

enum err play_read_draft(struct play *play, const struct json *draft, struct diag *diag)
{
    enum err e = check_shape(draft, diag);
    e = e != OK ? e : play_begin(play, diag);
    e = e != OK ? e : remove_all_occurrences(play);
    const struct json *repeats = json_get(draft, "repeats");
    for (const struct json *at = json_first(repeats); e == OK && at != NULL; at = json_next(at)) {
        e = add_occurrence(play, at, diag);
    }
    e = e != OK ? e : take_values(play, json_get(draft, "values"), diag);
    e = e != OK ? e : queue_all(play, play->root);
    e = e != OK ? e : compute(play, diag);
    e = e != OK ? e : run_actions(play, XFORM_LOAD, NULL, play->root, diag);
    e = e != OK ? e : compute(play, diag);
    arena_reset(&play->scratch);
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
