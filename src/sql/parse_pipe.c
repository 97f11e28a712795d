/*
 * parse_pipe.c: query |> operator |> operator ...
 */
#include "sql/parse.h"

/* The piped rows as a relation, for operators that are relations. */
static AstRelation *piped_input(Parser *p)
{
    return relation_new(p, AST_RELATION_INPUT, p->at);
}

/* SET identifier '=' expression (',' ...)* */
static void parse_pipe_set(Parser *p, AstPipeOp *op)
{
    op->kind = AST_PIPE_SET;
    op->assignments = parse_assignments(p);
    for (size_t i = 0; i < op->assignments.count && !p->failed; i++)
        if (op->assignments.items[i].column.count > 1) {
            parse_error(p, op->assignments.items[i].column.span,
                        "UNSUPPORTED_FEATURE.SET_PIPE_QUALIFIED_NAME", "0A000",
                        "|> SET takes the plain name of a column.");
            parse_remedy(p, "leave out what stands before the last dot");
        }
}

/* AGGREGATE namedExpressionSeq? aggregationClause? */
static void parse_pipe_aggregate(Parser *p, AstPipeOp *op)
{
    op->kind = AST_PIPE_AGGREGATE;
    if (!at_keywords(p, KEYWORD_GROUP, KEYWORD_BY))
        op->items = parse_named_exprs(p);
    if (at_keywords(p, KEYWORD_GROUP, KEYWORD_BY))
        op->group_by = parse_group_by(p, true);
}

/* (SELECT | EXTEND | SET | DROP | AS | WHERE | AGGREGATE) ... */
static bool parse_pipe_word(Parser *p, AstPipeOp *op)
{
    VEC(Ident) names = {0};

    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_SELECT:
        op->kind = AST_PIPE_SELECT;
        op->select = parse_select(p, NULL);
        if (op->select->from)
            syntax_error_at(p, op->select->from->span,
                            "Syntax error: |> SELECT reads what is piped into it, and no FROM.",
                            "remove FROM, or use |> JOIN");
        return true;
    case KEYWORD_EXTEND:
        advance(p);
        op->kind = AST_PIPE_EXTEND;
        op->items = parse_named_exprs(p);
        return true;
    case KEYWORD_SET:
        advance(p);
        parse_pipe_set(p, op);
        return true;
    case KEYWORD_DROP:
        advance(p);
        op->kind = AST_PIPE_DROP;
        do {
            Ident name = parse_ident(p, "a column");

            VEC_ADD_IN(p->arena, &names, name);
        } while (accept(p, TOKEN_COMMA));
        op->names = (IdentList){names.items, names.count};
        return true;
    case KEYWORD_AS: {
        Ident name;

        advance(p);
        op->kind = AST_PIPE_AS;
        name = parse_ident(p, "a name");
        VEC_ADD_IN(p->arena, &names, name);
        op->names = (IdentList){names.items, names.count};
        return true;
    }
    case KEYWORD_WHERE:
        advance(p);
        op->kind = AST_PIPE_WHERE;
        op->condition = parse_expr(p);
        return true;
    case KEYWORD_AGGREGATE:
        advance(p);
        parse_pipe_aggregate(p, op);
        return true;
    default:
        return false;
    }
}

/*
 * operatorPipeRightSide
 *   : SELECT ... windowClause? | EXTEND ... | SET ... | DROP ... | AS identifier | WHERE ...
 *   | AGGREGATE ... | pivotClause | unpivotClause | sample | joinRelation
 *   | (UNION | EXCEPT | MINUS | INTERSECT) setQuantifier? queryPrimary
 *   | queryOrganization
 */
static AstPipeOp *parse_pipe_op(Parser *p)
{
    uint32_t start = p->at;
    AstPipeOp *op = ARENA_NEW(p->arena, AstPipeOp);

    if (at_keyword(p, KEYWORD_TABLESAMPLE)) {
        op->kind = AST_PIPE_RELATION;
        op->relation = piped_input(p);
        op->relation->sample = parse_sample(p);
    } else if (at_relation_step(p)) {
        op->kind = AST_PIPE_RELATION;
        op->relation = parse_relation_step(p, piped_input(p));
    } else if (accept_set_operator(p, &op->set_operator)) {
        uint32_t height_outside;

        op->kind = AST_PIPE_SET_OPERATION;
        op->quantifier = parse_quantifier(p);
        height_outside = nest_enter(p);
        op->right = parse_query_primary(p);
        nest_leave(p, height_outside);
    } else if (at_organization(p)) {
        op->kind = AST_PIPE_ORGANIZE;
        op->tail = ARENA_NEW(p->arena, AstQuery);
        parse_organization(p, op->tail);
        op->tail->span = span_since(p, start);
    } else if (!parse_pipe_word(p, op)) {
        syntax_error(p, "an operator of |>: SELECT, EXTEND, SET, DROP, AS, WHERE, AGGREGATE, JOIN, "
                        "UNION, ORDER BY, LIMIT, PIVOT, UNPIVOT or TABLESAMPLE");
    }
    op->span = span_since(p, start);
    return op;
}

AstQueryBody *parse_pipes(Parser *p, AstQueryBody *input, uint32_t start)
{
    while (accept(p, TOKEN_PIPE)) {
        AstQueryBody *body = ARENA_NEW(p->arena, AstQueryBody);

        body->kind = AST_BODY_PIPE;
        body->pipe.input = input;
        body->pipe.op = parse_pipe_op(p);
        body->span = span_since(p, start);
        nest_grow(p);
        input = body;
    }
    return input;
}
