/*
 * bundle_sql.h - statements of bundles: what is remembered of the other side between two of them.
 */
#ifndef BUNDLE_SQL_H
#define BUNDLE_SQL_H

/* clang-format off */
#define BUNDLE_SQL(X) \
    /* the calling end */ \
    X(BUNDLE_ASKED, "INSERT INTO bundle_peer(node, asked) VALUES(?1, ?2) ON CONFLICT(node) DO UPDATE SET asked = ?2") \
    X(BUNDLE_ASK_OVER, "UPDATE bundle_peer SET asked = NULL WHERE node = ?1 AND asked IS NOT NULL") \
    X(BUNDLE_KEY_SET, "INSERT INTO bundle_peer(node, key) VALUES(?1, ?2) ON CONFLICT(node) DO UPDATE SET key = ?2") \
    X(BUNDLE_HEARD, "SELECT synced_ms FROM server WHERE name = ?1") \
    X(BUNDLE_FEEDS_FORGET, "DELETE FROM server_feed WHERE server = ?1") \
    /* the answering end */ \
    X(BUNDLE_CAME, "INSERT INTO caller(node, seen_ms) VALUES(?1, ?2) ON CONFLICT(node) DO UPDATE SET seen_ms = ?2") \
    X(BUNDLE_PROOF, "UPDATE caller SET proof = ?2 WHERE node = ?1 AND proof IS NULL") \
    X(BUNDLE_REQUEST_SET, "INSERT INTO bundle_peer(node, request, ask, epoch, came_ms) VALUES(?1, ?2, ?3, ?4, ?5)" \
                          " ON CONFLICT(node) DO UPDATE SET request = ?2, ask = ?3, epoch = ?4, came_ms = ?5, enrol = NULL") \
    X(BUNDLE_ENROL_SET, "INSERT INTO bundle_peer(node, enrol) VALUES(?1, ?2) ON CONFLICT(node) DO UPDATE SET enrol = ?2") \
    X(BUNDLE_KEPT, "INSERT INTO bundle_peer(node, ask, came_ms, kept) VALUES(?1, ?2, ?3, ?4)" \
                   " ON CONFLICT(node) DO UPDATE SET kept = CASE WHEN ask = ?2 THEN max(ifnull(kept, 0), ?4) ELSE ?4 END," \
                   " ask = ?2, came_ms = ?3") \
    X(BUNDLE_PEER, "SELECT asked, key, request, ask, epoch, enrol, kept FROM bundle_peer WHERE node = ?1") \
    /* an enrolment by bundle that isn't answered yet */ \
    X(ENROL_ASKED, "INSERT OR REPLACE INTO enrol_asked(hub, key, url, pins, org) VALUES(?1, ?2, ?3, ?4, ?5)") \
    X(ENROL_WAITS, "SELECT key, url, pins, org FROM enrol_asked WHERE hub = ?1") \
    X(ENROL_OVER, "DELETE FROM enrol_asked WHERE hub = ?1") \
    /* attachments, both ends */ \
    X(BUNDLE_FILE_SET, "INSERT INTO bundle_file(node, way, hash, size, have) VALUES(?1, ?2, ?3, ?4, ?5)" \
                       " ON CONFLICT(node, way, size, hash) DO UPDATE SET have = ?5") \
    X(BUNDLE_FILE_HAVE, "SELECT have FROM bundle_file WHERE node = ?1 AND way = ?2 AND size = ?4 AND hash = ?3") \
    X(BUNDLE_FILE_DROP, "DELETE FROM bundle_file WHERE node = ?1 AND way = ?2 AND size = ?4 AND hash = ?3") \
    X(BUNDLE_FILES_OF, "SELECT hash, size, have FROM bundle_file WHERE node = ?1 AND way = ?2 AND (size, hash) > (?4, ?3)" \
                       " ORDER BY size, hash LIMIT ?5") \
    X(BUNDLE_FILES_OVER, "DELETE FROM bundle_file WHERE node = ?1 AND way = ?2") \
    X(BUNDLE_FILE_GONE, "DELETE FROM bundle_file WHERE hash = ?1 AND size = ?2")
/* clang-format on */

#endif
