/*
 * at_stick.c - bundles: written and read, by a device and its hub.
 */
#include <stdio.h>
#include <string.h>

#include "node_bundle.h"
#include "scenarios.h"

#define STICK_MAX (16u << 20)

static void carry_file(struct world *world, enum who from, enum who to, const char *source,
                       const char *target)
{
    struct buf bytes;
    buf_init(&bytes, &host_of(world, from)->mem, STICK_MAX);
    must(sim_disk_read(world->machines[from].host.disk, source, &bytes), NULL, "stick");
    must(sim_disk_write_atomic(world->machines[to].host.disk, target, buf_span(&bytes)), NULL,
         "stick");
    buf_release(&bytes);
}

/* Under a new name each time: none is written over. */
static enum err export(struct world *world, enum who from, enum who to, char ret[WORLD_PATH],
                       struct diag *diag) {
    char id[ID_TEXT_SIZE], path[WORLD_PATH], written[BUNDLE_PATH_SIZE]; struct bundle_report report;
    struct node *node = NULL; id_write(world->facts.ids[to], id);
    (void)snprintf(path, sizeof path, "%s/out-%lld.douar", world->machines[from].home,
                   (long long)++world->facts.number);
    struct bundle_order order = {.path = path, .to = id, .ca_pem = ""};
    world->facts.now_ms += 60000; enum err e = desk_open(world, from, &node, diag);
    if (!e){e = node_bundle_export(node, &order, written, &report, diag);}
desk_close(world, from);
if (!e) {
    span_text(span_of(written), ret, WORLD_PATH);
}
return e;
}

static enum err import(struct world *world, enum who who, const char *path, struct diag *diag)
{
    struct bundle_report report;
    struct node *node = NULL;
    world->facts.now_ms += 60000;
    enum err e = desk_open(world, who, &node, diag);
    if (!e) {
        e = node_bundle_import(node, path, NULL, NULL, &report, diag);
    }
    desk_close(world, who);
    return e;
}

static void must_import(struct world *world, enum who who, const char *path)
{
    struct diag diag = {0};
    enum err e = import(world, who, path, &diag);
    if (e) {
        world_wrong(world, "%s can't take the stick: %s %s %s", world->machines[who].name,
                    err_name(e), diag.args[0], diag.args[1]);
    }
}

/* ---- export: a device's work, with a file */

static void export_prepare(struct world *world)
{
    static const char *const values[][2] = {
        {"head_name", "\"Tuda\""}, {"phone", "\"0668000000\""}, {"health_note", "\"none\""}};
    struct facts *facts = &world->facts;
    struct diag diag = {0};
    struct id ignored;
    must(machine_up(world, AMINA, &diag), &diag, "up");
    for (int i = 0; i < 3; i++) {
        must(world_new(world, AMINA, facts->amina, values, 3, &ignored, &diag), &diag, "save");
    }
    must(world_attach(world, AMINA, facts->amina, facts->house, 5, 70000, &diag), &diag, "attach");
}

static enum err export_act(struct world *world, struct diag *diag)
{
    return export(world, AMINA, HUB, world->facts.stick, diag);
}

/* What was said to be written can be read. */
static void export_verify(struct world *world)
{
    if (world->facts.stick[0] != '\0') {
        carry_file(world, AMINA, HUB, world->facts.stick, "/hub/in.douar");
        must_import(world, HUB, "/hub/in.douar");
    }
}

const struct scenario scenario_export = {.name = "export",
                                         .victim = AMINA,
                                         .up = BIT(AMINA),
                                         .prepare = export_prepare,
                                         .act = export_act,
                                         .verify = export_verify,
                                         .after = export_verify};

/* ---- import: at the hub */

static void import_prepare(struct world *world)
{
    struct diag diag = {0};
    export_prepare(world);
    must(export_act(world, &diag), &diag, "export");
    carry_file(world, AMINA, HUB, world->facts.stick, "/hub/in.douar");
}

static enum err import_act(struct world *world, struct diag *diag)
{
    enum err e = import(world, HUB, "/hub/in.douar", diag);
    for (size_t i = 0; !e && i < world->facts.promise_count; i++) {
        const struct promise *promise = &world->facts.promises[i];
        if (promise->who == AMINA && promise->json[0] != '\0') { /* its files come one later */
            promise_value(world, HUB, promise->entity, promise->property, promise->json);
        }
    }
    return e;
}

const struct scenario scenario_import = {
    .name = "import", .victim = HUB, .up = BIT(HUB), .prepare = import_prepare, .act = import_act};

/* ---- answer: the hub writes it, the device takes it */

static void answer_prepare(struct world *world)
{
    struct diag diag = {0};
    import_prepare(world);
    must(import_act(world, &diag), &diag, "import");
    must(machine_up(world, BRAHIM, &diag), &diag, "up");
    must(machine_up(world, HUB, &diag), &diag, "up");
    must(world_edit(world, BRAHIM, world->facts.brahim, world->facts.house, "note", "\"by B\"",
                    &diag),
         &diag, "edit");
    must(world_sync(world, BRAHIM, NULL, NULL, &diag), &diag, "sync");
    world->facts.stick[0] = '\0';
}

static enum err answer_act(struct world *world, struct diag *diag)
{
    return export(world, HUB, AMINA, world->facts.stick, diag);
}

static void answer_after(struct world *world)
{
    carry_file(world, HUB, AMINA, world->facts.stick, "/amina/in.douar");
    must_import(world, AMINA, "/amina/in.douar");
    if (world_is_right(world) && !shows(world, AMINA, world->facts.house, "note", "\"by B\"")) {
        world_wrong(world, "what the stick brought isn't shown");
    }
}

const struct scenario scenario_answer = {.name = "answer",
                                         .victim = HUB,
                                         .up = BIT(HUB),
                                         .prepare = answer_prepare,
                                         .act = answer_act,
                                         .after = answer_after};

static void take_prepare(struct world *world)
{
    struct diag diag = {0};
    answer_prepare(world);
    must(answer_act(world, &diag), &diag, "answer");
    carry_file(world, HUB, AMINA, world->facts.stick, "/amina/in.douar");
}

static enum err take_act(struct world *world, struct diag *diag)
{
    enum err e = import(world, AMINA, "/amina/in.douar", diag);
    if (!e) {
        promise_value(world, AMINA, world->facts.house, "note", "\"by B\"");
    }
    return e;
}

const struct scenario scenario_take = {
    .name = "take", .victim = AMINA, .up = BIT(AMINA), .prepare = take_prepare, .act = take_act};
