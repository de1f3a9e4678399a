#include "envelope.h"

#include <assert.h>
#include <string.h>

#include "hash.h"
#include "limits.h"

#define ENVELOPE_VERSION 1
#define REQUEST_LABEL    "douar-request-1" /* with its NUL */
#define PATH_SIZE_MAX    64
#define U64_SIZE         8
#define REQUEST_BYTES_MAX                                                                          \
    (sizeof REQUEST_LABEL + U64_SIZE + PATH_SIZE_MAX + ID_SIZE + 2 * U64_SIZE + HASH_SIZE)

static uint8_t *put(uint8_t *at, const void *data, size_t size)
{
    memcpy(at, data, size);
    return at + size;
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8) {
        *at = (uint8_t)(value >> shift);
        at++;
    }
    return at;
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 0; i < U64_SIZE; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* The bytes that are signed: they name the hub and its incarnation, so that no other accepts them.
 */
static size_t signed_bytes(const struct envelope *envelope, const char *path, struct id hub,
                           uint8_t ret[REQUEST_BYTES_MAX])
{
    size_t path_size = strlen(path);
    assert(path_size <= PATH_SIZE_MAX); /* Paths come from the table of routes. */
    struct hash packed_hash;
    hash_bytes(envelope->packed, &packed_hash);
    uint8_t *at = put(ret, REQUEST_LABEL, sizeof REQUEST_LABEL);
    at = put_u64(at, path_size);
    at = put(at, path, path_size);
    at = put(at, hub.bytes, ID_SIZE);
    at = put_u64(at, envelope->epoch);
    at = put_u64(at, envelope->ratchet);
    at = put(at, packed_hash.bytes, HASH_SIZE);
    return (size_t)(at - ret);
}

enum err envelope_write(const struct envelope *envelope, const char *path, struct id hub,
                        const struct secret_key *key, struct buf *ret)
{
    if (envelope->packed.size > WIRE_PACKED_MAX) {
        return ERR_TOO_LARGE;
    }
    uint8_t message[REQUEST_BYTES_MAX];
    size_t message_size = signed_bytes(envelope, path, hub, message);
    struct signature signature;
    sign_message(key, span_from(message, message_size), &signature);

    uint8_t *room = buf_room(ret, ENVELOPE_HEAD_SIZE + envelope->packed.size);
    if (room == NULL) {
        return buf_error(ret);
    }
    uint8_t *at = room;
    *at++ = ENVELOPE_VERSION;
    *at++ = envelope->dictionary;
    at = put(at, envelope->node.bytes, ID_SIZE);
    at = put_u64(at, envelope->epoch);
    at = put_u64(at, envelope->ratchet);
    at = put(at, signature.bytes, SIGNATURE_SIZE);
    assert(at == room + ENVELOPE_HEAD_SIZE);
    if (envelope->packed.size > 0) {
        (void)put(at, envelope->packed.data, envelope->packed.size);
    }
    buf_grew(ret, ENVELOPE_HEAD_SIZE + envelope->packed.size);
    return OK;
}

enum err envelope_read(struct span body, struct envelope *ret, struct diag *diag)
{
    if (body.size < ENVELOPE_HEAD_SIZE) {
        return diag_set(diag, ERR_FORMAT, "cut short", "envelope", NULL);
    }
    if (body.data[0] != ENVELOPE_VERSION) {
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "envelope", NULL);
    }
    if (body.size - ENVELOPE_HEAD_SIZE > WIRE_PACKED_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "packed text", "4 MiB", NULL);
    }
    struct envelope envelope = {.dictionary = body.data[1]};
    const uint8_t *at = body.data + 2;
    memcpy(envelope.node.bytes, at, ID_SIZE);
    at += ID_SIZE;
    envelope.epoch = get_u64(at);
    envelope.ratchet = get_u64(at + U64_SIZE);
    at += 2 * U64_SIZE;
    memcpy(envelope.signature.bytes, at, SIGNATURE_SIZE);
    envelope.packed = span_cut(body, ENVELOPE_HEAD_SIZE, body.size - ENVELOPE_HEAD_SIZE);
    *ret = envelope;
    return OK;
}

bool envelope_verify(const struct envelope *envelope, const char *path, struct id hub,
                     const struct public_key *key)
{
    uint8_t message[REQUEST_BYTES_MAX];
    size_t message_size = signed_bytes(envelope, path, hub, message);
    return sign_verify(key, span_from(message, message_size), &envelope->signature);
}
