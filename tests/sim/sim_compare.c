/*
 * sim_compare.c - at rest: do all nodes hold and show the same, and only what they are granted?
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "record.h"
#include "sim_alias.h"
#include "sim_check.h"
#include "sim_network.h"
#include "sim_revoke.h"
#include "stamp.h"

#define COMPARE_ARENA_MAX (64u * 1024 * 1024)

/* Any node's handle: a server's is opened for this, as by a command. */
struct handle {
    struct sim_node *owner;
    struct node *node;
};

static bool handle_open(struct sim_node *owner, struct handle *ret)
{
    *ret = (struct handle){owner, owner->role >= ROLE_HUB ? desk_open(owner) : owner->node};
    return ret->node != NULL;
}

static void handle_close(struct handle *handle)
{
    if (handle->owner->role >= ROLE_HUB) {
        node_close(handle->node);
    }
}

/* ---- digests */

struct digest {
    struct digest_row *rows;
    size_t count;
};

static bool digest_of(struct sim_node *owner, struct arena *arena, struct digest *ret)
{
    struct handle handle;
    if (!handle_open(owner, &handle)) {
        return false;
    }
    enum err e = node_digest(handle.node, arena, &ret->rows, &ret->count);
    if (e) {
        world_fail(owner->world, "%s: no digest: %s", owner->name, err_name(e));
    }
    handle_close(&handle);
    return e == OK;
}

static const struct digest_row *row_of(const struct digest *digest, const struct digest_row *like)
{
    for (size_t i = 0; i < digest->count; i++) {
        if (strcmp(digest->rows[i].scope, like->scope) == 0 &&
            strcmp(digest->rows[i].compartment, like->compartment) == 0) {
            return &digest->rows[i];
        }
    }
    return NULL;
}

/* Has the device ever synced with this hub? */
static bool has_visited(struct sim_node *hub, const struct sim_node *device)
{
    sqlite3_stmt *s = eye_ask(hub, "SELECT 1 FROM caller WHERE node = ?1");
    (void)sqlite3_bind_blob(s, 1, device->id.bytes, ID_SIZE, SQLITE_STATIC);
    bool visited = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return visited;
}

/* Is what lies there granted to the node, or to a device that syncs with it? */
static bool reads(struct sim_node *node, const struct org *org, const char *scope,
                  const char *compartment)
{
    struct sim_world *world = node->world;
    const struct org_node *me = org_node(org, node->id);
    bool covers = me && org_node_covers(me, span_of(scope), span_of(compartment));
    for (size_t i = SIM_SERVERS; !covers && node->role == ROLE_HUB && i < world->node_count; i++) {
        const struct org_node *visitor = org_node(org, world->nodes[i].id);
        covers = visitor && !visitor->revoked &&
                 org_node_covers(visitor, span_of(scope), span_of(compartment)) &&
                 has_visited(node, &world->nodes[i]);
    }
    return covers;
}

/* For who looks for the reason: which live values of the region the node lacks. */
static void say_difference(struct sim_node *node, const char *scope)
{
    sqlite3_stmt *all =
        eye_ask(&node->world->nodes[SIM_REGION],
                "SELECT e.name, r.text, l.uid8, o.uid, t.text, o.seq, o.way, hex(e.name) FROM live "
                "l JOIN entity e"
                " ON e.id = l.entity JOIN symbol r ON r.id = l.register JOIN op o ON o.id = l.op "
                "JOIN symbol t"
                " ON t.id = e.type JOIN member m ON m.root = e.root JOIN symbol s ON s.id = m.scope"
                " JOIN origin g ON g.id = o.origin WHERE s.text = ?1");
    sqlite3_stmt *one = eye_ask(
        node, "SELECT (SELECT 1 FROM live WHERE entity = e.id AND register = r.id AND uid8 = ?3),"
              " (SELECT 1 FROM op WHERE uid = ?4), (SELECT 1 FROM dead WHERE entity = e.id AND"
              " register = r.id AND uid8 = ?3), (SELECT missing FROM entity WHERE id = e.root),"
              " e.root = e.id FROM entity e, symbol r WHERE e.name = ?1 AND r.text = ?2");
    (void)sqlite3_bind_text(all, 1, scope, -1, SQLITE_STATIC);
    while (all && one && sqlite3_step(all) == SQLITE_ROW) {
        (void)sqlite3_reset(one);
        for (int i = 0; i < 4; i++) {
            (void)sqlite3_bind_value(one, i + 1, sqlite3_column_value(all, i));
        }
        bool known = sqlite3_step(one) == SQLITE_ROW;
        if (!known || sqlite3_column_int(one, 0) == 0) {
            world_say(node->world,
                      "  lacks %s.%s of %s/%lld: entity %s, op %s, dead %s, missing %d",
                      (const char *)sqlite3_column_text(all, 4),
                      (const char *)sqlite3_column_text(all, 1),
                      (const char *)sqlite3_column_text(all, 7),
                      (long long)sqlite3_column_int64(all, 5), known ? "known" : "unknown",
                      known && sqlite3_column_int(one, 1) ? "held" : "not held",
                      known && sqlite3_column_int(one, 2) ? "yes" : "no",
                      known ? sqlite3_column_int(one, 3) : -1);
        }
    }
    (void)sqlite3_finalize(all);
    (void)sqlite3_finalize(one);
}

