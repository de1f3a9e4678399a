#include "enc_vfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cipher.h"
#include "db_internal.h"
#include "enc_memory.h"

#define PAGE             DB_PAGE_SIZE
#define SEALED           (DB_PAGE_SIZE - DB_RESERVED_SIZE) /* bytes of a page that are sealed */
#define WAL_HEADER       32
#define FRAME_HEADER     24
#define FRAME            (FRAME_HEADER + PAGE)
#define FRAME_SALTS      8 /* in a frame's header: page, size, 2 salts, 2 checksums, 4 bytes each */
#define FRAME_CHECKSUM   16
#define CHECKSUM_SIZE    8
#define NAME_SIZE        32
#define FORMAT_IN_HEADER 16 /* bytes of "SQLite format 3" and NUL */

_Static_assert(DB_RESERVED_SIZE == CIPHER_EXTRA, "a page has room for nonce and tag");

struct enc_vfs {
    sqlite3_vfs vfs; /* first: SQLite hands out its address */
    sqlite3_vfs *under;
    const struct host *host;
    struct secrets *secrets;
    char name[NAME_SIZE];
};

struct secrets {
    struct seal_key page;
    uint8_t mask[CIPHER_MASK_KEY_SIZE];
};

struct enc_file {
    sqlite3_file file; /* first, as above */
    const struct enc_vfs *vfs;
    enum cipher_kind kind;
    sqlite3_file *under; /* behind this struct */
};

_Static_assert(sizeof(struct enc_memory) <= sizeof(struct enc_file), "SQLite's room holds either");

static struct enc_file *enc_of(sqlite3_file *file)
{
    return (struct enc_file *)file;
}

static sqlite3_file *under_of(sqlite3_file *file)
{
    return enc_of(file)->under;
}

static int read_under(sqlite3_file *file, void *ret, int size, int64_t offset)
{
    sqlite3_file *under = under_of(file);
    return under->pMethods->xRead(under, ret, size, offset);
}

static int write_under(sqlite3_file *file, const void *data, int size, int64_t offset)
{
    sqlite3_file *under = under_of(file);
    return under->pMethods->xWrite(under, data, size, offset);
}

/* ---- pages */

static bool open_page(sqlite3_file *file, uint8_t page[PAGE], int64_t number)
{
    const struct enc_file *enc = enc_of(file);
    struct cipher_place place = {enc->kind, (uint64_t)number};
    bool opened = cipher_open(&enc->vfs->secrets->page, page + SEALED, place,
                              span_from(page, SEALED), page + SEALED + CIPHER_NONCE_SIZE, page);
    /* The log's checksums were made over zeros here. */
    memset(page + SEALED, 0, DB_RESERVED_SIZE);
    return opened;
}

static int write_page(sqlite3_file *file, const uint8_t plain[PAGE], int64_t number, int64_t offset)
{
    const struct enc_file *enc = enc_of(file);
    const struct host *host = enc->vfs->host;
    struct cipher_place place = {enc->kind, (uint64_t)number};
    uint8_t page[PAGE];
    for (size_t i = SEALED; i < PAGE; i++) {
        if (plain[i] != 0) { /* a database that uses the room would lose what it put there */
            return SQLITE_IOERR_WRITE;
        }
    }
    host->random(host->ctx, page + SEALED, CIPHER_NONCE_SIZE);
    cipher_seal(&enc->vfs->secrets->page, page + SEALED, place, span_from(plain, SEALED), page,
                page + SEALED + CIPHER_NONCE_SIZE);
    return write_under(file, page, PAGE, offset);
}

/* ---- the database */

/* What SQLite wants to see of a database before it opens the log: page size, WAL, reserved bytes,
   and the fractions that are always the same. */
static void usual_header(uint8_t page[PAGE])
{
    memset(page, 0, PAGE);
    memcpy(page, "SQLite format 3", FORMAT_IN_HEADER);
    page[16] = PAGE >> 8;
    page[18] = page[19] = 2;
    page[20] = DB_RESERVED_SIZE;
    page[21] = 64;
    page[22] = page[23] = 32;
}

