/*
 * command_org.c - `type` and `form`: what the organisation collects.
 */
#include "commands.h"

#include "command_type.h"
#include "form_input.h"
#include "form_publish.h"
#include "record.h"

#define FILE_SIZE_MAX (1024u * 1024)

/* Reads a JSON file; the tree is the caller's. Failures name the file. */
static enum err read_json(struct app *app, const char *path, struct json **ret)
{
    struct buf text;
    struct diag why = {0};
    buf_init(&text, &app->host->mem, FILE_SIZE_MAX);
    enum err e = app->host->files->read(app->host->ctx, path, &text);
    if (e) {
        e = diag_set(app->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, path, err_name(e), NULL);
    } else {
        e = json_parse(buf_span(&text), ret, &why);
        if (e) {
            *app->diag = why;
        }
    }
    buf_release(&text);
    return e;
}

/* How many changes this node has written in its life. */
static enum err own_ops(struct app *app, int64_t *ret)
{
    struct node_status status;
    enum err e = node_status(app->node, &status);
    if (!e) {
        *ret = status.ops_here + status.ops_province + status.ops_region;
    }
    return e;
}

/* With `is_known` this version stands already: publishing must write nothing, or two devices
   would mean different things by one version. */
static enum err publish_tree(struct app *app, const char *kind, const char *name, bool is_known,
                             const struct json *json)
{
    struct buf text;
    int64_t before = 0, after = 0;
    buf_init(&text, &app->host->mem, FILE_SIZE_MAX);
    json_add_tree(&text, json);
    enum err e = buf_error(&text);
    if (!e) {
        e = own_ops(app, &before);
    }
    if (!e) {
        e = org_publish(app->node, kind, name, buf_span(&text), app->diag);
    }
    if (!e) {
        e = own_ops(app, &after);
    }
    if (!e && is_known && after != before) {
        e = diag_set(app->diag, ERR_TYPE_CONFLICT, name, "version", "give it a higher version",
                     NULL);
    }
    buf_release(&text);
    return e;
}

/* A version only rises, and nothing that was entered may lose its meaning. */
static enum err check_type(struct app *app, const struct type_step *step)
{
    if (step->before == NULL || step->before->version == step->next->version) {
        return OK;
    }
    return type_may_follow(step->before, step->next, app->diag);
}

/* The type in the file, and the version that stands, read into the arena: publishing makes the
   configuration anew. The tree is the caller's. */
static enum err read_step(struct app *app, const char *path, struct json **ret_json,
                          struct type_step *ret)
{
    struct type *next = arena_alloc(app->arena, sizeof *next);
    const struct org *org = NULL;
    enum err e = next ? read_json(app, path, ret_json) : diag_keep(app->diag, ERR_NOMEM);
    if (!e) {
        e = type_read(*ret_json, app->arena, next, app->diag);
    }
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        *ret = (struct type_step){org_type(org, span_of(next->id)), next};
        e = check_type(app, ret);
    }
    return e;
}

static enum err add_type(struct app *app, const char *path)
{
    struct json *json = NULL;
    struct type_step step;
    const struct org *org = NULL;
    enum err e = read_step(app, path, &json, &step);
    bool is_known = !e && step.before && step.before->version == step.next->version;
    if (!e && !is_known) {
        e = app_org(app, &org);
        e = e ? e : type_warn(app, org, &step);
    }
    if (!e) {
        e = publish_tree(app, "_type", step.next->id, is_known, json);
    }
    json_free(json);
    return e;
}

/* What would be published, and published nothing. */
static enum err show_changes(struct app *app)
{
    const struct org *org = NULL;
    struct type_step *steps = arena_array(app->arena, app->word_count, sizeof *steps);
    enum err e = steps ? app_org(app, &org) : diag_keep(app->diag, ERR_NOMEM);
    for (size_t i = 0; !e && i < app->word_count; i++) {
        struct json *json = NULL;
        e = read_step(app, app->words[i], &json, &steps[i]);
        json_free(json);
        if (e && e != ERR_FILE) {
            face_warn(app->face, "admin.file_refused", app->words[i], NULL);
        }
    }
    for (size_t i = 0; !e && i < app->word_count; i++) {
        e = type_warn(app, org, &steps[i]);
    }
    return e ? e : type_say_changes(app, steps, app->word_count);
}

