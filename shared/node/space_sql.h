/*
 * space_sql.h - statements of snapshots, collection and forgetting.
 */
#ifndef SPACE_SQL_H
#define SPACE_SQL_H

/* clang-format off */
#define SPACE_SQL(X) \
    /* a server's snapshots */ \
    X(SNAPSHOT_ADD, "INSERT INTO snapshot(name, feed, n, hash, made_ms) VALUES(?1, ?2, ?3, ?4, ?5)") \
    X(SNAPSHOT_DONE, "UPDATE snapshot SET frames = ?2, ops = ?3, size = ?4, state = 1 WHERE id = ?1") \
    X(SNAPSHOT_DROP, "DELETE FROM snapshot WHERE id = ?1") \
    X(SNAPSHOT_NEWEST, "SELECT id, name, n, hash, made_ms, frames, ops, size FROM snapshot WHERE feed = ?1 AND state = 1 ORDER BY n DESC, id DESC LIMIT 1") \
    X(SNAPSHOT_BY_NAME, "SELECT s.id, f.scope, f.compartment, s.frames FROM snapshot s JOIN feed f ON f.id = s.feed WHERE s.name = ?1 AND s.state = 1") \
    X(SNAPSHOT_OLDER, "SELECT id, name, frames FROM snapshot WHERE feed = ?1 AND id < ?2 ORDER BY n DESC, id DESC LIMIT 1000 OFFSET ?3") \
    X(SNAPSHOT_UNDONE, "SELECT id, name, frames FROM snapshot WHERE state = 0") \
    X(SNAPSHOT_ALL, "SELECT id, name, frames FROM snapshot") \
    X(SNAPSHOT_FEED_ROWS, "SELECT count(*) FROM (SELECT 1 FROM feed_row WHERE feed = ?1 AND n > ?2 AND n <= ?3 LIMIT ?4)") \
    X(SNAPSHOT_ROOTS, "SELECT root FROM member WHERE scope = ?1 AND root > ?2 AND root <= ?3 ORDER BY root LIMIT 512") \
    X(SNAPSHOT_HAS_OPS, "SELECT 1 FROM entity e JOIN op o ON o.entity = e.id WHERE e.root = ?1 AND o.compartment = ?2 LIMIT 1") \
    X(FRAME_ADD, "INSERT INTO snapshot_frame(snapshot, number, after, upto, n, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6)") \
    X(FRAME_GET, "SELECT after, upto, n, hash FROM snapshot_frame WHERE snapshot = ?1 AND number = ?2") \
    X(FRAME_SET, "UPDATE snapshot_frame SET n = ?3, hash = ?4 WHERE snapshot = ?1 AND number = ?2") \
    X(FRAMES_DROP, "DELETE FROM snapshot_frame WHERE snapshot = ?1") \
    X(LEFT_SET, "INSERT INTO snapshot_left(scope, root, n) VALUES(?1, ?2, ?3) ON CONFLICT(scope, root) DO UPDATE SET n = ?3") \
    X(LEFT_SINCE, "SELECT 1 FROM snapshot_left WHERE scope = ?1 AND root > ?2 AND root <= ?3 AND n > ?4 LIMIT 1") \
    X(LEFT_FORGET, "DELETE FROM snapshot_left WHERE scope = ?1 AND n <= ?2") \
    /* a caller's */ \
    X(TAKING_ADD, "INSERT OR IGNORE INTO taking(server, scope, compartment, n, hash, snapshot, frames, ops) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
    X(TAKING_NEXT, "SELECT scope, compartment, n, hash, snapshot, frames, frame, ops, part_hash, length(part) FROM taking" \
                   " WHERE server = ?1 ORDER BY compartment <> 'base', scope, compartment LIMIT 1") \
    X(TAKING_LEFT, "SELECT coalesce(sum(ops * (frames - frame) / frames), 0) FROM taking WHERE server = ?1") \
    X(TAKING_PART, "SELECT part FROM taking WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(TAKING_SET_PART, "UPDATE taking SET part_hash = ?4, part = ?5 WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(TAKING_ADVANCE, "UPDATE taking SET frame = ?4, part_hash = NULL, part = x'' WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(TAKING_DROP, "DELETE FROM taking WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(SERVER_FEED_AT, "SELECT n FROM server_feed WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(MEMBER_ELSEWHERE, "SELECT 1 FROM member WHERE scope <> (SELECT id FROM symbol WHERE text = 'org') LIMIT 1") \
    X(AGREED_TAKE_BACK, "DELETE FROM agreed WHERE root IN (SELECT root FROM member WHERE scope = (SELECT id FROM symbol WHERE text = ?1))")
/* clang-format on */

#endif
