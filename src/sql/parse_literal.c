/*
 * parse_literal.c: numbers, strings, typed literals, intervals.
 */
#include "sql/parse.h"

#include <math.h>

static AstExpr *literal_new(Parser *p, AstLiteralKind kind, Str text, uint32_t start)
{
    AstExpr *e = expr_new(p, AST_EXPR_LITERAL, start);

    e->literal.kind = kind;
    e->literal.text = text;
    return e;
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct NumberKind {
    AstLiteralKind literal;
    uint32_t suffix_bytes;
    const char *type; /* Of those with a range of their own; NULL for the rest. */
    const char *min;
    const char *max;
} NumberKind;

static NumberKind number_kind(TokenKind token)
{
    switch ((int)token) {
    case TOKEN_DECIMAL:
        return (NumberKind){.literal = AST_LITERAL_DECIMAL};
    case TOKEN_EXPONENT:
        return (NumberKind){AST_LITERAL_DOUBLE, 0, "double", "-1.7976931348623157E308",
                            "1.7976931348623157E308"};
    case TOKEN_BIGINT:
        return (NumberKind){AST_LITERAL_BIGINT, 1, "bigint", "-9223372036854775808",
                            "9223372036854775807"};
    case TOKEN_SMALLINT:
        return (NumberKind){AST_LITERAL_SMALLINT, 1, "smallint", "-32768", "32767"};
    case TOKEN_TINYINT:
        return (NumberKind){AST_LITERAL_TINYINT, 1, "tinyint", "-128", "127"};
    case TOKEN_FLOAT:
        return (NumberKind){AST_LITERAL_FLOAT, 1, "float", "-3.4028234663852886E38",
                            "3.4028234663852886E38"};
    case TOKEN_DOUBLE:
        return (NumberKind){AST_LITERAL_DOUBLE, 1, "double", "-1.7976931348623157E308",
                            "1.7976931348623157E308"};
    case TOKEN_BIG_DECIMAL:
        return (NumberKind){.literal = AST_LITERAL_BIG_DECIMAL, .suffix_bytes = 2};
    default:
        return (NumberKind){.literal = AST_LITERAL_INTEGER};
    }
}

static bool in_range(const NumberKind *kind, Str digits)
{
    int64_t value;
    int64_t least = 0;
    double real = 0;
    double most = 0;

    if (kind->literal == AST_LITERAL_FLOAT || kind->literal == AST_LITERAL_DOUBLE) {
        str_to_double(str_of(kind->max), &most);
        return str_to_double(digits, &real) && fabs(real) <= most;
    }
    if (!str_to_int64(digits, &value))
        return false;
    str_to_int64(str_of(kind->min), &least);
    return value >= least && value <= -(least + 1);
}

bool number_at(const Parser *p, uint32_t ahead)
{
    TokenKind kind = kind_at(p, ahead);

    return kind >= TOKEN_INTEGER && kind <= TOKEN_BIG_DECIMAL;
}

/* number : '-'? (INTEGER | DECIMAL | EXPONENT | ... with suffixes); the minus is taken already */
AstExpr *parse_number(Parser *p, bool negative, uint32_t start)
{
    Str text = token_text(p->text, token_at(p, 0));
    NumberKind kind = number_kind(kind_at(p, 0));
    Str digits = str_slice(text, 0, text.bytes - kind.suffix_bytes);

    advance(p);
    if (negative) {
        char *signed_digits = arena_alloc(p->arena, (size_t)digits.bytes + 1);

        signed_digits[0] = '-';
        memcpy(signed_digits + 1, digits.data, digits.bytes);
        digits = (Str){signed_digits, digits.bytes + 1};
    }
    if (kind.type && !in_range(&kind, digits))
        parse_error(p, span_since(p, start), "INVALID_NUMERIC_LITERAL_RANGE", "22003",
                    "Numeric literal %.*s is outside the valid range for %s with minimum value of "
                    "%s and maximum value of %s. Please adjust the value accordingly.",
                    STR_ARG(digits), kind.type, kind.min, kind.max);
    return literal_new(p, kind.literal, digits, start);
}

/* ── intervals ─────────────────────────────────────────────────────────────────────────────────*/

/* A value that a unit follows: from `ahead` on, ('+'|'-')? (number | string). */
static bool interval_value_at(const Parser *p, uint32_t ahead)
{
    if (kind_at(p, ahead) == TOKEN_PLUS || kind_at(p, ahead) == TOKEN_MINUS)
        ahead++;
    return (kind_at(p, ahead) == TOKEN_INTEGER || kind_at(p, ahead) == TOKEN_DECIMAL ||
            kind_at(p, ahead) == TOKEN_STRING) &&
           interval_unit_of(keyword_at(p, ahead + 1)) != AST_UNIT_NONE;
}

bool at_interval(const Parser *p)
{
    return at_keyword(p, KEYWORD_INTERVAL) &&
           (kind_at(p, 1) == TOKEN_STRING || number_at(p, 1) || interval_value_at(p, 1));
}

static AstIntervalPart parse_interval_part(Parser *p)
{
    uint32_t start = p->at;
    AstIntervalPart part = {.value = STR_EMPTY};

    part.negative = accept(p, TOKEN_MINUS);
    if (!part.negative)
        accept(p, TOKEN_PLUS);
    part.is_string = at_token(p, TOKEN_STRING);
    if (part.is_string) {
        part.value = parse_string(p, "a value");
    } else if (at_token(p, TOKEN_INTEGER) || at_token(p, TOKEN_DECIMAL)) {
        part.value = token_text(p->text, token_at(p, 0));
        advance(p);
    } else {
        syntax_error(p, "a value, as in INTERVAL '10' MINUTES");
    }
    part.unit = interval_unit_of(keyword_at(p, 0));
    if (part.unit != AST_UNIT_NONE)
        advance(p);
    else if (!part.is_string || part.negative)
        syntax_error(p, "a unit: YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND or "
                        "MICROSECOND");
    part.span = span_since(p, start);
    return part;
}

/* interval : INTERVAL (stringLit | (value unit)+ | value unit TO unit) */
AstExpr *parse_interval(Parser *p)
{
    uint32_t start = p->at;
    AstExpr *e = expr_new(p, AST_EXPR_INTERVAL, start);
    VEC(AstIntervalPart) parts = {0};

    expect_keyword(p, KEYWORD_INTERVAL);
    do {
        AstIntervalPart part = parse_interval_part(p);

        VEC_ADD_IN(p->arena, &parts, part);
    } while (parts.items[0].unit != AST_UNIT_NONE && interval_value_at(p, 0));
    if (parts.items[0].unit != AST_UNIT_NONE && at_keyword(p, KEYWORD_TO)) {
        advance(p);
        e->interval.unit_to = interval_unit_of(keyword_at(p, 0));
        if (e->interval.unit_to == AST_UNIT_NONE)
            syntax_error(p, "a unit, as in INTERVAL '1-2' YEAR TO MONTH");
        advance(p);
        if (parts.count > 1 || interval_value_at(p, 0))
            parse_error(p, span_since(p, start), "_LEGACY_ERROR_TEMP_0024", NULL,
                        "Can only have a single from-to unit in the interval literal syntax.");
        else if (!parts.items[0].is_string)
            parse_error(p, span_since(p, start), "_LEGACY_ERROR_TEMP_0027", NULL,
                        "The value of from-to unit must be a string.");
    }
    e->interval.parts = parts.items;
    e->interval.part_count = parts.count;
    e->span = span_since(p, start);
    return e;
}

/* ── literals ──────────────────────────────────────────────────────────────────────────────────*/

/* X 'hex digits' */
static void check_hex(Parser *p, Str text, Span span)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            continue;
        parse_error(p, span, "INVALID_TYPED_LITERAL", "42604",
                    "The value of the typed literal \"X\" is invalid: '%.*s'.", STR_ARG(text));
        parse_remedy(p, "between the quotes stand hexadecimal digits only");
        return;
    }
}

