#include "xform_write.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX XFORM_EXPRESSION_MAX

/* What stands for a byte; "" for what XML can't hold at all, NULL for what stands as it is. */
static const char *escape_of(uint8_t byte, bool attribute)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return byte < ' ' ? "" : NULL;
    }
}

void write_escaped_span(struct buf *out, struct span text, bool attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        /* U+FFFE and U+FFFF are no characters of XML */
        bool none = text.size - i >= 3 && text.data[i] == 0xef && text.data[i + 1] == 0xbf &&
                    text.data[i + 2] >= 0xbe;
        const char *escape = none ? "" : escape_of(text.data[i], attribute);
        if (escape != NULL) {
            buf_add(out, text.data + from, i - from);
            buf_add_text(out, escape);
            i += none ? 2 : 0;
            from = i + 1;
        }
    }
    if (from < text.size) { /* an empty one may have no data at all */
        buf_add(out, text.data + from, text.size - from);
    }
}

void write_escaped(struct buf *out, const char *text, bool attribute)
{
    write_escaped_span(out, span_of(text), attribute);
}

void write_attribute(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_add_text(out, " ");
        buf_add_text(out, name);
        buf_add_text(out, "=\"");
        write_escaped(out, value, true);
        buf_add_text(out, "\"");
    }
}

static int compare_initials(const void *a, const void *b)
{
    return strcmp((*(const struct xform_initial *const *)a)->path,
                  (*(const struct xform_initial *const *)b)->path);
}

static void sort_initials(struct writer *writer)
{
    const struct mem *mem = writer->out->mem;
    size_t count = 0;
    for (const struct xform_initial *at = writer->form->initials; at != NULL; at = at->next) {
        count++;
    }
    if (count == 0) {
        return;
    }
    writer->initials = mem->resize(mem->ctx, NULL, count * sizeof(struct xform_initial *));
    if (writer->initials == NULL) {
        writer->failed = ERR_NOMEM;
        return;
    }
    for (const struct xform_initial *at = writer->form->initials; at != NULL; at = at->next) {
        writer->initials[writer->initial_count++] = at;
    }
    qsort(writer->initials, count, sizeof(struct xform_initial *), compare_initials);
}

/* Prefixes that extras use and that aren't declared always: settings "xmlns:prefix". */
static void write_spaces(struct writer *writer)
{
    for (const struct xform_pair *at = writer->form->settings; at != NULL && at->name != NULL;
         at++) {
        if (strncmp(at->name, "xmlns:", 6) == 0) {
            write_attribute(writer->out, at->name, at->value);
        }
    }
}

static void write_document(struct writer *writer)
{
    const struct xform *form = writer->form;
    struct buf *out = writer->out;
    buf_add_text(out, "<?xml version=\"1.0\"?>\n"
                      "<h:html xmlns=\"http://www.w3.org/2002/xforms\""
                      " xmlns:h=\"http://www.w3.org/1999/xhtml\""
                      " xmlns:ev=\"http://www.w3.org/2001/xml-events\""
                      " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
                      " xmlns:jr=\"http://openrosa.org/javarosa\""
                      " xmlns:orx=\"http://openrosa.org/xforms\""
                      " xmlns:odk=\"http://www.opendatakit.org/xforms\""
                      " xmlns:entities=\"http://www.opendatakit.org/xforms/entities\""
                      " xmlns:douar=\"" XFORM_DOUAR_SPACE "\"");
    write_spaces(writer);
    buf_add_text(out, ">\n<h:head>\n<h:title>");
    write_escaped(out, form->title, false);
    buf_add_text(out, "</h:title>\n");
    write_model(writer);
    buf_add_text(out, "</h:head>\n");
    write_body(writer);
    buf_add_text(out, "</h:html>\n");
}

void xform_write_xml(const struct xform *form, struct buf *ret)
{
    struct writer writer = {.form = form, .out = ret};
    const struct mem *mem = ret->mem;
    buf_init(&writer.place, mem, TEXT_MAX);
    collect_texts(&writer);
    sort_initials(&writer);
    if (writer.failed == OK) {
        write_document(&writer);
    }
    if (buf_error(&writer.place) != OK || writer.failed != OK) {
        ret->failed = ret->failed != OK     ? ret->failed
                      : writer.failed != OK ? writer.failed
                                            : buf_error(&writer.place);
    }
    (void)mem->resize(mem->ctx, writer.texts, 0);
    (void)mem->resize(mem->ctx, (void *)writer.initials, 0);
    buf_release(&writer.place);
}
