/*
 * test_record.h - saving and reading records in one line each, for tests over test_org.h.
 */
#ifndef TEST_RECORD_H
#define TEST_RECORD_H

#include "test_org.h"

#include "record.h"
#include "save.h"

/* `answers`: a JSON object {property or question: value}. */
static inline struct change *test_changes(struct test_org *org, const char *answers,
                                          size_t *ret_count)
{
    struct json *json = NULL;
    assert_int_equal(json_parse(span_of(answers), &json, NULL), OK);
    struct change *changes = arena_array(&org->arena, json_count(json), sizeof *changes);
    size_t count = 0;
    assert_non_null(changes);
    for (const struct json *m = json_first(json); m; m = json_next(m)) {
        struct buf value;
        buf_init(&value, &org->host.mem, 65536);
        json_add_tree(&value, m);
        changes[count].property = arena_text(&org->arena, json_key(m));
        assert_int_equal(arena_copy(&org->arena, buf_span(&value), &changes[count].json), OK);
        buf_release(&value);
        count++;
    }
    json_free(json);
    *ret_count = count;
    return changes;
}

/* What a save says; ret and diag may be NULL. */
static inline enum err test_try(struct test_org *org, struct node *node, struct save save,
                                const char *answers, struct saved *ret, struct diag *diag)
{
    struct saved saved = {.op_count = 0};
    save.changes = test_changes(org, answers, &save.change_count);
    enum err e = node_save(node, &save, &org->arena, &saved, diag);
    if (!e && ret) {
        *ret = saved;
    }
    return e;
}

static inline struct saved test_save(struct test_org *org, struct node *node, struct save save,
                                     const char *answers)
{
    struct saved saved = {.op_count = 0};
    struct diag diag = {0};
    enum err e = test_try(org, node, save, answers, &saved, &diag);
    if (e) {
        fail_msg("%s: %s %s %s (%s)", err_name(e), diag.args[0], diag.args[1], diag.args[2],
                 answers);
    }
    return saved;
}

static inline struct save test_new(struct id person, const char *type, const char *place)
{
    return (struct save){.person = person, .type = type, .is_new = true, .place = span_of(place)};
}

static inline struct save test_child(struct id person, const char *type, struct id parent)
{
    return (struct save){
        .person = person, .type = type, .is_new = true, .has_parent = true, .parent = parent};
}

static inline struct save test_edit(struct id person, struct id entity)
{
    return (struct save){.person = person, .entity = entity};
}

/* A household of Fatima's in TEST_COMMUNE. */
static inline struct id test_household(struct test_org *org, struct node *node, const char *more)
{
    char answers[1024];
    (void)snprintf(answers, sizeof answers, "{\"head_name_ar\":\"محمد أيت علي\"%s%s}",
                   more[0] ? "," : "", more);
    return test_save(org, node, test_new(org->fatima, "household", TEST_COMMUNE), answers).entity;
}

static inline struct record test_read(struct test_org *org, struct node *node, struct id entity)
{
    struct record record = {.title = NULL};
    struct diag diag = {0};
    enum err e = record_read(node, NULL, entity, &org->arena, &record, &diag);
    if (e) {
        fail_msg("record_read: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    return record;
}

static inline const struct shown_property *test_property(const struct record *record,
                                                         const char *name)
{
    for (size_t i = 0; i < record->property_count; i++) {
        if (strcmp(record->properties[i].property->id, name) == 0) {
            return &record->properties[i];
        }
    }
    return NULL;
}

/* What is shown, as JSON text; "absent" when the viewer may not see the property. */
static inline const char *test_value(struct test_org *org, struct node *node, struct id entity,
                                     const char *property)
{
    struct record record = test_read(org, node, entity);
    const struct shown_property *shown = test_property(&record, property);
    return shown ? arena_span_text(&org->arena, shown->json) : "absent";
}

static inline void test_expect(struct test_org *org, struct node *node, struct id entity,
                               const char *property, const char *json)
{
    assert_string_equal(test_value(org, node, entity, property), json);
}

/* Everything that node_digest() says, as one text. */
static inline const char *test_digest(struct test_org *org, struct node *node)
{
    struct digest_row *rows = NULL;
    size_t count = 0;
    struct buf text;
    buf_init(&text, &org->host.mem, 65536);
    assert_int_equal(node_digest(node, &org->arena, &rows, &count), OK);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].scope, PLACE_ORG) != 0) {
            buf_add_format(&text, "%s %s %lld %llu\n", rows[i].scope, rows[i].compartment,
                           (long long)rows[i].count, (unsigned long long)rows[i].sum);
        }
    }
    const char *copy = arena_text(&org->arena, buf_text(&text));
    buf_release(&text);
    assert_non_null(copy);
    return copy;
}

/* Ops in the log, the organisation's included. */
static inline int64_t test_op_count(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.ops_here + status.ops_province + status.ops_region;
}

/* How many records a search finds, and the newest of them. */
struct test_found {
    size_t count;
    struct id first;
};

static inline bool test_found_each(void *ctx, const struct record_row *row)
{
    struct test_found *found = ctx;
    if (found->count++ == 0) {
        found->first = row->entity;
    }
    return true;
}

static inline struct test_found test_find(struct node *node, const struct id *viewer,
                                          const char *text)
{
    struct test_found found = {.count = 0};
    struct diag diag = {0};
    assert_int_equal(record_find(node, viewer, text, 0, test_found_each, &found, &diag), OK);
    return found;
}

#endif
