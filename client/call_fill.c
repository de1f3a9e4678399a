/*
 * call_fill.c - filling a form: begun, or gone on with from a draft; talked with in the words of
 * schema/play.md; saved as records.
 */
#include <string.h>

#include "call_put.h"
#include "fill.h"
#include "record.h"
#include "save.h"
#include "xform_json.h"

#define REQUEST_MAX DEVICE_REQUEST_MAX

void fill_free(struct fill *fill)
{
    if (fill == NULL) {
        return;
    }
    const struct mem *mem = fill->mem;
    play_free(fill->play);
    arena_release(&fill->arena);
    mem->resize(mem->ctx, fill, 0);
}

static void close_fill(struct call *call)
{
    struct fill **slot = call_fill_slot(call);
    fill_free(*slot);
    *slot = NULL;
}

static enum err open_one(struct call *call, struct fill **ret)
{
    struct fill **slot = call_fill_slot(call);
    if (*slot == NULL || !id_equal((*slot)->about.person, call->person)) { /* nor another's */
        return diag_set(call->diag, ERR_USAGE, "fill", "fill comes first", NULL);
    }
    (*slot)->call = call;
    *ret = *slot;
    return OK;
}

/* ---- beginning */

static enum err find_form(struct call *call, const struct filling *about, const struct form **ret)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct form *form = about->form_version != 0
                                  ? org_form_version(org, span_of(about->form), about->form_version)
                                  : org_form(org, span_of(about->form));
    if (form == NULL) {
        return diag_set(call->diag, ERR_UNKNOWN_FORM, about->form, NULL);
    }
    if (form->hash == NULL) {
        return diag_set(call->diag, ERR_PLAIN_FORM, form->id, NULL);
    }
    *ret = form;
    return OK;
}

static enum err read_form(struct call *call, struct fill *fill, const struct form *form)
{
    struct buf text;
    buf_init(&text, fill->mem, XFORM_JSON_MAX);
    enum err e = org_form_text(call->node, form, &text, call->diag);
    e = e ? e : xform_read_json(buf_span(&text), &fill->arena, &fill->form, call->diag);
    buf_release(&text);
    e = e ? e : mapping_make(&fill->form, &fill->arena, &fill->map, call->diag);
    if (!e) {
        fill->begun = arena_array(&fill->arena, fill->form.node_count, sizeof *fill->begun);
        e = fill->begun ? play_new(&fill->form, &fill->host, &fill->play, call->diag) : ERR_NOMEM;
    }
    return e;
}

/* What it is about, from the arguments or the draft; texts live with the fill. */
static enum err read_about(struct call *call, struct fill *fill)
{
    struct filling *about = &fill->about;
    const char *draft = call_arg_text(call, "draft");
    const char *record = call_arg_text(call, "id");
    const char *parent = call_arg_text(call, "parent");
    const char *place = call_arg_text(call, "place");
    struct id id;
    if (draft != NULL) {
        return id_read(span_of(draft), &id)
                   ? filling_read(call->node, call->person, id, &fill->arena, about, call->diag)
                   : diag_set(call->diag, ERR_NOT_FOUND, "draft", draft, NULL);
    }
    if (call_arg_text(call, "form") == NULL) {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "form", NULL);
    }
    about->person = call->person;
    call->host->random(call->host->ctx, about->id.bytes, ID_SIZE);
    about->form = arena_text(&fill->arena, call_arg_text(call, "form"));
    about->place = place ? arena_text(&fill->arena, place) : NULL;
    enum err e = about->form == NULL || (place && !about->place) ? ERR_NOMEM : OK;
    e = e ? e : node_seen(call->node, &about->seen);
    if (!e && record != NULL) {
        about->has_entity = true;
        e = record_resolve_id(call->node, record, &about->entity, call->diag);
    }
    if (!e && parent != NULL) {
        about->has_parent = true;
        e = record_resolve_id(call->node, parent, &about->parent, call->diag);
    }
    return e;
}

enum err fill_ask(struct fill *fill, struct span request, struct buf *answer)
{
    enum err e = play_call(fill->play, request, answer);
    bool failed = span_starts_with(buf_span(answer), "{\"ok\":false,\"error\":\"no_memory\"");
    return !e && failed ? ERR_NOMEM : e;
}

/* Without memory the engine may have stopped half way: what is on disk is whole. */
static enum err kept_whole(struct call *call, enum err e)
{
    if (e == ERR_NOMEM) {
        close_fill(call);
    }
    return e;
}

