#include "enrol_message.h"

#include <string.h>

#include "case_number.h"
#include "hash.h"
#include "line.h"
#include "signed_bytes.h"

#define ENROL_VERSION 1
#define CA_PEM_MAX    (16u * 1024)
#define NODE_JSON_MAX (32u * 1024)

void enrol_fingerprint(const struct public_key *org_key, uint8_t ret[16])
{
    struct hash hash;
    hash_bytes(span_from(org_key->bytes, PUBLIC_KEY_SIZE), &hash);
    memcpy(ret, hash.bytes, 16);
}

static void request_bytes(const struct enrol_request *request, struct id hub,
                          struct signed_bytes *ret)
{
    signed_begin(ret, "douar-enrol-1");
    signed_put(ret, hub.bytes, ID_SIZE);
    signed_put(ret, request->code_id, ENROL_CODE_ID_SIZE);
    signed_put(ret, request->secret, ENROL_SECRET_SIZE);
    signed_put(ret, request->node.bytes, ID_SIZE);
    signed_put(ret, request->key.bytes, PUBLIC_KEY_SIZE);
}

enum err enrol_request_write(struct enrol_request *request, struct id hub,
                             const struct secret_key *key, struct buf *ret)
{
    struct signed_bytes message;
    request_bytes(request, hub, &message);
    sign_message(key, signed_span(&message), &request->signature);
    sign_wipe(&message, sizeof message); /* holds the code's secret */

    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "v");
    json_put_int(&writer, ENROL_VERSION);
    json_name(&writer, "code");
    line_put_bytes(&writer, request->code_id, ENROL_CODE_ID_SIZE);
    json_name(&writer, "secret");
    line_put_bytes(&writer, request->secret, ENROL_SECRET_SIZE);
    json_name(&writer, "node");
    line_put_id(&writer, request->node);
    json_name(&writer, "key");
    line_put_bytes(&writer, request->key.bytes, PUBLIC_KEY_SIZE);
    json_name(&writer, "name");
    json_put_text(&writer, request->name);
    json_name(&writer, "sig");
    line_put_bytes(&writer, request->signature.bytes, SIGNATURE_SIZE);
    json_close(&writer, '}');
    return buf_error(ret);
}

enum err enrol_request_read(struct span body, struct arena *arena, struct enrol_request *ret,
                            struct diag *diag)
{
    struct line line;
    struct enrol_request request = {0};
    line_open(&line, body, WIRE_ENROL_MAX, "enrolment request", diag);
    line_version(&line, ENROL_VERSION);
    line_bytes(&line, line_get(&line, "code"), "code", request.code_id, ENROL_CODE_ID_SIZE);
    line_bytes(&line, line_get(&line, "secret"), "secret", request.secret, ENROL_SECRET_SIZE);
    request.node = line_id(&line, line_get(&line, "node"), "node");
    line_bytes(&line, line_get(&line, "key"), "key", request.key.bytes, PUBLIC_KEY_SIZE);
    request.name = line_string(&line, line_get(&line, "name"), "name", WIRE_NODE_NAME, arena);
    line_bytes(&line, line_get(&line, "sig"), "sig", request.signature.bytes, SIGNATURE_SIZE);
    enum err e = line_close(&line);
    if (!e) {
        *ret = request;
    }
    return e;
}

bool enrol_request_verify(const struct enrol_request *request, struct id hub)
{
    struct signed_bytes message;
    request_bytes(request, hub, &message);
    bool good = sign_verify(&request->key, signed_span(&message), &request->signature);
    sign_wipe(&message, sizeof message);
    return good;
}

enum err enrol_answer_write(const struct enrol_answer *answer, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "hub");
    line_put_id(&writer, answer->hub);
    json_name(&writer, "epoch");
    line_put_u64(&writer, answer->epoch);
    json_name(&writer, "org");
    line_put_bytes(&writer, answer->org_key.bytes, PUBLIC_KEY_SIZE);
    json_name(&writer, "ca");
    json_put_text(&writer, answer->ca_pem);
    json_name(&writer, "node");
    json_put_raw(&writer, answer->node_json);
    json_name(&writer, "short");
    json_put_text(&writer, answer->short_code);
    json_name(&writer, "person");
    if (answer->has_person) {
        line_put_id(&writer, answer->person);
    } else {
        json_put_null(&writer);
    }
    json_name(&writer, "t");
    json_put_int(&writer, answer->time_ms);
    json_close(&writer, '}');
    return buf_error(ret);
}

