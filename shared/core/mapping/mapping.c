/*
 * mapping.c - the map itself: which questions are kept, in which record, under which name.
 */
#include "mapping.h"

#include <stdio.h>
#include <string.h>

#include "code.h"
#include "hash.h"

struct mapper {
    const struct xform *form;
    struct arena *arena;
    struct diag *diag;
    struct form_map *map;
    const struct xform_control **controls; /* by number of the node: the first that asks */
    bool *repeats;                         /* by the index of a node: the body repeats it */
    const char **counts; /* paths that say how often a repeat occurs; NULL at the end */
    enum err failed;
};

/* ---- names */

static char fitting(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return (char)(letter - 'A' + 'a');
    }
    bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    return fits ? letter : '_';
}

#define MARK_SIZE 9 /* "_1f00ba9c" */

/* The same text always gets the same mark, whatever else the form asks. */
static void add_mark(char *name, size_t size, const char *text)
{
    struct hash_state state;
    struct hash hash;
    size = size > TYPE_NAME_MAX - MARK_SIZE ? TYPE_NAME_MAX - MARK_SIZE : size;
    hash_begin(&state, "douar-name-1");
    hash_add(&state, text, strlen(text));
    hash_end(&state, &hash);
    name[size] = '_';
    (void)hex_write(hash.bytes, (MARK_SIZE - 1) / 2, name + size + 1);
}

static const char *make_name(const char *text, bool marked, struct arena *arena)
{
    char *name = arena_alloc(arena, TYPE_NAME_MAX + 1);
    size_t size = 0, i = 0;
    if (name == NULL) {
        return NULL;
    }
    char first = fitting(text[0]);
    if (first < 'a' || first > 'z') {
        name[size++] = 'q';
    }
    for (; text[i] != '\0' && size < TYPE_NAME_MAX; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* one _ for a letter of several bytes */
            name[size++] = fitting(text[i]);
        }
        marked = marked || (text[i] & 0x80) != 0;
    }
    name[size] = '\0';
    if (marked || text[i] != '\0') {
        add_mark(name, size, text);
    }
    return name;
}

const char *mapping_name(const char *text, struct arena *arena)
{
    return make_name(text, false, arena);
}

/* "group_name" up to the place of its record. */
static const char *long_name(const struct mapper *m, const struct xform_node *node,
                             const struct xform_node *place, bool marked)
{
    char text[XFORM_NAME_MAX * 2];
    char whole[XFORM_NAME_MAX * 2] = "";
    for (; node != NULL && node != place; node = node->parent) {
        (void)snprintf(text, sizeof(text), "%.198s%s%.198s", node->name, whole[0] ? "_" : "",
                       whole);
        memcpy(whole, text, sizeof(whole));
    }
    return make_name(whole, marked, m->arena);
}

/* ---- which nodes are kept */

static enum err note_controls(struct mapper *m)
{
    size_t count = 0, repeats = 0;
    m->controls = arena_array(m->arena, m->form->node_count, sizeof(struct xform_control *));
    for (const struct xform_control *at = m->form->body; at != NULL; at = xform_next_control(at)) {
        repeats += at->count != NULL ? 1 : 0;
    }
    m->counts = arena_array(m->arena, repeats + 1, sizeof(char *));
    m->repeats = arena_array(m->arena, m->form->node_count, sizeof(bool));
    if (m->controls == NULL || m->counts == NULL || m->repeats == NULL) {
        return diag_keep(m->diag, ERR_NOMEM);
    }
    for (const struct xform_control *at = m->form->body; at != NULL; at = xform_next_control(at)) {
        bool asks = at->kind != XFORM_GROUP && at->kind != XFORM_REPEAT_CONTROL;
        if (at->kind == XFORM_REPEAT_CONTROL) {
            m->repeats[at->node->index] = true;
        }
        if (asks && m->controls[at->node->index] == NULL) {
            m->controls[at->node->index] = at;
        }
        if (at->count != NULL) {
            m->counts[count++] = at->count;
        }
    }
    return OK;
}

