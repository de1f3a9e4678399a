#include "sim_liar.h"

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "envelope.h"
#include "gone_line.h"
#include "sim_actions.h"
#include "sim_check.h"
#include "sync_message.h"

#define LIAR         1 /* node 1, which is a hub */
#define LINES_MOST   40000
#define LIE_ARENA    (64u * 1024 * 1024)
#define LIES_OF_1000 250

enum lie { LIE_ALTER, LIE_DROP, LIE_REORDER, LIE_REPEAT, LIE_GONE, LIE_KINDS };

/* A request taken apart. */
struct forging {
    struct sim_world *world;
    struct arena arena;
    struct buf text, packed;
    struct envelope envelope;
    struct span *lines;
    size_t line_count;
    size_t first, op_count; /* of the batch lied about: its head's line, how many follow */
};

bool liar_is_here(const struct sim_world *world)
{
    return world->options.seed % 10 == 9;
}

/* ---- taking apart */

static bool take_apart(struct forging *f, struct span body)
{
    if (envelope_read(body, &f->envelope, NULL) ||
        pack_read(f->world->pack, f->envelope.dictionary, f->envelope.packed, &f->text, NULL)) {
        return false;
    }
    struct span rest = buf_span(&f->text);
    f->lines = arena_array(&f->arena, LINES_MOST, sizeof *f->lines);
    while (f->lines && f->line_count < LINES_MOST &&
           span_split(&rest, '\n', &f->lines[f->line_count])) {
        f->line_count++;
    }
    return f->lines && rest.size == 0 && f->line_count > 0;
}

/* One of the batches that it relays for somebody else. */
static bool choose_batch(struct forging *f)
{
    struct sync_request request;
    size_t seen = 0;
    if (sync_request_read(f->lines[0], &f->arena, &request, NULL)) {
        return false;
    }
    for (size_t i = 1 + (size_t)request.hand_count; i < f->line_count;) {
        struct batch batch;
        if (batch_read_line(f->lines[i], &batch, NULL)) {
            return false;
        }
        if (batch.has_node && rng_below(&f->world->rng, ++seen) == 0) {
            f->first = i;
            f->op_count = (size_t)batch.count;
        }
        i += 1 + (size_t)batch.count;
    }
    return seen > 0;
}

/* ---- lying */

static void swap_lines(struct span *a, struct span *b)
{
    struct span kept = *a;
    *a = *b;
    *b = kept;
}

/* One letter or digit of the values becomes another. */
static bool alter(struct forging *f)
{
    struct span *line = &f->lines[f->first + 1 + rng_below(&f->world->rng, f->op_count)];
    uint8_t *copy = arena_alloc(&f->arena, line->size + 1);
    for (int tries = 0; copy && tries < 64 && !gone_line_is(*line); tries++) {
        size_t at = line->size / 2 + rng_below(&f->world->rng, line->size - line->size / 2);
        uint8_t was = line->data[at];
        if ((was >= 'a' && was < 'z') || (was >= '0' && was < '9')) {
            memcpy(copy, line->data, line->size);
            copy[at] = (uint8_t)(was + 1);
            line->data = copy;
            return true;
        }
    }
    return false;
}

static void remove_lines(struct forging *f, size_t first, size_t count)
{
    memmove(&f->lines[first], &f->lines[first + count],
            (f->line_count - first - count) * sizeof *f->lines);
    f->line_count -= count;
}

static bool repeat(struct forging *f)
{
    size_t count = 1 + f->op_count;
    if (f->line_count + count > LINES_MOST) {
        return false;
    }
    memcpy(&f->lines[f->line_count], &f->lines[f->first], count * sizeof *f->lines);
    f->line_count += count;
    return true;
}

/* It says of an op that it was to hand over that it has let go of it. A region that was put back
   has to believe that. */
static bool say_gone(struct forging *f)
{
    struct span *line = &f->lines[f->first + 1 + rng_below(&f->world->rng, f->op_count)];
    struct span body = {0};
    struct signature signature;
    struct op op;
    bool has_signature = false;
    if (f->world->servers_put_back || gone_line_is(*line) ||
        op_line_read(*line, &body, &has_signature, &signature, NULL) ||
        op_read(body, &f->arena, &op, NULL)) {
        return false;
    }
    struct buf text;
    struct span said = {0};
    buf_init(&text, &f->world->mem, WIRE_LINE_MAX);
    gone_line_write(&op, &text);
    bool done = !buf_error(&text) && !arena_copy(&f->arena, buf_span(&text), &said);
    buf_release(&text);
    if (done) {
        *line = span_cut(said, 0, said.size - 1);
    }
    return done;
}

