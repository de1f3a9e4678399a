/*
 * play_inner.h - a play's inside, shared by the files of this folder alone.
 *
 * The way of an answer: play_values.c reads it, play_compute.c computes what depends on it in the
 * order that play_graph.c found, play_actions.c runs what it calls, play_state.c shows it.
 */
#ifndef PLAY_INNER_H
#define PLAY_INNER_H

#include "play_compiled.h"

#define PLAY_NODES_MAX   200000 /* of one instance */
#define PLAY_REPEATS_MAX 10000  /* occurrences of one repeat in one place */
#define PLAY_WORDS_MAX   200000 /* rules that labels bring up while one answer is computed */
#define PLAY_ROUNDS_MAX  250000 /* how often computing goes back to an earlier rule */
#define PLAY_SCRATCH_MAX (64u << 20)
#define PLAY_MEMORY_MAX  (256u << 20)

/* ---- the instance */

struct play_node {
    struct tree_node tree; /* first: expressions see this */
    struct def *def;
    struct buf text;         /* what tree.text shows */
    struct tree_node *found; /* the child that was looked for last; never one of several */
    bool relevant;           /* by its own rule; tree.hidden is the same said to expressions */
    bool queued[RULE_KINDS];
    bool touched;   /* a person answered it */
    uint8_t id[16]; /* of an occurrence: stays with it for ever */
};

struct play {
    const struct xform *form;
    struct play_host host;
    struct arena arena;   /* the compiled form */
    struct arena scratch; /* one call */
    struct arena listed;  /* the screens, as long as they stand */
    struct def *defs;
    size_t def_count;
    struct rule *rules;
    size_t rule_count;
    size_t *ordered; /* rules in order */
    struct compiled *compiled[COMPILED_BUCKETS];
    struct expr_host expr_host;
    size_t language;
    /* the instance */
    struct play_node document;
    struct play_node *root;
    size_t node_count;
    size_t first_pending; /* in `ordered` */
    size_t words_left;    /* how often `by_words` may still queue before all is computed */
    unsigned event_depth;
    /* lists beside the form, once they were read */
    struct external *externals;
    /* The screens as they were listed last, in order; listed anew when they no longer stand: a node
       came, went, or changed its relevance (play_move.c). */
    struct screen *screens;
    size_t screen_count;
    bool screens_stand;
    /* where the person is: node and control of a screen, and its number; NULL at the end */
    struct play_node *at;
    const struct xform_control *at_control;
    size_t at_index;
};

struct external {
    const char *name;
    struct tree_node *document;
    struct external *next;
};

/* ---- play_load.c */
MUST_CHECK enum err play_compile(struct play *play, const char *text, struct expr **ret,
                                 struct diag *diag);
/* Compiled before; never fails for a text of the form that play_new() has seen. */
const struct expr *play_compiled(const struct play *play, const char *text);
struct def *def_of(struct play *play, const struct xform_node *node);

/* ---- play_tree.c */
MUST_CHECK enum err node_new(struct play *play, struct def *def, struct play_node **ret);
void node_free(struct play *play, struct play_node *node);
MUST_CHECK enum err node_set_text(struct play_node *node, struct span text);
static inline struct play_node *node_of(struct tree_node *tree)
{
    return (struct play_node *)(void *)tree;
}
/* The node a path with numbers names: "/data/member[2]/age". NULL: none. */
struct play_node *node_at(struct play *play, struct span path);
/* The same while an instance begins: occurrences that it names and that aren't there are made. */
MUST_CHECK enum err node_make_at(struct play *play, struct span path, struct play_node **ret,
                                 struct diag *diag);
void node_path(const struct play_node *node, struct buf *ret);
/* Occurrences of a repeat under one parent. */
size_t repeat_count(const struct play_node *parent, const struct def *repeat);
struct play_node *repeat_at(const struct play_node *parent, const struct def *repeat, size_t index);
/* Makes one more at the end and fills it; it isn't computed yet. */
MUST_CHECK enum err repeat_add(struct play *play, struct play_node *parent, struct def *repeat,
                               struct play_node **ret, struct diag *diag);
