#include "test.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "test_mem.h"

#define YEAR_S 31557600LL

/* A host with a clock that a test sets and randomness that counts. */
struct fixed {
    int64_t now_ms;
    uint8_t next;
};

static int64_t fixed_now_ms(void *ctx)
{
    return ((struct fixed *)ctx)->now_ms;
}

static void fixed_random(void *ctx, void *ret, size_t size)
{
    struct fixed *fixed = ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)ret)[i] = fixed->next++;
    }
}

struct setting {
    struct fixed fixed;
    struct test_mem memory;
    struct host host;
    struct cert_set set;
};

static struct setting setting;

static const char *const names[] = {"hub.azilal.example", "192.168.1.20", "fd00::20", "localhost",
                                    "hub.azilal.example"};

static int begin(void **state)
{
    setting.fixed = (struct fixed){.now_ms = 1795000000000}; /* 2026 */
    setting.host = (struct host){
        .ctx = &setting.fixed,
        .mem = *test_mem_init(&setting.memory, 0),
        .now_ms = fixed_now_ms,
        .random = fixed_random,
    };
    *state = &setting;
    return cert_make(&setting.host, names, COUNT_OF(names), &setting.set, NULL) != OK;
}

static int end(void **state)
{
    struct setting *s = *state;
    cert_set_release(&s->set);
    return s->memory.live_count != 0;
}

static gnutls_x509_crt_t crt_of(const struct buf *pem)
{
    gnutls_datum_t text = {.data = pem->data, .size = (unsigned)pem->size};
    gnutls_x509_crt_t crt;
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM), 0);
    return crt;
}

static unsigned verify(struct setting *s, const char *host_name)
{
    unsigned status = 0;
    gnutls_x509_crt_t ca = crt_of(&s->set.ca_pem);
    gnutls_x509_crt_t crt = crt_of(&s->set.server_pem);
    gnutls_x509_trust_list_t trust;
    gnutls_typed_vdata_st wanted[2] = {
        {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER},
        {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)(uintptr_t)host_name},
    };
    assert_int_equal(gnutls_x509_trust_list_init(&trust, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(trust, &ca, 1, 0), 1);
    assert_int_equal(
        gnutls_x509_trust_list_verify_crt2(trust, &crt, 1, wanted, 2, 0, &status, NULL), 0);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_trust_list_deinit(trust, 1);
    return status;
}

static void the_server_is_vouched_for_under_all_its_names(void **state)
{
    struct setting *s = *state;
    assert_int_equal(verify(s, "hub.azilal.example"), 0);
    assert_int_equal(verify(s, "192.168.1.20"), 0);
    assert_int_equal(verify(s, "fd00::20"), 0);
    assert_int_equal(verify(s, "localhost"), 0);
    assert_int_equal(verify(s, "127.0.0.1"), 0);
    assert_int_equal(verify(s, "::1"), 0);
    assert_int_not_equal(verify(s, "hub.beni-mellal.example"), 0);
    assert_int_not_equal(verify(s, "192.168.1.21"), 0);
}

static void a_name_given_twice_stands_once(void **state)
{
    struct setting *s = *state;
    gnutls_x509_crt_t crt = crt_of(&s->set.server_pem);
    unsigned count = 0;
    char name[256];
    size_t size = sizeof name;
    while (gnutls_x509_crt_get_subject_alt_name(crt, count, name, &size, NULL) >= 0) {
        size = sizeof name;
        count++;
    }
    gnutls_x509_crt_deinit(crt);
    assert_int_equal(count, 6);
}

