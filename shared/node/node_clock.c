/*
 * node_clock.c - the clock as the organisation should see it, and how long it is since contact.
 */
#include "node_clock.h"

#include "node_build.h"

#define KEY_WALL "look_wall_ms"
#define KEY_MONO "look_mono_ms"
#define KEY_BOOT "look_boot"
#define KEY_AWAY "away_ms" /* since contact, up to the last look */

#define SET_BY_HAND_MS 60000   /* more than a clock is ever nudged */
#define LOOK_AGAIN_MS  3600000 /* how much of the counting a power cut may lose */

struct look {
    bool known; /* there was one before */
    bool same;  /* ... in this run of the machine */
    int64_t wall_ms, mono_ms;
    int64_t wall_then_ms, mono_then_ms;
    uint64_t boot;
    int64_t moved_ms; /* the wall clock was set ahead by so much since */
};

static enum err read_look(struct node *node, struct look *ret)
{
    const struct host *host = node->host;
    struct look look = {.wall_ms = host->now_ms(host->ctx), .mono_ms = host->mono_ms(host->ctx)};
    int64_t boot = 0;
    look.boot = host->boot ? host->boot(host->ctx) : 0;
    enum err e = self_i64(node, KEY_WALL, INT64_MIN, &look.wall_then_ms);
    if (!e) {
        e = self_i64(node, KEY_MONO, 0, &look.mono_then_ms);
    }
    if (!e) {
        e = self_i64(node, KEY_BOOT, 0, &boot);
    }
    if (e) {
        return e;
    }
    look.known = look.wall_then_ms != INT64_MIN;
    look.same = look.known && look.boot != 0 && look.boot == (uint64_t)boot &&
                look.mono_ms >= look.mono_then_ms;
    if (look.same) {
        int64_t moved = look.wall_ms - look.wall_then_ms - (look.mono_ms - look.mono_then_ms);
        look.moved_ms = moved > SET_BY_HAND_MS || moved < -SET_BY_HAND_MS ? moved : 0;
    }
    *ret = look;
    return OK;
}

static enum err read_clock(struct node *node, const struct look *look, struct node_clock *ret)
{
    struct node_clock clock = {0};
    int64_t has = 0;
    enum err e = self_i64(node, "has_offset", 0, &has);
    if (!e) {
        e = self_i64(node, "offset_ms", 0, &clock.offset_ms);
    }
    if (!e) {
        e = self_i64(node, "hub_time_ms", 0, &clock.hub_time_ms);
    }
    if (e) {
        return e;
    }
    clock.has_offset = has != 0;
    clock.offset_ms += clock.has_offset ? look->moved_ms : 0;
    clock.insane =
        look->wall_ms < NODE_BUILD_MS || look->wall_ms < clock.hub_time_ms - STAMP_SLACK_MS;
    *ret = clock;
    return OK;
}

enum err node_clock(struct node *node, struct node_clock *ret)
{
    struct look look;
    enum err e = read_look(node, &look);
    return e ? e : read_clock(node, &look, ret);
}

int64_t node_now_ms(struct node *node)
{
    struct node_clock clock = {0};
    int64_t now = node->host->now_ms(node->host->ctx);
    if (node_clock(node, &clock)) {
        return now;
    }
    return clock.has_offset ? now - clock.offset_ms : now;
}

/*
 * What passed since the last look. In one run of the machine the monotonic clock says it, whatever
 * was done to the wall clock. Over a time switched off only the wall clock can; it is taken as the
 * last contact corrected it, and never for less than this run lasts already.
 */
static enum err add_passed(struct node *node, const struct look *look, int64_t *ret_away)
{
    struct node_clock clock;
    int64_t contact = 0;
    int64_t away = 0;
    enum err e = read_clock(node, look, &clock);
    if (!e) {
        e = self_i64(node, KEY_CONTACT, 0, &contact);
    }
    if (!e) {
        e = self_i64(node, KEY_AWAY, 0, &away);
    }
    if (e || contact == 0 || !look->known) {
        *ret_away = 0;
        return e;
    }
    int64_t run =
        look->mono_ms >= look->mono_then_ms ? look->mono_ms - look->mono_then_ms : look->mono_ms;
    /* Without a correction (no network yet, only files) the clock tells how it went on, at best. */
    int64_t by_wall = clock.has_offset ? look->wall_ms - clock.offset_ms - contact
                                       : away + look->wall_ms - look->wall_then_ms;
    away += run > 0 ? run : 0;
    *ret_away = !look->same && by_wall > away ? by_wall : away;
    return OK;
}

enum err clock_away(struct node *node, int64_t *ret_ms)
{
    struct look look;
    enum err e = read_look(node, &look);
    return e ? e : add_passed(node, &look, ret_ms);
}

static enum err write_look(struct node *node, const struct look *look, int64_t away_ms)
{
    enum err e = self_set_i64(node, KEY_WALL, look->wall_ms);
    if (!e) {
        e = self_set_i64(node, KEY_MONO, look->mono_ms);
    }
    if (!e) {
        e = self_set_i64(node, KEY_BOOT, (int64_t)look->boot);
    }
    return e ? e : self_set_i64(node, KEY_AWAY, away_ms);
}

static enum err note_look(struct node *node, const struct look *look)
{
    struct node_clock clock;
    int64_t away = 0;
    enum err e = add_passed(node, look, &away);
    if (!e && look->moved_ms != 0) {
        e = read_clock(node, look, &clock);
        if (!e && clock.has_offset) {
            e = self_set_i64(node, "offset_ms", clock.offset_ms);
        }
    }
    return e ? e : write_look(node, look, away);
}

enum err clock_look(struct node *node)
{
    struct look look;
    enum err e = read_look(node, &look);
    bool soon = look.same && look.moved_ms == 0 && look.mono_ms - look.mono_then_ms < LOOK_AGAIN_MS;
    if (e || soon) {
        return e;
    }
    e = node_begin(node);
    if (!e) { /* again: another process may have looked meanwhile */
        e = read_look(node, &look);
        e = node_end(node, e ? e : note_look(node, &look));
    }
    return e;
}

enum err node_look_at_clock(struct node *node)
{
    return node->identity.enrolled ? clock_look(node) : OK;
}

enum err clock_set_offset(struct node *node, int64_t offset_ms)
{
    struct look look;
    int64_t away = 0;
    enum err e = read_look(node, &look);
    if (!e) {
        e = add_passed(node, &look, &away);
    }
    if (!e) { /* From here on the new correction holds, not what the old one went wrong by. */
        e = write_look(node, &look, away);
    }
    if (!e) {
        e = self_set_i64(node, "has_offset", 1);
    }
    return e ? e : self_set_i64(node, "offset_ms", offset_ms);
}

/* By a bundle the contact lies days back; it can't make the time without one longer. */
enum err clock_contact(struct node *node, int64_t server_ms)
{
    struct look look;
    struct node_clock clock;
    int64_t before = 0;
    int64_t contact = 0;
    enum err e = read_look(node, &look);
    if (!e) {
        e = read_clock(node, &look, &clock);
    }
    if (!e) {
        e = self_i64(node, KEY_CONTACT, 0, &contact);
    }
    if (!e) {
        e = add_passed(node, &look, &before);
    }
    if (e) {
        return e;
    }
    int64_t away = clock.has_offset ? look.wall_ms - clock.offset_ms - server_ms : 0;
    away = away < 0 ? 0 : away;
    away = contact != 0 && away > before ? before : away;
    e = write_look(node, &look, away);
    return e ? e : self_set_i64(node, KEY_CONTACT, server_ms);
}
