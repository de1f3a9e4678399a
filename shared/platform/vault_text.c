/*
 * vault_text.c - a vault as JSON, and back: what comes off a disk is believed in nothing.
 */
#include <string.h>

#include "code.h"
#include "hash.h"
#include "json.h"
#include "vault_internal.h"

#define FORMAT     1
#define MEMORY_MAX (1024 * 1024) /* KiB: a changed file must not make a try take all memory */
#define PASSES_MAX 16
#define BYTES_MAX  128
#define SUM_SIZE   16 /* of the hash of the line before it: tells a damaged copy from a whole one */

static void put_bytes(struct json_writer *json, const char *name, const void *bytes, size_t size)
{
    char text[BASE64_SIZE(BYTES_MAX) + 1];
    base64_write(bytes, size, text);
    json_name(json, name);
    json_put_text(json, text);
}

static bool get_bytes(const struct json *object, const char *name, void *ret, size_t size)
{
    return base64_read(json_span(json_get(object, name)), ret, size);
}

static void put_own(struct json_writer *json, const struct own_slot *slot)
{
    json_open(json, '{');
    if (slot->named) {
        put_bytes(json, "name_nonce", slot->name.nonce, sizeof slot->name.nonce);
        put_bytes(json, "name_tag", slot->name.tag, sizeof slot->name.tag);
        put_bytes(json, "name", slot->name.sealed, sizeof slot->name.sealed);
    }
    if (slot->passphrase) {
        put_bytes(json, "salt", slot->salt, sizeof slot->salt);
        json_name(json, "memory_kib");
        json_put_int(json, slot->cost.memory_kib);
        json_name(json, "passes");
        json_put_int(json, slot->cost.passes);
    }
    if (slot->file) {
        json_name(json, "file");
        json_put_text(json, slot->file_name);
    }
    put_bytes(json, "nonce", slot->nonce, sizeof slot->nonce);
    put_bytes(json, "tag", slot->tag, sizeof slot->tag);
    put_bytes(json, "sealed", slot->sealed, sizeof slot->sealed);
    json_close(json, '}');
}

static void sum_of(struct span line, char ret[BASE64_SIZE(SUM_SIZE) + 1])
{
    struct hash hash;
    hash_bytes(line, &hash);
    base64_write(hash.bytes, SUM_SIZE, ret);
}

enum err vault_write(const struct vault *vault, struct buf *ret)
{
    struct json_writer json;
    char sum[BASE64_SIZE(SUM_SIZE) + 1];
    size_t start = ret->size;
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "douar_keys");
    json_put_int(&json, FORMAT);
    put_bytes(&json, "id", vault->id.bytes, ID_SIZE);
    json_name(&json, "slots");
    json_open(&json, '[');
    for (size_t i = 0; i < vault->slot_count; i++) {
        put_own(&json, &vault->slots[i]);
    }
    json_close(&json, ']');
    if (vault->recovery.there) {
        json_name(&json, "recovery");
        json_open(&json, '{');
        put_bytes(&json, "to", vault->recovery.to.bytes, PUBLIC_KEY_SIZE);
        put_bytes(&json, "sealed", vault->recovery.sealed, SEALED_KEY_SIZE);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    if (!buf_error(ret)) {
        sum_of(span_from(ret->data + start, ret->size - start), sum);
        buf_add_byte(ret, '\n');
        buf_add_span(ret, span_of(sum));
        buf_add_byte(ret, '\n');
    }
    return buf_error(ret);
}

static bool parse_own(const struct json *object, struct own_slot *ret)
{
    int64_t memory_kib = json_get_int(object, "memory_kib", PASSPHRASE_COST_LEAST.memory_kib);
    int64_t passes = json_get_int(object, "passes", PASSPHRASE_COST_LEAST.passes);
    const char *file = json_get_text(object, "file", NULL);
    ret->passphrase = json_get(object, "salt") != NULL;
    ret->file = file != NULL;
    ret->named = json_get(object, "name") != NULL;
    if (memory_kib < PASSPHRASE_COST_LEAST.memory_kib || memory_kib > MEMORY_MAX ||
        passes < PASSPHRASE_COST_LEAST.passes || passes > PASSES_MAX ||
        (!ret->passphrase && !ret->file)) {
        return false;
    }
    ret->cost = (struct passphrase_cost){(uint32_t)memory_kib, (uint32_t)passes};
    span_text(span_of(file ? file : ""), ret->file_name, sizeof ret->file_name);
    if (ret->named && (!get_bytes(object, "name_nonce", ret->name.nonce, sizeof ret->name.nonce) ||
                       !get_bytes(object, "name_tag", ret->name.tag, sizeof ret->name.tag) ||
                       !get_bytes(object, "name", ret->name.sealed, sizeof ret->name.sealed))) {
        return false;
    }
    return (!ret->passphrase || get_bytes(object, "salt", ret->salt, sizeof ret->salt)) &&
           get_bytes(object, "nonce", ret->nonce, sizeof ret->nonce) &&
           get_bytes(object, "tag", ret->tag, sizeof ret->tag) &&
           get_bytes(object, "sealed", ret->sealed, sizeof ret->sealed);
}

static bool parse_slots(const struct json *list, struct vault *ret)
{
    size_t count = json_is(list, JSON_ARRAY) ? json_count(list) : 0;
    bool right = count > 0 && count <= VAULT_SLOTS_MAX;
    for (size_t i = 0; right && i < count; i++) {
        right = parse_own(json_at(list, i), &ret->slots[i]);
    }
    ret->slot_count = count;
    return right;
}

static bool parse_recovery(const struct json *object, struct recovery_slot *ret)
{
    ret->there = object != NULL;
    return !ret->there || (get_bytes(object, "to", ret->to.bytes, PUBLIC_KEY_SIZE) &&
                           get_bytes(object, "sealed", ret->sealed, SEALED_KEY_SIZE));
}

enum err vault_parse(struct span text, struct vault *ret, bool *ret_whole)
{
    struct vault vault = {.slot_count = 0};
    struct json *json = NULL;
    struct span rest = text, line = {0}, said = {0};
    char sum[BASE64_SIZE(SUM_SIZE) + 1];
    *ret_whole = span_split(&rest, '\n', &line) && span_split(&rest, '\n', &said);
    if (*ret_whole) {
        sum_of(line, sum);
        *ret_whole = span_is(said, sum) && rest.size == 0;
    }
    enum err e = json_parse(line, &json, NULL);
    if (e) {
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    }
    bool right = json_is(json, JSON_OBJECT) && json_get_int(json, "douar_keys", 0) == FORMAT &&
                 get_bytes(json, "id", vault.id.bytes, ID_SIZE) &&
                 parse_slots(json_get(json, "slots"), &vault) &&
                 parse_recovery(json_get(json, "recovery"), &vault.recovery);
    json_free(json);
    if (right) {
        *ret = vault;
    }
    return right ? OK : ERR_FORMAT;
}
