/*
 * mapping_type.c - publishing: entities' fields against their types, and the types and definitions
 * that a form needs, as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "form.h"
#include "form_text.h"
#include "mapping_rules.h"

/* ---- labels */

/* A label as it stands, values left open: "Age of ..." */
static void label_text(const struct xform_piece *piece, struct buf *ret)
{
    for (; piece != NULL; piece = piece->next) {
        buf_add_text(ret, piece->text != NULL ? piece->text : "...");
    }
}

/* {"ar":"...","fr":"..."}: of each language of ours that the form has; the default's under French
   when it has none of them. */
static void put_labels(struct json_writer *json, const struct xform *form,
                       const struct xform_text *text, const char *otherwise)
{
    struct buf label;
    size_t written = 0;
    buf_init(&label, json->buf->mem, XFORM_EXPRESSION_MAX);
    json_name(json, "labels");
    json_open(json, '{');
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        const char *code = language_name((enum language)i);
        size_t language = 0;
        buf_clear(&label);
        if (xform_has_language(form, code, &language)) {
            label_text(xform_text_pick(text, language, form->default_language, XFORM_LONG), &label);
        }
        if (label.size != 0) {
            json_name(json, code);
            json_put_span(json, buf_span(&label));
            written++;
        }
    }
    if (written == 0) {
        buf_clear(&label);
        label_text(
            xform_text_pick(text, form->default_language, form->default_language, XFORM_LONG),
            &label);
        json_name(json, language_name(LANGUAGE_FR));
        json_put_text(json, label.size != 0 ? buf_text(&label) : otherwise);
    }
    json_close(json, '}');
    if (buf_error(&label) != OK) {
        json->buf->failed = buf_error(&label);
    }
    buf_release(&label);
}

static void put_title_labels(struct json_writer *json, const struct xform *form, const char *more)
{
    struct buf label;
    buf_init(&label, json->buf->mem, XFORM_EXPRESSION_MAX);
    buf_add_format(&label, "%s%s%s", form->title, more[0] ? ": " : "", more);
    json_name(json, "labels");
    json_open(json, '{');
    json_name(json, language_name(LANGUAGE_FR));
    json_put_span(json, buf_span(&label));
    json_close(json, '}');
    if (buf_error(&label) != OK) {
        json->buf->failed = buf_error(&label);
    }
    buf_release(&label);
}

/* ---- choices */

struct choice_names {
    const char **names;
    const struct xform_text **labels;
    size_t count;
    bool fits; /* for a property: few enough, and names that choices may have */
};

static bool is_choice_name(const char *name)
{
    size_t size = 0;
    for (; name[size] != '\0'; size++) {
        char c = name[size];
        bool first = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!first && (size == 0 || (c != '_' && c != '-' && c != '.'))) {
            return false;
        }
    }
    return size > 0 && size <= TYPE_NAME_MAX;
}

static void add_choice(struct choice_names *choices, const char *name,
                       const struct xform_text *label)
{
    for (size_t i = 0; i < choices->count; i++) {
        if (strcmp(choices->names[i], name) == 0) {
            return; /* a choice_filter tells them apart, the answer doesn't */
        }
    }
    if (choices->count == TYPE_CHOICES_MAX || !is_choice_name(name)) {
        choices->fits = false;
        return;
    }
    choices->names[choices->count] = name;
    choices->labels[choices->count++] = label;
}

