/*
 * node_redact.c - marks: what they name, and how a value leaves this node.
 *
 * A value stands in the body of its op, in the shown record, in the search index, in lists of
 * doubles, perhaps in quarantine. All are written anew in the transaction that takes the mark. But
 * SQLite leaves copies of moved rows in the free part of pages, and old pages in the write-ahead
 * log: after the commit the database is rewritten (redact_finish()), and only then is the mark
 * noted as done.
 */
#include <string.h>

#include "blob.h"
#include "blob_internal.h"
#include "code.h"
#include "node_internal.h"
#include "node_member.h"
#include "node_redact.h"
#include "record.h"
#include "snapshot.h"

#define REDACT_ARENA_MAX (16u * 1024 * 1024)

bool redact_is_request(const struct op *op)
{
    bool asks = false;
    for (size_t i = 0; i < op->register_count; i++) {
        asks = asks || span_is(op->registers[i].name, REDACT_TYPE);
    }
    return asks && span_is(op->kind_name, REDACT_KIND);
}

bool redact_target_read(const struct json *json, struct redact_target *ret)
{
    const struct json *registers = json_get(json, "registers");
    *ret = (struct redact_target){.all = json_bool(json_get(json, "all"))};
    if (!ret->all && json_is(registers, JSON_ARRAY)) {
        ret->registers = registers;
    }
    return ret->all || (ret->registers && json_count(ret->registers) > 0);
}

/* "needs/food" is an element of needs. */
static bool is_of(struct span reg, struct span name)
{
    return span_equal(reg, name) ||
           (name.size > 0 && reg.size > name.size && reg.data[name.size] == '/' &&
            memcmp(reg.data, name.data, name.size) == 0);
}

bool redact_targets(const struct redact_target *target, struct span reg)
{
    if (reg.size == 0 || reg.data[0] == '_') {
        return false;
    }
    for (const struct json *item = target->all ? NULL : json_first(target->registers); item;
         item = json_next(item)) {
        if (is_of(reg, json_span(item))) {
            return true;
        }
    }
    return target->all;
}

enum err redact_marked(struct node *node, struct id uid, bool *ret)
{
    struct stmt *s = db_stmt(node->db, REDACTED_HAS);
    stmt_bind_blob(s, 1, uid.bytes, ID_SIZE);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* ---- scrubbing one op */

static enum err set_body(struct node *node, int64_t row, struct span body)
{
    struct stmt *s = db_stmt(node->db, OP_SET_BODY);
    stmt_bind_i64(s, 1, row);
    stmt_bind_blob(s, 2, body.data, body.size);
    return stmt_run(s);
}

static bool writes(const struct op *op, const char *name)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_is(op->registers[i].name, name)) {
            return true;
        }
    }
    return false;
}

/*
 * What is shown must follow at once: it stands in tables of its own. And once more when all that
 * came with the mark is there: amid a sync the organisation may be as it was for a moment, with
 * grants that have changed since.
 */
static enum err show_again(struct node *node, int64_t entity)
{
    enum err e = project_entity(node, entity);
    return e ? e : log_mark_dirty(node, entity);
}

static enum err scrub(struct node *node, const struct held_op *held, struct arena *arena,
                      bool *ret_scrubbed)
{
    struct logged logged;
    struct buf body;
    *ret_scrubbed = false;
    enum err e = log_read(node, held->row, arena, &logged);
    /* Definitions are nobody's personal data, and nothing may hang on one that lost its values. */
    bool own = !e && logged.op.known_format && logged.op.type.data[0] == '_';
    if (e || logged.op.redacted || !logged.op.known_format || own) {
        return e;
    }
    buf_init(&body, &node->host->mem, OP_BODY_MAX + OP_BODY_MAX);
    e = op_redact(&logged.op, &body);
    if (!e) {
        e = set_body(node, held->row, buf_span(&body));
    }
    buf_release(&body);
    if (!e) {
        e = blob_forget_op(node, held->row);
    }
    if (!e && held->entity != 0 && writes(&logged.op, "_scope")) {
        e = member_refresh(node, held->entity);
    }
    *ret_scrubbed = e == OK;
    return e;
}

/* ---- a mark */

struct taking_mark {
    struct node *node;
    struct arena arena;
    int64_t redaction;
    int64_t scrubbed_count;
    int64_t shown; /* entity to be shown again; 0: none */
};

static enum err show_scrubbed(struct taking_mark *t, int64_t next)
{
    enum err e = OK;
    if (t->shown != 0 && t->shown != next) {
        e = show_again(t->node, t->shown);
        t->shown = 0;
    }
    if (next != 0) {
        t->shown = next;
    }
    return e;
}

