/*
 * The code that a person is handed (enrol_message.h): JSON and a checksum in base32, so that it
 * can be printed, read out and typed, and a slip of the finger is told as one.
 */
#include <string.h>

#include "code.h"
#include "enrol_message.h"
#include "hash.h"
#include "line.h"

#define CODE_PREFIX    "DOUAR1-"
#define CODE_PLAIN_MAX 1024
#define CHECKSUM_SIZE  4
#define DASH_EVERY     5
#define PIN_TEXT_SIZE  44 /* 32 bytes in padded base64 */

static void checksum(struct span json, uint8_t ret[CHECKSUM_SIZE])
{
    struct hash_state state;
    struct hash hash;
    hash_begin(&state, "douar-code-1");
    hash_add(&state, json.data, json.size);
    hash_end(&state, &hash);
    memcpy(ret, hash.bytes, CHECKSUM_SIZE);
}

static bool is_host_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".-:[]", c) != NULL);
}

/* "https://host:port": what a request's path is put behind. */
static bool is_hub_url(struct span url)
{
    size_t start = strlen("https://");
    if (!span_starts_with(url, "https://") || url.size == start || url.size > WIRE_URL_MAX) {
        return false;
    }
    for (size_t i = start; i < url.size; i++) {
        if (!is_host_byte(url.data[i])) {
            return false;
        }
    }
    return true;
}

/* As curl and certificates write it: the standard alphabet, padded. */
static bool is_pin(struct span pin)
{
    if (pin.size != PIN_TEXT_SIZE || pin.data[PIN_TEXT_SIZE - 1] != '=') {
        return false;
    }
    for (size_t i = 0; i < PIN_TEXT_SIZE - 1; i++) {
        uint8_t c = pin.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '/') {
            return false;
        }
    }
    return true;
}

static void write_json(const struct enrol_code *code, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "u");
    json_put_text(&writer, code->url);
    json_name(&writer, "p");
    json_open(&writer, '[');
    for (size_t i = 0; i < code->pin_count; i++) {
        json_put_text(&writer, code->pins[i]);
    }
    json_close(&writer, ']');
    json_name(&writer, "h");
    line_put_id(&writer, code->hub);
    json_name(&writer, "o");
    line_put_bytes(&writer, code->org_fingerprint, sizeof code->org_fingerprint);
    json_name(&writer, "c");
    line_put_bytes(&writer, code->code_id, ENROL_CODE_ID_SIZE);
    json_name(&writer, "s");
    line_put_bytes(&writer, code->secret, ENROL_SECRET_SIZE);
    if (code->has_key) {
        json_name(&writer, "k");
        line_put_bytes(&writer, code->hub_key.bytes, PUBLIC_KEY_SIZE);
    }
    json_close(&writer, '}');
}

static void release_secret(struct buf *buf)
{
    if (buf->data != NULL) {
        sign_wipe(buf->data, buf->capacity);
    }
    buf_release(buf);
}

static bool is_writable(const struct enrol_code *code)
{
    bool good =
        code->pin_count >= 1 && code->pin_count <= ENROL_PINS_MAX && is_hub_url(span_of(code->url));
    for (size_t i = 0; good && i < code->pin_count; i++) {
        good = is_pin(span_of(code->pins[i]));
    }
    return good;
}

enum err enrol_code_write(const struct enrol_code *code, struct buf *ret)
{
    if (!is_writable(code)) {
        return ERR_FORMAT;
    }
    struct buf plain;
    struct buf text;
    buf_init(&plain, ret->mem, CODE_PLAIN_MAX);
    buf_init(&text, ret->mem, 2 * CODE_PLAIN_MAX);
    write_json(code, &plain);
    uint8_t sum[CHECKSUM_SIZE];
    checksum(buf_span(&plain), sum);
    buf_add(&plain, sum, sizeof sum);
    enum err e = buf_error(&plain);
    if (!e) {
        base32_add(&text, buf_span(&plain));
        e = buf_error(&text);
    }
    if (!e) {
        buf_add_text(ret, CODE_PREFIX);
        for (size_t i = 0; i < text.size; i += DASH_EVERY) {
            buf_add_text(ret, i == 0 ? "" : "-");
            buf_add_span(ret, span_cut(buf_span(&text), i, DASH_EVERY));
        }
        e = buf_error(ret);
    }
    release_secret(&plain);
    release_secret(&text);
    return e;
}

static void read_pins(struct line *line, struct arena *arena, struct enrol_code *ret)
{
    const struct json *array = line_get(line, "p");
    size_t count = json_is(array, JSON_ARRAY) ? json_count(array) : 0;
    if (count < 1 || count > ENROL_PINS_MAX) {
        line_refuse(line, "not one or two pins", "p");
        return;
    }
    const struct json *item = json_first(array);
    for (size_t i = 0; i < count; i++) {
        if (!is_pin(json_span(item))) {
            line_refuse(line, "not a pin", "p");
        }
        ret->pins[i] = line_string(line, item, "p", PIN_TEXT_SIZE, arena);
        item = json_next(item);
    }
    ret->pin_count = count;
}

