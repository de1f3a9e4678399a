/* sim_disk: what a power cut may leave of a file, and what no file system would. */
#include "test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sim_vfs.h"
#include "test_mem.h"

#define FILE_NAME  "/file"
#define FILE_SIZE  (20 * 512)
#define SEED_COUNT 200

struct desk {
    struct sim_disk *disk;
    sqlite3_vfs *vfs;
    sqlite3_file *file;
};

/* A file of FILE_SIZE old bytes, synced, and open. */
static void open_desk(struct desk *desk, uint64_t seed)
{
    uint8_t old[FILE_SIZE];
    int flags = SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
    memset(old, 'o', sizeof old);
    desk->disk = sim_disk_new("sim-disk", seed);
    desk->vfs = sqlite3_vfs_find("sim-disk");
    desk->file = calloc(1, (size_t)desk->vfs->szOsFile);
    assert_non_null(desk->file);
    assert_int_equal(desk->vfs->xOpen(desk->vfs, FILE_NAME, desk->file, flags, &flags), SQLITE_OK);
    assert_int_equal(desk->file->pMethods->xWrite(desk->file, old, FILE_SIZE, 0), SQLITE_OK);
    assert_int_equal(desk->file->pMethods->xSync(desk->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
}

/* The power fails; what is left of the file. */
static void close_desk(struct desk *desk, struct buf *ret)
{
    assert_int_equal(desk->file->pMethods->xClose(desk->file), SQLITE_OK);
    sim_disk_power_cut(desk->disk);
    buf_clear(ret);
    assert_int_equal(sim_disk_read(desk->disk, FILE_NAME, ret), OK);
    sim_disk_free(desk->disk);
    free(desk->file);
}

static size_t count_of(const struct buf *left, uint8_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < left->size; i++) {
        count += left->data[i] == byte;
    }
    return count;
}

static void a_file_is_made_shorter_whole_or_not_at_all(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf left;
    size_t shorter = 0;
    buf_init(&left, test_mem_init(&memory, 0), 1u << 20);
    for (uint64_t seed = 0; seed < SEED_COUNT; seed++) {
        struct desk desk;
        open_desk(&desk, seed);
        assert_int_equal(desk.file->pMethods->xTruncate(desk.file, 700), SQLITE_OK);
        close_desk(&desk, &left);
        assert_true(left.size == 700 || left.size == FILE_SIZE);
        assert_true(left.size == 700 || count_of(&left, 'o') >= FILE_SIZE - (1024 - 700));
        assert_true(left.size != 700 || count_of(&left, 'o') == 700);
        shorter += left.size == 700;
    }
    assert_in_range(shorter, SEED_COUNT / 4, SEED_COUNT * 3 / 4);
    buf_release(&left);
}

/* What is written into it afterwards and not synced is a sector like others. */
static void what_was_written_since_may_be_there_or_not(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf left;
    uint8_t new[1024];
    size_t with_new = 0, with_both = 0, without = 0;
    memset(new, 'n', sizeof new);
    buf_init(&left, test_mem_init(&memory, 0), 1u << 20);
    for (uint64_t seed = 0; seed < SEED_COUNT; seed++) {
        struct desk desk;
        open_desk(&desk, seed);
        assert_int_equal(desk.file->pMethods->xTruncate(desk.file, 0), SQLITE_OK);
        assert_int_equal(desk.file->pMethods->xWrite(desk.file, new, sizeof new, 0), SQLITE_OK);
        close_desk(&desk, &left);
        size_t is_new = count_of(&left, 'n'), is_old = count_of(&left, 'o');
        assert_true(left.size <= sizeof new || left.size == FILE_SIZE);
        assert_true(left.size <= sizeof new ? is_old == 0 : is_old >= FILE_SIZE - sizeof new);
        with_new += is_new > 0 && is_old == 0;
        with_both += is_new > 0 && is_old > 0;
        without += is_new == 0;
    }
    assert_true(with_new > 0 && with_both > 0 && without > 0);
    buf_release(&left);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_file_is_made_shorter_whole_or_not_at_all),
        cmocka_unit_test(what_was_written_since_may_be_there_or_not),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
