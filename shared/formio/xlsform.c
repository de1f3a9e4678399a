#include "xlsform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xlsform_inner.h"

#define MESSAGE_MAX 1000

/* ---- memory */

void *xls_alloc(struct xls *x, size_t size)
{
    void *made = arena_alloc(x->arena, size);
    if (made == NULL) {
        x->failed = ERR_NOMEM;
    }
    return made;
}

const char *xls_copy(struct xls *x, struct span text)
{
    const char *copy = arena_span_text(x->arena, text);
    if (copy == NULL) {
        x->failed = ERR_NOMEM;
        return "";
    }
    return copy;
}

const char *xls_format(struct xls *x, const char *format, ...)
{
    char start[256];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(start, sizeof(start), format, args);
    va_end(args);
    if (size >= 0 && (size_t)size < sizeof(start)) {
        return xls_copy(x, span_from(start, (size_t)size));
    }
    char *made = size < 0 ? NULL : xls_alloc(x, (size_t)size + 1);
    if (made == NULL) {
        return "";
    }
    va_start(args, format);
    (void)vsnprintf(made, (size_t)size + 1, format, args);
    va_end(args);
    return made;
}

/* ---- words */

static const struct xls_column *column_of(const struct xls_where *where, size_t *ret_index)
{
    for (size_t i = 0; i < where->sheet->column_count; i++) {
        if (where->key != XLS_UNKNOWN && where->sheet->columns[i].key == where->key) {
            *ret_index = i;
            return &where->sheet->columns[i];
        }
    }
    return NULL;
}

static const char *column_text(struct xls *x, const struct xls_where *where)
{
    size_t index;
    char letters[8];
    const struct xls_column *column = column_of(where, &index);
    if (column == NULL) {
        return "";
    }
    workbook_column_name(index, letters);
    return xls_format(x, "%s (%s)", letters, column->header);
}

static void add_fault(struct xls *x, const struct xls_where *where, bool is_error, const char *what,
                      const char *mend)
{
    struct xlsform_faults *faults = x->faults;
    faults->error_count += is_error ? 1 : 0;
    faults->warning_count += is_error ? 0 : 1;
    /* The first error is always kept, however many warnings came before. */
    bool full = faults->error_count + faults->warning_count > XLSFORM_FAULTS_MAX;
    struct xlsform_fault *made =
        full && !(is_error && faults->error_count == 1) ? NULL : xls_alloc(x, sizeof(*made));
    if (made == NULL) {
        return;
    }
    *made = (struct xlsform_fault){.is_error = is_error,
                                   .sheet = where->sheet->name,
                                   .row = where->row == NULL ? 0 : where->row->number,
                                   .column = column_text(x, where),
                                   .what = what,
                                   .mend = mend};
    if (faults->last != NULL) {
        faults->last->next = made;
    } else {
        faults->first = made;
    }
    faults->last = made;
}

