/*
 * sim_alias.c - duplicates: told, taken back, told the other way round elsewhere; and which records
 * a node should show for them.
 */
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "record.h"
#include "sim_actions.h"
#include "sim_alias.h"

/* ---- what people do */

static struct id some_id(struct sim_node *node, const char *sql)
{
    struct id id = {{0}};
    sqlite3_stmt *s = eye_ask(node, sql);
    if (s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == ID_SIZE) {
        memcpy(id.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
    }
    (void)sqlite3_finalize(s);
    return id;
}

static struct id some_duplicate(struct sim_node *node)
{
    char sql[160];
    int64_t count = eye_number(node, "SELECT count(*) FROM alias");
    if (count == 0) {
        return (struct id){{0}};
    }
    (void)snprintf(sql, sizeof sql,
                   "SELECT e.name FROM alias a JOIN entity e ON e.id = a.entity ORDER BY a.entity"
                   " LIMIT 1 OFFSET %lld",
                   (long long)rng_between(&node->world->rng, 0, count - 1));
    return some_id(node, sql);
}

/* Is the record that was told to stay now a member of a ring? */
static void count_ring(struct sim_node *node)
{
    node->world->counters.alias_ring +=
        eye_number(node, "SELECT count(*) FROM alias a JOIN alias b ON b.entity = a.target"
                         " WHERE b.target = a.entity") > 0;
}

void people_alias(struct sim_desk *desk)
{
    struct sim_node *node = desk->at;
    struct sim_world *world = node->world;
    const struct id none = {{0}};
    struct diag diag = {0};
    struct alias alias = {.person = node->person, .reason = "~"};
    size_t way = rng_below(&world->rng, 10);
    alias.undo = way < 3;
    if (alias.undo) {
        alias.duplicate = some_duplicate(node);
    } else if (way < 6) { /* what somebody else told, the other way round */
        alias.entity = world->told_duplicate;
        alias.duplicate = world->told_stays;
    } else if (!pick_two(desk, &alias.entity, &alias.duplicate)) {
        return;
    }
    if (id_equal(alias.duplicate, none)) {
        return;
    }
    check_look(node, desk->node, alias.duplicate, &desk->shown);
    enum err e = node_alias(desk->node, &alias, &diag);
    if (!e && !alias.undo) {
        world->told_stays = alias.entity;
        world->told_duplicate = alias.duplicate;
    }
    world->counters.alias += e == OK && !alias.undo;
    world->counters.alias_undone += e == OK && alias.undo;
    count_ring(node);
    people_settle(desk, e, &diag, -1, alias.undo ? "a duplicate taken back" : "a duplicate");
}

/* ---- who should show what */

static int by_name(const void *a, const void *b)
{
    return id_compare(((const struct sim_twin *)a)->name, ((const struct sim_twin *)b)->name);
}

/* Every entity that names another or is named, with what it names and where it belongs. */
void twins_read(struct sim_node *node, struct sim_twins *ret)
{
    static const char sql[] =
        "SELECT e.name, (SELECT t.name FROM alias a JOIN entity t ON t.id = a.target WHERE a.entity"
        " = e.id AND t.type = e.type), (SELECT group_concat(s.text) FROM member m JOIN symbol s ON"
        " s.id = m.scope WHERE m.root = e.root), e.root <> 0, EXISTS (SELECT 1 FROM live l WHERE "
        "l.entity = e.id) FROM entity e WHERE e.id IN (SELECT entity FROM"
        " alias UNION SELECT target FROM alias)";
    sqlite3_stmt *s = eye_ask(node, sql);
    ret->count = 0;
    while (s && ret->count < SIM_TWINS_MAX && sqlite3_step(s) == SQLITE_ROW) {
        struct sim_twin *twin = &ret->list[ret->count++];
        *twin = (struct sim_twin){.names = sqlite3_column_bytes(s, 1) == ID_SIZE,
                                  .held = sqlite3_column_int(s, 3) != 0,
                                  .filled = sqlite3_column_int(s, 4) != 0};
        memcpy(twin->name.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        if (twin->names) {
            memcpy(twin->target.bytes, sqlite3_column_blob(s, 1), ID_SIZE);
        }
        const unsigned char *scopes = sqlite3_column_text(s, 2);
        (void)snprintf(twin->scopes, sizeof twin->scopes, "%s", scopes ? (const char *)scopes : "");
    }
    (void)sqlite3_finalize(s);
    qsort(ret->list, ret->count, sizeof *ret->list, by_name);
}

static const struct sim_twin *twin_of(const struct sim_twins *twins, struct id name)
{
    const struct sim_twin like = {.name = name};
    return twins->count ? bsearch(&like, twins->list, twins->count, sizeof like, by_name) : NULL;
}

static bool is_granted(const struct sim_twin *twin, const struct org_node *reader)
{
    struct span rest = span_of(twin->scopes);
    struct span scope;
    while (reader && span_split(&rest, ',', &scope)) {
        if (scope.size > 0 && org_node_covers(reader, scope, (struct span){0})) {
            return true;
        }
    }
    return reader == NULL && twin->held && twin->filled;
}

/* The definition: from name to name as far as the reader sees; of a ring the least. */
static const struct sim_twin *head_of(const struct sim_twins *twins, const struct sim_twin *from,
                                      const struct org_node *reader)
{
    const struct sim_twin *way[SIM_TWINS_MAX];
    size_t count = 0;
    const struct sim_twin *at = from;
    while (at) {
        for (size_t i = 0; i < count; i++) {
            if (way[i] == at) {
                const struct sim_twin *least = at;
                for (size_t k = i; k < count; k++) {
                    least = id_compare(way[k]->name, least->name) < 0 ? way[k] : least;
                }
                return least;
            }
        }
        way[count++] = at;
        const struct sim_twin *next = at->names ? twin_of(twins, at->target) : NULL;
        at = next && is_granted(next, reader) ? next : NULL;
    }
    return way[count - 1];
}

bool twins_stand_for(const struct sim_twins *twins, struct id head, struct id member,
                     const struct org_node *reader)
{
    const struct sim_twin *one = twin_of(twins, head);
    const struct sim_twin *other = twin_of(twins, member);
    return one && other && is_granted(other, reader) && head_of(twins, one, reader) == one &&
           head_of(twins, other, reader) == one;
}

enum twin_view twins_view(const struct sim_twins *twins, struct id entity,
                          const struct org_node *reader)
{
    const struct sim_twin *twin = twin_of(twins, entity);
    bool same = true;
    if (!twin) {
        return TWIN_NONE;
    }
    if (!is_granted(twin, reader) || head_of(twins, twin, reader) != twin) {
        return TWIN_HIDDEN;
    }
    for (size_t i = 0; i < twins->count; i++) {
        const struct sim_twin *other = &twins->list[i];
        bool mine = is_granted(other, reader) && head_of(twins, other, reader) == twin;
        same = same && mine == (head_of(twins, other, NULL) == twin);
    }
    return same ? TWIN_SAME : TWIN_APART;
}

/* The head's records at the region and at the hub are the same ones, all in the hub's scopes. */
static bool are_alike(const struct sim_twins *region, const struct sim_twins *hub, struct id head,
                      const struct org_node *me)
{
    bool alike = true;
    for (size_t i = 0; i < region->count; i++) {
        const struct sim_twin *there = &region->list[i];
        const struct sim_twin *here = twin_of(hub, there->name);
        if (id_equal(head_of(region, there, NULL)->name, head)) {
            alike = alike && here && is_granted(there, me) &&
                    id_equal(head_of(hub, here, NULL)->name, head);
        }
    }
    for (size_t i = 0; i < hub->count; i++) {
        const struct sim_twin *here = &hub->list[i];
        const struct sim_twin *there = twin_of(region, here->name);
        if (id_equal(head_of(hub, here, NULL)->name, head)) {
            alike = alike && there && id_equal(head_of(region, there, NULL)->name, head);
        }
    }
    return alike;
}

enum twin_view twins_view_of_hub(const struct sim_twins *region, const struct sim_twins *hub,
                                 struct id entity, const struct org_node *me)
{
    const struct sim_twin *here = twin_of(hub, entity);
    if (!here && !twin_of(region, entity)) {
        return TWIN_NONE;
    }
    if (!here) {
        return TWIN_APART;
    }
    if (!here->held || !here->filled || head_of(hub, here, NULL) != here) {
        return TWIN_HIDDEN;
    }
    return are_alike(region, hub, entity, me) ? TWIN_SAME : TWIN_APART;
}

const struct sim_twin *twins_differ(const struct sim_twins *region, const struct sim_twins *hub,
                                    const struct org_node *me)
{
    for (size_t i = 0; i < region->count; i++) {
        const struct sim_twin *there = &region->list[i];
        const struct sim_twin *here = twin_of(hub, there->name);
        const struct sim_twin *target = there->names ? twin_of(hub, there->target) : NULL;
        bool names = there->names && target && target->held && target->filled;
        bool same = here && (names ? here->names && id_equal(here->target, there->target)
                                   : !here->names || !twin_of(hub, here->target)->held);
        if (there->names && is_granted(there, me) && !same) {
            return there;
        }
    }
    return NULL;
}
