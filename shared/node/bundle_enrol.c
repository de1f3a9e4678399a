/*
 * bundle_enrol.c - a node is enrolled by files alone: it seals its request to the key in its code,
 * so that who carries the stick can't use the code; the server's next bundle for it answers.
 */
#include "bundle_parts.h"
#include "enrol.h"
#include "serve.h"
#include "sync_internal.h"

#define ENROL_ARENA_MAX (1024u * 1024)

/* ---- the new node asks */

static enum err write_head(struct bundle_out *out)
{
    const struct host *host = out->node->host;
    struct bundle_head head = {.time_ms = host->now_ms(host->ctx)};
    return bundle_out_head(out, &head);
}

static enum err write_request(struct bundle_out *out, struct enrolling *enrolling)
{
    struct buf request;
    buf_init(&request, &out->node->host->mem, WIRE_ENROL_MAX);
    enum err e = enrol_request(enrolling, &request);
    if (!e) {
        e = bundle_out_frame(out, BUNDLE_ENROL, buf_span(&request));
    }
    if (request.data) {
        sign_wipe(request.data, request.capacity);
    }
    buf_release(&request);
    return e;
}

/* What it takes to believe the answer; the secret isn't needed for that. */
static enum err remember(struct node *node, const struct enrolling *enrolling)
{
    const struct enrol_code *code = &enrolling->code;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, ENROL_ASKED);
    stmt_bind_blob(s, 1, code->hub.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, code->hub_key.bytes, PUBLIC_KEY_SIZE);
    stmt_bind_text(s, 3, span_of(code->url));
    stmt_bind_text(s, 4, span_of(enrolling->pins));
    stmt_bind_blob(s, 5, code->org_fingerprint, sizeof code->org_fingerprint);
    return node_end(node, stmt_run(s));
}

static enum err write_enrolment(struct bundle_out *out, struct enrolling *enrolling)
{
    enum err e = bundle_choose_path(out);
    if (!e) {
        e = bundle_out_begin(out, &enrolling->code.hub_key);
    }
    if (!e) {
        e = write_head(out);
    }
    if (!e) {
        e = write_request(out, enrolling);
    }
    if (!e) {
        e = remember(out->node, enrolling);
    }
    return e ? e : bundle_out_end(out);
}

enum err node_bundle_enrol(struct node *node, const char *code, const char *name,
                           const struct bundle_order *order, char ret_path[BUNDLE_PATH_SIZE],
                           struct bundle_report *ret, struct diag *diag)
{
    struct bundle_report report = {.way = BUNDLE_TO_ENROL};
    struct bundle_out out = {.node = node, .order = order, .report = &report, .diag = diag};
    struct enrolling enrolling;
    struct arena arena;
    arena_init(&arena, &node->host->mem, ENROL_ARENA_MAX);
    buf_init(&out.bytes, &node->host->mem, 0);
    enum err e = enrol_begin(node, code, name, &arena, &enrolling, diag);
    if (!e && !enrolling.code.has_key) {
        e = diag_set(diag, ERR_BAD_CODE, "good by network only", NULL);
    }
    if (!e) {
        report.peer = enrolling.code.hub;
        e = write_enrolment(&out, &enrolling);
    }
    if (!e) {
        span_text(span_of(out.path), ret_path, BUNDLE_PATH_SIZE);
    }
    bundle_out_release(&out);
    arena_release(&arena);
    *ret = report;
    return node_failed(node, e, diag);
}

/* ---- the server takes it, and answers */

static enum err note_enrolment(struct node *node, const struct enrol_request *request)
{
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, BUNDLE_ENROL_SET);
    stmt_bind_blob(s, 1, request->node.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, request->code_id, ENROL_CODE_ID_SIZE);
    return node_end(node, stmt_run(s));
}

static enum err serve_request(struct bundle_in *in, struct span body, struct arena *arena)
{
    struct enrol_request request;
    struct enrol_answer answer;
    enum err e = enrol_request_read(body, arena, &request, in->diag);
    if (!e && (!id_equal(request.node, in->parties.sender) ||
               !bytes_equal(request.key.bytes, in->parties.sender_key.bytes, PUBLIC_KEY_SIZE))) {
        e = diag_set(in->diag, ERR_SIGNATURE, "bundle", NULL);
    }
    if (!e) {
        e = serve_enrol(in->node, &request, arena, &answer, in->diag);
    }
    return e ? e : note_enrolment(in->node, &request);
}

