/* enrol_message: the code as people type it, the request it makes, and the answer. */
#include "test.h"

#include <string.h>

#include "enrol_message.h"
#include "test_golden.h"
#include "test_reader.h"
#include "test_wire.h"
#include "wire_limits.h"

#define PIN   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ID22  "EBESExQVFhcYGRobHB0eHw"
#define KEY43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SIG86                                                                                      \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct bench {
    struct test_mem memory;
    struct arena arena;
    struct buf text;
};

static void bench_init(struct bench *bench)
{
    const struct mem *mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->arena, mem, READER_ARENA_MAX);
    buf_init(&bench->text, mem, WIRE_ANSWER_MAX);
}

static void bench_release(struct bench *bench)
{
    arena_release(&bench->arena);
    buf_release(&bench->text);
    assert_int_equal(bench->memory.live_count, 0);
}

static struct enrol_code example(void)
{
    struct test_key org = test_key(9);
    struct enrol_code code = {.url = "https://hub.azilal.example:8443",
                              .pins = {PIN, PIN},
                              .pin_count = 2,
                              .hub = test_id(0x40)};
    enrol_fingerprint(&org.open, code.org_fingerprint);
    memset(code.code_id, 0x11, sizeof code.code_id);
    memset(code.secret, 0x22, sizeof code.secret);
    return code;
}

static void assert_code(const struct enrol_code *read)
{
    struct enrol_code given = example();
    assert_string_equal(read->url, given.url);
    assert_int_equal(read->pin_count, 2);
    assert_string_equal(read->pins[0], PIN);
    assert_string_equal(read->pins[1], PIN);
    assert_true(id_equal(read->hub, given.hub));
    assert_memory_equal(read->org_fingerprint, given.org_fingerprint, 16);
    assert_memory_equal(read->code_id, given.code_id, ENROL_CODE_ID_SIZE);
    assert_memory_equal(read->secret, given.secret, ENROL_SECRET_SIZE);
}

static void a_code_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_code read;
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    assert_int_equal(enrol_code_read(buf_span(&bench.text), &bench.arena, &read, NULL), OK);
    assert_code(&read);
    assert_golden("enrol-code", buf_span(&bench.text), true);
    bench_release(&bench);
}

/* With the server's key it is good by file too. */
static void a_code_with_a_key_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_code read;
    struct test_key hub = test_key(12);
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    assert_int_equal(enrol_code_read(buf_span(&bench.text), &bench.arena, &read, NULL), OK);
    assert_false(read.has_key);
    code.has_key = true;
    code.hub_key = hub.open;
    buf_clear(&bench.text);
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    assert_int_equal(enrol_code_read(buf_span(&bench.text), &bench.arena, &read, NULL), OK);
    assert_code(&read);
    assert_true(read.has_key);
    assert_memory_equal(read.hub_key.bytes, hub.open.bytes, PUBLIC_KEY_SIZE);
    assert_golden("enrol-code-key", buf_span(&bench.text), true);
    bench_release(&bench);
}

/* Lower case, no dashes, spaces and line ends where a mail program broke the line. */
static void a_code_is_read_however_it_was_typed(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_code read;
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    struct buf typed;
    buf_init(&typed, &bench.memory.mem, 4096);
    buf_add_text(&typed, " \n");
    for (size_t i = 0; i < bench.text.size; i++) {
        uint8_t c = bench.text.data[i];
        if (c == '-' && i > 7) {
            continue;
        }
        buf_add_byte(&typed, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c);
        buf_add_text(&typed, i > 7 && i % 61 == 0 ? "\r\n" : i > 7 && i % 7 == 0 ? " " : "");
    }
    buf_add_text(&typed, "\n");
    assert_int_equal(enrol_code_read(buf_span(&typed), &bench.arena, &read, NULL), OK);
    assert_code(&read);
    buf_release(&typed);
    bench_release(&bench);
}

