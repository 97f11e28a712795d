/*
 * bind_table.h: CREATE ... -> TableDef (bind_table.c).
 */
#ifndef WEIR_PLAN_BIND_TABLE_H
#define WEIR_PLAN_BIND_TABLE_H

#include "plan/bind.h"

/* Name, provider and options; the columns it declares, if any. Lives in `arena`. What is wrong is told;
 * NULL: so much that nothing can be said of the table's rows. */
TableDef *table_begin(Binder *b, Arena *arena, const AstCreateTable *ast);
/* The schema is known: keys, partitions, constraints, expectations, system tables. */
bool table_finish(Binder *b, Arena *arena, const AstCreateTable *ast, TableDef *table);
/* The columns declared; column_count 0: none. */
bool bind_columns(Binder *b, const AstColumnDefList *list, Schema *out);
/* A condition over the table's own columns: column_i are their numbers. */
Expr *bind_table_condition(Binder *b, const TableDef *table, const AstExpr *ast);
/* The last part of the name, of the default schema. */
bool bind_new_name(Binder *b, const QualifiedName *name, Str *out);

#endif
