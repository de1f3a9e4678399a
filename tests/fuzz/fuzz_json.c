/*
 * The strict reader: what passes the check is parsed, and written again it is the same document.
 */
#include "fuzz.h"
#include "json.h"

#define OUT_MAX      (4u * 1024 * 1024)
#define ELEMENTS_MAX 256

static void split(struct span text)
{
    struct span elements[ELEMENTS_MAX];
    size_t count = 0;
    if (json_elements(text, elements, ELEMENTS_MAX, &count) == OK) {
        for (size_t i = 0; i < count; i++) {
            fuzz_insist(json_check(elements[i], NULL) == OK);
        }
    }
}

static void write_twice(const struct json *tree)
{
    struct buf one;
    struct buf two;
    struct json *again = NULL;
    buf_init(&one, fuzz_mem(), OUT_MAX);
    buf_init(&two, fuzz_mem(), OUT_MAX);
    json_add_tree(&one, tree);
    fuzz_insist(buf_error(&one) == OK);
    fuzz_insist(json_parse(buf_span(&one), &again, NULL) == OK);
    json_add_tree(&two, again);
    fuzz_insist(span_equal(buf_span(&one), buf_span(&two)));
    json_free(again);
    buf_release(&one);
    buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);
    struct json *tree = NULL;
    struct diag diag = {0};
    enum err checked = json_check(text, &diag);
    fuzz_insist(diag.code == checked);
    enum err parsed = json_parse(text, &tree, NULL);
    fuzz_insist(checked == parsed);
    if (parsed == OK) {
        split(text);
        write_twice(tree);
        json_free(tree);
    }
    return 0;
}
