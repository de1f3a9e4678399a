/*
 * mapping_rules.c - records laid out as a form's answers again, and what of its rules they break.
 */
#include "mapping_rules.h"

#include <string.h>

#include "code.h"
#include "json.h"
#include "xform_json.h"

#define RULES_ARENA_MAX (64u << 20)
#define LAYOUT_MAX      (32u << 20) /* bytes of a set laid out */
#define ID_BYTES        16

/* A field whose answer has rules, and what they read. */
struct field_rule {
    size_t record;
    const struct map_field *field;
    const struct xform_node **reads; /* by number of the node, as play_reads() has it */
};

struct form_rules {
    const struct mem *mem;
    struct arena arena; /* form, map, rules */
    struct xform form;
    struct form_map map;
    struct play_host host;
    struct play *play;
    struct field_rule *rules;
    size_t rule_count;
    size_t about;
    bool wide;
    int64_t now_ms;
    int zone_minutes;
};

const struct form_map *form_rules_map(const struct form_rules *rules)
{
    return &rules->map;
}

size_t form_rules_about(const struct form_rules *rules)
{
    return rules->rule_count == 0 ? MAPPING_NONE : rules->about;
}

bool form_rules_are_wide(const struct form_rules *rules)
{
    return rules->wide;
}

const char *rule_kind_name(enum rule_kind kind)
{
    static const char *const names[] = {[RULE_IS_CONSTRAINT] = "constraint",
                                        [RULE_IS_REQUIRED] = "required",
                                        [RULE_IS_CHOICE] = "choice"};
    return names[kind];
}

/* ---- surroundings in which every node computes the same */

static int64_t now_ms(void *ctx)
{
    return ((const struct form_rules *)ctx)->now_ms;
}

static int zone_minutes(void *ctx)
{
    return ((const struct form_rules *)ctx)->zone_minutes;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    memset(bytes, 0, size);
}

/* Rules that read such a list aren't asked; it only has to be there for the rest. */
static enum err no_list(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                        struct tree_node **ret, struct diag *diag)
{
    (void)ctx;
    (void)name;
    (void)names;
    struct tree_node *document = arena_alloc(arena, sizeof(*document));
    if (document == NULL) {
        return diag_keep(diag, ERR_NOMEM);
    }
    *document = (struct tree_node){.name = NULL};
    *ret = document;
    return OK;
}

static enum err no_property(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    (void)ctx;
    (void)name;
    return arena_copy(arena, span_of(""), ret);
}

/* ---- which rules there are */

static bool has_rules(const struct map_field *field)
{
    const struct xform_node *node = field->node;
    return node->calculate == NULL && (node->constraint != NULL || node->required != NULL ||
                                       (field->control != NULL && field->control->itemset != NULL));
}

/* That all belong to it, directly or not. */
static bool belongs(const struct form_map *map, size_t record, size_t about)
{
    while (record != MAPPING_NONE && record != about) {
        record = map->records[record].parent;
    }
    return record == about;
}

static size_t find_about(const struct form_map *map)
{
    for (size_t i = 0; i < map->record_count; i++) {
        if (!map->records[i].place->repeat && map->records[i].parent == MAPPING_NONE) {
            return i;
        }
    }
    return MAPPING_NONE;
}

static bool is_wide(const struct form_rules *r, const struct field_rule *rule)
{
    const struct map_record *about = &r->map.records[r->about];
    if (rule->record != r->about) {
        return true;
    }
    for (size_t i = 0; i < r->form.node_count; i++) {
        bool own = false;
        for (size_t j = 0; rule->reads[i] != NULL && j < about->field_count && !own; j++) {
            own = about->fields[j].node->index == i;
        }
        /* what is computed isn't read of a record; what it is computed from is among these too */
        if (rule->reads[i] != NULL && !own) {
            return true;
        }
    }
    return false;
}

static enum err add_rule(struct form_rules *r, size_t record, const struct map_field *field)
{
    bool outside = false;
    const struct xform_node **reads = arena_array(&r->arena, r->form.node_count, sizeof(*reads));
    enum err e = reads == NULL ? ERR_NOMEM : play_reads(r->play, field->node, reads, &outside);
    if (e != OK || outside) {
        return e;
    }
    struct field_rule *rule = &r->rules[r->rule_count++];
    *rule = (struct field_rule){.record = record, .field = field, .reads = reads};
    r->wide = r->wide || is_wide(r, rule);
    return OK;
}

