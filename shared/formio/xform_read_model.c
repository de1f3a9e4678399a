#include <stdio.h>
#include <string.h>

#include "xform_read.h"

#define XFORMS_SPACE "http://www.w3.org/2002/xforms"

/* ---- the primary instance */

struct build {
    struct reader *reader;
    struct xform_initial **last_initial;
    struct buf path;  /* of the definition being read */
    struct buf place; /* the same with numbers */
    size_t again;     /* inside of occurrences whose definition is known: only values are new */
    bool must_note;   /* of an occurrence that the definition doesn't begin with: one value is noted
                         whatever it is, so that the occurrence comes about */
};

static struct xform_node *new_node(struct build *build, struct xform_node *parent, const char *name)
{
    struct xform_node *node = arena_alloc(build->reader->arena, sizeof(*node));
    if (node == NULL) {
        return NULL;
    }
    node->name = name;
    node->parent = parent;
    node->initial = "";
    if (parent != NULL && parent->last != NULL) {
        parent->last->next = node;
        parent->last = node;
    } else if (parent != NULL) {
        parent->first = parent->last = node;
    }
    return node;
}

static struct xform_node *element_named(struct xform_node *parent, const char *name)
{
    struct xform_node *at = parent->first;
    while (at != NULL && (at->attribute || strcmp(at->name, name) != 0)) {
        at = at->next;
    }
    return at;
}

static const char *copy_name(struct build *build, const xmlNode *element)
{
    return arena_text(build->reader->arena, (const char *)element->name);
}

static bool is_namespace_of(const xmlAttr *attribute, const char *space)
{
    return attribute->ns != NULL && strcmp((const char *)attribute->ns->href, space) == 0;
}

#define JAVAROSA_SPACE "http://openrosa.org/javarosa"

static enum err read_attributes(struct build *build, const xmlNode *element,
                                struct xform_node *node)
{
    for (const xmlAttr *at = element->properties; at != NULL; at = at->next) {
        const char *name = (const char *)at->name;
        bool of_form = node->parent == NULL &&
                       (strcmp(name, "id") == 0 || strcmp(name, "version") == 0 || at->ns != NULL);
        bool template = strcmp(name, "template") == 0; /* whatever its prefix */
        if (is_namespace_of(at, JAVAROSA_SPACE) || of_form || template ||
            is_name_again(element, at)) {
            continue;
        }
        const char *own_name = arena_text(build->reader->arena, name);
        struct xform_node *made = own_name == NULL ? NULL : new_node(build, node, own_name);
        if (made == NULL) {
            return ERR_NOMEM;
        }
        made->attribute = true;
        made->initial = xml_text((const xmlNode *)at, build->reader->arena);
        if (made->initial == NULL) {
            return ERR_NOMEM;
        }
    }
    return OK;
}

/* The text of a leaf, without what stands around it for the eye alone (as in JavaRosa). */
static enum err read_initial(struct build *build, const xmlNode *element, const char **ret)
{
    *ret = "";
    if (xml_first(element) != NULL) {
        return OK;
    }
    const char *text = xml_text(element, build->reader->arena);
    if (text == NULL) {
        return ERR_NOMEM;
    }
    *ret = arena_span_text(build->reader->arena, read_trimmed(span_of(text)));
    return *ret == NULL ? ERR_NOMEM : OK;
}

static enum err note_initial(struct build *build, const struct xform_node *node, const char *text)
{
    if (strcmp(text, node->initial) == 0 && !build->must_note) {
        return OK;
    }
    build->must_note = false;
    struct xform_initial *made = arena_alloc(build->reader->arena, sizeof(*made));
    const char *path = arena_span_text(build->reader->arena, buf_span(&build->place));
    if (made == NULL || path == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct xform_initial){.path = path, .text = text};
    *build->last_initial = made;
    build->last_initial = &made->next;
    return OK;
}

