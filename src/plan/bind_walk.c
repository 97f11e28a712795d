/*
 * bind_walk.c: looking through a syntax tree's expressions before they are bound. Queries within
 * expressions are not entered: their names are their own.
 */
#include "plan/bind_walk.h"

static void walk_list(const AstExprList *list, AstVisit visit, void *self)
{
    for (size_t i = 0; i < list->count; i++)
        ast_walk(list->items[i], visit, self);
}

static void walk_sort(const AstSortList *list, AstVisit visit, void *self)
{
    for (size_t i = 0; i < list->count; i++)
        ast_walk(list->items[i].expr, visit, self);
}

static void walk_call(const AstFunctionCall *call, AstVisit visit, void *self)
{
    for (size_t i = 0; i < call->arg_count; i++)
        ast_walk(call->args[i].value, visit, self);
    walk_sort(&call->within_group, visit, self);
    ast_walk(call->filter, visit, self);
    if (call->over) {
        walk_list(&call->over->partition_by, visit, self);
        walk_sort(&call->over->order_by, visit, self);
    }
}

static void walk_case(const AstExpr *ast, AstVisit visit, void *self)
{
    ast_walk(ast->cases.operand, visit, self);
    for (size_t i = 0; i < ast->cases.when_count; i++) {
        ast_walk(ast->cases.whens[i].when, visit, self);
        ast_walk(ast->cases.whens[i].then, visit, self);
    }
    ast_walk(ast->cases.otherwise, visit, self);
}

void ast_walk(const AstExpr *ast, AstVisit visit, void *self)
{
    if (!ast || !visit(self, ast))
        return;
    switch (ast->kind) {
    case AST_EXPR_UNARY:
        ast_walk(ast->unary.operand, visit, self);
        return;
    case AST_EXPR_BINARY:
        ast_walk(ast->binary.left, visit, self);
        ast_walk(ast->binary.right, visit, self);
        return;
    case AST_EXPR_LOGICAL:
        walk_list(&ast->logical.operands, visit, self);
        return;
    case AST_EXPR_BETWEEN:
        ast_walk(ast->between.operand, visit, self);
        ast_walk(ast->between.low, visit, self);
        ast_walk(ast->between.high, visit, self);
        return;
    case AST_EXPR_IN_LIST:
        ast_walk(ast->in_list.operand, visit, self);
        walk_list(&ast->in_list.list, visit, self);
        return;
    case AST_EXPR_IN_QUERY:
        ast_walk(ast->in_query.operand, visit, self);
        return;
    case AST_EXPR_LIKE:
        ast_walk(ast->like.operand, visit, self);
        walk_list(&ast->like.patterns, visit, self);
        return;
    case AST_EXPR_IS:
        ast_walk(ast->is.operand, visit, self);
        return;
    case AST_EXPR_IS_DISTINCT:
        ast_walk(ast->is_distinct.left, visit, self);
        ast_walk(ast->is_distinct.right, visit, self);
        return;
    case AST_EXPR_CASE:
        walk_case(ast, visit, self);
        return;
    case AST_EXPR_CAST:
        ast_walk(ast->cast.operand, visit, self);
        return;
    case AST_EXPR_CALL:
        walk_call(ast->call, visit, self);
        return;
    case AST_EXPR_SUBSCRIPT:
        ast_walk(ast->subscript.base, visit, self);
        ast_walk(ast->subscript.index, visit, self);
        return;
    case AST_EXPR_FIELD:
        ast_walk(ast->field.base, visit, self);
        return;
    case AST_EXPR_PATH:
        ast_walk(ast->path.base, visit, self);
        return;
    case AST_EXPR_LAMBDA:
        ast_walk(ast->lambda.body, visit, self);
        return;
    case AST_EXPR_ROW:
        for (size_t i = 0; i < ast->row.count; i++)
            ast_walk(ast->row.items[i].expr, visit, self);
        return;
    case AST_EXPR_COLLATE:
        ast_walk(ast->collate.operand, visit, self);
        return;
    case AST_EXPR_LITERAL:
    case AST_EXPR_INTERVAL:
    case AST_EXPR_COLUMN:
    case AST_EXPR_STAR:
    case AST_EXPR_PARAMETER:
    case AST_EXPR_EXISTS:
    case AST_EXPR_SUBQUERY:
    case AST_EXPR_KIND_COUNT:
        return;
    }
}

bool ast_call_is(const AstExpr *ast, const char *name)
{
    return ast->kind == AST_EXPR_CALL && ast->call->name.count == 1 &&
           str_is_nocase(ast->call->name.parts[0].text, name);
}
