/*
 * bind_query.c: queries around SELECT: WITH, UNION and its like, VALUES, ORDER BY, LIMIT.
 *
 * A WITH query is bound anew wherever its name is used, with columns of its own; what it may see
 * (earlier WITHs, and those around it) is kept with it.
 */
#include "base/assert.h"
#include "expr/coerce.h"
#include "plan/bind_group.h"
#include "plan/bind_relation.h"
#include "plan/rules.h"

enum { QUERY_DEPTH_MAX = 200 };

/* ── a plan whose columns are the scope's ──────────────────────────────────────────────────────*/

static bool columns_match(const Relation *relation)
{
    const Scope *scope = relation->scope;

    if (scope->columns.count != relation->plan->column_count)
        return false;
    for (uint32_t i = 0; i < relation->plan->column_count; i++) {
        if (scope->columns.items[i].hidden ||
            scope->columns.items[i].id != relation->plan->columns[i])
            return false;
    }
    return true;
}

Logical *relation_project(Binder *b, const Relation *relation, Span span)
{
    const Scope *scope = relation->scope;
    NamedExpr *items;
    uint32_t count = 0;

    if (columns_match(relation))
        return relation->plan;
    items = ARENA_ARRAY(b->arena, NamedExpr, scope->columns.count + 1);
    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];

        if (!column->hidden)
            items[count++] = (NamedExpr){scope_column_expr(b, column, span), column->id};
    }
    return logical_project(b->plan, relation->plan, items, count, span);
}

/* The visible columns, renamed; NULL names: as they are. For aliases of relations. */
Scope *scope_renamed(Binder *b, const Scope *from, Str table, const IdentList *names)
{
    Scope *scope = scope_new(b, NULL);
    size_t visible = 0;

    for (size_t i = 0; i < from->columns.count; i++) {
        ScopeColumn column = from->columns.items[i];

        if (column.hidden)
            continue;
        column.table = table;
        column.persistent = false;
        if (names && visible < names->count)
            column.name = names->items[visible].text;
        visible++;
        scope_add(b, scope, column);
    }
    if (names && names->count && names->count != visible) {
        bind_error(b, names->items[0].span, "ASSIGNMENT_ARITY_MISMATCH", "42802",
                   "The number of columns or variables assigned or aliased: %zu does not match the "
                   "number of source expressions: %zu.",
                   names->count, visible);
        return NULL;
    }
    return scope;
}

/* ── VALUES ────────────────────────────────────────────────────────────────────────────────────*/

static size_t row_width(const AstExpr *row)
{
    return row->kind == AST_EXPR_ROW ? row->row.count : 1;
}

static const AstExpr *row_cell(const AstExpr *row, size_t i)
{
    return row->kind == AST_EXPR_ROW ? row->row.items[i].expr : row;
}

/* A column of any query around: a table of constants knows none. */
static bool names_outer_column(const AstExpr *cell, const Scope *outer)
{
    for (; outer && cell->kind == AST_EXPR_COLUMN; outer = outer->outer) {
        if (scope_has(outer, &cell->column))
            return true;
    }
    return false;
}

static bool cell_is_no_constant(Binder *b, Span span)
{
    return bind_error(b, span, "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE",
                      "42000",
                      "Invalid inline table. Cannot evaluate the expression in inline table "
                      "definition.");
}

static bool bind_cells(Binder *b, const AstExprList *rows, size_t width, const Scope *outer,
                       Expr **cells)
{
    ExprScope es = {.scope = outer ? scope_new(b, outer) : NULL, .clause = "VALUES"};
    bool ok = true;

    for (size_t r = 0; r < rows->count; r++) {
        if (row_width(rows->items[r]) != width) {
            bind_error(b, rows->items[r]->span, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", "42000",
                       "Invalid inline table. Inline table expected %zu columns but found %zu "
                       "columns in row %zu.",
                       width, row_width(rows->items[r]), r);
            return false;
        }
        for (size_t c = 0; c < width; c++) {
            const AstExpr *ast = row_cell(rows->items[r], c);
            Expr *cell;

            if (names_outer_column(ast, outer))
                return cell_is_no_constant(b, ast->span);
            if (ast->kind == AST_EXPR_SUBQUERY)
                return bind_error(b, ast->span,
                                  "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.SCALAR_SUBQUERY_IN_VALUES",
                                  "0A000",
                                  "Unsupported subquery expression: Scalar subqueries in the VALUES "
                                  "clause.");
            cell = bind_expr(b, &es, ast);

            cells[r * width + c] = cell;
            ok = ok && cell;
            if (cell && (!expr_is_deterministic(cell) ||
                         (!expr_is_constant(cell) &&
                          (cell->kind != EXPR_CALL || expr_has_kind(cell, EXPR_OUTER)))))
                ok = cell_is_no_constant(b, cell->span);
        }
    }
    return ok;
}

