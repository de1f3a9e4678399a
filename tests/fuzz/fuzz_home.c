/*
 * A home that somebody changed: the database of a hub with bytes overwritten, opened and read as
 * after a restore; and the codes that people read out to open a locked device. The first byte
 * chooses. Overwritten is what follows in fours: three bytes of place, one to put there.
 */
#define _XOPEN_SOURCE 700

#include "fuzz.h"
#include "reopen.h"
#include "small_town.h"

#define PATCHES_MAX 256

struct home {
    struct town *town;
    struct buf database;
};

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void remove_home(void);

static struct home *home(void)
{
    static struct home made;
    char path[256];
    void *state = NULL;
    if (made.town != NULL) {
        return &made;
    }
    fuzz_insist(town_setup(&state) == 0);
    made.town = state;
    struct test_nodes *nodes = &made.town->nodes;
    (void)town_household(made.town, made.town->a, made.town->amina, TOWN_COMMUNE, "Itto");
    town_sync_all(made.town);
    node_close(made.town->hub);
    made.town->hub = NULL;
    buf_init(&made.database, fuzz_mem(), 64u << 20);
    (void)snprintf(path, sizeof path, "%s/hub.db", nodes->folder);
    fuzz_insist(nodes->host.files->read(nodes->host.ctx, path, &made.database) == OK);
    (void)atexit(remove_home);
    return &made;
}

static void remove_home(void)
{
    void *state = home()->town;
    buf_release(&home()->database);
    (void)town_teardown(&state);
}

static void read_all(struct node *node)
{
    struct arena arena;
    struct digest_row *rows = NULL;
    struct node_status status;
    struct audit_report report = {0};
    const struct org *org = NULL;
    size_t count = 0;
    arena_init(&arena, fuzz_mem(), 64u << 20);
    buf_init(&report.findings, fuzz_mem(), 4u << 20);
    (void)!node_org(node, &org);
    (void)!node_status(node, &status);
    (void)!node_digest(node, &arena, &rows, &count);
    (void)!node_audit(node, false, NULL, NULL, &report);
    buf_release(&report.findings);
    arena_release(&arena);
}

static void write_changed(const struct buf *whole, const uint8_t *patches, size_t size,
                          const char *path)
{
    uint8_t *copy = malloc(whole->size);
    FILE *file = fopen(path, "wbe");
    fuzz_insist(copy != NULL && file != NULL);
    memcpy(copy, whole->data, whole->size);
    for (size_t i = 0; i + 4 <= size && i < 4 * PATCHES_MAX; i += 4) {
        size_t at = (size_t)patches[i] << 16 | (size_t)patches[i + 1] << 8 | patches[i + 2];
        copy[at % whole->size] = patches[i + 3];
    }
    fuzz_insist(fwrite(copy, 1, whole->size, file) == whole->size && fclose(file) == 0);
    free(copy);
}

static void try_database(struct home *home, const uint8_t *patches, size_t size)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".anchor", ".reserve"};
    struct test_nodes *nodes = &home->town->nodes;
    struct node *node = NULL;
    struct diag diag = {0};
    char path[256], file[300];
    (void)snprintf(path, sizeof path, "%s/changed.db", nodes->folder);
    write_changed(&home->database, patches, size, path);
    enum err e = node_open(&nodes->host, path, &node, &diag);
    fuzz_insist(e == diag.code || e == OK);
    if (e == OK) {
        read_all(node);
        node_close(node);
    }
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        (void)remove(file);
    }
}

/* As the device and as the office; nothing of it stays. */
static void try_codes(struct town *town, struct span text)
{
    char answer[REOPEN_TEXT_SIZE];
    struct reopen_challenge challenge;
    struct reopened opened;
    struct id device;
    struct diag diag = {0};
    fuzz_insist(node_begin(town->a) == OK);
    fuzz_insist(reopen_challenge(town->a, &challenge, &diag) == OK);
    fuzz_insist(reopen_open(town->a, text, &opened, &diag) != OK);
    fuzz_insist(node_end(town->a, ERR_BUSY) == ERR_BUSY);
    (void)!reopen_answer(town->region, text, 7, answer, &device, &diag);
}

/* Before the first input, which would take too long otherwise. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    (void)home();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        try_database(home(), data + 1, size - 1);
    } else {
        try_codes(home()->town, span_from(data + 1, size - 1));
    }
    return 0;
}
