#include <string.h>

#include "play_screen.h"

/* ---- nodes */

static struct play_node *alloc_node(struct play *play)
{
    const struct mem *mem = play->host.mem;
    struct play_node *node = mem->resize(mem->ctx, NULL, sizeof(*node));
    if (node != NULL) {
        memset(node, 0, sizeof(*node));
        buf_init(&node->text, mem, XFORM_EXPRESSION_MAX * 16);
        play->node_count++;
    }
    return node;
}

enum err node_set_text(struct play_node *node, struct span text)
{
    /* Written beside what stands, since the new text may be a part of it. */
    struct buf made;
    buf_init(&made, node->text.mem, node->text.max_size);
    buf_add_span(&made, text);
    enum err e = buf_error(&made);
    if (e != OK) {
        buf_release(&made);
        return e;
    }
    buf_release(&node->text);
    node->text = made;
    node->tree.text = buf_span(&node->text);
    return OK;
}

static enum err add_children(struct play *play, struct play_node *node)
{
    enum err e = OK;
    for (const struct xform_node *at = node->def->node->first; e == OK && at != NULL;
         at = at->next) {
        struct def *def = def_of(play, at);
        bool counted = def->rules[RULE_COUNT] != NO_RULE;
        size_t count = !at->repeat ? 1 : counted ? 0 : at->occurrences;
        for (size_t i = 0; e == OK && i < count; i++) {
            struct play_node *child;
            e = node_new(play, def, &child);
            if (e == OK) {
                tree_append(&node->tree, &child->tree);
            }
        }
    }
    return e;
}

enum err node_new(struct play *play, struct def *def, struct play_node **ret)
{
    struct play_node *node = play->node_count >= PLAY_NODES_MAX ? NULL : alloc_node(play);
    if (node == NULL) {
        return ERR_NOMEM;
    }
    play->screens_stand = false;
    node->def = def;
    node->relevant = true;
    node->tree.name = def->name;
    node->tree.kind = (uint8_t)kind_of_data(def->node->data);
    node->tree.attribute = def->node->attribute;
    node->tree.repeat = def->node->repeat;
    node->tree.owner = node;
    if (def->node->repeat) {
        play->host.random(play->host.ctx, node->id, sizeof(node->id));
    }
    enum err e = OK;
    if (def->node->initial != NULL && def->node->initial[0] != '\0' && !def->is_group) {
        e = node_set_text(node, span_of(def->node->initial));
    }
    e = e != OK ? e : add_children(play, node);
    if (e != OK) {
        node_free(play, node);
        return e;
    }
    *ret = node;
    return OK;
}

/* What is queued for a node must not outlive it. */
static void forget_queued(struct play *play, struct play_node *node)
{
    for (size_t kind = 0; kind < RULE_KINDS; kind++) {
        struct rule *rule = node->def == NULL || node->def->rules[kind] == NO_RULE
                                ? NULL
                                : &play->rules[node->def->rules[kind]];
        for (size_t i = 0; rule != NULL && node->queued[kind] && i < rule->pending_count; i++) {
            if (rule->pending[i] == node) {
                rule->pending[i] = NULL;
            }
        }
    }
    /* A count is queued at the parent of its repeat. */
    for (const struct xform_node *at = node->def == NULL ? NULL : node->def->node->first;
         at != NULL; at = at->next) {
        size_t index = def_of(play, at)->rules[RULE_COUNT];
        for (size_t i = 0; index != NO_RULE && i < play->rules[index].pending_count; i++) {
            if (play->rules[index].pending[i] == node) {
                play->rules[index].pending[i] = NULL;
            }
        }
    }
}

void node_free(struct play *play, struct play_node *node)
{
    struct tree_node *child = node->tree.first;
    while (child != NULL) {
        struct tree_node *next = child->next;
        node_free(play, node_of(child));
        child = next;
    }
    forget_queued(play, node);
    if (play->at == node) {
        play->at = NULL;
    }
    play->screens_stand = false;
    buf_release(&node->text);
    (void)play->host.mem->resize(play->host.mem->ctx, node, 0);
    play->node_count--;
}

/* ---- paths with numbers */

static struct play_node *nth_child(const struct play_node *parent, struct span name, size_t number)
{
    bool attribute = span_starts_with(name, "@");
    name = attribute ? span_cut(name, 1, name.size) : name;
    for (struct tree_node *at = parent->tree.first; at != NULL; at = at->next) {
        if (at->attribute == attribute && span_is(name, at->name) && --number == 0) {
            return node_of(at);
        }
    }
    return NULL;
}

