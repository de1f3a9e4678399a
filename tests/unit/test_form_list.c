/* form_list and csv_table: the lists that lie beside a form, read whole and as tables. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "csv_table.h"
#include "form_list.h"
#include "random_filter.h"
#include "test_mem.h"
#include "test_tree.h"

static const char DATA[] = "data(t=1 u=x n#2 d%2026-01-01 empty m*(=1) m*(=x) m*(=2))";

struct bench {
    struct test_mem memory;
    struct arena names_arena, arena;
    struct tree_names *names;
    struct tree_node *data, *whole;
    struct buf file;
    struct csv_table *table;
    size_t read_bytes;
    struct expr_host host;
};

static void set_up(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    const struct mem *mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->names_arena, mem, 64u << 20);
    arena_init(&bench->arena, mem, 64u << 20);
    buf_init(&bench->file, mem, 64u << 20);
    bench->names = tree_names_new(&bench->names_arena);
    bench->data = test_tree(&bench->names_arena, bench->names, DATA);
}

static void tear_down(struct bench *bench)
{
    csv_table_free(bench->table);
    buf_release(&bench->file);
    arena_release(&bench->arena);
    arena_release(&bench->names_arena);
    assert_int_equal(bench->memory.live_count, 0);
}

/* "root(item(a=1)..)" as text, or the failure. */
static void add_tree(const struct tree_node *node, struct buf *ret)
{
    buf_add_text(ret, node->attribute ? "@" : "");
    buf_add_text(ret, node->name == NULL ? "" : node->name);
    if (node->text.size != 0) {
        buf_add_text(ret, "=");
        buf_add_span(ret, node->text);
    }
    buf_add_text(ret, node->first != NULL ? "(" : "");
    for (const struct tree_node *at = node->first; at != NULL; at = at->next) {
        add_tree(at, ret);
        buf_add_text(ret, at->next != NULL ? " " : "");
    }
    buf_add_text(ret, node->first != NULL ? ")" : "");
}

static void list_of(struct bench *bench, const char *text, const char *name, char *ret, size_t size)
{
    struct diag diag = {0};
    struct buf shown;
    struct tree_node *document = NULL;
    buf_init(&shown, &bench->memory.mem, 60000);
    enum err e = form_list_read(&bench->memory.mem, span_of(text), name, bench->names,
                                &bench->arena, &document, &diag);
    if (e == OK) {
        add_tree(document, &shown);
        span_text(buf_span(&shown), ret, size);
    } else {
        (void)snprintf(ret, size, "%s: %s, %s", err_name(e), diag.args[0], diag.args[1]);
    }
    buf_release(&shown);
}

static void files_become_the_lists_that_odk_makes_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *list;
    } rows[] = {
        {"a.csv", "name,label\na,Alpha\nb,\"B, \"\"b\"\"\"\n",
         "(root(item(name=a label=Alpha) item(name=b label=B, \"b\")))"},
        {"a.csv", "\xef\xbb\xbfname,,n\r\n\r\na,x,\r\nb", "(root(item(name=a n) item(name=b n)))"},
        {"a.csv", "", "(root)"},
        {"a.csv", "name\n\"a",
         "bad_format: a.csv, is no CSV with commas or semicolons, quotes closed, and at "
         "most 64 columns"},
        {"a.csv", "name;label\na;Alpha, one\n\"b;c\";Beta\n",
         "(root(item(name=a label=Alpha, one) item(name=b;c label=Beta)))"},
        {"a.csv", "\"a\"\";b\",label\n1,x;y\n", "(root(item(a\";b=1 label=x;y)))"},
        {"a.geojson",
         "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":7,"
         "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-6.5,31.25]},\"properties\":"
         "{\"name\":\"w\",\"dry\":true,\"deep\":1e3}}]}",
         "(root(item(geometry=31.25 -6.5 0 0 id=7 name=w dry=true deep=1e3)))"},
        {"a.geojson", "{\"features\":[{\"geometry\":null}]}",
         "bad_format: a.geojson, has a feature that is no Point, LineString or Polygon"},
        {"a.geojson", "[]", "bad_format: a.geojson, is no GeoJSON with a list of features"},
        {"a.xml", "<root><item k=\"v\"><name>a</name></item></root>", "(root(item(@k=v name=a)))"},
        {"a.ods", "x", "bad_format: a.ods, is no .csv, .geojson or .xml"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench bench;
        char list[1000];
        set_up(&bench);
        list_of(&bench, rows[i].text, rows[i].name, list, sizeof list);
        assert_string_equal(list, rows[i].list);
        tear_down(&bench);
    }
}

