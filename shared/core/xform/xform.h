/*
 * xform.h - a form in memory, as ODK means it, whatever file it came from.
 *
 * Two trees. The *model* says what is kept: one node an element (or attribute) of the primary
 * instance, with the rules of its bind. The *body* says what is asked: controls in the order in
 * which a person meets them, each about a node of the model. XLSForm writes both at once, an XForm
 * apart. Beside them stand choices and other secondary instances, wordings by language, actions
 * and entities. Sources of the rules: the ODK XForms specification and the XLSForm reference.
 *
 * Expressions and paths are kept as text, absolute and without ${...}: readers resolve these. Who
 * plays a form compiles them (play.h). A form is immutable once read; everything lives in the arena
 * it was read into.
 */
#ifndef XFORM_H
#define XFORM_H

#include "tree.h"
#include "xform_text.h"

#define XFORM_NODES_MAX      20000 /* of the model */
#define XFORM_DEPTH_MAX      32
#define XFORM_LANGUAGES_MAX  32
#define XFORM_NAME_MAX       200 /* bytes of one name */
#define XFORM_EXPRESSION_MAX 65536

/* What an answer is: the `type` of a bind, in XForms' words (xform_data_name). */
enum xform_data {
    XFORM_STRING, /* also where a bind names no type, or one that nobody knows */
    XFORM_INT,
    XFORM_DECIMAL,
    XFORM_BOOLEAN,
    XFORM_DATE,
    XFORM_TIME,
    XFORM_DATETIME,
    XFORM_GEOPOINT,
    XFORM_GEOTRACE,
    XFORM_GEOSHAPE,
    XFORM_BINARY,
    XFORM_BARCODE,
    XFORM_SELECT, /* names separated by spaces, in any order */
    XFORM_RANK,   /* names separated by spaces, the order counts */
    XFORM_DATA_COUNT
};

/* An element or attribute of the primary instance. `index` counts from 0 in document order. */
struct xform_node {
    const char *name;  /* local name */
    const char *space; /* namespace URI, NULL for the form's own */
    size_t index;
    struct xform_node *parent, *first, *last, *next; /* attributes come before elements */
    bool attribute;
    bool repeat;        /* may occur several times: its children are the template */
    size_t occurrences; /* of a repeat: how many it begins with */
    bool has_bind;
    enum xform_data data;
    const char *data_name; /* as the bind wrote it, NULL: none ("select1", "intent") */
    const char *initial;   /* the default that stands in the instance; "" when none */
    const char *relevant, *required, *constraint, *calculate, *readonly; /* expressions or NULL */
    const struct xform_text *constraint_message, *required_message;      /* or NULL */
    const char *preload, *preload_params; /* jr:preload: "timestamp", "start"; or NULL */
    const char *save_to;                  /* property of the nearest entity, or NULL */
    const struct xform_pair *extras;      /* attributes of the bind that nobody here reads */
};

/* A group of other nodes; a question may have attributes all the same. */
static inline bool xform_has_elements(const struct xform_node *node)
{
    return node->last != NULL && !node->last->attribute;
}

enum xform_control_kind {
    XFORM_INPUT,
    XFORM_SELECT_ONE,
    XFORM_SELECT_MULTIPLE,
    XFORM_SELECT_RANK,
    XFORM_RANGE,
    XFORM_UPLOAD,
    XFORM_TRIGGER, /* acknowledge */
    XFORM_GROUP,
    XFORM_REPEAT_CONTROL,
    XFORM_CONTROL_COUNT
};

/* One choice written inside its question. */
struct xform_item {
    const char *value;
    const struct xform_text *label;
    struct xform_item *next;
};

/* Choices that a path finds. */
struct xform_itemset {
    const char *nodes;         /* instance('list')/root/item[...], without randomize() */
    const char *value, *label; /* relative paths; label may be jr:itext(path) */
    bool randomized;
    const char *seed; /* expression or NULL */
};

