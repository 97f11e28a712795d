/*
 * session.c: statements one by one (session.h). What shows something (SHOW, DESCRIBE, EXPLAIN, SET) is
 * in session_show.c.
 *
 * Whatever outlives its statement is made in the session's arena: CREATE statements are parsed a
 * second time into it.
 */
#include "plan/session.h"

#include "base/assert.h"
#include "plan/bind_group.h"
#include "plan/bind_relation.h"
#include "plan/bind_table.h"
#include "plan/rules.h"
#include "plan/session_impl.h"
#include "plan/stream_check.h"
#include "sql/parser.h"

/* ── the session ───────────────────────────────────────────────────────────────────────────────*/

static bool settings_to_context(Session *session, Error *err)
{
    if (!zone_find(settings_text(&session->settings, "spark.sql.session.timeZone"),
                   &session->sql.zone, err))
        return false;
    session->sql.ansi = settings_bool(&session->settings, "spark.sql.ansi.enabled");
    return true;
}

Session *session_create(const Catalog *tables, const Settings *settings)
{
    Session *session = mem_zalloc(sizeof *session);
    Error err = {0};

    arena_init(&session->arena);
    session->catalog = catalog_new(&session->arena, tables);
    settings_init(&session->settings, &session->arena, settings ? settings->environment : NULL);
    for (size_t i = 0; settings && i < settings->count; i++)
        settings_set(&session->settings, settings->items[i].layer, settings->items[i].key,
                     settings->items[i].value, &err);
    session->sql = (SqlContext){.zone = zone_utc(),
                                .ansi = true,
                                .user = STR("weir"),
                                .database = STR("default"),
                                .catalog = STR("spark_catalog")};
    if (!settings_to_context(session, &err))
        session->sql.zone = zone_utc();
    return session;
}

void session_free(Session *session)
{
    if (!session)
        return;
    arena_done(&session->arena);
    free(session);
}

const SqlContext *session_context(const Session *session)
{
    return &session->sql;
}

void session_set_now(Session *session, int64_t now_us)
{
    session->sql.now_us = now_us;
}

Settings *session_settings(Session *session)
{
    return &session->settings;
}

const Catalog *session_catalog(const Session *session)
{
    return session->catalog;
}

void session_set_parameter(Session *session, Str name, const Expr *value)
{
    NamedParameter parameter = {name, value};

    for (size_t i = 0; i < session->parameters.count; i++) {
        if (str_equal_nocase(session->parameters.items[i].name, name)) {
            session->parameters.items[i].value = value;
            return;
        }
    }
    parameter.name = str_copy(&session->arena, name);
    VEC_ADD_IN(&session->arena, &session->parameters, parameter);
}

Binder session_binder(SessionBind *sb, Arena *arena)
{
    PlanContext *plan = ARENA_NEW(arena, PlanContext);
    Binder b;

    plan->arena = arena;
    plan->sql = &sb->session->sql;
    binder_init(&b, plan, sb->session->catalog, sb->diagnostics);
    b.parameters = sb->session->parameters.items;
    b.parameter_count = sb->session->parameters.count;
    b.views_elsewhere = true;
    return b;
}

/* ── queries ───────────────────────────────────────────────────────────────────────────────────*/

bool session_refuse_stream(Binder *b, const Logical *plan, Span span)
{
    if (!plan->streaming)
        return true;
    bind_error(b, span, "UNSUPPORTED_STREAMING_READ", "0A000",
               "A query asked here reads tables as they are, and does not wait for a stream.");
    diagnostic_remedy(b->diagnostics, "leave STREAM out, or put the query into a pipeline");
    return false;
}

void session_plan(Binder *b, Logical *root, const Field *output, BoundStatement *out)
{
    FieldUses uses = {.arena = b->arena};
    PhysicalPlan plan;

    batch_check(b, root);
    plan_optimize(b->plan, &root);
    rule_nested_collect(b->plan, root, false, &uses);
    rule_nested_apply(b->plan, root, false, &uses);
    plan = plan_physical(b->plan, root, output);
    out->places_known = !b->view_used;
    out->plan = plan.root;
    out->node_count = plan.node_count;
    out->scans = plan.scans;
    out->scan_count = plan.scan_count;
}

