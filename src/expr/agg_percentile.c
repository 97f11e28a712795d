/*
 * agg_percentile.c: percentile, percentile_cont, percentile_disc, median, percentile_approx, and
 * histogram_numeric.
 *
 * Percentiles keep all values, as doubles with their frequencies, and sort them for the result:
 * exact, also where Spark approximates.
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "expr/agg.h"
#include "expr/cast.h"
#include "expr/catalog.h"

typedef struct Sample {
    double value;
    int64_t times;
} Sample;

typedef struct SampleState {
    Sample *items;
    uint64_t count, capacity;
} SampleState;

/* What bind made of the constant arguments. */
typedef struct Percentages {
    const double *items;
    uint32_t count;
    bool descending;
    bool is_array;
} Percentages;

typedef enum PercentileKind {
    PERCENTILE,        /* Between two values: their weighted mean. percentile(x, p[, frequency]) */
    PERCENTILE_CONT,   /* The same, (x, p[, descending]). */
    PERCENTILE_DISC,   /* The first value that so many are not above. (x, p[, descending]) */
    PERCENTILE_APPROX, /* The same, in the type of x. (x, p[, accuracy]) */
    MEDIAN,
} PercentileKind;

static PercentileKind kind_of(const Function *fn)
{
    return *(const PercentileKind *)fn->extra;
}

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

static bool check_percentages(const BindCall *call, const Percentages *p, Error *err)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (!(p->items[i] >= 0 && p->items[i] <= 1))
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                                 "The `percentage` must be between [0.0, 1.0] (current value = "
                                 "%g).",
                                 p->items[i]);
    }
    return true;
}

static bool bind_percentages(BindCall *call, Percentages *p, Error *err)
{
    const Type *type = call->args[1]->type;
    const Vector *value;
    double *items;

    p->is_array = type->kind == TYPE_ARRAY;
    if (p->is_array && type->contains_null && type->fields[0].type->kind != TYPE_VOID)
        return bind_unexpected(call, 1, "ARRAY<DOUBLE>", err);
    if (!bind_require(call, 1,
                      p->is_array ? type_array(call->arena, &type_double, type->contains_null)
                                  : &type_double,
                      err) ||
        !bind_constant(call, 1, "percentage", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `percentage` must not be null.");
    p->count = p->is_array ? value->offsets[1] - value->offsets[0] : 1;
    items = ARENA_ARRAY(call->arena, double, p->count);
    p->items = items;
    for (uint32_t i = 0; i < p->count; i++) {
        const Vector *from = p->is_array ? value->children[0] : value;

        items[i] = vector_f64(from)[p->is_array ? value->offsets[0] + i : 0];
    }
    return check_percentages(call, p, err);
}

/* Numbers become DOUBLEs, intervals stay; percentile_approx gives back what it took. */
static bool bind_percentile_value(BindCall *call, const Type **result, Error *err)
{
    const Type *type = call->args[0]->type;
    bool approx = kind_of(call->fn) == PERCENTILE_APPROX;

    if (type->kind == TYPE_VOID || type_is_string(type))
        bind_cast(call, 0, &type_double);
    type = call->args[0]->type;
    if (approx && (type->kind == TYPE_DATE || type_is_timestamp(type))) {
        *result = type;
        return true;
    }
    if (!type_is_numeric(type) && !type_is_interval(type))
        return bind_unexpected(
            call, 0, "(NUMERIC OR INTERVAL DAY TO SECOND OR INTERVAL YEAR TO MONTH)", err);
    *result = approx                           ? type
              : type->kind == TYPE_INTERVAL_YM ? &type_interval_ym
              : type->kind == TYPE_INTERVAL_DT ? &type_interval_dt
                                               : &type_double;
    return true;
}

/* percentile's frequency, percentile_approx's accuracy: no string becomes one. */
static bool bind_integral(BindCall *call, uint32_t arg_i, Error *err)
{
    const Type *type = call->args[arg_i]->type;

    if (type->kind != TYPE_VOID && !type_is_integral(type))
        return bind_unexpected(call, arg_i, "INTEGRAL", err);
    bind_cast(call, arg_i, &type_bigint);
    return true;
}

/* Spark's sketch is as good as it says; all values are kept here. */
static bool bind_accuracy(BindCall *call, Error *err)
{
    const Vector *value;

    if (!bind_integral(call, 2, err) || !bind_constant(call, 2, "accuracy", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `accuracy` must not be null.");
    if (vector_i64(value)[0] > 0 && vector_i64(value)[0] <= INT32_MAX)
        return true;
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                         "The `accuracy` must be between (0, 2147483647] (current value = %lld).",
                         (long long)vector_i64(value)[0]);
}

static bool bind_percentile(BindCall *call, Error *err)
{
    Percentages *p = ARENA_NEW(call->arena, Percentages);
    static const double half = 0.5;
    const Type *result = &type_double;

    if (!bind_percentile_value(call, &result, err))
        return false;
    p->items = &half;
    p->count = 1;
    if (kind_of(call->fn) != MEDIAN && !bind_percentages(call, p, err))
        return false;
    if (call->arg_count > 2 && kind_of(call->fn) == PERCENTILE && !bind_integral(call, 2, err))
        return false;
    if (call->arg_count > 2 && kind_of(call->fn) == PERCENTILE_APPROX && !bind_accuracy(call, err))
        return false;
    p->descending = call->arg_count > 2 &&
                    (kind_of(call->fn) == PERCENTILE_CONT || kind_of(call->fn) == PERCENTILE_DISC);
    call->data = p;
    call->type = p->is_array ? type_array(call->arena, result, false) : result;
    call->nullable = true;
    return true;
}

/* ── the state ─────────────────────────────────────────────────────────────────────────────────*/

static uint32_t sample_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(SampleState);
}

static void sample_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(SampleState));
}

