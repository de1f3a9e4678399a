/*
 * ${name} into paths, by XLSForm's rules: relative where a repeat holds both who asks and who is
 * asked for, so that each occurrence reads its own; absolute else. Inside of a predicate `.` is the
 * item, so what is meant of the question begins with current(). The arguments of indexed-repeat()
 * that name nodes stay absolute.
 */
#include <string.h>

#include "expr.h"
#include "xlsform_inner.h"

#define FRAMES_MAX 256

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte & 0x80) != 0;
}

/* ---- references in a text */

bool xls_next_reference(struct span *rest, struct span *ret_before, struct span *ret_name)
{
    struct span text = *rest;
    for (size_t i = 0; i + 2 < text.size; i++) {
        if (text.data[i] != '$' || text.data[i + 1] != '{') {
            continue;
        }
        size_t end = i + 2;
        while (end < text.size && text.data[end] != '}') {
            end++;
        }
        if (end == text.size) {
            break;
        }
        *ret_before = span_cut(text, 0, i);
        *ret_name = xls_trim(span_cut(text, i + 2, end - i - 2));
        *rest = span_cut(text, end + 1, text.size);
        return true;
    }
    *ret_before = text;
    *rest = span_of("");
    return false;
}

/* The end of instance('list')/path[...]/path, which a blank outside of brackets ends. */
static size_t path_end(struct span text, size_t at)
{
    size_t depth = 0;
    uint8_t quote = 0;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (quote != 0) {
            quote = byte == quote ? 0 : quote;
        } else if (depth == 0 && strchr(" \t\r\n", byte) != NULL) {
            break;
        } else if (byte == '\'' || byte == '"') {
            quote = byte;
        } else if (byte == '[' || byte == '(') {
            depth++;
        } else if ((byte == ']' || byte == ')') && depth-- == 0) {
            break;
        }
    }
    while (at > 0 && strchr(".,;:!?", text.data[at - 1]) != NULL) {
        at--; /* the sentence's */
    }
    return at;
}

bool xls_next_instance(struct span *rest, struct span *ret_before, struct span *ret_expression)
{
    static const char call[] = "instance(";
    struct span text = *rest;
    for (size_t i = 0; i + strlen(call) < text.size; i++) {
        struct span here = span_cut(text, i, text.size);
        bool word = i == 0 || (!is_letter((char)text.data[i - 1]) && text.data[i - 1] != '-');
        if (word && span_starts_with(here, call)) {
            size_t end = path_end(text, i);
            bool path = memchr(here.data, '/', end - i) != NULL;
            if (path) {
                *ret_before = span_cut(text, 0, i);
                *ret_expression = span_cut(text, i, end - i);
                *rest = span_cut(text, end, text.size);
                return true;
            }
        }
    }
    *ret_before = text;
    *rest = span_of("");
    return false;
}

bool xls_only_reference(struct span text, struct span *ret_name)
{
    struct span rest = xls_trim(text), before;
    return xls_next_reference(&rest, &before, ret_name) && before.size == 0 && rest.size == 0;
}

/* ---- who is meant */

static bool is_inside(const struct xform_node *node, const struct xform_node *outer)
{
    for (const struct xform_node *at = node->parent; at != NULL; at = at->parent) {
        if (at == outer) {
            return true;
        }
    }
    return false;
}

/* The innermost repeat that both lie in, neither of them itself; NULL. */
static const struct xform_node *common_repeat(const struct xform_node *a,
                                              const struct xform_node *b)
{
    for (const struct xform_node *at = a->parent; at != NULL; at = at->parent) {
        if (at->repeat && is_inside(b, at)) {
            return at;
        }
    }
    return NULL;
}

