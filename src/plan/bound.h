/*
 * bound.h: what each expression of the text was bound to.
 *
 * Spark's names of columns depend on types (`d + 1` of a DATE is date_add(d, 1)), so the binder notes
 * for every piece of the syntax tree what became of it. A tree that is bound several times (a WITH used
 * twice, a lambda's body) has what it was bound to last, which is what a name asked for now is about.
 */
#ifndef WEIR_PLAN_BOUND_H
#define WEIR_PLAN_BOUND_H

#include "expr/expr.h"
#include "sql/ast.h"

typedef struct BoundEntry {
    const AstExpr *ast;
    const Expr *expr;
} BoundEntry;

/* A hash table by address, in an arena. Zeroes are an empty one. */
typedef struct BoundExprs {
    BoundEntry *slots;
    size_t capacity; /* 0 or a power of two. */
    size_t count;
} BoundExprs;

void bound_note(BoundExprs *bound, Arena *arena, const AstExpr *ast, const Expr *expr);
/* NULL: it was not bound. */
const Expr *bound_find(const BoundExprs *bound, const AstExpr *ast);

#endif