/* A reader that took room for all that follows at each quote could not read this. */
static void quoted_cells_take_no_more_room_than_they_hold(void **state)
{
    (void)state;
    struct bench bench;
    struct tree_node *document = NULL;
    set_up(&bench);
    buf_add_text(&bench.file, "\"name\",\"label\"\n");
    for (size_t i = 0; i < 20000; i++) {
        buf_add_format(&bench.file, "\"n%zu\",\"a \"\"label\"\" of %zu\"\n", i, i);
    }
    assert_int_equal(form_list_read(&bench.memory.mem, buf_span(&bench.file), "a.csv", bench.names,
                                    &bench.arena, &document, NULL),
                     OK);
    assert_true(bench.arena.used_size < 20 * bench.file.size);
    tear_down(&bench);
}

/* ---- the same as a table */

static enum err read_at(void *ctx, uint64_t offset, size_t size, struct buf *ret)
{
    struct bench *bench = ctx;
    struct span all = buf_span(&bench->file);
    size_t from = offset < all.size ? (size_t)offset : all.size;
    size_t end = size < all.size - from ? from + size : all.size;
    buf_add_span(ret, span_cut(all, from, end - from));
    bench->read_bytes += end - from;
    return OK;
}

static enum err open_table(struct bench *bench, struct diag *diag)
{
    const struct csv_source source = {.ctx = bench, .read_at = read_at};
    return csv_table_new(&bench->memory.mem, &source, "a.csv", &bench->table, diag);
}

static enum err instance(void *ctx, const char *name, struct tree_node **ret, struct diag *diag)
{
    (void)name, (void)diag;
    *ret = ((struct bench *)ctx)->whole;
    return OK;
}

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    (void)name;
    struct bench *bench = ctx;
    return csv_table_find(bench->table, equals, count, after, rows, room, ret_count, diag);
}

static enum err row(void *ctx, const char *name, int64_t number, struct arena *arena,
                    struct tree_node **ret, struct diag *diag)
{
    (void)name;
    struct bench *bench = ctx;
    return csv_table_row(bench->table, number, bench->names, arena, ret, diag);
}

