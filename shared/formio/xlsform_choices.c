/*
 * Lists of choices as secondary instances, and the questions that ask from them.
 */
#include <string.h>

#include "xlsform_inner.h"

/* ---- lists */

struct xls_list *xls_find_list(struct xls *x, const char *name, bool external)
{
    struct xls_list *last = x->last_list;
    bool is_external = last != NULL && last->sheet->kind == XLS_EXTERNAL;
    if (last != NULL && is_external == external && strcmp(last->name, name) == 0) {
        return last;
    }
    struct xls_list *at = x->lists;
    while (at != NULL &&
           (strcmp(at->name, name) != 0 || (at->sheet->kind == XLS_EXTERNAL) != external)) {
        at = at->next;
    }
    return at;
}

/* Of the instance: a list of external_choices may be called as one of choices. */
static const char *id_of(struct xls *x, const struct xls_list *list)
{
    bool external = list->sheet->kind == XLS_EXTERNAL;
    return external && xls_find_list(x, list->name, false) != NULL
               ? xls_format(x, "%s-external", list->name)
               : list->name;
}

static struct xls_list *list_for(struct xls *x, struct xls_sheet *sheet, const char *name)
{
    struct xls_list *list = xls_find_list(x, name, sheet->kind == XLS_EXTERNAL);
    if (list == NULL) {
        list = xls_alloc(x, sizeof(*list));
        if (list == NULL) {
            return NULL;
        }
        *list = (struct xls_list){.name = name, .sheet = sheet};
        struct xls_list **end = &x->lists;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = list;
    }
    x->last_list = list;
    return list;
}

static void add_to_list(struct xls *x, struct xls_list *list, struct xls_row *row)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        struct xls_row **grown = arena_array(x->arena, capacity, sizeof(struct xls_row *));
        if (grown == NULL) {
            x->failed = ERR_NOMEM;
            return;
        }
        if (list->count != 0) {
            memcpy(grown, list->rows, list->count * sizeof(struct xls_row *));
        }
        list->rows = grown;
        list->capacity = capacity;
    }
    list->rows[list->count++] = row;
}

/* ---- choices of one name in one list */

struct seen {
    const struct xls_row **rows;
    const struct xls_list **lists;
    size_t mask;
};

static size_t hash_of(const char *name, const struct xls_list *list)
{
    size_t hash = (size_t)(uintptr_t)list >> 4;
    for (; *name != '\0'; name++) {
        hash = hash * 33 + (unsigned char)*name;
    }
    return hash;
}

static bool is_again(const struct xls *x, struct seen *seen, const struct xls_list *list,
                     const struct xls_row *row, const char *name)
{
    size_t at = hash_of(name, list) & seen->mask;
    (void)x;
    for (; seen->rows[at] != NULL; at = (at + 1) & seen->mask) {
        if (seen->lists[at] == list &&
            strcmp(xls_get(list->sheet, seen->rows[at], XLS_NAME), name) == 0) {
            return true;
        }
    }
    seen->rows[at] = row;
    seen->lists[at] = list;
    return false;
}

static void take_choice(struct xls *x, struct xls_sheet *sheet, struct xls_row *row,
                        struct seen *seen)
{
    const char *list_name = xls_get(sheet, row, XLS_LIST_NAME);
    const char *name = xls_get(sheet, row, XLS_NAME);
    struct xls_where where = {.sheet = sheet, .row = row, .key = XLS_LIST_NAME};
    bool needs_id;
    if (list_name == NULL) {
        if (name != NULL) {
            xls_warning(x, where, "write the list's name before it",
                        "the choice \"%s\" belongs to no list and is left out", name);
        }
        return;
    }
    where.key = XLS_NAME;
    if (name == NULL) {
        xls_error(x, where, "give it a name: what is kept when it is chosen",
                  "a choice of the list \"%s\" has no name", list_name);
        return;
    }
    struct xls_list *list = list_for(x, sheet, list_name);
    if (list == NULL) {
        return;
    }
    if (is_again(x, seen, list, row, name) && sheet->kind == XLS_CHOICES &&
        !xls_is_yes(xls_setting(x, "allow_choice_duplicates"))) {
        xls_error(x, where, "rename one, or set allow_choice_duplicates to yes in settings",
                  "the list \"%s\" has the choice \"%s\" twice", list_name, name);
    }
    where.key = XLS_LABEL;
    if (!xls_has_text(x, where, &needs_id)) {
        xls_warning(x, where, "write what people shall see",
                    "the choice \"%s\" of \"%s\" has no label", name, list_name);
    }
    const char *label = xls_get(sheet, row, XLS_LABEL);
    list->has_itext = list->has_itext || needs_id || (label != NULL && xls_holds_value(label));
    add_to_list(x, list, row);
}

