#include "xml_tree.h"

#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

xmlDoc *xml_read(struct span text, const char **ret_why, int *ret_line)
{
    *ret_line = 0;
    if (text.size > INT_MAX) {
        *ret_why = "the file is too large";
        return NULL;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (parser == NULL) {
        *ret_why = "no memory";
        return NULL;
    }
    /* No network, no entities: what a DOCTYPE declares is never used, since it is refused below. */
    xmlDoc *doc =
        xmlCtxtReadMemory(parser, (const char *)text.data, (int)text.size, NULL, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                              XML_PARSE_NOCDATA | XML_PARSE_COMPACT | XML_PARSE_BIG_LINES);
    if (doc == NULL) {
        *ret_why = "it is no well-formed XML";
        *ret_line = parser->lastError.line;
    } else if (parser->nsWellFormed == 0) {
        *ret_why = "a prefix is used that nothing declares: add its xmlns: to the first element";
        *ret_line = parser->lastError.line;
        xmlFreeDoc(doc);
        doc = NULL;
    } else if (doc->intSubset != NULL || doc->extSubset != NULL) {
        *ret_why = "a DOCTYPE is not allowed: remove it";
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    return doc;
}

bool xml_is(const xmlNode *node, const char *local_name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, local_name) == 0;
}

static const xmlNode *element_from(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

const xmlNode *xml_first(const xmlNode *parent)
{
    return element_from(parent->children);
}

const xmlNode *xml_next(const xmlNode *element)
{
    return element_from(element->next);
}

const xmlNode *xml_child(const xmlNode *parent, const char *local_name)
{
    const xmlNode *child = xml_first(parent);
    while (child != NULL && !xml_is(child, local_name)) {
        child = xml_next(child);
    }
    return child;
}

static const xmlAttr *attribute(const xmlNode *node, const char *local_name)
{
    const xmlAttr *at = node->properties;
    while (at != NULL && strcmp((const char *)at->name, local_name) != 0) {
        at = at->next;
    }
    return at;
}

bool xml_has(const xmlNode *node, const char *local_name)
{
    return attribute(node, local_name) != NULL;
}

static const char *copy_content(const xmlNode *node, struct arena *arena)
{
    xmlChar *content = xmlNodeGetContent(node);
    const char *copy = content == NULL ? NULL : arena_text(arena, (const char *)content);
    xmlFree(content);
    return copy;
}

const char *xml_attribute(const xmlNode *node, const char *local_name, struct arena *arena)
{
    const xmlAttr *found = attribute(node, local_name);
    return found == NULL ? NULL : copy_content((const xmlNode *)found, arena);
}

const char *xml_text(const xmlNode *node, struct arena *arena)
{
    return copy_content(node, arena);
}
