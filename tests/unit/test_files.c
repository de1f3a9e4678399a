/* Real files in a folder of their own under /tmp. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files_posix.h"
#include "host_real.h"

struct setting {
    struct host_real real;
    struct host host;
    const struct host_files *files;
    char folder[64];
    char path[128];
    struct buf content;
};

static struct setting setting;

static int begin(void **state)
{
    host_real_init(&setting.real, &setting.host);
    setting.files = setting.host.files;
    (void)snprintf(setting.folder, sizeof setting.folder, "/tmp/douar-files-XXXXXX");
    if (mkdtemp(setting.folder) == NULL) {
        return -1;
    }
    snprintf(setting.path, sizeof setting.path, "%s/anchor", setting.folder);
    buf_init(&setting.content, &setting.host.mem, 1000);
    *state = &setting;
    return 0;
}

static int end(void **state)
{
    struct setting *s = *state;
    char command[128];
    buf_release(&s->content);
    snprintf(command, sizeof command, "rm -r '%s'", s->folder);
    return system(command);
}

static enum err write_text(struct setting *s, const char *path, const char *text)
{
    return s->files->write_atomic(s->host.ctx, path, span_of(text));
}

static enum err read_back(struct setting *s, const char *path)
{
    buf_clear(&s->content);
    return s->files->read(s->host.ctx, path, &s->content);
}

static unsigned mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void what_was_written_is_read_back(void **state)
{
    struct setting *s = *state;
    assert_int_equal(write_text(s, s->path, "first"), OK);
    assert_int_equal(read_back(s, s->path), OK);
    assert_string_equal(buf_text(&s->content), "first");
    assert_int_equal(write_text(s, s->path, ""), OK);
    assert_int_equal(read_back(s, s->path), OK);
    assert_int_equal(s->content.size, 0);
}

static void files_are_the_owners_alone(void **state)
{
    struct setting *s = *state;
    assert_int_equal(write_text(s, s->path, "old"), OK);
    assert_int_equal(chmod(s->path, 0644), 0);
    assert_int_equal(write_text(s, s->path, "new"), OK);
    assert_int_equal(mode_of(s->path), 0600);
}

static void nothing_is_left_beside_the_file(void **state)
{
    struct setting *s = *state;
    char taken[160];
    assert_int_equal(write_text(s, s->path, "text"), OK);
    /* A folder can't be replaced by a file: the write fails at its last step. */
    snprintf(taken, sizeof taken, "%s/folder", s->folder);
    assert_int_equal(mkdir(taken, 0700), 0);
    assert_int_equal(write_text(s, taken, "text"), ERR_FILE);
    assert_int_equal(rmdir(taken), 0);
    assert_int_equal(unlink(s->path), 0);
    assert_int_equal(rmdir(s->folder), 0);
    assert_int_equal(mkdir(s->folder, 0700), 0);
}

static void a_reader_sees_the_old_or_the_new_never_half(void **state)
{
    struct setting *s = *state;
    char old_text[600];
    char new_text[900];
    memset(old_text, 'o', sizeof old_text);
    memset(new_text, 'n', sizeof new_text);
    old_text[sizeof old_text - 1] = '\0';
    new_text[sizeof new_text - 1] = '\0';
    assert_int_equal(write_text(s, s->path, old_text), OK);
    int reader = open(s->path, O_RDONLY);
    assert_int_equal(write_text(s, s->path, new_text), OK);
    char kept[1000] = "";
    /* The file that was open is still the old one, whole. */
    assert_int_equal(read(reader, kept, sizeof kept), strlen(old_text));
    assert_memory_equal(kept, old_text, strlen(old_text));
    close(reader);
    assert_int_equal(read_back(s, s->path), OK);
    assert_string_equal(buf_text(&s->content), new_text);
}

struct writing {
    struct setting *setting;
    pthread_t thread;
    char letter;
    bool failed;
};

static void *write_often(void *ctx)
{
    struct writing *writing = ctx;
    char text[501];
    memset(text, writing->letter, 500);
    text[500] = '\0';
    for (int i = 0; i < 100; i++) {
        writing->failed |= write_text(writing->setting, writing->setting->path, text) != OK;
    }
    return NULL;
}

