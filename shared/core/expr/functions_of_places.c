/*
 * Distances and areas on a sphere of the Earth's equatorial radius, altitude ignored (ODK XForms,
 * area() and distance()). A point is "latitude longitude ..."; a trace or shape is points with
 * semicolons between them.
 */
#include <math.h>

#include "expr_inner.h"

#define EARTH_RADIUS_M 6378100.0
#define RADIANS        0.017453292519943295
#define POINTS_MAX     100000

struct point {
    double latitude, longitude; /* degrees */
};
struct points {
    struct point *at;
    size_t count;
};

static bool read_point(struct span text, struct point *ret)
{
    struct span part = {0};
    double numbers[2];
    for (size_t i = 0; i < 2; i++) {
        do {
            if (!span_split(&text, ' ', &part)) {
                return false;
            }
        } while (part.size == 0);
        if (!number_read(part, &numbers[i])) {
            return false;
        }
    }
    *ret = (struct point){numbers[0], numbers[1]};
    return fabs(ret->latitude) <= 90 && fabs(ret->longitude) <= 180;
}

static size_t count_points(struct span text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == ';' ? 1 : 0;
    }
    return count;
}

static bool is_space_only(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ' ') {
            return false;
        }
    }
    return true;
}

/* False for what is no list of points. */
static bool add_points(struct span text, struct points *points)
{
    struct span part;
    while (span_split(&text, ';', &part)) {
        if (is_space_only(part)) {
            continue;
        }
        if (!read_point(part, &points->at[points->count])) {
            return false;
        }
        points->count++;
    }
    return true;
}

/* All points of a node set of points, or of one text; none when any can't be read. */
static enum err evaluate_points(struct evaluation *run, const struct expr *call,
                                const struct focus *focus, struct points *ret)
{
    struct expr_value value;
    enum err e = OK;
    *ret = (struct points){0};
    size_t room = 0;
    for (int pass = 0; pass < 2 && e == OK; pass++) {
        for (size_t i = 0; e == OK && i < call->arg_count; i++) {
            e = evaluate(run, call->args[i], focus, &value);
            size_t count = e == OK && value.type == EXPR_NODES ? value.node_count : 1;
            for (size_t j = 0; e == OK && j < count; j++) {
                struct expr_value one = value;
                struct span text;
                one.nodes = value.type == EXPR_NODES ? &value.nodes[j] : NULL;
                one.node_count = one.nodes != NULL ? 1 : 0;
                e = expr_to_text(&one, run->host, run->arena, &text);
                if (e == OK && pass == 0) {
                    room += count_points(text);
                } else if (e == OK && !add_points(text, ret)) {
                    ret->count = 0;
                    return OK;
                }
            }
        }
        if (e == OK && pass == 0) {
            ret->at =
                room > POINTS_MAX ? NULL : arena_array(run->arena, room, sizeof(struct point));
            e = ret->at != NULL ? OK
                : room > POINTS_MAX
                    ? diag_set(run->diag, ERR_TOO_LARGE, "points of a shape", "100000", NULL)
                    : ERR_NOMEM;
        }
    }
    return e;
}

static double distance_between(struct point a, struct point b)
{
    double half_up = sin((b.latitude - a.latitude) * RADIANS / 2);
    double half_across = sin((b.longitude - a.longitude) * RADIANS / 2);
    double chord = half_up * half_up + cos(a.latitude * RADIANS) * cos(b.latitude * RADIANS) *
                                           half_across * half_across;
    return 2 * EARTH_RADIUS_M * asin(fmin(1, sqrt(chord)));
}

static enum err call_distance(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct points points;
    enum err e = evaluate_points(run, call, focus, &points);
    double metres = 0;
    for (size_t i = 1; e == OK && i < points.count; i++) {
        metres += distance_between(points.at[i - 1], points.at[i]);
    }
    if (e == OK) {
        value_set_number(ret, metres);
    }
    return e;
}

static enum err call_area(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    struct points points;
    enum err e = evaluate_points(run, call, focus, &points);
    double sum = 0;
    for (size_t i = 0; e == OK && points.count > 2 && i < points.count; i++) {
        struct point a = points.at[i], b = points.at[(i + 1) % points.count];
        sum += (b.longitude - a.longitude) * RADIANS *
               (2 + sin(a.latitude * RADIANS) + sin(b.latitude * RADIANS));
    }
    if (e == OK) {
        value_set_number(ret, fabs(sum * EARTH_RADIUS_M * EARTH_RADIUS_M / 2));
    }
    return e;
}

/* Is the point inside of the shape? By how often a line from it to the north crosses the border. */
static bool inside(struct point point, const struct points *shape)
{
    bool is_inside = false;
    for (size_t i = 0; i < shape->count; i++) {
        struct point a = shape->at[i], b = shape->at[(i + 1) % shape->count];
        bool crosses = (a.longitude > point.longitude) != (b.longitude > point.longitude);
        if (crosses && point.latitude < (b.latitude - a.latitude) *
                                                (point.longitude - a.longitude) /
                                                (b.longitude - a.longitude) +
                                            a.latitude) {
            is_inside = !is_inside;
        }
    }
    return is_inside;
}

static enum err call_geofence(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    struct point point;
    struct expr of_shape = *call;
    of_shape.args = call->args + 1;
    of_shape.arg_count = 1;
    struct points shape;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    e = e != OK ? e : evaluate_points(run, &of_shape, focus, &shape);
    if (e == OK) {
        value_set_boolean(ret,
                          read_point(text, &point) && shape.count > 2 && inside(point, &shape));
    }
    return e;
}

const struct expr_function functions_of_places[] = {
    {"area", 1, 1, call_area, false},
    {"distance", 1, -1, call_distance, false},
    {"enclosed-area", 1, 1, call_area, false},
    {"geofence", 2, 2, call_geofence, false},
    {NULL, 0, 0, NULL, false},
};
