/* code: bytes as text, each value in one way only. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "test_mem.h"

struct vector {
    const char *bytes;
    const char *base64;
    const char *base32;
    const char *hex;
};

/* RFC 4648, section 10, without padding. */
static const struct vector vectors[] = {
    {"", "", "", ""},
    {"f", "Zg", "MY", "66"},
    {"fo", "Zm8", "MZXQ", "666f"},
    {"foo", "Zm9v", "MZXW6", "666f6f"},
    {"foob", "Zm9vYg", "MZXW6YQ", "666f6f62"},
    {"fooba", "Zm9vYmE", "MZXW6YTB", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
    {"\xff\xef\xbe", "_---", "77X34", "ffefbe"},
};

struct fixture {
    struct test_mem memory;
    struct buf buf;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    buf_init(&fixture.buf, test_mem_init(&fixture.memory, 0), 10000);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    buf_release(&fixture->buf);
    return fixture->memory.live_count != 0;
}

static void base64_goes_both_ways(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct span bytes = span_of(vectors[i].bytes);
        char text[16];
        uint8_t read[16];
        assert_int_equal(base64_write(bytes.data, bytes.size, text), strlen(vectors[i].base64));
        assert_string_equal(text, vectors[i].base64);
        assert_int_equal(BASE64_SIZE(bytes.size), strlen(text));
        assert_true(base64_read(span_of(text), read, bytes.size));
        assert_true(span_equal(span_from(read, bytes.size), bytes));
        buf_clear(buf);
        base64_add(buf, bytes);
        assert_string_equal(buf_text(buf), vectors[i].base64);
        buf_clear(buf);
        assert_int_equal(base64_add_decoded(buf, span_of(text)), OK);
        assert_true(span_equal(buf_span(buf), bytes));
    }
}

static void base64_written_otherwise_is_refused(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    static const char *const wrong[] = {"Z",    "Zg==", "Zh",    "Zm9", "Zm8=",  "Zm+v", "Zm/v",
                                        "Zm 9", "Zm\n", "Zm9vY", "é",   "Zm9_=", "Zn",   "Z_"};
    buf_add_text(buf, "before");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint8_t untouched[16] = "before";
        if (base64_add_decoded(buf, span_of(wrong[i])) != ERR_FORMAT) {
            fail_msg("%s", wrong[i]);
        }
        for (size_t size = 0; size < 8; size++) {
            assert_false(base64_read(span_of(wrong[i]), untouched, size));
        }
        assert_string_equal((char *)untouched, "before");
        assert_string_equal(buf_text(buf), "before");
    }
}

static void base64_of_another_size_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[8];
    assert_false(base64_read(span_of("Zm9v"), bytes, 2));
    assert_false(base64_read(span_of("Zm9v"), bytes, 4));
    assert_false(base64_read(span_of("Zm9v"), bytes, SIZE_MAX));
    assert_true(base64_read(span_of("Zm9v"), bytes, 3));
}

/* One value has one text: of all texts of two characters, exactly 256 are bytes. */
static void exactly_one_text_stands_for_a_byte(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    size_t base64_count = 0;
    size_t hex_count = 0;
    size_t base32_count = 0;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t text[2] = {(uint8_t)a, (uint8_t)b};
            uint8_t byte;
            base64_count += base64_read(span_from(text, 2), &byte, 1);
            hex_count += hex_read(span_from(text, 2), &byte, 1);
            bool capital = !(a >= 'a' && a <= 'z') && !(b >= 'a' && b <= 'z');
            bool passed_over = a == '-' || a == ' ' || b == '-' || b == ' ';
            if (capital && !passed_over) {
                base32_count += base32_add_decoded(buf, span_from(text, 2)) == OK;
            }
        }
    }
    assert_int_equal(base64_count, 256);
    assert_int_equal(hex_count, 256);
    assert_int_equal(base32_count, 256);
}

static void base32_goes_both_ways(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        buf_clear(buf);
        base32_add(buf, span_of(vectors[i].bytes));
        assert_string_equal(buf_text(buf), vectors[i].base32);
        buf_clear(buf);
        assert_int_equal(base32_add_decoded(buf, span_of(vectors[i].base32)), OK);
        assert_true(span_is(buf_span(buf), vectors[i].bytes));
    }
}

static void base32_is_read_as_people_type_it(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    assert_int_equal(base32_add_decoded(buf, span_of(" mzXw-6yTb oi ")), OK);
    assert_string_equal(buf_text(buf), "foobar");
}

static void base32_that_is_wrong_is_refused(void **state)
{
    struct buf *buf = &((struct fixture *)*state)->buf;
    static const char *const wrong[] = {
        "M",  "MZX",  "MZXW6Y",    "MZ",  "MZXR", "MZXW7", "0Y",  "1Y",
        "8Y", "MY==", "MZXW6YTB=", "M_Y", "é",    "MY.",   "M\tY"};
    buf_add_text(buf, "before");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (base32_add_decoded(buf, span_of(wrong[i])) != ERR_FORMAT) {
            fail_msg("%s", wrong[i]);
        }
        assert_string_equal(buf_text(buf), "before");
    }
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct span bytes = span_of(vectors[i].bytes);
        char text[16];
        uint8_t read[8];
        assert_int_equal(hex_write(bytes.data, bytes.size, text), 2 * bytes.size);
        assert_string_equal(text, vectors[i].hex);
        assert_true(hex_read(span_of(text), read, bytes.size));
        assert_true(span_equal(span_from(read, bytes.size), bytes));
    }
}

static void hex_that_is_wrong_is_refused(void **state)
{
    (void)state;
    uint8_t untouched[4] = "abc";
    assert_false(hex_read(span_of("6G"), untouched, 1));
    assert_false(hex_read(span_of("6F"), untouched, 1));
    assert_false(hex_read(span_of("6"), untouched, 1));
    assert_false(hex_read(span_of("666"), untouched, 1));
    assert_false(hex_read(span_of("6666"), untouched, 1));
    assert_false(hex_read(span_of("00zz"), untouched, 2));
    assert_false(hex_read(span_of(""), untouched, SIZE_MAX / 2 + 1));
    assert_string_equal((char *)untouched, "abc");
}

static void no_memory_and_no_room_are_reported(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 1), 100);
    assert_int_equal(base64_add_decoded(&buf, span_of("Zm9v")), ERR_NOMEM);
    buf_init(&buf, test_mem_init(&memory, 1), 100);
    assert_int_equal(base32_add_decoded(&buf, span_of("MZXW6")), ERR_NOMEM);
    buf_init(&buf, test_mem_init(&memory, 0), 2);
    assert_int_equal(base64_add_decoded(&buf, span_of("Zm9v")), ERR_TOO_LARGE);
    buf_clear(&buf);
    assert_int_equal(base32_add_decoded(&buf, span_of("MZXW6")), ERR_TOO_LARGE);
    buf_clear(&buf);
    base64_add(&buf, span_of("foo"));
    assert_int_equal(buf_error(&buf), ERR_TOO_LARGE);
    buf_clear(&buf);
    base64_add(&buf, span_from(NULL, SIZE_MAX));
    assert_int_equal(buf_error(&buf), ERR_TOO_LARGE);
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(base64_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base64_written_otherwise_is_refused, set_up, tear_down),
        cmocka_unit_test(base64_of_another_size_is_refused),
        cmocka_unit_test_setup_teardown(exactly_one_text_stands_for_a_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base32_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base32_is_read_as_people_type_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(base32_that_is_wrong_is_refused, set_up, tear_down),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(hex_that_is_wrong_is_refused),
        cmocka_unit_test(no_memory_and_no_room_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
