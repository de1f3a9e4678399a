/* background: rounds in a thread of their own, and an end that doesn't wait for ever. */
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "background.h"
#include "test_mem.h"

#define LONG_MS 60000

struct rounds {
    atomic_int count;
    int64_t next_ms;
    pthread_mutex_t busy; /* held by a test: a round doesn't end */
};

static void nap_ms(long ms)
{
    const struct timespec nap = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&nap, NULL);
}

static int64_t one_round(void *ctx, const struct background *self)
{
    struct rounds *rounds = ctx;
    (void)self;
    atomic_fetch_add(&rounds->count, 1);
    pthread_mutex_lock(&rounds->busy);
    pthread_mutex_unlock(&rounds->busy);
    return rounds->next_ms;
}

static void wait_for_rounds(struct rounds *rounds, int count)
{
    for (int i = 0; i < 1000 && atomic_load(&rounds->count) < count; i++) {
        nap_ms(10);
    }
    assert_true(atomic_load(&rounds->count) >= count);
}

static void rounds_repeat_until_the_end(void **state)
{
    (void)state;
    struct test_mem memory;
    struct rounds rounds = {.next_ms = 1, .busy = PTHREAD_MUTEX_INITIALIZER};
    struct background *background = NULL;
    const struct mem *mem = test_mem_init(&memory, 0);
    assert_int_equal(background_start(mem, one_round, &rounds, 0, &background), OK);
    wait_for_rounds(&rounds, 3);
    assert_false(background_stopping(background));
    assert_true(background_stop(background, LONG_MS));
    int count = atomic_load(&rounds.count);
    nap_ms(30);
    assert_int_equal(atomic_load(&rounds.count), count);
    assert_int_equal(memory.live_count, 0);
}

static void an_end_comes_at_once_while_it_waits(void **state)
{
    (void)state;
    struct test_mem memory;
    struct rounds rounds = {.busy = PTHREAD_MUTEX_INITIALIZER};
    struct background *background = NULL;
    const struct mem *mem = test_mem_init(&memory, 0);
    assert_int_equal(background_start(mem, one_round, &rounds, LONG_MS, &background), OK);
    assert_true(background_stop(background, LONG_MS));
    assert_int_equal(atomic_load(&rounds.count), 0);
    assert_int_equal(memory.live_count, 0);
    assert_true(background_stop(NULL, 0));
}

static void a_busy_round_is_left_behind(void **state)
{
    (void)state;
    static struct test_mem memory; /* outlives the test, as the thread may */
    static struct rounds rounds = {.busy = PTHREAD_MUTEX_INITIALIZER};
    static struct background *background;
    const struct mem *mem = test_mem_init(&memory, 0);
    pthread_mutex_lock(&rounds.busy);
    assert_int_equal(background_start(mem, one_round, &rounds, 0, &background), OK);
    wait_for_rounds(&rounds, 1);
    assert_false(background_stop(background, 20));
    pthread_mutex_unlock(&rounds.busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_repeat_until_the_end),
        cmocka_unit_test(an_end_comes_at_once_while_it_waits),
        cmocka_unit_test(a_busy_round_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
