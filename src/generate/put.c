#include "generate/put.h"

#include "os/os.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static char *put_two(char *p, unsigned value)
{
    return put_bytes(p, two_digits + (size_t)value * 2, 2);
}

char *put_uint64(char *p, uint64_t value)
{
    char digits[20];
    char *first = digits + sizeof digits;

    while (value >= 100) {
        first -= 2;
        memcpy(first, two_digits + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        first -= 2;
        memcpy(first, two_digits + value * 2, 2);
    } else {
        *--first = (char)('0' + value);
    }
    return put_bytes(p, first, (size_t)(digits + sizeof digits - first));
}

char *put_int64(char *p, int64_t value)
{
    if (value >= 0)
        return put_uint64(p, (uint64_t)value);
    return put_uint64(put_char(p, '-'), 0 - (uint64_t)value);
}

char *put_digits(char *p, uint64_t value, int width)
{
    for (int i = width; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + width;
}

char *put_hex64(char *p, uint64_t value)
{
    for (int i = 0; i < 16; i++)
        p[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    return p + 16;
}

char *put_decimal2(char *p, int64_t hundredths)
{
    uint64_t size = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;

    if (hundredths < 0)
        p = put_char(p, '-');
    p = put_uint64(p, size / 100);
    p = put_char(p, '.');
    return put_two(p, (unsigned)(size % 100));
}

/* ── calendar: days since 1970-01-01 and back, in the proleptic Gregorian calendar ───────────────
 */

/* Years run from March here, so that the leap day is a year's last; an era is 400 years. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

char *put_date(char *p, int64_t day)
{
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);

    p = put_digits(p, (uint64_t)year, 4);
    p = put_char(p, '-');
    p = put_two(p, (unsigned)month);
    p = put_char(p, '-');
    return put_two(p, (unsigned)(day_of_year - (153 * march_month + 2) / 5 + 1));
}

char *put_time_ms(char *p, int64_t time_us, char separator, DayText *cache)
{
    int64_t in_day_us = time_us % DAY_US;
    int64_t day = time_us / DAY_US;
    unsigned second;

    if (in_day_us < 0) {
        in_day_us += DAY_US;
        day--;
    }
    if (!cache->set || cache->day != day) {
        (void)put_date(cache->text, day);
        cache->day = day;
        cache->set = true;
    }
    second = (unsigned)(in_day_us / SECOND_US);
    p = put_bytes(p, cache->text, sizeof cache->text);
    p = put_char(p, separator);
    p = put_two(p, second / 3600);
    p = put_char(p, ':');
    p = put_two(p, second / 60 % 60);
    p = put_char(p, ':');
    p = put_two(p, second % 60);
    p = put_char(p, '.');
    return put_digits(p, (uint64_t)(in_day_us % SECOND_US / 1000), 3);
}

/* ── reading a time ────────────────────────────────────────────────────────────────────────────*/

/* Exactly `width` digits off the front of *rest. */
static bool take_digits(Str *rest, uint32_t width, int64_t *out)
{
    int64_t value = 0;

    if (rest->bytes < width)
        return false;
    for (uint32_t i = 0; i < width; i++) {
        if (rest->data[i] < '0' || rest->data[i] > '9')
            return false;
        value = value * 10 + (rest->data[i] - '0');
    }
    *rest = str_slice(*rest, width, rest->bytes);
    *out = value;
    return true;
}

static bool take_char(Str *rest, char c)
{
    if (rest->bytes == 0 || rest->data[0] != c)
        return false;
    *rest = str_slice(*rest, 1, rest->bytes);
    return true;
}

static bool take_date(Str *rest, int64_t *day)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year;
    int64_t month;
    int64_t day_of_month;
    bool leap;

    if (!take_digits(rest, 4, &year) || !take_char(rest, '-') || !take_digits(rest, 2, &month) ||
        !take_char(rest, '-') || !take_digits(rest, 2, &day_of_month))
        return false;
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day_of_month < 1 ||
        day_of_month > month_days[month - 1] + (month == 2 && leap))
        return false;
    *day = days_of_date(year, month, day_of_month);
    return true;
}

/* HH:MM[:SS[.fraction]] in microseconds. */
static bool take_clock(Str *rest, int64_t *clock_us)
{
    int64_t hour;
    int64_t minute;
    int64_t second = 0;
    int64_t fraction_us = 0;

    if (!take_digits(rest, 2, &hour) || !take_char(rest, ':') || !take_digits(rest, 2, &minute))
        return false;
    if (take_char(rest, ':') && !take_digits(rest, 2, &second))
        return false;
    if (take_char(rest, '.')) {
        int64_t digit;
        int64_t unit_us = SECOND_US / 10;

        if (!take_digits(rest, 1, &digit))
            return false;
        do {
            fraction_us += digit * unit_us;
            unit_us /= 10;
        } while (take_digits(rest, 1, &digit));
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *clock_us = ((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us;
    return true;
}

/* Nothing, Z, or +HH:MM. */
static bool take_zone(Str *rest, int64_t *offset_us)
{
    int64_t hour;
    int64_t minute;
    bool west = rest->bytes > 0 && rest->data[0] == '-';

    *offset_us = 0;
    if (rest->bytes == 0 || take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    if (!take_char(rest, '+') && !take_char(rest, '-'))
        return false;
    if (!take_digits(rest, 2, &hour) || !take_char(rest, ':') || !take_digits(rest, 2, &minute) ||
        hour > 18 || minute > 59)
        return false;
    *offset_us = (hour * 60 + minute) * 60 * SECOND_US * (west ? -1 : 1);
    return true;
}

bool time_parse(Str text, int64_t *time_us, Error *err)
{
    Str rest = text;
    int64_t day;
    int64_t clock_us = 0;
    int64_t offset_us = 0;
    int64_t result_us;

    if (str_is_nocase(text, "now")) {
        *time_us = os_realtime_us() / 1000 * 1000;
        return true;
    }
    if (!take_date(&rest, &day))
        goto bad;
    if (take_char(&rest, 'T') || take_char(&rest, ' ')) {
        if (!take_clock(&rest, &clock_us) || !take_zone(&rest, &offset_us))
            goto bad;
    }
    if (rest.bytes)
        goto bad;
    result_us = day * DAY_US + clock_us - offset_us;
    if (result_us < TIME_MIN_US || result_us > TIME_MAX_US)
        goto bad;
    *time_us = result_us;
    return true;

bad:
    return error_set(err, ERROR_USER, "'%.*s' is not a time; write 2026-01-31T12:00:00Z",
                     (int)MIN(text.bytes, 40u), text.data);
}
