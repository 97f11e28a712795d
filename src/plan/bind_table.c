/*
 * bind_table.c: CREATE TABLE, STREAMING TABLE, MATERIALIZED VIEW -> TableDefs, every option checked.
 */
#include "plan/bind_table.h"

#include <stdio.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "log/topic.h"
#include "plan/record_field.h"
#include "sql/ast_print.h"
#include "sql/parser.h"

/* ── names and providers ───────────────────────────────────────────────────────────────────────*/

bool bind_new_name(Binder *b, const QualifiedName *name, Str *out)
{
    if (name->computed || !name->count || name->count > 3 ||
        (name->count >= 2 && !str_is_nocase(name->parts[name->count - 2].text, "default"))) {
        bind_error(b, name->span, "UNSUPPORTED_FEATURE", "0A000",
                   "The feature is not supported: schemas and catalogs other than "
                   "spark_catalog.default.");
        return false;
    }
    *out = name->parts[name->count - 1].text;
    if (str_ends_with(*out, STR("__dead_letter")) || str_ends_with(*out, STR("__late"))) {
        bind_error(b, name->span, "RESERVED_NAME", "42939",
                   "Names that end in __dead_letter or __late are those of generated tables.");
        return false;
    }
    return true;
}

static unsigned option_bit(AstTableKind kind)
{
    switch (kind) {
    case AST_TABLE_PLAIN:
        return OPTION_OF_SOURCE;
    case AST_TABLE_STREAMING:
        return OPTION_OF_STREAMING;
    case AST_TABLE_MATERIALIZED_VIEW:
        return OPTION_OF_VIEW;
    }
    UNREACHABLE();
}

static bool provider_fits(AstTableKind kind, Provider provider)
{
    const ProviderInfo *info = provider_info(provider);

    return kind == AST_TABLE_PLAIN ? info->source
           : kind == AST_TABLE_STREAMING ? info->target
                                         : info->view;
}

/* "cassandra, postgres, ..." of those that fit. */
static const char *fitting_providers(Binder *b, AstTableKind kind)
{
    StrBuf text;
    const char *copy;

    strbuf_init(&text);
    for (int i = PROVIDER_NONE + 1; i < PROVIDER_COUNT; i++) {
        if (provider_fits(kind, (Provider)i))
            strbuf_printf(&text, "%s%s", text.bytes ? ", " : "", provider_info((Provider)i)->name);
    }
    copy = arena_strdup(b->arena, strbuf_c(&text));
    strbuf_done(&text);
    return copy;
}

