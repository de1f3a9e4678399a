/* keep_session: what stays between commands, and goes. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "keep_session.h"
#include "test_mem.h"

static enum err get(const struct host_keep *keep, const char *name, char ret[64])
{
    struct test_mem memory;
    struct buf bytes;
    buf_init(&bytes, test_mem_init(&memory, 0), 4096);
    enum err e = keep->get(NULL, name, &bytes);
    span_text(buf_span(&bytes), ret, 64);
    buf_release(&bytes);
    return e;
}

static void wait_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static void keeps_until_its_time(const struct host_keep *keep)
{
    char name[64], text[64];
    (void)snprintf(name, sizeof name, "douar-test-%ld", (long)getpid());
    assert_int_equal(get(keep, name, text), ERR_NOT_FOUND);
    assert_int_equal(keep->put(NULL, name, span_of("a key"), 60), OK);
    assert_int_equal(get(keep, name, text), OK);
    assert_string_equal(text, "a key");
    assert_int_equal(keep->put(NULL, name, span_of("another"), 60), OK);
    assert_int_equal(get(keep, name, text), OK);
    assert_string_equal(text, "another");
    keep->drop(NULL, name);
    assert_int_equal(get(keep, name, text), ERR_NOT_FOUND);
    keep->drop(NULL, name);
    assert_int_equal(keep->put(NULL, name, span_of("for a second"), 1), OK);
    assert_int_equal(get(keep, name, text), OK);
    wait_ms(2100); /* keyrings count whole seconds */
    assert_int_equal(get(keep, name, text), ERR_NOT_FOUND);
    assert_int_equal(keep->put(NULL, name, span_of("anew"), 0), OK);
    assert_int_equal(get(keep, name, text), OK);
    keep->drop(NULL, name);
}

static void what_is_kept_goes_at_its_time(void **state)
{
    (void)state;
    keeps_until_its_time(keep_session());
}

static void so_it_does_where_keyrings_are_forbidden(void **state)
{
    (void)state;
    keeps_until_its_time(keep_session_tmpfs());
}

static void a_name_with_a_folder_is_refused(void **state)
{
    (void)state;
    assert_int_equal(keep_session_tmpfs()->put(NULL, "../x", span_of("a"), 1), ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_goes_at_its_time),
        cmocka_unit_test(so_it_does_where_keyrings_are_forbidden),
        cmocka_unit_test(a_name_with_a_folder_is_refused),
    };
    return cmocka_run_group_tests_name("keep_session", tests, NULL, NULL);
}