/* Casts a column's cells to `type` and computes them now. */
static bool settle_cells(Binder *b, Expr **cells, size_t row_count, size_t width, size_t column_i,
                         const Type *type)
{
    for (size_t r = 0; r < row_count; r++) {
        Expr **cell = &cells[r * width + column_i];
        const Vector *value;
        Error err = {0};

        if ((*cell)->kind == EXPR_LITERAL && type_equal((*cell)->type, type))
            continue;
        *cell = binder_cast(b, *cell, type, (*cell)->span);
        if (!*cell)
            return false;
        if ((*cell)->kind == EXPR_LITERAL)
            continue;
        if (!expr_eval_constant(b->arena, b->sql, *cell, &value, &err)) {
            bind_error(b, (*cell)->span, "INVALID_INLINE_TABLE.FAILED_SQL_EXPRESSION_EVALUATION",
                       "42000",
                       "Invalid inline table. Failed to evaluate the SQL expression: %s", err.text);
            return false;
        }
        *cell = expr_literal(b->arena, value, (*cell)->span);
    }
    return true;
}

static const Type *cells_type(Binder *b, Expr **cells, size_t row_count, size_t width,
                              size_t column_i, bool *nullable)
{
    const Type *type = &type_void;

    *nullable = false;
    for (size_t r = 0; r < row_count && type; r++) {
        Expr *cell = cells[r * width + column_i];

        *nullable = *nullable || cell->nullable;
        /* No text is made of a number here, nor a number of a text. */
        type = type_common_no_string(b->arena, type, cell->type);
    }
    return type;
}

Relation bind_values(Binder *b, const AstExprList *rows, const AstRelationAlias *alias,
                     const Scope *outer, Span span)
{
    size_t width = row_width(rows->items[0]), row_count = rows->count;
    Expr **cells = ARENA_ARRAY(b->arena, Expr *, width * row_count + 1);
    Logical *node = logical_new(b->plan, LOGICAL_VALUES, span, NULL);
    Scope *scope = scope_new(b, NULL);

    if (!bind_cells(b, rows, width, outer, cells))
        return (Relation){0};
    node->columns = ARENA_ARRAY(b->arena, uint32_t, width);
    node->column_count = (uint32_t)width;
    node->as.values.cells = cells;
    node->as.values.row_count = (uint32_t)row_count;
    for (size_t c = 0; c < width; c++) {
        Str name = str_of(arena_printf(b->arena, "col%zu", c + 1));
        bool nullable;
        const Type *type = cells_type(b, cells, row_count, width, c, &nullable);

        if (!type) {
            bind_error(b, span, "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", "42000",
                       "Invalid inline table. Found incompatible types in the column `%.*s` for "
                       "inline table.",
                       STR_ARG(c < alias->columns.count ? alias->columns.items[c].text : name));
            return (Relation){0};
        }
        if (!settle_cells(b, cells, row_count, width, c, type))
            return (Relation){0};
        node->columns[c] = plan_column_new(b->plan, name, type, nullable);
        scope_add(b, scope, (ScopeColumn){.name = name, .id = node->columns[c], .type = type,
                                          .nullable = nullable});
    }
    if (alias->columns.count && alias->columns.count != width) {
        bind_error(b, alias->columns.items[0].span, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", "42000",
                   "Invalid inline table. Inline table expected %zu columns but found %zu columns.",
                   alias->columns.count, width);
        return (Relation){0};
    }
    scope = scope_renamed(b, scope, alias->name.text, &alias->columns);
    return scope ? (Relation){node, scope} : (Relation){0};
}

/* ── set operations ────────────────────────────────────────────────────────────────────────────*/

static const char *set_operator_text(AstSetOperator op, bool all)
{
    switch (op) {
    case AST_SET_UNION:
        return all ? "UNION ALL" : "UNION";
    case AST_SET_INTERSECT:
        return all ? "INTERSECT ALL" : "INTERSECT";
    case AST_SET_EXCEPT:
        return all ? "EXCEPT ALL" : "EXCEPT";
    }
    UNREACHABLE();
}

