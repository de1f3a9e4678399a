/*
 * test_space.c - a device on a disk that is full, or nearly: the reserve, and the words for it.
 */
#define _XOPEN_SOURCE 700

#include "reserve.h"
#include "test_office.h"
#include "test_vfs.h"

#define ENOUGH (1024ull * 1024 * 1024)
#define HOUSEHOLD                                                                                  \
    "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"place\":\"" OFFICE_COMMUNE      \
    "\",\"answers\":{\"head_name_ar\":\"عائشة أيت علي\"}}}"

struct small {
    struct office office; /* first: it is what the host's functions get */
    struct test_vfs faults;
    struct host_files files;
    struct host host; /* of the device: that disk, that much of it left */
    uint64_t left;
    struct device *device;
};

static enum err left_of_disk(void *ctx, const char *path, uint64_t *ret)
{
    (void)path;
    *ret = ((struct small *)ctx)->left;
    return OK;
}

static int small_setup(void **state)
{
    static struct small small;
    office_open(&small.office);
    test_vfs_init(&small.faults);
    small.faults.code = SQLITE_FULL;
    small.faults.writes_only = true;
    small.left = ENOUGH;
    small.files = *small.office.nodes.host.files;
    small.files.free_bytes = left_of_disk;
    small.host = small.office.nodes.host;
    small.host.files = &small.files;
    small.host.vfs = "faulty";
    char home[256];
    (void)snprintf(home, sizeof home, "%s/small", small.office.nodes.folder);
    assert_int_equal(
        device_new(&small.host, home, LANGUAGE_EN, &small.office.catalogues, &small.device), OK);
    small.office.devices[small.office.device_count++] = small.device;
    (void)office_call(&small.office, small.device, "{\"call\":\"init\"}");
    office_enrol_device(&small.office, small.device);
    *state = &small;
    return 0;
}

static int small_teardown(void **state)
{
    struct small *small = *state;
    small->faults.fail_at = 0;
    office_close(&small->office);
    test_vfs_release(&small->faults);
    return 0;
}

static const struct json *ask(struct small *small, const char *request)
{
    return office_call(&small->office, small->device, request);
}

static int64_t reserve_of(struct small *small)
{
    return json_get_int(json_get(ask(small, "{\"call\":\"status\"}"), "space"), "reserve", -1);
}

static size_t records_of(struct small *small)
{
    return json_count(json_get(ask(small, "{\"call\":\"list\"}"), "records"));
}

/* The nth write from now on finds no room: once, or it and every later one. */
static void fail_write(struct small *small, size_t nth, bool stays)
{
    small->faults.count = 0;
    small->faults.failed = false;
    small->faults.stays = stays;
    small->faults.fail_at = nth;
}

static void a_new_home_has_its_reserve(void **state)
{
    struct small *small = *state;
    const struct json *space = json_get(ask(small, "{\"call\":\"status\"}"), "space");
    assert_int_equal(json_get_int(space, "reserve", -1), RESERVE_PIECES);
    assert_int_equal(json_get_int(space, "reserve_full", -1), RESERVE_PIECES);
    assert_int_equal(json_get_int(space, "free", -1), ENOUGH);
    assert_false(json_bool(json_get(space, "warn")));
    assert_null(json_get(space, "message"));
}

static void a_save_that_meets_a_full_disk_anywhere_holds(void **state)
{
    struct small *small = *state;
    size_t held = 0;
    size_t used = 0;
    for (size_t nth = 1;; nth++) {
        fail_write(small, nth, false);
        const struct json *saved = ask(small, HOUSEHOLD);
        bool failed = small->faults.failed;
        const struct json *space = json_get(saved, "space");
        if (space) {
            assert_int_equal(json_get_int(space, "reserve", -1), RESERVE_PIECES - 1);
            assert_non_null(strstr(office_text(space, "message"), "kept in reserve"));
            used++;
        }
        small->faults.fail_at = 0;
        assert_int_equal(records_of(small), ++held);
        assert_int_equal(reserve_of(small), RESERVE_PIECES); /* there was space, after all */
        if (!failed) {
            break;
        }
    }
    assert_true(used > 5);
    const struct json *check = ask(small, "{\"call\":\"check\"}");
    assert_int_equal(json_count(json_get(check, "findings")), 0);
}

static void a_disk_that_stays_full_is_told_and_takes_nothing(void **state)
{
    struct small *small = *state;
    (void)ask(small, HOUSEHOLD);
    for (size_t nth = 1;; nth++) {
        small->left = 0;
        fail_write(small, nth, true);
        enum err e = office_try(&small->office, small->device, HOUSEHOLD);
        if (!small->faults.failed) {
            assert_int_equal(e, OK);
            break;
        }
        small->faults.fail_at = 0;
        if (e) { /* what only the checkpoint couldn't write is saved all the same */
            assert_int_equal(e, ERR_DB_FULL);
            assert_non_null(strstr(office_text(small->office.reply, "message"), "forget"));
            assert_int_equal(reserve_of(small), 0);
            assert_int_equal(records_of(small), nth);
        }
        small->left = ENOUGH;
        if (e) {
            (void)ask(small, HOUSEHOLD);
        }
        assert_int_equal(records_of(small), nth + 1);
        assert_int_equal(reserve_of(small), RESERVE_PIECES);
    }
}

