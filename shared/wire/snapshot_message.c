#include "snapshot_message.h"

#include <string.h>

#include "columns.h"
#include "num.h"
#include "place.h"
#include "snapshot_line.h"
#include "type.h"

enum frame_form { FRAME_TEXT, FRAME_COLUMNS };

/* ---- offers */

void snapshot_put_offers(struct json_writer *writer, const struct snapshot_offer *offers,
                         size_t count)
{
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++) {
        const struct snapshot_offer *offer = &offers[i];
        json_open(writer, '[');
        json_put_span(writer, offer->feed.scope);
        json_put_span(writer, offer->feed.compartment);
        json_put_int(writer, offer->feed.n);
        line_put_u64(writer, offer->feed.hash);
        line_put_id(writer, offer->snapshot);
        json_put_int(writer, offer->frame_count);
        json_put_int(writer, offer->ops);
        json_put_int(writer, offer->size);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

struct snapshot_offer *snapshot_read_offers(struct line *line, struct arena *arena,
                                            size_t *ret_count)
{
    const struct json *array = line_get(line, "snaps");
    struct snapshot_offer *offers =
        line_array(line, array, "snaps", WIRE_SNAPS_MAX, sizeof *offers, arena, ret_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < *ret_count && line->failed == OK; i++) {
        struct snapshot_offer *offer = &offers[i];
        const struct json *part = line_tuple(line, item, "snaps", 8);
        offer->feed.scope = line_text(line, part, "snaps", PLACE_CODE_MAX, arena);
        part = json_next(part);
        offer->feed.compartment = line_text(line, part, "snaps", TYPE_NAME_MAX, arena);
        part = json_next(part);
        offer->feed.n = line_int(line, part, "snaps", 1, JSON_INT_MAX);
        part = json_next(part);
        offer->feed.hash = line_u64(line, part, "snaps");
        part = json_next(part);
        offer->snapshot = line_id(line, part, "snaps");
        part = json_next(part);
        offer->frame_count = line_int(line, part, "snaps", 1, WIRE_FRAMES_MAX);
        part = json_next(part);
        offer->ops = line_int(line, part, "snaps", 0, JSON_INT_MAX);
        offer->size = line_int(line, json_next(part), "snaps", 0, JSON_INT_MAX);
        item = json_next(item);
    }
    return offers;
}

/* ---- the request */

void snapshot_request_write(const struct snapshot_request *request, struct buf *ret)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"frame", request->frame}, {"from", request->from}, {"max", request->max_size}};
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "v");
    json_put_int(&writer, SNAPSHOT_VERSION);
    json_name(&writer, "t");
    json_put_int(&writer, request->clock_ms);
    json_name(&writer, "snap");
    line_put_id(&writer, request->snapshot);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_name(&writer, numbers[i].name);
        json_put_int(&writer, numbers[i].value);
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

enum err snapshot_request_read(struct span text, struct arena *arena, struct snapshot_request *ret,
                               struct diag *diag)
{
    struct line line;
    struct snapshot_request request = {0};
    (void)arena;
    line_open(&line, text, WIRE_LINE_MAX, "snapshot request", diag);
    line_version(&line, SNAPSHOT_VERSION);
    request.clock_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    request.snapshot = line_id(&line, line_get(&line, "snap"), "snap");
    request.frame = line_int(&line, line_get(&line, "frame"), "frame", 0, WIRE_FRAMES_MAX);
    request.from = line_int(&line, line_get(&line, "from"), "from", 0, WIRE_FRAME_MAX);
    request.max_size =
        line_int(&line, line_get(&line, "max"), "max", WIRE_REPLY_MIN, WIRE_REPLY_MAX);
    enum err e = line_close(&line);
    if (!e) {
        *ret = request;
    }
    return e;
}

/* ---- a piece */

static void put_u64(uint64_t value, uint8_t *ret)
{
    for (size_t i = 0; i < 8; i++) {
        ret[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void snapshot_piece_write(const struct snapshot_piece *piece, struct buf *ret)
{
    uint8_t head[SNAPSHOT_HEAD_SIZE] = {SNAPSHOT_VERSION};
    put_u64(piece->ratchet, head + 1);
    memcpy(head + 9, piece->hash.bytes, HASH_SIZE);
    put_u64((uint64_t)piece->frame_size, head + 9 + HASH_SIZE);
    buf_add(ret, head, sizeof head);
    buf_add_span(ret, piece->bytes);
}

enum err snapshot_piece_read(struct span body, struct snapshot_piece *ret, struct diag *diag)
{
    struct snapshot_piece piece = {0};
    char text[NUM_TEXT_SIZE];
    if (body.size < SNAPSHOT_HEAD_SIZE) {
        return diag_set(diag, ERR_FORMAT, "snapshot", "cut short", NULL);
    }
    if (body.data[0] != SNAPSHOT_VERSION) {
        num_write_i64(body.data[0], text);
        return diag_set(diag, ERR_UNKNOWN_FORMAT, "snapshot", text, NULL);
    }
    piece.ratchet = get_u64(body.data + 1);
    memcpy(piece.hash.bytes, body.data + 9, HASH_SIZE);
    uint64_t size = get_u64(body.data + 9 + HASH_SIZE);
    piece.bytes = span_cut(body, SNAPSHOT_HEAD_SIZE, body.size);
    if (size == 0 || size > WIRE_FRAME_MAX) {
        num_write_i64(WIRE_FRAME_MAX, text);
        return diag_set(diag, ERR_TOO_LARGE, "frame", text, NULL);
    }
    piece.frame_size = (int64_t)size;
    *ret = piece;
    return OK;
}

/* ---- frames */

enum err snapshot_frame_write(struct zip *zip, struct span text, struct arena *arena,
                              struct buf *ret)
{
    struct buf plain;
    buf_init(&plain, arena->mem, WIRE_PLAIN_MAX);
    buf_add_byte(&plain, FRAME_COLUMNS);
    enum err e = columns_write(text, arena, &plain);
    if (e == ERR_FORMAT || e == ERR_TOO_LARGE) {
        buf_clear(&plain);
        buf_add_byte(&plain, FRAME_TEXT);
        buf_add_span(&plain, text);
        e = buf_error(&plain);
    }
    if (!e) {
        e = zip_add_packed(zip, buf_span(&plain), ret);
    }
    buf_release(&plain);
    return e;
}

enum err snapshot_frame_read(struct pack *pack, struct span frame, struct arena *arena,
                             struct buf *ret_text, struct diag *diag)
{
    struct buf plain;
    buf_init(&plain, arena->mem, WIRE_PLAIN_MAX);
    enum err e = pack_read(pack, PACK_DICTIONARY, frame, &plain, diag);
    if (!e && plain.size == 0) {
        e = diag_set(diag, ERR_FORMAT, "frame", "empty", NULL);
    }
    if (!e) {
        struct span rest = span_cut(buf_span(&plain), 1, plain.size);
        switch (plain.data[0]) {
        case FRAME_TEXT:
            buf_add_span(ret_text, rest);
            e = buf_error(ret_text);
            break;
        case FRAME_COLUMNS:
            e = columns_read(rest, arena, ret_text, diag);
            break;
        default:
            e = diag_set(diag, ERR_UNKNOWN_FORMAT, "frame", "", NULL);
        }
    }
    buf_release(&plain);
    return e;
}
