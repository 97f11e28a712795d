/*
 * expr.h: a checked, typed expression.
 *
 * The binder makes them from the syntax tree: names are column numbers, functions are found, every
 * implicit cast is there as a call of `cast`. Operators, CASE, CAST, AND, field access and the like
 * are all calls of functions of the one catalog (function.h): a kind of node exists only for what
 * is no function.
 *
 * Immutable once built; lives in the plan arena; subtrees may be shared.
 */
#ifndef WEIR_EXPR_EXPR_H
#define WEIR_EXPR_EXPR_H

#include "base/span.h"
#include "column/key.h"

typedef enum ExprKind {
    EXPR_COLUMN,     /* Column `column_i` of the input. */
    EXPR_LITERAL,    /* Row 0 of `literal`. */
    EXPR_CALL,       /* fn(args...) */
    EXPR_LAMBDA,     /* An argument of a higher-order function: `body` over its parameters. */
    EXPR_LAMBDA_ARG, /* Parameter `column_i` of the lambda `lambda_depth` levels out (0: innermost).
                      */

    /* Only in logical plans; the planner turns them into operators and columns. */
    EXPR_AGGREGATE, /* fn(args...) over a group: DISTINCT, FILTER, ORDER BY. */
    EXPR_WINDOW,    /* fn(args...) OVER (...). */
    EXPR_SUBQUERY,  /* Scalar, IN, EXISTS. */
    EXPR_OUTER,     /* Column `column_i` of the enclosing query (correlation), `lambda_depth` levels
                       out. */
} ExprKind;

typedef struct Expr Expr;
typedef struct Function Function;       /* function.h */
typedef struct WindowSpec WindowSpec;   /* plan/logical.h */
typedef struct SubqueryRef SubqueryRef; /* plan/logical.h */

struct Expr {
    ExprKind kind;
    const Type *type;
    bool nullable;
    bool distinct;     /* AGGREGATE: fn(DISTINCT …). */
    bool ignore_nulls; /* AGGREGATE, WINDOW: IGNORE NULLS. */
    bool is_cast;      /* LITERAL: CAST(1 AS INT), which is as wide as its type, not its digits. */
    uint8_t lambda_depth;
    uint32_t column_i;
    uint32_t arg_count; /* CALL, AGGREGATE, WINDOW; LAMBDA: number of parameters. */
    Span span;
    const Vector *literal; /* LITERAL: one row. */
    const Function *fn;
    Expr **args;
    Expr *body;      /* LAMBDA. */
    void *data;      /* CALL, AGGREGATE: what the function's bind made of constant arguments. */
    Expr *filter;    /* AGGREGATE: FILTER (WHERE …), or NULL. */
    Expr **order_by; /* AGGREGATE: WITHIN GROUP / inner ORDER BY. */
    SortKey *order_keys;
    uint32_t order_count;
    const WindowSpec *window;    /* WINDOW. */
    const SubqueryRef *subquery; /* SUBQUERY; args: the left side of IN. */
};

Expr *expr_column(Arena *arena, uint32_t column_i, const Type *type, bool nullable, Span span);
Expr *expr_literal(Arena *arena, const Vector *value, Span span); /* Borrows the vector. */
Expr *expr_literal_null(Arena *arena, const Type *type, Span span);
Expr *expr_literal_int(Arena *arena, int32_t value, Span span);
Expr *expr_literal_bigint(Arena *arena, int64_t value, Span span);
Expr *expr_literal_bool(Arena *arena, bool value, Span span);
Expr *expr_literal_string(Arena *arena, Str value, Span span); /* Copies the bytes. */

bool expr_equal(const Expr *a, const Expr *b); /* Same structure, types and literals. */
uint64_t expr_hash(const Expr *e);
/* Calls visit on e and everything below it, parents first; stops at false. */
bool expr_walk(const Expr *e, bool (*visit)(void *self, const Expr *e), void *self);
/* A copy in which `map` may replace any node (children first); NULL from map: keep. */
Expr *expr_rewrite(Arena *arena, const Expr *e, Expr *(*map)(void *self, Arena *arena, Expr *e),
                   void *self);
bool expr_is_constant(const Expr *e); /* No column, deterministic. */
/* Marks the columns read: sets bit column_i of `columns` for each EXPR_COLUMN. */
void expr_columns_used(const Expr *e, uint64_t *columns);
/* For EXPLAIN: `(price#2 * cast(quantity#3 as decimal(10,0)))`, with names of `input` (may be
 * NULL). */
void expr_print(StrBuf *out, const Expr *e, const Schema *input);

#endif
