/*
 * scenarios.h - all of them; each is one struct in the file of its subject.
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <inttypes.h>

#include "faults.h"

#define SCENARIOS(X)                                                                               \
    X(save)                                                                                        \
    X(edit)                                                                                        \
    X(attach) X(resolve)                                      /* at_device.c */                    \
        X(push) X(serve) X(pull) X(merge) X(uplink) X(region) /* at_sync.c */

#define SCENARIO_DECLARE(name) extern const struct scenario scenario_##name;
SCENARIOS(SCENARIO_DECLARE)
#undef SCENARIO_DECLARE

#endif
