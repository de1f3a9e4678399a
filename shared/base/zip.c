/* Contexts over our own memory are in zstd's "static" interface, which its shared library exports
   and which Debian keeps for the life of a release. */
#define ZSTD_STATIC_LINKING_ONLY
#include "zip.h"

#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "num.h"

#define WINDOW_LOG_MAX   20
#define USUAL_FRAME_SIZE (64 * 1024) /* batches are 8 to 256 KiB */
#define WINDOW_SIZE_MAX  (1u << WINDOW_LOG_MAX)

struct zip {
    const struct mem *mem;
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
    void *digest;           /* the dictionary as the packer wants it; NULL when there is none */
    ZSTD_DDict *dictionary; /* the same for the unpacker */
    unsigned dictionary_id;
};

static void *take(void *opaque, size_t size)
{
    const struct mem *mem = opaque;
    return mem->resize(mem->ctx, NULL, size == 0 ? 1 : size);
}

static void give(void *opaque, void *block)
{
    const struct mem *mem = opaque;
    (void)mem->resize(mem->ctx, block, 0);
}

static enum err err_of(size_t result)
{
    if (!ZSTD_isError(result)) {
        return OK;
    }
    ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
    if (code == ZSTD_error_dstSize_tooSmall) {
        return ERR_TOO_LARGE;
    }
    return code == ZSTD_error_memory_allocation ? ERR_NOMEM : ERR_FORMAT;
}

/*
 * The packer's dictionary lies in memory of our own: zstd 1.5.4 crashes in the call that would
 * take it (ZSTD_createCDict_advanced2) when there is none left.
 */
static enum err digest_dictionary(struct zip *zip, struct span dictionary, int level)
{
    ZSTD_compressionParameters parameters =
        ZSTD_getCParams(level, USUAL_FRAME_SIZE, dictionary.size);
    size_t size = ZSTD_estimateCDictSize_advanced(dictionary.size, parameters, ZSTD_dlm_byRef);
    zip->digest = zip->mem->resize(zip->mem->ctx, NULL, size);
    if (zip->digest == NULL) {
        return ERR_NOMEM;
    }
    /* Zero for the level says that the parameters hold for frames of every size. */
    memset(zip->digest, 0, size);
    const ZSTD_CDict *digested =
        ZSTD_initStaticCDict(zip->digest, size, dictionary.data, dictionary.size, ZSTD_dlm_byRef,
                             ZSTD_dct_fullDict, parameters);
    if (digested == NULL) {
        return ERR_FORMAT;
    }
    return err_of(ZSTD_CCtx_refCDict(zip->packer, digested));
}

/* Parameters stay with the packer from frame to frame. */
static enum err set_up_packer(ZSTD_CCtx *packer, int level)
{
    const struct {
        ZSTD_cParameter parameter;
        int value;
    } settings[] = {
        {ZSTD_c_compressionLevel, level}, {ZSTD_c_windowLog, WINDOW_LOG_MAX},
        {ZSTD_c_contentSizeFlag, 1},      {ZSTD_c_checksumFlag, 0},
        {ZSTD_c_dictIDFlag, 1},
    };
    enum err err = OK;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && err == OK; i++) {
        err = err_of(ZSTD_CCtx_setParameter(packer, settings[i].parameter, settings[i].value));
    }
    return err;
}

static enum err set_up_dictionary(struct zip *zip, struct span dictionary, int level,
                                  ZSTD_customMem custom)
{
    zip->dictionary_id = ZSTD_getDictID_fromDict(dictionary.data, dictionary.size);
    if (zip->dictionary_id == ZIP_NO_DICT) {
        /* Bytes without an id could not be asked for by a frame. */
        return ERR_FORMAT;
    }
    enum err err = digest_dictionary(zip, dictionary, level);
    if (err != OK) {
        return err;
    }
    /* The digest has been made, so these bytes are a dictionary: only memory can be lacking. */
    zip->dictionary = ZSTD_createDDict_advanced(dictionary.data, dictionary.size, ZSTD_dlm_byRef,
                                                ZSTD_dct_fullDict, custom);
    return zip->dictionary == NULL ? ERR_NOMEM : OK;
}

