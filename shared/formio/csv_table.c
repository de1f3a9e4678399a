#include "csv_table.h"

#include <math.h>
#include <string.h>

#include "csv_read.h"

#define STRIDE      16 /* rows from one noted place to the next */
#define BUCKETS     65536
#define OF_THE_ZONE BUCKETS       /* texts that may be dates: their number depends on the zone */
#define NO_BUCKET   (BUCKETS + 1) /* what is no number equals none */
#define WINDOW_MIN  4096
#define WINDOW_MAX  65536

struct index {
    const char *child; /* interned in `head_arena` */
    bool number;
    uint32_t *starts; /* [BUCKETS + 3]: where the rows of each bucket begin */
    uint32_t *rows;
};

struct csv_table {
    const struct mem *mem;
    struct csv_source source;
    const char *name;
    struct arena arena;     /* of the whole table: names, places */
    struct arena row_arena; /* of the row read last */
    uint8_t separator;
    struct csv_row head, row;
    uint64_t *places; /* [i]: where row i * STRIDE + 1 begins */
    size_t place_capacity;
    size_t count;
    /* what of the file is in memory, and which row begins where in it */
    struct buf window;
    uint64_t window_at;
    bool window_ends; /* with the file */
    uint64_t next_at; /* where the row `next` begins */
    size_t next;      /* from 1; 0: the head */
    struct index indexes[CSV_TABLE_INDEXES];
    size_t index_count;
};

/* ---- reading rows */

static enum err load(struct csv_table *table, uint64_t at, size_t size)
{
    buf_clear(&table->window);
    table->window_at = at;
    enum err e = table->source.read_at(table->source.ctx, at, size, &table->window);
    e = e != OK ? e : buf_error(&table->window);
    table->window_ends = e == OK && table->window.size < size;
    return e;
}

static size_t wider(size_t size)
{
    return size < WINDOW_MIN ? WINDOW_MIN : size < WINDOW_MAX ? size * 4 : size * 2;
}

/* From the window alone; false where it is cut off there. */
static enum err read_in_window(struct csv_table *table, bool *ret_whole, bool *ret_found)
{
    size_t from = (size_t)(table->next_at - table->window_at);
    struct span rest = span_cut(buf_span(&table->window), from, table->window.size);
    arena_reset(&table->row_arena);
    enum err e =
        csv_read_row_with(table->separator, &rest, &table->row_arena, &table->row, ret_found);
    *ret_whole = table->window_ends || (e == OK && rest.size > 0);
    if (*ret_whole && e == OK) {
        table->next_at = table->window_at + table->window.size - rest.size;
        table->next++;
    }
    return e == ERR_FORMAT && !*ret_whole ? OK : e;
}

/* The next row, into table->row. */
static enum err read_next(struct csv_table *table, bool *ret_found)
{
    bool whole = false;
    bool inside = table->next_at >= table->window_at &&
                  table->next_at <= table->window_at + table->window.size && table->window.size > 0;
    enum err e = inside ? read_in_window(table, &whole, ret_found) : OK;
    size_t size = inside ? table->window.size : 0;
    while (e == OK && !whole) {
        bool cut = inside && table->next_at == table->window_at; /* the row is larger */
        size = wider(size);
        size = cut || size < WINDOW_MAX ? size : WINDOW_MAX;
        if (size > 2 * CSV_ROW_MAX) {
            return ERR_FORMAT;
        }
        e = load(table, table->next_at, size);
        e = e != OK ? e : read_in_window(table, &whole, ret_found);
        inside = true;
    }
    return e;
}

static enum err fault(const struct csv_table *table, enum err e, struct diag *diag)
{
    return e == ERR_FORMAT
               ? diag_set(
                     diag, e, table->name,
                     "is no CSV with commas or semicolons, quotes closed, and at most 64 columns",
                     NULL)
               : diag_keep(diag, e);
}

/* Row `number` is the one that is read next. */
static void go_to(struct csv_table *table, size_t number)
{
    size_t place = (number - 1) / STRIDE;
    if (table->next < 1 || table->next > number || table->next < place * STRIDE + 1) {
        table->next = place * STRIDE + 1;
        table->next_at = table->places[place];
    }
}

