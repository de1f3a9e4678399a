/*
 * serve_blob.h - who may read a blob, and who may give one: by network and by bundle.
 */
#ifndef SERVE_BLOB_H
#define SERVE_BLOB_H

#include "blob_internal.h"
#include "serve_internal.h"

struct blob_access {
    bool read, give;
};
MUST_CHECK enum err serve_blob_find(const struct serve *serve, const struct blob_name *name,
                                    struct blob_row *ret_blob, struct blob_access *ret_access);
/* How much of it is here of what this caller could give; -1: nothing is taken. */
MUST_CHECK enum err serve_blob_taken(const struct serve *serve, const struct blob_name *name,
                                     struct blob_row *ret_blob, int64_t *ret);

#endif
