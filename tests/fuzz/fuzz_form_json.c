/*
 * form.json: anybody may hand one over. What is read is written, read and written as the same
 * bytes, can be written as XForms, and a small one is played.
 */
#include "fuzz.h"
#include "play.h"
#include "test_form_json.h"

#define PLAYS_MAX 100 /* nodes of a form that is played too */

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1795681815250;
}

static int zone_minutes(void *ctx)
{
    (void)ctx;
    return 60;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)i;
    }
}

static void say(struct play *play, const char *request, struct buf *answer)
{
    enum err e = play_call(play, span_of(request), answer);
    fuzz_insist(e == OK || e == ERR_NOMEM || e == ERR_TOO_LARGE);
}

static void play_it(const struct xform *form)
{
    const struct play_host host = {
        .mem = fuzz_mem(), .now_ms = now_ms, .zone_minutes = zone_minutes, .random = no_random};
    struct play *play;
    struct buf answer;
    struct diag diag = {0};
    if (form->node_count > PLAYS_MAX || play_new(form, &host, &play, &diag) != OK) {
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
