#include <string.h>

#include "num.h"
#include "xform_write.h"

/* ---- the primary instance */

/* The first of the initials, which are sorted, that doesn't come before the writer's place. */
static size_t first_from_place(const struct writer *writer)
{
    size_t low = 0, high = writer->initial_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = strcmp(writer->initials[middle]->path, buf_text(&writer->place)) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

static const char *initial_at(const struct writer *writer, const char *otherwise)
{
    size_t at = first_from_place(writer);
    return at < writer->initial_count &&
                   strcmp(writer->initials[at]->path, buf_text(&writer->place)) == 0
               ? writer->initials[at]->text
               : otherwise;
}

/* Occurrences of a repeat at the writer's place: inside of others, values may name more than the
   definition begins with. */
static size_t occurrences_at(struct writer *writer, const struct xform_node *repeat)
{
    size_t most = repeat->occurrences, size = writer->place.size;
    buf_add_format(&writer->place, "/%s[", repeat->name);
    const char *prefix = buf_text(&writer->place);
    size_t length = strlen(prefix);
    for (size_t i = first_from_place(writer); i < writer->initial_count; i++) {
        const char *path = writer->initials[i]->path;
        if (strncmp(path, prefix, length) != 0) {
            break;
        }
        struct span rest = span_of(path + length), digits;
        int64_t number = 0;
        bool read = span_split(&rest, ']', &digits) && num_read_i64(digits, &number);
        most = read && number > (int64_t)most ? (size_t)number : most;
    }
    buf_truncate(&writer->place, size);
    return most;
}

enum as { AS_ELEMENT, AS_TEMPLATE, AS_OCCURRENCE };

static void write_element(struct writer *writer, const struct xform_node *node, enum as as,
                          size_t number);

static void write_children(struct writer *writer, const struct xform_node *node)
{
    for (const struct xform_node *at = node->first; at != NULL; at = at->next) {
        if (at->attribute) {
            continue;
        }
        if (at->repeat) {
            write_element(writer, at, AS_TEMPLATE, 0);
        }
        size_t count = at->repeat ? occurrences_at(writer, at) : 1;
        for (size_t i = 1; i <= count; i++) {
            write_element(writer, at, at->repeat ? AS_OCCURRENCE : AS_ELEMENT, i);
        }
    }
}

static void write_start(struct writer *writer, const struct xform_node *node, enum as as)
{
    const struct xform *form = writer->form;
    struct buf *out = writer->out;
    buf_add_format(out, "<%s", node->name);
    write_attribute(out, "xmlns", node->parent == NULL ? form->space : node->space);
    write_attribute(out, "jr:template", as == AS_TEMPLATE ? "" : NULL);
    if (node->parent == NULL) {
        write_attribute(out, "id", form->id);
        write_attribute(out, "version", form->version[0] == '\0' ? NULL : form->version);
    }
    for (const struct xform_node *at = node->first; at != NULL && at->attribute; at = at->next) {
        write_attribute(out, at->name, at->initial);
    }
}

static void write_element(struct writer *writer, const struct xform_node *node, enum as as,
                          size_t number)
{
    struct buf *out = writer->out;
    size_t size = writer->place.size;
    buf_add_format(&writer->place, "/%s", node->name);
    if (as == AS_OCCURRENCE) {
        buf_add_format(&writer->place, "[%zu]", number);
    }
    write_start(writer, node, as);
    const char *initial = xform_has_elements(node) ? "" : initial_at(writer, node->initial);
    if (xform_has_elements(node)) {
        buf_add_text(out, ">\n");
        write_children(writer, node);
    } else if (initial[0] != '\0') {
        buf_add_text(out, ">");
        write_escaped(out, initial, false);
    }
    if (xform_has_elements(node) || initial[0] != '\0') {
        buf_add_format(out, "</%s>\n", node->name);
    } else {
        buf_add_text(out, "/>\n");
    }
    buf_truncate(&writer->place, size);
}

/* ---- secondary instances */

static void write_tree(struct writer *writer, const struct tree_node *node)
{
    struct buf *out = writer->out;
    const struct tree_node *at = node->first;
    buf_add_format(out, "<%s", node->name);
    for (; at != NULL && at->attribute; at = at->next) {
        buf_add_format(out, " %s=\"", at->name);
        write_escaped_span(out, at->text, true);
        buf_add_text(out, "\"");
    }
    buf_add_text(out, ">");
    if (at == NULL) {
        write_escaped_span(out, node->text, false);
    }
    for (; at != NULL; at = at->next) {
        write_tree(writer, at);
    }
    buf_add_format(out, "</%s>%s", node->name, strcmp(node->name, "item") == 0 ? "\n" : "");
}

static void write_secondary(struct writer *writer, const struct xform_instance *instance)
{
    buf_add_text(writer->out, "<instance");
    write_attribute(writer->out, "id", instance->id);
    write_attribute(writer->out, "src", instance->source);
    if (instance->document == NULL || instance->document->first == NULL) {
        buf_add_text(writer->out, "/>\n");
        return;
    }
    buf_add_text(writer->out, ">");
    write_tree(writer, instance->document->first);
    buf_add_text(writer->out, "</instance>\n");
}

/* ---- binds */

static void write_bind(struct writer *writer, const struct xform_node *node)
{
    struct buf *out = writer->out;
    struct buf path;
    if (node->has_bind) {
        buf_init(&path, out->mem, XFORM_EXPRESSION_MAX);
        xform_path(node, &path);
        buf_add_text(out, "<bind");
        write_attribute(out, "nodeset", buf_text(&path));
        buf_release(&path);
        write_attribute(out, "type", node->data_name);
        write_attribute(out, "readonly", node->readonly);
        write_attribute(out, "required", node->required);
        write_attribute(out, "relevant", node->relevant);
        write_attribute(out, "constraint", node->constraint);
        write_attribute(out, "calculate", node->calculate);
        write_message(writer, "jr:constraintMsg", node->constraint_message);
        write_message(writer, "jr:requiredMsg", node->required_message);
        write_attribute(out, "jr:preload", node->preload);
        write_attribute(out, "jr:preloadParams", node->preload_params);
        write_attribute(out, "entities:saveto", node->save_to);
        for (const struct xform_pair *at = node->extras; at != NULL && at->name != NULL; at++) {
            write_attribute(out, at->name, at->value);
        }
        buf_add_text(out, "/>\n");
    }
    for (const struct xform_node *at = node->first; at != NULL; at = at->next) {
        write_bind(writer, at);
    }
}

/* ---- actions */

static void write_events(struct buf *out, unsigned events)
{
    static const struct {
        unsigned event;
        const char *name;
    } names[] = {{XFORM_FIRST_LOAD, "odk-instance-first-load"},
                 {XFORM_LOAD, "odk-instance-load"},
                 {XFORM_NEW_REPEAT, "odk-new-repeat"},
                 {XFORM_VALUE_CHANGED, "xforms-value-changed"},
                 {XFORM_REVALIDATE, "xforms-revalidate"}};
    bool first = true;
    buf_add_text(out, " event=\"");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((events & names[i].event) != 0) {
            buf_add_format(out, "%s%s", first ? "" : " ", names[i].name);
            first = false;
        }
    }
    buf_add_text(out, "\"");
}

