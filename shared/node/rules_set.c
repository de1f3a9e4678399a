/*
 * rules_set.c - records into what a form's rules are asked of.
 */
#include "rules_set.h"

#include <stdlib.h>
#include <string.h>

#include "node_alias.h"

/* ---- who wrote what */

/* Only of some policies the first value alone is what is shown. */
static bool shows_first(enum policy policy)
{
    return policy == POLICY_REVIEW || policy == POLICY_LAST || policy == POLICY_RANK ||
           policy == POLICY_DERIVED;
}

/* "needs", and of a set "needs/food". */
static bool is_of(const struct shown_register *reg, const struct property *property)
{
    struct span name = span_of(property_register(property));
    return span_equal(reg->name, name) ||
           (reg->name.size > name.size && reg->name.data[name.size] == '/' &&
            span_equal(span_cut(reg->name, 0, name.size), name));
}

/* The ops of one save share its tx. */
static uint64_t save_of(const struct op *op)
{
    uint64_t save = op->tx;
    if (save == 0) {
        memcpy(&save, op->uid.bytes, sizeof save);
    }
    return save;
}

const struct shown_op *rules_author(const struct shown *shown, const struct property *property)
{
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        if (is_of(reg, property) && reg->value_count > 0) {
            return &shown->ops[reg->values[0].op_index];
        }
    }
    return NULL;
}

static enum err read_saves(const struct shown *shown, const struct property *property,
                           struct arena *arena, struct held_value *value)
{
    uint64_t *saves = arena_array(arena, shown->op_count, sizeof *saves);
    bool first = shows_first(property->policy);
    if (!saves) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        size_t count = !is_of(reg, property) ? 0 : first ? 1 : reg->value_count;
        for (size_t k = 0; k < count && value->save_count < shown->op_count; k++) {
            saves[value->save_count++] = save_of(&shown->ops[reg->values[k].op_index].logged.op);
        }
    }
    value->saves = saves;
    return OK;
}

/* ---- one record */

static bool may_read(const struct rules_sight *sight, struct span compartment)
{
    struct members members;
    bool held = sight->me == NULL;
    if (!held && members_of(sight->node, sight->root, &members) == OK) {
        for (size_t i = 0; i < members.count && !held; i++) {
            const char *scope = "";
            held = symbol_text(sight->node, members.scopes[i], &scope) == OK &&
                   org_node_covers(sight->me, span_of(scope), compartment);
        }
    }
    return held && (!sight->may || sight->may(sight->ctx, compartment));
}

/* All that stands of it, also what was written where it was before it moved. */
static enum err is_hidden(const struct rules_sight *sight, const struct shown *shown,
                          const struct property *property, struct arena *arena, bool *ret)
{
    const char *needs = NULL;
    struct span rest, one;
    bool hidden = !may_read(sight, span_of(property->compartment));
    enum err e = shown_needs(shown, property, arena, &needs);
    rest = span_of(e ? "" : needs);
    while (!hidden && span_split(&rest, '+', &one)) {
        hidden = one.size != 0 && !may_read(sight, one);
    }
    *ret = hidden;
    return e;
}

static enum err read_values(const struct rules_sight *sight, const struct map_record *of,
                            const struct shown *shown, struct arena *arena,
                            struct held_record *record)
{
    record->values = arena_array(arena, of->field_count, sizeof *record->values);
    enum err e = record->values ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < of->field_count; i++) {
        struct held_value *value = &record->values[i];
        const struct property *property = type_property(shown->type, of->fields[i].property);
        value->json = span_of("null");
        if (!property) { /* an older type than the form's */
            continue;
        }
        value->type = property->type;
        value->derived = property->policy == POLICY_DERIVED && !property->group;
        e = is_hidden(sight, shown, property, arena, &value->hidden);
        if (!e) {
            e = shown_written_value(shown, property, arena, &value->json);
        }
        if (!e) {
            e = read_saves(shown, property, arena, value);
        }
    }
    return e;
}

static void note_day(struct rules_set *set, const struct shown *shown)
{
    for (size_t i = 0; i < shown->op_count; i++) {
        const struct logged *logged = &shown->ops[i].logged;
        if (logged->effective_ms > set->held.now_ms) {
            set->held.now_ms = logged->effective_ms;
            set->held.zone_minutes = (int)logged->op.zone_minutes;
        }
    }
}

