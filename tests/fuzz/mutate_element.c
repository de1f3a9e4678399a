#include "mutate_element.h"

#include <stdio.h>
#include <string.h>

#include "code.h"
#include "json.h"

#define ELEMENTS_MAX 20
#define TEXT_MAX     8192

/* The elements of an op's body (core/op.h). */
enum element {
    FORMAT,
    SALT,
    TX,
    TIME,
    COUNTER,
    ZONE,
    OFFSET,
    PERSON,
    ENTITY,
    TYPE,
    TYPE_VERSION,
    FORM,
    FORM_VERSION,
    KIND,
    COMPARTMENT,
    REGISTERS,
    EXTRA,
    VALUES,
    ELEMENTS
};

#define PICK(m, list) ((list)[mutation_below((m), sizeof(list) / sizeof((list)[0]))])
/* Seldom the last ones, which nothing takes. */
#define PICK_FIRST(m, list)                                                                        \
    ((list)[mutation_below((m), 1 + mutation_below((m), sizeof(list) / sizeof((list)[0])))])

uint64_t mutation_next(struct mutation *m)
{
    return test_random_next(&m->random);
}

size_t mutation_below(struct mutation *m, size_t count)
{
    return test_random_below(&m->random, count);
}

static struct id random_id(struct mutation *m)
{
    struct id id;
    for (size_t i = 0; i < ID_SIZE; i++) {
        id.bytes[i] = (uint8_t)mutation_next(m);
    }
    return id;
}

struct id mutation_id(struct mutation *m)
{
    const struct mutator_facts *facts = m->facts;
    static const struct id zeros;
    size_t how = mutation_below(m, 8);
    if (how < 4 && facts->entity_count > 0) {
        return facts->entities[mutation_below(m, facts->entity_count)];
    }
    if (how < 5 && facts->person_count > 0) {
        return facts->persons[mutation_below(m, facts->person_count)];
    }
    if (how < 6 && facts->node_count > 0) {
        return facts->nodes[mutation_below(m, facts->node_count)];
    }
    return how == 6 ? zeros : random_id(m);
}

int64_t mutation_time(struct mutation *m)
{
    const int64_t now_ms = m->facts->now_ms;
    const int64_t times[] = {now_ms, now_ms - 1, now_ms + 600001, now_ms + 315360000000,
                             0,      -1,         JSON_INT_MAX,    -JSON_INT_MAX};
    return PICK(m, times);
}

/* ---- texts in the arena */

static struct span keep(struct mutation *m, const struct buf *buf)
{
    struct span text = {0};
    if (!buf_error(buf) && buf->size > 0) {
        uint8_t *copy = arena_alloc(&m->arena, buf->size);
        if (copy) {
            memcpy(copy, buf->data, buf->size);
            text = (struct span){copy, buf->size};
        }
    }
    return text;
}

static struct span number(struct mutation *m, int64_t value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%lld", (long long)value);
    return span_of(arena_text(&m->arena, size > 0 ? text : "0"));
}

static struct span quoted(struct mutation *m, const char *value)
{
    char text[128];
    (void)snprintf(text, sizeof text, "\"%s\"", value);
    return span_of(arena_text(&m->arena, text));
}

static struct span id_text(struct mutation *m, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    return quoted(m, text);
}

static void put_u64(struct buf *buf, uint64_t value)
{
    uint8_t bytes[8];
    char text[BASE64_SIZE(8) + 1];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    base64_write(bytes, sizeof bytes, text);
    buf_add_format(buf, "\"%s\"", text);
}

static uint64_t any_uid(struct mutation *m)
{
    return m->facts->uid_count > 0 && mutation_below(m, 4) != 0
               ? m->facts->uids[mutation_below(m, m->facts->uid_count)]
               : mutation_next(m);
}

/* ---- elements */

static const char *const registers[] = {"head_name_ar", "phone",     "members",     "place",
                                        "needs/food",   "wg_seeing", "name_ar",     "_scope",
                                        "_root",        "_parent",   "_case",       "_deleted",
                                        "_alias",       "_erased",   "def",         "revoked",
                                        "status",       "rsu",       "never_heard", "house_photo",
                                        "_nothing",     "location",  "needs/x.y",   "a/b/c",
                                        "Needs",        ""};

