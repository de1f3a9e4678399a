#include "sim_network.h"
#include "envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_check.h"
#include "sim_liar.h"
#include "sim_middle.h"
#include "sim_revoke.h"

#define BODY_MAX    (8u * 1024 * 1024)
#define PATIENCE_MS 90000 /* of a caller without a byte moving */

/* ---- callers */

bool network_busy(const struct sim_node *node)
{
    return node->call.sync != NULL;
}

void network_hang_up(struct sim_node *node)
{
    struct sim_call *call = &node->call;
    if (!call->sync) {
        return;
    }
    sync_free(call->sync);
    if (call->node != node->node) {
        node_close(call->node);
    }
    buf_release(&call->request);
    buf_release(&call->reply);
    *call = (struct sim_call){.serial = call->serial + 1};
}

static void wait_for(struct sim_call *call, enum call_stage stage, int64_t due_ms)
{
    call->stage = stage;
    call->due_ms = due_ms;
}

static bool is_sync(const char *path)
{
    return strcmp(path, "/v1/sync") == 0;
}

static void send_request(struct sim_node *node, const struct sync_action *action)
{
    struct sim_world *world = node->world;
    struct sim_call *call = &node->call;
    buf_clear(&call->request);
    buf_add_span(&call->request, action->body);
    call->path = action->path;
    call->serial++;
    call->requests++;
    world->counters.requests++;
    world->counters.several_requests += call->requests == 2;
    (void)check_births(node, NULL); /* what a hub published when it enrolled someone */
    if (is_sync(action->path)) {
        wire_note_sent(node, action->body);
        liar_forge(node, &call->request);
    }
    wait_for(call, CALL_REQUEST, world->now_ms + rng_between(&world->rng, 20, 4000));
}

static void finish(struct sim_node *node, const struct sync_action *action)
{
    struct sim_world *world = node->world;
    bool done = action->kind == SYNC_DONE;
    if (node->role == ROLE_HUB) {
        world->counters.uplink_done += done;
    } else {
        world->counters.sync_done += done;
    }
    world->counters.sync_gave_up += !done;
    blobs_end(node, &action->result);
    world->counters.frames += (uint64_t)action->result.frames_received;
    world->counters.forgotten += (uint64_t)action->result.forgotten;
    world_say(world, "%s %s: %lld requests, %lld up, %lld down %s", node->name,
              done ? "has synced" : "gave up", (long long)action->result.requests,
              (long long)action->result.ops_pushed, (long long)action->result.ops_received,
              done ? "" : err_name(action->diag.code));
    bool revoked = node->revoked && action->diag.code == ERR_REVOKED;
    if (done && node->role < ROLE_HUB) {
        lease_contact(node);
        node->behind = false;
    }
    if (!done && !world->faults && !revoked && !world->options.skips.marks[SKIP_FAULTS]) {
        world_fail(world, "%s gives up with %s %s without any fault", node->name,
                   err_name(action->diag.code), action->diag.args[0]);
    }
    network_hang_up(node);
    check_cursors(node);
}

/* Tells the machine what happened and does what it says. */
static void tell(struct sim_node *node, const struct sync_event *event)
{
    struct sim_world *world = node->world;
    struct sim_call *call = &node->call;
    struct sync_action action;
    if (rng_chance(&world->rng, 12) && world->faults) {
        sim_disk_cut_after(node->host.disk, 1 + rng_below(&world->rng, 60));
    }
    if (node->role == ROLE_HUB) {
        network_commit(node); /* its writer is never in a group while the uplink writes */
        if (!network_busy(node)) {
            return; /* the power went with it */
        }
    }
    sync_step(call->sync, event, &action);
    if (sim_disk_is_dead(node->host.disk)) {
        world->counters.crash_in_sync++;
        power_cut(node);
        return;
    }
    sim_disk_cut_after(node->host.disk, 0);
    switch (action.kind) {
    case SYNC_EXCHANGE:
        send_request(node, &action);
        break;
    case SYNC_WAIT:
        wait_for(call, CALL_WAITING, world->now_ms + action.wait_ms);
        break;
    case SYNC_DONE:
    case SYNC_GAVE_UP:
        finish(node, &action);
        break;
    }
}

