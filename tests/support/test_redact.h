/*
 * test_redact.h - a town in which values may be redacted, and what its nodes' files hold.
 */
#ifndef TEST_REDACT_H
#define TEST_REDACT_H

#include "node_redact.h"
#include "redact.h"
#include "test_blob.h"
#include "test_forge.h"
#include "test_town.h"

#define SECRET  "Zerhouni-7714"
#define REWRITE "Zerhouni-8825"

static inline enum err ask(struct node *node, struct id person, struct id entity,
                           const char *property, const char *reason, struct redact_asked *ret)
{
    struct diag diag = {0};
    struct redact redact = {.person = person,
                            .entity = entity,
                            .property = property,
                            .all = property == NULL,
                            .reason = reason};
    return node_redact(node, &redact, ret, &diag);
}

static inline size_t redact(struct node *node, struct id person, struct id entity,
                            const char *property)
{
    struct redact_asked asked = {.done = false};
    enum err e = ask(node, person, entity, property, "asked by the person", &asked);
    if (e) {
        fail_msg("redact: %s", err_name(e));
    }
    return asked.op_count;
}

/* ---- files */

static inline bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t size = strlen(text);
    size_t at = 0;
    bool found = false;
    int c = 0;
    if (!file) {
        return false;
    }
    while (!found && (c = fgetc(file)) != EOF) {
        at = c == text[at] ? at + 1 : (c == text[0] ? 1 : 0);
        found = at == size;
    }
    (void)fclose(file);
    return found;
}

static inline bool node_holds(struct node *node, const char *text)
{
    static const char *const suffixes[] = {"", "-wal", "-journal", ".anchor"};
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char path[1100];
        (void)snprintf(path, sizeof path, "%s%s", node->path, suffixes[i]);
        found = found || file_holds(path, text);
    }
    return found;
}

/* The search index holds folded words in an order of its own, so each word is looked for. */
static inline void assert_gone(struct town *town, const char *text)
{
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    static const char *const folded[] = {"zerhouni"};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        if (node_holds(nodes[i], text)) {
            fail_msg("%s is in the files of node %zu", text, i);
        }
        if (node_holds(nodes[i], folded[0])) {
            fail_msg("%s is in the index of node %zu", folded[0], i);
        }
        town_assert_clean(town, nodes[i]);
    }
}

static inline void assert_same_everywhere(struct town *town)
{
    town_assert_same(town, town->region, town->hub, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->a, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->b, TOWN_COMMUNE, "base");
    town_assert_same(town, town->region, town->a, "org", "redact");
    town_assert_same(town, town->region, town->b, "org", "redact");
}

static inline void look_at_all(struct town *town)
{
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        bool more = false;
        assert_int_equal(node_project(nodes[i], 0, &more), OK);
    }
}

static inline bool count_row(void *ctx, const struct record_row *row)
{
    size_t *count = ctx;
    (void)row;
    (*count)++;
    return true;
}

static inline int setup(void **state)
{
    (void)town_setup(state);
    struct town *town = *state;
    nodes_let_redact(&town->nodes, town->region, town->amina, TOWN_PROVINCE);
    town_sync_all(town);
    return 0;
}

/* A household with a phone beside the name that is to go, known and shown everywhere. */
static inline struct id secret_household(struct town *town)
{
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, SECRET);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600112233\"");
    town_sync_all(town);
    look_at_all(town);
    assert_true(node_holds(town->b, SECRET));
    return entity;
}

#endif
