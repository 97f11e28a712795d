/*
 * catalog_bit.c: bits of integers: operators & | ^ ~ << >> >>>, and functions.
 *
 * Shifts are Java's: the distance counts modulo the width of the number, 32 or 64 bits.
 */
#include "expr/catalog.h"
#include "expr/kernel.h"

typedef enum BitOp {
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    BIT_NOT,
    SHIFT_LEFT,
    SHIFT_RIGHT,
    SHIFT_UNSIGNED
} BitOp;

static BitOp op_of(const KernelCall *call)
{
    return *(const BitOp *)call->expr->fn->extra;
}

static void put_integral(Vector *out, uint32_t i, int64_t value)
{
    switch ((int)out->type->kind) {
    case TYPE_TINYINT:
        vector_i8(out)[i] = (int8_t)value;
        break;
    case TYPE_SMALLINT:
        vector_i16(out)[i] = (int16_t)value;
        break;
    case TYPE_BIGINT:
        vector_i64(out)[i] = value;
        break;
    default:
        vector_i32(out)[i] = (int32_t)value;
        break;
    }
}

/* ── & | ^ ~ ───────────────────────────────────────────────────────────────────────────────────*/

static bool bind_bits(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[call->arg_count - 1]->type;
    const Type *common = bind_common(call, 0, call->arg_count, 1);

    if (!common || (!type_is_integral(common) && !types_become_one(a, b)))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
                             "the left and right operands of the binary operator have "
                             "incompatible types (%s and %s).",
                             bind_type_text(call, a), bind_type_text(call, b));
    if (common->kind == TYPE_VOID) {
        common = &type_int;
        for (uint32_t i = 0; i < call->arg_count; i++)
            bind_cast(call, i, common);
    }
    if (!type_is_integral(common) && call->arg_count == 1)
        return bind_unexpected(call, 0, "INTEGRAL", err);
    if (!type_is_integral(common))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
                             "the binary operator requires the input type \"INTEGRAL\", not %s.",
                             bind_type_text(call, common));
    call->type = common;
    return true;
}

static int64_t combine(BitOp op, int64_t a, int64_t b)
{
    switch (op) {
    case BIT_AND:
        return a & b;
    case BIT_OR:
        return a | b;
    case BIT_XOR:
        return a ^ b;
    case BIT_NOT:
    case SHIFT_LEFT:
    case SHIFT_RIGHT:
    case SHIFT_UNSIGNED:
        break;
    }
    return ~a;
}

static Vector *kernel_bits(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    BitOp op = op_of(call);
    const Vector *a = call->args[0], *b = call->args[call->arg_count - 1];

    for (uint32_t i = 0; i < call->row_count; i++)
        put_integral(out, i, combine(op, vector_integral(a, i), vector_integral(b, i)));
    return out;
}

/* ── shifts ────────────────────────────────────────────────────────────────────────────────────*/

static int64_t shift_long(BitOp op, int64_t value, int32_t distance)
{
    uint32_t bits = (uint32_t)distance & 63;

    if (op == SHIFT_LEFT)
        return (int64_t)((uint64_t)value << bits);
    return op == SHIFT_RIGHT ? value >> bits : (int64_t)((uint64_t)value >> bits);
}

static int32_t shift_int(BitOp op, int32_t value, int32_t distance)
{
    uint32_t bits = (uint32_t)distance & 31;

    if (op == SHIFT_LEFT)
        return (int32_t)((uint32_t)value << bits);
    return op == SHIFT_RIGHT ? value >> bits : (int32_t)((uint32_t)value >> bits);
}

static Vector *kernel_shift(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    BitOp op = op_of(call);
    bool is_long = out->type->kind == TYPE_BIGINT;

    for (uint32_t i = 0; i < call->row_count; i++) {
        int32_t distance = arg_i32(call, 1, i);

        if (is_long)
            vector_i64(out)[i] = shift_long(op, arg_i64(call, 0, i), distance);
        else
            vector_i32(out)[i] = shift_int(op, arg_i32(call, 0, i), distance);
    }
    return out;
}

