/*
 * sync_cost.c - what bench_sync.py needs done at a machine's speed: real nodes, the real server,
 * HTTPS over loopback, and what their syncs cost.
 *
 *     sync_cost [--persons N] [--people FILE]
 *
 * Prints as JSON, for each kind of sync: requests, bytes of HTTP (headers and bodies) sent and
 * received without TLS, how many persons it was about, and how long it took. FILE: the persons, of
 * 10 fields, a JSON object a line, so that others can be given the same ones. Beside them the rate
 * at which SQLite alone stores rows of the same sizes, durably, in batches as large.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "carry.h"
#include "front.h"
#include "host_real.h"
#include "num.h"
#include "process.h"
#include "record.h"
#include "save.h"
#include "serve.h"
#include "server_config.h"
#include "server_home.h"
#include "snapshot.h"
#include "svc.h"

#define PERSON_FIELDS 10
#define NAMES_MAX     1024
#define EDITS         20

struct name {
    char kind[8], sex[4], latin[64], arabic[96];
};

struct bench {
    struct host_real real;
    struct host host, counted; /* counted: the same, adding up what it exchanges */
    char folder[256];
    struct svc *svc;
    struct front *front;
    struct node *office; /* the server's database, for what an office does */
    struct id person;
    char code[2048];
    struct name names[NAMES_MAX];
    size_t name_count;
    uint64_t random;
    FILE *people; /* NULL: they aren't written */
    bool printed; /* a row already */
    /* since bench_start_count() */
    int64_t requests, http_sent, http_received;
};

static void must(enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        fprintf(stderr, "sync_cost: %s: %s %s %s\n", what, err_name(e),
                diag && diag->arg_count > 0 ? diag->args[0] : "",
                diag && diag->arg_count > 1 ? diag->args[1] : "");
        exit(1);
    }
}

static uint64_t next_random(struct bench *bench)
{
    bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
    return bench->random >> 33;
}

static enum err counted_exchange(void *ctx, const struct exchange_request *request,
                                 struct exchange_reply *reply, struct diag *diag)
{
    struct bench *bench = ctx;
    enum err e = bench->host.exchange(bench->host.ctx, request, reply, diag);
    bench->requests++;
    bench->http_sent += (int64_t)reply->sent_bytes;
    bench->http_received += (int64_t)reply->received_bytes;
    return e;
}

/* host.ctx serves all of a host's functions: these pass the real one on. */
static int64_t counted_now(void *ctx)
{
    struct bench *bench = ctx;
    return bench->host.now_ms(bench->host.ctx);
}

static int64_t counted_mono(void *ctx)
{
    struct bench *bench = ctx;
    return bench->host.mono_ms(bench->host.ctx);
}

static void counted_random(void *ctx, void *ret, size_t size)
{
    struct bench *bench = ctx;
    bench->host.random(bench->host.ctx, ret, size);
}

static void counted_sleep(void *ctx, int64_t ms)
{
    struct bench *bench = ctx;
    bench->host.sleep_ms(bench->host.ctx, ms);
}

/* ---- the organisation */

static void load_names(struct bench *bench)
{
    FILE *file = fopen(DOUAR_NAMES, "r");
    char line[256];
    if (!file) {
        fprintf(stderr, "sync_cost: no %s\n", DOUAR_NAMES);
        exit(1);
    }
    while (bench->name_count < NAMES_MAX && fgets(line, sizeof line, file)) {
        struct name *name = &bench->names[bench->name_count];
        struct span rest = span_of(line);
        struct span part[4] = {{0}};
        for (size_t i = 0; i < 4; i++) {
            (void)span_split(&rest, i < 3 ? ',' : '\n', &part[i]);
        }
        span_text(part[0], name->kind, sizeof name->kind);
        span_text(part[1], name->sex, sizeof name->sex);
        span_text(part[2], name->latin, sizeof name->latin);
        span_text(part[3], name->arabic, sizeof name->arabic);
        bench->name_count += span_is(part[0], "kind") ? 0 : 1;
    }
    (void)fclose(file);
}

static const struct name *pick(struct bench *bench, const char *kind, const char *sex)
{
    for (;;) {
        const struct name *name = &bench->names[next_random(bench) % bench->name_count];
        if (strcmp(name->kind, kind) == 0 && (!sex || strcmp(name->sex, sex) == 0)) {
            return name;
        }
    }
}

