/*
 * From screen to screen. A screen is a question, a group that is shown as a list, or, after the
 * occurrences of a repeat that a person may add to, the offer of another one. Groups shown as a
 * list are one screen with all that is relevant in them.
 */
#include <string.h>

#include "play_inner.h"
#include "play_screen.h"

static bool has_word(const char *text, const char *wanted)
{
    struct span rest = span_of(text), word;
    while (span_split(&rest, ' ', &word)) {
        if (span_is(word, wanted)) {
            return true;
        }
    }
    return false;
}

struct listing {
    struct arena *arena;
    struct screen *at;
    size_t count, capacity;
    bool by_values; /* a repeat without occurrences, whose rule any answer may change */
};

static enum err add_screen(struct listing *listing, struct screen screen)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity == 0 ? 64 : listing->capacity * 2;
        struct screen *grown = arena_array(listing->arena, capacity, sizeof(*grown));
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        if (listing->count != 0) {
            memcpy(grown, listing->at, listing->count * sizeof(*grown));
        }
        listing->at = grown;
        listing->capacity = capacity;
    }
    listing->at[listing->count++] = screen;
    return OK;
}

static enum err collect(struct play *play, const struct xform_control *control,
                        struct play_node *place, struct listing *ret);

static enum err collect_inside(struct play *play, const struct xform_control *control,
                               struct play_node *place, struct listing *ret)
{
    enum err e = OK;
    for (const struct xform_control *at = control->first; e == OK && at != NULL; at = at->next) {
        e = collect(play, at, place, ret);
    }
    return e;
}

/*
 * A form is walked in its order, and a form of 600 questions beside each other is walked at each
 * answer: the search goes on from the child that was found before. Occurrences come and go and are
 * alike: of them it is the first.
 */
static struct play_node *child_of(struct play_node *parent, const struct def *wanted)
{
    struct tree_node *from = wanted->node->repeat ? NULL : parent->found;
    struct tree_node *at = from == NULL ? parent->tree.first : from;
    while (at != NULL && node_of(at)->def != wanted) {
        at = at->next;
    }
    if (at == NULL && from != NULL) {
        at = parent->tree.first;
        while (at != from && node_of(at)->def != wanted) {
            at = at->next;
        }
        at = at == from ? NULL : at;
    }
    if (at != NULL && !wanted->node->repeat) {
        parent->found = at;
    }
    return at == NULL ? NULL : node_of(at);
}

struct play_node *control_node(struct play *play, const struct xform_control *control,
                               struct play_node *place)
{
    /* The way down from the occurrence that it lies in. */
    size_t way[XFORM_DEPTH_MAX + 1], count = 0;
    for (const struct xform_node *up = control->node; up != NULL && up != place->def->node;
         up = up->parent) {
        if (count == XFORM_DEPTH_MAX) {
            return NULL;
        }
        way[count++] = up->index;
    }
    struct play_node *node = place;
    while (count > 0 && node != NULL) {
        node = child_of(node, &play->defs[way[--count]]);
    }
    return node;
}

bool repeat_is_open(const struct play *play, const struct xform_control *control)
{
    (void)play;
    return control->count == NULL && !control->no_add_remove;
}

enum err repeat_is_relevant(struct play *play, const struct xform_control *control,
                            struct play_node *parent, bool *ret)
{
    struct def *repeat = def_of(play, control->node);
    bool any = false;
    *ret = false;
    for (const struct tree_node *at = parent->tree.first; at != NULL; at = at->next) {
        const struct play_node *node = at->owner;
        any = any || node->def == repeat;
        *ret = *ret || (node->def == repeat && node->relevant);
    }
    if (any || repeat->rules[RULE_RELEVANT] == NO_RULE) {
        *ret = *ret || !any;
        return OK;
    }
    /* Asked as if from the first one. */
    struct play_node first = {.def = repeat};
    struct diag diag = {0};
    first.tree = (struct tree_node){.name = repeat->name, .parent = &parent->tree};
    return ask_relevant(play, &play->rules[repeat->rules[RULE_RELEVANT]], &first, ret, &diag);
}

