#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "json.h"
#include "play_screen.h"

struct play_request {
    struct play *play;
    const struct json *json;
    struct buf *answer;
    struct diag *diag;
};

/* ---- arguments */

static enum err missing(struct play_request *request, const char *what)
{
    return diag_set(request->diag, ERR_MISSING_ARGUMENT, what, NULL);
}

static enum err named_node(struct play_request *request, const char *member, struct play_node **ret)
{
    const struct json *path = json_get(request->json, member);
    if (!json_is(path, JSON_TEXT)) {
        return missing(request, member);
    }
    *ret = node_at(request->play, json_span(path));
    return *ret != NULL ? OK
                        : diag_set(request->diag, ERR_NOT_FOUND, "question", json_text(path), NULL);
}

/* An answer may come as text, number, truth, null, or a list of names. */
static enum err given_text(struct play_request *request, const struct json *value, struct buf *ret)
{
    int64_t number;
    switch (value == NULL ? JSON_OBJECT : json_kind(value)) {
    case JSON_NULL:
        break;
    case JSON_TEXT:
        buf_add_span(ret, json_span(value));
        break;
    case JSON_BOOL:
        buf_add_text(ret, json_bool(value) ? "true" : "false");
        break;
    case JSON_INT:
        if (json_int(value, &number)) {
            buf_add_format(ret, "%lld", (long long)number);
        }
        break;
    case JSON_ARRAY:
        for (const struct json *at = json_first(value); at != NULL; at = json_next(at)) {
            buf_add_text(ret, ret->size == 0 ? "" : " ");
            buf_add_span(ret, json_span(at));
        }
        break;
    case JSON_OBJECT:
    default:
        return missing(request, "value");
    }
    return buf_error(ret);
}

static void begin_answer(struct play_request *request, struct json_writer *json)
{
    json_begin(json, request->answer);
    json_open(json, '{');
    json_name(json, "ok");
    json_put_bool(json, true);
}

static void put_node_path(struct play_request *request, struct json_writer *json, const char *name,
                          const struct play_node *node)
{
    json_name(json, name);
    node_put_path(request->play, node, json);
}

/* ---- calls */

static enum err call_load(struct play_request *request)
{
    struct play *play = request->play;
    const struct json *draft = json_get(request->json, "draft");
    enum err e = draft != NULL ? play_read_draft(play, draft, request->diag)
                               : play_begin(play, request->diag);
    e = e != OK ? e : move_to(play, MOVE_FIRST, request->diag);
    if (e != OK) {
        return e;
    }
    struct json_writer json;
    begin_answer(request, &json);
    json_name(&json, "form");
    json_put_text(&json, play->form->id);
    json_name(&json, "version");
    json_put_text(&json, play->form->version);
    json_name(&json, "title");
    json_put_text(&json, play->form->title);
    json_name(&json, "root");
    json_put_text(&json, play->form->root->name);
    json_name(&json, "languages");
    json_open(&json, '[');
    for (size_t i = 0; i < play->form->language_count; i++) {
        json_put_text(&json, play->form->languages[i]);
    }
    json_close(&json, ']');
    json_name(&json, "lang");
    json_put_text(&json, play->form->languages[play->language]);
    json_close(&json, '}');
    return OK;
}

static enum err call_state(struct play_request *request)
{
    return add_state(request->play, json_bool(json_get(request->json, "all")), request->answer,
                     request->diag);
}

static enum err may_answer(struct play_request *request, struct play_node *node)
{
    bool readonly = false;
    if (node->def->is_group) {
        return diag_set(request->diag, ERR_NOT_FOUND, "question", node->def->node->name, NULL);
    }
    enum err e = is_readonly(request->play, node, &readonly, request->diag);
    return e != OK || !readonly
               ? e
               : diag_set(request->diag, ERR_READ_ONLY, node->def->node->name, NULL);
}

static enum err answer_node(struct play_request *request, struct play_node *node)
{
    struct play *play = request->play;
    struct buf given;
    struct span value;
    buf_init(&given, play->host.mem, XFORM_EXPRESSION_MAX * 2);
    enum err e = given_text(request, json_get(request->json, "value"), &given);
    e = e != OK
            ? e
            : value_for_node(play, node, buf_span(&given), &play->scratch, &value, request->diag);
    buf_release(&given);
    e = e != OK ? e : change_value(play, node, value, request->diag);
    node->touched = e == OK || node->touched;
    return e != OK ? e : compute(play, request->diag);
}

