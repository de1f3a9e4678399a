/*
 * type_change.c - what a version of a type changes.
 */
#include "type_change.h"

#include <assert.h>
#include <string.h>

static const char *const names[] = {
#define TYPE_CHANGE_NAME(kind, name) [kind] = name,
    TYPE_CHANGES(TYPE_CHANGE_NAME)
#undef TYPE_CHANGE_NAME
};

const char *type_change_name(enum type_change_kind kind)
{
    assert(kind < CHANGE_COUNT);
    return names[kind];
}

struct changes {
    struct arena *arena;
    struct type_change *list;
    size_t count, capacity;
};

static enum err push(struct changes *changes, struct type_change change)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity == 0 ? 16 : 2 * changes->capacity;
        struct type_change *list = arena_array(changes->arena, capacity, sizeof *list);
        if (!list) {
            return ERR_NOMEM;
        }
        if (changes->count > 0) {
            memcpy(list, changes->list, changes->count * sizeof *list);
        }
        changes->list = list;
        changes->capacity = capacity;
    }
    changes->list[changes->count++] = change;
    return OK;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_labels(const struct labels *a, const struct labels *b)
{
    bool same = true;
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        same = same && same_text(a->text[i], b->text[i]);
    }
    return same;
}

static bool same_rules(const struct property *a, const struct property *b)
{
    return a->required == b->required && a->unique == b->unique && a->location == b->location &&
           same_text(a->pattern, b->pattern) && same_text(a->min, b->min) &&
           same_text(a->max, b->max);
}

static const struct choice *find_choice(const struct property *property, const char *name)
{
    for (size_t i = 0; i < property->choice_count; i++) {
        if (strcmp(property->choices[i].name, name) == 0) {
            return &property->choices[i];
        }
    }
    return NULL;
}

/* `*ret_words`: some label of a choice differs. */
static enum err compare_choices(struct changes *changes, const struct property *before,
                                const struct property *next, bool *ret_words)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < next->choice_count; i++) {
        const struct choice *choice = &next->choices[i];
        const struct choice *old = find_choice(before, choice->name);
        struct type_change change = {CHANGE_CHOICE_ADDED, next, NULL, choice->name};
        if (old && old->retired != choice->retired) {
            change.kind = choice->retired ? CHANGE_CHOICE_RETIRED : CHANGE_CHOICE_AGAIN;
        }
        if (!old || old->retired != choice->retired) {
            e = push(changes, change);
        }
        *ret_words = *ret_words || (old && !same_labels(&old->labels, &choice->labels));
    }
    return e;
}

static enum err compare(struct changes *changes, const struct property *before,
                        const struct property *next)
{
    bool words = !same_labels(&before->labels, &next->labels) ||
                 !same_labels(&before->hint, &next->hint) ||
                 !same_text(before->example, next->example);
    enum err e = compare_choices(changes, before, next, &words);
    const struct {
        bool differs;
        struct type_change change;
    } rows[] = {
        {before->retired != next->retired,
         {next->retired ? CHANGE_RETIRED : CHANGE_ASKED_AGAIN, next, NULL, NULL}},
        {before->policy != next->policy,
         {CHANGE_POLICY, next, policy_name(before->policy), policy_name(next->policy)}},
        {!same_text(before->compartment, next->compartment),
         {CHANGE_COMPARTMENT, next, before->compartment, next->compartment}},
        {!same_rules(before, next), {CHANGE_RULES, next, NULL, NULL}},
        {before->search != next->search, {CHANGE_SEARCH, next, NULL, NULL}},
        {before->sensitivity != next->sensitivity, {CHANGE_SENSITIVITY, next, NULL, NULL}},
        {words, {CHANGE_WORDS, next, NULL, NULL}},
    };
    for (size_t i = 0; !e && i < sizeof rows / sizeof rows[0]; i++) {
        e = rows[i].differs ? push(changes, rows[i].change) : OK;
    }
    return e;
}

enum err type_changes(const struct type *before, const struct type *next, struct arena *arena,
                      struct type_change **ret, size_t *ret_count)
{
    struct changes changes = {.arena = arena};
    enum err e = OK;
    for (size_t i = 0; !e && i < next->property_count; i++) {
        const struct property *property = &next->properties[i];
        const struct property *old = type_property(before, property->id);
        e = old ? compare(&changes, old, property)
                : push(&changes, (struct type_change){CHANGE_ADDED, property, NULL, NULL});
    }
    if (!e) {
        *ret = changes.list;
        *ret_count = changes.count;
    }
    return e;
}
