/*
 * fill_lists.c - the engine's surroundings: the corrected clock, names, and records as lists.
 *
 * A form that reads jr://file-csv/household.csv sees the records of the type household that the
 * person may see: an item a record, with name (its id), label (its title) and its properties.
 */
#include <string.h>

#include "face.h"
#include "fill.h"
#include "record.h"

#define PROPERTY_MAX (1u << 20) /* bytes of one property of a record */

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

static enum err property(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    struct fill *fill = ctx;
    const struct org *org = NULL;
    const char *text = "";
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
    struct tree_node *root;
    const struct type *type;
    size_t count;
    enum err failed;
};

static struct tree_node *add_node(struct list *list, struct tree_node *parent, const char *name,
                                  struct span text)
{
    struct tree_node *node = arena_alloc(list->arena, sizeof *node);
    struct span own = {0};
    if (node == NULL || arena_copy(list->arena, text, &own)) {
        list->failed = ERR_NOMEM;
        return NULL;
    }
    *node = (struct tree_node){.name = tree_name(list->names, span_of(name)), .text = own};
    if (node->name == NULL) {
        list->failed = ERR_NOMEM;
        return NULL;
    }
    tree_append(parent, node);
    return node;
}

static void add_properties(struct list *list, struct tree_node *item, const struct json *document)
{
    struct buf text;
    struct buf json;
    buf_init(&text, list->arena->mem, PROPERTY_MAX);
    buf_init(&json, list->arena->mem, PROPERTY_MAX);
    for (const struct json *at = json_first(document); at && !list->failed; at = json_next(at)) {
        const struct property *of = type_property(list->type, json_key(at));
        buf_clear(&text);
        buf_clear(&json);
        json_add_tree(&json, at);
        list->failed = buf_error(&json);
        enum err e = of && !list->failed ? mapping_text(of->type, buf_span(&json), &text) : OK;
        if (of && !list->failed && !e) {
            (void)add_node(list, item, of->id, buf_span(&text));
        } else if (e == ERR_NOMEM) { /* any other: a list of items, which no expression reads */
            list->failed = e;
        }
    }
    buf_release(&text);
    buf_release(&json);
}

static bool add_record(void *ctx, const struct record_row *row)
{
    struct list *list = ctx;
    struct json *document = NULL;
    char id[ID_TEXT_SIZE];
    id_write(row->entity, id);
    struct tree_node *item = add_node(list, list->root, "item", (struct span){0});
    if (item != NULL) {
        (void)add_node(list, item, "name", span_of(id));
        (void)add_node(list, item, "label", span_of(row->title));
    }
    if (item != NULL && !list->failed) {
        list->failed = json_parse(row->document, &document, NULL);
    }
    if (document != NULL) {
        add_properties(list, item, document);
    }
    json_free(document);
    return ++list->count < FILL_RECORDS_MAX && !list->failed;
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

static enum err instance(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                         struct tree_node **ret, struct diag *diag)
{
    struct fill *fill = ctx;
    const struct org *org = NULL;
    struct list list = {.names = names, .arena = arena};
    struct tree_node *document = arena_alloc(arena, sizeof *document);
    enum err e = document ? node_org(fill->call->node, &org) : ERR_NOMEM;
    if (e) {
        return e;
    }
    *document = (struct tree_node){.name = NULL};
    if (is_last_saved(fill, name)) {
        *ret = document;
        return OK;
    }
    list.type = org_type(org, span_of(name));
    if (list.type == NULL) {
        return diag_set(diag, ERR_NOT_FOUND, "list", name, NULL);
    }
    list.root = add_node(&list, document, "root", (struct span){0});
    if (list.root != NULL) {
        const struct record_filter filter = {.type = name, .limit = FILL_RECORDS_MAX};
        e = record_list(fill->call->node, &fill->call->person, &filter, add_record, &list, diag);
    }
    *ret = document;
    return e ? e : list.failed;
}

void fill_host_init(struct fill *fill)
{
    fill->host = (struct play_host){.mem = fill->mem,
                                    .ctx = fill,
                                    .now_ms = now_ms,
                                    .zone_minutes = zone_minutes,
                                    .random = random_bytes,
                                    .instance = instance,
                                    .property = property};
}
