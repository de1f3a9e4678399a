#include "sealed_file.h"

#include <string.h>

#include "cipher.h"
#include "code.h"

#define LENGTH_SIZE 4
#define HEAD_SIZE   (LENGTH_SIZE + CIPHER_EXTRA)
#define STRIDE      (HEAD_SIZE + SEALED_PIECE) /* from one piece to the next */
#define FILE_MAX    (256u * 1024 * 1024)       /* bytes sealed in one writing */

static bool is_sealed(const struct host *host)
{
    return host->db_key.size == SEAL_KEY_SIZE;
}

static void derive(const struct host *host, const char *purpose, struct span name,
                   struct seal_key *ret)
{
    struct seal_key master;
    memcpy(master.bytes, host->db_key.data, SEAL_KEY_SIZE);
    cipher_derive(&master, purpose, name, ret);
    sign_wipe(&master, sizeof master);
}

bool sealed_name(const struct host *host, struct span name, char ret[SEALED_NAME_SIZE])
{
    struct seal_key hash;
    if (!is_sealed(host)) {
        return false;
    }
    derive(host, "douar-file-name-1", name, &hash);
    hex_write(hash.bytes, (SEALED_NAME_SIZE - 1) / 2, ret);
    return true;
}

/* ---- pieces */

static void add_piece(const struct host *host, const struct seal_key *key, uint64_t number,
                      struct span plain, struct buf *ret)
{
    const struct cipher_place place = {CIPHER_FILE_PIECE, number};
    uint8_t *head = buf_room(ret, HEAD_SIZE + plain.size);
    if (head == NULL) {
        return;
    }
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        head[i] = (uint8_t)(plain.size >> (8 * i));
    }
    uint8_t *nonce = head + LENGTH_SIZE;
    host->random(host->ctx, nonce, CIPHER_NONCE_SIZE);
    cipher_seal(key, nonce, place, plain, head + HEAD_SIZE, nonce + CIPHER_NONCE_SIZE);
    buf_grew(ret, HEAD_SIZE + plain.size);
}

/* All of `plain` as pieces from `number` on; nothing is one piece without bytes. */
static enum err add_pieces(const struct host *host, const struct seal_key *key, uint64_t number,
                           struct span plain, struct buf *ret)
{
    size_t at = 0;
    do {
        struct span part = span_cut(plain, at, SEALED_PIECE);
        add_piece(host, key, number++, part, ret);
        at += part.size;
    } while (at < plain.size);
    return buf_error(ret);
}

/* Appends what the piece holds. An empty one is the end of the file. */
static enum err open_piece(const struct seal_key *key, uint64_t number, struct span sealed,
                           struct buf *ret)
{
    const struct cipher_place place = {CIPHER_FILE_PIECE, number};
    size_t size = 0;
    if (sealed.size == 0) {
        return OK;
    }
    for (size_t i = 0; i < LENGTH_SIZE && sealed.size >= HEAD_SIZE; i++) {
        size |= (size_t)sealed.data[i] << (8 * i);
    }
    if (sealed.size < HEAD_SIZE || size > SEALED_PIECE || size > sealed.size - HEAD_SIZE) {
        return ERR_FILE_DAMAGED;
    }
    uint8_t *room = buf_room(ret, size + 1);
    if (room == NULL) {
        return buf_error(ret);
    }
    const uint8_t *nonce = sealed.data + LENGTH_SIZE;
    if (!cipher_open(key, nonce, place, span_cut(sealed, HEAD_SIZE, size),
                     nonce + CIPHER_NONCE_SIZE, room)) {
        return ERR_FILE_DAMAGED;
    }
    buf_grew(ret, size);
    return OK;
}

static enum err read_piece(const struct host *host, const struct seal_key *key, const char *path,
                           uint64_t number, struct buf *ret)
{
    struct buf sealed;
    buf_init(&sealed, &host->mem, STRIDE);
    enum err e = host->files->read_at(host->ctx, path, number * STRIDE, STRIDE, &sealed);
    if (!e) {
        e = open_piece(key, number, buf_span(&sealed), ret);
    }
    buf_release(&sealed);
    return e;
}

/* ---- at an offset */

