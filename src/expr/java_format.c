/*
 * java_format.c: one conversion after the other (java_format.h).
 *
 * A double's digits are the shortest that tell it apart, rounded half up: %.1f of 0.25 is 0.3.
 */
#include "expr/java_format.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "column/format_value.h"
#include "column/zone.h"
#include "expr/open_hash.h"

typedef struct Spec {
    bool left, alternate, plus, space, zero, comma, parentheses, previous;
    int32_t index;     /* From 1; 0: the next argument. */
    int32_t width;     /* -1: none. */
    int32_t precision; /* -1: none. */
    char conversion;
    bool upper;
} Spec;

static const char *const fault_pattern = "it is not a conversion that the formatter knows",
                         *const fault_flags = "the flags do not fit the conversion",
                         *const fault_missing = "there is no argument for it",
                         *const fault_type = "the argument's type does not fit the conversion",
                         *const fault_width = "width and precision must be small";

/* ── reading a conversion ──────────────────────────────────────────────────────────────────────*/

static bool take(Str *rest, char c)
{
    if (!rest->bytes || rest->data[0] != c)
        return false;
    *rest = str_slice(*rest, 1, rest->bytes);
    return true;
}

static bool take_digits(Str *rest, int32_t *out)
{
    int64_t value = 0;
    uint32_t count = 0;

    while (count < rest->bytes && isdigit((unsigned char)rest->data[count])) {
        value = MIN(value * 10 + (rest->data[count] - '0'), (int64_t)INT32_MAX);
        count++;
    }
    *rest = str_slice(*rest, count, rest->bytes);
    *out = (int32_t)value;
    return count > 0;
}

static bool *flag_of(Spec *spec, char c)
{
    switch (c) {
    case '-':
        return &spec->left;
    case '#':
        return &spec->alternate;
    case '+':
        return &spec->plus;
    case ' ':
        return &spec->space;
    case '0':
        return &spec->zero;
    case ',':
        return &spec->comma;
    case '(':
        return &spec->parentheses;
    default:
        return NULL;
    }
}

static const char *take_spec(Str *rest, Spec *spec)
{
    Str at = *rest;
    bool *flag;

    *spec = (Spec){.width = -1, .precision = -1};
    if (take(&at, '<')) {
        spec->previous = true;
        *rest = at;
    } else if (at.bytes && at.data[0] != '0' && take_digits(&at, &spec->index) && take(&at, '$')) {
        *rest = at;
    } else {
        spec->index = 0;
    }
    while (rest->bytes && (flag = flag_of(spec, rest->data[0]))) {
        if (*flag)
            return fault_flags;
        *flag = true;
        *rest = str_slice(*rest, 1, rest->bytes);
    }
    if (!take_digits(rest, &spec->width))
        spec->width = -1;
    if (take(rest, '.') && !take_digits(rest, &spec->precision))
        return fault_pattern;
    if (!rest->bytes)
        return fault_pattern;
    if (spec->width > JAVA_FORMAT_WIDTH_MAX || spec->precision > JAVA_FORMAT_WIDTH_MAX)
        return fault_width;
    spec->upper = isupper((unsigned char)rest->data[0]);
    spec->conversion = (char)tolower((unsigned char)rest->data[0]);
    if (spec->upper && !strchr("bhscxegat", spec->conversion))
        return fault_pattern;
    *rest = str_slice(*rest, 1, rest->bytes);
    if (!strchr("bhscdoxefg%n", spec->conversion))
        return fault_pattern;
    return NULL;
}