static enum err load_draft(struct fill *fill, struct span draft, struct buf *answer)
{
    struct buf request;
    buf_init(&request, fill->mem, FILLING_ANSWERS_MAX + REQUEST_MAX);
    buf_add_text(&request, "{\"call\":\"load\",\"draft\":");
    buf_add_span(&request, draft);
    buf_add_text(&request, "}");
    enum err e = buf_error(&request);
    e = e ? e : fill_ask(fill, buf_span(&request), answer);
    buf_release(&request);
    return e;
}

/* The engine's refusal as the call's own: its name and its facts. */
static enum err take_failure(struct call *call, const struct buf *answer)
{
    struct json *json = NULL;
    enum err e = json_parse_deep(buf_span(answer), &json, NULL);
    if (!e && !json_bool(json_get(json, "ok"))) {
        const char *args[DIAG_ARGS] = {NULL};
        size_t count = 0;
        for (const struct json *at = json_first(json_get(json, "args"));
             at != NULL && count < DIAG_ARGS; at = json_next(at)) {
            args[count++] = json_text(at);
        }
        e = diag_set(call->diag, err_from_name(json_get_text(json, "error", "internal")), args[0],
                     args[1], args[2], args[3], NULL);
    }
    json_free(json);
    return e;
}

static enum err begin_with_record(struct call *call, struct fill *fill, struct buf *answer)
{
    struct buf text;
    buf_init(&text, fill->mem, FILLING_ANSWERS_MAX);
    enum err e = fill_from_record(call, fill);
    e = e ? e : fill_ask(fill, span_of("{\"call\":\"move\",\"to\":\"first\"}"), answer);
    play_write_draft(fill->play, &text);
    e = e ? e : buf_error(&text);
    e = e ? e : arena_copy(&fill->arena, buf_span(&text), &fill->about.begun);
    buf_release(&text);
    return e;
}

/* Begun anew, or with what the record held then; a draft after that, as it was left. */
static enum err load(struct call *call, struct fill *fill, struct buf *answer)
{
    enum err e = fill_ask(fill, span_of("{\"call\":\"load\"}"), answer);
    e = e ? e : take_failure(call, answer);
    if (!e && fill->about.begun.size != 0) {
        e = load_draft(fill, fill->about.begun, answer);
        e = e ? e : take_failure(call, answer);
    } else if (!e && fill->about.has_entity) {
        e = begin_with_record(call, fill, answer);
    }
    e = e ? e : fill_note_begun(call, fill);
    if (!e && fill->about.answers.size != 0) {
        e = load_draft(fill, fill->about.answers, answer);
        e = e ? e : take_failure(call, answer);
    }
    return e;
}

static enum err keep_draft(struct call *call)
{
    struct fill *fill = *call_fill_slot(call);
    struct buf text;
    buf_init(&text, fill->mem, FILLING_ANSWERS_MAX);
    play_write_draft(fill->play, &text);
    enum err e = buf_error(&text);
    if (!e) {
        fill->about.answers = buf_span(&text);
        fill->about.changed_ms = fill->host.now_ms(fill);
        e = filling_put(call->node, &fill->about, call->diag);
    }
    fill->about.answers = (struct span){0};
    buf_release(&text);
    return e;
}

static void put_about(struct call *call, const struct filling *about)
{
    put_id(call, "draft", about->id);
    put_text(call, "form", about->form);
    put_int(call, "version", about->form_version);
    if (about->has_entity) {
        put_id(call, "id", about->entity);
    }
    if (about->has_parent) {
        put_id(call, "parent", about->parent);
    }
    put_text(call, "place", about->place);
}

static enum err begin(struct call *call, struct fill *fill)
{
    const struct form *form = NULL;
    struct record around = {0};
    struct buf answer;
    buf_init(&answer, fill->mem, DEVICE_ANSWER_MAX);
    enum err e = read_about(call, fill);
    e = e ? e : fill_read_around(call, fill, &around);
    e = e ? e : find_form(call, &fill->about, &form);
    if (!e) {
        fill->about.form_version = form->version;
        fill->about.form = arena_text(&fill->arena, form->id);
        e = fill->about.form ? read_form(call, fill, form) : ERR_NOMEM;
    }
    if (!e && fill->about.begun.size == 0 && fill->about.answers.size == 0) {
        e = fill_check_about(call, fill, &around); /* a draft is shown, whatever comes of it */
    }
    e = e ? e : load(call, fill, &answer);
    if (!e) {
        put_about(call, &fill->about);
        put_text(call, "title", fill->form.title);
        put_texts(call, "languages", (const char *const *)fill->form.languages,
                  fill->form.language_count);
    }
    buf_release(&answer);
    return e;
}

