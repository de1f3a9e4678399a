#include "routes.h"

#include <strings.h>

#include "envelope.h"
#include "num.h"

/* A route without a permission is a hole: it stops the build here. */
#define ROUTE_CHECK(method, path, size, type, reply_type, permission, store, run)                  \
    _Static_assert((permission) != PERMISSION_MISSING, path " names no permission");
ROUTES(ROUTE_CHECK)
_Static_assert(ROUTE_SYNC_MAX == ENVELOPE_HEAD_SIZE + WIRE_PACKED_MAX, "an envelope fits");

const struct route routes[] = {
#define ROUTE_ROW(...) {__VA_ARGS__},
    ROUTES(ROUTE_ROW)
#undef ROUTE_ROW
};
const size_t route_count = sizeof routes / sizeof routes[0];

enum err route_find(struct span method, struct span path, const struct route **ret,
                    struct diag *diag)
{
    char text[DIAG_ARG_SIZE];
    bool path_known = false;
    for (size_t i = 0; i < route_count; i++) {
        if (!span_is(path, routes[i].path)) {
            continue;
        }
        path_known = true;
        if (span_is(method, routes[i].method)) {
            *ret = &routes[i];
            return OK;
        }
    }
    span_text(path_known ? method : path, text, sizeof text);
    return diag_set(diag, path_known ? ERR_METHOD : ERR_ROUTE, text, NULL);
}

enum err route_check_size(const struct route *route, uint64_t body_size, struct diag *diag)
{
    char limit[NUM_TEXT_SIZE];
    if (body_size <= route->body_max) {
        return OK;
    }
    num_write_i64((int64_t)route->body_max, limit);
    return diag_set(diag, ERR_TOO_LARGE, "body", limit, NULL);
}

enum err route_check_media(const struct route *route, struct span content_type, struct diag *diag)
{
    char text[DIAG_ARG_SIZE];
    struct span rest = content_type, media = {0};
    if (route->body_max == 0) {
        return OK;
    }
    if (span_split(&rest, ';', &media)) {
        while (media.size > 0 && media.data[media.size - 1] == ' ') {
            media.size--;
        }
    }
    span_text(media, text, sizeof text);
    /* Media types are the same in any case (RFC 9110, 8.3.1). */
    return strcasecmp(text, route->content_type) == 0 ? OK : diag_set(diag, ERR_MEDIA, text, NULL);
}
