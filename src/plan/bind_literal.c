/*
 * bind_literal.c: literals and intervals, with the types Spark gives them.
 */
#include "plan/bind.h"

#include <ctype.h>
#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "expr/time.h"

/* One row of `type`, to be filled by the caller. */
static Vector *literal_vector(Binder *b, const Type *type)
{
    return vector_new(b->arena, type, 1);
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

static Expr *decimal_literal(Binder *b, Str text, Span span)
{
    int64_t exponent = 0;
    int digits = 0, scale = 0, precision;
    bool point = false, leading = true;
    uint32_t i = 0;
    Vector *v;

    for (; i < text.bytes && text.data[i] != 'e' && text.data[i] != 'E'; i++) {
        if (text.data[i] == '.') {
            point = true;
        } else if (isdigit((unsigned char)text.data[i])) {
            leading = leading && text.data[i] == '0';
            digits += !leading;
            scale += point;
        }
    }
    if (i < text.bytes)
        str_to_int64(str_slice(text, i + 1 + (text.data[i + 1] == '+'), text.bytes), &exponent);
    exponent = MAX(MIN(exponent, 1000), -1000);
    scale -= (int)exponent;
    if (scale < 0) {
        digits = digits ? digits - scale : 1;
        scale = 0;
    }
    precision = MAX(MAX(digits, 1), scale);
    if (precision > DECIMAL_PRECISION_MAX)
        return bind_error(b, span, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "22003",
                          "Decimal precision %d exceeds max precision %d.", precision,
                          DECIMAL_PRECISION_MAX);
    v = literal_vector(b, type_decimal(b->arena, precision, scale));
    if (!text_to_decimal(text, precision, scale, vector_i128(v)))
        return bind_error(b, span, "INVALID_TYPED_LITERAL", "42604",
                          "The value of the typed literal \"DECIMAL\" is invalid: '%.*s'.",
                          STR_ARG(text));
    return expr_literal(b->arena, v, span);
}

static Expr *integer_literal(Binder *b, Str text, Span span)
{
    int64_t value;

    if (!str_to_int64(text, &value))
        return decimal_literal(b, text, span);
    if (value >= INT32_MIN && value <= INT32_MAX)
        return expr_literal_int(b->arena, (int32_t)value, span);
    return expr_literal_bigint(b->arena, value, span);
}

static Expr *sized_literal(Binder *b, Str text, const Type *type, int64_t min, int64_t max,
                           Span span)
{
    int64_t value;
    Vector *v;

    if (!str_to_int64(text, &value) || value < min || value > max)
        return bind_error(b, span, "INVALID_NUMERIC_LITERAL_RANGE", "22003",
                          "Numeric literal %.*s is outside the valid range for %s with minimum "
                          "value of %lld and maximum value of %lld. Please adjust the value "
                          "accordingly.",
                          STR_ARG(text), type_name_in(b->arena, type), (long long)min,
                          (long long)max);
    v = literal_vector(b, type);
    if (type->kind == TYPE_TINYINT)
        vector_i8(v)[0] = (int8_t)value;
    else if (type->kind == TYPE_SMALLINT)
        vector_i16(v)[0] = (int16_t)value;
    else
        vector_i64(v)[0] = value;
    return expr_literal(b->arena, v, span);
}

static Expr *floating_literal(Binder *b, Str text, const Type *type, Span span)
{
    Vector *v = literal_vector(b, type);
    double value;

    if (!str_to_double(text, &value) || !isfinite(value) ||
        (type->kind == TYPE_FLOAT && !isfinite((float)value)))
        return bind_error(b, span, "INVALID_NUMERIC_LITERAL_RANGE", "22003",
                          "Numeric literal %.*s is outside the valid range for %s.",
                          STR_ARG(text), type_name_in(b->arena, type));
    if (type->kind == TYPE_FLOAT)
        vector_f32(v)[0] = (float)value;
    else
        vector_f64(v)[0] = value;
    return expr_literal(b->arena, v, span);
}

/* ── texts with a type in front ────────────────────────────────────────────────────────────────*/

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static Expr *binary_literal(Binder *b, Str hex, Span span)
{
    uint32_t odd = hex.bytes % 2, bytes = (hex.bytes + 1) / 2;
    char *data = arena_alloc(b->arena, bytes + 1);
    Vector *v = literal_vector(b, &type_binary);

    for (uint32_t i = 0; i < hex.bytes; i++) {
        if (!isxdigit((unsigned char)hex.data[i]))
            return bind_error(b, span, "INVALID_TYPED_LITERAL", "42604",
                              "The value of the typed literal \"X\" is invalid: '%.*s'.",
                              STR_ARG(hex));
    }
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t low = i * 2 + 1 - odd;
        int high = low == 0 ? 0 : hex_digit(hex.data[low - 1]);

        data[i] = (char)(high * 16 + hex_digit(hex.data[low]));
    }
    vector_strs(v)[0] = (Str){data, bytes};
    return expr_literal(b->arena, v, span);
}

