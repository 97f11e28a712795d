/*
 * catalog_interval.c: arithmetic of dates, timestamps and intervals: what + - * / become when one
 * side is one of these (catalog_arithmetic.c chooses).
 *
 * The rows are hidden and have names no SQL can spell; each stands twice, the second for try_….
 */
#include <math.h>

#include "base/assert.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/decimal_math.h"
#include "expr/time.h"

/* ── dates ─────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_date_days(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i32(out)[i] =
            (int32_t)((uint32_t)arg_i32(call, 0, i) + (uint32_t)(arg_i64(call, 1, i) / US_PER_DAY));
    return out;
}

static Vector *kernel_date_add(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i32(out)[i] =
            (int32_t)((uint32_t)arg_i32(call, 0, i) + (uint32_t)arg_i32(call, 1, i));
    return out;
}

static Vector *kernel_date_sub(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i32(out)[i] =
            (int32_t)((uint32_t)arg_i32(call, 0, i) - (uint32_t)arg_i32(call, 1, i));
    return out;
}

static Vector *kernel_date_months(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i))
            kernel_date_later(call, out, i, arg_i32(call, 1, i));
    }
    return out;
}

static Interval arg_interval(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_intervals(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static Vector *kernel_date_interval(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        Interval add;

        if (!kernel_row_ready(call, i))
            continue;
        add = arg_interval(call, 1, i);
        if (add.us)
            kernel_ansi_error(call, out, i, "INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION", "22006",
                              "Cannot add an interval to a date because its microseconds part is "
                              "not 0.");
        if (kernel_date_later(call, out, i, add.months))
            vector_i32(out)[i] = (int32_t)((uint32_t)vector_i32(out)[i] + (uint32_t)add.days);
    }
    return out;
}

/* ── timestamps ────────────────────────────────────────────────────────────────────────────────*/

static void put_timestamp(const KernelCall *call, Vector *out, uint32_t i, Interval add,
                          int64_t days)
{
    const Type *type = call->args[0]->type;
    int64_t us;

    if (timestamp_add(arg_i64(call, 0, i), add.months, days, add.us,
                      timestamp_zone(call->sql, type), &us))
        vector_i64(out)[i] = us;
    else
        kernel_error(call, out, i, "DATETIME_OVERFLOW", "22008",
                     "Datetime operation overflow: add an interval to a timestamp.");
}

static Vector *kernel_timestamp_months(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i))
            put_timestamp(call, out, i, (Interval){.months = arg_i32(call, 1, i)}, 0);
    }
    return out;
}

static Vector *kernel_timestamp_interval(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool calendar = call->args[1]->type->kind == TYPE_INTERVAL;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Interval add = {0};
        int64_t days;

        if (!kernel_row_ready(call, i))
            continue;
        if (calendar) {
            add = arg_interval(call, 1, i);
            days = add.days;
        } else {
            days = arg_i64(call, 1, i) / US_PER_DAY;
            add.us = arg_i64(call, 1, i) % US_PER_DAY;
        }
        put_timestamp(call, out, i, add, days);
    }
    return out;
}

/* Of local times: a day is 24 hours, whatever the zone did. */
static Vector *kernel_timestamp_difference(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Zone *zone = timestamp_zone(call->sql, call->args[0]->type);

    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t us;

        if (!kernel_row_ready(call, i))
            continue;
        if (__builtin_sub_overflow(timestamp_local(zone, arg_i64(call, 0, i)),
                                   timestamp_local(zone, arg_i64(call, 1, i)), &us))
            kernel_error(call, out, i, CLASS_OVERFLOW, "long overflow");
        vector_i64(out)[i] = us;
    }
    return out;
}

static Vector *kernel_date_difference(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t days = (int64_t)arg_i32(call, 0, i) - arg_i32(call, 1, i), us;

        if (__builtin_mul_overflow(days, US_PER_DAY, &us))
            kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW,
                         "Integer overflow while operating with intervals.");
        vector_i64(out)[i] = us;
    }
    return out;
}

static bool bind_timestamp_difference(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;
    const Type *to = type_is_timestamp(a) ? a : b;

    /* A date or string takes the other side's type; with and without zone meet without. */
    if (type_is_timestamp(a) && type_is_timestamp(b) && !type_equal(a, b))
        to = &type_timestamp_ntz;
    for (uint32_t i = 0; i < 2; i++) {
        if (!bind_coerce(call, i, to))
            return bind_unexpected(call, i, "(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)", err);
    }
    call->type = &type_interval_dt;
    return true;
}

static bool bind_date_difference(BindCall *call, Error *err)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (!bind_require(call, i, &type_date, err))
            return false;
    }
    call->type = type_interval_range(call->arena, TYPE_INTERVAL_DT, UNIT_DAY, UNIT_DAY);
    return true;
}

