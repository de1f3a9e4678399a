/* The first line of the reply to a sync request (sync_message.h). */
#include "feed_line.h"
#include "snapshot_line.h"

static void put_int(struct json_writer *writer, const char *key, int64_t value)
{
    json_name(writer, key);
    json_put_int(writer, value);
}

/* [origin,seq,link], or [seq,link] of the caller's own origin. */
static void put_point(struct json_writer *writer, const struct origin_point *point,
                      bool with_origin)
{
    json_open(writer, '[');
    if (with_origin) {
        line_put_id(writer, point->origin);
    }
    json_put_int(writer, point->seq);
    line_put_bytes(writer, point->link.bytes, LINK_SIZE);
    json_close(writer, ']');
}

static void put_acknowledged(struct json_writer *writer, const struct sync_reply *reply)
{
    if (reply->has_ack) {
        json_name(writer, "ack");
        put_point(writer, &reply->ack, true);
    }
    if (reply->has_stable) {
        json_name(writer, "stable");
        put_point(writer, &reply->stable, false);
    }
    if (reply->has_got) {
        put_int(writer, "got", reply->got);
    }
    if (reply->has_stables) {
        json_name(writer, "stables");
        json_open(writer, '[');
        json_put_int(writer, reply->stables);
        json_open(writer, '[');
        for (size_t i = 0; i < reply->stable_point_count; i++) {
            put_point(writer, &reply->stable_points[i], true);
        }
        json_close(writer, ']');
        json_close(writer, ']');
    }
}

static void put_positions(struct json_writer *writer, const struct sync_reply *reply)
{
    if (reply->has_cursor) {
        json_name(writer, "cur");
        feed_put_cursor(writer, reply->cursor, reply->state);
    }
    if (reply->more) {
        json_name(writer, "more");
        json_put_bool(writer, true);
    }
    if (reply->feed_count > 0) {
        json_name(writer, "feeds");
        feed_put_list(writer, reply->feeds, reply->feed_count, true);
    }
    if (reply->drop_count > 0) {
        json_name(writer, "drop");
        feed_put_list(writer, reply->drops, reply->drop_count, false);
    }
    line_put_ids(writer, "origins", reply->origins, reply->origin_count);
    if (reply->offer_count > 0) {
        json_name(writer, "snaps");
        snapshot_put_offers(writer, reply->offers, reply->offer_count);
    }
}

