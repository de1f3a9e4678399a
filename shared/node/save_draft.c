/*
 * save_draft.c - from what a face hands over to properties, canonical values and a place.
 */
#include <assert.h>
#include <string.h>

#include "json.h"
#include "node_alias.h"
#include "node_project.h"
#include "place.h"
#include "save_internal.h"

enum err author_read(struct node *node, struct id person, struct author *ret, struct diag *diag)
{
    struct author author = {0};
    char text[ID_TEXT_SIZE];
    id_write(person, text);
    if (!node->identity.enrolled) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    enum err e = node_org(node, &author.org);
    if (e) {
        return e;
    }
    author.person = org_person(author.org, person);
    /* The region works everywhere: its own definition only names it. */
    author.device =
        node->identity.role == ROLE_REGION ? NULL : org_node(author.org, node->identity.id);
    if (!author.person) {
        return diag_set(diag, ERR_UNKNOWN_PERSON, text, NULL);
    }
    if (author.person->revoked) {
        return diag_set(diag, ERR_REVOKED, author.person->name, NULL);
    }
    if (author.device && author.device->revoked) {
        return diag_set(diag, ERR_REVOKED, author.device->name, NULL);
    }
    if (!author.device && node->identity.role != ROLE_REGION) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL); /* its own definition hasn't come yet */
    }
    *ret = author;
    return OK;
}

/* ---- values */

enum err draft_quote(struct span text, struct arena *arena, struct span *ret_json)
{
    struct buf json;
    buf_init(&json, arena->mem, 2 * VALUE_TEXT_MAX);
    json_add_text(&json, text);
    enum err e = buf_error(&json);
    if (!e) {
        e = arena_copy(arena, buf_span(&json), ret_json);
    }
    buf_release(&json);
    return e;
}

const struct draft_value *draft_value(const struct draft *draft, const char *property)
{
    for (size_t i = 0; i < draft->value_count; i++) {
        if (strcmp(draft->values[i].property->id, property) == 0) {
            return &draft->values[i];
        }
    }
    return NULL;
}

enum err draft_canonical(const struct property *property, struct span json, struct arena *arena,
                         struct span *ret, struct diag *diag)
{
    struct json *tree = NULL;
    enum err e = json_parse(json, &tree, diag);
    if (!e) {
        e = value_from_json(property->type, property->id, tree, arena, ret, diag);
    }
    json_free(tree);
    return e;
}

static const struct property *property_of(const struct draft *draft, const char *key)
{
    const struct question *question = draft->form ? form_question(draft->form, key) : NULL;
    return type_property(draft->type, question ? question->save_to : key);
}

/* An older form may still send what stands in a retired property: that is no change. */
static enum err drop_retired(struct draft *draft, const struct draft_value *value,
                             struct arena *arena, struct diag *diag)
{
    struct span shown = {0};
    enum err e = shown_property_value(&draft->shown, value->property, arena, &shown);
    if (!e && span_equal(shown, value->json)) {
        draft->value_count--;
        return OK;
    }
    return e ? e : diag_set(diag, ERR_RETIRED, value->property->id, draft->type->id, NULL);
}

static enum err read_value(struct draft *draft, const struct change *change, struct arena *arena,
                           struct diag *diag)
{
    struct draft_value *value = &draft->values[draft->value_count];
    value->property = property_of(draft, change->property);
    if (!value->property) {
        return diag_set(diag, ERR_UNKNOWN_PROPERTY, change->property, draft->type->id,
                        type_nearest_property(draft->type, change->property), NULL);
    }
    if (value->property->policy == POLICY_DERIVED && !draft->played) { /* a list can't calculate */
        return diag_set(diag, ERR_READ_ONLY, change->property, NULL);
    }
    if (draft_value(draft, value->property->id)) {
        return diag_set(diag, ERR_USAGE, change->property, "give each property once", NULL);
    }
    enum err e = draft_canonical(value->property, change->json, arena, &value->json, diag);
    draft->value_count += e == OK;
    return e || !value->property->retired ? e : drop_retired(draft, value, arena, diag);
}

static enum err read_values(struct draft *draft, const struct save *save, struct arena *arena,
                            struct diag *diag)
{
    /* One more: the place of a new root, when only `place` says it. */
    draft->values = arena_array(arena, save->change_count + 1, sizeof *draft->values);
    enum err e = draft->values ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < save->change_count; i++) {
        e = read_value(draft, &save->changes[i], arena, diag);
    }
    return e;
}

/* ---- form and type */

/* The version that was filled is known, unless another server published it: then the newest. */
static const struct form *find_form(const struct org *org, const struct save *save)
{
    struct span id = span_of(save->form);
    const struct form *version =
        save->form && save->form_version ? org_form_version(org, id, save->form_version) : NULL;
    return version || !save->form ? version : org_form(org, id);
}

