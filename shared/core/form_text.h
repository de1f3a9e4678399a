/*
 * form_text.h - the form.json inside of a published definition: zstd, as base64url text.
 *
 * A definition is an op, and an op is at most OP_BODY_MAX: a form of 600 questions is some 700 KB
 * of form.json and 40 KB packed.
 */
#ifndef FORM_TEXT_H
#define FORM_TEXT_H

#include "buf.h"

#define FORM_TEXT_MAX   (8u << 20)   /* bytes of a form.json: xform_json.h's own */
#define FORM_PACKED_MAX (192 * 1024) /* bytes of it in a definition, as text */

/* ERR_TOO_LARGE when it doesn't fit a definition. */
MUST_CHECK enum err form_pack(const struct mem *mem, struct span text, struct buf *ret);
/* ERR_FORMAT, ERR_TOO_LARGE. */
MUST_CHECK enum err form_unpack(const struct mem *mem, struct span packed, struct buf *ret);

/* What a form is called by its content: 64 hexadecimal digits. */
#define FORM_HASH_SIZE 65
void form_hash(struct span text, char ret[FORM_HASH_SIZE]);

#endif
