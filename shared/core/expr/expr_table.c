/*
 * Tables, lists that aren't in memory: instance('x')/root/item[a = v and b = w].
 *
 * The conditions of the first predicate whose other side is known choose rows. Each is made, asked
 * the whole predicate and, when it isn't kept, forgotten before the next: memory follows the answer
 * and not the list. What is kept stands in a tree of its own, in the list's order and each item
 * once, however often the paths of one evaluation find it: so unions, order and parents are those
 * of the list as a whole. A path that leaves an item for its neighbours needs the list as a whole.
 */
#include <math.h>
#include <string.h>

#include "expr_inner.h"

#define ROWS_AT_ONCE 128

struct table_part { /* what an evaluation holds of one table */
    const char *name;
    struct tree_node document, root;
    int64_t *rows; /* ascending, */
    struct tree_node **items;
    size_t count, capacity;
    struct table_part *next;
};

struct walk {
    struct evaluation *run;
    const char *name;
    struct expr_equal equals[EXPR_EQUALS_MAX];
    size_t equal_count;
    const struct expr *predicate; /* NULL: all stay */
    size_t size;                  /* for last() */
    size_t position;
    size_t only;             /* [3] ends with the third; 0: all are wanted */
    struct table_part *part; /* NULL: what stays is only counted */
    size_t part_at;
    struct node_list *list;
    size_t count;
    bool done;
};

/* ---- which conditions are known before the items are */

static void add_equals(const struct expr *predicate, const struct expr **found, size_t *count)
{
    if (predicate->kind == NODE_AND) {
        for (size_t i = 0; i < predicate->arg_count; i++) {
            add_equals(predicate->args[i], found, count);
        }
    } else if (predicate->kind == NODE_EQUAL && *count < EXPR_EQUALS_MAX) {
        found[(*count)++] = predicate;
    }
}

static bool is_child_of_item(const struct expr *side)
{
    return side->kind == NODE_PATH && side->from == EXPR_FROM_CONTEXT && !side->current &&
           side->step_count == 1 && side->steps[0].step.axis == EXPR_CHILD &&
           side->steps[0].step.name != NULL && side->steps[0].predicate_count == 0;
}

static bool calls(const struct expr *expr, const char *name)
{
    bool found =
        expr->kind == NODE_CALL && expr->arg_count == 0 && strcmp(expr->function->name, name) == 0;
    for (size_t i = 0; !found && i < expr->arg_count; i++) {
        found = calls(expr->args[i], name);
    }
    return found;
}

/* Does it ask which number an item has? Then leaving out others changes the answer. */
static bool counts_items(const struct expr *predicate)
{
    return calls(predicate, "position") || calls(predicate, "last");
}

/* Does it read the item, so that it can't be known before the item is found? */
static bool reads_item(const struct expr *side)
{
    if (side->kind == NODE_PATH && ((side->from == EXPR_FROM_CONTEXT && !side->current) ||
                                    side->from == EXPR_FROM_PATH || side->instance_name != NULL)) {
        return true;
    }
    /* name(), string() and the like, which without argument mean the item */
    bool implied = side->kind == NODE_CALL && side->arg_count == 0 && side->function->max_args != 0;
    for (size_t i = 0; !implied && i < side->arg_count; i++) {
        implied = reads_item(side->args[i]);
    }
    return implied;
}

/* now() and today() are the same all through one evaluation, random() isn't. */
static bool is_drawn(const struct expr *side)
{
    return expr_is_volatile(side) && !(side->kind == NODE_CALL && side->arg_count == 0 &&
                                       (strcmp(side->function->name, "today") == 0 ||
                                        strcmp(side->function->name, "now") == 0));
}

/* `ret_never`: nothing equals it. What fails is left to the predicate, which says so if an item
   gets that far. */
