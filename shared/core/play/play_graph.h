/*
 * play_graph.h - what depends on what in a form (part of a play's inside).
 */
#ifndef PLAY_GRAPH_H
#define PLAY_GRAPH_H

#include "play_inner.h"

/* Finds it, and the order in which all is computed. */
MUST_CHECK enum err graph_build(struct play *play, struct diag *diag);
/*
 * What a path reads that stands in an expression of the definition `context`: in `ret`, by
 * definition the nearest one that holds both ends; NO_DEF: it isn't read. `ret_foreign`: of a
 * secondary instance instead.
 */
MUST_CHECK enum err graph_reach(struct play *play, const struct expr_path *path, size_t context,
                                size_t *ret, bool *ret_foreign);
/* Does `inner` lie in `outer`, or is it the same? */
bool graph_holds(const struct play *play, size_t outer, size_t inner);
/* The higher of two definitions of which one may lie in the other; else their nearest ancestor. */
size_t graph_shared(const struct play *play, size_t a, size_t b);

#endif
