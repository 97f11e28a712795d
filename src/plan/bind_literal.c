/*
 * bind_literal.c: literals and intervals, with the types Spark gives them.
 */
#include "plan/bind.h"

#include <ctype.h>
#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"

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

    if (!text_to_date(text, vector_i32(v)))
        return typed_literal_error(b, "DATE", text, span);
    return expr_literal(b->arena, v, span);
}

static Expr *timestamp_literal(Binder *b, Str text, bool ntz, Span span)
{
    Vector *v = literal_vector(b, ntz ? &type_timestamp_ntz : &type_timestamp);

    if (ntz ? !text_to_timestamp_ntz(text, true, vector_i64(v))
            : !text_to_timestamp(text, b->sql->zone, vector_i64(v)))
        return typed_literal_error(b, ntz ? "TIMESTAMP_NTZ" : "TIMESTAMP", text, span);
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

typedef struct UnitInfo {
    bool year_month;
    IntervalUnit field; /* Of the type. */
    int64_t factor;     /* Months or microseconds. */
} UnitInfo;

static UnitInfo unit_info(AstIntervalUnit unit)
{
    switch (unit) {
    case AST_UNIT_YEAR:
        return (UnitInfo){true, UNIT_YEAR, 12};
    case AST_UNIT_MONTH:
        return (UnitInfo){true, UNIT_MONTH, 1};
    case AST_UNIT_WEEK:
        return (UnitInfo){false, UNIT_DAY, 604800000000};
    case AST_UNIT_DAY:
        return (UnitInfo){false, UNIT_DAY, 86400000000};
    case AST_UNIT_HOUR:
        return (UnitInfo){false, UNIT_HOUR, 3600000000};
    case AST_UNIT_MINUTE:
        return (UnitInfo){false, UNIT_MINUTE, 60000000};
    case AST_UNIT_SECOND:
        return (UnitInfo){false, UNIT_SECOND, 1000000};
    case AST_UNIT_MILLISECOND:
        return (UnitInfo){false, UNIT_SECOND, 1000};
    case AST_UNIT_MICROSECOND:
        return (UnitInfo){false, UNIT_SECOND, 1};
    case AST_UNIT_NANOSECOND:
        return (UnitInfo){false, UNIT_SECOND, 0};
    case AST_UNIT_NONE:
        break;
    }
    UNREACHABLE();
}

static AstIntervalUnit unit_of_word(Str word)
{
    static const AstIntervalUnit units[] = {
        AST_UNIT_YEAR,   AST_UNIT_MONTH,  AST_UNIT_WEEK,        AST_UNIT_DAY,         AST_UNIT_HOUR,
        AST_UNIT_MINUTE, AST_UNIT_SECOND, AST_UNIT_MILLISECOND, AST_UNIT_MICROSECOND, AST_UNIT_NANOSECOND,
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

/* What is gathered while the parts of an interval are read. */
typedef struct IntervalSum {
    int64_t months;
    int64_t us;
    bool year_month, day_time;
    IntervalUnit from, to;
} IntervalSum;

static void interval_note_unit(IntervalSum *sum, UnitInfo unit)
{
    bool first = !sum->year_month && !sum->day_time;

    if (first || unit.field < sum->from)
        sum->from = unit.field;
    if (first || unit.field > sum->to)
        sum->to = unit.field;
    sum->year_month |= unit.year_month;
    sum->day_time |= !unit.year_month;
}

static Expr *interval_literal(Binder *b, const IntervalSum *sum, bool negate, Span span)
{
    Vector *v;

    if (sum->year_month && sum->day_time)
        return bind_error(b, span, "_LEGACY_ERROR_TEMP_0029", NULL,
                          "Cannot mix year-month and day-time fields in an interval literal.");
    if (sum->year_month) {
        int64_t months = negate ? -sum->months : sum->months;

        if (months > INT32_MAX || months < INT32_MIN)
            return bind_error(b, span, "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION", "22015",
                              "Integer overflow while operating with intervals.");
        v = literal_vector(b, type_interval_range(b->arena, TYPE_INTERVAL_YM, sum->from, sum->to));
        vector_i32(v)[0] = (int32_t)months;
    } else {
        v = literal_vector(b, type_interval_range(b->arena, TYPE_INTERVAL_DT, sum->from, sum->to));
        vector_i64(v)[0] = negate ? -sum->us : sum->us;
    }
    return expr_literal(b->arena, v, span);
}

/* "12", "-1.5" of a unit into its base unit. Fractions for seconds alone. */
static bool quantity_in_unit(Str text, AstIntervalUnit unit, int64_t *out)
{
    UnitInfo info = unit_info(unit);
    Int128 scaled;
    int64_t whole;

    text = str_trim(text);
    if (unit == AST_UNIT_SECOND) {
        if (!text_to_decimal(text, 38, 6, &scaled) || scaled > INT64_MAX || scaled < INT64_MIN)
            return false;
        *out = (int64_t)scaled;
        return true;
    }
    if (text.bytes && text.data[0] == '+')
        text = str_slice(text, 1, text.bytes);
    if (!str_to_int64(text, &whole))
        return false;
    if (unit == AST_UNIT_NANOSECOND) {
        *out = whole / 1000;
        return true;
    }
    return !__builtin_mul_overflow(whole, info.factor, out);
}

static Expr *interval_format_error(Binder *b, Str text, Span span)
{
    return bind_error(b, span, "INVALID_INTERVAL_FORMAT.INPUT_IS_INVALID", "22006",
                      "Error parsing '%.*s' to interval. Please ensure that the value provided is "
                      "in a valid format for defining an interval.",
                      STR_ARG(text));
}

/* INTERVAL '1 day 2 hours': numbers and units by turns. */
static Expr *interval_of_text(Binder *b, const AstIntervalPart *part, bool negate, Span span)
{
    IntervalSum sum = {0};
    Str rest = part->value, word;
    Interval value;

    if (!text_to_interval(part->value, &value))
        return interval_format_error(b, part->value, part->span);
    while (str_split(&rest, ' ', &word)) {
        uint32_t letters = 0;
        AstIntervalUnit unit;

        while (letters < word.bytes && !isalpha((unsigned char)word.data[letters]))
            letters++;
        unit = unit_of_word(str_trim(str_slice(word, letters, word.bytes)));
        if (unit != AST_UNIT_NONE)
            interval_note_unit(&sum, unit_info(unit));
    }
    if (!sum.year_month && !sum.day_time)
        return interval_format_error(b, part->value, part->span);
    sum.months = value.months;
    if (__builtin_mul_overflow((int64_t)value.days, (int64_t)86400000000, &sum.us) ||
        __builtin_add_overflow(sum.us, value.us, &sum.us))
        return interval_format_error(b, part->value, part->span);
    return interval_literal(b, &sum, negate ^ part->negative, span);
}

/* INTERVAL '1-2' YEAR TO MONTH */
static Expr *interval_from_to(Binder *b, const AstExpr *ast, bool negate)
{
    const AstIntervalPart *part = &ast->interval.parts[0];
    UnitInfo from = unit_info(part->unit), to = unit_info(ast->interval.unit_to);
    const Type *type;
    Vector *v;
    bool ok;

    if (from.year_month != to.year_month || from.field >= to.field)
        return bind_error(b, ast->span, "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
                          "22006", "Cannot support (interval '%.*s' %s to %s) expression.",
                          STR_ARG(part->value), interval_unit_name(part->unit),
                          interval_unit_name(ast->interval.unit_to));
    type = type_interval_range(b->arena, from.year_month ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT,
                               from.field, to.field);
    v = literal_vector(b, type);
    ok = from.year_month ? text_to_interval_ym(part->value, type, vector_i32(v))
                         : text_to_interval_dt(part->value, type, vector_i64(v));
    if (!ok)
        return bind_error(b, part->span, from.year_month
                              ? "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING"
                              : "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE",
                          "22006", "Interval string does not match the format of %s: '%.*s'.",
                          type_name_in(b->arena, type), STR_ARG(part->value));
    if (negate ^ part->negative) {
        if (from.year_month)
            vector_i32(v)[0] = -vector_i32(v)[0];
        else
            vector_i64(v)[0] = -vector_i64(v)[0];
    }
    return expr_literal(b->arena, v, ast->span);
}

Expr *bind_interval(Binder *b, const AstExpr *ast, bool negate)
{
    IntervalSum sum = {0};

    if (ast->interval.unit_to != AST_UNIT_NONE)
        return interval_from_to(b, ast, negate);
    if (ast->interval.part_count == 1 && ast->interval.parts[0].unit == AST_UNIT_NONE)
        return interval_of_text(b, &ast->interval.parts[0], negate, ast->span);
    for (size_t i = 0; i < ast->interval.part_count; i++) {
        const AstIntervalPart *part = &ast->interval.parts[i];
        int64_t value;

        if (part->unit == AST_UNIT_NONE || !quantity_in_unit(part->value, part->unit, &value))
            return interval_format_error(b, part->value, part->span);
        if (part->negative)
            value = -value;
        interval_note_unit(&sum, unit_info(part->unit));
        if (unit_info(part->unit).year_month ? __builtin_add_overflow(sum.months, value, &sum.months)
                                             : __builtin_add_overflow(sum.us, value, &sum.us))
            return interval_format_error(b, part->value, part->span);
    }
    return interval_literal(b, &sum, negate, ast->span);
}
