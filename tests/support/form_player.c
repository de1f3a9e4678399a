/*
 * form_player.c - plays forms at random: answers right and wrong, adds and removes occurrences,
 * moves. What stands must always be what computing everything anew gives (play_audit), the form
 * written as XML or form.json and read again must be the same form, and no answer may be lost.
 *
 *     form_player [--plays N] [--seed S] [FILE...]     without files: those of DOUAR_FORMS_DIR
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "play.h"
#include "test_form_json.h"
#include "test_random.h"
#include "xform_xml.h"
#include "xlsform.h"

#define OPEN_TRIED_MANY 100 /* random answers, of which one must be taken */
#define FILE_MAX        (64u << 20)
#define ARENA_MAX       (512u << 20)
#define STEPS           40 /* of one play */
#define AUDIT_ALWAYS    20 /* one play in so many is audited after every step */
#define QUESTIONS_MAX   4096
#define PATH_SIZE       512

struct player {
    struct test_random random;
    struct mem mem;
    struct play_host host;
    struct play *play;
    struct buf line, answer;
    const char *file;
    size_t plays, step, faults, taken, refused; /* taken and refused: answers */
    size_t open_tried;                          /* answers to questions that aren't read only */
};

static void *resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

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
    struct player *player = ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)test_random_next(&player->random);
    }
}

static enum err property(void *ctx, struct span name, struct arena *arena, struct span *ret)
{
    (void)ctx;
    return arena_copy(arena, span_of(span_is(name, "username") ? "fatima" : ""), ret);
}

static struct tree_node *add_node(struct tree_names *names, struct arena *arena,
                                  struct tree_node *parent, const char *name, const char *text)
{
    struct tree_node *node = arena_alloc(arena, sizeof(*node));
    if (node != NULL) {
        *node = (struct tree_node){.name = tree_name(names, span_of(name)), .text = span_of(text)};
        tree_append(parent, node);
    }
    return node;
}

/* Whatever file a form reads beside it: three items. */
static enum err instance(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                         struct tree_node **ret, struct diag *diag)
{
    static const char *const items[] = {"a", "b", "c"};
    struct tree_node *document = arena_alloc(arena, sizeof(*document));
    (void)ctx;
    (void)name;
    (void)diag;
    struct tree_node *root =
        document == NULL ? NULL : add_node(names, arena, document, "root", NULL);
    for (size_t i = 0; root != NULL && i < 3; i++) {
        struct tree_node *item = add_node(names, arena, root, "item", NULL);
        if (item == NULL || add_node(names, arena, item, "name", items[i]) == NULL ||
            add_node(names, arena, item, "label", items[i]) == NULL) {
            return ERR_NOMEM;
        }
    }
    *ret = document;
    return root == NULL ? ERR_NOMEM : OK;
}

static void finding(struct player *player, const char *what, const char *detail)
{
    player->faults++;
    printf("%s: play %zu, step %zu: %s: %.400s\n  after %.300s\n", player->file, player->plays,
           player->step, what, detail, buf_text(&player->line));
}

static bool is_ok(const struct player *player)
{
    return strncmp(buf_text(&player->answer), "{\"ok\":true", 10) == 0;
}

static void call(struct player *player)
{
    if (play_call(player->play, buf_span(&player->line), &player->answer) != OK) {
        finding(player, "no answer", "");
    }
}

static void say(struct player *player, const char *line)
{
    buf_clear(&player->line);
    buf_add_text(&player->line, line);
    call(player);
}

/* ---- what can be answered now */

struct thing {
    char path[PATH_SIZE];
    char kind[20], data[20];
    char choice[200]; /* one of its choices, drawn */
    bool readonly;
};

struct things {
    struct thing *all;
    size_t count;
};

static void draw_choice(struct player *player, const struct json *choices, struct thing *ret)
{
    size_t count = choices == NULL ? 0 : json_count(choices);
    if (count != 0) {
        const struct json *one = json_at(choices, test_random_below(&player->random, count));
        (void)snprintf(ret->choice, sizeof(ret->choice), "%s", json_get_text(one, "value", ""));
    }
}

