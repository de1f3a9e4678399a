/* vault: what opens a database, what doesn't, and a lost passphrase. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files_posix.h"
#include "test_mem.h"
#include "vault.h"

#define GOOD  "correct horse battery"
#define OTHER "a wholly different one"

struct fixture {
    struct test_mem memory;
    struct host host;
    struct host_files files;
    char folder[64], file[96];
    uint64_t random;
    int writes_left; /* until the power goes */
};

static void count_up(void *ctx, void *ret, size_t size)
{
    struct fixture *f = ctx;
    for (size_t i = 0; i < size; i++) {
        f->random = f->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)ret)[i] = (uint8_t)(f->random >> 56);
    }
}

/* As slow as the cost's floor is for: tests needn't wait for the target. */
static int64_t slow_clock(void *ctx)
{
    static int64_t now_ms;
    (void)ctx;
    return now_ms += 60000;
}

static enum err write_or_die(void *ctx, const char *path, struct span bytes)
{
    struct fixture *f = ctx;
    return f->writes_left-- > 0 ? files_posix()->write_atomic(NULL, path, bytes) : ERR_FILE;
}

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.random = 7, .folder = "/tmp/douar-vault-XXXXXX", .writes_left = 1000};
    (void)test_mem_init(&f->memory, 0);
    f->files = *files_posix();
    f->files.write_atomic = write_or_die;
    f->host = (struct host){.ctx = f,
                            .mem = f->memory.mem,
                            .random = count_up,
                            .mono_ms = slow_clock,
                            .files = &f->files};
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->file, sizeof f->file, "%s/secret", f->folder);
}

static void fixture_release(struct fixture *f)
{
    static const char *const names[] = {VAULT_FILE, VAULT_FILE "2", "secret", "recovery.key"};
    char path[128];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
    assert_int_equal(f->memory.live_count, 0);
}

static struct vault_secret typed(const char *passphrase)
{
    return (struct vault_secret){.passphrase = span_of(passphrase)};
}

static enum err open_with(struct fixture *f, struct vault_secret secret, struct seal_key *ret)
{
    return vault_open(&f->host, f->folder, &secret, ret, NULL);
}

static struct seal_key made_with(struct fixture *f, struct vault_secret secret)
{
    struct seal_key key;
    assert_int_equal(vault_make(&f->host, f->folder, &secret, f->file, &key, NULL), OK);
    return key;
}