static bool lie(struct forging *f)
{
    struct sim_counters *counters = &f->world->counters;
    bool done = true;
    switch ((enum lie)rng_below(&f->world->rng, LIE_KINDS)) {
    case LIE_ALTER:
        done = alter(f);
        counters->lie_altered += done;
        break;
    case LIE_DROP:
        remove_lines(f, f->first, 1 + f->op_count);
        counters->lie_dropped++;
        break;
    case LIE_REORDER:
        done = f->op_count > 1;
        if (done) {
            swap_lines(&f->lines[f->first + 1], &f->lines[f->first + f->op_count]);
        }
        counters->lie_reordered += done;
        break;
    case LIE_REPEAT:
        done = repeat(f);
        counters->lie_repeated += done;
        break;
    case LIE_GONE:
        done = say_gone(f);
        counters->lie_gone += done;
        break;
    case LIE_KINDS:
        break;
    }
    return done;
}

/* ---- together again, under its own signature */

static bool put_together(struct forging *f, struct sim_node *node, struct buf *ret)
{
    struct secret_key key;
    struct buf text;
    buf_init(&text, &f->world->mem, WIRE_PLAIN_MAX);
    for (size_t i = 0; i < f->line_count; i++) {
        buf_add_span(&text, f->lines[i]);
        buf_add_byte(&text, '\n');
    }
    enum err e = buf_error(&text);
    if (!e) {
        e = pack_write(f->world->pack, buf_span(&text), &f->packed, &f->envelope.dictionary);
    }
    buf_release(&text);
    if (!e) {
        e = node_secret(node->call.node, &key);
    }
    if (e) {
        return false;
    }
    f->envelope.packed = buf_span(&f->packed);
    buf_clear(ret);
    return envelope_write(&f->envelope, "/v1/sync", f->world->nodes[SIM_REGION].id, &key, ret) ==
           OK;
}

void liar_forge(struct sim_node *node, struct buf *request)
{
    struct sim_world *world = node->world;
    if (!liar_is_here(world) || node->index != LIAR || !rng_chance(&world->rng, LIES_OF_1000) ||
        !world->faults) {
        return;
    }
    struct forging f = {.world = world};
    arena_init(&f.arena, &world->mem, LIE_ARENA);
    buf_init(&f.text, &world->mem, WIRE_PLAIN_MAX);
    buf_init(&f.packed, &world->mem, WIRE_PACKED_MAX);
    if (take_apart(&f, buf_span(request)) && choose_batch(&f) && lie(&f)) {
        world_say(world, "%s lies about a batch of %zu ops", node->name, f.op_count);
        if (!put_together(&f, node, request)) {
            world_fail(world, "the simulator can't forge a request");
        }
    }
    buf_release(&f.packed);
    buf_release(&f.text);
    arena_release(&f.arena);
}

/* ---- what came of it */

void liar_throw_out(struct sim_world *world)
{
    const struct sim_counters *counters = &world->counters;
    struct sim_node *hub = &world->nodes[LIAR];
    if (counters->lie_altered + counters->lie_dropped + counters->lie_reordered +
                counters->lie_gone ==
            0 ||
        !hub->svc) {
        return;
    }
    world->counters.lie_noticed +=
        (uint64_t)eye_number(&world->nodes[SIM_REGION],
                             "SELECT (SELECT count(*) FROM quarantine) + (SELECT count(*) FROM"
                             " op o JOIN origin g ON g.id = o.origin WHERE o.seq > g.seq)");
    replace_hub(hub);
}

void liar_check(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        sqlite3_stmt *s = eye_ask(node, "SELECT uid FROM op");
        while (s && sqlite3_step(s) == SQLITE_ROW) {
            struct id uid;
            memcpy(uid.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
            if (!births_find(&world->births, uid)) {
                world_fail(world, "%s holds an op that nobody wrote", node->name);
                break;
            }
        }
        (void)sqlite3_finalize(s);
    }
}
