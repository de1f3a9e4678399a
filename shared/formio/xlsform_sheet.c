/*
 * Sheets in memory, and what their headers mean: names with spaces or capitals, old names,
 * "label::Français (fr)", "bind::jr:constraintMsg".
 */
#include <string.h>

#include "xlsform_inner.h"

struct loading {
    struct xls *x;
    struct xls_sheet *sheet;
    bool has_header;
};

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool xls_same(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool xls_is_yes(const char *text)
{
    return text != NULL && (xls_same(text, "yes") || xls_same(text, "true") ||
                            xls_same(text, "true()") || strcmp(text, "1") == 0);
}

bool xls_is_no(const char *text)
{
    return text != NULL && (xls_same(text, "no") || xls_same(text, "false") ||
                            xls_same(text, "false()") || strcmp(text, "0") == 0);
}

struct span xls_trim(struct span text)
{
    while (text.size != 0 && strchr(" \t\r\n", text.data[0]) != NULL) {
        text = span_cut(text, 1, text.size);
    }
    while (text.size != 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

bool xls_is_name(const char *text)
{
    if (text[0] == '\0' || strchr("-.0123456789", text[0]) != NULL) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        char letter = lower(*at);
        bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                    (*at & 0x80) != 0 || *at == '_' || *at == '-' || *at == '.';
        /* punctuation of Arabic and the general kind: comma, semicolon, question mark, quotes */
        if (!fits || (at[0] == '\xd8' && strchr("\x8c\x9b\x9f", at[1]) != NULL) ||
            (at[0] == '\xe2' && at[1] == '\x80')) {
            return false;
        }
    }
    return strlen(text) <= XFORM_NAME_MAX;
}

/* ---- cells */

/* What a word processor makes of quotes and spaces, undone: formulas can't read it. */
static const struct {
    const char *typed, *plain;
} smart[] = {{"\xe2\x80\x98", "'"},
             {"\xe2\x80\x99", "'"},
             {"\xe2\x80\x9c", "\""},
             {"\xe2\x80\x9d", "\""},
             {"\xc2\xa0", " "}};

static size_t smart_at(const char *at, const char **ret_plain)
{
    for (size_t i = 0; i < sizeof(smart) / sizeof(smart[0]); i++) {
        size_t size = strlen(smart[i].typed);
        if (strncmp(at, smart[i].typed, size) == 0) {
            *ret_plain = smart[i].plain;
            return size;
        }
    }
    return 0;
}

static const char *clean_cell(struct xls *x, const char *text, bool collapse)
{
    char *made = xls_alloc(x, strlen(text) + 1);
    char *to = made;
    while (made != NULL && *text != '\0') {
        const char *plain;
        size_t size = smart_at(text, &plain);
        char letter = size != 0 ? *plain : *text;
        text += size != 0 ? size : 1;
        bool control = (unsigned char)letter < ' ' && letter != '\n' && letter != '\t';
        bool again = collapse && letter == ' ' && to != made && to[-1] == ' ';
        if (!control && !again) {
            *to++ = letter;
        }
    }
    if (made == NULL) {
        return NULL;
    }
    struct span trimmed = xls_trim(span_from(made, (size_t)(to - made)));
    char *start = made + (trimmed.data - (const uint8_t *)made);
    start[trimmed.size] = '\0';
    return trimmed.size == 0 ? NULL : start;
}

/* ---- headers */

struct header_name {
    const char *name;
    enum xls_key key;
};

static const struct header_name survey_headers[] = {
    {"type", XLS_TYPE},
    {"command", XLS_TYPE},
    {"name", XLS_NAME},
    {"tag", XLS_NAME},
    {"value", XLS_NAME},
    {"list_name", XLS_LIST_NAME},
    {"label", XLS_LABEL},
    {"caption", XLS_LABEL},
    {"hint", XLS_HINT},
    {"guidance_hint", XLS_GUIDANCE},
    {"constraint_message", XLS_CONSTRAINT_MESSAGE},
    {"constraining_message", XLS_CONSTRAINT_MESSAGE},
    {"jr:constraintmsg", XLS_CONSTRAINT_MESSAGE},
    {"required_message", XLS_REQUIRED_MESSAGE},
    {"requiredmsg", XLS_REQUIRED_MESSAGE},
    {"jr:requiredmsg", XLS_REQUIRED_MESSAGE},
    {"image", XLS_IMAGE},
    {"big-image", XLS_BIG_IMAGE},
    {"big_image", XLS_BIG_IMAGE},
    {"audio", XLS_AUDIO},
    {"video", XLS_VIDEO},
    {"relevant", XLS_RELEVANT},
    {"relevance", XLS_RELEVANT},
    {"constraint", XLS_CONSTRAINT},
    {"calculation", XLS_CALCULATION},
    {"calculate", XLS_CALCULATION},
    {"required", XLS_REQUIRED},
    {"readonly", XLS_READONLY},
    {"read_only", XLS_READONLY},
    {"default", XLS_DEFAULT},
    {"trigger", XLS_TRIGGER},
    {"choice_filter", XLS_CHOICE_FILTER},
    {"repeat_count", XLS_REPEAT_COUNT},
    {"count", XLS_REPEAT_COUNT},
    {"jr:count", XLS_REPEAT_COUNT},
    {"appearance", XLS_APPEARANCE},
    {"parameters", XLS_PARAMETERS},
    {"save_to", XLS_SAVE_TO},
    {"entities:saveto", XLS_SAVE_TO},
    {"disabled", XLS_DISABLED},
};

static const struct header_name choice_headers[] = {
    {"list_name", XLS_LIST_NAME}, {"name", XLS_NAME},           {"value", XLS_NAME},
    {"label", XLS_LABEL},         {"caption", XLS_LABEL},       {"image", XLS_IMAGE},
    {"big-image", XLS_BIG_IMAGE}, {"big_image", XLS_BIG_IMAGE}, {"audio", XLS_AUDIO},
    {"video", XLS_VIDEO},
};

static enum xls_key key_in(const struct header_name *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].key;
        }
    }
    return XLS_UNKNOWN;
}

