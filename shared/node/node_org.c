/*
 * node_org.c - the organisation's configuration: whose signature counts, publishing, revoking.
 */
#include <string.h>

#include "code.h"
#include "hash.h"
#include "json.h"
#include "node_internal.h"
#include "node_log.h"

static const char *const org_kinds[] = {"_type",  "_form", "_place",  "_person",
                                        "_grant", "_node", "_setting"};

void org_entity_id(const char *kind, const char *name, struct id *ret)
{
    struct hash_state state;
    struct hash hash;
    hash_begin(&state, "douar-org-entity-1");
    hash_add(&state, kind, strlen(kind) + 1);
    hash_add(&state, name, strlen(name));
    hash_end(&state, &hash);
    memcpy(ret->bytes, hash.bytes, ID_SIZE);
}

/* ---- whose signature counts */

/* Somebody else vouches for a node, and is there to do so. When an office is lost for good, it is
   revoked, and another one takes its devices over: as they are, with the keys that they have. */
static bool is_anothers(const struct org *org, const struct org_node *known,
                        const struct org_node *hub, const struct json *def)
{
    struct public_key key;
    const struct org_node *by = org_node(org, known->by);
    if (id_equal(known->by, hub->id)) {
        return false;
    }
    return !by || by->role != ROLE_HUB || !by->revoked ||
           !base64_read(span_of(json_get_text(def, "key", "")), key.bytes, PUBLIC_KEY_SIZE) ||
           !bytes_equal(key.bytes, known->key.bytes, PUBLIC_KEY_SIZE) ||
           strcmp(json_get_text(def, "short", ""), known->short_code) != 0;
}

/* A hub may vouch for workers and supervisors within its own scopes, and revoke those. */
static bool hub_may_vouch(const struct org *org, const struct org_node *hub, const struct op *op,
                          const struct json *values)
{
    const struct json *def = json_get(values, "def");
    enum role role = ROLE_REGION;
    if (!span_is(op->type, "_node") || hub->role != ROLE_HUB || hub->revoked) {
        return false;
    }
    if (!def) { /* a revocation: of a node this hub vouched for */
        for (size_t i = 0; i < org->node_count; i++) {
            struct id id;
            char text[ID_TEXT_SIZE];
            id_write(org->nodes[i].id, text);
            org_entity_id("_node", text, &id);
            if (id_equal(id, op->entity)) {
                return id_equal(org->nodes[i].by, hub->id);
            }
        }
        return false;
    }
    struct id by;
    struct id entity;
    struct id id;
    org_entity_id("_node", json_get_text(def, "id", ""), &entity);
    if (!id_equal(entity, op->entity) || !id_read(span_of(json_get_text(def, "id", "")), &id)) {
        return false; /* It would stand in another node's place. */
    }
    const struct org_node *known = org_node(org, id);
    if (known && is_anothers(org, known, hub, def)) {
        return false;
    }
    if (!role_from_name(json_get_text(def, "role", ""), &role) || role > ROLE_SUPERVISOR ||
        !id_read(span_of(json_get_text(def, "by", "")), &by) || !id_equal(by, hub->id)) {
        return false;
    }
    for (const struct json *scope = json_first(json_get(def, "scopes")); scope;
         scope = json_next(scope)) {
        if (!org_node_covers(hub, json_span(scope), (struct span){0})) {
            return false;
        }
    }
    for (const struct json *part = json_first(json_get(def, "compartments")); part;
         part = json_next(part)) {
        bool held = false;
        for (size_t i = 0; i < hub->compartment_count; i++) {
            held = held || span_is(json_span(part), hub->compartments[i]);
        }
        if (!held) {
            return false;
        }
    }
    return true;
}

enum err org_op_trusted(struct node *node, const struct op *op, const struct signature *signature,
                        bool *ret)
{
    const struct org *org = NULL;
    struct json *values = NULL;
    bool trusted = org_verify(&op->hash, &node->identity.org_key, signature);
    if (trusted) {
        *ret = true;
        return OK;
    }
    enum err e = node_org(node, &org);
    if (!e) {
        e = json_parse(op->values, &values, NULL);
    }
    for (size_t i = 0; !e && !trusted && i < org->node_count; i++) {
        if (org->nodes[i].role == ROLE_HUB &&
            org_verify(&op->hash, &org->nodes[i].key, signature)) {
            trusted = hub_may_vouch(org, &org->nodes[i], op, values);
        }
    }
    json_free(values);
    if (!e) {
        *ret = trusted;
    }
    return e;
}

/* ---- publishing */

