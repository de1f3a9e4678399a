/*
 * sim_vfs_internal.h - what the two files of sim_vfs.h share: the disk, its files, their content.
 */
#ifndef SIM_VFS_INTERNAL_H
#define SIM_VFS_INTERNAL_H

#include <sqlite3.h>

#include "sim_vfs.h"

#define SECTOR_SIZE 512
#define SHM_SLOTS   8
#define NAME_SIZE   256
#define FIRST_SIZE  65536

/* The content of a file, with what of it isn't synced yet. */
enum change { UNCHANGED, WRITTEN, CUT_OFF };

struct content {
    uint8_t *current, *durable; /* both `capacity` bytes, zero beyond their sizes */
    size_t size, durable_size, capacity;
    uint8_t *dirty;  /* one byte a sector: enum change since the last sync */
    size_t *sectors; /* the changed ones */
    size_t sector_count, sector_capacity;
    bool shortened; /* since then */
    size_t least;   /* to this size, at the least */
};

struct shm_lock {
    int shared;
    bool exclusive;
};

struct file {
    char name[NAME_SIZE];
    struct content content;
    size_t open_count;
    bool linked; /* false: deleted while open */
    /* SQLite's locks on the file itself. */
    int shared_count;
    struct handle *reserved, *pending, *exclusive;
    void **shm;
    size_t shm_count, shm_users;
    struct shm_lock locks[SHM_SLOTS];
    struct file *next;
};

struct sim_disk {
    sqlite3_vfs vfs;
    char name[32];
    struct file *files;
    uint64_t random;
    uint64_t cut_after; /* operations left; 0: none planned */
    uint64_t fail_after;
    enum sim_failure failure;
    bool fail_stays, failing;
    bool lies;
    bool dead;
    bool changed; /* since the image that was put back last */
    const struct sim_image *image;
    struct sim_disk_counts counts;
};

struct handle {
    sqlite3_file base;
    struct sim_disk *disk;
    struct file *file;
    int level;
    bool deletes; /* on close */
    bool has_shm;
    unsigned shared_mask, exclusive_mask;
};

void *disk_must(void *block); /* aborts on NULL */
uint64_t disk_random(struct sim_disk *disk);

void content_write(struct content *content, size_t offset, const void *data, size_t size);
void content_truncate(struct content *content, size_t size);
void content_sync(struct content *content);

struct file *find_file(const struct sim_disk *disk, const char *name); /* NULL: none */
struct file *make_file(struct sim_disk *disk, const char *name);
void forget_shm(struct file *file);
void drop_file(struct sim_disk *disk, struct file *file);
void unlink_file(struct sim_disk *disk, struct file *file); /* goes with its last handle */
/* What an operation does to a disk: which failures can meet it. */
enum operation { TAKES_ROOM, CHANGES, READS };

/* One operation that could be the last. OK, ERR_FILE, or ERR_DB_FULL when the disk is full. */
enum err last_breath(struct sim_disk *disk, enum operation operation);
/* The same for one that a power cut doesn't count: reading. */
enum err may_read(struct sim_disk *disk);

/* sim_vfs.c: fills the disk's sqlite3_vfs. */
void disk_fill_vfs(struct sim_disk *disk);

#endif