static void compare_digests(struct sim_node *node, const struct org *org,
                            const struct digest *region, const struct digest *mine)
{
    static const struct digest_row none = {0};
    for (size_t side = 0; side < 2; side++) {
        const struct digest *from = side == 0 ? region : mine;
        for (size_t i = 0; i < from->count; i++) {
            const struct digest_row *one = &from->rows[i];
            const struct digest_row *other = row_of(side == 0 ? mine : region, one);
            other = other ? other : &none;
            if (reads(node, org, one->scope, one->compartment) &&
                (one->count != other->count || one->sum != other->sum)) {
                if (node->world->options.verbose) {
                    say_difference(node, one->scope);
                }
                world_fail(node->world,
                           "%s differs in %s/%s: %" PRId64 " live values %s, %" PRId64
                           " at the other",
                           node->name, one->scope, one->compartment, one->count,
                           side == 0 ? "at the region" : "there", other->count);
            }
        }
    }
}

/* ---- the times that decide what is shown first */

static int64_t effective(int64_t time_ms, bool has_receipt, int64_t receipt_ms)
{
    return stamp_effective(time_ms, has_receipt ? receipt_ms : STAMP_NO_RECEIPT);
}

/* For who looks for the reason: who knows which receipt of the op. */
static void say_receipts(struct sim_world *world, sqlite3_value *uid)
{
    for (size_t i = 0; i < world->node_count; i++) {
        sqlite3_stmt *s = eye_ask(
            &world->nodes[i],
            "SELECT o.receipt_ms, o.way, o.seq, o.id, hex(g.name), (SELECT group_concat(t.text)"
            " FROM member m JOIN symbol t ON t.id = m.scope WHERE m.root = e.root), (SELECT"
            " group_concat(f.what || ':' || f.n) FROM feed_row f WHERE f.ref = o.id AND f.what IN "
            "(0, 3))"
            " FROM op o JOIN entity e ON e.id = o.entity LEFT JOIN origin g ON g.id = o.origin"
            " WHERE o.uid = ?1");
        (void)sqlite3_bind_value(s, 1, uid);
        if (s && sqlite3_step(s) == SQLITE_ROW) {
            world_say(world, "  %s: receipt %s, way %d, seq %d of %.8s, in %s, feed rows %s",
                      world->nodes[i].name, (const char *)sqlite3_column_text(s, 0),
                      sqlite3_column_int(s, 1), sqlite3_column_int(s, 2),
                      (const char *)sqlite3_column_text(s, 4),
                      (const char *)sqlite3_column_text(s, 5),
                      (const char *)sqlite3_column_text(s, 6));
        }
        (void)sqlite3_finalize(s);
    }
}

