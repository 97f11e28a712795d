/*
 * parse_type.c: the names of types. Which names exist is the binder's to know.
 */
#include "sql/parse.h"

#include <limits.h>

AstIntervalUnit interval_unit_of(Keyword keyword)
{
    static const struct {
        Keyword keyword;
        AstIntervalUnit unit;
    } units[] = {
        {KEYWORD_YEAR, AST_UNIT_YEAR},
        {KEYWORD_YEARS, AST_UNIT_YEAR},
        {KEYWORD_MONTH, AST_UNIT_MONTH},
        {KEYWORD_MONTHS, AST_UNIT_MONTH},
        {KEYWORD_WEEK, AST_UNIT_WEEK},
        {KEYWORD_WEEKS, AST_UNIT_WEEK},
        {KEYWORD_DAY, AST_UNIT_DAY},
        {KEYWORD_DAYS, AST_UNIT_DAY},
        {KEYWORD_HOUR, AST_UNIT_HOUR},
        {KEYWORD_HOURS, AST_UNIT_HOUR},
        {KEYWORD_MINUTE, AST_UNIT_MINUTE},
        {KEYWORD_MINUTES, AST_UNIT_MINUTE},
        {KEYWORD_SECOND, AST_UNIT_SECOND},
        {KEYWORD_SECONDS, AST_UNIT_SECOND},
        {KEYWORD_MILLISECOND, AST_UNIT_MILLISECOND},
        {KEYWORD_MILLISECONDS, AST_UNIT_MILLISECOND},
        {KEYWORD_MICROSECOND, AST_UNIT_MICROSECOND},
        {KEYWORD_MICROSECONDS, AST_UNIT_MICROSECOND},
        {KEYWORD_NANOSECOND, AST_UNIT_NANOSECOND},
        {KEYWORD_NANOSECONDS, AST_UNIT_NANOSECOND},
    };

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (units[i].keyword == keyword)
            return units[i].unit;
    return AST_UNIT_NONE;
}

/* A '>' that may be the first half of '>>', '>>>' or '>=': then the rest stays. */
static void expect_greater(Parser *p)
{
    Token *token = &p->tokens[p->at];

    switch ((int)token->kind) {
    case TOKEN_SHIFT_RIGHT:
        token->kind = TOKEN_GREATER;
        break;
    case TOKEN_SHIFT_RIGHT_UNSIGNED:
        token->kind = TOKEN_SHIFT_RIGHT;
        break;
    case TOKEN_GREATER_EQUAL:
        token->kind = TOKEN_EQUAL;
        break;
    default:
        expect(p, TOKEN_GREATER);
        return;
    }
    token->from++;
    token->bytes--;
    token->span.offset++;
    token->span.bytes--;
    token->span.column++;
}

/* complexColType : identifier ':'? dataType (NOT NULL)? commentSpec? */
static AstTypeField parse_type_field(Parser *p)
{
    uint32_t start = p->at;
    AstTypeField field = {.comment = STR_EMPTY};

    field.name = parse_ident(p, "a field's name");
    accept(p, TOKEN_COLON);
    field.type = parse_type(p);
    field.not_null = accept_keywords(p, KEYWORD_NOT, KEYWORD_NULL);
    accept_comment(p, &field.has_comment, &field.comment);
    field.span = span_since(p, start);
    return field;
}

AstTypeName *parse_type_fields(Parser *p, TokenKind closing)
{
    uint32_t start = p->at;
    AstTypeName *type = ARENA_NEW(p->arena, AstTypeName);
    VEC(AstTypeField) fields = {0};

    type->kind = AST_TYPE_NAME_STRUCT;
    if (!at_token(p, closing)) {
        do {
            AstTypeField field = parse_type_field(p);

            VEC_ADD_IN(p->arena, &fields, field);
        } while (accept(p, TOKEN_COMMA));
    }
    type->fields = fields.items;
    type->field_count = fields.count;
    type->span = span_since(p, start);
    return type;
}

/* INTERVAL (unit (TO unit)?)? */
static void parse_interval_type(Parser *p, AstTypeName *type)
{
    type->kind = AST_TYPE_NAME_INTERVAL;
    type->unit_from = interval_unit_of(keyword_at(p, 0));
    if (type->unit_from == AST_UNIT_NONE)
        return;
    advance(p);
    type->unit_to = type->unit_from;
    if (at_keyword(p, KEYWORD_TO) && interval_unit_of(keyword_at(p, 1)) != AST_UNIT_NONE) {
        advance(p);
        type->unit_to = interval_unit_of(keyword_at(p, 0));
        advance(p);
    }
}

static bool at_word(const Parser *p, uint32_t ahead, const char *word)
{
    return kind_at(p, ahead) == TOKEN_WORD &&
           str_is_nocase(token_text(p->text, token_at(p, ahead)), word);
}