static void the_authority_signs_servers_and_nothing_below(void **state)
{
    struct setting *s = *state;
    gnutls_x509_crt_t ca = crt_of(&s->set.ca_pem);
    gnutls_x509_crt_t crt = crt_of(&s->set.server_pem);
    unsigned critical = 0;
    unsigned is_ca = 0;
    unsigned usage = 0;
    int path_length = -1;
    assert_true(gnutls_x509_crt_get_basic_constraints(ca, &critical, &is_ca, &path_length) >= 0);
    assert_int_equal(is_ca, 1);
    assert_int_equal(path_length, 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(ca, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    assert_int_equal(gnutls_x509_crt_get_ca_status(crt, &critical), 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(crt, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(gnutls_x509_crt_get_signature_algorithm(crt), GNUTLS_SIGN_ECDSA_SHA256);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(crt);
}

static void dates_leave_room_for_slow_clocks(void **state)
{
    struct setting *s = *state;
    gnutls_x509_crt_t crt = crt_of(&s->set.server_pem);
    assert_int_equal(gnutls_x509_crt_get_activation_time(crt), CERT_FROM_S);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(crt),
                     s->fixed.now_ms / 1000 + 20 * YEAR_S);
    gnutls_x509_crt_deinit(crt);
}

static void a_hub_whose_clock_stands_at_1970_gets_useful_dates(void **state)
{
    struct setting *s = *state;
    struct cert_set set;
    s->fixed.now_ms = 0;
    assert_int_equal(cert_make(&s->host, NULL, 0, &set, NULL), OK);
    gnutls_x509_crt_t crt = crt_of(&set.server_pem);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(crt), CERT_FROM_S + 20 * YEAR_S);
    gnutls_x509_crt_deinit(crt);
    cert_set_release(&set);
}

static void pins_name_keys_not_certificates(void **state)
{
    struct setting *s = *state;
    char pin[CERT_PIN_SIZE];
    assert_int_equal(cert_pin_of_pem(buf_text(&s->set.server_pem), pin), OK);
    assert_string_equal(pin, s->set.server_pin);
    assert_int_equal(cert_pin_of_pem(buf_text(&s->set.server_key_pem), pin), OK);
    assert_string_equal(pin, s->set.server_pin);
    assert_int_equal(cert_pin_of_pem(buf_text(&s->set.backup_key_pem), pin), OK);
    assert_string_equal(pin, s->set.backup_pin);
    assert_string_not_equal(s->set.server_pin, s->set.backup_pin);
    assert_int_equal(strlen(pin), 52);
    assert_memory_equal(pin, "sha256//", 8);
    assert_int_equal(cert_pin_of_pem("no PEM", pin), ERR_FORMAT);
}

/* A certificate made elsewhere, with its pin computed by another program:
   openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform DER |
   openssl dgst -sha256 -binary | base64 */
static void a_known_certificate_has_its_known_pin(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIIBdTCCARugAwIBAgIUZaL5M+XY51ONQNLk847zf+bk6NYwCgYIKoZIzj0EAwIw\n"
                              "EDEOMAwGA1UEAwwFa25vd24wHhcNMjYxMTIzMTQ1OTMzWhcNNDYxMTE4MTQ1OTMz\n"
                              "WjAQMQ4wDAYDVQQDDAVrbm93bjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKt9\n"
                              "H/Tccp8z3qLA0otbh5TqS/H/vVorw5cyXA6eEIeopmwVVcJDuY6h2PScbMG/h0A+\n"
                              "JjMnzJV6fsFA0zjCt4CjUzBRMB0GA1UdDgQWBBTCZeyOiu7wuD+VJMaRc0ekOeM3\n"
                              "0jAfBgNVHSMEGDAWgBTCZeyOiu7wuD+VJMaRc0ekOeM30jAPBgNVHRMBAf8EBTAD\n"
                              "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDvcmmxxJ8hB7wPOgGJMqFRY9ZCfULcaflr\n"
                              "zVeZ4iayaAIgdkNelOuk/pniBeuqjUb4MIx8czw0lU7UkGcfbXObBPg=\n"
                              "-----END CERTIFICATE-----\n";
    char pin[CERT_PIN_SIZE];
    assert_int_equal(cert_pin_of_pem(pem, pin), OK);
    assert_string_equal(pin, "sha256//WTXIYMf8mmu320Rs2YumeP0hXYKqAClpvl4n9IUwv7c=");
}

static void the_backup_key_can_take_over(void **state)
{
    struct setting *s = *state;
    char pin[CERT_PIN_SIZE];
    struct cert_request request = {
        .ca_pem = buf_text(&s->set.ca_pem),
        .ca_key_pem = buf_text(&s->set.ca_key_pem),
        .key_pem = buf_text(&s->set.backup_key_pem),
        .names = names,
        .name_count = 1,
    };
    buf_clear(&s->set.server_pem);
    assert_int_equal(cert_issue(&s->host, &request, &s->set.server_pem, NULL), OK);
    assert_int_equal(verify(s, "hub.azilal.example"), 0);
    assert_int_equal(cert_pin_of_pem(buf_text(&s->set.server_pem), pin), OK);
    assert_string_equal(pin, s->set.backup_pin);
}

static void names_that_are_none_are_refused_by_name(void **state)
{
    struct setting *s = *state;
    static const char *const bad[] = {
        "",
        "hub example",
        "*.example",
        "-hub.example",
        "hub-.example",
        "hub..example",
        ".example",
        "hub.example.",
        "https://hub.example",
        "hub.example:8443",
        "h\xc3\xa9.example",
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         ".example")};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct cert_set set;
        struct diag diag = {.code = OK};
        assert_int_equal(cert_make(&s->host, &bad[i], 1, &set, &diag), ERR_CONFIG);
        assert_string_equal(diag.args[1], bad[i]);
    }
}

static void running_out_of_memory_leaves_nothing_behind(void **state)
{
    struct setting *s = *state;
    for (size_t nth = 1;; nth++) {
        struct cert_set set;
        struct test_mem memory;
        struct host host = s->host;
        host.mem = *test_mem_init(&memory, nth);
        enum err e = cert_make(&host, names, 1, &set, NULL);
        if (!memory.failed) {
            assert_int_equal(e, OK);
            cert_set_release(&set);
            assert_true(nth > 5);
            return;
        }
        assert_int_equal(e, ERR_NOMEM);
        assert_int_equal(memory.live_count, 0);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(the_server_is_vouched_for_under_all_its_names),
        CASE(a_name_given_twice_stands_once),
        CASE(the_authority_signs_servers_and_nothing_below),
        CASE(dates_leave_room_for_slow_clocks),
        CASE(a_hub_whose_clock_stands_at_1970_gets_useful_dates),
        CASE(pins_name_keys_not_certificates),
        CASE(a_known_certificate_has_its_known_pin),
        CASE(the_backup_key_can_take_over),
        CASE(names_that_are_none_are_refused_by_name),
        CASE(running_out_of_memory_leaves_nothing_behind),
    };
#undef CASE
    return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