static bool table_provider(Binder *b, const AstCreateTable *ast, TableDef *table)
{
    const QualifiedName *name = &ast->provider;
    Str names[PROVIDER_COUNT], near;
    size_t count = 0;

    if (!name->count) {
        if (ast->kind == AST_TABLE_MATERIALIZED_VIEW) {
            table->provider = PROVIDER_POSTGRES;
            return true;
        }
        bind_error(b, table->name_span, "MISSING_PROVIDER", "42601",
                   "The %s `%.*s` does not say where its rows are: USING is missing.",
                   table_kind_name(table->kind), STR_ARG(table->name));
        diagnostic_remedy(b->diagnostics, "write USING and one of %s",
                          fitting_providers(b, ast->kind));
        return false;
    }
    if (name->count == 1 && provider_find(name->parts[0].text, &table->provider)) {
        if (provider_fits(ast->kind, table->provider))
            return true;
        bind_error(b, name->span, "UNSUPPORTED_PROVIDER", "0A000",
                   "A %s cannot be USING %s.", table_kind_name(table->kind),
                   provider_info(table->provider)->name);
        diagnostic_remedy(b->diagnostics, "use one of %s", fitting_providers(b, ast->kind));
        return false;
    }
    for (int i = PROVIDER_NONE + 1; i < PROVIDER_COUNT; i++) {
        if (provider_fits(ast->kind, (Provider)i))
            names[count++] = str_of(provider_info((Provider)i)->name);
    }
    near = spelling_nearest(name->parts[name->count - 1].text, names, count);
    bind_error(b, name->span, "DATA_SOURCE_NOT_FOUND", "42K02",
               "Failed to find the data source: %.*s.",
               STR_ARG(qualified_text(b->arena, name)));
    if (near.bytes)
        diagnostic_remedy(b->diagnostics, "did you mean %.*s?", STR_ARG(near));
    else
        diagnostic_remedy(b->diagnostics, "use one of %s", fitting_providers(b, ast->kind));
    return false;
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────*/

typedef VEC(TableOption) OptionVec;

static bool property_value(Binder *b, const AstProperty *property, Str *out)
{
    Expr *e;
    const Vector *v;
    StrBuf text;

    *out = property->value;
    if (!property->expr)
        return true;
    if (property->expr->kind == AST_EXPR_COLUMN) {
        bind_error(b, property->expr->span, "INVALID_OPTION_VALUE", "42616",
                   "'%.*s': the value is no text.", STR_ARG(property->key));
        diagnostic_remedy(b->diagnostics, "write it in quotes");
        return false;
    }
    e = bind_expr(b, &(ExprScope){.clause = "OPTIONS"}, property->expr);
    v = e ? binder_constant(b, e) : NULL;
    if (!v)
        return false;
    strbuf_init(&text);
    if (vector_is_valid(v, 0))
        value_to_text(&text, v, 0, b->sql->zone);
    *out = str_copy(b->arena, strbuf_str(&text));
    strbuf_done(&text);
    return true;
}

static void unknown_option(Binder *b, const AstProperty *property, const TableDef *table,
                           unsigned bit)
{
    Str near = option_suggest(property->key, table->provider, bit);

    bind_error(b, property->key_span, "UNKNOWN_OPTION", "42616",
               "'%.*s' is no option of a %s USING %s.", STR_ARG(property->key),
               table_kind_name(table->kind), provider_info(table->provider)->name);
    if (near.bytes)
        diagnostic_remedy(b->diagnostics, "did you mean '%.*s'?", STR_ARG(near));
}

static bool check_violation(Binder *b, const AstProperty *property, Str value)
{
    if (str_is_nocase(value, "keep") || str_is_nocase(value, "drop") ||
        str_is_nocase(value, "fail"))
        return true;
    bind_error(b, property->value_span, "INVALID_OPTION_VALUE", "42616",
               "'%.*s': '%.*s' is not one of keep|drop|fail.", STR_ARG(property->key),
               STR_ARG(value));
    return false;
}

static bool add_option(Binder *b, const AstProperty *property, TableDef *table, unsigned bit,
                       OptionVec *options)
{
    TableOption option = {
        .key = property->key,
        .def = option_find(property->key, table->provider, bit),
        .key_span = property->key_span,
        .value_span = property->value_span,
    };
    Error err = {0};

    if (!property_value(b, property, &option.value))
        return false;
    for (size_t i = 0; i < options->count; i++) {
        if (str_equal_nocase(options->items[i].key, option.key)) {
            bind_error(b, property->key_span, "DUPLICATE_KEY", "23505",
                       "Found duplicate keys `%.*s`.", STR_ARG(option.key));
            return false;
        }
    }
    if (!option.def && !option_is_open(option.key, table->provider, bit)) {
        unknown_option(b, property, table, bit);
        return false;
    }
    if (option.def && !option_check(option.def, option.value, &err)) {
        bind_error(b, property->value_span.line ? property->value_span : property->key_span,
                   "INVALID_OPTION_VALUE", "42616", "'%.*s': %s.", STR_ARG(option.key), err.text);
        return false;
    }
    if (!option.def && str_ends_with(option.key, STR(".on_violation")) &&
        !check_violation(b, property, option.value))
        return false;
    VEC_ADD_IN(b->arena, options, option);
    return true;
}

static void required_options(Binder *b, const TableDef *table, unsigned bit)
{
    const OptionDef *def;

    for (size_t i = 0; (def = option_at(i)); i++) {
        if (!def->required || !(def->tables & bit) || !(def->providers & 1u << table->provider) ||
            table_option_given(table, def->key))
            continue;
        bind_error(b, table->name_span, "MISSING_OPTION", "42616",
                   "A %s USING %s needs the option '%s'.", table_kind_name(table->kind),
                   provider_info(table->provider)->name, def->key);
        diagnostic_remedy(b->diagnostics, "%s ('%s' = '...'): %s",
                          bit == OPTION_OF_SOURCE ? "OPTIONS" : "TBLPROPERTIES", def->key,
                          def->doc);
    }
}

static void check_topic(Binder *b, const TableDef *table)
{
    Span span = table->name_span;
    Error err = {0};

    if (table->provider != PROVIDER_KAFKA || topic_name_check(table_topic(table), &err))
        return;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_is_nocase(table->options[i].key, "topic") && table->options[i].value_span.line)
            span = table->options[i].value_span;
    }
    bind_error(b, span, "INVALID_OPTION_VALUE", "42616", "%s.", err.text);
    if (!table_option_given(table, "topic"))
        diagnostic_remedy(b->diagnostics, "give the topic another name than the table: 'topic' = '...'");
}