/* ── intervals times numbers ───────────────────────────────────────────────────────────────────*/

static bool bind_interval_number(BindCall *call, Error *err)
{
    const Type *interval = call->args[0]->type;
    const Type *number = call->args[1]->type;

    if (type_is_string(number) || number->kind == TYPE_VOID || interval->kind == TYPE_INTERVAL ||
        number->kind == TYPE_FLOAT) {
        if (!bind_coerce(call, 1, &type_double))
            return bind_unexpected(call, 1, "NUMERIC", err);
    } else if (type_is_integral(number))
        bind_cast(call, 1, &type_bigint);
    if (!type_is_numeric(call->args[1]->type))
        return bind_unexpected(call, 1, "NUMERIC", err);
    call->type = interval->kind == TYPE_INTERVAL_YM   ? &type_interval_ym
                 : interval->kind == TYPE_INTERVAL_DT ? &type_interval_dt
                                                      : &type_interval;
    return true;
}

static int64_t interval_amount(const Vector *v, uint32_t row_i)
{
    uint32_t r = vector_row(v, row_i);

    return v->type->kind == TYPE_INTERVAL_YM ? vector_i32(v)[r] : vector_i64(v)[r];
}

static void put_amount(const KernelCall *call, Vector *out, uint32_t i, Int128 amount)
{
    bool months = out->type->kind == TYPE_INTERVAL_YM;

    if (amount < (months ? INT32_MIN : INT64_MIN) || amount > (months ? INT32_MAX : INT64_MAX))
        kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW,
                     "Integer overflow while operating with intervals.");
    else if (months)
        vector_i32(out)[i] = (int32_t)amount;
    else
        vector_i64(out)[i] = (int64_t)amount;
}

static void put_double(const KernelCall *call, Vector *out, uint32_t i, double amount)
{
    if (!isfinite(amount) || fabs(amount) >= 0x1p63)
        kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW,
                     "Integer overflow while operating with intervals.");
    else
        put_amount(call, out, i, (Int128)round(amount));
}

/* Months and days are cut, what is left of the days goes on as time. */
static void put_calendar(const KernelCall *call, Vector *out, uint32_t i, double factor)
{
    Interval x = arg_interval(call, 0, i);
    double months = factor * x.months, days = factor * x.days;
    double us = factor * (double)x.us + (double)US_PER_DAY * (days - trunc(days));

    if (!isfinite(factor) || fabs(months) > INT32_MAX || fabs(days) > INT32_MAX ||
        fabs(us) >= 0x1p63)
        kernel_error(call, out, i, CLASS_OVERFLOW, "integer overflow");
    else
        vector_intervals(out)[i] = (Interval){(int32_t)months, (int32_t)days, (int64_t)round(us)};
}

static Vector *kernel_interval_multiply(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *number = call->args[1];

    for (uint32_t i = 0; i < call->row_count; i++) {
        Int128 product;

        if (!kernel_row_ready(call, i))
            continue;
        if (out->type->kind == TYPE_INTERVAL) {
            put_calendar(call, out, i, arg_f64(call, 1, i));
        } else if (number->type->kind == TYPE_BIGINT) {
            put_amount(call, out, i,
                       (Int128)interval_amount(call->args[0], i) * arg_i64(call, 1, i));
        } else if (number->type->kind == TYPE_DOUBLE) {
            put_double(call, out, i,
                       (double)interval_amount(call->args[0], i) * arg_f64(call, 1, i));
        } else {
            if (!decimal_multiply(interval_amount(call->args[0], i), 0, arg_i128(call, 1, i),
                                  number->type->scale, 0, &product))
                product = decimal_power10(38);
            put_amount(call, out, i, product);
        }
    }
    return out;
}

static bool divisor_is_zero(const KernelCall *call, uint32_t i)
{
    switch ((int)call->args[1]->type->kind) {
    case TYPE_BIGINT:
        return arg_i64(call, 1, i) == 0;
    case TYPE_DOUBLE:
        return arg_f64(call, 1, i) == 0;
    default:
        return arg_i128(call, 1, i) == 0;
    }
}

