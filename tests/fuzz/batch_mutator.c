#include "batch_mutator.h"

#include <stdio.h>
#include <string.h>

#include "code.h"
#include "json.h"
#include "mutate_element.h"

#define BATCHES_MAX 16
#define OPS_MAX     64
#define ARENA_MAX   (32u << 20)

struct work_batch {
    struct batch line;
    struct span ops[OPS_MAX]; /* lines: a body, perhaps a signature */
    size_t op_count;
};

struct work {
    struct mutation *m;
    struct work_batch batches[BATCHES_MAX];
    size_t count;
};

/* ---- apart */

static bool take_apart(struct work *work, struct span text)
{
    struct span line;
    while (text.size > 0 && work->count < BATCHES_MAX) {
        struct work_batch *batch = &work->batches[work->count];
        if (!span_split(&text, '\n', &line) || batch_read_line(line, &batch->line, NULL) != OK) {
            return false;
        }
        batch->op_count = 0;
        for (int64_t i = 0; i < batch->line.count && batch->op_count < OPS_MAX; i++) {
            if (!span_split(&text, '\n', &batch->ops[batch->op_count])) {
                return false;
            }
            batch->op_count++;
        }
        work->count++;
    }
    return work->count > 0;
}

/* Mostly under an origin that nobody has seen, so that what is refused is the deed and not its
   number: what is known already parts from it at once. */
static void rename_origin(struct work *work)
{
    struct mutation *m = work->m;
    struct id old = work->batches[mutation_below(m, work->count)].line.origin;
    struct id fresh;
    if (mutation_below(m, 40) == 0) {
        return;
    }
    for (size_t i = 0; i < ID_SIZE; i++) {
        fresh.bytes[i] = (uint8_t)mutation_next(m);
    }
    for (size_t i = 0; i < work->count; i++) {
        struct batch *line = &work->batches[i].line;
        if (id_equal(line->origin, old)) {
            line->origin = fresh;
        }
    }
}

/* ---- changes of an op */

static void change_op(struct work *work, struct work_batch *batch)
{
    if (batch->op_count > 0) {
        struct span *line = &batch->ops[mutation_below(work->m, batch->op_count)];
        *line = mutate_op_line(work->m, *line);
    }
}

/* ---- changes of the order and number of ops */

static void move_ops(struct work *work, struct work_batch *batch)
{
    struct mutation *m = work->m;
    struct work_batch *other = &work->batches[mutation_below(m, work->count)];
    size_t count = batch->op_count;
    if (count == 0 || other->op_count == 0) {
        return;
    }
    size_t i = mutation_below(m, count), k = mutation_below(m, count);
    struct span line = batch->ops[i];
    switch (mutation_below(m, 4)) {
    case 0: /* two change places */
        batch->ops[i] = batch->ops[k];
        batch->ops[k] = line;
        break;
    case 1: /* one goes */
        memmove(&batch->ops[i], &batch->ops[i + 1], (count - i - 1) * sizeof line);
        batch->op_count--;
        break;
    case 2: /* one comes twice */
        if (count < OPS_MAX) {
            batch->ops[batch->op_count++] = line;
        }
        break;
    default: /* one of another batch takes its place */
        batch->ops[i] = other->ops[mutation_below(m, other->op_count)];
        break;
    }
}

/* ---- changes of a batch's line */

static void change_place(struct work *work, struct batch *line)
{
    struct mutation *m = work->m;
    const struct mutator_facts *facts = m->facts;
    static const int64_t starts[] = {1, 2, 3, 4096, 1LL << 40, JSON_INT_MAX};
    switch (mutation_below(m, 4)) {
    case 0:
        line->from = starts[mutation_below(m, sizeof starts / sizeof starts[0])];
        break;
    case 1: /* goes on where a known origin stands */
        if (facts->origin_count > 0) {
            const struct mutator_origin *origin =
                &facts->origins[mutation_below(m, facts->origin_count)];
            line->origin = origin->name;
            line->from = origin->seq + 1;
            line->prev = origin->link;
            line->has_prev = line->from > 1;
        }
        break;
    case 2:
        line->origin = mutation_id(m);
        line->from = 1;
        break;
    default:
        line->has_prev = !line->has_prev;
        break;
    }
}

static void change_author(struct work *work, struct batch *line)
{
    struct mutation *m = work->m;
    const struct mutator_facts *facts = m->facts;
    line->has_node = mutation_below(m, 4) != 0;
    line->node = mutation_below(m, 2) || facts->node_count == 0
                     ? facts->author
                     : facts->nodes[mutation_below(m, facts->node_count)];
}

static void change_open(struct work *work, struct batch *line)
{
    struct mutation *m = work->m;
    line->has_open = mutation_below(m, 4) != 0;
    if (mutation_below(m, 2)) {
        line->open.bytes[mutation_below(m, SIGNATURE_SIZE)] ^= 1;
    } else { /* in the name of another */
        struct id name = mutation_below(m, 2) ? line->node : mutation_id(m);
        batch_sign_open(line->origin, name, &m->facts->own, &line->open);
    }
}

/* A receipt that the thief makes: of its own, or in a hub's name. */
static void add_receipt(struct work *work, struct batch *line)
{
    struct mutation *m = work->m;
    const struct mutator_facts *facts = m->facts;
    if (line->receipt_count == WIRE_RECEIPTS_MAX) {
        line->receipt_count = 0;
        return;
    }
    struct receipt *receipt = &line->receipts[line->receipt_count++];
    *receipt = (struct receipt){.hub = facts->author, .time_ms = mutation_time(m)};
    if (facts->node_count > 0 && mutation_below(m, 4) != 0) {
        receipt->hub = facts->nodes[mutation_below(m, facts->node_count)];
    }
    receipt_sign(receipt, line, &facts->own);
}

