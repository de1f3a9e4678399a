/*
 * command_redact.c - `redact`: taking values out of every log for ever, and who has done it.
 */
#include "blob.h"
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "num.h"
#include "record.h"
#include "redact.h"
#include "server_backup.h"

#define REGISTERS_TEXT 400

static enum err read_order(struct app *app, struct redact *ret)
{
    struct redact order = {.all = args_flag(app->args, "all"),
                           .property = app->word_count > 1 ? app->words[1] : NULL};
    if (order.all == (order.property != NULL)) {
        return diag_set(app->diag, ERR_MISSING_ARGUMENT, "PROPERTY | --all", NULL);
    }
    enum err e = args_need(app->args, "reason", &order.reason, app->diag);
    if (!e) {
        e = app_person(app, &order.person);
    }
    if (!e) {
        e = record_resolve_id(app->node, app->words[0], &order.entity, app->diag);
    }
    if (!e && !args_flag(app->args, "yes")) {
        face_warn(app->face, "admin.redact_forever", NULL);
        e = diag_set(app->diag, ERR_MISSING_ARGUMENT, "--yes", NULL);
    }
    if (!e) {
        *ret = order;
    }
    return e;
}

enum err command_redact(struct app *app)
{
    struct redact order;
    struct redact_asked asked = {.done = false};
    char request[ID_TEXT_SIZE];
    enum err e = read_order(app, &order);
    if (!e) {
        e = node_redact(app->node, &order, &asked, app->diag);
    }
    if (e) {
        return e;
    }
    id_write(asked.request, request);
    const struct member members[] = {{.name = "record", .text = app->words[0]},
                                     {.name = "ops", .number = (int64_t)asked.op_count},
                                     {.name = "request", .text = request},
                                     {.name = "marked", .number = asked.done}};
    app_answer(app, asked.done ? "admin.redacted" : "admin.redact_asked", members, 4);
    return OK;
}

/* ---- status */

/* "phone, address", or what stands for all of a record. */
static const char *what_of(const struct app *app, const struct redaction_row *row)
{
    struct buf text;
    const char *what = "*";
    if (row->all) {
        return app->face->json ? "*" : app_word(app, "admin.redact_", "all");
    }
    buf_init(&text, app->arena->mem, REGISTERS_TEXT);
    for (size_t i = 0; i < row->register_count; i++) {
        buf_add_format(&text, "%s%s", i > 0 ? ", " : "", row->registers[i]);
    }
    if (buf_error(&text) == OK) {
        what = arena_text(app->arena, buf_text(&text));
    }
    buf_release(&text);
    return what ? what : "";
}

static void list_mark(struct listing *listing, const struct app *app, const struct org *org,
                      const struct redaction_row *row)
{
    struct record record = {0};
    const struct org_person *person = org_person(org, row->person);
    struct id none = {{0}};
    if (record_read(app->node, NULL, row->entity, app->arena, &record, NULL)) {
        record = (struct record){0};
    }
    listing_text(listing, record.case_number);
    listing_text(listing, what_of(app, row));
    listing_text(listing, person ? person->name : NULL);
    listing_when(listing, row->at_ms);
    listing_text(listing, row->reason);
    listing_int(listing, row->op_count);
    listing_word(listing, "admin.redact_", id_equal(row->mark, none) ? "waits" : "marked");
    listing_int(listing, (int64_t)row->confirmed_count);
    listing_int(listing, (int64_t)row->node_count);
    listing_id(listing, row->entity);
    listing_id(listing, row->mark);
}

struct marks {
    const struct org *org;
    struct redaction_row *rows;
    size_t count;
};

static enum err list_marks(struct app *app, const struct marks *marks)
{
    static const char *const columns[] = {"case", "what",      "person", "time",   "reason", "ops",
                                          "mark", "confirmed", "of",     "record", "id"};
    struct listing listing;
    listing_begin(&listing, app, columns, 11);
    for (size_t i = 0; i < marks->count; i++) {
        list_mark(&listing, app, marks->org, &marks->rows[i]);
    }
    return listing_end(&listing);
}

