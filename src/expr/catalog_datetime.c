/*
 * catalog_datetime.c: the present, dates and times to and from text by patterns, to and from
 * numbers, and between time zones.
 */
#include <math.h>

#include "base/assert.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/datetime_pattern.h"
#include "expr/kernel.h"
#include "expr/time.h"

/* ── the present ───────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_current_timestamp(const KernelCall *call)
{
    const Zone *zone = timestamp_zone(call->sql, call->expr->type);
    bool local = call->expr->type->kind == TYPE_TIMESTAMP_NTZ;
    Vector *out = kernel_result(call);

    (void)zone;
    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i64(out)[i] =
            local ? zone_to_local(call->sql->zone, call->sql->now_us) : call->sql->now_us;
    return out;
}

static Vector *kernel_current_date(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i32(out)[i] =
            (int32_t)floor_div(zone_to_local(call->sql->zone, call->sql->now_us), US_PER_DAY);
    return out;
}

static Vector *kernel_current_timezone(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_strs(out)[i] = zone_name(call->sql->zone);
    return out;
}

/* ── text by patterns ──────────────────────────────────────────────────────────────────────────*/

/* The pattern in hand: compiled again only where it differs from the row before. */
typedef struct PatternUse {
    const KernelCall *call;
    bool parsing;
    Str text;
    const DatetimePattern *compiled;
    Error err;
} PatternUse;

/* False: an error of row i. `arg_i` past the arguments: the default pattern. */
static bool pattern_use(PatternUse *use, Vector *out, uint32_t i, uint32_t arg_i)
{
    Str text =
        arg_i < use->call->arg_count ? arg_str(use->call, arg_i, i) : STR("yyyy-MM-dd HH:mm:ss");

    if (!use->text.data || !str_equal(text, use->text)) {
        use->text = text;
        use->compiled = NULL;
        error_clear(&use->err);
        if (!datetime_pattern_compile(use->call->arena, text, use->parsing, &use->compiled,
                                      &use->err))
            use->compiled = NULL;
    }
    if (use->compiled)
        return true;
    kernel_error(use->call, out, i, use->err.class_name, use->err.sqlstate, "%s", use->err.text);
    return false;
}

/* Appends a time by a pattern; false: an error of the row (a zone letter for a time without one).
 */
static bool add_formatted(PatternUse *use, Vector *out, uint32_t i, int64_t us, bool zoned,
                          StrBuf *text)
{
    const Zone *zone = zoned ? use->call->sql->zone : NULL;
    int64_t local = zoned ? zone_to_local(zone, us) : us;

    if (datetime_pattern_format(use->compiled, local, (int32_t)((local - us) / US_PER_SECOND), zone,
                                us, text))
        return true;
    kernel_error(use->call, out, i, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION", "22007",
                 "A TIMESTAMP_NTZ has no time zone for the pattern '%.*s'.", STR_ARG(use->text));
    return false;
}

static Vector *kernel_date_format(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    PatternUse use = {.call = call};
    bool zoned = call->args[0]->type->kind == TYPE_TIMESTAMP;
    StrBuf text;

    strbuf_init(&text);
    EACH_ROW (call, i) {
        strbuf_clear(&text);
        if (pattern_use(&use, out, i, 1) &&
            add_formatted(&use, out, i, arg_i64(call, 0, i), zoned, &text))
            vector_strs(out)[i] = kernel_str(call, &text);
    }
    strbuf_done(&text);
    return out;
}

static Vector *kernel_from_unixtime(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    PatternUse use = {.call = call};
    StrBuf text;

    strbuf_init(&text);
    EACH_ROW (call, i) {
        int64_t us;

        strbuf_clear(&text);
        if (__builtin_mul_overflow(arg_i64(call, 0, i), US_PER_SECOND, &us))
            kernel_error(call, out, i, CLASS_OVERFLOW, "long overflow");
        else if (pattern_use(&use, out, i, 1) && add_formatted(&use, out, i, us, true, &text))
            vector_strs(out)[i] = kernel_str(call, &text);
    }
    strbuf_done(&text);
    return out;
}

