/*
 * record_sql.h - statements of what people see and write: records, search, disputes, undo.
 */
#ifndef RECORD_SQL_H
#define RECORD_SQL_H

/* clang-format off */
#define RECORD_SQL(X) \
    X(DIRTY_SOME, "SELECT entity FROM dirty LIMIT ?1") \
    X(DIRTY_DONE, "DELETE FROM dirty WHERE entity = ?1")
/* clang-format on */

#endif
