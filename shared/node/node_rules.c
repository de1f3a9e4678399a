/*
 * node_rules.c - whose rules are asked, by which forms, and what comes of it; and what their
 * calculations give (node_computed.h), which is found out on the way.
 */
#include "node_rules.h"

#include <string.h>

#include "node_alias.h"
#include "node_computed.h"
#include "node_project.h"
#include "record_title.h"
#include "rules_set.h"

#define FORMS_MAX     8 /* that wrote one record */
#define ANCESTORS_MAX 8 /* a tree is two or three deep; a damaged one must end */

/* ---- by which forms something of a record stands */

struct forms {
    const struct form *at[FORMS_MAX]; /* of each the newest version that wrote some of it */
    size_t count;
    bool any;     /* some were played, known or not */
    bool unknown; /* one isn't known here yet */
};

static void add_form(struct forms *forms, const struct form *form)
{
    for (size_t i = 0; i < forms->count; i++) {
        if (strcmp(forms->at[i]->id, form->id) == 0) {
            forms->at[i] = forms->at[i]->version < form->version ? form : forms->at[i];
            return;
        }
    }
    if (forms->count < FORMS_MAX) {
        forms->at[forms->count++] = form;
    }
}

static void find_forms(const struct org *org, const struct shown *shown, struct forms *ret)
{
    *ret = (struct forms){0};
    for (size_t i = 0; i < shown->op_count; i++) {
        const struct op *op = &shown->ops[i].logged.op;
        if (op->form.size == 0 || op->form_version == 0) {
            continue;
        }
        const struct form *form = org_form_version(org, op->form, op->form_version);
        const struct form *newest = form ? form : org_form(org, op->form);
        bool plain = newest && !newest->hash; /* a list of questions has no rules */
        ret->any = ret->any || !plain;
        ret->unknown = ret->unknown || (!plain && !form);
        if (form) {
            add_form(ret, form);
        }
    }
}

/* All that stands came in one save. */
static bool is_one_save(const struct shown *shown)
{
    for (size_t i = 1; i < shown->op_count; i++) {
        const struct op *first = &shown->ops[0].logged.op;
        if (first->tx == 0 || shown->ops[i].logged.op.tx != first->tx) {
            return false;
        }
    }
    return true;
}

/* ---- asking */

static enum err read_names(struct node *node, const struct shown *shown, struct arena *arena,
                           struct broken_value *value)
{
    struct span document = span_of("{}");
    enum err copied = OK;
    value->case_number = value->title = "";
    struct stmt *s = db_stmt(node->db, RULES_NAMES);
    stmt_bind_i64(s, 1, shown->entity.id);
    if (stmt_row(s)) {
        value->case_number = arena_span_text(arena, stmt_span(s, 0));
        value->title = arena_span_text(arena, stmt_span(s, 1));
        copied = arena_copy(arena, stmt_span(s, 2), &document);
    }
    enum err e = stmt_end(s);
    e = e ? e : copied;
    if (!e && (!value->case_number || !value->title)) {
        e = ERR_NOMEM;
    }
    return e ? e : title_spoken(node, shown->type, document, value->title, arena, &value->title);
}

static enum err read_value(struct node *node, const struct shown *shown,
                           const struct map_field *field, struct arena *arena,
                           struct broken_value *ret)
{
    struct broken_value value = {
        .entity = shown->entity.name, .type_name = shown->type_name, .json = span_of("null")};
    enum err e = read_names(node, shown, arena, &value);
    value.property = field ? type_property(shown->type, field->property) : NULL;
    if (!e && value.property) {
        e = shown_property_value(shown, value.property, arena, &value.json);
        const struct shown_op *author = rules_author(shown, value.property);
        if (!e && author) {
            value.person = author->logged.op.person;
            value.time_ms = author->logged.effective_ms;
            e = shown_device(node, author->logged.origin, &value.device);
        }
    }
    if (!e) {
        *ret = value;
    }
    return e;
}

struct answers {
    struct broken_rule *list;
    size_t count;
    bool settled; /* what is calculated is kept as well */
};

static enum err add_answer(struct node *node, const struct form *form, const struct rules_set *set,
                           const struct broken_hold *hold, struct arena *arena,
                           struct broken_rule *ret)
{
    *ret = (struct broken_rule){.form = form->id,
                                .form_version = form->version,
                                .form_labels = form->labels,
                                .kind = rule_kind_name(hold->kind),
                                .message = hold->message,
                                .value_count = hold->place_count};
    ret->values = arena_array(arena, hold->place_count, sizeof *ret->values);
    enum err e = ret->values ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < hold->place_count; i++) {
        const struct held_place *place = &hold->places[i];
        e = read_value(node, &set->shown[place->record], place->field, arena, &ret->values[i]);
    }
    return e;
}

