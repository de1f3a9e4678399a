/*
 * sync_told.h - what a caller tells of itself besides its ops (schema/protocol.md, "Sync").
 */
#ifndef SYNC_TOLD_H
#define SYNC_TOLD_H

#include "id.h"

/* A node has finished a mark of redaction. */
struct erased {
    struct id mark;
    struct id node;
    int64_t held; /* ops that it scrubbed */
    int64_t at_ms;
};

/* A code of `by` opened the calling device for so many days. */
struct reopen_told {
    struct id by;
    int64_t days;
    int64_t at_ms; /* by the device's own clock */
};

#endif