/* Of each op that is live at the node, in its scopes, and held at the region. */
static void compare_times(struct sim_node *node)
{
    static const char live[] =
        "SELECT DISTINCT o.uid, o.time_ms, o.receipt_ms, s.text, o.way FROM live l JOIN op o ON "
        "o.id = l.op"
        " JOIN symbol s ON s.id = l.register JOIN entity e ON e.id = l.entity"
        " WHERE EXISTS (SELECT 1 FROM member m JOIN symbol t ON t.id = m.scope WHERE m.root = "
        "e.root"
        " AND (t.text LIKE ?1 || '%' OR t.text LIKE ?2 || '%'))";
    sqlite3_stmt *mine = eye_ask(node, live);
    sqlite3_stmt *other = eye_ask(&node->world->nodes[SIM_REGION],
                                  "SELECT time_ms, receipt_ms FROM op WHERE uid = ?1");
    for (int i = 0; mine && i < SIM_SCOPES; i++) {
        const char *scope = node->scopes[i] ? node->scopes[i] : node->scopes[0];
        (void)sqlite3_bind_text(mine, i + 1, scope, -1, SQLITE_STATIC);
    }
    while (mine && other && sqlite3_step(mine) == SQLITE_ROW) {
        (void)sqlite3_reset(other);
        (void)sqlite3_bind_value(other, 1, sqlite3_column_value(mine, 0));
        if (sqlite3_step(other) != SQLITE_ROW) {
            continue;
        }
        int64_t here =
            effective(sqlite3_column_int64(mine, 1), sqlite3_column_type(mine, 2) != SQLITE_NULL,
                      sqlite3_column_int64(mine, 2));
        int64_t there =
            effective(sqlite3_column_int64(other, 0), sqlite3_column_type(other, 1) != SQLITE_NULL,
                      sqlite3_column_int64(other, 1));
        if (here != there && !node->world->failed) {
            say_receipts(node->world, sqlite3_column_value(mine, 0));
            world_fail(
                node->world,
                "%s holds an op of way %d in %s effective at %" PRId64 ", the region at %" PRId64
                " (time %" PRId64 ", receipts %" PRId64 " and %" PRId64 ")",
                node->name, sqlite3_column_int(mine, 4), (const char *)sqlite3_column_text(mine, 3),
                here, there, (int64_t)sqlite3_column_int64(mine, 1),
                (int64_t)sqlite3_column_int64(mine, 2), (int64_t)sqlite3_column_int64(other, 1));
        }
    }
    (void)sqlite3_finalize(mine);
    (void)sqlite3_finalize(other);
}

/* ---- records */

struct shown_record {
    struct id entity;
    char case_number[32];
    char *title, *document;
    bool deleted;
    bool granted; /* one of its scopes is granted to whom it is compared with */
    char scopes[8][64];
    size_t scope_count;
};

struct records {
    struct shown_record *list;
    size_t count, capacity;
    int64_t last;
};

static char *copy_text(const void *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static bool keep_record(void *ctx, const struct record_row *row)
{
    struct records *records = ctx;
    if (records->count == records->capacity) {
        records->capacity = records->capacity ? 2 * records->capacity : 256;
        records->list = realloc(records->list, records->capacity * sizeof *records->list);
        if (!records->list) {
            abort();
        }
    }
    struct shown_record *record = &records->list[records->count++];
    *record = (struct shown_record){.entity = row->entity, .deleted = row->deleted};
    (void)snprintf(record->case_number, sizeof record->case_number, "%s", row->case_number);
    record->title = copy_text(row->title, strlen(row->title));
    record->document = copy_text(row->document.data, row->document.size);
    for (size_t i = 0; i < row->scope_count && i < 8; i++) {
        (void)snprintf(record->scopes[record->scope_count++], 64, "%s", row->scopes[i]);
    }
    records->last = row->number;
    return true;
}

static int by_entity(const void *a, const void *b)
{
    return id_compare(((const struct shown_record *)a)->entity,
                      ((const struct shown_record *)b)->entity);
}

static void records_release(struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        free(records->list[i].title);
        free(records->list[i].document);
    }
    free(records->list);
    *records = (struct records){0};
}

static void records_read(struct sim_node *owner, struct records *ret)
{
    struct handle handle;
    size_t before = 0;
    enum err e = OK;
    *ret = (struct records){0};
    if (!handle_open(owner, &handle)) {
        return;
    }
    do {
        struct record_filter filter = {.with_deleted = true, .after = ret->last, .limit = 500};
        before = ret->count;
        e = record_list(handle.node, NULL, &filter, keep_record, ret, NULL);
    } while (!e && ret->count > before);
    if (e) {
        world_fail(owner->world, "%s: no list: %s", owner->name, err_name(e));
    }
    handle_close(&handle);
    if (ret->count > 0) {
        qsort(ret->list, ret->count, sizeof *ret->list, by_entity);
    }
}

