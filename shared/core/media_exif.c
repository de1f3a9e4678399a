/*
 * media_exif.c - the one field of EXIF (CIPA DC-008, TIFF 6.0) that a picture needs.
 */
#include <string.h>

#include "media_internal.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT      3
#define ENTRY_SIZE      12
#define ENTRIES_MAX     512
#define APP1            0xE1

int exif_orientation(struct span tiff)
{
    bool big = tiff.size >= 8 && memcmp(tiff.data, "MM\0*", 4) == 0;
    if (!big && (tiff.size < 8 || memcmp(tiff.data, "II*\0", 4) != 0)) {
        return 1;
    }
    uint32_t at = big ? be32(tiff.data + 4) : le32(tiff.data + 4);
    if (at > tiff.size || tiff.size - at < 2) {
        return 1;
    }
    uint32_t count = big ? be16(tiff.data + at) : le16(tiff.data + at);
    struct span entries = span_cut(tiff, at + 2, (size_t)count * ENTRY_SIZE);
    for (size_t i = 0; i < ENTRIES_MAX && (i + 1) * ENTRY_SIZE <= entries.size; i++) {
        const uint8_t *entry = entries.data + i * ENTRY_SIZE;
        uint32_t tag = big ? be16(entry) : le16(entry);
        uint32_t type = big ? be16(entry + 2) : le16(entry + 2);
        uint32_t value = big ? be16(entry + 8) : le16(entry + 8);
        if (tag == TAG_ORIENTATION && type == TYPE_SHORT) {
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

void exif_write_orientation(int orientation, uint8_t ret[EXIF_ORIENTATION_SIZE])
{
    static const uint8_t tiff[EXIF_ORIENTATION_SIZE] = {
        'M',  'M',  0, '*',        0, 0, 0, 8,             /* big-endian, first directory at 8 */
        0,    1,                                           /* one entry */
        0x01, 0x12, 0, TYPE_SHORT, 0, 0, 0, 1, 0, 1, 0, 0, /* its value at 18 */
        0,    0,    0, 0};                                 /* no second directory */
    memcpy(ret, tiff, sizeof tiff);
    ret[19] = (uint8_t)orientation;
}

void media_add_orientation(int orientation, struct buf *ret)
{
    static const uint8_t head[] = {0xFF, APP1, 0, 2 + 6 + EXIF_ORIENTATION_SIZE, 'E', 'x', 'i',
                                   'f',  0,    0};
    uint8_t tiff[EXIF_ORIENTATION_SIZE];
    if (orientation > 1) {
        exif_write_orientation(orientation, tiff);
        buf_add(ret, head, sizeof head);
        buf_add(ret, tiff, sizeof tiff);
    }
}
