/*
 * fill_about.c - what a form is filled about: the tree that it stands in, and whether its records
 * can belong there, so that nobody answers forty questions for nothing.
 */
#include <string.h>

#include "fill.h"

/* Of what the person may not see nothing is said: the save will say that it can't be. */
enum err fill_read_around(struct call *call, struct fill *fill, struct record *ret)
{
    const struct filling *about = &fill->about;
    struct diag unseen = {0};
    if (!about->has_entity && !about->has_parent) {
        return OK;
    }
    enum err e =
        record_read(call->node, &call->person, about->has_entity ? about->entity : about->parent,
                    call->arena, ret, &unseen);
    if (!e) {
        id_write(ret->root, fill->root);
    } else if (e != ERR_NOT_FOUND && e != ERR_OUT_OF_SCOPE) {
        *call->diag = unseen;
        return e;
    }
    return OK;
}

/* Does the form always make one of it, for which a place has to be known? One that changes what its
   answers name, or that only some answers make, may do without. */
static bool is_made(const struct map_record *of)
{
    bool made = of->entity == NULL;
    const struct xform_node *at = of->entity == NULL ? NULL : of->entity->node->first;
    for (; at != NULL && at->attribute; at = at->next) {
        if (strcmp(at->name, "update") == 0) {
            return false;
        }
        made = made || (strcmp(at->name, "create") == 0 && at->calculate == NULL);
    }
    return made;
}

static bool asks_for_place(const struct map_record *of, const struct type *type)
{
    for (size_t i = 0; i < of->field_count; i++) {
        const struct property *property = type_property(type, of->fields[i].property);
        if (property != NULL && property->place) {
            return true;
        }
    }
    return false;
}

/* As the save judges it. */
static enum err check_record(struct call *call, const struct fill *fill,
                             const struct map_record *of, const struct type *type,
                             const struct record *around)
{
    const struct filling *about = &fill->about;
    if (type->parent == NULL) {
        bool placed = about->has_parent || about->place != NULL || asks_for_place(of, type);
        return placed ? OK : diag_set(call->diag, ERR_MISSING_ARGUMENT, "place", NULL);
    }
    if (!about->has_parent) {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "parent", NULL);
    }
    /* A record below another stands in a tree that may begin with the right one. */
    bool fits = around->type_name == NULL || around->has_parent ||
                strcmp(around->type_name, type->parent) == 0;
    return fits ? OK
                : diag_set(call->diag, ERR_BAD_CHOICE, "parent", around->type_name, type->parent,
                           NULL);
}

enum err fill_check_about(struct call *call, const struct fill *fill, const struct record *around)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    for (size_t i = 0; !e && !fill->about.has_entity && i < fill->map.record_count; i++) {
        const struct map_record *of = &fill->map.records[i];
        const struct type *type = org_type(org, span_of(of->type));
        if (type != NULL && of->parent == MAPPING_NONE && !of->place->repeat && is_made(of)) {
            e = check_record(call, fill, of, type, around);
        }
    }
    return e;
}
