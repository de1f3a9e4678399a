/*
 * command_record.c - `list`, `find`, `show`, `export`: what the office reads.
 */
#include "commands.h"

#include <string.h>

#include "export_files.h"
#include "num.h"
#include "record_face.h"

#define LIST_LIMIT     100
#define LIST_LIMIT_MAX 100000

static const char *const row_columns[] = {"case",     "title",   "type", "place",
                                          "disputes", "updated", "id",   "number"};

/* One row more than wanted is asked for; if it comes there is another page. */
struct page {
    struct listing *listing;
    size_t limit;
    int64_t last;
    bool more;
};

static bool list_row(void *ctx, const struct record_row *row)
{
    struct page *page = ctx;
    struct listing *listing = page->listing;
    if (listing->row_count == page->limit) {
        page->more = true;
        return false;
    }
    listing_text(listing, row->case_number);
    listing_text(listing, row->title);
    listing_text(listing, listing->app->face->json ? row->type_name
                                                   : app_type_label(listing->app, row->type_name));
    listing_words(listing, row->scopes, row->scope_count);
    listing_int(listing, (int64_t)row->dispute_count);
    listing_when(listing, row->updated_ms);
    listing_id(listing, row->entity);
    listing_int(listing, row->number);
    page->last = row->number;
    return true;
}

static void say_more(const struct page *page)
{
    char after[NUM_TEXT_SIZE];
    if (page->more) {
        num_write_i64(page->last, after);
        face_say(page->listing->app->face, "admin.more", after, NULL);
    }
}

/* --where PROPERTY=VALUE, the value as a person types it. */
static enum err read_where(struct app *app, struct record_filter *filter)
{
    const char *where = args_value(app->args, "where");
    const struct org *org;
    if (where == NULL) {
        return OK;
    }
    struct span rest = span_of(where), name;
    if (filter->type == NULL || !span_split(&rest, '=', &name) ||
        memchr(where, '=', strlen(where)) == NULL) {
        return filter->type == NULL
                   ? diag_set(app->diag, ERR_MISSING_ARGUMENT, "TYPE", NULL)
                   : diag_set(app->diag, ERR_BAD_VALUE, "--where", where, "PROPERTY=VALUE", NULL);
    }
    enum err e = app_org(app, &org);
    if (e) {
        return e;
    }
    const struct type *type = org_type(org, span_of(filter->type));
    if (type == NULL) {
        return diag_set(app->diag, ERR_UNKNOWN_TYPE, filter->type, NULL);
    }
    char *id = arena_span_text(app->arena, name);
    if (id == NULL) {
        return diag_keep(app->diag, ERR_NOMEM);
    }
    const struct property *property = type_property(type, id);
    if (property == NULL) {
        return diag_set(app->diag, ERR_UNKNOWN_PROPERTY, id, type->id,
                        type_nearest_property(type, id), NULL);
    }
    filter->property = id;
    return value_from_text(property->type, id, rest, app->arena, &filter->value, app->diag);
}

enum err list_records(struct app *app, struct record_filter *filter)
{
    struct listing listing;
    int64_t limit = LIST_LIMIT;
    enum err e = args_number(app->args, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT, &limit, app->diag);
    if (!e) {
        e = args_number(app->args, "after", 0, INT64_MAX, 0, &filter->after, app->diag);
    }
    if (e) {
        return e;
    }
    struct page page = {.listing = &listing, .limit = (size_t)limit};
    filter->limit = page.limit + 1;
    listing_begin(&listing, app, row_columns, 8);
    e = record_list(app->node, NULL, filter, list_row, &page, app->diag);
    if (e) {
        listing_drop(&listing);
        return e;
    }
    e = listing_end(&listing);
    say_more(&page);
    return e;
}

enum err command_list(struct app *app)
{
    struct record_filter filter = {
        .type = app->word_count > 0 ? app->words[0] : NULL,
        .with_deleted = args_flag(app->args, "deleted"),
    };
    enum err e = read_where(app, &filter);
    return e ? e : list_records(app, &filter);
}

enum err command_find(struct app *app)
{
    struct listing listing;
    struct buf text;
    int64_t limit = LIST_LIMIT;
    enum err e = args_number(app->args, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT, &limit, app->diag);
    if (e) {
        return e;
    }
    buf_init(&text, &app->host->mem, 4096);
    for (size_t i = 0; i < app->word_count; i++) {
        buf_add_format(&text, "%s%s", i > 0 ? " " : "", app->words[i]);
    }
    struct page page = {.listing = &listing, .limit = (size_t)limit};
    listing_begin(&listing, app, row_columns, 8);
    e = buf_error(&text);
    if (!e) {
        e = record_find(app->node, NULL, buf_text(&text), page.limit, list_row, &page, app->diag);
    }
    buf_release(&text);
    if (e) {
        listing_drop(&listing);
        return e;
    }
    return listing_end(&listing);
}

enum err command_show(struct app *app)
{
    struct id entity;
    struct record record;
    enum err e = record_resolve_id(app->node, app->words[0], &entity, app->diag);
    if (!e) {
        e = record_read(app->node, NULL, entity, app->arena, &record, app->diag);
    }
    if (e) {
        return e;
    }
    return args_flag(app->args, "history") ? record_show_history(app, &record)
                                           : record_show(app, &record, false);
}

/* A second answer of its own: the records stand already. */
static enum err write_attachments(struct app *app, const struct export_options *options)
{
    const char *folder = args_value(app->args, "attachments");
    struct export_files files = {0};
    if (folder == NULL) {
        return OK;
    }
    enum err e =
        export_files(app->host, app->node, app->words[0], folder, options, &files, app->diag);
    if (!e) {
        const struct member members[] = {
            {.name = "files", .number = files.written},
            {.name = "missing", .number = files.missing},
        };
        app_answer(app, "admin.exported_files", members, 2);
    }
    return e;
}

enum err command_export(struct app *app)
{
    const char *format = NULL, *path = NULL;
    struct export_counts counts = {0};
    struct export_options options = {
        .language = app->language,
        .sensitive = args_flag(app->args, "sensitive"),
        .bom = args_flag(app->args, "bom"),
        .zone_minutes = app->face->zone_minutes,
    };
    enum err e = args_need(app->args, "format", &format, app->diag);
    if (!e && !export_format_from_name(format, &options.format)) {
        e = diag_set(app->diag, ERR_BAD_CHOICE, "--format", format, "csv, json, geojson", NULL);
    }
    if (!e) {
        e = args_need(app->args, "output", &path, app->diag);
    }
    if (!e) {
        e = export_type(app->host, app->node, app->words[0], path, &options, &counts, app->diag);
    }
    if (!e) {
        const struct member members[] = {
            {.name = "records", .number = counts.records},
            {.name = "file", .text = path},
            {.name = "without_point", .number = counts.without_point},
        };
        app_answer(app, "admin.exported", members, 3);
    }
    return e ? e : write_attachments(app, &options);
}
