#include "envelope.h"

#include <string.h>

#include "num.h"
#include "signed_bytes.h"
#include "wire_limits.h"

#define ENVELOPE_VERSION 1

/* They name the hub and its incarnation, so that no other hub accepts the request. */
static void request_bytes(const struct request_proof *proof, const char *path, struct id hub,
                          struct signed_bytes *ret)
{
    signed_begin(ret, "douar-request-1");
    signed_put_u64(ret, strlen(path));
    signed_put(ret, path, strlen(path));
    signed_put(ret, hub.bytes, ID_SIZE);
    signed_put_u64(ret, proof->epoch);
    signed_put_u64(ret, proof->ratchet);
    signed_put(ret, proof->packed_hash.bytes, HASH_SIZE);
}

void envelope_proof(const struct envelope *envelope, struct request_proof *ret)
{
    *ret = (struct request_proof){.node = envelope->node,
                                  .epoch = envelope->epoch,
                                  .ratchet = envelope->ratchet,
                                  .signature = envelope->signature};
    hash_bytes(envelope->packed, &ret->packed_hash);
}

bool request_proof_verify(const struct request_proof *proof, const char *path, struct id hub,
                          const struct public_key *key)
{
    struct signed_bytes message;
    request_bytes(proof, path, hub, &message);
    return sign_verify(key, signed_span(&message), &proof->signature);
}

enum err envelope_write(const struct envelope *envelope, const char *path, struct id hub,
                        const struct secret_key *key, struct buf *ret)
{
    if (envelope->packed.size > WIRE_PACKED_MAX) {
        return ERR_TOO_LARGE;
    }
    struct signed_bytes message;
    struct signature signature;
    struct request_proof proof;
    envelope_proof(envelope, &proof);
    request_bytes(&proof, path, hub, &message);
    sign_message(key, signed_span(&message), &signature);

    uint8_t head[2] = {ENVELOPE_VERSION, envelope->dictionary};
    uint8_t numbers[2 * U64_SIZE];
    u64_write(envelope->epoch, numbers);
    u64_write(envelope->ratchet, numbers + U64_SIZE);
    buf_add(ret, head, sizeof head);
    buf_add(ret, envelope->node.bytes, ID_SIZE);
    buf_add(ret, numbers, sizeof numbers);
    buf_add(ret, signature.bytes, SIGNATURE_SIZE);
    buf_add_span(ret, envelope->packed);
    return buf_error(ret);
}

enum err envelope_read(struct span body, struct envelope *ret, struct diag *diag)
{
    if (body.size < ENVELOPE_HEAD_SIZE) {
        return diag_set(diag, ERR_FORMAT, "cut short", "envelope", NULL);
    }
    if (body.data[0] != ENVELOPE_VERSION) {
        char version[NUM_TEXT_SIZE];
        num_write_i64(body.data[0], version);
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "envelope", version, NULL);
    }
    if (body.size - ENVELOPE_HEAD_SIZE > WIRE_PACKED_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "packed text", "4 MiB", NULL);
    }
    struct envelope envelope = {.dictionary = body.data[1]};
    const uint8_t *at = body.data + 2;
    memcpy(envelope.node.bytes, at, ID_SIZE);
    at += ID_SIZE;
    envelope.epoch = u64_read(at);
    at += U64_SIZE;
    envelope.ratchet = u64_read(at);
    at += U64_SIZE;
    memcpy(envelope.signature.bytes, at, SIGNATURE_SIZE);
    at += SIGNATURE_SIZE;
    envelope.packed = span_from(at, body.size - ENVELOPE_HEAD_SIZE);
    *ret = envelope;
    return OK;
}

void reply_tag(const struct signature *signature, struct buf *ret)
{
    buf_add(ret, signature->bytes, REPLY_TAG_SIZE);
}

bool reply_answers(struct span reply, struct span body, struct span *ret_rest)
{
    struct envelope request;
    if (envelope_read(body, &request, NULL) || reply.size < REPLY_TAG_SIZE ||
        memcmp(reply.data, request.signature.bytes, REPLY_TAG_SIZE) != 0) {
        return false;
    }
    *ret_rest = span_cut(reply, REPLY_TAG_SIZE, reply.size);
    return true;
}

bool envelope_verify(const struct envelope *envelope, const char *path, struct id hub,
                     const struct public_key *key)
{
    struct request_proof proof;
    envelope_proof(envelope, &proof);
    return request_proof_verify(&proof, path, hub, key);
}
