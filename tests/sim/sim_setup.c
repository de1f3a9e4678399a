/*
 * sim_setup.c - the organisation before the first working day: types, forms, places, people,
 * everybody enrolled by a code and synced once. No faults yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "code.h"
#include "enrol_message.h"
#include "json.h"
#include "serve.h"
#include "server_config.h"
#include "sim_check.h"
#include "sim_network.h"

#define SCHEMA_FILE_MAX (256u * 1024)
#define PROVINCES       2

const char *const sim_communes[SIM_COMMUNES] = {"05.081.03.07", "05.081.05.07", "05.081.09.13",
                                                "05.081.11.01", "05.091.01.13", "05.091.03.11",
                                                "05.091.07.11", "05.091.01.01"};
static const char *const provinces[PROVINCES] = {"05.081", "05.091"};
static const char *const type_names[] = {"household", "person", "household_survey", "enrolment",
                                         "place"};
static const char *const form_names[] = {"register_household", "register_person",
                                         "household_survey", "household_visit", "enrol_programme"};

static void must(struct sim_world *world, enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        world_fail(world, "setting up, %s: %s %s %s", what, err_name(e), diag ? diag->args[0] : "",
                   diag ? diag->args[1] : "");
    }
}

/* ---- the schema's files */

static struct json *read_schema(struct sim_world *world, const char *folder, const char *name)
{
    char path[512];
    struct json *json = NULL;
    struct diag diag = {0};
    char *text = malloc(SCHEMA_FILE_MAX);
    (void)snprintf(path, sizeof path, "%s/%s/%s.json", SCHEMA_DIR, folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file && text ? fread(text, 1, SCHEMA_FILE_MAX, file) : 0;
    if (file) {
        (void)fclose(file);
    }
    must(world, json_parse(span_from(text, size), &json, &diag), &diag, path);
    free(text);
    return json;
}

static void publish(struct sim_world *world, struct node *desk, const char *kind, const char *name,
                    const char *definition)
{
    struct diag diag = {0};
    must(world, org_publish(desk, kind, name, span_of(definition), &diag), &diag, name);
}

static void publish_schema(struct sim_world *world, struct node *desk, const char *kind,
                           const char *folder, const char *name)
{
    struct buf text;
    struct json *json = read_schema(world, folder, name);
    buf_init(&text, &world->mem, SCHEMA_FILE_MAX);
    if (json) {
        json_add_tree(&text, json);
        publish(world, desk, kind, name, buf_text(&text));
    }
    if (json && strcmp(kind, "_type") == 0) {
        types_add(world, buf_text(&text));
    }
    buf_release(&text);
    json_free(json);
}

/* ---- people */

static void publish_grant(struct sim_rng *rng, struct node *desk, const struct sim_node *node,
                          const char *scope, bool health)
{
    struct sim_world *world = node->world;
    struct id id;
    char grant[ID_TEXT_SIZE];
    char person[ID_TEXT_SIZE];
    char text[512];
    rng_bytes(rng, id.bytes, ID_SIZE);
    id_write(id, grant);
    id_write(node->person, person);
    (void)snprintf(
        text, sizeof text,
        "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"%s\",\"compartments\":[\"base\"%s],"
        "\"verbs\":[\"read\",\"write\",\"review\",\"redact\"]}",
        grant, person, scope, health ? ",\"health\"" : "");
    publish(world, desk, "_grant", grant, text);
}

/* Half of the people may send a household to the other province. */
static void publish_person(struct sim_rng *rng, struct node *desk, struct sim_node *node)
{
    struct sim_world *world = node->world;
    char person[ID_TEXT_SIZE];
    char text[256];
    rng_bytes(rng, node->person.bytes, ID_SIZE);
    id_write(node->person, person);
    (void)snprintf(text, sizeof text, "{\"id\":\"%s\",\"name\":\"Person of %s\",\"role\":\"%s\"}",
                   person, node->name, node->index % 3 == 0 ? "supervisor" : "worker");
    publish(world, desk, "_person", person, text);
    if (node->server == SIM_REGION || node->index / 2 % 2 == 0) {
        publish_grant(rng, desk, node, "05", node->has_health);
    } else {
        size_t hub = node->role == ROLE_HUB ? node->index : node->server;
        publish_grant(rng, desk, node, provinces[hub - 1], node->has_health);
        publish_grant(rng, desk, node, sim_communes[node->index % SIM_COMMUNES], node->has_health);
    }
}

void setup_another_person(struct sim_node *node, struct node *desk)
{
    publish_person(&node->world->revoke_rng, desk, node);
}

/* ---- machines */

/* Two communes of the province; of both when it syncs with the region itself. */
static void choose_scopes(struct sim_node *node)
{
    const size_t half = SIM_COMMUNES / PROVINCES;
    if (node->role == ROLE_HUB) {
        node->scopes[0] = provinces[node->index - 1];
    }
    for (size_t i = 0; node->role < ROLE_HUB && i < SIM_SCOPES; i++) {
        bool both = node->server == SIM_REGION;
        size_t province = both ? i : node->server - 1;
        size_t which = both ? node->index : node->index / PROVINCES + i;
        node->scopes[i] = sim_communes[province * half + which % half];
    }
}

static struct sim_node *add_node(struct sim_world *world, enum role role)
{
    size_t index = world->node_count++;
    struct sim_node *node = &world->nodes[index];
    char vfs[24];
    *node = (struct sim_node){.world = world, .index = index, .role = role};
    const char *kind = role == ROLE_REGION ? "region" : role == ROLE_HUB ? "hub" : "dev";
    (void)snprintf(node->name, sizeof node->name, "%s%zu", kind, index);
    (void)snprintf(node->home, sizeof node->home, "/%s%zu", kind, index);
    (void)snprintf(node->path, sizeof node->path, "/%s%zu/douar.db", kind, index);
    (void)snprintf(vfs, sizeof vfs, "sim-%zu", index);
    sim_host_init(&node->host, vfs, world->options.seed, 1 + index, &world->now_ms, node,
                  network_exchange);
    node->has_health = role >= ROLE_HUB || index % 3 != 1;
    node->server = role == ROLE_HUB ? SIM_REGION : 1 + index % PROVINCES;
    if (role < ROLE_HUB && index % 5 == 4) {
        node->server = SIM_REGION; /* any hop may be skipped */
    }
    choose_scopes(node);
    return node;
}

static void make_server(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct server_config config;
    struct diag diag = {0};
    char path[64];
    uint8_t seed[SECRET_SEED_SIZE];
    rng_bytes(&world->rng, seed, sizeof seed);
    server_config_default(&config);
    (void)snprintf(config.name, sizeof config.name, "%s", node->name);
    (void)snprintf(config.url, sizeof config.url, "https://sim-%zu", node->index);
    must(world, server_config_save(&node->host.host, node->home, &config, &diag), &diag, "config");
    (void)snprintf(path, sizeof path, "%s/tls/ca.pem", node->home);
    must(world, sim_disk_write_atomic(node->host.disk, path, span_of(SIM_CA_PEM)), NULL, "ca");
    must(world,
         node_create(&node->host.host, node->path, node->role,
                     node->role == ROLE_REGION ? seed : NULL, &diag),
         &diag, "node_create");
    (void)power_up(node);
}

static void make_device(struct sim_node *node)
{
    struct diag diag = {0};
    must(node->world, node_create(&node->host.host, node->path, node->role, NULL, &diag), &diag,
         "node_create");
    (void)power_up(node);
}

static void learn_id(struct sim_node *node, struct node *handle)
{
    struct node_identity identity;
    must(node->world, node_identity(handle, &identity), NULL, "identity");
    node->id = identity.id;
}

static void write_scopes(const struct sim_node *node, char *ret, size_t size)
{
    ret[0] = '\0';
    for (size_t i = 0; i < SIM_SCOPES && node->scopes[i]; i++) {
        size_t at = strlen(ret);
        (void)snprintf(ret + at, size - at, "%s\"%s\"", i ? "," : "", node->scopes[i]);
    }
}

/* What the office hands over: the definition without id and key, as text in a code. */
static void write_code(struct sim_node *server, const struct sim_node *node, struct buf *ret)
{
    struct sim_world *world = server->world;
    char definition[512];
    char scopes[256];
    char person[ID_TEXT_SIZE];
    char url[64];
    struct diag diag = {0};
    write_scopes(node, scopes, sizeof scopes);
    id_write(node->person, person);
    (void)snprintf(definition, sizeof definition,
                   "{\"name\":\"%s\",\"role\":\"%s\",\"scopes\":[%s],\"compartments\":[\"base\"%s],"
                   "\"person\":\"%s\"}",
                   node->name, role_name(node->role), scopes, node->has_health ? ",\"health\"" : "",
                   person);
    (void)snprintf(url, sizeof url, "https://sim-%zu", server->index);
    struct invite invite = {definition, 100 * DAY_MS};
    struct enrol_code code = {
        .url = url, .pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, .pin_count = 1};
    /* An office gives a code with the power on: no cut planned for a sync under way strikes it. */
    sim_disk_cut_after(server->host.disk, 0);
    struct node *desk = desk_open(server);
    if (desk) {
        must(world, serve_invite(desk, &invite, &code, &diag), &diag, "invite");
        must(world, enrol_code_write(&code, ret), NULL, "code");
        node_close(desk);
    }
}

static enum err grant_anew(struct sim_node *node, struct node *desk, struct diag *diag)
{
    const struct org *org = NULL;
    char definition[1024];
    char scopes[256];
    char ids[3][ID_TEXT_SIZE];
    char key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    enum err e = node_org(desk, &org);
    const struct org_node *known = e ? NULL : org_node(org, node->id);
    if (e || !known) {
        return e; /* the region hasn't heard of it yet */
    }
    write_scopes(node, scopes, sizeof scopes);
    id_write(node->id, ids[0]);
    id_write(node->person, ids[1]);
    id_write(known->by, ids[2]);
    base64_write(known->key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(
        definition, sizeof definition,
        "{\"id\":\"%s\",\"name\":\"%s\",\"key\":\"%s\",\"short\":\"%s\",\"by\":\"%s\","
        "\"role\":\"%s\",\"scopes\":[%s],\"compartments\":[\"base\"%s],\"person\":\"%s\"}",
        ids[0], node->name, key, known->short_code, ids[2], role_name(node->role), scopes,
        node->has_health ? ",\"health\"" : "", ids[1]);
    return org_publish(desk, "_node", ids[0], span_of(definition), diag);
}

void setup_grant(struct sim_node *node)
{
    struct sim_node *region = &node->world->nodes[SIM_REGION];
    struct diag diag = {0};
    network_commit(region);
    sim_disk_cut_after(region->host.disk, 0); /* the checks must know what was granted */
    struct node *desk = desk_open(region);
    if (!desk) {
        (void)power_settle(region);
        return;
    }
    enum err e = grant_anew(node, desk, &diag);
    node_close(desk);
    if (!power_settle(region)) {
        must(node->world, e, &diag, "grant");
        (void)check_births(region, NULL);
    }
}

static enum err use_code(struct sim_node *node, size_t server, struct diag *diag)
{
    struct sim_world *world = node->world;
    enum err e = ERR_DB;
    struct buf code;
    buf_init(&code, &world->mem, 4096);
    write_code(&world->nodes[server], node, &code);
    struct node *handle = node->role == ROLE_HUB ? desk_open(node) : node->node;
    if (handle) {
        e = carry_enrol(&node->host.host, handle, buf_text(&code), node->name, diag);
        learn_id(node, handle);
        if (handle != node->node) {
            node_close(handle);
        }
    }
    buf_release(&code);
    return e;
}

static void enrol(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct diag diag = {0};
    must(world, use_code(node, node->server, &diag), &diag, "enrolment");
    if (node->role == ROLE_HUB && !world->failed) { /* serves from now on */
        power_down(node);
        (void)power_up(node);
    }
}

struct sim_node *setup_newcomer(const struct sim_node *of, struct buf *ret_code)
{
    struct sim_node *node = add_node(of->world, ROLE_WORKER);
    node->server = of->server;
    node->person = of->person;
    node->has_health = of->has_health;
    memcpy(node->scopes, of->scopes, sizeof node->scopes);
    make_device(node);
    if (node->node) {
        learn_id(node, node->node);
        write_code(&of->world->nodes[node->server], node, ret_code);
    }
    return node;
}

static void sync_once(struct sim_node *node)
{
    struct sim_world *world = node->world;
    network_begin(node, node->server);
    while (!world->failed && network_busy(node)) {
        if (!network_step(world)) {
            world->now_ms = network_next_ms(world);
        }
    }
}

/* As `douard init --region` does. */
static void publish_region(struct sim_world *world, struct node *desk)
{
    struct node_identity self;
    char id[ID_TEXT_SIZE];
    char key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    char text[256];
    if (node_identity(desk, &self)) {
        return;
    }
    id_write(self.id, id);
    base64_write(self.key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"name\":\"region\",\"role\":\"region\",\"key\":\"%s\","
                   "\"short\":\"R\",\"scopes\":[],\"compartments\":[]}",
                   id, key);
    publish(world, desk, "_node", id, text);
}

static void publish_all(struct sim_world *world, struct node *desk)
{
    char text[256];
    publish_region(world, desk);
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        publish_schema(world, desk, "_type", "types", type_names[i]);
    }
    for (size_t i = 0; i < sizeof form_names / sizeof form_names[0]; i++) {
        publish_schema(world, desk, "_form", "forms", form_names[i]);
    }
    for (size_t i = 0; i < PROVINCES; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"code\":\"%s\",\"level\":\"province\",\"parent\":\"05\",\"labels\":{}}",
                       provinces[i]);
        publish(world, desk, "_place", provinces[i], text);
    }
    for (size_t i = 0; i < SIM_COMMUNES; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"code\":\"%s\",\"level\":\"commune\",\"parent\":\"%s\",\"labels\":{}}",
                       sim_communes[i], provinces[i / (SIM_COMMUNES / PROVINCES)]);
        publish(world, desk, "_place", sim_communes[i], text);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        publish_person(&world->rng, desk, &world->nodes[i]);
    }
}

