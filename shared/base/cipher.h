/*
 * cipher.h - sealing what lies on a disk and is written over there, through libsodium.
 *
 * XChaCha20-Poly1305: its nonce of 24 bytes may be random for every writing, so that no count has
 * to survive a power cut. What a piece is and where it stands goes in as associated data: a piece
 * moved to another place, or of another kind of file, doesn't open. One key is never used for two
 * purposes; each is derived (keyed BLAKE2b) from the database's.
 */
#ifndef CIPHER_H
#define CIPHER_H

#include "seal.h"

#define CIPHER_NONCE_SIZE 24
#define CIPHER_TAG_SIZE   16
#define CIPHER_EXTRA      (CIPHER_NONCE_SIZE + CIPHER_TAG_SIZE)

/* Where a sealed piece stands. */
enum cipher_kind { CIPHER_DB_PAGE = 1, CIPHER_WAL_FRAME, CIPHER_FILE_PIECE, CIPHER_KEY_SLOT };
struct cipher_place {
    enum cipher_kind kind;
    uint64_t number; /* of the page, frame or piece */
};

/* `ret` has the size of `plain` and may be the same bytes. A nonce is never used twice. */
void cipher_seal(const struct seal_key *key, const uint8_t nonce[CIPHER_NONCE_SIZE],
                 struct cipher_place place, struct span plain, uint8_t *ret,
                 uint8_t ret_tag[CIPHER_TAG_SIZE]);
/* False, and nothing of worth in `ret`, when it isn't what was sealed for this place. */
bool cipher_open(const struct seal_key *key, const uint8_t nonce[CIPHER_NONCE_SIZE],
                 struct cipher_place place, struct span sealed, const uint8_t tag[CIPHER_TAG_SIZE],
                 uint8_t *ret);

/* The key for one purpose ("douar-page-1") and one name; neither is secret. */
void cipher_derive(const struct seal_key *master, const char *purpose, struct span name,
                   struct seal_key *ret);

/*
 * A permutation of 64 bits, another for every `tweak`: four Feistel rounds (Luby and Rackoff,
 * 1988) over SipHash-2-4. For values that may not grow by a nonce and a tag. The same value at the
 * same place looks the same; nothing else shows.
 */
#define CIPHER_MASK_KEY_SIZE 16
#define CIPHER_TWEAK_SIZE    16
void cipher_mask(const uint8_t key[CIPHER_MASK_KEY_SIZE], const uint8_t tweak[CIPHER_TWEAK_SIZE],
                 uint8_t value[8]);
void cipher_unmask(const uint8_t key[CIPHER_MASK_KEY_SIZE], const uint8_t tweak[CIPHER_TWEAK_SIZE],
                   uint8_t value[8]);

/* Memory for keys: kept from swap where the system allows it, between guard pages, wiped when it
   is given back. NULL without memory. */
void *secret_new(size_t size);
void secret_free(void *secret); /* NULL is fine. */

#endif
