/*
 * digest.h - the digests that forms ask for by name, through nettle, and ordinary base64.
 *
 * For digest() and base64-decode() of ODK's expressions, where another system must come to the same
 * text. Nothing of Douar's own trust rests on them: that is hash.h.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "buf.h"

#define DIGEST_MAX 64 /* bytes of the longest */

/* `name`: MD5, SHA-1, SHA-256, SHA-384 or SHA-512, in any case. False for others. */
bool digest_bytes(struct span name, struct span text, uint8_t ret[DIGEST_MAX], size_t *ret_size);

/* Base64 with padding (RFC 4648, section 4). Decoding accepts missing padding and white space. */
void digest_add_base64(struct buf *buf, struct span bytes);
bool digest_add_decoded(struct buf *buf, struct span text);

#endif
