/* blob_line.h - parts of the lines that name attachments; private to the wire. */
#ifndef BLOB_LINE_H
#define BLOB_LINE_H

#include "blob_message.h"
#include "line.h"

#define BLOB_VERSION 1

void blob_line_begin(struct json_writer *writer, int64_t time_ms, struct buf *ret);
/* "[hash,size": the caller closes the bracket. */
void blob_put_name(struct json_writer *writer, const struct blob_name *name);
void blob_put_names(struct json_writer *writer, const char *key, const struct blob_name *names,
                    size_t count);
void blob_put_piece(struct json_writer *writer, const char *key, const struct blob_piece *piece);

/* The hash and size at `*part`, which is moved behind them. */
struct blob_name blob_read_name(struct line *line, const struct json **part, const char *where);
struct blob_name *blob_read_names(struct line *line, const char *key, struct arena *arena,
                                  size_t *ret_count);
bool blob_read_piece(struct line *line, const char *key, struct blob_piece *ret);
/* The line, and what stands after its LF; and that this is as many bytes as were told. */
struct span blob_take_line(struct span text, struct span *ret_bytes);
void blob_check_bytes(struct line *line, struct span bytes, int64_t told, const char *where);

#endif
