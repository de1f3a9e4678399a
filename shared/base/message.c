#include "message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "utf8.h"

#define WORDS_MAX 4096 /* of the arguments of one failure */

static struct span trim(struct span text)
{
    while (text.size > 0 && strchr(" \t\r", text.data[0]) != NULL) {
        text = span_cut(text, 1, SIZE_MAX);
    }
    while (text.size > 0 && strchr(" \t\r", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

static bool carries_a_message(struct span line)
{
    struct span trimmed = trim(line);
    return trimmed.size > 0 && trimmed.data[0] != '#';
}

static const char *read_line(struct span line, struct catalogue_line *ret)
{
    struct span rest = line;
    struct span key = {0};
    if (memchr(line.data, '=', line.size) == NULL || !span_split(&rest, '=', &key)) {
        return "no = in the line";
    }
    struct catalogue_line made = {.key = trim(key), .sentence = trim(rest)};
    if (made.key.size == 0 || made.key.size > MESSAGE_KEY_SIZE) {
        return "an empty or too long key";
    }
    if (made.sentence.size == 0) {
        return "an empty sentence";
    }
    *ret = made;
    return NULL;
}

/* The place of the first line whose key isn't below `key`. */
static size_t find_place(const struct catalogue *catalogue, struct span key)
{
    size_t low = 0;
    size_t high = catalogue->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (span_compare(catalogue->lines[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Insertion keeps the order; a catalogue has some hundred lines and is mostly sorted already. */
static const char *insert_line(struct catalogue *catalogue, struct catalogue_line line)
{
    size_t place = find_place(catalogue, line.key);
    if (place < catalogue->count && span_equal(catalogue->lines[place].key, line.key)) {
        return "a key given twice";
    }
    assert(catalogue->lines != NULL); /* count_lines() counted this one */
    memmove(&catalogue->lines[place + 1], &catalogue->lines[place],
            (catalogue->count - place) * sizeof line);
    catalogue->lines[place] = line;
    catalogue->count++;
    return NULL;
}

static enum err refuse(struct diag *diag, size_t line_number, const char *what)
{
    char number[NUM_TEXT_SIZE];
    num_write_i64((int64_t)line_number, number);
    return diag_set(diag, ERR_CONFIG, "messages", number, what, NULL);
}

static size_t count_lines(struct span text)
{
    size_t count = 0;
    struct span line;
    while (span_split(&text, '\n', &line)) {
        count += carries_a_message(line);
    }
    return count;
}

static enum err read_lines(struct span text, struct catalogue *catalogue, struct diag *diag)
{
    struct span line;
    for (size_t number = 1; span_split(&text, '\n', &line); number++) {
        struct catalogue_line made;
        if (!carries_a_message(line)) {
            continue;
        }
        const char *wrong = utf8_valid(line, NULL) ? read_line(line, &made) : "invalid UTF-8";
        if (wrong == NULL) {
            wrong = insert_line(catalogue, made);
        }
        if (wrong != NULL) {
            return refuse(diag, number, wrong);
        }
    }
    return OK;
}

enum err catalogue_load(const struct mem *mem, struct span text, struct catalogue *ret,
                        struct diag *diag)
{
    struct catalogue catalogue = {.mem = mem};
    size_t count = count_lines(text);
    if (count > 0) {
        catalogue.lines = mem->resize(mem->ctx, NULL, count * sizeof *catalogue.lines);
        if (catalogue.lines == NULL) {
            return diag_set(diag, ERR_NOMEM, NULL);
        }
    }
    enum err err = read_lines(text, &catalogue, diag);
    if (err != OK) {
        catalogue_release(&catalogue);
        return err;
    }
    *ret = catalogue;
    return OK;
}

void catalogue_release(struct catalogue *catalogue)
{
    if (catalogue == NULL) {
        return;
    }
    if (catalogue->lines != NULL) {
        (void)catalogue->mem->resize(catalogue->mem->ctx, catalogue->lines, 0);
    }
    catalogue->lines = NULL;
    catalogue->count = 0;
}

bool catalogue_find(const struct catalogue *catalogue, const char *key, struct span *ret)
{
    if (catalogue == NULL) {
        return false;
    }
    size_t place = find_place(catalogue, span_of(key));
    if (place == catalogue->count || !span_is(catalogue->lines[place].key, key)) {
        return false;
    }
    *ret = catalogue->lines[place].sentence;
    return true;
}

/* "{3}" at the start of `text`. */
static bool is_placeholder(struct span text)
{
    return text.size >= 3 && text.data[0] == '{' && text.data[1] >= '0' && text.data[1] <= '9' &&
           text.data[2] == '}';
}

/* On one line, and without what could command a terminal. */
static void add_argument(const char *arg, struct buf *ret)
{
    for (; *arg != '\0'; arg++) {
        bool control = (unsigned char)*arg < 0x20 || *arg == 0x7f;
        buf_add_byte(ret, control ? ' ' : (uint8_t)*arg);
    }
}

static void fill_in(struct span sentence, const char *const *args, size_t arg_count,
                    struct buf *ret)
{
    size_t at = 0;
    while (at < sentence.size) {
        struct span rest = span_cut(sentence, at, SIZE_MAX);
        size_t index = is_placeholder(rest) ? (size_t)(rest.data[1] - '0') : arg_count;
        if (index < arg_count) {
            add_argument(args[index], ret);
            at += 3;
        } else {
            buf_add_byte(ret, rest.data[0]);
            at++;
        }
    }
}

void message_format(const struct catalogue *catalogue, const struct catalogue *fallback,
                    const char *key, const char *const *args, size_t arg_count, struct buf *ret)
{
    struct span sentence;
    if (catalogue_find(catalogue, key, &sentence) || catalogue_find(fallback, key, &sentence)) {
        fill_in(sentence, args, arg_count, ret);
        return;
    }
    buf_add_text(ret, key);
    for (size_t i = 0; i < arg_count; i++) {
        buf_add_text(ret, i == 0 ? ": " : ", ");
        buf_add_text(ret, args[i]);
    }
}

void message_word_key(const char *text, char ret[MESSAGE_KEY_SIZE + 1])
{
    static const char prefix[] = "word.";
    size_t size = sizeof prefix - 1;
    memcpy(ret, prefix, size);
    for (bool gap = false; *text != '\0' && size < MESSAGE_KEY_SIZE; text++) {
        bool upper = *text >= 'A' && *text <= 'Z';
        bool plain = upper || (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');
        if (plain && gap && size >= sizeof prefix && size + 1 < MESSAGE_KEY_SIZE) {
            ret[size++] = '_';
        }
        if (plain) {
            ret[size++] = (char)(upper ? *text - 'A' + 'a' : *text);
        }
        gap = !plain;
    }
    ret[size] = '\0';
}

/* Which arguments of a failure the program words itself: bit n for {n} (the list in err.h). */
static unsigned worded_args(enum err code)
{
    enum { FIRST = 1, SECOND = 2, THIRD = 4 };
    static const unsigned char worded[ERR_COUNT] = {
        [ERR_USAGE] = FIRST | SECOND,
        [ERR_TOO_LARGE] = FIRST,
        [ERR_JSON] = FIRST,
        [ERR_FORMAT] = FIRST | SECOND,
        [ERR_UNKNOWN_FORMAT] = FIRST,
        [ERR_BAD_VALUE] = THIRD,
        [ERR_BAD_TYPE] = SECOND,
        [ERR_BAD_FORM] = SECOND,
        [ERR_TYPE_CONFLICT] = SECOND | THIRD,
        [ERR_NOT_FOUND] = FIRST,
        [ERR_EXISTS] = FIRST,
        [ERR_BAD_CODE] = FIRST,
        [ERR_NOT_ALLOWED] = FIRST | SECOND,
        [ERR_UNAUTHENTICATED] = FIRST,
        [ERR_SIGNATURE] = FIRST,
        [ERR_NETWORK] = SECOND,
        [ERR_PORT] = SECOND,
        [ERR_PEER] = SECOND,
        [ERR_DB] = FIRST,
        [ERR_DB_CORRUPT] = SECOND,
        [ERR_FILE] = SECOND,
        [ERR_CONFIG] = FIRST | THIRD,
    };
    return (unsigned)code < ERR_COUNT ? worded[code] : 0;
}

/* Appends the argument, NUL-terminated, as the person's language has it. */
static void add_word(const struct catalogue *catalogue, const char *arg, struct buf *ret)
{
    char key[MESSAGE_KEY_SIZE + 1];
    struct span word;
    message_word_key(arg, key);
    if (catalogue_find(catalogue, key, &word)) {
        buf_add_span(ret, word);
    } else {
        buf_add_text(ret, arg);
    }
    buf_add_byte(ret, '\0');
}

/* "Did you mean --home?" after a name that is near to a known one. */
static void add_nearest(const struct catalogue *catalogue, const struct catalogue *fallback,
                        const struct diag *diag, struct buf *ret)
{
    size_t at = diag->code == ERR_UNKNOWN_PROPERTY                                      ? 2
                : diag->code == ERR_UNKNOWN_OPTION || diag->code == ERR_UNKNOWN_COMMAND ? 1
                                                                                        : DIAG_ARGS;
    if (at < diag->arg_count && diag->args[at][0] != '\0') {
        const char *nearest = diag->args[at];
        buf_add_byte(ret, ' ');
        message_format(catalogue, fallback, "face.nearest", &nearest, 1, ret);
    }
}

void message_diag(const struct catalogue *catalogue, const struct catalogue *fallback,
                  const struct diag *diag, struct buf *ret)
{
    char key[MESSAGE_KEY_SIZE + 1];
    const char *args[DIAG_ARGS];
    size_t starts[DIAG_ARGS];
    struct buf words;
    buf_init(&words, ret->mem, WORDS_MAX);
    for (size_t i = 0; i < diag->arg_count; i++) {
        starts[i] = words.size;
        if (worded_args(diag->code) >> i & 1) {
            add_word(catalogue, diag->args[i], &words);
        }
    }
    for (size_t i = 0; i < diag->arg_count; i++) {
        bool worded = (worded_args(diag->code) >> i & 1) && !buf_error(&words);
        args[i] = worded ? (const char *)words.data + starts[i] : diag->args[i];
    }
    /* A failure that was only passed on knows no more than its name. */
    for (size_t i = diag->arg_count; i < DIAG_ARGS; i++) {
        args[i] = "?";
    }
    (void)snprintf(key, sizeof key, "error.%s", err_name(diag->code));
    struct span sentence;
    bool told =
        catalogue_find(catalogue, key, &sentence) || catalogue_find(fallback, key, &sentence);
    message_format(catalogue, fallback, key, args, told ? DIAG_ARGS : diag->arg_count, ret);
    add_nearest(catalogue, fallback, diag, ret);
    buf_release(&words);
}

const char *language_named(const char *text)
{
    static const char *const known[][2] = {
        {"ar", "ar"},   {"fr", "fr"},   {"zgh", "zgh"}, {"en", "en"},
        {"ber", "zgh"}, {"tzm", "zgh"}, {"shi", "zgh"}, {"rif", "zgh"},
    };
    size_t size = text == NULL ? 0 : strcspn(text, "_-.@:");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (size > 0 && span_is(span_from(text, size), known[i][0])) {
            return known[i][1];
        }
    }
    return NULL;
}

const char *language_pick(const char *option, const char *douar_lang, const char *lc_all,
                          const char *lc_messages, const char *lang)
{
    const char *const said[] = {option, douar_lang, lc_all, lc_messages, lang};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        const char *language = language_named(said[i]);
        if (language != NULL) {
            return language;
        }
    }
    return "fr";
}
