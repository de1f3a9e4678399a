/*
 * process.h - what is set once for the whole process, and how it is told to stop.
 *
 * main calls process_init() before anything else, and a server calls process_block_stop() before
 * it starts threads (they inherit the mask), then process_wait_stop() again and again in its first.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>

#include "buf.h"
#include "err.h"

/*
 * No core file is written and no other process of the user may read this one's memory. Files made
 * from here on are the owner's alone (umask 077), a peer that hangs up is an error
 * and not a signal, libsodium is ready, and as many descriptors as the system allows may be open
 * (a hub holds thousands of connections; the usual soft limit is 1,024). ERR_INTERNAL when
 * libsodium can't start.
 */
MUST_CHECK enum err process_init(void);

/* A line of the terminal, without its end, while nothing typed is shown. ERR_FILE when the standard
   input isn't one or ends. */
MUST_CHECK enum err process_read_secret(struct buf *ret);

void process_block_stop(void); /* SIGTERM and SIGINT wait until somebody asks for them. */
/* The signal's number, or 0 when none came in so many milliseconds. */
int process_wait_stop(int64_t wait_ms);

/*
 * The same program from its beginning, with `extra` after the words it was given (`argv` with its
 * NULL) unless it stands there: what this process held in memory, stacks and libraries' own parts
 * included, is gone. Descriptors that are closed on exec are closed; a stop that waits still
 * waits. Returns only when it can't be done.
 */
void process_restart(const char *const *argv, const char *extra);

/* Memory that was freed goes back to the system, as far as the C library knows how. Takes a
   millisecond or some. */
void process_give_memory_back(void);

/* Ends the process at once, threads that still wait for the network included. */
_Noreturn void process_leave(int status);

#endif
