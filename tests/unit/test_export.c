/* export: what leaves for other programs is whole, stable and harmless. */
#define _XOPEN_SOURCE 700

#include "test_region.h"

#include <dirent.h>

#include "csv.h"
#include "csv_read.h"
#include "export.h"
#include "save.h"
#include "server_home.h"

struct office {
    struct test_region region;
    struct node *node;
    struct id fatima;
    struct arena arena;
    struct buf file; /* the last export */
    char path[300];
};

static int open_office(void **state)
{
    struct office *office = calloc(1, sizeof *office);
    struct diag diag = {0};
    const struct org *org;
    const struct org_person *person;
    region_open(&office->region);
    arena_init(&office->arena, &office->region.host.mem, 64u << 20);
    buf_init(&office->file, &office->region.host.mem, 64u << 20);
    (void)snprintf(office->path, sizeof office->path, "%s/out", office->region.folder);
    assert_int_equal(
        home_node_open(&office->region.host, office->region.home, &office->node, &diag), OK);
    assert_int_equal(node_org(office->node, &org), OK);
    assert_int_equal(org_person_find(org, "Fatima", &person, &diag), OK);
    office->fatima = person->id;
    *state = office;
    return 0;
}

static int close_office(void **state)
{
    struct office *office = *state;
    node_close(office->node);
    arena_release(&office->arena);
    buf_release(&office->file);
    region_release(&office->region);
    free(office);
    return 0;
}

static struct id save(struct office *office, const struct id *parent, const char *type,
                      const struct change *changes, size_t count)
{
    struct saved saved;
    struct diag diag = {0};
    struct save save = {.person = office->fatima,
                        .type = type,
                        .is_new = true,
                        .place = span_of(parent ? "" : "05.081.01.03"),
                        .has_parent = parent != NULL,
                        .changes = changes,
                        .change_count = count};
    if (parent != NULL) {
        save.parent = *parent;
    }
    if (node_save(office->node, &save, &office->arena, &saved, &diag)) {
        fail_msg("%s %s %s %s", err_name(diag.code), diag.args[0], diag.args[1], diag.args[2]);
    }
    return saved.entity;
}

