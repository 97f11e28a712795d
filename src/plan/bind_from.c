/*
 * bind_from.c: relations: what stands in FROM, save joins (bind_join.c) and PIVOT (bind_pivot.c).
 */
#include "base/assert.h"
#include "plan/bind_relation.h"
#include "plan/bind_time.h"

/* ── tables ────────────────────────────────────────────────────────────────────────────────────*/

static void note_read(Binder *b, const TableDef *table, bool streaming, Span span)
{
    TableRead read = {table, streaming, span};

    VEC_ADD_IN(b->arena, &b->reads, read);
}

Relation bind_scan(Binder *b, const TableDef *table, bool streaming, Span span)
{
    Logical *node = logical_new(b->plan, LOGICAL_SCAN, span, NULL);
    Scope *scope = scope_new(b, NULL);
    uint32_t count = table->schema.column_count;

    note_read(b, table, streaming, span);
    node->streaming = streaming;
    node->columns = ARENA_ARRAY(b->arena, uint32_t, count + 1);
    node->column_count = count;
    node->as.scan.table = table;
    node->as.scan.streaming = streaming;
    node->as.scan.table_columns = ARENA_ARRAY(b->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const Field *field = &table->schema.columns[i];

        node->as.scan.table_columns[i] = i;
        node->columns[i] = plan_column_new(b->plan, field->name, field->type, field->nullable);
        scope_add(b, scope, (ScopeColumn){.name = field->name, .table = table->name,
                                          .id = node->columns[i], .type = field->type,
                                          .nullable = field->nullable, .persistent = true});
    }
    return (Relation){node, scope};
}

static Relation not_found(Binder *b, const QualifiedName *name)
{
    Str near = catalog_suggest(b->catalog, name->count ? name->parts[name->count - 1].text
                                                       : STR_EMPTY);

    bind_error(b, name->span, "TABLE_OR_VIEW_NOT_FOUND", "42P01",
               "The table or view %s cannot be found. Verify the spelling and correctness of the "
               "schema and catalog.",
               bind_quoted(b, name));
    if (near.bytes)
        diagnostic_remedy(b->diagnostics, "did you mean `%.*s`?", STR_ARG(near));
    else if (!b->views_elsewhere)
        diagnostic_remedy(b->diagnostics, "create it further up in the file");
    return (Relation){0};
}

/* The scopes around a WITH's query as they are counted from where it is used: those of the queries in
 * between are there and show nothing. NULL: it is not used below them. */
static const Scope *cte_outer(Binder *b, const Scope *definition, const Scope *use)
{
    const Scope *around;

    if (use == definition || !use)
        return use;
    around = cte_outer(b, definition, use->outer);
    return around ? scope_new(b, around) : NULL;
}

enum { CTE_USES_MAX = 10000 };

Relation bind_cte(Binder *b, const CteScope *cte, const Scope *outer)
{
    const CteScope *saved = b->ctes;
    Relation relation;

    *cte->used = true;
    if (++b->cte_use_count > CTE_USES_MAX) {
        /* One message: all around it fails by it. */
        if (b->cte_use_count == CTE_USES_MAX + 1)
            bind_error(b, cte->cte->name.span, "UNSUPPORTED_FEATURE", "0A000",
                       "The feature is not supported: queries of WITH that are used more than %d times, "
                       "those within one another counted each time.",
                       CTE_USES_MAX);
        return (Relation){0};
    }
    b->ctes = cte->visible;
    relation = cte->recursive ? bind_recursion(b, cte) : bind_query(b, cte->cte->query,
                                           cte->outer ? cte_outer(b, cte->outer, outer) : NULL);
    b->ctes = saved;
    if (!relation.plan)
        return relation;
    relation.scope = scope_renamed(b, relation.scope, cte->cte->name.text, &cte->cte->columns);
    return relation.scope ? relation : (Relation){0};
}

