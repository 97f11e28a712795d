/*
 * agg_collect.c: aggregates that keep their values: collect_list, collect_set, listagg, mode; and
 * approx_count_distinct, which keeps a sketch of them.
 *
 * Kept values are encoded (value_codec.h), one behind another, in memory as in checkpoints.
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "expr/agg.h"
#include "expr/catalog.h"
#include "expr/open_hash.h"
#include "expr/value_set.h"

static bool bind_one(BindCall *call, Error *err)
{
    (void)err;
    call->type = type_array(call->arena, call->args[0]->type, false);
    call->nullable = false;
    return true;
}

static bool bind_collect_set(BindCall *call, Error *err)
{
    if (type_has_map(call->args[0]->type))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
                             "The input of `collect_set` can't be \"MAP\" type data.");
    return bind_one(call, err);
}

/* ── collect_list ──────────────────────────────────────────────────────────────────────────────*/

typedef struct ListState {
    StrBuf bytes;
    uint64_t count;
} ListState;

static uint32_t list_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(ListState);
}

static void list_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(ListState));
}

static void list_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                        uint32_t row_count, Arena *scratch)
{
    (void)call;
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        ListState *s = states[i];

        if (!vector_is_valid(args[0], i))
            continue;
        value_encode(&s->bytes, args[0], i, false);
        s->count++;
    }
}

static void list_merge(const AggregateCall *call, void *into, const void *from)
{
    ListState *a = into;
    const ListState *b = from;

    (void)call;
    strbuf_add_str(&a->bytes, strbuf_str(&b->bytes));
    a->count += b->count;
}

static Vector *list_result(const AggregateCall *call, const void *const *states, uint32_t count,
                           Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const ListState *s = states[i];
        Str in = str_copy(arena, strbuf_str(&s->bytes));

        for (uint64_t n = 0; n < s->count; n++) {
            bool read = value_decode(&b.children[0], &in);

            ASSERT(read);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static void list_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const ListState *s = state;

    (void)call;
    bytes_put(out, &s->count, sizeof s->count);
    bytes_put_str(out, strbuf_str(&s->bytes));
}

static bool list_decode(const AggregateCall *call, void *state, Str *in)
{
    ListState *s = state;
    Str bytes;

    list_init(call, state);
    if (!bytes_get(in, &s->count, sizeof s->count) || !bytes_get_str(in, &bytes))
        return false;
    strbuf_add_str(&s->bytes, bytes);
    return true;
}

static void list_clear(const AggregateCall *call, void *state)
{
    (void)call;
    strbuf_done(&((ListState *)state)->bytes);
    memset(state, 0, sizeof(ListState));
}

static size_t list_extra(const AggregateCall *call, const void *state)
{
    (void)call;
    return ((const ListState *)state)->bytes.capacity;
}

static const AggregateMethods list_methods = {
    .state_bytes = list_bytes,
    .init = list_init,
    .update = list_update,
    .merge = list_merge,
    .result = list_result,
    .encode = list_encode,
    .decode = list_decode,
    .clear = list_clear,
    .extra_bytes = list_extra,
};

/* ── listagg ───────────────────────────────────────────────────────────────────────────────────*/

/* The separator is constant; without one, nothing. It stays an argument, so that two calls with two
 * separators are two. */
static bool bind_listagg(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    const Vector *separator;
    Str *kept = ARENA_NEW(call->arena, Str);

    call->type = type->kind == TYPE_BINARY ? &type_binary : &type_string;
    if (!bind_require(call, 0, call->type, err))
        return false;
    *kept = STR_EMPTY;
    if (call->arg_count > 1) {
        if (!bind_require(call, 1, call->type, err) ||
            !bind_constant(call, 1, "delimiter", &separator, err))
            return false;
        if (vector_is_valid(separator, 0))
            *kept = vector_strs(separator)[0];
    }
    call->data = kept;
    call->nullable = true;
    return true;
}

static Vector *listagg_result(const AggregateCall *call, const void *const *states, uint32_t count,
                              Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);
    const Str *separator = call->expr->data;
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < count; i++) {
        const ListState *s = states[i];
        Str in = strbuf_str(&s->bytes), part = STR_EMPTY;

        strbuf_clear(&text);
        for (uint64_t n = 0; n < s->count; n++) {
            bool read = bytes_get_str(&in, &part);

            ASSERT(read);
            if (n)
                strbuf_add_str(&text, *separator);
            strbuf_add_str(&text, part);
        }
        if (s->count)
            vector_strs(out)[i] = str_copy(arena, strbuf_str(&text));
        else
            vector_set_null(arena, out, i);
    }
    strbuf_done(&text);
    return out;
}

