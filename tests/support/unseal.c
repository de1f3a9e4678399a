/*
 * unseal HOME FILE [DATABASE]: the database of a home, or a copy of it, in the clear, for tests
 * that look inside. HOME = NAME: a sealed file of it, such as tls/server.key. What opens it is
 * taken from where the session keeps it, so it must be unlocked.
 */
#include <stdio.h>
#include <stdlib.h>

#include "code.h"
#include "db_internal.h"
#include "home_key.h"
#include "host_real.h"
#include "process.h"
#include "sealed_file.h"

#define NAME_SIZE 1024

static bool copy(const struct host *host, const char *path, const char *to)
{
    struct db_options options = {.path = path, .busy_timeout_ms = 20000};
    struct diag diag = {0};
    struct db *db = NULL;
    sqlite3 *plain = NULL;
    bool copied = false;
    if (db_open(host, &options, &db, &diag)) {
        (void)fprintf(stderr, "%s: %s %s\n", err_name(diag.code), diag.args[0], diag.args[1]);
        return false;
    }
    (void)remove(to);
    if (sqlite3_open(to, &plain) == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(plain, "main", db->handle, "main");
        copied = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE &&
                 sqlite3_backup_finish(backup) == SQLITE_OK;
        /* One file, whoever reads it. */
        (void)sqlite3_exec(plain, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    }
    (void)sqlite3_close(plain);
    db_close(db);
    return copied;
}

static bool show_file(const struct host *host, const char *home, const char *name)
{
    char path[NAME_SIZE] = "";
    struct buf text;
    buf_init(&text, &host->mem, 65536);
    (void)snprintf(path, sizeof path, "%s/%s", home, name);
    bool shown = sealed_read(host, span_of(name), path, &text) == OK &&
                 fwrite(text.data, 1, text.size, stdout) == text.size;
    buf_release(&text);
    return shown;
}

int main(int argc, char **argv)
{
    struct host_real real;
    struct host host;
    struct buf kept;
    char path[NAME_SIZE] = "";
    if (argc < 3 || process_init()) {
        return 2;
    }
    host_real_init(&real, &host);
    buf_init(&kept, &host.mem, 4096);
    (void)snprintf(path, sizeof path, "%s%s", argv[argc > 3 ? 3 : 1], argc > 3 ? "" : "/douar.db");
    bool done = home_key_take(&host, argv[1], &kept);
    if (done && argv[2][0] == '-') {
        char hex[2 * SEAL_KEY_SIZE + 1] = "";
        hex_write(host.db_key.data, host.db_key.size, hex);
        (void)printf("%s\n", hex);
    } else if (done && argv[2][0] == '=' && argc > 3) {
        done = show_file(&host, argv[1], argv[3]);
    } else {
        done = done && copy(&host, path, argv[2]);
    }
    buf_release(&kept);
    host_real_release(&real);
    return done ? 0 : 1;
}
