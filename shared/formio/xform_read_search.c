/* xform_read_search.c - search() in the appearance of a select, as pyxform leaves it there. */
#include <string.h>

#include "search_call.h"
#include "xform_read.h"
#include "xlsform_inner.h"

/* A value that means in the file's rows what it means beside the question; NULL: it may not. */
static const char *value_among_rows(struct reader *reader, struct span value)
{
    const char *text = arena_span_text(reader->arena, value);
    if (text == NULL || text[0] != '.') {
        return text == NULL || strstr(text, "..") != NULL ? NULL : text;
    }
    struct buf among;
    buf_init(&among, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_format(&among, "current()/%s", text);
    bool is_path = strcspn(text, " (),[]=<>+*|'\"") == strlen(text);
    text = is_path && buf_error(&among) == OK ? arena_span_text(reader->arena, buf_span(&among))
                                              : NULL;
    buf_release(&among);
    return text;
}

static const char *path_of(struct reader *reader, const struct search_call *call, const char *id)
{
    const char *values[SEARCH_VALUES] = {"", ""};
    for (size_t i = 0; i < SEARCH_VALUES; i++) {
        struct span value = search_call_value(call, i);
        values[i] = value.size == 0 ? "" : value_among_rows(reader, value);
        if (values[i] == NULL) {
            return NULL;
        }
    }
    struct buf path;
    buf_init(&path, reader->arena->mem, XFORM_EXPRESSION_MAX);
    bool known = search_call_path(call, span_of(id), values, &path) && buf_error(&path) == OK;
    const char *text = known ? arena_span_text(reader->arena, buf_span(&path)) : NULL;
    buf_release(&path);
    return text;
}

/* The instance of that file: the form's own, or a new one. */
static enum err add_file(struct reader *reader, struct span file, const char **ret_id)
{
    struct buf text;
    struct xform_instance **at = &reader->form->instances;
    buf_init(&text, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_text(&text, "jr://file-csv/");
    buf_add_span(&text, file);
    buf_add_text(&text, ".csv");
    const char *source = arena_span_text(reader->arena, buf_span(&text));
    buf_truncate(&text, 0);
    buf_add_span(&text, file);
    for (; *at != NULL && source != NULL; at = &(*at)->next) {
        if ((*at)->source != NULL && strcmp((*at)->source, source) == 0) {
            break;
        }
        if (span_equal(span_of((*at)->id), buf_span(&text))) { /* a list of another origin has it */
            buf_add_text(&text, "-csv");
            at = &reader->form->instances;
        }
    }
    enum err e = source == NULL ? ERR_NOMEM : buf_error(&text);
    if (e == OK && *at == NULL) {
        *at = arena_alloc(reader->arena, sizeof(**at));
        const char *id = arena_span_text(reader->arena, buf_span(&text));
        if (*at != NULL) {
            **at = (struct xform_instance){.id = id, .source = source};
        }
        e = *at == NULL || id == NULL ? ERR_NOMEM : OK;
    }
    *ret_id = e != OK ? NULL : (*at)->id;
    buf_release(&text);
    return e;
}

/* The words of a choice, as far as they are plain: columns of the file, the first is shown. */
static const char *first_column(struct reader *reader, const struct xform_text *label)
{
    size_t language = reader->form->default_language;
    const struct xform_piece *words =
        label == NULL ? NULL : xform_text_pick(label, language, language, XFORM_LONG);
    if (words == NULL || words->text == NULL) {
        return NULL;
    }
    struct span column = span_from(words->text, strcspn(words->text, ","));
    return arena_span_text(reader->arena, read_trimmed(column));
}

enum err read_search(struct reader *reader, const xmlNode *element, struct xform_control *control)
{
    struct search_call call;
    const struct xform_item *naming = control->items;
    bool asks = control->kind == XFORM_SELECT_ONE || control->kind == XFORM_SELECT_MULTIPLE;
    if (!asks || !search_call_find(control->appearance, &call)) {
        return OK;
    }
    while (naming != NULL && search_is_choice(naming->value)) {
        naming = naming->next;
    }
    const char *label = naming == NULL ? NULL : first_column(reader, naming->label);
    struct span file = search_call_file(&call);
    const char *id = NULL;
    if (label == NULL || !xls_is_name(label) || !xls_is_name(naming->value) || file.size == 0 ||
        path_of(reader, &call, "x") == NULL) {
        read_warning(reader, element, "this search() can't be followed: its choices are shown",
                     control->appearance);
        return OK;
    }
    struct xform_itemset *set = arena_alloc(reader->arena, sizeof(*set));
    enum err e = set == NULL ? ERR_NOMEM : add_file(reader, file, &id);
    if (e != OK) {
        return e;
    }
    *set = (struct xform_itemset){
        .nodes = path_of(reader, &call, id), .value = naming->value, .label = label};
    if (naming != control->items || naming->next != NULL) {
        read_warning(reader, element, "only what is in the file that is searched is offered",
                     control->appearance);
    }
    struct buf rest;
    buf_init(&rest, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_span(&rest, call.before);
    buf_add_text(&rest, call.before.size != 0 && call.after.size != 0 ? " " : "");
    buf_add_span(&rest, call.after);
    e = buf_error(&rest);
    control->appearance = e != OK ? "" : arena_span_text(reader->arena, buf_span(&rest));
    buf_release(&rest);
    control->items = NULL;
    control->itemset = set;
    return e != OK ? e : set->nodes == NULL || control->appearance == NULL ? ERR_NOMEM : OK;
}