static enum err take_uid(struct taking_mark *t, struct id uid)
{
    struct held_op held;
    bool scrubbed = false;
    struct stmt *s = db_stmt(t->node->db, REDACTED_ADD);
    stmt_bind_blob(s, 1, uid.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, t->redaction);
    enum err e = stmt_run(s);
    if (!e) {
        e = log_find(t->node, uid, &held);
    }
    if (!e && held.row != 0) {
        arena_reset(&t->arena);
        e = scrub(t->node, &held, &t->arena, &scrubbed);
    }
    if (!e && scrubbed) {
        t->scrubbed_count++;
        e = held.entity != 0 ? show_scrubbed(t, held.entity) : OK;
    }
    return e;
}

enum err redact_clean_text(struct node *node, struct span text, struct buf *ret, bool *ret_changed)
{
    struct arena arena;
    struct span rest = text;
    struct span line;
    enum err e = OK;
    *ret_changed = false;
    arena_init(&arena, &node->host->mem, REDACT_ARENA_MAX);
    while (!e && span_split(&rest, '\n', &line)) {
        const uint8_t *tab = memchr(line.data, '\t', line.size);
        struct span body = tab ? span_from(line.data, (size_t)(tab - line.data)) : line;
        struct op op;
        bool marked = false;
        arena_reset(&arena);
        bool is_op = line.size > 0 && line.data[0] == '[' && op_read(body, &arena, &op, NULL) == OK;
        e = is_op && !op.redacted ? redact_marked(node, op.uid, &marked) : OK;
        if (!e && marked) {
            e = op_redact(&op, ret);
            buf_add_span(ret, span_cut(line, body.size, line.size - body.size));
            *ret_changed = true;
        } else if (!e) {
            buf_add_span(ret, line);
        }
        if (line.data + line.size < text.data + text.size) {
            buf_add_byte(ret, '\n');
        }
    }
    arena_release(&arena);
    return e ? e : buf_error(ret);
}

static enum err clean_row(struct node *node, int64_t row, struct span bytes)
{
    struct buf cleaned;
    bool changed = false;
    buf_init(&cleaned, &node->host->mem, 64u * 1024 * 1024);
    enum err e = redact_clean_text(node, bytes, &cleaned, &changed);
    if (!e && changed) {
        struct stmt *s = db_stmt(node->db, QUARANTINE_SET);
        stmt_bind_i64(s, 1, row);
        stmt_bind_blob(s, 2, cleaned.data, cleaned.size);
        e = stmt_run(s);
    }
    buf_release(&cleaned);
    return e;
}

/* What is kept aside is kept as it came, in the words of the wire: the entity's id stands in it. */
static enum err clean_quarantine(struct taking_mark *t, const char *entity)
{
    int64_t after = 0;
    enum err e = OK;
    for (;;) {
        struct span bytes = {0};
        int64_t row = 0;
        struct stmt *s = db_stmt(t->node->db, QUARANTINE_NAMING);
        stmt_bind_i64(s, 1, after);
        stmt_bind_blob(s, 2, entity, strlen(entity));
        arena_reset(&t->arena);
        if (stmt_row(s)) {
            row = stmt_i64(s, 0);
            e = arena_copy(&t->arena, stmt_span(s, 1), &bytes);
        }
        enum err end = stmt_end(s);
        e = e ? e : end;
        if (e || row == 0) {
            return e;
        }
        after = row;
        e = clean_row(t->node, row, bytes);
        if (e) {
            return e;
        }
    }
}

/* A record that a device has let go of is still found by its title, which may be what is to go. */
static enum err clean_forgotten(struct taking_mark *t, const char *entity)
{
    struct id name = {{0}};
    (void)id_read(span_of(entity), &name);
    struct stmt *s = db_stmt(t->node->db, FORGOTTEN_UNTITLED);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    return stmt_run(s);
}

static enum err note_mark(struct taking_mark *t, const struct op *mark, int64_t row,
                          struct id entity, struct id request, bool *ret_new)
{
    struct stmt *s = db_stmt(t->node->db, REDACTION_ADD);
    stmt_bind_i64(s, 1, row);
    stmt_bind_blob(s, 2, mark->uid.bytes, ID_SIZE);
    stmt_bind_blob(s, 3, entity.bytes, ID_SIZE);
    stmt_bind_blob(s, 4, request.bytes, ID_SIZE);
    enum err e = stmt_run(s);
    *ret_new = !e && db_changed(t->node->db) > 0;
    t->redaction = db_last_id(t->node->db);
    return e;
}

