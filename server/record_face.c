#include "record_face.h"

#include <string.h>

#include "json.h"
#include "num.h"
#include "record_text.h"

#define SHOW_TEXT_MAX (16u * 1024 * 1024)
#define CHILDREN_MAX  10000 /* of a large centre */

static const char *custody_name(enum custody custody)
{
    static const char *const names[] = {
        [CUSTODY_HERE] = "here", [CUSTODY_PROVINCE] = "province", [CUSTODY_REGION] = "region"};
    return names[custody];
}

/* A person's or device's name; its id when the configuration doesn't know it. */
static const char *name_of(const struct org *org, struct id id, bool is_person, struct arena *arena)
{
    char text[ID_TEXT_SIZE];
    const struct org_person *person = is_person ? org_person(org, id) : NULL;
    const struct org_node *node = is_person ? NULL : org_node(org, id);
    if (person != NULL || node != NULL) {
        return person ? person->name : node->name;
    }
    if (id_is_zero(id)) {
        return "-";
    }
    id_write(id, text);
    const char *copy = arena_text(arena, text);
    return copy ? copy : "-";
}

static const char *value_text(const struct app *app, const struct org *org,
                              const struct property *property, struct span json)
{
    const struct speech speech = {.org = org,
                                  .language = app->language,
                                  .yes = app_word(app, "text.", "yes"),
                                  .no = app_word(app, "text.", "no")};
    struct buf text;
    const char *copy = NULL;
    buf_init(&text, &app->host->mem, SHOW_TEXT_MAX);
    if (record_value_text(&speech, property, json, &text) == OK) {
        copy = arena_text(app->arena, buf_text(&text));
    }
    buf_release(&text);
    return copy ? copy : "";
}

/* ---- JSON */

static void put_id(struct json_writer *json, const char *name, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    json_name(json, name);
    json_put_text(json, text);
}