void setup_world(struct sim_world *world)
{
    (void)add_node(world, ROLE_REGION);
    for (size_t i = 1; i < SIM_SERVERS; i++) {
        (void)add_node(world, ROLE_HUB);
    }
    for (size_t i = 0; i < world->options.devices; i++) {
        (void)add_node(world, i % 3 == 0 ? ROLE_SUPERVISOR : ROLE_WORKER);
    }
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        struct sim_node *node = &world->nodes[i];
        (node->role >= ROLE_HUB ? make_server : make_device)(node);
        struct node *desk = i == SIM_REGION ? desk_open(node) : NULL;
        if (desk) {
            learn_id(node, desk);
            publish_all(world, desk);
            node_close(desk);
        }
        if (i != SIM_REGION && !world->failed) {
            enrol(node);
            sync_once(node);
        }
    }
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 1; i < SIM_SERVERS; i++) {
            sync_once(
                &world->nodes[i]); /* the region learns of the devices, then the hubs of all */
        }
    }
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        struct sim_node *node = &world->nodes[i];
        (void)check_births(node, NULL);
        node->no_battery = i >= SIM_SERVERS && i % 5 == world->options.seed % 5;
        node->roams = i >= SIM_SERVERS && node->server != SIM_REGION && i % 3 != 2;
        if (node->roams) {
            inside_add_server(node, &world->nodes[SIM_SERVERS - node->server]);
        }
    }
}

