/*
 * xform_faults.h - every expression of a form that can't be read, where the engine names the first.
 */
#ifndef XFORM_FAULTS_H
#define XFORM_FAULTS_H

#include "xform.h"

/* "/data/age, relevant"; "no function has this name: nosuch(1)". Lent for the time of the call. */
typedef void xform_fault_visit(void *ctx, const char *place, const char *what);

/* Of nodes, actions, lists of choices and counts, in the order of the form. */
MUST_CHECK enum err xform_each_fault(const struct mem *mem, const struct xform *form,
                                     xform_fault_visit *visit, void *ctx);

#endif
