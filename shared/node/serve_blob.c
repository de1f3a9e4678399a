/*
 * serve_blob.c - the answering end of the attachments' lane.
 *
 * Who may read a blob is who may read an op that names it. A hash opens nothing: an op that the
 * caller wrote itself counts only when the caller gave the bytes too.
 *
 * What an op names and is missing here may be given by whoever has it: the author may have lost the
 * record from its sight, and this server may know the op without knowing whose it is.
 */
#include <string.h>

#include "blob_message.h"
#include "serve_blob.h"

#define BLOB_ARENA_MAX (1024u * 1024)

struct blob_call {
    struct serve serve;
    struct blob_request request;
    struct blob_reply reply;
    struct span bytes; /* of put */
    struct buf given;  /* of get */
};

/* Is the op's record in a scope that the caller is granted, with the op's compartment? */
static enum err may_read_op(const struct serve *serve, int64_t entity, int64_t compartment,
                            bool *ret)
{
    struct entity_row row;
    struct members members = {.count = 0};
    const char *comp = NULL;
    bool granted = false;
    enum err e = entity_get(serve->node, entity, &row);
    if (!e) {
        e = members_of(serve->node, row.root, &members);
    }
    if (!e) {
        e = symbol_text(serve->node, compartment, &comp);
    }
    for (size_t i = 0; !e && !granted && i < members.count; i++) {
        const char *scope = NULL;
        e = symbol_text(serve->node, members.scopes[i], &scope);
        granted = !e && scope_granted(serve, span_of(scope), span_of(comp));
    }
    if (!e) {
        *ret = granted;
    }
    return e;
}

static enum err decide(const struct serve *serve, const struct blob_row *blob,
                       struct blob_access *ret)
{
    struct blob_access access = {.give = blob->id != 0 && serve->caller->role == ROLE_HUB};
    bool gave = blob->whole && id_equal(blob->giver, serve->caller->id);
    access.give = access.give || gave;
    enum err e = OK;
    struct stmt *s = db_stmt(serve->node->db, BLOB_NAMED_BY);
    stmt_bind_i64(s, 1, blob->id);
    while (!e && !(access.read && access.give) && stmt_row(s)) {
        struct id author = {{0}};
        bool readable = false;
        bool own = stmt_blob(s, 2, author.bytes, ID_SIZE) && id_equal(author, serve->caller->id);
        e = may_read_op(serve, stmt_i64(s, 0), stmt_i64(s, 1), &readable);
        access.give = access.give || own || readable || !blob->whole;
        access.read = access.read || (readable && (!own || gave));
    }
    enum err end = stmt_end(s);
    if (!e && !end) {
        *ret = access;
    }
    return e ? e : end;
}

enum err serve_blob_find(const struct serve *serve, const struct blob_name *name,
                         struct blob_row *ret_blob, struct blob_access *ret_access)
{
    enum err e = blob_find(serve->node, name, ret_blob);
    return e ? e : decide(serve, ret_blob, ret_access);
}

/* One node can't fill the disk of everybody. */
static enum err has_room(const struct serve *serve, const struct blob_row *blob, bool *ret)
{
    struct stmt *s = db_stmt(serve->node->db, BLOB_GIVEN);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    bool found = stmt_row(s);
    int64_t count = found ? stmt_i64(s, 0) : 0;
    int64_t bytes = found ? stmt_i64(s, 1) : 0;
    enum err e = stmt_end(s);
    *ret = serve->caller->role == ROLE_HUB ||
           (count < WIRE_BLOBS_HELD && bytes + blob->name.size <= WIRE_BLOB_BYTES);
    return e;
}

enum err serve_blob_taken(const struct serve *serve, const struct blob_name *name,
                          struct blob_row *ret_blob, int64_t *ret)
{
    struct blob_access access = {.read = false};
    int64_t have = -1;
    bool room = true;
    enum err e = serve_blob_find(serve, name, ret_blob, &access);
    if (!e && access.give) {
        e = blob_given(serve->node, ret_blob, serve->caller->id, &have);
    }
    if (!e && have == 0) {
        e = has_room(serve, ret_blob, &room);
    }
    if (!e) {
        *ret = room ? have : -1;
    }
    return e;
}

