/*
 * call_status.c - where work has got to, and whether what this device holds is whole.
 */
#include "audit.h"
#include "blob.h"
#include "call_event.h"
#include "call_put.h"
#include "lease.h"
#include "num.h"
#include "sync.h"

#define RECORD_ARENA_MAX (64u * 1024 * 1024)
#define FINDINGS_MAX     (1024u * 1024)

/* ---- status */

static void put_sums(struct call *call, const struct node_status *status)
{
    json_name(call->out, "enrolled");
    json_put_bool(call->out, call->self.enrolled);
    json_name(call->out, "records");
    json_open(call->out, '{');
    put_int(call, "total", status->records);
    put_int(call, "here", status->records_here);
    put_int(call, "province", status->records_province);
    put_int(call, "region", status->records_region);
    put_int(call, "disputed", status->disputed);
    json_close(call->out, '}');
    json_name(call->out, "ops");
    json_open(call->out, '{');
    put_int(call, "here", status->ops_here);
    put_int(call, "province", status->ops_province);
    put_int(call, "region", status->ops_region);
    json_close(call->out, '}');
    put_int(call, "late", status->late);
    put_int(call, "quarantined", status->quarantined);
    if (status->synced_ms > 0) {
        put_int(call, "synced", status->synced_ms);
    }
}

static void put_sum(struct call *call, const char *name, const struct blob_sum *sum)
{
    json_name(call->out, name);
    json_open(call->out, '{');
    put_int(call, "count", sum->count);
    put_int(call, "bytes", sum->bytes);
    json_close(call->out, '}');
}

static void put_files(struct call *call, const struct blob_status *files)
{
    json_name(call->out, "files");
    json_open(call->out, '{');
    put_sum(call, "kept", &files->kept);
    put_sum(call, "send", &files->send);
    put_sum(call, "fetch", &files->fetch);
    put_sum(call, "safe", &files->safe);
    json_close(call->out, '}');
}

/* Whole days: of those left what has begun counts, so that it locks when none is left. */
static void put_lease(struct call *call, const struct lease *lease)
{
    static const char *const locks[] = {"open", "expired", "revoked"};
    json_name(call->out, "lease");
    json_open(call->out, '{');
    put_text(call, "lock", locks[lease->lock]);
    if (lease->contact_ms != 0) {
        put_int(call, "contact", lease->contact_ms);
        put_int(call, "away", lease->away_ms / LEASE_DAY_MS);
    }
    if (lease->days > 0) {
        put_int(call, "days", lease->days);
        put_int(call, "left", (lease->left_ms + LEASE_DAY_MS - 1) / LEASE_DAY_MS);
        json_name(call->out, "warn");
        json_put_bool(call->out, lease->warn);
    }
    json_close(call->out, '}');
}

static void put_clock(struct call *call, const struct node_clock *clock)
{
    bool warn = clock->has_offset &&
                (clock->offset_ms > CALL_CLOCK_WARN || clock->offset_ms < -CALL_CLOCK_WARN);
    json_name(call->out, "clock");
    json_open(call->out, '{');
    put_int(call, "now", call->host->now_ms(call->host->ctx));
    if (clock->has_offset) {
        put_int(call, "offset", clock->offset_ms);
    }
    json_name(call->out, "warn");
    json_put_bool(call->out, warn);
    json_name(call->out, "insane");
    json_put_bool(call->out, clock->insane);
    json_close(call->out, '}');
}

