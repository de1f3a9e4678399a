/*
 * The column `parameters`: "start=0 end=10; step=2" into what a question's control and bind carry.
 * What a kind of question doesn't know is told and left out; what it can't be is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "xlsform_inner.h"

/* ---- name=value */

/* The next pair of `*at`; false at the end. A word without "=" has no value. */
static bool next_pair(const char **at, struct span *ret_name, struct span *ret_value,
                      bool *ret_has_value)
{
    const char *name = *at + strspn(*at, " ;,\n\t");
    size_t size = strcspn(name, "= ;,\n\t");
    const char *value = name + size + strspn(name + size, " \t");
    if (*name == '\0') {
        return false;
    }
    *ret_has_value = *value == '=';
    value += *ret_has_value ? 1 + strspn(value + 1, " \t") : 0;
    size_t value_size = *ret_has_value ? strcspn(value, " ;,\n\t") : 0;
    *ret_name = span_from(name, size);
    *ret_value = span_from(value, value_size);
    *at = *ret_has_value ? value + value_size : name + size;
    return true;
}

/* Capitals of a name don't count; of two values the last does. */
const char *xls_parameter(struct xls *x, const char *parameters, const char *name)
{
    struct span here, value;
    bool has_value;
    const char *found = NULL;
    for (const char *at = parameters; at != NULL && next_pair(&at, &here, &value, &has_value);) {
        if (has_value && xls_same(xls_copy(x, here), name)) {
            found = xls_copy(x, value);
        }
    }
    return found;
}

/* ---- what a value may be */

static bool is_whole(const char *number)
{
    number += *number == '-' ? 1 : 0;
    return *number != '\0' && strspn(number, "0123456789") == strlen(number);
}

static bool is_decimal(const char *number)
{
    number += *number == '-' ? 1 : 0;
    size_t whole = strspn(number, "0123456789");
    size_t rest = number[whole] == '.' ? 1 + strspn(number + whole + 1, "0123456789") : 0;
    return whole + (rest > 0 ? rest - 1 : 0) > 0 && number[whole + rest] == '\0';
}

enum allowed { WHOLE, DECIMAL, TRUTH, SEED, ONE_OF, PACKAGE, COLUMN };

/* Kinds of questions, as a set. */
enum asker {
    OF_TEXT = 1,
    OF_IMAGE = 2,
    OF_AUDIO = 4,
    OF_BACKGROUND_AUDIO = 8,
    OF_POINT = 16,
    OF_LINE = 32, /* geotrace and geoshape */
    OF_RANGE = 64,
    OF_SELECT = 128,
    OF_FILE = 256, /* a select from a file */
    OF_AUDIT = 512
};

static const struct parameter {
    const char *name;
    unsigned of;
    enum allowed allowed;
    const char *words;     /* of ONE_OF, with a space around each */
    const char *attribute; /* it becomes one; NULL: read elsewhere */
    bool bind;             /* of the bind; else of the control */
} known[] = {
    {"rows", OF_TEXT, WHOLE, NULL, "rows", false},
    {"max-pixels", OF_IMAGE, WHOLE, NULL, "orx:max-pixels", true},
    {"app", OF_IMAGE, PACKAGE, NULL, "intent", false},
    {"quality", OF_AUDIO, ONE_OF, " voice-only low normal external ", "odk:quality", true},
    {"quality", OF_BACKGROUND_AUDIO, ONE_OF, " voice-only low normal ", "odk:quality", true},
    {"allow-mock-accuracy", OF_POINT | OF_LINE, TRUTH, NULL, "odk:allow-mock-accuracy", true},
    {"capture-accuracy", OF_POINT, DECIMAL, NULL, "accuracyThreshold", false},
    {"warning-accuracy", OF_POINT, DECIMAL, NULL, "unacceptableAccuracyThreshold", false},
    {"incremental", OF_LINE, ONE_OF, " true yes true() ", NULL, false},
    {"start", OF_RANGE, DECIMAL, NULL, NULL, false},
    {"end", OF_RANGE, DECIMAL, NULL, NULL, false},
    {"step", OF_RANGE, DECIMAL, NULL, NULL, false},
    {"tick_interval", OF_RANGE, DECIMAL, NULL, "odk:tick-interval", false},
    {"placeholder", OF_RANGE, DECIMAL, NULL, "odk:placeholder", false},
    {"randomize", OF_SELECT | OF_FILE, TRUTH, NULL, NULL, false},
    {"seed", OF_SELECT | OF_FILE, SEED, NULL, NULL, false},
    {"value", OF_FILE, COLUMN, NULL, NULL, false},
    {"label", OF_FILE, COLUMN, NULL, NULL, false},
    {"location-priority", OF_AUDIT, ONE_OF, " no-power low-power balanced high-accuracy ",
     "odk:location-priority", true},
    {"location-min-interval", OF_AUDIT, WHOLE, NULL, "odk:location-min-interval", true},
    {"location-max-age", OF_AUDIT, WHOLE, NULL, "odk:location-max-age", true},
    {"track-changes", OF_AUDIT, TRUTH, NULL, "odk:track-changes", true},
    {"identify-user", OF_AUDIT, TRUTH, NULL, "odk:identify-user", true},
    {"track-changes-reasons", OF_AUDIT, ONE_OF, " on-form-edit ", "odk:track-changes-reasons",
     true},
};

