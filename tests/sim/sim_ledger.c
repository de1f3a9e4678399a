/*
 * sim_ledger.c - the endings of runs in a file: a head, then one record each.
 */
#include "sim_ledger.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"

#define ENDINGS_MAX 100000

struct ledger_head {
    struct hash build; /* of the program's file */
    uint64_t steps, devices;
};

static bool hash_program(struct hash *ret)
{
    unsigned char bytes[65536];
    struct hash_state state;
    size_t size = 0;
    FILE *program = fopen("/proc/self/exe", "rb");
    if (!program) {
        return false;
    }
    hash_begin_bytes(&state);
    while ((size = fread(bytes, 1, sizeof bytes, program)) > 0) {
        hash_add(&state, bytes, size);
    }
    hash_end(&state, ret);
    return fclose(program) == 0;
}

static bool write_head(struct sim_ledger *ledger, const struct ledger_head *head)
{
    return fwrite(head, sizeof *head, 1, ledger->file) == 1 && fflush(ledger->file) == 0;
}

/* The records that are whole; the file is cut behind the last of them. */
static bool read_endings(struct sim_ledger *ledger)
{
    ledger->endings = calloc(ENDINGS_MAX, sizeof *ledger->endings);
    if (!ledger->endings) {
        return false;
    }
    while (ledger->count < ENDINGS_MAX &&
           fread(&ledger->endings[ledger->count], sizeof *ledger->endings, 1, ledger->file) == 1) {
        ledger->endings[ledger->count].kind = NULL; /* a place in the memory of another process */
        ledger->count++;
    }
    long end = (long)(sizeof(struct ledger_head) + ledger->count * sizeof *ledger->endings);
    return fseek(ledger->file, end, SEEK_SET) == 0 && ftruncate(fileno(ledger->file), end) == 0;
}

/* NULL, or what is wrong with the file. */
static const char *open_it(struct sim_ledger *ledger, const char *path,
                           const struct sim_options *options)
{
    static const char unreadable[] = "can't be read or written";
    struct ledger_head head;
    struct ledger_head there;
    memset(&head, 0, sizeof head);
    head.steps = options->steps;
    head.devices = options->devices;
    if (!hash_program(&head.build)) {
        return "/proc/self/exe can't be read, so its build isn't known";
    }
    ledger->file = fopen(path, "r+b");
    if (!ledger->file) {
        ledger->file = fopen(path, "w+b");
        return ledger->file && write_head(ledger, &head) && read_endings(ledger) ? NULL
                                                                                 : unreadable;
    }
    if (fread(&there, sizeof there, 1, ledger->file) != 1) {
        return unreadable;
    }
    if (memcmp(&there, &head, sizeof head) != 0) {
        return "is of another build, or of other --steps or --devices: take another file";
    }
    return read_endings(ledger) ? NULL : unreadable;
}

bool ledger_open(struct sim_ledger *ledger, const char *path, const struct sim_options *options)
{
    const char *wrong = open_it(ledger, path, options);
    if (wrong) {
        (void)fprintf(stderr, "sim: %s: %s\n", path, wrong);
        ledger_close(ledger);
    }
    return wrong == NULL;
}

void ledger_close(struct sim_ledger *ledger)
{
    if (ledger->file) {
        (void)fclose(ledger->file);
    }
    free(ledger->endings);
    *ledger = (struct sim_ledger){0};
}

const struct sim_ending *ledger_find(const struct sim_ledger *ledger, uint64_t seed)
{
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger->endings[i].seed == seed) {
            return &ledger->endings[i];
        }
    }
    return NULL;
}

void ledger_add(struct sim_ledger *ledger, const struct sim_ending *ending)
{
    if (ledger->file &&
        (fwrite(ending, sizeof *ending, 1, ledger->file) != 1 || fflush(ledger->file) != 0)) {
        perror("sim: the ledger");
        exit(2);
    }
}