static bool is_count(struct mapper *m, const struct xform_node *node)
{
    struct buf text;
    bool found = false;
    buf_init(&text, m->arena->mem, XFORM_EXPRESSION_MAX);
    xform_path(node, &text);
    for (size_t i = 0; m->counts[i] != NULL && !found; i++) {
        struct span count = span_of(m->counts[i]);
        while (count.size != 0 && count.data[0] == ' ') {
            count = span_cut(count, 1, count.size);
        }
        while (count.size != 0 && count.data[count.size - 1] == ' ') {
            count.size--;
        }
        found = span_equal(count, buf_span(&text)) && m->controls[node->index] == NULL;
    }
    m->failed = m->failed != OK ? m->failed : buf_error(&text);
    buf_release(&text);
    return found;
}

static bool is_set_by_action(const struct mapper *m, const struct xform_node *node)
{
    const struct xform_action *at = m->form->actions;
    while (at != NULL && at->target != node) {
        at = at->next;
    }
    return at != NULL;
}

/* A label without a question: nobody answers it and nothing fills it. */
static bool is_note(const struct mapper *m, const struct xform_node *node)
{
    const struct xform_control *control = m->controls[node->index];
    /* a select: the labels of a table of selects, which stand above it once */
    bool shows = control != NULL &&
                 (control->kind == XFORM_INPUT || (control->kind <= XFORM_SELECT_RANK &&
                                                   strcmp(control->appearance, "label") == 0));
    bool locked = shows && node->readonly != NULL && strncmp(node->readonly, "true()", 6) == 0;
    return locked && node->calculate == NULL && node->initial[0] == '\0' && node->preload == NULL &&
           !is_set_by_action(m, node);
}

/* Of the form, or of an entity that a group or each occurrence of a repeat makes. */
static bool is_meta(const struct xform_node *node)
{
    for (const struct xform_node *below = NULL; node->parent != NULL; node = node->parent) {
        bool placed = node->parent->parent == NULL || node->parent->repeat ||
                      (below != NULL && strcmp(below->name, "entity") == 0);
        if (placed && strcmp(node->name, "meta") == 0) {
            return true;
        }
        below = node;
    }
    return false;
}

/* A list that stands in the instance itself, for choices: part of the form, no answer. */
static bool is_row(const struct mapper *m, const struct xform_node *node)
{
    while (node != NULL && !node->repeat) {
        node = node->parent;
    }
    return node != NULL && !m->repeats[node->index];
}

static bool is_kept(struct mapper *m, const struct xform_node *node)
{
    bool filled = m->controls[node->index] != NULL || node->calculate != NULL ||
                  node->preload != NULL || node->save_to != NULL ||
                  (node->initial[0] != '\0' && !is_row(m, node)) || is_set_by_action(m, node);
    return !node->attribute && node->parent != NULL && !node->repeat && !xform_has_elements(node) &&
           filled && !is_meta(node) && !is_note(m, node) && !is_count(m, node);
}

/* ---- values */

static enum value_type type_of(const struct xform_node *node, const struct xform_control *control)
{
    static const enum value_type types[XFORM_DATA_COUNT] = {
        [XFORM_STRING] = VALUE_TEXT,       [XFORM_INT] = VALUE_INTEGER,
        [XFORM_DECIMAL] = VALUE_DECIMAL,   [XFORM_BOOLEAN] = VALUE_BOOLEAN,
        [XFORM_DATE] = VALUE_DATE,         [XFORM_TIME] = VALUE_TIME,
        [XFORM_DATETIME] = VALUE_DATETIME, [XFORM_GEOPOINT] = VALUE_GEOPOINT,
        [XFORM_GEOTRACE] = VALUE_TEXT,     [XFORM_GEOSHAPE] = VALUE_TEXT,
        [XFORM_BINARY] = VALUE_FILE,       [XFORM_BARCODE] = VALUE_TEXT,
        [XFORM_SELECT] = VALUE_TEXT,       [XFORM_RANK] = VALUE_TEXT};
    if (control != NULL && control->kind == XFORM_SELECT_ONE) {
        return VALUE_SELECT_ONE;
    }
    if (control != NULL && control->kind == XFORM_SELECT_MULTIPLE) {
        return VALUE_SELECT_MULTIPLE;
    }
    return types[node->data];
}

