/*
 * sim_enrol.c - a new tablet enrolled by stick: its request and the answer to it, lost, twice,
 * late.
 *
 * In runs whose sticks bring files and that have no ways back (sim_back): a server put back forgets
 * whom it enrolled. From the code to the first answer it is one action.
 */
#include "node_bundle.h"
#include "sim_actions.h"
#include "sim_network.h"

#define REQUEST_FILE   "request.douar"
#define ANSWER_FILE    "answer.douar"
#define STICK_MAX      (64u * 1024 * 1024)
#define CODE_MAX       4096
#define NEWCOMERS_MOST 2

struct enrolling_one {
    struct sim_node *node, *hub;
    struct node *desk; /* beside the hub's server */
    struct buf code, answer;
};

static void must(struct enrolling_one *one, enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        world_fail(one->hub->world, "%s of %s by stick: %s %s %s", what, one->node->name,
                   err_name(e), diag->args[0], diag->args[1]);
    }
}

/* The stick is gone, and so is its file: another is written. */
static bool is_lost(struct enrolling_one *one)
{
    struct sim_world *world = one->hub->world;
    bool lost = rng_chance(&world->stick_rng, 250);
    world->counters.enrol_lost += lost;
    return lost;
}

static void fetch(struct sim_node *from, const char *file, struct buf *ret)
{
    const struct host_files *files = from->host.host.files;
    buf_clear(ret);
    if (files->read(&from->host, file, ret) || files->remove(&from->host, file)) {
        world_fail(from->world, "%s of %s can't be read", file, from->name);
    }
}

static void hand_in(struct enrolling_one *one, struct sim_node *to, struct node *desk,
                    struct span file, const char *what)
{
    struct bundle_report report = {0};
    struct diag diag = {0};
    const struct host_files *files = to->host.host.files;
    enum err e = files->write_atomic(&to->host, what, file);
    if (!e) {
        e = node_bundle_import(desk, what, NULL, NULL, &report, &diag);
    }
    must(one, e, &diag, what);
    (void)files->remove(&to->host, what);
}

static void ask(struct enrolling_one *one)
{
    struct sim_world *world = one->hub->world;
    struct bundle_order order = {.path = REQUEST_FILE, .ca_pem = ""};
    struct bundle_report report;
    struct diag diag = {0};
    char path[BUNDLE_PATH_SIZE];
    struct buf file;
    buf_init(&file, &world->mem, STICK_MAX);
    do {
        must(one,
             node_bundle_enrol(one->node->node, buf_text(&one->code), one->node->name, &order, path,
                               &report, &diag),
             &diag, "a request");
        fetch(one->node, REQUEST_FILE, &file);
    } while (!world->failed && is_lost(one));
    bool twice = rng_chance(&world->stick_rng, 400);
    for (int i = 0; !world->failed && i < 1 + twice; i++) {
        hand_in(one, one->hub, one->desk, buf_span(&file), REQUEST_FILE);
    }
    world->counters.enrol_twice += twice;
    buf_release(&file);
}

static void write_answer(struct enrolling_one *one)
{
    struct bundle_report report;
    struct diag diag = {0};
    char path[BUNDLE_PATH_SIZE], id[ID_TEXT_SIZE];
    struct bundle_order order = {.path = ANSWER_FILE, .to = id, .ca_pem = SIM_CA_PEM};
    id_write(one->node->id, id);
    must(one, node_bundle_export(one->desk, &order, path, &report, &diag), &diag, "an answer");
    fetch(one->hub, ANSWER_FILE, &one->answer);
}

/* The first answer may come after a second one. */
static void answer(struct enrolling_one *one)
{
    struct sim_world *world = one->hub->world;
    struct buf first;
    buf_init(&first, &world->mem, STICK_MAX);
    do {
        write_answer(one);
    } while (!world->failed && is_lost(one));
    bool late = rng_chance(&world->stick_rng, 400);
    if (late && !world->failed) {
        buf_add_span(&first, buf_span(&one->answer));
        write_answer(one);
    }
    if (!world->failed) {
        hand_in(one, one->node, one->node->node, buf_span(&one->answer), ANSWER_FILE);
    }
    if (late && !world->failed) {
        hand_in(one, one->node, one->node->node, buf_span(&first), ANSWER_FILE);
        world->counters.enrol_late++;
    }
    buf_release(&first);
}

static void check_enrolled(struct enrolling_one *one)
{
    struct node_identity self;
    if (node_identity(one->node->node, &self) || !self.enrolled) {
        world_fail(one->hub->world, "%s isn't enrolled by its answer", one->node->name);
        return;
    }
    (void)check_births(one->hub, NULL);
    (void)check_births(one->node, NULL);
    one->hub->world->counters.enrolled_by_stick++;
    world_say(one->hub->world, "%s is enrolled by stick with %s", one->node->name, one->hub->name);
}

static void enrol_beside(struct sim_node *of)
{
    struct sim_world *world = of->world;
    struct enrolling_one one = {.hub = &world->nodes[of->server]};
    buf_init(&one.code, &world->mem, CODE_MAX);
    buf_init(&one.answer, &world->mem, STICK_MAX);
    network_commit(one.hub);
    one.node = setup_newcomer(of, &one.code);
    one.desk = world->failed ? NULL : desk_open(one.hub);
    if (one.desk) {
        ask(&one);
    }
    if (one.desk && !world->failed) {
        answer(&one);
    }
    if (one.desk && !world->failed) {
        check_enrolled(&one);
    }
    node_close(one.desk);
    buf_release(&one.code);
    buf_release(&one.answer);
}

void action_enrol(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    size_t most = SIM_SERVERS + options->devices + NEWCOMERS_MOST;
    if (!world->sticks_bring || options->seed % 2 == 0 || world->node_count >= most ||
        world->node_count >= SIM_NODES_MAX || !rng_chance(&world->stick_rng, 300)) {
        return;
    }
    struct sim_node *of =
        &world->nodes[SIM_SERVERS + rng_below(&world->stick_rng, options->devices)];
    if (of->server == SIM_REGION || network_busy(of) || network_busy(&world->nodes[of->server])) {
        return;
    }
    enrol_beside(of);
}
