/*
 * save.c - the verbs that write a person's answers: a record, a change, a place.
 */
#include "save.h"

#include <string.h>

#include "case_number.h"
#include "place.h"
#include "record.h"
#include "save_internal.h"

/* A region's own desk needs no enrolment, so nobody gave it a short code. */
static const char *short_code(const struct node *node)
{
    return node->identity.short_code[0] == '\0' && node->identity.role == ROLE_REGION
               ? "R"
               : node->identity.short_code;
}

/* ---- the way from a change to a plan */

struct prepared {
    struct draft draft;
    struct plan plan;
};

static enum err prepare(struct node *node, const struct save *save, struct arena *arena,
                        struct prepared *ret, struct saved *saved, struct diag *diag)
{
    enum err e = draft_read(node, save, arena, &ret->draft, diag);
    plan_init(&ret->plan, arena);
    if (!e) {
        e = check_rules(node, &ret->draft, arena, diag);
    }
    if (!e) {
        e = plan_draft(&ret->plan, &ret->draft);
    }
    if (!e) {
        e = check_access(node, &ret->draft, &ret->plan, VERB_WRITE, diag);
    }
    if (!e) {
        saved->entity = ret->draft.shown.entity.name; /* zero for a new one */
        e = check_doubles(node, &ret->draft, saved->entity, arena, saved);
    }
    return e;
}

static enum err plan_case(struct plan *plan, const char *number)
{
    struct span json = {0};
    enum err e = draft_quote(span_of(number), plan->arena, &json);
    return e ? e : plan_add(plan, span_of(COMPARTMENT_BASE), span_of(REGISTER_CASE), NULL, 0, json);
}

/* A new record's name and number. Given numbers are never given again, not even after an undo. */
static enum err name_record(struct node *node, struct plan *plan, struct saved *saved)
{
    int64_t counter = 0;
    enum err e = self_i64(node, CASE_COUNTER, 0, &counter);
    if (!e) {
        e = self_set_i64(node, CASE_COUNTER, counter + 1);
    }
    if (!e) {
        e = case_number_write(short_code(node), counter + 1, saved->case_number);
    }
    if (!e) {
        node->host->random(node->host->ctx, saved->entity.bytes, ID_SIZE);
        e = plan_case(plan, saved->case_number);
    }
    return e;
}

static enum err known_case(const struct shown *shown, struct arena *arena, struct saved *saved)
{
    const char *number = "";
    enum err e = shown_own_text(shown, REGISTER_CASE, arena, &number);
    span_text(span_of(number), saved->case_number, sizeof saved->case_number);
    return e;
}

static enum err save_now(struct node *node, const struct save *save, struct arena *arena,
                         struct saved *ret, struct diag *diag)
{
    struct prepared prepared;
    struct saved saved = {.op_count = 0};
    const struct draft *draft = &prepared.draft;
    enum err e = prepare(node, save, arena, &prepared, &saved, diag);
    if (e) {
        return e;
    }
    const struct form *form = draft->played ? draft->played : draft->form;
    e = draft->is_new ? name_record(node, &prepared.plan, &saved)
                      : known_case(&draft->shown, arena, &saved);
    if (!e && prepared.plan.count > 0) {
        struct outline outline = {.kind = OP_SAVE,
                                  .person = save->person,
                                  .entity = saved.entity,
                                  .type = draft->type->id,
                                  .type_version = draft->type->version,
                                  .form = form ? form->id : "",
                                  .form_version = form ? form->version : 0,
                                  .extra = span_of("{}")};
        e = plan_write(node, &prepared.plan, &outline, &saved.op_count);
    }
    if (!e) {
        *ret = saved;
    }
    return e;
}

enum err node_save(struct node *node, const struct save *save, struct arena *arena,
                   struct saved *ret, struct diag *diag)
{
    bool more = false;
    enum err e = node_project(node, 0, &more);
    if (!e) {
        e = node_begin(node);
    }
    if (!e) {
        e = node_end(node, save_now(node, save, arena, ret, diag));
    }
    return node_failed(node, e, diag);
}

