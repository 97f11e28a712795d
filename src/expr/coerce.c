/*
 * coerce.c: which type takes over which (coerce.h), and implicit casts.
 */
#include "expr/coerce.h"

#include "base/assert.h"

/* ── decimals ──────────────────────────────────────────────────────────────────────────────────*/

enum { DECIMAL_SCALE_KEPT = 6 }; /* spark.sql.decimalOperations.allowPrecisionLoss */

Decimal decimal_of(const Type *type)
{
    switch ((int)type->kind) {
    case TYPE_TINYINT:
        return (Decimal){3, 0};
    case TYPE_SMALLINT:
        return (Decimal){5, 0};
    case TYPE_INT:
        return (Decimal){10, 0};
    case TYPE_BIGINT:
        return (Decimal){20, 0};
    case TYPE_FLOAT:
        return (Decimal){14, 7};
    case TYPE_DOUBLE:
        return (Decimal){30, 15};
    case TYPE_DECIMAL:
        return (Decimal){type->precision, type->scale};
    default:
        return (Decimal){38, 18};
    }
}

Decimal decimal_adjust(int precision, int scale)
{
    int whole = precision - scale;

    if (precision <= DECIMAL_PRECISION_MAX)
        return (Decimal){precision, scale};
    return (Decimal){DECIMAL_PRECISION_MAX,
                     MAX(DECIMAL_PRECISION_MAX - whole, MIN(scale, DECIMAL_SCALE_KEPT))};
}

Decimal decimal_wider(Decimal a, Decimal b)
{
    int scale = MAX(a.scale, b.scale);
    int precision = MAX(a.precision - a.scale, b.precision - b.scale) + scale;

    if (precision <= DECIMAL_PRECISION_MAX)
        return (Decimal){precision, scale};
    return (Decimal){DECIMAL_PRECISION_MAX, MAX(0, scale - (precision - DECIMAL_PRECISION_MAX))};
}

const Type *decimal_type(Arena *arena, Decimal d)
{
    return type_decimal(arena, d.precision, d.scale);
}

Decimal decimal_of_literal(const Expr *e)
{
    const Vector *v = e->literal;
    int64_t value = 0;
    int digits = 1;

    if (!vector_is_valid(v, 0))
        return decimal_of(e->type);
    switch ((int)e->type->kind) {
    case TYPE_TINYINT:
        value = vector_i8(v)[0];
        break;
    case TYPE_SMALLINT:
        value = vector_i16(v)[0];
        break;
    case TYPE_INT:
        value = vector_i32(v)[0];
        break;
    default:
        value = vector_i64(v)[0];
        break;
    }
    for (; value / 10; value /= 10)
        digits++;
    return (Decimal){digits, 0};
}

/* ── kinds of types ────────────────────────────────────────────────────────────────────────────*/

bool type_is_string(const Type *type)
{
    return type->kind == TYPE_STRING;
}

bool type_is_fractional(const Type *type)
{
    return type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE || type->kind == TYPE_DECIMAL;
}

bool type_is_timestamp(const Type *type)
{
    return type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_NTZ;
}

bool type_is_interval(const Type *type)
{
    return type->kind == TYPE_INTERVAL_YM || type->kind == TYPE_INTERVAL_DT;
}

static bool type_is_datetime(const Type *type)
{
    return type->kind == TYPE_DATE || type_is_timestamp(type);
}

bool type_is_atomic(const Type *type)
{
    return !type_is_nested(type) && type->kind != TYPE_VOID && type->kind != TYPE_INTERVAL;
}

const Type *type_all_nullable(Arena *arena, const Type *type)
{
    Field *fields;

    if (type->kind == TYPE_ARRAY)
        return type_array(arena, type_all_nullable(arena, type->fields[0].type), true);
    if (type->kind == TYPE_MAP)
        return type_map(arena, type->fields[0].type, type_all_nullable(arena, type->fields[1].type),
                        true);
    if (type->kind != TYPE_STRUCT)
        return type;
    fields = ARENA_ARRAY(arena, Field, type->field_count);
    for (uint32_t f = 0; f < type->field_count; f++)
        fields[f] =
            (Field){type->fields[f].name, type_all_nullable(arena, type->fields[f].type), true};
    return type_struct(arena, fields, type->field_count);
}

/* ── the common type ───────────────────────────────────────────────────────────────────────────*/

typedef const Type *(*CommonType)(Arena *arena, const Type *a, const Type *b);

static bool field_forced_null(const Type *from, const Type *to)
{
    /* A cast that may give NULL for a value: none in ANSI mode, save NULL itself. */
    return from->kind == TYPE_VOID && to->kind != TYPE_VOID;
}

static const Type *common_array(Arena *arena, const Type *a, const Type *b, CommonType common)
{
    const Type *element = common(arena, a->fields[0].type, b->fields[0].type);

    if (!element)
        return NULL;
    return type_array(arena, element,
                      a->contains_null || b->contains_null ||
                          field_forced_null(a->fields[0].type, element) ||
                          field_forced_null(b->fields[0].type, element));
}

