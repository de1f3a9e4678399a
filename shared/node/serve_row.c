/*
 * serve_row.c - the rows of a reply: an op, a tree that enters, a root that isn't granted.
 *
 * A row is served by membership now, not by what it was when the row was written: a root that
 * the caller is not granted is answered with LEAVE (the state of its `_scope` register, a fact
 * to merge), never with content.
 */
#include <string.h>

#include "node_log.h"
#include "serve_internal.h"

#define TREE_PART_OPS 4096 /* of one ENTER; the wire's limit is higher */
#define DEAD_ROW_ITEMS                                                                             \
    1024 /* registers of one dead row: with DEAD_ROW_PREDS below a line's limit */
#define DEAD_ROW_PREDS 16384

/* ---- what is granted */

bool scope_granted(const struct serve *serve, struct span scope, struct span compartment)
{
    for (size_t i = 0; i < serve->reader_count; i++) {
        if (org_node_covers(serve->readers[i], scope, compartment)) {
            return true;
        }
    }
    return false;
}

enum err root_granted(struct serve *serve, int64_t root, bool *ret)
{
    struct members members;
    bool granted = false;
    enum err e = members_of(serve->node, root, &members);
    for (size_t i = 0; !e && !granted && i < members.count; i++) {
        const char *scope = NULL;
        e = symbol_text(serve->node, members.scopes[i], &scope);
        granted = !e && scope_granted(serve, span_of(scope), (struct span){0});
    }
    if (!e) {
        *ret = granted;
    }
    return e;
}

/* ---- one op */

