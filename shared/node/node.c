/*
 * node.c - opening a node, who it is, its clock, its transactions.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "blob_internal.h"
#include "code.h"
#include "lease.h"
#include "node_build.h"
#include "node_clock.h"
#include "node_internal.h"
#include "node_redact.h"
#include "node_rules.h"
#include "notice.h"

#define NODE_SYMBOL_ARENA (8u * 1024 * 1024)
#define NODE_BUSY_MS      20000

extern const struct embedded schema_migrations[];
extern const size_t schema_migrations_count;

static const char *const role_names[] = {"worker", "supervisor", "hub", "region"};

const char *role_name(enum role role)
{
    return role_names[role];
}

bool role_from_name(const char *name, enum role *ret)
{
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++) {
        if (strcmp(role_names[i], name) == 0) {
            *ret = (enum role)i;
            return true;
        }
    }
    return false;
}

enum err node_failed(struct node *node, enum err e, struct diag *diag)
{
    const char *why = node->db ? db_error_text(node->db) : "";
    if (e && diag && diag->code == e) { /* told where it happened */
        return e;
    }
    if (e == ERR_DB) {
        return diag_set(diag, e, why[0] ? why : node->path, node->path, NULL);
    }
    if (e == ERR_DB_CORRUPT) {
        return diag_set(diag, e, node->path, why[0] ? why : "something is missing in it", NULL);
    }
    return e == ERR_DB_FULL ? diag_set(diag, e, node->path, NULL) : diag_keep(diag, e);
}

/* ---- table self */

enum err self_i64(struct node *node, const char *key, int64_t otherwise, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, SELF_GET);
    stmt_bind_text(s, 1, span_of(key));
    int64_t value = otherwise;
    if (stmt_row(s)) {
        value = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = value;
    }
    return e;
}

enum err self_set_i64(struct node *node, const char *key, int64_t value)
{
    struct stmt *s = db_stmt(node->db, SELF_SET);
    stmt_bind_text(s, 1, span_of(key));
    stmt_bind_i64(s, 2, value);
    return stmt_run(s);
}

enum err self_blob(struct node *node, const char *key, void *ret, size_t size, bool *ret_found)
{
    struct stmt *s = db_stmt(node->db, SELF_GET);
    stmt_bind_text(s, 1, span_of(key));
    bool found = stmt_row(s) && stmt_blob(s, 0, ret, size);
    enum err e = stmt_end(s);
    if (!e) {
        *ret_found = found;
    }
    return e;
}

enum err self_set_blob(struct node *node, const char *key, const void *data, size_t size)
{
    struct stmt *s = db_stmt(node->db, SELF_SET);
    stmt_bind_text(s, 1, span_of(key));
    stmt_bind_blob(s, 2, data, size);
    return stmt_run(s);
}

enum err self_set_text(struct node *node, const char *key, const char *text)
{
    struct stmt *s = db_stmt(node->db, SELF_SET);
    stmt_bind_text(s, 1, span_of(key));
    stmt_bind_text(s, 2, span_of(text));
    return stmt_run(s);
}

static enum err self_text(struct node *node, const char *key, char *ret, size_t size)
{
    struct stmt *s = db_stmt(node->db, SELF_GET);
    stmt_bind_text(s, 1, span_of(key));
    ret[0] = '\0';
    if (stmt_row(s)) {
        span_text(stmt_span(s, 0), ret, size);
    }
    return stmt_end(s);
}

enum err node_setting_set(struct node *node, const char *key, struct span value)
{
    char name[64] = "setting.";
    size_t room = sizeof name - strlen(name) - 1;
    if (strlen(key) > room) {
        return ERR_TOO_LARGE;
    }
    memcpy(name + strlen(name), key, strlen(key) + 1);
    struct stmt *s = db_stmt(node->db, SELF_SET);
    stmt_bind_text(s, 1, span_of(name));
    stmt_bind_text(s, 2, value);
    return stmt_run(s);
}

enum err node_setting(struct node *node, const char *key, struct arena *arena, struct span *ret)
{
    char name[64] = "setting.";
    size_t room = sizeof name - strlen(name) - 1;
    if (strlen(key) > room) {
        return ERR_TOO_LARGE;
    }
    memcpy(name + strlen(name), key, strlen(key) + 1);
    struct stmt *s = db_stmt(node->db, SELF_GET);
    stmt_bind_text(s, 1, span_of(name));
    struct span value = {0};
    enum err e = OK;
    if (stmt_row(s)) {
        e = arena_copy(arena, stmt_span(s, 0), &value);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = value;
    }
    return e;
}