static void writers_at_once_never_mix(void **state)
{
    struct setting *s = *state;
    struct writing writings[3];
    for (size_t i = 0; i < COUNT_OF(writings); i++) {
        writings[i] = (struct writing){.setting = s, .letter = (char)('a' + i)};
        assert_int_equal(pthread_create(&writings[i].thread, NULL, write_often, &writings[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(writings); i++) {
        pthread_join(writings[i].thread, NULL);
        assert_false(writings[i].failed);
    }
    assert_int_equal(read_back(s, s->path), OK);
    assert_int_equal(s->content.size, 500);
    assert_int_equal(strspn(buf_text(&s->content), (char[]){buf_text(&s->content)[0], '\0'}), 500);
}

static void reading_stops_at_the_maximum(void **state)
{
    struct setting *s = *state;
    char text[1002];
    memset(text, 'x', sizeof text);
    text[1000] = '\0';
    assert_int_equal(write_text(s, s->path, text), OK);
    assert_int_equal(read_back(s, s->path), OK);
    assert_int_equal(s->content.size, 1000);
    text[1000] = 'x';
    text[1001] = '\0';
    assert_int_equal(write_text(s, s->path, text), OK);
    assert_int_equal(read_back(s, s->path), ERR_TOO_LARGE);
    assert_int_equal(s->content.size, 0);
}

static void what_is_not_a_file_is_not_read(void **state)
{
    struct setting *s = *state;
    assert_int_equal(read_back(s, s->path), ERR_NOT_FOUND);
    assert_int_equal(read_back(s, s->folder), ERR_FILE);
    /* A named pipe would make the reader wait for ever. */
    assert_int_equal(mkfifo(s->path, 0600), 0);
    assert_int_equal(read_back(s, s->path), ERR_FILE);
    assert_int_equal(read_back(s, "/dev/zero"), ERR_FILE);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct setting *s = *state;
    char deep[160];
    snprintf(deep, sizeof deep, "%s/a/b//c/", s->folder);
    mode_t before = umask(0);
    assert_int_equal(s->files->make_folder(s->host.ctx, deep), OK);
    assert_int_equal(s->files->make_folder(s->host.ctx, deep), OK);
    umask(before);
    assert_int_equal(mode_of(deep), 0700);
    snprintf(deep, sizeof deep, "%s/a", s->folder);
    assert_int_equal(mode_of(deep), 0700);
    assert_int_equal(write_text(s, s->path, "a file"), OK);
    assert_int_not_equal(s->files->make_folder(s->host.ctx, s->path), OK);
    assert_int_not_equal(s->files->make_folder(s->host.ctx, ""), OK);
}

static void removing_twice_is_fine(void **state)
{
    struct setting *s = *state;
    assert_int_equal(write_text(s, s->path, "text"), OK);
    assert_true(s->files->exists(s->host.ctx, s->path));
    assert_int_equal(s->files->remove(s->host.ctx, s->path), OK);
    assert_false(s->files->exists(s->host.ctx, s->path));
    assert_int_equal(s->files->remove(s->host.ctx, s->path), OK);
}

static void a_folder_that_is_gone_is_told_apart(void **state)
{
    struct setting *s = *state;
    char gone[160];
    snprintf(gone, sizeof gone, "%s/none/file", s->folder);
    assert_int_equal(write_text(s, gone, "text"), ERR_NOT_FOUND);
}

static void a_wrong_clock_can_be_played(void **state)
{
    struct setting *s = *state;
    int64_t real_ms = s->host.now_ms(s->host.ctx);
    struct host_real other;
    struct host host;
    setenv("DOUAR_CLOCK_OFFSET_MS", "-315576000000", 1);
    host_real_init(&other, &host);
    setenv("DOUAR_CLOCK_OFFSET_MS", "yesterday", 1);
    assert_in_range(real_ms - host.now_ms(host.ctx), 315576000000 - 60000, 315576000000);
    host_real_init(&other, &host);
    unsetenv("DOUAR_CLOCK_OFFSET_MS");
    assert_in_range(host.now_ms(host.ctx) - real_ms, 0, 60000);
    /* Only the wall clock lies: the monotonic one measures. */
    assert_in_range(host.mono_ms(host.ctx) - s->host.mono_ms(s->host.ctx), 0, 60000);
}

static void random_bytes_differ_each_time(void **state)
{
    struct setting *s = *state;
    uint8_t a[600] = {0};
    uint8_t b[600] = {0};
    s->host.random(s->host.ctx, a, sizeof a);
    s->host.random(s->host.ctx, b, sizeof b);
    assert_memory_not_equal(a, b, 16);
    /* All of it is filled, also beyond what one system call gives at once. */
    assert_memory_not_equal(a + 584, b + 584, 16);
}

static void pieces_are_written_and_read_where_they_belong(void **state)
{
    struct setting *s = *state;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/deep/er/file", s->folder);
    assert_int_equal(s->files->read_at(s->host.ctx, path, 0, 5, &s->content), ERR_NOT_FOUND);
    assert_int_equal(s->files->write_at(s->host.ctx, path, 0, span_of("abcdef")), OK);
    assert_int_equal(s->files->write_at(s->host.ctx, path, 4, span_of("XYZ")), OK);
    assert_int_equal(mode_of(path), 0600);
    buf_clear(&s->content);
    assert_int_equal(s->files->read_at(s->host.ctx, path, 2, 4, &s->content), OK);
    assert_string_equal(buf_text(&s->content), "cdXY");
    buf_clear(&s->content);
    assert_int_equal(s->files->read_at(s->host.ctx, path, 5, 100, &s->content), OK);
    assert_string_equal(buf_text(&s->content), "YZ");
    buf_clear(&s->content);
    assert_int_equal(s->files->read_at(s->host.ctx, path, 50, 100, &s->content), OK);
    assert_int_equal(s->content.size, 0);
    assert_int_equal(s->files->read_at(s->host.ctx, s->folder, 0, 1, &s->content), ERR_FILE);
}

static void an_allocated_file_has_all_its_blocks(void **state)
{
    struct setting *s = *state;
    struct stat about;
    uint64_t left = 0;
    assert_int_equal(s->files->allocate(s->host.ctx, s->path, 300000), OK);
    assert_int_equal(stat(s->path, &about), 0);
    assert_int_equal(about.st_size, 300000);
    assert_true(about.st_blocks * 512 >= 300000);
    assert_int_equal(mode_of(s->path), 0600);
    assert_int_equal(s->files->free_bytes(s->host.ctx, s->path, &left), OK);
    assert_true(left > 0);
}

static void what_the_disk_cannot_hold_is_not_begun(void **state)
{
    struct setting *s = *state;
    char path[160];
    uint64_t left = 0;
    assert_true(s->files->allocate(s->host.ctx, s->path, (uint64_t)1 << 60) != OK);
    assert_false(s->files->exists(s->host.ctx, s->path));
    (void)snprintf(path, sizeof path, "%s/none/file", s->folder);
    assert_int_equal(s->files->allocate(s->host.ctx, path, 1), ERR_NOT_FOUND);
    assert_int_equal(s->files->free_bytes(s->host.ctx, path, &left), ERR_NOT_FOUND);
}

/* ---- drafts */

static size_t names_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static enum err draft(struct setting *s, bool keep)
{
    struct host_draft draft;
    assert_int_equal(s->files->draft_begin(s->host.ctx, s->path, &draft), OK);
    assert_int_equal(s->files->draft_add(s->host.ctx, &draft, span_of("in ")), OK);
    assert_int_equal(s->files->draft_add(s->host.ctx, &draft, span_of("pieces")), OK);
    return s->files->draft_end(s->host.ctx, &draft, keep);
}

static void a_draft_is_there_whole_or_not_at_all(void **state)
{
    struct setting *s = *state;
    assert_int_equal(draft(s, false), OK);
    assert_int_equal(names_in(s->folder), 0);
    for (int i = 0; i < 2; i++) { /* where nothing was, and in the place of another */
        assert_int_equal(draft(s, true), OK);
        assert_int_equal(names_in(s->folder), 1);
        assert_int_equal(read_back(s, s->path), OK);
        assert_string_equal(buf_text(&s->content), "in pieces");
        assert_int_equal(mode_of(s->path), 0600);
    }
    assert_int_equal(unlink(s->path), 0);
    assert_int_equal(mkdir(s->path, 0700), 0);
    assert_int_equal(draft(s, true), ERR_FILE);
    assert_int_equal(names_in(s->folder), 1);
    assert_int_equal(rmdir(s->path), 0);
}

static void who_is_killed_over_a_draft_leaves_nothing(void **state)
{
    struct setting *s = *state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct host_draft draft;
        (void)(s->files->draft_begin(s->host.ctx, s->path, &draft) ||
               s->files->draft_add(s->host.ctx, &draft, span_of("in the clear")) || raise(SIGKILL));
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(names_in(s->folder), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(what_was_written_is_read_back),
        CASE(files_are_the_owners_alone),
        CASE(nothing_is_left_beside_the_file),
        CASE(a_reader_sees_the_old_or_the_new_never_half),
        CASE(writers_at_once_never_mix),
        CASE(reading_stops_at_the_maximum),
        CASE(what_is_not_a_file_is_not_read),
        CASE(folders_are_made_with_their_parents),
        CASE(removing_twice_is_fine),
        CASE(a_folder_that_is_gone_is_told_apart),
        CASE(a_wrong_clock_can_be_played),
        CASE(random_bytes_differ_each_time),
        CASE(pieces_are_written_and_read_where_they_belong),
        CASE(an_allocated_file_has_all_its_blocks),
        CASE(what_the_disk_cannot_hold_is_not_begun),
        CASE(a_draft_is_there_whole_or_not_at_all),
        CASE(who_is_killed_over_a_draft_leaves_nothing),
    };
#undef CASE
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
