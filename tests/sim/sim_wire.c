/*
 * sim_wire.c - reading along: which ops have left a node, what a server has acknowledged.
 */
#include <inttypes.h>

#include "batch.h"
#include "envelope.h"
#include "gone_line.h"
#include "sim_check.h"
#include "sim_network.h"
#include "sync_message.h"

#define WIRE_ARENA_MAX (64u * 1024 * 1024)

struct reading {
    struct sim_world *world;
    struct arena arena;
    struct buf text;
};

static enum err reading_open(struct reading *reading, struct sim_world *world, uint8_t dictionary,
                             struct span packed)
{
    *reading = (struct reading){.world = world};
    arena_init(&reading->arena, &world->mem, WIRE_ARENA_MAX);
    buf_init(&reading->text, &world->mem, WIRE_PLAIN_MAX);
    return pack_read(world->pack, dictionary, packed, &reading->text, NULL);
}

static void reading_close(struct reading *reading)
{
    buf_release(&reading->text);
    arena_release(&reading->arena);
}

/* One op of a batch, or what a hub that collected it says in its place. */
static enum err read_op(struct reading *reading, struct span line, struct op *ret)
{
    struct span body;
    bool has_signature = false;
    struct signature signature;
    if (gone_line_is(line)) {
        reading->world->counters.gone_relayed++;
        return gone_line_read(line, &reading->arena, ret, NULL);
    }
    enum err e = op_line_read(line, &body, &has_signature, &signature, NULL);
    return e ? e : op_read(body, &reading->arena, ret, NULL);
}

static enum err read_batch(struct reading *reading, struct sim_node *node, struct span *rest)
{
    struct span line;
    struct batch batch;
    struct op op;
    enum err e = span_split(rest, '\n', &line) ? batch_read_line(line, &batch, NULL) : ERR_FORMAT;
    for (int64_t i = 0; !e && i < batch.count; i++) {
        e = span_split(rest, '\n', &line) ? read_op(reading, line, &op) : ERR_FORMAT;
        struct sim_birth *birth = e ? NULL : births_find(&reading->world->births, op.uid);
        if (!e && (!birth || birth->undone)) {
            world_fail(reading->world, "%s sends an op that %s", node->name,
                       birth ? "was undone" : "nobody wrote");
            return OK;
        }
        if (!e) {
            birth->sent = true;
        }
    }
    return e;
}

/* What a reconcile hands over has all been written by somebody. */
static enum err read_hands(struct reading *reading, struct sim_node *node, int64_t count,
                           struct span *rest)
{
    enum err e = OK;
    for (int64_t i = 0; !e && i < count; i++) {
        struct span line;
        struct sync_row row;
        struct op op;
        e = span_split(rest, '\n', &line) ? sync_row_read(line, &reading->arena, &row, NULL)
                                          : ERR_FORMAT;
        if (!e && row.kind == ROW_OP) {
            e = op_read(row.body, &reading->arena, &op, NULL);
            reading->world->counters.handed_over++;
        }
        struct sim_birth *birth =
            e || row.kind != ROW_OP ? NULL : births_find(&reading->world->births, op.uid);
        if (!e && row.kind == ROW_OP && !birth) { /* the region redacts by itself, too */
            (void)check_births(&reading->world->nodes[SIM_REGION], NULL);
            birth = births_find(&reading->world->births, op.uid);
        }
        if (!e && row.kind == ROW_OP && (!birth || birth->undone)) {
            world_fail(reading->world, "%s hands over an op that %s", node->name,
                       birth ? "was undone" : "nobody wrote");
        }
    }
    return e;
}

void wire_note_sent(struct sim_node *node, struct span body)
{
    struct reading reading;
    struct envelope envelope;
    struct span line;
    enum err e = envelope_read(body, &envelope, NULL);
    if (!e) {
        e = reading_open(&reading, node->world, envelope.dictionary, envelope.packed);
        struct span rest = buf_span(&reading.text);
        struct sync_request request;
        if (!e) {
            e = span_split(&rest, '\n', &line)
                    ? sync_request_read(line, &reading.arena, &request, NULL)
                    : ERR_FORMAT;
        }
        if (!e) {
            e = read_hands(&reading, node, request.hand_count, &rest);
        }
        while (!e && rest.size > 0) {
            e = read_batch(&reading, node, &rest);
        }
        reading_close(&reading);
    }
    if (e) {
        world_fail(node->world, "%s sends a request that can't be read: %s", node->name,
                   err_name(e));
    }
}

static void note(struct sim_node *server, const char *caller, struct id what, int64_t seq)
{
    struct sim_told *told = NULL;
    for (size_t i = 0; i < server->told_count && !told; i++) {
        told = id_equal(server->told[i].origin, what) ? &server->told[i] : NULL;
    }
    if (!told && server->told_count < sizeof server->told / sizeof server->told[0]) {
        told = &server->told[server->told_count++];
        *told = (struct sim_told){.origin = what};
    }
    if (told && seq < told->seq) {
        world_fail(server->world, "%s acknowledges %" PRId64 " to %s after %" PRId64, server->name,
                   seq, caller, told->seq);
    }
    if (told) {
        told->seq = seq;
    }
}

void wire_note_told(struct sim_node *server, const struct sim_node *caller, struct span body)
{
    struct reading reading;
    struct sync_reply reply;
    struct span line;
    enum err e = body.size > 0 ? OK : ERR_FORMAT;
    if (!e) {
        e = reading_open(&reading, server->world, body.data[0], span_cut(body, 1, body.size - 1));
        struct span rest = buf_span(&reading.text);
        if (!e) {
            e = span_split(&rest, '\n', &line) ? sync_reply_read(line, &reading.arena, &reply, NULL)
                                               : ERR_FORMAT;
        }
        if (!e && reply.has_ack) {
            note(server, caller->name, reply.ack.origin, reply.ack.seq);
        }
        if (!e && reply.has_stable) {
            stable_check(server, reply.stable.origin, reply.stable.seq);
        }
        for (size_t i = 0; !e && i < reply.stable_point_count; i++) {
            stable_check(server, reply.stable_points[i].origin, reply.stable_points[i].seq);
        }
        reading_close(&reading);
    }
    if (e) {
        world_fail(server->world, "%s answers what can't be read: %s", server->name, err_name(e));
    }
}
