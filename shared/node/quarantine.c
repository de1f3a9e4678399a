/*
 * quarantine.c - reading what is in quarantine, and deciding about it.
 */
#include "quarantine.h"

#include <string.h>

#include "node_internal.h"
#include "node_log.h"
#include "node_set_back.h"
#include "num.h"

#define QUARANTINE_ARENA_MAX (64u * 1024 * 1024)

/* ---- reading */

struct parcel {
    bool is_batch;
    struct batch batch;
    struct op *ops;
    struct signature *signatures;
    bool *signed_for_org;
    size_t count;
};

static enum err make_room(struct parcel *parcel, struct arena *arena)
{
    parcel->ops = arena_array(arena, parcel->count, sizeof *parcel->ops);
    parcel->signatures = arena_array(arena, parcel->count, sizeof *parcel->signatures);
    parcel->signed_for_org = arena_array(arena, parcel->count, sizeof *parcel->signed_for_org);
    return parcel->ops && parcel->signatures && parcel->signed_for_org ? OK : ERR_NOMEM;
}

/* `bytes` must outlive the ops. */
static enum err parcel_read(struct span bytes, struct arena *arena, struct parcel *ret)
{
    struct span rest = bytes;
    struct span line;
    struct parcel parcel = {.count = 1};
    parcel.is_batch = bytes.size > 0 && bytes.data[0] == '{';
    enum err e = OK;
    if (parcel.is_batch) {
        e = span_split(&rest, '\n', &line) ? batch_read_line(line, &parcel.batch, NULL)
                                           : ERR_FORMAT;
        parcel.count = e ? 0 : (size_t)parcel.batch.count;
    }
    if (!e) {
        e = make_room(&parcel, arena);
    }
    for (size_t i = 0; !e && i < parcel.count; i++) {
        struct span body = bytes;
        if (parcel.is_batch) {
            e = span_split(&rest, '\n', &line)
                    ? op_line_read(line, &body, &parcel.signed_for_org[i], &parcel.signatures[i],
                                   NULL)
                    : ERR_FORMAT;
        }
        if (!e) {
            e = op_read(body, arena, &parcel.ops[i], NULL);
        }
    }
    if (!e) {
        *ret = parcel;
    }
    return e;
}

static bool says_before(const struct org *org, struct id author, const struct op *op)
{
    const struct org_node *node = org_node(org, author);
    const struct org_person *person = org_person(org, op->person);
    return op->known_format && !(node && node->revoked && op->stamp.time_ms >= node->revoked_ms) &&
           !(person && person->revoked && op->stamp.time_ms >= person->revoked_ms);
}

static enum err read_row(struct stmt *s, struct arena *arena, struct quarantine_row *ret)
{
    struct quarantine_row row = {.id = stmt_i64(s, 0),
                                 .why = arena_span_text(arena, stmt_span(s, 1)),
                                 .at_ms = stmt_i64(s, 3),
                                 .verdict = (enum quarantine_verdict)stmt_i64(s, 5),
                                 .settled_ms = stmt_i64(s, 6)};
    (void)stmt_blob(s, 2, row.node.bytes, ID_SIZE);
    (void)stmt_blob(s, 7, row.person.bytes, ID_SIZE);
    if (!stmt_is_null(s, 8)) {
        row.reason = arena_span_text(arena, stmt_span(s, 8));
    }
    enum err e = arena_copy(arena, stmt_span(s, 4), &row.bytes);
    if (!e && (!row.why || (!stmt_is_null(s, 8) && !row.reason))) {
        e = ERR_NOMEM;
    }
    if (!e) {
        *ret = row;
    }
    return e;
}

static enum err add_ops(struct node *node, struct arena *arena, struct quarantine_row *row)
{
    struct parcel parcel;
    const struct org *org = NULL;
    enum err e = parcel_read(row->bytes, arena, &parcel);
    if (e == ERR_FORMAT || e == ERR_JSON || e == ERR_TOO_LARGE || e == ERR_UNKNOWN_FORMAT) {
        return OK; /* It is shown as what it is: bytes. */
    }
    if (!e) {
        e = node_org(node, &org);
    }
    if (e) {
        return e;
    }
    row->ops = parcel.ops;
    row->op_count = parcel.count;
    for (size_t i = 0; i < parcel.count; i++) {
        struct id author = parcel.is_batch && parcel.batch.has_node ? parcel.batch.node : row->node;
        row->before += says_before(org, author, &parcel.ops[i]);
    }
    return OK;
}

enum err quarantine_list(struct node *node, bool all, int64_t after, size_t limit,
                         struct arena *arena, struct quarantine_row **ret, size_t *ret_count)
{
    size_t count = 0;
    enum err e = OK;
    struct quarantine_row *rows = arena_array(arena, limit + 1, sizeof *rows);
    if (!rows) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(node->db, all ? QUARANTINE_ALL : QUARANTINE_WAITING);
    stmt_bind_i64(s, 1, after);
    stmt_bind_i64(s, 2, (int64_t)limit);
    while (!e && count < limit && stmt_row(s)) {
        e = read_row(s, arena, &rows[count]);
        count += e ? 0 : 1;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    for (size_t i = 0; !e && i < count; i++) {
        e = add_ops(node, arena, &rows[i]);
    }
    if (!e) {
        *ret = rows;
        *ret_count = count;
    }
    return e;
}

enum err quarantine_read(struct node *node, int64_t id, struct arena *arena,
                         struct quarantine_row *ret, struct diag *diag)
{
    char number[NUM_TEXT_SIZE];
    struct quarantine_row row = {0};
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, QUARANTINE_GET);
    stmt_bind_i64(s, 1, id);
    bool found = stmt_row(s);
    if (found) {
        e = read_row(s, arena, &row);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e && !found) {
        num_write_i64(id, number);
        return diag_set(diag, ERR_NOT_FOUND, "quarantine", number, NULL);
    }
    if (!e) {
        e = add_ops(node, arena, &row);
    }
    if (!e) {
        *ret = row;
    }
    return node_failed(node, e, diag);
}

