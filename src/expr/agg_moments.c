/*
 * agg_moments.c: variance, standard deviation, skewness, kurtosis; covariance, correlation and the
 * regr_ family.
 *
 * Central moments are kept and merged by the formulas of Chan et al. (as Spark's CentralMomentAgg),
 * which lose no precision to large means. A sample of one value has no sample variance: NULL.
 *
 * The order of operations is Spark's, so that over one partition the last bit is the same too. Spark merges
 * what the partitions give into a state of no rows, also where there is one partition alone: that rounds the
 * means, and where a square overflows makes NaN of it (Infinity times no rows). Over a window nothing is
 * merged. So a group's state is merged into an empty one before its result is taken.
 */
#include <math.h>

#include "base/assert.h"
#include "expr/agg.h"
#include "expr/arithmetic.h"
#include "expr/catalog.h"

/* ── one variable ──────────────────────────────────────────────────────────────────────────────*/

typedef struct Moments {
    double n, mean, m2, m3, m4;
} Moments;

/* Whether Spark merges before it gives a result. */
static bool is_merged(const AggregateCall *call)
{
    return call->expr->kind != EXPR_WINDOW;
}

static void moments_merge(Moments *a, const Moments *b)
{
    double n = a->n + b->n, delta = b->mean - a->mean, step, nn;

    if (b->n == 0)
        return;
    step = delta / n;
    nn = a->n * b->n;
    a->m4 = a->m4 + b->m4 +
            step * step * step * delta * a->n * b->n * (a->n * a->n - nn + b->n * b->n) +
            6 * step * step * (a->n * a->n * b->m2 + b->n * b->n * a->m2) +
            4 * step * (a->n * b->m3 - b->n * a->m3);
    a->m3 = a->m3 + b->m3 + step * step * delta * a->n * b->n * (a->n - b->n) +
            3 * step * (a->n * b->m2 - b->n * a->m2);
    a->m2 = a->m2 + b->m2 + delta * step * a->n * b->n;
    a->mean += step * b->n;
    a->n = n;
}

static void moments_add(Moments *a, double x)
{
    double n = a->n + 1, delta = x - a->mean, step = delta / n;
    double m2 = a->m2 + delta * (delta - step);
    double delta2 = delta * delta, step2 = step * step;
    double m3 = a->m3 - 3 * step * m2 + delta * (delta2 - step2);
    double m4 = a->m4 - 4 * step * m3 - 6 * step2 * m2 + delta * (delta * delta2 - step * step2);

    *a = (Moments){n, a->mean + step, m2, m3, m4};
}

typedef enum MomentKind {
    VAR_POP,
    VAR_SAMP,
    STDDEV_POP,
    STDDEV_SAMP,
    SKEWNESS,
    KURTOSIS,
} MomentKind;

static uint32_t moments_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(Moments);
}

static void moments_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(Moments));
}

static void moments_update(const AggregateCall *call, void *const *states,
                           const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    (void)call;
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        if (vector_is_valid(args[0], i))
            moments_add(states[i], vector_f64(args[0])[vector_row(args[0], i)]);
    }
}

static void moments_state_merge(const AggregateCall *call, void *into, const void *from)
{
    (void)call;
    moments_merge(into, from);
}

/* False: NULL. */
static bool moments_value(MomentKind kind, const Moments *m, double *out)
{
    if (m->n == 0)
        return false;
    switch (kind) {
    case VAR_POP:
        *out = m->m2 / m->n;
        return true;
    case STDDEV_POP:
        *out = sqrt(m->m2 / m->n);
        return true;
    case VAR_SAMP:
        *out = m->m2 / (m->n - 1);
        return m->n > 1;
    case STDDEV_SAMP:
        *out = sqrt(m->m2 / (m->n - 1));
        return m->n > 1;
    case SKEWNESS:
        *out = sqrt(m->n) * m->m3 / sqrt(m->m2 * m->m2 * m->m2);
        return m->m2 != 0;
    case KURTOSIS:
        *out = m->n * m->m4 / (m->m2 * m->m2) - 3;
        return m->m2 != 0;
    }
    UNREACHABLE();
}

