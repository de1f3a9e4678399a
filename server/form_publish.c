#include "form_publish.h"

#include <string.h>

#include "form_text.h"
#include "mapping_rules.h"
#include "type_change.h"

#define DEFINITION_MAX (256u * 1024)

/* ---- types */

static enum err read_made(struct app *app, const struct buf *text, struct type *ret)
{
    struct json *json = NULL;
    enum err e = json_parse(buf_span(text), &json, app->diag);
    if (!e) {
        e = type_read(json, app->arena, ret, app->diag);
    }
    json_free(json);
    return e;
}

/* As its next version; nothing when that wouldn't differ from what stands. */
static enum err make_type(struct app *app, const struct mapping_typing *typing, struct buf *text)
{
    struct type *made = arena_alloc(app->arena, sizeof *made);
    struct type_change *changes = NULL;
    size_t count = 0;
    enum err e = made ? mapping_type(typing, app->arena, text, app->diag) : ERR_NOMEM;
    if (!e) {
        e = read_made(app, text, made);
    }
    if (e || typing->before == NULL) {
        return e;
    }
    e = type_may_follow(typing->before, made, app->diag);
    if (!e) {
        e = type_changes(typing->before, made, app->arena, &changes, &count);
    }
    if (!e && count == 0) {
        buf_clear(text);
    }
    return e;
}

static bool is_made_from(const struct type *type, const char *form)
{
    return type->form != NULL && strcmp(type->form, form) == 0;
}

static bool is_settled(const struct form_map *map, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (strcmp(map->records[i].type, map->records[number].type) == 0) {
            return true;
        }
    }
    return false;
}

struct publishing {
    struct app *app;
    const struct form_file *file;
    struct form_map map;
    struct form_rules *rules;
    const char *retire;
};

/* The type of a record: one that stands and takes its answers, or one that is made. */
static enum err settle_type(const struct publishing *p, size_t number)
{
    struct app *app = p->app;
    const struct form_file *file = p->file;
    const struct form_map *map = &p->map;
    const struct org *org = NULL;
    const struct map_record *record = &map->records[number];
    struct buf text;
    enum err e = app_org(app, &org);
    const struct type *before = e ? NULL : org_type(org, span_of(record->type));
    if (e) {
        return e;
    }
    if (before != NULL && record->entity != NULL &&
        (!is_made_from(before, map->id) || is_settled(map, number))) {
        return mapping_check(map, p->rules, number, before, app->diag);
    }
    if (before != NULL && !is_made_from(before, map->id)) {
        return diag_set(app->diag, ERR_BAD_FORM, record->type,
                        "a record type of this name is there already; give the form another "
                        "form_id",
                        NULL);
    }
    struct mapping_typing typing = {.form = &file->form,
                                    .map = map,
                                    .rules = p->rules,
                                    .record = number,
                                    .before = before,
                                    .retire = p->retire,
                                    .version = before ? before->version + 1 : 1};
    buf_init(&text, &app->host->mem, DEFINITION_MAX);
    e = make_type(app, &typing, &text);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(app->diag, e, record->type, "262144", NULL);
    }
    if (!e && text.size != 0) {
        e = org_publish(app->node, "_type", record->type, buf_span(&text), app->diag);
    }
    buf_release(&text);
    return e;
}

/* An entity of a type that stands must be where that type wants it. */
static enum err check_parents(struct app *app, const struct form_map *map)
{
    const struct org *org = NULL;
    enum err e = app_org(app, &org);
    for (size_t i = 0; !e && i < map->record_count; i++) {
        const struct map_record *record = &map->records[i];
        const struct type *type = org_type(org, span_of(record->type));
        const char *stands =
            record->parent == MAPPING_NONE ? NULL : map->records[record->parent].type;
        const char *wanted = type == NULL ? NULL : type->parent;
        bool same = wanted == stands || (wanted && stands && strcmp(wanted, stands) == 0);
        /* What a person fills it about may be given when it is filled. */
        if (!same && !(wanted != NULL && stands == NULL)) {
            e = diag_set(app->diag, ERR_BAD_FORM, record->type,
                         wanted ? "its records belong to those of another type than it stands in "
                                  "here; move it"
                                : "its records belong to nothing, and here it stands in another; "
                                  "move it out",
                         NULL);
        }
    }
    return e;
}

/* ---- the form */

static enum err publish_version(struct app *app, const struct form_file *file,
                                const struct form_map *map, int64_t version)
{
    struct form named = {.id = map->id, .version = version};
    char name[ORG_FORM_NAME_SIZE];
    struct buf text;
    org_form_name(&named, name);
    buf_init(&text, &app->host->mem, DEFINITION_MAX);
    enum err e = mapping_definition(&file->form, map, version, file->text, app->arena, &text);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(app->diag, e, map->id, "196608", NULL);
    }
    if (!e) {
        e = org_publish(app->node, "_form", name, buf_span(&text), app->diag);
    }
    buf_release(&text);
    return e;
}

static enum err publish_types(struct publishing *p)
{
    enum err e = form_rules_new(&p->app->host->mem, p->file->text, &p->rules, p->app->diag);
    for (size_t i = 0; !e && i < p->map.record_count; i++) {
        e = settle_type(p, i);
    }
    form_rules_free(p->rules);
    p->rules = NULL;
    return e ? e : check_parents(p->app, &p->map);
}

enum err form_publish(struct app *app, const struct form_file *file, const char *retire)
{
    struct publishing p = {.app = app, .file = file, .retire = retire};
    const struct org *org = NULL;
    char hash[FORM_HASH_SIZE];
    enum err e = mapping_make(&file->form, app->arena, &p.map, app->diag);
    if (!e && p.map.record_count == 0) {
        e = diag_set(app->diag, ERR_BAD_FORM, file->form.id,
                     "it asks for nothing that could be kept; add a question", NULL);
    }
    e = e ? e : app_org(app, &org);
    if (e) {
        return e;
    }
    const struct form *before = org_form(org, span_of(p.map.id));
    int64_t version = before ? before->version + 1 : 1;
    form_hash(file->text, hash);
    if (before != NULL && before->hash != NULL && strcmp(before->hash, hash) == 0) {
        return OK;
    }
    e = publish_types(&p);
    return e ? e : publish_version(app, file, &p.map, version);
}