/* Brings column i of the relation to types[i]; new columns where that needs a cast. */
static Logical *cast_columns(Binder *b, Logical *plan, const Type *const *types, Span span)
{
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, plan->column_count + 1);
    bool any = false;

    for (uint32_t i = 0; i < plan->column_count; i++) {
        Expr *e = plan_column_expr(b->plan, plan->columns[i], span);

        items[i] = (NamedExpr){e, plan->columns[i]};
        if (type_equal(e->type, types[i]))
            continue;
        any = true;
        items[i].expr = binder_cast(b, e, types[i], span);
        if (!items[i].expr)
            return NULL;
        items[i].id = plan_column_new(b->plan, plan_column(b->plan, plan->columns[i])->name,
                                      types[i], items[i].expr->nullable);
    }
    return any ? logical_project(b->plan, plan, items, plan->column_count, span) : plan;
}

static bool common_types(Binder *b, const Logical *left, const Logical *right, const char *op,
                         const Type **types, Span span)
{
    if (left->column_count != right->column_count) {
        bind_error(b, span, "NUM_COLUMNS_MISMATCH", "42826",
                   "%s can only be performed on inputs with the same number of columns, but the "
                   "first input has %u columns and the second input has %u columns.",
                   op, left->column_count, right->column_count);
        return false;
    }
    for (uint32_t i = 0; i < left->column_count; i++) {
        const Type *a = plan_column(b->plan, left->columns[i])->type;
        const Type *c = plan_column(b->plan, right->columns[i])->type;

        types[i] = type_common(b->arena, a, c);
        if (!types[i]) {
            bind_error(b, span, "INCOMPATIBLE_COLUMN_TYPE", "42825",
                       "%s can only be performed on tables with compatible column types. Column %u "
                       "of the second table is %s type which is not compatible with %s at the same "
                       "column of the first table.",
                       op, i + 1, type_text_sql(b, c), type_text_sql(b, a));
            return false;
        }
    }
    return true;
}

bool bind_comparable_set(Binder *b, Str column, const Type *type, Span span)
{
    if (!type_has_map(type))
        return true;
    bind_error(b, span, "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE", "0A000",
               "The feature is not supported: Cannot have MAP type columns in DataFrame which calls "
               "set operations (INTERSECT, EXCEPT, etc.), but the type of column `%.*s` is %s.",
               STR_ARG(column), type_text_sql(b, type));
    diagnostic_remedy(b->diagnostics, "GROUP BY compares maps; map_entries(m) is an array of structs");
    return false;
}

static bool comparable_sets(Binder *b, const Logical *left, const Type *const *types, Span span)
{
    for (uint32_t i = 0; i < left->column_count; i++) {
        if (!bind_comparable_set(b, plan_column(b->plan, left->columns[i])->name, types[i], span))
            return false;
    }
    return true;
}

static Logical *put_union(Binder *b, Logical *left, Logical *right, const Type *const *types,
                          Span span)
{
    Logical *node = logical_new(b->plan, LOGICAL_UNION, span, NULL);

    node->inputs = ARENA_ARRAY(b->arena, Logical *, 2);
    node->inputs[0] = left;
    node->inputs[1] = right;
    node->input_count = 2;
    node->streaming = left->streaming || right->streaming;
    node->column_count = left->column_count;
    node->columns = ARENA_ARRAY(b->arena, uint32_t, left->column_count + 1);
    for (uint32_t i = 0; i < left->column_count; i++) {
        const Field *a = plan_column(b->plan, left->columns[i]);
        const Field *c = plan_column(b->plan, right->columns[i]);

        node->columns[i] = plan_column_new(b->plan, a->name, types[i], a->nullable || c->nullable);
    }
    return node;
}

