/*
 * matrix: every route for everybody who might call it. What isn't in the table is a failure, so a
 * new route or a new kind of caller needs its row; what a cell says is exactly what happens.
 *
 * The server is a region, so that all kinds of nodes may call it: its own devices, devices of a
 * hub, hubs, what was revoked, who is nobody. One record lies in province 05.081.
 */
#define _XOPEN_SOURCE 700

#include "test_region.h"

#include "blob_message.h"
#include "code.h"
#include "enrol_message.h"
#include "envelope.h"
#include "org.h"
#include "pack.h"
#include "routes.h"
#include "save.h"
#include "serve.h"
#include "snapshot_message.h"
#include "sync_message.h"

#define PLACE "05.081.01.01"
#define BYTES (8u << 20)

/* X(name, known, role, scopes, compartments, who vouched, revoked, signs with its own key) */
#define ACTORS(X)                                                                                  \
    X(NOBODY, false, "", "", "", REGION, false, false)                                             \
    X(STRANGER, false, "", "", "", REGION, false, true)                                            \
    X(FORGER, true, "worker", "05.081", "\"base\"", REGION, false, false)                          \
    X(WORKER, true, "worker", "05.081.01", "\"base\"", REGION, false, true)                        \
    X(SUPERVISOR, true, "supervisor", "05.081", "\"base\",\"health\"", REGION, false, true)        \
    X(WORKER_AWAY, true, "worker", "05.301", "\"base\"", REGION, false, true)                      \
    X(WORKER_WITHOUT_BASE, true, "worker", "05.081.01", "\"aid\"", REGION, false, true)            \
    X(WORKER_OF_A_HUB, true, "worker", "05.081.01", "\"base\"", HUB, false, true)                  \
    X(WORKER_OF_A_LOST_HUB, true, "worker", "05.081.01", "\"base\"", LOST_HUB, false, true)        \
    X(HUB_THERE, true, "hub", "05.081", "\"base\"", REGION, false, true)                           \
    X(HUB_AWAY, true, "hub", "05.301", "\"base\"", REGION, false, true)                            \
    X(REVOKED_WORKER, true, "worker", "05.081.01", "\"base\"", REGION, true, true)                 \
    X(REVOKED_SUPERVISOR, true, "supervisor", "05.081", "\"base\"", REGION, true, true)            \
    X(REVOKED_HUB, true, "hub", "05.081", "\"base\"", REGION, true, true)

enum vouching { REGION, HUB, LOST_HUB };

enum actor {
#define ACTOR_NAME(name, ...) name,
    ACTORS(ACTOR_NAME)
#undef ACTOR_NAME
        ACTOR_COUNT
};

static const struct actor_kind {
    const char *name;
    bool known;
    const char *role, *scope, *compartments;
    enum vouching by;
    bool revoked, own_key;
} kinds[] = {
#define ACTOR_ROW(name, ...) {#name, __VA_ARGS__},
    ACTORS(ACTOR_ROW)
#undef ACTOR_ROW
};

/* What comes of it: the status, the error's name, or whether the answer holds the record. */
#define SEES   "200 sees it"
#define BLIND  "200"
#define NOTONE "404 not_found" /* it was heard: there is no such thing */

