/*
 * main.c - wiring of douard: the real machine, the command line, nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "host_real.h"
#include "process.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

static void write_stream(void *ctx, enum face_stream stream, struct span text)
{
    FILE *file = stream == FACE_OUT ? stdout : stderr;
    (void)ctx;
    /* Nobody can be told of an output that can't be written to; the exit status still says. */
    (void)fwrite(text.data, 1, text.size, file);
    (void)fflush(file);
}

int main(int argc, char **argv)
{
    struct host_real real;
    struct host host;
    if (process_init()) {
        return err_exit_status(ERR_INTERNAL);
    }
    host_real_init(&real, &host);
    if (host_real_connect(&real, &host)) {
        host_real_release(&real);
        return err_exit_status(ERR_NOMEM);
    }
    struct command_line line = {
        .host = &host,
        .argc = argc > 0 ? (size_t)argc - 1 : 0,
        .argv = (const char *const *)argv + (argc > 0),
        .program = (const char *const *)argv,
        .environment = environment,
        .read_secret = isatty(STDIN_FILENO) ? process_read_secret : NULL,
        .write = write_stream,
        .rewrites_lines = isatty(STDERR_FILENO) != 0,
    };
    int status = commands_run(&line);
    host_real_release(&real);
    return status;
}