/* typeConstructor : (DATE | TIME | TIMESTAMP | TIMESTAMP_NTZ | TIMESTAMP_LTZ | X) stringLit */
static AstExpr *parse_typed_literal(Parser *p)
{
    uint32_t start = p->at;
    Str type = token_text(p->text, token_at(p, 0));
    AstLiteralKind kind = AST_LITERAL_DATE;
    Str text;

    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_DATE:
        break;
    case KEYWORD_TIME:
        kind = AST_LITERAL_TIME;
        break;
    case KEYWORD_TIMESTAMP:
        kind = AST_LITERAL_TIMESTAMP;
        break;
    case KEYWORD_TIMESTAMP_NTZ:
        kind = AST_LITERAL_TIMESTAMP_NTZ;
        break;
    case KEYWORD_TIMESTAMP_LTZ:
        kind = AST_LITERAL_TIMESTAMP_LTZ;
        break;
    case KEYWORD_X:
        kind = AST_LITERAL_BINARY;
        break;
    default:
        parse_error(p, span_join(token_at(p, 0)->span, token_at(p, 1)->span),
                    "UNSUPPORTED_TYPED_LITERAL", "0A000",
                    "Literals of the type \"%.*s\" are not supported. Supported types are "
                    "\"DATE\", \"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", "
                    "\"X\", \"TIME\".",
                    STR_ARG(type));
    }
    advance(p);
    if (p->failed)
        return literal_new(p, kind, STR_EMPTY, start);
    text = token_string(p->arena, p->text, token_at(p, 0));
    advance(p);
    if (kind == AST_LITERAL_BINARY)
        check_hex(p, text, span_since(p, start));
    return literal_new(p, kind, text, start);
}

