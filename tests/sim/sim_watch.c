/*
 * sim_watch.c - for who looks for the reason of a failure: the story of one entity on all nodes,
 * and every node's database as a file to ask with sqlite3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_check.h"

#define WATCH_TEXT_MAX 8192

/* What a node knows of the entity: where it is, whether people see it, its ops (way, receipt), what
   is live and dead. */
static const char WATCHED[] =
    "SELECT 'in ' || coalesce((SELECT group_concat(t.text) FROM member m JOIN symbol t ON t.id ="
    " m.scope WHERE m.root = e.root), '-') || (CASE WHEN (SELECT missing FROM entity WHERE id ="
    " e.root) THEN ' missing' ELSE '' END) || (CASE WHEN EXISTS (SELECT 1 FROM forgotten WHERE"
    " root = e.root) THEN ' forgotten' ELSE '' END) || (CASE WHEN EXISTS (SELECT 1 FROM dirty WHERE"
    " entity = e.id) THEN ' to be shown anew' WHEN EXISTS (SELECT 1 FROM record WHERE entity ="
    " e.id) THEN ' shown' ELSE '' END) || ' ops ' || coalesce((SELECT"
    " group_concat(substr(hex(o.uid), 1, 6) || '/' || o.way || coalesce('@' || o.receipt_ms, '') ||"
    " (CASE WHEN length(o.body) = 32 THEN ' let go' ELSE '' END), ' ') FROM (SELECT * FROM op WHERE"
    " entity = e.id ORDER BY uid) o), '-') || ' live ' || coalesce((SELECT group_concat(r.text ||"
    " ':' || printf('%.6s', printf('%016X', l.uid8)), ' ') FROM live l JOIN symbol r ON r.id ="
    " l.register WHERE l.entity = e.id), '-') || ' dead ' || coalesce((SELECT group_concat(r.text"
    " || ':' || printf('%.6s', printf('%016X', d.uid8)), ' ') FROM dead d JOIN symbol r ON r.id ="
    " d.register WHERE d.entity = e.id), '-') FROM entity e WHERE hex(e.name) = ?1";

void watch_world(struct sim_world *world, const char *what)
{
    static char seen[SIM_NODES_MAX][WATCH_TEXT_MAX];
    char now[WATCH_TEXT_MAX];
    for (size_t i = 0; world->options.watch && i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if ((!node->svc && !node->node) || sim_disk_is_dead(node->host.disk)) {
            continue;
        }
        sqlite3_stmt *s = eye_ask(node, WATCHED);
        (void)sqlite3_bind_text(s, 1, world->options.watch, -1, SQLITE_STATIC);
        now[0] = '\0';
        if (s && sqlite3_step(s) == SQLITE_ROW) {
            (void)snprintf(now, sizeof now, "%s", (const char *)sqlite3_column_text(s, 0));
        }
        (void)sqlite3_finalize(s);
        if (strcmp(now, seen[i]) != 0) {
            world_say(world, "  watched, %s, %s: %s", what, node->name, now);
            memcpy(seen[i], now, sizeof now);
        }
    }
}

static void keep_database(struct sim_node *node, const char *folder)
{
    char path[1024];
    sqlite3_int64 size = 0;
    if (eye_number(node, "SELECT count(*) FROM op") == 0) {
        return;
    }
    uint8_t *bytes = sqlite3_serialize(node->eye, "main", &size, 0);
    (void)snprintf(path, sizeof path, "%s/%s.db", folder, node->name);
    FILE *file = bytes ? fopen(path, "wb") : NULL;
    if (!file || fwrite(bytes, 1, (size_t)size, file) != (size_t)size) {
        (void)fprintf(stderr, "sim: %s can't be written\n", path);
    }
    if (file) {
        (void)fclose(file);
    }
    sqlite3_free(bytes);
}

void watch_keep(struct sim_world *world)
{
    for (size_t i = 0; world->options.keep && i < world->node_count; i++) {
        keep_database(&world->nodes[i], world->options.keep);
    }
}