static bool known_kind(const char *kind)
{
    for (size_t i = 0; i < sizeof org_kinds / sizeof org_kinds[0]; i++) {
        if (strcmp(org_kinds[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

/* The values object of the newest live op in the register, to tell whether anything changes. */
static enum err stands_already(struct node *node, struct id entity, const char *reg_name,
                               struct span values, struct arena *arena, bool *ret)
{
    struct entity_row row;
    int64_t reg = 0;
    struct live_op *live = NULL;
    size_t count = 0;
    *ret = false;
    enum err e = entity_find(node, entity, &row);
    if (!e) {
        e = symbol_find(node, span_of(reg_name), &reg);
    }
    if (e || row.id == 0 || reg == 0) {
        return e;
    }
    e = log_live(node, row.id, reg, arena, &live, &count);
    if (!e && count == 1) {
        struct logged logged;
        e = log_read(node, live[0].op, arena, &logged);
        *ret = !e && span_equal(logged.op.values, values);
    }
    return e;
}

static enum err write_org_op(struct node *node, const char *kind, const char *name,
                             const char *reg_name, struct span values, struct arena *arena)
{
    struct op op = {.known_format = true,
                    .type = span_of(kind),
                    .type_version = 1,
                    .kind = OP_SAVE,
                    .kind_name = span_of("save"),
                    .compartment = span_of("base"),
                    .extra = span_of("{}"),
                    .values = values};
    struct op_register reg = {.name = span_of(reg_name)};
    struct entity_row row;
    int64_t symbol = 0;
    int64_t op_row = 0;
    struct live_op *live = NULL;
    size_t count = 0;
    org_entity_id(kind, name, &op.entity);
    enum err e = entity_find(node, op.entity, &row);
    if (!e) {
        e = symbol_id(node, reg.name, &symbol);
    }
    if (!e && row.id != 0) {
        e = log_live(node, row.id, symbol, arena, &live, &count);
    }
    uint64_t *preds = e ? NULL : arena_array(arena, count + 1, sizeof *preds);
    if (!e && !preds) {
        e = ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < count; i++) {
        preds[i] = live[i].uid8;
    }
    reg.preds = preds;
    reg.pred_count = count;
    op.registers = &reg;
    op.register_count = 1;
    if (!e) {
        e = log_stamp(node, &op.stamp);
    }
    return e ? e : log_write(node, &op, true, &op_row);
}

static enum err publish_values(struct node *node, const char *kind, const char *name,
                               const char *reg_name, struct span values)
{
    struct arena arena;
    struct id entity;
    bool stands = false;
    arena_init(&arena, &node->host->mem, 16u * 1024 * 1024);
    org_entity_id(kind, name, &entity);
    enum err e = stands_already(node, entity, reg_name, values, &arena, &stands);
    if (!e && !stands) {
        e = write_org_op(node, kind, name, reg_name, values, &arena);
    }
    arena_release(&arena);
    return e;
}

/* Would our own signature count for this op at every other node? */
static enum err may_publish(struct node *node, const char *kind, struct span values,
                            const char *name, struct diag *diag)
{
    struct json *json = NULL;
    const struct org *org = NULL;
    struct op op = {.type = span_of(kind)};
    if (node->has_org_key) {
        return OK;
    }
    org_entity_id(kind, name, &op.entity);
    enum err e = node_org(node, &org);
    if (!e) {
        e = json_parse(values, &json, diag);
    }
    const struct org_node *me = e ? NULL : org_node(org, node->identity.id);
    if (!e && (!me || !hub_may_vouch(org, me, &op, json))) {
        e = diag_set(diag, ERR_NOT_ALLOWED, kind, role_name(node->identity.role), NULL);
    }
    json_free(json);
    return e;
}

static enum err publish(struct node *node, const char *kind, const char *name, const char *reg_name,
                        struct span value, struct diag *diag)
{
    struct buf values;
    if (!known_kind(kind)) {
        return diag_set(diag, ERR_UNKNOWN_TYPE, kind, NULL);
    }
    buf_init(&values, &node->host->mem, OP_BODY_MAX);
    buf_add_text(&values, "{\"");
    buf_add_text(&values, reg_name);
    buf_add_text(&values, "\":");
    buf_add_span(&values, value);
    buf_add_text(&values, "}");
    enum err e = buf_error(&values);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(diag, ERR_TOO_LARGE, name, "262144", NULL);
    }
    if (!e) {
        e = json_check(buf_span(&values), diag);
    }
    if (!e) {
        e = node_begin(node);
        if (!e) {
            e = may_publish(node, kind, buf_span(&values), name, diag);
            if (!e) {
                e = publish_values(node, kind, name, reg_name, buf_span(&values));
            }
            e = node_end(node, e);
        }
    }
    buf_release(&values);
    return node_failed(node, e, diag);
}

enum err org_publish(struct node *node, const char *kind, const char *name, struct span definition,
                     struct diag *diag)
{
    return publish(node, kind, name, "def", definition, diag);
}

enum err org_revoke(struct node *node, const char *kind, const char *name, struct diag *diag)
{
    return publish(node, kind, name, "revoked", span_of("true"), diag);
}
