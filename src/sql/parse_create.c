/*
 * parse_create.c: CREATE TABLE, STREAMING TABLE, MATERIALIZED VIEW, FLOW, VIEW.
 */
#include "sql/parse.h"

typedef VEC(AstTableConstraint) ConstraintVec;
typedef VEC(AstColumnDef) ColumnVec;

/* IF NOT EXISTS */
static bool accept_if_not_exists(Parser *p)
{
    if (!at_keywords(p, KEYWORD_IF, KEYWORD_NOT) || keyword_at(p, 2) != KEYWORD_EXISTS)
        return false;
    for (int i = 0; i < 3; i++)
        advance(p);
    return true;
}

/* ── constraints ───────────────────────────────────────────────────────────────────────────────*/

/* (NOT? ENFORCED | RELY | NORELY)* : read and left */
static void skip_characteristics(Parser *p)
{
    for (;;) {
        if (accept_keywords(p, KEYWORD_NOT, KEYWORD_ENFORCED))
            continue;
        if (!accept_keyword(p, KEYWORD_ENFORCED) && !accept_keyword(p, KEYWORD_RELY) &&
            !accept_keyword(p, KEYWORD_NORELY))
            return;
    }
}

/* REFERENCES name identifierList? */
static void parse_references(Parser *p, AstTableConstraint *constraint)
{
    constraint->kind = AST_CONSTRAINT_FOREIGN_KEY;
    expect_keyword(p, KEYWORD_REFERENCES);
    constraint->references = parse_table_name(p);
    if (at_token(p, TOKEN_LEFT_PAREN))
        constraint->reference_columns = parse_ident_list(p);
}

static bool at_constraint(const Parser *p)
{
    TokenKind next = kind_at(p, 1);

    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_CONSTRAINT:
        return name_at(p, 1);
    case KEYWORD_CHECK:
        return next == TOKEN_LEFT_PAREN;
    case KEYWORD_PRIMARY:
    case KEYWORD_FOREIGN:
        return keyword_at(p, 1) == KEYWORD_KEY;
    case KEYWORD_UNIQUE:
        return next == TOKEN_LEFT_PAREN;
    default:
        return false;
    }
}

/*
 * tableConstraint
 *   : (CONSTRAINT identifier)? (CHECK '(' expression ')' | (PRIMARY KEY | UNIQUE) columns
 *                               | FOREIGN KEY columns REFERENCES name columns?) characteristic*
 * With `column`, that of a column: PRIMARY KEY, UNIQUE and REFERENCES name no columns.
 */
static AstTableConstraint parse_constraint(Parser *p, const Ident *column)
{
    uint32_t start = p->at;
    AstTableConstraint constraint = {.name = {.text = STR_EMPTY}};

    if (accept_keyword(p, KEYWORD_CONSTRAINT))
        constraint.name = parse_ident(p, "the constraint's name");
    if (column) {
        constraint.columns = (IdentList){ARENA_NEW(p->arena, Ident), 1};
        constraint.columns.items[0] = *column;
    }
    if (accept_keyword(p, KEYWORD_CHECK)) {
        uint32_t from;

        constraint.kind = AST_CONSTRAINT_CHECK;
        expect(p, TOKEN_LEFT_PAREN);
        from = p->at;
        constraint.check = parse_expr(p);
        constraint.check_text = span_since(p, from);
        expect(p, TOKEN_RIGHT_PAREN);
    } else if (accept_keyword(p, KEYWORD_PRIMARY)) {
        constraint.kind = AST_CONSTRAINT_PRIMARY_KEY;
        expect_keyword(p, KEYWORD_KEY);
        if (!column)
            constraint.columns = parse_ident_list(p);
    } else if (accept_keyword(p, KEYWORD_UNIQUE)) {
        constraint.kind = AST_CONSTRAINT_UNIQUE;
        if (!column)
            constraint.columns = parse_ident_list(p);
    } else if (column && at_keyword(p, KEYWORD_REFERENCES)) {
        parse_references(p, &constraint);
    } else if (!column && accept_keyword(p, KEYWORD_FOREIGN)) {
        expect_keyword(p, KEYWORD_KEY);
        constraint.columns = parse_ident_list(p);
        parse_references(p, &constraint);
    } else if (at_keyword(p, KEYWORD_EXPECT)) {
        syntax_error_at(p, token_at(p, 0)->span, "Syntax error at or near 'EXPECT'.",
                        "Spark SQL has no EXPECT; write TBLPROPERTIES ('expect.NAME' = "
                        "'condition', 'expect.NAME.on_violation' = 'keep', 'drop' or 'fail')");
    } else {
        syntax_error(p, "CHECK, PRIMARY KEY, UNIQUE or FOREIGN KEY");
    }
    skip_characteristics(p);
    constraint.span = span_since(p, start);
    return constraint;
}

