/*
 * sim_births_check.c - what a save, an undo and a crash did to a node's own ops.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "op.h"
#include "org.h"
#include "sim_alias.h"
#include "sim_check.h"

#define BIRTH_ARENA_MAX (4u * 1024 * 1024)

/* The names of the records that `entity` stands for, itself first, as its author is shown them: a
   duplicate that has left their sight is no part of it any more. */
static size_t names_of(struct sim_node *node, struct node *own, struct id entity,
                       uint8_t ret[(SIM_TWINS_MAX + 1) * ID_SIZE])
{
    struct sim_twins twins;
    const struct org *org = NULL;
    size_t size = ID_SIZE;
    memcpy(ret, entity.bytes, ID_SIZE);
    twins_read(node, &twins);
    bool knows = node->role >= ROLE_HUB || node_org(own, &org) == OK;
    const struct org_node *reader = org ? org_node(org, node->id) : NULL;
    for (size_t i = 0; knows && i < twins.count; i++) {
        if (!id_equal(twins.list[i].name, entity) &&
            twins_stand_for(&twins, entity, twins.list[i].name, reader)) {
            memcpy(ret + size, twins.list[i].name.bytes, ID_SIZE);
            size += ID_SIZE;
        }
    }
    return size;
}

void check_look(struct sim_node *node, struct node *own, struct id entity, struct sim_shown *ret)
{
    uint8_t names[(SIM_TWINS_MAX + 1) * ID_SIZE];
    size_t size = names_of(node, own, entity, names);
    ret->count = 0;
    sqlite3_stmt *s = eye_ask(
        node, "WITH all_of(id, own) AS (SELECT id, name = substr(?1, 1, 16) FROM entity WHERE"
              " instr(?1, name) % 16 = 1) SELECT s.text, l.uid8 FROM all_of a JOIN live l ON"
              " l.entity = a.id JOIN symbol s ON s.id = l.register WHERE (a.own OR"
              " substr(s.text, 1, 1) <> '_') AND NOT EXISTS (SELECT 1 FROM dead d WHERE"
              " d.entity IN (SELECT id FROM all_of) AND d.register = l.register AND d.uid8 ="
              " l.uid8)");
    if (!s) {
        return;
    }
    (void)sqlite3_bind_blob(s, 1, names, (int)size, SQLITE_STATIC);
    while (ret->count < SHOWN_MAX && sqlite3_step(s) == SQLITE_ROW) {
        struct shown_value *value = &ret->values[ret->count++];
        (void)snprintf(value->reg, sizeof value->reg, "%s",
                       (const char *)sqlite3_column_text(s, 0));
        value->uid8 = (uint64_t)sqlite3_column_int64(s, 1);
    }
    (void)sqlite3_finalize(s);
}

static size_t shown_in(const struct sim_shown *shown, struct span reg)
{
    size_t count = 0;
    for (size_t i = 0; i < shown->count; i++) {
        count += span_is(reg, shown->values[i].reg);
    }
    return count;
}

static bool was_shown(const struct sim_shown *shown, struct span reg, uint64_t uid8)
{
    for (size_t i = 0; i < shown->count; i++) {
        if (shown->values[i].uid8 == uid8 && span_is(reg, shown->values[i].reg)) {
            return true;
        }
    }
    return false;
}

/* How many of `live` shown values an op of this kind must name, at least. */
static size_t least_named(const struct sim_world *world, const struct op *op, struct span reg,
                          size_t live)
{
    char type_name[TYPE_NAME_MAX + 1];
    char reg_name[96];
    span_text(op->type, type_name, sizeof type_name);
    span_text(reg, reg_name, sizeof reg_name);
    const struct type *type = world_type_at(world, type_name, op->type_version);
    const struct property *property = type ? type_register(type, reg_name) : NULL;
    if (op->kind == OP_RESOLVE || op->kind == OP_DELETE || live <= 1) {
        return property && policy_keeps_all(property->policy) ? 0 : live;
    }
    if (!property || property->policy == POLICY_REVIEW || property->policy == POLICY_RANK) {
        return 1; /* the value it saw, and its equals */
    }
    return policy_keeps_all(property->policy) ? 0 : live;
}

