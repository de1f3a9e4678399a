/*
 * What a form asks of its surroundings: wordings, lists, properties, ids, digests.
 */
#include <math.h>
#include <string.h>

#include "code.h"
#include "digest.h"
#include "expr_inner.h"
#include "utf8.h"

#define UUID_SIZE   36
#define RANDOM_MAX  1000 /* characters of uuid(n) */
#define DECODED_MAX (1u << 20)

static enum err call_itext(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    struct span id, text = {0};
    enum err e = evaluate_text(run, call->args[0], focus, &id);
    if (e == OK && run->host->itext != NULL) {
        e = run->host->itext(run->host->ctx, id, run->arena, &text);
    }
    if (e == OK) {
        value_set_text(ret, text);
    }
    return e;
}

static enum err call_version(struct evaluation *run, const struct expr *call,
                             const struct focus *focus, struct expr_value *ret)
{
    (void)call, (void)focus;
    value_set_text(ret, run->host->version);
    return OK;
}

static enum err call_property(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct span name, text = {0};
    enum err e = evaluate_text(run, call->args[0], focus, &name);
    if (e == OK && run->host->property != NULL) {
        e = run->host->property(run->host->ctx, name, run->arena, &text);
    }
    if (e == OK) {
        value_set_text(ret, text);
    }
    return e;
}

/* ---- pulldata(list, wanted column, column, value) */

static enum err first_match(struct evaluation *run, struct tree_node **items, size_t count,
                            const struct expr_equal *equal, const char *wanted,
                            struct expr_value *ret)
{
    value_set_text(ret, span_of(""));
    for (size_t i = 0; i < count; i++) {
        const struct tree_node *key = tree_child(items[i], equal->child);
        if (key == NULL || !span_equal(key->text, equal->text)) {
            continue;
        }
        const struct tree_node *found = tree_child(items[i], wanted);
        struct span text = span_of("");
        enum err e = found == NULL ? OK : node_text(run->arena, found, &text);
        value_set_text(ret, text);
        return e;
    }
    return OK;
}

/* Names of columns that are known when the form is read are interned; others can't be found. */
static const char *known_name(const struct tree_node *document, struct span name)
{
    const struct tree_node *root = document == NULL ? NULL : document->first;
    const struct tree_node *item = root == NULL ? NULL : root->first;
    for (; item != NULL; item = item->next) {
        for (const struct tree_node *at = item->first; at != NULL; at = at->next) {
            if (span_is(name, at->name)) {
                return at->name;
            }
        }
    }
    return NULL;
}

static enum err scan_list(struct evaluation *run, const char *list, struct span wanted,
                          struct span column, struct span value, struct expr_value *ret)
{
    struct tree_node *document;
    if (run->host->instance == NULL) {
        return diag_set(run->diag, ERR_NOT_FOUND, "instance", list, NULL);
    }
    enum err e = run->host->instance(run->host->ctx, list, &document, run->diag);
    value_set_text(ret, span_of(""));
    const char *wanted_name = e == OK ? known_name(document, wanted) : NULL;
    struct expr_equal equal = {.child = e == OK ? known_name(document, column) : NULL,
                               .text = value};
    struct node_list items = {0};
    if (e != OK || wanted_name == NULL || equal.child == NULL) {
        return e;
    }
    for (struct tree_node *at = document->first->first; e == OK && at != NULL; at = at->next) {
        e = node_list_add(run, &items, at);
    }
    return e != OK ? e : first_match(run, items.nodes, items.count, &equal, wanted_name, ret);
}

