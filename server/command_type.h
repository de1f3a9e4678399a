/*
 * command_type.h - what a new version of a type changes, said before and when it is published.
 */
#ifndef COMMAND_TYPE_H
#define COMMAND_TYPE_H

#include "app.h"

struct type_step {
    const struct type *before; /* NULL: the type is new */
    const struct type *next;
};

/* A table of what differs, with how many records it concerns. */
MUST_CHECK enum err type_say_changes(struct app *app, const struct type_step *steps, size_t count);

/* Warns of old values that stay readable where they were, and of forms that ask for what the type
   has retired. */
MUST_CHECK enum err type_warn(struct app *app, const struct org *org, const struct type_step *step);

#endif
