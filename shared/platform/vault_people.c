/*
 * vault_people.c - several people's slots in one vault: added, dropped, named.
 */
#include <string.h>

#include "utf8.h"
#include "vault_internal.h"

/* Names are sealed padded to one size, so that not even their length shows. */
static struct cipher_place name_place(void)
{
    return (struct cipher_place){CIPHER_KEY_SLOT, 2};
}

static void name_key(const struct seal_key *key, struct seal_key *ret)
{
    cipher_derive(key, "douar-slot-name-1", (struct span){0}, ret);
}

static void seal_name(const struct host *host, const struct seal_key *key, const char *name,
                      struct own_slot *slot)
{
    uint8_t padded[VAULT_NAME_SIZE] = {0};
    struct seal_key own;
    memcpy(padded, name, strlen(name));
    host->random(host->ctx, slot->name.nonce, sizeof slot->name.nonce);
    name_key(key, &own);
    cipher_seal(&own, slot->name.nonce, name_place(), span_from(padded, sizeof padded),
                slot->name.sealed, slot->name.tag);
    sign_wipe(&own, sizeof own);
    slot->named = true;
}

static bool open_name(const struct seal_key *key, const struct own_slot *slot,
                      char ret[VAULT_NAME_SIZE])
{
    struct seal_key own;
    memset(ret, 0, VAULT_NAME_SIZE);
    if (!slot->named) {
        return true;
    }
    name_key(key, &own);
    bool opened = cipher_open(&own, slot->name.nonce, name_place(),
                              span_from(slot->name.sealed, sizeof slot->name.sealed),
                              slot->name.tag, (uint8_t *)ret);
    sign_wipe(&own, sizeof own);
    ret[VAULT_NAME_SIZE - 1] = '\0';
    return opened;
}

/* The slot of that name; `slot_count` without one. */
static enum err find(const struct vault *vault, const struct seal_key *key, const char *name,
                     size_t *ret, struct diag *diag)
{
    char one[VAULT_NAME_SIZE];
    *ret = vault->slot_count;
    for (size_t i = 0; i < vault->slot_count; i++) {
        if (!open_name(key, &vault->slots[i], one)) {
            return diag_set(diag, ERR_FORMAT, VAULT_FILE, "name", NULL);
        }
        *ret = vault->slots[i].named && strcmp(one, name) == 0 ? i : *ret;
    }
    return OK;
}

static enum err check_name(const char *name, struct diag *diag)
{
    struct span span = span_of(name);
    if (span.size >= VAULT_NAME_SIZE) {
        return diag_set(diag, ERR_TOO_LARGE, name, "63", NULL);
    }
    return span.size > 0 && utf8_valid(span, NULL) && !utf8_has_control(span) &&
                   strcspn(name, "\n\t") == span.size
               ? OK
               : diag_set(diag, ERR_BAD_VALUE, "NAME", name, "text", NULL);
}

enum err vault_add(const struct host *host, const char *folder, const struct seal_key *key,
                   const char *name, const struct vault_secret *secret, const char *file_name,
                   struct diag *diag)
{
    struct vault vault;
    size_t at = 0;
    enum err e = check_name(name, diag);
    if (!e) {
        e = vault_read(host, folder, &vault, diag);
    }
    if (!e) {
        e = find(&vault, key, name, &at, diag);
    }
    if (!e && at < vault.slot_count) {
        e = diag_set(diag, ERR_EXISTS, "slot", name, NULL);
    } else if (!e && vault.slot_count == VAULT_SLOTS_MAX) {
        e = diag_set(diag, ERR_TOO_LARGE, name, "8", NULL);
    }
    if (e) {
        return e;
    }
    seal_name(host, key, name, &vault.slots[at]);
    e = vault_fill_own(host, key, secret, file_name, &vault.slots[at], diag);
    vault.slot_count++;
    return e ? e : vault_store(host, folder, &vault, diag);
}

enum err vault_drop(const struct host *host, const char *folder, const struct seal_key *key,
                    const char *name, struct diag *diag)
{
    struct vault vault;
    size_t at = 0;
    enum err e = vault_read(host, folder, &vault, diag);
    if (!e) {
        e = find(&vault, key, name, &at, diag);
    }
    if (!e && at == vault.slot_count) {
        e = diag_set(diag, ERR_NOT_FOUND, name, folder, NULL);
    }
    if (e) {
        return e;
    }
    vault.slot_count--;
    memmove(&vault.slots[at], &vault.slots[at + 1],
            (vault.slot_count - at) * sizeof vault.slots[0]);
    return vault_store(host, folder, &vault, diag);
}

enum err vault_people(const struct host *host, const char *folder, const struct seal_key *key,
                      struct vault_person ret[VAULT_SLOTS_MAX], size_t *ret_count,
                      struct diag *diag)
{
    struct vault vault;
    enum err e = vault_read(host, folder, &vault, diag);
    for (size_t i = 0; !e && i < vault.slot_count; i++) {
        ret[i] = (struct vault_person){.passphrase = vault.slots[i].passphrase,
                                       .file = vault.slots[i].file};
        e = open_name(key, &vault.slots[i], ret[i].name)
                ? OK
                : diag_set(diag, ERR_FORMAT, VAULT_FILE, "name", NULL);
    }
    *ret_count = e ? 0 : vault.slot_count;
    return e;
}