static enum err call_pulldata(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct span texts[4];
    for (size_t i = 0; i < 4; i++) {
        enum err e = evaluate_text(run, call->args[i], focus, &texts[i]);
        if (e != OK) {
            return e;
        }
    }
    const char *list = arena_span_text(run->arena, texts[0]);
    const char *column = arena_span_text(run->arena, texts[2]);
    if (list == NULL || column == NULL) {
        return ERR_NOMEM;
    }
    const struct expr_equal equal = {.child = column, .text = texts[3]};
    struct tree_node *item;
    bool answered = false;
    enum err e = table_first(run, list, &equal, &item, &answered);
    if (e == OK && !answered) {
        return scan_list(run, list, texts[1], texts[2], texts[3], ret);
    }
    const struct tree_node *found = e != OK || item == NULL ? NULL : named_child(item, texts[1]);
    value_set_text(ret, found == NULL ? span_of("") : found->text);
    return e;
}

/* ---- ids and digests */

static enum err random_text(struct evaluation *run, size_t size, struct expr_value *ret)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char *text = arena_alloc(run->arena, size + 1);
    if (text == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t byte;
        do { /* 252 is the greatest multiple of 36: no letter more often than another */
            run->host->random(run->host->ctx, &byte, 1);
        } while (byte >= 252);
        text[i] = letters[byte % 36];
    }
    value_set_text(ret, span_from(text, size));
    return OK;
}

static enum err call_uuid(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    if (call->arg_count == 1) {
        double size;
        enum err e = evaluate_number(run, call->args[0], focus, &size);
        size = isnan(size) || size < 0 ? 0 : size > RANDOM_MAX ? RANDOM_MAX : size;
        return e != OK ? e : random_text(run, (size_t)size, ret);
    }
    uint8_t bytes[16];
    run->host->random(run->host->ctx, bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* RFC 4122, version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    char hex[33];
    char *text = arena_alloc(run->arena, UUID_SIZE + 1);
    if (text == NULL) {
        return ERR_NOMEM;
    }
    (void)hex_write(bytes, sizeof(bytes), hex);
    size_t to = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            text[to++] = '-';
        }
        text[to++] = hex[i];
    }
    value_set_text(ret, span_from(text, UUID_SIZE));
    return OK;
}

static enum err call_digest(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    struct span text, name, encoding = span_of("base64");
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    e = e != OK ? e : evaluate_text(run, call->args[1], focus, &name);
    e = e != OK || call->arg_count == 2 ? e : evaluate_text(run, call->args[2], focus, &encoding);
    uint8_t bytes[DIGEST_MAX];
    size_t size;
    if (e != OK) {
        return e;
    }
    if (!digest_bytes(name, text, bytes, &size)) {
        return diag_set(run->diag, ERR_FORMAT,
                        "digest() knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512", "", NULL);
    }
    struct buf buf;
    buf_init(&buf, run->arena->mem, DIGEST_MAX * 2 + 1);
    if (span_is(encoding, "hex")) {
        char hex[DIGEST_MAX * 2 + 1];
        (void)hex_write(bytes, size, hex);
        buf_add_text(&buf, hex);
    } else {
        digest_add_base64(&buf, span_from(bytes, size));
    }
    return text_of_buf(run->arena, &buf, ret);
}

static enum err call_base64_decode(struct evaluation *run, const struct expr *call,
                                   const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    if (e != OK) {
        return e;
    }
    struct buf buf;
    buf_init(&buf, run->arena->mem, DECODED_MAX);
    if (!digest_add_decoded(&buf, text) || !utf8_valid(buf_span(&buf), NULL)) {
        buf_clear(&buf); /* what is no base64 of a text is no text */
    }
    return text_of_buf(run->arena, &buf, ret);
}

const struct expr_function functions_of_forms[] = {
    {"base64-decode", 1, 1, call_base64_decode, false, NULL},
    {"digest", 2, 3, call_digest, false, NULL},
    {"jr:itext", 1, 1, call_itext, false, NULL},
    {"property", 1, 1, call_property, false, NULL},
    {"pulldata", 4, 4, call_pulldata, false, NULL},
    {"uuid", 0, 1, call_uuid, true, NULL},
    {"version", 0, 0, call_version, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
