/* svc: requests in, answers after the commit; every route with what is wrong. */
#define _XOPEN_SOURCE 700

#include "test_region.h"

#include "test_vfs.h"

#include "carry.h"
#include "code.h"
#include "enrol_message.h"
#include "envelope.h"
#include "org.h"
#include "record.h"
#include "routes.h"
#include "save.h"
#include "server_home.h"

#define TYPE_SYNC  "application/octet-stream"
#define TYPE_ENROL "application/json"

/* What `done` was given last, and how often it was called. */
struct answered {
    int count;
    int status;
    int64_t retry_after_s;
    char type[64];
    char body[4096]; /* its beginning, NUL-terminated */
};

struct world {
    struct test_region region;
    struct svc *svc;
    struct buf last_sync; /* the last request of a device, as it crossed the wire */
};

static void on_done(void *ctx, const struct svc_reply *reply)
{
    struct answered *answered = ctx;
    answered->count++;
    answered->status = reply->status;
    answered->retry_after_s = reply->retry_after_s;
    (void)snprintf(answered->type, sizeof answered->type, "%s", reply->content_type);
    size_t size =
        reply->body.size < sizeof answered->body - 1 ? reply->body.size : sizeof answered->body - 1;
    memcpy(answered->body, reply->body.data ? reply->body.data : (const uint8_t *)"", size);
    answered->body[size] = '\0';
}

static void submit(struct world *world, const char *method, const char *path, const char *type,
                   struct span body, struct answered *ret)
{
    struct svc_request request = {
        .method = method,
        .path = path,
        .content_type = span_of(type),
        .body = body,
        .peer = span_of("192.0.2.7"),
    };
    svc_submit(world->svc, &request, on_done, ret);
}

static struct answered ask(struct world *world, const char *method, const char *path,
                           const char *type, struct span body)
{
    struct answered answered = {0};
    submit(world, method, path, type, body, &answered);
    assert_int_equal(svc_commit(world->svc), OK);
    assert_int_equal(answered.count, 1);
    return answered;
}

static void assert_error(const struct answered *answered, int status, const char *name)
{
    char start[128];
    (void)snprintf(start, sizeof start, "{\"error\":\"%s\",\"args\":[", name);
    if (answered->status != status || strncmp(answered->body, start, strlen(start)) != 0) {
        fail_msg("%d %s instead of %d %s", answered->status, answered->body, status, name);
    }
    assert_string_equal(answered->type, "application/json");
}

/* ---- a network that is the svc itself */

