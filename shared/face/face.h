/*
 * face.h - how a program speaks to a person: sentences of a catalogue, tables, failures.
 *
 * A face writes through a function that main gives it, so that a test reads what a person would.
 * With --json the answer is one JSON value on the output, failures included; sentences and tables
 * are then left out.
 *
 *     e = face_open(&face, mem, language, json, write, ctx);
 *     face_say(&face, "admin.person_added", name, id, NULL);
 *     return face_fail(&face, &diag);   the exit status
 */
#ifndef FACE_H
#define FACE_H

#include "message.h"

/* Everybody reads the same hour: an office, its devices and a visitor on the telephone speak of
   one "16:51". Morocco is at UTC+1; another region changes it here and in `zone_minutes` of its
   servers' configuration. The machine's own zone is not asked: field machines often stand at UTC.
 */
#define FACE_ZONE_MINUTES 60

enum face_stream { FACE_OUT, FACE_ERR };

typedef void (*face_write)(void *ctx, enum face_stream stream, struct span text);

struct face {
    const struct mem *mem;
    const char *language; /* "ar", "fr", "zgh", "en" */
    struct catalogue catalogue;
    struct catalogue fallback; /* English */
    bool json;
    int64_t zone_minutes; /* in which times are shown, east of UTC */
    face_write write;
    void *ctx;
    bool visual; /* the output is put into the order of a terminal without bidi (bidi.h) */
};

/* `language` as language_pick() gives it. ERR_NOMEM, ERR_CONFIG for a broken catalogue. */
MUST_CHECK enum err face_open(struct face *ret, const struct mem *mem, const char *language,
                              bool json, face_write write, void *ctx, struct diag *diag);
void face_release(struct face *face);

/* A sentence and a line feed, on the output; nothing with --json. Arguments end with NULL. */
void face_say(const struct face *face, const char *key, ...) __attribute__((sentinel));
/* The same on the error stream, --json or not. */
void face_warn(const struct face *face, const char *key, ...) __attribute__((sentinel));
/* Appends a sentence to a buf; "" arguments are fine. */
void face_add(const struct face *face, struct buf *ret, const char *key, ...)
    __attribute__((sentinel));

/* Says what went wrong and returns the exit status: a sentence on the error stream, or with
   --json {"error":name,"args":[..],"message":sentence} on the output. */
int face_fail(const struct face *face, const struct diag *diag);

/* Bytes as they are; a complete answer of --json, a line of a list. */
void face_put(const struct face *face, struct span text);
void face_put_line(const struct face *face, struct span text);

/*
 * Rows with columns as wide as their widest cell, by what a terminal shows (a Tifinagh letter is
 * one cell wide, a combining mark none). Cells are single lines: line ends show as spaces, other
 * control characters as '?'.
 */
#define TABLE_COLUMNS_MAX 16
struct table {
    size_t column_count;
    size_t column; /* of the next cell */
    struct buf cells;
    size_t widths[TABLE_COLUMNS_MAX];
};
void table_init(struct table *table, const struct mem *mem, size_t column_count);
void table_release(struct table *table);
void table_head(struct table *table, const struct face *face, const char *key);
void table_cell(struct table *table, struct span text);
void table_text(struct table *table, const char *text); /* NULL: an empty cell */
void table_int(struct table *table, int64_t number);
MUST_CHECK enum err table_put(struct table *table, const struct face *face);

/* Columns that a text takes on a terminal. */
size_t text_width(struct span text);

#define WHEN_SIZE 20
/* "2026-11-23 14:41" in the zone; "-" for 0. */
void when_write(int64_t time_ms, int64_t zone_minutes, char ret[WHEN_SIZE]);

#endif
