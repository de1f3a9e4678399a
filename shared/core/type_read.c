#include <stdio.h>
#include <string.h>

#include "definition.h"
#include "pattern.h"
#include "type.h"

/* ---- One property ---- */

/* "review, last, max": what a wrong name could have been. */
static void list_names(const char *(*name_at)(size_t index), size_t count, char ret[DIAG_ARG_SIZE])
{
    size_t size = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < count && size < DIAG_ARG_SIZE; i++) {
        int written =
            snprintf(ret + size, DIAG_ARG_SIZE - size, "%s%s", i > 0 ? ", " : "", name_at(i));
        size += written > 0 ? (size_t)written : 0;
    }
}

static const char *value_type_at(size_t index)
{
    return value_type_name((enum value_type)index);
}

static const char *policy_at(size_t index)
{
    return policy_name((enum policy)index);
}

static const char *const sensitivities[] = {
    [SENSITIVITY_NORMAL] = "normal",
    [SENSITIVITY_PERSONAL] = "personal",
    [SENSITIVITY_HIGH] = "high",
};

static enum err read_value_type(const struct definition *d, const struct part *part,
                                struct property *ret)
{
    const char *name = NULL;
    enum err e = definition_text(d, part, "type", REQUIRED, &name);
    if (!e && !value_type_from_name(name, &ret->type)) {
        char names[DIAG_ARG_SIZE];
        list_names(value_type_at, VALUE_TYPE_COUNT, names);
        e = definition_refuse(d, part, "type", "\"%.40s\" is not a type; use one of %s", name,
                              names);
    }
    return e;
}

static enum err read_policy(const struct definition *d, const struct part *part,
                            struct property *ret)
{
    const char *name = "review";
    enum err e = definition_text(d, part, "policy", OPTIONAL, &name);
    if (!e && !policy_from_name(name, &ret->policy)) {
        char names[DIAG_ARG_SIZE];
        list_names(policy_at, POLICY_COUNT, names);
        e = definition_refuse(d, part, "policy", "\"%.40s\" is not a merge policy; use one of %s",
                              name, names);
    }
    return e;
}

const char *sensitivity_name(enum sensitivity sensitivity)
{
    return sensitivities[sensitivity];
}

static enum err read_sensitivity(const struct definition *d, const struct part *part,
                                 struct property *ret)
{
    const char *name = "normal";
    enum err e = definition_text(d, part, "sensitivity", OPTIONAL, &name);
    if (e) {
        return e;
    }
    for (size_t i = 0; i <= SENSITIVITY_HIGH; i++) {
        if (strcmp(sensitivities[i], name) == 0) {
            ret->sensitivity = (enum sensitivity)i;
            return OK;
        }
    }
    return definition_refuse(d, part, "sensitivity",
                             "\"%.40s\" is none; use normal, personal or high", name);
}

static enum err read_names(const struct definition *d, const struct part *part,
                           struct property *ret)
{
    ret->compartment = "base";
    enum err e = definition_name(d, part, "id", REQUIRED, NAME_PLAIN, &ret->id);
    if (!e) {
        e = definition_labels(d, part, "labels", &ret->labels);
    }
    if (!e) {
        e = definition_labels(d, part, "hint", &ret->hint);
    }
    if (!e) {
        e = definition_name(d, part, "group", OPTIONAL, NAME_PLAIN, &ret->group);
    }
    if (!e) {
        e = definition_name(d, part, "compartment", OPTIONAL, NAME_PLAIN, &ret->compartment);
    }
    return e;
}

/* The compartments in which it was before: values of it are there still. */
static enum err read_moves(const struct definition *d, const struct part *part,
                           struct property *ret)
{
    const struct json *list = NULL;
    enum err e = definition_array(d, part, "moved_from", OPTIONAL, TYPE_MOVES_MAX, &list);
    if (e || !list) {
        return e;
    }
    ret->moved_from = arena_array(d->arena, json_count(list), sizeof(*ret->moved_from));
    if (!ret->moved_from) {
        return definition_no_memory(d);
    }
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *name = json_text(item);
        if (!name || !definition_is_name(name)) {
            return definition_refuse(d, part, "moved_from", "must be names of compartments");
        }
        if (property_was_in(ret, span_of(name))) {
            return definition_refuse(d, part, "moved_from",
                                     "%s is where it is now, or is named twice", name);
        }
        name = arena_text(d->arena, name);
        if (!name) {
            return definition_no_memory(d);
        }
        ret->moved_from[ret->moved_count++] = name;
    }
    return OK;
}

