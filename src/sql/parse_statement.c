/*
 * parse_statement.c: which statement it is; those that are no query, CREATE, SET or SHOW.
 */
#include "sql/parse.h"

AstStatement *statement_new(Parser *p, AstStatementKind kind)
{
    AstStatement *statement = ARENA_NEW(p->arena, AstStatement);

    statement->kind = kind;
    return statement;
}

QualifiedName parse_table_name(Parser *p)
{
    return parse_name(p, "a table");
}

/* ── INSERT ────────────────────────────────────────────────────────────────────────────────────*/

/* partitionSpec : PARTITION '(' identifier ('=' constant)? (',' ...)* ')' */
static void parse_partition_spec(Parser *p, AstInsert *insert)
{
    VEC(AstProperty) items = {0};

    advance(p);
    expect(p, TOKEN_LEFT_PAREN);
    do {
        AstProperty item = {.key = STR_EMPTY, .value = STR_EMPTY};
        Ident name = parse_ident(p, "a column");

        item.key = name.text;
        item.key_span = name.span;
        if (accept(p, TOKEN_EQUAL)) {
            item.has_value = true;
            item.expr = parse_primary(p);
            item.value_span = item.expr->span;
        }
        VEC_ADD_IN(p->arena, &items, item);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    insert->partition = items.items;
    insert->partition_count = items.count;
}

/*
 * insertInto
 *   : INSERT OVERWRITE TABLE? name options? partitionSpec? (IF NOT EXISTS)? (BY NAME | columns)?
 *   | INSERT INTO TABLE? name options? partitionSpec? (IF NOT EXISTS)? (BY NAME | columns)?
 *   | INSERT INTO TABLE? name REPLACE WHERE expression
 */
AstInsert *parse_insert_into(Parser *p)
{
    uint32_t start = p->at;
    AstInsert *insert = ARENA_NEW(p->arena, AstInsert);

    expect_keyword(p, KEYWORD_INSERT);
    insert->overwrite = accept_keyword(p, KEYWORD_OVERWRITE);
    if (!insert->overwrite)
        expect_keyword(p, KEYWORD_INTO);
    if (insert->overwrite &&
        (at_keyword(p, KEYWORD_DIRECTORY) || at_keywords(p, KEYWORD_LOCAL, KEYWORD_DIRECTORY)))
        parse_error(p, token_at(p, 0)->span, "UNSUPPORTED_FEATURE.INSERT_OVERWRITE_DIRECTORY",
                    "0A000", "INSERT OVERWRITE DIRECTORY is not supported.");
    if (at_keyword(p, KEYWORD_TABLE) && name_at(p, 1))
        advance(p);
    insert->table = parse_table_name(p);
    if (at_keyword(p, KEYWORD_WITH) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
        advance(p);
        (void)parse_properties(p, false);
    }
    if (at_keyword(p, KEYWORD_PARTITION) && kind_at(p, 1) == TOKEN_LEFT_PAREN)
        parse_partition_spec(p, insert);
    if (accept_keyword(p, KEYWORD_IF)) {
        expect_keyword(p, KEYWORD_NOT);
        expect_keyword(p, KEYWORD_EXISTS);
        insert->if_not_exists = true;
    }
    if (accept_keyword(p, KEYWORD_REPLACE)) {
        expect_keyword(p, KEYWORD_WHERE);
        insert->replace_where = parse_expr(p);
    } else if (accept_keywords(p, KEYWORD_BY, KEYWORD_NAME)) {
        insert->by_name = true;
    } else if (at_token(p, TOKEN_LEFT_PAREN) && !query_starts_at(p, 0)) {
        insert->columns = parse_ident_list(p);
    }
    insert->span = span_since(p, start);
    return insert;
}

static AstStatement *parse_insert(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_INSERT);

    statement->insert = parse_insert_into(p);
    statement->insert->query = parse_query(p);
    return statement;
}