/* ── counting and picking ──────────────────────────────────────────────────────────────────────*/

static Vector *kernel_bit_count(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *v = call->args[0];

    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t value =
            v->type->kind == TYPE_BOOLEAN ? arg_bool(call, 0, i) : vector_integral(v, i);

        vector_i32(out)[i] = __builtin_popcountll((uint64_t)value);
    }
    return out;
}

static Vector *kernel_bit_get(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *v = call->args[0];
    int32_t width = (int32_t)phys_bytes(type_phys(v->type)) * 8;

    EACH_ROW (call, i) {
        int32_t position = arg_i32(call, 1, i);

        if (position < 0 || position >= width)
            kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE", "22023",
                         "The value of parameter(s) `pos` in `%s` is invalid: Expects an integer "
                         "value in [0, %d), but got %d.",
                         call->expr->fn->name, width, position);
        else
            vector_i8(out)[i] = (int8_t)(vector_integral(v, i) >> position & 1);
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const BitOp op_and = BIT_AND, op_or = BIT_OR, op_xor = BIT_XOR, op_not = BIT_NOT,
                   op_left = SHIFT_LEFT, op_right = SHIFT_RIGHT, op_unsigned = SHIFT_UNSIGNED;

#define OPERATOR(name_, count_, op_, doc_, example_)                                               \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN, .arg_min = count_,           \
        .arg_max = count_, .bind = bind_bits, .kernel = kernel_bits, .extra = &(op_),              \
        .group = "operator", .doc = doc_, .example = example_                                      \
    }
#define SHIFT(name_, flags_, group_, op_, doc_, example_)                                          \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 2, .arg_max = 2,   \
        .bind = bind_signature, .signature = "(int, int) -> int; (bigint, int) -> bigint",         \
        .kernel = kernel_shift, .extra = &(op_), .group = group_, .doc = doc_, .example = example_ \
    }
#define BIT_GET_SIGNATURE "(integral, int) -> tinyint"

static const Function rows[] = {
    OPERATOR("&", 2, op_and, "Bits set in both", "3 & 5 = 1"),
    OPERATOR("|", 2, op_or, "Bits set in either", "3 | 5 = 7"),
    OPERATOR("^", 2, op_xor, "Bits set in one of both", "3 ^ 5 = 6"),
    OPERATOR("~", 1, op_not, "Bits not set", "~0 = -1"),
    SHIFT("<<", FN_HIDDEN, "operator", op_left, "Bits moved left", "2 << 1 = 4"),
    SHIFT(">>", FN_HIDDEN, "operator", op_right, "Bits moved right, with the sign", "4 >> 1 = 2"),
    SHIFT(">>>", FN_HIDDEN, "operator", op_unsigned, "Bits moved right, with zeros", "4 >>> 1 = 2"),
    SHIFT("shiftleft", 0, "bitwise", op_left, "Bits moved left; the operator <<",
          "shiftleft(2, 1) = 4"),
    SHIFT("shiftright", 0, "bitwise", op_right, "Bits moved right, with the sign; the operator >>",
          "shiftright(4, 1) = 2"),
    SHIFT("shiftrightunsigned", 0, "bitwise", op_unsigned,
          "Bits moved right, with zeros; the operator >>>", "shiftrightunsigned(4, 1) = 2"),
    FUNCTION_ROW("bitwise", "bit_count", "(integral) -> int; (boolean=) -> int", kernel_bit_count,
                 NULL, "How many bits are set, of 64", "bit_count(7) = 3"),
    FUNCTION_ROW("bitwise", "bit_get", BIT_GET_SIGNATURE, kernel_bit_get, NULL,
                 "The bit at a position, from the right and 0", "bit_get(11, 2) = 0"),
    FUNCTION_ROW("bitwise", "getbit", BIT_GET_SIGNATURE, kernel_bit_get, NULL,
                 "The bit at a position, from the right and 0", "getbit(11, 0) = 1"),
};

const FunctionTable catalog_bit = FUNCTION_TABLE_OF(rows);
