/*
 * session_show.c: statements that tell about things: SHOW, DESCRIBE, EXPLAIN, SET. Their answer is a
 * plan of one VALUES node, so that it is run and printed as any query.
 */
#include "base/assert.h"
#include "plan/session_impl.h"

/* ── rows of text ──────────────────────────────────────────────────────────────────────────────*/

enum { SHOW_COLUMNS_MAX = 4 };

typedef struct ShowRow {
    Str cells[SHOW_COLUMNS_MAX]; /* data == NULL: NULL. */
} ShowRow;

typedef struct ShowRows {
    SessionBind *sb;
    const char *names[SHOW_COLUMNS_MAX];
    uint32_t column_count;
    VEC(ShowRow) rows;
} ShowRows;

static void show_add(ShowRows *show, Str a, Str b, Str c)
{
    ShowRow row = {{a, b, c}};

    VEC_ADD_IN(show->sb->arena, &show->rows, row);
}

static bool show_finish(ShowRows *show)
{
    Arena *arena = show->sb->arena;
    uint32_t row_count = (uint32_t)show->rows.count;
    Batch *batch = batch_new(arena, show->column_count, row_count);
    Field *fields = ARENA_ARRAY(arena, Field, show->column_count);
    Node *node = ARENA_NEW(arena, Node);

    for (uint32_t c = 0; c < show->column_count; c++) {
        Vector *column = vector_new(arena, &type_string, row_count);

        for (uint32_t r = 0; r < row_count; r++) {
            vector_strs(column)[r] = show->rows.items[r].cells[c];
            if (!show->rows.items[r].cells[c].data) {
                vector_strs(column)[r] = STR_EMPTY;
                vector_set_null(arena, column, r);
            }
        }
        batch->columns[c] = column;
        fields[c] = (Field){str_of(show->names[c]), &type_string, true};
    }
    node->kind = NODE_VALUES;
    node->schema = (Schema){show->column_count, fields};
    node->as.values.rows = batch;
    show->sb->out->plan = node;
    show->sb->out->node_count = 1;
    return true;
}

/* ── SHOW ──────────────────────────────────────────────────────────────────────────────────────*/

/* Spark's patterns: * is any text, | separates alternatives, case does not count. */
static bool glob_matches(Str pattern, Str text)
{
    while (pattern.bytes) {
        if (pattern.data[0] == '*' || pattern.data[0] == '%') {
            pattern = str_slice(pattern, 1, pattern.bytes);
            for (uint32_t i = 0; i <= text.bytes; i++) {
                if (glob_matches(pattern, str_slice(text, i, text.bytes)))
                    return true;
            }
            return false;
        }
        if (!text.bytes ||
            !str_equal_nocase(str_slice(pattern, 0, 1), str_slice(text, 0, 1)))
            return false;
        pattern = str_slice(pattern, 1, pattern.bytes);
        text = str_slice(text, 1, text.bytes);
    }
    return !text.bytes;
}

static bool pattern_matches(const AstShow *show, Str name)
{
    Str rest = show->pattern, one;

    if (!show->has_pattern)
        return true;
    if (rest.bytes > 256)
        return false;
    while (str_split(&rest, '|', &one)) {
        if (glob_matches(str_trim(one), name))
            return true;
    }
    return false;
}

static bool show_tables(SessionBind *sb, const AstShow *ast, bool views_only)
{
    ShowRows show = {.sb = sb, .names = {"namespace", "tableName", "isTemporary"},
                     .column_count = 3};

    if (views_only)
        show.names[1] = "viewName";
    for (const Catalog *catalog = sb->session->catalog; catalog;
         catalog = catalog_parent(catalog)) {
        const TableDef *table;

        for (size_t i = 0; (table = catalog_at(catalog, i)); i++) {
            bool temporary = table->kind == TABLE_TEMP_VIEW;

            if ((!views_only || temporary) && pattern_matches(ast, table->name))
                show_add(&show, temporary ? STR_EMPTY : STR("default"), table->name,
                         temporary ? STR("true") : STR("false"));
        }
    }
    return show_finish(&show);
}

static bool show_functions(SessionBind *sb, const AstShow *ast)
{
    ShowRows show = {.sb = sb, .names = {"function"}, .column_count = 1};
    const Function *fn;

    for (size_t i = 0; (fn = function_at(i)); i++) {
        if (!(fn->flags & FN_HIDDEN) && pattern_matches(ast, str_of(fn->name)))
            show_add(&show, str_of(fn->name), STR_EMPTY, STR_EMPTY);
    }
    return show_finish(&show);
}