static Relation recursive_view(Binder *b, const TableDef *view, Span span)
{
    bind_error(b, span, "RECURSIVE_VIEW", "42K0H",
               "Recursive view `%.*s` detected (cycle: `%.*s` -> ... -> `%.*s`).",
               STR_ARG(view->name), STR_ARG(view->name), STR_ARG(view->name));
    return (Relation){0};
}

static Relation bind_view(Binder *b, const TableDef *view, Span span)
{
    const CteScope *ctes = b->ctes;
    Span view_span = b->view_span;
    IdentList names = {0};
    Relation relation;

    for (uint32_t i = 0; i < b->view_count; i++) {
        if (b->views[i] == view)
            return recursive_view(b, view, span);
    }
    if (b->view_count == COUNT_OF(b->views))
        return recursive_view(b, view, span);
    b->views[b->view_count++] = view;
    b->ctes = NULL;
    if (b->views_elsewhere && !b->view_span.line)
        b->view_span = span;
    b->view_used = true;
    relation = bind_query(b, view->view_query, NULL);
    b->view_span = view_span;
    b->ctes = ctes;
    b->view_count--;
    if (!relation.plan)
        return relation;
    if (view->view_ast && view->view_ast->columns.count) {
        names.count = view->view_ast->columns.count;
        names.items = ARENA_ARRAY(b->arena, Ident, names.count);
        for (size_t i = 0; i < names.count; i++)
            names.items[i] = view->view_ast->columns.items[i].name;
    }
    relation.scope = scope_renamed(b, relation.scope, view->name, &names);
    for (size_t i = 0; relation.scope && i < relation.scope->columns.count; i++)
        relation.scope->columns.items[i].persistent =
            view->view_ast && !view->view_ast->temporary;
    return relation.scope ? relation : (Relation){0};
}

/* The name without `default.` or `spark_catalog.default.`; false: of another schema. */
static bool table_name(const QualifiedName *name, Str *out)
{
    if (!name->count || name->count > 3)
        return false;
    *out = name->parts[name->count - 1].text;
    if (name->count >= 2 && !str_is_nocase(name->parts[name->count - 2].text, "default"))
        return false;
    return name->count < 3 || str_is_nocase(name->parts[0].text, "spark_catalog");
}

static Relation stream_refused(Binder *b, const TableDef *table, Span span)
{
    const char *why = "", *remedy = "";

    table_is_streamable(table, &why, &remedy);
    if (table->kind == TABLE_TEMP_VIEW)
        bind_error(b, span, "INCOMPATIBLE_BATCH_VIEW_READ", "42000",
                   "View `%.*s` is not a streaming view and cannot be read with STREAM: %s.",
                   STR_ARG(table->name), why);
    else
        bind_error(b, span, "UNSUPPORTED_STREAMING_READ", "0A000",
                   "`%.*s` cannot be read as a stream: %s.", STR_ARG(table->name), why);
    diagnostic_remedy(b->diagnostics, "%s", remedy);
    return (Relation){0};
}

static const CteScope *cte_find(const Binder *b, Str name)
{
    for (const CteScope *cte = b->ctes; cte; cte = cte->next) {
        if (str_equal_nocase(cte->cte->name.text, name))
            return cte;
    }
    return NULL;
}

