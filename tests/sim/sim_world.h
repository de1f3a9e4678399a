/*
 * sim_world.h - a region, two provincial hubs and devices in one process and one virtual time.
 *
 * Node 0 is the region, 1 and 2 are hubs, devices follow. A server (region, hub) runs the real
 * server/svc.c over its node; its office works through a second handle on the same database, as
 * `douard` commands do, and a hub's uplink through a third. A device has its node open.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <sqlite3.h>

#include "file_value.h"
#include "node.h"
#include "org.h"
#include "pack.h"
#include "sim_births.h"
#include "sim_counters.h"
#include "sim_host.h"
#include "sim_skip.h"
#include "svc.h"
#include "sync.h"

#define MINUTE_MS 60000LL
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define SIM_NODES_MAX    32
#define SIM_SERVERS      3
#define SIM_REGION       0
#define SIM_COMMUNES     8 /* the first half in one province */
#define SIM_SCOPES       2 /* of one node */
#define SIM_CAPTURED_MAX 64
#define SIM_CURSORS_MAX  256
#define SIM_BACKED_MAX   1024
#define SIM_CA_PEM       "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

struct sim_world;

enum call_stage {
    CALL_IDLE,
    CALL_REQUEST,   /* on its way there, from due_ms on */
    CALL_SUBMITTED, /* in the server's group */
    CALL_REPLY,     /* on its way back */
    CALL_WAITING    /* the machine waits until due_ms */
};

/* A sync under way. */
struct sim_call {
    struct sync *sync;
    struct node *node; /* a hub's own handle for it; a device's only one */
    enum call_stage stage;
    int64_t due_ms;
    uint64_t serial; /* of the exchange: answers to an older one are nobody's */
    size_t server;
    const char *path;
    struct buf request, reply;
    int status;
    bool foreign; /* the answer isn't the server's, or is another request's */
    int64_t retry_after_s;
    int64_t requests;
};

/* What was once sent, to be sent again. */
struct sim_captured {
    const char *path;
    uint8_t *data;
    size_t size;
    int64_t due_ms; /* 0: any time */
};

/* How far an origin is known somewhere. */
struct sim_told {
    struct id origin;
    int64_t seq;
};

struct sim_node {
    struct sim_world *world;
    size_t index;
    enum role role;
    char name[16];
    char home[32], path[64];
    struct sim_host host;
    struct svc *svc;   /* a server's; NULL while it is down */
    struct node *node; /* a device's; NULL while it is down */
    sqlite3 *eye;      /* looks at the database from outside; NULL until needed */
    struct id id;
    struct id person; /* who works here */
    size_t server;    /* whom it syncs with; of the region itself */
    bool has_health;
    bool roams;                     /* knows the other hub as well */
    const char *scopes[SIM_SCOPES]; /* granted; NULL after the last */
    bool undoing;                   /* an undo is under way: a crash may leave it done or not */
    bool crashing;                  /* answers of a server that goes down reach nobody */
    int64_t away_until_ms;          /* no network towards its server */
    int64_t seen_row;               /* highest row of op looked at for own ops */
    struct sim_call call;
    struct buf copy;                         /* of a device's database, as once put aside */
    struct sim_told told[4 * SIM_NODES_MAX]; /* what a server has acknowledged: it must stand */
    size_t told_count;
    struct sim_captured captured[SIM_CAPTURED_MAX];
    size_t captured_count; /* ever; the newest ones are kept */
    struct sim_cursor {    /* how far it has read */
        int64_t server;
        char scope[64], compartment[32];
        int64_t n;
        bool present, seen;
    } cursors[SIM_CURSORS_MAX];
    size_t cursor_count;
    size_t newest_stick;   /* number of those taken in */
    struct buf kept;       /* an answer that something on the way has kept: sim_middle.c */
    const char *kept_path; /* NULL: none */
    size_t kept_server;
    bool no_battery; /* its clock begins anew at each boot */
    uint64_t power_cuts;
    bool revoked, stolen;
    struct id revocation;  /* the op that says so */
    struct id withdrawn;   /* a person who worked here too and was withdrawn; zero: none */
    bool turned;           /* ... and is at work just now, named by `person` */
    size_t refused;        /* a server's: decisions against what is in its quarantine */
    int64_t contact_ms;    /* the last answer of a server that reached it, or stick that it took */
    bool behind;           /* put back from its copy, and not synced since */
    bool put_back;         /* a server that was put back once, or lost: cursors of it may go back */
    int64_t code_until_ms; /* a code keeps it open until then */
    bool was_locked;
};

#define SIM_BLOBS_MAX 2048

/* A file that somebody attached, and was told so. */
struct sim_blob {
    struct blob_name name;
    size_t node;
};

/* A bundle on its way. */
#define SIM_STICKS_MAX   16
#define SIM_CARRIED_MOST 3
struct sim_stick {
    struct buf file; /* empty: none */
    size_t from, to, number;
    size_t carried; /* times; SIM_CARRIED_MOST also when it was lost */
    bool barred;    /* for a revoked node, by who knew it */
};

#define SIM_TYPES_MAX 512

/* A version of a type, and its definition as it was published. */
struct sim_type {
    const struct type *type;
    const char *text;
};

