/*
 * command.c - the tables of commands and options, and the way from a command line to one of them.
 */
#include <string.h>

#include "num.h"
#include "session.h"
#include "utf8.h"

#define HOME_MAX 4096

/* clang-format off */
static const struct option options[] = {
    {"home", 0, "DIR", true},
    {"as", 0, "PERSON", true},
    {"lang", 0, "ar|fr|zgh|en", true},
    {"json", 0, NULL, true},
    {"quiet", 'q', NULL, true},
    {"help", 'h', NULL, true},
    {"set", 0, "PROPERTY=VALUE", false},
    {"place", 0, "CODE", false},
    {"parent", 0, "ID", false},
    {"form", 0, "FORM", false},
    {"entity", 0, "ID", false},
    {"draft", 0, "DRAFT", false},
    {"dry-run", 0, NULL, false},
    {"history", 0, NULL, false},
    {"where", 0, "PROPERTY=VALUE", false},
    {"disputed", 0, NULL, false},
    {"deleted", 0, NULL, false},
    {"limit", 0, "N", false},
    {"after", 0, "N", false},
    {"reason", 0, "TEXT", false},
    {"take", 0, "N", false},
    {"value", 0, "VALUE", false},
    {"name", 0, "NAME", false},
    {"no-sync", 0, NULL, false},
    {"to", 0, "NODE", false},
    {"records", 0, NULL, false},
    {"output", 'o', "FILE", false},
    {"thumb", 0, NULL, false},
    {"stable", 0, NULL, false},
    {"max-data", 0, "SIZE", false},
    {"bundle", 0, "FILE|FOLDER", false},
    {"rebuild", 0, NULL, false},
    {"older-than", 0, "DAYS", false},
    {"always", 0, NULL, false},
    {"undo", 0, NULL, false},
    {"all", 0, NULL, false},
    {"yes", 0, NULL, false},
    {"status", 0, NULL, false},
    {"passphrase-file", 0, "FILE", false},
    {"key-file", 0, "FILE", false},
    {"new-passphrase-file", 0, "FILE", false},
    {"new-key-file", 0, "FILE", false},
    {"minutes", 0, "N", false},
    {"days", 0, "N", false},
    {"now", 0, "MS", false},
    {"seed", 0, "N", false},
    {"bidi", 0, "auto|on|off", false},
};

