/*
 * bundle.c - the bytes of a bundle: sealed chunks between an open start and a signature.
 */
#include "bundle.h"

#include <assert.h>
#include <string.h>

#include "num.h"
#include "signed_bytes.h"

#define BUNDLE_MAGIC   "douar-bundle"
#define MAGIC_SIZE     12
#define BUNDLE_VERSION 1
#define SEALED_CHUNK   (BUNDLE_CHUNK + SEAL_TAG_SIZE)
#define LEAST_SIZE     (BUNDLE_START_SIZE + SEAL_TAG_SIZE + SIGNATURE_SIZE)

_Static_assert(MAGIC_SIZE + 1 + ID_SIZE + PUBLIC_KEY_SIZE + ID_SIZE == BUNDLE_OPEN_SIZE,
               "what the open part is made of");

/* ---- what both ends share */

static void chunk_nonce(uint64_t chunk, bool last, uint8_t ret[SEAL_NONCE_SIZE])
{
    memset(ret, 0, SEAL_NONCE_SIZE);
    u64_write(chunk, ret);
    ret[SEAL_NONCE_SIZE - 1] = last ? 1 : 0;
}

static void signature_bytes(struct hash_state *hash, struct signed_bytes *ret)
{
    struct hash whole;
    hash_end(hash, &whole);
    signed_begin(ret, "douar-bundle-1");
    signed_put(ret, whole.bytes, HASH_SIZE);
}

static void open_write(const struct bundle_parties *parties, uint8_t ret[BUNDLE_OPEN_SIZE])
{
    uint8_t *at = ret;
    memcpy(at, BUNDLE_MAGIC, MAGIC_SIZE);
    at += MAGIC_SIZE;
    *at++ = BUNDLE_VERSION;
    memcpy(at, parties->sender.bytes, ID_SIZE);
    at += ID_SIZE;
    memcpy(at, parties->sender_key.bytes, PUBLIC_KEY_SIZE);
    at += PUBLIC_KEY_SIZE;
    memcpy(at, parties->receiver.bytes, ID_SIZE);
}

static void open_read(const uint8_t *open, struct bundle_parties *ret)
{
    const uint8_t *at = open + MAGIC_SIZE + 1;
    memcpy(ret->sender.bytes, at, ID_SIZE);
    at += ID_SIZE;
    memcpy(ret->sender_key.bytes, at, PUBLIC_KEY_SIZE);
    at += PUBLIC_KEY_SIZE;
    memcpy(ret->receiver.bytes, at, ID_SIZE);
}

/* ---- writing */

static void put(struct bundle_writer *writer, const uint8_t *data, size_t size, struct buf *ret)
{
    hash_add(&writer->hash, data, size);
    buf_add(ret, data, size);
}

enum err bundle_write_begin(struct bundle_writer *writer, const struct bundle_parties *parties,
                            const struct public_key *receiver_key,
                            const uint8_t random[BUNDLE_RANDOM_SIZE], struct buf *ret)
{
    uint8_t sealed[SEALED_KEY_SIZE];
    memcpy(writer->key.bytes, random, SEAL_KEY_SIZE);
    if (!seal_key_for(&writer->key, receiver_key, random + SEAL_KEY_SIZE, sealed)) {
        return ERR_SIGNATURE;
    }
    writer->chunk = 0;
    writer->held = 0;
    open_write(parties, writer->open);
    hash_begin(&writer->hash, "douar-bundle-1");
    put(writer, writer->open, BUNDLE_OPEN_SIZE, ret);
    put(writer, sealed, SEALED_KEY_SIZE, ret);
    return buf_error(ret);
}

static void seal_chunk(struct bundle_writer *writer, bool last, struct buf *ret)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    size_t size = writer->held + SEAL_TAG_SIZE;
    uint8_t *room = buf_room(ret, size);
    chunk_nonce(writer->chunk, last, nonce);
    if (room != NULL) {
        seal_bytes(&writer->key, nonce, span_from(writer->open, BUNDLE_OPEN_SIZE),
                   span_from(writer->plain, writer->held), room);
        hash_add(&writer->hash, room, size);
        buf_grew(ret, size);
    }
    writer->chunk++;
    writer->held = 0;
}

