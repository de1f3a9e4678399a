/*
 * The writer of json.h. cJSON's printer isn't used: it rounds whole numbers of 16 digits and
 * recurses.
 */
#include <assert.h>

#include "json.h"
#include "json_walk.h"
#include "num.h"

static void add_escape(struct buf *buf, uint8_t byte)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (byte == '\0') {
        /* Not even an escaped NUL is JSON to Douar: better no text than one nobody reads. */
        buf->failed = buf->failed == OK ? ERR_UTF8 : buf->failed;
        return;
    }
    buf_add_byte(buf, '\\');
    if (byte >= 0x20) {
        buf_add_byte(buf, byte);
    } else if (letters[byte] != 0) {
        buf_add_byte(buf, (uint8_t)letters[byte]);
    } else {
        buf_add_format(buf, "u%04x", byte);
    }
}

void json_add_text(struct buf *buf, struct span text)
{
    buf_add_byte(buf, '"');
    size_t at = 0;
    while (at < text.size) {
        size_t start = at;
        while (at < text.size && json_is_plain(text.data[at])) {
            at++;
        }
        buf_add_span(buf, span_cut(text, start, at - start));
        if (at < text.size) {
            add_escape(buf, text.data[at]);
            at++;
        }
    }
    buf_add_byte(buf, '"');
}

void json_add_tree(struct buf *buf, const struct json *json)
{
    struct json_writer writer;
    json_begin(&writer, buf);
    json_put_tree(&writer, json);
}

void json_begin(struct json_writer *writer, struct buf *buf)
{
    *writer = (struct json_writer){.buf = buf};
}

static void put_comma(struct json_writer *writer)
{
    if (writer->comma) {
        buf_add_byte(writer->buf, ',');
    }
    writer->comma = true;
}

void json_open(struct json_writer *writer, char bracket)
{
    put_comma(writer);
    buf_add_byte(writer->buf, (uint8_t)bracket);
    writer->comma = false;
}

void json_close(struct json_writer *writer, char bracket)
{
    buf_add_byte(writer->buf, (uint8_t)bracket);
    writer->comma = true;
}

void json_name(struct json_writer *writer, const char *key)
{
    put_comma(writer);
    json_add_text(writer->buf, span_of(key));
    buf_add_byte(writer->buf, ':');
    writer->comma = false;
}

void json_put_text(struct json_writer *writer, const char *text)
{
    if (text == NULL) {
        json_put_null(writer);
        return;
    }
    json_put_span(writer, span_of(text));
}

void json_put_member(struct json_writer *writer, const char *key, const char *text)
{
    json_name(writer, key);
    json_put_text(writer, text);
}

void json_put_span(struct json_writer *writer, struct span text)
{
    put_comma(writer);
    json_add_text(writer->buf, text);
}

void json_put_int(struct json_writer *writer, int64_t value)
{
    char text[NUM_TEXT_SIZE];
    num_write_i64(value, text);
    if (value > JSON_INT_MAX || value < -JSON_INT_MAX) {
        json_put_text(writer, text);
        return;
    }
    put_comma(writer);
    buf_add_text(writer->buf, text);
}

void json_put_bool(struct json_writer *writer, bool value)
{
    put_comma(writer);
    buf_add_text(writer->buf, value ? "true" : "false");
}

void json_put_null(struct json_writer *writer)
{
    put_comma(writer);
    buf_add_text(writer->buf, "null");
}

void json_put_raw(struct json_writer *writer, struct span json)
{
    put_comma(writer);
    buf_add_span(writer->buf, json);
}

static void put_scalar(struct json_writer *writer, const struct json *json)
{
    int64_t number = 0;
    if (json_is(json, JSON_TEXT)) {
        json_put_span(writer, json_span(json));
    } else if (json_int(json, &number)) {
        json_put_int(writer, number);
    } else if (json_is(json, JSON_BOOL)) {
        json_put_bool(writer, json_bool(json));
    } else {
        json_put_null(writer);
    }
}

/* Closes the containers that end here, and gives what follows; NULL at the end of the tree. */
static const struct json *close_ended(struct json_writer *writer, const struct json *next,
                                      const struct json **open, size_t *depth)
{
    while (next == NULL && *depth > 0) {
        const struct json *closed = open[--*depth];
        json_close(writer, json_is(closed, JSON_OBJECT) ? '}' : ']');
        next = *depth > 0 ? json_next(closed) : NULL;
    }
    return next;
}

/* Trees come from json_parse() or json_parse_deep(): none is deeper. */
void json_put_tree(struct json_writer *writer, const struct json *json)
{
    const struct json *open[JSON_DEPTH_DEEP];
    size_t depth = 0;
    const struct json *item = json;
    for (;;) {
        bool container = json_is(item, JSON_ARRAY) || json_is(item, JSON_OBJECT);
        if (depth > 0 && json_is(open[depth - 1], JSON_OBJECT)) {
            json_name(writer, json_key(item));
        }
        const struct json *child = json_first(item);
        if (container) {
            json_open(writer, json_is(item, JSON_OBJECT) ? '{' : '[');
            assert(depth < JSON_DEPTH_DEEP);
            open[depth++] = item;
        } else {
            put_scalar(writer, item);
        }
        if (child != NULL) {
            item = child;
            continue;
        }
        /* An empty container closes itself; a last item closes those that it ends. */
        const struct json *next = container ? NULL : (depth > 0 ? json_next(item) : NULL);
        item = close_ended(writer, next, open, &depth);
        if (item == NULL) {
            return;
        }
    }
}
