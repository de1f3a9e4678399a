/*
 * sim_types.c - the organisation's types move on: properties added, retired and taken back, merge
 * policies changed, properties moved to another compartment.
 *
 * The definition is changed as text, as somebody with an editor would. Every version is kept:
 * what a save must name depends on the one that its author had.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "sim_actions.h"
#include "sim_network.h"

#define DEFINITION_MAX (256u * 1024)

struct edit {
    struct sim_world *world;
    const struct sim_type *from;
    char text[DEFINITION_MAX];
};

const struct sim_type *types_newest(const struct sim_world *world, const char *name)
{
    const struct sim_type *newest = NULL;
    for (size_t i = 0; i < world->type_count; i++) {
        if (strcmp(world->types[i].type->id, name) == 0) {
            newest = &world->types[i];
        }
    }
    return newest;
}

void types_add(struct sim_world *world, const char *text)
{
    struct json *json = NULL;
    struct diag diag = {0};
    struct type *type = arena_alloc(&world->arena, sizeof *type);
    char *kept = arena_text(&world->arena, text);
    if (!type || !kept || world->type_count == SIM_TYPES_MAX) {
        abort();
    }
    if (json_parse(span_of(text), &json, &diag) || type_read(json, &world->arena, type, &diag)) {
        world_fail(world, "a type of the simulator is none: %s %s", diag.args[0], diag.args[1]);
    } else {
        world->types[world->type_count++] = (struct sim_type){type, kept};
    }
    json_free(json);
}

/* ---- changing the text */

/* Puts `with` in the place of `size` bytes at `at`. */
static void put(struct edit *edit, char *at, size_t size, const char *with)
{
    size_t rest = strlen(at + size) + 1;
    if (strlen(edit->text) + strlen(with) >= sizeof edit->text) {
        abort();
    }
    memmove(at + strlen(with), at + size, rest);
    memcpy(at, with, strlen(with));
}

/* Where the property's other keys begin; `*ret_end`: where the next property does. */
static char *keys_of(struct edit *edit, const char *id, char **ret_end)
{
    char key[64];
    (void)snprintf(key, sizeof key, "{\"id\":\"%s\",", id);
    char *at = strstr(edit->text, key);
    if (!at) {
        world_fail(edit->world, "a type of the simulator has no %s", id);
        return NULL;
    }
    at += strlen(key);
    char *next = strstr(at, "{\"id\":\"");
    *ret_end = next ? next : at + strlen(at);
    return at;
}

/* Takes `"key":value,` out of the property, when it is there. */
static void drop(struct edit *edit, const char *id, const char *key, char close)
{
    char name[64];
    char *end = NULL;
    char *at = keys_of(edit, id, &end);
    (void)snprintf(name, sizeof name, "\"%s\":", key);
    char *found = at ? strstr(at, name) : NULL;
    if (found && found < end) {
        char *last = strchr(found + strlen(name) + 1, close);
        size_t size = (size_t)(last - found) + 1;
        size += found[size] == ',';
        put(edit, found, size, "");
    }
}

static void give(struct edit *edit, const char *id, const char *text)
{
    char *end = NULL;
    char *at = keys_of(edit, id, &end);
    if (at) {
        put(edit, at, 0, text);
    }
}

/* ---- what may change */

static bool may_change(const struct property *property)
{
    return !property->required && !property->place && !property->group &&
           property->policy != POLICY_DERIVED && property->type != VALUE_FILE &&
           property->type != VALUE_REF;
}

static bool names_records(const struct type *type, const struct property *property)
{
    for (size_t i = 0; i < type->title_count; i++) {
        if (strcmp(type->title[i], property->id) == 0) {
            return true;
        }
    }
    return false;
}

static const struct property *some_property(struct edit *edit)
{
    const struct type *type = edit->from->type;
    for (size_t tries = 0; tries < 100; tries++) {
        const struct property *p =
            &type->properties[rng_below(&edit->world->type_rng, type->property_count)];
        if (may_change(p) && !names_records(type, p)) {
            return p;
        }
    }
    return NULL;
}

static void add(struct edit *edit)
{
    char text[128];
    char *at = strstr(edit->text, "\"properties\":[");
    bool health = rng_chance(&edit->world->type_rng, 300);
    (void)snprintf(text, sizeof text, "{\"id\":\"extra_%zu\",%s\"type\":\"text\",\"search\":true},",
                   edit->world->type_count, health ? "\"compartment\":\"health\"," : "");
    put(edit, at + strlen("\"properties\":["), 0, text);
    edit->world->counters.type_added++;
}