void xls_read_lists(struct xls *x, struct xls_sheet *sheet)
{
    struct seen seen = {.mask = 15};
    if (sheet->unreadable) {
        return;
    }
    while (seen.mask < sheet->row_count * 2) {
        seen.mask = seen.mask * 2 + 1;
    }
    seen.rows = arena_array(x->arena, seen.mask + 1, sizeof(*seen.rows));
    seen.lists = arena_array(x->arena, seen.mask + 1, sizeof(*seen.lists));
    if (seen.rows == NULL || seen.lists == NULL) {
        x->failed = ERR_NOMEM;
        return;
    }
    for (struct xls_row *row = sheet->first; row != NULL && x->failed == OK; row = row->next) {
        take_choice(x, sheet, row, &seen);
    }
}

/* ---- instances */

static void tell_clash(struct xls *x, struct xls_where where, const struct xform_instance *other,
                       const char *source)
{
    xls_error(x, where, "give one of them another name",
              "two lists are called \"%s\": \"%s\" and \"%s\"", other->id,
              other->source == NULL ? "choices" : other->source,
              source == NULL ? "choices" : source);
}

struct xform_instance *xls_add_instance(struct xls *x, struct xls_where where, const char *id,
                                        const char *source)
{
    for (struct xform_instance *at = x->form->instances; at != NULL; at = at->next) {
        if (strcmp(at->id, id) == 0) {
            bool same = at->source == source ||
                        (at->source != NULL && source != NULL && strcmp(at->source, source) == 0);
            if (!same) {
                tell_clash(x, where, at, source);
            }
            return at;
        }
    }
    struct xform_instance *made = xls_alloc(x, sizeof(*made));
    if (made != NULL) {
        *made = (struct xform_instance){.id = id, .source = source};
        *x->last_instance = made;
        x->last_instance = &made->next;
    }
    return made;
}

static struct tree_node *add_tree(struct xls *x, struct tree_node *parent, const char *name,
                                  const char *text)
{
    struct tree_node *node = xls_alloc(x, sizeof(*node));
    const char *interned = tree_name(x->form->names, span_of(name));
    if (node == NULL || interned == NULL) {
        x->failed = ERR_NOMEM;
        return NULL;
    }
    *node = (struct tree_node){.name = interned, .text = span_of(text)};
    if (parent != NULL) {
        tree_append(parent, node);
    }
    return node;
}

static void add_choice(struct xls *x, struct xls_list *list, size_t index, struct tree_node *root)
{
    struct xls_row *row = list->rows[index];
    struct tree_node *item = add_tree(x, root, "item", NULL);
    struct xls_where where = {.sheet = list->sheet, .row = row, .key = XLS_LABEL};
    const char *label = xls_get(list->sheet, row, XLS_LABEL);
    bool needs_id;
    if (item == NULL) {
        return;
    }
    if (list->has_itext && xls_has_text(x, where, &needs_id)) {
        const char *id = xls_format(x, "%s-%zu", list->name, index);
        const struct xform_text *text = xls_read_text(x, where, NULL, needs_id ? id : NULL);
        struct xls_text_id *kept = needs_id ? NULL : xls_alloc(x, sizeof(*kept));
        if (kept != NULL) { /* a plain label of a list whose other labels are translated */
            *kept = (struct xls_text_id){id, text, x->texts};
            x->texts = kept;
            x->text_count++;
        }
        (void)add_tree(x, item, "itextId", id);
    }
    (void)add_tree(x, item, "name", xls_get(list->sheet, row, XLS_NAME));
    if (!list->has_itext && label != NULL) {
        (void)add_tree(x, item, "label", label);
    }
    for (size_t i = 0; i < list->sheet->column_count; i++) {
        if (list->sheet->columns[i].key == XLS_VALUE && row->cells[i] != NULL) {
            (void)add_tree(x, item, list->sheet->columns[i].tail, row->cells[i]);
        }
    }
}

