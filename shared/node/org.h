/*
 * org.h - the organisation's configuration as a node knows it: types, forms, places, persons,
 * grants and nodes. It travels as signed ops in scope "org" and is read here into memory.
 *
 * Everything returned is borrowed from the node until its next write or sync; copy what must
 * live longer.
 */
#ifndef ORG_H
#define ORG_H

#include "form.h"
#include "node.h"
#include "place.h"
#include "type.h"

enum verb { VERB_READ = 1, VERB_WRITE = 2, VERB_REVIEW = 4, VERB_REDACT = 8 };

#define SETTING_LEASE "lease" /* {"id":"lease","days":30}, kind "_setting" */

struct org_place {
    const char *code;
    const char *level;  /* region, province, cercle, commune, douar */
    const char *parent; /* code or NULL */
    struct labels labels;
};

struct org_person {
    struct id id;
    const char *name;
    const char *role; /* worker, supervisor, manager */
    bool revoked;
    int64_t revoked_ms; /* as the revocation says; 0 */
};

struct org_grant {
    struct id id;
    struct id person;
    const char *scope;
    const char **compartments;
    size_t compartment_count;
    unsigned verbs; /* enum verb, or'ed */
    bool revoked;
};

struct org_node {
    struct id id;
    const char *name;
    enum role role;
    struct public_key key;
    const char *short_code;
    const char **scopes;
    size_t scope_count;
    const char **compartments;
    size_t compartment_count;
    bool has_person;
    struct id person;
    struct id by; /* who vouched: the hub, or zero for the region */
    bool revoked;
    int64_t revoked_ms; /* as the revocation says; 0 */
};

struct org {
    const struct type *types;
    size_t type_count;
    const struct form *forms; /* the newest version of each; sorted by id */
    size_t form_count;
    const struct form *old_forms; /* earlier versions: drafts were begun with them */
    size_t old_form_count;
    const struct org_place *places; /* sorted by code */
    size_t place_count;
    const struct org_person *persons;
    size_t person_count;
    const struct org_grant *grants;
    size_t grant_count;
    const struct org_node *nodes;
    size_t node_count;
    bool has_recovery; /* of databases whose passphrase is lost: vault.h */
    struct public_key recovery;
    int64_t lease_days; /* lease.h; 0: devices never lock by themselves */
};

/* The current configuration; read again when it changed, here or by another process. */
MUST_CHECK enum err node_org(struct node *node, const struct org **ret);

/* The same; and what is borrowed of it stays readable until the next call of this, though it may
   not be the newest: a server changes definitions while it serves somebody whom they define. */
MUST_CHECK enum err node_org_keep(struct node *node, const struct org **ret);

/* Between these, what was borrowed stays though another process writes to the same home: one call
   of a device, one command, sees one configuration. They nest. Not around a sync, which brings
   configuration itself. */
void node_org_hold(struct node *node);
void node_org_drop(struct node *node);

const struct type *org_type(const struct org *org, struct span id);
const struct form *org_form(const struct org *org, struct span id);
/* Any version that was published of a form that is played; NULL. */
const struct form *org_form_version(const struct org *org, struct span id, int64_t version);
/*
 * The form.json of such a form, from the op that published it; ERR_UNKNOWN_FORM when the form has
 * none, ERR_DB_CORRUPT when it isn't what its hash says.
 */
MUST_CHECK enum err org_form_text(struct node *node, const struct form *form, struct buf *ret,
                                  struct diag *diag);
/* What a version of it is published under: "visit/3". Versions of such a form never change. */
#define ORG_FORM_NAME_SIZE 64
void org_form_name(const struct form *form, char ret[ORG_FORM_NAME_SIZE]);

const struct org_place *org_place(const struct org *org, struct span code);
const struct org_person *org_person(const struct org *org, struct id id);
const struct org_node *org_node(const struct org *org, struct id id);
/* By id, a prefix of it (4 or more characters), or exact name. ERR_UNKNOWN_PERSON, ERR_AMBIGUOUS.
 */
MUST_CHECK enum err org_person_find(const struct org *org, const char *text,
                                    const struct org_person **ret, struct diag *diag);
MUST_CHECK enum err org_node_find(const struct org *org, const char *text,
                                  const struct org_node **ret, struct diag *diag);

/* May the person do `verb` on what lies in `scope`, in `compartment`? Pure; deny by default. */
bool org_person_may(const struct org *org, struct id person, struct span scope,
                    struct span compartment, enum verb verb);
/* Does the node's own grant cover the scope and compartment (empty: any)? Every node reads scope
   "org". */
bool org_node_covers(const struct org_node *node, struct span scope, struct span compartment);

/*
 * Publishing: one signed op in scope "org". `kind` is "_type", "_form", "_place", "_person",
 * "_grant", "_node" or "_setting"; `name` the definition's own id; `definition` canonical JSON.
 * Publishing what already stands writes nothing. Allowed to the region for all kinds, to a hub for
 * _node of workers and supervisors within its own scopes (ERR_NOT_ALLOWED).
 */
MUST_CHECK enum err org_publish(struct node *node, const char *kind, const char *name,
                                struct span definition, struct diag *diag);
/* Sets the `revoked` register of a _person, _grant or _node, with the time. */
MUST_CHECK enum err org_revoke(struct node *node, const char *kind, const char *name,
                               struct diag *diag);

#endif
