/*
 * catalog_format_string.c: format_string() and printf(), over java_format.h.
 */
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/java_format.h"
#include "expr/text_pool.h"

static bool bind_format_string(BindCall *call, Error *err)
{
    const Vector *pattern;

    if (call->arg_count == 0)
        return bind_wrong_count(call, "> 0", err);
    if (!bind_require(call, 0, &type_string, err))
        return false;
    if (expr_is_constant(call->args[0])) {
        if (!bind_constant(call, 0, "strfmt", &pattern, err))
            return false;
        if (vector_is_valid(pattern, 0) && str_find(vector_strs(pattern)[0], STR("%0$")) >= 0)
            return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.ZERO_INDEX", "22023",
                                   "The value of parameter(s) `strfmt` in `%s` is invalid: expects "
                                   "%%1$, %%2$ and so on, but got %%0$.",
                                   call->fn->name);
    }
    call->type = &type_string;
    call->nullable = call->args[0]->nullable;
    return true;
}

static bool any_error(const KernelCall *call, uint32_t row_i)
{
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (vector_has_error(call->args[a], row_i))
            return true;
    }
    return false;
}

/* Not strict: an argument that is NULL is the text null. */
static Vector *kernel_format_string(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    for (uint32_t i = 0; i < call->row_count; i++) {
        const char *fault;

        if (any_error(call, i))
            continue;
        if (!arg_valid(call, 0, i)) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        strbuf_clear(&buf);
        fault = java_format(&buf, arg_str(call, 0, i), call->args + 1, call->arg_count - 1, i);
        if (fault)
            vector_set_error(call->arena, out, i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                             "A conversion in '%.*s' cannot be done: %s.",
                             (int)MIN(arg_str(call, 0, i).bytes, 100u), arg_str(call, 0, i).data,
                             fault);
        else
            text_put_buf(&pool, i, &buf);
    }
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    strbuf_done(&buf);
    return out;
}

#define ROW(name_, doc_, example_)                                                                 \
    {                                                                                              \
        .name = name_, .flags = FN_CONSTANTS, .arg_min = 0, .arg_max = -1,                         \
        .bind = bind_format_string, .kernel = kernel_format_string, .group = "string",             \
        .doc = doc_, .example = example_                                                           \
    }

static const Function rows[] = {
    ROW("format_string", "Values put into a pattern as Java's Formatter does it",
        "format_string('%03d %s', 7, 'x') = '007 x'"),
    ROW("printf", "Values put into a pattern; the same as format_string",
        "printf('%.2f', 1.5D) = '1.50'"),
};

const FunctionTable catalog_format_string = FUNCTION_TABLE_OF(rows);
