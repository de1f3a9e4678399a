/*
 * serve_enrol.c - invitations and their use: how a new node comes to be known.
 *
 * The hub (or the region) that invites vouches for the new node by publishing its definition.
 * A code is for one node: the same node may ask again (its answer was lost), another may not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "enrol_message.h"
#include "hash.h"
#include "json.h"
#include "node_internal.h"
#include "serve.h"

#define ENROL_TRIES    5
#define ENROL_WAIT_S   "900" /* what a burnt code is told; a new one is the mend */
#define DEFINITION_MAX (64u * 1024)

static void secret_hash(const uint8_t secret[ENROL_SECRET_SIZE], struct hash *ret)
{
    struct hash_state state;
    hash_begin(&state, "douar-invite-1");
    hash_add(&state, secret, ENROL_SECRET_SIZE);
    hash_end(&state, ret);
}

enum err serve_invite(struct node *node, const struct invite *invite, struct enrol_code *ret_code,
                      struct diag *diag)
{
    struct enrol_code code = *ret_code; /* url and pins are the caller's */
    struct hash hash;
    const struct host *host = node->host;
    if (!node->identity.enrolled) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    host->random(host->ctx, code.code_id, sizeof code.code_id);
    host->random(host->ctx, code.secret, sizeof code.secret);
    code.hub = node->identity.id;
    code.has_key = true;
    code.hub_key = node->identity.key;
    enrol_fingerprint(&node->identity.org_key, code.org_fingerprint);
    secret_hash(code.secret, &hash);
    enum err e = node_begin(node);
    if (!e) {
        struct stmt *s = db_stmt(node->db, INVITE_ADD);
        stmt_bind_blob(s, 1, code.code_id, sizeof code.code_id);
        stmt_bind_blob(s, 2, hash.bytes, HASH_SIZE);
        stmt_bind_text(s, 3, span_of(invite->definition));
        stmt_bind_i64(s, 4, host->now_ms(host->ctx) + invite->valid_ms);
        e = node_end(node, stmt_run(s));
    }
    if (e) {
        return node_failed(node, e, diag);
    }
    *ret_code = code;
    return OK;
}

struct invited {
    bool found;
    struct hash secret;
    struct span definition;
    int64_t expires_ms, tries;
    bool used;
    struct id used_by;
    struct public_key used_key;
    struct span answer; /* definition and short code as given the first time */
};

static enum err read_invite(struct node *node, const uint8_t *code, struct arena *arena,
                            struct invited *ret)
{
    struct invited invited = {0};
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, INVITE_GET);
    stmt_bind_blob(s, 1, code, ENROL_CODE_ID_SIZE);
    if (stmt_row(s)) {
        invited.found = stmt_blob(s, 0, invited.secret.bytes, HASH_SIZE);
        e = arena_copy(arena, stmt_span(s, 1), &invited.definition);
        invited.expires_ms = stmt_i64(s, 2);
        invited.tries = stmt_i64(s, 3);
        invited.used = stmt_blob(s, 4, invited.used_by.bytes, ID_SIZE) &&
                       stmt_blob(s, 5, invited.used_key.bytes, PUBLIC_KEY_SIZE);
        if (!e) {
            e = arena_copy(arena, stmt_span(s, 6), &invited.answer);
        }
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = invited;
    }
    return e;
}

/* Hubs are A, B, ... Z, AA ... without R, which is the region's; devices count within theirs. */
static enum err next_short(struct node *node, enum role role, char *ret, size_t size)
{
    int64_t count = 0;
    const char *counter = role == ROLE_HUB ? "short_hubs" : "short_devices";
    enum err e = self_i64(node, counter, 0, &count);
    if (!e) {
        e = self_set_i64(node, counter, count + 1);
    }
    if (e) {
        return e;
    }
    if (role != ROLE_HUB) {
        (void)snprintf(ret, size, "%s%02" PRId64, node->identity.short_code, count + 1);
        return OK;
    }
    static const char letters[] = "ABCDEFGHIJKLMNOPQSTUVWXYZ";
    int64_t base = (int64_t)sizeof letters - 1;
    if (count < base) {
        (void)snprintf(ret, size, "%c", letters[count]);
    } else {
        (void)snprintf(ret, size, "%c%c", letters[(count / base - 1) % base],
                       letters[count % base]);
    }
    return OK;
}

static void put_member(struct json_writer *w, const struct json *member)
{
    json_name(w, json_key(member));
    json_put_tree(w, member);
}