static enum err exchange(void *ctx, const struct exchange_request *request,
                         struct exchange_reply *reply, struct diag *diag)
{
    struct world *world = (struct world *)((char *)ctx - offsetof(struct test_region, real));
    const char *path = strstr(request->url, "/v1/");
    assert_non_null(path);
    (void)diag;
    if (strcmp(path, "/v1/sync") == 0) {
        buf_clear(&world->last_sync);
        buf_add_span(&world->last_sync, request->body);
    }
    const char *type = request->headers[0] + strlen("Content-Type: ");
    struct svc_request asked = {
        .method = "POST",
        .path = path,
        .content_type = span_of(type),
        .body = request->body,
        .peer = span_of("192.0.2.7"),
    };
    struct answered answered = {0};
    svc_submit(world->svc, &asked, on_done, &answered);
    /* The whole body is wanted, so it is taken from where `done` would copy it. */
    assert_int_equal(svc_pending(world->svc), 1);
    buf_add_span(&reply->body, buf_span(&world->svc->held[0].reply.body));
    assert_int_equal(svc_commit(world->svc), OK);
    reply->status = answered.status;
    reply->retry_after_s = answered.retry_after_s;
    return OK;
}

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct diag diag = {0};
    region_open(&world->region);
    world->region.host.exchange = exchange;
    buf_init(&world->last_sync, &world->region.host.mem, 8u << 20);
    if (svc_open(&world->region.host, world->region.home, &world->svc, &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    svc_close(world->svc);
    buf_release(&world->last_sync);
    region_release(&world->region);
    free(world);
    return 0;
}

/* An enrolment code, as `node invite` prints it. */
static void invite(struct world *world, char ret[2048])
{
    struct json *json = NULL;
    REGION_DO(&world->region, "--json", "node", "invite", "--role", "worker", "--scope", "05.081",
              "--compartment", "base,health,aid", "--person", "Fatima");
    assert_int_equal(json_parse(buf_span(&world->region.out), &json, NULL), OK);
    (void)snprintf(ret, 2048, "%s", json_get_text(json, "code", ""));
    json_free(json);
}

static struct node *new_device(struct world *world, const char *name)
{
    char path[300];
    struct node *node = NULL;
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s.db", world->region.folder, name);
    assert_int_equal(node_create(&world->region.host, path, ROLE_WORKER, NULL, &diag), OK);
    assert_int_equal(node_open(&world->region.host, path, &node, &diag), OK);
    return node;
}

static struct node *enrolled_device(struct world *world)
{
    char code[2048];
    struct diag diag = {0};
    struct node *node = new_device(world, "device");
    invite(world, code);
    if (carry_enrol(&world->region.host, node, code, "phone", &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    return node;
}

static struct sync_result sync_device(struct world *world, struct node *node)
{
    struct sync_result result = {0};
    struct diag diag = {0};
    if (carry_sync(&world->region.host, node, NULL, NULL, NULL, NULL, &result, &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    return result;
}

/* ---- what is asked by anybody */

static void hello_tells_who_and_when_and_nothing_else(void **state)
{
    struct world *world = *state;
    struct answered hello = ask(world, "GET", "/v1/hello", "", (struct span){0});
    struct json *json = NULL;
    char id[ID_TEXT_SIZE];
    id_write(world->svc->self.id, id);
    assert_int_equal(hello.status, 200);
    assert_int_equal(json_parse(span_of(hello.body), &json, NULL), OK);
    assert_int_equal(json_count(json), 3);
    assert_int_equal(json_get_int(json, "v", 0), 1);
    assert_string_equal(json_get_text(json, "hub", ""), id);
    assert_true(json_get_int(json, "t", 0) > 1700000000000);
    json_free(json);
}

static void hello_does_not_touch_the_database(void **state)
{
    struct world *world = *state;
    struct answered hello = {0};
    submit(world, "GET", "/v1/hello", "", (struct span){0}, &hello);
    assert_false(world->svc->group_open);
    assert_int_equal(svc_commit(world->svc), OK);
    assert_int_equal(hello.status, 200);
}

/* ---- what is wrong, route by route */

static const struct wrong {
    const char *method, *path, *type, *body;
    int status;
    const char *error;
} wrongs[] = {
    {"GET", "/", "", "", 404, "no_such_route"},
    {"GET", "/v1/hello/", "", "", 404, "no_such_route"},
    {"POST", "/v1/hello", "", "", 405, "wrong_method"},
    {"GET", "/v1/hello", "", "x", 413, "too_large"},
    {"GET", "/v1/enrol", "", "", 405, "wrong_method"},
    {"POST", "/v1/enrol", "", "{}", 415, "wrong_content_type"},
    {"POST", "/v1/enrol", "text/plain", "{}", 415, "wrong_content_type"},
    {"POST", "/v1/enrol", TYPE_ENROL, "", 400, "bad_json"},
    {"POST", "/v1/enrol", TYPE_ENROL, "{", 400, "bad_json"},
    {"POST", "/v1/enrol", TYPE_ENROL, "{\"v\":1,\"v\":1}", 400, "bad_json"},
    {"POST", "/v1/enrol", TYPE_ENROL, "[]", 400, "bad_format"},
    {"POST", "/v1/enrol", TYPE_ENROL, "{}", 400, NULL},
    {"PUT", "/v1/sync", TYPE_SYNC, "", 405, "wrong_method"},
    {"POST", "/v1/sync", TYPE_ENROL, "{}", 415, "wrong_content_type"},
    {"POST", "/v1/sync", TYPE_SYNC, "", 400, "bad_format"},
    {"POST", "/v1/sync", TYPE_SYNC, "\x01", 400, "bad_format"},
    {"POST", "/v1/sync", TYPE_SYNC,
     "\x02 a later envelope that is long enough to have a head "
     "of its own, which is 98 bytes and then the packed text.",
     400, "unknown_format"},
    {"POST", "/v1/sync", TYPE_SYNC,
     "\x01\x01 sixteen bytes.. epoch... ratchet. and a signature "
     "of sixty-four bytes that nobody made, then text.",
     401, "unauthenticated"},
    {"GET", "/v1/snapshot", TYPE_SYNC, "", 405, "wrong_method"},
    {"POST", "/v1/snapshot", TYPE_ENROL, "{}", 415, "wrong_content_type"},
    {"POST", "/v1/snapshot", TYPE_SYNC, "", 400, "bad_format"},
    {"POST", "/v1/snapshot", TYPE_SYNC,
     "\x01\x01 sixteen bytes.. epoch... ratchet. and a signature "
     "of sixty-four bytes that nobody made, then text.",
     401, "unauthenticated"},
    {"GET", "/v1/blob", TYPE_SYNC, "", 405, "wrong_method"},
    {"PUT", "/v1/blob/AAAA", TYPE_SYNC, "", 404, "no_such_route"},
    {"POST", "/v1/blob", TYPE_ENROL, "{}", 415, "wrong_content_type"},
    {"POST", "/v1/blob", TYPE_SYNC, "", 400, "bad_format"},
    {"POST", "/v1/blob", TYPE_SYNC,
     "\x01\x01 sixteen bytes.. epoch... ratchet. and a signature "
     "of sixty-four bytes that nobody made, then text.",
     401, "unauthenticated"},
};

static void wrong_inputs_are_refused_by_name(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        struct answered answered =
            ask(world, wrongs[i].method, wrongs[i].path, wrongs[i].type, span_of(wrongs[i].body));
        if (wrongs[i].error != NULL) {
            assert_error(&answered, wrongs[i].status, wrongs[i].error);
        } else {
            assert_int_equal(answered.status, wrongs[i].status);
        }
        /* A refused request leaves the svc as it was. */
        answered = ask(world, "GET", "/v1/hello", "", (struct span){0});
        assert_int_equal(answered.status, 200);
    }
}

static void every_route_has_wrong_inputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        size_t refused = 0, wrong_methods = 0;
        for (size_t j = 0; j < COUNT_OF(wrongs); j++) {
            if (strcmp(wrongs[j].path, routes[i].path) == 0) {
                bool reaches = strcmp(wrongs[j].method, routes[i].method) == 0;
                refused += reaches;
                wrong_methods += !reaches;
            }
        }
        if (refused == 0 || wrong_methods == 0) {
            fail_msg("%s %s has no row in wrongs[]", routes[i].method, routes[i].path);
        }
    }
}

static void a_body_over_the_limit_is_refused_before_it_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        struct diag diag = {0};
        const struct route *route = &routes[i];
        assert_int_equal(svc_admit(route->method, route->path, route->body_max, &diag), OK);
        assert_int_equal(svc_admit(route->method, route->path, route->body_max + 1, &diag),
                         ERR_TOO_LARGE);
    }
}