static struct export_counts export(struct office *office, const char *type,
                                   const struct export_options *options)
{
    struct export_counts counts = {0};
    struct diag diag = {0};
    if (export_type(&office->region.host, office->node, type, office->path, options, &counts,
                    &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    buf_clear(&office->file);
    assert_int_equal(office->region.host.files->read(NULL, office->path, &office->file), OK);
    return counts;
}

/* Row `number` of the file read back (0: the head). */
static struct csv_row row_of(struct office *office, size_t number)
{
    struct span rest = buf_span(&office->file);
    static struct csv_row row;
    bool found = true;
    for (size_t i = 0; i <= number; i++) {
        assert_int_equal(csv_read_row(&rest, &office->arena, &row, &found), OK);
        assert_true(found);
    }
    return row;
}

static void assert_cell(struct office *office, size_t number, const char *column, const char *text)
{
    struct csv_row head = row_of(office, 0), row = row_of(office, number);
    char cell[4096];
    assert_int_equal(head.count, row.count);
    span_text(csv_cell_of(&head, &row, column), cell, sizeof cell);
    /* A cell that a spreadsheet would calculate is quoted (csv.h); an id may begin with a dash. */
    assert_string_equal(text[0] == '-' && cell[0] == '\'' ? cell + 1 : cell, text);
}

static bool has_column(struct office *office, const char *column)
{
    struct csv_row head = row_of(office, 0);
    for (size_t i = 0; i < head.count; i++) {
        if (span_is(head.cells[i], column)) {
            return true;
        }
    }
    return false;
}

/* ---- cells */

static void cells_are_quoted_and_never_run(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"عائشة بنت أحمد", "عائشة بنت أحمد"},
        {"ⵄⴰⵢⵛⴰ", "ⵄⴰⵢⵛⴰ"},
        {"a,b", "\"a,b\""},
        {"say \"yes\"", "\"say \"\"yes\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {" edge", "\" edge\""},
        {"=1+1", "'=1+1"},
        {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
        {"+212 661", "'+212 661"},
        {"-1+1", "'-1+1"},
        {"-", "'-"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "'\t=1"},
        {"\r=1", "\"'\r=1\""},
        {"-12.5", "-12.5"}, /* a number */
        {"-07", "'-07"},    /* not in the form of a number */
        {"a=1", "a=1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_mem memory;
        struct buf text;
        struct csv csv;
        char line[256];
        buf_init(&text, test_mem_init(&memory, 0), 4096);
        csv_begin(&csv, &text);
        csv_text(&csv, cases[i].text);
        csv_text(&csv, "z");
        csv_end_row(&csv);
        (void)snprintf(line, sizeof line, "%s,z\r\n", cases[i].cell);
        assert_string_equal(buf_text(&text), line);
        buf_release(&text);
    }
}

static void rows_are_read_back_and_broken_ones_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    struct csv_row row;
    bool found = false;
    arena_init(&arena, test_mem_init(&memory, 0), 65536);
    struct span rest = span_of("a,\"b \"\"x\"\"\n,c\",\r\n\r\n,\nlast");
    assert_int_equal(csv_read_row(&rest, &arena, &row, &found), OK);
    assert_int_equal(row.count, 3);
    assert_true(span_is(row.cells[1], "b \"x\"\n,c"));
    assert_int_equal(row.cells[2].size, 0);
    assert_int_equal(csv_read_row(&rest, &arena, &row, &found), OK);
    assert_int_equal(row.count, 2);
    assert_int_equal(csv_read_row(&rest, &arena, &row, &found), OK);
    assert_true(found && row.count == 1 && span_is(row.cells[0], "last"));
    assert_int_equal(csv_read_row(&rest, &arena, &row, &found), OK);
    assert_false(found);
    static const char *const broken[] = {"\"never closed", "\"a\"b,c", "a,\"b"};
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        rest = span_of(broken[i]);
        assert_int_equal(csv_read_row(&rest, &arena, &row, &found), ERR_FORMAT);
    }
    arena_release(&arena);
}

/* ---- files */

#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
static const struct change household[] = {
    {"head_name_ar", TEXT("\"=1+1\"")},
    {"landmark", TEXT("\"near \\\"Bab\\\", left\\nthen right\"")},
    {"languages", TEXT("[\"amazigh\",\"darija\"]")},
    {"members", TEXT("5")},
    {"location", TEXT("\"31.73 -6.95 1250 8\"")},
};

static void a_csv_has_what_was_entered_and_where(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_CSV, .language = LANGUAGE_FR};
    struct id id = save(office, NULL, "household", household, COUNT_OF(household));
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    assert_int_equal(export(office, "household", &options).records, 1);
    assert_cell(office, 1, "_id", text);
    assert_cell(office, 1, "_place", "05.081.01.03");
    assert_cell(office, 1, "_province", "Azilal");
    assert_cell(office, 1, "_commune", "Demnate");
    assert_cell(office, 1, "head_name_ar", "'=1+1");
    assert_cell(office, 1, "landmark", "near \"Bab\", left\nthen right");
    assert_cell(office, 1, "members", "5");
    assert_cell(office, 1, "_disputes", "0");
    struct csv_row head = row_of(office, 0), row = row_of(office, 1);
    char languages[64];
    span_text(csv_cell_of(&head, &row, "languages"), languages, sizeof languages);
    assert_non_null(strstr(languages, "amazigh"));
    assert_non_null(strstr(languages, "darija")); /* one column for both */
    assert_int_equal(strncmp(buf_text(&office->file), "_case,_id,_place", 16), 0);
}

