/*
 * command_fill.c - a form filled in a terminal, a line at a time, over fill_say.
 *
 * A question, its choices with numbers, one line as the answer. What a person may say besides
 * begins with a colon (":b" goes back). Every answer is kept by the device before the next question
 * is asked: the end of the input, or of the process, loses none. With --json each line of the
 * input is a request in the words of schema/play.md and each line of the output its answer.
 */
#include <string.h>

#include "num.h"
#include "session.h"
#include "utf8.h"

#define LINE_MAX_SIZE (1u << 20)
#define PATH_MAX_SIZE 4096

enum step { STEP_ON, STEP_AGAIN, STEP_BACK, STEP_LEAVE, STEP_SAVE, STEP_REVIEW };

struct filler {
    struct session *session;
    struct buf line; /* what was typed last */
    struct buf path; /* of the thing that was asked last; "" at the beginning of a screen */
    char draft[SESSION_WORD_MAX];
    bool at_end;
    bool has_read; /* since the last move: somebody is there who may mend what hinders it */
};

/* ---- talking to the device */

static void begin_saying(struct filler *f, const char *call)
{
    struct session *session = f->session;
    session_begin(session, "fill_say");
    json_name(&session->out, "request");
    json_open(&session->out, '{');
    json_name(&session->out, "call");
    json_put_text(&session->out, call);
    json_name(&session->out, "lang");
    json_put_text(&session->out, language_name(session->language));
}

static void say_text(struct filler *f, const char *name, struct span text)
{
    json_name(&f->session->out, name);
    json_put_span(&f->session->out, text);
}

static enum err send_saying(struct filler *f)
{
    json_close(&f->session->out, '}');
    return session_send(f->session);
}

static const struct json *answer_of(const struct filler *f)
{
    return json_get(f->session->reply, "answer");
}

/* The engine's refusal as a sentence of ours. */
static void say_refusal(struct filler *f)
{
    const struct json *answer = answer_of(f);
    struct diag diag = {.code = err_from_name(json_get_text(answer, "error", "internal"))};
    struct buf text;
    for (const struct json *at = json_first(json_get(answer, "args"));
         at != NULL && diag.arg_count < DIAG_ARGS; at = json_next(at)) {
        span_text(json_span(at), diag.args[diag.arg_count++], DIAG_ARG_SIZE);
    }
    buf_init(&text, &f->session->program->host->mem, SESSION_LINE_MAX);
    catalogues_say_diag(&f->session->catalogues, f->session->language, &diag, &text);
    face_say(&f->session->face, "text.fill_wrong", buf_text(&text), NULL);
    buf_release(&text);
}

/* ---- reading */