/* The answer is kept even when a constraint speaks against it: faces say so and keep a person
   from going on, and nobody types it twice. */
static enum err call_answer(struct play_request *request)
{
    struct play_node *node;
    struct validity validity;
    enum err e = named_node(request, "path", &node);
    e = e != OK ? e : may_answer(request, node);
    e = e != OK ? e : answer_node(request, node);
    e = e != OK ? e : check_node(request->play, node, &validity, request->diag);
    if (e != OK) {
        return e;
    }
    struct json_writer json;
    begin_answer(request, &json);
    put_node_path(request, &json, "path", node);
    json_name(&json, "value");
    json_put_span(&json, node->tree.text);
    if (validity.required_missing || validity.constraint_broken) {
        json_name(&json, "error");
        json_put_text(&json, validity.required_missing ? "required" : "constraint");
        json_name(&json, "message");
        json_put_span(&json, validity.message);
    }
    json_close(&json, '}');
    return OK;
}

static enum err call_add_repeat(struct play_request *request)
{
    struct play *play = request->play;
    const struct json *path = json_get(request->json, "path");
    if (!json_is(path, JSON_TEXT)) {
        return missing(request, "path");
    }
    struct span text = json_span(path);
    size_t slash = text.size;
    while (slash > 0 && text.data[slash - 1] != '/') {
        slash--;
    }
    struct play_node *parent = slash < 2 ? NULL : node_at(play, span_cut(text, 0, slash - 1));
    struct span name = span_cut(text, slash, text.size);
    const struct xform_node *repeat = parent == NULL ? NULL : parent->def->node->first;
    while (repeat != NULL && !(repeat->repeat && span_is(name, repeat->name))) {
        repeat = repeat->next;
    }
    if (repeat == NULL) {
        return diag_set(request->diag, ERR_NOT_FOUND, "repeat", json_text(path), NULL);
    }
    struct def *def = def_of(play, repeat);
    if (def->control == NULL || !repeat_is_open(play, def->control)) {
        return diag_set(request->diag, ERR_READ_ONLY, repeat->name, NULL);
    }
    struct play_node *node;
    enum err e = repeat_add(play, parent, def, &node, request->diag);
    e = e != OK ? e : compute(play, request->diag);
    if (e != OK) {
        return e;
    }
    if (json_bool(json_get(request->json, "enter"))) {
        struct screens screens;
        e = list_screens(play, &screens);
        for (size_t i = 0; e == OK && i < screens.count; i++) {
            const struct tree_node *up = &screens.at[i].node->tree;
            while (up != NULL && up != &node->tree) {
                up = up->parent;
            }
            if (up != NULL) {
                screen_enter(play, &screens, i);
                break;
            }
        }
    }
    struct json_writer json;
    begin_answer(request, &json);
    put_node_path(request, &json, "path", node);
    json_close(&json, '}');
    return e;
}

static enum err call_remove_repeat(struct play_request *request)
{
    struct play *play = request->play;
    struct play_node *node;
    enum err e = named_node(request, "path", &node);
    if (e == OK && !node->tree.repeat) {
        e = diag_set(request->diag, ERR_NOT_FOUND, "repeat", node->def->node->name, NULL);
    }
    if (e == OK && (node->def->control == NULL || !repeat_is_open(play, node->def->control))) {
        e = diag_set(request->diag, ERR_READ_ONLY, node->def->node->name, NULL);
    }
    e = e != OK ? e : repeat_remove(play, node);
    e = e != OK ? e : compute(play, request->diag);
    if (e == OK) {
        struct json_writer json;
        begin_answer(request, &json);
        json_close(&json, '}');
    }
    return e;
}

/* ---- moving */

/* What keeps a person on this screen: the first answer that is missing or wrong. */
static enum err screen_fault(struct play_request *request, const struct screen *screen)
{
    struct play *play = request->play;
    for (struct play_node *at = screen->node; at != NULL; at = node_following(at, screen->node)) {
        struct validity validity = {0};
        enum err e = at->def->control == NULL ? OK : check_node(play, at, &validity, request->diag);
        if (e != OK) {
            return e;
        }
        if (validity.required_missing) {
            return diag_set(request->diag, ERR_REQUIRED, at->def->node->name, NULL);
        }
        if (validity.constraint_broken) {
            char message[DIAG_ARG_SIZE];
            span_text(validity.message, message, sizeof(message));
            return diag_set(request->diag, ERR_CONSTRAINT, at->def->node->name, message, NULL);
        }
    }
    return OK;
}

