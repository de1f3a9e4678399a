/*
 * call_event.h - what a long call tells while it runs (schema/device-api.md, "Events").
 */
#ifndef CALL_EVENT_H
#define CALL_EVENT_H

#include "call.h"

#define EVENT_MAX 1024

/* An event: what is put between the two functions is a member of it, and not of the answer. */
struct call_event {
    struct call *call;
    struct json_writer *answer;
    struct json_writer out;
    struct buf text;
};
void event_begin(struct call_event *event, struct call *call, const char *name);
bool event_tell(struct call_event *event); /* false when the listener wants to stop */

/* Makes what came in ready to be shown, and tells of it; reads would do it by themselves, untold.
   False when the listener wants to stop. What fails is left to who reads: a full disk, for one,
   must not keep a sync from sending. */
bool call_make_ready(struct call *call);

#endif
