/*
 * call_home.c - the home folder, and who may work here.
 */
#include <string.h>

#include "call_put.h"

enum err call_version(struct call *call)
{
    put_text(call, "version", DOUAR_VERSION);
    json_name(call->out, "languages");
    json_open(call->out, '[');
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        json_put_text(call->out, language_name((enum language)i));
    }
    json_close(call->out, ']');
    json_name(call->out, "calls");
    json_open(call->out, '[');
    for (size_t i = 0; device_call_name(i); i++) {
        json_put_text(call->out, device_call_name(i));
    }
    json_close(call->out, ']');
    return OK;
}

enum err call_init(struct call *call)
{
    const char *path = NULL;
    enum err e = call_path(call, CALL_DATABASE, &path);
    if (e) {
        return e;
    }
    if (call->host->files->exists(call->host->ctx, path)) {
        return diag_set(call->diag, ERR_EXISTS, "home", call->home, NULL);
    }
    e = call->host->files->make_folder(call->host->ctx, call->home);
    if (e) {
        return diag_set(call->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, call->home, "mkdir", NULL);
    }
    e = key_make(call, "passphrase", "key_file");
    if (!e) {
        e = node_create(&call->open->host, path, ROLE_WORKER, NULL, call->diag);
    }
    if (!e) {
        e = call_open_node(call);
    }
    if (e) {
        return e;
    }
    put_text(call, "home", call->home);
    put_id(call, "node", call->self.id);
    return OK;
}

/* The organisation's definition of this device; NULL until it has been received. */
static enum err find_self(struct call *call, const struct org_node **ret)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (!e) {
        *ret = org_node(org, call->self.id);
    }
    return e;
}

enum err call_whoami(struct call *call)
{
    const struct org_node *me = NULL;
    enum err e = find_self(call, &me);
    if (e) {
        return e;
    }
    put_text(call, "home", call->home);
    put_id(call, "node", call->self.id);
    json_name(call->out, "enrolled");
    json_put_bool(call->out, call->self.enrolled);
    put_text(call, "role", role_name(me ? me->role : call->self.role));
    put_text(call, "name", me ? me->name : NULL);
    put_text(call, "short", call->self.short_code);
    put_texts(call, "scopes", me ? (const char *const *)me->scopes : NULL,
              me ? me->scope_count : 0);
    put_texts(call, "compartments", me ? (const char *const *)me->compartments : NULL,
              me ? me->compartment_count : 0);
    return call->has_person ? put_person(call, "person", call->person) : OK;
}

/* ---- persons */

/* Does the grant reach something that the device holds, or the other way round? */
static bool grant_meets(const struct org_grant *grant, const struct org_node *me)
{
    for (size_t i = 0; i < me->scope_count; i++) {
        struct span mine = span_of(me->scopes[i]);
        struct span theirs = span_of(grant->scope);
        if (place_within(mine, theirs) || place_within(theirs, mine)) {
            return true;
        }
    }
    return false;
}

static bool may_use(const struct org *org, const struct org_node *me,
                    const struct org_person *person)
{
    for (size_t i = 0; i < org->grant_count; i++) {
        const struct org_grant *grant = &org->grants[i];
        if (id_equal(grant->person, person->id) && !grant->revoked && grant_meets(grant, me)) {
            return true;
        }
    }
    return false;
}

static void put_user(struct call *call, const struct org *org, const struct org_node *me,
                     const struct org_person *person)
{
    json_open(call->out, '{');
    put_id(call, "id", person->id);
    put_text(call, "name", person->name);
    put_text(call, "role", person->role);
    json_name(call->out, "scopes");
    json_open(call->out, '[');
    for (size_t i = 0; i < org->grant_count; i++) {
        const struct org_grant *grant = &org->grants[i];
        if (id_equal(grant->person, person->id) && !grant->revoked && grant_meets(grant, me)) {
            json_put_text(call->out, grant->scope);
        }
    }
    json_close(call->out, ']');
    json_close(call->out, '}');
}

enum err call_persons(struct call *call)
{
    const struct org_node *me = NULL;
    const struct org *org = NULL;
    enum err e = find_self(call, &me);
    if (!e) {
        e = node_org(call->node, &org);
    }
    if (e) {
        return e;
    }
    json_name(call->out, "persons");
    json_open(call->out, '[');
    for (size_t i = 0; me && i < org->person_count; i++) {
        const struct org_person *person = &org->persons[i];
        if (!person->revoked && may_use(org, me, person)) {
            put_user(call, org, me, person);
        }
    }
    json_close(call->out, ']');
    return OK;
}