static void collect(struct player *player, const struct json *list, struct things *ret)
{
    for (const struct json *at = list == NULL ? NULL : json_first(list); at != NULL;
         at = json_next(at)) {
        const char *path = json_get_text(at, "path", "");
        if (ret->count < QUESTIONS_MAX && path[0] != '\0' && strlen(path) < PATH_SIZE) {
            struct thing *thing = &ret->all[ret->count++];
            memset(thing, 0, sizeof(*thing));
            (void)snprintf(thing->path, sizeof(thing->path), "%s", path);
            (void)snprintf(thing->kind, sizeof(thing->kind), "%s", json_get_text(at, "kind", ""));
            (void)snprintf(thing->data, sizeof(thing->data), "%s", json_get_text(at, "data", ""));
            thing->readonly = json_bool(json_get(at, "readonly"));
            draw_choice(player, json_get(at, "choices"), thing);
        }
        collect(player, json_get(at, "inside"), ret);
    }
}

static bool see(struct player *player, struct things *ret)
{
    struct json *json = NULL;
    ret->count = 0;
    say(player, "{\"call\":\"state\",\"all\":true}");
    if (!is_ok(player) || json_parse_deep(buf_span(&player->answer), &json, NULL) != OK) {
        finding(player, "no state", buf_text(&player->answer));
        return false;
    }
    collect(player, json_get(json, "form"), ret);
    json_free(json);
    return true;
}

/* ---- one step */

static const char *random_value(struct player *player, const struct thing *thing)
{
    static const char *const wrong[] = {
        "", "x", "-1", "1e9", "\xd9\xa3", "2024-02-30", "a b c", "'\"<&", "99999999999999999999"};
    static const struct {
        const char *data, *values[4];
    } right[] = {{"int", {"0", "1", "7", "120"}},
                 {"decimal", {"0.5", "-3", "12.25", "100"}},
                 {"date", {"2024-05-15", "1990-01-01", "2030-12-31", "2026-11-28"}},
                 {"time", {"10:00", "23:59", "00:00", "07:30"}},
                 {"dateTime", {"2024-05-15T10:00", "2026-01-01T00:00", "", "1990-06-30T12:00"}},
                 {"geopoint", {"32.3 -6.3 500 5", "31 -7", "0 0 0 0", "90 180"}},
                 {"string", {"Ali", "1", "2", "yes"}}};
    if (test_random_below(&player->random, 6) == 0) {
        return wrong[test_random_below(&player->random, sizeof(wrong) / sizeof(wrong[0]))];
    }
    if (thing->choice[0] != '\0') {
        return thing->choice;
    }
    if (strcmp(thing->kind, "trigger") == 0) {
        return "OK";
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        if (strcmp(thing->data, right[i].data) == 0) {
            return right[i].values[test_random_below(&player->random, 4)];
        }
    }
    return "Ali";
}

static void say_path(struct player *player, const char *what, const char *path, const char *value)
{
    struct json_writer writer;
    buf_clear(&player->line);
    json_begin(&writer, &player->line);
    json_open(&writer, '{');
    json_name(&writer, "call");
    json_put_text(&writer, what);
    json_name(&writer, "path");
    json_put_text(&writer, path);
    if (value != NULL) {
        json_name(&writer, "value");
        json_put_text(&writer, value);
    }
    json_close(&writer, '}');
    call(player);
}

static void move(struct player *player)
{
    static const char *const ways[] = {"first", "next", "next", "back", "end"};
    buf_clear(&player->line);
    buf_add_format(&player->line, "{\"call\":\"move\",\"to\":\"%s\",\"force\":true}",
                   ways[test_random_below(&player->random, 5)]);
    call(player);
    if (!is_ok(player)) {
        finding(player, "can't move", buf_text(&player->answer));
    }
}

