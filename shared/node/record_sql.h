/*
 * record_sql.h - statements of what people see and write: records, search, disputes, undo.
 */
#ifndef RECORD_SQL_H
#define RECORD_SQL_H

/* clang-format off */
#define RECORD_SQL(X) \
    X(DIRTY_SOME, "SELECT entity FROM dirty LIMIT ?1") \
    X(DIRTY_COUNT, "SELECT count(*) FROM dirty") \
    X(DIRTY_DONE, "DELETE FROM dirty WHERE entity = ?1") \
    X(PROJECT_CHILDREN, "INSERT OR IGNORE INTO dirty(entity) SELECT id FROM entity WHERE root = ?1 AND id <> ?1") \
    X(PROJECT_TYPE, "INSERT OR IGNORE INTO dirty(entity) SELECT id FROM entity WHERE type = ?1") \
    X(PROJECT_ALL, "INSERT OR IGNORE INTO dirty(entity) SELECT e.id FROM entity e JOIN symbol s ON s.id = e.type WHERE substr(s.text, 1, 1) <> '_'") \
    X(SHOWN_LIVE_COUNT, "SELECT count(*) FROM live WHERE entity = ?1") \
    X(SHOWN_LIVE, "SELECT s.text, l.op, l.register, l.uid8 FROM live l JOIN symbol s ON s.id = l.register WHERE l.entity = ?1 ORDER BY s.text, l.uid8") \
    X(RECORD_PUT, "INSERT INTO record(entity, type, case_number, title, document, disputes, deleted, updated_ms, elsewhere)" \
                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(entity) DO UPDATE SET type = ?2, case_number = ?3, title = ?4," \
                  " document = ?5, disputes = ?6 + broken, deleted = ?7, updated_ms = ?8, elsewhere = ?9") \
    X(RECORD_HAS, "SELECT 1 FROM record WHERE entity = ?1") \
    X(RECORD_DROP, "DELETE FROM record WHERE entity = ?1") \
    X(RECORD_BY_CASE, "SELECT e.name FROM record r JOIN entity e ON e.id = r.entity WHERE r.case_number = ?1 LIMIT 10") \
    X(RECORD_BY_NAMES, "SELECT e.name FROM entity e JOIN record r ON r.entity = e.id WHERE e.name BETWEEN ?1 AND ?2 LIMIT 10") \
    X(RECORD_ROW, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere, r.broken" \
                  " FROM record r JOIN entity e ON e.id = r.entity WHERE r.entity = ?1") \
    X(RECORD_ALL, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere" \
                  " FROM record r JOIN entity e ON e.id = r.entity WHERE r.entity > ?1 AND (?2 OR r.deleted = 0) ORDER BY r.entity") \
    X(RECORD_OF_TYPE, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere" \
                      " FROM record r JOIN entity e ON e.id = r.entity" \
                      " WHERE r.type = ?3 AND r.entity > ?1 AND (?2 OR r.deleted = 0) ORDER BY r.entity") \
    X(RECORD_EQUAL, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere" \
                    " FROM record r JOIN entity e ON e.id = r.entity" \
                    " WHERE r.type = ?3 AND r.entity > ?1 AND (?2 OR r.deleted = 0) AND (r.document -> ?4) IS ?5 ORDER BY r.entity") \
    X(RECORD_DISPUTED, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere" \
                       " FROM record r JOIN entity e ON e.id = r.entity" \
                       " WHERE r.disputes > 0 AND r.entity > ?1 AND (?2 OR r.deleted = 0) ORDER BY r.entity") \
    X(RECORD_CHILDREN, "SELECT r.entity, e.name, r.type, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms, e.root, r.elsewhere" \
                       " FROM entity e JOIN record r ON r.entity = e.id WHERE e.root = ?1 AND e.id <> ?2 AND r.deleted = 0 ORDER BY e.id") \
    X(HOLDING_COUNT, "SELECT count(DISTINCT e.id) FROM entity e JOIN live l ON l.entity = e.id JOIN symbol s ON s.id = l.register" \
                     " JOIN op o ON o.id = l.op WHERE e.type = ?1 AND (s.text = ?2 OR substr(s.text, 1, length(?2) + 1) = ?2 || '/')" \
                     " AND (?3 = 0 OR o.compartment = ?3)") \
    X(UNIQUE_CLEAR, "DELETE FROM unique_value WHERE entity = ?1") \
    X(UNIQUE_ADD, "INSERT OR IGNORE INTO unique_value(property, value, entity) VALUES(?1, ?2, ?3)") \
    X(UNIQUE_FIND, "SELECT u.entity, e.name, e.root, r.elsewhere FROM unique_value u JOIN entity e ON e.id = u.entity JOIN record r ON r.entity = u.entity" \
                   " WHERE u.property = ?1 AND u.value = ?2 LIMIT 100") \
    X(UNIQUE_DOCUMENT, "SELECT 1 FROM unique_value u JOIN record r ON r.entity = u.entity" \
                       " WHERE u.property = ?1 AND u.value = ?2 AND r.type = ?3 AND (r.document -> ?4) = ?5 LIMIT 1") \
    X(FIND_ROW_OF, "SELECT id FROM find_row WHERE entity = ?1 LIMIT 1") \
    X(FIND_TEXT_CLEAR, "DELETE FROM find_text WHERE rowid = ?1") \
    X(FIND_ROW_CLEAR, "DELETE FROM find_row WHERE id = ?1") \
    X(FIND_ROW_ADD, "INSERT INTO find_row(entity, compartment) VALUES(?1, ?2)") \
    X(FIND_TEXT_ADD, "INSERT INTO find_text(rowid, text) VALUES(?1, ?2)") \
    X(FIND_MATCH, "SELECT w.entity, w.compartment FROM find_text f JOIN find_row w ON w.id = f.rowid" \
                  " WHERE find_text MATCH ?1 ORDER BY f.rowid DESC") \
    X(HISTORY_OPS, "SELECT o.id, exists(SELECT 1 FROM live l WHERE l.entity = o.entity AND l.op = o.id)," \
                   " exists(SELECT 1 FROM flag f WHERE f.op = o.id AND f.why = 'late'), o.uid FROM op o WHERE o.entity = ?1") \
    X(ENTITY_OPS, "SELECT id FROM op WHERE entity = ?1 ORDER BY id") \
    X(CUSTODY_OPS, "SELECT o.way, o.origin, o.seq, coalesce(g.stable_seq, 0) FROM op o LEFT JOIN origin g ON g.id = o.origin WHERE o.entity = ?1") \
    X(SERVER_TOLD, "SELECT coalesce(max(acked), 0), coalesce(max(unsure), 0), max(synced_ms) FROM server") \
    X(STATUS_RECORDS, "SELECT count(*), coalesce(sum(disputes > 0), 0) FROM record WHERE deleted = 0") \
    X(DISPUTED_COUNT, "SELECT count(*) FROM record WHERE deleted = 0 AND disputes > 0") \
    X(STATUS_ORIGINS, "SELECT id, base_seq, seq, stable_seq FROM origin WHERE node = ?1") \
    X(STATUS_OWN, "SELECT stage, count(*) FROM (SELECT max(CASE WHEN seq <= ?2 THEN 0 WHEN seq <= ?3 THEN 1 ELSE 2 END) AS stage" \
                  " FROM op WHERE origin = ?1 GROUP BY entity) GROUP BY stage") \
    X(STATUS_FLAGS, "SELECT count(*) FROM flag WHERE settled = 0") \
    X(STATUS_QUARANTINE, "SELECT count(*) FROM quarantine WHERE verdict = 0") \
    X(FLAG_LIST, "SELECT o.uid, e.name, o.id, f.why, f.at_ms FROM flag f JOIN op o ON o.id = f.op JOIN entity e ON e.id = o.entity" \
                 " WHERE f.settled = 0 ORDER BY f.at_ms, o.id") \
    X(FLAG_SETTLE, "UPDATE flag SET settled = 1 WHERE op = (SELECT id FROM op WHERE uid = ?1) AND why = ?2") \
    X(FLAG_FORGET, "DELETE FROM flag WHERE op = ?1") \
    X(DIGEST_LIVE, "SELECT m.scope, o.compartment, e.name, s.text, o.uid, o.time_ms, o.receipt_ms" \
                   " FROM live l JOIN entity e ON e.id = l.entity JOIN member m ON m.root = e.root" \
                   " JOIN op o ON o.id = l.op JOIN symbol s ON s.id = l.register") \
    X(UNDO_OP, "DELETE FROM op WHERE id = ?1") \
    X(UNDO_LIVE, "DELETE FROM live WHERE entity = ?1 AND op = ?2") \
    X(UNDO_DEAD, "DELETE FROM dead WHERE entity = ?1 AND register = ?2 AND uid8 = ?3") \
    X(UNDO_ENTITY, "DELETE FROM entity WHERE id = ?1") \
    X(UNDO_MEMBER, "DELETE FROM member WHERE root = ?1") \
    X(UNDO_ENVELOPE, "SELECT 1 FROM envelope WHERE op = ?1 LIMIT 1")
/* clang-format on */

#endif