static enum err read_row(struct csv_table *table, size_t number)
{
    bool found = true;
    enum err e = OK;
    go_to(table, number);
    while (e == OK && found && table->next <= number) {
        e = read_next(table, &found);
    }
    return e == OK && !found ? ERR_FORMAT : e; /* the file changed */
}

/* ---- the first pass */

static enum err note_place(struct csv_table *table, uint64_t at)
{
    size_t place = table->count / STRIDE;
    if (table->count % STRIDE != 0) {
        return OK;
    }
    if (place == table->place_capacity) {
        size_t capacity = place == 0 ? 256 : place * 2;
        uint64_t *places =
            table->mem->resize(table->mem->ctx, table->places, capacity * sizeof *places);
        if (places == NULL) {
            return ERR_NOMEM;
        }
        table->places = places;
        table->place_capacity = capacity;
    }
    table->places[place] = at;
    return OK;
}

static enum err read_head(struct csv_table *table, bool *ret_found)
{
    enum err e = load(table, 0, WINDOW_MIN);
    bool marked = e == OK && span_starts_with(buf_span(&table->window), "\xef\xbb\xbf");
    table->next_at = marked ? 3 : 0;
    table->separator = csv_separator_of(buf_span(&table->window));
    e = e != OK ? e : read_next(table, ret_found);
    e = e == OK && !csv_is_head(&table->row) ? ERR_FORMAT : e;
    table->head = table->row;
    for (size_t i = 0; e == OK && i < table->head.count; i++) {
        e = arena_copy(&table->arena, table->row.cells[i], &table->head.cells[i]);
    }
    return e;
}

static enum err read_all(struct csv_table *table)
{
    bool found = false;
    enum err e = read_head(table, &found);
    while (e == OK && found) {
        uint64_t at = table->next_at;
        e = read_next(table, &found);
        if (e == OK && found) {
            e = table->count == CSV_TABLE_ROWS ? ERR_TOO_LARGE : note_place(table, at);
            table->count++;
        }
    }
    return e;
}

enum err csv_table_new(const struct mem *mem, const struct csv_source *source, const char *name,
                       struct csv_table **ret, struct diag *diag)
{
    struct csv_table *table = mem->resize(mem->ctx, NULL, sizeof *table);
    if (table == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *table = (struct csv_table){.mem = mem, .source = *source};
    arena_init(&table->arena, mem, CSV_ROW_MAX * 2);
    arena_init(&table->row_arena, mem, CSV_ROW_MAX * 2);
    buf_init(&table->window, mem, 4 * CSV_ROW_MAX);
    table->name = arena_text(&table->arena, name);
    enum err e = table->name == NULL ? ERR_NOMEM : read_all(table);
    if (e != OK) {
        e = e == ERR_TOO_LARGE ? diag_set(diag, e, name, "16000000", NULL) : fault(table, e, diag);
        csv_table_free(table);
        return e;
    }
    *ret = table;
    return OK;
}

void csv_table_free(struct csv_table *table)
{
    if (table == NULL) {
        return;
    }
    const struct mem *mem = table->mem;
    for (size_t i = 0; i < table->index_count; i++) {
        (void)mem->resize(mem->ctx, table->indexes[i].starts, 0);
        (void)mem->resize(mem->ctx, table->indexes[i].rows, 0);
    }
    (void)mem->resize(mem->ctx, table->places, 0);
    buf_release(&table->window);
    arena_release(&table->row_arena);
    arena_release(&table->arena);
    (void)mem->resize(mem->ctx, table, 0);
}

size_t csv_table_count(const struct csv_table *table)
{
    return table->count;
}

/* ---- indexes */

static uint32_t bucket_of_text(struct span text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * 16777619u;
    }
    return (hash ^ (hash >> 16)) % BUCKETS;
}

static uint32_t bucket_of_number(double number)
{
    double plain = number == 0 ? 0 : number; /* -0 equals 0 */
    return bucket_of_text(span_from(&plain, sizeof plain));
}

static uint32_t bucket_of_cell(const struct index *index, struct span text)
{
    double number;
    if (!index->number) {
        return bucket_of_text(text);
    }
    if (!expr_text_number(text, &number)) {
        return OF_THE_ZONE;
    }
    return isnan(number) ? NO_BUCKET : bucket_of_number(number);
}