static enum err find_rules(struct form_rules *r)
{
    r->about = find_about(&r->map);
    r->rules = arena_array(&r->arena, r->form.node_count, sizeof(*r->rules));
    enum err e = r->rules == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; e == OK && r->about != MAPPING_NONE && i < r->map.record_count; i++) {
        const struct map_record *record = &r->map.records[i];
        for (size_t j = 0; e == OK && belongs(&r->map, i, r->about) && j < record->field_count;
             j++) {
            e = has_rules(&record->fields[j]) ? add_rule(r, i, &record->fields[j]) : OK;
        }
    }
    return e;
}

enum err form_rules_new(const struct mem *mem, struct span text, struct form_rules **ret,
                        struct diag *diag)
{
    struct form_rules *r = mem->resize(mem->ctx, NULL, sizeof(*r));
    if (r == NULL) {
        return diag_keep(diag, ERR_NOMEM);
    }
    *r = (struct form_rules){.mem = mem};
    r->host = (struct play_host){.mem = mem,
                                 .ctx = r,
                                 .now_ms = now_ms,
                                 .zone_minutes = zone_minutes,
                                 .random = no_random,
                                 .instance = no_list,
                                 .property = no_property};
    arena_init(&r->arena, mem, RULES_ARENA_MAX);
    enum err e = xform_read_json(text, &r->arena, &r->form, diag);
    e = e != OK ? e : mapping_make(&r->form, &r->arena, &r->map, diag);
    e = e != OK ? e : play_new(&r->form, &r->host, &r->play, diag);
    e = e != OK ? e : find_rules(r);
    if (e != OK) {
        form_rules_free(r);
        return diag_keep(diag, e);
    }
    *ret = r;
    return OK;
}

void form_rules_free(struct form_rules *rules)
{
    if (rules != NULL) {
        const struct mem *mem = rules->mem;
        play_free(rules->play);
        arena_release(&rules->arena);
        (void)mem->resize(mem->ctx, rules, 0);
    }
}

/* ---- laying out */

struct layout {
    struct form_rules *rules;
    const struct held_set *set;
    struct arena *arena;
    /* Of each record: which of the set stands for its occurrence (MAPPING_NONE: it stands at the
       root), and of such a one its number among its siblings, from 1. */
    size_t *occurrence, *number;
    struct span **texts; /* of each record's fields, as answers */
    struct broken_hold *found;
    size_t found_count, capacity;
    size_t language;
    struct diag diag;
};

static const struct map_record *of(const struct layout *l, size_t record)
{
    return &l->rules->map.records[l->set->records[record].of];
}

/* Answers that belong to an entity of the same place share its occurrence. */
static void place_record(struct layout *l, size_t record)
{
    const struct xform_node *place = of(l, record)->place;
    size_t parent = l->set->records[record].parent;
    l->occurrence[record] = MAPPING_NONE;
    if (!place->repeat) {
        return;
    }
    if (parent != MAPPING_NONE && of(l, parent)->place == place) {
        l->occurrence[record] = l->occurrence[parent];
        return;
    }
    l->occurrence[record] = record;
    l->number[record] = 1;
    for (size_t i = 0; i < record; i++) {
        bool sibling = l->occurrence[i] == i && of(l, i)->place == place &&
                       l->set->records[i].parent == parent;
        l->number[record] += sibling ? 1 : 0;
    }
}

/* The occurrence around that of `record`. */
static size_t around(const struct layout *l, size_t record)
{
    size_t parent = record == MAPPING_NONE ? MAPPING_NONE : l->set->records[record].parent;
    return parent == MAPPING_NONE ? MAPPING_NONE : l->occurrence[parent];
}

/* "/data/member[2]/age" */
/* NOLINTNEXTLINE(misc-no-recursion): at most XFORM_DEPTH_MAX deep */
static void add_path(const struct layout *l, const struct xform_node *node, size_t occurrence,
                     struct buf *ret)
{
    if (node->parent != NULL) {
        add_path(l, node->parent, node->repeat ? around(l, occurrence) : occurrence, ret);
    }
    buf_add_format(ret, "/%s", node->name);
    if (node->repeat && occurrence != MAPPING_NONE) {
        buf_add_format(ret, "[%zu]", l->number[occurrence]);
    }
}