static void answer_of(struct bench *bench, bool table, const char *text, char *ret, size_t size)
{
    struct diag diag = {0};
    struct expr *expr;
    struct expr_value value;
    struct span shown = {0};
    struct arena_mark mark = arena_mark(&bench->arena);
    bench->host = (struct expr_host){
        .ctx = bench, .instance = instance, .find = table ? find : NULL, .row = table ? row : NULL};
    enum err e = expr_compile(&bench->arena, bench->names, span_of(text), &expr, &diag);
    e = e != OK ? e
                : expr_evaluate(expr, &bench->host, test_tree_at(bench->data, "data"),
                                &bench->arena, &value, &diag);
    e = e != OK ? e : expr_to_text(&value, &bench->host, &bench->arena, &shown);
    if (e == OK) {
        span_text(shown, ret, size);
    } else {
        (void)snprintf(ret, size, "%s: %s, %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_rewind(&bench->arena, mark);
}

static void add_cell(struct test_random *random, struct buf *file)
{
    const char *text = random_filter_text(random);
    if (test_random_below(random, 1500) == 0) { /* longer than what is read at once */
        buf_add_text(file, "\"");
        for (size_t i = 0; i < 20000; i++) {
            buf_add_text(file, "\"\"x,\n");
        }
        buf_add_text(file, "\"");
    } else if (test_random_below(random, 4) == 0) {
        buf_add_format(file, "\"%s\"", text);
    } else {
        buf_add_text(file, test_random_below(random, 30) == 0 ? "\"x\"\"\n,y\"" : text);
    }
}

static void add_rows(struct test_random *random, struct buf *file)
{
    size_t count = test_random_below(random, 8) == 0 ? 400 : test_random_below(random, 40);
    size_t columns = 1 + test_random_below(random, 7);
    const char *end = test_random_below(random, 2) == 0 ? "\n" : "\r\n";
    buf_add_text(file, test_random_below(random, 3) == 0 ? "\xef\xbb\xbf" : "");
    for (size_t i = 0; i < columns; i++) {
        buf_add_format(file, "%s%s", i == 0 ? "" : ",",
                       i == 3 && test_random_below(random, 4) == 0 ? ""
                                                                   : random_filter_column(random));
    }
    for (size_t i = 0; i < count; i++) {
        size_t cells =
            test_random_below(random, 10) == 0 ? 1 + test_random_below(random, 9) : columns;
        buf_add_text(file, end);
        buf_add_text(file, test_random_below(random, 20) == 0 ? end : "");
        for (size_t j = 0; j < cells; j++) {
            buf_add_text(file, j == 0 ? "" : ",");
            add_cell(random, file);
        }
    }
    buf_add_text(file, test_random_below(random, 2) == 0 ? end : "");
}

/* As a spreadsheet with a decimal comma writes it. The head says so, if it has two columns. */
static void separate_by_semicolons(struct buf *file)
{
    bool quoted = false;
    const uint8_t *comma = memchr(file->data, ',', file->size);
    const uint8_t *end = memchr(file->data, '\n', file->size);
    for (size_t i = 0; comma != NULL && (end == NULL || comma < end) && i < file->size; i++) {
        bool begins = i == 0 || file->data[i - 1] == ';' || file->data[i - 1] == '\n';
        bool doubled = quoted && i + 1 < file->size && memcmp(file->data + i, "\"\"", 2) == 0;
        quoted = file->data[i] == '"' && !doubled && (begins || quoted) ? !quoted : quoted;
        i += doubled ? 1 : 0;
        if (!quoted && file->data[i] == ',') {
            file->data[i] = ';';
        }
    }
}

static void a_table_finds_what_the_list_read_whole_finds(void **state)
{
    (void)state;
    static char whole[100000], found[100000];
    struct test_random random = test_random_begin("test_form_list");
    size_t found_some = 0;
    for (size_t round = 0; round < 70; round++) {
        struct bench bench;
        struct buf text;
        set_up(&bench);
        add_rows(&random, &bench.file);
        if (round % 3 == 0) {
            separate_by_semicolons(&bench.file);
        }
        assert_int_equal(form_list_read(&bench.memory.mem, buf_span(&bench.file), "a.csv",
                                        bench.names, &bench.arena, &bench.whole, NULL),
                         OK);
        assert_int_equal(open_table(&bench, NULL), OK);
        buf_init(&text, &bench.memory.mem, 10000);
        for (size_t i = 0; i < 20; i++) {
            buf_clear(&text);
            random_filter_expression(&random, &text);
            answer_of(&bench, false, buf_text(&text), whole, sizeof whole);
            answer_of(&bench, true, buf_text(&text), found, sizeof found);
            if (strcmp(whole, found) != 0) {
                fail_msg("%s\n  read whole %.2000s\n  as a table %.2000s\n  of %.4000s",
                         buf_text(&text), whole, found, buf_text(&bench.file));
            }
            found_some += whole[0] != '\0' && whole[0] != '0';
        }
        buf_release(&text);
        tear_down(&bench);
    }
    assert_true(found_some > 150);
}

static void a_large_table_takes_little_memory_and_few_reads(void **state)
{
    (void)state;
    struct bench bench;
    char answer[100];
    set_up(&bench);
    buf_add_text(&bench.file, "name,label,a,b\n");
    for (size_t i = 0; i < 100000; i++) {
        buf_add_format(&bench.file, "n%zu,Label of %zu,%zu,%zu\n", i, i, i % 10, i / 20);
    }
    bench.memory.largest = 0;
    assert_int_equal(open_table(&bench, NULL), OK);
    assert_int_equal(csv_table_count(bench.table), 100000);
    answer_of(&bench, true, "count(instance('list')/root/item[a = '3' and b = '77'])", answer,
              sizeof answer);
    assert_string_equal(answer, "2");
    assert_true(bench.memory.largest <= 450000); /* of a file of some MiB: 4 bytes a row */
    bench.read_bytes = 0;
    answer_of(&bench, true, "instance('list')/root/item[a = '3' and b = '4999']/name", answer,
              sizeof answer);
    assert_string_equal(answer, "n99983");
    assert_true(bench.read_bytes < 200000);
    tear_down(&bench);
}

static void many_columns_of_one_name_take_no_index(void **state)
{
    (void)state;
    struct bench bench;
    char answer[100];
    set_up(&bench);
    buf_add_text(&bench.file, "name");
    for (size_t i = 0; i < 60; i++) {
        buf_add_text(&bench.file, ",a");
    }
    for (size_t i = 0; i < 10000; i++) {
        buf_add_format(&bench.file, "\nn%zu,%zu", i, i);
    }
    bench.memory.largest = 0;
    assert_int_equal(open_table(&bench, NULL), OK);
    answer_of(&bench, true, "instance('list')/root/item[a = '77']/name", answer, sizeof answer);
    assert_string_equal(answer, "n77");
    assert_true(bench.memory.largest <= 450000); /* and not 60 times the rows */
    tear_down(&bench);
}

static void what_is_no_csv_or_changes_meanwhile_is_refused(void **state)
{
    (void)state;
    struct diag diag = {0};
    struct bench bench;
    char answer[200];
    set_up(&bench);
    buf_add_text(&bench.file, "name\n\"a\"b\n");
    assert_int_equal(open_table(&bench, &diag), ERR_FORMAT);
    assert_string_equal(diag.args[0], "a.csv");
    buf_clear(&bench.file);
    buf_add(&bench.file, "na\0me\na\n", 8);
    assert_int_equal(open_table(&bench, &diag), ERR_FORMAT);
    buf_clear(&bench.file);
    buf_add_text(&bench.file, "name\n\""); /* one row, larger than may be */
    for (size_t i = 0; i < 3u << 20; i++) {
        buf_add_byte(&bench.file, 'x');
    }
    buf_add_text(&bench.file, "\"\n");
    assert_int_equal(open_table(&bench, &diag), ERR_FORMAT);
    buf_clear(&bench.file);
    buf_add_text(&bench.file, "name\na\nb\nc\n");
    assert_int_equal(open_table(&bench, &diag), OK);
    buf_clear(&bench.file);
    buf_add_text(&bench.file, "name\na\n");
    for (size_t i = 0; i < 3; i++) {
        answer_of(&bench, true, "count(instance('list')/root/item[name != 'z'])", answer,
                  sizeof answer);
        assert_true(strcmp(answer, "3") == 0 || strncmp(answer, "bad_format: a.csv", 17) == 0);
    }
    tear_down(&bench);
}

static void no_memory_is_said_and_nothing_leaks(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct bench bench;
        struct diag diag = {0};
        char answer[200] = "no_memory";
        set_up(&bench);
        buf_add_text(&bench.file, "name,a\nx,1\ny,2\nz,\"1\"\"\"\n");
        bench.memory.fail_at = bench.memory.total_count + nth;
        enum err e = open_table(&bench, &diag);
        if (e == OK) {
            answer_of(&bench, true, "join('', instance('list')/root/item[a = 2 or a = '1']/name)",
                      answer, sizeof answer);
            answer_of(&bench, true,
                      "string(instance('list')/root/item[a = '2' and name = 'y']/name)", answer,
                      sizeof answer);
        }
        bool failed = bench.memory.failed;
        assert_true(failed || strcmp(answer, "y") == 0);
        tear_down(&bench);
        if (!failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_become_the_lists_that_odk_makes_of_them),
        cmocka_unit_test(quoted_cells_take_no_more_room_than_they_hold),
        cmocka_unit_test(a_table_finds_what_the_list_read_whole_finds),
        cmocka_unit_test(a_large_table_takes_little_memory_and_few_reads),
        cmocka_unit_test(many_columns_of_one_name_take_no_index),
        cmocka_unit_test(what_is_no_csv_or_changes_meanwhile_is_refused),
        cmocka_unit_test(no_memory_is_said_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