static TableDef *table_of(SessionBind *sb, const QualifiedName *name)
{
    Binder b = session_binder(sb, sb->arena);
    TableDef *table = name->count ? catalog_find(sb->session->catalog,
                                                 name->parts[name->count - 1].text)
                                  : NULL;

    if (!table)
        bind_error(&b, name->span, "TABLE_OR_VIEW_NOT_FOUND", "42P01",
                   "The table or view %s cannot be found. Verify the spelling and correctness of "
                   "the schema and catalog.",
                   bind_quoted(&b, name));
    return table;
}

/* A view's columns are those of its query. */
static bool table_schema(SessionBind *sb, const TableDef *table, Schema *out)
{
    Binder b = session_binder(sb, sb->arena);
    Relation query;
    Field *fields;

    *out = table->schema;
    if (table->kind != TABLE_TEMP_VIEW)
        return true;
    query = bind_query(&b, table->view_query, NULL);
    if (!query.plan)
        return false;
    fields = ARENA_ARRAY(sb->arena, Field, query.scope->columns.count + 1);
    for (size_t i = 0; i < query.scope->columns.count; i++) {
        fields[i] = (Field){query.scope->columns.items[i].name, query.scope->columns.items[i].type,
                            true};
        if (table->view_ast && i < table->view_ast->columns.count)
            fields[i].name = table->view_ast->columns.items[i].name.text;
    }
    *out = (Schema){(uint32_t)query.scope->columns.count, fields};
    return true;
}

static bool show_columns(SessionBind *sb, const AstShow *ast)
{
    ShowRows show = {.sb = sb, .names = {"col_name"}, .column_count = 1};
    const TableDef *table = table_of(sb, &ast->name);
    Schema schema;

    if (!table || !table_schema(sb, table, &schema))
        return false;
    for (uint32_t i = 0; i < schema.column_count; i++)
        show_add(&show, schema.columns[i].name, STR_EMPTY, STR_EMPTY);
    return show_finish(&show);
}

static bool show_properties(SessionBind *sb, const AstShow *ast)
{
    ShowRows show = {.sb = sb, .names = {"key", "value"}, .column_count = 2};
    const TableDef *table = table_of(sb, &ast->name);

    if (!table)
        return false;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (!ast->key.bytes || str_equal_nocase(ast->key, table->options[i].key))
            show_add(&show, table->options[i].key,
                     setting_shown(sb->arena, table->options[i].key, table->options[i].value),
                     STR_EMPTY);
    }
    return show_finish(&show);
}

static bool show_one(SessionBind *sb, const char *name, Str value)
{
    ShowRows show = {.sb = sb, .names = {name}, .column_count = 1};

    show_add(&show, value, STR_EMPTY, STR_EMPTY);
    return show_finish(&show);
}

static bool bind_show(SessionBind *sb, const AstStatement *statement)
{
    const AstShow *ast = statement->show;
    Binder b = session_binder(sb, sb->arena);

    switch (ast->kind) {
    case AST_SHOW_TABLES:
    case AST_SHOW_TABLE_EXTENDED:
        return show_tables(sb, ast, false);
    case AST_SHOW_VIEWS:
        return show_tables(sb, ast, true);
    case AST_SHOW_COLUMNS:
        return show_columns(sb, ast);
    case AST_SHOW_FUNCTIONS:
        return show_functions(sb, ast);
    case AST_SHOW_SCHEMAS:
        return show_one(sb, "namespace", STR("default"));
    case AST_SHOW_CATALOGS:
        return show_one(sb, "catalog", STR("spark_catalog"));
    case AST_SHOW_CURRENT_SCHEMA:
        return show_one(sb, "namespace", STR("default"));
    case AST_SHOW_TBLPROPERTIES:
        return show_properties(sb, ast);
    case AST_SHOW_CREATE_TABLE:
    case AST_SHOW_PARTITIONS:
        return bind_unsupported(&b, statement->span, "this SHOW") != NULL;
    }
    UNREACHABLE();
}

/* ── DESCRIBE ──────────────────────────────────────────────────────────────────────────────────*/

static bool describe_schema(SessionBind *sb, const Schema *schema, const QualifiedName *only)
{
    ShowRows show = {.sb = sb, .names = {"col_name", "data_type", "comment"}, .column_count = 3};
    bool any = false;

    for (uint32_t i = 0; i < schema->column_count; i++) {
        const Field *field = &schema->columns[i];

        if (only->count && !str_equal_nocase(only->parts[only->count - 1].text, field->name))
            continue;
        any = true;
        show_add(&show, field->name, str_of(type_name_in(sb->arena, field->type)),
                 (Str){NULL, 0});
    }
    if (only->count && !any) {
        Binder b = session_binder(sb, sb->arena);

        scope_error_unresolved(&b, NULL, only, only->span);
        return false;
    }
    return show_finish(&show);
}

