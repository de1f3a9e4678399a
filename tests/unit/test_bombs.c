/*
 * Bombs: little that wants to become much. Each is refused, and what reading it took stays below an
 * absolute cap: a ratio would say nothing, since zeros pack 30,000 to 1.
 *
 * Each is read in a process of its own, whose peak the kernel tells. A sanitizer's own memory would
 * be counted too, so there only the refusal is shown.
 */
#define _DEFAULT_SOURCE

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "bundle.h"
#include "columns.h"
#include "expr.h"
#include "media.h"
#include "op.h"
#include "pack.h"
#include "picture_thumb.h"
#include "snapshot_message.h"
#include "sync_message.h"
#include "test.h"
#include "test_mem.h"
#include "test_workbook.h"
#include "workbook.h"
#include "xform_xml.h"

#define KIB_OF_MIB 1024
#define BOMB_MAX   (160u << 20)
#define ARENA_MAX  (96u << 20) /* of a request at a server */

struct bench {
    struct test_mem memory;
    const struct mem *mem;
    struct arena arena;
    struct buf out;
};

/* ---- what is made */

static void repeat(struct buf *ret, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_text(ret, text);
    }
}

static void pack_zeros(struct buf *ret, size_t size, bool says_size)
{
    uint8_t *zeros = calloc(1, size);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(size);
    uint8_t *packed = malloc(bound);
    assert_true(zeros && zstd && packed);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, says_size ? 1 : 0);
    size_t made = ZSTD_compress2(zstd, packed, bound, zeros, size);
    assert_false(ZSTD_isError(made));
    buf_add(ret, packed, made);
    ZSTD_freeCCtx(zstd);
    free(packed);
    free(zeros);
}

static void make_zeros(struct buf *ret)
{
    pack_zeros(ret, 128u << 20, true);
}

static void make_zeros_of_no_size(struct buf *ret)
{
    pack_zeros(ret, 128u << 20, false);
}

/* A frame's head that wants a window of 2 GiB. */
static void make_window(struct buf *ret)
{
    static const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00};
    buf_add(ret, frame, sizeof frame);
}

static void make_deep(struct buf *ret)
{
    repeat(ret, "[", 1u << 20);
}

static void make_keys(struct buf *ret)
{
    buf_add_text(ret, "{");
    for (size_t i = 0; i < 200000; i++) {
        buf_add_format(ret, "%s\"%zu\":0", i > 0 ? "," : "", i);
    }
    buf_add_text(ret, "}");
}

/* A line of the wire at its largest, all of it one list. */
static void make_list(struct buf *ret)
{
    buf_add_text(ret, "{\"v\":1,\"t\":0,\"feeds\":[],\"max\":8192,\"roots\":[0");
    repeat(ret, ",0", (WIRE_LINE_MAX - 100) / 2);
    buf_add_text(ret, "]}");
}

static void make_offers(struct buf *ret)
{
    buf_add_text(ret, "{\"v\":1,\"t\":0,\"feeds\":[[\"05\",\"base\",0,\"AAAAAAAAAAA\"]");
    repeat(ret, ",[\"05\",\"base\",0,\"AAAAAAAAAAA\"]", WIRE_FEEDS_MAX);
    buf_add_text(ret, "],\"max\":8192}");
}

static void make_enter(struct buf *ret)
{
    buf_add_text(ret,
                 "{\"enter\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"ops\":4000000000,\"comp\":\"base\"}");
}

static void make_body(struct buf *ret)
{
    buf_add_text(ret, "[1,\"AQIDBAUGBwg\",null,0,0,0,null,\"AAECAwQFBgcICQoLDA0ODw\",");
    buf_add_text(ret, "\"ICEiIyQlJicoKSorLC0uLw\",\"t\",1,\"\",0,\"save\",\"base\",{\"a\":[");
    repeat(ret, "\"AAAAAAAAAAk\",", OP_BODY_MAX / 15);
    buf_add_text(ret, "\"AAAAAAAAAAk\"]},{},{}]");
}

/* 250,000 lines of one pattern of a kilobyte: 250 MB of text. */
static void make_columns(struct buf *ret)
{
    static const uint8_t lines[] = {0x90, 0xA1, 0x0F}; /* 250,000 */
    static const uint8_t one_pattern[] = {0x01, 0x80, 0x08};
    buf_add(ret, lines, sizeof lines);
    buf_add(ret, one_pattern, sizeof one_pattern);
    repeat(ret, "x", 1024);
    for (size_t i = 0; i < 250000; i++) {
        buf_add_byte(ret, 0);
    }
    buf_add_byte(ret, 0);
    buf_add_byte(ret, 0);
}