/* "member[2]" -> "member" and 2; false for what is no number. */
static bool read_number(struct span *step, size_t *ret)
{
    *ret = 1;
    size_t open = 0;
    while (open < step->size && step->data[open] != '[') {
        open++;
    }
    if (open == step->size) {
        return true;
    }
    struct span digits = span_cut(*step, open + 1, step->size);
    size_t number = 0, i = 0;
    for (; i < digits.size && digits.data[i] >= '0' && digits.data[i] <= '9' && i < 9; i++) {
        number = number * 10 + (size_t)(digits.data[i] - '0');
    }
    *step = span_cut(*step, 0, open);
    *ret = number;
    return i > 0 && number > 0 && i + 1 == digits.size && digits.data[i] == ']';
}

struct play_node *node_at(struct play *play, struct span path)
{
    struct span step;
    size_t number;
    if (play->root == NULL || !span_split(&path, '/', &step) || step.size != 0 ||
        !span_split(&path, '/', &step) || !span_is(step, play->root->def->name)) {
        return NULL;
    }
    struct play_node *node = play->root;
    while (node != NULL && span_split(&path, '/', &step)) {
        node = read_number(&step, &number) ? nth_child(node, step, number) : NULL;
    }
    return node;
}

static size_t number_of(const struct play_node *node)
{
    size_t number = 1;
    for (const struct tree_node *at = node->tree.prev; at != NULL; at = at->prev) {
        number += at->name == node->tree.name && !at->attribute ? 1 : 0;
    }
    return number;
}

void node_path(const struct play_node *node, struct buf *ret)
{
    if (node == NULL || node->def == NULL) {
        return;
    }
    node_path(node_of(node->tree.parent), ret);
    buf_add_text(ret, node->tree.attribute ? "/@" : "/");
    buf_add_text(ret, node->tree.name);
    if (node->tree.repeat) {
        buf_add_format(ret, "[%zu]", number_of(node));
    }
}

void node_put_path(const struct play *play, const struct play_node *node, struct json_writer *json)
{
    struct buf path;
    buf_init(&path, play->host.mem, XFORM_EXPRESSION_MAX);
    node_path(node, &path);
    json_put_span(json, buf_span(&path));
    if (buf_error(&path) != OK) {
        json->buf->failed = buf_error(&path);
    }
    buf_release(&path);
}

/* ---- walking */

static enum err each_below(struct play *play, struct play_node *node, const size_t *way,
                           size_t way_count, node_visitor *visit, void *ctx)
{
    if (way_count == 0) {
        return visit(play, node, ctx);
    }
    const struct def *next = &play->defs[way[way_count - 1]];
    for (struct tree_node *at = node->tree.first; at != NULL;) {
        struct tree_node *after = at->next;
        if (node_of(at)->def == next) {
            enum err e = each_below(play, node_of(at), way, way_count - 1, visit, ctx);
            if (e != OK) {
                return e;
            }
            if (!next->node->repeat) {
                break;
            }
        }
        at = after;
    }
    return OK;
}

enum err each_node(struct play *play, struct play_node *base, const struct def *def,
                   node_visitor *visit, void *ctx)
{
    size_t way[XFORM_DEPTH_MAX + 1], count = 0;
    for (size_t up = def->index; up != base->def->index; up = play->defs[up].parent) {
        if (up == NO_DEF || count == XFORM_DEPTH_MAX) {
            return OK; /* not below it */
        }
        way[count++] = up;
    }
    return each_below(play, base, way, count, visit, ctx);
}

struct play_node *node_following(const struct play_node *node, const struct play_node *top)
{
    const struct tree_node *at = &node->tree;
    if (at->first != NULL) {
        return node_of(at->first);
    }
    while (at != &top->tree && at->next == NULL) {
        at = at->parent;
    }
    return at == &top->tree ? NULL : node_of(at->next);
}

bool node_is_relevant(const struct play_node *node)
{
    for (const struct tree_node *at = &node->tree; at != NULL; at = at->parent) {
        if (at->hidden) {
            return false;
        }
    }
    return true;
}

/* ---- repeats */

size_t repeat_count(const struct play_node *parent, const struct def *repeat)
{
    size_t count = 0;
    for (const struct tree_node *at = parent->tree.first; at != NULL; at = at->next) {
        count += at->owner != NULL && ((const struct play_node *)at->owner)->def == repeat ? 1 : 0;
    }
    return count;
}

struct play_node *repeat_at(const struct play_node *parent, const struct def *repeat, size_t index)
{
    for (struct tree_node *at = parent->tree.first; at != NULL; at = at->next) {
        if (node_of(at)->def == repeat && index-- == 0) {
            return node_of(at);
        }
    }
    return NULL;
}

