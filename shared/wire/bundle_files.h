/*
 * bundle_files.h - names and pieces of attachments in a bundle (schema/protocol.md, "Bundles").
 *
 * One form for both ways: a caller asks, wants and puts, a server tells and puts.
 */
#ifndef BUNDLE_FILES_H
#define BUNDLE_FILES_H

#include "blob_message.h"

struct file_wanted {
    struct blob_name name;
    int64_t from; /* bytes of it that are here */
};

struct file_told {
    struct blob_name name;
    int64_t have; /* bytes that the server holds; -1: it takes none */
    bool stable;
};

struct bundle_files {
    int64_t time_ms;
    struct blob_name *ask;
    size_t ask_count;
    struct file_wanted *want;
    size_t want_count;
    struct file_told *told;
    size_t told_count;
    bool has_put;
    struct blob_piece put;
};

/* One line with its LF; the bytes of `put` follow it. */
void bundle_files_write(const struct bundle_files *files, struct buf *ret);
/* From a whole frame, as blob_request_read(). */
MUST_CHECK enum err bundle_files_read(struct span body, struct arena *arena,
                                      struct bundle_files *ret, struct span *ret_bytes,
                                      struct diag *diag);

#endif