static void make_workbook(struct buf *ret)
{
    static const char book[] =
        "<workbook xmlns:r='r'><sheets><sheet name='survey' r:id='a'/></sheets></workbook>";
    static const char relations[] =
        "<Relationships><Relationship Id='b' Type='" TEST_WORKBOOK_RELATION
        "sharedStrings' Target='sharedStrings.xml'/></Relationships>";
    size_t size = (size_t)WORKBOOK_PART_MAX + 1;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    const struct test_part parts[] = {{"xl/workbook.xml", span_of(book)},
                                      {"xl/_rels/workbook.xml.rels", span_of(relations)},
                                      {"xl/sharedStrings.xml", span_from(zeros, size)}};
    test_zip_make(parts, COUNT_OF(parts), ret);
    free(zeros);
}

#define FORM(entities, title)                                                                      \
    "<?xml version='1.0'?><!DOCTYPE h [" entities                                                  \
    "]><h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns='http://www.w3.org/2002/xforms'>"      \
    "<h:head><h:title>" title "</h:title><model><instance><data id='a'/></instance></model>"       \
    "</h:head><h:body/></h:html>"

/* A billion of three letters. */
static void make_laughs(struct buf *ret)
{
    buf_add_text(ret, FORM("<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
                           "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
                           "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
                           "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
                           "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
                           "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'>"
                           "<!ENTITY i '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>"
                           "<!ENTITY j '&i;&i;&i;&i;&i;&i;&i;&i;&i;&i;'>",
                           "&j;"));
}

/* One long one, often. */
static void make_quadratic(struct buf *ret)
{
    buf_add_text(ret, "<?xml version='1.0'?><!DOCTYPE h [<!ENTITY a '");
    repeat(ret, "0123456789", 10000);
    buf_add_text(ret, "'>]><h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>");
    repeat(ret, "&a;", 10000);
    buf_add_text(ret, "</h:title></h:head></h:html>");
}

static void make_foreign(struct buf *ret)
{
    buf_add_text(ret, FORM("<!ENTITY a SYSTEM 'file:///dev/zero'>", "&a;"));
}

static void make_png(struct buf *ret)
{
    static const uint8_t png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x9c\x40\0\0\x9c\x40"
                                 "\x08\x02\0\0\0CRC4\0\0\0\x04IDATdataCRC4\0\0\0\0IENDCRC4";
    buf_add(ret, png, sizeof png - 1);
}

/* 65,500 pixels either way, and none that follows. */
static void make_jpeg(struct buf *ret)
{
    static const uint8_t jpeg[] =
        "\xff\xd8\xff\xc0\0\x11\x08\xff\xdc\xff\xdc\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
        "\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0\x01\x02\xff\xd9";
    buf_add(ret, jpeg, sizeof jpeg - 1);
}

static void make_parentheses(struct buf *ret)
{
    repeat(ret, "(", 1u << 20);
}

/* ---- what reads it */

static enum err read_packed(struct bench *bench, struct span bomb)
{
    struct pack *pack = NULL;
    assert_int_equal(pack_new(bench->mem, &pack), OK);
    return pack_read(pack, 0, bomb, &bench->out, NULL);
}

static enum err read_frame(struct bench *bench, struct span bomb)
{
    struct pack *pack = NULL;
    assert_int_equal(pack_new(bench->mem, &pack), OK);
    return snapshot_frame_read(pack, bomb, &bench->arena, &bench->out, NULL);
}

static enum err read_json(struct bench *bench, struct span bomb)
{
    struct json *json = NULL;
    (void)bench;
    return json_parse(bomb, &json, NULL);
}

static enum err read_request(struct bench *bench, struct span bomb)
{
    struct sync_request request;
    return sync_request_read(bomb, &bench->arena, &request, NULL);
}

static enum err read_row(struct bench *bench, struct span bomb)
{
    struct sync_row row;
    return sync_row_read(bomb, &bench->arena, &row, NULL);
}

static enum err read_op(struct bench *bench, struct span bomb)
{
    struct op op;
    return op_read(bomb, &bench->arena, &op, NULL);
}

static enum err read_columns(struct bench *bench, struct span bomb)
{
    return columns_read(bomb, &bench->arena, &bench->out, NULL);
}

static enum err read_workbook(struct bench *bench, struct span bomb)
{
    struct workbook *workbook = NULL;
    struct diag diag = {0};
    return workbook_open(bench->mem, bomb, "f.xlsx", &workbook, &diag);
}

static enum err read_xform(struct bench *bench, struct span bomb)
{
    struct xform form;
    struct diag diag = {0};
    return xform_read_xml(bomb, &bench->arena, &form, NULL, &diag);
}

static enum err read_media(struct bench *bench, struct span bomb)
{
    struct media media;
    (void)bench;
    return media_look(bomb, "p", &media, NULL);
}

static enum err read_picture(struct bench *bench, struct span bomb)
{
    return picture_thumb(NULL, bomb, "image/jpeg", 64, &bench->out);
}

