/*
 * bundle.h - the file that carries a sync where no network goes, as bytes.
 *
 * schema/protocol.md, "Bundles". Both ways stream: a writer appends finished bytes to a buf that
 * the caller empties into its file, a reader is handed one chunk after the other.
 *
 *     bundle_write_begin(&w, &head, &receiver_key, random, &out)
 *     bundle_write_frame(&w, BUNDLE_ASK, body, &out), any number
 *     bundle_write_end(&w, &sender_key, &out)
 *
 *     bundle_check_begin(&c); bundle_check_add(&c, bytes)...; bundle_check_end(&c, &head, diag)
 *     bundle_read_begin(&r, &c, &my_key, mem)
 *     while (bundle_chunk_size(&r) > 0):
 *         bundle_read_chunk(&r, that many bytes from bundle_chunk_offset(&r) on)
 *         while (bundle_next_frame(&r, &kind, &body, diag) gives one) ...
 *
 * Nothing of a file may be applied before its check: cut, changed and foreign files are refused
 * whole.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "arena.h"
#include "buf.h"
#include "hash.h"
#include "id.h"
#include "seal.h"
#include "sign.h"
#include "sync_message.h"
#include "wire_limits.h"

#define BUNDLE_OPEN_SIZE   77 /* magic, version, sender, its key, receiver */
#define BUNDLE_START_SIZE  (BUNDLE_OPEN_SIZE + SEALED_KEY_SIZE)
#define BUNDLE_RANDOM_SIZE (SEAL_KEY_SIZE + SEAL_SEED_SIZE)
#define BUNDLE_FRAME_HEAD  5 /* kind and size */

/* What a relay sees of a bundle, besides its size. */
struct bundle_parties {
    struct id sender;
    struct public_key sender_key;
    struct id receiver;
};

enum bundle_kind {
    BUNDLE_HEAD,
    BUNDLE_ASK,
    BUNDLE_ANSWER,
    BUNDLE_ENROL,
    BUNDLE_ENROLLED,
    BUNDLE_FILES /* bundle_files.h */
};
#define BUNDLE_KINDS 6

/* ---- writing */

struct bundle_writer {
    struct seal_key key;
    uint8_t open[BUNDLE_OPEN_SIZE];
    struct hash_state hash; /* of all bytes so far */
    uint64_t chunk;         /* number of the next */
    size_t held;            /* plain bytes of it */
    uint8_t plain[BUNDLE_CHUNK];
};

/* `random`: fresh for every file. ERR_SIGNATURE when the receiver's key can't be sealed to. */
MUST_CHECK enum err bundle_write_begin(struct bundle_writer *writer,
                                       const struct bundle_parties *parties,
                                       const struct public_key *receiver_key,
                                       const uint8_t random[BUNDLE_RANDOM_SIZE], struct buf *ret);
/* Full chunks come out; the rest is held. */
void bundle_write_frame(struct bundle_writer *writer, enum bundle_kind kind, struct span body,
                        struct buf *ret);
/* The last chunk and the signature; forgets the file's key. */
void bundle_write_end(struct bundle_writer *writer, const struct secret_key *sender,
                      struct buf *ret);

/* ---- checking a whole file, in pieces of any size */

struct bundle_check {
    struct hash_state hash;
    uint64_t size; /* bytes so far */
    size_t start_size;
    uint8_t start[BUNDLE_START_SIZE];
    size_t tail_size;
    uint8_t tail[SIGNATURE_SIZE]; /* the newest bytes, not hashed yet: they may be the signature */
};

void bundle_check_begin(struct bundle_check *check);
void bundle_check_add(struct bundle_check *check, struct span bytes);
/* ERR_FORMAT: no bundle; ERR_UNKNOWN_FORMAT: of another version; ERR_DAMAGED: cut short,
   or not as its sender signed it. Whether that key is the sender's is the caller's to look up. */
MUST_CHECK enum err bundle_check_end(struct bundle_check *check, struct bundle_parties *ret,
                                     struct diag *diag);

/* ---- reading */

struct bundle_reader {
    struct seal_key key;
    uint8_t open[BUNDLE_OPEN_SIZE];
    uint64_t chunk, chunk_count;
    size_t last_size; /* of the last chunk, sealed */
    struct buf plain; /* from the first byte of the next frame on */
    size_t taken;     /* bytes of it that frames already given occupy */
    uint64_t frames;  /* given so far */
};

/* Of a file that was checked. ERR_SIGNATURE ("bundle") when it isn't sealed to this key. */
MUST_CHECK enum err bundle_read_begin(struct bundle_reader *reader,
                                      const struct bundle_check *check,
                                      const struct secret_key *receiver, const struct mem *mem);
void bundle_read_release(struct bundle_reader *reader);
size_t bundle_chunk_size(const struct bundle_reader *reader); /* 0: all were read */
uint64_t bundle_chunk_offset(const struct bundle_reader *reader);
/* ERR_DAMAGED when it doesn't open: the file changed after its check. */
MUST_CHECK enum err bundle_read_chunk(struct bundle_reader *reader, struct span sealed);
/* `*ret_found` false: it needs more chunks; after the last one all is said. `*ret_body` is borrowed
   until the next call. ERR_FORMAT, ERR_UNKNOWN_FORMAT, ERR_TOO_LARGE: written so by its sender. */
MUST_CHECK enum err bundle_next_frame(struct bundle_reader *reader, bool *ret_found,
                                      enum bundle_kind *ret_kind, struct span *ret_body,
                                      struct diag *diag);

/* ---- the first frame */

struct bundle_head {
    int64_t time_ms;
    bool has_id;
    uint64_t id; /* of asks */
    bool has_epoch;
    uint64_t epoch; /* of the server that answers; the rest goes with it */
    bool has_re;
    uint64_t re; /* the id of the asks it answers */
    bool has_relay;
    uint64_t relay;              /* the relay epoch that its `got` speaks of */
    struct feed_position *feeds; /* where its first reply begins */
    size_t feed_count;
    bool has_revoked; /* instead of replies: the receiver is revoked */
    int64_t revoked;  /* how much of it is here, taken or in quarantine, by the asks of `re` */
};

void bundle_head_write(const struct bundle_head *head, struct buf *ret);
MUST_CHECK enum err bundle_head_read(struct span body, struct arena *arena, struct bundle_head *ret,
                                     struct diag *diag);

#endif
