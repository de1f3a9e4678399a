#include "carry_parts.h"

#include <string.h>

#include "enrol_message.h"
#include "num.h"

#define ENROL_PATH      "/v1/enrol"
#define REPLY_SIZE_MAX  (64u * 1024)
#define ENROL_ARENA_MAX (1024u * 1024)

struct enrolling {
    const struct host *host;
    struct node *node;
    const char *name;
    struct enrol_code code;
    char pins[CARRY_PINS_MAX * CARRY_PIN_SIZE]; /* "base64;base64" */
    struct node_identity identity;
    struct arena arena;
    struct diag *diag;
};

static enum err read_code(struct enrolling *enrolling, const char *text)
{
    enum err e =
        enrol_code_read(span_of(text), &enrolling->arena, &enrolling->code, enrolling->diag);
    if (e) {
        return e;
    }
    struct buf pins;
    buf_init(&pins, &enrolling->host->mem, sizeof enrolling->pins - 1);
    for (size_t i = 0; i < enrolling->code.pin_count; i++) {
        buf_add_text(&pins, i > 0 ? ";" : "");
        buf_add_text(&pins, enrolling->code.pins[i]);
    }
    e = buf_error(&pins);
    if (!e) {
        span_text(buf_span(&pins), enrolling->pins, sizeof enrolling->pins);
    }
    buf_release(&pins);
    return e;
}

/* A node has one organisation: its records are sealed by that key and would be lost to another. */
static enum err check_organisation(struct enrolling *enrolling)
{
    uint8_t fingerprint[sizeof enrolling->code.org_fingerprint];
    if (!enrolling->identity.enrolled) {
        return OK;
    }
    enrol_fingerprint(&enrolling->identity.org_key, fingerprint);
    if (memcmp(fingerprint, enrolling->code.org_fingerprint, sizeof fingerprint) != 0) {
        return diag_set(enrolling->diag, ERR_ALREADY_ENROLLED, "", NULL);
    }
    return OK;
}

static enum err check_name(const struct enrolling *enrolling)
{
    char most[NUM_TEXT_SIZE];
    if (strlen(enrolling->name) <= WIRE_NODE_NAME) {
        return OK;
    }
    num_write_i64(WIRE_NODE_NAME, most);
    return diag_set(enrolling->diag, ERR_TOO_LARGE, "name", most, NULL);
}

static enum err write_request(struct enrolling *enrolling, struct buf *ret)
{
    struct enrol_request request = {
        .node = enrolling->identity.id,
        .key = enrolling->identity.key,
        .name = enrolling->name,
    };
    struct secret_key key;
    enum err e = node_secret(enrolling->node, &key);
    if (e) {
        return e;
    }
    memcpy(request.code_id, enrolling->code.code_id, sizeof request.code_id);
    memcpy(request.secret, enrolling->code.secret, sizeof request.secret);
    e = enrol_request_write(&request, enrolling->code.hub, &key, ret);
    sign_wipe(&key, sizeof key);
    return e;
}

static enum err settle(struct enrolling *enrolling, struct span body)
{
    struct enrol_answer answer;
    enum err e =
        enrol_answer_read(body, &enrolling->code, &enrolling->arena, &answer, enrolling->diag);
    if (e) {
        return e;
    }
    struct node_enrolment enrolment = {
        .hub = answer.hub,
        .url = enrolling->code.url,
        .pins = enrolling->pins,
        .ca_pem = answer.ca_pem,
        .hub_epoch = answer.epoch,
        .org_key = answer.org_key,
        .short_code = answer.short_code,
        .has_person = answer.has_person,
        .person = answer.person,
        .definition = answer.node_json,
        .hub_time_ms = answer.time_ms,
    };
    return node_enrol(enrolling->node, &enrolment, enrolling->diag);
}

static enum err ask(struct enrolling *enrolling, struct span request, struct exchange_reply *reply)
{
    struct node_clock clock;
    enum err e = node_clock(enrolling->node, &clock);
    if (e) {
        return e;
    }
    struct post post = {
        .url = enrolling->code.url,
        .path = ENROL_PATH,
        .content_type = "application/json",
        .pins = enrolling->pins,
        .skip_dates = clock.insane,
        .body = request,
    };
    e = post_send(enrolling->host, &post, reply, enrolling->diag);
    if (!e && reply->status != 200) {
        e = post_refused(reply, enrolling->code.url, enrolling->diag);
    }
    return e;
}

enum err carry_enrol(const struct host *host, struct node *node, const char *code, const char *name,
                     struct diag *diag)
{
    struct enrolling enrolling = {.host = host, .node = node, .name = name, .diag = diag};
    struct exchange_reply reply = {0};
    struct buf request;
    arena_init(&enrolling.arena, &host->mem, ENROL_ARENA_MAX);
    buf_init(&request, &host->mem, WIRE_ENROL_MAX);
    buf_init(&reply.body, &host->mem, REPLY_SIZE_MAX);
    enum err e = read_code(&enrolling, code);
    if (e) {
        goto out;
    }
    e = node_identity(node, &enrolling.identity);
    if (e) {
        goto out;
    }
    e = check_organisation(&enrolling);
    if (e) {
        goto out;
    }
    e = check_name(&enrolling);
    if (e) {
        goto out;
    }
    e = write_request(&enrolling, &request);
    if (e) {
        goto out;
    }
    e = ask(&enrolling, buf_span(&request), &reply);
    if (e) {
        goto out;
    }
    e = settle(&enrolling, buf_span(&reply.body));
out:
    if (e) {
        diag_keep(diag, e);
    }
    buf_release(&reply.body);
    sign_wipe(request.data, request.size);
    buf_release(&request);
    arena_release(&enrolling.arena);
    return e;
}
