/*
 * command_node.c - `node`: devices and hubs, and how they come and go.
 */
#include "commands.h"

#include <string.h>

#include "code.h"
#include "serve.h"
#include "server_home.h"

#define DEFINITION_MAX 16384
#define CODE_MAX       4096
#define HOUR_MS        3600000

static void put_list(struct json_writer *json, const char *name, const char *const *texts,
                     size_t count)
{
    json_name(json, name);
    json_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_text(json, texts[i]);
    }
    json_close(json, ']');
}

/* ---- invite */

struct invitation {
    enum role role;
    struct word_list scopes;
    struct word_list compartments;
    bool has_person;
    struct id person;
    int64_t hours;
};

static enum err read_role(const struct app *app, enum role *ret)
{
    const char *text = NULL;
    if (!app->self.enrolled) {
        return diag_set(app->diag, ERR_NOT_ENROLLED, NULL);
    }
    enum err e = args_need(app->args, "role", &text, app->diag);
    if (e) {
        return e;
    }
    if (!role_from_name(text, ret) || *ret == ROLE_REGION) {
        return diag_set(app->diag, ERR_BAD_CHOICE, "--role", text, "worker, supervisor, hub", NULL);
    }
    /* Hubs answer to the region alone; it numbers them and signs for them. */
    if (*ret == ROLE_HUB && app->self.role != ROLE_REGION) {
        return diag_set(app->diag, ERR_NOT_ALLOWED, "--role hub", role_name(app->self.role), NULL);
    }
    return OK;
}

/* A hub vouches within its own places and compartments; better said now than when the code is
   used. */
static enum err check_within(const struct app *app, const struct org *org,
                             const struct word_list *scopes, const char *const *compartments,
                             size_t compartment_count)
{
    const struct org_node *self = org_node(org, app->self.id);
    if (app->self.role == ROLE_REGION) {
        return OK;
    }
    if (self == NULL) {
        return diag_set(app->diag, ERR_NOT_ENROLLED, NULL);
    }
    for (size_t i = 0; i < scopes->count; i++) {
        for (size_t j = 0; j < compartment_count; j++) {
            const char *scope = scopes->texts[i];
            if (!org_node_covers(self, span_of(scope), span_of(compartments[j]))) {
                return diag_set(app->diag, ERR_OUT_OF_SCOPE, scope, self->name, NULL);
            }
        }
    }
    return OK;
}

static enum err read_invitation(struct app *app, struct invitation *ret)
{
    struct invitation invitation = {0};
    const struct org *org;
    const struct org_person *person;
    const char *name = args_value(app->args, "person");
    enum err e = read_role(app, &invitation.role);
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        e = app_scopes(app, org, &invitation.scopes);
    }
    if (!e) {
        /* A hub relays what its devices write, whatever part it is in. */
        e = app_compartments(app, org, invitation.role == ROLE_HUB, &invitation.compartments);
    }
    if (!e) {
        e = check_within(app, org, &invitation.scopes, invitation.compartments.texts,
                         invitation.compartments.count);
    }
    if (!e && name != NULL) {
        e = org_person_find(org, name, &person, app->diag);
        if (!e) {
            invitation.has_person = true;
            invitation.person = person->id;
        }
    }
    if (!e) {
        e = args_number(app->args, "hours", 1, 8760, app->config.invite_hours, &invitation.hours,
                        app->diag);
    }
    if (!e) {
        *ret = invitation;
    }
    return e;
}

static void write_definition(const struct invitation *invitation, struct buf *ret)
{
    char person[ID_TEXT_SIZE];
    struct json_writer json;
    json_begin(&json, ret);
    json_open(&json, '{');
    json_put_member(&json, "role", role_name(invitation->role));
    put_list(&json, "scopes", invitation->scopes.texts, invitation->scopes.count);
    put_list(&json, "compartments", invitation->compartments.texts, invitation->compartments.count);
    if (invitation->has_person) {
        id_write(invitation->person, person);
        json_put_member(&json, "person", person);
    }
    json_close(&json, '}');
}

static enum err make_code(struct app *app, const struct invitation *invitation,
                          const struct home_tls *tls, struct buf *ret)
{
    struct buf definition;
    struct enrol_code code = {.url = app->config.url, .pin_count = tls->pin_count};
    for (size_t i = 0; i < tls->pin_count; i++) {
        code.pins[i] = tls->pins[i];
    }
    buf_init(&definition, &app->host->mem, DEFINITION_MAX);
    write_definition(invitation, &definition);
    enum err e = buf_error(&definition);
    if (!e) {
        struct invite invite = {.definition = buf_text(&definition),
                                .valid_ms = invitation->hours * HOUR_MS};
        e = serve_invite(app->node, &invite, &code, app->diag);
    }
    if (!e) {
        e = enrol_code_write(&code, ret);
    }
    buf_release(&definition);
    return e ? diag_keep(app->diag, e) : OK;
}

