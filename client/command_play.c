/*
 * command_play.c - `form play`: the engine over standard input and output, in the words of
 * schema/play.md. Files of the form are looked for beside it.
 */
#include <string.h>

#include "csv_table.h"
#include "form_desk.h"
#include "form_list.h"
#include "play.h"

#define REQUEST_MAX   (64u << 20)
#define PATH_MAX_SIZE 4096
#define WHOLE_MAX     (256u << 10) /* bytes of a list that is read whole; a larger CSV is a table */

/* A list that was asked for, and the table it is, if it is one. */
struct beside {
    const struct host *host;
    const char *name, *path;
    struct csv_table *table; /* NULL: read whole */
    struct beside *next;
};

struct player {
    struct session *session;
    const char *path; /* of the form */
    const struct xform *form;
    bool fixed_clock, fixed_random;
    int64_t now_ms;
    uint64_t random;
    struct arena *arena;
    struct beside *beside;
};

/* ---- the surroundings */

static int64_t now_ms(void *ctx)
{
    const struct player *p = ctx;
    const struct host *host = p->session->program->host;
    return p->fixed_clock ? p->now_ms : host->now_ms(host->ctx);
}

static int zone_minutes(void *ctx)
{
    (void)ctx;
    return FACE_ZONE_MINUTES;
}

/* SplitMix64 (Steele, Lea, Flood 2014): for repeatable runs, never for secrets. */
static uint8_t next_byte(struct player *p)
{
    uint64_t z = (p->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint8_t)(z >> 56);
}

