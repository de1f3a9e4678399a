/*
 * fuzz_play.h - a form that a fuzz target made is played when it is small: time stands still, and
 * what is random is the same each time.
 */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "fuzz.h"
#include "play.h"

#define FUZZ_PLAYS_MAX 100 /* nodes of a form that is played */

static inline int64_t fuzz_play_now_ms(void *ctx)
{
    (void)ctx;
    return 1795681815250;
}

static inline int fuzz_play_zone(void *ctx)
{
    (void)ctx;
    return 60;
}

static inline void fuzz_play_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)i;
    }
}

/* NULL: too large to be played, or refused. play_free() it. */
static inline struct play *fuzz_play_new(const struct xform *form)
{
    const struct play_host host = {.mem = fuzz_mem(),
                                   .now_ms = fuzz_play_now_ms,
                                   .zone_minutes = fuzz_play_zone,
                                   .random = fuzz_play_random};
    struct play *play = NULL;
    struct diag diag = {0};
    bool small = form->node_count <= FUZZ_PLAYS_MAX;
    return small && play_new(form, &host, &play, &diag) == OK ? play : NULL;
}

#endif
