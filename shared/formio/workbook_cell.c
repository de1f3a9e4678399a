#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "workbook_inner.h"

void workbook_add_number(struct buf *ret, const char *text)
{
    size_t size = strlen(text);
    if (strspn(text, "-0123456789") == size) {
        buf_add_text(ret, text);
        return;
    }
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || number != number || number > 1e300 || number < -1e300) {
        buf_add_text(ret, text);
        return;
    }
    /* Excel shows 15 digits; the file holds 17: 0.1 + 0.2 is 0.3 to who wrote the cell. */
    char rounded[40];
    (void)snprintf(rounded, sizeof(rounded), "%.15g", number);
    expr_add_number(ret, strtod(rounded, NULL));
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. */
static void civil_date(long long days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    long long era = (days >= 0 ? days : days - 146096) / 146097;
    long long in_era = days - era * 146097;
    long long year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    long long in_year = in_era - (365 * year + year / 4 - year / 100);
    long long month = (5 * in_year + 2) / 153;
    *ret_day = (int)(in_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int)(year + era * 400 + (*ret_month <= 2 ? 1 : 0));
}

#define DAYS_TO_1899_12_30 (-25569)
#define DAYS_TO_1904_01_01 (-24107)

void workbook_add_date(struct buf *ret, const char *text, bool from_1904)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= 0) || number > 2958466) { /* the year 9999 */
        buf_add_text(ret, text);
        return;
    }
    long long days = (long long)number;
    long long seconds = (long long)((number - (double)days) * 86400 + 0.5);
    if (seconds == 86400) {
        seconds = 0;
        days++;
    }
    bool only_time = days == 0 && !from_1904;
    /* Excel counts a 29 February 1900 that never was. */
    long long since_1970 = from_1904   ? days + DAYS_TO_1904_01_01
                           : days < 60 ? days + DAYS_TO_1899_12_30 + 1
                                       : days + DAYS_TO_1899_12_30;
    int year, month, day;
    civil_date(since_1970, &year, &month, &day);
    char shown[64];
    if (!only_time) {
        (void)snprintf(shown, sizeof(shown), "%04d-%02d-%02d", year, month, day);
        buf_add_text(ret, shown);
    }
    if (only_time || seconds != 0) {
        (void)snprintf(shown, sizeof(shown), "%s%02lld:%02lld:%02lld", only_time ? "" : "T",
                       seconds / 3600, seconds / 60 % 60, seconds % 60);
        buf_add_text(ret, shown);
    }
}
