/*
 * command_init.c - `init`: a region or a hub in a new folder.
 */
#include "commands.h"

#include "server_home.h"

static enum err read_role(const struct app *app, enum role *ret)
{
    bool is_region = args_flag(app->args, "region");
    if (is_region == args_flag(app->args, "hub")) {
        return diag_set(app->diag, ERR_MISSING_ARGUMENT, "--region | --hub", NULL);
    }
    *ret = is_region ? ROLE_REGION : ROLE_HUB;
    return OK;
}

/* Options become lines of the file and are judged as such. */
static enum err read_config(const struct app *app, struct server_config *ret)
{
    static const char *const names[] = {"name", "address", "port", "url"};
    const char *name;
    struct buf text;
    enum err e = args_need(app->args, "name", &name, app->diag);
    if (e) {
        return e;
    }
    buf_init(&text, &app->host->mem, 8192);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = args_value(app->args, names[i]);
        if (value != NULL) {
            buf_add_format(&text, "%s = %s\n", names[i], value);
        }
    }
    e = buf_error(&text);
    if (!e) {
        e = server_config_read(buf_span(&text), "init", ret, app->diag);
    }
    buf_release(&text);
    return e ? diag_keep(app->diag, e) : OK;
}

enum err command_init(struct app *app)
{
    enum role role = ROLE_HUB;
    struct server_config config = {0};
    char id[ID_TEXT_SIZE], fingerprint[FINGERPRINT_SIZE];
    enum err e = read_role(app, &role);
    if (!e) {
        e = read_config(app, &config);
    }
    if (!e) {
        e = home_create(app->host, app->home, role, &config, app->diag);
    }
    if (!e) {
        e = home_node_open(app->host, app->home, &app->node, app->diag);
    }
    if (!e) {
        e = node_identity(app->node, &app->self);
    }
    if (e) {
        return e;
    }
    id_write(app->self.id, id);
    struct member members[] = {
        {.name = "home", .text = app->home},
        {.name = "url", .text = config.url},
        {.name = "id", .text = id},
        {.name = "fingerprint", .text = fingerprint},
    };
    if (role == ROLE_REGION) {
        fingerprint_write(&app->self.org_key, fingerprint);
        app_answer(app, "admin.region_made", members, 4);
    } else {
        app_answer(app, "admin.hub_made", members, 3);
    }
    return OK;
}