enum err sealed_read_at(const struct host *host, struct span name, const char *path,
                        uint64_t offset, size_t size, struct buf *ret)
{
    struct seal_key key;
    struct buf piece;
    bool more = true;
    enum err e = OK;
    if (!is_sealed(host)) {
        return host->files->read_at(host->ctx, path, offset, size, ret);
    }
    derive(host, "douar-file-1", name, &key);
    buf_init(&piece, &host->mem, SEALED_PIECE + 1);
    while (!e && more && size > 0) {
        buf_clear(&piece);
        e = read_piece(host, &key, path, offset / SEALED_PIECE, &piece);
        if (!e) {
            struct span part = span_cut(buf_span(&piece), (size_t)(offset % SEALED_PIECE), size);
            buf_add_span(ret, part);
            e = buf_error(ret);
            offset += part.size;
            size -= part.size;
            more = piece.size == SEALED_PIECE && part.size > 0;
        }
    }
    buf_release(&piece);
    sign_wipe(&key, sizeof key);
    return e;
}

static enum err seal_from(const struct host *host, const struct seal_key *key, const char *path,
                          uint64_t offset, struct span bytes, struct buf *plain, struct buf *sealed)
{
    size_t before = (size_t)(offset % SEALED_PIECE);
    uint64_t number = offset / SEALED_PIECE;
    if (before == 0) {
        return add_pieces(host, key, number, bytes, sealed);
    }
    enum err e = read_piece(host, key, path, number, plain);
    if (!e && plain->size < before) {
        e = ERR_FILE_DAMAGED;
    }
    if (e) {
        return e;
    }
    buf_truncate(plain, before);
    buf_add_span(plain, bytes);
    e = buf_error(plain);
    return e ? e : add_pieces(host, key, number, buf_span(plain), sealed);
}

enum err sealed_write_at(const struct host *host, struct span name, const char *path,
                         uint64_t offset, struct span bytes)
{
    struct seal_key key;
    struct buf plain, sealed;
    if (!is_sealed(host)) {
        return host->files->write_at(host->ctx, path, offset, bytes);
    }
    derive(host, "douar-file-1", name, &key);
    buf_init(&plain, &host->mem, FILE_MAX);
    buf_init(&sealed, &host->mem, FILE_MAX);
    enum err e = seal_from(host, &key, path, offset, bytes, &plain, &sealed);
    if (!e) { /* one writing, one sync */
        e = host->files->write_at(host->ctx, path, offset / SEALED_PIECE * STRIDE,
                                  buf_span(&sealed));
    }
    buf_release(&plain);
    buf_release(&sealed);
    sign_wipe(&key, sizeof key);
    return e;
}

/* ---- whole files */

enum err sealed_write_atomic(const struct host *host, struct span name, const char *path,
                             struct span bytes)
{
    struct seal_key key;
    struct buf sealed;
    if (!is_sealed(host)) {
        return host->files->write_atomic(host->ctx, path, bytes);
    }
    derive(host, "douar-file-1", name, &key);
    buf_init(&sealed, &host->mem, FILE_MAX);
    enum err e = add_pieces(host, &key, 0, bytes, &sealed);
    if (!e) {
        e = host->files->write_atomic(host->ctx, path, buf_span(&sealed));
    }
    buf_release(&sealed);
    sign_wipe(&key, sizeof key);
    return e;
}

enum err sealed_read(const struct host *host, struct span name, const char *path, struct buf *ret)
{
    struct seal_key key;
    struct buf sealed;
    size_t before = ret->size;
    if (!is_sealed(host)) {
        return host->files->read(host->ctx, path, ret);
    }
    derive(host, "douar-file-1", name, &key);
    buf_init(&sealed, &host->mem, FILE_MAX);
    enum err e = host->files->read(host->ctx, path, &sealed);
    if (!e && sealed.size == 0) {
        e = ERR_FILE_DAMAGED;
    }
    for (uint64_t number = 0; !e && number * STRIDE < sealed.size; number++) {
        struct span rest = span_cut(buf_span(&sealed), (size_t)number * STRIDE, STRIDE);
        e = open_piece(&key, number, rest, ret);
    }
    if (e) {
        buf_truncate(ret, before);
    }
    buf_release(&sealed);
    sign_wipe(&key, sizeof key);
    return e;
}
