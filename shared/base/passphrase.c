#include "passphrase.h"

#include <sodium.h>
#include <string.h>

#include "utf8.h"

_Static_assert(PASSPHRASE_SALT_SIZE == crypto_pwhash_argon2id_SALTBYTES, "the library's salt");

#define GROUPS       5
#define BITS_OF_WORD 16

bool passphrase_is_strong(struct span text, bool beside_secret)
{
    bool seen[256] = {false};
    size_t characters = 0, different = 0, digits = 0;
    if (text.size > PASSPHRASE_MAX || !utf8_valid(text, NULL)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        characters += (byte & 0xC0) != 0x80; /* not the rest of a character */
        digits += byte >= '0' && byte <= '9';
        different += !seen[byte];
        seen[byte] = true;
    }
    if (beside_secret) {
        return characters >= PASSPHRASE_PIN;
    }
    size_t least = digits == text.size ? PASSPHRASE_DIGITS : PASSPHRASE_MIN;
    return characters >= least && different >= PASSPHRASE_DIFFERENT;
}

void passphrase_make(const uint8_t random[PASSPHRASE_RANDOM], char ret[PASSPHRASE_SIZE])
{
    static const char consonants[] = "bdfghjklmnprstvz";
    static const char vowels[] = "aiou";
    char *at = ret;
    for (size_t i = 0; i < GROUPS; i++) {
        unsigned word = (unsigned)random[2 * i] << 8 | random[2 * i + 1];
        int left = BITS_OF_WORD;
        if (i > 0) {
            *at++ = '-';
        }
        for (size_t letter = 0; letter < 5; letter++) { /* 4 bits and 2 bits in turn */
            left -= letter % 2 == 0 ? 4 : 2;
            *at++ = letter % 2 == 0 ? consonants[word >> left & 15] : vowels[word >> left & 3];
        }
    }
    *at = '\0';
}

bool passphrase_key(struct span text, const uint8_t salt[PASSPHRASE_SALT_SIZE],
                    struct passphrase_cost cost, struct seal_key *ret)
{
    return crypto_pwhash(ret->bytes, SEAL_KEY_SIZE, (const char *)text.data, text.size, salt,
                         cost.passes, (size_t)cost.memory_kib * 1024,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}
