/*
 * node_form.c - the ops that define something, read again: the form.json of a form is in its op
 * alone, since few are filled at a time and many may be published.
 */
#include <stdio.h>

#include "form_text.h"
#include "json.h"
#include "node_internal.h"

#define FORM_ARENA_MAX (16u * 1024 * 1024)

enum err org_latest(struct node *node, int64_t entity, const char *reg_name, struct arena *arena,
                    struct logged *ret, bool *ret_found)
{
    int64_t reg = 0;
    struct live_op *live = NULL;
    size_t count = 0;
    struct stamp_rank best = {0};
    *ret_found = false;
    enum err e = symbol_find(node, span_of(reg_name), &reg);
    if (e || reg == 0) {
        return e;
    }
    e = log_live(node, entity, reg, arena, &live, &count);
    for (size_t i = 0; !e && i < count; i++) {
        struct logged logged;
        e = log_read(node, live[i].op, arena, &logged);
        struct stamp_rank rank = {logged.effective_ms, logged.op.stamp.counter, logged.op.uid};
        if (!e && logged.has_org_signature &&
            (!*ret_found || stamp_rank_compare(&rank, &best) > 0)) {
            best = rank;
            *ret = logged;
            *ret_found = true;
        }
    }
    return e;
}

void org_form_name(const struct form *form, char ret[ORG_FORM_NAME_SIZE])
{
    (void)snprintf(ret, ORG_FORM_NAME_SIZE, "%.40s/%lld", form->id, (long long)form->version);
}

static enum err unpack(struct node *node, const struct form *form, const struct logged *logged,
                       struct buf *ret)
{
    struct json *values = NULL;
    char hash[FORM_HASH_SIZE];
    size_t start = ret->size;
    enum err e = json_parse(logged->op.values, &values, NULL);
    if (!e) {
        e = form_unpack(&node->host->mem, json_span(json_get(json_get(values, "def"), "xform")),
                        ret);
    }
    if (!e) {
        form_hash(span_cut(buf_span(ret), start, ret->size - start), hash);
        e = span_is(span_of(hash), form->hash) ? OK : ERR_FORMAT;
    }
    json_free(values);
    return e;
}

enum err org_form_text(struct node *node, const struct form *form, struct buf *ret,
                       struct diag *diag)
{
    struct arena arena;
    struct id id;
    struct entity_row row = {0};
    struct logged logged;
    char name[ORG_FORM_NAME_SIZE];
    bool found = false;
    if (!form->hash) {
        return diag_set(diag, ERR_UNKNOWN_FORM, form->id, NULL);
    }
    arena_init(&arena, &node->host->mem, FORM_ARENA_MAX);
    org_form_name(form, name);
    org_entity_id("_form", name, &id);
    enum err e = entity_find(node, id, &row);
    if (!e && row.id != 0) {
        e = org_latest(node, row.id, "def", &arena, &logged, &found);
    }
    if (!e && !found) {
        e = diag_set(diag, ERR_UNKNOWN_FORM, form->id, NULL);
    }
    if (!e) {
        e = unpack(node, form, &logged, ret);
        e = e == ERR_FORMAT || e == ERR_TOO_LARGE || e == ERR_JSON
                ? diag_set(diag, ERR_DB_CORRUPT, name, "form.json", NULL)
                : e;
    }
    arena_release(&arena);
    return node_failed(node, e, diag);
}
