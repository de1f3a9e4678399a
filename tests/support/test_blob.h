/*
 * test_blob.h - attachments for tests: a file that a seed tells from others, attached, read back,
 * damaged. The file that includes this defines _XOPEN_SOURCE 700 first.
 */
#ifndef TEST_BLOB_H
#define TEST_BLOB_H

#include "test_town.h"

#include "blob_internal.h"

#define FILE_SIZE 150000

/* A sound that `seed` tells from others: kinds without pictures go through unchanged. */
static inline struct span make_file(uint8_t *bytes, size_t size, unsigned seed)
{
    memcpy(bytes, "OggS", 4);
    for (size_t i = 4; i < size; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (uint8_t)(seed >> 16);
    }
    return span_from(bytes, size);
}

static inline enum err attach(struct town *town, struct node *node, struct id person,
                              struct id entity, const char *property, struct span bytes,
                              struct attached *ret)
{
    struct arena arena;
    struct diag diag = {0};
    struct attachment attachment = {
        .person = person, .entity = entity, .property = property, .bytes = bytes, .name = "f"};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = node_attach(node, &attachment, &arena, ret, &diag);
    arena_release(&arena);
    return e;
}

static inline bool holds(struct town *town, struct node *node, const struct blob_name *name,
                         struct span bytes)
{
    struct buf got;
    buf_init(&got, &town->nodes.host.mem, 32u << 20);
    enum err e = blob_read(node, name, &got);
    bool same = !e && span_equal(buf_span(&got), bytes);
    buf_release(&got);
    return same;
}

/* Files in the folder of a node's attachments. */
static inline int file_count(const struct town *town, const char *name)
{
    char command[400];
    char count[16] = "";
    (void)snprintf(command, sizeof command, "find '%s/%s.db.blobs' -type f 2>/dev/null | wc -l",
                   town->nodes.folder, name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(count, sizeof count, pipe));
    (void)pclose(pipe);
    return (int)strtol(count, NULL, 10);
}

static inline void flip_a_byte(const struct town *town, const char *name)
{
    char command[500];
    (void)snprintf(command, sizeof command,
                   "f=$(find '%s/%s.db.blobs' -type f | head -1); printf Z | dd of=\"$f\" bs=1 "
                   "seek=70000 conv=notrunc 2>/dev/null",
                   town->nodes.folder, name);
    assert_int_equal(system(command), 0);
}

#endif