static const struct row {
    const char *method, *path;
    const char *expected[ACTOR_COUNT];
} rows[] = {
    {"GET",
     "/v1/hello",
     {[NOBODY] = BLIND,
      [STRANGER] = BLIND,
      [FORGER] = BLIND,
      [WORKER] = BLIND,
      [SUPERVISOR] = BLIND,
      [WORKER_AWAY] = BLIND,
      [WORKER_WITHOUT_BASE] = BLIND,
      [WORKER_OF_A_HUB] = BLIND,
      [WORKER_OF_A_LOST_HUB] = BLIND,
      [HUB_THERE] = BLIND,
      [HUB_AWAY] = BLIND,
      [REVOKED_WORKER] = BLIND,
      [REVOKED_SUPERVISOR] = BLIND,
      [REVOKED_HUB] = BLIND}},
    /* Each with a code that nobody used: it makes a stranger a node, and opens nothing again to who
       was revoked. */
    {"POST",
     "/v1/enrol",
     {[NOBODY] = "400 bad_json",
      [STRANGER] = BLIND,
      [FORGER] = "409 exists",
      [WORKER] = BLIND,
      [SUPERVISOR] = BLIND,
      [WORKER_AWAY] = BLIND,
      [WORKER_WITHOUT_BASE] = BLIND,
      [WORKER_OF_A_HUB] = BLIND,
      [WORKER_OF_A_LOST_HUB] = BLIND,
      [HUB_THERE] = BLIND,
      [HUB_AWAY] = BLIND,
      [REVOKED_WORKER] = "403 revoked",
      [REVOKED_SUPERVISOR] = "403 revoked",
      [REVOKED_HUB] = "403 revoked"}},
    {"POST",
     "/v1/sync",
     {[NOBODY] = "400 bad_format",
      [STRANGER] = "401 unauthenticated",
      [FORGER] = "403 bad_signature",
      [WORKER] = SEES,
      [SUPERVISOR] = SEES,
      [WORKER_AWAY] = BLIND,
      [WORKER_WITHOUT_BASE] = BLIND,
      [WORKER_OF_A_HUB] = SEES,
      [WORKER_OF_A_LOST_HUB] = SEES,
      [HUB_THERE] = SEES,
      [HUB_AWAY] = BLIND,
      [REVOKED_WORKER] = "403 revoked",
      [REVOKED_SUPERVISOR] = "403 revoked",
      [REVOKED_HUB] = "403 revoked"}},
    {"POST",
     "/v1/snapshot",
     {[NOBODY] = "400 bad_format",
      [STRANGER] = "401 unauthenticated",
      [FORGER] = "403 bad_signature",
      [WORKER] = NOTONE,
      [SUPERVISOR] = NOTONE,
      [WORKER_AWAY] = NOTONE,
      [WORKER_WITHOUT_BASE] = NOTONE,
      [WORKER_OF_A_HUB] = NOTONE,
      [WORKER_OF_A_LOST_HUB] = NOTONE,
      [HUB_THERE] = NOTONE,
      [HUB_AWAY] = NOTONE,
      [REVOKED_WORKER] = "403 revoked",
      [REVOKED_SUPERVISOR] = "403 revoked",
      [REVOKED_HUB] = "403 revoked"}},
    {"POST",
     "/v1/blob",
     {[NOBODY] = "400 bad_format",
      [STRANGER] = "401 unauthenticated",
      [FORGER] = "403 bad_signature",
      [WORKER] = BLIND,
      [SUPERVISOR] = BLIND,
      [WORKER_AWAY] = BLIND,
      [WORKER_WITHOUT_BASE] = BLIND,
      [WORKER_OF_A_HUB] = BLIND,
      [WORKER_OF_A_LOST_HUB] = BLIND,
      [HUB_THERE] = BLIND,
      [HUB_AWAY] = BLIND,
      [REVOKED_WORKER] = "403 revoked",
      [REVOKED_SUPERVISOR] = "403 revoked",
      [REVOKED_HUB] = "403 revoked"}},
};

struct caller {
    struct id id;
    struct public_key open;
    struct secret_key key;
};

struct matrix {
    struct test_region region;
    struct svc *svc;
    struct id hubs[3]; /* by enum vouching */
    char record[ID_TEXT_SIZE];
    struct buf body, reply;
    int status;
};

/* ---- who there is */

static void publish(struct matrix *m, const struct caller *who, const char *role, const char *scope,
                    const char *compartments, struct id by)
{
    char definition[1024], id[ID_TEXT_SIZE], key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    char vouched[ID_TEXT_SIZE];
    struct diag diag = {0};
    id_write(who->id, id);
    id_write(by, vouched);
    base64_write(who->open.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"n%.4s\",\"role\":\"%s\",\"key\":\"%s\",\"short\":"
                   "\"Z%.2s\",\"scopes\":[\"%s\"],\"compartments\":[%s],\"by\":\"%s\"}",
                   id, id, role, key, "01", scope, compartments, vouched);
    if (org_publish(m->svc->node, "_node", id, span_of(definition), &diag)) {
        fail_msg("%s %s %s", err_name(diag.code), diag.args[0], diag.args[1]);
    }
}

static void revoke(struct matrix *m, struct id id)
{
    char text[ID_TEXT_SIZE];
    struct diag diag = {0};
    id_write(id, text);
    assert_int_equal(org_revoke(m->svc->node, "_node", text, &diag), OK);
}