/* ---- opening */

static enum err read_identity(struct node *node)
{
    struct node_identity *me = &node->identity;
    bool found = false;
    uint8_t seed[SECRET_SEED_SIZE];
    int64_t role = 0;
    int64_t epoch = 0;
    enum err e = self_i64(node, "role", 0, &role);
    if (!e) {
        e = self_i64(node, "epoch", 0, &epoch);
    }
    if (!e) {
        e = self_blob(node, "node", me->id.bytes, ID_SIZE, &found);
    }
    if (!e && !found) {
        e = ERR_DB_CORRUPT;
    }
    if (!e) {
        e = self_blob(node, "seed", seed, sizeof seed, &found);
    }
    if (e) {
        return e;
    }
    me->role = (enum role)role;
    me->epoch = (uint64_t)epoch;
    sign_key_from_seed(seed, &me->key, &node->key);
    sign_wipe(seed, sizeof seed);
    e = self_blob(node, "org_key", me->org_key.bytes, PUBLIC_KEY_SIZE, &me->enrolled);
    if (!e) {
        e = self_blob(node, "person", me->person.bytes, ID_SIZE, &me->has_person);
    }
    if (!e) {
        e = self_text(node, "short", me->short_code, sizeof me->short_code);
    }
    if (!e) {
        e = self_blob(node, "org_seed", seed, sizeof seed, &node->has_org_key);
    }
    if (!e && node->has_org_key) {
        struct public_key ignored;
        sign_key_from_seed(seed, &ignored, &node->org_key);
        sign_wipe(seed, sizeof seed);
    }
    if (!e) {
        e = self_i64(node, "origin", 0, &node->own_origin);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
        stmt_bind_i64(s, 1, node->own_origin);
        if (stmt_row(s)) {
            (void)stmt_blob(s, 0, node->own_origin_name.bytes, ID_SIZE);
        }
        e = stmt_end(s);
    }
    return e;
}

static void forget_caches(struct node *node)
{
    symbols_forget(node);
    node->org_unsure = true;
    node->identity_stale = true;
}

static enum err open_database(const struct host *host, const char *path, bool create,
                              struct node **ret, struct diag *diag)
{
    struct node *node = host->mem.resize(host->mem.ctx, NULL, sizeof *node);
    if (!node) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(node, 0, sizeof *node);
    node->host = host;
    node->org_stale = true;
    arena_init(&node->symbol_arena, &host->mem, NODE_SYMBOL_ARENA);
    arena_init(&node->org_arena, &host->mem, NODE_ORG_ARENA);
    arena_init(&node->org_kept_arena, &host->mem, NODE_ORG_ARENA);
    arena_init(&node->parsed_arena, &host->mem, NODE_ORG_ARENA);
    enum err e = OK;
    if (strlen(path) >= sizeof node->path) {
        e = diag_set(diag, ERR_TOO_LARGE, "path", "1023", NULL);
    } else {
        memcpy(node->path, path, strlen(path) + 1);
        struct db_options options = {.path = path,
                                     .create = create,
                                     .busy_timeout_ms = NODE_BUSY_MS,
                                     .sql = node_sql,
                                     .sql_count = NODE_STMT_COUNT};
        e = db_open(host, &options, &node->db, diag);
    }
    if (!e) {
        e = db_migrate(node->db, schema_migrations, schema_migrations_count, diag);
    }
    if (e) {
        node_close(node);
        return e;
    }
    *ret = node;
    return OK;
}

/* A new incarnation of this writer: 16 random bytes, numbers from 1. */
enum err node_new_origin(struct node *node)
{
    struct id name;
    node->host->random(node->host->ctx, name.bytes, ID_SIZE);
    struct link link = link_first(name);
    struct signature open;
    batch_sign_open(name, node->identity.id, &node->key, &open);
    struct stmt *s = db_stmt(node->db, ORIGIN_ADD);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, node->identity.id.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, 0);
    stmt_bind_blob(s, 4, link.bytes, LINK_SIZE);
    stmt_bind_blob(s, 5, open.bytes, SIGNATURE_SIZE);
    enum err e = stmt_run(s);
    if (e) {
        return e;
    }
    node->own_origin = db_last_id(node->db);
    node->own_origin_name = name;
    return self_set_i64(node, "origin", node->own_origin);
}