/* Numbers the rows that are equal: 1, 2, ... in one more column. */
static Logical *number_equal_rows(Binder *b, Logical *plan, Span span, uint32_t *id)
{
    Logical *node = logical_new(b->plan, LOGICAL_WINDOW, span, plan);
    WindowSpec *spec = ARENA_NEW(b->arena, WindowSpec);
    NamedExpr *item = ARENA_NEW(b->arena, NamedExpr);

    spec->partition = ARENA_ARRAY(b->arena, Expr *, plan->column_count + 1);
    spec->partition_count = plan->column_count;
    for (uint32_t i = 0; i < plan->column_count; i++)
        spec->partition[i] = plan_column_expr(b->plan, plan->columns[i], span);
    spec->rows = true;
    spec->from_kind = FRAME_UNBOUNDED_PRECEDING;
    spec->to_kind = FRAME_CURRENT_ROW;
    item->expr = bind_aggregate_named(b, "row_number", NULL, 0, span);
    if (!item->expr)
        return NULL;
    item->expr->kind = EXPR_WINDOW;
    item->expr->window = spec;
    item->id = *id = plan_column_new(b->plan, STR("row_number"), item->expr->type, false);
    node->as.window = (LogicalWindow){
        .partition = spec->partition,
        .partition_count = spec->partition_count,
        .items = item,
        .item_count = 1,
        .time_id = UINT32_MAX,
        .rank_limit = -1,
    };
    logical_refresh_columns(b->plan, node);
    return node;
}

/* INTERSECT, EXCEPT: left rows with (without) an equal right row; ALL: the n-th with the n-th. */
static Logical *put_semi(Binder *b, AstSetOperator op, bool all, Logical *left, Logical *right,
                         Span span)
{
    uint32_t count = left->column_count, left_number, right_number;
    uint32_t *kept = left->columns;
    Expr *condition = NULL;
    Logical *node;

    if (all) {
        left = number_equal_rows(b, left, span, &left_number);
        right = left ? number_equal_rows(b, right, span, &right_number) : NULL;
        if (!right)
            return NULL;
    }
    for (uint32_t i = 0; i < count + (all ? 1 : 0); i++) {
        Expr *args[2] = {plan_column_expr(b->plan, left->columns[i], span),
                         plan_column_expr(b->plan, right->columns[i], span)};
        Expr *equal = bind_call_named(b, "<=>", args, 2, span);

        if (!equal)
            return NULL;
        condition = expr_and(b->plan, condition, equal);
    }
    node = logical_join(b->plan, op == AST_SET_INTERSECT ? JOIN_SEMI : JOIN_ANTI, left, right,
                        condition, span);
    node->as.join.subquery = true;
    if (all) {
        NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + 1);

        for (uint32_t i = 0; i < count; i++)
            items[i] = (NamedExpr){plan_column_expr(b->plan, kept[i], span), kept[i]};
        return logical_project(b->plan, node, items, count, span);
    }
    return logical_distinct(b->plan, node, span);
}

Relation bind_set_operation(Binder *b, AstSetOperator op, bool all, Relation left, Relation right,
                            Span span)
{
    Logical *a, *c, *node;
    const Type **types;
    Scope *scope;

    if (!left.plan || !right.plan)
        return (Relation){0};
    a = relation_project(b, &left, span);
    c = relation_project(b, &right, span);
    types = ARENA_ARRAY(b->arena, const Type *, a->column_count + 1);
    if (!common_types(b, a, c, set_operator_text(op, all), types, span))
        return (Relation){0};
    if (!(op == AST_SET_UNION && all) && !comparable_sets(b, a, types, span))
        return (Relation){0};
    a = cast_columns(b, a, types, span);
    c = a ? cast_columns(b, c, types, span) : NULL;
    if (!c)
        return (Relation){0};
    if (op == AST_SET_UNION) {
        node = put_union(b, a, c, types, span);
        if (!all)
            node = logical_distinct(b->plan, node, span);
    } else {
        node = put_semi(b, op, all, a, c, span);
        if (!node)
            return (Relation){0};
    }
    scope = scope_new(b, NULL);
    for (size_t i = 0, k = 0; i < left.scope->columns.count; i++) {
        ScopeColumn column = left.scope->columns.items[i];
        const Field *field;

        if (column.hidden)
            continue;
        field = plan_column(b->plan, node->columns[k]);
        scope_add(b, scope, (ScopeColumn){.name = column.name, .id = node->columns[k],
                                          .type = field->type, .nullable = field->nullable});
        k++;
    }
    return (Relation){node, scope};
}

/* ── bodies ────────────────────────────────────────────────────────────────────────────────────*/

Relation bind_body(Binder *b, const AstQueryBody *body, const Scope *outer)
{
    Relation left, right;

    switch (body->kind) {
    case AST_BODY_SELECT:
        return bind_select(b, body->select, outer, NULL);
    case AST_BODY_SET_OPERATION:
        left = bind_body(b, body->set.left, outer);
        right = bind_body(b, body->set.right, outer);
        return bind_set_operation(b, body->set.op, body->set.quantifier == AST_QUANTIFIER_ALL, left,
                                  right, body->span);
    case AST_BODY_VALUES:
        return bind_values(b, &body->values.rows, &body->values.alias, outer, body->span);
    case AST_BODY_TABLE:
        return bind_from(b, body->table, outer);
    case AST_BODY_QUERY:
        return bind_query(b, body->query, outer);
    case AST_BODY_PIPE:
        return bind_pipe(b, body, outer);
    }
    UNREACHABLE();
}

