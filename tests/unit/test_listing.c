/* listing: records as tables give what the same records give read whole, and the index behind them
   follows every change. */
#define _XOPEN_SOURCE 700
#define RANDOM_FILTER_COLUMNS                                                                      \
    "douar", "douar", "members", "last_visit", "languages", "name", "label", "nowhere",            \
        "wg_seeing", "__root"

#include <sqlite3.h>

#include "test_record.h"

#include "listing.h"
#include "random_filter.h"
#include "test_tree.h"

static const char DATA[] = "data(t=1 u=x n#2 d%2026-01-01 empty m*(=1) m*(=x) m*(=2))";

struct fixture {
    struct test_org org;
    struct node *s; /* Said's: the province, everything */
    struct id entities[400];
    size_t count;
};

/* What a device gives to expressions, of one type called "list". */
struct face {
    struct node *node;
    const struct id *viewer;
    const char *type;
    struct arena names_arena, arena;
    struct tree_names *names;
    struct tree_node *data, *whole;
    struct expr_host host;
    size_t row_calls;
};

struct maker {
    struct face *face;
    struct arena *arena;
    struct tree_node *item;
    const struct type *type;
    struct tree_node *root;
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_org_open(&f->org);
    f->s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    test_org_release(&f->org);
    free(f);
    return 0;
}

static int64_t asked(struct fixture *f, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    for (size_t i = 0; i < f->org.count; i++) {
        if (f->org.nodes[i] == f->s) {
            assert_int_equal(sqlite3_open(f->org.paths[i], &db), SQLITE_OK);
        }
    }
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    int64_t answer = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return answer;
}

/* ---- both ways to a list */

static enum err add_child(void *ctx, const char *name, struct span text)
{
    struct maker *maker = ctx;
    struct tree_node *child = arena_alloc(maker->arena, sizeof *child);
    struct span own = {0};
    if (maker->item == NULL) {
        maker->item = arena_alloc(maker->arena, sizeof *maker->item);
        maker->item->name = tree_name(maker->face->names, span_of("item"));
    }
    assert_int_equal(arena_copy(maker->arena, text, &own), OK);
    *child = (struct tree_node){.name = tree_name(maker->face->names, span_of(name)), .text = own};
    tree_append(maker->item, child);
    return OK;
}

static bool add_record(void *ctx, const struct record_row *row)
{
    struct maker *maker = ctx;
    const struct listing_source source = {row->entity, row->root, span_of(row->title),
                                          row->document};
    maker->item = NULL;
    assert_int_equal(
        listing_children(maker->type, &source, NULL, maker->arena->mem, add_child, maker), OK);
    tree_append(maker->root, maker->item);
    return true;
}

static void read_whole(struct face *face)
{
    const struct record_filter filter = {.type = face->type, .limit = 100000};
    const struct org *org = NULL;
    assert_int_equal(node_org(face->node, &org), OK);
    face->whole = test_tree(&face->arena, face->names, "root()");
    struct maker maker = {.face = face,
                          .arena = &face->arena,
                          .type = org_type(org, span_of(face->type)),
                          .root = face->whole->first};
    assert_int_equal(record_list(face->node, face->viewer, &filter, add_record, &maker, NULL), OK);
}

static enum err instance(void *ctx, const char *name, struct tree_node **ret, struct diag *diag)
{
    (void)name, (void)diag;
    *ret = ((struct face *)ctx)->whole;
    return OK;
}

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    (void)name;
    struct face *face = ctx;
    return listing_find(face->node, face->viewer, face->type, equals, count, after, rows, room,
                        ret_count, diag);
}

static enum err row(void *ctx, const char *name, int64_t number, struct arena *arena,
                    struct tree_node **ret, struct diag *diag)
{
    (void)name;
    struct face *face = ctx;
    struct maker maker = {.face = face, .arena = arena};
    enum err e = listing_row(face->node, face->viewer, face->type, number, add_child, &maker, diag);
    face->row_calls++;
    *ret = maker.item;
    return e;
}

static void face_open(struct face *face, struct fixture *f, const struct id *viewer,
                      const char *type)
{
    *face = (struct face){.node = f->s, .viewer = viewer, .type = type};
    arena_init(&face->names_arena, &f->org.host.mem, 64u << 20);
    arena_init(&face->arena, &f->org.host.mem, 64u << 20);
    face->names = tree_names_new(&face->names_arena);
    face->data = test_tree(&face->names_arena, face->names, DATA);
    face->host = (struct expr_host){.ctx = face, .now_ms = TEST_START_MS, .instance = instance};
    read_whole(face);
}

