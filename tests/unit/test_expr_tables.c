/* expr over tables: lists that aren't in memory give what the same list gives in memory. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "expr.h"
#include "random_filter.h"
#include "test_mem.h"
#include "test_table.h"
#include "test_tree.h"

#define ARENA_MAX (64u << 20)
#define NOW_MS    1795681815250 /* 2026-11-26 */

static const char DATA[] = "data(t=1 u=x n#2 d%2026-01-01 empty m*(=1) m*(=x) m*(=2) at~09:30)";

struct bench {
    struct test_mem memory;
    struct arena arena, names_arena;
    struct tree_names *names;
    struct tree_node *data, *list;
    struct test_table table;
    struct expr_host host;
    bool refuse_whole; /* the list can't be read as a whole */
};

static enum err instance(void *ctx, const char *name, struct tree_node **ret, struct diag *diag)
{
    struct bench *bench = ctx;
    if (strcmp(name, "list") != 0) {
        return diag_set(diag, ERR_NOT_FOUND, "instance", name, NULL);
    }
    *ret = bench->list;
    return bench->refuse_whole ? diag_set(diag, ERR_TOO_LARGE, name, "20000", NULL) : OK;
}

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    (void)diag;
    struct bench *bench = ctx;
    return test_table_find(&bench->table, name, equals, count, after, rows, room, ret_count);
}

static enum err row(void *ctx, const char *name, int64_t number, struct arena *arena,
                    struct tree_node **ret, struct diag *diag)
{
    (void)diag, (void)name;
    struct bench *bench = ctx;
    return test_table_row(&bench->table, number, arena, ret);
}

static void set_up(struct bench *bench, const char *list)
{
    memset(bench, 0, sizeof(*bench));
    arena_init(&bench->arena, test_mem_init(&bench->memory, 0), ARENA_MAX);
    arena_init(&bench->names_arena, &bench->memory.mem, ARENA_MAX);
    bench->names = tree_names_new(&bench->names_arena);
    bench->data = test_tree(&bench->arena, bench->names, DATA);
    bench->list = test_tree(&bench->arena, bench->names, list);
    bench->host = (struct expr_host){
        .ctx = bench, .now_ms = NOW_MS, .zone_minutes = 60, .instance = instance};
    bench->table =
        (struct test_table){.name = "list", .document = bench->list, .host = &bench->host};
}

static void tear_down(struct bench *bench)
{
    arena_release(&bench->arena);
    arena_release(&bench->names_arena);
    assert_int_equal(bench->memory.live_count, 0);
}

static void use_table(struct bench *bench)
{
    bench->host.find = find;
    bench->host.row = row;
}

static void answer_of(struct bench *bench, const char *text, char *ret, size_t size)
{
    struct diag diag = {0};
    struct expr *expr;
    struct expr_value value;
    struct span shown = {0};
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
}

static const char THREE[] = "root(item(name=a label=Alpha size=2) item(name=b label=Beta size=3) "
                            "item(name=c label=Gamma size=2))";

static void known_conditions_choose_the_rows(void **state)
{
    (void)state;
    static const struct {
        const char *expr;
        size_t conditions;
    } rows[] = {
        {"join(' ', instance('list')/root/item[name = 'b']/label)", 1},
        {"join(' ', instance('list')/root/item['2' = size and name = 'c']/label)", 2},
        {"join(' ', instance('list')/root/item[size = '2'][2]/label)", 1},
        {"join(' ', instance('list')/root/item[size = 2]/label)", 1},
        {"join(' ', instance('list')/root/item[size = today()]/label)", 1},
        {"join(' ', instance('list')/root/item[name = label]/label)", 0},
        {"join(' ', instance('list')/root/item[name = 'a' or name = 'b']/label)", 0},
        {"join(' ', instance('list')/root/item[name = substr(/data/u, 0, 1) and size = "
         "'2']/label)",
         2},
        {"join(' ', instance('list')/root/item[position() = 2 and size = '3']/label)", 0},
        {"join(' ', instance('list')/root/item[name = name()]/label)", 0},
        {"join(' ', instance('list')/root/item[size = true()]/label)", 0},
        {"join(' ', instance('list')/root/item[name = /data/m]/label)", 0},
        {"count(instance('list')/root/item[size = '2'])", 1},
        {"pulldata('list', 'label', 'name', 'c')", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench bench;
        char scanned[200], found[200];
        set_up(&bench, THREE);
        answer_of(&bench, rows[i].expr, scanned, sizeof(scanned));
        use_table(&bench);
        bench.refuse_whole = true;
        answer_of(&bench, rows[i].expr, found, sizeof(found));
        assert_string_equal(scanned, found);
        assert_int_equal(bench.table.equal_count, rows[i].conditions);
        tear_down(&bench);
    }
}

static void a_path_that_leaves_an_item_reads_the_list_whole(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "join(' ', instance('list')/root/item[name = 'b']/following-sibling::item/label)",
        "count(instance('list')/root/item[name = 'b']/../item)",
        "join(' ', instance('list')/root/item[../item[1]/size = size]/label)",
        "position(instance('list')/root/item[name = 'c']/..)",
        "join(' ', instance('list')//item[name = 'c']/label)",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench bench;
        char scanned[200], found[200];
        set_up(&bench, THREE);
        answer_of(&bench, rows[i], scanned, sizeof(scanned));
        use_table(&bench);
        answer_of(&bench, rows[i], found, sizeof(found));
        assert_string_equal(scanned, found);
        bench.refuse_whole = true;
        answer_of(&bench, rows[i], found, sizeof(found));
        assert_string_equal(found, "too_large: list, 20000");
        tear_down(&bench);
    }
}