bool session_bind_query(SessionBind *sb, const AstQuery *query)
{
    Binder b = session_binder(sb, sb->arena);
    Relation relation = bind_query(&b, query, NULL);
    Logical *root;
    Field *fields;
    uint32_t count = 0;

    if (!relation.plan || !session_refuse_stream(&b, relation.plan, query->span))
        return false;
    root = relation_project(&b, &relation, query->span);
    fields = ARENA_ARRAY(sb->arena, Field, root->column_count + 1);
    for (size_t i = 0; i < relation.scope->columns.count; i++) {
        const ScopeColumn *column = &relation.scope->columns.items[i];

        if (!column->hidden)
            fields[count++] = (Field){column->name, column->type, column->nullable};
    }
    session_plan(&b, root, fields, sb->out);
    return true;
}

/* ── CREATE ────────────────────────────────────────────────────────────────────────────────────*/

static bool settings_lookup(void *self, Str key, Str *value)
{
    const Session *session = self;

    return settings_find(&session->settings, key, value);
}

/* The statement once more, in the session's arena. */
static AstStatement *parse_again(SessionBind *sb, const AstStatement *statement, Str *text)
{
    Arena *arena = &sb->session->arena;
    DiagnosticList ignored;
    SqlParser *parser;
    AstStatement *copy = NULL;

    diagnostics_init(&ignored, arena);
    *text = str_copy(arena, str_slice(sb->text, statement->span.offset,
                                      statement->span.offset + statement->span.bytes));
    parser = sql_parser_create(arena, *text, settings_lookup, sb->session, &ignored);
    if (!sql_parser_next(parser, &copy))
        copy = NULL;
    sql_parser_free(parser);
    return copy;
}

static bool already_there(Binder *b, const QualifiedName *name)
{
    bind_error(b, name->span, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07",
               "Cannot create table or view %s because it already exists. Choose a different name, "
               "drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate "
               "pre-existing objects.",
               bind_quoted(b, name));
    return false;
}

static const TableDef *own_table(const SessionBind *sb, const QualifiedName *name)
{
    return name->count ? catalog_find(sb->session->catalog, name->parts[name->count - 1].text)
                       : NULL;
}

static bool bind_create_view(SessionBind *sb, const AstStatement *statement)
{
    const AstCreateView *ast = statement->create_view;
    Binder b = session_binder(sb, sb->arena);
    const TableDef *known = own_table(sb, &ast->name);
    TableDef *view = ARENA_NEW(&sb->session->arena, TableDef);
    AstStatement *kept;
    Relation query;

    if (!ast->query)
        return bind_unsupported(&b, ast->name.span, "CREATE VIEW ... USING") != NULL;
    if (known && !ast->or_replace)
        return ast->if_not_exists || already_there(&b, &ast->name);
    query = bind_query(&b, ast->query, NULL);
    if (!query.plan || !session_refuse_stream(&b, query.plan, statement->span) ||
        !bind_new_name(&b, &ast->name, &view->name))
        return false;
    if (ast->columns.count && ast->columns.count != query.scope->columns.count) {
        bind_error(&b, ast->name.span, "CREATE_VIEW_COLUMN_ARITY_MISMATCH", "21S01",
                   "Cannot create view `%.*s`: it lists %zu columns, the query gives %zu.",
                   STR_ARG(view->name), ast->columns.count, query.scope->columns.count);
        return false;
    }
    kept = parse_again(sb, statement, &view->view_text);
    if (!kept || kept->kind != AST_STATEMENT_CREATE_VIEW)
        return bind_unsupported(&b, statement->span, "a view whose text cannot be kept") != NULL;
    view->kind = TABLE_TEMP_VIEW;
    view->name = str_copy(&sb->session->arena, view->name);
    view->view_ast = kept->create_view;
    view->view_query = kept->create_view->query;
    sb->out->effect = EFFECT_CREATE;
    sb->out->table = view;
    return true;
}

static MemoryRows *memory_rows_new(Arena *arena)
{
    MemoryRows *rows = ARENA_NEW(arena, MemoryRows);

    rows->arena = arena;
    return rows;
}

