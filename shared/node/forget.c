#include "forget.h"

#include <string.h>

#include "blob_internal.h"
#include "case_number.h"
#include "fold.h"
#include "forget_internal.h"
#include "node_log.h"
#include "num.h"
#include "record.h"

#define SETTING_DAYS  "forget_days"
#define DAY_MS        86400000LL
#define SETTING_ARENA 4096

enum err forget_set_days(struct node *node, int64_t days)
{
    char text[NUM_TEXT_SIZE];
    num_write_i64(days, text);
    enum err e = node_begin(node);
    return e ? e : node_end(node, node_setting_set(node, SETTING_DAYS, span_of(text)));
}

enum err forget_days(struct node *node, int64_t *ret)
{
    struct arena arena;
    struct span text = {0};
    int64_t days = 0;
    arena_init(&arena, &node->host->mem, SETTING_ARENA);
    enum err e = node_setting(node, SETTING_DAYS, &arena, &text);
    if (!e) {
        *ret = num_read_i64(text, &days) && days > 0 ? days : 0;
    }
    arena_release(&arena);
    return e;
}

/* ---- which could go */

enum state { STATE_STAYS, STATE_READY, STATE_WAITS };

static enum err old_enough(struct node *node, int64_t root, int64_t older_ms, bool *ret)
{
    struct stmt *s = db_stmt(node->db, FORGET_SHOWN);
    stmt_bind_i64(s, 1, root);
    int64_t updated_ms = 0;
    int64_t disputes = 0;
    if (stmt_row(s)) {
        updated_ms = stmt_i64(s, 0);
        disputes = stmt_i64(s, 1);
    }
    *ret = older_ms > 0 && updated_ms > 0 && disputes == 0 &&
           updated_ms < node_now_ms(node) - older_ms;
    return stmt_end(s);
}

static enum err has_files_to_send(struct node *node, int64_t root, bool *ret)
{
    struct stmt *s = db_stmt(node->db, FORGET_FILES);
    stmt_bind_i64(s, 1, root);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* What there is of the root's tree beside the word where it belongs. */
struct tree_sum {
    int64_t ops, own_unsafe, last_op, content;
};

static enum err sum_tree(struct node *node, int64_t root, struct tree_sum *ret)
{
    struct tree_sum sum = {0};
    int64_t scope = 0;
    enum err e = symbol_find(node, span_of("_scope"), &scope);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, FORGET_SUM);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, scope);
    if (stmt_row(s)) {
        sum = (struct tree_sum){stmt_i64(s, 0), stmt_i64(s, 1), stmt_i64(s, 2), stmt_i64(s, 3)};
    }
    e = stmt_end(s);
    if (!e) {
        *ret = sum;
    }
    return e;
}

static enum err judge(struct node *node, int64_t root, int64_t older_ms, struct tree_sum *sum,
                      enum state *ret)
{
    struct members members;
    bool seen = true;
    bool old = false;
    bool files = false;
    *ret = STATE_STAYS;
    enum err e = members_of(node, root, &members);
    if (e || members.count == 0) { /* nobody said yet where it belongs */
        return e;
    }
    e = root_in_sight(node, root, &seen);
    if (!e && seen) {
        e = old_enough(node, root, older_ms, &old);
    }
    if (e || (seen && !old)) {
        return e;
    }
    e = sum_tree(node, root, sum);
    if (e || sum->content == 0 || sum->ops > (int64_t)WIRE_SAFE_OPS) {
        return e;
    }
    e = has_files_to_send(node, root, &files);
    *ret = sum->own_unsafe > 0 || files ? STATE_WAITS : STATE_READY;
    return e;
}

struct some_roots {
    int64_t rows[512];
    struct id names[512];
    size_t count;
};

static enum err next_roots(struct node *node, int64_t after, struct some_roots *ret)
{
    ret->count = 0;
    struct stmt *s = db_stmt(node->db, FORGET_ROOTS);
    stmt_bind_i64(s, 1, after);
    while (ret->count < 512 && stmt_row(s)) {
        ret->rows[ret->count] = stmt_i64(s, 0);
        (void)stmt_blob(s, 1, ret->names[ret->count].bytes, ID_SIZE);
        ret->count++;
    }
    return stmt_end(s);
}