static const char *space_of(struct build *build, const xmlNode *element)
{
    const char *own = element->ns == NULL ? "" : (const char *)element->ns->href;
    const xmlNode *above = element->parent;
    const char *outer = above == NULL || above->ns == NULL ? "" : (const char *)above->ns->href;
    return strcmp(own, outer) == 0 ? NULL : arena_text(build->reader->arena, own);
}

static enum err read_element(struct build *build, const xmlNode *element, struct xform_node *parent,
                             size_t depth, size_t number);

static enum err read_children(struct build *build, const xmlNode *element, struct xform_node *node,
                              size_t depth)
{
    enum err e = OK;
    const xmlChar *name = NULL;
    size_t number = 0; /* of the occurrence, of those that stand one behind the other */
    for (const xmlNode *at = xml_first(element); e == OK && at != NULL; at = xml_next(at)) {
        number = name != NULL && xmlStrEqual(name, at->name) ? number : 0;
        number += xml_has(at, "template") ? 0 : 1;
        name = at->name;
        e = read_element(build, at, node, depth + 1, number);
    }
    return e;
}

/* Another of its name follows: rows of a list that stands in the instance itself. */
static bool has_twin(const xmlNode *element)
{
    const xmlNode *at = xml_next(element);
    while (at != NULL && !xmlStrEqual(at->name, element->name)) {
        at = xml_next(at);
    }
    return at != NULL;
}

/* The first element of a name gives the definition; of a repeat, further ones are occurrences. */
static enum err define_element(struct build *build, const xmlNode *element,
                               struct xform_node *parent, struct xform_node **ret)
{
    const char *name = copy_name(build, element);
    struct xform_node *node = name == NULL ? NULL : new_node(build, parent, name);
    if (node == NULL) {
        return ERR_NOMEM;
    }
    node->space = parent == NULL ? NULL : space_of(build, element);
    node->repeat = parent != NULL &&
                   (read_is_repeat(build->reader, buf_span(&build->path)) || has_twin(element));
    enum err e = read_attributes(build, element, node);
    e = e != OK ? e : read_initial(build, element, &node->initial);
    *ret = node;
    return e;
}

static enum err read_into(struct build *build, const xmlNode *element, struct xform_node *parent,
                          size_t depth, size_t number)
{
    struct xform_node *node =
        parent == NULL ? NULL : element_named(parent, (const char *)element->name);
    enum err e = OK;
    bool is_new = node == NULL;
    if (is_new) {
        e = define_element(build, element, parent, &node);
    }
    bool occurs = e == OK && node->repeat && !xml_has(element, "template");
    if (occurs) {
        node->occurrences += build->again == 0 ? 1 : 0;
        buf_add_format(&build->place, "[%zu]", build->again == 0 ? node->occurrences : number);
        build->must_note = build->again != 0 && number > node->occurrences;
    }
    if (e == OK && !is_new && xml_first(element) == NULL) {
        const char *text;
        e = read_initial(build, element, &text);
        e = e != OK ? e : note_initial(build, node, text);
    }
    if (parent == NULL) {
        build->reader->form->root = node;
    }
    build->again += is_new ? 0 : 1;
    e = e != OK ? e : read_children(build, element, node, depth);
    build->again -= is_new ? 0 : 1;
    return e;
}

/* Inside of an occurrence that is not the first of its repeat, only values are new. */
static enum err read_again(struct build *build, const xmlNode *element, struct xform_node *node)
{
    const char *text;
    enum err e = read_initial(build, element, &text);
    if (e != OK || xml_first(element) != NULL) {
        return e;
    }
    return note_initial(build, node, text);
}

static enum err read_element(struct build *build, const xmlNode *element, struct xform_node *parent,
                             size_t depth, size_t number)
{
    size_t path_size = build->path.size, place_size = build->place.size;
    if (depth > XFORM_DEPTH_MAX) {
        return read_fault(build->reader, element, (const char *)element->name,
                          "it lies too deep in other elements");
    }
    buf_add_format(&build->path, "/%s", (const char *)element->name);
    buf_add_format(&build->place, "/%s", (const char *)element->name);
    struct xform_node *known =
        parent == NULL ? NULL : element_named(parent, (const char *)element->name);
    bool again = known != NULL && !known->repeat && build->again != 0;
    enum err e = again ? read_again(build, element, known)
                       : read_into(build, element, parent, depth, number);
    if (again && e == OK) {
        e = read_children(build, element, known, depth);
    }
    buf_truncate(&build->path, path_size);
    buf_truncate(&build->place, place_size);
    return e;
}