/* ── columns ───────────────────────────────────────────────────────────────────────────────────*/

/* GENERATED ALWAYS AS '(' expression ')' */
static AstExpr *parse_generated(Parser *p)
{
    AstExpr *e;

    advance(p);
    expect_keyword(p, KEYWORD_ALWAYS);
    expect_keyword(p, KEYWORD_AS);
    expect(p, TOKEN_LEFT_PAREN);
    e = parse_expr(p);
    expect(p, TOKEN_RIGHT_PAREN);
    return e;
}

/* identifier dataType (NOT NULL | DEFAULT expr | GENERATED ... | COMMENT ... | constraint)* */
static AstColumnDef parse_column(Parser *p, ConstraintVec *constraints)
{
    uint32_t start = p->at;
    AstColumnDef column = {.comment = STR_EMPTY};

    column.name = parse_ident(p, "a column's name");
    if (!name_at(p, 0))
        syntax_error(p, "a type");
    column.type = parse_type(p);
    for (;;) {
        if (accept_keywords(p, KEYWORD_NOT, KEYWORD_NULL)) {
            column.not_null = true;
        } else if (accept_keyword(p, KEYWORD_DEFAULT)) {
            column.default_value = parse_expr(p);
        } else if (at_keyword(p, KEYWORD_GENERATED)) {
            column.generated = parse_generated(p);
        } else if (at_constraint(p) || at_keyword(p, KEYWORD_UNIQUE) ||
                   at_keyword(p, KEYWORD_REFERENCES)) {
            AstTableConstraint constraint = parse_constraint(p, &column.name);

            VEC_ADD_IN(p->arena, constraints, constraint);
        } else if (!accept_comment(p, &column.has_comment, &column.comment)) {
            break;
        }
    }
    column.span = span_since(p, start);
    return column;
}

/* '(' (column | tableConstraint) (',' ...)* ')' */
static void parse_table_elements(Parser *p, AstCreateTable *table)
{
    ColumnVec columns = {0};
    ConstraintVec constraints = {0};

    expect(p, TOKEN_LEFT_PAREN);
    do {
        if (at_constraint(p)) {
            AstTableConstraint constraint = parse_constraint(p, NULL);

            VEC_ADD_IN(p->arena, &constraints, constraint);
        } else {
            AstColumnDef column = parse_column(p, &constraints);

            VEC_ADD_IN(p->arena, &columns, column);
        }
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    table->columns = (AstColumnDefList){columns.items, columns.count};
    table->constraints = (AstTableConstraintList){constraints.items, constraints.count};
}

/* ── clauses ───────────────────────────────────────────────────────────────────────────────────*/

/* partitionField : name | transform '(' args ')' | identifier dataType (COMMENT ...)? */
static AstPartitionField parse_partition_field(Parser *p)
{
    uint32_t start = p->at;
    AstPartitionField field = {0};

    if (name_at(p, 0) && name_at(p, 1)) {
        ConstraintVec none = {0};

        field.column = ARENA_NEW(p->arena, AstColumnDef);
        *field.column = parse_column(p, &none);
    } else {
        field.expr = parse_primary(p);
        if (!p->failed && field.expr->kind != AST_EXPR_COLUMN && field.expr->kind != AST_EXPR_CALL)
            syntax_error_at(p, field.expr->span, "Syntax error: PARTITIONED BY takes columns.",
                            NULL);
    }
    field.span = span_since(p, start);
    return field;
}

static void parse_partitioned_by(Parser *p, AstCreateTable *table)
{
    VEC(AstPartitionField) fields = {0};

    expect(p, TOKEN_LEFT_PAREN);
    do {
        AstPartitionField field = parse_partition_field(p);

        VEC_ADD_IN(p->arena, &fields, field);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    table->partitioned_by = fields.items;
    table->partitioned_by_count = fields.count;
}

static void refuse_clause(Parser *p, const char *clause)
{
    parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0035", NULL,
                "Operation not allowed: %s.", clause);
}

static const char *table_kind_text(const AstCreateTable *table)
{
    if (table->kind == AST_TABLE_STREAMING)
        return "a streaming table";
    return table->kind == AST_TABLE_MATERIALIZED_VIEW ? "a materialized view" : "a table";
}

static void parse_options(Parser *p, AstCreateTable *table)
{
    if (table->kind != AST_TABLE_PLAIN) {
        parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0035", NULL,
                    "Operation not allowed: OPTIONS on %s.", table_kind_text(table));
        parse_remedy(p, "write TBLPROPERTIES (...) instead of OPTIONS (...)");
        return;
    }
    advance(p);
    table->options = parse_properties(p, true);
}

