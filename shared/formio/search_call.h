/*
 * search_call.h - search('file', 'matches', 'column', value) in an appearance: choices from a CSV
 * beside the form, as forms asked for them before select_one_from_file. Inside of formio, for
 * workbooks and XForms.
 */
#ifndef SEARCH_CALL_H
#define SEARCH_CALL_H

#include "buf.h"

#define SEARCH_ARGUMENTS_MAX 6
#define SEARCH_VALUES        2 /* that columns are compared with: arguments 3 and 5 */

/* Spans of the appearance. */
struct search_call {
    struct span arguments[SEARCH_ARGUMENTS_MAX];
    size_t count;
    struct span before, after; /* what else the appearance says */
};

/* False: there is no call, or it never ends. */
bool search_call_find(const char *appearance, struct search_call *ret);

/* The file without ".csv", which is what its instance is called; empty: it isn't named by a text.
 */
struct span search_call_file(const struct search_call *call);
/* The expression that a column is compared with; empty when there is none. */
struct span search_call_value(const struct search_call *call, size_t number);
/* Adds instance('id')/root/item[...], with `values` in place of the call's own. False: the call has
 * no such meaning. */
bool search_call_path(const struct search_call *call, struct span id, const char *const *values,
                      struct buf *ret);

/* A choice of such a question whose name is a number stands for itself; the others name columns. */
bool search_is_choice(const char *name);

#endif