/* Index of an origin in the reply's list; -1 when it can't be listed. */
static enum err origin_index(struct row_writer *writer, int64_t origin, int64_t *ret)
{
    struct serve *serve = writer->serve;
    *ret = -1;
    for (size_t i = writer->origin_count; i > 0; i--) {
        if (writer->origins[i - 1] == origin) {
            *ret = (int64_t)(i - 1);
            return OK;
        }
    }
    if (writer->origin_count == WIRE_ORIGINS_MAX) {
        return OK;
    }
    if (writer->origin_count == writer->origin_capacity) {
        size_t wanted = writer->origin_capacity ? writer->origin_capacity * 2 : 32;
        int64_t *rows = arena_array(serve->arena, wanted, sizeof *rows);
        struct id *names = arena_array(serve->arena, wanted, sizeof *names);
        if (!rows || !names) {
            return ERR_NOMEM;
        }
        if (writer->origin_count) {
            memcpy(rows, writer->origins, writer->origin_count * sizeof *rows);
            memcpy(names, serve->reply.origins, writer->origin_count * sizeof *names);
        }
        writer->origins = rows;
        serve->reply.origins = names;
        writer->origin_capacity = wanted;
    }
    struct stmt *s = db_stmt(serve->node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, origin);
    struct id name = {{0}};
    if (stmt_row(s)) {
        (void)stmt_blob(s, 0, name.bytes, ID_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        writer->origins[writer->origin_count] = origin;
        serve->reply.origins[writer->origin_count] = name;
        *ret = (int64_t)writer->origin_count++;
        serve->reply.origin_count = writer->origin_count;
    }
    return e;
}

struct op_for_row {
    struct sync_row row;
    int64_t origin, entity, compartment;
    struct id uid;
    bool gone;   /* collected */
    bool below;  /* who wrote it, or somebody's hub, brought it here */
    bool capped; /* its receipt makes it effective earlier than its author believed */
};

static enum err read_op(struct row_writer *writer, int64_t op, struct op_for_row *ret)
{
    struct op_for_row found = {.row = {.kind = ROW_OP, .origin_index = -1}};
    struct stmt *s = db_stmt(writer->serve->node->db, OP_FOR_ROW);
    stmt_bind_i64(s, 1, op);
    enum err e = OK;
    if (stmt_row(s)) {
        e = arena_copy(writer->serve->arena, stmt_span(s, 0), &found.row.body);
        found.origin = stmt_i64(s, 1);
        found.row.seq = stmt_i64(s, 2);
        found.row.receipt_ms = stmt_i64(s, 3);
        found.row.has_signature = stmt_blob(s, 4, found.row.signature.bytes, SIGNATURE_SIZE);
        found.entity = stmt_i64(s, 5);
        (void)stmt_blob(s, 6, found.uid.bytes, ID_SIZE);
        found.capped = found.row.receipt_ms != 0 &&
                       stamp_effective(stmt_i64(s, 7), found.row.receipt_ms) < stmt_i64(s, 7);
        found.gone = (stmt_i64(s, 8) & OP_FLAG_GONE) != 0;
        found.compartment = stmt_i64(s, 9);
        found.below = stmt_i64(s, 10) == WAY_BELOW;
    }
    enum err end = stmt_end(s);
    e = end ? end : e;
    if (!e) {
        *ret = found;
    }
    return e;
}

static enum err put_op(struct row_writer *writer, struct op_for_row *op)
{
    enum err e = OK;
    if (op->origin != 0) {
        e = origin_index(writer, op->origin, &op->row.origin_index);
    }
    op->row.seq = op->row.origin_index < 0 ? 0 : op->row.seq;
    if (!e && op->row.body.size > 0) {
        sync_row_write(&op->row, &writer->serve->rows);
        e = buf_error(&writer->serve->rows);
    }
    return e;
}

enum err row_write_op(struct row_writer *writer, int64_t op)
{
    struct op_for_row found;
    struct entity_row entity;
    bool granted = false;
    enum err e = read_op(writer, op, &found);
    if (e) {
        return e;
    }
    if (found.below && found.origin != 0 && found.origin == writer->serve->caller_origin &&
        found.row.seq <= writer->serve->caller_has) {
        /* The caller wrote it, brought it and has it (one whose database was put back may not): it
           needs but the receipt, and that only when it decides what is shown first. What came here
           from above it may have forgotten since, and fetched the record while this was missing. */
        return found.capped ? row_write_low(writer, op) : OK;
    }
    if (found
            .gone) { /* What it superseded is dead, as it is itself: that is all there is to say. */
        return row_write_dead(writer, found.entity, found.compartment);
    }
    e = entity_get(writer->serve->node, found.entity, &entity);
    if (!e) {
        e = root_granted(writer->serve, entity.root, &granted);
    }
    if (!e) {
        e = granted ? put_op(writer, &found) : row_write_leave(writer, entity.root);
    }
    return e;
}

/* ---- trees */

struct id_list {
    int64_t *ids;
    size_t count, capacity;
};

static enum err list_add(struct arena *arena, struct id_list *list, int64_t id)
{
    if (list->count == list->capacity) {
        size_t wanted = list->capacity ? list->capacity * 2 : 32;
        int64_t *ids = arena_array(arena, wanted, sizeof *ids);
        if (!ids) {
            return ERR_NOMEM;
        }
        if (list->count) {
            memcpy(ids, list->ids, list->count * sizeof *ids);
        }
        list->ids = ids;
        list->capacity = wanted;
    }
    list->ids[list->count++] = id;
    return OK;
}

static enum err list_rows(struct row_writer *writer, enum node_stmt stmt, int64_t a, int64_t b,
                          struct id_list *list)
{
    struct stmt *s = db_stmt(writer->serve->node->db, stmt);
    stmt_bind_i64(s, 1, a);
    if (b != 0) {
        stmt_bind_i64(s, 2, b);
    }
    enum err e = OK;
    while (!e && stmt_row(s)) {
        e = list_add(writer->serve->arena, list, stmt_i64(s, 0));
    }
    enum err end = stmt_end(s);
    return end ? end : e;
}

struct dead_list {
    struct dead_register *items;
    size_t count, capacity;
};

static enum err dead_add(struct arena *arena, struct dead_list *list, struct id entity,
                         struct span reg, uint64_t uid8)
{
    struct dead_register *last = list->count ? &list->items[list->count - 1] : NULL;
    if (!last || !id_equal(last->entity, entity) || !span_equal(last->reg, reg) ||
        last->pred_count == OP_PREDS_MAX) {
        if (list->count == list->capacity) {
            size_t wanted = list->capacity ? list->capacity * 2 : 16;
            struct dead_register *items = arena_array(arena, wanted, sizeof *items);
            if (!items) {
                return ERR_NOMEM;
            }
            if (list->count) {
                memcpy(items, list->items, list->count * sizeof *items);
            }
            list->items = items;
            list->capacity = wanted;
        }
        last = &list->items[list->count++];
        *last = (struct dead_register){.entity = entity};
        enum err e = arena_copy(arena, reg, &last->reg);
        if (e) {
            return e;
        }
    }
    if ((last->pred_count & (last->pred_count - 1)) == 0) { /* full at each power of two */
        size_t wanted = last->pred_count ? last->pred_count * 2 : 1;
        uint64_t *preds = arena_array(arena, wanted, sizeof *preds);
        if (!preds) {
            return ERR_NOMEM;
        }
        if (last->pred_count) {
            memcpy(preds, last->preds, last->pred_count * sizeof *preds);
        }
        last->preds = preds;
    }
    last->preds[last->pred_count++] = uid8;
    return OK;
}

static enum err list_dead_of(struct row_writer *writer, const struct entity_row *entity,
                             int64_t reg, struct dead_list *list)
{
    struct stmt *s = db_stmt(writer->serve->node->db, DEAD_OF_REGISTER);
    stmt_bind_i64(s, 1, entity->id);
    stmt_bind_i64(s, 2, reg);
    enum err e = OK;
    while (!e && stmt_row(s)) {
        e = dead_add(writer->serve->arena, list, entity->name, stmt_span(s, 0), stmt_u64(s, 1));
    }
    enum err end = stmt_end(s);
    return end ? end : e;
}

/* The compartment of a register by its type; of Douar's own, base; NULL while that isn't known. */
static const char *compartment_of(const struct type *type, struct span reg)
{
    char name[2 * TYPE_NAME_MAX + 2];
    if (reg.size > 0 && reg.data[0] == '_') {
        return "base";
    }
    span_text(reg, name, sizeof name);
    const struct property *property = type ? type_register(type, name) : NULL;
    return property ? property->compartment : NULL;
}

/* Is it an op of this compartment, whose readers then hold it? */
static enum err is_op_of(struct node *node, int64_t entity, int64_t compartment, uint64_t uid8,
                         bool *ret)
{
    struct id least = {{0}};
    struct id most;
    for (size_t k = 0; k < 8; k++) {
        least.bytes[k] = (uint8_t)(uid8 >> (56 - 8 * k));
    }
    most = least;
    memset(most.bytes + 8, 0xff, ID_SIZE - 8);
    struct stmt *s = db_stmt(node->db, OP_IN_COMPARTMENT);
    stmt_bind_blob(s, 1, least.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, most.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, entity);
    stmt_bind_i64(s, 4, compartment);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* What is dead in the registers of one compartment: even the name of a register of another is
   nothing that this reader may know. A live value says where its register belongs; of a property
   that moved, what was written in this compartment is told all the same. */
static enum err list_dead(struct row_writer *writer, const struct entity_row *entity,
                          int64_t compartment, struct dead_list *list)
{
    struct serve *serve = writer->serve;
    const char *text = NULL;
    const char *kind = NULL;
    enum err e = symbol_text(serve->node, compartment, &text);
    if (!e) {
        e = symbol_text(serve->node, entity->type, &kind);
    }
    if (e) {
        return e;
    }
    const struct type *type = org_type(serve->org, span_of(kind));
    struct stmt *s = db_stmt(serve->node->db, DEAD_OF);
    stmt_bind_i64(s, 1, entity->id);
    stmt_bind_i64(s, 2, compartment);
    while (!e && stmt_row(s)) {
        bool told = stmt_i64(s, 3) != 0;
        if (stmt_i64(s, 2) == 0) {
            const char *named = compartment_of(type, stmt_span(s, 0));
            told = named && strcmp(named, text) == 0;
        }
        if (!told) {
            e = is_op_of(serve->node, entity->id, compartment, stmt_u64(s, 1), &told);
        }
        if (!e && told) {
            e = dead_add(serve->arena, list, entity->name, stmt_span(s, 0), stmt_u64(s, 1));
        }
    }
    enum err end = stmt_end(s);
    return end ? end : e;
}

/* Dead rows of a size that a reader takes. */
static enum err put_dead(struct row_writer *writer, const struct dead_list *dead)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < dead->count;) {
        struct sync_row row = {.kind = ROW_DEAD, .dead = &dead->items[i]};
        size_t preds = 0;
        do {
            preds += dead->items[i++].pred_count;
            row.dead_count++;
        } while (i < dead->count && row.dead_count < DEAD_ROW_ITEMS &&
                 preds + dead->items[i].pred_count <= DEAD_ROW_PREDS);
        sync_row_write(&row, &writer->serve->rows);
        e = buf_error(&writer->serve->rows);
    }
    return e;
}