static void take_step(struct player *player, const struct things *things)
{
    if (things->count == 0 || test_random_below(&player->random, 10) == 0) {
        move(player);
        return;
    }
    const struct thing *thing = &things->all[test_random_below(&player->random, things->count)];
    if (strcmp(thing->kind, "repeat") == 0) {
        say_path(player, "add_repeat", thing->path, NULL);
    } else if (strcmp(thing->kind, "occurrence") == 0) {
        if (test_random_below(&player->random, 3) == 0) {
            say_path(player, "remove_repeat", thing->path, NULL);
        }
    } else if (strcmp(thing->kind, "group") != 0) {
        say_path(player, "answer", thing->path, random_value(player, thing));
        player->open_tried += thing->readonly ? 0 : 1;
        player->taken += is_ok(player) ? 1 : 0;
        player->refused += is_ok(player) ? 0 : 1;
        if (is_ok(player) && thing->readonly) {
            finding(player, "took an answer that is read only", thing->path);
        }
    }
    if (strstr(buf_text(&player->answer), "\"internal\"") != NULL) {
        finding(player, "internal", buf_text(&player->answer));
    }
}

static void audit(struct player *player)
{
    struct diag diag = {0};
    if (play_audit(player->play, &diag) != OK) {
        finding(player, diag.args[0], diag.args[1]);
    }
}

static void play_once(struct player *player, struct things *things)
{
    bool always = player->plays % AUDIT_ALWAYS == 0;
    player->step = 0;
    say(player, "{\"call\":\"load\"}");
    if (!is_ok(player)) {
        finding(player, "can't begin", buf_text(&player->answer));
        return;
    }
    for (; player->step < STEPS && player->faults == 0; player->step++) {
        /* looking anew is the costly part: several steps over what was seen */
        if (player->step % 4 == 0 && !see(player, things)) {
            return;
        }
        take_step(player, things);
        if (always) {
            audit(player);
        }
    }
    audit(player);
    say(player, "{\"call\":\"save\",\"final\":true,\"force\":true}");
    if (!is_ok(player)) {
        finding(player, "can't save", buf_text(&player->answer));
    }
}

/* ---- forms */

/* XML that is written, read and written again is the same bytes. */
static void check_xml(struct player *player, const struct xform *form, struct arena *arena,
                      struct xform *ret)
{
    struct buf once, twice;
    struct diag diag = {0};
    buf_init(&once, &player->mem, XFORM_XML_MAX);
    buf_init(&twice, &player->mem, XFORM_XML_MAX);
    xform_write_xml(form, &once);
    if (buf_error(&once) != OK || xform_read_xml(buf_span(&once), arena, ret, NULL, &diag) != OK) {
        finding(player, "its XML can't be read", diag.args[1]);
    } else {
        xform_write_xml(ret, &twice);
        if (!span_equal(buf_span(&once), buf_span(&twice))) {
            finding(player, "its XML changes when it is read and written again", "");
        }
    }
    buf_release(&once);
    buf_release(&twice);
}

/* The form as nodes exchange it is the form that was read. */
static void check_json(struct player *player, const struct xform *form, struct arena *arena)
{
    struct xform again;
    struct diag diag = {0};
    const char *differs = test_form_json(form, arena, &player->mem, &again, &diag);
    if (differs != NULL) {
        finding(player, differs, diag.args[1]);
    }
}

static bool read_form(struct player *player, struct span bytes, struct arena *arena,
                      struct xform *ret)
{
    struct xlsform_faults faults = {0};
    struct diag diag = {0};
    bool xml = bytes.size != 0 && bytes.data[0] == '<';
    enum err e = xml ? xform_read_xml(bytes, arena, ret, NULL, &diag)
                     : xlsform_read(&player->mem, bytes, player->file, arena, ret, &faults, &diag);
    for (const struct xlsform_fault *at = faults.first; at != NULL; at = at->next) {
        char place[300];
        xlsform_fault_place(at, place, sizeof(place));
        printf("  %s: %s: %s: %s\n", at->is_error ? "error" : "warning", place, at->what, at->mend);
    }
    bool told = strstr(diag.args[1], "save it as .xlsx") != NULL;
    if (e != OK) {
        printf("%s: %s: %s\n", player->file, diag.args[0], diag.args[1]);
        player->faults += told ? 0 : 1; /* an old .xls is told with its mend, and is no fault */
    }
    return e == OK;
}

