/*
 * call_save.c - writing: new records, edits, undo, deletion.
 */
#include <assert.h>
#include <string.h>

#include "call_answers.h"
#include "call_put.h"

#define FORM_NAMES_MAX 65536

/* ---- answers of a save */

/* After a save nothing may fail any more: a double whose record can't be read is told by its id. */
void call_put_warnings(struct call *call, const struct saved *saved)
{
    json_name(call->out, "warnings");
    json_open(call->out, '[');
    for (size_t i = 0; i < saved->warning_count && !call->locked; i++) {
        const struct save_warning *warning = &saved->warnings[i];
        struct record record = {.title = NULL};
        if (record_read(call->node, &call->person, warning->entity, call->arena, &record, NULL)) {
            record = (struct record){.title = NULL};
        }
        json_open(call->out, '{');
        put_text(call, "property", warning->property);
        put_raw(call, "value", warning->value);
        put_id(call, "id", warning->entity);
        put_text(call, "case", record.case_number);
        put_text(call, "title", record.title);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
}

/* Saves, or only says what a save would; then writes the answer. */
static enum err run_save(struct call *call, const struct save *save, bool dry_run)
{
    struct saved saved = {0};
    enum err e = dry_run ? node_save_check(call->node, save, call->arena, &saved, call->diag)
                         : node_save(call->node, save, call->arena, &saved, call->diag);
    if (e) {
        return e;
    }
    if (!dry_run || !save->is_new) {
        put_id(call, "id", saved.entity);
    }
    put_text(call, "case", saved.case_number);
    put_int(call, "ops", (int64_t)saved.op_count);
    put_true(call, "dry_run", dry_run);
    call_put_warnings(call, &saved);
    return OK;
}

/* ---- new */

static enum err find_form(struct call *call, const char *id, const struct form **ret_form,
                          const struct type **ret_type)
{
    const struct org *org = NULL;
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
    *ret_form = form;
    *ret_type = type;
    return OK;
}

static enum err settle_parent(struct call *call, const struct type *type, struct save *save)
{
    const char *parent = call_arg_text(call, "parent");
    if (!type->parent && parent) {
        return diag_set(call->diag, ERR_UNKNOWN_OPTION, "parent", "place", NULL);
    }
    if (!parent) {
        return OK;
    }
    save->has_parent = true;
    return record_resolve_id(call->node, parent, &save->parent, call->diag);
}

enum err call_new(struct call *call)
{
    const struct form *form = NULL;
    const struct type *type = NULL;
    struct change *changes = NULL;
    const char *place = call_arg_text(call, "place");
    enum err e = find_form(call, call_arg_text(call, "form"), &form, &type);
    if (e) {
        return e;
    }
    assert(form && type);
    struct save save = {.person = call->person,
                        .form = form->id,
                        .type = type->id,
                        .is_new = true,
                        .place = span_of(place)};
    e = settle_parent(call, type, &save);
    if (!e) {
        e = answers_read(call, type, form, &changes, &save.change_count);
    }
    if (e) {
        return e;
    }
    save.changes = changes;
    return run_save(call, &save, call_arg_bool(call, "dry_run", false));
}

/* ---- edit, undo, delete */

/* A form of another type: these would do. */
static enum err other_form(struct call *call, const char *form, const struct type *type)
{
    const struct org *org = NULL;
    struct buf names;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    buf_init(&names, &call->host->mem, FORM_NAMES_MAX);
    for (size_t i = 0; i < org->form_count; i++) {
        if (strcmp(org->forms[i].type, type->id) == 0) {
            buf_add_format(&names, "%s%s", names.size ? ", " : "", org->forms[i].id);
        }
    }
    e = diag_set(call->diag, ERR_BAD_CHOICE, "form", form, buf_text(&names), NULL);
    buf_release(&names);
    return e;
}

enum err call_edit(struct call *call)
{
    struct id entity;
    struct record record = {0};
    const struct form *form = NULL;
    struct change *changes = NULL;
    enum err e = record_resolve_id(call->node, call_arg_text(call, "id"), &entity, call->diag);
    if (!e) {
        e = record_read(call->node, &call->person, entity, call->arena, &record, call->diag);
    }
    if (e) {
        return e;
    }
    const struct type *type = record.type;
    if (!type) {
        return diag_set(call->diag, ERR_UNKNOWN_TYPE, record.type_name, NULL);
    }
    const char *form_id = call_arg_text(call, "form");
    if (form_id) {
        const struct type *form_type = NULL;
        e = find_form(call, form_id, &form, &form_type);
        assert(e || form_type);
        if (!e && strcmp(form_type->id, type->id) != 0) {
            e = other_form(call, form_id, type);
        }
    }
    struct save save = {.person = call->person, .form = form ? form->id : NULL, .entity = entity};
    if (!e) {
        e = answers_read(call, type, form, &changes, &save.change_count);
    }
    if (e) {
        return e;
    }
    save.changes = changes;
    return run_save(call, &save, call_arg_bool(call, "dry_run", false));
}

enum err call_undo(struct call *call)
{
    struct id entity;
    enum err e = node_undo(call->node, call->person, &entity, call->diag);
    if (!e) {
        put_id(call, "id", entity);
    }
    return e;
}

enum err call_delete(struct call *call)
{
    struct id entity;
    struct record_child *children = NULL; /* they stay, and a person should know */
    size_t count = 0;
    enum err e = record_resolve_id(call->node, call_arg_text(call, "id"), &entity, call->diag);
    if (!e) {
        e = record_children(call->node, &call->person, entity, DEVICE_PAGE_MAX, call->arena,
                            &children, &count, call->diag);
    }
    if (!e) {
        e = node_delete(call->node, call->person, entity, call_arg_text(call, "reason"),
                        call->diag);
    }
    if (!e) {
        put_id(call, "id", entity);
        put_int(call, "left", (int64_t)count);
    }
    return e;
}
