/*
 * back_sql.h - statements of what was lost, put back or copied: notices, offers, adoption.
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
    X(ORIGIN_NAMED_OF, "SELECT id, name, seq, link, coalesce(rival_seq, stable_seq), coalesce(rival_link, stable_link)" \
                       " FROM origin WHERE name = ?1 AND (node = ?2 OR node IS NULL)") \
    X(OFFER_NEXT, "SELECT id, uid, origin, seq FROM op WHERE id > ?1 AND (length(body) <> 32 OR flags & 4) ORDER BY id LIMIT ?2") \
    X(SERVERS_ELSEWHERE, "UPDATE server SET elsewhere = ?2 WHERE id <> ?1 AND offer <> 0 AND (elsewhere = 0 OR elsewhere > ?2)") \
    X(SERVER_ELSEWHERE, "SELECT elsewhere FROM server WHERE id = ?1") \
    X(SERVER_ELSEWHERE_OVER, "UPDATE server SET elsewhere = 0 WHERE id = ?1") \
    X(OP_FIRST_OF, "SELECT min(id) FROM op WHERE entity = ?1") \
    X(OP_BY_PREFIX, "SELECT id FROM op WHERE uid BETWEEN ?1 AND ?2 LIMIT 1") \
    X(DEAD_IN_REGISTER, "SELECT uid8 FROM dead WHERE entity = ?1 AND register = ?2 ORDER BY uid8") \
    X(DIGEST_DEAD, "SELECT DISTINCT m.scope, o.compartment, e.name, s.text, d.uid8 FROM dead d JOIN live l ON l.entity = d.entity" \
                   " AND l.register = d.register JOIN op o ON o.id = l.op JOIN entity e ON e.id = d.entity JOIN member m ON m.root = e.root" \
                   " JOIN symbol s ON s.id = d.register") \
    X(FLAG_PROVEN, "UPDATE flag SET settled = 1 WHERE op = ?1 AND why = 'unverified' AND settled = 0") \
    X(SERVERS_FORGET_RELAY, "UPDATE server SET got = 0, unsure = 0, stables = 0, cursor = -1") \
    X(ORIGIN_YOUNGER, "SELECT 1 FROM origin WHERE node = ?1 AND id > ?2 AND seq > 0 LIMIT 1") \
    X(ORIGIN_OLDER, "SELECT 1 FROM origin WHERE node = ?1 AND id <> ?2 AND seq > 0 LIMIT 1")
/* clang-format on */

#endif