static const struct command commands[] = {
    {"init", "", "passphrase-file key-file", 0, 0, command_init},
    {"unlock", "", "passphrase-file key-file minutes", 0, 0, command_unlock},
    {"lock", "", "", 0, 0, command_lock},
    {"passwd", "", "passphrase-file key-file new-passphrase-file new-key-file", 0, 0, command_passwd},
    {"passwd add", "NAME", "passphrase-file key-file new-passphrase-file new-key-file", 1, 1, command_passwd_add},
    {"passwd remove", "NAME", "passphrase-file key-file", 1, 1, command_passwd_remove},
    {"passwd list", "", "", 0, 0, command_passwd_list},
    {"recover", "[ANSWER]", "new-passphrase-file new-key-file", 0, 1, command_recover},
    {"enrol", "CODE", "name no-sync bundle", 1, 1, command_enrol},
    {"whoami", "", "", 0, 0, command_whoami},
    {"persons", "", "", 0, 0, command_persons},
    {"form list", "", "", 0, 0, command_form_list},
    {"form show", "FORM|FILE", "", 1, 1, command_form_show},
    {"form check", "FILE...", "", 1, ARGS_MAX, command_form_check},
    {"form convert", "FILE FILE.json|FILE.xml", "", 2, 2, command_form_convert},
    {"form diff", "OLD NEW", "", 2, 2, command_form_diff},
    {"form play", "FILE", "now seed", 1, 1, command_form_play},
    {"place list", "[CODE]", "limit after", 0, 1, command_place_list},
    {"place add", "PARENT --set PROPERTY=VALUE...", "set", 1, 1, command_place_add},
    {"new", "FORM --set PROPERTY=VALUE... | FORM -", "set place parent dry-run", 1, 2, command_new},
    {"edit", "ID --set PROPERTY=VALUE... | ID -", "set form dry-run", 1, 2, command_edit},
    {"fill", "FORM [--entity ID] | --draft ID", "entity place parent draft bidi", 0, 1, command_fill},
    {"draft list", "", "", 0, 0, command_draft_list},
    {"draft drop", "DRAFT", "", 1, 1, command_draft_drop},
    {"attach", "ID PROPERTY FILE", "", 3, 3, command_attach},
    {"attachment get", "ID PROPERTY -o FILE", "output thumb", 2, 2, command_attachment_get},
    {"attachment drop", "--stable", "stable", 0, 0, command_attachment_drop},
    {"undo", "", "", 0, 0, command_undo},
    {"delete", "ID --reason TEXT", "reason", 1, 1, command_delete},
    {"show", "ID", "history", 1, 1, command_show},
    {"list", "[TYPE]", "where disputed deleted limit after", 0, 1, command_list},
    {"find", "TEXT", "limit", 1, ARGS_MAX, command_find},
    {"sync", "", "max-data", 0, 0, command_sync},
    {"bundle export", "FILE|FOLDER", "to max-data", 1, 1, command_bundle_export},
    {"bundle import", "FILE...", "", 1, ARGS_MAX, command_bundle_import},
    {"status", "[ID]", "records limit after", 0, 1, command_status},
    {"disputes", "", "limit after", 0, 0, command_disputes},
    {"resolve", "ID PROPERTY --take N | --value VALUE --reason TEXT", "take value reason", 2, 2,
     command_resolve},
    {"alias", "ID DUPLICATE --reason TEXT | DUPLICATE --undo --reason TEXT", "undo reason", 1, 2,
     command_alias},
    {"redact", "ID PROPERTY --reason TEXT | ID --all --reason TEXT | --status [ID]",
     "all reason yes status", 0, 2, command_redact},
    {"redact status", "[ID]", "", 0, 1, command_redact_status},
    {"forget", "", "older-than always dry-run", 0, 0, command_forget},
    {"recall", "ID", "", 1, 1, command_recall},
    {"reopen", "[CODE]", "", 0, 1, command_reopen},
    {"reopen-code", "CHALLENGE", "days", 1, 1, command_reopen_code},
    {"digest", "", "", 0, 0, command_digest},
    {"check", "", "rebuild", 0, 0, command_check},
    {"version", "", "", 0, 0, command_version},
    {"help", "[COMMAND]", "", 0, 2, command_help},
};
/* clang-format on */

#define OPTION_COUNT  (sizeof options / sizeof options[0])
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

const struct command *command_at(size_t index)
{
    return index < COMMAND_COUNT ? &commands[index] : NULL;
}

const struct option *option_at(size_t index)
{
    return index < OPTION_COUNT ? &options[index] : NULL;
}

/* "help.douar.place_add", "help.option.dry_run": keys have no spaces or dashes. */
static void help_key(const char *prefix, const char *name, char ret[COMMAND_KEY_SIZE])
{
    span_text(span_of(prefix), ret, COMMAND_KEY_SIZE);
    size_t at = strlen(ret);
    span_text(span_of(name), ret + at, COMMAND_KEY_SIZE - at);
    for (; ret[at]; at++) {
        if (ret[at] == ' ' || ret[at] == '-') {
            ret[at] = '_';
        }
    }
}

void command_help_key(const struct command *command, char ret[COMMAND_KEY_SIZE])
{
    help_key("help.douar.", command->name, ret);
}

void option_help_key(const struct option *option, char ret[COMMAND_KEY_SIZE])
{
    help_key("help.option.", option->name, ret);
}

/* ---- from the command line to a command */

static enum err check_language(struct session *session)
{
    const char *given = session_option(session, "lang");
    if (given && !language_named(given)) {
        return diag_set(&session->diag, ERR_BAD_CHOICE, "--lang", given, "ar, fr, zgh, en", NULL);
    }
    return OK;
}

