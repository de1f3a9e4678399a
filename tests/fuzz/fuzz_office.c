/*
 * What an office reads that people or strangers wrote: CSV of places, its configuration, and of a
 * request what HTTP's head says. The first byte chooses.
 */
#include <string.h>

#include "csv_read.h"
#include "fuzz.h"
#include "routes.h"
#include "server_config.h"
#include "throttle.h"

enum target { CSV, CONFIG, HEAD, TARGETS };

#define OUT_MAX (1u << 20)

static void try_csv(struct span text, struct arena *arena)
{
    struct span rest = text;
    struct csv_row head = {.count = 0}, row;
    bool found = true;
    if (csv_read_row(&rest, arena, &head, &found) != OK) {
        return;
    }
    while (found) {
        size_t left = rest.size;
        if (csv_read_row(&rest, arena, &row, &found) != OK) {
            return;
        }
        fuzz_insist(!found || (rest.size < left && row.count <= CSV_CELLS_MAX));
        (void)csv_cell_of(&head, &row, "code");
    }
}

/* What was read is written and read again. */
static void try_config(struct span text)
{
    struct server_config config, again;
    struct diag diag = {0};
    struct buf out;
    buf_init(&out, fuzz_mem(), OUT_MAX);
    enum err e = server_config_read(text, "f", &config, &diag);
    fuzz_insist(e == diag.code);
    if (e == OK) {
        server_config_write(&config, &out);
        fuzz_insist(buf_error(&out) == OK);
        fuzz_insist(server_config_read(buf_span(&out), "f", &again, &diag) == OK);
        fuzz_insist(strcmp(config.name, again.name) == 0 && strcmp(config.url, again.url) == 0 &&
                    config.port == again.port && config.zone_minutes == again.zone_minutes);
    }
    buf_release(&out);
}

/* Method, path, content type, address: one a line. */
static void try_head(struct span text)
{
    struct span rest = text, method = {0}, path = {0}, type = {0};
    const struct route *route = NULL;
    struct diag diag = {0};
    (void)(span_split(&rest, '\n', &method) && span_split(&rest, '\n', &path) &&
           span_split(&rest, '\n', &type));
    if (route_find(method, path, &route, &diag) == OK) {
        fuzz_insist(span_is(path, route->path) && span_is(method, route->method));
        (void)!route_check_media(route, type, &diag);
    }
    for (size_t i = 0; i < route_count; i++) {
        (void)!route_check_media(&routes[i], type, &diag);
        (void)!route_check_size(&routes[i], rest.size, &diag);
    }
    fuzz_insist(throttle_network(rest).size <= rest.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    struct span input = span_from(data + 1, size - 1);
    arena_init(&arena, fuzz_mem(), FUZZ_ARENA_MAX);
    switch ((enum target)(data[0] % TARGETS)) {
    case CSV:
        try_csv(input, &arena);
        break;
    case CONFIG:
        try_config(input);
        break;
    case HEAD:
    case TARGETS:
        try_head(input);
        break;
    }
    arena_release(&arena);
    return 0;
}
