/*
 * id.h - the 16-byte names of things: entities, origins, nodes, persons, ops (uid), epochs.
 *
 * As text they are 22 characters of base64url. Ids are random, given by who makes them; an op's
 * uid is its hash (core/op.h).
 */
#ifndef ID_H
#define ID_H

#include <stdint.h>

#include "span.h"

#define ID_SIZE      16
#define ID_TEXT_SIZE 23 /* 22 characters and NUL */

struct id {
    uint8_t bytes[ID_SIZE];
};

bool id_equal(struct id a, struct id b);
int id_compare(struct id a, struct id b);
bool id_is_zero(struct id id);
void id_write(struct id id, char ret[ID_TEXT_SIZE]);
bool id_read(struct span text, struct id *ret);
uint64_t id_prefix8(struct id id); /* First 8 bytes, big-endian: how a predecessor is named. */

#endif