/* ---- records */

static const struct xform_node *place_of(const struct mapper *m, const struct xform_node *node)
{
    while (node != NULL && !node->repeat) {
        node = node->parent;
    }
    return node == NULL ? m->form->root : node;
}

/* The record in which answers of `node` stand; MAPPING_NONE: there is none yet. */
static size_t record_at(const struct mapper *m, const struct xform_node *place, bool of_entity)
{
    for (size_t i = 0; i < m->map->record_count; i++) {
        const struct map_record *at = &m->map->records[i];
        if (at->place == place && (at->entity != NULL) == of_entity) {
            return i;
        }
    }
    return MAPPING_NONE;
}

static enum err add_record(struct mapper *m, const char *type, const struct xform_node *place,
                           const struct xform_entity *entity)
{
    struct form_map *map = m->map;
    if (map->record_count == MAPPING_RECORDS_MAX) {
        return diag_set(m->diag, ERR_BAD_FORM, m->form->id,
                        "it makes more than 64 kinds of records; divide it", NULL);
    }
    struct map_record *made = &map->records[map->record_count];
    *made =
        (struct map_record){.type = type, .place = place, .parent = MAPPING_NONE, .entity = entity};
    made->fields = arena_array(m->arena, m->form->node_count, sizeof(*made->fields));
    map->record_count++;
    return type == NULL || made->fields == NULL ? diag_keep(m->diag, ERR_NOMEM) : OK;
}