/* ---- enrolment */

/* A request with this code and key, in `ret`. */
static void write_request(struct world *world, const char *code_text, const char *device,
                          bool spoil_secret, struct buf *ret)
{
    struct arena arena;
    struct enrol_code code;
    struct diag diag = {0};
    struct node_identity self;
    struct secret_key key;
    struct node *node = new_device(world, device);
    arena_init(&arena, &world->region.host.mem, 1u << 20);
    assert_int_equal(enrol_code_read(span_of(code_text), &arena, &code, &diag), OK);
    assert_int_equal(node_identity(node, &self), OK);
    assert_int_equal(node_secret(node, &key), OK);
    struct enrol_request request = {.node = self.id, .key = self.key, .name = device};
    memcpy(request.code_id, code.code_id, sizeof request.code_id);
    memcpy(request.secret, code.secret, sizeof request.secret);
    request.secret[0] ^= spoil_secret;
    assert_int_equal(enrol_request_write(&request, code.hub, &key, ret), OK);
    arena_release(&arena);
    node_close(node);
}

static void a_code_makes_one_device_known_and_no_second(void **state)
{
    struct world *world = *state;
    char code[2048];
    struct buf first, second;
    buf_init(&first, &world->region.host.mem, 65536);
    buf_init(&second, &world->region.host.mem, 65536);
    invite(world, code);
    write_request(world, code, "one", false, &first);
    write_request(world, code, "two", false, &second);
    struct answered answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&first));
    assert_int_equal(answered.status, 200);
    assert_non_null(strstr(answered.body, "BEGIN CERTIFICATE"));
    assert_non_null(strstr(answered.body, "\"short\":\"R01\""));
    /* The answer was lost: the same device asks again. */
    answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&first));
    assert_int_equal(answered.status, 200);
    answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&second));
    assert_error(&answered, 403, "code_used");
    buf_release(&first);
    buf_release(&second);
}

