/*
 * random_filter.h - random expressions over a list called "list" with the columns a, b, c, label
 * and name (or RANDOM_FILTER_COLUMNS), beside a form with the questions /data/{t,u,n,d,empty} and
 * several /data/m: what filters of choices look like, and what XPath makes of texts, numbers and
 * nothing.
 */
#ifndef RANDOM_FILTER_H
#define RANDOM_FILTER_H

#include "buf.h"
#include "test_random.h"

static const char *const random_filter_texts[] = {
    "",    "1",    "01",         "1.0",      " 1", "2",   "x",
    "y",   "x y",  "2026-01-01", "46022",    "-0", "0",   "NaN",
    "1e3", "true", "false",      "\xd8\xb9", "X",  "x\t", "2026-01-01T00:00:00.000Z"};
#define RANDOM_FILTER_TEXTS (sizeof random_filter_texts / sizeof random_filter_texts[0])

static inline const char *random_filter_text(struct test_random *random)
{
    /* Some come more often, so that filters find something. */
    size_t of = test_random_below(random, 3) == 0 ? RANDOM_FILTER_TEXTS : 8;
    return random_filter_texts[test_random_below(random, of)];
}

static inline const char *random_filter_pick(struct test_random *random, const char *const *of,
                                             size_t count)
{
    return of[test_random_below(random, count)];
}
#define RANDOM_FILTER_PICK(random, ...)                                                            \
    random_filter_pick(random, (const char *const[]){__VA_ARGS__},                                 \
                       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#ifndef RANDOM_FILTER_COLUMNS
#define RANDOM_FILTER_COLUMNS "a", "a", "b", "b", "c", "name", "label", "nowhere"
#endif
static inline const char *random_filter_column(struct test_random *random)
{
    return RANDOM_FILTER_PICK(random, RANDOM_FILTER_COLUMNS);
}

static inline void random_filter_value(struct test_random *random, struct buf *ret, int depth)
{
    switch (test_random_below(random, depth > 0 ? 9 : 8)) {
    case 0:
    case 1:
    case 2:
        buf_add_format(ret, "'%s'", random_filter_text(random));
        break;
    case 3:
        buf_add_text(ret, RANDOM_FILTER_PICK(random, "1", "2", "0", "-0", "1.5", "46022"));
        break;
    case 4:
    case 5:
        buf_add_text(ret, RANDOM_FILTER_PICK(random, "/data/t", "/data/u", "/data/n", "/data/d",
                                             "/data/empty", "/data/m", "current()/../u"));
        break;
    case 6:
        buf_add_text(ret, RANDOM_FILTER_PICK(random, "today()", "true()", "number('')",
                                             "concat('', 'x')", "number(/data/t)", "1 + 1",
                                             "date('2026-01-01')", "string(/data/m)", "name()",
                                             "string-length(/data/t)"));
        break;
    case 7:
        buf_add_text(ret, random_filter_column(random));
        break;
    default:
        buf_add_format(ret, "instance('list')/root/item[%s = '%s']/%s",
                       random_filter_column(random), random_filter_text(random),
                       random_filter_column(random));
        break;
    }
}

static inline void random_filter_condition(struct test_random *random, struct buf *ret, int depth)
{
    const char *column = random_filter_column(random);
    size_t kind = test_random_below(random, 14);
    if (kind < 6) {
        bool turned = test_random_below(random, 4) == 0;
        const char *sign = kind < 4 ? "=" : RANDOM_FILTER_PICK(random, "!=", "<", ">=", "=");
        if (turned) {
            random_filter_value(random, ret, depth);
            buf_add_format(ret, " %s %s", sign, column);
        } else {
            buf_add_format(ret, "%s %s ", column, sign);
            random_filter_value(random, ret, depth);
        }
        return;
    }
    switch (kind) {
    case 6:
        buf_add_format(ret, "position() %s %zu", RANDOM_FILTER_PICK(random, "=", "<", "!="),
                       test_random_below(random, 6));
        break;
    case 7:
        buf_add_text(ret, RANDOM_FILTER_PICK(random, "position() = last()", "last() > 3",
                                             "position() mod 2 = 1"));
        break;
    case 8:
        buf_add_format(ret, "contains(%s, '%s')", column, random_filter_text(random));
        break;
    case 9:
        buf_add_format(ret, "selected(%s, '%s')", column, random_filter_text(random));
        break;
    case 10:
        buf_add_format(ret, "not(%s = '%s')", column, random_filter_text(random));
        break;
    case 11:
        buf_add_text(ret, column);
        break;
    case 12:
        buf_add_format(ret, "../item[2]/%s = %s", column, random_filter_column(random));
        break;
    default:
        buf_add_format(ret, "(%s = '%s' or %s = '%s')", column, random_filter_text(random),
                       random_filter_column(random), random_filter_text(random));
        break;
    }
}

static inline void random_filter_predicate(struct test_random *random, struct buf *ret, int depth)
{
    buf_add_byte(ret, '[');
    if (test_random_below(random, 8) == 0) {
        buf_add_text(ret,
                     RANDOM_FILTER_PICK(random, "1", "2", "3", "0", "1.5", "last()", "/data/n"));
    } else {
        size_t count = 1 + test_random_below(random, 3);
        for (size_t i = 0; i < count; i++) {
            buf_add_text(ret, i == 0 ? "" : test_random_below(random, 5) == 0 ? " or " : " and ");
            random_filter_condition(random, ret, depth);
        }
    }
    buf_add_byte(ret, ']');
}

static inline void random_filter_path(struct test_random *random, struct buf *ret)
{
    buf_add_text(ret, "instance('list')");
    buf_add_text(ret, test_random_below(random, 12) != 0
                          ? "/root/item"
                          : RANDOM_FILTER_PICK(random, "/root/*", "/*/item", "//item",
                                               "/root/entry", "/other/item"));
    size_t predicates = test_random_below(random, 8) == 0 ? 2 : test_random_below(random, 10) != 0;
    for (size_t i = 0; i < predicates; i++) {
        random_filter_predicate(random, ret, 1);
    }
    buf_add_text(ret, RANDOM_FILTER_PICK(random, "", "", "/a", "/label", "/label", "/name", "/*",
                                         "/label[. != 'x']", "/..", "/../item[1]/a", "/@a",
                                         "/following-sibling::item/a", "/descendant::*"));
}

/* A whole expression; its value as a text tells which items were found, in which order. */
static inline void random_filter_expression(struct test_random *random, struct buf *ret)
{
    switch (test_random_below(random, 9)) {
    case 0:
        buf_add_text(ret, "count(");
        break;
    case 1:
        buf_add_text(ret, "string(");
        break;
    case 2:
        buf_add_text(ret, "sum(");
        break;
    case 3:
        buf_add_text(ret, "join('|', (");
        random_filter_path(random, ret);
        buf_add_text(ret, ")[2] | ");
        random_filter_path(random, ret);
        buf_add_byte(ret, ')');
        return;
    case 4:
        buf_add_text(ret, "join('|', ");
        random_filter_path(random, ret);
        buf_add_text(ret, " | ");
        random_filter_path(random, ret);
        buf_add_byte(ret, ')');
        return;
    case 5:
        buf_add_format(ret, "pulldata('list', '%s', '%s', ", random_filter_column(random),
                       random_filter_column(random));
        random_filter_value(random, ret, 0);
        buf_add_byte(ret, ')');
        return;
    default:
        buf_add_text(ret, "join('|', ");
        break;
    }
    random_filter_path(random, ret);
    buf_add_byte(ret, ')');
}

#endif
