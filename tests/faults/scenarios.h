/*
 * scenarios.h - all of them; each is one struct in the file of its subject.
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <inttypes.h>

#include "faults.h"

/* clang-format off */
#define SCENARIOS(X)                                                                               \
    X(save) X(edit) X(attach) X(resolve)                           /* at_device.c */               \
    X(push) X(serve) X(pull) X(merge) X(uplink) X(region)          /* at_sync.c */                 \
    X(commit) X(snapshot) X(backup) X(restore) X(collect)          /* at_server.c */               \
    X(export) X(import) X(answer) X(take)                          /* at_stick.c */                \
    X(init) X(enrol) X(admit) X(migrate) X(seal) X(key) X(origin)  /* at_home.c */                 \
    X(type) X(learn) X(redact) X(scrub) X(forget)                  /* at_office.c */
/* clang-format on */

#define SCENARIO_DECLARE(name) extern const struct scenario scenario_##name;
SCENARIOS(SCENARIO_DECLARE)
#undef SCENARIO_DECLARE

#endif
