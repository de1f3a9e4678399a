/*
 * node_project_org.c - which records a change of the organisation makes stale.
 *
 * A fingerprint of everything that what is shown depends on is kept beside the records: one of
 * the whole to ask cheaply "did anything change?", and one for each part to know what did.
 */
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "node_project.h"
#include "node_rules.h"

#define WHOLE_KEY "shown_org"
#define SIGHT_KEY "shown_sight"
#define RANK_KEY  "shown_ranks"
#define TYPE_KEY  "shown_type."
#define FORMS_KEY "shown_forms"

static void add_text(struct hash_state *state, const char *text)
{
    hash_add_sized(state, span_of(text ? text : ""));
}

static void type_print(const struct type *type, struct hash *ret)
{
    struct hash_state state;
    hash_begin(&state, "douar-shown-type");
    add_text(&state, type->id);
    for (size_t i = 0; i < type->title_count; i++) {
        add_text(&state, type->title[i]);
    }
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *p = &type->properties[i];
        const uint64_t facts[] = {(uint64_t)p->type, (uint64_t)p->policy, p->search, p->unique};
        add_text(&state, p->id);
        add_text(&state, p->group);
        add_text(&state, p->compartment);
        for (size_t k = 0; k < sizeof facts / sizeof facts[0]; k++) {
            hash_add_u64(&state, facts[k]);
        }
    }
    hash_end(&state, ret);
}

/* Where this node may look. A server holds and shows all. */
static void sight_print(const struct node *node, const struct org *org, struct hash *ret)
{
    struct hash_state state;
    const struct org_node *me = org_node(org, node->identity.id);
    hash_begin(&state, "douar-shown-sight");
    if (me && node->identity.role < ROLE_HUB) {
        for (size_t i = 0; i < me->scope_count; i++) {
            add_text(&state, me->scopes[i]);
        }
    }
    hash_end(&state, ret);
}

/* Whose values stand over a worker's. */
static void rank_print(const struct org *org, struct hash *ret)
{
    struct hash_state state;
    hash_begin(&state, "douar-shown-ranks");
    for (size_t i = 0; i < org->person_count; i++) {
        if (strcmp(org->persons[i].role, "worker") != 0) {
            hash_add(&state, org->persons[i].id.bytes, ID_SIZE);
        }
    }
    hash_end(&state, ret);
}

/* Whose rules can be asked. */
static void forms_print(const struct org *org, struct hash *ret)
{
    struct hash_state state;
    hash_begin(&state, "douar-shown-forms");
    for (size_t i = 0; i < org->form_count + org->old_form_count; i++) {
        const struct form *form =
            i < org->form_count ? &org->forms[i] : &org->old_forms[i - org->form_count];
        add_text(&state, form->id);
        add_text(&state, form->hash);
        hash_add_u64(&state, (uint64_t)form->version);
    }
    hash_end(&state, ret);
}

static void whole_print(const struct node *node, const struct org *org, struct hash *ret)
{
    struct hash_state state;
    struct hash part;
    hash_begin(&state, "douar-shown-org");
    sight_print(node, org, &part);
    hash_add(&state, part.bytes, HASH_SIZE);
    rank_print(org, &part);
    hash_add(&state, part.bytes, HASH_SIZE);
    forms_print(org, &part);
    hash_add(&state, part.bytes, HASH_SIZE);
    for (size_t i = 0; i < org->type_count; i++) {
        type_print(&org->types[i], &part);
        hash_add(&state, part.bytes, HASH_SIZE);
    }
    hash_end(&state, ret);
}

static enum err same_as_kept(struct node *node, const char *key, const struct hash *print,
                             bool *ret)
{
    struct hash kept = {{0}};
    bool found = false;
    enum err e = self_blob(node, key, kept.bytes, HASH_SIZE, &found);
    if (!e) {
        *ret = found && memcmp(kept.bytes, print->bytes, HASH_SIZE) == 0;
    }
    return e;
}

/* Keeps the new fingerprint; marks all entities (of one type; 0: of all) when it differs. */
static enum err settle(struct node *node, const char *key, const struct hash *print, int64_t type)
{
    bool same = false;
    enum err e = same_as_kept(node, key, print, &same);
    if (e || same) {
        return e;
    }
    e = self_set_blob(node, key, print->bytes, HASH_SIZE);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, type ? PROJECT_TYPE : PROJECT_ALL);
    if (type) {
        stmt_bind_i64(s, 1, type);
    }
    return stmt_run(s);
}

enum err project_org_changed(struct node *node, bool *ret)
{
    const struct org *org = NULL;
    struct hash whole;
    bool same = false;
    enum err e = node_org(node, &org);
    if (!e && node->org_settled) { /* every read asks: hash only what was read anew */
        *ret = false;
        return OK;
    }
    if (!e) {
        whole_print(node, org, &whole);
        e = same_as_kept(node, WHOLE_KEY, &whole, &same);
    }
    if (!e) {
        node->org_settled = same;
        *ret = !same;
    }
    return e;
}

static enum err settle_types(struct node *node, const struct org *org)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < org->type_count; i++) {
        char key[sizeof TYPE_KEY + TYPE_NAME_MAX + 1];
        struct hash print;
        int64_t type = 0;
        (void)snprintf(key, sizeof key, "%s%s", TYPE_KEY, org->types[i].id);
        type_print(&org->types[i], &print);
        e = symbol_id(node, span_of(org->types[i].id), &type);
        if (!e) {
            e = settle(node, key, &print, type);
        }
    }
    return e;
}

/* Records that a form wrote which is known only now. */
static enum err settle_forms(struct node *node, const struct org *org)
{
    struct hash print;
    bool same = false;
    forms_print(org, &print);
    enum err e = same_as_kept(node, FORMS_KEY, &print, &same);
    if (e || same) {
        return e;
    }
    e = self_set_blob(node, FORMS_KEY, print.bytes, HASH_SIZE);
    return e ? e : rules_forms_came(node);
}

enum err project_org_changes(struct node *node)
{
    const struct org *org = NULL;
    struct hash print;
    bool changed = false;
    enum err e = project_org_changed(node, &changed);
    if (e || !changed) {
        return e;
    }
    e = node_org(node, &org);
    if (e) {
        return e;
    }
    sight_print(node, org, &print);
    e = settle(node, SIGHT_KEY, &print, 0);
    if (!e) {
        rank_print(org, &print);
        e = settle(node, RANK_KEY, &print, 0);
    }
    if (!e) {
        e = settle_types(node, org);
    }
    if (!e) {
        e = settle_forms(node, org);
    }
    if (!e) {
        whole_print(node, org, &print);
        e = self_set_blob(node, WHOLE_KEY, print.bytes, HASH_SIZE);
    }
    return e;
}
