/*
 * Dates and times of day as numbers: days since 1970-01-01 00:00 in the programme's zone, so that a
 * date is a whole number. Proleptic Gregorian calendar, by days from a civil date (the usual
 * arithmetic with years that begin in March).
 */
#include <math.h>

#include "expr_inner.h"

#define DAY_MINUTES 1440
#define DAY_MS      86400000.0

static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil {
    int64_t year;
    int month, day, weekday; /* weekday 0 = Sunday */
    int hour, minute, second, ms;
};

static struct civil civil_of(double days)
{
    /* Rounded to a millisecond first, so that a part of a day that no double holds isn't 59.999. */
    double all_ms = floor(days * DAY_MS + 0.5);
    int64_t day = (int64_t)floor(all_ms / DAY_MS);
    int64_t ms = (int64_t)(all_ms - (double)day * DAY_MS);
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t march_month = (5 * of_year + 2) / 153;
    struct civil civil = {.day = (int)(of_year - (153 * march_month + 2) / 5 + 1),
                          .month = (int)(march_month < 10 ? march_month + 3 : march_month - 9),
                          .weekday = (int)(((day + 4) % 7 + 7) % 7),
                          .hour = (int)(ms / 3600000),
                          .minute = (int)(ms / 60000 % 60),
                          .second = (int)(ms / 1000 % 60),
                          .ms = (int)(ms % 1000)};
    civil.year = years + era * 400 + (civil.month <= 2 ? 1 : 0);
    return civil;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

double date_months(double days)
{
    struct civil at = civil_of(days);
    return (double)(at.year * 12 + at.month - 1);
}

double date_add_months(double days, double months)
{
    struct civil at = civil_of(days);
    int64_t all = at.year * 12 + at.month - 1 + (int64_t)months;
    int64_t year = (all >= 0 ? all : all - 11) / 12;
    int month = (int)(all - year * 12) + 1;
    int most = days_in_month(year, month);
    return (double)days_of(year, month, at.day < most ? at.day : most) + (days - floor(days));
}

/* ---- reading */

static bool read_digits(struct span *text, size_t count, int *ret)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= text->size || text->data[i] < '0' || text->data[i] > '9') {
            return false;
        }
        number = number * 10 + (text->data[i] - '0');
    }
    *text = span_cut(*text, count, text->size);
    *ret = number;
    return true;
}

static bool read_byte(struct span *text, uint8_t byte)
{
    if (text->size == 0 || text->data[0] != byte) {
        return false;
    }
    *text = span_cut(*text, 1, text->size);
    return true;
}

static bool read_day(struct span *text, double *ret)
{
    int year, month, day;
    bool before_christ = read_byte(text, '-');
    if (!read_digits(text, 4, &year) || !read_byte(text, '-') || !read_digits(text, 2, &month) ||
        !read_byte(text, '-') || !read_digits(text, 2, &day)) {
        return false;
    }
    int64_t signed_year = before_christ ? -year : year;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(signed_year, month)) {
        return false;
    }
    *ret = (double)days_of(signed_year, month, day);
    return true;
}

/* "Z", "+01:00", "+01", "+0100"; nothing: the programme's zone. */
static bool read_offset(struct span *text, int zone_minutes, int *ret)
{
    *ret = zone_minutes;
    if (text->size == 0) {
        return true;
    }
    if (read_byte(text, 'Z')) {
        *ret = 0;
        return text->size == 0;
    }
    int sign = read_byte(text, '+') ? 1 : -1;
    int hours, minutes = 0;
    if ((sign < 0 && !read_byte(text, '-')) || !read_digits(text, 2, &hours)) {
        return false;
    }
    (void)read_byte(text, ':');
    if (text->size != 0 && !read_digits(text, 2, &minutes)) {
        return false;
    }
    *ret = sign * (hours * 60 + minutes);
    return text->size == 0 && hours < 24 && minutes < 60;
}

static bool read_clock(struct span *text, double *ret_part)
{
    int hour, minute, second = 0;
    double fraction = 0;
    if (!read_digits(text, 2, &hour) || !read_byte(text, ':') || !read_digits(text, 2, &minute)) {
        return false;
    }
    if (read_byte(text, ':')) {
        if (!read_digits(text, 2, &second)) {
            return false;
        }
        if (read_byte(text, '.')) {
            double scale = 0.1;
            for (int digit; read_digits(text, 1, &digit); scale /= 10) {
                fraction += digit * scale;
            }
        }
    }
    *ret_part = (hour * 3600 + minute * 60 + second + fraction) / 86400.0;
    return hour < 24 && minute < 60 && second < 61;
}

