/*
 * ast_print_query.c: queries and relations.
 */
#include "sql/ast_print.h"

static void print_body(StrBuf *out, const AstQueryBody *body);

/* ── SELECT ────────────────────────────────────────────────────────────────────────────────────*/

static void print_quantifier(StrBuf *out, AstSetQuantifier quantifier)
{
    if (quantifier == AST_QUANTIFIER_ALL)
        strbuf_add_c(out, " ALL");
    else if (quantifier == AST_QUANTIFIER_DISTINCT)
        strbuf_add_c(out, " DISTINCT");
}

static void print_group_element(StrBuf *out, const AstGroupElement *element)
{
    switch (element->kind) {
    case AST_GROUP_EXPR:
        ast_print_expr(out, element->expr);
        if (element->alias.text.bytes > 0) {
            strbuf_add_c(out, " AS ");
            ast_print_ident(out, &element->alias);
        }
        return;
    case AST_GROUP_SET:
        strbuf_add_char(out, '(');
        ast_print_exprs(out, &element->set);
        strbuf_add_char(out, ')');
        return;
    case AST_GROUP_ROLLUP:
        strbuf_add_c(out, "ROLLUP (");
        break;
    case AST_GROUP_CUBE:
        strbuf_add_c(out, "CUBE (");
        break;
    case AST_GROUP_GROUPING_SETS:
        strbuf_add_c(out, "GROUPING SETS (");
        break;
    }
    for (size_t i = 0; i < element->element_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        print_group_element(out, &element->elements[i]);
    }
    strbuf_add_char(out, ')');
}

static void print_group_by(StrBuf *out, const AstGroupBy *group_by)
{
    if (!group_by->present)
        return;
    strbuf_add_c(out, " GROUP BY ");
    for (size_t i = 0; i < group_by->element_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        print_group_element(out, &group_by->elements[i]);
    }
    if (group_by->with_rollup)
        strbuf_add_c(out, " WITH ROLLUP");
    if (group_by->with_cube)
        strbuf_add_c(out, " WITH CUBE");
    if (group_by->grouping_sets) {
        strbuf_add_char(out, ' ');
        print_group_element(out, group_by->grouping_sets);
    }
}

static void print_windows(StrBuf *out, const AstNamedWindowList *windows)
{
    for (size_t i = 0; i < windows->count; i++) {
        strbuf_add_c(out, i == 0 ? " WINDOW " : ", ");
        ast_print_ident(out, &windows->items[i].name);
        strbuf_add_c(out, " AS ");
        ast_print_window_spec(out, windows->items[i].spec);
    }
}

static void print_hints(StrBuf *out, const AstSelect *select)
{
    if (select->hint_count == 0)
        return;
    strbuf_add_c(out, " /*+");
    for (size_t i = 0; i < select->hint_count; i++) {
        const AstHint *hint = &select->hints[i];

        strbuf_add_c(out, i == 0 ? " " : ", ");
        ast_print_ident(out, &hint->name);
        if (hint->args.count > 0) {
            strbuf_add_char(out, '(');
            ast_print_exprs(out, &hint->args);
            strbuf_add_char(out, ')');
        }
    }
    strbuf_add_c(out, " */");
}

static void print_select(StrBuf *out, const AstSelect *select)
{
    strbuf_add_c(out, "SELECT");
    print_hints(out, select);
    print_quantifier(out, select->quantifier);
    strbuf_add_char(out, ' ');
    ast_print_named_exprs(out, &select->items);
    if (select->from) {
        const AstRelation *first = select->from;

        /* LATERAL VIEWs behind a SELECT without FROM have no input. */
        while (first->kind == AST_RELATION_LATERAL_VIEW && first->lateral_view.input)
            first = first->lateral_view.input;
        strbuf_add_c(out, first->kind == AST_RELATION_LATERAL_VIEW ? "" : " FROM ");
        ast_print_relation(out, select->from);
    }
    if (select->where) {
        strbuf_add_c(out, " WHERE ");
        ast_print_expr(out, select->where);
    }
    print_group_by(out, &select->group_by);
    if (select->having) {
        strbuf_add_c(out, " HAVING ");
        ast_print_expr(out, select->having);
    }
    print_windows(out, &select->windows);
}

/* ── relations ─────────────────────────────────────────────────────────────────────────────────*/

void ast_print_alias(StrBuf *out, const AstRelationAlias *alias)
{
    if (alias->name.text.bytes == 0)
        return;
    strbuf_add_c(out, " AS ");
    ast_print_ident(out, &alias->name);
    if (alias->columns.count > 0) {
        strbuf_add_char(out, ' ');
        ast_print_idents(out, &alias->columns);
    }
}