static void columns_follow_the_type_whatever_is_filled(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_CSV, .bom = true};
    char before[8192], after[8192];
    assert_int_equal(export(office, "household", &options).records, 0);
    (void)snprintf(before, sizeof before, "%s", buf_text(&office->file));
    (void)save(office, NULL, "household", household, COUNT_OF(household));
    (void)save(office, NULL, "household", household, 1);
    assert_int_equal(export(office, "household", &options).records, 2);
    (void)snprintf(after, sizeof after, "%s", buf_text(&office->file));
    assert_memory_equal(before, "\xEF\xBB\xBF_case,", 9);
    assert_memory_equal(before, after, strlen(before));
}

static void highly_sensitive_answers_leave_only_when_asked_for(void **state)
{
    struct office *office = *state;
    struct export_options options = {.format = EXPORT_CSV};
    const struct change person[] = {{"national_id", span_of("\"IB123456\"")},
                                    {"name_ar", span_of("\"عائشة\"")},
                                    {"sex", span_of("\"f\"")}};
    struct id root = save(office, NULL, "household", household, 1);
    char text[ID_TEXT_SIZE];
    id_write(root, text);
    (void)save(office, &root, "person", person, COUNT_OF(person));
    (void)export(office, "person", &options);
    assert_false(has_column(office, "national_id"));
    assert_null(strstr(buf_text(&office->file), "IB123456"));
    assert_cell(office, 1, "name_ar", "عائشة");
    assert_cell(office, 1, "_root", text);
    options.sensitive = true;
    (void)export(office, "person", &options);
    assert_cell(office, 1, "national_id", "IB123456");
    options.format = EXPORT_JSON;
    options.sensitive = false;
    (void)export(office, "person", &options);
    assert_null(strstr(buf_text(&office->file), "IB123456"));
}

static void json_is_an_array_of_typed_values(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_JSON, .language = LANGUAGE_AR};
    struct json *json = NULL;
    struct diag diag = {0};
    assert_int_equal(export(office, "household", &options).records, 0);
    assert_int_equal(json_parse(buf_span(&office->file), &json, &diag), OK);
    assert_int_equal(json_count(json), 0);
    json_free(json);
    (void)save(office, NULL, "household", household, COUNT_OF(household));
    (void)save(office, NULL, "household", household, 1);
    (void)export(office, "household", &options);
    assert_int_equal(json_parse(buf_span(&office->file), &json, &diag), OK);
    assert_int_equal(json_count(json), 2);
    const struct json *first = json_at(json, 0);
    assert_string_equal(json_get_text(first, "head_name_ar", ""), "=1+1");
    assert_int_equal(json_get_int(first, "members", 0), 5);
    assert_int_equal(json_count(json_get(first, "languages")), 2);
    assert_string_equal(json_get_text(first, "_commune", ""), "دمنات");
    json_free(json);
}

static void geojson_has_longitude_first_and_null_without_a_point(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_GEOJSON};
    struct diag diag = {0};
    (void)save(office, NULL, "household", household, COUNT_OF(household));
    (void)save(office, NULL, "household", household, 1);
    struct export_counts counts = export(office, "household", &options);
    assert_int_equal(counts.records, 2);
    assert_int_equal(counts.without_point, 1);
    const char *text = buf_text(&office->file);
    assert_int_equal(strncmp(text, "{\"type\":\"FeatureCollection\",", 28), 0);
    assert_non_null(
        strstr(text, "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-6.95,31.73,1250]"));
    assert_non_null(strstr(text, "\"geometry\":null"));
    assert_null(strstr(text, "\"location\""));
    assert_int_equal(export_type(&office->region.host, office->node, "person", office->path,
                                 &options, &counts, &diag),
                     ERR_UNKNOWN_PROPERTY);
}

