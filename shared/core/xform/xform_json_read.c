/*
 * xform_json_read.c - form.json into a form: its head, and what the readers of its parts share.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "xform_json_reader.h"

#define WORDS_SIZE 200

/* ---- words */

static void place_of(const struct form_reader *r, const char *member, char *ret, size_t size)
{
    if (r->list == NULL) {
        (void)snprintf(ret, size, "%.80s", member);
    } else {
        (void)snprintf(ret, size, "%s[%zu]%s%.80s", r->list, r->index, member[0] ? "." : "",
                       member);
    }
}

enum err json_refuse(struct form_reader *r, const char *member, const char *format, ...)
{
    char where[NAME_SIZE], what[WORDS_SIZE];
    va_list args;
    place_of(r, member, where, sizeof(where));
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return diag_set(r->diag, ERR_BAD_FORM, where, what, NULL);
}

enum err json_no_memory(struct form_reader *r)
{
    return diag_keep(r->diag, ERR_NOMEM);
}

/* ---- members */

enum err json_list(struct form_reader *r, const struct json *object, const char *member,
                   const struct json **ret)
{
    const struct json *list = json_get(object, member);
    if (list != NULL && !json_is(list, JSON_ARRAY)) {
        return json_refuse(r, member, "must be a list, [...]");
    }
    *ret = list;
    return OK;
}

enum err json_member(struct form_reader *r, const struct json *object, const char *member,
                     size_t max, const char **ret)
{
    const struct json *item = json_get(object, member);
    if (item == NULL) {
        return OK;
    }
    if (!json_is(item, JSON_TEXT)) {
        return json_refuse(r, member, "must be a text");
    }
    if (json_span(item).size > max) {
        return json_refuse(r, member, "is longer than %zu bytes; shorten it", max);
    }
    *ret = arena_text(r->arena, json_text(item));
    return *ret == NULL ? json_no_memory(r) : OK;
}

enum err json_need(struct form_reader *r, const char *member, const char *text)
{
    return text == NULL ? json_refuse(r, member, "is missing") : OK;
}

enum err json_flag(struct form_reader *r, const struct json *object, const char *member, bool *ret)
{
    const struct json *item = json_get(object, member);
    if (item != NULL && !json_is(item, JSON_BOOL)) {
        return json_refuse(r, member, "must be true or false");
    }
    *ret = json_bool(item);
    return OK;
}

enum err json_number(struct form_reader *r, const struct json *object, const char *member,
                     size_t limit, size_t *ret)
{
    const struct json *item = json_get(object, member);
    int64_t number;
    if (item == NULL) {
        return OK;
    }
    if (!json_int(item, &number) || number < 0 || (uint64_t)number >= limit) {
        return json_refuse(r, member, "must be a whole number below %zu", limit);
    }
    *ret = (size_t)number;
    return OK;
}

enum err json_node(struct form_reader *r, const struct json *object, const char *member,
                   struct xform_node **ret)
{
    size_t number = SIZE_MAX;
    enum err e = json_number(r, object, member, r->form->node_count, &number);
    if (e == OK && number != SIZE_MAX) {
        *ret = r->nodes[number];
    }
    return e;
}

enum err json_text_of(struct form_reader *r, const struct json *object, const char *member,
                      const struct xform_text **ret)
{
    size_t number = SIZE_MAX;
    enum err e = json_number(r, object, member, r->text_count, &number);
    if (e == OK && number != SIZE_MAX) {
        *ret = r->texts[number];
    }
    return e;
}

bool json_is_xml_name(const char *name, bool prefixed)
{
    size_t colons = 0;
    for (const char *at = name; *at != '\0'; at++) {
        bool begins = at == name || at[-1] == ':';
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' ||
                      (*at & 0x80) != 0;
        bool later = (*at >= '0' && *at <= '9') || *at == '-' || *at == '.';
        if (*at == ':' && prefixed && !begins && colons == 0 && at[1] != '\0') {
            colons++;
        } else if (!letter && (begins || !later)) {
            return false;
        }
    }
    return name[0] != '\0' && strlen(name) <= XFORM_NAME_MAX;
}

static enum err read_pair(struct form_reader *r, const char *member, const struct json *item,
                          struct xform_pair *ret)
{
    const struct json *name = json_at(item, 0), *value = json_at(item, 1);
    if (json_count(item) != 2 || !json_is(name, JSON_TEXT) || !json_is(value, JSON_TEXT)) {
        return json_refuse(r, member, "must be a list of names and values, [[\"name\",\"value\"]]");
    }
    ret->name = arena_text(r->arena, json_text(name));
    ret->value = arena_text(r->arena, json_text(value));
    return ret->name == NULL || ret->value == NULL ? json_no_memory(r) : OK;
}