static const AggregateMethods listagg_methods = {
    .state_bytes = list_bytes,
    .init = list_init,
    .update = list_update,
    .merge = list_merge,
    .result = listagg_result,
    .encode = list_encode,
    .decode = list_decode,
    .clear = list_clear,
    .extra_bytes = list_extra,
};

/* ── collect_set and mode ──────────────────────────────────────────────────────────────────────*/

/* Distinct values in order of arrival, and how often each came. */
typedef struct SetState {
    ValueSet set;
    int64_t *counts;
    uint32_t count_capacity;
} SetState;

static uint32_t set_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(SetState);
}

static void set_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(SetState));
}

static void set_add(SetState *s, Str bytes, int64_t times)
{
    bool added;
    uint32_t i = value_set_add_bytes(&s->set, bytes, &added);

    if (i >= s->count_capacity) {
        s->count_capacity = MAX(16, s->count_capacity * 2);
        s->counts = mem_realloc(s->counts, s->count_capacity * sizeof *s->counts);
    }
    s->counts[i] = added ? times : s->counts[i] + times;
}

static void set_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                       uint32_t row_count, Arena *scratch)
{
    StrBuf bytes;

    (void)call;
    (void)scratch;
    strbuf_init(&bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        if (!vector_is_valid(args[0], i))
            continue;
        strbuf_clear(&bytes);
        value_encode(&bytes, args[0], i, true);
        set_add(states[i], strbuf_str(&bytes), 1);
    }
    strbuf_done(&bytes);
}

static void set_merge(const AggregateCall *call, void *into, const void *from)
{
    const SetState *b = from;

    (void)call;
    for (uint32_t i = 0; i < b->set.count; i++)
        set_add(into, value_set_at(&b->set, i), b->counts[i]);
}

/* The values as a column, in order of arrival. */
static const Vector *set_values(const SetState *s, const Type *type, Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, type, s->set.count);
    for (uint32_t i = 0; i < s->set.count; i++) {
        Str in = str_copy(arena, value_set_at(&s->set, i));
        bool read = value_decode(&b, &in);

        ASSERT(read);
    }
    return builder_finish(&b);
}

static Vector *set_result(const AggregateCall *call, const void *const *states, uint32_t count,
                          Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const Vector *values = set_values(states[i], call->expr->type->fields[0].type, arena);

        for (uint32_t e = 0; e < values->row_count; e++)
            builder_add_from(&b.children[0], values, e);
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static void set_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const SetState *s = state;

    (void)call;
    bytes_put(out, &s->set.count, sizeof s->set.count);
    for (uint32_t i = 0; i < s->set.count; i++) {
        bytes_put_str(out, value_set_at(&s->set, i));
        bytes_put(out, &s->counts[i], sizeof s->counts[i]);
    }
}

static void set_clear(const AggregateCall *call, void *state)
{
    SetState *s = state;

    value_set_done(&s->set);
    free(s->counts);
    set_init(call, state);
}

static bool set_decode(const AggregateCall *call, void *state, Str *in)
{
    uint32_t count;
    Str bytes;
    int64_t times;

    set_init(call, state);
    if (!bytes_get(in, &count, sizeof count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!bytes_get_str(in, &bytes) || !bytes_get(in, &times, sizeof times)) {
            set_clear(call, state);
            return false;
        }
        set_add(state, bytes, times);
    }
    return true;
}

static size_t set_extra(const AggregateCall *call, const void *state)
{
    const SetState *s = state;

    (void)call;
    return s->set.bytes.capacity + s->set.slot_count * sizeof(uint32_t) +
           s->count_capacity * (sizeof(int64_t) + sizeof(uint32_t));
}

static const AggregateMethods set_methods = {
    .state_bytes = set_bytes,
    .init = set_init,
    .update = set_update,
    .merge = set_merge,
    .result = set_result,
    .encode = set_encode,
    .decode = set_decode,
    .clear = set_clear,
    .extra_bytes = set_extra,
};

/* mode(x[, deterministic[, descending]]): of values that came equally often the one Spark's map meets
 * first (open_hash.h); if deterministic the least (or, of mode() WITHIN GROUP (ORDER BY x DESC), the
 * greatest). */
typedef struct ModeCall {
    bool ordered, descending;
} ModeCall;

