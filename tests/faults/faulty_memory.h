/*
 * faulty_memory.h - memory that fails when told to: what the product takes through struct mem, what
 * SQLite and cJSON take by their own hooks.
 *
 * The libraries' hooks are process-wide, so there is one of it.
 */
#ifndef FAULTY_MEMORY_H
#define FAULTY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "mem.h"

/* Before SQLite is used for the first time. */
void faulty_memory_init(void);
struct mem faulty_memory(void);

/* The Nth allocation or enlargement from now on fails (0: none), and with `stays` every later one
   until the next call. Counting begins anew. */
void faulty_memory_fail(uint64_t nth, bool stays);
uint64_t faulty_memory_count(void);  /* since the last call of faulty_memory_fail() */
uint64_t faulty_memory_failed(void); /* of these */

/* Blocks of the product's own, and bytes of SQLite's, that weren't given back. */
int64_t faulty_memory_live(void);

#endif