static const struct tree_node *child_named(const struct tree_node *item, const char *name)
{
    const struct tree_node *at = item->first;
    while (at != NULL && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at;
}

/* "instance('list')/root/item[...]": the list's name, and the steps behind it. */
static bool list_name(const char *nodes, struct span *ret, struct span *ret_steps)
{
    static const char begin[] = "instance('";
    const char *at = nodes + strspn(nodes, " ");
    at = strncmp(at, begin, sizeof(begin) - 1) == 0 ? at + sizeof(begin) - 1 : NULL;
    const char *end = at == NULL ? NULL : strchr(at, '\'');
    if (end == NULL || end[1] != ')') {
        return false;
    }
    *ret = span_from(at, (size_t)(end - at));
    *ret_steps = span_of(end + 2);
    return true;
}

/* Its size when a predicate begins there, brackets in texts and in each other counted; 0: none. */
static size_t predicate_size(struct span text)
{
    size_t depth = 0;
    uint8_t quote = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (quote != 0 || byte == '\'' || byte == '"') {
            quote = quote == 0 ? byte : byte == quote ? 0 : quote;
            continue;
        }
        depth += byte == '[' ? 1 : 0;
        if (depth == 0) {
            return 0;
        }
        depth -= byte == ']' ? 1 : 0;
        if (depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* "/name[...]" off the front of the steps: the name alone. False: it is something else. */
static bool next_step(struct span *steps, struct span *ret)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t size = 1;
    while (size < steps->size && strchr(names, steps->data[size]) != NULL) {
        size++;
    }
    *ret = span_cut(*steps, 1, size - 1);
    bool is_step = steps->data[0] == '/' && ret->size != 0 && ret->data[0] != '.';
    *steps = span_cut(*steps, size, steps->size);
    size_t predicate;
    while (is_step && (predicate = predicate_size(*steps)) != 0) {
        *steps = span_cut(*steps, predicate, steps->size);
    }
    return is_step;
}

static const struct xform_text *item_label(const struct xform *form, const struct tree_node *item,
                                           struct arena *arena)
{
    const struct tree_node *id = child_named(item, "itextId");
    char *name = id == NULL ? NULL : arena_span_text(arena, id->text);
    for (size_t i = 0; name != NULL && i < form->itext_count; i++) {
        if (strcmp(form->itext[i].id, name) == 0) {
            return form->itext[i].text;
        }
    }
    const struct tree_node *label = child_named(item, "label");
    struct xform_text *text = label == NULL ? NULL : arena_alloc(arena, sizeof(*text));
    struct xform_piece *piece = text == NULL ? NULL : arena_alloc(arena, sizeof(*piece));
    if (piece == NULL) {
        return NULL;
    }
    *piece = (struct xform_piece){.text = arena_span_text(arena, label->text)};
    text->language_count = form->default_language + 1;
    text->wordings =
        arena_array(arena, text->language_count * XFORM_TEXT_FORM_COUNT, sizeof(*text->wordings));
    if (text->wordings == NULL) {
        return NULL;
    }
    text->wordings[form->default_language * XFORM_TEXT_FORM_COUNT] = piece;
    return text;
}

/* Every row that the steps may lead to, whatever their predicates choose. */
static enum err add_rows(const struct xform *form, const struct tree_node *from, struct span steps,
                         const char *value_name, struct arena *arena, struct choice_names *ret)
{
    struct span step;
    if (steps.size == 0) {
        const struct tree_node *value = child_named(from, value_name);
        char *text = value == NULL ? NULL : arena_span_text(arena, value->text);
        if (text != NULL) {
            add_choice(ret, text, item_label(form, from, arena));
        }
        ret->fits = ret->fits && value != NULL;
        return value != NULL && text == NULL ? ERR_NOMEM : OK;
    }
    if (!next_step(&steps, &step)) {
        ret->fits = false;
        return OK;
    }
    enum err e = OK;
    for (const struct tree_node *at = from->first; e == OK && at != NULL && ret->fits;
         at = at->next) {
        if (!at->attribute && span_is(step, at->name)) {
            e = add_rows(form, at, steps, value_name, arena, ret);
        }
    }
    return e;
}

static enum err list_choices(const struct xform *form, const struct xform_control *control,
                             struct arena *arena, struct choice_names *ret)
{
    struct span name, steps;
    *ret = (struct choice_names){
        .names = arena_array(arena, TYPE_CHOICES_MAX, sizeof(char *)),
        .labels = arena_array(arena, TYPE_CHOICES_MAX, sizeof(struct xform_text *)),
        .fits = true};
    if (ret->names == NULL || ret->labels == NULL) {
        return ERR_NOMEM;
    }
    for (const struct xform_item *at = control->items; at != NULL; at = at->next) {
        add_choice(ret, at->value, at->label);
    }
    if (control->itemset == NULL) {
        return OK;
    }
    const struct xform_instance *list = form->instances;
    bool named = list_name(control->itemset->nodes, &name, &steps);
    while (named && list != NULL && !span_is(name, list->id)) {
        list = list->next;
    }
    if (!named || list == NULL || list->document == NULL || list->document->first == NULL) {
        ret->fits = false; /* a list of files or of records: any text */
        return OK;
    }
    while (steps.size != 0 && steps.data[steps.size - 1] == ' ') {
        steps.size--;
    }
    return add_rows(form, list->document, steps, control->itemset->value, arena, ret);
}

/* ---- a property */

struct typing {
    const struct mapping_typing *of;
    struct arena *arena;
    struct diag *diag;
    struct json_writer json;
    bool entity;
};

static const char *extra(const struct map_field *field, const char *name)
{
    for (const struct xform_pair *at = field->node->extras; at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return NULL;
}

static void put_extra(struct typing *t, const struct map_field *field, const char *name,
                      const char *from, const char *otherwise)
{
    const char *value = extra(field, from);
    value = value != NULL ? value : otherwise;
    if (value != NULL) {
        json_name(&t->json, name);
        json_put_text(&t->json, value);
    }
}

static bool has_name(const struct choice_names *choices, const char *name)
{
    for (size_t i = 0; i < choices->count; i++) {
        if (strcmp(choices->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_choices(struct typing *t, const struct choice_names *choices,
                        const struct property *before)
{
    json_name(&t->json, "choices");
    json_open(&t->json, '[');
    for (size_t i = 0; i < choices->count; i++) {
        json_open(&t->json, '{');
        json_name(&t->json, "name");
        json_put_text(&t->json, choices->names[i]);
        put_labels(&t->json, t->of->form, choices->labels[i], choices->names[i]);
        json_close(&t->json, '}');
    }
    for (size_t i = 0; before != NULL && i < before->choice_count; i++) {
        if (!has_name(choices, before->choices[i].name)) {
            json_open(&t->json, '{');
            json_name(&t->json, "name");
            json_put_text(&t->json, before->choices[i].name);
            json_name(&t->json, "retired");
            json_put_bool(&t->json, true);
            json_close(&t->json, '}');
        }
    }
    json_close(&t->json, ']');
}

/* What a person didn't answer is never disputed: it is calculated anew, or the latest counts. */
static const char *policy_of(const struct typing *t, size_t record, const struct map_field *field)
{
    const struct form_rules *rules = t->of->rules;
    bool grouped = extra(field, "douar:group") != NULL; /* of a group all is one answer */
    if (rules != NULL && !grouped && form_rules_derive(rules, record, field->property)) {
        return "derived";
    }
    return field->control == NULL ? "last" : NULL;
}

static enum err put_field(struct typing *t, size_t record, const struct map_field *field)
{
    const struct property *before =
        t->of->before == NULL ? NULL : type_property(t->of->before, field->property);
    struct choice_names choices = {.fits = false};
    enum value_type type = field->type;
    enum err e = OK;
    if (type == VALUE_SELECT_ONE || type == VALUE_SELECT_MULTIPLE) {
        e = list_choices(t->of->form, field->control, t->arena, &choices);
        type = choices.fits && choices.count > 0 ? type : VALUE_TEXT;
    }
    json_open(&t->json, '{');
    json_name(&t->json, "id");
    json_put_text(&t->json, field->property);
    put_labels(&t->json, t->of->form, field->control == NULL ? NULL : field->control->label,
               field->property);
    json_name(&t->json, "type");
    json_put_text(&t->json, value_type_name(type));
    put_extra(t, field, "policy", "douar:merge", policy_of(t, record, field));
    put_extra(t, field, "group", "douar:group", NULL);
    put_extra(t, field, "compartment", "douar:compartment", NULL);
    put_extra(t, field, "sensitivity", "douar:sensitivity", NULL);
    if (type == VALUE_SELECT_ONE || type == VALUE_SELECT_MULTIPLE) {
        put_choices(t, &choices, before);
    }
    json_close(&t->json, '}');
    return e;
}

/* ---- what the form no longer asks */

static bool is_named(const char *list, const char *name)
{
    struct span rest = span_of(list), one;
    while (span_split(&rest, ',', &one)) {
        if (span_is(one, name)) {
            return true;
        }
    }
    return false;
}

static bool is_asked(const struct map_record *record, const char *property)
{
    for (size_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].property, property) == 0) {
            return true;
        }
    }
    return false;
}

/* By a record of that type before number `before`: entities of one list may stand in two places. */
static bool is_asked_before(const struct typing *t, const char *type, size_t before,
                            const char *property)
{
    for (size_t i = 0; i < before; i++) {
        const struct map_record *record = &t->of->map->records[i];
        if (strcmp(record->type, type) == 0 && is_asked(record, property)) {
            return true;
        }
    }
    return false;
}

static void put_limit(struct typing *t, const char *name, const char *value)
{
    if (value != NULL) {
        json_name(&t->json, name);
        json_put_text(&t->json, value);
    }
}

/* As it stands, but that nobody is asked for it any more. */
static void put_retired(struct typing *t, const struct property *property)
{
    struct choice_names none = {.fits = true};
    json_open(&t->json, '{');
    put_limit(t, "id", property->id);
    json_name(&t->json, "labels");
    json_open(&t->json, '{');
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        put_limit(t, language_name((enum language)i), property->labels.text[i]);
    }
    json_close(&t->json, '}');
    put_limit(t, "type", value_type_name(property->type));
    put_limit(t, "policy", policy_name(property->policy));
    put_limit(t, "group", property->group);
    put_limit(t, "compartment", property->compartment);
    put_limit(t, "sensitivity", sensitivity_name(property->sensitivity));
    json_name(&t->json, "retired");
    json_put_bool(&t->json, true);
    if (property->choice_count != 0) {
        put_choices(t, &none, property);
    }
    json_close(&t->json, '}');
}

static enum err put_gone(struct typing *t, const struct map_record *record)
{
    const struct type *before = t->of->before;
    for (size_t i = 0; before != NULL && i < before->property_count; i++) {
        const struct property *property = &before->properties[i];
        if (is_asked_before(t, record->type, t->of->map->record_count, property->id)) {
            continue;
        }
        bool declared = property->retired || t->entity ||
                        (t->of->retire != NULL && is_named(t->of->retire, property->id));
        if (!declared) {
            char mend[DIAG_ARG_SIZE];
            (void)snprintf(mend, sizeof(mend),
                           "ask for it again, or say --retire %.40s: what was entered stays",
                           property->id);
            return diag_set(t->diag, ERR_TYPE_CONFLICT, before->id, property->id, mend, NULL);
        }
        put_retired(t, property);
    }
    return OK;
}

/* ---- the type */

/* What names a record in lists: the first answers that are words. */
static void put_title(struct typing *t, const struct map_record *record)
{
    const struct map_field *best = NULL;
    for (size_t i = 0; i < record->field_count; i++) {
        const struct map_field *at = &record->fields[i];
        bool words = at->type == VALUE_TEXT && at->control != NULL;
        if (best == NULL || (words && (best->type != VALUE_TEXT || best->control == NULL))) {
            best = at;
        }
    }
    json_name(&t->json, "title");
    json_open(&t->json, '[');
    json_put_text(&t->json, best->property);
    json_close(&t->json, ']');
}

static enum err put_fields(struct typing *t, const char *type, size_t number)
{
    const struct map_record *record = &t->of->map->records[number];
    enum err e = OK;
    for (size_t i = 0; e == OK && i < record->field_count && strcmp(record->type, type) == 0; i++) {
        if (!is_asked_before(t, type, number, record->fields[i].property)) {
            e = put_field(t, number, &record->fields[i]);
        }
    }
    return e;
}

enum err mapping_type(const struct mapping_typing *typing, struct arena *arena, struct buf *ret,
                      struct diag *diag)
{
    const struct form_map *map = typing->map;
    const struct map_record *record = &map->records[typing->record];
    bool root = record->place == typing->form->root;
    struct typing t = {
        .of = typing, .arena = arena, .diag = diag, .entity = record->entity != NULL};
    json_begin(&t.json, ret);
    json_open(&t.json, '{');
    json_name(&t.json, "type");
    json_put_text(&t.json, record->type);
    json_name(&t.json, "version");
    json_put_int(&t.json, typing->version);
    json_name(&t.json, "form");
    json_put_text(&t.json, map->id);
    put_title_labels(&t.json, typing->form, root ? "" : record->place->name);
    if (record->parent != MAPPING_NONE) {
        json_name(&t.json, "parent");
        json_put_text(&t.json, map->records[record->parent].type);
    }
    put_title(&t, record);
    json_name(&t.json, "properties");
    json_open(&t.json, '[');
    enum err e = OK;
    for (size_t i = 0; e == OK && i < map->record_count; i++) {
        e = put_fields(&t, record->type, i);
    }
    e = e != OK ? e : put_gone(&t, record);
    json_close(&t.json, ']');
    json_close(&t.json, '}');
    return e != OK ? diag_keep(diag, e) : buf_error(ret);
}

/* ---- entities */

/* May answers of this kind stand in that property? */
static bool fits(enum value_type asked, const struct property *property)
{
    enum value_type kept = property->type;
    bool words = asked == VALUE_TEXT; /* calculated, or typed: judged when it is saved */
    if (asked == VALUE_FILE || kept == VALUE_FILE) {
        return asked == kept;
    }
    return asked == kept || words || kept == VALUE_TEXT ||
           (asked == VALUE_INTEGER && kept == VALUE_DECIMAL) ||
           (asked == VALUE_SELECT_ONE && (kept == VALUE_REF || kept == VALUE_BOOLEAN));
}

static bool is_derived(const struct form_rules *rules, size_t record, const struct map_field *field)
{
    return rules != NULL && form_rules_derive(rules, record, field->property);
}

enum err mapping_check(const struct form_map *map, const struct form_rules *rules, size_t number,
                       const struct type *type, struct diag *diag)
{
    const struct map_record *record = &map->records[number];
    for (size_t i = 0; i < record->field_count; i++) {
        const struct map_field *field = &record->fields[i];
        const struct property *property = type_property(type, field->property);
        char what[DIAG_ARG_SIZE];
        if (property == NULL) {
            (void)snprintf(what, sizeof(what), "save_to: %.40s has no property %.40s; near: %.40s",
                           type->id, field->property, type_nearest_property(type, field->property));
        } else if (property->retired) {
            (void)snprintf(what, sizeof(what), "save_to: %.40s of %.40s is retired; save elsewhere",
                           field->property, type->id);
        } else if (property->policy == POLICY_DERIVED && !is_derived(rules, number, field)) {
            (void)snprintf(
                what, sizeof(what),
                "save_to: %.40s of %.40s is calculated from answers alone, this isn't; save "
                "elsewhere",
                field->property, type->id);
        } else if (!fits(field->type, property)) {
            (void)snprintf(what, sizeof(what),
                           "save_to: %.40s of %.40s holds %s, the question gives %s; change its "
                           "type",
                           field->property, type->id, value_type_name(property->type),
                           value_type_name(field->type));
        } else {
            continue;
        }
        return diag_set(diag, ERR_BAD_FORM, field->node->name, what, NULL);
    }
    return OK;
}

/* ---- the form's definition */

static void put_questions(struct json_writer *json, const struct xform *form,
                          const struct map_record *record)
{
    json_name(json, "questions");
    json_open(json, '[');
    for (size_t i = 0; record != NULL && i < record->field_count && i < FORM_QUESTIONS_MAX; i++) {
        const struct map_field *field = &record->fields[i];
        json_open(json, '{');
        json_name(json, "name");
        json_put_text(json, field->property);
        json_name(json, "save_to");
        json_put_text(json, field->property);
        if (field->control != NULL && field->control->label != NULL) {
            put_labels(json, form, field->control->label, field->property);
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

enum err mapping_definition(const struct xform *form, const struct form_map *map, int64_t version,
                            struct span text, struct arena *arena, struct buf *ret)
{
    struct json_writer json;
    char name[FORM_HASH_SIZE];
    struct buf packed;
    form_hash(text, name);
    buf_init(&packed, arena->mem, FORM_PACKED_MAX);
    enum err e = form_pack(arena->mem, text, &packed);
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "form");
    json_put_text(&json, map->id);
    json_name(&json, "version");
    json_put_int(&json, version);
    if (form->version[0] != '\0') {
        json_name(&json, "edition");
        json_put_text(&json, form->version);
    }
    put_title_labels(&json, form, "");
    json_name(&json, "type");
    json_put_text(&json, map->records[0].type);
    put_questions(&json, form, &map->records[0]);
    json_name(&json, "hash");
    json_put_text(&json, name);
    json_name(&json, "xform");
    json_put_span(&json, buf_span(&packed));
    json_close(&json, '}');
    buf_release(&packed);
    return e != OK ? e : buf_error(ret);
}
