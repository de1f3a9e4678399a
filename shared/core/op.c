#include "op.h"

#include <string.h>

#include "code.h"
#include "num.h"
#include "op_bytes.h"

enum element {
    ELEMENT_FORMAT,
    ELEMENT_SALT,
    ELEMENT_TX,
    ELEMENT_TIME,
    ELEMENT_COUNTER,
    ELEMENT_ZONE,
    ELEMENT_OFFSET,
    ELEMENT_PERSON,
    ELEMENT_ENTITY,
    ELEMENT_TYPE,
    ELEMENT_TYPE_VERSION,
    ELEMENT_FORM,
    ELEMENT_FORM_VERSION,
    ELEMENT_KIND,
    ELEMENT_COMPARTMENT,
    ELEMENT_REGISTERS,
    ELEMENT_EXTRA,
    ELEMENT_VALUES,
    ELEMENT_COUNT /* OP_ELEMENT_COUNT, as a case for the switch */
};

/* What a diagnosis says of each element: its name, and what it must be. */
static const struct {
    const char *name;
    const char *expected;
} elements[] = {
    [ELEMENT_FORMAT] = {"format", "an integer"},
    [ELEMENT_SALT] = {"salt", "8 bytes as 11 characters of base64url"},
    [ELEMENT_TX] = {"tx", "null or [id, index, count], index below count, count 2 to 256"},
    [ELEMENT_TIME] = {"time_ms", "an integer"},
    [ELEMENT_COUNTER] = {"counter", "an integer from 0"},
    [ELEMENT_ZONE] = {"zone_minutes", "minutes from -1440 to 1440"},
    [ELEMENT_OFFSET] = {"offset_ms", "null or an integer"},
    [ELEMENT_PERSON] = {"person", "an id of 22 characters"},
    [ELEMENT_ENTITY] = {"entity", "an id of 22 characters"},
    [ELEMENT_TYPE] = {"type", "a name of a-z, 0-9 and _"},
    [ELEMENT_TYPE_VERSION] = {"type_version", "an integer from 0"},
    [ELEMENT_FORM] = {"form", "empty, or a name of a-z, 0-9 and _"},
    [ELEMENT_FORM_VERSION] = {"form_version", "an integer from 0"},
    [ELEMENT_KIND] = {"kind", "a word of a-z, 0-9 and _"},
    [ELEMENT_COMPARTMENT] = {"compartment", "a name of a-z, 0-9 and _"},
    [ELEMENT_REGISTERS] = {"registers", "{name: [predecessor, ...]}, at most 512, each with at "
                                        "most 1024 different predecessors"},
    [ELEMENT_EXTRA] = {"extra", "an object"},
    [ELEMENT_VALUES] = {"values", "an object, or a hash as 43 characters of base64url"},
};

_Static_assert(ELEMENT_COUNT == OP_ELEMENT_COUNT, "one name for each element of format 1");

static enum err refuse(enum element element, struct diag *diag)
{
    return diag_set(diag, ERR_FORMAT, elements[element].expected, elements[element].name, NULL);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The values, or the hash that stands for them. */
static bool read_values(struct span element, struct op *ret, struct hash *ret_values_hash)
{
    ret->redacted = element.data[0] == '"';
    if (!ret->redacted) {
        ret->values = element;
        hash_bytes(element, ret_values_hash);
        return !ret->known_format || element.data[0] == '{';
    }
    ret->values = span_cut(element, 1, element.size - 2);
    return base64_read(ret->values, ret_values_hash->bytes, HASH_SIZE);
}

static void hash_body(struct op *op, const struct hash *values_hash)
{
    struct hash_state state;
    hash_begin(&state, "douar-op-1");
    hash_add_sized(&state, op_skeleton(op));
    hash_add(&state, values_hash->bytes, HASH_SIZE);
    hash_end(&state, &op->hash);
    memcpy(op->uid.bytes, op->hash.bytes, ID_SIZE);
}

/* ---- Reading format 1 ---- */

/* A place in checked, compact JSON. Small parts are scanned by hand: an ingest reads tens of
   thousands of ops a second, and a tree for each would cost more than all the rest. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static bool take_byte(struct cursor *cursor, uint8_t byte)
{
    if (cursor->at >= cursor->end || *cursor->at != byte) {
        return false;
    }
    cursor->at++;
    return true;
}

/* A string without escapes: none of ours needs any. */
static bool take_text(struct cursor *cursor, struct span *ret)
{
    if (!take_byte(cursor, '"')) {
        return false;
    }
    const uint8_t *begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"' && *cursor->at != '\\') {
        cursor->at++;
    }
    *ret = span_from(begin, (size_t)(cursor->at - begin));
    return take_byte(cursor, '"');
}

