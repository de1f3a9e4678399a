/*
 * type_version.c - may one version of a type follow another? The rules and their reasons are in
 * schema/protocol.md, "Type versions".
 */
#include <stdio.h>
#include <string.h>

#include "type.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static enum err refuse(struct diag *diag, const struct type *type, const char *part,
                       const char *what, const char *mend)
{
    char where[DIAG_ARG_SIZE];
    (void)snprintf(where, sizeof where, "%s%s%s", part, part[0] && what[0] ? "." : "", what);
    return diag_set(diag, ERR_TYPE_CONFLICT, type->id, where, mend, NULL);
}

/* ---- what of a property may never change */

static const char *fixed_part(const struct property *before, const struct property *next)
{
    if (before->type != next->type) {
        return "type";
    }
    if (!same_text(before->group, next->group)) {
        return "group";
    }
    if (!same_text(before->ref, next->ref)) {
        return "ref";
    }
    if (before->place != next->place) {
        return "place";
    }
    bool structural = before->policy == POLICY_SET || next->policy == POLICY_SET ||
                      before->policy == POLICY_COUNTER;
    return structural && before->policy != next->policy ? "policy" : NULL;
}

/* Every compartment in which there may be values must be named. */
static enum err check_moves(const struct type *type, const struct property *before,
                            const struct property *next, struct diag *diag)
{
    const char *unsaid = NULL;
    if (!property_was_in(next, span_of(before->compartment))) {
        unsaid = before->compartment;
    }
    for (size_t i = 0; !unsaid && i < before->moved_count; i++) {
        if (!property_was_in(next, span_of(before->moved_from[i]))) {
            unsaid = before->moved_from[i];
        }
    }
    if (!unsaid) {
        return OK;
    }
    char what[DIAG_ARG_SIZE];
    (void)snprintf(what, sizeof what, "compartment (%s)", unsaid);
    return refuse(diag, type, before->id, what, "name its old compartment in moved_from");
}

static bool has_choice(const struct property *property, const char *name)
{
    for (size_t i = 0; i < property->choice_count; i++) {
        if (strcmp(property->choices[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum err check_choices(const struct type *type, const struct property *before,
                              const struct property *next, struct diag *diag)
{
    for (size_t i = 0; i < before->choice_count; i++) {
        if (!has_choice(next, before->choices[i].name)) {
            char where[DIAG_ARG_SIZE];
            (void)snprintf(where, sizeof where, "choices.%s", before->choices[i].name);
            return refuse(diag, type, before->id, where, "keep it with retired true");
        }
    }
    return OK;
}

static enum err check_old(const struct type *before, const struct type *next,
                          const struct property *old, struct diag *diag)
{
    const struct property *property = type_property(next, old->id);
    if (!property) {
        return refuse(diag, before, old->id, "", "keep it with retired true");
    }
    const char *fixed = fixed_part(old, property);
    if (fixed) {
        return refuse(diag, before, old->id, fixed, "add another property and retire this one");
    }
    enum err e = check_moves(before, old, property, diag);
    return e ? e : check_choices(before, old, property, diag);
}

/* ---- what is new */

static bool has_group(const struct type *type, const char *group)
{
    for (size_t i = 0; i < type->property_count; i++) {
        if (same_text(type->properties[i].group, group)) {
            return true;
        }
    }
    return false;
}

static enum err check_new(const struct type *before, const struct property *property,
                          struct diag *diag)
{
    if (type_property(before, property->id)) {
        return OK;
    }
    if (property->group && has_group(before, property->group)) {
        /* Who has the older version would write the group without it, and supersede it. */
        return refuse(diag, before, property->id, "group", "put it in a new group or in none");
    }
    return property->moved_count > 0
               ? refuse(diag, before, property->id, "moved_from", "leave out of what is new")
               : OK;
}

enum err type_may_follow(const struct type *before, const struct type *next, struct diag *diag)
{
    enum err e = OK;
    if (!same_text(before->id, next->id)) {
        return refuse(diag, before, "", "type", "give it the same name");
    }
    if (next->version <= before->version) {
        return refuse(diag, before, "", "version", "give it a higher version");
    }
    if (!same_text(before->parent, next->parent)) {
        return refuse(diag, before, "", "parent", "make another type instead");
    }
    for (size_t i = 0; !e && i < before->property_count; i++) {
        e = check_old(before, next, &before->properties[i], diag);
    }
    for (size_t i = 0; !e && i < next->property_count; i++) {
        e = check_new(before, &next->properties[i], diag);
    }
    return e;
}
