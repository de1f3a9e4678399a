/*
 * world_check.c - what must hold whatever happened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "blob.h"
#include "record.h"
#include "world.h"

#define CHECK_ARENA (32u << 20)

/* ---- promises */

static void add_promise(struct world *world, const struct promise *promise)
{
    struct facts *facts = &world->facts;
    for (size_t i = 0; i < facts->promise_count; i++) {
        const struct promise *old = &facts->promises[i];
        if (old->who == promise->who && id_equal(old->entity, promise->entity) &&
            strcmp(old->property, promise->property) == 0 &&
            strcmp(old->json, promise->json) == 0 && blob_name_equal(&old->blob, &promise->blob)) {
            return;
        }
    }
    if (facts->promise_count == PROMISES_MAX) {
        (void)fprintf(stderr, "more than %d promises\n", PROMISES_MAX);
        abort();
    }
    facts->promises[facts->promise_count++] = *promise;
}

void promise_value(struct world *world, enum who who, struct id entity, const char *property,
                   const char *json)
{
    struct promise promise = {.who = who, .entity = entity};
    (void)snprintf(promise.property, sizeof promise.property, "%s", property);
    (void)snprintf(promise.json, sizeof promise.json, "%s", json);
    add_promise(world, &promise);
}

void promise_file(struct world *world, enum who who, struct id entity, const struct blob_name *blob)
{
    struct promise promise = {.who = who, .entity = entity, .blob = *blob};
    add_promise(world, &promise);
}

void promise_passed_on(struct world *world, enum who from, enum who who)
{
    size_t count = world->facts.promise_count;
    for (size_t i = 0; i < count; i++) {
        struct promise promise = world->facts.promises[i];
        if (promise.who == from) {
            promise.who = who;
            add_promise(world, &promise);
        }
    }
}

void promise_nothing(struct world *world)
{
    world->facts.promise_count = 0;
}

bool shows(struct world *world, enum who who, struct id entity, const char *property,
           const char *json)
{
    struct arena arena;
    struct record record;
    struct node *node = NULL;
    bool same = false;
    arena_init(&arena, &host_of(world, who)->mem, CHECK_ARENA);
    enum err e = desk_open(world, who, &node, NULL);
    if (!e) {
        e = record_read(node, NULL, entity, &arena, &record, NULL);
    }
    for (size_t i = 0; !e && i < record.property_count; i++) {
        if (strcmp(record.properties[i].property->id, property) == 0) {
            same = span_is(record.properties[i].json, json);
        }
    }
    desk_close(world, who);
    arena_release(&arena);
    return same;
}

/* A later value may stand before it; it is in the history then. */
static bool was_said(struct node *node, const struct host *host, const struct promise *promise)
{
    char wanted[128];
    struct arena arena;
    struct history_entry *list = NULL;
    size_t count = 0;
    bool found = false;
    (void)snprintf(wanted, sizeof wanted, "\"%s\":%s", promise->property, promise->json);
    arena_init(&arena, &host->mem, CHECK_ARENA);
    enum err e = record_history(node, NULL, promise->entity, &arena, &list, &count, NULL);
    for (size_t i = 0; i < count && !e && !found; i++) {
        const char *text = arena_span_text(&arena, list[i].values);
        found = text && strstr(text, wanted) != NULL;
    }
    arena_release(&arena);
    return found;
}

static bool has_file(struct node *node, const struct host *host, const struct promise *promise)
{
    struct buf bytes;
    buf_init(&bytes, &host->mem, CHECK_ARENA);
    enum err e = blob_read(node, &promise->blob, &bytes);
    bool whole = !e && bytes.size == (size_t)promise->blob.size;
    buf_release(&bytes);
    return whole;
}

