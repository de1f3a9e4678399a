/*
 * Expressions: what compiles is evaluated over a small tree, twice with the same result, and tells
 * what it reads.
 */
#include "expr.h"
#include "fuzz.h"

static struct tree_node *add(struct tree_names *names, struct arena *arena,
                             struct tree_node *parent, const char *name, const char *text)
{
    struct tree_node *node = arena_alloc(arena, sizeof(*node));
    fuzz_insist(node != NULL);
    *node = (struct tree_node){.name = tree_name(names, span_of(name)), .text = span_of(text)};
    if (parent != NULL) {
        tree_append(parent, node);
    }
    return node;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)i;
    }
}

static void count_path(void *ctx, const struct expr_path *path)
{
    *(size_t *)ctx += path->step_count;
}

static void evaluate(const struct expr *expr, struct tree_node *context, struct arena *arena)
{
    const struct expr_host host = {
        .now_ms = 1795681815250, .zone_minutes = 60, .random = no_random};
    struct expr_value value;
    struct span one, two;
    struct diag diag = {0};
    if (expr_evaluate(expr, &host, context, arena, &value, &diag) == OK &&
        expr_to_text(&value, &host, arena, &one) == OK &&
        expr_evaluate(expr, &host, context, arena, &value, &diag) == OK &&
        expr_to_text(&value, &host, arena, &two) == OK) {
        fuzz_insist(span_equal(one, two));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct expr *expr;
    struct diag diag = {0};
    arena_init(&arena, fuzz_mem(), 2 * FUZZ_ARENA_MAX);
    struct tree_names *names = tree_names_new(&arena);
    fuzz_insist(names != NULL);
    struct tree_node *document = add(names, &arena, NULL, "", "");
    struct tree_node *root = add(names, &arena, document, "data", "");
    struct tree_node *a = add(names, &arena, root, "a", "12");
    for (size_t i = 0; i < 3; i++) {
        struct tree_node *member = add(names, &arena, root, "member", "");
        member->repeat = true;
        (void)add(names, &arena, member, "name", "Ali");
        (void)add(names, &arena, member, "age", i == 0 ? "7" : "40");
    }
    if (expr_compile(&arena, names, span_from(data, size), &expr, &diag) == OK) {
        size_t steps = 0;
        expr_visit_paths(expr, count_path, &steps);
        evaluate(expr, a, &arena);
    } else {
        fuzz_insist(diag.code != OK);
    }
    arena_release(&arena);
    return 0;
}
