/*
 * small_town.h - a town (test_town.h) whose organisation has published little: definitions are read
 * anew after each failure, and a fuzzer fails most of the time.
 */
#ifndef SMALL_TOWN_H
#define SMALL_TOWN_H

#undef DOUAR_SCHEMA
#define DOUAR_SCHEMA FUZZ_SCHEMA

#include "test_forge.h"
#include "test_town.h"

#endif
