/*
 * agg_value.c: aggregates whose result is one of the values: min, max, first, last, min_by, max_by,
 * and the folds of booleans and bits.
 */
#include "base/assert.h"
#include "expr/agg.h"
#include "expr/catalog.h"
#include "expr/eval.h"

/* ── min and max ───────────────────────────────────────────────────────────────────────────────*/

typedef struct ExtremeState {
    bool seen;
    union {
        int64_t integer; /* Everything of fixed width but decimals, as it sorts. */
        double real;
        Int128 decimal;
        Held held; /* Strings, nested values. */
    };
} ExtremeState;

static bool call_is_max(const AggregateCall *call)
{
    return *(const bool *)call->expr->fn->extra;
}

static bool bind_extreme(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (!bind_orderable(call, type, err))
        return false;
    call->type = type;
    call->nullable = true;
    return true;
}

static bool bind_bool(BindCall *call, Error *err)
{
    call->nullable = true;
    return bind_signature(call, err);
}

static uint32_t extreme_state_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(ExtremeState);
}

static void extreme_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(ExtremeState));
}

/* NaN above all. */
static bool real_less(double a, double b)
{
    return a < b || (a == a && b != b);
}

#define EXTREME_LOOP(member, value, less)                                                          \
    for (uint32_t i = 0; i < row_count; i++) {                                                     \
        ExtremeState *s = states[i];                                                               \
        uint32_t r = vector_row(v, i);                                                             \
                                                                                                   \
        if (v->valid && !bits_get(v->valid, r))                                                    \
            continue;                                                                              \
        if (!s->seen || (max ? less(s->member, value) : less(value, s->member)))                   \
            s->member = value;                                                                     \
        s->seen = true;                                                                            \
    }                                                                                              \
    break
#define LESS(a, b) ((a) < (b))

static void extreme_held(const AggregateCall *call, void *const *states, const Vector *v,
                         uint32_t row_count, Arena *scratch)
{
    int sign = call_is_max(call) ? -1 : 1;

    for (uint32_t i = 0; i < row_count; i++) {
        ExtremeState *s = states[i];

        if (!vector_is_valid(v, i))
            continue;
        if (!s->seen || held_compare(&s->held, v, i, scratch) * sign > 0)
            held_set(&s->held, v, i);
        s->seen = true;
    }
}

static void extreme_update(const AggregateCall *call, void *const *states,
                           const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    const Vector *v = args[0];
    bool max = call_is_max(call);

    switch (type_phys(v->type)) {
    case PHYS_BOOL:
        EXTREME_LOOP(integer, vector_bools(v)[r], LESS);
    case PHYS_I8:
        EXTREME_LOOP(integer, vector_i8(v)[r], LESS);
    case PHYS_I16:
        EXTREME_LOOP(integer, vector_i16(v)[r], LESS);
    case PHYS_I32:
        EXTREME_LOOP(integer, vector_i32(v)[r], LESS);
    case PHYS_I64:
        EXTREME_LOOP(integer, vector_i64(v)[r], LESS);
    case PHYS_F32:
        EXTREME_LOOP(real, (double)vector_f32(v)[r], real_less);
    case PHYS_F64:
        EXTREME_LOOP(real, vector_f64(v)[r], real_less);
    case PHYS_I128:
        EXTREME_LOOP(decimal, vector_i128(v)[r], LESS);
    case PHYS_STR:
    case PHYS_LIST:
    case PHYS_STRUCT:
        extreme_held(call, states, v, row_count, scratch);
        break;
    case PHYS_VOID:
        break;
    case PHYS_MAP:
    case PHYS_INTERVAL:
        UNREACHABLE();
    }
}

typedef enum ExtremeKind { KIND_INTEGER, KIND_REAL, KIND_DECIMAL, KIND_HELD } ExtremeKind;

static ExtremeKind extreme_kind(const AggregateCall *call)
{
    PhysKind phys = type_phys(call->expr->args[0]->type);

    if (phys == PHYS_F32 || phys == PHYS_F64)
        return KIND_REAL;
    if (phys == PHYS_I128)
        return KIND_DECIMAL;
    return phys_bytes(phys) && phys != PHYS_STR ? KIND_INTEGER : KIND_HELD;
}