static enum err add_record(const struct rules_sight *sight, const struct form_rules *rules,
                           size_t of, size_t parent, const struct shown *shown, struct arena *arena,
                           struct rules_set *set)
{
    struct held_record *record = &set->records[set->held.count];
    *record = (struct held_record){.of = of, .parent = parent};
    memcpy(record->id, shown->entity.name.bytes, sizeof record->id);
    set->shown[set->held.count] = *shown;
    note_day(set, shown);
    set->held.count++;
    return read_values(sight, &form_rules_map(rules)->records[of], shown, arena, record);
}

/* ---- those that belong to it */

struct kin {
    struct shown shown;
    struct id parent; /* the id that stands for it */
    size_t of;
    int64_t changed_ms;
    bool taken;
};

struct family {
    const struct rules_sight *sight;
    const struct form_map *map;
    struct span form;
    struct arena *arena;
    struct kin *kin;
    size_t count;
    bool too_many;
};

static bool wrote(const struct shown *shown, struct span form)
{
    for (size_t i = 0; i < shown->op_count; i++) {
        if (span_equal(shown->ops[i].logged.op.form, form)) {
            return true;
        }
    }
    return false;
}

static enum err take_kin(struct family *family, int64_t entity, size_t of)
{
    struct node *node = family->sight->node;
    struct kin *kin = &family->kin[family->count];
    struct entity_row root;
    const char *parent = "";
    int64_t head = 0;
    *kin = (struct kin){.of = of, .changed_ms = INT64_MIN};
    enum err e = alias_head(node, entity, &head);
    if (e || head != entity) {
        return e;
    }
    e = shown_read(node, entity, family->arena, &kin->shown);
    if (e || !kin->shown.type || shown_deleted(&kin->shown) || !wrote(&kin->shown, family->form)) {
        return e;
    }
    e = shown_own_text(&kin->shown, REGISTER_PARENT, family->arena, &parent);
    if (!e && !id_read(span_of(parent), &kin->parent)) {
        e = entity_get(node, kin->shown.entity.root, &root);
        kin->parent = root.name;
    }
    if (!e) {
        e = alias_head_name(node, kin->parent, &kin->parent);
    }
    for (size_t i = 0; i < kin->shown.op_count; i++) {
        int64_t ms = kin->shown.ops[i].logged.effective_ms;
        kin->changed_ms = ms > kin->changed_ms ? ms : kin->changed_ms;
    }
    family->count++;
    return e;
}

/* Room for so many more: most families are a few, and room for the largest would be cleared for
   each of them. */
static enum err grow_kin(struct family *family, size_t more)
{
    struct kin *grown = arena_array(family->arena, family->count + more, sizeof *grown);
    if (!grown) {
        return ERR_NOMEM;
    }
    if (family->count > 0) {
        memcpy(grown, family->kin, family->count * sizeof *grown);
    }
    family->kin = grown;
    return OK;
}

/* All of one type below a root; the statement is at its end before they are read. */
static enum err take_type(struct family *family, int64_t root, int64_t about, size_t of)
{
    struct node *node = family->sight->node;
    int64_t type = 0;
    size_t count = 0;
    int64_t entities[HELD_RECORDS_MAX];
    enum err e = symbol_find(node, span_of(family->map->records[of].type), &type);
    if (e || type == 0) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, RULES_KIN);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, type);
    stmt_bind_i64(s, 3, about);
    stmt_bind_i64(s, 4, HELD_RECORDS_MAX);
    while (count < HELD_RECORDS_MAX && stmt_row(s)) {
        entities[count++] = stmt_i64(s, 0);
    }
    e = stmt_end(s);
    family->too_many = family->too_many || family->count + count >= HELD_RECORDS_MAX;
    if (!e && !family->too_many && count > 0) {
        e = grow_kin(family, count);
    }
    for (size_t i = 0; !e && i < count && !family->too_many; i++) {
        e = take_kin(family, entities[i], of);
    }
    return e;
}

static int by_id(const void *a, const void *b)
{
    const struct kin *x = a;
    const struct kin *y = b;
    return memcmp(x->shown.entity.name.bytes, y->shown.entity.name.bytes, ID_SIZE);
}

