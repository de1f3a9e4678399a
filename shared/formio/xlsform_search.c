/*
 * search('file', 'matches', 'column', value) in an appearance: choices from a CSV beside the form,
 * as forms asked for them before select_one_from_file. The sheet choices then says which columns of
 * the file are kept and shown. It becomes what replaced it, a filtered secondary instance.
 */
#include <string.h>

#include "search_call.h"
#include "xlsform_inner.h"

/* ---- as a path */

static const char *path_of(struct xls *x, const struct xls_item *item, struct xls_where where,
                           const struct search_call *call)
{
    const char *values[SEARCH_VALUES] = {"", ""};
    struct span file = search_call_file(call);
    struct buf path;
    for (size_t i = 0; i < SEARCH_VALUES; i++) {
        struct span value = search_call_value(call, i);
        if (value.size != 0) {
            values[i] = xls_resolve(x, where, xls_copy(x, value), item->node, XLS_CURRENT);
        }
    }
    buf_init(&path, x->arena->mem, XFORM_EXPRESSION_MAX);
    const char *found = search_call_path(call, file, values, &path) && buf_error(&path) == OK
                            ? xls_copy(x, buf_span(&path))
                            : NULL;
    buf_release(&path);
    if (found != NULL) {
        const char *id = xls_copy(x, file);
        (void)xls_add_instance(x, where, id, xls_format(x, "jr://file-csv/%s.csv", id));
    }
    return found;
}

/* ---- as choices */

/* The row that names columns of the file: those with numbers are choices of their own. */
static const struct xls_row *naming_row(struct xls *x, const struct xls_list *list)
{
    const struct xls_row *found = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = xls_get(list->sheet, list->rows[i], XLS_NAME);
        if (!search_is_choice(name)) {
            found = found == NULL ? list->rows[i] : found;
        } else {
            xls_warning(
                x, (struct xls_where){list->sheet, list->rows[i], XLS_NAME},
                "write it into the file too",
                "the choice \"%s\" isn't shown: choices come from the file that is searched", name);
        }
    }
    return found;
}

bool xls_read_search(struct xls *x, const struct xls_item *item, struct xform_itemset *set)
{
    struct search_call call;
    struct xls_where where = {&x->survey, item->row, XLS_APPEARANCE};
    struct xls_list *list = xls_find_list(x, item->asked.list, false);
    if (item->asked.from_file || item->asked.external || list == NULL ||
        !search_call_find(xls_get(&x->survey, item->row, XLS_APPEARANCE), &call)) {
        return false;
    }
    const struct xls_row *row = naming_row(x, list);
    const char *nodes = path_of(x, item, where, &call);
    const char *label = row == NULL ? NULL : xls_get(list->sheet, row, XLS_LABEL);
    const char *first =
        label == NULL ? NULL : xls_copy(x, xls_trim(span_from(label, strcspn(label, ","))));
    const char *value = row == NULL ? NULL : xls_get(list->sheet, row, XLS_NAME);
    if (nodes == NULL || first == NULL || !xls_is_name(first) || !xls_is_name(value)) {
        xls_warning(
            x, where, "use select_one_from_file with a choice_filter, which replaced search()",
            "this search() can't be followed: the choices of \"%s\" are shown", item->asked.list);
        return false;
    }
    list->searched = true;
    set->nodes = nodes;
    set->value = value;
    set->label = first;
    const char *before = xls_copy(x, call.before), *after = xls_copy(x, call.after);
    item->control->appearance =
        xls_format(x, "%s%s%s", before, before[0] != '\0' && after[0] != '\0' ? " " : "", after);
    return true;
}
