/*
 * tree.h - a tree of named nodes with text: what expressions walk over.
 *
 * The primary instance while it is filled (each node a member of the engine's own struct) and every
 * secondary instance are such trees. Names are interned in one struct tree_names for a form and its
 * expressions, so that two are equal when their pointers are. Above the root element stands the
 * document, a node without name and parent: "/" in a path.
 */
#ifndef TREE_H
#define TREE_H

#include "arena.h"
#include "buf.h"

struct tree_names; /* owns what it interned; freed with its arena */
struct tree_names *tree_names_new(struct arena *arena);            /* NULL: no memory */
const char *tree_name(struct tree_names *names, struct span name); /* NULL: no memory */

struct tree_node {
    struct tree_node *parent, *first, *last, *prev, *next; /* attributes before elements */
    const char *name; /* interned local name; of an attribute without '@' */
    struct span
        text;     /* of a leaf, which may have attributes; a node with elements in it has none */
    uint8_t kind; /* enum tree_kind: how its text reads as a value */
    bool attribute;
    bool
        repeat; /* one of several occurrences: absolute paths stay in the one they are asked from */
    bool hidden; /* not relevant: paths don't find it, nor what is below it */
    void *owner; /* whose tree it is: the engine's node; NULL in secondary instances */
};

/* What a bind makes of a text: a date compares as a date, a boolean is true or false. */
enum tree_kind {
    TREE_TEXT,
    TREE_NUMBER,
    TREE_BOOLEAN,
    TREE_DATE,
    TREE_TIME,
    TREE_DATETIME,
    TREE_SELECT
};

void tree_append(struct tree_node *parent, struct tree_node *child);
void tree_insert_after(struct tree_node *before, struct tree_node *node); /* same parent */
void tree_remove(struct tree_node *node);
struct tree_node *tree_child(const struct tree_node *parent, const char *interned_name);
/* -1, 0, 1 in document order; both of one tree. */
int tree_order(const struct tree_node *a, const struct tree_node *b);
/* No elements in it: its text is its own. */
bool tree_is_leaf(const struct tree_node *node);
/* Bytes of the string value (text of all leaves below, in order). */
void tree_text(const struct tree_node *node, struct buf *ret);

#endif
