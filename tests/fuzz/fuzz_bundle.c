/*
 * What comes on a stick. The first byte chooses: bytes as a file, which must not pass its check; or
 * as what a sender sealed into one, which the reader takes apart into frames and writes again.
 */
#include <string.h>

#include "bundle.h"
#include "bundle_files.h"
#include "enrol_message.h"
#include "fuzz.h"

#define FILE_MAX (4u * 1024 * 1024)

static void try_file(struct span file, size_t piece)
{
    struct bundle_check check;
    struct bundle_parties parties;
    bundle_check_begin(&check);
    for (size_t at = 0; at < file.size; at += piece) {
        bundle_check_add(&check,
                         span_cut(file, at, piece < file.size - at ? piece : file.size - at));
    }
    fuzz_insist(bundle_check_end(&check, &parties, NULL) != OK);
}

static void put_plain(struct bundle_writer *writer, struct span plain)
{
    size_t size = plain.size < BUNDLE_CHUNK - 1 ? plain.size : BUNDLE_CHUNK - 1;
    memcpy(writer->plain, plain.data, size);
    writer->held = size;
}

/* Seals `plain` as one chunk from `sender` for itself. */
static void write_file(struct bundle_writer *writer, const struct secret_key *sender,
                       const struct public_key *key, struct span plain, struct buf *ret)
{
    uint8_t random[BUNDLE_RANDOM_SIZE] = {7};
    struct bundle_parties parties = {.sender_key = *key};
    fuzz_insist(bundle_write_begin(writer, &parties, key, random, ret) == OK);
    put_plain(writer, plain);
    bundle_write_end(writer, sender, ret);
    fuzz_insist(buf_error(ret) == OK);
}

static void try_head(struct span body, struct arena *arena)
{
    struct bundle_head head;
    struct bundle_head again;
    struct buf out;
    buf_init(&out, fuzz_mem(), 2 * WIRE_LINE_MAX);
    if (bundle_head_read(body, arena, &head, NULL) == OK) {
        bundle_head_write(&head, &out);
        fuzz_insist(bundle_head_read(buf_span(&out), arena, &again, NULL) == OK);
        fuzz_insist(again.has_epoch == head.has_epoch &&
                    (!head.has_epoch || again.feed_count == head.feed_count));
    }
    buf_release(&out);
}

static void try_files(struct span body, struct arena *arena)
{
    struct bundle_files files, again;
    struct span bytes, same;
    struct buf out;
    buf_init(&out, fuzz_mem(), 2 * WIRE_BLOB_LINE + WIRE_BLOB_CHUNK);
    if (bundle_files_read(body, arena, &files, &bytes, NULL) == OK) {
        bundle_files_write(&files, &out);
        buf_add_span(&out, bytes);
        fuzz_insist(bundle_files_read(buf_span(&out), arena, &again, &same, NULL) == OK);
        fuzz_insist(span_equal(bytes, same) && again.ask_count == files.ask_count &&
                    again.want_count == files.want_count && again.told_count == files.told_count &&
                    again.has_put == files.has_put);
    }
    buf_release(&out);
}

static void try_enrolment(enum bundle_kind kind, struct span body, struct arena *arena)
{
    struct enrol_code code = {.has_key = false};
    struct enrol_request request;
    struct enrol_answer answer;
    struct buf out;
    buf_init(&out, fuzz_mem(), 2 * WIRE_ANSWER_MAX);
    if (kind == BUNDLE_ENROL && enrol_request_read(body, arena, &request, NULL) == OK) {
        (void)enrol_request_verify(&request, code.hub);
    }
    if (kind == BUNDLE_ENROLLED && enrol_answer_read(body, &code, arena, &answer, NULL) == OK) {
        fuzz_insist(enrol_answer_write(&answer, &out) == OK);
    }
    buf_release(&out);
}

static void read_frames(struct bundle_reader *reader, struct arena *arena)
{
    bool found = true;
    while (found) {
        enum bundle_kind kind = BUNDLE_HEAD;
        struct span body = {0};
        if (bundle_next_frame(reader, &found, &kind, &body, NULL)) {
            return;
        }
        if (found && kind == BUNDLE_HEAD) {
            try_head(body, arena);
        } else if (found && (kind == BUNDLE_ENROL || kind == BUNDLE_ENROLLED)) {
            try_enrolment(kind, body, arena);
        } else if (found && kind == BUNDLE_FILES) {
            try_files(body, arena);
        }
    }
}

static void try_sealed(struct span plain, struct arena *arena)
{
    static struct bundle_writer writer;
    struct bundle_reader reader;
    struct bundle_check check;
    struct bundle_parties parties;
    struct public_key key;
    struct secret_key secret;
    uint8_t seed[SECRET_SEED_SIZE] = {1};
    struct buf file;
    sign_key_from_seed(seed, &key, &secret);
    buf_init(&file, fuzz_mem(), FILE_MAX);
    write_file(&writer, &secret, &key, plain, &file);
    bundle_check_begin(&check);
    bundle_check_add(&check, buf_span(&file));
    fuzz_insist(bundle_check_end(&check, &parties, NULL) == OK);
    fuzz_insist(bundle_read_begin(&reader, &check, &secret, fuzz_mem()) == OK);
    struct span chunk =
        span_cut(buf_span(&file), (size_t)bundle_chunk_offset(&reader), bundle_chunk_size(&reader));
    fuzz_insist(bundle_read_chunk(&reader, chunk) == OK && bundle_chunk_size(&reader) == 0);
    read_frames(&reader, arena);
    bundle_read_release(&reader);
    buf_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    arena_init(&arena, fuzz_mem(), 16u * 1024 * 1024);
    struct span rest = span_from(data + 1, size - 1);
    if (data[0] % 2 == 0) {
        try_file(rest, 1 + data[0]);
    } else {
        try_sealed(rest, &arena);
    }
    arena_release(&arena);
    return 0;
}