/* Files may come in any order; when all are in, each parent must be there. */
static enum err check_parents(struct app *app)
{
    const struct org *org;
    enum err e = app_org(app, &org);
    for (size_t i = 0; !e && i < org->type_count; i++) {
        const char *parent = org->types[i].parent;
        if (parent != NULL && org_type(org, span_of(parent)) == NULL) {
            e = diag_set(app->diag, ERR_UNKNOWN_TYPE, parent, NULL);
        }
    }
    return e;
}

/* A plain list of questions over a type. */
static enum err add_list(struct app *app, const struct form_file *file)
{
    struct json *json = NULL;
    struct form form = {0};
    const struct org *org = NULL;
    bool is_known = false;
    enum err e = json_parse(file->bytes, &json, app->diag);
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        const char *name = json_get_text(json, "type", NULL);
        const struct type *type = name ? org_type(org, span_of(name)) : NULL;
        e = type   ? form_read(json, type, app->arena, &form, app->diag)
            : name ? diag_set(app->diag, ERR_UNKNOWN_TYPE, name, NULL)
                   : diag_set(app->diag, ERR_BAD_FORM, "type", "the type that it writes", NULL);
    }
    if (!e && form.hash != NULL) {
        e = diag_set(app->diag, ERR_BAD_FORM, "hash",
                     "is for forms that are published from a workbook, an XForm or a form.json; "
                     "leave it out",
                     NULL);
    }
    if (!e) {
        const struct form *before = org_form(org, span_of(form.id));
        is_known = before != NULL && form.version == before->version;
        if (before != NULL && form.version < before->version) {
            e = diag_set(app->diag, ERR_TYPE_CONFLICT, form.id, "version",
                         "give it a higher version", NULL);
        }
    }
    if (!e) {
        e = publish_tree(app, "_form", form.id, is_known, json);
    }
    json_free(json);
    return e;
}

static enum err add_form(struct app *app, const char *path)
{
    struct form_file file;
    enum err e = form_input_read(app, path, &file);
    if (e) {
        return e;
    }
    return file.kind == FORM_KIND_LIST ? add_list(app, &file)
                                       : form_publish(app, &file, args_value(app->args, "retire"));
}

/* All files or none. */
static enum err add_all(struct app *app, enum err (*add)(struct app *app, const char *path),
                        enum err (*check)(struct app *app))
{
    enum err e = node_begin(app->node);
    if (e) {
        return diag_keep(app->diag, e);
    }
    for (size_t i = 0; !e && i < app->word_count; i++) {
        e = add(app, app->words[i]);
        if (e && e != ERR_FILE) { /* that names the file itself */
            face_warn(app->face, "admin.file_refused", app->words[i], NULL);
        }
    }
    if (!e && check != NULL) {
        e = check(app);
    }
    e = node_end(app->node, e);
    if (!e) {
        const struct member members[] = {{.name = "published", .number = (int64_t)app->word_count}};
        app_answer(app, "admin.published", members, 1);
    }
    return e;
}

enum err command_type_add(struct app *app)
{
    if (args_flag(app->args, "dry-run")) {
        return show_changes(app);
    }
    return add_all(app, add_type, check_parents);
}

enum err command_form_add(struct app *app)
{
    return add_all(app, add_form, NULL);
}

enum err command_type_list(struct app *app)
{
    static const char *const columns[] = {"type", "version", "label", "parent", "properties"};
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < org->type_count; i++) {
        const struct type *type = &org->types[i];
        listing_text(&listing, type->id);
        listing_int(&listing, type->version);
        listing_text(&listing, labels_pick(&type->labels, app->language, type->id));
        listing_text(&listing, type->parent);
        listing_int(&listing, (int64_t)type->property_count);
    }
    return listing_end(&listing);
}

enum err command_form_list(struct app *app)
{
    static const char *const columns[] = {"form", "version", "label", "type", "questions"};
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < org->form_count; i++) {
        const struct form *form = &org->forms[i];
        listing_text(&listing, form->id);
        listing_int(&listing, form->version);
        listing_text(&listing, labels_pick(&form->labels, app->language, form->id));
        listing_text(&listing, form->type);
        listing_int(&listing, (int64_t)form->question_count);
    }
    return listing_end(&listing);
}
