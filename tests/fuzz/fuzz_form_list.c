/*
 * Lists beside a form: any bytes as CSV, GeoJSON or XML (the first byte chooses). What is read is
 * read the same again; a CSV gives the same rows as a table, whatever it is filtered by.
 */
#include <string.h>

#include "csv_table.h"
#include "form_list.h"
#include "fuzz.h"

struct reading {
    struct arena arena;
    struct tree_names *names;
    struct tree_node *document;
};

static enum err read_list(struct span text, const char *name, struct reading *ret)
{
    struct diag diag = {0};
    arena_init(&ret->arena, fuzz_mem(), 4 * FUZZ_ARENA_MAX);
    ret->names = tree_names_new(&ret->arena);
    enum err e =
        form_list_read(fuzz_mem(), text, name, ret->names, &ret->arena, &ret->document, &diag);
    fuzz_insist(e == OK || e == ERR_NOMEM || diag.code == e);
    return e;
}

static bool same(const struct tree_node *a, const struct tree_node *b)
{
    if ((a->name == NULL) != (b->name == NULL) ||
        (a->name != NULL && strcmp(a->name, b->name) != 0) || !span_equal(a->text, b->text) ||
        a->attribute != b->attribute) {
        return false;
    }
    const struct tree_node *x = a->first, *y = b->first;
    while (x != NULL && y != NULL && same(x, y)) {
        x = x->next;
        y = y->next;
    }
    return x == NULL && y == NULL;
}

static enum err read_at(void *ctx, uint64_t offset, size_t size, struct buf *ret)
{
    const struct span *file = ctx;
    buf_add_span(ret, span_cut(*file, offset < file->size ? (size_t)offset : file->size, size));
    return OK;
}

static bool is_found(struct csv_table *table, const struct expr_equal *equal, int64_t row)
{
    int64_t found = 0;
    size_t count = 0;
    enum err e = csv_table_find(table, equal, 1, row - 1, &found, 1, &count, NULL);
    return e == ERR_NOMEM || (e == OK && count == 1 && found == row);
}

/* By each cell of the row, its row is found. */
static void check_row(struct csv_table *table, const struct tree_node *item, int64_t row)
{
    double number;
    for (const struct tree_node *at = item->first; at != NULL; at = at->next) {
        const struct expr_equal by_text = {.child = at->name, .text = at->text};
        fuzz_insist(is_found(table, &by_text, row));
        if (expr_text_number(at->text, &number) && number == number) {
            const struct expr_equal by_number = {
                .child = at->name, .is_number = true, .number = number};
            fuzz_insist(is_found(table, &by_number, row));
        }
    }
}

static void check_table(struct span text, struct reading *whole, bool readable)
{
    const struct csv_source source = {&text, read_at};
    struct csv_table *table = NULL;
    struct diag diag = {0};
    enum err e = csv_table_new(fuzz_mem(), &source, "f.csv", &table, &diag);
    fuzz_insist(e == ERR_NOMEM || (e == OK) == readable);
    if (e != OK) {
        return;
    }
    const struct tree_node *item = whole->document->first->first;
    for (int64_t row = 1; item != NULL && row < 200; row++, item = item->next) {
        struct tree_node *made = NULL;
        e = csv_table_row(table, row, whole->names, &whole->arena, &made, &diag);
        fuzz_insist(e == ERR_NOMEM || (e == OK && made != NULL && same(made, item)));
        if (e == OK) {
            check_row(table, item, row);
        }
    }
    csv_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"f.csv", "f.geojson", "f.xml"};
    struct reading one, other;
    if (size == 0) {
        return 0;
    }
    size_t which = data[0] % 3;
    struct span text = span_from(data + 1, size - 1);
    enum err e = read_list(text, names[which], &one);
    enum err again = read_list(text, names[which], &other);
    fuzz_insist(e == again);
    fuzz_insist(e != OK || same(one.document, other.document));
    if (which == 0 && e != ERR_NOMEM) {
        check_table(text, &one, e == OK);
    }
    arena_release(&one.arena);
    arena_release(&other.arena);
    return 0;
}