/* ---- a hub in the place of a lost one */

static void revoke(struct sim_world *world, struct id lost)
{
    char id[ID_TEXT_SIZE];
    struct diag diag = {0};
    struct node *desk = desk_open(&world->nodes[SIM_REGION]);
    id_write(lost, id);
    if (desk) {
        must(world, org_revoke(desk, "_node", id, &diag), &diag, "revocation");
        node_close(desk);
    }
}

void setup_another_hub(struct sim_node *hub, struct id lost)
{
    struct sim_world *world = hub->world;
    revoke(world, lost);
    make_server(hub);
    enrol(hub);
    sync_once(hub);
    (void)check_births(&world->nodes[SIM_REGION], NULL);
}

bool setup_enrol_again(struct sim_node *node, size_t server)
{
    struct sim_node *hub = &node->world->nodes[server];
    struct diag diag = {0};
    const struct org *org = NULL;
    struct node *desk = desk_open(hub);
    bool known = desk && node_org(desk, &org) == OK && org_node(org, node->id);
    node_close(desk);
    if (!known) {
        return false;
    }
    enum err e = use_code(node, server, &diag);
    if (e != ERR_NOT_ALLOWED) { /* the other province's, which hasn't heard who took it over */
        must(node->world, e, &diag, "another code");
    }
    return e == OK;
}
