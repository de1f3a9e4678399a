/*
 * test_tree.h - a tree of nodes from a line: "data(name=Ali age#42 member*(n=1) member*(n=2))".
 *
 * After a name: '=' text, '#' a number, '%' a date, '?' a boolean, '~' a time of day; '*' an
 * occurrence of a repeat; '!' not relevant; '@' before it an attribute; children in brackets. A
 * text ends at a space or bracket; '_' stands for a space in it.
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "tree.h"

struct tree_reader {
    struct arena *arena;
    struct tree_names *names;
    const char *at;
};

static void read_tree(struct tree_reader *reader, struct tree_node *parent);

static inline void read_text_of(struct tree_reader *reader, struct tree_node *node)
{
    size_t size = strcspn(reader->at, " ()");
    char *text = arena_alloc(reader->arena, size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) {
        text[i] = reader->at[i] == '_' ? ' ' : reader->at[i];
    }
    node->text = span_from(text, size);
    reader->at += size;
}

static inline void read_marks(struct tree_reader *reader, struct tree_node *node)
{
    for (;; reader->at++) {
        if (*reader->at == '*') {
            node->repeat = true;
        } else if (*reader->at == '!') {
            node->hidden = true;
        } else {
            break;
        }
    }
    static const char marks[] = "=#%?~";
    static const enum tree_kind kinds[] = {TREE_TEXT, TREE_NUMBER, TREE_DATE, TREE_BOOLEAN,
                                           TREE_TIME};
    const char *mark = *reader->at == '\0' ? NULL : strchr(marks, *reader->at);
    if (mark != NULL) {
        node->kind = (uint8_t)kinds[mark - marks];
        reader->at++;
        read_text_of(reader, node);
    }
}

static inline void read_node(struct tree_reader *reader, struct tree_node *parent)
{
    struct tree_node *node = arena_alloc(reader->arena, sizeof(*node));
    assert_non_null(node);
    if (*reader->at == '@') {
        node->attribute = true;
        reader->at++;
    }
    size_t size = strcspn(reader->at, "=#%?~*!() ");
    node->name = tree_name(reader->names, span_from(reader->at, size));
    reader->at += size;
    read_marks(reader, node);
    tree_append(parent, node);
    if (*reader->at == '(') {
        reader->at++;
        read_tree(reader, node);
        assert_int_equal(*reader->at, ')');
        reader->at++;
    }
}

static inline void read_tree(struct tree_reader *reader, struct tree_node *parent)
{
    while (*reader->at != '\0' && *reader->at != ')') {
        if (*reader->at == ' ') {
            reader->at++;
            continue;
        }
        read_node(reader, parent);
    }
}

/* The document above what `line` says. */
static inline struct tree_node *test_tree(struct arena *arena, struct tree_names *names,
                                          const char *line)
{
    struct tree_node *document = arena_alloc(arena, sizeof(*document));
    assert_non_null(document);
    struct tree_reader reader = {arena, names, line};
    read_tree(&reader, document);
    assert_int_equal(*reader.at, '\0');
    return document;
}

/* The node that child names lead to from the document, "data/member[2]/n" with numbers from 1. */
static inline struct tree_node *test_tree_at(struct tree_node *document, const char *path)
{
    struct tree_node *node = document;
    while (*path != '\0') {
        size_t size = strcspn(path, "/[");
        long number = 1;
        const char *rest = path + size;
        if (*rest == '[') {
            char *end;
            number = strtol(rest + 1, &end, 10);
            rest = end + 1;
        }
        struct tree_node *child = node->first;
        for (;; child = child->next) {
            assert_non_null(child);
            bool same = strlen(child->name) == size && strncmp(child->name, path, size) == 0;
            if (same && --number == 0) {
                break;
            }
        }
        node = child;
        path = *rest == '/' ? rest + 1 : rest;
    }
    return node;
}

#endif
