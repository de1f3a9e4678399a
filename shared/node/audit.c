/*
 * audit.c - is what this node holds true? Recomputes from the log and compares.
 *
 * The checks are independent of the code that wrote the tables where that is possible: registers
 * are recomputed from the ops' bodies by their definition, chains from the ops' hashes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "audit_internal.h"
#include "node_log.h"
#include "record.h"

#define AUDIT_FINDINGS_LISTED 200  /* written out; all are counted */
#define AUDIT_SLICE           1000 /* ops between two calls of progress */

void audit_found(struct audit *audit, const char *what, int64_t a, int64_t b)
{
    audit->report->finding_count++;
    if (audit->report->finding_count <= AUDIT_FINDINGS_LISTED) {
        buf_add_format(&audit->report->findings, "%s %" PRId64 " %" PRId64 "\n", what, a, b);
    }
}

static void tell(const struct audit *audit, const char *step, int64_t done, int64_t total)
{
    if (audit->progress) {
        audit->progress(audit->progress_ctx, step, done, total);
    }
}

/* Rows of one column, gathered before other statements run. */
enum err audit_rows(struct audit *audit, enum node_stmt stmt, int64_t after, int64_t *ret,
                    size_t max, size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(audit->node->db, stmt);
    stmt_bind_i64(s, 1, after);
    stmt_bind_i64(s, 2, (int64_t)max);
    while (count < max && stmt_row(s)) {
        ret[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret_count = count;
    }
    return e;
}

static enum err count_rows(struct audit *audit, enum node_stmt stmt, int64_t *ret)
{
    struct stmt *s = db_stmt(audit->node->db, stmt);
    int64_t count = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = count;
    }
    return e;
}

/* ---- ops: the stored uid is the body's; registers follow from the bodies */

static enum err expect_register(struct audit *audit, const struct logged *logged, int64_t entity,
                                const struct op_register *reg)
{
    uint64_t uid8 = id_prefix8(logged->op.uid);
    int64_t symbol = 0;
    enum err e = symbol_find(audit->node, reg->name, &symbol);
    for (size_t i = 0; !e && i < reg->pred_count; i++) {
        struct stmt *s = db_stmt(audit->node->db, DEAD_HAS);
        stmt_bind_i64(s, 1, entity);
        stmt_bind_i64(s, 2, symbol);
        stmt_bind_u64(s, 3, reg->preds[i]);
        if (!stmt_row(s)) {
            audit_found(audit, "a predecessor isn't known dead: op, register", logged->row, symbol);
        }
        e = stmt_end(s);
    }
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(audit->node->db, AUDIT_LIVE_OR_DEAD);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, symbol);
    stmt_bind_u64(s, 3, uid8);
    bool one = stmt_row(s) && stmt_i64(s, 0) + stmt_i64(s, 1) == 1;
    if (one && logged->gone && stmt_i64(s, 0) == 1) {
        audit_found(audit, "a collected op is live: op, register", logged->row, symbol);
    }
    if (!one) {
        audit_found(audit, "an op is neither live nor dead, or both: op, register", logged->row,
                    symbol);
    }
    audit->report->registers++;
    return stmt_end(s);
}

static enum err check_op(struct audit *audit, int64_t row)
{
    struct logged logged;
    int64_t entity = 0;
    struct id uid = {{0}};
    arena_reset(&audit->scratch);
    enum err e = log_read(audit->node, row, &audit->scratch, &logged);
    if (e == ERR_JSON || e == ERR_FORMAT || e == ERR_UTF8 || e == ERR_TOO_LARGE) {
        audit_found(audit, "the body of an op can't be read: op", row, 0);
        return OK;
    }
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(audit->node->db, OP_FOR_ROW);
    stmt_bind_i64(s, 1, row);
    if (stmt_row(s)) {
        entity = stmt_i64(s, 5);
        (void)stmt_blob(s, 6, uid.bytes, ID_SIZE);
    }
    e = stmt_end(s);
    if (!e && !id_equal(uid, logged.op.uid)) {
        audit_found(audit, "the body isn't the one that was hashed: op", row, 0);
    }
    for (size_t i = 0; !e && logged.entity != 0 && i < logged.op.register_count; i++) {
        e = expect_register(audit, &logged, entity, &logged.op.registers[i]);
    }
    audit->report->ops++;
    return e;
}

