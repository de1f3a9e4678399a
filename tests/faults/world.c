/*
 * world.c - machines: made, opened, closed, put back to how they were.
 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "faulty_memory.h"
#include "server_config.h"
#include "server_home.h"

#define START_MS 1795400000000LL
#define SEED     20261128u
#define CA_PEM   "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
#define BODY_MAX (16u << 20)

struct world_image {
    struct sim_image *disks[MACHINES];
    struct sim_rng rngs[MACHINES];
    struct facts facts;
};

/* ---- what is wrong */

void world_wrong(struct world *world, const char *format, ...)
{
    va_list list;
    if (world->wrong[0] != '\0') {
        return;
    }
    va_start(list, format);
    (void)vsnprintf(world->wrong, sizeof world->wrong, format, list);
    va_end(list);
}

bool world_is_right(const struct world *world)
{
    return world->wrong[0] == '\0';
}

void must(enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        (void)fprintf(stderr, "%s: %s %s %s %s\n", what, err_name(e), diag ? diag->args[0] : "",
                      diag ? diag->args[1] : "", diag ? diag->args[2] : "");
        abort();
    }
}

/* ---- the network: the svc of who is up */

static void answered(void *ctx, const struct svc_reply *reply)
{
    struct exchange_reply *answer = ctx;
    answer->status = reply->status;
    answer->retry_after_s = reply->retry_after_s;
    buf_clear(&answer->body);
    buf_add_span(&answer->body, buf_span(&reply->body));
}

/* "https://hub/v1/sync" is the hub's. */
static enum err exchange(void *ctx, const struct exchange_request *request,
                         struct exchange_reply *reply, struct diag *diag)
{
    struct sim_host *host = ctx;
    struct world *world = ((struct machine *)host->owner)->world;
    static const char prefix[] = "https://";
    const char *name = request->url + sizeof prefix - 1;
    const char *path = strchr(name, '/');
    struct svc *svc = NULL;
    for (size_t i = 0; i < MACHINES && path != NULL; i++) {
        const struct machine *machine = &world->machines[i];
        size_t size = strlen(machine->name);
        if (size == (size_t)(path - name) && strncmp(machine->name, name, size) == 0) {
            svc = machine->svc;
        }
    }
    if (svc == NULL) {
        return diag_set(diag, ERR_NETWORK, request->url, "down", NULL);
    }
    bool enrol = strcmp(path, "/v1/enrol") == 0;
    struct svc_request asked = {
        .method = "POST",
        .path = path,
        .content_type = span_of(enrol ? "application/json" : "application/octet-stream"),
        .body = request->body,
        .peer = span_of("10.0.0.9")};
    world->facts.now_ms++; /* The same request twice in one ms would be refused as a replay. */
    svc_submit(svc, &asked, answered, reply);
    enum err ignored = svc_commit(svc); /* whoever waits was answered */
    (void)ignored;
    return buf_error(&reply->body) ? diag_set(diag, ERR_NOMEM, NULL) : OK;
}

static void sleep_ms(void *ctx, int64_t ms)
{
    struct sim_host *host = ctx;
    ((struct machine *)host->owner)->world->facts.now_ms += ms;
}

/* ---- making machines */

static const struct {
    const char *name;
    enum role role;
} plan[MACHINES] = {[REGION] = {"region", ROLE_REGION},
                    [HUB] = {"hub", ROLE_HUB},
                    [AMINA] = {"amina", ROLE_WORKER},
                    [BRAHIM] = {"brahim", ROLE_WORKER},
                    [NEWCOMER] = {"newcomer", ROLE_WORKER}};

struct vault_secret machine_secret(const struct machine *machine)
{
    struct vault_secret secret = {.has_file = true};
    memset(secret.file, (int)machine->who + 1, sizeof secret.file);
    return secret;
}

/* Nobody shakes hands here: what a copy of an office takes along is all that they are for. */
static const char *const office_files[] = {HOME_CA,         HOME_CA_KEY,     HOME_SERVER_PEM,
                                           HOME_SERVER_KEY, HOME_BACKUP_KEY, HOME_PINS};

static void make_files(struct machine *machine)
{
    struct server_config config;
    struct diag diag = {0};
    if (machine->role < ROLE_HUB) {
        return;
    }
    server_config_default(&config);
    (void)snprintf(config.name, sizeof config.name, "%s", machine->name);
    (void)snprintf(config.url, sizeof config.url, "https://%s", machine->name);
    must(server_config_save(&machine->host.host, machine->home, &config, &diag), &diag, "config");
    for (size_t i = 0; i < sizeof office_files / sizeof office_files[0]; i++) {
        must(
            home_write(&machine->host.host, machine->home, office_files[i], span_of(CA_PEM), &diag),
            &diag, office_files[i]);
    }
}

