/*
 * test_sync_paths.c - the ways that ops, trees, acknowledgements and receipts can take between
 * nodes, and what must hold at the end of each.
 */
#define _XOPEN_SOURCE 700

#include "test_forge.h"
#include "test_town.h"

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

static void nothing(void **state)
{
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(nothing),
    };
    return cmocka_run_group_tests_name("sync_paths", tests, NULL, NULL);
}