static enum err add_answers(struct node *node, const struct form *form, const struct rules_set *set,
                            const struct broken_hold *holds, size_t count, struct arena *arena,
                            struct answers *answers)
{
    struct broken_rule *list = arena_array(arena, answers->count + count, sizeof *list);
    enum err e = list ? OK : ERR_NOMEM;
    if (!e && answers->count > 0) {
        memcpy(list, answers->list, answers->count * sizeof *list);
    }
    for (size_t i = 0; !e && i < count; i++) {
        e = add_answer(node, form, set, &holds[i], arena, &list[answers->count + i]);
    }
    if (!e) {
        answers->list = list;
        answers->count += count;
    }
    return e;
}

/* What was calculated, field by field of each record; those that show something else by it are
   shown anew. */
static enum err settle(struct node *node, const struct form *form, const struct form_rules *rules,
                       const struct rules_set *set, const struct held_answers *held,
                       struct arena *arena)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < set->held.count; i++) {
        const struct map_record *of = &form_rules_map(rules)->records[set->records[i].of];
        struct span *json = arena_array(arena, of->field_count, sizeof *json);
        bool changed = false;
        e = json ? OK : ERR_NOMEM;
        for (size_t k = 0; !e && k < held->computed_count; k++) {
            if (held->computed[k].record == i) {
                json[held->computed[k].field - of->fields] = held->computed[k].json;
            }
        }
        e = e ? e : computed_settle(node, form->id, of, &set->shown[i], json, &changed);
        if (!e && changed) {
            e = project_again(node, set->shown[i].entity.id);
        }
    }
    return e;
}

/* Nothing is calculated of more than can be looked at: what was written counts. */
static enum err settle_nothing(struct node *node, const struct shown *shown)
{
    enum err e = shown->computed_count > 0 ? computed_clear(node, shown->entity.id) : OK;
    return e || shown->computed_count == 0 ? e : project_again(node, shown->entity.id);
}

static enum err ask_form(const struct rules_sight *sight, const struct form *form,
                         const struct shown *shown, struct arena *arena, struct answers *answers)
{
    struct node *node = sight->node;
    struct form_rules *rules = NULL;
    struct rules_set set = {0};
    struct held_answers held = {0};
    enum err e = rules_of_form(node, form, &rules);
    size_t about = e || !rules ? MAPPING_NONE : form_rules_about(rules);
    bool mine = about != MAPPING_NONE &&
                strcmp(form_rules_map(rules)->records[about].type, shown->type_name) == 0;
    if (e || !mine || (!form_rules_are_wide(rules) && is_one_save(shown))) {
        return e;
    }
    e = rules_gather(sight, rules, span_of(form->id), shown, arena, &set);
    if (!e) {
        e = form_rules_ask(rules, &set.held, arena, &held);
    }
    if (!e && answers->settled) {
        e = set.held.count > 0 ? settle(node, form, rules, &set, &held, arena)
                               : settle_nothing(node, shown);
    }
    return e || held.broken_count == 0
               ? e
               : add_answers(node, form, &set, held.broken, held.broken_count, arena, answers);
}

static enum err ask(struct node *node, const struct shown *shown, shown_may may, const void *ctx,
                    struct arena *arena, struct answers *answers, bool *ret_unknown)
{
    struct rules_sight sight = {.node = node, .root = shown->entity.root, .may = may, .ctx = ctx};
    const struct org *org = NULL;
    struct forms forms;
    enum err e = node_org(node, &org);
    *ret_unknown = false;
    if (e || !shown->type || shown_deleted(shown)) {
        return e;
    }
    if (node->identity.role < ROLE_HUB) {
        sight.me = org_node(org, node->identity.id);
    }
    find_forms(org, shown, &forms);
    *ret_unknown = forms.unknown;
    for (size_t i = 0; !e && i < forms.count; i++) {
        e = ask_form(&sight, forms.at[i], shown, arena, answers);
    }
    return e;
}

enum err rules_read(struct node *node, const struct shown *shown, shown_may may, const void *ctx,
                    struct arena *arena, struct broken_rule **ret, size_t *ret_count)
{
    struct answers answers = {0};
    bool unknown = false;
    enum err e = ask(node, shown, may, ctx, arena, &answers, &unknown);
    if (!e) {
        *ret = answers.list;
        *ret_count = answers.count;
    }
    return e;
}

