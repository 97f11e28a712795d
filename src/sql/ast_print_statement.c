/*
 * ast_print_statement.c: statements.
 */
#include "sql/ast_print.h"

/* ── pieces ────────────────────────────────────────────────────────────────────────────────────*/

void ast_print_properties(StrBuf *out, const AstPropertyList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const AstProperty *property = &list->items[i];

        strbuf_add_c(out, i == 0 ? "(" : ", ");
        ast_print_string(out, property->key);
        if (!property->has_value)
            continue;
        strbuf_add_c(out, " = ");
        if (property->expr)
            ast_print_expr(out, property->expr);
        else
            ast_print_string(out, property->value);
    }
    strbuf_add_char(out, ')');
}

void ast_print_assignments(StrBuf *out, const AstAssignmentList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_name(out, &list->items[i].column);
        strbuf_add_c(out, " = ");
        ast_print_expr(out, list->items[i].value);
    }
}

static void print_word_name(StrBuf *out, const char *word, const QualifiedName *name)
{
    if (name->count == 0 && !name->computed)
        return;
    strbuf_add_c(out, word);
    ast_print_name(out, name);
}

static void print_word_string(StrBuf *out, const char *word, bool present, Str text)
{
    if (!present)
        return;
    strbuf_add_c(out, word);
    ast_print_string(out, text);
}

static void print_word_properties(StrBuf *out, const char *word, const AstPropertyList *list)
{
    if (list->count == 0)
        return;
    strbuf_add_c(out, word);
    ast_print_properties(out, list);
}

/* ── CREATE ────────────────────────────────────────────────────────────────────────────────────*/

static void print_column(StrBuf *out, const AstColumnDef *column)
{
    ast_print_ident(out, &column->name);
    if (column->type) {
        strbuf_add_char(out, ' ');
        ast_print_type(out, column->type);
    }
    if (column->not_null)
        strbuf_add_c(out, " NOT NULL");
    if (column->default_value) {
        strbuf_add_c(out, " DEFAULT ");
        ast_print_expr(out, column->default_value);
    }
    if (column->generated) {
        strbuf_add_c(out, " GENERATED ALWAYS AS (");
        ast_print_expr(out, column->generated);
        strbuf_add_char(out, ')');
    }
    print_word_string(out, " COMMENT ", column->has_comment, column->comment);
}

static void print_constraint(StrBuf *out, const AstTableConstraint *constraint)
{
    if (constraint->name.text.bytes > 0) {
        strbuf_add_c(out, "CONSTRAINT ");
        ast_print_ident(out, &constraint->name);
        strbuf_add_char(out, ' ');
    }
    switch (constraint->kind) {
    case AST_CONSTRAINT_CHECK:
        strbuf_add_c(out, "CHECK (");
        ast_print_expr(out, constraint->check);
        strbuf_add_char(out, ')');
        return;
    case AST_CONSTRAINT_PRIMARY_KEY:
        strbuf_add_c(out, "PRIMARY KEY ");
        break;
    case AST_CONSTRAINT_UNIQUE:
        strbuf_add_c(out, "UNIQUE ");
        break;
    case AST_CONSTRAINT_FOREIGN_KEY:
        strbuf_add_c(out, "FOREIGN KEY ");
        break;
    }
    ast_print_idents(out, &constraint->columns);
    print_word_name(out, " REFERENCES ", &constraint->references);
    if (constraint->reference_columns.count > 0)
        ast_print_idents(out, &constraint->reference_columns);
}

static void print_table_elements(StrBuf *out, const AstCreateTable *table)
{
    const char *before = " (";

    for (size_t i = 0; i < table->columns.count; i++) {
        strbuf_add_c(out, before);
        print_column(out, &table->columns.items[i]);
        before = ", ";
    }
    for (size_t i = 0; i < table->constraints.count; i++) {
        strbuf_add_c(out, before);
        print_constraint(out, &table->constraints.items[i]);
        before = ", ";
    }
    if (before[0] == ',')
        strbuf_add_char(out, ')');
}

