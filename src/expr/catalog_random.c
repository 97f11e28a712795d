/*
 * catalog_random.c: random numbers, texts and UUIDs; with a seed, Spark's own.
 *
 * Spark's generator is XORShift (Marsaglia's 21, 35, 4) under java.util.Random's methods; its state
 * is the seed stirred by murmur3, and each partition adds its number to the seed. It lives in the
 * call's state (function.h), so that the numbers go on from batch to batch.
 *
 * shuffle and uuid draw from a Mersenne Twister (mersenne.h), seeded in the same manner.
 *
 * Without a seed, one is drawn when the call is bound.
 */
#include <math.h>

#include "expr/catalog.h"
#include "expr/eval.h"
#include "expr/mersenne.h"
#include "expr/spark_hash.h"
#include "expr/text_pool.h"
#include "os/os.h"

/* ── the generator ─────────────────────────────────────────────────────────────────────────────*/

typedef struct XorShift {
    int64_t state;
    bool has_gaussian; /* Gaussians come in pairs. */
    double gaussian;
} XorShift;

static void xorshift_init(XorShift *x, int64_t seed)
{
    char bytes[8];
    uint32_t low, high;

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)((uint64_t)seed >> (56 - 8 * i));
    low = murmur3_bytes_of((Str){bytes, 8}, 0x3C074A61);
    high = murmur3_bytes_of((Str){bytes, 8}, low);
    *x = (XorShift){.state = (int64_t)((uint64_t)high << 32 | low)};
}

static int32_t xorshift_next(XorShift *x, int bits)
{
    uint64_t next = (uint64_t)x->state;

    next ^= next << 21;
    next ^= next >> 35;
    next ^= next << 4;
    x->state = (int64_t)next;
    return (int32_t)(uint32_t)(next & ((UINT64_C(1) << bits) - 1));
}

static double xorshift_double(XorShift *x)
{
    int64_t high = (int64_t)xorshift_next(x, 26) << 27;

    return (double)(high + xorshift_next(x, 27)) * 0x1p-53;
}

/* java.util.Random's polar method. */
static double xorshift_gaussian(XorShift *x)
{
    double a, b, square, factor;

    if (x->has_gaussian) {
        x->has_gaussian = false;
        return x->gaussian;
    }
    do {
        a = 2 * xorshift_double(x) - 1;
        b = 2 * xorshift_double(x) - 1;
        square = a * a + b * b;
    } while (square >= 1 || square == 0);
    factor = sqrt(-2 * log(square) / square);
    x->gaussian = b * factor;
    x->has_gaussian = true;
    return a * factor;
}

/* ── seeds ─────────────────────────────────────────────────────────────────────────────────────*/

/* The constant seed in argument arg_i, which may not be there; NULL counts as 0. Leaves in its
 * place a BIGINT that is none. */
static bool bind_seed(BindCall *call, uint32_t arg_i, Error *err)
{
    const Type *type = arg_i < call->arg_count ? call->args[arg_i]->type : NULL;
    const Vector *value;
    int64_t seed = 0;

    if (!type) {
        Expr **args = ARENA_ARRAY(call->arena, Expr *, arg_i + 1);

        os_random_bytes(&seed, sizeof seed);
        memcpy(args, call->args, call->arg_count * sizeof *args);
        call->args = args;
        call->arg_count = arg_i + 1;
    } else {
        if (type->kind != TYPE_INT && type->kind != TYPE_BIGINT && type->kind != TYPE_VOID)
            return bind_unexpected(call, arg_i, "(INT OR BIGINT)", err);
        bind_cast(call, arg_i, &type_bigint);
        if (!bind_constant(call, arg_i, "seed", &value, err))
            return false;
        if (vector_is_valid(value, 0))
            seed = vector_i64(value)[0];
    }
    call->args[arg_i] = expr_literal_bigint(call->arena, seed, call->span);
    return true;
}

/* The generator of the call, made at its first batch. */
static XorShift *generator_of(const KernelCall *call, uint32_t seed_i)
{
    if (!call->state->data) {
        call->state->data = ARENA_NEW(call->state->arena, XorShift);
        xorshift_init(call->state->data,
                      (int64_t)((uint64_t)arg_i64(call, seed_i, 0) + call->state->partition));
    }
    return call->state->data;
}

