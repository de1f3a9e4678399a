/*
 * call_attach.c - files attached to a record: put there, read back, space freed.
 *
 * A file is named by its path: its bytes may be 16 times a request's largest size.
 */
#include "blob.h"
#include "call_put.h"
#include "wire_limits.h"

static void put_file(struct call *call, const struct file_value *file)
{
    put_text(call, "mime", file->mime);
    put_int(call, "size", file->whole.size);
    if (file->has_thumb) {
        put_int(call, "thumb_size", file->thumb.size);
    }
}

static enum err read_path(struct call *call, const char *path, struct buf *ret)
{
    enum err e = call->host->files->read(call->host->ctx, path, ret);
    if (e == ERR_TOO_LARGE) {
        return diag_set(call->diag, e, path, "16 MiB", NULL);
    }
    return e ? diag_set(call->diag, e == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_FILE,
                        e == ERR_NOT_FOUND ? "file" : path, e == ERR_NOT_FOUND ? path : err_name(e),
                        NULL)
             : OK;
}

enum err call_attach(struct call *call)
{
    const char *path = call_arg_text(call, "file");
    struct attachment attachment = {
        .person = call->person, .property = call_arg_text(call, "property"), .name = path};
    struct attached attached;
    struct buf bytes;
    buf_init(&bytes, &call->host->mem, WIRE_BLOB_MAX);
    enum err e =
        record_resolve_id(call->node, call_arg_text(call, "id"), &attachment.entity, call->diag);
    if (!e) {
        e = read_path(call, path, &bytes);
    }
    if (!e) {
        e = node_space_for(call->node, bytes.size, call->diag); /* a photograph can wait */
    }
    if (!e) {
        attachment.bytes = buf_span(&bytes);
        e = node_attach(call->node, &attachment, call->arena, &attached, call->diag);
    }
    buf_release(&bytes);
    if (e) {
        return e;
    }
    put_id(call, "id", attached.saved.entity);
    put_text(call, "case", attached.saved.case_number);
    put_int(call, "ops", (int64_t)attached.saved.op_count);
    put_file(call, &attached.file);
    put_true(call, "cleaned", attached.cleaned);
    return OK;
}

/* The bytes to the path asked; what isn't here is asked for with the next sync. */
static enum err fetch(struct call *call, const struct blob_name *name, const char *path)
{
    struct buf bytes;
    buf_init(&bytes, &call->host->mem, WIRE_BLOB_MAX);
    enum err e = blob_read(call->node, name, &bytes);
    if (e == ERR_NOT_FOUND) {
        e = blob_want(call->node, name);
        e = e ? e : diag_set(call->diag, ERR_NOT_HERE, call_arg_text(call, "property"), NULL);
    } else if (!e) {
        e = call->host->files->write_atomic(call->host->ctx, path, buf_span(&bytes));
        e = e ? diag_set(call->diag, ERR_FILE, path, err_name(e), NULL) : OK;
    }
    buf_release(&bytes);
    return e;
}

enum err call_attachment(struct call *call)
{
    const char *property = call_arg_text(call, "property");
    const char *path = call_arg_text(call, "file");
    bool thumb = call_arg_bool(call, "thumb", false);
    struct id entity;
    struct file_value file;
    struct blob_state state;
    enum err e = record_resolve_id(call->node, call_arg_text(call, "id"), &entity, call->diag);
    if (!e) {
        e = node_attachment(call->node, &call->person, entity, property, call->arena, &file,
                            call->diag);
    }
    if (!e && thumb && !file.has_thumb) {
        e = diag_set(call->diag, ERR_NOT_FOUND, "thumbnail", property, NULL);
    }
    const struct blob_name *name = thumb ? &file.thumb : &file.whole;
    if (!e && path) {
        e = fetch(call, name, path);
    }
    if (!e) {
        e = blob_state(call->node, name, &state);
    }
    if (e) {
        return e;
    }
    put_id(call, "id", entity);
    put_file(call, &file);
    put_true(call, "here", state.here);
    put_true(call, "stable", state.stable);
    put_true(call, "wanted", state.wanted);
    return OK;
}

enum err call_attachments_drop(struct call *call)
{
    struct blob_sum sum;
    enum err e = blob_drop_stable(call->node, &sum, call->diag);
    if (!e) {
        put_int(call, "count", sum.count);
        put_int(call, "bytes", sum.bytes);
    }
    return e;
}
