/*
 * bundle_peer.c - what is remembered of another node between two bundles.
 */
#include <string.h>

#include "bundle_parts.h"

enum err bundle_peer_read(struct node *node, struct id name, struct arena *arena,
                          struct bundle_peer *ret)
{
    struct bundle_peer peer = {0};
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, BUNDLE_PEER);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    if (stmt_row(s)) {
        peer.has_asked = !stmt_is_null(s, 0);
        peer.asked = stmt_u64(s, 0);
        peer.has_key = stmt_blob(s, 1, peer.key.bytes, PUBLIC_KEY_SIZE);
        peer.has_request = !stmt_is_null(s, 2);
        e = arena_copy(arena, stmt_span(s, 2), &peer.request);
        peer.ask = stmt_u64(s, 3);
        peer.epoch = stmt_u64(s, 4);
        peer.has_kept = !stmt_is_null(s, 6);
        peer.kept = stmt_i64(s, 6);
        peer.has_enrol = stmt_blob(s, 5, peer.enrol, sizeof peer.enrol);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = peer;
    }
    return e;
}

static enum err key_of_enrolment(struct node *node, struct id name, bool *ret_found,
                                 struct public_key *ret)
{
    struct public_key key = {{0}};
    struct stmt *s = db_stmt(node->db, BUNDLE_PEER);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    bool found = stmt_row(s) && stmt_blob(s, 1, key.bytes, PUBLIC_KEY_SIZE);
    enum err e = stmt_end(s);
    if (!e) {
        *ret_found = found;
        *ret = key;
    }
    return e;
}

enum err bundle_peer_key(struct node *node, struct id name, bool revoked_too,
                         struct public_key *ret, struct diag *diag)
{
    const struct org *org = NULL;
    char id[ID_TEXT_SIZE];
    bool found = false;
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    const struct org_node *known = org_node(org, name);
    if (known && known->revoked && !revoked_too) {
        return diag_set(diag, ERR_REVOKED, known->name, NULL);
    }
    if (known) {
        *ret = known->key;
        return OK;
    }
    e = key_of_enrolment(node, name, &found, ret);
    id_write(name, id);
    return e || found ? e : diag_set(diag, ERR_UNKNOWN_NODE, id, NULL);
}
