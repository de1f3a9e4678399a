/*
 * Texts: what one language says plainly stands where it is shown; the rest stands in itext under
 * an id. Ids of the form are kept; a text without one that needs one gets the path of its node.
 */
#include <stdlib.h>
#include <string.h>

#include "xform_write.h"

/* ---- which texts need an id */

static size_t at_default(const struct writer *writer)
{
    return writer->form->default_language * XFORM_TEXT_FORM_COUNT + XFORM_LONG;
}

static bool has_output(const struct xform_piece *piece)
{
    while (piece != NULL && piece->output == NULL) {
        piece = piece->next;
    }
    return piece != NULL;
}

static bool is_plain(const struct writer *writer, const struct xform_text *text, bool message)
{
    for (size_t i = 0; i < text->language_count * XFORM_TEXT_FORM_COUNT; i++) {
        if (text->wordings[i] != NULL && i != at_default(writer)) {
            return false;
        }
    }
    size_t plain = at_default(writer);
    return plain >= text->language_count * XFORM_TEXT_FORM_COUNT || !message ||
           !has_output(text->wordings[plain]);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct xform_wording_id *)a)->id,
                  ((const struct xform_wording_id *)b)->id);
}

/* One text may have several ids: the least of them comes first. */
static int compare_pointers(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct xform_wording_id *)a)->text;
    uintptr_t right = (uintptr_t)((const struct xform_wording_id *)b)->text;
    return left < right ? -1 : left > right ? 1 : compare_ids(a, b);
}

const char *text_id(const struct writer *writer, const struct xform_text *text)
{
    size_t low = 0, high = writer->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uintptr_t here = (uintptr_t)writer->texts[middle].text;
        low = here < (uintptr_t)text ? middle + 1 : low;
        high = here < (uintptr_t)text ? high : middle;
    }
    bool found = low < writer->sorted_count && writer->texts[low].text == text;
    return found ? writer->texts[low].id : NULL;
}

static void keep(struct writer *writer, const char *id, const struct xform_text *text)
{
    const struct mem *mem = writer->out->mem;
    if (writer->text_count == writer->text_capacity) {
        size_t capacity = writer->text_capacity == 0 ? 64 : writer->text_capacity * 2;
        void *grown = mem->resize(mem->ctx, writer->texts, capacity * sizeof(*writer->texts));
        if (grown == NULL) {
            writer->failed = ERR_NOMEM;
            return;
        }
        writer->texts = grown;
        writer->text_capacity = capacity;
    }
    writer->texts[writer->text_count++] = (struct xform_wording_id){id, text};
}

