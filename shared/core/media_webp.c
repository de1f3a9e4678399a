/*
 * media_webp.c - a WebP (RFC 9649) chunk by chunk.
 */
#include <string.h>

#include "media_internal.h"

#define RIFF_SIZE  12
#define CHUNK_HEAD 8
#define HAS_EXIF   0x08 /* flags of VP8X */
#define HAS_XMP    0x04

struct chunk {
    const char *type; /* 4 characters, not terminated */
    struct span data;
    struct span whole; /* with the byte that makes it even */
};

static bool is(const struct chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

/* `end`: of the RIFF form. */
static bool next_chunk(struct media_pass *pass, size_t end, size_t *at, struct chunk *ret)
{
    struct span rest = span_cut(pass->bytes, *at, end - *at);
    uint32_t size = rest.size < CHUNK_HEAD ? 0 : le32(rest.data + 4);
    if (rest.size < CHUNK_HEAD || size > rest.size - CHUNK_HEAD ||
        size + (size & 1) > rest.size - CHUNK_HEAD) {
        return media_wrong(pass, "cut short");
    }
    *ret = (struct chunk){.type = (const char *)rest.data,
                          .data = span_cut(rest, CHUNK_HEAD, size),
                          .whole = span_cut(rest, 0, CHUNK_HEAD + size + (size & 1))};
    *at += ret->whole.size;
    return true;
}

/* The first chunk says how large the picture is, in one of three ways. */
static bool read_size(struct media_pass *pass, const struct chunk *chunk)
{
    const uint8_t *data = chunk->data.data;
    if (is(chunk, "VP8X") && chunk->data.size == 10) {
        pass->media.width = 1 + (int64_t)(le16(data + 4) | (uint32_t)data[6] << 16);
        pass->media.height = 1 + (int64_t)(le16(data + 7) | (uint32_t)data[9] << 16);
    } else if (is(chunk, "VP8 ") && chunk->data.size >= 10 &&
               memcmp(data + 3, "\x9d\x01\x2a", 3) == 0) {
        pass->media.width = le16(data + 6) & 0x3FFF;
        pass->media.height = le16(data + 8) & 0x3FFF;
    } else if (is(chunk, "VP8L") && chunk->data.size >= 5 && data[0] == 0x2F) {
        uint32_t bits = le32(data + 1);
        pass->media.width = 1 + (int64_t)(bits & 0x3FFF);
        pass->media.height = 1 + (int64_t)(bits >> 14 & 0x3FFF);
    } else {
        return media_wrong(pass, "no header");
    }
    return true;
}

static void copy(struct media_pass *pass, const struct chunk *chunk)
{
    static const char *const types[] = {"VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"};
    bool keep = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        keep = keep || is(chunk, types[i]);
    }
    size_t at = pass->out->size;
    if (keep) {
        buf_add_span(pass->out, chunk->whole);
    }
    if (is(chunk, "VP8X") && !buf_error(pass->out)) {
        uint8_t *flags = &pass->out->data[at + CHUNK_HEAD];
        *flags &= (uint8_t) ~(HAS_EXIF | HAS_XMP);
        *flags |= pass->media.orientation > 1 ? HAS_EXIF : 0;
    }
}

static void add_orientation(struct media_pass *pass)
{
    uint8_t chunk[CHUNK_HEAD + EXIF_ORIENTATION_SIZE] = {'E', 'X', 'I', 'F', EXIF_ORIENTATION_SIZE};
    if (pass->media.orientation > 1) {
        exif_write_orientation(pass->media.orientation, chunk + CHUNK_HEAD);
        buf_add(pass->out, chunk, sizeof chunk);
    }
}

static bool look(struct media_pass *pass, size_t end)
{
    struct chunk chunk;
    bool picture = false;
    bool extended = false;
    size_t at = RIFF_SIZE;
    for (bool first = true; at < end; first = false) {
        if (!next_chunk(pass, end, &at, &chunk) || (first && !read_size(pass, &chunk))) {
            return false;
        }
        picture = picture || is(&chunk, "VP8 ") || is(&chunk, "VP8L") || is(&chunk, "ANMF");
        extended = extended || (first && is(&chunk, "VP8X"));
        if (extended && is(&chunk, "EXIF")) { /* the simple forms have no place for it */
            bool prefixed = chunk.data.size > 6 && memcmp(chunk.data.data, "Exif\0", 6) == 0;
            pass->media.orientation =
                exif_orientation(span_cut(chunk.data, prefixed ? 6 : 0, chunk.data.size));
        }
    }
    return picture || media_wrong(pass, "no picture in it");
}

bool media_webp(struct media_pass *pass)
{
    uint32_t size = le32(pass->bytes.data + 4);
    size_t at = RIFF_SIZE;
    struct chunk chunk;
    if (size < 4 || size > pass->bytes.size - CHUNK_HEAD) {
        return media_wrong(pass, "cut short");
    }
    size_t end = CHUNK_HEAD + (size_t)size;
    if (!look(pass, end) || pass->out == NULL) {
        return pass->why == NULL;
    }
    size_t start = pass->out->size;
    buf_add_span(pass->out, span_cut(pass->bytes, 0, RIFF_SIZE));
    while (at < end && next_chunk(pass, end, &at, &chunk)) {
        copy(pass, &chunk);
    }
    add_orientation(pass);
    if (!buf_error(pass->out)) {
        size_t written = pass->out->size - start - CHUNK_HEAD;
        for (size_t i = 0; i < 4; i++) {
            pass->out->data[start + 4 + i] = (uint8_t)(written >> (8 * i));
        }
    }
    return true;
}
