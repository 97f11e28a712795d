/*
 * parse_show.c: SHOW and DESCRIBE.
 */
#include "sql/parse.h"

/* ((FROM | IN) name)? */
static QualifiedName parse_in_schema(Parser *p)
{
    if (accept_keyword(p, KEYWORD_FROM) || accept_keyword(p, KEYWORD_IN))
        return parse_name(p, "a schema");
    return (QualifiedName){0};
}

/* (LIKE? stringLit)? */
static void parse_pattern(Parser *p, AstShow *show)
{
    bool like = accept_keyword(p, KEYWORD_LIKE);

    if (!like && !at_token(p, TOKEN_STRING))
        return;
    show->has_pattern = true;
    show->pattern = parse_string(p, "a pattern in quotes");
}

static bool is_functions_scope(const Parser *p)
{
    return name_at(p, 0) && keyword_at(p, 1) == KEYWORD_FUNCTIONS;
}

/* SHOW TBLPROPERTIES name ('(' key ')')? */
static void parse_show_properties(Parser *p, AstShow *show)
{
    show->name = parse_table_name(p);
    if (!accept(p, TOKEN_LEFT_PAREN))
        return;
    if (at_token(p, TOKEN_STRING)) {
        show->key = parse_string(p, "a key");
    } else {
        QualifiedName key = parse_name(p, "a key");

        show->key =
            str_copy(p->arena, str_slice(p->text->text,
                                         p->tokens[p->at - 1].from -
                                             (key.span.bytes - p->tokens[p->at - 1].bytes),
                                         p->tokens[p->at - 1].from + p->tokens[p->at - 1].bytes));
    }
    expect(p, TOKEN_RIGHT_PAREN);
}

static void parse_show_what(Parser *p, AstShow *show)
{
    if (accept_keyword(p, KEYWORD_TABLES)) {
        show->kind = AST_SHOW_TABLES;
        show->in = parse_in_schema(p);
        parse_pattern(p, show);
    } else if (accept_keywords(p, KEYWORD_TABLE, KEYWORD_EXTENDED)) {
        show->kind = AST_SHOW_TABLE_EXTENDED;
        show->in = parse_in_schema(p);
        parse_pattern(p, show);
    } else if (accept_keyword(p, KEYWORD_VIEWS)) {
        show->kind = AST_SHOW_VIEWS;
        show->in = parse_in_schema(p);
        parse_pattern(p, show);
    } else if (accept_keyword(p, KEYWORD_COLUMNS)) {
        show->kind = AST_SHOW_COLUMNS;
        if (!accept_keyword(p, KEYWORD_FROM))
            expect_keyword(p, KEYWORD_IN);
        show->name = parse_table_name(p);
        show->in = parse_in_schema(p);
    } else if (at_keyword(p, KEYWORD_FUNCTIONS) || is_functions_scope(p)) {
        show->kind = AST_SHOW_FUNCTIONS;
        if (!at_keyword(p, KEYWORD_FUNCTIONS))
            show->scope = parse_ident(p, "USER, SYSTEM or ALL").text;
        advance(p);
        show->in = parse_in_schema(p);
        if (at_keyword(p, KEYWORD_LIKE) && name_at(p, 1))
            advance(p);
        if (name_at(p, 0) && !at_keyword(p, KEYWORD_LIKE))
            show->name = parse_name(p, "a function");
        else
            parse_pattern(p, show);
    } else if (accept_keyword(p, KEYWORD_SCHEMAS) || accept_keyword(p, KEYWORD_DATABASES) ||
               accept_keyword(p, KEYWORD_NAMESPACES)) {
        show->kind = AST_SHOW_SCHEMAS;
        show->in = parse_in_schema(p);
        parse_pattern(p, show);
    } else if (accept_keyword(p, KEYWORD_CATALOGS)) {
        show->kind = AST_SHOW_CATALOGS;
        parse_pattern(p, show);
    } else if (accept_keywords(p, KEYWORD_CURRENT, KEYWORD_SCHEMA) ||
               accept_keywords(p, KEYWORD_CURRENT, KEYWORD_DATABASE) ||
               accept_keywords(p, KEYWORD_CURRENT, KEYWORD_NAMESPACE)) {
        show->kind = AST_SHOW_CURRENT_SCHEMA;
    } else if (accept_keyword(p, KEYWORD_TBLPROPERTIES)) {
        show->kind = AST_SHOW_TBLPROPERTIES;
        parse_show_properties(p, show);
    } else if (accept_keywords(p, KEYWORD_CREATE, KEYWORD_TABLE)) {
        show->kind = AST_SHOW_CREATE_TABLE;
        show->name = parse_table_name(p);
    } else if (accept_keyword(p, KEYWORD_PARTITIONS)) {
        show->kind = AST_SHOW_PARTITIONS;
        show->name = parse_table_name(p);
    } else {
        syntax_error(p, "TABLES, VIEWS, COLUMNS, FUNCTIONS, SCHEMAS, CATALOGS, TBLPROPERTIES, "
                        "PARTITIONS or CREATE TABLE");
    }
}

