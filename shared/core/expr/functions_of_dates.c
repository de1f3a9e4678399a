#include <math.h>

#include "expr_inner.h"

#define DAY_MS        86400000.0
#define DAY_MINUTES   1440.0
#define FORMATTED_MAX 4096 /* bytes */

static double now_days(const struct expr_host *host)
{
    return ((double)host->now_ms + host->zone_minutes * 60000.0) / DAY_MS;
}

static enum err call_today(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    (void)call, (void)focus;
    value_set_date(ret, floor(now_days(run->host)), false);
    return OK;
}

static enum err call_now(struct evaluation *run, const struct expr *call, const struct focus *focus,
                         struct expr_value *ret)
{
    (void)call, (void)focus;
    value_set_date(ret, now_days(run->host), true);
    return OK;
}

enum err evaluate_date(struct evaluation *run, const struct expr *expr, const struct focus *focus,
                       double *ret_days, bool *ret_has_time, bool *ret_is_date)
{
    struct expr_value value;
    struct span text;
    enum err e = evaluate(run, expr, focus, &value);
    if (e != OK) {
        return e;
    }
    *ret_has_time = value.type == EXPR_DATE && value.has_time;
    if (value.type == EXPR_NODES || value.type == EXPR_STRING) {
        e = expr_to_text(&value, run->host, run->arena, &text);
        if (e != OK) {
            return e;
        }
        if (date_read(text, run->host->zone_minutes, ret_days, ret_has_time)) {
            *ret_is_date = true;
            return OK;
        }
    }
    *ret_days = expr_to_number(&value, run->host);
    *ret_has_time = *ret_has_time || *ret_days != floor(*ret_days);
    *ret_is_date = !isnan(*ret_days) && fabs(*ret_days) < 1e8 && value.type != EXPR_BOOLEAN;
    return OK;
}

static enum err make_date(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, bool keep_time, struct expr_value *ret)
{
    double days;
    bool has_time, is_date;
    enum err e = evaluate_date(run, call->args[0], focus, &days, &has_time, &is_date);
    if (e == OK && !is_date) {
        value_set_text(ret, span_of(""));
    } else if (e == OK) {
        value_set_date(ret, keep_time ? days : floor(days), keep_time);
    }
    return e;
}

static enum err call_date(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return make_date(run, call, focus, false, ret);
}

static enum err call_date_time(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    return make_date(run, call, focus, true, ret);
}

/* Days since 1970 in UTC, as the specification has it; everywhere else days are local. */
static enum err call_decimal_date_time(struct evaluation *run, const struct expr *call,
                                       const struct focus *focus, struct expr_value *ret)
{
    double days;
    bool has_time, is_date;
    enum err e = evaluate_date(run, call->args[0], focus, &days, &has_time, &is_date);
    if (e == OK) {
        value_set_number(ret, is_date ? days - run->host->zone_minutes / DAY_MINUTES : NAN);
    }
    return e;
}

static enum err call_decimal_time(struct evaluation *run, const struct expr *call,
                                  const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    double days;
    bool has_time, is_date;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    if (e == OK && time_read(text, run->host->zone_minutes, &days)) {
        value_set_number(ret, days);
        return OK;
    }
    e = e != OK ? e : evaluate_date(run, call->args[0], focus, &days, &has_time, &is_date);
    if (e == OK) {
        value_set_number(ret, is_date ? days - floor(days) : NAN);
    }
    return e;
}

static enum err call_format_date(struct evaluation *run, const struct expr *call,
                                 const struct focus *focus, struct expr_value *ret)
{
    double days;
    bool has_time, is_date;
    struct span format;
    enum err e = evaluate_date(run, call->args[0], focus, &days, &has_time, &is_date);
    e = e != OK ? e : evaluate_text(run, call->args[1], focus, &format);
    if (e != OK || !is_date) {
        value_set_text(ret, span_of(""));
        return e;
    }
    struct buf buf;
    buf_init(&buf, run->arena->mem, FORMATTED_MAX);
    if (!date_format(days, format, &buf)) {
        char shown[DIAG_ARG_SIZE];
        span_text(format, shown, sizeof(shown));
        buf_release(&buf);
        return diag_set(run->diag, ERR_FORMAT, "after % stands one of Y y m n b d e a W H h M S 3",
                        shown, NULL);
    }
    return text_of_buf(run->arena, &buf, ret);
}

const struct expr_function functions_of_dates[] = {
    {"date", 1, 1, call_date, false, NULL},
    {"date-time", 1, 1, call_date_time, false, NULL},
    {"decimal-date-time", 1, 1, call_decimal_date_time, false, NULL},
    {"decimal-time", 1, 1, call_decimal_time, false, NULL},
    {"format-date", 2, 2, call_format_date, false, NULL},
    {"format-date-time", 2, 2, call_format_date, false, NULL},
    {"now", 0, 0, call_now, true, NULL},
    {"today", 0, 0, call_today, true, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
