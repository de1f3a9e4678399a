#include "throttle.h"

#include <string.h>

#include "hash.h"

void throttle_init(struct throttle *throttle, const uint8_t salt[THROTTLE_SALT_SIZE])
{
    memset(throttle, 0, sizeof *throttle);
    memcpy(throttle->salt, salt, THROTTLE_SALT_SIZE);
}

static uint64_t key_of(const struct throttle *throttle, const char *kind, struct span key)
{
    struct hash_state state;
    struct hash hash;
    uint64_t number;
    hash_begin(&state, "douard-throttle");
    hash_add(&state, throttle->salt, sizeof throttle->salt);
    hash_add_sized(&state, span_of(kind));
    hash_add_sized(&state, key);
    hash_end(&state, &hash);
    memcpy(&number, hash.bytes, sizeof number);
    return number == 0 ? 1 : number;
}

static bool in_window(const struct throttle_entry *entry, int64_t now_ms)
{
    return now_ms - entry->since_ms < THROTTLE_WINDOW_MS;
}

int64_t throttle_wait_s(const struct throttle *throttle, const char *kind, struct span key,
                        int64_t max, int64_t now_ms)
{
    uint64_t number = key_of(throttle, kind, key);
    const struct throttle_entry *set = throttle->entries[number % THROTTLE_SETS];
    for (size_t i = 0; i < THROTTLE_WAYS; i++) {
        if (set[i].key == number && in_window(&set[i], now_ms) && set[i].count >= max) {
            return (set[i].since_ms + THROTTLE_WINDOW_MS - now_ms) / 1000 + 1;
        }
    }
    return 0;
}

void throttle_failed(struct throttle *throttle, const char *kind, struct span key, int64_t now_ms)
{
    uint64_t number = key_of(throttle, kind, key);
    struct throttle_entry *set = throttle->entries[number % THROTTLE_SETS];
    struct throttle_entry *oldest = &set[0];
    for (size_t i = 0; i < THROTTLE_WAYS; i++) {
        if (set[i].key == number && in_window(&set[i], now_ms)) {
            set[i].count++;
            return;
        }
        if (set[i].key == number || set[i].key == 0) {
            oldest = &set[i];
            break;
        }
        if (set[i].since_ms < oldest->since_ms) {
            oldest = &set[i];
        }
    }
    *oldest = (struct throttle_entry){.key = number, .since_ms = now_ms, .count = 1};
}

struct span throttle_network(struct span address)
{
    size_t colons = 0;
    for (size_t i = 0; i < address.size; i++) {
        if (address.data[i] != ':') {
            continue;
        }
        colons++;
        bool doubled = i + 1 < address.size && address.data[i + 1] == ':';
        /* "::ffff:192.0.2.1" is IPv4 and stays whole. */
        if (colons == 4 || (doubled && i > 0)) {
            return span_cut(address, 0, i);
        }
    }
    return address;
}
