/*
 * kernel.h: what kernels share: results, arguments row by row, errors.
 *
 * The usual kernel of a function that is not hot, with FN_STRICT | FN_CONSTANTS:
 *
 *     static Vector *kernel_x(const KernelCall *call)
 *     {
 *         Vector *out = kernel_result(call);
 *
 *         EACH_ROW (call, i)
 *             vector_i32(out)[i] = f(arg_str(call, 0, i));
 *         return out;
 *     }
 *
 * kernel_result is zeroed, so a row left out holds nothing harmful; the frame makes it NULL.
 */
#ifndef WEIR_EXPR_KERNEL_H
#define WEIR_EXPR_KERNEL_H

#include "column/vector.h"
#include "expr/function.h"

/* A vector of the call's type with row_count rows, all zero. LIST and MAP results are built with a
 * VectorBuilder instead. */
Vector *kernel_result(const KernelCall *call);

/* Notes an error of row i, unless one of its arguments is NULL or an error (then that decides). */
void kernel_error(const KernelCall *call, Vector *out, uint32_t row_i, const char *class_name,
                  const char *sqlstate, const char *format, ...) PRINTF(6, 7);
/* The same, for errors that only ANSI mode has: without it the row becomes NULL. */
void kernel_ansi_error(const KernelCall *call, Vector *out, uint32_t row_i, const char *class_name,
                       const char *sqlstate, const char *format, ...) PRINTF(6, 7);

/* No argument of row i is NULL or an error. */
static inline bool kernel_row_ready(const KernelCall *call, uint32_t row_i)
{
    for (uint32_t a = 0; a < call->arg_count; a++) {
        const Vector *v = call->args[a];

        if (!v) /* A lambda. */
            continue;
        if ((v->valid && !vector_is_valid(v, row_i)) || (v->errors && vector_has_error(v, row_i)))
            return false;
    }
    return true;
}

/* Runs its body for the rows whose arguments all have values: EACH_ROW (call, i) ... */
#define EACH_ROW(call, i)                                                                          \
    for (uint32_t i = 0; i < (call)->row_count; i++)                                               \
        if (kernel_row_ready((call), i))

static inline bool arg_valid(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_is_valid(call->args[arg_i], row_i);
}

static inline bool arg_bool(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_bools(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static inline int32_t arg_i32(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_i32(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static inline int64_t arg_i64(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_i64(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static inline double arg_f64(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_f64(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static inline Int128 arg_i128(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_i128(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

static inline Str arg_str(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    return vector_strs(call->args[arg_i])[vector_row(call->args[arg_i], row_i)];
}

/* An integral value of any width; of intervals, months or microseconds. */
static inline int64_t vector_integral(const Vector *v, uint32_t row_i)
{
    uint32_t r = vector_row(v, row_i);

    switch ((int)type_phys(v->type)) {
    case PHYS_I8:
        return vector_i8(v)[r];
    case PHYS_I16:
        return vector_i16(v)[r];
    case PHYS_I64:
        return vector_i64(v)[r];
    default:
        return vector_i32(v)[r];
    }
}

/* The longest text a function makes, and all texts of one result column: beyond, text_too_long makes
 * the row an error. */
enum { TEXT_BYTES_MAX = 64 << 20, TEXT_COLUMN_BYTES_MAX = 1 << 30 };
void text_too_long(const KernelCall *call, Vector *out, uint32_t row_i, uint64_t bytes);

/* For kernels that make text: `row` appends row i's text to `text`, or returns false for NULL (or
 * after kernel_error on `out`). Called for rows that are ready only; all rows' bytes lie together.
 */
typedef bool (*TextRow)(const KernelCall *call, Vector *out, uint32_t row_i, StrBuf *text);
Vector *kernel_text(const KernelCall *call, TextRow row);

/* A string result: the bytes of `buf` copied into the batch's arena. */
static inline Str kernel_str(const KernelCall *call, const StrBuf *buf)
{
    return str_copy(call->arena, strbuf_str(buf));
}

/* Row i of `v`, if it is a LIST or MAP: first and last + 1 of its elements in the children. */
static inline void list_range(const Vector *v, uint32_t row_i, uint32_t *from, uint32_t *to)
{
    uint32_t r = vector_row(v, row_i);

    *from = v->offsets[r];
    *to = v->offsets[r + 1];
}

/* Every row NULL, flat (an error of a constant would be one of every row). */
Vector *vector_null_flat(Arena *arena, const Type *type, uint32_t row_count);
/* A copy of the vector's head, with another type of the same layout, or to change its bitmap. */
Vector *vector_share(Arena *arena, const Vector *v, const Type *type);

/* Evaluates lambda argument `arg_i` of a higher-order function over `row_count` elements:
 * parameters[p] has a row for each element, row_of[e] is the row of the batch the element belongs
 * to. The result has row_count rows, perhaps constant, perhaps with errors. */
Vector *lambda_eval(const KernelCall *call, uint32_t arg_i, const Vector *const *parameters,
                    const uint32_t *row_of, uint32_t row_count);

#endif