static void check_preds(struct sim_node *node, const struct op *op, const struct sim_shown *shown)
{
    struct sim_world *world = node->world;
    for (size_t i = 0; i < op->register_count; i++) {
        const struct op_register *reg = &op->registers[i];
        size_t live = shown_in(shown, reg->name);
        size_t least = least_named(world, op, reg->name, live);
        for (size_t k = 0; k < reg->pred_count; k++) {
            if (!was_shown(shown, reg->name, reg->preds[k])) {
                world_fail(world, "%s supersedes in %.*s what its author was not shown", node->name,
                           (int)reg->name.size, (const char *)reg->name.data);
            }
        }
        if (reg->pred_count < least) {
            world_fail(world, "%s names %zu of %zu predecessors in %.*s", node->name,
                       reg->pred_count, least, (int)reg->name.size, (const char *)reg->name.data);
        }
    }
}

/* The ops of one save come together or not at all. */
static void check_whole(struct sim_node *node, const struct op *op, int64_t tx)
{
    sqlite3_stmt *s =
        op->tx ? eye_ask(node, "SELECT count(*) FROM op WHERE tx = ?1 AND way = 0") : NULL;
    if (!s) {
        return;
    }
    (void)sqlite3_bind_int64(s, 1, tx);
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 0) != op->tx_count) {
        world_fail(node->world, "%s holds a part of a save", node->name);
    }
    (void)sqlite3_finalize(s);
}

static void take_birth(struct sim_node *node, sqlite3_stmt *s, struct arena *arena,
                       const struct sim_shown *shown)
{
    struct sim_world *world = node->world;
    struct op op;
    struct span body = span_from(sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1));
    arena_reset(arena);
    if (op_read(body, arena, &op, NULL)) {
        world_fail(world, "%s wrote an op that can't be read", node->name);
        return;
    }
    const struct sim_birth *known = births_find(&world->births, op.uid);
    if (known && known->undone) {
        world_fail(world, "%s: an undone op is back", node->name);
    }
    if (known) {
        return;
    }
    (void)births_add(&world->births, op.uid, node->index, body);
    world->counters.ops++;
    check_whole(node, &op, sqlite3_column_int64(s, 2));
    if (shown) {
        check_preds(node, &op, shown);
    }
}

size_t check_births(struct sim_node *node, const struct sim_shown *shown)
{
    struct sim_world *world = node->world;
    struct arena arena;
    size_t before = world->births.count;
    sqlite3_stmt *s = eye_ask(node, "SELECT id, body, tx FROM op WHERE id > ?1 AND way = 0"
                                    " AND length(body) <> 32 AND flags & 4 = 0 ORDER BY id");
    if (!s) {
        return 0;
    }
    arena_init(&arena, &world->mem, BIRTH_ARENA_MAX);
    (void)sqlite3_bind_int64(s, 1, node->seen_row);
    while (sqlite3_step(s) == SQLITE_ROW) {
        node->seen_row = sqlite3_column_int64(s, 0);
        take_birth(node, s, &arena, shown);
    }
    (void)sqlite3_finalize(s);
    arena_release(&arena);
    return world->births.count - before;
}

static bool holds(sqlite3_stmt *s, struct id uid)
{
    (void)sqlite3_reset(s);
    (void)sqlite3_bind_blob(s, 1, uid.bytes, ID_SIZE, SQLITE_STATIC);
    return sqlite3_step(s) == SQLITE_ROW;
}

size_t check_undone(struct sim_node *node)
{
    struct sim_births *births = &node->world->births;
    size_t count = 0;
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM op WHERE uid = ?1");
    for (size_t i = births->count; s && i > 0; i--) {
        struct sim_birth *birth = &births->list[i - 1];
        if (birth->node != node->index || birth->undone || birth->gone) {
            continue;
        }
        if (holds(s, birth->uid)) {
            break; /* only the newest save can go */
        }
        if (birth->sent && node->behind) {
            birth->gone = true; /* it can't know that it sent it; what it took back returns */
            count++;
            continue;
        }
        if (birth->sent) {
            world_fail(node->world, "%s has undone an op that was sent", node->name);
        }
        birth->undone = true;
        count++;
    }
    (void)sqlite3_finalize(s);
    return count;
}

