/*
 * command_lease.c - `lease`, how long devices go without contact; `node reopen`, a code for one
 * that has locked.
 */
#include "commands.h"

#include "json.h"
#include "lease.h"
#include "reopen.h"

static enum err set_days(struct app *app, int64_t days)
{
    struct json_writer json;
    struct buf text;
    buf_init(&text, &app->host->mem, 256);
    json_begin(&json, &text);
    json_open(&json, '{');
    json_name(&json, "days");
    json_put_int(&json, days);
    json_name(&json, "id");
    json_put_text(&json, SETTING_LEASE);
    json_close(&json, '}');
    enum err e = buf_error(&text);
    if (!e) {
        e = org_publish(app->node, "_setting", SETTING_LEASE, buf_span(&text), app->diag);
    }
    buf_release(&text);
    return e;
}

enum err command_lease(struct app *app)
{
    const struct org *org;
    int64_t days = 0;
    enum err e = app_org(app, &org);
    if (!e && args_value(app->args, "days")) {
        e = args_number(app->args, "days", 0, LEASE_DAYS_MAX, 0, &days, app->diag);
        if (!e) {
            e = set_days(app, days);
        }
    } else if (!e) {
        days = org->lease_days;
    }
    if (!e) {
        const struct member members[] = {{.name = "days", .number = days}};
        app_answer(app, days > 0 ? "admin.lease" : "admin.lease_none", members, 1);
    }
    return e;
}

enum err command_node_reopen(struct app *app)
{
    char code[REOPEN_TEXT_SIZE];
    const struct org *org;
    struct id device;
    int64_t days = 0;
    enum err e =
        args_number(app->args, "days", 1, REOPEN_DAYS_MAX, REOPEN_DAYS_DEFAULT, &days, app->diag);
    if (!e) {
        e = reopen_answer(app->node, span_of(app->words[0]), days, code, &device, app->diag);
    }
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        const struct org_node *node = org_node(org, device);
        const struct member members[] = {{.name = "code", .text = code},
                                         {.name = "device", .text = node ? node->name : ""},
                                         {.name = "days", .number = days}};
        app_answer(app, "text.reopen_code", members, 3);
    }
    return e;
}
