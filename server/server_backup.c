#include "server_backup.h"

#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "num.h"
#include "server_home.h"
#include "server_key.h"
#include "server_office.h"

#define LOOK_MS           60000 /* how often the schedule is looked at */
#define FIRST_LOOK_MS     5000
#define RETRY_MS          600000 /* after a copy that failed: a disk to be mounted, room to be made */
#define SETTING_DONE      "backup_done_ms"
#define SETTING_SLOT      "backup_slot"
#define SETTING_COPY      "backup_at_"   /* and the slot: when that copy was made */
#define SETTING_BY_HAND   "backup_hand_" /* and 0..: "ms path"; alone: the next number */
#define SETTING_KEY       40
#define BY_HAND_MAX       16
#define SETTING_ARENA_MAX 4096

enum err backup_state(struct node *node, struct arena *arena, struct backup_state *ret)
{
    struct backup_state state = {0};
    struct span done, slot;
    enum err e = node_setting(node, SETTING_DONE, arena, &done);
    if (!e) {
        e = node_setting(node, SETTING_SLOT, arena, &slot);
    }
    if (e) {
        return e;
    }
    if (!num_read_i64(done, &state.done_ms)) {
        state.done_ms = 0;
    }
    if (!num_read_i64(slot, &state.slot)) {
        state.slot = 0;
    }
    *ret = state;
    return OK;
}

static enum err read_state(struct node *node, const struct host *host, struct backup_state *ret)
{
    struct arena arena;
    arena_init(&arena, &host->mem, SETTING_ARENA_MAX);
    enum err e = backup_state(node, &arena, ret);
    arena_release(&arena);
    return e;
}

/* Which copies there are: a redaction must name those that still hold what it took out. */
static enum err note_copy(struct node *node, const struct host *host, const char *now, int64_t slot,
                          const char *by_hand)
{
    char key[SETTING_KEY], next[NUM_TEXT_SIZE], text[CONFIG_PATH_SIZE + NUM_TEXT_SIZE + 1];
    struct arena arena;
    struct span number = {0};
    int64_t at = 0;
    if (by_hand == NULL) {
        (void)snprintf(key, sizeof key, SETTING_COPY "%lld", (long long)slot);
        return node_setting_set(node, key, span_of(now));
    }
    arena_init(&arena, &host->mem, SETTING_ARENA_MAX);
    enum err e = node_setting(node, SETTING_BY_HAND, &arena, &number);
    at = num_read_i64(number, &at) ? at : 0;
    num_write_i64((at + 1) % BY_HAND_MAX, next);
    (void)snprintf(key, sizeof key, SETTING_BY_HAND "%lld", (long long)at);
    (void)snprintf(text, sizeof text, "%s %s", now, by_hand);
    arena_release(&arena);
    if (!e) {
        e = node_setting_set(node, key, span_of(text));
    }
    return e ? e : node_setting_set(node, SETTING_BY_HAND, span_of(next));
}

static enum err note(struct node *node, const struct host *host, int64_t slot, const char *by_hand)
{
    char now[NUM_TEXT_SIZE], number[NUM_TEXT_SIZE];
    num_write_i64(host->now_ms(host->ctx), now);
    num_write_i64(slot, number);
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = node_setting_set(node, SETTING_DONE, span_of(now));
    if (!e) {
        e = node_setting_set(node, SETTING_SLOT, span_of(number));
    }
    if (!e) {
        e = note_copy(node, host, now, slot, by_hand);
    }
    return node_end(node, e);
}

/* The path of the copy after `slot`; makes the folder. */
static enum err next_path(const struct host *host, const char *home,
                          const struct server_config *config, int64_t slot,
                          char ret[CONFIG_PATH_SIZE], struct diag *diag)
{
    char folder[CONFIG_PATH_SIZE], path[CONFIG_PATH_SIZE + 32];
    enum err e = home_path(home, config->backup_folder, folder);
    if (!e) {
        e = host->files->make_folder(host->ctx, folder);
    }
    if (e) {
        return diag_set(diag, e, config->backup_folder, err_name(e), NULL);
    }
    int size = snprintf(path, sizeof path, "%s/douar-%lld.db", folder, (long long)slot);
    if (size < 0 || size >= CONFIG_PATH_SIZE) {
        return diag_set(diag, ERR_TOO_LARGE, folder, "1000", NULL);
    }
    memcpy(ret, path, CONFIG_PATH_SIZE);
    return OK;
}

enum err backup_once(const struct host *host, const char *home, const struct server_config *config,
                     const char *path, char ret_path[CONFIG_PATH_SIZE], int64_t *ret_missing,
                     struct diag *diag)
{
    int64_t missing = 0;
    char target[CONFIG_PATH_SIZE];
    struct node *node = NULL;
    struct backup_state state = {0};
    enum err e = home_node_open(host, home, &node, diag);
    if (e) {
        return e;
    }
    e = read_state(node, host, &state);
    int64_t slot = state.slot;
    if (!e && path == NULL) {
        slot = state.slot % config->backup_keep + 1;
        e = next_path(host, home, config, slot, target, diag);
    } else if (!e) {
        span_text(span_of(path), target, sizeof target);
    }
    if (!e) {
        e = blob_backup(node, target, &missing, diag);
    }
    if (!e) { /* before its keys are copied, so that they can be recovered */
        e = server_key_note_recovery(host, home, node, diag);
    }
    if (!e) {
        e = office_save(host, home, target, diag);
    }
    if (!e) {
        e = note(node, host, slot, path);
    }
    node_close(node);
    if (e) {
        return diag_keep(diag, e);
    }
    memcpy(ret_path, target, sizeof target);
    *ret_missing = missing;
    return OK;
}

