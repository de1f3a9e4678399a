/*
 * node_org_read.c - the organisation's configuration, read from its live ops into memory.
 *
 * Read whole when it changed, but for what types and forms say, which is kept: it is small
 * (hundreds of rows) and changes seldom, and a plain struct is what every other part can look at
 * without a query.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "json.h"
#include "lease.h"
#include "node_internal.h"
#include "node_log.h"

#define KEY_CHANGES "org_changes" /* in self: how often a definition changed */

/* Growing lists while reading; the arrays end in the org arena. */
struct org_reader {
    struct node *node;
    struct arena *arena;
    struct arena scratch; /* bodies and trees of one entity */
    struct type *types;
    size_t type_capacity;
    struct form *forms;
    size_t form_capacity;
    struct org_place *places;
    size_t place_capacity;
    struct org_person *persons;
    size_t person_capacity;
    struct org_grant *grants;
    size_t grant_capacity;
    struct org_node *nodes;
    size_t node_capacity;
    struct org org;
};

/* Room for one more item; doubles into the arena (what is left behind goes with it). */
static void *one_more(struct arena *arena, void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return list;
    }
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *more = arena_array(arena, wanted, size);
    if (more) {
        if (count > 0) {
            memcpy(more, list, count * size);
        }
        *capacity = wanted;
    }
    return more;
}

static const char *copy_text(struct org_reader *r, const struct json *object, const char *key)
{
    const char *text = json_text(json_get(object, key));
    return text ? arena_text(r->arena, text) : NULL;
}

static const char **copy_list(struct org_reader *r, const struct json *array, size_t *ret_count)
{
    size_t count = json_is(array, JSON_ARRAY) ? json_count(array) : 0;
    const char **list = arena_array(r->arena, count + 1, sizeof *list);
    size_t used = 0;
    for (const struct json *item = count ? json_first(array) : NULL; item && list;
         item = json_next(item)) {
        if (json_is(item, JSON_TEXT)) {
            list[used++] = arena_text(r->arena, json_text(item));
        }
    }
    *ret_count = list ? used : 0;
    return list;
}

static void copy_labels(struct org_reader *r, const struct json *object, struct labels *ret)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        const char *text = json_text(json_get(object, language_name((enum language)i)));
        ret->text[i] = text ? arena_text(r->arena, text) : NULL;
    }
}

static bool read_id(const struct json *object, const char *key, struct id *ret)
{
    return id_read(json_span(json_get(object, key)), ret);
}

/* ---- types and forms, which are read once */

/* What an op defines. An op never changes, so neither does this; row and uid together name it,
   since the row of one that a transaction took back is used again. */
struct org_parsed {
    int64_t op;
    uint64_t uid8;
    bool good; /* one from a later version that can't be read is left out */
    struct type type;
    struct form form;
};

static bool is_parsed(const char *kind)
{
    return strcmp(kind, "_type") == 0 || strcmp(kind, "_form") == 0;
}

static struct org_parsed *find_parsed(struct node *node, const struct live_op *op)
{
    for (size_t i = 0; i < node->parsed_count; i++) {
        if (node->parsed[i].op == op->op && node->parsed[i].uid8 == op->uid8) {
            return &node->parsed[i];
        }
    }
    return NULL;
}

/* NULL: there is no room, and it is read each time. */
static struct org_parsed *new_parsed(struct node *node, const struct live_op *op)
{
    if (!node->parsed) {
        node->parsed = arena_array(&node->parsed_arena, NODE_PARSED_MAX, sizeof *node->parsed);
    }
    if (!op || !node->parsed || node->parsed_count == NODE_PARSED_MAX) {
        return NULL;
    }
    struct org_parsed *parsed = &node->parsed[node->parsed_count];
    *parsed = (struct org_parsed){.op = op->op, .uid8 = op->uid8};
    return parsed;
}

static enum err add_type(struct org_reader *r, const struct type *type)
{
    r->types = one_more(r->arena, r->types, r->org.type_count, &r->type_capacity, sizeof *r->types);
    if (!r->types) {
        return ERR_NOMEM;
    }
    r->types[r->org.type_count++] = *type;
    return OK;
}

static enum err add_form(struct org_reader *r, const struct form *form)
{
    r->forms = one_more(r->arena, r->forms, r->org.form_count, &r->form_capacity, sizeof *r->forms);
    if (!r->forms) {
        return ERR_NOMEM;
    }
    r->forms[r->org.form_count++] = *form;
    return OK;
}