static enum err read_type(struct draft *draft, const struct save *save, struct diag *diag)
{
    const struct org *org = draft->author.org;
    const char *name = save->type;
    const struct form *form = find_form(org, save);
    if (save->form && !form) {
        return diag_set(diag, ERR_UNKNOWN_FORM, save->form, NULL);
    }
    if (form && form->hash && !save->form_version) { /* its own rules hold where it is played */
        return diag_set(diag, ERR_USAGE, form->id, "fill", NULL);
    }
    if (form && form->hash) {
        draft->played = form;
        name = name ? name : form->type;
    } else if (form) {
        draft->form = form;
        name = form->type;
    }
    if (!save->is_new) {
        name = draft->shown.type_name;
        assert(name);
        if (draft->form && strcmp(draft->form->type, name) != 0) {
            return diag_set(diag, ERR_BAD_CHOICE, "form", draft->form->type, name, NULL);
        }
        if (draft->played && save->type && strcmp(save->type, name) != 0) {
            return diag_set(diag, ERR_BAD_CHOICE, "id", name, save->type, NULL);
        }
    }
    if (!name) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "type", NULL);
    }
    draft->type = org_type(org, span_of(name));
    if (!draft->type || name[0] == '_') {
        return diag_set(diag, ERR_UNKNOWN_TYPE, name, NULL);
    }
    draft->shown.type = draft->type;
    return OK;
}

/* ---- what is edited */

static enum err refuse_unseen(struct node *node, const struct draft *draft, int64_t root,
                              struct diag *diag)
{
    struct members members;
    const char *scope = "";
    enum err e = members_of(node, root, &members);
    if (!e && members.count > 0) {
        e = symbol_text(node, members.scopes[0], &scope);
    }
    return e ? e : diag_set(diag, ERR_OUT_OF_SCOPE, scope, draft->author.person->name, NULL);
}

/* What the author reads of a property that moved is what they supersede. */
struct reading {
    const struct author *author;
    const char *scopes[MEMBER_MAX];
    size_t count;
};

static bool author_reads(const void *ctx, struct span compartment)
{
    const struct reading *reading = ctx;
    for (size_t i = 0; i < reading->count; i++) {
        if (org_person_may(reading->author->org, reading->author->person->id,
                           span_of(reading->scopes[i]), compartment, VERB_READ)) {
            return true;
        }
    }
    return false;
}

static enum err show_to_author(struct node *node, struct draft *draft, int64_t root,
                               struct arena *arena)
{
    struct reading reading = {.author = &draft->author};
    struct members members;
    enum err e = members_of(node, root, &members);
    for (size_t i = 0; !e && i < members.count; i++) {
        e = symbol_text(node, members.scopes[i], &reading.scopes[i]);
        reading.count = i + 1;
    }
    return e ? e : shown_restrict(&draft->shown, author_reads, &reading, arena);
}

enum err draft_open_record(struct node *node, struct id entity, bool deleted_too,
                           struct arena *arena, struct draft *draft, struct diag *diag)
{
    struct entity_row row;
    bool seen = false;
    char text[ID_TEXT_SIZE];
    enum err e = alias_head_name(node, entity, &entity); /* a duplicate is edited in its head */
    id_write(entity, text);
    if (!e) {
        e = entity_find(node, entity, &row);
    }
    if (!e && row.id != 0) {
        e = shown_read(node, row.id, arena, &draft->shown);
    }
    if (e) {
        return e;
    }
    if (row.id == 0 || draft->shown.register_count == 0 || draft->shown.type_name[0] == '_') {
        return diag_set(diag, ERR_NOT_FOUND, "record", text, NULL);
    }
    e = root_in_sight(node, row.root, &seen);
    if (e || !seen) {
        return e ? e : refuse_unseen(node, draft, row.root, diag);
    }
    e = show_to_author(node, draft, row.root, arena);
    if (e) {
        return e;
    }
    if (shown_deleted(&draft->shown) && !deleted_too) {
        return diag_set(diag, ERR_DELETED, text, NULL);
    }
    if (shown_erased(&draft->shown) && !deleted_too) {
        return diag_set(diag, ERR_ERASED, text, NULL);
    }
    draft->type = draft->shown.type;
    draft->root_row = row.root;
    return OK;
}

/* ---- where a new record belongs */