/* One ENTER or LEAVE; what is dead follows its ops in rows of its own when it is much. */
static enum err put_tree(struct row_writer *writer, struct sync_row *row, const struct id_list *ops,
                         const struct dead_list *dead)
{
    bool little = dead->count <= DEAD_ROW_ITEMS / 16;
    for (size_t i = 0; little && i < dead->count; i++) {
        little = dead->items[i].pred_count <= DEAD_ROW_PREDS / DEAD_ROW_ITEMS * 16;
    }
    row->dead = little ? dead->items : NULL;
    row->dead_count = little ? dead->count : 0;
    row->op_count = (int64_t)ops->count;
    sync_row_write(row, &writer->serve->rows);
    enum err e = buf_error(&writer->serve->rows);
    for (size_t i = 0; !e && i < ops->count; i++) {
        struct op_for_row op;
        e = read_op(writer, ops->ids[i], &op);
        if (!e) {
            e = put_op(writer, &op);
        }
    }
    return e || little ? e : put_dead(writer, dead);
}

struct row_told {
    enum feed_what what; /* FEED_OP stands for LEAVE */
    int64_t ref, compartment;
};

static enum err told_already(struct row_writer *writer, struct row_told row, bool *ret)
{
    for (size_t i = 0; i < writer->told_count; i++) {
        const struct row_told *told = &writer->told[i];
        if (told->what == row.what && told->ref == row.ref &&
            told->compartment == row.compartment) {
            *ret = true;
            return OK;
        }
    }
    if (writer->told_count == writer->told_capacity) {
        size_t wanted = writer->told_capacity ? writer->told_capacity * 2 : 32;
        struct row_told *told = arena_array(writer->serve->arena, wanted, sizeof *told);
        if (!told) {
            return ERR_NOMEM;
        }
        if (writer->told_count) {
            memcpy(told, writer->told, writer->told_count * sizeof *told);
        }
        writer->told = told;
        writer->told_capacity = wanted;
    }
    writer->told[writer->told_count++] = row;
    *ret = false;
    return OK;
}

