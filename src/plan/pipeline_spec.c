/*
 * pipeline_spec.c: the statements of a pipeline file, one after another (pipeline_spec.h).
 *
 * A statement that is wrong leaves a table behind all the same, marked broken, so that those that
 * read it are not told as wrong too.
 */
#include "plan/pipeline_spec.h"

#include "base/assert.h"
#include "base/edit_distance.h"
#include "plan/bind_group.h"
#include "plan/bind_table.h"
#include "plan/pipeline_bind.h"
#include "plan/stream_check.h"
#include "sql/parser.h"

static Binder statement_binder(PipelineBinder *p)
{
    PlanContext *plan = ARENA_NEW(p->arena, PlanContext);
    Binder b;

    plan->arena = p->arena;
    plan->sql = &p->spec->sql;
    binder_init(&b, plan, p->spec->catalog, p->diagnostics);
    return b;
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

static bool apply_settings(PipelineBinder *p, Span span)
{
    PipelineSpec *spec = p->spec;
    Error err = {0};

    if (!zone_find(settings_text(&spec->settings, "spark.sql.session.timeZone"), &spec->sql.zone,
                   &err))
        return diagnostic_error(p->diagnostics, span, err.class_name, err.sqlstate, "%s", err.text);
    spec->sql.ansi = settings_bool(&spec->settings, "spark.sql.ansi.enabled");
    return true;
}

static bool set_value(PipelineBinder *p, Str key, Str value, Span span)
{
    Error err = {0};

    if (!settings_set(&p->spec->settings, SETTING_FILE, key, value, &err))
        return diagnostic_error(p->diagnostics, span, err.class_name ? err.class_name
                                                                     : "INVALID_SETTING",
                                err.sqlstate ? err.sqlstate : "42616", "%s.", err.text);
    return apply_settings(p, span);
}

static bool bind_set(PipelineBinder *p, const AstSetSetting *set, Span span)
{
    FileSetting here = {set->key, span};

    if (!set->key.bytes || !set->has_value) {
        diagnostic_error(p->diagnostics, span, "INVALID_SET_SYNTAX", "42000",
                         "In a pipeline SET needs a key and a value.");
        return diagnostic_remedy(p->diagnostics, "write SET key = value");
    }
    VEC_ADD_IN(p->arena, &p->file_settings, here);
    return set_value(p, set->key, set->value, set->value_span.line ? set->value_span : span);
}

/* INTERVAL '5:30' HOUR TO MINUTE -> +05:30 */
static bool zone_offset(PipelineBinder *p, const AstExpr *ast, Str *out)
{
    Binder b = statement_binder(p);
    Expr *e = bind_expr(&b, &(ExprScope){.clause = "SET TIME ZONE"}, ast);
    int64_t us;

    if (!e || !bind_interval_us(&b, e, "The time zone's offset", &us))
        return false;
    us /= 60000000;
    *out = str_of(arena_printf(p->arena, "%c%02lld:%02lld", us < 0 ? '-' : '+',
                               (long long)(us < 0 ? -us : us) / 60,
                               (long long)(us < 0 ? -us : us) % 60));
    return true;
}

static bool bind_time_zone(PipelineBinder *p, const AstStatement *ast)
{
    Str zone = ast->time_zone.zone;

    if (ast->time_zone.local) {
        diagnostic_error(p->diagnostics, ast->span, "INVALID_TIMEZONE", "22009",
                         "A pipeline does not depend on the machine's time zone.");
        return diagnostic_remedy(p->diagnostics, "name one: SET TIME ZONE 'Europe/London'");
    }
    if (ast->time_zone.interval && !zone_offset(p, ast->time_zone.interval, &zone))
        return false;
    return set_value(p, STR("spark.sql.session.timeZone"), zone, ast->time_zone.zone_span);
}

static bool settings_lookup(void *self, Str key, Str *value)
{
    PipelineBinder *p = self;

    VEC_ADD_IN(p->arena, &p->references, key);
    return settings_find(&p->spec->settings, key, value);
}

static bool is_referred_to(const PipelineBinder *p, Str key)
{
    for (size_t i = 0; i < p->references.count; i++) {
        if (str_equal_nocase(p->references.items[i], key))
            return true;
    }
    return false;
}

/* Any name may be set, to be used as ${name}. One that is not used, and that weir does not know either,
 * does nothing: that is an error where it is one slip away from a name that would do something, or belongs to a
 * family of which weir knows all. */
static void check_setting_name(PipelineBinder *p, Str key, Span span, bool warn)
{
    Str near;

    if (setting_def(key) || is_referred_to(p, key))
        return;
    near = setting_suggest(key);
    if (!near.bytes)
        near = spelling_nearest(key, p->references.items, p->references.count);
    if (near.bytes && (setting_is_of_own_family(key) || edit_distance(near, key, 3) < 3)) {
        diagnostic_error(p->diagnostics, span, "INVALID_SETTING", "42616",
                         "There is no setting '%.*s'%s.", STR_ARG(key),
                         span.line ? "" : warn ? " (--set)" : " (--config)");
        diagnostic_remedy(p->diagnostics, "did you mean '%.*s'?", STR_ARG(near));
    } else if (warn && !setting_is_passed_on(key)) {
        diagnostic_warning(p->diagnostics, span, NULL,
                           "The setting '%.*s'%s is used nowhere in this file.", STR_ARG(key),
                           span.line ? "" : " (--set)");
    }
}

static void check_setting_names(PipelineBinder *p)
{
    const Settings *settings = &p->spec->settings;

    for (size_t i = 0; i < p->file_settings.count; i++)
        check_setting_name(p, p->file_settings.items[i].key, p->file_settings.items[i].span, true);
    for (size_t i = 0; i < settings->count; i++) {
        /* A --config file may be one for many pipelines. */
        if (settings->items[i].layer == SETTING_COMMAND ||
            settings->items[i].layer == SETTING_CONFIG)
            check_setting_name(p, settings->items[i].key, SPAN_NONE,
                               settings->items[i].layer == SETTING_COMMAND);
    }
}

/* ── tables ────────────────────────────────────────────────────────────────────────────────────*/

static bool already_there(PipelineBinder *p, const QualifiedName *name, const TableDef *table)
{
    Str text = name->count ? name->parts[name->count - 1].text : STR_EMPTY;

    diagnostic_error(p->diagnostics, name->span, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07",
                     "Cannot create table or view `%.*s` because it already exists.",
                     STR_ARG(text));
    if (table->name_span.line)
        diagnostic_remedy(p->diagnostics, "choose another name; the first one is in line %u",
                          table->name_span.line);
    return false;
}

static TableDef *table_of_name(PipelineBinder *p, const QualifiedName *name)
{
    return name->count ? catalog_find(p->spec->catalog, name->parts[name->count - 1].text) : NULL;
}

static void register_table(PipelineBinder *p, TableDef *table)
{
    TableDef *all[3] = {table, table->dead_letter, table->late};

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (!all[i] || !catalog_add(p->spec->catalog, all[i]))
            continue;
        if (all[i]->kind != TABLE_TEMP_VIEW)
            VEC_ADD_IN(p->arena, &p->tables, all[i]);
    }
}

