/*
 * What cells say to people: a text from the columns of a kind, one a language, with ${values}.
 */
#include <stdlib.h>
#include <string.h>

#include "xlsform_inner.h"

static struct xform_text *new_text(struct xls *x)
{
    struct xform_text *text = xls_alloc(x, sizeof(*text));
    size_t languages = x->form->language_count;
    if (text == NULL) {
        return NULL;
    }
    text->language_count = languages;
    text->wordings =
        arena_array(x->arena, languages * XFORM_TEXT_FORM_COUNT, sizeof(*text->wordings));
    if (text->wordings == NULL) {
        x->failed = ERR_NOMEM;
    }
    return text->wordings == NULL ? NULL : text;
}

static void add_piece(struct xls *x, struct xform_piece ***last, const char *text,
                      const char *output)
{
    struct xform_piece *piece = xls_alloc(x, sizeof(*piece));
    if (piece != NULL) {
        *piece = (struct xform_piece){.text = text, .output = output};
        **last = piece;
        *last = &piece->next;
    }
}

/* Words with ${name} between them. */
static void read_words(struct xls *x, struct xls_where where, const struct xform_node *context,
                       struct span words, struct xform_piece ***last)
{
    struct span before, name;
    for (bool more = true; more;) {
        more = xls_next_reference(&words, &before, &name);
        if (before.size != 0) {
            add_piece(x, last, xls_copy(x, before), NULL);
        }
        if (more) {
            const char *reference = xls_format(x, "${%s}", xls_copy(x, name));
            add_piece(x, last, NULL, xls_resolve(x, where, reference, context, 0));
        } else {
            xls_tell_open(x, where, before);
        }
    }
}

static const struct xform_piece *read_pieces(struct xls *x, struct xls_where where,
                                             const struct xform_node *context, const char *cell)
{
    struct span rest = span_of(cell), before, expression;
    struct xform_piece *first = NULL, **last = &first;
    for (bool more = true; more;) {
        more = xls_next_instance(&rest, &before, &expression);
        read_words(x, where, context, before, &last);
        if (more) {
            add_piece(x, &last, NULL,
                      xls_expression(x, where, xls_copy(x, expression), context, 0));
        }
    }
    return first;
}

/* A bare file name is one of the form's own media. */
static const char *media_address(struct xls *x, enum xls_key key, const char *cell)
{
    const char *folder = key == XLS_AUDIO ? "audio" : key == XLS_VIDEO ? "video" : "images";
    return strstr(cell, "://") != NULL ? cell : xls_format(x, "jr://%s/%s", folder, cell);
}

static enum xform_text_form form_of(enum xls_key key)
{
    return key == XLS_GUIDANCE    ? XFORM_GUIDANCE
           : key == XLS_IMAGE     ? XFORM_IMAGE
           : key == XLS_BIG_IMAGE ? XFORM_BIG_IMAGE
           : key == XLS_AUDIO     ? XFORM_AUDIO
           : key == XLS_VIDEO     ? XFORM_VIDEO
                                  : XFORM_LONG;
}

/* The columns that make one text: media belong to the label, guidance to the hint. */
static bool belongs(enum xls_key key, enum xls_key text)
{
    return key == text || (text == XLS_LABEL && key >= XLS_IMAGE && key <= XLS_VIDEO) ||
           (text == XLS_HINT && key == XLS_GUIDANCE);
}

bool xls_holds_value(const char *cell)
{
    struct span rest = span_of(cell), before, expression;
    return strstr(cell, "${") != NULL || xls_next_instance(&rest, &before, &expression);
}

bool xls_has_text(const struct xls *x, struct xls_where where, bool *ret_needs_id)
{
    bool has = false;
    (void)x;
    *ret_needs_id = false;
    for (size_t i = 0; i < where.sheet->column_count; i++) {
        const struct xls_column *column = &where.sheet->columns[i];
        const char *cell = where.row->cells[i];
        if (belongs(column->key, where.key) && cell != NULL) {
            has = true;
            bool message = where.key == XLS_CONSTRAINT_MESSAGE || where.key == XLS_REQUIRED_MESSAGE;
            *ret_needs_id = *ret_needs_id || column->language != NO_LANGUAGE ||
                            form_of(column->key) != XFORM_LONG ||
                            (message && xls_holds_value(cell));
        }
    }
    return has;
}