static void put_plain(struct bundle_writer *writer, struct span bytes, struct buf *ret)
{
    while (bytes.size > 0) {
        size_t room = BUNDLE_CHUNK - writer->held;
        size_t part = bytes.size < room ? bytes.size : room;
        memcpy(writer->plain + writer->held, bytes.data, part);
        writer->held += part;
        bytes = span_cut(bytes, part, bytes.size - part);
        if (writer->held == BUNDLE_CHUNK) {
            seal_chunk(writer, false, ret);
        }
    }
}

void bundle_write_frame(struct bundle_writer *writer, enum bundle_kind kind, struct span body,
                        struct buf *ret)
{
    assert(body.size <= BUNDLE_FRAME_MAX);
    uint8_t head[BUNDLE_FRAME_HEAD] = {(uint8_t)kind, (uint8_t)(body.size >> 24),
                                       (uint8_t)(body.size >> 16), (uint8_t)(body.size >> 8),
                                       (uint8_t)body.size};
    put_plain(writer, span_from(head, sizeof head), ret);
    put_plain(writer, body, ret);
}

void bundle_write_end(struct bundle_writer *writer, const struct secret_key *sender,
                      struct buf *ret)
{
    struct signed_bytes message;
    struct signature signature;
    seal_chunk(writer, true, ret);
    signature_bytes(&writer->hash, &message);
    sign_message(sender, signed_span(&message), &signature);
    buf_add(ret, signature.bytes, SIGNATURE_SIZE);
    sign_wipe(&writer->key, sizeof writer->key);
    sign_wipe(writer->plain, sizeof writer->plain);
}

/* ---- checking */

void bundle_check_begin(struct bundle_check *check)
{
    check->size = 0;
    check->start_size = 0;
    check->tail_size = 0;
    hash_begin(&check->hash, "douar-bundle-1");
}

void bundle_check_add(struct bundle_check *check, struct span bytes)
{
    size_t wanted = BUNDLE_START_SIZE - check->start_size;
    size_t part = bytes.size < wanted ? bytes.size : wanted;
    if (part > 0) {
        memcpy(check->start + check->start_size, bytes.data, part);
        check->start_size += part;
    }
    check->size += bytes.size;
    if (bytes.size >= SIGNATURE_SIZE) { /* what was held isn't the end */
        hash_add(&check->hash, check->tail, check->tail_size);
        hash_add(&check->hash, bytes.data, bytes.size - SIGNATURE_SIZE);
        memcpy(check->tail, bytes.data + bytes.size - SIGNATURE_SIZE, SIGNATURE_SIZE);
        check->tail_size = SIGNATURE_SIZE;
        return;
    }
    size_t total = check->tail_size + bytes.size;
    size_t over = total > SIGNATURE_SIZE ? total - SIGNATURE_SIZE : 0;
    hash_add(&check->hash, check->tail, over);
    memmove(check->tail, check->tail + over, check->tail_size - over);
    if (bytes.size > 0) {
        memcpy(check->tail + check->tail_size - over, bytes.data, bytes.size);
    }
    check->tail_size = total - over;
}

/* Full chunks, then a last one that is smaller: other lengths are of no whole file. */
static bool length_fits(uint64_t size)
{
    return size >= LEAST_SIZE && size <= (uint64_t)JSON_INT_MAX &&
           (size - BUNDLE_START_SIZE - SIGNATURE_SIZE) % SEALED_CHUNK >= SEAL_TAG_SIZE;
}

enum err bundle_check_end(struct bundle_check *check, struct bundle_parties *ret, struct diag *diag)
{
    struct bundle_parties parties;
    struct signed_bytes message;
    struct signature signature;
    if (check->start_size < MAGIC_SIZE + 1 || memcmp(check->start, BUNDLE_MAGIC, MAGIC_SIZE) != 0) {
        return diag_set(diag, ERR_FORMAT, "no bundle", "", NULL);
    }
    if (check->start[MAGIC_SIZE] != BUNDLE_VERSION) {
        char version[NUM_TEXT_SIZE];
        num_write_i64(check->start[MAGIC_SIZE], version);
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "bundle", version, NULL);
    }
    if (!length_fits(check->size)) {
        return diag_set(diag, ERR_DAMAGED, "", NULL);
    }
    open_read(check->start, &parties);
    memcpy(signature.bytes, check->tail, SIGNATURE_SIZE);
    signature_bytes(&check->hash, &message);
    if (!sign_verify(&parties.sender_key, signed_span(&message), &signature)) {
        return diag_set(diag, ERR_DAMAGED, "", NULL);
    }
    *ret = parties;
    return OK;
}

/* ---- reading */