static void print_partitioned_by(StrBuf *out, const AstCreateTable *table)
{
    for (size_t i = 0; i < table->partitioned_by_count; i++) {
        const AstPartitionField *field = &table->partitioned_by[i];

        strbuf_add_c(out, i == 0 ? " PARTITIONED BY (" : ", ");
        if (field->column)
            print_column(out, field->column);
        else
            ast_print_expr(out, field->expr);
    }
    if (table->partitioned_by_count > 0)
        strbuf_add_char(out, ')');
}

static void print_create_table(StrBuf *out, const AstCreateTable *table)
{
    static const char *const kinds[] = {
        [AST_TABLE_PLAIN] = "TABLE ",
        [AST_TABLE_STREAMING] = "STREAMING TABLE ",
        [AST_TABLE_MATERIALIZED_VIEW] = "MATERIALIZED VIEW ",
    };

    strbuf_printf(out, "%s%s%s%s%s%s", table->replace_only ? "REPLACE " : "CREATE ",
                  table->or_replace ? "OR REPLACE " : "", table->temporary ? "TEMPORARY " : "",
                  table->external ? "EXTERNAL " : "", kinds[table->kind],
                  table->if_not_exists ? "IF NOT EXISTS " : "");
    ast_print_name(out, &table->name);
    print_word_name(out, " LIKE ", &table->like);
    print_table_elements(out, table);
    print_word_name(out, " USING ", &table->provider);
    print_word_properties(out, " OPTIONS ", &table->options);
    print_partitioned_by(out, table);
    if (table->cluster_by.count > 0) {
        strbuf_add_c(out, " CLUSTER BY (");
        ast_print_names(out, &table->cluster_by);
        strbuf_add_char(out, ')');
    }
    print_word_string(out, " LOCATION ", table->has_location, table->location);
    print_word_string(out, " COMMENT ", table->has_comment, table->comment);
    if (table->default_collation.bytes > 0) {
        strbuf_add_c(out, " DEFAULT COLLATION ");
        ast_print_ident(out, &(Ident){.text = table->default_collation});
    }
    print_word_properties(out, " TBLPROPERTIES ", &table->properties);
    if (table->query) {
        strbuf_add_c(out, " AS ");
        ast_print_query(out, table->query);
    }
}

static void print_create_view(StrBuf *out, const AstCreateView *view)
{
    strbuf_printf(out, "CREATE %s%s%sVIEW %s", view->or_replace ? "OR REPLACE " : "",
                  view->global ? "GLOBAL " : "", view->temporary ? "TEMPORARY " : "",
                  view->if_not_exists ? "IF NOT EXISTS " : "");
    ast_print_name(out, &view->name);
    for (size_t i = 0; i < view->columns.count; i++) {
        strbuf_add_c(out, i == 0 ? " (" : ", ");
        print_column(out, &view->columns.items[i]);
    }
    if (view->columns.count > 0)
        strbuf_add_char(out, ')');
    print_word_name(out, " USING ", &view->provider);
    print_word_properties(out, " OPTIONS ", &view->options);
    print_word_string(out, " COMMENT ", view->has_comment, view->comment);
    print_word_properties(out, " TBLPROPERTIES ", &view->properties);
    if (view->query) {
        strbuf_add_c(out, " AS ");
        ast_print_query(out, view->query);
    }
}

/* ── INSERT ────────────────────────────────────────────────────────────────────────────────────*/

