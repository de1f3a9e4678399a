/*
 * play.h - filling a form: the engine's only interface.
 *
 * A play holds a form, its compiled expressions, what depends on what, and one instance being
 * filled. Every face speaks play_call(), a conversation in JSON (schema/play.md); the C functions
 * below it are what that is made of. Nothing here has an effect: clock, zone, randomness, lists and
 * attached files come with the struct play_host; what is saved comes out as values.
 *
 * Rules (ODK XForms specification): after an answer only what depends on it is computed anew, in an
 * order in which everything comes after what it reads; a cycle is found when the form is loaded and
 * named. What isn't relevant keeps its answer while filling and is left out when the form is saved.
 * Repeats have ids of their own, so that two people may add members apart.
 */
#ifndef PLAY_H
#define PLAY_H

#include "expr.h"
#include "xform.h"

struct play;

struct play_host {
    const struct mem *mem;
    void *ctx;
    int64_t (*now_ms)(void *ctx);
    int (*zone_minutes)(void *ctx);
    void (*random)(void *ctx, void *bytes, size_t size);
    /* Lists that live outside the form; as the members of struct expr_host. May be NULL. */
    enum err (*instance)(void *ctx, const char *name, struct tree_names *names, struct arena *arena,
                         struct tree_node **ret, struct diag *diag);
    enum err (*find)(void *ctx, const char *name, const struct expr_equal *equals, size_t count,
                     int64_t after, int64_t *rows, size_t room, size_t *ret_count,
                     struct diag *diag);
    enum err (*row)(void *ctx, const char *name, int64_t row, struct tree_names *names,
                    struct arena *arena, struct tree_node **ret, struct diag *diag);
    /* "deviceid", "username", "phonenumber", "email"...; "" when unknown. */
    enum err (*property)(void *ctx, struct span name, struct arena *arena, struct span *ret);
};

/* Compiles and orders; one form may be played many times. ERR_BAD_FORM names node and attribute, or
   the nodes of a cycle. `form` is borrowed, with what `host` points to. */
MUST_CHECK enum err play_new(const struct xform *form, const struct play_host *host,
                             struct play **ret, struct diag *diag);
void play_free(struct play *play);

/* Begins a new instance: defaults, first-load actions, calculations. */
MUST_CHECK enum err play_begin(struct play *play, struct diag *diag);

/*
 * One request, one answer, each a JSON object without line breaks (schema/play.md). A request that
 * fails changes nothing and its answer says what, where and how to mend it. Returns other than OK
 * only where no answer could be written (ERR_NOMEM).
 */
MUST_CHECK enum err play_call(struct play *play, struct span request, struct buf *ret_answer);

/* ---- what is kept */
/* The instance as XML, as ODK clients submit it; with `all` also what isn't relevant. */
void play_write_instance(const struct play *play, bool all, struct buf *ret);
/* All that stands, as JSON: {"form","version","repeats":[[path,id]..],"values":[[path,text]..]}. */
void play_write_draft(const struct play *play, struct buf *ret);
/* Goes on with it. ERR_FORMAT names what the form doesn't have. */
struct json;
MUST_CHECK enum err play_read_draft(struct play *play, const struct json *draft, struct diag *diag);

/* One answer of the instance. Borrowed for the time of the call. */
struct play_node;
struct play_answer {
    const struct xform_node *node;
    struct span text;
    bool relevant;
    const uint8_t *occurrence;  /* id (16 bytes) of the nearest repeat; NULL: none */
    const struct play_node *at; /* for play_occurrence_of; NULL: nowhere in particular */
};
/* The id of the occurrence of that repeat that it lies in; NULL: it lies in none. */
const uint8_t *play_occurrence_of(const struct play_answer *answer,
                                  const struct xform_node *repeat);
typedef enum err (*play_visit)(void *ctx, const struct play_answer *answer);
/* Every leaf, answered or not, and attributes: those of an occurrence before what repeats in it,
   else in document order. Stops at the first error, which it returns. */
MUST_CHECK enum err play_each_answer(const struct play *play, play_visit visit, void *ctx);

/*
 * The occurrence of that number (from 1) of a repeat that lies in no other is from now on the one
 * of this id, as of a record that is there already. One is added when there is none and a person
 * might add it. `*ret` false: there is none.
 */
MUST_CHECK enum err play_take_occurrence(struct play *play, const struct xform_node *repeat,
                                         size_t number, const uint8_t id[16], bool *ret,
                                         struct diag *diag);

/* ---- rules, asked of answers that nobody gave together (after a merge) */

/* The languages of texts from here on: "ar"; one that the form lacks is its own default. */
void play_speak(struct play *play, const char *language);

/* An answer that is wrong as all stands: none where one is required, or refused by its constraint.
   Borrowed for the time of the call. */
struct play_fault {
    const struct xform_node *node;
    const uint8_t *occurrence; /* id of the nearest repeat; NULL: none */
    bool missing;
    struct span message; /* in the play's language; empty when the form gives none */
};
typedef enum err (*play_fault_visit)(void *ctx, const struct play_fault *fault);
/* In document order. Stops at the first error, which it returns. */
MUST_CHECK enum err play_each_fault(struct play *play, play_fault_visit visit, void *ctx,
                                    struct diag *diag);

/*
 * What decides whether the answer of `node` is right: itself, what its constraint, `required`,
 * relevance and choices name, and what those are computed from. Of a calculated node so also what
 * makes its value.
 */
struct play_reading {
    /* form->node_count items, the caller's, by the nodes' numbers: the nearest node that holds both
       the answer and all that is read of this one (of a member's own age the member; of all
       members' what they lie in); NULL: it isn't read. */
    const struct xform_node **nodes;
    bool outside; /* also something that isn't in the form, a list beside it */
    /* Something calculated is another one each time, or on each device: chance, the hour, who
       fills it, a wording. (The day isn't: today() is the day that the host gives.) */
    bool fickle;
};
MUST_CHECK enum err play_reads(struct play *play, const struct xform_node *node,
                               struct play_reading *reading);

/* ---- for proof: everything computed from scratch, compared with what stands. ERR_CHECK_FAILED
   names the first node that differs. */
MUST_CHECK enum err play_audit(struct play *play, struct diag *diag);

#endif