static bool take_u64(struct cursor *cursor, uint64_t *ret)
{
    struct span text;
    struct id id = {{0}};
    if (!take_text(cursor, &text) || text.size != OP_U64_TEXT_SIZE ||
        !base64_read(text, id.bytes, 8)) {
        return false;
    }
    *ret = id_prefix8(id);
    return true;
}

static bool take_int(struct cursor *cursor, int64_t *ret)
{
    const uint8_t *begin = cursor->at;
    while (cursor->at < cursor->end && (*cursor->at == '-' || is_digit(*cursor->at))) {
        cursor->at++;
    }
    return num_read_i64(span_from(begin, (size_t)(cursor->at - begin)), ret);
}

static struct cursor cursor_of(struct span span)
{
    return (struct cursor){.at = span.data, .end = span.data + span.size};
}

static bool read_text(struct span element, struct span *ret)
{
    struct cursor cursor = cursor_of(element);
    return take_text(&cursor, ret);
}

static bool read_int(struct span element, int64_t min, int64_t *ret)
{
    return num_read_i64(element, ret) && *ret >= min;
}

static bool read_id(struct span element, struct id *ret)
{
    struct span text;
    return read_text(element, &text) && id_read(text, ret);
}

static bool read_u64(struct span element, uint64_t *ret)
{
    struct cursor cursor = cursor_of(element);
    return take_u64(&cursor, ret);
}

static bool read_tx(struct span element, struct op *ret)
{
    if (span_is(element, "null")) {
        ret->tx = 0;
        return true;
    }
    struct cursor c = cursor_of(element);
    return take_byte(&c, '[') && take_u64(&c, &ret->tx) && take_byte(&c, ',') &&
           take_int(&c, &ret->tx_index) && take_byte(&c, ',') && take_int(&c, &ret->tx_count) &&
           take_byte(&c, ']') && op_tx_valid(ret->tx, ret->tx_index, ret->tx_count);
}

static bool read_offset(struct span element, struct op *ret)
{
    ret->has_offset = !span_is(element, "null");
    return !ret->has_offset || num_read_i64(element, &ret->offset_ms);
}

static bool read_kind(struct span element, struct op *ret)
{
    if (!read_text(element, &ret->kind_name) || !op_name_valid(ret->kind_name)) {
        return false;
    }
    if (span_is(ret->kind_name, "save")) {
        ret->kind = OP_SAVE;
    } else if (span_is(ret->kind_name, "resolve")) {
        ret->kind = OP_RESOLVE;
    } else if (span_is(ret->kind_name, "delete")) {
        ret->kind = OP_DELETE;
    } else {
        ret->kind = OP_OTHER;
    }
    return true;
}

static bool take_register(struct cursor *c, uint64_t *preds, struct op_register *ret)
{
    size_t count = 0;
    if (!take_text(c, &ret->name) || !op_register_name_valid(ret->name) || !take_byte(c, ':') ||
        !take_byte(c, '[')) {
        return false;
    }
    while (!take_byte(c, ']')) {
        if (count == OP_PREDS_MAX || (count > 0 && !take_byte(c, ',')) ||
            !take_u64(c, &preds[count])) {
            return false;
        }
        count++;
    }
    ret->preds = preds;
    ret->pred_count = count;
    return op_sort_preds(preds, count);
}

static enum err read_registers(struct span element, struct arena *arena, struct op *ret,
                               struct diag *diag)
{
    size_t list_count = 0;  /* In the one shape accepted, each register has one list ... */
    size_t quote_count = 0; /* ... and every string is a name or a predecessor. */
    for (size_t i = 0; i < element.size; i++) {
        list_count += element.data[i] == '[';
        quote_count += element.data[i] == '"';
    }
    if (list_count > OP_REGISTERS_MAX) {
        return refuse(ELEMENT_REGISTERS, diag);
    }
    struct op_register *registers = arena_array(arena, list_count, sizeof(*registers));
    uint64_t *preds = arena_array(arena, quote_count / 2, sizeof(*preds));
    if (!registers || !preds) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    struct cursor c = cursor_of(element);
    size_t count = 0;
    if (!take_byte(&c, '{')) {
        return refuse(ELEMENT_REGISTERS, diag);
    }
    while (!take_byte(&c, '}')) {
        if (count == list_count || (count > 0 && !take_byte(&c, ',')) ||
            !take_register(&c, preds, &registers[count])) {
            return refuse(ELEMENT_REGISTERS, diag);
        }
        preds += registers[count].pred_count;
        count++;
    }
    ret->registers = registers;
    ret->register_count = count;
    return OK;
}

