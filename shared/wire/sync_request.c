/* The first line of a sync request (sync_message.h). */
#include "feed_line.h"
#include "offer_line.h"
#include "type.h"

static void put_positions(struct json_writer *writer, const struct sync_request *request)
{
    if (request->has_offer) {
        offer_put(writer, request);
    } else if (request->has_cursor) {
        json_name(writer, "cur");
        feed_put_cursor(writer, request->cursor, request->state);
    } else {
        json_name(writer, "feeds");
        feed_put_list(writer, request->feeds, request->feed_count, true);
    }
}

static void put_visits(struct json_writer *writer, const struct sync_request *request)
{
    if (request->visit_count == 0) {
        return;
    }
    json_name(writer, "visits");
    json_open(writer, '[');
    for (size_t i = 0; i < request->visit_count; i++) {
        const struct request_proof *proof = &request->visits[i];
        json_open(writer, '[');
        line_put_id(writer, proof->node);
        line_put_u64(writer, proof->epoch);
        line_put_u64(writer, proof->ratchet);
        line_put_bytes(writer, proof->packed_hash.bytes, HASH_SIZE);
        line_put_bytes(writer, proof->signature.bytes, SIGNATURE_SIZE);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

static void put_of_a_hub(struct json_writer *writer, const struct sync_request *request)
{
    if (request->has_relay) {
        json_name(writer, "relay");
        json_open(writer, '[');
        json_put_int(writer, request->relay_from);
        json_put_int(writer, request->relay_to);
        line_put_u64(writer, request->relay_epoch);
        json_close(writer, ']');
    }
    put_visits(writer, request);
    if (request->has_stables) {
        json_name(writer, "stables");
        json_put_int(writer, request->stables);
    }
}

static void put_known(struct json_writer *writer, const char *key, int64_t seq)
{
    if (seq > 0) {
        json_name(writer, key);
        json_put_int(writer, seq);
    }
}

static void put_rest(struct json_writer *writer, const struct sync_request *request)
{
    if (request->rest_count == 0) {
        return;
    }
    json_name(writer, "rest");
    json_open(writer, '[');
    for (size_t i = 0; i < request->rest_count; i++) {
        json_open(writer, '[');
        line_put_id(writer, request->rest[i].root);
        json_put_span(writer, request->rest[i].compartment);
        json_put_int(writer, request->rest[i].next);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

static void put_erased(struct json_writer *writer, const struct sync_request *request)
{
    if (request->erased_count == 0) {
        return;
    }
    json_name(writer, "erased");
    json_open(writer, '[');
    for (size_t i = 0; i < request->erased_count; i++) {
        const struct erased *erased = &request->erased[i];
        json_open(writer, '[');
        line_put_id(writer, erased->mark);
        line_put_id(writer, erased->node);
        json_put_int(writer, erased->held);
        json_put_int(writer, erased->at_ms);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

static void put_reopens(struct json_writer *writer, const struct sync_request *request)
{
    if (request->reopen_count == 0) {
        return;
    }
    json_name(writer, "reopened");
    json_open(writer, '[');
    for (size_t i = 0; i < request->reopen_count; i++) {
        json_open(writer, '[');
        line_put_id(writer, request->reopens[i].by);
        json_put_int(writer, request->reopens[i].days);
        json_put_int(writer, request->reopens[i].at_ms);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

static void put_safe(struct json_writer *writer, const struct sync_request *request)
{
    if (request->safe_count == 0) {
        return;
    }
    json_name(writer, "safe");
    json_open(writer, '[');
    for (size_t i = 0; i < request->safe_count; i++) {
        const struct safe_root *safe = &request->safe[i];
        json_open(writer, '[');
        line_put_id(writer, safe->root);
        json_open(writer, '[');
        for (size_t k = 0; k < safe->uid_count; k++) {
            line_put_u64(writer, safe->uids[k]);
        }
        json_close(writer, ']');
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

void sync_request_write(const struct sync_request *request, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "v");
    json_put_int(&writer, SYNC_VERSION);
    json_name(&writer, "t");
    json_put_int(&writer, request->clock_ms);
    json_name(&writer, "off");
    if (request->has_offset) {
        json_put_int(&writer, request->offset_ms);
    } else {
        json_put_null(&writer);
    }
    put_positions(&writer, request);
    json_name(&writer, "max");
    json_put_int(&writer, request->max_size);
    if (request->has_origin) {
        json_name(&writer, "o");
        line_put_id(&writer, request->origin);
    }
    put_known(&writer, "at", request->acked_seq);
    put_known(&writer, "st", request->stable_seq);
    put_known(&writer, "losses", request->losses);
    line_put_ids(&writer, "roots", request->roots, request->root_count);
    line_put_ids(&writer, "want", request->want, request->want_count);
    put_rest(&writer, request);
    put_erased(&writer, request);
    put_reopens(&writer, request);
    if (request->takes_snapshots) {
        json_name(&writer, "snap");
        json_put_bool(&writer, true);
    }
    put_safe(&writer, request);
    put_of_a_hub(&writer, request);
    offer_put_sums(&writer, request);
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

/* Exactly one of the two ways to say how far the caller has read, or what it holds. */
static void read_positions(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *cursor = line_get(line, "cur");
    const struct json *feeds = line_get(line, "feeds");
    bool offers = line_get(line, "offer") != NULL;
    if ((cursor != NULL) + (feeds != NULL) + offers != 1) {
        line_refuse(line, "one of cur, feeds and offer is needed", "cur");
        return;
    }
    if (offers) {
        offer_read(line, arena, ret);
    } else if (cursor != NULL) {
        ret->has_cursor = true;
        feed_read_cursor(line, cursor, &ret->cursor, ret->state);
    } else {
        ret->feeds = feed_read_list(line, "feeds", true, arena, &ret->feed_count);
    }
}

static void read_relay(struct line *line, const struct json *item, struct sync_request *ret)
{
    const struct json *part = line_tuple(line, item, "relay", 3);
    ret->has_relay = true;
    ret->relay_from = line_int(line, part, "relay", 0, JSON_INT_MAX);
    part = json_next(part);
    ret->relay_to = line_int(line, part, "relay", ret->relay_from, JSON_INT_MAX);
    ret->relay_epoch = line_u64(line, json_next(part), "relay");
}

static int64_t read_known(struct line *line, const char *key)
{
    const struct json *item = line_get(line, key);
    return item == NULL ? 0 : line_int(line, item, key, 0, JSON_INT_MAX);
}

static void read_visits(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "visits");
    ret->visits = line_array(line, array, "visits", WIRE_VISITS_MAX, sizeof *ret->visits, arena,
                             &ret->visit_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->visit_count && line->failed == OK; i++) {
        struct request_proof *proof = &ret->visits[i];
        const struct json *part = line_tuple(line, item, "visits", 5);
        proof->node = line_id(line, part, "visits");
        part = json_next(part);
        proof->epoch = line_u64(line, part, "visits");
        part = json_next(part);
        proof->ratchet = line_u64(line, part, "visits");
        part = json_next(part);
        line_bytes(line, part, "visits", proof->packed_hash.bytes, HASH_SIZE);
        line_bytes(line, json_next(part), "visits", proof->signature.bytes, SIGNATURE_SIZE);
        item = json_next(item);
    }
}

static void read_rest(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "rest");
    ret->rest =
        line_array(line, array, "rest", WIRE_REST_MAX, sizeof *ret->rest, arena, &ret->rest_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->rest_count && line->failed == OK; i++) {
        struct tree_rest *rest = &ret->rest[i];
        const struct json *part = line_tuple(line, item, "rest", 3);
        rest->root = line_id(line, part, "rest");
        part = json_next(part);
        rest->compartment = line_text(line, part, "rest", TYPE_NAME_MAX, arena);
        rest->next = line_int(line, json_next(part), "rest", 0, JSON_INT_MAX);
        item = json_next(item);
    }
}

static void read_erased(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "erased");
    ret->erased = line_array(line, array, "erased", WIRE_ERASED_MAX, sizeof *ret->erased, arena,
                             &ret->erased_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->erased_count && line->failed == OK; i++) {
        struct erased *erased = &ret->erased[i];
        const struct json *part = line_tuple(line, item, "erased", 4);
        erased->mark = line_id(line, part, "erased");
        part = json_next(part);
        erased->node = line_id(line, part, "erased");
        part = json_next(part);
        erased->held = line_int(line, part, "erased", 0, JSON_INT_MAX);
        erased->at_ms = line_int(line, json_next(part), "erased", 0, JSON_INT_MAX);
        item = json_next(item);
    }
}

static void read_reopens(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "reopened");
    ret->reopens = line_array(line, array, "reopened", WIRE_REOPENS_MAX, sizeof *ret->reopens,
                              arena, &ret->reopen_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->reopen_count && line->failed == OK; i++) {
        struct reopen_told *told = &ret->reopens[i];
        const struct json *part = line_tuple(line, item, "reopened", 3);
        told->by = line_id(line, part, "reopened");
        part = json_next(part);
        told->days = line_int(line, part, "reopened", 1, JSON_INT_MAX);
        told->at_ms = line_int(line, json_next(part), "reopened", -JSON_INT_MAX, JSON_INT_MAX);
        item = json_next(item);
    }
}

static void read_safe(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "safe");
    size_t uids = 0;
    ret->safe = line_array(line, array, "safe", WIRE_SAFE_ROOTS, sizeof *ret->safe, arena,
                           &ret->safe_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->safe_count && line->failed == OK; i++) {
        struct safe_root *safe = &ret->safe[i];
        const struct json *part = line_tuple(line, item, "safe", 2);
        safe->root = line_id(line, part, "safe");
        const struct json *list = json_next(part);
        safe->uids = line_array(line, list, "safe", WIRE_SAFE_OPS, sizeof *safe->uids, arena,
                                &safe->uid_count);
        uids += safe->uid_count;
        if (uids > WIRE_SAFE_UIDS) {
            line_too_many(line, "safe", WIRE_SAFE_UIDS);
        }
        const struct json *uid = json_first(list);
        for (size_t k = 0; k < safe->uid_count && line->failed == OK; k++) {
            safe->uids[k] = line_u64(line, uid, "safe");
            uid = json_next(uid);
        }
        item = json_next(item);
    }
}

static void read_of_a_hub(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *item = line_get(line, "relay");
    if (item != NULL) {
        read_relay(line, item, ret);
    }
    read_visits(line, arena, ret);
    item = line_get(line, "stables");
    if (item != NULL) {
        ret->has_stables = true;
        ret->stables = line_int(line, item, "stables", 0, JSON_INT_MAX);
    }
}

enum err sync_request_read(struct span text, struct arena *arena, struct sync_request *ret,
                           struct diag *diag)
{
    struct line line;
    struct sync_request request = {0};
    line_open(&line, text, WIRE_LINE_MAX, "sync request", diag);
    line_version(&line, SYNC_VERSION);
    request.clock_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    const struct json *offset = line_get(&line, "off");
    if (offset != NULL) {
        request.has_offset = true;
        request.offset_ms = line_int(&line, offset, "off", -JSON_INT_MAX, JSON_INT_MAX);
    }
    read_positions(&line, arena, &request);
    request.max_size =
        line_int(&line, line_get(&line, "max"), "max", WIRE_REPLY_MIN, WIRE_REPLY_MAX);
    const struct json *origin = line_get(&line, "o");
    if (origin != NULL) {
        request.has_origin = true;
        request.origin = line_id(&line, origin, "o");
    }
    request.acked_seq = read_known(&line, "at");
    request.stable_seq = read_known(&line, "st");
    request.losses = read_known(&line, "losses");
    request.roots = line_ids(&line, "roots", WIRE_ROOTS_MAX, arena, &request.root_count);
    request.want = line_ids(&line, "want", WIRE_ROOTS_MAX, arena, &request.want_count);
    read_rest(&line, arena, &request);
    read_erased(&line, arena, &request);
    read_reopens(&line, arena, &request);
    const struct json *snap = line_get(&line, "snap");
    if (snap != NULL && !json_is(snap, JSON_BOOL)) {
        line_refuse(&line, "not a boolean", "snap");
    }
    request.takes_snapshots = json_bool(snap);
    read_safe(&line, arena, &request);
    read_of_a_hub(&line, arena, &request);
    offer_read_sums(&line, arena, &request);
    enum err e = line_close(&line);
    if (!e) {
        *ret = request;
    }
    return e;
}