static void table_options(Binder *b, const AstCreateTable *ast, TableDef *table)
{
    unsigned bit = option_bit(ast->kind);
    OptionVec options = {0};
    bool placed = !ast->options.count || ast->kind == AST_TABLE_PLAIN, ok = placed;

    if (!placed) {
        bind_error(b, ast->options.items[0].key_span, "INVALID_STATEMENT_OR_CLAUSE", "42601",
                   "OPTIONS are not allowed in CREATE %s.",
                   ast->kind == AST_TABLE_STREAMING ? "STREAMING TABLE" : "MATERIALIZED VIEW");
        diagnostic_remedy(b->diagnostics, "write them in TBLPROPERTIES");
    }
    for (size_t i = 0; i < ast->options.count && placed; i++)
        ok = add_option(b, &ast->options.items[i], table, bit, &options) && ok;
    for (size_t i = 0; i < ast->properties.count; i++)
        ok = add_option(b, &ast->properties.items[i], table, bit, &options) && ok;
    if (ast->has_location) {
        TableOption path = {.key = STR("path"), .value = ast->location,
                            .def = option_find(STR("path"), table->provider, bit),
                            .key_span = table->name_span, .value_span = table->name_span};

        if (path.def)
            VEC_ADD_IN(b->arena, &options, path);
    }
    table->options = options.items;
    table->option_count = (uint32_t)options.count;
    if (ok)
        required_options(b, table, bit);
    check_topic(b, table);
}

/* ── columns ───────────────────────────────────────────────────────────────────────────────────*/

static bool bind_one_column(Binder *b, const AstColumnDef *ast, Field *out)
{
    if (ast->generated || ast->default_value) {
        bind_unsupported(b, ast->span, ast->generated ? "generated columns" : "DEFAULT of a column");
        return false;
    }
    if (!ast->type) {
        bind_error(b, ast->span, "MISSING_TYPE", "42601", "Column `%.*s` has no type.",
                   STR_ARG(ast->name.text));
        return false;
    }
    *out = (Field){ast->name.text, bind_type(b, ast->type), !ast->not_null};
    return out->type != NULL;
}

bool bind_columns(Binder *b, const AstColumnDefList *list, Schema *out)
{
    Field *fields = ARENA_ARRAY(b->arena, Field, list->count + 1);
    bool ok = true;

    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!str_equal_nocase(list->items[i].name.text, list->items[j].name.text))
                continue;
            bind_error(b, list->items[i].name.span, "COLUMN_ALREADY_EXISTS", "42711",
                       "The column `%.*s` already exists. Choose another name or rename the "
                       "existing column.",
                       STR_ARG(list->items[i].name.text));
            ok = false;
        }
        ok = bind_one_column(b, &list->items[i], &fields[i]) && ok;
    }
    *out = (Schema){(uint32_t)list->count, fields};
    return ok;
}

