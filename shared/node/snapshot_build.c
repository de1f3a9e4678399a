/*
 * snapshot_build.c - which feeds want a snapshot, and making one, a frame at a time.
 *
 * The frames are read one after the other while changes go on. That does no harm: what a frame
 * holds beyond n comes once more in the tail, and merging is free of order and repetition.
 */
#include <string.h>

#include "serve_internal.h"
#include "snapshot_internal.h"

/* The best that a snapshot is worth: it is packed once and read by a whole district. */
#define SNAPSHOT_LEVEL 19

#define HOUR_MS 3600000

struct due_feed {
    int64_t id, scope, compartment;
    int64_t n;
    uint64_t hash;
};

struct snapshot_builder {
    struct node *node;
    struct snapshot_options options;
    struct zip *zip;
    struct arena arena; /* of the list of feeds */
    struct due_feed *feeds;
    size_t feed_count, next_feed;
    int64_t made;
    /* The one being made. */
    bool making;
    struct due_feed feed;
    int64_t row, after, ops, size, frames;
    struct id name;
};

static struct snapshot_row row_of(struct stmt *s)
{
    struct snapshot_row row = {.id = stmt_i64(s, 0), .frames = stmt_i64(s, 2)};
    (void)stmt_blob(s, 1, row.name.bytes, ID_SIZE);
    return row;
}

/* Drops what the statement lists, one at a time: a list would have no bound. */
static enum err drop_first(struct node *node, struct stmt *s, bool *ret_any)
{
    struct snapshot_row row = {0};
    *ret_any = stmt_row(s);
    if (*ret_any) {
        row = row_of(s);
    }
    enum err e = stmt_end(s);
    return e || !*ret_any ? e : snapshot_drop(node, &row);
}

static enum err drop_each(struct node *node, enum node_stmt which)
{
    bool any = true;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    while (!e && any) {
        e = drop_first(node, db_stmt(node->db, which), &any);
    }
    return node_end(node, e);
}

enum err snapshot_drop_all(struct node *node)
{
    return drop_each(node, SNAPSHOT_ALL);
}

static enum err list_feeds(struct snapshot_builder *builder)
{
    struct node *node = builder->node;
    size_t capacity = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, FEED_LIST);
    while (!e && stmt_row(s)) {
        if (span_is(stmt_span(s, 5), PLACE_ORG)) {
            continue; /* Everybody reads it whole, and first. */
        }
        if (builder->feed_count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 64;
            struct due_feed *feeds = arena_array(&builder->arena, wanted, sizeof *feeds);
            if (!feeds) {
                e = ERR_NOMEM;
                break;
            }
            if (builder->feed_count) {
                memcpy(feeds, builder->feeds, builder->feed_count * sizeof *feeds);
            }
            builder->feeds = feeds;
            capacity = wanted;
        }
        builder->feeds[builder->feed_count++] = (struct due_feed){.id = stmt_i64(s, 0),
                                                                  .scope = stmt_i64(s, 1),
                                                                  .compartment = stmt_i64(s, 2),
                                                                  .n = stmt_i64(s, 3),
                                                                  .hash = stmt_u64(s, 4)};
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

enum err snapshot_builder_new(struct node *node, const struct snapshot_options *options,
                              struct snapshot_builder **ret)
{
    const struct mem *mem = &node->host->mem;
    struct snapshot_builder *builder = mem->resize(mem->ctx, NULL, sizeof *builder);
    if (!builder) {
        return ERR_NOMEM;
    }
    *builder = (struct snapshot_builder){.node = node};
    builder->options = options ? *options : (struct snapshot_options){0};
    if (builder->options.least_rows <= 0) {
        builder->options.least_rows = SNAPSHOT_ROWS;
    }
    if (builder->options.age_ms <= 0) {
        builder->options.age_ms = (int64_t)SNAPSHOT_HOURS * HOUR_MS;
    }
    if (builder->options.frame_size == 0) {
        builder->options.frame_size = WIRE_FRAME_TEXT;
    }
    arena_init(&builder->arena, mem, 16u * 1024 * 1024);
    enum err e = zip_new(mem, (struct span){0}, SNAPSHOT_LEVEL, &builder->zip);
    if (!e) {
        e = drop_each(node, SNAPSHOT_UNDONE);
    }
    if (!e) {
        e = list_feeds(builder);
    }
    if (e) {
        snapshot_builder_free(builder);
        return e;
    }
    *ret = builder;
    return OK;
}

void snapshot_builder_free(struct snapshot_builder *builder)
{
    if (!builder) {
        return;
    }
    const struct mem mem = builder->node->host->mem;
    zip_free(builder->zip);
    arena_release(&builder->arena);
    mem.resize(mem.ctx, builder, 0);
}

int64_t snapshot_builder_made(const struct snapshot_builder *builder)
{
    return builder->made;
}

/* ---- what is due */

static enum err count_rows(struct node *node, const struct due_feed *feed, int64_t after,
                           int64_t most, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, SNAPSHOT_FEED_ROWS);
    stmt_bind_i64(s, 1, feed->id);
    stmt_bind_i64(s, 2, after);
    stmt_bind_i64(s, 3, feed->n);
    stmt_bind_i64(s, 4, most);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

static enum err is_due(struct snapshot_builder *builder, const struct due_feed *feed, bool *ret)
{
    struct node *node = builder->node;
    const struct snapshot_options *options = &builder->options;
    int64_t least = options->always ? 1 : options->least_rows;
    int64_t n = 0;
    int64_t made_ms = 0;
    int64_t rows = 0;
    struct stmt *s = db_stmt(node->db, SNAPSHOT_NEWEST);
    stmt_bind_i64(s, 1, feed->id);
    bool has_one = stmt_row(s);
    if (has_one) {
        n = stmt_i64(s, 2);
        made_ms = stmt_i64(s, 4);
    }
    enum err e = stmt_end(s);
    if (!e) {
        e = count_rows(node, feed, n, SNAPSHOT_TAIL, &rows);
    }
    int64_t age_ms = node->host->now_ms(node->host->ctx) - made_ms;
    bool old = age_ms >= options->age_ms || age_ms < 0; /* a clock that was set back */
    bool long_tail = rows >= SNAPSHOT_TAIL && (age_ms >= HOUR_MS || age_ms < 0);
    *ret = rows > 0 && (has_one ? options->always || old || long_tail : rows >= least);
    return e;
}

static enum err begin_one(struct snapshot_builder *builder)
{
    struct node *node = builder->node;
    node->host->random(node->host->ctx, builder->name.bytes, ID_SIZE);
    builder->after = builder->ops = builder->size = builder->frames = 0;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, SNAPSHOT_ADD);
    stmt_bind_blob(s, 1, builder->name.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, builder->feed.id);
    stmt_bind_i64(s, 3, builder->feed.n);
    stmt_bind_u64(s, 4, builder->feed.hash);
    stmt_bind_i64(s, 5, node->host->now_ms(node->host->ctx));
    e = stmt_run(s);
    builder->row = db_last_id(node->db);
    e = node_end(node, e);
    builder->making = !e;
    return e;
}

