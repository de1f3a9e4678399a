#include "server_config.h"

#include <stdio.h>
#include <string.h>

#include "num.h"
#include "utf8.h"

#define CONFIG_SIZE_MAX (64u * 1024)

enum key_kind { KEY_TEXT, KEY_NUMBER, KEY_URL };

struct config_key {
    const char *name;
    enum key_kind kind;
    size_t offset;
    int64_t min, max;      /* KEY_NUMBER */
    const char *otherwise; /* the default, as text */
    const char *comment;   /* lines without '#' */
};

#define AT(member) offsetof(struct server_config, member)

/* clang-format off */
static const struct config_key keys[] = {
    {"name", KEY_TEXT, AT(name), 0, 0, "", "What people call this office."},
    {"address", KEY_TEXT, AT(address), 0, 0, "",
     "The address to listen on; empty: every address of this machine."},
    {"port", KEY_NUMBER, AT(port), 0, 65535, "8443", "The port; 0: any free one, for trials."},
    {"url", KEY_URL, AT(url), 0, 0, "",
     "Where devices reach this office. It is written into every enrolment code."},
    {"threads", KEY_NUMBER, AT(threads), 1, 16, "2",
     "Threads for connections. Writing always has one of its own."},
    {"uplink_minutes", KEY_NUMBER, AT(uplink_minutes), 0, 10080, "15",
     "How often to sync with the region, once `douard uplink set` was run; 0: only by hand."},
    {"backup_folder", KEY_TEXT, AT(backup_folder), 0, 0, "backup",
     "Where copies of the data go; best on another disk. Below this folder unless it begins with /.\n"
     "At the region a device may forget a record only after it is in such a copy."},
    {"backup_minutes", KEY_NUMBER, AT(backup_minutes), 0, 10080, "720",
     "How often to make a copy; 0: only by hand."},
    {"backup_keep", KEY_NUMBER, AT(backup_keep), 1, 99, "7",
     "How many copies are kept; the oldest is written over."},
    {"snapshot_hours", KEY_NUMBER, AT(snapshot_hours), 0, 8760, "24",
     "How old a snapshot may get: from snapshots new devices take all records of a place at once.\n"
     "0: only by hand."},
    {"snapshot_rows", KEY_NUMBER, AT(snapshot_rows), 1, 1000000000, "1000",
     "From how many changes on a place has a snapshot."},
    {"collect_days", KEY_NUMBER, AT(collect_days), 1, 36500, "180",
     "For how many days the content of a change is kept once later ones superseded it.\n"
     "It goes only when the region's backup has it."},
    {"collect_hours", KEY_NUMBER, AT(collect_hours), 0, 8760, "24",
     "How often to let go of such content; 0: only by hand."},
    {"invite_hours", KEY_NUMBER, AT(invite_hours), 1, 8760, "72",
     "How long an enrolment code can be used."},
    {"stats_days", KEY_NUMBER, AT(stats_days), 1, 3650, "14",
     "After how many days without contact `douard stats` counts a device as silent."},
    {"zone_minutes", KEY_NUMBER, AT(zone_minutes), -720, 840, "60",
     "The time zone in which commands show times, in minutes east of UTC."},
};
/* clang-format on */
#define KEY_COUNT (sizeof keys / sizeof keys[0])