void network_begin(struct sim_node *node, size_t server)
{
    struct sim_world *world = node->world;
    struct sim_call *call = &node->call;
    struct diag diag = {0};
    if (network_busy(node) || (!node->node && !node->svc)) {
        return;
    }
    call->node = node->role == ROLE_HUB ? desk_open(node) : node->node;
    if (!call->node) {
        (void)power_settle(node);
        return;
    }
    call->server = server;
    call->requests = 0;
    blobs_begin(node, &world->nodes[server]);
    buf_init(&call->request, &world->mem, BODY_MAX);
    buf_init(&call->reply, &world->mem, BODY_MAX);
    struct sync_options options = {
        .reply_size = rng_chance(&world->rng, 300) ? 8192 : 0}; /* a slow line asks for little */
    enum err e =
        sync_new(call->node, world->pack, &world->nodes[server].id, &options, &call->sync, &diag);
    if (e) {
        world_fail(world, "%s can't begin a sync: %s", node->name, err_name(e));
        return;
    }
    if (node->role == ROLE_HUB) {
        world->counters.uplink++;
    } else {
        world->counters.sync++;
    }
    struct sync_event event = {.kind = SYNC_BEGIN};
    tell(node, &event);
}

/* ---- servers */

struct ticket {
    struct sim_world *world;
    size_t caller, server;
    uint64_t serial;
    bool echo;   /* of a request that nobody waits for */
    bool sync;   /* and no other conversation */
    bool barred; /* of a node whose revocation the server holds */
};

static void answered(void *ctx, const struct svc_reply *reply)
{
    struct ticket *ticket = ctx;
    struct sim_world *world = ticket->world;
    struct sim_node *server = &world->nodes[ticket->server];
    struct sim_node *caller = &world->nodes[ticket->caller];
    struct sim_call *call = &caller->call;
    bool waits = !ticket->echo && call->sync && call->serial == ticket->serial;
    if (ticket->barred && reply->status == 200) {
        world_fail(world, "%s answers %s, which it knows to be revoked", server->name,
                   caller->name);
    }
    if (reply->status == 409) {
        world->counters.stale_request++;
    }
    if (reply->status == 200 && !server->crashing && !ticket->echo && ticket->sync) {
        wire_note_told(server, caller,
                       span_cut(buf_span(&reply->body), REPLY_TAG_SIZE, reply->body.size));
    }
    if (waits) {
        buf_clear(&call->reply);
        buf_add_span(&call->reply, buf_span(&reply->body));
        call->status = server->crashing ? 0 : reply->status;
        call->foreign = false;
        call->retry_after_s = reply->retry_after_s;
        if (call->status == 200) {
            middle_keep(caller, call->path, buf_span(&reply->body));
        }
        wait_for(call, CALL_REPLY, world->now_ms + rng_between(&world->rng, 20, 4000));
    }
    free(ticket);
}

/* Does the server know that whoever signed this request was revoked? An echo's caller is another.
 */
static bool is_barred(struct sim_node *server, struct span body)
{
    struct sim_world *world = server->world;
    struct envelope envelope;
    bool barred = false;
    for (size_t i = 0; !envelope_read(body, &envelope, NULL) && i < world->node_count; i++) {
        barred = barred || (id_equal(world->nodes[i].id, envelope.node) &&
                            revoke_is_known(server, &world->nodes[i]));
    }
    return barred;
}

static void submit(struct sim_node *server, size_t caller, const char *path, struct span body,
                   bool echo)
{
    struct sim_world *world = server->world;
    struct ticket *ticket = malloc(sizeof *ticket);
    if (!ticket) {
        abort();
    }
    *ticket = (struct ticket){
        world, caller,        server->index,          world->nodes[caller].call.serial,
        echo,  is_sync(path), is_barred(server, body)};
    struct svc_request request = {.method = "POST",
                                  .path = path,
                                  .content_type = span_of("application/octet-stream"),
                                  .body = body,
                                  .peer = span_of("10.0.0.9")};
    svc_submit(server->svc, &request, answered, ticket);
}

