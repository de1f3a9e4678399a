/*
 * audit_sql.h - statements of the audit.
 */
#ifndef AUDIT_SQL_H
#define AUDIT_SQL_H

/* clang-format off */
#define AUDIT_SQL(X) \
    X(AUDIT_OP_COUNT, "SELECT count(*) FROM op") \
    X(AUDIT_OPS, "SELECT id FROM op WHERE id > ?1 ORDER BY id LIMIT ?2") \
    X(AUDIT_LIVE_OR_DEAD, "SELECT (SELECT count(*) FROM live WHERE entity = ?1 AND register = ?2 AND uid8 = ?3)," \
                          " (SELECT count(*) FROM dead WHERE entity = ?1 AND register = ?2 AND uid8 = ?3)") \
    X(AUDIT_LIVE_STRAYS, "SELECT count(*) FROM live l LEFT JOIN op o ON o.id = l.op WHERE o.id IS NULL OR o.entity <> l.entity") \
    X(AUDIT_BOTH, "SELECT count(*) FROM live l JOIN dead d ON d.entity = l.entity AND d.register = l.register AND d.uid8 = l.uid8") \
    X(AUDIT_CLEAR_LIVE, "DELETE FROM live") \
    X(AUDIT_CLEAR_MEMBER, "DELETE FROM member WHERE root IN (SELECT root FROM member JOIN symbol s ON s.id = scope WHERE s.text <> 'org')") \
    X(AUDIT_BATCHES, "SELECT id FROM batch WHERE id > ?1 ORDER BY id LIMIT ?2") \
    X(AUDIT_BATCH, "SELECT b.origin, b.first, b.count, b.prev, b.link, b.signature, o.name, o.node FROM batch b" \
                   " JOIN origin o ON o.id = b.origin WHERE b.id = ?1") \
    X(AUDIT_ORIGIN_OPS, "SELECT id, seq FROM op WHERE origin = ?1 AND seq > ?2 ORDER BY seq") \
    X(AUDIT_FEEDS, "SELECT id FROM feed WHERE id > ?1 ORDER BY id LIMIT ?2") \
    X(AUDIT_FEED_ROWS, "SELECT n, what, ref, hash FROM feed_row WHERE feed = ?1 AND n > ?2 ORDER BY n") \
    X(AUDIT_ROOTS, "SELECT id FROM entity WHERE root = id AND id > ?1 AND type NOT IN" \
                   " (SELECT id FROM symbol WHERE substr(text, 1, 1) = '_') ORDER BY id LIMIT ?2")
/* clang-format on */

#endif
