/*
 * media_png.c - a PNG (ISO/IEC 15948) chunk by chunk.
 */
#include <string.h>

#include "media_internal.h"

#define HEAD_SIZE  8
#define CHUNK_REST 12 /* length, type and checksum around the data */

struct chunk {
    const char *type; /* 4 characters, not terminated */
    struct span data;
    struct span whole;
};

static bool next_chunk(struct media_pass *pass, size_t *at, struct chunk *ret)
{
    struct span rest = span_cut(pass->bytes, *at, pass->bytes.size);
    uint32_t size = rest.size < CHUNK_REST ? 0 : be32(rest.data);
    if (rest.size < CHUNK_REST || size > rest.size - CHUNK_REST) {
        return media_wrong(pass, "cut short");
    }
    *ret = (struct chunk){.type = (const char *)rest.data + 4,
                          .data = span_cut(rest, 8, size),
                          .whole = span_cut(rest, 0, size + CHUNK_REST)};
    *at += ret->whole.size;
    return true;
}

static bool is(const struct chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

static bool is_picture(const struct chunk *chunk)
{
    static const char *const types[] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM",
                                        "sRGB", "iCCP", "sBIT", "bKGD", "pHYs", "cICP"};
    bool found = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        found = found || is(chunk, types[i]);
    }
    return found;
}

/* CRC-32 as PNG wants it; over 30 bytes once an image, so a table would be more than it saves. */
static uint32_t checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum & 1 ? sum >> 1 ^ 0xEDB88320u : sum >> 1;
        }
    }
    return ~sum;
}

static void add_orientation(struct media_pass *pass)
{
    uint8_t chunk[CHUNK_REST + EXIF_ORIENTATION_SIZE] = {0,   0,   0,   EXIF_ORIENTATION_SIZE,
                                                         'e', 'X', 'I', 'f'};
    if (pass->media.orientation > 1) {
        exif_write_orientation(pass->media.orientation, chunk + 8);
        uint32_t sum = checksum(chunk + 4, 4 + EXIF_ORIENTATION_SIZE);
        for (size_t i = 0; i < 4; i++) {
            chunk[8 + EXIF_ORIENTATION_SIZE + i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        buf_add(pass->out, chunk, sizeof chunk);
    }
}

static bool read_head(struct media_pass *pass, const struct chunk *chunk)
{
    if (!is(chunk, "IHDR") || chunk->data.size != 13) {
        return media_wrong(pass, "no header");
    }
    pass->media.width = be32(chunk->data.data);
    pass->media.height = be32(chunk->data.data + 4);
    return true;
}

bool media_png(struct media_pass *pass)
{
    struct chunk chunk = {.type = "    "};
    size_t at = HEAD_SIZE;
    bool data = false;
    for (size_t look = at; !is(&chunk, "IEND");) {
        if (!next_chunk(pass, &look, &chunk)) {
            return false;
        }
        if (is(&chunk, "eXIf")) {
            pass->media.orientation = exif_orientation(chunk.data);
        }
    }
    if (pass->out != NULL) {
        buf_add_span(pass->out, span_cut(pass->bytes, 0, HEAD_SIZE));
    }
    for (bool first = true; first || !is(&chunk, "IEND"); first = false) {
        if (!next_chunk(pass, &at, &chunk) || (first && !read_head(pass, &chunk))) {
            return false;
        }
        data = data || is(&chunk, "IDAT");
        if (pass->out != NULL && is_picture(&chunk)) {
            buf_add_span(pass->out, chunk.whole);
        }
        if (pass->out != NULL && first) {
            add_orientation(pass);
        }
    }
    return data || media_wrong(pass, "no picture in it");
}