static Expr *typed_literal_error(Binder *b, const char *type, Str text, Span span)
{
    return bind_error(b, span, "INVALID_TYPED_LITERAL", "42604",
                      "The value of the typed literal \"%s\" is invalid: '%.*s'.", type,
                      STR_ARG(text));
}

static Expr *date_literal(Binder *b, Str text, Span span)
{
    Vector *v = literal_vector(b, &type_date);

    if (!text_to_date(text, vector_i32(v)) && !special_date(b->sql, text, vector_i32(v)))
        return typed_literal_error(b, "DATE", text, span);
    return expr_literal(b->arena, v, span);
}

static Expr *timestamp_literal(Binder *b, Str text, bool ntz, Span span)
{
    Vector *v = literal_vector(b, ntz ? &type_timestamp_ntz : &type_timestamp);

    if (ntz ? !text_to_timestamp_ntz(text, true, vector_i64(v))
            : !text_to_timestamp(text, b->sql->zone, vector_i64(v))) {
        if (special_timestamp(b->sql, text, ntz, vector_i64(v)) ||
            (!ntz && timestamp_of_today(b->sql, text, vector_i64(v))))
            return expr_literal(b->arena, v, span);
        return typed_literal_error(b, ntz ? "TIMESTAMP_NTZ" : "TIMESTAMP", text, span);
    }
    return expr_literal(b->arena, v, span);
}

Expr *bind_literal(Binder *b, const AstExpr *ast)
{
    Str text = ast->literal.text;
    Span span = ast->span;

    switch (ast->literal.kind) {
    case AST_LITERAL_NULL:
        return expr_literal_null(b->arena, &type_void, span);
    case AST_LITERAL_BOOLEAN:
        return expr_literal_bool(b->arena, str_is_nocase(text, "true"), span);
    case AST_LITERAL_INTEGER:
        return integer_literal(b, text, span);
    case AST_LITERAL_TINYINT:
        return sized_literal(b, text, &type_tinyint, INT8_MIN, INT8_MAX, span);
    case AST_LITERAL_SMALLINT:
        return sized_literal(b, text, &type_smallint, INT16_MIN, INT16_MAX, span);
    case AST_LITERAL_BIGINT:
        return sized_literal(b, text, &type_bigint, INT64_MIN, INT64_MAX, span);
    case AST_LITERAL_DECIMAL:
    case AST_LITERAL_BIG_DECIMAL:
        return decimal_literal(b, text, span);
    case AST_LITERAL_FLOAT:
        return floating_literal(b, text, &type_float, span);
    case AST_LITERAL_DOUBLE:
        return floating_literal(b, text, &type_double, span);
    case AST_LITERAL_STRING:
        return expr_literal_string(b->arena, text, span);
    case AST_LITERAL_BINARY:
        return binary_literal(b, text, span);
    case AST_LITERAL_DATE:
        return date_literal(b, text, span);
    case AST_LITERAL_TIMESTAMP:
    case AST_LITERAL_TIMESTAMP_LTZ:
        return timestamp_literal(b, text, false, span);
    case AST_LITERAL_TIMESTAMP_NTZ:
        return timestamp_literal(b, text, true, span);
    case AST_LITERAL_TIME:
        return bind_unsupported(b, span, "the TIME type");
    }
    UNREACHABLE();
}

/* ── intervals ─────────────────────────────────────────────────────────────────────────────────*/

static bool unit_is_year_month(AstIntervalUnit unit)
{
    return unit == AST_UNIT_YEAR || unit == AST_UNIT_MONTH;
}

