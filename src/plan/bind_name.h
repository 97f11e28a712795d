/*
 * bind_name.h: what bind_name.c and bind_name_call.c share: writing an expression as Spark prints it.
 */
#ifndef WEIR_PLAN_BIND_NAME_H
#define WEIR_PLAN_BIND_NAME_H

#include "plan/bind.h"
#include "sql/text.h"

typedef struct NameWriter {
    StrBuf out;
    Binder *b;
    const ExprScope *es;
    const LambdaScope *lambdas;
} NameWriter;

static inline void name_text(NameWriter *w, const char *text)
{
    strbuf_add_c(&w->out, text);
}

static inline void name_str(NameWriter *w, Str text)
{
    strbuf_add_str(&w->out, text);
}

void name_expr(NameWriter *w, const AstExpr *ast);
void name_list(NameWriter *w, AstExpr *const *items, size_t count);
/* (left op right) */
void name_infix(NameWriter *w, const AstExpr *left, const char *op, const AstExpr *right);
void name_call(NameWriter *w, const AstExpr *ast);
/* The type that the expression was bound to; TYPE_VOID also where it was not. */
TypeKind name_type(const NameWriter *w, const AstExpr *ast);
/* current_date and its like without parentheses. */
void name_bare_call(NameWriter *w, Str name);
/* The columns that a star stands for; false: not known here. */
bool name_star(NameWriter *w, const AstExpr *star);

#endif
