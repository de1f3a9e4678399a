#include "record_title.h"

#include <string.h>

#include "json.h"

#define TITLE_MAX (64u * 1024)

void node_speak(struct node *node, enum language language)
{
    node->speaks = true;
    node->language = language;
}

static bool is_choice(const struct property *property)
{
    return property->type == VALUE_SELECT_ONE || property->type == VALUE_SELECT_MULTIPLE;
}

bool title_has_choices(const struct type *type)
{
    bool has = false;
    for (size_t i = 0; i < type->title_count && !has; i++) {
        const struct property *property = type_property(type, type->title[i]);
        has = property && is_choice(property);
    }
    return has;
}

static void add_choice(const struct node *node, const struct property *property,
                       const struct json *value, struct buf *ret)
{
    const char *name = json_text(value);
    for (size_t i = 0; name && i < property->choice_count; i++) {
        if (strcmp(property->choices[i].name, name) == 0) {
            name = labels_pick(&property->choices[i].labels, node->language, name);
            break;
        }
    }
    buf_add_text(ret, name ? name : "");
}

static enum err add_part(const struct node *node, const struct property *property,
                         const struct json *value, struct buf *ret)
{
    struct buf text;
    buf_init(&text, ret->mem, TITLE_MAX);
    enum err e = OK;
    if (property->type == VALUE_SELECT_ONE) {
        add_choice(node, property, value, ret);
    } else if (property->type == VALUE_SELECT_MULTIPLE) {
        for (const struct json *at = json_first(value); at; at = json_next(at)) {
            buf_add_text(ret, at == json_first(value) ? "" : ", ");
            add_choice(node, property, at, ret);
        }
    } else {
        json_add_tree(&text, value);
        e = buf_error(&text);
        e = e ? e : value_to_text(property->type, buf_span(&text), ret);
    }
    buf_release(&text);
    return e;
}

/* As the kept title is made (node_project.c). */
static enum err add_parts(const struct node *node, const struct type *type,
                          const struct json *document, struct buf *ret)
{
    enum err e = OK;
    for (size_t i = 0; i < type->title_count && !e; i++) {
        const struct property *property = type_property(type, type->title[i]);
        const struct json *value = property ? json_get(document, property->id) : NULL;
        if (value && strcmp(property->compartment, "base") == 0) {
            buf_add_text(ret, ret->size > 0 ? TITLE_BETWEEN : "");
            e = add_part(node, property, value, ret);
        }
    }
    return e ? e : buf_error(ret);
}

enum err title_spoken(struct node *node, const struct type *type, struct span document,
                      const char *plain, struct arena *arena, const char **ret)
{
    struct json *json = NULL;
    struct buf text;
    *ret = plain;
    if (!node->speaks || !type || !title_has_choices(type)) {
        return OK;
    }
    buf_init(&text, arena->mem, TITLE_MAX);
    enum err e = json_parse(document, &json, NULL);
    if (!e) {
        e = add_parts(node, type, json, &text);
    }
    if (!e && text.size > 0) {
        *ret = arena_text(arena, buf_text(&text));
        e = *ret ? OK : ERR_NOMEM;
    }
    json_free(json);
    buf_release(&text);
    return e == ERR_TOO_LARGE ? OK : e;
}