static void sample_add(SampleState *s, Sample sample)
{
    if (s->count == s->capacity) {
        s->capacity = MAX(16, s->capacity * 2);
        s->items = mem_realloc(s->items, s->capacity * sizeof *s->items);
    }
    s->items[s->count++] = sample;
}

static double value_as_double(const Vector *v, uint32_t row_i)
{
    PhysKind phys = type_phys(v->type);
    uint32_t r = vector_row(v, row_i);

    if (type_is_numeric(v->type))
        return number_as_double(v, row_i);
    return phys == PHYS_I32 ? vector_i32(v)[r] : (double)vector_i64(v)[r];
}

static void sample_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                          uint32_t row_count, Arena *scratch)
{
    bool weighted = kind_of(call->expr->fn) == PERCENTILE && call->expr->arg_count > 2;

    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        int64_t times = 1;

        if (!vector_is_valid(args[0], i) || (weighted && !vector_is_valid(args[2], i)))
            continue;
        if (weighted)
            times = vector_i64(args[2])[vector_row(args[2], i)];
        if (times > 0)
            sample_add(states[i], (Sample){value_as_double(args[0], i), times});
    }
}

static void sample_merge(const AggregateCall *call, void *into, const void *from)
{
    const SampleState *b = from;

    (void)call;
    for (uint64_t i = 0; i < b->count; i++)
        sample_add(into, b->items[i]);
}

static void sample_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const SampleState *s = state;

    (void)call;
    bytes_put(out, &s->count, sizeof s->count);
    if (s->count)
        bytes_put(out, s->items, s->count * sizeof *s->items);
}

static bool sample_decode(const AggregateCall *call, void *state, Str *in)
{
    uint64_t count;
    Sample sample = {0};

    sample_init(call, state);
    if (!bytes_get(in, &count, sizeof count) || count > in->bytes / sizeof sample)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        bytes_get(in, &sample, sizeof sample);
        sample_add(state, sample);
    }
    return true;
}

static void sample_clear(const AggregateCall *call, void *state)
{
    free(((SampleState *)state)->items);
    sample_init(call, state);
}

static size_t sample_extra(const AggregateCall *call, const void *state)
{
    (void)call;
    return ((const SampleState *)state)->capacity * sizeof(Sample);
}

/* ── the result ────────────────────────────────────────────────────────────────────────────────*/

/* NaN above all. */
static int sample_order(const void *a, const void *b)
{
    double x = ((const Sample *)a)->value, y = ((const Sample *)b)->value;

    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return (x > y) - (x < y);
}

/* The value at a place of the sorted values, each as often as it came. */
static double sample_at(const Sample *samples, uint64_t count, int64_t place)
{
    for (uint64_t i = 0; i < count; i++) {
        if (place < samples[i].times)
            return samples[i].value;
        place -= samples[i].times;
    }
    return samples[count - 1].value;
}

static double percentile_of(PercentileKind kind, const Sample *samples, uint64_t count,
                            int64_t total, double percentage, bool descending)
{
    double place, low, high, fraction;

    if (descending)
        percentage = 1 - percentage;
    if (kind == PERCENTILE_DISC || kind == PERCENTILE_APPROX) {
        place = ceil(percentage * (double)total) - 1;
        /* From above: the first that so many are not below. */
        if (descending)
            place = floor(percentage * (double)total);
        place = fmax(0, fmin(place, (double)total - 1));
        return sample_at(samples, count, (int64_t)place);
    }
    place = (double)(total - 1) * percentage;
    low = sample_at(samples, count, (int64_t)floor(place));
    high = sample_at(samples, count, (int64_t)ceil(place));
    fraction = place - floor(place);
    return low == high ? low : (ceil(place) - place) * low + fraction * high;
}

