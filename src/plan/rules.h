/*
 * rules.h: the same query, made cheaper. Each rule takes a tree and gives one of the same columns.
 *
 *     rule_fold      constants are computed; conditions that are TRUE disappear
 *     rule_filter    conditions go down: below projections, into the sides of joins, to the scans
 *     rule_join      inner joins are put so that conditions connect them, not products
 *     rule_merge     projections over projections become one
 *     rule_limit     ORDER BY + LIMIT is a top-N; row_number() <= n bounds its window; a LIMIT goes
 *                    below projections
 *     rule_prune     nothing computes or reads a column that nobody uses
 *     rule_nested    nor a field of a STRUCT
 */
#ifndef WEIR_PLAN_RULES_H
#define WEIR_PLAN_RULES_H

#include "plan/logical.h"

void rule_fold(PlanContext *plan, Logical **root);
void rule_filter(PlanContext *plan, Logical **root);
void rule_join(PlanContext *plan, Logical **root);
void rule_merge(PlanContext *plan, Logical **root);
void rule_limit(PlanContext *plan, Logical **root);
void rule_prune(PlanContext *plan, Logical **root);

/* Which fields of which columns of which tables are used: collected over all queries that share a
 * decoding, then applied to each. */
typedef struct FieldUse FieldUse;
typedef struct ColumnUse {
    const TableDef *table;
    uint32_t column_i;
    FieldUse *use;
} ColumnUse;
typedef struct FieldUses {
    Arena *arena;
    VEC(ColumnUse) columns;
} FieldUses;

/* Only of scans for which `streaming` is as given. */
void rule_nested_collect(PlanContext *plan, const Logical *root, bool streaming, FieldUses *uses);
/* Also of expressions whose column_i are the table's own (constraints). */
void rule_nested_collect_expr(FieldUses *uses, const TableDef *table, const Expr *e);
void rule_nested_apply(PlanContext *plan, Logical *root, bool streaming, const FieldUses *uses);
/* The table's column's type with the fields used alone. */
const Type *rule_nested_type(const FieldUses *uses, const TableDef *table, uint32_t column_i);
/* The expression over the pruned types; column_i are the table's own. */
Expr *rule_nested_expr(const FieldUses *uses, const SqlContext *sql, const TableDef *table, Expr *e);

/* rank <= n, rank < n, rank = n, n >= rank, n > rank: the highest rank that passes; -1: no such bound. */
int64_t rank_bound(const Expr *e, uint32_t rank_id);

bool expr_is_deterministic(const Expr *e);
/* Whether `e`, with the items' expressions in the places of their columns, would be of a sensible size:
 * a chain of SELECTs that use a column twice each doubles it with every link. */
bool expr_may_take_in(const Expr *e, const NamedExpr *items, uint32_t item_count);

#endif
