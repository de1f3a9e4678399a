#include "value_time.h"

#include <stdio.h>
#include <string.h>

struct scan {
    const uint8_t *at;
    const uint8_t *end;
};

static struct scan scan_of(struct span text)
{
    return (struct scan){.at = text.data, .end = text.data + text.size};
}

static bool at_end(const struct scan *scan)
{
    return scan->at == scan->end;
}

/* One of `bytes`; 0 when there is none of them. */
static uint8_t take_any(struct scan *scan, const char *bytes)
{
    if (at_end(scan) || *scan->at == '\0' || strchr(bytes, *scan->at) == NULL) {
        return 0;
    }
    return *scan->at++;
}

/* From `min_count` to `max_count` digits, not more than 9; false when there are other than that. */
static bool take_digits(struct scan *scan, size_t min_count, size_t max_count, int *ret)
{
    int value = 0;
    size_t count = 0;
    while (!at_end(scan) && *scan->at >= '0' && *scan->at <= '9' && count < max_count) {
        value = value * 10 + (*scan->at++ - '0');
        count++;
    }
    *ret = value;
    return count >= min_count;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* 0 stands for a month or a day that isn't known. */
struct date {
    int year, month, day;
};

static bool date_valid(struct date date)
{
    if (date.year < YEAR_MIN || date.year > YEAR_MAX || date.month < 0 || date.month > 12 ||
        date.day < 0 || (date.month == 0 && date.day > 0)) {
        return false;
    }
    return date.day == 0 || date.day <= days_in(date.year, date.month);
}

/* "1948-05-17" and its prefixes. */
static bool take_date(struct scan *scan, bool typed, struct date *ret)
{
    const char *separators = typed ? "-/." : "-";
    size_t digits_min = typed ? 1 : 2;
    struct date date = {0};
    if (!take_digits(scan, 4, 4, &date.year)) {
        return false;
    }
    const char separator[2] = {(char)take_any(scan, separators), '\0'};
    if (separator[0] != '\0') {
        if (!take_digits(scan, digits_min, 2, &date.month) || date.month == 0) {
            return false;
        }
        if (take_any(scan, separator) &&
            (!take_digits(scan, digits_min, 2, &date.day) || date.day == 0)) {
            return false;
        }
    }
    *ret = date;
    return date_valid(date);
}

/* "17/05/1948" and "05/1948": as forms and identity cards in the region have it. */
static bool take_date_from_day(struct scan *scan, struct date *ret)
{
    int first = 0;
    int second = 0;
    struct date date = {0};
    if (!take_digits(scan, 1, 2, &first) || first == 0) {
        return false;
    }
    const char separator[2] = {(char)take_any(scan, "/.-"), '\0'};
    if (separator[0] == '\0') {
        return false;
    }
    struct scan after_first = *scan;
    if (take_digits(scan, 1, 2, &second) && second > 0 && take_any(scan, separator)) {
        date.day = first;
        date.month = second;
    } else {
        *scan = after_first;
        date.month = first;
    }
    if (!take_digits(scan, 4, 4, &date.year)) {
        return false;
    }
    *ret = date;
    return date_valid(date);
}

static void write_date(struct date date, char ret[VALUE_TIME_SIZE])
{
    if (date.month == 0) {
        (void)snprintf(ret, VALUE_TIME_SIZE, "%04d", date.year);
    } else if (date.day == 0) {
        (void)snprintf(ret, VALUE_TIME_SIZE, "%04d-%02d", date.year, date.month);
    } else {
        (void)snprintf(ret, VALUE_TIME_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
    }
}

bool date_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE])
{
    struct date date;
    struct scan scan = scan_of(text);
    bool taken = take_date(&scan, typed, &date) && at_end(&scan);
    if (!taken && typed) {
        scan = scan_of(text);
        taken = take_date_from_day(&scan, &date) && at_end(&scan);
    }
    if (taken) {
        write_date(date, ret);
    }
    return taken;
}

/* `second` is -1 where there is none. */
struct clock {
    int hour, minute, second;
};

