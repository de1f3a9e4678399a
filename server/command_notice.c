/*
 * command_notice.c - `notice`: what this office noticed of devices, and of its own database.
 */
#include "commands.h"

#include "notice.h"
#include "num.h"

/* By name and short code while it is known; else by its id. */
static void list_notice(struct listing *listing, const struct org *org, const struct notice *notice)
{
    const struct org_node *node = org_node(org, notice->node);
    listing_int(listing, notice->id);
    listing_word(listing, "text.notice_", notice->what);
    listing_text(listing, node ? node->short_code : NULL);
    listing_text(listing, node ? node->name : NULL);
    listing_when(listing, notice->first_ms);
    listing_when(listing, notice->last_ms);
    listing_int(listing, notice->count);
    listing_id(listing, notice->node);
}

enum err command_notice_list(struct app *app)
{
    static const char *const columns[] = {"notice", "what", "short", "name",
                                          "since",  "last", "count", "id"};
    struct notice *notices = NULL;
    size_t count = 0;
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (!e) {
        e = notice_list(app->node, app->arena, &notices, &count);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 8);
    for (size_t i = 0; i < count; i++) {
        list_notice(&listing, org, &notices[i]);
    }
    return listing_end(&listing);
}

enum err command_notice_settle(struct app *app)
{
    int64_t number = 0;
    if (!num_read_i64(span_of(app->words[0]), &number)) {
        return diag_set(app->diag, ERR_NOT_FOUND, "notice", app->words[0], NULL);
    }
    enum err e = notice_settle(app->node, number, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "settled", .number = 1}};
        app_answer(app, "admin.settled", members, 1);
    }
    return e;
}