static enum err may_leave(struct play_request *request)
{
    struct screens screens;
    enum err e = list_screens(request->play, &screens);
    size_t index = e == OK ? screen_index(request->play, &screens) : 0;
    bool asks = e == OK && index < screens.count && screens.at[index].kind != SCREEN_REPEAT;
    return asks ? screen_fault(request, &screens.at[index]) : e;
}

static enum err call_move(struct play_request *request)
{
    static const char *const names[] = {"first", "next", "back", "end"};
    const char *to = json_get_text(request->json, "to", NULL);
    const struct json *path = json_get(request->json, "path");
    enum err e = OK;
    if (path != NULL) {
        struct play_node *node;
        e = named_node(request, "path", &node);
        e = e != OK ? e : move_to_node(request->play, node, request->diag);
        return e != OK ? e : call_state(request);
    }
    size_t move = 0;
    while (to != NULL && move < 4 && strcmp(to, names[move]) != 0) {
        move++;
    }
    if (to == NULL || move == 4) {
        return diag_set(request->diag, ERR_BAD_VALUE, "to", to == NULL ? "" : to,
                        "first, next, back or end", NULL);
    }
    if (move == MOVE_NEXT && !json_bool(json_get(request->json, "force"))) {
        e = may_leave(request);
    }
    e = e != OK ? e : move_to(request->play, (enum play_move)move, request->diag);
    return e != OK ? e : call_state(request);
}

/* ---- validating and saving */

static enum err put_fault(struct play_request *request, struct json_writer *json,
                          struct play_node *node, const struct validity *validity)
{
    struct span label = {0};
    enum err e = text_shown(request->play, node->def->control->label, XFORM_LONG, node, &label,
                            request->diag);
    json_open(json, '{');
    put_node_path(request, json, "path", node);
    json_name(json, "error");
    json_put_text(json, validity->required_missing ? "required" : "constraint");
    json_name(json, "label");
    json_put_span(json, label);
    json_name(json, "message");
    json_put_span(json, validity->message);
    json_close(json, '}');
    return e;
}

static enum err put_faults(struct play_request *request, struct json_writer *json, size_t *ret)
{
    struct play *play = request->play;
    enum err e = OK;
    *ret = 0;
    json_name(json, "faults");
    json_open(json, '[');
    for (struct play_node *at = play->root; e == OK && at != NULL;
         at = node_following(at, play->root)) {
        struct validity validity = {0}; /* what nobody is asked, nobody can mend */
        e = at->def->control == NULL ? OK : check_node(play, at, &validity, request->diag);
        if (e == OK && (validity.required_missing || validity.constraint_broken)) {
            (*ret)++;
            e = put_fault(request, json, at, &validity);
        }
    }
    json_close(json, ']');
    return e;
}

static enum err call_validate(struct play_request *request)
{
    struct json_writer json;
    size_t count;
    begin_answer(request, &json);
    enum err e = put_faults(request, &json, &count);
    json_name(&json, "valid");
    json_put_bool(&json, count == 0);
    json_close(&json, '}');
    return e;
}

