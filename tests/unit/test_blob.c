/*
 * test_blob.c - attachments in the store of a node: kept with their op, found damaged, gone with
 * the last op that names them.
 */
#define _XOPEN_SOURCE 700

#include "test_blob.h"
#include "node_log.h"

static void a_file_is_kept_with_its_value(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct attached attached;
    struct span file = make_file(bytes, sizeof bytes, 1);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    assert_int_equal(attached.saved.op_count, 1);
    assert_string_equal(attached.file.mime, "audio/ogg");
    assert_true(holds(town, town->a, &attached.file.whole, file));
    assert_int_equal(file_count(town, "a"), 1);
    struct blob_status status;
    assert_int_equal(blob_status(town->a, &status), OK);
    assert_int_equal(status.send.count, 1);
    assert_int_equal(status.send.bytes, FILE_SIZE);
    /* The same file again changes nothing. */
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    assert_int_equal(attached.saved.op_count, 0);
    assert_int_equal(file_count(town, "a"), 1);
}

static void a_refused_save_leaves_no_file(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[1000];
    struct attached attached;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct span file = make_file(bytes, sizeof bytes, 2);
    struct id nobody = {{9}};
    assert_int_equal(attach(town, town->a, town->amina, house, "phone", file, &attached),
                     ERR_BAD_VALUE);
    assert_int_equal(attach(town, town->a, nobody, house, "house_photo", file, &attached) != OK,
                     true);
    node_close(town->a);
    town->a = nodes_open(&town->nodes, "a", ROLE_WORKER, false);
    assert_int_equal(file_count(town, "a"), 0);
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo",
                            span_from("#!/bin/sh", 9), &attached),
                     ERR_FILE_KIND);
}

static void what_no_op_names_any_more_goes(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[1000];
    struct attached attached;
    struct id undone;
    struct diag diag = {0};
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct id other = town_household(town, town->a, town->amina, TOWN_COMMUNE, "y");
    struct span file = make_file(bytes, sizeof bytes, 3);
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    assert_int_equal(attach(town, town->a, town->amina, other, "house_photo", file, &attached), OK);
    assert_int_equal(node_undo(town->a, town->amina, &undone, &diag), OK);
    assert_true(holds(town, town->a, &attached.file.whole, file));
    assert_int_equal(node_undo(town->a, town->amina, &undone, &diag), OK);
    assert_false(holds(town, town->a, &attached.file.whole, file));
    assert_int_equal(file_count(town, "a"), 0);
}

/* The row of the op that names a file; the log is short. */
static int64_t row_naming(struct node *node)
{
    int64_t row = 0;
    bool found = false;
    while (!found && row < 1000) {
        struct stmt *s = db_stmt(node->db, BLOB_REF_OF_OP);
        stmt_bind_i64(s, 1, ++row);
        found = stmt_row(s);
        assert_int_equal(stmt_end(s), OK);
    }
    return row;
}

/* A redacted op and the one that restates what stays come together. */
static void what_goes_and_is_named_again_at_once_stays(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct attached attached;
    struct arena arena;
    struct logged logged;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct span file = make_file(bytes, sizeof bytes, 10);
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    int64_t row = row_naming(town->a);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(log_read(town->a, row, &arena, &logged), OK);
    assert_int_equal(node_begin(town->a), OK);
    assert_int_equal(blob_forget_op(town->a, row), OK);
    assert_int_equal(node_end(town->a, blob_note_op(town->a, &logged.op, row)), OK);
    assert_int_equal(blob_sweep(town->a), OK);
    assert_true(holds(town, town->a, &attached.file.whole, file));
    arena_release(&arena);
}

static void a_damaged_file_is_never_shown(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct attached attached;
    struct blob_state known;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct span file = make_file(bytes, sizeof bytes, 4);
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    flip_a_byte(town, "a");
    assert_false(holds(town, town->a, &attached.file.whole, file));
    assert_int_equal(blob_state(town->a, &attached.file.whole, &known), OK);
    assert_true(known.known && !known.here && known.wanted);
    /* Attached again it is whole again. */
    assert_int_equal(attach(town, town->a, town->amina, house, "house_photo", file, &attached), OK);
    assert_true(holds(town, town->a, &attached.file.whole, file));
}

/* ---- pieces */

