#include "xform_faults.h"

#include <stdio.h>

#include "expr.h"

#define SCRATCH_MAX (16u << 20) /* of one expression */

struct finder {
    const struct mem *mem;
    const struct xform *form;
    xform_fault_visit *visit;
    void *ctx;
    enum err failed;
};

static void look(struct finder *f, const struct xform_node *node, const char *attribute,
                 const char *text)
{
    struct arena scratch;
    struct expr *compiled;
    struct diag diag = {0};
    struct buf place;
    char what[DIAG_ARG_SIZE * 2 + 3];
    if (text == NULL || f->failed != OK) {
        return;
    }
    arena_init(&scratch, f->mem, SCRATCH_MAX);
    buf_init(&place, f->mem, XFORM_EXPRESSION_MAX * 2);
    enum err e = expr_compile(&scratch, f->form->names, span_of(text), &compiled, &diag);
    if (e == ERR_NOMEM) {
        f->failed = e;
    } else if (e != OK) {
        if (node != NULL) {
            xform_path(node, &place);
        }
        buf_add_format(&place, "%s%s", node == NULL ? "" : ", ", attribute);
        (void)snprintf(what, sizeof(what), "%s: %s", diag.args[0], diag.args[1]);
        f->failed = buf_error(&place);
        f->visit(f->ctx, buf_text(&place), what);
    }
    buf_release(&place);
    arena_release(&scratch);
}

enum err xform_each_fault(const struct mem *mem, const struct xform *form, xform_fault_visit *visit,
                          void *ctx)
{
    struct finder f = {mem, form, visit, ctx, OK};
    for (const struct xform_node *at = form->root; at != NULL; at = xform_next_node(at)) {
        look(&f, at, "relevant", at->relevant);
        look(&f, at, "calculate", at->calculate);
        look(&f, at, "required", at->required);
        look(&f, at, "constraint", at->constraint);
        look(&f, at, "readonly", at->readonly);
    }
    for (const struct xform_action *at = form->actions; at != NULL; at = at->next) {
        look(&f, at->target, "action", at->value);
    }
    for (const struct xform_control *at = form->body; at != NULL; at = xform_next_control(at)) {
        look(&f, at->node, "repeat count", at->count);
        look(&f, at->node, "choices", at->itemset == NULL ? NULL : at->itemset->nodes);
    }
    return f.failed;
}