static enum err put_pair(struct layout *l, struct json_writer *json, const struct xform_node *node,
                         size_t occurrence, struct span text)
{
    struct buf path;
    buf_init(&path, l->rules->mem, XFORM_EXPRESSION_MAX);
    add_path(l, node, occurrence, &path);
    json_open(json, '[');
    json_put_span(json, buf_span(&path));
    json_put_span(json, text);
    json_close(json, ']');
    enum err e = buf_error(&path);
    buf_release(&path);
    return e;
}

static enum err put_repeats(struct layout *l, struct json_writer *json)
{
    enum err e = OK;
    json_name(json, "repeats");
    json_open(json, '[');
    for (size_t i = 0; e == OK && i < l->set->count; i++) {
        char id[2 * ID_BYTES + 1];
        (void)hex_write(l->set->records[i].id, ID_BYTES, id);
        e = l->occurrence[i] == i ? put_pair(l, json, of(l, i)->place, i, span_of(id)) : OK;
    }
    json_close(json, ']');
    return e;
}

static enum err read_text(struct layout *l, const struct held_value *value, struct span *ret)
{
    struct buf text;
    buf_init(&text, l->rules->mem, XFORM_EXPRESSION_MAX);
    enum err e = value->hidden ? OK : mapping_text(value->type, value->json, &text);
    e = e != OK ? e : buf_error(&text);
    e = e != OK ? e : arena_copy(l->arena, buf_span(&text), ret);
    buf_release(&text);
    return e;
}

static enum err put_record(struct layout *l, struct json_writer *json, size_t record)
{
    const struct map_record *map = of(l, record);
    enum err e = OK;
    l->texts[record] = arena_array(l->arena, map->field_count, sizeof(**l->texts));
    if (l->texts[record] == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; e == OK && i < map->field_count; i++) {
        struct span *text = &l->texts[record][i];
        e = read_text(l, &l->set->records[record].values[i], text);
        if (e == OK && text->size != 0) {
            e = put_pair(l, json, map->fields[i].node, l->occurrence[record], *text);
        }
    }
    return e;
}

/* As play_write_draft() has it. */
static enum err write_layout(struct layout *l, struct buf *ret)
{
    struct json_writer json;
    json_begin(&json, ret);
    json_open(&json, '{');
    enum err e = put_repeats(l, &json);
    json_name(&json, "values");
    json_open(&json, '[');
    for (size_t i = 0; e == OK && i < l->set->count; i++) {
        e = put_record(l, &json, i);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return e != OK ? e : buf_error(ret);
}

static enum err lay_out(struct layout *l)
{
    struct buf text;
    struct json *json = NULL;
    buf_init(&text, l->rules->mem, LAYOUT_MAX);
    for (size_t i = 0; i < l->set->count; i++) {
        place_record(l, i);
    }
    enum err e = write_layout(l, &text);
    e = e != OK ? e : json_parse(buf_span(&text), &json, &l->diag);
    e = e != OK ? e : play_read_draft(l->rules->play, json, &l->diag);
    json_free(json);
    buf_release(&text);
    return e;
}

/* ---- what is broken */

/* The record of the set in which an answer stands, and its field's number; false: an occurrence
   that a count made, or a node that isn't kept. */
static bool find_place(const struct layout *l, const struct xform_node *node,
                       const uint8_t *occurrence, size_t *ret_record, size_t *ret_field)
{
    for (size_t i = 0; i < l->set->count; i++) {
        const struct map_record *map = of(l, i);
        size_t own = l->occurrence[i];
        bool here = own == MAPPING_NONE ? occurrence == NULL
                                        : occurrence != NULL && memcmp(l->set->records[own].id,
                                                                       occurrence, ID_BYTES) == 0;
        for (size_t j = 0; here && j < map->field_count; j++) {
            if (map->fields[j].node == node) {
                *ret_record = i;
                *ret_field = j;
                return true;
            }
        }
    }
    return false;
}

static const struct field_rule *find_rule(const struct form_rules *r, const struct map_field *field)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        if (r->rules[i].field == field) {
            return &r->rules[i];
        }
    }
    return NULL;
}

static const struct xform_node *repeat_around(const struct xform_node *node)
{
    while (node != NULL && !node->repeat) {
        node = node->parent;
    }
    return node;
}

