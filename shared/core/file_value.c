#include "file_value.h"

#include <string.h>

#include "code.h"

bool blob_name_equal(const struct blob_name *a, const struct blob_name *b)
{
    return a->size == b->size && memcmp(a->hash.bytes, b->hash.bytes, HASH_SIZE) == 0;
}

static bool read_name(const struct json *json, struct blob_name *ret)
{
    struct blob_name name = {.size = json_get_int(json, "size", 0)};
    const char *hash = json_get_text(json, "hash", "");
    if (name.size <= 0 || !base64_read(span_of(hash), name.hash.bytes, HASH_SIZE)) {
        return false;
    }
    *ret = name;
    return true;
}

bool file_value_read(const struct json *json, struct file_value *ret)
{
    struct file_value file = {.has_thumb = false};
    if (!json_is(json, JSON_OBJECT) || !read_name(json, &file.whole)) {
        return false;
    }
    const struct json *thumb = json_get(json, "thumb");
    const char *mime = json_get_text(json, "mime", "");
    size_t mime_size = strlen(mime);
    if (mime_size == 0 || mime_size >= sizeof file.mime) {
        return false;
    }
    memcpy(file.mime, mime, mime_size + 1);
    file.has_thumb = json_is(thumb, JSON_OBJECT) && read_name(thumb, &file.thumb);
    *ret = file;
    return true;
}

void file_value_name(const struct file_value *file, char ret[FILE_NAME_SIZE])
{
    static const char *const endings[][2] = {
        {"image/jpeg", ".jpg"},      {"image/png", ".png"}, {"image/webp", ".webp"},
        {"application/pdf", ".pdf"}, {"audio/ogg", ".ogg"}, {"audio/mpeg", ".mp3"},
        {"audio/mp4", ".m4a"},       {"audio/amr", ".amr"}, {"audio/wav", ".wav"},
    };
    const char *ending = ".bin";
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        ending = strcmp(endings[i][0], file->mime) == 0 ? endings[i][1] : ending;
    }
    size_t size = base64_write(file->whole.hash.bytes, HASH_SIZE, ret);
    memcpy(ret + size, ending, strlen(ending) + 1);
}

static void put_name(struct json_writer *writer, const struct blob_name *name)
{
    char hash[BASE64_SIZE(HASH_SIZE) + 1];
    base64_write(name->hash.bytes, HASH_SIZE, hash);
    json_name(writer, "hash");
    json_put_text(writer, hash);
    json_name(writer, "size");
    json_put_int(writer, name->size);
}

void file_value_write(const struct file_value *file, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    put_name(&writer, &file->whole);
    json_name(&writer, "mime");
    json_put_text(&writer, file->mime);
    if (file->has_thumb) {
        json_name(&writer, "thumb");
        json_open(&writer, '{');
        put_name(&writer, &file->thumb);
        json_close(&writer, '}');
    }
    json_close(&writer, '}');
}
