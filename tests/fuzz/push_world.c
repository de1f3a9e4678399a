#define _XOPEN_SOURCE 700

#include "push_world.h"

#include <sqlite3.h>
#include <time.h>

#include "db_internal.h"
#include "small_town.h"

#define ROWS_MAX    4096
#define TABLES_MAX  64
#define QUERIES_MAX (TABLES_MAX + 16)

/* One entity as it stood before a push. */
struct place_before {
    int64_t entity;
    bool placed;  /* its root lies somewhere */
    bool granted; /* ... where the device may write */
};

/* Of every table by itself, so that a failure can name it. */
struct state {
    uint64_t tables[TABLES_MAX];
    char names[TABLES_MAX][32];
    size_t count;
};

struct push_world {
    struct town *town;
    struct forge forge;
    struct mutator_facts facts;
    struct buf honest;
    struct id named; /* the household that the honest batches are about */
    struct place_before before[ROWS_MAX];
    size_t before_count;
    struct state state; /* whole, before the next push; of no use while `changed` */
    bool changed;       /* by what was taken, or undone, since */
    /* Each push looks at all there is: what looks is prepared once. */
    sqlite3_stmt *queries[QUERIES_MAX];
    size_t query_count;
};

/* Everything but what a refused request may leave: who called, the quarantine, numbers used up. */
static const char tables[] =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'find_text%'"
    " AND name NOT IN ('quarantine', 'caller', 'visit', 'sqlite_sequence') ORDER BY name";
static const char old_ops[] = "SELECT * FROM op WHERE id <= ?1 ORDER BY id";
static const char definitions[] =
    "SELECT l.entity, l.register, l.uid8, l.op, e.type, e.name FROM live l JOIN entity e ON e.id ="
    " l.entity WHERE l.entity IN (SELECT entity FROM op WHERE org_signature IS NOT NULL)"
    " ORDER BY 1, 2, 3";
static const char marks[] = "SELECT * FROM redacted";
static const char other_origins[] =
    "SELECT name, node, base_seq, seq, link, open_signature FROM origin WHERE node IS NOT ?2"
    " ORDER BY id";
static const char last_op[] = "SELECT coalesce(max(id), 0) FROM op";
static const char quarantined[] = "SELECT count(*) FROM quarantine";
static const char batch_count[] = "SELECT count(*) FROM batch";
static const char places[] = "SELECT e.id, s.text FROM entity e LEFT JOIN member m ON m.root ="
                             " e.root LEFT JOIN symbol s ON s.id = m.scope";
static const char new_ops[] =
    "SELECT o.id, o.entity, c.text, o.body, n.node, o.org_signature, o.way, (SELECT count(*) FROM"
    " flag f WHERE f.op = o.id AND f.why IN ('out_of_scope', 'person_not_granted')) FROM op o"
    " LEFT JOIN symbol c ON c.id = o.compartment LEFT JOIN origin n ON n.id = o.origin"
    " WHERE o.id > ?1 ORDER BY o.id";

static void demand(const struct push_world *world, bool holds, const char *what, int64_t number)
{
    if (!holds) {
        (void)fprintf(stderr, "push: %s (%lld); the reply was: %.400s\n", what, (long long)number,
                      forge_text((struct forge *)(uintptr_t)&world->forge));
        abort();
    }
}

/* ---- looking inside */

static sqlite3_stmt *prepared(struct push_world *world, const char *sql)
{
    for (size_t i = 0; i < world->query_count; i++) {
        if (strcmp(sqlite3_sql(world->queries[i]), sql) == 0) {
            return world->queries[i];
        }
    }
    demand(world, world->query_count < QUERIES_MAX, "no room for one query more", 0);
    sqlite3_stmt **s = &world->queries[world->query_count++];
    sqlite3 *db = world->town->hub->db->handle;
    demand(world, sqlite3_prepare_v2(db, sql, -1, s, NULL) == SQLITE_OK, sql, 0);
    return *s;
}