/* The occurrence of `repeat` in which a record stands. */
static size_t occurrence_in(const struct layout *l, size_t record, const struct xform_node *repeat)
{
    size_t at = l->occurrence[record];
    while (at != MAPPING_NONE && of(l, at)->place != repeat) {
        at = around(l, at);
    }
    return at;
}

/* Does a rule of `wrong` read this node in `record`, or only in what it doesn't share with it? */
static bool reads_there(const struct layout *l, const struct field_rule *rule, size_t wrong,
                        size_t record, const struct xform_node *node)
{
    const struct xform_node *within = rule->reads[node->index];
    const struct xform_node *repeat = repeat_around(within);
    return within != NULL &&
           (repeat == NULL || occurrence_in(l, record, repeat) == occurrence_in(l, wrong, repeat));
}

struct reads {
    struct held_place *places;
    size_t count;
    uint64_t saves[2]; /* that differ; more don't matter */
    size_t save_count;
    bool hidden;
};

static void note_save(struct reads *reads, uint64_t save)
{
    if (reads->save_count == 0 || (reads->save_count == 1 && reads->saves[0] != save)) {
        reads->saves[reads->save_count++] = save;
    }
}

static void note_value(struct reads *reads, const struct held_value *value)
{
    reads->hidden = reads->hidden || value->hidden;
    for (size_t i = 0; i < value->save_count; i++) {
        note_save(reads, value->saves[i]);
    }
}

/* That a record is there says something to a rule that counts. */
static void note_presence(struct layout *l, struct reads *reads, size_t record)
{
    uint64_t save = 0;
    memcpy(&save, l->set->records[record].id, sizeof(save));
    note_save(reads, save);
    reads->places[reads->count++] = (struct held_place){.record = record};
}

static void read_record(struct layout *l, const struct field_rule *rule, size_t wrong,
                        size_t record, struct reads *reads)
{
    const struct held_record *held = &l->set->records[record];
    const struct map_record *map = of(l, record);
    size_t before = reads->count;
    for (size_t i = 0; i < map->field_count; i++) {
        const struct map_field *field = &map->fields[i];
        bool itself = record == wrong && field == rule->field;
        if (field->node->calculate != NULL || !reads_there(l, rule, wrong, record, field->node)) {
            continue;
        }
        note_value(reads, &held->values[i]);
        if (!itself && l->texts[record][i].size != 0) {
            reads->places[reads->count++] = (struct held_place){.record = record, .field = field};
        }
    }
    bool counted = l->occurrence[record] == record &&
                   reads_there(l, rule, wrong, record, map->place) &&
                   repeat_around(rule->reads[map->place->index]) != map->place;
    if (counted && reads->count == before) {
        note_presence(l, reads, record);
    }
}

static enum err add_found(struct layout *l, const struct broken_hold *found)
{
    if (l->found_count == l->capacity) {
        size_t capacity = l->capacity == 0 ? 8 : 2 * l->capacity;
        struct broken_hold *grown = arena_array(l->arena, capacity, sizeof(*grown));
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        if (l->found_count != 0) {
            memcpy(grown, l->found, l->found_count * sizeof(*grown));
        }
        l->found = grown;
        l->capacity = capacity;
    }
    l->found[l->found_count++] = *found;
    return OK;
}

static enum err gather_reads(struct layout *l, const struct field_rule *rule, size_t wrong,
                             struct reads *ret)
{
    size_t capacity = 1;
    for (size_t i = 0; i < l->set->count; i++) {
        capacity += of(l, i)->field_count + 1;
    }
    struct reads reads = {.places = arena_array(l->arena, capacity, sizeof(*reads.places))};
    if (reads.places == NULL) {
        return ERR_NOMEM;
    }
    reads.places[reads.count++] = (struct held_place){.record = wrong, .field = rule->field};
    for (size_t i = 0; i < l->set->count; i++) {
        read_record(l, rule, wrong, i, &reads);
    }
    *ret = reads;
    return OK;
}

static struct broken_hold *found_at(const struct layout *l, size_t record,
                                    const struct map_field *field)
{
    for (size_t i = 0; i < l->found_count; i++) {
        if (l->found[i].places[0].record == record && l->found[i].places[0].field == field) {
            return &l->found[i];
        }
    }
    return NULL;
}

