/*
 * test_xlsform.h - small workbooks from lines of text, and what is asked of them: the XForm that
 * one becomes (`gives`), a fault by its cell (`tells`).
 *
 *     static const char *const parts[] = {"<input ref=`/data/a`>", NULL};
 *     gives(&(struct book){.survey = "type|name|label\ntext|a|A\n"}, parts);
 */
#ifndef TEST_XLSFORM_H
#define TEST_XLSFORM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "test_form_json.h"
#include "test_mem.h"
#include "test_workbook.h"
#include "xform_xml.h"
#include "xlsform.h"

#define ARENA_MAX (64u << 20)

struct desk {
    struct test_mem memory;
    struct arena arena;
    struct buf bytes, xml;
    struct xform form;
    struct xlsform_faults faults;
    struct diag diag;
    enum err result;
};

/* survey, choices, settings, entities; NULL for a sheet that isn't there. */
struct book {
    const char *survey, *choices, *settings, *entities, *external, *types;
    struct test_sheet other; /* under a name of its own */
};

static inline void open_desk(struct desk *desk, const struct book *book)
{
    const struct test_sheet all[] = {{" Survey", book->survey},
                                     {"choices", book->choices},
                                     {"SETTINGS", book->settings},
                                     {"entities", book->entities},
                                     {"external_choices", book->external},
                                     {"types", book->types},
                                     book->other};
    struct test_sheet sheets[COUNT_OF(all)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (all[i].rows != NULL) {
            sheets[count++] = all[i];
        }
    }
    memset(desk, 0, sizeof(*desk));
    const struct mem *mem = test_mem_init(&desk->memory, 0);
    arena_init(&desk->arena, mem, ARENA_MAX);
    buf_init(&desk->bytes, mem, 16 << 20);
    buf_init(&desk->xml, mem, 16 << 20);
    test_workbook_make(sheets, count, &desk->bytes);
    desk->result = xlsform_read(mem, buf_span(&desk->bytes), "f.xlsx", &desk->arena, &desk->form,
                                &desk->faults, &desk->diag);
}

static inline void close_desk(struct desk *desk)
{
    buf_release(&desk->bytes);
    buf_release(&desk->xml);
    arena_release(&desk->arena);
    assert_int_equal(desk->memory.live_count, 0);
}

static inline void insist_same_when_read_again(struct desk *desk)
{
    struct buf again;
    struct xform form;
    struct diag diag = {0};
    buf_init(&again, &desk->memory.mem, 16 << 20);
    if (xform_read_xml(buf_span(&desk->xml), &desk->arena, &form, NULL, &diag) != OK) {
        fail_msg("%s: %s in\n%s", diag.args[0], diag.args[1], buf_text(&desk->xml));
    }
    xform_write_xml(&form, &again);
    assert_string_equal(buf_text(&again), buf_text(&desk->xml));
    buf_release(&again);
    const char *differs =
        test_form_json(&desk->form, &desk->arena, &desk->memory.mem, &form, &diag);
    if (differs != NULL) {
        fail_msg("as form.json %s differs: %s: %s", differs, diag.args[0], diag.args[1]);
    }
}

/* The book becomes an XForm that holds each part (' for "); written, read and written it's equal.
 */
static inline void gives(const struct book *book, const char *const *parts)
{
    struct desk desk;
    open_desk(&desk, book);
    if (desk.result != OK) {
        fail_msg("%s: %s", desk.diag.args[0], desk.diag.args[1]);
    }
    xform_write_xml(&desk.form, &desk.xml);
    assert_int_equal(buf_error(&desk.xml), OK);
    insist_same_when_read_again(&desk);
    for (size_t i = 0; parts[i] != NULL; i++) {
        char wanted[1000];
        (void)snprintf(wanted, sizeof(wanted), "%s", parts[i]);
        for (char *at = wanted; *at != '\0'; at++) {
            *at = *at == '`' ? '"' : *at;
        }
        if (strstr(buf_text(&desk.xml), wanted) == NULL) {
            fail_msg("without  %s\n%s", wanted, buf_text(&desk.xml));
        }
    }
    close_desk(&desk);
}

static inline void tells(const struct book *book, const char *place, const char *what)
{
    struct desk desk;
    bool found = false;
    open_desk(&desk, book);
    for (const struct xlsform_fault *at = desk.faults.first; at != NULL; at = at->next) {
        char here[300];
        xlsform_fault_place(at, here, sizeof(here));
        found = found ||
                (strcmp(here, place) == 0 && strstr(at->what, what) != NULL && at->mend[0] != '\0');
    }
    if (!found) {
        for (const struct xlsform_fault *at = desk.faults.first; at != NULL; at = at->next) {
            char here[300];
            xlsform_fault_place(at, here, sizeof(here));
            print_message("%s: %s: %s\n", here, at->what, at->mend);
        }
        fail_msg("nothing told at %s: %s", place, what);
    }
    assert_int_equal(desk.result != OK, desk.faults.error_count != 0);
    close_desk(&desk);
}

#endif