/* The same for what Spark draws from a Mersenne Twister. */
static Mersenne *mersenne_of(const KernelCall *call, uint32_t seed_i)
{
    if (!call->state->data) {
        call->state->data = ARENA_NEW(call->state->arena, Mersenne);
        mersenne_init(call->state->data,
                      (int64_t)((uint64_t)arg_i64(call, seed_i, 0) + call->state->partition));
    }
    return call->state->data;
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

static bool bind_rand(BindCall *call, Error *err)
{
    if (call->arg_count && !expr_is_constant(call->args[0]))
        return error_set_class(err, ERROR_USER, "SEED_EXPRESSION_IS_UNFOLDABLE", "42K08",
                               "The seed of the expression \"%s\" must be foldable.",
                               call->fn->name);
    call->type = &type_double;
    call->nullable = false;
    return bind_seed(call, 0, err);
}

static Vector *kernel_rand(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    XorShift *x = call->row_count ? generator_of(call, 0) : NULL;

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_f64(out)[i] = xorshift_double(x);
    return out;
}

static Vector *kernel_randn(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    XorShift *x = call->row_count ? generator_of(call, 0) : NULL;

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_f64(out)[i] = xorshift_gaussian(x);
    return out;
}

/* Of two numbers' types the one a random number between them has. */
static const Type *uniform_type(const Type *a, const Type *b)
{
    if (a->kind == TYPE_VOID || b->kind == TYPE_VOID)
        return &type_double;
    if (a->kind == TYPE_DOUBLE || b->kind == TYPE_DOUBLE)
        return &type_double;
    if (a->kind == TYPE_FLOAT || b->kind == TYPE_FLOAT)
        return &type_float;
    if (a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL)
        return a->precision >= b->precision ? a : b;
    if (a->kind == TYPE_DECIMAL || b->kind == TYPE_DECIMAL)
        return a->kind == TYPE_DECIMAL ? a : b;
    return a->kind >= b->kind ? a : b;
}

static bool named_call(BindCall *call, const char *name, Expr *a, Expr *b, Expr **out, Error *err)
{
    return function_call_named(call->arena, call->sql, name, (Expr *[]){a, b}, b ? 2 : 1,
                               call->span, out, err);
}

/* uniform(min, max, seed): CAST(min + (max - min) * rand(seed) AS type) */
static bool bind_uniform(BindCall *call, Error *err)
{
    const Type *type;
    const Vector *value;
    Expr *random, *range, *min, *max;

    for (uint32_t i = 0; i < 2; i++) {
        const Type *arg = call->args[i]->type;

        if (!type_is_numeric(arg) && arg->kind != TYPE_VOID)
            return bind_unexpected(call, i, "integer or floating-point", err);
        if (!bind_constant(call, i, i ? "max" : "min", &value, err))
            return false;
    }
    type = uniform_type(call->args[0]->type, call->args[1]->type);
    if (!bind_seed(call, 2, err))
        return false;
    min = call->args[0];
    max = call->args[1];
    return expr_cast(call->arena, call->sql, min, &type_double, false, call->span, &min, err) &&
           expr_cast(call->arena, call->sql, max, &type_double, false, call->span, &max, err) &&
           named_call(call, "rand", call->args[2], NULL, &random, err) &&
           named_call(call, "-", max, min, &range, err) &&
           named_call(call, "*", range, random, &range, err) &&
           named_call(call, "+", min, range, &range, err) &&
           expr_cast(call->arena, call->sql, range, type, false, call->span, &call->result, err);
}

/* ── texts ─────────────────────────────────────────────────────────────────────────────────────*/

/* A constant length; NULL counts as 0. */
static bool bind_randstr(BindCall *call, Error *err)
{
    const Vector *value;

    if (!type_is_numeric(call->args[0]->type) && call->args[0]->type->kind != TYPE_VOID)
        return bind_unexpected(call, 0, "INT or SMALLINT", err);
    bind_cast(call, 0, &type_int);
    if (!bind_constant(call, 0, "length", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        call->args[0] = expr_literal_int(call->arena, 0, call->span);
    call->type = &type_string;
    call->nullable = false;
    return bind_seed(call, 1, err);
}

static Vector *kernel_randstr(const KernelCall *call)
{
    static const char chars[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        XorShift *x = generator_of(call, 1);
        int32_t length = arg_i32(call, 0, i);
        char *room = length < 0 ? NULL : text_room(&pool, i, (uint64_t)length);

        if (length < 0)
            kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.LENGTH", "22023",
                         "The value of parameter(s) `length` in `randstr` is invalid: Expects "
                         "`length` greater than or equal to 0, but got %d.",
                         length);
        for (int32_t c = 0; room && c < length; c++) {
            int32_t value = xorshift_next(x, 32) % 62;

            room[c] = chars[value < 0 ? -value : value];
        }
    }
    return out;
}

static bool bind_uuid(BindCall *call, Error *err)
{
    call->type = &type_string;
    call->nullable = false;
    return bind_seed(call, 0, err);
}

/* Version 4: random save for the two places that say so. */
static Vector *kernel_uuid(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    Mersenne *m = call->row_count ? mersenne_of(call, 0) : NULL;

    EACH_ROW (call, i) {
        char *room = text_room(&pool, i, 36);
        uint32_t words[4];

        for (uint32_t w = 0; w < 4; w++)
            words[w] = mersenne_next(m);
        words[1] = (words[1] & 0xFFFF0FFFU) | 0x4000U;
        words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;
        for (uint32_t c = 0, digit = 0; room && c < 36; c++) {
            if (c == 8 || c == 13 || c == 18 || c == 23) {
                room[c] = '-';
                continue;
            }
            room[c] = "0123456789abcdef"[(words[digit / 8] >> (28 - 4 * (digit % 8))) & 15];
            digit++;
        }
    }
    return out;
}

/* ── shuffle ───────────────────────────────────────────────────────────────────────────────────*/

static bool bind_shuffle(BindCall *call, Error *err)
{
    const Type *seed = call->arg_count > 1 ? call->args[1]->type : NULL;

    if (call->args[0]->type->kind == TYPE_VOID)
        bind_cast(call, 0, type_array(call->arena, &type_void, true));
    if (call->args[0]->type->kind != TYPE_ARRAY)
        return bind_unexpected(call, 0, "ARRAY", err);
    if (seed && ((seed->kind != TYPE_INT && seed->kind != TYPE_BIGINT && seed->kind != TYPE_VOID) ||
                 !expr_is_constant(call->args[1])))
        return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.LONG", "22023",
                               "The value of parameter(s) `seed` in `shuffle` is invalid: expects a "
                               "long literal.");
    call->type = call->args[0]->type;
    call->nullable = call->args[0]->nullable;
    return bind_seed(call, 1, err);
}

/* Each element is put in a random place among those before it, whose one it displaces. */
static Vector *kernel_shuffle(const KernelCall *call)
{
    const Vector *v = vector_flatten(call->arena, call->args[0]);
    uint32_t *places = ARENA_ARRAY(call->arena, uint32_t, v->children[0]->row_count + 1);
    Mersenne *m = call->row_count ? mersenne_of(call, 1) : NULL;
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from = v->offsets[i], count = v->offsets[i + 1] - from;

        if (kernel_row_ready(call, i)) {
            for (uint32_t e = 0; e < count; e++) {
                uint32_t place = (uint32_t)mersenne_below(m, (int32_t)e + 1);

                places[e] = places[place];
                places[place] = from + e;
            }
            for (uint32_t e = 0; e < count; e++)
                builder_add_from(&b.children[0], v->children[0], places[e]);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, min_, max_, bind_, kernel_, doc_, example_)                                     \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_NONDETERMINISTIC, .arg_min = min_,   \
        .arg_max = max_, .bind = bind_, .kernel = kernel_, .group = "random", .doc = doc_,         \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROW("rand", 0, 1, bind_rand, kernel_rand, "A random DOUBLE from 0 up to but not 1; of a seed",
        "rand(0) = 0.7604953758285915D"),
    ROW("random", 0, 1, bind_rand, kernel_rand, "A random DOUBLE from 0 up to but not 1; of a seed",
        "random(0) = 0.7604953758285915D"),
    ROW("randn", 0, 1, bind_rand, kernel_randn,
        "A random DOUBLE of the standard normal distribution; of a seed",
        "randn(0) = 1.6034991609278433D"),
    ROW("uniform", 2, 3, bind_uniform, NULL, "A random number between two; of a seed",
        "uniform(10, 20, 0) = 17"),
    ROW("randstr", 1, 2, bind_randstr, kernel_randstr,
        "A random text of so many letters and digits; of a seed", "randstr(5, 0) = 'ceV0P'"),
    ROW("shuffle", 1, 2, bind_shuffle, kernel_shuffle,
        "The elements in a random order; of a seed", "shuffle(array(1, 2, 3), 3) = array(2, 1, 3)"),
    ROW("uuid", 0, 1, bind_uuid, kernel_uuid, "A random UUID; of a seed", "length(uuid()) = 36"),
};

const FunctionTable catalog_random = FUNCTION_TABLE_OF(rows);
