#include "args.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

#include "id.h"
#include "num.h"
#include "span.h"
#include "utf8.h"

#define NAME_MAX_SIZE 64 /* longer words are no mistyped name of ours */
#define NAMES_MAX     256

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau's distance with adjacent swaps; both at most NAME_MAX_SIZE long. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][NAME_MAX_SIZE + 1];
    for (size_t j = 0; j <= b_size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            row[j] = min_of(min_of(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = min_of(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a_size % 3][b_size];
}

const char *nearest_name(const char *text, const char *const *names, size_t count)
{
    size_t size = strlen(text);
    const char *best = "";
    /* A third of the letters may be wrong: "shw" is near to "show", "foo" is not to "bom". */
    size_t best_distance = (size + 2) / 3 + 1;
    if (size == 0 || size > NAME_MAX_SIZE) {
        return best;
    }
    for (size_t i = 0; i < count; i++) {
        size_t name_size = strlen(names[i]);
        if (name_size > NAME_MAX_SIZE) {
            continue;
        }
        size_t found = distance(text, size, names[i], name_size);
        if (found < best_distance && found < name_size) {
            best_distance = found;
            best = names[i];
        }
    }
    return best;
}

/* What is looked up: a long name of `size` bytes, or a letter. */
static const struct option *option_find(const struct option *options, size_t count,
                                        const char *name, size_t size, char letter)
{
    for (size_t i = 0; i < count; i++) {
        bool same = letter != 0 ? options[i].letter == letter
                                : strlen(options[i].name) == size &&
                                      memcmp(options[i].name, name, size) == 0;
        if (same) {
            return &options[i];
        }
    }
    return NULL;
}

static enum err unknown_option(const char *shown, const char *name, const char *const *names,
                               size_t count, struct diag *diag)
{
    char near[NAME_MAX_SIZE + 3] = "";
    const char *nearest = nearest_name(name, names, count);
    if (*nearest != '\0') {
        (void)snprintf(near, sizeof near, "--%s", nearest);
    }
    return diag_set(diag, ERR_UNKNOWN_OPTION, shown, near, NULL);
}

struct reading {
    size_t argc;
    const char *const *argv;
    size_t at;
    const struct option *options;
    size_t option_count;
    struct args *args;
    struct diag *diag;
};

static enum err refuse_option(const struct reading *reading, const char *word)
{
    const char *names[NAMES_MAX];
    size_t count = min_of(reading->option_count, NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = reading->options[i].name;
    }
    char name[NAME_MAX_SIZE + 1];
    struct span text = span_of(word + strspn(word, "-"));
    const char *equals = strchr(word, '=');
    if (equals != NULL) {
        text.size = (size_t)(equals - (const char *)text.data);
    }
    span_text(text, name, sizeof name);
    return unknown_option(word, name, names, count, reading->diag);
}

static enum err read_option(struct reading *reading)
{
    const char *word = reading->argv[reading->at++];
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const char *name = word + 2;
    size_t size = is_long ? (equals ? (size_t)(equals - name) : strlen(name)) : 0;
    const struct option *option = NULL;
    if (is_long || word[2] == '\0') {
        option = option_find(reading->options, reading->option_count, name, size,
                             is_long ? '\0' : word[1]);
    }
    if (option == NULL) {
        return refuse_option(reading, word);
    }
    const char *value = equals ? equals + 1 : "";
    if (option->value == NULL && equals != NULL) {
        return diag_set(reading->diag, ERR_USAGE, "a value is given to an option that takes none",
                        word, NULL);
    }
    if (option->value != NULL && equals == NULL) {
        if (reading->at >= reading->argc) {
            return diag_set(reading->diag, ERR_MISSING_ARGUMENT, word, NULL);
        }
        value = reading->argv[reading->at++];
    }
    struct args *args = reading->args;
    if (args->given_count == ARGS_MAX) {
        return diag_set(reading->diag, ERR_TOO_LARGE, word, "1024", NULL);
    }
    args->given[args->given_count++] = (struct given){option, value};
    return OK;
}

/* Every 64th random id begins with a dash. One that is an option's very name is that option. */
static bool is_id(const struct reading *reading, const char *word)
{
    struct id id;
    bool is_long = word[1] == '-';
    return id_read(span_of(word), &id) &&
           !(is_long && option_find(reading->options, reading->option_count, word + 2,
                                    strlen(word + 2), '\0'));
}

static bool is_option(const struct reading *reading, const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !is_id(reading, word);
}

/* What was typed comes back in answers and messages, so it has to be a text. */
static enum err check_text(const char *word, struct diag *diag)
{
    size_t offset = 0;
    if (utf8_valid(span_of(word), &offset)) {
        return OK;
    }
    char at[NUM_TEXT_SIZE];
    num_write_i64((int64_t)offset, at);
    return diag_set(diag, ERR_UTF8, at, NULL);
}

enum err args_parse(size_t argc, const char *const *argv, const struct option *options,
                    size_t option_count, struct args *ret, struct diag *diag)
{
    struct reading reading = {argc, argv, 0, options, option_count, ret, diag};
    bool options_ended = false;
    ret->word_count = 0;
    ret->given_count = 0;
    for (size_t i = 0; i < argc; i++) {
        enum err e = check_text(argv[i], diag);
        if (e) {
            return e;
        }
    }
    while (reading.at < argc) {
        const char *word = argv[reading.at];
        if (!options_ended && strcmp(word, "--") == 0) {
            options_ended = true;
            reading.at++;
            continue;
        }
        if (!options_ended && is_option(&reading, word)) {
            enum err e = read_option(&reading);
            if (e) {
                return e;
            }
            continue;
        }
        if (ret->word_count == ARGS_MAX) {
            return diag_set(diag, ERR_TOO_LARGE, word, "1024", NULL);
        }
        ret->words[ret->word_count++] = word;
        reading.at++;
    }
    return OK;
}

static bool is_among(const char *name, const char *names)
{
    struct span rest = span_of(names), one;
    while (span_split(&rest, ' ', &one)) {
        if (span_is(one, name)) {
            return true;
        }
    }
    return false;
}

enum err args_allow(const struct args *args, const char *names, struct diag *diag)
{
    for (size_t i = 0; i < args->given_count; i++) {
        const struct option *option = args->given[i].option;
        if (option->everywhere || is_among(option->name, names)) {
            continue;
        }
        char shown[NAME_MAX_SIZE + 3] = "--";
        span_text(span_of(option->name), shown + 2, sizeof shown - 2);
        char texts[16][NAME_MAX_SIZE];
        const char *list[16];
        size_t count = 0;
        struct span rest = span_of(names), one;
        while (count < 16 && span_split(&rest, ' ', &one)) {
            span_text(one, texts[count], sizeof texts[count]);
            list[count] = texts[count];
            count++;
        }
        return unknown_option(shown, option->name, list, count, diag);
    }
    return OK;
}

bool args_flag(const struct args *args, const char *name)
{
    return args_value(args, name) != NULL;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = args->given_count; i > 0; i--) {
        if (strcmp(args->given[i - 1].option->name, name) == 0) {
            return args->given[i - 1].value;
        }
    }
    return NULL;
}

enum err args_need(const struct args *args, const char *name, const char **ret, struct diag *diag)
{
    const char *value = args_value(args, name);
    if (value == NULL || *value == '\0') {
        char shown[NAME_MAX_SIZE + 3] = "--";
        span_text(span_of(name), shown + 2, sizeof shown - 2);
        return diag_set(diag, ERR_MISSING_ARGUMENT, shown, NULL);
    }
    *ret = value;
    return OK;
}

enum err args_number(const struct args *args, const char *name, int64_t min, int64_t max,
                     int64_t otherwise, int64_t *ret, struct diag *diag)
{
    const char *value = args_value(args, name);
    if (value == NULL) {
        *ret = otherwise;
        return OK;
    }
    char shown[NAME_MAX_SIZE + 3] = "--", low[NUM_TEXT_SIZE], high[NUM_TEXT_SIZE];
    span_text(span_of(name), shown + 2, sizeof shown - 2);
    num_write_i64(min, low);
    num_write_i64(max, high);
    int64_t number;
    if (!num_read_i64(span_of(value), &number) || number < min || number > max) {
        return diag_set(diag, ERR_OUT_OF_RANGE, shown, value, low, high, NULL);
    }
    *ret = number;
    return OK;
}

/* How many of the first words make up `name`; 0 when they don't. */
static size_t words_of(const struct args *args, const char *name)
{
    struct span rest = span_of(name), one;
    size_t count = 0;
    while (span_split(&rest, ' ', &one)) {
        if (count == args->word_count || !span_is(one, args->words[count])) {
            return 0;
        }
        count++;
    }
    return count;
}

enum err args_command(const struct args *args, const char *const *names, size_t count,
                      size_t *ret_index, size_t *ret_words, struct diag *diag)
{
    size_t best = 0, best_index = 0;
    for (size_t i = 0; i < count; i++) {
        size_t words = words_of(args, names[i]);
        if (words > best) {
            best = words;
            best_index = i;
        }
    }
    if (best == 0) {
        char typed[2 * NAME_MAX_SIZE] = "";
        const char *first = args->word_count > 0 ? args->words[0] : "";
        span_text(span_of(first), typed, NAME_MAX_SIZE);
        const char *near = nearest_name(typed, names, count);
        if (args->word_count > 1) {
            size_t size = strlen(typed);
            typed[size++] = ' ';
            span_text(span_of(args->words[1]), typed + size, NAME_MAX_SIZE - 1);
            const char *near_two = nearest_name(typed, names, count);
            near = *near_two != '\0' ? near_two : near;
        }
        return diag_set(diag, ERR_UNKNOWN_COMMAND, typed, near, NULL);
    }
    *ret_index = best_index;
    *ret_words = best;
    return OK;
}

bool args_size(const char *text, int64_t *ret)
{
    struct span digits = span_of(text);
    int64_t unit = 1;
    if (digits.size > 1) {
        switch (digits.data[digits.size - 1]) {
        case 'k':
        case 'K':
            unit = 1024;
            break;
        case 'm':
        case 'M':
            unit = 1024LL * 1024;
            break;
        case 'g':
        case 'G':
            unit = 1024LL * 1024 * 1024;
            break;
        default:
            break;
        }
        digits.size -= unit > 1;
    }
    if (!num_read_i64(digits, ret) || *ret < 0 || *ret > JSON_INT_MAX / unit) {
        return false;
    }
    *ret *= unit;
    return true;
}