static enum err write_identity(struct node *node, enum role role, const uint8_t *org_seed)
{
    uint8_t seed[SECRET_SEED_SIZE];
    struct id id;
    int64_t epoch = 0;
    node->host->random(node->host->ctx, seed, sizeof seed);
    node->host->random(node->host->ctx, id.bytes, ID_SIZE);
    node->host->random(node->host->ctx, &epoch, sizeof epoch);
    sign_key_from_seed(seed, &node->identity.key, &node->key);
    node->identity.id = id;
    node->identity.role = role;
    enum err e = self_set_i64(node, "role", role);
    if (!e) {
        e = self_set_blob(node, "node", id.bytes, ID_SIZE);
    }
    if (!e) {
        e = self_set_blob(node, "seed", seed, sizeof seed);
    }
    if (!e) {
        e = self_set_i64(node, "epoch", epoch);
    }
    if (!e) {
        e = self_set_i64(node, "build_ms", NODE_BUILD_MS);
    }
    if (!e && org_seed) {
        struct public_key org_key;
        struct secret_key secret;
        sign_key_from_seed(org_seed, &org_key, &secret);
        e = self_set_blob(node, "org_seed", org_seed, SECRET_SEED_SIZE);
        if (!e) {
            e = self_set_blob(node, "org_key", org_key.bytes, PUBLIC_KEY_SIZE);
        }
        if (!e) {
            e = self_set_text(node, "short", "R"); /* no hub is called so: serve_enrol.c */
        }
        sign_wipe(&secret, sizeof secret);
    }
    sign_wipe(seed, sizeof seed);
    return e ? e : node_new_origin(node);
}

/* SQLite's own files beside a database that power left half made. */
static enum err remove_unfinished(const struct host *host, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    enum err e = OK;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0] && !e; i++) {
        char name[NODE_PATH_SIZE + 16];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        e = host->files->remove(host->ctx, name);
    }
    return e;
}

/* It gets its name when it is whole: a power cut in between leaves nothing that stands in the way
   of the next try. */
static enum err give_name(struct node *node, const char *unfinished, const char *path)
{
    enum err e = db_alone(node->db); /* all of it in the one file that is renamed */
    if (e) {
        return e;
    }
    /* From the start: a database that has written and has no anchor was copied. */
    memcpy(node->path, path, strlen(path) + 1);
    node_write_anchor(node);
    db_close(node->db);
    node->db = NULL;
    return node->host->files->rename(node->host->ctx, unfinished, path);
}

enum err node_create(const struct host *host, const char *path, enum role role,
                     const uint8_t *org_seed, struct diag *diag)
{
    struct node *node = NULL;
    char unfinished[NODE_PATH_SIZE];
    if (host->files->exists(host->ctx, path)) {
        return diag_set(diag, ERR_EXISTS, "home", path, NULL);
    }
    int size = snprintf(unfinished, sizeof unfinished, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof unfinished) {
        return diag_set(diag, ERR_TOO_LARGE, "path", "1019", NULL);
    }
    enum err e = remove_unfinished(host, unfinished);
    if (e) {
        return diag_set(diag, e, unfinished, err_name(e), NULL);
    }
    e = open_database(host, unfinished, true, &node, diag);
    if (e == ERR_DB_CORRUPT) { /* nobody has written it before: a full disk shows itself so, too */
        return diag_set(diag, ERR_DB, "the disk didn't take what was written", unfinished, NULL);
    }
    if (e) {
        return e;
    }
    assert(node != NULL);
    e = db_begin(node->db);
    if (!e) {
        e = db_end(node->db, write_identity(node, role, org_seed));
    }
    if (!e) {
        e = give_name(node, unfinished, path);
    }
    e = node_failed(node, e, diag);
    node_close(node);
    return e;
}

enum err node_open(const struct host *host, const char *path, struct node **ret, struct diag *diag)
{
    struct node *node = NULL;
    enum err e = open_database(host, path, false, &node, diag);
    if (e) {
        return e;
    }
    assert(node != NULL);
    e = read_identity(node);
    if (!e) {
        e = node_check_anchor(node);
    }
    if (e) {
        e = node_failed(node, e, diag);
        node_close(node);
        return e;
    }
    node->version = db_version(node->db);
    node->scrub_wanted = true; /* a power cut may have come between a mark's commit and its end */
    *ret = node;
    return OK;
}

static enum err seal_files(const struct host *host, const char *path, struct diag *diag)
{
    struct host bare = *host;
    struct node *node = NULL;
    bare.db_key = (struct span){0};
    enum err e = open_database(&bare, path, false, &node, diag);
    if (!e) {
        e = node_failed(node, blob_seal_all(node, host), diag);
    }
    node_close(node);
    return e;
}