static enum err read_expression(struct bench *bench, struct span bomb)
{
    struct expr *expr;
    struct diag diag = {0};
    return expr_compile(&bench->arena, tree_names_new(&bench->arena), bomb, &expr, &diag);
}

static const struct bomb {
    const char *name;
    void (*make)(struct buf *ret);
    enum err (*read)(struct bench *bench, struct span bomb);
    enum err expected;
    long cap_mib; /* over what the process had before */
} bombs[] = {
    {"zstd: 128 MiB of zeros", make_zeros, read_packed, ERR_TOO_LARGE, 4},
    {"zstd: zeros of no stated size", make_zeros_of_no_size, read_packed, ERR_FORMAT, 4},
    {"zstd: a window of 2 GiB", make_window, read_packed, ERR_FORMAT, 4},
    {"snapshot: 128 MiB of zeros", make_zeros, read_frame, ERR_TOO_LARGE, 4},
    {"snapshot: 250 MB in columns", make_columns, read_columns, ERR_TOO_LARGE, 24},
    {"json: a million deep", make_deep, read_json, ERR_JSON, 1},
    {"json: 200,000 keys", make_keys, read_json, ERR_JSON, 1},
    {"sync: a line of half a million roots", make_list, read_request, ERR_TOO_LARGE, 48},
    {"sync: more feeds than may be", make_offers, read_request, ERR_TOO_LARGE, 8},
    {"sync: four thousand million ops follow", make_enter, read_row, ERR_FORMAT, 1},
    {"op: predecessors without end", make_body, read_op, ERR_FORMAT, 2},
    {"xlsx: 512 MiB of zeros", make_workbook, read_workbook, ERR_TOO_LARGE, 8},
    {"xml: a billion laughs", make_laughs, read_xform, ERR_BAD_FORM, 8},
    {"xml: a gigabyte by one entity", make_quadratic, read_xform, ERR_BAD_FORM, 8},
    {"xml: an endless file", make_foreign, read_xform, ERR_BAD_FORM, 8},
    {"png: 1,600 megapixels", make_png, read_media, ERR_OUT_OF_RANGE, 1},
    {"jpeg: 4,290 megapixels", make_jpeg, read_media, ERR_OUT_OF_RANGE, 1},
    {"jpeg: made small", make_jpeg, read_picture, ERR_FILE_DAMAGED, 4},
    {"expression: a million parentheses", make_parentheses, read_expression, ERR_FORMAT, 4},
};

/* ---- one of them */

struct came {
    enum err e;
    long grew_kib;
};

static long peak_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* In the child: nothing is given back, it goes with the process. */
static void read_and_tell(const struct bomb *bomb, struct span bytes, int to)
{
    struct bench bench;
    bench.mem = test_mem_init(&bench.memory, 0);
    arena_init(&bench.arena, bench.mem, ARENA_MAX);
    buf_init(&bench.out, bench.mem, WIRE_PLAIN_MAX);
    long before_kib = peak_kib();
    struct came came = {.e = bomb->read(&bench, bytes)};
    came.grew_kib = peak_kib() - before_kib;
    _exit(write(to, &came, sizeof came) == (ssize_t)sizeof came ? 0 : 1);
}

static struct came read_apart(const struct bomb *bomb, struct span bytes)
{
    int ends[2], status = 0;
    struct came came;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        read_and_tell(bomb, bytes, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    if (read(ends[0], &came, sizeof came) != (ssize_t)sizeof came ||
        waitpid(child, &status, 0) != child || status != 0) {
        fail_msg("%s: its reader ended with status %d", bomb->name, status);
    }
    (void)close(ends[0]);
    return came;
}

static void each_is_refused_and_its_memory_bounded(void **state)
{
    struct test_mem memory;
    (void)state;
    (void)test_mem_init(&memory, 0);
    for (size_t i = 0; i < COUNT_OF(bombs); i++) {
        struct buf bytes;
        buf_init(&bytes, &memory.mem, BOMB_MAX);
        bombs[i].make(&bytes);
        assert_int_equal(buf_error(&bytes), OK);
        struct came came = read_apart(&bombs[i], buf_span(&bytes));
        printf("%-40s %8zu bytes: %s, %ld KiB\n", bombs[i].name, bytes.size, err_name(came.e),
               came.grew_kib);
        if (came.e != bombs[i].expected) {
            fail_msg("%s: %s", bombs[i].name, err_name(came.e));
        }
#ifndef __SANITIZE_ADDRESS__
        if (came.grew_kib > bombs[i].cap_mib * KIB_OF_MIB) {
            fail_msg("%s: took %ld KiB", bombs[i].name, came.grew_kib);
        }
#endif
        buf_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_refused_and_its_memory_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
