#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "hash.h"
#include "num.h"
#include "utf8.h"
#include "value.h"
#include "value_content.h"

#define VALUE_JSON_MAX (256 * 1024) /* no op could carry more */
#define TYPED_SIZE     512
#define CHOICES_MAX    2000
#define MIME_MAX       100

/* What a diagnosis says was expected: examples, so that they need no translation. */
static const char *const expected[VALUE_TYPE_COUNT] = {
    [VALUE_TEXT] = "UTF-8, U+0020...",
    [VALUE_INTEGER] = "12, -3",
    [VALUE_DECIMAL] = "12.5, -3",
    [VALUE_BOOLEAN] = "true, false, oui, non, نعم, لا",
    [VALUE_DATE] = "1948, 1948-05, 1948-05-17, 17/05/1948",
    [VALUE_TIME] = "09:05, 09:05:59",
    [VALUE_DATETIME] = "2026-11-23T14:10:00+01:00",
    [VALUE_SELECT_ONE] = "a_choice",
    [VALUE_SELECT_MULTIPLE] = "a_choice, another",
    [VALUE_GEOPOINT] = "31.9314 -4.4248, 31.9314 -4.4248 1009 5",
    [VALUE_REF] = "AAECAwQFBgcICQoLDA0ODw",
    [VALUE_FILE] = "{\"hash\":\"...\",\"size\":1,\"mime\":\"image/jpeg\"}",
    [VALUE_JSON] = "JSON",
};

/* One value being read: what it is and where its faults go. */
struct reading {
    enum value_type type;
    bool typed; /* by a person; else a JSON value, of which only the table's forms are taken */
    const char *property;
    struct arena *arena;
    struct diag *diag;
};

static enum err refuse(const struct reading *reading, struct span text)
{
    char shown[DIAG_ARG_SIZE] = "?";
    if (utf8_valid(text, NULL)) {
        span_text(text, shown, sizeof(shown));
    }
    return diag_set(reading->diag, ERR_BAD_VALUE, reading->property, shown, expected[reading->type],
                    NULL);
}

static enum err refuse_json(const struct reading *reading, const struct json *json)
{
    struct buf buf;
    buf_init(&buf, reading->arena->mem, VALUE_JSON_MAX);
    if (json_is(json, JSON_TEXT)) {
        buf_add_span(&buf, json_span(json));
    } else {
        json_add_tree(&buf, json);
    }
    enum err e = refuse(reading, buf_span(&buf));
    buf_release(&buf);
    return e;
}

/* Moves what was built into the arena. */
static enum err keep(const struct reading *reading, struct buf *buf, struct span *ret_json)
{
    enum err e = buf_error(buf);
    if (!e) {
        e = arena_copy(reading->arena, buf_span(buf), ret_json);
    }
    buf_release(buf);
    if (e == ERR_TOO_LARGE) {
        return diag_set(reading->diag, e, reading->property, "262144", NULL);
    }
    return e ? diag_set(reading->diag, e, NULL) : OK;
}

static enum err keep_text(const struct reading *reading, const char *json, struct span *ret_json)
{
    struct buf buf;
    buf_init(&buf, reading->arena->mem, VALUE_JSON_MAX);
    buf_add_text(&buf, json);
    return keep(reading, &buf, ret_json);
}

/* ---- Text ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes at the start that nobody sees: white space, U+00A0, U+FEFF and the direction marks
   U+200E and U+200F that keyboards of right-to-left languages leave. */
static size_t unseen_prefix(struct span text)
{
    static const char *const marks[] = {"\u00A0", "\uFEFF", "\u200E", "\u200F"};
    if (text.size > 0 && is_space(text.data[0])) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (span_starts_with(text, marks[i])) {
            return strlen(marks[i]);
        }
    }
    return 0;
}

static struct span trim(struct span text)
{
    for (size_t size = unseen_prefix(text); size > 0; size = unseen_prefix(text)) {
        text = span_cut(text, size, text.size);
    }
    for (size_t size = 1; size <= 3 && size <= text.size; size++) {
        if (unseen_prefix(span_cut(text, text.size - size, size)) == size) {
            text.size -= size;
            size = 0;
        }
    }
    return text;
}

