#include "host_real.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "files_posix.h"
#include "keep_session.h"
#include "num.h"
#include "transport_curl.h"

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec now;
    /* Both clocks exist on every system we run on; without time a node must not go on. */
    if (clock_gettime(clock, &now) != 0) {
        abort();
    }
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(void *ctx)
{
    const struct host_real *real = ctx;
    return read_clock_ms(CLOCK_REALTIME) + real->clock_offset_ms;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
#ifdef CLOCK_BOOTTIME /* counts on while the machine sleeps, which a lid closed for a week is */
    return read_clock_ms(CLOCK_BOOTTIME);
#else
    return read_clock_ms(CLOCK_MONOTONIC);
#endif
}

/* Linux names each of its runs. Another DOUAR_CLOCK_OFFSET_MS is another run, too: it stands for a
   clock that was set while the machine was off. */
static uint64_t boot(void *ctx)
{
    const struct host_real *real = ctx;
    uint8_t id[8] = {0};
    char text[17] = "";
    uint64_t value = 0;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file == NULL) {
        return 0;
    }
    /* "xxxxxxxx-xxxx-xxxx-..": the first 16 digits, without dashes. */
    for (size_t count = 0; count < sizeof text - 1;) {
        int c = fgetc(file);
        if (c == EOF) {
            break;
        }
        if (c != '-') {
            text[count++] = (char)c;
        }
    }
    (void)fclose(file);
    if (!hex_read(span_of(text), id, sizeof id)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof id; i++) {
        value = value << 8 | id[i];
    }
    return value ^ (uint64_t)real->clock_offset_ms;
}

static void random_bytes(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    uint8_t *out = ret;
    while (size > 0) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        /* Ids and keys from anything weaker would collide or be guessed. */
        if (got <= 0) {
            abort();
        }
        out += got;
        size -= (size_t)got;
    }
}

static void sleep_ms(void *ctx, int64_t ms)
{
    (void)ctx;
    if (ms <= 0) {
        return;
    }
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static uint64_t machine_memory_kib(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size / 1024 : 0;
}

static void *resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

static bool fault(void *ctx, const char *site)
{
    (void)ctx;
    (void)site;
    return false;
}

static enum err exchange(void *ctx, const struct exchange_request *request,
                         struct exchange_reply *reply, struct diag *diag)
{
    const struct host_real *real = ctx;
    return transport_exchange(real->transport, request, reply, diag);
}

static int64_t clock_offset_ms(void)
{
    int64_t offset_ms = 0;
    const char *text = getenv("DOUAR_CLOCK_OFFSET_MS");
    if (text == NULL || !num_read_i64(span_of(text), &offset_ms)) {
        return 0;
    }
    return offset_ms;
}

void host_real_init(struct host_real *real, struct host *ret)
{
    *real = (struct host_real){.clock_offset_ms = clock_offset_ms()};
    *ret = (struct host){
        .ctx = real,
        .mem = {.ctx = NULL, .resize = resize},
        .now_ms = now_ms,
        .mono_ms = mono_ms,
        .boot = boot,
        .random = random_bytes,
        .sleep_ms = sleep_ms,
        .fault = fault,
        .memory_kib = machine_memory_kib(),
        .files = files_posix(),
        .keep = keep_session(),
    };
}

enum err host_real_connect(struct host_real *real, struct host *host)
{
    struct transport *transport = NULL;
    enum err e = transport_open(&host->mem, &transport);
    if (e) {
        return e;
    }
    real->transport = transport;
    host->exchange = exchange;
    return OK;
}

void host_real_release(struct host_real *real)
{
    transport_close(real->transport);
    real->transport = NULL;
}
