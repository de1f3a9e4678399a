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

bool expr_is_volatile(const struct expr *expr)
{
    if (expr->kind == NODE_CALL && expr->function->is_volatile) {
        return true;
    }
    for (size_t i = 0; i < expr->arg_count; i++) {
        if (expr_is_volatile(expr->args[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < expr->step_count; i++) {
        for (size_t j = 0; j < expr->steps[i].predicate_count; j++) {
            if (expr_is_volatile(expr->steps[i].predicates[j])) {
                return true;
            }
        }
    }
    return false;
}