static enum err each_op(struct audit *audit, const char *step,
                        enum err (*visit)(struct audit *, int64_t))
{
    int64_t rows[AUDIT_SLICE];
    int64_t after = 0;
    int64_t done = 0;
    int64_t total = 0;
    size_t count = 0;
    enum err e = count_rows(audit, AUDIT_OP_COUNT, &total);
    do {
        if (!e) {
            e = audit_rows(audit, AUDIT_OPS, after, rows, AUDIT_SLICE, &count);
        }
        for (size_t i = 0; !e && i < count; i++) {
            e = visit(audit, rows[i]);
            after = rows[i];
        }
        done += (int64_t)count;
        tell(audit, step, done, total);
    } while (!e && count == AUDIT_SLICE);
    return e;
}

/* Live rows that no op of the log stands behind. */
static enum err check_strays(struct audit *audit)
{
    int64_t strays = 0;
    enum err e = count_rows(audit, AUDIT_LIVE_STRAYS, &strays);
    if (!e && strays > 0) {
        audit_found(audit, "live values without an op", strays, 0);
    }
    if (!e) {
        e = count_rows(audit, AUDIT_BOTH, &strays);
    }
    if (!e && strays > 0) {
        audit_found(audit, "values both live and dead", strays, 0);
    }
    return e;
}

/* ---- rebuilding what derives from the log */

static enum err replay_op(struct audit *audit, int64_t row)
{
    struct logged logged;
    arena_reset(&audit->scratch);
    enum err e = log_read(audit->node, row, &audit->scratch, &logged);
    if (e == ERR_JSON || e == ERR_FORMAT || e == ERR_UTF8) {
        return OK; /* found and told by the check that follows */
    }
    bool body =
        !logged.let_go && !logged.gone; /* else: what is dead isn't made anew, and says it */
    return e || logged.entity == 0 || !body ? e : log_replay(audit->node, &logged.op, row);
}

static enum err rebuild_tables(struct audit *audit)
{
    static const enum node_stmt clear[] = {AUDIT_CLEAR_LIVE, AUDIT_CLEAR_MEMBER};
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof clear / sizeof clear[0]; i++) {
        e = stmt_run(db_stmt(audit->node->db, clear[i]));
    }
    if (!e) {
        e = each_op(audit, "rebuild", replay_op);
    }
    if (!e) {
        e = stmt_run(db_stmt(audit->node->db, DIRTY_EVERYTHING));
    }
    return e ? e : org_changed(audit->node);
}

static enum err look(struct audit *audit, bool rebuild)
{
    enum err e = db_check(audit->node->db, &audit->report->findings);
    if (!e && audit->report->findings.size > 0) {
        audit->report->finding_count++;
    }
    if (!e && rebuild) {
        e = rebuild_tables(audit);
    }
    if (!e) {
        e = each_op(audit, "ops", check_op);
    }
    if (!e) {
        e = check_strays(audit);
    }
    if (!e) {
        e = audit_members(audit);
    }
    if (!e) {
        tell(audit, "chains", 0, 0);
        e = audit_chains(audit);
    }
    if (!e) {
        tell(audit, "feeds", 0, 0);
        e = audit_feeds(audit);
    }
    return e;
}

enum err node_audit(struct node *node, bool rebuild, audit_progress progress, void *ctx,
                    struct audit_report *ret)
{
    struct audit audit = {.node = node, .report = ret, .progress = progress, .progress_ctx = ctx};
    bool more = false;
    arena_init(&audit.scratch, &node->host->mem, 64u * 1024 * 1024);
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, look(&audit, rebuild));
    }
    if (!e && rebuild) {
        e = node_project(node, 0, &more);
    }
    arena_release(&audit.scratch);
    return e;
}