void check_promises(struct world *world, unsigned whos)
{
    for (size_t i = 0; i < world->facts.promise_count && world_is_right(world); i++) {
        const struct promise *promise = &world->facts.promises[i];
        const struct host *host = host_of(world, promise->who);
        const char *name = world->machines[promise->who].name;
        struct node *node = NULL;
        if (!(whos & BIT(promise->who))) {
            continue;
        }
        if (desk_open(world, promise->who, &node, NULL)) {
            world_wrong(world, "%s doesn't open", name);
        } else if (promise->json[0] == '\0' && !has_file(node, host, promise)) {
            world_wrong(world, "%s lost a file that was promised", name);
        } else if (promise->json[0] != '\0' && !was_said(node, host, promise)) {
            world_wrong(world, "%s lost %s = %s, which was promised", name, promise->property,
                        promise->json);
        }
    }
    for (size_t i = 0; i < MACHINES; i++) {
        desk_close(world, (enum who)i);
    }
}

/* ---- a node by itself */

void check_sound(struct world *world, enum who who)
{
    struct audit_report report = {0};
    struct node *node = NULL;
    struct diag diag = {0};
    const char *name = world->machines[who].name;
    buf_init(&report.findings, &host_of(world, who)->mem, 1u << 20);
    enum err e = desk_open(world, who, &node, &diag);
    if (!e) {
        e = node_audit(node, false, NULL, NULL, &report);
    }
    if (e) {
        world_wrong(world, "%s can't be checked: %s %s %s", name, err_name(e), diag.args[0],
                    diag.args[1]);
    } else if (report.finding_count > 0) {
        world_wrong(world, "check of %s: %s", name, buf_text(&report.findings));
    }
    desk_close(world, who);
    buf_release(&report.findings);
}

static bool is_null(const struct record_row *row, const char *property)
{
    char wanted[64];
    char text[1024];
    span_text(row->document, text, sizeof text);
    (void)snprintf(wanted, sizeof wanted, "\"%s\":\"", property);
    return strstr(text, wanted) == NULL;
}

static bool look_at_row(void *ctx, const struct record_row *row)
{
    struct world *world = ctx;
    if (!is_null(row, "phone") != !is_null(row, "health_note")) {
        world_wrong(world, "half of a save is there: %.*s", (int)row->document.size,
                    (const char *)row->document.data);
    }
    return true;
}

/* Whoever saves a telephone saves a note of health with it, in another compartment's op. */
void check_whole(struct world *world, enum who who)
{
    struct record_filter filter = {.type = "household", .limit = 1000};
    struct node *node = NULL;
    struct diag diag = {0};
    enum err e = desk_open(world, who, &node, &diag);
    if (!e) {
        e = record_list(node, NULL, &filter, look_at_row, world, &diag);
    }
    if (e) {
        world_wrong(world, "%s can't list: %s %s", world->machines[who].name, err_name(e),
                    diag.args[0]);
    }
    desk_close(world, who);
}

/* ---- nodes compared */

struct sums {
    int64_t count;
    uint64_t sum;
};

static struct sums sums_of(struct world *world, enum who who)
{
    struct sums sums = {.count = -1};
    struct arena arena;
    struct digest_row *rows = NULL;
    size_t count = 0;
    struct node *node = NULL;
    arena_init(&arena, &host_of(world, who)->mem, CHECK_ARENA);
    enum err e = desk_open(world, who, &node, NULL);
    if (!e) {
        e = node_digest(node, &arena, &rows, &count);
    }
    for (size_t i = 0; i < count && !e; i++) {
        if (strcmp(rows[i].scope, COMMUNE) == 0) {
            sums.count += rows[i].count;
            sums.sum = sums.sum * 31 + rows[i].sum;
        }
    }
    desk_close(world, who);
    arena_release(&arena);
    return sums;
}

void check_same(struct world *world, bool without_amina)
{
    static const enum who others[] = {HUB, BRAHIM, AMINA};
    struct sums region = sums_of(world, REGION);
    for (size_t i = 0; i < sizeof others / sizeof others[0] - without_amina; i++) {
        struct sums sums = sums_of(world, others[i]);
        if (sums.count != region.count || sums.sum != region.sum) {
            world_wrong(world, "%s holds %" PRId64 " registers, the region %" PRId64 ", or others",
                        world->machines[others[i]].name, sums.count, region.count);
        }
    }
}