enum err serve_bundle_enrol(struct bundle_in *in, struct span body)
{
    struct arena arena;
    if (in->node->identity.role < ROLE_HUB) {
        return diag_set(in->diag, ERR_NOT_ALLOWED, "bundle", role_name(in->node->identity.role),
                        NULL);
    }
    arena_init(&arena, &in->node->host->mem, ENROL_ARENA_MAX);
    enum err e = serve_request(in, body, &arena);
    arena_release(&arena);
    in->report->way = BUNDLE_TO_ENROL;
    in->report->enrolled = e == OK;
    return e;
}

enum err serve_bundle_enrolled(struct bundle_out *out, struct id caller,
                               const struct bundle_peer *peer)
{
    struct node *node = out->node;
    struct arena arena;
    struct enrol_answer answer;
    struct buf body;
    bool found = false;
    arena_init(&arena, &node->host->mem, ENROL_ARENA_MAX);
    buf_init(&body, &node->host->mem, WIRE_ANSWER_MAX);
    enum err e = serve_enrolled(node, peer->enrol, caller, &arena, &found, &answer);
    if (!e && found) {
        answer.ca_pem = out->order->ca_pem;
        e = enrol_answer_write(&answer, &body);
    }
    if (!e && found) {
        e = bundle_out_frame(out, BUNDLE_ENROLLED, buf_span(&body));
    }
    buf_release(&body);
    arena_release(&arena);
    return e;
}

/* ---- the new node believes it */

/* What was kept of the code; `*ret_found` false when no answer of this hub is waited for. */
static enum err recall(struct node *node, struct id hub, struct enrolling *ret, bool *ret_found)
{
    struct enrol_code *code = &ret->code;
    struct stmt *s = db_stmt(node->db, ENROL_WAITS);
    stmt_bind_blob(s, 1, hub.bytes, ID_SIZE);
    bool found = stmt_row(s) && stmt_blob(s, 0, code->hub_key.bytes, PUBLIC_KEY_SIZE) &&
                 stmt_blob(s, 3, code->org_fingerprint, sizeof code->org_fingerprint);
    if (found) {
        code->hub = hub;
        code->url = arena_span_text(ret->arena, stmt_span(s, 1));
        span_text(stmt_span(s, 2), ret->pins, sizeof ret->pins);
    }
    enum err e = stmt_end(s);
    *ret_found = found;
    return e || !found || code->url ? e : ERR_NOMEM;
}

/* Its key goes on counting until its definition comes, with the answers. */
static enum err keep_key(struct node *node, struct id hub, const struct public_key *key)
{
    struct stmt *s = db_stmt(node->db, BUNDLE_KEY_SET);
    stmt_bind_blob(s, 1, hub.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, key->bytes, PUBLIC_KEY_SIZE);
    return stmt_run(s);
}

static enum err become_enrolled(struct bundle_in *in, struct enrolling *enrolling, struct span body)
{
    const struct public_key *key = &enrolling->code.hub_key;
    if (!bytes_equal(key->bytes, in->parties.sender_key.bytes, PUBLIC_KEY_SIZE)) {
        return diag_set(in->diag, ERR_SIGNATURE, "bundle", NULL);
    }
    enum err e = node_begin(in->node);
    if (!e) {
        e = keep_key(in->node, in->parties.sender, key);
        if (!e) {
            e = enrol_settle(enrolling, body, true, in->diag);
        }
        e = node_end(in->node, e);
    }
    in->report->enrolled = e == OK;
    return e;
}

enum err bundle_take_enrolled(struct bundle_in *in, struct span body)
{
    struct arena arena;
    struct enrolling enrolling = {.node = in->node, .arena = &arena};
    bool waits = false;
    arena_init(&arena, &in->node->host->mem, ENROL_ARENA_MAX);
    enum err e = recall(in->node, in->parties.sender, &enrolling, &waits);
    if (!e && waits) {
        e = become_enrolled(in, &enrolling, body);
    } /* else the answers behind it are judged: a stranger's are refused */
    arena_release(&arena);
    return e;
}
