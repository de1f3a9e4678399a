/* media: kinds told by their bytes, images read by their headers and cleaned; every cut refused. */
#include "test.h"

#include <string.h>

#include "media.h"
#include "test_mem.h"

#define SECRET "GPSPOSITION"

struct setting {
    struct test_mem memory;
    struct buf image, clean;
};

static int begin(void **state)
{
    static struct setting s;
    test_mem_init(&s.memory, 0);
    buf_init(&s.image, &s.memory.mem, 1u << 16);
    buf_init(&s.clean, &s.memory.mem, 1u << 16);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    struct setting *s = *state;
    buf_release(&s->image);
    buf_release(&s->clean);
    return s->memory.live_count == 0 ? 0 : -1;
}

static void add(struct setting *s, const char *bytes, size_t size)
{
    buf_add(&s->image, bytes, size);
}
#define ADD(s, literal) add((s), (literal), sizeof(literal) - 1)

/* A TIFF structure of one entry, the orientation, and a secret behind it. */
#define TIFF_BIG(o)    "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" o "\0\0\0\0\0\0" SECRET
#define TIFF_LITTLE(o) "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" o "\0\0\0\0\0\0\0" SECRET

static void make_jpeg(struct setting *s)
{
    ADD(s, "\xff\xd8");
    ADD(s, "\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    ADD(s, "\xff\xe1\0\x2d"
           "Exif\0\0" TIFF_BIG("\x06"));
    ADD(s, "\xff\xe1\0\x0dhttp"
           "GPSPOSI");
    ADD(s, "\xff\xe2\0\x10ICC_PROFILE\0\x01\x01");
    ADD(s, "\xff\xe2\0\x0dMPF\0GPSPOSI");
    ADD(s, "\xff\xed\0\x0dPhot"
           "GPSPOSI");
    ADD(s, "\xff\xfe\0\x0d" SECRET);
    ADD(s, "\xff\xdb\0\x04\x01\x02");
    ADD(s, "\xff\xc0\0\x0b\x08\0\x30\0\x40\x01\x01\x11\0");
    ADD(s, "\xff\xda\0\x08\x01\x01\0\0\x3f\0"
           "abc\xff\0def\xff\xd0ghi");
    ADD(s, "\xff\xda\0\x08\x01\x01\0\0\x3f\0"
           "second scan");
    ADD(s, "\xff\xd9");
    ADD(s, SECRET);
}

static void make_png(struct setting *s)
{
    ADD(s, "\x89PNG\r\n\x1a\n");
    ADD(s, "\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x30\x08\x02\0\0\0CRC4");
    ADD(s, "\0\0\0\x25"
           "eXIf" TIFF_LITTLE("\x03") "CRC4");
    ADD(s, "\0\0\0\x0btEXt" SECRET "CRC4");
    ADD(s, "\0\0\0\x01sRGB\0CRC4");
    ADD(s, "\0\0\0\x04IDATdataCRC4");
    ADD(s, "\0\0\0\x0bzTXt" SECRET "CRC4");
    ADD(s, "\0\0\0\0IENDCRC4");
    ADD(s, SECRET);
}

static void make_webp(struct setting *s)
{
    ADD(s, "RIFF\0\0\0\0WEBP");
    ADD(s, "VP8X\x0a\0\0\0\x0c\0\0\0\x3f\0\0\x2f\0\0");
    ADD(s, "VP8 \x06\0\0\0pixels");
    ADD(s, "EXIF\x25\0\0\0" TIFF_LITTLE("\x08") "\0");
    ADD(s, "XMP \x0b\0\0\0" SECRET "\0");
    s->image.data[4] = (uint8_t)(s->image.size - 8);
    ADD(s, SECRET);
}

static struct media look(struct setting *s, const struct buf *image)
{
    struct media media = {.mime = ""};
    struct diag diag = {0};
    (void)s;
    enum err e = media_look(buf_span(image), "p", &media, &diag);
    if (e) {
        fail_msg("%s: %s", err_name(e), diag.args[1]);
    }
    return media;
}

static bool holds(const struct buf *bytes, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= bytes->size; i++) {
        if (memcmp(bytes->data + i, text, size) == 0) {
            return true;
        }
    }
    return false;
}

/* Cleaned twice: nothing of the place is left, the picture is what it was, and again is the same.
 */
static void check_clean(struct setting *s, const char *mime, int orientation)
{
    struct diag diag = {0};
    struct buf again;
    struct media before = look(s, &s->image);
    assert_string_equal(before.mime, mime);
    assert_int_equal(before.width, 64);
    assert_int_equal(before.height, 48);
    assert_int_equal(before.orientation, orientation);
    assert_int_equal(media_clean(buf_span(&s->image), "p", &s->clean, &diag), OK);
    struct media after = look(s, &s->clean);
    assert_int_equal(after.orientation, orientation);
    assert_int_equal(after.width, 64);
    assert_false(holds(&s->clean, "GPSPOSI"));
    buf_init(&again, &s->memory.mem, 1u << 16);
    assert_int_equal(media_clean(buf_span(&s->clean), "p", &again, &diag), OK);
    assert_int_equal(again.size, s->clean.size);
    assert_memory_equal(again.data, s->clean.data, again.size);
    buf_release(&again);
}

static void a_jpeg_keeps_its_picture_alone(void **state)
{
    struct setting *s = *state;
    make_jpeg(s);
    check_clean(s, "image/jpeg", 6);
    assert_true(holds(&s->clean, "ICC_PROFILE"));
    assert_true(holds(&s->clean, "second scan"));
    assert_false(holds(&s->clean, "MPF"));
}