/* ---- random lists and filters */

static void add_child(struct bench *bench, struct tree_node *item, const char *name,
                      const char *text)
{
    struct tree_node *child = arena_alloc(&bench->arena, sizeof(*child));
    assert_non_null(child);
    *child =
        (struct tree_node){.name = tree_name(bench->names, span_of(name)), .text = span_of(text)};
    tree_append(item, child);
}

static void fill_list(struct bench *bench, struct test_random *random)
{
    static const char *const columns[] = {"name", "label", "a", "b", "c"};
    struct tree_node *root = bench->list->first;
    size_t count = test_random_below(random, 12) == 0 ? 300 : test_random_below(random, 20);
    for (size_t i = 0; i < count; i++) {
        struct tree_node *item = arena_alloc(&bench->arena, sizeof(*item));
        assert_non_null(item);
        item->name = tree_name(bench->names, span_of("item"));
        tree_append(root, item);
        for (size_t j = 0; j < COUNT_OF(columns); j++) {
            size_t times = test_random_below(random, 10);
            times = times == 0 ? 0 : times == 1 ? 2 : 1; /* missing, or there twice */
            for (; times > 0; times--) {
                add_child(bench, item, columns[j], random_filter_text(random));
            }
        }
    }
}

static void random_filters_find_what_the_scan_finds(void **state)
{
    (void)state;
    static char scanned[60000], found[60000];
    struct test_random random = test_random_begin("random_filters_find_what_the_scan_finds");
    size_t by_rows = 0, nonempty = 0;
    for (size_t round = 0; round < 250; round++) {
        struct bench bench;
        struct buf text;
        set_up(&bench, "root()");
        fill_list(&bench, &random);
        buf_init(&text, &bench.memory.mem, 10000);
        for (size_t i = 0; i < 25; i++) {
            struct arena_mark mark = arena_mark(&bench.arena);
            buf_clear(&text);
            random_filter_expression(&random, &text);
            bench.host.find = NULL;
            answer_of(&bench, buf_text(&text), scanned, sizeof(scanned));
            arena_rewind(&bench.arena, mark);
            use_table(&bench);
            bench.table.row_calls = 0;
            answer_of(&bench, buf_text(&text), found, sizeof(found));
            if (strcmp(scanned, found) != 0) {
                fail_msg("%s\n  in memory  %s\n  as a table %s", buf_text(&text), scanned, found);
            }
            by_rows += bench.table.row_calls != 0;
            nonempty += scanned[0] != '\0' && scanned[0] != '0';
            arena_rewind(&bench.arena, mark);
        }
        buf_release(&text);
        tear_down(&bench);
    }
    /* The test asks something: most go through rows, many find something. */
    assert_true(by_rows > 2500);
    assert_true(nonempty > 1200);
}

static void memory_follows_the_answer_and_not_the_list(void **state)
{
    (void)state;
    struct bench bench;
    struct test_random random = {7};
    char answer[100];
    set_up(&bench, "root()");
    for (size_t i = 0; i < 200; i++) {
        fill_list(&bench, &random);
    }
    use_table(&bench);
    size_t before = bench.arena.used_size;
    answer_of(&bench, "count(instance('list')/root/item[concat(name, '-') = '01-'])", answer,
              sizeof(answer));
    assert_true(strtol(answer, NULL, 10) > 100);
    answer_of(&bench, "instance('list')/root/item[concat(name, label) = 'yNaN'][1]/a", answer,
              sizeof(answer));
    assert_true(bench.arena.used_size - before < 300000);
    tear_down(&bench);
}

static void too_many_items_are_refused_by_name(void **state)
{
    (void)state;
    struct bench bench;
    char answer[100];
    set_up(&bench, "root()");
    for (size_t i = 0; i <= EXPR_KEPT_MAX; i++) {
        struct tree_node *item = arena_alloc(&bench.arena, sizeof(*item));
        assert_non_null(item);
        item->name = tree_name(bench.names, span_of("item"));
        tree_append(bench.list->first, item);
    }
    use_table(&bench);
    answer_of(&bench, "instance('list')/root/item[20001]/name", answer, sizeof(answer));
    assert_string_equal(answer, "");
    answer_of(&bench, "count(instance('list')/root/item)", answer, sizeof(answer));
    assert_string_equal(answer, "20001");
    answer_of(&bench, "instance('list')/root/item/name", answer, sizeof(answer));
    assert_string_equal(answer, "too_large: list, 20000");
    tear_down(&bench);
}

static void no_memory_is_said_and_nothing_leaks(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct bench bench;
        char answer[600];
        set_up(&bench, THREE);
        use_table(&bench);
        bench.memory.fail_at = bench.memory.total_count + nth;
        answer_of(&bench,
                  "join(' ', instance('list')/root/item[size = '2']/label | "
                  "instance('list')/root/item[concat(name, digest(label, 'MD5', 'hex')) != '']/"
                  "label)",
                  answer, sizeof(answer));
        bool failed = bench.memory.failed;
        assert_string_equal(failed ? "" : answer, failed ? "" : "Alpha Beta Gamma");
        assert_true(!failed || strncmp(answer, "no_memory", 9) == 0);
        tear_down(&bench);
        if (!failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_conditions_choose_the_rows),
        cmocka_unit_test(a_path_that_leaves_an_item_reads_the_list_whole),
        cmocka_unit_test(random_filters_find_what_the_scan_finds),
        cmocka_unit_test(memory_follows_the_answer_and_not_the_list),
        cmocka_unit_test(too_many_items_are_refused_by_name),
        cmocka_unit_test(no_memory_is_said_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