static struct span trim(struct span text)
{
    while (text.size > 0 && strchr(" \t\r", text.data[0]) != NULL) {
        text = span_cut(text, 1, text.size - 1);
    }
    while (text.size > 0 && strchr(" \t\r", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

/* "https://" and a host, nothing that would break a code or a header. */
static bool url_fits(struct span value)
{
    if (value.size == 0) {
        return true;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f) {
            return false;
        }
    }
    return span_starts_with(value, "https://") && value.size > strlen("https://") &&
           value.data[value.size - 1] != '/';
}

/* Sets one key; false with what was expected in `expected`. */
static bool key_set(const struct config_key *key, struct span value, struct server_config *config,
                    char expected[DIAG_ARG_SIZE])
{
    char *at = (char *)config + key->offset;
    if (key->kind == KEY_NUMBER) {
        int64_t number;
        if (!num_read_i64(value, &number) || number < key->min || number > key->max) {
            (void)snprintf(expected, DIAG_ARG_SIZE, "%s: a whole number from %lld to %lld",
                           key->name, (long long)key->min, (long long)key->max);
            return false;
        }
        memcpy(at, &number, sizeof number);
        return true;
    }
    if (value.size >= CONFIG_TEXT_SIZE || !utf8_valid(value, NULL) || utf8_has_control(value)) {
        (void)snprintf(expected, DIAG_ARG_SIZE, "%s: a text of at most %d bytes", key->name,
                       CONFIG_TEXT_SIZE - 1);
        return false;
    }
    if (key->kind == KEY_URL && !url_fits(value)) {
        (void)snprintf(expected, DIAG_ARG_SIZE, "%s: https://HOST:PORT without a slash at the end",
                       key->name);
        return false;
    }
    span_text(value, at, CONFIG_TEXT_SIZE);
    return true;
}

void server_config_default(struct server_config *ret)
{
    char unused[DIAG_ARG_SIZE];
    *ret = (struct server_config){0};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        (void)key_set(&keys[i], span_of(keys[i].otherwise), ret, unused);
    }
}

static enum err refuse(struct diag *diag, const char *file, size_t line, const char *what)
{
    char number[NUM_TEXT_SIZE];
    num_write_i64((int64_t)line, number);
    return diag_set(diag, ERR_CONFIG, file, number, what, NULL);
}

static enum err read_line(struct span line, const char *file, size_t number, bool *seen,
                          struct server_config *config, struct diag *diag)
{
    char what[DIAG_ARG_SIZE], name[64];
    struct span rest = line, left;
    if (memchr(line.data, '=', line.size) == NULL || !span_split(&rest, '=', &left)) {
        return refuse(diag, file, number, "`key = value` is expected");
    }
    left = trim(left);
    span_text(left, name, sizeof name);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (!span_is(left, keys[i].name)) {
            continue;
        }
        if (seen[i]) {
            (void)snprintf(what, sizeof what, "%s is given twice", keys[i].name);
            return refuse(diag, file, number, what);
        }
        seen[i] = true;
        return key_set(&keys[i], trim(rest), config, what) ? OK : refuse(diag, file, number, what);
    }
    (void)snprintf(what, sizeof what, "no key is called %s", name);
    return refuse(diag, file, number, what);
}

enum err server_config_read(struct span text, const char *file, struct server_config *ret,
                            struct diag *diag)
{
    struct server_config config;
    bool seen[KEY_COUNT] = {false};
    struct span rest = text, line;
    size_t number = 0;
    server_config_default(&config);
    while (span_split(&rest, '\n', &line)) {
        number++;
        line = trim(line);
        if (line.size == 0 || line.data[0] == '#') {
            continue;
        }
        enum err e = read_line(line, file, number, seen, &config, diag);
        if (e) {
            return e;
        }
    }
    *ret = config;
    return OK;
}

static void add_comment(struct buf *ret, const char *comment)
{
    struct span rest = span_of(comment), line;
    while (span_split(&rest, '\n', &line)) {
        buf_add_text(ret, "# ");
        buf_add_span(ret, line);
        buf_add_byte(ret, '\n');
    }
}

void server_config_write(const struct server_config *config, struct buf *ret)
{
    add_comment(ret, "How this office's douard works. One `key = value` a line; it is read when "
                     "douard starts.");
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *at = (const char *)config + keys[i].offset;
        buf_add_byte(ret, '\n');
        add_comment(ret, keys[i].comment);
        buf_add_format(ret, "%s =", keys[i].name);
        if (keys[i].kind == KEY_NUMBER) {
            int64_t number;
            memcpy(&number, at, sizeof number);
            buf_add_format(ret, " %lld", (long long)number);
        } else if (*at != '\0') {
            buf_add_format(ret, " %s", at);
        }
        buf_add_byte(ret, '\n');
    }
}

enum err home_path(const char *home, const char *name, char ret[CONFIG_PATH_SIZE])
{
    char path[CONFIG_PATH_SIZE];
    int size = name[0] == '/' ? snprintf(path, sizeof path, "%s", name)
                              : snprintf(path, sizeof path, "%s/%s", home, name);
    if (size < 0 || (size_t)size >= sizeof path) {
        return ERR_TOO_LARGE;
    }
    memcpy(ret, path, sizeof path);
    return OK;
}

enum err server_config_load(const struct host *host, const char *home, struct server_config *ret,
                            struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    struct buf text;
    enum err e = home_path(home, CONFIG_FILE, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    buf_init(&text, &host->mem, CONFIG_SIZE_MAX);
    e = host->files->read(host->ctx, path, &text);
    if (e == ERR_NOT_FOUND) {
        e = diag_set(diag, ERR_NO_HOME, home, NULL);
    } else if (e) {
        e = diag_set(diag, e, path, err_name(e), NULL);
    } else {
        e = server_config_read(buf_span(&text), path, ret, diag);
    }
    buf_release(&text);
    return e;
}

enum err server_config_save(const struct host *host, const char *home,
                            const struct server_config *config, struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    struct buf text;
    enum err e = home_path(home, CONFIG_FILE, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    buf_init(&text, &host->mem, CONFIG_SIZE_MAX);
    server_config_write(config, &text);
    e = buf_error(&text);
    if (!e) {
        e = host->files->write_atomic(host->ctx, path, buf_span(&text));
    }
    buf_release(&text);
    return e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
}
