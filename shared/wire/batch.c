#include "batch.h"

#include <string.h>

#include "code.h"
#include "line.h"
#include "signed_bytes.h"

static void put_receipt(struct json_writer *writer, const struct receipt *receipt)
{
    json_open(writer, '[');
    line_put_id(writer, receipt->hub);
    json_put_int(writer, receipt->time_ms);
    line_put_bytes(writer, receipt->signature.bytes, SIGNATURE_SIZE);
    json_close(writer, ']');
}

void batch_set_aside(struct batch *batch, int64_t index)
{
    batch->aside[index / 8] = (uint8_t)(batch->aside[index / 8] | 1u << index % 8);
}

bool batch_is_aside(const struct batch *batch, int64_t index)
{
    return (batch->aside[index / 8] >> index % 8 & 1) != 0;
}

static void put_aside(struct json_writer *writer, const struct batch *batch)
{
    bool any = false;
    for (int64_t i = 0; i < batch->count; i++) {
        if (batch_is_aside(batch, i)) {
            if (!any) {
                json_name(writer, "aside");
                json_open(writer, '[');
            }
            json_put_int(writer, i);
            any = true;
        }
    }
    if (any) {
        json_close(writer, ']');
    }
}

static void put_optional(struct json_writer *writer, const struct batch *batch)
{
    if (batch->has_open) {
        json_name(writer, "open");
        line_put_bytes(writer, batch->open.bytes, SIGNATURE_SIZE);
    }
    if (batch->has_node) {
        json_name(writer, "node");
        line_put_id(writer, batch->node);
    }
    if (batch->receipt_count > 0) {
        json_name(writer, "r");
        json_open(writer, '[');
        for (size_t i = 0; i < batch->receipt_count; i++) {
            put_receipt(writer, &batch->receipts[i]);
        }
        json_close(writer, ']');
    }
    put_aside(writer, batch);
}

void batch_write_line(const struct batch *batch, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "o");
    line_put_id(&writer, batch->origin);
    json_name(&writer, "from");
    json_put_int(&writer, batch->from);
    json_name(&writer, "n");
    json_put_int(&writer, batch->count);
    if (batch->has_prev) {
        json_name(&writer, "prev");
        line_put_bytes(&writer, batch->prev.bytes, LINK_SIZE);
    }
    json_name(&writer, "link");
    line_put_bytes(&writer, batch->link.bytes, LINK_SIZE);
    json_name(&writer, "sig");
    line_put_bytes(&writer, batch->signature.bytes, SIGNATURE_SIZE);
    put_optional(&writer, batch);
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

static void read_receipts(struct line *line, struct batch *ret)
{
    const struct json *array = line_get(line, "r");
    size_t count = json_count(array);
    if (array != NULL && !json_is(array, JSON_ARRAY)) {
        line_refuse(line, "not an array", "r");
        return;
    }
    if (count > WIRE_RECEIPTS_MAX) {
        line_too_many(line, "r", WIRE_RECEIPTS_MAX);
        return;
    }
    const struct json *item = json_first(array);
    for (size_t i = 0; i < count; i++) {
        struct receipt *receipt = &ret->receipts[i];
        const struct json *part = line_tuple(line, item, "r", 3);
        receipt->hub = line_id(line, part, "r");
        part = json_next(part);
        receipt->time_ms = line_int(line, part, "r", 1, JSON_INT_MAX);
        line_bytes(line, json_next(part), "r", receipt->signature.bytes, SIGNATURE_SIZE);
        item = json_next(item);
    }
    ret->receipt_count = count;
}

static void read_aside(struct line *line, struct batch *ret)
{
    const struct json *array = line_get(line, "aside");
    if (array != NULL && !json_is(array, JSON_ARRAY)) {
        line_refuse(line, "not an array", "aside");
        return;
    }
    for (const struct json *item = json_first(array); item != NULL && !line->failed;
         item = json_next(item)) {
        int64_t index = line_int(line, item, "aside", 0, ret->count - 1);
        if (!line->failed) {
            batch_set_aside(ret, index);
        }
    }
}

