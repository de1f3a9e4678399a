/*
 * blob_copies.c - files beside backups.
 *
 * A copy of the database is replaced by later ones, the files beside it are shared by all and stay:
 * they are what makes a file stable. So a file whose last op was redacted has to be taken from
 * there by name. A folder may be out of reach then, on a disk that somebody took along: its files
 * are remembered until it is back, and named to who asks what still holds a redacted value.
 */
#include <stdio.h>
#include <string.h>

#include "blob_internal.h"
#include "code.h"
#include "sealed_file.h"

struct span blob_copies_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return span_from(path, slash ? (size_t)(slash - path) + 1 : 0);
}

struct span blob_copy_name(const struct blob_name *name, char ret[BLOB_COPY_NAME])
{
    char hash[2 * HASH_SIZE + 1];
    hex_write(name->hash.bytes, HASH_SIZE, hash);
    (void)snprintf(ret, BLOB_COPY_NAME, "%s-%lld", hash, (long long)name->size);
    return span_of(ret);
}

/* "ab/<name>" */
static void file_of(const struct node *node, const struct blob_name *name, char ret[BLOB_PATH_MAX])
{
    char plain[BLOB_COPY_NAME], hidden[SEALED_NAME_SIZE];
    struct span own = blob_copy_name(name, plain);
    const char *shown = sealed_name(node->host, own, hidden) ? hidden : plain;
    (void)snprintf(ret, BLOB_PATH_MAX, "%.2s/%s", shown, shown);
}

static void path_in(struct span folder, const char *file, char ret[BLOB_PATH_MAX])
{
    (void)snprintf(ret, BLOB_PATH_MAX, "%.*sfiles/%s", (int)folder.size, (const char *)folder.data,
                   file);
}

void blob_copy_path(const struct node *node, struct span folder, const struct blob_name *name,
                    char ret[BLOB_PATH_MAX])
{
    char file[BLOB_PATH_MAX];
    file_of(node, name, file);
    path_in(folder, file, ret);
}

enum err blob_copies_begin(struct node *node, const char *path)
{
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, BLOB_COPIES_ADD);
    stmt_bind_text(s, 1, blob_copies_folder(path));
    stmt_bind_text(s, 2, span_of(path));
    return node_end(node, stmt_run(s));
}

enum err blob_copies_next(struct node *node, char folder[BLOB_PATH_MAX], bool *ret_found)
{
    struct stmt *s = db_stmt(node->db, BLOB_COPIES_NEXT);
    stmt_bind_text(s, 1, span_of(folder));
    *ret_found = stmt_row(s);
    if (*ret_found) {
        span_text(stmt_span(s, 0), folder, BLOB_PATH_MAX);
    }
    return stmt_end(s);
}

static enum err remember_not(struct node *node, struct span folder, const char *file)
{
    struct stmt *s = db_stmt(node->db, BLOB_COPY_GONE_NOT);
    stmt_bind_text(s, 1, folder);
    stmt_bind_text(s, 2, span_of(file));
    return stmt_run(s);
}

enum err blob_copy_stays(struct node *node, struct span folder, const struct blob_name *name)
{
    char file[BLOB_PATH_MAX];
    file_of(node, name, file);
    enum err e = node_begin(node);
    return e ? e : node_end(node, remember_not(node, folder, file));
}

enum err blob_copy_goes(struct node *node, const struct blob_name *name)
{
    char file[BLOB_PATH_MAX];
    file_of(node, name, file);
    struct stmt *s = db_stmt(node->db, BLOB_COPY_GONE_ADD);
    stmt_bind_text(s, 1, span_of(file));
    return stmt_run(s);
}

struct going {
    char folder[BLOB_PATH_MAX], file[BLOB_PATH_MAX], copy[BLOB_PATH_MAX];
};

/* The one after `at`. */
static enum err next_going(struct node *node, struct going *at, bool *ret_found)
{
    struct stmt *s = db_stmt(node->db, BLOB_COPY_GONE_NEXT);
    stmt_bind_text(s, 1, span_of(at->folder));
    stmt_bind_text(s, 2, span_of(at->file));
    *ret_found = stmt_row(s);
    if (*ret_found) {
        span_text(stmt_span(s, 0), at->folder, sizeof at->folder);
        span_text(stmt_span(s, 1), at->file, sizeof at->file);
        span_text(stmt_span(s, 2), at->copy, sizeof at->copy);
    }
    return stmt_end(s);
}

/* One that was half copied, too. */
static enum err remove_one(struct node *node, const struct going *going)
{
    const struct host *host = node->host;
    char path[BLOB_PATH_MAX];
    char part[BLOB_PATH_MAX + 8];
    path_in(span_of(going->folder), going->file, path);
    (void)snprintf(part, sizeof part, "%s" BLOB_COPY_PART, path);
    enum err e = host->files->remove(host->ctx, path);
    if (!e) {
        e = host->files->remove(host->ctx, part);
    }
    return e ? e : remember_not(node, span_of(going->folder), going->file);
}

enum err blob_copies_sweep(struct node *node)
{
    const struct host *host = node->host;
    struct going going = {.file = ""};
    bool found = true;
    enum err e = OK;
    while (!e && found) {
        e = next_going(node, &going, &found);
        if (e || !found) {
            break;
        }
        bool reached = host->files->exists(host->ctx, going.copy);
        if (reached) {
            /* In a transaction, so that nobody copies it anew meanwhile. */
            e = node_begin(node);
            e = e ? e : node_end(node, remove_one(node, &going));
            reached = e != ERR_FILE; /* a disk that can only be read: as one out of reach */
            e = reached ? e : OK;
        }
        if (!reached) { /* on to the next folder */
            (void)snprintf(going.file, sizeof going.file, "~");
        }
    }
    return e;
}

enum err blob_copies_waiting(struct node *node, blob_copy_each each, void *ctx)
{
    struct going going = {.file = ""};
    bool found = true;
    enum err e = OK;
    while (!e && found) {
        e = next_going(node, &going, &found);
        if (!e && found) {
            char path[BLOB_PATH_MAX];
            path_in(span_of(going.folder), going.file, path);
            each(ctx, path);
        }
    }
    return e;
}