static char *value_of(const struct sim_world *world, const struct json *document, const char *key)
{
    struct buf text;
    const struct json *value = json_get(document, key);
    buf_init(&text, &world->mem, 1024 * 1024);
    if (value) {
        json_add_tree(&text, value);
    }
    char *copy = copy_text(buf_text(&text), text.size);
    buf_release(&text);
    return copy;
}

/* Where values of that name may stand, by any version of any type. */
struct standing {
    bool in_base, in_health;
};

static struct standing standing_of(const struct sim_world *world, const char *key)
{
    struct standing standing = {false, false};
    for (size_t i = 0; i < world->type_count; i++) {
        const struct property *property = type_property(world->types[i].type, key);
        bool base = property && strcmp(property->compartment, "base") == 0;
        standing.in_base = standing.in_base || base;
        standing.in_health = standing.in_health || (property && !base);
    }
    return standing;
}

/* Property by property: those of compartments that the node lacks aren't its to show. */
static void compare_documents(struct sim_node *node, const struct shown_record *region,
                              const struct shown_record *mine)
{
    struct sim_world *world = node->world;
    struct json *a = NULL;
    struct json *b = NULL;
    if (json_parse(span_of(region->document), &a, NULL) ||
        json_parse(span_of(mine->document), &b, NULL)) {
        world_fail(world, "%s: a record's document is no JSON", node->name);
    }
    for (size_t side = 0; a && b && side < 2; side++) {
        for (const struct json *m = json_first(side == 0 ? a : b); m; m = json_next(m)) {
            struct standing standing = standing_of(world, json_key(m));
            char *x = value_of(world, a, json_key(m));
            char *y = value_of(world, b, json_key(m));
            if ((!standing.in_health || node->has_health) && strcmp(x, y) != 0) {
                world_fail(world, "%s shows %.80s in %s of %s where the region shows %.80s",
                           node->name, y, json_key(m), mine->case_number, x);
            }
            if (!standing.in_base && !node->has_health && side == 1) {
                world_fail(world, "%s shows %s, of a compartment it lacks", node->name,
                           json_key(m));
            }
            free(x);
            free(y);
        }
    }
    json_free(a);
    json_free(b);
    if (strcmp(region->title, mine->title) != 0 || region->deleted != mine->deleted ||
        strcmp(region->case_number, mine->case_number) != 0) {
        world_fail(world, "%s and the region show another title, number or deletion of %s",
                   node->name, region->case_number);
    }
}

/* For who looks for the reason: what the node makes of the record and of those it leads to. */
static void say_twin(struct sim_node *node, struct id entity)
{
    sqlite3_stmt *s = eye_ask(
        node, "WITH RECURSIVE way(id) AS (SELECT id FROM entity WHERE name = ?1 UNION SELECT"
              " a.target FROM way w JOIN alias a ON a.entity = w.id) SELECT hex(e.name), t.text,"
              " e.missing, e.root = e.id, a.target, a.head, e.id, (SELECT group_concat(s.text)"
              " FROM member m JOIN symbol s ON s.id = m.scope WHERE m.root = e.root), EXISTS"
              " (SELECT 1 FROM record r WHERE r.entity = e.id), EXISTS (SELECT 1 FROM dirty d"
              " WHERE d.entity = e.id), (SELECT count(*) FROM live l WHERE l.entity = e.id), "
              "e.root FROM way JOIN"
              " entity e ON e.id = way.id LEFT JOIN symbol t ON t.id = e.type LEFT JOIN alias a"
              " ON a.entity = e.id");
    (void)sqlite3_bind_blob(s, 1, entity.bytes, ID_SIZE, SQLITE_STATIC);
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        world_say(node->world,
                  "  %s: %s %d (%.8s) root %d, missing %d, names %d, head %d, in %s, %d live, %s%s",
                  node->name, (const char *)sqlite3_column_text(s, 1), sqlite3_column_int(s, 6),
                  (const char *)sqlite3_column_text(s, 0), sqlite3_column_int(s, 11),
                  sqlite3_column_int(s, 2), sqlite3_column_int(s, 4), sqlite3_column_int(s, 5),
                  (const char *)sqlite3_column_text(s, 7), sqlite3_column_int(s, 10),
                  sqlite3_column_int(s, 8) ? "shown" : "not shown",
                  sqlite3_column_int(s, 9) ? ", dirty" : "");
    }
    (void)sqlite3_finalize(s);
}

