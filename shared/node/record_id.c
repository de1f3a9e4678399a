/*
 * record_id.c - from what a person typed to a record: case number, id, or the beginning of one.
 */
#include <string.h>

#include "case_number.h"
#include "forget.h"
#include "node_alias.h"
#include "num.h"
#include "record_view.h"

#define ID_TEXT_CHARS   (ID_TEXT_SIZE - 1)
#define ID_PREFIX_LEAST 4

static bool sextet(char c, unsigned *ret)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    if (!at) {
        return false;
    }
    *ret = (unsigned)(at - alphabet);
    return true;
}

/* The ids that begin with these characters lie between two, both included. */
static bool prefix_range(const char *text, struct id *ret_least, struct id *ret_most)
{
    size_t size = strlen(text);
    struct id least = {{0}};
    struct id most;
    memset(most.bytes, 0xFF, ID_SIZE);
    if (size < ID_PREFIX_LEAST || size >= ID_TEXT_CHARS) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned bits = 0;
        if (!sextet(text[i], &bits)) {
            return false;
        }
        for (size_t k = 0; k < 6; k++) {
            size_t at = i * 6 + k;
            uint8_t mask = (uint8_t)(0x80u >> (at % 8));
            if ((bits >> (5 - k)) & 1u) {
                least.bytes[at / 8] |= mask;
            } else {
                most.bytes[at / 8] &= (uint8_t)~mask;
            }
        }
    }
    *ret_least = least;
    *ret_most = most;
    return true;
}

/* Runs a statement that gives names; how many there are (10 at most) and the first. */
static enum err first_name(struct stmt *s, struct id *ret, size_t *ret_count)
{
    struct id first = {{0}};
    size_t count = 0;
    while (stmt_row(s)) {
        if (count == 0) {
            (void)stmt_blob(s, 0, first.bytes, ID_SIZE);
        }
        count++;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = first;
        *ret_count = count;
    }
    return e;
}

static enum err by_case_number(struct node *node, const char *text, struct id *ret, size_t *count)
{
    char number[CASE_NUMBER_SIZE];
    *count = 0;
    if (!case_number_read(span_of(text), number)) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, RECORD_BY_CASE);
    stmt_bind_text(s, 1, span_of(number));
    enum err e = first_name(s, ret, count);
    if (!e && *count == 0) {
        s = db_stmt(node->db, ALIAS_BY_CASE);
        stmt_bind_text(s, 1, span_of(number));
        e = first_name(s, ret, count);
    }
    return e;
}

static enum err by_id(struct node *node, const char *text, struct id *ret, size_t *count)
{
    struct id least;
    struct id most;
    struct entity_row row;
    *count = 0;
    if (id_read(span_of(text), &least)) {
        enum err e = entity_find(node, least, &row);
        if (!e && row.id != 0) {
            *ret = least;
            *count = 1;
        }
        return e;
    }
    if (!prefix_range(text, &least, &most)) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, RECORD_BY_NAMES);
    stmt_bind_blob(s, 1, least.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, most.bytes, ID_SIZE);
    enum err e = first_name(s, ret, count);
    if (!e && *count == 0) {
        s = db_stmt(node->db, ALIAS_BY_NAMES);
        stmt_bind_blob(s, 1, least.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, most.bytes, ID_SIZE);
        e = first_name(s, ret, count);
    }
    return e;
}

enum err record_resolve_own(struct node *node, const char *text, struct id *ret, struct diag *diag)
{
    struct id found = {{0}};
    size_t count = 0;
    bool more = false;
    enum err e = node_project(node, 0, &more);
    if (!e) {
        e = by_case_number(node, text, &found, &count);
    }
    if (!e && count == 0) {
        e = by_id(node, text, &found, &count);
    }
    if (e) {
        return node_failed(node, e, diag);
    }
    if (count == 0) {
        struct forgotten_record forgotten;
        e = forget_find(node, text, &forgotten, diag);
        return e ? e : diag_set(diag, ERR_FORGOTTEN, text, NULL);
    }
    if (count > 1) {
        char number[NUM_TEXT_SIZE];
        num_write_i64((int64_t)count, number);
        return diag_set(diag, ERR_AMBIGUOUS, text, number, NULL);
    }
    *ret = found;
    return OK;
}

/* What was told to be a duplicate leads to the record that stands for it. */
enum err record_resolve_id(struct node *node, const char *text, struct id *ret, struct diag *diag)
{
    struct id own;
    enum err e = record_resolve_own(node, text, &own, diag);
    if (e) {
        return e;
    }
    return node_failed(node, alias_head_name(node, own, ret), diag);
}
