/*
 * command_person.c - `person`: who works here, and what they may see and write where.
 */
#include "commands.h"

#include <string.h>

#define DEFINITION_MAX 8192
#define NAME_MAX_SIZE  200

static const char *const person_roles[] = {"worker", "supervisor", "manager"};

static enum err check_role(const struct app *app, const char *role)
{
    for (size_t i = 0; i < sizeof person_roles / sizeof person_roles[0]; i++) {
        if (strcmp(person_roles[i], role) == 0) {
            return OK;
        }
    }
    return diag_set(app->diag, ERR_BAD_CHOICE, "--role", role, "worker, supervisor, manager", NULL);
}

static enum err publish(struct app *app, const char *kind, const char *name,
                        const struct buf *definition)
{
    enum err e = buf_error(definition);
    return e ? diag_keep(app->diag, e)
             : org_publish(app->node, kind, name, buf_span(definition), app->diag);
}

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

enum err command_person_add(struct app *app)
{
    const char *name = app->words[0], *role = NULL;
    char id[ID_TEXT_SIZE];
    struct buf definition;
    struct json_writer json;
    enum err e = args_need(app->args, "role", &role, app->diag);
    if (!e) {
        e = check_role(app, role);
    }
    if (e) {
        return e;
    }
    struct span text = span_of(name);
    if (text.size == 0 || text.size > NAME_MAX_SIZE || !app_is_line(text)) {
        return diag_set(app->diag, ERR_BAD_VALUE, "NAME", name, "1-200 bytes UTF-8", NULL);
    }
    app_new_id(app, id);
    buf_init(&definition, &app->host->mem, DEFINITION_MAX);
    json_begin(&json, &definition);
    json_open(&json, '{');
    json_put_member(&json, "id", id);
    json_put_member(&json, "name", name);
    json_put_member(&json, "role", role);
    json_close(&json, '}');
    e = publish(app, "_person", id, &definition);
    buf_release(&definition);
    if (!e) {
        const struct member members[] = {{.name = "name", .text = name},
                                         {.name = "id", .text = id}};
        app_answer(app, "admin.person_added", members, 2);
    }
    return e;
}

static enum err find_person(struct app *app, const struct org **ret_org,
                            const struct org_person **ret)
{
    enum err e = app_org(app, ret_org);
    return e ? e : org_person_find(*ret_org, app->words[0], ret, app->diag);
}

static enum err read_verbs(struct app *app, struct word_list *ret)
{
    static const char *const verbs[] = {"read", "write", "review", "redact"};
    enum err e = app_list(app, "verbs", ret);
    for (size_t i = 0; !e && i < ret->count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof verbs / sizeof verbs[0]; j++) {
            known = known || strcmp(ret->texts[i], verbs[j]) == 0;
        }
        if (!known) {
            e = diag_set(app->diag, ERR_BAD_CHOICE, "--verbs", ret->texts[i],
                         "read, write, review, redact", NULL);
        }
    }
    return e;
}

static enum err publish_grant(struct app *app, const char *person, const char *scope,
                              const struct word_list *compartments, const struct word_list *verbs)
{
    char id[ID_TEXT_SIZE];
    struct buf definition;
    struct json_writer json;
    app_new_id(app, id);
    buf_init(&definition, &app->host->mem, DEFINITION_MAX);
    json_begin(&json, &definition);
    json_open(&json, '{');
    json_put_member(&json, "id", id);
    json_put_member(&json, "person", person);
    json_put_member(&json, "scope", scope);
    put_list(&json, "compartments", compartments->texts, compartments->count);
    put_list(&json, "verbs", verbs->texts, verbs->count);
    json_close(&json, '}');
    enum err e = publish(app, "_grant", id, &definition);
    buf_release(&definition);
    return e;
}

enum err command_person_grant(struct app *app)
{
    const struct org *org;
    const struct org_person *person;
    struct word_list scopes, compartments, verbs;
    char id[ID_TEXT_SIZE], name[NAME_MAX_SIZE + 1];
    enum err e = find_person(app, &org, &person);
    if (!e) {
        e = app_scopes(app, org, &scopes);
    }
    if (!e) {
        e = app_compartments(app, org, false, &compartments);
    }
    if (!e) {
        e = read_verbs(app, &verbs);
    }
    if (e) {
        return e;
    }
    id_write(person->id, id); /* borrowed until the first grant is written */
    span_text(span_of(person->name), name, sizeof name);
    e = node_begin(app->node);
    if (e) {
        return diag_keep(app->diag, e);
    }
    for (size_t i = 0; !e && i < scopes.count; i++) {
        e = publish_grant(app, id, scopes.texts[i], &compartments, &verbs);
    }
    e = node_end(app->node, e);
    if (!e) {
        const struct member members[] = {{.name = "name", .text = name},
                                         {.name = "scopes", .number = (int64_t)scopes.count}};
        app_answer(app, "admin.person_granted", members, 2);
    }
    return e;
}

enum err command_person_revoke(struct app *app)
{
    const struct org *org;
    const struct org_person *person;
    char id[ID_TEXT_SIZE], name[NAME_MAX_SIZE + 1];
    enum err e = find_person(app, &org, &person);
    if (e) {
        return e;
    }
    id_write(person->id, id);
    span_text(span_of(person->name), name, sizeof name);
    e = org_revoke(app->node, "_person", id, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "name", .text = name},
                                         {.name = "id", .text = id}};
        app_answer(app, "admin.revoked", members, 2);
    }
    return e;
}

/* "05.081: base,health: read,write" for each grant that stands. */
static void list_grants(struct listing *listing, const struct org *org, struct id person,
                        struct arena *arena)
{
    const char **texts = arena_array(arena, org->grant_count + 1, sizeof *texts);
    size_t count = 0;
    for (size_t i = 0; texts != NULL && i < org->grant_count; i++) {
        const struct org_grant *grant = &org->grants[i];
        if (!id_equal(grant->person, person) || grant->revoked) {
            continue;
        }
        struct buf text;
        buf_init(&text, arena->mem, 4096);
        buf_add_format(&text, "%s:", grant->scope);
        for (size_t j = 0; j < grant->compartment_count; j++) {
            buf_add_format(&text, "%s%s", j > 0 ? "+" : "", grant->compartments[j]);
        }
        buf_add_format(&text, ":%s%s%s%s", grant->verbs & VERB_READ ? "r" : "",
                       grant->verbs & VERB_WRITE ? "w" : "", grant->verbs & VERB_REVIEW ? "v" : "",
                       grant->verbs & VERB_REDACT ? "x" : "");
        texts[count] = arena_text(arena, buf_text(&text));
        count += texts[count] != NULL;
        buf_release(&text);
    }
    listing_words(listing, texts, count);
}

enum err command_person_list(struct app *app)
{
    static const char *const columns[] = {"id", "name", "role", "grants", "revoked"};
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < org->person_count; i++) {
        const struct org_person *person = &org->persons[i];
        listing_id(&listing, person->id);
        listing_text(&listing, person->name);
        listing_word(&listing, "text.role_", person->role);
        list_grants(&listing, org, person->id, app->arena);
        listing_flag(&listing, person->revoked);
    }
    return listing_end(&listing);
}