static Schema schema_copy(Arena *arena, const Schema *schema)
{
    Field *fields = ARENA_ARRAY(arena, Field, schema->column_count + 1);

    for (uint32_t i = 0; i < schema->column_count; i++)
        fields[i] = (Field){str_copy(arena, schema->columns[i].name),
                            type_copy(arena, schema->columns[i].type),
                            schema->columns[i].nullable};
    return (Schema){schema->column_count, fields};
}

static Schema schema_of_scope(Arena *arena, const Scope *scope)
{
    Field *fields = ARENA_ARRAY(arena, Field, scope->columns.count + 1);

    for (size_t i = 0; i < scope->columns.count; i++)
        fields[i] = (Field){scope->columns.items[i].name, scope->columns.items[i].type, true};
    return (Schema){(uint32_t)scope->columns.count, fields};
}

/* A table whose rows are in memory: no provider, or one that weir does not read (parquet). */
static bool bind_memory_table(SessionBind *sb, const AstCreateTable *ast)
{
    Arena *arena = &sb->session->arena;
    Binder b = session_binder(sb, sb->arena);
    TableDef *table = ARENA_NEW(arena, TableDef);
    Schema schema;

    if (!bind_new_name(&b, &ast->name, &table->name) || !bind_columns(&b, &ast->columns, &schema))
        return false;
    if (ast->query) {
        Relation query = bind_query(&b, ast->query, NULL);
        Logical *root;

        if (!query.plan || !session_refuse_stream(&b, query.plan, ast->query->span))
            return false;
        query.plan = relation_project(&b, &query, ast->query->span);
        query.scope = scope_renamed(&b, query.scope, STR_EMPTY, NULL);
        if (!schema.column_count)
            schema = schema_of_scope(sb->arena, query.scope);
        table->schema = schema;
        root = rows_for_table(&b, &query, table, false, ast->query->span);
        if (!root)
            return false;
        session_plan(&b, root, schema.columns, sb->out);
    }
    table->name = str_copy(arena, table->name);
    table->kind = TABLE_MEMORY;
    table->provider = PROVIDER_MEMORY;
    table->schema = schema_copy(arena, &schema);
    table->rows = memory_rows_new(arena);
    sb->out->effect = EFFECT_CREATE;
    sb->out->table = table;
    return true;
}

static bool bind_source_table(SessionBind *sb, const AstStatement *statement)
{
    Arena *arena = &sb->session->arena;
    Binder b = session_binder(sb, arena);
    AstStatement *kept;
    TableDef *table;
    Str text;

    kept = parse_again(sb, statement, &text);
    if (!kept || kept->kind != AST_STATEMENT_CREATE_TABLE)
        return bind_unsupported(&b, statement->span, "this CREATE TABLE") != NULL;
    b.view_span = statement->span; /* Places in the copy mean nothing to the user. */
    table = table_begin(&b, arena, kept->create_table);
    if (!table || diagnostics_failed(sb->diagnostics) || !table_finish(&b, arena, kept->create_table, table))
        return false;
    sb->out->effect = EFFECT_CREATE;
    sb->out->table = table;
    return true;
}

static bool is_source_provider(const AstCreateTable *ast)
{
    Provider provider;

    return ast->provider.count == 1 && !ast->query &&
           provider_find(ast->provider.parts[0].text, &provider) && provider_info(provider)->source &&
           (ast->options.count || ast->properties.count || ast->has_location ||
            (provider != PROVIDER_JSON && provider != PROVIDER_CSV));
}

static bool bind_create_table(SessionBind *sb, const AstStatement *statement)
{
    const AstCreateTable *ast = statement->create_table;
    Binder b = session_binder(sb, sb->arena);
    const TableDef *known = own_table(sb, &ast->name);

    if (ast->kind != AST_TABLE_PLAIN) {
        bind_error(&b, statement->span, "UNSUPPORTED_FEATURE", "0A000",
                   "The feature is not supported: a %s outside a pipeline file.",
                   ast->kind == AST_TABLE_STREAMING ? "streaming table" : "materialized view");
        return diagnostic_remedy(sb->diagnostics, "put it into a file, and `weir run` that");
    }
    if (known && !ast->or_replace)
        return ast->if_not_exists || already_there(&b, &ast->name);
    return is_source_provider(ast) ? bind_source_table(sb, statement) : bind_memory_table(sb, ast);
}

