/*
 * sim_people.c - people save, edit, decide, delete and take back.
 */
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "record.h"
#include "redact.h"
#include "sim_actions.h"

/* ---- which record */

struct picked {
    struct id entity;
    char type[48];
    struct sim_rng *rng;
    size_t seen;
    const char *only; /* type, or NULL */
};

/* Each row seen is the one with equal chance. */
static bool pick_row(void *ctx, const struct record_row *row)
{
    struct picked *picked = ctx;
    if (picked->only && strcmp(row->type_name, picked->only) != 0) {
        return true;
    }
    picked->seen++;
    if (rng_below(picked->rng, picked->seen) == 0) {
        picked->entity = row->entity;
        (void)snprintf(picked->type, sizeof picked->type, "%s", row->type_name);
    }
    return true;
}

static bool pick(struct sim_desk *desk, const char *type, bool disputed, struct picked *ret)
{
    struct sim_world *world = desk->at->world;
    struct record_filter filter = {.type = type, .disputed_only = disputed, .limit = 40};
    struct diag diag = {0};
    *ret = (struct picked){.rng = &world->rng, .only = type};
    /* A window somewhere in the list: not all records are read to find one. */
    int64_t most = eye_number(desk->at, "SELECT coalesce(max(entity), 0) FROM record");
    filter.after = most > 30 && !disputed ? rng_between(&world->rng, 0, most - 30) : 0;
    enum err e = record_list(desk->node, &desk->at->person, &filter, pick_row, ret, &diag);
    if (e && !sim_disk_is_dead(desk->at->host.disk)) {
        world_fail(world, "%s: no list: %s", desk->at->name, err_name(e));
    }
    return !e && ret->seen > 0;
}

bool pick_two(struct sim_desk *desk, struct id *ret_first, struct id *ret_second)
{
    struct picked first;
    struct picked second;
    const char *type = rng_chance(&desk->at->world->rng, 700) ? "household" : "person";
    if (!pick(desk, type, false, &first) || !pick(desk, type, false, &second)) {
        return false;
    }
    *ret_first = first.entity;
    *ret_second = second.entity;
    return !id_equal(first.entity, second.entity);
}

/* ---- what came of it */

static bool is_expected(const struct sim_node *node, enum err e)
{
    /* Of those who share a device one was withdrawn, another isn't known there yet; or who was
       withdrawn has a second device. */
    bool shared = false;
    for (size_t i = 0; i < node->world->node_count; i++) {
        const struct sim_node *other = &node->world->nodes[i];
        shared = shared || (!id_is_zero(other->withdrawn) &&
                            (other == node || id_equal(other->withdrawn, node->person) ||
                             id_equal(other->person, node->person)));
    }
    return (shared && (e == ERR_REVOKED || e == ERR_UNKNOWN_PERSON)) || e == ERR_NOT_ALLOWED ||
           e == ERR_OUT_OF_SCOPE || e == ERR_GROUP_INCOMPLETE || e == ERR_REQUIRED ||
           e == ERR_DELETED || e == ERR_NOT_DISPUTED || e == ERR_NOTHING_TO_UNDO ||
           e == ERR_BAD_VALUE || e == ERR_OUT_OF_RANGE || e == ERR_UNKNOWN_PLACE ||
           e == ERR_NOT_FOUND || e == ERR_ERASED || e == ERR_USAGE || e == ERR_RETIRED;
}

void people_settle(struct sim_desk *desk, enum err e, const struct diag *diag, int64_t op_count,
                   const char *what)
{
    struct sim_node *node = desk->at;
    struct sim_world *world = node->world;
    if (sim_disk_is_dead(node->host.disk)) {
        return; /* whether it was kept is seen when the power is back */
    }
    size_t count = check_births(node, e ? NULL : &desk->shown);
    world_say(world, "%s %s: %s %s, %zu ops", node->name, what, err_name(e), diag->args[0], count);
    if (e && !is_expected(node, e)) {
        world_fail(world, "%s: %s fails with %s %s %s", node->name, what, err_name(e),
                   diag->args[0], diag->args[1]);
    }
    world->counters.save_refused += e != OK;
    if (e ? count > 0 : op_count < 0 ? count == 0 : count != (size_t)op_count) {
        world_fail(world, "%s: %s says %s and %lld ops, but wrote %zu", node->name, what,
                   err_name(e), (long long)op_count, count);
    }
}