static const char *const values[] = {
    "null",
    "true",
    "12",
    "\"\"",
    "\"0661234567\"",
    "\"05.081.03.09\"",
    "\"05.301.03.01\"",
    "\"org\"",
    "\"1948-05\"",
    "[\"food\",\"heating\"]",
    "[[[[[[[[]]]]]]]]",
    "{\"id\":\"x\",\"role\":\"region\"}",
    "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"size\":5,\"mime\":\"image/jpeg\"}",
    "{\"hash\":\"../../etc/passwd\",\"size\":-1,\"mime\":\"x\"}",
    "\"'; DROP TABLE op; --\"",
    "\"=cmd|' /C calc'!A0\"",
    "\"\\u202egnp.exe\"",
    "\"\\u001b[2J\"",
    "\"../../../tmp/x\"",
    "-9007199254740991",
};

static void put_preds(struct mutation *m, struct buf *buf)
{
    buf_add_byte(buf, '[');
    for (size_t i = mutation_below(m, 4); i > 0; i--) {
        put_u64(buf, any_uid(m));
        buf_add_text(buf, i > 1 ? "," : "");
    }
    buf_add_byte(buf, ']');
}

static void put_value(struct mutation *m, struct buf *buf)
{
    if (mutation_below(m, 6) == 0) {
        struct span id = id_text(m, mutation_id(m));
        buf_add_span(buf, id);
    } else {
        buf_add_text(buf, PICK_FIRST(m, values));
    }
}

/* Registers and their values, which mostly belong together. */
static void change_content(struct mutation *m, struct span *elements)
{
    struct buf regs, vals;
    size_t count = mutation_below(m, 5);
    buf_init(&regs, m->facts->mem, TEXT_MAX);
    buf_init(&vals, m->facts->mem, TEXT_MAX);
    buf_add_byte(&regs, '{');
    buf_add_byte(&vals, '{');
    for (size_t i = 0; i < count; i++) {
        const char *name = PICK_FIRST(m, registers);
        buf_add_format(&regs, "%s\"%s\":", i > 0 ? "," : "", name);
        put_preds(m, &regs);
        name = mutation_below(m, 12) ? name : PICK(m, registers);
        buf_add_format(&vals, "%s\"%s\":", i > 0 ? "," : "", name);
        put_value(m, &vals);
    }
    buf_add_byte(&regs, '}');
    buf_add_byte(&vals, '}');
    elements[REGISTERS] = keep(m, &regs);
    elements[VALUES] = keep(m, &vals);
    buf_release(&regs);
    buf_release(&vals);
}

static struct span any_tx(struct mutation *m)
{
    struct buf text;
    buf_init(&text, m->facts->mem, TEXT_MAX);
    if (mutation_below(m, 3)) {
        buf_add_byte(&text, '[');
        put_u64(&text, mutation_below(m, 2) ? 7 : mutation_next(m));
        buf_add_format(&text, ",%d,%d]", (int)mutation_below(m, 4),
                       1 + (int)mutation_below(m, 300));
    } else {
        buf_add_text(&text, "null");
    }
    struct span tx = keep(m, &text);
    buf_release(&text);
    return tx;
}

static struct span any_extra(struct mutation *m)
{
    static const char *const plain[] = {"{}", "{\"reason\":\"x\"}", "{\"x\":[1]}", "null",
                                        "[]", "{\"reason\":7}"};
    static const char *const names[] = {"seen", "set_back", "redact", "reason"};
    struct buf text;
    buf_init(&text, m->facts->mem, TEXT_MAX);
    if (mutation_below(m, 2)) {
        buf_add_text(&text, PICK_FIRST(m, plain));
    } else {
        buf_add_format(&text, "{\"%s\":", PICK(m, names));
        put_preds(m, &text);
        buf_add_byte(&text, '}');
    }
    struct span extra = keep(m, &text);
    buf_release(&text);
    return extra;
}

/* The hash of values in their place: a body that says it was redacted. */
static struct span any_hash(struct mutation *m)
{
    char text[BASE64_SIZE(HASH_SIZE) + 1];
    struct hash hash;
    for (size_t i = 0; i < HASH_SIZE; i++) {
        hash.bytes[i] = (uint8_t)mutation_next(m);
    }
    base64_write(hash.bytes, HASH_SIZE, text);
    return quoted(m, text);
}