static enum err check_now(struct node *node, const struct save *save, struct arena *arena,
                          struct saved *ret, struct diag *diag)
{
    struct prepared prepared;
    struct saved saved = {.op_count = 0};
    enum err e = prepare(node, save, arena, &prepared, &saved, diag);
    if (!e && prepared.draft.is_new) {
        e = plan_case(&prepared.plan, ""); /* counts, and isn't written */
    } else if (!e) {
        e = known_case(&prepared.draft.shown, arena, &saved);
    }
    if (!e) {
        e = plan_op_count(&prepared.plan, &saved.op_count);
    }
    if (!e) {
        *ret = saved;
    }
    return e;
}

enum err node_save_check(struct node *node, const struct save *save, struct arena *arena,
                         struct saved *ret, struct diag *diag)
{
    bool more = false;
    enum err e = node_project(node, 0, &more);
    if (!e) {
        e = db_read_begin(node->db);
    }
    if (!e) {
        e = check_now(node, save, arena, ret, diag);
        db_read_end(node->db);
    }
    return node_failed(node, e, diag);
}

/* ---- places found on the way */

#define PLACE_PART_SIZE 6
#define PLACE_TRIES     16

/* Six characters of an alphabet without look-alikes: a billion codes below each commune. */
static void random_part(struct node *node, char ret[PLACE_PART_SIZE])
{
    static const char alphabet[] = "23456789abcdefghjkmnpqrstuvwxyz";
    uint8_t bytes[PLACE_PART_SIZE];
    node->host->random(node->host->ctx, bytes, sizeof bytes);
    for (size_t i = 0; i < PLACE_PART_SIZE; i++) {
        ret[i] = alphabet[bytes[i] % (sizeof alphabet - 1)];
    }
}

static enum err new_code(struct node *node, const char *parent, struct arena *arena,
                         struct span *ret, struct diag *diag)
{
    const struct org *org = NULL;
    size_t size = strlen(parent);
    bool taken = true;
    enum err e = node_org(node, &org);
    if (!e && (size + 1 + PLACE_PART_SIZE > PLACE_CODE_MAX || !place_code_valid(span_of(parent)))) {
        return diag_set(diag, ERR_UNKNOWN_PLACE, parent, NULL);
    }
    char *code = e ? NULL : arena_alloc(arena, PLACE_CODE_MAX + 1);
    if (!e && !code) {
        e = ERR_NOMEM;
    }
    if (!e) {
        span_text(span_of(parent), code, PLACE_CODE_MAX + 1);
        code[size] = '.';
    }
    for (size_t i = 0; !e && taken && i < PLACE_TRIES; i++) {
        random_part(node, code + size + 1);
        e = place_is_known(node, org, span_of(code), arena, &taken);
    }
    if (!e && taken) {
        e = ERR_INTERNAL; /* no randomness */
    }
    if (!e) {
        *ret = span_of(code);
    }
    return e;
}

/* NOLINTNEXTLINE(readability-function-size): what a new place is takes these */
enum err node_place_add(struct node *node, struct id person, const char *parent,
                        const struct change *changes, size_t change_count, struct arena *arena,
                        struct saved *ret, struct span *ret_code, struct diag *diag)
{
    struct span code = {0};
    struct save save = {.person = person,
                        .type = SAVE_PLACE_TYPE,
                        .is_new = true,
                        .place = span_of(parent),
                        .change_count = change_count + 1};
    struct change *all = arena_array(arena, change_count + 1, sizeof *all);
    enum err e = all ? new_code(node, parent, arena, &code, diag) : ERR_NOMEM;
    if (!e) {
        if (change_count > 0) {
            memcpy(all, changes, change_count * sizeof *all);
        }
        all[change_count].property = SAVE_PLACE_CODE;
        e = draft_quote(code, arena, &all[change_count].json);
        save.changes = all;
    }
    if (!e) {
        e = node_save(node, &save, arena, ret, diag);
    }
    if (!e) {
        *ret_code = code;
    }
    return node_failed(node, e, diag);
}
