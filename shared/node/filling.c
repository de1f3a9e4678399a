#include "filling.h"

#include "json.h"
#include "node_internal.h"
#include "save.h"

#define ABOUT_MAX 4096

/* ---- what it is about, as JSON */

static void put_id(struct json_writer *json, const char *name, bool has, struct id id)
{
    char text[ID_TEXT_SIZE];
    if (has) {
        id_write(id, text);
        json_name(json, name);
        json_put_text(json, text);
    }
}

static void write_about(const struct filling *filling, struct buf *ret)
{
    struct json_writer json;
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "form");
    json_put_text(&json, filling->form);
    json_name(&json, "version");
    json_put_int(&json, filling->form_version);
    put_id(&json, "entity", filling->has_entity, filling->entity);
    put_id(&json, "parent", filling->has_parent, filling->parent);
    if (filling->place != NULL) {
        json_name(&json, "place");
        json_put_text(&json, filling->place);
    }
    json_name(&json, "seen");
    json_put_int(&json, filling->seen);
    json_close(&json, '}');
}

static enum err read_about(struct span text, struct arena *arena, struct filling *ret)
{
    struct json *json = NULL;
    enum err e = json_parse(text, &json, NULL);
    if (e) {
        return ERR_DB_CORRUPT;
    }
    const char *place = json_get_text(json, "place", NULL);
    ret->form = arena_text(arena, json_get_text(json, "form", ""));
    ret->form_version = json_get_int(json, "version", 0);
    ret->seen = json_get_int(json, "seen", 0);
    ret->has_entity = id_read(json_span(json_get(json, "entity")), &ret->entity);
    ret->has_parent = id_read(json_span(json_get(json, "parent")), &ret->parent);
    ret->place = place ? arena_text(arena, place) : NULL;
    e = ret->form == NULL || (place && ret->place == NULL) ? ERR_NOMEM : OK;
    json_free(json);
    return e;
}

/* ---- rows */

static enum err check_room(struct node *node, const struct filling *filling, struct diag *diag)
{
    struct stmt *s = db_stmt(node->db, FILLING_COUNT);
    int64_t count = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e && count > FILLINGS_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "drafts", "1000", NULL);
    }
    if (!e && filling->answers.size > FILLING_ANSWERS_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, filling->form, "16777216", NULL);
    }
    return e;
}

static enum err put_now(struct node *node, const struct filling *filling, struct span about,
                        struct diag *diag)
{
    struct stmt *s = db_stmt(node->db, FILLING_PUT);
    stmt_bind_blob(s, 1, filling->id.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, filling->person.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, filling->changed_ms);
    stmt_bind_text(s, 4, about);
    stmt_bind_text(s, 5, filling->answers);
    stmt_bind_text(s, 6, filling->begun);
    enum err e = stmt_run(s);
    return e ? e : check_room(node, filling, diag);
}

enum err filling_put(struct node *node, const struct filling *filling, struct diag *diag)
{
    struct buf about;
    buf_init(&about, &node->host->mem, ABOUT_MAX);
    write_about(filling, &about);
    enum err e = buf_error(&about);
    if (!e) {
        e = node_begin(node);
        if (!e) {
            e = node_end(node, put_now(node, filling, buf_span(&about), diag));
        }
    }
    buf_release(&about);
    return node_failed(node, e, diag);
}

enum err filling_read(struct node *node, struct id person, struct id id, struct arena *arena,
                      struct filling *ret, struct diag *diag)
{
    struct filling filling = {.id = id, .person = person};
    bool found = false;
    char text[ID_TEXT_SIZE];
    struct stmt *s = db_stmt(node->db, FILLING_GET);
    stmt_bind_blob(s, 1, id.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, person.bytes, ID_SIZE);
    enum err e = OK;
    if (stmt_row(s)) {
        found = true;
        filling.changed_ms = stmt_i64(s, 0);
        e = read_about(stmt_span(s, 1), arena, &filling);
        e = e ? e : arena_copy(arena, stmt_span(s, 2), &filling.answers);
        e = e ? e : arena_copy(arena, stmt_span(s, 3), &filling.begun);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e && !found) {
        id_write(id, text);
        return diag_set(diag, ERR_NOT_FOUND, "draft", text, NULL);
    }
    if (!e) {
        *ret = filling;
    }
    return node_failed(node, e, diag);
}

enum err filling_list(struct node *node, struct id person, struct arena *arena,
                      struct filling **ret, size_t *ret_count)
{
    struct filling *list = arena_array(arena, FILLINGS_MAX, sizeof *list);
    size_t count = 0;
    enum err e = list ? OK : ERR_NOMEM;
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, FILLING_LIST);
    stmt_bind_blob(s, 1, person.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, FILLINGS_MAX);
    while (!e && stmt_row(s)) {
        list[count] = (struct filling){.person = person, .changed_ms = stmt_i64(s, 1)};
        e = stmt_blob(s, 0, list[count].id.bytes, ID_SIZE) ? OK : ERR_DB_CORRUPT;
        e = e ? e : read_about(stmt_span(s, 2), arena, &list[count]);
        count++;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err node_seen(struct node *node, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, OP_LAST);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

enum err filling_drop(struct node *node, struct id id)
{
    enum err e = node_begin(node);
    if (!e) {
        struct stmt *s = db_stmt(node->db, FILLING_DROP);
        stmt_bind_blob(s, 1, id.bytes, ID_SIZE);
        e = node_end(node, stmt_run(s));
    }
    return e;
}
