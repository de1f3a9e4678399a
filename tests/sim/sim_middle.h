/*
 * sim_middle.h - what stands between a caller and its server and answers in its place: gates of
 * hotels, proxies that keep answers, others that say a wrong length, routes that end elsewhere.
 *
 * TLS and the pinned key keep them out of a real conversation; what they could do is held against
 * the conversation itself all the same.
 */
#ifndef SIM_MIDDLE_H
#define SIM_MIDDLE_H

#include "sim_world.h"

/* A page of HTML in place of the answer, with one of the statuses that such pages come with. */
void middle_page(struct sim_node *node);
/* Goes on behind its end: with what isn't of it, or with itself once more. */
void middle_lengthen(struct sim_world *world, struct buf *body);
/* Keeps an answer to the node, and gives it in place of a newer one. False: none is kept. */
void middle_keep(struct sim_node *node, const char *path, struct span body);
bool middle_repeat(struct sim_node *node);
/* Another server than the one that a request is meant for; NULL: none is up. */
struct sim_node *middle_other_server(struct sim_node *node);

#endif