static void keep_text(struct xls *x, const char *id, const struct xform_text *text)
{
    struct xls_text_id *made = xls_alloc(x, sizeof(*made));
    if (made != NULL) {
        *made = (struct xls_text_id){id, text, x->texts};
        x->texts = made;
        x->text_count++;
    }
}

/* Columns with a language, then those without, which speak for the default one where it says
   nothing itself. */
static void add_wordings(struct xls *x, struct xls_where where, const struct xform_node *context,
                         struct xform_text *text, bool named)
{
    for (size_t i = 0; i < where.sheet->column_count; i++) {
        const struct xls_column *column = &where.sheet->columns[i];
        const char *cell = where.row->cells[i];
        if (!belongs(column->key, where.key) || cell == NULL ||
            named != (column->language != NO_LANGUAGE)) {
            continue;
        }
        size_t language = named ? column->language : x->form->default_language;
        enum xform_text_form form = form_of(column->key);
        bool media = form >= XFORM_IMAGE;
        const struct xform_piece **to =
            &text->wordings[language * XFORM_TEXT_FORM_COUNT + (size_t)form];
        *to = *to != NULL ? *to
                          : read_pieces(x, where, context,
                                        media ? media_address(x, column->key, cell) : cell);
    }
}

/* ODK's own reader refuses a text that the default language lacks: there it says what is shown in
   that case, the first language's words. */
static void speak_default(const struct xform *form, struct xform_text *text)
{
    size_t own = form->default_language * XFORM_TEXT_FORM_COUNT;
    for (size_t i = 0; i < XFORM_TEXT_FORM_COUNT; i++) {
        if (text->wordings[own + i] != NULL) {
            return;
        }
    }
    for (size_t i = 0; i < text->language_count * XFORM_TEXT_FORM_COUNT; i++) {
        const struct xform_piece **to = &text->wordings[own + i % XFORM_TEXT_FORM_COUNT];
        *to = *to != NULL ? *to : text->wordings[i];
    }
}

const struct xform_text *xls_read_text(struct xls *x, struct xls_where where,
                                       const struct xform_node *context, const char *id)
{
    bool needs_id;
    if (!xls_has_text(x, where, &needs_id)) {
        return NULL;
    }
    struct xform_text *text = new_text(x);
    if (text == NULL) {
        return NULL;
    }
    add_wordings(x, where, context, text, true);
    add_wordings(x, where, context, text, false);
    if (needs_id) {
        speak_default(x->form, text);
    }
    if (needs_id && id != NULL) {
        keep_text(x, id, text);
    }
    return text;
}

const struct xform_text *xls_plain_text(struct xls *x, const char *cell)
{
    struct xform_text *text = new_text(x);
    struct xform_piece *first = NULL, **last = &first;
    if (text != NULL) {
        add_piece(x, &last, cell, NULL);
        text->wordings[x->form->default_language * XFORM_TEXT_FORM_COUNT + XFORM_LONG] = first;
    }
    return text;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct xform_wording_id *)a)->id,
                  ((const struct xform_wording_id *)b)->id);
}

void xls_finish_texts(struct xls *x)
{
    struct xform *form = x->form;
    form->itext = arena_array(x->arena, x->text_count + 1, sizeof(*form->itext));
    if (form->itext == NULL) {
        x->failed = ERR_NOMEM;
        return;
    }
    for (const struct xls_text_id *at = x->texts; at != NULL; at = at->next) {
        form->itext[form->itext_count++] = (struct xform_wording_id){at->id, at->text};
    }
    qsort(form->itext, form->itext_count, sizeof(*form->itext), compare_ids);
}