void network_commit(struct sim_node *server)
{
    if (!server->svc) {
        return;
    }
    server->world->counters.group_of_several += svc_pending(server->svc) > 1;
    server->crashing = sim_disk_is_dead(server->host.disk);
    enum err e = svc_commit(server->svc);
    server->crashing = false;
    if (e && !sim_disk_is_dead(server->host.disk)) {
        world_fail(server->world, "%s can't commit: %s", server->name, err_name(e));
    }
    if (!e && server == &server->world->nodes[SIM_REGION]) {
        (void)check_births(server, NULL); /* it redacts by itself what it was asked to */
    }
    (void)power_settle(server);
}

static void capture(struct sim_node *server, const char *path, struct span body, int64_t due_ms)
{
    struct sim_captured *slot = &server->captured[server->captured_count++ % SIM_CAPTURED_MAX];
    free(slot->data);
    *slot = (struct sim_captured){path, malloc(body.size + 1), body.size, due_ms};
    if (!slot->data) {
        abort();
    }
    memcpy(slot->data, body.data, body.size);
}

void network_replay(struct sim_node *server, size_t index)
{
    size_t kept =
        server->captured_count < SIM_CAPTURED_MAX ? server->captured_count : SIM_CAPTURED_MAX;
    if (index < kept && server->svc) {
        const struct sim_captured *slot =
            &server->captured[(server->captured_count - kept + index) % SIM_CAPTURED_MAX];
        submit(server, SIM_REGION, slot->path, span_from(slot->data, slot->size), true);
        (void)power_settle(server);
    }
}

void network_forget(struct sim_node *node)
{
    for (size_t i = 0; i < SIM_CAPTURED_MAX; i++) {
        free(node->captured[i].data);
        node->captured[i] = (struct sim_captured){0};
    }
    buf_release(&node->kept);
    node->kept_path = NULL;
    node->captured_count = 0;
}

/* ---- one exchange, and what may befall it */

/* Drawn in any case, so that leaving faults out of a step changes no other draw in it. */
static unsigned fate_of(struct sim_world *world, bool may_fail)
{
    unsigned fate = (unsigned)rng_below(&world->rng, 1000);
    return world->faults && may_fail ? fate : 999;
}

static void fail_call(struct sim_node *node, int64_t after_ms)
{
    node->call.status = 0;
    buf_clear(&node->call.reply);
    wait_for(&node->call, CALL_REPLY, node->world->now_ms + after_ms);
}

/* One in eight requests is looked at closely: refused, it must have changed nothing. Unless power
   failed as it was written: then nobody can say which. */
static void submit_watched(struct sim_node *server, size_t caller, struct span body)
{
    struct sim_world *world = server->world;
    struct sim_call *call = &world->nodes[caller].call;
    bool watched = rng_chance(&world->rng, 125) && !world->nodes[caller].revoked;
    uint64_t before = 0;
    uint64_t serial = call->serial;
    if (watched) {
        network_commit(server);
        before = check_fingerprint(server, true);
    }
    submit(server, caller, call->path, body, false);
    if (!watched || sim_disk_is_dead(server->host.disk)) {
        return;
    }
    uint64_t cuts = server->power_cuts;
    network_commit(server);
    if (server->svc && server->power_cuts == cuts && call->serial == serial &&
        call->stage == CALL_REPLY && call->status != 200 && call->status != 0) {
        world->counters.refused_unchanged++;
        if (check_fingerprint(server, true) != before) {
            world_fail(world, "%s refused a request of %s and yet changed", server->name,
                       world->nodes[caller].name);
        }
    }
}