/* Providers whose rows have columns of their own. */
static bool fixed_columns(Binder *b, Arena *arena, TableDef *table)
{
    static const char rate[] = "struct<timestamp:timestamp,value:bigint>";
    static const char nexmark[] =
        "struct<event_type:int,"
        "person:struct<id:bigint,name:string,emailAddress:string,creditCard:string,city:string,"
        "state:string,dateTime:timestamp,extra:string>,"
        "auction:struct<id:bigint,itemName:string,description:string,initialBid:bigint,"
        "reserve:bigint,dateTime:timestamp,expires:timestamp,seller:bigint,category:bigint,"
        "extra:string>,"
        "bid:struct<auction:bigint,bidder:bigint,price:bigint,channel:string,url:string,"
        "dateTime:timestamp,extra:string>>";
    bool is_rate = table->provider == PROVIDER_RATE;
    const Type *type;
    Error err = {0};

    if (!is_rate && table->provider != PROVIDER_NEXMARK)
        return true;
    if (!type_parse(arena, is_rate ? STR(rate) : STR(nexmark), &type, &err))
        UNREACHABLE();
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        const Field *field = &table->schema.columns[i];
        int k = type_field_find(type, field->name);

        if (k >= 0 && (type_equal(type->fields[k].type, field->type) ||
                       field->type->kind == TYPE_STRUCT))
            continue;
        bind_error(b, table->name_span, "INCOMPATIBLE_COLUMN", "42K09",
                   "Rows of %s have no column `%.*s` of type %s.",
                   provider_info(table->provider)->name, STR_ARG(field->name),
                   type_name_in(arena, field->type));
        diagnostic_remedy(b->diagnostics, "leave the columns out: they are known");
        return false;
    }
    if (!table->schema.column_count)
        table->schema = (Schema){type->field_count, type->fields};
    return true;
}

TableDef *table_begin(Binder *b, Arena *arena, const AstCreateTable *ast)
{
    static const TableKind kinds[] = {
        [AST_TABLE_PLAIN] = TABLE_SOURCE,
        [AST_TABLE_STREAMING] = TABLE_STREAMING,
        [AST_TABLE_MATERIALIZED_VIEW] = TABLE_MATERIALIZED_VIEW,
    };
    TableDef *table = ARENA_NEW(arena, TableDef);

    table->kind = kinds[ast->kind];
    table->name_span = ast->name.span;
    table->span = ast->name.span;
    if (ast->has_comment)
        table->comment = ast->comment;
    if (!bind_new_name(b, &ast->name, &table->name))
        return NULL;
    if (ast->like.count)
        return bind_unsupported(b, ast->like.span, "CREATE TABLE ... LIKE");
    if (ast->cluster_by.count)
        return bind_unsupported(b, ast->cluster_by.items[0].span, "CLUSTER BY");
    if (!bind_columns(b, &ast->columns, &table->schema))
        return NULL;
    if (!table_provider(b, ast, table)) { /* Without it no option can be judged. */
        table->provider = ast->kind == AST_TABLE_PLAIN ? PROVIDER_KAFKA : PROVIDER_POSTGRES;
        return table;
    }
    table_options(b, ast, table);
    return fixed_columns(b, arena, table) ? table : NULL;
}

/* ── keys ──────────────────────────────────────────────────────────────────────────────────────*/

static void columns_remedy(Binder *b, const TableDef *table)
{
    enum { SHOWN_MAX = 12 };
    StrBuf list;

    strbuf_init(&list);
    for (uint32_t i = 0; i < table->schema.column_count && i < SHOWN_MAX; i++)
        strbuf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(table->schema.columns[i].name));
    diagnostic_remedy(b->diagnostics, "its columns are %s%s", strbuf_c(&list),
                      table->schema.column_count > SHOWN_MAX ? ", ..." : "");
    strbuf_done(&list);
}

