/*
 * command_place.c - `geo import` and `place list`: where the organisation works.
 */
#include "commands.h"

#include "csv_read.h"
#include "num.h"
#include "utf8.h"

#define FILE_SIZE_MAX   (16u * 1024 * 1024)
#define FILE_ARENA_MAX  (64u * 1024 * 1024)
#define DEFINITION_MAX  8192
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* Columns: code, level, parent, name_ar, name_fr, name_zgh, name_en; others are left alone. */
struct geo_file {
    struct app *app;
    const char *path;
    struct csv_row head;
    struct csv_row row;
    int64_t line; /* of the row, counting rows */
    int64_t count;
};

static enum err refuse(const struct geo_file *file, const char *what)
{
    char line[NUM_TEXT_SIZE];
    num_write_i64(file->line, line);
    return diag_set(file->app->diag, ERR_CONFIG, file->path, line, what, NULL);
}

static const char *const name_columns[LANGUAGE_COUNT] = {
    [LANGUAGE_AR] = "name_ar",
    [LANGUAGE_FR] = "name_fr",
    [LANGUAGE_ZGH] = "name_zgh",
    [LANGUAGE_EN] = "name_en",
};

static bool has_name(const struct geo_file *file)
{
    bool found = false;
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        found = found || csv_cell_of(&file->head, &file->row, name_columns[i]).size > 0;
    }
    return found;
}

static void write_definition(const struct geo_file *file, struct buf *ret)
{
    struct json_writer json;
    struct span parent = csv_cell_of(&file->head, &file->row, "parent");
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "code");
    json_put_span(&json, csv_cell_of(&file->head, &file->row, "code"));
    json_name(&json, "level");
    json_put_span(&json, csv_cell_of(&file->head, &file->row, "level"));
    if (parent.size > 0) {
        json_name(&json, "parent");
        json_put_span(&json, parent);
    }
    json_name(&json, "labels");
    json_open(&json, '{');
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        struct span name = csv_cell_of(&file->head, &file->row, name_columns[i]);
        if (name.size > 0) {
            json_name(&json, language_name((enum language)i));
            json_put_span(&json, name);
        }
    }
    json_close(&json, '}');
    json_close(&json, '}');
}

static enum err check_row(const struct geo_file *file)
{
    struct span code = csv_cell_of(&file->head, &file->row, "code");
    struct span parent = csv_cell_of(&file->head, &file->row, "parent");
    if (!place_code_valid(code)) {
        return refuse(file, "code: segments of 1 to 12 digits or small letters, joined by dots");
    }
    if (csv_cell_of(&file->head, &file->row, "level").size == 0) {
        return refuse(file, "level: region, province, cercle, commune or douar");
    }
    if (parent.size > 0 && (!place_within(code, parent) || span_equal(code, parent))) {
        return refuse(file, "parent: the code must begin with it and a dot");
    }
    if (!has_name(file)) {
        return refuse(file, "name_ar, name_fr, name_zgh, name_en: at least one of them");
    }
    for (size_t i = 0; i < file->row.count; i++) {
        if (!app_is_line(file->row.cells[i])) {
            return refuse(file, "a control character");
        }
    }
    return OK;
}

static enum err publish_row(struct geo_file *file)
{
    char code[PLACE_CODE_MAX + 1];
    struct buf definition;
    enum err e = check_row(file);
    if (e) {
        return e;
    }
    span_text(csv_cell_of(&file->head, &file->row, "code"), code, sizeof code);
    buf_init(&definition, &file->app->host->mem, DEFINITION_MAX);
    write_definition(file, &definition);
    e = buf_error(&definition);
    if (!e) {
        e = org_publish(file->app->node, "_place", code, buf_span(&definition), file->app->diag);
    }
    buf_release(&definition);
    file->count++;
    return e;
}

static enum err publish_rows(struct geo_file *file, struct span text, struct arena *file_arena)
{
    bool found = false;
    enum err e = csv_read_row(&text, file_arena, &file->head, &found);
    file->line = 1;
    while (!e && found) {
        file->line++;
        e = csv_read_row(&text, file_arena, &file->row, &found);
        if (e == ERR_FORMAT) {
            return refuse(file, "a quote that isn't closed, or text after it");
        }
        if (!e && found) {
            e = publish_row(file);
        }
    }
    return e;
}

enum err command_geo_import(struct app *app)
{
    struct geo_file file = {.app = app, .path = app->words[0]};
    struct arena file_arena;
    struct buf text;
    size_t bad = 0;
    char offset[NUM_TEXT_SIZE];
    buf_init(&text, &app->host->mem, FILE_SIZE_MAX);
    arena_init(&file_arena, &app->host->mem, FILE_ARENA_MAX);
    enum err e = app->host->files->read(app->host->ctx, file.path, &text);
    struct span rest = buf_span(&text);
    if (e) {
        e = diag_set(app->diag, e == ERR_NOT_FOUND ? ERR_FILE : e, file.path, err_name(e), NULL);
    } else if (!utf8_valid(rest, &bad)) {
        num_write_i64((int64_t)bad, offset);
        e = diag_set(app->diag, ERR_UTF8, offset, NULL);
    } else {
        e = node_begin(app->node);
        if (!e) {
            bool marked = span_starts_with(rest, BYTE_ORDER_MARK);
            rest = span_cut(rest, marked ? 3 : 0, rest.size);
            e = node_end(app->node, publish_rows(&file, rest, &file_arena));
        }
    }
    arena_release(&file_arena);
    buf_release(&text);
    if (!e) {
        const struct member members[] = {{.name = "places", .number = file.count}};
        app_answer(app, "admin.places_imported", members, 1);
    }
    return e;
}

enum err command_place_list(struct app *app)
{
    static const char *const columns[] = {"code", "level", "name", "name_ar", "parent"};
    const char *scope = args_value(app->args, "scope");
    const struct org *org;
    struct listing listing;
    enum err e = app_org(app, &org);
    if (!e && scope != NULL && org_place(org, span_of(scope)) == NULL) {
        e = diag_set(app->diag, ERR_UNKNOWN_PLACE, scope, NULL);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 5);
    for (size_t i = 0; i < org->place_count; i++) {
        const struct org_place *place = &org->places[i];
        if (scope != NULL && !place_within(span_of(place->code), span_of(scope))) {
            continue;
        }
        listing_text(&listing, place->code);
        listing_text(&listing, place->level);
        listing_text(&listing, labels_pick(&place->labels, app->language, place->code));
        listing_text(&listing, place->labels.text[LANGUAGE_AR]);
        listing_text(&listing, place->parent);
    }
    return listing_end(&listing);
}
