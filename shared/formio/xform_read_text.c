#include <stdlib.h>
#include <string.h>

#include "xform_read.h"

static struct xform_text *new_text(struct reader *reader)
{
    struct xform_text *text = arena_alloc(reader->arena, sizeof(*text));
    if (text != NULL) {
        text->language_count = reader->form->language_count;
        text->wordings = arena_array(reader->arena, text->language_count * XFORM_TEXT_FORM_COUNT,
                                     sizeof(*text->wordings));
    }
    return text == NULL || text->wordings == NULL ? NULL : text;
}

static const struct xform_piece **wording(struct xform_text *text, size_t language,
                                          enum xform_text_form form)
{
    return &text->wordings[language * XFORM_TEXT_FORM_COUNT + form];
}

/* ---- mixed content: text and <output value="..."/> */

static enum err add_piece(struct reader *reader, struct xform_piece ***last, const char *text,
                          const char *output)
{
    struct xform_piece *piece = arena_alloc(reader->arena, sizeof(*piece));
    if (piece == NULL || (text == NULL && output == NULL)) {
        return ERR_NOMEM;
    }
    *piece = (struct xform_piece){.text = text, .output = output};
    **last = piece;
    *last = &piece->next;
    return OK;
}

static enum err read_pieces(struct reader *reader, const xmlNode *element,
                            const struct xform_piece **ret)
{
    struct xform_piece *first = NULL, **last = &first;
    enum err e = OK;
    for (const xmlNode *at = element->children; e == OK && at != NULL; at = at->next) {
        if (at->type == XML_TEXT_NODE) {
            e = add_piece(reader, &last, xml_text(at, reader->arena), NULL);
        } else if (at->type == XML_ELEMENT_NODE && xml_is(at, "output")) {
            const char *value = READ_TEXT(reader, at, "value");
            value = value != NULL ? value : READ_TEXT(reader, at, "ref");
            e = value == NULL ? read_fault(reader, at, "output", "it has no value")
                              : add_piece(reader, &last, NULL, value);
        } else if (at->type == XML_ELEMENT_NODE) { /* markup some clients show: its text counts */
            e = add_piece(reader, &last, xml_text(at, reader->arena), NULL);
        }
    }
    *ret = first;
    return e;
}

static enum xform_text_form form_named(const char *name)
{
    static const char *const names[XFORM_TEXT_FORM_COUNT] = {
        "long", "short", "guidance", "image", "big-image", "audio", "video"};
    for (size_t i = 0; name != NULL && i < XFORM_TEXT_FORM_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum xform_text_form)i;
        }
    }
    return XFORM_LONG;
}

/* ---- itext */

static enum err read_languages(struct reader *reader, const xmlNode *itext)
{
    struct xform *form = reader->form;
    size_t count = 0;
    for (const xmlNode *at = itext == NULL ? NULL : xml_first(itext); at != NULL;
         at = xml_next(at)) {
        count += xml_is(at, "translation") ? 1 : 0;
    }
    if (count > XFORM_LANGUAGES_MAX) {
        return read_fault(reader, itext, "itext", "it has more than 32 languages");
    }
    form->languages = arena_array(reader->arena, count + 1, sizeof(*form->languages));
    if (form->languages == NULL) {
        return ERR_NOMEM;
    }
    for (const xmlNode *at = count == 0 ? NULL : xml_first(itext); at != NULL; at = xml_next(at)) {
        if (xml_is(at, "translation")) {
            const char *name = READ_TEXT(reader, at, "lang");
            if (name == NULL) {
                return read_fault(reader, at, "translation", "it has no lang");
            }
            form->default_language =
                xml_has(at, "default") ? form->language_count : form->default_language;
            form->languages[form->language_count++] = name;
        }
    }
    if (form->language_count == 0) {
        form->languages[form->language_count++] = "default";
    }
    return OK;
}

static size_t count_texts(const xmlNode *itext)
{
    size_t count = 0;
    for (const xmlNode *at = xml_first(itext); at != NULL; at = xml_next(at)) {
        for (const xmlNode *text = xml_first(at); text != NULL; text = xml_next(text)) {
            count += xml_is(text, "text") ? 1 : 0;
        }
    }
    return count;
}

static int compare_wordings(const void *a, const void *b)
{
    return strcmp(((const struct xform_wording_id *)a)->id,
                  ((const struct xform_wording_id *)b)->id);
}

/* The ids of all languages, each once, sorted. */
static enum err collect_ids(struct reader *reader, const xmlNode *itext)
{
    struct xform *form = reader->form;
    form->itext = arena_array(reader->arena, count_texts(itext) + 1, sizeof(*form->itext));
    if (form->itext == NULL) {
        return ERR_NOMEM;
    }
    size_t count = 0;
    for (const xmlNode *at = xml_first(itext); at != NULL; at = xml_next(at)) {
        for (const xmlNode *text = xml_first(at); text != NULL; text = xml_next(text)) {
            const char *id = xml_is(text, "text") ? READ_TEXT(reader, text, "id") : NULL;
            if (id == NULL) {
                return read_fault(reader, text, "itext", "a text has no id");
            }
            form->itext[count++].id = id;
        }
    }
    qsort(form->itext, count, sizeof(*form->itext), compare_wordings);
    for (size_t i = 0; i < count; i++) {
        if (form->itext_count == 0 ||
            strcmp(form->itext[form->itext_count - 1].id, form->itext[i].id) != 0) {
            form->itext[form->itext_count].id = form->itext[i].id;
            form->itext[form->itext_count].text = new_text(reader);
            if (form->itext[form->itext_count++].text == NULL) {
                return ERR_NOMEM;
            }
        }
    }
    return OK;
}