/* Microseconds UTC (or local time, of a TIMESTAMP_NTZ) of a text. */
static bool parse_row(PatternUse *use, Vector *out, uint32_t i, bool local, int64_t *us)
{
    const KernelCall *call = use->call;
    ParsedTime parsed;
    Error err = {0};

    if (!pattern_use(use, out, i, 1))
        return false;
    if (!datetime_pattern_parse(use->compiled, arg_str(call, 0, i), &parsed, &err)) {
        kernel_ansi_error(call, out, i, "CANNOT_PARSE_TIMESTAMP", "22007",
                          "%s. Use `try_to_timestamp` to tolerate invalid input string and return "
                          "NULL instead.",
                          err.text);
        return false;
    }
    *us = parsed.local_us;
    if (!local)
        *us = zone_to_utc(parsed.zone ? parsed.zone : call->sql->zone, parsed.local_us);
    return true;
}

/* As TIMESTAMP, TIMESTAMP_NTZ, DATE, or seconds (BIGINT). */
static Vector *kernel_parse(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    PatternUse use = {.call = call, .parsing = true};
    TypeKind kind = call->expr->type->kind;

    EACH_ROW (call, i) {
        int64_t us;

        if (!parse_row(&use, out, i, kind == TYPE_TIMESTAMP_NTZ, &us))
            continue;
        if (kind == TYPE_DATE)
            vector_i32(out)[i] = (int32_t)floor_div(zone_to_local(call->sql->zone, us), US_PER_DAY);
        else
            vector_i64(out)[i] = kind == TYPE_BIGINT ? floor_div(us, US_PER_SECOND) : us;
    }
    return out;
}

/* to_timestamp(x), to_date(x) are casts; with a pattern, a text is parsed and a time is cast. */
static bool bind_to_time(BindCall *call, Error *err)
{
    const Type *to = call->fn->extra;
    const Type *from = call->args[0]->type;
    bool try_ = (call->fn->flags & FN_NULL_ON_ERROR) != 0;

    if (call->arg_count == 1 && !type_can_cast(from, to) && bind_coerce(call, 0, &type_string))
        from = call->args[0]->type;
    call->nullable = call->nullable || try_;
    if (from->kind == TYPE_VOID)
        bind_cast(call, 0, &type_string);
    if (call->arg_count == 1 || !type_is_string(call->args[0]->type)) {
        if (call->arg_count == 2 && !bind_require(call, 1, &type_string, err))
            return false;
        if (!type_can_cast(from, to))
            return bind_unexpected(
                call, 0, "(STRING OR DATE OR TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)", err);
        return expr_cast(call->arena, call->sql, call->args[0], to, try_, call->span, &call->result,
                         err);
    }
    if (!bind_require(call, 1, &type_string, err))
        return false;
    call->type = to;
    return true;
}

static Vector *kernel_seconds(const KernelCall *call);

