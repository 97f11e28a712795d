/*
 * catalog_cast.c: CAST and try_cast: choosing and running the plan (cast.h).
 */
#include <stdio.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "expr/bind.h"
#include "expr/cast.h"
#include "expr/catalog.h"
#include "expr/time.h"

/* ── the plan ──────────────────────────────────────────────────────────────────────────────────*/

static CastFunction cast_function(const Type *from, const Type *to)
{
    switch (to->kind) {
    case TYPE_STRING:
    case TYPE_BINARY:
        return cast_to_text(from, to);
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
        return cast_to_number(from, to);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return cast_to_time(from, to);
    case TYPE_INTERVAL:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return cast_to_interval(from, to);
    case TYPE_VOID:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        return NULL;
    }
    return NULL;
}

static const CastPlan *plan_make(Arena *arena, const Type *from, const Type *to)
{
    CastPlan *plan = ARENA_NEW(arena, CastPlan);

    plan->from = from;
    plan->to = to;
    if (type_equal(from, to) || from->kind == TYPE_VOID)
        return plan;
    plan->cast = cast_function(from, to);
    if (plan->cast)
        return plan;
    ASSERT(type_is_nested(to));
    plan->parts = ARENA_ARRAY(arena, const CastPlan *, to->field_count);
    for (uint32_t f = 0; f < to->field_count; f++)
        plan->parts[f] = plan_make(arena, from->fields[f].type, to->fields[f].type);
    return plan;
}

/* ── errors ────────────────────────────────────────────────────────────────────────────────────*/

