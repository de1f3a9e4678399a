/*
 * rules_sql.h - statements of the rules asked of records (node_rules.h).
 */
#ifndef RULES_SQL_H
#define RULES_SQL_H

/* clang-format off */
#define RULES_SQL(X) \
    X(UNRULED_ADD, "INSERT OR IGNORE INTO unruled(entity) VALUES(?1)") \
    X(UNRULED_KEPT, "INSERT OR IGNORE INTO unruled(entity) SELECT entity FROM record WHERE entity = ?1 AND broken > 0") \
    X(UNRULED_SOME, "SELECT entity FROM unruled LIMIT ?1") \
    X(UNRULED_DONE, "DELETE FROM unruled WHERE entity = ?1") \
    X(FORMLESS_ADD, "INSERT OR IGNORE INTO formless(entity) VALUES(?1)") \
    X(FORMLESS_ASK, "INSERT OR IGNORE INTO unruled(entity) SELECT entity FROM formless") \
    X(FORMLESS_CLEAR, "DELETE FROM formless") \
    X(RULED_PUT, "UPDATE record SET disputes = disputes - broken + ?2, broken = ?2 WHERE entity = ?1 AND broken <> ?2") \
    X(COMPUTED_READ, "SELECT property, value FROM computed WHERE entity = ?1 ORDER BY property") \
    X(COMPUTED_CLEAR, "DELETE FROM computed WHERE entity = ?1") \
    X(COMPUTED_PUT, "INSERT INTO computed(entity, property, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = ?3") \
    X(COMPUTED_DROP, "DELETE FROM computed WHERE entity = ?1 AND property = ?2") \
    X(RULES_NAMES, "SELECT case_number, title, document FROM record WHERE entity = ?1") \
    X(RULES_KIN, "SELECT id FROM entity WHERE root = ?1 AND type = ?2 AND id <> ?3 LIMIT ?4")
/* clang-format on */

#endif
