/*
 * zone.h: time zones by IANA name, from the system's database (/usr/share/zoneinfo), and fixed
 * offsets ('+05:30', 'GMT+1', 'Z', 'UTC'), as Spark accepts them.
 *
 * A Zone is immutable, cached for the life of the process, and may be shared by threads. The
 * process's own TZ is never looked at.
 */
#ifndef WEIR_COLUMN_ZONE_H
#define WEIR_COLUMN_ZONE_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

typedef struct Zone Zone;

const Zone *zone_utc(void);
/* False with class INVALID_TIMEZONE if there is none of that name. */
bool zone_find(Str name, const Zone **out, Error *err);
Str zone_name(const Zone *zone); /* As it was asked for. */

/* Local microseconds = utc_us + offset. */
int32_t zone_offset_s(const Zone *zone, int64_t utc_us);
int64_t zone_to_local(const Zone *zone, int64_t utc_us);
/* A local time that does not exist (spring) moves on by the gap; one that exists twice (autumn) is
 * the earlier instant: as java.time does. */
int64_t zone_to_utc(const Zone *zone, int64_t local_us);
/* The abbreviation in force ("PST"), static. */
const char *zone_abbreviation(const Zone *zone, int64_t utc_us);

#endif