/* 0: of a kind that has no parameters, whose cell nobody reads. */
static unsigned asker_of(const struct xls_asked *asked)
{
    static const struct {
        const char *name;
        unsigned of;
    } kinds[] = {{"text", OF_TEXT},      {"string", OF_TEXT},
                 {"image/*", OF_IMAGE},  {"audio/*", OF_AUDIO},
                 {"geopoint", OF_POINT}, {"geotrace", OF_LINE},
                 {"geoshape", OF_LINE},  {"background-audio", OF_BACKGROUND_AUDIO},
                 {"range", OF_RANGE},    {"audit", OF_AUDIT}};
    if (asked->what == XLS_SELECT) {
        return asked->from_file ? OF_FILE : OF_SELECT;
    }
    const struct xls_type *type = asked->what == XLS_QUESTION ? asked->type : NULL;
    for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, type->name) == 0 ||
            (type->control == XFORM_UPLOAD && strcmp(kinds[i].name, type->detail) == 0) ||
            (kinds[i].of >= OF_POINT && kinds[i].of <= OF_LINE && type->shown &&
             strcmp(kinds[i].name, type->data) == 0)) {
            return kinds[i].of;
        }
    }
    return 0;
}

static bool is_word_of(const char *words, const char *value)
{
    size_t size = strlen(value);
    for (const char *at = words; size != 0 && *at != '\0'; at++) {
        if (*at == ' ' && strncmp(at + 1, value, size) == 0 && at[1 + size] == ' ') {
            return true;
        }
    }
    return false;
}

static bool fits(const struct parameter *parameter, const char *value)
{
    struct span name;
    switch (parameter->allowed) {
    case WHOLE:
        return is_whole(value);
    case DECIMAL:
        return is_decimal(value);
    case TRUTH:
        return xls_same(value, "true") || xls_same(value, "false");
    case SEED:
        return is_decimal(value) || xls_only_reference(span_of(value), &name);
    case ONE_OF:
        return is_word_of(parameter->words, value);
    case PACKAGE:
        return strchr(value, '.') != NULL && xls_is_name(value);
    case COLUMN:
    default:
        return xls_is_name(value);
    }
}

static const char *mend_of(struct xls *x, const struct parameter *parameter)
{
    switch (parameter->allowed) {
    case WHOLE:
        return xls_format(x, "write a whole number, as %s=5", parameter->name);
    case DECIMAL:
        return xls_format(x, "write a number, as %s=1", parameter->name);
    case TRUTH:
        return xls_format(x, "write %s=true or %s=false", parameter->name, parameter->name);
    case SEED:
        return "write a number or a reference, as seed=42 or seed=${number}";
    case ONE_OF:
        return xls_format(x, "write one of:%s", parameter->words);
    case PACKAGE:
        return "write the package of an application, as app=org.example.camera";
    case COLUMN:
    default:
        return xls_format(x, "write a column of the file, as %s=code", parameter->name);
    }
}

static const struct parameter *parameter_named(const char *name, unsigned of)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if ((known[i].of & of) != 0 && xls_same(known[i].name, name)) {
            return &known[i];
        }
    }
    return NULL;
}

/* All that the kind knows, for who wrote another. */
static const char *names_for(struct xls *x, unsigned of)
{
    const char *names = NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if ((known[i].of & of) != 0) {
            names = names == NULL ? known[i].name : xls_format(x, "%s, %s", names, known[i].name);
        }
    }
    return xls_format(x, "it knows: %s", names == NULL ? "none" : names);
}

