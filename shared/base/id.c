#include "id.h"

#include <string.h>

#include "code.h"

_Static_assert(ID_TEXT_SIZE == BASE64_SIZE(ID_SIZE) + 1, "an id's text and its NUL");

bool id_equal(struct id a, struct id b)
{
    return id_compare(a, b) == 0;
}

int id_compare(struct id a, struct id b)
{
    int order = memcmp(a.bytes, b.bytes, ID_SIZE);
    return (order > 0) - (order < 0);
}

bool id_is_zero(struct id id)
{
    return id_equal(id, (struct id){0});
}

void id_write(struct id id, char ret[ID_TEXT_SIZE])
{
    base64_write(id.bytes, ID_SIZE, ret);
}

bool id_read(struct span text, struct id *ret)
{
    return base64_read(text, ret->bytes, ID_SIZE);
}

uint64_t id_prefix8(struct id id)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++) {
        prefix = prefix << 8 | id.bytes[i];
    }
    return prefix;
}