static enum err add_entities(struct mapper *m)
{
    for (const struct xform_entity *at = m->form->entities; at != NULL; at = at->next) {
        const struct xform_node *place = place_of(m, at->node);
        if (record_at(m, place, true) != MAPPING_NONE) {
            return diag_set(m->diag, ERR_BAD_FORM, at->dataset,
                            "two entities stand in one place; give one a repeat of its own", NULL);
        }
        enum err e = add_record(m, mapping_name(at->dataset, m->arena), place, at);
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static bool has_type(const struct mapper *m, const char *type)
{
    for (size_t i = 0; type != NULL && i < m->map->record_count; i++) {
        if (strcmp(m->map->records[i].type, type) == 0) {
            return true;
        }
    }
    return false;
}

/* "visit", and for a repeat "visit_member"; of two repeats of one name the second has a mark. */
static const char *survey_type(const struct mapper *m, const struct xform_node *place)
{
    char text[TYPE_NAME_MAX + XFORM_NAME_MAX * 2 + 2];
    const char *name = m->map->id;
    if (place != m->form->root) {
        (void)snprintf(text, sizeof(text), "%s_%s", m->map->id, place->name);
        name = mapping_name(text, m->arena);
    }
    if (has_type(m, name) && place == m->form->root) { /* its entities' list is called so too */
        (void)snprintf(text, sizeof(text), "%s_answers", name);
        name = mapping_name(text, m->arena);
    } else if (has_type(m, name)) {
        const char *path = long_name(m, place, m->form->root, true);
        (void)snprintf(text, sizeof(text), "%s_%s", m->map->id, path == NULL ? "" : path);
        name = path == NULL ? NULL : make_name(text, true, m->arena);
    }
    return name;
}

static enum err record_for(struct mapper *m, const struct xform_node *node, size_t *ret)
{
    const struct xform_node *place = place_of(m, node);
    bool saves = node->save_to != NULL;
    if (saves && record_at(m, place, true) == MAPPING_NONE) {
        return diag_set(m->diag, ERR_BAD_FORM, node->name,
                        "save_to has no entity in its place; name one in the sheet entities", NULL);
    }
    *ret = record_at(m, place, saves);
    if (*ret == MAPPING_NONE) {
        *ret = m->map->record_count;
        return add_record(m, survey_type(m, place), place, NULL);
    }
    return OK;
}

static enum err add_field(struct mapper *m, const struct xform_node *node)
{
    size_t number = 0;
    enum err e = record_for(m, node, &number);
    if (e != OK) {
        return e;
    }
    struct map_record *record = &m->map->records[number];
    struct map_field *field = &record->fields[record->field_count++];
    const char *name = node->save_to != NULL ? node->save_to : node->name;
    field->node = node;
    field->control = m->controls[node->index];
    field->property = mapping_name(name, m->arena);
    field->type = type_of(node, field->control);
    return field->property == NULL ? diag_keep(m->diag, ERR_NOMEM) : OK;
}

/* ---- names that several questions have */

static bool is_shared(const struct map_record *record, size_t number)
{
    for (size_t i = 0; i < record->field_count; i++) {
        if (i != number &&
            strcmp(record->fields[i].property, record->fields[number].property) == 0) {
            return true;
        }
    }
    return false;
}

/* With its groups before it, and where that isn't enough a mark; save_to means one property. */
static enum err part_name_pass(struct mapper *m, struct map_record *record, bool marked)
{
    const char **names = arena_array(m->arena, record->field_count, sizeof(*names));
    if (names == NULL) {
        return diag_keep(m->diag, ERR_NOMEM);
    }
    for (size_t i = 0; i < record->field_count; i++) {
        struct map_field *field = &record->fields[i];
        bool parted = is_shared(record, i) && field->node->save_to == NULL;
        names[i] = parted ? long_name(m, field->node, record->place, marked) : field->property;
        if (names[i] == NULL) {
            return diag_keep(m->diag, ERR_NOMEM);
        }
    }
    for (size_t i = 0; i < record->field_count; i++) {
        record->fields[i].property = names[i];
    }
    return OK;
}

static enum err part_names(struct mapper *m, struct map_record *record)
{
    enum err e = part_name_pass(m, record, false);
    e = e != OK ? e : part_name_pass(m, record, true);
    for (size_t i = 0; e == OK && i < record->field_count; i++) {
        if (is_shared(record, i)) {
            e = diag_set(m->diag, ERR_BAD_FORM, record->fields[i].node->name,
                         "another question is kept under the same name; rename one of them", NULL);
        }
    }
    return e;
}

/* ---- whose child a record is */

static size_t parent_of(const struct mapper *m, size_t number)
{
    const struct map_record *record = &m->map->records[number];
    const struct xform_node *place = record->place;
    if (record->entity == NULL && record_at(m, place, true) != MAPPING_NONE) {
        return record_at(m, place, true);
    }
    while (place != m->form->root) {
        place = place_of(m, place->parent);
        /* An entity belongs to an entity where it can; else to the answers that it stands in. */
        bool first = record->entity != NULL;
        size_t found = record_at(m, place, first);
        found = found != MAPPING_NONE ? found : record_at(m, place, !first);
        if (found != MAPPING_NONE) {
            return found;
        }
    }
    return MAPPING_NONE;
}

enum err mapping_make(const struct xform *form, struct arena *arena, struct form_map *ret,
                      struct diag *diag)
{
    struct form_map map = {.id = mapping_name(form->id, arena)};
    struct mapper m = {.form = form, .arena = arena, .diag = diag, .map = &map};
    map.records = arena_array(arena, MAPPING_RECORDS_MAX, sizeof(*map.records));
    if (map.id == NULL || map.records == NULL) {
        return diag_keep(diag, ERR_NOMEM);
    }
    enum err e = note_controls(&m);
    e = e != OK ? e : add_entities(&m);
    for (const struct xform_node *at = form->root; e == OK && at != NULL;
         at = xform_next_node(at)) {
        e = is_kept(&m, at) ? add_field(&m, at) : OK;
        e = m.failed != OK ? diag_keep(diag, m.failed) : e;
    }
    for (size_t i = 0; e == OK && i < map.record_count; i++) {
        if (map.records[i].field_count == 0) {
            return diag_set(diag, ERR_BAD_FORM, map.records[i].type,
                            "nothing is saved to this entity; give a question save_to", NULL);
        }
        e = part_names(&m, &map.records[i]);
        map.records[i].parent = parent_of(&m, i);
    }
    if (e == OK) {
        *ret = map;
    }
    return e;
}
