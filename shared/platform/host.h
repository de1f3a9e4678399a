/*
 * host.h - every effect on the outside world, handed down from main.
 *
 * Nothing else in the product asks the operating system for time, randomness, memory, files or
 * the network. The simulator gives virtual ones; main gives the real ones (host_real.h).
 */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "mem.h"

#define HOST_PATH_MAX 4096 /* with NUL */

struct host_files;
struct host_keep;

/* What a transport is asked to do; see client/transport.h for who performs it. */
struct exchange_request {
    const char *url;         /* https://host:port/path */
    const char *const *pins; /* "sha256//base64", at least one; pin_count of them */
    size_t pin_count;
    const char *ca_pem;         /* the hub's private CA, NUL-terminated; NULL: pins alone */
    bool skip_dates;            /* the clock is insane: certificate dates aren't judged, pins are */
    const char *const *headers; /* "Name: value", header_count of them */
    size_t header_count;
    struct span body;
    int64_t timeout_ms; /* without a byte moving */
    size_t max_reply_size;
};

struct exchange_reply {
    int status; /* HTTP status; 0 when none was received */
    int64_t retry_after_s;
    uint64_t sent_bytes, received_bytes; /* body and headers as the library counts them */
    struct buf body;                     /* the caller inits and releases it */
};

struct host {
    void *ctx;
    struct mem mem;
    int64_t (*now_ms)(void *ctx);  /* wall clock, Unix ms: may jump, lie, go back */
    int64_t (*mono_ms)(void *ctx); /* monotonic since some start, asleep or not */
    /* Names this run of the machine: while it stays, mono_ms counts on. NULL, or 0: unknown. */
    uint64_t (*boot)(void *ctx);
    void (*random)(void *ctx, void *ret, size_t size);
    void (*sleep_ms)(void *ctx, int64_t ms);
    /* Network: OK and a status, or ERR_NETWORK, ERR_PIN. NULL on nodes without one. */
    enum err (*exchange)(void *ctx, const struct exchange_request *request,
                         struct exchange_reply *reply, struct diag *diag);
    /* Appends a JPEG of at most `side` pixels of an image's bytes: ERR_FILE_DAMAGED of what it
       can't read. NULL on nodes that nobody attaches photographs at. */
    enum err (*thumbnail)(void *ctx, struct span image, const char *mime, uint32_t side,
                          struct buf *ret);
    /* Named fault points for tests; constant false in release. */
    bool (*fault)(void *ctx, const char *site);
    uint64_t memory_kib; /* of the machine; 0: unknown */
    const char *vfs;     /* SQLite VFS name; NULL: the default */
    struct span db_key;  /* 32 bytes: databases and their files are sealed under it; else empty */
    const struct host_files *files;
    const struct host_keep *keep; /* NULL where nothing outlives a process */
};

/*
 * What a person unlocked, between one command and the next: in memory alone, for the same user,
 * gone after its time and with the machine. Names have no slash; at most 256 bytes each.
 */
struct host_keep {
    /* Replaces. `seconds` 0: as long as the machine runs. ERR_FILE where there is no such place. */
    enum err (*put)(void *ctx, const char *name, struct span bytes, int64_t seconds);
    enum err (*get)(void *ctx, const char *name, struct buf *ret); /* appends; ERR_NOT_FOUND */
    void (*drop)(void *ctx, const char *name);
};

/* A file that isn't whole yet; struct host_files has what is done with it. */
struct host_draft {
    int handle;
    char path[HOST_PATH_MAX]; /* what it will be called */
    char part[HOST_PATH_MAX]; /* what it is called meanwhile; "" while it has no name */
};

/*
 * Plain files outside the database: anchor, configuration, exports. Paths are UTF-8.
 * `write_atomic` writes a temporary file, syncs, renames and syncs the folder; mode 0600.
 */
struct host_files {
    enum err (*read)(void *ctx, const char *path, struct buf *ret); /* ERR_NOT_FOUND, ERR_FILE */
    enum err (*write_atomic)(void *ctx, const char *path, struct span bytes);
    enum err (*make_folder)(void *ctx, const char *path); /* with parents, mode 0700 */
    enum err (*remove)(void *ctx, const char *path);      /* OK when absent */
    bool (*exists)(void *ctx, const char *path);
    /* Replaces `to`; both in one folder, which is synced. */
    enum err (*rename)(void *ctx, const char *from, const char *to);
    /* Adds at the end, made when absent (mode 0600), and syncs: what is too large for memory is
       written in pieces under a temporary name, then renamed. */
    enum err (*append)(void *ctx, const char *path, struct span bytes);
    /* Attachments, a piece at a time. `write_at` makes what is absent (mode 0600; folders too),
       writes and syncs; `read_at` appends at most `size` bytes, fewer at the end of the file:
       ERR_NOT_FOUND, ERR_FILE. */
    enum err (*write_at)(void *ctx, const char *path, uint64_t offset, struct span bytes);
    enum err (*read_at)(void *ctx, const char *path, uint64_t offset, size_t size, struct buf *ret);
    /* Makes `path` of `size` bytes whose room on the disk is really taken (mode 0600): whole, or
       ERR_DB_FULL and nothing. How many bytes who runs this may still write where `path` is or
       would be. Both NULL where no disk can be asked: then nothing is kept in reserve. */
    enum err (*allocate)(void *ctx, const char *path, uint64_t size);
    enum err (*free_bytes)(void *ctx, const char *path, uint64_t *ret);
    /* What is too large for memory and may lie nowhere by half, as an export in the clear: until
       it is kept it has no name, so whoever is killed leaves nothing of it. Not so on file systems
       without such files (sticks, shares): there it lies as PATH.tmp-XXXXXXXX meanwhile.
       `draft_end` with `keep` syncs it and puts it where its path says, replacing what is there;
       else, and when it fails, it is gone. NULL on nodes that give nothing out. */
    enum err (*draft_begin)(void *ctx, const char *path, struct host_draft *ret);
    enum err (*draft_add)(void *ctx, const struct host_draft *draft, struct span bytes);
    enum err (*draft_end)(void *ctx, struct host_draft *draft, bool keep);
};

#endif
