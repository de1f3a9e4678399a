/*
 * fill_lists.c - the engine's surroundings: the corrected clock, names, and records as lists.
 *
 * A form that reads jr://file-csv/household.csv sees the records of the type household that the
 * person may see: an item a record, with name (its id), label (its title) and its properties; and
 * with __root, so that it can ask for those around what it is filled about: property('root').
 */
#include <string.h>

#include "face.h"
#include "fill.h"
#include "listing.h"
#include "record.h"

static int64_t now_ms(void *ctx)
{
    struct fill *fill = ctx;
    return node_now_ms(fill->call->node);
}

static int zone_minutes(void *ctx)
{
    (void)ctx;
    return FACE_ZONE_MINUTES;
}

static void random_bytes(void *ctx, void *bytes, size_t size)
{
    struct fill *fill = ctx;
    fill->call->host->random(fill->call->host->ctx, bytes, size);
}

/* What it is filled about: the record, the tree that it stands in (__root of a list's items), the
   place of a new one. Nothing where there is none. */
static const char *about_property(const struct fill *fill, struct span name, char *room)
{
    if (span_is(name, "record") && fill->about.has_entity) {
        id_write(fill->about.entity, room);
        return room;
    }
    if (span_is(name, "place") && fill->about.place != NULL) {
        return fill->about.place;
    }
    return span_is(name, "root") ? fill->root : "";
}

static enum err property(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    struct fill *fill = ctx;
    const struct org *org = NULL;
    char id[ID_TEXT_SIZE];
    const char *text = about_property(fill, name, id);
    enum err e = node_org(fill->call->node, &org);
    if (e) {
        return e;
    }
    const struct org_person *person = org_person(org, fill->call->person);
    if (span_is(name, "username") && person != NULL) {
        text = person->name;
    } else if (span_is(name, "deviceid")) {
        text = fill->call->self.short_code;
    }
    return arena_copy(arena, span_of(text), ret);
}

/* ---- records as a list */

struct list {
    struct tree_names *names;
    struct arena *arena;
    const struct type *type;
    struct tree_node *parent; /* of what is added now */
    struct tree_node *root;
    enum err failed;
};

static enum err add_node(struct list *list, struct tree_node *parent, const char *name,
                         struct span text, struct tree_node **ret)
{
    struct tree_node *node = arena_alloc(list->arena, sizeof *node);
    struct span own = {0};
    if (node == NULL || arena_copy(list->arena, text, &own)) {
        return ERR_NOMEM;
    }
    *node = (struct tree_node){.name = tree_name(list->names, span_of(name)), .text = own};
    if (node->name == NULL) {
        return ERR_NOMEM;
    }
    if (parent != NULL) {
        tree_append(parent, node);
    }
    *ret = node;
    return OK;
}

static enum err add_child(void *ctx, const char *name, struct span text)
{
    struct list *list = ctx;
    struct tree_node *node;
    enum err e = list->parent ? OK : add_node(list, list->root, "item", span_of(""), &list->parent);
    return e ? e : add_node(list, list->parent, name, text, &node);
}

static bool add_record(void *ctx, const struct record_row *row)
{
    struct list *list = ctx;
    const struct listing_source source = {row->entity, row->root, span_of(row->title),
                                          row->document};
    list->parent = NULL;
    list->failed = listing_children(list->type, &source, NULL, list->arena->mem, add_child, list);
    return !list->failed;
}

/* What was saved before with this form: nothing, since a device doesn't look for it. */
static bool is_last_saved(const struct fill *fill, const char *name)
{
    for (const struct xform_instance *at = fill->form.instances; at != NULL; at = at->next) {
        if (strcmp(at->id, name) == 0 && at->source != NULL) {
            return strcmp(at->source, "jr://instance/last-saved") == 0;
        }
    }
    return false;
}

/* A list of records read whole, since it is short or a path goes from one to another. */
static enum err read_whole(struct fill *fill, const char *name, struct list *list,
                           struct tree_node *document, struct diag *diag)
{
    const struct org *org = NULL;
    size_t size = 0;
    const struct record_filter filter = {.type = name, .limit = FILL_RECORDS_MAX};
    enum err e = node_org(fill->call->node, &org);
    list->type = e ? NULL : org_type(org, span_of(name));
    if (!e && list->type == NULL) {
        return diag_set(diag, ERR_NO_LIST, name, NULL);
    }
    e = e ? e : listing_size(fill->call->node, name, FILL_RECORDS_MAX + 1, &size);
    if (!e && size > FILL_RECORDS_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, name, "20000", NULL);
    }
    e = e ? e : add_node(list, document, "root", span_of(""), &list->root);
    e = e ? e : record_list(fill->call->node, &fill->call->person, &filter, add_record, list, diag);
    return e ? e : list->failed;
}

static enum err instance(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                         struct tree_node **ret, struct diag *diag)
{
    struct fill *fill = ctx;
    struct list list = {.names = names, .arena = arena};
    struct tree_node *document = arena_alloc(arena, sizeof *document);
    if (document == NULL) {
        return ERR_NOMEM;
    }
    *document = (struct tree_node){.name = NULL};
    *ret = document;
    return is_last_saved(fill, name) ? OK : read_whole(fill, name, &list, document, diag);
}

/* ---- records as a table */

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    struct fill *fill = ctx;
    const struct org *org = NULL;
    size_t size = 0;
    enum err e = node_org(fill->call->node, &org);
    if (e || is_last_saved(fill, name) || org_type(org, span_of(name)) == NULL) {
        return e ? e : ERR_NOT_FOUND;
    }
    if (room == 0) { /* short ones are read once and kept */
        e = listing_size(fill->call->node, name, FILL_WHOLE_MAX + 1, &size);
        *ret_count = 0;
        return e || size > FILL_WHOLE_MAX ? e : ERR_NOT_FOUND;
    }
    return listing_find(fill->call->node, &fill->call->person, name, equals, count, after, rows,
                        room, ret_count, diag);
}

static enum err row(void *ctx, const char *name, int64_t number, struct tree_names *names,
                    struct arena *arena, struct tree_node **ret, struct diag *diag)
{
    struct fill *fill = ctx;
    struct list list = {.names = names, .arena = arena};
    enum err e =
        listing_row(fill->call->node, &fill->call->person, name, number, add_child, &list, diag);
    *ret = list.parent;
    return e;
}

void fill_host_init(struct fill *fill)
{
    fill->host = (struct play_host){.mem = fill->mem,
                                    .ctx = fill,
                                    .now_ms = now_ms,
                                    .zone_minutes = zone_minutes,
                                    .random = random_bytes,
                                    .instance = instance,
                                    .find = find,
                                    .row = row,
                                    .property = property};
}