static bool bind_mode(BindCall *call, Error *err)
{
    ModeCall *mode = ARENA_NEW(call->arena, ModeCall);

    mode->descending = call->arg_count > 2;
    if (call->arg_count > 1) {
        const Type *type = call->args[1]->type;
        const Vector *value;

        if (type->kind == TYPE_VOID)
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                                 "The `deterministic` must not be null.");
        if (!expr_is_constant(call->args[1]))
            return error_set_class(err, ERROR_USER, "NON_FOLDABLE_ARGUMENT", "42K08",
                                   "The function `mode` requires the parameter `deterministic` to "
                                   "be a foldable expression of the type \"BOOLEAN\", but the "
                                   "actual argument is a non-foldable.");
        if (type->kind != TYPE_BOOLEAN)
            return error_set_class(err, ERROR_USER, "UNEXPECTED_INPUT_TYPE", "42K09",
                                   "The second parameter of function `mode` requires the "
                                   "\"BOOLEAN\" type, however it has the type %s.",
                                   bind_type_text(call, type));
        if (!bind_constant(call, 1, "deterministic", &value, err))
            return false;
        mode->ordered = vector_is_valid(value, 0) && vector_bools(value)[0];
    }
    call->type = call->args[0]->type;
    call->data = mode;
    call->nullable = true;
    return true;
}

static bool mode_better(const ModeCall *mode, const SetState *s, const Vector *values, uint32_t i,
                        uint32_t best)
{
    int order;

    if (s->counts[i] != s->counts[best])
        return s->counts[i] > s->counts[best];
    if (!mode->ordered || !type_is_orderable(values->type))
        return false;
    order = vector_compare(values, i, values, best);
    return mode->descending ? order > 0 : order < 0;
}

/* The values' numbers in the order in which they are looked at: of arrival, if they have no hash. */
static const uint32_t *mode_order(const Vector *values, Arena *arena)
{
    uint32_t count = values->row_count;
    int32_t *hashes = ARENA_ARRAY(arena, int32_t, count + 1);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, count + 1);
    bool hashed = true;

    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        hashed = java_hash(values, i, &hashes[i]) && hashed;
    }
    if (hashed)
        open_hash_order(arena, hashes, count, order);
    return order;
}

static Vector *mode_result(const AggregateCall *call, const void *const *states, uint32_t count,
                           Arena *arena)
{
    const ModeCall *mode = call->expr->data;
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const SetState *s = states[i];
        const Vector *values = set_values(s, call->expr->type, arena);
        const uint32_t *order = mode_order(values, arena);
        uint32_t best = values->row_count ? order[0] : 0;

        for (uint32_t v = 1; v < values->row_count; v++) {
            if (mode_better(mode, s, values, order[v], best))
                best = order[v];
        }
        if (values->row_count)
            builder_add_from(&b, values, best);
        else
            builder_add_null(&b);
    }
    return builder_finish(&b);
}

static const AggregateMethods mode_methods = {
    .state_bytes = set_bytes,
    .init = set_init,
    .update = set_update,
    .merge = set_merge,
    .result = mode_result,
    .encode = set_encode,
    .decode = set_decode,
    .clear = set_clear,
    .extra_bytes = set_extra,
};

/* ── approx_count_distinct ─────────────────────────────────────────────────────────────────────*/

/* HyperLogLog: 2^bits registers, each the longest run of zeros seen, plus one. */
typedef struct Sketch {
    uint32_t bits;
} Sketch;

enum { SKETCH_BITS_MIN = 4, SKETCH_BITS_MAX = 18 };

/* Of the relative error wanted, 0.05 unless told. */
static bool bind_approx_count(BindCall *call, Error *err)
{
    Sketch *sketch = ARENA_NEW(call->arena, Sketch);
    double error = 0.05, bits;

    if (call->arg_count > 1) {
        const Vector *value;
        TypeKind kind = call->args[1]->type->kind;

        if (call->args[1]->kind != EXPR_LITERAL || (kind != TYPE_DOUBLE && kind != TYPE_DECIMAL))
            return error_set_class(err, ERROR_USER, "_LEGACY_ERROR_TEMP_1104", NULL,
                                   "The second argument should be a double literal.");
        bind_cast(call, 1, &type_double);
        if (!bind_constant(call, 1, "relativeSD", &value, err))
            return false;
        if (vector_is_valid(value, 0))
            error = vector_f64(value)[0];
    }
    bits = ceil(2 * log2(1.106 / error));
    if (!(bits >= SKETCH_BITS_MIN && bits <= SKETCH_BITS_MAX))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                             "The `relativeSD` must be between 0.0026 and 0.27 (current value = "
                             "%g).",
                             error);
    sketch->bits = (uint32_t)bits;
    call->data = sketch;
    call->type = &type_bigint;
    call->nullable = false;
    return true;
}