static bool take_clock(struct scan *scan, bool typed, struct clock *ret)
{
    struct clock clock = {.second = -1};
    if (!take_digits(scan, typed ? 1 : 2, 2, &clock.hour) || !take_any(scan, typed ? ":hH" : ":") ||
        !take_digits(scan, 2, 2, &clock.minute)) {
        return false;
    }
    if (take_any(scan, ":") && !take_digits(scan, 2, 2, &clock.second)) {
        return false;
    }
    *ret = clock;
    return clock.hour < 24 && clock.minute < 60 && clock.second < 60;
}

static bool take_fraction(struct scan *scan)
{
    int ignored = 0;
    if (!take_any(scan, ".")) {
        return true;
    }
    return take_digits(scan, 1, 9, &ignored);
}

static bool take_offset(struct scan *scan, bool typed, int *ret_minutes)
{
    int hours = 0;
    int minutes = 0;
    if (typed && take_any(scan, "Zz")) {
        *ret_minutes = 0;
        return true;
    }
    uint8_t sign = take_any(scan, "+-");
    if (!sign || !take_digits(scan, 2, 2, &hours) || !take_any(scan, ":") ||
        !take_digits(scan, 2, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    int offset = hours * 60 + minutes;
    *ret_minutes = sign == '-' ? -offset : offset;
    return typed || sign == '+' || offset > 0; /* "-00:00" is no canonical zero. */
}

bool time_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE])
{
    struct clock clock;
    struct scan scan = scan_of(text);
    int offset = 0;
    if (!take_clock(&scan, typed, &clock) || (typed && !take_fraction(&scan)) ||
        (typed && !at_end(&scan) && !take_offset(&scan, typed, &offset)) || !at_end(&scan)) {
        return false;
    }
    if (clock.second < 0) {
        (void)snprintf(ret, VALUE_TIME_SIZE, "%02d:%02d", clock.hour, clock.minute);
    } else {
        (void)snprintf(ret, VALUE_TIME_SIZE, "%02d:%02d:%02d", clock.hour, clock.minute,
                       clock.second);
    }
    return true;
}

struct moment {
    struct date date;
    struct clock clock;
    int offset_minutes;
};

static bool read_moment(struct span text, bool typed, struct moment *ret)
{
    struct scan scan = scan_of(text);
    if (!take_date(&scan, false, &ret->date) || ret->date.day == 0 ||
        !take_any(&scan, typed ? "Tt " : "T") || !take_clock(&scan, false, &ret->clock)) {
        return false;
    }
    if (typed && !take_fraction(&scan)) {
        return false;
    }
    if (ret->clock.second < 0) {
        if (!typed) {
            return false;
        }
        ret->clock.second = 0;
    }
    return take_offset(&scan, typed, &ret->offset_minutes) && at_end(&scan);
}

bool datetime_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE])
{
    struct moment moment;
    char date[VALUE_TIME_SIZE];
    if (!read_moment(text, typed, &moment)) {
        return false;
    }
    unsigned offset =
        (unsigned)(moment.offset_minutes < 0 ? -moment.offset_minutes : moment.offset_minutes);
    write_date(moment.date, date);
    (void)snprintf(ret, VALUE_TIME_SIZE, "%.10sT%02u:%02u:%02u%c%02u:%02u", date,
                   (unsigned)moment.clock.hour % 24, (unsigned)moment.clock.minute % 60,
                   (unsigned)moment.clock.second % 60, moment.offset_minutes < 0 ? '-' : '+',
                   offset / 60 % 24, offset % 60);
    return true;
}

/* Days since 1970-01-01: whole years counted with their leap days, then the days of this one. */
static int64_t days_since_1970(struct date date)
{
    int64_t before = date.year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
    for (int month = 1; month < date.month; month++) {
        days += days_in(date.year, month);
    }
    return days + date.day - 1;
}

bool datetime_seconds(struct span text, int64_t *ret)
{
    struct moment moment;
    if (!read_moment(text, false, &moment)) {
        return false;
    }
    int64_t minutes = moment.clock.hour * 60 + moment.clock.minute - moment.offset_minutes;
    *ret = (days_since_1970(moment.date) * 1440 + minutes) * 60 + moment.clock.second;
    return true;
}