/* FROM relations (insertInto SELECT ... queryOrganization)+ */
static AstStatement *parse_multi_insert(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_MULTI_INSERT);
    AstRelation *from = parse_from(p);
    VEC(AstInsert) inserts = {0};

    do {
        AstInsert *insert = parse_insert_into(p);
        AstQuery *query = ARENA_NEW(p->arena, AstQuery);
        uint32_t start = p->at;

        query->body = ARENA_NEW(p->arena, AstQueryBody);
        query->body->kind = AST_BODY_SELECT;
        query->body->select = parse_select(p, from);
        query->body->span = span_since(p, start);
        parse_organization(p, query);
        query->span = span_since(p, start);
        insert->query = query;
        VEC_ADD_IN(p->arena, &inserts, *insert);
    } while (at_keyword(p, KEYWORD_INSERT));
    statement->multi_insert = ARENA_NEW(p->arena, AstMultiInsert);
    statement->multi_insert->inserts = inserts.items;
    statement->multi_insert->count = inserts.count;
    return statement;
}

/* FROM ... INSERT, before any SELECT of its own? */
static bool at_multi_insert(const Parser *p)
{
    for (uint32_t i = p->at; i < p->token_count; i++) {
        const Token *token = &p->tokens[i];

        if (token->kind == TOKEN_LEFT_PAREN && token->match > 0)
            i = token->match;
        else if (token->keyword == KEYWORD_SELECT)
            return false;
        else if (token->keyword == KEYWORD_INSERT &&
                 (token[1].keyword == KEYWORD_INTO || token[1].keyword == KEYWORD_OVERWRITE))
            return true;
    }
    return false;
}

/* WITH ... INSERT ...: the names are known in the inserted query. */
static AstStatement *parse_with(Parser *p)
{
    uint32_t start = p->at;
    uint32_t height_outside = nest_enter(p);
    AstQuery *query = ARENA_NEW(p->arena, AstQuery);
    AstStatement *statement;

    advance(p);
    parse_ctes(p, query);
    if (at_keyword(p, KEYWORD_INSERT)) {
        AstQuery *inserted;
        AstCte *ctes;

        statement = parse_insert(p);
        inserted = statement->insert->query;
        ctes = ARENA_ARRAY(p->arena, AstCte, query->cte_count + inserted->cte_count);
        for (size_t i = 0; i < query->cte_count; i++)
            ctes[i] = query->ctes[i];
        for (size_t i = 0; i < inserted->cte_count; i++)
            ctes[query->cte_count + i] = inserted->ctes[i];
        inserted->ctes = ctes;
        inserted->cte_count += query->cte_count;
        inserted->recursive = inserted->recursive || query->recursive;
    } else {
        parse_query_behind_ctes(p, query);
        query->span = span_since(p, start);
        statement = statement_new(p, AST_STATEMENT_QUERY);
        statement->query = query;
    }
    nest_leave(p, height_outside);
    return statement;
}

/* ── changing rows ─────────────────────────────────────────────────────────────────────────────*/

/* DELETE FROM name tableAlias whereClause? */
static AstStatement *parse_delete(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_DELETE);

    advance(p);
    expect_keyword(p, KEYWORD_FROM);
    statement->delete_from.table = parse_table_name(p);
    statement->delete_from.alias = parse_table_alias(p);
    if (accept_keyword(p, KEYWORD_WHERE))
        statement->delete_from.where = parse_expr(p);
    return statement;
}

/* UPDATE name tableAlias SET assignmentList whereClause? */
static AstStatement *parse_update(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_UPDATE);

    advance(p);
    statement->update.table = parse_table_name(p);
    statement->update.alias = parse_table_alias(p);
    expect_keyword(p, KEYWORD_SET);
    statement->update.assignments = parse_assignments(p);
    if (accept_keyword(p, KEYWORD_WHERE))
        statement->update.where = parse_expr(p);
    return statement;
}

/* TRUNCATE TABLE name */
static AstStatement *parse_truncate(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_TRUNCATE);

    advance(p);
    expect_keyword(p, KEYWORD_TABLE);
    statement->table = parse_table_name(p);
    return statement;
}

/* ── DROP, USE, EXPLAIN, CACHE, REFRESH ────────────────────────────────────────────────────────*/

