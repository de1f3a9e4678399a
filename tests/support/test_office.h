/*
 * test_office.h - devices behind their door, with a region on the other side of host->exchange.
 *
 *     struct office office;
 *     office_open(&office);
 *     struct device *device = office_device(&office, "a");      enrolled for Fatima, synced
 *     office_call(&office, device, "{\"call\":\"status\"}");     office.answer, office.reply
 *
 * Requests go to the region's own serve_*() as its handlers call them; only sockets and TLS are
 * missing. What a network does wrong is said by the fields of `network`.
 */
#ifndef TEST_OFFICE_H
#define TEST_OFFICE_H

#include "test_mem.h"
#include "test_nodes.h"

#include "device.h"

#define OFFICE_COMMUNE "05.081.03.09"
#define OFFICE_OTHER   "05.081.03.11"
#define OFFICE_DEVICES 8
#define OFFICE_PIN     "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define OFFICE_SPARE   "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="

struct office {
    struct test_nodes nodes; /* first: it is what the host's functions get */
    struct node *region;
    struct id fatima, brahim, said;
    struct catalogues catalogues;
    struct device *devices[OFFICE_DEVICES];
    size_t device_count;
    struct {
        bool down;        /* nobody answers */
        bool other_key;   /* somebody else answers */
        size_t lost;      /* so many replies are lost on their way */
        size_t exchanges; /* how many were tried */
        int64_t slept_ms;
    } network;
    struct test_mem memory; /* of everything below the host; may be told to fail */
    struct buf answer;
    struct json *reply; /* the answer, parsed */
};

static inline int office_enrol(struct office *office, struct span body, struct buf *reply)
{
    struct enrol_request request;
    struct enrol_answer answer;
    struct arena arena;
    struct diag diag = {0};
    arena_init(&arena, &office->nodes.host.mem, 1u << 20);
    assert_int_equal(node_begin(office->region), OK);
    enum err e = enrol_request_read(body, &arena, &request, &diag);
    if (!e) {
        e = serve_enrol(office->region, &request, &arena, &answer, &diag);
    }
    assert_int_equal(node_end(office->region, OK), OK);
    if (!e) {
        answer.ca_pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        e = enrol_answer_write(&answer, reply);
    }
    if (e) {
        buf_clear(reply);
        buf_add_format(reply, "{\"error\":\"%s\",\"args\":[\"%s\"]}", err_name(e),
                       diag.arg_count > 0 ? diag.args[0] : "");
    }
    arena_release(&arena);
    return e ? err_http_status(e) : 200;
}

static inline enum err office_exchange(void *ctx, const struct exchange_request *request,
                                       struct exchange_reply *reply, struct diag *diag)
{
    struct office *office = ctx;
    office->network.exchanges++;
    if (office->network.other_key) {
        return diag_set(diag, ERR_PIN, request->url, NULL);
    }
    if (office->network.down) {
        return diag_set(diag, ERR_NETWORK, request->url, "down", NULL);
    }
    assert_string_equal(request->pins[0], "sha256//" OFFICE_PIN);
    bool enrol = strstr(request->url, "/v1/enrol") != NULL;
    reply->status = enrol
                        ? office_enrol(office, request->body, &reply->body)
                        : nodes_answer(&office->nodes, office->region, request->body, &reply->body);
    if (office->network.lost > 0) {
        office->network.lost--;
        return diag_set(diag, ERR_NETWORK, request->url, "lost", NULL);
    }
    return OK;
}

static inline void office_sleep(void *ctx, int64_t ms)
{
    struct office *office = ctx;
    office->network.slept_ms += ms;
    office->nodes.now_ms += ms;
}

static inline void office_open(struct office *office)
{
    struct diag diag = {0};
    *office = (struct office){.device_count = 0};
    nodes_init(&office->nodes);
    (void)test_mem_init(&office->memory, 0);
    office->nodes.host.mem = office->memory.mem;
    office->nodes.host.exchange = office_exchange;
    office->nodes.host.sleep_ms = office_sleep;
    office->region = nodes_region(&office->nodes);
    office->fatima =
        nodes_person(&office->nodes, office->region, "Fatima", "worker", OFFICE_COMMUNE);
    office->brahim =
        nodes_person(&office->nodes, office->region, "Brahim", "worker", OFFICE_COMMUNE);
    office->said = nodes_person(&office->nodes, office->region, "Said", "supervisor", "05.081");
    assert_int_equal(catalogues_load(&office->nodes.host.mem, &office->catalogues, &diag), OK);
    buf_init(&office->answer, &office->nodes.host.mem, DEVICE_ANSWER_MAX);
}

