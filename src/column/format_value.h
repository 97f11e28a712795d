/*
 * format_value.h: single values to text and back, as Spark casts them.
 *
 * One place for the text of numbers, dates, timestamps, intervals, decimals and nested values, used
 * by CAST, JSON, CSV, the store, the terminal and the tests. No allocation but in `out`.
 */
#ifndef WEIR_COLUMN_FORMAT_VALUE_H
#define WEIR_COLUMN_FORMAT_VALUE_H

#include "column/vector.h"
#include "column/zone.h"

/* CAST(value AS STRING) of a row that is not NULL: doubles as Java prints them, timestamps in `zone`
 * without trailing zeros, nested values as `[1, 2]`, `{a -> 1}`, `{1, x}` with null. */
void value_to_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone);

void double_to_text(StrBuf *out, double value); /* "1.0E10", "NaN", "-Infinity" */
void float_to_text(StrBuf *out, float value);
void decimal_to_text(StrBuf *out, Int128 unscaled, int scale); /* All digits, never an exponent. */
void date_to_text(StrBuf *out, int32_t days);
/* `2024-01-01 00:00:01.5`, of local microseconds (zone applied by the caller). */
void timestamp_to_text(StrBuf *out, int64_t local_us);
/* With 'T', `digits` fraction digits always, and no zone: for ISO texts. */
void timestamp_to_iso(StrBuf *out, int64_t local_us, int digits);
void zone_offset_to_text(StrBuf *out, int32_t offset_s); /* 'Z', '+05:30', '-00:01:15' */
/* ANSI form: INTERVAL '1-2' YEAR TO MONTH; bare, as Spark shows results: 1-2,
 * 1 02:03:04.500000000 (all units, whatever the type's). */
void interval_ym_to_text(StrBuf *out, int32_t months, const Type *type, bool bare);
void interval_dt_to_text(StrBuf *out, int64_t us, const Type *type, bool bare);
void interval_to_text(StrBuf *out, Interval value); /* "1 years 2 months 3 days" */
/* Of any of the three types, bare; and back (false: not such a text). `row` is of the data. */
void interval_value_to_text(StrBuf *out, const Vector *v, uint32_t row);
bool interval_value_add(VectorBuilder *b, Str text);

/* From text, white space around allowed, all as Spark's CAST reads it; false: not such a text.
 * Overflow is also false. */
bool text_to_int64(Str text, int64_t *out);
bool text_to_double(Str text, double *out); /* Also NaN, Infinity, 1e3, 1d, 1f. */
bool text_to_float(Str text, float *out);   /* Rounded once. */
bool text_to_decimal(Str text, int precision, int scale, Int128 *out); /* Rounds HALF_UP. */
bool text_to_bool(Str text, bool *out);     /* t true y yes 1 / f false n no 0 */
bool text_to_date(Str text, int32_t *out);  /* 2024, 2024-1, 2024-1-1, 2024-01-01T…, +12345-… */
/* Text with a zone of its own ('Z', '+05:30', ' Europe/London') overrides `zone`. */
bool text_to_timestamp(Str text, const Zone *zone, int64_t *out);
/* '10:11:12', 'T10:11', a zone behind it ("": none): a time of any day. */
bool text_to_time_of_day(Str text, int64_t *us, Str *zone);
bool text_to_timestamp_ntz(Str text, bool allow_zone, int64_t *out);
bool text_to_interval(Str text, Interval *out); /* '1 year 2 days', 'interval 1 month' */
/* The same, and what is wrong as Spark's error class; NULL: nothing. */
const char *interval_fault(Str text, Interval *out);
const char *interval_ym_fault(Str text, const Type *type, int32_t *out);
const char *interval_dt_fault(Str text, const Type *type, int64_t *out);
bool text_to_interval_ym(Str text, const Type *type, int32_t *out);
bool text_to_interval_dt(Str text, const Type *type, int64_t *out);

/* Decimal arithmetic's foundation: 10^n for 0 <= n <= 38; rounding HALF_UP to another scale (false:
 * out of the 38 digits); whether a value fits a precision. */
Int128 decimal_power10(int n);
bool decimal_rescale(Int128 value, int from_scale, int to_scale, Int128 *out);
bool decimal_fits(Int128 value, int precision);

/* The proleptic Gregorian calendar. Any month and day that exist, years within ±5,800,000. */
int32_t days_from_civil(int64_t year, int month, int day);
void civil_from_days(int32_t days, int32_t *year, int *month, int *day);
int days_in_month(int64_t year, int month);

#endif
