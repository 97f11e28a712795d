/*
 * bind_group.h: what SELECT, calls and GROUP BY share (bind_select.c, bind_call.c, bind_over.c,
 * bind_group.c).
 */
#ifndef WEIR_PLAN_BIND_GROUP_H
#define WEIR_PLAN_BIND_GROUP_H

#include "plan/bind.h"

SortKey bind_sort_key(const AstSortItem *item);
/* Whether rows can be sorted by e, which is not NULL; else DATATYPE_MISMATCH.INVALID_ORDERING_TYPE. */
bool bind_sortable(Binder *b, const Expr *e, Span span);
/* The error of an aggregate or window function where none may stand; NULL. */
Expr *bind_misplaced(Binder *b, const ExprScope *es, const AstExpr *ast, const char *what);
/* The function does not go with `syntax`; NULL. */
Expr *bind_unsupported_syntax(Binder *b, const AstExpr *ast, const char *syntax);
/* An EXPR_AGGREGATE, without asking whether one may stand here. */
Expr *bind_aggregate_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn);
/* Whether WITHIN GROUP's order is an argument: percentile_cont, percentile_disc, mode. */
bool bind_order_is_argument(const AstFunctionCall *call);
/* The call of a SCALAR function without its OVER. */
Expr *bind_scalar_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn);
/* The same for a call with OVER: aggregates may stand in its arguments. */
Expr *bind_window_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn);
/* grouping(a), grouping_id(a, b): a call that bind_group.c replaces. */
Expr *bind_grouping_call(Binder *b, const ExprScope *es, const AstExpr *ast);

/* grouping__id, Hive's name of grouping_id(). */
Expr *bind_grouping_id(Binder *b, const ExprScope *es, Span span);

/* An item of a SELECT list, bound over the input. */
typedef struct SelectItem {
    Str name;
    Expr *expr;
    Span span;
} SelectItem;
typedef VEC(SelectItem) SelectItemVec;

/* A SELECT on its way: `plan` grows upwards, the expressions are kept over it. */
typedef struct Select {
    Binder *b;
    const AstSelect *ast;
    Relation input;
    Logical *plan;
    SelectItemVec items;
    AliasList aliases;
    Expr *having;       /* NULL: none. */
    NamedExprVec outer_aggregates; /* What HAVING's subqueries name of it (Scope.aggregates). */
    SortItem *order;    /* ORDER BY, as bound over the input; may be NULL. */
    uint32_t order_count;
    Span order_span;
    const struct TimeWindows *time_windows;
    Expr *generator;          /* explode(...) among the items, whose columns these will be: */
    uint32_t *generator_ids;
    uint32_t generator_count;
    bool aggregated;
    bool items_failed; /* Some of the items are wrong (told already): their places mean nothing. */
    struct Group *group; /* GROUP BY, once select_keys has bound it; NULL: not, or it was wrong. */
} Select;

/* All items by the names they have in the output. */
AliasList select_names(const Select *select);
/* HAVING and ORDER BY (bind_having.c), over the input. */
bool select_having(Select *select);
bool select_order(Select *select, const AstSortList *list);
/* What the input calls its column `e`. */
Str select_input_name(const Select *select, const Expr *e);
/* UNRESOLVED_COLUMN with the output's names: `e` is a column of the input that is not known above. */
Expr *select_unresolved(Select *select, const Expr *e);
/* The same in ORDER BY, where a column of the query around is refused in other words. */
Expr *select_order_unresolved(Select *select, const Expr *e);
Expr *order_by_outer(Binder *b, const Expr *e);

/* GROUP BY's expressions, into select->group. */
bool select_keys(Select *select);
/* Whether the expression is one of GROUP BY. */
bool group_has_key(const struct Group *group, const Expr *e);
/* GROUPING SETS: the names of grouping expressions that are no columns, for ORDER BY `(a + 1)`. */
void group_names(const struct Group *group, AliasList *names);
/* The columns that `e` names outside aggregates and grouping expressions. */
void group_left_over(struct Group *group, Expr *e, IdVec *out);
/* Puts AGGREGATE (and what GROUPING SETS need below it, and HAVING above it) on select->plan, and
 * rewrites items, order and so on to its output. */
bool select_group(Select *select);
/* Of a SELECT that is wrong elsewhere: tells what is wrong in GROUP BY too. */
void select_check_group(Select *select);
/* Takes window functions out of items and order into WINDOW nodes. */
bool select_windows(Select *select);
/* Tells what Spark refuses of subqueries in ORDER BY; `items`: what is selected, whose subqueries may
 * be named. */
bool order_subqueries_check(Binder *b, const Expr *order, const SelectItemVec *items);
/* Puts joins for the subqueries in *e below the node to come, and their results in their places. */
bool plan_subqueries(Binder *b, Logical **input, Expr **e);
/* The expression with NOT moved inwards to its subqueries. */
Expr *subqueries_not_inwards(Binder *b, Expr *e);
/* Whether all EXPR_OUTERs below `plan` are columns of `around`. */
bool logical_outer_in(const Logical *plan, const Logical *around);
/* Makes subqueries of a condition into joins, the rest into a FILTER. */
bool plan_condition(Binder *b, Logical **input, Expr *condition, Span span);
/* EXPR_OUTERs of the columns of `left` in `right` become joins: LATERAL. NULL: refused and told. */
Logical *plan_lateral(Binder *b, JoinKind kind, Logical *left, Logical *right, Expr *condition,
                      Span span);

/* Whether DISTINCT and set operations may have a column of the type: Spark refuses MAPs. */
bool bind_comparable_set(Binder *b, Str column, const Type *type, Span span);
/* All columns as keys. */
Logical *logical_distinct(PlanContext *plan, Logical *input, Span span);

/* `tail`: the query whose ORDER BY belongs to this SELECT, or NULL. */
Relation bind_select(Binder *b, const AstSelect *ast, const Scope *outer, const AstQuery *tail);
/* The same over an input that is there already: |> SELECT. */
Relation bind_select_over(Binder *b, const AstSelect *ast, Relation input, const AstQuery *tail);
/* A plan whose columns are the scope's visible ones, in order. */
Logical *relation_project(Binder *b, const Relation *relation, Span span);
/* The query's rows in a table's columns: order and types (pipeline_spec.c). NULL: they do not fit. */
Logical *rows_for_table(Binder *b, const Relation *query, const TableDef *table, bool by_name,
                        Span span);
/* One row without columns. */
Logical *logical_one_row(PlanContext *plan, Span span);
/* ORDER BY over a finished relation: set operations, VALUES. */
bool bind_order_over(Binder *b, Relation *relation, const AstSortList *list);

/* A generator's columns: explode, inline, stack, ... (bind_generate.c). */
Schema generator_schema(const Expr *call);
/* The call of a generator function (not to be evaluated as a value); NULL: wrong, and told. */
Expr *bind_generator(Binder *b, const ExprScope *es, const AstFunctionCall *call, Span span);
bool call_is_generator(const AstExpr *ast);
/* Columns for its outputs; `nullable`: all may be NULL (OUTER). */
uint32_t *generator_ids(PlanContext *plan, const Expr *call, bool nullable);
Logical *logical_generate(PlanContext *plan, Logical *input, Expr *call, uint32_t *ids, bool outer,
                          Span span);

#endif