static int read_db(sqlite3_file *file, uint8_t *ret, int size, int64_t offset)
{
    uint8_t page[PAGE];
    while (size > 0) {
        int64_t index = offset / PAGE;
        int in = (int)(offset % PAGE);
        int part = PAGE - in < size ? PAGE - in : size;
        int code = read_under(file, page, PAGE, index * PAGE);
        if (code == SQLITE_IOERR_SHORT_READ) {
            memset(ret, 0, (size_t)size);
        }
        if (code != SQLITE_OK) {
            return code;
        }
        if (!open_page(file, page, index + 1)) {
            if (index > 0 || part == PAGE) {
                return SQLITE_IOERR_DATA;
            }
            usual_header(page);
        }
        memcpy(ret, page + in, (size_t)part);
        ret += part;
        offset += part;
        size -= part;
    }
    return SQLITE_OK;
}

static int write_db(sqlite3_file *file, const uint8_t *data, int size, int64_t offset)
{
    if (size != PAGE || offset % PAGE != 0) {
        return SQLITE_IOERR_WRITE;
    }
    return write_page(file, data, offset / PAGE + 1, offset);
}

/* ---- the log */

/* The place of a checksum: its frame, and the salts that change with every new use of the log. */
static void tweak_of(const uint8_t header[FRAME_HEADER], int64_t frame,
                     uint8_t ret[CIPHER_TWEAK_SIZE])
{
    memcpy(ret, header + FRAME_SALTS, 8);
    memcpy(ret + 8, &frame, 8);
}

static void unmask(sqlite3_file *file, uint8_t header[FRAME_HEADER], int64_t frame)
{
    uint8_t tweak[CIPHER_TWEAK_SIZE];
    tweak_of(header, frame, tweak);
    cipher_unmask(enc_of(file)->vfs->secrets->mask, tweak, header + FRAME_CHECKSUM);
}

static int read_frame(sqlite3_file *file, uint8_t ret[FRAME], int64_t frame)
{
    int code = read_under(file, ret, FRAME, WAL_HEADER + frame * FRAME);
    if (code != SQLITE_OK) {
        return code;
    }
    unmask(file, ret, frame);
    if (!open_page(file, ret + FRAME_HEADER, frame)) {
        memset(ret + FRAME_HEADER, 0, PAGE);
    }
    return SQLITE_OK;
}

/* A part of a frame's header: whole as recovery reads it, or the checksum alone. */
static int read_frame_header(sqlite3_file *file, uint8_t *ret, int size, int64_t frame, int in)
{
    uint8_t header[FRAME_HEADER];
    int code = read_under(file, header, FRAME_HEADER, WAL_HEADER + frame * FRAME);
    if (code != SQLITE_OK) {
        return code;
    }
    unmask(file, header, frame);
    memcpy(ret, header + in, (size_t)size);
    return SQLITE_OK;
}

/* A page of a frame, or a part of one. */
static int read_frame_page(sqlite3_file *file, uint8_t *ret, int size, int64_t frame, int in)
{
    uint8_t page[PAGE];
    int code = read_under(file, page, PAGE, WAL_HEADER + frame * FRAME + FRAME_HEADER);
    if (code == SQLITE_OK && !open_page(file, page, frame)) {
        code = SQLITE_IOERR_DATA;
    }
    if (code == SQLITE_OK) {
        memcpy(ret, page + in, (size_t)size);
    }
    return code;
}

static int read_wal(sqlite3_file *file, uint8_t *ret, int size, int64_t offset)
{
    if (offset < WAL_HEADER) { /* salts and sizes: nothing of anybody's */
        return offset + size <= WAL_HEADER ? read_under(file, ret, size, offset)
                                           : SQLITE_IOERR_READ;
    }
    int64_t frame = (offset - WAL_HEADER) / FRAME;
    int in = (int)((offset - WAL_HEADER) % FRAME);
    if (in == 0 && size == FRAME) {
        return read_frame(file, ret, frame);
    }
    if (in + size <= FRAME_HEADER) {
        return read_frame_header(file, ret, size, frame, in);
    }
    if (in >= FRAME_HEADER && in + size <= FRAME) {
        return read_frame_page(file, ret, size, frame, in - FRAME_HEADER);
    }
    return SQLITE_IOERR_READ;
}

