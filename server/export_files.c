#include "export_files.h"

#include <stdio.h>

#include "blob.h"
#include "wire_limits.h"

#define PATH_SIZE    1024
#define PAGE_RECORDS 100
#define PAGE_FILES   1000

struct listing_files {
    const struct host *host;
    struct node *node;
    const struct type *type;
    const struct export_options *options;
    const char *folder;
    struct diag *diag;
    struct file_value files[PAGE_FILES]; /* of a page of records */
    size_t file_count, record_count;
    int64_t after;
    struct export_files sum;
};

static void add_file(struct listing_files *list, const struct json *value)
{
    if (file_value_read(value, &list->files[list->file_count])) {
        list->file_count++;
    }
}

/* A property with policy append shows a list of files. */
static bool add_record(void *ctx, const struct record_row *row)
{
    struct listing_files *list = ctx;
    struct json *document = NULL;
    if (json_parse(row->document, &document, NULL)) {
        return false;
    }
    for (size_t i = 0; i < list->type->property_count; i++) {
        const struct property *property = &list->type->properties[i];
        const struct json *value = json_get(document, property->id);
        if (property->type != VALUE_FILE ||
            (property->sensitivity == SENSITIVITY_HIGH && !list->options->sensitive)) {
            continue;
        }
        const struct json *item = json_is(value, JSON_ARRAY) ? json_first(value) : value;
        for (; item && list->file_count < PAGE_FILES; item = json_next(item)) {
            add_file(list, item);
            if (item == value) {
                break;
            }
        }
    }
    json_free(document);
    list->after = row->number;
    list->record_count++;
    return list->file_count < PAGE_FILES / 2;
}

static enum err write_file(struct listing_files *list, const struct file_value *file)
{
    char name[FILE_NAME_SIZE], path[PATH_SIZE + FILE_NAME_SIZE];
    struct buf bytes;
    file_value_name(file, name);
    (void)snprintf(path, sizeof path, "%s/%s", list->folder, name);
    if (list->host->files->exists(list->host->ctx, path)) {
        list->sum.written++;
        return OK;
    }
    buf_init(&bytes, &list->host->mem, WIRE_BLOB_MAX);
    enum err e = blob_read(list->node, &file->whole, &bytes);
    if (e == ERR_NOT_FOUND) {
        list->sum.missing++;
        e = OK;
    } else if (!e) {
        e = list->host->files->write_atomic(list->host->ctx, path, buf_span(&bytes));
        e = e ? diag_set(list->diag, e, path, err_name(e), NULL) : OK;
        list->sum.written += e == OK;
    }
    buf_release(&bytes);
    return e;
}

/* The type is borrowed: looked up anew for each page. */
static enum err read_page(struct listing_files *list, const char *type)
{
    const struct org *org = NULL;
    struct record_filter filter = {.type = type, .after = list->after, .limit = PAGE_RECORDS};
    list->file_count = list->record_count = 0;
    enum err e = node_begin(list->node);
    if (e) {
        return e;
    }
    e = node_org(list->node, &org);
    if (!e) {
        list->type = org_type(org, span_of(type));
        e = list->type ? record_list(list->node, NULL, &filter, add_record, list, list->diag)
                       : diag_set(list->diag, ERR_UNKNOWN_TYPE, type, NULL);
    }
    return node_end(list->node, e);
}

enum err export_files(const struct host *host, struct node *node, const char *type,
                      const char *folder, const struct export_options *options,
                      struct export_files *ret, struct diag *diag)
{
    struct listing_files *list = host->mem.resize(host->mem.ctx, NULL, sizeof *list);
    if (!list) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *list = (struct listing_files){
        .host = host, .node = node, .options = options, .folder = folder, .diag = diag};
    enum err e = host->files->make_folder(host->ctx, folder);
    e = e ? diag_set(diag, e, folder, err_name(e), NULL) : OK;
    do {
        e = e ? e : read_page(list, type);
        for (size_t i = 0; !e && i < list->file_count; i++) {
            e = write_file(list, &list->files[i]);
        }
    } while (!e && list->record_count > 0);
    if (!e) {
        *ret = list->sum;
    }
    host->mem.resize(host->mem.ctx, list, 0);
    return e ? diag_keep(diag, e) : OK;
}