enum err forget_total(struct node *node, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, FORGOTTEN_COUNT);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

enum err forget_look(struct node *node, int64_t older_ms, struct forget_count *ret)
{
    struct forget_count counts = {0};
    struct some_roots some = {.count = 1};
    int64_t after = 0;
    bool more = false;
    enum err e = node_project(node, 0, &more);
    while (!e && some.count > 0) {
        e = next_roots(node, after, &some);
        for (size_t i = 0; !e && i < some.count; i++) {
            struct tree_sum sum;
            enum state state = STATE_STAYS;
            e = judge(node, some.rows[i], older_ms, &sum, &state);
            counts.ready += state == STATE_READY;
            counts.waiting += state == STATE_WAITS;
            after = some.rows[i];
        }
    }
    if (!e) {
        e = forget_total(node, &counts.forgotten);
    }
    if (!e) {
        *ret = counts;
    }
    return e;
}

static enum err list_uids(struct node *node, int64_t root, int64_t count, struct arena *arena,
                          struct safe_root *ret)
{
    ret->uids = arena_array(arena, (size_t)count + 1, sizeof *ret->uids);
    ret->uid_count = 0;
    if (!ret->uids) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(node->db, FORGET_UIDS);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, count);
    while (ret->uid_count < (size_t)count && stmt_row(s)) {
        struct id uid;
        if (stmt_blob(s, 0, uid.bytes, ID_SIZE)) {
            ret->uids[ret->uid_count++] = id_prefix8(uid);
        }
    }
    return stmt_end(s);
}

enum err forget_gather(struct node *node, int64_t older_ms, int64_t *after, struct arena *arena,
                       struct asked_root *ret_asked, struct safe_root *ret_roots, size_t capacity,
                       size_t *ret_count)
{
    struct some_roots some = {.count = 1};
    size_t count = 0;
    size_t uids = 0;
    enum err e = OK;
    while (!e && some.count > 0 && count < capacity && uids < WIRE_SAFE_UIDS / 2) {
        e = next_roots(node, *after, &some);
        for (size_t i = 0; !e && i < some.count && count < capacity && uids < WIRE_SAFE_UIDS / 2;
             i++) {
            struct tree_sum sum;
            enum state state = STATE_STAYS;
            *after = some.rows[i];
            e = judge(node, some.rows[i], older_ms, &sum, &state);
            if (e || state != STATE_READY) {
                continue;
            }
            ret_asked[count] =
                (struct asked_root){some.names[i], some.rows[i], sum.ops, sum.last_op};
            ret_roots[count].root = some.names[i];
            e = list_uids(node, some.rows[i], sum.ops, arena, &ret_roots[count]);
            uids += ret_roots[count].uid_count;
            count++;
        }
    }
    if (some.count == 0) {
        *after = INT64_MAX;
    }
    *ret_count = count;
    return e;
}

/* ---- letting go */

/* The own chain keeps its links: of an own op its hash stays. */
static enum err let_go_own(struct node *node, int64_t root, int64_t scope)
{
    enum { SOME = 512 };
    int64_t rows[SOME];
    size_t count = 0;
    enum err e = OK;
    do {
        count = 0;
        struct stmt *s = db_stmt(node->db, FORGET_OWN);
        stmt_bind_i64(s, 1, root);
        stmt_bind_i64(s, 2, scope);
        while (count < SOME && stmt_row(s)) {
            rows[count++] = stmt_i64(s, 0);
        }
        e = stmt_end(s);
        for (size_t i = 0; !e && i < count; i++) {
            struct logged logged;
            struct arena arena;
            arena_init(&arena, &node->host->mem, 4u * 1024 * 1024);
            e = log_read(node, rows[i], &arena, &logged);
            if (!e) {
                s = db_stmt(node->db, OP_LET_GO);
                stmt_bind_i64(s, 1, rows[i]);
                stmt_bind_blob(s, 2, logged.op.hash.bytes, HASH_SIZE);
                e = stmt_run(s);
            }
            arena_release(&arena);
        }
    } while (!e && count > 0);
    return e;
}

