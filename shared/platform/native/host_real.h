/*
 * host_real.h - the effects of a real machine behind struct host.
 *
 *     struct host_real real;
 *     struct host host;
 *     host_real_init(&real, &host);
 *     e = host_real_connect(&real, &host);   only for who talks to a hub
 *     ...
 *     host_real_release(&real);
 *
 * Clock, randomness, memory and files may be used by several threads; `exchange` by one at a
 * time. `fault` is constant false.
 *
 * DOUAR_CLOCK_OFFSET_MS (a whole number, may be negative) is added to the wall clock: it lets a
 * demonstration or a test run a device whose clock is wrong. It gives no power that setting the
 * machine's clock does not; sync.md treats every wall clock as a liar.
 */
#ifndef HOST_REAL_H
#define HOST_REAL_H

#include "host.h"

struct transport;

/* Must outlive the host that was made from it. */
struct host_real {
    struct transport *transport; /* NULL until host_real_connect() */
    int64_t clock_offset_ms;
};

void host_real_init(struct host_real *real, struct host *ret);

/* Gives the host a network (transport_curl.h). */
MUST_CHECK enum err host_real_connect(struct host_real *real, struct host *host);
void host_real_release(struct host_real *real);

#endif
