#include "play_screen.h"

#include <string.h>

#include "code.h"
#include "json.h"

/* A member that is left out when there is nothing to say. */
static void put_unless_empty(struct json_writer *json, const char *name, struct span text)
{
    if (text.size != 0) {
        json_name(json, name);
        json_put_span(json, text);
    }
}

static void put_if(struct json_writer *json, const char *name, bool truth)
{
    if (truth) {
        json_name(json, name);
        json_put_bool(json, true);
    }
}

static enum err put_text(struct play *play, struct json_writer *json, const char *name,
                         const struct xform_text *text, enum xform_text_form form,
                         struct play_node *node, struct diag *diag)
{
    struct span shown;
    enum err e = text_shown(play, text, form, node, &shown, diag);
    if (e == OK) {
        put_unless_empty(json, name, shown);
    }
    return e;
}

static enum err put_texts(struct play *play, struct json_writer *json,
                          const struct xform_control *control, struct play_node *node,
                          struct diag *diag)
{
    static const struct {
        const char *name;
        enum xform_text_form form;
    } media[] = {{"image", XFORM_IMAGE},
                 {"big_image", XFORM_BIG_IMAGE},
                 {"audio", XFORM_AUDIO},
                 {"video", XFORM_VIDEO}};
    enum err e = put_text(play, json, "label", control->label, XFORM_LONG, node, diag);
    e = e != OK ? e : put_text(play, json, "hint", control->hint, XFORM_LONG, node, diag);
    e = e != OK ? e : put_text(play, json, "guidance", control->guidance, XFORM_LONG, node, diag);
    if (e == OK && control->guidance == NULL) {
        e = put_text(play, json, "guidance", control->hint, XFORM_GUIDANCE, node, diag);
    }
    for (size_t i = 0; e == OK && i < sizeof(media) / sizeof(media[0]); i++) {
        e = put_text(play, json, media[i].name, control->label, media[i].form, node, diag);
    }
    return e;
}

static enum err put_choices(struct play *play, struct json_writer *json,
                            const struct xform_control *control, struct play_node *node,
                            struct diag *diag)
{
    bool is_select = control->kind == XFORM_SELECT_ONE || control->kind == XFORM_SELECT_MULTIPLE ||
                     control->kind == XFORM_SELECT_RANK;
    struct choice_list choices;
    if (!is_select) {
        return OK;
    }
    enum err e = list_choices(play, control, node, true, &choices, diag);
    if (e != OK) {
        return e;
    }
    json_name(json, "choices");
    json_open(json, '[');
    for (size_t i = 0; i < choices.count; i++) {
        json_open(json, '{');
        json_name(json, "value");
        json_put_span(json, choices.at[i].value);
        json_name(json, "label");
        json_put_span(json, choices.at[i].label);
        json_close(json, '}');
    }
    json_close(json, ']');
    return OK;
}

static void put_limits(struct json_writer *json, const struct xform_control *control)
{
    if (control->kind == XFORM_RANGE) {
        json_name(json, "range");
        json_open(json, '{');
        put_unless_empty(json, "start", span_of(control->start));
        put_unless_empty(json, "end", span_of(control->end));
        put_unless_empty(json, "step", span_of(control->step));
        json_close(json, '}');
    }
    put_unless_empty(json, "mediatype", span_of(control->mediatype));
    put_unless_empty(json, "appearance", span_of(control->appearance));
}

static enum err put_validity(struct play *play, struct json_writer *json, struct play_node *node,
                             struct diag *diag)
{
    struct validity validity;
    bool required, readonly;
    enum err e = check_node(play, node, &validity, diag);
    e = e != OK ? e : flag_at(play, node->def->required, node, false, &required, diag);
    e = e != OK ? e : is_readonly(play, node, &readonly, diag);
    if (e != OK) {
        return e;
    }
    put_if(json, "required", required);
    put_if(json, "readonly", readonly);
    if (validity.required_missing || validity.constraint_broken) {
        json_name(json, "error");
        json_put_text(json, validity.required_missing ? "required" : "constraint");
        put_unless_empty(json, "message", validity.message);
    }
    return OK;
}

static enum err put_question(struct play *play, struct json_writer *json, struct play_node *node,
                             const struct xform_control *control, struct diag *diag)
{
    json_open(json, '{');
    json_name(json, "path");
    node_put_path(play, node, json);
    json_name(json, "kind");
    json_put_text(json, xform_control_name(control->kind));
    json_name(json, "data");
    json_put_text(json, xform_data_name(node->def->node->data));
    enum err e = put_texts(play, json, control, node, diag);
    json_name(json, "value");
    json_put_span(json, node->tree.text);
    e = e != OK ? e : put_validity(play, json, node, diag);
    e = e != OK ? e : put_choices(play, json, control, node, diag);
    put_limits(json, control);
    json_close(json, '}');
    return e;
}

enum err add_question(struct play *play, struct play_node *node,
                      const struct xform_control *control, struct buf *ret, struct diag *diag)
{
    struct json_writer json;
    json_begin(&json, ret);
    enum err e = put_question(play, &json, node, control, diag);
    return e != OK ? e : buf_error(ret);
}

/* ---- groups, repeats, screens */

static enum err put_controls(struct play *play, struct json_writer *json,
                             const struct xform_control *control, struct play_node *place,
                             struct diag *diag);

