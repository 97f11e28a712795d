/*
 * catalog_cast_name.c: types called like functions: bigint(x) is CAST(x AS BIGINT).
 */
#include "expr/catalog.h"

static bool bind_type_call(BindCall *call, Error *err)
{
    const Type *const *to = call->fn->extra;
    const Type *type = *to ? *to : type_decimal(call->arena, 10, 0);

    return expr_cast(call->arena, call->sql, call->args[0], type, false, call->span, &call->result,
                     err);
}

static const Type *const to_boolean = &type_boolean, *const to_tinyint = &type_tinyint,
                         *const to_smallint = &type_smallint, *const to_int = &type_int,
                         *const to_bigint = &type_bigint, *const to_float = &type_float,
                         *const to_double = &type_double, *const to_decimal = NULL,
                         *const to_date = &type_date, *const to_timestamp = &type_timestamp,
                         *const to_binary = &type_binary, *const to_string = &type_string;

#define ROW(name_, sql_, to_, example_)                                                            \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 1, .arg_max = 1,              \
        .bind = bind_type_call, .extra = &(to_), .group = "conversion",                            \
        .doc = "The same as CAST(x AS " sql_ ")", .example = example_                              \
    }

static const Function rows[] = {
    ROW("boolean", "BOOLEAN", to_boolean, "boolean('yes')"),
    ROW("tinyint", "TINYINT", to_tinyint, "tinyint('1') = 1Y"),
    ROW("smallint", "SMALLINT", to_smallint, "smallint('1') = 1S"),
    ROW("int", "INT", to_int, "int('1') = 1"),
    ROW("bigint", "BIGINT", to_bigint, "bigint('1') = 1L"),
    ROW("float", "FLOAT", to_float, "float('1.5') = 1.5F"),
    ROW("double", "DOUBLE", to_double, "double('1.5') = 1.5D"),
    ROW("decimal", "DECIMAL(10,0)", to_decimal, "decimal('2') = 2"),
    ROW("date", "DATE", to_date, "date('2024-01-01') = DATE'2024-01-01'"),
    ROW("timestamp", "TIMESTAMP", to_timestamp,
        "timestamp('2024-01-01 00:00:00') = TIMESTAMP'2024-01-01 00:00:00'"),
    ROW("binary", "BINARY", to_binary, "binary('a') = x'61'"),
    ROW("string", "STRING", to_string, "string(1) = '1'"),
};

const FunctionTable catalog_cast_name = FUNCTION_TABLE_OF(rows);