/* TIME and TIMESTAMP: (WITHOUT TIME ZONE | WITH LOCAL TIME ZONE)? */
static void parse_zone_words(Parser *p, AstTypeName *type)
{
    bool timestamp = str_is_nocase(type->name, "TIMESTAMP");

    if (!timestamp && !str_is_nocase(type->name, "TIME"))
        return;
    if (at_word(p, 0, "WITHOUT") && keyword_at(p, 1) == KEYWORD_TIME &&
        keyword_at(p, 2) == KEYWORD_ZONE) {
        for (int i = 0; i < 3; i++)
            advance(p);
        if (timestamp)
            type->name = STR("TIMESTAMP_NTZ");
    } else if (timestamp && at_keywords(p, KEYWORD_WITH, KEYWORD_LOCAL) &&
               keyword_at(p, 2) == KEYWORD_TIME && keyword_at(p, 3) == KEYWORD_ZONE) {
        for (int i = 0; i < 4; i++)
            advance(p);
        type->name = STR("TIMESTAMP_LTZ");
    }
}

/* type ('(' INTEGER (',' INTEGER)* ')')? (COLLATE name)? */
static void parse_simple_type(Parser *p, AstTypeName *type)
{
    VEC(int32_t) params = {0};

    type->kind = AST_TYPE_NAME_SIMPLE;
    type->collation = STR_EMPTY;
    type->name = parse_ident(p, "a type").text;
    if (accept(p, TOKEN_LEFT_PAREN)) {
        do {
            int64_t param = parse_integer(p, "a whole number");

            VEC_ADD_IN(p->arena, &params, (int32_t)MIN(param, INT32_MAX));
        } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    }
    type->params = params.items;
    type->param_count = params.count;
    parse_zone_words(p, type);
    if (at_keyword(p, KEYWORD_COLLATE) && str_is_nocase(type->name, "STRING")) {
        advance(p);
        type->collation = parse_ident(p, "a collation").text;
    }
}

static void refuse_bare(Parser *p, const char *class_name, const char *remedy)
{
    parse_error(p, p->tokens[p->at > 0 ? p->at - 1 : 0].span, class_name, "42K01",
                "Incomplete complex type: it needs the types it holds.");
    parse_remedy(p, "%s", remedy);
}

/*
 * dataType
 *   : ARRAY '<' dataType '>'
 *   | MAP '<' dataType ',' dataType '>'
 *   | STRUCT ('<' fields? '>' | '<>')
 *   | INTERVAL (unit (TO unit)?)?
 *   | type ('(' INTEGER (',' INTEGER)* ')')?
 */
static void parse_type_here(Parser *p, AstTypeName *type)
{
    if (at_keyword(p, KEYWORD_ARRAY)) {
        advance(p);
        type->kind = AST_TYPE_NAME_ARRAY;
        if (!accept(p, TOKEN_LESS))
            refuse_bare(p, "INCOMPLETE_TYPE_DEFINITION.ARRAY", "say of what: ARRAY<INT>");
        type->element = parse_type(p);
        expect_greater(p);
    } else if (at_keyword(p, KEYWORD_MAP)) {
        advance(p);
        type->kind = AST_TYPE_NAME_MAP;
        if (!accept(p, TOKEN_LESS))
            refuse_bare(p, "INCOMPLETE_TYPE_DEFINITION.MAP", "say of what: MAP<STRING, INT>");
        type->key = parse_type(p);
        expect(p, TOKEN_COMMA);
        type->element = parse_type(p);
        expect_greater(p);
    } else if (at_keyword(p, KEYWORD_STRUCT)) {
        advance(p);
        type->kind = AST_TYPE_NAME_STRUCT;
        if (accept(p, TOKEN_NOT_EQUAL))
            return;
        if (!accept(p, TOKEN_LESS))
            refuse_bare(p, "INCOMPLETE_TYPE_DEFINITION.STRUCT", "say of what: STRUCT<a: INT>");
        if (!at_token(p, TOKEN_GREATER)) {
            AstTypeName *fields = parse_type_fields(p, TOKEN_GREATER);

            type->fields = fields->fields;
            type->field_count = fields->field_count;
        }
        expect_greater(p);
    } else if (accept_keyword(p, KEYWORD_INTERVAL)) {
        parse_interval_type(p, type);
    } else {
        parse_simple_type(p, type);
    }
}

AstTypeName *parse_type(Parser *p)
{
    uint32_t start = p->at;
    uint32_t height_outside = nest_enter(p);
    AstTypeName *type = ARENA_NEW(p->arena, AstTypeName);

    parse_type_here(p, type);
    type->span = span_since(p, start);
    nest_grow(p);
    nest_leave(p, height_outside);
    return type;
}
