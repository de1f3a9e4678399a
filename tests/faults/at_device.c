/*
 * at_device.c - what a person does on a device without a network.
 */
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "save.h"
#include "scenarios.h"

#define WORK_ARENA (32u << 20)

/* ---- save: a new record, in two compartments */

static enum err save_act(struct world *world, struct diag *diag)
{
    static const char *const values[][2] = {
        {"head_name", "\"Itto\""}, {"phone", "\"0662000000\""}, {"health_note", "\"none\""}};
    struct facts *facts = &world->facts;
    enum err e = world_new(world, AMINA, facts->amina, values, 3, &facts->made, diag);
    return e ? e
             : world_edit(world, AMINA, facts->amina, facts->made, "note", "\"by the well\"", diag);
}

const struct scenario scenario_save = {
    .name = "save", .victim = AMINA, .up = BIT(AMINA), .act = save_act};

/* ---- edit: several, one after the other */

static enum err edit_act(struct world *world, struct diag *diag)
{
    char json[32];
    enum err e = OK;
    for (int i = 0; i < 3 && !e; i++) {
        (void)snprintf(json, sizeof json, "\"06%08" PRId64 "\"", ++world->facts.number);
        e = world_edit(world, AMINA, world->facts.amina, world->facts.house, "phone", json, diag);
    }
    return e;
}

const struct scenario scenario_edit = {
    .name = "edit", .victim = AMINA, .up = BIT(AMINA), .act = edit_act};

/* ---- attach: a file of three sealed pieces, and a small one */

static enum err attach_act(struct world *world, struct diag *diag)
{
    const struct facts *facts = &world->facts;
    enum err e = world_attach(world, AMINA, facts->amina, facts->house, 1, 150000, diag);
    return e ? e : world_attach(world, AMINA, facts->amina, facts->other, 2, 900, diag);
}

const struct scenario scenario_attach = {
    .name = "attach", .victim = AMINA, .up = BIT(AMINA), .act = attach_act};

/* ---- resolve: a dispute that came by a sync */

static void make_dispute(struct world *world)
{
    const struct facts *facts = &world->facts;
    struct diag diag = {0};
    must(world_up(world, EVERYBODY, &diag), &diag, "up");
    must(world_edit(world, AMINA, facts->amina, facts->other, "head_name", "\"Moha of A\"", &diag),
         &diag, "edit");
    must(
        world_edit(world, BRAHIM, facts->brahim, facts->other, "head_name", "\"Moha of B\"", &diag),
        &diag, "edit");
    must(world_settle(world, &diag), &diag, "settle");
}

static enum err resolve_act(struct world *world, struct diag *diag)
{
    struct arena arena;
    struct node *node = NULL;
    struct resolve resolve = {.person = world->facts.said,
                              .entity = world->facts.other,
                              .property = "head_name",
                              .take = -1,
                              .value = span_of("\"Moha, decided\""),
                              .reason = "called"};
    world->facts.now_ms += 1000;
    arena_init(&arena, &host_of(world, AMINA)->mem, WORK_ARENA);
    enum err e = desk_open(world, AMINA, &node, diag);
    if (!e) {
        e = node_resolve(node, &resolve, &arena, diag);
    }
    arena_release(&arena);
    if (!e) {
        promise_value(world, AMINA, resolve.entity, "head_name", "\"Moha, decided\"");
    }
    return e == ERR_NOT_DISPUTED ? OK : e; /* it was decided before the fault */
}

static void resolve_after(struct world *world)
{
    if (!shows(world, AMINA, world->facts.other, "head_name", "\"Moha, decided\"")) {
        world_wrong(world, "what was decided isn't shown");
    }
}

const struct scenario scenario_resolve = {.name = "resolve",
                                          .victim = AMINA,
                                          .up = BIT(AMINA),
                                          .prepare = make_dispute,
                                          .act = resolve_act,
                                          .after = resolve_after};
