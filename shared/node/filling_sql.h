/*
 * filling_sql.h - statements of forms being filled.
 */
#ifndef FILLING_SQL_H
#define FILLING_SQL_H

/* clang-format off */
#define FILLING_SQL(X) \
    X(FILLING_PUT, "INSERT INTO filling(id, person, changed_ms, about, answers, begun) VALUES(?1, ?2, ?3, ?4, ?5, ?6)" \
                   " ON CONFLICT(id) DO UPDATE SET changed_ms = ?3, about = ?4, answers = ?5") \
    X(FILLING_GET, "SELECT changed_ms, about, answers, begun FROM filling WHERE id = ?1 AND person = ?2") \
    X(FILLING_LIST, "SELECT id, changed_ms, about FROM filling WHERE person = ?1 ORDER BY changed_ms DESC LIMIT ?2") \
    X(FILLING_COUNT, "SELECT count(*) FROM filling") \
    X(OP_LAST, "SELECT coalesce(max(id), 0) FROM op") \
    X(FILLING_DROP, "DELETE FROM filling WHERE id = ?1")
/* clang-format on */

#endif