static enum err known_equal(struct evaluation *run, const struct expr *equal,
                            struct expr_equal *ret, bool *ret_known, bool *ret_never)
{
    int item = is_child_of_item(equal->args[0]) ? 0 : 1;
    const struct expr *other = equal->args[1 - item];
    *ret_known = false;
    if (!is_child_of_item(equal->args[item]) || reads_item(other) || is_drawn(other)) {
        return OK;
    }
    struct focus focus = {.node = run->origin};
    struct expr_value value;
    enum err e = evaluate(run, other, &focus, &value);
    *ret = (struct expr_equal){.child = equal->args[item]->steps[0].step.name};
    if (e == OK && (value.type == EXPR_NUMBER || value.type == EXPR_DATE)) {
        *ret_never = *ret_never || isnan(value.number);
        /* Beside a fraction several numbers are equal (equal_numbers()), which no index finds. */
        *ret_known = value.number == floor(value.number);
        ret->is_number = true;
        ret->number = value.number;
    } else if (e == OK &&
               (value.type == EXPR_STRING || (value.type == EXPR_NODES && value.node_count <= 1))) {
        *ret_known = true;
        e = expr_to_text(&value, run->host, run->arena, &ret->text);
    }
    return e == ERR_NOMEM ? e : OK;
}

static enum err read_conditions(struct walk *walk)
{
    const struct expr *candidates[EXPR_EQUALS_MAX];
    const struct expr *predicate = walk->predicate;
    size_t count = 0;
    enum err e = OK;
    if (predicate == NULL) {
        return OK;
    }
    if (predicate->kind == NODE_NUMBER) {
        double wanted = predicate->number;
        bool good = wanted >= 1 && wanted <= 1e15 && wanted == floor(wanted);
        walk->only = good ? (size_t)wanted : 0;
        walk->done = !good;
        return OK;
    }
    if (!counts_items(predicate)) {
        add_equals(predicate, candidates, &count);
    }
    for (size_t i = 0; e == OK && i < count; i++) {
        bool known;
        e = known_equal(walk->run, candidates[i], &walk->equals[walk->equal_count], &known,
                        &walk->done);
        walk->equal_count += known ? 1 : 0;
    }
    return e;
}

/* ---- which paths a table answers */

static bool leaves_item(const struct expr *expr);

static bool step_leaves(const struct path_step *step)
{
    bool leaves = step->step.axis != EXPR_CHILD && step->step.axis != EXPR_ATTRIBUTE &&
                  step->step.axis != EXPR_SELF && step->step.axis != EXPR_DESCENDANT &&
                  step->step.axis != EXPR_DESCENDANT_OR_SELF;
    for (size_t i = 0; !leaves && i < step->predicate_count; i++) {
        leaves = leaves_item(step->predicates[i]);
    }
    return leaves;
}

/* Does it go from the item to its parent or neighbours? Said too often costs only time. */
static bool leaves_item(const struct expr *expr)
{
    bool inside = expr->kind == NODE_PATH && ((expr->from == EXPR_FROM_CONTEXT && !expr->current) ||
                                              expr->from == EXPR_FROM_PATH);
    bool leaves = false;
    /* position(..) goes to the siblings of what it is given. */
    leaves = expr->kind == NODE_CALL && expr->arg_count == 1 &&
             strcmp(expr->function->name, "position") == 0;
    for (size_t i = 0; !leaves && inside && i < expr->step_count; i++) {
        leaves = step_leaves(&expr->steps[i]);
    }
    for (size_t i = 0; !leaves && i < expr->arg_count; i++) {
        leaves = leaves_item(expr->args[i]);
    }
    return leaves;
}

static bool is_answered(const struct expr *path)
{
    bool shape = path->step_count >= 2 && path->steps[0].step.axis == EXPR_CHILD &&
                 path->steps[0].predicate_count == 0 && path->steps[1].step.axis == EXPR_CHILD &&
                 !path->steps[1].whole;
    for (size_t i = 1; shape && i < path->step_count; i++) {
        for (size_t j = 0; shape && j < path->steps[i].predicate_count; j++) {
            shape = !leaves_item(path->steps[i].predicates[j]);
        }
        shape = shape && (i == 1 || !step_leaves(&path->steps[i]));
    }
    return shape;
}

bool table_read_whole(const struct expr *expr)
{
    bool whole = expr->kind == NODE_PATH && expr->from == EXPR_FROM_INSTANCE && !is_answered(expr);
    for (size_t i = 0; !whole && i < expr->arg_count; i++) {
        whole = table_read_whole(expr->args[i]);
    }
    return whole;
}

