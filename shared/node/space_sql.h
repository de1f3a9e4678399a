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
    X(SERVER_FEED_AT, "SELECT n, hash FROM server_feed WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(MEMBER_ELSEWHERE, "SELECT 1 FROM member WHERE scope <> (SELECT id FROM symbol WHERE text = 'org') LIMIT 1") \
    /* forgetting */ \
    X(FORGET_ROOTS, "SELECT id, name FROM entity WHERE root = id AND id > ?1 AND type NOT IN (SELECT id FROM symbol WHERE substr(text, 1, 1) = '_')" \
                    " AND NOT EXISTS (SELECT 1 FROM forgotten f WHERE f.root = entity.id) ORDER BY id LIMIT 512") \
    X(FORGET_SUM, "SELECT count(*), coalesce(sum(o.way = 0 AND (g.id IS NULL OR o.seq > g.stable_seq)), 0), coalesce(max(o.id), 0)," \
                  " coalesce(sum(o.id NOT IN (SELECT op FROM live WHERE entity = ?1 AND register = ?2)), 0)" \
                  " FROM entity e JOIN op o ON o.entity = e.id LEFT JOIN origin g ON g.id = o.origin WHERE e.root = ?1") \
    X(FORGET_SHOWN, "SELECT coalesce(max(r.updated_ms), 0), coalesce(sum(r.disputes), 0) FROM entity e JOIN record r ON r.entity = e.id WHERE e.root = ?1") \
    X(FORGET_FILES, "SELECT 1 FROM entity e JOIN op o ON o.entity = e.id JOIN blob_ref f ON f.op = o.id JOIN blob b ON b.id = f.blob" \
                    " WHERE e.root = ?1 AND b.giver IS NOT NULL AND b.stable = 0 LIMIT 1") \
    X(FORGET_UIDS, "SELECT o.uid FROM entity e JOIN op o ON o.entity = e.id WHERE e.root = ?1 LIMIT ?2") \
    X(FORGET_OWN, "SELECT o.id FROM entity e JOIN op o ON o.entity = e.id WHERE e.root = ?1 AND o.way = 0" \
                  " AND o.id NOT IN (SELECT op FROM live WHERE entity = ?1 AND register = ?2) LIMIT 512") \
    X(FORGET_FLAGS, "DELETE FROM flag WHERE op IN (SELECT o.id FROM entity e JOIN op o ON o.entity = e.id WHERE e.root = ?1)") \
    X(FORGET_NAMING, "SELECT f.op FROM entity e JOIN op o ON o.entity = e.id JOIN blob_ref f ON f.op = o.id WHERE e.root = ?1 LIMIT 1") \
    X(FORGET_OTHERS, "DELETE FROM op WHERE entity IN (SELECT id FROM entity WHERE root = ?1) AND way <> 0" \
                     " AND id NOT IN (SELECT op FROM live WHERE entity = ?1 AND register = ?2)") \
    X(FORGET_LIVE, "DELETE FROM live WHERE entity IN (SELECT id FROM entity WHERE root = ?1)" \
                   " AND op NOT IN (SELECT op FROM live WHERE entity = ?1 AND register = ?2)") \
    X(FORGET_DEAD, "DELETE FROM dead WHERE entity IN (SELECT id FROM entity WHERE root = ?1)" \
                   " AND (entity <> ?1 OR register NOT IN (SELECT register FROM live WHERE entity = ?1))") \
    X(FORGET_ENVELOPES, "DELETE FROM envelope WHERE op NOT IN (SELECT id FROM op)") \
    X(FORGET_DIRTY, "INSERT OR IGNORE INTO dirty(entity) SELECT id FROM entity WHERE root = ?1") \
    X(FORGOTTEN_ADD, "INSERT OR REPLACE INTO forgotten(root, at_ms, case_number, title)" \
                     " VALUES(?1, ?2, (SELECT case_number FROM record WHERE entity = ?1 AND ?3), (SELECT title FROM record WHERE entity = ?1 AND ?3))") \
    X(FORGOTTEN_HAS, "SELECT 1 FROM forgotten WHERE root = ?1") \
    X(FORGOTTEN_DROP, "DELETE FROM forgotten WHERE root = ?1") \
    X(FORGOTTEN_LEFT, "SELECT root FROM forgotten WHERE title IS NULL AND root > ?1 ORDER BY root LIMIT 512") \
    X(FORGOTTEN_BY_CASE, "SELECT f.root, f.at_ms, f.case_number, e.name FROM forgotten f JOIN entity e ON e.id = f.root WHERE f.case_number = ?1 LIMIT 1") \
    X(FORGOTTEN_BY_ROOT, "SELECT f.root, f.at_ms, f.case_number, e.name FROM forgotten f JOIN entity e ON e.id = f.root" \
                         " WHERE f.root = (SELECT root FROM entity WHERE name = ?1)") \
    X(FORGOTTEN_LIST, "SELECT e.name, f.case_number, f.title FROM forgotten f JOIN entity e ON e.id = f.root WHERE f.title IS NOT NULL ORDER BY f.at_ms DESC") \
    X(FORGOTTEN_COUNT, "SELECT count(*) FROM forgotten") \
    X(OP_LET_GO, "UPDATE op SET entity = 0, compartment = 0, body = ?2, receipt_ms = NULL WHERE id = ?1") \
    /* collecting */ \
    X(COLLECT_ENTITIES, "SELECT e.id FROM entity e WHERE e.id > ?1 AND EXISTS (SELECT 1 FROM dead d WHERE d.entity = e.id)" \
                        " AND e.type NOT IN (SELECT id FROM symbol WHERE substr(text, 1, 1) = '_') ORDER BY e.id LIMIT ?2") \
    X(COLLECT_OPS, "SELECT o.id, o.uid, length(o.body), o.time_ms, o.receipt_ms, coalesce(o.seq <= g.stable_seq, 0)," \
                   " o.flags <> 0 OR o.org_signature IS NOT NULL OR EXISTS (SELECT 1 FROM live l WHERE l.entity = ?1 AND l.op = o.id)" \
                   " OR EXISTS (SELECT 1 FROM flag f WHERE f.op = o.id AND f.settled = 0) OR EXISTS (SELECT 1 FROM blob_ref b WHERE b.op = o.id)" \
                   " FROM op o LEFT JOIN origin g ON g.id = o.origin WHERE o.entity = ?1 AND o.flags & 4 = 0") \
    X(GONE_SET, "UPDATE op SET body = ?2, flags = flags | ?3 WHERE id = ?1") \
    X(GONE_GET, "SELECT o.uid, o.time_ms, o.counter, e.name, c.text FROM op o LEFT JOIN entity e ON e.id = o.entity" \
                " LEFT JOIN symbol c ON c.id = o.compartment WHERE o.id = ?1") \
    X(OP_SAFE, "SELECT 1 FROM op o JOIN origin g ON g.id = o.origin WHERE o.uid BETWEEN ?1 AND ?2 AND o.seq <= g.stable_seq LIMIT 1") \
    X(AGREED_TAKE_BACK, "DELETE FROM agreed WHERE root IN (SELECT root FROM member WHERE scope = (SELECT id FROM symbol WHERE text = ?1))")
/* clang-format on */

#endif