static bool next_word(Str *rest, Str *word)
{
    uint32_t from = 0, to;

    while (from < rest->bytes &&
           ((unsigned char)rest->data[from] <= ' ' || rest->data[from] == '('))
        from++;
    for (to = from; to < rest->bytes && (unsigned char)rest->data[to] > ' ' && rest->data[to] != '(';)
        to++;
    *word = str_slice(*rest, from, to);
    *rest = str_slice(*rest, to, rest->bytes);
    return to > from;
}

static void register_name(PipelineBinder *p, Str name)
{
    TableDef *table;

    if (name.bytes > 2 && name.data[0] == '`' && name.data[name.bytes - 1] == '`')
        name = str_slice(name, 1, name.bytes - 1);
    if (!name.bytes || catalog_find(p->spec->catalog, name))
        return;
    table = ARENA_NEW(p->arena, TableDef);
    *table = (TableDef){.name = name, .kind = TABLE_MEMORY, .broken = true};
    catalog_add(p->spec->catalog, table);
}

/* The tables of a statement that could not be read, as far as its words tell their names: more than one
 * where a semicolon is missing. */
static void register_unread(PipelineBinder *p, Str text)
{
    enum { WORDS_BETWEEN = 6 }; /* CREATE ... MATERIALIZED VIEW IF NOT EXISTS name */
    uint32_t since_create = WORDS_BETWEEN;
    bool named = false;
    Str word;

    for (; next_word(&text, &word); since_create++) {
        if (str_is_nocase(word, "create")) {
            since_create = 0;
            named = false;
        } else if (since_create < WORDS_BETWEEN &&
                   (str_is_nocase(word, "table") || str_is_nocase(word, "view"))) {
            named = true;
        } else if (named && !str_is_nocase(word, "if") && !str_is_nocase(word, "not") &&
                   !str_is_nocase(word, "exists")) {
            register_name(p, word);
            named = false;
        }
    }
}

