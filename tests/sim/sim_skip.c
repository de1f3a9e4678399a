#include "sim_skip.h"

#include <stdlib.h>

bool skips_has(const struct sim_skips *skips, enum skip_what what, size_t step)
{
    return skips->marks[what] && step <= skips->steps && skips->marks[what][step];
}

void skips_set(struct sim_skips *skips, enum skip_what what, size_t step, bool skipped)
{
    if (!skips->marks[what]) {
        skips->marks[what] = calloc(skips->steps + 1, sizeof *skips->marks[what]);
        if (!skips->marks[what]) {
            abort();
        }
    }
    if (step <= skips->steps) {
        skips->marks[what][step] = skipped;
    }
}

bool skips_any(const struct sim_skips *skips, enum skip_what what, size_t steps)
{
    bool any = false;
    for (size_t step = 1; !any && step <= steps; step++) {
        any = skips_has(skips, what, step);
    }
    return any;
}

static bool read_number(const char **text, size_t *ret)
{
    char *end = NULL;
    if (**text < '0' || **text > '9') {
        return false;
    }
    *ret = strtoul(*text, &end, 10);
    *text = end;
    return true;
}

bool skips_read(struct sim_skips *skips, enum skip_what what, const char *text)
{
    for (;;) {
        size_t first = 0;
        if (!read_number(&text, &first)) {
            return false;
        }
        size_t last = first;
        if (*text == '-') {
            text++;
            if (!read_number(&text, &last)) {
                return false;
            }
        }
        for (size_t step = first; step <= last && step <= skips->steps; step++) {
            skips_set(skips, what, step, true);
        }
        if (*text != ',') {
            return *text == '\0';
        }
        text++;
    }
}

void skips_print(const struct sim_skips *skips, enum skip_what what, size_t steps, FILE *out)
{
    const char *between = "";
    for (size_t step = 1; step <= steps; step++) {
        size_t first = step;
        if (!skips_has(skips, what, step)) {
            continue;
        }
        while (step < steps && skips_has(skips, what, step + 1)) {
            step++;
        }
        (void)fprintf(out, "%s%zu", between, first);
        if (step > first) {
            (void)fprintf(out, "-%zu", step);
        }
        between = ",";
    }
}

void skips_release(struct sim_skips *skips)
{
    for (size_t i = 0; i < SKIP_KINDS; i++) {
        free(skips->marks[i]);
        skips->marks[i] = NULL;
    }
}
