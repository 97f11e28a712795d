/*
 * decimal.c: the unscaled integers of DECIMAL(p, s): powers of ten, rounding, text.
 *
 * 10^38 fits an Int128 with room to add two values, so a sum of two decimals never wraps before it
 * is checked.
 */
#include "base/assert.h"
#include "column/format_value.h"
#include "column/number_text.h"

#define E18 1000000000000000000
#define P(n) ((Int128)1##n)
#define Q(n) ((Int128)E18 * 1##n)
#define R(n) ((Int128)E18 * E18 * 1##n)

static const Int128 powers10[DECIMAL_PRECISION_MAX + 1] = {
    1,
    P(0), P(00), P(000), P(0000), P(00000), P(000000),
    P(0000000), P(00000000), P(000000000), P(0000000000), P(00000000000), P(000000000000),
    P(0000000000000), P(00000000000000), P(000000000000000), P(0000000000000000),
    P(00000000000000000), P(000000000000000000),
    Q(0), Q(00), Q(000), Q(0000), Q(00000), Q(000000),
    Q(0000000), Q(00000000), Q(000000000), Q(0000000000), Q(00000000000), Q(000000000000),
    Q(0000000000000), Q(00000000000000), Q(000000000000000), Q(0000000000000000),
    Q(00000000000000000), Q(000000000000000000),
    R(0), R(00),
};

Int128 decimal_power10(int n)
{
    ASSERT(n >= 0 && n <= DECIMAL_PRECISION_MAX);
    return powers10[n];
}

bool decimal_fits(Int128 value, int precision)
{
    Int128 limit = powers10[precision];

    return value < limit && value > -limit;
}

/* value / 10^n, HALF_UP: halves go away from zero. */
static Int128 divide_half_up(Int128 value, int n)
{
    Int128 divisor = powers10[n];
    Int128 quotient = value / divisor;
    Int128 rest = value % divisor;

    if (rest < 0)
        return -rest >= divisor - -rest ? quotient - 1 : quotient;
    return rest >= divisor - rest ? quotient + 1 : quotient;
}

bool decimal_rescale(Int128 value, int from_scale, int to_scale, Int128 *out)
{
    int by = to_scale - from_scale;
    Int128 product;

    if (by < 0) {
        *out = -by > DECIMAL_PRECISION_MAX ? 0 : divide_half_up(value, -by);
        return true;
    }
    if (value == 0) {
        *out = 0;
        return true;
    }
    if (by > DECIMAL_PRECISION_MAX || __builtin_mul_overflow(value, powers10[by], &product) ||
        !decimal_fits(product, DECIMAL_PRECISION_MAX))
        return false;
    *out = product;
    return true;
}

int u128_to_digits(char *out, UInt128 value)
{
    char digits[40];
    int at = 40;
    int count;

    while (value > UINT64_MAX) {
        uint64_t low = (uint64_t)(value % E18);

        value /= E18;
        for (int i = 0; i < 18; i++) {
            digits[--at] = (char)('0' + low % 10);
            low /= 10;
        }
    }
    count = u64_to_digits(out, (uint64_t)value);
    memcpy(out + count, digits + at, (size_t)(40 - at));
    return count + 40 - at;
}

void decimal_to_text(StrBuf *out, Int128 unscaled, int scale)
{
    UInt128 positive = unscaled < 0 ? 0 - (UInt128)unscaled : (UInt128)unscaled;
    char digits[40];
    char text[84];
    int count = u128_to_digits(digits, positive);
    int at = 0;

    if (unscaled < 0)
        text[at++] = '-';
    if (scale == 0) {
        memcpy(text + at, digits, (size_t)count);
        at += count;
    } else if (count > scale) {
        memcpy(text + at, digits, (size_t)(count - scale));
        at += count - scale;
        text[at++] = '.';
        memcpy(text + at, digits + count - scale, (size_t)scale);
        at += scale;
    } else {
        text[at++] = '0';
        text[at++] = '.';
        for (int i = count; i < scale; i++)
            text[at++] = '0';
        memcpy(text + at, digits, (size_t)count);
        at += count;
    }
    strbuf_add(out, text, (size_t)at);
}

bool number_to_decimal(const NumberText *n, int precision, int scale, Int128 *out)
{
    int shift = n->exponent + scale; /* The result is digits * 10^shift. */
    Int128 value = (Int128)n->digits;

    if (n->digit_count == 0) {
        *out = 0;
        return true;
    }
    if (shift >= 0) {
        if (shift > DECIMAL_PRECISION_MAX ||
            __builtin_mul_overflow(value, powers10[shift], &value))
            return false;
        if (shift == 0 && n->next_digit >= 5)
            value++;
        if (shift > 0 && n->more_digits)
            return false; /* More than 38 digits before the point. */
    } else {
        /* -shift digits go; with 38 digits in `digits` what is behind them cannot make a half. */
        value = -shift > DECIMAL_PRECISION_MAX ? 0 : divide_half_up(value, -shift);
    }
    if (!decimal_fits(value, precision))
        return false;
    *out = n->negative ? -value : value;
    return true;
}

bool text_to_decimal(Str text, int precision, int scale, Int128 *out)
{
    NumberText number;

    return number_scan(text_trim(text), &number) && number_to_decimal(&number, precision, scale, out);
}
