#include "server_home.h"

#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "code.h"
#include "json.h"
#include "org.h"
#include "sealed_file.h"
#include "server_restore.h"

#define CERT_NAMES_OF_HUB 2
#define PEM_HEAD          "-----BEGIN" /* of a key that isn't sealed */
#define DEFINITION_MAX    4096

/* ---- paths and files */

/* Private keys; each is sealed under its own name. */
static const char *const tls_keys[] = {HOME_SERVER_KEY, HOME_CA_KEY, HOME_BACKUP_KEY};

static bool is_tls_key(const char *name)
{
    bool is = false;
    for (size_t i = 0; i < sizeof tls_keys / sizeof tls_keys[0]; i++) {
        is = is || strcmp(name, tls_keys[i]) == 0;
    }
    return is;
}

enum err home_read(const struct host *host, const char *home, const char *name, struct buf *ret,
                   struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, name, path);
    if (!e) {
        e = is_tls_key(name) ? sealed_read(host, span_of(name), path, ret)
                             : host->files->read(host->ctx, path, ret);
    }
    if (e == ERR_NOT_FOUND) {
        return diag_set(diag, ERR_FILE, path, "not found", NULL);
    }
    return e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
}

enum err home_write(const struct host *host, const char *home, const char *name, struct span bytes,
                    struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, name, path);
    if (!e) {
        e = is_tls_key(name) ? sealed_write_atomic(host, span_of(name), path, bytes)
                             : host->files->write_atomic(host->ctx, path, bytes);
    }
    return e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
}

enum err home_node_open(const struct host *host, const char *home, struct node **ret,
                        struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, HOME_DB, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    e = home_restore_finish(host, home, diag);
    if (!e) {
        e = node_open(host, path, ret, diag);
    }
    if (!e) {
        (void)reserve_keep(host, path); /* made when there is space for it: reserve.h */
    }
    return e == ERR_NO_HOME ? diag_set(diag, ERR_NO_HOME, home, NULL) : e;
}

/* ---- TLS */

static void read_pins(struct span text, struct home_tls *tls)
{
    const char *prefix = "sha256//";
    struct span rest = text, line;
    while (tls->pin_count < ENROL_PINS_MAX && span_split(&rest, '\n', &line)) {
        if (span_starts_with(line, prefix)) {
            line = span_cut(line, strlen(prefix), line.size);
            span_text(line, tls->pins[tls->pin_count++], HOME_PIN_SIZE);
        }
    }
}

enum err home_tls_load(const struct host *host, const char *home, struct home_tls *ret,
                       struct diag *diag)
{
    struct home_tls tls = {0};
    struct buf pins;
    buf_init(&tls.server_pem, &host->mem, HOME_PEM_MAX);
    buf_init(&tls.server_key, &host->mem, HOME_PEM_MAX);
    buf_init(&pins, &host->mem, HOME_PEM_MAX);
    enum err e = home_read(host, home, HOME_SERVER_PEM, &tls.server_pem, diag);
    if (!e) {
        e = home_read(host, home, HOME_SERVER_KEY, &tls.server_key, diag);
    }
    if (!e) {
        e = home_read(host, home, HOME_PINS, &pins, diag);
    }
    if (!e) {
        read_pins(buf_span(&pins), &tls);
        if (tls.pin_count == 0) {
            e = diag_set(diag, ERR_FORMAT, HOME_PINS, "line 1", NULL);
        }
    }
    buf_release(&pins);
    if (e) {
        home_tls_release(&tls);
        return e;
    }
    *ret = tls;
    return OK;
}

enum err home_tls_seal(const struct host *host, const char *home, struct diag *diag)
{
    enum err e = OK;
    for (size_t i = 0; !e && host->db_key.size > 0 && i < sizeof tls_keys / sizeof tls_keys[0];
         i++) {
        char path[CONFIG_PATH_SIZE];
        struct buf key;
        buf_init(&key, &host->mem, HOME_PEM_MAX);
        e = home_path(home, tls_keys[i], path);
        enum err read = e ? e : host->files->read(host->ctx, path, &key);
        if (!read && span_starts_with(buf_span(&key), PEM_HEAD)) {
            e = home_write(host, home, tls_keys[i], buf_span(&key), diag);
            sign_wipe(key.data, key.size);
        }
        buf_release(&key);
    }
    return e ? diag_set(diag, e, HOME_TLS, err_name(e), NULL) : OK;
}

void home_tls_release(struct home_tls *tls)
{
    if (tls->server_key.data != NULL) {
        sign_wipe(tls->server_key.data, tls->server_key.size);
    }
    buf_release(&tls->server_key);
    buf_release(&tls->server_pem);
}

static enum err write_tls(const struct host *host, const char *home, const struct cert_set *set,
                          struct diag *diag)
{
    char path[CONFIG_PATH_SIZE], pins[2 * CERT_PIN_SIZE + 4];
    enum err e = home_path(home, HOME_TLS, path);
    if (!e) {
        e = host->files->make_folder(host->ctx, path);
    }
    if (e) {
        return diag_set(diag, e, path, err_name(e), NULL);
    }
    int size = snprintf(pins, sizeof pins, "%s\n%s\n", set->server_pin, set->backup_pin);
    const struct {
        const char *name;
        struct span bytes;
    } files[] = {
        {HOME_CA, buf_span(&set->ca_pem)},
        {HOME_CA_KEY, buf_span(&set->ca_key_pem)},
        {HOME_SERVER_PEM, buf_span(&set->server_pem)},
        {HOME_SERVER_KEY, buf_span(&set->server_key_pem)},
        {HOME_BACKUP_KEY, buf_span(&set->backup_key_pem)},
        {HOME_PINS, span_from(pins, (size_t)size)},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        e = home_write(host, home, files[i].name, files[i].bytes, diag);
        if (e) {
            return e;
        }
    }
    return OK;
}

