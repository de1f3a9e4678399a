#include "definition.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err definition_refuse(const struct definition *definition, const struct part *part,
                           const char *key, const char *format, ...)
{
    char where[DIAG_ARG_SIZE];
    char what[2 * DIAG_ARG_SIZE];
    const char *dot = part->where[0] != '\0' && key[0] != '\0' ? "." : "";
    (void)snprintf(where, sizeof(where), "%s%s%s", part->where, dot, key);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return diag_set(definition->diag, definition->code, where, what, NULL);
}

enum err definition_no_memory(const struct definition *definition)
{
    return diag_set(definition->diag, ERR_NOMEM, NULL);
}

enum err definition_item(const struct definition *definition, const struct part *part,
                         const char *key, size_t index, const struct json *item, struct part *ret)
{
    struct part found = {.json = item};
    const char *dot = part->where[0] != '\0' ? "." : "";
    (void)snprintf(found.where, sizeof(found.where), "%.60s%s%s[%zu]", part->where, dot, key,
                   index);
    if (!json_is(item, JSON_OBJECT)) {
        return definition_refuse(definition, &found, "", "must be an object, {...}");
    }
    *ret = found;
    return OK;
}

enum err definition_array(const struct definition *definition, const struct part *part,
                          const char *key, enum presence presence, size_t count_max,
                          const struct json **ret)
{
    const struct json *array = json_get(part->json, key);
    if (!array && presence == OPTIONAL) {
        *ret = NULL;
        return OK;
    }
    if (!json_is(array, JSON_ARRAY) || json_count(array) < 1) {
        return definition_refuse(definition, part, key, "must be a list, [...], and not empty");
    }
    if (json_count(array) > count_max) {
        return definition_refuse(definition, part, key, "has %zu items; at most %zu are possible",
                                 json_count(array), count_max);
    }
    *ret = array;
    return OK;
}

enum err definition_text(const struct definition *definition, const struct part *part,
                         const char *key, enum presence presence, const char **ret)
{
    const struct json *member = json_get(part->json, key);
    if (!member && presence == OPTIONAL) {
        return OK;
    }
    if (!json_is(member, JSON_TEXT) || json_span(member).size == 0) {
        return definition_refuse(definition, part, key, "must be a text, and not empty");
    }
    const char *text = arena_span_text(definition->arena, json_span(member));
    if (!text) {
        return definition_no_memory(definition);
    }
    *ret = text;
    return OK;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool name_valid(const char *name, enum name_rule rule)
{
    bool choice = rule == NAME_CHOICE;
    size_t size = strlen(name);
    bool own = rule == NAME_OWN && name[0] == '_' && is_lower(name[1]);
    bool begins = own || is_lower(name[0]) ||
                  (choice && (is_digit(name[0]) || is_upper(name[0]) || name[0] == '_'));
    if (size < 1 || size > TYPE_NAME_MAX || !begins) {
        return false;
    }
    for (size_t i = 1; i < size; i++) {
        char c = name[i];
        bool wide = choice && (is_upper(c) || c == '-' || c == '.');
        if (!is_lower(c) && !is_digit(c) && c != '_' && !wide) {
            return false;
        }
    }
    return true;
}

bool definition_is_name(const char *name)
{
    return name_valid(name, NAME_PLAIN);
}

enum err definition_name(const struct definition *definition, const struct part *part,
                         const char *key, enum presence presence, enum name_rule rule,
                         const char **ret)
{
    const char *name = NULL;
    enum err e = definition_text(definition, part, key, presence, &name);
    if (e || !name) {
        return e;
    }
    if (!name_valid(name, rule)) {
        return definition_refuse(
            definition, part, key, "\"%.50s\" is not a name: use 1 to %d of a-z, 0-9 and _, %s",
            name, TYPE_NAME_MAX, rule == NAME_CHOICE ? "also A-Z, - and ." : "a letter first");
    }
    *ret = name;
    return OK;
}

enum err definition_bool(const struct definition *definition, const struct part *part,
                         const char *key, bool *ret)
{
    const struct json *member = json_get(part->json, key);
    if (!member) {
        return OK;
    }
    if (!json_is(member, JSON_BOOL)) {
        return definition_refuse(definition, part, key, "must be true or false, without quotes");
    }
    *ret = json_bool(member);
    return OK;
}

enum err definition_version(const struct definition *definition, const struct part *part,
                            int64_t *ret)
{
    int64_t version = 0;
    const struct json *member = json_get(part->json, "version");
    if (!json_is(member, JSON_INT) || !json_int(member, &version) || version < 1) {
        return definition_refuse(definition, part, "version", "must be a whole number from 1");
    }
    *ret = version;
    return OK;
}

enum err definition_labels(const struct definition *definition, const struct part *part,
                           const char *key, struct labels *ret)
{
    const struct json *object = json_get(part->json, key);
    struct labels labels = {{NULL}};
    if (!object) {
        return OK;
    }
    if (!json_is(object, JSON_OBJECT)) {
        return definition_refuse(definition, part, key,
                                 "must be an object of texts by language, {\"fr\": \"...\"}");
    }
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        const struct json *text = json_get(object, language_name((enum language)i));
        if (!text) {
            continue;
        }
        if (!json_is(text, JSON_TEXT)) {
            return definition_refuse(definition, part, key, "must hold texts only");
        }
        if (json_span(text).size > 0) {
            labels.text[i] = arena_span_text(definition->arena, json_span(text));
            if (!labels.text[i]) {
                return definition_no_memory(definition);
            }
        }
    }
    *ret = labels;
    return OK;
}
