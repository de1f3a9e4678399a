/*
 * bundle_export.c - writes a bundle: for whom, under which name, asks or answers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle_parts.h"
#include "sync_internal.h"

#define DAY_MS    86400000
#define NAME_SIZE 40
#define NAMES_MAX 100

/* ---- for whom */

static enum err find_target(struct node *node, const char *to, struct id *ret, struct diag *diag)
{
    const struct org *org = NULL;
    const struct org_node *found = NULL;
    enum err e = node_org(node, &org);
    if (!e && to) {
        e = org_node_find(org, to, &found, diag);
        if (!e) {
            *ret = found->id;
        }
        return e;
    }
    struct server_row server = {0};
    if (!e) {
        e = server_load(node, NULL, &server);
    }
    if (!e) {
        *ret = server.name;
    }
    server_release(node, &server);
    bool serves = node->identity.role >= ROLE_HUB; /* ... and has no server of its own */
    return e == ERR_NOT_ENROLLED && serves ? diag_set(diag, ERR_MISSING_ARGUMENT, "--to", NULL) : e;
}

/* A server of this node is asked; a node below it is answered. */
static enum err find_way(struct node *node, struct id target, enum bundle_way *ret,
                         struct diag *diag)
{
    const struct org *org = NULL;
    struct server_row server = {0};
    char name[ID_TEXT_SIZE];
    enum err e = server_load(node, &target, &server);
    server_release(node, &server);
    if (e != ERR_NOT_ENROLLED) {
        *ret = BUNDLE_TO_SERVER;
        return e;
    }
    e = node_org(node, &org);
    const struct org_node *below = e ? NULL : org_node(org, target);
    id_write(target, name);
    if (!e && (!below || node->identity.role < ROLE_HUB || below->role >= node->identity.role)) {
        e = diag_set(diag, ERR_NOT_ALLOWED, "bundle", below ? below->name : name, NULL);
    }
    *ret = BUNDLE_TO_CALLER;
    return e;
}

/* ---- under which name */

/* Civil date of a day since 1970 (H. Hinnant's algorithm). */
static void date_of(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * shifted + 2) / 5 + 1;
    *ret_month = shifted < 10 ? shifted + 3 : shifted - 9;
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

/* The short code, else the beginning of the id: what the office calls it, and nothing of people. */
static enum err name_of(struct node *node, struct id id, char ret[NAME_SIZE])
{
    const struct org *org = NULL;
    char text[ID_TEXT_SIZE];
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    const struct org_node *known = org_node(org, id);
    id_write(id, text);
    text[6] = '\0';
    bool has_short = known && known->short_code[0] && strlen(known->short_code) < NAME_SIZE;
    span_text(span_of(has_short ? known->short_code : text), ret, NAME_SIZE);
    return OK;
}

/* A folder is something in which "." is. A07-A-20261123-141200.douar: from A07 to A, UTC. */
enum err bundle_choose_path(struct bundle_out *out)
{
    struct node *node = out->node;
    const struct host *host = node->host;
    char dot[BUNDLE_PATH_SIZE];
    char from[NAME_SIZE], to[NAME_SIZE];
    int64_t year, month, day;
    size_t size = strlen(out->order->path);
    const char *slash = size > 0 && out->order->path[size - 1] == '/' ? "" : "/";
    if (size == 0 || size + 160 > sizeof out->path) {
        return diag_set(out->diag, ERR_TOO_LARGE, "path", "4095", NULL);
    }
    (void)snprintf(dot, sizeof dot, "%s%s.", out->order->path, slash);
    if (!host->files->exists(host->ctx, dot)) {
        memcpy(out->path, out->order->path, size + 1);
        return OK;
    }
    enum err e = name_of(node, node->identity.id, from);
    if (!e) {
        e = name_of(node, out->report->peer, to);
    }
    int64_t now = host->now_ms(host->ctx);
    now = now < 0 ? 0 : now;
    int64_t second = now % DAY_MS / 1000;
    date_of(now / DAY_MS, &year, &month, &day);
    for (int nth = 1; !e && nth < NAMES_MAX; nth++) { /* several in one second */
        char number[8] = "";
        if (nth > 1) {
            (void)snprintf(number, sizeof number, "-%d", nth);
        }
        (void)snprintf(out->path, sizeof out->path,
                       "%s%s%s-%s-%04" PRId64 "%02" PRId64 "%02" PRId64 "-%02" PRId64 "%02" PRId64
                       "%02" PRId64 "%s.douar",
                       out->order->path, slash, from, to, year, month, day, second / 3600,
                       second / 60 % 60, second % 60, number);
        if (!host->files->exists(host->ctx, out->path)) {
            break;
        }
    }
    return e;
}

/* ---- the whole */

static enum err write_frames(struct bundle_out *out)
{
    if (out->report->way == BUNDLE_TO_SERVER) {
        return bundle_write_asks(out, out->report->peer);
    }
    return serve_bundle_answers(out, out->report->peer);
}

enum err node_bundle_export(struct node *node, const struct bundle_order *order,
                            char ret_path[BUNDLE_PATH_SIZE], struct bundle_report *ret,
                            struct diag *diag)
{
    struct bundle_report report = {.way = BUNDLE_TO_SERVER};
    struct bundle_out out = {.node = node, .order = order, .report = &report, .diag = diag};
    struct public_key key;
    buf_init(&out.bytes, &node->host->mem, 0);
    enum err e = node->identity.enrolled ? OK : diag_set(diag, ERR_NOT_ENROLLED, NULL);
    if (!e) {
        e = find_target(node, order->to, &report.peer, diag);
    }
    if (!e) {
        e = find_way(node, report.peer, &report.way, diag);
    }
    if (!e) {
        e = bundle_peer_key(node, report.peer, report.way == BUNDLE_TO_CALLER, &key, diag);
    }
    if (!e) {
        e = bundle_choose_path(&out);
    }
    if (!e) {
        e = bundle_out_begin(&out, &key);
    }
    if (!e) {
        e = write_frames(&out);
    }
    if (!e) {
        e = bundle_out_end(&out);
    }
    if (!e) {
        memcpy(ret_path, out.path, strlen(out.path) + 1);
    }
    bundle_out_release(&out);
    *ret = report;
    return node_failed(node, e, diag);
}
