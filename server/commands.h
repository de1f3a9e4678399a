/*
 * commands.h - every command of douard in one table.
 *
 * To add one: a line in COMMANDS, its function in a command_*.c, its options' names in the line
 * (and in the table of options when they are new), "admin.help.NAME" in the four catalogues.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "app.h"

enum command_need { NEED_NOTHING, NEED_HOME_LOCKED, NEED_HOME, NEED_NODE };

/*
 * X(name, help key, words after it as help shows them, fewest, most, options, needs, function)
 */
/* clang-format off */
#define COMMANDS(X)                                                                                \
    X("init", "init", "--region | --hub --name NAME", 0, 0, "region hub name address port url passphrase-file key-file", NEED_NOTHING, command_init)    \
    X("unlock", "unlock", "", 0, 0, "passphrase-file", NEED_NOTHING, command_unlock)               \
    X("lock", "lock", "", 0, 0, "", NEED_NOTHING, command_lock)                                    \
    X("passwd", "passwd", "", 0, 0, "passphrase-file new-passphrase-file new-key-file", NEED_HOME_LOCKED, command_passwd)  \
    X("passwd add", "passwd_add", "NAME", 1, 1, "passphrase-file new-passphrase-file new-key-file", NEED_HOME_LOCKED, command_passwd_add)  \
    X("passwd remove", "passwd_remove", "NAME", 1, 1, "passphrase-file", NEED_HOME_LOCKED, command_passwd_remove)  \
    X("passwd list", "passwd_list", "", 0, 0, "", NEED_HOME, command_passwd_list)                  \
    X("recover", "recover", "REQUEST --key FILE", 1, 1, "key passphrase-file", NEED_NOTHING, command_recover)  \
    X("serve", "serve", "", 0, 0, "locked", NEED_HOME_LOCKED, command_serve)                       \
    X("type add", "type_add", "FILE...", 1, ARGS_MAX, "dry-run", NEED_NODE, command_type_add)      \
    X("type show", "type_show", "TYPE", 1, 1, "", NEED_NODE, command_type_show)                    \
    X("type list", "type_list", "", 0, 0, "", NEED_NODE, command_type_list)                        \
    X("form add", "form_add", "FILE...", 1, ARGS_MAX, "retire", NEED_NODE, command_form_add)       \
    X("form list", "form_list", "", 0, 0, "", NEED_NODE, command_form_list)                        \
    X("geo import", "geo_import", "FILE.csv", 1, 1, "", NEED_NODE, command_geo_import)             \
    X("place list", "place_list", "", 0, 0, "scope", NEED_NODE, command_place_list)                \
    X("person add", "person_add", "NAME", 1, 1, "role", NEED_NODE, command_person_add)             \
    X("person grant", "person_grant", "PERSON --scope CODE,...", 1, 1, "scope compartment verbs", NEED_NODE,        \
      command_person_grant)                                                                        \
    X("person revoke", "person_revoke", "PERSON", 1, 1, "", NEED_NODE, command_person_revoke)      \
    X("person list", "person_list", "", 0, 0, "", NEED_NODE, command_person_list)                  \
    X("node invite", "node_invite", "", 0, 0, "role scope compartment person hours", NEED_NODE,    \
      command_node_invite)                                                                         \
    X("node list", "node_list", "", 0, 0, "", NEED_NODE, command_node_list)                        \
    X("node revoke", "node_revoke", "NODE", 1, 1, "", NEED_NODE, command_node_revoke)              \
    X("node reopen", "node_reopen", "CHALLENGE", 1, 1, "days", NEED_NODE, command_node_reopen)    \
    X("lease", "lease", "", 0, 0, "days", NEED_NODE, command_lease)                               \
    X("node scope", "node_scope", "NODE --scope CODE,...", 1, 1, "scope compartment", NEED_NODE,                    \
      command_node_scope)                                                                          \
    X("uplink set", "uplink_set", "CODE", 1, 1, "bundle", NEED_NODE, command_uplink_set)                 \
    X("uplink sync", "uplink_sync", "", 0, 0, "", NEED_HOME, command_uplink_sync)                  \
    X("uplink status", "uplink_status", "", 0, 0, "", NEED_NODE, command_uplink_status)            \
    X("bundle export", "bundle_export", "FILE|FOLDER", 1, 1, "to max-data", NEED_HOME, command_bundle_export)   \
    X("bundle import", "bundle_import", "FILE...", 1, ARGS_MAX, "", NEED_HOME, command_bundle_import)  \
    X("quarantine list", "quarantine_list", "", 0, 0, "limit after all", NEED_NODE, command_quarantine_list) \
    X("quarantine show", "quarantine_show", "NUMBER", 1, 1, "", NEED_NODE, command_quarantine_show) \
    X("quarantine accept", "quarantine_accept", "NUMBER... --reason TEXT", 1, ARGS_MAX, "person reason", NEED_NODE,  \
      command_quarantine_accept)                                                                   \
    X("quarantine refuse", "quarantine_refuse", "NUMBER... --reason TEXT", 1, ARGS_MAX, "person reason", NEED_NODE,  \
      command_quarantine_refuse)                                                                   \
    X("review list", "review_list", "", 0, 0, "limit after flags", NEED_NODE, command_review_list)       \
    X("review show", "review_show", "RECORD", 1, 1, "", NEED_NODE, command_review_show)            \
    X("review resolve", "review_resolve", "RECORD PROPERTY --reason TEXT", 2, 2, "take value reason person",     \
      NEED_NODE, command_review_resolve)                                                           \
    X("review settle", "review_settle", "FLAG", 1, 1, "", NEED_NODE, command_review_settle)        \
    X("notice list", "notice_list", "", 0, 0, "", NEED_NODE, command_notice_list)                  \
    X("notice settle", "notice_settle", "NUMBER", 1, 1, "", NEED_NODE, command_notice_settle)      \
    X("review doubles", "review_doubles", "", 0, 0, "limit", NEED_NODE, command_review_doubles)    \
    X("alias", "alias", "[RECORD] DUPLICATE --reason TEXT", 1, 2, "undo reason person", NEED_NODE, command_alias)     \
    X("redact", "redact", "RECORD [PROPERTY] --reason TEXT", 1, 2, "all reason person yes", NEED_NODE, command_redact)  \
    X("redact status", "redact_status", "[RECORD]", 0, 1, "nodes copies", NEED_NODE, command_redact_status)           \
    X("show", "show", "RECORD", 1, 1, "history", NEED_NODE, command_show)                          \
    X("list", "list", "[TYPE]", 0, 1, "limit after deleted where", NEED_NODE, command_list)        \
    X("find", "find", "WORDS...", 1, 32, "limit", NEED_NODE, command_find)                         \
    X("export", "export", "TYPE --format csv|json|geojson --output FILE", 1, 1, "format output sensitive bom attachments", NEED_NODE, command_export)  \
    X("backup", "backup", "[FILE]", 0, 1, "", NEED_HOME, command_backup)                           \
    X("snapshot", "snapshot", "", 0, 0, "", NEED_HOME, command_snapshot)                           \
    X("collect", "collect", "", 0, 0, "days dry-run", NEED_HOME, command_collect)                  \
    X("restore", "restore", "FILE", 1, 1, "key passphrase-file new-passphrase-file new-key-file", NEED_NOTHING, command_restore)  \
    X("digest", "digest", "", 0, 0, "", NEED_NODE, command_digest)                                 \
    X("check", "check", "", 0, 0, "rebuild", NEED_NODE, command_check)                             \
    X("stats", "stats", "", 0, 0, "nodes", NEED_NODE, command_stats)                               \
    X("help", "help", "[COMMAND]", 0, 2, "", NEED_NOTHING, command_help)
/* clang-format on */

#define COMMAND_DECLARE(name, key, words, least, most, options, need, run)                         \
    enum err run(struct app *app);
COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

struct secret_key;
/* The recovery key in the file `path`, under the passphrase of --passphrase-file or typed. */
MUST_CHECK enum err command_recovery_key(struct app *app, const char *path, struct secret_key *ret);

/*
 * Runs what the line says (argv without the program's name) and returns the exit status. `host`
 * has a network; `environment` is asked for DOUARD_HOME, DOUAR_HOME and the language's variables.
 */
struct command_line {
    const struct host *host;
    size_t argc;
    const char *const *argv;
    const char *const *program; /* the same with the program's name and the NULL at its end, for
                                   `serve` to begin anew when it is locked; NULL: it ends */
    const char *(*environment)(const char *name); /* NULL when absent */
    enum err (*read_secret)(struct buf *ret); /* a line that isn't shown; NULL: nobody sits there */
    face_write write;
    void *write_ctx;
    bool rewrites_lines; /* the error stream is a terminal: progress takes one line */
};
int commands_run(const struct command_line *line);

#endif