static Vector *moments_result(const AggregateCall *call, const void *const *states, uint32_t count,
                              Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);
    MomentKind kind = *(const MomentKind *)call->expr->fn->extra;

    for (uint32_t i = 0; i < count; i++) {
        Moments merged = {0};
        const Moments *m = states[i];

        if (is_merged(call)) {
            moments_merge(&merged, m);
            m = &merged;
        }
        if (!moments_value(kind, m, &vector_f64(out)[i]))
            vector_set_null(arena, out, i);
    }
    return out;
}

static void moments_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    (void)call;
    bytes_put(out, state, sizeof(Moments));
}

static bool moments_decode(const AggregateCall *call, void *state, Str *in)
{
    (void)call;
    return bytes_get(in, state, sizeof(Moments));
}

static const AggregateMethods moments_methods = {
    .state_bytes = moments_bytes,
    .init = moments_init,
    .update = moments_update,
    .merge = moments_state_merge,
    .result = moments_result,
    .encode = moments_encode,
    .decode = moments_decode,
};

/* ── two variables ─────────────────────────────────────────────────────────────────────────────*/

/* Of the rows in which both are given. In regr_ functions y comes first. mxx and myy are corr's,
 * m2_x and m2_y the same by the variance's formula. */
typedef struct PairMoments {
    double n, mean_x, mean_y, mxx, myy, mxy, m2_x, m2_y, sum_x, sum_y;
} PairMoments;

static void pair_add(PairMoments *s, double x, double y)
{
    double n = s->n + 1, dx = x - s->mean_x, dy = y - s->mean_y;
    double mean_x = s->mean_x + dx / n, mean_y = s->mean_y + dy / n;

    s->mxy += dx * (y - mean_y);
    s->mxx += dx * (x - mean_x);
    s->myy += dy * (y - mean_y);
    s->m2_x += dx * (dx - dx / n);
    s->m2_y += dy * (dy - dy / n);
    s->sum_x += x;
    s->sum_y += y;
    s->mean_x = mean_x;
    s->mean_y = mean_y;
    s->n = n;
}

static void pair_merge(PairMoments *a, const PairMoments *b)
{
    double n = a->n + b->n, dx = b->mean_x - a->mean_x, dy = b->mean_y - a->mean_y;

    if (b->n == 0)
        return;
    a->mxy = a->mxy + b->mxy + dx * (dy / n) * a->n * b->n;
    a->mxx = a->mxx + b->mxx + dx * (dx / n) * a->n * b->n;
    a->myy = a->myy + b->myy + dy * (dy / n) * a->n * b->n;
    a->m2_x = a->m2_x + b->m2_x + dx * (dx / n) * a->n * b->n;
    a->m2_y = a->m2_y + b->m2_y + dy * (dy / n) * a->n * b->n;
    a->sum_x += b->sum_x;
    a->sum_y += b->sum_y;
    a->mean_x += dx / n * b->n;
    a->mean_y += dy / n * b->n;
    a->n = n;
}

static void pair_state_merge(const AggregateCall *call, void *into, const void *from)
{
    (void)call;
    pair_merge(into, from);
}

typedef enum PairKind {
    CORR,
    COVAR_POP,
    COVAR_SAMP,
    REGR_AVGX,
    REGR_AVGY,
    REGR_COUNT,
    REGR_INTERCEPT,
    REGR_R2,
    REGR_SLOPE,
    REGR_SXX,
    REGR_SXY,
    REGR_SYY,
} PairKind;

static uint32_t pair_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(PairMoments);
}

static void pair_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(PairMoments));
}

