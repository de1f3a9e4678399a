#include "feed_line.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "place.h"
#include "type.h"

void feed_put_cursor(struct json_writer *writer, int64_t cursor, const uint8_t state[16])
{
    json_open(writer, '[');
    json_put_int(writer, cursor);
    line_put_bytes(writer, state, SYNC_STATE_SIZE);
    json_close(writer, ']');
}

void feed_read_cursor(struct line *line, const struct json *item, int64_t *ret_cursor,
                      uint8_t ret_state[16])
{
    const struct json *part = line_tuple(line, item, "cur", 2);
    *ret_cursor = line_int(line, part, "cur", 0, JSON_INT_MAX);
    line_bytes(line, json_next(part), "cur", ret_state, SYNC_STATE_SIZE);
}

void feed_put_list(struct json_writer *writer, const struct feed_position *feeds, size_t count,
                   bool placed)
{
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(writer, '[');
        json_put_span(writer, feeds[i].scope);
        json_put_span(writer, feeds[i].compartment);
        if (placed) {
            json_put_int(writer, feeds[i].n);
            line_put_u64(writer, feeds[i].hash);
        }
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

struct feed_position *feed_read_list(struct line *line, const char *key, bool placed,
                                     struct arena *arena, size_t *ret_count)
{
    const struct json *array = line_get(line, key);
    struct feed_position *feeds =
        line_array(line, array, key, WIRE_FEEDS_MAX, sizeof *feeds, arena, ret_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < *ret_count && line->failed == OK; i++) {
        const struct json *part = line_tuple(line, item, key, placed ? 4 : 2);
        feeds[i].scope = line_text(line, part, key, PLACE_CODE_MAX, arena);
        part = json_next(part);
        feeds[i].compartment = line_text(line, part, key, TYPE_NAME_MAX, arena);
        if (placed) {
            part = json_next(part);
            feeds[i].n = line_int(line, part, key, 0, JSON_INT_MAX);
            feeds[i].hash = line_u64(line, json_next(part), key);
        }
        item = json_next(item);
    }
    return feeds;
}

static int by_scope(const void *a, const void *b)
{
    const struct feed_position *one = a;
    const struct feed_position *other = b;
    int order = span_compare(one->scope, other->scope);
    return order != 0 ? order : span_compare(one->compartment, other->compartment);
}

void sync_state(struct id origin, struct feed_position *feeds, size_t count, uint8_t ret[16])
{
    if (count > 1) {
        qsort(feeds, count, sizeof *feeds, by_scope);
    }
    struct hash_state state;
    struct hash hash;
    hash_begin(&state, "douar-state-1");
    hash_add(&state, origin.bytes, ID_SIZE);
    for (size_t i = 0; i < count; i++) {
        hash_add_sized(&state, feeds[i].scope);
        hash_add_sized(&state, feeds[i].compartment);
        hash_add_u64(&state, (uint64_t)feeds[i].n);
        hash_add_u64(&state, feeds[i].hash);
    }
    hash_end(&state, &hash);
    memcpy(ret, hash.bytes, SYNC_STATE_SIZE);
}
