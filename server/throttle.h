/*
 * throttle.h - how often something may fail before it has to wait; a table of fixed size.
 *
 * Failures are counted in windows of THROTTLE_WINDOW_MS by key (an address, a code). The table
 * holds THROTTLE_SETS x THROTTLE_WAYS keys: a new one takes the place of the oldest in its set,
 * so memory never grows and an attacker gains at most what a shorter memory gives. Keys are
 * hashed with a secret salt, so that nobody can choose which others he pushes out.
 * Pure: time is monotonic and handed in.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include "span.h"

#define THROTTLE_SETS      256
#define THROTTLE_WAYS      4
#define THROTTLE_WINDOW_MS 600000
#define THROTTLE_SALT_SIZE 16

struct throttle_entry {
    uint64_t key; /* 0: empty */
    int64_t since_ms;
    int64_t count;
};

struct throttle {
    uint8_t salt[THROTTLE_SALT_SIZE];
    struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
};

/* Forgets everything; the salt is random. */
void throttle_init(struct throttle *throttle, const uint8_t salt[THROTTLE_SALT_SIZE]);

/* Seconds to wait when `key` failed `max` times in its window; 0: go on. `kind` keeps keys of
   different sorts apart. */
int64_t throttle_wait_s(const struct throttle *throttle, const char *kind, struct span key,
                        int64_t max, int64_t now_ms);
void throttle_failed(struct throttle *throttle, const char *kind, struct span key, int64_t now_ms);

/* An address as it is counted: of IPv6 the network part (/64) at most, since one line of a
   provider has them all. Borrowed from `address`. */
struct span throttle_network(struct span address);

#endif
