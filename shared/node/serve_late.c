/*
 * serve_late.c - work outside what its author is granted: accepted, flagged, shown for review.
 */
#include <string.h>

#include "serve_internal.h"

enum err late_scopes_of(struct node *node, const struct op *op, struct members *ret)
{
    struct entity_row entity;
    enum err e = entity_find(node, op->entity, &entity);
    return e ? e : members_of(node, entity.root, ret);
}

enum err serve_note_brought(struct serve *serve, const struct op *op)
{
    struct entity_row entity;
    enum err e = entity_find(serve->node, op->entity, &entity);
    if (e || entity.id == 0 ||
        (serve->brought_count > 0 && serve->brought[serve->brought_count - 1] == entity.id)) {
        return e; /* ops of one entity mostly stand together; each root is told once anyway */
    }
    if (serve->brought_count == serve->brought_capacity) {
        size_t wanted = serve->brought_capacity ? serve->brought_capacity * 2 : 64;
        int64_t *brought = arena_array(serve->arena, wanted, sizeof *brought);
        if (!brought) {
            return ERR_NOMEM;
        }
        if (serve->brought_count) {
            memcpy(brought, serve->brought, serve->brought_count * sizeof *brought);
        }
        serve->brought = brought;
        serve->brought_capacity = wanted;
    }
    serve->brought[serve->brought_count++] = entity.id;
    return OK;
}

struct judged {
    bool device_ok, person_ok;
};

/*
 * The compartment a register belongs to by its type; the one the op says while that isn't known, or
 * when the property was in it and the author hadn't heard that it moved.
 */
static struct span compartment_of(const struct org *org, const struct op *op, struct span reg)
{
    char name[2 * TYPE_NAME_MAX + 2];
    const struct type *type = org_type(org, op->type);
    const struct property *property = NULL;
    if (type && reg.size < sizeof name) {
        span_text(reg, name, sizeof name);
        property = type_register(type, name);
    }
    bool unheard =
        property && op->type_version < type->version && property_was_in(property, op->compartment);
    return property && !unheard ? span_of(property->compartment) : op->compartment;
}

/* An op may name one compartment and write registers of another: both must be granted. */
static bool device_may(const struct serve *serve, const struct org_node *author,
                       const struct op *op, struct span scope)
{
    bool may = author->role == ROLE_REGION || org_node_covers(author, scope, op->compartment);
    for (size_t i = 0; may && author->role != ROLE_REGION && i < op->register_count; i++) {
        struct span compartment = compartment_of(serve->org, op, op->registers[i].name);
        may = org_node_covers(author, scope, compartment);
    }
    return may;
}

static enum err judge(struct serve *serve, const struct org_node *author, const struct op *op,
                      const struct members *members, struct judged *ret)
{
    struct judged judged = {false, false};
    enum err e = OK;
    for (size_t i = 0; !e && i < members->count; i++) {
        const char *scope = NULL;
        e = symbol_text(serve->node, members->scopes[i], &scope);
        if (!e) {
            judged.device_ok = judged.device_ok || device_may(serve, author, op, span_of(scope));
            judged.person_ok =
                judged.person_ok || author->role >= ROLE_HUB ||
                org_person_may(serve->org, op->person, span_of(scope), op->compartment, VERB_WRITE);
        }
    }
    if (!e) {
        *ret = judged;
    }
    return e;
}

static bool person_may_somewhere(const struct org *org, const struct op *op)
{
    bool may = false;
    for (size_t i = 0; !may && i < org->grant_count; i++) {
        const struct org_grant *grant = &org->grants[i];
        may = id_equal(grant->person, op->person) &&
              org_person_may(org, op->person, span_of(grant->scope), op->compartment, VERB_WRITE);
    }
    return may;
}

/* Where it belongs isn't known yet: what its author may write nowhere is outside all the same, or
   the values could be sent ahead of the op that gives their record its place. */
static void judge_unplaced(const struct serve *serve, const struct org_node *author,
                           const struct op *op, struct judged *ret)
{
    struct span own = span_of(author->scope_count > 0 ? author->scopes[0] : "");
    ret->device_ok = device_may(serve, author, op, own);
    ret->person_ok = author->role >= ROLE_HUB || person_may_somewhere(serve->org, op);
}

enum err late_flag(struct serve *serve, const struct org_node *author, const struct op *op,
                   const struct members *before, int64_t row)
{
    struct members members = *before;
    struct judged judged = {true, true};
    enum err e = OK;
    if (op->type.size == 0 || op->type.data[0] == '_') {
        return OK;
    }
    if (members.count == 0) { /* new: where it says that it belongs */
        e = late_scopes_of(serve->node, op, &members);
    }
    if (!e && members.count > 0) {
        e = judge(serve, author, op, &members, &judged);
    } else if (!e) {
        judge_unplaced(serve, author, op, &judged);
    }
    if (e || (judged.device_ok && judged.person_ok)) {
        return e;
    }
    serve->reply.late_count++;
    return log_flag(serve->node, row, judged.device_ok ? "person_not_granted" : "out_of_scope");
}
