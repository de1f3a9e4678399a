/*
 * call_place.c - places: those of the organisation, and douars found on the way.
 */
#include <string.h>

#include "call_answers.h"
#include "call_put.h"

#define PLACE_TYPE "place"

/* The places of a page, in order of their codes, from two lists that are each sorted or small. */
struct found_place {
    const char *code;
    const char *label;
    char id[ID_TEXT_SIZE];
};

struct found_places {
    struct call *call;
    struct found_place *places;
    size_t count, capacity;
    struct span under, after;
    enum err failed;
};

static bool wanted(struct span code, struct span under, struct span after)
{
    return (under.size == 0 || place_within(code, under)) &&
           (after.size == 0 || span_compare(code, after) > 0);
}

static enum err keep_found(struct found_places *found, const char *code,
                           const struct record_row *row)
{
    struct arena *arena = found->call->arena;
    if (found->count == found->capacity) {
        size_t capacity = found->capacity ? found->capacity * 2 : 64;
        struct found_place *more = arena_array(arena, capacity, sizeof *more);
        if (!more) {
            return ERR_NOMEM;
        }
        if (found->count) {
            memcpy(more, found->places, found->count * sizeof *more);
        }
        found->places = more;
        found->capacity = capacity;
    }
    struct found_place *place = &found->places[found->count];
    place->code = arena_text(arena, code);
    place->label = arena_text(arena, row->title ? row->title : code);
    id_write(row->entity, place->id);
    if (!place->code || !place->label) {
        return ERR_NOMEM;
    }
    found->count++;
    return OK;
}

static bool each_found(void *ctx, const struct record_row *row)
{
    struct found_places *found = ctx;
    struct json *document = NULL;
    found->failed = json_parse(row->document, &document, NULL);
    if (found->failed) {
        return false;
    }
    const char *code = json_get_text(document, "code", NULL);
    if (code && wanted(span_of(code), found->under, found->after)) {
        found->failed = keep_found(found, code, row);
    }
    json_free(document);
    return !found->failed;
}

/* All places found on the way; a device's territory has some hundreds at most. */
static enum err read_found(struct found_places *found)
{
    struct call *call = found->call;
    struct record_filter filter = {.type = PLACE_TYPE, .limit = 100000};
    if (!call->has_person) {
        return OK;
    }
    enum err e = record_list(call->node, &call->person, &filter, each_found, found, call->diag);
    if (e == ERR_UNKNOWN_TYPE) { /* an organisation without such a type */
        *call->diag = (struct diag){0};
        return OK;
    }
    return e ? e : found->failed;
}

/* Insertion sort by code: records come by age, and they are few. */
static void sort_found(struct found_places *found)
{
    for (size_t i = 1; i < found->count; i++) {
        struct found_place place = found->places[i];
        size_t at = i;
        while (at > 0 && strcmp(found->places[at - 1].code, place.code) > 0) {
            found->places[at] = found->places[at - 1];
            at--;
        }
        found->places[at] = place;
    }
}

static void put_known(struct call *call, const struct org_place *place)
{
    json_open(call->out, '{');
    put_text(call, "place", place->code);
    put_text(call, "level", place->level);
    put_text(call, "label", labels_pick(&place->labels, call->language, place->code));
    put_text(call, "parent", place->parent);
    json_close(call->out, '}');
}

static void put_found(struct call *call, const struct found_place *place)
{
    const char *dot = strrchr(place->code, '.');
    struct span parent = span_from(place->code, dot ? (size_t)(dot - place->code) : 0);
    json_open(call->out, '{');
    put_text(call, "place", place->code);
    put_text(call, "level", "douar");
    put_text(call, "label", place->label);
    if (parent.size) {
        json_name(call->out, "parent");
        json_put_span(call->out, parent);
    }
    put_text(call, "id", place->id);
    json_close(call->out, '}');
}

/* Merges both lists by code up to the limit. */
static void put_places(struct call *call, const struct org *org, const struct found_places *found)
{
    size_t limit = (size_t)call_arg_int(call, "limit", DEVICE_PAGE);
    size_t count = 0;
    size_t f = 0;
    size_t p = 0;
    const char *last = NULL;
    bool more = false;
    json_name(call->out, "places");
    json_open(call->out, '[');
    while (true) {
        while (p < org->place_count &&
               !wanted(span_of(org->places[p].code), found->under, found->after)) {
            p++;
        }
        const struct org_place *known = p < org->place_count ? &org->places[p] : NULL;
        const struct found_place *own = f < found->count ? &found->places[f] : NULL;
        more = count == limit && (known || own);
        if (more || (!known && !own)) {
            break;
        }
        if (known && (!own || strcmp(known->code, own->code) <= 0)) {
            put_known(call, known);
            last = known->code;
            p++;
        } else {
            put_found(call, own);
            last = own->code;
            f++;
        }
        count++;
    }
    json_close(call->out, ']');
    put_text(call, "after", more ? last : NULL);
}

enum err call_places(struct call *call)
{
    const struct org *org = NULL;
    struct found_places found = {.call = call,
                                 .under = span_of(call_arg_text(call, "under")),
                                 .after = span_of(call_arg_text(call, "after"))};
    enum err e = read_found(&found);
    if (!e) {
        e = node_org(call->node, &org);
    }
    if (e) {
        return e;
    }
    if (found.under.size && !org_place(org, found.under) && found.count == 0) {
        return diag_set(call->diag, ERR_UNKNOWN_PLACE, call_arg_text(call, "under"), NULL);
    }
    sort_found(&found);
    put_places(call, org, &found);
    return OK;
}

enum err call_place_add(struct call *call)
{
    const struct org *org = NULL;
    struct change *changes = NULL;
    size_t change_count = 0;
    struct saved saved = {0};
    struct span code = {0};
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct type *type = org_type(org, span_of(PLACE_TYPE));
    if (!type) {
        return diag_set(call->diag, ERR_UNKNOWN_TYPE, PLACE_TYPE, NULL);
    }
    const char *parent = call_arg_text(call, "parent");
    if (!org_place(org, span_of(parent))) {
        return diag_set(call->diag, ERR_UNKNOWN_PLACE, parent, NULL);
    }
    e = answers_read(call, type, NULL, &changes, &change_count);
    if (!e) {
        e = node_place_add(call->node, call->person, parent, changes, change_count, call->arena,
                           &saved, &code, call->diag);
    }
    if (e) {
        return e;
    }
    json_name(call->out, "place");
    json_put_span(call->out, code);
    put_id(call, "id", saved.entity);
    put_text(call, "case", saved.case_number);
    call_put_warnings(call, &saved);
    return OK;
}
