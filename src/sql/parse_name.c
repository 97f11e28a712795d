/*
 * parse_name.c: names, lists of names, aliases, properties, assignments.
 */
#include "sql/parse.h"

#include <ctype.h>

/* Spark takes ASCII letters, digits and '_' in names without backquotes. */
static void check_plain_name(Parser *p, const Token *token)
{
    Str text = token_text(p->text, token);

    for (uint32_t i = 0; i < text.bytes; i++)
        if ((unsigned char)text.data[i] >= 0x80) {
            parse_error(p, token->span, "INVALID_IDENTIFIER", "42602",
                        "The unquoted identifier %.*s is invalid and must be back quoted as: "
                        "`%.*s`.",
                        STR_ARG(text), STR_ARG(text));
            return;
        }
}

/* identifier : WORD | BACKQUOTED */
Ident parse_ident(Parser *p, const char *what)
{
    const Token *token = token_at(p, 0);
    Ident ident = {.text = STR_EMPTY, .span = token->span, .quoted = token->kind == TOKEN_QUOTED};

    if (!name_at(p, 0)) {
        syntax_error(p, what);
        return ident;
    }
    if (token->kind == TOKEN_WORD)
        check_plain_name(p, token);
    ident.text = token_name(p->arena, p->text, token);
    if (ident.text.bytes == 0)
        syntax_error_at(p, token->span, "Syntax error: a name is empty.", "write the name");
    advance(p);
    return ident;
}