/* The statement is the world's; sqlite3_reset() when it has said enough. */
static sqlite3_stmt *query(struct push_world *world, const char *sql, int64_t number)
{
    sqlite3_stmt *s = prepared(world, sql);
    if (sqlite3_bind_parameter_count(s) >= 1) {
        (void)sqlite3_bind_int64(s, 1, number);
    }
    if (sqlite3_bind_parameter_count(s) >= 2) {
        (void)sqlite3_bind_blob(s, 2, world->facts.author.bytes, ID_SIZE, SQLITE_STATIC);
    }
    return s;
}

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i += sizeof word) {
        size_t left = size - i < sizeof word ? size - i : sizeof word;
        word = 0;
        memcpy(&word, bytes + i, left);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash * 31 + size;
}

static uint64_t mix_column(uint64_t hash, sqlite3_stmt *s, int i)
{
    int type = sqlite3_column_type(s, i);
    hash = hash * 31 + (uint64_t)type;
    if (type == SQLITE_INTEGER) {
        int64_t number = sqlite3_column_int64(s, i);
        return mix(hash, &number, sizeof number);
    }
    const void *blob = sqlite3_column_blob(s, i);
    return mix(hash, blob ? blob : "", (size_t)sqlite3_column_bytes(s, i));
}

static uint64_t hash_of(struct push_world *world, const char *sql, int64_t number)
{
    sqlite3_stmt *s = query(world, sql, number);
    uint64_t hash = 7;
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            hash = mix_column(hash, s, i);
        }
    }
    (void)sqlite3_reset(s);
    return hash;
}

static int64_t count_of(struct push_world *world, const char *sql)
{
    sqlite3_stmt *s = query(world, sql, 0);
    int64_t count = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    (void)sqlite3_reset(s);
    return count;
}

static void whole_state(struct push_world *world, struct state *ret)
{
    sqlite3_stmt *s = query(world, tables, 0);
    char sql[128];
    ret->count = 0;
    while (sqlite3_step(s) == SQLITE_ROW && ret->count < TABLES_MAX) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        (void)snprintf(ret->names[ret->count], sizeof ret->names[0], "%s", name);
        (void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
        ret->tables[ret->count++] = hash_of(world, sql, 0);
    }
    (void)sqlite3_reset(s);
}

static void demand_same_state(struct push_world *world)
{
    struct state now;
    char what[64];
    whole_state(world, &now);
    for (size_t i = 0; i < now.count; i++) {
        (void)snprintf(what, sizeof what, "refused, and yet it changed %s", now.names[i]);
        demand(world, now.tables[i] == world->state.tables[i], what, 0);
    }
}

/* What no push of a device may change. */
static uint64_t lasting_state(struct push_world *world, int64_t last)
{
    uint64_t parts[] = {hash_of(world, old_ops, last), hash_of(world, definitions, 0),
                        hash_of(world, marks, 0), hash_of(world, other_origins, 0)};
    return mix(7, parts, sizeof parts);
}

/* ---- what is in its rights: said here once more, and simpler, than in the node */

static void note_places(struct push_world *world)
{
    sqlite3_stmt *s = query(world, places, 0);
    world->before_count = 0;
    while (sqlite3_step(s) == SQLITE_ROW && world->before_count < ROWS_MAX) {
        const char *scope = (const char *)sqlite3_column_text(s, 1);
        struct place_before *before = &world->before[world->before_count++];
        *before = (struct place_before){.entity = sqlite3_column_int64(s, 0),
                                        .placed = scope != NULL,
                                        .granted = scope && strcmp(scope, TOWN_COMMUNE) == 0};
    }
    (void)sqlite3_reset(s);
}

static bool lay_elsewhere(const struct push_world *world, int64_t entity)
{
    bool placed = false, granted = false;
    for (size_t i = 0; i < world->before_count; i++) {
        if (world->before[i].entity == entity) {
            placed = placed || world->before[i].placed;
            granted = granted || world->before[i].granted;
        }
    }
    return placed && !granted;
}

