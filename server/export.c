#include "export.h"

#include <stdio.h>
#include <string.h>

#include "export_columns.h"
#include "num.h"

#define PAGE_RECORDS      500
#define PAGE_BYTES        (4u * 1024 * 1024) /* a page ends earlier beyond so many */
#define TEXT_MAX          (64u * 1024 * 1024)
#define CELL_MAX          (8u * 1024 * 1024)
#define COLUMNS_ARENA_MAX (16u * 1024 * 1024)
#define PATH_SIZE         1024
#define POINT_PARTS       3 /* latitude, longitude, altitude; accuracy has no place in GeoJSON */

struct export
{
    const struct host *host;
    struct node *node;
    const char *type_name;
    const struct export_options *options;
    struct host_draft draft;
    struct buf text; /* not yet written */
    struct buf cell;
    int64_t version; /* of the type, at the first page */
    int64_t after;
    size_t page_records;
    struct export_counts counts;
    /* of one page, inside its transaction: */
    const struct org *org;
    const struct type *type;
    struct arena page_arena;
    struct columns columns;
    enum err failed;
    struct diag *diag;
};

bool export_format_from_name(const char *name, enum export_format *ret)
{
    static const char *const names[] = {
        [EXPORT_CSV] = "csv", [EXPORT_JSON] = "json", [EXPORT_GEOJSON] = "geojson"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum export_format)i;
            return true;
        }
    }
    return false;
}

/* ---- one record */

static enum err put_csv(struct export *export, const struct record_row *row,
                        const struct json *document)
{
    struct csv csv;
    csv_begin(&csv, &export->text);
    for (size_t i = 0; i < export->columns.count; i++) {
        const struct column *column = &export->columns.list[i];
        buf_clear(&export->cell);
        enum err e = column_text(column, row, json_get(document, column->name), export->org,
                                 export->options, &export->cell);
        if (e) {
            return e;
        }
        csv_cell(&csv, buf_span(&export->cell));
    }
    csv_end_row(&csv);
    return buf_error(&export->text);
}

/* The members of a record's object; `skip` (may be NULL) stands elsewhere. */
static enum err put_members(struct export *export, struct json_writer *writer,
                            const struct record_row *row, const struct json *document,
                            const struct property *skip)
{
    for (size_t i = 0; i < export->columns.count; i++) {
        const struct column *column = &export->columns.list[i];
        const struct json *value = json_get(document, column->name);
        if (column->kind == COLUMN_PROPERTY && (value == NULL || column->property == skip)) {
            continue;
        }
        json_name(writer, column->name);
        if (column->kind == COLUMN_PROPERTY) {
            json_put_tree(writer, value);
            continue;
        }
        if (column->kind == COLUMN_DISPUTES) {
            json_put_int(writer, (int64_t)row->dispute_count);
            continue;
        }
        buf_clear(&export->cell);
        enum err e = column_text(column, row, NULL, export->org, export->options, &export->cell);
        if (e) {
            return e;
        }
        json_put_span(writer, buf_span(&export->cell));
    }
    return OK;
}

/* "lat lon altitude accuracy" to [lon,lat,altitude]; false when it isn't a point. A decimal in its
   canonical form is a JSON number. */
static bool put_point(struct json_writer *writer, const struct json *value)
{
    struct span rest = json_span(value), part;
    char parts[POINT_PARTS][NUM_TEXT_SIZE];
    size_t count = 0;
    while (count < POINT_PARTS && span_split(&rest, ' ', &part)) {
        if (!num_canonical_decimal(part, parts[count])) {
            break;
        }
        count++;
    }
    if (count < 2) {
        return false;
    }
    json_open(writer, '{');
    json_name(writer, "type");
    json_put_text(writer, "Point");
    json_name(writer, "coordinates");
    json_open(writer, '[');
    json_put_raw(writer, span_of(parts[1]));
    json_put_raw(writer, span_of(parts[0]));
    if (count == POINT_PARTS) {
        json_put_raw(writer, span_of(parts[2]));
    }
    json_close(writer, ']');
    json_close(writer, '}');
    return true;
}

static enum err put_feature(struct export *export, struct json_writer *writer,
                            const struct record_row *row, const struct json *document)
{
    char id[ID_TEXT_SIZE];
    const struct property *point = export->columns.point;
    const struct json *value = json_get(document, point->id);
    id_write(row->entity, id);
    json_open(writer, '{');
    json_name(writer, "type");
    json_put_text(writer, "Feature");
    json_name(writer, "id");
    json_put_text(writer, id);
    json_name(writer, "geometry");
    if (!json_is(value, JSON_TEXT) || !put_point(writer, value)) {
        json_put_null(writer);
        export->counts.without_point++;
    }
    json_name(writer, "properties");
    json_open(writer, '{');
    enum err e = put_members(export, writer, row, document, point);
    json_close(writer, '}');
    json_close(writer, '}');
    return e;
}

static enum err put_object(struct export *export, const struct record_row *row,
                           const struct json *document)
{
    struct json_writer writer;
    enum err e;
    buf_add_text(&export->text, export->counts.records > 0 ? ",\n" : "\n");
    json_begin(&writer, &export->text);
    if (export->options->format == EXPORT_GEOJSON) {
        e = put_feature(export, &writer, row, document);
    } else {
        json_open(&writer, '{');
        e = put_members(export, &writer, row, document, NULL);
        json_close(&writer, '}');
    }
    return e ? e : buf_error(&export->text);
}

static bool put_record(void *ctx, const struct record_row *row)
{
    struct export *export = ctx;
    struct json *document = NULL;
    enum err e = json_parse(row->document, &document, export->diag);
    if (!e) {
        e = export->options->format == EXPORT_CSV ? put_csv(export, row, document)
                                                  : put_object(export, row, document);
    }
    json_free(document);
    export->failed = e;
    if (e) {
        return false;
    }
    export->after = row->number;
    export->page_records++;
    export->counts.records++;
    return export->text.size < PAGE_BYTES;
}

