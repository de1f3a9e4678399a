#include "tree.h"

#include <string.h>

#define NAME_BUCKETS 1024 /* a form has some hundreds of names; more only share buckets */

struct name {
    struct name *next;
    size_t size;
    char text[];
};

struct tree_names {
    struct arena *arena;
    struct name *buckets[NAME_BUCKETS];
};

struct tree_names *tree_names_new(struct arena *arena)
{
    struct tree_names *names = arena_alloc(arena, sizeof(*names));
    if (names != NULL) {
        names->arena = arena;
    }
    return names;
}

static size_t bucket_of(struct span name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.size; i++) {
        hash = (hash ^ name.data[i]) * 16777619u;
    }
    return hash % NAME_BUCKETS;
}

const char *tree_name(struct tree_names *names, struct span name)
{
    struct name **bucket = &names->buckets[bucket_of(name)];
    for (struct name *at = *bucket; at != NULL; at = at->next) {
        if (at->size == name.size && memcmp(at->text, name.data, name.size) == 0) {
            return at->text;
        }
    }
    struct name *made = arena_alloc(names->arena, sizeof(*made) + name.size + 1);
    if (made == NULL) {
        return NULL;
    }
    made->size = name.size;
    if (name.size != 0) {
        memcpy(made->text, name.data, name.size);
    }
    made->next = *bucket;
    *bucket = made;
    return made->text;
}

void tree_append(struct tree_node *parent, struct tree_node *child)
{
    child->parent = parent;
    child->prev = parent->last;
    child->next = NULL;
    if (parent->last != NULL) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
}

void tree_insert_after(struct tree_node *before, struct tree_node *node)
{
    node->parent = before->parent;
    node->prev = before;
    node->next = before->next;
    if (before->next != NULL) {
        before->next->prev = node;
    } else if (before->parent != NULL) {
        before->parent->last = node;
    }
    before->next = node;
}

void tree_remove(struct tree_node *node)
{
    if (node->prev != NULL) {
        node->prev->next = node->next;
    } else if (node->parent != NULL) {
        node->parent->first = node->next;
    }
    if (node->next != NULL) {
        node->next->prev = node->prev;
    } else if (node->parent != NULL) {
        node->parent->last = node->prev;
    }
    node->parent = node->prev = node->next = NULL;
}

struct tree_node *tree_child(const struct tree_node *parent, const char *interned_name)
{
    struct tree_node *child = parent->first;
    while (child != NULL && (child->attribute || child->name != interned_name)) {
        child = child->next;
    }
    return child;
}

static size_t depth_of(const struct tree_node *node)
{
    size_t depth = 0;
    for (; node->parent != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

int tree_order(const struct tree_node *a, const struct tree_node *b)
{
    if (a == b) {
        return 0;
    }
    size_t depth_a = depth_of(a), depth_b = depth_of(b);
    const struct tree_node *up_a = a, *up_b = b;
    for (; depth_a > depth_b; depth_a--) {
        up_a = up_a->parent;
    }
    for (; depth_b > depth_a; depth_b--) {
        up_b = up_b->parent;
    }
    if (up_a == up_b) {
        return up_a == a ? -1 : 1; /* one lies in the other, which comes first */
    }
    while (up_a->parent != up_b->parent) {
        up_a = up_a->parent;
        up_b = up_b->parent;
    }
    /* Siblings are mostly near: look both ways at once. */
    const struct tree_node *forward = up_a, *backward = up_a;
    while (forward != NULL || backward != NULL) {
        if (forward == up_b) {
            return -1;
        }
        if (backward == up_b) {
            return 1;
        }
        forward = forward == NULL ? NULL : forward->next;
        backward = backward == NULL ? NULL : backward->prev;
    }
    return a < b ? -1 : 1; /* of two trees: any order, but always the same */
}

bool tree_is_leaf(const struct tree_node *node)
{
    return node->last == NULL || node->last->attribute;
}

void tree_text(const struct tree_node *node, struct buf *ret)
{
    /* Walks down and back up by links, since depth is the form's choice. */
    const struct tree_node *at = node;
    for (;;) {
        if (!tree_is_leaf(at)) {
            at = at->first;
            continue;
        }
        if (at == node || !at->attribute) {
            buf_add_span(ret, at->text);
        }
        while (at != node && at->next == NULL) {
            at = at->parent;
        }
        if (at == node) {
            return;
        }
        at = at->next;
    }
}
