/*
 * bind_pivot.c: PIVOT and UNPIVOT.
 *
 *     PIVOT (sum(x) FOR c IN (1, 2))      AGGREGATE by all other columns, of
 *                                         sum(x) FILTER (WHERE c <=> 1), sum(x) FILTER (WHERE c <=> 2);
 *                                         NULL for a value that no row of the group has
 *     UNPIVOT (v FOR n IN (a, b))         each row once for a and once for b: a join with VALUES
 */
#include "base/assert.h"
#include "column/format_value.h"
#include "plan/bind_relation.h"

/* ── PIVOT ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Pivot {
    Binder *b;
    const AstRelation *ast;
    Relation input;
    Expr *column;       /* FOR column; a struct for several. */
    Expr **aggregates;  /* Over the input. */
    NamedExprVec items; /* Of the AGGREGATE. */
    Expr *filter;       /* Of the value being made. */
} Pivot;

static Expr *filtered(void *self, Expr *e)
{
    Pivot *pivot = self;
    PlanContext *plan = pivot->b->plan;
    Expr *copy;
    NamedExpr item;

    if (e->kind != EXPR_AGGREGATE)
        return NULL;
    copy = ARENA_NEW(plan->arena, Expr);
    *copy = *e;
    copy->filter = expr_and(plan, copy->filter, pivot->filter);
    item = (NamedExpr){copy, plan_column_new(plan, str_of(e->fn->name), e->type, true)};
    VEC_ADD_IN(plan->arena, &pivot->items, item);
    return expr_column(plan->arena, item.id, e->type, true, e->span);
}

static bool reads_column(void *self, const Expr *e)
{
    return e->kind == EXPR_COLUMN && e->column_i == *(const uint32_t *)self;
}

static bool is_pivoted(const Pivot *pivot, uint32_t id)
{
    if (expr_any(pivot->column, reads_column, &id))
        return true;
    for (size_t i = 0; i < pivot->ast->pivot.aggregates.count; i++) {
        if (expr_any(pivot->aggregates[i], reads_column, &id))
            return true;
    }
    return false;
}

static Expr *pivot_column(Pivot *pivot)
{
    const IdentList *names = &pivot->ast->pivot.columns;
    Expr **args = ARENA_ARRAY(pivot->b->arena, Expr *, names->count * 2 + 1);
    ExprScope es = {.scope = pivot->input.scope, .clause = "PIVOT"};

    for (size_t i = 0; i < names->count; i++) {
        AstExpr column = {.kind = AST_EXPR_COLUMN, .span = names->items[i].span};

        column.column = (QualifiedName){.span = column.span, .parts = &names->items[i], .count = 1};
        args[i * 2] = expr_literal_string(pivot->b->arena, names->items[i].text, column.span);
        args[i * 2 + 1] = bind_expr(pivot->b, &es, &column);
        if (!args[i * 2 + 1])
            return NULL;
    }
    return names->count == 1 ? args[1]
                             : bind_call_named(pivot->b, "named_struct", args,
                                               (uint32_t)names->count * 2, pivot->ast->span);
}

static bool pivot_aggregates(Pivot *pivot)
{
    const AstNamedExprList *list = &pivot->ast->pivot.aggregates;
    ExprScope es = {.scope = pivot->input.scope, .clause = "PIVOT", .aggregates = true};

    pivot->aggregates = ARENA_ARRAY(pivot->b->arena, Expr *, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        pivot->aggregates[i] = bind_expr(pivot->b, &es, list->items[i].expr);
        if (!pivot->aggregates[i])
            return false;
        if (!expr_has_kind(pivot->aggregates[i], EXPR_AGGREGATE)) {
            bind_error(pivot->b, list->items[i].span, "_LEGACY_ERROR_TEMP_1006", NULL,
                       "Aggregate expression required for pivot, but '%.*s' did not appear in any "
                       "aggregate function.",
                       STR_ARG(bind_name(pivot->b, &es, list->items[i].expr)));
            return false;
        }
    }
    return true;
}

static Str value_name(Pivot *pivot, const AstPivotValue *value, const Vector *v)
{
    StrBuf text;
    Str name;

    if (value->alias.text.bytes)
        return value->alias.text;
    if (!vector_is_valid(v, 0))
        return STR("null");
    strbuf_init(&text);
    value_to_text(&text, v, 0, pivot->b->sql->zone);
    name = str_copy(pivot->b->arena, strbuf_str(&text));
    strbuf_done(&text);
    return name;
}