static enum err read_retired(const struct definition *d, const struct part *part,
                             struct property *ret)
{
    enum err e = definition_bool(d, part, "retired", &ret->retired);
    if (!e && ret->retired && ret->required) {
        e = definition_refuse(d, part, "retired", "nobody is asked for it: it can't be required");
    }
    if (!e && ret->retired && ret->place) {
        e = definition_refuse(d, part, "retired", "a place code says where a record belongs");
    }
    return e;
}

static enum err read_marks(const struct definition *d, const struct part *part,
                           struct property *ret)
{
    enum err e = definition_bool(d, part, "required", &ret->required);
    if (!e && ret->required && strcmp(ret->compartment, "base") != 0) {
        e = definition_refuse(d, part, "required",
                              "only what is in base can be: others may not see the rest");
    }
    if (!e) {
        e = definition_bool(d, part, "search", &ret->search);
    }
    if (!e) {
        e = definition_bool(d, part, "unique", &ret->unique);
    }
    if (!e) {
        e = definition_bool(d, part, "place", &ret->place);
    }
    if (!e && ret->place && ret->type != VALUE_TEXT) {
        e = definition_refuse(d, part, "place", "only a text can be a place code");
    }
    if (!e) {
        e = definition_bool(d, part, "location", &ret->location);
    }
    if (!e && ret->location && ret->type != VALUE_FILE) {
        e = definition_refuse(d, part, "location", "only a file can keep where it was made");
    }
    return e;
}

static bool is_select(const struct property *property)
{
    return property->type == VALUE_SELECT_ONE || property->type == VALUE_SELECT_MULTIPLE;
}

static enum err check_unlike_others(const struct definition *d, const struct part *part,
                                    const struct choice *choices, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(choices[i].name, choices[index].name) == 0) {
            return definition_refuse(d, part, "name",
                                     "\"%.40s\" is there already; give each "
                                     "choice a name of its own",
                                     choices[index].name);
        }
    }
    return OK;
}

static enum err read_choices(const struct definition *d, const struct part *part,
                             struct property *ret)
{
    const struct json *list = NULL;
    if (!is_select(ret)) {
        return json_get(part->json, "choices")
                   ? definition_refuse(d, part, "choices",
                                       "only select_one and select_multiple "
                                       "have choices")
                   : OK;
    }
    enum err e = definition_array(d, part, "choices", REQUIRED, TYPE_CHOICES_MAX, &list);
    if (e) {
        return e;
    }
    struct choice *choices = arena_array(d->arena, json_count(list), sizeof(*choices));
    if (!choices) {
        return definition_no_memory(d);
    }
    size_t count = 0;
    for (const struct json *item = json_first(list); item && !e; item = json_next(item)) {
        struct part choice;
        e = definition_item(d, part, "choices", count, item, &choice);
        if (!e) {
            e = definition_name(d, &choice, "name", REQUIRED, NAME_CHOICE, &choices[count].name);
        }
        if (!e) {
            e = definition_labels(d, &choice, "labels", &choices[count].labels);
        }
        if (!e) {
            e = definition_bool(d, &choice, "retired", &choices[count].retired);
        }
        if (!e) {
            e = check_unlike_others(d, &choice, choices, count);
        }
        count++;
    }
    ret->choices = choices;
    ret->choice_count = count;
    return e;
}

static bool has_order(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DECIMAL || type == VALUE_DATE ||
           type == VALUE_TIME || type == VALUE_DATETIME;
}

/* The canonical JSON of a limit written as text or as a whole number. */
static enum err read_limit(const struct definition *d, const struct part *part, const char *key,
                           enum value_type type, const char **ret)
{
    const struct json *limit = json_get(part->json, key);
    struct span json;
    if (!limit) {
        return OK;
    }
    if (!has_order(type)) {
        return definition_refuse(d, part, key, "only numbers, dates and times have limits");
    }
    enum err e = json_is(limit, JSON_TEXT)
                     ? value_from_text(type, key, json_span(limit), d->arena, &json, NULL)
                     : value_from_json(type, key, limit, d->arena, &json, NULL);
    if (e == ERR_NOMEM) {
        return definition_no_memory(d);
    }
    if (e || value_is_null(json)) {
        return definition_refuse(d, part, key, "must be one %s as text", value_type_name(type));
    }
    const char *text = arena_span_text(d->arena, json);
    if (!text) {
        return definition_no_memory(d);
    }
    *ret = text;
    return OK;
}