bool time_read(struct span text, int zone_minutes, double *ret_part_of_day)
{
    double part;
    int offset;
    if (!read_clock(&text, &part) || !read_offset(&text, zone_minutes, &offset)) {
        return false;
    }
    part += (double)(zone_minutes - offset) / DAY_MINUTES;
    *ret_part_of_day = part - floor(part);
    return true;
}

bool date_read(struct span text, int zone_minutes, double *ret_days, bool *ret_has_time)
{
    double days, part;
    int offset;
    if (!read_day(&text, &days)) {
        return false;
    }
    *ret_has_time = text.size != 0;
    if (text.size == 0) {
        *ret_days = days;
        return true;
    }
    if (!read_byte(&text, 'T') || !read_clock(&text, &part) ||
        !read_offset(&text, zone_minutes, &offset)) {
        return false;
    }
    *ret_days = days + part + (double)(zone_minutes - offset) / DAY_MINUTES;
    return true;
}

/* ---- writing */

static void add_padded(struct buf *ret, int64_t number, int width)
{
    char digits[24];
    int count = 0;
    bool negative = number < 0;
    for (number = negative ? -number : number; number != 0 || count == 0; number /= 10) {
        digits[count++] = (char)('0' + number % 10);
    }
    if (negative) {
        buf_add_byte(ret, '-');
    }
    for (int i = count; i < width; i++) {
        buf_add_byte(ret, '0');
    }
    while (count > 0) {
        buf_add_byte(ret, (uint8_t)digits[--count]);
    }
}

void date_write(double days, bool has_time, int zone_minutes, struct buf *ret)
{
    struct civil at = civil_of(has_time ? days : floor(days));
    add_padded(ret, at.year, 4);
    buf_add_byte(ret, '-');
    add_padded(ret, at.month, 2);
    buf_add_byte(ret, '-');
    add_padded(ret, at.day, 2);
    if (!has_time) {
        return;
    }
    buf_add_byte(ret, 'T');
    add_padded(ret, at.hour, 2);
    buf_add_byte(ret, ':');
    add_padded(ret, at.minute, 2);
    buf_add_byte(ret, ':');
    add_padded(ret, at.second, 2);
    buf_add_byte(ret, '.');
    add_padded(ret, at.ms, 3);
    buf_add_byte(ret, zone_minutes < 0 ? '-' : '+');
    int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
    add_padded(ret, zone / 60, 2);
    buf_add_byte(ret, ':');
    add_padded(ret, zone % 60, 2);
}

/* ISO 8601: of the year that the week's Thursday lies in. */
static int week_of(const struct civil *at)
{
    int64_t day = days_of(at->year, at->month, at->day);
    int64_t thursday = day + 3 - (at->weekday + 6) % 7;
    struct civil middle = civil_of((double)thursday);
    return (int)((thursday - days_of(middle.year, 1, 1)) / 7) + 1;
}

static bool add_formatted(uint8_t letter, const struct civil *at, struct buf *ret)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    switch (letter) {
    case 'Y':
        add_padded(ret, at->year, 4);
        return true;
    case 'y':
        add_padded(ret, at->year % 100, 2);
        return true;
    case 'm':
        add_padded(ret, at->month, 2);
        return true;
    case 'n':
        add_padded(ret, at->month, 1);
        return true;
    case 'b':
        buf_add_text(ret, months[at->month - 1]);
        return true;
    case 'd':
        add_padded(ret, at->day, 2);
        return true;
    case 'e':
        add_padded(ret, at->day, 1);
        return true;
    case 'a':
        buf_add_text(ret, weekdays[at->weekday]);
        return true;
    case 'W':
        add_padded(ret, week_of(at), 2);
        return true;
    case 'H':
        add_padded(ret, at->hour, 2);
        return true;
    case 'h':
        add_padded(ret, at->hour, 1);
        return true;
    case 'M':
        add_padded(ret, at->minute, 2);
        return true;
    case 'S':
        add_padded(ret, at->second, 2);
        return true;
    case '3':
        add_padded(ret, at->ms, 3);
        return true;
    case '%':
        buf_add_byte(ret, '%');
        return true;
    default:
        return false;
    }
}

bool date_format(double days, struct span format, struct buf *ret)
{
    struct civil at = civil_of(days);
    for (size_t i = 0; i < format.size; i++) {
        if (format.data[i] != '%') {
            buf_add_byte(ret, format.data[i]);
        } else if (++i == format.size || !add_formatted(format.data[i], &at, ret)) {
            return false;
        }
    }
    return true;
}