/* Another application makes pictures, and annotates them; it signs and draws none. */
static bool is_apart(struct xls *x, const struct xls_item *item, const struct parameter *parameter)
{
    const char *appearance = xls_get(&x->survey, item->row, XLS_APPEARANCE);
    return parameter->allowed == PACKAGE && appearance != NULL && !xls_same(appearance, "annotate");
}

bool xls_check_parameters(struct xls *x, const struct xls_item *item)
{
    const char *at = xls_get(&x->survey, item->row, XLS_PARAMETERS);
    struct xls_where where = {&x->survey, item->row, XLS_PARAMETERS};
    unsigned of = asker_of(&item->asked);
    struct span name, value;
    bool has_value, right = true;
    while (at != NULL && of != 0 && next_pair(&at, &name, &value, &has_value)) {
        const char *text = xls_copy(x, name), *written = xls_copy(x, value);
        const struct parameter *parameter = parameter_named(text, of);
        if (!has_value) {
            xls_warning(x, where, "write name=value", "\"%s\" says nothing: it has no value", text);
        } else if (parameter == NULL) {
            xls_warning(x, where, names_for(x, of),
                        "the parameter \"%s\" has no effect in a question of this type", text);
        } else if (is_apart(x, item, parameter)) {
            xls_warning(x, where, "empty the appearance, or take the parameter away",
                        "%s has no effect beside this appearance", parameter->name);
        } else if (!fits(parameter, written)) {
            bool number = parameter->allowed == WHOLE || parameter->allowed == DECIMAL;
            xls_error(x, where, mend_of(x, parameter), "%s can't be \"%s\"%s", parameter->name,
                      written, number ? ": its values are numbers" : "");
            right = false;
        }
    }
    return right;
}

/* ---- into the form */

void xls_add_parameters(struct xls *x, const struct xls_item *item, struct xform_node *node,
                        struct xform_control *control)
{
    const char *parameters = xls_get(&x->survey, item->row, XLS_PARAMETERS);
    unsigned of = asker_of(&item->asked);
    for (size_t i = 0; parameters != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        bool its =
            (known[i].of & of) != 0 && known[i].attribute != NULL && !is_apart(x, item, &known[i]);
        const char *value = its ? xls_parameter(x, parameters, known[i].name) : NULL;
        if (value != NULL && known[i].bind) {
            xls_add_pair(x, &node->extras, known[i].attribute, value);
        } else if (value != NULL && control != NULL) {
            xls_add_pair(x, &control->extras, known[i].attribute, value);
        }
    }
    if (of == OF_LINE && control != NULL && xls_parameter(x, parameters, "incremental") != NULL) {
        xls_add_pair(x, &control->extras, "incremental", "true");
    }
}

static void check_range(struct xls *x, const struct xls_item *item)
{
    const struct xform_control *control = item->control;
    struct xls_where where = {&x->survey, item->row, XLS_PARAMETERS};
    double start = strtod(control->start, NULL), end = strtod(control->end, NULL);
    double step = strtod(control->step, NULL), width = end > start ? end - start : start - end;
    if (step == 0) {
        xls_error(x, where, "write a step, as step=1", "the step of a range can't be 0");
    } else if (step > width) {
        xls_error(x, where, "write a smaller step, or a wider range",
                  "the step %s is larger than the range from %s to %s", control->step,
                  control->start, control->end);
    }
}

void xls_read_range(struct xls *x, struct xls_item *item)
{
    const char *parameters = xls_get(&x->survey, item->row, XLS_PARAMETERS);
    static const char *const names[] = {"start", "end", "step", "tick_interval", "placeholder"};
    struct xform_control *control = item->control;
    const char *start = xls_parameter(x, parameters, "start");
    const char *end = xls_parameter(x, parameters, "end");
    const char *step = xls_parameter(x, parameters, "step");
    bool whole = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = xls_parameter(x, parameters, names[i]);
        /* 5.0 is as whole as 5 */
        whole = whole && (value == NULL || strtod(value, NULL) == (double)strtol(value, NULL, 10));
    }
    xls_bind(item->node, whole ? "int" : "decimal");
    control->start = start == NULL ? "1" : start;
    control->end = end == NULL ? "10" : end;
    control->step = step == NULL ? "1" : step;
    check_range(x, item);
}
