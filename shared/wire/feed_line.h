/*
 * feed_line.h - the members that requests and replies share: a cursor with its state, and lists
 * of feeds.
 *
 * Private to the wire.
 */
#ifndef FEED_LINE_H
#define FEED_LINE_H

#include "line.h"
#include "sync_message.h"

/* [n,"state"] */
void feed_put_cursor(struct json_writer *writer, int64_t cursor, const uint8_t state[16]);
void feed_read_cursor(struct line *line, const struct json *item, int64_t *ret_cursor,
                      uint8_t ret_state[16]);

/* [[scope,compartment,n,"h"],..], or [[scope,compartment],..] when not `placed`. */
void feed_put_list(struct json_writer *writer, const struct feed_position *feeds, size_t count,
                   bool placed);
struct feed_position *feed_read_list(struct line *line, const char *key, bool placed,
                                     struct arena *arena, size_t *ret_count);

#endif