void cast_error(const CastRun *run, Vector *out, uint32_t row_i, const char *class_name,
                const char *sqlstate, const char *format, ...)
{
    char text[400];
    va_list args;

    if (run->null_on_error || !run->sql->ansi) {
        vector_set_null(run->arena, out, row_i);
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    vector_set_error(run->arena, out, row_i, class_name, sqlstate, "%s", text);
}

static const char *sql_name(const CastRun *run, const Type *type)
{
    StrBuf name;
    char *copy;

    strbuf_init(&name);
    type_name_sql(&name, type);
    copy = arena_strdup(run->arena, strbuf_c(&name));
    strbuf_done(&name);
    return copy;
}

void cast_invalid(const CastRun *run, Vector *out, uint32_t row_i, Str text)
{
    if (run->null_on_error || !run->sql->ansi) {
        vector_set_null(run->arena, out, row_i);
        return;
    }
    text.bytes = MIN(text.bytes, 100);
    cast_error(run, out, row_i, "CAST_INVALID_INPUT", "22018",
               "The value '%.*s' of the type \"%s\" cannot be cast to \"%s\" because it is "
               "malformed. Correct the value as per the syntax, or change its target type. Use "
               "`try_cast` to tolerate malformed input and return NULL instead.",
               STR_ARG(text), sql_name(run, run->from), sql_name(run, run->to));
}

static const char *literal_suffix(const Type *type)
{
    switch ((int)type->kind) {
    case TYPE_TINYINT:
        return "Y";
    case TYPE_SMALLINT:
        return "S";
    case TYPE_BIGINT:
        return "L";
    case TYPE_DOUBLE:
        return "D";
    case TYPE_DECIMAL:
        return "BD";
    default:
        return "";
    }
}

void cast_overflow(const CastRun *run, Vector *out, uint32_t row_i, const Vector *in)
{
    StrBuf value;

    if (run->null_on_error || !run->sql->ansi) {
        vector_set_null(run->arena, out, row_i);
        return;
    }
    strbuf_init(&value);
    value_to_text(&value, in, row_i, run->sql->zone);
    cast_error(run, out, row_i, "CAST_OVERFLOW", "22003",
               "The value %s%s of the type \"%s\" cannot be cast to \"%s\" due to an overflow. Use "
               "`try_cast` to tolerate overflow and return NULL instead.",
               strbuf_c(&value), literal_suffix(in->type), sql_name(run, run->from),
               sql_name(run, run->to));
    strbuf_done(&value);
}

void cast_out_of_range(const CastRun *run, Vector *out, uint32_t row_i, const char *value)
{
    cast_error(run, out, row_i, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "22003",
               "The %s cannot be represented as Decimal(%d, %d). If necessary set "
               "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error, and return NULL "
               "instead.",
               value, run->to->precision, run->to->scale);
}

/* ── running ───────────────────────────────────────────────────────────────────────────────────*/

static Vector *cast_run(const CastRun *run, const Vector *in);

static Vector *cast_part(const CastRun *run, uint32_t field_i, const Vector *in)
{
    CastRun part = *run;

    part.plan = run->plan->parts[field_i];
    part.from = part.plan->from;
    part.to = part.plan->to;
    return cast_run(&part, vector_flatten(run->arena, in));
}

/* An error of an element is one of the row it is in. */
static void lift_element_errors(const CastRun *run, Vector *out, const Vector *elements)
{
    if (!elements->errors)
        return;
    for (uint32_t i = 0; i < out->row_count; i++) {
        for (uint32_t e = out->offsets[i]; e < out->offsets[i + 1]; e++) {
            const RowError *error = vector_error(elements, e);

            if (error && !vector_has_error(out, i))
                vector_copy_error(run->arena, out, i, error);
        }
    }
}

/* Of elements that are NULL no text may be left (vector.h, 1). */
static void clear_null_texts(Vector *part)
{
    uint32_t rows = part->is_constant ? MIN(part->row_count, 1u) : part->row_count;

    if (!part->valid || type_phys(part->type) != PHYS_STR)
        return;
    for (uint32_t i = 0; i < rows; i++) {
        if (!bits_get(part->valid, i) && vector_strs(part)[i].bytes)
            vector_strs(part)[i] = STR_EMPTY;
    }
}

static Vector *cast_lists(const CastRun *run, const Vector *in)
{
    Vector *out = vector_new(run->arena, run->to, in->row_count);

    out->offsets = in->offsets;
    out->children = ARENA_ARRAY(run->arena, Vector *, run->to->field_count);
    for (uint32_t f = 0; f < run->to->field_count; f++) {
        Vector *part = cast_part(run, f, in->children[f]);

        lift_element_errors(run, out, part);
        part->errors = NULL;
        clear_null_texts(part);
        out->children[f] = part;
    }
    return out;
}

static Vector *cast_structs(const CastRun *run, const Vector *in)
{
    Vector *out = vector_new(run->arena, run->to, in->row_count);

    for (uint32_t f = 0; f < run->to->field_count; f++) {
        Vector *part = cast_part(run, f, in->children[f]);

        for (uint32_t i = 0; part->errors && i < part->errors->count; i++) {
            const RowError *error = &part->errors->items[i];

            if (cast_ready(in, error->row_i))
                vector_copy_error(run->arena, out, error->row_i, error);
        }
        part->errors = NULL;
        clear_null_texts(part);
        out->children[f] = part;
    }
    return out;
}

static Vector *cast_run(const CastRun *run, const Vector *in)
{
    Vector *out;

    if (run->from->kind == TYPE_VOID)
        return vector_null_flat(run->arena, run->to, in->row_count);
    if (run->plan->cast) {
        out = vector_new(run->arena, run->to, in->row_count);
        memset(out->data, 0, (size_t)in->row_count * phys_bytes(type_phys(run->to)));
        run->plan->cast(run, in, out);
    } else if (!run->plan->parts) {
        out = vector_share(run->arena, in, run->to);
        out->errors = NULL;
        return out;
    } else if (run->to->kind == TYPE_STRUCT) {
        out = cast_structs(run, in);
    } else {
        out = cast_lists(run, in);
    }
    if (in->valid && !out->valid) {
        out->valid = arena_copy(run->arena, in->valid, bits_words(in->row_count) * 8);
    } else if (in->valid) {
        for (size_t w = 0; w < bits_words(in->row_count); w++)
            out->valid[w] &= in->valid[w];
    }
    return out;
}

static Vector *kernel_cast(const KernelCall *call)
{
    CastRun run = {
        .plan = call->expr->data,
        .sql = call->sql,
        .arena = call->arena,
        .null_on_error = call->expr->fn->extra != NULL,
    };

    run.from = run.plan->from;
    run.to = run.plan->to;
    return cast_run(&run, call->args[0]);
}

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

/* What CAST could do before ANSI mode. */
static bool legacy_cast(const Type *from, const Type *to)
{
    bool from_time = from->kind == TYPE_DATE || type_is_timestamp(from);

    if (to->kind == TYPE_BINARY)
        return type_is_integral(from);
    if (to->kind == TYPE_BOOLEAN)
        return from->kind == TYPE_DATE || from->kind == TYPE_TIMESTAMP;
    if (to->kind == TYPE_TIMESTAMP)
        return from->kind == TYPE_BOOLEAN;
    if (to->kind == TYPE_INTERVAL_YM || to->kind == TYPE_INTERVAL_DT)
        return false;
    return from_time && type_is_numeric(to) && from->kind != TYPE_TIMESTAMP_NTZ;
}

static bool cast_refuse(const BindCall *call, Error *err)
{
    const Type *from = call->args[0]->type, *to = call->target;
    const char *from_text = bind_type_text(call, from), *to_text = bind_type_text(call, to);

    if ((type_is_numeric(from) && to->kind == TYPE_DATE) ||
        (from->kind == TYPE_DATE && type_is_numeric(to)))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION",
                             "cannot cast %s to %s. To convert values from %s to %s, you can use "
                             "the functions `%s` instead.",
                             from_text, to_text, from_text, to_text,
                             to->kind == TYPE_DATE ? "DATE_FROM_UNIX_DATE" : "UNIX_DATE");
    if (legacy_cast(from, to))
        return bind_mismatch(
            call, err, "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION",
            "cannot cast %s to %s with ANSI mode on. If you have to cast %s to %s, "
            "you can set \"spark.sql.ansi.enabled\" as 'false'.",
            from_text, to_text, from_text, to_text);
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
                         "cannot cast %s to %s.", from_text, to_text);
}

