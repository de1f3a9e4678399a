/*
 * The rows of a reply (sync_message.h). Op rows are the mass of a first sync, a hundred thousand
 * of them, so their few numbers are scanned by hand; the others are ordinary lines.
 */
#include <string.h>

#include "line.h"
#include "num.h"
#include "sync_message.h"
#include "type.h"

/* The member that names the kind of a row. */
static const char *const kind_keys[] = {
    [ROW_ENTER] = "enter", [ROW_LEAVE] = "leave", [ROW_DEAD] = "dead",
    [ROW_LOW] = "low",     [ROW_AGREE] = "agree", [ROW_SAFE] = "safe",
};

static void write_op(const struct sync_row *row, struct buf *ret)
{
    char number[NUM_TEXT_SIZE];
    buf_add_byte(ret, '[');
    buf_add(ret, number, num_write_i64(row->origin_index, number));
    buf_add_byte(ret, ',');
    buf_add(ret, number, num_write_i64(row->seq, number));
    buf_add_byte(ret, ',');
    buf_add(ret, number, num_write_i64(row->receipt_ms, number));
    buf_add_text(ret, "]\t");
    op_line_write(row->body, row->has_signature ? &row->signature : NULL, ret);
}

static void put_dead(struct json_writer *writer, const struct sync_row *row)
{
    if (row->dead_count == 0 && row->kind != ROW_DEAD) {
        return;
    }
    json_name(writer, "dead");
    json_open(writer, '[');
    for (size_t i = 0; i < row->dead_count; i++) {
        const struct dead_register *dead = &row->dead[i];
        json_open(writer, '[');
        line_put_id(writer, dead->entity);
        json_put_span(writer, dead->reg);
        json_open(writer, '[');
        for (size_t k = 0; k < dead->pred_count; k++) {
            line_put_u64(writer, dead->preds[k]);
        }
        json_close(writer, ']');
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

void sync_row_write(const struct sync_row *row, struct buf *ret)
{
    if (row->kind == ROW_OP) {
        write_op(row, ret);
        return;
    }
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    if (row->kind != ROW_DEAD) {
        json_name(&writer, kind_keys[row->kind]);
        line_put_id(&writer, row->id);
    }
    if (row->kind == ROW_ENTER || row->kind == ROW_LEAVE) {
        json_name(&writer, "ops");
        json_put_int(&writer, row->op_count);
    }
    put_dead(&writer, row);
    if (row->kind == ROW_ENTER) {
        json_name(&writer, "comp");
        json_put_span(&writer, row->compartment);
        if (row->next > 0) {
            json_name(&writer, "next");
            json_put_int(&writer, row->next);
        }
    }
    if (row->kind == ROW_LOW) {
        json_name(&writer, "receipt");
        json_put_int(&writer, row->receipt_ms);
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

/* Takes the number before `end` off the text; false when there is none. */
static bool take_number(struct span *text, uint8_t end, int64_t *ret)
{
    const uint8_t *stop = text->size == 0 ? NULL : memchr(text->data, end, text->size);
    if (stop == NULL) {
        return false;
    }
    size_t size = (size_t)(stop - text->data);
    bool read = num_read_i64(span_from(text->data, size), ret);
    *text = span_from(stop + 1, text->size - size - 1);
    return read;
}

static bool head_is_sane(const struct sync_row *row)
{
    bool indexed = row->origin_index >= 0 && row->origin_index < WIRE_ORIGINS_MAX;
    bool bare = row->origin_index == -1;
    return ((indexed && row->seq >= 1) || (bare && row->seq == 0)) && row->seq <= JSON_INT_MAX &&
           row->receipt_ms >= 0 && row->receipt_ms <= JSON_INT_MAX;
}

static enum err read_op(struct span line, struct sync_row *ret, struct diag *diag)
{
    struct sync_row row = {.kind = ROW_OP};
    struct span rest = span_cut(line, 1, line.size);
    if (!take_number(&rest, ',', &row.origin_index) || !take_number(&rest, ',', &row.seq) ||
        !take_number(&rest, ']', &row.receipt_ms) || !head_is_sane(&row) ||
        !span_starts_with(rest, "\t")) {
        return diag_set(diag, ERR_FORMAT, "not an op row", "sync reply", NULL);
    }
    enum err e = op_line_read(span_cut(rest, 1, rest.size), &row.body, &row.has_signature,
                              &row.signature, diag);
    if (!e) {
        *ret = row;
    }
    return e;
}

static void read_preds(struct line *line, const struct json *array, struct arena *arena,
                       struct dead_register *ret)
{
    if (array == NULL) {
        line_refuse(line, "not an array", "dead");
    }
    ret->preds =
        line_array(line, array, "dead", OP_PREDS_MAX, sizeof *ret->preds, arena, &ret->pred_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->pred_count && line->failed == OK; i++) {
        ret->preds[i] = line_u64(line, item, "dead");
        item = json_next(item);
    }
}

static void read_dead(struct line *line, struct arena *arena, struct sync_row *ret)
{
    const struct json *array = line_get(line, "dead");
    ret->dead =
        line_array(line, array, "dead", WIRE_DEAD_MAX, sizeof *ret->dead, arena, &ret->dead_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->dead_count && line->failed == OK; i++) {
        struct dead_register *dead = &ret->dead[i];
        const struct json *part = line_tuple(line, item, "dead", 3);
        dead->entity = line_id(line, part, "dead");
        part = json_next(part);
        dead->reg = line_text(line, part, "dead", 2 * TYPE_NAME_MAX + 1, arena);
        read_preds(line, json_next(part), arena, dead);
        item = json_next(item);
    }
}

static bool find_kind(const struct line *line, enum sync_row_kind *ret)
{
    static const enum sync_row_kind order[] = {ROW_ENTER, ROW_LEAVE, ROW_LOW,
                                               ROW_AGREE, ROW_SAFE,  ROW_DEAD};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (line_get(line, kind_keys[order[i]]) != NULL) {
            *ret = order[i];
            return true;
        }
    }
    return false;
}

static void read_members(struct line *line, struct arena *arena, struct sync_row *ret)
{
    if (ret->kind != ROW_DEAD) {
        const char *key = kind_keys[ret->kind];
        ret->id = line_id(line, line_get(line, key), key);
    }
    if (ret->kind == ROW_ENTER || ret->kind == ROW_LEAVE) {
        ret->op_count = line_int(line, line_get(line, "ops"), "ops", 0, WIRE_ROW_OPS);
    }
    if (ret->kind == ROW_ENTER) {
        const struct json *next = line_get(line, "next");
        ret->compartment = line_text(line, line_get(line, "comp"), "comp", TYPE_NAME_MAX, arena);
        ret->next = next == NULL ? 0 : line_int(line, next, "next", 1, JSON_INT_MAX);
    }
    if (ret->kind == ROW_LOW) {
        ret->receipt_ms = line_int(line, line_get(line, "receipt"), "receipt", 1, JSON_INT_MAX);
    }
    if (ret->kind != ROW_LOW && ret->kind != ROW_AGREE && ret->kind != ROW_SAFE) {
        read_dead(line, arena, ret);
    }
}

enum err sync_row_read(struct span text, struct arena *arena, struct sync_row *ret,
                       struct diag *diag)
{
    if (span_starts_with(text, "[")) {
        return read_op(text, ret, diag);
    }
    struct line line;
    struct sync_row row = {0};
    line_open(&line, text, WIRE_LINE_MAX, "sync row", diag);
    if (line.failed == OK && !find_kind(&line, &row.kind)) {
        line.failed = diag_set(diag, ERR_UNKNOWN_FORMAT, "sync row", NULL);
    }
    read_members(&line, arena, &row);
    enum err e = line_close(&line);
    if (!e) {
        *ret = row;
    }
    return e;
}
