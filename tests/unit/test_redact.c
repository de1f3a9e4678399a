/*
 * test_redact.c - values that must not be kept: they leave every node's files, by whatever way and
 * in whatever order marks and ops come; nothing else is lost; nobody erases who may not.
 */
#define _XOPEN_SOURCE 700

#include "test_redact.h"

/* ---- cases */

static void a_redacted_value_is_in_no_file_of_any_node(void **state)
{
    struct town *town = *state;
    struct id entity = secret_household(town);
    for (int i = 0; i < 300; i++) { /* pages split and move their rows */
        char name[32];
        (void)snprintf(name, sizeof name, "Voisin %d", i);
        (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, name);
    }
    town_edit(town, town->a, town->amina, entity, "head_name_ar", "\"" REWRITE "\"");
    town_sync_all(town);
    look_at_all(town);
    assert_int_equal(redact(town->region, town->amina, entity, "head_name_ar"), 2);
    town_sync_all(town);
    assert_gone(town, SECRET);
    assert_gone(town, REWRITE);
    assert_same_everywhere(town);
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "null"));
}

static void what_else_the_op_said_lives_on(void **state)
{
    struct town *town = *state;
    struct arena arena;
    struct record record;
    struct id entity = secret_household(town);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(town->b, NULL, entity, &arena, &record, NULL), OK);
    const char *case_number = arena_text(&arena, record.case_number);
    assert_string_not_equal(case_number, "");
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town_sync_all(town);
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        assert_true(town_shows(town, nodes[i], entity, "phone", "\"0600112233\""));
        assert_true(town_shows(town, nodes[i], entity, "place", "\"" TOWN_COMMUNE "\""));
        assert_int_equal(record_read(nodes[i], NULL, entity, &arena, &record, NULL), OK);
        assert_string_equal(record.case_number, case_number);
    }
    arena_release(&arena);
}

static void a_supervisor_may_ask_from_a_device(void **state)
{
    struct town *town = *state;
    struct node *c = town_more(town, "c", ROLE_SUPERVISOR, town->hub,
                               "{\"role\":\"supervisor\",\"scopes\":[\"" TOWN_PROVINCE
                               "\"],\"compartments\":[\"base\"]}");
    struct redact_asked asked;
    struct id entity = secret_household(town);
    (void)nodes_sync(&town->nodes, c, town->hub);
    assert_int_equal(ask(c, town->amina, entity, "head_name_ar", "asked", &asked), OK);
    assert_false(asked.done);
    (void)nodes_sync(&town->nodes, c, town->hub);
    assert_true(town_shows(town, town->hub, entity, "head_name_ar", "\"" SECRET "\""));
    town_sync_all(town); /* up to the region, and the marks down */
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, c, town->hub);
    assert_gone(town, SECRET);
    assert_false(node_holds(c, SECRET));
    assert_same_everywhere(town);
}

static void a_workers_device_erases_nothing(void **state)
{
    struct town *town = *state;
    struct redact_asked asked;
    struct arena arena;
    struct flag_row *flags = NULL;
    size_t count = 0;
    struct id entity = secret_household(town);
    assert_int_equal(ask(town->a, town->brahim, entity, "head_name_ar", "malice", &asked),
                     ERR_NOT_ALLOWED);
    assert_int_equal(ask(town->a, town->amina, entity, "head_name_ar", "stolen", &asked), OK);
    town_sync_all(town);
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"" SECRET "\""));
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "\"" SECRET "\""));
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_flags(town->region, &arena, &flags, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(flags[0].why, "redaction_refused");
    arena_release(&arena);
}