static bool is_id_taken(const struct writer *writer, const char *id)
{
    for (size_t i = 0; i < writer->text_count; i++) {
        if (strcmp(writer->texts[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* Only texts of forms that came from elsewhere than XML or a workbook come to be named here. */
static void give_id(struct writer *writer, const struct xform_node *node, const char *kind,
                    const struct xform_text *text)
{
    struct buf *place = &writer->place;
    buf_clear(place);
    xform_path(node, place);
    buf_add_format(place, ":%s", kind);
    size_t size = place->size;
    for (size_t again = 2; is_id_taken(writer, buf_text(place)); again++) {
        buf_truncate(place, size);
        buf_add_format(place, "-%zu", again);
    }
    const char *id = arena_span_text(writer->form->arena, buf_span(place));
    if (id == NULL) {
        writer->failed = ERR_NOMEM;
    } else {
        keep(writer, id, text);
    }
    buf_clear(place);
}

static bool is_kept(const struct writer *writer, const struct xform_text *text)
{
    for (size_t i = writer->sorted_count; i < writer->text_count; i++) {
        if (writer->texts[i].text == text) {
            return true;
        }
    }
    return false;
}

static void consider(struct writer *writer, const struct xform_node *node, const char *kind,
                     const struct xform_text *text, bool message)
{
    if (text != NULL && !is_plain(writer, text, message) && writer->failed == OK) {
        if (text_id(writer, text) == NULL && !is_kept(writer, text)) {
            give_id(writer, node, kind, text);
        }
    }
}

static void consider_node(struct writer *writer, const struct xform_node *node)
{
    consider(writer, node, "jr:constraintMsg", node->constraint_message, true);
    consider(writer, node, "jr:requiredMsg", node->required_message, true);
    for (const struct xform_node *at = node->first; at != NULL; at = at->next) {
        consider_node(writer, at);
    }
}

static void consider_control(struct writer *writer, const struct xform_control *control)
{
    const struct xform_node *node = control->node != NULL ? control->node : writer->form->root;
    consider(writer, node, "label", control->label, false);
    consider(writer, node, "hint", control->hint, false);
    for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
        consider(writer, node, "option", at->label, false);
    }
    for (const struct xform_control *at = control->first; at != NULL; at = at->next) {
        consider_control(writer, at);
    }
}

static void sort_by_pointer(struct writer *writer)
{
    if (writer->text_count != 0) {
        qsort(writer->texts, writer->text_count, sizeof(*writer->texts), compare_pointers);
    }
    writer->sorted_count = writer->text_count;
}

void collect_texts(struct writer *writer)
{
    const struct xform *form = writer->form;
    for (size_t i = 0; i < form->itext_count && writer->failed == OK; i++) {
        keep(writer, form->itext[i].id, form->itext[i].text);
    }
    sort_by_pointer(writer);
    consider_node(writer, form->root);
    if (form->body != NULL) {
        consider_control(writer, form->body);
    }
    sort_by_pointer(writer);
}

/* ---- itext */

static void write_pieces(struct writer *writer, const struct xform_piece *piece)
{
    for (; piece != NULL; piece = piece->next) {
        if (piece->output != NULL) {
            buf_add_text(writer->out, "<output");
            write_attribute(writer->out, "value", piece->output);
            buf_add_text(writer->out, "/>");
        } else {
            write_escaped(writer->out, piece->text, false);
        }
    }
}

static void write_wordings(struct writer *writer, const struct xform_wording_id *one,
                           size_t language)
{
    static const char *const forms[XFORM_TEXT_FORM_COUNT] = {
        NULL, "short", "guidance", "image", "big-image", "audio", "video"};
    const struct xform_text *text = one->text;
    bool here = false, anywhere = false;
    for (size_t i = 0; i < text->language_count * XFORM_TEXT_FORM_COUNT; i++) {
        bool has = text->wordings[i] != NULL;
        anywhere = anywhere || has;
        here = here || (has && i / XFORM_TEXT_FORM_COUNT == language);
    }
    /* A text that says nothing keeps its id, which something may ask for. */
    if (!here && (anywhere || language != writer->form->default_language)) {
        return;
    }
    buf_add_text(writer->out, "<text");
    write_attribute(writer->out, "id", one->id);
    buf_add_text(writer->out, ">");
    for (size_t i = 0; here && i < XFORM_TEXT_FORM_COUNT; i++) {
        const struct xform_piece *piece = text->wordings[language * XFORM_TEXT_FORM_COUNT + i];
        if (piece != NULL) {
            buf_add_text(writer->out, "<value");
            write_attribute(writer->out, "form", forms[i]);
            buf_add_text(writer->out, ">");
            write_pieces(writer, piece);
            buf_add_text(writer->out, "</value>");
        }
    }
    buf_add_text(writer->out, "</text>\n");
}

void write_itext(struct writer *writer)
{
    const struct xform *form = writer->form;
    bool named = form->language_count > 1 || strcmp(form->languages[0], "default") != 0;
    if (writer->text_count == 0 && !named) {
        return;
    }
    if (writer->text_count != 0) {
        qsort(writer->texts, writer->text_count, sizeof(*writer->texts), compare_ids);
    }
    buf_add_text(writer->out, "<itext>\n");
    for (size_t i = 0; i < form->language_count; i++) {
        buf_add_text(writer->out, "<translation");
        write_attribute(writer->out, "lang", form->languages[i]);
        write_attribute(writer->out, "default", i == form->default_language ? "true()" : NULL);
        buf_add_text(writer->out, ">\n");
        for (size_t j = 0; j < writer->text_count; j++) {
            write_wordings(writer, &writer->texts[j], i);
        }
        buf_add_text(writer->out, "</translation>\n");
    }
    buf_add_text(writer->out, "</itext>\n");
    sort_by_pointer(writer);
}

/* ---- where texts are shown */

void write_text(struct writer *writer, const char *element, const struct xform_text *text)
{
    if (text == NULL) {
        return;
    }
    const char *id = text_id(writer, text);
    const struct xform_piece *plain = writer->form->default_language < text->language_count
                                          ? text->wordings[at_default(writer)]
                                          : NULL;
    buf_add_format(writer->out, "<%s", element);
    if (id != NULL) {
        buf_add_text(writer->out, " ref=\"jr:itext('");
        write_escaped(writer->out, id, true);
        buf_add_text(writer->out, "')\"/>");
    } else {
        buf_add_text(writer->out, ">");
        write_pieces(writer, plain);
        buf_add_format(writer->out, "</%s>", element);
    }
}

void write_message(struct writer *writer, const char *attribute, const struct xform_text *text)
{
    if (text == NULL) {
        return;
    }
    const char *id = text_id(writer, text);
    buf_add_format(writer->out, " %s=\"", attribute);
    if (id != NULL) {
        buf_add_text(writer->out, "jr:itext('");
        write_escaped(writer->out, id, true);
        buf_add_text(writer->out, "')");
    } else {
        for (const struct xform_piece *at = text->wordings[at_default(writer)]; at != NULL;
             at = at->next) {
            write_escaped(writer->out, at->text, true);
        }
    }
    buf_add_text(writer->out, "\"");
}