static bool is_newer(const struct kin *a, const struct kin *b)
{
    return a->changed_ms != b->changed_ms ? a->changed_ms > b->changed_ms : by_id(a, b) > 0;
}

/* Of answers beside an entity only the newest count: an older visit saw an older household. */
static bool is_outdated(const struct family *family, const struct kin *kin)
{
    const struct map_record *of = &family->map->records[kin->of];
    bool single = of->entity == NULL && of->parent != MAPPING_NONE &&
                  family->map->records[of->parent].place == of->place;
    for (size_t i = 0; i < family->count && single; i++) {
        const struct kin *other = &family->kin[i];
        if (other->of == kin->of && id_equal(other->parent, kin->parent) && is_newer(other, kin)) {
            return true;
        }
    }
    return false;
}

/* Children after what they belong to, however deep. */
static enum err place_kin(struct family *family, const struct form_rules *rules,
                          struct rules_set *set)
{
    enum err e = OK;
    qsort(family->kin, family->count, sizeof *family->kin, by_id);
    for (size_t i = 0; !e && i < set->held.count; i++) {
        struct id parent;
        memcpy(parent.bytes, set->records[i].id, ID_SIZE);
        for (size_t k = 0; !e && k < family->count; k++) {
            struct kin *kin = &family->kin[k];
            bool child = !kin->taken && id_equal(kin->parent, parent) &&
                         family->map->records[kin->of].parent == set->records[i].of;
            if (child && !is_outdated(family, kin)) {
                kin->taken = true;
                e = add_record(family->sight, rules, kin->of, i, &kin->shown, family->arena, set);
            }
        }
    }
    return e;
}

static bool are_told_apart(const struct form_map *map)
{
    for (size_t i = 0; i < map->record_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(map->records[i].type, map->records[j].type) == 0) {
                return false;
            }
        }
    }
    return true;
}

static enum err find_family(struct family *family, const struct form_rules *rules,
                            const struct shown *about)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < family->map->record_count; i++) {
        if (i != form_rules_about(rules)) {
            e = take_type(family, about->entity.root, about->entity.id, i);
        }
    }
    return e;
}

/* What this node or the person isn't granted at all. */
static enum err find_closed(const struct rules_sight *sight, const struct form_rules *rules,
                            struct arena *arena, const bool **ret)
{
    const struct form_map *map = form_rules_map(rules);
    const struct org *org = NULL;
    bool *closed = arena_array(arena, form_rules_node_count(rules), sizeof *closed);
    enum err e = closed ? node_org(sight->node, &org) : ERR_NOMEM;
    for (size_t i = 0; !e && i < map->record_count; i++) {
        const struct map_record *of = &map->records[i];
        const struct type *type = org_type(org, span_of(of->type));
        for (size_t j = 0; type && j < of->field_count; j++) {
            const struct property *property = type_property(type, of->fields[j].property);
            closed[of->fields[j].node->index] =
                property && !may_read(sight, span_of(property->compartment));
        }
    }
    *ret = closed;
    return e;
}

enum err rules_gather(const struct rules_sight *sight, const struct form_rules *rules,
                      struct span form, const struct shown *about, struct arena *arena,
                      struct rules_set *ret)
{
    bool wide = form_rules_are_wide(rules);
    struct rules_set set = {0};
    struct family family = {
        .sight = sight, .map = form_rules_map(rules), .form = form, .arena = arena};
    *ret = set;
    if (wide && !are_told_apart(family.map)) {
        return OK;
    }
    enum err e = wide ? find_family(&family, rules, about) : OK;
    if (!e && (sight->me || sight->may)) {
        e = find_closed(sight, rules, arena, &set.held.closed);
    }
    if (e || family.too_many) {
        return e;
    }
    set.records = arena_array(arena, family.count + 1, sizeof *set.records);
    set.shown = arena_array(arena, family.count + 1, sizeof *set.shown);
    e = set.records && set.shown ? OK : ERR_NOMEM;
    if (!e) {
        e = add_record(sight, rules, form_rules_about(rules), MAPPING_NONE, about, arena, &set);
    }
    if (!e && family.count > 0) {
        e = place_kin(&family, rules, &set);
    }
    set.held.records = set.records;
    if (!e) {
        *ret = set;
    }
    return e;
}