static void make_machine(struct world *world, enum who who)
{
    struct machine *machine = &world->machines[who];
    struct host *host = &machine->host.host;
    struct vault_secret secret;
    struct seal_key key;
    struct diag diag = {0};
    *machine = (struct machine){.world = world, .who = who, .role = plan[who].role};
    (void)snprintf(machine->name, sizeof machine->name, "%s", plan[who].name);
    (void)snprintf(machine->home, sizeof machine->home, "/%s", plan[who].name);
    (void)snprintf(machine->path, sizeof machine->path, "/%s/" HOME_DB, plan[who].name);
    sim_host_init(&machine->host, machine->name, SEED, who, &world->facts.now_ms, machine,
                  exchange);
    host->mem = faulty_memory();
    host->sleep_ms = sleep_ms;
    secret = machine_secret(machine);
    must(vault_make(host, machine->home, &secret, "", &key, &diag), &diag, "vault");
    memcpy(machine->key, key.bytes, sizeof machine->key);
    host->db_key = span_from(machine->key, sizeof machine->key);
    make_files(machine);
}

/* ---- up and down */

static enum err open_vault(struct machine *machine, struct diag *diag)
{
    struct seal_key key;
    size_t slot = 0;
    struct vault_secret secret = machine_secret(machine);
    enum err e = vault_open(&machine->host.host, machine->home, &secret, &key, &slot, diag);
    if (e == ERR_SECRET) { /* the scenario of a changed secret: another one of the same machine */
        secret.file[0] ^= 0x80;
        e = vault_open(&machine->host.host, machine->home, &secret, &key, &slot, diag);
    }
    if (!e && memcmp(key.bytes, machine->key, sizeof key.bytes) != 0) {
        world_wrong(machine->world, "the vault of %s gave another key", machine->name);
    }
    return e;
}

enum err machine_up(struct world *world, enum who who, struct diag *diag)
{
    struct machine *machine = &world->machines[who];
    const struct host *host = &machine->host.host;
    if (machine->node != NULL || machine->svc != NULL) {
        return OK;
    }
    enum err e = open_vault(machine, diag);
    if (e) {
        return e;
    }
    return machine->role >= ROLE_HUB ? svc_open(host, machine->home, &machine->svc, diag)
                                     : node_open(host, machine->path, &machine->node, diag);
}

void machine_down(struct world *world, enum who who)
{
    struct machine *machine = &world->machines[who];
    node_close(machine->node);
    machine->node = NULL;
    svc_close(machine->svc);
    machine->svc = NULL;
}

enum err world_up(struct world *world, unsigned whos, struct diag *diag)
{
    enum err e = OK;
    for (size_t i = 0; i < MACHINES && !e; i++) {
        if (whos & BIT(i)) {
            e = machine_up(world, (enum who)i, diag);
        }
    }
    return e;
}

void world_down(struct world *world)
{
    for (size_t i = 0; i < MACHINES; i++) {
        machine_down(world, (enum who)i);
    }
}

enum err desk_open(struct world *world, enum who who, struct node **ret, struct diag *diag)
{
    struct machine *machine = &world->machines[who];
    enum err e = OK;
    if (machine->node == NULL) {
        e = node_open(&machine->host.host, machine->path, &machine->node, diag);
    }
    if (!e) {
        *ret = machine->node;
    }
    return e;
}

void desk_close(struct world *world, enum who who)
{
    struct machine *machine = &world->machines[who];
    if (machine->role >= ROLE_HUB) {
        node_close(machine->node);
        machine->node = NULL;
    }
}

const struct host *host_of(const struct world *world, enum who who)
{
    return &world->machines[who].host.host;
}

/* ---- images */

struct world_image *world_image(const struct world *world)
{
    struct world_image *image = calloc(1, sizeof *image);
    if (!image) {
        abort();
    }
    for (size_t i = 0; i < MACHINES; i++) {
        image->disks[i] = sim_disk_image(world->machines[i].host.disk);
        image->rngs[i] = world->machines[i].host.rng;
    }
    image->facts = world->facts;
    return image;
}

void world_put_back(struct world *world, const struct world_image *image)
{
    for (size_t i = 0; i < MACHINES; i++) {
        sim_disk_put_back(world->machines[i].host.disk, image->disks[i]);
        world->machines[i].host.rng = image->rngs[i];
    }
    world->facts = image->facts;
    world->wrong[0] = '\0';
}

void world_image_free(struct world_image *image)
{
    for (size_t i = 0; i < MACHINES && image; i++) {
        sim_image_free(image->disks[i]);
    }
    free(image);
}