static void the_codebook_says_what_each_column_is(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_CSV, .language = LANGUAGE_EN};
    char name[320];
    (void)export(office, "household", &options);
    size_t columns = row_of(office, 0).count;
    (void)snprintf(name, sizeof name, "%s.codebook.csv", office->path);
    buf_clear(&office->file);
    assert_int_equal(office->region.host.files->read(NULL, name, &office->file), OK);
    struct span rest = buf_span(&office->file);
    struct csv_row head, row;
    bool found = false;
    size_t rows = 0;
    assert_int_equal(csv_read_row(&rest, &office->arena, &head, &found), OK);
    while (csv_read_row(&rest, &office->arena, &row, &found) == OK && found) {
        assert_int_equal(row.count, head.count);
        assert_true(csv_cell_of(&head, &row, "label_ar").size > 0);
        if (span_is(row.cells[0], "tenure")) {
            assert_true(span_is(csv_cell_of(&head, &row, "type"), "select_one"));
            assert_true(span_starts_with(csv_cell_of(&head, &row, "choices"), "owner="));
        }
        rows++;
    }
    assert_int_equal(rows, columns);
}

static void many_records_come_once_each(void **state)
{
    struct office *office = *state;
    const struct export_options options = {.format = EXPORT_JSON};
    const size_t count = 1203; /* several pages, the last not full */
    struct json *json = NULL;
    struct diag diag = {0};
    bool seen[1204] = {false};
    assert_int_equal(node_begin(office->node), OK);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "\"n%zu\"", i);
        const struct change change = {"head_name_ar", span_of(number)};
        (void)save(office, NULL, "household", &change, 1);
        arena_reset(&office->arena);
    }
    assert_int_equal(node_end(office->node, OK), OK);
    assert_int_equal(export(office, "household", &options).records, count);
    assert_int_equal(json_parse(buf_span(&office->file), &json, &diag), OK);
    assert_int_equal(json_count(json), count);
    for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
        size_t number = strtoul(json_get_text(item, "head_name_ar", "n9999") + 1, NULL, 10);
        assert_true(number < count && !seen[number]);
        seen[number] = true;
    }
    json_free(json);
}

/* "out" and what is called after it. */
static size_t names_of_export(const struct office *office)
{
    size_t count = 0;
    DIR *dir = opendir(office->region.folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += strncmp(entry->d_name, "out", 3) == 0;
    }
    closedir(dir);
    return count;
}

static void a_broken_export_leaves_the_old_file_and_no_other(void **state)
{
    struct office *office = *state;
    struct export_options options = {.format = EXPORT_CSV};
    struct export_counts counts = {.records = -1};
    struct diag diag = {0};
    (void)save(office, NULL, "household", household, 1);
    (void)export(office, "household", &options);
    assert_int_equal(export_type(&office->region.host, office->node, "nothing", office->path,
                                 &options, &counts, &diag),
                     ERR_UNKNOWN_TYPE);
    assert_string_equal(diag.args[0], "nothing");
    assert_int_equal(names_of_export(office), 2); /* it and its codebook */
    diag = (struct diag){0};
    assert_true(export_type(&office->region.host, office->node, "household", "/nowhere/at/all",
                            &options, &counts, &diag) != OK);
    assert_true(diag.code != OK);
    assert_int_equal(counts.records, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFFICE_TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)
        cmocka_unit_test(cells_are_quoted_and_never_run),
        cmocka_unit_test(rows_are_read_back_and_broken_ones_refused),
        OFFICE_TEST(a_csv_has_what_was_entered_and_where),
        OFFICE_TEST(columns_follow_the_type_whatever_is_filled),
        OFFICE_TEST(highly_sensitive_answers_leave_only_when_asked_for),
        OFFICE_TEST(json_is_an_array_of_typed_values),
        OFFICE_TEST(geojson_has_longitude_first_and_null_without_a_point),
        OFFICE_TEST(the_codebook_says_what_each_column_is),
        OFFICE_TEST(many_records_come_once_each),
        OFFICE_TEST(a_broken_export_leaves_the_old_file_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
