#include <string.h>

#include "expr_inner.h"

static void visit(const struct expr *expr, const struct expr_path *base, expr_visitor *visitor,
                  void *ctx);

static void visit_steps(const struct expr *path, const struct expr_path *base, bool anywhere,
                        expr_visitor *visitor, void *ctx)
{
    struct expr_path whole = {.from = path->from,
                              .current = path->current,
                              .anywhere = anywhere,
                              .instance = path->instance,
                              .base =
                                  path->from == EXPR_FROM_CONTEXT && !path->current ? base : NULL,
                              .steps = path->bare_steps,
                              .step_count = path->step_count};
    if (whole.base != NULL) {
        whole.from = EXPR_FROM_PATH;
    }
    visitor(ctx, &whole);
    /* What stands in a predicate is read relative to what the steps before it found. */
    for (size_t i = 0; i < path->step_count; i++) {
        struct expr_path so_far = whole;
        so_far.step_count = i + 1;
        for (size_t j = 0; j < path->steps[i].predicate_count; j++) {
            visit(path->steps[i].predicates[j], &so_far, visitor, ctx);
        }
    }
}

static void visit(const struct expr *expr, const struct expr_path *base, expr_visitor *visitor,
                  void *ctx)
{
    if (expr->kind == NODE_PATH && expr->from != EXPR_FROM_PATH) {
        visit_steps(expr, base, false, visitor, ctx);
    } else if (expr->kind == NODE_PATH && expr->args[0]->kind == NODE_PATH) {
        /* (path)[1]/more: what is read is the path with the steps. */
        struct expr_path inner = {.from = expr->args[0]->from,
                                  .current = expr->args[0]->current,
                                  .instance = expr->args[0]->instance,
                                  .steps = expr->args[0]->bare_steps,
                                  .step_count = expr->args[0]->step_count};
        struct expr_path outer = {.from = EXPR_FROM_PATH,
                                  .base = &inner,
                                  .steps = expr->bare_steps,
                                  .step_count = expr->step_count};
        visitor(ctx, &outer);
        for (size_t i = 0; i < expr->step_count; i++) {
            for (size_t j = 0; j < expr->steps[i].predicate_count; j++) {
                visit(expr->steps[i].predicates[j], &outer, visitor, ctx);
            }
        }
    }
    if (expr->instance_name != NULL) {
        visit(expr->instance_name, base, visitor, ctx);
    }
    bool indexed = expr->kind == NODE_CALL && strcmp(expr->function->name, "indexed-repeat") == 0;
    for (size_t i = 0; i < expr->arg_count; i++) {
        const struct expr *arg = expr->args[i];
        if (indexed && (i == 0 || i % 2 == 1) && arg->kind == NODE_PATH &&
            arg->from != EXPR_FROM_PATH) {
            visit_steps(arg, base, true, visitor, ctx);
        } else {
            visit(arg, base, visitor, ctx);
        }
    }
}

void expr_visit_paths(const struct expr *expr, expr_visitor *visitor, void *ctx)
{
    visit(expr, NULL, visitor, ctx);
}

void expr_visit_made(const struct expr *expr, expr_visitor *visitor, void *ctx)
{
    const char *name = expr->kind == NODE_CALL ? expr->function->name : "";
    bool chooses = strcmp(name, "if") == 0;
    if (chooses || strcmp(name, "coalesce") == 0) {
        for (size_t i = chooses ? 1 : 0; i < expr->arg_count; i++) {
            expr_visit_made(expr->args[i], visitor, ctx);
        }
    } else if (expr->kind != NODE_PATH) {
        visit(expr, NULL, visitor, ctx);
    }
}

/* Does `is` hold for a function that is called anywhere in it? */
static bool any_call(const struct expr *expr,
                     bool (*is)(const struct expr_function *function, const char *name),
                     const char *name)
{
    bool found = expr->kind == NODE_CALL && is(expr->function, name);
    for (size_t i = 0; !found && i < expr->arg_count; i++) {
        found = any_call(expr->args[i], is, name);
    }
    for (size_t i = 0; !found && i < expr->step_count; i++) {
        for (size_t j = 0; !found && j < expr->steps[i].predicate_count; j++) {
            found = any_call(expr->steps[i].predicates[j], is, name);
        }
    }
    return found;
}

static bool is_named(const struct expr_function *function, const char *name)
{
    return strcmp(function->name, name) == 0;
}

static bool changes_by_itself(const struct expr_function *function, const char *name)
{
    (void)name;
    return function->is_volatile;
}

bool expr_calls(const struct expr *expr, const char *name)
{
    return any_call(expr, is_named, name);
}

bool expr_is_volatile(const struct expr *expr)
{
    return any_call(expr, changes_by_itself, NULL);
}
