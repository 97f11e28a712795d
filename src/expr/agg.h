/*
 * agg.h: what the aggregates' files share: values kept of rows, and results.
 */
#ifndef WEIR_EXPR_AGG_H
#define WEIR_EXPR_AGG_H

#include "expr/aggregate.h"
#include "expr/bind.h"
#include "expr/kernel.h"
#include "expr/value_codec.h"

/*
 * One value of any type, owned by a state: encoded (value_codec.h), in place when it is short.
 * All zero is "none". NULL is a value too, for first and last.
 */
enum { HELD_INLINE = 24 };

typedef struct Held {
    union {
        char inline_bytes[HELD_INLINE];
        char *bytes; /* malloc'ed when byte_count > HELD_INLINE. */
    };
    uint32_t byte_count;
    bool present;
    bool null;
} Held;

void held_set(Held *held, const Vector *v, uint32_t row_i);
void held_set_str(Held *held, Str encoded, bool null); /* Encoded bytes. */
void held_copy(Held *into, const Held *from);
void held_clear(Held *held);
Str held_bytes(const Held *held);
/* Order of the held value and row i: as vector_compare. Neither is NULL. */
int held_compare(const Held *held, const Vector *v, uint32_t row_i, Arena *scratch);
int held_compare_held(const Held *a, const Held *b, const Type *type);
void held_build(const Held *held, VectorBuilder *b); /* NULL when there is none. Copies. */
void held_encode(const Held *held, StrBuf *out);
bool held_decode(Held *held, Str *in);
size_t held_extra(const Held *held);

/* The sum of any number of 128-bit values, exactly. */
typedef struct WideSum {
    UInt128 low;
    int64_t high;
} WideSum;

static inline void wide_sum_add(WideSum *sum, Int128 value)
{
    UInt128 low = sum->low + (UInt128)value;

    sum->high += (low < sum->low) - (value < 0);
    sum->low = low;
}

static inline void wide_sum_merge(WideSum *into, const WideSum *from)
{
    UInt128 low = into->low + from->low;

    into->high += from->high + (low < into->low);
    into->low = low;
}

/* False: more than 128 bits. */
static inline bool wide_sum_get(const WideSum *sum, Int128 *out)
{
    *out = (Int128)sum->low;
    return sum->high == (*out < 0 ? -1 : 0);
}

/* A sum of doubles by Neumaier's compensation. */
typedef struct FloatSum {
    double sum, rest;
} FloatSum;

static inline void float_sum_add(FloatSum *s, double x)
{
    double sum = s->sum + x;

    s->rest += (s->sum < 0 ? -s->sum : s->sum) >= (x < 0 ? -x : x) ? (s->sum - sum) + x
                                                                   : (x - sum) + s->sum;
    s->sum = sum;
}

static inline void float_sum_merge(FloatSum *into, const FloatSum *from)
{
    float_sum_add(into, from->sum);
    into->rest += from->rest;
}

/* Infinities and NaN stay what they are: there the rest is no number. */
static inline double float_sum_get(const FloatSum *s)
{
    return s->sum - s->sum == 0 ? s->sum + s->rest : s->sum;
}

/* A number of any type as a double. */
double number_as_double(const Vector *v, uint32_t row_i);

/* A result vector, zeroed; and its NULLs and errors. */
Vector *aggregate_result(const AggregateCall *call, uint32_t count, Arena *arena);

#define AGGREGATE(name_, min_, max_, bind_, signature_, methods_, extra_, doc_, example_)          \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_AGGREGATE, .arg_min = min_, .arg_max = max_,             \
        .bind = bind_, .signature = signature_, .aggregate = methods_, .extra = extra_,            \
        .group = "aggregate", .doc = doc_, .example = example_                                     \
    }

#endif