/* ---- a frame */

struct frame {
    struct frame_made made;
    struct hash hash;
    int64_t n;
};

static enum err read_frame(struct snapshot_builder *builder, struct arena *arena, struct buf *text,
                           struct frame *ret)
{
    struct node *node = builder->node;
    struct frame_range range = {.scope = builder->feed.scope,
                                .compartment = builder->feed.compartment,
                                .after = builder->after,
                                .upto = INT64_MAX,
                                .text_size = builder->options.frame_size};
    node_notice_others(node);
    enum err e = db_read_begin(node->db);
    if (e) {
        return e;
    }
    e = self_i64(node, "n", 0, &ret->n);
    if (!e) {
        e = frame_text(node, &range, arena, text, &ret->made);
    }
    db_read_end(node->db);
    return e;
}

static enum err keep_frame(struct snapshot_builder *builder, const struct frame *frame)
{
    struct node *node = builder->node;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, FRAME_ADD);
    stmt_bind_i64(s, 1, builder->row);
    stmt_bind_i64(s, 2, builder->frames);
    stmt_bind_i64(s, 3, builder->after);
    stmt_bind_i64(s, 4, frame->made.upto);
    stmt_bind_i64(s, 5, frame->n);
    stmt_bind_blob(s, 6, frame->hash.bytes, HASH_SIZE);
    return node_end(node, stmt_run(s));
}

static enum err make_frame(struct snapshot_builder *builder, bool *ret_last)
{
    struct node *node = builder->node;
    struct frame frame = {0};
    struct arena arena;
    struct buf text;
    int64_t size = 0;
    arena_init(&arena, &node->host->mem, SNAPSHOT_ARENA_MAX);
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    enum err e = read_frame(builder, &arena, &text, &frame);
    *ret_last = !e && frame.made.upto == builder->after;
    if (!e && frame.made.ops > 0) {
        arena_reset(&arena);
        e = frame_store(node, builder->zip, builder->name, builder->frames, buf_span(&text), &arena,
                        &frame.hash, &size);
        if (!e) {
            e = keep_frame(builder, &frame);
        }
        builder->frames++;
        builder->size += size;
        builder->ops += frame.made.ops;
    }
    builder->after = frame.made.upto;
    buf_release(&text);
    arena_release(&arena);
    return e;
}

/* ---- the end of one */

static enum err drop_older(struct snapshot_builder *builder)
{
    struct node *node = builder->node;
    bool any = true;
    enum err e = OK;
    while (!e && any) {
        struct stmt *s = db_stmt(node->db, SNAPSHOT_OLDER);
        stmt_bind_i64(s, 1, builder->feed.id);
        stmt_bind_i64(s, 2, builder->row);
        stmt_bind_i64(s, 3, SNAPSHOT_KEPT - 1);
        e = drop_first(node, s, &any);
    }
    return e;
}

static enum err finish_one(struct snapshot_builder *builder)
{
    struct node *node = builder->node;
    struct snapshot_row row = {builder->row, builder->name, 0};
    builder->making = false;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    if (builder->frames == 0) { /* all have left */
        return node_end(node, snapshot_drop(node, &row));
    }
    struct stmt *s = db_stmt(node->db, SNAPSHOT_DONE);
    stmt_bind_i64(s, 1, builder->row);
    stmt_bind_i64(s, 2, builder->frames);
    stmt_bind_i64(s, 3, builder->ops);
    stmt_bind_i64(s, 4, builder->size);
    e = stmt_run(s);
    if (!e) {
        e = drop_older(builder);
    }
    builder->made += !e;
    return node_end(node, e);
}

enum err snapshot_builder_step(struct snapshot_builder *builder, bool *ret_more)
{
    bool last = false;
    enum err e = OK;
    if (builder->making) {
        e = builder->frames < WIRE_FRAMES_MAX ? make_frame(builder, &last) : ERR_TOO_LARGE;
        if (!e && last) {
            e = finish_one(builder);
        }
    } else if (builder->next_feed < builder->feed_count) {
        bool due = false;
        builder->feed = builder->feeds[builder->next_feed++];
        e = is_due(builder, &builder->feed, &due);
        if (!e && due) {
            e = begin_one(builder);
        }
    }
    *ret_more = builder->making || builder->next_feed < builder->feed_count;
    return e;
}
