/*
 * What headers mean: names with spaces or capitals, old names, "label::Français (fr)",
 * "bind::jr:constraintMsg", and in the oldest workbooks "label:fr".
 */
#include <string.h>

#include "xlsform_inner.h"

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
        char letter = xls_lower((char)text.data[i]);
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

static void take_language(struct xls *x, struct xls_sheet *sheet, struct xls_column *column,
                          struct span rest)
{
    if (rest.size == 0 || !xls_is_text(column->key)) {
        return;
    }
    column->language = xls_language(x, rest);
    if (column->language == NO_LANGUAGE) {
        xls_error(x, (struct xls_where){.sheet = sheet}, "leave only the languages that are spoken",
                  "the form has more than 32 languages");
    }
}

/* "jr:constraintMsg:en" behind "bind:" of the oldest workbooks: the language comes last. */
static void split_old_language(struct xls *x, const struct xls_sheet *sheet, struct span *name,
                               struct span *rest)
{
    size_t at = name->size;
    while (at > 0 && name->data[at - 1] != ':') {
        at--;
    }
    if (at > 1 && rest->size == 0 &&
        key_named(sheet->kind, plain_header(x, *name)) == XLS_UNKNOWN &&
        key_named(sheet->kind, plain_header(x, span_cut(*name, 0, at - 1))) != XLS_UNKNOWN) {
        *rest = span_cut(*name, at, name->size);
        *name = span_cut(*name, 0, at - 1);
    }
}

/* bind::type is no type of a question: behind a group's name only what lies in that is named. */
static bool lies_in(enum xls_key key, bool bind, bool body)
{
    bool of_bind = key == XLS_CONSTRAINT_MESSAGE || key == XLS_REQUIRED_MESSAGE ||
                   (key >= XLS_RELEVANT && key <= XLS_READONLY) || key == XLS_SAVE_TO;
    bool of_body = key == XLS_APPEARANCE || key == XLS_REPEAT_COUNT;
    return bind ? of_bind : body ? of_body : key >= XLS_IMAGE && key <= XLS_VIDEO;
}

static void read_groups(struct xls *x, struct xls_sheet *sheet, struct xls_column *column)
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
        split_old_language(x, sheet, &first, &rest);
        column->key = key_named(sheet->kind, plain_header(x, first));
        column->key = lies_in(column->key, bind, body) ? column->key : XLS_UNKNOWN;
        if (column->key == XLS_UNKNOWN && (bind || body)) {
            column->key = bind ? XLS_BIND : XLS_BODY;
            column->tail = xls_copy(x, xls_trim(tail));
        }
    } else if (sheet->kind == XLS_SURVEY && grouped && strcmp(name, "instance") == 0) {
        column->key = XLS_INSTANCE;
        column->tail = xls_copy(x, xls_trim(rest));
    } else {
        bool attribute = sheet->kind == XLS_SETTINGS && grouped && strcmp(name, "attribute") == 0;
        column->key = key_named(sheet->kind, name);
        column->tail = sheet->kind == XLS_SETTINGS || sheet->kind == XLS_ENTITIES ? name : NULL;
        column->tail = attribute ? xls_format(x, XLS_ATTRIBUTE "%s", xls_copy(x, xls_trim(rest)))
                                 : column->tail;
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
                            strcmp(plain, "query") == 0 || strcmp(plain, "intent") == 0)) {
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

void xls_read_header(struct xls *x, struct xls_sheet *sheet, struct xls_column *column)
{
    read_groups(x, sheet, column);
    settle_column(x, sheet, column);
}

/* ---- the sheet as a whole */

static bool are_one(const struct xls_column *a, const struct xls_column *b)
{
    bool tails =
        a->tail == b->tail || (a->tail != NULL && b->tail != NULL && strcmp(a->tail, b->tail) == 0);
    bool known = a->key != XLS_UNKNOWN || a->tail != NULL;
    return known && a->key == b->key && a->language == b->language && tails;
}

static bool has_column(const struct xls_sheet *sheet, enum xls_key key)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->columns[i].key == key) {
            return true;
        }
    }
    return false;
}

static void need(struct xls *x, struct xls_sheet *sheet, enum xls_key key, const char *name)
{
    if (!has_column(sheet, key)) {
        xls_error(x, (struct xls_where){.sheet = sheet},
                  "write the columns' names into the first row of the sheet",
                  "the sheet has no column %s", name);
        sheet->unreadable = true;
    }
}

void xls_check_headers(struct xls *x, struct xls_sheet *sheet)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        for (size_t j = i + 1; j < sheet->column_count; j++) {
            const struct xls_column *a = &sheet->columns[i], *b = &sheet->columns[j];
            if (are_one(a, b)) {
                xls_warning(x, (struct xls_where){.sheet = sheet},
                            "leave one of them: of two cells in a row the left one counts",
                            "the columns \"%s\" and \"%s\" mean the same", a->header, b->header);
            }
        }
    }
    if (sheet->kind == XLS_SURVEY) {
        need(x, sheet, XLS_TYPE, "type");
    } else if ((sheet->kind == XLS_CHOICES || sheet->kind == XLS_EXTERNAL) &&
               sheet->row_count != 0) {
        need(x, sheet, XLS_LIST_NAME, "list_name");
        need(x, sheet, XLS_NAME, "name");
    }
}
