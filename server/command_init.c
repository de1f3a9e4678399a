/*
 * command_init.c - `init`: a region or a hub in a new folder.
 */
#include "commands.h"

#include "server_home.h"
#include "server_key.h"

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

/* What `init` makes to open the data, and what a person must write down of it. */
struct made {
    char passphrase[PASSPHRASE_SIZE];
    char recovery_passphrase[PASSPHRASE_SIZE];
    char recovery_file[CONFIG_PATH_SIZE];
    struct public_key recovery;
};

/* Before there is a node, so that a home without one is all that a power cut can leave. */
static enum err make_key(struct app *app, struct made *made)
{
    struct buf passphrase;
    char path[CONFIG_PATH_SIZE];
    const char *file = args_value(app->args, "passphrase-file");
    enum err e = home_path(app->home, HOME_DB, path);
    if (e) {
        return diag_set(app->diag, e, app->home, "1023", NULL);
    }
    if (app->host->files->exists(app->host->ctx, path)) {
        return diag_set(app->diag, ERR_EXISTS, "node", path, NULL);
    }
    e = app->host->files->make_folder(app->host->ctx, app->home);
    if (e) {
        return diag_set(app->diag, e, app->home, err_name(e), NULL);
    }
    buf_init(&passphrase, &app->host->mem, 4096);
    if (file != NULL) {
        e = server_key_line(app->host, file, &passphrase, app->diag);
    }
    if (!e) {
        e = server_key_make(app->key, app->home, args_value(app->args, "key-file"),
                            buf_span(&passphrase), made->passphrase, app->diag);
    }
    if (passphrase.data != NULL) {
        sign_wipe(passphrase.data, passphrase.size);
    }
    buf_release(&passphrase);
    return e;
}

/* The region's, for every device and office: its private half is under a passphrase of its own and
   belongs away from here. */
static enum err make_recovery(struct app *app, struct made *made)
{
    uint8_t seed[SECRET_SEED_SIZE];
    struct secret_key secret;
    enum err e = home_path(app->home, HOME_RECOVERY, made->recovery_file);
    if (e) {
        return diag_set(app->diag, e, app->home, "1023", NULL);
    }
    app->host->random(app->host->ctx, seed, sizeof seed);
    server_key_make_passphrase(app->host, made->recovery_passphrase);
    sign_key_from_seed(seed, &made->recovery, &secret);
    sign_wipe(&secret, sizeof secret);
    e = recovery_write(app->host, made->recovery_file, seed, span_of(made->recovery_passphrase),
                       app->diag);
    sign_wipe(seed, sizeof seed);
    return e ? e
             : vault_set_recovery(app->host, app->home, app->key->key, &made->recovery, app->diag);
}

static void answer(struct app *app, enum role role, const struct server_config *config,
                   struct made *made)
{
    char id[ID_TEXT_SIZE], fingerprint[FINGERPRINT_SIZE] = "";
    bool region = role == ROLE_REGION;
    id_write(app->self.id, id);
    if (region) {
        fingerprint_write(&app->self.org_key, fingerprint);
    }
    const struct member members[] = {
        {.name = "home", .text = app->home},
        {.name = "url", .text = config->url},
        {.name = "id", .text = id},
        {.name = "fingerprint", .text = fingerprint},
        {.name = "passphrase", .text = made->passphrase},
        {.name = "recovery_file", .text = made->recovery_file},
        {.name = "recovery_passphrase", .text = made->recovery_passphrase},
    };
    app_answer(app, region ? "admin.region_made" : "admin.hub_made", members,
               sizeof members / sizeof members[0]);
    if (!app->face->json && made->passphrase[0] != '\0') {
        face_say(app->face, "admin.passphrase_made", made->passphrase, NULL);
    }
    if (!app->face->json && region) {
        face_say(app->face, "admin.recovery_made", made->recovery_file, made->recovery_passphrase,
                 NULL);
    }
}

enum err command_init(struct app *app)
{
    enum role role = ROLE_HUB;
    struct server_config config = {0};
    struct made made = {.passphrase = ""};
    enum err e = read_role(app, &role);
    if (!e) {
        e = read_config(app, &config);
    }
    if (!e) {
        e = make_key(app, &made);
    }
    if (!e && role == ROLE_REGION) {
        e = make_recovery(app, &made);
    }
    if (!e) {
        e = home_create(app->host, app->home, role, &config,
                        role == ROLE_REGION ? &made.recovery : NULL, app->diag);
    }
    if (!e) {
        e = home_node_open(app->host, app->home, &app->node, app->diag);
    }
    if (!e) {
        e = node_identity(app->node, &app->self);
    }
    if (!e) {
        answer(app, role, &config, &made);
    }
    sign_wipe(&made, sizeof made);
    return e;
}
