/*
 * reopen.c - challenges and codes: the device asks, a supervisor answers, the device opens.
 */
#include "reopen.h"

#include <string.h>

#include "case_number.h"
#include "code.h"
#include "lease.h"
#include "lease_keys.h"
#include "node_clock.h"
#include "node_internal.h"
#include "notice.h"
#include "num.h"
#include "seal.h"
#include "sync_message.h"

#define NONCE_SIZE   5 /* 40 bits: eight characters */
#define NONCE_CHARS  8
#define MAC_CHARS    9               /* 45 bits; ten tries of them */
#define ANSWER_CHARS (1 + MAC_CHARS) /* the days first */
#define NONCE_MAX    0xffffffffffLL  /* as a number */
#define TYPED_MAX    (4 * REOPEN_TEXT_SIZE)

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

_Static_assert(REOPEN_DAYS_MAX < sizeof base32, "days are one character");
_Static_assert(SHORT_CODE_MAX + 1 + 2 * 6 + 2 < REOPEN_TEXT_SIZE, "a code and its dashes");

/* ---- texts */

/* "A07", then `rest` in one or two parts, then the check character. */
static void put_text(const char *short_code, const char *rest, bool halves,
                     char ret[REOPEN_TEXT_SIZE])
{
    size_t at = strlen(short_code);
    size_t size = strlen(rest);
    memcpy(ret, short_code, at);
    ret[at++] = '-';
    for (size_t i = 0; i < size; i++) {
        if (halves && i == size / 2) {
            ret[at++] = '-';
        }
        ret[at++] = rest[i];
    }
    ret[at++] = '-';
    ret[at++] = case_check_character(short_code, rest);
    ret[at] = '\0';
}

/* What a person takes one character of the 32 for. */
static char as_base32(char c)
{
    return c == '0' ? 'O' : c == '1' ? 'I' : c == '8' ? 'B' : c;
}

/* Any case, with dashes and spaces or without, Arabic-Indic digits; false when a character must be
   wrong. `ret_rest` is `size` characters. */
static bool read_text(struct span typed, size_t size, char ret_short[SHORT_CODE_MAX + 1],
                      char *ret_rest)
{
    char text[TYPED_MAX];
    char plain[REOPEN_TEXT_SIZE];
    size_t count = 0;
    if (typed.size >= sizeof text) {
        return false;
    }
    num_normalise(typed, text, sizeof text);
    for (size_t i = 0; text[i] != '\0'; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
        if (c == '-' || c == ' ') {
            continue;
        }
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) || count + 1 >= sizeof plain) {
            return false;
        }
        plain[count++] = c;
    }
    if (count < size + 2 || count - size - 1 > SHORT_CODE_MAX) {
        return false;
    }
    size_t short_size = count - size - 1;
    memcpy(ret_short, plain, short_size);
    ret_short[short_size] = '\0';
    for (size_t i = 0; i < size; i++) {
        ret_rest[i] = as_base32(plain[short_size + i]);
        if (!strchr(base32, ret_rest[i])) {
            return false;
        }
    }
    ret_rest[size] = '\0';
    return case_check_character(ret_short, ret_rest) == plain[count - 1];
}

static void write_base32(const struct mem *mem, struct span bytes, char *ret, size_t size)
{
    struct buf text;
    buf_init(&text, mem, 64);
    base32_add(&text, bytes);
    memset(ret, 'A', size);
    memcpy(ret, text.data, text.size < size ? text.size : size);
    ret[size] = '\0';
    buf_release(&text);
}

static void write_nonce(struct node *node, int64_t nonce, char ret[NONCE_CHARS + 1])
{
    uint8_t bytes[NONCE_SIZE];
    for (size_t i = 0; i < NONCE_SIZE; i++) {
        bytes[i] = (uint8_t)((uint64_t)nonce >> 8 * (NONCE_SIZE - 1 - i));
    }
    write_base32(&node->host->mem, span_from((const char *)bytes, sizeof bytes), ret, NONCE_CHARS);
}

