/*
 * random_vector.h: random types and vectors of every kind, for the properties that must hold of all.
 *
 * Values come from small pools with the edges in them (0, -0.0, NaN, the least, the greatest, the
 * empty string), so that equal values, neighbours and extremes meet often.
 */
#ifndef WEIR_TEST_RANDOM_VECTOR_H
#define WEIR_TEST_RANDOM_VECTOR_H

#include <math.h>

#include "base/random.h"
#include "column/batch.h"

/* A type at most `depth` levels deep. orderable: without MAP and calendar INTERVAL. */
UNUSED static const Type *random_type(Arena *arena, Random *random, int depth, bool orderable)
{
    static const Type *const scalars[] = {
        &type_boolean, &type_tinyint, &type_smallint, &type_int, &type_bigint, &type_float,
        &type_double, &type_string, &type_binary, &type_date, &type_timestamp,
        &type_timestamp_ntz, &type_interval_ym, &type_interval_dt, &type_interval, &type_void,
    };
    uint64_t pick = random_below(random, depth > 0 ? 24 : 18);
    Field fields[4];
    uint32_t field_count;

    if (pick < COUNT_OF(scalars) - (orderable ? 2u : 0u))
        return scalars[pick];
    if (pick < 18) {
        int precision = 1 + (int)random_below(random, 38);

        return type_decimal(arena, precision, (int)random_below(random, (uint64_t)precision + 1));
    }
    if (pick < 20)
        return type_array(arena, random_type(arena, random, depth - 1, orderable), true);
    if (pick < 22 && !orderable)
        return type_map(arena, random_type(arena, random, 0, true),
                        random_type(arena, random, depth - 1, false), true);
    field_count = 1 + (uint32_t)random_below(random, COUNT_OF(fields));
    for (uint32_t i = 0; i < field_count; i++)
        fields[i] = (Field){str_of(arena_printf(arena, "f%u", i)),
                            random_type(arena, random, depth - 1, orderable), true};
    return type_struct(arena, fields, field_count);
}

UNUSED static int64_t random_int(Random *random, int64_t min, int64_t max)
{
    switch (random_below(random, 8)) {
    case 0:
        return min;
    case 1:
        return max;
    case 2:
        return 0;
    case 3:
        return min + (int64_t)random_below(random, 3);
    case 4:
        return (int64_t)random_below(random, 20) - 10;
    default: {
        uint64_t range = (uint64_t)max - (uint64_t)min + 1;
        uint64_t r = random_next(random);

        return (int64_t)((uint64_t)min + (range ? r % range : r));
    }
    }
}

UNUSED static double random_float64(Random *random)
{
    static const double pool[] = {0.0,  -0.0,    1.0,     -1.0,      1e10,    1e-5,   12345.678,
                                  NAN,  -NAN,    INFINITY, -INFINITY, 5e-324, 1.7976931348623157e308,
                                  0.1,  1e21,    123456789012345680.0, 1e7, 9999999.0, 0.001};
    uint64_t bits;
    double d;

    if (random_below(random, 2))
        return pool[random_below(random, COUNT_OF(pool))];
    bits = random_next(random);
    memcpy(&d, &bits, sizeof d);
    return d;
}

UNUSED static Int128 random_decimal(Random *random, int precision)
{
    Int128 limit = 1;
    Int128 value;

    for (int i = 0; i < precision; i++)
        limit *= 10;
    if (random_below(random, 4) == 0)
        return random_below(random, 2) ? limit - 1 : 1 - limit;
    value = (Int128)((UInt128)random_next(random) << 64 | random_next(random)) % limit;
    return random_below(random, 2) ? value : value % 1000;
}

