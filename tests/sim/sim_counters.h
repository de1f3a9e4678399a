/*
 * sim_counters.h - what happened in a run, counted.
 *
 * X(name, must happen): at the end of many runs each that must happen has to be above zero, or
 * the runs proved less than they seem to.
 */
#ifndef SIM_COUNTERS_H
#define SIM_COUNTERS_H

#include <stdint.h>
#include <stdio.h>

/* clang-format off */
#define SIM_COUNTERS(X) \
    /* what people and offices do */ \
    X(save_new, 1) X(save_child, 1) X(edit, 1) X(edit_during_sync, 1) X(save_same, 1) X(save_refused, 1) \
    X(resolve, 1) X(delete, 1) X(undo, 1) X(undo_nothing, 1) X(move, 1) X(desk, 1) X(place, 1) \
    X(sync, 1) X(sync_done, 1) X(sync_gave_up, 1) X(uplink, 1) X(uplink_done, 1) X(roam, 1) X(backup, 1) \
    X(grant, 1) X(restart, 1) X(restore, 1) X(offline, 1) X(uplink_down, 1) X(requests, 1) X(ops, 1) \
    /* clocks */ \
    X(clock_ahead, 1) X(clock_behind, 1) X(clock_drifts, 1) X(clock_frozen, 1) X(clock_back_at_boot, 1) X(clock_back_each_boot, 1) \
    /* the network */ \
    X(drop_request, 1) X(drop_reply, 1) X(delay, 1) X(late_request, 1) X(duplicate, 1) X(reorder, 1) \
    X(cut_request, 1) X(cut_reply, 1) X(portal, 1) X(cancel, 1) \
    X(portal_status, 1) X(swizzled, 1) X(long_request, 1) X(long_reply, 1) X(kept_answer, 1) \
    /* power */ \
    X(crash_device, 1) X(crash_hub, 1) X(crash_region, 1) X(crash_in_group, 1) X(crash_in_save, 1) \
    X(crash_in_sync, 1) X(crash_in_backup, 1) X(lost_sectors, 1) X(torn_sectors, 1) \
    /* attached files */ \
    X(attach, 1) X(blob_want, 1) X(blob_drop, 1) X(blob_sent, 1) X(blob_received, 1) X(blob_begun, 1) X(blob_checked, 1) \
    X(blob_rotten, 1) X(blob_gone_from_backup, 1) \
    /* sticks */ \
    X(bundle_asks, 1) X(bundle_answers, 1) X(bundle_taken, 1) X(bundle_twice, 1) X(bundle_late, 1) X(bundle_old, 1) \
    X(bundle_pieces, 1) X(bundle_blobs, 1) X(bundle_lost, 1) X(bundle_cut, 1) X(crash_in_bundle, 1) \
    X(enrolled_by_stick, 1) X(enrol_lost, 1) X(enrol_twice, 1) X(enrol_late, 1) \
    /* what should come of it sometimes */ \
    X(group_of_several, 1) X(stale_request, 1) X(refused_unchanged, 1) X(half_save_gone, 1) X(half_save_kept, 1) \
    X(snapshots, 1) X(snapshot_unfinished, 1) X(crash_in_snapshot, 1) X(collected, 1) X(crash_in_collect, 1) X(gone_relayed, 1) X(frames, 1) X(cut_piece, 1) X(forgotten, 1) \
    X(root_left, 1) X(disputes, 1) X(several_requests, 1) X(new_origin, 1) X(replayed, 1) X(rounds, 1) \
    /* what must not be kept */ \
    X(redact, 1) X(redact_all, 1) X(redacted_held, 1) X(redacted_as_asked, 1) \
    /* duplicates */ \
    X(alias, 1) X(alias_undone, 1) X(alias_ring, 1) X(alias_settled, 1) X(alias_apart, 1) X(alias_at_hub, 1) \
    /* revocations and leases */ \
    X(revoked_device, 1) X(revoked_person, 1) X(quarantined, 1) X(accepted, 1) X(refused_kept, 1) X(set_back, 1) X(lease_over, 1) X(reopened, 1) \
    /* types */ \
    X(type_version, 1) X(type_added, 1) X(type_retired, 1) X(type_policy, 1) X(type_moved, 1) X(type_old, 1) X(type_mixed, 1) \
    /* ways back */ \
    X(handed_over, 1) X(clone, 1) X(hub_restored, 1) X(server_put_back, 1) X(region_restored, 1) X(adopted, 1) \
    /* a hub that lies */ \
    X(lie_altered, 1) X(lie_dropped, 1) X(lie_reordered, 1) X(lie_repeated, 1) X(lie_gone, 1) X(lie_noticed, 1) \
    X(hub_replaced, 1) X(code_of_another, 1) X(code_of_a_guest, 1)
/* clang-format on */

struct sim_counters {
#define SIM_COUNTER_MEMBER(name, must) uint64_t name;
    SIM_COUNTERS(SIM_COUNTER_MEMBER)
#undef SIM_COUNTER_MEMBER
};

void counters_add(struct sim_counters *sum, const struct sim_counters *more);
void counters_print(const struct sim_counters *counters, FILE *out); /* on the current line */
/* Names one that must have happened and did not; NULL when all did. */
const char *counters_missing(const struct sim_counters *counters);

#endif
