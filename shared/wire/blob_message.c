#include "blob_message.h"

#include "blob_line.h"

/* ---- writing */

void blob_line_begin(struct json_writer *writer, int64_t time_ms, struct buf *ret)
{
    json_begin(writer, ret);
    json_open(writer, '{');
    json_name(writer, "v");
    json_put_int(writer, BLOB_VERSION);
    json_name(writer, "t");
    json_put_int(writer, time_ms);
}

void blob_put_name(struct json_writer *writer, const struct blob_name *name)
{
    json_open(writer, '[');
    line_put_bytes(writer, name->hash.bytes, HASH_SIZE);
    json_put_int(writer, name->size);
}

void blob_put_names(struct json_writer *writer, const char *key, const struct blob_name *names,
                    size_t count)
{
    if (count == 0) {
        return;
    }
    json_name(writer, key);
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++) {
        blob_put_name(writer, &names[i]);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

void blob_put_piece(struct json_writer *writer, const char *key, const struct blob_piece *piece)
{
    json_name(writer, key);
    blob_put_name(writer, &piece->name);
    json_put_int(writer, piece->offset);
    json_put_int(writer, piece->size);
    json_close(writer, ']');
}

static void put_numbers(struct json_writer *writer, const char *key, const int64_t *numbers,
                        size_t count)
{
    if (count == 0) {
        return;
    }
    json_name(writer, key);
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_int(writer, numbers[i]);
    }
    json_close(writer, ']');
}

