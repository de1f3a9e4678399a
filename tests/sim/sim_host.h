/*
 * sim_host.h - the struct host of a simulated machine: its disk, its clock that may lie, its own
 * random numbers, malloc.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "host.h"
#include "sim_rng.h"
#include "sim_vfs.h"

enum clock_kind { CLOCK_RIGHT, CLOCK_AHEAD, CLOCK_BEHIND, CLOCK_DRIFTS, CLOCK_FROZEN };

struct sim_clock {
    enum clock_kind kind;
    int64_t since_ms;  /* true time at which it got so */
    int64_t shown_ms;  /* what it said then */
    int64_t drift_ppm; /* CLOCK_DRIFTS: how much faster it goes */
};

struct sim_host {
    struct host host;
    struct sim_disk *disk;
    struct sim_rng rng;
    const int64_t *now_ms; /* the true time of the world */
    struct sim_clock clock;
    uint64_t boot; /* runs of the machine, counted */
    int64_t booted_ms;
    void *owner;
};

/* `exchange` may be NULL. The clock is right. */
void sim_host_init(struct sim_host *host, const char *name, uint64_t seed, uint64_t stream,
                   const int64_t *now_ms, void *owner,
                   enum err (*exchange)(void *ctx, const struct exchange_request *request,
                                        struct exchange_reply *reply, struct diag *diag));
void sim_host_release(struct sim_host *host);

/* The machine was off: its monotonic clock starts again. */
void sim_host_boot(struct sim_host *host);
/* From now on the clock says `shown_ms` and goes on as `kind` does. */
void sim_host_set_clock(struct sim_host *host, enum clock_kind kind, int64_t shown_ms,
                        int64_t drift_ppm);
int64_t sim_host_now_ms(const struct sim_host *host); /* what the clock says */

#endif