static const Type *common_map(Arena *arena, const Type *a, const Type *b, CommonType common)
{
    const Type *key = common(arena, a->fields[0].type, b->fields[0].type);
    const Type *value = common(arena, a->fields[1].type, b->fields[1].type);

    if (!key || !value)
        return NULL;
    return type_map(arena, key, value,
                    a->contains_null || b->contains_null ||
                        field_forced_null(a->fields[1].type, value) ||
                        field_forced_null(b->fields[1].type, value));
}

static const Type *common_struct(Arena *arena, const Type *a, const Type *b, CommonType common)
{
    Field *fields;

    if (a->field_count != b->field_count)
        return NULL;
    fields = ARENA_ARRAY(arena, Field, a->field_count);
    for (uint32_t i = 0; i < a->field_count; i++) {
        fields[i] = a->fields[i];
        if (!str_equal_nocase(a->fields[i].name, b->fields[i].name))
            return NULL;
        fields[i].type = common(arena, a->fields[i].type, b->fields[i].type);
        fields[i].nullable = a->fields[i].nullable || b->fields[i].nullable;
        if (!fields[i].type)
            return NULL;
    }
    return type_struct(arena, fields, a->field_count);
}

static const Type *common_nested(Arena *arena, const Type *a, const Type *b, CommonType common)
{
    if (a->kind != b->kind)
        return NULL;
    switch ((int)a->kind) {
    case TYPE_ARRAY:
        return common_array(arena, a, b, common);
    case TYPE_MAP:
        return common_map(arena, a, b, common);
    case TYPE_STRUCT:
        return common_struct(arena, a, b, common);
    default:
        return NULL;
    }
}

static bool decimal_holds(const Type *decimal, const Type *integral)
{
    Decimal d = decimal_of(integral);

    return decimal->precision - decimal->scale >= d.precision - d.scale;
}

static const Type *tightest_number(const Type *a, const Type *b)
{
    const Type *wider = a->kind > b->kind ? a : b;

    if (wider->kind == TYPE_FLOAT)
        return &type_double;
    return wider;
}

const Type *type_tightest(Arena *arena, const Type *a, const Type *b)
{
    if (type_equal(a, b) && !type_is_nested(a))
        return a;
    if (a->kind == TYPE_VOID)
        return b;
    if (b->kind == TYPE_VOID)
        return a;
    if (type_is_integral(a) && b->kind == TYPE_DECIMAL)
        return decimal_holds(b, a) ? b : NULL;
    if (type_is_integral(b) && a->kind == TYPE_DECIMAL)
        return decimal_holds(a, b) ? a : NULL;
    if (type_is_numeric(a) && type_is_numeric(b)) {
        if (a->kind == TYPE_DECIMAL || b->kind == TYPE_DECIMAL)
            return NULL;
        return tightest_number(a, b);
    }
    if (type_is_datetime(a) && type_is_datetime(b)) {
        if (a->kind == TYPE_TIMESTAMP || b->kind == TYPE_TIMESTAMP)
            return &type_timestamp;
        return &type_timestamp_ntz;
    }
    if (type_is_interval(a) && a->kind == b->kind)
        return type_interval_range(arena, a->kind, (IntervalUnit)MIN(a->from_unit, b->from_unit),
                                   (IntervalUnit)MAX(a->to_unit, b->to_unit));
    return common_nested(arena, a, b, type_tightest);
}

const Type *type_meeting(Arena *arena, const Type *a, const Type *b)
{
    if ((a->kind == TYPE_FLOAT && type_is_integral(b)) ||
        (b->kind == TYPE_FLOAT && type_is_integral(a)))
        return &type_float;
    if (type_is_nested(a) && type_is_nested(b))
        return common_nested(arena, a, b, type_meeting);
    return type_tightest(arena, a, b);
}

bool types_become_one(const Type *a, const Type *b)
{
    const Type *decimal = a->kind == TYPE_DECIMAL ? a : b, *other = a->kind == TYPE_DECIMAL ? b : a;
    Decimal digits;

    if (type_equal(a, b))
        return true;
    if (type_is_string(a) || type_is_string(b))
        return type_string_promotion(a, b) != NULL;
    if (decimal->kind != TYPE_DECIMAL)
        return false;
    if (other->kind == TYPE_DOUBLE)
        return true;
    digits = decimal_of(other);
    return type_is_integral(other) && digits.precision == decimal->precision &&
           digits.scale == decimal->scale;
}

static const Type *common_decimal(Arena *arena, const Type *a, const Type *b)
{
    if (a->kind != TYPE_DECIMAL && b->kind != TYPE_DECIMAL)
        return NULL;
    if (!type_is_numeric(a) || !type_is_numeric(b))
        return NULL;
    if ((type_is_fractional(a) && a->kind != TYPE_DECIMAL) ||
        (type_is_fractional(b) && b->kind != TYPE_DECIMAL))
        return &type_double;
    return decimal_type(arena, decimal_wider(decimal_of(a), decimal_of(b)));
}

