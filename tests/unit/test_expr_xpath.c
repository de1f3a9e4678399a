/*
 * expr beside libxml2's XPath, which knows nothing of it: random expressions over random trees give
 * the same where XPath 1.0 and ODK both say what comes out.
 *
 * Left out is what ODK has otherwise: dates, numbers with an exponent, round() of two arguments,
 * attributes and namespaces, a sum of what is no number, no node at all compared as "", concat() of
 * many nodes, the value of a group (none), nodes as a boolean (their value), and texts as nodes of
 * their own (.//.. would tell). Numbers are halves and quarters, so that none is rounded.
 */
#include "test.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr.h"
#include "test_mem.h"
#include "test_random.h"

#define TREES         200
#define EXPRESSIONS   120 /* of one tree */
#define NODES_MAX     40
#define ARENA_MAX     (64u << 20)
#define TEXT_MAX      4096
#define DEPTH_MAX     3
#define CHILDREN_MAX  4
#define PREDICATE_ODD 3 /* one step in so many has one */

struct bench {
    struct test_random random;
    struct test_mem memory;
    struct arena arena;
    struct tree_names *names;
    struct tree_node *document;
    struct tree_node *nodes[NODES_MAX]; /* elements in document order, the root element first */
    size_t count;
    struct buf xml;
    xmlDocPtr other;
    struct buf text; /* the expression */
};

/* ---- a tree, and the same as XML */

static const char *const names[] = {"a", "b", "c"};
static const char *const texts[] = {"",   "0", "1",  "2",        "3", "0.5", "-1", "x",
                                    "xy", "y", "yx", " x   y  ", "é", "1 ",  "a-b"};

static size_t below(struct bench *bench, size_t count)
{
    return test_random_below(&bench->random, count);
}

static void add_element(struct bench *bench, struct tree_node *parent, const char *name,
                        size_t depth)
{
    struct tree_node *node = arena_alloc(&bench->arena, sizeof *node);
    assert_non_null(node);
    node->name = tree_name(bench->names, span_of(name));
    tree_append(parent, node);
    bench->nodes[bench->count++] = node;
    buf_add_format(&bench->xml, "<%s>", name);
    size_t children = depth == 0 ? 0 : depth == DEPTH_MAX ? CHILDREN_MAX : below(bench, 4);
    for (size_t i = 0; i < children && bench->count < NODES_MAX; i++) {
        add_element(bench, node, names[below(bench, 3)], depth - 1);
    }
    if (!node->first) {
        const char *text = texts[below(bench, sizeof texts / sizeof texts[0])];
        node->text = span_of(text);
        buf_add_text(&bench->xml, text);
    }
    buf_add_format(&bench->xml, "</%s>", name);
}

static void make_tree(struct bench *bench)
{
    arena_init(&bench->arena, test_mem_init(&bench->memory, 0), ARENA_MAX);
    bench->names = tree_names_new(&bench->arena);
    bench->document = arena_alloc(&bench->arena, sizeof *bench->document);
    bench->count = 0;
    buf_init(&bench->xml, &bench->memory.mem, 1u << 20);
    buf_init(&bench->text, &bench->memory.mem, TEXT_MAX);
    add_element(bench, bench->document, "data", DEPTH_MAX);
    bench->other = xmlReadMemory((const char *)bench->xml.data, (int)bench->xml.size, NULL, "UTF-8",
                                 XML_PARSE_NONET);
    assert_non_null(bench->other);
}

static void drop_tree(struct bench *bench)
{
    xmlFreeDoc(bench->other);
    buf_release(&bench->xml);
    buf_release(&bench->text);
    arena_release(&bench->arena);
    assert_int_equal(bench->memory.live_count, 0);
}

/* The same element there: by its number in document order. */
static xmlNodePtr other_of(struct bench *bench, const struct tree_node *node)
{
    xmlNodePtr at = xmlDocGetRootElement(bench->other);
    for (size_t i = 0; bench->nodes[i] != node; i++) {
        xmlNodePtr next = xmlFirstElementChild(at);
        while (!next) {
            next = xmlNextElementSibling(at);
            at = at->parent;
        }
        at = next;
    }
    return at;
}

/* ---- expressions */

