/*
 * at_server.c - what an office does: a group commit, snapshots, collection, copies, a restore.
 */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "pack.h"
#include "scenarios.h"
#include "server_backup.h"
#include "server_collect.h"
#include "server_home.h"
#include "server_office.h"
#include "server_restore.h"
#include "server_snapshots.h"

#define COLLECT_DAYS 180
#define ELSEWHERE    "/elsewhere" /* another machine's folder */

/* ---- commit: two devices' requests in one group */

struct caller {
    enum who who;
    struct pack *pack;
    struct sync *sync;
    struct sync_action action;
    struct buf reply;
    int status;
};

static void answered(void *ctx, const struct svc_reply *reply)
{
    struct caller *caller = ctx;
    caller->status = reply->status;
    buf_clear(&caller->reply);
    buf_add_span(&caller->reply, buf_span(&reply->body));
}

static enum err caller_open(struct world *world, struct caller *caller, enum who who,
                            struct diag *diag)
{
    const struct sync_options options = {.tries = 1};
    const struct mem *mem = &host_of(world, who)->mem;
    *caller = (struct caller){.who = who};
    buf_init(&caller->reply, mem, 16u << 20);
    enum err e = pack_new(mem, &caller->pack);
    if (!e) {
        e = sync_new(world->machines[who].node, caller->pack, NULL, &options, &caller->sync, diag);
    }
    if (!e) {
        struct sync_event event = {.kind = SYNC_BEGIN};
        sync_step(caller->sync, &event, &caller->action);
    }
    return diag_keep(diag, e);
}

static void caller_close(struct caller *caller)
{
    sync_free(caller->sync);
    pack_free(caller->pack);
    buf_release(&caller->reply);
}

/* Both ask, one commit, both hear. */
static void exchange_once(struct world *world, struct caller *callers)
{
    struct svc *svc = world->machines[HUB].svc;
    world->facts.now_ms++;
    for (size_t i = 0; i < 2; i++) {
        struct svc_request request = {.method = "POST",
                                      .path = callers[i].action.path,
                                      .content_type = span_of("application/octet-stream"),
                                      .body = callers[i].action.body,
                                      .peer = span_of("10.0.0.9")};
        callers[i].status = 0;
        if (callers[i].action.kind == SYNC_EXCHANGE) {
            svc_submit(svc, &request, answered, &callers[i]);
        }
    }
    enum err ignored = svc_commit(svc); /* whoever waits was answered */
    (void)ignored;
    for (size_t i = 0; i < 2; i++) {
        struct sync_event event = {
            .kind = SYNC_REPLY, .status = callers[i].status, .body = buf_span(&callers[i].reply)};
        if (callers[i].action.kind == SYNC_EXCHANGE) {
            sync_step(callers[i].sync, &event, &callers[i].action);
        }
    }
}

static bool waits_for_answer(const struct caller *callers)
{
    return callers[0].action.kind == SYNC_EXCHANGE || callers[1].action.kind == SYNC_EXCHANGE;
}

static enum err commit_act(struct world *world, struct diag *diag)
{
    struct caller callers[2] = {0};
    world->facts.now_ms += 1000;
    enum err e = caller_open(world, &callers[0], AMINA, diag);
    if (!e) {
        e = caller_open(world, &callers[1], BRAHIM, diag);
    }
    while (!e && waits_for_answer(callers)) {
        exchange_once(world, callers);
    }
    for (size_t i = 0; i < 2 && !e; i++) {
        if (callers[i].action.kind == SYNC_DONE) {
            promise_passed_on(world, callers[i].who, HUB);
        } else {
            e = callers[i].action.kind == SYNC_WAIT ? ERR_PEER : callers[i].action.diag.code;
            *diag = callers[i].action.diag;
            diag->code = e;
        }
    }
    caller_close(&callers[0]);
    caller_close(&callers[1]);
    return e;
}

static void commit_prepare(struct world *world)
{
    static const char *const values[][2] = {
        {"head_name", "\"Zahra\""}, {"phone", "\"0666000000\""}, {"health_note", "\"none\""}};
    const struct facts *facts = &world->facts;
    struct diag diag = {0};
    struct id ignored;
    must(world_up(world, BIT(AMINA) | BIT(BRAHIM), &diag), &diag, "up");
    for (int i = 0; i < 3; i++) {
        must(world_new(world, AMINA, facts->amina, values, 3, &ignored, &diag), &diag, "save");
        must(world_new(world, BRAHIM, facts->brahim, values, 3, &ignored, &diag), &diag, "save");
    }
}

