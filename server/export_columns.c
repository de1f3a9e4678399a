#include "export_columns.h"

#include <string.h>

#include "face.h"
#include "file_value.h"
#include "num.h"

/* clang-format off */
static const struct fixed_column {
    enum column_kind kind;
    const char *name;
    struct labels labels;
} fixed_columns[] = {
    {COLUMN_CASE, "_case", {{"رقم الملف", "Numéro de dossier", "ⵓⵟⵟⵓⵏ ⵏ ⵓⵙⴷⴰⵡ", "Case number"}}},
    {COLUMN_ID, "_id", {{"معرف السجل", "Identifiant", "ⴰⵙⵎⴰⵎⵍ", "Identifier"}}},
    {COLUMN_ROOT, "_root", {{"معرف السجل الأصل", "Identifiant du dossier dont il fait partie", "ⴰⵙⵎⴰⵎⵍ ⵏ ⵓⵥⵓⵕ", "Identifier of the record it belongs to"}}},
    {COLUMN_PLACE, "_place", {{"رمز المكان", "Code du lieu", "ⵜⴰⵏⴳⴰⵍⵜ ⵏ ⵡⴰⵏⵙⴰ", "Place code"}}},
    {COLUMN_PROVINCE, "_province", {{"الإقليم", "Province", "ⵜⴰⵙⴳⴰ", "Province"}}},
    {COLUMN_COMMUNE, "_commune", {{"الجماعة", "Commune", "ⵜⴰⴳⵔⴰⵡⵜ", "Commune"}}},
    {COLUMN_PROPERTY, NULL, {{NULL}}}, /* here the type's own */
    {COLUMN_DISPUTES, "_disputes", {{"قيم متنازع فيها", "Valeurs en désaccord", "ⴰⵣⴰⵍⵏ ⵉⵎⵣⵉⵔⴰⵢⵏ", "Values in dispute"}}},
    {COLUMN_UPDATED, "_updated", {{"آخر تعديل", "Dernière modification", "ⴰⴱⴷⴷⵍ ⵏⴳⴳⴰⵔⵓ", "Last change"}}},
};
/* clang-format on */
#define FIXED_COUNT    (sizeof fixed_columns / sizeof fixed_columns[0])
#define PLACE_STEPS    8 /* places above each other; a broken parent must not go round */
#define LIST_SEPARATOR "; "

/* A whole document has no place in a cell. */
static bool is_exported(const struct property *property, bool sensitive)
{
    return property->type != VALUE_JSON && (sensitive || property->sensitivity != SENSITIVITY_HIGH);
}

static void add_properties(const struct type *type, bool sensitive, struct columns *columns)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *property = &type->properties[i];
        if (!is_exported(property, sensitive)) {
            continue;
        }
        if (property->type == VALUE_GEOPOINT && columns->point == NULL) {
            columns->point = property;
        }
        columns->list[columns->count++] =
            (struct column){COLUMN_PROPERTY, property->id, &property->labels, property};
    }
}

enum err columns_make(const struct type *type, bool sensitive, struct arena *arena,
                      struct columns *ret)
{
    struct columns columns = {0};
    columns.list = arena_array(arena, type->property_count + FIXED_COUNT, sizeof *columns.list);
    if (columns.list == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < FIXED_COUNT; i++) {
        const struct fixed_column *fixed = &fixed_columns[i];
        if (fixed->kind == COLUMN_PROPERTY) {
            add_properties(type, sensitive, &columns);
        } else if (fixed->kind != COLUMN_ROOT || type->parent != NULL) {
            columns.list[columns.count++] =
                (struct column){fixed->kind, fixed->name, &fixed->labels, NULL};
        }
    }
    *ret = columns;
    return OK;
}

/* ---- cells */

/* The place of a code, or of the nearest above it that is known (a douar found on the way). */
static const struct org_place *place_of(const struct org *org, struct span code)
{
    while (code.size > 0) {
        const struct org_place *place = org_place(org, code);
        if (place != NULL) {
            return place;
        }
        while (code.size > 0 && code.data[code.size - 1] != '.') {
            code.size--;
        }
        code.size -= code.size > 0;
    }
    return NULL;
}

static void add_place_name(const struct org *org, const char *scope, const char *level,
                           enum language language, struct buf *ret)
{
    const struct org_place *place = place_of(org, span_of(scope));
    for (int i = 0; i < PLACE_STEPS && place != NULL; i++) {
        if (strcmp(place->level, level) == 0) {
            buf_add_text(ret, labels_pick(&place->labels, language, place->code));
            return;
        }
        place = place->parent ? org_place(org, span_of(place->parent)) : NULL;
    }
}

