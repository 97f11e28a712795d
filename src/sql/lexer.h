/*
 * lexer.h: the characters of one statement -> tokens, each remembering its place.
 *
 * The longest token wins, as in Spark: `1a` and `2024_01` are words, `1L` and `1e3` are numbers,
 * `.5` is a number unless a letter follows (`t.5a` is a name). Comments and blanks leave no trace.
 * Strings and names keep their quotes here; token_string and token_name take them off when the
 * parser asks.
 *
 * Invariants
 *  1. The last token is TOKEN_END, and the only one of its kind.
 *  2. Token.match of an opening bracket is the index of the bracket that closes it, or 0 when none
 * does; crossing brackets do not match.
 */
#ifndef WEIR_SQL_LEXER_H
#define WEIR_SQL_LEXER_H

#include "base/vec.h"
#include "sql/keyword.h"
#include "sql/text.h"

#define SQL_TOKENS_MAX (16u << 20)

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_WORD,   /* A name or a keyword. */
    TOKEN_QUOTED, /* `name` */
    TOKEN_STRING,
    TOKEN_INTEGER,
    TOKEN_DECIMAL,     /* 1.5 */
    TOKEN_EXPONENT,    /* 1e5, 1.5e-3 */
    TOKEN_BIGINT,      /* 1L */
    TOKEN_SMALLINT,    /* 1S */
    TOKEN_TINYINT,     /* 1Y */
    TOKEN_FLOAT,       /* 1F */
    TOKEN_DOUBLE,      /* 1D */
    TOKEN_BIG_DECIMAL, /* 1BD */
    TOKEN_LEFT_PAREN,
    TOKEN_RIGHT_PAREN,
    TOKEN_LEFT_BRACKET,
    TOKEN_RIGHT_BRACKET,
    TOKEN_COMMA,
    TOKEN_DOT,
    TOKEN_COLON,
    TOKEN_DOUBLE_COLON,
    TOKEN_QUESTION,
    TOKEN_EQUAL,     /* = == */
    TOKEN_NOT_EQUAL, /* <> != */
    TOKEN_LESS,
    TOKEN_LESS_EQUAL, /* <= !> */
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL, /* >= !< */
    TOKEN_EQUAL_NULL_SAFE,
    TOKEN_SHIFT_LEFT,
    TOKEN_SHIFT_RIGHT,
    TOKEN_SHIFT_RIGHT_UNSIGNED,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_PERCENT,
    TOKEN_TILDE,
    TOKEN_AMPERSAND,
    TOKEN_CARET,
    TOKEN_BAR,
    TOKEN_CONCAT, /* || */
    TOKEN_PIPE,   /* |> */
    TOKEN_BANG,
    TOKEN_ARROW,     /* -> */
    TOKEN_FAT_ARROW, /* => */
    TOKEN_HINT_START,
    TOKEN_HINT_END,
    TOKEN_KIND_COUNT,
} TokenKind;

typedef struct Token {
    TokenKind kind;
    Keyword keyword; /* WORD only. */
    uint32_t from;   /* In StatementText.text. */
    uint32_t bytes;
    Span span; /* In the source. */
    uint32_t match;
} Token;

typedef VEC(Token) TokenVec;

/* Adds the statement's tokens to `tokens` (malloc'd). What is no token is an error in
 * `diagnostics`; then false. */
bool lex(const StatementText *statement, TokenVec *tokens, DiagnosticList *diagnostics);

/* "an end", "`)`", "a string": for messages. */
const char *token_kind_text(TokenKind kind);
static inline Str token_text(const StatementText *statement, const Token *token)
{
    return str_slice(statement->text, token->from, token->from + token->bytes);
}

/* The value of a STRING: quotes off, escapes resolved. */
Str token_string(Arena *arena, const StatementText *statement, const Token *token);
/* The name in a WORD or QUOTED. */
Str token_name(Arena *arena, const StatementText *statement, const Token *token);

#endif
