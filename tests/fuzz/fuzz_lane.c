/*
 * What crosses the wire beside a sync: the attachments' lane, snapshots and their columns, and a
 * code whose checksum is right. The first byte chooses the reader, the rest is the text.
 */
#include <string.h>

#include "blob_message.h"
#include "code.h"
#include "columns.h"
#include "enrol_message.h"
#include "fuzz.h"
#include "hash.h"
#include "snapshot_message.h"

enum target { ASK, REPLY, SNAPSHOT, PIECE, FRAME, COLUMNS, TEXT, CODE, TARGETS };

#define CHECKSUM_SIZE 4
#define COLUMNS_ARENA (64u << 20)

static struct span line_of(const struct buf *buf)
{
    fuzz_insist(buf_error(buf) == OK && buf->size > 0);
    return span_cut(buf_span(buf), 0, buf->size - 1);
}

static void try_ask(struct span text, struct arena *arena, struct buf *out)
{
    struct blob_request request, again;
    struct span bytes, same;
    if (blob_request_read(text, arena, &request, &bytes, NULL) == OK) {
        blob_request_write(&request, out);
        buf_add_span(out, bytes);
        fuzz_insist(blob_request_read(buf_span(out), arena, &again, &same, NULL) == OK);
        fuzz_insist(span_equal(bytes, same) && again.ask_count == request.ask_count &&
                    again.want_count == request.want_count && again.has_put == request.has_put &&
                    again.has_get == request.has_get);
    }
}

static void try_reply(struct span text, struct arena *arena, struct buf *out)
{
    struct blob_reply reply, again;
    struct span bytes, same;
    if (blob_reply_read(text, arena, &reply, &bytes, NULL) == OK) {
        blob_reply_write(&reply, out);
        buf_add_span(out, bytes);
        fuzz_insist(blob_reply_read(buf_span(out), arena, &again, &same, NULL) == OK);
        fuzz_insist(span_equal(bytes, same) && again.ask_count == reply.ask_count &&
                    again.stable_count == reply.stable_count && again.get == reply.get);
    }
}

static void try_snapshot(struct span text, struct arena *arena, struct buf *out)
{
    struct snapshot_request request, again;
    if (snapshot_request_read(text, arena, &request, NULL) == OK) {
        snapshot_request_write(&request, out);
        fuzz_insist(snapshot_request_read(line_of(out), arena, &again, NULL) == OK);
        fuzz_insist(id_equal(again.snapshot, request.snapshot) && again.from == request.from &&
                    again.frame == request.frame);
    }
}

static void try_piece(struct span body, struct buf *out)
{
    struct snapshot_piece piece;
    if (snapshot_piece_read(body, &piece, NULL) == OK) {
        snapshot_piece_write(&piece, out);
        fuzz_insist(span_equal(buf_span(out), body));
    }
}

static void try_frame(struct span frame, struct arena *arena, struct buf *out)
{
    struct pack *pack = NULL;
    fuzz_insist(pack_new(fuzz_mem(), &pack) == OK);
    if (snapshot_frame_read(pack, frame, arena, out, NULL) == OK) {
        fuzz_insist(out->size <= WIRE_PLAIN_MAX);
    }
    pack_free(pack);
}

static void try_columns(struct span columns, struct arena *arena, struct buf *out)
{
    if (columns_read(columns, arena, out, NULL) == OK) {
        fuzz_insist(out->size <= WIRE_PLAIN_MAX);
    }
}

/* Any text that has columns comes back to the byte. */
static void try_text(struct span text, struct arena *arena, struct buf *out)
{
    struct buf columns;
    buf_init(&columns, fuzz_mem(), WIRE_PLAIN_MAX);
    if (columns_write(text, arena, &columns) == OK) {
        fuzz_insist(columns_read(buf_span(&columns), arena, out, NULL) == OK);
        fuzz_insist(span_equal(buf_span(out), text));
    }
    buf_release(&columns);
}

/* A fuzzer doesn't guess a checksum, so it is given. */
static void try_code(struct span text, struct arena *arena, struct buf *out)
{
    struct hash_state state;
    struct hash hash;
    struct enrol_code code;
    struct buf plain;
    buf_init(&plain, fuzz_mem(), WIRE_LINE_MAX);
    hash_begin(&state, "douar-code-1");
    hash_add(&state, text.data, text.size);
    hash_end(&state, &hash);
    buf_add_span(&plain, text);
    buf_add(&plain, hash.bytes, CHECKSUM_SIZE);
    buf_add_text(out, "DOUAR1-");
    base32_add(out, buf_span(&plain));
    if (enrol_code_read(buf_span(out), arena, &code, NULL) == OK) {
        buf_clear(out);
        fuzz_insist(enrol_code_write(&code, out) == OK);
        fuzz_insist(enrol_code_read(buf_span(out), arena, &code, NULL) == OK);
    }
    buf_release(&plain);
}

static void try_target(enum target target, struct span text, struct arena *arena, struct buf *out)
{
    switch (target) {
    case ASK:
        try_ask(text, arena, out);
        break;
    case REPLY:
        try_reply(text, arena, out);
        break;
    case SNAPSHOT:
        try_snapshot(text, arena, out);
        break;
    case PIECE:
        try_piece(text, out);
        break;
    case FRAME:
        try_frame(text, arena, out);
        break;
    case COLUMNS:
        try_columns(text, arena, out);
        break;
    case TEXT:
        try_text(text, arena, out);
        break;
    case CODE:
    case TARGETS:
        try_code(text, arena, out);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf out;
    if (size == 0) {
        return 0;
    }
    arena_init(&arena, fuzz_mem(), COLUMNS_ARENA);
    buf_init(&out, fuzz_mem(), WIRE_PLAIN_MAX);
    try_target((enum target)(data[0] % TARGETS), span_from(data + 1, size - 1), &arena, &out);
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
