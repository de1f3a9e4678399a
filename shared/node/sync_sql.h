/*
 * sync_sql.h - statements of both ends of a sync: servers, callers, cursors, batches, stable.
 */
#ifndef SYNC_SQL_H
#define SYNC_SQL_H

/* clang-format off */
#define SYNC_SQL(X) \
    /* the calling end */ \
    X(SERVER_COLUMNS, "SELECT id, url, pins, ca, epoch, ratchet, acked, got, stables, unsure, cursor, name, offer, losses FROM server WHERE name = ?1") \
    X(SERVER_FIRST, "SELECT id, url, pins, ca, epoch, ratchet, acked, got, stables, unsure, cursor, name, offer, losses FROM server" \
                    " ORDER BY id = (SELECT value FROM self WHERE key = 'server') DESC, id LIMIT 1") \
    X(SERVER_ADD, "INSERT INTO server(name, url, pins, ca, epoch) VALUES(?1, ?2, ?3, ?4, ?5)" \
                  " ON CONFLICT(name) DO UPDATE SET url = ?2, pins = ?3, ca = ?4") \
    X(SERVER_CHOSEN, "INSERT INTO self(key, value) SELECT 'server', id FROM server WHERE name = ?1" \
                     " ON CONFLICT(key) DO UPDATE SET value = excluded.value") \
    X(SERVERS_LIST, "SELECT name, url, synced_ms, id = (SELECT value FROM self WHERE key = 'server') FROM server ORDER BY id") \
    X(SERVER_SAVE, "UPDATE server SET epoch = ?2, ratchet = ?3, acked = ?4, got = ?5, stables = ?6, unsure = ?7, cursor = ?8, offer = ?9, losses = ?10 WHERE id = ?1") \
    X(SERVER_SYNCED, "UPDATE server SET synced_ms = ?2 WHERE id = ?1") \
    X(SERVER_FEEDS, "SELECT scope, compartment, n, hash FROM server_feed WHERE server = ?1 ORDER BY scope, compartment") \
    X(SERVER_FEED_SET, "INSERT INTO server_feed(server, scope, compartment, n, hash) VALUES(?1, ?2, ?3, ?4, ?5)" \
                       " ON CONFLICT(server, scope, compartment) DO UPDATE SET n = ?4, hash = ?5") \
    X(SERVER_FEED_DROP, "DELETE FROM server_feed WHERE server = ?1 AND scope = ?2 AND compartment = ?3") \
    X(OWN_RANGE, "SELECT seq, tx, body, org_signature, link FROM op WHERE origin = ?1 AND seq > ?2 ORDER BY seq") \
    X(OWN_LEFT, "SELECT count(*) FROM op WHERE origin = ?1 AND seq > ?2") \
    X(STABLE_SET, "UPDATE origin SET stable_seq = ?2, stable_link = ?3, stable_backup = ?4, rival_seq = NULL, rival_link = NULL" \
                  " WHERE id = ?1 AND stable_seq < ?2") \
    X(RIVAL_SET, "UPDATE origin SET rival_seq = ?2, rival_link = ?3 WHERE id = ?1 AND (?4 OR rival_seq IS NOT NULL)") \
    X(AGREED_SET, "INSERT INTO agreed(root, server, epoch) VALUES(?1, ?2, ?3) ON CONFLICT(root) DO UPDATE SET server = ?2, epoch = ?3" \
                  " WHERE server <> ?2 OR epoch <> ?3") \
    /* CROSS JOIN: from the few ops on, not from all roots */ \
    X(AGREED_OWN, "INSERT OR IGNORE INTO agreed(root, server, epoch) SELECT e.id, ?1, ?2 FROM op o CROSS JOIN entity e ON e.id = o.entity" \
                  " CROSS JOIN live l ON l.entity = e.id AND l.register = ?6 AND l.op = o.id" \
                  " WHERE o.origin = ?3 AND o.seq > ?4 AND o.seq <= ?5 AND e.root = e.id") \
    /* CASE: the cheaper question first, which is enough for nearly all */ \
    X(ROOTS_UNSURE, "SELECT e.name, e.id FROM entity e INDEXED BY entity_is_root WHERE e.root = e.id AND e.root > ?6 AND CASE" \
                    " WHEN EXISTS (SELECT 1 FROM agreed a WHERE a.root = e.root AND a.server = ?1 AND a.epoch = ?2) THEN 0" \
                    " ELSE EXISTS (SELECT 1 FROM live l JOIN op o ON o.id = l.op WHERE l.entity = e.root AND l.register = ?3" \
                    " AND (o.way <> 0 OR o.origin IS NOT ?5 OR o.seq <= ?4)) END ORDER BY e.root") \
    X(ROOTS_MISSING, "SELECT DISTINCT e.name, e.id FROM unread u JOIN entity e ON e.id = u.root" \
                     " WHERE u.server = ?1 AND e.root = e.id AND (u.compartment = '' OR u.epoch <> ?2)") \
    X(TREES_IN_PART, "SELECT e.name, e.id, u.compartment, u.next FROM unread u JOIN entity e ON e.id = u.root" \
                     " WHERE u.server = ?1 AND e.root = e.id AND u.compartment <> '' AND u.epoch = ?2") \
    X(DIRTY_EVERYTHING, "INSERT OR IGNORE INTO dirty(entity) SELECT id FROM entity") \
    X(BATCH_AFTER, "SELECT b.id, b.origin, b.first, b.count, b.prev, b.link, b.signature, b.hub, b.receipt_ms, b.receipt_signature," \
                   " o.name, o.node, o.open_signature FROM batch b JOIN origin o ON o.id = b.origin WHERE b.id > ?1 AND b.way <> 2 ORDER BY b.id") \
    X(BATCH_BACKLOG, "SELECT count(*), coalesce(sum(count), 0), coalesce(max(id), 0) FROM batch WHERE id > ?1 AND way <> 2") \
    X(SLOT_BODY, "SELECT body, org_signature, flags, id FROM op WHERE origin = ?1 AND seq = ?2") \
    X(ENVELOPE_BODY, "SELECT o.body, o.org_signature, o.flags, o.id FROM envelope v JOIN op o ON o.id = v.op WHERE v.origin = ?1 AND v.seq = ?2") \
    X(VISITS_UNTOLD, "SELECT node, proof FROM caller WHERE told = 0 AND proof IS NOT NULL") \
    X(VISIT_TOLD, "UPDATE caller SET told = 1 WHERE node = ?1") \
    X(VISITS_FORGOTTEN, "UPDATE caller SET told = 0") \
    /* the answering end */ \
    X(CALLER_GET, "SELECT ratchet, ratchet_before, relay_epoch, relay_got, seen_ms FROM caller WHERE node = ?1") \
    X(CALLER_ADD, "INSERT OR IGNORE INTO caller(node) VALUES(?1)") \
    X(CALLER_ORIGIN, "SELECT origin FROM caller WHERE node = ?1") \
    X(CALLER_SET_ORIGIN, "UPDATE caller SET origin = ?2 WHERE node = ?1") \
    X(CALLER_RATCHET, "UPDATE caller SET ratchet = ?2, ratchet_before = ?3 WHERE node = ?1") \
    X(CALLER_RELAY, "UPDATE caller SET relay_epoch = ?2, relay_got = ?3 WHERE node = ?1") \
    X(CALLER_SEEN, "INSERT INTO caller(node, seen_ms, clock_offset_ms) VALUES(?1, ?2, ?3)" \
                   " ON CONFLICT(node) DO UPDATE SET seen_ms = ?2, clock_offset_ms = ?3") \
    X(CALLER_PROOF, "UPDATE caller SET proof = ?2 WHERE node = ?1") \
    X(CALLER_LIST, "SELECT node, seen_ms, clock_offset_ms FROM caller") \
    X(ORIGIN_FILL, "SELECT first + count - 1, link FROM batch WHERE origin = ?1 AND first + count > ?2 + 1 AND first <= ?2 + 1" \
                   " AND first > ?2 - ?4 AND (first <= ?2 OR prev = ?3) ORDER BY first + count DESC LIMIT 1") \
    X(SLOTS_BETWEEN, "SELECT seq, uid FROM op WHERE origin = ?1 AND seq BETWEEN ?2 AND ?3") \
    X(ENVELOPES_BETWEEN, "SELECT v.seq, o.uid FROM envelope v JOIN op o ON o.id = v.op WHERE v.origin = ?1 AND v.seq BETWEEN ?2 AND ?3") \
    X(FEED_LIST, "SELECT f.id, f.scope, f.compartment, f.n, f.hash, s.text, c.text FROM feed f JOIN symbol s ON s.id = f.scope" \
                 " JOIN symbol c ON c.id = f.compartment") \
    X(FEED_ROW_AT, "SELECT n, hash FROM feed_row WHERE feed = ?1 AND n <= ?2 ORDER BY n DESC LIMIT 1") \
    X(FEED_ROWS, "SELECT n, what, ref FROM feed_row WHERE feed = ?1 AND n > ?2 ORDER BY n LIMIT ?3") \
    X(OP_FOR_ROW, "SELECT body, origin, seq, receipt_ms, org_signature, entity, uid, time_ms, flags, compartment, way FROM op WHERE id = ?1") \
    X(TREE_OPS, "SELECT l.op, length(o.body) FROM entity e JOIN live l ON l.entity = e.id JOIN op o ON o.id = l.op" \
                " WHERE e.root = ?1 AND o.compartment = ?2 AND l.op > ?3 GROUP BY l.op ORDER BY l.op LIMIT ?4") \
    X(LIVE_OPS_IN, "SELECT op FROM live WHERE entity = ?1 AND register = ?2 ORDER BY op") \
    X(DEAD_OF, "SELECT s.text, d.uid8, EXISTS (SELECT 1 FROM live l WHERE l.entity = ?1 AND l.register = d.register)," \
               " EXISTS (SELECT 1 FROM live l JOIN op o ON o.id = l.op WHERE l.entity = ?1 AND l.register = d.register AND o.compartment = ?2)" \
               " FROM dead d JOIN symbol s ON s.id = d.register WHERE d.entity = ?1 ORDER BY d.register, d.uid8") \
    X(OP_IN_COMPARTMENT, "SELECT 1 FROM op WHERE uid BETWEEN ?1 AND ?2 AND entity = ?3 AND compartment = ?4 LIMIT 1") \
    X(DEAD_OF_REGISTER, "SELECT s.text, d.uid8 FROM dead d JOIN symbol s ON s.id = d.register WHERE d.entity = ?1 AND d.register = ?2 ORDER BY d.uid8") \
    X(VISIT_ADD, "INSERT OR IGNORE INTO visit(hub, node, seen_ms) VALUES(?1, ?2, ?3)") \
    X(VISITS_OF, "SELECT node FROM visit WHERE hub = ?1") \
    X(STABLES_SINCE, "SELECT name, stable_seq, stable_link, stable_backup FROM origin WHERE stable_backup > ?1 ORDER BY stable_backup LIMIT ?2") \
    X(ORIGIN_HEADS, "SELECT id, seq, link FROM origin WHERE seq > stable_seq") \
    X(INVITE_ADD, "INSERT INTO invite(code, secret_hash, definition, expires_ms) VALUES(?1, ?2, ?3, ?4)") \
    X(INVITE_GET, "SELECT secret_hash, definition, expires_ms, tries, used_by, used_key, answer FROM invite WHERE code = ?1") \
    X(INVITE_TRY, "UPDATE invite SET tries = tries + 1 WHERE code = ?1") \
    X(INVITE_USED, "UPDATE invite SET used_by = ?2, used_key = ?3, answer = ?4 WHERE code = ?1")
/* clang-format on */

#endif