static void wrong_secrets_burn_the_code_though_each_request_fails(void **state)
{
    struct world *world = *state;
    char code[2048];
    struct buf wrong, right;
    buf_init(&wrong, &world->region.host.mem, 65536);
    buf_init(&right, &world->region.host.mem, 65536);
    invite(world, code);
    write_request(world, code, "thief", true, &wrong);
    write_request(world, code, "owner", false, &right);
    for (int i = 0; i < 5; i++) {
        struct answered answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&wrong));
        assert_error(&answered, 403, "bad_code");
    }
    struct answered answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&right));
    assert_error(&answered, 429, "too_many_tries");
    buf_release(&wrong);
    buf_release(&right);
}

static void an_address_that_fails_too_often_must_wait(void **state)
{
    struct world *world = *state;
    struct answered answered = {0};
    for (int i = 0; i < 20; i++) {
        answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, span_of("{}"));
        assert_int_equal(answered.status, 400);
    }
    answered = ask(world, "POST", "/v1/enrol", TYPE_ENROL, span_of("{}"));
    assert_error(&answered, 429, "too_many_tries");
    assert_in_range(answered.retry_after_s, 1, 601);
    /* Others, and what isn't enrolment, go on. */
    struct svc_request other = {.method = "POST",
                                .path = "/v1/enrol",
                                .content_type = span_of(TYPE_ENROL),
                                .body = span_of("{}"),
                                .peer = span_of("192.0.2.8")};
    svc_submit(world->svc, &other, on_done, &answered);
    assert_int_equal(svc_commit(world->svc), OK);
    assert_int_equal(answered.status, 400);
    answered = ask(world, "GET", "/v1/hello", "", (struct span){0});
    assert_int_equal(answered.status, 200);
}

/* ---- sync */

static void save_household(struct world *world, struct node *node)
{
    struct arena arena;
    struct saved saved;
    struct node_identity self;
    struct diag diag = {0};
    const struct change changes[] = {{"head_name_ar", span_of("\"عائشة\"")}};
    arena_init(&arena, &world->region.host.mem, 16u << 20);
    assert_int_equal(node_identity(node, &self), OK);
    struct save save = {.person = self.person,
                        .type = "household",
                        .is_new = true,
                        .place = span_of("05.081.01.01"),
                        .changes = changes,
                        .change_count = 1};
    if (node_save(node, &save, &arena, &saved, &diag)) {
        fail_msg("%s %s", err_name(diag.code), diag.args[0]);
    }
    arena_release(&arena);
}

static void a_device_hands_over_its_work(void **state)
{
    struct world *world = *state;
    struct node *node = enrolled_device(world);
    (void)sync_device(world, node);
    save_household(world, node);
    struct sync_result result = sync_device(world, node);
    assert_true(result.ops_pushed > 0);
    struct node_status status;
    assert_int_equal(node_status(world->svc->node, &status), OK);
    assert_int_equal(status.records, 1);
    node_close(node);
}

static void a_replayed_request_is_stale_and_told_the_ratchet(void **state)
{
    struct world *world = *state;
    struct node *node = enrolled_device(world);
    struct buf old;
    buf_init(&old, &world->region.host.mem, 8u << 20);
    (void)sync_device(world, node);
    save_household(world, node);
    (void)sync_device(world, node);
    buf_add_span(&old, buf_span(&world->last_sync));
    for (int i = 0; i < 3; i++) { /* it turns with what writes; the one before is still taken */
        save_household(world, node);
        (void)sync_device(world, node);
    }
    struct answered answered = ask(world, "POST", "/v1/sync", TYPE_SYNC, buf_span(&old));
    assert_error(&answered, 409, "stale_request");
    const char *ratchet = strstr(answered.body, "\"ratchet\":\"");
    assert_non_null(ratchet);
    assert_int_equal(strcspn(ratchet + strlen("\"ratchet\":\""), "\""), 11);
    buf_release(&old);
    node_close(node);
}