static size_t columns_named(const struct csv_table *table, const char *child)
{
    size_t count = 0;
    for (size_t i = 0; i < table->head.count; i++) {
        count += child[0] != '\0' && span_is(table->head.cells[i], child) ? 1 : 0;
    }
    return count;
}

/* The buckets of all cells of the column, `columns` of them a row. */
static enum err read_buckets(struct csv_table *table, const struct index *index, uint32_t *buckets)
{
    enum err e = OK;
    for (size_t row = 1; e == OK && row <= table->count; row++) {
        e = read_row(table, row);
        for (size_t i = 0; e == OK && i < table->head.count; i++) {
            struct span text = i < table->row.count ? table->row.cells[i] : (struct span){0};
            if (span_is(table->head.cells[i], index->child)) {
                *buckets++ = bucket_of_cell(index, text);
            }
        }
    }
    return e;
}

/* Counting sort: rows stay in order within a bucket. starts[b] ends as where bucket b begins. */
static void sort_rows(struct index *index, const uint32_t *buckets, size_t cells, size_t columns)
{
    for (size_t i = 0; i < cells; i++) {
        index->starts[buckets[i] + 1]++;
    }
    for (size_t i = 0; i < BUCKETS + 1; i++) {
        index->starts[i + 1] += index->starts[i];
    }
    for (size_t i = 0; i < cells; i++) {
        if (buckets[i] != NO_BUCKET) {
            index->rows[index->starts[buckets[i]]++] = (uint32_t)(i / columns + 1);
        }
    }
    memmove(index->starts + 1, index->starts, (BUCKETS + 1) * sizeof *index->starts);
    index->starts[0] = 0;
}

static enum err fill_index(struct csv_table *table, struct index *index)
{
    const struct mem *mem = table->mem;
    size_t columns = columns_named(table, index->child), cells = table->count * columns;
    uint32_t *buckets = mem->resize(mem->ctx, NULL, (cells + 1) * sizeof *buckets);
    index->rows = mem->resize(mem->ctx, NULL, (cells + 1) * sizeof *index->rows);
    enum err e = buckets == NULL || index->rows == NULL ? ERR_NOMEM : OK;
    e = e != OK ? e : read_buckets(table, index, buckets);
    if (e == OK) {
        sort_rows(index, buckets, cells, columns);
    }
    (void)mem->resize(mem->ctx, buckets, 0);
    return e;
}

static enum err make_index(struct csv_table *table, const char *child, bool number,
                           struct index **ret)
{
    struct index *index = &table->indexes[table->index_count];
    size_t size = (BUCKETS + 3) * sizeof *index->starts;
    *index = (struct index){.child = arena_text(&table->arena, child), .number = number};
    index->starts = table->mem->resize(table->mem->ctx, NULL, size);
    if (index->child == NULL || index->starts == NULL) {
        (void)table->mem->resize(table->mem->ctx, index->starts, 0);
        return ERR_NOMEM;
    }
    memset(index->starts, 0, size);
    enum err e = fill_index(table, index);
    if (e != OK) {
        (void)table->mem->resize(table->mem->ctx, index->starts, 0);
        (void)table->mem->resize(table->mem->ctx, index->rows, 0);
        return e;
    }
    table->index_count++;
    *ret = index;
    return OK;
}

/* NULL: there are as many as there may be, or it would be many times the rows. */
static enum err index_of(struct csv_table *table, const struct expr_equal *equal,
                         struct index **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < table->index_count; i++) {
        struct index *at = &table->indexes[i];
        if (at->number == equal->is_number && strcmp(at->child, equal->child) == 0) {
            *ret = at;
            return OK;
        }
    }
    return table->index_count == CSV_TABLE_INDEXES ||
                   columns_named(table, equal->child) > CSV_TABLE_ALIKE
               ? OK
               : make_index(table, equal->child, equal->is_number, ret);
}

/* ---- finding */

struct run { /* rows in order */
    const uint32_t *at, *end;
};

static struct run run_of(const struct index *index, uint32_t bucket, int64_t after)
{
    const uint32_t *low = index->rows + index->starts[bucket];
    const uint32_t *end = index->rows + index->starts[bucket + 1], *high = end;
    while (low < high) {
        const uint32_t *middle = low + (high - low) / 2;
        if ((int64_t)*middle <= after) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct run){low, end};
}