static void play_form(struct player *player, const struct xform *form, size_t plays,
                      struct things *things)
{
    struct diag diag = {0};
    if (play_new(form, &player->host, &player->play, &diag) != OK) {
        finding(player, diag.args[0], diag.args[1]);
        return;
    }
    for (player->plays = 0; player->plays < plays && player->faults == 0; player->plays++) {
        play_once(player, things);
    }
    play_free(player->play);
    player->play = NULL;
}

static size_t play_file(struct player *player, const char *path, size_t plays,
                        struct things *things)
{
    uint8_t *bytes = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL || bytes == NULL ? 0 : fread(bytes, 1, FILE_MAX, file);
    struct arena arena;
    struct xform form, again = {0};
    player->file = path;
    player->faults = player->taken = player->refused = player->open_tried = 0;
    buf_clear(&player->line);
    if (file != NULL) {
        (void)fclose(file);
    }
    arena_init(&arena, &player->mem, ARENA_MAX);
    if (read_form(player, span_from(bytes, size), &arena, &form)) {
        play_form(player, &form, plays - plays / 4, things);
        check_xml(player, &form, &arena, &again);
        check_json(player, &form, &arena);
        if (player->faults == 0) { /* what a clone of ODK would play */
            play_form(player, &again, plays / 4, things);
        }
        if (player->open_tried >= OPEN_TRIED_MANY && player->taken == 0 && player->faults == 0) {
            finding(player, "nothing could be answered", "");
        }
        printf("%s: %zu plays, %zu answers taken, %zu refused, %zu findings\n", path, plays,
               player->taken, player->refused, player->faults);
    }
    arena_release(&arena);
    free(bytes);
    return player->faults;
}

static size_t play_folder(struct player *player, const char *folder, size_t plays,
                          struct things *things)
{
    size_t faults = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *at = entries == NULL ? NULL : readdir(entries); at != NULL;
         at = readdir(entries)) {
        char path[4096];
        if (at->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", folder, at->d_name);
            faults += play_file(player, path, plays, things);
        }
    }
    if (entries == NULL) {
        printf("%s can't be opened\n", folder);
        return 1;
    }
    (void)closedir(entries);
    return faults;
}

int main(int argc, char **argv)
{
    struct player player = {.random = test_random_begin("form_player")};
    struct things things = {.all = calloc(QUESTIONS_MAX, sizeof(struct thing))};
    const char *folder = getenv("DOUAR_FORMS_DIR");
    size_t plays = 50, faults = 0, files = 0;
    player.mem = (struct mem){.resize = resize};
    player.host = (struct play_host){.mem = &player.mem,
                                     .ctx = &player,
                                     .now_ms = now_ms,
                                     .zone_minutes = zone_minutes,
                                     .random = random_bytes,
                                     .instance = instance,
                                     .property = property};
    buf_init(&player.line, &player.mem, 1 << 20);
    buf_init(&player.answer, &player.mem, 64 << 20);
    for (int i = 1; i < argc && things.all != NULL; i++) {
        if (strcmp(argv[i], "--plays") == 0 && i + 1 < argc) {
            plays = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            player.random.state = strtoull(argv[++i], NULL, 10);
        } else {
            faults += play_file(&player, argv[i], plays, &things);
            files++;
        }
    }
    if (files == 0 && folder == NULL) {
        printf("DOUAR_FORMS_DIR isn't set: no forms made elsewhere are played\n");
    } else if (files == 0) {
        faults += play_folder(&player, folder, plays, &things);
    }
    buf_release(&player.line);
    buf_release(&player.answer);
    free(things.all);
    return faults == 0 ? 0 : 1;
}
