#include "form_text.h"

#include "code.h"
#include "hash.h"
#include "zip.h"

#define PACK_LEVEL 19 /* packed once, at the region; sent and kept everywhere */

enum err form_pack(const struct mem *mem, struct span text, struct buf *ret)
{
    struct zip *zip = NULL;
    struct buf packed;
    buf_init(&packed, mem, FORM_PACKED_MAX / 4 * 3);
    enum err e = zip_new(mem, (struct span){0}, PACK_LEVEL, &zip);
    e = e != OK ? e : zip_add_packed(zip, text, &packed);
    if (e == OK) {
        base64_add(ret, buf_span(&packed));
        e = buf_error(ret);
    }
    zip_free(zip);
    buf_release(&packed);
    return e;
}

enum err form_unpack(const struct mem *mem, struct span packed, struct buf *ret)
{
    struct zip *zip = NULL;
    struct buf bytes;
    struct diag diag = {0};
    buf_init(&bytes, mem, FORM_PACKED_MAX);
    enum err e = packed.size > FORM_PACKED_MAX ? ERR_TOO_LARGE : base64_add_decoded(&bytes, packed);
    e = e != OK ? e : zip_new(mem, (struct span){0}, PACK_LEVEL, &zip);
    e = e != OK ? e : zip_add_unpacked(zip, buf_span(&bytes), FORM_TEXT_MAX, ret, &diag);
    zip_free(zip);
    buf_release(&bytes);
    return e;
}

void form_hash(struct span text, char ret[FORM_HASH_SIZE])
{
    struct hash_state state;
    struct hash hash;
    hash_begin(&state, "douar-form-1");
    hash_add(&state, text.data, text.size);
    hash_end(&state, &hash);
    (void)hex_write(hash.bytes, HASH_SIZE, ret);
}