/* The pairs as the region holds them, and as the hub does that is compared (of a device: none). */
struct pairs {
    const struct sim_twins *region;
    struct sim_twins *hub;
};

static enum twin_view view_of(const struct pairs *pairs, struct id entity,
                              const struct org_node *me)
{
    return pairs->hub ? twins_view_of_hub(pairs->region, pairs->hub, entity, me)
                      : twins_view(pairs->region, entity, me);
}

static void fail_twin(struct sim_node *node, struct id entity, const char *does)
{
    if (node->world->options.verbose) {
        say_twin(node, entity);
        say_twin(&node->world->nodes[SIM_REGION], entity);
    }
    world_fail(node->world, "%s %s", node->name, does);
}

/* Records that were told to be one: who shows which depends on what each is granted, and on what a
   hub holds. */
static size_t compare_twins(struct sim_node *node, const struct org_node *me,
                            const struct pairs *pairs, const struct records *mine)
{
    const struct sim_twins *list = pairs->hub ? pairs->hub : pairs->region;
    size_t expected = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct shown_record like = {.entity = list->list[i].name};
        enum twin_view view = view_of(pairs, like.entity, me);
        bool shown = mine->count && bsearch(&like, mine->list, mine->count, sizeof like, by_entity);
        expected += view != TWIN_HIDDEN;
        node->world->counters.alias_apart += view == TWIN_APART;
        node->world->counters.alias_at_hub += pairs->hub && view == TWIN_SAME;
        if (shown != (view != TWIN_HIDDEN)) {
            fail_twin(node, like.entity,
                      shown ? "shows a record that was told to be another"
                            : "lacks a record that was told to be another");
        }
    }
    const struct sim_twin *differs =
        pairs->hub ? twins_differ(pairs->region, pairs->hub, me) : NULL;
    if (differs) {
        fail_twin(node, differs->name, "takes a record for another than the region does");
    }
    return expected;
}

static void compare_records(struct sim_node *node, const struct org *org,
                            const struct records *region, const struct pairs *pairs)
{
    struct records mine;
    const struct org_node *me = org_node(org, node->id);
    records_read(node, &mine);
    size_t expected = compare_twins(node, me, pairs, &mine);
    for (size_t i = 0; i < region->count; i++) {
        const struct shown_record *one = &region->list[i];
        bool granted = false;
        for (size_t k = 0; k < one->scope_count; k++) {
            granted =
                granted || (me && org_node_covers(me, span_of(one->scopes[k]), (struct span){0}));
        }
        const struct shown_record *other =
            mine.count ? bsearch(one, mine.list, mine.count, sizeof *one, by_entity) : NULL;
        enum twin_view view = view_of(pairs, one->entity, me);
        if (view == TWIN_APART && granted && !other) {
            fail_twin(node, one->entity, "lacks a record that others were told to be");
        }
        if (view != TWIN_NONE && view != TWIN_SAME) {
            continue;
        }
        expected += granted && view == TWIN_NONE;
        if (granted != (other != NULL) && (granted || node->role < ROLE_HUB)) {
            world_fail(node->world, "%s %s %s", node->name,
                       granted ? "lacks" : "shows, not granted,", one->case_number);
        }
        if (granted && other) {
            compare_documents(node, one, other);
        }
    }
    if (node->role < ROLE_HUB && mine.count != expected) {
        world_fail(node->world, "%s shows %zu records, it should %zu", node->name, mine.count,
                   expected);
    }
    records_release(&mine);
}

/* ---- compartments, stable */

static void check_compartments(struct sim_node *node)
{
    int64_t count = eye_number(node, "SELECT count(*) FROM op WHERE compartment IN"
                                     " (SELECT id FROM symbol WHERE text = 'health')");
    if (!node->has_health && count > 0) {
        world_fail(node->world, "%s holds %" PRId64 " ops of a compartment it lacks", node->name,
                   count);
    }
}

static void check_stable(struct sim_node *node)
{
    int64_t left = eye_number(node, "SELECT seq - stable_seq FROM origin WHERE id ="
                                    " (SELECT value FROM self WHERE key = 'origin')");
    if (left != 0) {
        world_fail(node->world, "%s: %" PRId64 " own ops are not stable", node->name, left);
    }
}

/* ---- the whole */

