#include "line.h"

#include <stdio.h>
#include <string.h>

#include "code.h"
#include "signed_bytes.h"
#include "utf8.h"

#define BYTES_MAX  SIGNATURE_SIZE /* the largest that stands in a line as base64url */
#define WHERE_SIZE 64

void line_refuse(struct line *line, const char *wrong, const char *where)
{
    if (line->failed == OK) {
        char place[WHERE_SIZE];
        (void)snprintf(place, sizeof place, "%s, %s", line->what, where);
        line->failed = diag_set(line->diag, ERR_FORMAT, wrong, place, NULL);
    }
}

void line_too_many(struct line *line, const char *where, size_t limit)
{
    if (line->failed == OK) {
        char place[WHERE_SIZE];
        char text[WHERE_SIZE];
        (void)snprintf(place, sizeof place, "%s, %s", line->what, where);
        (void)snprintf(text, sizeof text, "%zu", limit);
        line->failed = diag_set(line->diag, ERR_TOO_LARGE, place, text, NULL);
    }
}

void line_no_memory(struct line *line)
{
    if (line->failed == OK) {
        line->failed = diag_set(line->diag, ERR_NOMEM, NULL);
    }
}

void line_open(struct line *line, struct span text, size_t max_size, const char *what,
               struct diag *diag)
{
    *line = (struct line){.what = what, .diag = diag};
    if (text.size > max_size) {
        line_too_many(line, "bytes", max_size);
        return;
    }
    line->failed = json_parse(text, &line->root, diag);
    if (!json_is(line->root, JSON_OBJECT)) {
        line_refuse(line, "not an object", "whole line");
    }
}

enum err line_close(struct line *line)
{
    json_free(line->root);
    line->root = NULL;
    return line->failed;
}

void line_version(struct line *line, int64_t version)
{
    int64_t given = line_int(line, line_get(line, "v"), "v", 0, JSON_INT_MAX);
    if (line->failed == OK && given != version) {
        char text[WHERE_SIZE];
        (void)snprintf(text, sizeof text, "%lld", (long long)given);
        line->failed = diag_set(line->diag, ERR_UNKNOWN_FORMAT, line->what, text, NULL);
    }
}

const struct json *line_get(const struct line *line, const char *key)
{
    const struct json *item = line->failed == OK ? json_get(line->root, key) : NULL;
    return json_is(item, JSON_NULL) ? NULL : item;
}

int64_t line_int(struct line *line, const struct json *item, const char *where, int64_t min,
                 int64_t max)
{
    int64_t value = 0;
    if (item == NULL || !json_int(item, &value)) {
        line_refuse(line, "not an integer", where);
        return 0;
    }
    if (value < min || value > max) {
        line_refuse(line, "out of range", where);
        return 0;
    }
    return value;
}

void line_bytes(struct line *line, const struct json *item, const char *where, void *ret,
                size_t size)
{
    if (!json_is(item, JSON_TEXT) || !base64_read(json_span(item), ret, size)) {
        line_refuse(line, "not base64url of the right length", where);
    }
}

uint64_t line_u64(struct line *line, const struct json *item, const char *where)
{
    uint8_t bytes[U64_SIZE] = {0};
    line_bytes(line, item, where, bytes, sizeof bytes);
    return u64_read(bytes);
}

struct id line_id(struct line *line, const struct json *item, const char *where)
{
    struct id id = {0};
    line_bytes(line, item, where, id.bytes, sizeof id.bytes);
    return id;
}

static struct span plain_text(struct line *line, const struct json *item, const char *where,
                              size_t max_size)
{
    struct span text = json_is(item, JSON_TEXT) ? json_span(item) : (struct span){0};
    bool broken = text.size > 0 && (memchr(text.data, '\n', text.size) != NULL ||
                                    memchr(text.data, '\t', text.size) != NULL);
    if (text.size == 0 || broken || utf8_has_control(text)) {
        line_refuse(line, "not a plain text", where);
    } else if (text.size > max_size) {
        line_too_many(line, where, max_size);
    }
    return text;
}

struct span line_text(struct line *line, const struct json *item, const char *where,
                      size_t max_size, struct arena *arena)
{
    struct span text = plain_text(line, item, where, max_size);
    struct span copy = {0};
    if (line->failed == OK && arena_copy(arena, text, &copy) != OK) {
        line_no_memory(line);
    }
    return copy;
}

const char *line_string(struct line *line, const struct json *item, const char *where,
                        size_t max_size, struct arena *arena)
{
    struct span text = plain_text(line, item, where, max_size);
    char *copy = line->failed == OK ? arena_span_text(arena, text) : NULL;
    if (line->failed == OK && copy == NULL) {
        line_no_memory(line);
    }
    return copy;
}

const struct json *line_tuple(struct line *line, const struct json *item, const char *where,
                              size_t count)
{
    if (!json_is(item, JSON_ARRAY) || json_count(item) != count) {
        line_refuse(line, "not an array of the right length", where);
        return NULL;
    }
    return json_first(item);
}

void *line_array(struct line *line, const struct json *item, const char *where, size_t max,
                 size_t item_size, struct arena *arena, size_t *ret_count)
{
    *ret_count = 0;
    if (item == NULL || line->failed != OK) {
        return NULL;
    }
    if (!json_is(item, JSON_ARRAY)) {
        line_refuse(line, "not an array", where);
        return NULL;
    }
    size_t count = json_count(item);
    if (count > max) {
        line_too_many(line, where, max);
        return NULL;
    }
    void *items = count == 0 ? NULL : arena_array(arena, count, item_size);
    if (count > 0 && items == NULL) {
        line_no_memory(line);
        return NULL;
    }
    *ret_count = count;
    return items;
}

struct id *line_ids(struct line *line, const char *key, size_t max, struct arena *arena,
                    size_t *ret_count)
{
    const struct json *array = line_get(line, key);
    struct id *ids = line_array(line, array, key, max, sizeof *ids, arena, ret_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < *ret_count && line->failed == OK; i++) {
        ids[i] = line_id(line, item, key);
        item = json_next(item);
    }
    return ids;
}

void line_put_bytes(struct json_writer *writer, const void *data, size_t size)
{
    char text[BASE64_SIZE(BYTES_MAX) + 1];
    size_t text_size = base64_write(data, size, text);
    json_put_span(writer, span_from(text, text_size));
}

void line_put_u64(struct json_writer *writer, uint64_t value)
{
    uint8_t bytes[U64_SIZE];
    u64_write(value, bytes);
    line_put_bytes(writer, bytes, sizeof bytes);
}

void line_put_id(struct json_writer *writer, struct id id)
{
    line_put_bytes(writer, id.bytes, sizeof id.bytes);
}

void line_put_ids(struct json_writer *writer, const char *key, const struct id *ids, size_t count)
{
    if (count == 0) {
        return;
    }
    json_name(writer, key);
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++) {
        line_put_id(writer, ids[i]);
    }
    json_close(writer, ']');
}