static bool register_broken(PipelineBinder *p, const QualifiedName *name)
{
    TableDef *table = ARENA_NEW(p->arena, TableDef);

    if (!name->count)
        return false;
    table->name = name->parts[name->count - 1].text;
    table->kind = TABLE_MEMORY;
    table->broken = true;
    table->name_span = name->span;
    catalog_add(p->spec->catalog, table);
    return false;
}

/* ── a query's rows as a table's ───────────────────────────────────────────────────────────────*/

static bool output_names_differ(Binder *b, const Scope *scope, const TableDef *table)
{
    for (size_t i = 0; i < scope->columns.count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!str_equal_nocase(scope->columns.items[i].name, scope->columns.items[j].name))
                continue;
            bind_error(b, table->name_span, "COLUMN_ALREADY_EXISTS", "42711",
                       "The column `%.*s` already exists. Choose another name or rename the "
                       "existing column.",
                       STR_ARG(scope->columns.items[i].name));
            diagnostic_remedy(b->diagnostics, "give one of them another name with AS");
            return false;
        }
        if (scope->columns.items[i].type->kind == TYPE_VOID) {
            bind_error(b, table->name_span, "INCOMPATIBLE_COLUMN", "42K09",
                       "The column `%.*s` has no type: it is always NULL.",
                       STR_ARG(scope->columns.items[i].name));
            diagnostic_remedy(b->diagnostics, "write CAST(NULL AS <type>) AS %.*s",
                              STR_ARG(scope->columns.items[i].name));
            return false;
        }
    }
    return true;
}

/* The query's columns are the table's. */
static bool schema_from_query(Binder *b, Arena *arena, const Scope *scope, TableDef *table)
{
    uint32_t count = (uint32_t)scope->columns.count;
    Field *fields = ARENA_ARRAY(arena, Field, count + 1);

    if (!output_names_differ(b, scope, table))
        return false;
    for (uint32_t i = 0; i < count; i++)
        fields[i] = (Field){scope->columns.items[i].name, scope->columns.items[i].type, true};
    table->schema = (Schema){count, fields};
    return true;
}

static const ScopeColumn *source_column(const Scope *scope, const TableDef *table, uint32_t i,
                                        bool by_name)
{
    if (!by_name)
        return i < scope->columns.count ? &scope->columns.items[i] : NULL;
    for (size_t k = 0; k < scope->columns.count; k++) {
        if (str_equal_nocase(scope->columns.items[k].name, table->schema.columns[i].name))
            return &scope->columns.items[k];
    }
    return NULL;
}

static Expr *store_value(Binder *b, const TableDef *table, uint32_t i, const ScopeColumn *column,
                         Span span)
{
    const Field *field = &table->schema.columns[i];
    Expr *out;
    Error err = {0};

    if (!column) {
        if (field->nullable)
            return expr_literal_null(b->arena, field->type, span);
        return bind_error(b, span, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", "KD000",
                          "Cannot write incompatible data for the table `%.*s`: Cannot find data "
                          "for the output column `%.*s`.",
                          STR_ARG(table->name), STR_ARG(field->name));
    }
    if (expr_store_cast(b->arena, b->sql, scope_column_expr(b, column, span), field->type, span,
                        &out, &err))
        return out;
    return bind_error(b, span, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST", "KD000",
                      "Cannot write incompatible data for the table `%.*s`: Cannot safely cast "
                      "`%.*s` %s to %s.",
                      STR_ARG(table->name), STR_ARG(field->name), type_text_sql(b, column->type),
                      type_text_sql(b, field->type));
}