static void publish(struct bench *bench, const char *kind, const char *name, const char *text)
{
    struct diag diag = {0};
    must(org_publish(bench->office, kind, name, span_of(text), &diag), &diag, name);
}

static void publish_type(struct bench *bench, const char *name)
{
    char path[512];
    struct buf buf;
    struct diag diag = {0};
    struct json *json = NULL;
    struct buf text;
    (void)snprintf(path, sizeof path, "%s/types/%s.json", DOUAR_SCHEMA, name);
    buf_init(&buf, &bench->host.mem, 1u << 20);
    buf_init(&text, &bench->host.mem, 1u << 20);
    must(bench->host.files->read(bench->host.ctx, path, &buf), NULL, path);
    must(json_parse(buf_span(&buf), &json, &diag), &diag, path);
    json_add_tree(&text, json);
    publish(bench, "_type", name, buf_text(&text));
    json_free(json);
    buf_release(&buf);
    buf_release(&text);
}

static void make_organisation(struct bench *bench)
{
    char id[ID_TEXT_SIZE];
    char text[512];
    static const char *const places[] = {"05", "05.081", "05.081.03.09"};
    bench->host.random(bench->host.ctx, bench->person.bytes, ID_SIZE);
    id_write(bench->person, id);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(text, sizeof text, "{\"code\":\"%s\",\"level\":\"commune\",\"labels\":{}}",
                       places[i]);
        publish(bench, "_place", places[i], text);
    }
    publish_type(bench, "household");
    publish_type(bench, "person");
    (void)snprintf(text, sizeof text, "{\"id\":\"%s\",\"name\":\"Amina\",\"role\":\"worker\"}", id);
    publish(bench, "_person", id, text);
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"05\",\"compartments\":[\"base\"],"
                   "\"verbs\":[\"read\",\"write\",\"review\"]}",
                   id, id);
    publish(bench, "_grant", id, text);
}

static void start_server(struct bench *bench)
{
    struct diag diag = {0};
    struct server_config config;
    struct home_tls tls;
    char home[512];
    (void)snprintf(home, sizeof home, "%s/region", bench->folder);
    server_config_default(&config);
    (void)snprintf(config.name, sizeof config.name, "region");
    (void)snprintf(config.address, sizeof config.address, "127.0.0.1");
    must(home_create(&bench->host, home, ROLE_REGION, &config, NULL, &diag), &diag, "init");
    must(home_node_open(&bench->host, home, &bench->office, &diag), &diag, "open");
    make_organisation(bench);
    must(svc_open(&bench->host, home, &bench->svc, &diag), &diag, "svc");
    must(home_tls_load(&bench->host, home, &tls, &diag), &diag, "tls");
    struct front_options options = {.address = "127.0.0.1",
                                    .cert_pem = buf_text(&tls.server_pem),
                                    .key_pem = buf_text(&tls.server_key)};
    must(front_start(&bench->host, bench->svc, &options, &bench->front, &diag), &diag, "front");
    home_tls_release(&tls);
}

static void invitation(struct bench *bench)
{
    struct diag diag = {0};
    struct home_tls tls;
    struct buf text;
    char home[512];
    char url[64];
    char person[ID_TEXT_SIZE];
    char definition[512];
    (void)snprintf(home, sizeof home, "%s/region", bench->folder);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u", front_port(bench->front));
    id_write(bench->person, person);
    (void)snprintf(definition, sizeof definition,
                   "{\"role\":\"worker\",\"scopes\":[\"05.081\"],\"compartments\":[\"base\"],"
                   "\"person\":\"%s\"}",
                   person);
    must(home_tls_load(&bench->host, home, &tls, &diag), &diag, "tls");
    struct enrol_code code = {.url = url, .pins = {tls.pins[0], tls.pins[1]}, .pin_count = 2};
    struct invite invite = {.definition = definition, .valid_ms = 3600000};
    must(serve_invite(bench->office, &invite, &code, &diag), &diag, "invite");
    buf_init(&text, &bench->host.mem, sizeof bench->code - 1);
    must(enrol_code_write(&code, &text), NULL, "code");
    (void)snprintf(bench->code, sizeof bench->code, "%s", buf_text(&text));
    buf_release(&text);
    home_tls_release(&tls);
}

