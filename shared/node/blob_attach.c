/*
 * blob_attach.c - a person attaches a file to a property.
 *
 * The picture is cleaned and made small here, on the device of the person who chose the file, and
 * nowhere else: no server and no other device ever decodes it.
 */
#include <string.h>

#include "blob_internal.h"
#include "media.h"
#include "record.h"

#define THUMB_SIDE 256 /* pixels: a few kilobytes, seconds over 2G */
#define VALUE_SIZE 1024

struct attaching {
    struct node *node;
    const struct attachment *attachment;
    struct arena *arena;
    struct diag *diag;
    struct buf clean, thumb;
    struct attached done;
};

static enum err find_property(struct attaching *a, const struct property **ret)
{
    struct record record = {.type = NULL};
    const struct attachment *attachment = a->attachment;
    enum err e =
        record_read(a->node, &attachment->person, attachment->entity, a->arena, &record, a->diag);
    if (e) {
        return e;
    }
    if (!record.type) {
        return diag_set(a->diag, ERR_UNKNOWN_TYPE, record.type_name, NULL);
    }
    const struct property *property = type_property(record.type, attachment->property);
    if (!property) {
        return diag_set(a->diag, ERR_UNKNOWN_PROPERTY, attachment->property, record.type->id,
                        type_nearest_property(record.type, attachment->property), NULL);
    }
    if (property->type != VALUE_FILE) {
        return diag_set(a->diag, ERR_BAD_VALUE, property->id, attachment->name,
                        value_type_name(property->type), NULL);
    }
    *ret = property;
    return OK;
}

static enum err make_thumb(struct attaching *a, const struct media *media)
{
    const struct host *host = a->node->host;
    enum err e = host->thumbnail ? host->thumbnail(host->ctx, buf_span(&a->clean), media->mime,
                                                   THUMB_SIDE, &a->thumb)
                                 : OK;
    /* One that can't be made small is carried whole, when somebody asks for it. */
    if (e == ERR_FILE_DAMAGED || e == ERR_TOO_LARGE) {
        buf_clear(&a->thumb);
        e = OK;
    }
    return e;
}

/* What was taken out of it must not come back in its copy, but it should stand as it stands. */
static enum err turn_thumb(struct attaching *a, const struct media *media)
{
    struct buf turned;
    if (a->thumb.size < 2 || media->orientation == 1) {
        return OK;
    }
    buf_init(&turned, &a->node->host->mem, WIRE_BLOB_THUMB);
    buf_add(&turned, a->thumb.data, 2);
    media_add_orientation(media->orientation, &turned);
    buf_add(&turned, a->thumb.data + 2, a->thumb.size - 2);
    enum err e = buf_error(&turned);
    if (!e) {
        buf_clear(&a->thumb);
        buf_add_span(&a->thumb, buf_span(&turned));
        e = buf_error(&a->thumb);
    }
    buf_release(&turned);
    return e;
}

static enum err prepare(struct attaching *a)
{
    const struct attachment *attachment = a->attachment;
    const struct property *property = NULL;
    struct media media = {.mime = ""};
    enum err e = find_property(a, &property);
    if (e) {
        return e;
    }
    if (attachment->bytes.size > WIRE_BLOB_MAX) {
        return diag_set(a->diag, ERR_TOO_LARGE, attachment->name, "16 MiB", NULL);
    }
    e = media_look(attachment->bytes, attachment->name, &media, a->diag);
    if (!e && property->location) {
        buf_add_span(&a->clean, attachment->bytes);
        e = buf_error(&a->clean);
    } else if (!e) {
        e = media_clean(attachment->bytes, attachment->name, &a->clean, a->diag);
    }
    if (!e && media.image) {
        e = make_thumb(a, &media);
    }
    if (!e && media.image) {
        e = turn_thumb(a, &media);
    }
    a->done.cleaned = !span_equal(buf_span(&a->clean), attachment->bytes);
    span_text(span_of(media.mime), a->done.file.mime, sizeof a->done.file.mime);
    return e;
}

static enum err keep_and_save(struct attaching *a)
{
    struct file_value *file = &a->done.file;
    struct change change = {.property = a->attachment->property};
    struct save save = {.person = a->attachment->person,
                        .entity = a->attachment->entity,
                        .changes = &change,
                        .change_count = 1};
    struct buf value;
    enum err e = blob_keep(a->node, buf_span(&a->clean), BLOB_FILE, &file->whole);
    if (!e && a->thumb.size > 0) {
        e = blob_keep(a->node, buf_span(&a->thumb), BLOB_THUMB, &file->thumb);
        file->has_thumb = e == OK;
    }
    buf_init(&value, &a->node->host->mem, VALUE_SIZE);
    file_value_write(file, &value);
    if (!e) {
        e = buf_error(&value);
    }
    if (!e) {
        change.json = buf_span(&value);
        e = node_save(a->node, &save, a->arena, &a->done.saved, a->diag);
    }
    buf_release(&value);
    return e;
}

enum err node_attach(struct node *node, const struct attachment *attachment, struct arena *arena,
                     struct attached *ret, struct diag *diag)
{
    struct attaching a = {.node = node, .attachment = attachment, .arena = arena, .diag = diag};
    buf_init(&a.clean, &node->host->mem, WIRE_BLOB_MAX);
    buf_init(&a.thumb, &node->host->mem, WIRE_BLOB_THUMB);
    enum err e = prepare(&a);
    if (!e) {
        e = node_begin(node);
    }
    if (!e) {
        e = node_end(node, keep_and_save(&a));
        if (e) {
            blob_unkeep(node, &a.done.file.whole);
            blob_unkeep(node, &a.done.file.thumb);
        }
    }
    if (!e) {
        *ret = a.done;
    }
    buf_release(&a.clean);
    buf_release(&a.thumb);
    return node_failed(node, e, diag);
}

enum err node_attachment(struct node *node, const struct id *viewer, struct id entity,
                         const char *property, struct arena *arena, struct file_value *ret,
                         struct diag *diag)
{
    struct record record = {.type = NULL};
    const struct shown_property *shown = NULL;
    struct json *value = NULL;
    enum err e = record_read(node, viewer, entity, arena, &record, diag);
    if (e) {
        return e;
    }
    for (size_t i = 0; i < record.property_count; i++) {
        if (strcmp(record.properties[i].property->id, property) == 0) {
            shown = &record.properties[i];
        }
    }
    if (!shown && record.type && !type_property(record.type, property)) {
        return diag_set(diag, ERR_UNKNOWN_PROPERTY, property, record.type->id,
                        type_nearest_property(record.type, property), NULL);
    }
    e = shown ? json_parse(shown->json, &value, NULL) : OK;
    if (!e && !(value && file_value_read(value, ret))) {
        e = diag_set(diag, ERR_NOT_FOUND, "attachment", property, NULL);
    }
    json_free(value);
    return e;
}
