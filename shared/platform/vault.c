/*
 * vault.c - slots: read, written twice, opened and changed.
 */
#include "vault_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "code.h"

#define COST_MS            1000 /* what one try may take on the machine that makes the slot */
#define MEMORY_SHARE       32   /* of the machine's memory that one try may take */
#define MEMORY_UNKNOWN_KIB (2 * 1024 * 1024)
#define COPY_NAME          VAULT_FILE "2"

/* ---- the two files */

enum err vault_path(const char *folder, const char *name, char ret[VAULT_PATH_SIZE],
                    struct diag *diag)
{
    int size = snprintf(ret, VAULT_PATH_SIZE, "%s/%s", folder, name);
    return size > 0 && size < VAULT_PATH_SIZE ? OK
                                              : diag_set(diag, ERR_TOO_LARGE, folder, "1000", NULL);
}

bool vault_exists(const struct host *host, const char *folder)
{
    char one[VAULT_PATH_SIZE], two[VAULT_PATH_SIZE];
    return !vault_path(folder, VAULT_FILE, one, NULL) &&
           !vault_path(folder, COPY_NAME, two, NULL) &&
           (host->files->exists(host->ctx, one) || host->files->exists(host->ctx, two));
}

static enum err read_copy(const struct host *host, const char *folder, const char *name,
                          struct vault *ret, bool *ret_whole)
{
    char path[VAULT_PATH_SIZE];
    struct buf text;
    *ret_whole = false;
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    enum err e = vault_path(folder, name, path, NULL);
    if (!e) {
        e = host->files->read(host->ctx, path, &text);
    }
    if (!e) {
        e = vault_parse(buf_span(&text), ret, ret_whole);
    }
    buf_release(&text);
    return e;
}

/* The first is rewritten first: when it isn't whole, the second is. Of two damaged ones, what can
   be read at all. */
static enum err read_better(const struct host *host, const char *folder, struct vault *ret,
                            int *ret_whole)
{
    struct vault second;
    bool whole = false, second_whole = false;
    enum err e = read_copy(host, folder, VAULT_FILE, ret, &whole);
    enum err other = read_copy(host, folder, COPY_NAME, &second, &second_whole);
    if ((e || !whole) && !other && (e || second_whole)) {
        *ret = second;
        e = OK;
    }
    *ret_whole = (int)whole + (int)second_whole;
    return e;
}

enum err vault_read(const struct host *host, const char *folder, struct vault *ret,
                    struct diag *diag)
{
    int whole = 0;
    enum err e = read_better(host, folder, ret, &whole);
    return e ? diag_set(diag, e == ERR_NOT_FOUND ? ERR_FILE : e, VAULT_FILE, folder, NULL) : OK;
}

/* A copy that is damaged or gone is made anew from the other. */
static void mend_copies(const struct host *host, const char *folder)
{
    struct vault vault;
    int whole = 0;
    if (!read_better(host, folder, &vault, &whole) && whole == 1) {
        enum err ignored = vault_store(host, folder, &vault, NULL);
        (void)ignored; /* no room, or read only: it opens as it is */
    }
}

enum err vault_store(const struct host *host, const char *folder, const struct vault *vault,
                     struct diag *diag)
{
    static const char *const names[] = {VAULT_FILE, COPY_NAME};
    char path[VAULT_PATH_SIZE];
    struct buf text;
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    enum err e = vault_write(vault, &text);
    for (size_t i = 0; i < 2 && !e; i++) {
        e = vault_path(folder, names[i], path, diag);
        if (!e) {
            e = host->files->write_atomic(host->ctx, path, buf_span(&text));
        }
    }
    buf_release(&text);
    return e ? diag_set(diag, e, VAULT_FILE, err_name(e), NULL) : OK;
}

/* ---- the own slot */

/* From a passphrase, a file, or one entangled with the other: who lacks either has nothing. */
static enum err own_key(const struct own_slot *slot, const struct vault_secret *secret,
                        struct seal_key *ret, struct diag *diag)
{
    struct seal_key typed = {{0}};
    struct seal_key file;
    if ((slot->passphrase && secret->passphrase.size == 0) || (slot->file && !secret->has_file)) {
        return diag_set(diag, ERR_LOCKED, NULL);
    }
    if (slot->passphrase && !passphrase_key(secret->passphrase, slot->salt, slot->cost, &typed)) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    if (slot->file) {
        memcpy(file.bytes, secret->file, SEAL_KEY_SIZE);
        cipher_derive(&file, "douar-slot-1",
                      span_from(typed.bytes, slot->passphrase ? SEAL_KEY_SIZE : 0), ret);
        sign_wipe(&file, sizeof file);
    } else {
        *ret = typed;
    }
    sign_wipe(&typed, sizeof typed);
    return OK;
}

