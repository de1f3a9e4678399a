/*
 * media_jpeg.c - a JPEG (ITU-T T.81, annex B) segment by segment.
 */
#include <string.h>

#include "media_internal.h"

enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, APP0 = 0xE0, APP1 = 0xE1, APP2 = 0xE2, COM = 0xFE };
enum { TEM = 0x01, RST0 = 0xD0, RST7 = 0xD7, DHT = 0xC4, JPG = 0xC8, DAC = 0xCC, APP14 = 0xEE };

#define JFIF_SIZE 14 /* of its payload, without a picture in it */

struct segment {
    uint8_t marker;
    struct span payload; /* after the length */
    struct span whole;   /* from the marker on; of SOS with the scan that follows */
};

/* The end of a scan: the next marker that isn't a stuffed byte, a restart or a fill byte. */
static size_t scan_end(struct span bytes, size_t at)
{
    for (; at + 1 < bytes.size; at++) {
        uint8_t next = bytes.data[at + 1];
        bool data =
            bytes.data[at] != 0xFF || next == 0 || next == 0xFF || (next >= RST0 && next <= RST7);
        if (!data) {
            return at;
        }
    }
    return bytes.size;
}

static bool next_segment(struct media_pass *pass, size_t *at, struct segment *ret)
{
    struct span bytes = pass->bytes;
    while (*at + 1 < bytes.size && bytes.data[*at] == 0xFF && bytes.data[*at + 1] == 0xFF) {
        (*at)++; /* fill bytes */
    }
    if (*at + 1 >= bytes.size) {
        return media_wrong(pass, "cut short");
    }
    if (bytes.data[*at] != 0xFF || bytes.data[*at + 1] == 0) {
        return media_wrong(pass, "no marker where one belongs");
    }
    size_t start = *at;
    struct segment segment = {.marker = bytes.data[start + 1]};
    size_t end = start + 2;
    if (segment.marker != SOI && segment.marker != EOI && segment.marker != TEM &&
        (segment.marker < RST0 || segment.marker > RST7)) {
        uint32_t size = bytes.size - end < 2 ? 0 : be16(bytes.data + end);
        if (size < 2 || bytes.size - end < size) {
            return media_wrong(pass, "cut short");
        }
        segment.payload = span_cut(bytes, end + 2, size - 2);
        end += size;
    }
    end = segment.marker == SOS ? scan_end(bytes, end) : end;
    segment.whole = span_cut(bytes, start, end - start);
    *at = end;
    *ret = segment;
    return true;
}

static bool is_frame(uint8_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != DHT && marker != JPG && marker != DAC;
}

/* Pictures, tables and colours; nothing that speaks of the picture. */
static bool is_picture(const struct segment *segment)
{
    struct span payload = segment->payload;
    switch (segment->marker) {
    case APP0:
        return payload.size == JFIF_SIZE && memcmp(payload.data, "JFIF", 5) == 0;
    case APP2:
        return payload.size >= 12 && memcmp(payload.data, "ICC_PROFILE", 12) == 0;
    case APP14:
        return payload.size >= 5 && memcmp(payload.data, "Adobe", 5) == 0;
    default:
        return segment->marker != COM && (segment->marker < APP0 || segment->marker > 0xEF);
    }
}

static void read_exif(struct media_pass *pass, const struct segment *segment)
{
    if (segment->marker == APP1 && segment->payload.size > 6 &&
        memcmp(segment->payload.data, "Exif\0", 6) == 0 && pass->media.orientation == 1) {
        pass->media.orientation =
            exif_orientation(span_cut(segment->payload, 6, segment->payload.size));
    }
}

static bool read_frame(struct media_pass *pass, const struct segment *segment)
{
    if (!is_frame(segment->marker)) {
        return true;
    }
    if (segment->payload.size < 6 || pass->media.width > 0) {
        return media_wrong(pass, "a broken frame");
    }
    pass->media.height = be16(segment->payload.data + 1);
    pass->media.width = be16(segment->payload.data + 3);
    return true;
}

/* JFIF wants to be first, our EXIF next; so it goes before the first piece that isn't JFIF. */
static void copy(struct media_pass *pass, const struct segment *segment, int *told)
{
    if (pass->out == NULL || !is_picture(segment)) {
        return;
    }
    if (segment->marker != SOI && segment->marker != APP0 && *told == 0) {
        media_add_orientation(pass->media.orientation, pass->out);
        *told = 1;
    }
    buf_add_span(pass->out, segment->whole);
}

bool media_jpeg(struct media_pass *pass)
{
    struct segment segment = {0};
    size_t at = 0;
    int told = 0;
    bool scanned = false;
    /* The orientation must be known before the first piece is copied, wherever EXIF stands. */
    for (size_t look = 0; segment.marker != SOS && segment.marker != EOI;) {
        if (!next_segment(pass, &look, &segment)) {
            return false;
        }
        read_exif(pass, &segment);
    }
    segment = (struct segment){0};
    while (segment.marker != EOI) {
        if (!next_segment(pass, &at, &segment)) {
            return false;
        }
        if (!read_frame(pass, &segment)) {
            return false;
        }
        if (segment.marker == SOS && pass->media.width == 0) {
            return media_wrong(pass, "a scan without a frame");
        }
        scanned = scanned || segment.marker == SOS;
        copy(pass, &segment, &told);
    }
    return scanned || media_wrong(pass, "no picture in it");
}
