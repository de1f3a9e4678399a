/* The op lines of a batch and the organisation's signature that some of them carry (batch.h). */
#include <string.h>

#include "batch.h"
#include "code.h"
#include "num.h"
#include "signed_bytes.h"

#define SIGNATURE_TEXT_SIZE BASE64_SIZE(SIGNATURE_SIZE)

static void org_bytes(const struct hash *op_hash, struct signed_bytes *ret)
{
    signed_begin(ret, "douar-org-1");
    signed_put(ret, op_hash->bytes, HASH_SIZE);
}

void org_sign(const struct hash *op_hash, const struct secret_key *key, struct signature *ret)
{
    struct signed_bytes message;
    org_bytes(op_hash, &message);
    sign_message(key, signed_span(&message), ret);
}

bool org_verify(const struct hash *op_hash, const struct public_key *key,
                const struct signature *signature)
{
    struct signed_bytes message;
    org_bytes(op_hash, &message);
    return sign_verify(key, signed_span(&message), signature);
}

void op_line_write(struct span body, const struct signature *org_signature, struct buf *ret)
{
    buf_add_span(ret, body);
    if (org_signature != NULL) {
        char text[SIGNATURE_TEXT_SIZE + 1];
        buf_add_byte(ret, '\t');
        buf_add(ret, text, base64_write(org_signature->bytes, SIGNATURE_SIZE, text));
    }
    buf_add_byte(ret, '\n');
}

/* A body holds no TAB: white space stands only inside its strings, and there it is escaped. */
enum err op_line_read(struct span line, struct span *ret_body, bool *ret_has_signature,
                      struct signature *ret_signature, struct diag *diag)
{
    const uint8_t *tab = line.size == 0 ? NULL : memchr(line.data, '\t', line.size);
    size_t body_size = tab == NULL ? line.size : (size_t)(tab - line.data);
    if (body_size > OP_BODY_MAX) {
        char limit[NUM_TEXT_SIZE];
        num_write_i64(OP_BODY_MAX, limit);
        return diag_set(diag, ERR_TOO_LARGE, "op", limit, NULL);
    }
    if (body_size == 0 || line.data[0] != '[') {
        return diag_set(diag, ERR_FORMAT, "not an op", "op line", NULL);
    }
    struct signature signature = {0};
    if (tab != NULL) {
        struct span text = span_cut(line, body_size + 1, line.size);
        if (!base64_read(text, signature.bytes, SIGNATURE_SIZE)) {
            return diag_set(diag, ERR_FORMAT, "not a signature", "op line", NULL);
        }
        *ret_signature = signature;
    }
    *ret_body = span_cut(line, 0, body_size);
    *ret_has_signature = tab != NULL;
    return OK;
}
