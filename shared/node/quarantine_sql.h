/*
 * quarantine_sql.h - statements of what is in quarantine, what was decided about it, and of
 * codes that opened this device.
 */
#ifndef QUARANTINE_SQL_H
#define QUARANTINE_SQL_H

/* clang-format off */
#define QUARANTINE_SQL(X) \
    X(TOO_LATE_OF, "SELECT o.id, o.body FROM op o JOIN origin g ON g.id = o.origin WHERE g.node = ?1 AND o.entity <> 0" \
                   " AND o.receipt_ms >= ?2 AND o.flags & 6 = 0 ORDER BY o.id") \
    X(SET_BACK_PRED, "SELECT id, flags FROM op WHERE uid >= ?1 AND uid <= ?2 AND entity = ?3 AND flags & 4 = 0") \
    X(QUARANTINE_WAITING, "SELECT id, why, node, at_ms, bytes, verdict, settled_ms, person, reason FROM quarantine" \
                          " WHERE verdict = 0 AND id > ?1 ORDER BY id LIMIT ?2") \
    X(QUARANTINE_ALL, "SELECT id, why, node, at_ms, bytes, verdict, settled_ms, person, reason FROM quarantine" \
                      " WHERE id > ?1 ORDER BY id LIMIT ?2") \
    X(QUARANTINE_GET, "SELECT id, why, node, at_ms, bytes, verdict, settled_ms, person, reason FROM quarantine WHERE id = ?1") \
    X(REOPEN_ADD, "INSERT INTO reopened(by, days, at_ms) VALUES(?1, ?2, ?3)") \
    X(REOPEN_LIST, "SELECT by, days, at_ms FROM reopened ORDER BY id LIMIT ?1") \
    X(REOPEN_TOLD, "DELETE FROM reopened WHERE id IN (SELECT id FROM reopened ORDER BY id LIMIT ?1)") \
    X(QUARANTINE_SETTLE, "UPDATE quarantine SET verdict = ?2, settled_ms = ?3, person = ?4, reason = ?5 WHERE id = ?1")
/* clang-format on */

#endif
