/*
 * form_publish.h - a form that is played becomes a definition of the organisation, with the types
 * that its answers need.
 */
#ifndef FORM_PUBLISH_H
#define FORM_PUBLISH_H

#include "app.h"
#include "form_file.h"

/*
 * Publishes what differs: types made from the form (a survey's, or of an entity that nobody has
 * defined), then the form as its next version. The same form again writes nothing. ERR_BAD_FORM
 * where an answer has no place in a type, ERR_TYPE_CONFLICT where what stands would lose its
 * meaning and `retire` (names, separated by commas; NULL) doesn't say so. Inside a transaction.
 */
MUST_CHECK enum err form_publish(struct app *app, const struct form_file *file, const char *retire);

#endif