/* ---- accepting */

/* A batch is its author's when the chain from the link before to its end says so. */
static enum err check_signature(struct node *node, const struct quarantine_row *row,
                                const struct parcel *parcel, struct diag *diag)
{
    const struct org *org = NULL;
    struct link link = link_first(parcel->batch.origin);
    bool found = parcel->batch.from == 1;
    enum err e = node_org(node, &org);
    if (!e && parcel->batch.has_prev) {
        link = parcel->batch.prev;
        found = true;
    } else if (!e && !found) {
        int64_t origin = 0;
        struct stmt *s = db_stmt(node->db, ORIGIN_BY_NAME);
        stmt_bind_blob(s, 1, parcel->batch.origin.bytes, ID_SIZE);
        origin = stmt_row(s) ? stmt_i64(s, 0) : 0;
        e = stmt_end(s);
        if (!e && origin != 0) {
            e = log_link_at(node, origin, parcel->batch.from - 1, &found, &link);
        }
    }
    if (e) {
        return e;
    }
    const struct org_node *author =
        org_node(org, parcel->batch.has_node ? parcel->batch.node : row->node);
    for (size_t i = 0; i < parcel->count; i++) {
        link = link_next(link, &parcel->ops[i].hash);
    }
    if (!found || !author || !link_equal(link, parcel->batch.link) ||
        !batch_verify(&parcel->batch, &author->key)) {
        return diag_set(diag, ERR_SIGNATURE, "quarantine", NULL);
    }
    return OK;
}

static enum err adopt(struct node *node, const struct parcel *parcel, size_t i, struct id from,
                      int64_t *ret_ops)
{
    enum applied applied = APPLIED_KNOWN;
    int64_t row = 0;
    struct arriving in = {.op = &parcel->ops[i],
                          .receipt_ms = STAMP_NO_RECEIPT,
                          .has_org_signature = parcel->signed_for_org[i],
                          .org_signature = parcel->signatures[i],
                          .from = from};
    enum err e = log_vouch(node, &in, &applied, &row);
    if (!e && applied == APPLIED_NEW) {
        (*ret_ops)++;
        e = in.op->known_format && in.op->type.size > 0 && in.op->type.data[0] != '_'
                ? log_flag(node, row, "quarantine")
                : OK;
    }
    return e;
}

static enum err take_in(struct node *node, const struct quarantine_row *row,
                        const struct quarantine_decision *decision, struct arena *arena,
                        int64_t *ret_ops, struct diag *diag)
{
    struct parcel parcel;
    enum err e = parcel_read(row->bytes, arena, &parcel);
    if (e) {
        return diag_set(diag, ERR_SIGNATURE, "quarantine", NULL);
    }
    if (parcel.is_batch) {
        e = check_signature(node, row, &parcel, diag);
    } else if (strcmp(row->why, "after_revocation") == 0) {
        *ret_ops = 1;
        return log_reinstate(node, &parcel.ops[0], decision->person, decision->reason);
    } else if (strcmp(row->why, "person_revoked") != 0) {
        e = diag_set(diag, ERR_NOT_ALLOWED, "quarantine", row->why, NULL);
    }
    for (size_t i = 0; !e && i < parcel.count; i++) {
        e = adopt(node, &parcel, i, row->node, ret_ops);
    }
    return e;
}

static enum err settle(struct node *node, const struct quarantine_decision *decision,
                       struct arena *arena, int64_t *ret_ops, struct diag *diag)
{
    struct quarantine_row row;
    char number[NUM_TEXT_SIZE];
    num_write_i64(decision->id, number);
    enum err e = quarantine_read(node, decision->id, arena, &row, diag);
    if (!e && row.verdict != QUARANTINE_WAITS) {
        e = diag_set(diag, ERR_EXISTS, "quarantine", number, NULL);
    }
    if (!e && decision->verdict == QUARANTINE_ACCEPTED) {
        e = take_in(node, &row, decision, arena, ret_ops, diag);
    }
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, QUARANTINE_SETTLE);
    stmt_bind_i64(s, 1, decision->id);
    stmt_bind_i64(s, 2, decision->verdict);
    stmt_bind_i64(s, 3, node->host->now_ms(node->host->ctx));
    stmt_bind_blob(s, 4, decision->person.bytes, ID_SIZE);
    stmt_bind_text(s, 5, span_of(decision->reason));
    return stmt_run(s);
}

enum err quarantine_settle(struct node *node, const struct quarantine_decision *decision,
                           int64_t *ret_ops, struct diag *diag)
{
    struct arena arena;
    int64_t ops = 0;
    if (!decision->reason || decision->reason[0] == '\0') {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "reason", NULL);
    }
    arena_init(&arena, &node->host->mem, QUARANTINE_ARENA_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, settle(node, decision, &arena, &ops, diag));
    }
    arena_release(&arena);
    if (!e) {
        *ret_ops = ops;
    }
    return node_failed(node, e, diag);
}