static struct caller make_caller(struct matrix *m)
{
    uint8_t seed[SECRET_SEED_SIZE];
    struct caller who;
    m->region.host.random(m->region.host.ctx, seed, sizeof seed);
    m->region.host.random(m->region.host.ctx, who.id.bytes, ID_SIZE);
    sign_key_from_seed(seed, &who.open, &who.key);
    return who;
}

/* A new one for each cell, so that none has a past. */
static struct caller introduce(struct matrix *m, const struct actor_kind *kind)
{
    struct caller who = make_caller(m);
    if (kind->known) {
        publish(m, &who, kind->role, kind->scope, kind->compartments, m->hubs[kind->by]);
    }
    if (kind->revoked) {
        revoke(m, who.id);
    }
    if (!kind->own_key) {
        struct caller other = make_caller(m);
        who.key = other.key;
        who.open = other.open;
    }
    return who;
}

/* ---- what they ask */

static void seal(struct matrix *m, const struct caller *who, const char *path,
                 const struct buf *text)
{
    struct envelope envelope = {.node = who->id, .epoch = m->svc->self.epoch};
    struct buf packed;
    buf_init(&packed, &m->region.host.mem, BYTES);
    assert_int_equal(pack_write(m->svc->pack, buf_span(text), &packed, &envelope.dictionary), OK);
    envelope.packed = buf_span(&packed);
    assert_int_equal(envelope_write(&envelope, path, m->svc->self.id, &who->key, &m->body), OK);
    buf_release(&packed);
}

static void write_enrolment(struct matrix *m, const struct caller *who)
{
    struct enrol_code code = {.url = "https://localhost:1", .pins = {"x"}, .pin_count = 1};
    struct invite invite = {.definition = "{\"role\":\"worker\",\"scopes\":[\"05.081.01\"],"
                                          "\"compartments\":[\"base\"]}",
                            .valid_ms = 3600000};
    struct enrol_request request = {.node = who->id, .key = who->open, .name = "x"};
    struct diag diag = {0};
    assert_int_equal(serve_invite(m->svc->node, &invite, &code, &diag), OK);
    memcpy(request.code_id, code.code_id, sizeof request.code_id);
    memcpy(request.secret, code.secret, sizeof request.secret);
    assert_int_equal(enrol_request_write(&request, m->svc->self.id, &who->key, &m->body), OK);
}

static void write_text(const char *path, struct buf *text)
{
    struct sync_request sync = {.clock_ms = 1795400000000, .max_size = WIRE_REPLY_MAX};
    struct snapshot_request snapshot = {.clock_ms = 1795400000000, .max_size = WIRE_REPLY_MIN};
    struct blob_request blob = {.clock_ms = 1795400000000};
    if (strcmp(path, "/v1/sync") == 0) {
        sync_request_write(&sync, text);
    } else if (strcmp(path, "/v1/snapshot") == 0) {
        snapshot_request_write(&snapshot, text);
    } else {
        blob_request_write(&blob, text);
    }
}

static void write_body(struct matrix *m, const struct row *row, enum actor actor,
                       const struct caller *who)
{
    struct buf text;
    buf_clear(&m->body);
    if (actor == NOBODY || strcmp(row->method, "GET") == 0) {
        return;
    }
    if (strcmp(row->path, "/v1/enrol") == 0) {
        write_enrolment(m, who);
        return;
    }
    buf_init(&text, &m->region.host.mem, BYTES);
    write_text(row->path, &text);
    seal(m, who, row->path, &text);
    buf_release(&text);
}

static void on_done(void *ctx, const struct svc_reply *reply)
{
    struct matrix *m = ctx;
    m->status = reply->status;
    buf_clear(&m->reply);
    buf_add_span(&m->reply, buf_span(&reply->body));
}

static bool reply_names(struct matrix *m, const char *text)
{
    struct buf plain;
    struct span packed = span_cut(buf_span(&m->reply), REPLY_TAG_SIZE, m->reply.size);
    buf_init(&plain, &m->region.host.mem, WIRE_PLAIN_MAX);
    bool names = pack_read(m->svc->pack, packed.data[0], span_cut(packed, 1, packed.size - 1),
                           &plain, NULL) == OK &&
                 strstr(buf_text(&plain), text) != NULL;
    buf_release(&plain);
    return names;
}

