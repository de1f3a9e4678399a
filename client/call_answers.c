/*
 * call_answers.c - reads answers by the types of their properties.
 */
#include <assert.h>
#include <string.h>

#include "call_answers.h"
#include "record.h"

enum err answer_property(struct call *call, const struct type *type, const char *name,
                         const struct property **ret)
{
    const struct property *property = type_property(type, name);
    if (!property) {
        return diag_set(call->diag, ERR_UNKNOWN_PROPERTY, name, type->id,
                        type_nearest_property(type, name), NULL);
    }
    *ret = property;
    return OK;
}

/* The whole id of the record that a case number or the beginning of an id names. */
static enum err reference(struct call *call, const char *text, struct span *ret)
{
    struct id id;
    char whole[ID_TEXT_SIZE];
    if (!text[0]) {
        *ret = span_of("");
        return OK;
    }
    enum err e = record_resolve_id(call->node, text, &id, call->diag);
    if (e) {
        return e;
    }
    id_write(id, whole);
    return arena_copy(call->arena, span_of(whole), ret);
}

enum err answer_value(struct call *call, const struct property *property, const struct json *given,
                      struct span *ret)
{
    if (!json_is(given, JSON_TEXT)) {
        return value_from_json(property->type, property->id, given, call->arena, ret, call->diag);
    }
    struct span text = json_span(given);
    if (property->type == VALUE_REF) {
        enum err e = reference(call, json_text(given), &text);
        if (e) {
            return e;
        }
    }
    return value_from_text(property->type, property->id, text, call->arena, ret, call->diag);
}

static enum err find_property(struct call *call, const struct type *type, const struct form *form,
                              const char *name, const struct property **ret)
{
    const struct question *question = form ? form_question(form, name) : NULL;
    return answer_property(call, type, question ? question->save_to : name, ret);
}

enum err answers_read(struct call *call, const struct type *type, const struct form *form,
                      struct change **ret, size_t *ret_count)
{
    const struct json *answers = json_get(call->args, "answers");
    struct change *changes = arena_array(call->arena, json_count(answers), sizeof *changes);
    size_t count = 0;
    if (!changes) {
        return ERR_NOMEM;
    }
    for (const struct json *item = json_first(answers); item; item = json_next(item)) {
        const struct property *property = NULL;
        enum err e = find_property(call, type, form, json_key(item), &property);
        if (e) {
            return e;
        }
        assert(property);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(changes[i].property, property->id) == 0) {
                return diag_set(call->diag, ERR_EXISTS, "answer", property->id, NULL);
            }
        }
        changes[count].property = property->id;
        e = answer_value(call, property, item, &changes[count].json);
        if (e) {
            return e;
        }
        count++;
    }
    *ret = changes;
    *ret_count = count;
    return OK;
}
