/*
 * The sheet `entities`: what entities the form makes or changes, and where in the record each of
 * them stands. That follows from what is saved to it and what it reads: the group or repeat of
 * those questions, as deep as all of them can be reached from (ODK entities 2025.1).
 */
#include <string.h>

#include "xlsform_inner.h"

/* A question that an entity is made of. */
struct source {
    const struct xform_node *node;
    const struct xls_item *saved; /* NULL: the entity reads it */
    struct source *next;
};

struct entity {
    struct xls_where where;
    const char *dataset, *create, *update, *id, *label;
    struct xform_node *repeat; /* that the column names; NULL */
    struct source *sources;
    struct xform_node *scope, *wanted, *place; /* place: NULL until it has one */
    struct xform_node *node;                   /* meta/entity */
    struct entity *next;
};

struct entities {
    struct xls *x;
    struct entity *first, **last;
    size_t count;
};

/* ---- rows */

static const char *cell_of(const struct xls_sheet *sheet, const struct xls_row *row,
                           const char *name)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        const char *tail = sheet->columns[i].tail;
        if (tail != NULL && strcmp(tail, name) == 0 && row->cells[i] != NULL) {
            return row->cells[i];
        }
    }
    return NULL;
}

static void check_columns(struct xls *x)
{
    static const char known[] = " list_name dataset entity_id create_if update_if label repeat ";
    const struct xls_sheet *sheet = &x->entities;
    for (size_t i = 0; i < sheet->column_count; i++) {
        const char *tail = sheet->columns[i].tail;
        if (tail != NULL && tail[0] != '\0' && strstr(known, xls_format(x, " %s ", tail)) == NULL) {
            xls_warning(x, (struct xls_where){.sheet = &x->entities},
                        "check its spelling, or leave it: it has no effect",
                        "nobody knows the column \"%s\"", sheet->columns[i].header);
        }
    }
}

/* The columns must say whether it makes an entity or changes one (ODK entities specification). */
static bool is_sound(struct xls *x, const struct entity *row)
{
    if (row->update != NULL && row->id == NULL) {
        xls_error(x, row->where, "write in entity_id which one, as ${tree}",
                  "it updates an entity but doesn't say which: entity_id is empty");
        return false;
    }
    if (row->create != NULL && row->id != NULL && row->update == NULL) {
        xls_error(x, row->where, "fill update_if too, or empty entity_id",
                  "an entity that is only made can't have an entity_id");
        return false;
    }
    if (row->label == NULL && row->id == NULL) {
        xls_error(x, row->where, "write what the entity is called, as ${name}",
                  "an entity that is made needs a label");
        return false;
    }
    if (!xls_is_name(row->dataset) || strncmp(row->dataset, "__", 2) == 0 ||
        strchr(row->dataset, '.') != NULL) {
        xls_error(x, row->where, "use letters, digits and _", "\"%s\" can't be a list's name",
                  row->dataset);
        return false;
    }
    return true;
}

/* Entities of one list may stand in two places: then `repeat` says which is which. */
static bool is_again(struct xls *x, const struct entities *all, const struct entity *row)
{
    for (const struct entity *at = all->first; at != NULL; at = at->next) {
        if (strcmp(at->dataset, row->dataset) == 0 && at->repeat == row->repeat) {
            xls_error(x, row->where, "write one row for each list", "the list \"%s\" has two rows",
                      row->dataset);
            return true;
        }
    }
    return false;
}

static bool read_repeat(struct xls *x, struct entity *row, const char *repeat)
{
    struct span name;
    if (repeat == NULL) {
        return true;
    }
    if (!xls_only_reference(span_of(repeat), &name)) {
        xls_error(x, row->where, "write a reference to a repeat, as ${member}",
                  "\"%s\" names no repeat", repeat);
        return false;
    }
    row->repeat = xls_find(x, row->where, name, NULL, NULL);
    if (row->repeat != NULL && !row->repeat->repeat) {
        xls_error(x, row->where, "name a repeat, or empty the column repeat", "\"%s\" is no repeat",
                  row->repeat->name);
        row->repeat = NULL;
    }
    return row->repeat != NULL;
}

