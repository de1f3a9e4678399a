/*
 * record_face.h - one record, its history and its disputes, as a person of the office reads them.
 */
#ifndef RECORD_FACE_H
#define RECORD_FACE_H

#include "app.h"
#include "record.h"

/* Head lines, then property by property; a disputed one with its alternatives, numbered as
   `review resolve --take` counts them (from 1). `disputes_only` leaves the rest out. */
MUST_CHECK enum err record_show(struct app *app, const struct record *record, bool disputes_only);

MUST_CHECK enum err record_show_history(struct app *app, const struct record *record);

/* A list of records by `filter`, with --limit and --after. */
MUST_CHECK enum err list_records(struct app *app, struct record_filter *filter);

#endif
