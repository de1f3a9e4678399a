/* What a caller holds, as members of a request (offer_line.h). */
#include "offer_line.h"
#include "place.h"
#include "type.h"

static void put_run(struct json_writer *writer, const struct offer_run *run)
{
    json_open(writer, '[');
    if (run->loose) {
        line_put_u64(writer, run->uid8);
    } else {
        json_put_int(writer, run->from);
        json_put_int(writer, run->count);
    }
    line_put_u64(writer, run->mark);
    json_close(writer, ']');
}

void offer_put(struct json_writer *writer, const struct sync_request *request)
{
    size_t i = 0;
    json_name(writer, "offer");
    json_open(writer, '[');
    while (i < request->run_count && !request->runs[i].loose) {
        struct id origin = request->runs[i].origin;
        json_open(writer, '[');
        line_put_id(writer, origin);
        json_open(writer, '[');
        for (; i < request->run_count && !request->runs[i].loose &&
               id_equal(request->runs[i].origin, origin);
             i++) {
            put_run(writer, &request->runs[i]);
        }
        json_close(writer, ']');
        json_close(writer, ']');
    }
    json_close(writer, ']');
    if (i < request->run_count) {
        json_name(writer, "loose");
        json_open(writer, '[');
        for (; i < request->run_count; i++) {
            put_run(writer, &request->runs[i]);
        }
        json_close(writer, ']');
    }
    if (request->hand_count > 0) {
        json_name(writer, "hand");
        json_put_int(writer, request->hand_count);
    }
}

static struct offer_run *next_run(struct line *line, struct sync_request *ret)
{
    if (ret->run_count == WIRE_RUNS_MAX) {
        line_too_many(line, "offer", WIRE_RUNS_MAX);
        return NULL;
    }
    return &ret->runs[ret->run_count++];
}

static void read_origin(struct line *line, const struct json *item, struct sync_request *ret)
{
    const struct json *part = line_tuple(line, item, "offer", 2);
    struct id origin = line_id(line, part, "offer");
    const struct json *runs = json_next(part);
    if (line->failed == OK && !json_is(runs, JSON_ARRAY)) {
        line_refuse(line, "not an array", "offer");
    }
    for (item = json_first(runs); item && line->failed == OK; item = json_next(item)) {
        struct offer_run *run = next_run(line, ret);
        part = line_tuple(line, item, "offer", 3);
        if (!run || !part) {
            return;
        }
        run->origin = origin;
        run->from = line_int(line, part, "offer", 1, JSON_INT_MAX - WIRE_RUN_OPS);
        part = json_next(part);
        run->count = line_int(line, part, "offer", 1, WIRE_RUN_OPS);
        run->mark = line_u64(line, json_next(part), "offer");
    }
}

static void read_loose(struct line *line, struct sync_request *ret)
{
    const struct json *array = line_get(line, "loose");
    if (array != NULL && !json_is(array, JSON_ARRAY)) {
        line_refuse(line, "not an array", "loose");
        return;
    }
    for (const struct json *item = json_first(array); item && line->failed == OK;
         item = json_next(item)) {
        struct offer_run *run = next_run(line, ret);
        const struct json *part = line_tuple(line, item, "loose", 2);
        if (!run || !part) {
            return;
        }
        run->loose = true;
        run->count = 1;
        run->uid8 = line_u64(line, part, "loose");
        run->mark = line_u64(line, json_next(part), "loose");
    }
}

void offer_read(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "offer");
    const struct json *hand = line_get(line, "hand");
    ret->has_offer = true;
    if (!json_is(array, JSON_ARRAY)) {
        line_refuse(line, "not an array", "offer");
        return;
    }
    ret->runs = arena_array(arena, WIRE_RUNS_MAX, sizeof *ret->runs);
    if (ret->runs == NULL) {
        line_no_memory(line);
        return;
    }
    for (const struct json *item = json_first(array); item && line->failed == OK;
         item = json_next(item)) {
        read_origin(line, item, ret);
    }
    read_loose(line, ret);
    if (hand != NULL) {
        ret->hand_count = line_int(line, hand, "hand", 0, WIRE_HAND_MAX);
    }
}

void offer_put_sums(struct json_writer *writer, const struct sync_request *request)
{
    if (request->sum_count == 0) {
        return;
    }
    json_name(writer, "sums");
    json_open(writer, '[');
    for (size_t i = 0; i < request->sum_count; i++) {
        const struct feed_sum *sum = &request->sums[i];
        json_open(writer, '[');
        json_put_span(writer, sum->scope);
        json_put_span(writer, sum->compartment);
        json_put_int(writer, sum->count);
        line_put_u64(writer, sum->sum);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

void offer_read_sums(struct line *line, struct arena *arena, struct sync_request *ret)
{
    const struct json *array = line_get(line, "sums");
    ret->sums =
        line_array(line, array, "sums", WIRE_FEEDS_MAX, sizeof *ret->sums, arena, &ret->sum_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->sum_count && line->failed == OK; i++) {
        struct feed_sum *sum = &ret->sums[i];
        const struct json *part = line_tuple(line, item, "sums", 4);
        sum->scope = line_text(line, part, "sums", PLACE_CODE_MAX, arena);
        part = json_next(part);
        sum->compartment = line_text(line, part, "sums", TYPE_NAME_MAX, arena);
        part = json_next(part);
        sum->count = line_int(line, part, "sums", 0, JSON_INT_MAX);
        sum->sum = line_u64(line, json_next(part), "sums");
        item = json_next(item);
    }
}