static bool read_element(enum element i, struct span element, struct op *ret)
{
    switch (i) {
    case ELEMENT_SALT:
        return read_u64(element, &ret->salt);
    case ELEMENT_TX:
        return read_tx(element, ret);
    case ELEMENT_TIME:
        return num_read_i64(element, &ret->stamp.time_ms);
    case ELEMENT_COUNTER:
        return read_int(element, 0, &ret->stamp.counter);
    case ELEMENT_ZONE:
        return num_read_i64(element, &ret->zone_minutes) &&
               ret->zone_minutes >= -OP_ZONE_MINUTES_MAX &&
               ret->zone_minutes <= OP_ZONE_MINUTES_MAX;
    case ELEMENT_OFFSET:
        return read_offset(element, ret);
    case ELEMENT_PERSON:
        return read_id(element, &ret->person);
    case ELEMENT_ENTITY:
        return read_id(element, &ret->entity);
    case ELEMENT_TYPE:
        return read_text(element, &ret->type) && op_type_name_valid(ret->type);
    case ELEMENT_TYPE_VERSION:
        return read_int(element, 0, &ret->type_version);
    case ELEMENT_FORM:
        return read_text(element, &ret->form) && (ret->form.size == 0 || op_name_valid(ret->form));
    case ELEMENT_FORM_VERSION:
        return read_int(element, 0, &ret->form_version);
    case ELEMENT_KIND:
        return read_kind(element, ret);
    case ELEMENT_COMPARTMENT:
        return read_text(element, &ret->compartment) && op_name_valid(ret->compartment);
    case ELEMENT_EXTRA:
        ret->extra = element;
        return element.data[0] == '{';
    case ELEMENT_FORMAT:
    case ELEMENT_REGISTERS:
    case ELEMENT_VALUES:
    case ELEMENT_COUNT:
        break;
    }
    return true; /* Read apart. */
}

static enum err read_format_1(const struct op_layout *layout, struct arena *arena, struct op *ret,
                              struct diag *diag)
{
    for (size_t i = 0; i < OP_ELEMENT_COUNT; i++) {
        if (!read_element((enum element)i, layout->elements[i], ret)) {
            return refuse((enum element)i, diag);
        }
    }
    return read_registers(layout->elements[ELEMENT_REGISTERS], arena, ret, diag);
}

enum err op_read(struct span body, struct arena *arena, struct op *ret, struct diag *diag)
{
    struct op op = {.body = body};
    struct op_layout layout;
    struct hash values_hash;
    if (body.size > OP_BODY_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "op", "262144 bytes", NULL);
    }
    enum err e = json_check(body, diag);
    if (e) {
        return e;
    }
    e = op_layout_read(body, &layout, diag);
    if (e) {
        return e;
    }
    int64_t format = 0;
    if (layout.count < 2 || !num_read_i64(layout.elements[ELEMENT_FORMAT], &format)) {
        return refuse(ELEMENT_FORMAT, diag);
    }
    op.known_format = format == OP_FORMAT;
    if (op.known_format && layout.count != OP_ELEMENT_COUNT) {
        return diag_set(diag, ERR_FORMAT, "an op of format 1 has 18 elements", "op", NULL);
    }
    if (!read_values(layout.last, &op, &values_hash)) {
        return refuse(ELEMENT_VALUES, diag);
    }
    if (op.known_format) {
        e = read_format_1(&layout, arena, &op, diag);
        if (e) {
            return e;
        }
    }
    hash_body(&op, &values_hash);
    *ret = op;
    return OK;
}

/* ---- The chain ---- */

static struct link link_of(struct hash_state *state)
{
    struct hash hash;
    struct link link;
    hash_end(state, &hash);
    memcpy(link.bytes, hash.bytes, LINK_SIZE);
    return link;
}

struct link link_first(struct id origin)
{
    struct hash_state state;
    hash_begin(&state, "douar-chain-1");
    hash_add(&state, origin.bytes, ID_SIZE);
    return link_of(&state);
}

struct link link_next(struct link link, const struct hash *op_hash)
{
    struct hash_state state;
    hash_begin(&state, "douar-link-1");
    hash_add(&state, link.bytes, LINK_SIZE);
    hash_add(&state, op_hash->bytes, HASH_SIZE);
    return link_of(&state);
}

bool link_equal(struct link a, struct link b)
{
    return memcmp(a.bytes, b.bytes, LINK_SIZE) == 0;
}