static void change_line(struct work *work, struct batch *line)
{
    struct mutation *m = work->m;
    switch (mutation_below(m, 6)) {
    case 0:
        change_author(work, line);
        break;
    case 1:
        change_open(work, line);
        break;
    case 2:
        add_receipt(work, line);
        break;
    case 3:
        batch_set_aside(line, (int64_t)mutation_below(m, WIRE_BATCH_OPS));
        break;
    default:
        change_place(work, line);
        break;
    }
}

/* ---- changes of the whole */

static void move_batches(struct work *work)
{
    struct mutation *m = work->m;
    size_t i = mutation_below(m, work->count);
    size_t k = mutation_below(m, work->count);
    struct work_batch kept = work->batches[i];
    if (mutation_below(m, 2) && work->count < BATCHES_MAX) {
        work->batches[work->count++] = kept;
    } else if (mutation_below(m, 2) && work->count > 1) {
        work->batches[i] = work->batches[--work->count];
    } else {
        work->batches[i] = work->batches[k];
        work->batches[k] = kept;
    }
}

static void change_something(struct work *work)
{
    struct mutation *m = work->m;
    struct work_batch *batch = &work->batches[mutation_below(m, work->count)];
    switch (mutation_below(m, 8)) {
    case 0:
        move_batches(work);
        break;
    case 1:
        move_ops(work, batch);
        break;
    case 2:
    case 3:
        change_line(work, &batch->line);
        break;
    default:
        change_op(work, batch);
        break;
    }
}

/* ---- together again */

static bool is_known(const struct work *work, struct id origin)
{
    const struct mutator_facts *facts = work->m->facts;
    for (size_t i = 0; i < facts->origin_count; i++) {
        if (id_equal(facts->origins[i].name, origin) && facts->origins[i].seq > 0) {
            return true;
        }
    }
    return false;
}

/* The link that follows from the ops as they are now; false when one of them isn't an op. */
static bool chain(struct work *work, const struct work_batch *batch, struct link *ret)
{
    struct link link = batch->line.from == 1 ? link_first(batch->line.origin) : batch->line.prev;
    for (size_t i = 0; i < batch->op_count; i++) {
        struct span body;
        struct signature signature;
        bool has_signature;
        struct op op;
        if (op_line_read(batch->ops[i], &body, &has_signature, &signature, NULL) != OK ||
            op_read(body, &work->m->arena, &op, NULL) != OK) {
            return false;
        }
        link = link_next(link, &op.hash);
    }
    *ret = link;
    return true;
}

static void sign(struct work *work, struct work_batch *batch)
{
    struct mutation *m = work->m;
    struct batch *line = &batch->line;
    line->count = (int64_t)batch->op_count;
    if (mutation_below(m, 30) == 0) { /* says another number than come */
        line->count += mutation_below(m, 2) ? 1 : -1;
    }
    if (mutation_below(m, 20) != 0) {
        (void)chain(work, batch, &line->link);
    }
    size_t how = mutation_below(m, 20);
    if (how > 4) {
        batch_sign(line, &m->facts->own);
    } else if (how > 2) {
        batch_sign(line, &m->facts->foreign);
    } else if (how > 1) {
        memset(&line->signature, 0, sizeof line->signature);
    }
    if (line->from == 1 && mutation_below(m, 10) != 0) {
        line->has_open = true;
        batch_sign_open(line->origin, m->facts->author, &m->facts->own, &line->open);
    }
}

/* Mostly a batch goes on where the one before it in its origin ended, whatever became of that; and
   the first of an origin that nobody knows begins it. */
static void follow(struct work *work, size_t index)
{
    struct batch *line = &work->batches[index].line;
    for (size_t i = index; i > 0; i--) {
        const struct batch *before = &work->batches[i - 1].line;
        if (id_equal(before->origin, line->origin)) {
            line->from = before->from + before->count;
            line->prev = before->link;
            line->has_prev = line->from > 1;
            return;
        }
    }
    if (!is_known(work, line->origin)) {
        line->from = 1;
        line->has_prev = false;
    }
}

static void put_together(struct work *work, struct buf *ret)
{
    for (size_t i = 0; i < work->count; i++) {
        struct work_batch *batch = &work->batches[i];
        if (mutation_below(work->m, 12) != 0) {
            follow(work, i);
        }
        sign(work, batch);
        batch_write_line(&batch->line, ret);
        for (size_t k = 0; k < batch->op_count; k++) {
            buf_add_span(ret, batch->ops[k]);
            buf_add_byte(ret, '\n');
        }
    }
}

static void scramble(struct mutation *m, struct span text, struct buf *ret)
{
    size_t start = ret->size;
    buf_add_span(ret, text);
    for (size_t i = 1 + mutation_below(m, 4); i > 0 && text.size > 0 && !buf_error(ret); i--) {
        ret->data[start + mutation_below(m, text.size)] = (uint8_t)mutation_next(m);
    }
}

void batch_mutate(const struct mutator_facts *facts, uint64_t seed, struct span text,
                  struct buf *ret)
{
    struct mutation m = {.facts = facts, .random = {seed}};
    static const struct work none;
    struct work work = none;
    work.m = &m;
    arena_init(&m.arena, facts->mem, ARENA_MAX);
    if (mutation_below(&m, 50) != 0 && take_apart(&work, text)) {
        /* One that is refused takes those behind it along: often there are fewer of them. */
        work.count = 1 + mutation_below(&m, work.count);
        rename_origin(&work);
        for (size_t i = 1 + mutation_below(&m, 4); i > 0; i--) {
            change_something(&work);
        }
        put_together(&work, ret);
    } else {
        scramble(&m, text, ret);
    }
    arena_release(&m.arena);
}