/* Those who haven't come first: they are what the office has to act upon. */
static enum err list_nodes(struct app *app, const struct marks *marks)
{
    static const char *const columns[] = {"name", "role", "confirmed", "ops",
                                          "time", "seen", "node",      "id"};
    struct listing listing;
    struct id none = {{0}};
    enum err e = OK;
    listing_begin(&listing, app, columns, 8);
    for (size_t i = 0; !e && i < 2 * marks->count; i++) {
        const struct redaction_row *row = &marks->rows[i % marks->count];
        bool confirmed = i >= marks->count;
        struct redaction_node *nodes = NULL;
        size_t count = 0;
        if (id_equal(row->mark, none)) {
            continue;
        }
        e = redaction_nodes(app->node, row->mark, app->arena, &nodes, &count);
        for (size_t k = 0; !e && k < count; k++) {
            if (nodes[k].confirmed == confirmed && (confirmed || !nodes[k].revoked)) {
                listing_text(&listing, nodes[k].name);
                listing_word(&listing, "text.role_", role_name(nodes[k].role));
                listing_flag(&listing, nodes[k].confirmed);
                listing_int(&listing, nodes[k].held);
                listing_when(&listing, nodes[k].at_ms);
                listing_when(&listing, nodes[k].seen_ms);
                listing_id(&listing, nodes[k].node);
                listing_id(&listing, row->mark);
            }
        }
    }
    if (e) {
        listing_drop(&listing);
        return e;
    }
    return listing_end(&listing);
}

/* A file on a disk that isn't here: it goes when the disk is back. */
static void list_waiting(void *listing, const char *path)
{
    listing_text(listing, path);
    listing_when(listing, 0);
}

/* Copies made before the newest of these marks was finished here; all while one still isn't. */
static enum err list_copies(struct app *app, const struct marks *marks)
{
    static const char *const columns[] = {"file", "time"};
    struct listing listing;
    struct backup_copy *copies = NULL;
    size_t count = 0;
    int64_t done_ms = 0;
    struct id none = {{0}};
    for (size_t i = 0; i < marks->count; i++) {
        bool waits = marks->rows[i].done_ms == 0 && !id_equal(marks->rows[i].mark, none);
        int64_t ms = waits ? INT64_MAX : marks->rows[i].done_ms;
        done_ms = ms > done_ms ? ms : done_ms;
    }
    enum err e =
        backup_copies(app->node, app->host, app->home, &app->config, app->arena, &copies, &count);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 2);
    for (size_t i = 0; i < count; i++) {
        if (copies[i].at_ms <= done_ms) {
            listing_text(&listing, copies[i].path);
            listing_when(&listing, copies[i].at_ms);
        }
    }
    e = blob_copies_waiting(app->node, list_waiting, &listing);
    if (e) {
        listing_drop(&listing);
        return e;
    }
    return listing_end(&listing);
}

/* An answer of --json is one value: there --nodes and --copies choose. */
enum err command_redact_status(struct app *app)
{
    struct marks marks = {0};
    struct id entity;
    bool nodes = args_flag(app->args, "nodes");
    bool copies = args_flag(app->args, "copies");
    enum err e = app_org(app, &marks.org);
    if (!e && app->word_count > 0) {
        e = record_resolve_id(app->node, app->words[0], &entity, app->diag);
    }
    if (!e) {
        e = redaction_list(app->node, app->word_count > 0 ? &entity : NULL, app->arena, &marks.rows,
                           &marks.count);
    }
    if (!e && !nodes && !copies) {
        e = list_marks(app, &marks);
    }
    bool all = !app->face->json && !nodes && !copies && marks.count > 0;
    if (!e && (nodes || all)) {
        face_say(app->face, "admin.redact_nodes", NULL);
        e = list_nodes(app, &marks);
    }
    if (!e && (copies || all)) {
        face_say(app->face, "admin.redact_copies", NULL);
        e = list_copies(app, &marks);
    }
    return e;
}