/* The field of the type that a unit counts for. */
static IntervalUnit unit_field(AstIntervalUnit unit)
{
    switch (unit) {
    case AST_UNIT_YEAR:
        return UNIT_YEAR;
    case AST_UNIT_MONTH:
        return UNIT_MONTH;
    case AST_UNIT_WEEK:
    case AST_UNIT_DAY:
        return UNIT_DAY;
    case AST_UNIT_HOUR:
        return UNIT_HOUR;
    case AST_UNIT_MINUTE:
        return UNIT_MINUTE;
    case AST_UNIT_SECOND:
    case AST_UNIT_MILLISECOND:
    case AST_UNIT_MICROSECOND:
    case AST_UNIT_NANOSECOND:
        return UNIT_SECOND;
    case AST_UNIT_NONE:
        break;
    }
    UNREACHABLE();
}

static AstIntervalUnit unit_of_word(Str word)
{
    static const AstIntervalUnit units[] = {
        AST_UNIT_YEAR,   AST_UNIT_MONTH,  AST_UNIT_WEEK,        AST_UNIT_DAY,        AST_UNIT_HOUR,
        AST_UNIT_MINUTE, AST_UNIT_SECOND, AST_UNIT_MILLISECOND, AST_UNIT_MICROSECOND,
    };

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        Str name = str_of(interval_unit_name(units[i]));

        if (str_equal_nocase(word, name) ||
            (word.bytes == name.bytes + 1 && tolower((unsigned char)word.data[name.bytes]) == 's' &&
             str_equal_nocase(str_slice(word, 0, name.bytes), name)))
            return units[i];
    }
    return AST_UNIT_NONE;
}

/* Which units an interval names. */
typedef struct IntervalUnits {
    bool year_month, day_time;
    IntervalUnit from, to;
} IntervalUnits;

static void units_note(IntervalUnits *units, AstIntervalUnit unit)
{
    bool first = !units->year_month && !units->day_time;
    IntervalUnit field = unit_field(unit);

    if (first || field < units->from)
        units->from = field;
    if (first || field > units->to)
        units->to = field;
    units->year_month |= unit_is_year_month(unit);
    units->day_time |= !unit_is_year_month(unit);
}

static Expr *interval_overflow(Binder *b, Span span)
{
    return bind_error(b, span, "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION", "22015",
                      "Integer overflow while operating with intervals.");
}

/* The calendar interval as a literal of the type that its units make. */
static Expr *interval_literal(Binder *b, const IntervalUnits *units, Interval value, bool negate,
                              Span span)
{
    int64_t us;
    Vector *v;

    if (units->year_month && units->day_time)
        return bind_error(b, span, "_LEGACY_ERROR_TEMP_0029", NULL,
                          "Cannot mix year-month and day-time fields in an interval literal.");
    if (units->year_month) {
        v = literal_vector(
            b, type_interval_range(b->arena, TYPE_INTERVAL_YM, units->from, units->to));
        if (negate && __builtin_sub_overflow(0, value.months, &value.months))
            return interval_overflow(b, span);
        vector_i32(v)[0] = value.months;
        return expr_literal(b->arena, v, span);
    }
    if (__builtin_mul_overflow((int64_t)value.days, INT64_C(86400000000), &us) ||
        __builtin_add_overflow(us, value.us, &us) ||
        (negate && __builtin_sub_overflow(0, us, &us)))
        return interval_overflow(b, span);
    v = literal_vector(b, type_interval_range(b->arena, TYPE_INTERVAL_DT, units->from, units->to));
    vector_i64(v)[0] = us;
    return expr_literal(b->arena, v, span);
}

/* INTERVAL '1 day 2 hours': numbers and units by turns. */
static Expr *interval_of_text(Binder *b, const AstIntervalPart *part, bool negate, Span span)
{
    IntervalUnits units = {0};
    Interval value;

    if (interval_fault(part->value, &value))
        return typed_literal_error(b, "INTERVAL", part->value, span);
    for (uint32_t i = 0; i < part->value.bytes;) {
        uint32_t from = i;
        AstIntervalUnit unit;

        while (i < part->value.bytes && (unsigned char)part->value.data[i] > ' ')
            i++;
        unit = unit_of_word(str_slice(part->value, from, i));
        if (unit != AST_UNIT_NONE)
            units_note(&units, unit);
        i += i == from;
    }
    return interval_literal(b, &units, value, negate ^ part->negative, span);
}

