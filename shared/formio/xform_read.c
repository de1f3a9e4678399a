#include <stdio.h>
#include <string.h>

#include "xform_read.h"

enum err read_fault(struct reader *reader, const xmlNode *node, const char *where, const char *what)
{
    char place[DIAG_ARG_SIZE];
    (void)snprintf(place, sizeof(place), "line %ld, %s", node == NULL ? 0L : xmlGetLineNo(node),
                   where);
    return diag_set(reader->diag, ERR_BAD_FORM, place, what, NULL);
}

void read_warning(struct reader *reader, const xmlNode *node, const char *what, const char *name)
{
    if (reader->warnings != NULL) {
        buf_add_format(reader->warnings, "line %ld: %s: %s\n", xmlGetLineNo(node), name, what);
    }
}

#define BLANKS " \t\r\n"

struct span read_trimmed(struct span text)
{
    while (text.size != 0 && strchr(BLANKS, text.data[0]) != NULL) {
        text = span_cut(text, 1, text.size);
    }
    while (text.size != 0 && strchr(BLANKS, text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

const char *read_expression(const struct reader *reader, const xmlNode *node, const char *name)
{
    const char *text = READ_TEXT(reader, node, name);
    return text == NULL || read_trimmed(span_of(text)).size == 0 ? NULL : text;
}

/* ---- what is kept without being understood */

#define SETTINGS_MAX 100

enum err read_setting(struct reader *reader, const char *name, const char *value)
{
    struct xform *form = reader->form;
    size_t count = 0;
    for (; form->settings != NULL && form->settings[count].name != NULL; count++) {
        if (name != NULL && strcmp(form->settings[count].name, name) == 0) {
            return OK;
        }
    }
    if (count == SETTINGS_MAX) {
        return OK;
    }
    if (form->settings == NULL) {
        form->settings = arena_array(reader->arena, SETTINGS_MAX + 1, sizeof(*form->settings));
    }
    if (form->settings == NULL || name == NULL || value == NULL) {
        return ERR_NOMEM;
    }
    form->settings[count] = (struct xform_pair){.name = name, .value = value};
    return OK;
}

static const struct {
    const char *space, *prefix;
} known_spaces[] = {{"http://openrosa.org/javarosa", "jr"},
                    {"http://openrosa.org/xforms", "orx"},
                    {"http://www.opendatakit.org/xforms", "odk"},
                    {"http://www.opendatakit.org/xforms/entities", "entities"},
                    {"http://www.w3.org/1999/xhtml", "h"},
                    {"http://www.w3.org/2001/xml-events", "ev"},
                    {"http://www.w3.org/2001/XMLSchema", "xsd"},
                    {"http://www.w3.org/XML/1998/namespace", "xml"},
                    {XFORM_DOUAR_SPACE, "douar"}};

/* The prefix under which a namespace is known here, whatever the file calls it. */
static const char *known_prefix(const char *space)
{
    for (size_t i = 0; i < sizeof(known_spaces) / sizeof(known_spaces[0]); i++) {
        if (strcmp(known_spaces[i].space, space) == 0) {
            return known_spaces[i].prefix;
        }
    }
    return NULL;
}

static bool is_known_prefix(const char *prefix)
{
    for (size_t i = 0; i < sizeof(known_spaces) / sizeof(known_spaces[0]); i++) {
        if (strcmp(known_spaces[i].prefix, prefix) == 0) {
            return true;
        }
    }
    return false;
}

/* A namespace nobody here knows keeps the file's prefix, unless another has that here. */
static enum err foreign_prefix(struct reader *reader, const xmlNs *space, const char **ret)
{
    struct buf name;
    buf_init(&name, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_text(&name, "xmlns:");
    buf_add_text(&name, (const char *)space->prefix);
    buf_add_text(&name, is_known_prefix((const char *)space->prefix) ? "_" : "");
    const char *setting =
        buf_error(&name) == OK ? arena_span_text(reader->arena, buf_span(&name)) : NULL;
    buf_release(&name);
    *ret = setting == NULL ? NULL : setting + strlen("xmlns:");
    return setting == NULL ? ERR_NOMEM
                           : read_setting(reader, setting,
                                          arena_text(reader->arena, (const char *)space->href));
}

/* "odk:quality": name of an attribute with its prefix. */
static enum err read_name(struct reader *reader, const xmlAttr *attribute, const char **ret)
{
    struct buf name;
    const char *prefix = NULL;
    enum err e = OK;
    if (attribute->ns != NULL && attribute->ns->href != NULL) {
        prefix = known_prefix((const char *)attribute->ns->href);
        if (prefix == NULL && attribute->ns->prefix != NULL) {
            e = foreign_prefix(reader, attribute->ns, &prefix);
        }
    }
    buf_init(&name, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_text(&name, prefix == NULL ? "" : prefix);
    buf_add_text(&name, prefix == NULL ? "" : ":");
    buf_add_text(&name, (const char *)attribute->name);
    *ret = buf_error(&name) == OK ? arena_span_text(reader->arena, buf_span(&name)) : NULL;
    buf_release(&name);
    return e != OK ? e : *ret == NULL ? ERR_NOMEM : OK;
}

/* Of attributes of several namespaces, one a name is kept. */
static bool is_pair_there(const struct xform_pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pairs[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_known(const xmlAttr *attribute, const char *const *known)
{
    for (; *known != NULL; known++) {
        if (strcmp((const char *)attribute->name, *known) == 0) {
            return true;
        }
    }
    return false;
}

enum err read_extras(struct reader *reader, const xmlNode *element, const char *const *known,
                     const struct xform_pair **ret)
{
    size_t count = 0;
    for (const xmlAttr *at = element->properties; at != NULL; at = at->next) {
        count += is_known(at, known) ? 0 : 1;
    }
    *ret = NULL;
    if (count == 0) {
        return OK;
    }
    struct xform_pair *pairs = arena_array(reader->arena, count + 1, sizeof(*pairs));
    if (pairs == NULL) {
        return ERR_NOMEM;
    }
    size_t to = 0;
    for (const xmlAttr *at = element->properties; at != NULL; at = at->next) {
        if (is_known(at, known)) {
            continue;
        }
        enum err e = read_name(reader, at, &pairs[to].name);
        pairs[to].value = xml_text((const xmlNode *)at, reader->arena);
        if (e != OK || pairs[to].value == NULL) {
            return ERR_NOMEM;
        }
        to += is_pair_there(pairs, to, pairs[to].name) ? 0 : 1;
    }
    pairs[to] = (struct xform_pair){0};
    *ret = pairs;
    return OK;
}

bool is_name_again(const xmlNode *element, const xmlAttr *attribute)
{
    for (const xmlAttr *at = element->properties; at != attribute; at = at->next) {
        if (xmlStrEqual(at->name, attribute->name)) {
            return true;
        }
    }
    return false;
}

/* <h:html><h:head><h:title/><model/></h:head><h:body/></h:html> */
static enum err find_parts(struct reader *reader, const xmlDoc *doc)
{
    const xmlNode *html = xmlDocGetRootElement(doc);
    const xmlNode *head = html == NULL ? NULL : xml_child(html, "head");
    const xmlNode *title = head == NULL ? NULL : xml_child(head, "title");
    reader->model = head == NULL ? NULL : xml_child(head, "model");
    reader->body = html == NULL ? NULL : xml_child(html, "body");
    if (reader->model == NULL) {
        return read_fault(reader, html, "html",
                          "it is no XForm: <h:html> with <h:head>, in it <model>, is expected");
    }
    reader->form->title = title == NULL ? "" : xml_text(title, reader->arena);
    reader->form->style = reader->body == NULL ? NULL : READ_TEXT(reader, reader->body, "class");
    reader->form->style = reader->form->style == NULL ? "" : reader->form->style;
    return reader->form->title == NULL ? ERR_NOMEM : OK;
}

static enum err read_document(struct reader *reader, const xmlDoc *doc)
{
    enum err e = find_parts(reader, doc);
    e = e != OK ? e : read_itext(reader);
    e = e != OK ? e : read_bind_ids(reader);
    e = e != OK ? e : read_model(reader);
    return e != OK || reader->body == NULL ? e : read_body(reader);
}

enum err xform_read_xml(struct span text, struct arena *arena, struct xform *ret,
                        struct buf *warnings, struct diag *diag)
{
    struct xform form = {.arena = arena, .names = tree_names_new(arena)};
    const char *why;
    int line;
    if (text.size > XFORM_XML_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "form", "32 MiB", NULL);
    }
    if (form.names == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    xmlDoc *doc = xml_read(text, &why, &line);
    if (doc == NULL) {
        char place[32];
        (void)snprintf(place, sizeof(place), "line %d", line);
        return diag_set(diag, ERR_BAD_FORM, place, why, NULL);
    }
    struct reader reader = {.form = &form,
                            .arena = arena,
                            .warnings = warnings,
                            .diag = diag,
                            .last_action = &form.actions};
    enum err e = read_document(&reader, doc);
    xmlFreeDoc(doc);
    if (e == OK) {
        *ret = form;
    }
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
