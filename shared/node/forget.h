/*
 * forget.h - a device lets go of records to make room, and gets them back.
 *
 * What goes: roots that left the caseload, and, by a limit of age, roots that nobody has changed
 * for as long and that nobody disputes. What stays: a stub (where it belongs), and to find it by
 * its case number and title. Nothing goes before the server has said of every op of it held here,
 * other people's too, that the region's backup has it; nothing with a file that isn't there yet. So
 * forgetting is part of a sync (sync.h, `forget`); here are the settings, a look ahead, the way
 * back.
 *
 * A forgotten root comes back whole when somebody changes it, when it enters the caseload again,
 * and when a person asks for it: with the next sync.
 */
#ifndef FORGET_H
#define FORGET_H

#include "node.h"

/* Between two rounds that a sync makes by itself. Without a limit of age the first comes so long
   after the first sync, which has nothing to let go of. */
#define FORGET_HOURS 12

/* The limit of age that syncs go by; 0: none. */
MUST_CHECK enum err forget_set_days(struct node *node, int64_t days);
MUST_CHECK enum err forget_days(struct node *node, int64_t *ret);

struct forget_count {
    int64_t ready;     /* roots that a sync would ask about */
    int64_t waiting;   /* ... but for something of this device's own that isn't in the backup */
    int64_t forgotten; /* until now */
};
MUST_CHECK enum err forget_look(struct node *node, int64_t older_ms, struct forget_count *ret);

MUST_CHECK enum err forget_total(struct node *node, int64_t *ret); /* forgotten until now */

/* A forgotten record by case number or id: what a face says of it. ERR_NOT_FOUND (text). */
struct forgotten_record {
    struct id entity;
    char case_number[32];
    int64_t at_ms;
};
MUST_CHECK enum err forget_find(struct node *node, const char *text, struct forgotten_record *ret,
                                struct diag *diag);
/* Told each forgotten record of the caseload whose title or case number holds the text, at most
   `limit`; false ends it. */
typedef bool (*forget_each)(void *ctx, const struct forgotten_record *record, const char *title);
MUST_CHECK enum err forget_search(struct node *node, const char *text, size_t limit,
                                  forget_each each, void *ctx);
/* The next sync brings it. ERR_NOT_FOUND. */
MUST_CHECK enum err forget_ask_back(struct node *node, const char *text,
                                    struct forgotten_record *ret, struct diag *diag);

#endif