static void every_mistyped_character_is_noticed(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    for (size_t i = 7; i < bench.text.size; i++) {
        uint8_t right = bench.text.data[i];
        if (right == '-') {
            continue;
        }
        struct enrol_code read;
        struct diag diag = {0};
        bench.text.data[i] = right == 'A' ? 'B' : 'A';
        assert_int_equal(enrol_code_read(buf_span(&bench.text), &bench.arena, &read, &diag),
                         ERR_BAD_CODE);
        assert_string_equal(diag.args[0], "mistyped or cut short");
        bench.text.data[i] = right;
    }
    bench_release(&bench);
}

static void two_characters_in_the_wrong_order_are_noticed(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_code read;
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    for (size_t i = 7; i + 1 < bench.text.size; i++) {
        uint8_t *at = bench.text.data + i;
        uint8_t first = at[0];
        if (at[0] == at[1] || at[0] == '-' || at[1] == '-') {
            continue;
        }
        at[0] = at[1];
        at[1] = first;
        assert_int_equal(enrol_code_read(buf_span(&bench.text), &bench.arena, &read, NULL),
                         ERR_BAD_CODE);
        at[1] = at[0];
        at[0] = first;
    }
    bench_release(&bench);
}

static enum err read_code(struct span text, struct arena *arena, struct diag *diag)
{
    struct enrol_code code;
    return enrol_code_read(text, arena, &code, diag);
}

static void what_is_no_code_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"", ERR_BAD_CODE},
        {"DOUAR1", ERR_BAD_CODE},
        {"DOUAR1-", ERR_BAD_CODE},
        {"DOUAR2-AAAA", ERR_BAD_CODE},
        {"https://hub", ERR_BAD_CODE},
        {"DOUAR1-1890!", ERR_BAD_CODE},
        {"DOUAR1-AAAAA-AAAAA", ERR_BAD_CODE},
    };
    assert_refused(read_code, refusals, COUNT_OF(refusals));
    static char large[8192];
    memset(large, 'A', sizeof large - 1);
    memcpy(large, "DOUAR1-", 7);
    const struct test_refusal too_large = {large, ERR_BAD_CODE};
    assert_refused(read_code, &too_large, 1);
}

static void a_code_that_would_be_refused_is_not_written(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://hub:80", "https://", "https://hub/path", "https://user@hub", "https://hub?x",
        "ftp://hub",     ""};
    struct bench bench;
    bench_init(&bench);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct enrol_code code = example();
        code.url = urls[i];
        assert_int_equal(enrol_code_write(&code, &bench.text), ERR_FORMAT);
    }
    struct enrol_code code = example();
    code.pins[1] = "sha256//short";
    assert_int_equal(enrol_code_write(&code, &bench.text), ERR_FORMAT);
    code.pin_count = 0;
    assert_int_equal(enrol_code_write(&code, &bench.text), ERR_FORMAT);
    assert_int_equal(bench.text.size, 0);
    bench_release(&bench);
}

static struct enrol_request request_example(void)
{
    struct enrol_code code = example();
    struct test_key key = test_key(5);
    struct enrol_request request = {
        .node = test_id(0x60), .key = key.open, .name = "Tablette d'Aït Bouguemez"};
    memcpy(request.code_id, code.code_id, sizeof request.code_id);
    memcpy(request.secret, code.secret, sizeof request.secret);
    return request;
}

static void a_request_comes_back_and_is_bound_to_its_parts(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_request read;
    bench_init(&bench);
    struct enrol_request given = request_example();
    struct test_key key = test_key(5);
    assert_int_equal(enrol_request_write(&given, test_id(0x40), &key.secret, &bench.text), OK);
    assert_int_equal(enrol_request_read(buf_span(&bench.text), &bench.arena, &read, NULL), OK);
    assert_string_equal(read.name, given.name);
    assert_true(id_equal(read.node, given.node));
    assert_true(enrol_request_verify(&read, test_id(0x40)));
    assert_golden("enrol-request", buf_span(&bench.text), true);
    assert_false(enrol_request_verify(&read, test_id(0x41)));
    struct enrol_request changed = read;
    changed.secret[0] ^= 1;
    assert_false(enrol_request_verify(&changed, test_id(0x40)));
    changed = read;
    changed.node.bytes[0] ^= 1;
    assert_false(enrol_request_verify(&changed, test_id(0x40)));
    changed = read;
    changed.key = test_key(6).open;
    assert_false(enrol_request_verify(&changed, test_id(0x40)));
    bench_release(&bench);
}