/* Files that nothing else names go along. They are in the backup, as is all of it. */
static enum err let_go_files(struct node *node, int64_t root)
{
    bool found = true;
    enum err e = OK;
    while (!e && found) {
        int64_t op = 0;
        struct stmt *s = db_stmt(node->db, FORGET_NAMING);
        stmt_bind_i64(s, 1, root);
        found = stmt_row(s);
        if (found) {
            op = stmt_i64(s, 0);
        }
        e = stmt_end(s);
        if (!e && found) {
            e = blob_forget_op(node, op);
        }
    }
    return e;
}

static enum err run_on(struct node *node, enum node_stmt which, int64_t root, int64_t scope)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, root);
    if (scope != 0) {
        stmt_bind_i64(s, 2, scope);
    }
    return stmt_run(s);
}

/* Of what left the caseload not even the name stays. */
static enum err remember(struct node *node, int64_t root)
{
    bool seen = false;
    enum err e = root_in_sight(node, root, &seen);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, FORGOTTEN_ADD);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, node_now_ms(node));
    stmt_bind_i64(s, 3, seen);
    return stmt_run(s);
}

enum err forget_evict(struct node *node, const struct asked_root *asked, bool *ret_gone)
{
    struct tree_sum sum;
    bool files = false;
    int64_t scope = 0;
    *ret_gone = false;
    enum err e = sum_tree(node, asked->row, &sum);
    if (!e) {
        e = has_files_to_send(node, asked->row, &files);
    }
    if (e || sum.ops != asked->ops || sum.last_op != asked->last_op || sum.own_unsafe > 0 ||
        files) {
        return e; /* Somebody wrote meanwhile: not this time. */
    }
    e = symbol_find(node, span_of("_scope"), &scope);
    if (!e) {
        e = remember(node, asked->row);
    }
    if (!e) {
        e = run_on(node, FORGET_FLAGS, asked->row, 0);
    }
    if (!e) {
        e = let_go_files(node, asked->row);
    }
    if (!e) {
        e = let_go_own(node, asked->row, scope);
    }
    if (!e) {
        e = run_on(node, FORGET_OTHERS, asked->row, scope);
    }
    if (!e) {
        e = run_on(node, FORGET_LIVE, asked->row, scope);
    }
    if (!e) {
        e = run_on(node, FORGET_DEAD, asked->row, 0);
    }
    if (!e) {
        e = stmt_run(db_stmt(node->db, FORGET_ENVELOPES));
    }
    if (!e) {
        e = run_on(node, FORGET_DIRTY, asked->row, 0);
    }
    *ret_gone = !e;
    return e;
}

/* ---- and back */

enum err root_forgotten(struct node *node, int64_t root, bool *ret)
{
    struct stmt *s = db_stmt(node->db, FORGOTTEN_HAS);
    stmt_bind_i64(s, 1, root);
    *ret = stmt_row(s);
    return stmt_end(s);
}

enum err forget_recall(struct node *node, int64_t root, bool *ret_was)
{
    enum err e = root_forgotten(node, root, ret_was);
    if (!e && *ret_was) {
        e = run_on(node, FORGOTTEN_DROP, root, 0);
    }
    return e;
}

enum err forget_want_again(struct node *node)
{
    enum { SOME = 512 };
    int64_t rows[SOME];
    size_t count = SOME;
    int64_t after = 0;
    enum err e = OK;
    while (!e && count == SOME) {
        count = 0;
        struct stmt *s = db_stmt(node->db, FORGOTTEN_LEFT);
        stmt_bind_i64(s, 1, after);
        while (count < SOME && stmt_row(s)) {
            rows[count++] = after = stmt_i64(s, 0);
        }
        e = stmt_end(s);
        for (size_t i = 0; !e && i < count; i++) {
            bool seen = false;
            e = root_in_sight(node, rows[i], &seen);
            if (!e && seen) {
                e = run_on(node, FORGOTTEN_DROP, rows[i], 0);
            }
            if (!e && seen) {
                e = entity_unread_anywhere(node, rows[i]);
            }
        }
    }
    return e;
}

