/*
 * form_list.h - the files that lie beside a form, as the secondary instances that ODK makes of
 * them.
 *
 *     villages.csv      /root/item/<column>, an item a row
 *     wells.geojson     /root/item/{id,geometry,<property>}, an item a feature
 *     items.xml         as it is
 */
#ifndef FORM_LIST_H
#define FORM_LIST_H

#include "tree.h"

#define FORM_LIST_MAX (64u << 20) /* bytes of one file */

/* `name` ends in .csv, .geojson or .xml. ERR_FORMAT with the file and what is wrong. All lives in
   `arena`; `text` may go afterwards. */
MUST_CHECK enum err form_list_read(const struct mem *mem, struct span text, const char *name,
                                   struct tree_names *names, struct arena *arena,
                                   struct tree_node **ret, struct diag *diag);

#endif
