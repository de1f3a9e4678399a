/*
 * stamp.h - when an op was written, and which of several is shown first.
 *
 * A hybrid logical clock orders what people see; it never decides what is kept (causality is by
 * predecessors, core/op.h). An op's time is what its device believed; a hub's receipt caps it:
 *   effective = min(time, earliest receipt + STAMP_SLACK_MS)
 * so a phone whose clock is years ahead wins nothing once a hub has seen its op.
 */
#ifndef STAMP_H
#define STAMP_H

#include "id.h"

#define STAMP_SLACK_MS   (10 * 60 * 1000LL)
#define STAMP_NO_RECEIPT INT64_MAX

struct stamp {
    int64_t time_ms; /* Unix ms */
    int64_t counter; /* orders ops of one millisecond */
};

/* The next stamp of a node: never before `last` (its own previous one) nor before `floor_ms`
   (the latest hub time it ever saw). `now_ms` is the clock corrected by the last hub offset. */
struct stamp stamp_next(struct stamp last, int64_t now_ms, int64_t floor_ms);

int64_t stamp_effective(int64_t time_ms, int64_t earliest_receipt_ms);

/* What decides who is shown first; later is greater. */
struct stamp_rank {
    int64_t effective_ms;
    int64_t counter;
    struct id uid;
};
int stamp_rank_compare(const struct stamp_rank *a, const struct stamp_rank *b);

#endif