enum err zip_new(const struct mem *mem, struct span dictionary, int level, struct zip **ret)
{
    struct zip *zip = mem->resize(mem->ctx, NULL, sizeof *zip);
    if (zip == NULL) {
        return ERR_NOMEM;
    }
    ZSTD_customMem custom = {.customAlloc = take, .customFree = give, .opaque = (void *)mem};
    *zip = (struct zip){.mem = mem};
    zip->packer = ZSTD_createCCtx_advanced(custom);
    zip->unpacker = ZSTD_createDCtx_advanced(custom);
    enum err err = ERR_NOMEM;
    if (zip->packer == NULL || zip->unpacker == NULL) {
        goto out;
    }
    err = set_up_packer(zip->packer, level);
    if (err == OK && dictionary.size > 0) {
        err = set_up_dictionary(zip, dictionary, level, custom);
    }
out:
    if (err != OK) {
        zip_free(zip);
        return err;
    }
    *ret = zip;
    return OK;
}

void zip_free(struct zip *zip)
{
    if (zip == NULL) {
        return;
    }
    (void)ZSTD_freeCCtx(zip->packer);
    (void)ZSTD_freeDCtx(zip->unpacker);
    (void)ZSTD_freeDDict(zip->dictionary);
    (void)zip->mem->resize(zip->mem->ctx, zip->digest, 0);
    (void)zip->mem->resize(zip->mem->ctx, zip, 0);
}

enum err zip_add_packed(struct zip *zip, struct span plain, struct buf *ret)
{
    /* The worst case, or what the buffer may still grow by: most frames are far smaller. */
    size_t bound = ZSTD_compressBound(plain.size);
    size_t left = ret->max_size - ret->size;
    size_t room_size = bound < left ? bound : left;
    uint8_t *room = buf_room(ret, room_size);
    if (room == NULL) {
        return buf_error(ret);
    }
    size_t size = ZSTD_compress2(zip->packer, room, room_size, plain.data, plain.size);
    enum err err = err_of(size);
    if (err != OK) {
        return err;
    }
    buf_grew(ret, size);
    return OK;
}

static enum err refuse(struct diag *diag, const char *what)
{
    return diag_set(diag, ERR_FORMAT, what, "zstd frame", NULL);
}

/* Everything a frame claims is held against the limits before a byte of room is taken for it. */
static enum err check_frame(const struct zip *zip, struct span packed, size_t max_size,
                            size_t *ret_size, struct diag *diag)
{
    ZSTD_frameHeader header;
    if (ZSTD_getFrameHeader(&header, packed.data, packed.size) != 0 ||
        header.frameType != ZSTD_frame) {
        return refuse(diag, "not a zstd frame");
    }
    if (header.frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN) {
        return refuse(diag, "no content size");
    }
    if (header.frameContentSize > max_size) {
        char limit[NUM_TEXT_SIZE];
        num_write_i64((int64_t)max_size, limit);
        return diag_set(diag, ERR_TOO_LARGE, "zstd frame", limit, NULL);
    }
    if (header.windowSize > WINDOW_SIZE_MAX) {
        return refuse(diag, "window above 1 MiB");
    }
    if (header.dictID != ZIP_NO_DICT && header.dictID != zip->dictionary_id) {
        char id[NUM_TEXT_SIZE];
        num_write_i64((int64_t)header.dictID, id);
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "dictionary", id, NULL);
    }
    if (ZSTD_findFrameCompressedSize(packed.data, packed.size) != packed.size) {
        return refuse(diag, "cut short or followed by more bytes");
    }
    *ret_size = (size_t)header.frameContentSize;
    return OK;
}

enum err zip_add_unpacked(struct zip *zip, struct span packed, size_t max_size, struct buf *ret,
                          struct diag *diag)
{
    size_t size = 0;
    enum err err = check_frame(zip, packed, max_size, &size, diag);
    if (err != OK) {
        return err;
    }
    uint8_t *room = buf_room(ret, size);
    if (room == NULL) {
        return diag_set(diag, buf_error(ret), NULL);
    }
    ZSTD_frameHeader header;
    (void)ZSTD_getFrameHeader(&header, packed.data, packed.size);
    /* A dictionary also sets the first distances a frame may repeat: a frame made without one
       must be read without one. */
    const ZSTD_DDict *dictionary = header.dictID == ZIP_NO_DICT ? NULL : zip->dictionary;
    size_t got =
        ZSTD_decompress_usingDDict(zip->unpacker, room, size, packed.data, packed.size, dictionary);
    err = err_of(got);
    if (err == ERR_NOMEM) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    if (err != OK || got != size) {
        return refuse(diag, "damaged");
    }
    buf_grew(ret, size);
    return OK;
}
