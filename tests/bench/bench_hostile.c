/*
 * bench_hostile.c - what an office costs under attack.
 *
 *     bench_hostile [--json FILE] [STALLED [IDLE [SECONDS]]]
 *
 * A real `douard serve` on a port of 127.0.0.1. First STALLED clients (1,000), a third each with
 * half a handshake, with headers and with a body that drip in: the server's processor time over
 * SECONDS (10), as a share of one core, and how long a good client waits beside them. Then as many
 * idle TLS connections as it takes, up to IDLE (10,000): its memory for each. Clients come from
 * many addresses of 127.0.0.0/8, since one address may hold no more than HTTP_PER_IP_MAX.
 */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw_tls.h"

#define PER_ADDRESS 200
#define PORT        18463
#define ASKS        20
#define CLIENTS_MAX 12000

static struct raw_tls clients[CLIENTS_MAX];

static struct {
    size_t begun, held, idlers;
    double alone_ms, share, stalled_ms, each_kib, all_mib, idle_ms;
} found;

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pause_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

/* ---- the server */

static int run(const char *home, const char *const *words)
{
    const char *argv[16] = {DOUARD, "--home", home};
    for (size_t i = 0; words[i] != NULL && i < 12; i++) {
        argv[3 + i] = words[i];
    }
    pid_t child = fork();
    if (child == 0) {
        (void)(freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr));
        (void)execv(DOUARD, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return child;
}

static pid_t start_server(const char *home)
{
    static const char *const init[] = {"init",   "--region", "--name", "Bench",
                                       "--port", "18463",    "--url",  "https://localhost:18463",
                                       NULL};
    static const char *const serve[] = {"serve", NULL};
    int status = 0;
    pid_t made = run(home, init);
    if (waitpid(made, &status, 0) != made || status != 0) {
        (void)fprintf(stderr, "bench_hostile: douard init failed\n");
        exit(1);
    }
    return run(home, serve);
}

/* The text of a file under /proc of the server. */
static const char *read_proc(pid_t pid, const char *name, char *ret, size_t size)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "re");
    if (!file) {
        (void)fprintf(stderr, "bench_hostile: the server has gone\n");
        exit(1);
    }
    ret[fread(ret, 1, size - 1, file)] = '\0';
    (void)fclose(file);
    return ret;
}

static const char *skip_words(const char *text, size_t count)
{
    for (size_t i = 0; i < count && text != NULL; i++) {
        text = strchr(text, ' ');
        text = text ? text + 1 : NULL;
    }
    return text ? text : "";
}

