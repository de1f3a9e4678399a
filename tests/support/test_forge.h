/*
 * test_forge.h - requests that no honest node would send, signed with the key of an enrolled one.
 *
 *     struct forge forge;
 *     forge_open(&forge, &town->nodes, town->hub, town->b);
 *     forge_op(&forge, &(struct forged){"household", entity, "base", regs, 1, "{..}"});
 *     forge_batch(&forge, NULL);
 *     assert_int_equal(forge_send(&forge), 200);
 *     ... forge_text(&forge) is the reply, plain
 *     forge_release(&forge);
 *
 * Ops go under an origin of the forger's own, so that what is refused is the deed and not a
 * number. Everything in `request` may be changed before forge_send().
 */
#ifndef TEST_FORGE_H
#define TEST_FORGE_H

#include "envelope.h"
#include "node_internal.h"
#include "sync_message.h"
#include "test_nodes.h"

struct forge {
    struct test_nodes *nodes;
    struct node *server;
    struct id node;
    struct secret_key key;
    struct id hub;
    uint64_t epoch, ratchet;
    struct id origin;
    int64_t seq;      /* of the last op that was batched */
    struct link link; /* at `seq` */
    struct sync_request request;
    struct buf lines; /* ops of the next batch */
    int64_t line_count;
    struct link line_link;
    struct buf batches;
    struct buf body, reply, plain;
    struct arena arena;
};

struct forged {
    const char *type;
    struct id entity;
    const char *compartment;
    struct op_register *registers;
    size_t register_count;
    const char *values; /* JSON object */
    /* optional */
    struct id person;
    int64_t time_ms;                  /* 0: now */
    const struct secret_key *org_key; /* signs it for the organisation */
    const char *extra;                /* NULL: {} */
};

static inline struct id forge_random(struct forge *forge)
{
    struct id id;
    nodes_random(forge->nodes, id.bytes, ID_SIZE);
    return id;
}

static inline void forge_new_origin(struct forge *forge, struct id origin)
{
    forge->origin = origin;
    forge->seq = 0;
    forge->link = forge->line_link = link_first(origin);
}

static inline void forge_open(struct forge *forge, struct test_nodes *nodes, struct node *server,
                              struct node *node)
{
    struct node_identity me;
    struct node_identity hub;
    *forge = (struct forge){.nodes = nodes, .server = server};
    assert_int_equal(node_identity(node, &me), OK);
    assert_int_equal(node_secret(node, &forge->key), OK);
    assert_int_equal(node_identity(server, &hub), OK);
    forge->node = me.id;
    forge->hub = hub.id;
    forge->epoch = hub.epoch;
    forge->request = (struct sync_request){.clock_ms = nodes->now_ms, .max_size = WIRE_REPLY_MAX};
    buf_init(&forge->lines, &nodes->host.mem, 16u << 20);
    buf_init(&forge->batches, &nodes->host.mem, 32u << 20);
    buf_init(&forge->body, &nodes->host.mem, 8u << 20);
    buf_init(&forge->reply, &nodes->host.mem, 32u << 20);
    buf_init(&forge->plain, &nodes->host.mem, 32u << 20);
    arena_init(&forge->arena, &nodes->host.mem, 64u << 20);
    forge_new_origin(forge, forge_random(forge));
}

static inline void forge_release(struct forge *forge)
{
    buf_release(&forge->lines);
    buf_release(&forge->batches);
    buf_release(&forge->body);
    buf_release(&forge->reply);
    buf_release(&forge->plain);
    arena_release(&forge->arena);
}

/* One op line; returns its uid. */
static inline struct id forge_op(struct forge *forge, const struct forged *what)
{
    struct buf body;
    struct op read;
    struct signature signature;
    struct op op = {.known_format = true,
                    .stamp = {.time_ms = what->time_ms ? what->time_ms : forge->nodes->now_ms},
                    .person = what->person,
                    .entity = what->entity,
                    .type = span_of(what->type),
                    .type_version = 1,
                    .kind = OP_SAVE,
                    .kind_name = span_of("save"),
                    .compartment = span_of(what->compartment),
                    .registers = what->registers,
                    .register_count = what->register_count,
                    .extra = span_of(what->extra ? what->extra : "{}"),
                    .values = span_of(what->values)};
    nodes_random(forge->nodes, &op.salt, sizeof op.salt);
    buf_init(&body, &forge->nodes->host.mem, OP_BODY_MAX);
    enum err e = op_write(&op, &body);
    if (!e) {
        e = op_read(buf_span(&body), &forge->arena, &read, NULL);
    }
    if (e) {
        fail_msg("forge_op: %s", err_name(e));
    }
    if (what->org_key) {
        org_sign(&read.hash, what->org_key, &signature);
    }
    op_line_write(buf_span(&body), what->org_key ? &signature : NULL, &forge->lines);
    forge->line_link = link_next(forge->line_link, &read.hash);
    forge->line_count++;
    buf_release(&body);
    return read.uid;
}

/* Signs the ops since the last call as a batch; `over` (may be NULL) changes the line before. */
static inline void forge_batch(struct forge *forge,
                               void (*over)(struct batch *batch, const struct forge *forge))
{
    struct batch batch = {.origin = forge->origin,
                          .from = forge->seq + 1,
                          .count = forge->line_count,
                          .has_prev = forge->seq > 0,
                          .prev = forge->link,
                          .link = forge->line_link,
                          .has_open = forge->seq == 0};
    batch_sign_open(forge->origin, forge->node, &forge->key, &batch.open);
    batch_sign(&batch, &forge->key);
    if (over) {
        over(&batch, forge);
    }
    batch_write_line(&batch, &forge->batches);
    buf_add_span(&forge->batches, buf_span(&forge->lines));
    buf_clear(&forge->lines);
    forge->seq += forge->line_count;
    forge->line_count = 0;
    forge->link = forge->line_link;
}

