/* The four catalogues of schema/messages: whole, alike, and with no argument lost. */
#include "test.h"

#include <stdio.h>

#include "embedded.h"
#include "message.h"
#include "test_mem.h"
#include "utf8.h"

/* Written by the build, from schema/messages. */
extern const struct embedded catalogue_files[];
extern const size_t catalogue_files_count;

static const char *const languages[] = {"en", "fr", "ar", "zgh"};

struct fixture {
    struct test_mem memory;
    struct catalogue catalogues[COUNT_OF(languages)];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    const struct mem *mem = test_mem_init(&fixture.memory, 0);
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        char name[16];
        struct diag diag = {0};
        snprintf(name, sizeof name, "%s.txt", languages[i]);
        const struct embedded *file = embedded_find(catalogue_files, catalogue_files_count, name);
        if (file == NULL || catalogue_load(mem, span_from(file->data, file->size),
                                           &fixture.catalogues[i], &diag) != OK) {
            print_error("%s: line %s, %s\n", name, diag.args[1], diag.args[2]);
            return -1;
        }
    }
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        catalogue_release(&fixture->catalogues[i]);
    }
    return fixture->memory.live_count != 0;
}

static void every_failure_has_a_sentence_in_every_language(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        for (unsigned code = OK + 1; code < ERR_COUNT; code++) {
            char key[MESSAGE_KEY_SIZE + 1];
            struct span sentence;
            snprintf(key, sizeof key, "error.%s", err_name((enum err)code));
            if (!catalogue_find(&fixture->catalogues[i], key, &sentence)) {
                fail_msg("%s lacks %s", languages[i], key);
            }
        }
    }
}

static void every_language_has_the_same_keys(void **state)
{
    struct fixture *fixture = *state;
    const struct catalogue *english = &fixture->catalogues[0];
    for (size_t i = 1; i < COUNT_OF(languages); i++) {
        const struct catalogue *other = &fixture->catalogues[i];
        for (size_t j = 0; j < english->count && j < other->count; j++) {
            if (!span_equal(english->lines[j].key, other->lines[j].key)) {
                fail_msg("en has %.*s where %s has %.*s", (int)english->lines[j].key.size,
                         (const char *)english->lines[j].key.data, languages[i],
                         (int)other->lines[j].key.size, (const char *)other->lines[j].key.data);
            }
        }
        assert_int_equal(other->count, english->count);
    }
}

/* A bit for each of {0} to {9} that the sentence holds. */
static unsigned placeholders(struct span sentence)
{
    unsigned found = 0;
    for (size_t i = 0; i + 2 < sentence.size; i++) {
        const uint8_t *at = sentence.data + i;
        if (at[0] == '{' && at[1] >= '0' && at[1] <= '9' && at[2] == '}') {
            found |= 1u << (at[1] - '0');
        }
    }
    return found;
}

static void no_language_drops_or_adds_an_argument(void **state)
{
    struct fixture *fixture = *state;
    const struct catalogue *english = &fixture->catalogues[0];
    for (size_t i = 1; i < COUNT_OF(languages); i++) {
        for (size_t j = 0; j < english->count; j++) {
            const struct catalogue_line *other = &fixture->catalogues[i].lines[j];
            if (placeholders(other->sentence) != placeholders(english->lines[j].sentence)) {
                fail_msg("%s: %.*s has other arguments than English", languages[i],
                         (int)other->key.size, (const char *)other->key.data);
            }
        }
    }
}

static void no_sentence_hides_a_control_character(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        for (size_t j = 0; j < fixture->catalogues[i].count; j++) {
            assert_false(utf8_has_control(fixture->catalogues[i].lines[j].sentence));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_has_a_sentence_in_every_language),
        cmocka_unit_test(every_language_has_the_same_keys),
        cmocka_unit_test(no_language_drops_or_adds_an_argument),
        cmocka_unit_test(no_sentence_hides_a_control_character),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
