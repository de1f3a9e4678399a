#include "cert.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#include "sign.h"

#define PEM_MAX     16384
#define SPKI_MAX    1024
#define SERIAL_SIZE 16
#define DNS_MAX     253
#define LABEL_MAX   63

static const char *const own_names[] = {"localhost", "127.0.0.1", "::1"};
#define OWN_NAME_COUNT (sizeof own_names / sizeof own_names[0])

/* GnuTLS takes counted, unsigned and not const bytes; it does not change them. */
static gnutls_datum_t datum_of(const char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text,
                            .size = (unsigned)strlen(text)};
}

static enum err err_of_gnutls(int code)
{
    if (code >= 0) {
        return OK;
    }
    return code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_INTERNAL;
}

static enum err failed(struct diag *diag, enum err e, const char *where)
{
    return diag_set(diag, e, where, NULL);
}

/* Letters, digits and hyphens in labels of at most 63 (RFC 1123); a first label "*" is refused: a
   hub answers for itself only. */
static bool is_dns_name(const char *name)
{
    size_t label = 0;
    size_t size = strlen(name);
    if (size == 0 || size > DNS_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '.' && label > 0 && name[i - 1] != '-') {
            label = 0;
        } else if ((letter || (c == '-' && label > 0)) && label < LABEL_MAX) {
            label++;
        } else {
            return false;
        }
    }
    return label > 0 && name[size - 1] != '-';
}

static enum err add_name(gnutls_x509_crt_t crt, const char *name, struct diag *diag)
{
    unsigned char address[16];
    int code;
    if (inet_pton(AF_INET, name, address) == 1) {
        code = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 4,
                                                    GNUTLS_FSAN_APPEND);
    } else if (inet_pton(AF_INET6, name, address) == 1) {
        code = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 16,
                                                    GNUTLS_FSAN_APPEND);
    } else if (is_dns_name(name)) {
        code = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
                                                    (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
    } else {
        return diag_set(diag, ERR_CONFIG, "certificate name", name, NULL);
    }
    return err_of_gnutls(code);
}

/* True when `name` is one of the names before it, or one that is added anyway. */
static bool is_repeated(const char *const *names, size_t index)
{
    for (size_t i = 0; i < OWN_NAME_COUNT; i++) {
        if (strcmp(own_names[i], names[index]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(names[i], names[index]) == 0) {
            return true;
        }
    }
    return false;
}

static enum err add_names(gnutls_x509_crt_t crt, const char *const *names, size_t name_count,
                          struct diag *diag)
{
    if (name_count > CERT_NAMES_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "certificate names", "32", NULL);
    }
    enum err e = OK;
    for (size_t i = 0; i < name_count && !e; i++) {
        if (!is_repeated(names, i)) {
            e = add_name(crt, names[i], diag);
        }
    }
    for (size_t i = 0; i < OWN_NAME_COUNT && !e; i++) {
        e = add_name(crt, own_names[i], diag);
    }
    return e;
}

static enum err make_key(gnutls_x509_privkey_t *ret)
{
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);
    if (code >= 0) {
        code = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    }
    if (code < 0) {
        gnutls_x509_privkey_deinit(key);
        return err_of_gnutls(code);
    }
    *ret = key;
    return OK;
}

static enum err read_key(const char *pem, gnutls_x509_privkey_t *ret)
{
    gnutls_datum_t text = datum_of(pem);
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);
    if (code >= 0) {
        code = gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM);
    }
    if (code < 0) {
        gnutls_x509_privkey_deinit(key);
        return code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_FORMAT;
    }
    *ret = key;
    return OK;
}

static enum err read_crt(const char *pem, gnutls_x509_crt_t *ret)
{
    gnutls_datum_t text = datum_of(pem);
    gnutls_x509_crt_t crt = NULL;
    int code = gnutls_x509_crt_init(&crt);
    if (code >= 0) {
        code = gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM);
    }
    if (code < 0) {
        gnutls_x509_crt_deinit(crt);
        return code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_FORMAT;
    }
    *ret = crt;
    return OK;
}

static enum err add_key_pem(gnutls_x509_privkey_t key, struct buf *ret)
{
    gnutls_datum_t pem = {NULL, 0};
    int code =
        gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
    if (code < 0) {
        return err_of_gnutls(code);
    }
    buf_add(ret, pem.data, pem.size);
    sign_wipe(pem.data, pem.size);
    gnutls_free(pem.data);
    return buf_error(ret);
}

static enum err add_crt_pem(gnutls_x509_crt_t crt, struct buf *ret)
{
    gnutls_datum_t pem = {NULL, 0};
    int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
    if (code < 0) {
        return err_of_gnutls(code);
    }
    buf_add(ret, pem.data, pem.size);
    gnutls_free(pem.data);
    return buf_error(ret);
}