static void random_bytes(void *ctx, void *bytes, size_t size)
{
    struct player *p = ctx;
    const struct host *host = p->session->program->host;
    if (!p->fixed_random) {
        host->random(host->ctx, bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = next_byte(p);
    }
}

static const char *source_of(const struct player *p, const char *name)
{
    for (const struct xform_instance *at = p->form->instances; at != NULL; at = at->next) {
        if (strcmp(at->id, name) == 0) {
            return at->source;
        }
    }
    return NULL;
}

static void add_path(const struct player *p, const char *source, struct buf *ret)
{
    const char *folder = strrchr(p->path, '/');
    const char *file = strrchr(source, '/');
    buf_add_span(ret, folder ? span_from(p->path, (size_t)(folder - p->path) + 1) : span_of(""));
    buf_add_text(ret, file ? file + 1 : source);
}

static enum err read_beside(struct player *p, const char *path, struct tree_names *names,
                            struct arena *arena, struct tree_node **ret, struct diag *diag)
{
    const struct host *host = p->session->program->host;
    struct buf text;
    buf_init(&text, &host->mem, FORM_LIST_MAX);
    enum err e = host->files->read(host->ctx, path, &text);
    e = e ? diag_set(diag, ERR_FILE, path, err_name(e), NULL)
          : form_list_read(&host->mem, buf_span(&text), path, names, arena, ret, diag);
    buf_release(&text);
    return e;
}

static enum err instance(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                         struct tree_node **ret, struct diag *diag)
{
    struct player *p = ctx;
    const char *source = source_of(p, name);
    struct buf path;
    if (source == NULL) {
        return diag_set(diag, ERR_NO_LIST, name, NULL);
    }
    if (strcmp(source, "jr://instance/last-saved") == 0) { /* nothing was saved before */
        *ret = arena_alloc(arena, sizeof **ret);
        return *ret ? OK : ERR_NOMEM;
    }
    buf_init(&path, &p->session->program->host->mem, PATH_MAX_SIZE);
    add_path(p, source, &path);
    enum err e = buf_error(&path);
    e = e ? e : read_beside(p, buf_text(&path), names, arena, ret, diag);
    buf_release(&path);
    return e;
}

/* ---- large lists beside the form, as tables */

static enum err read_piece(void *ctx, uint64_t offset, size_t size, struct buf *ret)
{
    const struct beside *beside = ctx;
    return beside->host->files->read_at(beside->host->ctx, beside->path, offset, size, ret);
}

static bool is_large(const struct beside *beside)
{
    struct buf one;
    buf_init(&one, &beside->host->mem, 1);
    bool large = read_piece((void *)(uintptr_t)beside, WHOLE_MAX, 1, &one) == OK && one.size == 1;
    buf_release(&one);
    return large;
}

/* Looked at once: a large CSV is opened as a table, all else is read whole by instance(). */
static enum err open_beside(struct player *p, const char *name, const char *source,
                            struct beside **ret, struct diag *diag)
{
    const struct host *host = p->session->program->host;
    struct beside *made = arena_alloc(p->arena, sizeof *made);
    struct buf path;
    size_t size = strlen(source);
    if (made == NULL) {
        return ERR_NOMEM;
    }
    buf_init(&path, &host->mem, PATH_MAX_SIZE);
    add_path(p, source, &path);
    *made = (struct beside){.host = host,
                            .name = arena_text(p->arena, name),
                            .path = arena_text(p->arena, buf_text(&path)),
                            .next = p->beside};
    enum err e = buf_error(&path);
    e = e == OK && (made->name == NULL || made->path == NULL) ? ERR_NOMEM : e;
    bool csv = e == OK && size > 4 && strcmp(source + size - 4, ".csv") == 0;
    const struct csv_source from = {.ctx = made, .read_at = read_piece};
    if (csv && is_large(made)) {
        e = csv_table_new(&host->mem, &from, made->path, &made->table, diag);
    }
    buf_release(&path);
    if (e == OK) {
        p->beside = *ret = made;
    }
    return e;
}

static enum err table_of(struct player *p, const char *name, struct csv_table **ret,
                         struct diag *diag)
{
    const char *source = source_of(p, name);
    struct beside *at = p->beside;
    while (at != NULL && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    enum err e = OK;
    if (at == NULL && source != NULL) {
        e = open_beside(p, name, source, &at, diag);
    }
    *ret = e == OK && at != NULL ? at->table : NULL;
    return e == OK && *ret == NULL ? ERR_NOT_FOUND : e;
}

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    struct csv_table *table;
    enum err e = table_of(ctx, name, &table, diag);
    return e ? e : csv_table_find(table, equals, count, after, rows, room, ret_count, diag);
}

static enum err row(void *ctx, const char *name, int64_t number, struct tree_names *names,
                    struct arena *arena, struct tree_node **ret, struct diag *diag)
{
    struct csv_table *table;
    enum err e = table_of(ctx, name, &table, diag);
    return e ? e : csv_table_row(table, number, names, arena, ret, diag);
}

static void close_tables(struct player *p)
{
    for (struct beside *at = p->beside; at != NULL; at = at->next) {
        csv_table_free(at->table);
    }
}

/* ---- the conversation */

static enum err answer_lines(struct player *p, struct play *play, struct buf *line,
                             struct buf *answer)
{
    const struct terminal *terminal = &p->session->program->terminal;
    for (;;) {
        buf_clear(line);
        enum err e = terminal->read_line(terminal->ctx, line);
        if (e) {
            return e == ERR_NOT_FOUND ? OK : e; /* the end of the input ends it */
        }
        if (line->size == 0) {
            continue;
        }
        e = play_call(play, buf_span(line), answer);
        if (e) {
            return e;
        }
        face_put_line(&p->session->face, buf_span(answer));
    }
}

static enum err converse(struct player *p)
{
    const struct mem *mem = &p->session->program->host->mem;
    const struct play_host host = {.mem = mem,
                                   .ctx = p,
                                   .now_ms = now_ms,
                                   .zone_minutes = zone_minutes,
                                   .random = random_bytes,
                                   .instance = instance,
                                   .find = find,
                                   .row = row};
    struct play *play = NULL;
    struct buf line, answer;
    buf_init(&line, mem, REQUEST_MAX);
    buf_init(&answer, mem, DEVICE_ANSWER_MAX);
    enum err e = play_new(p->form, &host, &play, &p->session->diag);
    if (!e) {
        e = answer_lines(p, play, &line, &answer);
        play_free(play);
    }
    close_tables(p);
    buf_release(&line);
    buf_release(&answer);
    return e;
}

enum err command_form_play(struct session *session)
{
    struct arena arena;
    struct form_file file;
    struct player player = {.session = session,
                            .path = session_word(session, 0),
                            .form = &file.form,
                            .fixed_clock = session_option(session, "now") != NULL,
                            .fixed_random = session_option(session, "seed") != NULL};
    int64_t seed = 0;
    if (!session->program->terminal.read_line) {
        return diag_set(&session->diag, ERR_USAGE, "form play", "fill", NULL);
    }
    enum err e =
        args_number(&session->args, "now", 0, JSON_INT_MAX, 0, &player.now_ms, &session->diag);
    e = e ? e : args_number(&session->args, "seed", 0, JSON_INT_MAX, 0, &seed, &session->diag);
    if (e) {
        return e;
    }
    player.random = (uint64_t)seed;
    player.arena = &arena;
    arena_init(&arena, &session->program->host->mem, FORM_DESK_ARENA_MAX);
    e = form_desk_need(session, player.path, &arena, &file);
    e = e ? e : converse(&player);
    arena_release(&arena);
    return e;
}