static enum err add_parsed(struct org_reader *r, const char *kind, const struct org_parsed *parsed)
{
    if (!parsed->good) {
        return OK;
    }
    return strcmp(kind, "_type") == 0 ? add_type(r, &parsed->type) : add_form(r, &parsed->form);
}

/* `op`: the only one that is live there; NULL: there are several, and the latest isn't kept. */
static enum err parse(struct org_reader *r, const char *kind, const struct json *def,
                      const struct live_op *op)
{
    struct org_parsed here = {.op = 0};
    struct org_parsed *parsed = new_parsed(r->node, op);
    struct arena *arena = parsed ? &r->node->parsed_arena : r->arena;
    parsed = parsed ? parsed : &here;
    enum err e = strcmp(kind, "_type") == 0 ? type_read(def, arena, &parsed->type, NULL)
                                            : form_read(def, NULL, arena, &parsed->form, NULL);
    if (e == ERR_NOMEM) {
        return e;
    }
    parsed->good = e == OK;
    r->node->parsed_count += parsed == &here ? 0 : 1;
    return add_parsed(r, kind, parsed);
}

/* ---- the others */

static enum err add_place(struct org_reader *r, const struct json *def)
{
    r->places =
        one_more(r->arena, r->places, r->org.place_count, &r->place_capacity, sizeof *r->places);
    if (!r->places) {
        return ERR_NOMEM;
    }
    struct org_place *place = &r->places[r->org.place_count];
    *place = (struct org_place){.code = copy_text(r, def, "code"),
                                .level = copy_text(r, def, "level"),
                                .parent = copy_text(r, def, "parent")};
    copy_labels(r, json_get(def, "labels"), &place->labels);
    r->org.place_count += place->code && place_code_valid(span_of(place->code)) ? 1 : 0;
    return OK;
}

static enum err add_person(struct org_reader *r, const struct json *def, bool revoked,
                           int64_t revoked_ms)
{
    r->persons = one_more(r->arena, r->persons, r->org.person_count, &r->person_capacity,
                          sizeof *r->persons);
    if (!r->persons) {
        return ERR_NOMEM;
    }
    struct org_person *person = &r->persons[r->org.person_count];
    *person = (struct org_person){.name = copy_text(r, def, "name"),
                                  .role = copy_text(r, def, "role"),
                                  .revoked = revoked,
                                  .revoked_ms = revoked_ms};
    if (read_id(def, "id", &person->id) && person->name && person->role) {
        r->org.person_count++;
    }
    return OK;
}

static enum err add_grant(struct org_reader *r, const struct json *def, bool revoked)
{
    static const struct {
        const char *name;
        enum verb verb;
    } verbs[] = {{"read", VERB_READ},
                 {"write", VERB_WRITE},
                 {"review", VERB_REVIEW},
                 {"redact", VERB_REDACT}};
    r->grants =
        one_more(r->arena, r->grants, r->org.grant_count, &r->grant_capacity, sizeof *r->grants);
    if (!r->grants) {
        return ERR_NOMEM;
    }
    struct org_grant *grant = &r->grants[r->org.grant_count];
    *grant = (struct org_grant){.scope = copy_text(r, def, "scope"), .revoked = revoked};
    grant->compartments = copy_list(r, json_get(def, "compartments"), &grant->compartment_count);
    for (const struct json *item = json_first(json_get(def, "verbs")); item;
         item = json_next(item)) {
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
            grant->verbs |= span_is(json_span(item), verbs[i].name) ? verbs[i].verb : 0u;
        }
    }
    if (read_id(def, "id", &grant->id) && read_id(def, "person", &grant->person) && grant->scope) {
        r->org.grant_count++;
    }
    return OK;
}

static enum err add_node(struct org_reader *r, const struct json *def, bool revoked,
                         int64_t revoked_ms)
{
    r->nodes = one_more(r->arena, r->nodes, r->org.node_count, &r->node_capacity, sizeof *r->nodes);
    if (!r->nodes) {
        return ERR_NOMEM;
    }
    struct org_node *node = &r->nodes[r->org.node_count];
    uint8_t key[PUBLIC_KEY_SIZE];
    *node = (struct org_node){.name = copy_text(r, def, "name"),
                              .short_code = copy_text(r, def, "short"),
                              .revoked = revoked,
                              .revoked_ms = revoked_ms};
    node->scopes = copy_list(r, json_get(def, "scopes"), &node->scope_count);
    node->compartments = copy_list(r, json_get(def, "compartments"), &node->compartment_count);
    node->has_person = read_id(def, "person", &node->person);
    (void)read_id(def, "by", &node->by);
    if (read_id(def, "id", &node->id) && node->name && node->short_code &&
        role_from_name(json_get_text(def, "role", ""), &node->role) &&
        base64_read(json_span(json_get(def, "key")), key, sizeof key)) {
        memcpy(node->key.bytes, key, sizeof key);
        r->org.node_count++;
        if (node->role == ROLE_REGION && !revoked) { /* hubs vouch for devices alone */
            r->org.has_recovery = base64_read(json_span(json_get(def, "recovery")),
                                              r->org.recovery.bytes, PUBLIC_KEY_SIZE);
        }
    }
    return OK;
}