struct sim_options {
    uint64_t seed;
    size_t steps;
    size_t devices;
    bool verbose;
    const char *keep;       /* a folder for every node's database at the end; NULL: none */
    const char *watch;      /* an entity (its id in hex) whose story is told; NULL: none */
    struct sim_skips skips; /* borrowed */
    bool bare;              /* without what only makes things faster: sim_bare.h */
};

/* An op that somebody held when they asked for its value to be erased (sim_redact.c). */
#define SIM_TO_ERASE_MAX 4096
struct sim_to_erase {
    struct id request, uid;
};

struct sim_world {
    struct sim_options options;
    int64_t now_ms, begin_ms;
    struct sim_rng rng;
    struct sim_rng collect_rng; /* of its own: collecting changes nothing, so nor what follows */
    bool faults;                /* now */
    size_t step;
    struct sim_node nodes[SIM_NODES_MAX];
    size_t node_count;
    struct sim_births births;
    struct sim_to_erase to_erase[SIM_TO_ERASE_MAX];
    size_t to_erase_count;
    struct sim_blob blobs[SIM_BLOBS_MAX];
    size_t blob_count;
    struct sim_counters counters;
    struct mem mem;
    struct pack *pack;                    /* of whoever packs or reads: one at a time */
    struct arena arena;                   /* as long as the world: types as the schema has them */
    struct sim_type types[SIM_TYPES_MAX]; /* every version, the newest of each name last */
    size_t type_count;
    struct sim_rng type_rng; /* its own: runs without new versions stay as they were */
    bool types_move;
    struct sim_rng stick_rng; /* its own: runs whose sticks bring no files stay as they were */
    bool sticks_bring;
    struct sim_stick sticks[SIM_STICKS_MAX];
    size_t stick_count;                     /* ever */
    struct sim_told backed[SIM_BACKED_MAX]; /* the most that the region's backup can hold */
    size_t backed_count;
    struct id told_stays, told_duplicate; /* the newest duplicate that somebody told */
    bool servers_put_back;                /* a server was put back, or lost: sim_back.c */
    struct sim_rng revoke_rng;  /* its own: runs in which nobody is revoked stay as they were */
    int64_t lease_days;         /* as the office published them; 0: not yet */
    struct sim_rng replace_rng; /* its own: runs in which no hub is lost stay as they were */
    bool failed;
    const char *kind; /* of failure: without names and numbers */
    char failure[512];
};

/* ---- sim_world.c */
void world_init(struct sim_world *world, const struct sim_options *options);
void world_release(struct sim_world *world);
/* A step begins, and later its act: what is drawn from here on depends on the seed and the step. */
void world_step(struct sim_world *world);
void world_act(struct sim_world *world);
/* Notes the first failure of the run; later ones are its consequences. */
void world_fail(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_say(const struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_pass(struct sim_world *world, int64_t ms);
/* The newest version; the one of that number. NULL: none. */
const struct type *world_type(const struct sim_world *world, const char *name);
const struct type *world_type_at(const struct sim_world *world, const char *name, int64_t version);

/* ---- sim_types.c: versions of types */
void types_add(struct sim_world *world, const char *text);
const struct sim_type *types_newest(const struct sim_world *world, const char *name);

/* ---- sim_power.c: nodes that go down and come up. */
/* Opens what the node runs. False (and a failure noted) when it can't. */
bool power_open(struct sim_node *node);
/* The same of a machine that boots: its clock may begin anew. */
bool power_up(struct sim_node *node);
void power_down(struct sim_node *node); /* in good order */
/* Takes the power away now; the node comes up again. */
void power_cut(struct sim_node *node);
/* When a planned cut has struck: what power_cut() does. True: it had. */
bool power_settle(struct sim_node *node);
/* A second handle on a server's database, as a command beside it has. NULL: the power went. */
struct node *desk_open(struct sim_node *node);

/* ---- sim_setup.c: everybody enrolled, synced once. */
void setup_world(struct sim_world *world);
/* Another tablet of that device's person, not enrolled yet, and a code for it. */
struct sim_node *setup_newcomer(const struct sim_node *of, struct buf *ret_code);
extern const char *const sim_communes[SIM_COMMUNES];
/* Publishes what the node is granted now (its scopes) from the region. */
void setup_grant(struct sim_node *node);

/* Somebody else with as many rights works at the node from now on. */
void setup_another_person(struct sim_node *node, struct node *desk);
/* The region revokes the lost hub; this one, an empty machine, is enrolled and has synced. */
void setup_another_hub(struct sim_node *hub, struct id lost);
/* The device gets another code, of that server. False: the server can't vouch for it yet. */
bool setup_enrol_again(struct sim_node *node, size_t server);

/* ---- sim_replace.c */
/* The hub is lost with its disk, another takes its place; no fault meanwhile. */
void replace_hub(struct sim_node *hub);
/* A device that doesn't know the server gets a code of it. False: it can't be given one yet. */
bool replace_settle(struct sim_node *node, size_t server);
/* It has synced with that server: only then it knows the key that a stick is sealed to. */
bool replace_has_met(struct sim_node *node, size_t server);

/* ---- sim_inside.c: what no verb of the node offers yet, done through its inside. */
/* The entity that a node's definition is. */
struct id inside_definition_of(const struct sim_node *node);
/* The node also knows that server, as a device that travels would. */
void inside_add_server(struct sim_node *node, const struct sim_node *server);

#endif