/* ── DROP, INSERT ──────────────────────────────────────────────────────────────────────────────*/

static bool table_missing(Binder *b, const QualifiedName *name)
{
    bind_error(b, name->span, "TABLE_OR_VIEW_NOT_FOUND", "42P01",
               "The table or view %s cannot be found. Verify the spelling and correctness of the "
               "schema and catalog.",
               bind_quoted(b, name));
    return false;
}

static bool bind_drop(SessionBind *sb, const AstStatement *statement)
{
    const AstDrop *drop = statement->drop;
    Binder b = session_binder(sb, sb->arena);
    TableDef *table = drop->name.count ? catalog_find(sb->session->catalog,
                                                      drop->name.parts[drop->name.count - 1].text)
                                       : NULL;

    if (drop->object != AST_OBJECT_TABLE && drop->object != AST_OBJECT_VIEW)
        return drop->if_exists ||
               bind_unsupported(&b, statement->span, "dropping anything but tables and views");
    if (!table)
        return drop->if_exists || table_missing(&b, &drop->name);
    if (table->kind != TABLE_TEMP_VIEW && table->kind != TABLE_MEMORY &&
        table->kind != TABLE_SOURCE)
        return bind_unsupported(&b, drop->name.span, "dropping a pipeline's table") != NULL;
    sb->out->effect = EFFECT_DROP;
    sb->out->table = table;
    return true;
}

/* INSERT INTO t (b, a): the query's columns under those names. */
static bool name_columns(Binder *b, Relation *query, const AstInsert *insert)
{
    if (!insert->columns.count)
        return true;
    query->plan = relation_project(b, query, insert->span);
    query->scope = scope_renamed(b, query->scope, STR_EMPTY, &insert->columns);
    return query->scope != NULL;
}

