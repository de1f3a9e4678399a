/*
 * save_check.c - may this be written? The form's and type's rules, access, doubles.
 */
#include <string.h>

#include "node_project.h"
#include "record_view.h"
#include "save_internal.h"

/* ---- rules */

/* A record written without a form is asked what its type asks. */
static enum err form_of_type(const struct type *type, struct arena *arena, struct form *ret)
{
    struct form form = {.id = type->id, .type = type->id, .version = 0};
    form.questions = arena_array(arena, type->property_count, sizeof *form.questions);
    if (!form.questions) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *p = &type->properties[i];
        if (p->policy != POLICY_DERIVED && !p->retired) {
            form.questions[form.question_count++] =
                (struct question){.name = p->id, .save_to = p->id, .required = p->required};
        }
    }
    *ret = form;
    return OK;
}

static bool touches_group(const struct draft *draft, const char *group)
{
    for (size_t i = 0; i < draft->value_count; i++) {
        const char *one = draft->values[i].property->group;
        if (one && strcmp(one, group) == 0) {
            return true;
        }
    }
    return false;
}

/* What is answered now, and of the groups it touches what stands already: a group is judged whole.
 */
static enum err answers_of(const struct draft *draft, struct arena *arena, struct answer **ret,
                           size_t *ret_count)
{
    size_t count = 0;
    struct answer *answers = arena_array(arena, draft->type->property_count, sizeof *answers);
    enum err e = answers ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < draft->type->property_count; i++) {
        const struct property *p = &draft->type->properties[i];
        const struct draft_value *value = draft_value(draft, p->id);
        struct span json = {0};
        if (value || (p->group && touches_group(draft, p->group))) {
            e = shown_property_value(&draft->shown, p, arena, &json);
        }
        if (!e && value) {
            answers[count++] = (struct answer){p, value->json, json};
        } else if (!e && json.size > 0 && !value_is_null(json)) {
            answers[count++] = (struct answer){p, json, json};
        }
    }
    if (!e) {
        *ret = answers;
        *ret_count = count;
    }
    return e;
}

static enum err check_places(struct node *node, const struct draft *draft, struct arena *arena,
                             struct diag *diag)
{
    enum err e = OK;
    bool known = true;
    char code[PLACE_CODE_MAX + 1];
    span_text(draft->place, code, sizeof code);
    if (draft->place.size > 0) {
        e = place_is_known(node, draft->author.org, draft->place, arena, &known);
    }
    for (size_t i = 0; !e && known && i < draft->value_count; i++) {
        const struct draft_value *value = &draft->values[i];
        if (value->property->place && value->json.size >= 2 && value->json.data[0] == '"') {
            struct span content = span_cut(value->json, 1, value->json.size - 2);
            span_text(content, code, sizeof code);
            e = place_is_known(node, draft->author.org, content, arena, &known);
        }
    }
    return e || known ? e : diag_set(diag, ERR_UNKNOWN_PLACE, code, NULL);
}

enum err check_rules(struct node *node, const struct draft *draft, struct arena *arena,
                     struct diag *diag)
{
    struct form all = {0};
    struct answer *answers = NULL;
    size_t count = 0;
    enum err e = draft->form ? OK : form_of_type(draft->type, arena, &all);
    if (!e) {
        e = answers_of(draft, arena, &answers, &count);
    }
    if (!e) {
        e = form_check(&node->host->mem, draft->form ? draft->form : &all, draft->type, answers,
                       count, draft->is_new, diag);
    }
    return e ? e : check_places(node, draft, arena, diag);
}

/* ---- access */

struct ground {
    const char *scopes[MEMBER_MAX]; /* where the record lies, or will */
    size_t count;
};

static enum err ground_of(struct node *node, const struct draft *draft, char *place, size_t size,
                          struct ground *ret)
{
    struct members members;
    if (draft->root_row == 0) {
        span_text(draft->place, place, size);
        *ret = (struct ground){.scopes = {place}, .count = 1};
        return OK;
    }
    enum err e = members_of(node, draft->root_row, &members);
    ret->count = 0;
    for (size_t i = 0; !e && i < members.count; i++) {
        e = symbol_text(node, members.scopes[i], &ret->scopes[i]);
        ret->count = i + 1;
    }
    return e;
}

static bool author_may(const struct author *author, const char *scope, struct span compartment,
                       enum verb verb)
{
    return org_person_may(author->org, author->person->id, span_of(scope), compartment, verb) &&
           (!author->device || org_node_covers(author->device, span_of(scope), compartment));
}

static bool may_somewhere(const struct author *author, const struct ground *ground,
                          struct span compartment, enum verb verb)
{
    for (size_t i = 0; i < ground->count; i++) {
        if (author_may(author, ground->scopes[i], compartment, verb)) {
            return true;
        }
    }
    return false;
}