/* The invitation's definition and what is the new node's own. */
static enum err build_definition(struct node *node, const struct json *invited,
                                 const struct enrol_request *request, const char *short_code,
                                 struct buf *ret)
{
    struct json_writer w;
    char id[ID_TEXT_SIZE];
    char by[ID_TEXT_SIZE];
    char key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    id_write(request->node, id);
    id_write(node->identity.id, by);
    base64_write(request->key.bytes, PUBLIC_KEY_SIZE, key);
    json_begin(&w, ret);
    json_open(&w, '{');
    json_name(&w, "id");
    json_put_text(&w, id);
    json_name(&w, "name");
    const char *given = json_text(json_get(invited, "name"));
    json_put_text(&w, given ? given : request->name);
    json_name(&w, "key");
    json_put_text(&w, key);
    json_name(&w, "short");
    json_put_text(&w, short_code);
    json_name(&w, "by");
    json_put_text(&w, by);
    for (const struct json *member = json_first(invited); member; member = json_next(member)) {
        const char *name = json_key(member);
        if (strcmp(name, "name") != 0 && strcmp(name, "id") != 0 && strcmp(name, "key") != 0 &&
            strcmp(name, "short") != 0 && strcmp(name, "by") != 0) {
            put_member(&w, member);
        }
    }
    json_close(&w, '}');
    return buf_error(ret);
}

static void put_names(struct json_writer *w, const char *key, const char *const *names,
                      size_t count)
{
    json_name(w, key);
    json_open(w, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_text(w, names[i]);
    }
    json_close(w, ']');
}

/* A definition as it stands. */
static enum err known_definition(const struct org_node *known, struct buf *ret)
{
    struct json_writer w;
    char text[ID_TEXT_SIZE];
    char key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    json_begin(&w, ret);
    json_open(&w, '{');
    id_write(known->id, text);
    json_name(&w, "id");
    json_put_text(&w, text);
    json_name(&w, "name");
    json_put_text(&w, known->name);
    base64_write(known->key.bytes, PUBLIC_KEY_SIZE, key);
    json_name(&w, "key");
    json_put_text(&w, key);
    json_name(&w, "short");
    json_put_text(&w, known->short_code);
    id_write(known->by, text);
    json_name(&w, "by");
    json_put_text(&w, text);
    json_name(&w, "role");
    json_put_text(&w, role_name(known->role));
    put_names(&w, "scopes", known->scopes, known->scope_count);
    put_names(&w, "compartments", known->compartments, known->compartment_count);
    if (known->has_person) {
        id_write(known->person, text);
        json_name(&w, "person");
        json_put_text(&w, text);
    }
    json_close(&w, '}');
    return buf_error(ret);
}

/* Another office's device, which that office goes on to vouch for, learns to sync here as well:
   what it may see stays as it is. */
static bool is_guest(const struct node *node, const struct org *org, const struct org_node *known)
{
    const struct org_node *by = known ? org_node(org, known->by) : NULL;
    return known && !node->has_org_key && !id_equal(known->by, node->identity.id) &&
           !(by && by->role == ROLE_HUB && by->revoked);
}

static enum err use_invite(struct node *node, const struct enrol_request *request,
                           const struct json *invited, struct buf *definition, struct diag *diag)
{
    char short_code[40];
    char name[ID_TEXT_SIZE];
    enum role role = ROLE_WORKER;
    if (!role_from_name(json_get_text(invited, "role", ""), &role)) {
        return diag_set(diag, ERR_BAD_CODE, "role", NULL);
    }
    id_write(request->node, name);
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    const struct org_node *known = e ? NULL : org_node(org, request->node);
    if (known) { /* it moves here: papers bear its short code already */
        (void)snprintf(short_code, sizeof short_code, "%s", known->short_code);
    } else if (!e) {
        e = next_short(node, role, short_code, sizeof short_code);
    }
    bool guest = !e && is_guest(node, org, known);
    if (!e) {
        e = guest ? known_definition(known, definition)
                  : build_definition(node, invited, request, short_code, definition);
    }
    if (!e && !guest) {
        e = org_publish(node, "_node", name, buf_span(definition), diag);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, INVITE_USED);
        stmt_bind_blob(s, 1, request->code_id, ENROL_CODE_ID_SIZE);
        stmt_bind_blob(s, 2, request->node.bytes, ID_SIZE);
        stmt_bind_blob(s, 3, request->key.bytes, PUBLIC_KEY_SIZE);
        stmt_bind_text(s, 4, buf_span(definition));
        e = stmt_run(s);
    }
    return e;
}

static enum err fill_answer(struct node *node, struct span definition, struct arena *arena,
                            struct enrol_answer *ret)
{
    struct json *json = NULL;
    struct enrol_answer answer = {.hub = node->identity.id,
                                  .epoch = node->identity.epoch,
                                  .org_key = node->identity.org_key,
                                  .ca_pem = "",
                                  .time_ms = node->host->now_ms(node->host->ctx)};
    enum err e = arena_copy(arena, definition, &answer.node_json);
    if (!e) {
        e = json_parse(definition, &json, NULL);
    }
    if (!e) {
        answer.short_code = arena_text(arena, json_get_text(json, "short", ""));
        answer.has_person = id_read(span_of(json_get_text(json, "person", "")), &answer.person);
        e = answer.short_code ? OK : ERR_NOMEM;
    }
    json_free(json);
    if (!e) {
        *ret = answer;
    }
    return e;
}

