/*
 * media_internal.h - between the files that read images (media*.c only).
 */
#ifndef MEDIA_INTERNAL_H
#define MEDIA_INTERNAL_H

#include "media.h"

/* One pass over an image: what it is, and when `out` isn't NULL its clean copy. `why` says what is
   wrong when a pass returns false. */
struct media_pass {
    struct span bytes;
    struct buf *out;
    struct media media;
    const char *why;
};

bool media_jpeg(struct media_pass *pass);
bool media_png(struct media_pass *pass);
bool media_webp(struct media_pass *pass);

/* False, with the reason kept. */
bool media_wrong(struct media_pass *pass, const char *why);

/* ---- media_exif.c: the orientation is all that is read or written of EXIF */

/* 1 when the TIFF structure says none, or is broken. */
int exif_orientation(struct span tiff);
#define EXIF_ORIENTATION_SIZE 26
void exif_write_orientation(int orientation, uint8_t ret[EXIF_ORIENTATION_SIZE]);

static inline uint32_t be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t be32(const uint8_t *at)
{
    return be16(at) << 16 | be16(at + 2);
}

static inline uint32_t le16(const uint8_t *at)
{
    return (uint32_t)at[1] << 8 | at[0];
}

static inline uint32_t le32(const uint8_t *at)
{
    return le16(at + 2) << 16 | le16(at);
}

#endif