/* Where the root is comes first, so that a reader knows whether what follows is for it. */
static enum err list_placing(struct row_writer *writer, int64_t root, int64_t compartment,
                             struct id_list *ret)
{
    struct node *node = writer->serve->node;
    struct id_list ops = {0};
    int64_t reg = 0;
    enum err e = symbol_id(node, span_of("_scope"), &reg);
    if (!e) {
        e = list_rows(writer, LIVE_OPS_IN, root, reg, &ops);
    }
    for (size_t i = 0; !e && i < ops.count; i++) {
        struct logged logged;
        e = log_read(node, ops.ids[i], writer->serve->arena, &logged);
        const char *name = NULL;
        if (!e) {
            e = symbol_text(node, compartment, &name);
        }
        if (!e && span_is(logged.op.compartment, name)) {
            e = list_add(writer->serve->arena, ret, ops.ids[i]);
        }
    }
    return e;
}

/* The ops of a tree after `after`, as many as one part holds; `*ret_next`: the last of them when
   there are more, else 0. */
static enum err list_part(struct row_writer *writer, int64_t root, int64_t compartment,
                          int64_t after, struct id_list *ops, int64_t *ret_next)
{
    struct serve *serve = writer->serve;
    struct id_list placing = *ops;
    size_t size = 0;
    size_t count = 0;
    int64_t last = after;
    bool more = false;
    enum err e = OK;
    struct stmt *s = db_stmt(serve->node->db, TREE_OPS);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, compartment);
    stmt_bind_i64(s, 3, after);
    stmt_bind_i64(s, 4, TREE_PART_OPS + 1);
    while (!e && !more && stmt_row(s)) {
        int64_t op = stmt_i64(s, 0);
        more = count == TREE_PART_OPS || (count > 0 && size >= (size_t)serve->request.max_size);
        bool told = false;
        for (size_t i = 0; !more && i < placing.count && !told; i++) {
            told = placing.ids[i] == op;
        }
        if (!more && !told) {
            e = list_add(serve->arena, ops, op);
            size += (size_t)stmt_i64(s, 1);
        }
        if (!more) {
            last = op;
            count++;
        }
    }
    enum err end = stmt_end(s);
    *ret_next = more ? last : 0;
    return e ? e : end;
}