/* Every table is /root/item. */
static bool finds_items(const struct expr *path)
{
    const char *root = path->steps[0].step.name, *item = path->steps[1].step.name;
    return (root == NULL || strcmp(root, "root") == 0) &&
           (item == NULL || strcmp(item, "item") == 0);
}

/* ---- what is held */

static enum err part_of(struct evaluation *run, const char *name, struct table_part **ret)
{
    for (struct table_part *at = run->parts; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            *ret = at;
            return OK;
        }
    }
    struct table_part *made = arena_alloc(run->arena, sizeof(*made));
    if (made == NULL) {
        return ERR_NOMEM;
    }
    made->name = name;
    tree_append(&made->document, &made->root);
    made->next = run->parts;
    run->parts = made;
    *ret = made;
    return OK;
}

static enum err part_grow(struct evaluation *run, struct table_part *part)
{
    size_t capacity = part->capacity == 0 ? 16 : part->capacity * 2;
    int64_t *rows = arena_array(run->arena, capacity, sizeof(*rows));
    struct tree_node **items = arena_array(run->arena, capacity, sizeof(*items));
    if (rows == NULL || items == NULL) {
        return ERR_NOMEM;
    }
    if (part->count != 0) {
        memcpy(rows, part->rows, part->count * sizeof(*rows));
        memcpy(items, part->items, part->count * sizeof(*items));
    }
    part->rows = rows;
    part->items = items;
    part->capacity = capacity;
    return OK;
}

static void attach(struct table_part *part, size_t at, struct tree_node *item)
{
    if (at == part->count) {
        tree_append(&part->root, item);
    } else if (at > 0) {
        tree_insert_after(part->items[at - 1], item);
    } else {
        item->parent = &part->root;
        item->next = part->root.first;
        part->root.first->prev = item;
        part->root.first = item;
    }
}

static enum err hold(struct walk *walk, int64_t row, struct tree_node *item)
{
    struct table_part *part = walk->part;
    size_t at = walk->part_at;
    if (at < part->count && part->rows[at] == row) {
        return OK; /* another path found it before */
    }
    if (++walk->run->part_items > EXPR_KEPT_MAX) {
        return diag_set(walk->run->diag, ERR_TOO_LARGE, walk->name, "20000", NULL);
    }
    enum err e = part->count == part->capacity ? part_grow(walk->run, part) : OK;
    if (e != OK) {
        return e;
    }
    attach(part, at, item);
    memmove(part->rows + at + 1, part->rows + at, (part->count - at) * sizeof(*part->rows));
    memmove(part->items + at + 1, part->items + at, (part->count - at) * sizeof(*part->items));
    part->rows[at] = row;
    part->items[at] = item;
    part->count++;
    return OK;
}

/* ---- walking */

static enum err item_of_row(struct walk *walk, int64_t row, struct tree_node **ret)
{
    struct evaluation *run = walk->run;
    struct table_part *part = walk->part;
    while (part != NULL && walk->part_at < part->count && part->rows[walk->part_at] < row) {
        walk->part_at++;
    }
    if (part != NULL && walk->part_at < part->count && part->rows[walk->part_at] == row) {
        *ret = part->items[walk->part_at];
        return OK;
    }
    return run->host->row(run->host->ctx, walk->name, row, run->arena, ret, run->diag);
}

static enum err ask(struct walk *walk, struct tree_node *item, bool *ret)
{
    *ret = walk->only == 0 || walk->only == walk->position;
    return walk->predicate == NULL || walk->only != 0
               ? OK
               : predicate_keeps(walk->run, walk->predicate, item, walk->position, walk->size, ret);
}

static enum err take_row(struct walk *walk, int64_t row)
{
    struct evaluation *run = walk->run;
    struct arena_mark mark = arena_mark(run->arena);
    struct tree_node *item = NULL;
    bool stays = false;
    enum err e = count_step(run);
    e = e != OK ? e : item_of_row(walk, row, &item);
    if (e == OK && item != NULL) {
        walk->position++;
        e = ask(walk, item, &stays);
        walk->done = stays && walk->only != 0;
    }
    if (e != OK || !stays || walk->part == NULL) {
        walk->count += e == OK && stays ? 1 : 0;
        arena_rewind(run->arena, mark);
        return e;
    }
    walk->count++;
    e = hold(walk, row, item);
    return e != OK ? e : node_list_add(run, walk->list, walk->part->items[walk->part_at]);
}

