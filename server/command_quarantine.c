/*
 * command_quarantine.c - `quarantine`: what came and wasn't believed, and what to do with it.
 */
#include "quarantine.h"

#include "commands.h"
#include "num.h"
#include "record.h"

#define QUARANTINE_PAGE_MAX 1000
#define QUARANTINE_PAGE     100

/* As the office knows it: a node's name, else its id. */
static const char *node_name(const struct org *org, struct id id, char ret[ID_TEXT_SIZE])
{
    const struct org_node *node = org_node(org, id);
    id_write(id, ret);
    return node ? node->name : ret;
}

static const char *verdict_name(enum quarantine_verdict verdict)
{
    static const char *const names[] = {"waiting", "accepted", "refused"};
    return names[verdict];
}

static void list_row(struct listing *listing, const struct org *org,
                     const struct quarantine_row *row)
{
    char id[ID_TEXT_SIZE];
    const struct org_person *person = org_person(org, row->person);
    listing_int(listing, row->id);
    listing_word(listing, "text.quarantine_", row->why);
    listing_text(listing, node_name(org, row->node, id));
    listing_when(listing, row->at_ms);
    listing_int(listing, (int64_t)row->op_count);
    listing_int(listing, row->before);
    listing_word(listing, "text.quarantine_", verdict_name(row->verdict));
    listing_text(listing, person ? person->name : NULL);
    listing_text(listing, row->reason);
}

enum err command_quarantine_list(struct app *app)
{
    static const char *const columns[] = {"number", "why",     "device", "time",  "changes",
                                          "before", "verdict", "person", "reason"};
    const struct org *org;
    struct quarantine_row *rows = NULL;
    struct listing listing;
    int64_t limit = 0, after = 0;
    size_t count = 0;
    enum err e =
        args_number(app->args, "limit", 1, QUARANTINE_PAGE_MAX, QUARANTINE_PAGE, &limit, app->diag);
    if (!e) {
        e = args_number(app->args, "after", 0, JSON_INT_MAX, 0, &after, app->diag);
    }
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        e = quarantine_list(app->node, args_flag(app->args, "all"), after, (size_t)limit,
                            app->arena, &rows, &count);
    }
    if (e) {
        return diag_keep(app->diag, e);
    }
    listing_begin(&listing, app, columns, 9);
    for (size_t i = 0; i < count; i++) {
        list_row(&listing, org, &rows[i]);
    }
    return listing_end(&listing);
}

static enum err read_number(const struct app *app, const char *word, int64_t *ret)
{
    if (!num_read_i64(span_of(word), ret) || *ret < 1) {
        return diag_set(app->diag, ERR_BAD_VALUE, "NUMBER", word, "1, 2, ...", NULL);
    }
    return OK;
}

/* The record as this office knows it; empty when it has never heard of it. */
static void show_op(struct listing *listing, const struct app *app, const struct org *org,
                    const struct op *op)
{
    struct record record = {0};
    const struct org_person *person = org_person(org, op->person);
    char type[TYPE_NAME_MAX + 1];
    if (!op->known_format || record_read(app->node, NULL, op->entity, app->arena, &record, NULL)) {
        record = (struct record){0};
    }
    span_text(op->type, type, sizeof type);
    listing_when(listing, op->stamp.time_ms);
    listing_text(listing, person ? person->name : NULL);
    listing_text(listing, op->known_format ? app_type_label(app, type) : NULL);
    listing_text(listing, record.case_number);
    listing_id(listing, op->entity);
    listing_span(listing, op->kind_name);
    listing_span(listing, op->values);
}

enum err command_quarantine_show(struct app *app)
{
    static const char *const columns[] = {"time",   "person", "type",  "case",
                                          "record", "kind",   "values"};
    const struct org *org;
    struct quarantine_row row;
    struct listing listing;
    int64_t id = 0;
    enum err e = read_number(app, app->words[0], &id);
    if (!e) {
        e = app_org(app, &org);
    }
    if (!e) {
        e = quarantine_read(app->node, id, app->arena, &row, app->diag);
    }
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 7);
    for (size_t i = 0; i < row.op_count; i++) {
        show_op(&listing, app, org, &row.ops[i]);
    }
    return listing_end(&listing);
}

static enum err settle_all(struct app *app, enum quarantine_verdict verdict, int64_t *ret_ops)
{
    struct quarantine_decision decision = {.verdict = verdict};
    enum err e = args_need(app->args, "reason", &decision.reason, app->diag);
    if (!e) {
        e = app_person(app, &decision.person);
    }
    for (size_t i = 0; !e && i < app->word_count; i++) {
        int64_t ops = 0;
        e = read_number(app, app->words[i], &decision.id);
        if (!e) {
            e = quarantine_settle(app->node, &decision, &ops, app->diag);
        }
        *ret_ops += ops;
    }
    return e;
}

/* All of them or none. */
static enum err decide(struct app *app, enum quarantine_verdict verdict, const char *key)
{
    int64_t ops = 0;
    enum err e = node_begin(app->node);
    if (!e) {
        e = node_end(app->node, settle_all(app, verdict, &ops));
    }
    if (!e) {
        const struct member members[] = {{.name = "settled", .number = (int64_t)app->word_count},
                                         {.name = "changes", .number = ops}};
        app_answer(app, key, members, 2);
    }
    return e ? diag_keep(app->diag, e) : OK;
}

enum err command_quarantine_accept(struct app *app)
{
    return decide(app, QUARANTINE_ACCEPTED, "admin.quarantine_accepted");
}

enum err command_quarantine_refuse(struct app *app)
{
    return decide(app, QUARANTINE_REFUSED, "admin.quarantine_refused");
}
