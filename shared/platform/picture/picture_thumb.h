/*
 * picture_thumb.h - host->thumbnail on the real machine, through libjpeg-turbo.
 *
 * Its simple interface (turbojpeg.h) returns failures; the classic one leaves through longjmp.
 * JPEG only: what phones' cameras make.
 */
#ifndef PICTURE_THUMB_H
#define PICTURE_THUMB_H

#include "host.h"

/* Appends a JPEG of at most `side` pixels either way, without metadata. ERR_FILE_DAMAGED of what
   isn't a JPEG, can't be decoded or has more than 80 megapixels; ERR_NOMEM. */
MUST_CHECK enum err picture_thumb(void *ctx, struct span image, const char *mime, uint32_t side,
                                  struct buf *ret);

#endif