static void add(struct bench *bench, const char *text)
{
    buf_add_text(&bench->text, text);
}

static void add_one(struct bench *bench, const char *const *of, size_t count)
{
    add(bench, of[below(bench, count)]);
}

#define ADD_ONE(bench, ...)                                                                        \
    add_one(bench, (const char *const[]){__VA_ARGS__},                                             \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void add_number(struct bench *bench, size_t depth);
static void add_string(struct bench *bench, size_t depth);
static void add_truth(struct bench *bench, size_t depth);
static void add_nodes(struct bench *bench, size_t depth);

static void add_any(struct bench *bench, size_t depth)
{
    static void (*const kinds[])(struct bench *, size_t) = {add_number, add_string, add_truth,
                                                            add_nodes};
    kinds[below(bench, 4)](bench, depth);
}

static void add_call(struct bench *bench, const char *name,
                     void (*const *arguments)(struct bench *, size_t), size_t count, size_t depth)
{
    add(bench, name);
    add(bench, "(");
    for (size_t i = 0; i < count; i++) {
        add(bench, i ? ", " : "");
        arguments[i](bench, depth);
    }
    add(bench, ")");
}

#define CALL(bench, name, depth, ...)                                                              \
    add_call(bench, name, (void (*const[])(struct bench *, size_t)){__VA_ARGS__},                  \
             sizeof((void (*const[])(struct bench *, size_t)){__VA_ARGS__}) / sizeof(void *),      \
             depth)

static void add_predicate(struct bench *bench, size_t depth)
{
    add(bench, "[");
    switch (below(bench, 5)) {
    case 0:
        ADD_ONE(bench, "1", "2", "last()", "last() - 1", "position() mod 2");
        break;
    case 1:
        add(bench, "position()");
        ADD_ONE(bench, " = ", " != ", " < ", " >= ");
        ADD_ONE(bench, "1", "2", "last()");
        break;
    default:
        add_truth(bench, depth);
    }
    add(bench, "]");
}

static void add_step(struct bench *bench, bool child, size_t depth)
{
    size_t kind = child ? 2 : below(bench, 6);
    if (kind == 0) {
        ADD_ONE(bench, ".", "..");
        return;
    }
    if (kind == 1) {
        ADD_ONE(bench, "self::", "parent::", "descendant::", "descendant-or-self::", "ancestor::",
                "ancestor-or-self::", "preceding-sibling::", "following-sibling::", "preceding::",
                "following::", "child::");
    }
    ADD_ONE(bench, "a", "b", "c", "*");
    if (depth > 0 && below(bench, PREDICATE_ODD) == 0) {
        add_predicate(bench, depth - 1);
    }
}

static void add_path(struct bench *bench, size_t depth)
{
    size_t start = below(bench, 7);
    add(bench, (const char *const[]){"", "", "//", "/data/", "/*/", "./", "../"}[start]);
    add_step(bench, start == 2, depth);
    for (size_t left = below(bench, 3); left > 0; left--) {
        bool far = below(bench, 3) == 0;
        add(bench, far ? "//" : "/");
        add_step(bench, far, depth);
    }
}

/* Those with a value. */
static void add_leaves(struct bench *bench, size_t depth)
{
    add_path(bench, depth);
    add(bench, "/self::*[count(*) = 0]");
}

static void add_nodes(struct bench *bench, size_t depth)
{
    if (depth > 0 && below(bench, 6) == 0) {
        add_path(bench, depth - 1);
        add(bench, " | ");
        add_path(bench, depth - 1);
    } else if (depth > 0 && below(bench, 8) == 0) {
        add(bench, "(");
        add_path(bench, depth - 1);
        add(bench, ")");
        add_predicate(bench, depth - 1);
    } else {
        add_path(bench, depth);
    }
}

static void add_value(struct bench *bench, size_t depth)
{
    static void (*const kinds[])(struct bench *, size_t) = {add_number, add_string, add_truth};
    kinds[below(bench, 3)](bench, depth);
}

static void add_one_value(struct bench *bench, size_t depth)
{
    (below(bench, 2) ? add_value : add_leaves)(bench, depth);
}

static void add_number(struct bench *bench, size_t depth)
{
    if (depth == 0) {
        ADD_ONE(bench, "0", "1", "2", "3.5", "0.25", "10");
        return;
    }
    switch (below(bench, 8)) {
    case 0:
        CALL(bench, "count", depth - 1, add_nodes);
        break;
    case 1:
        add(bench, "sum(");
        add_leaves(bench, depth - 1);
        add(bench, "[number(.) = number(.)])");
        break;
    case 2:
        CALL(bench, "string-length", depth - 1, add_string);
        break;
    case 3:
        CALL(bench, "number", depth - 1, add_one_value);
        break;
    case 4:
        ADD_ONE(bench, "floor", "ceiling");
        CALL(bench, "", depth - 1, add_number);
        break;
    case 5:
        add(bench, "-");
        add_number(bench, 0);
        break;
    default:
        add(bench, "(");
        add_number(bench, depth - 1);
        ADD_ONE(bench, " + ", " - ", " * ", " div 2 + ", " mod ");
        add_number(bench, depth - 1);
        add(bench, ")");
    }
}

static void add_string(struct bench *bench, size_t depth)
{
    if (depth == 0) {
        ADD_ONE(bench, "''", "'x'", "'xy'", "' x  y '", "'é'", "'1'", "'_'", "\"y\"");
        return;
    }
    switch (below(bench, 7)) {
    case 0:
        CALL(bench, "concat", depth - 1, add_value, add_string, add_string);
        break;
    case 1:
        CALL(bench, "substring", depth - 1, add_string, add_number, add_number);
        break;
    case 2:
        CALL(bench, "substring-before", depth - 1, add_string, add_string);
        break;
    case 3:
        CALL(bench, "substring-after", depth - 1, add_string, add_string);
        break;
    case 4:
        CALL(bench, "normalize-space", depth - 1, add_string);
        break;
    case 5:
        CALL(bench, "translate", depth - 1, add_string, add_string, add_string);
        break;
    default:
        CALL(bench, "string", depth - 1, add_one_value);
    }
}

/* Does it hold of any of them? Asked of some at least. */
static void add_some_node_is(struct bench *bench, size_t depth)
{
    size_t begun = bench->text.size;
    char path[TEXT_MAX];
    add_leaves(bench, depth);
    (void)snprintf(path, sizeof path, "%s", buf_text(&bench->text) + begun);
    buf_truncate(&bench->text, begun);
    buf_add_format(&bench->text, "(count(%s) > 0 and %s", path, path);
    ADD_ONE(bench, " = ", " != ");
    ADD_ONE(bench, "'x'", "'1'", "1", "0.5", "2");
    add(bench, ")");
}

static void add_truth(struct bench *bench, size_t depth)
{
    if (depth == 0) {
        ADD_ONE(bench, "true()", "false()");
        return;
    }
    switch (below(bench, 8)) {
    case 0:
        CALL(bench, "not", depth - 1, add_value);
        break;
    case 1:
        CALL(bench, "boolean", depth - 1, add_value);
        break;
    case 2:
        ADD_ONE(bench, "contains", "starts-with");
        CALL(bench, "", depth - 1, add_string, add_string);
        break;
    case 3:
        add(bench, "(");
        add_truth(bench, depth - 1);
        ADD_ONE(bench, " and ", " or ");
        add_truth(bench, depth - 1);
        add(bench, ")");
        break;
    case 4:
        add_some_node_is(bench, depth - 1);
        break;
    default:
        add(bench, "(");
        add_value(bench, depth - 1);
        ADD_ONE(bench, " = ", " != ", " < ", " <= ", " > ", " >= ");
        add_value(bench, depth - 1);
        add(bench, ")");
    }
}

/* ---- both answers, as texts */

static void say_number(double number, char *ret, size_t size)
{
    (void)snprintf(ret, size, isnan(number) ? "number NaN" : "number %.17g", number + 0.0);
}

static void our_answer(struct bench *bench, struct tree_node *context, char *ret, size_t size)
{
    struct expr_host host = {.now_ms = 0};
    struct diag diag = {0};
    struct expr *expr = NULL;
    struct expr_value value;
    enum err e = expr_compile(&bench->arena, bench->names, buf_span(&bench->text), &expr, &diag);
    e = e ? e : expr_evaluate(expr, &host, context, &bench->arena, &value, &diag);
    if (e) {
        (void)snprintf(ret, size, "%s: %s %s", err_name(e), diag.args[0], diag.args[1]);
        return;
    }
    size_t used = 0;
    switch (value.type) {
    case EXPR_NUMBER:
        say_number(value.number, ret, size);
        break;
    case EXPR_BOOLEAN:
        (void)snprintf(ret, size, "boolean %d", value.truth);
        break;
    case EXPR_STRING:
        (void)snprintf(ret, size, "string [%.*s]", (int)value.text.size, value.text.data);
        break;
    case EXPR_NODES:
        used = (size_t)snprintf(ret, size, "nodes");
        for (size_t i = 0; i < value.node_count && used + 8 < size; i++) {
            size_t number = 0;
            while (number < bench->count && bench->nodes[number] != value.nodes[i]) {
                number++;
            }
            used += (size_t)snprintf(ret + used, size - used, " %zu",
                                     value.nodes[i] == bench->document ? 99 : number);
        }
        break;
    case EXPR_DATE:
    default:
        (void)snprintf(ret, size, "a date");
    }
}

static int compare_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static void say_nodes(struct bench *bench, const xmlNodeSet *set, char *ret, size_t size)
{
    size_t numbers[NODES_MAX + 1];
    size_t count = set ? (size_t)set->nodeNr : 0;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = 99; /* the document */
        for (size_t k = 0; k < bench->count; k++) {
            numbers[i] = other_of(bench, bench->nodes[k]) == set->nodeTab[i] ? k : numbers[i];
        }
    }
    if (count > 0) {
        qsort(numbers, count, sizeof *numbers, compare_size);
    }
    size_t used = (size_t)snprintf(ret, size, "nodes");
    bool document = count > 0 && numbers[count - 1] == 99; /* it comes first */
    used += (size_t)snprintf(ret + used, size - used, document ? " 99" : "");
    for (size_t i = 0; i < count - document && used + 8 < size; i++) {
        used += (size_t)snprintf(ret + used, size - used, " %zu", numbers[i]);
    }
}

