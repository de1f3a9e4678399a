/*
 * mapping_ask.c - what of a form's rules the records of a set break, and what its calculations make
 * of them.
 */
#include <string.h>

#include "mapping_rules_inner.h"

/* ---- what is broken */

/* The record of the set in which an answer stands, and its field's number; false: an occurrence
   that a count made, or a node that isn't kept. */
static bool find_place(const struct layout *l, const struct xform_node *node,
                       const uint8_t *occurrence, size_t *ret_record, size_t *ret_field)
{
    for (size_t i = 0; i < l->set->count; i++) {
        const struct map_record *map = layout_of(l, i);
        size_t own = l->occurrence[i];
        bool here = own == MAPPING_NONE
                        ? occurrence == NULL
                        : occurrence != NULL &&
                              memcmp(l->set->records[own].id, occurrence, OCCURRENCE_BYTES) == 0;
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

static const struct field_rule *find_rule(const struct field_rule *rules, size_t count,
                                          const struct map_field *field)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].field == field) {
            return &rules[i];
        }
    }
    return NULL;
}

/* The occurrence of `repeat` in which a record stands. */
static size_t occurrence_in(const struct layout *l, size_t record, const struct xform_node *repeat)
{
    size_t at = l->occurrence[record];
    while (at != MAPPING_NONE && layout_of(l, at)->place != repeat) {
        at = layout_around(l, at);
    }
    return at;
}

/* Does a rule of `wrong` read this node in `record`, or only in what it doesn't share with it? */
static bool reads_there(const struct layout *l, const struct field_rule *rule, size_t wrong,
                        size_t record, const struct xform_node *node)
{
    const struct xform_node *within = rule->reads[node->index];
    const struct xform_node *repeat = xform_repeat_of(within);
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
    const struct map_record *map = layout_of(l, record);
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
                   xform_repeat_of(rule->reads[map->place->index]) != map->place;
    if (counted && reads->count == before) {
        note_presence(l, reads, record);
    }
}

/* Room for one more item; what is left behind goes with the arena. */
static void *one_more(struct layout *l, void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return list;
    }
    size_t wanted = *capacity == 0 ? 8 : 2 * *capacity;
    void *grown = arena_array(l->arena, wanted, size);
    if (grown != NULL && count != 0) {
        memcpy(grown, list, count * size);
    }
    *capacity = grown == NULL ? *capacity : wanted;
    return grown;
}

static enum err add_found(struct layout *l, const struct broken_hold *found)
{
    struct broken_hold *list =
        one_more(l, l->found, l->found_count, &l->capacity, sizeof(*l->found));
    if (list == NULL) {
        return ERR_NOMEM;
    }
    l->found = list;
    l->found[l->found_count++] = *found;
    return OK;
}

