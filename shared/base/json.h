/*
 * json.h - strict JSON: a validator that sees the bytes first, cJSON to read documents, and a
 * writer of our own (compact, 64-bit safe).
 *
 * The validator accepts RFC 8259 only: valid UTF-8, no duplicate keys in an object, no NUL
 * character, depth <= JSON_DEPTH_MAX, integers within +-(2^53 - 1), no fraction or exponent
 * (decimals travel as text; schema/protocol.md). cJSON alone accepts much more.
 * struct json is cJSON's node: read it only through these functions. The tree's memory comes from
 * cJSON's process-wide hooks (set once in main), not from a struct mem.
 */
#ifndef JSON_H
#define JSON_H

#include <stdint.h>

#include "arena.h"
#include "buf.h"

#define JSON_DEPTH_MAX  16
#define JSON_DEPTH_DEEP 80   /* the state of a form whose groups lie XFORM_DEPTH_MAX deep */
#define JSON_KEYS_MAX   4096 /* keys in one object */
#define JSON_INT_MAX    9007199254740991LL

struct json;
enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

/*
 * One value, surrounded at most by white space. Takes no memory and does not recurse. ERR_JSON,
 * with what is wrong and at which byte offset in `diag`; ERR_TOO_LARGE above 1 GiB.
 */
MUST_CHECK enum err json_check(struct span text, struct diag *diag);

MUST_CHECK enum err json_check_deep(struct span text, struct diag *diag); /* JSON_DEPTH_DEEP */

/*
 * Splits an array into the spans of its elements without copying (each without surrounding white
 * space). `text` must have passed json_check(). ERR_FORMAT when it isn't an array, ERR_TOO_LARGE
 * when it has more than `max` elements.
 */
MUST_CHECK enum err json_elements(struct span text, struct span *ret, size_t max,
                                  size_t *ret_count);

/*
 * The value under `key` (ASCII) of an object, as it stands there, without a tree. `object` must
 * have passed json_check(). False when there is none, or it isn't an object.
 */
bool json_find_member(struct span object, const char *key, struct span *ret);

/* Checks and parses. The tree is the caller's: json_free(). */
MUST_CHECK enum err json_parse(struct span text, struct json **ret, struct diag *diag);
/* The same to JSON_DEPTH_DEEP: what the form engine here has written, for the face beside it.
   Nothing that came from elsewhere, nor what is kept. */
MUST_CHECK enum err json_parse_deep(struct span text, struct json **ret, struct diag *diag);
void json_free(struct json *json); /* NULL is fine. */

enum json_kind json_kind(const struct json *json);
bool json_is(const struct json *json, enum json_kind kind);              /* false for NULL */
const struct json *json_get(const struct json *object, const char *key); /* NULL when absent */
const struct json *json_first(const struct json *array_or_object);       /* NULL when empty */
const struct json *json_next(const struct json *item);
const struct json *json_at(const struct json *array, size_t index);
size_t json_count(const struct json *array_or_object);
const char *json_key(const struct json *member);      /* NUL-terminated */
const char *json_text(const struct json *json);       /* NULL unless JSON_TEXT */
struct span json_span(const struct json *json);       /* empty unless JSON_TEXT */
bool json_bool(const struct json *json);              /* false unless true */
bool json_int(const struct json *json, int64_t *ret); /* false unless JSON_INT */

/* Member of an object with a default. */
const char *json_get_text(const struct json *object, const char *key, const char *otherwise);
int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise);

/*
 * Writing into a buf. The caller writes punctuation ("{", ":", ",") itself or uses the
 * struct json_writer, which puts commas.
 */
void json_add_text(struct buf *buf, struct span text); /* quoted and escaped; must be valid UTF-8 */
void json_add_tree(struct buf *buf, const struct json *json); /* compact */

struct json_writer {
    struct buf *buf;
    bool comma; /* the next value needs one before it */
};
void json_begin(struct json_writer *writer, struct buf *buf);
void json_open(struct json_writer *writer, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *writer, char bracket); /* '}' or ']' */
void json_name(struct json_writer *writer, const char *key);
void json_put_text(struct json_writer *writer, const char *text); /* NULL writes null */
void json_put_span(struct json_writer *writer, struct span text);
void json_put_member(struct json_writer *writer, const char *key, const char *text); /* both */
void json_put_int(struct json_writer *writer, int64_t value); /* text beyond +-(2^53 - 1) */
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
void json_put_raw(struct json_writer *writer, struct span json); /* a complete value */
void json_put_tree(struct json_writer *writer, const struct json *json);

#endif
