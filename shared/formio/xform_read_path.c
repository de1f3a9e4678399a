/* xform_read_path.c - what an element of the model or body is about: a path, or a bind by its id.
 */
#include <stdlib.h>
#include <string.h>

#include "xform_read.h"

/* ---- references */

struct read_bind_id {
    const char *id;
    const xmlNode *bind;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct read_bind_id *)a)->id, ((const struct read_bind_id *)b)->id);
}

enum err read_bind_ids(struct reader *reader)
{
    size_t count = 0, at = 0;
    for (const xmlNode *bind = xml_first(reader->model); bind != NULL; bind = xml_next(bind)) {
        count += xml_is(bind, "bind") ? 1 : 0;
    }
    reader->bind_ids = arena_array(reader->arena, count + 1, sizeof(*reader->bind_ids));
    if (reader->bind_ids == NULL) {
        return ERR_NOMEM;
    }
    for (const xmlNode *bind = xml_first(reader->model); bind != NULL; bind = xml_next(bind)) {
        const char *id = xml_is(bind, "bind") ? READ_TEXT(reader, bind, "id") : NULL;
        if (id != NULL) {
            reader->bind_ids[at++] = (struct read_bind_id){id, bind};
        }
    }
    reader->bind_id_count = at;
    qsort(reader->bind_ids, at, sizeof(*reader->bind_ids), by_id);
    return OK;
}

/* As tools older than XLSForm write them: <input bind="age"/> beside <bind id="age" nodeset=.../>.
 */
static const char *path_of_bind(const struct reader *reader, const char *id)
{
    const struct read_bind_id wanted = {id, NULL};
    const struct read_bind_id *found =
        bsearch(&wanted, reader->bind_ids, reader->bind_id_count, sizeof(wanted), by_id);
    const char *path = found == NULL ? NULL : READ_TEXT(reader, found->bind, "nodeset");
    if (path == NULL || path[0] == '/') {
        return path;
    }
    struct buf absolute; /* a bind is read from the root, wherever it is named */
    buf_init(&absolute, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_format(&absolute, "/%s/%s", reader->form->name, path);
    path = buf_error(&absolute) != OK ? NULL : arena_span_text(reader->arena, buf_span(&absolute));
    buf_release(&absolute);
    return path;
}

const char *read_reference(const struct reader *reader, const xmlNode *element)
{
    const char *bind = READ_TEXT(reader, element, "bind");
    const char *path = bind == NULL ? NULL : path_of_bind(reader, bind);
    path = path != NULL ? path : READ_TEXT(reader, element, "ref");
    path = path != NULL ? path : READ_TEXT(reader, element, "nodeset");
    return path != NULL ? path : bind;
}

struct xform_node *read_path(const struct reader *reader, const char *path,
                             struct xform_node *context)
{
    struct span rest = read_trimmed(span_of(path)), step;
    if (span_starts_with(rest, "/")) {
        return xform_find(reader->form, rest);
    }
    struct xform_node *node = context == NULL ? reader->form->root : context;
    while (node != NULL && span_split(&rest, '/', &step)) {
        if (span_is(step, "..")) {
            node = node->parent;
        } else if (!span_is(step, ".") && step.size != 0) {
            struct xform_node *child = node->first;
            while (child != NULL && (child->attribute || !span_is(step, child->name))) {
                child = child->next;
            }
            node = child;
        }
    }
    return node;
}

/* ---- which elements repeat: the body says so */

static enum err add_repeat(struct reader *reader, struct span path)
{
    if (reader->repeat_count == reader->repeat_capacity) {
        size_t capacity = reader->repeat_capacity == 0 ? 8 : reader->repeat_capacity * 2;
        const char **grown = arena_array(reader->arena, capacity, sizeof(*grown));
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        if (reader->repeat_count != 0) {
            memcpy(grown, reader->repeats, reader->repeat_count * sizeof(*grown));
        }
        reader->repeats = grown;
        reader->repeat_capacity = capacity;
    }
    const char *own = arena_span_text(reader->arena, path);
    reader->repeats[reader->repeat_count++] = own;
    return own == NULL ? ERR_NOMEM : OK;
}

/* `place` is an absolute path; a relative one goes on from there. */
static void go_to(struct buf *place, struct span path)
{
    struct span step;
    path = read_trimmed(path);
    if (span_starts_with(path, "/")) {
        buf_truncate(place, 0);
    }
    while (span_split(&path, '/', &step)) {
        if (span_is(step, "..")) {
            struct span text = buf_span(place);
            while (text.size != 0 && text.data[--text.size] != '/') {
            }
            buf_truncate(place, text.size);
        } else if (!span_is(step, ".") && step.size != 0) {
            buf_add_text(place, "/");
            buf_add_span(place, read_trimmed(step));
        }
    }
}

static enum err find_repeats(struct reader *reader, const xmlNode *element, struct buf *place,
                             size_t depth)
{
    enum err e = OK;
    size_t size = place->size;
    for (const xmlNode *at = xml_first(element); e == OK && at != NULL; at = xml_next(at)) {
        bool repeats = xml_is(at, "repeat");
        const char *path = repeats || xml_is(at, "group") ? read_reference(reader, at) : NULL;
        struct buf *inside = place;
        struct buf elsewhere;
        buf_init(&elsewhere, reader->arena->mem, XFORM_EXPRESSION_MAX);
        if (path != NULL) {
            buf_add_span(&elsewhere, buf_span(place));
            go_to(&elsewhere, span_of(path));
            inside = &elsewhere;
        }
        if (repeats) {
            e = path == NULL ? read_fault(reader, at, "repeat", "it has no nodeset")
                             : add_repeat(reader, buf_span(inside));
        }
        if (e == OK && depth < 2 * XFORM_DEPTH_MAX) { /* read_body tells what lies deeper */
            e = find_repeats(reader, at, inside, depth + 1);
        }
        e = e != OK ? e : buf_error(inside);
        buf_release(&elsewhere);
        buf_truncate(place, size);
    }
    return e;
}

enum err read_repeats(struct reader *reader)
{
    struct buf place;
    buf_init(&place, reader->arena->mem, XFORM_EXPRESSION_MAX);
    buf_add_format(&place, "/%s", reader->form->name);
    enum err e = buf_error(&place);
    e = e != OK || reader->body == NULL ? e : find_repeats(reader, reader->body, &place, 0);
    buf_release(&place);
    return e;
}

bool read_is_repeat(const struct reader *reader, struct span path)
{
    for (size_t i = 0; i < reader->repeat_count; i++) {
        if (span_is(path, reader->repeats[i])) {
            return true;
        }
    }
    return false;
}