/* The host of "https://host:port" or "https://[v6]:port". */
static void host_of_url(const char *url, char ret[CONFIG_TEXT_SIZE])
{
    struct span rest = span_of(url), host;
    rest = span_cut(rest, strlen("https://"), rest.size);
    if (rest.size > 0 && rest.data[0] == '[') {
        rest = span_cut(rest, 1, rest.size);
        if (!span_split(&rest, ']', &host)) {
            host = rest;
        }
    } else if (!span_split(&rest, ':', &host)) {
        host = rest;
    }
    span_text(host, ret, CONFIG_TEXT_SIZE);
}

static enum err make_tls(const struct host *host, const char *home,
                         const struct server_config *config, struct diag *diag)
{
    const char *names[CERT_NAMES_OF_HUB];
    char url_host[CONFIG_TEXT_SIZE];
    size_t count = 0;
    struct cert_set set;
    host_of_url(config->url, url_host);
    if (strcmp(url_host, "localhost") != 0) {
        names[count++] = url_host;
    }
    bool every = config->address[0] == '\0' || strcmp(config->address, "0.0.0.0") == 0 ||
                 strcmp(config->address, "::") == 0;
    if (!every && strcmp(config->address, url_host) != 0) {
        names[count++] = config->address;
    }
    enum err e = cert_make(host, names, count, &set, diag);
    if (e) {
        return e;
    }
    e = write_tls(host, home, &set, diag);
    cert_set_release(&set);
    return e;
}

/* ---- init */

static void complete_url(struct server_config *config)
{
    char url[CONFIG_TEXT_SIZE + 32];
    const char *host = config->address;
    if (config->url[0] != '\0') {
        return;
    }
    if (*host == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
        host = "localhost";
    }
    bool v6 = strchr(host, ':') != NULL;
    (void)snprintf(url, sizeof url, "https://%s%s%s:%lld", v6 ? "[" : "", host, v6 ? "]" : "",
                   (long long)config->port);
    span_text(span_of(url), config->url, sizeof config->url);
}

/* The region stands in its own configuration, so that its name shows where it acted. */
static enum err publish_self(struct node *node, const struct server_config *config,
                             const struct public_key *recovery, const struct host *host,
                             struct diag *diag)
{
    struct node_identity self;
    struct buf definition;
    struct json_writer writer;
    char id[ID_TEXT_SIZE], key[BASE64_SIZE(PUBLIC_KEY_SIZE) + 1];
    enum err e = node_identity(node, &self);
    if (e) {
        return diag_keep(diag, e);
    }
    id_write(self.id, id);
    base64_write(self.key.bytes, PUBLIC_KEY_SIZE, key);
    buf_init(&definition, &host->mem, DEFINITION_MAX);
    json_begin(&writer, &definition);
    json_open(&writer, '{');
    const char *const members[][2] = {{"id", id},
                                      {"name", config->name},
                                      {"role", "region"},
                                      {"key", key},
                                      {"short", self.short_code}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_name(&writer, members[i][0]);
        json_put_text(&writer, members[i][1]);
    }
    json_name(&writer, "scopes");
    json_put_raw(&writer, span_of("[]"));
    json_name(&writer, "compartments");
    json_put_raw(&writer, span_of("[]"));
    if (recovery != NULL) {
        base64_write(recovery->bytes, PUBLIC_KEY_SIZE, key);
        json_name(&writer, "recovery");
        json_put_text(&writer, key);
    }
    json_close(&writer, '}');
    e = buf_error(&definition);
    if (!e) {
        e = org_publish(node, "_node", id, buf_span(&definition), diag);
    }
    buf_release(&definition);
    return e ? diag_keep(diag, e) : OK;
}

static enum err make_node(const struct host *host, const char *home, enum role role,
                          const struct server_config *config, const struct public_key *recovery,
                          struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    uint8_t seed[SECRET_SEED_SIZE];
    struct node *node = NULL;
    enum err e = home_path(home, HOME_DB, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    host->random(host->ctx, seed, sizeof seed);
    e = node_create(host, path, role, role == ROLE_REGION ? seed : NULL, diag);
    sign_wipe(seed, sizeof seed);
    if (e || role != ROLE_REGION) {
        return e;
    }
    e = node_open(host, path, &node, diag);
    if (e) {
        return e;
    }
    e = publish_self(node, config, recovery, host, diag);
    node_close(node);
    return e;
}

enum err home_create(const struct host *host, const char *home, enum role role,
                     struct server_config *config, const struct public_key *recovery,
                     struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, HOME_DB, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    if (host->files->exists(host->ctx, path)) {
        return diag_set(diag, ERR_EXISTS, "node", path, NULL);
    }
    e = host->files->make_folder(host->ctx, home);
    if (e) {
        return diag_set(diag, e, home, err_name(e), NULL);
    }
    complete_url(config);
    e = make_tls(host, home, config, diag);
    if (!e) {
        e = server_config_save(host, home, config, diag);
    }
    return e ? e : make_node(host, home, role, config, recovery, diag);
}

void fingerprint_write(const struct public_key *org_key, char ret[FINGERPRINT_SIZE])
{
    uint8_t bytes[16];
    char hex[2 * sizeof bytes + 1];
    char *at = ret;
    enrol_fingerprint(org_key, bytes);
    hex_write(bytes, sizeof bytes, hex);
    for (size_t i = 0; i < 2 * sizeof bytes; i += 4) {
        if (i > 0) {
            *at++ = ' ';
        }
        memcpy(at, hex + i, 4);
        at += 4;
    }
    *at = '\0';
}