static void a_mark_that_the_organisation_did_not_sign_erases_nothing(void **state)
{
    struct town *town = *state;
    struct forge forge;
    char values[400];
    char target[ID_TEXT_SIZE];
    char uid[ID_TEXT_SIZE];
    struct id entity = secret_household(town);
    struct op_register regs[] = {{span_of("def"), NULL, 0}};
    struct arena arena;
    struct history_entry *entries = NULL;
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_history(town->hub, NULL, entity, &arena, &entries, &count, NULL), OK);
    id_write(entries[0].uid, uid);
    id_write(entity, target);
    (void)snprintf(values, sizeof values,
                   "{\"def\":{\"id\":\"x\",\"entity\":\"%s\",\"all\":true,\"ops\":[\"%s\"]}}",
                   target, uid);
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct secret_key own;
    assert_int_equal(node_secret(town->a, &own), OK);
    struct forged mark = {.type = "_redact",
                          .entity = forge_random(&forge),
                          .compartment = "redact",
                          .registers = regs,
                          .register_count = 1,
                          .values = values,
                          .org_key = &own};
    (void)forge_op(&forge, &mark);
    mark.org_key = NULL;
    (void)forge_op(&forge, &mark);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(forge_says(&forge, "\"refused\":2"));
    assert_true(town_shows(town, town->hub, entity, "head_name_ar", "\"" SECRET "\""));
    forge_release(&forge);
    arena_release(&arena);
}

static void an_edit_made_apart_goes_too(void **state)
{
    struct town *town = *state;
    struct id entity = secret_household(town);
    town_edit(town, town->b, town->brahim, entity, "head_name_ar", "\"" REWRITE "\"");
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    town_sync_all(town);
    assert_gone(town, SECRET);
    assert_gone(town, REWRITE);
    assert_same_everywhere(town);
    assert_true(town_shows(town, town->a, entity, "head_name_ar", "null"));
}

static void who_knows_of_it_may_write_the_property_again(void **state)
{
    struct town *town = *state;
    struct id entity = secret_household(town);
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town_sync_all(town);
    town_edit(town, town->a, town->amina, entity, "head_name_ar", "\"Corrected\"");
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"Corrected\""));
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "\"Corrected\""));
    assert_same_everywhere(town);
}

static void a_late_full_copy_is_scrubbed_on_arrival(void **state)
{
    struct town *town = *state;
    struct forge late;
    struct node *c = town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    struct id entity = secret_household(town);
    struct op_register regs[] = {{span_of("head_name_ar"), NULL, 0}};
    forge_open(&late, &town->nodes, town->hub, c);
    struct id uid =
        forge_op(&late, &(struct forged){.type = "household",
                                         .entity = entity,
                                         .compartment = "base",
                                         .registers = regs,
                                         .register_count = 1,
                                         .values = "{\"head_name_ar\":\"" REWRITE "\"}"});
    struct buf copy;
    buf_init(&copy, &town->nodes.host.mem, 1u << 20);
    forge_batch(&late, NULL);
    buf_add_span(&copy, buf_span(&late.batches));
    assert_int_equal(forge_send(&late), 200);
    town_sync_all(town);
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town_sync_all(town);
    buf_add_span(&late.batches, buf_span(&copy));
    assert_int_equal(forge_send(&late), 200);
    assert_true(forge_held(town->hub, uid).row != 0);
    assert_gone(town, REWRITE);
    buf_release(&copy);
    forge_release(&late);
}

/* Makes the body of each op line scrubbed, as a relay without scruples could. */
static void scrub_lines(struct forge *forge)
{
    struct buf scrubbed;
    struct span rest = buf_span(&forge->lines);
    struct span line;
    buf_init(&scrubbed, &forge->nodes->host.mem, 1u << 20);
    while (span_split(&rest, '\n', &line)) {
        struct op op;
        assert_int_equal(op_read(line, &forge->arena, &op, NULL), OK);
        assert_int_equal(op_redact(&op, &scrubbed), OK);
        buf_add_byte(&scrubbed, '\n');
    }
    buf_clear(&forge->lines);
    buf_add_span(&forge->lines, buf_span(&scrubbed));
    buf_release(&scrubbed);
}

