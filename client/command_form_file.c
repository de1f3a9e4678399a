/*
 * command_form_file.c - forms as files: `form check`, `form convert`, `form diff`, and `form show`
 * of a file.
 */
#include <string.h>

#include "form_desk.h"
#include "num.h"
#include "xform_diff.h"
#include "xform_outline.h"
#include "xform_xml.h"

#define PLACE_SIZE  400
#define OUTLINE_MAX (64u << 20)

/* ---- reading */

static void say_faults(struct session *session, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        char place[PLACE_SIZE], words[FORM_FILE_WORDS_MAX];
        form_file_place(at, place, sizeof place);
        form_file_words(at, words, sizeof words);
        if (at->is_error || !session->quiet) {
            face_warn(&session->face, at->is_error ? "text.form_error" : "text.form_warning", path,
                      place, words, NULL);
        }
    }
}

static enum err read_file(struct session *session, const char *path, bool with_lists,
                          struct arena *arena, struct form_file *ret)
{
    enum err e =
        form_file_open(session->program->host, path, with_lists, arena, ret, &session->diag);
    say_faults(session, path, ret);
    return e;
}

enum err form_desk_need(struct session *session, const char *path, struct arena *arena,
                        struct form_file *ret)
{
    enum err e = read_file(session, path, false, arena, ret);
    return e ? e : form_file_is_played(ret, path, &session->diag);
}

/* ---- answers with --json */

static void begin_answer(struct session *session)
{
    buf_clear(&session->answer);
    json_begin(&session->out, &session->answer);
    json_open(&session->out, '{');
    json_name(&session->out, "ok");
    json_put_bool(&session->out, true);
}

static enum err end_answer(struct session *session)
{
    json_close(&session->out, '}');
    if (session->face.json) {
        face_put_line(&session->face, buf_span(&session->answer));
    }
    return buf_error(&session->answer);
}

static void put_member(struct session *session, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        json_name(&session->out, name);
        json_put_text(&session->out, text);
    }
}

/* ---- form check */

static void put_faults(struct session *session, const char *path, const struct form_file *file)
{
    for (const struct xlsform_fault *at = file->faults.first; at != NULL; at = at->next) {
        json_open(&session->out, '{');
        put_member(session, "file", path);
        put_member(session, "kind", at->is_error ? "error" : "warning");
        put_member(session, "sheet", at->sheet);
        if (at->row != 0) {
            json_name(&session->out, "row");
            json_put_int(&session->out, (int64_t)at->row);
        }
        put_member(session, "column", at->column);
        put_member(session, "what", at->what);
        put_member(session, "mend", at->mend);
        json_close(&session->out, '}');
    }
}

static enum err check_file(struct session *session, const char *path)
{
    struct arena arena;
    struct form_file file;
    arena_init(&arena, &session->program->host->mem, FORM_DESK_ARENA_MAX);
    enum err e = read_file(session, path, true, &arena, &file);
    e = e ? e : form_file_check(&file, &arena, &session->diag);
    put_faults(session, path, &file);
    arena_release(&arena);
    return e;
}

/* The failure is that of the first fault; a machine is given all of them beside it. */
static void say_failed(struct session *session, const struct diag *failure)
{
    struct buf line;
    struct span answer = buf_span(&session->answer);
    size_t ok = strlen("{\"ok\":true"); /* as begin_answer() begins; the failure has its own */
    buf_init(&line, &session->program->host->mem, SESSION_LINE_MAX + FORM_FILE_MAX);
    device_answer_failure(&session->catalogues, session->language, failure, &line);
    buf_truncate(&line, line.size > 0 ? line.size - 1 : 0);
    buf_add_span(&line, span_cut(answer, ok, answer.size));
    buf_add_byte(&line, '}');
    if (buf_error(&line) == OK) {
        face_put_line(&session->face, buf_span(&line));
        session->said = true;
    }
    buf_release(&line);
}

enum err command_form_check(struct session *session)
{
    struct diag first = {.code = OK};
    char count[NUM_TEXT_SIZE];
    size_t checked = 0;
    begin_answer(session);
    json_name(&session->out, "faults");
    json_open(&session->out, '[');
    for (; session_word(session, checked) != NULL; checked++) {
        session->diag = (struct diag){.code = OK};
        enum err e = check_file(session, session_word(session, checked));
        if (e && !first.code) {
            first = session->diag;
            first.code = e;
        }
    }
    json_close(&session->out, ']');
    json_name(&session->out, "checked");
    json_put_int(&session->out, (int64_t)checked);
    session->diag = first;
    if (first.code) {
        if (session->face.json && buf_error(&session->answer) == OK) {
            say_failed(session, &first);
        }
        return first.code;
    }
    num_write_i64((int64_t)checked, count);
    face_say(&session->face, "text.forms_checked", count, NULL);
    return end_answer(session);
}