enum err place_is_known(struct node *node, const struct org *org, struct span code,
                        struct arena *arena, bool *ret)
{
    const struct type *type = org_type(org, span_of(SAVE_PLACE_TYPE));
    const struct property *p = type ? type_property(type, SAVE_PLACE_CODE) : NULL;
    struct span json = {0};
    struct span key = {0};
    int64_t symbols[2] = {0};
    *ret = org_place(org, code) != NULL;
    if (*ret || !p || !place_code_valid(code)) {
        return OK;
    }
    enum err e = draft_quote(code, arena, &json);
    if (!e) {
        e = project_unique_key(p, json, arena, &key);
    }
    if (!e) {
        e = symbol_find(node, span_of(p->id), &symbols[0]);
    }
    if (!e) {
        e = symbol_find(node, span_of(type->id), &symbols[1]);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, UNIQUE_DOCUMENT);
        stmt_bind_i64(s, 1, symbols[0]);
        stmt_bind_text(s, 2, key);
        stmt_bind_i64(s, 3, symbols[1]);
        stmt_bind_text(s, 4, span_of("$." SAVE_PLACE_CODE));
        stmt_bind_text(s, 5, json);
        *ret = stmt_row(s);
        e = stmt_end(s);
    }
    return e;
}

/* The content of a JSON text without escapes, which a place code is. */
static struct span unquoted(struct span json)
{
    return json.size >= 2 && json.data[0] == '"' ? span_cut(json, 1, json.size - 2)
                                                 : (struct span){0};
}

static enum err add_place_value(struct draft *draft, const struct property *property,
                                struct arena *arena)
{
    struct draft_value *value = &draft->values[draft->value_count];
    value->property = property;
    enum err e = draft_quote(draft->place, arena, &value->json);
    draft->value_count += e == OK;
    return e;
}

/* `place` and the property that says where a record is mean the same: either gives the other. Where
   they differ the answer holds, which a person gave knowing what was proposed. */
static enum err locate_root(const struct save *save, struct arena *arena, struct draft *draft,
                            struct diag *diag)
{
    const struct property *p = plan_place_property(draft->type);
    const struct draft_value *given = p ? draft_value(draft, p->id) : NULL;
    char text[PLACE_CODE_MAX + 1];
    draft->place = given ? unquoted(given->json) : save->place;
    draft->place = draft->place.size == 0 ? save->place : draft->place;
    span_text(draft->place, text, sizeof text);
    if (draft->place.size == 0) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "place", NULL);
    }
    if (!place_code_valid(draft->place) || span_is(draft->place, PLACE_ORG)) {
        return diag_set(diag, ERR_UNKNOWN_PLACE, text, NULL);
    }
    return p && !given ? add_place_value(draft, p, arena) : OK;
}

static enum err check_parent_type(struct node *node, const struct shown *parent,
                                  const struct draft *draft, struct diag *diag)
{
    struct entity_row root;
    const char *root_type = "";
    enum err e = entity_get(node, parent->entity.root, &root);
    if (!e) {
        e = symbol_text(node, root.type, &root_type);
    }
    assert(parent->type_name);
    if (!e && strcmp(parent->type_name, draft->type->parent) != 0 &&
        strcmp(root_type, draft->type->parent) != 0) {
        e = diag_set(diag, ERR_BAD_CHOICE, "parent", parent->type_name, draft->type->parent, NULL);
    }
    return e;
}

static enum err locate_child(struct node *node, const struct save *save, struct arena *arena,
                             struct draft *draft, struct diag *diag)
{
    struct draft parent = {.author = draft->author};
    struct entity_row root;
    if (!draft->type->parent) {
        return diag_set(diag, ERR_USAGE, "records of this type belong to a place, not to a record",
                        "give a place instead", NULL);
    }
    enum err e = draft_open_record(node, save->parent, false, arena, &parent, diag);
    if (!e) {
        e = check_parent_type(node, &parent.shown, draft, diag);
    }
    if (!e) {
        e = entity_get(node, parent.root_row, &root);
    }
    if (!e) {
        draft->has_parent = true;
        draft->parent = parent.shown.entity.name;
        draft->root = root.name;
        draft->root_row = root.id;
    }
    return e;
}

static enum err locate(struct node *node, const struct save *save, struct arena *arena,
                       struct draft *draft, struct diag *diag)
{
    if (!save->is_new) {
        return OK;
    }
    if (save->has_parent) {
        return locate_child(node, save, arena, draft, diag);
    }
    if (draft->type->parent) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "parent", NULL);
    }
    return locate_root(save, arena, draft, diag);
}

enum err draft_read(struct node *node, const struct save *save, struct arena *arena,
                    struct draft *ret, struct diag *diag)
{
    struct draft draft = {.is_new = save->is_new};
    enum err e = author_read(node, save->person, &draft.author, diag);
    if (!e && !save->is_new) {
        e = draft_open_record(node, save->entity, false, arena, &draft, diag);
        draft.shown.seen = save->seen;
        draft.shown.seen_by = save->person;
    }
    if (!e) {
        e = read_type(&draft, save, diag);
    }
    assert(e || draft.type);
    if (!e) {
        e = read_values(&draft, save, arena, diag);
    }
    if (!e) {
        e = locate(node, save, arena, &draft, diag);
    }
    if (!e) {
        *ret = draft;
    }
    return e;
}
