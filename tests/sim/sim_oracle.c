/*
 * sim_oracle.c - the definition itself, from the bodies of all ops ever written:
 * live(entity, register) = ops that write it, minus those that any op names as predecessor in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "op.h"
#include "sim_check.h"
#include "sim_revoke.h"

#define ORACLE_ARENA_MAX (4u * 1024 * 1024)

/* A set of 64-bit marks; 0 isn't one. */
struct mark_set {
    uint64_t *marks;
    size_t count, capacity; /* a power of two */
};

static void *must(void *block)
{
    if (!block) {
        abort();
    }
    return block;
}

static size_t place_of(const struct mark_set *set, uint64_t mark)
{
    size_t at = (size_t)mark & (set->capacity - 1);
    while (set->marks[at] != 0 && set->marks[at] != mark) {
        at = (at + 1) & (set->capacity - 1);
    }
    return at;
}

static bool set_has(const struct mark_set *set, uint64_t mark)
{
    return set->capacity > 0 && set->marks[place_of(set, mark)] == mark;
}

static void set_add(struct mark_set *set, uint64_t mark)
{
    if (2 * (set->count + 1) > set->capacity) {
        struct mark_set more = {.capacity = set->capacity ? 2 * set->capacity : 4096};
        more.marks = must(calloc(more.capacity, sizeof *more.marks));
        for (size_t i = 0; i < set->capacity; i++) {
            if (set->marks[i] != 0) {
                more.marks[place_of(&more, set->marks[i])] = set->marks[i];
                more.count++;
            }
        }
        free(set->marks);
        *set = more;
    }
    size_t at = place_of(set, mark);
    set->count += set->marks[at] == 0;
    set->marks[at] = mark;
}

static uint64_t mark_of(struct id entity, struct span reg, uint64_t uid8)
{
    struct hash_state state;
    struct hash hash;
    uint64_t mark = 0;
    hash_begin(&state, "sim-mark");
    hash_add(&state, entity.bytes, ID_SIZE);
    hash_add_sized(&state, reg);
    hash_add_u64(&state, uid8);
    hash_end(&state, &hash);
    memcpy(&mark, hash.bytes, sizeof mark);
    return mark == 0 ? 1 : mark;
}

struct oracle {
    struct mark_set written, named;
    struct mark_set told; /* also what only those name whom nobody believes */
    /* Named by ops that a device and its hub lost together, put back from before them. Who may not
       read such an op (of another compartment, or of a record that left) was told what it
       overwrites, and nobody can tell them that it came to nothing. The overwritten value stays in
       its op (check_let_go), and may be live or not. */
    struct mark_set lost;
};

static void read_lost(struct oracle *oracle, const struct op *op)
{
    for (size_t k = 0; k < op->register_count; k++) {
        for (size_t p = 0; p < op->registers[k].pred_count; p++) {
            set_add(&oracle->lost,
                    mark_of(op->entity, op->registers[k].name, op->registers[k].preds[p]));
        }
    }
}

static void oracle_read(struct sim_world *world, struct oracle *oracle)
{
    struct arena arena;
    arena_init(&arena, &world->mem, ORACLE_ARENA_MAX);
    for (size_t i = 0; i < world->births.count; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        struct op op;
        arena_reset(&arena);
        if (op_read(span_from(birth->body, birth->body_size), &arena, &op, NULL)) {
            continue;
        }
        if (birth->undone) {
            read_lost(oracle, &op);
            continue;
        }
        for (size_t k = 0; k < op.register_count; k++) {
            const struct op_register *reg = &op.registers[k];
            if (!birth->aside) {
                set_add(&oracle->written, mark_of(op.entity, reg->name, id_prefix8(op.uid)));
            }
            for (size_t p = 0; p < reg->pred_count; p++) {
                uint64_t mark = mark_of(op.entity, reg->name, reg->preds[p]);
                set_add(&oracle->told, mark);
                if (!birth->aside) {
                    set_add(&oracle->named, mark);
                }
            }
        }
    }
    arena_release(&arena);
}

static uint64_t mark_of_row(sqlite3_stmt *s)
{
    struct id entity = {{0}};
    if (sqlite3_column_bytes(s, 0) == ID_SIZE) {
        memcpy(entity.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
    }
    struct span reg = span_from(sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1));
    return mark_of(entity, reg, (uint64_t)sqlite3_column_int64(s, 2));
}

static bool lacks(const struct op *op, const struct oracle *oracle, const struct mark_set *live,
                  struct span *ret)
{
    for (size_t k = 0; k < op->register_count; k++) {
        uint64_t mark = mark_of(op->entity, op->registers[k].name, id_prefix8(op->uid));
        if (!set_has(&oracle->named, mark) && !set_has(live, mark) &&
            !set_has(&oracle->lost, mark)) {
            *ret = op->registers[k].name;
            return true;
        }
    }
    return false;
}