static struct span trimmed(struct span text)
{
    while (text.size > 0 && strchr(" \t\r", text.data[0]) != NULL) {
        text = span_cut(text, 1, text.size);
    }
    while (text.size > 0 && strchr(" \t\r", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

/* The end of the input is a person who went away. */
static enum err read_line(struct filler *f, const char *prompt)
{
    const struct terminal *terminal = &f->session->program->terminal;
    face_put(&f->session->face, span_of(prompt));
    buf_clear(&f->line);
    f->has_read = true;
    enum err e = terminal->read_line(terminal->ctx, &f->line);
    if (e == ERR_NOT_FOUND) {
        f->at_end = true;
        return OK;
    }
    return e == ERR_TOO_LARGE
               ? diag_set(&f->session->diag, e, f->session->command->name, "1 MiB", NULL)
               : e;
}

/* What begins with a colon; STEP_ON: it is an answer. */
static enum step read_step(struct filler *f)
{
    static const struct {
        const char *word;
        enum step step;
    } steps[] = {{":b", STEP_BACK}, {":q", STEP_LEAVE}, {":s", STEP_SAVE}, {":r", STEP_REVIEW}};
    struct span line = trimmed(buf_span(&f->line));
    if (f->at_end) {
        return STEP_LEAVE;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (span_is(line, steps[i].word)) {
            return steps[i].step;
        }
    }
    if (span_is(line, ":?")) {
        face_say(&f->session->face, "text.fill_help", NULL);
        return STEP_AGAIN;
    }
    return STEP_ON;
}

/* A whole number in Western, Arabic or Persian digits; 0: it is none. */
static size_t number_in(struct span text)
{
    size_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        unsigned digit = 10;
        if (byte >= '0' && byte <= '9') {
            digit = byte - '0';
        } else if (i + 1 < text.size && ((byte == 0xd9 && (text.data[i + 1] & 0xf0) == 0xa0) ||
                                         (byte == 0xdb && (text.data[i + 1] & 0xf0) == 0xb0))) {
            digit = text.data[++i] & 0x0f;
        }
        if (digit > 9 || number > 100000) {
            return 0;
        }
        number = number * 10 + digit;
    }
    return number;
}

/* ---- showing */

static void say_line(struct filler *f, const char *before, const char *text, const char *after)
{
    struct buf line;
    buf_init(&line, &f->session->program->host->mem, LINE_MAX_SIZE);
    buf_add_format(&line, "%s%s%s\n", before, text, after);
    face_put(&f->session->face, buf_span(&line));
    buf_release(&line);
}

static void add_value(const struct json *question, struct buf *ret)
{
    const struct json *choices = json_get(question, "choices");
    struct span rest = span_of(json_get_text(question, "value", "")), one;
    if (choices == NULL) {
        buf_add_span(ret, rest);
        return;
    }
    while (span_split(&rest, ' ', &one)) {
        const char *label = NULL;
        for (const struct json *at = json_first(choices); at != NULL; at = json_next(at)) {
            label = span_is(one, json_get_text(at, "value", "")) ? json_get_text(at, "label", NULL)
                                                                 : label;
        }
        buf_add_text(ret, ret->size > 0 ? ", " : "");
        buf_add_span(ret, label && label[0] ? span_of(label) : one);
    }
}

static bool has_value(const struct json *question)
{
    return json_get_text(question, "value", "")[0] != '\0';
}

static void show_question(struct filler *f, const struct json *question)
{
    const struct face *face = &f->session->face;
    size_t number = 1;
    struct buf value;
    say_line(f, "\n", json_get_text(question, "label", json_get_text(question, "path", "")),
             json_bool(json_get(question, "required")) ? " *" : "");
    if (json_get_text(question, "hint", "")[0]) {
        say_line(f, "  ", json_get_text(question, "hint", ""), "");
    }
    const struct json *choices = json_get(question, "choices");
    for (const struct json *at = choices ? json_first(choices) : NULL; at; at = json_next(at)) {
        char text[NUM_TEXT_SIZE + 8] = "  ";
        num_write_i64((int64_t)number++, text + 2);
        (void)memcpy(text + strlen(text), ") ", 3);
        say_line(f, text, json_get_text(at, "label", json_get_text(at, "value", "")), "");
    }
    if (has_value(question)) {
        buf_init(&value, &f->session->program->host->mem, LINE_MAX_SIZE);
        add_value(question, &value);
        face_say(face, "text.fill_now", buf_text(&value), NULL);
        buf_release(&value);
    }
}

/* ---- answers */

/* Numbers of choices as their names: "1 3" of a list. Names stay as they are. */
static void put_choices(struct filler *f, const struct json *choices, struct span line,
                        struct buf *ret)
{
    struct span one;
    (void)f;
    while (line.size > 0) {
        size_t size = 0;
        while (size < line.size && strchr(" ,\t", line.data[size]) == NULL) {
            size++;
        }
        one = span_cut(line, 0, size);
        line = span_cut(line, size + 1, line.size);
        size_t number = number_in(one);
        const struct json *choice = number > 0 ? json_at(choices, number - 1) : NULL;
        if (one.size > 0) {
            buf_add_text(ret, ret->size > 0 ? " " : "");
            buf_add_span(ret, choice ? span_of(json_get_text(choice, "value", "")) : one);
        }
    }
}

static void put_answer(struct filler *f, const struct json *question, struct span line,
                       struct buf *ret)
{
    const char *kind = json_get_text(question, "kind", "");
    const struct json *choices = json_get(question, "choices");
    if (span_is(line, ":d")) {
        return; /* cleared */
    }
    if (choices != NULL) {
        put_choices(f, choices, line, ret);
    } else if (strcmp(kind, "trigger") == 0) {
        buf_add_text(ret, "OK");
    } else {
        buf_add_span(ret, line);
    }
}

/* Sends it; STEP_AGAIN when it was refused, or a constraint speaks against it. */
static enum err give_answer(struct filler *f, const struct json *question, enum step *ret)
{
    struct buf value;
    buf_init(&value, &f->session->program->host->mem, LINE_MAX_SIZE);
    put_answer(f, question, trimmed(buf_span(&f->line)), &value);
    begin_saying(f, "answer");
    say_text(f, "path", buf_span(&f->path));
    say_text(f, "value", buf_span(&value));
    buf_release(&value);
    enum err e = send_saying(f);
    if (e) {
        return e;
    }
    *ret = STEP_ON;
    if (!json_bool(json_get(answer_of(f), "ok"))) {
        say_refusal(f);
        *ret = STEP_AGAIN;
    } else if (json_get(answer_of(f), "error") != NULL) {
        const char *message = json_get_text(answer_of(f), "message", "");
        bool required = strcmp(json_get_text(answer_of(f), "error", ""), "required") == 0;
        face_say(&f->session->face,
                 message[0] ? "text.fill_wrong"
                 : required ? "text.fill_required"
                            : "text.fill_constraint",
                 message, NULL);
        *ret = STEP_AGAIN;
    }
    return OK;
}

/* The choices of a table of selects, which stand above it on paper; here each select shows its own.
 */
static bool labels_table(const struct json *question)
{
    return json_bool(json_get(question, "readonly")) && json_get(question, "label") == NULL &&
           strcmp(json_get_text(question, "appearance", ""), "label") == 0;
}

static enum err ask_question(struct filler *f, const struct json *question, enum step *ret)
{
    const char *kind = json_get_text(question, "kind", "");
    bool required = json_bool(json_get(question, "required"));
    *ret = STEP_ON;
    if (labels_table(question)) {
        return OK;
    }
    show_question(f, question);
    if (json_bool(json_get(question, "readonly"))) {
        return OK; /* a note */
    }
    if (strcmp(kind, "upload") == 0) {
        face_say(&f->session->face, "text.fill_upload", NULL);
        return OK;
    }
    enum err e = read_line(f, "> ");
    if (e) {
        return e;
    }
    *ret = read_step(f);
    if (*ret != STEP_ON) {
        return OK;
    }
    if (!utf8_valid(buf_span(&f->line), NULL)) {
        face_say(&f->session->face, "error.bad_utf8", "", NULL);
        *ret = STEP_AGAIN;
        return OK;
    }
    if (trimmed(buf_span(&f->line)).size == 0) { /* as it is */
        if (required && !has_value(question)) {
            face_say(&f->session->face, "text.fill_required", NULL);
            *ret = STEP_AGAIN;
        }
        return OK;
    }
    return give_answer(f, question, ret);
}

/* "+" adds an occurrence and goes into it, "2-" removes the second. */
static enum err ask_repeat(struct filler *f, const struct json *repeat, enum step *ret)
{
    char count[NUM_TEXT_SIZE];
    *ret = STEP_ON;
    face_put(&f->session->face, span_of("\n"));
    num_write_i64(json_get_int(repeat, "count", 0), count);
    face_say(&f->session->face,
             json_bool(json_get(repeat, "open")) ? "text.fill_repeat" : "text.fill_repeat_closed",
             json_get_text(repeat, "label", json_get_text(repeat, "path", "")), count, NULL);
    if (!json_bool(json_get(repeat, "open"))) {
        return OK;
    }
    enum err e = read_line(f, "> ");
    if (e) {
        return e;
    }
    struct span line = trimmed(buf_span(&f->line));
    *ret = read_step(f);
    bool removes = line.size > 1 && line.data[line.size - 1] == '-';
    if (*ret != STEP_ON || line.size == 0) {
        return OK;
    }
    if (!removes && !span_is(line, "+")) {
        *ret = STEP_AGAIN;
        return OK;
    }
    char number[NUM_TEXT_SIZE];
    struct buf path;
    buf_init(&path, &f->session->program->host->mem, PATH_MAX_SIZE);
    buf_add_span(&path, buf_span(&f->path));
    if (removes) {
        num_write_i64((int64_t)number_in(span_cut(line, 0, line.size - 1)), number);
        buf_add_format(&path, "[%s]", number);
    }
    begin_saying(f, removes ? "remove_repeat" : "add_repeat");
    say_text(f, "path", buf_span(&path));
    buf_release(&path);
    if (!removes) {
        json_name(&f->session->out, "enter");
        json_put_bool(&f->session->out, true);
    }
    e = send_saying(f);
    if (!e && !json_bool(json_get(answer_of(f), "ok"))) {
        say_refusal(f);
    }
    buf_clear(&f->path);
    *ret = STEP_AGAIN; /* the screen is another one now */
    return e;
}

/* ---- screens */

static bool is_asked(const struct json *thing)
{
    return json_get(thing, "inside") == NULL ||
           strcmp(json_get_text(thing, "kind", ""), "repeat") == 0;
}

/* The first thing after the one at f->path, of a screen whose groups hold others. */
static const struct json *thing_after(struct filler *f, const struct json *list, bool *passed)
{
    for (const struct json *at = list ? json_first(list) : NULL; at; at = json_next(at)) {
        const struct json *found = NULL;
        if (is_asked(at) && *passed) {
            return at;
        }
        if (is_asked(at)) {
            *passed = span_is(buf_span(&f->path), json_get_text(at, "path", ""));
        } else {
            found = thing_after(f, json_get(at, "inside"), passed);
        }
        if (found) {
            return found;
        }
    }
    return NULL;
}

static enum err ask_thing(struct filler *f, const struct json *thing, enum step *ret)
{
    buf_clear(&f->path);
    buf_add_text(&f->path, json_get_text(thing, "path", ""));
    return strcmp(json_get_text(thing, "kind", ""), "repeat") == 0 ? ask_repeat(f, thing, ret)
                                                                   : ask_question(f, thing, ret);
}

static enum err move(struct filler *f, const char *to)
{
    begin_saying(f, "move");
    say_text(f, "to", span_of(to));
    enum err e = send_saying(f);
    buf_clear(&f->path);
    if (!e && !json_bool(json_get(answer_of(f), "ok"))) {
        say_refusal(f);
    }
    return e;
}

/* ---- the end */

static void review_list(struct filler *f, const struct json *list, const char *indent)
{
    for (const struct json *at = list ? json_first(list) : NULL; at; at = json_next(at)) {
        const char *label = json_get_text(at, "label", "");
        struct buf value;
        buf_init(&value, &f->session->program->host->mem, LINE_MAX_SIZE);
        add_value(at, &value);
        if (value.size > 0 && label[0]) {
            struct buf line;
            buf_init(&line, &f->session->program->host->mem, LINE_MAX_SIZE);
            buf_add_format(&line, "%s%s: ", indent, label);
            say_line(f, buf_text(&line), buf_text(&value), "");
            buf_release(&line);
        } else if (json_get(at, "inside") && label[0]) {
            say_line(f, indent, label, "");
        }
        buf_release(&value);
        review_list(f, json_get(at, "inside"), json_get(at, "inside") ? "    " : indent);
    }
}

static enum err review(struct filler *f)
{
    begin_saying(f, "state");
    json_name(&f->session->out, "all");
    json_put_bool(&f->session->out, true);
    enum err e = send_saying(f);
    if (!e) {
        face_put(&f->session->face, span_of("\n"));
        face_say(&f->session->face, "text.fill_review", NULL);
        review_list(f, json_get(answer_of(f), "form"), "  ");
    }
    return e;
}

/* What keeps it from being saved, if anything: the first is gone to. */
static enum err find_fault(struct filler *f, bool *ret_fault)
{
    struct buf path;
    begin_saying(f, "validate");
    enum err e = send_saying(f);
    if (e) {
        return e;
    }
    const struct json *faults = json_get(answer_of(f), "faults");
    const struct json *first = faults ? json_first(faults) : NULL;
    *ret_fault = first != NULL;
    for (const struct json *at = first; at; at = json_next(at)) {
        bool required = strcmp(json_get_text(at, "error", ""), "required") == 0;
        face_say(&f->session->face,
                 required ? "text.fill_fault_required" : "text.fill_fault_constraint",
                 json_get_text(at, "label", json_get_text(at, "path", "")),
                 json_get_text(at, "message", ""), NULL);
    }
    if (!first) {
        return OK;
    }
    buf_init(&path, &f->session->program->host->mem, PATH_MAX_SIZE);
    buf_add_text(&path, json_get_text(first, "path", ""));
    begin_saying(f, "move");
    say_text(f, "path", buf_span(&path));
    buf_release(&path);
    buf_clear(&f->path);
    return send_saying(f);
}

static enum err save(struct filler *f, bool *ret_saved)
{
    bool fault = false;
    enum err e = find_fault(f, &fault);
    if (e || fault) {
        return e;
    }
    session_begin(f->session, "fill_save");
    e = session_send(f->session);
    const struct json *records = e ? NULL : json_get(f->session->reply, "records");
    if (records && !json_first(records)) {
        face_say(&f->session->face, "text.fill_nothing", NULL);
    }
    for (const struct json *at = records ? json_first(records) : NULL; at; at = json_next(at)) {
        bool changed = json_get_int(at, "ops", 0) != 0;
        const char *id = json_get_text(at, "id", "");
        face_say(&f->session->face, changed ? "text.fill_saved" : "text.unchanged",
                 json_get_text(at, "case", id), json_get_text(at, "type", ""), id, NULL);
    }
    records = e ? NULL : json_get(f->session->reply, "left_out");
    for (const struct json *at = records ? json_first(records) : NULL; at; at = json_next(at)) {
        const char *id = json_get_text(at, "id", "");
        face_say(&f->session->face, "text.fill_left_out", json_get_text(at, "title", id), id, NULL);
    }
    *ret_saved = e == OK;
    return e;
}

/* Behind the last screen: what was answered, and whether it is right so. */
static enum err ask_end(struct filler *f, enum step *ret)
{
    enum err e = review(f);
    if (!e) {
        face_say(&f->session->face, "text.fill_ask_save", NULL);
        e = read_line(f, "> ");
    }
    *ret = e ? STEP_LEAVE : read_step(f);
    *ret = *ret == STEP_ON ? STEP_AGAIN : *ret;
    return e;
}

/* ---- the conversation */

/* A note may hinder who goes on, as in Collect, until another answer is mended: that is waited for.
 */
static enum err go_on(struct filler *f, enum step *ret)
{
    bool has_read = f->has_read;
    enum err e = move(f, "next");
    *ret = STEP_ON;
    f->has_read = false;
    if (!e && !json_bool(json_get(answer_of(f), "ok")) && !has_read) {
        e = read_line(f, "> ");
        *ret = e ? STEP_LEAVE : read_step(f);
        f->has_read = false;
    }
    return e;
}

static enum err one_step(struct filler *f, enum step *ret)
{
    bool passed = f->path.size == 0;
    begin_saying(f, "state");
    enum err e = send_saying(f);
    if (e) {
        return e;
    }
    const struct json *state = answer_of(f);
    if (json_bool(json_get(state, "end"))) {
        return ask_end(f, ret);
    }
    const struct json *thing = thing_after(f, json_get(state, "screen"), &passed);
    if (thing == NULL) {
        return go_on(f, ret);
    }
    struct buf before;
    buf_init(&before, &f->session->program->host->mem, PATH_MAX_SIZE);
    buf_add_span(&before, buf_span(&f->path));
    e = ask_thing(f, thing, ret);
    if (!e && *ret == STEP_AGAIN && f->path.size != 0) {
        buf_clear(&f->path); /* the same one again */
        buf_add_span(&f->path, buf_span(&before));
    }
    buf_release(&before);
    return e;
}

static enum err converse(struct filler *f)
{
    bool done = false;
    enum err e = OK;
    while (!e && !done) {
        enum step step = STEP_ON;
        e = one_step(f, &step);
        if (!e && step == STEP_BACK) {
            e = move(f, "back");
        } else if (!e && step == STEP_SAVE) {
            e = save(f, &done);
        } else if (!e && step == STEP_REVIEW) {
            e = review(f);
            buf_clear(&f->path);
        } else if (!e && step == STEP_LEAVE) {
            face_say(&f->session->face, "text.fill_kept", f->draft, NULL);
            done = true;
        }
    }
    return e;
}

/* A request a line; "save" ends it. */
static enum err relay(struct filler *f)
{
    enum err e = OK;
    bool saved = false;
    while (!saved) {
        struct json *request = NULL;
        e = read_line(f, "");
        if (e || f->at_end) {
            return e;
        }
        e = json_parse(buf_span(&f->line), &request, &f->session->diag);
        if (e) {
            return e;
        }
        saved = strcmp(json_get_text(request, "call", ""), "save") == 0;
        session_begin(f->session, saved ? "fill_save" : "fill_say");
        if (!saved) {
            json_name(&f->session->out, "request");
            json_put_tree(&f->session->out, request);
        }
        json_free(request);
        e = session_send(f->session);
        if (e && saved) { /* told; it may be mended and tried again */
            saved = false;
            e = f->session->said ? OK : e;
            f->session->said = false;
        }
        if (e) {
            return e;
        }
    }
    return e;
}

/* In the order that this terminal needs, unless a program listens. */
static enum err order_text(struct session *session)
{
    const char *wanted = session_option(session, "bidi");
    if (wanted != NULL && strcmp(wanted, "auto") != 0 && strcmp(wanted, "on") != 0 &&
        strcmp(wanted, "off") != 0) {
        return diag_set(&session->diag, ERR_BAD_CHOICE, "--bidi", wanted, "auto, on, off", NULL);
    }
    session->face.visual =
        !session->face.json && bidi_is_needed(&session->program->terminal.bidi, wanted);
    return OK;
}

enum err command_fill(struct session *session)
{
    struct filler f = {.session = session};
    enum err e = order_text(session);
    if (e) {
        return e;
    }
    if (!session->program->terminal.read_line) {
        return diag_set(&session->diag, ERR_USAGE, "fill", "new", NULL);
    }
    if (!session_word(session, 0) && !session_option(session, "draft")) {
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "FORM", NULL);
    }
    session_begin(session, "fill");
    session_text(session, "form", session_word(session, 0));
    session_text(session, "draft", session_option(session, "draft"));
    session_text(session, "id", session_option(session, "entity"));
    session_text(session, "place", session_option(session, "place"));
    session_text(session, "parent", session_option(session, "parent"));
    e = session_send(session);
    if (e) {
        return e;
    }
    span_text(span_of(json_get_text(session->reply, "draft", "")), f.draft, sizeof f.draft);
    face_say(&session->face, "text.fill_head", json_get_text(session->reply, "title", ""), NULL);
    buf_init(&f.line, &session->program->host->mem, LINE_MAX_SIZE);
    buf_init(&f.path, &session->program->host->mem, PATH_MAX_SIZE);
    e = session->face.json ? relay(&f) : converse(&f);
    buf_release(&f.line);
    buf_release(&f.path);
    return e;
}

/* ---- drafts */

enum err command_draft_list(struct session *session)
{
    struct table table;
    session_begin(session, "drafts");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    table_init(&table, &session->program->host->mem, 4);
    table_head(&table, &session->face, "text.draft");
    table_head(&table, &session->face, "text.form");
    table_head(&table, &session->face, "text.draft_changed");
    table_head(&table, &session->face, "text.draft_record");
    for (const struct json *item = json_first(json_get(session->reply, "drafts")); item;
         item = json_next(item)) {
        session_put_member(&table, item, "draft");
        session_put_member(&table, item, "form");
        session_put_time(session, &table, item, "changed_ms");
        session_put_member(&table, item, "id");
    }
    return session_put_table(session, &table);
}

enum err command_draft_drop(struct session *session)
{
    session_begin(session, "draft_drop");
    session_text(session, "draft", session_word(session, 0));
    enum err e = session_send(session);
    if (!e) {
        face_say(&session->face, "text.draft_dropped", NULL);
    }
    return e;
}