enum err node_encrypt(const struct host *host, const char *path, struct diag *diag)
{
    struct node *node = NULL;
    enum err e = seal_files(host, path, diag);
    if (!e) {
        e = db_encrypt(host, path, diag);
    }
    if (!e) {
        e = open_database(host, path, false, &node, diag);
    }
    if (!e) {
        e = node_failed(node, read_identity(node), diag);
    }
    if (!e) {
        node_write_anchor(node); /* the one beside it isn't sealed */
    }
    node_close(node);
    return e;
}

enum err node_look(const struct host *host, const char *path, struct node_identity *ret,
                   struct diag *diag)
{
    struct node *node = NULL;
    enum err e = open_database(host, path, false, &node, diag);
    if (e) {
        return e;
    }
    assert(node != NULL);
    e = read_identity(node);
    if (!e) {
        e = db_alone(node->db);
    }
    if (e == ERR_IN_USE) {
        e = diag_set(diag, e, path, NULL);
    }
    e = node_failed(node, e, diag);
    if (!e) {
        *ret = node->identity;
    }
    node_close(node);
    return e;
}

/* Whole, and of this node? */
static enum err judge_backup(struct node *node, const char *path,
                             const struct node_identity *current, struct diag *diag)
{
    char id[ID_TEXT_SIZE];
    struct buf findings;
    buf_init(&findings, &node->host->mem, 64u * 1024);
    enum err e = db_check(node->db, &findings);
    if (!e && findings.size > 0) {
        e = diag_set(diag, ERR_DB_CORRUPT, path, "integrity check", NULL);
    }
    buf_release(&findings);
    if (!e) {
        e = read_identity(node);
    }
    if (!e && current && !id_equal(current->id, node->identity.id)) {
        id_write(node->identity.id, id);
        e = diag_set(diag, ERR_NOT_ALLOWED, "restore", id, NULL);
    }
    return e;
}

enum err node_restore(const struct host *host, const char *path,
                      const struct node_identity *current, struct diag *diag)
{
    struct node *node = NULL;
    enum err e = open_database(host, path, false, &node, diag);
    if (e) {
        return e;
    }
    assert(node != NULL);
    e = judge_backup(node, path, current, diag);
    if (!e) {
        e = node_begin_epoch(node, NOTICE_RESTORED);
    }
    if (!e) {
        e = db_checkpoint(node->db);
    }
    e = node_failed(node, e, diag);
    node_close(node);
    return e;
}

void node_close(struct node *node)
{
    if (!node) {
        return;
    }
    db_close(node->db);
    rules_forget(node);
    symbols_forget(node);
    arena_release(&node->symbol_arena);
    arena_release(&node->org_arena);
    arena_release(&node->org_kept_arena);
    arena_release(&node->parsed_arena);
    const struct mem mem = node->host->mem;
    mem.resize(mem.ctx, node->symbols, 0);
    mem.resize(mem.ctx, (void *)node->symbol_texts, 0);
    sign_wipe(&node->key, sizeof node->key);
    sign_wipe(&node->org_key, sizeof node->org_key);
    mem.resize(mem.ctx, node, 0);
}

void node_rest(struct node *node)
{
    db_rest(node->db);
}

enum err node_identity(struct node *node, struct node_identity *ret)
{
    *ret = node->identity;
    return OK;
}

struct space node_space(const struct node *node)
{
    return space_read(node->host, node->path);
}

enum err node_space_for(const struct node *node, uint64_t size, struct diag *diag)
{
    return space_for(node->host, node->path, size, diag);
}

enum err node_secret(struct node *node, struct secret_key *ret)
{
    *ret = node->key;
    return OK;
}

/* ---- transactions */

/* Local numbers are never taken back, so what is cached while held stays true, if not complete. */
void node_notice_others(struct node *node)
{
    if (node->depth > 0 || node->org_held > 0) {
        return; /* nobody else can write, or what was read is being relied on */
    }
    int64_t version = db_version(node->db);
    if (version != node->version) {
        node->version = version;
        forget_caches(node);
    }
}

/* At the start of a transaction: another process may have enrolled this node or begun another
   origin, and whoever wrote on under the old one would never be heard. */
static enum err look_again(struct node *node)
{
    node->n_loaded = false;
    node_notice_others(node);
    enum err e = node->identity_stale ? read_identity(node) : OK;
    node->identity_stale = e != OK;
    return e;
}

