/*
 * Rows of the survey that stand for several, written out before the survey is read:
 * "begin loop over LIST" holds its questions once for each choice; a group with the appearance
 * table-list gets a row with the choices' labels, and its selects show only their boxes.
 */
#include <string.h>

#include "xlsform_inner.h"

struct unfolding {
    struct xls *x;
    struct xls_row *first, **last; /* what is written out so far */
    size_t filled;                 /* rows that loops made */
    const char *table;             /* list of the table-list that is open; "": none was asked yet */
    size_t readonly;               /* the column */
};

/* ---- rows */

static size_t column_of(const struct xls_sheet *sheet, enum xls_key key)
{
    size_t at = 0;
    while (at < sheet->column_count && sheet->columns[at].key != key) {
        at++;
    }
    return at == sheet->column_count ? SIZE_MAX : at;
}

static void put(struct unfolding *u, struct xls_row *row)
{
    row->next = NULL;
    *u->last = row;
    u->last = &row->next;
}

static struct xls_row *copy_of(struct xls *x, const struct xls_row *row)
{
    struct xls_row *made = xls_alloc(x, sizeof(*made));
    size_t size = (x->survey.column_count + 1) * sizeof(*row->cells);
    const char **cells = xls_alloc(x, size);
    if (made == NULL || cells == NULL) {
        return NULL;
    }
    memcpy(cells, row->cells, size);
    *made = (struct xls_row){.number = row->number, .cells = cells};
    return made;
}

static void write_cell(const struct xls *x, struct xls_row *row, enum xls_key key, const char *text)
{
    size_t column = column_of(&x->survey, key);
    if (row != NULL && column != SIZE_MAX) {
        row->cells[column] = text;
    }
}

static struct xls_row *row_of(struct xls *x, size_t number, const char *type, const char *name)
{
    const char **cells = arena_array(x->arena, x->survey.column_count + 1, sizeof(*cells));
    struct xls_row *made = xls_alloc(x, sizeof(*made));
    if (made == NULL || cells == NULL) {
        x->failed = ERR_NOMEM;
        return NULL;
    }
    *made = (struct xls_row){.number = number, .cells = cells};
    write_cell(x, made, XLS_TYPE, type);
    write_cell(x, made, XLS_NAME, name);
    return made;
}

/* ---- table-list */