/* The last request again, with a field changed and signed anew by the device. */
static struct answered resend(struct world *world, struct node *node, uint64_t epoch_change,
                              bool spoil)
{
    struct envelope envelope;
    struct diag diag = {0};
    struct secret_key key;
    struct buf body;
    assert_int_equal(envelope_read(buf_span(&world->last_sync), &envelope, &diag), OK);
    assert_int_equal(node_secret(node, &key), OK);
    envelope.epoch ^= epoch_change;
    buf_init(&body, &world->region.host.mem, 8u << 20);
    assert_int_equal(envelope_write(&envelope, "/v1/sync", world->svc->self.id, &key, &body), OK);
    body.data[ENVELOPE_HEAD_SIZE - 1] ^= spoil; /* the signature's last byte */
    struct answered answered = ask(world, "POST", "/v1/sync", TYPE_SYNC, buf_span(&body));
    buf_release(&body);
    return answered;
}

static void another_epoch_is_told_the_present_one(void **state)
{
    struct world *world = *state;
    struct node *node = enrolled_device(world);
    (void)sync_device(world, node);
    struct answered answered = resend(world, node, 1, false);
    assert_error(&answered, 410, "epoch");
    assert_non_null(strstr(answered.body, "\"epoch\":\""));
    node_close(node);
}

static void a_wrong_signature_and_a_revoked_device_are_refused(void **state)
{
    struct world *world = *state;
    struct node *node = enrolled_device(world);
    (void)sync_device(world, node);
    struct answered answered = resend(world, node, 0, true);
    assert_error(&answered, 403, "bad_signature");
    REGION_DO(&world->region, "node", "revoke", "phone");
    answered = resend(world, node, 0, false);
    assert_error(&answered, 403, "revoked");
    node_close(node);
}

/* ---- groups */

static void answers_wait_for_the_commit(void **state)
{
    struct world *world = *state;
    struct answered first = {0}, second = {0}, third = {0};
    submit(world, "POST", "/v1/enrol", TYPE_ENROL, span_of("{}"), &first);
    submit(world, "GET", "/v1/hello", "", (struct span){0}, &second);
    submit(world, "GET", "/nowhere", "", (struct span){0}, &third);
    assert_int_equal(svc_pending(world->svc), 3);
    assert_int_equal(first.count + second.count + third.count, 0);
    assert_int_equal(svc_commit(world->svc), OK);
    assert_int_equal(svc_pending(world->svc), 0);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 1);
    assert_int_equal(third.count, 1);
    assert_int_equal(svc_commit(world->svc), OK); /* nothing waits: nothing happens */
    assert_int_equal(first.count, 1);
}

static void a_failed_commit_fails_the_whole_group_and_keeps_nothing(void **state)
{
    struct world *world = *state;
    char code[2048];
    struct buf request;
    struct test_vfs faults;
    struct diag diag = {0};
    struct answered enrolled = {0}, hello = {0};
    const struct org *org;
    buf_init(&request, &world->region.host.mem, 65536);
    invite(world, code);
    write_request(world, code, "unlucky", false, &request);
    test_vfs_init(&faults);
    svc_close(world->svc);
    world->region.host.vfs = "faulty";
    assert_int_equal(svc_open(&world->region.host, world->region.home, &world->svc, &diag), OK);
    submit(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&request), &enrolled);
    submit(world, "GET", "/v1/hello", "", (struct span){0}, &hello);
    faults.code = SQLITE_IOERR_WRITE;
    faults.fail_at = faults.count + 1;
    faults.stays = true;
    assert_true(svc_commit(world->svc) != OK);
    assert_true(faults.failed);
    assert_error(&enrolled, 503, "database");
    assert_true(enrolled.retry_after_s > 0);
    assert_int_equal(hello.status, 200);
    faults.fail_at = 0; /* the disk has room again */
    assert_int_equal(node_org(world->svc->node, &org), OK);
    assert_int_equal(org->node_count, 1); /* the region alone */
    memset(&enrolled, 0, sizeof enrolled);
    submit(world, "POST", "/v1/enrol", TYPE_ENROL, buf_span(&request), &enrolled);
    assert_int_equal(svc_commit(world->svc), OK);
    assert_int_equal(enrolled.status, 200);
    svc_close(world->svc);
    test_vfs_release(&faults);
    world->region.host.vfs = NULL;
    assert_int_equal(svc_open(&world->region.host, world->region.home, &world->svc, &diag), OK);
    buf_release(&request);
}

