/*
 * node_build.h - when this version was made: a clock that says less is insane (design: trust).
 *
 * Set by hand at a release, not from the compiler's clock, so that builds are reproducible.
 */
#ifndef NODE_BUILD_H
#define NODE_BUILD_H

#define NODE_BUILD_MS 1793491200000LL /* 2026-11-01T00:00:00Z */

#endif