static Expr *pivot_value(Pivot *pivot, const AstPivotValue *value, Str *name)
{
    Binder *b = pivot->b;
    Expr *e = bind_expr(b, &(ExprScope){.scope = pivot->input.scope, .clause = "PIVOT"},
                        value->expr);
    Expr *cast;
    const Vector *v;

    if (!e)
        return NULL;
    if (!expr_is_constant(e))
        return bind_error(b, value->expr->span, "NON_LITERAL_PIVOT_VALUES", "42K08",
                          "Literal expressions required for pivot values, found \"%.*s\".",
                          STR_ARG(bind_name(b, NULL, value->expr)));
    v = binder_constant(b, e);
    if (!v)
        return NULL;
    *name = value_name(pivot, value, v);
    if (pivot->column->type->kind == TYPE_STRUCT && e->type->kind != TYPE_STRUCT)
        cast = NULL;
    else if (!expr_coerce(b->arena, b->sql, expr_literal(b->arena, v, e->span),
                          pivot->column->type, &cast))
        cast = NULL;
    if (!cast && e->type->kind == TYPE_STRUCT && pivot->column->type->kind == TYPE_STRUCT &&
        e->type->field_count == pivot->column->type->field_count) /* Field by field. */
        return binder_cast(b, expr_literal(b->arena, v, e->span), pivot->column->type, e->span);
    if (!cast)
        return bind_error(b, value->expr->span, "PIVOT_VALUE_DATA_TYPE_MISMATCH", "42K09",
                          "Invalid pivot value: value data type %s does not match pivot column "
                          "data type %s.",
                          type_name_in(b->arena, e->type),
                          type_name_in(b->arena, pivot->column->type));
    return cast;
}

/* count(1) FILTER (WHERE the value's) > 0 */
static Expr *any_row(Pivot *pivot, Span span)
{
    Binder *b = pivot->b;
    Expr *one = expr_literal_int(b->arena, 1, span), *count, *args[2];

    count = bind_aggregate_named(b, "count", &one, 1, span);
    if (!count)
        return NULL;
    args[0] = filtered(pivot, count);
    args[1] = expr_literal_bigint(b->arena, 0, span);
    return bind_call_named(b, ">", args, 2, span);
}

static bool pivot_one_value(Pivot *pivot, const AstPivotValue *value, NamedExprVec *out,
                            Scope *scope)
{
    Binder *b = pivot->b;
    Span span = value->expr->span;
    Str name = STR_EMPTY;
    Expr *args[2] = {pivot->column, pivot_value(pivot, value, &name)}, *any;
    size_t count = pivot->ast->pivot.aggregates.count;

    pivot->filter = args[1] ? bind_call_named(b, "<=>", args, 2, span) : NULL;
    any = pivot->filter ? any_row(pivot, span) : NULL;
    if (!any)
        return false;
    for (size_t i = 0; i < count; i++) {
        const AstNamedExpr *ast = &pivot->ast->pivot.aggregates.items[i];
        Expr *e = expr_replace(b->arena, pivot->aggregates[i], filtered, pivot);
        Expr *case_args[2] = {any, e};
        Str column = name;
        NamedExpr item;

        if (count > 1) {
            Str suffix = ast->aliases.count
                             ? ast->aliases.items[0].text
                             : bind_name(b, &(ExprScope){.scope = pivot->input.scope}, ast->expr);

            column = str_of(arena_printf(b->arena, "%.*s_%.*s", STR_ARG(name), STR_ARG(suffix)));
        }
        item.expr = bind_call_named(b, "case", case_args, 2, span);
        if (!item.expr)
            return false;
        item.id = plan_column_new(b->plan, column, item.expr->type, true);
        VEC_ADD_IN(b->arena, out, item);
        scope_add(b, scope, (ScopeColumn){.name = column, .id = item.id, .type = item.expr->type,
                                          .nullable = true});
    }
    return true;
}