static void put_value(VectorBuilder *b, double value)
{
    Int128 decimal = 0;

    switch ((int)b->type->kind) {
    case TYPE_TINYINT:
        builder_add_i8(b, (int8_t)value);
        break;
    case TYPE_SMALLINT:
        builder_add_i16(b, (int16_t)value);
        break;
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_INTERVAL_YM:
        builder_add_i32(b, (int32_t)value);
        break;
    case TYPE_FLOAT:
        builder_add_f32(b, (float)value);
        break;
    case TYPE_DOUBLE:
        builder_add_f64(b, value);
        break;
    case TYPE_DECIMAL:
        double_to_decimal(value, b->type->precision, b->type->scale, &decimal);
        builder_add_i128(b, decimal);
        break;
    default:
        builder_add_i64(b, (int64_t)value);
        break;
    }
}

static Vector *percentile_result(const AggregateCall *call, const void *const *states,
                                 uint32_t count, Arena *arena)
{
    const Percentages *p = call->expr->data;
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const SampleState *s = states[i];
        Sample *sorted;
        int64_t total = 0;

        if (!s->count) {
            builder_add_null(&b);
            continue;
        }
        sorted = arena_copy(arena, s->items, s->count * sizeof *s->items);
        qsort(sorted, s->count, sizeof *sorted, sample_order);
        for (uint64_t n = 0; n < s->count; n++)
            total += sorted[n].times;
        for (uint32_t k = 0; k < p->count; k++)
            put_value(p->is_array ? &b.children[0] : &b,
                      percentile_of(kind_of(call->expr->fn), sorted, s->count, total, p->items[k],
                                    p->descending));
        if (p->is_array)
            builder_end_row(&b);
    }
    return builder_finish(&b);
}

static const AggregateMethods percentile_methods = {
    .state_bytes = sample_bytes,
    .init = sample_init,
    .update = sample_update,
    .merge = sample_merge,
    .result = percentile_result,
    .encode = sample_encode,
    .decode = sample_decode,
    .clear = sample_clear,
    .extra_bytes = sample_extra,
};

/* ── histogram_numeric ─────────────────────────────────────────────────────────────────────────*/

enum { HISTOGRAM_BINS_MAX = 100000 };

/* Bins are samples, sorted; of the two nearest, when there is one too many, one is made. */
static bool bind_histogram(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    uint32_t *bins = ARENA_NEW(call->arena, uint32_t);
    const Vector *value;
    Field fields[2];

    if (type->kind == TYPE_VOID || type_is_string(type)) {
        type = &type_double;
        bind_cast(call, 0, type);
    }
    if (!type_is_numeric(type) && !type_is_interval(type) && type->kind != TYPE_DATE &&
        !type_is_timestamp(type))
        return bind_unexpected(call, 0,
                               "(NUMERIC OR DATE OR TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE OR "
                               "INTERVAL YEAR TO MONTH OR INTERVAL DAY TO SECOND)",
                               err);
    if (!bind_require(call, 1, &type_int, err) || !bind_constant(call, 1, "nb", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `nb` must not be null.");
    if (vector_i32(value)[0] < 2 || vector_i32(value)[0] > HISTOGRAM_BINS_MAX)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                             "The `nb` must be between [2, %d] (current value = %d).",
                             HISTOGRAM_BINS_MAX, vector_i32(value)[0]);
    *bins = (uint32_t)vector_i32(value)[0];
    fields[0] = (Field){STR("x"), type, true};
    fields[1] = (Field){STR("y"), &type_double, true};
    call->data = bins;
    call->type = type_array(call->arena, type_struct(call->arena, fields, 2), true);
    call->nullable = true;
    return true;
}

/* Heights are kept in `times` as the bits of a double. */
static double bin_height(const Sample *bin)
{
    double height;

    memcpy(&height, &bin->times, sizeof height);
    return height;
}

static void bin_set_height(Sample *bin, double height)
{
    memcpy(&bin->times, &height, sizeof height);
}

static void histogram_trim(SampleState *s, uint32_t bins)
{
    while (s->count > bins) {
        uint64_t nearest = 0;
        double a, b;

        for (uint64_t i = 1; i + 1 < s->count; i++) {
            if (s->items[i + 1].value - s->items[i].value <
                s->items[nearest + 1].value - s->items[nearest].value)
                nearest = i;
        }
        a = bin_height(&s->items[nearest]);
        b = bin_height(&s->items[nearest + 1]);
        s->items[nearest].value =
            s->items[nearest].value * (a / (a + b)) + s->items[nearest + 1].value * (b / (a + b));
        bin_set_height(&s->items[nearest], a + b);
        memmove(&s->items[nearest + 1], &s->items[nearest + 2],
                (s->count - nearest - 2) * sizeof *s->items);
        s->count--;
    }
}

static void histogram_add(SampleState *s, double value, double height, uint32_t bins)
{
    uint64_t at = 0;
    Sample bin = {value, 0};

    while (at < s->count && sample_order(&s->items[at], &bin) < 0)
        at++;
    if (at < s->count && sample_order(&s->items[at], &bin) == 0) {
        bin_set_height(&s->items[at], bin_height(&s->items[at]) + height);
        return;
    }
    sample_add(s, bin);
    memmove(&s->items[at + 1], &s->items[at], (s->count - at - 1) * sizeof *s->items);
    s->items[at].value = value;
    bin_set_height(&s->items[at], height);
    histogram_trim(s, bins);
}

static void histogram_update(const AggregateCall *call, void *const *states,
                             const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        if (vector_is_valid(args[0], i))
            histogram_add(states[i], value_as_double(args[0], i), 1,
                          *(const uint32_t *)call->expr->data);
    }
}