static enum err add_copy(const struct host *host, const char *path, int64_t at_ms,
                         struct arena *arena, struct backup_copy *list, size_t *count)
{
    if (at_ms == 0 || !host->files->exists(host->ctx, path)) {
        return OK;
    }
    const char *kept = arena_text(arena, path);
    list[*count] = (struct backup_copy){kept, at_ms};
    *count += kept != NULL;
    return kept ? OK : ERR_NOMEM;
}

static enum err add_slot(struct node *node, const struct host *host, const char *folder,
                         int64_t slot, struct arena *arena, struct backup_copy *list, size_t *count)
{
    char key[SETTING_KEY], path[CONFIG_PATH_SIZE + 32];
    struct span text = {0};
    int64_t at_ms = 0;
    (void)snprintf(key, sizeof key, SETTING_COPY "%lld", (long long)slot);
    (void)snprintf(path, sizeof path, "%s/douar-%lld.db", folder, (long long)slot);
    enum err e = node_setting(node, key, arena, &text);
    at_ms = num_read_i64(text, &at_ms) ? at_ms : 0;
    return e ? e : add_copy(host, path, at_ms, arena, list, count);
}

static enum err add_by_hand(struct node *node, const struct host *host, int64_t number,
                            struct arena *arena, struct backup_copy *list, size_t *count)
{
    char key[SETTING_KEY], path[CONFIG_PATH_SIZE];
    struct span text = {0}, time = {0};
    int64_t at_ms = 0;
    (void)snprintf(key, sizeof key, SETTING_BY_HAND "%lld", (long long)number);
    enum err e = node_setting(node, key, arena, &text);
    if (e || !span_split(&text, ' ', &time) || !num_read_i64(time, &at_ms)) {
        return e;
    }
    span_text(text, path, sizeof path);
    return add_copy(host, path, at_ms, arena, list, count);
}

enum err backup_copies(struct node *node, const struct host *host, const char *home,
                       const struct server_config *config, struct arena *arena,
                       struct backup_copy **ret, size_t *ret_count)
{
    char folder[CONFIG_PATH_SIZE];
    size_t count = 0;
    int64_t slots = config->backup_keep;
    struct backup_copy *list = arena_array(arena, (size_t)slots + BY_HAND_MAX, sizeof *list);
    enum err e = list ? home_path(home, config->backup_folder, folder) : ERR_NOMEM;
    for (int64_t slot = 1; !e && slot <= slots; slot++) {
        e = add_slot(node, host, folder, slot, arena, list, &count);
    }
    for (int64_t i = 0; !e && i < BY_HAND_MAX; i++) {
        e = add_by_hand(node, host, i, arena, list, &count);
    }
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

/* How long until the next copy is due; measured by the last one's time, so that a server that is
   switched off each evening makes its copies too. */
static enum err due_ms(const struct backup *backup, int64_t *ret, struct diag *diag)
{
    struct node *node = NULL;
    struct backup_state state = {0};
    enum err e = home_node_open(backup->host, backup->home, &node, diag);
    if (e) {
        return e;
    }
    e = read_state(node, backup->host, &state);
    node_close(node);
    if (e) {
        return diag_keep(diag, e);
    }
    int64_t period_ms = backup->config.backup_minutes * 60000;
    int64_t since_ms = backup->host->now_ms(backup->host->ctx) - state.done_ms;
    /* A clock that was set back must not put copies off for years. */
    *ret = since_ms < 0 || since_ms >= period_ms ? 0 : period_ms - since_ms;
    return OK;
}

static int64_t look(void *ctx, const struct background *self)
{
    (void)self;
    const struct backup *backup = ctx;
    char path[CONFIG_PATH_SIZE];
    int64_t missing = 0; /* of photographs on their way a copy lacks some: nothing to log */
    struct diag diag = {0};
    int64_t wait_ms = 0;
    enum err e = due_ms(backup, &wait_ms, &diag);
    if (!e && wait_ms == 0) {
        e = backup_once(backup->host, backup->home, &backup->config, NULL, path, &missing, &diag);
    }
    if (!e) {
        return wait_ms > 0 && wait_ms < LOOK_MS ? wait_ms : LOOK_MS;
    }
    if (backup->log != NULL) {
        backup->log(backup->log_ctx, "backup", &diag);
    }
    return RETRY_MS;
}

enum err backup_start(struct backup *backup, const struct host *host, const char *home,
                      const struct server_config *config, backup_log log, void *log_ctx)
{
    *backup = (struct backup){
        .host = host, .home = home, .config = *config, .log = log, .log_ctx = log_ctx};
    if (config->backup_minutes == 0) {
        return OK;
    }
    return background_start(&host->mem, look, backup, FIRST_LOOK_MS, &backup->background);
}

bool backup_stop(struct backup *backup, int64_t wait_ms)
{
    return background_stop(backup->background, wait_ms);
}