void xls_error(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
{
    char what[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    add_fault(x, &where, true, xls_copy(x, span_of(what)), mend);
}

void xls_warning(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
{
    char what[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    add_fault(x, &where, false, xls_copy(x, span_of(what)), mend);
}

void xlsform_fault_place(const struct xlsform_fault *fault, char *ret, size_t size)
{
    int used = snprintf(ret, size, "%s", fault->sheet);
    if (fault->row != 0 && used >= 0 && (size_t)used < size) {
        used += snprintf(ret + used, size - (size_t)used, ", row %zu", fault->row);
    }
    if (fault->column[0] != '\0' && used >= 0 && (size_t)used < size) {
        (void)snprintf(ret + used, size - (size_t)used, ", column %s", fault->column);
    }
}

/* ---- the workbook as a whole */

#define SHEET_NAME_MAX 31 /* Excel's own bound */

/* How many letters must be changed, added or left out to make one of the other (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[SHEET_NAME_MAX + 1], size = strlen(b);
    if (size > SHEET_NAME_MAX) {
        return size;
    }
    for (size_t j = 0; j <= size; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t before = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < size; j++) {
            size_t changed = before + (xls_lower(a[i]) == xls_lower(b[j]) ? 0 : 1);
            size_t least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            before = row[j + 1];
            row[j + 1] = changed < least ? changed : least;
        }
    }
    return row[size];
}

/* A sheet that is called nearly so, and by no other name that has a meaning; NULL. */
static const char *nearly(const struct xls *x, const char *name)
{
    for (size_t i = 0; i < workbook_sheet_count(x->workbook); i++) {
        const char *other = workbook_sheet_name(x->workbook, i);
        if (other[0] != '_' && distance(name, other) <= 2) {
            return other;
        }
    }
    return NULL;
}

static void warn_of_spelling(struct xls *x)
{
    struct xls_sheet *const sheets[] = {&x->settings, &x->choices, &x->external, &x->entities};
    for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++) {
        const char *other = sheets[i]->present ? NULL : nearly(x, sheets[i]->name);
        if (other != NULL) {
            xls_warning(
                x, (struct xls_where){.sheet = sheets[i]},
                xls_format(x, "rename it, or call it \"_%s\" if it is something else", other),
                "there is no such sheet, but one called \"%s\"", other);
        }
    }
}

static enum err tell_no_survey(struct xls *x, struct diag *diag)
{
    const char *other = nearly(x, "survey");
    const char *what =
        other == NULL
            ? "it has no sheet named survey: an XLSForm keeps its questions there"
            : xls_format(x, "it has no sheet named survey, but one called \"%s\": rename it",
                         other);
    return diag_set(diag, ERR_BAD_FORM, "workbook", what, NULL);
}

static enum err load_sheets(struct xls *x, struct diag *diag)
{
    enum err e = xls_load_sheet(x, "settings", XLS_SETTINGS, &x->settings, diag);
    e = e != OK ? e : xls_load_sheet(x, "survey", XLS_SURVEY, &x->survey, diag);
    e = e != OK ? e : xls_load_sheet(x, "choices", XLS_CHOICES, &x->choices, diag);
    e = e != OK ? e : xls_load_sheet(x, "external_choices", XLS_EXTERNAL, &x->external, diag);
    e = e != OK ? e : xls_load_sheet(x, "entities", XLS_ENTITIES, &x->entities, diag);
    return e != OK ? e : xls_load_sheet(x, "types", XLS_TYPES, &x->types, diag);
}

static void number_nodes(struct xform *form, struct xform_node *node)
{
    node->index = form->node_count++;
    for (struct xform_node *at = node->first; at != NULL; at = at->next) {
        number_nodes(form, at);
    }
}

static void build(struct xls *x)
{
    warn_of_spelling(x);
    xls_settle_languages(x);
    xls_read_settings(x);
    xls_read_lists(x, &x->choices);
    xls_read_lists(x, &x->external);
    xls_unfold(x);
    xls_read_survey(x);
    xls_add_meta(x);
    xls_read_rules(x);
    xls_read_entities(x);
    xls_finish_lists(x);
    xls_finish_texts(x);
    xls_keep_types(x);
    if (x->form->root != NULL) {
        number_nodes(x->form, x->form->root);
    }
    if (x->form->node_count > XFORM_NODES_MAX) {
        xls_error(x, (struct xls_where){.sheet = &x->survey}, "split the form",
                  "it has more than 20,000 questions and groups");
    }
}

static enum err first_error(const struct xls *x, struct diag *diag)
{
    const struct xlsform_fault *at = x->faults->first;
    while (at != NULL && !at->is_error) {
        at = at->next;
    }
    char place[DIAG_ARG_SIZE], what[MESSAGE_MAX * 2];
    if (at == NULL) {
        return ERR_NOMEM;
    }
    xlsform_fault_place(at, place, sizeof(place));
    (void)snprintf(what, sizeof(what), "%s: %s", at->what, at->mend);
    return diag_set(diag, ERR_BAD_FORM, place, what, NULL);
}

static enum err read_workbook(struct xls *x, struct diag *diag)
{
    enum err e = load_sheets(x, diag);
    if (e != OK) {
        return e;
    }
    if (!x->survey.present) {
        return tell_no_survey(x, diag);
    }
    build(x);
    if (x->failed != OK) {
        return x->failed;
    }
    return x->faults->error_count != 0 ? first_error(x, diag) : OK;
}

enum err xlsform_read(const struct mem *mem, struct span bytes, const char *file,
                      struct arena *arena, struct xform *ret, struct xlsform_faults *ret_faults,
                      struct diag *diag)
{
    struct xform form = {.arena = arena, .names = tree_names_new(arena)};
    struct xls *x = arena_alloc(arena, sizeof(*x));
    *ret_faults = (struct xlsform_faults){0};
    if (x == NULL || form.names == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *x = (struct xls){.form = &form,
                      .arena = arena,
                      .mem = mem,
                      .file = file,
                      .faults = ret_faults,
                      .last_action = &form.actions,
                      .last_instance = &form.instances};
    enum err e = workbook_open(mem, bytes, file, &x->workbook, diag);
    e = e != OK ? e : read_workbook(x, diag);
    workbook_close(x->workbook);
    if (e == OK) {
        *ret = form;
    }
    return e == OK ? OK : diag_keep(diag, e);
}