void blob_request_write(const struct blob_request *request, struct buf *ret)
{
    struct json_writer writer;
    blob_line_begin(&writer, request->clock_ms, ret);
    blob_put_names(&writer, "ask", request->ask, request->ask_count);
    blob_put_names(&writer, "want", request->want, request->want_count);
    if (request->has_put) {
        blob_put_piece(&writer, "put", &request->put);
    }
    if (request->has_get) {
        blob_put_piece(&writer, "get", &request->get);
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

void blob_reply_write(const struct blob_reply *reply, struct buf *ret)
{
    struct json_writer writer;
    blob_line_begin(&writer, reply->time_ms, ret);
    if (reply->has_ratchet) {
        json_name(&writer, "ratchet");
        line_put_u64(&writer, reply->ratchet);
    }
    put_numbers(&writer, "ask", reply->ask, reply->ask_count);
    put_numbers(&writer, "stable", reply->stable, reply->stable_count);
    put_numbers(&writer, "want", reply->want, reply->want_count);
    if (reply->has_put) {
        json_name(&writer, "put");
    }
    if (reply->has_put && reply->put_wrong) {
        json_put_text(&writer, "wrong");
    } else if (reply->has_put) {
        json_put_int(&writer, reply->put);
    }
    if (reply->has_get) {
        json_name(&writer, "get");
        json_put_int(&writer, reply->get);
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

/* ---- reading */

/* The hash and size at `*part`, which is moved behind them. */
struct blob_name blob_read_name(struct line *line, const struct json **part, const char *where)
{
    struct blob_name name = {.size = 0};
    line_bytes(line, *part, where, name.hash.bytes, HASH_SIZE);
    *part = json_next(*part);
    name.size = line_int(line, *part, where, 1, JSON_INT_MAX);
    *part = json_next(*part);
    return name;
}

struct blob_name *blob_read_names(struct line *line, const char *key, struct arena *arena,
                                  size_t *ret_count)
{
    const struct json *array = line_get(line, key);
    struct blob_name *names =
        line_array(line, array, key, WIRE_BLOB_NAMES, sizeof *names, arena, ret_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < *ret_count && line->failed == OK; i++) {
        const struct json *part = line_tuple(line, item, key, 2);
        names[i] = blob_read_name(line, &part, key);
        item = json_next(item);
    }
    return names;
}

bool blob_read_piece(struct line *line, const char *key, struct blob_piece *ret)
{
    const struct json *item = line_get(line, key);
    if (item == NULL) {
        return false;
    }
    const struct json *part = line_tuple(line, item, key, 4);
    ret->name = blob_read_name(line, &part, key);
    ret->offset = line_int(line, part, key, 0, WIRE_BLOB_MAX);
    part = json_next(part);
    ret->size = line_int(line, part, key, 1, WIRE_BLOB_CHUNK);
    if (line->failed == OK && ret->offset + ret->size > ret->name.size) {
        line_refuse(line, "beyond the end of the file", key);
    }
    return true;
}

static int64_t *read_numbers(struct line *line, const char *key, int64_t max, struct arena *arena,
                             size_t *ret_count)
{
    const struct json *array = line_get(line, key);
    int64_t *numbers =
        line_array(line, array, key, WIRE_BLOB_NAMES, sizeof *numbers, arena, ret_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < *ret_count && line->failed == OK; i++) {
        numbers[i] = line_int(line, item, key, -1, max);
        item = json_next(item);
    }
    return numbers;
}

/* The line, and what stands after its LF. */
struct span blob_take_line(struct span text, struct span *ret_bytes)
{
    struct span line = {0};
    struct span rest = text;
    if (!span_split(&rest, '\n', &line)) {
        rest = (struct span){0};
    }
    *ret_bytes = rest;
    return line;
}

void blob_check_bytes(struct line *line, struct span bytes, int64_t told, const char *where)
{
    if (line->failed == OK && bytes.size != (size_t)told) {
        line_refuse(line, "not as many bytes as it tells", where);
    }
}

enum err blob_request_read(struct span text, struct arena *arena, struct blob_request *ret,
                           struct span *ret_bytes, struct diag *diag)
{
    struct line line;
    struct span bytes = {0};
    struct blob_request request = {0};
    line_open(&line, blob_take_line(text, &bytes), WIRE_BLOB_LINE, "attachment request", diag);
    line_version(&line, BLOB_VERSION);
    request.clock_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    request.ask = blob_read_names(&line, "ask", arena, &request.ask_count);
    request.want = blob_read_names(&line, "want", arena, &request.want_count);
    request.has_put = blob_read_piece(&line, "put", &request.put);
    request.has_get = blob_read_piece(&line, "get", &request.get);
    blob_check_bytes(&line, bytes, request.has_put ? request.put.size : 0, "put");
    enum err e = line_close(&line);
    if (!e) {
        *ret = request;
        *ret_bytes = bytes;
    }
    return e;
}

static void read_put(struct line *line, struct blob_reply *ret)
{
    const struct json *item = line_get(line, "put");
    ret->has_put = item != NULL;
    ret->put_wrong = span_is(json_span(item), "wrong");
    if (ret->has_put && !ret->put_wrong) {
        ret->put = line_int(line, item, "put", -1, WIRE_BLOB_MAX);
    }
}

enum err blob_reply_read(struct span text, struct arena *arena, struct blob_reply *ret,
                         struct span *ret_bytes, struct diag *diag)
{
    struct line line;
    struct span bytes = {0};
    struct blob_reply reply = {0};
    line_open(&line, blob_take_line(text, &bytes), WIRE_BLOB_LINE, "attachment reply", diag);
    line_version(&line, BLOB_VERSION);
    reply.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    const struct json *ratchet = line_get(&line, "ratchet");
    if (ratchet != NULL) {
        reply.has_ratchet = true;
        reply.ratchet = line_u64(&line, ratchet, "ratchet");
    }
    reply.ask = read_numbers(&line, "ask", JSON_INT_MAX, arena, &reply.ask_count);
    reply.stable = read_numbers(&line, "stable", WIRE_BLOB_NAMES - 1, arena, &reply.stable_count);
    reply.want = read_numbers(&line, "want", JSON_INT_MAX, arena, &reply.want_count);
    read_put(&line, &reply);
    const struct json *get = line_get(&line, "get");
    if (get != NULL) {
        reply.has_get = true;
        reply.get = line_int(&line, get, "get", -1, WIRE_BLOB_CHUNK);
    }
    blob_check_bytes(&line, bytes, reply.has_get && reply.get > 0 ? reply.get : 0, "get");
    enum err e = line_close(&line);
    if (!e) {
        *ret = reply;
        *ret_bytes = bytes;
    }
    return e;
}