/* Where a move leads, only the person counts: the device need not hold the new place. */
static enum err check_move(const struct draft *draft, const struct write *write, struct diag *diag)
{
    struct span json = span_cut(write->members, sizeof REGISTER_SCOPE + 2, write->members.size);
    struct span code = span_cut(json, 1, json.size - 2);
    char text[PLACE_CODE_MAX + 1];
    const struct author *author = &draft->author;
    if (org_person_may(author->org, author->person->id, code, span_of(COMPARTMENT_BASE),
                       VERB_WRITE)) {
        return OK;
    }
    span_text(code, text, sizeof text);
    return diag_set(diag, ERR_OUT_OF_SCOPE, text, author->person->name, NULL);
}

enum err check_access(struct node *node, const struct draft *draft, const struct plan *plan,
                      enum verb verb, struct diag *diag)
{
    struct ground ground;
    char place[PLACE_CODE_MAX + 1];
    const char *who = draft->author.person->name;
    enum err e = ground_of(node, draft, place, sizeof place, &ground);
    /* Who may only read there is told so below: that isn't a matter of the place. */
    if (!e && !may_somewhere(&draft->author, &ground, span_of(COMPARTMENT_BASE), VERB_READ) &&
        !(draft->is_new &&
          may_somewhere(&draft->author, &ground, span_of(COMPARTMENT_BASE), VERB_WRITE))) {
        return diag_set(diag, ERR_OUT_OF_SCOPE, ground.count > 0 ? ground.scopes[0] : "", who,
                        NULL);
    }
    for (size_t i = 0; !e && i < plan->count; i++) {
        const struct write *write = &plan->writes[i];
        if (!may_somewhere(&draft->author, &ground, write->compartment, verb)) {
            char compartment[TYPE_NAME_MAX + 1];
            span_text(write->compartment, compartment, sizeof compartment);
            return diag_set(diag, ERR_NOT_ALLOWED, compartment, who, NULL);
        }
        if (!draft->is_new && span_is(write->reg, REGISTER_SCOPE)) {
            e = check_move(draft, write, diag);
        }
    }
    return e;
}

/* ---- doubles */

struct doubles {
    struct view view;
    struct id entity; /* of the record itself */
    struct arena *arena;
    struct save_warning *list;
    size_t count, capacity;
};

static enum err add_double(struct doubles *doubles, const struct draft_value *value,
                           struct id entity)
{
    if (doubles->count == doubles->capacity) {
        size_t capacity = doubles->capacity == 0 ? 4 : 2 * doubles->capacity;
        struct save_warning *list = arena_array(doubles->arena, capacity, sizeof *list);
        if (!list) {
            return ERR_NOMEM;
        }
        if (doubles->count > 0) {
            memcpy(list, doubles->list, doubles->count * sizeof *list);
        }
        doubles->list = list;
        doubles->capacity = capacity;
    }
    struct save_warning warning = {.value = value->json, .entity = entity};
    warning.property = arena_text(doubles->arena, value->property->id);
    if (!warning.property) {
        return ERR_NOMEM;
    }
    doubles->list[doubles->count++] = warning;
    return OK;
}

static enum err find_doubles(struct node *node, struct doubles *doubles,
                             const struct draft_value *value)
{
    struct span key = {0};
    int64_t symbol = 0;
    enum err e = project_unique_key(value->property, value->json, doubles->arena, &key);
    if (!e) {
        e = symbol_find(node, span_of(value->property->id), &symbol);
    }
    if (e || key.size == 0 || symbol == 0) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, UNIQUE_FIND);
    stmt_bind_i64(s, 1, symbol);
    stmt_bind_text(s, 2, key);
    while (!e && stmt_row(s)) {
        struct id other = {{0}};
        bool seen = false;
        const char *elsewhere = arena_span_text(doubles->arena, stmt_span(s, 3));
        e = elsewhere ? OK : ERR_NOMEM;
        (void)stmt_blob(s, 1, other.bytes, ID_SIZE);
        e = e ? e : view_turn(&doubles->view, stmt_i64(s, 2), &seen);
        if (!e && seen && !id_equal(other, doubles->entity) &&
            view_may(&doubles->view, span_of(value->property->compartment), VERB_READ) &&
            view_reads(&doubles->view, elsewhere)) {
            e = add_double(doubles, value, other);
        }
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

enum err check_doubles(struct node *node, const struct draft *draft, struct id entity,
                       struct arena *arena, struct saved *saved)
{
    struct doubles doubles = {.entity = entity, .arena = arena};
    enum err e = view_open(node, &draft->author.person->id, &doubles.view);
    for (size_t i = 0; !e && i < draft->value_count; i++) {
        if (draft->values[i].property->unique) {
            e = find_doubles(node, &doubles, &draft->values[i]);
        }
    }
    if (!e) {
        saved->warnings = doubles.list;
        saved->warning_count = doubles.count;
    }
    return e;
}
