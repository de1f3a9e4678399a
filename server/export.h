/*
 * export.h - the records of one type as a file for other programs: CSV, JSON, GeoJSON.
 *
 * Columns are stable: _case, _id, _root (types with a parent), _place, _province, _commune, then
 * the properties in the type's order, then _disputes, _updated. Properties of high sensitivity
 * (national ids, health) are left out unless asked for. A value in dispute is the one shown
 * first, and _disputes says how many registers wait for a person. Deleted records are left out.
 * Beside FILE stands FILE.codebook.csv: what each column is.
 *
 * Records are read in pages and written in pieces to a file that gets its name at the end, so
 * memory doesn't grow with them, and an export that breaks or is killed leaves no half file behind.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "record.h"

enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_GEOJSON };

bool export_format_from_name(const char *name, enum export_format *ret);

struct export_options {
    enum export_format format;
    enum language language; /* of place names */
    bool sensitive;         /* with properties of high sensitivity */
    bool bom;               /* CSV: a byte order mark first, for spreadsheets that guess */
    int64_t zone_minutes;   /* of _updated */
};

struct export_counts {
    int64_t records;
    int64_t without_point; /* GeoJSON: features without geometry */
};

/* ERR_UNKNOWN_TYPE; ERR_UNKNOWN_PROPERTY for GeoJSON of a type without a geopoint;
   ERR_TYPE_CONFLICT when the type was published anew meanwhile; ERR_FILE, ERR_DB_FULL. */
MUST_CHECK enum err export_type(const struct host *host, struct node *node, const char *type,
                                const char *path, const struct export_options *options,
                                struct export_counts *ret, struct diag *diag);

#endif