/* ── ORDER BY over something finished ──────────────────────────────────────────────────────────*/

static bool order_item(Binder *b, const ExprScope *es, const AstSortItem *ast, SortItem *out)
{
    const Scope *scope = es->scope;
    int64_t position;

    out->key = bind_sort_key(ast);
    if (ast->expr->kind == AST_EXPR_LITERAL && ast->expr->literal.kind == AST_LITERAL_INTEGER &&
        str_to_int64(ast->expr->literal.text, &position)) {
        if (position < 1 || position > (int64_t)scope->columns.count) {
            bind_error(b, ast->span, "ORDER_BY_POS_OUT_OF_RANGE", "42805",
                       "ORDER BY position %lld is not in select list (valid range is [1, %zu]).",
                       (long long)position, scope->columns.count);
            return false;
        }
        out->expr = scope_column_expr(b, &scope->columns.items[position - 1], ast->span);
    } else {
        out->expr = bind_expr(b, es, ast->expr);
    }
    return out->expr && bind_sortable(b, out->expr, ast->span);
}

bool bind_order_over(Binder *b, Relation *relation, const AstSortList *list)
{
    ExprScope es = {.scope = relation->scope, .clause = "ORDER BY", .subqueries = true};
    size_t count = list->all ? relation->scope->columns.count : list->count;
    SortItem *items = ARENA_ARRAY(b->arena, SortItem, count + 1);
    Logical *node;
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        if (list->all) {
            items[i] = (SortItem){scope_column_expr(b, &relation->scope->columns.items[i],
                                                    list->items[0].span),
                                  bind_sort_key(&list->items[0])};
            ok = bind_sortable(b, items[i].expr, list->items[0].span) && ok;
        } else {
            ok = order_item(b, &es, &list->items[i], &items[i]) && ok;
        }
    }
    if (!ok)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!order_subqueries_check(b, items[i].expr, &(SelectItemVec){0}) ||
            !plan_subqueries(b, &relation->plan, &items[i].expr))
            return false;
    }
    node = logical_new(b->plan, LOGICAL_SORT, list->items[0].span, relation->plan);
    node->as.sort.items = items;
    node->as.sort.item_count = (uint32_t)count;
    node->as.sort.limit = -1;
    node->as.sort.time_id = UINT32_MAX;
    logical_refresh_columns(b->plan, node);
    relation->plan = node;
    return true;
}

/* ── LIMIT, OFFSET ─────────────────────────────────────────────────────────────────────────────*/

static bool limit_value(Binder *b, const Scope *scope, const AstExpr *ast, const char *name,
                        int64_t *out)
{
    Expr *e = bind_expr(b, &(ExprScope){.clause = name, .scope = scope, .subqueries = true}, ast);
    const Vector *v;
    Expr *number;

    if (!e)
        return false;
    if (!expr_is_constant(e)) {
        bind_error(b, ast->span, "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", "42K0E",
                   "The limit like expression is invalid. The %s expression must evaluate to a "
                   "constant value.",
                   name);
        return false;
    }
    if (e->type->kind != TYPE_INT) {
        bind_error(b, ast->span, "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "42K0E",
                   "The limit like expression is invalid. The %s expression must be integer type, "
                   "but got %s.",
                   name, type_text_sql(b, e->type));
        return false;
    }
    number = binder_cast(b, e, &type_bigint, ast->span);
    v = number ? binder_constant(b, number) : NULL;
    if (!v)
        return false;
    if (!vector_is_valid(v, 0)) {
        bind_error(b, ast->span, "INVALID_LIMIT_LIKE_EXPRESSION.IS_NULL", "42K0E",
                   "The limit like expression is invalid. The evaluated %s expression must not be "
                   "null.",
                   name);
        return false;
    }
    *out = vector_i64(v)[0];
    if (*out < 0) {
        bind_error(b, ast->span, "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "42K0E",
                   "The limit like expression is invalid. The %s expression must be equal to or "
                   "greater than 0, but got %lld.",
                   name, (long long)*out);
        return false;
    }
    return true;
}

