#include "form_list.h"

#include <string.h>

#include "csv_read.h"
#include "json.h"
#include "xform.h"
#include "xml_tree.h"

struct lister {
    const struct mem *mem;
    struct tree_names *names;
    struct arena *arena;
    const char *file;
    struct diag *diag;
};

static enum err fault(const struct lister *l, const char *what)
{
    return diag_set(l->diag, ERR_FORMAT, l->file, what, NULL);
}

/* NULL: no memory. The text is copied. */
static struct tree_node *add(const struct lister *l, struct tree_node *parent, struct span name,
                             struct span text)
{
    struct tree_node *node = arena_alloc(l->arena, sizeof *node);
    struct span own = {0};
    if (node == NULL || arena_copy(l->arena, text, &own)) {
        return NULL;
    }
    *node = (struct tree_node){.name = tree_name(l->names, name), .text = own};
    if (node->name == NULL) {
        return NULL;
    }
    tree_append(parent, node);
    return node;
}

static struct tree_node *add_root(const struct lister *l, struct tree_node *document)
{
    return add(l, document, span_of("root"), (struct span){0});
}

static struct tree_node *add_item(const struct lister *l, struct tree_node *root)
{
    return add(l, root, span_of("item"), (struct span){0});
}

/* ---- CSV */

static enum err read_csv(const struct lister *l, struct span rest, struct tree_node *document)
{
    struct csv_row head = {0}, row = {0};
    bool found = false;
    rest = span_starts_with(rest, "\xef\xbb\xbf") ? span_cut(rest, 3, rest.size) : rest;
    uint8_t separator = csv_separator_of(rest);
    struct tree_node *root = add_root(l, document);
    enum err e = root ? csv_read_row_with(separator, &rest, l->arena, &head, &found) : ERR_NOMEM;
    e = !e && !csv_is_head(&head) ? ERR_FORMAT : e;
    while (!e && found) {
        e = csv_read_row_with(separator, &rest, l->arena, &row, &found);
        struct tree_node *item = !e && found ? add_item(l, root) : NULL;
        if (!e && found && item == NULL) {
            e = ERR_NOMEM;
        }
        for (size_t i = 0; item != NULL && !e && i < head.count; i++) {
            struct span text = i < row.count ? row.cells[i] : (struct span){0};
            if (head.cells[i].size != 0 && add(l, item, head.cells[i], text) == NULL) {
                e = ERR_NOMEM;
            }
        }
    }
    return e == ERR_FORMAT
               ? fault(l,
                       "is no CSV with commas or semicolons, quotes closed, and at most 64 columns")
               : e;
}

/* ---- XML */

static enum err copy_element(const struct lister *l, const xmlNode *element,
                             struct tree_node *parent, size_t depth)
{
    struct tree_node *node = add(l, parent, span_of((const char *)element->name), (struct span){0});
    if (node == NULL || depth > XFORM_DEPTH_MAX) {
        return node == NULL ? ERR_NOMEM : fault(l, "is too deep");
    }
    for (const xmlAttr *at = element->properties; at != NULL; at = at->next) {
        const char *text = xml_text((const xmlNode *)at, l->arena);
        struct tree_node *made =
            text ? add(l, node, span_of((const char *)at->name), span_of(text)) : NULL;
        if (made == NULL) {
            return ERR_NOMEM;
        }
        made->attribute = true;
    }
    if (xml_first(element) == NULL) {
        const char *text = xml_text(element, l->arena);
        node->text = span_of(text);
        return text ? OK : ERR_NOMEM;
    }
    enum err e = OK;
    for (const xmlNode *at = xml_first(element); at != NULL && !e; at = xml_next(at)) {
        e = copy_element(l, at, node, depth + 1);
    }
    return e;
}

static enum err read_xml(const struct lister *l, struct span text, struct tree_node *document)
{
    const char *why = NULL;
    int line = 0;
    xmlDoc *xml = xml_read(text, &why, &line);
    if (xml == NULL) {
        return fault(l, why ? why : "is no XML");
    }
    enum err e = copy_element(l, xmlDocGetRootElement(xml), document, 0);
    xmlFreeDoc(xml);
    return e;
}

/* ---- GeoJSON */

/* Our JSON has whole numbers only: each number becomes a text, as it is written. */
static void quote_numbers(struct span text, struct buf *ret)
{
    bool in_text = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        size_t size = 0;
        while (!in_text && i + size < text.size && text.data[i + size] != '\0' &&
               strchr(size == 0 ? "-0123456789" : "-+.eE0123456789", text.data[i + size])) {
            size++;
        }
        if (size != 0) {
            buf_add_byte(ret, '"');
            buf_add_span(ret, span_cut(text, i, size));
            buf_add_byte(ret, '"');
            i += size - 1;
            continue;
        }
        buf_add_byte(ret, byte);
        if (in_text && byte == '\\' && i + 1 < text.size) {
            buf_add_byte(ret, text.data[++i]);
        } else if (byte == '"') {
            in_text = !in_text;
        }
    }
}