static size_t depth_of(const struct xform_node *node)
{
    size_t depth = 0;
    for (; node != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

static void tell_unknown(struct xls *x, struct xls_where where, const char *name)
{
    for (const struct xls_named *at = x->named[xls_bucket(span_of(name))]; at != NULL;
         at = at->next) {
        if (xls_same(at->name, name)) {
            xls_error(x, where, "write capitals and small letters as in the name column",
                      "${%s} names nothing, but there is \"%s\"", name, at->name);
            return;
        }
    }
    xls_error(x, where, "write the name of a question or group of the survey",
              "${%s} names nothing: no question or group is called so", name);
}

struct xform_node *xls_find(struct xls *x, struct xls_where where, struct span name,
                            const struct xform_node *context, struct xls_item **ret_item)
{
    const struct xls_named *found = NULL;
    size_t best = 0;
    bool several = false;
    for (const struct xls_named *at = x->named[xls_bucket(name)]; at != NULL; at = at->next) {
        if (span_is(name, at->name)) {
            const struct xform_node *repeat =
                context == NULL ? NULL : common_repeat(context, at->node);
            size_t depth = depth_of(repeat) + 1;
            several = depth == best || (several && depth < best);
            found = depth > best ? at : found;
            best = depth > best ? depth : best;
        }
    }
    if (found == NULL) {
        tell_unknown(x, where, xls_copy(x, name));
    } else if (several) {
        xls_error(x, where, "give the one that is meant a name of its own",
                  "${%s} could be several: more than one group has it", found->name);
    }
    if (ret_item != NULL) {
        *ret_item = found == NULL ? NULL : found->item;
    }
    return found == NULL || several ? NULL : found->node;
}

/* ---- paths */

const char *xls_node_path(struct xls *x, const struct xform_node *node)
{
    struct buf path;
    buf_init(&path, x->mem, XFORM_EXPRESSION_MAX);
    xform_path(node, &path);
    const char *text = xls_copy(x, buf_span(&path));
    if (buf_error(&path) != OK) {
        x->failed = buf_error(&path);
    }
    buf_release(&path);
    return text;
}

static void add_path_below(const struct xform_node *outer, const struct xform_node *node,
                           struct buf *ret)
{
    if (node->parent != outer) {
        add_path_below(outer, node->parent, ret);
    }
    buf_add_text(ret, "/");
    buf_add_text(ret, node->name);
}

static void add_relative(const struct xform_node *repeat, const struct xform_node *context,
                         const struct xform_node *node, bool current, struct buf *ret)
{
    /* up to the nearest node that holds both, which lies in the repeat or is it */
    const struct xform_node *outer = context->parent;
    buf_add_text(ret, current ? " current()/.." : " ..");
    while (outer != repeat && !is_inside(node, outer)) {
        buf_add_text(ret, "/..");
        outer = outer->parent;
    }
    add_path_below(outer, node, ret);
    buf_add_text(ret, " ");
}

/* ---- where in an expression a reference stands */

struct frame {
    char bracket;
    bool indexed; /* the brackets of indexed-repeat( */
    size_t argument;
};

struct scan {
    struct frame frames[FRAMES_MAX];
    size_t depth;
    size_t predicates; /* open [ */
    char quote;
};

static bool ends_in(struct span text, const char *word)
{
    size_t size = strlen(word);
    text = xls_trim(text);
    return text.size >= size && span_is(span_cut(text, text.size - size, size), word);
}

static void scan_byte(struct scan *scan, struct span whole, size_t at)
{
    char byte = (char)whole.data[at];
    if (scan->quote != 0) {
        scan->quote = byte == scan->quote ? 0 : scan->quote;
    } else if (byte == '"' || byte == '\'') {
        scan->quote = byte;
    } else if ((byte == '(' || byte == '[') && scan->depth < FRAMES_MAX) {
        bool indexed = byte == '(' && ends_in(span_cut(whole, 0, at), "indexed-repeat");
        scan->frames[scan->depth++] = (struct frame){.bracket = byte, .indexed = indexed};
        scan->predicates += byte == '[' ? 1 : 0;
    } else if ((byte == ')' || byte == ']') && scan->depth > 0) {
        scan->depth--;
        scan->predicates -= scan->frames[scan->depth].bracket == '[' ? 1 : 0;
    } else if (byte == ',' && scan->depth > 0) {
        scan->frames[scan->depth - 1].argument++;
    }
}

/* indexed-repeat(node, repeat, index, repeat, index): all but the indexes. */
static bool names_node(const struct scan *scan)
{
    if (scan->depth == 0 || !scan->frames[scan->depth - 1].indexed) {
        return false;
    }
    size_t argument = scan->frames[scan->depth - 1].argument;
    return argument == 0 || argument % 2 == 1;
}

struct resolving {
    struct xls *x;
    struct xls_where where;
    const struct xform_node *context, *repeat;
    unsigned flags;
    struct scan scan;
};

static void add_last_saved(struct resolving *to, struct span name, struct buf *ret)
{
    struct xls *x = to->x;
    const struct xform_node *node =
        xls_find(x, to->where, span_cut(name, strlen("last-saved#"), name.size), NULL, NULL);
    if (node != NULL) {
        (void)xls_add_instance(x, to->where, "__last-saved", "jr://instance/last-saved");
        buf_add_text(ret, " instance('__last-saved')");
        xform_path(node, ret);
        buf_add_text(ret, " ");
    }
}

static void add_reference(struct resolving *to, struct span name, struct buf *ret)
{
    if (span_starts_with(name, "last-saved#")) {
        add_last_saved(to, name, ret);
        return;
    }
    const struct xform_node *node = xls_find(to->x, to->where, name, to->context, NULL);
    if (node == NULL) {
        return;
    }
    bool predicate = (to->flags & XLS_CURRENT) != 0 || to->scan.predicates != 0;
    const struct xform_node *common = to->context == NULL ? NULL : common_repeat(to->context, node);
    if (to->repeat != NULL && is_inside(node, to->repeat)) {
        buf_add_text(ret, " .");
        add_path_below(to->repeat, node, ret);
        buf_add_text(ret, " ");
    } else if (common != NULL && !names_node(&to->scan)) {
        add_relative(common, to->context, node, predicate, ret);
    } else {
        buf_add_text(ret, " ");
        xform_path(node, ret);
        buf_add_text(ret, " ");
    }
}

/* What is left behind the last reference begins none. */
void xls_tell_open(struct xls *x, struct xls_where where, struct span rest)
{
    for (size_t i = 0; i + 1 < rest.size; i++) {
        if (rest.data[i] == '$' && rest.data[i + 1] == '{') {
            xls_error(x, where, "end it with }", "a reference begins with ${ and never ends");
            return;
        }
    }
}

static const char *resolve(struct resolving *to, const char *text)
{
    struct xls *x = to->x;
    struct span whole = span_of(text), rest = whole, before, name;
    struct buf made;
    if (strstr(text, "${") == NULL) {
        return text;
    }
    buf_init(&made, x->mem, XFORM_EXPRESSION_MAX);
    bool more = true;
    while (more) {
        more = xls_next_reference(&rest, &before, &name);
        for (size_t i = 0; i < before.size; i++) {
            scan_byte(&to->scan, whole, (size_t)(before.data - whole.data) + i);
        }
        buf_add_span(&made, before);
        if (more) {
            add_reference(to, name, &made);
        }
    }
    xls_tell_open(x, to->where, before);
    const char *resolved = xls_copy(x, xls_trim(buf_span(&made)));
    if (buf_error(&made) == ERR_TOO_LARGE) {
        xls_error(x, to->where, "split it into several calculations", "the expression is too long");
    } else if (buf_error(&made) != OK) {
        x->failed = ERR_NOMEM;
    }
    buf_release(&made);
    return resolved;
}

const char *xls_resolve(struct xls *x, struct xls_where where, const char *text,
                        const struct xform_node *context, unsigned flags)
{
    struct resolving to = {.x = x, .where = where, .context = context, .flags = flags};
    return resolve(&to, text);
}

const char *xls_resolve_in(struct xls *x, struct xls_where where, const char *text,
                           const struct xform_node *context, const struct xform_node *repeat)
{
    struct resolving to = {
        .x = x, .where = where, .context = context, .repeat = repeat, .flags = XLS_CURRENT};
    return resolve(&to, text);
}

/* ---- can it be computed? */

#define COMPILED_MAX (16u << 20) /* bytes; it is thrown away at once */

const char *xls_expression(struct xls *x, struct xls_where where, const char *text,
                           const struct xform_node *context, unsigned flags)
{
    size_t errors = x->faults->error_count;
    const char *resolved = xls_resolve(x, where, text, context, flags);
    struct arena scratch;
    struct expr *compiled;
    struct diag diag = {0};
    if (x->faults->error_count != errors || x->failed != OK) {
        return resolved;
    }
    arena_init(&scratch, x->mem, COMPILED_MAX);
    enum err e = expr_compile(&scratch, x->form->names, span_of(resolved), &compiled, &diag);
    arena_release(&scratch);
    if (e == ERR_NOMEM) {
        x->failed = e;
    } else if (e != OK) {
        xls_error(x, where, "write it as the XLSForm reference shows", "%s: %s", diag.args[0],
                  diag.args[1]);
    }
    return resolved;
}

/* ---- is a default an expression? */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool has_hyphens(const char *data)
{
    return data != NULL && (strcmp(data, "date") == 0 || strcmp(data, "time") == 0 ||
                            strcmp(data, "dateTime") == 0 || strncmp(data, "geo", 3) == 0);
}

/*
 * As pyxform decides: a function, a reference, a predicate, a union or arithmetic makes a default
 * dynamic; words, numbers, dates and addresses are texts. A hyphen of a date is no arithmetic.
 */
bool xls_is_dynamic(const char *text, const char *data)
{
    for (const char *at = text; *at != '\0';) {
        if (is_letter(*at)) {
            size_t size = 0;
            while (is_letter(at[size]) || is_digit(at[size]) || at[size] == '-' ||
                   at[size] == '.') {
                size++;
            }
            if (strncmp(at + size, "://", 3) == 0) {
                return false;
            }
            bool word = at != text && at[-1] == ' ' && at[size] == ' ' && size == 3;
            if (at[size] == '(' || at[size] == '[' ||
                (word && (strncmp(at, "mod", 3) == 0 || strncmp(at, "div", 3) == 0))) {
                return true;
            }
            at += size;
        } else if (is_digit(*at) || (*at == '-' && (is_digit(at[1]) || at[1] == '.'))) {
            bool time = strspn(at, "0123456789") == 2 && at[2] == ':';
            at++;
            at += strspn(at, "0123456789.:");
            at += time && *at == '+' ? 1 : 0; /* of the zone: 01:02:55+01:00 */
        } else if (*at == '-' && has_hyphens(data)) {
            return false;
        } else if (*at == '"' || *at == '\'') {
            const char *end = strchr(at + 1, *at);
            at = end == NULL ? at + 1 : end + 1;
        } else if (strchr("*+-|", *at) != NULL || (at[0] == '$' && at[1] == '{')) {
            return true;
        } else {
            at++;
        }
    }
    return false;
}
