/*
 * text_number.c: integers, floating-point numbers and booleans to text and back (format_value.h).
 *
 * Floating-point numbers are printed as Java 17's Double.toString prints them, from the common to the
 * rare:
 *  1. An integer below 2^53 (of a float: 2^24) is its own digits.
 *  2. So is a price: a whole number of tenths, hundredths or thousandths.
 *  3. All others: java_digits.h.
 */
#include "column/format_value.h"
#include "column/java_digits.h"
#include "column/number_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

/* ── integers ──────────────────────────────────────────────────────────────────────────────────*/

int u64_to_digits(char *out, uint64_t value)
{
    char digits[20];
    int at = 20;
    int count;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    count = 20 - at;
    memcpy(out, digits + at, (size_t)count);
    return count;
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

Str text_trim(Str text)
{
    while (text.bytes > 0 && is_space(text.data[0]))
        text = (Str){text.data + 1, text.bytes - 1};
    while (text.bytes > 0 && is_space(text.data[text.bytes - 1]))
        text.bytes--;
    return text;
}

bool text_to_int64(Str text, int64_t *out)
{
    uint64_t value = 0;
    uint32_t at = 0;
    bool negative;

    text = text_trim(text);
    negative = text.bytes > 0 && text.data[0] == '-';
    if (text.bytes > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        at++;
    if (at == text.bytes)
        return false;
    for (; at < text.bytes; at++) {
        unsigned digit = (unsigned char)text.data[at] - (unsigned)'0';

        if (digit > 9 || value > UINT64_MAX / 10 - 1)
            return false;
        value = value * 10 + digit;
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = (int64_t)(negative ? 0 - value : value);
    return true;
}

bool text_to_bool(Str text, bool *out)
{
    static const char *const yes[] = {"true", "t", "yes", "y", "1"};
    static const char *const no[] = {"false", "f", "no", "n", "0"};

    text = text_trim(text);
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (str_is_nocase(text, yes[i])) {
            *out = true;
            return true;
        }
        if (str_is_nocase(text, no[i])) {
            *out = false;
            return true;
        }
    }
    return false;
}

/* ── scanning a number ─────────────────────────────────────────────────────────────────────────*/

enum { DIGITS_MAX = 38 };

static void number_add_digit(NumberText *n, unsigned digit, bool behind_point)
{
    if (n->digit_count == 0 && digit == 0) {
        n->exponent -= behind_point;
        return;
    }
    if (n->digit_count < DIGITS_MAX) {
        n->digits = n->digits * 10 + digit;
        n->exponent -= behind_point;
        n->digit_count++;
        return;
    }
    if (n->digit_count == DIGITS_MAX) {
        n->digit_count++; /* One past the end: next_digit is taken. */
        n->next_digit = (uint8_t)digit;
    }
    n->more_digits = n->more_digits || digit != 0;
    n->exponent += !behind_point;
}

static bool scan_exponent(Str text, uint32_t at, int32_t *out)
{
    int32_t exponent = 0;
    bool negative = false;

    if (at < text.bytes && (text.data[at] == '-' || text.data[at] == '+'))
        negative = text.data[at++] == '-';
    if (at == text.bytes)
        return false;
    for (; at < text.bytes; at++) {
        unsigned digit = (unsigned char)text.data[at] - (unsigned)'0';

        if (digit > 9)
            return false;
        exponent = MIN(exponent * 10 + (int32_t)digit, (int32_t)NUMBER_EXPONENT_MAX);
    }
    *out = negative ? -exponent : exponent;
    return true;
}

bool number_scan(Str text, NumberText *out)
{
    NumberText n = {.text = text};
    uint32_t at = 0;
    bool any = false;
    bool point = false;

    if (text.bytes > NUMBER_EXPONENT_MAX)
        return false;
    if (at < text.bytes && (text.data[at] == '-' || text.data[at] == '+'))
        n.negative = text.data[at++] == '-';
    for (; at < text.bytes; at++) {
        unsigned digit = (unsigned char)text.data[at] - (unsigned)'0';

        if (digit <= 9) {
            number_add_digit(&n, digit, point);
            any = true;
        } else if (text.data[at] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (at < text.bytes) {
        int32_t exponent;

        if ((text.data[at] | 0x20) != 'e' || !scan_exponent(text, at + 1, &exponent))
            return false;
        n.exponent = MAX(MIN(n.exponent + exponent, (int32_t)NUMBER_EXPONENT_MAX),
                         -(int32_t)NUMBER_EXPONENT_MAX);
    }
    n.digit_count = MIN(n.digit_count, (uint8_t)DIGITS_MAX);
    *out = n;
    return true;
}

/* ── text to floating point ────────────────────────────────────────────────────────────────────*/

static const double double_powers10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { STRTOD_BYTES = 1200, STRTOD_DIGITS = 800 };

/* The scanned text as strtod can read it: NUL-terminated, and of bounded length: 768 significant
 * digits and whether there is anything behind them decide any double. */
static const char *number_to_c(const NumberText *n, char buffer[STRTOD_BYTES])
{
    int32_t exponent = 0;
    int kept = 0;
    size_t bytes = 0;
    bool point = false;
    bool sticky = false;

    if (n->text.bytes < STRTOD_BYTES) {
        memcpy(buffer, n->text.data, n->text.bytes);
        buffer[n->text.bytes] = '\0';
        return buffer;
    }
    if (n->negative)
        buffer[bytes++] = '-';
    for (uint32_t i = 0; i < n->text.bytes; i++) {
        char c = n->text.data[i];

        if ((c | 0x20) == 'e') {
            int32_t given = 0;

            (void)scan_exponent(n->text, i + 1, &given);
            exponent += given;
            break;
        }
        if (c == '.')
            point = true;
        if (c < '0' || c > '9')
            continue;
        if (kept == STRTOD_DIGITS) {
            sticky = sticky || c != '0';
            exponent += !point;
            continue;
        }
        if (kept > 0 || c != '0') {
            buffer[bytes++] = c;
            kept++;
        }
        exponent -= point;
    }
    buffer[bytes++] = sticky ? '1' : '0';
    (void)snprintf(buffer + bytes, STRTOD_BYTES - bytes, "e%d", exponent - 1);
    return buffer;
}

double number_to_double(const NumberText *n)
{
    char buffer[STRTOD_BYTES];

    if (n->digit_count == 0)
        return n->negative ? -0.0 : 0.0;
    if (n->digits <= (uint64_t)1 << 53 && !n->more_digits && n->exponent >= -22 &&
        n->exponent <= 22) {
        /* Both are exact, so one rounding happens. */
        double value = (double)(uint64_t)n->digits;

        value = n->exponent < 0 ? value / double_powers10[-n->exponent]
                                : value * double_powers10[n->exponent];
        return n->negative ? -value : value;
    }
    return strtod(number_to_c(n, buffer), NULL);
}

float number_to_float(const NumberText *n)
{
    char buffer[STRTOD_BYTES];

    if (n->digit_count == 0)
        return n->negative ? -0.0f : 0.0f;
    return strtof(number_to_c(n, buffer), NULL);
}

static bool special_double(Str text, double *out)
{
    bool negative = text.bytes > 0 && text.data[0] == '-';

    if (str_is_nocase(text, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (text.bytes > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = str_slice(text, 1, text.bytes);
    if (str_is_nocase(text, "infinity") || str_is_nocase(text, "inf")) {
        *out = negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return false;
}

/* Trims, and takes off Java's suffix (1d, 1F). */
static bool scan_float(Str text, NumberText *out)
{
    if (text.bytes > 1) {
        char last = (char)(text.data[text.bytes - 1] | 0x20);

        if (last == 'd' || last == 'f')
            text.bytes--;
    }
    return number_scan(text, out);
}

bool text_to_double(Str text, double *out)
{
    NumberText number;

    text = text_trim(text);
    if (!scan_float(text, &number))
        return special_double(text, out);
    *out = number_to_double(&number);
    return true;
}

bool text_to_float(Str text, float *out)
{
    NumberText number;
    double special;

    text = text_trim(text);
    if (scan_float(text, &number)) {
        *out = number_to_float(&number);
        return true;
    }
    if (!special_double(text, &special))
        return false;
    *out = (float)special;
    return true;
}

/* ── floating point to text ────────────────────────────────────────────────────────────────────*/

/* `count` digits d1d2… of the value 0.d1d2… * 10^point, to Java's layout. */
static void add_digits(StrBuf *out, bool negative, const char *digits, int count, int point)
{
    char text[64];
    int at = 0;

    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (negative)
        text[at++] = '-';
    if (point > -3 && point <= 0) { /* 0.001 <= value < 1 */
        text[at++] = '0';
        text[at++] = '.';
        for (int i = point; i < 0; i++)
            text[at++] = '0';
        memcpy(text + at, digits, (size_t)count);
        at += count;
    } else if (point > 0 && point <= 7) { /* 1 <= value < 10^7 */
        for (int i = 0; i < point; i++)
            text[at++] = i < count ? digits[i] : '0';
        text[at++] = '.';
        if (count > point) {
            memcpy(text + at, digits + point, (size_t)(count - point));
            at += count - point;
        } else {
            text[at++] = '0';
        }
    } else {
        text[at++] = digits[0];
        text[at++] = '.';
        if (count > 1) {
            memcpy(text + at, digits + 1, (size_t)(count - 1));
            at += count - 1;
        } else {
            text[at++] = '0';
        }
        text[at++] = 'E';
        if (point < 1)
            text[at++] = '-';
        at += u64_to_digits(text + at, (uint64_t)abs(point - 1));
    }
    strbuf_add(out, text, (size_t)at);
}

/* What is no finite number other than zero; false: it is one. */
static bool add_special(StrBuf *out, double value)
{
    if (isnan(value))
        strbuf_add_c(out, "NaN");
    else if (isinf(value))
        strbuf_add_c(out, value < 0 ? "-Infinity" : "Infinity");
    else if (value == 0)
        strbuf_add_c(out, signbit(value) ? "-0.0" : "0.0");
    else
        return false;
    return true;
}

/* A shortcut for prices: up to three digits behind the point and at most 15 in all that read back are
 * what Java prints. */
static int cents_digits(double value, char *digits, int *point)
{
    static const double powers10[] = {10, 100, 1000};

    for (int k = 0; k < 3 && value < 1e11; k++) {
        uint64_t m = (uint64_t)(value * powers10[k] + 0.5);

        if ((double)m / powers10[k] == value) {
            int count = u64_to_digits(digits, m);

            *point = count - k - 1;
            return count;
        }
    }
    return 0;
}

/* Steps 1 and 2; 0 when neither gives an answer. */
static int simple_digits(double value, bool is_float, char *digits, int *point)
{
    uint64_t whole;

    if (value >= (is_float ? 0x1p24 : 0x1p53) || value < 1e-10)
        return 0;
    whole = (uint64_t)value;
    if ((double)whole == value) {
        *point = u64_to_digits(digits, whole);
        return *point;
    }
    return is_float ? 0 : cents_digits(value, digits, point);
}

static void add_floating(StrBuf *out, double value, bool is_float)
{
    char digits[JAVA_DIGITS_MAX];
    double positive = fabs(value);
    int point;
    int count;

    if (add_special(out, value))
        return;
    count = simple_digits(positive, is_float, digits, &point);
    if (count == 0)
        count = java_digits(positive, is_float, digits, &point);
    add_digits(out, value < 0, digits, count, point);
}

void double_to_text(StrBuf *out, double value)
{
    add_floating(out, value, false);
}

void float_to_text(StrBuf *out, float value)
{
    add_floating(out, (double)value, true);
}