/* ---- the code */

/* `device` is opened by `by`; `peer` is the one of the two that isn't this node. */
static enum err make_answer(struct node *node, const struct org_node *peer, struct id device,
                            struct id by, const char *nonce, int64_t days,
                            char ret[ANSWER_CHARS + 1])
{
    struct seal_key shared;
    struct hash_state state;
    struct hash hash;
    if (!seal_shared(&node->key, &peer->key, &shared)) {
        return ERR_SIGNATURE;
    }
    hash_begin(&state, "douar-reopen-1");
    hash_add(&state, shared.bytes, SEAL_KEY_SIZE);
    hash_add(&state, device.bytes, ID_SIZE);
    hash_add(&state, by.bytes, ID_SIZE);
    hash_add_sized(&state, span_of(nonce));
    hash_add_u64(&state, (uint64_t)days);
    hash_end(&state, &hash);
    sign_wipe(&shared, sizeof shared);
    ret[0] = base32[days];
    write_base32(&node->host->mem, span_from((const char *)hash.bytes, HASH_SIZE), ret + 1,
                 MAC_CHARS);
    return OK;
}

static const struct org_node *by_short(const struct org *org, const char *short_code)
{
    const struct org_node *found = NULL;
    for (size_t i = 0; i < org->node_count; i++) {
        if (strcmp(org->nodes[i].short_code, short_code) == 0) {
            found = &org->nodes[i];
        }
    }
    return found;
}

/* The region isn't defined by a `_node` with places of its own: it has all. */
static bool may_reopen(const struct org_node *by, const struct org_node *device)
{
    bool covers = device->scope_count > 0;
    if (id_equal(by->id, device->id) || by->role < ROLE_SUPERVISOR || device->role >= ROLE_HUB) {
        return false;
    }
    if (by->role == ROLE_REGION || (by->role == ROLE_HUB && id_equal(device->by, by->id))) {
        return true;
    }
    for (size_t i = 0; covers && i < device->scope_count; i++) {
        covers = org_node_covers(by, span_of(device->scopes[i]), (struct span){0});
    }
    return covers;
}

/* ---- the supervisor's side */

static enum err find_pair(struct node *node, const char *short_code, struct id *ret_me,
                          const struct org_node **ret_device, struct diag *diag)
{
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    const struct org_node *device = by_short(org, short_code);
    const struct org_node *me = org_node(org, node->identity.id);
    if (!device) {
        return diag_set(diag, ERR_UNKNOWN_NODE, short_code, NULL);
    }
    if (device->revoked) {
        return diag_set(diag, ERR_REVOKED, device->name, NULL);
    }
    if (!me || me->revoked || !may_reopen(me, device)) {
        return diag_set(diag, ERR_NOT_ALLOWED, "reopen", me ? me->name : short_code, NULL);
    }
    *ret_me = me->id;
    *ret_device = device;
    return OK;
}

enum err reopen_answer(struct node *node, struct span challenge, int64_t days,
                       char ret[REOPEN_TEXT_SIZE], struct id *ret_device, struct diag *diag)
{
    char typed[DIAG_ARG_SIZE];
    char short_code[SHORT_CODE_MAX + 1];
    char nonce[NONCE_CHARS + 1];
    char answer[ANSWER_CHARS + 1];
    char number[NUM_TEXT_SIZE];
    const struct org_node *device = NULL;
    struct id me;
    if (!node->identity.enrolled) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    if (days < 1 || days > REOPEN_DAYS_MAX) {
        num_write_i64(days, number);
        return diag_set(diag, ERR_OUT_OF_RANGE, "days", number, "1", "30", NULL);
    }
    if (!read_text(challenge, NONCE_CHARS, short_code, nonce)) {
        span_text(challenge, typed, sizeof typed);
        return diag_set(diag, ERR_BAD_VALUE, "challenge", typed, "A07-XXXXXXXX-X", NULL);
    }
    enum err e = find_pair(node, short_code, &me, &device, diag);
    if (!e) {
        e = make_answer(node, device, device->id, me, nonce, days, answer);
    }
    if (!e) {
        put_text(node->identity.short_code, answer, true, ret);
        *ret_device = device->id;
    }
    return node_failed(node, e, diag);
}

