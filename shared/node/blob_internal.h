/*
 * blob_internal.h - the store of attachments, for the node's own files.
 */
#ifndef BLOB_INTERNAL_H
#define BLOB_INTERNAL_H

#include "blob.h"
#include "node_internal.h"
#include "wire_limits.h"

enum blob_kind { BLOB_FILE, BLOB_THUMB };

struct blob_row {
    int64_t id; /* 0: nothing refers to it */
    struct blob_name name;
    enum blob_kind kind;
    bool whole;
    struct id giver; /* whose file it is, when whole */
    int64_t server;
    uint64_t epoch;
    bool stable, wanted;
};
MUST_CHECK enum err blob_find(struct node *node, const struct blob_name *name,
                              struct blob_row *ret);

/* ---- blob_refs.c: which ops name which blobs; called with every op that comes into the log. */
MUST_CHECK enum err blob_note_op(struct node *node, const struct op *op, int64_t row);
/*
 * The op is no more, or holds no values any more (undone, redacted, forgotten): blobs that no other
 * op refers to go with it, their files with the next blob_sweep().
 */
MUST_CHECK enum err blob_forget_op(struct node *node, int64_t row);

/* ---- blob_store.c */

/* A row that is new here may have its file already: the database was put back from an older copy,
   the folder beside it wasn't. What this node kept itself is found again. */
MUST_CHECK enum err blob_adopt(struct node *node, struct blob_row *blob);

/* A row for bytes that an op about to be written will refer to. */
MUST_CHECK enum err blob_keep(struct node *node, struct span bytes, enum blob_kind kind,
                              struct blob_name *ret);
/* After a failed transaction: the file that blob_keep() wrote goes unless a row holds it. */
void blob_unkeep(struct node *node, const struct blob_name *name);

/* How much of it this giver has given. */
MUST_CHECK enum err blob_given(struct node *node, const struct blob_row *blob, struct id giver,
                               int64_t *ret);
/*
 * Takes bytes at `offset`, durably. `*ret_have` is how much there is now; when `offset` isn't
 * where this giver had got to, nothing is taken. With the last byte the hash decides: the blob
 * becomes whole, or all that this giver gave is thrown away and `*ret_wrong` is set.
 */
MUST_CHECK enum err blob_take(struct node *node, struct blob_row *blob, struct id giver,
                              int64_t offset, struct span bytes, int64_t *ret_have,
                              bool *ret_wrong);
/* Appends up to `size` bytes of a whole one; none when its file is gone, which is then noted. */
MUST_CHECK enum err blob_piece(struct node *node, struct blob_row *blob, int64_t offset,
                               int64_t size, struct buf *ret);
/* Is the file what it should be? One that isn't is noted as lost. */
MUST_CHECK enum err blob_verify(struct node *node, struct blob_row *blob, bool *ret);
/* Is there a file where a whole one should be? And: makes it from a copy at `from`, sealed under
   `from_name`, hash compared; `*ret` false when there is none or a wrong one. */
bool blob_has_file(struct node *node, const struct blob_row *blob);
MUST_CHECK enum err blob_refill(struct node *node, const struct blob_row *blob,
                                struct span from_name, const char *from, bool *ret);
/* Makes sealed copies of whole files, as `sealed` has them; those of `node` go with a later sweep.
 */
MUST_CHECK enum err blob_seal_all(struct node *node, const struct host *sealed);
/* Its file goes, its row stays: only of what is stable. */
MUST_CHECK enum err blob_drop(struct node *node, struct blob_row *blob);
/* From a copy at `from` of one that is lost here. In a transaction. `*ret` false when there is no
   right one; a wrong one goes. */
MUST_CHECK enum err blob_recover(struct node *node, const struct blob_name *name, const char *from,
                                 bool *ret);
/* Its row and files go. */
MUST_CHECK enum err blob_delete(struct node *node, int64_t id);

/* ---- blob_copies.c: files beside backups, so that what is redacted goes there too */

#define BLOB_PATH_MAX  1280
#define BLOB_COPY_PART ".part" /* what a file is called while it is copied */

/* The folder of the copy at `path`, with its slash; empty for the working folder. */
struct span blob_copies_folder(const char *path);
/* "<hash>-<size>", whoever gave it: copies in turn share them. So it is sealed as. */
#define BLOB_COPY_NAME (2 * HASH_SIZE + 32)
struct span blob_copy_name(const struct blob_name *name, char ret[BLOB_COPY_NAME]);
/* "<folder>files/ab/<name>", under a name that tells nothing when it is sealed. */
void blob_copy_path(const struct node *node, struct span folder, const struct blob_name *name,
                    char ret[BLOB_PATH_MAX]);
/* Before the first file is copied beside the copy at `path`. */
MUST_CHECK enum err blob_copies_begin(struct node *node, const char *path);
/* The folder of copies after `folder` ("": the first), in its place. */
MUST_CHECK enum err blob_copies_next(struct node *node, char folder[BLOB_PATH_MAX],
                                     bool *ret_found);
/* This one is to stay there after all. */
MUST_CHECK enum err blob_copy_stays(struct node *node, struct span folder,
                                    const struct blob_name *name);
/* It goes from every folder of copies, with the next blob_sweep() that reaches it. In a
   transaction. */
MUST_CHECK enum err blob_copy_goes(struct node *node, const struct blob_name *name);
MUST_CHECK enum err blob_copies_sweep(struct node *node);

/* ---- blob_loss.c: files that were called stable, and are lost all the same */

/* How often that happened, as this server tells it: a number that only grows; 0: never. */
MUST_CHECK enum err blob_losses(struct node *node, int64_t *ret);
/* The region's backup hasn't got this one. In a transaction. */
MUST_CHECK enum err blob_lose(struct node *node, int64_t id);
/* Believes nothing that it was told of files, so that it asks after all that it holds; a server
   tells its own callers to do the same. In a transaction. */
MUST_CHECK enum err blob_doubt(struct node *node);

#endif
