/*
 * zone_parse.h: zones in the texts of timestamps, where an error needs no words.
 */
#ifndef WEIR_COLUMN_ZONE_PARSE_H
#define WEIR_COLUMN_ZONE_PARSE_H

#include <stdbool.h>

#include "column/zone.h"

/* 'Z', '+1', '-01:30', '+013000', 'UTC', 'GMT-8', … : a fixed distance from UTC. */
bool zone_parse_offset(Str text, int32_t *offset_s);
bool zone_find_quiet(Str name, const Zone **out);

#endif
