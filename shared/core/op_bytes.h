/*
 * op_bytes.h - what reading and writing an op share: its names' rules and where its elements are.
 *
 * Only op.c and op_write.c include this; everybody else takes op.h.
 */
#ifndef OP_BYTES_H
#define OP_BYTES_H

#include "op.h"

#define OP_ZONE_MINUTES_MAX (24 * 60)
#define OP_ELEMENT_COUNT    18 /* of format 1 */
#define OP_U64_TEXT_SIZE    11 /* 8 bytes in base64url */
#define OP_HASH_TEXT_SIZE   43

bool op_name_valid(struct span name);          /* [a-z][a-z0-9_]{0,39} */
bool op_type_name_valid(struct span name);     /* the same, or "_" and 39 of it */
bool op_register_name_valid(struct span name); /* property, group, "property/element", "_own" */
bool op_tx_valid(uint64_t tx, int64_t index, int64_t count);

/* Sorts ascending; false when two are equal. */
bool op_sort_preds(uint64_t *preds, size_t count);

struct op_layout {
    struct span elements[OP_ELEMENT_COUNT]; /* the first ones */
    size_t count;                           /* of all; may be more in a later format */
    struct span last;
};

/* Splits JSON that passed json_check(). ERR_FORMAT when it isn't an array or holds white space
   outside strings. */
MUST_CHECK enum err op_layout_read(struct span body, struct op_layout *ret, struct diag *diag);

struct span op_skeleton(const struct op *op); /* body, values and redacted are set */

#endif