static void add_other_choice(struct xls *x, struct xls_list *list, struct tree_node *root)
{
    struct tree_node *item = add_tree(x, root, "item", NULL);
    if (item == NULL) {
        return;
    }
    if (list->has_itext) {
        const char *id = xls_format(x, "%s-%zu", list->name, list->count);
        struct xls_text_id *kept = xls_alloc(x, sizeof(*kept));
        if (kept != NULL) {
            *kept = (struct xls_text_id){id, xls_plain_text(x, "Other"), x->texts};
            x->texts = kept;
            x->text_count++;
        }
        (void)add_tree(x, item, "itextId", id);
    }
    (void)add_tree(x, item, "name", "other");
    if (!list->has_itext) {
        (void)add_tree(x, item, "label", "Other");
    }
}

static bool holds_other(const struct xls_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(xls_get(list->sheet, list->rows[i], XLS_NAME), "other") == 0) {
            return true;
        }
    }
    return false;
}

/* Every list of `choices` becomes an instance: expressions may ask for one that no question uses.
 */
void xls_finish_lists(struct xls *x)
{
    for (struct xls_list *list = x->lists; list != NULL && x->failed == OK; list = list->next) {
        struct xls_where where = {list->sheet, list->rows[0], XLS_LIST_NAME};
        if (list->searched && !list->used) {
            continue;
        }
        struct xform_instance *instance = xls_add_instance(x, where, id_of(x, list), NULL);
        if (instance == NULL || instance->document != NULL || instance->source != NULL) {
            continue;
        }
        instance->document = xls_alloc(x, sizeof(*instance->document));
        struct tree_node *root =
            instance->document == NULL ? NULL : add_tree(x, instance->document, "root", NULL);
        for (size_t i = 0; root != NULL && i < list->count; i++) {
            add_choice(x, list, i, root);
        }
        if (root != NULL && list->with_other && !holds_other(list)) {
            add_other_choice(x, list, root);
        }
    }
}

/* ---- questions */

static struct xls_where cell(struct xls *x, const struct xls_item *item, enum xls_key key)
{
    return (struct xls_where){.sheet = &x->survey, .row = item->row, .key = key};
}

static const char *filter_of(struct xls *x, const struct xls_item *item,
                             const struct xform_node *repeat)
{
    const char *filter = xls_get(&x->survey, item->row, XLS_CHOICE_FILTER);
    struct xls_where where = cell(x, item, XLS_CHOICE_FILTER);
    if (filter == NULL) {
        return NULL;
    }
    if (item->asked.or_other) {
        xls_error(x, where, "take or_other away and add a choice \"other\" to the list",
                  "a choice_filter can't stand beside or_other");
    }
    xls_note_pulldata(x, where, filter);
    return repeat != NULL ? xls_resolve_in(x, where, filter, item->node, repeat)
                          : xls_expression(x, where, filter, item->node, XLS_CURRENT);
}

/* All occurrences of `repeat`, as `asker` reads them. */
static const char *occurrences_of(struct xls *x, struct xls_where where,
                                  const struct xform_node *asker, const struct xform_node *repeat)
{
    const char *up = "..";
    const struct xform_node *at = asker->parent;
    while (at != NULL && at != repeat) {
        at = at->parent;
        up = xls_format(x, "%s/..", up);
    }
    /* Who lies in one of them asks for its siblings too: out of it, and in again. */
    return at != NULL ? xls_format(x, "%s/../%s", up, repeat->name)
                      : xls_resolve(x, where, xls_format(x, "${%s}", repeat->name), asker, 0);
}

/* select_one ${name}: the choices are what was answered in the occurrences of a repeat. */
static void ask_repeat(struct xls *x, const struct xls_item *item, struct span name,
                       struct xform_itemset *set)
{
    struct xls_where where = cell(x, item, XLS_TYPE);
    const struct xform_node *node = xls_find(x, where, name, item->node, NULL);
    const struct xform_node *repeat = node == NULL ? NULL : node->parent;
    while (repeat != NULL && !repeat->repeat) {
        repeat = repeat->parent;
    }
    if (node != NULL && repeat == NULL) {
        xls_error(x, where, "name a question inside of a repeat",
                  "\"%s\" lies in no repeat, so it gives no choices", node->name);
    }
    if (repeat == NULL) {
        return;
    }
    const char *path = xls_node_path(x, node), *of_repeat = xls_node_path(x, repeat);
    const char *below = path + strlen(of_repeat) + 1;
    const char *filter = filter_of(x, item, repeat);
    const char *from = occurrences_of(x, where, item->node, repeat);
    set->nodes = filter == NULL ? xls_format(x, "%s[./%s != '']", from, below)
                                : xls_format(x, "%s[%s]", from, filter);
    set->value = set->label = below;
}

