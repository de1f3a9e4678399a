/*
 * enc_memory.h - a file in memory for the encrypting VFS: what would hold pages in the clear.
 */
#ifndef ENC_MEMORY_H
#define ENC_MEMORY_H

#include <sqlite3.h>

struct enc_memory {
    sqlite3_file file;
    unsigned char *data; /* SQLite's memory, wiped when it is closed */
    sqlite3_int64 size, capacity;
};

/* `file` has room for a struct enc_memory. Closing it gives its memory back. */
void enc_memory_open(sqlite3_file *file);

#endif