static void histogram_merge(const AggregateCall *call, void *into, const void *from)
{
    const SampleState *b = from;

    for (uint64_t i = 0; i < b->count; i++)
        histogram_add(into, b->items[i].value, bin_height(&b->items[i]),
                      *(const uint32_t *)call->expr->data);
}

static Vector *histogram_result(const AggregateCall *call, const void *const *states,
                                uint32_t count, Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const SampleState *s = states[i];

        if (!s->count) {
            builder_add_null(&b);
            continue;
        }
        for (uint64_t n = 0; n < s->count; n++) {
            put_value(&b.children[0].children[0], s->items[n].value);
            builder_add_f64(&b.children[0].children[1], bin_height(&s->items[n]));
            builder_end_row(&b.children[0]);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static const AggregateMethods histogram_methods = {
    .state_bytes = sample_bytes,
    .init = sample_init,
    .update = histogram_update,
    .merge = histogram_merge,
    .result = histogram_result,
    .encode = sample_encode,
    .decode = sample_decode,
    .clear = sample_clear,
    .extra_bytes = sample_extra,
};

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const PercentileKind percentile = PERCENTILE, percentile_cont = PERCENTILE_CONT,
                            percentile_disc = PERCENTILE_DISC,
                            percentile_approx = PERCENTILE_APPROX, median = MEDIAN;

#define PERCENTILE_ROW(name_, min_, max_, kind_, doc_, example_)                                   \
    AGGREGATE(name_, min_, max_, bind_percentile, NULL, &percentile_methods, &(kind_), doc_,       \
              example_)

static const Function rows[] = {
    PERCENTILE_ROW("percentile", 2, 3, percentile,
                   "The value that so great a part of the values is not above, interpolated; a "
                   "third argument is each value's frequency",
                   "percentile(2, 0.5) = 2.0"),
    PERCENTILE_ROW("median", 1, 1, median, "percentile(x, 0.5)", "median(2) = 2.0"),
    PERCENTILE_ROW("percentile_cont", 2, 3, percentile_cont,
                   "percentile_cont(p) WITHIN GROUP (ORDER BY x): interpolated",
                   "percentile_cont(0.5) WITHIN GROUP (ORDER BY 2) = 2.0"),
    PERCENTILE_ROW("percentile_disc", 2, 3, percentile_disc,
                   "percentile_disc(p) WITHIN GROUP (ORDER BY x): one of the values",
                   "percentile_disc(0.5) WITHIN GROUP (ORDER BY 2) = 2.0"),
    PERCENTILE_ROW("percentile_approx", 2, 3, percentile_approx,
                   "One of the values, that so great a part is not above",
                   "percentile_approx(2, 0.5) = 2"),
    PERCENTILE_ROW("approx_percentile", 2, 3, percentile_approx,
                   "One of the values; the same as percentile_approx",
                   "approx_percentile(2, 0.5) = 2"),
    AGGREGATE("histogram_numeric", 2, 2, bind_histogram, NULL, &histogram_methods, NULL,
              "A histogram of so many bins: their centres and heights",
              "size(histogram_numeric(2, 5)) = 1"),
};

const FunctionTable catalog_agg_percentile = FUNCTION_TABLE_OF(rows);
