/*
 * decimal_math.c: decimals of 38 digits multiplied and divided exactly (decimal_math.h).
 *
 * Most values fit 128 bits on the way too, and take the first branch. Else magnitudes are held in
 * LIMBS 64-bit limbs: 10^38 * 10^38 * 10^38 is below 2^379.
 */
#include "expr/decimal_math.h"

#include <string.h>

#include "base/assert.h"

enum { LIMBS = 6 };

typedef struct Wide {
    uint64_t limbs[LIMBS]; /* Lowest first. */
} Wide;

static UInt128 magnitude(Int128 value)
{
    return value < 0 ? -(UInt128)value : (UInt128)value;
}

static Wide wide_of(UInt128 value)
{
    return (Wide){{(uint64_t)value, (uint64_t)(value >> 64)}};
}

static bool wide_fits(const Wide *w)
{
    return (w->limbs[2] | w->limbs[3] | w->limbs[4] | w->limbs[5]) == 0 && !(w->limbs[1] >> 63);
}

static UInt128 wide_low(const Wide *w)
{
    return (UInt128)w->limbs[1] << 64 | w->limbs[0];
}

/* What does not fit LIMBS is lost; callers stay below (see above). */
static Wide wide_multiply(const Wide *a, UInt128 b)
{
    uint64_t b_limbs[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    Wide out = {{0}};

    for (int j = 0; j < 2; j++) {
        uint64_t carry = 0;

        for (int i = 0; i + j < LIMBS; i++) {
            UInt128 sum = (UInt128)a->limbs[i] * b_limbs[j] + out.limbs[i + j] + carry;

            out.limbs[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
    }
    return out;
}

/* Bit by bit: rare, and short enough to be believed. divisor < 2^127. */
static Wide wide_divide(const Wide *a, UInt128 divisor, UInt128 *remainder)
{
    Wide quotient = {{0}};
    UInt128 rest = 0;

    for (int bit = LIMBS * 64 - 1; bit >= 0; bit--) {
        rest = rest << 1 | (a->limbs[bit / 64] >> (bit % 64) & 1);
        if (rest >= divisor) {
            rest -= divisor;
            quotient.limbs[bit / 64] |= (uint64_t)1 << (bit % 64);
        }
    }
    *remainder = rest;
    return quotient;
}

static Wide wide_power10(Wide w, int n)
{
    while (n > 0) {
        int step = MIN(n, 38);

        w = wide_multiply(&w, (UInt128)decimal_power10(step));
        n -= step;
    }
    return w;
}

/* numerator / divisor, rounded half up by magnitude, with the sign put back. */
static bool wide_round(const Wide *numerator, UInt128 divisor, bool negative, Int128 *out)
{
    UInt128 rest, low;
    Wide quotient = wide_divide(numerator, divisor, &rest);

    if (!wide_fits(&quotient))
        return false;
    low = wide_low(&quotient) + (rest >= divisor - rest);
    if (low >= (UInt128)decimal_power10(38))
        return false;
    *out = negative ? -(Int128)low : (Int128)low;
    return true;
}

bool decimal_multiply(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out)
{
    int drop = a_scale + b_scale - scale;
    Int128 product;
    Wide wide;

    if (!__builtin_mul_overflow(a, b, &product))
        return decimal_rescale(product, a_scale + b_scale, scale, out) &&
               decimal_fits(*out, DECIMAL_PRECISION_MAX);
    wide = wide_of(magnitude(a));
    wide = wide_multiply(&wide, magnitude(b));
    ASSERT(drop >= 0);
    /* At most 38 digits can be dropped in one division; more only by scales above 38. */
    if (drop > 38)
        return false;
    return wide_round(&wide, (UInt128)decimal_power10(drop), (a < 0) != (b < 0), out);
}

bool decimal_divide(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out)
{
    int shift = scale + b_scale - a_scale;
    bool negative = (a < 0) != (b < 0);
    Wide wide = wide_of(magnitude(a));

    if (shift >= 0 && shift <= 38) {
        Int128 numerator;

        if (!__builtin_mul_overflow(a, decimal_power10(shift), &numerator)) {
            UInt128 n = magnitude(numerator), d = magnitude(b);
            UInt128 quotient = n / d, rest = n % d;

            quotient += rest >= d - rest;
            *out = negative ? -(Int128)quotient : (Int128)quotient;
            return decimal_fits(*out, DECIMAL_PRECISION_MAX);
        }
    }
    if (shift < 0) {
        /* Fewer digits than a has: divide by b * 10^-shift; only for scales no plan makes. */
        Int128 rescaled;

        if (!decimal_rescale(b, 0, -shift, &rescaled))
            return false;
        return wide_round(&wide, magnitude(rescaled), negative, out);
    }
    wide = wide_power10(wide, shift);
    return wide_round(&wide, magnitude(b), negative, out);
}

/* Both at the larger scale, as magnitudes of up to 76 digits. */
static void wide_align(Int128 a, int a_scale, Int128 b, int b_scale, Wide *wide_a, Wide *wide_b)
{
    int scale = MAX(a_scale, b_scale);

    *wide_a = wide_power10(wide_of(magnitude(a)), scale - a_scale);
    *wide_b = wide_power10(wide_of(magnitude(b)), scale - b_scale);
}

static int wide_compare(const Wide *a, const Wide *b)
{
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    }
    return 0;
}

static Wide wide_add(const Wide *a, const Wide *b)
{
    Wide out;
    uint64_t carry = 0;

    for (int i = 0; i < LIMBS; i++) {
        UInt128 sum = (UInt128)a->limbs[i] + b->limbs[i] + carry;

        out.limbs[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return out;
}

static Wide wide_subtract(const Wide *a, const Wide *b) /* a >= b */
{
    Wide out;
    uint64_t borrow = 0;

    for (int i = 0; i < LIMBS; i++) {
        UInt128 left = a->limbs[i], right = (UInt128)b->limbs[i] + borrow;

        out.limbs[i] = (uint64_t)(left - right);
        borrow = left < right;
    }
    return out;
}

static bool align(Int128 a, int a_scale, Int128 b, int b_scale, Int128 *a_out, Int128 *b_out)
{
    int scale = MAX(a_scale, b_scale);

    return decimal_rescale(a, a_scale, scale, a_out) && decimal_rescale(b, b_scale, scale, b_out);
}

bool decimal_add(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out)
{
    int wide_scale = MAX(a_scale, b_scale);
    Int128 x, y, sum;
    Wide wide_a, wide_b;
    int order;

    if (align(a, a_scale, b, b_scale, &x, &y) && !__builtin_add_overflow(x, y, &sum))
        return decimal_rescale(sum, wide_scale, scale, out) &&
               decimal_fits(*out, DECIMAL_PRECISION_MAX);
    wide_align(a, a_scale, b, b_scale, &wide_a, &wide_b);
    order = wide_compare(&wide_a, &wide_b);
    if ((a < 0) == (b < 0)) {
        wide_a = wide_add(&wide_a, &wide_b);
        return wide_round(&wide_a, (UInt128)decimal_power10(wide_scale - scale), a < 0, out);
    }
    wide_a = order >= 0 ? wide_subtract(&wide_a, &wide_b) : wide_subtract(&wide_b, &wide_a);
    return wide_round(&wide_a, (UInt128)decimal_power10(wide_scale - scale),
                      order >= 0 ? a < 0 : b < 0, out);
}

bool decimal_remainder(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out)
{
    int wide_scale = MAX(a_scale, b_scale);
    Int128 x, y;
    Wide wide_a, wide_b;

    if (align(a, a_scale, b, b_scale, &x, &y))
        return decimal_rescale(x % y, wide_scale, scale, out);
    wide_align(a, a_scale, b, b_scale, &wide_a, &wide_b);
    /* Where the divisor alone is past 128 bits, it is past the dividend too. */
    if (wide_fits(&wide_b)) {
        UInt128 rest;

        wide_divide(&wide_a, wide_low(&wide_b), &rest);
        return decimal_rescale(a < 0 ? -(Int128)rest : (Int128)rest, wide_scale, scale, out);
    }
    if (wide_compare(&wide_a, &wide_b) >= 0)
        return false;
    return decimal_rescale(a, a_scale, scale, out);
}

int decimal_compare(Int128 a, int a_scale, Int128 b, int b_scale)
{
    Int128 x, y;
    Wide wide_a, wide_b;
    int order;

    if (align(a, a_scale, b, b_scale, &x, &y))
        return (x > y) - (x < y);
    if ((a < 0) != (b < 0))
        return a < 0 ? -1 : 1;
    wide_align(a, a_scale, b, b_scale, &wide_a, &wide_b);
    order = wide_compare(&wide_a, &wide_b);
    return a < 0 ? -order : order;
}