static void number_nodes(struct xform *form, struct xform_node *node)
{
    node->index = form->node_count++;
    for (struct xform_node *at = node->first; at != NULL; at = at->next) {
        number_nodes(form, at);
    }
}

static enum err read_identity(struct reader *reader, const xmlNode *root)
{
    struct xform *form = reader->form;
    form->id = READ_TEXT(reader, root, "id");
    form->version = READ_TEXT(reader, root, "version");
    form->version = form->version == NULL ? "" : form->version;
    form->name = arena_text(reader->arena, (const char *)root->name);
    const char *space = root->ns == NULL ? XFORMS_SPACE : (const char *)root->ns->href;
    form->space = strcmp(space, XFORMS_SPACE) == 0 ? NULL : arena_text(reader->arena, space);
    if (form->name == NULL) {
        return ERR_NOMEM;
    }
    if (form->id == NULL) { /* OpenRosa's forms were known by their namespace, before ODK's id */
        form->id = form->space == NULL ? form->name : form->space;
        read_warning(reader, root, "the primary instance has no id: the form is called", form->id);
    }
    return OK;
}

static enum err read_primary(struct reader *reader, const xmlNode *instance)
{
    const xmlNode *root = instance == NULL ? NULL : xml_first(instance);
    if (root == NULL) {
        return read_fault(reader, reader->model, "model", "it has no primary instance");
    }
    struct build build = {.reader = reader, .last_initial = &reader->form->initials};
    buf_init(&build.path, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_init(&build.place, reader->arena->mem, XFORM_EXPRESSION_MAX);
    enum err e = read_identity(reader, root);
    e = e != OK ? e : read_repeats(reader);
    e = e != OK ? e : read_element(&build, root, NULL, 0, 1);
    e = e != OK ? e : buf_error(&build.path);
    e = e != OK ? e : buf_error(&build.place);
    buf_release(&build.path);
    buf_release(&build.place);
    if (e == OK) {
        number_nodes(reader->form, reader->form->root);
    }
    return e == OK && reader->form->node_count > XFORM_NODES_MAX
               ? read_fault(reader, root, "instance", "it has more than 20,000 elements")
               : e;
}

/* ---- secondary instances */

static enum err copy_tree(struct reader *reader, const xmlNode *element, struct tree_node *parent,
                          size_t depth)
{
    struct tree_node *node = arena_alloc(reader->arena, sizeof(*node));
    if (node == NULL || depth > XFORM_DEPTH_MAX) {
        return node == NULL ? ERR_NOMEM : read_fault(reader, element, "instance", "it is too deep");
    }
    node->name = tree_name(reader->form->names, span_of((const char *)element->name));
    if (node->name == NULL) {
        return ERR_NOMEM;
    }
    tree_append(parent, node);
    enum err e = OK;
    for (const xmlAttr *at = element->properties; at != NULL; at = at->next) {
        if (is_name_again(element, at)) {
            continue;
        }
        struct tree_node *made = arena_alloc(reader->arena, sizeof(*made));
        const char *text = xml_text((const xmlNode *)at, reader->arena);
        const char *name = tree_name(reader->form->names, span_of((const char *)at->name));
        if (made == NULL || text == NULL || name == NULL) {
            return ERR_NOMEM;
        }
        *made = (struct tree_node){.name = name, .text = span_of(text), .attribute = true};
        tree_append(node, made);
    }
    if (xml_first(element) == NULL) {
        const char *text = xml_text(element, reader->arena);
        node->text = span_of(text);
        return text == NULL ? ERR_NOMEM : OK;
    }
    for (const xmlNode *at = xml_first(element); e == OK && at != NULL; at = xml_next(at)) {
        e = copy_tree(reader, at, node, depth + 1);
    }
    return e;
}

static enum err read_secondary(struct reader *reader, const xmlNode *element,
                               struct xform_instance ***last)
{
    struct xform_instance *made = arena_alloc(reader->arena, sizeof(*made));
    if (made == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct xform_instance){.id = READ_TEXT(reader, element, "id"),
                                    .source = READ_TEXT(reader, element, "src")};
    if (made->id == NULL) {
        return read_fault(reader, element, "instance", "a secondary instance has no id");
    }
    if (made->source != NULL && strncmp(made->source, "jr://instance/", 14) == 0 &&
        strcmp(made->source, "jr://instance/last-saved") != 0) {
        read_warning(reader, element,
                     "nothing here is called so (of CommCare?): what reads it can't be computed",
                     made->source);
    }
    const xmlNode *root = xml_first(element);
    if (made->source == NULL && root != NULL) {
        made->document = arena_alloc(reader->arena, sizeof(*made->document));
        enum err e =
            made->document == NULL ? ERR_NOMEM : copy_tree(reader, root, made->document, 0);
        if (e != OK) {
            return e;
        }
    }
    **last = made;
    *last = &made->next;
    return OK;
}

/* ---- binds */

static const char *const bind_attributes[] = {
    "nodeset",  "type",    "relevant",      "required",      "constraint",  "calculate",
    "readonly", "preload", "preloadParams", "constraintMsg", "requiredMsg", "saveto",
    "id",       NULL};

static enum err read_bind(struct reader *reader, const xmlNode *element)
{
    const char *path = READ_TEXT(reader, element, "nodeset");
    struct xform_node *node = path == NULL ? NULL : read_path(reader, path, NULL);
    if (path == NULL) {
        return read_fault(reader, element, "bind", "a bind has no nodeset");
    }
    if (node == NULL) { /* as in JavaRosa: left behind by a question that went or was renamed */
        read_warning(reader, element,
                     "a bind names no element of the primary instance: it has no effect", path);
        return OK;
    }
    node->has_bind = true;
    node->data_name = READ_TEXT(reader, element, "type");
    node->data = node->data_name == NULL ? XFORM_STRING : xform_data_from_name(node->data_name);
    node->relevant = read_expression(reader, element, "relevant");
    node->required = read_expression(reader, element, "required");
    node->constraint = read_expression(reader, element, "constraint");
    node->calculate = read_expression(reader, element, "calculate");
    node->readonly = read_expression(reader, element, "readonly");
    node->preload = READ_TEXT(reader, element, "preload");
    node->preload_params = READ_TEXT(reader, element, "preloadParams");
    node->save_to = READ_TEXT(reader, element, "saveto");
    enum err e = read_message(reader, READ_TEXT(reader, element, "constraintMsg"),
                              &node->constraint_message);
    e = e != OK ? e
                : read_message(reader, READ_TEXT(reader, element, "requiredMsg"),
                               &node->required_message);
    return e != OK ? e : read_extras(reader, element, bind_attributes, &node->extras);
}

/* ---- actions */

static unsigned events_of(const char *names)
{
    static const struct {
        const char *name;
        unsigned event;
    } events[] = {{"odk-instance-first-load", XFORM_FIRST_LOAD},
                  {"xforms-ready", XFORM_FIRST_LOAD}, /* as ODK reads it (deprecated name) */
                  {"odk-instance-load", XFORM_LOAD},
                  {"odk-new-repeat", XFORM_NEW_REPEAT},
                  {"jr-insert", XFORM_NEW_REPEAT}, /* its name before it had one in ODK */
                  {"xforms-revalidate", XFORM_REVALIDATE},
                  {"xforms-value-changed", XFORM_VALUE_CHANGED}};
    unsigned found = 0;
    struct span rest = span_of(names == NULL ? "" : names), name;
    while (span_split(&rest, ' ', &name)) {
        for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
            found |= span_is(name, events[i].name) ? events[i].event : 0;
        }
    }
    return found;
}

