/* bundle_enrol: a node that has no network is enrolled by files alone, and nobody else by them. */
#include "test_stick.h"

#include <sys/stat.h>

#include "enrol_message.h"

#define CODE_MAX  2048
#define HOUR_MS   3600000
#define TEST_PIN  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define FILES_MAX (4u << 20)

static struct enrol_code invite(struct town *town, struct node *hub, const char *definition)
{
    struct enrol_code code = {.url = "https://127.0.0.1:1", .pins = {TEST_PIN}, .pin_count = 1};
    struct invite invite = {.definition = definition, .valid_ms = HOUR_MS};
    struct diag diag = {0};
    (void)town;
    assert_int_equal(serve_invite(hub, &invite, &code, &diag), OK);
    return code;
}

static enum err try_enrol(struct town *town, struct node *node, const struct enrol_code *code,
                          const char *name, struct diag *diag)
{
    char path[PATH_SIZE], written[BUNDLE_PATH_SIZE];
    struct bundle_order order = {.path = path, .ca_pem = ""};
    struct bundle_report report;
    struct buf text;
    path_of(town, name, path);
    buf_init(&text, &town->nodes.host.mem, CODE_MAX);
    assert_int_equal(enrol_code_write(code, &text), OK);
    buf_add_byte(&text, 0);
    town->nodes.now_ms += 60000;
    enum err e =
        node_bundle_enrol(node, (const char *)text.data, "tablet", &order, written, &report, diag);
    buf_release(&text);
    return e;
}

static void enrol_to(struct town *town, struct node *node, const struct enrol_code *code,
                     const char *name)
{
    struct diag diag = {0};
    enum err e = try_enrol(town, node, code, name, &diag);
    if (e) {
        fail_msg("enrol: %s %s", err_name(e), diag.args[0]);
    }
}

static struct node *newcomer(struct town *town, const char *name, enum role role)
{
    struct node *node = nodes_open(&town->nodes, name, role, true);
    town->more[town->more_count++] = node;
    return node;
}

static bool is_enrolled(struct node *node)
{
    struct node_identity me;
    assert_int_equal(node_identity(node, &me), OK);
    return me.enrolled;
}

static struct buf file_of(struct town *town, const char *name)
{
    char path[PATH_SIZE];
    struct buf file;
    path_of(town, name, path);
    buf_init(&file, &town->nodes.host.mem, FILES_MAX);
    assert_int_equal(town->nodes.host.files->read(town->nodes.host.ctx, path, &file), OK);
    return file;
}

static void assert_absent(struct span file, const void *bytes, size_t size)
{
    for (size_t i = 0; i + size <= file.size; i++) {
        assert_true(memcmp(file.data + i, bytes, size) != 0);
    }
}

static void a_device_is_enrolled_and_gets_its_caseload_by_files_alone(void **state)
{
    struct town *town = *state;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, node, &code, "ask");
    assert_false(is_enrolled(node));
    struct bundle_report taken = import(town, town->hub, "ask");
    assert_true(taken.enrolled && taken.way == BUNDLE_TO_ENROL);
    (void)export_to(town, town->hub, node, "answer");
    struct bundle_report answer = import(town, node, "answer");
    assert_true(answer.enrolled && answer.ops > 0);
    assert_true(is_enrolled(node));
    assert_true(town_shows(town, node, house, "head_name_ar", "\"Aicha\""));
    town_assert_same(town, node, town->hub, TOWN_COMMUNE, "base");
    /* It goes on as one that was enrolled by network, by stick and by network. */
    struct id mine = town_household(town, node, town->brahim, TOWN_COMMUNE, "Rachid");
    round_trip(town, node, town->hub, "later");
    assert_true(town_shows(town, town->hub, mine, "head_name_ar", "\"Rachid\""));
    assert_int_equal(ops_here(node), 0);
    struct sync_result result = nodes_sync(&town->nodes, node, town->hub);
    assert_int_equal(result.ops_pushed + result.ops_received, 0);
}