static void forget_place(struct push_world *world, int64_t entity)
{
    for (size_t i = 0; i < world->before_count; i++) {
        if (world->before[i].entity == entity) {
            world->before[i].entity = 0;
        }
    }
}

static bool writes(const struct op *op, const char *reg)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_is(op->registers[i].name, reg)) {
            return true;
        }
    }
    return false;
}

static bool is_granted_person(const struct push_world *world, struct id person)
{
    return id_equal(person, world->town->brahim) || id_equal(person, world->town->amina);
}

static bool must_be_flagged(const struct push_world *world, const struct op *op, int64_t entity,
                            const char *compartment)
{
    return lay_elsewhere(world, entity) || strcmp(compartment, "base") != 0 ||
           !is_granted_person(world, op->person) ||
           (span_is(op->type, "person") && op->type_version >= 1 && writes(op, "wg_seeing"));
}

static void check_new_op(struct push_world *world, sqlite3_stmt *s)
{
    struct arena arena;
    struct op op;
    const void *node = sqlite3_column_blob(s, 4);
    int64_t row = sqlite3_column_int64(s, 0), entity = sqlite3_column_int64(s, 1);
    const char *compartment = (const char *)sqlite3_column_text(s, 2);
    bool flagged = sqlite3_column_int64(s, 7) > 0;
    demand(world, node && memcmp(node, world->facts.author.bytes, ID_SIZE) == 0,
           "an op under another's origin", row);
    if (entity == 0 || compartment == NULL) {
        return; /* kept aside, or of a format to come: in nobody's registers */
    }
    demand(world, sqlite3_column_type(s, 5) == SQLITE_NULL, "a definition was taken", row);
    arena_init(&arena, &world->town->nodes.host.mem, 8u << 20);
    struct span body = span_from(sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3));
    demand(world, op_read(body, &arena, &op, NULL) == OK && op.known_format, "a body", row);
    demand(world, op.type.size > 0 && op.type.data[0] != '_', "an op of the organisation", row);
    bool must = must_be_flagged(world, &op, entity, compartment);
    if (must && !flagged) {
        (void)fprintf(stderr, "push: %.*s\n", (int)body.size, (const char *)body.data);
    }
    demand(world, flagged || !must, "an op outside of its rights isn't flagged", row);
    forget_place(world, entity); /* what it did may make the next one rightful */
    arena_release(&arena);
}

static void check_taken(struct push_world *world, int64_t last, struct push_outcome *ret)
{
    sqlite3_stmt *s = query(world, new_ops, last);
    while (sqlite3_step(s) == SQLITE_ROW) {
        check_new_op(world, s);
        ret->new_ops++;
    }
    (void)sqlite3_reset(s);
}

/* ---- one push */

