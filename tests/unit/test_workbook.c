/* workbook: sheets of .xlsx files row by row, and what is none. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_mem.h"
#include "test_workbook.h"
#include "workbook.h"

#define BOOK(pr)                                                                                   \
    "<workbook xmlns:r='r'>" pr "<sheets><sheet name=' Survey ' r:id='a'/></sheets></workbook>"
#define RELATION(id, type, target)                                                                 \
    "<Relationship Id='" id "' Type='" TEST_WORKBOOK_RELATION type "' Target='" target "'/>"
#define RELATIONS                                                                                  \
    "<Relationships>" RELATION("a", "worksheet", "/xl/worksheets/s.xml")                           \
        RELATION("b", "sharedStrings", "sharedStrings.xml")                                        \
            RELATION("c", "styles", "styles.xml") "</Relationships>"
#define STYLES                                                                                     \
    "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='[Red]\"year\" 0.0'/>"                 \
    "<numFmt numFmtId='171' formatCode='dd\\/mm\\/yyyy'/></numFmts>"                               \
    "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"                                             \
    "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='170'/><xf "                       \
    "numFmtId='171'/></cellXfs></styleSheet>"
#define STRINGS                                                                                    \
    "<sst><si><t>plain</t></si><si><r><t xml:space='preserve'>rich </t></r><r><t>text</t></r>"     \
    "<rPh sb='0' eb='1'><t>spoken</t></rPh></si><si><t/></si><si><t>a_x000D_b</t></si></sst>"

struct shelf {
    struct test_mem memory;
    struct buf bytes, rows;
    struct workbook *workbook;
};

static void open_shelf(struct shelf *shelf)
{
    memset(shelf, 0, sizeof(*shelf));
    const struct mem *mem = test_mem_init(&shelf->memory, 0);
    buf_init(&shelf->bytes, mem, 64 << 20);
    buf_init(&shelf->rows, mem, 1 << 20);
}

static void close_shelf(struct shelf *shelf)
{
    workbook_close(shelf->workbook);
    buf_release(&shelf->bytes);
    buf_release(&shelf->rows);
    assert_int_equal(shelf->memory.live_count, 0);
}

static void fill(struct shelf *shelf, const char *book, const char *sheet)
{
    const struct test_part parts[] = {{"xl/workbook.xml", span_of(book)},
                                      {"xl/_rels/workbook.xml.rels", span_of(RELATIONS)},
                                      {"xl/sharedStrings.xml", span_of(STRINGS)},
                                      {"xl/styles.xml", span_of(STYLES)},
                                      {"xl/worksheets/s.xml", span_of(sheet)}};
    test_zip_make(parts, COUNT_OF(parts), &shelf->bytes);
}

static enum err add_row(void *ctx, const struct workbook_row *row)
{
    struct buf *rows = ctx;
    buf_add_format(rows, "%zu:", row->number);
    for (size_t i = 0; i < row->cell_count; i++) {
        buf_add_format(rows, "%s%s", i == 0 ? "" : "|", row->cells[i] == NULL ? "" : row->cells[i]);
    }
    buf_add_text(rows, "\n");
    return OK;
}

static const char *rows_of(struct shelf *shelf, const char *book, const char *sheet)
{
    struct diag diag = {0};
    fill(shelf, book, sheet);
    if (workbook_open(&shelf->memory.mem, buf_span(&shelf->bytes), "f.xlsx", &shelf->workbook,
                      &diag) != OK ||
        workbook_each_row(shelf->workbook, 0, add_row, &shelf->rows, &diag) != OK) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
    return buf_text(&shelf->rows);
}

static void cells_read_as_a_person_sees_them(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *shown;
    } cells[] = {
        {"<c t='s'><v>0</v></c>", "plain"},
        {"<c t='s'><v>1</v></c>", "rich text"},
        {"<c t='s'><v>3</v></c>", "ab"},
        {"<c t='inlineStr'><is><r><t>in</t></r><r><t>line</t></r></is></c>", "inline"},
        {"<c t='str'><f>A1&amp;\"x\"</f><v>cached</v></c>", "cached"},
        {"<c><f>1+1</f><v>2</v></c>", "2"},
        {"<c t='b'><v>1</v></c>", "TRUE"},
        {"<c t='b'><v>0</v></c>", "FALSE"},
        {"<c t='e'><v>#REF!</v></c>", "#REF!"},
        {"<c><v>12.0</v></c>", "12"},
        {"<c><v>-0.5</v></c>", "-0.5"},
        {"<c><v>1E-3</v></c>", "0.001"},
        {"<c><v>2.4091201E12</v></c>", "2409120100000"},
        {"<c><v>0.30000000000000004</v></c>", "0.3"},
        {"<c><v>20240515143545</v></c>", "20240515143545"},
        {"<c s='1'><v>45427</v></c>", "2024-05-15"},
        {"<c s='1'><v>59</v></c>", "1900-02-28"},
        {"<c s='1'><v>61</v></c>", "1900-03-01"},
        {"<c s='3'><v>45427.4375</v></c>", "2024-05-15T10:30:00"},
        {"<c s='3'><v>0.4375</v></c>", "10:30:00"},
        {"<c s='2'><v>45427.5</v></c>", "45427.5"},
        {"<c t='d'><v>2024-05-15</v></c>", "2024-05-15"},
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct shelf shelf;
        char sheet[300], wanted[100];
        open_shelf(&shelf);
        (void)snprintf(sheet, sizeof(sheet), "<w><row r='1'>%s</row></w>", cells[i].cell);
        (void)snprintf(wanted, sizeof(wanted), "1:%s\n", cells[i].shown);
        assert_string_equal(rows_of(&shelf, BOOK(""), sheet), wanted);
        close_shelf(&shelf);
    }
}

static void days_count_from_1904_where_the_workbook_says_so(void **state)
{
    (void)state;
    struct shelf shelf;
    open_shelf(&shelf);
    assert_string_equal(rows_of(&shelf, BOOK("<workbookPr date1904='1'/>"),
                                "<w><row r='1'><c s='1'><v>43965</v></c></row></w>"),
                        "1:2024-05-15\n");
    close_shelf(&shelf);
}

static void rows_and_cells_may_miss_and_lack_their_names(void **state)
{
    (void)state;
    struct shelf shelf;
    open_shelf(&shelf);
    assert_string_equal(
        rows_of(&shelf, BOOK(""),
                "<w><row><c><v>1</v></c><c r='D1'><v>4</v></c><c><v>5</v></c></row><row/>"
                "<row r='7'><c r='B7' t='s'><v>0</v></c><c r='C7'/></row><row r='8'><c "
                "r='A8'/></row></w>"),
        "1:1|||4|5\n7:|plain\n");
    assert_int_equal(workbook_find_sheet(shelf.workbook, "survey"), 0);
    assert_true(workbook_find_sheet(shelf.workbook, "surve") == SIZE_MAX);
    assert_int_equal(workbook_sheet_count(shelf.workbook), 1);
    close_shelf(&shelf);
}

static void columns_are_named_as_excel_names_them(void **state)
{
    (void)state;
    static const struct {
        size_t column;
        const char *name;
    } columns[] = {{0, "A"}, {25, "Z"}, {26, "AA"}, {27, "AB"}, {701, "ZZ"}, {702, "AAA"}};
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        char name[8];
        workbook_column_name(columns[i].column, name);
        assert_string_equal(name, columns[i].name);
    }
}

static void refused(struct span bytes, enum err code, const char *why)
{
    struct test_mem memory;
    struct workbook *workbook = NULL;
    struct diag diag = {0};
    assert_int_equal(workbook_open(test_mem_init(&memory, 0), bytes, "f.xlsx", &workbook, &diag),
                     code);
    assert_null(workbook);
    assert_string_equal(diag.args[0], "f.xlsx");
    if (strstr(diag.args[1], why) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", diag.args[1], why);
    }
    assert_int_equal(memory.live_count, 0);
}

static void what_is_no_workbook_is_told_with_its_mend(void **state)
{
    (void)state;
    struct shelf shelf;
    uint8_t ole[600] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
    refused(span_of(""), ERR_BAD_FORM, "empty");
    refused(span_of("type,name\ntext,a\n"), ERR_BAD_FORM, "save it as .xlsx");
    refused(span_of("<h:html/>"), ERR_BAD_FORM, "ends in .xml");
    refused(span_from(ole, sizeof(ole)), ERR_BAD_FORM, "old Excel workbook (.xls)");
    const char *stream = "EncryptedPackage";
    for (size_t i = 0; stream[i] != '\0'; i++) {
        ole[512 + 2 * i] = (uint8_t)stream[i];
    }
    refused(span_from(ole, sizeof(ole)), ERR_BAD_FORM, "password");
    refused(span_of("PK\x03\x04 and nothing else"), ERR_BAD_FORM, "damaged or cut off");
    open_shelf(&shelf);
    fill(&shelf, BOOK(""), "<w/>");
    refused(span_cut(buf_span(&shelf.bytes), 0, shelf.bytes.size / 2), ERR_BAD_FORM, "cut off");
    buf_clear(&shelf.bytes);
    const struct test_part other[] = {{"content.xml", span_of("<x/>")}};
    test_zip_make(other, 1, &shelf.bytes);
    refused(buf_span(&shelf.bytes), ERR_BAD_FORM, ".ods");
    buf_clear(&shelf.bytes);
    const struct test_part photo[] = {{"photo.jpg", span_of("x")}};
    test_zip_make(photo, 1, &shelf.bytes);
    refused(buf_span(&shelf.bytes), ERR_BAD_FORM, "no Excel workbook");
    close_shelf(&shelf);
}

static void a_damaged_sheet_is_told_when_it_is_read(void **state)
{
    (void)state;
    static const char *const sheets[] = {"<w><row", "<!DOCTYPE w><w/>",
                                         "<!DOCTYPE w [<!ENTITY a 'x'>]><w>&a;</w>"};
    for (size_t i = 0; i < COUNT_OF(sheets); i++) {
        struct shelf shelf;
        struct diag diag = {0};
        open_shelf(&shelf);
        fill(&shelf, BOOK(""), sheets[i]);
        assert_int_equal(workbook_open(&shelf.memory.mem, buf_span(&shelf.bytes), "f.xlsx",
                                       &shelf.workbook, &diag),
                         OK);
        assert_int_equal(workbook_each_row(shelf.workbook, 0, add_row, &shelf.rows, &diag),
                         ERR_BAD_FORM);
        close_shelf(&shelf);
    }
}

/* 512 MiB of nothing pack into half a megabyte. */
static void a_part_that_unpacks_beyond_its_bound_is_refused(void **state)
{
    (void)state;
    struct shelf shelf;
    struct diag diag = {0};
    size_t size = (size_t)WORKBOOK_PART_MAX + 1;
    char *bomb = calloc(1, size);
    assert_non_null(bomb);
    open_shelf(&shelf);
    const struct test_part parts[] = {{"xl/workbook.xml", span_of(BOOK(""))},
                                      {"xl/_rels/workbook.xml.rels", span_of(RELATIONS)},
                                      {"xl/sharedStrings.xml", span_from(bomb, size)}};
    test_zip_make(parts, COUNT_OF(parts), &shelf.bytes);
    free(bomb);
    assert_true(shelf.bytes.size < (8 << 20));
    assert_int_equal(
        workbook_open(&shelf.memory.mem, buf_span(&shelf.bytes), "f.xlsx", &shelf.workbook, &diag),
        ERR_TOO_LARGE);
    close_shelf(&shelf);
}