static int option_column(Binder *b, const TableDef *table, Str name, const char *what, Span span)
{
    Str names[256], near;
    size_t count = 0;
    int column_i = schema_find(&table->schema, name);

    if (column_i >= 0)
        return column_i;
    for (uint32_t i = 0; i < table->schema.column_count && count < COUNT_OF(names); i++)
        names[count++] = table->schema.columns[i].name;
    near = spelling_nearest(name, names, count);
    bind_error(b, span, "COLUMN_NOT_FOUND", "42703", "%s: `%.*s` has no column `%.*s`.", what,
               STR_ARG(table->name), STR_ARG(name));
    if (near.bytes)
        diagnostic_remedy(b->diagnostics, "did you mean `%.*s`?", STR_ARG(near));
    else
        columns_remedy(b, table);
    return -1;
}

/* 'a, b' -> their numbers. */
static bool option_columns(Binder *b, Arena *arena, const TableDef *table, const char *key,
                           const uint32_t **out, uint32_t *out_count)
{
    Str rest = table_option(table, key), name;
    uint32_t *columns = ARENA_ARRAY(arena, uint32_t, table->schema.column_count + 1);
    uint32_t count = 0;
    Span span = table->name_span;

    if (!rest.data)
        return true;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_is_nocase(table->options[i].key, key))
            span = table->options[i].value_span;
    }
    while (str_split(&rest, ',', &name)) {
        int column_i = option_column(b, table, str_trim(name), key, span);

        if (column_i < 0)
            return false;
        for (uint32_t i = 0; i < count; i++) {
            if (columns[i] == (uint32_t)column_i) {
                bind_error(b, span, "DUPLICATE_KEY", "23505", "%s names `%.*s` twice.", key,
                           STR_ARG(str_trim(name)));
                return false;
            }
        }
        columns[count++] = (uint32_t)column_i;
    }
    *out = columns;
    *out_count = count;
    return true;
}

static bool table_partitions(Binder *b, Arena *arena, const AstCreateTable *ast, TableDef *table)
{
    uint32_t *columns = ARENA_ARRAY(arena, uint32_t, ast->partitioned_by_count + 1);

    for (size_t i = 0; i < ast->partitioned_by_count; i++) {
        const AstPartitionField *field = &ast->partitioned_by[i];
        int column_i;

        if (!field->expr || field->expr->kind != AST_EXPR_COLUMN || field->expr->column.count != 1) {
            bind_unsupported(b, field->span, "PARTITIONED BY other than columns of the table");
            return false;
        }
        column_i = option_column(b, table, field->expr->column.parts[0].text, "PARTITIONED BY",
                                 field->span);
        if (column_i < 0)
            return false;
        columns[i] = (uint32_t)column_i;
    }
    table->partitioned_by = columns;
    table->partitioned_by_count = (uint32_t)ast->partitioned_by_count;
    return true;
}

/* Cassandra finds a row by its partition first: the partition's columns belong to the key. */
static bool check_partition_key(Binder *b, const TableDef *table)
{
    for (uint32_t i = 0; i < table->partitioned_by_count; i++) {
        bool in_key = !table->primary_key_count;

        for (uint32_t k = 0; k < table->primary_key_count; k++)
            in_key = in_key || table->primary_key[k] == table->partitioned_by[i];
        if (in_key || table->provider != PROVIDER_CASSANDRA)
            continue;
        bind_error(b, table->name_span, "INCOMPLETE_PRIMARY_KEY", "42K0E",
                   "PARTITIONED BY `%.*s`: a cassandra table's partition is part of its "
                   "'primary_key'.",
                   STR_ARG(table->schema.columns[table->partitioned_by[i]].name));
        return false;
    }
    return true;
}

/* ── constraints ───────────────────────────────────────────────────────────────────────────────*/

Expr *bind_table_condition(Binder *b, const TableDef *table, const AstExpr *ast)
{
    Scope *scope = scope_new(b, NULL);
    ExprScope es = {.scope = scope, .clause = "CHECK"};
    PlanContext *kept = b->plan;
    PlanContext own = {.arena = b->arena, .sql = b->sql};
    Expr *e;

    b->plan = &own;
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        const Field *field = &table->schema.columns[i];

        scope_add(b, scope, (ScopeColumn){
                                .name = field->name,
                                .table = table->name,
                                .id = plan_column_new(&own, field->name, field->type,
                                                      field->nullable),
                                .type = field->type,
                                .nullable = true, /* NULL is what NOT NULL looks for. */
                            });
    }
    e = bind_condition(b, &es, ast);
    b->plan = kept;
    if (e && expr_has_kind(e, EXPR_CALL) && !expr_has_kind(e, EXPR_COLUMN))
        return bind_error(b, ast->span, "INVALID_CHECK_CONSTRAINT", "42621",
                          "The condition does not look at any column.");
    return e;
}

