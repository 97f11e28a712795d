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
                        "_LEGACY_ERROR_TEMP_0035", NULL,
                        "Operation not allowed: SQL pipe syntax |> SET operator with multi-part "
                        "assignment key (only single-part keys are allowed).");
            parse_remedy(p, "leave out what stands before the last dot");
        }
}

static void check_pipe_group_by(Parser *p, const AstGroupBy *group_by)
{
    const char *unsupported = group_by->all             ? "GROUP BY ALL"
                              : group_by->with_rollup   ? "WITH ROLLUP"
                              : group_by->with_cube     ? "WITH CUBE"
                              : group_by->grouping_sets ? "GROUPING SETS"
                                                        : NULL;

    for (size_t i = 0; i < group_by->element_count && !unsupported; i++) {
        AstGroupElementKind kind = group_by->elements[i].kind;

        if (kind == AST_GROUP_ROLLUP)
            unsupported = "GROUP BY ROLLUP";
        else if (kind == AST_GROUP_CUBE)
            unsupported = "GROUP BY CUBE";
        else if (kind == AST_GROUP_GROUPING_SETS)
            unsupported = "GROUPING SETS";
    }
    if (unsupported)
        parse_error(p, group_by->span,
                    "UNSUPPORTED_FEATURE.PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE", "0A000",
                    "The SQL pipe operator syntax with aggregation (using |> AGGREGATE) does not "
                    "support %s.",
                    unsupported);
}

/* Where an operator cannot go on: the query's end, or the next operator. */
static bool at_pipe_end(Parser *p)
{
    TokenKind kind = token_at(p, 0)->kind;

    return kind == TOKEN_END || kind == TOKEN_PIPE || kind == TOKEN_RIGHT_PAREN;
}

/* AGGREGATE namedExpressionSeq? aggregationClause? */
static void parse_pipe_aggregate(Parser *p, AstPipeOp *op)
{
    op->kind = AST_PIPE_AGGREGATE;
    if (at_pipe_end(p)) {
        parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0035", NULL,
                    "Operation not allowed: The AGGREGATE clause requires a list of aggregate "
                    "expressions or a list of grouping expressions, or both.");
        return;
    }
    if (!at_keywords(p, KEYWORD_GROUP, KEYWORD_BY))
        op->items = parse_named_exprs(p);
    if (at_keywords(p, KEYWORD_GROUP, KEYWORD_BY)) {
        op->group_by = parse_group_by(p, true);
        check_pipe_group_by(p, &op->group_by);
    }
}

static void check_pipe_select(Parser *p, const AstSelect *select)
{
    if (select->from)
        syntax_error_at(p, select->from->span,
                        "Syntax error: |> SELECT reads what is piped into it, and no FROM.",
                        "remove FROM, or use |> JOIN");
    else if (select->where)
        syntax_error_at(p, select->where->span, "Syntax error: |> SELECT takes no WHERE.",
                        "write |> WHERE ... before it");
    else if (select->group_by.present)
        syntax_error_at(p, select->group_by.span, "Syntax error: |> SELECT takes no GROUP BY.",
                        "write |> AGGREGATE ... GROUP BY ... instead");
    else if (select->having)
        syntax_error_at(p, select->having->span, "Syntax error: |> SELECT takes no HAVING.",
                        "write |> WHERE ... behind |> AGGREGATE");
}

/* |> ORDER BY (or the like) and |> LIMIT are operators of their own. */
static void check_single_clause(Parser *p, const AstQuery *tail, Span span)
{
    const char *order = tail->order_by.count        ? "ORDER BY"
                        : tail->cluster_by.count    ? "CLUSTER BY"
                        : tail->distribute_by.count ? "DISTRIBUTE BY"
                        : tail->sort_by.count       ? "SORT BY"
                                                    : NULL;

    if (tail->windows.count) {
        parse_error(p, span, "UNSUPPORTED_FEATURE.CLAUSE_WITH_PIPE_OPERATORS", "0A000",
                    "The SQL pipe operator syntax using |> does not support the WINDOW clause.");
        parse_remedy(p, "write WINDOW behind the items of |> SELECT");
    } else if (order && (tail->limit || tail->offset)) {
        parse_error(p, span, "MULTIPLE_QUERY_RESULT_CLAUSES_WITH_PIPE_OPERATORS", "42000",
                    "%s and %s cannot coexist in the same SQL pipe operator using '|>'.", order,
                    tail->limit ? "LIMIT" : "OFFSET");
        parse_remedy(p, "give each its own |>");
    }
}

static void check_single_pivot(Parser *p, const AstRelation *step)
{
    if ((step->kind == AST_RELATION_PIVOT && at_keyword(p, KEYWORD_UNPIVOT)) ||
        (step->kind == AST_RELATION_UNPIVOT && at_keyword(p, KEYWORD_PIVOT))) {
        parse_error(p, token_at(p, 0)->span, "NOT_ALLOWED_IN_FROM.UNPIVOT_WITH_PIVOT", "42601",
                    "Not allowed in the FROM clause: UNPIVOT together with PIVOT.");
        parse_remedy(p, "give each its own |>");
    }
}

/* (SELECT | EXTEND | SET | DROP | AS | WHERE | AGGREGATE) ... */
static bool parse_pipe_word(Parser *p, AstPipeOp *op)
{
    VEC(Ident) names = {0};
    uint32_t start;

    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_SELECT:
        op->kind = AST_PIPE_SELECT;
        op->select = parse_select(p, NULL);
        check_pipe_select(p, op->select);
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
        start = p->at;
        name = parse_ident(p, "a name");
        check_dashed_name(p, start);
        VEC_ADD_IN(p->arena, &names, name);
        op->names = (IdentList){names.items, names.count};
        return true;
    }
    case KEYWORD_WHERE:
        advance(p);
        op->kind = AST_PIPE_WHERE;
        op->condition = parse_expr(p);
        if (at_keyword(p, KEYWORD_WINDOW)) {
            parse_error(p, token_at(p, 0)->span, "NOT_ALLOWED_IN_PIPE_OPERATOR_WHERE.WINDOW_CLAUSE",
                        "42601", "|> WHERE takes no WINDOW clause.");
            parse_remedy(p, "compute the window function in a |> EXTEND before it");
        }
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
 *   | queryOrganization, which may be nothing at all
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
        check_single_pivot(p, op->relation);
    } else if (accept_set_operator(p, &op->set_operator)) {
        uint32_t height_outside;

        op->kind = AST_PIPE_SET_OPERATION;
        op->quantifier = parse_quantifier(p);
        height_outside = nest_enter(p);
        op->right = parse_query_primary(p);
        nest_leave(p, height_outside);
    } else if (at_organization(p) || at_pipe_end(p)) {
        op->kind = AST_PIPE_ORGANIZE;
        op->tail = ARENA_NEW(p->arena, AstQuery);
        parse_organization(p, op->tail);
        check_single_clause(p, op->tail, span_since(p, start));
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
