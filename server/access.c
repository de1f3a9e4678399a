#include "access.h"

#include "num.h"

static enum err decide_invited(const struct access_facts *facts, struct diag *diag)
{
    char seconds[NUM_TEXT_SIZE];
    if (!facts->serving) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    if (facts->wait_s > 0) {
        num_write_i64(facts->wait_s, seconds);
        return diag_set(diag, ERR_TOO_MANY_TRIES, seconds, NULL);
    }
    return OK;
}

static enum err decide_node(const struct access_facts *facts, bool revoked_too, struct diag *diag)
{
    if (!facts->serving) {
        return diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    if (!facts->has_envelope) {
        return diag_set(diag, ERR_UNAUTHENTICATED, "no envelope", NULL);
    }
    if (facts->node == NULL) {
        return diag_set(diag, ERR_UNAUTHENTICATED, "unknown node", NULL);
    }
    if (facts->node->revoked && !revoked_too) {
        return diag_set(diag, ERR_REVOKED, facts->node->name, NULL);
    }
    return OK;
}

enum err access_decide(enum permission permission, const struct access_facts *facts,
                       struct diag *diag)
{
    switch (permission) {
    case PERMISSION_PUBLIC:
        return OK;
    case PERMISSION_INVITED:
        return decide_invited(facts, diag);
    case PERMISSION_NODE:
        return decide_node(facts, false, diag);
    case PERMISSION_KNOWN:
        return decide_node(facts, true, diag);
    case PERMISSION_MISSING:
        break;
    }
    return diag_set(diag, ERR_NOT_ALLOWED, "no permission", "", NULL);
}