const struct scenario scenario_commit = {.name = "commit",
                                         .victim = HUB,
                                         .up = BIT(HUB) | BIT(AMINA) | BIT(BRAHIM),
                                         .prepare = commit_prepare,
                                         .act = commit_act};

/* ---- snapshot */

static enum err load_config(struct world *world, enum who who, struct server_config *ret,
                            struct diag *diag)
{
    return server_config_load(host_of(world, who), world->machines[who].home, ret, diag);
}

static enum err snapshot_act(struct world *world, struct diag *diag)
{
    struct server_config config;
    int64_t made = 0;
    world->facts.now_ms += 1000;
    enum err e = load_config(world, HUB, &config, diag);
    return e ? e
             : snapshots_once(host_of(world, HUB), world->machines[HUB].home, &config, true, NULL,
                              &made, diag);
}

const struct scenario scenario_snapshot = {
    .name = "snapshot", .victim = HUB, .up = BIT(HUB), .act = snapshot_act};

/* ---- backup: a second copy beside a first one that stays good */

static enum err backup_act(struct world *world, struct diag *diag)
{
    struct server_config config;
    char path[CONFIG_PATH_SIZE];
    int64_t missing = 0;
    world->facts.now_ms += 1000;
    enum err e = load_config(world, REGION, &config, diag);
    if (!e) {
        e = backup_once(host_of(world, REGION), world->machines[REGION].home, &config, NULL, path,
                        &missing, diag);
    }
    if (!e) {
        char *kept = world->facts.stick[0] ? world->facts.answer : world->facts.stick;
        span_text(span_of(path), kept, WORLD_PATH);
    }
    if (!e && missing > 0) {
        world_wrong(world, "the copy lacks %lld files", (long long)missing);
    }
    return e;
}

static void backup_prepare(struct world *world)
{
    const struct facts *facts = &world->facts;
    struct diag diag = {0};
    must(world_up(world, EVERYBODY, &diag), &diag, "up");
    must(world_attach(world, AMINA, facts->amina, facts->house, 4, 70000, &diag), &diag, "attach");
    must(world_settle(world, &diag), &diag, "settle");
    must(backup_act(world, &diag), &diag, "backup");
}

static void check_copy(struct world *world, enum who who, const char *path)
{
    struct db_options options = {.path = path, .read_only = true};
    struct db *db = NULL;
    struct diag diag = {0};
    struct buf findings;
    buf_init(&findings, &host_of(world, who)->mem, 1u << 20);
    enum err e = db_open(host_of(world, who), &options, &db, &diag);
    if (!e) {
        e = db_check(db, &findings);
    }
    if (e || findings.size > 0) {
        world_wrong(world, "the copy %s isn't sound: %s %s %s", path, err_name(e), diag.args[1],
                    findings.size ? buf_text(&findings) : "");
    }
    db_close(db);
    buf_release(&findings);
}

/* What another machine needs besides: what opens the copy, and the office's own files. */
static void check_beside(struct world *world, enum who who, const char *path)
{
    const struct machine *machine = &world->machines[who];
    const struct host *host = host_of(world, who);
    const struct vault_secret secret = machine_secret(machine);
    char keys[OFFICE_PATH_MAX];
    struct seal_key key;
    struct buf pins;
    struct diag diag = {0};
    office_path(path, OFFICE_KEYS, keys);
    enum err e = vault_file_open(host, keys, &secret, &key, &diag);
    if (e || memcmp(key.bytes, machine->key, sizeof key.bytes) != 0) {
        world_wrong(world, "%s doesn't open the copy: %s", keys, err_name(e));
    }
    buf_init(&pins, &host->mem, 4096);
    e = office_restore(host, ELSEWHERE, path, &diag);
    if (!e) {
        e = home_read(host, ELSEWHERE, HOME_PINS, &pins, &diag);
    }
    if (e) {
        world_wrong(world, "the office's files beside %s: %s %s", path, err_name(e), diag.args[0]);
    }
    buf_release(&pins);
}

