/*
 * command_review.c - `review`: what waits for a person's decision.
 */
#include "commands.h"

#include <string.h>

#include "num.h"
#include "record_face.h"
#include "save.h"

#define UID_PREFIX_MIN 4

/* As people name them; by their ids alone when this office holds no more of them. */
static void list_flag(struct listing *listing, const struct app *app, const struct org *org,
                      const struct flag_row *flag)
{
    struct record record = {0};
    const struct org_person *person = org_person(org, flag->person);
    if (record_read(app->node, NULL, flag->entity, app->arena, &record, NULL)) {
        record = (struct record){0};
    }
    listing_text(listing, record.case_number);
    listing_text(listing, record.title);
    listing_text(listing, flag->why);
    listing_text(listing, person ? person->name : NULL);
    listing_when(listing, flag->at_ms);
    listing_id(listing, flag->uid);
    listing_id(listing, flag->entity);
}

static enum err list_flags(struct app *app)
{
    static const char *const columns[] = {"case", "title", "why",   "person",
                                          "time", "flag",  "record"};
    struct flag_row *flags = NULL;
    size_t count = 0;
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (!e) {
        e = record_flags(app->node, app->arena, &flags, &count);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 7);
    for (size_t i = 0; i < count; i++) {
        list_flag(&listing, app, org, &flags[i]);
    }
    return listing_end(&listing);
}

/* Disputed records, then flags. An answer of --json is one value: there --flags chooses. */
enum err command_review_list(struct app *app)
{
    struct record_filter filter = {.disputed_only = true};
    bool flags = args_flag(app->args, "flags");
    enum err e = OK;
    if (!flags) {
        face_say(app->face, "admin.review_disputes", NULL);
        e = list_records(app, &filter);
    }
    if (!e && (flags || !app->face->json)) {
        face_say(app->face, "admin.review_flags", NULL);
        e = list_flags(app);
    }
    return e;
}

static enum err read_record(struct app *app, struct record *ret)
{
    struct id entity;
    enum err e = record_resolve_id(app->node, app->words[0], &entity, app->diag);
    return e ? e : record_read(app->node, NULL, entity, app->arena, ret, app->diag);
}

enum err command_review_show(struct app *app)
{
    struct record record;
    enum err e = read_record(app, &record);
    return e ? e : record_show(app, &record, true);
}

/* --take N counts from 1 as `review show` does; --value is typed as in a form. */
static enum err read_decision(struct app *app, const struct record *record, struct resolve *ret)
{
    int64_t take = 0;
    const char *value = args_value(app->args, "value");
    bool takes = args_value(app->args, "take") != NULL;
    if (takes == (value != NULL)) {
        return diag_set(app->diag, ERR_MISSING_ARGUMENT, "--take N | --value VALUE", NULL);
    }
    if (takes) {
        enum err e = args_number(app->args, "take", 1, 1000, 1, &take, app->diag);
        ret->take = take - 1;
        return e;
    }
    const struct property *property =
        record->type ? type_property(record->type, ret->property) : NULL;
    if (property == NULL) {
        const char *near = record->type ? type_nearest_property(record->type, ret->property) : "";
        return diag_set(app->diag, ERR_UNKNOWN_PROPERTY, ret->property, record->type_name, near,
                        NULL);
    }
    ret->take = -1;
    return value_from_text(property->type, property->id, span_of(value), app->arena, &ret->value,
                           app->diag);
}

enum err command_review_resolve(struct app *app)
{
    struct record record;
    struct resolve resolve = {.property = app->words[1]};
    enum err e = args_need(app->args, "reason", &resolve.reason, app->diag);
    if (!e) {
        e = app_person(app, &resolve.person);
    }
    if (!e) {
        e = read_record(app, &record);
    }
    if (!e) {
        resolve.entity = record.entity;
        e = read_decision(app, &record, &resolve);
    }
    if (!e) {
        e = node_resolve(app->node, &resolve, app->arena, app->diag);
    }
    if (!e) {
        const struct member members[] = {{.name = "property", .text = app->words[1]},
                                         {.name = "record", .text = app->words[0]}};
        app_answer(app, "admin.resolved", members, 2);
    }
    return e;
}

/* A flag by its op's id or a beginning of it; all that this op was flagged for. */
enum err command_review_settle(struct app *app)
{
    const char *wanted = app->words[0];
    size_t size = strlen(wanted), count = 0;
    struct flag_row *flags = NULL;
    int64_t settled = 0;
    enum err e = record_flags(app->node, app->arena, &flags, &count);
    for (size_t i = 0; !e && i < count && size >= UID_PREFIX_MIN; i++) {
        char uid[ID_TEXT_SIZE];
        id_write(flags[i].uid, uid);
        if (strncmp(uid, wanted, size) == 0) {
            e = record_flag_settle(app->node, flags[i].uid, flags[i].why, app->diag);
            settled++;
        }
    }
    if (!e && settled == 0) {
        e = diag_set(app->diag, ERR_NOT_FOUND, "flag", wanted, NULL);
    }
    if (!e) {
        const struct member members[] = {{.name = "settled", .number = settled}};
        app_answer(app, "admin.settled", members, 1);
    }
    return e;
}
