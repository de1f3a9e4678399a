/*
 * Sheets in memory: their cells as a person meant them, their rows, the languages they speak.
 */
#include <string.h>

#include "xlsform_inner.h"

struct loading {
    struct xls *x;
    struct xls_sheet *sheet;
    bool has_header;
};

char xls_lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool xls_same(const char *a, const char *b)
{
    while (*a != '\0' && xls_lower(*a) == xls_lower(*b)) {
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
        char letter = xls_lower(*at);
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

/* ---- rows */

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
            xls_read_header(x, sheet, &sheet->columns[i]);
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

/* ---- languages */

bool xls_is_text(enum xls_key key)
{
    return key >= XLS_LABEL && key <= XLS_VIDEO;
}

size_t xls_language(struct xls *x, struct span name)
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

/* label and label::Français in one sheet: the first is in a language without a name. */
static void note_mixture(struct xls *x, const struct xls_sheet *sheet)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        for (size_t j = 0; j < sheet->column_count; j++) {
            const struct xls_column *a = &sheet->columns[i], *b = &sheet->columns[j];
            x->mixed_languages =
                x->mixed_languages || (xls_is_text(a->key) && a->key == b->key &&
                                       a->language == NO_LANGUAGE && b->language != NO_LANGUAGE);
        }
    }
}

/* The workbook's only sheet is a named one of another kind. */
static bool is_another(const struct xls *x)
{
    static const char *const names[] = {"settings", "choices", "external_choices", "entities",
                                        "types"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (workbook_find_sheet(x->workbook, names[i]) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

enum err xls_load_sheet(struct xls *x, const char *name, enum xls_sheet_kind kind,
                        struct xls_sheet *ret, struct diag *diag)
{
    size_t sheet = workbook_find_sheet(x->workbook, name);
    if (kind == XLS_SURVEY && sheet == SIZE_MAX && workbook_sheet_count(x->workbook) == 1 &&
        !is_another(x)) {
        sheet = 0; /* the only one there is, whatever its name */
    }
    *ret = (struct xls_sheet){.name = name, .kind = kind, .present = sheet != SIZE_MAX};
    if (!ret->present) {
        return OK;
    }
    struct loading loading = {.x = x, .sheet = ret};
    enum err e = workbook_each_row(x->workbook, sheet, take_row, &loading, diag);
    if (e == OK) {
        note_mixture(x, ret);
        xls_check_headers(x, ret);
    }
    return e;
}

/* "fr", or "Français", of "Français (fr)". */
static bool is_part(struct xls *x, const char *language, const char *wanted)
{
    const char *open = strrchr(language, '(');
    size_t size = strlen(wanted);
    if (open == NULL) {
        return xls_same(language, wanted);
    }
    struct span name = xls_trim(span_from(language, (size_t)(open - language)));
    return (strncmp(open + 1, wanted, size) == 0 && open[1 + size] == ')') ||
           xls_same(xls_copy(x, name), wanted);
}

static size_t known_language(struct xls *x, const char *wanted)
{
    const struct xform *form = x->form;
    for (size_t i = 0; i < form->language_count; i++) {
        if (strcmp(form->languages[i], wanted) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < form->language_count; i++) {
        if (is_part(x, form->languages[i], wanted)) {
            return i;
        }
    }
    return NO_LANGUAGE;
}

/* Texts of one kind that speak some languages and not others. */
static void warn_of_gap(struct xls *x, struct xls_sheet *sheet, const struct xls_column *of)
{
    const char *missing = NULL;
    bool plain = false;
    for (size_t i = 0; i < sheet->column_count; i++) {
        const struct xls_column *at = &sheet->columns[i];
        if (at->key == of->key && at->language != NO_LANGUAGE && at < of) {
            return; /* told already */
        }
        plain = plain || (at->key == of->key && at->language == NO_LANGUAGE);
    }
    for (size_t i = 0; i < x->form->language_count; i++) {
        bool spoken = (plain && i == x->form->default_language) ||
                      strcmp(x->form->languages[i], "default") == 0;
        for (size_t j = 0; j < sheet->column_count; j++) {
            spoken =
                spoken || (sheet->columns[j].key == of->key && sheet->columns[j].language == i);
        }
        const char *name = x->form->languages[i];
        missing = spoken            ? missing
                  : missing == NULL ? name
                                    : xls_format(x, "%s, %s", missing, name);
    }
    if (missing != NULL) {
        xls_warning(x, (struct xls_where){.sheet = sheet},
                    "add columns for them, or leave it: people see the form's first language there",
                    "the column \"%s\" speaks its language only, not %s", of->header, missing);
    }
}

static void warn_of_gaps(struct xls *x)
{
    struct xls_sheet *const sheets[] = {&x->survey, &x->choices};
    for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++) {
        for (size_t j = 0; j < sheets[i]->column_count; j++) {
            const struct xls_column *column = &sheets[i]->columns[j];
            /* pictures and messages are often for one language on purpose */
            if (column->language != NO_LANGUAGE &&
                (column->key == XLS_LABEL || column->key == XLS_HINT)) {
                warn_of_gap(x, sheets[i], column);
            }
        }
    }
}

/* By its code a device chooses the language that its own is set to. */
static void warn_of_codes(struct xls *x)
{
    for (size_t i = 0; i < x->form->language_count; i++) {
        const char *language = x->form->languages[i], *open = strrchr(language, '(');
        if (strcmp(language, "default") != 0 && (open == NULL || strchr(open, ')') == NULL)) {
            xls_warning(x, (struct xls_where){.sheet = &x->survey},
                        "write it behind the name, as in label::Français (fr)",
                        "the language \"%s\" has no code", language);
        }
    }
}

void xls_settle_languages(struct xls *x)
{
    struct xform *form = x->form;
    const char *wanted = xls_setting(x, "default_language");
    bool none = form->language_count == 0;
    if (wanted == NULL && (x->mixed_languages || none)) {
        wanted = "default";
    }
    warn_of_codes(x);
    if (wanted != NULL) {
        size_t found = known_language(x, wanted);
        found = found != NO_LANGUAGE ? found : xls_language(x, span_of(wanted));
        form->default_language = found == NO_LANGUAGE ? 0 : found;
    }
    warn_of_gaps(x);
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