static enum err read_request(struct span text, struct arena *arena, struct diag *diag)
{
    struct enrol_request request;
    return enrol_request_read(text, arena, &request, diag);
}

#define REQUEST(v, name, rest)                                                                     \
    "{\"v\":" v ",\"code\":\"ERERERER\",\"secret\":\"" ID22 "\",\"node\":\"" ID22                  \
    "\",\"key\":\"" KEY43 "\",\"name\":" name rest "}"

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {REQUEST("1", "\"Tablet 3\"", ",\"sig\":\"" SIG86 "\""), OK},
        {REQUEST("2", "\"Tablet 3\"", ",\"sig\":\"" SIG86 "\""), ERR_UNKNOWN_FORMAT},
        {REQUEST("1", "\"\"", ",\"sig\":\"" SIG86 "\""), ERR_FORMAT},
        {REQUEST("1", "\"a\\nb\"", ",\"sig\":\"" SIG86 "\""), ERR_FORMAT},
        {REQUEST("1",
                 "\"a\xE2\x80\xAE"
                 "b\"",
                 ",\"sig\":\"" SIG86 "\""),
         ERR_FORMAT},
        {REQUEST("1",
                 "\"123456789012345678901234567890123456789012345678901234567890"
                 "123456789012345678901\"",
                 ",\"sig\":\"" SIG86 "\""),
         ERR_TOO_LARGE},
        {REQUEST("1", "7", ",\"sig\":\"" SIG86 "\""), ERR_FORMAT},
        {REQUEST("1", "\"a\"", ""), ERR_FORMAT},
        {REQUEST("1", "\"a\"", ",\"sig\":\"AA\""), ERR_FORMAT},
        {"{}", ERR_FORMAT},
        {"", ERR_JSON},
    };
    assert_refused(read_request, refusals, COUNT_OF(refusals));
    static char large[WIRE_ENROL_MAX + 2];
    memset(large, ' ', sizeof large - 1);
    const struct test_refusal too_large = {large, ERR_TOO_LARGE};
    assert_refused(read_request, &too_large, 1);
}

static struct enrol_answer answer_example(void)
{
    struct test_key org = test_key(9);
    return (struct enrol_answer){
        .hub = test_id(0x40),
        .epoch = 0x0102030405060708,
        .org_key = org.open,
        .ca_pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        .node_json = span_of("{\"id\":\"" ID22 "\",\"role\":\"worker\",\"scopes\":[\"05.081\"]}"),
        .short_code = "A07",
        .has_person = true,
        .person = test_id(0x70),
        .time_ms = 1795424400000};
}

static void an_answer_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct enrol_answer read;
    bench_init(&bench);
    struct enrol_code code = example();
    struct enrol_answer given = answer_example();
    assert_int_equal(enrol_answer_write(&given, &bench.text), OK);
    assert_golden("enrol-answer", buf_span(&bench.text), true);
    assert_int_equal(enrol_answer_read(buf_span(&bench.text), &code, &bench.arena, &read, NULL),
                     OK);
    assert_true(id_equal(read.hub, given.hub));
    assert_true(read.epoch == given.epoch);
    assert_memory_equal(read.org_key.bytes, given.org_key.bytes, PUBLIC_KEY_SIZE);
    assert_string_equal(read.ca_pem, given.ca_pem);
    assert_true(span_equal(read.node_json, given.node_json));
    assert_string_equal(read.short_code, "A07");
    assert_true(read.has_person);
    assert_true(id_equal(read.person, given.person));
    assert_int_equal(read.time_ms, given.time_ms);
    buf_clear(&bench.text);
    given.has_person = false;
    assert_int_equal(enrol_answer_write(&given, &bench.text), OK);
    assert_int_equal(enrol_answer_read(buf_span(&bench.text), &code, &bench.arena, &read, NULL),
                     OK);
    assert_false(read.has_person);
    bench_release(&bench);
}