static struct xform_wording_id *find_id(const struct reader *reader, struct span id)
{
    size_t low = 0, high = reader->form->itext_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(id, span_of(reader->form->itext[middle].id));
        if (order == 0) {
            return &reader->form->itext[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return NULL;
}

const struct xform_text *itext_named(const struct reader *reader, struct span id)
{
    const struct xform_wording_id *found = find_id(reader, id);
    return found == NULL ? NULL : found->text;
}

static enum err read_translation(struct reader *reader, const xmlNode *translation, size_t language)
{
    for (const xmlNode *text = xml_first(translation); text != NULL; text = xml_next(text)) {
        const char *id = READ_TEXT(reader, text, "id");
        struct xform_wording_id *found = id == NULL ? NULL : find_id(reader, span_of(id));
        if (found == NULL) {
            return ERR_NOMEM; /* collected just now */
        }
        for (const xmlNode *value = xml_first(text); value != NULL; value = xml_next(value)) {
            /* the text was made here and is only const for who reads the form */
            struct xform_text *to = (struct xform_text *)(uintptr_t)found->text;
            const struct xform_piece *pieces;
            enum err e = read_pieces(reader, value, &pieces);
            if (e != OK) {
                return e;
            }
            *wording(to, language, form_named(READ_TEXT(reader, value, "form"))) = pieces;
        }
    }
    return OK;
}

enum err read_itext(struct reader *reader)
{
    const xmlNode *itext = xml_child(reader->model, "itext");
    enum err e = read_languages(reader, itext);
    if (e != OK || itext == NULL) {
        return e;
    }
    e = collect_ids(reader, itext);
    size_t language = 0;
    for (const xmlNode *at = xml_first(itext); e == OK && at != NULL; at = xml_next(at)) {
        if (xml_is(at, "translation")) {
            e = read_translation(reader, at, language++);
        }
    }
    return e;
}

/* ---- labels */

static struct span quoted(struct span text)
{
    size_t start = 0;
    while (start < text.size && text.data[start] != '\'' && text.data[start] != '"') {
        start++;
    }
    size_t end = text.size;
    while (end > start + 1 && text.data[end - 1] != '\'' && text.data[end - 1] != '"') {
        end--;
    }
    return start + 1 < end ? span_cut(text, start + 1, end - start - 2) : span_of("");
}

static bool is_itext_call(const char *text)
{
    struct span span = span_of(text);
    while (span.size != 0 && span.data[0] == ' ') {
        span = span_cut(span, 1, span.size);
    }
    return span_starts_with(span, "jr:itext(") || span_starts_with(span, "itext(");
}

static enum err own_text(struct reader *reader, const struct xform_piece *pieces,
                         const struct xform_text **ret)
{
    struct xform_text *text = pieces == NULL ? NULL : new_text(reader);
    *ret = text;
    if (pieces == NULL) {
        return OK;
    }
    if (text == NULL) {
        return ERR_NOMEM;
    }
    *wording(text, reader->form->default_language, XFORM_LONG) = pieces;
    return OK;
}

enum err read_label(struct reader *reader, const xmlNode *node, const struct xform_text **ret)
{
    *ret = NULL;
    if (node == NULL) {
        return OK;
    }
    const char *ref = READ_TEXT(reader, node, "ref");
    if (ref != NULL && is_itext_call(ref)) {
        struct span id = quoted(span_of(ref));
        *ret = itext_named(reader, id);
        if (*ret == NULL) {
            read_warning(reader, node, "no text has this id", ref);
        }
        return OK;
    }
    if (ref != NULL) { /* the value of a node is its own label */
        struct xform_piece *first = NULL, **last = &first;
        enum err e = add_piece(reader, &last, NULL, ref);
        return e != OK ? e : own_text(reader, first, ret);
    }
    const struct xform_piece *pieces;
    enum err e = read_pieces(reader, node, &pieces);
    return e != OK ? e : own_text(reader, pieces, ret);
}

enum err read_message(struct reader *reader, const char *text, const struct xform_text **ret)
{
    *ret = NULL;
    if (text == NULL) {
        return OK;
    }
    if (is_itext_call(text)) {
        *ret = itext_named(reader, quoted(span_of(text)));
        return OK;
    }
    struct xform_piece *first = NULL, **last = &first;
    enum err e = add_piece(reader, &last, text, NULL);
    return e != OK ? e : own_text(reader, first, ret);
}