/* What the authority's and the server's certificate have in common. */
static int set_basics(const struct host *host, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                      int64_t from_s, int64_t until_s)
{
    uint8_t serial[SERIAL_SIZE];
    uint8_t key_id[64];
    size_t key_id_size = sizeof key_id;
    host->random(host->ctx, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and always 16 bytes long */

    int code = gnutls_x509_crt_set_version(crt, 3);
    if (code >= 0) {
        code = gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_activation_time(crt, (time_t)from_s);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_expiration_time(crt, (time_t)until_s);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_key(crt, key);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_get_key_id(crt, 0, key_id, &key_id_size);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_subject_key_id(crt, key_id, key_id_size);
    }
    return code;
}

static int set_common_name(gnutls_x509_crt_t crt, const char *name)
{
    size_t size = strlen(name);
    return gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                         (unsigned)(size > 64 ? 64 : size));
}

/* Each authority has a name of its own: two hubs in one trust store must stay apart. */
static enum err make_ca(const struct host *host, gnutls_x509_privkey_t key, int64_t until_s,
                        gnutls_x509_crt_t *ret)
{
    static const char digits[] = "0123456789abcdef";
    char name[] = "Douar hub authority 00000000";
    uint8_t random[8];
    host->random(host->ctx, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        name[sizeof name - 1 - sizeof random + i] = digits[random[i] & 15];
    }
    gnutls_x509_crt_t crt = NULL;
    int code = gnutls_x509_crt_init(&crt);
    if (code >= 0) {
        code = set_basics(host, crt, key, CERT_FROM_S, until_s);
    }
    if (code >= 0) {
        code = set_common_name(crt, name);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_basic_constraints(crt, 1, 0);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    }
    if (code < 0) {
        gnutls_x509_crt_deinit(crt);
        return err_of_gnutls(code);
    }
    *ret = crt;
    return OK;
}

static int set_server_use(gnutls_x509_crt_t crt, gnutls_x509_crt_t ca)
{
    uint8_t key_id[64];
    size_t key_id_size = sizeof key_id;
    int code = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
    if (code >= 0) {
        code = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_get_subject_key_id(ca, key_id, &key_id_size, NULL);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_set_authority_key_id(crt, key_id, key_id_size);
    }
    return code;
}

static int64_t default_until_s(const struct host *host)
{
    int64_t now_s = host->now_ms(host->ctx) / 1000;
    /* A clock before 2020 would give a certificate that ends too soon, or before it begins. */
    return (now_s > CERT_FROM_S ? now_s : CERT_FROM_S) + CERT_LIFETIME_S;
}

enum err cert_issue(const struct host *host, const struct cert_request *request,
                    struct buf *ret_pem, struct diag *diag)
{
    bool usual = request->from_s == 0 && request->until_s == 0;
    int64_t from_s = usual ? CERT_FROM_S : request->from_s;
    int64_t until_s = usual ? default_until_s(host) : request->until_s;
    gnutls_x509_crt_t ca = NULL;
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t ca_key = NULL;
    gnutls_x509_privkey_t key = NULL;
    int code = GNUTLS_E_SUCCESS;

    enum err e = read_crt(request->ca_pem, &ca);
    if (!e) {
        e = read_key(request->ca_key_pem, &ca_key);
    }
    if (!e) {
        e = read_key(request->key_pem, &key);
    }
    if (!e) {
        e = err_of_gnutls(gnutls_x509_crt_init(&crt));
    }
    if (e) {
        failed(diag, e, "certificate or key");
        goto out;
    }
    e = add_names(crt, request->names, request->name_count, diag);
    if (e) {
        diag_keep(diag, e);
        goto out;
    }
    code = set_basics(host, crt, key, from_s, until_s);
    if (code >= 0) {
        code = set_common_name(crt, request->name_count > 0 ? request->names[0] : own_names[0]);
    }
    if (code >= 0) {
        code = set_server_use(crt, ca);
    }
    if (code >= 0) {
        code = gnutls_x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0);
    }
    e = code >= 0 ? add_crt_pem(crt, ret_pem) : err_of_gnutls(code);
    if (e) {
        failed(diag, e, "certificate");
    }
out:
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_privkey_deinit(ca_key);
    gnutls_x509_privkey_deinit(key);
    return e;
}

static void set_init(struct cert_set *set, const struct mem *mem)
{
    memset(set, 0, sizeof *set);
    buf_init(&set->ca_pem, mem, PEM_MAX);
    buf_init(&set->ca_key_pem, mem, PEM_MAX);
    buf_init(&set->server_pem, mem, PEM_MAX);
    buf_init(&set->server_key_pem, mem, PEM_MAX);
    buf_init(&set->backup_key_pem, mem, PEM_MAX);
}