void sync_reply_write(const struct sync_reply *reply, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    put_int(&writer, "v", SYNC_VERSION);
    put_int(&writer, "t", reply->time_ms);
    if (reply->has_ratchet) {
        json_name(&writer, "ratchet");
        line_put_u64(&writer, reply->ratchet);
    }
    put_acknowledged(&writer, reply);
    put_positions(&writer, reply);
    if (reply->late_count > 0) {
        put_int(&writer, "late", reply->late_count);
    }
    if (reply->refused_count > 0) {
        put_int(&writer, "refused", reply->refused_count);
    }
    if (reply->losses > 0) {
        put_int(&writer, "losses", reply->losses);
    }
    if (reply->need_feeds) {
        json_name(&writer, "need");
        json_put_text(&writer, "feeds");
    }
    if (reply->wanted_count > 0) {
        json_name(&writer, "wanted");
        json_open(&writer, '[');
        for (size_t i = 0; i < reply->wanted_count; i++) {
            json_put_int(&writer, reply->wanted[i]);
        }
        json_close(&writer, ']');
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

static void read_wanted(struct line *line, struct arena *arena, struct sync_reply *ret)
{
    const struct json *array = line_get(line, "wanted");
    ret->wanted = line_array(line, array, "wanted", WIRE_RUNS_MAX, sizeof *ret->wanted, arena,
                             &ret->wanted_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->wanted_count && line->failed == OK; i++) {
        ret->wanted[i] = line_int(line, item, "wanted", 0, WIRE_RUNS_MAX - 1);
        item = json_next(item);
    }
}

static void read_point(struct line *line, const struct json *item, const char *where,
                       bool with_origin, struct origin_point *ret)
{
    const struct json *part = line_tuple(line, item, where, with_origin ? 3 : 2);
    if (with_origin) {
        ret->origin = line_id(line, part, where);
        part = json_next(part);
    }
    ret->seq = line_int(line, part, where, 0, JSON_INT_MAX);
    line_bytes(line, json_next(part), where, ret->link.bytes, LINK_SIZE);
}

static void read_stables(struct line *line, struct arena *arena, struct sync_reply *ret)
{
    const struct json *item = line_get(line, "stables");
    if (item == NULL) {
        return;
    }
    ret->has_stables = true;
    const struct json *number = line_tuple(line, item, "stables", 2);
    ret->stables = line_int(line, number, "stables", 0, JSON_INT_MAX);
    const struct json *array = json_next(number);
    ret->stable_points = line_array(line, array, "stables", WIRE_ORIGINS_MAX,
                                    sizeof *ret->stable_points, arena, &ret->stable_point_count);
    const struct json *point = json_first(array);
    for (size_t i = 0; i < ret->stable_point_count && line->failed == OK; i++) {
        read_point(line, point, "stables", true, &ret->stable_points[i]);
        point = json_next(point);
    }
}

static void read_acknowledged(struct line *line, struct arena *arena, struct sync_reply *ret)
{
    const struct json *item = line_get(line, "ack");
    if (item != NULL) {
        ret->has_ack = true;
        read_point(line, item, "ack", true, &ret->ack);
    }
    item = line_get(line, "stable");
    if (item != NULL) {
        ret->has_stable = true;
        read_point(line, item, "stable", false, &ret->stable);
        ret->stable.origin = ret->ack.origin;
    }
    item = line_get(line, "got");
    if (item != NULL) {
        ret->has_got = true;
        ret->got = line_int(line, item, "got", 0, JSON_INT_MAX);
    }
    read_stables(line, arena, ret);
}

static bool read_flag(struct line *line, const char *key)
{
    const struct json *item = line_get(line, key);
    if (item != NULL && !json_is(item, JSON_BOOL)) {
        line_refuse(line, "not a boolean", key);
    }
    return json_bool(item);
}

static int64_t read_count(struct line *line, const char *key)
{
    const struct json *item = line_get(line, key);
    return item == NULL ? 0 : line_int(line, item, key, 0, JSON_INT_MAX);
}

static void read_positions(struct line *line, struct arena *arena, struct sync_reply *ret)
{
    const struct json *item = line_get(line, "cur");
    if (item != NULL) {
        ret->has_cursor = true;
        feed_read_cursor(line, item, &ret->cursor, ret->state);
    }
    ret->more = read_flag(line, "more");
    ret->feeds = feed_read_list(line, "feeds", true, arena, &ret->feed_count);
    ret->drops = feed_read_list(line, "drop", false, arena, &ret->drop_count);
    ret->origins = line_ids(line, "origins", WIRE_ORIGINS_MAX, arena, &ret->origin_count);
    ret->offers = snapshot_read_offers(line, arena, &ret->offer_count);
    item = line_get(line, "need");
    if (item != NULL) {
        /* Another need is one that this version can't meet, so going on would loop. */
        ret->need_feeds = true;
        if (!span_is(json_span(item), "feeds")) {
            line_refuse(line, "an unknown need", "need");
        }
    }
}

enum err sync_reply_read(struct span text, struct arena *arena, struct sync_reply *ret,
                         struct diag *diag)
{
    struct line line;
    struct sync_reply reply = {0};
    line_open(&line, text, WIRE_LINE_MAX, "sync reply", diag);
    line_version(&line, SYNC_VERSION);
    reply.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    const struct json *ratchet = line_get(&line, "ratchet");
    if (ratchet != NULL) {
        reply.has_ratchet = true;
        reply.ratchet = line_u64(&line, ratchet, "ratchet");
    }
    read_acknowledged(&line, arena, &reply);
    read_positions(&line, arena, &reply);
    reply.late_count = read_count(&line, "late");
    reply.refused_count = read_count(&line, "refused");
    reply.losses = read_count(&line, "losses");
    read_wanted(&line, arena, &reply);
    enum err e = line_close(&line);
    if (!e) {
        *ret = reply;
    }
    return e;
}