static void print_sample(StrBuf *out, const AstTableSample *sample)
{
    strbuf_add_c(out, " TABLESAMPLE (");
    switch (sample->kind) {
    case AST_SAMPLE_PERCENT:
        strbuf_printf(out, "%.*s PERCENT", STR_ARG(sample->percent));
        break;
    case AST_SAMPLE_ROWS:
        ast_print_expr(out, sample->expr);
        strbuf_add_c(out, " ROWS");
        break;
    case AST_SAMPLE_BUCKET:
        strbuf_printf(out, "BUCKET %lld OUT OF %lld", (long long)sample->bucket,
                      (long long)sample->bucket_count);
        break;
    case AST_SAMPLE_BYTES:
        ast_print_expr(out, sample->expr);
        break;
    }
    strbuf_add_char(out, ')');
    if (sample->has_seed)
        strbuf_printf(out, " REPEATABLE (%lld)", (long long)sample->seed);
}

/* What follows every relation: sample, watermark, alias. */
static void print_suffix(StrBuf *out, const AstRelation *relation)
{
    if (relation->sample)
        print_sample(out, relation->sample);
    if (relation->watermark) {
        strbuf_add_c(out, " WATERMARK ");
        ast_print_named_exprs(out,
                              &(AstNamedExprList){(AstNamedExpr *)&relation->watermark->column, 1});
        strbuf_add_c(out, " DELAY OF ");
        ast_print_expr(out, relation->watermark->delay);
    }
    if (relation->kind != AST_RELATION_LATERAL_VIEW)
        ast_print_alias(out, &relation->alias);
}

static void print_identified_by(StrBuf *out, Str name)
{
    if (name.bytes > 0) {
        strbuf_add_c(out, " IDENTIFIED BY ");
        ast_print_ident(out, &(Ident){.text = name});
    }
}

static void print_table(StrBuf *out, const AstRelation *relation)
{
    if (relation->table.stream)
        strbuf_add_c(out, "STREAM ");
    ast_print_name(out, &relation->table.name);
    if (relation->table.temporal) {
        strbuf_add_c(out, relation->table.temporal->is_version ? " VERSION AS OF "
                                                               : " TIMESTAMP AS OF ");
        ast_print_expr(out, relation->table.temporal->value);
    }
    if (relation->table.options.count > 0) {
        strbuf_add_c(out, " WITH ");
        ast_print_properties(out, &relation->table.options);
    }
    print_identified_by(out, relation->table.identified_by);
}

static void print_join(StrBuf *out, const AstRelation *relation)
{
    if (relation->join.left->kind != AST_RELATION_INPUT) {
        ast_print_relation(out, relation->join.left);
        strbuf_add_c(out, relation->join.kind == AST_JOIN_COMMA ? "" : " ");
    }
    if (relation->join.natural)
        strbuf_add_c(out, "NATURAL ");
    strbuf_printf(out, "%s ", join_kind_text(relation->join.kind));
    ast_print_relation(out, relation->join.right);
    if (relation->join.on) {
        strbuf_add_c(out, " ON ");
        ast_print_expr(out, relation->join.on);
    }
    if (relation->join.using_columns.count > 0) {
        strbuf_add_c(out, " USING ");
        ast_print_idents(out, &relation->join.using_columns);
    }
}

static void print_input(StrBuf *out, const AstRelation *input)
{
    if (input->kind == AST_RELATION_INPUT)
        return;
    ast_print_relation(out, input);
    strbuf_add_char(out, ' ');
}

static void print_pivot(StrBuf *out, const AstRelation *relation)
{
    print_input(out, relation->pivot.input);
    strbuf_add_c(out, "PIVOT (");
    ast_print_named_exprs(out, &relation->pivot.aggregates);
    strbuf_add_c(out, " FOR ");
    ast_print_idents(out, &relation->pivot.columns);
    for (size_t i = 0; i < relation->pivot.value_count; i++) {
        strbuf_add_c(out, i == 0 ? " IN (" : ", ");
        ast_print_expr(out, relation->pivot.values[i].expr);
        if (relation->pivot.values[i].alias.text.bytes > 0) {
            strbuf_add_c(out, " AS ");
            ast_print_ident(out, &relation->pivot.values[i].alias);
        }
    }
    strbuf_add_c(out, "))");
}

