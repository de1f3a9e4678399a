/*
 * command_type.c - `type show`, and what a new version changes before and when it is published.
 */
#include "command_type.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "record.h"
#include "type_change.h"

/* ---- one version */

static const char *state_of(const struct property *property)
{
    return property->retired ? "retired" : property->required ? "required" : "";
}

enum err command_type_show(struct app *app)
{
    static const char *const columns[] = {"property",    "kind",   "policy", "group",
                                          "compartment", "before", "state",  "label"};
    const struct org *org = NULL;
    struct listing listing;
    enum err e = app_org(app, &org);
    const struct type *type = e ? NULL : org_type(org, span_of(app->words[0]));
    if (!e && type == NULL) {
        e = diag_set(app->diag, ERR_UNKNOWN_TYPE, app->words[0], NULL);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 8);
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *property = &type->properties[i];
        listing_text(&listing, property->id);
        listing_text(&listing, value_type_name(property->type));
        listing_text(&listing, policy_name(property->policy));
        listing_text(&listing, property->group);
        listing_text(&listing, property->compartment);
        listing_words(&listing, property->moved_from, property->moved_count);
        listing_text(&listing, state_of(property));
        listing_text(&listing, labels_pick(&property->labels, app->language, property->id));
    }
    return listing_end(&listing);
}

/* ---- what a version changes */

static enum err count_records(struct app *app, const struct type *type,
                              const struct type_change *change, int64_t *ret)
{
    bool moved = change->kind == CHANGE_COMPARTMENT;
    *ret = 0;
    return moved || change->kind == CHANGE_RETIRED
               ? record_count_holding(app->node, type->id, change->property,
                                      moved ? change->before : NULL, ret)
               : OK;
}

static enum err list_changes(struct app *app, const struct type *before, const struct type *next,
                             struct listing *listing)
{
    struct type_change *changes = NULL;
    size_t count = 0;
    enum err e = before ? type_changes(before, next, app->arena, &changes, &count) : OK;
    if (!e && before == NULL) {
        listing_text(listing, next->id);
        listing_text(listing, "");
        listing_word(listing, "admin.change_", "new");
        listing_text(listing, NULL);
        listing_text(listing, NULL);
        listing_int(listing, 0);
    }
    for (size_t i = 0; !e && i < count; i++) {
        int64_t records = 0;
        e = count_records(app, next, &changes[i], &records);
        listing_text(listing, next->id);
        listing_text(listing, changes[i].property->id);
        listing_word(listing, "admin.change_", type_change_name(changes[i].kind));
        listing_text(listing, changes[i].before);
        listing_text(listing, changes[i].after);
        listing_int(listing, records);
    }
    return diag_keep(app->diag, e);
}

enum err type_say_changes(struct app *app, const struct type_step *steps, size_t count)
{
    static const char *const columns[] = {"type", "property", "what", "old", "new", "records"};
    struct listing listing;
    enum err e = OK;
    listing_begin(&listing, app, columns, 6);
    for (size_t i = 0; !e && i < count; i++) {
        e = list_changes(app, steps[i].before, steps[i].next, &listing);
    }
    if (e) {
        listing_drop(&listing);
        return e;
    }
    return listing_end(&listing);
}

/* ---- what must not happen unsaid */

static enum err warn_of_moves(struct app *app, const struct type_step *step)
{
    struct type_change *changes = NULL;
    size_t count = 0;
    enum err e = type_changes(step->before, step->next, app->arena, &changes, &count);
    for (size_t i = 0; !e && i < count; i++) {
        int64_t records = 0;
        char number[32];
        if (changes[i].kind != CHANGE_COMPARTMENT) {
            continue;
        }
        e = count_records(app, step->next, &changes[i], &records);
        (void)snprintf(number, sizeof number, "%lld", (long long)records);
        face_warn(app->face, "admin.type_moved", changes[i].property->id, changes[i].before,
                  changes[i].after, number, NULL);
    }
    return diag_keep(app->diag, e);
}

static void warn_of_forms(struct app *app, const struct org *org, const struct type *next)
{
    for (size_t i = 0; i < org->form_count; i++) {
        const struct form *form = &org->forms[i];
        for (size_t k = 0; strcmp(form->type, next->id) == 0 && k < form->question_count; k++) {
            const struct property *property = type_property(next, form->questions[k].save_to);
            if (property && property->retired) {
                face_warn(app->face, "admin.form_asks_retired", form->id, form->questions[k].name,
                          property->id, NULL);
            }
        }
    }
}

enum err type_warn(struct app *app, const struct org *org, const struct type_step *step)
{
    warn_of_forms(app, org, step->next);
    return step->before ? warn_of_moves(app, step) : OK;
}
