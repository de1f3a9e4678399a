#include "expr_inner.h"

static const struct expr_function *const subjects[] = {
    functions_of_nodes,   functions_of_text,   functions_of_numbers, functions_of_dates,
    functions_of_choices, functions_of_places, functions_of_forms,   functions_of_cht,
};

const struct expr_function *function_find(struct span name)
{
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        for (const struct expr_function *at = subjects[i]; at->name != NULL; at++) {
            if (span_is(name, at->name)) {
                return at;
            }
        }
    }
    return NULL;
}