static bool no_extra_columns(Binder *b, const Scope *scope, const TableDef *table, bool by_name,
                             Span span)
{
    if (!by_name && scope->columns.count != table->schema.column_count) {
        bind_error(b, span, "INSERT_COLUMN_ARITY_MISMATCH", "21S01",
                   "Cannot write to `%.*s`: it has %u columns, the query gives %zu.",
                   STR_ARG(table->name), table->schema.column_count, scope->columns.count);
        return false;
    }
    for (size_t i = 0; by_name && i < scope->columns.count; i++) {
        if (schema_find(&table->schema, scope->columns.items[i].name) >= 0)
            continue;
        bind_error(b, span, "INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS", "KD000",
                   "Cannot write incompatible data for the table `%.*s`: Cannot write extra columns "
                   "`%.*s`.",
                   STR_ARG(table->name), STR_ARG(scope->columns.items[i].name));
        return false;
    }
    return true;
}

/* The query's rows in the table's columns: order and types. NULL: they do not fit. */
Logical *rows_for_table(Binder *b, const Relation *query, const TableDef *table, bool by_name,
                        Span span)
{
    uint32_t count = table->schema.column_count;
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + 1);
    bool ok = no_extra_columns(b, query->scope, table, by_name, span);

    for (uint32_t i = 0; i < count && ok; i++) {
        const Field *field = &table->schema.columns[i];
        Expr *e = store_value(b, table, i, source_column(query->scope, table, i, by_name), span);

        ok = e != NULL;
        if (!e)
            break;
        items[i].expr = e;
        items[i].id = e->kind == EXPR_COLUMN
                          ? e->column_i
                          : plan_column_new(b->plan, field->name, field->type, e->nullable);
    }
    return ok ? logical_project(b->plan, query->plan, items, count, span) : NULL;
}

/* ── flows and views ───────────────────────────────────────────────────────────────────────────*/

static void add_draft(PipelineBinder *p, const Binder *b, Draft draft)
{
    draft.plan = b->plan;
    draft.reads = b->reads.items;
    draft.read_count = b->reads.count;
    VEC_ADD_IN(p->arena, &p->drafts, draft);
}

static const uint32_t *key_ids(Binder *b, const TableDef *table, const Logical *root,
                               uint32_t *count)
{
    bool topic = table->provider == PROVIDER_KAFKA;
    const uint32_t *columns = topic ? table->topic_key : table->primary_key;
    uint32_t *ids;

    *count = topic ? table->topic_key_count : table->primary_key_count;
    ids = ARENA_ARRAY(b->arena, uint32_t, *count + 1);
    for (uint32_t i = 0; i < *count; i++)
        ids[i] = root->columns[columns[i]];
    return ids;
}

static bool check_flow(Binder *b, TableDef *table, Logical *root, Span span, OutputMode *mode)
{
    StreamTarget target = {.table = table, .span = table->name_span};

    if (!root->streaming) {
        bind_error(b, span, "INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE", "42000",
                   "Flow `%.*s` returns an invalid relation type: streaming tables may only be "
                   "defined by streaming relations, but the flow attempts to write a batch "
                   "relation.",
                   STR_ARG(table->name));
        diagnostic_remedy(b->diagnostics,
                          "write STREAM before the table it reads, or CREATE MATERIALIZED VIEW");
        return false;
    }
    target.key_ids = key_ids(b, table, root, &target.key_count);
    target.mode_given = table_option_given(table, "output_mode");
    if (target.mode_given && str_is_nocase(table_option(table, "output_mode"), "update"))
        target.mode = OUTPUT_UPDATE;
    if (!stream_check(b, root, &target))
        return false;
    *mode = target.mode;
    return true;
}

static bool bind_streaming_query(PipelineBinder *p, const AstCreateTable *ast, TableDef *table)
{
    Binder b = statement_binder(p);
    Relation query = bind_query(&b, ast->query, NULL);
    bool declared = table->schema.column_count > 0;
    Draft draft = {.name = table->name, .table = table, .span = ast->name.span,
                   .query_span = ast->query->span};

    if (!query.plan || (!declared && !schema_from_query(&b, p->arena, query.scope, table)))
        return false;
    draft.root = rows_for_table(&b, &query, table, declared, ast->name.span);
    if (!draft.root || !table_finish(&b, p->arena, ast, table) ||
        !check_flow(&b, table, draft.root, ast->query->span, &draft.mode))
        return false;
    table->output_mode = draft.mode;
    add_draft(p, &b, draft);
    return true;
}