struct xform_control {
    enum xform_control_kind kind;
    struct xform_node *node; /* NULL for a group without a reference */
    struct xform_control *parent, *first, *last, *next;
    const struct xform_text *label, *hint, *guidance; /* or NULL */
    const char *appearance;                           /* "" when none */
    const struct xform_item *items;
    const struct xform_itemset *itemset;
    const char *count;               /* of a repeat: expression or NULL */
    bool no_add_remove;              /* of a repeat: its count is not the person's */
    const char *mediatype;           /* of an upload: a media type, maybe with a star */
    const char *start, *end, *step;  /* of a range: decimals or NULL */
    const struct xform_pair *extras; /* parameters and attributes kept as they were */
};

/* What a repeat's occurrences begin with where that isn't the template: an answer by its place. */
struct xform_initial {
    const char *path; /* "/data/person[2]/name" */
    const char *text;
    struct xform_initial *next;
};

enum xform_event {
    XFORM_FIRST_LOAD = 1,    /* odk-instance-first-load */
    XFORM_LOAD = 2,          /* odk-instance-load */
    XFORM_NEW_REPEAT = 4,    /* odk-new-repeat */
    XFORM_VALUE_CHANGED = 8, /* xforms-value-changed of `trigger` */
    XFORM_REVALIDATE = 16    /* xforms-revalidate: the form is done and about to be saved */
};
enum xform_action_kind { XFORM_SET_VALUE, XFORM_SET_GEOPOINT, XFORM_RECORD_AUDIO };

struct xform_action {
    enum xform_action_kind kind;
    unsigned events;            /* of enum xform_event */
    struct xform_node *trigger; /* whose change calls it; of a new repeat the repeat; NULL */
    struct xform_node *target;
    const char *value;   /* expression; NULL: the literal */
    const char *literal; /* "" clears */
    struct xform_action *next;
};

/* A secondary instance: a tree of its own, written in the form or beside it. */
struct xform_instance {
    const char *id;
    const char *source;         /* "jr://file-csv/villages.csv"; NULL: `document` is all there is */
    struct tree_node *document; /* NULL while it is beside the form */
    struct xform_instance *next;
};

/* What a form makes or changes as an entity (ODK entities 2024.1): its node is meta/entity. */
struct xform_entity {
    const char *dataset;
    struct xform_node *node;
    struct xform_entity *next;
};

struct xform {
    const char *id, *version, *title; /* version "" when none */
    const char *name;                 /* of the root element, "data" */
    const char *space;                /* namespace of the primary instance, NULL: none */
    const char *style;                /* class of the body: "pages", "theme-grid" */
    const char **languages;           /* as the form names them: "Français (fr)" */
    size_t language_count;            /* at least 1; "default" for a form that names none */
    size_t default_language;
    struct xform_node *root;
    size_t node_count;
    struct xform_control *body; /* a group without node or label */
    struct xform_initial *initials;
    struct xform_action *actions;
    struct xform_instance *instances;
    struct xform_wording_id *itext; /* sorted; wordings that expressions ask for: jr:itext() */
    size_t itext_count;
    struct xform_entity *entities;
    struct xform_pair *settings; /* what else the form said of itself: "submission_url", ... */
    struct tree_names *names;    /* of its instances; expressions are compiled over the same */
    struct arena *arena;
};

const char *xform_data_name(enum xform_data data);            /* "geopoint" */
enum xform_data xform_data_from_name(const char *name);       /* XFORM_STRING for others */
const char *xform_control_name(enum xform_control_kind kind); /* "select_one" */

/* The node an absolute path without predicates names ("/data/member/age"); NULL. */
struct xform_node *xform_find(const struct xform *form, struct span path);
/* Its path: "/data/meta/entity/@id". */
void xform_path(const struct xform_node *node, struct buf *ret);
/* The nearest repeat that it lies in, itself included; NULL. */
struct xform_node *xform_repeat_of(const struct xform_node *node);
/* All of a tree, from its root: parents before children, in document order; NULL after the last. */
const struct xform_node *xform_next_node(const struct xform_node *node);
const struct xform_control *xform_next_control(const struct xform_control *control);

#endif