enum err read_action(struct reader *reader, const xmlNode *element, struct xform_node *trigger,
                     struct xform_node *context, bool *ret_is_action)
{
    bool set = xml_is(element, "setvalue");
    bool point = xml_is(element, "setgeopoint");
    bool sound = xml_is(element, "recordaudio");
    *ret_is_action = set || point || sound;
    if (!*ret_is_action) {
        return OK;
    }
    const char *ref = read_reference(reader, element);
    struct xform_action *made = arena_alloc(reader->arena, sizeof(*made));
    if (made == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct xform_action){.kind = set     ? XFORM_SET_VALUE
                                          : point ? XFORM_SET_GEOPOINT
                                                  : XFORM_RECORD_AUDIO,
                                  .events = events_of(READ_TEXT(reader, element, "event")),
                                  .trigger = trigger,
                                  .target = ref == NULL ? NULL : read_path(reader, ref, context),
                                  .value = read_expression(reader, element, "value")};
    if (made->target == NULL) {
        return read_fault(reader, element, ref == NULL ? "action" : ref,
                          "an action names no element of the primary instance");
    }
    made->literal = made->value != NULL ? NULL : xml_text(element, reader->arena);
    *reader->last_action = made;
    reader->last_action = &made->next;
    return OK;
}

/* ---- entities */