static void their_answer(struct bench *bench, const struct tree_node *context, char *ret,
                         size_t size)
{
    xmlXPathContextPtr asked = xmlXPathNewContext(bench->other);
    assert_non_null(asked);
    asked->node = other_of(bench, context);
    xmlXPathObjectPtr value =
        xmlXPathEvalExpression((const xmlChar *)buf_text(&bench->text), asked);
    if (!value) {
        (void)snprintf(ret, size, "refused");
    } else if (value->type == XPATH_NUMBER) {
        say_number(value->floatval, ret, size);
    } else if (value->type == XPATH_BOOLEAN) {
        (void)snprintf(ret, size, "boolean %d", value->boolval != 0);
    } else if (value->type == XPATH_STRING) {
        (void)snprintf(ret, size, "string [%s]", (const char *)value->stringval);
    } else {
        say_nodes(bench, value->nodesetval, ret, size);
    }
    xmlXPathFreeObject(value);
    xmlXPathFreeContext(asked);
}

static void random_expressions_give_what_libxml2_gives(void **state)
{
    (void)state;
    static struct bench bench;
    size_t differences = 0;
    bench.random = test_random_begin("expr_xpath");
    for (size_t tree = 0; tree < TREES; tree++) {
        make_tree(&bench);
        for (size_t i = 0; i < EXPRESSIONS; i++) {
            static char ours[2048], theirs[2048];
            struct tree_node *context = bench.nodes[below(&bench, bench.count)];
            buf_clear(&bench.text);
            add_any(&bench, 1 + below(&bench, 3));
            if (buf_error(&bench.text)) {
                continue; /* too long */
            }
            our_answer(&bench, context, ours, sizeof ours);
            their_answer(&bench, context, theirs, sizeof theirs);
            if (strcmp(ours, theirs) != 0) {
                print_error("%s\n  of %s\n  gives    %s\n  libxml2: %s\n", buf_text(&bench.text),
                            buf_text(&bench.xml), ours, theirs);
                differences++;
            }
        }
        drop_tree(&bench);
    }
    xmlCleanupParser();
    assert_int_equal(differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_expressions_give_what_libxml2_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
