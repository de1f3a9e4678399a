#include "embedded.h"

#include <string.h>

const struct embedded *embedded_find(const struct embedded *files, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    return NULL;
}