static enum err find_one(struct node *node, struct stmt *s, struct forgotten_record *ret,
                         int64_t *ret_row)
{
    struct forgotten_record found = {.at_ms = 0};
    int64_t row = 0;
    (void)node;
    if (stmt_row(s)) {
        row = stmt_i64(s, 0);
        found.at_ms = stmt_i64(s, 1);
        span_text(stmt_span(s, 2), found.case_number, sizeof found.case_number);
        (void)stmt_blob(s, 3, found.entity.bytes, ID_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = found;
        *ret_row = row;
    }
    return e;
}

static enum err find_row(struct node *node, const char *text, struct forgotten_record *ret,
                         int64_t *ret_row, struct diag *diag)
{
    char number[CASE_NUMBER_SIZE];
    struct id id;
    enum err e = OK;
    *ret_row = 0;
    if (case_number_read(span_of(text), number)) {
        struct stmt *s = db_stmt(node->db, FORGOTTEN_BY_CASE);
        stmt_bind_text(s, 1, span_of(number));
        e = find_one(node, s, ret, ret_row);
    } else if (id_read(span_of(text), &id)) {
        struct stmt *s = db_stmt(node->db, FORGOTTEN_BY_ROOT);
        stmt_bind_blob(s, 1, id.bytes, ID_SIZE);
        e = find_one(node, s, ret, ret_row);
    }
    if (e) {
        return node_failed(node, e, diag);
    }
    return *ret_row ? OK : diag_set(diag, ERR_NOT_FOUND, "record", text, NULL);
}

enum err forget_find(struct node *node, const char *text, struct forgotten_record *ret,
                     struct diag *diag)
{
    int64_t row = 0;
    return find_row(node, text, ret, &row, diag);
}

static enum err folded_holds(struct node *node, struct span text, struct span wanted, bool *ret)
{
    struct buf folded;
    buf_init(&folded, &node->host->mem, 65536);
    enum err e = fold_add(&folded, text);
    *ret = !e && wanted.size > 0 && strstr(buf_text(&folded), (const char *)wanted.data) != NULL;
    buf_release(&folded);
    return e;
}

enum err forget_search(struct node *node, const char *text, size_t limit, forget_each each,
                       void *ctx)
{
    struct buf wanted;
    buf_init(&wanted, &node->host->mem, 65536);
    enum err e = fold_add(&wanted, span_of(text));
    struct stmt *s = db_stmt(node->db, FORGOTTEN_LIST);
    while (!e && limit > 0 && stmt_row(s)) {
        struct forgotten_record record = {.at_ms = 0};
        char title[256];
        bool titled = false;
        bool numbered = false;
        (void)stmt_blob(s, 0, record.entity.bytes, ID_SIZE);
        span_text(stmt_span(s, 1), record.case_number, sizeof record.case_number);
        span_text(stmt_span(s, 2), title, sizeof title);
        e = folded_holds(node, span_of(title), buf_span(&wanted), &titled);
        if (!e) {
            e = folded_holds(node, span_of(record.case_number), buf_span(&wanted), &numbered);
        }
        if (!e && (titled || numbered)) {
            limit = each(ctx, &record, title) ? limit - 1 : 0;
        }
    }
    enum err end = stmt_end(s);
    buf_release(&wanted);
    return e ? e : end;
}

static enum err want_row(struct node *node, int64_t row)
{
    bool was = false;
    enum err e = forget_recall(node, row, &was);
    return e ? e : entity_unread_anywhere(node, row);
}

enum err forget_ask_back(struct node *node, const char *text, struct forgotten_record *ret,
                         struct diag *diag)
{
    int64_t row = 0;
    enum err e = find_row(node, text, ret, &row, diag);
    if (e) {
        return e;
    }
    e = node_begin(node);
    if (!e) {
        e = node_end(node, want_row(node, row));
    }
    return node_failed(node, e, diag);
}
