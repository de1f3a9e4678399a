/*
 * world.h - the organisation that faults strike: a region, a hub of one province, two devices that
 * have synced, one that was never enrolled; each with a sealed home on a disk in memory.
 *
 * The same code as on real machines: nodes, the server without its sockets (svc.h), the transport's
 * side of a sync (carry.h). What reaches a caller as done is noted as a promise, which must hold
 * whatever happens next. Everything can be put back to how it was, so that one piece of work meets
 * its faults one by one.
 */
#ifndef WORLD_H
#define WORLD_H

#include "carry.h"
#include "file_value.h"
#include "node.h"
#include "sim_host.h"
#include "svc.h"
#include "vault.h"

enum who { REGION, HUB, AMINA, BRAHIM, NEWCOMER, MACHINES };
#define BIT(who)     (1u << (who))
#define EVERYBODY    (BIT(REGION) | BIT(HUB) | BIT(AMINA) | BIT(BRAHIM))
#define COMMUNE      "05.081.03.09"
#define DAY_MS       86400000LL
#define PROMISES_MAX 256
#define WORLD_PATH   96

struct machine {
    struct world *world;
    enum who who;
    enum role role;
    struct sim_host host;
    char name[16], home[24], path[40];
    uint8_t key[32];   /* of the home, as its vault gave it */
    struct svc *svc;   /* of a server that is up */
    struct node *node; /* of a device that is up; of a server, while a command works beside it */
};

/* Somebody was told that this value is kept at a machine. */
struct promise {
    enum who who;
    struct id entity;
    char property[24];
    char json[64]; /* "": a file, `blob` */
    struct blob_name blob;
};

/* What a scenario remembers; put back with the disks. */
struct facts {
    int64_t now_ms;
    struct promise promises[PROMISES_MAX];
    size_t promise_count;
    struct id amina, brahim, said; /* people: two workers, one who reviews and redacts */
    struct id ids[MACHINES];       /* of the nodes */
    struct id house, other;        /* records that everybody has */
    struct id made;                /* what the scenario makes */
    char code[1024];               /* of an enrolment */
    char stick[WORLD_PATH], answer[WORLD_PATH];
    int64_t number;
    bool done;
};

struct world_image;

struct world {
    struct machine machines[MACHINES];
    struct facts facts;
    char wrong[400]; /* the first thing that isn't as it must be; "" */
};

/* A world where everybody has synced. Aborts when it can't be made. */
void world_make(struct world *world);
void world_free(struct world *world);

/* Nobody is up. The image keeps the facts as well. */
struct world_image *world_image(const struct world *world);
void world_put_back(struct world *world, const struct world_image *image);
void world_image_free(struct world_image *image);

/* Notes the first thing that is wrong. */
void world_wrong(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool world_is_right(const struct world *world);
/* For what can't fail, such as preparing: aborts, saying what. */
void must(enum err e, const struct diag *diag, const char *what);

/* ---- machines */

/* What opens its vault when nobody changed that. */
struct vault_secret machine_secret(const struct machine *machine);
/* Opens the vault, then the node or the server. */
MUST_CHECK enum err machine_up(struct world *world, enum who who, struct diag *diag);
void machine_down(struct world *world, enum who who);
MUST_CHECK enum err world_up(struct world *world, unsigned whos, struct diag *diag);
void world_down(struct world *world);
/* A server's own handle beside the one that serves, as a command has it. The svc's group is empty.
   Given back by desk_close(). For a device, its one. */
MUST_CHECK enum err desk_open(struct world *world, enum who who, struct node **ret,
                              struct diag *diag);
void desk_close(struct world *world, enum who who);
const struct host *host_of(const struct world *world, enum who who);

/* ---- what they do */

MUST_CHECK enum err world_sync(struct world *world, enum who who,
                               const struct sync_options *options, struct sync_result *ret,
                               struct diag *diag);
/* Everybody with everybody until nothing is new. Aborts when somebody can't. */
MUST_CHECK enum err world_settle(struct world *world, struct diag *diag);
MUST_CHECK enum err world_publish(struct world *world, const char *kind, const char *name,
                                  const char *definition, struct diag *diag);
/* A code for a new node into facts.code. */
MUST_CHECK enum err world_invite(struct world *world, enum who server, enum role role,
                                 const char *scope, struct diag *diag);
/* Household type as of that version. */
void world_type(int version, char *ret, size_t size);

/* Each save is promised when it returned OK. */
MUST_CHECK enum err world_new(struct world *world, enum who who, struct id person,
                              const char *const (*values)[2], size_t count, struct id *ret,
                              struct diag *diag);
MUST_CHECK enum err world_edit(struct world *world, enum who who, struct id person,
                               struct id entity, const char *property, const char *json,
                               struct diag *diag);
MUST_CHECK enum err world_attach(struct world *world, enum who who, struct id person,
                                 struct id entity, unsigned seed, size_t size, struct diag *diag);

/* ---- what must hold */

void promise_file(struct world *world, enum who who, struct id entity,
                  const struct blob_name *blob);
/* What the scenario takes away on purpose. */
void promise_nothing(struct world *world);
void promise_value(struct world *world, enum who who, struct id entity, const char *property,
                   const char *json);
/* All that `from` was promised is promised by `who` as well: it was told that it has it. */
void promise_passed_on(struct world *world, enum who from, enum who who);
/* Of machines that are up. */
void check_promises(struct world *world, unsigned whos);
/* The node's own audit finds nothing. */
void check_sound(struct world *world, enum who who);
/* Every record of a machine is whole: what one save wrote is there together, or not at all. */
void check_whole(struct world *world, enum who who);
/* Region, hub and devices hold the same. */
void check_same(struct world *world, bool without_amina);
bool shows(struct world *world, enum who who, struct id entity, const char *property,
           const char *json);

#endif
