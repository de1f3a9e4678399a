/*
 * device.c - reads a request, prepares its call, runs it, writes the answer.
 */
#include <assert.h>
#include <string.h>

#include "args.h"
#include "call.h"
#include "db.h"
#include "fill.h"
#include "lease.h"
#include "num.h"
#include "reopen.h"

#define SHORT_ANSWER_SIZE 4096

struct device {
    const struct host *host;
    const struct catalogues *catalogues;
    enum language language;
    struct node *node; /* NULL until a call needs it */
    struct open_key open;
    struct fill *fill;  /* the form that is being filled; NULL */
    bool reserve_whole; /* as far as this process knows */
    char home[];
};

/* clang-format off */
static const struct call_kind call_kinds[] = {
    {"version", NEED_NOTHING, call_version, {{0}}, SPACE_READS},
    {"init", NEED_NOTHING, call_init, {
        {"passphrase", ARG_TEXT, false, 0, 0}, {"key_file", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"unlock", NEED_NOTHING, call_unlock, {
        {"passphrase", ARG_TEXT, false, 0, 0}, {"key_file", ARG_TEXT, false, 0, 0},
        {"minutes", ARG_INT, false, 1, CALL_MINUTES_MAX}, {0}}, SPACE_READS},
    {"lock", NEED_NOTHING, call_lock, {{0}}, SPACE_READS},
    {"passphrase", NEED_NOTHING, call_passphrase, {
        {"passphrase", ARG_TEXT, false, 0, 0}, {"key_file", ARG_TEXT, false, 0, 0},
        {"new_passphrase", ARG_TEXT, false, 0, 0}, {"new_key_file", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"passphrase_add", NEED_NOTHING, call_passphrase_add, {
        {"name", ARG_TEXT, true, 0, 0}, {"passphrase", ARG_TEXT, false, 0, 0},
        {"key_file", ARG_TEXT, false, 0, 0}, {"new_passphrase", ARG_TEXT, false, 0, 0},
        {"new_key_file", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"passphrase_remove", NEED_NOTHING, call_passphrase_remove, {
        {"name", ARG_TEXT, true, 0, 0}, {"passphrase", ARG_TEXT, false, 0, 0},
        {"key_file", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"passphrases", NEED_HOME, call_passphrases, {{0}}, SPACE_READS},
    {"recover", NEED_NOTHING, call_recover, {
        {"answer", ARG_TEXT, false, 0, 0}, {"new_passphrase", ARG_TEXT, false, 0, 0},
        {"new_key_file", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"enrol", NEED_HOME, call_enrol, {
        {"code", ARG_TEXT, true, 0, 0}, {"name", ARG_TEXT, false, 0, 0},
        {"sync", ARG_BOOL, false, 0, 0}, {"bundle", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"whoami", NEED_HOME, call_whoami, {{0}}, SPACE_READS},
    {"persons", NEED_ENROLLED, call_persons, {{0}}, SPACE_READS},
    {"forms", NEED_ENROLLED, call_forms, {{0}}, SPACE_READS},
    {"form", NEED_ENROLLED, call_form, {{"form", ARG_TEXT, true, 0, 0}, {0}}, SPACE_READS},
    {"types", NEED_ENROLLED, call_types, {{0}}, SPACE_READS},
    {"type", NEED_ENROLLED, call_type, {{"type", ARG_TEXT, true, 0, 0}, {0}}, SPACE_READS},
    {"places", NEED_ENROLLED, call_places, {
        {"under", ARG_TEXT, false, 0, 0}, CALL_ARG_LIMIT, {"after", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"place_add", NEED_PERSON, call_place_add, {
        {"parent", ARG_TEXT, true, 0, 0}, {"answers", ARG_OBJECT, true, 0, 0}, {0}}, SPACE_SAVES},
    {"new", NEED_PERSON, call_new, {
        {"form", ARG_TEXT, true, 0, 0}, {"answers", ARG_OBJECT, true, 0, 0},
        {"place", ARG_TEXT, false, 0, 0}, {"parent", ARG_TEXT, false, 0, 0},
        {"dry_run", ARG_BOOL, false, 0, 0}, {0}}, SPACE_SAVES},
    {"edit", NEED_PERSON, call_edit, {
        {"id", ARG_TEXT, true, 0, 0}, {"answers", ARG_OBJECT, true, 0, 0},
        {"form", ARG_TEXT, false, 0, 0}, {"dry_run", ARG_BOOL, false, 0, 0}, {0}}, SPACE_SAVES},
    {"undo", NEED_PERSON, call_undo, {{0}}, SPACE_SAVES},
    {"fill", NEED_PERSON, call_fill, {
        {"form", ARG_TEXT, false, 0, 0}, {"id", ARG_TEXT, false, 0, 0},
        {"draft", ARG_TEXT, false, 0, 0}, {"place", ARG_TEXT, false, 0, 0},
        {"parent", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"fill_say", NEED_PERSON, call_fill_say, {{"request", ARG_OBJECT, true, 0, 0}, {0}}, SPACE_TAKES},
    {"fill_save", NEED_PERSON, call_fill_save, {{0}}, SPACE_SAVES},
    {"drafts", NEED_PERSON, call_drafts, {{0}}, SPACE_READS},
    {"draft_drop", NEED_PERSON, call_draft_drop, {{"draft", ARG_TEXT, true, 0, 0}, {0}}, SPACE_READS},
    {"delete", NEED_PERSON, call_delete, {
        {"id", ARG_TEXT, true, 0, 0}, {"reason", ARG_TEXT, true, 0, 0}, {0}}, SPACE_SAVES},
    {"attach", NEED_PERSON, call_attach, {
        {"id", ARG_TEXT, true, 0, 0}, {"property", ARG_TEXT, true, 0, 0},
        {"file", ARG_TEXT, true, 0, 0}, {0}}, SPACE_TAKES},
    {"attachment", NEED_PERSON, call_attachment, {
        {"id", ARG_TEXT, true, 0, 0}, {"property", ARG_TEXT, true, 0, 0},
        {"file", ARG_TEXT, false, 0, 0}, {"thumb", ARG_BOOL, false, 0, 0}, {0}}, SPACE_READS},
    {"attachments_drop", NEED_ENROLLED, call_attachments_drop, {{0}}, SPACE_MAKES},
    {"resolve", NEED_PERSON, call_resolve, {
        {"id", ARG_TEXT, true, 0, 0}, {"property", ARG_TEXT, true, 0, 0},
        {"take", ARG_ANY, false, 0, 0}, {"value", ARG_ANY, false, 0, 0},
        {"reason", ARG_TEXT, true, 0, 0}, {0}}, SPACE_SAVES},
    {"alias", NEED_PERSON, call_alias, {
        {"id", ARG_TEXT, false, 0, 0}, {"duplicate", ARG_TEXT, true, 0, 0},
        {"reason", ARG_TEXT, true, 0, 0}, {"undo", ARG_BOOL, false, 0, 0}, {0}}, SPACE_SAVES},
    {"redact", NEED_PERSON, call_redact, {
        {"id", ARG_TEXT, true, 0, 0}, {"property", ARG_TEXT, false, 0, 0},
        {"all", ARG_BOOL, false, 0, 0}, {"reason", ARG_TEXT, true, 0, 0},
        {"confirm", ARG_BOOL, false, 0, 0}, {"dry_run", ARG_BOOL, false, 0, 0}, {0}}, SPACE_SAVES},
    {"redactions", NEED_PERSON, call_redactions, {{"id", ARG_TEXT, false, 0, 0}, {0}}, SPACE_READS},
    {"show", NEED_PERSON, call_show, {
        {"id", ARG_TEXT, true, 0, 0}, {"history", ARG_BOOL, false, 0, 0}, {0}}, SPACE_READS},
    {"list", NEED_PERSON, call_list, {
        {"type", ARG_TEXT, false, 0, 0}, {"where", ARG_OBJECT, false, 0, 0},
        {"disputed", ARG_BOOL, false, 0, 0}, {"deleted", ARG_BOOL, false, 0, 0},
        CALL_ARG_LIMIT, CALL_ARG_AFTER, {0}}, SPACE_READS},
    {"find", NEED_PERSON, call_find, {{"text", ARG_TEXT, true, 0, 0}, CALL_ARG_LIMIT, {0}}, SPACE_READS},
    {"disputes", NEED_PERSON, call_disputes, {CALL_ARG_LIMIT, CALL_ARG_AFTER, {0}}, SPACE_READS},
    {"sync", NEED_ENROLLED, call_sync, {{"max_data", ARG_INT, false, 0, JSON_INT_MAX}, {0}}, SPACE_TAKES},
    {"bundle_export", NEED_ENROLLED, call_bundle_export, {
        {"file", ARG_TEXT, true, 0, 0}, {"to", ARG_TEXT, false, 0, 0},
        {"max_data", ARG_INT, false, 0, JSON_INT_MAX}, {0}}, SPACE_READS},
    {"bundle_import", NEED_HOME, call_bundle_import, {{"file", ARG_TEXT, true, 0, 0}, {0}}, SPACE_TAKES},
    {"status", NEED_HOME, call_status, {
        {"id", ARG_TEXT, false, 0, 0}, {"records", ARG_BOOL, false, 0, 0},
        CALL_ARG_LIMIT, CALL_ARG_AFTER, {0}}, SPACE_READS},
    {"forget", NEED_ENROLLED, call_forget, {
        {"days", ARG_INT, false, 0, 36500}, {"always", ARG_BOOL, false, 0, 0},
        {"dry_run", ARG_BOOL, false, 0, 0}, {0}}, SPACE_MAKES},
    {"recall", NEED_ENROLLED, call_recall, {{"id", ARG_TEXT, true, 0, 0}, {0}}, SPACE_READS},
    {"reopen", NEED_ENROLLED, call_reopen, {{"code", ARG_TEXT, false, 0, 0}, {0}}, SPACE_MAKES},
    {"reopen_code", NEED_PERSON, call_reopen_code, {
        {"challenge", ARG_TEXT, true, 0, 0}, {"days", ARG_INT, false, 1, REOPEN_DAYS_MAX}, {0}}, SPACE_READS},
    {"digest", NEED_HOME, call_digest, {{0}}, SPACE_READS},
    {"check", NEED_HOME, call_check, {{"rebuild", ARG_BOOL, false, 0, 0}, {0}}, SPACE_READS},
};
/* clang-format on */

#define CALL_KIND_COUNT (sizeof call_kinds / sizeof call_kinds[0])

const char *device_call_name(size_t index)
{
    return index < CALL_KIND_COUNT ? call_kinds[index].name : NULL;
}

enum err device_new(const struct host *host, const char *home, enum language language,
                    const struct catalogues *catalogues, struct device **ret)
{
    size_t home_size = strlen(home) + 1;
    struct device *device = host->mem.resize(host->mem.ctx, NULL, sizeof *device + home_size);
    if (!device) {
        return ERR_NOMEM;
    }
    *device = (struct device){
        .host = host, .catalogues = catalogues, .language = language, .open = {.host = *host}};
    memcpy(device->home, home, home_size);
    *ret = device;
    return OK;
}

void device_free(struct device *device)
{
    if (!device) {
        return;
    }
    fill_free(device->fill);
    node_close(device->node);
    key_forget(&device->open);
    const struct mem mem = device->host->mem;
    mem.resize(mem.ctx, device, 0);
}

/* ---- what calls ask of the door */

enum err call_path(struct call *call, const char *name, const char **ret)
{
    size_t home_size = strlen(call->home);
    size_t name_size = strlen(name);
    char *path = arena_alloc(call->arena, home_size + name_size + 2);
    if (!path) {
        return ERR_NOMEM;
    }
    memcpy(path, call->home, home_size);
    path[home_size] = '/';
    memcpy(path + home_size + 1, name, name_size + 1);
    *ret = path;
    return OK;
}

/* A database from before its home had a key, or whose sealing was cut short. */
static enum err seal_database(struct call *call, const char *path)
{
    bool plain = false;
    enum err e = db_is_plain(call->host, path, &plain);
    if (e) {
        return diag_set(call->diag, e, path, err_name(e), NULL);
    }
    return plain ? node_encrypt(&call->device->open.host, path, call->diag) : OK;
}

enum err call_open_node(struct call *call)
{
    struct device *device = call->device;
    if (!device->node) {
        const char *path = NULL;
        enum err e = call_path(call, CALL_DATABASE, &path);
        if (e) {
            return e;
        }
        if (!call->host->files->exists(call->host->ctx, path)) {
            return diag_set(call->diag, ERR_NO_HOME, call->home, NULL);
        }
        e = key_load(call);
        if (!e && device->open.key != NULL) {
            e = seal_database(call, path);
        }
        if (!e) {
            e = node_open(&device->open.host, path, &device->node, call->diag);
        }
        if (e) {
            return e;
        }
    }
    call->node = device->node;
    node_speak(call->node, call->language);
    return node_identity(call->node, &call->self);
}

void call_reserve_used(struct call *call)
{
    call->reserve_used = true;
    call->device->reserve_whole = false;
}

struct fill **call_fill_slot(struct call *call)
{
    return &call->device->fill;
}

void call_close_node(struct call *call)
{
    fill_free(call->device->fill);
    call->device->fill = NULL;
    node_close(call->device->node);
    call->device->node = NULL;
    call->node = NULL;
    key_forget(&call->device->open);
}

/* ---- before a call runs */

/* The member of a request as text; anything else there is refused. */
static enum err request_text(const struct json *request, const char *name, const char **ret,
                             struct diag *diag)
{
    const struct json *value = json_get(request, name);
    if (!value) {
        *ret = NULL;
        return OK;
    }
    if (!json_is(value, JSON_TEXT)) {
        return call_bad_value(diag, name, value, "\"...\"");
    }
    *ret = json_text(value);
    return OK;
}

static enum err check_members(const struct json *request, struct diag *diag)
{
    static const char *const members[] = {"call", "person", "lang", "args"};
    const size_t member_count = sizeof members / sizeof members[0];
    if (!json_is(request, JSON_OBJECT)) {
        return call_bad_value(diag, "request", request, "{\"call\": \"...\"}");
    }
    for (const struct json *item = json_first(request); item; item = json_next(item)) {
        bool known = false;
        for (size_t i = 0; i < member_count; i++) {
            known = known || strcmp(members[i], json_key(item)) == 0;
        }
        if (!known) {
            return diag_set(diag, ERR_UNKNOWN_OPTION, json_key(item),
                            nearest_name(json_key(item), members, member_count), NULL);
        }
    }
    return OK;
}

static enum err find_kind(const struct json *request, const struct call_kind **ret,
                          struct diag *diag)
{
    const char *name = NULL;
    const char *names[CALL_KIND_COUNT];
    enum err e = request_text(request, "call", &name, diag);
    if (e) {
        return e;
    }
    if (!name) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "call", NULL);
    }
    for (size_t i = 0; i < CALL_KIND_COUNT; i++) {
        if (strcmp(call_kinds[i].name, name) == 0) {
            *ret = &call_kinds[i];
            return OK;
        }
        names[i] = call_kinds[i].name;
    }
    return diag_set(diag, ERR_UNKNOWN_COMMAND, name, nearest_name(name, names, CALL_KIND_COUNT),
                    NULL);
}

static enum err pick_language(struct call *call, const struct json *request)
{
    const char *lang = NULL;
    enum err e = request_text(request, "lang", &lang, call->diag);
    if (e || !lang) {
        return e;
    }
    if (!language_from_name(lang, &call->language)) {
        return diag_set(call->diag, ERR_BAD_CHOICE, "lang", lang, "ar, fr, zgh, en", NULL);
    }
    return OK;
}

/* Who works: the person named in the request, else the one the device was enrolled for. */
static enum err find_person(struct call *call, const struct json *request, bool needed)
{
    const char *name = NULL;
    enum err e = request_text(request, "person", &name, call->diag);
    if (e || !call->self.enrolled || (!name && !needed && !call->self.has_person)) {
        return e;
    }
    const struct org *org = NULL;
    const struct org_person *person = NULL;
    e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    if (name) {
        e = org_person_find(org, name, &person, call->diag);
        if (e) {
            return e;
        }
    } else if (call->self.has_person) {
        person = org_person(org, call->self.person);
    } else {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "person", NULL);
    }
    if (person && person->revoked && needed) {
        return diag_set(call->diag, ERR_REVOKED, person->name, NULL);
    }
    /* Before the first sync the device knows only the id of its person. */
    call->has_person = true;
    call->person = person ? person->id : call->self.person;
    return OK;
}

static bool brings_configuration(const struct call_kind *kind)
{
    return kind->run == call_sync || kind->run == call_enrol || kind->run == call_bundle_import;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * What a locked device still does: nothing that shows or changes what it holds. While only the
 * lease has run out, who stands at a door with a form half filled can save it: that shows nothing
 * and would be lost otherwise. What a form is made of is the organisation's, no person's.
 */
static bool runs_locked(enum lease_lock lock, const char *name)
{
    static const char *const always[] = {
        "version",       "init",          "enrol",          "whoami",
        "unlock",        "lock",          "passphrase",     "recover",
        "sync",          "status",        "digest",         "check",
        "bundle_export", "bundle_import", "passphrase_add", "passphrase_remove",
        "passphrases"};
    static const char *const expired[] = {"reopen", "new",    "forms",   "form",     "types",
                                          "type",   "places", "persons", "fill_say", "fill_save"};
    return is_one_of(name, always, sizeof always / sizeof always[0]) ||
           (lock == LEASE_EXPIRED && is_one_of(name, expired, sizeof expired / sizeof expired[0]));
}

static enum err check_lease(struct call *call, const struct call_kind *kind)
{
    struct lease lease;
    char days[NUM_TEXT_SIZE];
    const struct org *org = NULL;
    enum err e = lease_read(call->node, &lease);
    if (!e) {
        e = node_org(call->node, &org);
    }
    if (e) {
        return e;
    }
    bool names_records = call_arg_text(call, "id") || call_arg_bool(call, "records", false);
    call->locked = lease.lock != LEASE_OPEN;
    if (!call->locked || (runs_locked(lease.lock, kind->name) && !names_records)) {
        return OK;
    }
    const struct org_node *me = org_node(org, call->self.id);
    if (lease.lock == LEASE_REVOKED) {
        return diag_set(call->diag, ERR_REVOKED, me ? me->name : call->self.short_code, NULL);
    }
    num_write_i64(lease.away_ms / LEASE_DAY_MS, days);
    return diag_set(call->diag, ERR_LEASE_OVER, days, call->self.short_code, NULL);
}

static enum err prepare(struct call *call, const struct json *request,
                        const struct call_kind **ret_kind)
{
    const struct call_kind *kind = NULL;
    enum err e = check_members(request, call->diag);
    if (!e) {
        e = pick_language(call, request);
    }
    if (!e) {
        e = find_kind(request, &kind, call->diag);
    }
    if (e) {
        return e;
    }
    assert(kind);
    call->args = json_get(request, "args");
    if (call->args && !json_is(call->args, JSON_OBJECT)) {
        return call_bad_value(call->diag, "args", call->args, "{...}");
    }
    e = call_check_args(kind, call->args, call->diag);
    if (!e && kind->need >= NEED_HOME) {
        call->space = kind->space;
        e = call_with_reserve(call, call_open_node);
    }
    if (!e && call->node) { /* in the folder of a full disk it still reads */
        enum err noted = node_look_at_clock(call->node);
        (void)noted;
    }
    if (!e && call->node && !brings_configuration(kind)) {
        node_org_hold(call->node);
        call->holds_org = true;
    }
    if (!e && kind->need >= NEED_ENROLLED && !call->self.enrolled) {
        e = diag_set(call->diag, ERR_NOT_ENROLLED, NULL);
    }
    if (!e && kind->need >= NEED_HOME) {
        e = check_lease(call, kind);
    }
    if (!e && kind->need >= NEED_HOME) {
        e = find_person(call, request, kind->need == NEED_PERSON);
    }
    *ret_kind = kind;
    return e;
}

/* ---- answers */

static void write_failure(const struct catalogues *catalogues, enum language language,
                          const struct diag *diag, struct json_writer *out)
{
    json_name(out, "ok");
    json_put_bool(out, false);
    json_name(out, "error");
    json_put_text(out, err_name(diag->code));
    json_name(out, "args");
    json_open(out, '[');
    for (size_t i = 0; i < diag->arg_count; i++) {
        json_put_text(out, diag->args[i]);
    }
    json_close(out, ']');
    struct buf message;
    buf_init(&message, out->buf->mem, 16 * 1024);
    catalogues_say_diag(catalogues, language, diag, &message);
    json_name(out, "message");
    json_put_span(out, buf_span(&message));
    buf_release(&message);
}

void device_answer_failure(const struct catalogues *catalogues, enum language language,
                           const struct diag *diag, struct buf *ret_answer)
{
    struct json_writer out;
    json_begin(&out, ret_answer);
    json_open(&out, '{');
    write_failure(catalogues, language, diag, &out);
    json_close(&out, '}');
}

/* Replaces the answer begun at `start` by the failure; what stands from `members_start` on is kept
   behind it when the call wants that. */
static void answer_failure(struct call *call, struct buf *answer, size_t start,
                           size_t members_start)
{
    struct span members = {0};
    if (call->keep_members && !buf_error(answer)) {
        struct span all = buf_span(answer);
        if (arena_copy(call->arena, span_cut(all, members_start, all.size - members_start),
                       &members)) {
            members = (struct span){0};
        }
    }
    buf_truncate(answer, start);
    answer->failed = OK; /* An answer that grew too large still leaves room for saying so. */
    json_begin(call->out, answer);
    json_open(call->out, '{');
    write_failure(call->catalogues, call->language, call->diag, call->out);
    buf_add_span(answer, members); /* begins with its comma */
    json_close(call->out, '}');
}

/* What was used of it, or was never made, is made as soon as there is space. */
static void keep_reserve(struct call *call)
{
    struct device *device = call->device;
    const char *database = NULL;
    if (device->reserve_whole) {
        return;
    }
    device->reserve_whole =
        call_path(call, CALL_DATABASE, &database) == OK && reserve_keep(call->host, database);
}

static enum err run_request(struct call *call, struct span text)
{
    struct json *request = NULL;
    const struct call_kind *kind = NULL;
    if (text.size > DEVICE_REQUEST_MAX) {
        return diag_set(call->diag, ERR_TOO_LARGE, "request", "1 MiB", NULL);
    }
    enum err e = json_parse(text, &request, call->diag);
    if (e) {
        return e;
    }
    e = prepare(call, request, &kind);
    assert(e || kind);
    if (call->node) {
        keep_reserve(call);
    }
    if (!e && kind->space >= SPACE_MAKES) {
        e = call_with_reserve(call, kind->run);
    } else if (!e) {
        e = kind->run(call);
    }
    if (kind && kind->run == call_init && call->node) {
        keep_reserve(call);
    }
    if (!e && kind->space > SPACE_READS) {
        call_put_space(call, false);
    }
    if (call->holds_org) {
        node_org_drop(call->node);
    }
    json_free(request);
    return e;
}

/* A failure of the data that was only passed on still says of which folder. */
static void name_data(const struct device *device, struct diag *diag)
{
    if (diag->arg_count > 0) {
        return;
    }
    if (diag->code == ERR_DB || diag->code == ERR_DB_FULL) {
        diag_set(diag, diag->code, device->home, NULL);
    } else if (diag->code == ERR_DB_CORRUPT) {
        diag_set(diag, diag->code, device->home, "database disk image is malformed", NULL);
    }
}

enum err device_call(struct device *device, struct span request, struct buf *ret_answer,
                     const struct device_listener *listener)
{
    struct arena call_arena;
    struct diag diag = {0};
    struct json_writer out;
    struct call call = {.device = device,
                        .host = device->host,
                        .open = &device->open,
                        .home = device->home,
                        .language = device->language,
                        .catalogues = device->catalogues,
                        .arena = &call_arena,
                        .out = &out,
                        .diag = &diag,
                        .listener = listener};
    size_t start = ret_answer->size;
    /* Room for a short answer is taken first: what was saved must not be answered "no memory". */
    if (!buf_room(ret_answer, SHORT_ANSWER_SIZE)) {
        return buf_error(ret_answer);
    }
    arena_init(&call_arena, &device->host->mem, CALL_ARENA_MAX);
    json_begin(&out, ret_answer);
    json_open(&out, '{');
    json_name(&out, "ok");
    json_put_bool(&out, true);
    size_t members_start = ret_answer->size;
    enum err e = run_request(&call, request);
    if (!e) {
        e = buf_error(ret_answer);
    }
    if (e) {
        diag_keep(&diag, e);
        diag.code = e;
        name_data(device, &diag);
        answer_failure(&call, ret_answer, start, members_start);
    } else {
        json_close(&out, '}');
    }
    arena_release(&call_arena);
    enum err written = buf_error(ret_answer);
    return written ? written : e;
}
