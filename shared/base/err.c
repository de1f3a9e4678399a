#include "err.h"

#include <stdarg.h>
#include <string.h>

#include "span.h"
#include "utf8.h"

struct err_row {
    const char *name;
    int exit_status;
    int http_status;
};

static const struct err_row rows[ERR_COUNT] = {
#define ERR_ROW(code, name, exit_status, http_status) [code] = {name, exit_status, http_status},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

/* A code from a damaged place must not index past the table. */
static const struct err_row *row_of(enum err code)
{
    if ((unsigned)code >= ERR_COUNT) {
        return &rows[ERR_INTERNAL];
    }
    return &rows[code];
}

/* Of a file, a flipped bit, a name on the disk: what is said of them is written as JSON. */
static void make_text(char *arg)
{
    size_t bad = 0;
    while (!utf8_valid(span_of(arg), &bad)) {
        arg[bad] = '?';
    }
}

enum err diag_set(struct diag *diag, enum err code, ...)
{
    if (diag == NULL) {
        return code;
    }
    /* Built aside, because an argument may be one of diag's own. */
    struct diag made = {.code = code};
    va_list list;
    va_start(list, code);
    for (const char *arg = va_arg(list, const char *); arg != NULL && made.arg_count < DIAG_ARGS;
         arg = va_arg(list, const char *)) {
        span_text(span_of(arg), made.args[made.arg_count], DIAG_ARG_SIZE);
        make_text(made.args[made.arg_count]);
        made.arg_count++;
    }
    va_end(list);
    *diag = made;
    return code;
}

enum err diag_keep(struct diag *diag, enum err code)
{
    if (diag != NULL && diag->code == OK) {
        *diag = (struct diag){.code = code};
    }
    return code;
}

const char *err_name(enum err code)
{
    return row_of(code)->name;
}

int err_exit_status(enum err code)
{
    return row_of(code)->exit_status;
}

int err_http_status(enum err code)
{
    return row_of(code)->http_status;
}

enum err err_from_name(const char *name)
{
    for (unsigned i = 0; name != NULL && i < ERR_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return (enum err)i;
        }
    }
    return ERR_INTERNAL;
}
