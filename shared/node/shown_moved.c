/*
 * shown_moved.c - properties that moved to another compartment: their values stay where they were
 * written, and are shown to who may read there (schema/protocol.md, "Type versions").
 */
#include <stdlib.h>
#include <string.h>

#include "node_shown.h"

#define NEEDS_MAX                                                                                  \
    32 /* more compartments than that hold values of one record: nobody is shown all */
#define NEEDS_TEXT (NEEDS_MAX * (TYPE_NAME_MAX + 1))

static struct span written_in(const struct shown *shown, const struct register_value *value)
{
    return shown->ops[value->op_index].logged.op.compartment;
}

/* ---- for one who looks */

static enum err restrict_register(const struct shown *shown, struct shown_register *reg,
                                  shown_may may, const void *ctx, struct arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < reg->value_count; i++) {
        struct span compartment = written_in(shown, &reg->values[i]);
        if (span_equal(compartment, reg->compartment) || may(ctx, compartment)) {
            reg->values[kept++] = reg->values[i];
        }
    }
    if (kept == reg->value_count || kept == 0) {
        reg->value_count = kept;
        return OK;
    }
    bool plain = reg->property && !reg->property->group;
    reg->value_count = kept;
    return register_show(shown_policy(reg), plain ? reg->property->type : VALUE_TEXT, reg->values,
                         kept, arena, &reg->shown);
}

enum err shown_restrict(struct shown *shown, shown_may may, const void *ctx, struct arena *arena)
{
    size_t kept = 0;
    enum err e = OK;
    for (size_t i = 0; !e && i < shown->register_count; i++) {
        e = restrict_register(shown, &shown->registers[i], may, ctx, arena);
        if (shown->registers[i].value_count > 0) {
            shown->registers[kept++] = shown->registers[i];
        }
    }
    if (!e) {
        shown->register_count = kept;
    }
    return e;
}

/* ---- what somebody must be able to read */

struct needs {
    struct span list[NEEDS_MAX];
    size_t count;
};

static void add_need(struct needs *needs, struct span compartment)
{
    for (size_t i = 0; i < needs->count; i++) {
        if (span_equal(needs->list[i], compartment)) {
            return;
        }
    }
    if (needs->count < NEEDS_MAX && !span_is(compartment, COMPARTMENT_BASE)) {
        needs->list[needs->count++] = compartment;
    }
}

static int by_bytes(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* "needs/food" is of needs, as is needs itself. */
static bool is_of(const struct shown_register *reg, const char *name)
{
    size_t size = strlen(name);
    return span_starts_with(reg->name, name) &&
           (reg->name.size == size || reg->name.data[size] == '/');
}

static enum err list_needs(struct needs *needs, struct arena *arena, const char **ret)
{
    char text[NEEDS_TEXT];
    size_t size = 0;
    qsort(needs->list, needs->count, sizeof needs->list[0], by_bytes);
    for (size_t i = 0; i < needs->count && size + needs->list[i].size + 2 <= sizeof text; i++) {
        if (i > 0) {
            text[size++] = '+';
        }
        memcpy(text + size, needs->list[i].data, needs->list[i].size);
        size += needs->list[i].size;
    }
    text[size] = '\0';
    *ret = arena_text(arena, text);
    return *ret ? OK : ERR_NOMEM;
}

enum err shown_needs(const struct shown *shown, const struct property *property,
                     struct arena *arena, const char **ret)
{
    struct needs needs = {.count = 0};
    add_need(&needs, span_of(property->compartment));
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        for (size_t k = 0; is_of(reg, property_register(property)) && k < reg->value_count; k++) {
            add_need(&needs, written_in(shown, &reg->values[k]));
        }
    }
    if (needs.count == 0) {
        *ret = COMPARTMENT_BASE;
        return OK;
    }
    return list_needs(&needs, arena, ret);
}

enum err shown_elsewhere(const struct shown *shown, struct arena *arena, const char **ret)
{
    struct needs needs = {.count = 0};
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        for (size_t k = 0; k < reg->value_count; k++) {
            struct span compartment = written_in(shown, &reg->values[k]);
            if (!span_equal(compartment, reg->compartment)) {
                add_need(&needs, compartment);
            }
        }
    }
    if (needs.count == 0) {
        *ret = "";
        return OK;
    }
    return list_needs(&needs, arena, ret);
}