static void check_saved(struct sim_node *node)
{
    const struct sim_births *births = &node->world->births;
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM op WHERE uid = ?1");
    for (size_t i = 0; s && i < births->count; i++) {
        const struct sim_birth *birth = &births->list[i];
        if (birth->node == node->index && !birth->gone && holds(s, birth->uid) == birth->undone) {
            world_fail(node->world, "%s: %s after the power failed", node->name,
                       birth->undone ? "an undone op is back" : "a saved op is gone");
        }
    }
    (void)sqlite3_finalize(s);
}

/*
 * After a disaster: what its author lost, and no node (but `lost`, whose disk is gone) has at that
 * moment, may stay lost. What anybody has comes back, be it by a neighbour.
 */
static void note_losable(struct sim_world *world, const struct sim_node *lost)
{
    sqlite3_stmt *asked[SIM_NODES_MAX] = {NULL};
    for (size_t k = 0; k < world->node_count; k++) {
        struct sim_node *node = &world->nodes[k];
        asked[k] = node == lost ? NULL : eye_ask(node, "SELECT 1 FROM op WHERE uid = ?1");
    }
    for (size_t i = 0; i < world->births.count; i++) {
        struct sim_birth *birth = &world->births.list[i];
        bool held = !birth->gone || birth->maybe;
        for (size_t k = 0; k < world->node_count && !held; k++) {
            held = asked[k] && holds(asked[k], birth->uid);
        }
        birth->maybe = birth->maybe || !held;
    }
    for (size_t k = 0; k < world->node_count; k++) {
        (void)sqlite3_finalize(asked[k]);
    }
}

void check_hub_lost(struct sim_node *hub)
{
    struct sim_births *births = &hub->world->births;
    hub->world->servers_put_back = true;
    hub->put_back = true;
    for (size_t i = 0; i < births->count; i++) {
        struct sim_birth *birth = &births->list[i];
        birth->gone = birth->gone || (birth->node == hub->index && !birth->undone);
    }
    note_losable(hub->world, hub);
}

void check_after_restore(struct sim_node *node)
{
    struct sim_births *births = &node->world->births;
    /* What came back to it from a server is held like anybody's, and may be forgotten so. */
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM op WHERE uid = ?1 AND way = 0");
    for (size_t i = 0; s && i < births->count; i++) {
        struct sim_birth *birth = &births->list[i];
        if (birth->node != node->index) {
            continue;
        }
        bool held = holds(s, birth->uid);
        if (held) { /* a copy may be older than an undo, too */
            birth->undone = birth->gone = birth->maybe = false;
        } else if (birth->undone || birth->gone) {
            continue;
        } else if (!birth->sent && node->role < ROLE_HUB) { /* a server's own, devices read */
            birth->undone = true;
        } else {
            birth->gone = true;
        }
    }
    (void)sqlite3_finalize(s);
    note_losable(node->world, NULL);
    node->seen_row = 0;
    node->cursor_count = 0;
    node->behind = node->role < ROLE_HUB;
}

static void check_told(struct sim_node *node)
{
    sqlite3_stmt *s = eye_ask(node, "SELECT seq FROM origin WHERE name = ?1");
    for (size_t i = 0; s && i < node->told_count; i++) {
        const struct sim_told *told = &node->told[i];
        (void)sqlite3_reset(s);
        (void)sqlite3_bind_blob(s, 1, told->origin.bytes, ID_SIZE, SQLITE_STATIC);
        int64_t seq = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
        if (seq < told->seq) {
            world_fail(node->world, "%s acknowledged up to %" PRId64 " and has %" PRId64,
                       node->name, told->seq, seq);
        }
    }
    (void)sqlite3_finalize(s);
}

void check_after_crash(struct sim_node *node)
{
    (void)check_births(node, NULL);
    if (node->undoing) {
        (void)check_undone(node);
    }
    check_saved(node);
    check_told(node);
}
