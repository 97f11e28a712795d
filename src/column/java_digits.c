/*
 * java_digits.c: see java_digits.h.
 *
 * The value is B / S (times a power of ten), M the distance to its neighbour's half. Each step takes a
 * digit off: q = B / S, B = 10 * (B mod S), M = 10 * M; it ends when B < M (what is left is too little
 * to matter: low) or B + M is beyond 10 * S (the next digit up is near enough: high). Small numbers are
 * kept in 128 bits, others in as many as they need.
 */
#include "column/java_digits.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "column/number_text.h"

enum { FRACTION_BITS = 52, LIMBS = 72 };

/* ── numbers of any size ───────────────────────────────────────────────────────────────────────*/

typedef struct Big {
    uint32_t limbs[LIMBS]; /* The lowest first. */
    int count;
} Big;

static void big_of(Big *b, uint64_t value)
{
    b->limbs[0] = (uint32_t)value;
    b->limbs[1] = (uint32_t)(value >> 32);
    b->count = b->limbs[1] ? 2 : b->limbs[0] ? 1 : 0;
}

static void big_multiply(Big *b, uint32_t by)
{
    uint64_t carry = 0;

    for (int i = 0; i < b->count; i++) {
        carry += (uint64_t)b->limbs[i] * by;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->limbs[b->count++] = (uint32_t)carry;
}

static void big_multiply_power5(Big *b, int power)
{
    for (; power >= 13; power -= 13)
        big_multiply(b, 1220703125u);
    for (; power > 0; power--)
        big_multiply(b, 5);
}

static void big_shift(Big *b, int bits)
{
    int words = bits / 32, rest = bits % 32;

    if (b->count == 0)
        return;
    memmove(b->limbs + words, b->limbs, (size_t)b->count * sizeof *b->limbs);
    memset(b->limbs, 0, (size_t)words * sizeof *b->limbs);
    b->count += words;
    if (rest)
        big_multiply(b, UINT32_C(1) << rest);
}

static int big_compare(const Big *a, const Big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--) {
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    }
    return 0;
}

