/*
 * Question types under all their names: XLSForm's, and those of older tools that its reader takes.
 */
#include <string.h>

#include "xlsform_inner.h"

#define SHOWN(name, data, control)                                                                 \
    {                                                                                              \
        name, data, control, true, XLS_PLAIN, NULL                                                 \
    }
#define UPLOAD(name, media)                                                                        \
    {                                                                                              \
        name, "binary", XFORM_UPLOAD, true, XLS_PLAIN, media                                       \
    }
#define PRELOAD(name, data, params)                                                                \
    {                                                                                              \
        name, data, XFORM_INPUT, false, XLS_META, params                                           \
    }
#define CHECKED(name, data, constraint)                                                            \
    {                                                                                              \
        name, data, XFORM_INPUT, true, XLS_CHECKED, constraint                                     \
    }
#define OTHER(name, data, shown, special)                                                          \
    {                                                                                              \
        name, data, XFORM_INPUT, shown, special, NULL                                              \
    }

static const struct xls_type types[] = {
    SHOWN("text", "string", XFORM_INPUT),
    SHOWN("string", "string", XFORM_INPUT),
    SHOWN("integer", "int", XFORM_INPUT),
    SHOWN("int", "int", XFORM_INPUT),
    SHOWN("decimal", "decimal", XFORM_INPUT),
    SHOWN("date", "date", XFORM_INPUT),
    SHOWN("time", "time", XFORM_INPUT),
    SHOWN("dateTime", "dateTime", XFORM_INPUT),
    SHOWN("date_time", "dateTime", XFORM_INPUT),
    SHOWN("date time", "dateTime", XFORM_INPUT),
    SHOWN("geopoint", "geopoint", XFORM_INPUT),
    SHOWN("location", "geopoint", XFORM_INPUT),
    SHOWN("gps", "geopoint", XFORM_INPUT),
    SHOWN("geotrace", "geotrace", XFORM_INPUT),
    SHOWN("geoshape", "geoshape", XFORM_INPUT),
    SHOWN("barcode", "barcode", XFORM_INPUT),
    SHOWN("acknowledge", "string", XFORM_TRIGGER),
    SHOWN("trigger", "string", XFORM_TRIGGER),
    UPLOAD("image", "image/*"),
    UPLOAD("photo", "image/*"),
    UPLOAD("picture", "image/*"),
    UPLOAD("audio", "audio/*"),
    UPLOAD("video", "video/*"),
    UPLOAD("file", "application/*"),
    UPLOAD("osm", "osm/*"),
    OTHER("note", "string", true, XLS_NOTE),
    {"range", "int", XFORM_RANGE, true, XLS_RANGE, NULL},
    OTHER("calculate", "string", false, XLS_CALCULATE),
    OTHER("calculation", "string", false, XLS_CALCULATE),
    OTHER("hidden", "string", false, XLS_HIDDEN),
    OTHER("audit", "binary", false, XLS_AUDIT),
    OTHER("start-geopoint", "geopoint", false, XLS_START_GEOPOINT),
    OTHER("background-geopoint", "geopoint", false, XLS_BACKGROUND_GEOPOINT),
    OTHER("background-audio", "binary", false, XLS_BACKGROUND_AUDIO),
    OTHER("xml-external", NULL, false, XLS_EXTERNAL_FILE),
    OTHER("csv-external", NULL, false, XLS_EXTERNAL_FILE),
    PRELOAD("start", "dateTime", "timestamp start"),
    PRELOAD("start time", "dateTime", "timestamp start"),
    PRELOAD("end", "dateTime", "timestamp end"),
    PRELOAD("end time", "dateTime", "timestamp end"),
    PRELOAD("today", "date", "date today"),
    PRELOAD("deviceid", "string", "property deviceid"),
    PRELOAD("device id", "string", "property deviceid"),
    PRELOAD("imei", "string", "property deviceid"),
    PRELOAD("username", "string", "property username"),
    PRELOAD("email", "string", "property email"),
    PRELOAD("phonenumber", "string", "property phonenumber"),
    PRELOAD("simserial", "string", "property simserial"),
    PRELOAD("sim id", "string", "property simserial"),
    PRELOAD("subscriberid", "string", "property subscriberid"),
    PRELOAD("subscriber id", "string", "property subscriberid"),
    PRELOAD("uri:deviceid", "string", "property uri:deviceid"),
    PRELOAD("uri:username", "string", "property uri:username"),
    PRELOAD("uri:email", "string", "property uri:email"),
    PRELOAD("uri:phonenumber", "string", "property uri:phonenumber"),
    PRELOAD("uri:simserial", "string", "property uri:simserial"),
    PRELOAD("uri:subscriberid", "string", "property uri:subscriberid"),
    CHECKED("percentage", "int", "0 <= . and . <= 100"),
    CHECKED("number of days in last month", "int", "0 <= . and . <= 31"),
    CHECKED("number of days in last six months", "int", "0 <= . and . <= 183"),
    CHECKED("number of days in last year", "int", "0 <= . and . <= 365"),
    CHECKED("phone number", "string", "regex(., '^\\d*$')"),
};

