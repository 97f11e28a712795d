/*
 * named_args.c: arguments put in the places of their names (named_args.h).
 */
#include "plan/named_args.h"

#include "base/assert.h"

enum { PARAMETERS_MAX = 8 };

typedef struct Parameter {
    Str name, fallback; /* fallback: 'text' or NULL; data NULL: it must be given. */
} Parameter;

/* "str, upperChar='X', otherChar=NULL" */
static size_t parameters_read(const char *text, Parameter parameters[PARAMETERS_MAX])
{
    Str rest = str_of(text), one;
    size_t count = 0;

    while (str_split(&rest, ',', &one)) {
        ptrdiff_t equals;

        ASSERT(count < PARAMETERS_MAX);
        one = str_trim(one);
        equals = str_find_char(one, '=');
        parameters[count++] =
            equals < 0 ? (Parameter){one, {NULL, 0}}
                       : (Parameter){str_slice(one, 0, (uint32_t)equals),
                                     str_slice(one, (uint32_t)equals + 1, one.bytes)};
    }
    return count;
}

static const AstFunctionCall *refuse(Binder *b, Span span, const char *class_name,
                                     const char *sqlstate, const Function *fn, Str name,
                                     const char *what)
{
    bind_error(b, span, class_name, sqlstate, "Cannot call function `%s`: %s (`%.*s`).", fn->name,
               what, STR_ARG(name));
    return NULL;
}

static AstFunctionArg default_arg(Binder *b, Str fallback, Span span)
{
    AstExpr *value = ARENA_NEW(b->arena, AstExpr);
    bool text = fallback.data[0] == '\'';

    value->kind = AST_EXPR_LITERAL;
    value->span = span;
    value->literal.kind = text ? AST_LITERAL_STRING : AST_LITERAL_NULL;
    value->literal.text = text ? str_slice(fallback, 1, fallback.bytes - 1) : fallback;
    return (AstFunctionArg){.value = value, .span = span};
}

static size_t parameter_find(const Parameter *parameters, size_t count, Str name)
{
    size_t p = 0;

    while (p < count && !str_equal_nocase(parameters[p].name, name))
        p++;
    return p;
}

const AstFunctionCall *named_args_place(Binder *b, const AstFunctionCall *call, const Function *fn,
                                        Span span)
{
    Parameter parameters[PARAMETERS_MAX];
    AstFunctionCall *placed;
    AstFunctionArg *args;
    size_t count, positional = 0;

    while (positional < call->arg_count && !call->args[positional].name.text.bytes)
        positional++;
    if (positional == call->arg_count)
        return call;
    if (!fn->parameters)
        return refuse(b, call->args[positional].name.span, "NAMED_PARAMETERS_NOT_SUPPORTED",
                      "4274K", fn, call->args[positional].name.text,
                      "it takes no named arguments; write them without names, in their order");
    count = parameters_read(fn->parameters, parameters);
    args = ARENA_ARRAY(b->arena, AstFunctionArg, count + positional);
    memset(args, 0, (count + positional) * sizeof *args);
    if (positional)
        memcpy(args, call->args, positional * sizeof *args);
    for (size_t i = positional; i < call->arg_count; i++) {
        const AstFunctionArg *arg = &call->args[i];
        size_t p = parameter_find(parameters, count, arg->name.text);

        if (!arg->name.text.bytes)
            return refuse(b, arg->span, "UNEXPECTED_POSITIONAL_ARGUMENT", "4274K", fn, STR_EMPTY,
                          "an argument without a name stands behind one with a name");
        if (p == count)
            return refuse(b, arg->name.span, "UNRECOGNIZED_PARAMETER_NAME", "4274K", fn,
                          arg->name.text, "it has no parameter of that name");
        if (p < positional)
            return refuse(b, arg->name.span,
                          "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED",
                          "4274K", fn, arg->name.text, "the parameter is given twice");
        if (args[p].value)
            return refuse(b, arg->name.span,
                          "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE",
                          "4274K", fn, arg->name.text, "the parameter is given twice");
        args[p] = *arg;
        args[p].name = (Ident){0};
    }
    for (size_t p = positional; p < count; p++) {
        if (args[p].value)
            continue;
        if (!parameters[p].fallback.data)
            return refuse(b, span, "REQUIRED_PARAMETER_NOT_FOUND", "4274K", fn, parameters[p].name,
                          "a parameter is missing");
        args[p] = default_arg(b, parameters[p].fallback, span);
    }
    placed = ARENA_NEW(b->arena, AstFunctionCall);
    *placed = *call;
    placed->args = args;
    placed->arg_count = MAX(count, positional);
    return placed;
}
