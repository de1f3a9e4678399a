/*
 * test_back.h - for tests of ways back: what the office is told, backups, a device between two
 * hubs. The file that includes this defines _XOPEN_SOURCE 700 first.
 */
#ifndef TEST_BACK_H
#define TEST_BACK_H

#include "node_internal.h"
#include "notice.h"
#include "test_town.h"

static inline bool noticed(struct town *town, struct node *node, const char *what, struct node *of)
{
    struct arena arena;
    struct notice *list = NULL;
    struct node_identity me;
    size_t count = 0;
    bool found = false;
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_identity(of, &me), OK);
    assert_int_equal(notice_list(node, &arena, &list, &count), OK);
    for (size_t i = 0; i < count; i++) {
        found = found || (strcmp(list[i].what, what) == 0 && id_equal(list[i].node, me.id) &&
                          list[i].last_ms > 0);
    }
    arena_release(&arena);
    return found;
}

static inline int64_t left_to_send(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.ops_here;
}

static inline void backup_to(struct town *town, struct node *node, const char *name)
{
    char path[256];
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s.db", town->nodes.folder, name);
    assert_int_equal(node_backup(node, path, &diag), OK);
}

static inline struct sync_result sync_at(struct town *town, struct node *device, struct node *hub)
{
    struct sync_action action;
    struct node_identity of;
    assert_int_equal(node_identity(hub, &of), OK);
    nodes_sync_by(&town->nodes, device, hub, &of.id, NULL, &action);
    assert_int_equal(action.kind, SYNC_DONE);
    return action.result;
}

/* Another hub of the province, where `device` has been before. */
static inline struct node *hub_known_to(struct town *town, struct node *device)
{
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, next, town->region);
    nodes_enrol(&town->nodes, next, device, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    for (int i = 0; i < 3; i++) {
        (void)sync_at(town, device, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    return next;
}

static inline struct sync_result sync_with_hub(struct town *town, struct node *node)
{
    return nodes_sync(&town->nodes, node, town->hub);
}

#endif
