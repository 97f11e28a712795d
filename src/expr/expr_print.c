/*
 * expr_print.c: expressions as text, for EXPLAIN and error messages.
 *
 * Operators stand between their operands and in parentheses, so that the tree's shape is seen.
 */
#include <ctype.h>

#include "column/format_value.h"
#include "expr/expr.h"
#include "expr/function.h"

static void print_list(StrBuf *out, Expr *const *list, uint32_t count, const Schema *input)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            strbuf_add_c(out, ", ");
        expr_print(out, list[i], input);
    }
}

static void print_literal(StrBuf *out, const Vector *v)
{
    bool quoted = v->type->kind == TYPE_STRING || v->type->kind == TYPE_DATE ||
                  v->type->kind == TYPE_TIMESTAMP || v->type->kind == TYPE_TIMESTAMP_NTZ;

    if (!vector_is_valid(v, 0)) {
        strbuf_add_c(out, "NULL");
        return;
    }
    if (v->type->kind == TYPE_DATE)
        strbuf_add_c(out, "DATE ");
    if (v->type->kind == TYPE_TIMESTAMP)
        strbuf_add_c(out, "TIMESTAMP ");
    if (v->type->kind == TYPE_TIMESTAMP_NTZ)
        strbuf_add_c(out, "TIMESTAMP_NTZ ");
    if (quoted)
        strbuf_add_char(out, '\'');
    value_to_text(out, v, 0, zone_utc());
    if (quoted)
        strbuf_add_char(out, '\'');
}

static void print_infix(StrBuf *out, const Expr *e, const Schema *input)
{
    strbuf_add_char(out, '(');
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (i)
            strbuf_printf(out, " %s ", e->fn->name);
        expr_print(out, e->args[i], input);
    }
    strbuf_add_char(out, ')');
}

static void print_case(StrBuf *out, const Expr *e, const Schema *input)
{
    uint32_t i = 0;

    strbuf_add_c(out, "CASE");
    for (; i + 1 < e->arg_count; i += 2) {
        strbuf_add_c(out, " WHEN ");
        expr_print(out, e->args[i], input);
        strbuf_add_c(out, " THEN ");
        expr_print(out, e->args[i + 1], input);
    }
    if (i < e->arg_count) {
        strbuf_add_c(out, " ELSE ");
        expr_print(out, e->args[i], input);
    }
    strbuf_add_c(out, " END");
}

/* A name without letters, or one of the words that stand between operands. */
static bool is_infix(const Expr *e)
{
    const char *name = e->fn->name;

    if (e->arg_count < 2)
        return false;
    return !isalpha((unsigned char)name[0]) || str_is(str_of(name), "and") ||
           str_is(str_of(name), "or") || str_is(str_of(name), "div") ||
           str_is(str_of(name), "like");
}

static void print_call(StrBuf *out, const Expr *e, const Schema *input)
{
    const char *name = e->fn->name;
    Str name_str = str_of(name);

    if (str_is(name_str, ".")) {
        expr_print(out, e->args[0], input);
        strbuf_add_char(out, '.');
        strbuf_add_str(out, vector_strs(e->args[1]->literal)[0]);
    } else if (str_is(name_str, "[]")) {
        expr_print(out, e->args[0], input);
        strbuf_add_char(out, '[');
        expr_print(out, e->args[1], input);
        strbuf_add_char(out, ']');
    } else if (is_infix(e)) {
        print_infix(out, e, input);
    } else if (str_is(name_str, "case")) {
        print_case(out, e, input);
    } else if (str_is(name_str, "cast") || str_is(name_str, "try_cast")) {
        strbuf_printf(out, "%s(", name);
        expr_print(out, e->args[0], input);
        strbuf_add_c(out, " as ");
        type_name(out, e->type);
        strbuf_add_char(out, ')');
    } else {
        strbuf_printf(out, "%s(%s", name, e->distinct ? "DISTINCT " : "");
        print_list(out, e->args, e->arg_count, input);
        strbuf_add_char(out, ')');
    }
}

static void print_aggregate(StrBuf *out, const Expr *e, const Schema *input)
{
    print_call(out, e, input);
    if (e->ignore_nulls)
        strbuf_add_c(out, " IGNORE NULLS");
    if (e->order_count) {
        strbuf_add_c(out, " WITHIN GROUP (ORDER BY ");
        for (uint32_t i = 0; i < e->order_count; i++) {
            if (i)
                strbuf_add_c(out, ", ");
            expr_print(out, e->order_by[i], input);
            strbuf_add_c(out, e->order_keys[i].descending ? " DESC" : "");
        }
        strbuf_add_char(out, ')');
    }
    if (e->filter) {
        strbuf_add_c(out, " FILTER (WHERE ");
        expr_print(out, e->filter, input);
        strbuf_add_char(out, ')');
    }
    if (e->kind == EXPR_WINDOW)
        strbuf_add_c(out, " OVER (...)");
}

void expr_print(StrBuf *out, const Expr *e, const Schema *input)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        if (input && e->column_i < input->column_count)
            strbuf_add_str(out, input->columns[e->column_i].name);
        strbuf_printf(out, "#%u", e->column_i);
        break;
    case EXPR_OUTER:
        strbuf_printf(out, "outer#%u", e->column_i);
        break;
    case EXPR_LITERAL:
        print_literal(out, e->literal);
        break;
    case EXPR_LAMBDA:
        strbuf_printf(out, "lambda%u -> ", e->arg_count);
        expr_print(out, e->body, input);
        break;
    case EXPR_LAMBDA_ARG:
        strbuf_printf(out, "$%u.%u", e->lambda_depth, e->column_i);
        break;
    case EXPR_CALL:
        print_call(out, e, input);
        break;
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
        print_aggregate(out, e, input);
        break;
    case EXPR_SUBQUERY:
        strbuf_add_c(out, "subquery(");
        print_list(out, e->args, e->arg_count, input);
        strbuf_add_char(out, ')');
        break;
    }
}
