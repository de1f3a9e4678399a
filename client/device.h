/*
 * device.h - the one door to a device: a JSON request in, a JSON answer out, events meanwhile.
 *
 * schema/device-api.md is the contract. Commands, and later the field app, do nothing with the
 * node but through here. No sockets, threads, processes or output: the network is
 * host->exchange, and without one `sync` and `enrol` answer "network".
 *
 *     struct device *device;
 *     e = device_new(&host, "data/fatima", LANGUAGE_FR, &catalogues, &device);
 *     e = device_call(device, span_of("{\"call\":\"status\"}"), &answer, NULL);
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "buf.h"
#include "catalogues.h"
#include "host.h"

#define DEVICE_REQUEST_MAX (1024u * 1024)      /* bytes of a request */
#define DEVICE_ANSWER_MAX  (64u * 1024 * 1024) /* enough for any answer */
#define DEVICE_PAGE_MAX    1000                /* rows of one page */
#define DEVICE_PAGE        100                 /* rows when no limit is given */

struct device;

/* Told while a long call runs; `event` is a JSON object, borrowed. Returning false stops the call
   at the next safe point with ERR_CANCELLED. */
struct device_listener {
    void *ctx;
    bool (*event)(void *ctx, struct span event);
};

/*
 * A device in the folder `home` (which `init` makes; nothing is touched before the first call).
 * Keeps `host` and `catalogues` by reference, copies `home`.
 */
MUST_CHECK enum err device_new(const struct host *host, const char *home, enum language language,
                               const struct catalogues *catalogues, struct device **ret);
void device_free(struct device *device); /* NULL is fine. */

/*
 * Appends the answer, one JSON object without line end, and returns what it says: OK, or the
 * error it names. Only ERR_NOMEM and ERR_TOO_LARGE of `ret_answer` itself leave no answer.
 * `listener` may be NULL.
 */
MUST_CHECK enum err device_call(struct device *device, struct span request, struct buf *ret_answer,
                                const struct device_listener *listener);

/* Appends the answer that states a failure met outside any call (a wrong command line). */
void device_answer_failure(const struct catalogues *catalogues, enum language language,
                           const struct diag *diag, struct buf *ret_answer);

/* All calls by name, in order; NULL beyond the last. */
const char *device_call_name(size_t index);

#endif