/* PEM has line ends, so it is checked apart from other texts: printable ASCII and LF. */
static const char *read_ca(struct line *line, struct arena *arena)
{
    const struct json *item = line_get(line, "ca");
    struct span pem = json_span(item);
    bool good = span_starts_with(pem, "-----BEGIN CERTIFICATE-----\n") && pem.size <= CA_PEM_MAX;
    for (size_t i = 0; good && i < pem.size; i++) {
        good = pem.data[i] == '\n' || (pem.data[i] >= ' ' && pem.data[i] <= '~');
    }
    if (!good) {
        line_refuse(line, "not a certificate", "ca");
        return NULL;
    }
    char *copy = line->failed == OK ? arena_span_text(arena, pem) : NULL;
    if (copy == NULL) {
        line_no_memory(line);
    }
    return copy;
}

static struct span read_node(struct line *line, struct arena *arena)
{
    const struct json *item = line_get(line, "node");
    if (!json_is(item, JSON_OBJECT)) {
        line_refuse(line, "not an object", "node");
        return (struct span){0};
    }
    struct buf text;
    struct span copy = {0};
    buf_init(&text, arena->mem, NODE_JSON_MAX);
    json_add_tree(&text, item);
    enum err e = buf_error(&text);
    if (!e) {
        e = arena_copy(arena, buf_span(&text), &copy);
    }
    if (e == ERR_TOO_LARGE) {
        line_too_many(line, "node", NODE_JSON_MAX);
    } else if (e) {
        line_no_memory(line);
    }
    buf_release(&text);
    return copy;
}

static const char *read_short_code(struct line *line, struct arena *arena)
{
    const struct json *item = line_get(line, "short");
    struct span code = json_span(item);
    for (size_t i = 0; i < code.size; i++) {
        uint8_t c = code.data[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            line_refuse(line, "not a short code", "short");
        }
    }
    return line_string(line, item, "short", SHORT_CODE_MAX, arena);
}

static void check_org_key(struct line *line, const struct enrol_answer *answer,
                          const struct enrol_code *code)
{
    uint8_t fingerprint[16];
    enrol_fingerprint(&answer->org_key, fingerprint);
    if (line->failed == OK &&
        !bytes_equal(fingerprint, code->org_fingerprint, sizeof fingerprint)) {
        line->failed = diag_set(line->diag, ERR_SIGNATURE, "the organisation's key", NULL);
    }
}

enum err enrol_answer_read(struct span body, const struct enrol_code *code, struct arena *arena,
                           struct enrol_answer *ret, struct diag *diag)
{
    struct line line;
    struct enrol_answer answer = {0};
    line_open(&line, body, WIRE_ANSWER_MAX, "enrolment answer", diag);
    line_bytes(&line, line_get(&line, "org"), "org", answer.org_key.bytes, PUBLIC_KEY_SIZE);
    check_org_key(&line, &answer, code);
    answer.hub = line_id(&line, line_get(&line, "hub"), "hub");
    if (!id_equal(answer.hub, code->hub)) {
        line_refuse(&line, "another hub than the code's", "hub");
    }
    answer.epoch = line_u64(&line, line_get(&line, "epoch"), "epoch");
    answer.ca_pem = read_ca(&line, arena);
    answer.node_json = read_node(&line, arena);
    answer.short_code = read_short_code(&line, arena);
    const struct json *person = line_get(&line, "person");
    if (person != NULL) {
        answer.has_person = true;
        answer.person = line_id(&line, person, "person");
    }
    answer.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    enum err e = line_close(&line);
    if (!e) {
        *ret = answer;
    }
    return e;
}
