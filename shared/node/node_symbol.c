/*
 * node_symbol.c - names to local numbers: a small table in memory over table symbol.
 *
 * A node meets a few hundred names (scopes, compartments, registers, types), each thousands of
 * times; open addressing by the text's hash keeps a lookup to one probe or two.
 */
#include <string.h>

#include "node_internal.h"

static size_t text_slot(struct span text, size_t capacity)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * 1099511628211u;
    }
    return (size_t)(hash & (capacity - 1));
}

static void place_entry(struct symbol_entry *table, size_t capacity, struct symbol_entry entry)
{
    size_t slot = text_slot(span_of(entry.text), capacity);
    while (table[slot].text) {
        slot = (slot + 1) & (capacity - 1);
    }
    table[slot] = entry;
}

static enum err grow(struct node *node)
{
    const struct mem *mem = &node->host->mem;
    size_t capacity = node->symbol_capacity ? node->symbol_capacity * 2 : 256;
    struct symbol_entry *table = mem->resize(mem->ctx, NULL, capacity * sizeof *table);
    if (!table) {
        return ERR_NOMEM;
    }
    memset(table, 0, capacity * sizeof *table);
    for (size_t i = 0; i < node->symbol_capacity; i++) {
        if (node->symbols[i].text) {
            place_entry(table, capacity, node->symbols[i]);
        }
    }
    mem->resize(mem->ctx, node->symbols, 0);
    node->symbols = table;
    node->symbol_capacity = capacity;
    return OK;
}

/* Ids are dense and few, so an array finds a text by id. */
static enum err remember_text(struct node *node, int64_t id, const char *text)
{
    const struct mem *mem = &node->host->mem;
    size_t index = (size_t)id;
    if (index >= node->symbol_texts_capacity) {
        size_t capacity = node->symbol_texts_capacity ? node->symbol_texts_capacity : 256;
        while (capacity <= index) {
            capacity *= 2;
        }
        const char **texts =
            mem->resize(mem->ctx, (void *)node->symbol_texts, capacity * sizeof *texts);
        if (!texts) {
            return ERR_NOMEM;
        }
        for (size_t i = node->symbol_texts_capacity; i < capacity; i++) {
            texts[i] = NULL;
        }
        node->symbol_texts = texts;
        node->symbol_texts_capacity = capacity;
    }
    node->symbol_texts[index] = text;
    return OK;
}

static enum err remember(struct node *node, struct span text, int64_t id, const char **ret)
{
    if ((node->symbol_count + 1) * 2 > node->symbol_capacity) {
        enum err e = grow(node);
        if (e) {
            return e;
        }
    }
    char *copy = arena_span_text(&node->symbol_arena, text);
    if (!copy) {
        return ERR_NOMEM;
    }
    place_entry(node->symbols, node->symbol_capacity, (struct symbol_entry){id, copy});
    node->symbol_count++;
    if (ret) {
        *ret = copy;
    }
    return remember_text(node, id, copy);
}

void symbols_forget(struct node *node)
{
    if (node->symbols) {
        memset(node->symbols, 0, node->symbol_capacity * sizeof *node->symbols);
    }
    for (size_t i = 0; i < node->symbol_texts_capacity; i++) {
        node->symbol_texts[i] = NULL;
    }
    node->symbol_count = 0;
    arena_reset(&node->symbol_arena);
}

static int64_t cached(const struct node *node, struct span text)
{
    if (node->symbol_capacity == 0) {
        return 0;
    }
    size_t slot = text_slot(text, node->symbol_capacity);
    while (node->symbols[slot].text) {
        if (span_is(text, node->symbols[slot].text)) {
            return node->symbols[slot].id;
        }
        slot = (slot + 1) & (node->symbol_capacity - 1);
    }
    return 0;
}

enum err symbol_find(struct node *node, struct span text, int64_t *ret)
{
    int64_t id = cached(node, text);
    if (id == 0) {
        struct stmt *s = db_stmt(node->db, SYMBOL_BY_TEXT);
        stmt_bind_text(s, 1, text);
        if (stmt_row(s)) {
            id = stmt_i64(s, 0);
        }
        enum err e = stmt_end(s);
        if (!e && id) {
            e = remember(node, text, id, NULL);
        }
        if (e) {
            return e;
        }
    }
    *ret = id;
    return OK;
}

enum err symbol_id(struct node *node, struct span text, int64_t *ret)
{
    int64_t id = 0;
    enum err e = symbol_find(node, text, &id);
    if (!e && id == 0) {
        struct stmt *s = db_stmt(node->db, SYMBOL_ADD);
        stmt_bind_text(s, 1, text);
        e = stmt_run(s);
        if (!e) {
            id = db_last_id(node->db);
            e = remember(node, text, id, NULL);
        }
    }
    if (!e) {
        *ret = id;
    }
    return e;
}

enum err symbol_text(struct node *node, int64_t id, const char **ret)
{
    if (id >= 0 && (size_t)id < node->symbol_texts_capacity && node->symbol_texts[id]) {
        *ret = node->symbol_texts[id];
        return OK;
    }
    struct stmt *s = db_stmt(node->db, SYMBOL_BY_ID);
    stmt_bind_i64(s, 1, id);
    enum err e = OK;
    const char *text = NULL;
    if (stmt_row(s)) {
        e = remember(node, stmt_span(s, 0), id, &text);
    } else {
        e = ERR_INTERNAL;
    }
    enum err end = stmt_end(s);
    e = end ? end : e;
    if (!e) {
        *ret = text;
    }
    return e;
}