static void big_add(Big *a, const Big *b)
{
    uint64_t carry = 0;
    int count = a->count > b->count ? a->count : b->count;

    for (int i = 0; i < count; i++) {
        carry += (uint64_t)(i < a->count ? a->limbs[i] : 0) + (i < b->count ? b->limbs[i] : 0);
        a->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    a->count = count;
    if (carry)
        a->limbs[a->count++] = (uint32_t)carry;
}

/* b <= a. */
static void big_subtract(Big *a, const Big *b)
{
    int64_t borrow = 0;

    for (int i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limbs[i] - (i < b->count ? (int64_t)b->limbs[i] : 0);
        a->limbs[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (a->count && a->limbs[a->count - 1] == 0)
        a->count--;
}

/* ── digits ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Digits {
    char *text;
    int count, exponent; /* Of the first digit: d.ddd * 10^exponent. */
} Digits;

/* What Java asks of the exponent before it decides whether to stop early. */
static bool needs_more(int exponent)
{
    return exponent < -3 || exponent >= 8;
}

static void round_up(Digits *d)
{
    int i = d->count - 1;

    while (i > 0 && d->text[i] == '9')
        d->text[i--] = '0';
    if (d->text[i] != '9') {
        d->text[i]++;
        return;
    }
    d->text[0] = '1';
    d->exponent++;
}

/* `half`: whether what is left is less than, as much as or more than half a unit. */
static void finish(Digits *d, bool low, bool high, int half)
{
    if (!high)
        return;
    if (!low || half > 0 || (half == 0 && (d->text[d->count - 1] & 1)))
        round_up(d);
}

static void first_digit(Digits *d, int q, bool *low, bool *high)
{
    if (q == 0 && !*high)
        d->exponent--;
    else
        d->text[d->count++] = (char)('0' + q);
    if (needs_more(d->exponent))
        *low = *high = false;
}

/* As a Java int or long holds it. */
static int64_t wrapped(uint64_t value, bool is_long)
{
    return is_long ? (int64_t)value : (int32_t)(uint32_t)value;
}

/* In Java's ints or longs, whose sums may run over: then the digit up is not seen to be near. */
static void digits_word(Digits *d, int64_t b, int64_t s, int64_t m, bool is_long)
{
    int64_t tens = wrapped((uint64_t)s * 10, is_long), twice;
    int q = (int)(b / s);
    bool low, high;

    b = wrapped((uint64_t)(b % s) * 10, is_long);
    m = wrapped((uint64_t)m * 10, is_long);
    low = b < m;
    high = wrapped((uint64_t)b + (uint64_t)m, is_long) > tens;
    first_digit(d, q, &low, &high);
    while (!low && !high) {
        q = (int)(b / s);
        b = wrapped((uint64_t)(b % s) * 10, is_long);
        m = wrapped((uint64_t)m * 10, is_long);
        low = m <= 0 || b < m;
        high = m <= 0 || wrapped((uint64_t)b + (uint64_t)m, is_long) > tens;
        d->text[d->count++] = (char)('0' + q);
    }
    twice = wrapped(((uint64_t)b << 1) - (uint64_t)tens, is_long);
    finish(d, low, high, twice < 0 ? -1 : twice > 0);
}

static void digits_small(Digits *d, UInt128 b, UInt128 s, UInt128 m)
{
    UInt128 tens = s * 10;
    int q = (int)(b / s);
    bool low, high;

    b = b % s * 10;
    m *= 10;
    low = b < m;
    high = b + m >= tens;
    first_digit(d, q, &low, &high);
    while (!low && !high) {
        q = (int)(b / s);
        b = b % s * 10;
        m *= 10;
        low = b < m;
        high = b + m >= tens;
        d->text[d->count++] = (char)('0' + q);
    }
    finish(d, low, high, b << 1 < tens ? -1 : b << 1 > tens);
}

/* The whole quotient, below 10, of b by s; b becomes ten times the rest. */
static int big_digit(Big *b, const Big *s)
{
    int q = 0;

    while (big_compare(b, s) >= 0) {
        big_subtract(b, s);
        q++;
    }
    big_multiply(b, 10);
    return q;
}

static bool big_high(const Big *b, const Big *m, const Big *tens)
{
    Big sum = *b;

    big_add(&sum, m);
    return big_compare(tens, &sum) <= 0;
}

static void digits_big(Digits *d, Big *b, Big *s, Big *m)
{
    Big tens = *s, twice;
    bool low, high;
    int q;

    big_multiply(&tens, 10);
    q = big_digit(b, s);
    big_multiply(m, 10);
    low = big_compare(b, m) < 0;
    high = big_high(b, m, &tens);
    first_digit(d, q, &low, &high);
    while (!low && !high) {
        q = big_digit(b, s);
        big_multiply(m, 10);
        low = big_compare(b, m) < 0;
        high = big_high(b, m, &tens);
        d->text[d->count++] = (char)('0' + q);
    }
    twice = *b;
    big_shift(&twice, 1);
    finish(d, low, high, big_compare(&twice, &tens));
}

/* ── a number's parts ──────────────────────────────────────────────────────────────────────────*/

/* log10 of the value, as Java guesses it: at most one too great. */
static int guess_exponent(uint64_t fraction, int binary_exponent)
{
    uint64_t bits = UINT64_C(1023) << FRACTION_BITS |
                    (fraction & ((UINT64_C(1) << FRACTION_BITS) - 1));
    double mantissa;

    memcpy(&mantissa, &bits, sizeof mantissa);
    return (int)floor((mantissa - 1.5) * 0.289529654 + 0.176091259 +
                      (double)binary_exponent * 0.301029995663981);
}

/* Of 2^p, how many last digits say nothing. */
static int vain_digits(int p)
{
    return p > 1 && p < 64 ? (int)((double)p * 0.30103) : 0;
}

static int bits_of_power5(int power)
{
    return power ? (int)((double)power * 2.321928094887362) + 1 : 0;
}

/* A whole number below 2^63: its digits, the last `vain` of them rounded away. */
static int whole_digits(uint64_t value, int vain, char *digits, int *point)
{
    uint64_t power = 1;
    int count;

    for (int i = 0; i < vain; i++)
        power *= 10;
    if (vain) {
        uint64_t rest = value % power;

        value /= power;
        value += rest >= power >> 1;
    }
    count = u64_to_digits(digits, value);
    *point = count + vain;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

/* The fraction with its highest bit at place FRACTION_BITS, the exponent of that bit, and how many
 * bits the number had. */
static uint64_t take_apart(double value, bool is_float, int *exponent, int *significant)
{
    uint64_t bits, fraction;

    memcpy(&bits, &value, sizeof bits);
    fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    *exponent = (int)(bits >> FRACTION_BITS);
    *significant = is_float ? 24 : 53;
    if (*exponent == 0) {
        int zeros = __builtin_clzll(fraction), shift = zeros - (63 - FRACTION_BITS);

        fraction <<= shift;
        *exponent = 1 - shift;
        *significant = 64 - zeros;
    } else {
        fraction |= UINT64_C(1) << FRACTION_BITS;
    }
    *exponent -= 1023;
    if (is_float && *exponent < -126) /* A float's own subnormal numbers. */
        *significant = 24 - (-126 - *exponent);
    return fraction;
}

int java_digits(double value, bool is_float, char digits[JAVA_DIGITS_MAX], int *point)
{
    int exponent, significant;
    uint64_t fraction = take_apart(value, is_float, &exponent, &significant);
    int zeros = __builtin_ctzll(fraction), fraction_bits = FRACTION_BITS + 1 - zeros;
    int tiny = fraction_bits - exponent - 1 > 0 ? fraction_bits - exponent - 1 : 0;
    int b2, b5, s2, s5, m2, common, b_bits, tens_bits;
    Digits d = {.text = digits};

    if (tiny == 0 && exponent <= 62) {
        int vain = exponent > significant ? vain_digits(exponent - significant - 1) : 0;

        return whole_digits(exponent >= FRACTION_BITS ? fraction << (exponent - FRACTION_BITS)
                                                      : fraction >> (FRACTION_BITS - exponent),
                            vain, digits, point);
    }
    d.exponent = guess_exponent(fraction, exponent);
    b5 = d.exponent < 0 ? -d.exponent : 0;
    b2 = b5 + tiny + exponent;
    s5 = d.exponent > 0 ? d.exponent : 0;
    s2 = s5 + tiny;
    m2 = b2 - significant;
    fraction >>= zeros;
    b2 -= fraction_bits - 1;
    common = b2 < s2 ? b2 : s2;
    b2 -= common;
    s2 -= common;
    m2 -= common;
    if (fraction_bits == 1) /* Below a power of two the next number is half as far. */
        m2--;
    if (m2 < 0) {
        b2 -= m2;
        s2 -= m2;
        m2 = 0;
    }
    b_bits = fraction_bits + b2 + bits_of_power5(b5);
    tens_bits = s2 + 1 + bits_of_power5(s5 + 1);
    if (b_bits < 120 && tens_bits < 120) {
        UInt128 b = fraction, s = 1, m = 1;

        for (int i = 0; i < b5; i++) {
            b *= 5;
            m *= 5;
        }
        for (int i = 0; i < s5; i++)
            s *= 5;
        if (b_bits < 64 && tens_bits < 64)
            digits_word(&d, (int64_t)(b << b2), (int64_t)(s << s2), (int64_t)(m << m2),
                        b_bits >= 32 || tens_bits >= 32);
        else
            digits_small(&d, b << b2, s << s2, m << m2);
    } else {
        Big b, s, m;

        big_of(&b, fraction);
        big_of(&s, 1);
        big_of(&m, 1);
        big_multiply_power5(&b, b5);
        big_multiply_power5(&m, b5);
        big_multiply_power5(&s, s5);
        big_shift(&b, b2);
        big_shift(&s, s2);
        big_shift(&m, m2);
        digits_big(&d, &b, &s, &m);
    }
    *point = d.exponent + 1;
    while (d.count > 1 && digits[d.count - 1] == '0')
        d.count--;
    return d.count;
}
