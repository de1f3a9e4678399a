#include "json.h"

#include <cjson/cJSON.h>

/* struct json is never defined: a pointer to it is a pointer to the library's node. */
static const cJSON *node(const struct json *json)
{
    return (const cJSON *)json;
}

static const struct json *wrap(const cJSON *item)
{
    return (const struct json *)item;
}

static enum err parse_checked(struct span text, struct json **ret, struct diag *diag)
{
    cJSON *root = cJSON_ParseWithLength((const char *)text.data, text.size);
    if (root == NULL) {
        /* What passed the check is JSON to cJSON too, so only memory can be lacking. */
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *ret = (struct json *)root;
    return OK;
}

enum err json_parse(struct span text, struct json **ret, struct diag *diag)
{
    enum err e = json_check(text, diag);
    return e != OK ? e : parse_checked(text, ret, diag);
}

enum err json_parse_deep(struct span text, struct json **ret, struct diag *diag)
{
    enum err e = json_check_deep(text, diag);
    return e != OK ? e : parse_checked(text, ret, diag);
}

void json_free(struct json *json)
{
    cJSON_Delete((cJSON *)json);
}

enum json_kind json_kind(const struct json *json)
{
    const cJSON *item = node(json);
    if (cJSON_IsObject(item)) {
        return JSON_OBJECT;
    }
    if (cJSON_IsArray(item)) {
        return JSON_ARRAY;
    }
    if (cJSON_IsString(item)) {
        return JSON_TEXT;
    }
    if (cJSON_IsNumber(item)) {
        return JSON_INT;
    }
    return cJSON_IsBool(item) ? JSON_BOOL : JSON_NULL;
}

bool json_is(const struct json *json, enum json_kind kind)
{
    return json != NULL && json_kind(json) == kind;
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (!json_is(object, JSON_OBJECT)) {
        return NULL;
    }
    return wrap(cJSON_GetObjectItemCaseSensitive(node(object), key));
}

const struct json *json_first(const struct json *array_or_object)
{
    return array_or_object == NULL ? NULL : wrap(node(array_or_object)->child);
}

const struct json *json_next(const struct json *item)
{
    return item == NULL ? NULL : wrap(node(item)->next);
}

const struct json *json_at(const struct json *array, size_t index)
{
    const struct json *item = json_first(array);
    for (size_t i = 0; i < index && item != NULL; i++) {
        item = json_next(item);
    }
    return item;
}

size_t json_count(const struct json *array_or_object)
{
    size_t count = 0;
    for (const struct json *item = json_first(array_or_object); item != NULL;
         item = json_next(item)) {
        count++;
    }
    return count;
}

const char *json_key(const struct json *member)
{
    return member == NULL || node(member)->string == NULL ? "" : node(member)->string;
}

const char *json_text(const struct json *json)
{
    return json_is(json, JSON_TEXT) ? node(json)->valuestring : NULL;
}

struct span json_span(const struct json *json)
{
    return span_of(json_text(json));
}

bool json_bool(const struct json *json)
{
    return json != NULL && cJSON_IsTrue(node(json));
}

bool json_int(const struct json *json, int64_t *ret)
{
    if (!json_is(json, JSON_INT)) {
        return false;
    }
    /* Exact: the check let through no number beyond 2^53 - 1 and no fraction. */
    *ret = (int64_t)node(json)->valuedouble;
    return true;
}

const char *json_get_text(const struct json *object, const char *key, const char *otherwise)
{
    const char *text = json_text(json_get(object, key));
    return text == NULL ? otherwise : text;
}

int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise)
{
    int64_t value = otherwise;
    return json_int(json_get(object, key), &value) ? value : otherwise;
}