static void only_the_right_passphrase_opens(void **state)
{
    struct fixture f;
    struct seal_key opened = {{0}};
    const struct seal_key nothing = {{0}};
    struct vault_secret weak = typed("123456"), good = typed(GOOD);
    struct diag diag = {0};
    (void)state;
    fixture_init(&f);
    assert_false(vault_exists(&f.host, f.folder));
    assert_int_equal(vault_make(&f.host, f.folder, &weak, NULL, &opened, &diag), ERR_WEAK_SECRET);
    assert_string_equal(diag.args[0], "15");
    assert_false(vault_exists(&f.host, f.folder));
    struct seal_key key = made_with(&f, good);
    assert_int_equal(vault_make(&f.host, f.folder, &good, NULL, &opened, NULL), ERR_EXISTS);
    assert_int_equal(open_with(&f, typed(OTHER), &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, typed(""), &opened), ERR_LOCKED);
    assert_memory_equal(&opened, &nothing, sizeof opened);
    assert_int_equal(open_with(&f, good, &opened), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    fixture_release(&f);
}

static void a_pin_does_beside_a_file_and_neither_alone(void **state)
{
    struct fixture f;
    struct seal_key opened;
    struct vault_secret both = typed("123456"), file = {.has_file = true};
    struct vault_state look;
    (void)state;
    fixture_init(&f);
    both.has_file = true;
    assert_int_equal(vault_secret_file(&f.host, f.file, false, both.file, NULL), ERR_FILE);
    assert_int_equal(vault_secret_file(&f.host, f.file, true, both.file, NULL), OK);
    assert_int_equal(vault_secret_file(&f.host, f.file, false, file.file, NULL), OK);
    assert_memory_equal(both.file, file.file, sizeof file.file);
    struct seal_key key = made_with(&f, both);
    assert_int_equal(open_with(&f, typed("123456"), &opened), ERR_LOCKED);
    assert_int_equal(open_with(&f, file, &opened), ERR_LOCKED);
    file.passphrase = span_of("123457");
    assert_int_equal(open_with(&f, file, &opened), ERR_SECRET);
    both.file[3] ^= 1;
    assert_int_equal(open_with(&f, both, &opened), ERR_SECRET);
    both.file[3] ^= 1;
    assert_int_equal(open_with(&f, both, &opened), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    assert_int_equal(vault_look(&f.host, f.folder, &look, NULL), OK);
    assert_true(look.passphrase && look.file && !look.recovery);
    assert_string_equal(look.file_name, f.file);
    assert_int_equal(files_posix()->write_atomic(NULL, f.file, span_of("hello\n")), OK);
    assert_int_equal(vault_secret_file(&f.host, f.file, true, file.file, NULL), ERR_FORMAT);
    fixture_release(&f);
}

static void what_opened_before_a_change_does_not_after(void **state)
{
    struct fixture f;
    struct seal_key opened;
    struct vault_secret other = typed(OTHER);
    (void)state;
    fixture_init(&f);
    struct seal_key key = made_with(&f, typed(GOOD));
    assert_int_equal(vault_change(&f.host, f.folder, &key, &other, NULL, NULL), OK);
    assert_int_equal(open_with(&f, typed(GOOD), &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, other, &opened), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    fixture_release(&f);
}

/* Either the old or the new one opens, whatever came between the two files. */
static void a_change_cut_short_leaves_one_that_opens(void **state)
{
    (void)state;
    for (int writes = 0; writes <= 2; writes++) {
        struct fixture f;
        struct seal_key opened;
        struct vault_secret other = typed(OTHER);
        fixture_init(&f);
        struct seal_key key = made_with(&f, typed(GOOD));
        f.writes_left = writes;
        enum err e = vault_change(&f.host, f.folder, &key, &other, NULL, NULL);
        assert_int_equal(e, writes == 2 ? OK : ERR_FILE);
        f.writes_left = 1000;
        assert_int_equal(open_with(&f, typed(writes == 0 ? GOOD : OTHER), &opened), OK);
        assert_memory_equal(&opened, &key, sizeof key);
        fixture_release(&f);
    }
}

static void a_damaged_copy_is_made_good_by_the_other(void **state)
{
    static const char *const damages[] = {
        "", "{", "{\"douar_keys\":2}", "{\"douar_keys\":1}",
        "{\"douar_keys\":1,\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"own\":{\"salt\":\"x\"}}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct fixture f;
        struct seal_key opened;
        char path[128];
        fixture_init(&f);
        (void)made_with(&f, typed(GOOD));
        (void)snprintf(path, sizeof path, "%s/%s", f.folder, VAULT_FILE);
        assert_int_equal(files_posix()->write_atomic(NULL, path, span_of(damages[i])), OK);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
        (void)snprintf(path, sizeof path, "%s/%s2", f.folder, VAULT_FILE);
        assert_int_equal(files_posix()->write_atomic(NULL, path, span_of(damages[i])), OK);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), ERR_FORMAT);
        fixture_release(&f);
    }
}

static void a_lost_passphrase_is_recovered_by_who_holds_the_key(void **state)
{
    struct fixture f;
    struct seal_key opened;
    struct public_key public, other_public;
    struct secret_key recovery, other;
    const uint8_t seed[SECRET_SEED_SIZE] = {1}, other_seed[SECRET_SEED_SIZE] = {2};
    const uint8_t one_time[SECRET_SEED_SIZE] = {3}, another[SECRET_SEED_SIZE] = {4};
    char request[VAULT_REQUEST_MAX], answer[VAULT_REQUEST_MAX], path[128];
    (void)state;
    fixture_init(&f);
    sign_key_from_seed(seed, &public, &recovery);
    sign_key_from_seed(other_seed, &other_public, &other);
    struct seal_key key = made_with(&f, typed(GOOD));
    assert_int_equal(vault_request(&f.host, f.folder, one_time, request, NULL), ERR_NOT_FOUND);
    assert_int_equal(vault_set_recovery(&f.host, f.folder, &key, &public, NULL), OK);
    f.writes_left = 0; /* the same again writes nothing */
    assert_int_equal(vault_set_recovery(&f.host, f.folder, &key, &public, NULL), OK);
    f.writes_left = 1000;
    assert_int_equal(vault_request(&f.host, f.folder, one_time, request, NULL), OK);
    assert_int_equal(vault_answer(&f.host, span_of(request), &other, answer, NULL), ERR_SECRET);
    assert_int_equal(vault_answer(&f.host, span_of("hello"), &recovery, answer, NULL), ERR_FORMAT);
    assert_int_equal(vault_answer(&f.host, span_of(request), &recovery, answer, NULL), OK);
    assert_int_equal(vault_accept(&f.host, f.folder, another, span_of(answer), &opened, NULL),
                     ERR_SECRET);
    assert_int_equal(vault_accept(&f.host, f.folder, one_time, span_of(request), &opened, NULL),
                     ERR_FORMAT);
    assert_int_equal(vault_accept(&f.host, f.folder, one_time, span_of(answer), &opened, NULL), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    /* The recovery key itself lies under a passphrase. */
    (void)snprintf(path, sizeof path, "%s/recovery.key", f.folder);
    assert_int_equal(recovery_write(&f.host, path, seed, span_of("1234"), NULL), ERR_WEAK_SECRET);
    assert_int_equal(recovery_write(&f.host, path, seed, span_of(OTHER), NULL), OK);
    assert_int_equal(recovery_read(&f.host, path, span_of(GOOD), &other, NULL), ERR_SECRET);
    assert_int_equal(recovery_read(&f.host, path, span_of(OTHER), &other, NULL), OK);
    assert_memory_equal(&other, &recovery, sizeof other);
    assert_int_equal(recovery_read(&f.host, f.file, span_of(OTHER), &other, NULL), ERR_FILE);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_right_passphrase_opens),
        cmocka_unit_test(a_pin_does_beside_a_file_and_neither_alone),
        cmocka_unit_test(what_opened_before_a_change_does_not_after),
        cmocka_unit_test(a_change_cut_short_leaves_one_that_opens),
        cmocka_unit_test(a_damaged_copy_is_made_good_by_the_other),
        cmocka_unit_test(a_lost_passphrase_is_recovered_by_who_holds_the_key),
    };
    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