static enum err gather_reads(struct layout *l, const struct field_rule *rule, size_t wrong,
                             struct reads *ret)
{
    size_t capacity = 1;
    for (size_t i = 0; i < l->set->count; i++) {
        capacity += layout_of(l, i)->field_count + 1;
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

static bool reads_any(const struct layout *l, const struct field_rule *rule, const bool *nodes)
{
    bool found = false;
    for (size_t i = 0; nodes != NULL && i < l->rules->form.node_count && !found; i++) {
        found = rule->reads[i] != NULL && nodes[i];
    }
    return found;
}

static enum err note_broken(struct layout *l, enum rule_kind kind, size_t record,
                            const struct map_field *field)
{
    const struct field_rule *rule = find_rule(l->rules->rules, l->rules->rule_count, field);
    struct reads reads = {0};
    if (rule == NULL || reads_any(l, rule, l->set->closed)) {
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
static enum err note_choice(struct layout *l, const struct play_answer *answer, size_t record,
                            size_t field)
{
    const struct map_field *of_field = &layout_of(l, record)->fields[field];
    struct span given = l->texts[record][field];
    bool chosen = of_field->control != NULL && of_field->control->itemset != NULL;
    return chosen && answer->relevant && !span_equal(given, answer->text)
               ? note_broken(l, RULE_IS_CHOICE, record, of_field)
               : OK;
}

static enum err add_computed(struct layout *l, const struct held_computed *computed)
{
    struct held_computed *list =
        one_more(l, l->computed, l->computed_count, &l->computed_capacity, sizeof(*l->computed));
    if (list == NULL) {
        return ERR_NOMEM;
    }
    l->computed = list;
    l->computed[l->computed_count++] = *computed;
    return OK;
}

/* What its property can't hold stays as it was written. Where one answer to a question may not be
   read, nothing is told that reads the question. */
static enum err note_computed(struct layout *l, const struct play_answer *answer, size_t record,
                              size_t number)
{
    const struct form_rules *r = l->rules;
    const struct held_value *held = &l->set->records[record].values[number];
    const struct map_field *field = &layout_of(l, record)->fields[number];
    const struct field_rule *rule = find_rule(r->calculations, r->calculation_count, field);
    struct held_computed computed = {.record = record, .field = field};
    struct diag unfit = {0};
    if (rule == NULL || !held->derived || reads_any(l, rule, l->hidden)) {
        return OK;
    }
    struct span text = answer->relevant ? answer->text : span_of("");
    enum err e = mapping_value(held->type, field->property, text, l->arena, &computed.json, &unfit);
    if (e == ERR_NOMEM) {
        return e;
    }
    return e != OK || span_equal(computed.json, held->json) ? OK : add_computed(l, &computed);
}

static enum err note_answer(void *ctx, const struct play_answer *answer)
{
    struct layout *l = ctx;
    size_t record = 0, field = 0;
    if (!find_place(l, answer->node, answer->occurrence, &record, &field)) {
        return OK;
    }
    return answer->node->calculate != NULL ? note_computed(l, answer, record, field)
                                           : note_choice(l, answer, record, field);
}

static enum err note_fault(void *ctx, const struct play_fault *fault)
{
    struct layout *l = ctx;
    size_t record = 0, number = 0;
    if (!find_place(l, fault->node, fault->occurrence, &record, &number)) {
        return OK;
    }
    const struct map_field *field = &layout_of(l, record)->fields[number];
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
    struct broken_hold *found = found_at(l, record, &layout_of(l, record)->fields[number]);
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
        l->found_count = l->computed_count = 0;
        return OK;
    }
    return e;
}

static enum err find_hidden(struct layout *l)
{
    bool *hidden = arena_array(l->arena, l->rules->form.node_count, sizeof(*hidden));
    if (hidden == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; l->set->closed != NULL && i < l->rules->form.node_count; i++) {
        hidden[i] = l->set->closed[i];
    }
    for (size_t i = 0; i < l->set->count; i++) {
        const struct map_record *map = layout_of(l, i);
        for (size_t j = 0; j < map->field_count; j++) {
            size_t node = map->fields[j].node->index;
            hidden[node] = hidden[node] || l->set->records[i].values[j].hidden;
        }
    }
    l->hidden = hidden;
    return OK;
}

enum err form_rules_ask(struct form_rules *rules, const struct held_set *set, struct arena *arena,
                        struct held_answers *ret)
{
    struct layout l = {.rules = rules, .set = set, .arena = arena};
    *ret = (struct held_answers){.broken = NULL};
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
    enum err e = find_hidden(&l);
    e = e != OK ? e : layout_make(&l);
    e = e != OK ? e : play_each_answer(rules->play, note_answer, &l);
    e = e != OK ? e : play_each_fault(rules->play, note_fault, &l, &l.diag);
    e = e != OK || l.found_count == 0 ? e : add_messages(&l);
    e = or_nothing(&l, e);
    if (e == OK) {
        *ret = (struct held_answers){.broken = l.found,
                                     .broken_count = l.found_count,
                                     .computed = l.computed,
                                     .computed_count = l.computed_count};
    }
    return e;
}
