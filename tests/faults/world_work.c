/*
 * world_work.c - what people and machines do; each save is promised when it returned.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "enrol_message.h"
#include "org.h"
#include "save.h"
#include "serve.h"
#include "world.h"

#define WORK_ARENA (32u << 20)
#define FILE_MOST  200000

#define PROPERTY(id, more) "{\"id\":\"" id "\",\"type\":\"text\",\"labels\":{}" more "}"

void world_type(int version, char *ret, size_t size)
{
    (void)snprintf(
        ret, size,
        "{\"type\":\"household\",\"version\":%d,\"labels\":{\"fr\":\"x\"},\"title\":[\"head_name\"]"
        ","
        "\"properties\":["
        "{\"id\":\"place\",\"type\":\"text\",\"policy\":\"rank\",\"labels\":{},\"place\":true}"
        ",{\"id\":\"head_name\",\"type\":\"text\",\"labels\":{},\"search\":true}"
        "," PROPERTY("phone", "") "," PROPERTY("note", ",\"policy\":\"last\"") "," PROPERTY(
            "health_note", ",\"compartment\":\"health\"") ",{\"id\":\"photo\",\"type\":\"file\","
                                                          "\"labels\":{}}%s]}",
        version, version > 1 ? "," PROPERTY("roof", "") : "");
}

enum err world_publish(struct world *world, const char *kind, const char *name,
                       const char *definition, struct diag *diag)
{
    struct node *node = NULL;
    bool was_open = world->machines[REGION].node != NULL;
    enum err e = desk_open(world, REGION, &node, diag);
    if (!e) {
        e = org_publish(node, kind, name, span_of(definition), diag);
    }
    if (!was_open) {
        desk_close(world, REGION);
    }
    return e;
}

enum err world_invite(struct world *world, enum who server, enum role role, const char *scope,
                      struct diag *diag)
{
    char definition[400], person[ID_TEXT_SIZE], url[64];
    struct node *node = NULL;
    struct buf text;
    id_write(world->facts.amina, person);
    (void)snprintf(url, sizeof url, "https://%s", world->machines[server].name);
    (void)snprintf(definition, sizeof definition,
                   "{\"role\":\"%s\",\"scopes\":[\"%s\"],\"compartments\":[\"base\",\"health\"],"
                   "\"person\":\"%s\"}",
                   role_name(role), scope, person);
    struct invite invite = {definition, 30 * DAY_MS};
    struct enrol_code code = {
        .url = url, .pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, .pin_count = 1};
    buf_init(&text, &host_of(world, server)->mem, sizeof world->facts.code - 1);
    enum err e = desk_open(world, server, &node, diag);
    if (!e) {
        e = serve_invite(node, &invite, &code, diag);
    }
    if (!e) {
        e = enrol_code_write(&code, &text);
    }
    if (!e) {
        span_text(buf_span(&text), world->facts.code, sizeof world->facts.code);
    }
    desk_close(world, server);
    buf_release(&text);
    return e;
}

/* ---- syncs */

enum err world_sync(struct world *world, enum who who, const struct sync_options *options,
                    struct sync_result *ret, struct diag *diag)
{
    const struct sync_options quick = {.tries = 1}; /* nobody waits for what stays broken */
    struct sync_result result;
    struct node *node = NULL;
    world->facts.now_ms += 1000;
    enum err e = desk_open(world, who, &node, diag);
    if (!e) {
        e = carry_sync(host_of(world, who), node, NULL, options ? options : &quick, NULL, NULL,
                       &result, diag);
    }
    desk_close(world, who);
    if (!e && ret) {
        *ret = result;
    }
    return e;
}

enum err world_settle(struct world *world, struct diag *diag)
{
    static const enum who order[] = {AMINA, BRAHIM, HUB, AMINA, BRAHIM, HUB};
    enum err e = world_up(world, EVERYBODY, diag);
    for (size_t i = 0; i < sizeof order / sizeof order[0] && !e; i++) {
        e = world_sync(world, order[i], NULL, NULL, diag);
    }
    return e;
}

/* ---- saves */

static enum err save(struct world *world, enum who who, struct save *save,
                     const char *const (*values)[2], size_t count, struct id *ret,
                     struct diag *diag)
{
    struct change changes[8];
    struct arena arena;
    struct saved saved;
    struct node *node = NULL;
    enum err e = desk_open(world, who, &node, diag);
    for (size_t i = 0; i < count; i++) {
        changes[i] = (struct change){values[i][0], span_of(values[i][1])};
    }
    save->changes = changes;
    save->change_count = count;
    world->facts.now_ms += 1000;
    arena_init(&arena, &host_of(world, who)->mem, WORK_ARENA);
    if (!e) {
        e = node_save(node, save, &arena, &saved, diag);
    }
    arena_release(&arena);
    for (size_t i = 0; i < count && !e; i++) {
        promise_value(world, who, saved.entity, values[i][0], values[i][1]);
    }
    if (!e) {
        *ret = saved.entity;
    }
    return e;
}

enum err world_new(struct world *world, enum who who, struct id person,
                   const char *const (*values)[2], size_t count, struct id *ret, struct diag *diag)
{
    struct save new = {
        .person = person, .type = "household", .is_new = true, .place = span_of(COMMUNE)};
    return save(world, who, &new, values, count, ret, diag);
}

enum err world_edit(struct world *world, enum who who, struct id person, struct id entity,
                    const char *property, const char *json, struct diag *diag)
{
    const char *const values[][2] = {{property, json}};
    struct save edit = {.person = person, .entity = entity};
    struct id ignored;
    return save(world, who, &edit, values, 1, &ignored, diag);
}

/* A sound that `seed` tells from others: kinds without pictures go through unchanged. */
static void make_file(uint8_t *bytes, size_t size, unsigned seed)
{
    memcpy(bytes, "OggS", 4);
    for (size_t i = 4; i < size; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (uint8_t)(seed >> 16);
    }
}

enum err world_attach(struct world *world, enum who who, struct id person, struct id entity,
                      unsigned seed, size_t size, struct diag *diag)
{
    uint8_t *bytes = malloc(FILE_MOST);
    struct arena arena;
    struct attached attached;
    struct node *node = NULL;
    if (!bytes || size > FILE_MOST) {
        abort();
    }
    make_file(bytes, size, seed);
    struct attachment attachment = {.person = person,
                                    .entity = entity,
                                    .property = "photo",
                                    .bytes = span_from(bytes, size),
                                    .name = "f"};
    world->facts.now_ms += 1000;
    arena_init(&arena, &host_of(world, who)->mem, WORK_ARENA);
    enum err e = desk_open(world, who, &node, diag);
    if (!e) {
        e = node_attach(node, &attachment, &arena, &attached, diag);
    }
    if (!e) {
        promise_file(world, who, entity, &attached.file.whole);
    }
    arena_release(&arena);
    free(bytes);
    return e;
}