static void retire(struct edit *edit, const struct property *property)
{
    drop(edit, property->id, "retired", 'e');
    if (!property->retired) {
        give(edit, property->id, "\"retired\":true,");
        edit->world->counters.type_retired++;
    }
}

/* Policies between which a property may change, whatever its type. */
static void change_policy(struct edit *edit, const struct property *property)
{
    static const char *const others[] = {"review", "last", "rank", "append"};
    char text[64];
    if (property->policy == POLICY_SET || property->policy == POLICY_COUNTER) {
        return;
    }
    (void)snprintf(text, sizeof text, "\"policy\":\"%s\",",
                   others[rng_below(&edit->world->type_rng, 4)]);
    drop(edit, property->id, "policy", '"');
    give(edit, property->id, text);
    edit->world->counters.type_policy++;
}

/* Out of base into health, from anywhere else into base; every compartment that it was in before
   stays named. */
static void move(struct edit *edit, const struct property *property)
{
    bool base = strcmp(property->compartment, "base") == 0;
    const char *to = base ? "health" : "base";
    char text[256];
    size_t size =
        (size_t)snprintf(text, sizeof text, "\"compartment\":\"%s\",\"moved_from\":[\"%s\"", to,
                         property->compartment);
    for (size_t i = 0; i < property->moved_count; i++) {
        if (strcmp(property->moved_from[i], to) != 0) {
            size += (size_t)snprintf(text + size, sizeof text - size, ",\"%s\"",
                                     property->moved_from[i]);
        }
    }
    (void)snprintf(text + size, sizeof text - size, "],");
    drop(edit, property->id, "compartment", '"');
    drop(edit, property->id, "moved_from", ']');
    give(edit, property->id, text);
    edit->world->counters.type_moved++;
}

static void change(struct edit *edit)
{
    char version[48], old[48];
    const struct property *property = some_property(edit);
    size_t what = rng_below(&edit->world->type_rng, 10);
    if (!property || what < 2) {
        add(edit);
    } else if (what < 4) {
        retire(edit, property);
    } else if (what < 6) {
        change_policy(edit, property);
    } else {
        move(edit, property);
    }
    (void)snprintf(old, sizeof old, "\"version\":%lld", (long long)edit->from->type->version);
    (void)snprintf(version, sizeof version, "\"version\":%lld",
                   (long long)edit->from->type->version + 1);
    put(edit, strstr(edit->text, old), strlen(old), version);
}

const struct property *types_moved(struct sim_world *world, const struct type *type,
                                   const struct property *otherwise)
{
    const struct type *newest = world_type(world, type->id);
    const struct property *found = otherwise;
    size_t seen = 0;
    for (size_t i = 0; i < newest->property_count; i++) {
        const struct property *p = type_property(type, newest->properties[i].id);
        if (p && newest->properties[i].moved_count > 0 &&
            rng_below(&world->type_rng, ++seen) == 0) {
            found = p;
        }
    }
    return found;
}

/* ---- publishing */

static void publish(struct edit *edit, struct node *desk)
{
    struct sim_world *world = edit->world;
    const struct type *before = edit->from->type;
    struct diag diag = {0};
    size_t count = world->type_count;
    types_add(world, edit->text);
    if (world->type_count == count) {
        return;
    }
    const struct type *next = world->types[count].type;
    enum err e = type_may_follow(before, next, &diag);
    e = e ? e : org_publish(desk, "_type", next->id, span_of(edit->text), &diag);
    if (e && !sim_disk_is_dead(world->nodes[SIM_REGION].host.disk)) {
        world_fail(world, "the new version of %s is refused: %s %s %s", next->id, err_name(e),
                   diag.args[1], diag.args[2]);
    }
    world_say(world, "the region publishes version %lld of %s", (long long)next->version, next->id);
}

void action_type(struct sim_world *world)
{
    static const char *const names[] = {"household", "person"};
    struct sim_node *region = &world->nodes[SIM_REGION];
    const char *name = names[rng_below(&world->type_rng, 2)];
    struct edit *edit = malloc(sizeof *edit);
    if (!edit) {
        abort();
    }
    edit->world = world;
    edit->from = types_newest(world, name);
    (void)snprintf(edit->text, sizeof edit->text, "%s", edit->from->text);
    change(edit);
    network_commit(region);
    struct node *desk = world->failed ? NULL : desk_open(region);
    if (desk) {
        publish(edit, desk);
        node_close(desk);
        (void)check_births(region, NULL);
    }
    (void)power_settle(region);
    world->counters.type_version++;
    free(edit);
}