static int64_t reply_number(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static void read_reply(struct push_world *world, struct push_outcome *ret)
{
    char head[4096];
    struct span text = buf_span(&world->forge.plain), line = {0};
    if (span_split(&text, '\n', &line)) {
        span_text(line, head, sizeof head);
        ret->refused = reply_number(head, "\"refused\":");
        ret->late = reply_number(head, "\"late\":");
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void push_try(struct push_world *world, struct span batches, struct push_outcome *ret)
{
    struct forge *forge = &world->forge;
    int64_t last = count_of(world, last_op), held = count_of(world, quarantined);
    int64_t batch_rows = count_of(world, batch_count);
    uint64_t lasting = lasting_state(world, last);
    if (world->changed) {
        whole_state(world, &world->state);
    }
    *ret = (struct push_outcome){.status = 0};
    note_places(world);
    buf_clear(&forge->batches);
    buf_add_span(&forge->batches, batches);
    world->town->nodes.now_ms++;
    int64_t start_ns = now_ns();
    ret->status = forge_send(forge);
    ret->taken_ns = now_ns() - start_ns;
    read_reply(world, ret);
    demand(world, lasting_state(world, last) == lasting, "what was there changed", ret->status);
    if (ret->status == 200) {
        check_taken(world, last, ret);
    }
    bool nothing = ret->new_ops == 0 && count_of(world, batch_count) == batch_rows;
    bool refused = ret->status != 200 || (ret->refused > 0 && nothing);
    if (refused) {
        demand_same_state(world);
    }
    world->changed = !refused;
    int64_t more = count_of(world, quarantined) - held;
    demand(world, more <= ret->refused, "more in quarantine than refused", more);
}

void push_world_begin(struct push_world *world)
{
    demand(world, node_begin(world->town->hub) == OK, "begin", 0);
}

void push_world_end(struct push_world *world, bool keep)
{
    enum err e = node_end(world->town->hub, keep ? OK : ERR_BUSY);
    demand(world, keep ? e == OK : e == ERR_BUSY, "end", (int64_t)e);
    world->changed = true;
}

void push_world_settle(struct push_world *world)
{
    struct town *town = world->town;
    town_sync_all(town);
    town_sync_all(town);
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
    town_assert_clean(town, town->a);
    town_assert_same(town, town->a, town->hub, "org", "base");
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->region, TOWN_BESIDE, "base");
}

/* ---- the world */

static void note_origins(struct push_world *world)
{
    static const char sql[] = "SELECT name, seq, link, node FROM origin WHERE seq > 0";
    struct mutator_facts *facts = &world->facts;
    sqlite3_stmt *s = query(world, sql, 0);
    while (sqlite3_step(s) == SQLITE_ROW && facts->origin_count < MUTATOR_ORIGINS) {
        struct mutator_origin *origin = &facts->origins[facts->origin_count++];
        memcpy(origin->name.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        origin->seq = sqlite3_column_int64(s, 1);
        memcpy(origin->link.bytes, sqlite3_column_blob(s, 2), LINK_SIZE);
    }
    (void)sqlite3_reset(s);
}

static void note_uids(struct push_world *world)
{
    static const char sql[] = "SELECT uid FROM op ORDER BY id DESC LIMIT 24";
    struct mutator_facts *facts = &world->facts;
    sqlite3_stmt *s = query(world, sql, 0);
    while (sqlite3_step(s) == SQLITE_ROW && facts->uid_count < MUTATOR_NAMES) {
        struct id uid;
        memcpy(uid.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        facts->uids[facts->uid_count++] = id_prefix8(uid);
    }
    (void)sqlite3_reset(s);
}

static void know_node(struct mutator_facts *facts, struct node *node)
{
    struct node_identity identity;
    char text[ID_TEXT_SIZE];
    assert_int_equal(node_identity(node, &identity), OK);
    facts->nodes[facts->node_count++] = identity.id;
    id_write(identity.id, text);
    org_entity_id("_node", text, &facts->entities[facts->entity_count++]);
}

static void make_facts(struct push_world *world)
{
    struct town *town = world->town;
    struct mutator_facts *facts = &world->facts;
    struct public_key nobody;
    uint8_t seed[SECRET_SEED_SIZE] = {5};
    *facts = (struct mutator_facts){.mem = &town->nodes.host.mem,
                                    .now_ms = town->nodes.now_ms,
                                    .author = world->forge.node,
                                    .own = world->forge.key};
    sign_key_from_seed(seed, &nobody, &facts->foreign);
    know_node(facts, town->a);
    know_node(facts, town->hub);
    know_node(facts, town->region);
    facts->persons[facts->person_count++] = town->brahim;
    facts->persons[facts->person_count++] = town->amina;
    org_entity_id("_type", "household", &facts->entities[facts->entity_count++]);
    org_entity_id("_setting", "lease", &facts->entities[facts->entity_count++]);
}

static void know_entity(struct push_world *world, struct id entity)
{
    world->facts.entities[world->facts.entity_count++] = entity;
}

/* Records of others: where the device may write, beside it, and in another province. */
static void make_records(struct push_world *world)
{
    struct town *town = world->town;
    struct node *c = town_more(town, "c", ROLE_WORKER, town->region, WORKER_IN("05.301", ""));
    world->named = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Itto");
    know_entity(world, world->named);
    know_entity(world, town_household(town, town->a, town->amina, TOWN_BESIDE, "Moha"));
    know_entity(world, town_household(town, c, town->brahim, TOWN_AWAY, "Hadda"));
    (void)nodes_sync(&town->nodes, c, town->region);
    town_sync_all(town);
}

static void write_registers(struct push_world *world, struct id entity, const char *type,
                            struct op_register *registers, size_t count, const char *values)
{
    (void)forge_op(&world->forge, &(struct forged){.type = type,
                                                   .entity = entity,
                                                   .compartment = "base",
                                                   .registers = registers,
                                                   .register_count = count,
                                                   .values = values,
                                                   .person = world->town->brahim});
}

/* Three batches: a new household and a person of it; an edit of a known one; an element, a
   deletion. */
static void make_honest(struct push_world *world)
{
    struct forge *forge = &world->forge;
    struct id house = forge_random(forge), member = forge_random(forge);
    char root[128];
    char id[ID_TEXT_SIZE];
    id_write(house, id);
    (void)snprintf(root, sizeof root, "{\"_root\":\"%s\",\"name_ar\":\"x\"}", id);
    uint64_t live = forge_live(forge, world->town->hub, world->named, "head_name_ar");
    struct op_register child[] = {{span_of("_root"), NULL, 0}, {span_of("name_ar"), NULL, 0}};
    struct op_register name = {span_of("head_name_ar"), &live, live ? 1 : 0};
    struct op_register need = {span_of("needs/food"), NULL, 0};
    struct op_register gone = {span_of("_deleted"), NULL, 0};
    (void)forge_household(forge, house, TOWN_COMMUNE);
    write_registers(world, member, "person", child, 2, root);
    forge_batch(forge, NULL);
    write_registers(world, world->named, "household", &name, 1, "{\"head_name_ar\":\"y\"}");
    forge_batch(forge, NULL);
    write_registers(world, house, "household", &need, 1, "{\"needs/food\":true}");
    write_registers(world, house, "household", &gone, 1, "{\"_deleted\":true}");
    forge_batch(forge, NULL);
    buf_init(&world->honest, &world->town->nodes.host.mem, 1u << 20);
    buf_add_span(&world->honest, buf_span(&forge->batches));
    buf_clear(&forge->batches);
    know_entity(world, house);
    know_entity(world, member);
    world->facts.origins[world->facts.origin_count++] =
        (struct mutator_origin){.name = forge->origin};
}

struct push_world *push_world_open(void)
{
    static struct push_world world;
    void *state = NULL;
    assert_int_equal(town_setup(&state), 0);
    world = (struct push_world){.town = state, .changed = true};
    forge_open(&world.forge, &world.town->nodes, world.town->hub, world.town->b);
    world.forge.request.max_size = WIRE_REPLY_MIN;
    make_facts(&world);
    make_records(&world);
    note_origins(&world);
    world.facts.origin_count -= world.facts.origin_count == MUTATOR_ORIGINS;
    note_uids(&world);
    make_honest(&world);
    return &world;
}

void push_world_close(struct push_world *world)
{
    void *state = world->town;
    for (size_t i = 0; i < world->query_count; i++) {
        (void)sqlite3_finalize(world->queries[i]);
    }
    buf_release(&world->honest);
    forge_release(&world->forge);
    (void)town_teardown(&state);
}

const struct mutator_facts *push_world_facts(const struct push_world *world)
{
    return &world->facts;
}

struct span push_world_honest(const struct push_world *world)
{
    return buf_span(&world->honest);
}
