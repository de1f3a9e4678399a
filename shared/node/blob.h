/*
 * blob.h - attachments: the bytes that values of type file name, kept beside the database.
 *
 * A blob is a file `<database>.blobs/ab/<hash>-<size>.<giver>` and a row that says how much of it
 * counts. The file is synced before the row says so; what a power cut or a
 * failed transaction leaves in a file without a row is written over. With host->db_key the files
 * are sealed and their names tell nothing (sealed_file.h).
 *
 * Blobs move in the lane after a sync (sync.h, serve.h). What refers to one is an op; a blob that
 * no op refers to any more goes (blob_forget_op).
 */
#ifndef BLOB_H
#define BLOB_H

#include "file_value.h"
#include "node.h"
#include "save.h"

/* ---- a person attaches a file */

struct attachment {
    struct id person;
    struct id entity;
    const char *property;
    struct span bytes; /* as the file is */
    const char *name;  /* of the file, for a diagnosis */
};
struct attached {
    struct saved saved; /* op_count 0: the same file was there already */
    struct file_value file;
    bool cleaned; /* what isn't the picture was taken out of it */
};
/*
 * Cleans an image (media.h) unless the property keeps where it was made, makes a thumbnail where
 * the host can, keeps both and saves the value: file, rows and op together or none. ERR_TOO_LARGE
 * (file, limit), ERR_FILE_KIND, ERR_FILE_DAMAGED, ERR_OUT_OF_RANGE, ERR_BAD_VALUE for a property
 * that isn't a file, and what node_save() refuses.
 */
MUST_CHECK enum err node_attach(struct node *node, const struct attachment *attachment,
                                struct arena *arena, struct attached *ret, struct diag *diag);

/* The file that a property shows. ERR_NOT_FOUND when it shows none, and as record_read(). */
MUST_CHECK enum err node_attachment(struct node *node, const struct id *viewer, struct id entity,
                                    const char *property, struct arena *arena,
                                    struct file_value *ret, struct diag *diag);

/* ---- blobs */

struct blob_state {
    bool known;  /* some op refers to it */
    bool here;   /* all of it */
    bool above;  /* the server has it */
    bool stable; /* the region's backup has it */
    bool wanted; /* comes with the next syncs */
};
MUST_CHECK enum err blob_state(struct node *node, const struct blob_name *name,
                               struct blob_state *ret);

/* Appends all of it after comparing its hash. ERR_NOT_FOUND when it isn't here (any more: what is
   found damaged or missing is fetched again). */
MUST_CHECK enum err blob_read(struct node *node, const struct blob_name *name, struct buf *ret);

/* It is to come with the next sync. */
MUST_CHECK enum err blob_want(struct node *node, const struct blob_name *name);

struct blob_sum {
    int64_t count, bytes;
};
struct blob_status {
    struct blob_sum kept; /* on this node's disk */
    struct blob_sum send; /* of these: no server has them */
    struct blob_sum safe; /* of these: whole files that are stable and may be dropped */
    struct blob_sum fetch;
};
MUST_CHECK enum err blob_status(struct node *node, struct blob_status *ret);

/* Frees the space of whole files that are stable; thumbnails stay. At a server nothing goes: what
   stands there is what everybody else asks for. */
MUST_CHECK enum err blob_drop_stable(struct node *node, struct blob_sum *ret, struct diag *diag);

/*
 * node_backup() with attachments: those that aren't there yet are copied into
 * `<folder of path>/files`, where copies in turn share them, then the database to `path`; at the
 * region both are stable then. `*ret_missing`: files that records name and that are neither here,
 * nor there, nor in the region's backup.
 */
MUST_CHECK enum err blob_backup(struct node *node, const char *path, int64_t *ret_missing,
                                struct diag *diag);

/*
 * After a database was put back from the copy at `path`: files that it speaks of and that aren't
 * beside it are taken from `<folder of path>/files`. `*ret_missing`: those that aren't there
 * either.
 */
MUST_CHECK enum err blob_restore(struct node *node, const char *path, int64_t *ret_missing,
                                 struct diag *diag);

/* Removes files that nothing refers to any more, beside backups too. Outside a transaction. */
MUST_CHECK enum err blob_sweep(struct node *node);

/* Files that are to go from beside backups whose folders are out of reach (a disk that lies in a
   drawer): told each, path and all. */
typedef void (*blob_copy_each)(void *ctx, const char *path);
MUST_CHECK enum err blob_copies_waiting(struct node *node, blob_copy_each each, void *ctx);

#endif
