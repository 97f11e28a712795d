/*
 * decimal_format.c: a number is turned into all the digits that count, then dressed
 * (decimal_format.h).
 */
#include "expr/decimal_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "column/format_value.h"

/* ── patterns ──────────────────────────────────────────────────────────────────────────────────*/

void decimal_format_digits(DecimalFormat *out, int fraction_digits)
{
    *out = (DecimalFormat){
        .integer_min = 1,
        .fraction_min = fraction_digits,
        .fraction_max = fraction_digits,
        .group = 3,
        .negative_prefix = {"-", 1},
    };
}

static bool affix_add(Affix *affix, const char *text, uint32_t bytes)
{
    if (affix->bytes + bytes > sizeof affix->text)
        return false;
    memcpy(affix->text + affix->bytes, text, bytes);
    affix->bytes += bytes;
    return true;
}

/* Reads what stands before or behind the number, up to a character that belongs to it. */
static bool read_affix(DecimalFormat *f, Affix *affix, Str *rest)
{
    bool quoted = false;

    while (rest->bytes) {
        char c = rest->data[0];

        if (c == '\'') {
            if (rest->bytes > 1 && rest->data[1] == '\'') {
                if (!affix_add(affix, "'", 1))
                    return false;
                *rest = str_slice(*rest, 1, rest->bytes);
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && strchr("#0,.;", c)) {
            return true;
        } else {
            if (!quoted && c == '%')
                f->shift = 2;
            if (!quoted && rest->bytes >= 3 && memcmp(rest->data, "\xE2\x80\xB0", 3) == 0)
                f->shift = 3;
            if (!affix_add(affix, &c, 1))
                return false;
        }
        *rest = str_slice(*rest, 1, rest->bytes);
    }
    return !quoted;
}

typedef struct NumberPattern {
    int hashes_before, zeros, hashes_after, point, group;
    int digits; /* All so far. */
} NumberPattern;

static bool read_number(NumberPattern *p, Str *rest)
{
    *p = (NumberPattern){.point = -1, .group = -1};
    for (; rest->bytes; *rest = str_slice(*rest, 1, rest->bytes)) {
        char c = rest->data[0];

        if (c == '#') {
            if (p->zeros)
                p->hashes_after++;
            else
                p->hashes_before++;
        } else if (c == '0') {
            if (p->hashes_after)
                return false;
            p->zeros++;
        } else if (c == ',') {
            if (p->point >= 0)
                return false;
            p->group = 0;
            continue;
        } else if (c == '.') {
            if (p->point >= 0)
                return false;
            p->point = p->digits;
            continue;
        } else {
            break;
        }
        p->digits++;
        if (p->group >= 0 && p->point < 0)
            p->group++;
        if (p->digits > DECIMAL_FORMAT_DIGITS_MAX)
            return false;
    }
    return p->group != 0;
}

/* As DecimalFormat.applyPattern counts: "#.00" wants no digit before the point, "#.##" one. */
static bool set_digits(DecimalFormat *f, NumberPattern p)
{
    int whole;

    if (p.zeros == 0 && p.hashes_before > 0 && p.point >= 0) {
        int n = p.point;

        if (n == 0)
            n++;
        p.hashes_after = p.hashes_before - n;
        p.hashes_before = n - 1;
        p.zeros = 1;
    }
    if (p.point < 0 ? p.hashes_after > 0
                    : p.point < p.hashes_before || p.point > p.hashes_before + p.zeros)
        return false;
    whole = p.point < 0 ? p.digits : p.point;
    f->integer_min = MAX(whole - p.hashes_before, 0);
    f->fraction_max = p.point < 0 ? 0 : p.digits - p.point;
    f->fraction_min = p.point < 0 ? 0 : MAX(p.hashes_before + p.zeros - p.point, 0);
    f->group = MAX(p.group, 0);
    return true;
}

bool decimal_format_parse(DecimalFormat *out, Str pattern)
{
    Str rest = pattern;
    NumberPattern number, ignored;

    *out = (DecimalFormat){0};
    if (!read_affix(out, &out->prefix, &rest) || !read_number(&number, &rest) ||
        !read_affix(out, &out->suffix, &rest) || !set_digits(out, number))
        return false;
    if (!rest.bytes) {
        out->negative_suffix = out->suffix;
        return affix_add(&out->negative_prefix, "-", 1) &&
               affix_add(&out->negative_prefix, out->prefix.text, out->prefix.bytes);
    }
    if (rest.data[0] != ';')
        return false;
    rest = str_slice(rest, 1, rest.bytes);
    return read_affix(out, &out->negative_prefix, &rest) && read_number(&ignored, &rest) &&
           read_affix(out, &out->negative_suffix, &rest) && rest.bytes == 0;
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

static void add_affix(StrBuf *out, const Affix *affix)
{
    strbuf_add(out, affix->text, affix->bytes);
}

/* `digits`: "123.4500", rounded to fraction_max already. */
static void dress(const DecimalFormat *f, Str digits, bool negative, StrBuf *out)
{
    ptrdiff_t point = str_find_char(digits, '.');
    Str whole = str_slice(digits, 0, point < 0 ? digits.bytes : (uint32_t)point);
    Str fraction = point < 0 ? STR_EMPTY : str_slice(digits, (uint32_t)point + 1, digits.bytes);
    uint32_t width;

    while (whole.bytes && whole.data[0] == '0')
        whole = str_slice(whole, 1, whole.bytes);
    while ((int)fraction.bytes > f->fraction_min && fraction.data[fraction.bytes - 1] == '0')
        fraction.bytes--;
    width = MAX(whole.bytes, (uint32_t)f->integer_min);
    if (width == 0 && fraction.bytes == 0)
        width = 1;
    add_affix(out, negative ? &f->negative_prefix : &f->prefix);
    for (uint32_t left = width; left > 0; left--) {
        strbuf_add_char(out, left > whole.bytes ? '0' : whole.data[whole.bytes - left]);
        if (f->group && left > 1 && (left - 1) % (uint32_t)f->group == 0)
            strbuf_add_char(out, ',');
    }
    if (fraction.bytes) {
        strbuf_add_char(out, '.');
        strbuf_add_str(out, fraction);
    }
    add_affix(out, negative ? &f->negative_suffix : &f->suffix);
}

/* Printing rounds the double's exact value, as Java does. */
void decimal_format_double(const DecimalFormat *f, double value, StrBuf *out)
{
    StrBuf digits;
    bool negative = signbit(value);

    if (isnan(value)) {
        strbuf_add_c(out, "NaN");
        return;
    }
    if (f->shift)
        value *= f->shift == 2 ? 100 : 1000;
    if (isinf(value)) {
        add_affix(out, negative ? &f->negative_prefix : &f->prefix);
        strbuf_add_c(out, "\xE2\x88\x9E");
        add_affix(out, negative ? &f->negative_suffix : &f->suffix);
        return;
    }
    strbuf_init(&digits);
    strbuf_printf(&digits, "%.*f", f->fraction_max, fabs(value));
    dress(f, strbuf_str(&digits), negative, out);
    strbuf_done(&digits);
}

/* Half to even at `scale` digits behind the point. */
static UInt128 round_even(UInt128 value, int from_scale, int scale)
{
    UInt128 unit, rest;

    if (from_scale <= scale)
        return value;
    if (from_scale - scale > DECIMAL_PRECISION_MAX)
        return 0;
    unit = (UInt128)decimal_power10(from_scale - scale);
    rest = value % unit;
    value /= unit;
    if (rest > unit - rest || (rest == unit - rest && value % 2))
        value++;
    return value;
}

void decimal_format_decimal(const DecimalFormat *f, Int128 unscaled, int scale, StrBuf *out)
{
    UInt128 value = unscaled < 0 ? -(UInt128)unscaled : (UInt128)unscaled;
    StrBuf digits;

    strbuf_init(&digits);
    scale -= f->shift;
    value = round_even(value, scale, f->fraction_max);
    scale = MIN(scale, f->fraction_max);
    decimal_to_text(&digits, (Int128)value, MAX(scale, 0));
    for (; scale < 0 && value; scale++)
        strbuf_add_char(&digits, '0');
    if (f->fraction_min > MAX(scale, 0)) {
        if (scale <= 0)
            strbuf_add_char(&digits, '.');
        for (int i = MAX(scale, 0); i < f->fraction_min; i++)
            strbuf_add_char(&digits, '0');
    }
    dress(f, strbuf_str(&digits), unscaled < 0, out);
    strbuf_done(&digits);
}
