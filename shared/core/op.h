/*
 * op.h - one immutable act of writing: a saved form, an edit, a resolution, a deletion.
 *
 * The body is bytes, made once, hashed as received, never printed again (schema/protocol.md,
 * "The op"). It is a compact JSON array; its last element holds the values, so that
 *   skeleton = every byte before the values
 *   full hash = BLAKE2b-256("douar-op-1" NUL, u64 size of skeleton, skeleton, BLAKE2b-256(values))
 *   uid = its first 16 bytes
 * and an op whose values were redacted (the last element is then the hash of the values, as
 * text) keeps its identity.
 *
 * An op names, for each register it writes, the ops whose values its author was shown: the
 * predecessors, by the first 8 bytes of their uids. live(entity, register) = ops writing it
 * minus those named by any op writing it.
 */
#ifndef OP_H
#define OP_H

#include "arena.h"
#include "hash.h"
#include "id.h"
#include "json.h"
#include "stamp.h"

#define OP_FORMAT 1
#define OP_BODY_MAX (64 * 1024)
#define OP_REGISTERS_MAX 512
#define OP_PREDS_MAX 1024 /* of one register */
#define OP_TX_MAX 256     /* ops of one save */

enum op_kind { OP_SAVE, OP_RESOLVE, OP_DELETE, OP_OTHER /* known later; kept, relayed */ };

struct op_register {
    struct span name; /* "phone", "consent" (a group), "needs/food" (an element), "_scope" */
    const uint64_t *preds;
    size_t pred_count;
};

struct op {
    struct span body; /* borrowed */
    struct id uid;
    struct hash hash;
    bool known_format; /* false: keep, relay and count only; nothing below but body, uid, hash */
    uint64_t salt;
    uint64_t tx; /* 0: the save is this one op */
    int64_t tx_index, tx_count;
    struct stamp stamp;
    int64_t zone_minutes; /* of the device, east positive */
    bool has_offset;
    int64_t offset_ms; /* device clock minus hub clock at the last contact */
    struct id person;
    struct id entity;
    struct span type;
    int64_t type_version;
    struct span form; /* empty: none */
    int64_t form_version;
    enum op_kind kind;
    struct span kind_name;
    struct span compartment;
    struct op_register *registers;
    size_t register_count;
    struct span extra;  /* JSON object: keys of later formats; "reason" of a resolution */
    struct span values; /* JSON object {property or register: value}, or the hash as text */
    bool redacted;
};

/*
 * Reads a body. The arrays are made in `arena`; spans point into `body`, which must outlive the
 * op. Fails with ERR_TOO_LARGE, ERR_JSON, ERR_UTF8 or ERR_FORMAT (what, where) on bytes that
 * can't be an op of any format; an unknown format number is no failure.
 */
MUST_CHECK enum err op_read(struct span body, struct arena *arena, struct op *ret,
                            struct diag *diag);

/* Writes the body that follows from the fields (body, uid, hash, known_format ignored). */
MUST_CHECK enum err op_write(const struct op *op, struct buf *ret);

/* The chain of an origin: link 0 follows from the origin, link n from link n-1 and op n. */
#define LINK_SIZE 16
struct link {
    uint8_t bytes[LINK_SIZE];
};
struct link link_first(struct id origin);
struct link link_next(struct link link, const struct hash *op_hash);
bool link_equal(struct link a, struct link b);

#endif
