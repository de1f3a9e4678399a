/*
 * test_nodes.h - an organisation in one process for tests: a region, hubs and devices with real
 * databases in a folder, joined by function calls where the network would be.
 *
 * The clock and the randomness are the test's, so a run repeats.
 */
#ifndef TEST_NODES_H
#define TEST_NODES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "enrol_message.h"
#include "host_real.h"
#include "node.h"
#include "org.h"
#include "pack.h"
#include "record.h"
#include "save.h"
#include "serve.h"
#include "sync.h"
#include "test.h"
#include "test_schema.h"

struct test_nodes {
    struct host_real real;
    struct host host;
    char folder[128];
    int64_t now_ms;
    int64_t since_ms; /* the monotonic clock is the other minus this */
    uint64_t boot;    /* 0: unknown */
    uint64_t random;
    struct pack *pack;
};

static int64_t nodes_now(void *ctx)
{
    struct test_nodes *nodes = ctx;
    return nodes->now_ms;
}

static int64_t nodes_mono(void *ctx)
{
    struct test_nodes *nodes = ctx;
    return nodes->now_ms - nodes->since_ms;
}

static uint64_t nodes_boot(void *ctx)
{
    struct test_nodes *nodes = ctx;
    return nodes->boot;
}

static void nodes_random(void *ctx, void *ret, size_t size)
{
    struct test_nodes *nodes = ctx;
    uint8_t *bytes = ret;
    for (size_t i = 0; i < size; i++) {
        nodes->random = nodes->random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(nodes->random >> 56);
    }
}

static inline void nodes_init(struct test_nodes *nodes)
{
    const char *base = getenv("TMPDIR");
    *nodes = (struct test_nodes){.now_ms = 1795400000000, .random = 7};
    host_real_init(&nodes->real, &nodes->host);
    nodes->host.ctx = nodes;
    nodes->host.now_ms = nodes_now;
    nodes->host.mono_ms = nodes_mono;
    nodes->host.boot = nodes_boot;
    nodes->host.random = nodes_random;
    nodes->host.memory_kib = 1; /* a try of a passphrase costs the least that it may */
    (void)snprintf(nodes->folder, sizeof nodes->folder, "%s/douar-nodes-XXXXXX",
                   base ? base : "/tmp");
    assert_non_null(mkdtemp(nodes->folder));
    assert_int_equal(pack_new(&nodes->host.mem, &nodes->pack), OK);
}

static inline void nodes_release(struct test_nodes *nodes)
{
    char command[256];
    pack_free(nodes->pack);
    (void)snprintf(command, sizeof command, "rm -r '%s'", nodes->folder);
    assert_int_equal(system(command), 0);
}

static inline struct node *nodes_open(struct test_nodes *nodes, const char *name, enum role role,
                                      bool create)
{
    char path[256];
    uint8_t seed[SECRET_SEED_SIZE];
    struct node *node = NULL;
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s.db", nodes->folder, name);
    nodes_random(nodes, seed, sizeof seed);
    if (create) {
        assert_int_equal(
            node_create(&nodes->host, path, role, role == ROLE_REGION ? seed : NULL, &diag), OK);
    }
    assert_int_equal(node_open(&nodes->host, path, &node, &diag), OK);
    return node;
}

static inline void nodes_publish(struct node *node, const char *kind, const char *name,
                                 const char *definition)
{
    struct diag diag = {0};
    enum err e = org_publish(node, kind, name, span_of(definition), &diag);
    if (e) {
        fail_msg("publish %s %s: %s %s %s", kind, name, err_name(e), diag.args[0], diag.args[1]);
    }
}

struct nodes_publisher {
    struct node *region;
    const struct mem *mem;
};

static inline void nodes_publish_file(const struct json *json, const char *name, void *ctx)
{
    struct nodes_publisher *publisher = ctx;
    struct node *region = publisher->region;
    struct buf text;
    bool type = json_get(json, "properties") != NULL;
    (void)name;
    buf_init(&text, publisher->mem, 1u << 20);
    json_add_tree(&text, json);
    nodes_publish(region, type ? "_type" : "_form", json_get_text(json, type ? "type" : "form", ""),
                  buf_text(&text));
    buf_release(&text);
}

