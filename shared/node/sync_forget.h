/*
 * sync_forget.h - the end of a sync, which may let go of records (the sync*.c files only).
 */
#ifndef SYNC_FORGET_H
#define SYNC_FORGET_H

#include "sync_internal.h"

/* sync_forget.c: gathers what to ask about next; `*ret_any` false when there is nothing (more). */
MUST_CHECK enum err sync_forget_next(struct sync *sync, bool *ret_any);
/* A row said that this root is safe; part of the reply's transaction. */
MUST_CHECK enum err sync_forget_root(struct sync *sync, struct id root);
/* At the end of a round: pages go back to the file system. */
MUST_CHECK enum err sync_forget_end(struct sync *sync);

#endif