/* One clause of createTableClauses; false when none is here. */
static bool parse_table_clause(Parser *p, AstCreateTable *table)
{
    if (at_keyword(p, KEYWORD_OPTIONS)) {
        parse_options(p, table);
    } else if (accept_keywords(p, KEYWORD_PARTITIONED, KEYWORD_BY)) {
        parse_partitioned_by(p, table);
    } else if (accept_keywords(p, KEYWORD_CLUSTER, KEYWORD_BY)) {
        expect(p, TOKEN_LEFT_PAREN);
        table->cluster_by = parse_name_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    } else if (at_keyword(p, KEYWORD_LOCATION)) {
        if (table->kind != AST_TABLE_PLAIN)
            refuse_clause(p, "LOCATION on a pipeline's table");
        advance(p);
        table->has_location = true;
        table->location = parse_string(p, "a path in quotes");
    } else if (accept_keyword(p, KEYWORD_TBLPROPERTIES)) {
        table->properties = parse_properties(p, false);
    } else if (accept_keywords(p, KEYWORD_DEFAULT, KEYWORD_COLLATION)) {
        table->default_collation = parse_ident(p, "a collation").text;
    } else if (at_keywords(p, KEYWORD_CLUSTERED, KEYWORD_BY)) {
        refuse_clause(p, "CLUSTERED BY");
    } else if (at_keyword(p, KEYWORD_STORED)) {
        refuse_clause(p, "STORED");
        parse_remedy(p, "write USING format instead");
    } else if (at_keyword(p, KEYWORD_ROW)) {
        refuse_clause(p, "ROW FORMAT");
        parse_remedy(p, "write USING csv OPTIONS ('delimiter' = ...) instead");
    } else {
        return accept_comment(p, &table->has_comment, &table->comment);
    }
    return true;
}

/* tableProvider? createTableClauses (AS? query)? */
static void parse_table_clauses(Parser *p, AstCreateTable *table)
{
    if (accept_keyword(p, KEYWORD_USING))
        table->provider = parse_name(p, "a format or connector");
    while (parse_table_clause(p, table))
        ;
    if (accept_keyword(p, KEYWORD_AS) || query_starts_at(p, 0))
        table->query = parse_query(p);
}

/* ── CREATE ... TABLE, MATERIALIZED VIEW ───────────────────────────────────────────────────────*/

/* (IF NOT EXISTS)? name (LIKE name)? elements? clauses */
static AstStatement *parse_create_table(Parser *p, AstCreateTable *table)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_CREATE_TABLE);

    statement->create_table = table;
    table->location = table->comment = table->default_collation = STR_EMPTY;
    table->if_not_exists = accept_if_not_exists(p);
    table->name = parse_table_name(p);
    if (table->kind == AST_TABLE_PLAIN && accept_keyword(p, KEYWORD_LIKE))
        table->like = parse_table_name(p);
    else if (at_token(p, TOKEN_LEFT_PAREN) && !query_starts_at(p, 0))
        parse_table_elements(p, table);
    parse_table_clauses(p, table);
    if (table->kind == AST_TABLE_MATERIALIZED_VIEW && !table->query)
        syntax_error(p, "AS and a query");
    return statement;
}

/* ── CREATE FLOW ───────────────────────────────────────────────────────────────────────────────*/

