/*
 * node_feed.h - the rolling hash of a feed (part of the node's inside).
 */
#ifndef NODE_FEED_H
#define NODE_FEED_H

#include "node_internal.h"

uint64_t feed_roll(uint64_t before, int64_t n, const struct feed_event *event);

#endif
