/*
 * bundle_import.c - takes a bundle: who wrote it, and what each frame of it is.
 */
#include <string.h>

#include "blob.h"
#include "bundle_parts.h"
#include "sync_internal.h"

#define HEAD_ARENA_MAX (16u * 1024 * 1024)

struct importing {
    struct bundle_in in;
    struct arena arena; /* the head */
    struct bundle_head head;
    struct pack *pack;            /* for asks */
    struct bundle_taking *taking; /* of answers, from the first on */
    struct bundle_named named;
};

/* Its key in the file is the one that the organisation knows it by. */
static enum err check_sender(struct importing *i)
{
    struct public_key key;
    struct bundle_in *in = &i->in;
    bool asks = in->report->way == BUNDLE_TO_SERVER;
    enum err e = bundle_peer_key(in->node, in->parties.sender, asks, &key, in->diag);
    if (!e && !bytes_equal(key.bytes, in->parties.sender_key.bytes, PUBLIC_KEY_SIZE)) {
        e = diag_set(in->diag, ERR_SIGNATURE, "bundle", NULL);
    }
    return e;
}

static enum err read_head(struct importing *i)
{
    struct bundle_in *in = &i->in;
    enum bundle_kind kind = BUNDLE_HEAD;
    struct span body = {0};
    bool found = false;
    enum err e = bundle_in_frame(in, &found, &kind, &body);
    if (!e && (!found || kind != BUNDLE_HEAD)) {
        e = diag_set(in->diag, ERR_FORMAT, "a bundle without a head", in->path, NULL);
    }
    return e ? e : bundle_head_read(body, &i->arena, &i->head, in->diag);
}

static enum err first_ask(struct importing *i)
{
    struct bundle_in *in = &i->in;
    if (in->node->identity.role < ROLE_HUB) {
        return diag_set(in->diag, ERR_NOT_ALLOWED, "bundle", role_name(in->node->identity.role),
                        NULL);
    }
    if (in->report->way == BUNDLE_TO_ENROL) { /* an enrolment is alone in its file */
        return diag_set(in->diag, ERR_FORMAT, "a frame out of place", in->path, NULL);
    }
    in->report->way = BUNDLE_TO_SERVER;
    enum err e = check_sender(i);
    return e ? e : pack_new(&in->node->host->mem, &i->pack);
}

static enum err first_answer(struct importing *i)
{
    struct bundle_in *in = &i->in;
    in->report->way = BUNDLE_TO_CALLER;
    enum err e = check_sender(i);
    return e ? e : bundle_take_begin(in, &i->head, &i->taking);
}

static enum err take_frame(struct importing *i, enum bundle_kind kind, struct span body)
{
    struct bundle_in *in = &i->in;
    enum err e = OK;
    if (kind == BUNDLE_ASK && !i->taking) {
        e = i->pack ? OK : first_ask(i);
        return e ? e
                 : serve_bundle_ask(in->node, i->pack, in->parties.sender, i->head.id, body,
                                    in->report, in->diag);
    }
    if (kind == BUNDLE_ANSWER && !i->pack) {
        e = i->taking ? OK : first_answer(i);
        return e ? e : bundle_take_answer(i->taking, body, in->diag);
    }
    if (kind == BUNDLE_ENROL && in->report->frames == 2) {
        return serve_bundle_enrol(in, body);
    }
    if (kind == BUNDLE_ENROLLED && in->report->frames == 2) {
        return bundle_take_enrolled(in, body);
    }
    if (kind == BUNDLE_FILES && i->taking) {
        return bundle_take_put(i->taking, body, in->diag);
    }
    if (kind == BUNDLE_FILES && i->pack) {
        return serve_bundle_files(in->node, in->parties.sender, &i->named, body, in->report,
                                  in->diag);
    }
    return diag_set(in->diag, ERR_FORMAT, "a frame out of place", in->path, NULL);
}

/* There are no replies for one that is revoked. */
static enum err take_revoked(struct importing *i)
{
    enum err e = first_answer(i);
    return e ? e : bundle_take_revoked(i->taking, i->head.revoked, i->in.diag);
}

static enum err take_frames(struct importing *i, bundle_progress progress, void *ctx)
{
    struct bundle_in *in = &i->in;
    for (;;) {
        enum bundle_kind kind = BUNDLE_HEAD;
        struct span body = {0};
        bool found = false;
        enum err e = bundle_in_frame(in, &found, &kind, &body);
        if (!e && found) {
            e = take_frame(i, kind, body);
        }
        if (e || !found || in->report->waits) {
            return e;
        }
        if (progress && !progress(ctx, in->report)) {
            return diag_set(in->diag, ERR_CANCELLED, NULL);
        }
    }
}

static enum err import_file(struct node *node, const char *path, bool again,
                            bundle_progress progress, void *ctx, struct bundle_report *ret,
                            struct diag *diag)
{
    struct bundle_report report = {.way = BUNDLE_TO_SERVER};
    struct importing i = {
        .in = {.node = node, .again = again, .path = path, .report = &report, .diag = diag}};
    arena_init(&i.arena, &node->host->mem, HEAD_ARENA_MAX);
    enum err e = bundle_in_begin(&i.in);
    if (!e) {
        e = read_head(&i);
    }
    if (!e && i.head.has_revoked) {
        e = take_revoked(&i);
    } else if (!e) {
        e = take_frames(&i, progress, ctx);
    }
    if (!e) { /* what turned out wrong, or isn't needed any more */
        e = blob_sweep(node);
    }
    bundle_take_end(i.taking);
    pack_free(i.pack);
    bundle_in_release(&i.in);
    arena_release(&i.arena);
    *ret = report;
    return node_failed(node, e, diag);
}

/* Of a first sync, rows that came before the grant they follow from went by unseen. By network
   they are asked for; a file has nobody to ask, and holds them. */
enum err node_bundle_import(struct node *node, const char *path, bundle_progress progress,
                            void *ctx, struct bundle_report *ret, struct diag *diag)
{
    struct bundle_report again;
    enum err e = import_file(node, path, false, progress, ctx, ret, diag);
    if (!e && ret->enrolled && ret->way == BUNDLE_TO_CALLER) {
        e = import_file(node, path, true, progress, ctx, &again, diag);
        ret->ops += e ? 0 : again.ops;
    }
    return e;
}