static void put_alternatives(struct json_writer *json, const struct shown_property *shown)
{
    json_name(json, "alternatives");
    json_open(json, '[');
    for (size_t i = 0; i < shown->alternative_count; i++) {
        const struct alternative *alternative = &shown->alternatives[i];
        json_open(json, '{');
        json_name(json, "take");
        json_put_int(json, (int64_t)i + 1);
        json_name(json, "value");
        json_put_raw(json, alternative->json);
        put_id(json, "person", alternative->person);
        put_id(json, "device", alternative->device);
        json_name(json, "time");
        json_put_int(json, alternative->time_ms);
        put_id(json, "uid", alternative->uid);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_properties(struct json_writer *json, const struct record *record,
                           bool disputes_only)
{
    json_name(json, "properties");
    json_open(json, '{');
    for (size_t i = 0; i < record->property_count; i++) {
        const struct shown_property *shown = &record->properties[i];
        if (value_is_null(shown->json) || (disputes_only && !shown->disputed)) {
            continue;
        }
        json_name(json, shown->property->id);
        json_open(json, '{');
        json_name(json, "value");
        json_put_raw(json, shown->json);
        if (shown->disputed) {
            json_name(json, "disputed");
            json_put_bool(json, true);
            put_alternatives(json, shown);
        }
        json_close(json, '}');
    }
    json_close(json, '}');
}

static const char *rule_message(const struct app *app, const struct broken_rule *rule)
{
    return labels_pick(&rule->message, app->language, app_word(app, "text.rule_", rule->kind));
}

static void put_broken_value(struct json_writer *json, const struct broken_value *value)
{
    json_open(json, '{');
    put_id(json, "id", value->entity);
    json_put_member(json, "type", value->type_name);
    json_put_member(json, "case", value->case_number);
    json_put_member(json, "title", value->title);
    if (value->property) {
        json_name(json, "property");
        json_put_text(json, value->property->id);
        json_name(json, "value");
        json_put_raw(json, value->json);
    }
    if (!id_is_zero(value->person)) {
        put_id(json, "person", value->person);
        put_id(json, "device", value->device);
        json_name(json, "time");
        json_put_int(json, value->time_ms);
    }
    json_close(json, '}');
}

static void put_rules(struct json_writer *json, const struct app *app, const struct record *record)
{
    json_name(json, "rules");
    json_open(json, '[');
    for (size_t i = 0; i < record->broken_count; i++) {
        const struct broken_rule *rule = &record->broken[i];
        json_open(json, '{');
        json_put_member(json, "form", rule->form);
        json_put_member(json, "kind", rule->kind);
        json_put_member(json, "message", rule_message(app, rule));
        json_name(json, "version");
        json_put_int(json, rule->form_version);
        json_name(json, "values");
        json_open(json, '[');
        for (size_t j = 0; j < rule->value_count; j++) {
            put_broken_value(json, &rule->values[j]);
        }
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

struct children {
    struct record_child *list;
    size_t count;
};

static void put_children(struct json_writer *json, const struct children *children)
{
    json_name(json, "children");
    json_open(json, '[');
    for (size_t i = 0; i < children->count; i++) {
        const struct record_child *child = &children->list[i];
        json_open(json, '{');
        put_id(json, "id", child->entity);
        put_id(json, "parent", child->parent);
        json_put_member(json, "type", child->type_name);
        json_put_member(json, "case", child->case_number);
        json_put_member(json, "title", child->title);
        json_name(json, "updated");
        json_put_int(json, child->updated_ms);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static enum err show_json(struct app *app, const struct record *record,
                          const struct children *children, bool disputes_only)
{
    struct buf text;
    struct json_writer json;
    buf_init(&text, &app->host->mem, SHOW_TEXT_MAX);
    json_begin(&json, &text);
    json_open(&json, '{');
    put_id(&json, "id", record->entity);
    json_put_member(&json, "type", record->type_name);
    json_put_member(&json, "case", record->case_number);
    json_put_member(&json, "title", record->title);
    json_put_member(&json, "custody", custody_name(record->custody));
    if (record->has_parent) {
        put_id(&json, "parent", record->parent);
    }
    json_name(&json, "places");
    json_open(&json, '[');
    for (size_t i = 0; i < record->scope_count; i++) {
        json_put_text(&json, record->scopes[i]);
    }
    json_close(&json, ']');
    json_name(&json, "deleted");
    json_put_bool(&json, record->deleted);
    json_name(&json, "erased");
    json_put_bool(&json, record->erased);
    json_name(&json, "updated");
    json_put_int(&json, record->updated_ms);
    put_properties(&json, record, disputes_only);
    put_rules(&json, app, record);
    put_children(&json, children);
    json_close(&json, '}');
    enum err e = buf_error(&text);
    if (!e) {
        face_put_line(app->face, buf_span(&text));
    }
    buf_release(&text);
    return e ? diag_keep(app->diag, e) : OK;
}

/* ---- words */

static void say_head(struct app *app, const struct record *record)
{
    char id[ID_TEXT_SIZE], when[WHEN_SIZE];
    struct buf places;
    id_write(record->entity, id);
    when_write(record->updated_ms, app->face->zone_minutes, when);
    buf_init(&places, &app->host->mem, 4096);
    for (size_t i = 0; i < record->scope_count; i++) {
        buf_add_format(&places, "%s%s", i > 0 ? ", " : "", record->scopes[i]);
    }
    const char *type = record->type
                           ? labels_pick(&record->type->labels, app->language, record->type_name)
                           : record->type_name;
    face_say(app->face, "admin.record_head", record->title, type, record->case_number, id,
             buf_text(&places), when, NULL);
    if (record->deleted) {
        face_say(app->face, "admin.record_deleted", NULL);
    }
    if (record->erased) {
        face_say(app->face, "admin.record_erased", NULL);
    }
    buf_release(&places);
}

static void say_alternatives(struct app *app, const struct org *org,
                             const struct shown_property *shown)
{
    for (size_t i = 0; i < shown->alternative_count; i++) {
        const struct alternative *alternative = &shown->alternatives[i];
        char number[NUM_TEXT_SIZE], when[WHEN_SIZE];
        num_write_i64((int64_t)i + 1, number);
        when_write(alternative->time_ms, app->face->zone_minutes, when);
        face_say(app->face, "admin.alternative", number,
                 value_text(app, org, shown->property, alternative->json),
                 name_of(org, alternative->person, true, app->arena),
                 name_of(org, alternative->device, false, app->arena), when, NULL);
    }
}

/* What was wrong, then whose values it is about, each with the record it stands in. */
static enum err say_rule(struct app *app, const struct org *org, const struct broken_rule *rule)
{
    static const char *const columns[] = {"title", "property", "value", "person", "device", "time"};
    struct listing listing;
    face_say(app->face, "text.rule_broken",
             labels_pick(&rule->form_labels, app->language, rule->form), rule_message(app, rule),
             NULL);
    listing_begin(&listing, app, columns, 6);
    for (size_t i = 0; i < rule->value_count; i++) {
        const struct broken_value *value = &rule->values[i];
        const struct property *property = value->property;
        listing_text(&listing, value->title);
        listing_text(&listing, property
                                   ? labels_pick(&property->labels, app->language, property->id)
                                   : app_type_label(app, value->type_name));
        listing_text(&listing, property ? value_text(app, org, property, value->json) : NULL);
        listing_text(&listing, id_is_zero(value->person)
                                   ? NULL
                                   : name_of(org, value->person, true, app->arena));
        listing_text(&listing, id_is_zero(value->device)
                                   ? NULL
                                   : name_of(org, value->device, false, app->arena));
        if (value->time_ms != 0) {
            listing_when(&listing, value->time_ms);
        } else {
            listing_text(&listing, NULL);
        }
    }
    return listing_end(&listing);
}

static enum err say_rules(struct app *app, const struct org *org, const struct record *record)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < record->broken_count; i++) {
        e = say_rule(app, org, &record->broken[i]);
    }
    return e;
}

/* The number of the record that a child belongs to; nothing when it is the one shown. */
static const char *parent_case(const struct children *children, struct id parent)
{
    for (size_t i = 0; i < children->count; i++) {
        if (id_equal(children->list[i].entity, parent)) {
            return children->list[i].case_number;
        }
    }
    return NULL;
}

static enum err say_children(struct app *app, const struct children *children)
{
    static const char *const columns[] = {"case", "type", "title", "parent", "updated"};
    struct listing listing;
    if (children->count == 0) {
        return OK;
    }
    face_say(app->face, "admin.children", NULL);
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < children->count; i++) {
        const struct record_child *child = &children->list[i];
        listing_text(&listing, child->case_number);
        listing_text(&listing, app_type_label(app, child->type_name));
        listing_text(&listing, child->title);
        listing_text(&listing, parent_case(children, child->parent));
        listing_when(&listing, child->updated_ms);
    }
    return listing_end(&listing);
}

enum err record_show(struct app *app, const struct record *record, bool disputes_only)
{
    const struct org *org;
    struct children children = {0};
    enum err e = app_org(app, &org);
    if (!e && !disputes_only) {
        e = record_children(app->node, NULL, record->entity, CHILDREN_MAX, app->arena,
                            &children.list, &children.count, app->diag);
    }
    if (e || app->face->json) {
        return e ? e : show_json(app, record, &children, disputes_only);
    }
    say_head(app, record);
    for (size_t i = 0; i < record->property_count; i++) {
        const struct shown_property *shown = &record->properties[i];
        if (value_is_null(shown->json) || (disputes_only && !shown->disputed)) {
            continue;
        }
        const char *label =
            labels_pick(&shown->property->labels, app->language, shown->property->id);
        face_say(app->face, shown->disputed ? "admin.disputed_value" : "admin.value", label,
                 value_text(app, org, shown->property, shown->json), shown->property->id, NULL);
        if (shown->disputed) {
            say_alternatives(app, org, shown);
        }
    }
    e = say_rules(app, org, record);
    return e ? e : say_children(app, &children);
}

/* "Telephone: 0661234567; ..."; Douar's own registers are told by the act's kind, but for where
   the record belongs. With --json the values as they were written. */
static void put_values(struct listing *listing, const struct org *org, const struct type *type,
                       struct span values)
{
    static const struct property where = {.id = "_scope", .type = VALUE_TEXT, .place = true};
    const struct app *app = listing->app;
    struct json *object = NULL;
    struct buf line, json;
    if (app->face->json || json_parse(values, &object, NULL)) {
        listing_span(listing, values);
        return;
    }
    buf_init(&line, &app->host->mem, SHOW_TEXT_MAX);
    buf_init(&json, &app->host->mem, SHOW_TEXT_MAX);
    for (const struct json *item = json_first(object); item != NULL; item = json_next(item)) {
        const char *name = json_key(item);
        const struct property unknown = {.id = name, .type = VALUE_JSON};
        const struct property *property = type ? type_property(type, name) : NULL;
        bool is_where = strcmp(name, where.id) == 0;
        if (name[0] == '_' && !is_where) {
            continue;
        }
        property = property ? property : is_where ? &where : &unknown;
        buf_clear(&json);
        json_add_tree(&json, item);
        buf_add_format(&line, "%s%s: %s", line.size ? "; " : "",
                       is_where ? app_word(app, "text.", "scope")
                                : labels_pick(&property->labels, app->language, name),
                       value_text(app, org, property, buf_span(&json)));
    }
    listing_span(listing, buf_span(&line));
    buf_release(&line);
    buf_release(&json);
    json_free(object);
}

enum err record_show_history(struct app *app, const struct record *record)
{
    static const char *const columns[] = {"time",   "person", "device", "kind",
                                          "values", "reason", "late",   "superseded"};
    struct history_entry *entries = NULL;
    size_t count = 0;
    const struct org *org;
    struct listing listing;
    enum err e =
        record_history(app->node, NULL, record->entity, app->arena, &entries, &count, app->diag);
    if (!e) {
        e = app_org(app, &org);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 8);
    for (size_t i = 0; i < count; i++) {
        listing_when(&listing, entries[i].time_ms);
        listing_text(&listing, name_of(org, entries[i].person, true, app->arena));
        listing_text(&listing, name_of(org, entries[i].device, false, app->arena));
        listing_word(&listing, "text.kind_", entries[i].kind);
        put_values(&listing, org, record->type, entries[i].values);
        listing_text(&listing, entries[i].reason);
        listing_flag(&listing, entries[i].late);
        listing_flag(&listing, entries[i].superseded);
    }
    return listing_end(&listing);
}