static struct node *device(struct bench *bench, const char *name)
{
    struct diag diag = {0};
    struct node *node = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s.db", bench->folder, name);
    must(node_create(&bench->counted, path, ROLE_WORKER, NULL, &diag), &diag, "create");
    must(node_open(&bench->counted, path, &node, &diag), &diag, "open");
    invitation(bench);
    must(carry_enrol(&bench->counted, node, bench->code, name, &diag), &diag, "enrol");
    return node;
}

static void sync_now(struct bench *bench, struct node *node)
{
    struct diag diag = {0};
    struct sync_result result = {0};
    bench->requests = bench->http_sent = bench->http_received = 0;
    must(carry_sync(&bench->counted, node, NULL, NULL, NULL, NULL, &result, &diag), &diag, "sync");
}

/* ---- records */

static struct id save(struct bench *bench, struct node *node, struct save *save)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &bench->host.mem, 8u << 20);
    save->person = bench->person;
    must(node_save(node, save, &arena, &saved, &diag), &diag, "save");
    arena_release(&arena);
    return saved.entity;
}

static struct id add_household(struct bench *bench, struct node *node)
{
    char name[160];
    (void)snprintf(name, sizeof name, "\"%s\"", pick(bench, "family", NULL)->arabic);
    struct change changes[] = {{"head_name_ar", span_of(name)}};
    struct save new_one = {.type = "household",
                           .is_new = true,
                           .place = span_of("05.081.03.09"),
                           .changes = changes,
                           .change_count = 1};
    return save(bench, node, &new_one);
}

/* The values of changes are JSON as they are. PouchDB takes no id that begins with "_". */
static void write_person(struct bench *bench, struct id person, struct id household,
                         const struct change *changes)
{
    char id[ID_TEXT_SIZE];
    char parent[ID_TEXT_SIZE];
    if (!bench->people) {
        return;
    }
    id_write(person, id);
    id_write(household, parent);
    fprintf(bench->people, "{\"_id\":\"p%s\",\"type\":\"person\",\"household\":\"%s\"", id, parent);
    for (size_t i = 0; i < PERSON_FIELDS; i++) {
        fprintf(bench->people, ",\"%s\":%.*s", changes[i].property, (int)changes[i].json.size,
                (const char *)changes[i].json.data);
    }
    fprintf(bench->people, "}\n");
}

static struct id add_person(struct bench *bench, struct node *node, struct id household)
{
    static const char *const relations[] = {"\"head\"", "\"spouse\"", "\"child\"", "\"parent\""};
    static const char *const marital[] = {"\"single\"", "\"married\"", "\"widowed\""};
    bool woman = next_random(bench) % 2 != 0;
    const struct name *given = pick(bench, "given", woman ? "f" : "m");
    const struct name *family = pick(bench, "family", NULL);
    const struct name *father = pick(bench, "given", "m");
    const struct name *mother = pick(bench, "given", "f");
    char name_ar[256];
    char name_fr[160];
    char cin[32];
    char phone[32];
    char birth[24];
    char father_ar[128];
    char mother_ar[128];
    (void)snprintf(name_ar, sizeof name_ar, "\"%s %s\"", given->arabic, family->arabic);
    (void)snprintf(name_fr, sizeof name_fr, "\"%s %s\"", given->latin, family->latin);
    (void)snprintf(cin, sizeof cin, "\"I%c%d\"", 'A' + (char)(next_random(bench) % 3),
                   (int)(next_random(bench) % 900000 + 1000));
    (void)snprintf(phone, sizeof phone, "\"06%08d\"", (int)(next_random(bench) % 100000000));
    (void)snprintf(birth, sizeof birth, "\"%d-%02d-%02d\"", 1940 + (int)(next_random(bench) % 80),
                   1 + (int)(next_random(bench) % 12), 1 + (int)(next_random(bench) % 28));
    (void)snprintf(father_ar, sizeof father_ar, "\"%s\"", father->arabic);
    (void)snprintf(mother_ar, sizeof mother_ar, "\"%s\"", mother->arabic);
    struct change changes[PERSON_FIELDS] = {
        {"name_ar", span_of(name_ar)},
        {"name_fr", span_of(name_fr)},
        {"national_id", span_of(cin)},
        {"sex", span_of(woman ? "\"f\"" : "\"m\"")},
        {"birth_date", span_of(birth)},
        {"father_name", span_of(father_ar)},
        {"mother_name", span_of(mother_ar)},
        {"relation", span_of(relations[next_random(bench) % 4])},
        {"marital_status", span_of(marital[next_random(bench) % 3])},
        {"phone", span_of(phone)}};
    struct save new_one = {.type = "person",
                           .is_new = true,
                           .has_parent = true,
                           .parent = household,
                           .changes = changes,
                           .change_count = PERSON_FIELDS};
    struct id person = save(bench, node, &new_one);
    write_person(bench, person, household, changes);
    return person;
}