/* Settings of the whole organisation: a value out of its range counts as none. */
static enum err add_setting(struct org_reader *r, const struct json *def)
{
    int64_t days = json_get_int(def, "days", -1);
    if (strcmp(json_get_text(def, "id", ""), SETTING_LEASE) == 0 && days >= 0 &&
        days <= LEASE_DAYS_MAX) {
        r->org.lease_days = days;
    }
    return OK;
}

static enum err add_definition(struct org_reader *r, const char *kind, const struct json *def,
                               bool revoked, int64_t revoked_ms)
{
    if (strcmp(kind, "_place") == 0) {
        return add_place(r, def);
    }
    if (strcmp(kind, "_person") == 0) {
        return add_person(r, def, revoked, revoked_ms);
    }
    if (strcmp(kind, "_grant") == 0) {
        return add_grant(r, def, revoked);
    }
    if (strcmp(kind, "_setting") == 0) {
        return add_setting(r, def);
    }
    return add_node(r, def, revoked, revoked_ms);
}

static enum err read_definition(struct org_reader *r, int64_t entity, const char *kind,
                                const struct live_op *only)
{
    struct logged def_op;
    struct logged revoke_op;
    struct json *def = NULL;
    struct json *revoke = NULL;
    bool found = false;
    bool revoked = false;
    enum err e = org_latest(r->node, entity, "def", &r->scratch, &def_op, &found);
    if (e || !found) {
        return e;
    }
    e = org_latest(r->node, entity, "revoked", &r->scratch, &revoke_op, &revoked);
    if (!e) {
        e = json_parse(def_op.op.values, &def, NULL);
    }
    if (!e && revoked) {
        e = json_parse(revoke_op.op.values, &revoke, NULL);
        revoked = json_bool(json_get(revoke, "revoked"));
    }
    if (!e && is_parsed(kind)) {
        e = parse(r, kind, json_get(def, "def"), only);
    } else if (!e) {
        e = add_definition(r, kind, json_get(def, "def"), revoked,
                           revoked ? revoke_op.effective_ms : 0);
    }
    json_free(def);
    json_free(revoke);
    return e;
}

static enum err only_definition(struct org_reader *r, int64_t entity, struct live_op *ret,
                                bool *ret_found)
{
    struct live_op *live = NULL;
    size_t count = 0;
    int64_t def = 0;
    enum err e = symbol_find(r->node, span_of("def"), &def);
    if (!e) {
        e = log_live(r->node, entity, def, &r->scratch, &live, &count);
    }
    *ret_found = !e && count == 1;
    if (*ret_found) {
        *ret = live[0];
    }
    return e;
}

static enum err read_entity(struct org_reader *r, int64_t entity, const char *kind)
{
    struct live_op op = {0};
    bool only = false;
    arena_reset(&r->scratch);
    enum err e = is_parsed(kind) ? only_definition(r, entity, &op, &only) : OK;
    const struct org_parsed *parsed = only ? find_parsed(r->node, &op) : NULL;
    if (!e) {
        e = parsed ? add_parsed(r, kind, parsed)
                   : read_definition(r, entity, kind, only ? &op : NULL);
    }
    return e == ERR_NOMEM || e == ERR_DB || e == ERR_DB_CORRUPT ? e : OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct org_place *x = a;
    const struct org_place *y = b;
    return strcmp(x->code, y->code);
}

static int compare_types(const void *a, const void *b)
{
    const struct type *x = a;
    const struct type *y = b;
    return strcmp(x->id, y->id);
}

static int compare_forms(const void *a, const void *b)
{
    const struct form *x = a;
    const struct form *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : x->version < y->version ? 1 : x->version > y->version ? -1 : 0;
}