static void print_unpivot(StrBuf *out, const AstRelation *relation)
{
    bool single = relation->unpivot.value_columns.count == 1;

    print_input(out, relation->unpivot.input);
    strbuf_add_c(out, "UNPIVOT ");
    if (relation->unpivot.nulls_given)
        strbuf_add_c(out, relation->unpivot.include_nulls ? "INCLUDE NULLS " : "EXCLUDE NULLS ");
    strbuf_add_char(out, '(');
    if (single)
        ast_print_ident(out, &relation->unpivot.value_columns.items[0]);
    else
        ast_print_idents(out, &relation->unpivot.value_columns);
    strbuf_add_c(out, " FOR ");
    ast_print_ident(out, &relation->unpivot.name_column);
    for (size_t i = 0; i < relation->unpivot.item_count; i++) {
        const AstUnpivotItem *item = &relation->unpivot.items[i];

        strbuf_add_c(out, i == 0 ? " IN (" : ", ");
        strbuf_add_c(out, item->columns.count == 1 && single ? "" : "(");
        ast_print_names(out, &item->columns);
        strbuf_add_c(out, item->columns.count == 1 && single ? "" : ")");
        if (item->alias.text.bytes > 0) {
            strbuf_add_c(out, " AS ");
            ast_print_ident(out, &item->alias);
        }
    }
    strbuf_add_c(out, "))");
}

static void print_lateral_view(StrBuf *out, const AstRelation *relation)
{
    if (relation->lateral_view.input)
        ast_print_relation(out, relation->lateral_view.input);
    strbuf_add_c(out, relation->lateral_view.outer ? " LATERAL VIEW OUTER " : " LATERAL VIEW ");
    ast_print_call(out, relation->lateral_view.call);
    if (relation->alias.name.text.bytes > 0) {
        strbuf_add_char(out, ' ');
        ast_print_ident(out, &relation->alias.name);
    }
    for (size_t i = 0; i < relation->alias.columns.count; i++) {
        strbuf_add_c(out, i == 0 ? " AS " : ", ");
        ast_print_ident(out, &relation->alias.columns.items[i]);
    }
}

void ast_print_relation(StrBuf *out, const AstRelation *relation)
{
    if (relation->lateral)
        strbuf_add_c(out, "LATERAL ");
    switch (relation->kind) {
    case AST_RELATION_TABLE:
        print_table(out, relation);
        break;
    case AST_RELATION_SUBQUERY:
        strbuf_add_char(out, '(');
        ast_print_query(out, relation->query);
        strbuf_add_char(out, ')');
        break;
    case AST_RELATION_VALUES:
        strbuf_add_c(out, "VALUES ");
        ast_print_exprs(out, &relation->rows);
        break;
    case AST_RELATION_FUNCTION:
        if (relation->function.stream)
            strbuf_add_c(out, "STREAM ");
        ast_print_call(out, relation->function.call);
        print_identified_by(out, relation->function.identified_by);
        break;
    case AST_RELATION_JOIN:
        print_join(out, relation);
        break;
    case AST_RELATION_PIVOT:
        print_pivot(out, relation);
        break;
    case AST_RELATION_UNPIVOT:
        print_unpivot(out, relation);
        break;
    case AST_RELATION_LATERAL_VIEW:
        print_lateral_view(out, relation);
        break;
    case AST_RELATION_PAREN:
        strbuf_add_char(out, '(');
        ast_print_relation(out, relation->inner);
        strbuf_add_char(out, ')');
        break;
    case AST_RELATION_INPUT:
        break;
    }
    print_suffix(out, relation);
}

/* ── bodies ────────────────────────────────────────────────────────────────────────────────────*/

static void print_set_operator(StrBuf *out, AstSetOperator op, AstSetQuantifier quantifier)
{
    static const char *const texts[] = {
        [AST_SET_UNION] = "UNION",
        [AST_SET_INTERSECT] = "INTERSECT",
        [AST_SET_EXCEPT] = "EXCEPT",
    };

    strbuf_add_c(out, texts[op]);
    print_quantifier(out, quantifier);
    strbuf_add_char(out, ' ');
}

static void print_organization(StrBuf *out, const AstQuery *query)
{
    if (query->order_by.count > 0) {
        strbuf_add_c(out, " ORDER BY ");
        ast_print_sort_list(out, &query->order_by);
    }
    if (query->cluster_by.count > 0) {
        strbuf_add_c(out, " CLUSTER BY ");
        ast_print_exprs(out, &query->cluster_by);
    }
    if (query->distribute_by.count > 0) {
        strbuf_add_c(out, " DISTRIBUTE BY ");
        ast_print_exprs(out, &query->distribute_by);
    }
    if (query->sort_by.count > 0) {
        strbuf_add_c(out, " SORT BY ");
        ast_print_sort_list(out, &query->sort_by);
    }
    print_windows(out, &query->windows);
    if (query->limit) {
        strbuf_add_c(out, " LIMIT ");
        ast_print_expr(out, query->limit);
    }
    if (query->offset) {
        strbuf_add_c(out, " OFFSET ");
        ast_print_expr(out, query->offset);
    }
}

