/*
 * bind.c: errors of arguments and casts of arguments (bind.h).
 */
#include "expr/bind.h"

#include <stdio.h>

#include "base/assert.h"
#include "expr/eval.h"

const char *bind_ordinal(uint32_t arg_i)
{
    static const char *const names[] = {"first", "second", "third",    "fourth",
                                        "fifth", "sixth",  "seventh",  "eighth",
                                        "ninth", "tenth",  "eleventh", "twelfth"};

    return arg_i < COUNT_OF(names) ? names[arg_i] : "last";
}

const char *bind_type_text(const BindCall *call, const Type *type)
{
    StrBuf text;
    char *copy;

    strbuf_init(&text);
    strbuf_add_char(&text, '"');
    type_name_sql(&text, type);
    strbuf_add_char(&text, '"');
    copy = arena_strdup(call->arena, strbuf_c(&text));
    strbuf_done(&text);
    return copy;
}

bool bind_mismatch(const BindCall *call, Error *err, const char *class_name, const char *format,
                   ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set_class(err, ERROR_USER, class_name, "42K09",
                           "Cannot resolve \"%s\" due to data type mismatch: %s", call->fn->name,
                           text);
}

bool bind_unexpected(const BindCall *call, uint32_t arg_i, const char *required, Error *err)
{
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                         "The %s parameter requires the \"%s\" type, however it has the type %s.",
                         bind_ordinal(arg_i), required,
                         bind_type_text(call, call->args[arg_i]->type));
}

bool bind_orderable(const BindCall *call, const Type *type, Error *err)
{
    return type_is_orderable(type) ||
           bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
                         "The `%s` does not support ordering on type %s.", call->fn->name,
                         bind_type_text(call, type));
}

bool bind_diff_types(const BindCall *call, uint32_t from, uint32_t to, Error *err)
{
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = from; i < to; i++)
        strbuf_printf(&text, "%s%s", i > from ? ", " : "",
                      bind_type_text(call, call->args[i]->type));
    bind_mismatch(call, err, "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
                  "Input to `%s` should all be the same type, but it's [%s].", call->fn->name,
                  strbuf_c(&text));
    strbuf_done(&text);
    return false;
}

bool bind_wrong_count(const BindCall *call, const char *expected, Error *err)
{
    return error_set_class(err, ERROR_USER, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
                           "The `%s` requires %s parameters but the actual number is %u.",
                           call->fn->name, expected, call->arg_count);
}

void bind_cast(BindCall *call, uint32_t arg_i, const Type *to)
{
    Error err = {0};
    bool done = expr_cast(call->arena, call->sql, call->args[arg_i], to, false,
                          call->args[arg_i]->span, &call->args[arg_i], &err);

    ASSERT(done);
}

bool bind_coerce(BindCall *call, uint32_t arg_i, const Type *to)
{
    return expr_coerce(call->arena, call->sql, call->args[arg_i], to, &call->args[arg_i]);
}

bool bind_require(BindCall *call, uint32_t arg_i, const Type *to, Error *err)
{
    StrBuf name;

    if (bind_coerce(call, arg_i, to))
        return true;
    strbuf_init(&name);
    type_name_sql(&name, to);
    bind_unexpected(call, arg_i, strbuf_c(&name), err);
    strbuf_done(&name);
    return false;
}

bool bind_require_int(BindCall *call, uint32_t arg_i, Error *err)
{
    TypeKind kind = call->args[arg_i]->type->kind;

    if (kind != TYPE_TINYINT && kind != TYPE_SMALLINT && kind != TYPE_INT)
        return bind_unexpected(call, arg_i, "INT", err);
    bind_cast(call, arg_i, &type_int);
    return true;
}

bool bind_require_text(BindCall *call, uint32_t arg_i, Error *err)
{
    const Type *type = call->args[arg_i]->type;

    if (!type_is_string(type) && type->kind != TYPE_VOID)
        return bind_unexpected(call, arg_i, "STRING", err);
    bind_cast(call, arg_i, &type_string);
    return true;
}

const Type *bind_common(BindCall *call, uint32_t from, uint32_t to, uint32_t step)
{
    const Type *common = &type_void;

    for (uint32_t i = from; i < to && common; i += step)
        common = type_common(call->arena, common, call->args[i]->type);
    if (!common)
        return NULL;
    for (uint32_t i = from; i < to; i += step) {
        if (!type_can_cast(call->args[i]->type, common))
            return NULL;
    }
    for (uint32_t i = from; i < to; i += step)
        bind_cast(call, i, common);
    return common;
}

bool bind_as(BindCall *call, const char *name, Expr *const *args, uint32_t arg_count, Error *err)
{
    return function_call_named(call->arena, call->sql, name, args, arg_count, call->span,
                               &call->result, err);
}

bool bind_constant(BindCall *call, uint32_t arg_i, const char *name, const Vector **out, Error *err)
{
    Expr *arg = call->args[arg_i];

    if (!expr_is_constant(arg))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                             "the input `%s` should be a foldable %s expression.", name,
                             bind_type_text(call, arg->type));
    return expr_eval_constant(call->arena, call->sql, arg, out, err);
}

bool bind_constant_string(BindCall *call, uint32_t arg_i, const char *name, Str *out, Error *err)
{
    const Vector *value;

    if (!bind_require(call, arg_i, &type_string, err) ||
        !bind_constant(call, arg_i, name, &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `%s` must not be null.", name);
    *out = vector_strs(value)[0];
    return true;
}