static void save(struct sim_desk *desk, const struct save *save_of, const char *what,
                 uint64_t *counter)
{
    struct saved saved = {.op_count = 0};
    struct diag diag = {0};
    if (save_of->is_new) {
        desk->shown.count = 0;
    } else {
        check_look(desk->at, desk->node, save_of->entity, &desk->shown);
    }
    enum err e = node_save(desk->node, save_of, &desk->arena, &saved, &diag);
    if (!e) {
        (*counter)++;
    }
    people_settle(desk, e, &diag, (int64_t)saved.op_count, what);
}

/* ---- saving */

/* The version that this node has: a newer one may not have reached it. */
static const struct type *desk_type(struct sim_desk *desk, const char *name)
{
    struct sim_world *world = desk->at->world;
    const struct type *newest = world_type(world, name);
    const struct org *org = NULL;
    const struct type *held = node_org(desk->node, &org) ? NULL : org_type(org, span_of(name));
    if (!held) {
        return newest;
    }
    world->counters.type_old += held->version < newest->version;
    return world_type_at(world, name, held->version);
}

static const char *some_commune(struct sim_world *world, const struct sim_node *node)
{
    if (node->role >= ROLE_HUB || rng_chance(&world->rng, 30)) {
        return sim_communes[rng_below(&world->rng, SIM_COMMUNES)];
    }
    return node->scopes[rng_below(&world->rng, SIM_SCOPES)];
}

/* Of the properties that the author has, some; rarely one they may not write. */
static void some_answers(struct sim_desk *desk, const struct type *type, size_t count,
                         const char *const *places, size_t place_count, struct sim_answers *answers)
{
    struct sim_world *world = desk->at->world;
    for (size_t i = 0; i < count; i++) {
        const struct property *p = &type->properties[rng_below(&world->rng, type->property_count)];
        p = world->types_move && rng_chance(&world->type_rng, 300) ? types_moved(world, type, p)
                                                                   : p;
        bool health = strcmp(p->compartment, "health") == 0;
        bool mine = strcmp(p->compartment, "base") == 0 || (health && desk->at->has_health);
        if (!p->place && (mine || rng_chance(&world->rng, 20))) {
            answers_add(answers, &world->rng, type, p, places, place_count, &desk->arena);
        }
    }
}

void people_save_new(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    const struct type *type = desk_type(desk, "household");
    const char *place = some_commune(world, desk->at);
    struct sim_answers answers = {.count = 0};
    answers_required(&answers, &world->rng, type, &place, 1, &desk->arena);
    some_answers(desk, type, 1 + rng_below(&world->rng, 8), &place, 1, &answers);
    struct save household = {.person = desk->at->person,
                             .form = rng_chance(&world->rng, 500) ? "register_household" : NULL,
                             .type = type->id,
                             .is_new = true,
                             .place = span_of(place),
                             .changes = answers.changes,
                             .change_count = answers.count};
    save(desk, &household, "a new household", &world->counters.save_new);
}

void people_save_child(struct sim_desk *desk)
{
    static const char *const kinds[] = {"person", "person", "person", "household_survey",
                                        "enrolment"};
    struct sim_world *world = desk->at->world;
    const struct type *type =
        desk_type(desk, kinds[rng_below(&world->rng, sizeof kinds / sizeof kinds[0])]);
    struct picked parent;
    struct sim_answers answers = {.count = 0};
    if (!pick(desk, "household", false, &parent)) {
        return;
    }
    answers_required(&answers, &world->rng, type, NULL, 0, &desk->arena);
    some_answers(desk, type, 1 + rng_below(&world->rng, 6), NULL, 0, &answers);
    struct save child = {.person = desk->at->person,
                         .type = type->id,
                         .is_new = true,
                         .has_parent = true,
                         .parent = parent.entity,
                         .changes = answers.changes,
                         .change_count = answers.count};
    save(desk, &child, type->id, &world->counters.save_child);
}