static enum err read_answer(struct span text, struct arena *arena, struct diag *diag)
{
    struct enrol_code code = example();
    struct enrol_answer answer;
    return enrol_answer_read(text, &code, arena, &answer, diag);
}

/* The example with one field spoilt. */
static enum err answer_with(void (*spoil)(struct enrol_answer *answer))
{
    struct bench bench;
    bench_init(&bench);
    struct enrol_answer answer = answer_example();
    spoil(&answer);
    assert_int_equal(enrol_answer_write(&answer, &bench.text), OK);
    enum err e = test_read_exact(read_answer, buf_span(&bench.text), &bench.memory.mem);
    bench_release(&bench);
    return e;
}

static void another_organisation(struct enrol_answer *answer)
{
    answer->org_key = test_key(10).open;
}

static void another_hub(struct enrol_answer *answer)
{
    answer->hub = test_id(0x41);
}

static void no_certificate(struct enrol_answer *answer)
{
    answer->ca_pem = "PEM";
}

static void a_bell_in_the_certificate(struct enrol_answer *answer)
{
    answer->ca_pem = "-----BEGIN CERTIFICATE-----\n\a\n";
}

static void a_definition_that_is_a_list(struct enrol_answer *answer)
{
    answer->node_json = span_of("[]");
}

static void a_small_letter_in_the_short_code(struct enrol_answer *answer)
{
    answer->short_code = "a07";
}

static void a_long_short_code(struct enrol_answer *answer)
{
    answer->short_code = "ABCDEFGHI";
}

static void an_answer_that_is_not_the_codes_is_refused(void **state)
{
    (void)state;
    assert_int_equal(answer_with(another_organisation), ERR_SIGNATURE);
    assert_int_equal(answer_with(another_hub), ERR_FORMAT);
    assert_int_equal(answer_with(no_certificate), ERR_FORMAT);
    assert_int_equal(answer_with(a_bell_in_the_certificate), ERR_FORMAT);
    assert_int_equal(answer_with(a_definition_that_is_a_list), ERR_FORMAT);
    assert_int_equal(answer_with(a_small_letter_in_the_short_code), ERR_FORMAT);
    assert_int_equal(answer_with(a_long_short_code), ERR_TOO_LARGE);
}

static void broken_messages_are_survived(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct enrol_code code = example();
    assert_int_equal(enrol_code_write(&code, &bench.text), OK);
    struct span seed = buf_span(&bench.text);
    assert_no_beginning_is_read(read_code, seed);
    assert_memory_may_run_out(read_code, seed);
    assert_mutations_are_survived(read_code, &seed, 1, "enrolment code");
    buf_clear(&bench.text);
    struct enrol_request request = request_example();
    struct test_key key = test_key(5);
    assert_int_equal(enrol_request_write(&request, test_id(0x40), &key.secret, &bench.text), OK);
    seed = buf_span(&bench.text);
    assert_no_beginning_is_read(read_request, seed);
    assert_memory_may_run_out(read_request, seed);
    assert_mutations_are_survived(read_request, &seed, 1, "enrolment request");
    buf_clear(&bench.text);
    struct enrol_answer answer = answer_example();
    assert_int_equal(enrol_answer_write(&answer, &bench.text), OK);
    seed = buf_span(&bench.text);
    assert_no_beginning_is_read(read_answer, seed);
    assert_memory_may_run_out(read_answer, seed);
    assert_mutations_are_survived(read_answer, &seed, 1, "enrolment answer");
    bench_release(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_comes_back),
        cmocka_unit_test(a_code_with_a_key_comes_back),
        cmocka_unit_test(a_code_is_read_however_it_was_typed),
        cmocka_unit_test(every_mistyped_character_is_noticed),
        cmocka_unit_test(two_characters_in_the_wrong_order_are_noticed),
        cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(a_code_that_would_be_refused_is_not_written),
        cmocka_unit_test(a_request_comes_back_and_is_bound_to_its_parts),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(an_answer_comes_back),
        cmocka_unit_test(an_answer_that_is_not_the_codes_is_refused),
        cmocka_unit_test(broken_messages_are_survived),
    };
    return cmocka_run_group_tests_name("enrol_message", tests, NULL, NULL);
}