/* CAST('today' AS DATE), of a literal alone. */
static bool cast_special(BindCall *call)
{
    const Expr *arg = call->args[0];
    const Type *to = call->target;
    Vector *value;
    Str text;

    if (arg->kind != EXPR_LITERAL || arg->type->kind != TYPE_STRING ||
        !vector_is_valid(arg->literal, 0) || (to->kind != TYPE_DATE && !type_is_timestamp(to)))
        return false;
    text = vector_strs(arg->literal)[0];
    value = vector_new(call->arena, to, 1);
    if (to->kind == TYPE_DATE ? !special_date(call->sql, text, vector_i32(value))
                              : !special_timestamp(call->sql, text, to->kind == TYPE_TIMESTAMP_NTZ,
                                                   vector_i64(value)))
        return false;
    call->result = expr_literal(call->arena, value, call->span);
    return true;
}

static bool bind_cast_call(BindCall *call, Error *err)
{
    const Type *from = call->args[0]->type;

    ASSERT(call->target);
    if (cast_special(call))
        return true;
    if (!type_can_cast(from, call->target))
        return cast_refuse(call, err);
    call->type = call->target;
    call->data = (void *)(uintptr_t)plan_make(call->arena, from, call->target);
    /* A fraction that is no number becomes NULL, without an error. */
    call->nullable |= (from->kind == TYPE_FLOAT || from->kind == TYPE_DOUBLE) &&
                      call->target->kind == TYPE_DECIMAL;
    call->nullable |= from->kind == TYPE_STRING && call->target->kind == TYPE_INTERVAL;
    return true;
}

/* int(x), string(x), … are casts; decimal(x) is one to DECIMAL(10,0). */
static bool bind_cast_alias(BindCall *call, Error *err)
{
    const Type *to = call->fn->extra;

    return expr_cast_written(call->arena, call->sql, call->args[0],
                             to ? to : type_decimal(call->arena, 10, 0), false, call->span,
                             &call->result, err);
}

static const bool null_on_error = true;

#define CAST_ALIAS(name_, type_, example_)                                                         \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT, .arg_min = 1, .arg_max = 1, .bind = bind_cast_alias,    \
        .extra = type_, .group = "conversion", .doc = "The value as " name_ "; as CAST",           \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    {
        .name = "cast",
        .flags = FN_STRICT | FN_HIDDEN,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_cast_call,
        .kernel = kernel_cast,
        .group = "conversion",
        .doc = "The value as another type, or an error; x::type is the same",
        .example = "CAST('12' AS INT) = 12",
    },
    {
        .name = "try_cast",
        .flags = FN_STRICT | FN_HIDDEN | FN_NULL_ON_ERROR,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_cast_call,
        .kernel = kernel_cast,
        .extra = &null_on_error,
        .group = "conversion",
        .doc = "The value as another type, or NULL where it cannot be",
        .example = "TRY_CAST('x' AS INT) IS NULL",
    },
    CAST_ALIAS("boolean", &type_boolean, "boolean('true')"),
    CAST_ALIAS("tinyint", &type_tinyint, "tinyint('1') = 1Y"),
    CAST_ALIAS("smallint", &type_smallint, "smallint('1') = 1S"),
    CAST_ALIAS("int", &type_int, "int('1') = 1"),
    CAST_ALIAS("bigint", &type_bigint, "bigint('1') = 1L"),
    CAST_ALIAS("float", &type_float, "float('1.5') = 1.5F"),
    CAST_ALIAS("double", &type_double, "double('1.5') = 1.5D"),
    CAST_ALIAS("decimal", NULL, "decimal('1') = 1"),
    CAST_ALIAS("date", &type_date, "date('2024-01-01') = DATE '2024-01-01'"),
    CAST_ALIAS("timestamp", &type_timestamp,
               "timestamp('2024-01-01') = TIMESTAMP '2024-01-01 00:00:00'"),
    CAST_ALIAS("binary", &type_binary, "binary('a') = X'61'"),
    CAST_ALIAS("string", &type_string, "string(1) = '1'"),
};

const FunctionTable catalog_cast = FUNCTION_TABLE_OF(rows);