/* CREATE FLOW name (COMMENT ...)? AS insertInto query */
static AstStatement *parse_create_flow(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_CREATE_FLOW);
    AstCreateFlow *flow = ARENA_NEW(p->arena, AstCreateFlow);

    flow->comment = STR_EMPTY;
    statement->create_flow = flow;
    flow->name = parse_name(p, "the flow's name");
    accept_comment(p, &flow->has_comment, &flow->comment);
    expect_keyword(p, KEYWORD_AS);
    if (at_keywords(p, KEYWORD_AUTO, KEYWORD_CDC)) {
        parse_error(p, token_at(p, 0)->span, "UNSUPPORTED_FEATURE.AUTO_CDC", "0A000",
                    "AUTO CDC is not supported.");
        parse_remedy(p, "a table with the property 'primary_key' keeps the last row of each key: "
                        "INSERT INTO t BY NAME SELECT ...");
    }
    if (at_keywords(p, KEYWORD_INSERT, KEYWORD_INTO) && keyword_at(p, 2) == KEYWORD_ONCE &&
        name_at(p, 3) && keyword_at(p, 3) != KEYWORD_BY)
        syntax_error_at(p, token_at(p, 2)->span, "Syntax error at or near 'ONCE'.",
                        "Spark SQL has no INSERT INTO ONCE; leave ONCE out");
    flow->insert = parse_insert_into(p);
    if (!p->failed && (!flow->insert->by_name || flow->insert->overwrite)) {
        parse_error(p, flow->insert->span, "_LEGACY_ERROR_TEMP_0035", NULL,
                    "Operation not allowed: Only INSERT INTO by name flows supported.");
        parse_remedy(p, "write INSERT INTO table BY NAME SELECT ...");
    }
    flow->insert->query = parse_query(p);
    return statement;
}

/* ── CREATE VIEW ───────────────────────────────────────────────────────────────────────────────*/

/* '(' identifier (COMMENT ...)? (',' ...)* ')' , or with types: that of a view USING a format */
static AstColumnDefList parse_view_columns(Parser *p)
{
    ColumnVec columns = {0};

    expect(p, TOKEN_LEFT_PAREN);
    do {
        uint32_t start = p->at;
        AstColumnDef column = {.comment = STR_EMPTY};

        column.name = parse_ident(p, "a column's name");
        accept_comment(p, &column.has_comment, &column.comment);
        if (name_at(p, 0)) {
            column.type = parse_type(p);
            column.not_null = accept_keywords(p, KEYWORD_NOT, KEYWORD_NULL);
            accept_comment(p, &column.has_comment, &column.comment);
        }
        column.span = span_since(p, start);
        VEC_ADD_IN(p->arena, &columns, column);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    return (AstColumnDefList){columns.items, columns.count};
}

/* WITH SCHEMA (BINDING | COMPENSATION | TYPE? EVOLUTION) : read and left */
static bool skip_schema_binding(Parser *p)
{
    if (!accept_keywords(p, KEYWORD_WITH, KEYWORD_SCHEMA))
        return false;
    if (str_is_nocase(token_text(p->text, token_at(p, 0)), "TYPE"))
        advance(p);
    (void)parse_ident(p, "BINDING, COMPENSATION or EVOLUTION");
    return true;
}

/*
 * (IF NOT EXISTS)? name columns? (COMMENT ... | WITH SCHEMA ... | TBLPROPERTIES ...)* AS query
 * name columns? USING provider (OPTIONS properties)?
 */
static AstStatement *parse_create_view(Parser *p, AstCreateView *view)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_CREATE_VIEW);
    uint32_t start;

    statement->create_view = view;
    view->comment = STR_EMPTY;
    view->if_not_exists = accept_if_not_exists(p);
    view->name = parse_name(p, "the view's name");
    if (at_token(p, TOKEN_LEFT_PAREN))
        view->columns = parse_view_columns(p);
    if (view->temporary && accept_keyword(p, KEYWORD_USING)) {
        view->provider = parse_name(p, "a format or connector");
        if (accept_keyword(p, KEYWORD_OPTIONS))
            view->options = parse_properties(p, false);
        return statement;
    }
    for (;;) {
        if (accept_keyword(p, KEYWORD_TBLPROPERTIES))
            view->properties = parse_properties(p, false);
        else if (accept_keywords(p, KEYWORD_DEFAULT, KEYWORD_COLLATION))
            (void)parse_ident(p, "a collation");
        else if (!skip_schema_binding(p) && !accept_comment(p, &view->has_comment, &view->comment))
            break;
    }
    expect_keyword(p, KEYWORD_AS);
    start = p->at;
    view->query = parse_query(p);
    view->query_text = span_since(p, start);
    return statement;
}

