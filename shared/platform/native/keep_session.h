/*
 * keep_session.h - struct host_keep on Linux: keys that stay open between commands.
 *
 * A command is one process, so what a person unlocked has to lie somewhere until the next. It
 * lies in the kernel's keyring of the user: never in a swap area, taken away by the kernel at its
 * time, gone when the machine stops. Where a container forbids keyrings it is a file of mode 0600
 * in a folder of tmpfs (/dev/shm), which is gone with the machine, too, but which memory pressure
 * could move to swap. Processes of the same user can read either, as they can read this process.
 */
#ifndef KEEP_SESSION_H
#define KEEP_SESSION_H

#include "host.h"

const struct host_keep *keep_session(void);

/* The second way alone, for its test. */
const struct host_keep *keep_session_tmpfs(void);

#endif