enum err json_pairs(struct form_reader *r, const struct json *object, const char *member,
                    struct xform_pair **ret)
{
    const struct json *list = NULL;
    size_t count = 0;
    enum err e = json_list(r, object, member, &list);
    if (e != OK || list == NULL) {
        return e;
    }
    struct xform_pair *pairs = arena_array(r->arena, json_count(list) + 1, sizeof(*pairs));
    if (pairs == NULL) {
        return json_no_memory(r);
    }
    for (const struct json *at = json_first(list); e == OK && at != NULL; at = json_next(at)) {
        e = read_pair(r, member, at, &pairs[count]);
        if (e == OK && r->list != NULL && !json_is_xml_name(pairs[count].name, true)) {
            e = json_refuse(r, member, "\"%.40s\" can't be the name of an attribute",
                            pairs[count].name);
        }
        count++;
    }
    if (e == OK) {
        *ret = pairs;
    }
    return e;
}

/* ---- head */

static enum err read_languages(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    struct xform *form = r->form;
    enum err e = json_list(r, whole, "languages", &list);
    if (e != OK) {
        return e;
    }
    size_t count = list == NULL ? 0 : json_count(list);
    if (count == 0 || count > XFORM_LANGUAGES_MAX) {
        return json_refuse(r, "languages", "must name 1 to %d languages", XFORM_LANGUAGES_MAX);
    }
    form->languages = arena_array(r->arena, count, sizeof(*form->languages));
    if (form->languages == NULL) {
        return json_no_memory(r);
    }
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        const char *name = json_text(at);
        if (name == NULL || strlen(name) > XFORM_NAME_MAX) {
            return json_refuse(r, "languages", "must be short texts");
        }
        name = arena_text(r->arena, name);
        if (name == NULL) {
            return json_no_memory(r);
        }
        form->languages[form->language_count++] = name;
    }
    return json_number(r, whole, "default_language", count, &form->default_language);
}

static enum err read_head(struct form_reader *r, const struct json *whole)
{
    struct xform *form = r->form;
    int64_t format = json_get_int(whole, XFORM_JSON_MARK, 0);
    if (format != XFORM_JSON_FORMAT) {
        char text[NUM_TEXT_SIZE];
        (void)snprintf(text, sizeof(text), "%lld", (long long)format);
        return diag_set(r->diag, ERR_UNKNOWN_FORMAT, "form.json", text, NULL);
    }
    enum err e = OK;
    form->version = form->style = "";
#define READ(member)                                                                               \
    e = e != OK ? e : json_member(r, whole, #member, XFORM_EXPRESSION_MAX, &form->member);
    FORM_MEMBERS(READ)
    FORM_FILLED(READ)
#undef READ
    e = e != OK ? e : json_need(r, "id", form->id);
    e = e != OK ? e : json_need(r, "title", form->title);
    e = e != OK ? e : read_languages(r, whole);
    return e != OK ? e : json_pairs(r, whole, "settings", &form->settings);
}

/* What parsing takes memory for: values are behind commas, colons and brackets. */
static size_t count_values(struct span text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        count += byte == ',' || byte == '[' || byte == '{' ? 1 : 0;
    }
    return count;
}

bool xform_is_json(struct span text)
{
    static const char mark[] = "\"" XFORM_JSON_MARK "\"";
    size_t at = 0;
    while (at < text.size && strchr("{ \t\r\n", text.data[at]) != NULL) {
        at++;
    }
    return span_starts_with(span_cut(text, at, text.size), mark);
}

enum err xform_read_json(struct span text, struct arena *arena, struct xform *ret,
                         struct diag *diag)
{
    struct xform form = {.arena = arena, .names = tree_names_new(arena)};
    struct form_reader r = {.form = &form, .arena = arena, .diag = diag};
    struct json *whole = NULL;
    if (text.size > XFORM_JSON_MAX || count_values(text) > 2 * XFORM_JSON_VALUES) {
        return diag_set(diag, ERR_TOO_LARGE, "form.json", "8388608", NULL);
    }
    if (form.names == NULL) {
        return json_no_memory(&r);
    }
    enum err e = json_parse(text, &whole, diag);
    if (e == OK && !json_is(whole, JSON_OBJECT)) {
        e = json_refuse(&r, "", "a form must be an object, {...}");
    }
    e = e != OK ? e : read_head(&r, whole);
    e = e != OK ? e : json_read_texts(&r, whole);
    e = e != OK ? e : json_read_model(&r, whole);
    e = e != OK ? e : json_read_instances(&r, whole);
    e = e != OK ? e : json_read_body(&r, whole);
    json_free(whole);
    if (e == OK) {
        *ret = form;
    }
    return e;
}