/* ---- form convert */

static enum err write_as(struct session *session, const struct form_file *file, const char *path)
{
    const struct host *host = session->program->host;
    struct buf text;
    buf_init(&text, &host->mem, XFORM_XML_MAX);
    enum err e = form_file_write(file, path, &text, &session->diag);
    if (!e) {
        e = host->files->write_atomic(host->ctx, path, buf_span(&text));
        e = e ? diag_set(&session->diag, ERR_FILE, path, err_name(e), NULL) : OK;
    }
    buf_release(&text);
    return e;
}

enum err command_form_convert(struct session *session)
{
    const char *from = session_word(session, 0), *to = session_word(session, 1);
    struct arena arena;
    struct form_file file;
    enum err e = form_file_can_write(to, &session->diag);
    if (e) {
        return e;
    }
    arena_init(&arena, &session->program->host->mem, FORM_DESK_ARENA_MAX);
    e = form_desk_need(session, from, &arena, &file);
    e = e ? e : write_as(session, &file, to);
    arena_release(&arena);
    if (e) {
        return e;
    }
    begin_answer(session);
    put_member(session, "form", from);
    put_member(session, "file", to);
    face_say(&session->face, "text.form_converted", from, to, NULL);
    return end_answer(session);
}

/* ---- form show FILE */

enum err form_show_file(struct session *session)
{
    struct arena arena;
    struct form_file file;
    struct buf outline;
    arena_init(&arena, &session->program->host->mem, FORM_DESK_ARENA_MAX);
    buf_init(&outline, &session->program->host->mem, OUTLINE_MAX);
    enum err e = form_desk_need(session, session_word(session, 0), &arena, &file);
    if (!e) {
        xform_outline(&file.form, xform_language(&file.form, language_name(session->language)),
                      &outline);
        e = buf_error(&outline);
    }
    if (!e && session->face.json) { /* the same, for machines */
        face_put_line(&session->face, file.text);
    } else if (!e) {
        face_put(&session->face, buf_span(&outline));
    }
    buf_release(&outline);
    arena_release(&arena);
    return e;
}

/* ---- form diff */

static void put_change(struct session *session, const struct xform_change *change)
{
    json_open(&session->out, '{');
    put_member(session, "place", change->place);
    put_member(session, "what", change->what);
    put_member(session, "old", change->old);
    put_member(session, "new", change->now);
    json_close(&session->out, '}');
}

static void put_changes(struct session *session, const struct xform_change *changes, bool of_data)
{
    bool any = false;
    json_name(&session->out, of_data ? "data" : "workers");
    json_open(&session->out, '[');
    for (const struct xform_change *at = changes; at != NULL; at = at->next) {
        if (at->of_data != of_data) {
            continue;
        }
        if (!any) {
            face_say(&session->face, of_data ? "text.form_diff_data" : "text.form_diff_workers",
                     NULL);
        }
        any = true;
        put_change(session, at);
        face_say(&session->face,
                 at->old[0] && at->now[0] ? "text.form_diff_changed"
                 : at->now[0]             ? "text.form_diff_new"
                                          : "text.form_diff_gone",
                 at->place, at->what, at->old, at->now, NULL);
    }
    json_close(&session->out, ']');
}

enum err command_form_diff(struct session *session)
{
    struct arena arena;
    struct form_file old, now;
    struct xform_change *changes = NULL;
    arena_init(&arena, &session->program->host->mem, 2 * (size_t)FORM_DESK_ARENA_MAX);
    enum err e = form_desk_need(session, session_word(session, 0), &arena, &old);
    e = e ? e : form_desk_need(session, session_word(session, 1), &arena, &now);
    e = e ? e
          : xform_diff(&old.form, &now.form, language_name(session->language), &arena, &changes);
    if (!e) {
        begin_answer(session);
        put_changes(session, changes, true);
        put_changes(session, changes, false);
        if (changes == NULL) {
            face_say(&session->face, "text.form_diff_same", NULL);
        }
        e = end_answer(session);
    }
    arena_release(&arena);
    return e;
}
