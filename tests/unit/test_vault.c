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
    int writes_left;                   /* until the power goes */
    int64_t wall_ms, mono_ms, step_ms; /* each look at the monotonic clock takes a step */
    uint64_t boot;
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
static int64_t mono(void *ctx)
{
    struct fixture *f = ctx;
    return f->mono_ms += f->step_ms;
}

static int64_t wall(void *ctx)
{
    struct fixture *f = ctx;
    return f->wall_ms;
}

static uint64_t boot(void *ctx)
{
    struct fixture *f = ctx;
    return f->boot;
}

static enum err write_or_die(void *ctx, const char *path, struct span bytes)
{
    struct fixture *f = ctx;
    return f->writes_left-- > 0 ? files_posix()->write_atomic(NULL, path, bytes) : ERR_FILE;
}

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.random = 7,
                          .folder = "/tmp/douar-vault-XXXXXX",
                          .writes_left = 1000,
                          .wall_ms = 1700000000000,
                          .step_ms = 60000,
                          .boot = 1};
    (void)test_mem_init(&f->memory, 0);
    f->files = *files_posix();
    f->files.write_atomic = write_or_die;
    f->host = (struct host){.ctx = f,
                            .mem = f->memory.mem,
                            .random = count_up,
                            .now_ms = wall,
                            .mono_ms = mono,
                            .boot = boot,
                            .files = &f->files};
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->file, sizeof f->file, "%s/secret", f->folder);
}

static void fixture_release(struct fixture *f)
{
    static const char *const names[] = {VAULT_FILE, VAULT_FILE "2", "secret", "recovery.key",
                                        "douar.tries"};
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
    return vault_open(&f->host, f->folder, &secret, ret, NULL, NULL);
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
    assert_int_equal(vault_change(&f.host, f.folder, &key, 0, &other, NULL, NULL), OK);
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
        enum err e = vault_change(&f.host, f.folder, &key, 0, &other, NULL, NULL);
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
        "{\"douar_keys\":1,\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"slots\":[{\"salt\":\"x\"}]}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct fixture f;
        struct seal_key opened;
        char path[128];
        fixture_init(&f);
        (void)made_with(&f, typed(GOOD));
        (void)snprintf(path, sizeof path, "%s/%s", f.folder, VAULT_FILE);
        assert_int_equal(files_posix()->write_atomic(NULL, path, span_of(damages[i])), OK);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), OK); /* and mends it */
        assert_int_equal(files_posix()->write_atomic(NULL, path, span_of(damages[i])), OK);
        (void)snprintf(path, sizeof path, "%s/%s2", f.folder, VAULT_FILE);
        assert_int_equal(files_posix()->write_atomic(NULL, path, span_of(damages[i])), OK);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), ERR_FORMAT);
        fixture_release(&f);
    }
}

/* A bit of byte `at`; beyond the end, of the sum's last character. */
static void flip(const struct fixture *f, const char *name, size_t at)
{
    char path[128];
    struct buf text;
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    buf_init(&text, &f->host.mem, 1u << 16);
    assert_int_equal(files_posix()->read(NULL, path, &text), OK);
    text.data[at < text.size ? at : text.size - 2] ^= 1;
    assert_int_equal(files_posix()->write_atomic(NULL, path, buf_span(&text)), OK);
    buf_release(&text);
}

/* Also one inside of a slot, where it would look like a wrong passphrase. */
static void a_flipped_bit_anywhere_in_a_copy_is_no_wrong_passphrase(void **state)
{
    struct fixture f;
    struct seal_key opened;
    (void)state;
    fixture_init(&f);
    struct seal_key key = made_with(&f, typed(GOOD));
    for (size_t at = 0; at < 450; at += 29) {
        flip(&f, VAULT_FILE, at);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
        assert_memory_equal(&opened, &key, sizeof key);
        flip(&f, VAULT_FILE "2", at); /* the first was mended by who opened it */
        assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
        assert_int_equal(open_with(&f, typed(OTHER), &opened), ERR_SECRET);
        assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
    }
    fixture_release(&f);
}