/* As typed, but a tab is a space and a line ends with one newline wherever it was typed. */
static void add_cleaned(struct buf *buf, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '\r') {
            bool pair = i + 1 < text.size && text.data[i + 1] == '\n';
            c = pair ? 0 : '\n';
        }
        if (c != 0) {
            buf_add_byte(buf, c == '\t' ? ' ' : c);
        }
    }
}

static enum err read_text(const struct reading *reading, struct span text, struct span *ret_json)
{
    struct buf plain;
    struct buf json;
    enum err e = OK;
    buf_init(&plain, reading->arena->mem, VALUE_TEXT_MAX);
    buf_init(&json, reading->arena->mem, VALUE_JSON_MAX);
    if (!reading->typed && memchr(text.data, '\t', text.size)) {
        e = refuse(reading, text);
        goto out;
    }
    if (reading->typed) {
        add_cleaned(&plain, text);
    } else {
        buf_add_span(&plain, text);
    }
    e = buf_error(&plain);
    if (e) {
        diag_keep(reading->diag, e);
        goto out;
    }
    if (utf8_has_control(buf_span(&plain))) {
        e = refuse(reading, text);
        goto out;
    }
    json_add_text(&json, buf_span(&plain));
    e = keep(reading, &json, ret_json);
out:
    buf_release(&json);
    buf_release(&plain);
    return e;
}

/* ---- Numbers, dates, points, names ---- */

/* "١٢،٥" as "12,5": the digits, and the comma of the same keyboard. */
static void normalise_typed(struct span text, char *ret, size_t size)
{
    num_normalise(text, ret, size);
    for (char *comma = strstr(ret, "\u060C"); comma; comma = strstr(comma, "\u060C")) {
        *comma = ',';
        memmove(comma + 1, comma + 2, strlen(comma + 2) + 1);
    }
}

/* A number that doubles can't hold travels as text. */
static bool is_bare_integer(const char *content)
{
    int64_t number = 0;
    return num_read_i64(span_of(content), &number) && number <= JSON_INT_MAX &&
           number >= -JSON_INT_MAX;
}

static enum err read_small(const struct reading *reading, struct span text, struct span *ret_json)
{
    char content[VALUE_CONTENT_SIZE];
    char json[VALUE_CONTENT_SIZE + 2];
    if (!value_content(reading->type, text, reading->typed, content)) {
        return refuse(reading, text);
    }
    if (reading->type == VALUE_INTEGER && is_bare_integer(content)) {
        return keep_text(reading, content, ret_json);
    }
    (void)snprintf(json, sizeof json, "\"%s\"", content);
    return keep_text(reading, json, ret_json);
}

/* ---- Sets of choices ---- */

static int compare_spans(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Sorts; an empty set is null, so that "nothing chosen" has one form. */
static enum err keep_choices(const struct reading *reading, struct span *choices, size_t count,
                             struct span *ret_json)
{
    struct buf buf;
    buf_init(&buf, reading->arena->mem, VALUE_JSON_MAX);
    if (count > 0) {
        qsort(choices, count, sizeof(*choices), compare_spans);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && span_equal(choices[i - 1], choices[i])) {
            continue;
        }
        buf_add_text(&buf, i > 0 ? "," : "[");
        json_add_text(&buf, choices[i]);
    }
    buf_add_text(&buf, count > 0 ? "]" : "null");
    return keep(reading, &buf, ret_json);
}

static enum err read_choices_text(const struct reading *reading, struct span text,
                                  struct span *ret_json)
{
    size_t count_max = text.size / 2 + 1;
    struct span *choices = arena_array(reading->arena, count_max, sizeof(*choices));
    char *plain = arena_alloc(reading->arena, text.size + 1);
    if (!choices || !plain) {
        return diag_set(reading->diag, ERR_NOMEM, NULL);
    }
    normalise_typed(text, plain, text.size + 1);
    struct span rest = span_of(plain);
    struct span part;
    size_t count = 0;
    while (value_next_part(&rest, " \t\r\n,;", &part)) {
        if (count == CHOICES_MAX || count == count_max || !choice_name_valid(part)) {
            return refuse(reading, text);
        }
        choices[count++] = part;
    }
    return keep_choices(reading, choices, count, ret_json);
}

