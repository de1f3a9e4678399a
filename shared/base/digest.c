#include "digest.h"

#include <nettle/base64.h>
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

union digest_context {
    struct md5_ctx md5;
    struct sha1_ctx sha1;
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;
};

static bool same_name(struct span name, const char *other)
{
    size_t i = 0;
    for (; i < name.size && other[i] != '\0'; i++) {
        uint8_t byte = name.data[i];
        if (byte >= 'a' && byte <= 'z') {
            byte = (uint8_t)(byte - 'a' + 'A');
        }
        if (byte != (uint8_t)other[i]) {
            return false;
        }
    }
    return i == name.size && other[i] == '\0';
}

static const struct nettle_hash *hash_named(struct span name)
{
    return same_name(name, "MD5")       ? &nettle_md5
           : same_name(name, "SHA-1")   ? &nettle_sha1
           : same_name(name, "SHA-256") ? &nettle_sha256
           : same_name(name, "SHA-384") ? &nettle_sha384
           : same_name(name, "SHA-512") ? &nettle_sha512
                                        : NULL;
}

bool digest_bytes(struct span name, struct span text, uint8_t ret[DIGEST_MAX], size_t *ret_size)
{
    const struct nettle_hash *hash = hash_named(name);
    if (hash == NULL) {
        return false;
    }
    union digest_context context;
    hash->init(&context);
    hash->update(&context, text.size, text.data);
    hash->digest(&context, hash->digest_size, ret);
    *ret_size = hash->digest_size;
    return true;
}

void digest_add_base64(struct buf *buf, struct span bytes)
{
    size_t size = BASE64_ENCODE_RAW_LENGTH(bytes.size);
    uint8_t *room = buf_room(buf, size);
    if (room != NULL) {
        base64_encode_raw((char *)room, bytes.size, bytes.data);
        buf_grew(buf, size);
    }
}

bool digest_add_decoded(struct buf *buf, struct span text)
{
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    size_t size = BASE64_DECODE_LENGTH(text.size);
    uint8_t *room = buf_room(buf, size + 1);
    if (room == NULL ||
        base64_decode_update(&context, &size, room, text.size, (const char *)text.data) == 0) {
        return false;
    }
    buf_grew(buf, size);
    return true;
}
