/*
 * back_sql.h - statements of what was lost, put back or copied: notices.
 */
#ifndef BACK_SQL_H
#define BACK_SQL_H

/* clang-format off */
#define BACK_SQL(X) \
    X(NOTICE_ADD, "INSERT INTO notice(what, node, first_ms, last_ms) VALUES(?1, ?2, ?3, ?3)" \
                  " ON CONFLICT(what, node) DO UPDATE SET last_ms = ?3, count = count + 1, settled = 0") \
    X(NOTICE_LIST, "SELECT id, what, node, first_ms, last_ms, count FROM notice WHERE settled = 0 ORDER BY last_ms DESC, id LIMIT ?1") \
    X(NOTICE_COUNT, "SELECT count(*) FROM notice WHERE settled = 0") \
    X(NOTICE_SETTLE, "UPDATE notice SET settled = 1 WHERE id = ?1 AND settled = 0") \
    X(ORIGIN_NAMED_OF, "SELECT id, name, seq, link, stable_seq, stable_link FROM origin WHERE name = ?1 AND (node = ?2 OR node IS NULL)") \
    X(ORIGIN_YOUNGER, "SELECT 1 FROM origin WHERE node = ?1 AND id > ?2 AND seq > 0 LIMIT 1") \
    X(ORIGIN_OLDER, "SELECT 1 FROM origin WHERE node = ?1 AND id <> ?2 AND seq > 0 LIMIT 1")
/* clang-format on */

#endif