static void print_insert(StrBuf *out, const AstInsert *insert)
{
    strbuf_add_c(out, insert->overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
    ast_print_name(out, &insert->table);
    for (size_t i = 0; i < insert->partition_count; i++) {
        strbuf_add_c(out, i == 0 ? " PARTITION (" : ", ");
        ast_print_ident(out, &(Ident){.text = insert->partition[i].key});
        if (insert->partition[i].expr) {
            strbuf_add_c(out, " = ");
            ast_print_expr(out, insert->partition[i].expr);
        }
    }
    if (insert->partition_count > 0)
        strbuf_add_char(out, ')');
    if (insert->if_not_exists)
        strbuf_add_c(out, " IF NOT EXISTS");
    if (insert->by_name)
        strbuf_add_c(out, " BY NAME");
    if (insert->columns.count > 0) {
        strbuf_add_char(out, ' ');
        ast_print_idents(out, &insert->columns);
    }
    if (insert->replace_where) {
        strbuf_add_c(out, " REPLACE WHERE ");
        ast_print_expr(out, insert->replace_where);
    }
    strbuf_add_char(out, ' ');
    ast_print_query(out, insert->query);
}

static void print_create_flow(StrBuf *out, const AstCreateFlow *flow)
{
    strbuf_add_c(out, "CREATE FLOW ");
    ast_print_name(out, &flow->name);
    print_word_string(out, " COMMENT ", flow->has_comment, flow->comment);
    strbuf_add_c(out, " AS ");
    print_insert(out, flow->insert);
}

/* FROM stands once, before all: so each query is printed without it. */
static void print_multi_insert(StrBuf *out, const AstMultiInsert *multi)
{
    for (size_t i = 0; i < multi->count; i++) {
        AstInsert insert = multi->inserts[i];
        AstQuery query = *insert.query;
        AstQueryBody body = *query.body;
        AstSelect select = *body.select;

        if (i == 0) {
            strbuf_add_c(out, "FROM ");
            ast_print_relation(out, select.from);
        }
        select.from = NULL;
        body.select = &select;
        query.body = &body;
        insert.query = &query;
        strbuf_add_char(out, ' ');
        print_insert(out, &insert);
    }
}

/* ── the others ────────────────────────────────────────────────────────────────────────────────*/

static const char *object_text(AstObjectKind object)
{
    static const char *const texts[] = {
        [AST_OBJECT_TABLE] = "TABLE ",
        [AST_OBJECT_VIEW] = "VIEW ",
        [AST_OBJECT_MATERIALIZED_VIEW] = "MATERIALIZED VIEW ",
        [AST_OBJECT_FLOW] = "FLOW ",
        [AST_OBJECT_SCHEMA] = "SCHEMA ",
        [AST_OBJECT_FUNCTION] = "FUNCTION ",
        [AST_OBJECT_VARIABLE] = "VARIABLE ",
        [AST_OBJECT_CATALOG] = "CATALOG ",
        [AST_OBJECT_QUERY] = "QUERY ",
    };

    return texts[object];
}

static void print_drop(StrBuf *out, const AstDrop *drop)
{
    strbuf_printf(out, "DROP %s%s%s", drop->temporary ? "TEMPORARY " : "",
                  object_text(drop->object), drop->if_exists ? "IF EXISTS " : "");
    ast_print_name(out, &drop->name);
    strbuf_add_c(out, drop->purge ? " PURGE" : drop->cascade ? " CASCADE" : "");
}

static void print_set(StrBuf *out, const AstSetSetting *set)
{
    strbuf_add_c(out, set->verbose ? "SET -v" : "SET");
    if (set->key.bytes > 0)
        strbuf_printf(out, " `%.*s`", STR_ARG(set->key));
    if (set->has_value)
        strbuf_printf(out, " = %.*s", STR_ARG(set->value));
}

static void print_time_zone(StrBuf *out, const AstStatement *statement)
{
    strbuf_add_c(out, "SET TIME ZONE ");
    if (statement->time_zone.local)
        strbuf_add_c(out, "LOCAL");
    else if (statement->time_zone.interval)
        ast_print_expr(out, statement->time_zone.interval);
    else
        ast_print_string(out, statement->time_zone.zone);
}

static void print_variables(StrBuf *out, const AstStatement *statement)
{
    if (statement->kind == AST_STATEMENT_DECLARE_VARIABLE) {
        strbuf_printf(out, "DECLARE %sVARIABLE ",
                      statement->declare_variable.or_replace ? "OR REPLACE " : "");
        ast_print_names(out, &statement->declare_variable.names);
        if (statement->declare_variable.type) {
            strbuf_add_char(out, ' ');
            ast_print_type(out, statement->declare_variable.type);
        }
        if (statement->declare_variable.default_value) {
            strbuf_add_c(out, " DEFAULT ");
            ast_print_expr(out, statement->declare_variable.default_value);
        }
        return;
    }
    strbuf_add_c(out, "SET VARIABLE ");
    if (!statement->set_variable.query) {
        ast_print_assignments(out, &statement->set_variable.assignments);
        return;
    }
    strbuf_add_char(out, '(');
    ast_print_names(out, &statement->set_variable.names);
    strbuf_add_c(out, ") = (");
    ast_print_query(out, statement->set_variable.query);
    strbuf_add_char(out, ')');
}

static void print_show(StrBuf *out, const AstShow *show)
{
    static const char *const texts[] = {
        [AST_SHOW_TABLES] = "TABLES",
        [AST_SHOW_TABLE_EXTENDED] = "TABLE EXTENDED",
        [AST_SHOW_VIEWS] = "VIEWS",
        [AST_SHOW_COLUMNS] = "COLUMNS FROM ",
        [AST_SHOW_FUNCTIONS] = "FUNCTIONS",
        [AST_SHOW_SCHEMAS] = "SCHEMAS",
        [AST_SHOW_CATALOGS] = "CATALOGS",
        [AST_SHOW_CURRENT_SCHEMA] = "CURRENT SCHEMA",
        [AST_SHOW_TBLPROPERTIES] = "TBLPROPERTIES ",
        [AST_SHOW_CREATE_TABLE] = "CREATE TABLE ",
        [AST_SHOW_PARTITIONS] = "PARTITIONS ",
    };

    strbuf_add_c(out, "SHOW ");
    if (show->scope.bytes > 0)
        strbuf_printf(out, "%.*s ", STR_ARG(show->scope));
    strbuf_add_c(out, texts[show->kind]);
    if (show->kind != AST_SHOW_FUNCTIONS)
        print_word_name(out, "", &show->name);
    print_word_name(out, " FROM ", &show->in);
    if (show->kind == AST_SHOW_FUNCTIONS)
        print_word_name(out, " LIKE ", &show->name);
    print_word_string(out, " LIKE ", show->has_pattern, show->pattern);
    if (show->key.bytes > 0) {
        strbuf_add_c(out, " (");
        ast_print_string(out, show->key);
        strbuf_add_char(out, ')');
    }
}

static void print_describe(StrBuf *out, const AstDescribe *describe)
{
    strbuf_printf(out, "DESCRIBE %s%s", object_text(describe->object),
                  describe->extended ? "EXTENDED " : "");
    if (describe->query) {
        ast_print_query(out, describe->query);
        return;
    }
    ast_print_name(out, &describe->name);
    print_word_name(out, " ", &describe->column);
    if (describe->as_json)
        strbuf_add_c(out, " AS JSON");
}

static void print_explain(StrBuf *out, const AstStatement *statement)
{
    static const char *const modes[] = {
        [AST_EXPLAIN_PLAIN] = "",
        [AST_EXPLAIN_LOGICAL] = "LOGICAL ",
        [AST_EXPLAIN_FORMATTED] = "FORMATTED ",
        [AST_EXPLAIN_EXTENDED] = "EXTENDED ",
        [AST_EXPLAIN_CODEGEN] = "CODEGEN ",
        [AST_EXPLAIN_COST] = "COST ",
    };

    strbuf_printf(out, "EXPLAIN %s", modes[statement->explain.mode]);
    ast_print_statement(out, statement->explain.statement);
}

static void print_where(StrBuf *out, const AstExpr *where)
{
    if (!where)
        return;
    strbuf_add_c(out, " WHERE ");
    ast_print_expr(out, where);
}

static void print_delete(StrBuf *out, const AstStatement *statement)
{
    strbuf_add_c(out, "DELETE FROM ");
    ast_print_name(out, &statement->delete_from.table);
    ast_print_alias(out, &statement->delete_from.alias);
    print_where(out, statement->delete_from.where);
}

static void print_update(StrBuf *out, const AstStatement *statement)
{
    strbuf_add_c(out, "UPDATE ");
    ast_print_name(out, &statement->update.table);
    ast_print_alias(out, &statement->update.alias);
    strbuf_add_c(out, " SET ");
    ast_print_assignments(out, &statement->update.assignments);
    print_where(out, statement->update.where);
}

static void print_cache(StrBuf *out, const AstStatement *statement)
{
    strbuf_add_c(out, statement->cache.lazy ? "CACHE LAZY TABLE " : "CACHE TABLE ");
    ast_print_name(out, &statement->cache.table);
    print_word_properties(out, " OPTIONS ", &statement->cache.options);
    if (statement->cache.query) {
        strbuf_add_c(out, " AS ");
        ast_print_query(out, statement->cache.query);
    }
}

void ast_print_statement(StrBuf *out, const AstStatement *statement)
{
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
        ast_print_query(out, statement->query);
        break;
    case AST_STATEMENT_CREATE_TABLE:
        print_create_table(out, statement->create_table);
        break;
    case AST_STATEMENT_CREATE_FLOW:
        print_create_flow(out, statement->create_flow);
        break;
    case AST_STATEMENT_CREATE_VIEW:
        print_create_view(out, statement->create_view);
        break;
    case AST_STATEMENT_DROP:
        print_drop(out, statement->drop);
        break;
    case AST_STATEMENT_INSERT:
        print_insert(out, statement->insert);
        break;
    case AST_STATEMENT_MULTI_INSERT:
        print_multi_insert(out, statement->multi_insert);
        break;
    case AST_STATEMENT_DELETE:
        print_delete(out, statement);
        break;
    case AST_STATEMENT_UPDATE:
        print_update(out, statement);
        break;
    case AST_STATEMENT_TRUNCATE:
    case AST_STATEMENT_UNCACHE:
    case AST_STATEMENT_REFRESH:
        strbuf_printf(out, "%s ", statement_kind_name(statement->kind));
        ast_print_name(out, &statement->table);
        break;
    case AST_STATEMENT_SET:
        print_set(out, &statement->set);
        break;
    case AST_STATEMENT_RESET:
        strbuf_add_c(out, "RESET");
        if (statement->reset.key.bytes > 0)
            strbuf_printf(out, " `%.*s`", STR_ARG(statement->reset.key));
        break;
    case AST_STATEMENT_SET_TIME_ZONE:
        print_time_zone(out, statement);
        break;
    case AST_STATEMENT_DECLARE_VARIABLE:
    case AST_STATEMENT_SET_VARIABLE:
        print_variables(out, statement);
        break;
    case AST_STATEMENT_EXPLAIN:
        print_explain(out, statement);
        break;
    case AST_STATEMENT_SHOW:
        print_show(out, statement->show);
        break;
    case AST_STATEMENT_DESCRIBE:
        print_describe(out, statement->describe);
        break;
    case AST_STATEMENT_USE:
        strbuf_printf(out, "USE %s", object_text(statement->use.object));
        ast_print_name(out, &statement->use.name);
        break;
    case AST_STATEMENT_CACHE:
        print_cache(out, statement);
        break;
    case AST_STATEMENT_KIND_COUNT:
        break;
    }
}