static enum err list_dead_of_tree(struct row_writer *writer, int64_t root, int64_t compartment,
                                  struct dead_list *dead)
{
    struct id_list tree = {0};
    enum err e = list_rows(writer, ENTITY_TREE, root, 0, &tree);
    for (size_t i = 0; !e && i < tree.count; i++) {
        struct entity_row entity;
        e = entity_get(writer->serve->node, tree.ids[i], &entity);
        if (!e) {
            e = list_dead(writer, &entity, compartment, dead);
        }
    }
    return e;
}

static enum err put_part(struct row_writer *writer, int64_t root, int64_t compartment,
                         int64_t after)
{
    struct node *node = writer->serve->node;
    struct entity_row entity;
    struct id_list ops = {0};
    struct dead_list dead = {0};
    struct sync_row row = {.kind = ROW_ENTER};
    const char *compartment_text = NULL;
    enum err e = entity_get(node, root, &entity);
    row.id = entity.name;
    if (!e) {
        e = symbol_text(node, compartment, &compartment_text);
        row.compartment = span_of(compartment_text);
    }
    if (!e && after == 0) {
        e = list_placing(writer, root, compartment, &ops);
    }
    if (!e) {
        e = list_part(writer, root, compartment, after, &ops, &row.next);
    }
    if (!e && row.next == 0) {
        e = list_dead_of_tree(writer, root, compartment, &dead);
    }
    return e ? e : put_tree(writer, &row, &ops, &dead);
}

enum err row_write_enter(struct row_writer *writer, int64_t root, int64_t compartment)
{
    bool granted = false;
    bool told = false;
    enum err e = root_granted(writer->serve, root, &granted);
    if (!e && !granted) {
        return row_write_leave(writer, root);
    }
    if (!e) {
        e = told_already(writer, (struct row_told){FEED_ENTER, root, compartment}, &told);
    }
    return e || told ? e : put_part(writer, root, compartment, 0);
}

