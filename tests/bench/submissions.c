/*
 * submissions.c - what bench_submit.py needs done at a machine's speed.
 *
 *     submissions record HOME PLACE COUNT FILE      saves COUNT persons on an enrolled device, each
 *                                                   sent on its own, and writes the requests
 *     submissions send PORT HOME FILE [HOME FILE].. sends them again, a connection for each file;
 *                                                   prints how many, and in how many milliseconds
 *
 * FILE: the bodies of requests, each after its size (4 bytes, of this machine). A server takes a
 * request once, so each is signed anew with the ratchet of the reply before; that is all that a
 * sender works. It reads a device's key, which is nobody else's business: hence node_internal.h.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "carry.h"
#include "envelope.h"
#include "home_key.h"
#include "host_real.h"
#include "node_internal.h"
#include "pack.h"
#include "process.h"
#include "raw_tls.h"
#include "save.h"
#include "sync_internal.h"
#include "sync_message.h"

#define SENDERS_MAX 64
#define MESSAGE_MAX (1u << 20)
#define PATH        "/v1/sync"

static void must(enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        (void)fprintf(stderr, "submissions: %s: %s %s\n", what, err_name(e),
                      diag && diag->arg_count > 0 ? diag->args[0] : "");
        exit(1);
    }
}

static void must_be(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "submissions: %s\n", what);
        exit(1);
    }
}

/* ---- a device's home */

struct device {
    struct host_real real; /* first: the host's ctx is its address */
    struct host host;
    struct buf key;
    struct node *node;
};

static void open_device(struct device *device, const char *home)
{
    struct diag diag = {0};
    char path[1024];
    host_real_init(&device->real, &device->host);
    (void)snprintf(path, sizeof path, "%s/douar.db", home);
    buf_init(&device->key, &device->host.mem, 4096);
    must(home_key_take(&device->host, home, &device->key) ? OK : ERR_LOCKED, NULL, "key");
    must(node_open(&device->host, path, &device->node, &diag), &diag, path);
}

static void close_device(struct device *device)
{
    node_close(device->node);
    buf_release(&device->key);
    host_real_release(&device->real);
}

/* ---- record */

struct recorder {
    struct device device; /* first, as its host is */
    struct host recording;
    struct id person;
    FILE *out;
};

static enum err recording_exchange(void *ctx, const struct exchange_request *request,
                                   struct exchange_reply *reply, struct diag *diag)
{
    struct recorder *recorder = ctx;
    uint32_t size = (uint32_t)request->body.size;
    must_be(fwrite(&size, sizeof size, 1, recorder->out) == 1 &&
                fwrite(request->body.data, 1, size, recorder->out) == size,
            "can't write what is recorded");
    return recorder->device.host.exchange(ctx, request, reply, diag);
}

static struct id save(struct recorder *recorder, struct save *save)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &recorder->device.host.mem, 8u << 20);
    save->person = recorder->person;
    must(node_save(recorder->device.node, save, &arena, &saved, &diag), &diag, "save");
    arena_release(&arena);
    return saved.entity;
}

static void submit_person(struct recorder *recorder, struct id household, int64_t number)
{
    struct diag diag = {0};
    struct sync_result result = {0};
    char cin[32];
    char phone[32];
    (void)snprintf(cin, sizeof cin, "\"IA%" PRId64 "\"", 1000 + number);
    (void)snprintf(phone, sizeof phone, "\"06%08" PRId64 "\"", 10000000 + number * 37);
    struct change changes[] = {{"name_ar", span_of("\"فاطمة أيت علي\"")},
                               {"national_id", span_of(cin)},
                               {"sex", span_of("\"f\"")},
                               {"birth_date", span_of("\"1987-03-14\"")},
                               {"relation", span_of("\"child\"")},
                               {"marital_status", span_of("\"single\"")},
                               {"phone", span_of(phone)}};
    struct save one = {.type = "person",
                       .is_new = true,
                       .has_parent = true,
                       .parent = household,
                       .changes = changes,
                       .change_count = sizeof changes / sizeof changes[0]};
    (void)save(recorder, &one);
    must(carry_sync(&recorder->recording, recorder->device.node, NULL, NULL, NULL, NULL, &result,
                    &diag),
         &diag, "sync");
}

static void record(const char *home, const char *place, int64_t count, const char *out)
{
    static struct recorder recorder;
    struct node_identity self;
    struct diag diag = {0};
    struct sync_result result = {0};
    struct device *device = &recorder.device;
    open_device(device, home);
    must(host_real_connect(&device->real, &device->host), NULL, "network");
    must(node_identity(device->node, &self), NULL, "identity");
    recorder.person = self.person;
    recorder.recording = device->host;
    recorder.recording.exchange = recording_exchange;
    recorder.out = fopen(out, "w");
    must_be(recorder.out != NULL, "can't make the file");
    struct change head[] = {{"head_name_ar", span_of("\"أيت علي\"")}};
    struct save household = {.type = "household",
                             .is_new = true,
                             .place = span_of(place),
                             .changes = head,
                             .change_count = 1};
    struct id family = save(&recorder, &household);
    must(carry_sync(&recorder.recording, device->node, NULL, NULL, NULL, NULL, &result, &diag),
         &diag, "sync");
    for (int64_t i = 0; i < count; i++) {
        submit_person(&recorder, family, i);
    }
    must_be(fclose(recorder.out) == 0, "can't write what is recorded");
    close_device(device);
}

/* ---- send */

struct sender {
    pthread_t thread;
    const char *home, *path;
    uint16_t port;
    struct device device;
    struct server_row server;
    struct raw_tls raw;
    struct pack *pack;
    char reply[MESSAGE_MAX];
    int64_t sent;
};

