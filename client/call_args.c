/*
 * call_args.c - the arguments of a call: nothing unknown, nothing of another kind, nothing missing.
 */
#include <string.h>

#include "args.h"
#include "call.h"
#include "num.h"

static const struct arg *find_arg(const struct call_kind *kind, const char *name)
{
    for (const struct arg *arg = kind->args; arg->name; arg++) {
        if (strcmp(arg->name, name) == 0) {
            return arg;
        }
    }
    return NULL;
}

static enum err unknown_arg(const struct call_kind *kind, const char *name, struct diag *diag)
{
    const char *names[CALL_ARGS_MAX];
    size_t count = 0;
    for (const struct arg *arg = kind->args; arg->name; arg++) {
        names[count++] = arg->name;
    }
    return diag_set(diag, ERR_UNKNOWN_OPTION, name, nearest_name(name, names, count), NULL);
}

enum err call_bad_value(struct diag *diag, const char *name, const struct json *value,
                        const char *expected)
{
    const char *text = json_text(value);
    int64_t number = 0;
    char digits[NUM_TEXT_SIZE];
    if (!text && json_int(value, &number)) {
        num_write_i64(number, digits);
        text = digits;
    }
    if (!text) {
        switch (json_kind(value)) {
        case JSON_NULL:
            text = "null";
            break;
        case JSON_BOOL:
            text = json_bool(value) ? "true" : "false";
            break;
        case JSON_ARRAY:
            text = "[...]";
            break;
        case JSON_OBJECT:
        case JSON_INT:
        case JSON_TEXT:
            text = "{...}";
            break;
        }
    }
    return diag_set(diag, ERR_BAD_VALUE, name, text, expected, NULL);
}

static enum err check_int(const struct arg *arg, const struct json *value, struct diag *diag)
{
    int64_t number = 0;
    if (!json_int(value, &number)) {
        return call_bad_value(diag, arg->name, value, "12");
    }
    if (number < arg->min || number > arg->max) {
        char given[NUM_TEXT_SIZE];
        char min[NUM_TEXT_SIZE];
        char max[NUM_TEXT_SIZE];
        num_write_i64(number, given);
        num_write_i64(arg->min, min);
        num_write_i64(arg->max, max);
        return diag_set(diag, ERR_OUT_OF_RANGE, arg->name, given, min, max, NULL);
    }
    return OK;
}

static enum err check_kind(const struct arg *arg, const struct json *value, struct diag *diag)
{
    switch (arg->kind) {
    case ARG_TEXT:
        if (!json_is(value, JSON_TEXT)) {
            return call_bad_value(diag, arg->name, value, "\"...\"");
        }
        return json_text(value)[0] || !arg->required
                   ? OK
                   : diag_set(diag, ERR_MISSING_ARGUMENT, arg->name, NULL);
    case ARG_BOOL:
        return json_is(value, JSON_BOOL) ? OK
                                         : call_bad_value(diag, arg->name, value, "true, false");
    case ARG_INT:
        return check_int(arg, value, diag);
    case ARG_OBJECT:
        return json_is(value, JSON_OBJECT) ? OK : call_bad_value(diag, arg->name, value, "{...}");
    case ARG_ANY:
        return OK;
    }
    return OK;
}

enum err call_check_args(const struct call_kind *kind, const struct json *args, struct diag *diag)
{
    for (const struct json *item = args ? json_first(args) : NULL; item; item = json_next(item)) {
        const struct arg *arg = find_arg(kind, json_key(item));
        if (!arg) {
            return unknown_arg(kind, json_key(item), diag);
        }
        enum err e = check_kind(arg, item, diag);
        if (e) {
            return e;
        }
    }
    for (const struct arg *arg = kind->args; arg->name; arg++) {
        if (arg->required && !(args && json_get(args, arg->name))) {
            return diag_set(diag, ERR_MISSING_ARGUMENT, arg->name, NULL);
        }
    }
    return OK;
}

const char *call_arg_text(const struct call *call, const char *name)
{
    return call->args ? json_get_text(call->args, name, NULL) : NULL;
}

bool call_arg_bool(const struct call *call, const char *name, bool otherwise)
{
    const struct json *value = call->args ? json_get(call->args, name) : NULL;
    return value ? json_bool(value) : otherwise;
}

int64_t call_arg_int(const struct call *call, const char *name, int64_t otherwise)
{
    return call->args ? json_get_int(call->args, name, otherwise) : otherwise;
}