void write_action(struct writer *writer, const struct xform_action *action)
{
    static const char *const elements[] = {[XFORM_SET_VALUE] = "setvalue",
                                           [XFORM_SET_GEOPOINT] = "odk:setgeopoint",
                                           [XFORM_RECORD_AUDIO] = "odk:recordaudio"};
    struct buf *out = writer->out;
    struct buf path;
    buf_init(&path, out->mem, XFORM_EXPRESSION_MAX);
    xform_path(action->target, &path);
    buf_add_format(out, "<%s", elements[action->kind]);
    write_events(out, action->events);
    write_attribute(out, "ref", buf_text(&path));
    write_attribute(out, "value", action->value);
    buf_release(&path);
    if (action->value == NULL && action->literal != NULL && action->literal[0] != '\0') {
        buf_add_text(out, ">");
        write_escaped(out, action->literal, false);
        buf_add_format(out, "</%s>\n", elements[action->kind]);
    } else {
        buf_add_text(out, "/>\n");
    }
}

/* ---- the model */

static const char *setting(const struct xform *form, const char *name)
{
    for (const struct xform_pair *at = form->settings; at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return NULL;
}

static void write_submission(struct writer *writer)
{
    const struct xform *form = writer->form;
    const char *url = setting(form, "submission_url"), *key = setting(form, "public_key");
    const char *sends = setting(form, "auto_send"), *deletes = setting(form, "auto_delete");
    if (url == NULL && key == NULL && sends == NULL && deletes == NULL) {
        return;
    }
    buf_add_text(writer->out, "<submission");
    write_attribute(writer->out, "method", url == NULL ? NULL : "post");
    write_attribute(writer->out, "action", url);
    write_attribute(writer->out, "base64RsaPublicKey", key);
    write_attribute(writer->out, "orx:auto-send", sends);
    write_attribute(writer->out, "orx:auto-delete", deletes);
    buf_add_text(writer->out, "/>\n");
}

/* Several entities, or one an occurrence of a repeat, came with the later version. */
static const char *entities_version(const struct xform *form)
{
    const struct xform_entity *first = form->entities;
    return first == NULL                                                 ? NULL
           : first->next != NULL || xform_repeat_of(first->node) != NULL ? "2025.1.0"
                                                                         : "2024.1.0";
}

void write_model(struct writer *writer)
{
    const struct xform *form = writer->form;
    struct buf *out = writer->out;
    buf_add_text(out, "<model odk:xforms-version=\"1.0.0\"");
    write_attribute(out, "entities:entities-version", entities_version(form));
    buf_add_text(out, ">\n");
    write_itext(writer);
    buf_add_text(out, "<instance>\n");
    buf_clear(&writer->place);
    write_element(writer, form->root, AS_ELEMENT, 1);
    buf_add_text(out, "</instance>\n");
    for (const struct xform_instance *at = form->instances; at != NULL; at = at->next) {
        write_secondary(writer, at);
    }
    write_submission(writer);
    write_bind(writer, form->root);
    for (const struct xform_action *at = form->actions; at != NULL; at = at->next) {
        if (at->trigger == NULL) {
            write_action(writer, at);
        }
    }
    buf_add_text(out, "</model>\n");
}
