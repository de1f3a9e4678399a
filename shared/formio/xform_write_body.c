#include <string.h>

#include "xform_write.h"

static const char *element_of(enum xform_control_kind kind)
{
    static const char *const elements[XFORM_CONTROL_COUNT] = {[XFORM_INPUT] = "input",
                                                              [XFORM_SELECT_ONE] = "select1",
                                                              [XFORM_SELECT_MULTIPLE] = "select",
                                                              [XFORM_SELECT_RANK] = "odk:rank",
                                                              [XFORM_RANGE] = "range",
                                                              [XFORM_UPLOAD] = "upload",
                                                              [XFORM_TRIGGER] = "trigger",
                                                              [XFORM_GROUP] = "group",
                                                              [XFORM_REPEAT_CONTROL] = "repeat"};
    return elements[kind];
}

static void write_itemset(struct writer *writer, const struct xform_itemset *set)
{
    struct buf *out = writer->out;
    buf_add_text(out, "<itemset nodeset=\"");
    buf_add_text(out, set->randomized ? "randomize(" : "");
    write_escaped(out, set->nodes, true);
    if (set->randomized && set->seed != NULL) {
        buf_add_text(out, ",");
        write_escaped(out, set->seed, true);
    }
    buf_add_text(out, set->randomized ? ")\">" : "\">");
    buf_add_text(out, "<value");
    write_attribute(out, "ref", set->value);
    buf_add_text(out, "/>");
    if (set->label != NULL) {
        buf_add_text(out, "<label");
        write_attribute(out, "ref", set->label);
        buf_add_text(out, "/>");
    }
    buf_add_text(out, "</itemset>\n");
}

static void write_items(struct writer *writer, const struct xform_control *control)
{
    for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
        buf_add_text(writer->out, "<item>");
        write_text(writer, "label", at->label);
        buf_add_text(writer->out, "<value>");
        write_escaped(writer->out, at->value, false);
        buf_add_text(writer->out, "</value></item>\n");
    }
    if (control->itemset != NULL) {
        write_itemset(writer, control->itemset);
    }
}

/* Of a repeat that its group names too: what begins with an occurrence stands in the repeat. */
static bool is_place_of(const struct xform_action *action, const struct xform_control *control)
{
    return action->trigger != NULL && action->trigger == control->node &&
           action->trigger->repeat == (control->kind == XFORM_REPEAT_CONTROL);
}

/* Two controls may ask for one node: its actions stand in the first. */
static bool is_first_of_node(const struct xform_control *body, const struct xform_control *control,
                             const struct xform_control **found)
{
    for (const struct xform_control *at = body->first; at != NULL && *found == NULL;
         at = at->next) {
        if (at->node == control->node &&
            (at->kind == XFORM_REPEAT_CONTROL) == (control->kind == XFORM_REPEAT_CONTROL)) {
            *found = at;
        } else {
            (void)is_first_of_node(at, control, found);
        }
    }
    return *found == control;
}

static void write_actions(struct writer *writer, const struct xform_control *control)
{
    for (const struct xform_action *at = writer->form->actions; at != NULL; at = at->next) {
        const struct xform_control *first = NULL;
        if (is_place_of(at, control) && is_first_of_node(writer->form->body, control, &first)) {
            write_action(writer, at);
        }
    }
}

static void write_reference(struct writer *writer, const struct xform_control *control)
{
    struct buf path;
    if (control->node == NULL) {
        return;
    }
    buf_init(&path, writer->out->mem, XFORM_EXPRESSION_MAX);
    xform_path(control->node, &path);
    write_attribute(writer->out, control->kind == XFORM_REPEAT_CONTROL ? "nodeset" : "ref",
                    buf_text(&path));
    buf_release(&path);
}

static void write_control(struct writer *writer, const struct xform_control *control)
{
    struct buf *out = writer->out;
    const char *element = element_of(control->kind);
    buf_add_format(out, "<%s", element);
    write_reference(writer, control);
    write_attribute(out, "appearance", control->appearance[0] == '\0' ? NULL : control->appearance);
    write_attribute(out, "jr:count", control->count);
    write_attribute(out, "jr:noAddRemove", control->no_add_remove ? "true()" : NULL);
    write_attribute(out, "mediatype", control->mediatype);
    write_attribute(out, "start", control->start);
    write_attribute(out, "end", control->end);
    write_attribute(out, "step", control->step);
    for (const struct xform_pair *at = control->extras; at != NULL && at->name != NULL; at++) {
        write_attribute(out, at->name, at->value);
    }
    buf_add_text(out, ">\n");
    write_text(writer, "label", control->label);
    write_text(writer, "hint", control->hint);
    write_items(writer, control);
    write_actions(writer, control);
    for (const struct xform_control *at = control->first; at != NULL; at = at->next) {
        write_control(writer, at);
    }
    buf_add_format(out, "</%s>\n", element);
}

void write_body(struct writer *writer)
{
    const struct xform *form = writer->form;
    if (form->body == NULL) {
        return;
    }
    buf_add_text(writer->out, "<h:body");
    write_attribute(writer->out, "class", form->style[0] == '\0' ? NULL : form->style);
    buf_add_text(writer->out, ">\n");
    for (const struct xform_control *at = form->body->first; at != NULL; at = at->next) {
        write_control(writer, at);
    }
    buf_add_text(writer->out, "</h:body>\n");
}