static void print_pipe_names(StrBuf *out, const char *word, const IdentList *names)
{
    for (size_t i = 0; i < names->count; i++) {
        strbuf_add_c(out, i == 0 ? word : ", ");
        ast_print_ident(out, &names->items[i]);
    }
}

static void print_pipe_op(StrBuf *out, const AstPipeOp *op)
{
    switch (op->kind) {
    case AST_PIPE_SELECT:
        strbuf_add_char(out, ' ');
        print_select(out, op->select);
        break;
    case AST_PIPE_EXTEND:
        strbuf_add_c(out, " EXTEND ");
        ast_print_named_exprs(out, &op->items);
        break;
    case AST_PIPE_SET:
        strbuf_add_c(out, " SET ");
        ast_print_assignments(out, &op->assignments);
        break;
    case AST_PIPE_DROP:
        print_pipe_names(out, " DROP ", &op->names);
        break;
    case AST_PIPE_AS:
        print_pipe_names(out, " AS ", &op->names);
        break;
    case AST_PIPE_WHERE:
        strbuf_add_c(out, " WHERE ");
        ast_print_expr(out, op->condition);
        break;
    case AST_PIPE_AGGREGATE:
        strbuf_add_c(out, op->items.count > 0 ? " AGGREGATE " : " AGGREGATE");
        ast_print_named_exprs(out, &op->items);
        print_group_by(out, &op->group_by);
        break;
    case AST_PIPE_RELATION:
        if (op->relation->kind != AST_RELATION_INPUT)
            strbuf_add_char(out, ' ');
        ast_print_relation(out, op->relation);
        break;
    case AST_PIPE_SET_OPERATION:
        strbuf_add_char(out, ' ');
        print_set_operator(out, op->set_operator, op->quantifier);
        print_body(out, op->right);
        break;
    case AST_PIPE_ORGANIZE:
        print_organization(out, op->tail);
        break;
    }
}

static void print_body(StrBuf *out, const AstQueryBody *body)
{
    switch (body->kind) {
    case AST_BODY_SELECT:
        print_select(out, body->select);
        break;
    case AST_BODY_SET_OPERATION:
        print_body(out, body->set.left);
        strbuf_add_char(out, ' ');
        print_set_operator(out, body->set.op, body->set.quantifier);
        print_body(out, body->set.right);
        break;
    case AST_BODY_VALUES:
        strbuf_add_c(out, "VALUES ");
        ast_print_exprs(out, &body->values.rows);
        ast_print_alias(out, &body->values.alias);
        break;
    case AST_BODY_TABLE:
        strbuf_add_c(out, "TABLE ");
        ast_print_relation(out, body->table);
        break;
    case AST_BODY_QUERY:
        strbuf_add_char(out, '(');
        ast_print_query(out, body->query);
        strbuf_add_char(out, ')');
        break;
    case AST_BODY_PIPE:
        print_body(out, body->pipe.input);
        strbuf_add_c(out, " |>");
        print_pipe_op(out, body->pipe.op);
        break;
    }
}

static void print_cte(StrBuf *out, const AstCte *cte)
{
    ast_print_ident(out, &cte->name);
    if (cte->columns.count > 0) {
        strbuf_add_char(out, ' ');
        ast_print_idents(out, &cte->columns);
    }
    if (cte->recursion_max) {
        strbuf_add_c(out, " MAX RECURSION LEVEL ");
        ast_print_expr(out, cte->recursion_max);
    }
    strbuf_add_c(out, " AS (");
    ast_print_query(out, cte->query);
    strbuf_add_char(out, ')');
}

void ast_print_query(StrBuf *out, const AstQuery *query)
{
    for (size_t i = 0; i < query->cte_count; i++) {
        strbuf_add_c(out, i > 0 ? ", " : query->recursive ? "WITH RECURSIVE " : "WITH ");
        print_cte(out, &query->ctes[i]);
    }
    if (query->cte_count > 0)
        strbuf_add_char(out, ' ');
    print_body(out, query->body);
    print_organization(out, query);
}
