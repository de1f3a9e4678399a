#include "xform_outline.h"

#include <string.h>

#define INDENT_MAX 64

struct outline {
    const struct xform *form;
    size_t language;
    struct buf *out;
};

/* ---- words */

static const char *input_word(const struct xform_node *node)
{
    if (node == NULL) {
        return "text";
    }
    if (node->readonly && strcmp(node->readonly, "true()") == 0 && node->calculate == NULL &&
        node->data == XFORM_STRING) {
        return "note";
    }
    switch (node->data) {
    case XFORM_STRING:
        return "text";
    case XFORM_INT:
        return "integer";
    case XFORM_SELECT:
        return "select_multiple";
    case XFORM_RANK:
        return "rank";
    case XFORM_DECIMAL:
    case XFORM_BOOLEAN:
    case XFORM_DATE:
    case XFORM_TIME:
    case XFORM_DATETIME:
    case XFORM_GEOPOINT:
    case XFORM_GEOTRACE:
    case XFORM_GEOSHAPE:
    case XFORM_BINARY:
    case XFORM_BARCODE:
    case XFORM_DATA_COUNT:
    default:
        return xform_data_name(node->data);
    }
}

static const char *upload_word(const char *mediatype)
{
    static const char *const kinds[] = {"image", "audio", "video"};
    for (size_t i = 0; mediatype != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(mediatype, kinds[i], strlen(kinds[i])) == 0) {
            return kinds[i];
        }
    }
    return "file";
}

const char *xform_question_word(const struct xform_control *control)
{
    switch (control->kind) {
    case XFORM_INPUT:
        return input_word(control->node);
    case XFORM_UPLOAD:
        return upload_word(control->mediatype);
    case XFORM_TRIGGER:
        return "acknowledge";
    case XFORM_SELECT_RANK:
        return "rank";
    case XFORM_REPEAT_CONTROL:
        return "repeat";
    case XFORM_SELECT_ONE:
    case XFORM_SELECT_MULTIPLE:
    case XFORM_RANGE:
    case XFORM_GROUP:
    case XFORM_CONTROL_COUNT:
    default:
        return xform_control_name(control->kind);
    }
}

static void add_on_one_line(const char *text, struct buf *ret)
{
    for (; *text; text++) {
        buf_add_byte(ret, strchr("\r\n\t", *text) ? ' ' : (uint8_t)*text);
    }
}

void xform_text_line(const struct xform *form, const struct xform_text *text, size_t language,
                     struct buf *ret)
{
    const struct xform_piece *piece =
        xform_text_pick(text, language, form->default_language, XFORM_LONG);
    for (; piece != NULL; piece = piece->next) {
        if (piece->text != NULL) {
            add_on_one_line(piece->text, ret);
        } else {
            buf_add_text(ret, "${");
            add_on_one_line(piece->output, ret);
            buf_add_text(ret, "}");
        }
    }
}

/* ---- lines */

static void indent(const struct outline *o, size_t depth)
{
    for (size_t i = 0; i < depth && i < INDENT_MAX; i++) {
        buf_add_text(o->out, "  ");
    }
}

static void rule(const struct outline *o, size_t depth, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        indent(o, depth + 2);
        buf_add_format(o->out, "%s: ", name);
        add_on_one_line(text, o->out);
        buf_add_text(o->out, "\n");
    }
}

static void wording(const struct outline *o, size_t depth, const char *name,
                    const struct xform_text *text)
{
    if (xform_text_pick(text, o->language, o->form->default_language, XFORM_LONG) != NULL) {
        indent(o, depth + 2);
        buf_add_format(o->out, "%s: ", name);
        xform_text_line(o->form, text, o->language, o->out);
        buf_add_text(o->out, "\n");
    }
}

static void label(const struct outline *o, const struct xform_text *text)
{
    if (xform_text_pick(text, o->language, o->form->default_language, XFORM_LONG) != NULL) {
        buf_add_text(o->out, "  \"");
        xform_text_line(o->form, text, o->language, o->out);
        buf_add_text(o->out, "\"");
    }
    buf_add_text(o->out, "\n");
}