/* "villages.csv": the part before the dot names the instance. */
static const char *ask_file(struct xls *x, const struct xls_item *item, const char **ret_value,
                            const char **ret_label)
{
    const char *list = item->asked.list, *dot = strrchr(list, '.');
    bool csv = dot != NULL && xls_same(dot, ".csv"),
         geojson = dot != NULL && xls_same(dot, ".geojson");
    if (dot == NULL || dot == list || (!csv && !geojson && !xls_same(dot, ".xml"))) {
        xls_error(x, cell(x, item, XLS_TYPE), "write the file's whole name, as villages.csv",
                  "\"%s\" is no file of choices: .csv, .xml or .geojson", list);
        return "";
    }
    const char *id = xls_copy(x, span_from(list, (size_t)(dot - list)));
    (void)xls_add_instance(x, cell(x, item, XLS_TYPE), id,
                           xls_format(x, "jr://file%s/%s", csv ? "-csv" : "", list));
    *ret_value = geojson ? "id" : "name";
    *ret_label = geojson ? "title" : "label";
    return id;
}

static const char *ask_list(struct xls *x, struct xls_item *item, const char **ret_label)
{
    const struct xls_asked *asked = &item->asked;
    struct xls_list *list = xls_find_list(x, asked->list, asked->external);
    struct xls_where where = cell(x, item, XLS_TYPE);
    if (list == NULL && asked->list[0] != '\0') {
        xls_error(x, where, "add its choices to the sheet, or correct the name",
                  "the sheet %s has no list \"%s\"",
                  asked->external ? "external_choices" : "choices", asked->list);
    }
    if (list == NULL) {
        return "";
    }
    list->used = true;
    list->with_other = list->with_other || asked->or_other;
    *ret_label = list->has_itext ? "jr:itext(itextId)" : "label";
    for (size_t i = 0; asked->control != XFORM_SELECT_ONE && !list->multiple && i < list->count;
         i++) {
        const char *name = xls_get(list->sheet, list->rows[i], XLS_NAME);
        if (strchr(name, ' ') != NULL) {
            xls_error(
                x, (struct xls_where){.sheet = list->sheet, .row = list->rows[i], .key = XLS_NAME},
                "write _ for the space",
                "the choice \"%s\" has a space, but several choices of \"%s\" are kept with "
                "spaces between them",
                name, list->name);
        }
    }
    list->multiple = list->multiple || asked->control != XFORM_SELECT_ONE;
    return id_of(x, list);
}

static void read_order(struct xls *x, const struct xls_item *item, struct xform_itemset *set)
{
    const char *parameters = xls_get(&x->survey, item->row, XLS_PARAMETERS);
    const char *randomize = xls_parameter(x, parameters, "randomize");
    const char *seed = xls_parameter(x, parameters, "seed");
    struct xls_where where = cell(x, item, XLS_PARAMETERS);
    set->randomized = randomize != NULL && xls_same(randomize, "true");
    if (seed != NULL && randomize == NULL) {
        xls_error(x, where, "add randomize=true before the seed",
                  "a seed has no effect without randomize=true");
    }
    set->seed =
        !set->randomized || seed == NULL ? NULL : xls_resolve(x, where, seed, item->node, 0);
    const char *value = xls_parameter(x, parameters, "value");
    const char *label = xls_parameter(x, parameters, "label");
    set->value = item->asked.from_file && value != NULL ? value : set->value;
    set->label = item->asked.from_file && label != NULL ? label : set->label;
}

void xls_read_itemset(struct xls *x, struct xls_item *item)
{
    struct xform_itemset *set = xls_alloc(x, sizeof(*set));
    struct span name;
    const char *label = "label", *value = "name", *list;
    if (set == NULL || item->control == NULL) {
        return;
    }
    item->control->itemset = set;
    if (xls_only_reference(span_of(item->asked.list), &name)) {
        ask_repeat(x, item, name, set);
    } else if (!xls_read_search(x, item, set)) {
        list =
            item->asked.from_file ? ask_file(x, item, &value, &label) : ask_list(x, item, &label);
        const char *filter = filter_of(x, item, NULL);
        set->nodes =
            xls_format(x, "instance('%s')/root/item%s%s%s", list, filter == NULL ? "" : "[",
                       filter == NULL ? "" : filter, filter == NULL ? "" : "]");
        set->value = value;
        set->label = label;
    }
    read_order(x, item, set);
}
