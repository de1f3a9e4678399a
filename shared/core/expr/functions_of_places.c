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
#define CROSSING_MAX   4000 /* points that intersects() compares, each segment with each */

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

/* Room for as many points as the texts have semicolons. */
static enum err make_room(struct evaluation *run, const struct span *texts, size_t count,
                          struct points *ret)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++) {
        room += count_points(texts[i]);
    }
    if (room > POINTS_MAX) {
        return diag_set(run->diag, ERR_TOO_LARGE, "points of a shape", "100000", NULL);
    }
    *ret = (struct points){.at = arena_array(run->arena, room, sizeof(struct point))};
    return ret->at == NULL ? ERR_NOMEM : OK;
}

static enum err texts_of(struct evaluation *run, const struct expr_value *values, size_t count,
                         struct span **ret, size_t *ret_count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++) {
        room += value_count(&values[i]);
    }
    *ret = arena_array(run->arena, room, sizeof(**ret));
    *ret_count = 0;
    enum err e = *ret == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; e == OK && j < value_count(&values[i]); j++) {
            struct expr_value one = value_at(&values[i], j);
            e = expr_to_text(&one, run->host, run->arena, &(*ret)[(*ret_count)++]);
        }
    }
    return e;
}

/* All points of the arguments, node sets of points or texts; none when any can't be read. */
static enum err evaluate_points(struct evaluation *run, struct expr *const *args, size_t count,
                                const struct focus *focus, struct points *ret)
{
    struct expr_value *values = arena_array(run->arena, count, sizeof(*values));
    struct span *texts = NULL;
    size_t text_count = 0;
    enum err e = values == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        e = evaluate(run, args[i], focus, &values[i]);
    }
    e = e != OK ? e : texts_of(run, values, count, &texts, &text_count);
    e = e != OK ? e : make_room(run, texts, text_count, ret);
    for (size_t i = 0; e == OK && i < text_count; i++) {
        if (!add_points(texts[i], ret)) {
            ret->count = 0;
            break;
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
    enum err e = evaluate_points(run, call->args, call->arg_count, focus, &points);
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
    enum err e = evaluate_points(run, call->args, call->arg_count, focus, &points);
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
    struct points shape;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    e = e != OK ? e : evaluate_points(run, call->args + 1, 1, focus, &shape);
    if (e == OK) {
        value_set_boolean(ret,
                          read_point(text, &point) && shape.count > 2 && inside(point, &shape));
    }
    return e;
}

/* Twice the area of the triangle, with a sign: on which side of a-b the point c lies. */
static double side_of(struct point a, struct point b, struct point c)
{
    return (b.longitude - a.longitude) * (c.latitude - a.latitude) -
           (b.latitude - a.latitude) * (c.longitude - a.longitude);
}

static bool within(double value, double a, double b)
{
    return value >= fmin(a, b) && value <= fmax(a, b);
}

static bool lies_on(struct point a, struct point b, struct point c)
{
    return side_of(a, b, c) == 0 && within(c.latitude, a.latitude, b.latitude) &&
           within(c.longitude, a.longitude, b.longitude);
}

static bool segments_meet(struct point a, struct point b, struct point c, struct point d)
{
    bool crosses =
        side_of(a, b, c) * side_of(a, b, d) < 0 && side_of(c, d, a) * side_of(c, d, b) < 0;
    return crosses || lies_on(a, b, c) || lies_on(a, b, d) || lies_on(c, d, a) || lies_on(c, d, b);
}

/* Do two segments that aren't neighbours meet? The ends of a closed line are neighbours. */
static bool crosses_itself(const struct points *line)
{
    size_t count = line->count < 2 ? 0 : line->count - 1; /* of segments */
    bool closed = count > 0 && line->at[0].latitude == line->at[count].latitude &&
                  line->at[0].longitude == line->at[count].longitude;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 2; j < count; j++) {
            bool neighbours = closed && i == 0 && j + 1 == count;
            if (!neighbours &&
                segments_meet(line->at[i], line->at[i + 1], line->at[j], line->at[j + 1])) {
                return true;
            }
        }
    }
    return false;
}

static enum err call_intersects(struct evaluation *run, const struct expr *call,
                                const struct focus *focus, struct expr_value *ret)
{
    struct points line;
    enum err e = evaluate_points(run, call->args, 1, focus, &line);
    if (e == OK && line.count > CROSSING_MAX) {
        return ERR_TOO_LARGE;
    }
    if (e == OK) {
        value_set_boolean(ret, crosses_itself(&line));
    }
    return e;
}

const struct expr_function functions_of_places[] = {
    {"area", 1, 1, call_area, false, NULL},
    {"distance", 1, -1, call_distance, false, NULL},
    {"enclosed-area", 1, 1, call_area, false, NULL},
    {"geofence", 2, 2, call_geofence, false, NULL},
    {"intersects", 1, 1, call_intersects, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
