/* embedded: files carried inside the program. */
#include "test.h"

#include "embedded.h"

static const unsigned char one[] = "1";
static const unsigned char two[] = "22";

static const struct embedded files[] = {
    {"0001_init.sql", one, 1},
    {"0002_more.sql", two, 2},
};

static void a_file_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(embedded_find(files, COUNT_OF(files), "0001_init.sql"), &files[0]);
    assert_ptr_equal(embedded_find(files, COUNT_OF(files), "0002_more.sql"), &files[1]);
    assert_int_equal(embedded_find(files, COUNT_OF(files), "0002_more.sql")->size, 2);
}

static void another_name_is_not_found(void **state)
{
    (void)state;
    assert_null(embedded_find(files, COUNT_OF(files), "0001_init"));
    assert_null(embedded_find(files, 1, "0002_more.sql"));
    assert_null(embedded_find(files, 0, "0001_init.sql"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_found_by_its_whole_name),
        cmocka_unit_test(another_name_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