/* "form" alone is the beginning of two commands: these are what was meant. */
static void name_beginnings(struct session *session)
{
    const char *first = session->args.word_count ? session->args.words[0] : "";
    char given[DIAG_ARG_SIZE];
    struct buf names;
    buf_init(&names, &session->program->host->mem, DIAG_ARG_SIZE - 1);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct span rest = span_of(commands[i].name);
        struct span begin;
        if (span_split(&rest, ' ', &begin) && rest.size && span_is(begin, first)) {
            buf_add_text(&names, names.size ? ", " : "");
            buf_add_text(&names, commands[i].name);
        }
    }
    if (names.size && !buf_error(&names)) {
        span_text(span_of(session->diag.args[0]), given, sizeof given);
        diag_set(&session->diag, ERR_UNKNOWN_COMMAND, given, buf_text(&names), NULL);
    }
    buf_release(&names);
}

static enum err find_command(struct session *session)
{
    const char *names[COMMAND_COUNT];
    size_t index = 0;
    size_t words = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    enum err e = args_command(&session->args, names, COMMAND_COUNT, &index, &words, &session->diag);
    if (!e) {
        session->command = &commands[index];
        session->first_word = words;
    } else if (e == ERR_UNKNOWN_COMMAND) {
        name_beginnings(session);
    }
    return e;
}

static enum err check_words(struct session *session)
{
    const struct command *command = session->command;
    size_t count = session->args.word_count - session->first_word;
    if (count < command->word_min) {
        /* "PARENT --set ..." names the first word that is missing. */
        struct span rest = span_of(command->words);
        struct span name = {0};
        char shown[SESSION_WORD_MAX];
        for (size_t i = 0; i <= count; i++) {
            (void)span_split(&rest, ' ', &name);
        }
        span_text(name, shown, sizeof shown);
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, shown, NULL);
    }
    if (count > command->word_max) {
        struct buf what;
        struct buf usage;
        buf_init(&what, &session->program->host->mem, SESSION_LINE_MAX);
        buf_init(&usage, &session->program->host->mem, SESSION_LINE_MAX);
        face_add(&session->face, &what, "text.word_too_many",
                 session_word(session, command->word_max), NULL);
        buf_add_format(&usage, "douar %s%s%s", command->name, command->words[0] ? " " : "",
                       command->words);
        diag_set(&session->diag, ERR_USAGE, buf_text(&what), buf_text(&usage), NULL);
        buf_release(&what);
        buf_release(&usage);
        return ERR_USAGE;
    }
    return args_allow(&session->args, command->options, &session->diag);
}

/* --home, DOUAR_HOME, or where the system keeps a person's data. */
static enum err open_device(struct session *session)
{
    const struct environment *environment = &session->program->environment;
    const struct host *host = session->program->host;
    const char *home = session_option(session, "home");
    struct buf path;
    home = home ? home : environment->douar_home;
    buf_init(&path, &host->mem, HOME_MAX);
    if (home && home[0]) {
        buf_add_text(&path, home);
    } else if (environment->xdg_data_home && environment->xdg_data_home[0] == '/') {
        buf_add_text(&path, environment->xdg_data_home);
        buf_add_text(&path, "/douar");
    } else if (environment->user_home && environment->user_home[0]) {
        buf_add_text(&path, environment->user_home);
        buf_add_text(&path, "/.local/share/douar");
    } else {
        buf_release(&path);
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "--home", NULL);
    }
    enum err e = buf_error(&path);
    if (!e && !utf8_valid(buf_span(&path), NULL)) {
        e = diag_set(&session->diag, ERR_BAD_VALUE, "--home", buf_text(&path), "UTF-8", NULL);
        buf_release(&path);
        return e;
    }
    if (!e) {
        e = device_new(host, buf_text(&path), session->language, &session->catalogues,
                       &session->device);
    }
    buf_release(&path);
    return e ? diag_set(&session->diag, e, "--home", "4096", NULL) : OK;
}