static bool describe_function(SessionBind *sb, const AstDescribe *ast)
{
    ShowRows show = {.sb = sb, .names = {"function_desc"}, .column_count = 1};
    Str name = ast->name.count ? ast->name.parts[ast->name.count - 1].text : STR_EMPTY;
    const Function *fn = function_find(name);
    Binder b = session_binder(sb, sb->arena);

    if (!fn || (fn->flags & FN_HIDDEN))
        return bind_error(&b, ast->name.span, "UNRESOLVED_ROUTINE", "42883",
                          "Cannot resolve routine %s on search path [`system`.`builtin`, "
                          "`system`.`session`, `spark_catalog`.`default`].",
                          bind_quoted(&b, &ast->name)) != NULL;
    show_add(&show, str_of(arena_printf(sb->arena, "Function: %s", fn->name)), STR_EMPTY,
             STR_EMPTY);
    show_add(&show, str_of(arena_printf(sb->arena, "Usage: %s", fn->doc ? fn->doc : "")), STR_EMPTY,
             STR_EMPTY);
    if (ast->extended && fn->example)
        show_add(&show, str_of(arena_printf(sb->arena, "Example: %s", fn->example)), STR_EMPTY,
                 STR_EMPTY);
    return show_finish(&show);
}

static bool describe_query(SessionBind *sb, const AstQuery *query)
{
    QualifiedName none = {0};
    Schema schema;

    if (!session_bind_query(sb, query))
        return false;
    schema = sb->out->plan->schema;
    sb->out->scan_count = 0;
    return describe_schema(sb, &schema, &none);
}

static bool bind_describe(SessionBind *sb, const AstStatement *statement)
{
    const AstDescribe *ast = statement->describe;
    Binder b = session_binder(sb, sb->arena);
    const TableDef *table;
    Schema schema;

    if (ast->object == AST_OBJECT_QUERY)
        return describe_query(sb, ast->query);
    if (ast->object == AST_OBJECT_FUNCTION)
        return describe_function(sb, ast);
    if (ast->object != AST_OBJECT_TABLE)
        return bind_unsupported(&b, statement->span, "this DESCRIBE") != NULL;
    table = table_of(sb, &ast->name);
    return table && table_schema(sb, table, &schema) && describe_schema(sb, &schema, &ast->column);
}

/* ── EXPLAIN, SET ──────────────────────────────────────────────────────────────────────────────*/

static bool bind_explain(SessionBind *sb, const AstStatement *statement)
{
    BoundStatement inner = {0}, *out = sb->out;
    StrBuf text;
    Str copy;

    sb->out = &inner;
    if (!session_bind_statement(sb, statement->explain.statement))
        return false;
    sb->out = out;
    strbuf_init(&text);
    if (inner.plan)
        node_print(&text, inner.plan);
    copy = str_trim(str_copy(sb->arena, strbuf_str(&text)));
    strbuf_done(&text);
    return show_one(sb, "plan", copy);
}

static bool show_settings(SessionBind *sb, Str key)
{
    ShowRows show = {.sb = sb, .names = {"key", "value"}, .column_count = 2};
    const Settings *settings = &sb->session->settings;
    Str value;

    if (key.bytes) {
        if (!settings_find(settings, key, &value))
            value = setting_def(key) ? settings_text(settings, setting_def(key)->key)
                                     : STR("<undefined>");
        show_add(&show, key, setting_shown(sb->arena, key, value), STR_EMPTY);
        return show_finish(&show);
    }
    for (size_t i = 0; i < settings->count; i++) {
        if (settings_find(settings, settings->items[i].key, &value))
            show_add(&show, settings->items[i].key,
                     setting_shown(sb->arena, settings->items[i].key, value), STR_EMPTY);
    }
    return show_finish(&show);
}

bool session_show(SessionBind *sb, const AstStatement *statement)
{
    if (statement->kind == AST_STATEMENT_SHOW)
        return bind_show(sb, statement);
    if (statement->kind == AST_STATEMENT_DESCRIBE)
        return bind_describe(sb, statement);
    if (statement->kind == AST_STATEMENT_EXPLAIN)
        return bind_explain(sb, statement);
    ASSERT(statement->kind == AST_STATEMENT_SET);
    return show_settings(sb, statement->set.key);
}
