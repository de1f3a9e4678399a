/*
 * What lies on a disk beside a database: the vault's file, a secret file, a sealed file, and the
 * texts that recover a lost passphrase. The first byte chooses; every file that is read is the
 * input.
 */
#include <string.h>

#include "fuzz.h"
#include "sealed_file.h"
#include "vault.h"

enum target { VAULT, SECRET, REQUEST, ANSWER, SEALED, TARGETS };

#define OUT_MAX (4u << 20)

static enum err read_input(void *ctx, const char *path, struct buf *ret)
{
    (void)path;
    buf_add_span(ret, *(const struct span *)ctx);
    return buf_error(ret);
}

static enum err read_input_at(void *ctx, const char *path, uint64_t offset, size_t size,
                              struct buf *ret)
{
    struct span input = *(const struct span *)ctx;
    (void)path;
    if (offset < input.size) {
        size_t left = input.size - (size_t)offset;
        buf_add_span(ret, span_cut(input, (size_t)offset, size < left ? size : left));
    }
    return buf_error(ret);
}

static bool is_there(void *ctx, const char *path)
{
    (void)ctx;
    (void)path;
    return true;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    memset(bytes, 7, size);
}

static void try_vault(const struct host *host)
{
    struct vault_state state;
    if (vault_look(host, "f", &state, NULL) == OK) {
        fuzz_insist(state.passphrase || state.file);
        fuzz_insist(memchr(state.file_name, '\0', sizeof state.file_name) != NULL);
    }
}

static void try_secret(const struct host *host)
{
    uint8_t secret[VAULT_SECRET_SIZE];
    struct diag diag = {0};
    enum err e = vault_secret_file(host, "f", false, secret, &diag);
    fuzz_insist(e == diag.code);
}

/* No input can be a request or an answer that was sealed to these keys. */
static void try_code(const struct host *host, struct span text, bool answer)
{
    uint8_t seed[SECRET_SEED_SIZE] = {3};
    struct public_key key;
    struct secret_key secret;
    struct seal_key opened;
    char ret[VAULT_REQUEST_MAX];
    sign_key_from_seed(seed, &key, &secret);
    if (answer) {
        fuzz_insist(vault_accept(host, "f", seed, text, &opened, NULL) != OK);
    } else {
        fuzz_insist(vault_answer(host, text, &secret, ret, NULL) != OK);
    }
}

/* Nobody seals without the key: what isn't refused is nothing at all. */
static void try_sealed(const struct host *host)
{
    struct buf out;
    buf_init(&out, fuzz_mem(), OUT_MAX);
    if (sealed_read(host, span_of("name"), "f", &out) == OK) {
        fuzz_insist(out.size == 0);
    }
    buf_clear(&out);
    if (sealed_read_at(host, span_of("name"), "f", SEALED_PIECE, SEALED_PIECE, &out) == OK) {
        fuzz_insist(out.size == 0);
    }
    buf_release(&out);
}

static void try_target(enum target target, const struct host *host, struct span input)
{
    switch (target) {
    case VAULT:
        try_vault(host);
        break;
    case SECRET:
        try_secret(host);
        break;
    case REQUEST:
    case ANSWER:
        try_code(host, input, target == ANSWER);
        break;
    case SEALED:
    case TARGETS:
        try_sealed(host);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[SEAL_KEY_SIZE] = {9};
    static const struct host_files files = {
        .read = read_input, .read_at = read_input_at, .exists = is_there};
    if (size == 0) {
        return 0;
    }
    struct span input = span_from(data + 1, size - 1);
    const struct host host = {.ctx = &input,
                              .mem = *fuzz_mem(),
                              .random = no_random,
                              .db_key = span_from(key, sizeof key),
                              .files = &files};
    try_target((enum target)(data[0] % TARGETS), &host, input);
    return 0;
}
