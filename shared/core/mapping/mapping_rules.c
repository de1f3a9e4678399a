/*
 * mapping_rules.c - which rules and calculations of a form may be asked of records.
 */
#include <string.h>

#include "mapping_rules_inner.h"
#include "xform_json.h"

#define RULES_ARENA_MAX (64u << 20)

const struct form_map *form_rules_map(const struct form_rules *rules)
{
    return &rules->map;
}

size_t form_rules_node_count(const struct form_rules *rules)
{
    return rules->form.node_count;
}

size_t form_rules_about(const struct form_rules *rules)
{
    return rules->rule_count + rules->calculation_count == 0 ? MAPPING_NONE : rules->about;
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

static enum err find_kept(struct form_rules *r)
{
    r->kept = arena_array(&r->arena, r->form.node_count, sizeof(*r->kept));
    if (r->kept == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < r->map.record_count; i++) {
        const struct map_record *record = &r->map.records[i];
        for (size_t j = 0; j < record->field_count; j++) {
            r->kept[record->fields[j].node->index] =
                (struct kept){.field = &record->fields[j], .record = i};
        }
    }
    return OK;
}

/*
 * Does all that it is made from stand in records? A survey's answers are of their day: what they
 * take from what the form is about, they took then, so nothing but themselves may change them.
 */
static bool follows_from_records(const struct form_rules *r, size_t record,
                                 const struct xform_node *const *reads)
{
    bool follows = true;
    for (const struct xform_node *at = r->form.root; at != NULL && follows;
         at = xform_next_node(at)) {
        const struct kept *kept = &r->kept[at->index];
        if (reads[at->index] == NULL || xform_has_elements(at) || at->calculate != NULL) {
            continue;
        }
        follows = kept->field != NULL && kept->field->type != VALUE_FILE &&
                  (r->map.records[record].entity != NULL || belongs(&r->map, kept->record, record));
    }
    return follows;
}

/* Of a calculation what it gives must follow from what is held. */
static enum err add_rule(struct form_rules *r, size_t record, const struct map_field *field)
{
    struct play_reading reading = {
        .nodes = arena_array(&r->arena, r->form.node_count, sizeof(*reading.nodes))};
    bool calculated = field->node->calculate != NULL;
    enum err e = reading.nodes == NULL ? ERR_NOMEM : play_reads(r->play, field->node, &reading);
    if (e != OK || reading.outside ||
        (calculated && (reading.fickle || !follows_from_records(r, record, reading.nodes)))) {
        return e;
    }
    struct field_rule *rule =
        calculated ? &r->calculations[r->calculation_count++] : &r->rules[r->rule_count++];
    *rule = (struct field_rule){.record = record, .field = field, .reads = reading.nodes};
    r->wide = r->wide || is_wide(r, rule);
    return OK;
}

static enum err find_rules(struct form_rules *r)
{
    r->about = find_about(&r->map);
    r->rules = arena_array(&r->arena, r->form.node_count, sizeof(*r->rules));
    r->calculations = arena_array(&r->arena, r->form.node_count, sizeof(*r->calculations));
    enum err e = r->rules == NULL || r->calculations == NULL ? ERR_NOMEM : find_kept(r);
    for (size_t i = 0; e == OK && r->about != MAPPING_NONE && i < r->map.record_count; i++) {
        const struct map_record *record = &r->map.records[i];
        for (size_t j = 0; e == OK && belongs(&r->map, i, r->about) && j < record->field_count;
             j++) {
            const struct map_field *field = &record->fields[j];
            e = has_rules(field) || field->node->calculate != NULL ? add_rule(r, i, field) : OK;
        }
    }
    return e;
}

bool form_rules_derive(const struct form_rules *rules, size_t record, const char *property)
{
    bool found = false;
    for (size_t i = 0; i < rules->calculation_count && !found; i++) {
        const struct field_rule *at = &rules->calculations[i];
        found = at->record == record && strcmp(at->field->property, property) == 0;
    }
    return found;
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
