/*
 * home_key.h - the key of an unlocked home, from where the session keeps it.
 */
#ifndef HOME_KEY_H
#define HOME_KEY_H

#include <stdio.h>
#include <string.h>

#include "vault.h"

/* False when it is locked. `kept` holds the key as long as the host uses it. */
static inline bool home_key_take(struct host *host, const char *home, struct buf *kept)
{
    static const char *const programs[] = {"douar-", "douard-"};
    struct vault_state state;
    char name[64];
    if (!vault_exists(host, home)) {
        return true;
    }
    if (vault_look(host, home, &state, NULL)) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof name, "%s", programs[i]);
        id_write(state.id, name + strlen(name));
        if (host->keep->get(host->ctx, name, kept) == OK) {
            host->db_key = span_cut(buf_span(kept), 0, SEAL_KEY_SIZE);
            return true;
        }
    }
    return false;
}

#endif
