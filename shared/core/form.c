#include "form.h"

#include <string.h>

#include "definition.h"

/* ---- Reading ---- */

/* What a question saves to: a property that a person may fill. */
static enum err check_save_to(const struct definition *d, const struct part *part,
                              const struct type *type, const struct question *question)
{
    if (!type) {
        return OK;
    }
    const struct property *property = type_property(type, question->save_to);
    if (!property) {
        const char *nearest = type_nearest_property(type, question->save_to);
        return definition_refuse(d, part, "save_to", "\"%.40s\" is no property of type %.40s%s%s",
                                 question->save_to, type->id, nearest[0] ? "; did you mean " : "",
                                 nearest);
    }
    if (property->policy == POLICY_DERIVED) {
        return definition_refuse(d, part, "save_to",
                                 "%s is calculated from other answers; a form can't ask for it",
                                 property->id);
    }
    if (property->retired) {
        return definition_refuse(
            d, part, "save_to",
            "question %.40s asks for %.40s, which type %.40s has retired; take "
            "the question out",
            question->name, property->id, type->id);
    }
    return OK;
}

static enum err check_pair(const struct definition *d, const struct part *part,
                           const struct question *other, const struct question *question)
{
    if (strcmp(other->name, question->name) == 0) {
        return definition_refuse(d, part, "name",
                                 "\"%s\" is there already; give each question a "
                                 "name of its own",
                                 question->name);
    }
    if (strcmp(other->save_to, question->save_to) == 0) {
        return definition_refuse(d, part, "save_to", "question %s saves to %s already", other->name,
                                 question->save_to);
    }
    return OK;
}

static enum err read_question(const struct definition *d, const struct part *part,
                              const struct type *type, struct question *ret)
{
    enum err e = definition_name(d, part, "name", REQUIRED, NAME_PLAIN, &ret->name);
    if (!e) {
        e = definition_name(d, part, "save_to", REQUIRED, NAME_PLAIN, &ret->save_to);
    }
    if (!e) {
        e = definition_labels(d, part, "labels", &ret->labels);
    }
    if (!e) {
        e = definition_labels(d, part, "hint", &ret->hint);
    }
    if (!e) {
        e = definition_bool(d, part, "required", &ret->required);
    }
    return e ? e : check_save_to(d, part, type, ret);
}

static enum err read_questions(const struct definition *d, const struct part *whole,
                               const struct type *type, struct form *ret)
{
    const struct json *list = NULL;
    enum err e = definition_array(d, whole, "questions", REQUIRED, FORM_QUESTIONS_MAX, &list);
    if (e) {
        return e;
    }
    ret->questions = arena_array(d->arena, json_count(list), sizeof(*ret->questions));
    if (!ret->questions) {
        return definition_no_memory(d);
    }
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct question *question = &ret->questions[ret->question_count];
        struct part part;
        e = definition_item(d, whole, "questions", ret->question_count, item, &part);
        if (!e) {
            e = read_question(d, &part, type, question);
        }
        for (size_t i = 0; !e && i < ret->question_count; i++) {
            e = check_pair(d, &part, &ret->questions[i], question);
        }
        if (e) {
            return e;
        }
        ret->question_count++;
    }
    return OK;
}

enum err form_read(const struct json *json, const struct type *type, struct arena *arena,
                   struct form *ret, struct diag *diag)
{
    const struct definition d = {.code = ERR_BAD_FORM, .arena = arena, .diag = diag};
    const struct part whole = {.json = json};
    struct form form = {0};
    if (!json_is(json, JSON_OBJECT)) {
        return definition_refuse(&d, &whole, "", "a form must be an object, {...}");
    }
    enum err e = definition_name(&d, &whole, "form", REQUIRED, NAME_PLAIN, &form.id);
    if (!e) {
        e = definition_version(&d, &whole, &form.version);
    }
    if (!e) {
        e = definition_labels(&d, &whole, "labels", &form.labels);
    }
    if (!e) {
        e = definition_name(&d, &whole, "type", REQUIRED, NAME_OWN, &form.type);
    }
    if (!e && type && strcmp(type->id, form.type) != 0) {
        e = definition_refuse(&d, &whole, "type", "is %s, but the type given is %s", form.type,
                              type->id);
    }
    if (!e) {
        e = definition_text(&d, &whole, "hash", OPTIONAL, &form.hash);
    }
    if (!e) {
        e = definition_text(&d, &whole, "edition", OPTIONAL, &form.edition);
    }
    if (!e) {
        e = read_questions(&d, &whole, type, &form);
    }
    if (!e) {
        *ret = form;
    }
    return e;
}

const struct question *form_question(const struct form *form, const char *name_or_property)
{
    for (size_t i = 0; i < form->question_count; i++) {
        if (strcmp(form->questions[i].name, name_or_property) == 0) {
            return &form->questions[i];
        }
    }
    for (size_t i = 0; i < form->question_count; i++) {
        if (strcmp(form->questions[i].save_to, name_or_property) == 0) {
            return &form->questions[i];
        }
    }
    return NULL;
}

/* ---- Checking answers ---- */

struct answers {
    const struct answer *items;
    size_t count;
};

/* NULL: not answered; a null value is an answer too (cleared). */
static const struct answer *find_answer(const struct answers *answers, const char *property_id)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (strcmp(answers->items[i].property->id, property_id) == 0) {
            return &answers->items[i];
        }
    }
    return NULL;
}

static bool has_value(const struct answers *answers, const char *property_id)
{
    const struct answer *answer = find_answer(answers, property_id);
    return answer && !value_is_null(answer->json);
}

static enum err check_required(const struct form *form, const struct type *type,
                               const struct answers *answers, bool is_new, struct diag *diag)
{
    for (size_t i = 0; i < form->question_count; i++) {
        const struct question *question = &form->questions[i];
        const struct property *property = type_property(type, question->save_to);
        bool required = question->required || (property && property->required);
        bool touched = is_new || find_answer(answers, question->save_to);
        bool retired = property && property->retired;
        if (required && !retired && touched && !has_value(answers, question->save_to)) {
            return diag_set(diag, ERR_REQUIRED, question->save_to, NULL);
        }
    }
    return OK;
}

/* Who calls for the others of its group: the first, in the type's order, that is asked for. */
static const struct property *first_of_group(const struct type *type, const char *group)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *member = &type->properties[i];
        if (member->group && !member->retired && strcmp(member->group, group) == 0) {
            return member;
        }
    }
    return NULL;
}

static enum err check_groups(const struct type *type, const struct answers *answers,
                             struct diag *diag)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *member = &type->properties[i];
        if (!member->group || member->retired) {
            continue;
        }
        const struct property *first = first_of_group(type, member->group);
        if (has_value(answers, first->id) && !has_value(answers, member->id)) {
            return diag_set(diag, ERR_GROUP_INCOMPLETE, member->group, member->id, NULL);
        }
    }
    return OK;
}

enum err form_check(const struct mem *mem, const struct form *form, const struct type *type,
                    const struct answer *answers, size_t count, bool is_new, struct diag *diag)
{
    const struct answers all = {.items = answers, .count = count};
    for (size_t i = 0; i < count; i++) {
        enum err e =
            type_check_change(mem, answers[i].property, answers[i].before, answers[i].json, diag);
        if (e) {
            return e;
        }
    }
    enum err e = check_required(form, type, &all, is_new, diag);
    return e ? e : check_groups(type, &all, diag);
}
