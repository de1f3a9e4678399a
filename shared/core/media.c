#include "media.h"

#include <string.h>

#include "media_internal.h"
#include "num.h"

#define KINDS "jpeg, png, webp, pdf, ogg, mp3, m4a, amr, wav"

bool media_wrong(struct media_pass *pass, const char *why)
{
    pass->why = why;
    return false;
}

/* What the first bytes say. `at`, `magic`; a second pair when one isn't enough. */
struct kind {
    const char *mime;
    size_t at, size;
    const char *magic;
    size_t at2, size2;
    const char *magic2;
    bool (*pass)(struct media_pass *pass); /* images only */
};

static const struct kind kinds[] = {
    {"image/jpeg", 0, 3, "\xff\xd8\xff", 0, 0, "", media_jpeg},
    {"image/png", 0, 8, "\x89PNG\r\n\x1a\n", 0, 0, "", media_png},
    {"image/webp", 0, 4, "RIFF", 8, 4, "WEBP", media_webp},
    {"application/pdf", 0, 5, "%PDF-", 0, 0, "", NULL},
    {"audio/ogg", 0, 4, "OggS", 0, 0, "", NULL},
    {"audio/mpeg", 0, 3, "ID3", 0, 0, "", NULL},
    {"audio/mpeg", 0, 2, "\xff\xfb", 0, 0, "", NULL},
    {"audio/mp4", 4, 7, "ftypM4A", 0, 0, "", NULL},
    {"audio/amr", 0, 6, "#!AMR\n", 0, 0, "", NULL},
    {"audio/wav", 0, 4, "RIFF", 8, 4, "WAVE", NULL},
};

static bool has(struct span bytes, size_t at, const char *magic, size_t size)
{
    return bytes.size >= at + size && memcmp(bytes.data + at, magic, size) == 0;
}

static const struct kind *kind_of(struct span bytes)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *kind = &kinds[i];
        if (has(bytes, kind->at, kind->magic, kind->size) &&
            has(bytes, kind->at2, kind->magic2, kind->size2)) {
            return kind;
        }
    }
    return NULL;
}

static enum err check_sides(const struct media *media, const char *name, struct diag *diag)
{
    char given[2 * NUM_TEXT_SIZE];
    int64_t larger = media->width > media->height ? media->width : media->height;
    if (media->width < 1 || media->height < 1) {
        return diag_set(diag, ERR_FILE_DAMAGED, name, "a picture without a size", NULL);
    }
    if (larger > MEDIA_SIDE_MAX || media->width * media->height > MEDIA_PIXELS_MAX) {
        num_write_i64(larger, given);
        return diag_set(diag, ERR_OUT_OF_RANGE, name, given, "1", "32768", NULL);
    }
    return OK;
}

static enum err run(struct span bytes, const char *name, struct media_pass *pass, struct diag *diag)
{
    const struct kind *kind = kind_of(bytes);
    *pass = (struct media_pass){.bytes = bytes, .out = pass->out, .media = {.orientation = 1}};
    if (kind == NULL) {
        return diag_set(diag, ERR_FILE_KIND, name, KINDS, NULL);
    }
    pass->media.mime = kind->mime;
    pass->media.image = kind->pass != NULL;
    if (!pass->media.image) {
        if (pass->out != NULL) {
            buf_add_span(pass->out, bytes);
        }
        return OK;
    }
    if (!kind->pass(pass)) {
        return diag_set(diag, ERR_FILE_DAMAGED, name, pass->why, NULL);
    }
    return check_sides(&pass->media, name, diag);
}

enum err media_look(struct span bytes, const char *name, struct media *ret, struct diag *diag)
{
    struct media_pass pass = {.out = NULL};
    enum err e = run(bytes, name, &pass, diag);
    if (!e) {
        *ret = pass.media;
    }
    return e;
}

enum err media_clean(struct span bytes, const char *name, struct buf *ret, struct diag *diag)
{
    size_t before = ret->size;
    struct media_pass pass = {.out = ret};
    enum err e = run(bytes, name, &pass, diag);
    if (!e) {
        e = buf_error(ret);
    }
    if (e) {
        buf_truncate(ret, before);
    }
    return e;
}
