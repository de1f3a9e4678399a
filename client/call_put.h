/*
 * call_put.h - the shapes that several answers share, as schema/device-api.md names them.
 */
#ifndef CALL_PUT_H
#define CALL_PUT_H

#include "call.h"
#include "record.h"

/* Named members; nothing is written when there is nothing to say. */
void put_text(struct call *call, const char *name, const char *text); /* NULL and "" are nothing */
void put_int(struct call *call, const char *name, int64_t value);
void put_true(struct call *call, const char *name, bool value); /* only when true */
void put_id(struct call *call, const char *name, struct id id);
void put_texts(struct call *call, const char *name, const char *const *texts, size_t count);
void put_raw(struct call *call, const char *name, struct span json);

/* {"id","name"}: a person or a node as the organisation's configuration knows it. */
MUST_CHECK enum err put_person(struct call *call, const char *name, struct id person);
MUST_CHECK enum err put_device(struct call *call, const char *name, struct id node);

/* "type" and "label": its name in the language asked. */
void put_type(struct call *call, const char *type_name);

/* "value" and "text" of one canonical value. */
MUST_CHECK enum err put_value(struct call *call, const struct property *property, struct span json);
/* The label of a property, or its id. */
const char *property_label(const struct call *call, const struct property *property);

/* "properties": those of a record; only disputed ones, or all that have a value. */
MUST_CHECK enum err put_properties(struct call *call, const struct record *record,
                                   bool disputed_only);

/* "rules": those of its forms that don't hold as it came together; nothing when all do. */
MUST_CHECK enum err put_rules(struct call *call, const struct record *record);

/* "changes" of a history's entry: what its `values` say to a person. `type` may be NULL. */
MUST_CHECK enum err put_changes(struct call *call, const struct type *type, struct span values);

/* A row of a list, with its document. */
void put_row(struct call *call, const struct record_row *row);

/* Pages: "limit" rows are wanted; one more is asked for, and if it comes there is another page. */
struct page {
    struct call *call;
    size_t limit, count;
    int64_t last;
    bool more;
};
struct page page_begin(struct call *call);
/* False when the page is full: the row belongs to the next one. */
bool page_take(struct page *page, const struct record_row *row);
void page_end(const struct page *page); /* writes "after" */

/* The records of one page, to be read one by one afterwards. `ids` live in the call's arena. */
struct record_ids {
    struct page page;
    struct id *ids;
};
MUST_CHECK enum err record_ids_read(struct call *call, struct record_filter *filter,
                                    struct record_ids *ret);

const char *custody_name(enum custody custody);

#endif
