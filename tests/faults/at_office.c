/*
 * at_office.c - what the region decides, and how it reaches a device: types, erasure, forgetting.
 */
#include <stdio.h>
#include <string.h>

#include "forget.h"
#include "redact.h"
#include "scenarios.h"
#include "server_backup.h"

/* ---- type: the region publishes a new version; a device takes it */

static enum err type_act(struct world *world, struct diag *diag)
{
    char text[4096];
    world_type(2, text, sizeof text);
    world->facts.now_ms += 1000;
    return world_publish(world, "_type", "household", text, diag);
}

static void type_after(struct world *world)
{
    struct diag diag = {0};
    enum err e = world_up(world, EVERYBODY, &diag);
    if (!e) {
        e = world_settle(world, &diag);
    }
    if (!e) {
        e = world_edit(world, AMINA, world->facts.amina, world->facts.house, "roof", "\"tin\"",
                       &diag);
    }
    if (e) {
        world_wrong(world, "the new version isn't used: %s %s", err_name(e), diag.args[0]);
    }
}

const struct scenario scenario_type = {
    .name = "type", .victim = REGION, .up = BIT(REGION), .act = type_act, .after = type_after};

static void learn_prepare(struct world *world)
{
    struct diag diag = {0};
    must(world_up(world, BIT(REGION) | BIT(HUB), &diag), &diag, "up");
    must(type_act(world, &diag), &diag, "type");
    must(world_sync(world, HUB, NULL, NULL, &diag), &diag, "uplink");
}

static enum err learn_act(struct world *world, struct diag *diag)
{
    enum err e = world_sync(world, AMINA, NULL, NULL, diag);
    return e ? e
             : world_edit(world, AMINA, world->facts.amina, world->facts.house, "roof", "\"tin\"",
                          diag);
}

const struct scenario scenario_learn = {.name = "learn",
                                        .victim = AMINA,
                                        .up = BIT(AMINA) | BIT(HUB),
                                        .prepare = learn_prepare,
                                        .act = learn_act};

/* ---- redact: at the region; then a device takes the mark */

#define SECRET "\"0661000000\""

/* Without the value that goes: everybody but who isn't up. */
static void redact_prepare(struct world *world)
{
    promise_nothing(world);
    for (size_t who = REGION; who <= BRAHIM; who++) {
        promise_value(world, (enum who)who, world->facts.house, "head_name", "\"Aicha\"");
        promise_value(world, (enum who)who, world->facts.other, "head_name", "\"Moha\"");
    }
}

static enum err redact_act(struct world *world, struct diag *diag)
{
    struct redact redact = {.person = world->facts.said,
                            .entity = world->facts.house,
                            .property = "phone",
                            .reason = "asked by the person"};
    struct redact_asked asked;
    struct node *node = NULL;
    world->facts.now_ms += 1000;
    enum err e = desk_open(world, REGION, &node, diag);
    if (!e) {
        e = node_redact(node, &redact, &asked, diag);
    }
    desk_close(world, REGION);
    world->facts.done = world->facts.done || !e;
    return e;
}

static void redact_verify(struct world *world)
{
    if (world->facts.done && shows(world, REGION, world->facts.house, "phone", SECRET)) {
        world_wrong(world, "an erased value is back");
    }
}

static void redact_after(struct world *world)
{
    struct diag diag = {0};
    enum err e = world_up(world, EVERYBODY, &diag);
    if (!e) {
        e = world_settle(world, &diag);
    }
    if (e || shows(world, REGION, world->facts.house, "phone", SECRET) ||
        shows(world, AMINA, world->facts.house, "phone", SECRET)) {
        world_wrong(world, "an erased value is still shown: %s", err_name(e));
    }
}

const struct scenario scenario_redact = {.name = "redact",
                                         .victim = REGION,
                                         .up = BIT(REGION),
                                         .broken_by_half = true,
                                         .prepare = redact_prepare,
                                         .act = redact_act,
                                         .verify = redact_verify,
                                         .after = redact_after};

static void scrub_prepare(struct world *world)
{
    struct diag diag = {0};
    redact_prepare(world);
    must(world_up(world, BIT(REGION) | BIT(HUB), &diag), &diag, "up");
    must(redact_act(world, &diag), &diag, "redact");
    must(world_sync(world, HUB, NULL, NULL, &diag), &diag, "uplink");
    world->facts.done = false;
}

static enum err scrub_act(struct world *world, struct diag *diag)
{
    enum err e = world_sync(world, AMINA, NULL, NULL, diag);
    world->facts.done = world->facts.done || !e;
    return e;
}

static void scrub_verify(struct world *world)
{
    if (world->facts.done && shows(world, AMINA, world->facts.house, "phone", SECRET)) {
        world_wrong(world, "a value that was scrubbed here is back");
    }
}

const struct scenario scenario_scrub = {.name = "scrub",
                                        .victim = AMINA,
                                        .up = BIT(AMINA) | BIT(HUB),
                                        .broken_by_half = true,
                                        .prepare = scrub_prepare,
                                        .act = scrub_act,
                                        .verify = scrub_verify,
                                        .after = scrub_verify};

/* ---- forget: a device lets go of what the region's backup has */

static void forget_prepare(struct world *world)
{
    const struct host *host = host_of(world, REGION);
    struct server_config config;
    struct diag diag = {0};
    char path[CONFIG_PATH_SIZE];
    int64_t missing = 0;
    must(world_up(world, EVERYBODY, &diag), &diag, "up");
    must(server_config_load(host, world->machines[REGION].home, &config, &diag), &diag, "config");
    must(backup_once(host, world->machines[REGION].home, &config, NULL, path, &missing, &diag),
         &diag, "backup");
    must(world_settle(world, &diag), &diag, "settle");
    world->facts.now_ms += 100 * DAY_MS;
    promise_nothing(world);
    promise_value(world, REGION, world->facts.house, "phone", SECRET);
}

static enum err forget_act(struct world *world, struct diag *diag)
{
    struct sync_options options = {
        .tries = 1, .forget = SYNC_FORGET_NOW, .forget_older_ms = 30 * DAY_MS};
    struct sync_result result = {0};
    enum err e = world_sync(world, AMINA, &options, &result, diag);
    world->facts.done = world->facts.done || !e;
    world->facts.number += e ? 0 : result.forgotten;
    return e;
}

static bool is_forgotten(struct world *world, struct id entity)
{
    struct forgotten_record record;
    struct node *node = NULL;
    char text[ID_TEXT_SIZE];
    id_write(entity, text);
    return desk_open(world, AMINA, &node, NULL) == OK &&
           forget_find(node, text, &record, NULL) == OK;
}

/* A record is whole, or forgotten and known to be so. */
static void forget_verify(struct world *world)
{
    const struct id records[] = {world->facts.house, world->facts.other};
    const char *const names[] = {"\"Aicha\"", "\"Moha\""};
    for (size_t i = 0; i < 2; i++) {
        bool here = shows(world, AMINA, records[i], "head_name", names[i]);
        bool gone = is_forgotten(world, records[i]);
        if (here == gone) {
            world_wrong(world, "a record is %s", here ? "here and forgotten" : "neither");
        }
        if (world->facts.done && here) {
            world_wrong(world, "a record that was forgotten is here");
        }
    }
}

const struct scenario scenario_forget = {.name = "forget",
                                         .victim = AMINA,
                                         .up = BIT(AMINA) | BIT(HUB),
                                         .apart = true,
                                         .prepare = forget_prepare,
                                         .act = forget_act,
                                         .verify = forget_verify,
                                         .after = forget_verify};