/* identifierList : '(' identifier (',' identifier)* ')' */
IdentList parse_ident_list(Parser *p)
{
    VEC(Ident) items = {0};

    expect(p, TOKEN_LEFT_PAREN);
    do {
        uint32_t start = p->at;
        Ident ident = parse_ident(p, "a name");

        check_dashed_name(p, start);
        VEC_ADD_IN(p->arena, &items, ident);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    return (IdentList){items.items, items.count};
}

QualifiedName name_of_ident(Parser *p, Ident ident)
{
    QualifiedName name = {.span = ident.span, .parts = ARENA_NEW(p->arena, Ident), .count = 1};

    name.parts[0] = ident;
    return name;
}

/* `test-table` without quotes: said as such, since the next thing would be a puzzling mistake. */
void check_dashed_name(Parser *p, uint32_t start)
{
    const Token *dash = token_at(p, 0);
    const Token *before = &p->tokens[p->at > 0 ? p->at - 1 : 0];
    const Token *after = token_at(p, 1);
    Str text;

    if (dash->kind != TOKEN_MINUS || dash->from != before->from + before->bytes ||
        after->kind != TOKEN_WORD || after->from != dash->from + 1)
        return;
    text = str_slice(p->text->text, before->from, after->from + after->bytes);
    parse_error(p, span_join(p->tokens[start].span, after->span), "INVALID_IDENTIFIER", "42602",
                "The unquoted identifier %.*s is invalid and must be back quoted as: `%.*s`.",
                STR_ARG(text), STR_ARG(text));
}

/* The parts of a name within a text: a, a.b, `a b`.c. False: it is none. */
static bool text_to_parts(Parser *p, Str text, Span span, IdentVec *out)
{
    uint32_t i = 0;

    while (i < text.bytes) {
        bool quoted = text.data[i] == '`';
        uint32_t start = quoted ? ++i : i;
        Ident ident = {.span = span, .quoted = quoted};

        while (i < text.bytes && (quoted ? text.data[i] != '`'
                                         : isalnum((unsigned char)text.data[i]) || text.data[i] == '_'))
            i++;
        ident.text = (Str){text.data + start, i - start};
        if (!ident.text.bytes || (quoted && i++ == text.bytes))
            return false;
        VEC_ADD_IN(p->arena, out, ident);
        if (i == text.bytes)
            return true;
        if (text.data[i++] != '.')
            return false;
    }
    return false;
}

bool accept_identifier_clause(Parser *p, QualifiedName *name, IdentVec *parts)
{
    const AstExpr *e;

    if (!at_keyword(p, KEYWORD_IDENTIFIER) || kind_at(p, 1) != TOKEN_LEFT_PAREN)
        return false;
    advance(p);
    advance(p);
    e = name->computed = parse_expr(p);
    expect(p, TOKEN_RIGHT_PAREN);
    if (!p->failed && e->kind == AST_EXPR_LITERAL && e->literal.kind == AST_LITERAL_STRING) {
        if (text_to_parts(p, e->literal.text, e->span, parts))
            name->computed = NULL;
        else
            parse_error(p, e->span, "PARSE_SYNTAX_ERROR", "42601",
                        "'%.*s' is not the name of anything.", STR_ARG(e->literal.text));
    }
    return true;
}

/* identifierReference : (IDENTIFIER '(' expression ')' | identifier) ('.' identifier)* */
QualifiedName parse_name(Parser *p, const char *what)
{
    uint32_t start = p->at;
    QualifiedName name = {0};
    IdentVec parts = {0};
    Ident ident;

    if (!accept_identifier_clause(p, &name, &parts)) {
        ident = parse_ident(p, what);
        VEC_ADD_IN(p->arena, &parts, ident);
    }
    while (at_token(p, TOKEN_DOT) && name_at(p, 1)) {
        advance(p);
        ident = parse_ident(p, "a name");
        VEC_ADD_IN(p->arena, &parts, ident);
    }
    check_dashed_name(p, start);
    name.parts = parts.items;
    name.count = parts.count;
    name.span = span_since(p, start);
    return name;
}

/* multipartIdentifierList : name (',' name)* */
QualifiedNameList parse_name_list(Parser *p)
{
    VEC(QualifiedName) items = {0};

    do {
        QualifiedName name = parse_name(p, "a name");

        VEC_ADD_IN(p->arena, &items, name);
    } while (accept(p, TOKEN_COMMA));
    return (QualifiedNameList){items.items, items.count};
}

/* ── strings and numbers ───────────────────────────────────────────────────────────────────────*/

/* stringLit+ : adjacent strings are one */
Str parse_string(Parser *p, const char *what)
{
    Str text;

    if (!at_token(p, TOKEN_STRING)) {
        syntax_error(p, what);
        return STR_EMPTY;
    }
    text = token_string(p->arena, p->text, token_at(p, 0));
    advance(p);
    while (at_token(p, TOKEN_STRING)) {
        Str more = token_string(p->arena, p->text, token_at(p, 0));
        char *joined = arena_alloc(p->arena, (size_t)text.bytes + more.bytes);

        memcpy(joined, text.data, text.bytes);
        memcpy(joined + text.bytes, more.data, more.bytes);
        text = (Str){joined, text.bytes + more.bytes};
        advance(p);
    }
    return text;
}

int64_t parse_integer(Parser *p, const char *what)
{
    const Token *token = token_at(p, 0);
    int64_t value = 0;

    if (!at_token(p, TOKEN_INTEGER)) {
        syntax_error(p, what);
        return 0;
    }
    if (!str_to_int64(token_text(p->text, token), &value))
        syntax_error_at(p, token->span, "Syntax error: the number is too large.", NULL);
    advance(p);
    return value;
}

/* commentSpec : COMMENT stringLit */
bool accept_comment(Parser *p, bool *has_comment, Str *comment)
{
    if (!at_keyword(p, KEYWORD_COMMENT) || kind_at(p, 1) != TOKEN_STRING)
        return false;
    advance(p);
    *has_comment = true;
    *comment = parse_string(p, "a string");
    return true;
}

/* ── properties ────────────────────────────────────────────────────────────────────────────────*/

/* propertyKey : identifier ('.' identifier)* | stringLit */
static Str parse_property_key(Parser *p)
{
    QualifiedName name;
    StrBuf text;
    Str key;

    if (at_token(p, TOKEN_STRING))
        return parse_string(p, "a key");
    name = parse_name(p, "a key: a name or a string");
    strbuf_init(&text);
    for (size_t i = 0; i < name.count; i++) {
        if (i > 0)
            strbuf_add_char(&text, '.');
        strbuf_add_str(&text, name.parts[i].text);
    }
    key = str_copy(p->arena, strbuf_str(&text));
    strbuf_done(&text);
    return key;
}

/* propertyValue : INTEGER | DECIMAL | TRUE | FALSE | stringLit, also with a minus */
static void parse_property_value(Parser *p, AstProperty *property)
{
    uint32_t start = p->at;
    const Token *token = token_at(p, 0);

    property->has_value = true;
    if (at_token(p, TOKEN_STRING)) {
        property->value = parse_string(p, "a value");
    } else if (at_keyword(p, KEYWORD_TRUE) || at_keyword(p, KEYWORD_FALSE)) {
        property->value = str_lower(p->arena, token_text(p->text, token));
        advance(p);
    } else {
        accept(p, TOKEN_MINUS);
        if (!at_token(p, TOKEN_INTEGER) && !at_token(p, TOKEN_DECIMAL)) {
            syntax_error(p, "a value: a string in quotes, a number, true or false");
            return;
        }
        advance(p);
        property->value = str_slice(p->text->text, token->from,
                                    p->tokens[p->at - 1].from + p->tokens[p->at - 1].bytes);
    }
    property->value_span = span_since(p, start);
}

static bool plain_value_at(const Parser *p)
{
    TokenKind next = kind_at(p, 1);
    bool plain = at_token(p, TOKEN_STRING) || at_token(p, TOKEN_INTEGER) ||
                 at_token(p, TOKEN_DECIMAL) || at_keyword(p, KEYWORD_TRUE) ||
                 at_keyword(p, KEYWORD_FALSE);

    return plain && (next == TOKEN_COMMA || next == TOKEN_RIGHT_PAREN || next == TOKEN_STRING ||
                     next == TOKEN_END);
}

/* propertyList : '(' property (',' property)* ')'      property : propertyKey ('='? value)? */
AstPropertyList parse_properties(Parser *p, bool expressions)
{
    uint32_t list_start = p->at;
    VEC(AstProperty) items = {0};

    expect(p, TOKEN_LEFT_PAREN);
    do {
        AstProperty property = {.key = STR_EMPTY, .value = STR_EMPTY};
        uint32_t start = p->at;

        property.key = parse_property_key(p);
        property.key_span = span_since(p, start);
        if (accept(p, TOKEN_EQUAL) ||
            (!at_token(p, TOKEN_COMMA) && !at_token(p, TOKEN_RIGHT_PAREN))) {
            start = p->at;
            if (!expressions || plain_value_at(p)) {
                parse_property_value(p, &property);
            } else {
                property.has_value = true;
                property.expr = parse_expr(p);
                property.value_span = span_since(p, start);
            }
        }
        VEC_ADD_IN(p->arena, &items, property);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    return (AstPropertyList){items.items, items.count, span_since(p, list_start)};
}

/* assignmentList : name '=' expression (',' name '=' expression)* */
AstAssignmentList parse_assignments(Parser *p)
{
    VEC(AstColumnAssignment) items = {0};

    do {
        AstColumnAssignment assignment;

        assignment.column = parse_name(p, "a column");
        expect(p, TOKEN_EQUAL);
        assignment.value = parse_expr(p);
        VEC_ADD_IN(p->arena, &items, assignment);
    } while (accept(p, TOKEN_COMMA));
    return (AstAssignmentList){items.items, items.count};
}

/* ── aliases ───────────────────────────────────────────────────────────────────────────────────*/

/* A name without AS could be any word; those that begin a clause are none when what follows says
 * so. */
bool at_clause_start(const Parser *p)
{
    TokenKind next = kind_at(p, 1);
    Keyword after = keyword_at(p, 1);

    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_FROM:
    case KEYWORD_WHERE:
    case KEYWORD_HAVING:
    case KEYWORD_QUALIFY:
    case KEYWORD_SELECT:
    case KEYWORD_UNION:
    case KEYWORD_EXCEPT:
    case KEYWORD_MINUS:
    case KEYWORD_INTERSECT:
    case KEYWORD_LIMIT:
    case KEYWORD_OFFSET:
    case KEYWORD_AS:
    case KEYWORD_WHEN:
    case KEYWORD_THEN:
    case KEYWORD_ELSE:
    case KEYWORD_END:
    case KEYWORD_AND:
    case KEYWORD_OR:
        return next != TOKEN_COMMA && next != TOKEN_DOT;
    case KEYWORD_GROUP:
    case KEYWORD_ORDER:
    case KEYWORD_SORT:
    case KEYWORD_CLUSTER:
    case KEYWORD_DISTRIBUTE:
        return after == KEYWORD_BY;
    case KEYWORD_WINDOW:
        return (next == TOKEN_WORD || next == TOKEN_QUOTED) && keyword_at(p, 2) == KEYWORD_AS;
    case KEYWORD_LATERAL:
        return after == KEYWORD_VIEW;
    case KEYWORD_PIVOT:
    case KEYWORD_TABLESAMPLE:
    case KEYWORD_VALUES:
        return next == TOKEN_LEFT_PAREN;
    case KEYWORD_UNPIVOT:
        return next == TOKEN_LEFT_PAREN || after == KEYWORD_INCLUDE || after == KEYWORD_EXCLUDE;
    case KEYWORD_WATERMARK:
        return next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_LEFT_PAREN;
    case KEYWORD_INSERT:
        return after == KEYWORD_INTO || after == KEYWORD_OVERWRITE;
    case KEYWORD_FOR:
        return next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_LEFT_PAREN;
    case KEYWORD_SET:
        return next == TOKEN_WORD || next == TOKEN_QUOTED;
    case KEYWORD_EMIT:
        return next == TOKEN_WORD;
    case KEYWORD_GROUPING:
        return after == KEYWORD_SETS;
    case KEYWORD_IDENTIFIED:
        return after == KEYWORD_BY;
    case KEYWORD_WITH:
        return true;
    default:
        return false;
    }
}

/* tableAlias : (AS? strictIdentifier identifierList?)? */
AstRelationAlias parse_table_alias(Parser *p)
{
    AstRelationAlias alias = {.name = {.text = STR_EMPTY}};
    bool as = accept_keyword(p, KEYWORD_AS);

    if (as && keyword_is_strict(keyword_at(p, 0))) {
        const Token *token = token_at(p, 0);
        Str text = token_text(p->text, token);

        parse_error(p, token->span, "PARSE_SYNTAX_ERROR", "42601",
                    "Syntax error at or near '%.*s': this word cannot name a table.",
                    STR_ARG(text));
        parse_remedy(p, "write it in backquotes: `%.*s`", STR_ARG(text));
        return alias;
    }
    if (!as && (!name_at(p, 0) || keyword_is_strict(keyword_at(p, 0)) || at_clause_start(p)))
        return alias;
    if (!as && at_token(p, TOKEN_WORD))
        p->alias_at = p->at;
    alias.name = parse_ident(p, "an alias");
    if (at_token(p, TOKEN_LEFT_PAREN) && name_at(p, 1))
        alias.columns = parse_ident_list(p);
    return alias;
}