/* Longer names before those they begin with. */
static const struct {
    const char *name;
    enum xform_control_kind control;
    bool from_file, external;
} selects[] = {
    {"select_one_from_file", XFORM_SELECT_ONE, true, false},
    {"select one from file", XFORM_SELECT_ONE, true, false},
    {"select_multiple_from_file", XFORM_SELECT_MULTIPLE, true, false},
    {"select multiple from file", XFORM_SELECT_MULTIPLE, true, false},
    {"select_one_external", XFORM_SELECT_ONE, false, true},
    {"select one external", XFORM_SELECT_ONE, false, true},
    {"add select one prompt using", XFORM_SELECT_ONE, false, false},
    {"add select multiple prompt using", XFORM_SELECT_MULTIPLE, false, false},
    {"select all that apply from", XFORM_SELECT_MULTIPLE, false, false},
    {"select all that apply", XFORM_SELECT_MULTIPLE, false, false},
    {"select one from", XFORM_SELECT_ONE, false, false},
    {"select_one", XFORM_SELECT_ONE, false, false},
    {"select one", XFORM_SELECT_ONE, false, false},
    {"select1", XFORM_SELECT_ONE, false, false},
    {"select_multiple", XFORM_SELECT_MULTIPLE, false, false},
    {"select multiple", XFORM_SELECT_MULTIPLE, false, false},
    {"select_rank", XFORM_SELECT_RANK, false, false},
    {"rank", XFORM_SELECT_RANK, false, false},
};

/* What follows `name` in `text`, case aside, as a word of its own; NULL. */
static const char *after(const char *text, const char *name)
{
    for (; *name != '\0'; text++, name++) {
        char letter = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (letter != *name) {
            return NULL;
        }
    }
    return *text == '\0' || *text == ' ' ? text + strspn(text, " ") : NULL;
}

static const struct xls_type *type_named(const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (xls_same(types[i].name, name)) {
            return &types[i];
        }
    }
    return NULL;
}

/* "add text prompt", "q date", "get today" of the first XLSForms. */
static const struct xls_type *old_type(struct xls *x, const char *text)
{
    const char *rest = after(text, "add");
    size_t size = rest == NULL ? 0 : strlen(rest);
    if (size > 7 && strcmp(rest + size - 7, " prompt") == 0) {
        return type_named(xls_copy(x, span_from(rest, size - 7)));
    }
    rest = after(text, "get");
    if (rest != NULL && xls_same(rest, "phone number")) { /* of the device; else it is asked */
        return type_named("phonenumber");
    }
    rest = rest == NULL ? after(text, "q") : rest;
    return rest == NULL ? NULL : type_named(rest);
}

/* ---- groups */

static bool begins_with(const char *text, const char *word)
{
    size_t at = 0;
    while (word[at] != '\0' && (text[at] | ' ') == word[at]) {
        at++;
    }
    return word[at] == '\0' && (text[at] == ' ' || text[at] == '_');
}

