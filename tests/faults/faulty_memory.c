#include "faulty_memory.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>
#include <stdlib.h>

static struct {
    uint64_t count, fail_after, failed;
    bool stays, failing;
    int64_t live;
    sqlite3_mem_methods sqlite; /* its own */
} memory;

static bool fails(void)
{
    memory.count++;
    if (memory.fail_after > 0 && --memory.fail_after == 0) {
        memory.failing = true;
    }
    bool now = memory.failing;
    memory.failed += now;
    memory.failing = memory.failing && memory.stays;
    return now;
}

static void *resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        memory.live -= old != NULL;
        free(old);
        return NULL;
    }
    if (fails()) {
        return NULL;
    }
    void *block = realloc(old, size);
    memory.live += old == NULL && block != NULL;
    return block;
}

static void *sqlite_malloc(int size)
{
    return fails() ? NULL : memory.sqlite.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return fails() ? NULL : memory.sqlite.xRealloc(old, size);
}

static void *json_malloc(size_t size)
{
    void *block = fails() ? NULL : malloc(size);
    memory.live += block != NULL;
    return block;
}

static void json_free(void *block)
{
    memory.live -= block != NULL;
    free(block);
}

void faulty_memory_init(void)
{
    cJSON_Hooks hooks = {.malloc_fn = json_malloc, .free_fn = json_free};
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.sqlite) != SQLITE_OK) {
        abort();
    }
    sqlite3_mem_methods ours = memory.sqlite;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK) {
        abort();
    }
    cJSON_InitHooks(&hooks);
}

struct mem faulty_memory(void)
{
    return (struct mem){.resize = resize};
}

void faulty_memory_fail(uint64_t nth, bool stays)
{
    memory.count = 0;
    memory.failed = 0;
    memory.fail_after = nth;
    memory.stays = stays;
    memory.failing = false;
}

uint64_t faulty_memory_count(void)
{
    return memory.count;
}

uint64_t faulty_memory_failed(void)
{
    return memory.failed;
}

int64_t faulty_memory_live(void)
{
    return memory.live + sqlite3_memory_used();
}