static void a_cell_beyond_its_bound_is_refused(void **state)
{
    (void)state;
    struct shelf shelf;
    struct diag diag = {0};
    struct buf sheet;
    open_shelf(&shelf);
    buf_init(&sheet, &shelf.memory.mem, 1 << 20);
    buf_add_text(&sheet, "<w><row r='1'><c t='str'><v>");
    for (size_t i = 0; i <= WORKBOOK_CELL_MAX; i++) {
        buf_add_byte(&sheet, 'x');
    }
    buf_add_text(&sheet, "</v></c></row></w>");
    fill(&shelf, BOOK(""), buf_text(&sheet));
    buf_release(&sheet);
    assert_int_equal(
        workbook_open(&shelf.memory.mem, buf_span(&shelf.bytes), "f.xlsx", &shelf.workbook, &diag),
        OK);
    assert_int_equal(workbook_each_row(shelf.workbook, 0, add_row, &shelf.rows, &diag),
                     ERR_TOO_LARGE);
    close_shelf(&shelf);
}

static void memory_that_runs_out_anywhere_is_told(void **state)
{
    (void)state;
    struct shelf shelf;
    open_shelf(&shelf);
    fill(&shelf, BOOK(""), "<w><row r='1'><c t='s'><v>0</v></c></row></w>");
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        struct test_mem memory;
        struct buf rows;
        struct workbook *workbook = NULL;
        const struct mem *mem = test_mem_init(&memory, nth);
        buf_init(&rows, &shelf.memory.mem, 1 << 20);
        enum err e = workbook_open(mem, buf_span(&shelf.bytes), "f.xlsx", &workbook, NULL);
        e = e != OK ? e : workbook_each_row(workbook, 0, add_row, &rows, NULL);
        workbook_close(workbook);
        failed = memory.failed;
        assert_int_equal(e != OK, failed);
        buf_release(&rows);
        assert_int_equal(memory.live_count, 0);
    }
    close_shelf(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_read_as_a_person_sees_them),
        cmocka_unit_test(days_count_from_1904_where_the_workbook_says_so),
        cmocka_unit_test(rows_and_cells_may_miss_and_lack_their_names),
        cmocka_unit_test(columns_are_named_as_excel_names_them),
        cmocka_unit_test(what_is_no_workbook_is_told_with_its_mend),
        cmocka_unit_test(a_damaged_sheet_is_told_when_it_is_read),
        cmocka_unit_test(a_part_that_unpacks_beyond_its_bound_is_refused),
        cmocka_unit_test(a_cell_beyond_its_bound_is_refused),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
