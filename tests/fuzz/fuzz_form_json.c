/*
 * form.json: anybody may hand one over. What is read is written, read and written as the same
 * bytes, can be written as XForms, and a small one is played.
 */
#include "fuzz_play.h"
#include "test_form_json.h"

static void say(struct play *play, const char *request, struct buf *answer)
{
    enum err e = play_call(play, span_of(request), answer);
    fuzz_insist(e == OK || e == ERR_NOMEM || e == ERR_TOO_LARGE);
}

static void play_it(const struct xform *form)
{
    struct play *play = fuzz_play_new(form);
    struct buf answer;
    if (!play) {
        return;
    }
    buf_init(&answer, fuzz_mem(), FUZZ_ARENA_MAX);
    say(play, "{\"call\":\"load\"}", &answer);
    say(play, "{\"call\":\"state\",\"all\":true}", &answer);
    say(play, "{\"call\":\"move\",\"to\":\"next\",\"force\":true}", &answer);
    say(play, "{\"call\":\"validate\"}", &answer);
    say(play, "{\"call\":\"save\"}", &answer);
    buf_release(&answer);
    play_free(play);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct xform form, again;
    struct diag diag = {0};
    struct span text = span_from(data, size);
    arena_init(&arena, fuzz_mem(), 4 * FUZZ_ARENA_MAX);
    (void)xform_is_json(text);
    if (xform_read_json(text, &arena, &form, &diag) == OK) {
        fuzz_insist(test_form_json(&form, &arena, fuzz_mem(), &again, &diag) == NULL);
        play_it(&form);
    } else {
        fuzz_insist(diag.code != OK);
    }
    arena_release(&arena);
    return 0;
}
