/*
 * decorrelate.h: a query that speaks of the columns around it -> one that does not, and a condition.
 */
#ifndef WEIR_PLAN_DECORRELATE_H
#define WEIR_PLAN_DECORRELATE_H

#include "plan/bind_group.h"

/* What the query's rows are for. */
typedef enum SubqueryUse { USE_SCALAR, USE_EXISTS, USE_IN, USE_LATERAL } SubqueryUse;

typedef struct Decorrelated {
    Logical *plan;
    Expr *condition; /* Over the left side's and the plan's columns; NULL: none. */
    /* Columns of the query's output that `plan` no longer computes, since they need the left side:
     * to be computed above the join. */
    NamedExprVec deferred;
    /* The query aggregates without GROUP BY: it has a row even where `plan` has none for a left row.
     * Then a column of `defaults` has the value it has for no rows. */
    bool always_row;
    NamedExprVec defaults;
    uint32_t matched; /* TRUE in every row of the plan; UINT32_MAX: not there. */
} Decorrelated;

/* Whether its outer columns stand where Spark lets them (subquery_check.c); else told. */
bool subquery_check(Binder *b, const Logical *plan, Span span);
bool logical_has_outer(const Logical *node);
bool decorrelate(Binder *b, Logical *plan, const Logical *left, SubqueryUse use, Span span,
                 Decorrelated *out);
/* Column `id` of the query, above a left join of `out->plan`. */
Expr *decorrelated_value(Binder *b, const Decorrelated *out, uint32_t id, Span span);

/* decorrelate_domain.c: any query at all, at the price of computing `left` twice. */
bool decorrelate_domain(Binder *b, Logical *plan, const Logical *left, Span span, Decorrelated *out);
/* What an aggregate is over no rows. */
Expr *aggregate_over_nothing(Binder *b, const Expr *aggregate);
/* LIMIT and OFFSET of `limit`, an own one for each value of `partition`, over `input`. */
Logical *limit_each(Binder *b, const Logical *limit, Logical *input, Expr **partition,
                    uint32_t partition_count);

#endif
