/*
 * Attachments: any bytes looked at, cleaned, and made small. What is cleaned is an image of the
 * same size still, and clean: cleaned again it is the same bytes.
 */
#include <string.h>

#include "fuzz.h"
#include "media.h"
#include "picture_thumb.h"

#define OUT_MAX (8u << 20)
#define SIDE    64

static void try_clean(struct span bytes, const struct media *media, struct buf *clean)
{
    struct buf twice;
    struct media again;
    if (media_clean(bytes, "p", clean, NULL) != OK) {
        return;
    }
    buf_init(&twice, fuzz_mem(), OUT_MAX);
    fuzz_insist(media_look(buf_span(clean), "p", &again, NULL) == OK);
    fuzz_insist(strcmp(again.mime, media->mime) == 0 && again.width == media->width &&
                again.height == media->height && again.orientation == media->orientation);
    fuzz_insist(media_clean(buf_span(clean), "p", &twice, NULL) == OK);
    fuzz_insist(span_equal(buf_span(clean), buf_span(&twice)));
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host host = {.mem = *fuzz_mem()};
    struct span bytes = span_from(data, size);
    struct media media;
    struct buf out;
    buf_init(&out, fuzz_mem(), OUT_MAX);
    if (media_look(bytes, "p", &media, NULL) == OK) {
        try_clean(bytes, &media, &out);
        buf_clear(&out);
        /* Decoding millions of pixels is libjpeg-turbo's affair; here its failures are met. */
        if (!media.image || media.width * media.height < 1 << 20) {
            (void)!picture_thumb(&host, bytes, media.mime, SIDE, &out);
        }
    }
    buf_release(&out);
    return 0;
}