Relation bind_pivot(Binder *b, const AstRelation *ast, const Scope *outer)
{
    Pivot pivot = {.b = b, .ast = ast};
    NamedExprVec keys = {0}, out = {0};
    Scope *scope = scope_new(b, outer);
    Logical *node;

    pivot.input = bind_from(b, ast->pivot.input, outer);
    if (!pivot.input.plan || !(pivot.column = pivot_column(&pivot)) || !pivot_aggregates(&pivot))
        return (Relation){0};
    for (size_t i = 0; i < pivot.input.scope->columns.count; i++) {
        const ScopeColumn *column = &pivot.input.scope->columns.items[i];
        NamedExpr key = {scope_column_expr(b, column, ast->span), column->id};

        if (column->hidden || is_pivoted(&pivot, column->id))
            continue;
        VEC_ADD_IN(b->arena, &keys, key);
        VEC_ADD_IN(b->arena, &out, key);
        scope_add(b, scope, *column);
    }
    for (size_t i = 0; i < ast->pivot.value_count; i++) {
        if (!pivot_one_value(&pivot, &ast->pivot.values[i], &out, scope))
            return (Relation){0};
    }
    node = logical_new(b->plan, LOGICAL_AGGREGATE, ast->span, pivot.input.plan);
    node->as.aggregate = (LogicalAggregate){
        .keys = keys.items,
        .key_count = (uint32_t)keys.count,
        .items = pivot.items.items,
        .item_count = (uint32_t)pivot.items.count,
        .time_key = -1,
    };
    logical_refresh_columns(b->plan, node);
    node = logical_project(b->plan, node, out.items, (uint32_t)out.count, ast->span);
    return (Relation){node, scope};
}

/* ── UNPIVOT ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Unpivot {
    Binder *b;
    const AstRelation *ast;
    Relation input;
    Expr **cells; /* item_count * value_count: which column becomes which value. */
    size_t value_count;
} Unpivot;

static Str item_name(Unpivot *u, const AstUnpivotItem *item)
{
    StrBuf text;
    Str name;

    if (item->alias.text.bytes)
        return item->alias.text;
    strbuf_init(&text);
    for (size_t i = 0; i < item->columns.count; i++) {
        const QualifiedName *column = &item->columns.items[i];

        strbuf_printf(&text, "%s%.*s", i ? "_" : "",
                      STR_ARG(column->parts[column->count - 1].text));
    }
    name = str_copy(u->b->arena, strbuf_str(&text));
    strbuf_done(&text);
    return name;
}

static bool unpivot_cells(Unpivot *u)
{
    const AstRelation *ast = u->ast;
    ExprScope es = {.scope = u->input.scope, .clause = "UNPIVOT"};

    u->cells = ARENA_ARRAY(u->b->arena, Expr *, ast->unpivot.item_count * u->value_count + 1);
    for (size_t i = 0; i < ast->unpivot.item_count; i++) {
        const AstUnpivotItem *item = &ast->unpivot.items[i];

        if (item->columns.count != u->value_count) {
            bind_error(u->b, ast->span, "UNPIVOT_VALUE_SIZE_MISMATCH", "428C4",
                       "All unpivot value columns must have the same size as there are value "
                       "column names (%zu).",
                       u->value_count);
            return false;
        }
        for (size_t v = 0; v < u->value_count; v++) {
            AstExpr column = {.kind = AST_EXPR_COLUMN, .span = item->columns.items[v].span};

            column.column = item->columns.items[v];
            u->cells[i * u->value_count + v] = bind_expr(u->b, &es, &column);
            if (!u->cells[i * u->value_count + v])
                return false;
        }
    }
    return true;
}

/* CASE WHEN item = 0 THEN a WHEN item = 1 THEN b END */
static Expr *unpivot_value(Unpivot *u, uint32_t item_id, size_t v, Span span)
{
    Binder *b = u->b;
    size_t count = u->ast->unpivot.item_count;
    Expr **args = ARENA_ARRAY(b->arena, Expr *, count * 2 + 1);
    const Type *type = &type_void;

    for (size_t i = 0; i < count && type; i++)
        type = type_common(b->arena, type, u->cells[i * u->value_count + v]->type);
    if (!type)
        return bind_error(b, span, "UNPIVOT_VALUE_DATA_TYPE_MISMATCH", "42K09",
                          "Unpivot value columns must share a least common type, some types do "
                          "not.");
    for (size_t i = 0; i < count; i++) {
        Expr *pair[2] = {plan_column_expr(b->plan, item_id, span),
                         expr_literal_int(b->arena, (int32_t)i, span)};

        args[i * 2] = bind_call_named(b, "=", pair, 2, span);
        args[i * 2 + 1] = binder_cast(b, u->cells[i * u->value_count + v], type, span);
        if (!args[i * 2] || !args[i * 2 + 1])
            return NULL;
    }
    return bind_call_named(b, "case", args, (uint32_t)count * 2, span);
}

