/*
 * sim_bundle.c - sticks in pockets: written where no network is, and carried late, twice, out of
 * order, cut, or never.
 */
#include <stdlib.h>
#include <string.h>

#include "node_bundle.h"
#include "sim_actions.h"
#include "sim_network.h"
#include "sim_revoke.h"

#define STICK_FILE "stick.douar"
#define STICK_MAX  (64u * 1024 * 1024)
#define SMALL_STICK                                                                                \
    40000 /* bytes of attachments, at most, that every fourth stick has room for                   \
           */

/* ---- reading along, with the receiver's key */

static void note_frame(struct sim_node *from, struct sim_node *to, enum bundle_kind kind,
                       struct span body)
{
    if (kind == BUNDLE_ASK) {
        wire_note_sent(from, body);
    } else if (kind == BUNDLE_ANSWER) {
        wire_note_told(from, to, body);
    }
}

static enum err read_along(struct sim_node *from, struct sim_node *to, struct span file,
                           const struct secret_key *key)
{
    struct bundle_check check;
    struct bundle_parties parties;
    struct bundle_reader reader;
    bundle_check_begin(&check);
    bundle_check_add(&check, file);
    enum err e = bundle_check_end(&check, &parties, NULL);
    if (e) {
        return e;
    }
    e = bundle_read_begin(&reader, &check, key, &from->world->mem);
    while (!e && bundle_chunk_size(&reader) > 0) {
        bool found = true;
        e = bundle_read_chunk(&reader, span_cut(file, (size_t)bundle_chunk_offset(&reader),
                                                bundle_chunk_size(&reader)));
        while (!e && found) {
            enum bundle_kind kind = BUNDLE_HEAD;
            struct span body = {0};
            e = bundle_next_frame(&reader, &found, &kind, &body, NULL);
            if (!e && found) {
                note_frame(from, to, kind, body);
            }
        }
    }
    bundle_read_release(&reader);
    return e;
}

/* ---- a handle as a command beside the server has it; a device has one only */

static struct node *sit_down(struct sim_node *node)
{
    network_commit(node);
    return node->role >= ROLE_HUB ? desk_open(node) : node->node;
}

/* True: the power went meanwhile, and came back. */
static bool stand_up(struct sim_node *node, struct node *desk)
{
    bool cut = sim_disk_is_dead(node->host.disk);
    sim_disk_cut_after(node->host.disk, 0);
    if (node->role >= ROLE_HUB) {
        node_close(desk);
    }
    if (cut) {
        node->world->counters.crash_in_bundle++;
        power_cut(node);
    }
    (void)power_settle(node);
    return cut;
}

static void threaten(struct sim_node *node)
{
    if (rng_chance(&node->world->rng, 200) && node->world->faults) {
        sim_disk_cut_after(node->host.disk, 1 + rng_below(&node->world->rng, 120));
    }
}

/* ---- writing one */

static void keep_stick(struct sim_node *from, struct sim_node *to, struct secret_key *key)
{
    struct sim_world *world = from->world;
    struct sim_stick *stick = &world->sticks[world->stick_count % SIM_STICKS_MAX];
    buf_release(&stick->file);
    buf_init(&stick->file, &world->mem, STICK_MAX);
    enum err e = from->host.host.files->read(&from->host, STICK_FILE, &stick->file);
    if (!e) {
        e = read_along(from, to, buf_span(&stick->file), key);
    }
    if (!e) {
        e = from->host.host.files->remove(&from->host, STICK_FILE);
    }
    if (e && !sim_disk_is_dead(from->host.disk)) {
        world_fail(world, "the stick of %s for %s can't be read: %s", from->name, to->name,
                   err_name(e));
    }
    stick->from = from->index;
    stick->to = to->index;
    stick->barred = revoke_is_known(from, to);
    stick->number = world->stick_count++;
    stick->carried = e ? SIM_CARRIED_MOST : 0;
}

static void write_stick(struct sim_node *from, struct sim_node *to)
{
    struct sim_world *world = from->world;
    char id[ID_TEXT_SIZE], path[BUNDLE_PATH_SIZE];
    struct bundle_report report = {0};
    struct secret_key key;
    struct diag diag = {0};
    struct node *reader = sit_down(to);
    bool known = reader && node_secret(reader, &key) == OK;
    if (stand_up(to, reader) || !known) {
        return;
    }
    struct node *desk = sit_down(from);
    bool up = from->role < to->role;
    id_write(to->id, id);
    struct bundle_order order = {.path = STICK_FILE,
                                 .to = id,
                                 .ca_pem = "",
                                 .has_files_max = rng_chance(&world->rng, 250),
                                 .files_max = (int64_t)rng_below(&world->rng, SMALL_STICK)};
    (void)check_births(from, NULL);
    threaten(from);
    enum err e = desk ? node_bundle_export(desk, &order, path, &report, &diag) : ERR_DB;
    sim_disk_cut_after(from->host.disk, 0);
    if (e && !sim_disk_is_dead(from->host.disk)) {
        world_fail(world, "%s can't write a stick for %s: %s %s %s", from->name, to->name,
                   err_name(e), diag.args[0], diag.args[1]);
    } else if (!e) {
        world_say(world, "%s writes stick %zu for %s", from->name, world->stick_count, to->name);
        world->counters.bundle_asks += up;
        world->counters.bundle_answers += !up;
        keep_stick(from, to, &key);
    }
    if (stand_up(from, desk)) { /* half a file, or one that nobody took along */
        (void)from->host.host.files->remove(&from->host, STICK_FILE);
    }
}

/* ---- taking one in */