static enum err read_limits(const struct definition *d, const struct part *part,
                            struct property *ret)
{
    enum err e = read_limit(d, part, "min", ret->type, &ret->min);
    if (!e) {
        e = read_limit(d, part, "max", ret->type, &ret->max);
    }
    if (!e && ret->min && ret->max &&
        value_compare(ret->type, span_of(ret->min), span_of(ret->max)) > 0) {
        e = definition_refuse(d, part, "min", "is above max; nothing could lie between");
    }
    return e;
}

/* Compiles, and the example that people are shown fits. */
static enum err check_pattern(const struct definition *d, const struct part *part,
                              const struct property *property)
{
    struct pattern *pattern = NULL;
    struct diag why = {0};
    bool matches = true;
    enum err e = pattern_new(d->arena->mem, span_of(property->pattern), true, &pattern, &why);
    if (e == ERR_NOMEM) {
        return definition_no_memory(d);
    }
    if (e) {
        return definition_refuse(d, part, "pattern", "is no regular expression: %s at character %s",
                                 why.args[0], why.args[1]);
    }
    if (property->example) {
        e = pattern_match(pattern, span_of(property->example), &matches);
    }
    pattern_free(pattern);
    if (e == ERR_NOMEM) {
        return definition_no_memory(d);
    }
    return e || !matches ? definition_refuse(d, part, "example", "must match the pattern itself")
                         : OK;
}

static enum err read_pattern(const struct definition *d, const struct part *part,
                             struct property *ret)
{
    enum err e = definition_text(d, part, "pattern", OPTIONAL, &ret->pattern);
    if (!e) {
        e = definition_text(d, part, "example", OPTIONAL, &ret->example);
    }
    if (e || !ret->pattern) {
        return e;
    }
    if (ret->type != VALUE_TEXT) {
        return definition_refuse(d, part, "pattern", "only a text can have a pattern");
    }
    return check_pattern(d, part, ret);
}

static enum err read_ref(const struct definition *d, const struct part *part, struct property *ret)
{
    if (ret->type != VALUE_REF) {
        return json_get(part->json, "ref")
                   ? definition_refuse(d, part, "ref", "only type ref refers to records")
                   : OK;
    }
    return definition_name(d, part, "ref", REQUIRED, NAME_OWN, &ret->ref);
}

/* A policy that could not be applied to what the property holds. */
static enum err check_policy(const struct definition *d, const struct part *part,
                             const struct property *property)
{
    const char *needs = NULL;
    bool number = property->type == VALUE_INTEGER || property->type == VALUE_DECIMAL;
    if (property->policy == POLICY_COUNTER && !number) {
        needs = "type integer or decimal";
    } else if (property->policy == POLICY_SET && property->type != VALUE_SELECT_MULTIPLE) {
        needs = "type select_multiple";
    } else if ((property->policy == POLICY_MAX || property->policy == POLICY_MIN) &&
               !has_order(property->type)) {
        needs = "a number, date or time";
    } else if (property->group && property->policy != POLICY_REVIEW &&
               property->policy != POLICY_LAST && property->policy != POLICY_RANK) {
        return definition_refuse(d, part, "policy",
                                 "%s is not possible in a group; use review, last or rank",
                                 policy_name(property->policy));
    }
    if (needs) {
        return definition_refuse(d, part, "policy", "%s needs %s", policy_name(property->policy),
                                 needs);
    }
    return OK;
}

static enum err read_property(const struct definition *d, const struct part *part,
                              struct property *ret)
{
    static enum err (*const readers[])(const struct definition *, const struct part *,
                                       struct property *) = {
        read_names,   read_value_type, read_policy, read_sensitivity, read_marks, read_moves,
        read_retired, read_choices,    read_limits, read_pattern,     read_ref,
    };
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        enum err e = readers[i](d, part, ret);
        if (e) {
            return e;
        }
    }
    return check_policy(d, part, ret);
}

/* ---- The whole ---- */

static bool same_group(const struct property *a, const struct property *b)
{
    return a->group && b->group && strcmp(a->group, b->group) == 0;
}

static bool same_moves(const struct property *a, const struct property *b)
{
    bool same = a->moved_count == b->moved_count;
    for (size_t i = 0; same && i < a->moved_count; i++) {
        same = property_was_in(b, span_of(a->moved_from[i]));
    }
    return same;
}