static size_t size_of(const struct index *index, const struct expr_equal *equal)
{
    uint32_t bucket =
        equal->is_number ? bucket_of_number(equal->number) : bucket_of_text(equal->text);
    size_t size = index->starts[bucket + 1] - index->starts[bucket];
    return size +
           (equal->is_number ? index->starts[OF_THE_ZONE + 1] - index->starts[OF_THE_ZONE] : 0);
}

static size_t take_runs(struct run a, struct run b, int64_t *rows, size_t room)
{
    size_t count = 0;
    while (count < room && (a.at < a.end || b.at < b.end)) {
        struct run *from = b.at == b.end || (a.at < a.end && *a.at <= *b.at) ? &a : &b;
        int64_t row = *from->at++;
        if (count == 0 || rows[count - 1] != row) { /* two columns of one name */
            rows[count++] = row;
        }
    }
    return count;
}

/* Cascades put the narrowest last; as soon as one leaves few no other is indexed. */
static enum err choose(struct csv_table *table, const struct expr_equal *equals, size_t count,
                       const struct expr_equal **ret, struct index **ret_index, bool *ret_none)
{
    size_t fewest = SIZE_MAX;
    enum err e = OK;
    for (size_t i = count; e == OK && i > 0 && fewest >= CSV_TABLE_FEW; i--) {
        const struct expr_equal *equal = &equals[i - 1];
        struct index *index;
        if (columns_named(table, equal->child) == 0) {
            *ret_none = *ret_none || equal->is_number || equal->text.size != 0;
            continue;
        }
        e = index_of(table, equal, &index);
        if (e == OK && index != NULL && size_of(index, equal) < fewest) {
            fewest = size_of(index, equal);
            *ret = equal;
            *ret_index = index;
        }
    }
    return e;
}

enum err csv_table_find(struct csv_table *table, const struct expr_equal *equals, size_t count,
                        int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                        struct diag *diag)
{
    const struct expr_equal *equal = NULL;
    struct index *index = NULL;
    bool none = false;
    size_t found = 0;
    enum err e = room == 0 ? OK : choose(table, equals, count, &equal, &index, &none);
    if (e != OK) {
        return fault(table, e, diag);
    }
    if (equal == NULL) {
        while (!none && found < room && after + (int64_t)found < (int64_t)table->count) {
            rows[found] = after + 1 + (int64_t)found;
            found++;
        }
    } else if (!none) {
        uint32_t bucket =
            equal->is_number ? bucket_of_number(equal->number) : bucket_of_text(equal->text);
        struct run other = {0};
        if (equal->is_number) {
            other = run_of(index, OF_THE_ZONE, after);
        }
        found = take_runs(run_of(index, bucket, after), other, rows, room);
    }
    *ret_count = found;
    return OK;
}

/* ---- items */

static enum err add(struct tree_node *item, struct span name, struct span text,
                    struct tree_names *names, struct arena *arena)
{
    struct tree_node *node = arena_alloc(arena, sizeof *node);
    struct span own = {0};
    if (node == NULL || arena_copy(arena, text, &own) != OK) {
        return ERR_NOMEM;
    }
    *node = (struct tree_node){.name = tree_name(names, name), .text = own};
    if (node->name == NULL) {
        return ERR_NOMEM;
    }
    tree_append(item, node);
    return OK;
}

enum err csv_table_row(struct csv_table *table, int64_t row, struct tree_names *names,
                       struct arena *arena, struct tree_node **ret, struct diag *diag)
{
    struct tree_node *item = arena_alloc(arena, sizeof *item);
    if (item == NULL) {
        return ERR_NOMEM;
    }
    if (row < 1 || (uint64_t)row > table->count) {
        *ret = NULL;
        return OK;
    }
    *item = (struct tree_node){.name = tree_name(names, span_of("item"))};
    enum err e = item->name == NULL ? ERR_NOMEM : read_row(table, (size_t)row);
    for (size_t i = 0; e == OK && i < table->head.count; i++) {
        struct span text = i < table->row.count ? table->row.cells[i] : (struct span){0};
        if (table->head.cells[i].size != 0) {
            e = add(item, table->head.cells[i], text, names, arena);
        }
    }
    *ret = item;
    return fault(table, e, diag);
}
