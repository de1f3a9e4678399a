/*
 * wire_limits.h - every maximum of what crosses a wire or a stick, in one place.
 *
 * What exceeds one is refused with ERR_TOO_LARGE naming the limit, before memory is taken for
 * it. The server's own socket limits are in server/http_limits.h; sizes of an op are in
 * core/op.h, of types and forms in core/type.h and core/form.h.
 */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#define WIRE_PACKED_MAX   (4u * 1024 * 1024)  /* bytes of one packed text */
#define WIRE_PLAIN_MAX    (16u * 1024 * 1024) /* bytes of one unpacked text */
#define WIRE_LINE_MAX     (1024u * 1024)      /* bytes of one header or row line */
#define WIRE_BATCH_MAX    (1024u * 1024)      /* bytes of bodies in one batch */
#define WIRE_BATCH_OPS    4096u               /* ops in one batch */
#define WIRE_REPLY_MIN    (8u * 1024)         /* smallest "max" a caller may ask for */
#define WIRE_REPLY_MAX    (4u * 1024 * 1024)  /* largest */
#define WIRE_FEEDS_MAX    4096u               /* feeds named in a request or reply */
#define WIRE_ROOTS_MAX    4096u               /* roots named in one request */
#define WIRE_REST_MAX     1024u               /* trees whose rest is asked for in one request */
#define WIRE_REOPENS_MAX  64u                 /* codes that opened a device, in one request */
#define WIRE_ERASED_MAX   1024u               /* receipts of redactions in one request */
#define WIRE_VISITS_MAX   4096u               /* devices named in a hub's request */
#define WIRE_ORIGINS_MAX  16384u              /* origins named in one reply; fit WIRE_LINE_MAX */
#define WIRE_ROW_OPS      65536u              /* op rows that follow one ENTER or LEAVE */
#define WIRE_RUNS_MAX     8192u               /* runs of one offer, loose ops among them */
#define WIRE_RUN_OPS      64u                 /* ops of one run */
#define WIRE_HAND_MAX     65536u              /* rows handed over in one request */
#define WIRE_DEAD_MAX     4096u               /* registers in one row of dead predecessors */
#define WIRE_ENROL_MAX    4096u               /* bytes of an enrolment code or request */
#define WIRE_ANSWER_MAX   (64u * 1024)        /* bytes of the answer to it */
#define WIRE_NODE_NAME    80u                 /* bytes of a node's name */
#define WIRE_URL_MAX      200u                /* bytes of a hub's URL */
#define WIRE_RECEIPTS_MAX 4u                  /* receipts kept of one batch */
#define BUNDLE_CHUNK      65536u              /* plain bytes sealed at once */
/* Bytes of one frame of a bundle: a whole request or reply. */
#define BUNDLE_FRAME_MAX (WIRE_PACKED_MAX + 1024)

/* Attachments. */
#define WIRE_BLOB_CHUNK  65536u                      /* bytes of a file in one request or reply */
#define WIRE_BLOB_MAX    (16 * 1024 * 1024)          /* bytes of one file */
#define WIRE_BLOB_THUMB  65536                       /* bytes of a thumbnail */
#define WIRE_BLOB_LINE   65536u                      /* bytes of the line before them */
#define WIRE_BLOB_NAMES  256u                        /* files named in one request */
#define WIRE_BLOBS_OF_OP 16u                         /* files that one op can have carried */
#define WIRE_BLOBS_HELD  65536                       /* of one node, at a server */
#define WIRE_BLOB_BYTES  (16LL * 1024 * 1024 * 1024) /* of one node, at a server */

#define WIRE_STICK_NAMES 4096u                      /* files named in one bundle */
#define WIRE_STICK_BYTES (2LL * 1024 * 1024 * 1024) /* of files in one: FAT holds 4 GiB */

/* Forgetting. */
#define WIRE_SAFE_ROOTS 256u   /* roots asked about in one request */
#define WIRE_SAFE_OPS   4096u  /* ops of one of them */
#define WIRE_SAFE_UIDS  16384u /* of all; fit WIRE_LINE_MAX */

/* Snapshots. */
#define WIRE_SNAPS_MAX   4096u           /* offered in one reply */
#define WIRE_FRAMES_MAX  65536           /* of one snapshot */
#define WIRE_FRAME_MAX   WIRE_PACKED_MAX /* bytes of one frame */
#define WIRE_FRAME_TEXT  (1024u * 1024)  /* bytes of text that a frame is closed at */
#define WIRE_FRAME_LINES 262144u         /* lines of its text */

/* A push starts small, doubles on success, halves on failure (bytes of plain text). */
#define WIRE_PUSH_START (8u * 1024)
#define WIRE_PUSH_LEAST (2u * 1024)
#define WIRE_PUSH_MOST  (256u * 1024)

#endif
