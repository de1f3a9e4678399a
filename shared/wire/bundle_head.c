/* The first frame of a bundle (bundle.h): when it was written, and where an answer begins. */
#include "bundle.h"
#include "feed_line.h"

#define HEAD_VERSION 1

static void put_optional(struct json_writer *writer, const char *name, bool has, uint64_t value)
{
    if (has) {
        json_name(writer, name);
        line_put_u64(writer, value);
    }
}

void bundle_head_write(const struct bundle_head *head, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "v");
    json_put_int(&writer, HEAD_VERSION);
    json_name(&writer, "t");
    json_put_int(&writer, head->time_ms);
    put_optional(&writer, "id", head->has_id, head->id);
    if (head->has_epoch) {
        put_optional(&writer, "epoch", true, head->epoch);
        put_optional(&writer, "re", head->has_re, head->re);
        put_optional(&writer, "relay", head->has_relay, head->relay);
        json_name(&writer, "feeds");
        feed_put_list(&writer, head->feeds, head->feed_count, true);
        if (head->has_revoked) {
            json_name(&writer, "revoked");
            json_put_int(&writer, head->revoked);
        }
    }
    json_close(&writer, '}');
}

static void read_optional(struct line *line, const char *name, bool *ret_has, uint64_t *ret)
{
    const struct json *item = line_get(line, name);
    *ret_has = item != NULL;
    *ret = item == NULL ? 0 : line_u64(line, item, name);
}

enum err bundle_head_read(struct span body, struct arena *arena, struct bundle_head *ret,
                          struct diag *diag)
{
    struct line line;
    struct bundle_head head = {0};
    line_open(&line, body, WIRE_LINE_MAX, "bundle head", diag);
    line_version(&line, HEAD_VERSION);
    head.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    read_optional(&line, "id", &head.has_id, &head.id);
    read_optional(&line, "epoch", &head.has_epoch, &head.epoch);
    read_optional(&line, "re", &head.has_re, &head.re);
    read_optional(&line, "relay", &head.has_relay, &head.relay);
    head.feeds = feed_read_list(&line, "feeds", true, arena, &head.feed_count);
    const struct json *revoked = line_get(&line, "revoked");
    head.has_revoked = revoked != NULL;
    head.revoked = revoked == NULL ? 0 : line_int(&line, revoked, "revoked", 0, JSON_INT_MAX);
    enum err e = line_close(&line);
    if (!e) {
        *ret = head;
    }
    return e;
}