/* Flags that a conversion may not have. */
static const char *check_flags(const Spec *spec)
{
    bool number = strchr("doxefg", spec->conversion) != NULL;

    if ((spec->left || spec->zero) && spec->width < 0)
        return fault_flags;
    if ((spec->left && spec->zero) || (spec->plus && spec->space))
        return fault_flags;
    if (!number && (spec->plus || spec->space || spec->zero || spec->comma || spec->parentheses))
        return fault_flags;
    if (strchr("doxc%n", spec->conversion) && spec->precision >= 0)
        return fault_flags;
    if (spec->alternate && !strchr("oxef", spec->conversion))
        return fault_flags;
    if (spec->comma && strchr("oxe", spec->conversion))
        return fault_flags;
    if (spec->conversion == 'n' && spec->width >= 0)
        return fault_flags;
    return NULL;
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static void pad(StrBuf *out, int64_t count, char c)
{
    while (count-- > 0)
        strbuf_add_char(out, c);
}

static void put_padded(StrBuf *out, const Spec *spec, Str text)
{
    int64_t missing = spec->width < 0 ? 0 : spec->width - (int64_t)utf8_char_count(text);

    if (!spec->left)
        pad(out, missing, ' ');
    strbuf_add_str(out, text);
    if (spec->left)
        pad(out, missing, ' ');
}

static void upper_ascii(StrBuf *text)
{
    for (size_t i = 0; i < text->bytes; i++)
        text->data[i] = (char)toupper((unsigned char)text->data[i]);
}

static void put_text(StrBuf *out, const Spec *spec, StrBuf *text)
{
    Str shown = strbuf_str(text);

    if (spec->precision >= 0)
        shown = str_slice(shown, 0, utf8_byte_of_char(shown, (uint32_t)spec->precision));
    if (spec->upper)
        upper_ascii(text);
    put_padded(out, spec, shown);
}

/* Digits with sign, commas and zeros: `digits` may have a point. */
static void put_number(StrBuf *out, const Spec *spec, bool negative, Str digits)
{
    const char *point = memchr(digits.data, '.', digits.bytes);
    uint32_t whole = point ? (uint32_t)(point - digits.data) : digits.bytes;
    const char *sign = negative             ? (spec->parentheses ? "(" : "-")
                       : spec->plus         ? "+"
                       : spec->space        ? " "
                                            : "";
    StrBuf text, number;
    int64_t missing;

    strbuf_init(&text);
    strbuf_init(&number);
    while (whole < digits.bytes && !point && isdigit((unsigned char)digits.data[whole]))
        whole++;
    for (uint32_t i = 0; i < digits.bytes; i++) {
        if (spec->comma && i > 0 && i < whole && (whole - i) % 3 == 0)
            strbuf_add_char(&number, ',');
        strbuf_add_char(&number, digits.data[i]);
    }
    missing = spec->width - (int64_t)(strlen(sign) + number.bytes) -
              (negative && spec->parentheses ? 1 : 0);
    strbuf_add_c(&text, sign);
    if (spec->zero)
        pad(&text, missing, '0');
    strbuf_add_str(&text, strbuf_str(&number));
    if (negative && spec->parentheses)
        strbuf_add_char(&text, ')');
    put_padded(out, spec, strbuf_str(&text));
    strbuf_done(&number);
    strbuf_done(&text);
}

/* ── integers ──────────────────────────────────────────────────────────────────────────────────*/

static bool integer_of(const Vector *v, uint32_t row_i, int64_t *out, uint32_t *bits)
{
    uint32_t r = vector_row(v, row_i);

    switch (type_phys(v->type)) {
    case PHYS_I8:
        *out = vector_i8(v)[r];
        *bits = 8;
        return true;
    case PHYS_I16:
        *out = vector_i16(v)[r];
        *bits = 16;
        return true;
    case PHYS_I32:
        *out = vector_i32(v)[r];
        *bits = 32;
        return true;
    case PHYS_I64:
        *out = vector_i64(v)[r];
        *bits = 64;
        return true;
    case PHYS_VOID:
    case PHYS_BOOL:
    case PHYS_F32:
    case PHYS_F64:
    case PHYS_I128:
    case PHYS_STR:
    case PHYS_INTERVAL:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        break;
    }
    return false;
}

static const char *format_integer(StrBuf *out, const Spec *spec, const Vector *v, uint32_t row_i)
{
    int64_t value;
    uint32_t bits;
    uint64_t unsigned_value;
    StrBuf digits;

    if (!integer_of(v, row_i, &value, &bits))
        return fault_type;
    strbuf_init(&digits);
    if (spec->conversion == 'd') {
        strbuf_printf(&digits, "%llu",
                      (unsigned long long)(value < 0 ? 0 - (uint64_t)value : (uint64_t)value));
        put_number(out, spec, value < 0, strbuf_str(&digits));
    } else {
        unsigned_value = (uint64_t)value & (bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1);
        if (spec->alternate)
            strbuf_add_c(&digits, spec->conversion == 'x' ? "0x" : "0");
        strbuf_printf(&digits, spec->conversion == 'x' ? "%llx" : "%llo",
                      (unsigned long long)unsigned_value);
        if (spec->upper)
            upper_ascii(&digits);
        put_number(out, spec, false, strbuf_str(&digits));
    }
    strbuf_done(&digits);
    return NULL;
}

/* ── doubles ───────────────────────────────────────────────────────────────────────────────────*/

/* A finite double's shortest digits d1 d2 … dn and where its point stands: 0.d1d2… * 10^point. */
typedef struct Digits {
    char digits[32];
    int count, point;
} Digits;

static void digits_of(double value, Digits *out)
{
    StrBuf text;
    bool seen_point = false, leading = true;
    const char *e;

    *out = (Digits){0};
    strbuf_init(&text);
    double_to_text(&text, fabs(value));
    e = memchr(text.data, 'E', text.bytes);
    for (size_t i = 0; i < text.bytes && text.data + i != e; i++) {
        char c = text.data[i];

        if (c == '.') {
            seen_point = true;
            continue;
        }
        if (leading && c == '0') {
            out->point -= seen_point;
            continue;
        }
        leading = false;
        out->point += !seen_point;
        if (out->count < (int)sizeof out->digits)
            out->digits[out->count++] = c;
    }
    if (e)
        out->point += (int)strtol(e + 1, NULL, 10);
    while (out->count && out->digits[out->count - 1] == '0')
        out->count--;
    if (!out->count)
        out->point = 0;
    strbuf_done(&text);
}

/* Rounds half up to so many digits; there may be one more place before the point then. */
static void digits_round(Digits *d, int keep)
{
    if (keep >= d->count)
        return;
    if (keep < 0 || d->digits[keep] < '5') {
        d->count = MAX(keep, 0);
        return;
    }
    d->count = keep;
    while (d->count && d->digits[d->count - 1] == '9')
        d->count--;
    if (d->count) {
        d->digits[d->count - 1]++;
        return;
    }
    d->digits[0] = '1';
    d->count = 1;
    d->point++;
}

static char digit_at(const Digits *d, int i)
{
    return i >= 0 && i < d->count ? d->digits[i] : '0';
}

static void add_fixed(StrBuf *out, Digits *d, int precision, bool alternate)
{
    digits_round(d, d->point + precision);
    if (d->point <= 0)
        strbuf_add_char(out, '0');
    for (int i = 0; i < d->point; i++)
        strbuf_add_char(out, digit_at(d, i));
    if (precision || alternate)
        strbuf_add_char(out, '.');
    for (int i = 0; i < precision; i++)
        strbuf_add_char(out, digit_at(d, d->point + i));
}

static void add_scientific(StrBuf *out, Digits *d, int precision, bool alternate)
{
    int exponent;

    digits_round(d, precision + 1);
    exponent = d->count ? d->point - 1 : 0;
    strbuf_add_char(out, digit_at(d, 0));
    if (precision || alternate)
        strbuf_add_char(out, '.');
    for (int i = 0; i < precision; i++)
        strbuf_add_char(out, digit_at(d, i + 1));
    strbuf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

/* %g: fixed from 10^-4 up to 10^precision, else scientific; so many digits in all. */
static void add_general(StrBuf *out, Digits *d, int precision)
{
    precision = precision < 0 ? 6 : MAX(precision, 1);
    digits_round(d, precision);
    if (!d->count)
        add_fixed(out, d, precision - 1, false);
    else if (d->point > -4 && d->point <= precision)
        add_fixed(out, d, precision - d->point, false);
    else
        add_scientific(out, d, precision - 1, false);
}

static const char *format_double(StrBuf *out, const Spec *spec, const Vector *v, uint32_t row_i)
{
    uint32_t r = vector_row(v, row_i);
    double value;
    Digits digits;
    StrBuf text;
    Spec plain = *spec;

    if (v->type->kind != TYPE_FLOAT && v->type->kind != TYPE_DOUBLE)
        return fault_type;
    if (v->type->kind == TYPE_FLOAT) {
        /* The float's own digits, not those of the double of its value. */
        strbuf_init(&text);
        float_to_text(&text, vector_f32(v)[r]);
        value = isfinite(vector_f32(v)[r]) ? strtod(strbuf_c(&text), NULL)
                                           : (double)vector_f32(v)[r];
        strbuf_done(&text);
    } else {
        value = vector_f64(v)[r];
    }
    strbuf_init(&text);
    if (!isfinite(value)) {
        plain.zero = plain.comma = false;
        strbuf_add_c(&text, isnan(value) ? "NaN" : "Infinity");
        if (isnan(value))
            plain.plus = plain.space = false;
    } else {
        digits_of(value, &digits);
        if (spec->conversion == 'f')
            add_fixed(&text, &digits, spec->precision < 0 ? 6 : spec->precision, spec->alternate);
        else if (spec->conversion == 'e')
            add_scientific(&text, &digits, spec->precision < 0 ? 6 : spec->precision,
                           spec->alternate);
        else
            add_general(&text, &digits, spec->precision);
    }
    if (spec->upper)
        upper_ascii(&text);
    put_number(out, &plain, !isnan(value) && signbit(value), strbuf_str(&text));
    strbuf_done(&text);
    return NULL;
}

/* ── anything ──────────────────────────────────────────────────────────────────────────────────*/

/* The value as Spark's own row holds it: numbers of days and microseconds, no quotes. */
static void add_value(StrBuf *out, const Vector *v, uint32_t row_i)
{
    int64_t number;
    uint32_t bits, from, to, r = vector_row(v, row_i);

    if (!vector_is_valid(v, row_i)) {
        strbuf_add_c(out, "null");
        return;
    }
    if (integer_of(v, row_i, &number, &bits)) {
        strbuf_add_int64(out, number);
        return;
    }
    switch (type_phys(v->type)) {
    case PHYS_LIST:
    case PHYS_MAP:
        from = v->offsets[r];
        to = v->offsets[r + 1];
        for (uint32_t c = 0; c < v->type->field_count; c++) {
            if (v->type->kind == TYPE_MAP)
                strbuf_add_c(out, c ? ", values: " : "keys: ");
            strbuf_add_char(out, '[');
            for (uint32_t e = from; e < to; e++) {
                if (e > from)
                    strbuf_add_char(out, ',');
                add_value(out, v->children[c], e);
            }
            strbuf_add_char(out, ']');
        }
        return;
    case PHYS_STRUCT:
        strbuf_add_char(out, '[');
        for (uint32_t c = 0; c < v->type->field_count; c++) {
            if (c)
                strbuf_add_char(out, ',');
            add_value(out, v->children[c], row_i);
        }
        strbuf_add_char(out, ']');
        return;
    case PHYS_VOID:
    case PHYS_BOOL:
    case PHYS_I8:
    case PHYS_I16:
    case PHYS_I32:
    case PHYS_I64:
    case PHYS_F32:
    case PHYS_F64:
    case PHYS_I128:
    case PHYS_STR:
    case PHYS_INTERVAL:
        value_to_text(out, v, row_i, zone_utc());
        return;
    }
}

static const char *format_char(StrBuf *out, const Spec *spec, const Vector *v, uint32_t row_i)
{
    char encoded[4];
    int64_t code;
    uint32_t bits;
    StrBuf text;

    if (!integer_of(v, row_i, &code, &bits) || bits == 64)
        return fault_type;
    if (code < 0 || code > 0x10FFFF)
        return fault_type;
    strbuf_init(&text);
    strbuf_add(&text, encoded, utf8_encode((uint32_t)code, encoded));
    put_text(out, spec, &text);
    strbuf_done(&text);
    return NULL;
}

static const char *format_any(StrBuf *out, const Spec *spec, const Vector *v, uint32_t row_i)
{
    bool valid = vector_is_valid(v, row_i);
    int32_t hash;
    StrBuf text;

    strbuf_init(&text);
    if (spec->conversion == 'b')
        strbuf_add_c(&text, !valid                             ? "false"
                            : v->type->kind != TYPE_BOOLEAN    ? "true"
                            : vector_bools(v)[vector_row(v, row_i)] ? "true"
                                                               : "false");
    else if (spec->conversion == 'h' && valid && java_hash(v, row_i, &hash))
        strbuf_printf(&text, "%x", (unsigned)hash);
    else
        add_value(&text, v, row_i);
    put_text(out, spec, &text);
    strbuf_done(&text);
    return NULL;
}

static const char *format_one(StrBuf *out, const Spec *spec, const Vector *v, uint32_t row_i)
{
    if (!vector_is_valid(v, row_i) && spec->conversion != 'b') {
        Spec plain = *spec;

        plain.zero = false;
        plain.conversion = 's';
        return format_any(out, &plain, v, row_i);
    }
    switch (spec->conversion) {
    case 'd':
    case 'o':
    case 'x':
        return format_integer(out, spec, v, row_i);
    case 'e':
    case 'f':
    case 'g':
        return format_double(out, spec, v, row_i);
    case 'c':
        return format_char(out, spec, v, row_i);
    default:
        return format_any(out, spec, v, row_i);
    }
}

const char *java_format(StrBuf *out, Str pattern, const Vector *const *args, uint32_t arg_count,
                        uint32_t row_i)
{
    uint32_t next = 0, last = UINT32_MAX;

    while (pattern.bytes) {
        Spec spec;
        const char *fault;
        uint32_t arg_i;

        if (!take(&pattern, '%')) {
            const char *percent = memchr(pattern.data, '%', pattern.bytes);
            uint32_t plain = percent ? (uint32_t)(percent - pattern.data) : pattern.bytes;

            strbuf_add(out, pattern.data, plain);
            pattern = str_slice(pattern, plain, pattern.bytes);
            continue;
        }
        fault = take_spec(&pattern, &spec);
        if (!fault)
            fault = check_flags(&spec);
        if (fault)
            return fault;
        if (spec.conversion == 'n') {
            strbuf_add_char(out, '\n');
            continue;
        }
        if (spec.conversion == '%') {
            put_padded(out, &spec, STR("%"));
            continue;
        }
        arg_i = spec.previous ? last : spec.index ? (uint32_t)spec.index - 1 : next++;
        if (arg_i >= arg_count)
            return fault_missing;
        last = arg_i;
        fault = format_one(out, &spec, args[arg_i], row_i);
        if (fault)
            return fault;
    }
    return NULL;
}