static uint32_t sketch_registers(const AggregateCall *call)
{
    return 1u << ((const Sketch *)call->expr->data)->bits;
}

static void sketch_init(const AggregateCall *call, void *state)
{
    memset(state, 0, sketch_registers(call));
}

static void sketch_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                          uint32_t row_count, Arena *scratch)
{
    uint32_t bits = ((const Sketch *)call->expr->data)->bits;
    StrBuf bytes;

    (void)scratch;
    strbuf_init(&bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        uint8_t *registers = states[i], run;
        uint64_t hash;

        if (!vector_is_valid(args[0], i))
            continue;
        strbuf_clear(&bytes);
        value_encode(&bytes, args[0], i, true);
        hash = hash_bytes(bytes.data, bytes.bytes);
        run = (uint8_t)(__builtin_clzll(hash << bits | UINT64_C(1) << (bits - 1)) + 1);
        registers[hash >> (64 - bits)] = MAX(registers[hash >> (64 - bits)], run);
    }
    strbuf_done(&bytes);
}

static void sketch_merge(const AggregateCall *call, void *into, const void *from)
{
    uint8_t *a = into;
    const uint8_t *b = from;

    for (uint32_t r = 0; r < sketch_registers(call); r++)
        a[r] = MAX(a[r], b[r]);
}

static int64_t sketch_estimate(const uint8_t *registers, uint32_t count)
{
    double m = count, sum = 0, estimate;
    uint32_t empty = 0;

    for (uint32_t r = 0; r < count; r++) {
        sum += ldexp(1, -registers[r]);
        empty += registers[r] == 0;
    }
    estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    /* Small numbers are told better by how many registers are still empty. */
    if (estimate <= 2.5 * m && empty)
        estimate = m * log(m / empty);
    return llround(estimate);
}

static Vector *sketch_result(const AggregateCall *call, const void *const *states, uint32_t count,
                             Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);

    for (uint32_t i = 0; i < count; i++)
        vector_i64(out)[i] = sketch_estimate(states[i], sketch_registers(call));
    return out;
}

static void sketch_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    bytes_put(out, state, sketch_registers(call));
}

static bool sketch_decode(const AggregateCall *call, void *state, Str *in)
{
    return bytes_get(in, state, sketch_registers(call));
}

static const AggregateMethods sketch_methods = {
    .state_bytes = sketch_registers,
    .init = sketch_init,
    .update = sketch_update,
    .merge = sketch_merge,
    .result = sketch_result,
    .encode = sketch_encode,
    .decode = sketch_decode,
};

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const Function rows[] = {
    AGGREGATE("collect_list", 1, 1, bind_one, NULL, &list_methods, NULL,
              "All values that are not NULL, as an array", "collect_list(1) = array(1)"),
    AGGREGATE("array_agg", 1, 1, bind_one, NULL, &list_methods, NULL,
              "All values that are not NULL; the same as collect_list", "array_agg(1) = array(1)"),
    AGGREGATE("collect_set", 1, 1, bind_collect_set, NULL, &set_methods, NULL,
              "All values that are not NULL, each once", "collect_set(1) = array(1)"),
    AGGREGATE("listagg", 1, 2, bind_listagg, NULL, &listagg_methods, NULL,
              "The texts, with a separator between; WITHIN GROUP (ORDER BY …) orders them",
              "listagg('a', ',') = 'a'"),
    AGGREGATE("string_agg", 1, 2, bind_listagg, NULL, &listagg_methods, NULL,
              "The texts, with a separator between; the same as listagg",
              "string_agg('a', ',') = 'a'"),
    AGGREGATE("mode", 1, 3, bind_mode, NULL, &mode_methods, NULL, "The value that comes most often",
              "mode(1) = 1"),
    AGGREGATE("approx_count_distinct", 1, 2, bind_approx_count, NULL, &sketch_methods, NULL,
              "About how many values there are, with a relative error (0.05) that may be told",
              "approx_count_distinct(1) = 1"),
};

const FunctionTable catalog_agg_collect = FUNCTION_TABLE_OF(rows);