static void extreme_merge(const AggregateCall *call, void *into, const void *from)
{
    ExtremeState *a = into;
    const ExtremeState *b = from;
    bool max = call_is_max(call), better = false;

    if (!b->seen)
        return;
    switch (extreme_kind(call)) {
    case KIND_INTEGER:
        better = max ? a->integer < b->integer : b->integer < a->integer;
        break;
    case KIND_REAL:
        better = max ? real_less(a->real, b->real) : real_less(b->real, a->real);
        break;
    case KIND_DECIMAL:
        better = max ? a->decimal < b->decimal : b->decimal < a->decimal;
        break;
    case KIND_HELD:
        if (!a->seen ||
            held_compare_held(&a->held, &b->held, call->expr->args[0]->type) * (max ? -1 : 1) > 0)
            held_copy(&a->held, &b->held);
        a->seen = true;
        return;
    }
    if (!a->seen || better)
        *a = *b;
}

static void put_fixed(Vector *out, uint32_t i, const ExtremeState *s)
{
    switch ((int)type_phys(out->type)) {
    case PHYS_BOOL:
        vector_bools(out)[i] = (uint8_t)s->integer;
        break;
    case PHYS_I8:
        vector_i8(out)[i] = (int8_t)s->integer;
        break;
    case PHYS_I16:
        vector_i16(out)[i] = (int16_t)s->integer;
        break;
    case PHYS_I32:
        vector_i32(out)[i] = (int32_t)s->integer;
        break;
    case PHYS_I64:
        vector_i64(out)[i] = s->integer;
        break;
    case PHYS_F32:
        vector_f32(out)[i] = (float)s->real;
        break;
    case PHYS_F64:
        vector_f64(out)[i] = s->real;
        break;
    case PHYS_I128:
        vector_i128(out)[i] = s->decimal;
        break;
    default:
        UNREACHABLE();
    }
}

static Vector *extreme_result(const AggregateCall *call, const void *const *states, uint32_t count,
                              Arena *arena)
{
    Vector *out;

    if (extreme_kind(call) == KIND_HELD) {
        VectorBuilder b;

        builder_init(&b, arena, call->expr->type, count);
        for (uint32_t i = 0; i < count; i++)
            held_build(&((const ExtremeState *)states[i])->held, &b);
        return builder_finish(&b);
    }
    out = aggregate_result(call, count, arena);
    for (uint32_t i = 0; i < count; i++) {
        const ExtremeState *s = states[i];

        if (s->seen)
            put_fixed(out, i, s);
        else
            vector_set_null(arena, out, i);
    }
    return out;
}

static void extreme_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const ExtremeState *s = state;

    if (extreme_kind(call) == KIND_HELD) {
        held_encode(&s->held, out);
        return;
    }
    strbuf_add_char(out, (char)s->seen);
    bytes_put(out, &s->decimal, sizeof s->decimal);
}

static bool extreme_decode(const AggregateCall *call, void *state, Str *in)
{
    ExtremeState *s = state;

    extreme_init(call, state);
    if (extreme_kind(call) == KIND_HELD) {
        if (!held_decode(&s->held, in))
            return false;
        s->seen = s->held.present;
        return true;
    }
    return bytes_get(in, &s->seen, 1) && bytes_get(in, &s->decimal, sizeof s->decimal);
}

static void extreme_clear(const AggregateCall *call, void *state)
{
    if (extreme_kind(call) == KIND_HELD)
        held_clear(&((ExtremeState *)state)->held);
}

static size_t extreme_extra(const AggregateCall *call, const void *state)
{
    return extreme_kind(call) == KIND_HELD ? held_extra(&((const ExtremeState *)state)->held) : 0;
}

static const AggregateMethods extreme_methods = {
    .state_bytes = extreme_state_bytes,
    .init = extreme_init,
    .update = extreme_update,
    .merge = extreme_merge,
    .result = extreme_result,
    .encode = extreme_encode,
    .decode = extreme_decode,
    .clear = extreme_clear,
    .extra_bytes = extreme_extra,
};

