/*
 * xml_tree.h - small questions to libxml2's tree, inside of formio.
 */
#ifndef XML_TREE_H
#define XML_TREE_H

#include <libxml/tree.h>

#include "arena.h"

/* NULL when the text is no XML, has a DOCTYPE, or is too deep; then *ret_why says so. */
xmlDoc *xml_read(struct span text, const char **ret_why, int *ret_line);

bool xml_is(const xmlNode *node, const char *local_name);
const xmlNode *xml_child(const xmlNode *parent,
                         const char *local_name); /* first element so named */
const xmlNode *xml_first(const xmlNode *parent);  /* first element */
const xmlNode *xml_next(const xmlNode *element);  /* next element */
/* Value of an attribute by local name, copied; NULL when it isn't there or memory is out. */
const char *xml_attribute(const xmlNode *node, const char *local_name, struct arena *arena);
bool xml_has(const xmlNode *node, const char *local_name);
/* All text below, copied. */
const char *xml_text(const xmlNode *node, struct arena *arena);

#endif
