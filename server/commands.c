#include "commands.h"

#include <string.h>

#include "num.h"
#include "routes.h"
#include "server_home.h"
#include "server_key.h"
#include "utf8.h"

struct command {
    const char *name;
    const char *key; /* "admin.help.KEY" */
    const char *words;
    size_t least, most; /* words */
    const char *options;
    enum command_need need;
    enum err (*run)(struct app *app);
};

static const struct command commands[] = {
#define COMMAND_ROW(...) {__VA_ARGS__},
    COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

/* clang-format off */
static const struct option options[] = {
    {"home", 0, "DIR", true}, {"json", 0, NULL, true}, {"help", 'h', NULL, true}, {"lang", 0, "LANGUAGE", true},
    {"region", 0, NULL, false}, {"hub", 0, NULL, false}, {"name", 0, "NAME", false}, {"address", 0, "ADDRESS", false},
    {"port", 0, "PORT", false}, {"url", 0, "URL", false}, {"scope", 0, "CODE,...", false},
    {"compartment", 0, "NAME,...", false}, {"verbs", 0, "read,write,review,redact", false}, {"role", 0, "ROLE", false},
    {"person", 0, "PERSON", false}, {"hours", 0, "N", false}, {"days", 0, "N", false}, {"limit", 0, "N", false}, {"after", 0, "N", false},
    {"take", 0, "N", false}, {"value", 0, "VALUE", false}, {"reason", 0, "TEXT", false}, {"history", 0, NULL, false},
    {"deleted", 0, NULL, false}, {"where", 0, "PROPERTY=VALUE", false}, {"format", 0, "csv|json|geojson", false},
    {"output", 'o', "FILE", false}, {"attachments", 0, "DIR", false}, {"sensitive", 0, NULL, false}, {"bom", 0, NULL, false},
    {"to", 0, "NODE", false}, {"max-data", 0, "SIZE", false}, {"bundle", 0, "FILE|FOLDER", false}, {"rebuild", 0, NULL, false}, {"nodes", 0, NULL, false}, {"all", 0, NULL, false}, {"yes", 0, NULL, false}, {"copies", 0, NULL, false}, {"undo", 0, NULL, false}, {"flags", 0, NULL, false},
    {"dry-run", 0, NULL, false}, {"locked", 0, NULL, false}, {"retire", 0, "NAME,...", false},
    {"passphrase-file", 0, "FILE", false}, {"key-file", 0, "FILE", false}, {"new-passphrase-file", 0, "FILE", false}, {"new-key-file", 0, "FILE", false}, {"key", 0, "FILE", false},
};
/* clang-format on */
#define OPTION_COUNT (sizeof options / sizeof options[0])

/* ---- help */

static const struct option *option_named(struct span name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (span_is(name, options[i].name)) {
            return &options[i];
        }
    }
    return NULL;
}

static void add_option(struct buf *ret, const struct option *option)
{
    if (option->letter) {
        buf_add_format(ret, " [-%c", option->letter);
    } else {
        buf_add_format(ret, " [--%s", option->name);
    }
    if (option->value != NULL) {
        buf_add_format(ret, " %s", option->value);
    }
    buf_add_byte(ret, ']');
}

/* "--scope CODE,..." stands among the words when a command can't do without it. */
static bool is_needed(const struct command *command, const struct option *option)
{
    struct span rest = span_of(command->words), word;
    while (span_split(&rest, ' ', &word)) {
        if (span_starts_with(word, "--") && span_is(span_cut(word, 2, SIZE_MAX), option->name)) {
            return true;
        }
    }
    return false;
}

/* "person grant PERSON --scope CODE,... [--verbs ...]" and what it does. */
static void say_command(const struct app *app, const struct command *command)
{
    struct buf line, key;
    struct span rest = span_of(command->options), name;
    buf_init(&line, &app->host->mem, 4096);
    buf_init(&key, &app->host->mem, MESSAGE_KEY_SIZE + 1);
    buf_add_format(&line, "  douard %s%s%s", command->name, *command->words ? " " : "",
                   command->words);
    while (span_split(&rest, ' ', &name)) {
        const struct option *option = option_named(name);
        if (option != NULL && !is_needed(command, option)) {
            add_option(&line, option);
        }
    }
    buf_add_text(&line, "\n      ");
    buf_add_format(&key, "admin.help.%s", command->key);
    face_add(app->face, &line, buf_text(&key), NULL);
    if (buf_error(&line) == OK) {
        face_put_line(app->face, buf_span(&line));
    }
    buf_release(&line);
    buf_release(&key);
}

/* Commands begin with the words given to help; all do without words. */
static bool is_asked(const struct app *app, const struct command *command)
{
    struct span rest = span_of(command->name), word;
    bool fits = true;
    for (size_t i = 0; i < app->word_count && fits; i++) {
        fits = span_split(&rest, ' ', &word) && span_is(word, app->words[i]);
    }
    return fits;
}

static void put_text(struct json_writer *json, const char *name, struct span text)
{
    json_name(json, name);
    json_put_span(json, text);
}