static enum err first_fault(struct play_request *request)
{
    struct screen whole = {SCREEN_LIST, NULL, request->play->root};
    for (struct play_node *at = whole.node; at != NULL; at = node_following(at, whole.node)) {
        struct screen one = {SCREEN_QUESTION, NULL, at};
        enum err e = tree_is_leaf(&at->tree) ? screen_fault(request, &one) : OK;
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static enum err call_save(struct play_request *request)
{
    struct play *play = request->play;
    bool final = json_bool(json_get(request->json, "final"));
    enum err e = OK;
    if (final && !json_bool(json_get(request->json, "force"))) {
        e = first_fault(request);
    }
    if (e == OK && final) {
        e = run_actions(play, XFORM_REVALIDATE, NULL, play->root, request->diag);
        e = e != OK ? e : run_preloads(play, play->root, true, request->diag);
        e = e != OK ? e : compute(play, request->diag);
    }
    if (e != OK) {
        return e;
    }
    struct buf text;
    struct json_writer json;
    buf_init(&text, play->host.mem, PLAY_SCRATCH_MAX);
    begin_answer(request, &json);
    if (final) {
        play_write_instance(play, false, &text);
        json_name(&json, "instance");
        json_put_span(&json, buf_span(&text));
    } else {
        play_write_draft(play, &text);
        json_name(&json, "draft");
        json_put_raw(&json, buf_span(&text));
    }
    json_close(&json, '}');
    e = buf_error(&text);
    buf_release(&text);
    return e;
}

/* ---- evaluating */

static void put_value(struct play_request *request, struct json_writer *json,
                      const struct expr_value *value, struct span text)
{
    static const char *const types[] = {"string", "number", "boolean", "date", "nodes"};
    json_name(json, "type");
    json_put_text(json, types[value->type]);
    json_name(json, "text");
    json_put_span(json, text);
    if (value->type != EXPR_NODES) {
        return;
    }
    json_name(json, "nodes");
    json_open(json, '[');
    for (size_t i = 0; i < value->node_count; i++) {
        node_put_path(request->play, value->nodes[i]->owner, json); /* "" for an item of a list */
    }
    json_close(json, ']');
}

static enum err call_eval(struct play_request *request)
{
    struct play *play = request->play;
    const struct json *text = json_get(request->json, "expr");
    struct play_node *node = play->root;
    struct expr *expr;
    struct expr_value value;
    struct span shown;
    enum err e = json_is(text, JSON_TEXT) ? OK : missing(request, "expr");
    if (e == OK && json_get(request->json, "path") != NULL) {
        e = named_node(request, "path", &node);
    }
    e = e != OK ? e
                : expr_compile(&play->scratch, play->form->names, json_span(text), &expr,
                               request->diag);
    e = e != OK ? e : evaluate_at(play, expr, node, &value, request->diag);
    e = e != OK ? e : expr_to_text(&value, &play->expr_host, &play->scratch, &shown);
    if (e == OK) {
        struct json_writer json;
        begin_answer(request, &json);
        put_value(request, &json, &value, shown);
        json_close(&json, '}');
    }
    return e;
}

/* ---- the table */

static const struct {
    const char *name;
    enum err (*call)(struct play_request *request);
    bool before_load;
} calls[] = {
    {"load", call_load, true},
    {"state", call_state, false},
    {"answer", call_answer, false},
    {"add_repeat", call_add_repeat, false},
    {"remove_repeat", call_remove_repeat, false},
    {"move", call_move, false},
    {"validate", call_validate, false},
    {"save", call_save, false},
    {"eval", call_eval, false},
};

static void put_failure(const struct diag *diag, struct buf *ret)
{
    struct json_writer json;
    buf_clear(ret);
    json_begin(&json, ret);
    json_open(&json, '{');
    json_name(&json, "ok");
    json_put_bool(&json, false);
    json_name(&json, "error");
    json_put_text(&json, err_name(diag->code));
    json_name(&json, "args");
    json_open(&json, '[');
    for (size_t i = 0; i < diag->arg_count; i++) {
        json_put_text(&json, diag->args[i]);
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

static enum err dispatch(struct play_request *request)
{
    struct play *play = request->play;
    const char *name = json_get_text(request->json, "call", "");
    const char *lang = json_get_text(request->json, "lang", NULL);
    if (lang != NULL) {
        play->language = xform_language(play->form, lang);
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(name, calls[i].name) == 0) {
            return play->root == NULL && !calls[i].before_load
                       ? diag_set(request->diag, ERR_USAGE, name, "load comes first", NULL)
                       : calls[i].call(request);
        }
    }
    return diag_set(request->diag, ERR_UNKNOWN_COMMAND, name, NULL);
}

enum err play_call(struct play *play, struct span request, struct buf *ret_answer)
{
    struct diag diag = {0};
    struct json *json = NULL;
    buf_clear(ret_answer);
    arena_reset(&play->scratch);
    enum err e = json_parse(request, &json, &diag);
    if (e == OK) {
        struct play_request call = {play, json, ret_answer, &diag};
        e = dispatch(&call);
        e = e != OK ? e : buf_error(ret_answer);
    }
    if (e != OK) {
        put_failure(diag.code == OK ? &(struct diag){.code = e} : &diag, ret_answer);
    }
    json_free(json);
    arena_reset(&play->scratch);
    return buf_error(ret_answer);
}
