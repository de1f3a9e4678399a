/*
 * call_form.c - forms and record types, in the language asked: all a page needs to draw itself.
 */
#include "call_put.h"

static void put_label(struct call *call, const char *name, const struct labels *labels,
                      const char *otherwise)
{
    put_text(call, name, labels_pick(labels, call->language, otherwise));
}

static void put_choices(struct call *call, const struct property *property)
{
    if (property->choice_count == 0) {
        return;
    }
    json_name(call->out, "choices");
    json_open(call->out, '[');
    for (size_t i = 0; i < property->choice_count; i++) {
        const struct choice *choice = &property->choices[i];
        json_open(call->out, '{');
        put_text(call, "name", choice->name);
        put_label(call, "label", &choice->labels, choice->name);
        put_true(call, "retired", choice->retired);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
}

/* A property as something to ask; `question` is NULL when a type is shown without a form. */
static void put_question(struct call *call, const struct question *question,
                         const struct property *property)
{
    const char *label = property_label(call, property);
    const char *hint = labels_pick(&property->hint, call->language, "");
    json_open(call->out, '{');
    put_text(call, "name", question ? question->name : property->id);
    put_text(call, "property", property->id);
    if (question) {
        put_label(call, "label", &question->labels, label);
        put_label(call, "hint", &question->hint, hint);
    } else {
        put_text(call, "label", label);
        put_text(call, "hint", hint);
    }
    put_text(call, "type", value_type_name(property->type));
    put_text(call, "policy", policy_name(property->policy));
    json_name(call->out, "required");
    json_put_bool(call->out, property->required || (question && question->required));
    put_choices(call, property);
    put_text(call, "pattern", property->pattern);
    put_text(call, "example", property->example);
    put_text(call, "min", property->min);
    put_text(call, "max", property->max);
    put_text(call, "group", property->group);
    put_text(call, "ref", property->ref);
    put_true(call, "unique", property->unique);
    put_true(call, "place", property->place);
    put_true(call, "retired", property->retired);
    json_close(call->out, '}');
}

enum err call_forms(struct call *call)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    json_name(call->out, "forms");
    json_open(call->out, '[');
    for (size_t i = 0; i < org->form_count; i++) {
        const struct form *form = &org->forms[i];
        json_open(call->out, '{');
        put_text(call, "form", form->id);
        put_int(call, "version", form->version);
        put_label(call, "label", &form->labels, form->id);
        put_text(call, "type", form->type);
        put_int(call, "questions", (int64_t)form->question_count);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
    return OK;
}

enum err call_form(struct call *call)
{
    const struct org *org = NULL;
    const char *id = call_arg_text(call, "form");
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct form *form = org_form(org, span_of(id));
    if (!form) {
        return diag_set(call->diag, ERR_UNKNOWN_FORM, id, NULL);
    }
    const struct type *type = org_type(org, span_of(form->type));
    if (!type) {
        return diag_set(call->diag, ERR_UNKNOWN_TYPE, form->type, NULL);
    }
    put_text(call, "form", form->id);
    put_int(call, "version", form->version);
    put_label(call, "label", &form->labels, form->id);
    put_text(call, "type", type->id);
    put_text(call, "parent", type->parent);
    json_name(call->out, "questions");
    json_open(call->out, '[');
    for (size_t i = 0; i < form->question_count; i++) {
        const struct property *property = type_property(type, form->questions[i].save_to);
        if (property && !property->retired) { /* nor one that the type doesn't know yet */
            put_question(call, &form->questions[i], property);
        }
    }
    json_close(call->out, ']');
    return OK;
}

static void put_type_head(struct call *call, const struct type *type)
{
    put_text(call, "type", type->id);
    put_int(call, "version", type->version);
    put_label(call, "label", &type->labels, type->id);
    put_text(call, "parent", type->parent);
}

enum err call_types(struct call *call)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    json_name(call->out, "types");
    json_open(call->out, '[');
    for (size_t i = 0; i < org->type_count; i++) {
        json_open(call->out, '{');
        put_type_head(call, &org->types[i]);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
    return OK;
}

enum err call_type(struct call *call)
{
    const struct org *org = NULL;
    const char *id = call_arg_text(call, "type");
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct type *type = org_type(org, span_of(id));
    if (!type) {
        return diag_set(call->diag, ERR_UNKNOWN_TYPE, id, NULL);
    }
    put_type_head(call, type);
    json_name(call->out, "title");
    json_open(call->out, '[');
    for (size_t i = 0; i < type->title_count; i++) {
        json_put_text(call->out, type->title[i]);
    }
    json_close(call->out, ']');
    json_name(call->out, "properties");
    json_open(call->out, '[');
    for (size_t i = 0; i < type->property_count; i++) {
        put_question(call, NULL, &type->properties[i]);
    }
    json_close(call->out, ']');
    return OK;
}
