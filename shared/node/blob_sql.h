/*
 * blob_sql.h - statements of attachments.
 */
#ifndef BLOB_SQL_H
#define BLOB_SQL_H

/* clang-format off */
#define BLOB_SQL(X) \
    X(BLOB_FIND, "SELECT id, kind, giver, server, epoch, stable, wanted FROM blob WHERE hash = ?1 AND size = ?2") \
    X(BLOB_BY_ID, "SELECT hash, size FROM blob WHERE id = ?1") \
    X(BLOB_ADD, "INSERT OR IGNORE INTO blob(hash, size, kind, wanted) VALUES(?1, ?2, ?3, ?4)") \
    X(BLOB_WHOLE, "UPDATE blob SET giver = ?2, wanted = 0 WHERE id = ?1") \
    X(BLOB_LOST, "UPDATE blob SET giver = NULL, server = 0, epoch = 0, wanted = 1 WHERE id = ?1") \
    X(BLOB_DROP, "UPDATE blob SET giver = NULL WHERE id = ?1") \
    X(BLOB_WANT, "UPDATE blob SET wanted = 1 WHERE id = ?1 AND giver IS NULL") \
    X(BLOB_ABOVE, "UPDATE blob SET server = ?2, epoch = ?3 WHERE id = ?1") \
    X(BLOB_STABLE, "UPDATE blob SET stable = 1 WHERE id = ?1") \
    X(BLOB_UNSAFE, "UPDATE blob SET stable = 0 WHERE id = ?1") \
    /* nothing that was told of files is believed any more: all are asked after again */ \
    X(BLOB_DOUBT, "UPDATE blob SET stable = 0, server = 0, epoch = 0 WHERE stable = 1 OR server <> 0") \
    X(BLOB_DELETE, "DELETE FROM blob WHERE id = ?1") \
    X(BLOB_REF_ADD, "INSERT OR IGNORE INTO blob_ref(op, blob) VALUES(?1, ?2)") \
    X(BLOB_REF_OF_OP, "SELECT blob FROM blob_ref WHERE op = ?1 LIMIT 1") \
    X(BLOB_REF_DROP, "DELETE FROM blob_ref WHERE op = ?1 AND blob = ?2") \
    X(BLOB_REF_ANY, "SELECT 1 FROM blob_ref WHERE blob = ?1 LIMIT 1") \
    X(BLOB_NAMED_BY, "SELECT o.entity, o.compartment, g.node FROM blob_ref r JOIN op o ON o.id = r.op LEFT JOIN origin g ON g.id = o.origin" \
                     " WHERE r.blob = ?1 UNION ALL SELECT o.entity, o.compartment, g.node FROM blob_ref r JOIN envelope v ON v.op = r.op" \
                     " JOIN op o ON o.id = r.op JOIN origin g ON g.id = v.origin WHERE r.blob = ?1") \
    X(BLOB_PART_GET, "SELECT have FROM blob_part WHERE blob = ?1 AND giver = ?2") \
    X(BLOB_PART_SET, "INSERT INTO blob_part(blob, giver, have) VALUES(?1, ?2, ?3) ON CONFLICT(blob, giver) DO UPDATE SET have = ?3") \
    X(BLOB_PART_ANY, "SELECT giver FROM blob_part WHERE blob = ?1 LIMIT 1") \
    X(BLOB_PART_DROP, "DELETE FROM blob_part WHERE blob = ?1 AND giver = ?2") \
    X(BLOB_GIVEN, "SELECT (SELECT count(*) FROM blob WHERE giver = ?1) + (SELECT count(*) FROM blob_part WHERE giver = ?1)," \
                  " (SELECT coalesce(sum(size), 0) FROM blob WHERE giver = ?1)" \
                  " + (SELECT coalesce(sum(b.size), 0) FROM blob_part p JOIN blob b ON b.id = p.blob WHERE p.giver = ?1)") \
    X(BLOB_GONE_ADD, "INSERT OR IGNORE INTO blob_gone(path) VALUES(?1)") \
    X(BLOB_GONE_NOT, "DELETE FROM blob_gone WHERE path = ?1") \
    X(BLOB_GONE_SOME, "SELECT path FROM blob_gone LIMIT 64") \
    /* files beside backups */ \
    X(BLOB_COPIES_ADD, "INSERT INTO blob_copies(folder, copy) VALUES(?1, ?2) ON CONFLICT(folder) DO UPDATE SET copy = ?2 WHERE copy <> ?2") \
    X(BLOB_COPIES_NEXT, "SELECT folder FROM blob_copies WHERE folder > ?1 ORDER BY folder LIMIT 1") \
    X(BLOB_COPY_GONE_ADD, "INSERT OR IGNORE INTO blob_copy_gone(folder, file) SELECT folder, ?1 FROM blob_copies") \
    X(BLOB_COPY_GONE_NOT, "DELETE FROM blob_copy_gone WHERE folder = ?1 AND file = ?2") \
    X(BLOB_COPY_GONE_NEXT, "SELECT g.folder, g.file, c.copy FROM blob_copy_gone g JOIN blob_copies c ON c.folder = g.folder" \
                           " WHERE (g.folder, g.file) > (?1, ?2) ORDER BY g.folder, g.file LIMIT 1") \
    /* what goes up, comes down, and may be asked for; smallest first */ \
    X(BLOB_OWN_OP, "SELECT min(o.seq) FROM blob_ref r JOIN op o ON o.id = r.op WHERE r.blob = ?1 AND o.origin = ?2") \
    X(BLOB_TO_SEND, "SELECT id, hash, size FROM blob WHERE giver IS NOT NULL AND stable = 0 AND kind = ?3 AND (size, id) > (?4, ?5)" \
                    " AND (server <> ?1 OR epoch <> ?2) AND EXISTS (SELECT 1 FROM blob_ref r WHERE r.blob = blob.id) ORDER BY size, id LIMIT ?6") \
    X(BLOB_TO_FETCH, "SELECT id, hash, size FROM blob WHERE giver IS NULL AND wanted = 1 AND kind = ?1 AND (size, id) > (?2, ?3)" \
                     " ORDER BY size, id LIMIT ?4") \
    X(BLOB_UNSTABLE, "SELECT id, hash, size FROM blob WHERE giver IS NOT NULL AND stable = 0 AND server = ?1 AND epoch = ?2" \
                     " AND NOT EXISTS (SELECT 1 FROM blob_ref r JOIN op o ON o.id = r.op JOIN origin g ON g.id = o.origin" \
                     " WHERE r.blob = blob.id AND o.way <> 2 AND o.seq > g.stable_seq) ORDER BY id LIMIT ?3") \
    /* ... of a bundle, which is rare: all of them */ \
    X(BLOB_UNSTABLE_ALL, "SELECT id, hash, size FROM blob WHERE giver IS NOT NULL AND stable = 0 AND kind IN (0, 1) AND server = ?1 AND epoch = ?2 LIMIT ?3") \
    X(BLOB_SAFE, "SELECT id, hash, size FROM blob WHERE giver IS NOT NULL AND stable = 1 AND kind = 0 LIMIT 64") \
    X(BLOB_ABSENT, "SELECT id, hash, size FROM blob WHERE giver IS NULL AND stable = 0 AND id > ?1 ORDER BY id LIMIT ?2") \
    X(BLOB_MISSED, "SELECT id, hash, size FROM blob WHERE giver IS NULL AND stable = 1 AND id > ?1 ORDER BY id LIMIT ?2") \
    X(BLOB_HELD, "SELECT id, hash, size FROM blob WHERE giver IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2") \
    /* sums: of those here, not here but wanted; and how much of them is here or above */ \
    X(BLOB_SUM_KEPT, "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE giver IS NOT NULL") \
    X(BLOB_SUM_SEND, "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE giver IS NOT NULL AND stable = 0 AND server = 0") \
    X(BLOB_SUM_FETCH, "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE giver IS NULL AND wanted = 1") \
    X(BLOB_SUM_SAFE, "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE giver IS NOT NULL AND stable = 1 AND kind = 0")
/* clang-format on */

#endif