static bool bind_view_query(PipelineBinder *p, const AstCreateTable *ast, TableDef *table)
{
    Binder b = statement_binder(p);
    Relation query = bind_query(&b, ast->query, NULL);
    bool declared = table->schema.column_count > 0;
    Draft draft = {.is_view = true, .name = table->name, .table = table, .span = ast->name.span,
                   .query_span = ast->query->span};

    if (!query.plan || (!declared && !schema_from_query(&b, p->arena, query.scope, table)))
        return false;
    if (query.plan->streaming) {
        bind_error(&b, ast->query->span,
                   "INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_MATERIALIZED_VIEW", "42000",
                   "Flow `%.*s` returns an invalid relation type: materialized views may only be "
                   "defined by a batch relation, but the flow attempts to write a streaming "
                   "relation.",
                   STR_ARG(table->name));
        diagnostic_remedy(p->diagnostics,
                          "read the table without STREAM, or CREATE STREAMING TABLE");
        return false;
    }
    draft.root = rows_for_table(&b, &query, table, declared, ast->name.span);
    if (!draft.root || !table_finish(&b, p->arena, ast, table))
        return false;
    batch_check(&b, draft.root);
    add_draft(p, &b, draft);
    return true;
}

/* The options that the table's provider, maybe a new one, knows, and the path. */
static void replace_options(PipelineBinder *p, TableDef *table, unsigned place, Str path)
{
    TableOption *options = ARENA_ARRAY(p->arena, TableOption, table->option_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < table->option_count; i++) {
        const OptionDef *def =
            option_find(table->options[i].key, table->provider, place);

        if (!def || strcmp(def->key, "path") == 0 ||
            !option_check(def, table->options[i].value, &(Error){0}))
            continue;
        options[count] = table->options[i];
        options[count++].def = def;
    }
    options[count++] = (TableOption){
        .key = STR("path"),
        .value = path,
        .def = option_find(STR("path"), table->provider, place),
        .key_span = table->name_span,
        .value_span = table->name_span,
    };
    table->options = options;
    table->option_count = count;
}

static void replace_source(PipelineBinder *p, TableDef *table)
{
    for (uint32_t i = 0; i < p->input->replaced_count; i++) {
        const ReplacedSource *replaced = &p->input->replaced[i];

        if (!str_equal_nocase(replaced->table, table->name))
            continue;
        table->provider = replaced->provider;
        replace_options(p, table, OPTION_OF_SOURCE, replaced->path);
    }
}

/* The table stands in weir itself, whatever servers it names. */
static void leave_servers_out(PipelineBinder *p, TableDef *table)
{
    TableOption *options = ARENA_ARRAY(p->arena, TableOption, table->option_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < table->option_count; i++) {
        Str key = table->options[i].key;

        if (!str_is_nocase(key, "url") && !str_is_nocase(key, "password_file") &&
            !(key.bytes > 6 && str_is_nocase(str_slice(key, 0, 6), "kafka.")))
            options[count++] = table->options[i];
    }
    table->options = options;
    table->option_count = count;
}

static void redirect_target(PipelineBinder *p, TableDef *table)
{
    const char *dir = p->input->file_target_dir;

    if (dir)
        leave_servers_out(p, table);
    if (dir && (table->provider == PROVIDER_JSON || table->provider == PROVIDER_CSV))
        replace_options(p, table,
                        table->kind == TABLE_STREAMING ? OPTION_OF_STREAMING : OPTION_OF_VIEW,
                        str_of(arena_printf(p->arena, "%s/%s", dir,
                                            str_file_name(p->arena, table->name))));
}

/* As if each streaming table said 'output_mode' = 'append'. */
static void append_only(PipelineBinder *p, TableDef *table)
{
    TableOption *options = ARENA_ARRAY(p->arena, TableOption, table->option_count + 1);
    uint32_t count = 0;

    if (!p->input->append_only || table->kind != TABLE_STREAMING)
        return;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (!str_is_nocase(table->options[i].key, "output_mode"))
            options[count++] = table->options[i];
    }
    options[count++] = (TableOption){
        .key = STR("output_mode"),
        .value = STR("append"),
        .def = option_find(STR("output_mode"), table->provider, OPTION_OF_STREAMING),
        .key_span = table->name_span,
        .value_span = table->name_span,
    };
    table->options = options;
    table->option_count = count;
}

