/*
 * log_sql.h - statements of the log: identity, symbols, entities, ops, registers, feeds.
 */
#ifndef LOG_SQL_H
#define LOG_SQL_H

/* clang-format off */
#define LOG_SQL(X) \
    X(SELF_GET, "SELECT value FROM self WHERE key = ?1") \
    X(SELF_SET, "INSERT INTO self(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2") \
    X(SYMBOL_BY_TEXT, "SELECT id FROM symbol WHERE text = ?1") \
    X(SYMBOL_BY_ID, "SELECT text FROM symbol WHERE id = ?1") \
    X(SYMBOL_ADD, "INSERT INTO symbol(text) VALUES(?1)") \
    X(ORIGIN_BY_NAME, "SELECT id, node, base_seq, seq, link, stable_seq, stable_link FROM origin WHERE name = ?1") \
    X(ORIGIN_BY_ID, "SELECT name, node, base_seq, seq, link, stable_seq, stable_link, open_signature FROM origin WHERE id = ?1") \
    X(ORIGIN_ADD, "INSERT INTO origin(name, node, base_seq, seq, link, open_signature) VALUES(?1, ?2, ?3, ?3, ?4, ?5)") \
    X(ORIGIN_ADVANCE, "UPDATE origin SET seq = ?2, link = ?3 WHERE id = ?1") \
    X(ORIGIN_REBASE, "UPDATE origin SET base_seq = ?2, seq = ?2, link = ?3 WHERE id = ?1") \
    X(ORIGIN_OWNER, "UPDATE origin SET node = ?2, open_signature = coalesce(open_signature, ?3) WHERE id = ?1") \
    X(ENTITY_BY_NAME, "SELECT id, type, root, missing FROM entity WHERE name = ?1") \
    X(ENTITY_BY_ID, "SELECT name, type, root, missing FROM entity WHERE id = ?1") \
    X(ENTITY_ADD, "INSERT INTO entity(name, type, type_op, root) VALUES(?1, ?2, ?3, ?4)") \
    X(ENTITY_TYPE_OP, "SELECT type_op FROM entity WHERE id = ?1") \
    X(ENTITY_SET_TYPE, "UPDATE entity SET type = ?2, type_op = ?3 WHERE id = ?1") \
    X(ENTITY_SET_ROOT, "UPDATE entity SET root = ?2 WHERE id = ?1") \
    X(ENTITY_RECLAIM, "UPDATE entity SET root = NULL, type_op = 9223372036854775807 WHERE id = ?1") \
    X(ENTITY_LIVE_CLEAR, "DELETE FROM live WHERE entity = ?1") \
    X(ENTITY_DEAD_CLEAR, "DELETE FROM dead WHERE entity = ?1") \
    X(ENTITY_SET_MISSING, "UPDATE entity SET missing = EXISTS (SELECT 1 FROM unread WHERE root = ?1) WHERE id = ?1") \
    X(UNREAD_ADD, "INSERT OR IGNORE INTO unread(root, server) VALUES(?1, ?2)") \
    X(UNREAD_ANEW, "UPDATE unread SET next = 0 WHERE root = ?1") \
    X(UNREAD_ANYWHERE, "INSERT OR IGNORE INTO unread(root, server) SELECT ?1, name FROM server") \
    X(UNREAD_DONE, "DELETE FROM unread WHERE root = ?1 AND server = ?2 AND compartment = ?3") \
    X(UNREAD_PARTS_DONE, "DELETE FROM unread WHERE root = ?1 AND server = ?2 AND compartment <> ''") \
    X(UNREAD_PARTS_ANEW, "UPDATE unread SET next = 0 WHERE root = ?1 AND server = ?2 AND compartment <> ''") \
    X(UNREAD_PARTS_EPOCH, "UPDATE unread SET next = 0, epoch = ?3 WHERE root = ?1 AND server = ?2 AND compartment <> '' AND epoch <> ?3") \
    X(UNREAD_PART, "INSERT OR REPLACE INTO unread(root, server, compartment, next, epoch) VALUES(?1, ?2, ?3, ?4, ?5)") \
    X(ENTITY_TREE, "SELECT id FROM entity WHERE root = ?1") \
    X(ENTITY_OP_COUNT, "SELECT count(*) FROM (SELECT 1 FROM op WHERE entity = ?1 LIMIT 2)") \
    X(TREE_COMPARTMENTS, "SELECT o.compartment FROM entity e JOIN op o ON o.entity = e.id WHERE e.root = ?1 GROUP BY o.compartment" \
                         " ORDER BY o.compartment <> (SELECT id FROM symbol WHERE text = 'base'), o.compartment") \
    X(ENTITY_COMPARTMENTS, "SELECT compartment FROM op WHERE entity = ?1 GROUP BY compartment" \
                           " ORDER BY compartment <> (SELECT id FROM symbol WHERE text = 'base'), compartment") \
    X(OP_BY_UID, "SELECT id, time_ms, receipt_ms, entity, compartment, origin FROM op WHERE uid = ?1") \
    X(OP_ADD, "INSERT INTO op(uid, entity, compartment, origin, seq, link, time_ms, counter, receipt_ms, way, flags, tx, org_signature, body)" \
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)") \
    X(OP_GET, "SELECT body, origin, seq, receipt_ms, flags, way, org_signature, entity FROM op WHERE id = ?1") \
    X(OP_SET_RECEIPT, "UPDATE op SET receipt_ms = ?2 WHERE id = ?1") \
    X(OP_SET_ENVELOPE, "UPDATE op SET origin = ?2, seq = ?3, link = ?4 WHERE id = ?1") \
    X(OP_BRING_BACK, "UPDATE op SET entity = ?2, compartment = ?3, org_signature = ?4, body = ?5 WHERE id = ?1") \
    X(OPS_ASIDE, "UPDATE op SET entity = 0, compartment = 0 WHERE entity = ?1") \
    X(OP_SET_FLAGS, "UPDATE op SET flags = flags | ?2 WHERE id = ?1") \
    X(OP_IN_SLOT, "SELECT id, uid, link FROM op WHERE origin = ?1 AND seq = ?2") \
    X(OP_SET_LINK, "UPDATE op SET link = ?2 WHERE id = ?1") \
    X(ENVELOPE_IN_SLOT, "SELECT v.op, o.uid, v.link FROM envelope v JOIN op o ON o.id = v.op WHERE v.origin = ?1 AND v.seq = ?2") \
    X(ENVELOPE_ADD, "INSERT OR IGNORE INTO envelope(origin, seq, op, link) VALUES(?1, ?2, ?3, ?4)") \
    X(ENVELOPE_KEEP, "INSERT OR IGNORE INTO envelope(origin, seq, op, link) SELECT origin, seq, id, link FROM op" \
                     " WHERE id = ?1 AND origin IS NOT NULL") \
    X(LIVE_OF, "SELECT op, uid8 FROM live WHERE entity = ?1 AND register = ?2 ORDER BY uid8") \
    X(LIVE_ELSEWHERE, "SELECT DISTINCT o.compartment FROM live l JOIN op o ON o.id = l.op WHERE l.entity = ?1 AND l.register = ?2" \
                      " AND o.compartment <> ?3") \
    X(LIVE_ADD, "INSERT OR IGNORE INTO live(entity, register, uid8, op) VALUES(?1, ?2, ?3, ?4)") \
    X(LIVE_DELETE, "DELETE FROM live WHERE entity = ?1 AND register = ?2 AND uid8 = ?3") \
    X(DEAD_ADD, "INSERT OR IGNORE INTO dead(entity, register, uid8) VALUES(?1, ?2, ?3)") \
    X(DEAD_ANY, "SELECT 1 FROM dead WHERE entity = ?1 LIMIT 1")                                    \
    X(DEAD_HAS, "SELECT 1 FROM dead WHERE entity = ?1 AND register = ?2 AND uid8 = ?3") \
    X(MEMBER_OF, "SELECT scope FROM member WHERE root = ?1 ORDER BY scope") \
    X(MEMBER_ADD, "INSERT OR IGNORE INTO member(root, scope) VALUES(?1, ?2)") \
    X(MEMBER_CLEAR, "DELETE FROM member WHERE root = ?1") \
    X(FEED_GET, "SELECT id, n, hash FROM feed WHERE scope = ?1 AND compartment = ?2") \
    X(FEED_CREATE, "INSERT INTO feed(scope, compartment) VALUES(?1, ?2)") \
    X(FEED_ADVANCE, "UPDATE feed SET n = ?2, hash = ?3 WHERE id = ?1") \
    X(FEED_ROW_ADD, "INSERT INTO feed_row(feed, n, what, ref, hash) VALUES(?1, ?2, ?3, ?4, ?5)") \
    X(QUARANTINE_ADD, "INSERT INTO quarantine(why, node, at_ms, bytes) VALUES(?1, ?2, ?3, ?4)") \
    X(QUARANTINE_HAS, "SELECT 1 FROM quarantine WHERE node = ?1 AND bytes = ?2 LIMIT 1") \
    X(QUARANTINE_OF, "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM quarantine WHERE node = ?1 AND verdict = 0") \
    X(QUARANTINE_OPS_OF, "INSERT INTO quarantine(why, node, at_ms, bytes) SELECT 'org_entity', ?2, ?3, body FROM op" \
                         " WHERE entity = ?1 AND flags & 4 = 0") \
    X(FLAG_ADD, "INSERT OR IGNORE INTO flag(op, why, at_ms) VALUES(?1, ?2, ?3)") \
    X(DIRTY_ADD, "INSERT OR IGNORE INTO dirty(entity) VALUES(?1)") \
    X(BATCH_LAST_OWN, "SELECT coalesce(max(first + count - 1), 0) FROM batch WHERE origin = ?1 AND way = 0") \
    X(BATCH_ADD, "INSERT OR IGNORE INTO batch(origin, first, count, prev, link, signature, way, hub, receipt_ms, receipt_signature)" \
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)") \
    X(OWN_AFTER, "SELECT id, seq FROM op WHERE origin = ?1 AND seq > ?2 ORDER BY seq LIMIT 1") \
    X(SERVERS_START_OVER, "UPDATE server SET acked = 0, unsure = 0") \
    X(ORG_OPS, "SELECT e.id, s.text FROM entity e JOIN symbol s ON s.id = e.type WHERE e.type IN" \
               " (SELECT id FROM symbol WHERE text IN ('_type','_form','_place','_person','_grant','_node','_setting'))")
/* clang-format on */

#endif
