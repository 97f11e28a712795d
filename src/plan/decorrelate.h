/*
 * decorrelate.h: a query that speaks of the columns around it -> one that does not, and a condition.
 */
#ifndef WEIR_PLAN_DECORRELATE_H
#define WEIR_PLAN_DECORRELATE_H

#include "plan/bind_group.h"

typedef struct Decorrelated {
    Logical *plan;
    Expr *condition; /* Over the left side's and the plan's columns; NULL: none. */
    /* Columns of the query's output that `plan` no longer computes, since they need the left side:
     * to be computed above the join. */
    NamedExprVec deferred;
    /* The query aggregates without GROUP BY: it has a row even where `plan` has none for a left row.
     * Then a column of `defaults` has the value it has for no rows, and `matched` is TRUE in every
     * row of the plan. */
    bool always_row;
    NamedExprVec defaults;
    uint32_t matched; /* UINT32_MAX: not there. */
} Decorrelated;

bool logical_has_outer(const Logical *node);
/* `for_exists`: the rows' values do not matter. */
bool decorrelate(Binder *b, Logical *plan, const Logical *left, bool for_exists, Span span,
                 Decorrelated *out);
/* Column `id` of the query, above a left join of `out->plan`. */
Expr *decorrelated_value(Binder *b, const Decorrelated *out, uint32_t id, Span span);

#endif