static void count_taken(struct sim_world *world, const struct sim_stick *stick,
                        const struct bundle_report *report)
{
    struct sim_node *to = &world->nodes[stick->to];
    world->counters.bundle_taken++;
    world->counters.bundle_pieces += report->file_bytes > 0;
    world->counters.bundle_blobs += (uint64_t)report->files;
    world->counters.bundle_twice += stick->carried > 0;
    world->counters.bundle_late += stick->number < to->newest_stick;
    world->counters.bundle_old += report->way == BUNDLE_TO_CALLER && !report->news;
    to->newest_stick = stick->number > to->newest_stick ? stick->number : to->newest_stick;
}

/* Put back from a copy that is older than its first sync with that hub, and not told since what
   key that has: it asks who that is. */
static bool is_stranger(struct sim_node *to, const struct sim_node *from)
{
    struct id definition = inside_definition_of(from);
    sqlite3_stmt *s =
        eye_ask(to, "SELECT 1 FROM entity e JOIN live l ON l.entity = e.id WHERE e.name = ?1");
    (void)sqlite3_bind_blob(s, 1, definition.bytes, ID_SIZE, SQLITE_STATIC);
    bool known = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return to->role < ROLE_HUB && !known;
}

static void take_stick(struct sim_world *world, struct sim_stick *stick)
{
    struct sim_node *to = &world->nodes[stick->to];
    const struct host_files *files = to->host.host.files;
    struct bundle_report report = {0};
    struct diag diag = {0};
    struct span file = buf_span(&stick->file);
    bool cut = rng_chance(&world->rng, 100);
    if (cut) {
        file.size = rng_below(&world->rng, file.size);
    }
    struct node *desk = sit_down(to);
    uint64_t before = check_fingerprint(to, false);
    enum err e = desk ? files->write_atomic(&to->host, STICK_FILE, file) : ERR_DB;
    if (!e) {
        threaten(to);
        e = node_bundle_import(desk, STICK_FILE, NULL, NULL, &report, &diag);
    }
    bool dead = sim_disk_is_dead(to->host.disk);
    bool locked = !cut && e == ERR_REVOKED && to->revoked;
    to->contact_ms = e ? to->contact_ms : world->now_ms;
    if (!dead && stick->barred && before != check_fingerprint(to, false)) {
        world_fail(world, "%s learns by stick though it is revoked", to->name);
    } else if (!dead && locked) {
        world_say(world, "%s hears by stick that it is revoked", to->name);
        stick->carried++;
    } else if (!dead && cut && (!e || before != check_fingerprint(to, false))) {
        world_fail(world, "%s took part of a cut stick", to->name);
    } else if (!dead && !cut && e == ERR_UNKNOWN_NODE &&
               is_stranger(to, &world->nodes[stick->from]) &&
               before == check_fingerprint(to, false)) {
        world_say(world, "%s doesn't know who wrote stick %zu", to->name, stick->number);
        stick->carried++;
    } else if (!dead && !cut && e) {
        world_fail(world, "%s can't take stick %zu: %s %s %s", to->name, stick->number, err_name(e),
                   diag.args[0], diag.args[1]);
    } else if (!dead && !cut) {
        world_say(world, "%s takes stick %zu", to->name, stick->number);
        count_taken(world, stick, &report);
        stick->carried++;
    }
    world->counters.bundle_cut += cut && !dead;
    (void)stand_up(to, desk);
    (void)files->remove(&to->host, STICK_FILE);
    check_cursors(to);
}

/* Any of those on their way, so that order is chance; some are lost, some go on to be given again.
 */
static bool carry_one(struct sim_world *world)
{
    struct sim_stick *stick = &world->sticks[rng_below(&world->rng, SIM_STICKS_MAX)];
    if (stick->file.size == 0 || stick->carried >= SIM_CARRIED_MOST ||
        network_busy(&world->nodes[stick->to])) {
        return false;
    }
    if (rng_chance(&world->rng, 100)) {
        world->counters.bundle_lost += stick->carried == 0;
        stick->carried = SIM_CARRIED_MOST;
        return true;
    }
    take_stick(world, stick);
    return true;
}

/* Somebody photographs a house and puts it on the stick that is about to leave; the next car takes
   it, mostly, before any network does. Only a caller puts what nobody asked for. */
static void bring_file(struct sim_node *from, struct sim_node *to)
{
    struct sim_world *world = from->world;
    size_t written = world->stick_count;
    person_does(from, people_attach);
    if (world->failed || network_busy(from) || network_busy(to)) {
        return;
    }
    write_stick(from, to);
    struct sim_stick *stick = &world->sticks[written % SIM_STICKS_MAX];
    if (!world->failed && world->stick_count > written && stick->carried < SIM_CARRIED_MOST &&
        rng_chance(&world->stick_rng, 700)) {
        take_stick(world, stick);
    }
}

void action_bundle(struct sim_world *world)
{
    for (int i = 0; i < 8 && rng_chance(&world->rng, 700); i++) {
        if (carry_one(world)) {
            return;
        }
    }
    struct sim_node *node = &world->nodes[1 + rng_below(&world->rng, world->node_count - 1)];
    struct sim_node *server = &world->nodes[node->server];
    if (network_busy(node) || network_busy(server)) {
        return; /* one writer at a time on a device */
    }
    if (!replace_has_met(node, node->server)) {
        return; /* whom it knew is lost */
    }
    action_enrol(world);
    if (world->sticks_bring && rng_chance(&world->stick_rng, 500)) {
        bring_file(node, server);
        return;
    }
    bool up = rng_chance(&world->rng, 550);
    write_stick(up ? node : server, up ? server : node);
}
