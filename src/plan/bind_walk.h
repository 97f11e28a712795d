/*
 * bind_walk.h: see bind_walk.c.
 */
#ifndef WEIR_PLAN_BIND_WALK_H
#define WEIR_PLAN_BIND_WALK_H

#include "sql/ast.h"

/* False: do not go below this node. */
typedef bool (*AstVisit)(void *self, const AstExpr *ast);
/* Parents first; `ast` may be NULL. */
void ast_walk(const AstExpr *ast, AstVisit visit, void *self);
/* A call of that (unqualified) name, any case. */
bool ast_call_is(const AstExpr *ast, const char *name);

#endif
