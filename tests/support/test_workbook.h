/*
 * test_workbook.h - workbooks made in a test, from rows written as lines with | between cells.
 *
 *     static const struct test_sheet sheets[] = {{"survey", "type|name|label\ntext|a|Who?\n"}};
 *     test_workbook_make(sheets, 1, &bytes);
 *
 * test_zip_make() makes any package, for those that are wrong.
 */
#ifndef TEST_WORKBOOK_H
#define TEST_WORKBOOK_H

#include LIBZIP_HEADER

#include <string.h>

#include "buf.h"
#include "test.h"

struct test_sheet {
    const char *name, *rows;
};

struct test_part {
    const char *name;
    struct span bytes;
};

static inline void test_zip_make(const struct test_part *parts, size_t count, struct buf *ret)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &error);
    assert_non_null(to);
    zip_source_keep(to);
    zip_t *zip = zip_open_from_source(to, ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    for (size_t i = 0; i < count; i++) {
        zip_source_t *part = zip_source_buffer(zip, parts[i].bytes.data, parts[i].bytes.size, 0);
        assert_true(zip_file_add(zip, parts[i].name, part, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(to), 0);
    zip_stat_t about;
    assert_int_equal(zip_source_stat(to, &about), 0);
    uint8_t *room = buf_room(ret, (size_t)about.size);
    assert_non_null(room);
    assert_int_equal(zip_source_read(to, room, about.size), (zip_int64_t)about.size);
    buf_grew(ret, (size_t)about.size);
    (void)zip_source_close(to);
    zip_source_free(to);
    zip_error_fini(&error);
}

static inline void test_add_xml(struct buf *ret, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '&' || byte == '<') {
            buf_add_text(ret, byte == '&' ? "&amp;" : "&lt;");
        } else {
            buf_add_byte(ret, byte == '~' ? (uint8_t)'\n' : byte); /* ~ breaks a line in a cell */
        }
    }
}

static inline void test_add_sheet(struct buf *ret, const char *rows)
{
    struct span rest = span_of(rows), line, cell;
    size_t number = 0;
    buf_add_text(ret, "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/"
                      "main'><sheetData>");
    while (span_split(&rest, '\n', &line)) {
        number++;
        buf_add_format(ret, "<row r='%zu'>", number);
        while (span_split(&line, '|', &cell)) {
            buf_add_text(ret, "<c t='inlineStr'><is><t>");
            test_add_xml(ret, cell);
            buf_add_text(ret, "</t></is></c>");
        }
        buf_add_text(ret, "</row>");
    }
    buf_add_text(ret, "</sheetData></worksheet>");
}

#define TEST_SHEETS_MAX 8
#define TEST_WORKBOOK_RELATION                                                                     \
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

static inline void test_workbook_make(const struct test_sheet *sheets, size_t count,
                                      struct buf *ret)
{
    struct buf book, relations, parts[TEST_SHEETS_MAX];
    struct test_part all[TEST_SHEETS_MAX + 2];
    char names[TEST_SHEETS_MAX][64];
    assert_true(count <= TEST_SHEETS_MAX);
    buf_init(&book, ret->mem, 1 << 20);
    buf_init(&relations, ret->mem, 1 << 20);
    buf_add_text(&book, "<workbook xmlns:r='r'><sheets>");
    buf_add_text(&relations, "<Relationships>");
    for (size_t i = 0; i < count; i++) {
        buf_init(&parts[i], ret->mem, 1 << 24);
        test_add_sheet(&parts[i], sheets[i].rows);
        buf_add_format(&book, "<sheet name='%s' r:id='rId%zu'/>", sheets[i].name, i);
        buf_add_format(&relations,
                       "<Relationship Id='rId%zu' Type='" TEST_WORKBOOK_RELATION
                       "worksheet' Target='worksheets/sheet%zu.xml'/>",
                       i, i);
        (void)snprintf(names[i], sizeof(names[i]), "xl/worksheets/sheet%zu.xml", i);
        all[i] = (struct test_part){names[i], buf_span(&parts[i])};
    }
    buf_add_text(&book, "</sheets></workbook>");
    buf_add_text(&relations, "</Relationships>");
    all[count] = (struct test_part){"xl/workbook.xml", buf_span(&book)};
    all[count + 1] = (struct test_part){"xl/_rels/workbook.xml.rels", buf_span(&relations)};
    test_zip_make(all, count + 2, ret);
    for (size_t i = 0; i < count; i++) {
        buf_release(&parts[i]);
    }
    buf_release(&book);
    buf_release(&relations);
}

#endif