MUST_CHECK enum err repeat_remove(struct play *play, struct play_node *node);
/* Calls `visit` for every node of `def` that lies in `base` (an ancestor of it, or itself). */
typedef enum err node_visitor(struct play *play, struct play_node *node, void *ctx);
MUST_CHECK enum err each_node(struct play *play, struct play_node *base, const struct def *def,
                              node_visitor *visit, void *ctx);
/* Next in document order, of those below `top`; NULL at the end. */
struct play_node *node_following(const struct play_node *node, const struct play_node *top);
bool node_is_relevant(const struct play_node *node); /* with all that it lies in */

/* ---- play_compute.c */
MUST_CHECK enum err evaluate_at(struct play *play, const struct expr *expr, struct play_node *node,
                                struct expr_value *ret, struct diag *diag);
/* Whether its own rule makes it relevant. Inside of it the rule finds what would be there if it
   were: a group may depend on an answer in itself, which ODK refuses to load and others allow. */
MUST_CHECK enum err ask_relevant(struct play *play, const struct rule *rule, struct play_node *node,
                                 bool *ret, struct diag *diag);
MUST_CHECK enum err queue_all(struct play *play, struct play_node *top);
MUST_CHECK enum err queue_dependents(struct play *play, struct play_node *changed, bool subtree);
MUST_CHECK enum err compute(struct play *play, struct diag *diag);
/* Sets the text and queues what depends on it; runs the actions of xforms-value-changed. */
MUST_CHECK enum err change_value(struct play *play, struct play_node *node, struct span text,
                                 struct diag *diag);

/* ---- play_actions.c */
MUST_CHECK enum err run_actions(struct play *play, unsigned event, const struct xform_node *trigger,
                                struct play_node *place, struct diag *diag);
MUST_CHECK enum err run_preloads(struct play *play, struct play_node *top, bool at_end,
                                 struct diag *diag);

/* ---- play_choices.c */
struct choice_list {
    struct shown_choice {
        struct span value, label;
    } * at;
    size_t count;
};
/* The choices of the control as they are now, with labels in the play's language. */
MUST_CHECK enum err list_choices(struct play *play, const struct xform_control *control,
                                 struct play_node *node, bool with_labels, struct choice_list *ret,
                                 struct diag *diag);
MUST_CHECK enum err text_shown(struct play *play, const struct xform_text *text,
                               enum xform_text_form form, struct play_node *node, struct span *ret,
                               struct diag *diag);
void expr_host_init(struct play *play);

/* ---- play_values.c */
/* What a person gave for this node as the instance keeps it; ERR_BAD_VALUE (question, value,
   expected), ERR_BAD_CHOICE. */
MUST_CHECK enum err value_for_node(struct play *play, struct play_node *node, struct span given,
                                   struct arena *arena, struct span *ret, struct diag *diag);
enum tree_kind kind_of_data(enum xform_data data);

struct validity {
    bool required_missing, constraint_broken;
    struct span message; /* in the play's language; empty when the form gives none */
};
MUST_CHECK enum err check_node(struct play *play, struct play_node *node, struct validity *ret,
                               struct diag *diag);
MUST_CHECK enum err flag_at(struct play *play, const struct expr *expr, struct play_node *node,
                            bool otherwise, bool *ret, struct diag *diag);
/* By its own bind or that of a group or repeat that it lies in. */
MUST_CHECK enum err is_readonly(struct play *play, struct play_node *node, bool *ret,
                                struct diag *diag);

/* ---- play_state.c */
MUST_CHECK enum err add_state(struct play *play, bool whole, struct buf *ret, struct diag *diag);
MUST_CHECK enum err add_question(struct play *play, struct play_node *node,
                                 const struct xform_control *control, struct buf *ret,
                                 struct diag *diag);
/* ---- play_move.c: from screen to screen */
enum play_move { MOVE_FIRST, MOVE_NEXT, MOVE_BACK, MOVE_END };
MUST_CHECK enum err move_to(struct play *play, enum play_move move, struct diag *diag);

#endif
