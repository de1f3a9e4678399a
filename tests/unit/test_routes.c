/* routes, access, throttle: who may call what, how large, how often. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "routes.h"

static const struct route *find(const char *method, const char *path)
{
    const struct route *route = NULL;
    struct diag diag = {0};
    return route_find(span_of(method), span_of(path), &route, &diag) ? NULL : route;
}

static void a_route_is_found_by_its_exact_path_and_method(void **state)
{
    (void)state;
    const struct route *route;
    struct diag diag = {0};
    for (size_t i = 0; i < route_count; i++) {
        assert_ptr_equal(find(routes[i].method, routes[i].path), &routes[i]);
    }
    static const char *const paths[] = {"",          "/",           "/v1/sync/", "/v1/SYNC",
                                        "/v1/syncx", "/v1//sync",   "v1/sync",   "/v2/sync",
                                        "/v1/hell",  "/../v1/sync", "/v1/sync%"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_int_equal(route_find(span_of("POST"), span_of(paths[i]), &route, &diag), ERR_ROUTE);
    }
    static const char *const methods[] = {"GET", "PUT", "post", "POST ", "", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        assert_int_equal(route_find(span_of(methods[i]), span_of("/v1/sync"), &route, &diag),
                         ERR_METHOD);
    }
}

static void a_body_may_be_as_large_as_the_route_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        struct diag diag = {0};
        char limit[32];
        (void)snprintf(limit, sizeof limit, "%llu", (unsigned long long)routes[i].body_max);
        assert_int_equal(route_check_size(&routes[i], routes[i].body_max, &diag), OK);
        assert_int_equal(route_check_size(&routes[i], routes[i].body_max + 1, &diag),
                         ERR_TOO_LARGE);
        assert_string_equal(diag.args[1], limit);
    }
}

static void a_content_type_counts_without_parameters_and_case(void **state)
{
    (void)state;
    const struct route *enrol = find("POST", "/v1/enrol"), *hello = find("GET", "/v1/hello");
    struct diag diag = {0};
    assert_int_equal(route_check_media(enrol, span_of("application/json"), &diag), OK);
    assert_int_equal(route_check_media(enrol, span_of("Application/JSON ; charset=utf-8"), &diag),
                     OK);
    assert_int_equal(route_check_media(enrol, span_of("application/jsonx"), &diag), ERR_MEDIA);
    assert_int_equal(route_check_media(enrol, span_of(""), &diag), ERR_MEDIA);
    assert_int_equal(route_check_media(hello, span_of(""), &diag), OK);
}

static void only_hello_is_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        bool is_public = routes[i].permission == PERMISSION_PUBLIC;
        assert_true(routes[i].permission != PERMISSION_MISSING);
        assert_true(is_public == (strcmp(routes[i].path, "/v1/hello") == 0));
        assert_true(is_public || routes[i].needs_store);
    }
}

/* Every set of facts against every permission: what isn't named here is refused. */
static void access_denies_by_default(void **state)
{
    (void)state;
    const struct org_node good = {.name = "a"}, revoked = {.name = "b", .revoked = true};
    const struct org_node *const nodes[] = {NULL, &good, &revoked};
    for (int permission = 0; permission < 7; permission++) {
        for (unsigned bits = 0; bits < 8; bits++) {
            for (size_t n = 0; n < COUNT_OF(nodes); n++) {
                struct diag diag = {0};
                struct access_facts facts = {.serving = bits & 1,
                                             .has_envelope = bits & 2,
                                             .wait_s = bits & 4 ? 60 : 0,
                                             .node = nodes[n]};
                bool allowed = false;
                if (permission == PERMISSION_PUBLIC) {
                    allowed = true;
                } else if (permission == PERMISSION_INVITED) {
                    allowed = facts.serving && facts.wait_s == 0;
                } else if (permission == PERMISSION_NODE) {
                    allowed = facts.serving && facts.has_envelope && facts.node == &good;
                } else if (permission == PERMISSION_KNOWN) {
                    allowed = facts.serving && facts.has_envelope && facts.node != NULL;
                }
                enum err e = access_decide((enum permission)permission, &facts, &diag);
                assert_true((e == OK) == allowed);
                assert_int_equal(diag.code, e);
            }
        }
    }
}

static const uint8_t salt[THROTTLE_SALT_SIZE] = "a salt of bytes";

static void too_many_failures_wait_for_the_window_to_end(void **state)
{
    (void)state;
    static struct throttle throttle;
    struct span key = span_of("10.0.0.1");
    throttle_init(&throttle, salt);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(throttle_wait_s(&throttle, "peer", key, 3, 1000 + i), 0);
        throttle_failed(&throttle, "peer", key, 1000 + i);
    }
    assert_int_equal(throttle_wait_s(&throttle, "peer", key, 3, 1000), 601);
    assert_int_equal(throttle_wait_s(&throttle, "peer", key, 4, 1000), 0);
    assert_int_equal(throttle_wait_s(&throttle, "code", key, 3, 1000), 0);
    assert_int_equal(throttle_wait_s(&throttle, "peer", span_of("10.0.0.2"), 3, 1000), 0);
    assert_int_equal(throttle_wait_s(&throttle, "peer", key, 3, 1000 + THROTTLE_WINDOW_MS - 1), 1);
    assert_int_equal(throttle_wait_s(&throttle, "peer", key, 3, 1000 + THROTTLE_WINDOW_MS), 0);
    throttle_failed(&throttle, "peer", key, 1000 + THROTTLE_WINDOW_MS);
    assert_int_equal(throttle_wait_s(&throttle, "peer", key, 2, 1001 + THROTTLE_WINDOW_MS), 0);
}

static void a_flood_of_addresses_takes_no_more_memory_and_still_counts(void **state)
{
    (void)state;
    static struct throttle throttle;
    char address[32];
    throttle_init(&throttle, salt);
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
        throttle_failed(&throttle, "peer", span_of(address), i);
    }
    for (int i = 0; i < 3; i++) {
        throttle_failed(&throttle, "peer", span_of("192.0.2.1"), 100000 + i);
    }
    assert_true(throttle_wait_s(&throttle, "peer", span_of("192.0.2.1"), 3, 100010) > 0);
}

static void one_line_of_ipv6_is_one_peer(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2"},
        {"2001:db8:1:2::9", "2001:db8:1:2"},
        {"2001:db8::1", "2001:db8"},
        {"::1", "::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"192.0.2.1", "192.0.2.1"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        char network[64];
        span_text(throttle_network(span_of(pairs[i][0])), network, sizeof network);
        assert_string_equal(network, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_is_found_by_its_exact_path_and_method),
        cmocka_unit_test(a_body_may_be_as_large_as_the_route_says),
        cmocka_unit_test(a_content_type_counts_without_parameters_and_case),
        cmocka_unit_test(only_hello_is_public),
        cmocka_unit_test(access_denies_by_default),
        cmocka_unit_test(too_many_failures_wait_for_the_window_to_end),
        cmocka_unit_test(a_flood_of_addresses_takes_no_more_memory_and_still_counts),
        cmocka_unit_test(one_line_of_ipv6_is_one_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
