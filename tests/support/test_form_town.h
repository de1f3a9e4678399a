/*
 * test_form_town.h - forms made in a test, published in a town (test_town.h), and records written
 * as filling them would.
 */
#ifndef TEST_FORM_TOWN_H
#define TEST_FORM_TOWN_H

#include "mapping_rules.h"
#include "test_mem.h"
#include "test_town.h"
#include "test_workbook.h"
#include "xform_json.h"
#include "xlsform.h"

#define FORM_MAX (1u << 20)

struct made {
    struct arena arena;
    struct xform form;
    struct form_map map;
    struct buf text; /* form.json */
};

static inline void make_form(const struct mem *mem, const char *id, const char *survey,
                             const char *choices, const char *entities, struct made *ret)
{
    char settings[128];
    (void)snprintf(settings, sizeof settings, "form_id|form_title|version\n%s|Form|1\n", id);
    const struct test_sheet sheets[] = {
        {"survey", survey}, {"choices", choices}, {"settings", settings}, {"entities", entities}};
    struct xlsform_faults faults;
    struct diag diag = {0};
    struct buf bytes;
    arena_init(&ret->arena, mem, 64u << 20);
    buf_init(&bytes, mem, FORM_MAX);
    buf_init(&ret->text, mem, FORM_MAX);
    test_workbook_make(sheets, entities ? COUNT_OF(sheets) : 3, &bytes);
    if (xlsform_read(mem, buf_span(&bytes), "f", &ret->arena, &ret->form, &faults, &diag) ||
        mapping_make(&ret->form, &ret->arena, &ret->map, &diag)) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
    xform_write_json(&ret->form, &ret->text);
    assert_int_equal(buf_error(&ret->text), OK);
    buf_release(&bytes);
}

static inline void release_form(struct made *made)
{
    buf_release(&made->text);
    arena_release(&made->arena);
}

static inline void publish_as(struct town *town, const char *id, int64_t version,
                              const char *survey, const char *choices, const char *entities)
{
    struct made made;
    struct buf definition;
    char name[64];
    make_form(&town->nodes.host.mem, id, survey, choices, entities, &made);
    buf_init(&definition, &town->nodes.host.mem, FORM_MAX);
    assert_int_equal(mapping_definition(&made.form, &made.map, version, buf_span(&made.text),
                                        &made.arena, &definition),
                     OK);
    (void)snprintf(name, sizeof name, "%s/%lld", id, (long long)version);
    nodes_publish(town->region, "_form", name, buf_text(&definition));
    buf_release(&definition);
    release_form(&made);
}

/* ---- writing as the form does: `values` are {property: value} */

static inline struct id write_as(struct town *town, struct node *node, struct save save,
                                 const char *values)
{
    struct arena arena;
    struct saved saved = {.op_count = 0};
    struct change changes[16];
    struct json *json = NULL;
    struct diag diag = {0};
    save.form = save.form ? save.form : "census";
    save.form_version = save.form_version ? save.form_version : 1;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(json_parse(span_of(values), &json, NULL), OK);
    for (const struct json *at = json_first(json); at; at = json_next(at)) {
        struct buf text;
        buf_init(&text, &town->nodes.host.mem, 4096);
        json_add_tree(&text, at);
        changes[save.change_count].property = json_key(at);
        assert_int_equal(arena_copy(&arena, buf_span(&text), &changes[save.change_count].json), OK);
        save.change_count++;
        buf_release(&text);
    }
    save.changes = changes;
    town->nodes.now_ms += 60000;
    enum err e = node_save(node, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("%s: %s %s %s", values, err_name(e), diag.args[0], diag.args[1]);
    }
    json_free(json);
    arena_release(&arena);
    return saved.entity;
}

static inline struct id new_house(struct town *town, const char *values)
{
    return write_as(town, town->a,
                    (struct save){.person = town->amina,
                                  .type = "household",
                                  .is_new = true,
                                  .place = span_of(TOWN_COMMUNE)},
                    values);
}

static inline struct id new_member(struct town *town, struct node *node, struct id person,
                                   struct id house, const char *values)
{
    return write_as(town, node,
                    (struct save){.person = person,
                                  .type = "person",
                                  .is_new = true,
                                  .has_parent = true,
                                  .parent = house},
                    values);
}

static inline void change(struct town *town, struct node *node, struct id person, struct id entity,
                          const char *values)
{
    (void)write_as(town, node, (struct save){.person = person, .entity = entity}, values);
}

#endif
