#include "enrol.h"

#include <string.h>

#include "num.h"
#include "wire_limits.h"

static enum err join_pins(struct enrolling *enrolling)
{
    struct buf pins;
    buf_init(&pins, enrolling->arena->mem, sizeof enrolling->pins - 1);
    for (size_t i = 0; i < enrolling->code.pin_count; i++) {
        buf_add_text(&pins, i > 0 ? ";" : "");
        buf_add_text(&pins, enrolling->code.pins[i]);
    }
    enum err e = buf_error(&pins);
    if (!e) {
        span_text(buf_span(&pins), enrolling->pins, sizeof enrolling->pins);
    }
    buf_release(&pins);
    return e;
}

/* A node has one organisation: its records are sealed by that key and would be lost to another. */
static enum err check_organisation(const struct enrolling *enrolling, struct diag *diag)
{
    uint8_t fingerprint[sizeof enrolling->code.org_fingerprint];
    if (!enrolling->identity.enrolled) {
        return OK;
    }
    enrol_fingerprint(&enrolling->identity.org_key, fingerprint);
    if (memcmp(fingerprint, enrolling->code.org_fingerprint, sizeof fingerprint) != 0) {
        return diag_set(diag, ERR_ALREADY_ENROLLED, "", NULL);
    }
    return OK;
}

static enum err check_name(const char *name, struct diag *diag)
{
    char most[NUM_TEXT_SIZE];
    if (strlen(name) <= WIRE_NODE_NAME) {
        return OK;
    }
    num_write_i64(WIRE_NODE_NAME, most);
    return diag_set(diag, ERR_TOO_LARGE, "name", most, NULL);
}

enum err enrol_begin(struct node *node, const char *code, const char *name, struct arena *arena,
                     struct enrolling *ret, struct diag *diag)
{
    struct enrolling enrolling = {.node = node, .name = name, .arena = arena};
    enum err e = enrol_code_read(span_of(code), arena, &enrolling.code, diag);
    if (!e) {
        e = join_pins(&enrolling);
    }
    if (!e) {
        e = node_identity(node, &enrolling.identity);
    }
    if (!e) {
        e = check_organisation(&enrolling, diag);
    }
    if (!e) {
        e = check_name(name, diag);
    }
    if (!e) {
        *ret = enrolling;
    }
    return e;
}

enum err enrol_request(struct enrolling *enrolling, struct buf *ret)
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

enum err enrol_settle(struct enrolling *enrolling, struct span body, bool by_file,
                      struct diag *diag)
{
    struct enrol_answer answer;
    enum err e = enrol_answer_read(body, &enrolling->code, enrolling->arena, &answer, diag);
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
        .by_file = by_file,
    };
    return node_enrol(enrolling->node, &enrolment, diag);
}
