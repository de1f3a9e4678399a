/*
 * test_blob_lane.h - for tests of the attachments' lane: syncs that are watched and cut. The file
 * that includes this defines _XOPEN_SOURCE 700 first.
 */
#ifndef TEST_BLOB_LANE_H
#define TEST_BLOB_LANE_H

#include "test_blob.h"

/* What a sync did, exchange by exchange. */
struct watched {
    struct sync_result result;
    enum err gave_up; /* OK: done */
    int exchanges;    /* of the lane */
    bool records_after_files;
};

/* A sync whose device dies after `most` exchanges of the lane; the last reply is lost when `lose`.
   -1: it lives. */
static inline struct watched watch(struct town *town, struct node *node, struct node *server,
                                   int most, bool lose, const struct sync_options *options)
{
    struct watched w = {.gave_up = OK};
    struct sync *sync = NULL;
    struct sync_action action = {.kind = SYNC_DONE};
    struct diag diag = {0};
    struct buf reply;
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(node, town->nodes.pack, NULL, options, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    for (int step = 0; step < 1000; step++) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        w.result = action.result;
        if (action.kind != SYNC_EXCHANGE) {
            break;
        }
        bool lane = strcmp(action.path, "/v1/blob") == 0;
        w.records_after_files = w.records_after_files || (!lane && w.exchanges > 0);
        if (lane && w.exchanges == most && !lose) {
            break;
        }
        buf_clear(&reply);
        event = (struct sync_event){.kind = SYNC_REPLY};
        event.status = nodes_answer_at(&town->nodes, server, action.path, action.body, &reply);
        event.body = buf_span(&reply);
        if (lane && w.exchanges++ == most) {
            break; /* the server took it, nobody heard */
        }
    }
    w.gave_up = action.kind == SYNC_GAVE_UP ? action.diag.code : OK;
    sync_free(sync);
    buf_release(&reply);
    return w;
}

static inline struct watched sync_blobs(struct town *town, struct node *node, struct node *server)
{
    struct watched w = watch(town, node, server, -1, false, NULL);
    assert_int_equal(w.gave_up, OK);
    return w;
}

static inline bool here(struct node *node, const struct blob_name *name)
{
    struct blob_state state;
    assert_int_equal(blob_state(node, name, &state), OK);
    return state.here;
}

static inline bool is_stable(struct node *node, const struct blob_name *name)
{
    struct blob_state state;
    assert_int_equal(blob_state(node, name, &state), OK);
    return state.stable;
}

static inline struct blob_name attach_to(struct town *town, struct node *node, struct id entity,
                                         const char *property, struct span file)
{
    struct attached attached;
    assert_int_equal(attach(town, node, town->amina, entity, property, file, &attached), OK);
    return attached.file.whole;
}

#endif