static void deliver(struct sim_node *node, struct span body)
{
    struct sim_world *world = node->world;
    struct sim_node *server = &world->nodes[node->call.server];
    if (!server->svc || power_settle(server)) {
        fail_call(node, 1000);
        return;
    }
    node->call.stage = CALL_SUBMITTED;
    capture(server, node->call.path, body, 0);
    if (rng_chance(&world->rng, 8) && world->faults) {
        sim_disk_cut_after(server->host.disk, 1 + rng_below(&world->rng, 80));
    }
    submit_watched(server, node->index, body);
    if (rng_chance(&world->rng, 12) && world->faults && svc_pending(server->svc) > 0) {
        world->counters.crash_in_group++;
        power_cut(server);
        return;
    }
    (void)power_settle(server);
}

/* It ends at another server than it was meant for, in the middle of a sync: refused there, it has
   changed nothing. */
static void swizzle(struct sim_node *node, struct span body)
{
    struct sim_world *world = node->world;
    struct sim_node *server = middle_other_server(node);
    if (!server || power_settle(server)) {
        fail_call(node, 1000);
        return;
    }
    sim_disk_cut_after(server->host.disk, 0);
    network_commit(server);
    uint64_t before = check_fingerprint(server, true);
    node->call.stage = CALL_SUBMITTED;
    world->counters.swizzled++;
    submit(server, node->index, node->call.path, body, false);
    network_commit(server);
    if (node->call.status == 200 || check_fingerprint(server, true) != before) {
        world_fail(world, "%s took a request of %s that was meant for another", server->name,
                   node->name);
    }
}

static void request_step(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_call *call = &node->call;
    struct sim_node *server = &world->nodes[call->server];
    struct span body = buf_span(&call->request);
    unsigned fate = fate_of(world, true);
    if (world->now_ms < node->away_until_ms || fate < 30) {
        world->counters.drop_request++;
        fail_call(node, PATIENCE_MS);
    } else if (fate < 45) {
        middle_page(node);
        wait_for(call, CALL_REPLY, world->now_ms + 500);
    } else if (fate < 60) {
        world->counters.cut_request++;
        deliver(node, span_cut(body, 0, rng_below(&world->rng, body.size)));
    } else if (fate < 80) { /* The caller loses patience; the request still arrives some day. */
        world->counters.delay++;
        capture(server, call->path, body,
                world->now_ms + rng_between(&world->rng, PATIENCE_MS, DAY_MS));
        fail_call(node, PATIENCE_MS);
    } else if (fate < 110) {
        world->counters.duplicate++;
        if (server->svc) {
            submit(server, node->index, call->path, body, true);
        }
        deliver(node, body);
    } else if (fate < 130) {
        world->counters.reorder++;
        network_replay(server, rng_below(&world->rng, SIM_CAPTURED_MAX));
        deliver(node, body);
    } else if (fate < 138) {
        swizzle(node, body);
    } else if (fate < 146) {
        world->counters.long_request++;
        middle_lengthen(world, &call->request);
        deliver(node, buf_span(&call->request));
    } else if (fate < 150 && middle_repeat(node)) {
        wait_for(call, CALL_REPLY, world->now_ms + 500);
    } else {
        deliver(node, body);
    }
}

static void reply_step(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_call *call = &node->call;
    struct diag diag = {.code = ERR_NETWORK};
    struct sync_event event = {.kind = call->status ? SYNC_REPLY : SYNC_FAILED,
                               .status = call->status,
                               .body = buf_span(&call->reply),
                               .retry_after_s = call->retry_after_s,
                               .diag = &diag};
    unsigned fate = fate_of(world, call->status != 0);
    if (call->status == 200 && !call->foreign && fate >= 40) {
        node->contact_ms = world->now_ms;
    }
    if (fate < 40) {
        world->counters.drop_reply++;
        event = (struct sync_event){.kind = SYNC_FAILED, .diag = &diag};
    } else if (fate < 60 && event.body.size > 0) {
        world->counters.cut_reply++;
        event.body.size = rng_below(&world->rng, event.body.size);
        if (!is_sync(call->path)) { /* what came before the break counts */
            world->counters.cut_piece++;
            event.kind = SYNC_FAILED;
        }
    } else if (fate < 68) {
        world->counters.long_reply++;
        middle_lengthen(world, &call->reply);
        event.body = buf_span(&call->reply);
    }
    tell(node, &event);
}

