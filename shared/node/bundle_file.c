/*
 * bundle_file.c - a bundle as a file: written in pieces under another name, read in pieces twice.
 */
#include <stdio.h>
#include <string.h>

#include "bundle_parts.h"

#define PIECE     (1u * 1024 * 1024) /* bytes in one write or read: each write is synced */
#define PART_NAME ".part"

/* ---- writing */

static enum err file_failed(enum err e, const char *path, struct diag *diag)
{
    if (e == OK || e == ERR_NOMEM) {
        return e ? diag_set(diag, e, NULL) : OK;
    }
    if (e == ERR_NOT_FOUND) {
        return diag_set(diag, e, "bundle", path, NULL);
    }
    return e == ERR_DB_FULL ? diag_set(diag, e, path, NULL)
                            : diag_set(diag, ERR_FILE, path, err_name(e), NULL);
}

static enum err flush(struct bundle_out *out)
{
    const struct host *host = out->node->host;
    enum err e = buf_error(&out->bytes);
    if (!e && out->bytes.size > 0) {
        e = host->files->append(host->ctx, out->part, buf_span(&out->bytes));
        out->report->bytes += (int64_t)out->bytes.size;
    }
    buf_clear(&out->bytes);
    return file_failed(e, out->path, out->diag);
}

enum err bundle_out_begin(struct bundle_out *out, const struct public_key *receiver_key)
{
    struct node *node = out->node;
    const struct host *host = node->host;
    uint8_t random[BUNDLE_RANDOM_SIZE];
    struct bundle_parties parties = {.sender = node->identity.id,
                                     .sender_key = node->identity.key,
                                     .receiver = out->report->peer};
    out->room = out->order->has_files_max ? out->order->files_max : WIRE_STICK_BYTES;
    buf_init(&out->bytes, &host->mem, PIECE + BUNDLE_FRAME_MAX + BUNDLE_CHUNK);
    int size = snprintf(out->part, sizeof out->part, "%s%s", out->path, PART_NAME);
    if (size < 0 || (size_t)size >= sizeof out->part) {
        return diag_set(out->diag, ERR_TOO_LARGE, "path", "4095", NULL);
    }
    if (host->files->exists(host->ctx, out->path)) {
        return diag_set(out->diag, ERR_EXISTS, "bundle", out->path, NULL);
    }
    /* What an export that was cut short has left. */
    enum err e = host->files->remove(host->ctx, out->part);
    if (e) {
        return file_failed(e, out->part, out->diag);
    }
    out->writer = host->mem.resize(host->mem.ctx, NULL, sizeof *out->writer);
    if (!out->writer) {
        return diag_set(out->diag, ERR_NOMEM, NULL);
    }
    host->random(host->ctx, random, sizeof random);
    e = bundle_write_begin(out->writer, &parties, receiver_key, random, &out->bytes);
    sign_wipe(random, sizeof random);
    if (e) {
        return e == ERR_SIGNATURE ? diag_set(out->diag, e, "receiver", NULL) : e;
    }
    return flush(out); /* A place that can't be written to shows before anything is noted. */
}

enum err bundle_out_frame(struct bundle_out *out, enum bundle_kind kind, struct span body)
{
    bundle_write_frame(out->writer, kind, body, &out->bytes);
    out->report->frames++;
    enum err e = out->bytes.size >= PIECE ? flush(out) : buf_error(&out->bytes);
    if (!e && out->order->progress && !out->order->progress(out->order->ctx, out->report)) {
        e = diag_set(out->diag, ERR_CANCELLED, NULL);
    }
    return e;
}

enum err bundle_out_head(struct bundle_out *out, const struct bundle_head *head)
{
    struct buf text;
    buf_init(&text, &out->node->host->mem, WIRE_LINE_MAX);
    bundle_head_write(head, &text);
    enum err e = buf_error(&text);
    if (!e) {
        e = bundle_out_frame(out, BUNDLE_HEAD, buf_span(&text));
    }
    buf_release(&text);
    return e;
}

