/*
 * command_help.c - what douar can do, in the person's language.
 */
#include <string.h>

#include "session.h"

static void put_help(struct session *session, struct table *table, const char *key)
{
    struct buf sentence;
    buf_init(&sentence, &session->program->host->mem, SESSION_LINE_MAX);
    face_add(&session->face, &sentence, key, NULL);
    table_cell(table, buf_span(&sentence));
    buf_release(&sentence);
}

static void put_option(struct session *session, struct table *table, const struct option *option)
{
    char key[COMMAND_KEY_SIZE];
    struct buf shown;
    buf_init(&shown, &session->program->host->mem, SESSION_WORD_MAX);
    buf_add_format(&shown, "  --%s%s%s", option->name, option->value ? " " : "",
                   option->value ? option->value : "");
    table_cell(table, buf_span(&shown));
    buf_release(&shown);
    option_help_key(option, key);
    put_help(session, table, key);
}

static bool takes(const struct command *command, const struct option *option)
{
    struct span rest = span_of(command->options);
    struct span name;
    while (span_split(&rest, ' ', &name)) {
        if (span_is(name, option->name)) {
            return true;
        }
    }
    return false;
}

/* The options of a command, or with NULL those of all. */
static enum err put_options(struct session *session, const struct command *command)
{
    struct table table;
    table_init(&table, &session->program->host->mem, 2);
    for (size_t i = 0; option_at(i); i++) {
        const struct option *option = option_at(i);
        if (command ? takes(command, option) : option->everywhere) {
            put_option(session, &table, option);
        }
    }
    return session_put_table(session, &table);
}

/* ---- --json: [{"command","usage","help","options"}] */

static void add_json(struct session *session, struct json_writer *out,
                     const struct command *command)
{
    char key[COMMAND_KEY_SIZE];
    struct buf help;
    buf_init(&help, &session->program->host->mem, SESSION_LINE_MAX);
    command_help_key(command, key);
    face_add(&session->face, &help, key, NULL);
    json_open(out, '{');
    json_name(out, "command");
    json_put_text(out, command->name);
    json_name(out, "words");
    json_put_text(out, command->words);
    json_name(out, "help");
    json_put_span(out, buf_span(&help));
    json_name(out, "options");
    json_open(out, '[');
    for (size_t i = 0; option_at(i); i++) {
        if (option_at(i)->everywhere || takes(command, option_at(i))) {
            json_put_text(out, option_at(i)->name);
        }
    }
    json_close(out, ']');
    json_close(out, '}');
    buf_release(&help);
}

/* One command, or with NULL all. */
static enum err put_json(struct session *session, const struct command *one)
{
    struct json_writer out;
    buf_clear(&session->answer);
    json_begin(&out, &session->answer);
    json_open(&out, '{');
    json_name(&out, "ok");
    json_put_bool(&out, true);
    json_name(&out, "commands");
    json_open(&out, '[');
    for (size_t i = 0; command_at(i); i++) {
        if (!one || one == command_at(i)) {
            add_json(session, &out, command_at(i));
        }
    }
    json_close(&out, ']');
    json_close(&out, '}');
    enum err e = buf_error(&session->answer);
    if (!e) {
        face_put_line(&session->face, buf_span(&session->answer));
    }
    return e;
}

enum err help_of_command(struct session *session, const struct command *command)
{
    char key[COMMAND_KEY_SIZE];
    struct buf usage;
    if (session->face.json) {
        return put_json(session, command);
    }
    buf_init(&usage, &session->program->host->mem, SESSION_LINE_MAX);
    buf_add_format(&usage, "douar %s %s", command->name, command->words);
    face_say(&session->face, "text.usage", buf_text(&usage), NULL);
    buf_release(&usage);
    command_help_key(command, key);
    face_say(&session->face, key, NULL);
    enum err e = OK;
    if (command->options[0]) {
        face_say(&session->face, "text.options", NULL);
        e = put_options(session, command);
    }
    face_say(&session->face, "text.common_options", NULL);
    return e ? e : put_options(session, NULL);
}

enum err help_overview(struct session *session)
{
    struct table table;
    if (session->face.json) {
        return put_json(session, NULL);
    }
    face_say(&session->face, "text.usage", "douar COMMAND ...", NULL);
    face_say(&session->face, "text.about", NULL);
    face_say(&session->face, "text.commands", NULL);
    table_init(&table, &session->program->host->mem, 2);
    for (size_t i = 0; command_at(i); i++) {
        char key[COMMAND_KEY_SIZE];
        struct buf shown;
        buf_init(&shown, &session->program->host->mem, SESSION_WORD_MAX);
        buf_add_format(&shown, "  %s", command_at(i)->name);
        table_cell(&table, buf_span(&shown));
        buf_release(&shown);
        command_help_key(command_at(i), key);
        put_help(session, &table, key);
    }
    enum err e = session_put_table(session, &table);
    face_say(&session->face, "text.common_options", NULL);
    return e ? e : put_options(session, NULL);
}

/* `douar help place add`; a first word alone ("place") shows all that begin with it. */
enum err command_help(struct session *session)
{
    const char *first = session_word(session, 0);
    const char *second = session_word(session, 1);
    const char *names[64];
    size_t count = 0;
    bool found = false;
    if (!first) {
        return help_overview(session);
    }
    for (size_t i = 0; command_at(i) && count < 64; i++) {
        const struct command *command = command_at(i);
        struct span rest = span_of(command->name);
        struct span one;
        names[count++] = command->name;
        bool same = span_split(&rest, ' ', &one) && span_is(one, first) &&
                    (!second || span_is(rest, second));
        if (same) {
            enum err e = help_of_command(session, command);
            if (e) {
                return e;
            }
            found = true;
        }
    }
    return found ? OK
                 : diag_set(&session->diag, ERR_UNKNOWN_COMMAND, first,
                            nearest_name(first, names, count), NULL);
}