static enum err count_try(struct node *node, const uint8_t *code)
{
    struct stmt *s = db_stmt(node->db, INVITE_TRY);
    stmt_bind_blob(s, 1, code, ENROL_CODE_ID_SIZE);
    return stmt_run(s);
}

/* OK when the code may be used (or was, by this very node). */
static enum err judge(struct node *node, const struct enrol_request *request,
                      const struct invited *invited, struct diag *diag)
{
    struct hash secret;
    secret_hash(request->secret, &secret);
    if (!invited->found) {
        return diag_set(diag, ERR_BAD_CODE, "unknown", NULL);
    }
    if (invited->tries >= ENROL_TRIES) {
        return diag_set(diag, ERR_TOO_MANY_TRIES, ENROL_WAIT_S, NULL);
    }
    if (!bytes_equal(secret.bytes, invited->secret.bytes, HASH_SIZE)) {
        enum err e = count_try(node, request->code_id);
        return e ? e : diag_set(diag, ERR_BAD_CODE, "secret", NULL);
    }
    if (invited->used &&
        (!id_equal(invited->used_by, request->node) ||
         !bytes_equal(invited->used_key.bytes, request->key.bytes, PUBLIC_KEY_SIZE))) {
        return diag_set(diag, ERR_CODE_USED, NULL);
    }
    if (!invited->used && node->host->now_ms(node->host->ctx) > invited->expires_ms) {
        return diag_set(diag, ERR_CODE_EXPIRED, NULL);
    }
    return OK;
}

/* A node that is known already moves here with its own key; it can't be taken over with another. */
static enum err not_taken(struct node *node, const struct enrol_request *request, struct diag *diag)
{
    const struct org *org = NULL;
    char id[ID_TEXT_SIZE];
    enum err e = node_org(node, &org);
    const struct org_node *known = e ? NULL : org_node(org, request->node);
    if (known && known->revoked) {
        return diag_set(diag, ERR_REVOKED, known->name, NULL);
    }
    if (known && !bytes_equal(known->key.bytes, request->key.bytes, PUBLIC_KEY_SIZE)) {
        id_write(request->node, id);
        e = diag_set(diag, ERR_EXISTS, "node", id, NULL);
    }
    return e;
}

static enum err enrol(struct node *node, const struct enrol_request *request,
                      const struct invited *invited, struct arena *arena, struct enrol_answer *ret,
                      struct diag *diag)
{
    struct json *json = NULL;
    struct buf definition;
    if (invited->used) {
        return fill_answer(node, invited->answer, arena, ret);
    }
    buf_init(&definition, &node->host->mem, DEFINITION_MAX);
    enum err e = not_taken(node, request, diag);
    if (!e) {
        e = json_parse(invited->definition, &json, diag);
    }
    if (!e) {
        e = node_begin(node);
        if (!e) {
            e = node_end(node, use_invite(node, request, json, &definition, diag));
        }
    }
    if (!e) {
        e = fill_answer(node, buf_span(&definition), arena, ret);
    }
    json_free(json);
    buf_release(&definition);
    return e;
}

enum err serve_enrol(struct node *node, const struct enrol_request *request, struct arena *arena,
                     struct enrol_answer *ret, struct diag *diag)
{
    struct invited invited;
    if (!enrol_request_verify(request, node->identity.id)) {
        return diag_set(diag, ERR_SIGNATURE, "enrolment", NULL);
    }
    enum err e = node_begin(node);
    if (e) {
        return node_failed(node, e, diag);
    }
    e = read_invite(node, request->code_id, arena, &invited);
    enum err judged = e ? e : judge(node, request, &invited, diag);
    e = node_end(node, e); /* a counted try stays, whatever was judged */
    e = e ? e : judged;
    if (!e) {
        e = enrol(node, request, &invited, arena, ret, diag);
    }
    return node_failed(node, e, diag);
}

enum err serve_enrolled(struct node *node, const uint8_t *code_id, struct id caller,
                        struct arena *arena, bool *ret_found, struct enrol_answer *ret)
{
    struct invited invited;
    enum err e = read_invite(node, code_id, arena, &invited);
    bool found = !e && invited.found && invited.used && id_equal(invited.used_by, caller);
    if (!e && found) {
        e = fill_answer(node, invited.answer, arena, ret);
    }
    if (!e) {
        *ret_found = found;
    }
    return e;
}
