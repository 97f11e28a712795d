/*
 * bind_relation.h: what the files that bind relations share (bind_query.c, bind_from.c, bind_join.c,
 * bind_pipe.c, bind_pivot.c).
 */
#ifndef WEIR_PLAN_BIND_RELATION_H
#define WEIR_PLAN_BIND_RELATION_H

#include "plan/bind_group.h"

/* The visible columns under another table name, and other column names where `names` gives them. NULL:
 * not as many names as columns. */
Scope *scope_renamed(Binder *b, const Scope *from, Str table, const IdentList *names);
Relation bind_values(Binder *b, const AstExprList *rows, const AstRelationAlias *alias,
                     const Scope *outer, Span span);
Relation bind_set_operation(Binder *b, AstSetOperator op, bool all, Relation left, Relation right,
                            Span span);
bool bind_limit(Binder *b, Relation *relation, const AstQuery *query);
Relation bind_pipe(Binder *b, const AstQueryBody *body, const Scope *outer);
Relation bind_join(Binder *b, const AstRelation *ast, const Scope *outer);
Relation bind_pivot(Binder *b, const AstRelation *ast, const Scope *outer);
Relation bind_unpivot(Binder *b, const AstRelation *ast, const Scope *outer);
/* explode(...) in FROM, range(...); `input`: what LATERAL stands behind, or NULL; `outer`: the scope
 * around it then. range(...) depends on no row: it takes no `input`. */
Relation bind_table_function(Binder *b, const AstRelation *ast, const Relation *input,
                             bool outer_join, const Scope *outer);
/* Whether it is range(...), which LATERAL joins as it would a subquery. */
bool is_range_call(const AstFunctionCall *call);
Relation bind_lateral_view(Binder *b, const AstRelation *ast, const Scope *outer);
bool check_partitions(Binder *b, const AstQuery *query, const Relation *relation);
/* WITH RECURSIVE name AS (...), and the name within its own query. */
Relation bind_recursion(Binder *b, const CteScope *cte);
Relation bind_self(Binder *b, CteSelf *self, Span span);
/* A query of WITH, where its name stands. */
Relation bind_cte(Binder *b, const CteScope *cte, const Scope *outer);
/* Makes the query's WITH visible, in b->ctes; false: wrong, and told. */
bool bind_ctes(Binder *b, const AstQuery *query, const Scope *outer);
Relation bind_scan(Binder *b, const TableDef *table, bool streaming, Span span);

#endif