/* ---- whom to ask */

static enum err run_for(struct node *node, enum node_stmt which, int64_t entity)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, entity);
    return stmt_run(s);
}

/* What an entity says that it belongs to; 0: nothing, or nothing that is known here. */
static enum err parent_of(struct node *node, const struct shown *shown, struct arena *arena,
                          int64_t *ret)
{
    struct entity_row row = {0};
    const char *text = "";
    struct id name;
    enum err e = shown_own_text(shown, REGISTER_PARENT, arena, &text);
    if (!e && id_read(span_of(text), &name)) {
        e = entity_find(node, name, &row);
    } else {
        row.id = shown->entity.root == shown->entity.id ? 0 : shown->entity.root;
    }
    if (!e && row.id != 0) {
        e = alias_head(node, row.id, ret);
    }
    return e;
}

static enum err note_ancestors(struct node *node, const struct shown *shown)
{
    struct arena arena;
    struct shown at = *shown;
    enum err e = OK;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    for (size_t depth = 0; !e && depth < ANCESTORS_MAX; depth++) {
        int64_t parent = 0;
        e = parent_of(node, &at, &arena, &parent);
        if (e || parent == 0 || parent == at.entity.id) {
            break;
        }
        e = run_for(node, UNRULED_ADD, parent);
        if (parent == at.entity.root) {
            break;
        }
        if (!e) {
            e = shown_read(node, parent, &arena, &at);
        }
    }
    arena_release(&arena);
    return e;
}

enum err rules_note(struct node *node, const struct shown *shown)
{
    const struct org *org = NULL;
    struct forms forms;
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    find_forms(org, shown, &forms);
    if (!forms.any) { /* it may have had some before */
        return run_for(node, UNRULED_KEPT, shown->entity.id);
    }
    e = run_for(node, UNRULED_ADD, shown->entity.id);
    return e ? e : note_ancestors(node, shown);
}

enum err rules_forms_came(struct node *node)
{
    enum err e = stmt_run(db_stmt(node->db, FORMLESS_ASK));
    return e ? e : stmt_run(db_stmt(node->db, FORMLESS_CLEAR));
}

/* ---- a step of it */

static enum err count_broken(struct node *node, int64_t entity, struct arena *arena,
                             size_t *ret_count)
{
    struct shown shown = {0};
    struct answers answers = {.settled = true};
    bool unknown = false;
    int64_t head = 0;
    enum err e = alias_head(node, entity, &head);
    if (e || head != entity) {
        return e;
    }
    e = shown_read(node, entity, arena, &shown);
    if (!e) {
        e = ask(node, &shown, NULL, NULL, arena, &answers, &unknown);
    }
    if (!e && unknown) {
        e = run_for(node, FORMLESS_ADD, entity);
    }
    *ret_count = answers.count;
    return e;
}

static enum err ask_record(struct node *node, int64_t entity)
{
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = count_broken(node, entity, &arena, &count);
    if (e == ERR_TOO_LARGE || (e == ERR_NOMEM && arena.used_size > SHOWN_MEMORY_MAX / 2)) {
        count = 0; /* more than can be looked at: others must be shown all the same */
        e = OK;
    }
    arena_release(&arena);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, RULED_PUT);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, (int64_t)count);
    return stmt_run(s);
}

static enum err some_unruled(struct node *node, int64_t *ret, size_t max, size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, UNRULED_SOME);
    stmt_bind_i64(s, 1, (int64_t)max);
    while (count < max && stmt_row(s)) {
        ret[count++] = stmt_i64(s, 0);
    }
    *ret_count = count;
    return stmt_end(s);
}

#define ASK_STEP 64 /* records of one transaction */

enum err rules_ask_some(struct node *node, size_t max, size_t *ret_count)
{
    int64_t entities[ASK_STEP];
    size_t count = 0;
    enum err e = some_unruled(node, entities, max < ASK_STEP ? max : ASK_STEP, &count);
    for (size_t i = 0; !e && i < count; i++) {
        e = run_for(node, UNRULED_DONE, entities[i]);
        if (!e) {
            e = ask_record(node, entities[i]);
        }
    }
    *ret_count = count;
    return e;
}

enum err rules_to_ask(struct node *node, bool *ret)
{
    int64_t one = 0;
    size_t count = 0;
    enum err e = some_unruled(node, &one, 1, &count);
    *ret = count > 0;
    return e;
}