static enum err answer_ask(struct blob_call *call)
{
    size_t count = call->request.ask_count;
    enum err e = OK;
    call->reply.ask = arena_array(call->serve.arena, count, sizeof *call->reply.ask);
    call->reply.stable = arena_array(call->serve.arena, count, sizeof *call->reply.stable);
    if (!call->reply.ask || !call->reply.stable) {
        return ERR_NOMEM;
    }
    call->reply.ask_count = count;
    for (size_t i = 0; !e && i < count; i++) {
        struct blob_row blob = {.id = 0};
        e = serve_blob_taken(&call->serve, &call->request.ask[i], &blob, &call->reply.ask[i]);
        if (!e && blob.stable && call->reply.ask[i] == blob.name.size) {
            call->reply.stable[call->reply.stable_count++] = (int64_t)i;
        }
    }
    return e;
}

static enum err answer_want(struct blob_call *call)
{
    size_t count = call->request.want_count;
    enum err e = OK;
    call->reply.want = arena_array(call->serve.arena, count, sizeof *call->reply.want);
    if (!call->reply.want) {
        return ERR_NOMEM;
    }
    call->reply.want_count = count;
    for (size_t i = 0; !e && i < count; i++) {
        struct blob_row blob;
        struct blob_access access = {.read = false};
        e = serve_blob_find(&call->serve, &call->request.want[i], &blob, &access);
        if (!e && access.read && !blob.whole) { /* asked for above with the next uplink */
            e = blob_want(call->serve.node, &blob.name);
        }
        call->reply.want[i] = !access.read ? -1 : blob.whole ? blob.name.size : 0;
    }
    return e;
}

static enum err answer_put(struct blob_call *call)
{
    struct blob_row blob;
    const struct blob_piece *put = &call->request.put;
    struct blob_reply *reply = &call->reply;
    int64_t have = -1;
    enum err e = serve_blob_taken(&call->serve, &put->name, &blob, &have);
    if (!e && have >= 0) {
        e = blob_take(call->serve.node, &blob, call->serve.caller->id, put->offset, call->bytes,
                      &have, &reply->put_wrong);
    }
    reply->has_put = true;
    reply->put = have;
    call->serve.wrote = call->serve.wrote || have >= 0;
    return e;
}

static enum err answer_get(struct blob_call *call)
{
    struct blob_row blob;
    struct blob_access access = {.read = false};
    const struct blob_piece *get = &call->request.get;
    enum err e = serve_blob_find(&call->serve, &get->name, &blob, &access);
    if (!e && access.read) {
        e = blob_piece(call->serve.node, &blob, get->offset, get->size, &call->given);
    }
    call->reply.has_get = true;
    call->reply.get = access.read ? (int64_t)call->given.size : -1;
    call->serve.wrote = call->serve.wrote || call->given.size > 0;
    return e;
}

static enum err answer(struct blob_call *call)
{
    const struct blob_request *request = &call->request;
    enum err e = request->ask_count > 0 ? answer_ask(call) : OK;
    if (!e && request->want_count > 0) {
        e = answer_want(call);
    }
    if (!e && request->has_put) {
        e = answer_put(call);
    }
    if (!e && request->has_get) {
        e = answer_get(call);
    }
    if (!e && call->serve.wrote) {
        e = serve_turn_ratchet(&call->serve);
    }
    call->reply.has_ratchet = call->serve.reply.has_ratchet;
    call->reply.ratchet = call->serve.reply.ratchet;
    call->reply.time_ms = call->serve.now_ms;
    return e;
}

enum err serve_blob(struct node *node, struct pack *pack, const char *path, struct span body,
                    struct buf *ret, uint64_t *ret_hint, struct diag *diag)
{
    struct arena arena;
    struct buf text;
    struct blob_call call = {.serve = {.node = node, .arena = &arena}};
    arena_init(&arena, &node->host->mem, BLOB_ARENA_MAX);
    buf_init(&text, &node->host->mem, WIRE_BLOB_LINE + WIRE_BLOB_CHUNK + 1);
    buf_init(&call.given, &node->host->mem, WIRE_BLOB_CHUNK);
    enum err e = serve_hear(&call.serve, pack, path, body, &text, ret_hint, diag);
    if (!e) {
        e = blob_request_read(buf_span(&text), &arena, &call.request, &call.bytes, diag);
    }
    if (!e) {
        e = serve_look_again(&call.serve, path);
    }
    if (!e) {
        e = answer(&call);
    }
    if (!e) {
        buf_clear(&text);
        blob_reply_write(&call.reply, &text);
        buf_add_span(&text, buf_span(&call.given));
        e = buf_error(&text);
    }
    if (!e) {
        e = serve_seal(&call.serve, pack, buf_span(&text), ret);
    }
    buf_release(&call.given);
    buf_release(&text);
    arena_release(&arena);
    return node_failed(node, e, diag);
}