/* Whether the function's first argument is y. */
static bool y_comes_first(PairKind kind)
{
    return kind >= REGR_AVGX && kind != REGR_R2 && kind != REGR_SXY;
}

static void pair_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                        uint32_t row_count, Arena *scratch)
{
    bool swapped = y_comes_first(*(const PairKind *)call->expr->fn->extra);
    const Vector *x = args[swapped], *y = args[!swapped];

    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        if (vector_is_valid(x, i) && vector_is_valid(y, i))
            pair_add(states[i], vector_f64(x)[vector_row(x, i)], vector_f64(y)[vector_row(y, i)]);
    }
}

static bool pair_value(PairKind kind, const PairMoments *s, double *out)
{
    switch (kind) {
    case CORR:
        *out = s->mxy / sqrt(s->mxx * s->myy);
        return s->n > 1;
    case COVAR_POP:
        *out = s->mxy / s->n;
        return s->n > 0;
    case COVAR_SAMP:
        *out = s->mxy / (s->n - 1);
        return s->n > 1;
    case REGR_AVGX:
        *out = s->sum_x / s->n;
        return s->n > 0;
    case REGR_AVGY:
        *out = s->sum_y / s->n;
        return s->n > 0;
    case REGR_INTERCEPT:
        *out = s->mean_y - s->mxy / s->m2_x * s->mean_x;
        return s->n > 0 && s->m2_x != 0;
    case REGR_R2: /* x is y here, and the other way round. */
        *out = s->mxy / sqrt(s->mxx * s->myy);
        *out = s->mxx == 0 ? 1 : *out * *out;
        return s->n > 0 && s->myy != 0;
    case REGR_SLOPE:
        *out = s->mxy / s->m2_x;
        return s->n > 0 && s->m2_x != 0;
    case REGR_SXX:
        *out = s->m2_x;
        return s->n > 0;
    case REGR_SXY:
        *out = s->mxy;
        return s->n > 0;
    case REGR_SYY:
        *out = s->m2_y;
        return s->n > 0;
    case REGR_COUNT:
        break;
    }
    UNREACHABLE();
}

/* A division by zero, as in Spark. */
static void corr_of_constant(const AggregateCall *call, Arena *arena, Vector *out, uint32_t i)
{
    if (call->sql->ansi)
        vector_set_error(arena, out, i, "DIVIDE_BY_ZERO", "22012", "%s", TEXT_DIVIDE_BY_ZERO);
    else
        vector_set_null(arena, out, i);
}

static Vector *pair_result(const AggregateCall *call, const void *const *states, uint32_t count,
                           Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);
    PairKind kind = *(const PairKind *)call->expr->fn->extra;

    for (uint32_t i = 0; i < count; i++) {
        PairMoments merged = {0};
        const PairMoments *s = states[i];

        if (is_merged(call)) {
            pair_merge(&merged, s);
            s = &merged;
        }
        if (kind == REGR_COUNT)
            vector_i64(out)[i] = (int64_t)s->n;
        else if (kind == CORR && s->n > 1 && s->mxx * s->myy == 0)
            corr_of_constant(call, arena, out, i);
        else if (!pair_value(kind, s, &vector_f64(out)[i]))
            vector_set_null(arena, out, i);
    }
    return out;
}

static void pair_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    (void)call;
    bytes_put(out, state, sizeof(PairMoments));
}

static bool pair_decode(const AggregateCall *call, void *state, Str *in)
{
    (void)call;
    return bytes_get(in, state, sizeof(PairMoments));
}

static const AggregateMethods pair_methods = {
    .state_bytes = pair_bytes,
    .init = pair_init,
    .update = pair_update,
    .merge = pair_state_merge,
    .result = pair_result,
    .encode = pair_encode,
    .decode = pair_decode,
};

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static bool bind_moments(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = call->type->kind != TYPE_BIGINT;
    return true;
}