/* "begin_repeat", "End Group", "begin loop over crops". */
bool xls_read_group(struct xls *x, const char *text, struct xls_asked *ret)
{
    static const char *const groups[] = {"group", "lgroup", "repeat", "looped group", "loop"};
    bool begins = begins_with(text, "begin"), ends = begins_with(text, "end");
    const char *rest = text + (begins ? 5 : 3);
    if (!begins && !ends) {
        return false;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const char *list = after(rest + 1, groups[i]);
        const char *over = list == NULL ? NULL : after(list, "over");
        bool loop = strcmp(groups[i], "loop") == 0;
        if (list != NULL && (list[0] == '\0' || (loop && begins))) {
            ret->what = begins ? XLS_BEGIN : XLS_END;
            ret->repeat = i == 1 || i == 2 || i == 3;
            ret->loop = loop;
            ret->list = xls_copy(x, span_of(over != NULL ? over : list));
            return true;
        }
    }
    return false;
}

/* ---- selects */

static bool cut_or_other(struct span *list)
{
    static const char *const ends[] = {" or_other", " or other", " or specify other"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t size = strlen(ends[i]);
        if (list->size > size && span_is(span_cut(*list, list->size - size, size), ends[i])) {
            list->size -= size;
            *list = xls_trim(*list);
            return true;
        }
    }
    return false;
}

bool xls_read_select(struct xls *x, const struct xls_row *row, const char *text,
                     struct xls_asked *ret)
{
    for (size_t i = 0; i < sizeof(selects) / sizeof(selects[0]); i++) {
        const char *rest = after(text, selects[i].name);
        if (rest == NULL) {
            continue;
        }
        const char *own = xls_get(&x->survey, row, XLS_LIST_NAME);
        struct span list = xls_trim(span_of(*rest == '\0' && own != NULL ? own : rest));
        *ret = (struct xls_asked){.what = XLS_SELECT,
                                  .control = selects[i].control,
                                  .from_file = selects[i].from_file,
                                  .external = selects[i].external};
        ret->or_other = cut_or_other(&list);
        ret->list = xls_copy(x, list);
        return true;
    }
    return false;
}

bool xls_read_type(struct xls *x, struct xls_where where, const char *text, struct xls_asked *ret)
{
    *ret = (struct xls_asked){.what = XLS_QUESTION};
    if (xls_read_group(x, text, ret)) {
        return true;
    }
    if (xls_read_select(x, where.row, text, ret)) {
        if (ret->list[0] == '\0') {
            xls_error(x, where, "write the list's name behind it: \"select_one villages\"",
                      "\"%s\" names no list of choices", text);
        }
        return true;
    }
    ret->type = type_named(text);
    if (ret->type == NULL && after(text, "osm") != NULL) {
        ret->type = type_named("osm");
    }
    ret->type = ret->type == NULL ? old_type(x, text) : ret->type;
    if (ret->type == NULL) {
        xls_error(x, where,
                  "use a type of the XLSForm reference: text, integer, select_one LIST, ...",
                  "nobody knows the type \"%s\"", text);
    }
    return ret->type != NULL;
}

/* ---- pairs */

/* Grows when the count is a power of two, so that many pairs cost no more than twice their room. */
void xls_add_pair(struct xls *x, const struct xform_pair **pairs, const char *name,
                  const char *value)
{
    size_t count = 0;
    while (*pairs != NULL && (*pairs)[count].name != NULL) {
        count++;
    }
    struct xform_pair *to = (struct xform_pair *)(uintptr_t)*pairs; /* made here */
    if ((count & (count - 1)) == 0) {
        to = arena_array(x->arena, 2 * count + 2, sizeof(*to));
        if (to == NULL) {
            x->failed = ERR_NOMEM;
            return;
        }
        if (count != 0) {
            memcpy(to, *pairs, count * sizeof(*to));
        }
    }
    to[count] = (struct xform_pair){.name = name, .value = value};
    *pairs = to;
}