static void backup_verify(struct world *world)
{
    check_copy(world, REGION, world->facts.stick);
    check_beside(world, REGION, world->facts.stick);
    if (world->facts.answer[0] != '\0') {
        check_copy(world, REGION, world->facts.answer);
        check_beside(world, REGION, world->facts.answer);
    }
}

const struct scenario scenario_backup = {.name = "backup",
                                         .victim = REGION,
                                         .up = BIT(REGION),
                                         .prepare = backup_prepare,
                                         .act = backup_act,
                                         .verify = backup_verify,
                                         .after = backup_verify};

/* ---- restore: a hub's database from its copy; what it lost since comes from the devices */

static void restore_prepare(struct world *world)
{
    const struct facts *facts = &world->facts;
    struct server_config config;
    struct diag diag = {0};
    char path[CONFIG_PATH_SIZE];
    int64_t missing = 0;
    must(world_up(world, EVERYBODY, &diag), &diag, "up");
    must(world_edit(world, AMINA, facts->amina, facts->house, "phone", "\"0667000000\"", &diag),
         &diag, "edit");
    must(world_settle(world, &diag), &diag, "settle");
    must(load_config(world, HUB, &config, &diag), &diag, "config");
    must(backup_once(host_of(world, HUB), world->machines[HUB].home, &config, NULL, path, &missing,
                     &diag),
         &diag, "backup");
    span_text(span_of(path), world->facts.stick, WORLD_PATH);
    must(world_edit(world, AMINA, facts->amina, facts->house, "note", "\"later\"", &diag), &diag,
         "edit");
    must(world_sync(world, AMINA, NULL, NULL, &diag), &diag, "sync");
    promise_value(world, HUB, facts->house, "phone", "\"0667000000\"");
}

static enum err restore_act(struct world *world, struct diag *diag)
{
    char aside[CONFIG_PATH_SIZE];
    machine_down(world, HUB);
    world->facts.now_ms += 1000;
    return home_restore(host_of(world, HUB), world->machines[HUB].home, world->facts.stick, true,
                        aside, diag);
}

const struct scenario scenario_restore = {.name = "restore",
                                          .victim = HUB,
                                          .up = BIT(HUB),
                                          .prepare = restore_prepare,
                                          .act = restore_act};

/* ---- collect: what was superseded long ago, at the region */

static void collect_prepare(struct world *world)
{
    struct facts *facts = &world->facts;
    struct diag diag = {0};
    char json[32];
    must(world_up(world, EVERYBODY, &diag), &diag, "up");
    for (int i = 0; i < 12; i++) {
        (void)snprintf(json, sizeof json, "\"06%08d\"", i);
        must(world_edit(world, AMINA, facts->amina, facts->house, "phone", json, &diag), &diag,
             "edit");
    }
    must(world_settle(world, &diag), &diag, "settle");
    must(backup_act(world, &diag), &diag, "backup");
    must(world_settle(world, &diag), &diag, "settle");
    facts->now_ms += (COLLECT_DAYS + 1) * DAY_MS;
    promise_nothing(world);
    for (size_t who = REGION; who <= BRAHIM; who++) {
        promise_value(world, (enum who)who, facts->house, "phone", json);
        promise_value(world, (enum who)who, facts->other, "head_name", "\"Moha\"");
    }
}

static enum err collect_act(struct world *world, struct diag *diag)
{
    struct collect_count count = {0};
    world->facts.now_ms += 1000;
    enum err e = collect_once(host_of(world, REGION), world->machines[REGION].home, COLLECT_DAYS,
                              false, NULL, &count, diag);
    if (!e) {
        world->facts.number += count.ops;
        world->facts.done = true;
    }
    return e;
}

static void collect_after(struct world *world)
{
    struct collect_count count = {0};
    struct diag diag = {0};
    enum err e = collect_once(host_of(world, REGION), world->machines[REGION].home, COLLECT_DAYS,
                              true, NULL, &count, &diag);
    if (e || count.ops > 0) {
        world_wrong(world, "%lld ops are still there to be let go of: %s", (long long)count.ops,
                    err_name(e));
    }
}

const struct scenario scenario_collect = {.name = "collect",
                                          .victim = REGION,
                                          .up = BIT(REGION),
                                          .prepare = collect_prepare,
                                          .act = collect_act,
                                          .after = collect_after};
