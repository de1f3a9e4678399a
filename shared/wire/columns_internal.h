/*
 * columns_internal.h - what the two ways of columns share (columns_*.c only).
 */
#ifndef COLUMNS_INTERNAL_H
#define COLUMNS_INTERNAL_H

#include "columns.h"
#include "wire_limits.h"

#define COLUMN_TOKEN      0x01              /* in a pattern: a token stands here */
#define COLUMN_NUMBER_MAX 999999999999999LL /* 15 digits */
#define COLUMN_ID_TEXT    22u
#define COLUMN_MARK_TEXT  11u
#define COLUMN_ID_SIZE    16u
#define COLUMN_MARK_SIZE  8u

enum column_kind { COLUMN_TEXT, COLUMN_NUMBERS, COLUMN_IDS, COLUMN_MARKS, COLUMN_KINDS };

static inline uint64_t zigzag(int64_t value)
{
    return value >= 0 ? (uint64_t)value * 2 : (uint64_t)(-value) * 2 - 1;
}

static inline int64_t unzigzag(uint64_t value)
{
    return (value & 1) != 0 ? -(int64_t)(value / 2) - 1 : (int64_t)(value / 2);
}

#endif