/* After the last one, or where its first one belongs. */
static void insert_in_order(struct play_node *parent, struct play_node *node)
{
    struct tree_node *before = NULL;
    for (struct tree_node *at = parent->tree.first; at != NULL; at = at->next) {
        if (node_of(at)->def->index <= node->def->index) {
            before = at;
        }
    }
    if (before != NULL) {
        tree_insert_after(before, &node->tree);
        return;
    }
    struct tree_node *first = parent->tree.first;
    node->tree.parent = &parent->tree;
    node->tree.next = first;
    parent->tree.first = &node->tree;
    if (first != NULL) {
        first->prev = &node->tree;
    } else {
        parent->tree.last = &node->tree;
    }
}

/* As many occurrences as `number` says, without what else comes with a new one. */
static enum err make_occurrences(struct play *play, struct play_node *parent, struct span name,
                                 size_t number, struct diag *diag)
{
    const struct xform_node *at = parent->def->node->first;
    while (at != NULL && !(at->repeat && span_is(name, at->name))) {
        at = at->next;
    }
    struct def *repeat = at == NULL ? NULL : def_of(play, at);
    if (repeat != NULL && number > PLAY_REPEATS_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, at->name, "10000", NULL);
    }
    enum err e = OK;
    for (size_t have = repeat == NULL ? number : repeat_count(parent, repeat);
         e == OK && have < number; have++) {
        struct play_node *made;
        e = node_new(play, repeat, &made);
        if (e == OK) {
            insert_in_order(parent, made);
        }
    }
    return e;
}

enum err node_make_at(struct play *play, struct span path, struct play_node **ret,
                      struct diag *diag)
{
    struct play_node *node = play->root;
    struct span step;
    size_t number;
    enum err e = OK;
    (void)span_split(&path, '/', &step);
    bool fits = span_split(&path, '/', &step) && span_is(step, node->def->name);
    while (e == OK && fits && node != NULL && span_split(&path, '/', &step)) {
        fits = read_number(&step, &number);
        e = fits ? make_occurrences(play, node, step, number, diag) : OK;
        node = e == OK && fits ? nth_child(node, step, number) : NULL;
    }
    *ret = fits ? node : NULL;
    return e;
}

/* Those that it brings with it are as new as itself. */
static enum err tell_new(struct play *play, struct play_node *node, struct diag *diag)
{
    enum err e = OK;
    for (struct play_node *at = node; e == OK && at != NULL; at = node_following(at, node)) {
        if (at->tree.repeat) {
            e = run_actions(play, XFORM_NEW_REPEAT, at->def->node, at, diag);
        }
    }
    return e;
}

enum err repeat_add(struct play *play, struct play_node *parent, struct def *repeat,
                    struct play_node **ret, struct diag *diag)
{
    if (repeat_count(parent, repeat) >= PLAY_REPEATS_MAX || play->node_count >= PLAY_NODES_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, repeat->node->name, "10000", NULL);
    }
    struct play_node *node;
    enum err e = node_new(play, repeat, &node);
    if (e != OK) {
        return e;
    }
    insert_in_order(parent, node);
    e = run_preloads(play, node, false, diag);
    e = e != OK ? e : queue_all(play, node);
    e = e != OK ? e : queue_dependents(play, node, true);
    e = e != OK ? e : tell_new(play, node, diag);
    if (e == OK) {
        *ret = node;
    }
    return e;
}

enum err repeat_remove(struct play *play, struct play_node *node)
{
    struct tree_node *parent = node->tree.parent;
    tree_remove(&node->tree);
    node->tree.parent = parent; /* so that what lies above is found */
    enum err e = queue_dependents(play, node, true);
    node_free(play, node);
    return e;
}

enum err play_take_occurrence(struct play *play, const struct xform_node *repeat, size_t number,
                              const uint8_t id[16], bool *ret, struct diag *diag)
{
    struct def *def = def_of(play, repeat);
    struct buf path;
    buf_init(&path, play->host.mem, XFORM_EXPRESSION_MAX);
    xform_path(repeat->parent, &path);
    struct play_node *parent = node_at(play, buf_span(&path));
    enum err e = buf_error(&path);
    buf_release(&path);
    size_t have = e != OK || parent == NULL ? number : repeat_count(parent, def);
    bool open = def->control == NULL || repeat_is_open(play, def->control);
    for (; e == OK && open && have < number; have++) {
        struct play_node *made;
        e = repeat_add(play, parent, def, &made, diag);
        e = e != OK ? e : compute(play, diag);
    }
    *ret = e == OK && parent != NULL && have >= number;
    if (*ret) {
        memcpy(repeat_at(parent, def, number - 1)->id, id, sizeof(parent->id));
    }
    return e;
}
