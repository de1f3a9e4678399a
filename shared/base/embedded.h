/*
 * embedded.h - a file of schema/ carried inside the program (schema/embed.cmake writes them).
 */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name;          /* File name without folders, sorted as the build listed them. */
    const unsigned char *data; /* NUL after the last byte, not counted. */
    size_t size;
};

/* The file of that name, or NULL. */
const struct embedded *embedded_find(const struct embedded *files, size_t count, const char *name);

#endif