static enum err note_broken(struct layout *l, enum rule_kind kind, size_t record,
                            const struct map_field *field)
{
    const struct field_rule *rule = find_rule(l->rules, field);
    struct reads reads = {0};
    if (rule == NULL) {
        return OK;
    }
    enum err e = gather_reads(l, rule, record, &reads);
    if (e != OK || reads.hidden || reads.save_count < 2) {
        return e;
    }
    const struct broken_hold found = {
        .kind = kind, .places = reads.places, .place_count = reads.count};
    return add_found(l, &found);
}

/* A choice that isn't offered any more was taken away when all was computed. */
static enum err note_choice(void *ctx, const struct play_answer *answer)
{
    struct layout *l = ctx;
    size_t record = 0, field = 0;
    if (!find_place(l, answer->node, answer->occurrence, &record, &field)) {
        return OK;
    }
    const struct map_field *of_field = &of(l, record)->fields[field];
    struct span given = l->texts[record][field];
    bool chosen = of_field->control != NULL && of_field->control->itemset != NULL;
    return chosen && answer->relevant && !span_equal(given, answer->text)
               ? note_broken(l, RULE_IS_CHOICE, record, of_field)
               : OK;
}

static enum err note_fault(void *ctx, const struct play_fault *fault)
{
    struct layout *l = ctx;
    size_t record = 0, number = 0;
    if (!find_place(l, fault->node, fault->occurrence, &record, &number)) {
        return OK;
    }
    const struct map_field *field = &of(l, record)->fields[number];
    if (found_at(l, record, field) != NULL) { /* a choice taken away isn't missing as well */
        return OK;
    }
    return note_broken(l, fault->missing ? RULE_IS_REQUIRED : RULE_IS_CONSTRAINT, record, field);
}

/* The wordings of what was found, in one language. */
static enum err note_message(void *ctx, const struct play_fault *fault)
{
    struct layout *l = ctx;
    size_t record = 0, number = 0;
    if (fault->message.size == 0 ||
        !find_place(l, fault->node, fault->occurrence, &record, &number)) {
        return OK;
    }
    struct broken_hold *found = found_at(l, record, &of(l, record)->fields[number]);
    if (found == NULL || found->kind == RULE_IS_CHOICE) {
        return OK;
    }
    found->message.text[l->language] = arena_span_text(l->arena, fault->message);
    return found->message.text[l->language] == NULL ? ERR_NOMEM : OK;
}

static enum err add_messages(struct layout *l)
{
    enum err e = OK;
    for (l->language = 0; e == OK && l->language < LANGUAGE_COUNT; l->language++) {
        const char *language = language_name((enum language)l->language);
        size_t own = 0;
        if (xform_has_language(&l->rules->form, language, &own)) {
            play_speak(l->rules->play, language);
            e = play_each_fault(l->rules->play, note_message, l, &l->diag);
        }
    }
    return e;
}

/* What can't be computed of what is held breaks no rule that a person could mend. */
static enum err or_nothing(struct layout *l, enum err e)
{
    if (e != OK && e != ERR_NOMEM) {
        l->found_count = 0;
        return OK;
    }
    return e;
}

enum err form_rules_ask(struct form_rules *rules, const struct held_set *set, struct arena *arena,
                        struct broken_hold **ret, size_t *ret_count)
{
    struct layout l = {.rules = rules, .set = set, .arena = arena};
    *ret = NULL;
    *ret_count = 0;
    if (set->count == 0 || set->count > HELD_RECORDS_MAX) {
        return OK;
    }
    rules->now_ms = set->now_ms;
    rules->zone_minutes = set->zone_minutes;
    l.occurrence = arena_array(arena, set->count, sizeof(*l.occurrence));
    l.number = arena_array(arena, set->count, sizeof(*l.number));
    l.texts = arena_array(arena, set->count, sizeof(*l.texts));
    if (l.occurrence == NULL || l.number == NULL || l.texts == NULL) {
        return ERR_NOMEM;
    }
    enum err e = lay_out(&l);
    e = e != OK ? e : play_each_answer(rules->play, note_choice, &l);
    e = e != OK ? e : play_each_fault(rules->play, note_fault, &l, &l.diag);
    e = e != OK || l.found_count == 0 ? e : add_messages(&l);
    e = or_nothing(&l, e);
    *ret = l.found;
    *ret_count = e == OK ? l.found_count : 0;
    return e;
}