static enum err read_choices_json(const struct reading *reading, const struct json *list,
                                  struct span *ret_json)
{
    size_t count = json_count(list);
    if (count > CHOICES_MAX) {
        return refuse_json(reading, list);
    }
    struct span *choices = arena_array(reading->arena, count, sizeof(*choices));
    if (!choices) {
        return diag_set(reading->diag, ERR_NOMEM, NULL);
    }
    size_t i = 0;
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        choices[i] = json_span(item);
        if (!choice_name_valid(choices[i])) {
            return refuse_json(reading, list);
        }
        i++;
    }
    return keep_choices(reading, choices, count, ret_json);
}

/* ---- Files, documents, yes and no ---- */

static bool mime_valid(struct span mime)
{
    size_t slash_count = 0;
    if (mime.size < 3 || mime.size > MIME_MAX) {
        return false;
    }
    for (size_t i = 0; i < mime.size; i++) {
        uint8_t c = mime.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("+-._", c));
        if (c == '/' && i > 0 && i + 1 < mime.size) {
            slash_count++;
        } else if (!plain) {
            return false;
        }
    }
    return slash_count == 1;
}

static void put_blob(struct json_writer *writer, const char *hash, int64_t size)
{
    json_name(writer, "hash");
    json_put_text(writer, hash);
    json_name(writer, "size");
    json_put_int(writer, size);
}

/* The hash and size of a file or of its thumbnail; no other keys but `others`. */
static bool read_blob(const struct json *json, size_t others, const char **ret_hash,
                      int64_t *ret_size)
{
    struct hash hash;
    *ret_hash = json_get_text(json, "hash", "");
    *ret_size = json_get_int(json, "size", -1);
    return json_is(json, JSON_OBJECT) && json_count(json) == 2 + others &&
           base64_read(span_of(*ret_hash), hash.bytes, HASH_SIZE) && *ret_size >= 0;
}

static enum err read_file(const struct reading *reading, const struct json *file,
                          struct span *ret_json)
{
    struct buf buf;
    struct json_writer writer;
    const char *mime = json_get_text(file, "mime", "");
    const struct json *thumb = json_get(file, "thumb");
    const char *hash = NULL;
    const char *thumb_hash = NULL;
    int64_t size = 0;
    int64_t thumb_size = 0;
    if (!read_blob(file, thumb ? 2 : 1, &hash, &size) || !mime_valid(span_of(mime)) ||
        (thumb && !read_blob(thumb, 0, &thumb_hash, &thumb_size))) {
        return refuse_json(reading, file);
    }
    buf_init(&buf, reading->arena->mem, VALUE_JSON_MAX);
    json_begin(&writer, &buf);
    json_open(&writer, '{');
    put_blob(&writer, hash, size);
    json_name(&writer, "mime");
    json_put_text(&writer, mime);
    if (thumb) {
        json_name(&writer, "thumb");
        json_open(&writer, '{');
        put_blob(&writer, thumb_hash, thumb_size);
        json_close(&writer, '}');
    }
    json_close(&writer, '}');
    return keep(reading, &buf, ret_json);
}

static enum err read_document(const struct reading *reading, const struct json *json,
                              struct span *ret_json)
{
    struct buf buf;
    buf_init(&buf, reading->arena->mem, VALUE_JSON_MAX);
    json_add_tree(&buf, json);
    return keep(reading, &buf, ret_json);
}

static bool equal_ignoring_case(struct span text, const char *word)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        c = c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
        if (word[i] == '\0' || c != (uint8_t)word[i]) {
            return false;
        }
    }
    return word[text.size] == '\0';
}

static enum err read_boolean(const struct reading *reading, struct span text, struct span *ret_json)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"non", "oui"}, {"لا", "نعم"}, {"0", "1"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (size_t answer = 0; answer < 2; answer++) {
            if (equal_ignoring_case(text, words[i][answer])) {
                return keep_text(reading, answer ? "true" : "false", ret_json);
            }
        }
    }
    return refuse(reading, text);
}

/* ---- The two ways in ---- */