static void late_requests(struct sim_world *world)
{
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        struct sim_node *server = &world->nodes[i];
        for (size_t k = 0; k < SIM_CAPTURED_MAX && server->svc; k++) {
            struct sim_captured *slot = &server->captured[k];
            if (slot->due_ms != 0 && slot->due_ms <= world->now_ms) {
                slot->due_ms = 0;
                world->counters.late_request++;
                submit(server, SIM_REGION, slot->path, span_from(slot->data, slot->size), true);
                (void)power_settle(server);
            }
        }
    }
}

int64_t network_next_ms(const struct sim_world *world)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < world->node_count; i++) {
        const struct sim_call *call = &world->nodes[i].call;
        if (call->sync && call->stage != CALL_SUBMITTED && call->due_ms < next) {
            next = call->due_ms;
        }
    }
    return next;
}

static bool commit_one(struct sim_world *world)
{
    size_t start = rng_below(&world->rng, SIM_SERVERS);
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        struct sim_node *server = &world->nodes[(start + i) % SIM_SERVERS];
        if (server->svc && svc_pending(server->svc) > 0) {
            network_commit(server);
            return true;
        }
    }
    return false;
}

bool network_step(struct sim_world *world)
{
    struct sim_node *due[SIM_NODES_MAX];
    size_t count = 0;
    late_requests(world);
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_call *call = &world->nodes[i].call;
        if (call->sync && call->stage != CALL_SUBMITTED && call->due_ms <= world->now_ms) {
            due[count++] = &world->nodes[i];
        }
    }
    if (count == 0 || rng_chance(&world->rng, 400)) {
        if (commit_one(world)) {
            return true;
        }
    }
    if (count == 0) {
        return false;
    }
    struct sim_node *node = due[rng_below(&world->rng, count)];
    if (node->call.stage == CALL_REQUEST) {
        request_step(node);
    } else if (node->call.stage == CALL_REPLY) {
        reply_step(node);
    } else if (rng_chance(&world->rng, 60) && world->faults) {
        world->counters.cancel++;
        network_hang_up(node);
    } else {
        struct sync_event event = {.kind = SYNC_WAITED};
        tell(node, &event);
    }
    return true;
}

/* ---- enrolments */

struct plain_answer {
    struct exchange_reply *reply;
};

static void plain_answered(void *ctx, const struct svc_reply *reply)
{
    struct plain_answer *answer = ctx;
    answer->reply->status = reply->status;
    buf_add_span(&answer->reply->body, buf_span(&reply->body));
}

/* "https://sim-N/path" is node N, of at most ten. */
enum err network_exchange(void *ctx, const struct exchange_request *request,
                          struct exchange_reply *reply, struct diag *diag)
{
    struct sim_host *host = ctx;
    struct sim_node *node = host->owner;
    struct sim_world *world = node->world;
    struct plain_answer answer = {reply};
    static const char prefix[] = "https://sim-";
    const char *number = request->url + sizeof prefix - 1;
    size_t index = SIM_SERVERS;
    if (strncmp(request->url, prefix, sizeof prefix - 1) == 0 && *number >= '0') {
        index = (size_t)(*number - '0');
    }
    if (index >= SIM_SERVERS) {
        return diag_set(diag, ERR_NETWORK, request->url, NULL);
    }
    struct svc_request asked = {.method = "POST",
                                .path = number + 1,
                                .content_type = span_of("application/json"),
                                .body = request->body,
                                .peer = span_of("10.0.0.9")};
    svc_submit(world->nodes[index].svc, &asked, plain_answered, &answer);
    return svc_commit(world->nodes[index].svc);
}