static enum err read_json(struct span json, struct arena *arena, struct enrol_code *ret,
                          struct diag *diag)
{
    struct line line;
    struct enrol_code code = {0};
    line_open(&line, json, CODE_PLAIN_MAX, "enrolment code", diag);
    const struct json *url = line_get(&line, "u");
    if (!is_hub_url(json_span(url))) {
        line_refuse(&line, "not an https URL of a hub", "u");
    }
    code.url = line_string(&line, url, "u", WIRE_URL_MAX, arena);
    read_pins(&line, arena, &code);
    code.hub = line_id(&line, line_get(&line, "h"), "h");
    line_bytes(&line, line_get(&line, "o"), "o", code.org_fingerprint, sizeof code.org_fingerprint);
    line_bytes(&line, line_get(&line, "c"), "c", code.code_id, ENROL_CODE_ID_SIZE);
    line_bytes(&line, line_get(&line, "s"), "s", code.secret, ENROL_SECRET_SIZE);
    code.has_key = line_get(&line, "k") != NULL;
    if (code.has_key) {
        line_bytes(&line, line_get(&line, "k"), "k", code.hub_key.bytes, PUBLIC_KEY_SIZE);
    }
    enum err e = line_close(&line);
    if (!e) {
        *ret = code;
    }
    return e;
}

/* What was typed or pasted, without the white space around it and the prefix, in any case. */
static bool strip(struct span text, struct span *ret)
{
    while (text.size > 0 && text.data[0] <= ' ') {
        text = span_cut(text, 1, text.size);
    }
    while (text.size > 0 && text.data[text.size - 1] <= ' ') {
        text.size--;
    }
    size_t prefix_size = strlen(CODE_PREFIX);
    if (text.size < prefix_size) {
        return false;
    }
    for (size_t i = 0; i < prefix_size; i++) {
        uint8_t c = text.data[i];
        uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
        if (upper != (uint8_t)CODE_PREFIX[i]) {
            return false;
        }
    }
    *ret = span_cut(text, prefix_size, text.size);
    return true;
}

/* The plain bytes, checksum included; a mail program may have broken the text into lines. */
static enum err decode(struct span text, struct buf *ret)
{
    if (text.size > WIRE_ENROL_MAX) {
        return ERR_TOO_LARGE;
    }
    struct buf typed;
    buf_init(&typed, ret->mem, WIRE_ENROL_MAX);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] > ' ') {
            buf_add_byte(&typed, text.data[i]);
        }
    }
    enum err e = buf_error(&typed);
    if (!e) {
        e = base32_add_decoded(ret, buf_span(&typed));
    }
    release_secret(&typed);
    return e;
}

/* Takes the checksum off; false when it isn't that of the rest. */
static bool check_sum(struct span *plain)
{
    if (plain->size <= CHECKSUM_SIZE) {
        return false;
    }
    uint8_t sum[CHECKSUM_SIZE];
    plain->size -= CHECKSUM_SIZE;
    checksum(*plain, sum);
    return memcmp(plain->data + plain->size, sum, CHECKSUM_SIZE) == 0;
}

static enum err read_plain(struct span plain, struct arena *arena, struct enrol_code *ret,
                           struct diag *diag)
{
    if (!check_sum(&plain)) {
        return diag_set(diag, ERR_BAD_CODE, "mistyped or cut short", NULL);
    }
    struct diag why = {0};
    enum err e = read_json(plain, arena, ret, &why);
    if (e == OK || e == ERR_NOMEM) {
        return e == OK ? OK : diag_set(diag, e, NULL);
    }
    /* The checksum holds, so it is what somebody wrote. */
    return diag_set(diag, ERR_BAD_CODE, why.args[0], why.args[1], NULL);
}

enum err enrol_code_read(struct span text, struct arena *arena, struct enrol_code *ret,
                         struct diag *diag)
{
    struct span body;
    if (!strip(text, &body)) {
        return diag_set(diag, ERR_BAD_CODE, "doesn't begin with DOUAR1-", NULL);
    }
    struct buf plain;
    buf_init(&plain, arena->mem, CODE_PLAIN_MAX);
    enum err e = decode(body, &plain);
    if (e == ERR_NOMEM) {
        e = diag_set(diag, e, NULL);
    } else if (e == ERR_TOO_LARGE) {
        e = diag_set(diag, ERR_BAD_CODE, "too long", NULL);
    } else if (e) {
        e = diag_set(diag, ERR_BAD_CODE, "mistyped or cut short", NULL);
    } else {
        e = read_plain(buf_span(&plain), arena, ret, diag);
    }
    release_secret(&plain);
    return e;
}