static int write_wal(sqlite3_file *file, const uint8_t *data, int size, int64_t offset)
{
    uint8_t header[FRAME_HEADER], tweak[CIPHER_TWEAK_SIZE];
    if (offset == 0 && size == WAL_HEADER) {
        return write_under(file, data, size, offset);
    }
    int64_t frame = (offset - WAL_HEADER) / FRAME;
    int in = (int)((offset - WAL_HEADER) % FRAME);
    if (offset >= WAL_HEADER && in == FRAME_HEADER && size == PAGE) {
        return write_page(file, data, frame, offset);
    }
    if (offset < WAL_HEADER || in != 0 || size != FRAME_HEADER) {
        return SQLITE_IOERR_WRITE;
    }
    memcpy(header, data, FRAME_HEADER);
    tweak_of(header, frame, tweak);
    cipher_mask(enc_of(file)->vfs->secrets->mask, tweak, header + FRAME_CHECKSUM);
    return write_under(file, header, FRAME_HEADER, offset);
}

/* ---- a file's methods */

static int enc_close(sqlite3_file *file)
{
    sqlite3_file *under = under_of(file);
    return under->pMethods != NULL ? under->pMethods->xClose(under) : SQLITE_OK;
}

static int enc_read(sqlite3_file *file, void *ret, int size, sqlite3_int64 offset)
{
    return enc_of(file)->kind == CIPHER_DB_PAGE ? read_db(file, ret, size, offset)
                                                : read_wal(file, ret, size, offset);
}

static int enc_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    return enc_of(file)->kind == CIPHER_DB_PAGE ? write_db(file, data, size, offset)
                                                : write_wal(file, data, size, offset);
}

static int enc_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return under_of(file)->pMethods->xTruncate(under_of(file), size);
}

static int enc_sync(sqlite3_file *file, int flags)
{
    return under_of(file)->pMethods->xSync(under_of(file), flags);
}

static int enc_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return under_of(file)->pMethods->xFileSize(under_of(file), ret);
}

static int enc_lock(sqlite3_file *file, int lock)
{
    return under_of(file)->pMethods->xLock(under_of(file), lock);
}

static int enc_unlock(sqlite3_file *file, int lock)
{
    return under_of(file)->pMethods->xUnlock(under_of(file), lock);
}

static int enc_is_reserved(sqlite3_file *file, int *ret)
{
    return under_of(file)->pMethods->xCheckReservedLock(under_of(file), ret);
}

static int enc_control(sqlite3_file *file, int what, void *arg)
{
    /* Mapped, the file would be read past the keys. */
    return what == SQLITE_FCNTL_MMAP_SIZE
               ? SQLITE_NOTFOUND
               : under_of(file)->pMethods->xFileControl(under_of(file), what, arg);
}

static int enc_sector(sqlite3_file *file)
{
    return under_of(file)->pMethods->xSectorSize(under_of(file));
}

static int enc_abilities(sqlite3_file *file)
{
    int below = under_of(file)->pMethods->xDeviceCharacteristics(under_of(file));
    return (below | SQLITE_IOCAP_POWERSAFE_OVERWRITE) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}

static int enc_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    return under_of(file)->pMethods->xShmMap(under_of(file), region, size, extend, ret);
}

static int enc_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return under_of(file)->pMethods->xShmLock(under_of(file), offset, count, flags);
}

static void enc_shm_barrier(sqlite3_file *file)
{
    under_of(file)->pMethods->xShmBarrier(under_of(file));
}

static int enc_shm_unmap(sqlite3_file *file, int delete_it)
{
    return under_of(file)->pMethods->xShmUnmap(under_of(file), delete_it);
}

/* Version 2: the log's shared memory, but no mapping of the file. */
static const sqlite3_io_methods methods = {2,
                                           enc_close,
                                           enc_read,
                                           enc_write,
                                           enc_truncate,
                                           enc_sync,
                                           enc_size,
                                           enc_lock,
                                           enc_unlock,
                                           enc_is_reserved,
                                           enc_control,
                                           enc_sector,
                                           enc_abilities,
                                           enc_shm_map,
                                           enc_shm_lock,
                                           enc_shm_barrier,
                                           enc_shm_unmap,
                                           NULL,
                                           NULL};

/* ---- the VFS's */

