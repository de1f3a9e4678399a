/*
 * rules_forms.c - forms whose rules are asked, kept ready.
 */
#include <string.h>

#include "rules_set.h"

#define FORM_TEXT_MAX (16u * 1024 * 1024)

/* A version never changes, so what is kept is never stale. */

struct kept_form {
    char name[ORG_FORM_NAME_SIZE]; /* "census/3"; "" for a free place */
    struct form_rules *rules;      /* NULL: it can't be played here */
    uint64_t used;
};

struct rules_cache {
    struct kept_form forms[RULES_KEPT];
    uint64_t uses;
};

void rules_forget(struct node *node)
{
    const struct mem *mem = &node->host->mem;
    if (node->rules) {
        for (size_t i = 0; i < RULES_KEPT; i++) {
            form_rules_free(node->rules->forms[i].rules);
        }
        (void)mem->resize(mem->ctx, node->rules, 0);
        node->rules = NULL;
    }
}

/* A form that isn't what it should be must not stop its records from being shown. */
static enum err load_form(struct node *node, const struct form *form, struct form_rules **ret)
{
    struct buf text;
    struct diag diag = {0};
    *ret = NULL;
    buf_init(&text, &node->host->mem, FORM_TEXT_MAX);
    enum err e = org_form_text(node, form, &text, &diag);
    if (!e) {
        e = form_rules_new(&node->host->mem, buf_span(&text), ret, &diag);
    }
    buf_release(&text);
    bool unusable = e == ERR_BAD_FORM || e == ERR_UNKNOWN_FORM || e == ERR_DB_CORRUPT ||
                    e == ERR_FORMAT || e == ERR_JSON || e == ERR_TOO_LARGE;
    return unusable ? OK : e;
}

static struct kept_form *place_for(struct rules_cache *cache, const char *name)
{
    struct kept_form *oldest = &cache->forms[0];
    for (size_t i = 0; i < RULES_KEPT; i++) {
        struct kept_form *at = &cache->forms[i];
        if (strcmp(at->name, name) == 0) {
            return at;
        }
        oldest = at->used < oldest->used ? at : oldest;
    }
    return oldest;
}

enum err rules_of_form(struct node *node, const struct form *form, struct form_rules **ret)
{
    const struct mem *mem = &node->host->mem;
    char name[ORG_FORM_NAME_SIZE];
    if (!node->rules) {
        node->rules = mem->resize(mem->ctx, NULL, sizeof *node->rules);
        if (!node->rules) {
            return ERR_NOMEM;
        }
        memset(node->rules, 0, sizeof *node->rules);
    }
    org_form_name(form, name);
    struct kept_form *kept = place_for(node->rules, name);
    enum err e = OK;
    if (strcmp(kept->name, name) != 0) {
        struct form_rules *rules = NULL;
        e = load_form(node, form, &rules);
        if (e) {
            return e;
        }
        form_rules_free(kept->rules);
        *kept = (struct kept_form){.rules = rules};
        memcpy(kept->name, name, sizeof name);
    }
    kept->used = ++node->rules->uses;
    *ret = kept->rules;
    return OK;
}
