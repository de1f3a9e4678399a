/*
 * sync_safe.h - what a device asks before it forgets (schema/protocol.md, "Sync", `safe`).
 */
#ifndef SYNC_SAFE_H
#define SYNC_SAFE_H

#include "id.h"

/* A root that a device would forget, and the first 8 bytes of the uids of all its ops held there.
 */
struct safe_root {
    struct id root;
    uint64_t *uids;
    size_t uid_count;
};

#endif