/* The topic or folder that a table writes to, which others may name too; data == NULL: none. */
static Str place_of(const TableDef *table)
{
    Str path;

    if (table->kind != TABLE_STREAMING && table->kind != TABLE_MATERIALIZED_VIEW)
        return (Str){NULL, 0};
    if (table->provider == PROVIDER_KAFKA)
        return table_topic(table);
    if (table->provider != PROVIDER_JSON && table->provider != PROVIDER_CSV)
        return (Str){NULL, 0};
    path = table_option(table, "path");
    while (path.bytes > 1 && path.data[path.bytes - 1] == '/')
        path.bytes--;
    return path;
}

/* Each table has a writer of its own: of two in one place, the rows of one would be lost. */
static bool writes_alone(PipelineBinder *p, Binder *b, const TableDef *table)
{
    const char *option = table->provider == PROVIDER_KAFKA ? "topic" : "path";
    Str place = place_of(table);
    Span span = table->name_span;

    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_is_nocase(table->options[i].key, option))
            span = table->options[i].value_span;
    }
    for (size_t i = 0; place.data && i < p->tables.count; i++) {
        const TableDef *other = p->tables.items[i];
        static const char servers[] = "kafka.bootstrap.servers";

        if (!str_equal(place_of(other), place) ||
            (other->provider == PROVIDER_KAFKA) != (table->provider == PROVIDER_KAFKA) ||
            !str_equal(table_option(other, servers), table_option(table, servers)))
            continue;
        bind_error(b, span, "INVALID_OPTION_VALUE", "42616",
                   "'%s': `%.*s` writes to '%.*s' already.", option, STR_ARG(other->name),
                   STR_ARG(place));
        diagnostic_remedy(p->diagnostics,
                          "choose another place, or write CREATE FLOW ... AS INSERT INTO %.*s BY NAME "
                          "SELECT ...",
                          STR_ARG(other->name));
        return false;
    }
    return true;
}

static bool bind_create_table(PipelineBinder *p, const AstCreateTable *ast)
{
    const TableDef *known = table_of_name(p, &ast->name);
    Binder b = statement_binder(p);
    TableDef *table;
    bool ok;

    if (known)
        return ast->if_not_exists || already_there(p, &ast->name, known);
    if (ast->or_replace || ast->replace_only || ast->temporary) {
        bind_unsupported(&b, ast->name.span,
                         ast->temporary ? "CREATE TEMPORARY TABLE" : "OR REPLACE");
        return register_broken(p, &ast->name);
    }
    table = table_begin(&b, p->arena, ast);
    if (!table)
        return register_broken(p, &ast->name);
    if (ast->kind == AST_TABLE_PLAIN && ast->query) {
        bind_error(&b, ast->query->span, "INVALID_STATEMENT_OR_CLAUSE", "42601",
                   "CREATE TABLE ... AS is not possible in a pipeline.");
        diagnostic_remedy(p->diagnostics,
                          "write CREATE STREAMING TABLE, or CREATE MATERIALIZED VIEW");
        return register_broken(p, &ast->name);
    }
    if (ast->kind == AST_TABLE_MATERIALIZED_VIEW && !ast->query) {
        bind_error(&b, ast->name.span, "MISSING_QUERY", "42601",
                   "A materialized view needs a query: AS SELECT ...");
        return register_broken(p, &ast->name);
    }
    if (table->kind == TABLE_SOURCE)
        replace_source(p, table);
    else
        redirect_target(p, table);
    append_only(p, table);
    if (!ast->query)
        ok = table_finish(&b, p->arena, ast, table);
    else if (ast->kind == AST_TABLE_STREAMING)
        ok = bind_streaming_query(p, ast, table);
    else
        ok = bind_view_query(p, ast, table);
    if (ok && !ast->query && table->kind == TABLE_STREAMING)
        table->output_mode = str_is_nocase(table_option(table, "output_mode"), "update")
                                 ? OUTPUT_UPDATE : OUTPUT_APPEND;
    if (!ok || !writes_alone(p, &b, table))
        return register_broken(p, &ast->name);
    if (p->input->keep_late && table->kind == TABLE_STREAMING && !table->late)
        table->late = table_late_new(p->arena, table);
    register_table(p, table);
    return true;
}