static void a_hub_is_enrolled_at_the_region_by_files_alone(void **state)
{
    struct town *town = *state;
    struct node *hub = newcomer(town, "hub2", ROLE_HUB);
    struct enrol_code code = invite(town, town->region, HUB_OF("05.301"));
    enrol_to(town, hub, &code, "ask");
    (void)import(town, town->region, "ask");
    (void)export_to(town, town->region, hub, "answer");
    assert_true(import(town, hub, "answer").enrolled);
    /* It enrols a device in turn, whose work goes up to the region. */
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    code = invite(town, hub, WORKER_IN(TOWN_AWAY, ""));
    enrol_to(town, node, &code, "ask2");
    (void)import(town, hub, "ask2");
    (void)export_to(town, hub, node, "answer2");
    assert_true(import(town, node, "answer2").enrolled);
    struct id mine = town_household(town, node, town->brahim, TOWN_AWAY, "Itto");
    round_trip(town, node, hub, "c");
    round_trip(town, hub, town->region, "h");
    assert_true(town_shows(town, town->region, mine, "head_name_ar", "\"Itto\""));
}

static void who_carries_it_reads_neither_code_nor_secret(void **state)
{
    struct town *town = *state;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    char secret[BASE64_SIZE(ENROL_SECRET_SIZE) + 1];
    base64_write(code.secret, ENROL_SECRET_SIZE, secret);
    enrol_to(town, node, &code, "ask");
    struct buf file = file_of(town, "ask");
    assert_absent(buf_span(&file), code.secret, ENROL_SECRET_SIZE);
    assert_absent(buf_span(&file), secret, strlen(secret));
    assert_absent(buf_span(&file), code.code_id, ENROL_CODE_ID_SIZE);
    buf_release(&file);
    file = file_of(town, "c.db"); /* nor does the new node keep it */
    assert_absent(buf_span(&file), code.secret, ENROL_SECRET_SIZE);
    buf_release(&file);
}

static void lost_double_and_late_files_do_no_harm(void **state)
{
    struct town *town = *state;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, node, &code, "lost");
    enrol_to(town, node, &code, "ask");
    (void)import(town, town->hub, "ask");
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, node, "lost answer");
    (void)import(town, town->hub, "lost"); /* turned up */
    (void)export_to(town, town->hub, node, "answer");
    assert_true(import(town, node, "answer").enrolled);
    struct id mine = town_household(town, node, town->brahim, TOWN_COMMUNE, "Rachid");
    assert_false(import(town, node, "answer").enrolled); /* it is already */
    assert_false(import(town, node, "lost answer").enrolled);
    round_trip(town, node, town->hub, "work");
    assert_false(import(town, node, "answer").enrolled);
    assert_int_equal(ops_here(node), 0);
    assert_true(town_shows(town, town->hub, mine, "head_name_ar", "\"Rachid\""));
    /* Once it asked, it is known to have had the answer. */
    (void)import(town, town->hub, "work-ask");
    (void)export_to(town, town->hub, node, "after");
    assert_false(import(town, node, "after").enrolled);
}

static void a_code_counts_once_and_as_long_as_the_hubs_clock_says(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    struct node *first = newcomer(town, "c", ROLE_WORKER);
    struct node *second = newcomer(town, "d", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, first, &code, "first");
    enrol_to(town, second, &code, "second");
    (void)import(town, town->hub, "second");
    assert_int_equal(try_import(town, town->hub, "first", &report, &diag), ERR_CODE_USED);
    struct enrol_code old = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, first, &old, "old");
    town->nodes.now_ms += 2 * HOUR_MS;
    assert_int_equal(try_import(town, town->hub, "old", &report, &diag), ERR_CODE_EXPIRED);
    /* One that was used in time is answered as often as it asks. */
    (void)import(town, town->hub, "second");
    (void)export_to(town, town->hub, second, "answer");
    assert_true(import(town, second, "answer").enrolled);
}

