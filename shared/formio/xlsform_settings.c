/*
 * What the form says of itself, and the record's metadata.
 */
#include <stdlib.h>
#include <string.h>

#include "xlsform_inner.h"

/* ---- settings */

static const char *setting_of(const struct xls *x, const char *name, const char *old_name,
                              const char *otherwise)
{
    const char *value = xls_setting(x, name);
    value = value != NULL ? value : xls_setting(x, old_name);
    return value != NULL ? value : otherwise;
}

static bool is_read(const char *name)
{
    static const char *const read[] = {
        "form_title",       "set_form_title",    "title",         "form_id", "set_form_id",
        "id_string",        "version",           "name",          "style",   "instance_name",
        "default_language", "clean_text_values", "instance_xmlns"};
    for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
        if (strcmp(read[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* What isn't a member of the form is kept by its name: submission_url, public_key, ... */
static void keep_settings(struct xls *x)
{
    const struct xls_sheet *sheet = &x->settings;
    const struct xform_pair *pairs = NULL;
    for (size_t i = 0; sheet->first != NULL && i < sheet->column_count; i++) {
        const char *name = sheet->columns[i].tail, *value = sheet->first->cells[i];
        if (name != NULL && value != NULL && !is_read(name)) {
            xls_add_pair(x, &pairs, name, value);
        }
    }
    x->form->settings = (struct xform_pair *)(uintptr_t)pairs; /* made just now */
}

static void keep_setting(struct xls *x, const char *name, const char *value)
{
    const struct xform_pair *pairs = x->form->settings;
    xls_add_pair(x, &pairs, name, value);
    x->form->settings = (struct xform_pair *)(uintptr_t)pairs; /* made here */
}

/* ---- namespaces */

static bool is_declared(const struct xls *x, const char *name)
{
    for (const struct xform_pair *at = x->form->settings; at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Those that a written form declares always (xform_write.c). */
static bool is_own_prefix(const char *prefix)
{
    static const char *const own[] = {"h",   "ev",  "xsd",      "jr",    "orx",
                                      "odk", "xml", "entities", "douar", "xmlns"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcmp(own[i], prefix) == 0) {
            return true;
        }
    }
    return false;
}

void xls_declare(struct xls *x, const char *attribute)
{
    static const struct {
        const char *prefix, *space;
    } known[] = {{"esri", "http://esri.com/xforms"}, {"enk", "http://enketo.org/xforms"}};
    const char *colon = strchr(attribute, ':'), *space = NULL;
    struct xls_where where = {.sheet = &x->settings, .row = x->settings.first};
    if (colon == NULL) {
        return;
    }
    const char *prefix = xls_copy(x, span_from(attribute, (size_t)(colon - attribute)));
    const char *name = xls_format(x, "xmlns:%s", prefix);
    if (is_own_prefix(prefix) || is_declared(x, name)) {
        return;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        space = strcmp(known[i].prefix, prefix) == 0 ? known[i].space : space;
    }
    if (space == NULL) {
        xls_warning(
            x, where,
            xls_format(x, "write %s=\"ADDRESS\" into the column namespaces of settings", prefix),
            "nobody says what the prefix of \"%s\" stands for", attribute);
        space = xls_format(x, "urn:%s:xforms", prefix);
    }
    keep_setting(x, name, space);
}

/* esri="http://esri.com/xforms" enk="http://enketo.org/xforms" */
static void read_namespaces(struct xls *x)
{
    const char *at = xls_setting(x, "namespaces");
    while (at != NULL && *(at += strspn(at, " \t\n,;")) != '\0') {
        size_t size = strcspn(at, "= ");
        const char *value = at + size + strspn(at + size, "= ");
        char quote = *value;
        const char *end = quote == '"' || quote == '\'' ? strchr(value + 1, quote) : NULL;
        const char *prefix = xls_copy(x, span_from(at, size));
        if (end == NULL || !xls_is_name(prefix)) {
            xls_error(x, (struct xls_where){.sheet = &x->settings, .row = x->settings.first},
                      "write prefix=\"address\", with a space before the next",
                      "the namespaces can't be read from \"%s\" on", at);
            return;
        }
        if (!is_own_prefix(prefix) && !is_declared(x, xls_format(x, "xmlns:%s", prefix))) {
            keep_setting(x, xls_format(x, "xmlns:%s", prefix),
                         xls_copy(x, span_from(value + 1, (size_t)(end - value) - 1)));
        }
        at = end + 1;
    }
}

/* ---- the form's names */

/* As its file is called, without folders and the end: a form without form_id. */
static const char *name_of_file(struct xls *x)
{
    const char *slash = strrchr(x->file, '/'), *start = slash == NULL ? x->file : slash + 1;
    const char *dot = strrchr(start, '.');
    size_t size = dot == NULL || dot == start ? strlen(start) : (size_t)(dot - start);
    return size == 0 ? "form" : xls_copy(x, span_from(start, size));
}

void xls_read_settings(struct xls *x)
{
    struct xform *form = x->form;
    struct xls_where where = {.sheet = &x->settings, .row = x->settings.first};
    form->id = setting_of(x, "form_id", "id_string", xls_setting(x, "set_form_id"));
    form->title = setting_of(x, "form_title", "title", xls_setting(x, "set_form_title"));
    form->version = setting_of(x, "version", "version", "");
    form->style = setting_of(x, "style", "style", "");
    form->space = xls_setting(x, "instance_xmlns");
    form->name = setting_of(x, "name", "name", "data");
    if (!xls_is_name(form->name)) {
        xls_error(x, where, "leave the column name of settings empty, or use letters and digits",
                  "\"%s\" can't be the name of the form's root", form->name);
        form->name = "data";
    }
    if (form->id == NULL) {
        form->id = name_of_file(x);
        xls_warning(x, where, "add a sheet settings with a column form_id",
                    "the form has no form_id: it is called \"%s\", as its file", form->id);
    }
    form->title = form->title != NULL ? form->title : form->id;
    keep_settings(x);
    read_namespaces(x);
}

/* In the oldest workbooks settings stand among the questions: "set form title", its name. */
bool xls_take_setting(struct xls *x, const char *type, const char *name)
{
    bool id = xls_same(type, "form_id") || xls_same(type, "set form id");
    bool title = xls_same(type, "form_title") || xls_same(type, "set form title");
    if ((!id && !title) || name == NULL) {
        return false;
    }
    if (id) {
        x->form->id = name;
    } else {
        x->form->title = name;
    }
    return true;
}

static void keep_cells(struct xls *x, const struct xls_sheet *sheet,
                       const struct xform_pair **pairs)
{
    for (const struct xls_row *row = sheet->first; row != NULL; row = row->next) {
        for (size_t i = 0; i < sheet->column_count; i++) {
            const struct xls_column *column = &sheet->columns[i];
            if (row->cells[i] != NULL && column->key == XLS_UNKNOWN && column->header[0] != '\0') {
                xls_add_pair(x, pairs,
                             xls_format(x, "%s/%zu/%s", sheet->name, row->number, column->header),
                             row->cells[i]);
            }
        }
    }
}

/* The sheet `types` says what data the answers become; a node reads it when the form is published.
   Columns of the survey that nobody knows are kept beside it: "survey/5/colour". */
void xls_keep_types(struct xls *x)
{
    const struct xform_pair *pairs = x->form->settings;
    keep_cells(x, &x->types, &pairs);
    keep_cells(x, &x->survey, &pairs);
    x->form->settings = (struct xform_pair *)(uintptr_t)pairs; /* made here */
}

/* ---- meta */

static const struct xls_item *audit_item(const struct xls *x)
{
    const struct xls_item *at = x->items;
    while (at != NULL &&
           !(at->asked.what == XLS_QUESTION && at->asked.type->special == XLS_AUDIT)) {
        at = at->next;
    }
    return at;
}

/* Places are logged with all three of their parameters, or not at all. */
static void check_places(struct xls *x, const struct xls_item *item)
{
    const char *parameters = xls_get(&x->survey, item->row, XLS_PARAMETERS);
    const char *priority = xls_parameter(x, parameters, "location-priority");
    const char *interval = xls_parameter(x, parameters, "location-min-interval");
    const char *age = xls_parameter(x, parameters, "location-max-age");
    struct xls_where where = {&x->survey, item->row, XLS_PARAMETERS};
    bool any = priority != NULL || interval != NULL || age != NULL;
    if (any && (priority == NULL || interval == NULL || age == NULL)) {
        xls_warning(x, where,
                    "write location-priority, location-min-interval and location-max-age, or none",
                    "an audit logs places only with all three parameters of location");
    } else if (any && strtol(age, NULL, 10) < strtol(interval, NULL, 10)) {
        xls_error(x, where, "make it as large as location-min-interval at least",
                  "location-max-age is smaller than location-min-interval");
    }
}

static void add_audit(struct xls *x, const struct xls_item *item)
{
    struct xform_node *node = xls_add_node(x, x->meta, "audit");
    if (node == NULL) {
        return;
    }
    xls_bind(node, "binary");
    if (xls_check_parameters(x, item)) {
        check_places(x, item);
    }
    xls_add_parameters(x, item, node, NULL);
}

/* attribute::xyz: an attribute of the record's own element. */
static void add_root_attributes(struct xls *x)
{
    const struct xls_sheet *sheet = &x->settings;
    for (size_t i = 0; sheet->first != NULL && i < sheet->column_count; i++) {
        const char *tail = sheet->columns[i].tail, *value = sheet->first->cells[i];
        bool attribute = tail != NULL && strncmp(tail, XLS_ATTRIBUTE, strlen(XLS_ATTRIBUTE)) == 0;
        const char *name = attribute ? tail + strlen(XLS_ATTRIBUTE) : "";
        if (attribute && value != NULL && xls_is_name(name) && strcmp(name, "id") != 0 &&
            strcmp(name, "version") != 0 && strcmp(name, "xmlns") != 0) {
            (void)xls_add_attribute(x, x->form->root, name, value);
        }
    }
}

void xls_add_meta(struct xls *x)
{
    const struct xls_item *audit = audit_item(x);
    const char *name = xls_setting(x, "instance_name");
    bool omit = xls_is_yes(xls_setting(x, "omit_instanceid"));
    if (x->form->root == NULL) {
        return;
    }
    if (omit && xls_setting(x, "public_key") != NULL) {
        xls_error(x, (struct xls_where){.sheet = &x->settings, .row = x->settings.first},
                  "empty omit_instanceID", "an encrypted record needs its instanceID");
    }
    add_root_attributes(x);
    if (omit && audit == NULL && name == NULL && x->entities.first == NULL) {
        return;
    }
    x->meta = xls_add_node(x, x->form->root, "meta");
    if (x->meta != NULL && audit != NULL) {
        add_audit(x, audit);
    }
    struct xform_node *id = x->meta == NULL || omit ? NULL : xls_add_node(x, x->meta, "instanceID");
    if (id != NULL) {
        xls_bind(id, "string");
        id->preload = "uid";
        id->readonly = "true()";
    }
    struct xform_node *named =
        x->meta == NULL || name == NULL ? NULL : xls_add_node(x, x->meta, "instanceName");
    if (named != NULL) {
        struct xls_where where = {.sheet = &x->settings, .row = x->settings.first};
        xls_bind(named, "string");
        named->calculate = xls_expression(x, where, name, NULL, 0);
    }
}