static enum err read_normalised(const struct reading *reading, struct span text,
                                struct span *ret_json)
{
    char typed[TYPED_SIZE];
    if (text.size >= sizeof(typed)) {
        return refuse(reading, text);
    }
    normalise_typed(text, typed, sizeof(typed));
    struct span plain = span_of(typed);
    if (reading->type == VALUE_BOOLEAN) {
        return read_boolean(reading, plain, ret_json);
    }
    return read_small(reading, plain, ret_json);
}

static enum err read_typed_json(const struct reading *reading, struct span text,
                                struct span *ret_json)
{
    struct json *json = NULL;
    enum err e = json_parse(text, &json, NULL);
    if (e) {
        return e == ERR_NOMEM ? diag_set(reading->diag, e, NULL) : refuse(reading, text);
    }
    e = value_from_json(reading->type, reading->property, json, reading->arena, ret_json,
                        reading->diag);
    json_free(json);
    return e;
}

static enum err read_null(const struct reading *reading, struct span *ret_json)
{
    return keep_text(reading, "null", ret_json);
}

enum err value_from_text(enum value_type type, const char *property, struct span text,
                         struct arena *arena, struct span *ret_json, struct diag *diag)
{
    const struct reading reading = {type, true, property, arena, diag};
    bool document = type == VALUE_FILE || type == VALUE_JSON;
    if (text.size > (document ? VALUE_JSON_MAX : VALUE_TEXT_MAX)) {
        return diag_set(diag, ERR_TOO_LARGE, property, document ? "262144" : "4000", NULL);
    }
    if (!utf8_valid(text, NULL)) {
        return refuse(&reading, text);
    }
    text = trim(text);
    if (text.size == 0) {
        return read_null(&reading, ret_json);
    }
    if (memchr(text.data, '\0', text.size)) {
        return refuse(&reading, text);
    }
    if (document) {
        return read_typed_json(&reading, text, ret_json);
    }
    if (type == VALUE_TEXT) {
        return read_text(&reading, text, ret_json);
    }
    if (type == VALUE_SELECT_MULTIPLE) {
        return read_choices_text(&reading, text, ret_json);
    }
    return read_normalised(&reading, text, ret_json);
}

static enum err read_json_text(const struct reading *reading, const struct json *json,
                               struct span *ret_json)
{
    struct span text = json_span(json);
    if (text.size > VALUE_TEXT_MAX) {
        return diag_set(reading->diag, ERR_TOO_LARGE, reading->property, "4000", NULL);
    }
    if (reading->type != VALUE_TEXT) {
        return read_small(reading, text, ret_json);
    }
    text = trim(text);
    return text.size == 0 ? read_null(reading, ret_json) : read_text(reading, text, ret_json);
}

enum err value_from_json(enum value_type type, const char *property, const struct json *json,
                         struct arena *arena, struct span *ret_json, struct diag *diag)
{
    const struct reading reading = {type, false, property, arena, diag};
    int64_t number = 0;
    char digits[NUM_TEXT_SIZE];
    if (json_is(json, JSON_NULL)) {
        return read_null(&reading, ret_json);
    }
    if (type == VALUE_JSON) {
        return read_document(&reading, json, ret_json);
    }
    if (type == VALUE_BOOLEAN && json_is(json, JSON_BOOL)) {
        return keep_text(&reading, json_bool(json) ? "true" : "false", ret_json);
    }
    if (type == VALUE_SELECT_MULTIPLE && json_is(json, JSON_ARRAY)) {
        return read_choices_json(&reading, json, ret_json);
    }
    if (type == VALUE_FILE && json_is(json, JSON_OBJECT)) {
        return read_file(&reading, json, ret_json);
    }
    if ((type == VALUE_INTEGER || type == VALUE_DECIMAL) && json_int(json, &number)) {
        return read_small(&reading, span_from(digits, num_write_i64(number, digits)), ret_json);
    }
    if (json_is(json, JSON_TEXT) && type != VALUE_BOOLEAN && type != VALUE_SELECT_MULTIPLE &&
        type != VALUE_FILE) {
        return read_json_text(&reading, json, ret_json);
    }
    return refuse_json(&reading, json);
}