static enum err put_occurrence(struct play *play, struct json_writer *json,
                               const struct xform_control *control, struct play_node *node,
                               struct diag *diag)
{
    char id[33];
    json_open(json, '{');
    json_name(json, "path");
    node_put_path(play, node, json);
    json_name(json, "kind");
    json_put_text(json, "occurrence");
    json_name(json, "id");
    (void)hex_write(node->id, sizeof(node->id), id);
    json_put_text(json, id);
    json_name(json, "inside");
    json_open(json, '[');
    enum err e = put_controls(play, json, control, node, diag);
    json_close(json, ']');
    json_close(json, '}');
    return e;
}

static enum err put_repeat(struct play *play, struct json_writer *json,
                           const struct xform_control *control, struct play_node *parent,
                           bool with_inside, struct diag *diag)
{
    const struct def *repeat = def_of(play, control->node);
    enum err e = OK;
    struct buf path;
    buf_init(&path, play->host.mem, XFORM_EXPRESSION_MAX);
    node_path(parent, &path);
    buf_add_format(&path, "/%s", repeat->name);
    json_open(json, '{');
    json_name(json, "path");
    json_put_span(json, buf_span(&path));
    e = buf_error(&path);
    buf_release(&path);
    json_name(json, "kind");
    json_put_text(json, "repeat");
    /* XLSForm and ODK put a repeat's label on the group around it. */
    const struct xform_text *label =
        control->label == NULL && control->parent != NULL ? control->parent->label : control->label;
    e = e != OK ? e : put_text(play, json, "label", label, XFORM_LONG, parent, diag);
    json_name(json, "count");
    json_put_int(json, (int64_t)repeat_count(parent, repeat));
    put_if(json, "open", repeat_is_open(play, control));
    if (with_inside) {
        json_name(json, "inside");
        json_open(json, '[');
        for (struct tree_node *at = parent->tree.first; e == OK && at != NULL; at = at->next) {
            struct play_node *node = node_of(at);
            bool shown = node->def == repeat && node->relevant;
            e = shown ? put_occurrence(play, json, control, node, diag) : OK;
        }
        json_close(json, ']');
    }
    json_close(json, '}');
    return e;
}

static enum err put_group(struct play *play, struct json_writer *json,
                          const struct xform_control *control, struct play_node *node,
                          struct diag *diag)
{
    json_open(json, '{');
    json_name(json, "path");
    node_put_path(play, node, json);
    json_name(json, "kind");
    json_put_text(json, "group");
    enum err e = put_text(play, json, "label", control->label, XFORM_LONG, node, diag);
    put_unless_empty(json, "appearance", span_of(control->appearance));
    json_name(json, "inside");
    json_open(json, '[');
    e = e != OK ? e : put_controls(play, json, control, node, diag);
    json_close(json, ']');
    json_close(json, '}');
    return e;
}

static enum err put_control(struct play *play, struct json_writer *json,
                            const struct xform_control *control, struct play_node *place,
                            struct diag *diag)
{
    if (control->kind == XFORM_REPEAT_CONTROL) {
        struct xform_control above = *control;
        above.node = control->node->parent;
        struct play_node *parent = control_node(play, &above, place);
        bool relevant = false;
        enum err e = parent == NULL || !node_is_relevant(parent)
                         ? OK
                         : repeat_is_relevant(play, control, parent, &relevant);
        return e != OK || !relevant ? e : put_repeat(play, json, control, parent, true, diag);
    }
    bool about_repeat =
        control->kind == XFORM_GROUP && control->node != NULL && control->node->repeat;
    struct play_node *node =
        control->node == NULL || about_repeat ? place : control_node(play, control, place);
    if (node == NULL || !node_is_relevant(node)) {
        return OK;
    }
    return control->kind == XFORM_GROUP ? put_group(play, json, control, node, diag)
                                        : put_question(play, json, node, control, diag);
}

static enum err put_controls(struct play *play, struct json_writer *json,
                             const struct xform_control *control, struct play_node *place,
                             struct diag *diag)
{
    enum err e = OK;
    for (const struct xform_control *at = control->first; e == OK && at != NULL; at = at->next) {
        e = put_control(play, json, at, place, diag);
    }
    return e;
}

static enum err put_screen(struct play *play, struct json_writer *json, const struct screen *screen,
                           struct diag *diag)
{
    switch (screen->kind) {
    case SCREEN_LIST:
        return screen->control->kind == XFORM_REPEAT_CONTROL
                   ? put_occurrence(play, json, screen->control, screen->node, diag)
                   : put_group(play, json, screen->control, screen->node, diag);
    case SCREEN_REPEAT:
        return put_repeat(play, json, screen->control, screen->node, false, diag);
    case SCREEN_QUESTION:
    default:
        return put_question(play, json, screen->node, screen->control, diag);
    }
}

enum err add_state(struct play *play, bool whole, struct buf *ret, struct diag *diag)
{
    struct screens screens;
    struct json_writer json;
    enum err e = list_screens(play, &screens);
    if (e != OK) {
        return e;
    }
    size_t at = screen_index(play, &screens);
    screen_enter(play, &screens, at);
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "ok");
    json_put_bool(&json, true);
    json_name(&json, "lang");
    json_put_text(&json, play->form->languages[play->language]);
    json_name(&json, "at");
    json_put_int(&json, (int64_t)at);
    json_name(&json, "of");
    json_put_int(&json, (int64_t)screens.count);
    put_if(&json, "end", at == screens.count);
    json_name(&json, whole ? "form" : "screen");
    json_open(&json, '[');
    if (whole && play->form->body != NULL) {
        e = put_controls(play, &json, play->form->body, play->root, diag);
    } else if (at < screens.count) {
        e = put_screen(play, &json, &screens.at[at], diag);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return e != OK ? e : buf_error(ret);
}