static enum xls_key key_named(enum xls_sheet_kind kind, const char *name)
{
    if (kind == XLS_SURVEY) {
        return key_in(survey_headers, sizeof(survey_headers) / sizeof(survey_headers[0]), name);
    }
    if (kind == XLS_CHOICES || kind == XLS_EXTERNAL) {
        return key_in(choice_headers, sizeof(choice_headers) / sizeof(choice_headers[0]), name);
    }
    return XLS_UNKNOWN;
}

/* "Constraint Message" -> "constraint_message". */
static const char *plain_header(struct xls *x, struct span text)
{
    text = xls_trim(text);
    char *made = xls_alloc(x, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; made != NULL && i < text.size; i++) {
        char letter = lower((char)text.data[i]);
        bool space = letter == ' ' || letter == '\t' || letter == '\n';
        if (!space) {
            made[size++] = letter;
        } else if (size != 0 && made[size - 1] != '_') {
            made[size++] = '_';
        }
    }
    return made == NULL ? "" : made;
}

/* The part before the first "::" (or ":" where there is no "::"), and what follows. */
static bool split_header(struct span *rest, struct span *ret)
{
    struct span text = *rest;
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i] == ':' && text.data[i + 1] == ':') {
            *ret = span_cut(text, 0, i);
            *rest = span_cut(text, i + 2, text.size);
            return true;
        }
    }
    *ret = text;
    *rest = span_of("");
    return false;
}

/* "label:fr" of old forms; "jr:constraintMsg" is one name. */
static bool split_old(struct span *rest, struct span *ret)
{
    struct span text = *rest, first;
    if (!span_split(&text, ':', &first) || first.size == rest->size || span_is(first, "jr") ||
        span_is(first, "orx") || span_is(first, "odk") || span_is(first, "entities")) {
        return false;
    }
    *ret = first;
    *rest = text;
    return true;
}

static bool is_text_key(enum xls_key key)
{
    return key >= XLS_LABEL && key <= XLS_VIDEO;
}

static size_t language_named(struct xls *x, struct span name)
{
    name = xls_trim(name);
    for (size_t i = 0; i < x->form->language_count; i++) {
        if (span_is(name, x->form->languages[i])) {
            return i;
        }
    }
    if (x->form->languages == NULL) {
        x->form->languages = xls_alloc(x, (XFORM_LANGUAGES_MAX + 1) * sizeof(const char *));
    }
    if (x->form->languages == NULL || x->form->language_count == XFORM_LANGUAGES_MAX) {
        return NO_LANGUAGE;
    }
    x->form->languages[x->form->language_count] = xls_copy(x, name);
    return x->form->language_count++;
}