static void a_scrubbed_body_without_a_mark_erases_nothing(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct buf full;
    struct op_register regs[] = {{span_of("phone"), NULL, 0}};
    struct id entity = secret_household(town);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    buf_init(&full, &town->nodes.host.mem, 1u << 20);
    (void)forge_op(&forge, &(struct forged){.type = "household",
                                            .entity = entity,
                                            .compartment = "base",
                                            .time_ms = town->nodes.now_ms + 1000,
                                            .registers = regs,
                                            .register_count = 1,
                                            .values = "{\"phone\":\"0655443322\"}"});
    int64_t count = forge.line_count;
    buf_add_span(&full, buf_span(&forge.lines));
    scrub_lines(&forge);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_false(town_shows(town, town->hub, entity, "phone", "\"0655443322\""));
    forge.seq = 0; /* the very batch again, whole */
    forge.link = link_first(forge.origin);
    forge.line_count = count;
    buf_add_span(&forge.lines, buf_span(&full));
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(town_shows(town, town->hub, entity, "phone", "\"0655443322\""));
    forge.seq = 0;
    forge.link = link_first(forge.origin);
    forge.line_count = count;
    buf_add_span(&forge.lines, buf_span(&full));
    scrub_lines(&forge);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(town_shows(town, town->hub, entity, "phone", "\"0655443322\""));
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(town_shows(town, town->a, entity, "phone", "\"0655443322\""));
    town_assert_clean(town, town->hub);
    buf_release(&full);
    forge_release(&forge);
}

static void a_device_that_lost_the_record_scrubs_its_own_log(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, SECRET);
    town_sync_all(town);
    town_edit(town, town->a, town->amina, entity, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    assert_true(node_holds(town->b, SECRET));
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town_sync_all(town);
    assert_gone(town, SECRET);
}

static void a_person_is_erased_and_a_shell_remains(void **state)
{
    struct town *town = *state;
    struct redact_asked asked;
    struct id entity = secret_household(town);
    assert_int_equal(ask(town->region, town->amina, entity, NULL, "asked by the person", &asked),
                     OK);
    assert_int_equal(asked.op_count, 2);
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0699887766\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_gone(town, SECRET);
    assert_gone(town, "0600112233");
    assert_gone(town, "0699887766");
    assert_same_everywhere(town);
    struct arena arena;
    struct record record;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(town->b, NULL, entity, &arena, &record, NULL), OK);
    assert_true(record.erased);
    assert_string_not_equal(record.case_number, "");
    assert_string_equal(record.title, record.case_number);
    arena_release(&arena);
    struct change changes[] = {{"phone", span_of("\"0611111111\"")}};
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct save save = {
        .person = town->brahim, .entity = entity, .changes = changes, .change_count = 1};
    assert_int_equal(node_save(town->b, &save, &arena, &saved, &diag), ERR_ERASED);
    arena_release(&arena);
}

static void a_reason_must_not_repeat_the_value(void **state)
{
    struct town *town = *state;
    struct redact_asked asked;
    struct id entity = secret_household(town);
    assert_int_equal(ask(town->region, town->amina, entity, "head_name_ar",
                         "was wrongly ZERHOUNI 7714, said the person", &asked),
                     ERR_REASON_REPEATS);
    assert_int_equal(ask(town->region, town->amina, entity, "head_name_ar", "", &asked),
                     ERR_MISSING_ARGUMENT);
    assert_int_equal(ask(town->region, town->amina, entity, "head_name", "x", &asked),
                     ERR_UNKNOWN_PROPERTY);
}

