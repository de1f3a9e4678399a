/*
 * Everything that is read from the wire. The first byte chooses the reader, the rest is the text;
 * what a reader accepts, its writer must write, and the reader must take that again.
 */
#include "batch.h"
#include "enrol_message.h"
#include "envelope.h"
#include "fuzz.h"
#include "gone_line.h"
#include "pack.h"
#include "sync_message.h"

enum target { ENVELOPE, BATCH, OP_LINE, REQUEST, REPLY, ROW, CODE, ENROL, ANSWER, PACKED, TARGETS };

static struct span line_of(const struct buf *buf)
{
    fuzz_insist(buf_error(buf) == OK && buf->size > 0);
    return span_cut(buf_span(buf), 0, buf->size - 1);
}

static void try_envelope(struct span text)
{
    struct envelope envelope;
    struct public_key key = {{0}};
    if (envelope_read(text, &envelope, NULL) == OK) {
        fuzz_insist(!envelope_verify(&envelope, "/v1/sync", envelope.node, &key));
    }
}

static void try_batch(struct span text, struct buf *out)
{
    struct batch batch;
    struct batch again;
    if (batch_read_line(text, &batch, NULL) == OK) {
        batch_write_line(&batch, out);
        fuzz_insist(batch_read_line(line_of(out), &again, NULL) == OK);
        fuzz_insist(again.from == batch.from && link_equal(again.link, batch.link) &&
                    again.receipt_count == batch.receipt_count);
    }
}

static void try_op_line(struct span text, struct buf *out)
{
    struct span body;
    struct signature signature;
    bool has_signature = false;
    if (op_line_read(text, &body, &has_signature, &signature, NULL) == OK) {
        op_line_write(body, has_signature ? &signature : NULL, out);
        fuzz_insist(span_equal(line_of(out), text));
    }
}

/* What may stand in the place of an op's line. */
static void try_gone_line(struct span text, struct arena *arena, struct buf *out)
{
    struct op op;
    struct op again;
    if (gone_line_read(text, arena, &op, NULL) == OK) {
        gone_line_write(&op, out);
        fuzz_insist(gone_line_read(line_of(out), arena, &again, NULL) == OK);
        fuzz_insist(id_equal(again.uid, op.uid) && again.register_count == op.register_count);
    }
}

static void try_request(struct span text, struct arena *arena, struct buf *out)
{
    struct sync_request request;
    struct sync_request again;
    if (sync_request_read(text, arena, &request, NULL) == OK) {
        sync_request_write(&request, out);
        fuzz_insist(sync_request_read(line_of(out), arena, &again, NULL) == OK);
        fuzz_insist(again.feed_count == request.feed_count &&
                    again.root_count == request.root_count);
    }
}

static void try_reply(struct span text, struct arena *arena, struct buf *out)
{
    struct sync_reply reply;
    struct sync_reply again;
    if (sync_reply_read(text, arena, &reply, NULL) == OK) {
        sync_reply_write(&reply, out);
        fuzz_insist(sync_reply_read(line_of(out), arena, &again, NULL) == OK);
        fuzz_insist(again.origin_count == reply.origin_count && again.got == reply.got);
        uint8_t state[SYNC_STATE_SIZE];
        sync_state(reply.ack.origin, reply.feeds, reply.feed_count, state);
    }
}

static void try_row(struct span text, struct arena *arena, struct buf *out)
{
    struct sync_row row;
    struct sync_row again;
    if (sync_row_read(text, arena, &row, NULL) == OK) {
        sync_row_write(&row, out);
        fuzz_insist(sync_row_read(line_of(out), arena, &again, NULL) == OK);
        fuzz_insist(again.kind == row.kind && again.dead_count == row.dead_count);
    }
}

/* A fuzzer doesn't guess checksums: beyond base32 it gets with unchanged seeds only. */
static void try_code(struct span text, struct arena *arena, struct buf *out)
{
    struct enrol_code code;
    if (enrol_code_read(text, arena, &code, NULL) == OK) {
        fuzz_insist(enrol_code_write(&code, out) == OK);
    }
}

static void try_enrol(struct span text, struct arena *arena)
{
    struct enrol_request request;
    if (enrol_request_read(text, arena, &request, NULL) == OK) {
        (void)enrol_request_verify(&request, request.node);
    }
}

/* The code is one for an organisation whose key is all zeros, as in the seed. */
static void try_answer(struct span text, struct arena *arena, struct buf *out)
{
    struct enrol_code code = {.pin_count = 0};
    struct enrol_answer answer;
    struct public_key zeros = {{0}};
    enrol_fingerprint(&zeros, code.org_fingerprint);
    if (enrol_answer_read(text, &code, arena, &answer, NULL) == OK) {
        fuzz_insist(id_equal(answer.hub, code.hub));
        fuzz_insist(enrol_answer_write(&answer, out) == OK);
        fuzz_insist(enrol_answer_read(buf_span(out), &code, arena, &answer, NULL) == OK);
    }
}

static void try_packed(struct span text, struct buf *out)
{
    struct pack *pack = NULL;
    fuzz_insist(pack_new(fuzz_mem(), &pack) == OK);
    if (pack_read(pack, 1, text, out, NULL) == OK) {
        fuzz_insist(out->size <= WIRE_PLAIN_MAX);
    }
    pack_free(pack);
}

static void try_text(enum target target, struct span text, struct arena *arena, struct buf *out)
{
    switch (target) {
    case ENVELOPE:
        try_envelope(text);
        break;
    case BATCH:
        try_batch(text, out);
        break;
    case OP_LINE:
        if (gone_line_is(text)) {
            try_gone_line(text, arena, out);
        } else {
            try_op_line(text, out);
        }
        break;
    case REQUEST:
        try_request(text, arena, out);
        break;
    case REPLY:
        try_reply(text, arena, out);
        break;
    case ROW:
        try_row(text, arena, out);
        break;
    case CODE:
        try_code(text, arena, out);
        break;
    case ENROL:
        try_enrol(text, arena);
        break;
    case ANSWER:
        try_answer(text, arena, out);
        break;
    case PACKED:
    case TARGETS:
        try_packed(text, out);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena arena;
    struct buf out;
    arena_init(&arena, fuzz_mem(), FUZZ_ARENA_MAX);
    buf_init(&out, fuzz_mem(), WIRE_PLAIN_MAX);
    try_text((enum target)(data[0] % TARGETS), span_from(data + 1, size - 1), &arena, &out);
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
