/*
 * record_children.c - what belongs to a record: members of a household, and what they receive.
 */
#include <string.h>

#include "node_alias.h"
#include "record_view.h"

struct gathering {
    struct view *view;
    struct entity_row whose;
    struct entity_row member; /* the one it stands for whose children are read */
    size_t limit;
    struct arena *arena;
    struct record_child *children;
    size_t count;
};

/* The record that a child names as its parent; its root when it names none. */
static enum err parent_of(const struct gathering *gathering, int64_t entity, struct id root,
                          struct id *ret)
{
    struct arena shown_arena;
    struct shown shown = {0};
    const char *text = "";
    arena_init(&shown_arena, &gathering->view->node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = shown_read(gathering->view->node, entity, &shown_arena, &shown);
    if (!e) {
        e = shown_own_text(&shown, REGISTER_PARENT, &shown_arena, &text);
    }
    if (!e && !id_read(span_of(text), ret)) {
        *ret = root;
    }
    arena_release(&shown_arena);
    return e;
}

static enum err take_row(struct gathering *gathering, struct stmt *s)
{
    struct stored_row row;
    struct entity_row root;
    struct id parent = {{0}};
    enum err e = view_stored(gathering->view, s, gathering->arena, &row);
    if (!e) {
        e = view_filter(gathering->view, &row, gathering->arena);
    }
    if (!e) {
        e = entity_get(gathering->view->node, row.root, &root);
    }
    if (!e) {
        e = parent_of(gathering, row.entity, root.name, &parent);
    }
    bool whole_tree = gathering->member.id == gathering->member.root;
    if (e || (!whole_tree && !id_equal(parent, gathering->member.name))) {
        return e;
    }
    e = alias_head_name(gathering->view->node, parent, &parent);
    if (e) {
        return e;
    }
    gathering->children[gathering->count++] =
        (struct record_child){.entity = row.name,
                              .parent = parent,
                              .type_name = row.row.type_name,
                              .case_number = row.row.case_number,
                              .title = row.row.title,
                              .dispute_count = row.row.dispute_count,
                              .updated_ms = row.row.updated_ms};
    return OK;
}

static enum err gather(struct gathering *gathering)
{
    enum err e = OK;
    struct stmt *s = db_stmt(gathering->view->node->db, RECORD_CHILDREN);
    stmt_bind_i64(s, 1, gathering->member.root);
    stmt_bind_i64(s, 2, gathering->member.id);
    while (!e && gathering->count < gathering->limit && stmt_row(s)) {
        e = take_row(gathering, s);
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

/* Its own, and those of each duplicate that it stands for. */
static enum err gather_all(struct gathering *gathering)
{
    struct alias_members members;
    struct node *node = gathering->view->node;
    gathering->children =
        arena_array(gathering->arena, gathering->limit, sizeof *gathering->children);
    enum err e =
        gathering->children ? alias_members(node, gathering->whose.id, &members) : ERR_NOMEM;
    for (size_t i = 0; !e && i < members.count; i++) {
        e = entity_get(node, members.entities[i], &gathering->member);
        if (!e) {
            e = gather(gathering);
        }
    }
    return e;
}

enum err record_children(struct node *node, const struct id *viewer, struct id entity, size_t limit,
                         struct arena *arena, struct record_child **ret, size_t *ret_count,
                         struct diag *diag)
{
    struct view view;
    struct gathering gathering = {.view = &view, .limit = limit, .arena = arena};
    bool seen = false;
    enum err e = view_open(node, viewer, &view);
    if (!e) {
        e = alias_head_name(node, entity, &entity);
    }
    if (!e) {
        e = entity_find(node, entity, &gathering.whose);
    }
    if (!e && gathering.whose.id != 0) {
        e = view_turn(&view, gathering.whose.root, &seen);
    }
    if (!e && seen) {
        e = gather_all(&gathering);
    }
    if (!e) {
        *ret = gathering.children;
        *ret_count = gathering.count;
    }
    return node_failed(node, e, diag);
}
