/*
 * test_form_json.h - a form written as form.json, read and written again: the same bytes, and the
 * same form as XML. Without cmocka, since fuzz targets and the form player ask too.
 */
#ifndef TEST_FORM_JSON_H
#define TEST_FORM_JSON_H

#include "xform_json.h"
#include "xform_xml.h"

/* NULL: so it is, or the form is larger than a form.json may be. Else what differs. */
static inline const char *test_form_json(const struct xform *form, struct arena *arena,
                                         const struct mem *mem, struct xform *ret,
                                         struct diag *diag)
{
    struct buf once, twice, xml, xml_again;
    const char *differs = NULL;
    buf_init(&once, mem, XFORM_JSON_MAX);
    buf_init(&twice, mem, XFORM_JSON_MAX);
    buf_init(&xml, mem, XFORM_XML_MAX);
    buf_init(&xml_again, mem, XFORM_XML_MAX);
    xform_write_json(form, &once);
    enum err e = buf_error(&once);
    e = e != OK ? e : xform_read_json(buf_span(&once), arena, ret, diag);
    if (e == OK) {
        xform_write_json(ret, &twice);
        xform_write_xml(form, &xml);
        xform_write_xml(ret, &xml_again);
        differs = span_equal(buf_span(&once), buf_span(&twice)) ? NULL : "the form.json";
        differs = span_equal(buf_span(&xml), buf_span(&xml_again)) ? differs : "the XML";
    } else if (e != ERR_TOO_LARGE && e != ERR_NOMEM) {
        differs = "it can't be read";
    }
    buf_release(&once);
    buf_release(&twice);
    buf_release(&xml);
    buf_release(&xml_again);
    return differs;
}

#endif