static AstObjectKind parse_object_kind(Parser *p)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_TABLE:
        advance(p);
        return AST_OBJECT_TABLE;
    case KEYWORD_VIEW:
        advance(p);
        return AST_OBJECT_VIEW;
    case KEYWORD_MATERIALIZED:
        advance(p);
        expect_keyword(p, KEYWORD_VIEW);
        return AST_OBJECT_MATERIALIZED_VIEW;
    case KEYWORD_FLOW:
        advance(p);
        return AST_OBJECT_FLOW;
    case KEYWORD_SCHEMA:
    case KEYWORD_DATABASE:
    case KEYWORD_NAMESPACE:
        advance(p);
        return AST_OBJECT_SCHEMA;
    case KEYWORD_FUNCTION:
        advance(p);
        return AST_OBJECT_FUNCTION;
    case KEYWORD_VARIABLE:
    case KEYWORD_VAR:
        advance(p);
        return AST_OBJECT_VARIABLE;
    default:
        syntax_error(p, "TABLE, VIEW, SCHEMA, FUNCTION or TEMPORARY VARIABLE");
        return AST_OBJECT_TABLE;
    }
}

/* DROP TEMPORARY? object (IF EXISTS)? name (PURGE | RESTRICT | CASCADE)? */
static AstStatement *parse_drop(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_DROP);
    AstDrop *drop = ARENA_NEW(p->arena, AstDrop);

    statement->drop = drop;
    advance(p);
    drop->temporary = accept_keyword(p, KEYWORD_TEMPORARY) || accept_keyword(p, KEYWORD_TEMP);
    drop->object = parse_object_kind(p);
    drop->if_exists = accept_keywords(p, KEYWORD_IF, KEYWORD_EXISTS);
    drop->name = parse_name(p, "a name");
    drop->purge = accept_keyword(p, KEYWORD_PURGE);
    drop->cascade = accept_keyword(p, KEYWORD_CASCADE);
    if (!drop->cascade)
        accept_keyword(p, KEYWORD_RESTRICT);
    return statement;
}

/* USE (SCHEMA | DATABASE | NAMESPACE | CATALOG)? name */
static AstStatement *parse_use(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_USE);

    advance(p);
    statement->use.object = AST_OBJECT_SCHEMA;
    if (name_at(p, 1)) {
        if (accept_keyword(p, KEYWORD_CATALOG))
            statement->use.object = AST_OBJECT_CATALOG;
        else if (!accept_keyword(p, KEYWORD_SCHEMA) && !accept_keyword(p, KEYWORD_DATABASE))
            accept_keyword(p, KEYWORD_NAMESPACE);
    }
    statement->use.name = parse_name(p, "a schema");
    return statement;
}

/* EXPLAIN (LOGICAL | FORMATTED | EXTENDED | CODEGEN | COST)? statement */
static AstStatement *parse_explain(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_EXPLAIN);
    uint32_t height_outside = nest_enter(p);
    uint32_t start;

    advance(p);
    if (accept_keyword(p, KEYWORD_LOGICAL))
        statement->explain.mode = AST_EXPLAIN_LOGICAL;
    else if (accept_keyword(p, KEYWORD_FORMATTED))
        statement->explain.mode = AST_EXPLAIN_FORMATTED;
    else if (accept_keyword(p, KEYWORD_EXTENDED))
        statement->explain.mode = AST_EXPLAIN_EXTENDED;
    else if (accept_keyword(p, KEYWORD_CODEGEN))
        statement->explain.mode = AST_EXPLAIN_CODEGEN;
    else if (accept_keyword(p, KEYWORD_COST))
        statement->explain.mode = AST_EXPLAIN_COST;
    start = p->at;
    statement->explain.statement = parse_statement(p);
    statement->explain.statement->span = span_since(p, start);
    nest_leave(p, height_outside);
    return statement;
}

/* CACHE LAZY? TABLE name (OPTIONS properties)? (AS? query)? */
static AstStatement *parse_cache(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_CACHE);

    advance(p);
    statement->cache.lazy = accept_keyword(p, KEYWORD_LAZY);
    expect_keyword(p, KEYWORD_TABLE);
    statement->cache.table = parse_table_name(p);
    if (accept_keyword(p, KEYWORD_OPTIONS))
        statement->cache.options = parse_properties(p, false);
    if (accept_keyword(p, KEYWORD_AS) || query_starts_at(p, 0))
        statement->cache.query = parse_query(p);
    return statement;
}

