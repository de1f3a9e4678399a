/*
 * at_sync.c - two nodes speak with each other, and one of them is struck.
 */
#include <stdio.h>
#include <string.h>

#include "pack.h"
#include "scenarios.h"

/* ---- push: a device hands over what it wrote, a file with it */

static void write_much(struct world *world)
{
    static const char *const values[][2] = {
        {"head_name", "\"Rabha\""}, {"phone", "\"0663000000\""}, {"health_note", "\"asthma\""}};
    struct facts *facts = &world->facts;
    struct diag diag = {0};
    struct id ignored;
    must(machine_up(world, AMINA, &diag), &diag, "up");
    for (int i = 0; i < 4; i++) {
        must(world_new(world, AMINA, facts->amina, values, 3, &ignored, &diag), &diag, "save");
    }
    must(world_attach(world, AMINA, facts->amina, facts->house, 3, 70000, &diag), &diag, "attach");
}

/* A device that was told "delivered" may rely on it. */
static enum err push_act(struct world *world, struct diag *diag)
{
    enum err e = world_sync(world, AMINA, NULL, NULL, diag);
    if (!e) {
        promise_passed_on(world, AMINA, HUB);
    }
    return e;
}

const struct scenario scenario_push = {.name = "push",
                                       .victim = AMINA,
                                       .up = BIT(AMINA) | BIT(HUB),
                                       .prepare = write_much,
                                       .act = push_act};
const struct scenario scenario_serve = {.name = "serve",
                                        .victim = HUB,
                                        .up = BIT(AMINA) | BIT(HUB),
                                        .prepare = write_much,
                                        .act = push_act};

/* ---- pull: what others wrote comes down */

static void write_elsewhere(struct world *world)
{
    struct diag diag = {0};
    write_much(world);
    machine_down(world, AMINA);
    must(world_up(world, BIT(BRAHIM) | BIT(HUB) | BIT(AMINA), &diag), &diag, "up");
    must(push_act(world, &diag), &diag, "push");
    must(world_edit(world, AMINA, world->facts.amina, world->facts.other, "note", "\"north\"",
                    &diag),
         &diag, "edit");
    must(push_act(world, &diag), &diag, "push");
}

static enum err pull_act(struct world *world, struct diag *diag)
{
    enum err e = world_sync(world, BRAHIM, NULL, NULL, diag);
    if (!e) {
        promise_value(world, BRAHIM, world->facts.other, "note", "\"north\"");
    }
    return e;
}

const struct scenario scenario_pull = {.name = "pull",
                                       .victim = BRAHIM,
                                       .up = BIT(BRAHIM) | BIT(HUB),
                                       .prepare = write_elsewhere,
                                       .act = pull_act};

/* ---- merge: both changed the same and other things; the second to sync is struck */

static void write_apart(struct world *world)
{
    const struct facts *facts = &world->facts;
    struct diag diag = {0};
    must(world_up(world, BIT(AMINA) | BIT(BRAHIM) | BIT(HUB), &diag), &diag, "up");
    must(world_edit(world, BRAHIM, facts->brahim, facts->house, "phone", "\"0664000000\"", &diag),
         &diag, "edit");
    must(world_edit(world, BRAHIM, facts->brahim, facts->house, "note", "\"of B\"", &diag), &diag,
         "edit");
    must(world_sync(world, BRAHIM, NULL, NULL, &diag), &diag, "sync");
    must(world_edit(world, AMINA, facts->amina, facts->house, "phone", "\"0665000000\"", &diag),
         &diag, "edit");
    must(world_edit(world, AMINA, facts->amina, facts->house, "head_name", "\"Aicha A.\"", &diag),
         &diag, "edit");
}

static enum err merge_act(struct world *world, struct diag *diag)
{
    enum err e = push_act(world, diag);
    if (!e) {
        promise_value(world, AMINA, world->facts.house, "phone", "\"0664000000\"");
        promise_value(world, AMINA, world->facts.house, "note", "\"of B\"");
    }
    return e;
}

static void merge_after(struct world *world)
{
    if (!shows(world, AMINA, world->facts.house, "note", "\"of B\"") ||
        !shows(world, AMINA, world->facts.house, "head_name", "\"Aicha A.\"")) {
        world_wrong(world, "what was changed apart doesn't hold together");
    }
}

const struct scenario scenario_merge = {.name = "merge",
                                        .victim = AMINA,
                                        .up = BIT(AMINA) | BIT(HUB),
                                        .prepare = write_apart,
                                        .act = merge_act,
                                        .after = merge_after};

/* ---- uplink: a hub hands over to the region; either is struck */

static void fill_hub(struct world *world)
{
    struct diag diag = {0};
    write_much(world);
    must(machine_up(world, HUB, &diag), &diag, "up");
    must(push_act(world, &diag), &diag, "push");
}

static enum err uplink_act(struct world *world, struct diag *diag)
{
    enum err e = world_sync(world, HUB, NULL, NULL, diag);
    if (!e) {
        promise_passed_on(world, HUB, REGION);
    }
    return e;
}

const struct scenario scenario_uplink = {.name = "uplink",
                                         .victim = HUB,
                                         .up = BIT(HUB) | BIT(REGION),
                                         .prepare = fill_hub,
                                         .act = uplink_act};
const struct scenario scenario_region = {.name = "region",
                                         .victim = REGION,
                                         .up = BIT(HUB) | BIT(REGION),
                                         .prepare = fill_hub,
                                         .act = uplink_act};