static bool has_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += size) {
        if ((at == text || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

/* "table-list minimal" -> "field-list minimal". */
static const char *as_field_list(struct xls *x, const char *appearance)
{
    struct span rest = span_of(appearance), word;
    const char *made = "field-list";
    while (span_split(&rest, ' ', &word)) {
        if (word.size != 0 && !span_is(word, "table-list") && !span_is(word, "field-list")) {
            made = xls_format(x, "%s %s", made, xls_copy(x, word));
        }
    }
    return made;
}

/* Texts of the label and the hint move from the group to a note inside. */
static void begin_table(struct unfolding *u, struct xls_row *row)
{
    struct xls *x = u->x;
    struct xls_row *group = copy_of(x, row);
    struct xls_row *note = row_of(x, row->number, "note",
                                  xls_format(x, "generated_table_list_label_%zu", row->number));
    bool words = false;
    if (group == NULL || note == NULL) {
        return;
    }
    for (size_t i = 0; i < x->survey.column_count; i++) {
        enum xls_key key = x->survey.columns[i].key;
        if (key >= XLS_LABEL && key <= XLS_GUIDANCE && row->cells[i] != NULL) {
            note->cells[i] = row->cells[i];
            group->cells[i] = NULL;
            words = true;
        }
    }
    write_cell(x, group, XLS_APPEARANCE,
               as_field_list(x, xls_get(&x->survey, row, XLS_APPEARANCE)));
    put(u, group);
    if (words) {
        put(u, note);
    }
    u->table = "";
}

/* The choices' labels stand once, above all rows; nobody answers there. */
static void put_table_header(struct unfolding *u, const struct xls_row *row,
                             const struct xls_asked *asked)
{
    struct xls *x = u->x;
    struct xls_where where = {&x->survey, u->first, XLS_CHOICE_FILTER};
    where.row = copy_of(x, row);
    const char *type = xls_format(
        x, "%s %s", asked->control == XFORM_SELECT_MULTIPLE ? "select_multiple" : "select_one",
        asked->list);
    struct xls_row *header =
        row_of(x, row->number, type,
               xls_format(x, "reserved_name_for_field_list_labels_%zu", row->number));
    if (xls_get(&x->survey, row, XLS_CHOICE_FILTER) != NULL && where.row != NULL) {
        xls_error(x, where, "take the filter away, or table-list from the group",
                  "a choice_filter can't stand in a table-list");
    }
    if (header != NULL) {
        write_cell(x, header, XLS_APPEARANCE, "label");
        header->cells[u->readonly] = "yes";
        put(u, header);
    }
    u->table = asked->list;
}

static void take_select(struct unfolding *u, struct xls_row *row, const struct xls_asked *asked)
{
    struct xls *x = u->x;
    struct xls_where where = {&x->survey, row, XLS_TYPE};
    if (u->table[0] == '\0') {
        put_table_header(u, row, asked);
    } else if (strcmp(u->table, asked->list) != 0) {
        xls_error(x, where, "ask all questions of the group from one list",
                  "a table-list shows choices of \"%s\", not of \"%s\"", u->table, asked->list);
    }
    struct xls_row *made = copy_of(x, row);
    if (made != NULL) {
        write_cell(x, made, XLS_APPEARANCE, "list-nolabel");
        put(u, made);
    }
}

/* ---- loop */

static const char *label_of(const struct xls_list *list, const struct xls_row *choice,
                            size_t language)
{
    const struct xls_sheet *sheet = list->sheet;
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->columns[i].key == XLS_LABEL && sheet->columns[i].language == language &&
            choice->cells[i] != NULL) {
            return choice->cells[i];
        }
    }
    return xls_get(sheet, choice, XLS_LABEL);
}

/* "How many %(label)s?" for one of the choices. */
static const char *filled(struct xls *x, struct xls_where where, const char *cell, const char *name,
                          const char *label)
{
    static const char name_mark[] = "%(name)s", label_mark[] = "%(label)s";
    struct buf made;
    if (cell == NULL || (strstr(cell, name_mark) == NULL && strstr(cell, label_mark) == NULL)) {
        return cell;
    }
    buf_init(&made, x->mem, XFORM_EXPRESSION_MAX);
    while (*cell != '\0') {
        bool is_name = strncmp(cell, name_mark, strlen(name_mark)) == 0;
        bool is_label = strncmp(cell, label_mark, strlen(label_mark)) == 0;
        if (is_name || is_label) {
            buf_add_text(&made, is_name ? name : label);
            cell += is_name ? strlen(name_mark) : strlen(label_mark);
        } else {
            buf_add(&made, cell++, 1);
        }
    }
    const char *text = xls_copy(x, buf_span(&made));
    if (buf_error(&made) == ERR_TOO_LARGE) {
        xls_error(x, where, "shorten it, or the labels of the choices", "the text is too long");
    } else if (buf_error(&made) != OK) {
        x->failed = ERR_NOMEM;
    }
    buf_release(&made);
    return text;
}

static struct xls_row *filled_row(struct unfolding *u, const struct xls_list *list,
                                  const struct xls_row *choice, const struct xls_row *row)
{
    struct xls *x = u->x;
    struct xls_row *made = copy_of(x, row);
    const char *name = xls_get(list->sheet, choice, XLS_NAME);
    for (size_t i = 0; made != NULL && i < x->survey.column_count; i++) {
        const char *label = label_of(list, choice, x->survey.columns[i].language);
        struct xls_where where = {&x->survey, made, x->survey.columns[i].key};
        made->cells[i] = filled(x, where, made->cells[i], name, label == NULL ? name : label);
    }
    return made;
}

static struct xls_row *take(struct unfolding *u, struct xls_row *row);

/* 1: the row begins a loop; -1: it ends one. */
static int loop_step(struct xls *x, const struct xls_row *row)
{
    const char *type = xls_get(&x->survey, row, XLS_TYPE);
    struct xls_asked asked = {.what = XLS_QUESTION};
    bool loop =
        type != NULL && !xls_is_disabled(x, row) && xls_read_group(x, type, &asked) && asked.loop;
    return !loop ? 0 : asked.what == XLS_BEGIN ? 1 : -1;
}

/* The row that ends the loop which `row` begins; NULL. */
static struct xls_row *end_of_loop(struct unfolding *u, struct xls_row *row)
{
    int depth = 0;
    for (struct xls_row *at = row; at != NULL; at = at->next) {
        depth += loop_step(u->x, at);
        if (depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* The choice as a group, in which the loop's rows stand once more. */
static void put_choice(struct unfolding *u, const struct xls_list *list,
                       const struct xls_row *choice, struct xls_row *from, const struct xls_row *to)
{
    struct xls *x = u->x;
    const struct xls_sheet *survey = &x->survey;
    struct xls_row *group = row_of(x, from == NULL ? choice->number : from->number, "begin group",
                                   xls_get(list->sheet, choice, XLS_NAME));
    for (size_t i = 0; group != NULL && i < survey->column_count; i++) {
        if (survey->columns[i].key == XLS_LABEL) {
            group->cells[i] = label_of(list, choice, survey->columns[i].language);
        }
    }
    if (group == NULL) {
        return;
    }
    put(u, group);
    struct xls_row *copies = NULL, **end = &copies;
    size_t depth = 0; /* of loops inside, whose rows are filled with their own choices */
    for (const struct xls_row *at = from; at != to && x->failed == OK; at = at->next) {
        int step = loop_step(x, at);
        depth -= step < 0 ? 1 : 0;
        *end = depth == 0 ? filled_row(u, list, choice, at) : copy_of(x, at);
        end = *end == NULL ? end : &(*end)->next;
        depth += step > 0 ? 1 : 0;
        u->filled++;
    }
    for (struct xls_row *at = copies; at != NULL && x->failed == OK;) {
        at = take(u, at);
    }
    struct xls_row *close = row_of(x, group->number, "end group", NULL);
    if (close != NULL) {
        put(u, close);
    }
}

static struct xls_row *take_loop(struct unfolding *u, struct xls_row *row, const char *name)
{
    struct xls *x = u->x;
    struct xls_row *end = end_of_loop(u, row), *from = row->next;
    const struct xls_list *list = xls_find_list(x, name, false);
    if (list == NULL) {
        xls_error(x, (struct xls_where){&x->survey, row, XLS_TYPE},
                  "add its choices to the sheet, or correct the name",
                  "the sheet choices has no list \"%s\"", name);
    }
    write_cell(x, row, XLS_TYPE, "begin loop");
    put(u, row);
    if (list == NULL || end == NULL) {
        return from; /* the missing end is told when the survey is read */
    }
    for (size_t i = 0; i < list->count && x->failed == OK && u->filled <= XFORM_NODES_MAX; i++) {
        put_choice(u, list, list->rows[i], from, end);
    }
    struct xls_row *after = end->next;
    put(u, end);
    return after;
}

/* ---- the sheet */

/* Writes out `row`; returns the one to go on with. */
static struct xls_row *take(struct unfolding *u, struct xls_row *row)
{
    struct xls *x = u->x;
    const char *type = xls_get(&x->survey, row, XLS_TYPE);
    const char *appearance = xls_get(&x->survey, row, XLS_APPEARANCE);
    struct xls_row *next = row->next;
    struct xls_asked asked = {.what = XLS_QUESTION};
    bool counts = type != NULL && !xls_is_disabled(x, row);
    if (counts && xls_read_group(x, type, &asked)) {
        u->table = NULL;
        if (asked.loop && asked.what == XLS_BEGIN && asked.list[0] != '\0') {
            return take_loop(u, row, asked.list);
        }
        if (asked.what == XLS_BEGIN && appearance != NULL && has_word(appearance, "table-list")) {
            begin_table(u, row);
            return next;
        }
    } else if (counts && u->table != NULL && xls_read_select(x, row, type, &asked) &&
               !asked.from_file) {
        take_select(u, row, &asked);
        return next;
    }
    put(u, row);
    return next;
}

/* Rows have room for one column more than their sheet has. */
static size_t readonly_column(struct xls *x)
{
    size_t column = column_of(&x->survey, XLS_READONLY);
    if (column == SIZE_MAX) {
        column = x->survey.column_count++;
        x->survey.columns[column] =
            (struct xls_column){.header = "readonly", .key = XLS_READONLY, .language = NO_LANGUAGE};
    }
    return column;
}

static bool is_folded(struct xls *x)
{
    for (const struct xls_row *at = x->survey.first; at != NULL; at = at->next) {
        const char *type = xls_get(&x->survey, at, XLS_TYPE);
        const char *appearance = xls_get(&x->survey, at, XLS_APPEARANCE);
        struct xls_asked asked = {.what = XLS_QUESTION};
        if (type != NULL && xls_read_group(x, type, &asked) && asked.what == XLS_BEGIN &&
            (asked.list[0] != '\0' || (appearance != NULL && has_word(appearance, "table-list")))) {
            return true;
        }
    }
    return false;
}

void xls_unfold(struct xls *x)
{
    struct unfolding u = {.x = x, .last = &u.first};
    if (x->survey.unreadable || !is_folded(x)) {
        return;
    }
    u.readonly = readonly_column(x);
    for (struct xls_row *at = x->survey.first; at != NULL && x->failed == OK;) {
        at = take(&u, at);
    }
    x->survey.first = u.first;
    if (u.filled > XFORM_NODES_MAX) {
        xls_error(x, (struct xls_where){.sheet = &x->survey}, "loop over fewer choices",
                  "its loops make more than 20,000 questions");
        x->survey.unreadable = true;
    }
}
