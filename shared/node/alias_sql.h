/*
 * alias_sql.h - statements of aliases of duplicates.
 */
#ifndef ALIAS_SQL_H
#define ALIAS_SQL_H

/* clang-format off */
#define ALIAS_SQL(X) \
    X(ALIAS_GET, "SELECT target, head FROM alias WHERE entity = ?1") \
    X(ALIAS_SET, "INSERT INTO alias(entity, target) VALUES(?1, ?2) ON CONFLICT(entity) DO UPDATE SET target = ?2") \
    X(ALIAS_DROP, "DELETE FROM alias WHERE entity = ?1") \
    X(ALIAS_SHOWN, "UPDATE alias SET head = ?2, case_number = ?3 WHERE entity = ?1") \
    X(ALIAS_FOLLOWERS, "SELECT entity, head FROM alias WHERE target = ?1 ORDER BY entity") \
    X(ALIAS_SAME_TYPE, "SELECT 1 FROM entity a JOIN entity b ON b.type = a.type WHERE a.id = ?1 AND b.id = ?2" \
                       " AND EXISTS (SELECT 1 FROM live l WHERE l.entity = b.id)") \
    X(ALIAS_BY_CASE, "SELECT e.name FROM alias a JOIN entity e ON e.id = a.entity WHERE a.case_number = ?1 AND a.head <> 0 LIMIT 10") \
    X(ALIAS_BY_NAMES, "SELECT e.name FROM entity e JOIN alias a ON a.entity = e.id WHERE e.name BETWEEN ?1 AND ?2 LIMIT 10") \
    X(UNIQUE_DOUBLES, "SELECT u.property, e.name FROM unique_value u JOIN entity e ON e.id = u.entity" \
                      " WHERE (u.property, u.value) IN (SELECT property, value FROM unique_value GROUP BY property, value HAVING count(*) > 1)" \
                      " ORDER BY u.property, u.value, u.entity LIMIT ?1")
/* clang-format on */

#endif