/* ── which ─────────────────────────────────────────────────────────────────────────────────────*/

static AstStatement *refuse_create(Parser *p)
{
    const Token *token = token_at(p, 0);
    Str word = token_text(p->text, token);

    if (token->keyword == KEYWORD_STREAM || str_is_nocase(word, "SINK") ||
        str_is_nocase(word, "SOURCE") || str_is_nocase(word, "TOPIC"))
        syntax_error_at(p, token->span, "Syntax error: there is no such thing to create.",
                        "what is kept up to date: CREATE STREAMING TABLE t USING ... AS SELECT ... "
                        "FROM STREAM s; what comes from outside: CREATE TABLE t (columns) USING "
                        "kafka, http, json ... OPTIONS (...)");
    if (str_is_nocase(word, "STREAMNG") || str_is_nocase(word, "STREAMIMG") ||
        str_is_nocase(word, "STREAMMING"))
        syntax_error_at(p, token->span, "Syntax error: expected STREAMING TABLE.",
                        "did you mean STREAMING?");
    if (token->keyword == KEYWORD_SCHEMA || token->keyword == KEYWORD_DATABASE ||
        token->keyword == KEYWORD_NAMESPACE || token->keyword == KEYWORD_FUNCTION ||
        str_is_nocase(word, "INDEX") || str_is_nocase(word, "ROLE")) {
        parse_error(p, token->span, "UNSUPPORTED_FEATURE.STATEMENT", "0A000",
                    "The statement CREATE %.*s is not supported.", STR_ARG(word));
    }
    syntax_error(p, "TABLE, STREAMING TABLE, MATERIALIZED VIEW, FLOW, VIEW or TEMPORARY VIEW");
    return statement_new(p, AST_STATEMENT_CREATE_TABLE);
}

/* OR REPLACE and OR REFRESH; Spark's streaming tables and materialized views have neither. */
static bool accept_or_replace(Parser *p)
{
    bool pipeline;

    if (!at_keyword(p, KEYWORD_OR))
        return false;
    pipeline = keyword_at(p, 2) == KEYWORD_STREAMING || keyword_at(p, 2) == KEYWORD_MATERIALIZED ||
               keyword_at(p, 2) == KEYWORD_FLOW;
    if (pipeline || keyword_at(p, 1) == KEYWORD_REFRESH)
        syntax_error_at(p, span_join(token_at(p, 0)->span, token_at(p, 1)->span),
                        "Syntax error at or near 'OR'.",
                        "leave it out: a changed definition takes effect without it");
    advance(p);
    expect_keyword(p, KEYWORD_REPLACE);
    return true;
}

/* CREATE (OR REPLACE)? ... | REPLACE TABLE ... */
AstStatement *parse_create(Parser *p)
{
    bool replace_only = at_keyword(p, KEYWORD_REPLACE);
    bool or_replace;
    bool global;
    bool temporary;
    AstCreateTable *table = ARENA_NEW(p->arena, AstCreateTable);
    AstCreateView *view;

    advance(p);
    or_replace = !replace_only && accept_or_replace(p);
    table->replace_only = replace_only;
    table->or_replace = or_replace;
    if (!replace_only && accept_keywords(p, KEYWORD_STREAMING, KEYWORD_TABLE)) {
        table->kind = AST_TABLE_STREAMING;
        return parse_create_table(p, table);
    }
    if (!replace_only && accept_keywords(p, KEYWORD_MATERIALIZED, KEYWORD_VIEW)) {
        table->kind = AST_TABLE_MATERIALIZED_VIEW;
        return parse_create_table(p, table);
    }
    if (!replace_only && accept_keyword(p, KEYWORD_FLOW))
        return parse_create_flow(p);
    global = accept_keyword(p, KEYWORD_GLOBAL);
    temporary = accept_keyword(p, KEYWORD_TEMPORARY) || accept_keyword(p, KEYWORD_TEMP);
    if (!replace_only && accept_keyword(p, KEYWORD_VIEW)) {
        view = ARENA_NEW(p->arena, AstCreateView);
        view->or_replace = or_replace;
        view->global = global;
        view->temporary = temporary;
        return parse_create_view(p, view);
    }
    table->temporary = temporary;
    table->external = accept_keyword(p, KEYWORD_EXTERNAL);
    if (accept_keyword(p, KEYWORD_TABLE))
        return parse_create_table(p, table);
    return refuse_create(p);
}