/* As an HTTP request, signed with the ratchet that the server gave last. */
static void sign(struct sender *sender, struct span recorded, struct buf *ret)
{
    struct envelope envelope;
    struct diag diag = {0};
    struct buf body;
    char head[256];
    buf_init(&body, &sender->device.host.mem, MESSAGE_MAX);
    must(envelope_read(recorded, &envelope, &diag), &diag, "what was recorded");
    envelope.epoch = sender->server.epoch;
    envelope.ratchet = sender->server.ratchet;
    must(envelope_write(&envelope, PATH, sender->server.name, &sender->device.node->key, &body),
         NULL, "signing");
    (void)snprintf(head, sizeof head,
                   "POST " PATH " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                   "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
                   buf_span(&body).size);
    buf_add_text(ret, head);
    buf_add(ret, buf_span(&body).data, buf_span(&body).size);
    buf_release(&body);
}

static void take_reply(struct sender *sender, struct span reply)
{
    struct sync_reply read;
    struct arena arena;
    struct buf text;
    struct span line;
    struct diag diag = {0};
    const struct mem *mem = &sender->device.host.mem;
    arena_init(&arena, mem, 16u << 20);
    buf_init(&text, mem, WIRE_PLAIN_MAX);
    must_be(reply.size > REPLY_TAG_SIZE + 1, "an empty answer");
    struct span packed = span_cut(reply, REPLY_TAG_SIZE, reply.size - REPLY_TAG_SIZE);
    must(
        pack_read(sender->pack, packed.data[0], span_cut(packed, 1, packed.size - 1), &text, &diag),
        &diag, "answer");
    struct span rest = buf_span(&text);
    must_be(span_split(&rest, '\n', &line), "an answer without a line");
    must(sync_reply_read(line, &arena, &read, &diag), &diag, "answer");
    must_be(read.has_ack && read.refused_count == 0, "it wasn't taken");
    sender->server.ratchet = read.has_ratchet ? read.ratchet : sender->server.ratchet;
    buf_release(&text);
    arena_release(&arena);
}

static void send_one(struct sender *sender, struct span recorded)
{
    struct buf request;
    buf_init(&request, &sender->device.host.mem, MESSAGE_MAX);
    sign(sender, recorded, &request);
    must_be(raw_send(&sender->raw, buf_span(&request).data, buf_span(&request).size), "sending");
    int status = raw_reply(&sender->raw, sender->reply, sizeof sender->reply);
    const char *body = strstr(sender->reply, "\r\n\r\n");
    const char *size = strstr(sender->reply, "Content-Length:");
    if (status != 200 || !body || !size) {
        (void)fprintf(stderr, "submissions: %.300s\n", sender->reply);
        exit(1);
    }
    take_reply(sender, (struct span){(const uint8_t *)body + 4,
                                     (size_t)strtoul(size + strlen("Content-Length:"), NULL, 10)});
    sender->sent++;
    buf_release(&request);
}

static void *send_all(void *arg)
{
    struct sender *sender = arg;
    FILE *in = fopen(sender->path, "r");
    uint8_t *recorded = malloc(MESSAGE_MAX);
    uint32_t size = 0;
    must_be(in && recorded, "can't read what was recorded");
    while (fread(&size, sizeof size, 1, in) == 1) {
        must_be(size <= MESSAGE_MAX && fread(recorded, 1, size, in) == size, "a file is cut");
        send_one(sender, (struct span){recorded, size});
    }
    free(recorded);
    (void)fclose(in);
    return NULL;
}

/* All that needs time and isn't sending. */
static struct sender *make_sender(uint16_t port, const char *home, const char *path)
{
    struct sender *sender = calloc(1, sizeof *sender);
    must_be(sender != NULL, "no memory");
    sender->port = port;
    sender->home = home;
    sender->path = path;
    open_device(&sender->device, home);
    must(server_load(sender->device.node, NULL, &sender->server), NULL, "server");
    must(pack_new(&sender->device.host.mem, &sender->pack), NULL, "pack");
    sender->server.ratchet = 0; /* the one that it has was given later */
    raw_open_tls(&sender->raw, port);
    return sender;
}

static void free_sender(struct sender *sender)
{
    raw_close(&sender->raw);
    pack_free(sender->pack);
    server_release(sender->device.node, &sender->server);
    close_device(&sender->device);
    free(sender);
}

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void send_files(uint16_t port, char *const *words, int count)
{
    struct sender *senders[SENDERS_MAX];
    int64_t sent = 0;
    for (int i = 0; i < count; i++) {
        senders[i] = make_sender(port, words[2 * i], words[2 * i + 1]);
    }
    double begun = now_ms();
    for (int i = 0; i < count; i++) {
        must_be(pthread_create(&senders[i]->thread, NULL, send_all, senders[i]) == 0, "thread");
    }
    for (int i = 0; i < count; i++) {
        (void)pthread_join(senders[i]->thread, NULL);
        sent += senders[i]->sent;
    }
    printf("%" PRId64 " %.0f\n", sent, now_ms() - begun);
    for (int i = 0; i < count; i++) {
        free_sender(senders[i]);
    }
}

int main(int argc, char **argv)
{
    must(process_init(), NULL, "process");
    if (argc == 6 && strcmp(argv[1], "record") == 0) {
        record(argv[2], argv[3], strtoll(argv[4], NULL, 10), argv[5]);
        return 0;
    }
    if (argc > 4 && argc % 2 == 1 && argc / 2 <= SENDERS_MAX && strcmp(argv[1], "send") == 0) {
        send_files((uint16_t)strtol(argv[2], NULL, 10), argv + 3, (argc - 3) / 2);
        return 0;
    }
    (void)fprintf(stderr,
                  "submissions record HOME PLACE COUNT FILE | send PORT HOME FILE [HOME FILE]..\n");
    return 2;
}