static void put_command(const struct app *app, struct json_writer *json,
                        const struct command *command)
{
    struct buf key, help;
    struct span rest = span_of(command->options), name;
    buf_init(&key, &app->host->mem, MESSAGE_KEY_SIZE + 1);
    buf_init(&help, &app->host->mem, 4096);
    buf_add_format(&key, "admin.help.%s", command->key);
    face_add(app->face, &help, buf_text(&key), NULL);
    json_open(json, '{');
    put_text(json, "command", span_of(command->name));
    put_text(json, "words", span_of(command->words));
    put_text(json, "help", buf_span(&help));
    json_name(json, "options");
    json_open(json, '[');
    while (span_split(&rest, ' ', &name)) {
        json_put_span(json, name);
    }
    json_close(json, ']');
    json_close(json, '}');
    buf_release(&key);
    buf_release(&help);
}

/* --json: {"commands":[..],"routes":[..]}; a test walks both, so that none is forgotten. */
static enum err put_help(const struct app *app)
{
    struct buf line;
    struct json_writer json;
    buf_init(&line, &app->host->mem, 65536);
    json_begin(&json, &line);
    json_open(&json, '{');
    json_name(&json, "commands");
    json_open(&json, '[');
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_asked(app, &commands[i])) {
            put_command(app, &json, &commands[i]);
        }
    }
    json_close(&json, ']');
    json_name(&json, "routes");
    json_open(&json, '[');
    for (size_t i = 0; i < route_count; i++) {
        json_open(&json, '{');
        put_text(&json, "method", span_of(routes[i].method));
        put_text(&json, "path", span_of(routes[i].path));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    enum err e = buf_error(&line);
    if (!e) {
        face_put_line(app->face, buf_span(&line));
    }
    buf_release(&line);
    return e;
}

enum err command_help(struct app *app)
{
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        count += is_asked(app, &commands[i]);
    }
    if (count == 0) {
        return diag_set(app->diag, ERR_UNKNOWN_COMMAND, app->words[0], "", NULL);
    }
    if (app->face->json) {
        return put_help(app);
    }
    if (app->word_count == 0) {
        face_say(app->face, "admin.help", NULL);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_asked(app, &commands[i])) {
            say_command(app, &commands[i]);
        }
    }
    return OK;
}

/* ---- running */

static enum err check_words(const struct app *app, const struct command *command)
{
    if (app->word_count < command->least) {
        /* "PERSON --scope ..." names the first word that is missing. */
        struct span rest = span_of(command->words), word = {0};
        char shown[64];
        for (size_t i = 0; i <= app->word_count; i++) {
            (void)span_split(&rest, ' ', &word);
        }
        span_text(word, shown, sizeof shown);
        return diag_set(app->diag, ERR_MISSING_ARGUMENT, shown, NULL);
    }
    if (app->word_count > command->most) {
        struct buf what, usage;
        buf_init(&what, &app->host->mem, 4096);
        buf_init(&usage, &app->host->mem, 4096);
        face_add(app->face, &what, "text.word_too_many", app->words[command->most], NULL);
        buf_add_format(&usage, "douard %s %s", command->name, command->words);
        diag_set(app->diag, ERR_USAGE, buf_text(&what), buf_text(&usage), NULL);
        buf_release(&what);
        buf_release(&usage);
        return ERR_USAGE;
    }
    return OK;
}

static void warn_of_space(const struct app *app)
{
    struct space space = node_space(app->node);
    char left[NUM_TEXT_SIZE], pieces[NUM_TEXT_SIZE];
    if (space.warn) {
        num_write_i64((int64_t)(space.free_bytes >> 20), left);
        num_write_i64(space.pieces, pieces);
        face_warn(app->face, "admin.space_low", left, pieces, NULL);
    }
}

/* Commands by which a person decides; each is one transaction, so it can be run once more. */
static bool is_decision(const struct command *command)
{
    enum err (*const decisions[])(struct app *) = {
        command_alias,         command_redact,      command_review_resolve, command_review_settle,
        command_person_revoke, command_node_revoke, command_notice_settle,
    };
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        if (command->run == decisions[i]) {
            return true;
        }
    }
    return false;
}

/* A full disk must not keep the office from a decision: reserve.h. */
static enum err run_with_reserve(struct app *app, const struct command *command)
{
    char database[CONFIG_PATH_SIZE];
    enum err e = command->run(app);
    if (e != ERR_DB_FULL || !is_decision(command) || home_path(app->home, HOME_DB, database)) {
        return e;
    }
    while (e == ERR_DB_FULL && reserve_free(app->host, database, 0)) {
        *app->diag = (struct diag){.code = OK};
        e = command->run(app);
    }
    return e;
}

static void ask_passphrase(void *ctx)
{
    const struct app *app = ctx;
    face_warn(app->face, "text.ask_passphrase", NULL);
}