static void what_was_put_aside_is_scrubbed(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id entity = secret_household(town);
    struct op_register regs[] = {{span_of("head_name_ar"), NULL, 0}};
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct id uid =
        forge_op(&forge, &(struct forged){.type = "household",
                                          .entity = entity,
                                          .compartment = "base",
                                          .registers = regs,
                                          .register_count = 1,
                                          .values = "{\"head_name_ar\":\"" REWRITE "\"}"});
    struct buf text;
    bool changed = false;
    buf_init(&text, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(redact_clean_text(town->hub, buf_span(&forge.lines), &text, &changed), OK);
    assert_false(changed);
    assert_true(span_equal(buf_span(&text), buf_span(&forge.lines)));
    assert_int_equal(node_begin(town->hub), OK);
    struct stmt *s = db_stmt(town->hub->db, REDACTED_ADD);
    stmt_bind_blob(s, 1, uid.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, 1);
    assert_int_equal(stmt_run(s), OK);
    assert_int_equal(node_end(town->hub, OK), OK);
    buf_clear(&text);
    assert_int_equal(redact_clean_text(town->hub, buf_span(&forge.lines), &text, &changed), OK);
    assert_true(changed);
    assert_null(strstr(buf_text(&text), REWRITE));
    buf_release(&text);
    forge_release(&forge);
}

static void what_a_device_forgot_is_found_by_no_redacted_title(void **state)
{
    struct town *town = *state;
    struct id entity = secret_household(town);
    assert_int_equal(node_begin(town->b), OK);
    struct stmt *s = db_stmt(town->b->db, FORGOTTEN_ADD);
    stmt_bind_i64(s, 1, forge_entity(town->b, entity));
    stmt_bind_i64(s, 2, town->nodes.now_ms);
    stmt_bind_i64(s, 3, true);
    assert_int_equal(stmt_run(s), OK);
    assert_int_equal(node_end(town->b, OK), OK);
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town_sync_all(town);
    assert_false(node_holds(town->b, SECRET));
}

/* Who has confirmed the newest mark, as the region knows it. */
static size_t confirmed(struct town *town, size_t *ret_nodes)
{
    struct arena arena;
    struct redaction_row *rows = NULL;
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(redaction_list(town->region, NULL, &arena, &rows, &count), OK);
    assert_true(count > 0);
    size_t result = rows[count - 1].confirmed_count;
    *ret_nodes = rows[count - 1].node_count;
    arena_release(&arena);
    return result;
}

static void every_node_confirms_and_the_region_knows_who_has_not(void **state)
{
    struct town *town = *state;
    size_t nodes = 0;
    struct id entity = secret_household(town);
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    assert_int_equal(confirmed(town, &nodes), 1);
    assert_int_equal(nodes, 4);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(confirmed(town, &nodes), 3);
    struct arena arena;
    struct redaction_row *rows = NULL;
    struct redaction_node *list = NULL;
    struct node_identity b;
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(node_identity(town->b, &b), OK);
    assert_int_equal(redaction_list(town->region, &entity, &arena, &rows, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].op_count, 1);
    assert_int_equal(redaction_nodes(town->region, rows[0].mark, &arena, &list, &count), OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].confirmed, !id_equal(list[i].node, b.id));
        assert_int_equal(list[i].held, list[i].confirmed ? 1 : 0);
    }
    arena_release(&arena);
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(confirmed(town, &nodes), 4);
}

/* ---- files beside backups */

static void run_in_folder(const struct town *town, const char *what)
{
    char command[500];
    (void)snprintf(command, sizeof command, "cd '%s' && %s", town->nodes.folder, what);
    assert_int_equal(system(command), 0);
}

static int copies_of_files(const struct town *town, const char *folder)
{
    char command[400];
    char count[16] = "";
    (void)snprintf(command, sizeof command, "find '%s/%s/files' -type f 2>/dev/null | wc -l",
                   town->nodes.folder, folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(count, sizeof count, pipe));
    (void)pclose(pipe);
    return (int)strtol(count, NULL, 10);
}

static void back_up_into(struct town *town, const char *folder)
{
    char path[300];
    int64_t missing = 0;
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s", town->nodes.folder, folder);
    assert_int_equal(town->nodes.host.files->make_folder(town->nodes.host.ctx, path), OK);
    (void)snprintf(path, sizeof path, "%s/%s/copy.db", town->nodes.folder, folder);
    assert_int_equal(blob_backup(town->region, path, &missing, &diag), OK);
}

/* Two records with a photograph each, at the region. */
static void photographed(struct town *town, struct id *ret_first, struct id *ret_second)
{
    static uint8_t bytes[2][FILE_SIZE];
    struct id *entities[] = {ret_first, ret_second};
    for (unsigned i = 0; i < 2; i++) {
        struct attached attached;
        struct span file = make_file(bytes[i], FILE_SIZE, 40 + i);
        *entities[i] = town_household(town, town->region, town->amina, TOWN_COMMUNE, "x");
        assert_int_equal(
            attach(town, town->region, town->amina, *entities[i], "house_photo", file, &attached),
            OK);
    }
}

