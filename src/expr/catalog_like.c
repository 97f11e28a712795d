/*
 * catalog_like.c: LIKE and ILIKE (like.h). A pattern is compiled once, and again only in rows where
 * it differs from the row before.
 */
#include "base/utf8.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/like.h"
#include "expr/text_case.h"

static void like_problem(const KernelCall *call, Vector *out, uint32_t i, LikeProblem problem,
                         Str pattern)
{
    pattern.bytes = MIN(pattern.bytes, 100);
    kernel_error(call, out, i,
                 problem == LIKE_ESCAPE_AT_END ? "INVALID_FORMAT.ESC_AT_THE_END"
                                               : "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                 "42601", "The format is invalid: '%.*s'. The escape character is not allowed %s.",
                 STR_ARG(pattern),
                 problem == LIKE_ESCAPE_AT_END ? "to end with" : "to precede this character");
}

static Str lower_of(Arena *arena, Str text)
{
    StrBuf buf;
    Str lower;

    strbuf_init(&buf);
    text_lower(&buf, text);
    lower = str_copy(arena, strbuf_str(&buf));
    strbuf_done(&buf);
    return lower;
}

/* What escapes is one character, told as a literal. */
static bool bind_like(BindCall *call, Error *err)
{
    const Expr *escape = call->arg_count > 2 ? call->args[2] : NULL;

    if (escape && (escape->kind != EXPR_LITERAL || !type_is_string(escape->type) ||
                   !vector_is_valid(escape->literal, 0) ||
                   utf8_char_count(vector_strs(escape->literal)[0]) != 1))
        return error_set_class(err, ERROR_USER, "INVALID_ESCAPE_CHAR", "42604",
                               "`EscapeChar` should be a string literal of length one.");
    return bind_signature(call, err);
}

static Vector *kernel_like(const KernelCall *call)
{
    bool fold = call->expr->fn->extra != NULL;
    Vector *out = kernel_result(call);
    const LikePattern *compiled = NULL;
    Str last = {0};
    char last_escape = '\\';
    LikeProblem problem = LIKE_OK;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Str pattern, text;
        char escape = '\\';

        if (!kernel_row_ready(call, i))
            continue;
        pattern = arg_str(call, 1, i);
        text = arg_str(call, 0, i);
        if (call->arg_count > 2 && arg_str(call, 2, i).bytes)
            escape = arg_str(call, 2, i).data[0];
        if (!compiled || escape != last_escape || !str_equal(pattern, last)) {
            last = pattern;
            last_escape = escape;
            problem = like_compile(call->arena, fold ? lower_of(call->arena, pattern) : pattern,
                                   escape, &compiled);
        }
        if (problem)
            like_problem(call, out, i, problem, pattern);
        else
            vector_bools(out)[i] = like_match(compiled, fold ? lower_of(call->arena, text) : text);
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool fold_case = true;

#define LIKE_ROW(name_, extra_, doc_, example_)                                                    \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 2, .arg_max = 3,              \
        .bind = bind_like,                                                                         \
        .signature = "(string, string) -> boolean; (string, string, string!) -> boolean",          \
        .kernel = kernel_like, .extra = extra_, .group = "string", .doc = doc_,                    \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    LIKE_ROW("like", NULL,
                 "Whether the text fits a pattern of % and _; also an operator",
                 "'Spark' LIKE 'S%k'"),
    LIKE_ROW("ilike", &fold_case, "As like, in any case",
                 "ilike('Spark', 's%K')"),
};

const FunctionTable catalog_like = FUNCTION_TABLE_OF(rows);
