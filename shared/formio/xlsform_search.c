/*
 * search('file', 'matches', 'column', value) in an appearance: choices from a CSV beside the form,
 * as forms asked for them before select_one_from_file. The sheet choices then says which columns of
 * the file are kept and shown. It becomes what replaced it, a filtered secondary instance.
 */
#include <string.h>

#include "xlsform_inner.h"

#define ARGUMENTS_MAX 6

struct search {
    struct xls *x;
    const struct xls_item *item;
    struct xls_where where;
    struct span arguments[ARGUMENTS_MAX];
    size_t count;
    const char *before, *after; /* what else the appearance says */
};

/* ---- the call */

/* The arguments between the brackets that open at `*at`; false when they never close. */
static bool split_arguments(struct search *search, const char **at)
{
    const char *start = *at + 1, *here = start;
    size_t depth = 1;
    char quote = 0;
    for (; depth > 0; here++) {
        if (*here == '\0') {
            return false;
        }
        bool opens = *here == '(' || *here == '[', closes = *here == ')' || *here == ']';
        if (quote != 0 || *here == '\'' || *here == '"') {
            quote = quote == 0 ? *here : *here == quote ? 0 : quote;
            continue;
        }
        depth += opens ? 1 : 0;
        depth -= closes ? 1 : 0;
        if (depth == 0 || (depth == 1 && *here == ',')) {
            if (search->count == ARGUMENTS_MAX) {
                return false;
            }
            search->arguments[search->count++] = xls_trim(span_from(start, (size_t)(here - start)));
            start = here + 1;
        }
    }
    *at = here;
    return true;
}

static bool find_call(struct search *search, const char *appearance)
{
    const char *call = appearance == NULL ? NULL : strstr(appearance, "search");
    const char *at = call == NULL ? NULL : call + strlen("search");
    at = at == NULL ? NULL : at + strspn(at, " ");
    if (at == NULL || *at != '(' || (call != appearance && call[-1] != ' ') ||
        !split_arguments(search, &at)) {
        return false;
    }
    search->before =
        xls_copy(search->x, xls_trim(span_from(appearance, (size_t)(call - appearance))));
    search->after = xls_copy(search->x, xls_trim(span_of(at)));
    return true;
}

/* 'matches': what is between the quotes; NULL for another expression. */
static const char *text_of(struct xls *x, struct span argument)
{
    bool quoted = argument.size >= 2 && strchr("'\"", argument.data[0]) != NULL &&
                  argument.data[argument.size - 1] == argument.data[0];
    return quoted ? xls_copy(x, xls_trim(span_cut(argument, 1, argument.size - 2))) : NULL;
}

/* ---- as a path */

static const char *condition(struct search *search, const char *how, struct span column,
                             struct span value)
{
    static const struct {
        const char *how, *before, *between, *after;
    } ways[] = {{"matches", "", " = ", ""},
                {"contains", "contains(", ", ", ")"},
                {"startswith", "starts-with(", ", ", ")"},
                {"endswith", "ends-with(", ", ", ")"}};
    struct xls *x = search->x;
    const char *name = text_of(x, column);
    for (size_t i = 0; name != NULL && xls_is_name(name) && i < sizeof(ways) / sizeof(ways[0]);
         i++) {
        if (how != NULL && xls_same(ways[i].how, how)) {
            const char *resolved =
                xls_resolve(x, search->where, xls_copy(x, value), search->item->node, XLS_CURRENT);
            return xls_format(x, "%s%s%s%s%s", ways[i].before, name, ways[i].between, resolved,
                              ways[i].after);
        }
    }
    return NULL;
}

static const char *path_of(struct search *search)
{
    struct xls *x = search->x;
    const struct span *arguments = search->arguments;
    const char *file = text_of(x, arguments[0]), *first = NULL, *second = NULL;
    bool four = search->count == 4 || search->count == 6;
    if (four) {
        first = condition(search, text_of(x, arguments[1]), arguments[2], arguments[3]);
    }
    if (search->count == 6) {
        second = condition(search, "matches", arguments[4], arguments[5]);
    }
    if (file == NULL || file[0] == '\0' || strchr(file, '\'') != NULL ||
        (!four && search->count != 1) || (four && first == NULL) ||
        (search->count == 6 && second == NULL)) {
        return NULL;
    }
    size_t size = strlen(file);
    size -= size > 4 && xls_same(file + size - 4, ".csv") ? 4 : 0;
    const char *id = xls_copy(x, span_from(file, size));
    (void)xls_add_instance(x, search->where, id, xls_format(x, "jr://file-csv/%s.csv", id));
    return xls_format(x, "instance('%s')/root/item%s%s%s%s%s", id, first == NULL ? "" : "[",
                      first == NULL ? "" : first, second == NULL ? "" : " and ",
                      second == NULL ? "" : second, first == NULL ? "" : "]");
}

/* ---- as choices */

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* The row that names columns of the file: those with numbers are choices of their own. */
static const struct xls_row *naming_row(struct search *search, const struct xls_list *list)
{
    const struct xls_row *found = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = xls_get(list->sheet, list->rows[i], XLS_NAME);
        if (!is_number(name)) {
            found = found == NULL ? list->rows[i] : found;
        } else {
            xls_warning(
                search->x, (struct xls_where){list->sheet, list->rows[i], XLS_NAME},
                "write it into the file too",
                "the choice \"%s\" isn't shown: choices come from the file that is searched", name);
        }
    }
    return found;
}

bool xls_read_search(struct xls *x, const struct xls_item *item, struct xform_itemset *set)
{
    struct search search = {.x = x, .item = item, .where = {&x->survey, item->row, XLS_APPEARANCE}};
    struct xls_list *list = xls_find_list(x, item->asked.list, false);
    if (item->asked.from_file || item->asked.external || list == NULL ||
        !find_call(&search, xls_get(&x->survey, item->row, XLS_APPEARANCE))) {
        return false;
    }
    const struct xls_row *row = naming_row(&search, list);
    const char *nodes = path_of(&search);
    const char *label = row == NULL ? NULL : xls_get(list->sheet, row, XLS_LABEL);
    const char *first =
        label == NULL ? NULL : xls_copy(x, xls_trim(span_from(label, strcspn(label, ","))));
    const char *value = row == NULL ? NULL : xls_get(list->sheet, row, XLS_NAME);
    if (nodes == NULL || first == NULL || !xls_is_name(first) || !xls_is_name(value)) {
        xls_warning(x, search.where,
                    "use select_one_from_file with a choice_filter, which replaced search()",
                    "this search() can't be followed: the choices of \"%s\" are shown",
                    item->asked.list);
        return false;
    }
    list->searched = true;
    set->nodes = nodes;
    set->value = value;
    set->label = first;
    item->control->appearance =
        xls_format(x, "%s%s%s", search.before,
                   search.before[0] != '\0' && search.after[0] != '\0' ? " " : "", search.after);
    return true;
}