/* Says in each batch line who wrote it, as a relay must. */
static inline void forge_authored(struct batch *batch, const struct forge *forge)
{
    batch->has_node = true;
    batch->node = forge->node;
    batch->has_open = true;
}

/* Hands what `author` batched to a relay, as its next batches `from` + 1 .. `to`. */
static inline void forge_relay(struct forge *relay, struct forge *author, int64_t from, int64_t to)
{
    relay->request.has_relay = true;
    relay->request.relay_from = from;
    relay->request.relay_to = to;
    relay->request.relay_epoch = 1;
    buf_add_span(&relay->batches, buf_span(&author->batches));
    buf_clear(&author->batches);
}

static inline void forge_seal(struct forge *forge)
{
    struct buf text;
    struct buf packed;
    struct envelope envelope = {
        .node = forge->node, .epoch = forge->epoch, .ratchet = forge->ratchet};
    buf_init(&text, &forge->nodes->host.mem, 32u << 20);
    buf_init(&packed, &forge->nodes->host.mem, 8u << 20);
    sync_request_write(&forge->request, &text);
    buf_add_span(&text, buf_span(&forge->batches));
    assert_int_equal(pack_write(forge->nodes->pack, buf_span(&text), &packed, &envelope.dictionary),
                     OK);
    envelope.packed = buf_span(&packed);
    buf_clear(&forge->body);
    assert_int_equal(envelope_write(&envelope, "/v1/sync", forge->hub, &forge->key, &forge->body),
                     OK);
    buf_release(&packed);
    buf_release(&text);
}

/* The status; what was batched is gone then. A stale ratchet is signed anew, as a caller does. */
static inline int forge_send(struct forge *forge)
{
    int status = 0;
    for (int i = 0; i < 2; i++) {
        struct json *json = NULL;
        uint8_t ratchet[8];
        struct id head = {{0}};
        forge_seal(forge);
        buf_clear(&forge->reply);
        status = nodes_answer(forge->nodes, forge->server, buf_span(&forge->body), &forge->reply);
        if (status != 409 || json_parse(buf_span(&forge->reply), &json, NULL)) {
            break;
        }
        bool stale = base64_read(json_span(json_get(json, "ratchet")), ratchet, sizeof ratchet);
        json_free(json);
        if (!stale) {
            break;
        }
        memcpy(head.bytes, ratchet, sizeof ratchet);
        forge->ratchet = id_prefix8(head);
    }
    buf_clear(&forge->batches);
    buf_clear(&forge->plain);
    if (status == 200) {
        struct span packed = span_cut(buf_span(&forge->reply), REPLY_TAG_SIZE, forge->reply.size);
        assert_int_equal(pack_read(forge->nodes->pack, packed.data[0],
                                   span_cut(packed, 1, packed.size - 1), &forge->plain, NULL),
                         OK);
    }
    return status;
}

/* The reply as text: its plain lines, or the error. */
static inline const char *forge_text(struct forge *forge)
{
    return forge->plain.size > 0 ? buf_text(&forge->plain) : buf_text(&forge->reply);
}

static inline bool forge_says(struct forge *forge, const char *text)
{
    return strstr(forge_text(forge), text) != NULL;
}

/* Does a row other than an op's (ENTER, LEAVE, DEAD ..) say it? Definitions name every register. */
static inline bool forge_tells(struct forge *forge, const char *text)
{
    struct span rest = buf_span(&forge->plain);
    struct span line;
    char row[4000];
    (void)span_split(&rest, '\n', &line);
    while (span_split(&rest, '\n', &line)) {
        assert_true(line.size > 0);
        span_text(line, row, sizeof row);
        if (row[0] == '{' && strstr(row, text)) {
            return true;
        }
    }
    return false;
}

static inline bool forge_names(struct forge *forge, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    return forge_says(forge, text);
}

static inline struct id forge_household(struct forge *forge, struct id entity, const char *place)
{
    char values[128];
    struct op_register regs[] = {{span_of("_scope"), NULL, 0}, {span_of("head_name_ar"), NULL, 0}};
    (void)snprintf(values, sizeof values, "{\"_scope\":\"%s\",\"head_name_ar\":\"x\"}", place);
    return forge_op(forge, &(struct forged){.type = "household",
                                            .entity = entity,
                                            .compartment = "base",
                                            .registers = regs,
                                            .register_count = 2,
                                            .values = values});
}

/* ---- looking inside a node */

static inline struct held_op forge_held(struct node *node, struct id uid)
{
    struct held_op held;
    assert_int_equal(log_find(node, uid, &held), OK);
    return held;
}

/* How far an origin is known without a gap; -1: not known. */
static inline int64_t forge_origin_seq(struct node *node, struct id origin)
{
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, origin.bytes, ID_SIZE);
    int64_t seq = stmt_row(s) ? stmt_i64(s, 3) : -1;
    assert_int_equal(stmt_end(s), OK);
    return seq;
}

static inline int64_t forge_entity(struct node *node, struct id entity)
{
    struct entity_row row;
    assert_int_equal(entity_find(node, entity, &row), OK);
    return row.id;
}

/* The only live op of a register; 0 when there are none or several. */
static inline uint64_t forge_live(struct forge *forge, struct node *node, struct id entity,
                                  const char *reg)
{
    int64_t symbol = 0;
    struct live_op *live = NULL;
    size_t count = 0;
    assert_int_equal(symbol_find(node, span_of(reg), &symbol), OK);
    assert_int_equal(
        log_live(node, forge_entity(node, entity), symbol, &forge->arena, &live, &count), OK);
    return count == 1 ? live[0].uid8 : 0;
}

#endif
