/*
 * edit_distance.h: how near two names are, for "did you mean".
 */
#ifndef WEIR_BASE_EDIT_DISTANCE_H
#define WEIR_BASE_EDIT_DISTANCE_H

#include <stdint.h>

#include "base/str.h"

/* Insertions, deletions, changes and swaps of neighbours that lead from a to b, ASCII case aside;
 * `limit` when it is that many or more. Names beyond 64 bytes are as far as can be. */
uint32_t edit_distance(Str a, Str b, uint32_t limit);

#endif