/* ---- the file */

/* What isn't there when one writes is the folder. */
static enum err refuse_file(struct diag *diag, enum err e, const char *path)
{
    return e == ERR_NOT_FOUND ? diag_set(diag, ERR_FILE, path, "no such folder", NULL)
                              : diag_set(diag, e, path, err_name(e), NULL);
}

static enum err append(struct export *export)
{
    enum err e = buf_error(&export->text);
    if (!e && export->text.size > 0) {
        e = export->host->files->draft_add(export->host->ctx, &export->draft,
                                           buf_span(&export->text));
    }
    buf_clear(&export->text);
    return e ? refuse_file(export->diag, e, export->draft.path) : OK;
}

static void put_begin(struct export *export)
{
    struct csv csv;
    switch (export->options->format) {
    case EXPORT_CSV:
        buf_add_text(&export->text, export->options->bom ? "\xEF\xBB\xBF" : "");
        csv_begin(&csv, &export->text);
        for (size_t i = 0; i < export->columns.count; i++) {
            csv_text(&csv, export->columns.list[i].name);
        }
        csv_end_row(&csv);
        break;
    case EXPORT_JSON:
        buf_add_text(&export->text, "[");
        break;
    case EXPORT_GEOJSON:
        buf_add_text(&export->text, "{\"type\":\"FeatureCollection\",\"features\":[");
        break;
    }
}

static void put_end(struct export *export)
{
    switch (export->options->format) {
    case EXPORT_CSV:
        break;
    case EXPORT_JSON:
        buf_add_text(&export->text, "\n]\n");
        break;
    case EXPORT_GEOJSON:
        buf_add_text(&export->text, "\n]}\n");
        break;
    }
}

/* What is borrowed from the configuration holds inside the transaction of a page only. */
static enum err look_up_type(struct export *export)
{
    const char *name = export->type_name;
    enum err e = node_org(export->node, &export->org);
    if (e) {
        return e;
    }
    export->type = org_type(export->org, span_of(name));
    if (export->type == NULL) {
        return diag_set(export->diag, ERR_UNKNOWN_TYPE, name, NULL);
    }
    arena_reset(&export->page_arena);
    e = columns_make(export->type, export->options->sensitive, &export->page_arena,
                     &export->columns);
    if (!e && export->options->format == EXPORT_GEOJSON && export->columns.point == NULL) {
        e = diag_set(export->diag, ERR_UNKNOWN_PROPERTY, "geopoint", name, "", NULL);
    }
    if (!e && export->version != 0 && export->version != export->type->version) {
        e = diag_set(export->diag, ERR_TYPE_CONFLICT, name, "a new version, during the export",
                     "export once more", NULL);
    }
    return e;
}

static enum err put_codebook(struct export *export, const char *path)
{
    char name[PATH_SIZE];
    struct buf text;
    int size = snprintf(name, sizeof name, "%s.codebook.csv", path);
    if (size < 0 || (size_t)size >= sizeof name) {
        return diag_set(export->diag, ERR_TOO_LARGE, path, "1000", NULL);
    }
    buf_init(&text, &export->host->mem, TEXT_MAX);
    columns_codebook(&export->columns, export->options, &text);
    enum err e = buf_error(&text);
    if (!e) {
        e = export->host->files->write_atomic(export->host->ctx, name, buf_span(&text));
    }
    buf_release(&text);
    return e ? refuse_file(export->diag, e, name) : OK;
}

static enum err read_page(struct export *export)
{
    struct record_filter filter = {
        .type = export->type_name, .after = export->after, .limit = PAGE_RECORDS};
    export->page_records = 0;
    enum err e = record_list(export->node, NULL, &filter, put_record, export, export->diag);
    return e ? e : export->failed;
}

/* A transaction for the reading of each page, none while the file is written. */
static enum err put_page(struct export *export, const char *path, bool is_first)
{
    enum err e = node_begin(export->node);
    if (e) {
        return e;
    }
    e = look_up_type(export);
    if (!e && is_first) {
        export->version = export->type->version;
        put_begin(export);
        e = put_codebook(export, path);
    }
    if (!e) {
        e = read_page(export);
    }
    e = node_end(export->node, e);
    return e ? e : append(export);
}

static enum err put_all(struct export *export, const char *path)
{
    bool is_first = true;
    do {
        enum err e = put_page(export, path, is_first);
        if (e) {
            return e;
        }
        is_first = false;
    } while (export->page_records > 0);
    put_end(export);
    return append(export);
}

enum err export_type(const struct host *host, struct node *node, const char *type, const char *path,
                     const struct export_options *options, struct export_counts *ret,
                     struct diag *diag)
{
    struct export export = {
        .host = host, .node = node, .type_name = type, .options = options, .diag = diag};
    buf_init(&export.text, &host->mem, TEXT_MAX);
    buf_init(&export.cell, &host->mem, CELL_MAX);
    arena_init(&export.page_arena, &host->mem, COLUMNS_ARENA_MAX);
    enum err e = host->files->draft_begin(host->ctx, path, &export.draft);
    if (e) {
        e = refuse_file(diag, e, path);
    } else {
        e = put_all(&export, path);
        enum err ended = host->files->draft_end(host->ctx, &export.draft, e == OK);
        e = e ? e : ended;
    }
    if (e) {
        diag_set(diag && diag->code ? NULL : diag, e, path, err_name(e), NULL);
    } else {
        *ret = export.counts;
    }
    buf_release(&export.text);
    buf_release(&export.cell);
    arena_release(&export.page_arena);
    return e;
}
