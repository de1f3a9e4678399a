/*
 * call_event.c - events of a long call; making ready what came in, which several calls tell of.
 */
#include "call_event.h"

#include "call_put.h"

#define READY_TOLD 100 /* of fewer records nobody needs to be told */
#define READY_STEP 512 /* records between two events: two transactions */

void event_begin(struct call_event *event, struct call *call, const char *name)
{
    event->call = call;
    event->answer = call->out;
    buf_init(&event->text, &call->host->mem, EVENT_MAX);
    json_begin(&event->out, &event->text);
    call->out = &event->out;
    json_open(&event->out, '{');
    put_text(call, "event", name);
}

bool event_tell(struct call_event *event)
{
    const struct device_listener *listener = event->call->listener;
    bool go_on = true;
    json_close(&event->out, '}');
    event->call->out = event->answer;
    if (listener && !buf_error(&event->text)) {
        go_on = listener->event(listener->ctx, buf_span(&event->text));
    }
    buf_release(&event->text);
    return go_on;
}

static bool tell_ready(struct call *call, int64_t done, int64_t total)
{
    struct call_event event;
    event_begin(&event, call, "ready");
    put_int(call, "done", done < total ? done : total);
    put_int(call, "total", total);
    return event_tell(&event);
}

bool call_make_ready(struct call *call)
{
    int64_t total = 0;
    bool more = true;
    enum err e = node_project_left(call->node, &total);
    for (int64_t done = 0; !e && more; done += READY_STEP) {
        if (total >= READY_TOLD && !tell_ready(call, done, total)) {
            return false;
        }
        e = node_project(call->node, READY_STEP, &more);
    }
    return true;
}
