/*
 * Workbooks: any bytes as a file. What becomes a form is written as an XForm that reads again; what
 * doesn't says why.
 */
#include "fuzz.h"
#include "xform_xml.h"
#include "xlsform.h"

#define OUT_MAX (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf xml;
    struct xform form, again;
    struct xlsform_faults faults;
    struct diag diag = {0};
    arena_init(&arena, fuzz_mem(), 4 * FUZZ_ARENA_MAX);
    buf_init(&xml, fuzz_mem(), OUT_MAX);
    if (xlsform_read(fuzz_mem(), span_from(data, size), "f", &arena, &form, &faults, &diag) == OK) {
        xform_write_xml(&form, &xml);
        if (buf_error(&xml) == OK) {
            enum err e = xform_read_xml(buf_span(&xml), &arena, &again, NULL, &diag);
            fuzz_insist(e == OK || e == ERR_NOMEM);
        }
    } else {
        fuzz_insist(diag.code != OK);
    }
    buf_release(&xml);
    arena_release(&arena);
    return 0;
}
