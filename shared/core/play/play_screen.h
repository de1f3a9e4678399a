/*
 * play_screen.h - the screens of a form as it is answered now, in order. Inside of play.
 */
#ifndef PLAY_SCREEN_H
#define PLAY_SCREEN_H

#include "json.h"
#include "play_inner.h"

enum screen_kind { SCREEN_QUESTION, SCREEN_LIST, SCREEN_REPEAT };

struct screen {
    enum screen_kind kind;
    const struct xform_control *control;
    struct play_node *node; /* of the question; the group; the parent of the repeat */
};

struct screens { /* the play's, until a node comes, goes, or changes its relevance */
    struct screen *at;
    size_t count;
};

MUST_CHECK enum err list_screens(struct play *play, struct screens *ret);
/* Without what was kept of an earlier time, in the scratch arena; for proof. */
MUST_CHECK enum err list_screens_anew(struct play *play, struct screens *ret);
/* screens->count: at the end. */
size_t screen_index(const struct play *play, const struct screens *screens);
void screen_enter(struct play *play, const struct screens *screens, size_t index);
MUST_CHECK enum err move_to_node(struct play *play, const struct play_node *node,
                                 struct diag *diag);

/* The node a control is about, as it is found from the occurrence `place`; NULL: there is none. */
struct play_node *control_node(struct play *play, const struct xform_control *control,
                               struct play_node *place);
/* Is there a relevant one, or, where there is none at all, would the first be? */
MUST_CHECK enum err repeat_is_relevant(struct play *play, const struct xform_control *control,
                                       struct play_node *parent, bool *ret);
/* May a person add to this repeat and remove from it? */
bool repeat_is_open(const struct play *play, const struct xform_control *control);

/* A node's path as a JSON text; what fails, fails the writer's buf. (play_tree.c) */
void node_put_path(const struct play *play, const struct play_node *node, struct json_writer *json);

#endif