/* ── first and last ────────────────────────────────────────────────────────────────────────────*/

static bool ignores_nulls(const AggregateCall *call)
{
    return call->expr->fn->extra || call->expr->ignore_nulls;
}

static uint32_t held_state_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(Held);
}

static void held_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(Held));
}

static void first_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                         uint32_t row_count, Arena *scratch)
{
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        Held *held = states[i];

        if (!held->present && !(ignores_nulls(call) && !vector_is_valid(args[0], i)))
            held_set(held, args[0], i);
    }
}

static void last_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                        uint32_t row_count, Arena *scratch)
{
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        if (!(ignores_nulls(call) && !vector_is_valid(args[0], i)))
            held_set(states[i], args[0], i);
    }
}

static void first_merge(const AggregateCall *call, void *into, const void *from)
{
    (void)call;
    if (!((Held *)into)->present)
        held_copy(into, from);
}

static void last_merge(const AggregateCall *call, void *into, const void *from)
{
    (void)call;
    if (((const Held *)from)->present)
        held_copy(into, from);
}

static Vector *held_result(const AggregateCall *call, const void *const *states, uint32_t count,
                           Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++)
        held_build(states[i], &b);
    return builder_finish(&b);
}

static void held_state_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    (void)call;
    held_encode(state, out);
}

static bool held_state_decode(const AggregateCall *call, void *state, Str *in)
{
    (void)call;
    return held_decode(state, in);
}

static void held_state_clear(const AggregateCall *call, void *state)
{
    (void)call;
    held_clear(state);
}

static size_t held_state_extra(const AggregateCall *call, const void *state)
{
    (void)call;
    return held_extra(state);
}

static const AggregateMethods first_methods = {
    .state_bytes = held_state_bytes,
    .init = held_init,
    .update = first_update,
    .merge = first_merge,
    .result = held_result,
    .encode = held_state_encode,
    .decode = held_state_decode,
    .clear = held_state_clear,
    .extra_bytes = held_state_extra,
};

static const AggregateMethods last_methods = {
    .state_bytes = held_state_bytes,
    .init = held_init,
    .update = last_update,
    .merge = last_merge,
    .result = held_result,
    .encode = held_state_encode,
    .decode = held_state_decode,
    .clear = held_state_clear,
    .extra_bytes = held_state_extra,
};

static const Function ignoring_rows[2];

/* The row of first or last that passes over NULLs. */
static const Function *ignoring(const Function *fn)
{
    return &ignoring_rows[fn->aggregate == &last_methods];
}

/* first(x), first(x, true): the second tells to pass over NULLs, as IGNORE NULLS does. */
static bool bind_first(BindCall *call, Error *err)
{
    if (call->arg_count == 2) {
        const Vector *value;

        if (call->args[1]->type->kind != TYPE_BOOLEAN || call->args[1]->kind != EXPR_LITERAL)
            return error_set_class(err, ERROR_USER, "_LEGACY_ERROR_TEMP_1210", NULL,
                                   "The second argument in %s should be a boolean literal.",
                                   call->fn->name);
        value = call->args[1]->literal;
        if (!vector_is_valid(value, 0))
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                                 "The `ignoreNulls` must not be null.");
        /* Another row, since the argument goes: two calls with one function are one call. */
        if (vector_bools(value)[0])
            call->fn = ignoring(call->fn);
        call->arg_count = 1;
    }
    call->type = call->args[0]->type;
    call->nullable = true;
    return true;
}

/* ── min_by and max_by ─────────────────────────────────────────────────────────────────────────*/

/* Of rows that are equal the last one is taken, as in Spark. */

typedef struct ByState {
    Held value, order;
} ByState;

enum { BY_COUNT_MAX = 100000 };

