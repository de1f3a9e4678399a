#include "type.h"

#include <assert.h>
#include <string.h>

/* ---- Names ---- */

static const char *const policies[POLICY_COUNT] = {
    [POLICY_REVIEW] = "review", [POLICY_LAST] = "last",     [POLICY_MAX] = "max",
    [POLICY_MIN] = "min",       [POLICY_SET] = "set",       [POLICY_COUNTER] = "counter",
    [POLICY_RANK] = "rank",     [POLICY_APPEND] = "append", [POLICY_DERIVED] = "derived",
};

static const char *const languages[LANGUAGE_COUNT] = {
    [LANGUAGE_AR] = "ar",
    [LANGUAGE_FR] = "fr",
    [LANGUAGE_ZGH] = "zgh",
    [LANGUAGE_EN] = "en",
};

static bool find_name(const char *const *names, size_t count, const char *name, size_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

const char *policy_name(enum policy policy)
{
    assert(policy < POLICY_COUNT);
    return policies[policy];
}

bool policy_from_name(const char *name, enum policy *ret)
{
    size_t found = 0;
    if (!find_name(policies, POLICY_COUNT, name, &found)) {
        return false;
    }
    *ret = (enum policy)found;
    return true;
}

bool policy_keeps_all(enum policy policy)
{
    return policy == POLICY_COUNTER || policy == POLICY_APPEND;
}

const char *language_name(enum language language)
{
    assert(language < LANGUAGE_COUNT);
    return languages[language];
}

bool language_from_name(const char *name, enum language *ret)
{
    size_t found = 0;
    if (!find_name(languages, LANGUAGE_COUNT, name, &found)) {
        return false;
    }
    *ret = (enum language)found;
    return true;
}

const char *labels_pick(const struct labels *labels, enum language language, const char *otherwise)
{
    static const enum language fallbacks[] = {LANGUAGE_FR, LANGUAGE_AR, LANGUAGE_EN, LANGUAGE_ZGH};
    if (labels->text[language]) {
        return labels->text[language];
    }
    for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
        if (labels->text[fallbacks[i]]) {
            return labels->text[fallbacks[i]];
        }
    }
    return otherwise;
}

/* ---- Properties and registers ---- */

const struct property *type_property(const struct type *type, const char *id)
{
    for (size_t i = 0; i < type->property_count; i++) {
        if (strcmp(type->properties[i].id, id) == 0) {
            return &type->properties[i];
        }
    }
    return NULL;
}

const char *property_register(const struct property *property)
{
    return property->group ? property->group : property->id;
}

bool property_was_in(const struct property *property, struct span compartment)
{
    bool found = span_is(compartment, property->compartment);
    for (size_t i = 0; !found && i < property->moved_count; i++) {
        found = span_is(compartment, property->moved_from[i]);
    }
    return found;
}

const struct property *type_register(const struct type *type, const char *reg)
{
    size_t size = strcspn(reg, "/");
    bool element = reg[size] == '/';
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *property = &type->properties[i];
        const char *name = property_register(property);
        if (strlen(name) == size && memcmp(name, reg, size) == 0 &&
            (!element || property->policy == POLICY_SET)) {
            return property;
        }
    }
    return NULL;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out or changed (Levenshtein); both of at most
   TYPE_NAME_MAX letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[TYPE_NAME_MAX + 1];
    size_t size_b = strlen(b);
    for (size_t k = 0; k <= size_b; k++) {
        row[k] = k;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t before = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < size_b; k++) {
            size_t changed = before + (a[i] != b[k]);
            before = row[k + 1];
            row[k + 1] = min_of(changed, min_of(row[k], row[k + 1]) + 1);
        }
    }
    return row[size_b];
}

const char *type_nearest_property(const struct type *type, const char *id)
{
    size_t size = strlen(id);
    const char *nearest = "";
    size_t best = min_of(size / 2, 3) + 1; /* Farther than that is another word. */
    if (size > TYPE_NAME_MAX) {
        return "";
    }
    for (size_t i = 0; i < type->property_count; i++) {
        const char *candidate = type->properties[i].id;
        if (strlen(candidate) > TYPE_NAME_MAX) {
            continue;
        }
        bool prefix = size >= 3 && strncmp(candidate, id, size) == 0;
        size_t found = prefix ? 1 : distance(id, candidate);
        if (found < best) {
            best = found;
            nearest = candidate;
        }
    }
    return nearest;
}