static void wipe_buf(struct buf *buf)
{
    if (buf->data != NULL) {
        sign_wipe(buf->data, buf->size);
    }
    buf_release(buf);
}

void cert_set_release(struct cert_set *set)
{
    wipe_buf(&set->ca_key_pem);
    wipe_buf(&set->server_key_pem);
    wipe_buf(&set->backup_key_pem);
    buf_release(&set->ca_pem);
    buf_release(&set->server_pem);
}

static enum err make_key_pem(struct buf *ret, char ret_pin[CERT_PIN_SIZE])
{
    gnutls_x509_privkey_t key = NULL;
    enum err e = make_key(&key);
    if (!e) {
        e = add_key_pem(key, ret);
    }
    gnutls_x509_privkey_deinit(key);
    return e ? e : cert_pin_of_pem(buf_text(ret), ret_pin);
}

static enum err make_authority(const struct host *host, struct cert_set *set)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t ca = NULL;
    enum err e = make_key(&key);
    if (!e) {
        e = make_ca(host, key, default_until_s(host), &ca);
    }
    if (!e) {
        e = add_crt_pem(ca, &set->ca_pem);
    }
    if (!e) {
        e = add_key_pem(key, &set->ca_key_pem);
    }
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_privkey_deinit(key);
    return e;
}

enum err cert_make(const struct host *host, const char *const *names, size_t name_count,
                   struct cert_set *ret, struct diag *diag)
{
    struct cert_set set;
    set_init(&set, &host->mem);
    enum err e = make_authority(host, &set);
    if (!e) {
        e = make_key_pem(&set.server_key_pem, set.server_pin);
    }
    if (!e) {
        e = make_key_pem(&set.backup_key_pem, set.backup_pin);
    }
    if (e) {
        failed(diag, e, "keys");
        goto out;
    }
    struct cert_request request = {
        .ca_pem = buf_text(&set.ca_pem),
        .ca_key_pem = buf_text(&set.ca_key_pem),
        .key_pem = buf_text(&set.server_key_pem),
        .names = names,
        .name_count = name_count,
    };
    e = cert_issue(host, &request, &set.server_pem, diag);
out:
    if (e) {
        cert_set_release(&set);
        return e;
    }
    *ret = set;
    return OK;
}

/* The public key of the first certificate, or else private key, in the text. */
static enum err public_key_of_pem(const char *pem, gnutls_pubkey_t public_key)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;
    gnutls_privkey_t abstract_key = NULL;
    int code;
    enum err e = read_crt(pem, &crt);
    if (!e) {
        code = gnutls_pubkey_import_x509(public_key, crt, 0);
        gnutls_x509_crt_deinit(crt);
        return err_of_gnutls(code);
    }
    e = read_key(pem, &key);
    if (e) {
        return e;
    }
    code = gnutls_privkey_init(&abstract_key);
    if (code >= 0) {
        code = gnutls_privkey_import_x509(abstract_key, key, 0);
    }
    if (code >= 0) {
        code = gnutls_pubkey_import_privkey(public_key, abstract_key, 0, 0);
    }
    gnutls_privkey_deinit(abstract_key);
    gnutls_x509_privkey_deinit(key);
    return err_of_gnutls(code);
}

static enum err write_pin(gnutls_pubkey_t key, char ret[CERT_PIN_SIZE])
{
    uint8_t spki[SPKI_MAX];
    uint8_t digest[32];
    size_t spki_size = sizeof spki;
    gnutls_datum_t text = {NULL, 0};
    int code = gnutls_pubkey_export(key, GNUTLS_X509_FMT_DER, spki, &spki_size);
    if (code >= 0) {
        code = gnutls_hash_fast(GNUTLS_DIG_SHA256, spki, spki_size, digest);
    }
    if (code >= 0) {
        gnutls_datum_t data = {.data = digest, .size = sizeof digest};
        code = gnutls_base64_encode2(&data, &text);
    }
    if (code < 0) {
        return err_of_gnutls(code);
    }
    memcpy(ret, "sha256//", 8);
    memcpy(ret + 8, text.data, CERT_PIN_SIZE - 9);
    ret[CERT_PIN_SIZE - 1] = '\0';
    gnutls_free(text.data);
    return OK;
}

enum err cert_pin_of_pem(const char *pem, char ret[CERT_PIN_SIZE])
{
    gnutls_pubkey_t key = NULL;
    enum err e = err_of_gnutls(gnutls_pubkey_init(&key));
    if (!e) {
        e = public_key_of_pem(pem, key);
    }
    if (!e) {
        e = write_pin(key, ret);
    }
    gnutls_pubkey_deinit(key);
    return e;
}
