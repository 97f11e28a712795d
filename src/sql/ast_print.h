/*
 * ast_print.h: the syntax tree as SQL text again.
 *
 * What is printed parses back to the same tree, whatever the tree: every operator stands in its own
 * parentheses, aliases have AS, names are quoted where they were or must be. So the text also shows
 * the grouping: `a + b * c` prints as `(a + (b * c))`. Comments, blanks, and the choice among words
 * that mean the same (MINUS and EXCEPT, != and <>) are not kept.
 */
#ifndef WEIR_SQL_AST_PRINT_H
#define WEIR_SQL_AST_PRINT_H

#include "sql/ast.h"

void ast_print_ident(StrBuf *out, const Ident *ident);
void ast_print_name(StrBuf *out, const QualifiedName *name);
void ast_print_string(StrBuf *out, Str text); /* 'text', escaped. */
void ast_print_type(StrBuf *out, const AstTypeName *type);
void ast_print_expr(StrBuf *out, const AstExpr *e);
void ast_print_query(StrBuf *out, const AstQuery *query);
void ast_print_relation(StrBuf *out, const AstRelation *relation);
void ast_print_statement(StrBuf *out, const AstStatement *statement); /* Without semicolon. */

/* Pieces the printers share. */
void ast_print_idents(StrBuf *out, const IdentList *list);        /* (a, b) */
void ast_print_names(StrBuf *out, const QualifiedNameList *list); /* a.b, c */
void ast_print_exprs(StrBuf *out, const AstExprList *list);       /* a, b */
void ast_print_named_exprs(StrBuf *out, const AstNamedExprList *list);
void ast_print_sort_list(StrBuf *out, const AstSortList *list);
void ast_print_window_spec(StrBuf *out, const AstWindowSpec *spec);
void ast_print_call(StrBuf *out, const AstFunctionCall *call);
void ast_print_alias(StrBuf *out, const AstRelationAlias *alias);
void ast_print_properties(StrBuf *out, const AstPropertyList *list); /* ('k' = 'v') */
void ast_print_assignments(StrBuf *out, const AstAssignmentList *list);

#endif