static enum err find_entities(struct reader *reader, struct xform_node *node,
                              struct xform_entity ***last)
{
    enum err e = OK;
    for (struct xform_node *at = node->first; e == OK && at != NULL; at = at->next) {
        bool is_entity =
            !at->attribute && strcmp(at->name, "entity") == 0 && strcmp(node->name, "meta") == 0;
        for (struct xform_node *set = is_entity ? at->first : NULL; set != NULL; set = set->next) {
            if (set->attribute && strcmp(set->name, "dataset") == 0) {
                struct xform_entity *made = arena_alloc(reader->arena, sizeof(*made));
                if (made == NULL) {
                    return ERR_NOMEM;
                }
                *made = (struct xform_entity){.dataset = set->initial, .node = at};
                **last = made;
                *last = &made->next;
            }
        }
        e = find_entities(reader, at, last);
    }
    return e;
}

/* Under the names that XLSForm's settings give them. */
static enum err read_submission(struct reader *reader, const xmlNode *element)
{
    static const struct {
        const char *attribute, *setting;
    } known[] = {{"action", "submission_url"},
                 {"base64RsaPublicKey", "public_key"},
                 {"auto-send", "auto_send"},
                 {"auto-delete", "auto_delete"}};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < sizeof(known) / sizeof(known[0]); i++) {
        if (xml_has(element, known[i].attribute)) {
            e = read_setting(reader, known[i].setting,
                             READ_TEXT(reader, element, known[i].attribute));
        }
    }
    return e;
}

static enum err read_rest(struct reader *reader)
{
    struct xform_instance **last_instance = &reader->form->instances;
    struct xform_entity **last_entity = &reader->form->entities;
    bool primary = true, is_action;
    enum err e = OK;
    for (const xmlNode *at = xml_first(reader->model); e == OK && at != NULL; at = xml_next(at)) {
        if (xml_is(at, "instance") && !primary) {
            e = read_secondary(reader, at, &last_instance);
        } else if (xml_is(at, "instance")) {
            primary = false;
        } else if (xml_is(at, "bind")) {
            e = read_bind(reader, at);
        } else if (xml_is(at, "submission")) {
            e = read_submission(reader, at);
        } else if (!xml_is(at, "itext")) {
            e = read_action(reader, at, NULL, NULL, &is_action);
            if (e == OK && !is_action) {
                read_warning(reader, at, "this element of the model isn't known",
                             (const char *)at->name);
            }
        }
    }
    return e != OK ? e : find_entities(reader, reader->form->root, &last_entity);
}

enum err read_model(struct reader *reader)
{
    enum err e = read_primary(reader, xml_child(reader->model, "instance"));
    return e != OK ? e : read_rest(reader);
}
