/*
 * session.h - one run of one command: its words and options, the device, the person's side.
 *
 * Shared by command.c and the command_*.c files.
 *
 *     session_begin(session, "show");
 *     session_text(session, "id", session_word(session, 0));
 *     e = session_send(session);
 *     if (e) {
 *         return e;                the failure has been said
 *     }
 *     ... print from session->reply; with --json it has been printed
 */
#ifndef SESSION_H
#define SESSION_H

#include "command.h"
#include "json.h"
#include "type.h"

#define SESSION_LINE_MAX 16384
#define SESSION_WORD_MAX 256

struct session {
    const struct program *program;
    const struct command *command;
    struct args args;
    size_t first_word; /* after the command's name */
    enum language language;
    bool quiet;
    struct catalogues catalogues;
    struct face face;
    struct device *device;
    struct diag diag;
    bool said; /* the failure has been told */

    struct buf request;
    struct json_writer out; /* inside "args" */
    struct buf answer;
    struct json *reply;    /* of the last successful call */
    size_t progress_width; /* columns of the line that is being rewritten */
};

const char *session_word(const struct session *session, size_t index);       /* NULL when absent */
const char *session_option(const struct session *session, const char *name); /* NULL: not given */
bool session_flag(const struct session *session, const char *name);

/* A request is begun, its arguments are written to session->out, and it is sent. */
void session_begin(struct session *session, const char *call);
void session_text(struct session *session, const char *name, const char *text); /* NULL: nothing */
void session_true(struct session *session, const char *name, bool value);       /* only when true */
/* An option's value as a whole number, under the option's name. */
MUST_CHECK enum err session_number(struct session *session, const char *option);
/* --set PROPERTY=VALUE as "answers". */
MUST_CHECK enum err session_answers(struct session *session);
/* ERR_MISSING_ARGUMENT ("--reason") when the option is absent. */
MUST_CHECK enum err session_need(struct session *session, const char *option);
MUST_CHECK enum err session_send(struct session *session);

/* ---- printing; nothing with --json */

/* A cell for a time of the reply, a count or a text; absent ones are empty. */
void session_put_time(struct session *session, struct table *table, const struct json *object,
                      const char *name);
void session_put_member(struct table *table, const struct json *object, const char *name);
/* "label: value" lines, aligned: a table of two columns. */
void session_pair(struct session *session, struct table *table, const char *key, const char *value);
/* The name of a person or device of the reply, else the beginning of its id. */
const char *session_who(const struct json *object, const char *name);
/* The sentence of "PREFIX.NAME", such as a custody; borrowed until `ret` changes. */
void session_term(struct session *session, const char *prefix, const char *name, struct buf *ret);
MUST_CHECK enum err session_put_table(struct session *session, struct table *table);

/* ---- the commands, by file */

enum err command_init(struct session *session); /* command_home.c */
enum err command_whoami(struct session *session);
enum err command_unlock(struct session *session); /* command_key.c */
enum err command_lock(struct session *session);
enum err command_passwd(struct session *session);
enum err command_passwd_add(struct session *session);
enum err command_passwd_remove(struct session *session);
enum err command_passwd_list(struct session *session);
enum err command_recover(struct session *session);
enum err command_persons(struct session *session);
enum err command_version(struct session *session);
enum err command_help(struct session *session);  /* command_help.c */
enum err command_enrol(struct session *session); /* command_sync.c */
enum err command_sync(struct session *session);
/* What --max-data says, as member max_data of the call. */
enum err command_put_budget(struct session *session);
enum err command_bundle_export(struct session *session); /* command_bundle.c */
enum err command_bundle_import(struct session *session);
enum err command_form_list(struct session *session); /* command_form.c */
enum err command_form_show(struct session *session);
enum err command_form_check(struct session *session); /* command_form_file.c */
enum err command_form_convert(struct session *session);
enum err command_form_diff(struct session *session);
enum err form_show_file(struct session *session);
enum err command_form_play(struct session *session); /* command_play.c */
enum err command_place_list(struct session *session);
enum err command_place_add(struct session *session);
enum err command_new(struct session *session); /* command_save.c */
enum err command_edit(struct session *session);
enum err command_undo(struct session *session);
enum err command_delete(struct session *session);
enum err command_fill(struct session *session); /* command_fill.c */
enum err command_draft_list(struct session *session);
enum err command_draft_drop(struct session *session);
enum err command_resolve(struct session *session);
enum err command_attach(struct session *session); /* command_attach.c */
enum err command_attachment_get(struct session *session);
enum err command_attachment_drop(struct session *session);
enum err command_alias(struct session *session);  /* command_alias.c */
enum err command_redact(struct session *session); /* command_redact.c */
enum err command_redact_status(struct session *session);
enum err command_show(struct session *session); /* command_read.c */
enum err command_list(struct session *session);
enum err command_find(struct session *session);
enum err command_disputes(struct session *session);
enum err command_status(struct session *session); /* command_status.c */
enum err command_digest(struct session *session);
enum err command_forget(struct session *session); /* command_forget.c */
enum err command_recall(struct session *session);
enum err command_reopen(struct session *session); /* command_reopen.c */
enum err command_reopen_code(struct session *session);
enum err command_check(struct session *session);

/* What `douar`, `douar help` and `douar COMMAND --help` print. */
enum err help_overview(struct session *session);
enum err help_of_command(struct session *session, const struct command *command);
/* command_key.c: what `init` is told of the key; a passphrase that was made, and until when it is
   unlocked; and the question of a locked device, from the environment's file or the terminal: on
   failure session->answer says why. */
MUST_CHECK enum err put_init_key(struct session *session);
void say_made_passphrase(struct session *session);
MUST_CHECK enum err unlock_for(struct session *session);
/* Warnings of a save, on the error stream. */
void say_warnings(struct session *session);

#endif