enum err node_begin(struct node *node)
{
    enum err e = feed_flush(node); /* what was counted so far must survive a failure inside */
    if (!e) {
        e = node->depth == 0 ? db_begin(node->db) : db_save_begin(node->db);
    }
    if (e) {
        return e;
    }
    if (node->depth == 0) {
        e = look_again(node);
        if (e) {
            return db_end(node->db, e);
        }
    }
    assert(node->depth < NODE_DEPTH_MAX);
    node->changes[node->depth] = db_changes(node->db);
    node->depth++;
    return OK;
}

enum err node_end(struct node *node, enum err e)
{
    node->depth--;
    bool wrote = db_changes(node->db) != node->changes[node->depth];
    if (!e) {
        e = feed_flush(node);
    }
    if (node->depth > 0) {
        e = db_save_end(node->db, e);
    } else {
        if (!e && node->wrote_own && node->identity.role >= ROLE_HUB) {
            e = log_close_batch(node);
        }
        e = db_end(node->db, e);
        if (!e && node->wrote_own) {
            node_write_anchor(node);
        }
        node->wrote_own = false;
        if (!e && node->scrub_wanted) {
            enum err later = redact_finish(node);
            (void)later; /* What fails now stays to be done: node_scour(). */
        }
    }
    if (e && (wrote || node->n_changed)) {
        node->n_loaded = false;
        node->n_changed = false;
        forget_caches(node);    /* rows that caches were filled from may be gone, */
        node->org_stale = true; /* and the count of changes comes again */
        node->identity_stale = read_identity(node) != OK;
    }
    return e;
}

/* ---- enrolment */

static enum err add_server(struct node *node, const struct node_enrolment *enrolment)
{
    struct stmt *s = db_stmt(node->db, SERVER_ADD);
    stmt_bind_blob(s, 1, enrolment->hub.bytes, ID_SIZE);
    stmt_bind_text(s, 2, span_of(enrolment->url));
    stmt_bind_text(s, 3, span_of(enrolment->pins));
    stmt_bind_text(s, 4, span_of(enrolment->ca_pem));
    stmt_bind_u64(s, 5, enrolment->hub_epoch);
    enum err e = stmt_run(s);
    if (!e) { /* a later enrolment is a move: this one is called from now on */
        s = db_stmt(node->db, SERVER_CHOSEN);
        stmt_bind_blob(s, 1, enrolment->hub.bytes, ID_SIZE);
        e = stmt_run(s);
    }
    return e;
}

static enum err write_hub_time(struct node *node, int64_t hub_time_ms)
{
    enum err e = clock_set_offset(node, node->host->now_ms(node->host->ctx) - hub_time_ms);
    if (!e) {
        e = lease_renew(node, hub_time_ms);
    }
    return e ? e : self_set_i64(node, "hub_time_ms", hub_time_ms);
}

static enum err write_enrolment(struct node *node, const struct node_enrolment *enrolment)
{
    enum err e = add_server(node, enrolment);
    if (!e) {
        e = self_set_blob(node, "org_key", enrolment->org_key.bytes, PUBLIC_KEY_SIZE);
    }
    if (!e) {
        e = self_set_text(node, "short", enrolment->short_code);
    }
    if (!e && enrolment->has_person) {
        e = self_set_blob(node, "person", enrolment->person.bytes, ID_SIZE);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, SELF_SET);
        stmt_bind_text(s, 1, span_of("definition"));
        stmt_bind_text(s, 2, enrolment->definition);
        e = stmt_run(s);
    }
    if (!e && !enrolment->by_file) {
        e = write_hub_time(node, enrolment->hub_time_ms);
    }
    if (!e) { /* no file that answers is waited for any more */
        struct stmt *s = db_stmt(node->db, ENROL_OVER);
        stmt_bind_blob(s, 1, enrolment->hub.bytes, ID_SIZE);
        e = stmt_run(s);
    }
    return e ? e : read_identity(node);
}

enum err node_enrol(struct node *node, const struct node_enrolment *enrolment, struct diag *diag)
{
    if (node->identity.enrolled &&
        !bytes_equal(node->identity.org_key.bytes, enrolment->org_key.bytes, PUBLIC_KEY_SIZE)) {
        return diag_set(diag, ERR_ALREADY_ENROLLED, node->identity.short_code, NULL);
    }
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, write_enrolment(node, enrolment));
    }
    return node_failed(node, e, diag);
}
