/*
 * bundle_parts.h - what the files of bundles share (bundle_*.c and serve_bundle.c only).
 */
#ifndef BUNDLE_PARTS_H
#define BUNDLE_PARTS_H

#include "bundle_files.h"
#include "node_bundle.h"
#include "node_internal.h"
#include "pack.h"

/* ---- bundle_file.c: a bundle being written: under another name until it is whole. */

struct bundle_out {
    struct node *node;
    const struct bundle_order *order;
    char path[BUNDLE_PATH_SIZE], part[BUNDLE_PATH_SIZE];
    struct bundle_writer *writer; /* NULL until it began */
    struct buf bytes;             /* finished, not in the file yet */
    int64_t room;                 /* bytes that attachments may still take */
    struct bundle_report *report;
    struct diag *diag;
};
MUST_CHECK enum err bundle_out_begin(struct bundle_out *out, const struct public_key *receiver_key);
MUST_CHECK enum err bundle_out_frame(struct bundle_out *out, enum bundle_kind kind,
                                     struct span body);
MUST_CHECK enum err bundle_out_head(struct bundle_out *out, const struct bundle_head *head);
/* Signs, and gives the file its name. */
MUST_CHECK enum err bundle_out_end(struct bundle_out *out);
/* In any case; removes what isn't whole. */
void bundle_out_release(struct bundle_out *out);

struct bundle_in {
    struct node *node;
    const char *path;
    bool again; /* the second time in one import: as new as the first */
    struct bundle_parties parties;
    struct bundle_reader reader;
    bool reading;
    struct buf sealed;
    struct bundle_report *report;
    struct diag *diag;
};
/* Checks the whole file, and that it is for this node. */
MUST_CHECK enum err bundle_in_begin(struct bundle_in *in);
MUST_CHECK enum err bundle_in_frame(struct bundle_in *in, bool *ret_found,
                                    enum bundle_kind *ret_kind, struct span *ret_body);
void bundle_in_release(struct bundle_in *in);

/* bundle_export.c: the order's path, or a name in that folder. */
MUST_CHECK enum err bundle_choose_path(struct bundle_out *out);

struct bundle_peer;
/* ---- bundle_enrol.c: both ends of an enrolment by bundle */

/* The new node takes what a server it asked answers. */
MUST_CHECK enum err bundle_take_enrolled(struct bundle_in *in, struct span body);
MUST_CHECK enum err serve_bundle_enrol(struct bundle_in *in, struct span body);
/* Frame 4, while the caller isn't known to have had it. */
MUST_CHECK enum err serve_bundle_enrolled(struct bundle_out *out, struct id caller,
                                          const struct bundle_peer *peer);

/* ---- bundle_peer.c: what is remembered of another node. */

struct bundle_peer {
    bool has_asked, has_key, has_request, has_enrol;
    uint64_t asked; /* id of the last asks written for it */
    struct public_key key;
    struct span request; /* line 1 of its last ask, in the arena */
    uint64_t ask, epoch;
    bool has_kept; /* it is revoked, and brought asks since: so much of it is here */
    int64_t kept;
    uint8_t enrol[6]; /* code id (wire/enrol_message.h) */
};
MUST_CHECK enum err bundle_peer_read(struct node *node, struct id name, struct arena *arena,
                                     struct bundle_peer *ret);
/* Its key, from its definition, else as the enrolment gave it: ERR_UNKNOWN_NODE; ERR_REVOKED unless
   `revoked_too`: a caller that is revoked is heard, and told so. */
MUST_CHECK enum err bundle_peer_key(struct node *node, struct id name, bool revoked_too,
                                    struct public_key *ret, struct diag *diag);

/* ---- bundle_ask.c, bundle_answer.c: the calling end */
MUST_CHECK enum err bundle_write_asks(struct bundle_out *out, struct id server);

struct bundle_taking; /* one file of answers being taken */
MUST_CHECK enum err bundle_take_begin(struct bundle_in *in, const struct bundle_head *head,
                                      struct bundle_taking **ret);
MUST_CHECK enum err bundle_take_answer(struct bundle_taking *taking, struct span body,
                                       struct diag *diag);
MUST_CHECK enum err bundle_take_put(struct bundle_taking *taking, struct span body,
                                    struct diag *diag);
/* The answer is that this node is revoked: locks it, when that is news. ERR_REVOKED then. */
MUST_CHECK enum err bundle_take_revoked(struct bundle_taking *taking, int64_t kept,
                                        struct diag *diag);
void bundle_take_end(struct bundle_taking *taking);

/* ---- bundle_files.c: attachments. `server`: whom the calling end asks. */
struct server_row;
MUST_CHECK enum err bundle_write_files(struct bundle_out *out, const struct server_row *server);
/* `news`: what it tells of ours counts. */
MUST_CHECK enum err bundle_take_files(struct node *node, const struct server_row *server, bool news,
                                      struct span body, struct bundle_report *report,
                                      struct diag *diag);
/* Names, in one frame. */
MUST_CHECK enum err bundle_out_names(struct bundle_out *out, struct bundle_files *files);
/* The bytes of a whole one from `from` on, as far as there is room. */
MUST_CHECK enum err bundle_out_file(struct bundle_out *out, const struct blob_name *name,
                                    int64_t from);
/* What is remembered of a node between two bundles (table bundle_file). */
enum bundle_file_way {
    FILE_ASKED,  /* a caller wants to know how much of it is here */
    FILE_WANTED, /* it would like to have it, and holds `have` bytes */
    FILE_TOLD    /* a server said that it holds `have` bytes */
};
MUST_CHECK enum err bundle_file_set(struct node *node, struct id peer, enum bundle_file_way way,
                                    const struct blob_name *name, int64_t have);

/* ---- serve_bundle.c, serve_bundle_files.c: the answering end */

/* One frame of files. With the first of its bundle what the caller named before is forgotten. */
struct bundle_named {
    bool began;
    size_t count; /* of names in this bundle so far */
};
MUST_CHECK enum err serve_bundle_files(struct node *node, struct id caller,
                                       struct bundle_named *named, struct span body,
                                       struct bundle_report *report, struct diag *diag);
/* What is told and put, after the answers. */
MUST_CHECK enum err serve_bundle_told(struct bundle_out *out, struct id caller);

/* One ask of a bundle. `report->waits`: it doesn't follow what is here, nor will the rest. */
MUST_CHECK enum err serve_bundle_ask(struct node *node, struct pack *pack, struct id sender,
                                     uint64_t ask, struct span body, struct bundle_report *report,
                                     struct diag *diag);
MUST_CHECK enum err serve_bundle_answers(struct bundle_out *out, struct id caller);

#endif