/* Whom this device syncs with; after a move to another office there are several. */
static enum err put_servers(struct call *call)
{
    struct known_server *servers = NULL;
    size_t count = 0;
    enum err e = sync_servers(call->node, call->arena, &servers, &count);
    if (e || count == 0) {
        return e;
    }
    json_name(call->out, "servers");
    json_open(call->out, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(call->out, '{');
        put_text(call, "url", servers[i].url);
        json_name(call->out, "chosen");
        json_put_bool(call->out, servers[i].chosen);
        if (servers[i].synced_ms > 0) {
            put_int(call, "synced", servers[i].synced_ms);
        }
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
    return OK;
}

static enum err put_custody(struct call *call, struct id entity, struct arena *record_arena)
{
    struct record record = {0};
    enum err e = record_read(call->node, &call->person, entity, record_arena, &record, call->diag);
    if (e) {
        return e;
    }
    json_open(call->out, '{');
    put_id(call, "id", record.entity);
    put_type(call, record.type_name);
    put_text(call, "case", record.case_number);
    json_name(call->out, "title");
    json_put_text(call->out, record.title ? record.title : "");
    put_text(call, "custody", custody_name(record.custody));
    put_int(call, "disputes", (int64_t)record.dispute_count);
    put_int(call, "updated", record.updated_ms);
    json_close(call->out, '}');
    return OK;
}

static enum err put_one(struct call *call, const char *text)
{
    struct id entity;
    enum err e = record_resolve_id(call->node, text, &entity, call->diag);
    if (!e) {
        json_name(call->out, "record");
        e = put_custody(call, entity, call->arena);
    }
    return e;
}

static enum err put_each(struct call *call)
{
    struct record_ids ids;
    struct arena record_arena;
    struct record_filter filter = {.with_deleted = true, .after = call_arg_int(call, "after", 0)};
    enum err e = record_ids_read(call, &filter, &ids);
    if (e) {
        return e;
    }
    arena_init(&record_arena, &call->host->mem, RECORD_ARENA_MAX);
    json_name(call->out, "list");
    json_open(call->out, '[');
    for (size_t i = 0; i < ids.page.count && !e; i++) {
        arena_reset(&record_arena);
        e = put_custody(call, ids.ids[i], &record_arena);
    }
    json_close(call->out, ']');
    page_end(&ids.page);
    arena_release(&record_arena);
    return e;
}

enum err call_status(struct call *call)
{
    struct node_status status = {0};
    struct node_clock clock = {0};
    struct lease lease = {.lock = LEASE_OPEN};
    struct blob_status files = {.kept = {0}};
    const char *id = call_arg_text(call, "id");
    bool each = call_arg_bool(call, "records", false);
    enum err e = node_status(call->node, &status);
    if (!e) {
        e = node_clock(call->node, &clock);
    }
    if (!e) {
        e = lease_read(call->node, &lease);
    }
    if (!e) {
        e = blob_status(call->node, &files);
    }
    if (e) {
        return e;
    }
    if ((id || each) && !call->has_person) {
        return call->self.enrolled ? diag_set(call->diag, ERR_MISSING_ARGUMENT, "person", NULL)
                                   : diag_set(call->diag, ERR_NOT_ENROLLED, NULL);
    }
    put_sums(call, &status);
    put_files(call, &files);
    put_clock(call, &clock);
    call_put_space(call, true);
    put_lease(call, &lease);
    e = put_servers(call);
    if (!e && id) {
        e = put_one(call, id);
    }
    return !e && each ? put_each(call) : e;
}

/* ---- digest */

enum err call_digest(struct call *call)
{
    struct digest_row *rows = NULL;
    size_t count = 0;
    enum err e = node_digest(call->node, call->arena, &rows, &count);
    if (e) {
        return e;
    }
    json_name(call->out, "digest");
    json_open(call->out, '[');
    for (size_t i = 0; i < count; i++) {
        struct buf sum;
        buf_init(&sum, &call->host->mem, 32);
        buf_add_format(&sum, "%016llx", (unsigned long long)rows[i].sum);
        json_open(call->out, '{');
        put_text(call, "scope", rows[i].scope);
        put_text(call, "compartment", rows[i].compartment);
        put_int(call, "count", rows[i].count);
        put_text(call, "sum", buf_text(&sum));
        json_close(call->out, '}');
        buf_release(&sum);
    }
    json_close(call->out, ']');
    return OK;
}

/* ---- check */

static void tell_step(void *ctx, const char *step, int64_t done, int64_t total)
{
    struct call *call = ctx;
    struct call_event event;
    event_begin(&event, call, "check");
    put_text(call, "step", step);
    put_int(call, "done", done);
    put_int(call, "total", total);
    (void)event_tell(&event); /* a check only looks: it can't be half done */
}

static void put_report(struct call *call, const struct audit_report *report)
{
    struct span rest = buf_span(&report->findings);
    struct span line;
    put_int(call, "ops", report->ops);
    put_int(call, "batches", report->batches);
    put_int(call, "registers", report->registers);
    put_int(call, "feed_rows", report->feed_rows);
    json_name(call->out, "findings");
    json_open(call->out, '[');
    while (span_split(&rest, '\n', &line)) {
        if (line.size) {
            json_put_span(call->out, line);
        }
    }
    json_close(call->out, ']');
}

enum err call_check(struct call *call)
{
    struct audit_report report = {0};
    char count[NUM_TEXT_SIZE];
    buf_init(&report.findings, &call->host->mem, FINDINGS_MAX);
    enum err e =
        node_audit(call->node, call_arg_bool(call, "rebuild", false), tell_step, call, &report);
    if (!e) {
        put_report(call, &report);
        if (report.finding_count > 0) {
            num_write_i64(report.finding_count, count);
            call->keep_members = true;
            e = diag_set(call->diag, ERR_CHECK_FAILED, count, NULL);
        }
    }
    buf_release(&report.findings);
    return e;
}