static void take_language(struct xls *x, struct xls_sheet *sheet, struct xls_column *column,
                          struct span rest)
{
    if (rest.size == 0 || !is_text_key(column->key)) {
        return;
    }
    column->language = language_named(x, rest);
    if (column->language == NO_LANGUAGE) {
        xls_error(x, (struct xls_where){.sheet = sheet}, "leave only the languages that are spoken",
                  "the form has more than 32 languages");
    }
}

static void read_header(struct xls *x, struct xls_sheet *sheet, struct xls_column *column)
{
    struct span rest = span_of(column->header), first;
    bool grouped = split_header(&rest, &first);
    if (!grouped && key_named(sheet->kind, plain_header(x, first)) == XLS_UNKNOWN) {
        rest = first;
        grouped = split_old(&rest, &first);
        first = grouped ? first : rest;
        rest = grouped ? rest : span_of("");
    }
    const char *name = plain_header(x, first);
    bool bind = sheet->kind == XLS_SURVEY && grouped && strcmp(name, "bind") == 0;
    bool body = sheet->kind == XLS_SURVEY && grouped &&
                (strcmp(name, "body") == 0 || strcmp(name, "control") == 0);
    if (bind || body || (grouped && strcmp(name, "media") == 0)) {
        struct span tail = rest;
        (void)split_header(&rest, &first);
        column->key = key_named(sheet->kind, plain_header(x, first));
        if (column->key == XLS_UNKNOWN && (bind || body)) {
            column->key = bind ? XLS_BIND : XLS_BODY;
            column->tail = xls_copy(x, xls_trim(tail));
        }
    } else if (sheet->kind == XLS_SURVEY && grouped && strcmp(name, "instance") == 0) {
        column->key = XLS_INSTANCE;
        column->tail = xls_copy(x, xls_trim(rest));
    } else {
        column->key = key_named(sheet->kind, name);
        column->tail = sheet->kind == XLS_SETTINGS || sheet->kind == XLS_ENTITIES ? name : NULL;
    }
    take_language(x, sheet, column, rest);
}

/* Headers that belong to the control though they stand alone. */
static void settle_column(struct xls *x, struct xls_sheet *sheet, struct xls_column *column)
{
    bool choices = sheet->kind == XLS_CHOICES || sheet->kind == XLS_EXTERNAL;
    const char *plain = plain_header(x, span_of(column->header));
    struct xls_where where = {.sheet = sheet};
    if (column->key != XLS_UNKNOWN || sheet->kind == XLS_SETTINGS || sheet->kind == XLS_ENTITIES ||
        sheet->kind == XLS_TYPES || column->header[0] == '\0') {
        return;
    }
    if (choices && xls_is_name(column->header)) {
        column->key = XLS_VALUE;
        column->tail = column->header;
    } else if (!choices && (strcmp(plain, "rows") == 0 || strcmp(plain, "autoplay") == 0 ||
                            strcmp(plain, "query") == 0)) {
        column->key = XLS_BODY;
        column->tail = plain;
    } else if (!choices && (strcmp(plain, "no_app_error_string") == 0 ||
                            strcmp(plain, "noapperrorstring") == 0)) {
        column->key = XLS_BIND;
        column->tail = "jr:noAppErrorString";
    } else {
        xls_warning(x, where, "check its spelling, or leave it: it has no effect",
                    "nobody knows the column \"%s\"", column->header);
    }
}

static enum err take_header(struct loading *loading, const struct workbook_row *row)
{
    struct xls *x = loading->x;
    struct xls_sheet *sheet = loading->sheet;
    sheet->columns = arena_array(x->arena, row->cell_count + 1, sizeof(*sheet->columns));
    if (sheet->columns == NULL) {
        return ERR_NOMEM;
    }
    sheet->column_count = row->cell_count;
    for (size_t i = 0; i < row->cell_count; i++) {
        const char *text = row->cells[i] == NULL ? NULL : clean_cell(x, row->cells[i], true);
        sheet->columns[i] =
            (struct xls_column){.header = text == NULL ? "" : text, .language = NO_LANGUAGE};
        if (text != NULL) {
            read_header(x, sheet, &sheet->columns[i]);
            settle_column(x, sheet, &sheet->columns[i]);
        }
    }
    loading->has_header = true;
    return x->failed;
}

