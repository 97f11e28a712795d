/*
 * datetime_pattern.h: Spark's datetime patterns ('yyyy-MM-dd HH:mm:ss'): java.time's letters, less
 * those Spark forbids.
 *
 *     G era              y year of era      M L month        d day            D day of year
 *     Q q quarter        E day of week      F (d-1)%7+1      a AM, PM
 *     H 0-23  k 1-24     K 0-11  h 1-12     m minute         s second         S fraction
 *     VV zone id         z zone name        O X x Z offset   'text'  ''  [optional]
 *
 * E, F, Q and q are for formatting only. A compiled pattern is immutable; it lives in its arena.
 */
#ifndef WEIR_EXPR_DATETIME_PATTERN_H
#define WEIR_EXPR_DATETIME_PATTERN_H

#include "base/error.h"
#include "base/str.h"
#include "column/zone.h"

typedef struct DatetimePattern DatetimePattern;

/* False: err has Spark's class (INVALID_DATETIME_PATTERN.…, INCONSISTENT_BEHAVIOR_…). */
bool datetime_pattern_compile(Arena *arena, Str text, bool parsing, const DatetimePattern **out,
                              Error *err);

/* Local time and its offset in `zone` (NULL: no zone; then zone letters are an error: false). */
bool datetime_pattern_format(const DatetimePattern *pattern, int64_t local_us, int32_t offset_s,
                             const Zone *zone, int64_t utc_us, StrBuf *out);

typedef struct ParsedTime {
    int64_t local_us;
    const Zone *zone; /* Of the text; NULL: it has none. */
} ParsedTime;

/* Missing parts are those of 1970-01-01 00:00:00. False: err->text says at which index it failed.
 */
bool datetime_pattern_parse(const DatetimePattern *pattern, Str text, ParsedTime *out, Error *err);

#endif