/* `configured` is how reading the configuration went. */
static enum err run_command(struct app *app, const struct command *command,
                            const struct diag *configured)
{
    enum err e = args_allow(app->args, command->options, app->diag);
    if (!e && args_flag(app->args, "help")) {
        say_command(app, command);
        return OK;
    }
    if (!e) {
        e = check_words(app, command);
    }
    if (!e && command->need >= NEED_HOME_LOCKED) {
        e = configured->code;
        *app->diag = *configured;
    }
    if (!e && command->need >= NEED_HOME) {
        e = server_key_open(app->key, app->home, app->source, app->diag);
    }
    if (!e && command->need == NEED_NODE) {
        e = home_node_open(app->host, app->home, &app->node, app->diag);
        if (!e) {
            node_speak(app->node, app->language);
        }
        if (!e) {
            e = node_identity(app->node, &app->self);
        }
        if (!e && node_was_put_back(app->node)) {
            face_warn(app->face, "admin.put_back", NULL);
        }
        if (!e) {
            e = server_key_note_recovery(app->host, app->home, app->node, app->diag);
        }
        if (!e) {
            warn_of_space(app);
        }
    }
    bool held = app->node != NULL;
    if (held) {
        node_org_hold(app->node); /* a server may be writing to the same home */
    }
    if (!e) {
        e = run_with_reserve(app, command);
    }
    if (held) {
        node_org_drop(app->node);
    }
    node_close(app->node);
    return e;
}

static const char *home_of(const struct command_line *line, const struct args *args)
{
    const char *home = args_value(args, "home");
    home = home ? home : line->environment("DOUARD_HOME");
    home = home ? home : line->environment("DOUAR_HOME");
    return home && *home != '\0' ? home : NULL;
}

/* `face` shows times in the zone of the home's configuration, when it has one. */
static enum err run_line(const struct command_line *line, const struct args *args,
                         struct face *face, struct diag *diag)
{
    const char *names[COMMAND_COUNT];
    size_t index = COMMAND_COUNT - 1, used = 0; /* help is the last */
    struct arena command_arena;
    struct diag configured = {0};
    struct server_key key;
    struct secret_source source = {
        .environment = line->environment, .read_secret = line->read_secret, .ask = ask_passphrase};
    server_key_init(&key, line->host);
    struct app app = {.host = &key.host,
                      .face = face,
                      .key = &key,
                      .source = &source,
                      .args = args,
                      .diag = diag,
                      .program = line->program,
                      .shows_progress = line->rewrites_lines && !face->json};
    source.ask_ctx = &app;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    enum err e = OK;
    if (args->word_count > 0) {
        e = args_command(args, names, COMMAND_COUNT, &index, &used, diag);
    }
    if (e) {
        return e;
    }
    app.words = args->words + used;
    app.word_count = args->word_count - used;
    app.home = home_of(line, args);
    if (app.home == NULL && commands[index].run != command_help && !args_flag(args, "help")) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "--home", NULL);
    }
    if (app.home != NULL && !utf8_valid(span_of(app.home), NULL)) {
        return diag_set(diag, ERR_BAD_VALUE, "--home", app.home, "UTF-8", NULL);
    }
    if (!language_from_name(face->language, &app.language)) {
        app.language = LANGUAGE_FR;
    }
    /* Read even for a command that can do without: times are shown in the office's zone. */
    server_config_default(&app.config);
    if (app.home != NULL) {
        e = server_config_load(line->host, app.home, &app.config, &configured);
        diag_keep(&configured, e);
    }
    face->zone_minutes = app.config.zone_minutes;
    arena_init(&command_arena, &line->host->mem, APP_ARENA_MAX);
    app.arena = &command_arena;
    e = run_command(&app, &commands[index], &configured);
    server_key_close(&key);
    arena_release(&command_arena);
    return e;
}

int commands_run(const struct command_line *line)
{
    struct args args;
    struct face face;
    struct diag diag = {0}, broken = {0};
    enum err e = args_parse(line->argc, line->argv, options, OPTION_COUNT, &args, &diag);
    bool json = args_flag(&args, "json");
    for (size_t i = 0; e && i < line->argc && !json; i++) {
        json = strcmp(line->argv[i], "--json") == 0; /* it may stand after the mistake */
    }
    const char *lang = args_value(&args, "lang");
    if (!e && lang != NULL && language_named(lang) == NULL) {
        e = diag_set(&diag, ERR_BAD_CHOICE, "--lang", lang, "ar, fr, zgh, en", NULL);
        lang = NULL;
    }
    const char *language =
        language_pick(lang, line->environment("DOUAR_LANG"), line->environment("LC_ALL"),
                      line->environment("LC_MESSAGES"), line->environment("LANG"));
    if (face_open(&face, &line->host->mem, language, json, line->write, line->write_ctx, &broken)) {
        const char *name = err_name(broken.code);
        line->write(line->write_ctx, FACE_ERR, span_of(name));
        return err_exit_status(broken.code);
    }
    if (!e) {
        e = run_line(line, &args, &face, &diag);
    }
    int status = 0;
    if (e) {
        diag_keep(&diag, e);
        status = face_fail(&face, &diag);
    }
    face_release(&face);
    return status;
}
