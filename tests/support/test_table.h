/*
 * test_table.h - a list as a table: what a host does for a list that isn't in memory, at its
 * worst. Row numbers have gaps, some rows are gone, and find() gives more than fits.
 */
#ifndef TEST_TABLE_H
#define TEST_TABLE_H

#include <string.h>

#include "expr.h"
#include "tree.h"

struct test_table {
    const char *name;
    const struct tree_node *document;
    const struct expr_host *host; /* for numbers */
    size_t find_calls, row_calls;
    size_t equal_count;         /* of the last find */
    const struct tree_node *at; /* looked at last, so that a walk isn't quadratic */
    int64_t at_row;
};

/* Items are rows 3, 6, 9...; all others are gone, so to say. */
static inline const struct tree_node *test_table_item(struct test_table *table, int64_t row)
{
    if (table->at == NULL || row < table->at_row) {
        table->at = table->document->first->first;
        table->at_row = 3;
    }
    while (table->at != NULL && table->at_row + 3 <= row) {
        table->at = table->at->next;
        table->at_row += 3;
    }
    return row % 3 == 0 && row >= 3 ? table->at : NULL;
}

static inline bool test_table_may_fit(const struct test_table *table, const struct tree_node *item,
                                      const struct expr_equal *equal)
{
    bool any = false, fits = false;
    for (struct tree_node *at = item->first; at != NULL; at = at->next) {
        if (strcmp(at->name, equal->child) != 0) {
            continue;
        }
        struct expr_value value = {.type = EXPR_STRING, .text = at->text};
        any = true;
        fits = fits || (equal->is_number ? expr_to_number(&value, table->host) == equal->number
                                         : span_equal(at->text, equal->text));
    }
    return fits || (!any && !equal->is_number && equal->text.size == 0);
}

static inline enum err test_table_find(struct test_table *table, const char *name,
                                       const struct expr_equal *equals, size_t count, int64_t after,
                                       int64_t *rows, size_t room, size_t *ret_count)
{
    if (strcmp(name, table->name) != 0) {
        return ERR_NOT_FOUND;
    }
    table->find_calls++;
    table->equal_count = room == 0 ? table->equal_count : count;
    size_t found = 0;
    int64_t row = after < 3 ? 3 : after / 3 * 3;
    const struct tree_node *at = room == 0 ? NULL : test_table_item(table, row);
    for (; at != NULL && found < room; at = at->next, row += 3) {
        bool fits = row % 5 == 0; /* too many, never too few */
        bool all = true;
        for (size_t i = 0; i < count; i++) {
            all = all && test_table_may_fit(table, at, &equals[i]);
        }
        if (row > after && (fits || all)) {
            rows[found++] = row;
        }
        if (row + 1 > after && found < room && row % 4 == 0) {
            rows[found++] = row + 1; /* a row that is gone by the time it is asked for */
        }
    }
    *ret_count = found;
    return OK;
}

static inline enum err test_table_row(struct test_table *table, int64_t row, struct arena *arena,
                                      struct tree_node **ret)
{
    const struct tree_node *item = test_table_item(table, row);
    *ret = NULL;
    table->row_calls++;
    if (item == NULL) {
        return OK;
    }
    struct tree_node *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return ERR_NOMEM;
    }
    made->name = item->name;
    for (const struct tree_node *at = item->first; at != NULL; at = at->next) {
        struct tree_node *child = arena_alloc(arena, sizeof *child);
        struct span text = {0};
        if (child == NULL || arena_copy(arena, at->text, &text)) {
            return ERR_NOMEM;
        }
        *child = (struct tree_node){.name = at->name, .text = text, .kind = at->kind};
        tree_append(made, child);
    }
    *ret = made;
    return OK;
}

#endif
