/*
 * planted.h: mistakes on purpose, so that a test can show that `weir verify` finds them.
 *
 * Builds for tests alone (WEIR_DEBUG) make them, where WEIR_PLANTED_MISTAKE names one: "sum", a sum that is
 * wrong now and then (expr/agg_sum.c); "join", rows of outer joins told as alone though they had a
 * partner (op/join_stream.c).
 */
#ifndef WEIR_BASE_PLANTED_H
#define WEIR_BASE_PLANTED_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

static inline bool planted_mistake(const char *name UNUSED)
{
#ifdef WEIR_DEBUG
    const char *planted = getenv("WEIR_PLANTED_MISTAKE");

    return UNLIKELY(planted != NULL) && strcmp(planted, name) == 0;
#else
    return false;
#endif
}

#endif
