/*
 * What the forms of the Community Health Toolkit call beyond ODK's functions: whole units between
 * two dates, and a date moved by units. (docs.communityhealthtoolkit.org, XPath functions in
 * forms.)
 */
#include <math.h>

#include "expr_inner.h"

#define MONTHS_MOST 120000.0 /* ten thousand years: more is a mistake */

static enum err read_pair(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, double *from, double *to, bool *ret_are_dates)
{
    bool first = false, second = false, has_time;
    enum err e = evaluate_date(run, call->args[0], focus, from, &has_time, &first);
    e = e != OK ? e : evaluate_date(run, call->args[1], focus, to, &has_time, &second);
    *ret_are_dates = first && second;
    return e;
}

/* Whole months, towards zero; the 31st counts as the last day of a shorter month. */
static double months_between(double from, double to)
{
    double months = date_months(to) - date_months(from);
    if (to >= from) {
        return date_add_months(from, months) > to ? months - 1 : months;
    }
    return date_add_months(from, months) < to ? months + 1 : months;
}

static enum err between(struct evaluation *run, const struct expr *call, const struct focus *focus,
                        double months_each, double days_each, struct expr_value *ret)
{
    double from, to;
    bool are_dates;
    enum err e = read_pair(run, call, focus, &from, &to, &are_dates);
    if (e != OK || !are_dates) {
        value_set_text(ret, span_of(""));
        return e;
    }
    value_set_number(ret, months_each != 0 ? trunc(months_between(from, to) / months_each)
                                           : trunc((to - from) / days_each));
    return OK;
}

static enum err call_days(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    return between(run, call, focus, 0, 1, ret);
}

static enum err call_weeks(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return between(run, call, focus, 0, 7, ret);
}

static enum err call_months(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    return between(run, call, focus, 1, 0, ret);
}

static enum err call_years(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    return between(run, call, focus, 12, 0, ret);
}

/* add-date(date, years, months, days, hours, minutes): units that are left out or blank are none.
 */
static enum err call_add_date(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    double days, units[5] = {0};
    bool has_time, is_date;
    enum err e = evaluate_date(run, call->args[0], focus, &days, &has_time, &is_date);
    for (size_t i = 1; e == OK && i < call->arg_count; i++) {
        e = evaluate_number(run, call->args[i], focus, &units[i - 1]);
        units[i - 1] = isnan(units[i - 1]) ? 0 : units[i - 1];
    }
    double months = trunc(units[0] * 12 + units[1]);
    double rest = units[2] + units[3] / 24 + units[4] / 1440;
    if (e != OK || !is_date || fabs(months) > MONTHS_MOST || fabs(rest) > MONTHS_MOST * 31) {
        value_set_text(ret, span_of(""));
        return e;
    }
    has_time = has_time || units[3] != 0 || units[4] != 0;
    value_set_date(ret, date_add_months(days, months) + rest, has_time);
    return OK;
}

const struct expr_function functions_of_cht[] = {
    {"add-date", 1, 6, call_add_date, false, NULL},
    {"cht:add-date", 1, 6, call_add_date, false, NULL},
    {"difference-in-months", 2, 2, call_months, false, NULL},
    {"cht:difference-in-days", 2, 2, call_days, false, NULL},
    {"cht:difference-in-weeks", 2, 2, call_weeks, false, NULL},
    {"cht:difference-in-months", 2, 2, call_months, false, NULL},
    {"cht:difference-in-years", 2, 2, call_years, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