static void five_wrong_secrets_burn_a_code(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    struct enrol_code wrong = code;
    wrong.secret[3] ^= 1;
    enrol_to(town, node, &wrong, "wrong");
    enrol_to(town, node, &code, "right");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(try_import(town, town->hub, "wrong", &report, &diag), ERR_BAD_CODE);
    }
    assert_int_equal(try_import(town, town->hub, "right", &report, &diag), ERR_TOO_MANY_TRIES);
}

static void what_is_not_for_this_server_or_not_a_code_for_files_is_refused(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, node, &code, "ask");
    assert_int_equal(try_import(town, town->region, "ask", &report, &diag), ERR_ELSEWHERE);
    assert_int_equal(try_import(town, town->a, "ask", &report, &diag), ERR_ELSEWHERE);
    assert_int_equal(try_enrol(town, node, &code, "ask", &diag), ERR_EXISTS);
    code.has_key = false;
    assert_int_equal(try_enrol(town, node, &code, "none", &diag), ERR_BAD_CODE);
    /* A key that isn't the hub's: it can't open the file. */
    code.has_key = true;
    struct node_identity other;
    assert_int_equal(node_identity(town->region, &other), OK);
    code.hub_key = other.key;
    enrol_to(town, node, &code, "sealed");
    assert_int_equal(try_import(town, town->hub, "sealed", &report, &diag), ERR_SIGNATURE);
}

/* Who holds another key than the code's says, answers in vain; so does who wasn't asked. */
static void an_answer_of_anybody_else_is_refused(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    struct node_identity region;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct node *stranger = newcomer(town, "d", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    enrol_to(town, node, &code, "ask");
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, node, "answer");
    assert_int_equal(try_import(town, stranger, "answer", &report, &diag), ERR_ELSEWHERE);
    assert_int_equal(node_identity(town->region, &region), OK);
    code.hub_key = region.key; /* somebody gave it a code with a key of his own */
    enrol_to(town, node, &code, "ask again");
    assert_int_equal(try_import(town, node, "answer", &report, &diag), ERR_SIGNATURE);
    assert_false(is_enrolled(node));
}

static void cut_and_changed_files_enrol_nobody(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    struct node *node = newcomer(town, "c", ROLE_WORKER);
    struct enrol_code code = invite(town, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    char path[PATH_SIZE];
    const struct host *host = &town->nodes.host;
    enrol_to(town, node, &code, "ask");
    struct buf file = file_of(town, "ask");
    path_of(town, "cut", path);
    for (size_t size = 13; size < file.size; size += 97) {
        struct span part = span_cut(buf_span(&file), 0, size);
        assert_int_equal(host->files->write_atomic(host->ctx, path, part), OK);
        assert_int_equal(try_import(town, town->hub, "cut", &report, &diag), ERR_DAMAGED);
        file.data[size] ^= 1;
        assert_int_equal(host->files->write_atomic(host->ctx, path, buf_span(&file)), OK);
        assert_int_equal(try_import(town, town->hub, "cut", &report, &diag), ERR_DAMAGED);
        file.data[size] ^= 1;
    }
    buf_release(&file);
    assert_true(import(town, town->hub, "ask").enrolled);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_device_is_enrolled_and_gets_its_caseload_by_files_alone),
        CASE(a_hub_is_enrolled_at_the_region_by_files_alone),
        CASE(who_carries_it_reads_neither_code_nor_secret),
        CASE(lost_double_and_late_files_do_no_harm),
        CASE(a_code_counts_once_and_as_long_as_the_hubs_clock_says),
        CASE(five_wrong_secrets_burn_a_code),
        CASE(what_is_not_for_this_server_or_not_a_code_for_files_is_refused),
        CASE(an_answer_of_anybody_else_is_refused),
        CASE(cut_and_changed_files_enrol_nobody),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