static void a_png_keeps_its_picture_alone(void **state)
{
    struct setting *s = *state;
    make_png(s);
    check_clean(s, "image/png", 3);
    assert_true(holds(&s->clean, "sRGB"));
    /* The checksum of the chunk that says orientation 3, by another program's zlib. */
    assert_true(holds(&s->clean, "\x84\x5f\x64\xce"));
    assert_false(holds(&s->clean, "tEXt"));
}

static void a_webp_keeps_its_picture_alone(void **state)
{
    struct setting *s = *state;
    make_webp(s);
    check_clean(s, "image/webp", 8);
    assert_int_equal(s->clean.data[4] + 8, s->clean.size);
    assert_int_equal(s->clean.data[20], 0x08);
}

/* Cut at every byte before its end an image is refused, read over by nobody (sanitizers look). */
static void an_image_cut_anywhere_is_refused(void **state)
{
    struct setting *s = *state;
    static void (*const makers[])(struct setting *) = {make_jpeg, make_png, make_webp};
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        buf_clear(&s->image);
        makers[i](s);
        size_t whole = s->image.size - strlen(SECRET); /* what follows the end may be missing */
        for (size_t size = 0; size < whole; size++) {
            struct media media;
            struct diag diag = {0};
            uint8_t *exact = s->memory.mem.resize(s->memory.mem.ctx, NULL, size ? size : 1);
            assert_non_null(exact);
            memcpy(exact, s->image.data, size);
            buf_clear(&s->clean);
            enum err e = media_look(span_from(exact, size), "p", &media, &diag);
            if (e != ERR_FILE_DAMAGED && e != ERR_FILE_KIND) {
                fail_msg("kind %zu cut at %zu: %s", i, size, err_name(e));
            }
            assert_int_equal(media_clean(span_from(exact, size), "p", &s->clean, NULL), e);
            assert_int_equal(s->clean.size, 0);
            s->memory.mem.resize(s->memory.mem.ctx, exact, 0);
        }
    }
}

/* One byte changed anywhere: taken or refused, but never read beyond (sanitizers look), and what
   is taken comes out such that it is taken again. */
static void a_changed_byte_does_no_harm(void **state)
{
    struct setting *s = *state;
    static void (*const makers[])(struct setting *) = {make_jpeg, make_png, make_webp};
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xD9, 0xE1, 0xFF};
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        buf_clear(&s->image);
        makers[i](s);
        for (size_t at = 0; at < s->image.size; at++) {
            for (size_t v = 0; v < COUNT_OF(values); v++) {
                struct media media;
                uint8_t before = s->image.data[at];
                s->image.data[at] = values[v];
                buf_clear(&s->clean);
                enum err looked = media_look(buf_span(&s->image), "p", &media, NULL);
                enum err e = media_clean(buf_span(&s->image), "p", &s->clean, NULL);
                assert_int_equal(looked, e);
                if (!e) {
                    assert_int_equal(media_look(buf_span(&s->clean), "p", &media, NULL), OK);
                }
                s->image.data[at] = before;
            }
        }
    }
}

static void other_kinds_are_told_by_their_bytes(void **state)
{
    struct setting *s = *state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *mime; /* NULL: refused */
    } rows[] = {
        {"%PDF-1.7 x", 10, "application/pdf"},
        {"OggS....", 8, "audio/ogg"},
        {"ID3....", 7, "audio/mpeg"},
        {"\xff\xfb..", 4, "audio/mpeg"},
        {"\0\0\0 ftypM4A ", 12, "audio/mp4"},
        {"#!AMR\n..", 8, "audio/amr"},
        {"RIFF....WAVE", 12, "audio/wav"},
        {"RIFF....AVI ", 12, NULL},
        {"\0\0\0 ftypisom", 12, NULL},
        {"<svg>", 5, NULL},
        {"MZ", 2, NULL},
        {"", 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct media media;
        struct diag diag = {0};
        struct span bytes = span_from(rows[i].bytes, rows[i].size);
        enum err e = media_look(bytes, "f", &media, &diag);
        if (!rows[i].mime) {
            assert_int_equal(e, ERR_FILE_KIND);
            assert_string_equal(diag.args[0], "f");
            continue;
        }
        assert_int_equal(e, OK);
        assert_string_equal(media.mime, rows[i].mime);
        assert_false(media.image);
        buf_clear(&s->clean);
        assert_int_equal(media_clean(bytes, "f", &s->clean, &diag), OK);
        assert_true(span_equal(buf_span(&s->clean), bytes));
    }
}

/* Sides that no picture has: a bomb for whoever would decode it. */
static void sides_without_measure_are_refused(void **state)
{
    struct setting *s = *state;
    struct media media;
    make_png(s);
    s->image.data[18] = 0xFF;
    assert_int_equal(media_look(buf_span(&s->image), "p", &media, NULL), ERR_OUT_OF_RANGE);
    s->image.data[18] = 0;
    s->image.data[19] = 0;
    assert_int_equal(media_look(buf_span(&s->image), "p", &media, NULL), ERR_FILE_DAMAGED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(a_jpeg_keeps_its_picture_alone),    CASE(a_png_keeps_its_picture_alone),
        CASE(a_webp_keeps_its_picture_alone),    CASE(an_image_cut_anywhere_is_refused),
        CASE(a_changed_byte_does_no_harm),       CASE(other_kinds_are_told_by_their_bytes),
        CASE(sides_without_measure_are_refused),
    };
#undef CASE
    return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