/* ---- the device's side */

struct standing {
    int64_t nonce, tries, given;
};

static enum err read_standing(struct node *node, struct standing *ret, struct diag *diag)
{
    struct standing standing = {0};
    if (!node->identity.enrolled || node->identity.role >= ROLE_HUB) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    enum err e = self_i64(node, KEY_NONCE, 0, &standing.nonce);
    if (!e) {
        e = self_i64(node, KEY_TRIES, 0, &standing.tries);
    }
    if (!e) {
        e = self_i64(node, KEY_GIVEN, 0, &standing.given);
    }
    if (!e && (standing.tries >= REOPEN_TRIES || standing.given >= REOPEN_DAYS_TOTAL)) {
        e = diag_set(diag, ERR_REOPEN_SPENT, NULL);
    }
    *ret = standing;
    return e;
}

static enum err make_challenge(struct node *node, struct reopen_challenge *ret, struct diag *diag)
{
    struct standing standing;
    char nonce[NONCE_CHARS + 1];
    enum err e = read_standing(node, &standing, diag);
    while (!e && standing.nonce == 0) { /* zero says that there is none */
        node->host->random(node->host->ctx, &standing.nonce, sizeof standing.nonce);
        standing.nonce &= NONCE_MAX;
        e = standing.nonce ? self_set_i64(node, KEY_NONCE, standing.nonce) : OK;
    }
    if (!e) {
        write_nonce(node, standing.nonce, nonce);
        put_text(node->identity.short_code, nonce, false, ret->text);
        ret->tries_left = REOPEN_TRIES - standing.tries;
        ret->days_left = REOPEN_DAYS_TOTAL - standing.given;
    }
    return e;
}

enum err reopen_challenge(struct node *node, struct reopen_challenge *ret, struct diag *diag)
{
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, make_challenge(node, ret, diag));
    }
    return node_failed(node, e, diag);
}

/* Whose code it would be, and for how many days, if it is right. */
static enum err judge_code(struct node *node, const char *short_code, const char *answer,
                           const struct standing *standing, struct reopened *ret, bool *ret_right,
                           struct diag *diag)
{
    const struct org *org = NULL;
    char nonce[NONCE_CHARS + 1];
    char right[ANSWER_CHARS + 1];
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    const struct org_node *me = org_node(org, node->identity.id);
    const struct org_node *by = by_short(org, short_code);
    int64_t days = strchr(base32, answer[0]) - base32;
    if (!by) {
        return diag_set(diag, ERR_UNKNOWN_NODE, short_code, NULL);
    }
    if (by->revoked) {
        return diag_set(diag, ERR_REVOKED, by->name, NULL);
    }
    if (!me || !may_reopen(by, me)) {
        return diag_set(diag, ERR_NOT_ALLOWED, "reopen", by->name, NULL);
    }
    write_nonce(node, standing->nonce, nonce);
    e = make_answer(node, by, me->id, by->id, nonce, days, right);
    if (!e) {
        *ret_right = standing->nonce != 0 && days >= 1 && days <= REOPEN_DAYS_MAX &&
                     bytes_equal(right, answer, ANSWER_CHARS);
        *ret = (struct reopened){by->id, days};
    }
    return e;
}

static enum err count_try(struct node *node, const struct standing *standing)
{
    return self_set_i64(node, KEY_TRIES, standing->tries + 1);
}