static struct cipher_place slot_place(void)
{
    return (struct cipher_place){CIPHER_KEY_SLOT, 1};
}

/* The dearest that this machine has the memory for and does in the time it may take, judged by the
   cheapest: memory times passes is what it costs. */
static struct passphrase_cost measure_cost(const struct host *host,
                                           const uint8_t salt[PASSPHRASE_SALT_SIZE])
{
    const struct passphrase_cost costs[] = {
        PASSPHRASE_COST_MOST, PASSPHRASE_COST, {32 * 1024, 3}, PASSPHRASE_COST_LEAST};
    const struct passphrase_cost least = PASSPHRASE_COST_LEAST;
    const size_t cheapest = sizeof costs / sizeof costs[0] - 1;
    struct seal_key ignored;
    uint64_t machine_kib = host->memory_kib > 0 ? host->memory_kib : MEMORY_UNKNOWN_KIB;
    int64_t start_ms = host->mono_ms(host->ctx);
    bool made = passphrase_key(span_of("how long does this take?"), salt, least, &ignored);
    int64_t took_ms = host->mono_ms(host->ctx) - start_ms;
    for (size_t i = 0; made && i < cheapest; i++) {
        int64_t times = (int64_t)costs[i].memory_kib * costs[i].passes * 100 /
                        ((int64_t)least.memory_kib * least.passes);
        if (costs[i].memory_kib <= machine_kib / MEMORY_SHARE && took_ms * times / 100 <= COST_MS) {
            return costs[i];
        }
    }
    return least;
}

enum err vault_fill_own(const struct host *host, const struct seal_key *key,
                        const struct vault_secret *secret, const char *file_name,
                        struct own_slot *slot, struct diag *diag)
{
    struct own_slot made = {.passphrase = secret->passphrase.size > 0,
                            .file = secret->has_file,
                            .named = slot->named,
                            .name = slot->name};
    struct seal_key wrap;
    char least[16];
    if (made.passphrase && !passphrase_is_strong(secret->passphrase, made.file)) {
        (void)snprintf(least, sizeof least, "%d", made.file ? PASSPHRASE_PIN : PASSPHRASE_MIN);
        return diag_set(diag, ERR_WEAK_SECRET, least, NULL);
    }
    span_text(span_of(made.file ? file_name : ""), made.file_name, sizeof made.file_name);
    host->random(host->ctx, made.salt, sizeof made.salt);
    host->random(host->ctx, made.nonce, sizeof made.nonce);
    made.cost = made.passphrase ? measure_cost(host, made.salt) : PASSPHRASE_COST_LEAST;
    enum err e = own_key(&made, secret, &wrap, diag);
    if (!e) {
        cipher_seal(&wrap, made.nonce, slot_place(), span_from(key->bytes, SEAL_KEY_SIZE),
                    made.sealed, made.tag);
        *slot = made;
    }
    sign_wipe(&wrap, sizeof wrap);
    return e;
}

/* ---- the verbs */

void vault_say(const struct vault *vault, struct vault_state *ret)
{
    *ret = (struct vault_state){
        .id = vault->id, .recovery = vault->recovery.there, .recovery_key = vault->recovery.to};
    for (size_t i = 0; i < vault->slot_count; i++) {
        const struct own_slot *slot = &vault->slots[i];
        if (slot->file && !ret->file) {
            memcpy(ret->file_name, slot->file_name, sizeof ret->file_name);
        }
        ret->passphrase = ret->passphrase || slot->passphrase;
        ret->file = ret->file || slot->file;
        ret->file_alone = ret->file_alone || !slot->passphrase;
        ret->passphrase_alone = ret->passphrase_alone || !slot->file;
    }
}

enum err vault_look(const struct host *host, const char *folder, struct vault_state *ret,
                    struct diag *diag)
{
    struct vault vault;
    enum err e = vault_read(host, folder, &vault, diag);
    if (!e) {
        vault_say(&vault, ret);
    }
    return e;
}

enum err vault_remake(const struct host *host, const char *folder,
                      const struct vault_secret *secret, const char *file_name,
                      struct seal_key *ret, struct diag *diag)
{
    struct vault vault = {.slot_count = 1};
    struct seal_key key;
    host->random(host->ctx, vault.id.bytes, ID_SIZE);
    host->random(host->ctx, key.bytes, SEAL_KEY_SIZE);
    enum err e = vault_fill_own(host, &key, secret, file_name, &vault.slots[0], diag);
    if (!e) {
        e = vault_store(host, folder, &vault, diag);
    }
    if (!e) {
        *ret = key;
    }
    sign_wipe(&key, sizeof key);
    return e;
}