/* The first that the definition has and the region hasn't. */
static void say_missing(struct sim_world *world, const struct oracle *oracle,
                        const struct mark_set *live)
{
    struct arena arena;
    struct span reg = {0};
    arena_init(&arena, &world->mem, ORACLE_ARENA_MAX);
    for (size_t i = 0; i < world->births.count; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        struct op op;
        char entity[ID_TEXT_SIZE], uid[ID_TEXT_SIZE];
        arena_reset(&arena);
        if (birth->undone || birth->aside ||
            op_read(span_from(birth->body, birth->body_size), &arena, &op, NULL) ||
            !lacks(&op, oracle, live, &reg)) {
            continue;
        }
        id_write(op.entity, entity);
        id_write(op.uid, uid);
        world_fail(world, "the region lacks the live %.*s of %s, by op %s of %s", (int)reg.size,
                   (const char *)reg.data, entity, uid, world->nodes[birth->node].name);
        break;
    }
    arena_release(&arena);
}

/* The region's live values are exactly those of the definition. */
static void check_region(struct sim_world *world, const struct oracle *oracle)
{
    struct mark_set live = {0};
    size_t expected = 0;
    size_t found = 0;
    sqlite3_stmt *s = eye_ask(&world->nodes[SIM_REGION],
                              "SELECT e.name, s.text, l.uid8 FROM live l JOIN entity e"
                              " ON e.id = l.entity JOIN symbol s ON s.id = l.register");
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        uint64_t mark = mark_of_row(s);
        found++;
        set_add(&live, mark);
        if (!set_has(&oracle->written, mark) || set_has(&oracle->named, mark)) {
            world_fail(world, "the region holds a value live in %s that the definition does not",
                       (const char *)sqlite3_column_text(s, 1));
        }
    }
    (void)sqlite3_finalize(s);
    for (size_t i = 0; i < oracle->written.capacity; i++) {
        uint64_t mark = oracle->written.marks[i];
        bool may_lack = set_has(&oracle->lost, mark) && !set_has(&live, mark);
        expected += mark != 0 && !set_has(&oracle->named, mark) && !may_lack;
    }
    if (found < expected) {
        say_missing(world, oracle, &live);
    }
    free(live.marks);
    if (found != expected) {
        world_fail(world, "the region holds %zu live values, the definition %zu", found, expected);
    }
}

/* A body is let go of only where an op that is still there supersedes it in each register. */
static void check_let_go(struct sim_node *server, const struct oracle *oracle)
{
    struct sim_world *world = server->world;
    struct arena arena;
    arena_init(&arena, &world->mem, ORACLE_ARENA_MAX);
    sqlite3_stmt *s = eye_ask(server, "SELECT uid FROM op WHERE flags & 4");
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        struct id uid;
        struct op op;
        memcpy(uid.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        const struct sim_birth *birth = births_find(&world->births, uid);
        arena_reset(&arena);
        if (!birth || op_read(span_from(birth->body, birth->body_size), &arena, &op, NULL)) {
            continue;
        }
        for (size_t k = 0; k < op.register_count; k++) {
            uint64_t mark = mark_of(op.entity, op.registers[k].name, id_prefix8(uid));
            if (!set_has(&oracle->told, mark)) {
                world_fail(world, "%s let go of a body whose %.*s nobody superseded", server->name,
                           (int)op.registers[k].name.size, (const char *)op.registers[k].name.data);
            }
        }
    }
    (void)sqlite3_finalize(s);
    arena_release(&arena);
}

/* A uid is dead only where some op names it. */
static void check_dead(struct sim_node *node, const struct oracle *oracle)
{
    const struct mark_set *named = revoke_differs(node) ? &oracle->told : &oracle->named;
    sqlite3_stmt *s = eye_ask(node, "SELECT e.name, s.text, d.uid8 FROM dead d JOIN entity e"
                                    " ON e.id = d.entity JOIN symbol s ON s.id = d.register");
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        uint64_t mark = mark_of_row(s);
        if (!set_has(named, mark) && !set_has(&oracle->lost, mark)) {
            world_fail(node->world, "%s overwrote silently in %s", node->name,
                       (const char *)sqlite3_column_text(s, 1));
        }
    }
    (void)sqlite3_finalize(s);
}

static void check_nothing_lost(struct sim_world *world)
{
    size_t lost = 0;
    const char *who = "";
    sqlite3_stmt *s = eye_ask(&world->nodes[SIM_REGION], "SELECT 1 FROM op WHERE uid = ?1");
    for (size_t i = 0; s && i < world->births.count; i++) {
        struct sim_birth *birth = &world->births.list[i];
        (void)sqlite3_reset(s);
        (void)sqlite3_bind_blob(s, 1, birth->uid.bytes, ID_SIZE, SQLITE_STATIC);
        bool held = sqlite3_step(s) == SQLITE_ROW;
        birth->undone = birth->undone || (birth->maybe && !held); /* lost for everybody */
        if (held == birth->undone && !birth->aside) {
            lost++;
            who = world->nodes[birth->node].name;
        }
    }
    (void)sqlite3_finalize(s);
    if (lost > 0) {
        world_fail(world, "%zu saved ops are not at the region (or undone ones are), one of %s",
                   lost, who);
    }
}

void check_ops(struct sim_world *world)
{
    struct oracle oracle = {0};
    for (size_t i = 0; i < world->node_count; i++) {
        (void)check_births(&world->nodes[i], NULL);
    }
    check_nothing_lost(world);
    oracle_read(world, &oracle);
    check_region(world, &oracle);
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        check_let_go(&world->nodes[i], &oracle);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        check_dead(&world->nodes[i], &oracle);
    }
    free(oracle.written.marks);
    free(oracle.named.marks);
    free(oracle.told.marks);
    free(oracle.lost.marks);
}