void world_free(struct world *world)
{
    world_down(world);
    for (size_t i = 0; i < MACHINES; i++) {
        sim_host_release(&world->machines[i].host);
    }
}

/* ---- the organisation */

static void random_id(struct world *world, struct id *ret)
{
    const struct host *host = host_of(world, REGION);
    host->random(host->ctx, ret->bytes, ID_SIZE);
}

static void publish(struct world *world, const char *kind, const char *name, const char *definition)
{
    struct diag diag = {0};
    must(world_publish(world, kind, name, definition, &diag), &diag, name);
}

static struct id add_person(struct world *world, const char *name, const char *verbs)
{
    struct id id;
    char text[ID_TEXT_SIZE];
    char definition[400];
    random_id(world, &id);
    id_write(id, text);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"worker\"}", text, name);
    publish(world, "_person", text, definition);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"05\",\"compartments\":[\"base\","
                   "\"health\"],\"verbs\":[%s]}",
                   text, text, verbs);
    publish(world, "_grant", text, definition);
    return id;
}

static void publish_all(struct world *world)
{
    static const char *const places[] = {"05", "05.081", COMMUNE};
    struct node_identity self;
    char text[4096], id[ID_TEXT_SIZE], key[64];
    struct node *node = NULL;
    struct diag diag = {0};
    must(desk_open(world, REGION, &node, &diag), &diag, "region");
    must(node_identity(node, &self), NULL, "identity");
    id_write(self.id, id);
    base64_write(self.key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"name\":\"region\",\"role\":\"region\",\"key\":\"%s\","
                   "\"short\":\"R\",\"scopes\":[],\"compartments\":[]}",
                   id, key);
    publish(world, "_node", id, text);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(text, sizeof text, "{\"code\":\"%s\",\"level\":\"commune\",\"labels\":{}}",
                       places[i]);
        publish(world, "_place", places[i], text);
    }
    world_type(1, text, sizeof text);
    publish(world, "_type", "household", text);
    world->facts.amina = add_person(world, "Amina", "\"read\",\"write\"");
    world->facts.brahim = add_person(world, "Brahim", "\"read\",\"write\"");
    world->facts.said = add_person(world, "Said", "\"read\",\"write\",\"review\",\"redact\"");
    desk_close(world, REGION);
}

static void create(struct world *world, enum who who)
{
    struct machine *machine = &world->machines[who];
    struct diag diag = {0};
    uint8_t seed[SECRET_SEED_SIZE];
    const struct host *host = host_of(world, who);
    host->random(host->ctx, seed, sizeof seed);
    must(node_create(host, machine->path, machine->role, who == REGION ? seed : NULL, &diag), &diag,
         "node_create");
    must(machine_up(world, who, &diag), &diag, machine->name);
}

static void enrol(struct world *world, enum who who, enum who server, const char *scope)
{
    struct node *node = NULL;
    struct node_identity self;
    struct diag diag = {0};
    create(world, who);
    must(world_invite(world, server, world->machines[who].role, scope, &diag), &diag, "invite");
    must(desk_open(world, who, &node, &diag), &diag, "desk");
    must(
        carry_enrol(host_of(world, who), node, world->facts.code, world->machines[who].name, &diag),
        &diag, "enrol");
    must(node_identity(node, &self), NULL, "identity");
    world->facts.ids[who] = self.id;
    desk_close(world, who);
    if (who == HUB) { /* serves from now on */
        machine_down(world, who);
        must(machine_up(world, who, &diag), &diag, "hub");
    }
    must(world_sync(world, who, NULL, NULL, &diag), &diag, "first sync");
}

void world_make(struct world *world)
{
    static const char *const first[][2] = {
        {"head_name", "\"Aicha\""}, {"phone", "\"0661000000\""}, {"health_note", "\"asthma\""}};
    static const char *const second[][2] = {{"head_name", "\"Moha\""}};
    struct facts *facts = &world->facts;
    struct diag diag = {0};
    *world = (struct world){.facts = {.now_ms = START_MS}};
    for (size_t i = 0; i < MACHINES; i++) {
        make_machine(world, (enum who)i);
    }
    create(world, REGION);
    publish_all(world);
    enrol(world, HUB, REGION, "05.081");
    enrol(world, AMINA, HUB, "05.081");
    enrol(world, BRAHIM, HUB, "05.081");
    must(world_new(world, AMINA, facts->amina, first, 3, &facts->house, &diag), &diag, "save");
    must(world_new(world, BRAHIM, facts->brahim, second, 1, &facts->other, &diag), &diag, "save");
    must(world_settle(world, &diag), &diag, "settle");
    promise_passed_on(world, AMINA, REGION);
    promise_passed_on(world, BRAHIM, REGION);
    world_down(world);
}
