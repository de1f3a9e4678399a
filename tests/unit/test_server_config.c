/* server_config: one small file, read strictly. */
#define _XOPEN_SOURCE 700

#include "test.h"

#include <stdio.h>
#include <string.h>

#include "server_config.h"
#include "test_mem.h"
#include "utf8.h"

static enum err read_text(const char *text, struct server_config *ret, struct diag *diag)
{
    return server_config_read(span_of(text), "douard.conf", ret, diag);
}

static void keys_are_read_with_or_without_spaces(void **state)
{
    (void)state;
    struct server_config config;
    struct diag diag = {0};
    const char *text = "# comment\n\n  name = Azilal, bureau \r\nport=9000\naddress = 10.0.0.1\n"
                       "url=https://hub.example:9000\nuplink_minutes = 0\n";
    assert_int_equal(read_text(text, &config, &diag), OK);
    assert_string_equal(config.name, "Azilal, bureau");
    assert_string_equal(config.address, "10.0.0.1");
    assert_string_equal(config.url, "https://hub.example:9000");
    assert_int_equal(config.port, 9000);
    assert_int_equal(config.uplink_minutes, 0);
    assert_int_equal(config.backup_keep, 7); /* left out: the default */
}

static void a_fault_is_named_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *line;
        const char *word; /* in what is said */
    } faults[] = {
        {"name = x\nprot = 8443\n", "2", "prot"},
        {"port = 8443\n\nport = 8444\n", "3", "twice"},
        {"port = eight\n", "1", "0 to 65535"},
        {"port = 65536\n", "1", "65535"},
        {"port = -1\n", "1", "65535"},
        {"port = 08443\n", "1", "65535"},
        {"port =\n", "1", "whole number"},
        {"threads = 0\n", "1", "1 to 16"},
        {"name\n", "1", "key = value"},
        {"url = http://hub.example\n", "1", "https"},
        {"url = https://hub.example/\n", "1", "slash"},
        {"url = https://hub example\n", "1", "https"},
        {"name = a\xff\n", "1", "text"},
        {"na\xf0me = a\n", "1",
         "na"}, /* a flipped bit: what is said of it is a text all the same */
        {"name = a\xe2\x80\xae\n", "1", "text"}, /* turns what follows it around */
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct server_config config = {.port = -7};
        struct diag diag = {0};
        assert_int_equal(read_text(faults[i].text, &config, &diag), ERR_CONFIG);
        assert_string_equal(diag.args[0], "douard.conf");
        assert_string_equal(diag.args[1], faults[i].line);
        if (strstr(diag.args[2], faults[i].word) == NULL) {
            fail_msg("%s: %s", faults[i].text, diag.args[2]);
        }
        assert_true(utf8_valid(span_of(diag.args[2]), NULL));
        assert_int_equal(config.port, -7); /* untouched */
    }
}

static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    struct server_config config, again;
    struct diag diag = {0};
    struct buf text;
    server_config_default(&config);
    (void)snprintf(config.name, sizeof config.name, "بني ملال");
    (void)snprintf(config.url, sizeof config.url, "https://[::1]:8443");
    config.port = 1;
    config.zone_minutes = -60;
    buf_init(&text, mem, 65536);
    server_config_write(&config, &text);
    assert_int_equal(buf_error(&text), OK);
    assert_int_equal(read_text(buf_text(&text), &again, &diag), OK);
    assert_memory_equal(&config, &again, sizeof config);
    buf_release(&text);
    assert_int_equal(memory.live_count, 0);
}

static void paths_stay_in_the_home_unless_absolute(void **state)
{
    (void)state;
    char path[CONFIG_PATH_SIZE], longest[CONFIG_PATH_SIZE + 1];
    assert_int_equal(home_path("/srv/douar", "tls/ca.pem", path), OK);
    assert_string_equal(path, "/srv/douar/tls/ca.pem");
    assert_int_equal(home_path("/srv/douar", "/mnt/copies", path), OK);
    assert_string_equal(path, "/mnt/copies");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(home_path("/srv", longest, path), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_with_or_without_spaces),
        cmocka_unit_test(a_fault_is_named_with_file_and_line),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(paths_stay_in_the_home_unless_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
