#include "app.h"

#include <assert.h>
#include <string.h>

#include "json.h"
#include "num.h"
#include "utf8.h"

#define SAY_MEMBERS_MAX 9
#define LIST_WORDS_MAX  256

enum err app_org(struct app *app, const struct org **ret)
{
    enum err e = node_org(app->node, ret);
    return e ? diag_keep(app->diag, e) : OK;
}

enum err app_person(struct app *app, struct id *ret)
{
    const char *text = args_value(app->args, "person");
    const struct org *org;
    const struct org_person *person;
    if (text == NULL && app->self.has_person) {
        *ret = app->self.person;
        return OK;
    }
    enum err e = args_need(app->args, "person", &text, app->diag);
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        e = org_person_find(org, text, &person, app->diag);
    }
    if (!e) {
        *ret = person->id;
    }
    return e;
}

bool app_is_line(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\n' || text.data[i] == '\t') {
            return false;
        }
    }
    return utf8_valid(text, NULL) && !utf8_has_control(text);
}

void app_new_id(const struct app *app, char ret[ID_TEXT_SIZE])
{
    struct id id;
    app->host->random(app->host->ctx, id.bytes, ID_SIZE);
    id_write(id, ret);
}

/* ---- lists of words */

static enum err split(struct app *app, const char *text, struct word_list *ret)
{
    struct word_list list = {0};
    struct span rest = span_of(text), word;
    list.texts = arena_array(app->arena, LIST_WORDS_MAX, sizeof *list.texts);
    if (list.texts == NULL) {
        return diag_keep(app->diag, ERR_NOMEM);
    }
    while (span_split(&rest, ',', &word)) {
        if (word.size == 0) {
            continue;
        }
        if (list.count == LIST_WORDS_MAX) {
            return diag_set(app->diag, ERR_TOO_LARGE, text, "256", NULL);
        }
        list.texts[list.count] = arena_span_text(app->arena, word);
        if (list.texts[list.count++] == NULL) {
            return diag_keep(app->diag, ERR_NOMEM);
        }
    }
    *ret = list;
    return OK;
}

enum err app_list(struct app *app, const char *option, struct word_list *ret)
{
    const char *text;
    enum err e = args_need(app->args, option, &text, app->diag);
    return e ? e : split(app, text, ret);
}

enum err app_scopes(struct app *app, const struct org *org, struct word_list *ret)
{
    struct word_list list = {0};
    enum err e = app_list(app, "scope", &list);
    for (size_t i = 0; !e && i < list.count; i++) {
        if (org_place(org, span_of(list.texts[i])) == NULL) {
            e = diag_set(app->diag, ERR_UNKNOWN_PLACE, list.texts[i], NULL);
        }
    }
    if (!e) {
        *ret = list;
    }
    return e;
}