enum err bundle_out_end(struct bundle_out *out)
{
    const struct host *host = out->node->host;
    bundle_write_end(out->writer, &out->node->key, &out->bytes);
    enum err e = flush(out);
    if (!e && host->files->exists(host->ctx, out->path)) {
        return diag_set(out->diag, ERR_EXISTS, "bundle", out->path, NULL);
    }
    if (!e) {
        e = file_failed(host->files->rename(host->ctx, out->part, out->path), out->path, out->diag);
    }
    if (!e) {
        out->part[0] = '\0';
        out->report->bytes_total = out->report->bytes;
    }
    return e;
}

void bundle_out_release(struct bundle_out *out)
{
    const struct host *host = out->node->host;
    if (out->writer) {
        sign_wipe(out->writer, sizeof *out->writer);
        host->mem.resize(host->mem.ctx, out->writer, 0);
        if (out->part[0] && host->files->remove(host->ctx, out->part) != OK) {
            out->part[0] = '\0'; /* the next export of this name removes it */
        }
    }
    buf_release(&out->bytes);
}

/* ---- reading */

/* Names the file in a failure of the wire, which knows bytes only. */
static enum err name_file(struct bundle_in *in, enum err e)
{
    if (e == ERR_DAMAGED) {
        return diag_set(in->diag, e, in->path, NULL);
    }
    if (e == ERR_FORMAT && in->diag && strcmp(in->diag->args[0], "no bundle") == 0) {
        return diag_set(in->diag, e, "no bundle", in->path, NULL);
    }
    return e;
}

static enum err check_file(struct bundle_in *in, struct bundle_check *check)
{
    const struct host *host = in->node->host;
    uint64_t offset = 0;
    enum err e = OK;
    bundle_check_begin(check);
    do {
        buf_clear(&in->sealed);
        e = host->files->read_at(host->ctx, in->path, offset, PIECE, &in->sealed);
        if (!e) {
            bundle_check_add(check, buf_span(&in->sealed));
            offset += in->sealed.size;
        }
    } while (!e && in->sealed.size > 0);
    if (e) {
        return file_failed(e, in->path, in->diag);
    }
    in->report->bytes_total = (int64_t)offset;
    return name_file(in, bundle_check_end(check, &in->parties, in->diag));
}

/* Whom it is for, as people know that node. */
static enum err not_for_us(struct bundle_in *in)
{
    const struct org *org = NULL;
    char id[ID_TEXT_SIZE];
    id_write(in->parties.receiver, id);
    enum err e = node_org(in->node, &org);
    if (e) {
        return e;
    }
    const struct org_node *receiver = org_node(org, in->parties.receiver);
    return diag_set(in->diag, ERR_ELSEWHERE, in->path, receiver ? receiver->name : id, NULL);
}

enum err bundle_in_begin(struct bundle_in *in)
{
    struct bundle_check check;
    buf_init(&in->sealed, &in->node->host->mem, PIECE);
    enum err e = check_file(in, &check);
    if (e) {
        return e;
    }
    in->report->peer = in->parties.sender;
    if (!id_equal(in->parties.receiver, in->node->identity.id)) {
        return not_for_us(in);
    }
    e = bundle_read_begin(&in->reader, &check, &in->node->key, &in->node->host->mem);
    in->reading = true;
    return e == ERR_SIGNATURE ? diag_set(in->diag, e, "bundle", NULL) : e;
}

enum err bundle_in_frame(struct bundle_in *in, bool *ret_found, enum bundle_kind *ret_kind,
                         struct span *ret_body)
{
    const struct host *host = in->node->host;
    for (;;) {
        enum err e = bundle_next_frame(&in->reader, ret_found, ret_kind, ret_body, in->diag);
        size_t size = bundle_chunk_size(&in->reader);
        if (e || *ret_found || size == 0) {
            in->report->frames += !e && *ret_found;
            return e;
        }
        buf_clear(&in->sealed);
        uint64_t offset = bundle_chunk_offset(&in->reader);
        e = host->files->read_at(host->ctx, in->path, offset, size, &in->sealed);
        if (e) {
            return file_failed(e, in->path, in->diag);
        }
        in->report->bytes = (int64_t)(offset + size);
        e = name_file(in, bundle_read_chunk(&in->reader, buf_span(&in->sealed)));
        if (e) {
            return e;
        }
    }
}

void bundle_in_release(struct bundle_in *in)
{
    if (in->reading) {
        bundle_read_release(&in->reader);
    }
    buf_release(&in->sealed);
}