static bool bind_create_view(PipelineBinder *p, const AstCreateView *ast)
{
    const TableDef *known = table_of_name(p, &ast->name);
    Binder b = statement_binder(p);
    TableDef *view = ARENA_NEW(p->arena, TableDef);
    Relation query;

    if (known)
        return ast->if_not_exists || already_there(p, &ast->name, known);
    if (!ast->query) {
        bind_unsupported(&b, ast->name.span, "CREATE TEMPORARY VIEW ... USING");
        diagnostic_remedy(p->diagnostics, "write CREATE TABLE ... USING");
        return register_broken(p, &ast->name);
    }
    if (!bind_new_name(&b, &ast->name, &view->name))
        return false;
    view->kind = TABLE_TEMP_VIEW;
    view->view_query = ast->query;
    view->view_ast = ast;
    view->name_span = view->span = ast->name.span;
    query = bind_query(&b, ast->query, NULL);
    if (!query.plan)
        return register_broken(p, &ast->name);
    if (ast->columns.count && ast->columns.count != query.scope->columns.count) {
        bind_error(&b, ast->name.span, "CREATE_VIEW_COLUMN_ARITY_MISMATCH", "21S01",
                   "Cannot create view `%.*s`: it lists %zu columns, the query gives %zu.",
                   STR_ARG(view->name), ast->columns.count, query.scope->columns.count);
        return register_broken(p, &ast->name);
    }
    view->from_stream = query.plan->streaming;
    register_table(p, view);
    return true;
}

static bool bind_create_flow(PipelineBinder *p, const AstCreateFlow *ast)
{
    const AstInsert *insert = ast->insert;
    TableDef *table = table_of_name(p, &insert->table);
    Binder b = statement_binder(p);
    Draft draft = {.table = table, .span = ast->name.span, .query_span = insert->query->span};
    Relation query;

    if (!bind_new_name(&b, &ast->name, &draft.name))
        return false;
    for (size_t i = 0; i < p->drafts.count; i++) {
        if (str_equal_nocase(p->drafts.items[i].name, draft.name)) {
            bind_error(&b, ast->name.span, "FLOW_ALREADY_EXISTS", "42710",
                       "There is a flow or a table called `%.*s` already.", STR_ARG(draft.name));
            return false;
        }
    }
    if (!table || (table->kind != TABLE_STREAMING && !table->broken)) {
        bind_error(&b, insert->table.span, table ? "INVALID_FLOW_TARGET" : "TABLE_OR_VIEW_NOT_FOUND",
                   table ? "42809" : "42P01", "%s is no streaming table of this file.",
                   bind_quoted(&b, &insert->table));
        diagnostic_remedy(p->diagnostics, "write CREATE STREAMING TABLE further up");
        return false;
    }
    if (table->broken)
        return false;
    if (!insert->by_name || insert->overwrite || insert->columns.count) {
        bind_error(&b, insert->span, "UNSUPPORTED_FEATURE", "0A000",
                   "Only INSERT INTO by name flows supported.");
        diagnostic_remedy(p->diagnostics, "write INSERT INTO %.*s BY NAME SELECT ...",
                          STR_ARG(table->name));
        return false;
    }
    query = bind_query(&b, insert->query, NULL);
    if (!query.plan || !output_names_differ(&b, query.scope, table))
        return false;
    draft.root = rows_for_table(&b, &query, table, true, insert->span);
    if (!draft.root || !check_flow(&b, table, draft.root, insert->query->span, &draft.mode))
        return false;
    if (draft.mode == OUTPUT_UPDATE && table->output_mode == OUTPUT_APPEND)
        draft.mode = table->output_mode = OUTPUT_UPDATE;
    add_draft(p, &b, draft);
    return true;
}

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

static bool refuse_statement(PipelineBinder *p, const AstStatement *ast)
{
    Span span = ast->span;

    span.bytes = MIN(span.bytes, 6);
    diagnostic_error(p->diagnostics, span, "UNSUPPORTED_PIPELINE_STATEMENT", "0A000",
                     "A pipeline file cannot hold %s.", statement_kind_name(ast->kind));
    if (ast->kind == AST_STATEMENT_QUERY)
        return diagnostic_remedy(p->diagnostics,
                                 "ask it with `weir sql`, or keep its rows with CREATE STREAMING "
                                 "TABLE or CREATE MATERIALIZED VIEW");
    if (ast->kind == AST_STATEMENT_INSERT)
        return diagnostic_remedy(p->diagnostics,
                                 "write CREATE FLOW name AS INSERT INTO table BY NAME SELECT ...");
    return false;
}

