#include "enc_memory.h"

#include <string.h>

#include "sign.h"

#define CAPACITY_FIRST 65536

static struct enc_memory *memory_of(sqlite3_file *file)
{
    return (struct enc_memory *)file;
}

static int memory_close(sqlite3_file *file)
{
    struct enc_memory *memory = memory_of(file);
    if (memory->data != NULL) {
        sign_wipe(memory->data, (size_t)memory->capacity);
    }
    sqlite3_free(memory->data);
    *memory = (struct enc_memory){.data = NULL};
    return SQLITE_OK;
}

static int memory_read(sqlite3_file *file, void *ret, int size, sqlite3_int64 offset)
{
    const struct enc_memory *memory = memory_of(file);
    sqlite3_int64 there = memory->size > offset ? memory->size - offset : 0;
    int part = there < size ? (int)there : size;
    if (part > 0) {
        memcpy(ret, memory->data + offset, (size_t)part);
    }
    memset((unsigned char *)ret + part, 0, (size_t)(size - part));
    return part == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int grow(struct enc_memory *memory, sqlite3_int64 size)
{
    sqlite3_int64 capacity = memory->capacity > 0 ? memory->capacity : CAPACITY_FIRST;
    while (capacity < size) {
        capacity *= 2;
    }
    if (capacity == memory->capacity) {
        return SQLITE_OK;
    }
    unsigned char *data = sqlite3_malloc64((sqlite3_uint64)capacity);
    if (data == NULL) {
        return SQLITE_NOMEM;
    }
    memset(data, 0, (size_t)capacity);
    if (memory->data != NULL) {
        memcpy(data, memory->data, (size_t)memory->size);
        sign_wipe(memory->data, (size_t)memory->capacity);
        sqlite3_free(memory->data);
    }
    memory->data = data;
    memory->capacity = capacity;
    return SQLITE_OK;
}

static int memory_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    struct enc_memory *memory = memory_of(file);
    int code = grow(memory, offset + size);
    if (code != SQLITE_OK) {
        return code;
    }
    memcpy(memory->data + offset, data, (size_t)size);
    memory->size = memory->size > offset + size ? memory->size : offset + size;
    return SQLITE_OK;
}

static int memory_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct enc_memory *memory = memory_of(file);
    memory->size = memory->size < size ? memory->size : size;
    return SQLITE_OK;
}

static int memory_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int memory_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    *ret = memory_of(file)->size;
    return SQLITE_OK;
}

static int memory_lock(sqlite3_file *file, int lock)
{
    (void)file;
    (void)lock;
    return SQLITE_OK;
}

static int memory_is_reserved(sqlite3_file *file, int *ret)
{
    (void)file;
    *ret = 0;
    return SQLITE_OK;
}

static int memory_control(sqlite3_file *file, int what, void *arg)
{
    (void)file;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int memory_number(sqlite3_file *file)
{
    (void)file;
    return 0; /* of a sector: SQLite's default; of abilities: none */
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = memory_close,
    .xRead = memory_read,
    .xWrite = memory_write,
    .xTruncate = memory_truncate,
    .xSync = memory_sync,
    .xFileSize = memory_size,
    .xLock = memory_lock,
    .xUnlock = memory_lock,
    .xCheckReservedLock = memory_is_reserved,
    .xFileControl = memory_control,
    .xSectorSize = memory_number,
    .xDeviceCharacteristics = memory_number,
};

void enc_memory_open(sqlite3_file *file)
{
    *memory_of(file) = (struct enc_memory){.file = {.pMethods = &methods}};
}
