/*
 * line.h - one line of JSON of the protocol, read strictly and written compactly.
 *
 * Private to the wire. A reader opens the line, takes its members one after the other and asks
 * once at the end: the first thing that is wrong is kept in `failed` (with a diagnosis of what
 * and where) and everything after it reads as nothing. Members that nobody asks for are ignored,
 * so that a later version may add some.
 */
#ifndef LINE_H
#define LINE_H

#include "arena.h"
#include "id.h"
#include "json.h"
#include "op.h"
#include "sign.h"
#include "wire_limits.h"

struct line {
    struct json *root;
    const char *what; /* "sync request", for the diagnosis */
    struct diag *diag;
    enum err failed;
};

/* ERR_TOO_LARGE, ERR_JSON, ERR_FORMAT when it isn't an object. line_close() in any case. */
void line_open(struct line *line, struct span text, size_t max_size, const char *what,
               struct diag *diag);
enum err line_close(struct line *line); /* What went wrong first. */

/* "v" must be `version`: ERR_UNKNOWN_FORMAT (what, version). */
void line_version(struct line *line, int64_t version);

const struct json *line_get(const struct line *line, const char *key); /* NULL: absent or null */
void line_refuse(struct line *line, const char *wrong, const char *where);
void line_no_memory(struct line *line);
void line_too_many(struct line *line, const char *where, size_t limit);

/* `item` NULL is refused like a wrong kind; `where` is the member's name. */
int64_t line_int(struct line *line, const struct json *item, const char *where, int64_t min,
                 int64_t max);
void line_bytes(struct line *line, const struct json *item, const char *where, void *ret,
                size_t size);
uint64_t line_u64(struct line *line, const struct json *item, const char *where);
struct id line_id(struct line *line, const struct json *item, const char *where);
/* Text of 1 to `max_size` bytes without control characters, copied. */
struct span line_text(struct line *line, const struct json *item, const char *where,
                      size_t max_size, struct arena *arena);
/* The same, NUL-terminated. */
const char *line_string(struct line *line, const struct json *item, const char *where,
                        size_t max_size, struct arena *arena);
/* The elements of an array of exactly `count`; NULL (and refused) otherwise. */
const struct json *line_tuple(struct line *line, const struct json *item, const char *where,
                              size_t count);
/* Room for the elements of an array of at most `max`, zeroed; NULL for an absent or empty one. */
void *line_array(struct line *line, const struct json *item, const char *where, size_t max,
                 size_t item_size, struct arena *arena, size_t *ret_count);
struct id *line_ids(struct line *line, const char *key, size_t max, struct arena *arena,
                    size_t *ret_count);

void line_put_bytes(struct json_writer *writer, const void *data, size_t size); /* base64url */
void line_put_u64(struct json_writer *writer, uint64_t value);
void line_put_id(struct json_writer *writer, struct id id);
/* Nothing when there are none. */
void line_put_ids(struct json_writer *writer, const char *key, const struct id *ids, size_t count);

#endif