static void a_redacted_file_goes_from_beside_the_backup(void **state)
{
    struct town *town = *state;
    struct id entity;
    struct id other;
    photographed(town, &entity, &other);
    back_up_into(town, "backup");
    assert_int_equal(copies_of_files(town, "backup"), 2);
    assert_int_equal(redact(town->region, town->amina, entity, "house_photo"), 1);
    assert_int_equal(blob_sweep(town->region), OK);
    assert_int_equal(file_count(town, "region"), 1);
    assert_int_equal(copies_of_files(town, "backup"), 1);
    /* The next one doesn't bring it back. */
    back_up_into(town, "backup");
    assert_int_equal(copies_of_files(town, "backup"), 1);
}

static void count_waiting(void *ctx, const char *path)
{
    int *count = ctx;
    assert_non_null(strstr(path, "away/files/"));
    (*count)++;
}

static int waiting(struct node *node)
{
    int count = 0;
    assert_int_equal(blob_copies_waiting(node, count_waiting, &count), OK);
    return count;
}

static void a_backup_out_of_reach_is_named_and_cleaned_when_it_is_back(void **state)
{
    struct town *town = *state;
    struct id entity;
    struct id other;
    photographed(town, &entity, &other);
    back_up_into(town, "away");
    back_up_into(town, "backup");
    run_in_folder(town, "mv away drawer");
    assert_int_equal(redact(town->region, town->amina, entity, "house_photo"), 1);
    assert_int_equal(blob_sweep(town->region), OK);
    assert_int_equal(waiting(town->region), 1);
    assert_int_equal(copies_of_files(town, "drawer"), 2);
    run_in_folder(town, "mv drawer away");
    assert_int_equal(blob_sweep(town->region), OK);
    assert_int_equal(waiting(town->region), 0);
    assert_int_equal(copies_of_files(town, "away"), 1);
}

/* The same photograph is attached to something else, and saved: it isn't to go any more. */
static void a_file_attached_again_stays_beside_the_backup(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct id entity;
    struct id other;
    struct attached attached;
    photographed(town, &entity, &other);
    back_up_into(town, "away");
    run_in_folder(town, "mv away drawer");
    assert_int_equal(redact(town->region, town->amina, entity, "house_photo"), 1);
    assert_int_equal(blob_sweep(town->region), OK);
    struct span file = make_file(bytes, FILE_SIZE, 40);
    assert_int_equal(attach(town, town->region, town->amina, other, "house_photo", file, &attached),
                     OK);
    run_in_folder(town, "mv drawer away");
    back_up_into(town, "away");
    assert_int_equal(blob_sweep(town->region), OK);
    assert_int_equal(copies_of_files(town, "away"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_redacted_value_is_in_no_file_of_any_node, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(what_else_the_op_said_lives_on, setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_supervisor_may_ask_from_a_device, setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_workers_device_erases_nothing, setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_mark_that_the_organisation_did_not_sign_erases_nothing,
                                        setup, town_teardown),
        cmocka_unit_test_setup_teardown(an_edit_made_apart_goes_too, setup, town_teardown),
        cmocka_unit_test_setup_teardown(who_knows_of_it_may_write_the_property_again, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_late_full_copy_is_scrubbed_on_arrival, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_scrubbed_body_without_a_mark_erases_nothing, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_device_that_lost_the_record_scrubs_its_own_log, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_person_is_erased_and_a_shell_remains, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_reason_must_not_repeat_the_value, setup, town_teardown),
        cmocka_unit_test_setup_teardown(what_a_device_forgot_is_found_by_no_redacted_title, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(every_node_confirms_and_the_region_knows_who_has_not, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(what_was_put_aside_is_scrubbed, setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_redacted_file_goes_from_beside_the_backup, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_backup_out_of_reach_is_named_and_cleaned_when_it_is_back,
                                        setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_file_attached_again_stays_beside_the_backup, setup,
                                        town_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