static void what_only_reads_frees_nothing(void **state)
{
    struct small *small = *state;
    (void)ask(small, HOUSEHOLD);
    (void)records_of(small);
    small->left = 0;
    fail_write(small, 1, true);
    assert_int_equal(records_of(small), 1);
    assert_int_equal(reserve_of(small), RESERVE_PIECES);
}

static void a_call_that_makes_space_leaves_something_for_saves(void **state)
{
    struct small *small = *state;
    small->left = 0;
    fail_write(small, 1, true);
    assert_int_equal(office_try(&small->office, small->device,
                                "{\"call\":\"forget\",\"args\":{\"days\":30,\"always\":true}}"),
                     ERR_DB_FULL);
    assert_int_equal(reserve_of(small), RESERVE_SAVES);
}

static void it_warns_before_it_is_too_late(void **state)
{
    struct small *small = *state;
    char texts[4][1024];
    static const char *const languages[] = {"ar", "fr", "zgh", "en"};
    small->left = SPACE_WARN - 1;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        char request[1024];
        (void)snprintf(request, sizeof request, "{\"lang\":\"%s\",%s", languages[i], &HOUSEHOLD[1]);
        const struct json *space = json_get(ask(small, request), "space");
        assert_true(json_bool(json_get(space, "warn")));
        (void)snprintf(texts[i], sizeof texts[i], "%s", office_text(space, "message"));
        assert_non_null(strstr(texts[i], "63"));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
}

static void photographs_wait_for_space(void **state)
{
    struct small *small = *state;
    char request[1024];
    char path[256];
    (void)ask(small, HOUSEHOLD);
    char id[ID_TEXT_SIZE];
    (void)snprintf(id, sizeof id, "%s", office_text(small->office.reply, "id"));
    (void)snprintf(path, sizeof path, "%s/deed.pdf", small->office.nodes.folder);
    assert_int_equal(small->files.write_atomic(&small->office, path, span_of("%PDF-1.4\n%%EOF\n")),
                     OK);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"attach\",\"args\":{\"id\":\"%s\",\"property\":\"house_photo\","
                   "\"file\":\"%s\"}}",
                   id, path);
    small->left = SPACE_STOP + 4;
    assert_int_equal(office_try(&small->office, small->device, request), ERR_DB_FULL);
    assert_int_equal(reserve_of(small), RESERVE_PIECES);
}

static void a_sync_sends_and_takes_in_little(void **state)
{
    struct small *small = *state;
    struct device *other = office_device(&small->office, "other");
    for (size_t i = 0; i < 200; i++) {
        (void)office_call(&small->office, other, HOUSEHOLD);
    }
    (void)office_call(&small->office, other, "{\"call\":\"sync\"}");
    (void)ask(small, HOUSEHOLD);
    small->left = SPACE_STOP - 1;
    const struct json *synced = ask(small, "{\"call\":\"sync\"}");
    assert_int_equal(json_get_int(synced, "sent", -1), 2);
    assert_true(json_get_int(synced, "received", -1) < 200);
    assert_non_null(strstr(office_text(json_get(synced, "space"), "message"), "wait"));
    small->left = ENOUGH;
    synced = ask(small, "{\"call\":\"sync\"}");
    assert_null(json_get(synced, "space"));
    (void)office_call(&small->office, small->device,
                      "{\"call\":\"list\",\"args\":{\"limit\":1000}}");
    assert_int_equal(json_count(json_get(small->office.reply, "records")), 201);
}

int main(void)
{
    /* Faults are injected, so no disk is needed. */
    if (access("/dev/shm", W_OK) == 0) {
        (void)setenv("TMPDIR", "/dev/shm", 0);
    }
    const struct CMUnitTest tests[] = {
#define SMALL_TEST(name) cmocka_unit_test_setup_teardown(name, small_setup, small_teardown)
        SMALL_TEST(a_new_home_has_its_reserve),
        SMALL_TEST(a_save_that_meets_a_full_disk_anywhere_holds),
        SMALL_TEST(a_disk_that_stays_full_is_told_and_takes_nothing),
        SMALL_TEST(what_only_reads_frees_nothing),
        SMALL_TEST(a_call_that_makes_space_leaves_something_for_saves),
        SMALL_TEST(it_warns_before_it_is_too_late),
        SMALL_TEST(photographs_wait_for_space),
        SMALL_TEST(a_sync_sends_and_takes_in_little),
    };
    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
