/*
 * sync_sql.h - statements of both ends of a sync: servers, callers, cursors, batches, stable.
 */
#ifndef SYNC_SQL_H
#define SYNC_SQL_H

/* clang-format off */
#define SYNC_SQL(X) \
    X(SERVER_BY_NAME, "SELECT id, url, pins, ca, epoch, ratchet, acked, got, stables, synced_ms, unsure FROM server WHERE name = ?1") \
    X(SERVER_ADD, "INSERT INTO server(name, url, pins, ca, epoch) VALUES(?1, ?2, ?3, ?4, ?5)")
/* clang-format on */

#endif