void people_edit(struct sim_desk *desk, bool move)
{
    struct sim_world *world = desk->at->world;
    struct picked record;
    struct sim_answers answers = {.count = 0};
    if (!pick(desk, move ? "household" : NULL, false, &record)) {
        return;
    }
    const struct type *type = desk_type(desk, record.type);
    if (move) {
        answers_add(&answers, &world->rng, type, type_property(type, "place"), sim_communes,
                    SIM_COMMUNES, &desk->arena);
    } else {
        some_answers(desk, type, 1 + rng_below(&world->rng, 4), NULL, 0, &answers);
    }
    struct save edit = {.person = desk->at->person,
                        .form = strcmp(record.type, "household") == 0 && !move &&
                                        rng_chance(&world->rng, 100)
                                    ? "household_visit"
                                    : NULL,
                        .entity = record.entity,
                        .changes = answers.changes,
                        .change_count = answers.count};
    if (answers.count > 0) {
        save(desk, &edit, move ? "a move" : "an edit",
             move ? &world->counters.move : &world->counters.edit);
    }
}

/* What is shown, saved as it is: nothing may be written. */
void people_save_same(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    struct picked picked;
    struct record record;
    struct sim_answers answers = {.count = 0};
    struct diag diag = {0};
    if (!pick(desk, NULL, false, &picked) ||
        record_read(desk->node, &desk->at->person, picked.entity, &desk->arena, &record, &diag)) {
        return;
    }
    for (size_t i = 0; i < record.property_count && answers.count < VALUES_MAX; i++) {
        const struct shown_property *shown = &record.properties[i];
        if (shown->property->policy != POLICY_DERIVED &&
            !policy_keeps_all(shown->property->policy)) {
            answers.changes[answers.count++] = (struct change){shown->property->id, shown->json};
        }
    }
    struct save same = {.person = desk->at->person,
                        .entity = picked.entity,
                        .changes = answers.changes,
                        .change_count = answers.count};
    struct saved saved = {.op_count = 0};
    check_look(desk->at, desk->node, picked.entity, &desk->shown);
    enum err e = node_save(desk->node, &same, &desk->arena, &saved, &diag);
    world->counters.save_same += e == OK;
    people_settle(desk, e, &diag, 0, "a save without a change");
}

/* ---- deciding */

static bool stands_for_others(struct sim_node *node, struct id entity)
{
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM alias a JOIN entity e ON e.id = a.head"
                                    " WHERE e.name = ?1 AND a.entity <> e.id");
    (void)sqlite3_bind_blob(s, 1, entity.bytes, ID_SIZE, SQLITE_STATIC);
    bool stands = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return stands;
}

void people_resolve(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    struct picked picked;
    struct record record;
    struct diag diag = {0};
    if (!pick(desk, NULL, true, &picked) ||
        record_read(desk->node, &desk->at->person, picked.entity, &desk->arena, &record, &diag)) {
        return;
    }
    for (size_t i = 0; i < record.property_count; i++) {
        const struct shown_property *shown = &record.properties[i];
        if (!shown->disputed) {
            continue;
        }
        world->counters.disputes++;
        struct resolve resolve = {.person = desk->at->person,
                                  .entity = picked.entity,
                                  .property = shown->property->id,
                                  .take = (int64_t)rng_below(&world->rng, shown->alternative_count),
                                  .reason = "asked them again"};
        check_look(desk->at, desk->node, picked.entity, &desk->shown);
        enum err e = node_resolve(desk->node, &resolve, &desk->arena, &diag);
        world->counters.resolve += e == OK;
        world->counters.alias_settled += e == OK && stands_for_others(desk->at, picked.entity);
        people_settle(desk, e, &diag, -1, "a resolution");
        return;
    }
}

/* A file of a few pieces, or of one; a kind without pictures, so that nothing is taken out. */
static struct span some_file(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    bool large = rng_chance(&world->rng, 300);
    size_t size = large ? (size_t)rng_between(&world->rng, 70000, 200000)
                        : (size_t)rng_between(&world->rng, 100, 4000);
    uint8_t *bytes = arena_alloc(&desk->arena, size);
    if (!bytes) {
        abort();
    }
    rng_bytes(&world->rng, bytes, size);
    memcpy(bytes, "OggS", 4);
    return span_from(bytes, size);
}

static void look_at_file(struct sim_desk *desk, struct id entity)
{
    struct sim_world *world = desk->at->world;
    struct file_value file;
    struct diag diag = {0};
    struct blob_sum sum;
    if (node_attachment(desk->node, &desk->at->person, entity, "house_photo", &desk->arena, &file,
                        &diag) == OK) {
        world->counters.blob_want += blob_want(desk->node, &file.whole) == OK;
    }
    if (rng_chance(&world->rng, 300) && blob_drop_stable(desk->node, &sum, &diag) == OK) {
        world->counters.blob_drop += sum.count > 0;
    }
}