bool bind_limit(Binder *b, Relation *relation, const AstQuery *query)
{
    int64_t limit = -1, offset = 0;
    Logical *node;

    if (!query->limit && !query->offset)
        return true;
    if ((query->limit && !limit_value(b, relation->scope, query->limit, "limit", &limit)) ||
        (query->offset && !limit_value(b, relation->scope, query->offset, "offset", &offset)))
        return false;
    node = logical_new(b->plan, LOGICAL_LIMIT,
                       query->limit ? query->limit->span : query->offset->span, relation->plan);
    node->as.limit.limit = limit;
    node->as.limit.offset = offset;
    logical_refresh_columns(b->plan, node);
    relation->plan = node;
    return true;
}

/* ── the query ─────────────────────────────────────────────────────────────────────────────────*/

bool bind_ctes(Binder *b, const AstQuery *query, const Scope *outer)
{
    for (size_t i = 0; i < query->cte_count; i++) {
        CteScope *cte = ARENA_NEW(b->arena, CteScope);

        for (size_t j = 0; j < i; j++) {
            if (str_equal_nocase(query->ctes[i].name.text, query->ctes[j].name.text)) {
                bind_error(b, query->ctes[i].name.span, "DUPLICATED_CTE_NAMES", "42602",
                           "CTE definition can't have duplicate names: `%.*s`.",
                           STR_ARG(query->ctes[i].name.text));
                return false;
            }
        }
        cte->cte = &query->ctes[i];
        cte->recursive = query->recursive;
        cte->outer = outer;
        cte->visible = cte->next = b->ctes;
        cte->used = ARENA_NEW(b->arena, bool);
        b->ctes = cte;
    }
    return true;
}

/* What nobody used is bound too, for what is wrong in it; its tables are not read. */
static bool bind_unused_ctes(Binder *b, const AstQuery *query)
{
    size_t read_count = b->reads.count;
    size_t errors = b->diagnostics->error_count;
    const CteScope *cte = b->ctes;

    for (size_t i = 0; i < query->cte_count; i++, cte = cte->next) {
        if (!*cte->used)
            bind_cte(b, cte, cte->outer);
    }
    b->reads.count = read_count;
    return b->diagnostics->error_count == errors;
}

/* DISTRIBUTE BY and CLUSTER BY: expressions that must be right, and say nothing to one partition. */
bool check_partitions(Binder *b, const AstQuery *query, const Relation *relation)
{
    ExprScope es = {.scope = relation->scope, .clause = "DISTRIBUTE BY"};
    const AstExprList *lists[] = {&query->distribute_by, &query->cluster_by};

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        Expr **exprs = ARENA_ARRAY(b->arena, Expr *, lists[i]->count + 1);

        if (!bind_exprs(b, &es, lists[i], exprs))
            return false;
        for (size_t k = 0; k < lists[i]->count && lists[i] == &query->cluster_by; k++) {
            if (!bind_sortable(b, exprs[k], lists[i]->items[k]->span)) /* It sorts too. */
                return false;
        }
    }
    return true;
}

/* ORDER BY, or what sorts as much: SORT BY and CLUSTER BY order the partitions, of which there is one. */
static bool bind_tail(Binder *b, const AstQuery *query, Relation *relation, bool ordered)
{
    if (!ordered && query->order_by.count && !bind_order_over(b, relation, &query->order_by))
        return false;
    if (query->sort_by.count && !bind_order_over(b, relation, &query->sort_by))
        return false;
    if (!check_partitions(b, query, relation))
        return false;
    return bind_limit(b, relation, query);
}

Relation bind_query(Binder *b, const AstQuery *query, const Scope *outer)
{
    const CteScope *ctes = b->ctes;
    Relation relation = {0};
    bool is_select = query->body->kind == AST_BODY_SELECT;

    if (b->depth >= QUERY_DEPTH_MAX) {
        bind_error(b, query->span, "UNSUPPORTED_FEATURE", "0A000",
                   "The feature is not supported: queries nested more than %d deep.",
                   QUERY_DEPTH_MAX);
        return relation;
    }
    b->depth++;
    if (bind_ctes(b, query, outer)) {
        relation = is_select ? bind_select(b, query->body->select, outer, query)
                             : bind_body(b, query->body, outer);
        if (relation.plan && (!bind_tail(b, query, &relation, is_select) ||
                              !bind_unused_ctes(b, query)))
            relation = (Relation){0};
    }
    b->depth--;
    b->ctes = ctes;
    return relation;
}
