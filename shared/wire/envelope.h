/*
 * envelope.h - a request as it crosses the wire: who calls, proof of it, and the packed text.
 *
 * schema/protocol.md, "Transport". The signature binds the request to one hub, one incarnation of
 * it (epoch) and the last ratchet it gave, so a captured request can't be played again.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "buf.h"
#include "hash.h"
#include "id.h"
#include "sign.h"
#include "wire_limits.h"

#define ENVELOPE_HEAD_SIZE 98

struct envelope {
    uint8_t dictionary;
    struct id node;
    uint64_t epoch;
    uint64_t ratchet;
    struct signature signature;
    struct span packed; /* borrowed */
};

/* Signs and appends the whole request body. `hub` is the callee's id; `path` as "/v1/sync". */
MUST_CHECK enum err envelope_write(const struct envelope *envelope, const char *path, struct id hub,
                                   const struct secret_key *key, struct buf *ret);

/* ERR_FORMAT, ERR_UNKNOWN_FORMAT or ERR_TOO_LARGE; reads nothing of the packed text. */
MUST_CHECK enum err envelope_read(struct span body, struct envelope *ret, struct diag *diag);

/*
 * A reply says which request it answers, in its first bytes: the first of that request's signature.
 * TLS keeps strangers' replies out; this keeps out what something between the two had kept.
 */
#define REPLY_TAG_SIZE 8
#define REPLY_BODY_MAX (REPLY_TAG_SIZE + 1 + WIRE_PACKED_MAX)
void reply_tag(const struct signature *signature, struct buf *ret);
/* Does `reply` answer the request `body`? Then `*ret_rest` is what follows the tag. */
MUST_CHECK bool reply_answers(struct span reply, struct span body, struct span *ret_rest);

/* What is left of a request when its text is gone: it still proves that the node called this hub.
 */
struct request_proof {
    struct id node;
    uint64_t epoch;
    uint64_t ratchet;
    struct hash packed_hash;
    struct signature signature;
};
void envelope_proof(const struct envelope *envelope, struct request_proof *ret);
bool request_proof_verify(const struct request_proof *proof, const char *path, struct id hub,
                          const struct public_key *key);

bool envelope_verify(const struct envelope *envelope, const char *path, struct id hub,
                     const struct public_key *key);

#endif