typedef VEC(Constraint) ConstraintVec;

static void compile_constraint(Arena *arena, Constraint *constraint)
{
    const Expr *e = constraint->condition;

    constraint->program = program_compile(arena, &e, 1);
}

static void not_null_constraints(Arena *arena, const TableDef *table, ConstraintVec *out)
{
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        Str name = table->schema.columns[i].name;
        Constraint constraint = {
            .name = str_of(arena_printf(arena, "not_null_%.*s", STR_ARG(name))),
            .text = str_of(arena_printf(arena, "%.*s IS NOT NULL", STR_ARG(name))),
            .not_null_column = (int32_t)i,
            .on_violation = VIOLATION_DEAD_LETTER,
            .span = table->name_span,
        };

        if (!table->schema.columns[i].nullable)
            VEC_ADD_IN(arena, out, constraint);
    }
}

static Str expression_text(Arena *arena, const AstExpr *expression)
{
    StrBuf text;
    Str copy;

    strbuf_init(&text);
    ast_print_expr(&text, expression);
    copy = str_copy(arena, strbuf_str(&text));
    strbuf_done(&text);
    return copy;
}

static bool check_constraint(Binder *b, Arena *arena, const AstTableConstraint *ast, size_t number,
                             const TableDef *table, ConstraintVec *out)
{
    Constraint constraint = {
        .name = ast->name.text.bytes
                    ? ast->name.text
                    : str_of(arena_printf(arena, "%.*s_check_%zu", STR_ARG(table->name), number)),
        .not_null_column = -1,
        .condition = bind_table_condition(b, table, ast->check),
        .on_violation = VIOLATION_DEAD_LETTER,
        .span = ast->span,
    };

    if (!constraint.condition)
        return false;
    constraint.text = bind_name(b, NULL, ast->check);
    constraint.sql = expression_text(arena, ast->check);
    for (size_t i = 0; i < out->count; i++) {
        if (str_equal_nocase(out->items[i].name, constraint.name)) {
            bind_error(b, ast->span, "CONSTRAINT_ALREADY_EXISTS", "42710",
                       "Constraint '%.*s' already exists.", STR_ARG(constraint.name));
            return false;
        }
    }
    compile_constraint(arena, &constraint);
    VEC_ADD_IN(arena, out, constraint);
    return true;
}

static Violation violation_of(const TableDef *table, Str expect_key)
{
    char text[256];
    Str value;

    if (expect_key.bytes > 200)
        return VIOLATION_KEEP;
    snprintf(text, sizeof text, "%.*s.on_violation", STR_ARG(expect_key));
    value = table_option(table, text);
    if (value.data && str_is_nocase(value, "drop"))
        return VIOLATION_DROP;
    return value.data && str_is_nocase(value, "fail") ? VIOLATION_FAIL : VIOLATION_KEEP;
}

/* 'expect.NAME' = 'condition' */
static bool expectation(Binder *b, Arena *arena, const TableDef *table, const TableOption *option,
                        ConstraintVec *out)
{
    DiagnosticList inner, *kept = b->diagnostics;
    Constraint constraint = {
        .name = str_slice(option->key, 7, option->key.bytes),
        .text = option->value,
        .sql = option->value,
        .not_null_column = -1,
        .is_expectation = true,
        .on_violation = violation_of(table, option->key),
        .span = option->value_span,
    };
    AstExpr *ast = NULL;

    diagnostics_init(&inner, b->arena);
    if (sql_parse_expression(arena, option->value, &ast, &inner) && ast) {
        b->diagnostics = &inner;
        constraint.condition = bind_table_condition(b, table, ast);
        b->diagnostics = kept;
    }
    if (!constraint.condition) { /* Its places are within the string: tell of the string. */
        const Diagnostic *first = inner.count ? &inner.items[0] : NULL;

        bind_error(b, option->value_span, first ? first->class_name : NULL,
                   first ? first->sqlstate : NULL, "'%.*s': %s", STR_ARG(option->key),
                   first ? first->message : "this is no condition");
        if (first && first->remedy)
            diagnostic_remedy(b->diagnostics, "%s", first->remedy);
        return false;
    }
    compile_constraint(arena, &constraint);
    VEC_ADD_IN(arena, out, constraint);
    return true;
}