static enum err take_named(struct taking_mark *t, const struct json *def, const char *entity)
{
    enum err e = OK;
    for (const struct json *item = json_first(json_get(def, "ops")); !e && item;
         item = json_next(item)) {
        struct id uid;
        e = id_read(json_span(item), &uid) ? take_uid(t, uid) : OK;
    }
    if (!e) {
        e = show_scrubbed(t, 0);
    }
    if (!e) {
        e = clean_quarantine(t, entity);
    }
    if (!e) {
        e = clean_forgotten(t, entity);
    }
    if (!e) {
        struct stmt *s = db_stmt(t->node->db, REDACTION_HELD);
        stmt_bind_i64(s, 1, t->redaction);
        stmt_bind_i64(s, 2, t->scrubbed_count);
        e = stmt_run(s);
    }
    return e;
}

enum err redact_take_mark(struct node *node, const struct op *mark, int64_t row)
{
    struct taking_mark t = {.node = node};
    struct json *values = NULL;
    struct id entity;
    struct id request = {{0}};
    bool is_new = false;
    arena_init(&t.arena, &node->host->mem, 64u * 1024 * 1024);
    enum err e = json_parse(mark->values, &values, NULL);
    const struct json *def = e ? NULL : json_get(values, "def");
    const char *name = json_get_text(def, "entity", "");
    (void)id_read(span_of(json_get_text(def, "request", "")), &request);
    if (!e && id_read(span_of(name), &entity)) {
        e = note_mark(&t, mark, row, entity, request, &is_new);
    }
    if (!e && is_new) {
        e = take_named(&t, def, name);
        node->scrub_wanted = true;
    }
    if (!e && is_new) { /* pieces of a snapshot that began to come before its server knew */
        e = stmt_run(db_stmt(node->db, TAKING_PARTS_DROP));
    }
    if (!e && t.scrubbed_count > 0 && node->identity.role >= ROLE_HUB) {
        e = snapshot_drop_all(node);
    }
    json_free(values);
    arena_release(&t.arena);
    return e;
}

enum err redact_restore(struct node *node, const struct op *op, const struct held_op *held)
{
    struct entity_row entity;
    struct members before;
    bool scrubbed = false;
    struct stmt *s = db_stmt(node->db, OP_IS_SCRUBBED);
    stmt_bind_i64(s, 1, held->row);
    scrubbed = stmt_row(s);
    enum err e = stmt_end(s);
    if (e || !scrubbed) {
        return e;
    }
    e = set_body(node, held->row, op->body);
    if (!e) {
        e = blob_note_op(node, op, held->row);
    }
    if (e || held->entity == 0) {
        return e;
    }
    struct feed_event event = {FEED_OP, held->row, id_prefix8(op->uid)};
    e = entity_get(node, held->entity, &entity);
    if (!e) {
        e = members_of(node, entity.root, &before);
    }
    int64_t root_before = entity.root;
    if (!e) {
        struct op_effect effect = {.writes_scope = writes(op, "_scope"),
                                   .writes_root = writes(op, "_root")};
        e = member_settle(node, &entity, op, &effect);
    }
    if (!e) {
        e = member_tell_feeds(node, &entity, &before, root_before, &event, held->compartment);
    }
    return e ? e : log_mark_dirty(node, held->entity);
}

/* ---- after the commit */

static enum err is_undone(struct node *node, bool *ret)
{
    struct stmt *s = db_stmt(node->db, REDACTION_UNDONE);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* Words that were taken out of the search index stay in its older parts until those are merged. */
static enum err merge_index(struct node *node)
{
    enum err e = node_begin(node);
    return e ? e : node_end(node, stmt_run(db_stmt(node->db, FIND_OPTIMIZE)));
}

static enum err note_done(struct node *node)
{
    int64_t now = node->host->now_ms(node->host->ctx);
    struct stmt *s = db_stmt(node->db, RECEIPT_OWN);
    stmt_bind_blob(s, 1, node->identity.id.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, now);
    enum err e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, REDACTION_DONE);
        stmt_bind_i64(s, 1, now);
        e = stmt_run(s);
    }
    return e;
}

enum err redact_finish(struct node *node)
{
    bool undone = false;
    if (node->depth > 0) {
        return OK;
    }
    node->scrub_wanted = false;
    enum err e = is_undone(node, &undone);
    if (e || !undone) {
        return e;
    }
    e = blob_sweep(node);
    if (!e) {
        e = merge_index(node);
    }
    if (!e) {
        e = db_scour(node->db);
    }
    if (!e) {
        e = node_begin(node);
        if (!e) {
            e = node_end(node, note_done(node));
        }
    }
    return e;
}