enum err command_node_invite(struct app *app)
{
    struct invitation invitation;
    struct home_tls tls;
    struct buf code;
    char fingerprint[FINGERPRINT_SIZE];
    enum err e = read_invitation(app, &invitation);
    if (!e) {
        e = home_tls_load(app->host, app->home, &tls, app->diag);
    }
    if (e) {
        return e;
    }
    buf_init(&code, &app->host->mem, CODE_MAX);
    e = make_code(app, &invitation, &tls, &code);
    if (!e) {
        fingerprint_write(&app->self.org_key, fingerprint);
        const struct member members[] = {
            {.name = "code", .text = buf_text(&code)},
            {.name = "hours", .number = invitation.hours},
            {.name = "fingerprint", .text = fingerprint},
        };
        app_answer(app, "admin.invited", members, 3);
    }
    home_tls_release(&tls);
    buf_release(&code);
    return e;
}

/* ---- list, revoke, scope */

static const char *person_name(const struct org *org, const struct org_node *node)
{
    const struct org_person *person = node->has_person ? org_person(org, node->person) : NULL;
    return person ? person->name : NULL;
}

enum err command_node_list(struct app *app)
{
    static const char *const columns[] = {"short",        "name",   "role", "scopes",
                                          "compartments", "person", "id",   "revoked"};
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 8);
    for (size_t i = 0; i < org->node_count; i++) {
        const struct org_node *node = &org->nodes[i];
        listing_text(&listing, node->short_code);
        listing_text(&listing, node->name);
        listing_word(&listing, "text.role_", role_name(node->role));
        listing_words(&listing, node->scopes, node->scope_count);
        listing_words(&listing, node->compartments, node->compartment_count);
        listing_text(&listing, person_name(org, node));
        listing_id(&listing, node->id);
        listing_flag(&listing, node->revoked);
    }
    return listing_end(&listing);
}

/* By short code as people say it, else as org_node_find() does. */
static enum err find_node(struct app *app, const struct org *org, const struct org_node **ret)
{
    for (size_t i = 0; i < org->node_count; i++) {
        const char *short_code = org->nodes[i].short_code;
        if (short_code && *short_code && strcmp(short_code, app->words[0]) == 0) {
            *ret = &org->nodes[i];
            return OK;
        }
    }
    return org_node_find(org, app->words[0], ret, app->diag);
}

enum err command_node_revoke(struct app *app)
{
    const struct org *org;
    const struct org_node *node;
    char id[ID_TEXT_SIZE], name[CONFIG_TEXT_SIZE];
    enum err e = app_org(app, &org);
    if (!e) {
        e = find_node(app, org, &node);
    }
    if (e) {
        return e;
    }
    id_write(node->id, id);
    span_text(span_of(node->name), name, sizeof name);
    e = org_revoke(app->node, "_node", id, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "name", .text = name},
                                         {.name = "id", .text = id}};
        app_answer(app, "admin.revoked", members, 2);
    }
    return e;
}

/* The node's definition as it stands, with other scopes. */
static void rewrite_definition(const struct org_node *node, const struct word_list *scopes,
                               const char *const *compartments, size_t compartment_count,
                               struct buf *ret)
{
    char id[ID_TEXT_SIZE], by[ID_TEXT_SIZE], person[ID_TEXT_SIZE];
    char key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    struct json_writer json;
    id_write(node->id, id);
    id_write(node->by, by);
    id_write(node->person, person);
    base64_write(node->key.bytes, PUBLIC_KEY_SIZE, key);
    json_begin(&json, ret);
    json_open(&json, '{');
    json_put_member(&json, "id", id);
    json_put_member(&json, "name", node->name);
    json_put_member(&json, "key", key);
    json_put_member(&json, "short", node->short_code);
    json_put_member(&json, "by", by);
    json_put_member(&json, "role", role_name(node->role));
    put_list(&json, "scopes", scopes->texts, scopes->count);
    put_list(&json, "compartments", compartments, compartment_count);
    if (node->has_person) {
        json_put_member(&json, "person", person);
    }
    json_close(&json, '}');
}

enum err command_node_scope(struct app *app)
{
    const struct org *org;
    const struct org_node *node;
    struct word_list scopes, compartments = {0};
    char id[ID_TEXT_SIZE], name[CONFIG_TEXT_SIZE];
    struct buf definition;
    bool given = args_value(app->args, "compartment") != NULL;
    enum err e = app_org(app, &org);
    if (!e) {
        e = find_node(app, org, &node);
    }
    if (!e) {
        e = app_scopes(app, org, &scopes);
    }
    if (!e && given) {
        e = app_compartments(app, org, false, &compartments);
    }
    if (e) {
        return e;
    }
    const char *const *names = given ? compartments.texts : node->compartments;
    size_t name_count = given ? compartments.count : node->compartment_count;
    e = check_within(app, org, &scopes, names, name_count);
    if (e) {
        return e;
    }
    id_write(node->id, id);
    span_text(span_of(node->name), name, sizeof name);
    buf_init(&definition, &app->host->mem, DEFINITION_MAX);
    rewrite_definition(node, &scopes, names, name_count, &definition);
    e = buf_error(&definition);
    if (!e) {
        e = org_publish(app->node, "_node", id, buf_span(&definition), app->diag);
    }
    buf_release(&definition);
    if (!e) {
        const struct member members[] = {{.name = "name", .text = name},
                                         {.name = "scopes", .number = (int64_t)scopes.count},
                                         {.name = "id", .text = id}};
        app_answer(app, "admin.node_scoped", members, 3);
    }
    return e;
}