enum err bundle_read_begin(struct bundle_reader *reader, const struct bundle_check *check,
                           const struct secret_key *receiver, const struct mem *mem)
{
    assert(length_fits(check->size));
    uint64_t sealed = check->size - BUNDLE_START_SIZE - SIGNATURE_SIZE;
    *reader = (struct bundle_reader){.chunk_count = sealed / SEALED_CHUNK + 1,
                                     .last_size = (size_t)(sealed % SEALED_CHUNK)};
    memcpy(reader->open, check->start, BUNDLE_OPEN_SIZE);
    buf_init(&reader->plain, mem, BUNDLE_FRAME_HEAD + BUNDLE_FRAME_MAX + BUNDLE_CHUNK);
    return seal_key_open(check->start + BUNDLE_OPEN_SIZE, receiver, &reader->key) ? OK
                                                                                  : ERR_SIGNATURE;
}

void bundle_read_release(struct bundle_reader *reader)
{
    if (reader->plain.data != NULL) {
        sign_wipe(reader->plain.data, reader->plain.capacity);
    }
    buf_release(&reader->plain);
    sign_wipe(&reader->key, sizeof reader->key);
}

size_t bundle_chunk_size(const struct bundle_reader *reader)
{
    if (reader->chunk >= reader->chunk_count) {
        return 0;
    }
    return reader->chunk + 1 == reader->chunk_count ? reader->last_size : SEALED_CHUNK;
}

uint64_t bundle_chunk_offset(const struct bundle_reader *reader)
{
    return BUNDLE_START_SIZE + reader->chunk * SEALED_CHUNK;
}

/* What was given is gone before more comes, so that the buffer never holds two frames whole. */
static void drop_taken(struct bundle_reader *reader)
{
    struct buf *plain = &reader->plain;
    if (reader->taken > 0) {
        memmove(plain->data, plain->data + reader->taken, plain->size - reader->taken);
        buf_truncate(plain, plain->size - reader->taken);
        reader->taken = 0;
    }
}

enum err bundle_read_chunk(struct bundle_reader *reader, struct span sealed)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    size_t size = bundle_chunk_size(reader);
    bool last = reader->chunk + 1 == reader->chunk_count;
    if (size < SEAL_TAG_SIZE || sealed.size != size) {
        return ERR_DAMAGED;
    }
    drop_taken(reader);
    uint8_t *room = buf_room(&reader->plain, size); /* more than the plain bytes: never none */
    if (room == NULL) {
        return buf_error(&reader->plain);
    }
    chunk_nonce(reader->chunk, last, nonce);
    if (!seal_bytes_open(&reader->key, nonce, span_from(reader->open, BUNDLE_OPEN_SIZE), sealed,
                         room)) {
        return ERR_DAMAGED;
    }
    buf_grew(&reader->plain, size - SEAL_TAG_SIZE);
    reader->chunk++;
    return OK;
}

static enum err frame_refused(const uint8_t *head, size_t size, struct diag *diag)
{
    char text[NUM_TEXT_SIZE];
    if (head[0] >= BUNDLE_KINDS) {
        num_write_i64(head[0], text);
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "bundle frame", text, NULL);
    }
    num_write_i64(BUNDLE_FRAME_MAX, text);
    return size > BUNDLE_FRAME_MAX ? diag_set(diag, ERR_TOO_LARGE, "bundle frame", text, NULL) : OK;
}

enum err bundle_next_frame(struct bundle_reader *reader, bool *ret_found,
                           enum bundle_kind *ret_kind, struct span *ret_body, struct diag *diag)
{
    struct span rest =
        span_cut(buf_span(&reader->plain), reader->taken, reader->plain.size - reader->taken);
    bool ended = reader->chunk == reader->chunk_count;
    if (rest.size >= BUNDLE_FRAME_HEAD) {
        const uint8_t *head = rest.data;
        size_t size =
            (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        enum err e = frame_refused(head, size, diag);
        if (e) {
            return e;
        }
        if (rest.size - BUNDLE_FRAME_HEAD >= size) {
            *ret_found = true;
            *ret_kind = (enum bundle_kind)head[0];
            *ret_body = span_cut(rest, BUNDLE_FRAME_HEAD, size);
            reader->taken += BUNDLE_FRAME_HEAD + size;
            reader->frames++;
            return OK;
        }
    }
    if (ended && rest.size > 0) {
        return diag_set(diag, ERR_FORMAT, "cut short", "bundle frame", NULL);
    }
    *ret_found = false;
    return OK;
}