static sqlite3_vfs *vfs_under(sqlite3_vfs *vfs)
{
    return ((struct enc_vfs *)vfs)->under;
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct enc_file *enc = enc_of(file);
    if (flags & SQLITE_OPEN_SUBJOURNAL) {
        enc_memory_open(file);
        return SQLITE_OK;
    }
    *enc = (struct enc_file){.vfs = (struct enc_vfs *)vfs, .under = (sqlite3_file *)(enc + 1)};
    if (flags & SQLITE_OPEN_MAIN_DB) {
        enc->kind = CIPHER_DB_PAGE;
    } else if (flags & SQLITE_OPEN_WAL) {
        enc->kind = CIPHER_WAL_FRAME;
    } else {
        return SQLITE_CANTOPEN; /* it would hold pages in the clear */
    }
    int code = vfs_under(vfs)->xOpen(vfs_under(vfs), name, enc->under, flags, ret_flags);
    if (enc->under->pMethods != NULL) {
        enc->file.pMethods = &methods;
    }
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    return vfs_under(vfs)->xDelete(vfs_under(vfs), name, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    return vfs_under(vfs)->xAccess(vfs_under(vfs), name, flags, ret);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
    return vfs_under(vfs)->xFullPathname(vfs_under(vfs), name, size, ret);
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *ret)
{
    return vfs_under(vfs)->xRandomness(vfs_under(vfs), size, ret);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return vfs_under(vfs)->xSleep(vfs_under(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    sqlite3_vfs *under = vfs_under(vfs);
    if (under->iVersion >= 2 && under->xCurrentTimeInt64 != NULL) {
        return under->xCurrentTimeInt64(under, ret);
    }
    double days = 0;
    int code = under->xCurrentTime(under, &days);
    *ret = (sqlite3_int64)(days * 86400000.0);
    return code;
}

/* Tells a full disk from others (db.c). */
static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret)
{
    sqlite3_vfs *under = vfs_under(vfs);
    return under->xGetLastError != NULL ? under->xGetLastError(under, size, ret) : 0;
}

static void make_vfs(struct enc_vfs *vfs)
{
    /* Its own name for each: SQLite finds a VFS by name, and this one has its connection's key. */
    (void)snprintf(vfs->name, sizeof vfs->name, "douar-%" PRIxPTR, (uintptr_t)vfs);
    vfs->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct enc_file) + vfs->under->szOsFile,
        .mxPathname = vfs->under->mxPathname,
        .zName = vfs->name,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
}

static bool make_secrets(struct enc_vfs *vfs)
{
    struct seal_key master, mask;
    vfs->secrets = secret_new(sizeof *vfs->secrets);
    if (vfs->secrets == NULL) {
        return false;
    }
    memcpy(master.bytes, vfs->host->db_key.data, SEAL_KEY_SIZE);
    cipher_derive(&master, "douar-page-1", (struct span){0}, &vfs->secrets->page);
    cipher_derive(&master, "douar-wal-mask-1", (struct span){0}, &mask);
    memcpy(vfs->secrets->mask, mask.bytes, CIPHER_MASK_KEY_SIZE);
    sign_wipe(&master, sizeof master);
    sign_wipe(&mask, sizeof mask);
    return true;
}

enum err enc_vfs_open(const struct host *host, struct enc_vfs **ret)
{
    sqlite3_vfs *under = sqlite3_vfs_find(host->vfs);
    if (host->db_key.size != SEAL_KEY_SIZE || under == NULL) {
        return ERR_INTERNAL;
    }
    struct enc_vfs *vfs = host->mem.resize(host->mem.ctx, NULL, sizeof *vfs);
    if (vfs == NULL) {
        return ERR_NOMEM;
    }
    *vfs = (struct enc_vfs){.under = under, .host = host};
    make_vfs(vfs);
    if (!make_secrets(vfs) || sqlite3_vfs_register(&vfs->vfs, 0) != SQLITE_OK) {
        secret_free(vfs->secrets);
        (void)host->mem.resize(host->mem.ctx, vfs, 0);
        return ERR_NOMEM;
    }
    *ret = vfs;
    return OK;
}

const char *enc_vfs_name(const struct enc_vfs *vfs)
{
    return vfs->name;
}

void enc_vfs_close(struct enc_vfs *vfs)
{
    if (vfs == NULL) {
        return;
    }
    const struct mem mem = vfs->host->mem;
    (void)sqlite3_vfs_unregister(&vfs->vfs);
    secret_free(vfs->secrets);
    (void)mem.resize(mem.ctx, vfs, 0);
}