static void edit_phone(struct bench *bench, struct node *node, struct id entity)
{
    char phone[32];
    (void)snprintf(phone, sizeof phone, "\"07%08d\"", (int)(next_random(bench) % 100000000));
    struct change changes[] = {{"phone", span_of(phone)}};
    struct save edit = {.entity = entity, .changes = changes, .change_count = 1};
    (void)save(bench, node, &edit);
}

/* ---- the physical limit beside it: SQLite storing rows of the same sizes, durably */

static double sqlite_rate(struct bench *bench, int64_t rows, int64_t body_size)
{
    char path[512];
    sqlite3 *db = NULL;
    sqlite3_stmt *op = NULL;
    sqlite3_stmt *live = NULL;
    sqlite3_stmt *feed = NULL;
    static uint8_t body[4096];
    (void)snprintf(path, sizeof path, "%s/limit.db", bench->folder);
    if (sqlite3_open(path, &db) ||
        sqlite3_exec(
            db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE op(id INTEGER PRIMARY KEY, uid BLOB UNIQUE, entity INT, body BLOB);"
            "CREATE INDEX op_entity ON op(entity);"
            "CREATE TABLE live(entity INT, reg INT, uid8 INT, op INT, PRIMARY KEY(entity, reg,"
            " uid8)) WITHOUT ROWID;"
            "CREATE TABLE feed(feed INT, n INT, ref INT, hash INT, PRIMARY KEY(feed, n))"
            " WITHOUT ROWID;",
            NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO op VALUES(?1, ?2, ?3, ?4)", -1, &op, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO live VALUES(?1, ?2, ?3, ?4)", -1, &live, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO feed VALUES(1, ?1, ?2, ?3)", -1, &feed, NULL)) {
        return 0;
    }
    int64_t start = bench->host.mono_ms(bench->host.ctx);
    for (int64_t i = 0; i < rows; i++) {
        uint8_t uid[16];
        bench->host.random(bench->host.ctx, uid, sizeof uid);
        if (i % 100 == 0) {
            (void)sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
        }
        sqlite3_bind_int64(op, 1, i + 1);
        sqlite3_bind_blob(op, 2, uid, sizeof uid, SQLITE_STATIC);
        sqlite3_bind_int64(op, 3, i + 1);
        sqlite3_bind_blob(op, 4, body, (int)body_size, SQLITE_STATIC);
        (void)sqlite3_step(op);
        (void)sqlite3_reset(op);
        for (int64_t k = 0; k < PERSON_FIELDS + 2; k++) {
            sqlite3_bind_int64(live, 1, i + 1);
            sqlite3_bind_int64(live, 2, k);
            sqlite3_bind_int64(live, 3, i * 7919);
            sqlite3_bind_int64(live, 4, i + 1);
            (void)sqlite3_step(live);
            (void)sqlite3_reset(live);
        }
        sqlite3_bind_int64(feed, 1, i + 1);
        sqlite3_bind_int64(feed, 2, i + 1);
        sqlite3_bind_int64(feed, 3, i * 31);
        (void)sqlite3_step(feed);
        (void)sqlite3_reset(feed);
        if (i % 100 == 99) {
            (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        }
    }
    if (!sqlite3_get_autocommit(db)) {
        (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    int64_t took = bench->host.mono_ms(bench->host.ctx) - start;
    sqlite3_finalize(op);
    sqlite3_finalize(live);
    sqlite3_finalize(feed);
    sqlite3_close(db);
    return took > 0 ? (double)rows * 1000.0 / (double)took : 0;
}

/* ---- the report */

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_row(struct bench *bench, const char *name, int64_t items, double ms)
{
    printf("%s\"%s\":{\"requests\":%" PRId64 ",\"sent\":%" PRId64 ",\"received\":%" PRId64
           ",\"bytes\":%" PRId64 ",\"items\":%" PRId64 ",\"ms\":%.3f}",
           bench->printed ? ",\n  " : "", name, bench->requests, bench->http_sent,
           bench->http_received, bench->http_sent + bench->http_received, items, ms);
    bench->printed = true;
}

static void measure(struct bench *bench, struct node *node, const char *name, int64_t items)
{
    double start = now_ms();
    sync_now(bench, node);
    print_row(bench, name, items, now_ms() - start);
}

/* What a sync brought, made ready to be shown and found: by the next to read, or after the sync. */
static void measure_shown(struct bench *bench, struct node *node, int64_t items)
{
    bool more = false;
    double start = now_ms();
    must(node_project(node, 0, &more), NULL, "project");
    bench->requests = bench->http_sent = bench->http_received = 0;
    print_row(bench, "shown", items, now_ms() - start);
}

static void make_snapshots(struct bench *bench, int64_t persons)
{
    struct snapshot_options options = {.always = true};
    struct snapshot_builder *builder = NULL;
    bool more = true;
    double start = now_ms();
    must(snapshot_builder_new(bench->office, &options, &builder), NULL, "snapshot");
    while (more) {
        must(snapshot_builder_step(builder, &more), NULL, "snapshot");
    }
    snapshot_builder_free(builder);
    bench->requests = bench->http_sent = bench->http_received = 0;
    print_row(bench, "snapshot", persons, now_ms() - start);
}

static void run(struct bench *bench, int64_t persons)
{
    struct id some[EDITS];
    struct id household = {{0}};
    struct node *worker = device(bench, "worker");
    sync_now(bench, worker);
    must(node_begin(worker), NULL, "begin"); /* one commit for the whole made-up village */
    for (int64_t i = 0; i < persons; i++) {
        if (i % 5 == 0) {
            household = add_household(bench, worker);
        }
        struct id person = add_person(bench, worker, household);
        if (i < EDITS) {
            some[i] = person;
        }
    }
    must(node_end(worker, OK), NULL, "commit");
    printf("{\"persons\":%" PRId64 ",\"rows\":{\n  ", persons);
    measure(bench, worker, "push", persons);
    struct node *rows = device(bench, "rows");
    measure(bench, rows, "by_rows", persons); /* before there is a snapshot */
    make_snapshots(bench, persons);
    struct node *second = device(bench, "second");
    measure(bench, second, "pull", persons);
    measure_shown(bench, second, persons);
    measure(bench, worker, "nothing_first", 0);
    measure(bench, worker, "nothing", 0);
    for (int i = 0; i < EDITS; i++) {
        edit_phone(bench, worker, some[i]);
    }
    measure(bench, worker, "edits", EDITS);
    printf("},\n \"sqlite_rate\":%.0f}\n", sqlite_rate(bench, persons, 420));
    node_close(worker);
    node_close(rows);
    node_close(second);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    int64_t persons = 10000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--persons") == 0) {
            (void)num_read_i64(span_of(argv[i + 1]), &persons);
        } else if (strcmp(argv[i], "--people") == 0) {
            bench.people = fopen(argv[i + 1], "w");
            must(bench.people ? OK : ERR_FILE, NULL, argv[i + 1]);
        }
    }
    if (persons < EDITS) {
        persons = EDITS;
    }
    const char *base = getenv("TMPDIR");
    (void)snprintf(bench.folder, sizeof bench.folder, "%s/douar-bench-XXXXXX",
                   base ? base : "/tmp");
    if (!mkdtemp(bench.folder)) {
        perror("sync_cost");
        return 1;
    }
    bench.random = 42;
    must(process_init(), NULL, "process");
    host_real_init(&bench.real, &bench.host);
    must(host_real_connect(&bench.real, &bench.host), NULL, "network");
    bench.counted = bench.host;
    bench.counted.ctx = &bench;
    bench.counted.now_ms = counted_now;
    bench.counted.mono_ms = counted_mono;
    bench.counted.random = counted_random;
    bench.counted.sleep_ms = counted_sleep;
    bench.counted.exchange = counted_exchange;
    load_names(&bench);
    start_server(&bench);
    run(&bench, persons);
    front_stop(bench.front);
    svc_close(bench.svc);
    node_close(bench.office);
    host_real_release(&bench.real);
    if (bench.people) {
        (void)fclose(bench.people);
    }
    char command[320];
    (void)snprintf(command, sizeof command, "rm -r '%s'", bench.folder);
    return system(command) == 0 ? 0 : 1;
}