/* Of two damaged copies, what the damage left is tried. */
static void where_both_sums_are_wrong_the_slots_are_tried_all_the_same(void **state)
{
    struct fixture f;
    struct seal_key opened;
    (void)state;
    fixture_init(&f);
    struct seal_key key = made_with(&f, typed(GOOD));
    flip(&f, VAULT_FILE, SIZE_MAX);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s2", f.folder, VAULT_FILE);
    assert_int_equal(files_posix()->remove(NULL, path), OK);
    assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    fixture_release(&f);
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

static void what_lies_beside_a_copy_opens_it_elsewhere(void **state)
{
    struct fixture f;
    struct seal_key opened;
    struct vault_state here, there;
    struct public_key public;
    struct secret_key recovery, other;
    const uint8_t seed[SECRET_SEED_SIZE] = {1}, other_seed[SECRET_SEED_SIZE] = {2};
    struct vault_secret good = typed(GOOD), wrong = typed(OTHER);
    char beside[128], absent[128];
    (void)state;
    fixture_init(&f);
    sign_key_from_seed(other_seed, &public, &other);
    sign_key_from_seed(seed, &public, &recovery);
    struct seal_key key = made_with(&f, good);
    (void)snprintf(beside, sizeof beside, "%s/secret", f.folder);
    (void)snprintf(absent, sizeof absent, "%s/absent", f.folder);
    assert_int_equal(vault_file_write(&f.host, f.folder, beside, NULL), OK);
    assert_int_equal(vault_file_recover(&f.host, beside, &recovery, &opened, NULL), ERR_NOT_FOUND);
    assert_int_equal(vault_set_recovery(&f.host, f.folder, &key, &public, NULL), OK);
    assert_int_equal(vault_file_write(&f.host, f.folder, beside, NULL), OK);
    assert_int_equal(vault_file_open(&f.host, beside, &wrong, &opened, NULL), ERR_SECRET);
    assert_int_equal(vault_file_open(&f.host, beside, &good, &opened, NULL), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    assert_int_equal(vault_file_recover(&f.host, beside, &other, &opened, NULL), ERR_SECRET);
    assert_int_equal(vault_file_recover(&f.host, beside, &recovery, &opened, NULL), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    assert_int_equal(vault_file_open(&f.host, absent, &good, &opened, NULL), ERR_FILE);
    /* Whose it is: the same id as long as the home is the same, whatever opens it. */
    assert_int_equal(vault_change(&f.host, f.folder, &key, 0, &wrong, NULL, NULL), OK);
    assert_int_equal(vault_look(&f.host, f.folder, &here, NULL), OK);
    assert_int_equal(vault_file_look(&f.host, beside, &there, NULL), OK);
    assert_true(id_equal(here.id, there.id));
    assert_int_equal(vault_file_take(&f.host, beside, f.folder, NULL), OK);
    assert_int_equal(open_with(&f, wrong, &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, good, &opened), OK);
    assert_int_equal(vault_remake(&f.host, f.folder, &good, NULL, &key, NULL), OK);
    assert_int_equal(vault_look(&f.host, f.folder, &here, NULL), OK);
    assert_false(id_equal(here.id, there.id));
    fixture_release(&f);
}

/* What a try costs follows the machine: its memory, and what it does in a second. */
static void a_try_costs_what_the_machine_can_bear(void **state)
{
    static const struct {
        uint64_t memory_kib;
        int64_t step_ms;
        const char *cost;
    } machines[] = {
        {8 * 1024 * 1024, 0, "\"memory_kib\":131072,\"passes\":3"},
        {0, 0, "\"memory_kib\":65536,\"passes\":3"}, /* unknown */
        {8 * 1024 * 1024, 150, "\"memory_kib\":65536,\"passes\":3"},
        {1024 * 1024, 0, "\"memory_kib\":32768,\"passes\":3"},
        {512 * 1024, 0, "\"memory_kib\":19456,\"passes\":2"},
        {8 * 1024 * 1024, 2000, "\"memory_kib\":19456,\"passes\":2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        struct fixture f;
        struct buf text;
        char path[128];
        fixture_init(&f);
        f.host.memory_kib = machines[i].memory_kib;
        f.step_ms = machines[i].step_ms;
        (void)made_with(&f, typed(GOOD));
        (void)snprintf(path, sizeof path, "%s/%s", f.folder, VAULT_FILE);
        buf_init(&text, &f.host.mem, 65536);
        assert_int_equal(files_posix()->read(NULL, path, &text), OK);
        assert_non_null(strstr(buf_text(&text), machines[i].cost));
        buf_release(&text);
        fixture_release(&f);
    }
}

/* ---- several people */

static void everybody_of_a_shared_device_has_a_passphrase_of_their_own(void **state)
{
    struct fixture f;
    struct seal_key opened;
    struct vault_person people[VAULT_SLOTS_MAX];
    struct vault_secret said = typed(OTHER);
    struct buf text;
    char path[128];
    size_t count = 0, slot = 9;
    (void)state;
    fixture_init(&f);
    struct seal_key key = made_with(&f, typed(GOOD));
    assert_int_equal(vault_add(&f.host, f.folder, &key, "Said", &said, NULL, NULL), OK);
    assert_int_equal(vault_add(&f.host, f.folder, &key, "Said", &said, NULL, NULL), ERR_EXISTS);
    assert_int_equal(vault_open(&f.host, f.folder, &said, &opened, &slot, NULL), OK);
    assert_memory_equal(&opened, &key, sizeof key);
    assert_int_equal(slot, 1);
    assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
    assert_int_equal(vault_people(&f.host, f.folder, &key, people, &count, NULL), OK);
    assert_int_equal(count, 2);
    assert_string_equal(people[0].name, "");
    assert_string_equal(people[1].name, "Said");
    /* Who has the disk learns how many there are, not who. */
    (void)snprintf(path, sizeof path, "%s/%s", f.folder, VAULT_FILE);
    buf_init(&text, &f.host.mem, 65536);
    assert_int_equal(files_posix()->read(NULL, path, &text), OK);
    assert_null(strstr(buf_text(&text), "Said"));
    assert_null(strstr(buf_text(&text), "U2FpZ"));
    buf_release(&text);
    /* Each changes their own, and one that goes takes nobody along. */
    struct vault_secret next = typed("a third one, for Said");
    assert_int_equal(vault_change(&f.host, f.folder, &key, 1, &next, NULL, NULL), OK);
    assert_int_equal(open_with(&f, said, &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, next, &opened), OK);
    assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
    assert_int_equal(vault_people(&f.host, f.folder, &key, people, &count, NULL), OK);
    assert_string_equal(people[1].name, "Said");
    assert_int_equal(vault_drop(&f.host, f.folder, &key, "Brahim", NULL), ERR_NOT_FOUND);
    assert_int_equal(vault_drop(&f.host, f.folder, &key, "", NULL), ERR_NOT_FOUND);
    assert_int_equal(vault_drop(&f.host, f.folder, &key, "Said", NULL), OK);
    assert_int_equal(open_with(&f, next, &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, typed(GOOD), &opened), OK);
    fixture_release(&f);
}

static void a_person_s_own_secret_is_as_strong_as_the_first(void **state)
{
    struct fixture f;
    struct vault_secret pin = typed("123456"), good = typed(OTHER);
    struct diag diag = {0};
    struct vault_state look;
    struct seal_key opened;
    char name[VAULT_NAME_SIZE + 1] = "";
    (void)state;
    fixture_init(&f);
    struct seal_key key = made_with(&f, typed(GOOD));
    assert_int_equal(vault_add(&f.host, f.folder, &key, "Said", &pin, NULL, &diag),
                     ERR_WEAK_SECRET);
    pin.has_file = true; /* a PIN does beside a file that lies elsewhere */
    assert_int_equal(vault_secret_file(&f.host, f.file, true, pin.file, NULL), OK);
    assert_int_equal(vault_add(&f.host, f.folder, &key, "Said", &pin, f.file, NULL), OK);
    assert_int_equal(open_with(&f, typed("123456"), &opened), ERR_SECRET);
    assert_int_equal(open_with(&f, pin, &opened), OK);
    assert_int_equal(vault_look(&f.host, f.folder, &look, NULL), OK);
    assert_true(look.passphrase && look.file && look.passphrase_alone && !look.file_alone);
    assert_string_equal(look.file_name, f.file);
    memset(name, 'a', VAULT_NAME_SIZE);
    const char *const bad[] = {"", name, "a\nb", "\xff"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_not_equal(vault_add(&f.host, f.folder, &key, bad[i], &good, NULL, NULL), OK);
    }
    for (int i = 2; i < VAULT_SLOTS_MAX; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_int_equal(vault_add(&f.host, f.folder, &key, name, &good, NULL, NULL), OK);
    }
    assert_int_equal(vault_add(&f.host, f.folder, &key, "one more", &good, NULL, &diag),
                     ERR_TOO_LARGE);
    fixture_release(&f);
}

/* ---- wrong tries */

static enum err try(struct fixture *f, const char *passphrase, const char *wait_s)
{
    struct diag diag = {0};
    struct seal_key opened;
    struct vault_secret secret = typed(passphrase);
    enum err e = vault_open(&f->host, f->folder, &secret, &opened, NULL, &diag);
    if (e == ERR_TOO_MANY_TRIES) {
        assert_string_equal(diag.args[0], wait_s);
    }
    return e;
}

static void each_wrong_try_makes_the_next_wait_twice_as_long(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    (void)made_with(&f, typed(GOOD));
    f.step_ms = 0;
    for (int i = 0; i < VAULT_FREE_TRIES; i++) {
        assert_int_equal(try(&f, OTHER, ""), ERR_SECRET);
    }
    for (int wait_s = 1; wait_s <= 4; wait_s *= 2) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", wait_s);
        assert_int_equal(try(&f, GOOD, text), ERR_TOO_MANY_TRIES); /* the right one waits too */
        f.mono_ms += wait_s * 1000 - 1;
        assert_int_equal(try(&f, OTHER, "1"), ERR_TOO_MANY_TRIES); /* and isn't counted */
        f.mono_ms += 1;
        assert_int_equal(try(&f, OTHER, ""), ERR_SECRET);
    }
    for (int i = 0; i < 10; i++) {
        f.mono_ms += (int64_t)VAULT_WAIT_MAX_S * 1000;
        assert_int_equal(try(&f, OTHER, ""), ERR_SECRET);
    }
    assert_int_equal(try(&f, GOOD, "900"), ERR_TOO_MANY_TRIES); /* never longer, and never gone */
    f.mono_ms += (int64_t)VAULT_WAIT_MAX_S * 1000;
    assert_int_equal(try(&f, GOOD, ""), OK);
    assert_int_equal(try(&f, OTHER, ""), ERR_SECRET); /* a right one begins anew */
    assert_int_equal(try(&f, GOOD, ""), OK);
    fixture_release(&f);
}

static void a_wait_outlives_a_restart_and_a_clock_put_back(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    (void)made_with(&f, typed(GOOD));
    f.step_ms = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(try(&f, OTHER, ""), ERR_SECRET);
        f.mono_ms += 1000;
    }
    f.wall_ms += 3600000; /* set ahead while it runs: helps nothing */
    f.mono_ms -= 1000;
    assert_int_equal(try(&f, GOOD, "2"), ERR_TOO_MANY_TRIES);
    f.wall_ms -= 3600000;
    f.boot = 2; /* the machine was started anew */
    f.mono_ms = 5;
    f.wall_ms += 500;
    assert_int_equal(try(&f, GOOD, "2"), ERR_TOO_MANY_TRIES);
    f.wall_ms -= 86400000; /* put back: waits anew, and not for a day */
    assert_int_equal(try(&f, GOOD, "2"), ERR_TOO_MANY_TRIES);
    f.mono_ms += 2000;
    assert_int_equal(try(&f, GOOD, ""), OK);
    fixture_release(&f);
}

static void a_try_is_counted_before_it_is_made(void **state)
{
    struct fixture f;
    char path[128];
    (void)state;
    fixture_init(&f);
    (void)made_with(&f, typed(GOOD));
    f.step_ms = 0;
    (void)snprintf(path, sizeof path, "%s/douar.tries", f.folder);
    assert_int_equal(try(&f, OTHER, ""), ERR_SECRET);
    assert_true(files_posix()->exists(NULL, path));
    assert_int_equal(try(&f, GOOD, ""), OK);
    assert_false(files_posix()->exists(NULL, path));
    f.writes_left = 0; /* a full disk locks nobody out */
    assert_int_equal(try(&f, GOOD, ""), OK);
    /* What isn't a count counts as none. */
    assert_int_equal(files_posix()->write_atomic(NULL, path, span_of("9 nine x")), OK);
    assert_int_equal(try(&f, GOOD, ""), OK);
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
        cmocka_unit_test(a_flipped_bit_anywhere_in_a_copy_is_no_wrong_passphrase),
        cmocka_unit_test(where_both_sums_are_wrong_the_slots_are_tried_all_the_same),
        cmocka_unit_test(a_lost_passphrase_is_recovered_by_who_holds_the_key),
        cmocka_unit_test(what_lies_beside_a_copy_opens_it_elsewhere),
        cmocka_unit_test(a_try_costs_what_the_machine_can_bear),
        cmocka_unit_test(everybody_of_a_shared_device_has_a_passphrase_of_their_own),
        cmocka_unit_test(a_person_s_own_secret_is_as_strong_as_the_first),
        cmocka_unit_test(each_wrong_try_makes_the_next_wait_twice_as_long),
        cmocka_unit_test(a_wait_outlives_a_restart_and_a_clock_put_back),
        cmocka_unit_test(a_try_is_counted_before_it_is_made),
    };
    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
