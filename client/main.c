/*
 * main.c - wiring only: the real machine behind struct host, and a terminal behind the command.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "host_real.h"
#include "picture_thumb.h"
#include "process.h"

#define READ_SIZE 65536

static void write_stream(void *ctx, enum face_stream stream, struct span text)
{
    FILE *file = stream == FACE_OUT ? stdout : stderr;
    (void)ctx;
    (void)fwrite(text.data, 1, text.size, file);
    if (stream == FACE_ERR) {
        (void)fflush(file);
    }
}

static enum err read_input(void *ctx, struct buf *ret)
{
    (void)ctx;
    for (;;) {
        uint8_t *room = buf_room(ret, READ_SIZE);
        if (!room) {
            return buf_error(ret);
        }
        ssize_t got = read(STDIN_FILENO, room, READ_SIZE);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? OK : ERR_FILE;
        }
        buf_grew(ret, (size_t)got);
    }
}

/* A byte at a time, so that what follows stays for whoever reads next. */
static enum err read_line(void *ctx, struct buf *ret)
{
    (void)ctx;
    (void)fflush(stdout);
    for (size_t size = 0;; size++) {
        char byte = 0;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return ERR_FILE;
        }
        if (got == 0 || byte == '\n') {
            return got == 0 && size == 0 ? ERR_NOT_FOUND : buf_error(ret);
        }
        buf_add_byte(ret, (uint8_t)byte);
    }
}

static enum err read_secret(void *ctx, struct buf *ret)
{
    (void)ctx;
    return process_read_secret(ret);
}

int main(int argc, char **argv)
{
    struct host_real real;
    struct host host;
    enum err e = process_init();
    if (e) {
        (void)fprintf(stderr, "%s\n", err_name(e));
        return err_exit_status(e);
    }
    host_real_init(&real, &host);
    host.thumbnail = picture_thumb;
    e = host_real_connect(&real, &host);
    if (e) {
        (void)fprintf(stderr, "%s\n", err_name(e));
        return err_exit_status(e);
    }
    const struct program program = {
        .host = &host,
        .argc = argc > 0 ? (size_t)argc - 1 : 0,
        .argv = (const char *const *)argv + 1,
        .environment = {.douar_home = getenv("DOUAR_HOME"),
                        .douar_person = getenv("DOUAR_PERSON"),
                        .douar_lang = getenv("DOUAR_LANG"),
                        .xdg_data_home = getenv("XDG_DATA_HOME"),
                        .user_home = getenv("HOME"),
                        .lc_all = getenv("LC_ALL"),
                        .lc_messages = getenv("LC_MESSAGES"),
                        .lang = getenv("LANG"),
                        .passphrase_file = getenv("DOUAR_PASSPHRASE_FILE")},
        .terminal = {.write = write_stream,
                     .read_input = read_input,
                     .read_line = read_line,
                     .read_secret = isatty(STDIN_FILENO) ? read_secret : NULL,
                     .bidi = {.is_shown = isatty(STDOUT_FILENO) != 0,
                              .setting = getenv("DOUAR_BIDI"),
                              .term = getenv("TERM"),
                              .term_program = getenv("TERM_PROGRAM"),
                              .vte_version = getenv("VTE_VERSION"),
                              .konsole_version = getenv("KONSOLE_VERSION")},
                     .rewrites_lines = isatty(STDERR_FILENO) != 0},
    };
    int status = program_run(&program);
    if (fflush(stdout) != 0 && status == 0) {
        status =
            err_exit_status(ERR_FILE); /* the answer didn't reach a full disk or a closed pipe */
    }
    host_real_release(&real);
    return status;
}