/* A region with the real types and forms, five places, and its own node record. */
static inline struct node *nodes_region(struct test_nodes *nodes)
{
    struct node *region = nodes_open(nodes, "region", ROLE_REGION, true);
    struct node_identity me;
    char definition[512];
    char id[ID_TEXT_SIZE];
    char key[64];
    assert_int_equal(node_identity(region, &me), OK);
    id_write(me.id, id);
    base64_write(me.key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(
        definition, sizeof definition,
        "{\"id\":\"%s\",\"name\":\"region\",\"role\":\"region\",\"key\":\"%s\",\"short\":"
        "\"R\",\"scopes\":[\"05\"],\"compartments\":[\"base\",\"health\"]}",
        id, key);
    nodes_publish(region, "_node", id, definition);
    static const char *const places[] = {"05",           "05.081", "05.081.03.09",
                                         "05.081.03.11", "05.301", "05.301.03.01"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(definition, sizeof definition,
                       "{\"code\":\"%s\",\"level\":\"commune\",\"labels\":{\"fr\":\"%s\"}}",
                       places[i], places[i]);
        nodes_publish(region, "_place", places[i], definition);
    }
    struct nodes_publisher publisher = {region, &nodes->host.mem};
    (void)test_schema_each(DOUAR_SCHEMA "/types", nodes_publish_file, &publisher);
    (void)test_schema_each(DOUAR_SCHEMA "/forms", nodes_publish_file, &publisher);
    return region;
}

static inline struct id nodes_person(struct test_nodes *nodes, struct node *region,
                                     const char *name, const char *role, const char *scope)
{
    struct id person;
    char id[ID_TEXT_SIZE];
    char definition[512];
    nodes_random(nodes, person.bytes, ID_SIZE);
    id_write(person, id);
    (void)snprintf(definition, sizeof definition, "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"%s\"}",
                   id, name, role);
    nodes_publish(region, "_person", id, definition);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"%s\",\"compartments\":[\"base\","
                   "\"health\",\"aid\",\"protection\"],\"verbs\":[\"read\",\"write\",\"review\"]}",
                   id, id, scope);
    nodes_publish(region, "_grant", id, definition);
    return person;
}

/* A grant of its own, beside what nodes_person() gave: to have values erased there. */
static inline void nodes_let_redact(struct test_nodes *nodes, struct node *region, struct id person,
                                    const char *scope)
{
    char id[ID_TEXT_SIZE];
    char who[ID_TEXT_SIZE];
    char definition[512];
    struct id grant;
    nodes_random(nodes, grant.bytes, ID_SIZE);
    id_write(grant, id);
    id_write(person, who);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"%s\",\"compartments\":[\"base\","
                   "\"health\",\"aid\",\"protection\"],\"verbs\":[\"redact\"]}",
                   id, who, scope);
    nodes_publish(region, "_grant", id, definition);
}