static enum err walk_rows(struct walk *walk)
{
    const struct expr_host *host = walk->run->host;
    int64_t rows[ROWS_AT_ONCE], after = 0;
    size_t count = ROWS_AT_ONCE;
    enum err e = OK;
    while (e == OK && !walk->done && count == ROWS_AT_ONCE) {
        e = host->find(host->ctx, walk->name, walk->equals, walk->equal_count, after, rows,
                       ROWS_AT_ONCE, &count, walk->run->diag);
        for (size_t i = 0; e == OK && !walk->done && i < count; i++) {
            e = take_row(walk, rows[i]);
            after = rows[i];
        }
    }
    return e;
}

/* last() is known when all were counted. */
static enum err count_all(struct walk *walk)
{
    struct walk all = {.run = walk->run, .name = walk->name};
    if (walk->predicate == NULL || walk->done || !calls(walk->predicate, "last")) {
        return OK;
    }
    enum err e = walk_rows(&all);
    walk->size = all.count;
    return e;
}

static enum err is_table(struct evaluation *run, const char *name, bool *ret)
{
    size_t none;
    enum err e = run->host->find == NULL
                     ? ERR_NOT_FOUND
                     : run->host->find(run->host->ctx, name, NULL, 0, 0, NULL, 0, &none, run->diag);
    *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err walk_path(struct walk *walk, const struct expr *path)
{
    if (!finds_items(path)) {
        return OK;
    }
    walk->predicate = path->steps[1].predicate_count == 0 ? NULL : path->steps[1].predicates[0];
    enum err e = read_conditions(walk);
    e = e != OK ? e : count_all(walk);
    return e != OK ? e : walk_rows(walk);
}

enum err table_items(struct evaluation *run, const struct expr *path, const char *name,
                     struct node_list *items, bool *ret_answered)
{
    struct walk walk = {.run = run, .name = name, .list = items};
    *ret_answered = false;
    enum err e = !run->lists_whole && is_answered(path) ? is_table(run, name, ret_answered) : OK;
    e = e != OK || !*ret_answered ? e : part_of(run, name, &walk.part);
    return e != OK || !*ret_answered ? e : walk_path(&walk, path);
}

enum err table_count(struct evaluation *run, const struct expr *path, const char *name,
                     size_t *ret_count, bool *ret_answered)
{
    struct walk walk = {.run = run, .name = name};
    bool whole = path->step_count == 2 && path->steps[1].predicate_count <= 1;
    *ret_answered = false;
    enum err e = whole && is_answered(path) ? is_table(run, name, ret_answered) : OK;
    e = e != OK || !*ret_answered ? e : walk_path(&walk, path);
    *ret_count = walk.count;
    return e;
}

/* ---- pulldata() */

struct tree_node *named_child(const struct tree_node *item, struct span name)
{
    struct tree_node *at = item->first;
    while (at != NULL && !span_is(name, at->name)) {
        at = at->next;
    }
    return at;
}

enum err table_first(struct evaluation *run, const char *name, const struct expr_equal *equal,
                     struct tree_node **ret, bool *ret_answered)
{
    const struct expr_host *host = run->host;
    int64_t rows[ROWS_AT_ONCE], after = 0;
    enum err e = is_table(run, name, ret_answered);
    size_t count = *ret_answered ? ROWS_AT_ONCE : 0;
    *ret = NULL;
    while (e == OK && *ret == NULL && count == ROWS_AT_ONCE) {
        e = host->find(host->ctx, name, equal, 1, after, rows, ROWS_AT_ONCE, &count, run->diag);
        for (size_t i = 0; e == OK && *ret == NULL && i < count; i++) {
            struct tree_node *item = NULL;
            struct arena_mark mark = arena_mark(run->arena);
            e = host->row(host->ctx, name, rows[i], run->arena, &item, run->diag);
            const struct tree_node *key =
                e != OK || item == NULL ? NULL : named_child(item, span_of(equal->child));
            if (key != NULL && span_equal(key->text, equal->text)) {
                *ret = item;
            } else {
                arena_rewind(run->arena, mark);
            }
            after = rows[i];
        }
    }
    return e;
}
