/*
 * media.h - what kind of file an attachment is, and a photograph without what isn't the picture.
 *
 * Pure, and only headers are read: of an image its format and size, never a pixel. Every byte is
 * hostile. What is taken: JPEG, PNG, WebP, PDF, and sound as Ogg, MP3, M4A, AMR, WAV; a kind is
 * told by the first bytes, never by a name.
 */
#ifndef MEDIA_H
#define MEDIA_H

#include <stdint.h>

#include "buf.h"
#include "err.h"

#define MEDIA_SIDE_MAX   32768     /* pixels */
#define MEDIA_PIXELS_MAX 200000000 /* width times height */

struct media {
    const char *mime; /* "image/jpeg" */
    bool image;       /* the rest is of images only */
    int64_t width, height;
    int orientation; /* 1 to 8 as EXIF counts; 1 when nothing is said */
};

/*
 * `name` is what the file is called in a diagnosis. ERR_FILE_KIND (name, kinds that are taken),
 * ERR_FILE_DAMAGED (name, what is wrong), ERR_OUT_OF_RANGE of an image's sides.
 */
MUST_CHECK enum err media_look(struct span bytes, const char *name, struct media *ret,
                               struct diag *diag);

/*
 * Appends an image that media_look() took without what says where, when, by whom and with what it
 * was made: EXIF, XMP, IPTC, comments, other pictures inside, whatever follows its end. The
 * orientation and the colour profile stay. Every pixel's bytes stay as they are, so that a clean
 * image comes out unchanged. What isn't an image is appended as it is. ERR_FILE_DAMAGED as above.
 */
MUST_CHECK enum err media_clean(struct span bytes, const char *name, struct buf *ret,
                                struct diag *diag);

/* Appends the smallest EXIF segment of a JPEG that says `orientation`; nothing for 1. Its place is
   after SOI. */
void media_add_orientation(int orientation, struct buf *ret);

#endif