enum err row_write_rest(struct row_writer *writer, int64_t root, int64_t compartment, int64_t after)
{
    bool granted = false;
    enum err e = root_granted(writer->serve, root, &granted);
    if (!e && !granted) {
        return row_write_leave(writer, root);
    }
    return e ? e : put_part(writer, root, compartment, after);
}

/* An op that writes more than `_scope` would carry content: only pure ones are told. */
static enum err keep_pure(struct row_writer *writer, struct id_list *ops)
{
    size_t kept = 0;
    enum err e = OK;
    for (size_t i = 0; !e && i < ops->count; i++) {
        struct logged logged;
        e = log_read(writer->serve->node, ops->ids[i], writer->serve->arena, &logged);
        if (!e && logged.op.register_count == 1) {
            ops->ids[kept++] = ops->ids[i];
        }
    }
    ops->count = kept;
    return e;
}

enum err row_write_leave(struct row_writer *writer, int64_t root)
{
    struct node *node = writer->serve->node;
    struct entity_row entity;
    struct id_list ops = {0};
    struct dead_list dead = {0};
    struct sync_row row = {.kind = ROW_LEAVE};
    int64_t reg = 0;
    bool told = false;
    if (root == 0) {
        return OK; /* Not placed yet: nothing can be said of it. */
    }
    enum err e = told_already(writer, (struct row_told){FEED_OP, root, 0}, &told);
    if (e || told) {
        return e;
    }
    e = entity_get(node, root, &entity);
    row.id = entity.name;
    if (!e) {
        e = symbol_id(node, span_of("_scope"), &reg);
    }
    if (!e) {
        e = list_rows(writer, LIVE_OPS_IN, root, reg, &ops);
    }
    if (!e) {
        e = keep_pure(writer, &ops);
    }
    if (!e) {
        e = list_dead_of(writer, &entity, reg, &dead);
    }
    return e ? e : put_tree(writer, &row, &ops, &dead);
}

enum err row_write_dead(struct row_writer *writer, int64_t id, int64_t compartment)
{
    struct entity_row entity;
    struct dead_list dead = {0};
    bool granted = false;
    bool told = false;
    enum err e = entity_get(writer->serve->node, id, &entity);
    if (!e) {
        e = root_granted(writer->serve, entity.root, &granted);
    }
    if (!e && !granted) {
        return row_write_leave(writer, entity.root);
    }
    if (!e) {
        e = told_already(writer, (struct row_told){FEED_DEAD, id, compartment}, &told);
    }
    if (!e && !told) {
        e = list_dead(writer, &entity, compartment, &dead);
    }
    return e ? e : put_dead(writer, &dead);
}

enum err row_write_low(struct row_writer *writer, int64_t op)
{
    struct op_for_row found;
    struct entity_row entity;
    struct sync_row row = {.kind = ROW_LOW};
    bool granted = false;
    enum err e = read_op(writer, op, &found);
    if (!e) {
        e = entity_get(writer->serve->node, found.entity, &entity);
    }
    if (!e) {
        e = root_granted(writer->serve, entity.root, &granted);
    }
    if (!e && !granted) {
        return row_write_leave(writer, entity.root);
    }
    if (!e) {
        row.id = found.uid;
        row.receipt_ms = found.row.receipt_ms;
        sync_row_write(&row, &writer->serve->rows);
        e = buf_error(&writer->serve->rows);
    }
    return e;
}

enum err row_write_safe(struct row_writer *writer, struct id root)
{
    struct sync_row row = {.kind = ROW_SAFE, .id = root};
    sync_row_write(&row, &writer->serve->rows);
    return buf_error(&writer->serve->rows);
}

enum err row_write_agree(struct row_writer *writer, struct id root)
{
    struct sync_row row = {.kind = ROW_AGREE, .id = root};
    sync_row_write(&row, &writer->serve->rows);
    return buf_error(&writer->serve->rows);
}