static enum err collect_repeat(struct play *play, const struct xform_control *control,
                               struct play_node *place, struct listing *ret)
{
    struct xform_control above = *control;
    above.node = control->node->parent;
    struct play_node *parent = control_node(play, &above, place);
    const struct def *repeat = def_of(play, control->node);
    if (parent == NULL || !node_is_relevant(parent)) {
        return OK;
    }
    enum err e = OK;
    bool relevant = false, any = false;
    for (struct tree_node *at = parent->tree.first; e == OK && at != NULL; at = at->next) {
        struct play_node *node = node_of(at);
        any = any || node->def == repeat;
        if (node->def == repeat && node->relevant) {
            e = has_word(control->appearance, "field-list")
                    ? add_screen(ret, (struct screen){SCREEN_LIST, control, node})
                    : collect_inside(play, control, node, ret);
        }
    }
    ret->by_values = ret->by_values || (!any && repeat->rules[RULE_RELEVANT] != NO_RULE);
    e = e != OK ? e : repeat_is_relevant(play, control, parent, &relevant);
    if (e == OK && relevant && repeat_is_open(play, control)) {
        e = add_screen(ret, (struct screen){SCREEN_REPEAT, control, parent});
    }
    return e;
}

static enum err collect(struct play *play, const struct xform_control *control,
                        struct play_node *place, struct listing *ret)
{
    if (control->kind == XFORM_REPEAT_CONTROL) {
        return collect_repeat(play, control, place, ret);
    }
    struct play_node *node = control->node == NULL ? place : control_node(play, control, place);
    if (control->kind == XFORM_GROUP) {
        /* A group about a repeat only carries its label: it is asked from around it. */
        bool about_repeat = control->node != NULL && control->node->repeat;
        if (!about_repeat && (node == NULL || !node_is_relevant(node))) {
            return OK;
        }
        struct play_node *inside = about_repeat || node == NULL ? place : node;
        return has_word(control->appearance, "field-list")
                   ? add_screen(ret, (struct screen){SCREEN_LIST, control, inside})
                   : collect_inside(play, control, inside, ret);
    }
    return node == NULL || !node_is_relevant(node)
               ? OK
               : add_screen(ret, (struct screen){SCREEN_QUESTION, control, node});
}

static enum err list_into(struct play *play, struct listing *ret)
{
    return play->form->body == NULL ? OK : collect(play, play->form->body, play->root, ret);
}

enum err list_screens_anew(struct play *play, struct screens *ret)
{
    struct listing listing = {.arena = &play->scratch};
    enum err e = list_into(play, &listing);
    *ret = (struct screens){listing.at, listing.count};
    return e;
}

enum err list_screens(struct play *play, struct screens *ret)
{
    enum err e = OK;
    if (!play->screens_stand) {
        struct listing listing = {.arena = &play->listed};
        arena_reset(&play->listed);
        e = list_into(play, &listing);
        play->screens = listing.at;
        play->screen_count = listing.count;
        play->screens_stand = e == OK && !listing.by_values;
    }
    *ret = (struct screens){play->screens, play->screen_count};
    return e;
}

/* Where the person is among them now; what was there may have become irrelevant meanwhile. */
size_t screen_index(const struct play *play, const struct screens *screens)
{
    for (size_t i = 0; i < screens->count; i++) {
        if (screens->at[i].control == play->at_control && screens->at[i].node == play->at) {
            return i;
        }
    }
    return play->at_index < screens->count ? play->at_index : screens->count;
}

void screen_enter(struct play *play, const struct screens *screens, size_t index)
{
    play->at_index = index;
    play->at = index < screens->count ? screens->at[index].node : NULL;
    play->at_control = index < screens->count ? screens->at[index].control : NULL;
}

enum err move_to(struct play *play, enum play_move move, struct diag *diag)
{
    struct screens screens;
    enum err e = list_screens(play, &screens);
    if (e != OK) {
        return diag_keep(diag, e);
    }
    size_t index = screen_index(play, &screens);
    switch (move) {
    case MOVE_FIRST:
        index = 0;
        break;
    case MOVE_NEXT:
        index = index < screens.count ? index + 1 : screens.count;
        break;
    case MOVE_BACK:
        index = index > 0 ? index - 1 : 0;
        break;
    case MOVE_END:
    default:
        index = screens.count;
        break;
    }
    screen_enter(play, &screens, index);
    return OK;
}

static bool shows(const struct screen *screen, const struct play_node *node)
{
    if (screen->node == node) {
        return true;
    }
    for (const struct tree_node *up = &node->tree; screen->kind == SCREEN_LIST && up != NULL;
         up = up->parent) {
        if (up == &screen->node->tree) {
            return true;
        }
    }
    return false;
}

enum err move_to_node(struct play *play, const struct play_node *node, struct diag *diag)
{
    struct screens screens;
    enum err e = list_screens(play, &screens);
    for (size_t i = 0; e == OK && i < screens.count; i++) {
        if (shows(&screens.at[i], node)) {
            screen_enter(play, &screens, i);
            return OK;
        }
    }
    return e != OK ? diag_keep(diag, e)
                   : diag_set(diag, ERR_NOT_FOUND, "question", node->def->node->name, NULL);
}