void check_equal(struct sim_world *world)
{
    struct arena arena;
    struct digest region = {0};
    struct records shown;
    struct handle handle;
    const struct org *org = NULL;
    struct sim_twins *twins = malloc(2 * sizeof *twins); /* the region's, a hub's */
    if (!twins) {
        abort();
    }
    twins_read(&world->nodes[SIM_REGION], &twins[0]);
    arena_init(&arena, &world->mem, COMPARE_ARENA_MAX);
    bool good = digest_of(&world->nodes[SIM_REGION], &arena, &region);
    records_read(&world->nodes[SIM_REGION], &shown);
    if (good && handle_open(&world->nodes[SIM_REGION], &handle)) {
        good = node_org(handle.node, &org) == OK;
        for (size_t i = 1; good && !world->failed && i < world->node_count; i++) {
            struct sim_node *node = &world->nodes[i];
            struct digest mine = {0};
            if (revoke_differs(node)) {
                check_compartments(node);
                continue;
            }
            compare_times(node);
            if (digest_of(node, &arena, &mine)) {
                compare_digests(node, org, &region, &mine);
            }
            struct pairs pairs = {&twins[0], node->role >= ROLE_HUB ? &twins[1] : NULL};
            if (pairs.hub) {
                twins_read(node, pairs.hub);
            }
            compare_records(node, org, &shown, &pairs);
            if (node->role < ROLE_HUB) {
                check_compartments(node);
                check_stable(node);
            }
        }
        handle_close(&handle);
    }
    world->counters.type_mixed += (uint64_t)eye_number(
        &world->nodes[SIM_REGION],
        "SELECT count(*) FROM (SELECT 1 FROM live l JOIN op o ON o.id = l.op GROUP BY l.entity,"
        " l.register HAVING count(DISTINCT o.compartment) > 1)");
    records_release(&shown);
    free(twins);
    arena_release(&arena);
}

static bool region_holds(struct sim_world *world, struct id uid)
{
    sqlite3_stmt *s = eye_ask(&world->nodes[SIM_REGION], "SELECT 1 FROM op WHERE uid = ?1");
    (void)sqlite3_bind_blob(s, 1, uid.bytes, ID_SIZE, SQLITE_STATIC);
    bool holds = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return holds;
}

/*
 * How many of the server's ops after `row` an old request may bring: those that were lost with
 * their author's disk, and those that their author took to another hub when this one didn't answer.
 */
static int64_t may_come_late(struct sim_node *server, int64_t row)
{
    int64_t count = 0;
    sqlite3_stmt *s = eye_ask(server, "SELECT uid FROM op WHERE id > ?1");
    (void)sqlite3_bind_int64(s, 1, row);
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        struct id uid = {{0}};
        memcpy(uid.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        const struct sim_birth *birth = births_find(&server->world->births, uid);
        bool lost = birth && birth->maybe && birth->undone;
        bool elsewhere = birth && !birth->undone && region_holds(server->world, uid);
        count += lost || (server->role == ROLE_HUB && elsewhere);
    }
    (void)sqlite3_finalize(s);
    return count;
}

bool check_replay(struct sim_world *world)
{
    int64_t back = 0;
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        struct sim_node *server = &world->nodes[i];
        uint64_t before = check_fingerprint(server, false);
        int64_t ops = eye_number(server, "SELECT count(*) FROM op");
        int64_t last = eye_number(server, "SELECT max(id) FROM op");
        for (size_t k = 0; k < SIM_CAPTURED_MAX; k++) {
            network_replay(server, k);
            world->counters.replayed++;
        }
        network_commit(server);
        ops = eye_number(server, "SELECT count(*) FROM op") - ops;
        back += ops;
        if (ops != may_come_late(server, last) ||
            (ops == 0 && check_fingerprint(server, false) != before)) {
            world_fail(world, "%s changed when old requests came once more", server->name);
        }
    }
    return back == 0;
}

void check_audit(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        struct handle handle;
        struct audit_report report = {0};
        buf_init(&report.findings, &world->mem, 1024 * 1024);
        if (handle_open(&world->nodes[i], &handle)) {
            enum err e = node_audit(handle.node, false, NULL, NULL, &report);
            if (e || report.finding_count > 0) {
                world_fail(world, "%s finds itself in disorder: %s %.300s", world->nodes[i].name,
                           err_name(e), buf_text(&report.findings));
            }
            handle_close(&handle);
        }
        buf_release(&report.findings);
    }
}
