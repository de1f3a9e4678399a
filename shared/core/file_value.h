/*
 * file_value.h - a value of type file: which blobs it names.
 *
 * A blob is known by hash and size together: a size that lies names another blob, which nobody
 * can have (schema/protocol.md, "Attachments").
 */
#ifndef FILE_VALUE_H
#define FILE_VALUE_H

#include "hash.h"
#include "json.h"

#define FILE_MIME_SIZE 100 /* with NUL */

struct blob_name {
    struct hash hash;
    int64_t size;
};
bool blob_name_equal(const struct blob_name *a, const struct blob_name *b);

struct file_value {
    struct blob_name whole;
    char mime[FILE_MIME_SIZE];
    bool has_thumb;
    struct blob_name thumb;
};

/* False for what isn't {"hash","size","mime"[,"thumb"]}, or is empty. */
bool file_value_read(const struct json *json, struct file_value *ret);
/* "<hash in base64url>.jpg": what a file is called beside an export. */
#define FILE_NAME_SIZE 64
void file_value_name(const struct file_value *file, char ret[FILE_NAME_SIZE]);
/* Appends the canonical value. */
void file_value_write(const struct file_value *file, struct buf *ret);

#endif
