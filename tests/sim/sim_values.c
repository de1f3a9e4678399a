#include "sim_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"Aït Lahcen", "Ou Moussa",  "فاطمة",
                                    "محمد",       "ⴰⵢⵜ ⵃⴷⵉⴷⴷⵓ", "Zahra \"la grande\"",
                                    "El Idrissi", "دوار تيزي",  "près du pont\nà gauche",
                                    "3 pièces",   "Bni 3yat",   "x"};

static struct span keep(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text);
    if (!copy) {
        abort();
    }
    return span_of(copy);
}

static struct span keep_quoted(struct arena *arena, const char *text)
{
    struct buf json;
    buf_init(&json, arena->mem, 64u * 1024);
    json_add_text(&json, span_of(text));
    struct span kept = keep(arena, buf_text(&json));
    buf_release(&json);
    return kept;
}

/* The last digits of the example differ: patterns here want digits at the end. */
static struct span random_like(struct sim_rng *rng, const char *example, struct arena *arena)
{
    char text[128];
    (void)snprintf(text, sizeof text, "%s", example);
    size_t size = strlen(text);
    for (size_t i = 0; i < 2 && i < size; i++) {
        char *c = &text[size - 1 - i];
        *c = *c >= '0' && *c <= '9' ? (char)('0' + rng_below(rng, 10)) : *c;
    }
    return keep_quoted(arena, text);
}

static struct span random_text(struct sim_rng *rng, const struct property *property,
                               struct arena *arena)
{
    char text[512];
    if (property->example) {
        return random_like(rng, property->example, arena);
    }
    (void)snprintf(text, sizeof text, "%s %u", words[rng_below(rng, sizeof words / sizeof *words)],
                   (unsigned)rng_below(rng, 50));
    return keep_quoted(arena, text);
}

static struct span random_number(struct sim_rng *rng, const struct property *property,
                                 struct arena *arena)
{
    char text[48];
    long long least = property->min ? strtoll(property->min, NULL, 10) : -20;
    long long most = property->max ? strtoll(property->max, NULL, 10) : least + 100;
    long long number = rng_between(rng, least, most < least + 1000 ? most : least + 1000);
    if (property->type == VALUE_INTEGER) {
        (void)snprintf(text, sizeof text, "%lld", number);
    } else if (number < most && number >= 0 && rng_chance(rng, 500)) {
        (void)snprintf(text, sizeof text, "\"%lld.%u\"", number, 1 + (unsigned)rng_below(rng, 9));
    } else {
        (void)snprintf(text, sizeof text, "\"%lld\"", number);
    }
    return keep(arena, text);
}

static struct span random_date(struct sim_rng *rng, struct arena *arena)
{
    char text[48];
    unsigned year = 1930 + (unsigned)rng_below(rng, 96);
    unsigned month = 1 + (unsigned)rng_below(rng, 12);
    switch (rng_below(rng, 6)) {
    case 0:
        (void)snprintf(text, sizeof text, "\"%u\"", year);
        break;
    case 1:
        (void)snprintf(text, sizeof text, "\"%u-%02u\"", year, month);
        break;
    default:
        (void)snprintf(text, sizeof text, "\"%u-%02u-%02u\"", year, month,
                       1 + (unsigned)rng_below(rng, 28));
        break;
    }
    return keep(arena, text);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct span random_choices(struct sim_rng *rng, const struct property *property,
                                  struct arena *arena)
{
    const char *chosen[16];
    size_t count = 0;
    char text[1024] = "[";
    for (size_t i = 0; i < property->choice_count && count < 5; i++) {
        if (rng_chance(rng, 300)) {
            chosen[count++] = property->choices[i].name;
        }
    }
    if (count == 0) {
        return span_of("null");
    }
    qsort(chosen, count, sizeof *chosen, by_bytes);
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(text);
        (void)snprintf(text + at, sizeof text - at, "%s\"%s\"", i ? "," : "", chosen[i]);
    }
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "]");
    return keep(arena, text);
}

struct span value_random(struct sim_rng *rng, const struct property *property,
                         const char *const *places, size_t place_count, struct arena *arena)
{
    char text[128];
    if (property->place) {
        return keep_quoted(arena, places[rng_below(rng, place_count)]);
    }
    switch (property->type) {
    case VALUE_TEXT:
        return random_text(rng, property, arena);
    case VALUE_INTEGER:
    case VALUE_DECIMAL:
        return random_number(rng, property, arena);
    case VALUE_BOOLEAN:
        return span_of(rng_chance(rng, 500) ? "true" : "false");
    case VALUE_DATE:
        return random_date(rng, arena);
    case VALUE_TIME:
        (void)snprintf(text, sizeof text, "\"%02u:%02u\"", (unsigned)rng_below(rng, 24),
                       (unsigned)rng_below(rng, 60));
        return keep(arena, text);
    case VALUE_DATETIME:
        (void)snprintf(text, sizeof text, "\"2026-11-%02uT%02u:10:00+01:00\"",
                       1 + (unsigned)rng_below(rng, 28), (unsigned)rng_below(rng, 24));
        return keep(arena, text);
    case VALUE_SELECT_ONE:
        (void)snprintf(text, sizeof text, "\"%s\"",
                       property->choices[rng_below(rng, property->choice_count)].name);
        return keep(arena, text);
    case VALUE_SELECT_MULTIPLE:
        return random_choices(rng, property, arena);
    case VALUE_GEOPOINT:
        (void)snprintf(text, sizeof text, "\"31.9%u -6.5%u 1009 5\"",
                       1 + (unsigned)rng_below(rng, 9), 1 + (unsigned)rng_below(rng, 9));
        return keep(arena, text);
    case VALUE_REF:
    case VALUE_FILE:
    case VALUE_JSON:
    case VALUE_TYPE_COUNT:
        break;
    }
    return span_of("null");
}

static bool may_ask(const struct property *property)
{
    return property->policy != POLICY_DERIVED && property->type != VALUE_REF &&
           property->type != VALUE_FILE && property->type != VALUE_JSON;
}

static bool has_answer(const struct sim_answers *answers, const char *property)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (strcmp(answers->changes[i].property, property) == 0) {
            return true;
        }
    }
    return false;
}

void answers_add(struct sim_answers *answers, struct sim_rng *rng, const struct type *type,
                 const struct property *property, const char *const *places, size_t place_count,
                 struct arena *arena)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *one = &type->properties[i];
        bool together = one == property ||
                        (property->group && one->group && strcmp(one->group, property->group) == 0);
        if (together && may_ask(one) && !has_answer(answers, one->id) &&
            answers->count < VALUES_MAX) {
            answers->changes[answers->count++] =
                (struct change){one->id, value_random(rng, one, places, place_count, arena)};
        }
    }
}

void answers_required(struct sim_answers *answers, struct sim_rng *rng, const struct type *type,
                      const char *const *places, size_t place_count, struct arena *arena)
{
    for (size_t i = 0; i < type->property_count; i++) {
        if (type->properties[i].required) {
            answers_add(answers, rng, type, &type->properties[i], places, place_count, arena);
        }
    }
}
