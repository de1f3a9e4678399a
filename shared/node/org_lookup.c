/*
 * org_lookup.c - questions asked of the configuration. Pure.
 */
#include <string.h>

#include "org.h"

#define PREFIX_LEAST 4 /* characters of an id that may name it */

const struct type *org_type(const struct org *org, struct span id)
{
    for (size_t i = 0; i < org->type_count; i++) {
        if (span_is(id, org->types[i].id)) {
            return &org->types[i];
        }
    }
    return NULL;
}

const struct form *org_form(const struct org *org, struct span id)
{
    for (size_t i = 0; i < org->form_count; i++) {
        if (span_is(id, org->forms[i].id)) {
            return &org->forms[i];
        }
    }
    return NULL;
}

const struct form *org_form_version(const struct org *org, struct span id, int64_t version)
{
    const struct form *newest = org_form(org, id);
    if (newest && newest->hash && newest->version == version) {
        return newest;
    }
    for (size_t i = 0; i < org->old_form_count; i++) {
        if (org->old_forms[i].version == version && span_is(id, org->old_forms[i].id)) {
            return &org->old_forms[i];
        }
    }
    return NULL;
}

const struct org_place *org_place(const struct org *org, struct span code)
{
    size_t low = 0;
    size_t high = org->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(span_of(org->places[middle].code), code);
        if (order == 0) {
            return &org->places[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct org_person *org_person(const struct org *org, struct id id)
{
    for (size_t i = 0; i < org->person_count; i++) {
        if (id_equal(org->persons[i].id, id)) {
            return &org->persons[i];
        }
    }
    return NULL;
}

const struct org_node *org_node(const struct org *org, struct id id)
{
    for (size_t i = 0; i < org->node_count; i++) {
        if (id_equal(org->nodes[i].id, id)) {
            return &org->nodes[i];
        }
    }
    return NULL;
}

static bool id_begins(struct id id, const char *text)
{
    char full[ID_TEXT_SIZE];
    size_t size = strlen(text);
    id_write(id, full);
    return size >= PREFIX_LEAST && size < ID_TEXT_SIZE && strncmp(full, text, size) == 0;
}

enum err org_person_find(const struct org *org, const char *text, const struct org_person **ret,
                         struct diag *diag)
{
    const struct org_person *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < org->person_count; i++) {
        if (strcmp(org->persons[i].name, text) == 0 || id_begins(org->persons[i].id, text)) {
            found = &org->persons[i];
            count++;
        }
    }
    if (count > 1) {
        return diag_set(diag, ERR_AMBIGUOUS, text, "2+", NULL);
    }
    if (count == 0) {
        return diag_set(diag, ERR_UNKNOWN_PERSON, text, NULL);
    }
    *ret = found;
    return OK;
}

enum err org_node_find(const struct org *org, const char *text, const struct org_node **ret,
                       struct diag *diag)
{
    const struct org_node *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < org->node_count; i++) {
        const struct org_node *node = &org->nodes[i];
        if (strcmp(node->name, text) == 0 || strcmp(node->short_code, text) == 0 ||
            id_begins(node->id, text)) {
            found = node;
            count++;
        }
    }
    if (count > 1) {
        return diag_set(diag, ERR_AMBIGUOUS, text, "2+", NULL);
    }
    if (count == 0) {
        return diag_set(diag, ERR_UNKNOWN_NODE, text, NULL);
    }
    *ret = found;
    return OK;
}

static bool lists(const char *const *list, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++) {
        if (span_is(text, list[i])) {
            return true;
        }
    }
    return false;
}

bool org_person_may(const struct org *org, struct id person, struct span scope,
                    struct span compartment, enum verb verb)
{
    const struct org_person *who = org_person(org, person);
    if (!who || who->revoked) {
        return false;
    }
    for (size_t i = 0; i < org->grant_count; i++) {
        const struct org_grant *grant = &org->grants[i];
        if (!grant->revoked && id_equal(grant->person, person) && (grant->verbs & (unsigned)verb) &&
            place_within(scope, span_of(grant->scope)) &&
            lists(grant->compartments, grant->compartment_count, compartment)) {
            return true;
        }
    }
    return false;
}

bool org_node_covers(const struct org_node *node, struct span scope, struct span compartment)
{
    if (span_is(scope, PLACE_ORG)) {
        return true;
    }
    if (compartment.size > 0 && !lists(node->compartments, node->compartment_count, compartment)) {
        return false;
    }
    for (size_t i = 0; i < node->scope_count; i++) {
        if (place_within(scope, span_of(node->scopes[i]))) {
            return true;
        }
    }
    return false;
}