/* unix_timestamp(), unix_timestamp(x[, pattern]): seconds since 1970 UTC. */
static bool bind_unix_timestamp(BindCall *call, Error *err)
{
    const Type *type;

    call->type = &type_bigint;
    if (call->arg_count == 0) {
        Expr *now;

        return function_call_named(call->arena, call->sql, "current_timestamp", NULL, 0, call->span,
                                   &now, err) &&
               bind_as(call, "unix_seconds", &now, 1, err);
    }
    type = call->args[0]->type;
    if (type->kind == TYPE_DATE || type_is_timestamp(type)) {
        bind_cast(call, 0, &type_timestamp);
        return bind_as(call, "unix_seconds", call->args, 1, err);
    }
    if (!bind_require_text(call, 0, err) ||
        (call->arg_count > 1 && !bind_require(call, 1, &type_string, err)))
        return false;
    return true;
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

/* What one is, in microseconds. */
static int64_t call_scale(const KernelCall *call)
{
    return *(const int64_t *)call->expr->fn->extra;
}

/* Units since 1970 of a timestamp: unix_seconds and its like. */
static Vector *kernel_seconds(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    int64_t scale = call_scale(call);

    EACH_ROW (call, i)
        vector_i64(out)[i] = floor_div(arg_i64(call, 0, i), scale);
    return out;
}

static void put_us(const KernelCall *call, Vector *out, uint32_t i, double us)
{
    if (isnan(us))
        vector_set_null(call->arena, out, i);
    else if (us >= 0x1p63 || us < -0x1p63)
        kernel_error(call, out, i, CLASS_OVERFLOW, "long overflow");
    else
        vector_i64(out)[i] = (int64_t)us;
}

/* Timestamps of integers, and of seconds with a fraction. */
static Vector *kernel_timestamp_of(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *v = call->args[0];
    int64_t scale = call_scale(call);

    EACH_ROW (call, i) {
        uint32_t r = vector_row(v, i);

        if (v->type->kind == TYPE_DOUBLE) {
            put_us(call, out, i, vector_f64(v)[r] * (double)scale);
        } else if (v->type->kind == TYPE_DECIMAL) {
            Int128 us;

            /* Seven digits behind the point are an error, not rounded. */
            if (!decimal_rescale(vector_i128(v)[r], v->type->scale, 6, &us) || us != (int64_t)us)
                kernel_error(call, out, i, CLASS_OVERFLOW, "Overflow");
            else if (v->type->scale > 6 &&
                     vector_i128(v)[r] % decimal_power10(v->type->scale - 6) != 0)
                kernel_error(call, out, i, CLASS_OVERFLOW, "Rounding necessary");
            else
                vector_i64(out)[i] = (int64_t)us;
        } else if (__builtin_mul_overflow(vector_integral(v, i), scale, &vector_i64(out)[i])) {
            kernel_error(call, out, i, CLASS_OVERFLOW, "long overflow");
        }
    }
    return out;
}

static bool bind_timestamp_seconds(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type->kind == TYPE_FLOAT || type->kind == TYPE_VOID)
        bind_cast(call, 0, &type_double);
    if (!type_is_numeric(call->args[0]->type))
        return bind_unexpected(call, 0, "NUMERIC", err);
    call->type = &type_timestamp;
    call->nullable = true;
    return true;
}

static Vector *kernel_same_days(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] = arg_i32(call, 0, i);
    return out;
}

/* ── time zones ────────────────────────────────────────────────────────────────────────────────*/

/* The zone named by an argument, found again only when the name changes. */
typedef struct ZoneUse {
    Str name;
    const Zone *zone;
    Error err;
} ZoneUse;

static bool zone_use(ZoneUse *use, const KernelCall *call, Vector *out, uint32_t i, uint32_t arg_i)
{
    Str name = arg_str(call, arg_i, i);

    if (!use->name.data || !str_equal(name, use->name)) {
        use->name = name;
        error_clear(&use->err);
        if (!zone_find(name, &use->zone, &use->err))
            use->zone = NULL;
    }
    if (use->zone)
        return true;
    kernel_error(call, out, i, use->err.class_name ? use->err.class_name : "INVALID_TIMEZONE",
                 "22009", "%s", use->err.text);
    return false;
}

/* from_utc_timestamp: the instant whose session-time reading is what a clock in the zone showed. */
static Vector *kernel_utc_shift(const KernelCall *call)
{
    bool to_utc = call->expr->fn->extra != NULL;
    Vector *out = kernel_result(call);
    ZoneUse use = {0};

    EACH_ROW (call, i) {
        int64_t us = arg_i64(call, 0, i);

        if (zone_use(&use, call, out, i, 1))
            vector_i64(out)[i] = to_utc ? zone_to_utc(use.zone, us) : zone_to_local(use.zone, us);
    }
    return out;
}

/* convert_timezone([from,] to, local): the local time at the same instant elsewhere. */
static bool bind_convert_timezone(BindCall *call, Error *err)
{
    if (call->arg_count == 2) {
        Expr **args = ARENA_ARRAY(call->arena, Expr *, 3);

        if (!function_call_named(call->arena, call->sql, "current_timezone", NULL, 0, call->span,
                                 &args[0], err))
            return false;
        args[1] = call->args[0];
        args[2] = call->args[1];
        call->args = args;
        call->arg_count = 3;
    }
    return bind_signature(call, err);
}

