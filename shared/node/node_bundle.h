/*
 * node_bundle.h - the conversation of sync.h and serve.h through files, where no network goes.
 *
 * schema/protocol.md, "Bundles". node_bundle_export() writes one file for one other node: what it
 * would ask of a server of its own, or what it answers to a node that calls here. Nothing is
 * believed to have arrived by it; what an answer says is. node_bundle_import() checks a file whole,
 * then applies it frame by frame. Both hold little in memory, however large the file.
 *
 * A server may be serving the same home meanwhile: frames are transactions like its own.
 */
#ifndef NODE_BUNDLE_H
#define NODE_BUNDLE_H

#include "bundle.h"
#include "node.h"

enum bundle_way { BUNDLE_TO_SERVER, BUNDLE_TO_CALLER, BUNDLE_TO_ENROL };

struct bundle_report {
    struct id peer; /* whom it is for, or who wrote it */
    enum bundle_way way;
    int64_t bytes, bytes_total; /* of the file; total 0 while it isn't known */
    int64_t frames;
    int64_t ops;   /* of an export of asks: in it; of an import: new here */
    int64_t rows;  /* of answers */
    int64_t acked; /* of answers: own ops that their server has now, it says */
    int64_t late, refused;
    int64_t files, file_bytes; /* attachments: their last bytes are in it, came by it */
    bool enrolled;             /* by this import: this node, or the one that wrote it */
    int64_t aside;             /* asks of a revoked node: batches that are in quarantine now */
    bool files_left;           /* of an export: not all fit */
    bool waits;                /* asks: earlier ones are missing, an answer will say from where */
    bool news;                 /* answers: nothing later was heard of that server */
};

/* Told after every frame. False: stop, with ERR_CANCELLED. */
typedef bool (*bundle_progress)(void *ctx, const struct bundle_report *so_far);

struct bundle_order {
    const char *path; /* of the file, or of a folder: then a name is chosen */
    const char *to; /* short code, id (4 characters or more of it) or name; NULL: the only server */
    const char *ca_pem; /* a server's: for who is enrolled by this bundle; "" without */
    bool has_files_max; /* attachments cost at most `files_max` bytes; records always go */
    int64_t files_max;
    bundle_progress progress; /* may be NULL */
    void *ctx;
};

#define BUNDLE_PATH_SIZE 4096

/*
 * Writes the file and says where it is. ERR_EXISTS (file) rather than overwrite one;
 * ERR_MISSING_ARGUMENT ("to"), ERR_UNKNOWN_NODE, ERR_AMBIGUOUS; ERR_NOT_ALLOWED (what, who) for a
 * node that neither serves this one nor is served; ERR_FILE, ERR_DB_FULL.
 */
MUST_CHECK enum err node_bundle_export(struct node *node, const struct bundle_order *order,
                                       char ret_path[BUNDLE_PATH_SIZE], struct bundle_report *ret,
                                       struct diag *diag);

/*
 * A request to be enrolled by the server of a code (enrol.h), as a file for it; order->to is not
 * asked. An answer to it that is imported enrols this node, and brings its first sync.
 * ERR_BAD_CODE (why) of one that holds no key, and as enrol_begin() and node_bundle_export().
 */
MUST_CHECK enum err node_bundle_enrol(struct node *node, const char *code, const char *name,
                                      const struct bundle_order *order,
                                      char ret_path[BUNDLE_PATH_SIZE], struct bundle_report *ret,
                                      struct diag *diag);

/*
 * ERR_FORMAT, ERR_UNKNOWN_FORMAT, ERR_DAMAGED, ERR_ELSEWHERE, ERR_UNKNOWN_NODE, ERR_SIGNATURE,
 * ERR_REVOKED, ERR_NOT_ALLOWED: refused whole; what a revoked node asks is kept in quarantine, and
 * ERR_REVOKED (this node) of an answer has locked it (lease.h). A failure later on leaves the
 * frames before it applied; import it again.
 */
MUST_CHECK enum err node_bundle_import(struct node *node, const char *path,
                                       bundle_progress progress, void *ctx,
                                       struct bundle_report *ret, struct diag *diag);

#endif