/* A register's name is a group's or a property's, never both: unless the property is in it. */
static bool takes_group_name(const struct property *property, const struct property *member)
{
    return member->group && strcmp(member->group, property->id) == 0 &&
           !same_group(property, member);
}

static enum err check_pair(const struct definition *d, const struct part *part,
                           const struct property *other, const struct property *property)
{
    if (strcmp(other->id, property->id) == 0) {
        return definition_refuse(d, part, "id",
                                 "\"%s\" is there already; give each property an "
                                 "id of its own",
                                 property->id);
    }
    if (takes_group_name(property, other) || takes_group_name(other, property)) {
        return definition_refuse(d, part, takes_group_name(property, other) ? "id" : "group",
                                 "a group and a property outside it can't both be \"%s\"",
                                 takes_group_name(property, other) ? property->id
                                                                   : property->group);
    }
    if (same_group(other, property) && other->policy != property->policy) {
        return definition_refuse(d, part, "policy", "must be %s like that of %s, in group %s",
                                 policy_name(other->policy), other->id, property->group);
    }
    if (same_group(other, property) && strcmp(other->compartment, property->compartment) != 0) {
        return definition_refuse(d, part, "compartment", "must be %s like that of %s, in group %s",
                                 other->compartment, other->id, property->group);
    }
    if (same_group(other, property) && !same_moves(other, property)) {
        return definition_refuse(d, part, "moved_from", "must be like that of %s, in group %s",
                                 other->id, property->group);
    }
    return OK;
}

static enum err read_properties(const struct definition *d, const struct part *whole,
                                struct type *ret)
{
    const struct json *list = NULL;
    enum err e = definition_array(d, whole, "properties", REQUIRED, TYPE_PROPERTIES_MAX, &list);
    if (e) {
        return e;
    }
    ret->properties = arena_array(d->arena, json_count(list), sizeof(*ret->properties));
    if (!ret->properties) {
        return definition_no_memory(d);
    }
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct property *property = &ret->properties[ret->property_count];
        struct part part;
        e = definition_item(d, whole, "properties", ret->property_count, item, &part);
        if (!e) {
            e = read_property(d, &part, property);
        }
        for (size_t i = 0; !e && i < ret->property_count; i++) {
            e = check_pair(d, &part, &ret->properties[i], property);
        }
        if (e) {
            return e;
        }
        ret->property_count++;
    }
    return OK;
}

static enum err read_title(const struct definition *d, const struct part *whole, struct type *ret)
{
    const struct json *list = NULL;
    enum err e = definition_array(d, whole, "title", OPTIONAL, TYPE_PROPERTIES_MAX, &list);
    if (e || !list) {
        return e;
    }
    ret->title = arena_array(d->arena, json_count(list), sizeof(*ret->title));
    if (!ret->title) {
        return definition_no_memory(d);
    }
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *id = json_text(item);
        const struct property *property = id ? type_property(ret, id) : NULL;
        if (!property) {
            const char *nearest = id ? type_nearest_property(ret, id) : "";
            return definition_refuse(d, whole, "title", "\"%.40s\" is no property of this type%s%s",
                                     id ? id : "", nearest[0] ? "; did you mean " : "", nearest);
        }
        ret->title[ret->title_count++] = property->id;
    }
    return OK;
}

enum err type_read(const struct json *json, struct arena *arena, struct type *ret,
                   struct diag *diag)
{
    const struct definition d = {.code = ERR_BAD_TYPE, .arena = arena, .diag = diag};
    const struct part whole = {.json = json};
    struct type type = {0};
    if (!json_is(json, JSON_OBJECT)) {
        return definition_refuse(&d, &whole, "", "a type must be an object, {...}");
    }
    enum err e = definition_name(&d, &whole, "type", REQUIRED, NAME_OWN, &type.id);
    if (!e) {
        e = definition_version(&d, &whole, &type.version);
    }
    if (!e) {
        e = definition_labels(&d, &whole, "labels", &type.labels);
    }
    if (!e) {
        e = definition_name(&d, &whole, "parent", OPTIONAL, NAME_OWN, &type.parent);
    }
    if (!e) {
        e = definition_name(&d, &whole, "form", OPTIONAL, NAME_PLAIN, &type.form);
    }
    if (!e) {
        e = read_properties(&d, &whole, &type);
    }
    if (!e) {
        e = read_title(&d, &whole, &type);
    }
    if (!e) {
        *ret = type;
    }
    return e;
}