AstStatement *parse_show(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_SHOW);
    AstShow *show = ARENA_NEW(p->arena, AstShow);

    advance(p);
    show->pattern = show->scope = show->key = STR_EMPTY;
    statement->show = show;
    parse_show_what(p, show);
    return statement;
}

/* TABLE? (EXTENDED | FORMATTED)? name column? (AS JSON)? */
static void parse_describe_table(Parser *p, AstDescribe *describe)
{
    describe->object = AST_OBJECT_TABLE;
    if (name_at(p, 1))
        accept_keyword(p, KEYWORD_TABLE);
    if (name_at(p, 1) && keyword_at(p, 1) != KEYWORD_AS)
        describe->extended =
            accept_keyword(p, KEYWORD_EXTENDED) || accept_keyword(p, KEYWORD_FORMATTED);
    describe->name = parse_table_name(p);
    if (name_at(p, 0) && !at_keywords(p, KEYWORD_AS, KEYWORD_JSON))
        describe->column = parse_name(p, "a column");
    describe->as_json = accept_keywords(p, KEYWORD_AS, KEYWORD_JSON);
}

/* FUNCTION EXTENDED? (name | stringLit | operator) */
static void parse_describe_function(Parser *p, AstDescribe *describe)
{
    const Token *token;

    describe->object = AST_OBJECT_FUNCTION;
    describe->extended = kind_at(p, 1) != TOKEN_END && accept_keyword(p, KEYWORD_EXTENDED);
    token = token_at(p, 0);
    if (name_at(p, 0)) {
        describe->name = parse_name(p, "a function");
    } else if (at_token(p, TOKEN_STRING)) {
        Str name = parse_string(p, "a function");

        describe->name = name_of_ident(p, (Ident){name, token->span, true});
    } else if (token->kind >= TOKEN_EQUAL && token->kind <= TOKEN_BANG) {
        describe->name = name_of_ident(p, (Ident){token_text(p->text, token), token->span, true});
        advance(p);
    } else {
        syntax_error(p, "a function");
    }
}

/* (DESC | DESCRIBE) (FUNCTION ... | SCHEMA ... | QUERY? query | TABLE? ...) */
AstStatement *parse_describe(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_DESCRIBE);
    AstDescribe *describe = ARENA_NEW(p->arena, AstDescribe);

    advance(p);
    statement->describe = describe;
    if (at_keyword(p, KEYWORD_FUNCTION) && kind_at(p, 1) != TOKEN_END) {
        advance(p);
        parse_describe_function(p, describe);
    } else if ((at_keyword(p, KEYWORD_SCHEMA) || at_keyword(p, KEYWORD_DATABASE) ||
                at_keyword(p, KEYWORD_NAMESPACE)) &&
               name_at(p, 1)) {
        advance(p);
        describe->object = AST_OBJECT_SCHEMA;
        describe->extended = name_at(p, 1) && accept_keyword(p, KEYWORD_EXTENDED);
        describe->name = parse_name(p, "a schema");
    } else if (at_keyword(p, KEYWORD_QUERY) && kind_at(p, 1) != TOKEN_END) {
        advance(p);
        describe->object = AST_OBJECT_QUERY;
        describe->query = parse_query(p);
    } else if (query_starts_at(p, 0) && !at_keyword(p, KEYWORD_TABLE)) {
        describe->object = AST_OBJECT_QUERY;
        describe->query = parse_query(p);
    } else {
        parse_describe_table(p, describe);
    }
    return statement;
}