static void read_row(struct entities *all, struct xls_row *at)
{
    struct xls *x = all->x;
    struct xls_sheet *sheet = &x->entities;
    struct entity row = {.where = {.sheet = sheet, .row = at},
                         .dataset = cell_of(sheet, at, "list_name"),
                         .create = cell_of(sheet, at, "create_if"),
                         .update = cell_of(sheet, at, "update_if"),
                         .id = cell_of(sheet, at, "entity_id"),
                         .label = cell_of(sheet, at, "label")};
    row.dataset = row.dataset != NULL ? row.dataset : cell_of(sheet, at, "dataset");
    if (row.dataset == NULL) {
        xls_error(x, row.where, "name the list in the column list_name",
                  "an entity belongs to no list");
        return;
    }
    bool sound = is_sound(x, &row) && read_repeat(x, &row, cell_of(sheet, at, "repeat")) &&
                 !is_again(x, all, &row);
    struct entity *made = sound ? xls_alloc(x, sizeof(*made)) : NULL;
    if (made != NULL) {
        *made = row;
        *all->last = made;
        all->last = &made->next;
        all->count++;
    }
}

/* ---- what each is made of */

static void add_source(struct xls *x, struct entity *entity, const struct xform_node *node,
                       const struct xls_item *saved)
{
    struct source *made = xls_alloc(x, sizeof(*made)), **end = &entity->sources;
    if (made == NULL) {
        return;
    }
    *made = (struct source){node, saved, NULL};
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = made;
}

/* Names that nobody has are told when the expressions are resolved. */
static void note_read(struct xls *x, struct entity *entity, const char *expression)
{
    struct span rest = span_of(expression == NULL ? "" : expression), before, name;
    while (xls_next_reference(&rest, &before, &name)) {
        for (const struct xls_named *at = x->named[xls_bucket(name)]; at != NULL; at = at->next) {
            if (span_is(name, at->name) && at->item != NULL && at->node->parent != NULL) {
                add_source(x, entity, at->node, NULL);
                break;
            }
        }
    }
}

/* That of the list (of any, where it names none), which stands in the repeat of `node` if several
   do; NULL when that says it of none, or not of one alone. */
static struct entity *entity_for(const struct entities *all, struct span dataset,
                                 const struct xform_node *node)
{
    struct entity *found = NULL, *here = NULL;
    size_t count = 0, count_here = 0;
    const struct xform_node *repeat = xform_repeat_of(node->parent);
    for (struct entity *at = all->first; at != NULL; at = at->next) {
        if (dataset.size == 0 || span_is(dataset, at->dataset)) {
            bool fits = at->repeat == repeat;
            found = at;
            count++;
            here = fits ? at : here;
            count_here += fits ? 1 : 0;
        }
    }
    return count == 1 ? found : count_here == 1 ? here : NULL;
}

/* "species", or "trees#species" where the form makes several. */
static struct entity *find_saved(const struct entities *all, const struct xls_item *item,
                                 const char **ret_property)
{
    struct xls *x = all->x;
    struct xls_where where = {&x->survey, item->row, XLS_SAVE_TO};
    const char *hash = strchr(item->node->save_to, '#');
    struct span list =
        span_from(item->node->save_to, hash == NULL ? 0 : (size_t)(hash - item->node->save_to));
    *ret_property = hash == NULL ? item->node->save_to : hash + 1;
    if (all->count == 0) {
        xls_error(x, where, "add a sheet entities with list_name and label",
                  "\"%s\" is saved to an entity, but the form makes none", item->node->name);
        return NULL;
    }
    struct entity *found = entity_for(all, list, item->node);
    if (found == NULL && list.size == 0) {
        xls_error(x, where, "write its list before it, as trees#species",
                  "the form makes several entities: \"%s\" doesn't say whose property it is",
                  item->node->save_to);
    } else if (found == NULL) {
        xls_error(x, where, "name a list of the sheet entities", "no entity belongs to \"%s\"",
                  xls_copy(x, list));
    }
    return found;
}

static bool is_property(struct xls *x, const struct xls_item *item, const struct entity *entity,
                        const char *property)
{
    struct xls_where where = {&x->survey, item->row, XLS_SAVE_TO};
    if (!xls_is_name(property) || strncmp(property, "__", 2) == 0) {
        xls_error(x, where, "use letters, digits and _", "\"%s\" can't be a property's name",
                  property);
        return false;
    }
    if (xls_same(property, "name") || xls_same(property, "label")) {
        xls_warning(x, where, "call it otherwise where the form goes to ODK Central too",
                    "\"%s\" is a word of its own in ODK's lists", property);
    }
    if (item->asked.what == XLS_BEGIN) {
        xls_error(x, where, "write it in the row of a question",
                  "a group or repeat can't be saved to an entity");
        return false;
    }
    for (const struct source *at = entity->sources; at != NULL; at = at->next) {
        if (at->saved != NULL && strcmp(at->node->save_to, property) == 0) {
            xls_warning(x, where, "save one of them under another name",
                        "\"%s\" is saved from row %zu already", property, at->saved->row->number);
        }
    }
    return true;
}

