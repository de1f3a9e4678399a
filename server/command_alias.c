/*
 * command_alias.c - `alias`, `review doubles`: records that are one.
 */
#include "commands.h"

#include <string.h>

#include "alias.h"
#include "record.h"

#define DOUBLES_LIMIT     100
#define DOUBLES_LIMIT_MAX 10000

enum err command_alias(struct app *app)
{
    struct alias alias = {.undo = args_flag(app->args, "undo")};
    const char *duplicate = app->words[app->word_count - 1];
    if (app->word_count != (alias.undo ? 1u : 2u)) {
        return diag_set(app->diag, ERR_MISSING_ARGUMENT, "RECORD DUPLICATE | DUPLICATE --undo",
                        NULL);
    }
    enum err e = args_need(app->args, "reason", &alias.reason, app->diag);
    if (!e) {
        e = app_person(app, &alias.person);
    }
    if (!e && !alias.undo) {
        e = record_resolve_id(app->node, app->words[0], &alias.entity, app->diag);
    }
    if (!e) {
        e = record_resolve_own(app->node, duplicate, &alias.duplicate, app->diag);
    }
    if (!e) {
        e = node_alias(app->node, &alias, app->diag);
    }
    if (!e) {
        const struct member members[] = {{.name = "duplicate", .text = duplicate},
                                         {.name = "record", .text = app->words[0]}};
        app_answer(app, alias.undo ? "admin.alias_undone" : "admin.alias_said", members, 2);
    }
    return e;
}

enum err command_review_doubles(struct app *app)
{
    static const char *const columns[] = {"what", "case", "title", "updated", "record"};
    struct alias_double *doubles = NULL;
    size_t count = 0;
    int64_t limit = DOUBLES_LIMIT;
    struct listing listing;
    enum err e =
        args_number(app->args, "limit", 1, DOUBLES_LIMIT_MAX, DOUBLES_LIMIT, &limit, app->diag);
    if (!e) {
        e = alias_doubles(app->node, (size_t)limit, app->arena, &doubles, &count);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < count; i++) {
        struct record record = {0};
        if (record_read(app->node, NULL, doubles[i].entity, app->arena, &record, NULL)) {
            record = (struct record){0};
        }
        listing_text(&listing, doubles[i].property);
        listing_text(&listing, record.case_number);
        listing_text(&listing, record.title);
        listing_when(&listing, record.updated_ms);
        listing_id(&listing, doubles[i].entity);
    }
    return listing_end(&listing);
}
