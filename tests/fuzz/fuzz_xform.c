/*
 * XForms: what is read is written, read again and written as the same bytes; a small one is played
 * and must stand as computing everything anew gives.
 */
#include "fuzz_play.h"
#include "test_form_json.h"

#define OUT_MAX (8u << 20)

static void play_it(const struct xform *form)
{
    struct play *play = fuzz_play_new(form);
    struct diag diag = {0};
    if (!play) {
        return;
    }
    if (play_begin(play, &diag) == OK) {
        fuzz_insist(play_audit(play, &diag) != ERR_CHECK_FAILED);
    }
    play_free(play);
}

static void write_twice(const struct xform *form, struct arena *arena)
{
    struct buf once, twice;
    struct xform again;
    struct diag diag = {0};
    buf_init(&once, fuzz_mem(), OUT_MAX);
    buf_init(&twice, fuzz_mem(), OUT_MAX);
    xform_write_xml(form, &once);
    if (buf_error(&once) == OK) {
        enum err e = xform_read_xml(buf_span(&once), arena, &again, NULL, &diag);
        fuzz_insist(e == OK || e == ERR_NOMEM);
        if (e == OK) {
            xform_write_xml(&again, &twice);
            fuzz_insist(span_equal(buf_span(&once), buf_span(&twice)));
        }
    }
    buf_release(&once);
    buf_release(&twice);
}

/* What can be written as XForms can be exchanged by nodes, unless it is too deep or too long. */
static void insist_same_as_json(const struct xform *form, struct arena *arena)
{
    struct xform again;
    struct diag diag = {0};
    fuzz_insist(test_form_json(form, arena, fuzz_mem(), &again, &diag) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct xform form;
    struct diag diag = {0};
    arena_init(&arena, fuzz_mem(), 4 * FUZZ_ARENA_MAX);
    if (xform_read_xml(span_from(data, size), &arena, &form, NULL, &diag) == OK) {
        write_twice(&form, &arena);
        insist_same_as_json(&form, &arena);
        play_it(&form);
    } else {
        fuzz_insist(diag.code != OK);
    }
    arena_release(&arena);
    return 0;
}