static void node_rules(const struct outline *o, size_t depth, const struct xform_node *node)
{
    rule(o, depth, "relevant", node->relevant);
    rule(o, depth, "required", node->required);
    rule(o, depth, "constraint", node->constraint);
    wording(o, depth, "constraint_message", node->constraint_message);
    rule(o, depth, "calculation", node->calculate);
    rule(o, depth, "readonly", node->readonly);
    rule(o, depth, "default", node->repeat ? NULL : node->initial);
    rule(o, depth, "save_to", node->save_to);
}

static void items(const struct outline *o, size_t depth, const struct xform_control *control)
{
    if (control->itemset != NULL) {
        rule(o, depth, "choices", control->itemset->nodes);
    }
    for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
        indent(o, depth + 2);
        buf_add_format(o->out, "- %s", at->value);
        label(o, at->label);
    }
}

/* XForms put a repeat into a group of the same node: one line for both. */
static bool wraps_repeat(const struct xform_control *control)
{
    return control->kind == XFORM_GROUP && control->first != NULL &&
           control->first == control->last && control->first->kind == XFORM_REPEAT_CONTROL;
}

static void one_control(const struct outline *o, const struct xform_control *control, size_t depth)
{
    const struct xform_control *named = control;
    if (wraps_repeat(control)) {
        control = control->first;
    }
    indent(o, depth);
    buf_add_format(o->out, "%s %s", xform_question_word(control),
                   control->node ? control->node->name : "");
    label(o, named->label ? named->label : control->label);
    wording(o, depth, "hint", control->hint);
    if (control->node != NULL) {
        node_rules(o, depth, control->node);
    }
    rule(o, depth, "repeat_count", control->count);
    rule(o, depth, "appearance", control->appearance);
    items(o, depth, control);
    for (const struct xform_control *at = control->first; at != NULL; at = at->next) {
        one_control(o, at, depth + 1); /* depth is bounded by the readers */
    }
}

/* ---- what is computed, and lists */

static void calculations(const struct outline *o, const struct xform_node *node)
{
    if (node->calculate != NULL) {
        buf_add_text(o->out, "calculate ");
        xform_path(node, o->out);
        buf_add_text(o->out, ": ");
        add_on_one_line(node->calculate, o->out);
        buf_add_text(o->out, "\n");
    }
    for (const struct xform_node *at = node->first; at != NULL; at = at->next) {
        calculations(o, at);
    }
}

static void lists(const struct outline *o)
{
    for (const struct xform_instance *at = o->form->instances; at != NULL; at = at->next) {
        size_t count = 0;
        const struct tree_node *root = at->document ? at->document->first : NULL;
        for (const struct tree_node *item = root ? root->first : NULL; item; item = item->next) {
            count++;
        }
        if (at->document != NULL) {
            buf_add_format(o->out, "list %s: %zu\n", at->id, count);
        } else {
            buf_add_format(o->out, "list %s: %s\n", at->id, at->source ? at->source : "");
        }
    }
}

void xform_outline(const struct xform *form, size_t language, struct buf *ret)
{
    const struct outline o = {form, language, ret};
    buf_add_format(ret, "%s  \"%s\"", form->id, form->title ? form->title : "");
    if (form->version != NULL && form->version[0] != '\0') {
        buf_add_format(ret, "  version %s", form->version);
    }
    buf_add_text(ret, "\nlanguages: ");
    for (size_t i = 0; i < form->language_count; i++) {
        buf_add_format(ret, "%s%s", i ? ", " : "", form->languages[i]);
    }
    buf_add_text(ret, "\n");
    for (const struct xform_entity *at = form->entities; at != NULL; at = at->next) {
        buf_add_format(ret, "entity %s: ", at->dataset);
        xform_path(at->node, ret);
        buf_add_text(ret, "\n");
    }
    for (const struct xform_control *at = form->body->first; at != NULL; at = at->next) {
        one_control(&o, at, 0);
    }
    calculations(&o, form->root);
    lists(&o);
}