static Vector *kernel_convert_timezone(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    ZoneUse from = {0}, to = {0};

    EACH_ROW (call, i) {
        if (zone_use(&from, call, out, i, 0) && zone_use(&to, call, out, i, 1))
            vector_i64(out)[i] =
                zone_to_local(to.zone, zone_to_utc(from.zone, arg_i64(call, 2, i)));
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const int64_t second_us = US_PER_SECOND, ms_us = US_PER_MS, one_us = 1;
static const bool is_to_utc = true;

#define NOW(name_, signature_, kernel_, doc_, example_)                                            \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_STATEMENT, .arg_min = 0,             \
        .arg_max = 0, .bind = bind_signature, .signature = signature_, .kernel = kernel_,          \
        .group = "datetime", .doc = doc_, .example = example_                                      \
    }
#define TO_TIME(name_, flags_, type_, doc_, example_)                                              \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 1, .arg_max = 2,   \
        .bind = bind_to_time, .kernel = kernel_parse, .extra = &(type_), .group = "datetime",      \
        .doc = doc_, .example = example_                                                           \
    }
#define UNIX_TIMESTAMP(name_, min_, flags_, doc_, example_)                                        \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = min_,              \
        .arg_max = 2, .bind = bind_unix_timestamp, .kernel = kernel_parse, .group = "datetime",    \
        .doc = doc_, .example = example_                                                           \
    }

