/*
 * at_home.c - what happens to a home as a whole: made, enrolled, migrated, sealed, put back, its
 * secret changed.
 */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "scenarios.h"
#include "vault.h"

#define COPY_MAX   (16u << 20)
#define OLD_PATH   "/amina/old.db"
#define MIGRATIONS 8

extern const struct embedded schema_migrations[];
extern const size_t schema_migrations_count;

static bool is_made(const struct world *world, enum who who)
{
    return sim_disk_exists(world->machines[who].host.disk, world->machines[who].path);
}

/* ---- init: a new home */

static enum err init_act(struct world *world, struct diag *diag)
{
    const char *path = world->machines[NEWCOMER].path;
    enum err e = is_made(world, NEWCOMER)
                     ? OK
                     : node_create(host_of(world, NEWCOMER), path, ROLE_WORKER, NULL, diag);
    world->facts.done = world->facts.done || !e;
    return e ? e : machine_up(world, NEWCOMER, diag);
}

static void init_verify(struct world *world)
{
    if (world->facts.done && !is_made(world, NEWCOMER)) {
        world_wrong(world, "a home that was made isn't there");
    }
}

const struct scenario scenario_init = {.name = "init",
                                       .victim = NEWCOMER,
                                       .may_be_absent = true,
                                       .act = init_act,
                                       .verify = init_verify};

/* ---- enrol: a code is used, the first sync follows; device or hub is struck */

static void enrol_prepare(struct world *world)
{
    struct diag diag = {0};
    must(node_create(host_of(world, NEWCOMER), world->machines[NEWCOMER].path, ROLE_WORKER, NULL,
                     &diag),
         &diag, "create");
    must(world_invite(world, HUB, ROLE_WORKER, "05.081", &diag), &diag, "invite");
}

static enum err enrol_act(struct world *world, struct diag *diag)
{
    struct node_identity self;
    struct node *node = NULL;
    enum err e = desk_open(world, NEWCOMER, &node, diag);
    if (!e) {
        e = node_identity(node, &self);
    }
    world->facts.now_ms += 1000;
    if (!e && !self.enrolled) {
        e = carry_enrol(host_of(world, NEWCOMER), node, world->facts.code, "new", diag);
    }
    if (!e) {
        e = world_sync(world, NEWCOMER, NULL, NULL, diag);
    }
    if (!e) { /* the first brings what it is granted, the second what lies there */
        e = world_sync(world, NEWCOMER, NULL, NULL, diag);
    }
    if (!e) {
        promise_value(world, NEWCOMER, world->facts.house, "head_name", "\"Aicha\"");
    }
    return e;
}

const struct scenario scenario_enrol = {.name = "enrol",
                                        .victim = NEWCOMER,
                                        .up = BIT(NEWCOMER) | BIT(HUB),
                                        .may_know_nothing = true,
                                        .prepare = enrol_prepare,
                                        .act = enrol_act};
const struct scenario scenario_admit = {.name = "admit",
                                        .victim = HUB,
                                        .up = BIT(NEWCOMER) | BIT(HUB),
                                        .prepare = enrol_prepare,
                                        .act = enrol_act};

/* ---- migrate: an old database meets a later program */

static void copy_file(struct world *world, enum who who, const char *from, const char *to)
{
    struct sim_disk *disk = world->machines[who].host.disk;
    struct buf bytes;
    buf_init(&bytes, &host_of(world, who)->mem, COPY_MAX);
    must(sim_disk_read(disk, from, &bytes), NULL, from);
    must(sim_disk_write_atomic(disk, to, buf_span(&bytes)), NULL, to);
    buf_release(&bytes);
}

static void migrate_prepare(struct world *world)
{
    copy_file(world, AMINA, world->machines[AMINA].path, OLD_PATH);
}

/* What later versions might do: a column, an index over what is there, rows written anew. */
static enum err migrate(struct world *world, struct db **ret, struct diag *diag)
{
    static const unsigned char first[] = "ALTER TABLE op ADD COLUMN later INTEGER;"
                                         "CREATE INDEX op_later ON op(later);";
    static const unsigned char second[] = "CREATE TABLE later(id INTEGER PRIMARY KEY, body BLOB);"
                                          "INSERT INTO later SELECT id, body FROM op;"
                                          "UPDATE op SET later = length(body);";
    struct embedded all[MIGRATIONS];
    struct db_options options = {.path = OLD_PATH};
    size_t count = schema_migrations_count;
    memcpy(all, schema_migrations, count * sizeof *all);
    all[count++] = (struct embedded){"9001_later.sql", first, sizeof first - 1};
    all[count++] = (struct embedded){"9002_later.sql", second, sizeof second - 1};
    enum err e = db_open(host_of(world, AMINA), &options, ret, diag);
    return e ? e : db_migrate(*ret, all, count, diag);
}