static bool bind_statement(PipelineBinder *p, const AstStatement *ast)
{
    if (ast->kind == AST_STATEMENT_SET)
        return bind_set(p, &ast->set, ast->span);
    if (ast->kind == AST_STATEMENT_SET_TIME_ZONE)
        return bind_time_zone(p, ast);
    if (ast->kind == AST_STATEMENT_CREATE_TABLE)
        return bind_create_table(p, ast->create_table);
    if (ast->kind == AST_STATEMENT_CREATE_VIEW)
        return bind_create_view(p, ast->create_view);
    if (ast->kind == AST_STATEMENT_CREATE_FLOW)
        return bind_create_flow(p, ast->create_flow);
    return refuse_statement(p, ast);
}

/* Known settings that the environment has with values that cannot be. */
static void check_environment(PipelineBinder *p)
{
    const SettingDef *def;

    for (size_t i = 0; (def = setting_at(i)); i++) {
        OptionDef option = {.key = def->key, .type = def->type, .values = def->values};
        Str value;
        Error err = {0};

        if (settings_find(&p->spec->settings, str_of(def->key), &value) &&
            !option_check(&option, value, &err))
            diagnostic_error(p->diagnostics, SPAN_NONE, "INVALID_SETTING", "42616",
                             "setting '%s': %s.", def->key, err.text);
    }
}

static void copy_settings(PipelineSpec *spec, const Settings *from)
{
    settings_init(&spec->settings, spec->arena, from ? from->environment : NULL);
    for (size_t i = 0; from && i < from->count; i++) {
        Setting setting = {str_copy(spec->arena, from->items[i].key),
                           str_copy(spec->arena, from->items[i].value), from->items[i].layer};

        VEC_ADD_IN(spec->arena, &spec->settings, setting);
    }
}

PipelineSpec *pipeline_spec_bind(Arena *arena, const PipelineInput *input,
                                 DiagnosticList *diagnostics)
{
    PipelineSpec *spec = ARENA_NEW(arena, PipelineSpec);
    PipelineBinder p = {
        .arena = arena, .spec = spec, .input = input, .diagnostics = diagnostics};
    AstStatement *statement;
    SqlParser *parser;

    spec->arena = arena;
    spec->file_name = input->file_name;
    spec->text = input->text;
    spec->catalog = catalog_new(arena, NULL);
    spec->sql = (SqlContext){.zone = zone_utc(),
                             .ansi = true,
                             .user = STR("weir"),
                             .database = STR("default"),
                             .catalog = STR("spark_catalog")};
    copy_settings(spec, input->settings);
    check_environment(&p);
    if (!diagnostics_failed(diagnostics))
        apply_settings(&p, SPAN_NONE);
    parser = sql_parser_create(arena, input->text, settings_lookup, &p, diagnostics);
    while (sql_parser_next(parser, &statement)) {
        if (statement)
            bind_statement(&p, statement);
        else
            register_unread(&p, sql_parser_text(parser));
    }
    sql_parser_free(parser);
    check_setting_names(&p);
    spec->tables = p.tables.items;
    spec->table_count = (uint32_t)p.tables.count;
    if (diagnostics_failed(diagnostics) || !pipeline_plan(&p)) {
        diagnostics_sort(diagnostics);
        return NULL;
    }
    diagnostics_sort(diagnostics);
    return spec;
}

const FlowSpec *pipeline_spec_flow(const PipelineSpec *spec, Str name)
{
    for (uint32_t i = 0; i < spec->flow_count; i++) {
        if (str_equal_nocase(spec->flows[i].name, name))
            return &spec->flows[i];
    }
    return NULL;
}

const ViewSpec *pipeline_spec_view(const PipelineSpec *spec, Str name)
{
    for (uint32_t i = 0; i < spec->view_count; i++) {
        if (str_equal_nocase(spec->views[i].table->name, name))
            return &spec->views[i];
    }
    return NULL;
}
