/*
 * sim_eye.c - looking at a node's database from outside of the node.
 */
#include "sim_check.h"

static bool open_eye(struct sim_node *node)
{
    if (node->eye) {
        return true;
    }
    if (sim_disk_is_dead(node->host.disk)) {
        return false;
    }
    int code = sqlite3_open_v2(node->path, &node->eye, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                               node->host.host.vfs);
    if (code != SQLITE_OK) {
        (void)sqlite3_close_v2(node->eye);
        node->eye = NULL;
        world_fail(node->world, "%s: the database can't be looked at: %d", node->name, code);
    }
    return code == SQLITE_OK;
}

sqlite3_stmt *eye_ask(struct sim_node *node, const char *sql)
{
    sqlite3_stmt *handle = NULL;
    if (!open_eye(node)) {
        return NULL;
    }
    int code = sqlite3_prepare_v2(node->eye, sql, -1, &handle, NULL);
    if (code != SQLITE_OK && !sim_disk_is_dead(node->host.disk)) {
        world_fail(node->world, "%s: %s: %s", node->name, sql, sqlite3_errmsg(node->eye));
    }
    return handle;
}

int64_t eye_number(struct sim_node *node, const char *sql)
{
    sqlite3_stmt *handle = eye_ask(node, sql);
    int64_t number = 0;
    if (handle && sqlite3_step(handle) == SQLITE_ROW) {
        number = sqlite3_column_int64(handle, 0);
    }
    (void)sqlite3_finalize(handle);
    return number;
}

uint64_t eye_sum(struct sim_node *node, const char *sql)
{
    sqlite3_stmt *handle = eye_ask(node, sql);
    uint64_t sum = 1469598103934665603u;
    while (handle && sqlite3_step(handle) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(handle); i++) {
            const uint8_t *bytes = sqlite3_column_blob(handle, i);
            int size = sqlite3_column_bytes(handle, i);
            for (int k = 0; k < size; k++) {
                sum = (sum ^ bytes[k]) * 1099511628211u;
            }
            sum = (sum ^ 0xffu) * 1099511628211u;
        }
    }
    (void)sqlite3_finalize(handle);
    return sum;
}
