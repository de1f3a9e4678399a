/*
 * background.h - work that repeats in a thread of its own while the server serves.
 *
 * The uplink waits for minutes on a bad network and a backup copies gigabytes: neither may keep
 * the writer from answering. Each has a node handle of its own; SQLite orders their writes.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include <stdint.h>

#include "err.h"
#include "mem.h"

struct background;

/* One round of work, in the background's thread; returns ms until the next. `self` is for
   background_stopping(). */
typedef int64_t (*background_work)(void *ctx, const struct background *self);

/* The first round begins after `first_ms`. `ctx` must outlive the background. */
MUST_CHECK enum err background_start(const struct mem *mem, background_work work, void *ctx,
                                     int64_t first_ms, struct background **ret);

/* Asks it to end; work that takes long may look. Any thread. */
bool background_stopping(const struct background *background);

/*
 * No further round begins. Waits at most `wait_ms` for the present one: true when the thread is
 * gone and all is freed; false when it is still busy (a reply that trickles in), and then its
 * memory and `ctx` must stay until the process ends.
 */
bool background_stop(struct background *background, int64_t wait_ms);

#endif