static void face_close(struct face *face)
{
    arena_release(&face->arena);
    arena_release(&face->names_arena);
}

static void answer_of(struct face *face, bool table, const char *text, char *ret, size_t size)
{
    struct diag diag = {0};
    struct expr *expr;
    struct expr_value value;
    struct span shown = {0};
    struct arena_mark mark = arena_mark(&face->arena);
    face->host.find = table ? find : NULL;
    face->host.row = table ? row : NULL;
    enum err e = expr_compile(&face->arena, face->names, span_of(text), &expr, &diag);
    e = e != OK ? e
                : expr_evaluate(expr, &face->host, test_tree_at(face->data, "data"), &face->arena,
                                &value, &diag);
    e = e != OK ? e : expr_to_text(&value, &face->host, &face->arena, &shown);
    if (e == OK) {
        span_text(shown, ret, size);
    } else {
        (void)snprintf(ret, size, "%s: %s, %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_rewind(&face->arena, mark);
}

static void expect(struct face *face, const char *expr, const char *answer)
{
    char found[2000];
    answer_of(face, true, expr, found, sizeof found);
    assert_string_equal(found, answer);
}

/* ---- random records */

static const char *random_answers(struct test_random *random, char ret[512])
{
    static const char *const douars[] = {"1",   "01",         "x",        "x y", "46022",
                                         "NaN", "2026-01-01", "\xd8\xb9", "X"};
    static const char *const languages[] = {"[]", "[\"sign\"]", "[\"french\",\"sign\"]",
                                            "[\"french\"]"};
    size_t douar = test_random_below(random, 12);
    size_t size = (size_t)snprintf(ret, 512, "{\"head_name_ar\":\"%s\"",
                                   random_filter_texts[6 + test_random_below(random, 3)]);
    if (douar < COUNT_OF(douars)) {
        size += (size_t)snprintf(ret + size, 512 - size, ",\"douar\":\"%s\"", douars[douar]);
    }
    if (test_random_below(random, 3) != 0) {
        size += (size_t)snprintf(ret + size, 512 - size, ",\"members\":%zu",
                                 1 + test_random_below(random, 3));
    }
    if (test_random_below(random, 2) != 0) {
        size += (size_t)snprintf(ret + size, 512 - size, ",\"last_visit\":\"2026-01-0%zu\"",
                                 1 + test_random_below(random, 2));
    }
    if (test_random_below(random, 2) != 0) {
        size += (size_t)snprintf(ret + size, 512 - size, ",\"languages\":%s",
                                 languages[test_random_below(random, COUNT_OF(languages))]);
    }
    (void)snprintf(ret + size, 512 - size, "}");
    return ret;
}

/* One that is gone already stays so. */
static void remove_record(struct fixture *f, struct id entity)
{
    enum err e = node_delete(f->s, f->org.said, entity, "test", NULL);
    assert_true(e == OK || e == ERR_DELETED);
}

static void change_records(struct fixture *f, struct test_random *random, size_t times)
{
    char answers[512];
    for (size_t i = 0; i < times; i++) {
        size_t what = f->count == 0 ? 0 : test_random_below(random, 10);
        size_t which = f->count == 0 ? 0 : test_random_below(random, f->count);
        if (what < 5 && f->count < COUNT_OF(f->entities)) {
            const char *place = test_random_below(random, 2) == 0 ? TEST_COMMUNE : TEST_COMMUNE2;
            f->entities[f->count++] =
                test_save(&f->org, f->s, test_new(f->org.said, "household", place),
                          random_answers(random, answers))
                    .entity;
        } else if (what < 9) {
            (void)test_try(&f->org, f->s, test_edit(f->org.said, f->entities[which]),
                           random_answers(random, answers), NULL, NULL);
        } else {
            remove_record(f, f->entities[which]);
        }
    }
}

static void compare(struct fixture *f, struct test_random *random, const struct id *viewer,
                    const char *type, size_t times, size_t *by_rows)
{
    static char whole[100000], found[100000];
    struct face face;
    struct buf text;
    face_open(&face, f, viewer, type);
    buf_init(&text, &f->org.host.mem, 10000);
    for (size_t i = 0; i < times; i++) {
        buf_clear(&text);
        random_filter_expression(random, &text);
        answer_of(&face, false, buf_text(&text), whole, sizeof whole);
        face.row_calls = 0;
        answer_of(&face, true, buf_text(&text), found, sizeof found);
        if (strcmp(whole, found) != 0) {
            fail_msg("%s\n  read whole %s\n  as a table %s", buf_text(&text), whole, found);
        }
        *by_rows += face.row_calls != 0;
    }
    buf_release(&text);
    face_close(&face);
}

static void random_filters_find_what_reading_all_finds_while_records_change(void **state)
{
    struct fixture *f = *state;
    struct test_random random = test_random_begin("test_listing");
    size_t by_rows = 0;
    for (size_t round = 0; round < 12; round++) {
        change_records(f, &random, 12);
        compare(f, &random, &f->org.said, "household", 25, &by_rows);
        compare(f, &random, &f->org.fatima, "household", 25, &by_rows);
        compare(f, &random, NULL, "household", 10, &by_rows);
    }
    assert_true(by_rows > 150);
}

static void who_may_not_read_a_property_finds_nothing_by_it(void **state)
{
    struct fixture *f = *state;
    struct test_random random = test_random_begin("who_may_not_read");
    struct face said, fatima;
    size_t by_rows = 0;
    struct saved home = test_save(&f->org, f->s, test_new(f->org.said, "household", TEST_COMMUNE),
                                  "{\"head_name_ar\":\"x\"}");
    (void)test_save(&f->org, f->s, test_child(f->org.said, "person", home.entity),
                    "{\"name_ar\":\"Maryam\",\"sex\":\"f\",\"wg_seeing\":\"some\"}");
    (void)test_save(&f->org, f->s, test_child(f->org.said, "person", home.entity),
                    "{\"name_ar\":\"Itto\",\"sex\":\"f\"}");
    face_open(&said, f, &f->org.said, "person");
    face_open(&fatima, f, &f->org.fatima, "person");
    expect(&said, "join(' ', instance('list')/root/item[wg_seeing = 'some']/label)", "Maryam");
    expect(&said, "count(instance('list')/root/item[wg_seeing = ''])", "1");
    expect(&fatima, "count(instance('list')/root/item[wg_seeing = 'some'])", "0");
    expect(&fatima, "count(instance('list')/root/item[wg_seeing = ''])", "2");
    expect(&fatima, "count(instance('list')/root/item/wg_seeing)", "0");
    face_close(&said);
    face_close(&fatima);
    compare(f, &random, &f->org.fatima, "person", 100, &by_rows);
    compare(f, &random, &f->org.said, "person", 100, &by_rows);
}

static void members_of_one_tree_are_found_by_what_it_begins_with(void **state)
{
    struct fixture *f = *state;
    struct face face, homes;
    char text[300], root[ID_TEXT_SIZE], id[ID_TEXT_SIZE];
    struct saved home = {0}, person = {0};
    for (size_t i = 0; i < 3; i++) {
        home = test_save(&f->org, f->s, test_new(f->org.said, "household", TEST_COMMUNE),
                         "{\"head_name_ar\":\"x\"}");
        for (size_t j = 0; j <= i; j++) {
            person = test_save(&f->org, f->s, test_child(f->org.said, "person", home.entity),
                               "{\"name_ar\":\"Itto\",\"sex\":\"f\"}");
        }
    }
    remove_record(f, person.entity);
    id_write(home.entity, root);
    face_open(&face, f, &f->org.said, "person");
    face_open(&homes, f, &f->org.said, "household");
    (void)snprintf(text, sizeof text, "count(instance('list')/root/item[__root = '%s'])", root);
    expect(&face, text, "2");
    assert_int_equal(face.row_calls, 2); /* of five */
    expect(&homes, text, "1");
    (void)snprintf(text, sizeof text, "instance('list')/root/item[__root = '%s']/name", root);
    expect(&homes, text, root);
    id_write(person.entity, id);
    (void)snprintf(text, sizeof text, "count(instance('list')/root/item[__root = '%s'])", id);
    expect(&face, text, "0"); /* no tree begins with a person */
    expect(&face, "count(instance('list')/root/item[__root = ''])", "0");
    expect(&face, "count(instance('list')/root/item[__root = 1])", "0");
    expect(&face, "count(instance('list')/root/item/__root)", "5");
    assert_int_equal(asked(f, "SELECT count(*) FROM list_key"), 0);
    face_close(&face);
    face_close(&homes);
}

static void an_index_is_made_when_first_asked_and_goes_on_where_it_ended(void **state)
{
    struct fixture *f = *state;
    struct test_random random = {1};
    struct face face;
    change_records(f, &random, 60);
    face_open(&face, f, NULL, "household");
    char whole[100];
    answer_of(&face, false, "count(instance('list')/root/item[douar = 'x'])", whole, sizeof whole);
    assert_int_equal(asked(f, "SELECT count(*) FROM list_key"), 0);
    expect(&face, "count(instance('list')/root/item[douar = 'x'])", whole);
    assert_int_equal(asked(f, "SELECT count(*) FROM list_key"), 1);
    int64_t rows = asked(f, "SELECT count(*) FROM list_row");
    assert_int_equal(rows, asked(f, "SELECT count(*) FROM record WHERE deleted = 0"));
    /* as after a cut in the middle of it */
    assert_int_equal(asked(f, "DELETE FROM list_row WHERE entity > (SELECT avg(entity) FROM "
                              "list_row)"),
                     -1);
    assert_int_equal(asked(f, "UPDATE list_key SET built = (SELECT max(entity) FROM list_row)"),
                     -1);
    expect(&face, "count(instance('list')/root/item[douar = 'x'])", whole);
    assert_int_equal(asked(f, "SELECT count(*) FROM list_row"), rows);
    face_close(&face);
}

static void what_is_deleted_leaves_the_index(void **state)
{
    struct fixture *f = *state;
    struct test_random random = {2};
    struct face face;
    change_records(f, &random, 40);
    face_open(&face, f, NULL, "household");
    expect(&face, "count(instance('list')/root/item[douar = 'nobody'])", "0");
    for (size_t i = 0; i < f->count; i++) {
        remove_record(f, f->entities[i]);
    }
    expect(&face, "count(instance('list')/root/item[douar = 'x'])", "0");
    assert_int_equal(asked(f, "SELECT count(*) FROM list_row"), 0);
    face_close(&face);
}

static void no_more_is_indexed_than_a_few(void **state)
{
    struct fixture *f = *state;
    struct test_random random = {3};
    struct face face;
    const struct org *org = NULL;
    change_records(f, &random, 10);
    face_open(&face, f, NULL, "household");
    assert_int_equal(node_org(f->s, &org), OK);
    const struct type *type = org_type(org, span_of("household"));
    size_t base = 0;
    for (size_t i = 0; i < type->property_count; i++) {
        char text[300], whole[100];
        for (int number = 0; number < 2; number++) {
            (void)snprintf(text, sizeof text, "count(instance('list')/root/item[%s = %s])",
                           type->properties[i].id, number ? "1" : "'1'");
            answer_of(&face, false, text, whole, sizeof whole);
            expect(&face, text, whole);
            base++;
        }
    }
    assert_true(base > LISTING_KEYS_MAX);
    assert_int_equal(asked(f, "SELECT count(*) FROM list_key"), LISTING_KEYS_MAX);
    assert_int_equal(asked(f, "SELECT count(*) FROM list_row WHERE key NOT IN (SELECT id FROM "
                              "list_key)"),
                     0);
    face_close(&face);
}

static void a_type_that_is_not_known_is_refused(void **state)
{
    struct fixture *f = *state;
    int64_t rows[1];
    size_t count = 0;
    struct diag diag = {0};
    assert_int_equal(listing_find(f->s, NULL, "village", NULL, 0, 0, rows, 1, &count, &diag),
                     ERR_UNKNOWN_TYPE);
    assert_string_equal(diag.args[0], "village");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(random_filters_find_what_reading_all_finds_while_records_change),
        TEST(who_may_not_read_a_property_finds_nothing_by_it),
        TEST(members_of_one_tree_are_found_by_what_it_begins_with),
        TEST(an_index_is_made_when_first_asked_and_goes_on_where_it_ended),
        TEST(what_is_deleted_leaves_the_index),
        TEST(no_more_is_indexed_than_a_few),
        TEST(a_type_that_is_not_known_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
