#include "stamp.h"

#include "json.h"

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct stamp stamp_next(struct stamp last, int64_t now_ms, int64_t floor_ms)
{
    int64_t time_ms = max_i64(max_i64(now_ms, floor_ms), last.time_ms);
    if (time_ms > last.time_ms) {
        return (struct stamp){.time_ms = time_ms, .counter = 0};
    }
    if (last.counter >= JSON_INT_MAX) {
        /* A counter that an op can't carry: the next millisecond is as good an order. */
        return (struct stamp){.time_ms = time_ms + 1, .counter = 0};
    }
    return (struct stamp){.time_ms = time_ms, .counter = last.counter + 1};
}

int64_t stamp_effective(int64_t time_ms, int64_t earliest_receipt_ms)
{
    if (earliest_receipt_ms > INT64_MAX - STAMP_SLACK_MS) {
        return time_ms; /* STAMP_NO_RECEIPT, or a bound that can't be passed anyway. */
    }
    int64_t latest_ms = earliest_receipt_ms + STAMP_SLACK_MS;
    return time_ms < latest_ms ? time_ms : latest_ms;
}

int stamp_rank_compare(const struct stamp_rank *a, const struct stamp_rank *b)
{
    if (a->effective_ms != b->effective_ms) {
        return a->effective_ms < b->effective_ms ? -1 : 1;
    }
    if (a->counter != b->counter) {
        return a->counter < b->counter ? -1 : 1;
    }
    return id_compare(a->uid, b->uid);
}