static const MomentKind var_pop = VAR_POP, var_samp = VAR_SAMP, stddev_pop = STDDEV_POP,
                        stddev_samp = STDDEV_SAMP, skewness = SKEWNESS, kurtosis = KURTOSIS;
static const PairKind corr = CORR, covar_pop = COVAR_POP, covar_samp = COVAR_SAMP,
                      regr_avgx = REGR_AVGX, regr_avgy = REGR_AVGY, regr_count = REGR_COUNT,
                      regr_intercept = REGR_INTERCEPT, regr_r2 = REGR_R2, regr_slope = REGR_SLOPE,
                      regr_sxx = REGR_SXX, regr_sxy = REGR_SXY, regr_syy = REGR_SYY;

#define ONE(name_, kind_, doc_, example_)                                                          \
    AGGREGATE(name_, 1, 1, bind_moments, "(double) -> double", &moments_methods, &(kind_), doc_,   \
              example_)
#define TWO(name_, kind_, type_, doc_, example_)                                                   \
    AGGREGATE(name_, 2, 2, bind_moments, "(double, double) -> " type_, &pair_methods, &(kind_),    \
              doc_, example_)

static const Function rows[] = {
    ONE("var_pop", var_pop, "Variance of the population", "var_pop(2) = 0.0"),
    ONE("var_samp", var_samp, "Variance of a sample", "var_samp(2) IS NULL"),
    ONE("variance", var_samp, "Variance of a sample; the same as var_samp", "variance(2) IS NULL"),
    ONE("stddev_pop", stddev_pop, "Standard deviation of the population", "stddev_pop(2) = 0.0"),
    ONE("stddev_samp", stddev_samp, "Standard deviation of a sample", "stddev_samp(2) IS NULL"),
    ONE("stddev", stddev_samp, "Standard deviation of a sample; the same as stddev_samp",
        "stddev(2) IS NULL"),
    ONE("std", stddev_samp, "Standard deviation of a sample; the same as stddev_samp",
        "std(2) IS NULL"),
    ONE("skewness", skewness, "Skewness: the third standardised moment", "skewness(2) IS NULL"),
    ONE("kurtosis", kurtosis, "Excess kurtosis: the fourth standardised moment less 3",
        "kurtosis(2) IS NULL"),
    TWO("corr", corr, "double", "Pearson's correlation", "corr(1, 2) IS NULL"),
    TWO("covar_pop", covar_pop, "double", "Covariance of the population", "covar_pop(1, 2) = 0.0"),
    TWO("covar_samp", covar_samp, "double", "Covariance of a sample", "covar_samp(1, 2) IS NULL"),
    TWO("regr_avgx", regr_avgx, "double", "Mean of x in rows where y and x are given",
        "regr_avgx(1, 2) = 2.0"),
    TWO("regr_avgy", regr_avgy, "double", "Mean of y in rows where y and x are given",
        "regr_avgy(1, 2) = 1.0"),
    TWO("regr_count", regr_count, "bigint", "Rows where y and x are given", "regr_count(1, 2) = 1"),
    TWO("regr_intercept", regr_intercept, "double", "Where the line of least squares meets x = 0",
        "regr_intercept(1, 2) IS NULL"),
    TWO("regr_r2", regr_r2, "double", "How well the line of least squares fits",
        "regr_r2(1, 2) IS NULL"),
    TWO("regr_slope", regr_slope, "double", "Slope of the line of least squares",
        "regr_slope(1, 2) IS NULL"),
    TWO("regr_sxx", regr_sxx, "double", "Sum of squared deviations of x", "regr_sxx(1, 2) = 0.0"),
    TWO("regr_sxy", regr_sxy, "double", "Sum of products of deviations of x and y",
        "regr_sxy(1, 2) = 0.0"),
    TWO("regr_syy", regr_syy, "double", "Sum of squared deviations of y", "regr_syy(1, 2) = 0.0"),
};

const FunctionTable catalog_agg_moments = FUNCTION_TABLE_OF(rows);