static inline void office_close(struct office *office)
{
    for (size_t i = 0; i < office->device_count; i++) {
        device_free(office->devices[i]);
    }
    json_free(office->reply);
    buf_release(&office->answer);
    catalogues_release(&office->catalogues);
    node_close(office->region);
    nodes_release(&office->nodes);
}

static inline enum err office_listen(struct office *office, struct device *device,
                                     const char *request, const struct device_listener *listener)
{
    buf_clear(&office->answer);
    json_free(office->reply);
    office->reply = NULL;
    enum err e = device_call(device, span_of(request), &office->answer, listener);
    if (json_parse(buf_span(&office->answer), &office->reply, NULL)) {
        fail_msg("no JSON: %s", buf_text(&office->answer));
    }
    assert_true(json_bool(json_get(office->reply, "ok")) == (e == OK));
    return e;
}

static inline enum err office_try(struct office *office, struct device *device, const char *request)
{
    return office_listen(office, device, request, NULL);
}

/* A call that must succeed. */
static inline const struct json *office_call(struct office *office, struct device *device,
                                             const char *request)
{
    if (office_try(office, device, request)) {
        fail_msg("%s -> %s", request, buf_text(&office->answer));
    }
    return office->reply;
}

/* A code for a new device, as the office hands it out; `ret` has room for 1,024 bytes. */
static inline void office_invite_as(struct office *office, const char *role, struct id person_id,
                                    int64_t valid_ms, char *ret)
{
    struct enrol_code code = {
        .url = "https://office.example:8443", .pins = {OFFICE_PIN, OFFICE_SPARE}, .pin_count = 2};
    char definition[512];
    char person[ID_TEXT_SIZE];
    struct diag diag = {0};
    struct buf text;
    id_write(person_id, person);
    (void)snprintf(definition, sizeof definition,
                   "{\"role\":\"%s\",\"scopes\":[\"%s\"],\"compartments\":[\"base\",\"aid\"],"
                   "\"person\":\"%s\"}",
                   role, OFFICE_COMMUNE, person);
    struct invite invite = {.definition = definition, .valid_ms = valid_ms};
    assert_int_equal(serve_invite(office->region, &invite, &code, &diag), OK);
    buf_init(&text, &office->nodes.host.mem, 1023);
    assert_int_equal(enrol_code_write(&code, &text), OK);
    span_text(buf_span(&text), ret, 1024);
    buf_release(&text);
}

static inline void office_invite(struct office *office, int64_t valid_ms, char *ret)
{
    office_invite_as(office, "worker", office->fatima, valid_ms, ret);
}

/* A device over a folder of that name; nothing is made yet. */
static inline struct device *office_bare(struct office *office, const char *name)
{
    char home[256];
    assert_true(office->device_count < OFFICE_DEVICES);
    struct device **device = &office->devices[office->device_count];
    (void)snprintf(home, sizeof home, "%s/%s", office->nodes.folder, name);
    assert_int_equal(
        device_new(&office->nodes.host, home, LANGUAGE_EN, &office->catalogues, device), OK);
    office->device_count++;
    return *device;
}

static inline void office_enrol_device(struct office *office, struct device *device)
{
    char code[1024];
    char request[2048];
    office_invite(office, 3600000, code);
    (void)snprintf(request, sizeof request, "{\"call\":\"enrol\",\"args\":{\"code\":\"%s\"}}",
                   code);
    (void)office_call(office, device, request);
    assert_null(json_get(office->reply, "sync_error"));
}

static inline struct device *office_device(struct office *office, const char *name)
{
    struct device *device = office_bare(office, name);
    (void)office_call(office, device, "{\"call\":\"init\"}");
    office_enrol_device(office, device);
    return device;
}

/* A member of the last answer, or of an object in it. */
static inline const char *office_text(const struct json *object, const char *name)
{
    const char *text = json_get_text(object, name, NULL);
    if (!text) {
        fail_msg("no text %s", name);
    }
    return text;
}

#endif
