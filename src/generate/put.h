/*
 * put.h: numbers, times and text written to memory by hand.
 *
 * A generated row is a hundred bytes of digits; printf would take most of its time. Every put_*
 * writes at `p` and returns the place behind what it wrote; the caller knows there is room.
 */
#ifndef WEIR_GENERATE_PUT_H
#define WEIR_GENERATE_PUT_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static inline char *put_bytes(char *p, const char *data, size_t bytes)
{
    memcpy(p, data, bytes);
    return p + bytes;
}

static inline char *put_str(char *p, Str text)
{
    return put_bytes(p, text.data, text.bytes);
}

static inline char *put_char(char *p, char c)
{
    *p = c;
    return p + 1;
}

#define PUT_LITERAL(p, literal) put_bytes((p), "" literal, sizeof(literal) - 1)

char *put_uint64(char *p, uint64_t value);
char *put_int64(char *p, int64_t value);
char *put_digits(char *p, uint64_t value,
                 int width);                     /* Leading zeros; the lowest `width` digits. */
char *put_hex64(char *p, uint64_t value);        /* 16 digits. */
char *put_decimal2(char *p, int64_t hundredths); /* -12.05 */

/* ── calendar ──────────────────────────────────────────────────────────────────────────────────*/

#define TIME_MIN_US INT64_C(-62135596800000000) /* 0001-01-01 00:00:00 */
#define TIME_MAX_US INT64_C(253402300799999999) /* 9999-12-31 23:59:59.999999 */

/* The text of the day last written: consecutive rows are mostly of one day. */
typedef struct DayText {
    int64_t day;   /* Since 1970; only with `bytes` set. */
    char text[10]; /* YYYY-MM-DD */
    bool set;
} DayText;

char *put_date(char *p, int64_t day); /* YYYY-MM-DD; years 1 to 9999. */
/* YYYY-MM-DD<separator>HH:MM:SS.mmm */
char *put_time_ms(char *p, int64_t time_us, char separator, DayText *cache);

/* `2026-01-31`, `2026-01-31T12:00:00`, with .fraction and Z or +HH:MM (none: UTC), or `now`. */
bool time_parse(Str text, int64_t *time_us, Error *err);

#endif
