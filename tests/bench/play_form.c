/*
 * play_form.c - bench_forms.py's hand in our engine: opens a form, answers as a script says, saves,
 * and tells how long each took and how much memory it held at most.
 *
 *     play_form FORM.xml SCRIPT [CSV]
 *
 * A line of the script is a path, a tab and a value; without a value the question is shown with its
 * choices. The first line with only "#" ends what isn't timed. CSV is what stands for every list
 * beside the form. One JSON line comes out; times are of the processor, in ns: on a
 * shared machine those of the clock tell of others.
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "csv_table.h"
#include "json.h"
#include "play.h"
#include "xform_xml.h"

#define FILE_MAX  (64u << 20)
#define ARENA_MAX (512u << 20)
#define OPENINGS  5

struct bench {
    struct mem mem;
    size_t held, most; /* bytes */
    FILE *csv;
    struct csv_table *table;
    struct buf script, line, answer;
    int64_t *times, *choices;
    size_t count, choice_count;
};

/* The size stands before each block, so that what is held can be counted. */
static void *resize(void *ctx, void *old, size_t size)
{
    struct bench *bench = ctx;
    size_t *block = old == NULL ? NULL : (size_t *)old - 2;
    bench->held -= block == NULL ? 0 : block[0];
    if (size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, size + 2 * sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    block[0] = size;
    bench->held += size;
    bench->most = bench->held > bench->most ? bench->held : bench->most;
    return block + 2;
}

static void must(bool holds, const char *what, const struct diag *diag)
{
    if (!holds) {
        (void)fprintf(stderr, "play_form: %s: %s %s %s\n", what, diag ? err_name(diag->code) : "",
                      diag ? diag->args[0] : "", diag ? diag->args[1] : "");
        exit(1);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- surroundings */

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

static void random_bytes(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    memset(bytes, 7, size);
}

static enum err read_at(void *ctx, uint64_t offset, size_t size, struct buf *ret)
{
    struct bench *bench = ctx;
    uint8_t *room = buf_room(ret, size);
    if (room == NULL) {
        return buf_error(ret);
    }
    if (fseek(bench->csv, (long)offset, SEEK_SET) != 0) {
        return ERR_FILE;
    }
    buf_grew(ret, fread(room, 1, size, bench->csv));
    return OK;
}

static enum err find(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag)
{
    (void)name;
    struct bench *bench = ctx;
    const struct csv_source source = {bench, read_at};
    if (bench->csv == NULL) {
        return ERR_NOT_FOUND;
    }
    if (bench->table == NULL) {
        must(csv_table_new(&bench->mem, &source, "list", &bench->table, diag) == OK, "csv", diag);
    }
    return csv_table_find(bench->table, equals, count, after, rows, room, ret_count, diag);
}

static enum err row(void *ctx, const char *name, int64_t number, struct tree_names *names,
                    struct arena *arena, struct tree_node **ret, struct diag *diag)
{
    (void)name;
    return csv_table_row(((struct bench *)ctx)->table, number, names, arena, ret, diag);
}

/* ---- work */

static void read_file(const char *path, struct buf *ret)
{
    FILE *file = fopen(path, "rb");
    must(file != NULL, path, NULL);
    for (;;) {
        uint8_t *room = buf_room(ret, 65536);
        must(room != NULL, path, NULL);
        size_t size = fread(room, 1, 65536, file);
        buf_grew(ret, size);
        if (size == 0) {
            break;
        }
    }
    (void)fclose(file);
}

static void say(struct bench *bench, struct play *play, const char *request)
{
    buf_clear(&bench->answer);
    must(play_call(play, span_of(request), &bench->answer) == OK, request, NULL);
    must(strncmp(buf_text(&bench->answer), "{\"ok\":true", 10) == 0, buf_text(&bench->answer),
         NULL);
}

/* As a person does: what was answered is taken, computed and shown with what is wrong about it. */
static void answer(struct bench *bench, struct play *play, struct span path, struct span value)
{
    struct json_writer json;
    buf_clear(&bench->line);
    json_begin(&json, &bench->line);
    json_open(&json, '{');
    json_name(&json, "call");
    json_put_text(&json, "answer");
    json_name(&json, "path");
    json_put_span(&json, path);
    json_name(&json, "value");
    json_put_span(&json, value);
    json_close(&json, '}');
    say(bench, play, buf_text(&bench->line));
}

static void go_there(struct bench *bench, struct play *play, struct span path)
{
    buf_clear(&bench->line);
    buf_add_text(&bench->line, "{\"call\":\"move\",\"path\":\"");
    buf_add_span(&bench->line, path);
    buf_add_text(&bench->line, "\"}");
    say(bench, play, buf_text(&bench->line));
}

static void follow_line(struct bench *bench, struct play *play, struct span line, bool timed)
{
    struct span value = line, path;
    bool answers = span_split(&value, '\t', &path) && path.size < line.size;
    if (timed) {
        go_there(bench, play, path);
    }
    int64_t start = now_ns();
    if (answers) {
        answer(bench, play, path, value);
    }
    if (timed) {
        say(bench, play, "{\"call\":\"state\"}");
        *(answers ? &bench->times[bench->count++] : &bench->choices[bench->choice_count++]) =
            now_ns() - start;
    }
}

static void follow_script(struct bench *bench, struct play *play)
{
    struct span rest = buf_span(&bench->script), line;
    bool timed = false;
    while (span_split(&rest, '\n', &line)) {
        if (span_is(line, "#")) {
            timed = true;
        } else if (line.size != 0) {
            follow_line(bench, play, line, timed);
        }
    }
}

static struct play *open_form(struct bench *bench, struct arena *arena, struct xform *form,
                              const struct buf *xml, bool timed)
{
    struct diag diag = {0};
    struct play *play = NULL;
    const struct play_host host = {.mem = &bench->mem,
                                   .ctx = bench,
                                   .now_ms = now_ms,
                                   .zone_minutes = zone_minutes,
                                   .random = random_bytes,
                                   .find = find,
                                   .row = row};
    int64_t start = now_ns();
    arena_init(arena, &bench->mem, ARENA_MAX);
    must(xform_read_xml(buf_span(xml), arena, form, NULL, &diag) == OK, "form", &diag);
    must(play_new(form, &host, &play, &diag) == OK, "play", &diag);
    say(bench, play, "{\"call\":\"load\"}");
    say(bench, play, "{\"call\":\"state\"}");
    if (timed) {
        bench->times[bench->count++] = now_ns() - start;
    }
    return play;
}

static void print_times(const char *name, const int64_t *times, size_t *count)
{
    printf("\"%s\":[", name);
    for (size_t i = 0; i < *count; i++) {
        printf("%s%lld", i == 0 ? "" : ",", (long long)times[i]);
    }
    printf("],");
    *count = 0;
}

static void run(struct bench *bench, const struct buf *xml)
{
    struct arena arena;
    struct xform form;
    size_t before = bench->held;
    struct play *play = NULL;
    for (int i = 0; i < OPENINGS; i++) {
        bench->most = bench->held;
        play = open_form(bench, &arena, &form, xml, true);
        if (i + 1 < OPENINGS) {
            play_free(play);
            arena_release(&arena);
        }
    }
    size_t held = bench->held;
    printf("{");
    print_times("open", bench->times, &bench->count);
    printf("\"open_bytes\":%zu,\"open_most\":%zu,", held - before, bench->most - before);
    follow_script(bench, play);
    print_times("answers", bench->times, &bench->count);
    print_times("choices", bench->choices, &bench->choice_count);
    for (int i = 0; i < OPENINGS; i++) {
        int64_t start = now_ns();
        say(bench, play, "{\"call\":\"save\",\"final\":true,\"force\":true}");
        bench->times[bench->count++] = now_ns() - start;
    }
    print_times("save", bench->times, &bench->count);
    printf("\"most\":%zu}\n", bench->most - before);
    play_free(play);
    arena_release(&arena);
}

int main(int argc, char **argv)
{
    struct bench bench = {.mem = {.resize = resize}};
    struct buf xml;
    bench.mem.ctx = &bench;
    must(argc >= 3, "usage: play_form FORM.xml SCRIPT [CSV]", NULL);
    buf_init(&xml, &bench.mem, FILE_MAX);
    buf_init(&bench.script, &bench.mem, FILE_MAX);
    buf_init(&bench.line, &bench.mem, 1u << 20);
    buf_init(&bench.answer, &bench.mem, FILE_MAX);
    read_file(argv[1], &xml);
    read_file(argv[2], &bench.script);
    bench.times = calloc(bench.script.size + OPENINGS, sizeof *bench.times);
    bench.choices = calloc(bench.script.size + 1, sizeof *bench.choices);
    must(bench.times != NULL && bench.choices != NULL, "memory", NULL);
    bench.csv = argc > 3 ? fopen(argv[3], "rb") : NULL;
    must(argc <= 3 || bench.csv != NULL, argc > 3 ? argv[3] : "", NULL);
    run(&bench, &xml);
    csv_table_free(bench.table);
    buf_release(&xml);
    buf_release(&bench.script);
    buf_release(&bench.line);
    buf_release(&bench.answer);
    free(bench.times);
    free(bench.choices);
    if (bench.csv != NULL) {
        (void)fclose(bench.csv);
    }
    return 0;
}