static enum err take_row(void *ctx, const struct workbook_row *row)
{
    struct loading *loading = ctx;
    struct xls *x = loading->x;
    struct xls_sheet *sheet = loading->sheet;
    if (!loading->has_header) {
        return take_header(loading, row);
    }
    struct xls_row *made = xls_alloc(x, sizeof(*made));
    bool collapse = sheet->kind == XLS_SURVEY && !xls_is_no(xls_setting(x, "clean_text_values")),
         holds = false;
    if (made == NULL) {
        return ERR_NOMEM;
    }
    made->number = row->number;
    made->cells = arena_array(x->arena, sheet->column_count + 1, sizeof(*made->cells));
    for (size_t i = 0; made->cells != NULL && i < sheet->column_count && i < row->cell_count; i++) {
        made->cells[i] = row->cells[i] == NULL ? NULL : clean_cell(x, row->cells[i], collapse);
        holds = holds || made->cells[i] != NULL;
    }
    if (made->cells == NULL) {
        return ERR_NOMEM;
    }
    if (!holds) {
        return x->failed;
    }
    if (sheet->last != NULL) {
        sheet->last->next = made;
    } else {
        sheet->first = made;
    }
    sheet->last = made;
    sheet->row_count++;
    return x->failed;
}

/* label and label::Français in one sheet: the first is in a language without a name. */
static void note_mixture(struct xls *x, const struct xls_sheet *sheet)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        for (size_t j = 0; j < sheet->column_count; j++) {
            const struct xls_column *a = &sheet->columns[i], *b = &sheet->columns[j];
            x->mixed_languages =
                x->mixed_languages || (is_text_key(a->key) && a->key == b->key &&
                                       a->language == NO_LANGUAGE && b->language != NO_LANGUAGE);
        }
    }
}

enum err xls_load_sheet(struct xls *x, const char *name, enum xls_sheet_kind kind,
                        struct xls_sheet *ret, struct diag *diag)
{
    size_t sheet = workbook_find_sheet(x->workbook, name);
    *ret = (struct xls_sheet){.name = name, .kind = kind, .present = sheet != SIZE_MAX};
    if (!ret->present) {
        return OK;
    }
    struct loading loading = {.x = x, .sheet = ret};
    enum err e = workbook_each_row(x->workbook, sheet, take_row, &loading, diag);
    if (e == OK) {
        note_mixture(x, ret);
    }
    return e;
}

/* "fr" of "Français (fr)". */
static bool has_code(const char *language, const char *code)
{
    const char *open = strrchr(language, '(');
    size_t size = strlen(code);
    return open != NULL && strncmp(open + 1, code, size) == 0 && open[1 + size] == ')';
}

void xls_settle_languages(struct xls *x)
{
    struct xform *form = x->form;
    const char *wanted = xls_setting(x, "default_language");
    bool none = form->language_count == 0;
    if (wanted == NULL && (x->mixed_languages || none)) {
        wanted = "default";
    }
    if (wanted == NULL) {
        return;
    }
    for (size_t i = 0; i < form->language_count; i++) {
        if (strcmp(form->languages[i], wanted) == 0 || has_code(form->languages[i], wanted)) {
            form->default_language = i;
            return;
        }
    }
    size_t found = language_named(x, span_of(wanted));
    form->default_language = found == NO_LANGUAGE ? 0 : found;
}

const char *xls_get(const struct xls_sheet *sheet, const struct xls_row *row, enum xls_key key)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->columns[i].key == key && row->cells[i] != NULL) {
            return row->cells[i];
        }
    }
    return NULL;
}

const char *xls_setting(const struct xls *x, const char *name)
{
    const struct xls_sheet *sheet = &x->settings;
    for (size_t i = 0; sheet->first != NULL && i < sheet->column_count; i++) {
        if (sheet->columns[i].tail != NULL && strcmp(sheet->columns[i].tail, name) == 0) {
            return sheet->first->cells[i];
        }
    }
    return NULL;
}