static void note_sources(struct entities *all)
{
    struct xls *x = all->x;
    for (struct xls_item *item = x->items; item != NULL && x->failed == OK; item = item->next) {
        const char *property;
        if (item->node == NULL || item->node->save_to == NULL) {
            continue;
        }
        struct entity *entity = find_saved(all, item, &property);
        bool fits = entity != NULL && is_property(x, item, entity, property);
        item->node->save_to = fits ? property : NULL;
        if (fits) {
            add_source(x, entity, item->node, item);
        }
    }
    for (struct entity *at = all->first; at != NULL; at = at->next) {
        note_read(x, at, at->id);
        note_read(x, at, at->create);
        note_read(x, at, at->update);
        note_read(x, at, at->label);
    }
}

/* ---- where each stands */

static struct xform_node *scope_of(struct xform_node *container)
{
    while (container->parent != NULL && !container->repeat) {
        container = container->parent;
    }
    return container;
}

static size_t depth_of(const struct xform_node *node)
{
    size_t depth = 0;
    for (; node->parent != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

static bool holds(const struct xform_node *outer, const struct xform_node *node)
{
    while (node != NULL && node != outer) {
        node = node->parent;
    }
    return node != NULL;
}

static struct xform_node *common_of(struct xform_node *a, const struct xform_node *b)
{
    while (!holds(a, b)) {
        a = a->parent;
    }
    return a;
}

/* The repeat, or the form, that all sources can be read from: the innermost one's. */
static bool find_scope(struct xls *x, struct entity *entity)
{
    entity->scope = entity->repeat != NULL ? entity->repeat : x->form->root;
    for (const struct source *at = entity->sources; at != NULL && entity->repeat == NULL;
         at = at->next) {
        struct xform_node *scope = scope_of(at->node->parent);
        entity->scope = depth_of(scope) > depth_of(entity->scope) ? scope : entity->scope;
    }
    for (const struct source *at = entity->sources; at != NULL; at = at->next) {
        const struct xform_node *scope = scope_of(at->node->parent);
        bool reached = at->saved != NULL ? scope == entity->scope : holds(scope, entity->scope);
        if (!reached) {
            struct xls_where where = {&x->survey, at->saved == NULL ? NULL : at->saved->row,
                                      XLS_SAVE_TO};
            xls_error(x, at->saved == NULL ? entity->where : where,
                      "name questions of one repeat, or copy the answer with a calculate",
                      "\"%s\" lies in another repeat than the entity \"%s\"", at->node->name,
                      entity->dataset);
            return false;
        }
    }
    return true;
}

/* As deep as what is saved allows; what is only read has a say where nothing is saved. */
static void find_wanted(struct entity *entity)
{
    struct xform_node *wanted = NULL;
    for (const struct source *at = entity->sources; at != NULL; at = at->next) {
        if (at->saved != NULL) {
            wanted = wanted == NULL ? at->node->parent : common_of(wanted, at->node->parent);
        }
    }
    for (const struct source *at = entity->sources; at != NULL && wanted == NULL; at = at->next) {
        struct xform_node *here = at->node->parent;
        bool deepest = scope_of(here) == entity->scope;
        for (const struct source *other = entity->sources; other != NULL; other = other->next) {
            deepest = deepest && (scope_of(other->node->parent) != entity->scope ||
                                  depth_of(other->node->parent) <= depth_of(here));
        }
        wanted = deepest ? here : NULL;
    }
    entity->wanted = wanted != NULL && holds(entity->scope, wanted) ? wanted : entity->scope;
}

/* Whose container it is: an entity stands there, or what is saved to one passes it on its way. */
static const struct entity *holder_of(const struct entities *all,
                                      const struct xform_node *container)
{
    for (const struct entity *at = all->first; at != NULL; at = at->next) {
        if (at->place == container) {
            return at;
        }
        for (const struct source *of = at->sources; of != NULL && at->place != NULL;
             of = of->next) {
            if (of->saved != NULL && holds(container, of->node) && holds(at->place, container)) {
                return at;
            }
        }
    }
    return NULL;
}

/* False when what is saved would pass another entity first. */
static bool is_way_free(const struct entities *all, const struct entity *entity)
{
    for (const struct source *at = entity->sources; at != NULL; at = at->next) {
        if (at->saved != NULL && holder_of(all, at->node->parent) != NULL) {
            return false;
        }
    }
    return true;
}

static void find_place(struct entities *all, struct entity *entity)
{
    const struct entity *holder = holder_of(all, entity->wanted);
    struct xform_node *at = entity->wanted;
    bool free = holder == NULL || is_way_free(all, entity);
    while (holder != NULL && free && at != entity->scope) {
        at = at->parent;
        holder = holder_of(all, at);
    }
    if (holder == NULL) {
        entity->place = at;
        return;
    }
    holder = holder_of(all, entity->wanted);
    xls_error(all->x, entity->where, "give each entity questions of a group of its own",
              "the entity \"%s\" of row %zu stands where \"%s\" would", holder->dataset,
              holder->where.row->number, entity->dataset);
}

static void find_places(struct entities *all)
{
    struct xls *x = all->x;
    for (struct entity *at = all->first; at != NULL; at = at->next) {
        if (!find_scope(x, at)) {
            continue;
        }
        find_wanted(at);
        at->wanted = all->count == 1 ? at->scope : at->wanted;
        find_place(all, at);
    }
}

/* ---- into the form */

static void calculated(struct xls *x, const struct entity *row, struct xform_node *node,
                       const char *expression)
{
    if (node != NULL) {
        xls_bind(node, "string");
        node->readonly = "true()";
        node->calculate =
            expression == NULL ? NULL : xls_expression(x, row->where, expression, node, 0);
    }
}

static void add_making(struct xls *x, const struct entity *row, struct xform_node *id)
{
    struct xform_node *repeat = xform_repeat_of(row->place);
    struct xform_action *action =
        row->id != NULL ? NULL
                        : xls_add_action(x, XFORM_SET_VALUE,
                                         repeat == NULL ? XFORM_FIRST_LOAD
                                                        : XFORM_FIRST_LOAD | XFORM_NEW_REPEAT,
                                         repeat, id);
    if (action != NULL) {
        action->value = "uuid()";
        action->literal = NULL;
    }
    struct xform_node *create = xls_add_attribute(x, row->node, "create", "1");
    if (row->create != NULL) {
        calculated(x, row, create, row->create);
    }
}

static void add_changing(struct xls *x, const struct entity *row)
{
    static const char *const versions[][2] = {{"baseVersion", "__version"},
                                              {"trunkVersion", "__trunkVersion"},
                                              {"branchId", "__branchId"}};
    struct xform_node *update = xls_add_attribute(x, row->node, "update", "1");
    if (row->update != NULL) {
        calculated(x, row, update, row->update);
    }
    for (size_t i = 0; i < 3; i++) {
        calculated(x, row, xls_add_attribute(x, row->node, versions[i][0], ""),
                   xls_format(x, "instance('%s')/root/item[name=%s]/%s", row->dataset, row->id,
                              versions[i][1]));
    }
    (void)xls_add_instance(x, row->where, row->dataset,
                           xls_format(x, "jr://file-csv/%s.csv", row->dataset));
}

/* meta/entity with its attributes and what computes them. */
static void add_entity(struct xls *x, struct entity *row)
{
    struct xform_node *meta =
        row->place == x->form->root ? x->meta : xls_add_node(x, row->place, "meta");
    row->node = meta == NULL ? NULL : xls_add_node(x, meta, "entity");
    if (row->node == NULL) {
        return;
    }
    (void)xls_add_attribute(x, row->node, "dataset", row->dataset);
    struct xform_node *id = xls_add_attribute(x, row->node, "id", "");
    calculated(x, row, id, row->id);
    if (row->create != NULL || row->id == NULL) {
        add_making(x, row, id);
    }
    if (row->id != NULL) {
        add_changing(x, row);
    }
    if (row->label != NULL) {
        calculated(x, row, xls_add_node(x, row->node, "label"), row->label);
    }
}

void xls_read_entities(struct xls *x)
{
    struct entities all = {.x = x, .last = &all.first};
    struct xform_entity **last = &x->form->entities;
    check_columns(x);
    for (struct xls_row *at = x->entities.first; at != NULL && x->failed == OK; at = at->next) {
        read_row(&all, at);
    }
    note_sources(&all);
    find_places(&all);
    for (struct entity *at = all.first; at != NULL && x->failed == OK; at = at->next) {
        struct xform_entity *made = at->place == NULL ? NULL : xls_alloc(x, sizeof(*made));
        if (made == NULL) {
            continue;
        }
        add_entity(x, at);
        *made = (struct xform_entity){.dataset = at->dataset, .node = at->node};
        *last = made->node == NULL ? NULL : made;
        last = made->node == NULL ? last : &made->next;
    }
}