static enum err open_for(struct node *node, const struct standing *standing, struct reopened *how)
{
    int64_t away = 0;
    int64_t left = REOPEN_DAYS_TOTAL - standing->given;
    how->days = how->days < left ? how->days : left;
    enum err e = clock_look(node);
    if (!e) {
        e = clock_away(node, &away);
    }
    if (!e) {
        e = self_set_i64(node, KEY_OPEN, away + how->days * LEASE_DAY_MS);
    }
    if (!e) {
        e = self_set_i64(node, KEY_GIVEN, standing->given + how->days);
    }
    if (!e) { /* a code opens once */
        e = self_set_i64(node, KEY_NONCE, 0);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, REOPEN_ADD);
        stmt_bind_blob(s, 1, how->by.bytes, ID_SIZE);
        stmt_bind_i64(s, 2, how->days);
        stmt_bind_i64(s, 3, node_now_ms(node));
        e = stmt_run(s);
    }
    return e;
}

static enum err try_code(struct node *node, const char *short_code, const char *answer,
                         struct reopened *ret, int64_t *ret_left, struct diag *diag)
{
    struct standing standing;
    bool right = false;
    enum err e = read_standing(node, &standing, diag);
    if (!e) {
        e = judge_code(node, short_code, answer, &standing, ret, &right, diag);
    }
    *ret_left = -1;
    if (!e && !right) {
        *ret_left = REOPEN_TRIES - standing.tries - 1;
        return count_try(node, &standing);
    }
    return e ? e : open_for(node, &standing, ret);
}

enum err reopen_open(struct node *node, struct span code, struct reopened *ret, struct diag *diag)
{
    char typed[DIAG_ARG_SIZE];
    char number[NUM_TEXT_SIZE];
    char short_code[SHORT_CODE_MAX + 1];
    char answer[ANSWER_CHARS + 1];
    struct reopened how = {.days = 0};
    int64_t left = -1;
    if (!read_text(code, ANSWER_CHARS, short_code, answer)) {
        span_text(code, typed, sizeof typed);
        return diag_set(diag, ERR_BAD_VALUE, "code", typed, "B03-XXXXX-XXXXX-X", NULL);
    }
    enum err e = node_begin(node);
    if (!e) { /* The count of wrong ones is durable before anybody learns that it was wrong. */
        e = node_end(node, try_code(node, short_code, answer, &how, &left, diag));
    }
    if (!e && left >= 0) {
        num_write_i64(left, number);
        return diag_set(diag, ERR_WRONG_REOPEN, number, NULL);
    }
    if (!e) {
        *ret = how;
    }
    return node_failed(node, e, diag);
}

/* ---- told */

enum err reopens_untold(struct node *node, struct arena *arena, struct reopen_told **ret,
                        size_t *ret_count)
{
    struct reopen_told *list = arena_array(arena, WIRE_REOPENS_MAX, sizeof *list);
    size_t count = 0;
    if (!list) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(node->db, REOPEN_LIST);
    stmt_bind_i64(s, 1, WIRE_REOPENS_MAX);
    while (count < WIRE_REOPENS_MAX && stmt_row(s)) {
        struct reopen_told *told = &list[count];
        *told = (struct reopen_told){.days = stmt_i64(s, 1), .at_ms = stmt_i64(s, 2)};
        count += stmt_blob(s, 0, told->by.bytes, ID_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err reopens_told(struct node *node, size_t count)
{
    if (count == 0) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, REOPEN_TOLD);
    stmt_bind_i64(s, 1, (int64_t)count);
    return stmt_run(s);
}

/* Only devices lock; who gave the code is what the device says. */
enum err reopens_take(struct node *node, const struct org_node *caller,
                      const struct reopen_told *list, size_t count)
{
    const struct org *org = NULL;
    enum err e = count > 0 && caller->role < ROLE_HUB ? node_org(node, &org) : OK;
    for (size_t i = 0; !e && org && i < count; i++) {
        e = notice_add(node, NOTICE_REOPENED, caller->id);
        if (!e && org_node(org, list[i].by)) {
            e = notice_add(node, NOTICE_GAVE, list[i].by);
        }
    }
    return e;
}