static enum err nothing_left(void *ctx, const char *path, uint64_t *ret)
{
    (void)ctx;
    (void)path;
    *ret = 0;
    return OK;
}

static void count_lines(void *ctx, const char *path, const struct diag *diag)
{
    size_t *lines = ctx;
    (void)path;
    assert_int_equal(diag->code, ERR_DB_FULL);
    (*lines)++;
}

static void a_full_disk_is_told_to_callers_and_once_to_the_log(void **state)
{
    struct world *world = *state;
    struct host_files files = *world->region.host.files;
    const struct host_files *real = world->region.host.files;
    size_t lines = 0;
    svc_log_to(world->svc, count_lines, &lines);
    files.free_bytes = nothing_left;
    world->region.host.files = &files;
    for (size_t i = 0; i < 3; i++) {
        struct answered refused = ask(world, "POST", "/v1/enrol", TYPE_ENROL, span_of("{}"));
        assert_error(&refused, 507, "storage_full");
    }
    assert_int_equal(lines, 1);
    struct answered hello = ask(world, "GET", "/v1/hello", "", (struct span){0});
    assert_int_equal(hello.status, 200);
    world->region.host.files = real;
    struct answered heard = ask(world, "POST", "/v1/enrol", TYPE_ENROL, span_of("{}"));
    assert_true(heard.status != 507);
    svc_log_to(world->svc, NULL, NULL);
}

static void what_is_wrong_inside_is_not_told_outside(void **state)
{
    struct world *world = *state;
    struct buf body;
    struct diag diag = {0};
    diag_set(&diag, ERR_DB, "/srv/douar/douar.db: disk I/O error", NULL);
    buf_init(&body, &world->region.host.mem, 65536);
    svc_error_body(&diag, &body);
    assert_string_equal(buf_text(&body), "{\"error\":\"database\",\"args\":[]}");
    buf_clear(&body);
    diag_set(&diag, ERR_TOO_LARGE, "bo\"dy", "1", NULL);
    svc_error_body(&diag, &body);
    assert_string_equal(buf_text(&body), "{\"error\":\"too_large\",\"args\":[\"bo\\\"dy\",\"1\"]}");
    buf_release(&body);
}

static void a_tick_shows_what_came_in(void **state)
{
    struct world *world = *state;
    struct node *node = enrolled_device(world);
    bool more = true;
    (void)sync_device(world, node);
    save_household(world, node);
    (void)sync_device(world, node);
    while (svc_tick(world->svc) < 100) {
    }
    assert_int_equal(node_project(world->svc->node, 1, &more), OK);
    assert_false(more);
    node_close(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        WORLD_TEST(hello_tells_who_and_when_and_nothing_else),
        WORLD_TEST(hello_does_not_touch_the_database),
        WORLD_TEST(wrong_inputs_are_refused_by_name),
        cmocka_unit_test(every_route_has_wrong_inputs),
        cmocka_unit_test(a_body_over_the_limit_is_refused_before_it_is_read),
        WORLD_TEST(a_code_makes_one_device_known_and_no_second),
        WORLD_TEST(wrong_secrets_burn_the_code_though_each_request_fails),
        WORLD_TEST(an_address_that_fails_too_often_must_wait),
        WORLD_TEST(a_device_hands_over_its_work),
        WORLD_TEST(a_replayed_request_is_stale_and_told_the_ratchet),
        WORLD_TEST(another_epoch_is_told_the_present_one),
        WORLD_TEST(a_wrong_signature_and_a_revoked_device_are_refused),
        WORLD_TEST(answers_wait_for_the_commit),
        WORLD_TEST(a_failed_commit_fails_the_whole_group_and_keeps_nothing),
        WORLD_TEST(a_full_disk_is_told_to_callers_and_once_to_the_log),
        WORLD_TEST(what_is_wrong_inside_is_not_told_outside),
        WORLD_TEST(a_tick_shows_what_came_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