enum err vault_make(const struct host *host, const char *folder, const struct vault_secret *secret,
                    const char *file_name, struct seal_key *ret, struct diag *diag)
{
    return vault_exists(host, folder) ? diag_set(diag, ERR_EXISTS, VAULT_FILE, folder, NULL)
                                      : vault_remake(host, folder, secret, file_name, ret, diag);
}

enum err vault_open_own(const struct own_slot *slot, const struct vault_secret *secret,
                        struct seal_key *ret, struct diag *diag)
{
    struct seal_key wrap = {{0}}, key;
    enum err e = own_key(slot, secret, &wrap, diag);
    if (!e && !cipher_open(&wrap, slot->nonce, slot_place(), span_from(slot->sealed, SEAL_KEY_SIZE),
                           slot->tag, key.bytes)) {
        e = diag_set(diag, ERR_SECRET, NULL);
    }
    if (!e) {
        *ret = key;
    }
    sign_wipe(&wrap, sizeof wrap);
    sign_wipe(&key, sizeof key);
    return e;
}

/* Each slot that has all it needs; a wrong try of one says nothing of the next. */
enum err vault_open_any(const struct vault *vault, const struct vault_secret *secret,
                        struct seal_key *ret, size_t *ret_slot, struct diag *diag)
{
    enum err e = ERR_LOCKED;
    for (size_t i = 0; i < vault->slot_count; i++) {
        enum err one = vault_open_own(&vault->slots[i], secret, ret, NULL);
        if (!one && ret_slot != NULL) {
            *ret_slot = i;
        }
        if (!one || (one != ERR_SECRET && one != ERR_LOCKED)) {
            return one ? diag_set(diag, one, NULL) : OK;
        }
        e = one == ERR_SECRET ? one : e;
    }
    return diag_set(diag, e, NULL);
}

enum err vault_open(const struct host *host, const char *folder, const struct vault_secret *secret,
                    struct seal_key *ret, size_t *ret_slot, struct diag *diag)
{
    struct vault vault;
    enum err e = vault_read(host, folder, &vault, diag);
    bool typed = false;
    for (size_t i = 0; !e && i < vault.slot_count; i++) {
        typed = typed || (vault.slots[i].passphrase && secret->passphrase.size > 0);
    }
    if (!e && typed) {
        e = tries_begin(host, folder, diag);
    }
    if (!e) {
        e = vault_open_any(&vault, secret, ret, ret_slot, diag);
    }
    if (!e && typed) {
        tries_end(host, folder);
    }
    if (!e) {
        mend_copies(host, folder);
    }
    return e;
}

enum err vault_change(const struct host *host, const char *folder, const struct seal_key *key,
                      size_t slot, const struct vault_secret *secret, const char *file_name,
                      struct diag *diag)
{
    struct vault vault;
    enum err e = vault_read(host, folder, &vault, diag);
    assert(e || slot < vault.slot_count);
    if (!e) {
        e = vault_fill_own(host, key, secret, file_name, &vault.slots[slot], diag);
    }
    if (!e) {
        e = vault_store(host, folder, &vault, diag);
    }
    if (!e) {
        tries_end(host, folder);
    }
    return e;
}

enum err vault_secret_file(const struct host *host, const char *path, bool make,
                           uint8_t ret[VAULT_SECRET_SIZE], struct diag *diag)
{
    struct buf text;
    char line[BASE64_SIZE(VAULT_SECRET_SIZE) + 2];
    buf_init(&text, &host->mem, 4096);
    enum err e = host->files->read(host->ctx, path, &text);
    if (e == ERR_NOT_FOUND && make) {
        host->random(host->ctx, ret, VAULT_SECRET_SIZE);
        size_t size = base64_write(ret, VAULT_SECRET_SIZE, line);
        line[size++] = '\n';
        e = host->files->write_atomic(host->ctx, path, span_from(line, size));
        sign_wipe(line, sizeof line);
    } else if (!e) {
        struct span rest = buf_span(&text), first = {0};
        (void)span_split(&rest, '\n', &first);
        e = base64_read(first, ret, VAULT_SECRET_SIZE)
                ? OK
                : diag_set(diag, ERR_FORMAT, path, "1", NULL);
    }
    if (text.data != NULL) {
        sign_wipe(text.data, text.size);
    }
    buf_release(&text);
    return e && e != ERR_FORMAT ? diag_set(diag, ERR_FILE, path, err_name(e), NULL) : e;
}