static Logical *unpivot_values(Unpivot *u)
{
    Binder *b = u->b;
    Span span = u->ast->span;
    size_t count = u->ast->unpivot.item_count;
    Logical *values = logical_new(b->plan, LOGICAL_VALUES, span, NULL);

    values->columns = ARENA_ARRAY(b->arena, uint32_t, 2);
    values->column_count = 2;
    values->columns[0] = plan_column_new(b->plan, STR("item"), &type_int, false);
    values->columns[1] = plan_column_new(b->plan, u->ast->unpivot.name_column.text, &type_string,
                                         false);
    values->as.values.row_count = (uint32_t)count;
    values->as.values.cells = ARENA_ARRAY(b->arena, Expr *, count * 2 + 1);
    for (size_t i = 0; i < count; i++) {
        values->as.values.cells[i * 2] = expr_literal_int(b->arena, (int32_t)i, span);
        values->as.values.cells[i * 2 + 1] =
            expr_literal_string(b->arena, item_name(u, &u->ast->unpivot.items[i]), span);
    }
    return values;
}

static bool is_unpivoted(const Unpivot *u, uint32_t id)
{
    for (size_t i = 0; i < u->ast->unpivot.item_count * u->value_count; i++) {
        if (expr_any(u->cells[i], reads_column, &id))
            return true;
    }
    return false;
}

static Logical *drop_null_rows(Unpivot *u, Logical *node, const NamedExpr *values)
{
    Expr *any = NULL;

    for (size_t v = 0; v < u->value_count; v++) {
        Expr *column = expr_column(u->b->arena, values[v].id, values[v].expr->type, true,
                                   u->ast->span);
        Expr *one = bind_call_named(u->b, "isnotnull", &column, 1, u->ast->span);
        Expr *args[2] = {any, one};

        any = any ? bind_call_named(u->b, "or", args, 2, u->ast->span) : one;
    }
    return any ? logical_filter(u->b->plan, node, any, u->ast->span) : NULL;
}

Relation bind_unpivot(Binder *b, const AstRelation *ast, const Scope *outer)
{
    Unpivot u = {.b = b, .ast = ast, .value_count = ast->unpivot.value_columns.count};
    NamedExprVec items = {0};
    Scope *scope = scope_new(b, outer);
    Logical *values, *node;
    NamedExpr name;

    u.input = bind_from(b, ast->unpivot.input, outer);
    if (!u.input.plan || !unpivot_cells(&u))
        return (Relation){0};
    values = unpivot_values(&u);
    for (size_t i = 0; i < u.input.scope->columns.count; i++) {
        const ScopeColumn *column = &u.input.scope->columns.items[i];
        NamedExpr item = {scope_column_expr(b, column, ast->span), column->id};

        if (column->hidden || is_unpivoted(&u, column->id))
            continue;
        VEC_ADD_IN(b->arena, &items, item);
        scope_add(b, scope, *column);
    }
    name = (NamedExpr){plan_column_expr(b->plan, values->columns[1], ast->span),
                       values->columns[1]};
    VEC_ADD_IN(b->arena, &items, name);
    scope_add(b, scope, (ScopeColumn){.name = ast->unpivot.name_column.text, .id = name.id,
                                      .type = &type_string});
    for (size_t v = 0; v < u.value_count; v++) {
        Str column = ast->unpivot.value_columns.items[v].text;
        NamedExpr item = {.expr = unpivot_value(&u, values->columns[0], v, ast->span)};

        if (!item.expr)
            return (Relation){0};
        item.id = plan_column_new(b->plan, column, item.expr->type, true);
        VEC_ADD_IN(b->arena, &items, item);
        scope_add(b, scope, (ScopeColumn){.name = column, .id = item.id, .type = item.expr->type,
                                          .nullable = true});
    }
    node = logical_join(b->plan, JOIN_CROSS, u.input.plan, values, NULL, ast->span);
    node = logical_project(b->plan, node, items.items, (uint32_t)items.count, ast->span);
    if (!ast->unpivot.include_nulls)
        node = drop_null_rows(&u, node, items.items + items.count - u.value_count);
    return node ? (Relation){node, scope} : (Relation){0};
}
