#include "process.h"

#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "db.h"

#define RESTART_WORDS_MAX 256

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        /* A refusal leaves the old limit: fewer connections, nothing worse. */
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/*
 * A core file or a debugger of the same user would see keys and names. A program that is checked
 * for leaks looks into itself as a debugger does, so only what people run is closed.
 */
static void refuse_to_be_read(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

enum err process_init(void)
{
    refuse_to_be_read();
    umask(S_IRWXG | S_IRWXO);
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    db_init();
    return sodium_init() < 0 ? ERR_INTERNAL : OK;
}

enum err process_read_secret(struct buf *ret)
{
    struct termios shown, hidden;
    char byte = 0;
    bool ended = false;
    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        return ERR_FILE;
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    while (!ended && read(STDIN_FILENO, &byte, 1) == 1) {
        ended = byte == '\n';
        if (!ended) {
            buf_add_byte(ret, (uint8_t)byte);
        }
    }
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    return ended ? buf_error(ret) : ERR_FILE;
}

static void stop_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
}

void process_block_stop(void)
{
    sigset_t signals;
    stop_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int process_wait_stop(int64_t wait_ms)
{
    sigset_t signals;
    const struct timespec wait = {.tv_sec = (time_t)(wait_ms / 1000),
                                  .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    stop_signals(&signals);
    int number = sigtimedwait(&signals, NULL, &wait);
    return number > 0 ? number : 0; /* also when another signal came: who waits asks again */
}

void process_restart(const char *const *argv, const char *extra)
{
    const char *words[RESTART_WORDS_MAX + 2];
    size_t count = 0;
    bool there = false;
    while (argv[count] != NULL && count < RESTART_WORDS_MAX) {
        there = there || strcmp(argv[count], extra) == 0;
        words[count] = argv[count];
        count++;
    }
    if (!there) {
        words[count++] = extra;
    }
    words[count] = NULL;
    /* The file that runs, even if another took its name by an update. execv() takes words that it
       doesn't change as if it did. */
    (void)execv("/proc/self/exe", (char *const *)(uintptr_t)words);
}

void process_leave(int status)
{
    _exit(status);
}

void process_give_memory_back(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