enum err call_fill(struct call *call)
{
    const struct mem *mem = &call->host->mem;
    struct fill *fill = mem->resize(mem->ctx, NULL, sizeof *fill);
    if (fill == NULL) {
        return ERR_NOMEM;
    }
    close_fill(call);
    *fill = (struct fill){.mem = mem, .call = call};
    arena_init(&fill->arena, mem, FILL_ARENA_MAX);
    fill_host_init(fill);
    enum err e = begin(call, fill);
    if (e) {
        fill_free(fill);
        return e;
    }
    *call_fill_slot(call) = fill;
    return OK;
}

/* ---- talking */

static const struct {
    const char *name;
    bool changes;
} sayings[] = {{"state", false}, {"answer", true},    {"add_repeat", true}, {"remove_repeat", true},
               {"move", false},  {"validate", false}, {"eval", false}};

#define SAYINGS_MAX (sizeof sayings / sizeof sayings[0])

static enum err find_saying(struct call *call, const struct json *request, bool *ret_changes)
{
    const char *name = json_get_text(request, "call", "");
    for (size_t i = 0; i < SAYINGS_MAX; i++) {
        if (strcmp(sayings[i].name, name) == 0) {
            *ret_changes = sayings[i].changes;
            return OK;
        }
    }
    return diag_set(call->diag, ERR_BAD_CHOICE, "call", name,
                    "state, answer, add_repeat, remove_repeat, move, validate, eval", NULL);
}

enum err call_fill_say(struct call *call)
{
    struct fill *fill = NULL;
    struct buf request, answer;
    bool changes = false;
    const struct json *given = json_get(call->args, "request");
    enum err e = open_one(call, &fill);
    e = e ? e : find_saying(call, given, &changes);
    if (e) {
        return e;
    }
    buf_init(&request, fill->mem, REQUEST_MAX);
    buf_init(&answer, fill->mem, DEVICE_ANSWER_MAX);
    json_add_tree(&request, given);
    e = buf_error(&request);
    e = e ? e : fill_ask(fill, buf_span(&request), &answer);
    bool taken = !e && span_starts_with(buf_span(&answer), "{\"ok\":true");
    if (taken && changes) { /* before the answer says so; on a full disk that alone is repeated */
        call->space = SPACE_SAVES;
        e = call_with_reserve(call, keep_draft);
    }
    if (!e) {
        put_raw(call, "answer", buf_span(&answer));
    }
    buf_release(&request);
    buf_release(&answer);
    return kept_whole(call, e);
}

/* ---- ending */

enum err call_fill_save(struct call *call)
{
    struct fill *fill = NULL;
    struct buf answer;
    enum err e = open_one(call, &fill);
    if (e) {
        return e;
    }
    buf_init(&answer, fill->mem, DEVICE_ANSWER_MAX);
    e = fill_ask(fill, span_of("{\"call\":\"save\",\"final\":true}"), &answer);
    e = e ? e : take_failure(call, &answer);
    buf_release(&answer);
    e = e ? e : fill_save(call, fill);
    if (!e) {
        close_fill(call);
    }
    return kept_whole(call, e);
}

enum err call_drafts(struct call *call)
{
    struct filling *list = NULL;
    size_t count = 0;
    enum err e = filling_list(call->node, call->person, call->arena, &list, &count);
    json_name(call->out, "drafts");
    json_open(call->out, '[');
    for (size_t i = 0; !e && i < count; i++) {
        json_open(call->out, '{');
        put_about(call, &list[i]);
        put_int(call, "changed_ms", list[i].changed_ms);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
    return e;
}

enum err call_draft_drop(struct call *call)
{
    struct filling filling;
    struct id id;
    const char *draft = call_arg_text(call, "draft");
    if (!id_read(span_of(draft), &id)) {
        return diag_set(call->diag, ERR_NOT_FOUND, "draft", draft, NULL);
    }
    enum err e = filling_read(call->node, call->person, id, call->arena, &filling, call->diag);
    struct fill *open = *call_fill_slot(call);
    if (!e && open != NULL && id_equal(open->about.id, id)) {
        close_fill(call);
    }
    return e ? e : filling_drop(call->node, id);
}
