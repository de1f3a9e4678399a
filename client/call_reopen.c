/*
 * call_reopen.c - codes that open a locked device: asking for one, using it, giving one.
 */
#include "call_put.h"
#include "reopen.h"

enum err call_reopen(struct call *call)
{
    const char *code = call_arg_text(call, "code");
    struct reopen_challenge challenge;
    struct reopened reopened = {.days = 0};
    if (code) {
        enum err e = reopen_open(call->node, span_of(code), &reopened, call->diag);
        if (!e) {
            put_int(call, "days", reopened.days);
            e = put_device(call, "by", reopened.by);
        }
        return e;
    }
    enum err e = reopen_challenge(call->node, &challenge, call->diag);
    if (!e) {
        put_text(call, "challenge", challenge.text);
        put_int(call, "tries", challenge.tries_left);
        put_int(call, "days", challenge.days_left);
    }
    return e;
}

/* Who gives codes must be somebody others answer to, not only sit at such a device. */
static enum err check_person(struct call *call)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    const struct org_person *person = e ? NULL : org_person(org, call->person);
    if (!e && (!person || span_is(span_of(person->role), "worker"))) {
        e = diag_set(call->diag, ERR_NOT_ALLOWED, "reopen",
                     person ? person->name : call->self.short_code, NULL);
    }
    return e;
}

enum err call_reopen_code(struct call *call)
{
    char code[REOPEN_TEXT_SIZE];
    struct id device;
    int64_t days = call_arg_int(call, "days", REOPEN_DAYS_DEFAULT);
    enum err e = check_person(call);
    if (!e) {
        e = reopen_answer(call->node, span_of(call_arg_text(call, "challenge")), days, code,
                          &device, call->diag);
    }
    if (!e) {
        put_text(call, "code", code);
        put_int(call, "days", days);
        e = put_device(call, "device", device);
    }
    return e;
}
