/*
 * test_play_bench.h - a form of a few lines, played: open_form(), say(), close_form().
 */
#ifndef TEST_PLAY_BENCH_H
#define TEST_PLAY_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "test.h"
#include "test_form_json.h"
#include "test_mem.h"
#include "xform_xml.h"

#define ARENA_MAX (64u << 20)
#define NOW_MS    1795681815250

struct bench {
    struct test_mem memory;
    struct arena arena;
    struct xform form;
    struct play_host host;
    struct play *play;
    struct buf answer;
    uint8_t next_random;
};

static inline int64_t now_ms(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

static inline int zone_minutes(void *ctx)
{
    (void)ctx;
    return 60;
}

static inline void next_random(void *ctx, void *bytes, size_t size)
{
    struct bench *bench = ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = bench->next_random++;
    }
}

static inline enum err property(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    (void)ctx;
    return arena_copy(arena, span_of(span_is(name, "username") ? "fatima" : ""), ret);
}

#define HEAD                                                                                       \
    "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml' "        \
    "xmlns:jr='http://openrosa.org/javarosa' xmlns:odk='http://www.opendatakit.org/xforms' "       \
    "xmlns:ev='http://www.w3.org/2001/xml-events'><h:head><h:title>T</h:title><model>"

static inline void open_form(struct bench *bench, const char *model, const char *body)
{
    struct buf xml;
    struct diag diag = {0};
    memset(bench, 0, sizeof(*bench));
    const struct mem *mem = test_mem_init(&bench->memory, 0);
    buf_init(&xml, mem, 1 << 20);
    buf_add_format(&xml, HEAD "%s</model></h:head><h:body>%s</h:body></h:html>", model, body);
    arena_init(&bench->arena, mem, ARENA_MAX);
    struct xform read;
    if (xform_read_xml(buf_span(&xml), &bench->arena, &read, NULL, &diag) != OK) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
    buf_release(&xml);
    const char *differs = test_form_json(&read, &bench->arena, mem, &bench->form, &diag);
    if (differs != NULL) {
        fail_msg("as form.json %s differs: %s: %s", differs, diag.args[0], diag.args[1]);
    }
    bench->host = (struct play_host){.mem = mem,
                                     .ctx = bench,
                                     .now_ms = now_ms,
                                     .zone_minutes = zone_minutes,
                                     .random = next_random,
                                     .property = property};
    buf_init(&bench->answer, mem, 16 << 20);
    if (play_new(&bench->form, &bench->host, &bench->play, &diag) != OK) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
}

static inline void close_form(struct bench *bench)
{
    play_free(bench->play);
    buf_release(&bench->answer);
    arena_release(&bench->arena);
    assert_int_equal(bench->memory.live_count, 0);
}

/* Sends a line (' stands for ") and insists that the answer holds each part. */
static inline void say(struct bench *bench, const char *request, const char *part)
{
    char line[2000];
    char wanted[2000];
    (void)snprintf(line, sizeof(line), "%s", request);
    (void)snprintf(wanted, sizeof(wanted), "%s", part);
    for (char *at = line; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    for (char *at = wanted; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    struct diag diag = {0};
    assert_int_equal(play_call(bench->play, span_of(line), &bench->answer), OK);
    if (strstr(buf_text(&bench->answer), wanted) == NULL) {
        fail_msg("%s\n  answers  %s\n  without  %s", line, buf_text(&bench->answer), wanted);
    }
    if (strstr(line, "load") == NULL && play_audit(bench->play, &diag) != OK) {
        fail_msg("%s leaves %s of %s wrong", line, diag.args[1], diag.args[0]);
    }
}

#endif