static void divide_row(const KernelCall *call, Vector *out, uint32_t i)
{
    const Vector *number = call->args[1];
    int64_t amount;
    Int128 quotient;

    if (out->type->kind == TYPE_INTERVAL) {
        put_calendar(call, out, i, 1 / arg_f64(call, 1, i));
        return;
    }
    amount = interval_amount(call->args[0], i);
    if (number->type->kind == TYPE_DOUBLE) {
        put_double(call, out, i, (double)amount / arg_f64(call, 1, i));
    } else if (number->type->kind == TYPE_BIGINT) {
        bool smallest = amount == (out->type->kind == TYPE_INTERVAL_YM ? INT32_MIN : INT64_MIN);

        if (smallest && arg_i64(call, 1, i) == -1) {
            kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW_TRY,
                         "Interval value overflows after being divided by -1. Use `try_divide` to "
                         "tolerate overflow and return NULL instead.");
        } else {
            decimal_divide(amount, 0, arg_i64(call, 1, i), 0, 0, &quotient);
            put_amount(call, out, i, quotient);
        }
    } else {
        if (!decimal_divide(amount, 0, arg_i128(call, 1, i), number->type->scale, 0, &quotient))
            quotient = decimal_power10(38);
        put_amount(call, out, i, quotient);
    }
}

static Vector *kernel_interval_divide(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        if (!kernel_row_ready(call, i))
            continue;
        if (divisor_is_zero(call, i))
            kernel_error(call, out, i, "INTERVAL_DIVIDED_BY_ZERO", "22012", TEXT_DIVIDE_BY_ZERO);
        else
            divide_row(call, out, i);
    }
    return out;
}

/* ── calendar intervals ────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_interval_add(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool subtract = call->expr->fn->extra != NULL;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Interval a, b, r;
        bool overflow;

        if (!kernel_row_ready(call, i))
            continue;
        a = arg_interval(call, 0, i);
        b = arg_interval(call, 1, i);
        overflow = subtract ? __builtin_sub_overflow(a.months, b.months, &r.months) ||
                                  __builtin_sub_overflow(a.days, b.days, &r.days) ||
                                  __builtin_sub_overflow(a.us, b.us, &r.us)
                            : __builtin_add_overflow(a.months, b.months, &r.months) ||
                                  __builtin_add_overflow(a.days, b.days, &r.days) ||
                                  __builtin_add_overflow(a.us, b.us, &r.us);
        if (overflow)
            kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW_TRY,
                         "Integer overflow while operating with intervals.");
        vector_intervals(out)[i] = r;
    }
    return out;
}

/* ── dates and days ────────────────────────────────────────────────────────────────────────────*/

/* Days that may not fit an INT, or are no whole number, are refused. */
static bool bind_date_days(BindCall *call, Error *err)
{
    const Type *days = call->args[1]->type;

    if (days->kind == TYPE_BIGINT || type_is_fractional(days))
        return bind_unexpected(call, 1, "(INT OR SMALLINT OR TINYINT)", err);
    return bind_signature(call, err);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, bind_, signature_, kernel_, extra_)                                     \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN, .arg_min = 2,                \
        .arg_max = 2, .bind = bind_, .signature = signature_, .kernel = kernel_, .extra = extra_,  \
        .group = "operator", .doc = "", .example = ""                                              \
    }
#define DATE_ADD(name_, max_, kernel_, doc_, example_)                                             \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 2, .arg_max = max_,           \
        .bind = bind_date_days, .signature = "(date, int) -> date", .kernel = kernel_,             \
        .group = "datetime", .doc = doc_, .example = example_                                      \
    }

static const bool is_subtraction = true;

static const Function rows[] = {
    ROW("date + days", bind_signature, "(date, dt) -> date", kernel_date_days, NULL),
    ROW("date + months", bind_signature, "(date, ym) -> date", kernel_date_months, NULL),
    ROW("date + interval", bind_signature, "(date, interval) -> date", kernel_date_interval, NULL),
    ROW("timestamp + months", bind_signature, "(timestamps, ym) -> $1", kernel_timestamp_months,
         NULL),
    ROW("timestamp + interval", bind_signature,
         "(timestamps, dt) -> $1; (timestamps, interval) -> $1", kernel_timestamp_interval, NULL),
    ROW("timestamp - timestamp", bind_timestamp_difference, NULL, kernel_timestamp_difference,
         NULL),
    ROW("date - date", bind_date_difference, NULL, kernel_date_difference, NULL),
    ROW("interval * number", bind_interval_number, NULL, kernel_interval_multiply, NULL),
    ROW("interval / number", bind_interval_number, NULL, kernel_interval_divide, NULL),
    ROW("interval + interval", bind_signature, "(interval, interval) -> interval",
         kernel_interval_add, NULL),
    ROW("interval - interval", bind_signature, "(interval, interval) -> interval",
         kernel_interval_add, &is_subtraction),
    DATE_ADD("date_add", 2, kernel_date_add, "The date so many days later",
             "date_add(DATE '2024-02-28', 2) = DATE '2024-03-01'"),
    DATE_ADD("date_sub", 2, kernel_date_sub, "The date so many days earlier",
             "date_sub(DATE '2024-03-01', 2) = DATE '2024-02-28'"),
};

const FunctionTable catalog_interval = FUNCTION_TABLE_OF(rows);