static void read_optional(struct line *line, struct batch *ret)
{
    const struct json *item = line_get(line, "prev");
    if (item != NULL) {
        ret->has_prev = true;
        line_bytes(line, item, "prev", ret->prev.bytes, LINK_SIZE);
        if (ret->from == 1) {
            line_refuse(line, "nothing comes before 1", "prev");
        }
    }
    item = line_get(line, "open");
    if (item != NULL) {
        ret->has_open = true;
        line_bytes(line, item, "open", ret->open.bytes, SIGNATURE_SIZE);
    }
    item = line_get(line, "node");
    if (item != NULL) {
        ret->has_node = true;
        ret->node = line_id(line, item, "node");
    }
}

enum err batch_read_line(struct span text, struct batch *ret, struct diag *diag)
{
    struct line line;
    struct batch batch = {0};
    line_open(&line, text, WIRE_LINE_MAX, "batch", diag);
    batch.origin = line_id(&line, line_get(&line, "o"), "o");
    batch.from = line_int(&line, line_get(&line, "from"), "from", 1, JSON_INT_MAX);
    batch.count = line_int(&line, line_get(&line, "n"), "n", 1, JSON_INT_MAX);
    if (batch.count > WIRE_BATCH_OPS) {
        line_too_many(&line, "n", WIRE_BATCH_OPS);
    }
    if (batch.from > JSON_INT_MAX - WIRE_BATCH_OPS) {
        line_refuse(&line, "out of range", "from");
    }
    line_bytes(&line, line_get(&line, "link"), "link", batch.link.bytes, LINK_SIZE);
    line_bytes(&line, line_get(&line, "sig"), "sig", batch.signature.bytes, SIGNATURE_SIZE);
    read_optional(&line, &batch);
    read_receipts(&line, &batch);
    if (!line.failed) {
        read_aside(&line, &batch);
    }
    enum err e = line_close(&line);
    if (!e) {
        *ret = batch;
    }
    return e;
}

static uint64_t last_number(const struct batch *batch)
{
    return (uint64_t)(batch->from + batch->count - 1);
}

static void batch_bytes(const struct batch *batch, struct signed_bytes *ret)
{
    signed_begin(ret, "douar-batch-1");
    signed_put(ret, batch->origin.bytes, ID_SIZE);
    signed_put_u64(ret, (uint64_t)batch->from);
    signed_put_u64(ret, last_number(batch));
    signed_put(ret, batch->link.bytes, LINK_SIZE);
}

void batch_sign(struct batch *batch, const struct secret_key *key)
{
    struct signed_bytes message;
    batch_bytes(batch, &message);
    sign_message(key, signed_span(&message), &batch->signature);
}

bool batch_verify(const struct batch *batch, const struct public_key *key)
{
    struct signed_bytes message;
    batch_bytes(batch, &message);
    return sign_verify(key, signed_span(&message), &batch->signature);
}

static void open_bytes(struct id origin, struct id node, struct signed_bytes *ret)
{
    signed_begin(ret, "douar-open-1");
    signed_put(ret, origin.bytes, ID_SIZE);
    signed_put(ret, node.bytes, ID_SIZE);
}

void batch_sign_open(struct id origin, struct id node, const struct secret_key *key,
                     struct signature *ret)
{
    struct signed_bytes message;
    open_bytes(origin, node, &message);
    sign_message(key, signed_span(&message), ret);
}

bool batch_verify_open(struct id origin, struct id node, const struct public_key *key,
                       const struct signature *open)
{
    struct signed_bytes message;
    open_bytes(origin, node, &message);
    return sign_verify(key, signed_span(&message), open);
}

static void receipt_bytes(const struct receipt *receipt, const struct batch *batch,
                          struct signed_bytes *ret)
{
    signed_begin(ret, "douar-receipt-1");
    signed_put(ret, receipt->hub.bytes, ID_SIZE);
    signed_put(ret, batch->origin.bytes, ID_SIZE);
    signed_put_u64(ret, last_number(batch));
    signed_put(ret, batch->link.bytes, LINK_SIZE);
    signed_put_u64(ret, (uint64_t)receipt->time_ms);
}

void receipt_sign(struct receipt *receipt, const struct batch *batch, const struct secret_key *key)
{
    struct signed_bytes message;
    receipt_bytes(receipt, batch, &message);
    sign_message(key, signed_span(&message), &receipt->signature);
}

bool receipt_verify(const struct receipt *receipt, const struct batch *batch,
                    const struct public_key *key)
{
    struct signed_bytes message;
    receipt_bytes(receipt, batch, &message);
    return sign_verify(key, signed_span(&message), &receipt->signature);
}
