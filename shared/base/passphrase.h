/*
 * passphrase.h - what a person types to open a database, and the key that follows from it.
 *
 * Argon2id, version 1.3, through libsodium. Whoever has the disk can try without end, and a PIN has
 * too few to try: so a short one is taken only together with a secret that isn't on that disk.
 */
#ifndef PASSPHRASE_H
#define PASSPHRASE_H

#include "seal.h"

#define PASSPHRASE_SALT_SIZE 16
#define PASSPHRASE_MAX       1024 /* bytes */
#define PASSPHRASE_MIN       15   /* characters: OWASP ASVS 5.0, 6.2, recommends them */
#define PASSPHRASE_DIFFERENT 8    /* of them different: "aaaaaaaaaaaaaaa" is none */
#define PASSPHRASE_DIGITS    20   /* when there is nothing but digits */
#define PASSPHRASE_PIN       6    /* digits, beside another secret */

/* Made from this many random bytes: 80 bits, more than a rig tries at any cost of Argon2id. */
#define PASSPHRASE_RANDOM 10
#define PASSPHRASE_SIZE   30 /* of a made one, with its NUL */

/* What one try costs. */
struct passphrase_cost {
    uint32_t memory_kib;
    uint32_t passes;
};
/* The least is OWASP's (cheat sheet on storing passwords), the other RFC 9106's second choice. */
#define PASSPHRASE_COST_LEAST ((struct passphrase_cost){.memory_kib = 19 * 1024, .passes = 2})
#define PASSPHRASE_COST       ((struct passphrase_cost){.memory_kib = 64 * 1024, .passes = 3})
#define PASSPHRASE_COST_MOST  ((struct passphrase_cost){.memory_kib = 128 * 1024, .passes = 3})

/* Long and varied enough? Beside another secret a PIN is. */
bool passphrase_is_strong(struct span text, bool beside_secret);

/* Five groups of five letters, consonants and vowels in turn, which people can read out (proquints,
   D. S. Wilkerson, 2009). */
void passphrase_make(const uint8_t random[PASSPHRASE_RANDOM], char ret[PASSPHRASE_SIZE]);

/* False without memory for it. */
bool passphrase_key(struct span text, const uint8_t salt[PASSPHRASE_SALT_SIZE],
                    struct passphrase_cost cost, struct seal_key *ret);

#endif
