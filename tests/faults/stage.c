/*
 * stage.c - one scenario, one fault: begin where it begins, let it be struck, see what is left.
 */
#include <string.h>

#include "faults.h"
#include "faulty_memory.h"

#define SECOND_CUT_WITHIN 40 /* operations of an opening and a check */
#define SECOND_CUT_OF     4  /* one in so many cuts is followed by another */
/* Going on costs more than what went before: the work once more after one trial in so many, a sync
   of everybody after one in so many of these. */
#define AGAIN_OF  3
#define SETTLE_OF 2

static const struct {
    const char *name;
    bool stays;
} faults[FAULTS] = {
#define FAULT_ROW(constant, fault_name, fault_stays) [constant] = {fault_name, fault_stays},
    FAULT_LIST(FAULT_ROW)
#undef FAULT_ROW
};

const char *fault_name(enum fault fault)
{
    return faults[fault].name;
}

static struct sim_disk *disk_of(const struct stage *stage)
{
    return stage->world->machines[stage->scenario->victim].host.disk;
}

static bool is_memory(enum fault fault)
{
    return fault == FAULT_MEMORY || fault == FAULT_MEMORY_STAYS;
}

/* ---- the fault */

static void arm(const struct stage *stage, const struct trial *trial)
{
    static const enum sim_failure failures[FAULTS] = {
        [FAULT_ERROR] = SIM_ERROR,     [FAULT_ERRORS] = SIM_ERROR, [FAULT_FULL] = SIM_FULL,
        [FAULT_FULL_STAYS] = SIM_FULL, [FAULT_READ] = SIM_READ,    [FAULT_READS] = SIM_READ};
    bool stays = faults[trial->fault].stays;
    sim_disk_seed(disk_of(stage), trial->seed);
    if (trial->fault == FAULT_CUT) {
        sim_disk_cut_after(disk_of(stage), trial->at);
    } else if (is_memory(trial->fault)) {
        faulty_memory_fail(trial->at, stays);
    } else {
        sim_disk_fail_after(disk_of(stage), failures[trial->fault], trial->at, stays);
    }
}

static void disarm(const struct stage *stage)
{
    sim_disk_cut_after(disk_of(stage), 0);
    sim_disk_fail_after(disk_of(stage), SIM_ERROR, 0, false);
    faulty_memory_fail(0, false);
}

/* ---- what must hold */

/* A code that tells a person what to mend, or that trying again helps. */
static bool is_clear(enum err e, enum fault fault)
{
    static const enum err always[] = {ERR_DB,   ERR_FILE, ERR_NETWORK, /* the other side's */
                                      ERR_PEER, ERR_BUSY, ERR_PEER_FULL};
    bool full = fault == FAULT_FULL || fault == FAULT_FULL_STAYS;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (e == always[i]) {
            return true;
        }
    }
    return (e == ERR_DB_FULL && full) || (e == ERR_NOMEM && is_memory(fault));
}

static void check_answer(const struct stage *stage, const struct trial *trial, enum err e,
                         const struct diag *diag)
{
    if (!e || trial->fault == FAULT_CUT) {
        return;
    }
    if (!is_clear(e, trial->fault)) {
        world_wrong(stage->world, "the fault is told as %s %s %s", err_name(e), diag->args[0],
                    diag->args[1]);
    } else if (diag->code != e) {
        world_wrong(stage->world, "%s is returned, and told as %s", err_name(e),
                    err_name(diag->code));
    }
}

static bool is_absent(const struct stage *stage)
{
    const struct machine *machine = &stage->world->machines[stage->scenario->victim];
    return stage->scenario->may_be_absent && !sim_disk_exists(machine->host.disk, machine->path);
}

