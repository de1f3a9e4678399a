#include "scenarios.h"

const struct scenario *const scenarios[] = {
#define SCENARIO_ROW(name) &scenario_##name,
    SCENARIOS(SCENARIO_ROW)
#undef SCENARIO_ROW
};
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];