static const Function rows[] = {
    NOW("current_timestamp", "() -> timestamp", kernel_current_timestamp,
        "The time at which the statement (of a stream: the epoch) began",
        "current_timestamp() = current_timestamp()"),
    NOW("now", "() -> timestamp", kernel_current_timestamp, "The same as current_timestamp",
        "now() = current_timestamp()"),
    NOW("localtimestamp", "() -> timestamp_ntz", kernel_current_timestamp,
        "current_timestamp as local time", "localtimestamp() = localtimestamp()"),
    NOW("current_date", "() -> date", kernel_current_date, "The date at which the statement began",
        "current_date() = current_date()"),
    NOW("curdate", "() -> date", kernel_current_date, "The same as current_date",
        "curdate() = current_date()"),
    NOW("current_timezone", "() -> string", kernel_current_timezone, "The session's time zone",
        "length(current_timezone()) > 0"),
    FUNCTION_ROW("datetime", "date_format",
                 "(timestamp, string) -> string; (timestamp_ntz, string) -> string",
                 kernel_date_format, NULL, "A time as text by a pattern",
                 "date_format('2016-04-08', 'y') = '2016'"),
    FUNCTION_ROW("datetime", "from_unixtime", "(bigint) -> string; (bigint, string) -> string",
                 kernel_from_unixtime, NULL, "Seconds since 1970 UTC as text by a pattern",
                 "length(from_unixtime(0)) = 19"),
    TO_TIME("to_timestamp", 0, type_timestamp, "A text as timestamp, perhaps by a pattern",
            "to_timestamp('2016-12-31', 'yyyy-MM-dd') = TIMESTAMP '2016-12-31 00:00:00'"),
    TO_TIME("to_timestamp_ltz", 0, type_timestamp, "The same as to_timestamp",
            "to_timestamp_ltz('2016-12-31') = TIMESTAMP '2016-12-31 00:00:00'"),
    TO_TIME("to_timestamp_ntz", 0, type_timestamp_ntz, "A text as local time, perhaps by a pattern",
            "to_timestamp_ntz('2016-12-31') = TIMESTAMP_NTZ '2016-12-31 00:00:00'"),
    TO_TIME("try_to_timestamp", FN_NULL_ON_ERROR, type_timestamp, "As to_timestamp, or NULL",
            "try_to_timestamp('foo', 'yyyy-MM-dd') IS NULL"),
    TO_TIME("to_date", 0, type_date, "A text as date, perhaps by a pattern",
            "to_date('31.12.2016', 'dd.MM.yyyy') = DATE '2016-12-31'"),
    TO_TIME("try_to_date", FN_NULL_ON_ERROR, type_date, "As to_date, or NULL",
            "try_to_date('foo', 'yyyy-MM-dd') IS NULL"),
    UNIX_TIMESTAMP("unix_timestamp", 0, 0,
                   "Seconds since 1970 UTC: of the present, a time, or a text by a pattern",
                   "unix_timestamp('1970-01-01 00:00:01', 'yyyy-MM-dd HH:mm:ss') IS NOT NULL"),
    UNIX_TIMESTAMP("to_unix_timestamp", 1, 0,
                   "Seconds since 1970 UTC of a time, or a text by a pattern",
                   "to_unix_timestamp('2016-04-08', 'yyyy-MM-dd') IS NOT NULL"),
    FUNCTION_ROW("datetime", "unix_seconds", "(timestamp=) -> bigint", kernel_seconds, &second_us,
                 "Seconds since 1970 UTC", "unix_seconds(TIMESTAMP '1970-01-01 00:00:01Z') = 1"),
    FUNCTION_ROW("datetime", "unix_millis", "(timestamp=) -> bigint", kernel_seconds, &ms_us,
                 "Milliseconds since 1970 UTC",
                 "unix_millis(TIMESTAMP '1970-01-01 00:00:01Z') = 1000"),
    FUNCTION_ROW("datetime", "unix_micros", "(timestamp=) -> bigint", kernel_seconds, &one_us,
                 "Microseconds since 1970 UTC",
                 "unix_micros(TIMESTAMP '1970-01-01 00:00:01Z') = 1000000"),
    {
        .name = "timestamp_seconds",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_timestamp_seconds,
        .kernel = kernel_timestamp_of,
        .extra = &second_us,
        .group = "datetime",
        .doc = "The timestamp of seconds since 1970 UTC",
        .example = "timestamp_seconds(1.5) = TIMESTAMP '1970-01-01 00:00:01.5Z'",
    },
    FUNCTION_ROW("datetime", "timestamp_millis", "(integral) -> timestamp", kernel_timestamp_of,
                 &ms_us, "The timestamp of milliseconds since 1970 UTC",
                 "timestamp_millis(1500) = TIMESTAMP '1970-01-01 00:00:01.5Z'"),
    FUNCTION_ROW("datetime", "timestamp_micros", "(integral) -> timestamp", kernel_timestamp_of,
                 &one_us, "The timestamp of microseconds since 1970 UTC",
                 "timestamp_micros(1500000) = TIMESTAMP '1970-01-01 00:00:01.5Z'"),
    FUNCTION_ROW("datetime", "unix_date", "(date=) -> int", kernel_same_days, NULL,
                 "Days since 1970-01-01", "unix_date(DATE '1970-01-02') = 1"),
    FUNCTION_ROW("datetime", "date_from_unix_date", "(int) -> date", kernel_same_days, NULL,
                 "The date so many days after 1970-01-01",
                 "date_from_unix_date(1) = DATE '1970-01-02'"),
    FUNCTION_ROW(
        "datetime", "from_utc_timestamp", "(timestamp, string) -> timestamp", kernel_utc_shift,
        NULL, "A time read as UTC, as the clock of a zone shows it",
        "from_utc_timestamp('2016-08-31', 'Asia/Seoul') = TIMESTAMP '2016-08-31 09:00:00'"),
    FUNCTION_ROW("datetime", "to_utc_timestamp", "(timestamp, string) -> timestamp",
                 kernel_utc_shift, &is_to_utc, "A time read on the clock of a zone, as UTC",
                 "to_utc_timestamp('2016-08-31', 'Asia/Seoul') = TIMESTAMP '2016-08-30 15:00:00'"),
    {
        .name = "convert_timezone",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 3,
        .bind = bind_convert_timezone,
        .signature = "(string, string, timestamp_ntz) -> timestamp_ntz",
        .kernel = kernel_convert_timezone,
        .group = "datetime",
        .doc = "The local time of one zone (the session's, unless told) in another",
        .example = "convert_timezone('Europe/Brussels', 'America/Los_Angeles', TIMESTAMP_NTZ "
                   "'2021-12-06 00:00:00') = TIMESTAMP_NTZ '2021-12-05 15:00:00'",
    },
};

const FunctionTable catalog_datetime = FUNCTION_TABLE_OF(rows);
