#include "sim_counters.h"

#include <inttypes.h>
#include <stddef.h>

void counters_add(struct sim_counters *sum, const struct sim_counters *more)
{
#define SIM_COUNTER_ADD(name, must) sum->name += more->name;
    SIM_COUNTERS(SIM_COUNTER_ADD)
#undef SIM_COUNTER_ADD
}

void counters_print(const struct sim_counters *counters, FILE *out)
{
#define SIM_COUNTER_PRINT(name, must) (void)fprintf(out, " " #name "=%" PRIu64, counters->name);
    SIM_COUNTERS(SIM_COUNTER_PRINT)
#undef SIM_COUNTER_PRINT
}

const char *counters_missing(const struct sim_counters *counters)
{
    static const struct {
        const char *name;
        size_t offset;
        int must;
    } all[] = {
#define SIM_COUNTER_ROW(name, must) {#name, offsetof(struct sim_counters, name), must},
        SIM_COUNTERS(SIM_COUNTER_ROW)
#undef SIM_COUNTER_ROW
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const uint64_t *count =
            (const uint64_t *)(const void *)((const char *)counters + all[i].offset);
        if (all[i].must && *count == 0) {
            return all[i].name;
        }
    }
    return NULL;
}