static enum err run_line(struct session *session)
{
    if (session->args.word_count == 0) {
        bool asked = session_flag(session, "help");
        enum err e = help_overview(session);
        session->said = true;
        return e || asked ? e : ERR_USAGE;
    }
    enum err e = find_command(session);
    if (!e && session_flag(session, "help")) {
        return help_of_command(session, session->command);
    }
    if (!e) {
        e = check_words(session);
    }
    if (!e) {
        e = open_device(session);
    }
    return e ? e : session->command->run(session);
}

/* A failure that no call of the device has answered. */
static void say_own_failure(struct session *session, enum err e)
{
    struct buf answer;
    diag_keep(&session->diag, e);
    if (!session->face.json) {
        (void)face_fail(&session->face, &session->diag);
        return;
    }
    buf_init(&answer, &session->program->host->mem, SESSION_LINE_MAX);
    device_answer_failure(&session->catalogues, session->language, &session->diag, &answer);
    face_put_line(&session->face, buf_span(&answer));
    buf_release(&answer);
}

/* What can be known of a line that can't be taken apart: in which language and form to say so. */
static void guess_face(struct session *session, bool *ret_json)
{
    const struct program *program = session->program;
    const struct environment *environment = &program->environment;
    const char *lang = NULL;
    bool json = false;
    for (size_t i = 0; i < program->argc; i++) {
        const char *word = program->argv[i];
        bool is_lang = strcmp(word, "--lang") == 0 && i + 1 < program->argc;
        json = json || strcmp(word, "--json") == 0;
        lang = is_lang ? program->argv[i + 1] : lang;
        lang = strncmp(word, "--lang=", strlen("--lang=")) == 0 ? word + strlen("--lang=") : lang;
    }
    lang = lang && language_named(lang) ? lang : NULL;
    const char *name = language_pick(lang, environment->douar_lang, environment->lc_all,
                                     environment->lc_messages, environment->lang);
    (void)language_from_name(name, &session->language);
    *ret_json = json;
}

static enum err open_face(struct session *session, bool json)
{
    const struct mem *mem = &session->program->host->mem;
    const struct terminal *terminal = &session->program->terminal;
    struct diag diag = {0};
    enum err e = catalogues_load(mem, &session->catalogues, &diag);
    if (!e) {
        e = face_open(&session->face, mem, language_name(session->language), json, terminal->write,
                      terminal->ctx, &diag);
    }
    if (e) { /* without texts only the name of the failure can be said */
        terminal->write(terminal->ctx, FACE_ERR, span_of(err_name(e)));
        terminal->write(terminal->ctx, FACE_ERR, span_of("\n"));
        session->said = true;
    }
    return e;
}

static enum err run_session(struct session *session)
{
    const struct program *program = session->program;
    bool json = false;
    enum err e = args_parse(program->argc, program->argv, options, OPTION_COUNT, &session->args,
                            &session->diag);
    if (!e) {
        e = check_language(session);
    }
    guess_face(session, &json);
    enum err opened = open_face(session, json);
    if (opened) {
        return opened;
    }
    session->quiet = session_flag(session, "quiet");
    if (!e) {
        e = run_line(session);
    }
    if (e && !session->said) {
        say_own_failure(session, e);
    }
    return e;
}

int program_run(const struct program *program)
{
    const struct mem *mem = &program->host->mem;
    struct session *session = mem->resize(mem->ctx, NULL, sizeof *session);
    if (!session) {
        return err_exit_status(ERR_NOMEM);
    }
    *session = (struct session){.program = program};
    buf_init(&session->request, mem, 2 * DEVICE_REQUEST_MAX);
    buf_init(&session->answer, mem, DEVICE_ANSWER_MAX);
    enum err e = run_session(session);
    device_free(session->device);
    json_free(session->reply);
    buf_release(&session->request);
    buf_release(&session->answer);
    if (session->face.mem) {
        face_release(&session->face);
    }
    catalogues_release(&session->catalogues);
    mem->resize(mem->ctx, session, 0);
    return err_exit_status(e);
}
