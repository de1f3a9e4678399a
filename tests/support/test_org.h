/*
 * test_org.h - a region and its devices, ready to work.
 *
 *     struct test_org org;
 *     test_org_open(&org);
 *     struct node *a = test_org_device(&org, "A01", org.fatima, TEST_COMMUNE);
 *     ...
 *     test_org_release(&org);
 *
 * The region publishes the types and forms of schema/ (SCHEMA_DIR), some places, three persons
 * and their grants.
 */
#ifndef TEST_ORG_H
#define TEST_ORG_H

#include "test_node.h"
#include "test_schema.h"

#include "code.h"
#include "org.h"

/* ---- publishing */

static inline void test_publish(struct test_org *org, const char *kind, const char *name,
                                const char *definition)
{
    struct diag diag = {0};
    if (org_publish(org->region, kind, name, span_of(definition), &diag)) {
        fail_msg("%s %s: %s %s", kind, name, diag.args[0], diag.args[1]);
    }
}

static inline void test_publish_file(const struct json *json, const char *name, void *ctx)
{
    struct test_org *org = ctx;
    struct buf text;
    bool type = json_get(json, "type") && json_get(json, "properties");
    (void)name;
    buf_init(&text, &org->host.mem, 256u * 1024);
    json_add_tree(&text, json);
    test_publish(org, type ? "_type" : "_form", json_get_text(json, type ? "type" : "form", ""),
                 buf_text(&text));
    buf_release(&text);
}

static inline struct id test_person(struct test_org *org, const char *name, const char *role)
{
    struct id id;
    char text[ID_TEXT_SIZE];
    char definition[256];
    test_org_random(org, id.bytes, ID_SIZE);
    id_write(id, text);
    (void)snprintf(definition, sizeof definition, "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"%s\"}",
                   text, name, role);
    test_publish(org, "_person", text, definition);
    return id;
}

/* `compartments` and `verbs` as JSON arrays. Returns the grant's id as text. */
static inline const char *test_grant(struct test_org *org, struct id person, const char *scope,
                                     const char *compartments, const char *verbs)
{
    struct id id;
    char text[ID_TEXT_SIZE];
    char who[ID_TEXT_SIZE];
    char definition[512];
    test_org_random(org, id.bytes, ID_SIZE);
    id_write(id, text);
    id_write(person, who);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"%s\",\"compartments\":%s,"
                   "\"verbs\":%s}",
                   text, who, scope, compartments, verbs);
    test_publish(org, "_grant", text, definition);
    return arena_text(&org->arena, text);
}

static inline void test_publish_node(struct test_org *org, struct node *node, const char *code,
                                     const char *role, const char *scope)
{
    struct node_identity identity;
    char text[ID_TEXT_SIZE];
    char key[64];
    char definition[512];
    assert_int_equal(node_identity(node, &identity), OK);
    id_write(identity.id, text);
    base64_write(identity.key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"%s\",\"key\":\"%s\",\"short\":\"%s\","
                   "\"scopes\":[\"%s\"],\"compartments\":[\"base\",\"aid\",\"health\","
                   "\"protection\"]}",
                   text, code, role, key, code, scope);
    test_publish(org, "_node", text, definition);
}

/* An enrolled device of a person, with the organisation's ops. */
static inline struct node *test_org_device(struct test_org *org, const char *code, struct id person,
                                           const char *scope)
{
    struct diag diag = {0};
    struct node *node = test_org_node(org, ROLE_WORKER);
    struct node_identity region;
    assert_int_equal(node_identity(org->region, &region), OK);
    test_publish_node(org, node, code, "worker", scope);
    struct node_enrolment enrolment = {.hub = region.id,
                                       .url = "https://hub.example",
                                       .pins = "",
                                       .ca_pem = "",
                                       .org_key = region.org_key,
                                       .short_code = code,
                                       .has_person = true,
                                       .person = person,
                                       .definition = span_of("{}"),
                                       .hub_time_ms = org->now_ms};
    assert_int_equal(node_enrol(node, &enrolment, &diag), OK);
    test_carry(org, org->region, node);
    return node;
}

/* ---- the organisation */

static inline void test_org_places(struct test_org *org)
{
    static const char *const codes[] = {"05",          TEST_PROVINCE, "05.081.03", TEST_COMMUNE,
                                        TEST_COMMUNE2, "05.091",      "05.091.01", TEST_ELSEWHERE};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char definition[256];
        (void)snprintf(definition, sizeof definition,
                       "{\"code\":\"%s\",\"level\":\"commune\",\"parent\":null,\"labels\":{}}",
                       codes[i]);
        test_publish(org, "_place", codes[i], definition);
    }
}

static inline void test_org_persons(struct test_org *org)
{
    static const char write[] = "[\"read\",\"write\"]";
    org->fatima = test_person(org, "Fatima", "worker");
    org->brahim = test_person(org, "Brahim", "worker");
    org->said = test_person(org, "Said", "supervisor");
    (void)test_grant(org, org->fatima, TEST_COMMUNE, "[\"base\",\"aid\"]", write);
    (void)test_grant(org, org->brahim, TEST_COMMUNE, "[\"base\",\"aid\"]", write);
    (void)test_grant(org, org->said, TEST_PROVINCE, "[\"base\",\"aid\",\"health\",\"protection\"]",
                     "[\"read\",\"write\",\"review\"]");
}

static inline void test_org_open(struct test_org *org)
{
    const char *base = getenv("TMPDIR");
    *org = (struct test_org){.random = 20261101, .now_ms = TEST_START_MS};
    (void)test_mem_init(&org->memory, 0);
    org->host = (struct host){.ctx = org,
                              .mem = org->memory.mem,
                              .now_ms = test_org_now,
                              .mono_ms = test_org_now,
                              .random = test_org_random,
                              .fault = test_org_fault,
                              .files = &test_org_files};
    (void)snprintf(org->folder, sizeof org->folder, "%s/douar-node-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(org->folder));
    arena_init(&org->arena, &org->host.mem, 64u * 1024 * 1024);
    org->region = test_org_node(org, ROLE_REGION);
    assert_int_equal(node_begin(org->region), OK);
    (void)test_schema_each(SCHEMA_DIR "/types", test_publish_file, org);
    (void)test_schema_each(SCHEMA_DIR "/forms", test_publish_file, org);
    test_org_places(org);
    test_org_persons(org);
    assert_int_equal(node_end(org->region, OK), OK);
}

static inline void test_org_release(struct test_org *org)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".anchor"};
    for (size_t i = 0; i < org->count; i++) {
        node_close(org->nodes[i]);
        for (size_t k = 0; k < COUNT_OF(suffixes); k++) {
            char path[400];
            (void)snprintf(path, sizeof path, "%s%s", org->paths[i], suffixes[k]);
            (void)remove(path);
        }
    }
    arena_release(&org->arena);
    assert_int_equal(rmdir(org->folder), 0);
    assert_int_equal(org->memory.live_count, 0);
}

#endif
