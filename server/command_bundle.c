/*
 * command_bundle.c - `bundle`: an office's sync through files, with its devices and its region.
 */
#include "commands.h"

#include "node_bundle.h"
#include "num.h"
#include "server_home.h"

#define PROGRESS_MAX 1024

/* The node as people call it. */
static const char *node_name(struct app *app, struct node *node, struct id id)
{
    const struct org *org = NULL;
    char text[ID_TEXT_SIZE];
    const struct org_node *known = node_org(node, &org) ? NULL : org_node(org, id);
    id_write(id, text);
    const char *name = arena_text(app->arena, known ? known->name : text);
    return name ? name : "";
}

/* ---- progress: one line of a terminal, written anew with every frame */

static void clear_line(const struct app *app)
{
    static const char blank[] = "\r\x1b[K";
    if (app->shows_progress) {
        app->face->write(app->face->ctx, FACE_ERR, span_of(blank));
    }
}

static bool tell_frames(void *ctx, const struct bundle_report *so_far)
{
    const struct app *app = ctx;
    char bytes[NUM_TEXT_SIZE], total[NUM_TEXT_SIZE];
    struct buf line;
    if (!app->shows_progress) {
        return true;
    }
    num_write_i64(so_far->bytes, bytes);
    num_write_i64(so_far->bytes_total, total);
    buf_init(&line, &app->host->mem, PROGRESS_MAX);
    clear_line(app);
    face_add(app->face, &line, "text.progress_bundle", bytes, so_far->bytes_total > 0 ? total : "?",
             NULL);
    app->face->write(app->face->ctx, FACE_ERR, buf_span(&line));
    buf_release(&line);
    return true;
}

/* ---- writing one */

static enum err read_budget(struct app *app, struct bundle_order *order)
{
    const char *text = args_value(app->args, "max-data");
    order->has_files_max = text != NULL;
    return !text || args_size(text, &order->files_max)
               ? OK
               : diag_set(app->diag, ERR_BAD_VALUE, "--max-data", text, "500K, 2M", NULL);
}

static void say_files(struct app *app, const char *key, const struct bundle_report *report)
{
    char files[NUM_TEXT_SIZE], bytes[NUM_TEXT_SIZE];
    if (app->face->json) {
        return;
    }
    num_write_i64(report->files, files);
    num_write_i64(report->file_bytes, bytes);
    if (report->file_bytes > 0) {
        face_say(app->face, key, files, bytes, NULL);
    }
    if (report->files_left) {
        face_say(app->face, "text.bundle_files_left", NULL);
    }
}

static enum err write_bundle(struct app *app, struct node *node, const char *ca_pem)
{
    char path[BUNDLE_PATH_SIZE];
    struct bundle_report report;
    struct bundle_order order = {.path = app->words[0],
                                 .to = args_value(app->args, "to"),
                                 .ca_pem = ca_pem,
                                 .progress = tell_frames,
                                 .ctx = app};
    enum err e = read_budget(app, &order);
    if (!e) {
        e = node_bundle_export(node, &order, path, &report, app->diag);
        clear_line(app);
    }
    if (!e) {
        const struct member members[] = {
            {.name = "file", .text = path},
            {.name = "to", .text = node_name(app, node, report.peer)},
            {.name = "changes", .number = report.ops},
            {.name = "bytes", .number = report.bytes},
            {.name = "files", .number = report.files},
            {.name = "file_bytes", .number = report.file_bytes},
            {.name = "files_left", .number = report.files_left},
        };
        app_answer(app,
                   report.way == BUNDLE_TO_SERVER ? "text.bundle_written" : "admin.bundle_answered",
                   members, 7);
        say_files(app, "text.bundle_files", &report);
    }
    return e;
}

enum err command_bundle_export(struct app *app)
{
    struct node *node = NULL;
    struct buf ca;
    buf_init(&ca, &app->host->mem, HOME_PEM_MAX);
    enum err e = home_node_open(app->host, app->home, &node, app->diag);
    if (!e) {
        e = home_read(app->host, app->home, HOME_CA, &ca, app->diag);
    }
    if (!e) {
        e = write_bundle(app, node, buf_text(&ca));
    }
    node_close(node);
    buf_release(&ca);
    return e;
}

/* ---- taking some in */

/* Of a node that this office invited: what is to be done next. */
static enum err say_newcomer(struct app *app, struct node *node, const char *path, struct id id)
{
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    const struct org_node *known = e ? NULL : org_node(org, id);
    if (!e) {
        const struct member members[] = {
            {.name = "file", .text = path},
            {.name = "from", .text = known ? known->name : ""},
            {.name = "enrolled", .text = known ? known->short_code : ""},
        };
        app_answer(app, "admin.bundle_enrolled", members, 3);
    }
    return e;
}

static enum err say_self(struct app *app, struct node *node)
{
    struct node_identity self;
    enum err e = node_identity(node, &self);
    if (!e && !app->face->json) {
        face_say(app->face, "admin.uplink_set", self.short_code, NULL);
    }
    return e;
}

static enum err take_bundle(struct app *app, struct node *node, const char *path)
{
    struct bundle_report report;
    enum err e = node_bundle_import(node, path, tell_frames, app, &report, app->diag);
    clear_line(app);
    if (!e && report.way == BUNDLE_TO_ENROL) {
        return say_newcomer(app, node, path, report.peer);
    }
    if (!e && report.enrolled) {
        e = say_self(app, node);
    }
    if (e) {
        return e;
    }
    const char *from = node_name(app, node, report.peer);
    const struct member members[] = {
        {.name = "file", .text = path},
        {.name = "from", .text = from},
        {.name = "received", .number = report.ops},
        {.name = "confirmed", .number = report.acked},
        {.name = "late", .number = report.late},
        {.name = "refused", .number = report.refused},
        {.name = "waits", .number = report.waits},
        {.name = "files", .number = report.files},
        {.name = "file_bytes", .number = report.file_bytes},
        {.name = "aside", .number = report.aside},
    };
    app_answer(app, report.way == BUNDLE_TO_SERVER ? "admin.bundle_taken" : "text.bundle_taken",
               members, 10);
    say_files(app, "text.bundle_files_taken", &report);
    if (!app->face->json && report.waits) {
        face_warn(app->face, "admin.bundle_waits", from, NULL);
    }
    if (!app->face->json && report.aside > 0) {
        face_warn(app->face, "admin.bundle_aside", from, NULL);
    }
    return OK;
}

/* The region's configuration comes this way too: nothing of it is held while files are taken. */
enum err command_bundle_import(struct app *app)
{
    struct node *node = NULL;
    enum err e = home_node_open(app->host, app->home, &node, app->diag);
    for (size_t i = 0; !e && i < app->word_count; i++) {
        e = take_bundle(app, node, app->words[i]);
    }
    node_close(node);
    return e;
}