/* max_by(x, y, k): the call of the function that keeps k rows (agg_by_many.c). */
static bool bind_by_many(BindCall *call, Error *err)
{
    uint32_t *count = ARENA_NEW(call->arena, uint32_t);
    const Vector *value;

    if (!bind_require(call, 2, &type_int, err) || !bind_constant(call, 2, "k", &value, err))
        return false;
    if (!vector_is_valid(value, 0) || vector_i32(value)[0] < 1 ||
        vector_i32(value)[0] > BY_COUNT_MAX)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                             "The k must be between [1, %d].", BY_COUNT_MAX);
    *count = (uint32_t)vector_i32(value)[0];
    call->data = count;
    call->fn = function_find(*(const bool *)call->fn->extra ? STR("max_by many")
                                                            : STR("min_by many"));
    return call->fn->bind(call, err);
}

static bool bind_by(BindCall *call, Error *err)
{
    const Type *order = call->args[1]->type;

    if (!bind_orderable(call, order, err))
        return false;
    if (call->arg_count == 3)
        return bind_by_many(call, err);
    call->type = call->args[0]->type;
    call->nullable = true;
    return true;
}

static uint32_t by_state_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(ByState);
}

static void by_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(ByState));
}

static void by_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                      uint32_t row_count, Arena *scratch)
{
    int sign = call_is_max(call) ? -1 : 1;

    for (uint32_t i = 0; i < row_count; i++) {
        ByState *s = states[i];

        if (!vector_is_valid(args[1], i) ||
            (s->order.present && held_compare(&s->order, args[1], i, scratch) * sign < 0))
            continue;
        held_set(&s->order, args[1], i);
        held_set(&s->value, args[0], i);
    }
}

static void by_merge(const AggregateCall *call, void *into, const void *from)
{
    ByState *a = into;
    const ByState *b = from;
    int sign = call_is_max(call) ? -1 : 1;

    if (!b->order.present ||
        (a->order.present &&
         held_compare_held(&a->order, &b->order, call->expr->args[1]->type) * sign < 0))
        return;
    held_copy(&a->order, &b->order);
    held_copy(&a->value, &b->value);
}

static Vector *by_result(const AggregateCall *call, const void *const *states, uint32_t count,
                         Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++)
        held_build(&((const ByState *)states[i])->value, &b);
    return builder_finish(&b);
}

static void by_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    (void)call;
    held_encode(&((const ByState *)state)->value, out);
    held_encode(&((const ByState *)state)->order, out);
}

static bool by_decode(const AggregateCall *call, void *state, Str *in)
{
    ByState *s = state;

    by_init(call, state);
    return held_decode(&s->value, in) && held_decode(&s->order, in);
}

static void by_clear(const AggregateCall *call, void *state)
{
    (void)call;
    held_clear(&((ByState *)state)->value);
    held_clear(&((ByState *)state)->order);
}

static size_t by_extra(const AggregateCall *call, const void *state)
{
    (void)call;
    return held_extra(&((const ByState *)state)->value) +
           held_extra(&((const ByState *)state)->order);
}

static const AggregateMethods by_methods = {
    .state_bytes = by_state_bytes,
    .init = by_init,
    .update = by_update,
    .merge = by_merge,
    .result = by_result,
    .encode = by_encode,
    .decode = by_decode,
    .clear = by_clear,
    .extra_bytes = by_extra,
};

/* ── bits ──────────────────────────────────────────────────────────────────────────────────────*/

typedef enum BitFold { BIT_FOLD_AND, BIT_FOLD_OR, BIT_FOLD_XOR } BitFold;

static int64_t bit_fold(BitFold fold, int64_t a, int64_t b)
{
    return fold == BIT_FOLD_AND ? a & b : fold == BIT_FOLD_OR ? a | b : a ^ b;
}

static BitFold call_fold(const AggregateCall *call)
{
    return *(const BitFold *)call->expr->fn->extra;
}

static void bit_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                       uint32_t row_count, Arena *scratch)
{
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        ExtremeState *s = states[i];
        int64_t x;

        if (!vector_is_valid(args[0], i))
            continue;
        x = vector_integral(args[0], i);
        s->integer = s->seen ? bit_fold(call_fold(call), s->integer, x) : x;
        s->seen = true;
    }
}

static void bit_merge(const AggregateCall *call, void *into, const void *from)
{
    ExtremeState *a = into;
    const ExtremeState *b = from;

    if (b->seen)
        a->integer = a->seen ? bit_fold(call_fold(call), a->integer, b->integer) : b->integer;
    a->seen |= b->seen;
}

