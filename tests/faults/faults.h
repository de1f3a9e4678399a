/*
 * faults.h - a piece of work, the fault that meets it, and what came of it.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "world.h"

struct scenario {
    const char *name;
    enum who victim;       /* whose disk fails; memory is everybody's */
    unsigned up;           /* who is up when it begins */
    bool apart;            /* in the end Amina's device holds less, by the nature of it */
    bool may_be_absent;    /* the victim has no home yet */
    bool may_know_nothing; /* ... or no types */
    bool again_first;      /* whoever opens the home does the rest of it first */
    bool broken_by_half;   /* it takes a part of a save away */
    /* On a healthy world, everybody down before and after; may be NULL. */
    void (*prepare)(struct world *world);
    /* The work. What it was told is done, it promises. Once more after a fault it must go through,
       whatever of it was done before. */
    enum err (*act)(struct world *world, struct diag *diag);
    /* After the fault, everybody of `up` up again; may be NULL. */
    void (*verify)(struct world *world);
    /* After it went through; may be NULL. */
    void (*after)(struct world *world);
};

extern const struct scenario *const scenarios[];
extern const size_t scenario_count;

/* X(constant, name on the command line, whether it stays) */
#define FAULT_LIST(X)                                                                              \
    X(FAULT_CUT, "cut", false)              /* the power goes at an operation */                   \
    X(FAULT_ERROR, "error", false)          /* a write, sync, renaming or deletion fails */        \
    X(FAULT_ERRORS, "errors", true)         /* ... and all after it */                             \
    X(FAULT_FULL, "full", false)            /* no room for one write */                            \
    X(FAULT_FULL_STAYS, "fulls", true)      /* ... and for all after it */                         \
    X(FAULT_READ, "read", false)            /* a reading fails */                                  \
    X(FAULT_READS, "reads", true)           /* ... and all after it */                             \
    X(FAULT_MEMORY, "memory", false)        /* an allocation fails */                              \
    X(FAULT_MEMORY_STAYS, "memories", true) /* ... and all after it */

enum fault {
#define FAULT_ENUM(constant, name, stays) constant,
    FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
        FAULTS
};
const char *fault_name(enum fault fault);

/* A scenario made ready: where every trial of it begins, and how many places a fault has. */
struct stage {
    struct world *world;
    const struct scenario *scenario;
    struct world_image *image;
    uint64_t points[FAULTS];
};
/* Plays it once without a fault; world->wrong says if that fails already. */
void stage_open(struct stage *stage, struct world *world, const struct scenario *scenario,
                const struct world_image *base);
void stage_close(struct stage *stage);

struct trial {
    enum fault fault;
    uint64_t at;   /* the operation that fails, from 1 */
    uint64_t seed; /* what a cut takes, and whether a second one follows */
};
struct tally {
    uint64_t trials;
    uint64_t struck;   /* the fault came to pass */
    uint64_t cuts;     /* power cuts, those during recovery included */
    uint64_t second;   /* ... during recovery */
    uint64_t torn;     /* sectors that a cut tore */
    uint64_t refused;  /* the work failed, saying why */
    uint64_t survived; /* the work was done in spite of it */
};
/* world->wrong says what was wrong. */
void stage_try(struct stage *stage, const struct trial *trial, struct tally *tally);

#endif