static bool holds(const struct word_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static enum err add_known(struct app *app, const char *name, struct word_list *list)
{
    if (list->count == LIST_WORDS_MAX || holds(list, name)) {
        return OK;
    }
    const char *kept = arena_text(app->arena, name);
    if (kept == NULL) {
        return ERR_NOMEM;
    }
    list->texts[list->count++] = kept;
    return OK;
}

/* Every compartment that a published type names; base is always there. */
static enum err known_compartments(struct app *app, const struct org *org, struct word_list *ret)
{
    enum err e = split(app, "base", ret);
    if (e) {
        return e;
    }
    assert(ret->texts != NULL);
    for (size_t i = 0; i < org->type_count; i++) {
        for (size_t j = 0; !e && j < org->types[i].property_count; j++) {
            const struct property *property = &org->types[i].properties[j];
            e = add_known(app, property->compartment, ret);
            for (size_t k = 0; !e && k < property->moved_count; k++) {
                e = add_known(app, property->moved_from[k], ret); /* old values are there */
            }
        }
    }
    return e ? diag_keep(app->diag, e) : OK;
}

enum err app_compartments(struct app *app, const struct org *org, bool all, struct word_list *ret)
{
    struct word_list known = {0}, list = {0};
    enum err e = known_compartments(app, org, &known);
    if (e) {
        return e;
    }
    if (args_value(app->args, "compartment") == NULL) {
        known.count = all ? known.count : 1; /* base comes first */
        *ret = known;
        return OK;
    }
    e = app_list(app, "compartment", &list);
    for (size_t i = 0; !e && i < list.count; i++) {
        if (!holds(&known, list.texts[i])) {
            e = diag_set(app->diag, ERR_UNKNOWN_COMPARTMENT, list.texts[i], NULL);
        }
    }
    if (!e) {
        *ret = list;
    }
    return e;
}

/* ---- words */

const char *app_word(const struct app *app, const char *prefix, const char *name)
{
    struct buf key;
    struct span sentence;
    const char *word = name;
    buf_init(&key, &app->host->mem, MESSAGE_KEY_SIZE + 1);
    buf_add_format(&key, "%s%s", prefix, name);
    if (buf_error(&key) == OK &&
        (catalogue_find(&app->face->catalogue, buf_text(&key), &sentence) ||
         catalogue_find(&app->face->fallback, buf_text(&key), &sentence))) {
        const char *copy = arena_span_text(app->arena, sentence);
        word = copy ? copy : name;
    }
    buf_release(&key);
    return word;
}

const char *app_type_label(const struct app *app, const char *type_name)
{
    const struct org *org;
    const struct type *type = NULL;
    if (node_org(app->node, &org) == OK) {
        type = org_type(org, span_of(type_name));
    }
    return type ? labels_pick(&type->labels, app->language, type_name) : type_name;
}

/* ---- one answer */

static void answer_json(const struct app *app, const struct member *members, size_t count)
{
    struct buf text;
    struct json_writer json;
    buf_init(&text, &app->host->mem, APP_ANSWER_MAX);
    json_begin(&json, &text);
    json_open(&json, '{');
    for (size_t i = 0; i < count; i++) {
        json_name(&json, members[i].name);
        if (members[i].text != NULL) {
            json_put_text(&json, members[i].text);
        } else {
            json_put_int(&json, members[i].number);
        }
    }
    json_close(&json, '}');
    if (buf_error(&text) == OK) {
        face_put_line(app->face, buf_span(&text));
    }
    buf_release(&text);
}

void app_answer(const struct app *app, const char *key, const struct member *members, size_t count)
{
    char numbers[SAY_MEMBERS_MAX][NUM_TEXT_SIZE];
    const char *args[SAY_MEMBERS_MAX];
    struct buf text;
    if (app->face->json) {
        answer_json(app, members, count);
        return;
    }
    for (size_t i = 0; i < count && i < SAY_MEMBERS_MAX; i++) {
        num_write_i64(members[i].number, numbers[i]);
        args[i] = members[i].text ? members[i].text : numbers[i];
    }
    buf_init(&text, &app->host->mem, APP_ANSWER_MAX);
    message_format(&app->face->catalogue, &app->face->fallback, key, args, count, &text);
    if (buf_error(&text) == OK) {
        face_put_line(app->face, buf_span(&text));
    }
    buf_release(&text);
}

/* ---- lists */

void listing_begin(struct listing *listing, const struct app *app, const char *const *columns,
                   size_t column_count)
{
    *listing = (struct listing){.app = app, .columns = columns, .column_count = column_count};
    table_init(&listing->table, &app->host->mem, column_count);
    buf_init(&listing->text, &app->host->mem, APP_ANSWER_MAX);
    json_begin(&listing->json, &listing->text);
    json_open(&listing->json, '{');
    json_name(&listing->json, "list");
    json_open(&listing->json, '[');
    for (size_t i = 0; i < column_count && !app->face->json; i++) {
        struct buf key;
        buf_init(&key, &app->host->mem, MESSAGE_KEY_SIZE + 1);
        buf_add_format(&key, "admin.column.%s", columns[i]);
        table_head(&listing->table, app->face, buf_text(&key));
        buf_release(&key);
    }
}

/* Before a value: opens the row's object. False when the value goes into the table. */
static bool value_begins(struct listing *listing)
{
    if (!listing->app->face->json) {
        return false;
    }
    if (listing->column == 0) {
        json_open(&listing->json, '{');
    }
    json_name(&listing->json, listing->columns[listing->column]);
    return true;
}

static void value_ends(struct listing *listing)
{
    listing->column++;
    if (listing->column < listing->column_count) {
        return;
    }
    listing->column = 0;
    listing->row_count++;
    if (listing->app->face->json) {
        json_close(&listing->json, '}');
    }
}

void listing_text(struct listing *listing, const char *text)
{
    if (value_begins(listing)) {
        json_put_text(&listing->json, text);
    } else {
        table_text(&listing->table, text);
    }
    value_ends(listing);
}

void listing_span(struct listing *listing, struct span text)
{
    if (value_begins(listing)) {
        json_put_span(&listing->json, text);
    } else {
        table_cell(&listing->table, text);
    }
    value_ends(listing);
}

void listing_word(struct listing *listing, const char *prefix, const char *name)
{
    listing_text(listing, listing->app->face->json ? name : app_word(listing->app, prefix, name));
}

void listing_int(struct listing *listing, int64_t number)
{
    if (value_begins(listing)) {
        json_put_int(&listing->json, number);
    } else {
        table_int(&listing->table, number);
    }
    value_ends(listing);
}

void listing_id(struct listing *listing, struct id id)
{
    char text[ID_TEXT_SIZE] = "";
    if (!id_is_zero(id)) {
        id_write(id, text);
    }
    listing_text(listing, text);
}

void listing_when(struct listing *listing, int64_t time_ms)
{
    char text[WHEN_SIZE];
    if (listing->app->face->json) {
        listing_int(listing, time_ms);
        return;
    }
    when_write(time_ms, listing->app->face->zone_minutes, text);
    listing_text(listing, text);
}

void listing_words(struct listing *listing, const char *const *words, size_t count)
{
    if (value_begins(listing)) {
        json_open(&listing->json, '[');
        for (size_t i = 0; i < count; i++) {
            json_put_text(&listing->json, words[i]);
        }
        json_close(&listing->json, ']');
    } else {
        struct buf text;
        buf_init(&text, &listing->app->host->mem, APP_ANSWER_MAX);
        for (size_t i = 0; i < count; i++) {
            buf_add_format(&text, "%s%s", i > 0 ? "," : "", words[i]);
        }
        table_cell(&listing->table, buf_span(&text));
        buf_release(&text);
    }
    value_ends(listing);
}

void listing_flag(struct listing *listing, bool flag)
{
    if (value_begins(listing)) {
        json_put_bool(&listing->json, flag);
    } else if (flag) {
        table_head(&listing->table, listing->app->face, "admin.yes");
    } else {
        table_text(&listing->table, NULL);
    }
    value_ends(listing);
}

enum err listing_end(struct listing *listing)
{
    enum err e;
    if (listing->app->face->json) {
        json_close(&listing->json, ']');
        json_close(&listing->json, '}');
        e = buf_error(&listing->text);
        if (!e) {
            face_put_line(listing->app->face, buf_span(&listing->text));
        }
    } else if (listing->row_count == 0) {
        face_say(listing->app->face, "admin.nothing", NULL);
        e = OK;
    } else {
        e = table_put(&listing->table, listing->app->face);
    }
    listing_drop(listing);
    return e ? diag_keep(listing->app->diag, e) : OK;
}

void listing_drop(struct listing *listing)
{
    table_release(&listing->table);
    buf_release(&listing->text);
}
