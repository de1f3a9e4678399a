#include "process.h"

#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        /* A refusal leaves the old limit: fewer connections, nothing worse. */
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

enum err process_init(void)
{
    umask(S_IRWXG | S_IRWXO);
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    return sodium_init() < 0 ? ERR_INTERNAL : OK;
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

int process_wait_stop(void)
{
    sigset_t signals;
    int number = 0;
    stop_signals(&signals);
    while (sigwait(&signals, &number) != 0) {
    }
    return number;
}

void process_leave(int status)
{
    _exit(status);
}