static struct blob_row row_of(struct node *node, const struct blob_name *name)
{
    struct blob_row row;
    assert_int_equal(blob_find(node, name, &row), OK);
    assert_true(row.id != 0);
    return row;
}

static int64_t take(struct node *node, const struct blob_name *name, uint8_t who, int64_t offset,
                    struct span bytes, bool *ret_wrong)
{
    struct blob_row row = row_of(node, name);
    struct id giver = {{who}};
    int64_t have = -1;
    assert_int_equal(node_begin(node), OK);
    assert_int_equal(node_end(node, blob_take(node, &row, giver, offset, bytes, &have, ret_wrong)),
                     OK);
    return have;
}

/* A blob that `hub` has heard of and doesn't hold. */
static struct blob_name heard_of(struct town *town, struct span file)
{
    char value[256];
    struct file_value known = {.whole = {.size = (int64_t)file.size}, .mime = "audio/ogg"};
    struct buf json;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    hash_bytes(file, &known.whole.hash);
    buf_init(&json, &town->nodes.host.mem, sizeof value - 1);
    file_value_write(&known, &json);
    (void)snprintf(value, sizeof value, "%s", buf_text(&json));
    buf_release(&json);
    town_edit(town, town->a, town->amina, house, "house_photo", value);
    return known.whole;
}

static void pieces_follow_each_other_or_are_left_aside(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 5);
    struct blob_name name = heard_of(town, file);
    bool wrong = false;
    assert_int_equal(take(town->a, &name, 1, 0, span_cut(file, 0, 65536), &wrong), 65536);
    /* Again, from too far on, and beyond the end. */
    assert_int_equal(take(town->a, &name, 1, 0, span_cut(file, 0, 65536), &wrong), 65536);
    assert_int_equal(take(town->a, &name, 1, 131072, span_cut(file, 131072, 65536), &wrong), 65536);
    assert_int_equal(take(town->a, &name, 1, 65536, file, &wrong), 65536);
    assert_int_equal(take(town->a, &name, 1, 65536, span_cut(file, 65536, FILE_SIZE), &wrong),
                     FILE_SIZE);
    assert_false(wrong);
    assert_true(holds(town, town->a, &name, file));
}

static void one_giver_cannot_spoil_what_another_gives(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    static uint8_t bad[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 6);
    struct span other = make_file(bad, sizeof bad, 7);
    struct blob_name name = heard_of(town, file);
    bool wrong = false;
    assert_int_equal(take(town->a, &name, 2, 0, span_cut(other, 0, 65536), &wrong), 65536);
    assert_int_equal(take(town->a, &name, 1, 0, span_cut(file, 0, 65536), &wrong), 65536);
    assert_int_equal(take(town->a, &name, 2, 65536, span_cut(other, 65536, FILE_SIZE), &wrong), 0);
    assert_true(wrong);
    assert_int_equal(take(town->a, &name, 1, 65536, span_cut(file, 65536, FILE_SIZE), &wrong),
                     FILE_SIZE);
    assert_false(wrong);
    assert_true(holds(town, town->a, &name, file));
    assert_int_equal(blob_sweep(town->a), OK);
    assert_int_equal(file_count(town, "a"), 1);
}

static void wrong_content_is_thrown_away_and_begun_anew(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    static uint8_t bad[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 8);
    struct blob_name name = heard_of(town, file);
    bool wrong = false;
    assert_int_equal(take(town->a, &name, 1, 0, make_file(bad, sizeof bad, 9), &wrong), 0);
    assert_true(wrong);
    /* What is on its way out is begun anew before it went. */
    assert_int_equal(take(town->a, &name, 1, 0, span_cut(file, 0, 65536), &wrong), 65536);
    assert_int_equal(blob_sweep(town->a), OK);
    assert_int_equal(take(town->a, &name, 1, 65536, span_cut(file, 65536, FILE_SIZE), &wrong),
                     FILE_SIZE);
    assert_true(holds(town, town->a, &name, file));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_file_is_kept_with_its_value),
        CASE(a_refused_save_leaves_no_file),
        CASE(what_no_op_names_any_more_goes),
        CASE(what_goes_and_is_named_again_at_once_stays),
        CASE(a_damaged_file_is_never_shown),
        CASE(pieces_follow_each_other_or_are_left_aside),
        CASE(one_giver_cannot_spoil_what_another_gives),
        CASE(wrong_content_is_thrown_away_and_begun_anew),
    };
#undef CASE
    return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