/* The newest of each first, those before it behind them. */
static enum err part_forms(struct org_reader *r)
{
    struct form *old = arena_array(r->arena, r->org.form_count + 1, sizeof *old);
    size_t kept = 0;
    if (!old) {
        return ERR_NOMEM;
    }
    if (r->org.form_count) {
        qsort(r->forms, r->org.form_count, sizeof *r->forms, compare_forms);
    }
    for (size_t i = 0; i < r->org.form_count; i++) {
        if (kept > 0 && strcmp(r->forms[kept - 1].id, r->forms[i].id) == 0) {
            old[r->org.old_form_count++] = r->forms[i];
        } else {
            r->forms[kept++] = r->forms[i];
        }
    }
    r->org.form_count = kept;
    r->org.old_forms = old;
    return OK;
}

static void finish(struct org_reader *r)
{
    if (r->org.place_count) {
        qsort(r->places, r->org.place_count, sizeof *r->places, compare_places);
    }
    if (r->org.type_count) {
        qsort(r->types, r->org.type_count, sizeof *r->types, compare_types);
    }
    r->org.types = r->types;
    r->org.forms = r->forms;
    r->org.places = r->places;
    r->org.persons = r->persons;
    r->org.grants = r->grants;
    r->org.nodes = r->nodes;
}

/* Entity rows and kinds first: reading their ops needs the statements again. */
struct org_entity {
    int64_t id;
    const char *kind;
};

static enum err list_entities(struct org_reader *r, struct org_entity **ret, size_t *ret_count)
{
    struct org_entity *list = NULL;
    size_t count = 0;
    size_t capacity = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(r->node->db, ORG_OPS);
    while (!e && stmt_row(s)) {
        list = one_more(r->arena, list, count, &capacity, sizeof *list);
        if (!list) {
            e = ERR_NOMEM;
            break;
        }
        list[count].id = stmt_i64(s, 0);
        list[count].kind = arena_span_text(r->arena, stmt_span(s, 1));
        e = list[count].kind ? OK : ERR_NOMEM;
        count++;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

void node_org_hold(struct node *node)
{
    node_notice_others(node);
    node->org_held++;
}

void node_org_drop(struct node *node)
{
    assert(node->org_held > 0);
    node->org_held--;
}

enum err org_changed(struct node *node)
{
    int64_t changes = 0;
    enum err e = self_i64(node, KEY_CHANGES, 0, &changes);
    node->org_stale = true;
    return e ? e : self_set_i64(node, KEY_CHANGES, changes + 1);
}

/* Whether what was read stands. The count is read before what it counts: one who writes meanwhile
   is noticed the next time. */
static enum err is_fresh(struct node *node, bool *ret)
{
    int64_t changes = node->org_changes;
    node_notice_others(node);
    if (node->org_stale || node->org_unsure) {
        enum err e = self_i64(node, KEY_CHANGES, 0, &changes);
        if (e) {
            return e;
        }
    }
    *ret = !node->org_stale && changes == node->org_changes;
    node->org_stale = !*ret;
    node->org_unsure = false;
    node->org_changes = changes;
    return OK;
}

/* For a new reading; the one before stays where it is when somebody keeps it. */
static void make_room(struct node *node)
{
    if (!node->org_kept) {
        arena_reset(&node->org_arena);
        return;
    }
    arena_release(&node->org_kept_arena);
    node->org_kept_arena = node->org_arena;
    arena_init(&node->org_arena, &node->host->mem, NODE_ORG_ARENA);
    node->org_kept = false;
}

enum err node_org_keep(struct node *node, const struct org **ret)
{
    enum err e = node_org(node, ret);
    if (!e) {
        arena_release(&node->org_kept_arena);
        node->org_kept = true;
    }
    return e;
}

enum err node_org(struct node *node, const struct org **ret)
{
    bool fresh = false;
    enum err e = is_fresh(node, &fresh);
    if (e || fresh) {
        *ret = &node->org;
        return e;
    }
    struct org_reader r = {
        .node = node, .arena = &node->org_arena, .org = {.lease_days = LEASE_DAYS_DEFAULT}};
    struct org_entity *list = NULL;
    size_t count = 0;
    make_room(node);
    node->org = (struct org){0};
    arena_init(&r.scratch, &node->host->mem, 64u * 1024 * 1024);
    e = list_entities(&r, &list, &count);
    for (size_t i = 0; !e && i < count; i++) {
        e = read_entity(&r, list[i].id, list[i].kind);
    }
    arena_release(&r.scratch);
    if (!e) {
        e = part_forms(&r);
    }
    if (!e) {
        finish(&r);
        node->org = r.org;
        node->org_stale = false;
        node->org_settled = false;
        *ret = &node->org;
    }
    return e;
}