/* utime + stime: the 12th and 13th words after the program's name. */
static double cpu_s(pid_t pid)
{
    char text[1024];
    const char *after = strrchr(read_proc(pid, "stat", text, sizeof text), ')');
    char *end = NULL;
    long user = strtol(skip_words(after ? after + 2 : "", 11), &end, 10);
    long kernel = strtol(end, NULL, 10);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double memory_kib(pid_t pid)
{
    char text[256];
    long pages = strtol(skip_words(read_proc(pid, "statm", text, sizeof text), 1), NULL, 10);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* ---- clients */

/* From the n-th of the addresses; false when the server, or this machine, takes no more. */
static int connect_from(size_t n, struct raw_tls *ret)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    from.sin_addr.s_addr = htonl(0x7F010001u + (uint32_t)(n / PER_ADDRESS));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *ret = (struct raw_tls){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    return ret->fd >= 0 && bind(ret->fd, (const void *)&from, sizeof from) == 0 &&
           connect(ret->fd, (const void *)&to, sizeof to) == 0;
}

/* How long a good client waits for an answer, handshake and all: the worst of some. */
static double worst_answer_ms(void)
{
    char reply[4096];
    double worst = 0;
    for (size_t i = 0; i < ASKS; i++) {
        struct raw_tls good;
        double start = now_s();
        if (!connect_from(0, &good) || !raw_handshake(&good, NULL) ||
            !raw_send_text(&good, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n") ||
            raw_reply(&good, reply, sizeof reply) != 200) {
            raw_close(&good);
            return -1;
        }
        double took = (now_s() - start) * 1000;
        worst = took > worst ? took : worst;
        raw_close(&good);
    }
    return worst;
}

static void wait_until_it_serves(void)
{
    for (int i = 0; i < 600; i++) {
        struct raw_tls first;
        int there = connect_from(0, &first);
        close(first.fd);
        if (there) {
            return;
        }
        pause_ms(100);
    }
}

static void begin_stalling(struct raw_tls *client, size_t kind)
{
    static const unsigned char half_hello[20] = {0x16, 0x03, 0x01, 0x02, 0x00,
                                                 0x01, 0x00, 0x01, 0xfc};
    if (kind == 0) {
        (void)raw_send(client, half_hello, sizeof half_hello);
    } else if (raw_handshake(client, NULL)) {
        (void)raw_send_text(client, kind == 1
                                        ? "POST /v1/sync HTTP/1.1\r\nX: "
                                        : "POST /v1/sync HTTP/1.1\r\nHost: h\r\nContent-Type: "
                                          "application/octet-stream\r\nContent-Length: "
                                          "60000\r\n\r\n");
    }
}

static void stall(pid_t server, size_t count, int seconds)
{
    found.alone_ms = worst_answer_ms();
    printf("good client, alone: %.0f ms at worst\n", found.alone_ms);
    for (size_t i = 0; i < count && connect_from(PER_ADDRESS + i, &clients[i]); i++) {
        begin_stalling(&clients[i], i % 3);
        found.begun++;
    }
    double cpu = cpu_s(server), start = now_s();
    for (int round = 0; round < seconds; round++) {
        found.held = 0;
        for (size_t i = 0; i < found.begun; i++) {
            found.held += i % 3 == 0 || (clients[i].session && raw_send(&clients[i], "y", 1));
        }
        pause_ms(1000);
    }
    found.share = (cpu_s(server) - cpu) / (now_s() - start) * 100;
    found.stalled_ms = worst_answer_ms();
    printf("%zu stalled and dripping (%zu at the end): %.1f %% of a core; good client %.0f ms\n",
           found.begun, found.held, found.share, found.stalled_ms);
    for (size_t i = 0; i < found.begun; i++) {
        raw_close(&clients[i]);
    }
}

/* One that asked once may be idle for longer than one that never did (http_limits.h). */
static int is_idle_now(struct raw_tls *client)
{
    char reply[4096];
    return raw_handshake(client, NULL) &&
           raw_send_text(client, "GET /v1/hello HTTP/1.1\r\nHost: h\r\n\r\n") &&
           raw_reply(client, reply, sizeof reply) == 200;
}

static void idle(pid_t server, size_t count)
{
    size_t open = 0;
    pause_ms(2000); /* the stalled ones are gone */
    double before = memory_kib(server);
    while (open < count && connect_from(PER_ADDRESS + open, &clients[open]) &&
           is_idle_now(&clients[open])) {
        open++;
    }
    found.idlers = open;
    found.each_kib = open ? (memory_kib(server) - before) / (double)open : 0;
    found.all_mib = memory_kib(server) / 1024;
    found.idle_ms = worst_answer_ms();
    printf("%zu of %zu idle connections: %.1f KiB each, %.0f MiB in all; good client %.0f ms\n",
           open, count, found.each_kib, found.all_mib, found.idle_ms);
}

static void write_json(FILE *file)
{
    (void)fprintf(
        file,
        "{\"good_client_ms\":{\"alone\":%.1f,\"beside_stalled\":%.1f,\"beside_idle\":%.1f},\n"
        " \"stalled\":{\"begun\":%zu,\"held\":%zu,\"percent_of_a_core\":%.1f},\n"
        " \"idle\":{\"connections\":%zu,\"kib_each\":%.1f,\"mib_in_all\":%.1f}}\n",
        found.alone_ms, found.stalled_ms, found.idle_ms, found.begun, found.held, found.share,
        found.idlers, found.each_kib, found.all_mib);
    (void)fclose(file);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

int main(int argc, char **argv)
{
    FILE *json = NULL;
    if (argc > 2 && strcmp(argv[1], "--json") == 0) {
        json = fopen(argv[2], "w");
        if (!json) {
            perror(argv[2]);
            return 2;
        }
        argc -= 2;
        argv += 2;
    }
    long stalled = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    long idlers = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;
    int seconds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 10;
    char home[] = "/tmp/douar-hostile-XXXXXX";
    struct rlimit limit;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (stalled > CLIENTS_MAX || idlers > CLIENTS_MAX || mkdtemp(home) == NULL) {
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    char region[64];
    (void)snprintf(region, sizeof region, "%s/region", home);
    pid_t server = start_server(region);
    wait_until_it_serves();
    stall(server, (size_t)stalled, seconds);
    idle(server, (size_t)idlers);
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    (void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (json) {
        write_json(json);
    }
    return 0;
}