static struct span any_of(struct mutation *m, enum element element)
{
    static const char *const types[] = {"household", "person", "place",  "_type",
                                        "_node",     "_form",  "_grant", "_redact",
                                        "_person",   "zzz",    "",       "A"};
    static const char *const kinds[] = {"save", "resolve", "delete", "alias", "redact", "zzz", ""};
    static const char *const parts[] = {"base", "health", "aid", "protection", "redact", "zzz", ""};
    static const char *const forms[] = {"", "register_household", "zzz"};
    static const int64_t numbers[] = {0, 1, 2, 60, -60, 1440, 99999, JSON_INT_MAX, -1};
    switch (element) {
    case TX:
        return any_tx(m);
    case TIME:
        return number(m, mutation_time(m));
    case PERSON:
    case ENTITY:
        return id_text(m, mutation_id(m));
    case TYPE:
        return quoted(m, PICK_FIRST(m, types));
    case FORM:
        return quoted(m, PICK_FIRST(m, forms));
    case KIND:
        return quoted(m, PICK_FIRST(m, kinds));
    case COMPARTMENT:
        return quoted(m, PICK_FIRST(m, parts));
    case EXTRA:
        return any_extra(m);
    case VALUES:
        return any_hash(m);
    case SALT:
    case FORMAT:
    case COUNTER:
    case ZONE:
    case OFFSET:
    case TYPE_VERSION:
    case FORM_VERSION:
    case REGISTERS:
    case ELEMENTS:
        break;
    }
    return number(m, PICK_FIRST(m, numbers));
}

static struct span any_salt(struct mutation *m)
{
    struct buf text;
    buf_init(&text, m->facts->mem, TEXT_MAX);
    put_u64(&text, mutation_next(m));
    struct span salt = keep(m, &text);
    buf_release(&text);
    return salt;
}

/* Which element is changed how often: what decides about access more than what is only kept. */
static void change_element(struct mutation *m, struct span *elements)
{
    static const enum element often[] = {TX,          TIME,      PERSON,    PERSON, ENTITY,
                                         ENTITY,      ENTITY,    TYPE,      TYPE,   COMPARTMENT,
                                         COMPARTMENT, REGISTERS, KIND,      KIND,   EXTRA,
                                         VALUES,      SALT,      REGISTERS, FORMAT, ZONE,
                                         OFFSET,      COUNTER,   REGISTERS, FORM,   TYPE_VERSION};
    enum element element = PICK(m, often);
    if (element == REGISTERS) {
        change_content(m, elements);
    } else if (element == SALT) {
        elements[SALT] = any_salt(m);
    } else if (element != FORMAT || mutation_below(m, 4) == 0) {
        elements[element] = any_of(m, element);
    }
}

/* ---- the line */

static struct span with_a_byte_changed(struct mutation *m, struct span line)
{
    uint8_t *copy = line.size > 0 ? arena_alloc(&m->arena, line.size) : NULL;
    if (!copy) {
        return line;
    }
    memcpy(copy, line.data, line.size);
    uint8_t *byte = &copy[mutation_below(m, line.size)];
    *byte = (uint8_t)mutation_next(m);
    *byte = *byte == '\n' ? ' ' : *byte;
    return (struct span){copy, line.size};
}

static struct span joined(struct mutation *m, const struct span *elements, size_t count,
                          const struct signature *signature)
{
    struct buf body, line;
    buf_init(&body, m->facts->mem, OP_BODY_MAX);
    buf_init(&line, m->facts->mem, OP_BODY_MAX + 256);
    for (size_t i = 0; i < count; i++) {
        buf_add_byte(&body, i == 0 ? '[' : ',');
        buf_add_span(&body, elements[i]);
    }
    buf_add_byte(&body, ']');
    op_line_write(buf_span(&body), signature, &line);
    struct span whole = keep(m, &line);
    buf_release(&body);
    buf_release(&line);
    return span_cut(whole, 0, whole.size > 0 ? whole.size - 1 : 0);
}

/* "For the organisation", signed by the thief. */
static void sign_for_org(struct mutation *m, struct span line, struct signature *ret)
{
    struct span body;
    bool has_signature;
    struct op op;
    memset(ret, 0, sizeof *ret);
    if (op_line_read(line, &body, &has_signature, ret, NULL) == OK &&
        op_read(body, &m->arena, &op, NULL) == OK) {
        org_sign(&op.hash, mutation_below(m, 2) ? &m->facts->own : &m->facts->foreign, ret);
    }
}

struct span mutate_op_line(struct mutation *m, struct span line)
{
    struct span body, elements[ELEMENTS_MAX];
    struct signature signature;
    bool has_signature = false;
    size_t count = 0;
    if (mutation_below(m, 12) == 0 ||
        op_line_read(line, &body, &has_signature, &signature, NULL) != OK ||
        json_check(body, NULL) != OK || json_elements(body, elements, ELEMENTS_MAX, &count) != OK ||
        count != ELEMENTS) {
        return with_a_byte_changed(m, line);
    }
    for (size_t i = 1 + mutation_below(m, 3); i > 0; i--) {
        change_element(m, elements);
    }
    struct span changed = joined(m, elements, count, has_signature ? &signature : NULL);
    if (mutation_below(m, 8) == 0) {
        sign_for_org(m, changed, &signature);
        changed = joined(m, elements, count, &signature);
    }
    return changed.size > 0 ? changed : line;
}