static const AggregateMethods bit_methods = {
    .state_bytes = extreme_state_bytes,
    .init = extreme_init,
    .update = bit_update,
    .merge = bit_merge,
    .result = extreme_result,
    .encode = extreme_encode,
    .decode = extreme_decode,
};

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool is_max = true, is_min = false;
static const BitFold fold_and = BIT_FOLD_AND, fold_or = BIT_FOLD_OR, fold_xor = BIT_FOLD_XOR;

static const bool passes_over_nulls = true;
static const Function ignoring_rows[2] = {
    AGGREGATE("first ignoring nulls", 1, 1, bind_first, NULL, &first_methods, &passes_over_nulls,
              "", ""),
    AGGREGATE("last ignoring nulls", 1, 1, bind_first, NULL, &last_methods, &passes_over_nulls, "",
              ""),
};

static const Function rows[] = {
    AGGREGATE("min", 1, 1, bind_extreme, NULL, &extreme_methods, &is_min, "Least value",
              "min(2) = 2"),
    AGGREGATE("max", 1, 1, bind_extreme, NULL, &extreme_methods, &is_max, "Greatest value",
              "max(2) = 2"),
    AGGREGATE("bool_and", 1, 1, bind_bool, "(boolean) -> boolean", &extreme_methods, &is_min,
              "Whether all values are TRUE", "bool_and(true)"),
    AGGREGATE("every", 1, 1, bind_bool, "(boolean) -> boolean", &extreme_methods, &is_min,
              "Whether all values are TRUE; the same as bool_and", "every(true)"),
    AGGREGATE("bool_or", 1, 1, bind_bool, "(boolean) -> boolean", &extreme_methods, &is_max,
              "Whether some value is TRUE", "bool_or(true)"),
    AGGREGATE("some", 1, 1, bind_bool, "(boolean) -> boolean", &extreme_methods, &is_max,
              "Whether some value is TRUE; the same as bool_or", "some(true)"),
    AGGREGATE("any", 1, 1, bind_bool, "(boolean) -> boolean", &extreme_methods, &is_max,
              "Whether some value is TRUE; the same as bool_or", "any(true)"),
    AGGREGATE("first", 1, 2, bind_first, NULL, &first_methods, NULL,
              "The first row's value; with true, the first that is not NULL", "first(2) = 2"),
    AGGREGATE("first_value", 1, 2, bind_first, NULL, &first_methods, NULL,
              "The first row's value; the same as first", "first_value(2) = 2"),
    AGGREGATE("any_value", 1, 2, bind_first, NULL, &first_methods, NULL, "Some row's value",
              "any_value(2) = 2"),
    AGGREGATE("last", 1, 2, bind_first, NULL, &last_methods, NULL,
              "The last row's value; with true, the last that is not NULL", "last(2) = 2"),
    AGGREGATE("last_value", 1, 2, bind_first, NULL, &last_methods, NULL,
              "The last row's value; the same as last", "last_value(2) = 2"),
    AGGREGATE("min_by", 2, 3, bind_by, NULL, &by_methods, &is_min,
              "The first argument where the second is least; with k, of the k least rows", "min_by('a', 2) = 'a'"),
    AGGREGATE("max_by", 2, 3, bind_by, NULL, &by_methods, &is_max,
              "The first argument where the second is greatest; with k, of the k greatest rows", "max_by('a', 2) = 'a'"),
    AGGREGATE("bit_and", 1, 1, bind_bool, "(integral) -> $1", &bit_methods, &fold_and,
              "Bits that are set in all values", "bit_and(3) = 3"),
    AGGREGATE("bit_or", 1, 1, bind_bool, "(integral) -> $1", &bit_methods, &fold_or,
              "Bits that are set in some value", "bit_or(3) = 3"),
    AGGREGATE("bit_xor", 1, 1, bind_bool, "(integral) -> $1", &bit_methods, &fold_xor,
              "Bits that are set in an odd number of values", "bit_xor(3) = 3"),
};

const FunctionTable catalog_agg_value = FUNCTION_TABLE_OF(rows);
