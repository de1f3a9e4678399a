/*
 * listing_sql.h - statements of records as lists that forms choose from.
 */
#ifndef LISTING_SQL_H
#define LISTING_SQL_H

/* clang-format off */
#define LISTING_SQL(X) \
    X(LISTING_COUNT, "SELECT count(*) FROM (SELECT 1 FROM record WHERE type = ?1 AND deleted = 0 LIMIT ?2)") \
    X(LISTING_ALL, "SELECT entity FROM record WHERE type = ?1 AND entity > ?2 AND deleted = 0 ORDER BY entity LIMIT ?3") \
    X(LISTING_SOURCE, "SELECT r.entity, r.title, r.document, e.name FROM record r JOIN entity e ON e.id = r.entity" \
                      " WHERE r.type = ?1 AND r.entity > ?2 AND r.deleted = 0 ORDER BY r.entity LIMIT ?3") \
    X(LISTING_TREE, "SELECT e.id FROM entity e JOIN record r ON r.entity = e.id" \
                    " WHERE e.root = ?1 AND r.type = ?2 AND r.deleted = 0 AND e.id > ?3 ORDER BY e.id LIMIT ?4") \
    X(LISTING_KEY, "SELECT id, built FROM list_key WHERE type = ?1 AND child = ?2 AND number = ?3") \
    X(LISTING_KEYS, "SELECT id, child, number FROM list_key WHERE type = ?1") \
    X(LISTING_KEY_ADD, "INSERT INTO list_key(type, child, number) VALUES(?1, ?2, ?3)") \
    X(LISTING_KEY_BUILT, "UPDATE list_key SET built = ?2 WHERE id = ?1") \
    X(LISTING_KEY_SPARE, "SELECT id FROM list_key WHERE (SELECT count(*) FROM list_key) >= ?1 ORDER BY id LIMIT 1") \
    X(LISTING_KEY_DROP, "DELETE FROM list_key WHERE id = ?1") \
    X(LISTING_KEY_EMPTY, "DELETE FROM list_row WHERE key = ?1") \
    X(LISTING_ADD, "INSERT OR IGNORE INTO list_row(key, hash, entity) VALUES(?1, ?2, ?3)") \
    X(LISTING_CLEAR, "DELETE FROM list_row WHERE entity = ?1") \
    X(LISTING_MATCHES, "SELECT count(*) FROM (SELECT 1 FROM list_row WHERE key = ?1 AND hash IN (?2, ?3) LIMIT ?4)") \
    X(LISTING_MATCH, "SELECT entity FROM list_row WHERE key = ?1 AND hash = ?2 AND entity > ?4" \
                     " UNION SELECT entity FROM list_row WHERE key = ?1 AND hash = ?3 AND entity > ?4" \
                     " UNION SELECT entity FROM record WHERE type = ?5 AND elsewhere <> '' AND entity > ?4 AND deleted = 0" \
                     " ORDER BY 1 LIMIT ?6")
/* clang-format on */

#endif