void people_attach(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    struct picked picked;
    struct attached attached = {.cleaned = false};
    struct diag diag = {0};
    if (!pick(desk, "household", false, &picked)) {
        return;
    }
    if (rng_chance(&world->rng, 400)) {
        look_at_file(desk, picked.entity);
        return;
    }
    struct attachment attachment = {.person = desk->at->person,
                                    .entity = picked.entity,
                                    .property = "house_photo",
                                    .bytes = some_file(desk),
                                    .name = "a file"};
    check_look(desk->at, desk->node, picked.entity, &desk->shown);
    enum err e = node_attach(desk->node, &attachment, &desk->arena, &attached, &diag);
    if (!e) {
        world->counters.attach++;
        blobs_note(desk->at, &attached.file.whole);
    }
    people_settle(desk, e, &diag, (int64_t)attached.saved.op_count, "a file");
}

void people_delete(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    struct picked picked;
    struct diag diag = {0};
    if (!pick(desk, NULL, false, &picked)) {
        return;
    }
    check_look(desk->at, desk->node, picked.entity, &desk->shown);
    enum err e = node_delete(desk->node, desk->at->person, picked.entity, "entered twice", &diag);
    world->counters.delete += e == OK;
    people_settle(desk, e, &diag, -1, "a deletion");
}

/* The region decides: what it writes then is of many authors, so nobody's screen is compared. */
void people_redact(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    struct picked picked;
    struct redact_asked asked = {.done = false};
    struct diag diag = {0};
    const struct org *org = NULL;
    if (!pick(desk, NULL, false, &picked) || node_org(desk->node, &org)) {
        return;
    }
    const struct type *type = org_type(org, span_of(picked.type));
    struct redact redact = {.person = desk->at->person,
                            .entity = picked.entity,
                            .all = rng_chance(&world->rng, 250),
                            .reason = "~"};
    if (!type) {
        return;
    }
    size_t which = rng_below(&world->rng, type->property_count);
    redact.property = redact.all ? NULL : type->properties[which].id;
    enum err e = node_redact(desk->node, &redact, &asked, &diag);
    if (sim_disk_is_dead(desk->at->host.disk)) {
        return;
    }
    size_t count = check_births(desk->at, NULL);
    world_say(world, "%s redacts: %s %s, %zu ops", desk->at->name, err_name(e), diag.args[0],
              count);
    if (e == OK && !redact.all) {
        redact_asked(desk->at, world->births.count - count, asked.request, picked.entity,
                     span_of(property_register(&type->properties[which])));
    }
    world->counters.redact += e == OK && !redact.all;
    world->counters.redact_all += e == OK && redact.all;
    if (e ? count > 0 || !is_expected(desk->at, e) : count == 0) {
        world_fail(world, "%s: a redaction says %s and wrote %zu ops", desk->at->name, err_name(e),
                   count);
    }
}

void people_undo(struct sim_desk *desk)
{
    struct sim_node *node = desk->at;
    struct sim_world *world = node->world;
    struct id entity;
    struct diag diag = {0};
    node->undoing = true;
    enum err e = node_undo(desk->node, node->person, &entity, &diag);
    if (sim_disk_is_dead(node->host.disk)) {
        return; /* the crash's check takes it from here */
    }
    node->undoing = false;
    size_t gone = check_undone(node);
    world->counters.undo += e == OK;
    world->counters.undo_nothing += e == ERR_NOTHING_TO_UNDO;
    world_say(world, "%s takes back: %s, %zu ops", node->name, err_name(e), gone);
    if ((e == OK) != (gone > 0) || (e && e != ERR_NOTHING_TO_UNDO)) {
        world_fail(world, "%s: an undo says %s and took %zu ops back", node->name, err_name(e),
                   gone);
    }
}

void people_place(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    const struct type *type = desk_type(desk, "place");
    const char *commune = some_commune(world, desk->at);
    struct sim_answers answers = {.count = 0};
    struct saved saved = {.op_count = 0};
    struct span code = {0};
    struct diag diag = {0};
    answers_add(&answers, &world->rng, type, type_property(type, "name_ar"), NULL, 0, &desk->arena);
    desk->shown.count = 0;
    enum err e = node_place_add(desk->node, desk->at->person, commune, answers.changes,
                                answers.count, &desk->arena, &saved, &code, &diag);
    world->counters.place += e == OK;
    people_settle(desk, e, &diag, (int64_t)saved.op_count, "a new place");
}