const Type *type_string_promotion(const Type *a, const Type *b)
{
    if (!type_is_string(a)) {
        const Type *swap = a;

        a = b;
        b = swap;
    }
    if (!type_is_string(a))
        return NULL;
    if (type_is_integral(b))
        return &type_bigint;
    if (type_is_fractional(b))
        return &type_double;
    if (b->kind == TYPE_VOID)
        return a;
    if (type_is_interval(b) || !type_is_atomic(b))
        return NULL;
    return b;
}

const Type *type_common_no_string(Arena *arena, const Type *a, const Type *b)
{
    const Type *common = type_tightest(arena, a, b);

    if (!common)
        common = common_decimal(arena, a, b);
    return common ? common : common_nested(arena, a, b, type_common_no_string);
}

const Type *type_common(Arena *arena, const Type *a, const Type *b)
{
    const Type *common = type_tightest(arena, a, b);

    if (!common)
        common = common_decimal(arena, a, b);
    if (!common)
        common = type_string_promotion(a, b);
    return common ? common : common_nested(arena, a, b, type_common);
}

const Type *expr_common_type(Arena *arena, Expr *const *exprs, uint32_t count)
{
    const Type *common = &type_void;

    for (uint32_t i = 0; i < count && common; i++)
        common = type_common(arena, common, exprs[i]->type);
    return common;
}

/* ── what casts there are ──────────────────────────────────────────────────────────────────────*/

static bool can_nested(const Type *from, const Type *to,
                       bool (*can)(const Type *from, const Type *to))
{
    if (from->kind != to->kind || from->field_count != to->field_count)
        return false;
    for (uint32_t i = 0; i < from->field_count; i++) {
        if (!can(from->fields[i].type, to->fields[i].type))
            return false;
        if (from->kind == TYPE_STRUCT && from->fields[i].nullable && !to->fields[i].nullable)
            return false;
    }
    return from->kind == TYPE_STRUCT || !from->contains_null || to->contains_null;
}

static bool can_cast_to_number(const Type *from, const Type *to)
{
    if (type_is_numeric(from) || from->kind == TYPE_STRING || from->kind == TYPE_BOOLEAN ||
        from->kind == TYPE_TIMESTAMP)
        return true;
    return type_is_interval(from) && (type_is_integral(to) || to->kind == TYPE_DECIMAL);
}

bool type_can_cast(const Type *from, const Type *to)
{
    if (from->kind == TYPE_VOID || type_equal(from, to))
        return true;
    switch (to->kind) {
    case TYPE_STRING:
        return true;
    case TYPE_BINARY:
        return from->kind == TYPE_STRING;
    case TYPE_BOOLEAN:
        return from->kind == TYPE_STRING || type_is_numeric(from);
    case TYPE_TIMESTAMP:
        return from->kind == TYPE_STRING || type_is_datetime(from) || type_is_numeric(from);
    case TYPE_DATE:
    case TYPE_TIMESTAMP_NTZ:
        return from->kind == TYPE_STRING || type_is_datetime(from);
    case TYPE_INTERVAL:
        return from->kind == TYPE_STRING;
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL_YM:
        return from->kind == TYPE_STRING || from->kind == to->kind || type_is_integral(from) ||
               from->kind == TYPE_DECIMAL;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
        return can_cast_to_number(from, to);
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
        return can_nested(from, to, type_can_cast);
    case TYPE_VOID:
    case TYPE_KIND_COUNT:
        return false;
    }
    return false;
}

bool type_can_store(const Type *from, const Type *to)
{
    if (from->kind == TYPE_VOID || (type_equal(from, to) && !type_is_nested(from)))
        return true;
    if (type_is_numeric(from) && type_is_numeric(to))
        return true;
    if (to->kind == TYPE_STRING)
        return type_is_atomic(from) || from->kind == TYPE_INTERVAL;
    if (type_is_datetime(from) && type_is_datetime(to))
        return true;
    if (type_is_interval(from) && from->kind == to->kind)
        return true;
    return type_is_nested(from) && can_nested(from, to, type_can_store);
}

/* ── casts put in ──────────────────────────────────────────────────────────────────────────────*/

static bool cast_to(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, Expr **out)
{
    Error ignored = {0};

    if (type_equal(e->type, to)) {
        *out = e;
        return true;
    }
    return expr_cast(arena, sql, e, to, false, e->span, out, &ignored);
}

bool expr_coerce(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, Expr **out)
{
    const Type *from = e->type;

    if (type_equal(from, to))
        return cast_to(arena, sql, e, to, out);
    if (type_is_string(from) && type_is_atomic(to))
        return cast_to(arena, sql, e, to, out);
    return type_can_store(from, to) && cast_to(arena, sql, e, to, out);
}

bool expr_store_cast(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, Span span,
                     Expr **out, Error *err)
{
    if (type_can_store(e->type, to) && type_can_cast(e->type, to))
        return expr_cast(arena, sql, e, to, false, span, out, err);
    return error_set_class(err, ERROR_USER, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
                           "KD000", "Cannot safely cast \"%s\" to \"%s\"",
                           type_name_in(arena, e->type), type_name_in(arena, to));
}