/* [longitude, latitude, altitude?] as "latitude longitude altitude 0". */
static bool add_point(const struct json *point, struct buf *ret)
{
    const char *longitude = point ? json_text(json_at(point, 0)) : NULL;
    const char *latitude = point ? json_text(json_at(point, 1)) : NULL;
    const char *altitude = point && json_count(point) > 2 ? json_text(json_at(point, 2)) : NULL;
    if (longitude == NULL || latitude == NULL) {
        return false;
    }
    buf_add_format(ret, "%s %s %s 0", latitude, longitude, altitude ? altitude : "0");
    return true;
}

static bool add_geometry(const struct json *geometry, struct buf *ret)
{
    const struct json *points = json_get(geometry, "coordinates");
    const char *kind = json_get_text(geometry, "type", "");
    if (!json_is(points, JSON_ARRAY)) {
        return false;
    }
    if (strcmp(kind, "Point") == 0) {
        return add_point(points, ret);
    }
    points = strcmp(kind, "Polygon") == 0 ? json_at(points, 0) : points;
    bool good = strcmp(kind, "Polygon") == 0 || strcmp(kind, "LineString") == 0;
    for (const struct json *at = good && points ? json_first(points) : NULL; at && good;
         at = json_next(at)) {
        buf_add_text(ret, ret->size ? "; " : "");
        good = add_point(at, ret);
    }
    return good;
}

static enum err add_member(const struct lister *l, struct tree_node *item, const char *name,
                           const struct json *value)
{
    struct span text = json_span(value);
    if (json_is(value, JSON_BOOL)) {
        text = span_of(json_bool(value) ? "true" : "false");
    }
    return add(l, item, span_of(name), text) ? OK : ERR_NOMEM;
}

static enum err add_feature(const struct lister *l, struct tree_node *root,
                            const struct json *feature)
{
    struct buf geometry;
    struct tree_node *item = add_item(l, root);
    const struct json *properties = json_get(feature, "properties");
    enum err e = item ? OK : ERR_NOMEM;
    buf_init(&geometry, l->mem, FORM_LIST_MAX);
    if (!e && !add_geometry(json_get(feature, "geometry"), &geometry)) {
        e = fault(l, "has a feature that is no Point, LineString or Polygon");
    }
    e = e ? e : buf_error(&geometry);
    if (!e && add(l, item, span_of("geometry"), buf_span(&geometry)) == NULL) {
        e = ERR_NOMEM;
    }
    if (!e && json_get(feature, "id") != NULL) {
        e = add_member(l, item, "id", json_get(feature, "id"));
    }
    for (const struct json *at = json_is(properties, JSON_OBJECT) ? json_first(properties) : NULL;
         at && !e; at = json_next(at)) {
        e = add_member(l, item, json_key(at), at);
    }
    buf_release(&geometry);
    return e;
}

static enum err read_geojson(const struct lister *l, struct span text, struct tree_node *document)
{
    struct buf quoted;
    struct json *json = NULL;
    struct diag why = {0};
    struct tree_node *root = add_root(l, document);
    buf_init(&quoted, l->mem, 2 * FORM_LIST_MAX);
    quote_numbers(text, &quoted);
    enum err e = root ? buf_error(&quoted) : ERR_NOMEM;
    e = e ? e : json_parse(buf_span(&quoted), &json, &why);
    buf_release(&quoted);
    const struct json *features = e ? NULL : json_get(json, "features");
    if (e == ERR_JSON || (!e && !json_is(features, JSON_ARRAY))) {
        e = fault(l, "is no GeoJSON with a list of features");
    }
    for (const struct json *at = e ? NULL : json_first(features); at && !e; at = json_next(at)) {
        e = add_feature(l, root, at);
    }
    json_free(json);
    return e;
}

/* ---- all */

static bool ends(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size > tail && strcmp(name + size - tail, end) == 0;
}

enum err form_list_read(const struct mem *mem, struct span text, const char *name,
                        struct tree_names *names, struct arena *arena, struct tree_node **ret,
                        struct diag *diag)
{
    const struct lister l = {mem, names, arena, name, diag};
    struct tree_node *document = arena_alloc(arena, sizeof *document);
    if (document == NULL) {
        return ERR_NOMEM;
    }
    *ret = document;
    if (ends(name, ".csv")) {
        return read_csv(&l, text, document);
    }
    if (ends(name, ".geojson")) {
        return read_geojson(&l, text, document);
    }
    return ends(name, ".xml") ? read_xml(&l, text, document)
                              : fault(&l, "is no .csv, .geojson or .xml");
}