UNUSED static Str random_text(Arena *arena, Random *random, bool utf8)
{
    static const char *const pool[] = {"",    "a",   "ab",  "abc", "A",  "b",     "z",  "é",
                                       "\"", "\\",  "a\tb\nc\r", "日本", "\xF0\x9F\x98\x80", " x ",
                                       "NULL", "a,b;c", "0", "\x01\x1f", "x\"y\"\"z"};
    static const char bytes[] = {0, 1, (char)0xff, 'a', 0x7f, (char)0x80};
    uint32_t length;
    char *text;

    if (utf8 || random_below(random, 2)) {
        Str one = str_of(pool[random_below(random, COUNT_OF(pool))]);
        Str two = str_of(pool[random_below(random, COUNT_OF(pool))]);

        if (random_below(random, 3))
            return one;
        text = arena_alloc(arena, one.bytes + two.bytes + 1);
        memcpy(text, one.data, one.bytes);
        memcpy(text + one.bytes, two.data, two.bytes);
        return (Str){text, one.bytes + two.bytes};
    }
    length = (uint32_t)random_below(random, 20);
    text = arena_alloc(arena, length + 1);
    for (uint32_t i = 0; i < length; i++)
        text[i] = bytes[random_below(random, sizeof bytes)];
    return (Str){text, length};
}

UNUSED static void random_add(VectorBuilder *b, Random *random, bool not_null)
{
    if (b->type->kind == TYPE_VOID || (!not_null && random_below(random, 5) == 0)) {
        builder_add_null(b);
        return;
    }
    switch (type_phys(b->type)) {
    case PHYS_VOID:
        return;
    case PHYS_BOOL:
        builder_add_bool(b, random_below(random, 2));
        return;
    case PHYS_I8:
        builder_add_i8(b, (int8_t)random_int(random, INT8_MIN, INT8_MAX));
        return;
    case PHYS_I16:
        builder_add_i16(b, (int16_t)random_int(random, INT16_MIN, INT16_MAX));
        return;
    case PHYS_I32:
        if (b->type->kind == TYPE_DATE)
            builder_add_i32(b, (int32_t)random_int(random, -719162, 2932896));
        else
            builder_add_i32(b, (int32_t)random_int(random, INT32_MIN, INT32_MAX));
        return;
    case PHYS_I64:
        if (b->type->kind == TYPE_TIMESTAMP || b->type->kind == TYPE_TIMESTAMP_NTZ)
            builder_add_i64(b, random_int(random, -62135596800000000, 253402300799999999));
        else
            builder_add_i64(b, random_int(random, INT64_MIN, INT64_MAX));
        return;
    case PHYS_F32:
        builder_add_f32(b, (float)random_float64(random));
        return;
    case PHYS_F64:
        builder_add_f64(b, random_float64(random));
        return;
    case PHYS_I128:
        builder_add_i128(b, random_decimal(random, b->type->precision));
        return;
    case PHYS_STR:
        builder_add_str(b, random_text(b->arena, random, b->type->kind == TYPE_STRING));
        return;
    case PHYS_INTERVAL:
        builder_add_interval(b, (Interval){(int32_t)random_int(random, INT32_MIN, INT32_MAX),
                                           (int32_t)random_int(random, -3, 3),
                                           random_int(random, INT64_MIN, INT64_MAX)});
        return;
    case PHYS_LIST: {
        uint64_t count = random_below(random, 4);

        for (uint64_t i = 0; i < count; i++)
            random_add(&b->children[0], random, false);
        builder_end_row(b);
        return;
    }
    case PHYS_MAP: {
        /* Keys occur once: one or none. */
        if (random_below(random, 2) && b->children[0].type->kind != TYPE_VOID) {
            random_add(&b->children[0], random, true);
            random_add(&b->children[1], random, false);
        }
        builder_end_row(b);
        return;
    }
    case PHYS_STRUCT:
        for (uint32_t f = 0; f < b->type->field_count; f++)
            random_add(&b->children[f], random, false);
        builder_end_row(b);
        return;
    }
}

UNUSED static Vector *random_vector(Arena *arena, Random *random, const Type *type,
                                    uint32_t row_count)
{
    VectorBuilder b;

    builder_init(&b, arena, type, (uint32_t)random_below(random, 8));
    for (uint32_t i = 0; i < row_count; i++)
        random_add(&b, random, false);
    return builder_finish(&b);
}

#endif