static bool table_constraints(Binder *b, Arena *arena, const AstCreateTable *ast, TableDef *table)
{
    ConstraintVec constraints = {0};
    uint32_t i = 0;
    const TableOption *option;
    bool ok = true;

    if (ast->constraints.count && ast->kind != AST_TABLE_PLAIN) {
        bind_error(b, ast->constraints.items[0].span, "INVALID_STATEMENT_OR_CLAUSE", "42601",
                   "Constraints are not allowed in CREATE %s.",
                   ast->kind == AST_TABLE_STREAMING ? "STREAMING TABLE" : "MATERIALIZED VIEW");
        diagnostic_remedy(b->diagnostics,
                          "write 'expect.NAME' = 'condition' in TBLPROPERTIES, and the key in "
                          "'primary_key'");
        return false;
    }
    if (table->kind == TABLE_SOURCE)
        not_null_constraints(arena, table, &constraints);
    for (size_t c = 0; c < ast->constraints.count; c++) {
        const AstTableConstraint *constraint = &ast->constraints.items[c];

        if (constraint->kind == AST_CONSTRAINT_CHECK)
            ok = check_constraint(b, arena, constraint, c + 1, table, &constraints) && ok;
        else
            diagnostic_warning(b->diagnostics, constraint->span, NULL,
                               "This constraint is not checked: only NOT NULL and CHECK are.");
    }
    while ((option = table_option_next(table, "expect.", &i))) {
        if (!str_ends_with(option->key, STR(".on_violation")))
            ok = expectation(b, arena, table, option, &constraints) && ok;
    }
    table->constraints = constraints.items;
    table->constraint_count = (uint32_t)constraints.count;
    return ok;
}

static bool table_metadata(Binder *b, Arena *arena, TableDef *table)
{
    Span span = table->name_span;
    Error err = {0};

    if (record_fields_parse(arena, table_option(table, "metadata"), &table->schema,
                            &table->record_fields, &err))
        return true;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_is_nocase(table->options[i].key, "metadata"))
            span = table->options[i].value_span;
    }
    bind_error(b, span, "INVALID_OPTION_VALUE", "42616", "'metadata': %s.", err.text);
    return false;
}

bool table_finish(Binder *b, Arena *arena, const AstCreateTable *ast, TableDef *table)
{
    bool ok = true;

    if (!table->schema.column_count) {
        bind_error(b, table->name_span, "MISSING_COLUMNS", "42601",
                   "`%.*s` has no columns: neither a list of them, nor a query.",
                   STR_ARG(table->name));
        return false;
    }
    ok = option_columns(b, arena, table, "primary_key", &table->primary_key,
                        &table->primary_key_count);
    ok = option_columns(b, arena, table, "key", &table->topic_key, &table->topic_key_count) && ok;
    ok = table_metadata(b, arena, table) && ok;
    ok = table_partitions(b, arena, ast, table) && ok;
    ok = ok && check_partition_key(b, table);
    ok = table_constraints(b, arena, ast, table) && ok;
    table->unbounded_state = table_option_bool(table, "unbounded_state");
    if (table->kind == TABLE_SOURCE || table->kind == TABLE_STREAMING)
        table->dead_letter = table_dead_letter_new(arena, table);
    if (table_option_bool(table, "late_table"))
        table->late = table_late_new(arena, table);
    return ok;
}
