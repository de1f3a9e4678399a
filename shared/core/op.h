/*
 * op.h - one immutable act of writing: a saved form, an edit, a resolution, a deletion.
 *
 * The body is bytes, made once, hashed as received, never printed again (schema/protocol.md,
 * "The op"). It is a JSON array without white space outside strings; its last element holds the
 * values, so that
 *   skeleton = every byte before the values
 *   full hash = BLAKE2b-256("douar-op-1" NUL, u64 size of skeleton, skeleton, BLAKE2b-256(values))
 *   uid = its first 16 bytes
 * and an op whose values were redacted (the last element is then the hash of the values, as
 * text) keeps its identity. Format 1 has 18 elements:
 *   [1,"salt",tx,time_ms,counter,zone_minutes,offset_ms,"person","entity","type",type_version,
 *    "form",form_version,"kind","compartment",{"register":["pred",...],...},{extra},{values}]
 * tx is null or ["id",index,count]; salt, tx id and preds are 8 bytes in base64url, read as one
 * big-endian number. The keys of `values` are property ids, "property/element" or Douar's own
 * "_names"; which register a key belongs to is the type's business and isn't checked here.
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

#define OP_FORMAT        1
#define OP_BODY_MAX      (256 * 1024)
#define OP_REGISTERS_MAX 512
#define OP_PREDS_MAX     1024 /* of one register */
#define OP_TX_MAX        256  /* ops of one save */

enum op_kind { OP_SAVE, OP_RESOLVE, OP_DELETE, OP_OTHER /* known later; kept, relayed */ };

struct op_register {
    struct span name;      /* "phone", "consent" (a group), "needs/food" (an element), "_scope" */
    const uint64_t *preds; /* ascending, each once */
    size_t pred_count;
};

struct op {
    struct span body; /* borrowed */
    struct id uid;
    struct hash hash;
    bool known_format; /* false: keep, relay and count; below only values and redacted are set */
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
    struct span values; /* JSON object {property or register: value}; when redacted the 43
                           characters of the hash, without quotes */
    bool redacted;
};

/*
 * Reads a body. The arrays are made in `arena`; spans point into `body`, which must outlive the
 * op. Fails with ERR_TOO_LARGE, ERR_JSON or ERR_FORMAT (what, where) on bytes that
 * can't be an op of any format; an unknown format number is no failure. Registers keep the order
 * of the body; predecessors come sorted.
 */
MUST_CHECK enum err op_read(struct span body, struct arena *arena, struct op *ret,
                            struct diag *diag);

/*
 * Appends the body that follows from the fields (body, uid, hash, known_format are ignored;
 * kind_name only serves OP_OTHER). Registers and predecessors may come in any order and are
 * written in the one order. Never writes what op_read() would refuse: ERR_FORMAT, ERR_JSON
 * or ERR_TOO_LARGE instead, with nothing appended.
 */
MUST_CHECK enum err op_write(const struct op *op, struct buf *ret);

/* Appends the body without its values: the same skeleton, the hash in their place, so the same
   uid. A body already redacted comes out as it is. */
MUST_CHECK enum err op_redact(const struct op *op, struct buf *ret);

/* The chain of an origin: link 0 follows from the origin, link n from link n-1 and op n. */
#define LINK_SIZE 16
struct link {
    uint8_t bytes[LINK_SIZE];
};
struct link link_first(struct id origin);
struct link link_next(struct link link, const struct hash *op_hash);
bool link_equal(struct link a, struct link b);

#endif
