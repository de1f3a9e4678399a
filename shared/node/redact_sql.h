/*
 * redact_sql.h - statements of redaction: marks, what they name, receipts.
 */
#ifndef REDACT_SQL_H
#define REDACT_SQL_H

/* clang-format off */
#define REDACT_SQL(X) \
    X(REDACTED_HAS, "SELECT 1 FROM redacted WHERE uid = ?1") \
    X(REDACTED_PREFIX, "SELECT 1 FROM redacted WHERE uid BETWEEN ?1 AND ?2 LIMIT 1") \
    X(ENTITY_OP_AFTER, "SELECT id FROM op WHERE entity = ?1 AND id > ?2 ORDER BY id LIMIT 1") \
    X(REDACTED_ADD, "INSERT OR IGNORE INTO redacted(uid, redaction) VALUES(?1, ?2)") \
    X(REDACTION_ADD, "INSERT OR IGNORE INTO redaction(op, mark, entity, request) VALUES(?1, ?2, ?3, ?4)") \
    X(REDACTION_HELD, "UPDATE redaction SET held = held + ?2 WHERE id = ?1") \
    X(REDACTION_UNDONE, "SELECT 1 FROM redaction WHERE done_ms IS NULL LIMIT 1") \
    X(REDACTION_DONE, "UPDATE redaction SET done_ms = ?1 WHERE done_ms IS NULL") \
    X(REDACTION_OPS_OF, "SELECT op FROM redaction WHERE entity = ?1 ORDER BY id") \
    X(OP_SET_BODY, "UPDATE op SET body = ?2 WHERE id = ?1") \
    X(OP_IS_SCRUBBED, "SELECT 1 FROM op WHERE id = ?1 AND flags & 4 = 0 AND substr(body, -2) = x'225D'") \
    X(LIVE_HAS, "SELECT 1 FROM live WHERE entity = ?1 AND register = ?2 AND uid8 = ?3") \
    X(LIVE_BY_COMPARTMENT, "SELECT c.text, s.text, l.uid8, l.op FROM live l JOIN op o ON o.id = l.op JOIN symbol s ON s.id = l.register" \
                           " JOIN symbol c ON c.id = o.compartment WHERE l.entity = ?1 ORDER BY c.text, s.text, l.uid8") \
    X(QUARANTINE_NAMING, "SELECT id, bytes FROM quarantine WHERE id > ?1 AND instr(bytes, ?2) > 0 ORDER BY id LIMIT 1") \
    X(QUARANTINE_SET, "UPDATE quarantine SET bytes = ?2 WHERE id = ?1") \
    X(FORGOTTEN_UNTITLED, "UPDATE forgotten SET title = coalesce(case_number, '') WHERE title IS NOT NULL" \
                          " AND root = (SELECT id FROM entity WHERE name = ?1)") \
    X(TAKING_PARTS_DROP, "UPDATE taking SET part = x'', part_hash = NULL") \
    X(FIND_OPTIMIZE, "INSERT INTO find_text(find_text) VALUES('optimize')") \
    X(RECEIPT_OWN, "INSERT OR IGNORE INTO receipt(mark, node, held, at_ms) SELECT mark, ?1, held, ?2 FROM redaction WHERE done_ms IS NULL") \
    X(RECEIPT_ADD, "INSERT OR IGNORE INTO receipt(mark, node, held, at_ms) VALUES(?1, ?2, ?3, ?4)") \
    X(RECEIPT_UNTOLD, "SELECT mark, node, held, at_ms FROM receipt WHERE told = 0 LIMIT ?1") \
    X(RECEIPT_ANY, "SELECT 1 FROM receipt WHERE told = 0 LIMIT 1") \
    X(RECEIPT_TOLD, "UPDATE receipt SET told = 1 WHERE mark = ?1 AND node = ?2") \
    X(RECEIPT_TELL_AGAIN, "UPDATE receipt SET told = 0") \
    X(RECEIPTS_OF, "SELECT node, held, at_ms FROM receipt WHERE mark = ?1") \
    X(REDACTION_LIST, "SELECT op, done_ms, held, entity FROM redaction ORDER BY id") \
    X(REDACTION_WAITING, "SELECT l.op FROM live l JOIN op o ON o.id = l.op WHERE l.register = ?1" \
                         " AND NOT EXISTS (SELECT 1 FROM redaction r WHERE r.request = o.uid) ORDER BY l.op") \
    X(CALLER_LAST, "SELECT max(coalesce((SELECT seen_ms FROM caller WHERE node = ?1), 0)," \
                   " coalesce((SELECT max(seen_ms) FROM visit WHERE node = ?1), 0))")
/* clang-format on */

#endif