/* INTERVAL '1-2' YEAR TO MONTH */
static Expr *interval_from_to(Binder *b, const AstExpr *ast, bool negate)
{
    const AstIntervalPart *part = &ast->interval.parts[0];
    bool year_month = unit_is_year_month(part->unit);
    IntervalUnit from = unit_field(part->unit), to = unit_field(ast->interval.unit_to);
    const char *fault = NULL;
    const Type *type;
    Vector *v;

    if (year_month != unit_is_year_month(ast->interval.unit_to) || from >= to)
        return bind_error(b, ast->span, "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
                          "22006", "Cannot support (interval '%.*s' %s to %s) expression.",
                          STR_ARG(part->value), interval_unit_name(part->unit),
                          interval_unit_name(ast->interval.unit_to));
    type = type_interval_range(b->arena, year_month ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT, from,
                               to);
    v = literal_vector(b, type);
    if (year_month)
        fault = interval_ym_fault(part->value, type, vector_i32(v));
    else
        fault = interval_dt_fault(part->value, type, vector_i64(v));
    if (fault)
        return bind_error(b, part->span, fault, fault[0] == '_' ? NULL : "22006",
                          "Interval string does not match the format of %s: '%.*s'.",
                          type_name_in(b->arena, type), STR_ARG(part->value));
    if (negate ^ part->negative) {
        if (year_month ? __builtin_sub_overflow(0, vector_i32(v)[0], vector_i32(v))
                       : __builtin_sub_overflow(0, vector_i64(v)[0], vector_i64(v)))
            return interval_overflow(b, ast->span);
    }
    return expr_literal(b->arena, v, ast->span);
}

static bool has_letter(Str text)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (isalpha((unsigned char)text.data[i]) || (unsigned char)text.data[i] >= 0x80)
            return true;
    }
    return false;
}

/* ` value unit` at the end of the text, a minus before a string taking its own away. */
static void part_add(StrBuf *text, const AstIntervalPart *part)
{
    Str value = part->value;

    strbuf_add_char(text, ' ');
    if (part->negative && value.bytes && value.data[0] == '-')
        value = str_slice(value, 1, value.bytes);
    else if (part->negative)
        strbuf_add_char(text, '-');
    strbuf_add(text, value.data, value.bytes);
    strbuf_add_char(text, ' ');
    strbuf_add_c(text, interval_unit_name(part->unit));
}

/* INTERVAL 1 DAY '2' HOURS: read as one text. */
static Expr *interval_of_parts(Binder *b, const AstExpr *ast, bool negate)
{
    IntervalUnits units = {0};
    Interval value;
    const char *fault;
    StrBuf text;
    Str copy;

    strbuf_init(&text);
    for (size_t i = 0; i < ast->interval.part_count; i++) {
        const AstIntervalPart *part = &ast->interval.parts[i];

        if (part->is_string && has_letter(part->value)) {
            strbuf_done(&text);
            return bind_error(b, part->span, "_LEGACY_ERROR_TEMP_0026", NULL,
                              "Can only use numbers in the interval value part for multiple unit "
                              "value pairs interval form, but got invalid value: %.*s.",
                              STR_ARG(part->value));
        }
        part_add(&text, part);
        units_note(&units, part->unit);
    }
    copy = str_copy(b->arena, strbuf_str(&text));
    strbuf_done(&text);
    fault = interval_fault(copy, &value);
    if (fault)
        return bind_error(b, ast->span, fault, "22006",
                          "Error parsing '%.*s' to interval. Please ensure that the value provided "
                          "is in a valid format for defining an interval.",
                          STR_ARG(copy));
    return interval_literal(b, &units, value, negate, ast->span);
}

Expr *bind_interval(Binder *b, const AstExpr *ast, bool negate)
{
    if (ast->interval.unit_to != AST_UNIT_NONE)
        return interval_from_to(b, ast, negate);
    if (ast->interval.part_count == 1 && ast->interval.parts[0].unit == AST_UNIT_NONE)
        return interval_of_text(b, &ast->interval.parts[0], negate, ast->span);
    return interval_of_parts(b, ast, negate);
}