static AstExpr *parse_parameter(Parser *p, uint32_t start)
{
    AstExpr *e;
    Str name = STR_EMPTY;
    uint32_t index = 0;

    if (accept(p, TOKEN_QUESTION)) {
        index = p->parameter_count++;
    } else {
        advance(p);
        name = parse_ident(p, "the name of a parameter").text;
    }
    e = expr_new(p, AST_EXPR_PARAMETER, start);
    e->parameter.name = name;
    e->parameter.index = index;
    return e;
}

/*
 * constant
 *   : NULL | TRUE | FALSE | number | stringLit+ | interval | typeConstructor
 *   | '?' | ':' identifier
 */
AstExpr *parse_literal(Parser *p)
{
    uint32_t start = p->at;
    bool string_next = kind_at(p, 1) == TOKEN_STRING;

    if (number_at(p, 0))
        return parse_number(p, false, start);
    if (at_token(p, TOKEN_STRING)) {
        Str text = parse_string(p, "a string");

        return literal_new(p, AST_LITERAL_STRING, text, start);
    }
    if (at_token(p, TOKEN_QUESTION) || (at_token(p, TOKEN_COLON) && name_at(p, 1)))
        return parse_parameter(p, start);
    if (!at_token(p, TOKEN_WORD))
        return NULL;
    if (at_interval(p))
        return parse_interval(p);
    if (string_next && !at_keyword(p, KEYWORD_CASE)) /* CASE 'a' WHEN ... */
        return parse_typed_literal(p);
    if (accept_keyword(p, KEYWORD_NULL))
        return literal_new(p, AST_LITERAL_NULL, STR("NULL"), start);
    if (accept_keyword(p, KEYWORD_TRUE))
        return literal_new(p, AST_LITERAL_BOOLEAN, STR("true"), start);
    if (accept_keyword(p, KEYWORD_FALSE))
        return literal_new(p, AST_LITERAL_BOOLEAN, STR("false"), start);
    return NULL;
}
