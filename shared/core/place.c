#include "place.h"

#include <string.h>

#define SEGMENTS_MAX     8
#define SEGMENT_SIZE_MAX 12

static bool segment_valid(struct span segment)
{
    if (segment.size < 1 || segment.size > SEGMENT_SIZE_MAX) {
        return false;
    }
    for (size_t i = 0; i < segment.size; i++) {
        uint8_t c = segment.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')) {
            return false;
        }
    }
    return true;
}

bool place_code_valid(struct span code)
{
    if (code.size == 0 || code.size > PLACE_CODE_MAX) {
        return false;
    }
    size_t segment_count = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= code.size; i++) {
        if (i < code.size && code.data[i] != '.') {
            continue;
        }
        segment_count++;
        if (segment_count > SEGMENTS_MAX || !segment_valid(span_cut(code, begin, i - begin))) {
            return false;
        }
        begin = i + 1;
    }
    return true;
}

bool place_within(struct span code, struct span outer)
{
    if (outer.size == 0 || code.size < outer.size ||
        memcmp(code.data, outer.data, outer.size) != 0) {
        return false;
    }
    return code.size == outer.size || code.data[outer.size] == '.';
}