static void check_left(const struct stage *stage)
{
    struct world *world = stage->world;
    const struct scenario *scenario = stage->scenario;
    struct diag diag = {0};
    enum err e = scenario->again_first ? scenario->act(world, &diag) : OK;
    if (e) {
        world_wrong(world, "the rest can't be done: %s %s", err_name(e), diag.args[0]);
    }
    if (world_is_right(world) && !is_absent(stage)) {
        check_sound(world, scenario->victim);
        check_promises(world, scenario->up | BIT(scenario->victim));
    }
    if (world_is_right(world) && scenario->up & BIT(scenario->victim) &&
        !scenario->broken_by_half && !scenario->may_know_nothing) {
        check_whole(world, scenario->victim);
    }
    if (world_is_right(world) && scenario->verify) {
        scenario->verify(world);
    }
}

/* The same work once more, with nothing in the way. */
static void check_goes_on(const struct stage *stage, uint64_t seed)
{
    struct world *world = stage->world;
    const struct scenario *scenario = stage->scenario;
    struct diag diag = {0};
    if (seed % AGAIN_OF != 0) {
        return;
    }
    enum err e = world_is_right(world) ? scenario->act(world, &diag) : OK;
    if (e) {
        world_wrong(world, "once more it fails: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    if (world_is_right(world) && scenario->after) {
        scenario->after(world);
    }
    if (world_is_right(world)) {
        check_promises(world, scenario->up | BIT(scenario->victim));
    }
    if (seed / AGAIN_OF % SETTLE_OF != 0) {
        return;
    }
    if (world_is_right(world)) {
        e = world_settle(world, &diag);
        if (e) {
            world_wrong(world, "nobody can sync any more: %s %s", err_name(e), diag.args[0]);
        }
    }
    if (world_is_right(world)) {
        check_sound(world, scenario->victim);
    }
    if (world_is_right(world)) {
        check_same(world, scenario->apart);
    }
}

/* ---- power */

static void recover(const struct stage *stage, const struct trial *trial, struct tally *tally)
{
    struct world *world = stage->world;
    struct sim_disk *disk = disk_of(stage);
    struct sim_rng rng = rng_from(trial->seed, trial->at);
    unsigned up = stage->scenario->up;
    enum err e = OK;
    struct diag diag = {0};
    if (rng_below(&rng, SECOND_CUT_OF) == 0) {
        sim_disk_cut_after(disk, 1 + rng_below(&rng, SECOND_CUT_WITHIN));
        e = world_up(world, up, &diag);
        if (!e && stage->scenario->again_first) {
            e = stage->scenario->act(world, &diag);
        }
        if (!e && !is_absent(stage)) {
            check_sound(world, stage->scenario->victim); /* what it says in the dark is nothing */
        }
        world->wrong[0] = '\0';
        world_down(world);
        if (sim_disk_is_dead(disk)) {
            sim_disk_power_cut(disk);
            tally->second++;
        } else {
            sim_disk_cut_after(disk, 0);
        }
    }
    diag = (struct diag){0};
    e = world_up(world, up, &diag);
    if (e) {
        world_wrong(world, "after the cut it doesn't open: %s %s %s", err_name(e), diag.args[0],
                    diag.args[1]);
    }
}

static void try_cut(const struct stage *stage, const struct trial *trial, struct tally *tally)
{
    struct world *world = stage->world;
    struct sim_disk *disk = disk_of(stage);
    struct sim_disk_counts before = sim_disk_counts(disk);
    struct diag diag = {0};
    arm(stage, trial);
    enum err e = stage->scenario->act(world, &diag);
    world_down(world);
    disarm(stage);
    if (!sim_disk_is_dead(disk)) {
        if (e) {
            world_wrong(world, "without a fault it fails: %s %s", err_name(e), diag.args[0]);
        }
        return;
    }
    tally->refused += e != OK;
    tally->survived += e == OK;
    sim_disk_power_cut(disk);
    tally->struck++;
    recover(stage, trial, tally);
    if (world_is_right(world)) {
        check_left(stage);
    }
    check_goes_on(stage, trial->seed);
    tally->cuts += sim_disk_counts(disk).cuts - before.cuts;
    tally->torn += sim_disk_counts(disk).torn - before.torn;
}

/* ---- disks and memory that fail and go on */

static void try_failure(const struct stage *stage, const struct trial *trial, struct tally *tally)
{
    struct world *world = stage->world;
    struct sim_disk *disk = disk_of(stage);
    uint64_t before = sim_disk_counts(disk).failed;
    struct diag diag = {0};
    arm(stage, trial);
    enum err e = stage->scenario->act(world, &diag);
    bool reopen = trial->seed % 2 == 0;
    if (reopen) {
        world_down(world);
    }
    bool struck = is_memory(trial->fault) ? faulty_memory_failed() > 0
                                          : sim_disk_counts(disk).failed > before;
    disarm(stage);
    tally->struck += struck;
    tally->refused += struck && e;
    tally->survived += struck && !e;
    if (e && !struck) {
        world_wrong(world, "without a fault it fails: %s %s", err_name(e), diag.args[0]);
    }
    check_answer(stage, trial, e, &diag);
    diag = (struct diag){0};
    e = world_up(world, stage->scenario->up, &diag);
    if (e) {
        world_wrong(world, "after the fault it doesn't open: %s %s %s", err_name(e), diag.args[0],
                    diag.args[1]);
    }
    if (world_is_right(world)) {
        check_left(stage);
    }
    check_goes_on(stage, trial->seed);
}

/* ---- the whole */

static void begin(const struct stage *stage)
{
    struct diag diag = {0};
    world_put_back(stage->world, stage->image);
    enum err e = world_up(stage->world, stage->scenario->up, &diag);
    if (e) {
        world_wrong(stage->world, "it doesn't open: %s %s", err_name(e), diag.args[0]);
    }
}

void stage_try(struct stage *stage, const struct trial *trial, struct tally *tally)
{
    struct world *world = stage->world;
    int64_t live = faulty_memory_live();
    begin(stage);
    tally->trials++;
    if (trial->fault == FAULT_CUT) {
        try_cut(stage, trial, tally);
    } else {
        try_failure(stage, trial, tally);
    }
    world_down(world);
    if (faulty_memory_live() != live) {
        world_wrong(world, "%lld blocks or bytes of memory aren't given back",
                    (long long)(faulty_memory_live() - live));
    }
}

void stage_open(struct stage *stage, struct world *world, const struct scenario *scenario,
                const struct world_image *base)
{
    struct diag diag = {0};
    *stage = (struct stage){.world = world, .scenario = scenario};
    world_put_back(world, base);
    if (scenario->prepare) {
        scenario->prepare(world);
        world_down(world);
    }
    stage->image = world_image(world);
    begin(stage);
    struct sim_disk_counts before = sim_disk_counts(disk_of(stage));
    faulty_memory_fail(0, false);
    enum err e = scenario->act(world, &diag);
    uint64_t allocations = faulty_memory_count();
    world_down(world);
    struct sim_disk_counts after = sim_disk_counts(disk_of(stage));
    if (e) {
        world_wrong(world, "without a fault it fails: %s %s %s", err_name(e), diag.args[0],
                    diag.args[1]);
    }
    for (size_t fault = 0; fault < FAULTS; fault++) {
        stage->points[fault] = after.operations - before.operations;
    }
    stage->points[FAULT_FULL] = stage->points[FAULT_FULL_STAYS] = after.room - before.room;
    stage->points[FAULT_READ] = stage->points[FAULT_READS] = after.reads - before.reads;
    stage->points[FAULT_MEMORY] = stage->points[FAULT_MEMORY_STAYS] = allocations;
    if (world_is_right(world)) {
        e = world_up(world, scenario->up, &diag);
        if (e) {
            world_wrong(world, "afterwards it doesn't open: %s %s", err_name(e), diag.args[0]);
        }
        check_left(stage);
        check_goes_on(stage, 0);
        world_down(world);
    }
}

void stage_close(struct stage *stage)
{
    world_image_free(stage->image);
    stage->image = NULL;
}