/* Invitation and its use, over the real messages. `definition` as for serve_invite(). */
static inline void nodes_enrol(struct test_nodes *nodes, struct node *hub, struct node *node,
                               const char *definition)
{
    struct enrol_code code = {.url = "https://127.0.0.1:1", .pins = {"pin", "pin"}, .pin_count = 2};
    struct invite invite = {.definition = definition, .valid_ms = 3600000};
    struct enrol_request request = {.name = "device"};
    struct enrol_request received;
    struct enrol_answer answer;
    struct node_identity me;
    struct secret_key key;
    struct buf bytes;
    struct arena arena;
    struct diag diag = {0};
    arena_init(&arena, &nodes->host.mem, 1u << 20);
    buf_init(&bytes, &nodes->host.mem, 1u << 16);
    assert_int_equal(serve_invite(hub, &invite, &code, &diag), OK);
    assert_int_equal(node_identity(node, &me), OK);
    assert_int_equal(node_secret(node, &key), OK);
    memcpy(request.code_id, code.code_id, sizeof code.code_id);
    memcpy(request.secret, code.secret, sizeof code.secret);
    request.node = me.id;
    request.key = me.key;
    assert_int_equal(enrol_request_write(&request, code.hub, &key, &bytes), OK);
    assert_int_equal(enrol_request_read(buf_span(&bytes), &arena, &received, &diag), OK);
    enum err e = serve_enrol(hub, &received, &arena, &answer, &diag);
    if (e) {
        fail_msg("enrol: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    struct node_enrolment enrolment = {.hub = answer.hub,
                                       .url = code.url,
                                       .pins = "pin;pin",
                                       .ca_pem = "",
                                       .hub_epoch = answer.epoch,
                                       .org_key = answer.org_key,
                                       .short_code = answer.short_code,
                                       .has_person = answer.has_person,
                                       .person = answer.person,
                                       .definition = answer.node_json,
                                       .hub_time_ms = answer.time_ms};
    assert_int_equal(node_enrol(node, &enrolment, &diag), OK);
    buf_release(&bytes);
    arena_release(&arena);
}

/* One request answered as svc does it: a savepoint in a group. Returns the HTTP-like status. */
static inline int nodes_answer_at(struct test_nodes *nodes, struct node *server, const char *path,
                                  struct span body, struct buf *reply)
{
    bool snapshot = strcmp(path, "/v1/snapshot") == 0;
    struct diag diag = {0};
    uint64_t hint = 0;
    assert_int_equal(node_begin(server), OK);
    enum err e = node_begin(server);
    assert_int_equal(e, OK);
    bool blob = strcmp(path, "/v1/blob") == 0;
    e = (snapshot ? serve_snapshot
         : blob   ? serve_blob
                  : serve_sync)(server, nodes->pack, path, body, reply, &hint, &diag);
    enum err end = node_end(server, e == ERR_REVOKED ? OK : e);
    assert_int_equal(node_end(server, OK), OK);
    if (!e && end) {
        fail_msg("savepoint: %s", err_name(end));
    }
    if (e) {
        buf_clear(reply);
        buf_add_format(reply, "{\"error\":\"%s\",\"args\":[\"%s\",\"%s\"]", err_name(e),
                       diag.arg_count > 0 ? diag.args[0] : "",
                       diag.arg_count > 1 ? diag.args[1] : "");
        if (e == ERR_RATCHET || e == ERR_EPOCH) {
            char text[16];
            uint8_t bytes[8];
            for (int i = 0; i < 8; i++) {
                bytes[i] = (uint8_t)(hint >> (56 - 8 * i));
            }
            base64_write(bytes, sizeof bytes, text);
            buf_add_format(reply, ",\"%s\":\"%s\"", e == ERR_EPOCH ? "epoch" : "ratchet", text);
        }
        buf_add_text(reply, "}");
    }
    return e ? err_http_status(e) : 200;
}

static inline int nodes_answer(struct test_nodes *nodes, struct node *server, struct span body,
                               struct buf *reply)
{
    return nodes_answer_at(nodes, server, "/v1/sync", body, reply);
}

/* A whole sync with a server that the node names (NULL: its chosen one), by these options. */
static inline void nodes_sync_by(struct test_nodes *nodes, struct node *node, struct node *server,
                                 const struct id *named, const struct sync_options *options,
                                 struct sync_action *ret)
{
    struct sync *sync = NULL;
    struct diag diag = {0};
    struct buf reply;
    buf_init(&reply, &nodes->host.mem, 16u << 20);
    assert_int_equal(sync_new(node, nodes->pack, named, options, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    nodes->now_ms++; /* The same request twice in one ms would be refused as a replay. */
    for (int step = 0; step < 1000; step++) {
        sync_step(sync, &event, ret);
        if (ret->kind == SYNC_EXCHANGE) {
            buf_clear(&reply);
            event = (struct sync_event){.kind = SYNC_REPLY};
            event.status = nodes_answer_at(nodes, server, ret->path, ret->body, &reply);
            event.body = buf_span(&reply);
        } else if (ret->kind == SYNC_WAIT) {
            event = (struct sync_event){.kind = SYNC_WAITED};
        } else {
            break;
        }
    }
    sync_free(sync);
    buf_release(&reply);
}

/* A whole sync, whatever comes of it: `*ret` is SYNC_DONE, or SYNC_GAVE_UP with why. */
static inline void nodes_try_sync(struct test_nodes *nodes, struct node *node, struct node *server,
                                  struct sync_action *ret)
{
    nodes_sync_by(nodes, node, server, NULL, NULL, ret);
}

/* A whole sync; fails the test when it gives up. */
static inline struct sync_result nodes_sync(struct test_nodes *nodes, struct node *node,
                                            struct node *server)
{
    struct sync_action action;
    nodes_try_sync(nodes, node, server, &action);
    if (action.kind != SYNC_DONE) {
        fail_msg("sync: %s %s %s", err_name(action.diag.code), action.diag.args[0],
                 action.diag.args[1]);
    }
    return action.result;
}

#endif
