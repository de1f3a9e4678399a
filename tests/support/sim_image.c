/*
 * sim_image.c - a simulated disk as it is, to begin there again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_vfs_internal.h"

struct kept_file {
    char name[NAME_SIZE];
    uint8_t *bytes;
    size_t size;
    struct kept_file *next;
};

struct sim_image {
    struct kept_file *files;
};

struct sim_image *sim_disk_image(const struct sim_disk *disk)
{
    struct sim_image *image = disk_must(calloc(1, sizeof *image));
    for (const struct file *file = disk->files; file; file = file->next) {
        struct kept_file *kept = disk_must(calloc(1, sizeof *kept));
        assert(file->open_count == 0);
        (void)snprintf(kept->name, sizeof kept->name, "%s", file->name);
        kept->size = file->content.size;
        kept->bytes = disk_must(malloc(kept->size + 1));
        if (kept->size > 0) {
            memcpy(kept->bytes, file->content.current, kept->size);
        }
        kept->next = image->files;
        image->files = kept;
    }
    return image;
}

/* What was written beyond the kept bytes is zero again, so that the rest needn't be copied. */
static void put_bytes(struct content *content, const struct kept_file *kept)
{
    content_truncate(content, 0);
    content_write(content, 0, kept->bytes, kept->size);
    content_sync(content);
}

static const struct kept_file *find_kept(const struct sim_image *image, const char *name)
{
    for (const struct kept_file *kept = image->files; kept; kept = kept->next) {
        if (strcmp(kept->name, name) == 0) {
            return kept;
        }
    }
    return NULL;
}

void sim_disk_put_back(struct sim_disk *disk, const struct sim_image *image)
{
    struct file *file = disk->files;
    disk->dead = false;
    disk->cut_after = 0;
    sim_disk_fail_after(disk, SIM_ERROR, 0, false);
    if (!disk->changed && disk->image == image) {
        return;
    }
    while (file) {
        struct file *next = file->next;
        assert(file->open_count == 0);
        forget_shm(file);
        if (!find_kept(image, file->name)) {
            drop_file(disk, file);
        }
        file = next;
    }
    for (const struct kept_file *kept = image->files; kept; kept = kept->next) {
        struct file *there = find_file(disk, kept->name);
        put_bytes(&(there ? there : make_file(disk, kept->name))->content, kept);
    }
    disk->changed = false;
    disk->image = image;
}

void sim_image_free(struct sim_image *image)
{
    while (image && image->files) {
        struct kept_file *kept = image->files;
        image->files = kept->next;
        free(kept->bytes);
        free(kept);
    }
    free(image);
}