static bool bind_insert(SessionBind *sb, const AstInsert *insert)
{
    Binder b = session_binder(sb, sb->arena);
    TableDef *table = insert->table.count
                          ? catalog_find(sb->session->catalog,
                                         insert->table.parts[insert->table.count - 1].text)
                          : NULL;
    Relation query;
    Logical *root;

    if (!table)
        return table_missing(&b, &insert->table);
    if (table->kind != TABLE_MEMORY) {
        bind_error(&b, insert->table.span, "UNSUPPORTED_INSERT.NOT_ALLOWED", "42809",
                   "Can't insert into the target: `%.*s` is a %s.", STR_ARG(table->name),
                   table_kind_name(table->kind));
        return diagnostic_remedy(sb->diagnostics, "`weir topic produce` adds records to a topic");
    }
    if (insert->partition_count || insert->replace_where)
        return bind_unsupported(&b, insert->span, "INSERT with PARTITION or REPLACE WHERE") != NULL;
    query = bind_query(&b, insert->query, NULL);
    if (!query.plan || !session_refuse_stream(&b, query.plan, insert->span) ||
        !name_columns(&b, &query, insert))
        return false;
    root = rows_for_table(&b, &query, table, insert->by_name || insert->columns.count > 0,
                          insert->span);
    if (!root)
        return false;
    session_plan(&b, root, table->schema.columns, sb->out);
    sb->out->effect = EFFECT_INSERT;
    sb->out->table = table;
    sb->out->overwrite = insert->overwrite;
    return true;
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

static bool bind_setting(SessionBind *sb, Str key, Str value, Span span)
{
    Settings trial;
    Error err = {0};

    settings_init(&trial, sb->arena, NULL);
    if (!settings_set(&trial, SETTING_COMMAND, key, value, &err))
        return diagnostic_error(sb->diagnostics, span,
                                err.class_name ? err.class_name : "INVALID_SETTING",
                                err.sqlstate ? err.sqlstate : "42616", "%s.", err.text);
    sb->out->effect = EFFECT_SET;
    sb->out->key = str_copy(sb->arena, key);
    sb->out->value = str_copy(sb->arena, value);
    return true;
}

static bool bind_time_zone(SessionBind *sb, const AstStatement *statement)
{
    Binder b = session_binder(sb, sb->arena);
    Str zone = statement->time_zone.zone;
    int64_t us;
    Expr *e;

    if (statement->time_zone.local)
        zone = STR("UTC");
    if (statement->time_zone.interval) {
        e = bind_expr(&b, &(ExprScope){.clause = "SET TIME ZONE"}, statement->time_zone.interval);
        if (!e || !bind_interval_us(&b, e, "The time zone's offset", &us))
            return false;
        us /= 60000000;
        zone = str_of(arena_printf(sb->arena, "%c%02lld:%02lld", us < 0 ? '-' : '+',
                                   (long long)(us < 0 ? -us : us) / 60,
                                   (long long)(us < 0 ? -us : us) % 60));
    }
    return bind_setting(sb, STR("spark.sql.session.timeZone"), zone, statement->span);
}

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

bool session_bind_statement(SessionBind *sb, const AstStatement *statement)
{
    Binder b = session_binder(sb, sb->arena);

    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
        return session_bind_query(sb, statement->query);
    case AST_STATEMENT_CREATE_TABLE:
        return bind_create_table(sb, statement);
    case AST_STATEMENT_CREATE_VIEW:
        return bind_create_view(sb, statement);
    case AST_STATEMENT_DROP:
        return bind_drop(sb, statement);
    case AST_STATEMENT_INSERT:
        return bind_insert(sb, statement->insert);
    case AST_STATEMENT_SET:
        if (statement->set.key.bytes && statement->set.has_value)
            return bind_setting(sb, statement->set.key, statement->set.value, statement->span);
        return session_show(sb, statement);
    case AST_STATEMENT_SET_TIME_ZONE:
        return bind_time_zone(sb, statement);
    case AST_STATEMENT_RESET:
        sb->out->effect = EFFECT_RESET;
        sb->out->key = str_copy(sb->arena, statement->reset.key);
        return true;
    case AST_STATEMENT_EXPLAIN:
    case AST_STATEMENT_SHOW:
    case AST_STATEMENT_DESCRIBE:
        return session_show(sb, statement);
    case AST_STATEMENT_USE:
    case AST_STATEMENT_CACHE:
    case AST_STATEMENT_UNCACHE:
    case AST_STATEMENT_REFRESH:
        return true; /* Nothing to do: all is in one schema, and nothing is cached. */
    case AST_STATEMENT_CREATE_FLOW:
    case AST_STATEMENT_MULTI_INSERT:
    case AST_STATEMENT_DELETE:
    case AST_STATEMENT_UPDATE:
    case AST_STATEMENT_TRUNCATE:
    case AST_STATEMENT_DECLARE_VARIABLE:
    case AST_STATEMENT_SET_VARIABLE:
        return bind_unsupported(&b, statement->span, statement_kind_name(statement->kind)) != NULL;
    case AST_STATEMENT_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

BoundStatement *session_bind(Session *session, Arena *arena, const AstStatement *statement, Str text,
                             DiagnosticList *diagnostics)
{
    SessionBind sb = {
        .session = session,
        .arena = arena,
        .text = text,
        .diagnostics = diagnostics,
        .out = ARENA_NEW(arena, BoundStatement),
    };

    return session_bind_statement(&sb, statement) ? sb.out : NULL;
}

bool session_apply(Session *session, const BoundStatement *statement, Error *err)
{
    switch (statement->effect) {
    case EFFECT_CREATE:
        catalog_put(session->catalog, statement->table);
        return true;
    case EFFECT_DROP:
        catalog_remove(session->catalog, statement->table->name);
        return true;
    case EFFECT_SET:
        return settings_set(&session->settings, SETTING_COMMAND, statement->key, statement->value,
                            err) &&
               settings_to_context(session, err);
    case EFFECT_RESET:
        settings_unset(&session->settings, SETTING_COMMAND, statement->key);
        return settings_to_context(session, err);
    case EFFECT_NONE:
    case EFFECT_INSERT:
        return true;
    }
    UNREACHABLE();
}