static void add_scopes(const struct column *column, const struct record_row *row,
                       const struct org *org, enum language language, struct buf *ret)
{
    for (size_t i = 0; i < row->scope_count; i++) {
        size_t before = ret->size;
        buf_add_text(ret, before > 0 ? LIST_SEPARATOR : "");
        size_t start = ret->size;
        if (column->kind == COLUMN_PLACE) {
            buf_add_text(ret, row->scopes[i]);
        } else {
            add_place_name(org, row->scopes[i],
                           column->kind == COLUMN_PROVINCE ? "province" : "commune", language, ret);
        }
        if (ret->size == start && !ret->failed) {
            buf_truncate(ret, before);
        }
    }
}

static enum err add_value(enum value_type type, const struct json *value, struct buf *ret)
{
    struct buf json;
    struct file_value file;
    char name[FILE_NAME_SIZE];
    if (type == VALUE_FILE && file_value_read(value, &file)) {
        file_value_name(&file, name); /* as it is called in --attachments DIR */
        buf_add_text(ret, name);
        return buf_error(ret);
    }
    buf_init(&json, ret->mem, ret->max_size);
    json_add_tree(&json, value);
    enum err e = buf_error(&json);
    if (!e) {
        e = value_to_text(type, buf_span(&json), ret);
    }
    buf_release(&json);
    return e;
}

/* A property with policy append shows a list of values of its type. */
static enum err add_property(const struct property *property, const struct json *value,
                             struct buf *ret)
{
    if (value == NULL || json_is(value, JSON_NULL)) {
        return OK;
    }
    if (!json_is(value, JSON_ARRAY) || property->type == VALUE_SELECT_MULTIPLE) {
        return add_value(property->type, value, ret);
    }
    enum err e = OK;
    for (const struct json *item = json_first(value); item != NULL && !e; item = json_next(item)) {
        buf_add_text(ret, ret->size > 0 ? LIST_SEPARATOR : "");
        e = add_value(property->type, item, ret);
    }
    return e;
}

enum err column_text(const struct column *column, const struct record_row *row,
                     const struct json *value, const struct org *org,
                     const struct export_options *options, struct buf *ret)
{
    char id[ID_TEXT_SIZE], when[WHEN_SIZE], number[NUM_TEXT_SIZE];
    switch (column->kind) {
    case COLUMN_CASE:
        buf_add_text(ret, row->case_number);
        break;
    case COLUMN_ID:
    case COLUMN_ROOT:
        id_write(column->kind == COLUMN_ID ? row->entity : row->root, id);
        buf_add_text(ret, id);
        break;
    case COLUMN_PLACE:
    case COLUMN_PROVINCE:
    case COLUMN_COMMUNE:
        add_scopes(column, row, org, options->language, ret);
        break;
    case COLUMN_PROPERTY:
        return add_property(column->property, value, ret);
    case COLUMN_DISPUTES:
        num_write_i64((int64_t)row->dispute_count, number);
        buf_add_text(ret, number);
        break;
    case COLUMN_UPDATED:
        when_write(row->updated_ms, options->zone_minutes, when);
        buf_add_text(ret, when);
        break;
    }
    return buf_error(ret);
}

/* ---- the codebook */

static void put_choices(struct csv *csv, const struct property *property, enum language language)
{
    struct buf text;
    buf_init(&text, csv->buf->mem, csv->buf->max_size);
    for (size_t i = 0; i < property->choice_count; i++) {
        const struct choice *choice = &property->choices[i];
        buf_add_format(&text, "%s%s=%s", i > 0 ? " | " : "", choice->name,
                       labels_pick(&choice->labels, language, choice->name));
    }
    csv_cell(csv, buf_span(&text));
    buf_release(&text);
}

void columns_codebook(const struct columns *columns, const struct export_options *options,
                      struct buf *ret)
{
    static const char *const heads[] = {"column",      "label_ar",   "label_fr", "label_zgh",
                                        "label_en",    "type",       "choices",  "policy",
                                        "compartment", "sensitivity"};
    struct csv csv;
    csv_begin(&csv, ret);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        csv_text(&csv, heads[i]);
    }
    csv_end_row(&csv);
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->list[i];
        const struct property *property = column->property;
        csv_text(&csv, column->name);
        for (size_t j = 0; j < LANGUAGE_COUNT; j++) {
            csv_text(&csv, column->labels->text[j]);
        }
        if (property != NULL) {
            csv_text(&csv, value_type_name(property->type));
            put_choices(&csv, property, options->language);
            csv_text(&csv, policy_name(property->policy));
            csv_text(&csv, property->compartment);
            csv_text(&csv, sensitivity_name(property->sensitivity));
        } else {
            bool is_count = column->kind == COLUMN_DISPUTES;
            csv_text(&csv, is_count ? "integer" : "text");
            for (size_t j = 0; j < 4; j++) {
                csv_text(&csv, NULL);
            }
        }
        csv_end_row(&csv);
    }
}
