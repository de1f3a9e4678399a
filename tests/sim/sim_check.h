/*
 * sim_check.h - what must hold, always and at rest. A broken promise ends the run (world_fail).
 *
 * Databases are looked at through a connection of the simulator's own (the eye), which sees what
 * is committed; what was promised is kept outside of all nodes.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim_world.h"

/* ---- sim_eye.c */
/* A prepared statement on the node's database; sqlite3_finalize() it. NULL: the disk is dead. */
sqlite3_stmt *eye_ask(struct sim_node *node, const char *sql);
int64_t eye_number(struct sim_node *node, const char *sql); /* of its one row; 0 without one */
uint64_t eye_sum(struct sim_node *node, const char *sql);   /* hash over all rows and columns */

/* ---- sim_births_check.c: what a save did */
#define SHOWN_MAX 4096
struct sim_shown {
    size_t count;
    struct shown_value {
        char reg[96];
        uint64_t uid8;
    } values[SHOWN_MAX];
};
/* The live values of an entity that the next save's author is shown; `own`: the node, open. */
void check_look(struct sim_node *node, struct node *own, struct id entity, struct sim_shown *ret);
/* Takes the node's new own ops into the births. With `shown` (may be NULL): each names only what
   its author was shown, and all that it supersedes. Returns how many there were. */
size_t check_births(struct sim_node *node, const struct sim_shown *shown);
/* Marks what an undo took back; none of it may have been sent. Returns how many ops. */
size_t check_undone(struct sim_node *node);
/* A hub is lost for good: what it alone wrote or held for lost authors may be gone with it. */
void check_hub_lost(struct sim_node *hub);
void check_after_restore(struct sim_node *node);
/* Nothing that was saved is gone, nothing undone is back, acknowledgements stand. */
void check_after_crash(struct sim_node *node);

/* ---- sim_during.c */
/* Cursors of a node never go back within an epoch. */
void check_cursors(struct sim_node *node);
/* A number that changes when a server's data does; `with_bookkeeping` also when what it noted of
   origins, batches and callers does. */
uint64_t check_fingerprint(struct sim_node *node, bool with_bookkeeping);

/* ---- sim_stable.c */
/* Around a backup of the region: what it would hold may be called stable if it came about. */
struct stable_before;
struct stable_before *stable_begin_backup(struct sim_world *world);
void stable_end_backup(struct sim_world *world, struct stable_before *before);
/* A server says that an origin is stable up to there. */
void stable_check(struct sim_node *server, struct id origin, int64_t seq);

/* ---- sim_watch.c: what options.watch and options.keep ask for */
void watch_world(struct sim_world *world, const char *what);
void watch_keep(struct sim_world *world);

/* ---- sim_blob.c */
/* Every fourth seed has a region whose disk loses files, and whose backup may. */
void blobs_rot(struct sim_world *world);
void blobs_note(struct sim_node *node, const struct blob_name *name);
/* Around a sync: does one begin where another was cut; what it carried. */
void blobs_begin(struct sim_node *node, struct sim_node *server);
void blobs_end(struct sim_node *node, const struct sync_result *result);

/* ---- at rest */
void check_blobs(struct sim_world *world); /* sim_blob.c: what is whole anywhere is at the region */
void quiet_world(struct sim_world *world); /* sim_quiet.c: everybody syncs until nothing moves */
void check_ops(struct sim_world *world);   /* sim_oracle.c: nothing lost, live as defined */
void check_equal(struct sim_world *world); /* sim_compare.c: digests, records, compartments */
/* sim_compare.c: old requests change nothing. False: they brought ops that were lost with a disk.
 */
bool check_replay(struct sim_world *world);
/* ---- sim_redact.c: nobody holds what was redacted */
/* Somebody asked for a register's values to be erased: those of the first `births` that they hold
   must be. */
void redact_asked(struct sim_node *node, size_t births, struct id request, struct id entity,
                  struct span reg);
void check_redacted(struct sim_world *world);
void check_audit(struct sim_world *world); /* sim_compare.c: nodes find themselves in order */

#endif