/* UNCACHE TABLE (IF EXISTS)? name */
static AstStatement *parse_uncache(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_UNCACHE);

    advance(p);
    expect_keyword(p, KEYWORD_TABLE);
    accept_keywords(p, KEYWORD_IF, KEYWORD_EXISTS);
    statement->table = parse_table_name(p);
    return statement;
}

/* REFRESH TABLE? name */
static AstStatement *parse_refresh(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_REFRESH);

    advance(p);
    if (name_at(p, 1))
        accept_keyword(p, KEYWORD_TABLE);
    statement->table = parse_table_name(p);
    return statement;
}

/* ── which one ─────────────────────────────────────────────────────────────────────────────────*/

static AstStatement *parse_query_statement(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_QUERY);

    statement->query = parse_query(p);
    return statement;
}

/* Statements Spark has and weir does not: refused by name, not as a mistake in spelling. */
static bool is_unsupported(const Parser *p)
{
    static const char *const words[] = {
        "ALTER", "MERGE", "ANALYZE", "MSCK",  "REPAIR",  "LOAD",   "GRANT",  "REVOKE",   "LOCK",
        "ADD",   "LIST",  "COMMENT", "CLEAR", "EXECUTE", "EXPORT", "IMPORT", "ROLLBACK", "COMMIT",
        "START", "CALL",  "UNLOCK",  "DFS",   "BEGIN",   "MAP",    "REDUCE",
    };
    Str word = token_text(p->text, token_at(p, 0));

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is_nocase(word, words[i]))
            return true;
    return false;
}

static AstStatement *refuse_statement(Parser *p)
{
    const Token *first = token_at(p, 0);

    if (first->kind == TOKEN_WORD && is_unsupported(p)) {
        parse_error(p, first->span, "UNSUPPORTED_FEATURE.STATEMENT", "0A000",
                    "The statement %.*s is not supported.", STR_ARG(token_text(p->text, first)));
        if (first->keyword == KEYWORD_ALTER)
            parse_remedy(p, "change the CREATE statement in the pipeline file instead");
        else if (first->keyword == KEYWORD_BEGIN)
            parse_remedy(p, "write the statements one after the other; there are no scripts");
    }
    syntax_error(p, "a statement: CREATE, SELECT, INSERT, SET, SHOW, DESCRIBE");
    return statement_new(p, AST_STATEMENT_QUERY);
}

AstStatement *parse_statement(Parser *p)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_SELECT:
    case KEYWORD_VALUES:
    case KEYWORD_TABLE:
        return parse_query_statement(p);
    case KEYWORD_WITH:
        return parse_with(p);
    case KEYWORD_FROM:
        return at_multi_insert(p) ? parse_multi_insert(p) : parse_query_statement(p);
    case KEYWORD_CREATE:
    case KEYWORD_REPLACE:
        return parse_create(p);
    case KEYWORD_INSERT:
        return parse_insert(p);
    case KEYWORD_DELETE:
        return parse_delete(p);
    case KEYWORD_UPDATE:
        return parse_update(p);
    case KEYWORD_TRUNCATE:
        return parse_truncate(p);
    case KEYWORD_DROP:
        return parse_drop(p);
    case KEYWORD_SET:
        return parse_set(p);
    case KEYWORD_DECLARE:
        return parse_declare(p);
    case KEYWORD_EXPLAIN:
        return parse_explain(p);
    case KEYWORD_SHOW:
        return parse_show(p);
    case KEYWORD_DESC:
    case KEYWORD_DESCRIBE:
        return parse_describe(p);
    case KEYWORD_USE:
        return parse_use(p);
    case KEYWORD_CACHE:
        return parse_cache(p);
    case KEYWORD_UNCACHE:
        return parse_uncache(p);
    case KEYWORD_REFRESH:
        return parse_refresh(p);
    default:
        return at_token(p, TOKEN_LEFT_PAREN) ? parse_query_statement(p) : refuse_statement(p);
    }
}
