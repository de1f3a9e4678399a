#include "background.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct background {
    const struct mem *mem;
    background_work work;
    void *ctx;
    int64_t first_ms;
    atomic_bool stopping;
    pthread_t thread;
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t changed;
    bool ended;
};

static struct timespec moment_after(int64_t ms)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(ms / 1000);
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

/* Until `over` says so or the time is over; the lock is held. */
static void wait_for(struct background *background, int64_t ms, bool (*over)(struct background *))
{
    struct timespec until = moment_after(ms);
    while (!over(background) &&
           pthread_cond_timedwait(&background->changed, &background->lock, &until) == 0) {
    }
}

static bool asked_to_stop(struct background *background)
{
    return atomic_load(&background->stopping);
}

static bool has_ended(struct background *background)
{
    return background->ended;
}

static void *run(void *arg)
{
    struct background *background = arg;
    int64_t wait_ms = background->first_ms;
    for (;;) {
        pthread_mutex_lock(&background->lock);
        wait_for(background, wait_ms, asked_to_stop);
        pthread_mutex_unlock(&background->lock);
        if (asked_to_stop(background)) {
            break;
        }
        wait_ms = background->work(background->ctx, background);
    }
    pthread_mutex_lock(&background->lock);
    background->ended = true;
    pthread_cond_broadcast(&background->changed);
    pthread_mutex_unlock(&background->lock);
    return NULL;
}

enum err background_start(const struct mem *mem, background_work work, void *ctx, int64_t first_ms,
                          struct background **ret)
{
    pthread_condattr_t attributes;
    struct background *background = mem->resize(mem->ctx, NULL, sizeof *background);
    if (background == NULL) {
        return ERR_NOMEM;
    }
    *background = (struct background){
        .mem = mem, .work = work, .ctx = ctx, .first_ms = first_ms, .ended = false};
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&background->lock, NULL);
    pthread_cond_init(&background->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&background->thread, NULL, run, background) != 0) {
        pthread_cond_destroy(&background->changed);
        pthread_mutex_destroy(&background->lock);
        mem->resize(mem->ctx, background, 0);
        return ERR_NOMEM;
    }
    *ret = background;
    return OK;
}

bool background_stopping(const struct background *background)
{
    return atomic_load(&background->stopping);
}

bool background_stop(struct background *background, int64_t wait_ms)
{
    if (background == NULL) {
        return true;
    }
    pthread_mutex_lock(&background->lock);
    atomic_store(&background->stopping, true);
    pthread_cond_broadcast(&background->changed);
    wait_for(background, wait_ms, has_ended);
    bool ended = background->ended;
    pthread_mutex_unlock(&background->lock);
    if (!ended) {
        pthread_detach(background->thread);
        return false;
    }
    pthread_join(background->thread, NULL);
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    const struct mem *mem = background->mem;
    mem->resize(mem->ctx, background, 0);
    return true;
}
