/*
 * batch_mutator.h - batches that no honest node would write, made from some that are.
 *
 * Takes batches apart into their lines, elements and members, changes some of these, puts them
 * together again and signs: with the author's own key, with a key that nobody knows, or not at
 * all. So what comes out gets past the first readers and tries what lies behind them. Pure: the
 * same seed and text give the same bytes.
 */
#ifndef BATCH_MUTATOR_H
#define BATCH_MUTATOR_H

#include "batch.h"

#define MUTATOR_ORIGINS 8
#define MUTATOR_NAMES   32

/* What a thief of one device may know. */
struct mutator_facts {
    const struct mem *mem;
    int64_t now_ms;
    struct id author;                 /* whose key it has */
    struct secret_key own, foreign;   /* `foreign`: of nobody who is known */
    struct id nodes[MUTATOR_ORIGINS]; /* others, whose keys it hasn't */
    size_t node_count;
    /* Origins that are known at the server, and how far. */
    struct mutator_origin {
        struct id name;
        int64_t seq;
        struct link link;
    } origins[MUTATOR_ORIGINS];
    size_t origin_count;
    struct id entities[MUTATOR_NAMES], persons[MUTATOR_NAMES];
    size_t entity_count, person_count;
    uint64_t uids[MUTATOR_NAMES]; /* first 8 bytes, of ops that are held */
    size_t uid_count;
};

/* Appends a changed copy of `text`, which is batches as a request brings them. What can't be read
   as such is changed byte by byte. */
void batch_mutate(const struct mutator_facts *facts, uint64_t seed, struct span text,
                  struct buf *ret);

#endif