/* As a cell of the table says it. */
static void tell(struct matrix *m, const struct row *row, char *ret, size_t size)
{
    struct json *json = NULL;
    if (m->status == 200) {
        bool sees = strcmp(row->path, "/v1/sync") == 0 && reply_names(m, m->record);
        (void)snprintf(ret, size, "%s", sees ? SEES : BLIND);
        return;
    }
    assert_int_equal(json_parse(buf_span(&m->reply), &json, NULL), OK);
    (void)snprintf(ret, size, "%d %s", m->status, json_get_text(json, "error", "?"));
    json_free(json);
}

static const struct row *row_of(const struct route *route)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].method, route->method) == 0 && strcmp(rows[i].path, route->path) == 0) {
            return &rows[i];
        }
    }
    fail_msg("%s %s has no row: who may call it?", route->method, route->path);
    return NULL;
}

static void try_cell(struct matrix *m, const struct route *route, enum actor actor)
{
    const struct row *row = row_of(route);
    struct caller who = introduce(m, &kinds[actor]);
    char got[64], peer[32];
    write_body(m, row, actor, &who);
    /* Each from an address of its own: what is refused often from one must wait. */
    (void)snprintf(peer, sizeof peer, "192.0.2.%d", (int)actor);
    struct svc_request request = {.method = route->method,
                                  .path = route->path,
                                  .content_type = span_of(route->content_type),
                                  .body = buf_span(&m->body),
                                  .peer = span_of(peer)};
    svc_submit(m->svc, &request, on_done, m);
    assert_int_equal(svc_commit(m->svc), OK);
    tell(m, row, got, sizeof got);
    if (row->expected[actor] == NULL || strcmp(got, row->expected[actor]) != 0) {
        fail_msg("%s %s, %s: %s instead of %s", row->method, row->path, kinds[actor].name, got,
                 row->expected[actor] ? row->expected[actor] : "(no cell)");
    }
}

/* ---- the server */

static void save_record(struct matrix *m)
{
    struct arena arena;
    struct saved saved;
    const struct org *org = NULL;
    struct diag diag = {0};
    const struct change changes[] = {{"head_name_ar", span_of("\"x\"")}};
    assert_int_equal(node_org(m->svc->node, &org), OK);
    struct save save = {.person = org->persons[0].id,
                        .type = "household",
                        .is_new = true,
                        .place = span_of(PLACE),
                        .changes = changes,
                        .change_count = 1};
    arena_init(&arena, &m->region.host.mem, 16u << 20);
    if (node_save(m->svc->node, &save, &arena, &saved, &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    id_write(saved.entity, m->record);
    arena_release(&arena);
}

static int open_matrix(void **state)
{
    struct matrix *m = calloc(1, sizeof *m);
    struct diag diag = {0};
    region_open(&m->region);
    buf_init(&m->body, &m->region.host.mem, BYTES);
    buf_init(&m->reply, &m->region.host.mem, BYTES);
    assert_int_equal(svc_open(&m->region.host, m->region.home, &m->svc, &diag), OK);
    m->hubs[REGION] = m->svc->self.id;
    for (int i = HUB; i <= LOST_HUB; i++) {
        struct caller hub = make_caller(m);
        m->hubs[i] = hub.id;
        publish(m, &hub, "hub", "05.081", "\"base\"", m->svc->self.id);
    }
    revoke(m, m->hubs[LOST_HUB]);
    save_record(m);
    *state = m;
    return 0;
}

static int close_matrix(void **state)
{
    struct matrix *m = *state;
    svc_close(m->svc);
    buf_release(&m->body);
    buf_release(&m->reply);
    region_release(&m->region);
    free(m);
    return 0;
}

static void every_route_answers_everybody_as_the_table_says(void **state)
{
    for (size_t i = 0; i < route_count; i++) {
        for (int actor = 0; actor < ACTOR_COUNT; actor++) {
            try_cell(*state, &routes[i], (enum actor)actor);
        }
    }
}

static void every_row_is_a_route(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct route *route = NULL;
        struct diag diag = {0};
        assert_int_equal(route_find(span_of(rows[i].method), span_of(rows[i].path), &route, &diag),
                         OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_route_answers_everybody_as_the_table_says,
                                        open_matrix, close_matrix),
        cmocka_unit_test(every_row_is_a_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
