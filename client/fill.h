/*
 * fill.h - one form being filled, as long as the device is asked about it; shared by call_fill.c,
 * fill_about.c, fill_begin.c, fill_lists.c and fill_save.c.
 *
 * The device holds at most one. What was answered is in the database after every answer
 * (filling.h), so that losing this loses nothing. It goes when the device locks.
 */
#ifndef FILL_H
#define FILL_H

#include "call.h"
#include "filling.h"
#include "mapping.h"
#include "play.h"
#include "record.h"

#define FILL_ARENA_MAX   (64u * 1024 * 1024)
#define FILL_WHOLE_MAX   500   /* records of a list that is read once; longer ones are a table */
#define FILL_RECORDS_MAX 20000 /* records of a list that a path walks as a whole */
#define FILL_MEMBERS_MAX 500   /* records below the one that a form is filled about */

struct fill {
    const struct mem *mem;
    struct arena arena; /* form, map, what it is about */
    struct xform form;
    struct form_map map;
    struct filling about;    /* its answers: of the moment */
    char root[ID_TEXT_SIZE]; /* what the tree begins with that it is filled in; "": a new one */
    struct play_host host;
    struct play *play;
    struct call *call; /* that runs now: the engine asks it for time, lists and names */
    /* By number of the node; of a form that is filled about a record. */
    struct fill_begun *begun;
    struct fill_member *members; /* records below it that the form shows as occurrences */
};

/* What stood there before the person changed anything. */
struct fill_begun {
    struct span text;
    bool hidden; /* not relevant; its text doesn't count */
};

/* One of them: the occurrence has the record's id. */
struct fill_member {
    struct id entity;
    struct fill_begun *begun; /* by number of the node */
    struct fill_member *next;
};

/* NULL is fine. */
void fill_free(struct fill *fill);

/* Where the device keeps it (device.c). */
struct fill **call_fill_slot(struct call *call);

/* ---- fill_about.c */
/* The record that it is filled about or below, if the person sees it, and fill->root. */
MUST_CHECK enum err fill_read_around(struct call *call, struct fill *fill, struct record *ret);
/* What is made can belong to what was named: ERR_MISSING_ARGUMENT ("place", "parent"),
   ERR_BAD_CHOICE. */
MUST_CHECK enum err fill_check_about(struct call *call, const struct fill *fill,
                                     const struct record *around);

/* ---- fill_lists.c: what the engine asks of its surroundings */
void fill_host_init(struct fill *fill);

/* play_call(), whose lack of memory fails the call. (call_fill.c) */
MUST_CHECK enum err fill_ask(struct fill *fill, struct span request, struct buf *answer);

/* ---- fill_begin.c */
/* What the record holds becomes what the form begins with. */
MUST_CHECK enum err fill_from_record(struct call *call, struct fill *fill);
/* What stands now is what it began with. */
MUST_CHECK enum err fill_note_begun(struct call *call, struct fill *fill);
/* Are such records shown as occurrences of a repeat in what the form is about? Of a type that has
   two repeats (the adults, the children) nobody could say which it stands in. */
bool fill_shows_members(const struct fill *fill, const struct map_record *of);
/* The record that this occurrence was from the start; NULL: none, also of NULL. */
struct fill_member *fill_member(const struct fill *fill, const uint8_t *occurrence);

/* ---- fill_save.c */
/* The records that the answers make, written in one transaction with the end of the draft; their
   members stand in the answer. */
MUST_CHECK enum err fill_save(struct call *call, struct fill *fill);

#endif