static enum err migrate_act(struct world *world, struct diag *diag)
{
    struct db *db = NULL;
    enum err e = migrate(world, &db, diag);
    db_close(db);
    return e;
}

static void migrate_verify(struct world *world)
{
    struct db *db = NULL;
    struct buf findings;
    struct diag diag = {0};
    buf_init(&findings, &host_of(world, AMINA)->mem, 65536);
    enum err e = migrate(world, &db, &diag);
    if (!e) {
        e = db_check(db, &findings);
    }
    if (e || findings.size > 0) {
        world_wrong(world, "the migrated database: %s %s %s %s", err_name(e), diag.args[0],
                    diag.args[1], findings.size ? buf_text(&findings) : "");
    }
    db_close(db);
    buf_release(&findings);
}

const struct scenario scenario_migrate = {.name = "migrate",
                                          .victim = AMINA,
                                          .up = BIT(AMINA),
                                          .prepare = migrate_prepare,
                                          .act = migrate_act,
                                          .verify = migrate_verify};

/* ---- seal: a home from before the encryption, with a file */

static void seal_prepare(struct world *world)
{
    static const char *const values[][2] = {
        {"head_name", "\"Hssain\""}, {"phone", "\"0669000000\""}, {"health_note", "\"none\""}};
    struct host *host = &world->machines[NEWCOMER].host.host;
    struct span key = host->db_key;
    struct id made;
    struct diag diag = {0};
    host->db_key = (struct span){0};
    enrol_prepare(world);
    must(machine_up(world, HUB, &diag), &diag, "hub");
    must(enrol_act(world, &diag), &diag, "enrol");
    must(world_new(world, NEWCOMER, world->facts.amina, values, 3, &made, &diag), &diag, "save");
    must(world_attach(world, NEWCOMER, world->facts.amina, made, 6, 70000, &diag), &diag, "attach");
    machine_down(world, NEWCOMER);
    host->db_key = key;
}

/* As every program does when it opens a home that has a vault. */
static enum err seal_act(struct world *world, struct diag *diag)
{
    const struct host *host = host_of(world, NEWCOMER);
    const char *path = world->machines[NEWCOMER].path;
    bool plain = false;
    enum err e = db_is_plain(host, path, &plain);
    if (e) {
        return diag_set(diag, e, path, NULL);
    }
    e = plain ? node_encrypt(host, path, diag) : OK;
    return e ? e : machine_up(world, NEWCOMER, diag);
}

static void seal_verify(struct world *world)
{
    bool plain = true;
    enum err e = db_is_plain(host_of(world, NEWCOMER), world->machines[NEWCOMER].path, &plain);
    if (e || plain) {
        world_wrong(world, "the database isn't sealed");
    }
}

const struct scenario scenario_seal = {.name = "seal",
                                       .victim = NEWCOMER,
                                       .up = 0,
                                       .prepare = seal_prepare,
                                       .again_first = true,
                                       .act = seal_act,
                                       .verify = seal_verify};

/* ---- key: another secret opens the home */

static enum err key_act(struct world *world, struct diag *diag)
{
    struct seal_key key;
    struct vault_secret secret = {.has_file = true};
    memcpy(key.bytes, world->machines[AMINA].key, sizeof key.bytes);
    memset(secret.file, (int)AMINA + 1, sizeof secret.file);
    secret.file[0] ^= ++world->facts.number % 2 != 0 ? 0x80 : 0;
    return vault_change(host_of(world, AMINA), world->machines[AMINA].home, &key, 0, &secret, "",
                        diag);
}

const struct scenario scenario_key = {
    .name = "key", .victim = AMINA, .up = BIT(AMINA), .act = key_act};

/* ---- origin: a database put back under its anchor begins another origin when it is opened */

static void origin_prepare(struct world *world)
{
    struct facts *facts = &world->facts;
    struct diag diag = {0};
    copy_file(world, AMINA, world->machines[AMINA].path, OLD_PATH);
    must(world_up(world, BIT(AMINA) | BIT(HUB), &diag), &diag, "up");
    must(world_edit(world, AMINA, facts->amina, facts->house, "note", "\"sent\"", &diag), &diag,
         "edit");
    must(world_sync(world, AMINA, NULL, NULL, &diag), &diag, "sync");
    world_down(world);
    copy_file(world, AMINA, OLD_PATH, world->machines[AMINA].path);
    promise_nothing(world);
    promise_value(world, AMINA, facts->house, "head_name", "\"Aicha\"");
    promise_value(world, HUB, facts->house, "note", "\"sent\"");
}

static enum err origin_act(struct world *world, struct diag *diag)
{
    return machine_up(world, AMINA, diag);
}

const struct scenario scenario_origin = {.name = "origin",
                                         .victim = AMINA,
                                         .up = BIT(HUB),
                                         .prepare = origin_prepare,
                                         .act = origin_act};
