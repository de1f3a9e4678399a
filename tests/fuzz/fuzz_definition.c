/*
 * Published definitions: types and forms as JSON. A type may follow itself, whatever it is; its
 * values are checked with every property's rules. The first byte chooses.
 */
#include "form.h"
#include "fuzz.h"

static void check_values(const struct type *type)
{
    static const char *const values[] = {"null", "\"a\"", "12", "\"1948\"", "[\"a\"]", "true"};
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *property = &type->properties[i];
        fuzz_insist(type_property(type, property->id) == property);
        fuzz_insist(type_register(type, property_register(property)) != NULL);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            (void)!type_check_value(fuzz_mem(), property, span_of(values[v]), NULL);
        }
    }
}

static void try_type(const struct json *json, struct arena *arena)
{
    struct type type, again;
    struct diag diag = {0};
    enum err e = type_read(json, arena, &type, &diag);
    fuzz_insist(diag.code == e);
    if (e == OK) {
        fuzz_insist(type_read(json, arena, &again, NULL) == OK);
        again.version++;
        fuzz_insist(type_may_follow(&type, &again, &diag) == OK);
        fuzz_insist(type_nearest_property(&type, "phone") != NULL);
        check_values(&type);
    }
}

static void try_form(const struct json *json, struct arena *arena)
{
    struct form form;
    struct diag diag = {0};
    enum err e = form_read(json, NULL, arena, &form, &diag);
    fuzz_insist(diag.code == e);
    for (size_t i = 0; e == OK && i < form.question_count; i++) {
        fuzz_insist(form_question(&form, form.questions[i].name) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct json *json = NULL;
    if (size == 0) {
        return 0;
    }
    arena_init(&arena, fuzz_mem(), 2 * FUZZ_ARENA_MAX);
    if (json_parse(span_from(data + 1, size - 1), &json, NULL) == OK) {
        if (data[0] % 2 == 0) {
            try_type(json, &arena);
        } else {
            try_form(json, &arena);
        }
        json_free(json);
    }
    arena_release(&arena);
    return 0;
}
