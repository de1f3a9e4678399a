/*
 * batch.h - consecutive ops of one origin, signed as one: the line that stands before them.
 *
 * schema/protocol.md, "Origins, chain, batches" and "Receipts". Relays pass it on unchanged, with
 * the first hub's receipt.
 */
#ifndef BATCH_H
#define BATCH_H

#include "arena.h"
#include "id.h"
#include "op.h"
#include "sign.h"
#include "wire_limits.h"

struct receipt {
    struct id hub;
    int64_t time_ms;
    struct signature signature;
};

struct batch {
    struct id origin;
    int64_t from;  /* first number, 1 or more */
    int64_t count; /* 1 .. WIRE_BATCH_OPS */
    bool has_prev;
    struct link prev; /* at from - 1; absent when the callee acknowledged exactly that point */
    struct link link; /* at the last op */
    struct signature signature;
    bool has_open;
    struct signature open; /* binds origin to node; with from == 1 */
    bool has_node;
    struct id node; /* the author; absent when the caller is the author */
    struct receipt receipts[WIRE_RECEIPTS_MAX];
    size_t receipt_count;
    /* Ops that the relay keeps aside, by index: their person was revoked when they came to it. */
    uint8_t aside[WIRE_BATCH_OPS / 8];
};

void batch_set_aside(struct batch *batch, int64_t index);
bool batch_is_aside(const struct batch *batch, int64_t index);

/* One line with its LF. */
void batch_write_line(const struct batch *batch, struct buf *ret);
MUST_CHECK enum err batch_read_line(struct span line, struct batch *ret, struct diag *diag);

void batch_sign(struct batch *batch, const struct secret_key *key);
bool batch_verify(const struct batch *batch, const struct public_key *key);
void batch_sign_open(struct id origin, struct id node, const struct secret_key *key,
                     struct signature *ret);
bool batch_verify_open(struct id origin, struct id node, const struct public_key *key,
                       const struct signature *open);
void receipt_sign(struct receipt *receipt, const struct batch *batch, const struct secret_key *key);
bool receipt_verify(const struct receipt *receipt, const struct batch *batch,
                    const struct public_key *key);

/* The organisation's signature of one org op, over "douar-org-1" and the op's full hash. */
void org_sign(const struct hash *op_hash, const struct secret_key *key, struct signature *ret);
bool org_verify(const struct hash *op_hash, const struct public_key *key,
                const struct signature *signature);

/* An op line: the body, and for org ops a TAB and the signature. `ret_has_signature` tells. */
void op_line_write(struct span body, const struct signature *org_signature, struct buf *ret);
MUST_CHECK enum err op_line_read(struct span line, struct span *ret_body, bool *ret_has_signature,
                                 struct signature *ret_signature, struct diag *diag);

#endif
