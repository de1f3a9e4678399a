/*
 * call_space.c - what a call says of the disk, and the reserve that the last saves are made from.
 */
#include "call_put.h"
#include "num.h"
#include "reserve.h"

#define MIB          (1024u * 1024)
#define SENTENCE_MAX (16u * 1024)

/* Which sentence is due; NULL: none. */
static const char *sentence_of(const struct call *call, const struct space *space)
{
    if (call->reserve_used) {
        return "text.space_used";
    }
    if (call->waits_for_space) {
        return "text.space_waits";
    }
    return space->warn ? "text.space_low" : NULL;
}

static void put_sentence(struct call *call, const char *key, const struct space *space)
{
    char left[NUM_TEXT_SIZE];
    char pieces[NUM_TEXT_SIZE];
    const char *args[] = {left, pieces, call->home};
    struct buf text;
    num_write_i64((int64_t)(space->free_bytes / MIB), left);
    num_write_i64(space->pieces, pieces);
    buf_init(&text, &call->host->mem, SENTENCE_MAX);
    catalogues_say(call->catalogues, call->language, key, args, sizeof args / sizeof args[0],
                   &text);
    put_text(call, "message", buf_text(&text));
    buf_release(&text);
}

void call_put_space(struct call *call, bool always)
{
    struct space space = node_space(call->node);
    const char *sentence = sentence_of(call, &space);
    if (!space.known || (!always && !sentence)) {
        return;
    }
    json_name(call->out, "space");
    json_open(call->out, '{');
    put_int(call, "free", (int64_t)space.free_bytes);
    put_int(call, "reserve", space.pieces);
    put_int(call, "reserve_full", RESERVE_PIECES);
    json_name(call->out, "warn");
    json_put_bool(call->out, space.warn);
    if (sentence) {
        put_sentence(call, sentence, &space);
    }
    json_close(call->out, '}');
}

enum err call_with_reserve(struct call *call, enum err (*step)(struct call *call))
{
    struct json_writer before = *call->out;
    size_t size = before.buf->size;
    const char *database = NULL;
    int64_t leave = call->space == SPACE_SAVES ? 0 : RESERVE_SAVES;
    enum err e = call_path(call, CALL_DATABASE, &database);
    if (e) {
        return e;
    }
    e = step(call);
    while (e == ERR_DB_FULL && reserve_free(call->host, database, leave)) {
        call_reserve_used(call);
        buf_truncate(before.buf, size);
        *call->out = before;
        *call->diag = (struct diag){.code = OK};
        e = step(call);
    }
    return e;
}
