#include "picture_thumb.h"

#include <string.h>
#include <turbojpeg.h>

#define PIXELS_MAX  80000000
#define QUALITY     60
#define PIXEL_BYTES 3

struct pixels {
    struct buf bytes; /* RGB, rows without gaps */
    int width, height;
};

/* The smallest of the decoder's own scales (down to an eighth) that is still large enough: most of
   the picture is then never worked out. */
static void scaled(int *width, int *height, int side)
{
    int count = 0;
    const tjscalingfactor *factors = tjGetScalingFactors(&count);
    tjscalingfactor best = {1, 1};
    for (int i = 0; factors && i < count; i++) {
        int w = TJSCALED(*width, factors[i]);
        int h = TJSCALED(*height, factors[i]);
        bool smaller = factors[i].num * best.denom < best.num * factors[i].denom;
        if (smaller && (w >= side || h >= side)) {
            best = factors[i];
        }
    }
    *width = TJSCALED(*width, best);
    *height = TJSCALED(*height, best);
}

static enum err decode(struct span image, int side, struct pixels *ret)
{
    int width = 0;
    int height = 0;
    int sampling = 0;
    int colours = 0;
    enum err e = ERR_FILE_DAMAGED;
    tjhandle handle = tjInitDecompress();
    if (!handle) {
        return ERR_NOMEM;
    }
    if (tjDecompressHeader3(handle, image.data, image.size, &width, &height, &sampling, &colours) ==
            0 &&
        width > 0 && height > 0 && (int64_t)width * height <= PIXELS_MAX) {
        scaled(&width, &height, side);
        size_t size = (size_t)width * (size_t)height * PIXEL_BYTES;
        uint8_t *room = buf_room(&ret->bytes, size);
        int failed = room ? tjDecompress2(handle, image.data, image.size, room, width, 0, height,
                                          TJPF_RGB, TJFLAG_LIMITSCANS)
                          : 0;
        if (!room) {
            e = buf_error(&ret->bytes);
        } else if (failed == 0 || tjGetErrorCode(handle) == TJERR_WARNING) {
            buf_grew(&ret->bytes, size);
            ret->width = width;
            ret->height = height;
            e = OK;
        }
    }
    tjDestroy(handle);
    return e;
}

/* Each pixel becomes the mean of `by` times `by`; in place, since it only shrinks. */
static void shrink(struct pixels *pixels, int by)
{
    int width = pixels->width / by;
    int height = pixels->height / by;
    uint8_t *data = pixels->bytes.data;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < PIXEL_BYTES; c++) {
                uint32_t sum = 0;
                for (int i = 0; i < by * by; i++) {
                    size_t row = (size_t)(y * by + i / by);
                    size_t column = (size_t)(x * by + i % by);
                    sum += data[(row * (size_t)pixels->width + column) * PIXEL_BYTES + (size_t)c];
                }
                size_t at = ((size_t)y * (size_t)width + (size_t)x) * PIXEL_BYTES + (size_t)c;
                data[at] = (uint8_t)(sum / (uint32_t)(by * by));
            }
        }
    }
    pixels->width = width;
    pixels->height = height;
}

static enum err encode(const struct pixels *pixels, struct buf *ret)
{
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    tjhandle handle = tjInitCompress();
    if (!handle) {
        return ERR_NOMEM;
    }
    int failed = tjCompress2(handle, pixels->bytes.data, pixels->width, 0, pixels->height, TJPF_RGB,
                             &jpeg, &size, TJSAMP_420, QUALITY, 0);
    if (failed == 0) {
        buf_add(ret, jpeg, size);
    }
    tjFree(jpeg);
    tjDestroy(handle);
    return failed ? ERR_FILE_DAMAGED : buf_error(ret);
}

enum err picture_thumb(void *ctx, struct span image, const char *mime, uint32_t side,
                       struct buf *ret)
{
    (void)ctx;
    struct pixels pixels = {.width = 0};
    if (strcmp(mime, "image/jpeg") != 0 || side == 0) {
        return ERR_FILE_DAMAGED;
    }
    buf_init(&pixels.bytes, ret->mem, (size_t)PIXELS_MAX * PIXEL_BYTES);
    enum err e = decode(image, (int)side, &pixels);
    if (!e) {
        int larger = pixels.width > pixels.height ? pixels.width : pixels.height;
        int smaller = pixels.width > pixels.height ? pixels.height : pixels.width;
        int by = (larger + (int)side - 1) / (int)side;
        by = by > smaller ? smaller : by; /* a strip stays a strip, of one pixel at least */
        shrink(&pixels, by > 0 ? by : 1);
        e = encode(&pixels, ret);
    }
    buf_release(&pixels.bytes);
    return e;
}
