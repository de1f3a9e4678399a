/*
 * test_wire.h - fixed ids, links and keys, so that what is signed comes out the same each time.
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <string.h>

#include "id.h"
#include "op.h"
#include "sign.h"

static inline struct id test_id(uint8_t first)
{
    struct id id;
    for (size_t i = 0; i < ID_SIZE; i++) {
        id.bytes[i] = (uint8_t)(first + i);
    }
    return id;
}

static inline struct link test_link(uint8_t first)
{
    struct link link;
    memset(link.bytes, first, LINK_SIZE);
    return link;
}

struct test_key {
    struct public_key open;
    struct secret_key secret;
};

static inline struct test_key test_key(uint8_t fill)
{
    struct test_key key;
    uint8_t seed[SECRET_SEED_SIZE];
    memset(seed, fill, sizeof seed);
    sign_key_from_seed(seed, &key.open, &key.secret);
    return key;
}

#endif