static Relation bind_table(Binder *b, const AstRelation *ast, const Scope *outer)
{
    const QualifiedName *name = &ast->table.name;
    const TableDef *table;
    const CteScope *cte;
    const char *why, *remedy;
    Relation relation;
    Str text;

    if (name->computed || ast->table.temporal) {
        bind_unsupported(b, ast->span, name->computed ? "IDENTIFIER(...)" : "time travel (AS OF)");
        return (Relation){0};
    }
    cte = name->count == 1 ? cte_find(b, name->parts[0].text) : NULL;
    if (cte)
        return cte->self ? bind_self(b, cte->self, ast->span) : bind_cte(b, cte, outer);
    if (!table_name(name, &text))
        return not_found(b, name);
    table = catalog_find(b->catalog, text);
    if (!table)
        return not_found(b, name);
    if (table->broken) /* Told already. */
        return (Relation){0};
    if (ast->table.stream && !table_is_streamable(table, &why, &remedy))
        return stream_refused(b, table, ast->span);
    if (table->kind != TABLE_TEMP_VIEW)
        return bind_scan(b, table, ast->table.stream, ast->span);
    relation = bind_view(b, table, ast->span);
    if (relation.plan && ast->table.stream && !relation.plan->streaming)
        return stream_refused(b, table, ast->span);
    return relation;
}

/* ── what may follow a relation ────────────────────────────────────────────────────────────────*/

static bool finish_relation(Binder *b, const AstRelation *ast, Relation *relation)
{
    Str table = ast->alias.name.text;

    if (ast->sample) {
        bind_unsupported(b, ast->sample->span, "TABLESAMPLE");
        return false;
    }
    if (ast->watermark && !bind_watermark(b, relation, ast->watermark))
        return false;
    if (!table.bytes && !ast->alias.columns.count)
        return true;
    relation->scope = scope_renamed(b, relation->scope, table, &ast->alias.columns);
    return relation->scope != NULL;
}

/* A query in FROM sees nothing around it, unless LATERAL; its columns have no qualifier of their own. */
static Relation bind_subquery_relation(Binder *b, const AstRelation *ast, const Scope *outer)
{
    Relation relation = bind_query(b, ast->query, outer);

    if (!relation.plan)
        return relation;
    relation.plan = relation_project(b, &relation, ast->span);
    relation.scope = scope_renamed(b, relation.scope, STR_EMPTY, NULL);
    return relation;
}

static Relation bind_relation_kind(Binder *b, const AstRelation *ast, const Scope *outer)
{
    switch (ast->kind) {
    case AST_RELATION_TABLE:
        return bind_table(b, ast, outer);
    case AST_RELATION_SUBQUERY:
        return bind_subquery_relation(b, ast, outer);
    case AST_RELATION_VALUES:
        return bind_values(b, &ast->rows, &(AstRelationAlias){0}, outer, ast->span);
    case AST_RELATION_FUNCTION:
        return bind_table_function(b, ast, NULL, false, outer);
    case AST_RELATION_JOIN:
        return bind_join(b, ast, outer);
    case AST_RELATION_PIVOT:
        return bind_pivot(b, ast, outer);
    case AST_RELATION_UNPIVOT:
        return bind_unpivot(b, ast, outer);
    case AST_RELATION_LATERAL_VIEW:
        return bind_lateral_view(b, ast, outer);
    case AST_RELATION_PAREN:
        return bind_from(b, ast->inner, outer);
    case AST_RELATION_INPUT:
        ASSERT(b->pipe_input);
        return *b->pipe_input;
    }
    UNREACHABLE();
}

/* What its columns are called beside others of their name, when plans are shown. */
static void note_qualifiers(Binder *b, const Scope *scope)
{
    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];
        Str *qualifier = &b->plan->qualifiers.items[column->id];

        if (!qualifier->bytes)
            *qualifier = column->table;
    }
}

Relation bind_from(Binder *b, const AstRelation *ast, const Scope *outer)
{
    Relation relation = bind_relation_kind(b, ast, outer);
    Scope *scope;

    if (!relation.plan)
        return relation;
    if (ast->kind != AST_RELATION_LATERAL_VIEW && ast->kind != AST_RELATION_FUNCTION &&
        !finish_relation(b, ast, &relation))
        return (Relation){0};
    note_qualifiers(b, relation.scope);
    if (outer && relation.scope->outer != outer) {
        scope = scope_new(b, outer);
        scope_append(b, scope, relation.scope);
        relation.scope = scope;
    }
    return relation;
}
