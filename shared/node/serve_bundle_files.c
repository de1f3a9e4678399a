/*
 * serve_bundle_files.c - the answering end of attachments in bundles: takes what a caller puts,
 * remembers what it named, and tells and puts that when somebody writes a bundle for it.
 */
#include "bundle_parts.h"
#include "num.h"
#include "serve_blob.h"

#define FILES_MAX (8u * 1024 * 1024)

/* ---- taking */

static enum err forget_named(struct node *node, struct id caller)
{
    static const enum bundle_file_way ways[] = {FILE_ASKED, FILE_WANTED};
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof ways / sizeof ways[0]; i++) {
        struct stmt *s = db_stmt(node->db, BUNDLE_FILES_OVER);
        stmt_bind_blob(s, 1, caller.bytes, ID_SIZE);
        stmt_bind_i64(s, 2, ways[i]);
        e = stmt_run(s);
    }
    return e;
}

/* A hub that lacks what may be read gets it from above, as it does by network. */
static enum err note_wanted(struct serve *serve, const struct file_wanted *want)
{
    struct blob_row blob;
    struct blob_access access = {.read = false};
    enum err e = serve_blob_find(serve, &want->name, &blob, &access);
    if (!e && access.read && !blob.whole) {
        e = blob_want(serve->node, &want->name);
    }
    return e ? e
             : bundle_file_set(serve->node, serve->caller->id, FILE_WANTED, &want->name,
                               want->from);
}

static enum err take_put(struct serve *serve, const struct blob_piece *put, struct span bytes,
                         struct bundle_report *report)
{
    struct blob_row blob;
    int64_t have = -1;
    bool wrong = false;
    enum err e = serve_blob_taken(serve, &put->name, &blob, &have);
    if (e || have != put->offset || blob.whole) {
        return e;
    }
    e = blob_take(serve->node, &blob, serve->caller->id, put->offset, bytes, &have, &wrong);
    if (!e && !wrong) {
        report->file_bytes += put->size;
        report->files += blob.whole;
    }
    return e;
}

static enum err take(struct serve *serve, bool first, const struct bundle_files *files,
                     struct span bytes, struct bundle_report *report)
{
    enum err e = first ? forget_named(serve->node, serve->caller->id) : OK;
    for (size_t i = 0; !e && i < files->ask_count; i++) {
        e = bundle_file_set(serve->node, serve->caller->id, FILE_ASKED, &files->ask[i], 0);
    }
    for (size_t i = 0; !e && i < files->want_count; i++) {
        e = note_wanted(serve, &files->want[i]);
    }
    return e || !files->has_put ? e : take_put(serve, &files->put, bytes, report);
}

static enum err count_names(struct bundle_named *named, const struct bundle_files *files,
                            struct diag *diag)
{
    char most[NUM_TEXT_SIZE];
    named->count += files->ask_count + files->want_count;
    num_write_i64(WIRE_STICK_NAMES, most);
    return named->count > WIRE_STICK_NAMES
               ? diag_set(diag, ERR_TOO_LARGE, "files of a bundle", most, NULL)
               : OK;
}

enum err serve_bundle_files(struct node *node, struct id caller, struct bundle_named *named,
                            struct span body, struct bundle_report *report, struct diag *diag)
{
    struct bundle_files files;
    struct arena arena;
    struct span bytes = {0};
    struct serve serve = {.node = node, .arena = &arena, .by_bundle = true};
    arena_init(&arena, &node->host->mem, FILES_MAX);
    enum err e = bundle_files_read(body, &arena, &files, &bytes, diag);
    if (!e) {
        e = count_names(named, &files, diag);
    }
    if (!e) {
        e = node_begin(node);
        if (!e) {
            e = serve_bundle_caller(&serve, caller);
        }
        if (!e && !serve.caller->revoked) {
            e = take(&serve, !named->began, &files, bytes, report);
        }
        e = node_end(node, e);
        named->began = named->began || !e;
    }
    arena_release(&arena);
    return e ? node_failed(node, e, diag) : OK;
}

/* ---- telling and putting */

struct telling {
    struct bundle_out *out;
    struct id caller;
    struct blob_name after; /* of the last page */
    struct file_told told[WIRE_BLOB_NAMES];
    bool readable[WIRE_BLOB_NAMES];
    int64_t have[WIRE_BLOB_NAMES];
    size_t count;
};

static enum err load_page(struct telling *t, enum bundle_file_way way)
{
    struct stmt *s = db_stmt(t->out->node->db, BUNDLE_FILES_OF);
    stmt_bind_blob(s, 1, t->caller.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, way);
    stmt_bind_blob(s, 3, t->after.hash.bytes, HASH_SIZE);
    stmt_bind_i64(s, 4, t->after.size);
    stmt_bind_i64(s, 5, WIRE_BLOB_NAMES);
    for (t->count = 0; t->count < WIRE_BLOB_NAMES && stmt_row(s); t->count++) {
        struct file_told told = {.have = -1};
        (void)stmt_blob(s, 0, told.name.hash.bytes, HASH_SIZE);
        told.name.size = stmt_i64(s, 1);
        t->have[t->count] = stmt_i64(s, 2);
        t->told[t->count] = told;
        t->after = told.name;
    }
    return stmt_end(s);
}

/* As things are now, and by what the caller may read now. */
static enum err judge(struct telling *t, struct serve *serve)
{
    enum err e = serve_bundle_caller(serve, t->caller);
    for (size_t i = 0; !e && i < t->count; i++) {
        struct blob_row blob;
        struct blob_access access = {.read = false};
        e = serve_blob_taken(serve, &t->told[i].name, &blob, &t->told[i].have);
        if (!e) {
            t->told[i].stable = blob.stable && t->told[i].have == blob.name.size;
            e = serve_blob_find(serve, &t->told[i].name, &blob, &access);
        }
        t->readable[i] = !e && access.read && blob.whole;
    }
    return e;
}

static enum err next_page(struct telling *t, enum bundle_file_way way)
{
    struct node *node = t->out->node;
    struct arena arena;
    struct serve serve = {.node = node, .arena = &arena, .by_bundle = true};
    arena_init(&arena, &node->host->mem, FILES_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = load_page(t, way);
        if (!e && t->count > 0) {
            e = judge(t, &serve);
        }
        e = node_end(node, e);
    }
    arena_release(&arena);
    return e;
}

static enum err tell_page(struct telling *t)
{
    struct bundle_files files = {.told = t->told, .told_count = t->count};
    return bundle_out_names(t->out, &files);
}

static enum err put_page(struct telling *t)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < t->count; i++) {
        if (t->readable[i]) {
            e = bundle_out_file(t->out, &t->told[i].name, t->have[i]);
        }
    }
    return e;
}

static enum err each_page(struct telling *t, enum bundle_file_way way,
                          enum err (*each)(struct telling *t))
{
    enum err e = OK;
    t->after = (struct blob_name){.size = 0};
    do {
        e = next_page(t, way);
        if (!e && t->count > 0) {
            e = each(t);
        }
    } while (!e && t->count > 0);
    return e;
}

enum err serve_bundle_told(struct bundle_out *out, struct id caller)
{
    struct telling t = {.out = out, .caller = caller};
    enum err e = each_page(&t, FILE_ASKED, tell_page);
    return e ? e : each_page(&t, FILE_WANTED, put_page);
}
