/*
 * text.h: a text of SQL cut into statements, and `${key}` replaced in each.
 *
 *     source   SET feed = http://h; ... OPTIONS ('url' = '${feed}/v1');
 *                                                       ^ place
 *     text                              OPTIONS ('url' = 'http://h/v1')
 *
 * Statements end at a semicolon that stands in no quotes and no comment. Replacing is textual,
 * before lexing, as Spark does it; it reaches into quotes but not into comments. It happens
 * statement by statement, so that a SET is known to what follows it.
 *
 * Invariant: TextPiece[] covers `text` from 0 without gaps, in order; no piece: `text` lies in
 * `source`.
 */
#ifndef WEIR_SQL_TEXT_H
#define WEIR_SQL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "sql/diagnostic.h"

#define SQL_TEXT_BYTES_MAX (64u << 20)

/* Gives the value of a setting; false when there is none. The value must live as long as the AST.
 */
typedef bool (*SqlLookup)(void *self, Str key, Str *value);

typedef struct TextPiece {
    uint32_t text_from;   /* In StatementText.text. */
    uint32_t source_from; /* In the source. */
    uint32_t key_bytes;   /* Of `${key}` in the source; 0: copied as it stands. */
} TextPiece;

/* Where cutting has got to. */
typedef struct TextCursor {
    uint32_t offset;
    uint32_t line; /* Of offset, from 1. */
    uint32_t column;
} TextCursor;

#define TEXT_START ((TextCursor){0, 1, 1})

typedef struct StatementText {
    Str source;       /* All of it. */
    TextCursor start; /* Of the statement, behind white space and comments. */
    uint32_t to;      /* Its end, before white space and semicolon. */
    Str text;         /* What is lexed. */
    TextPiece *pieces;
    size_t piece_count;
} StatementText;

/* Cuts off the next statement that holds anything but comments. False at the end. */
bool statement_text_next(Str source, TextCursor *cursor, StatementText *out);
/* All of `source` as one. */
StatementText statement_text_whole(Str source);
/* Replaces `${key}`; a key nobody knows is an error in `diagnostics`, and false. */
bool statement_text_expand(Arena *arena, StatementText *statement, SqlLookup lookup, void *self,
                           DiagnosticList *diagnostics);
/* Does the text end with a semicolon that ends a statement (or hold nothing but comments)? */
bool sql_text_is_complete(Str text);

/* Turns places in StatementText.text into places in the source. Cheapest when asked in order. */
typedef struct PlaceFinder {
    const StatementText *statement;
    size_t piece_i;
    TextCursor at; /* In the source. */
} PlaceFinder;

void place_finder_init(PlaceFinder *finder, const StatementText *statement);
/* The place of text[from..to). */
Span place_find(PlaceFinder *finder, uint32_t from, uint32_t to);

/* What stands at text[at], as far as cutting goes. */
typedef enum TextItem {
    TEXT_OTHER,
    TEXT_COMMENT,
    TEXT_QUOTED, /* '...', "...", `...`, r'...', r"..." */
} TextItem;

/* Its kind and its end. *closed is false when the text ends first. `word_before` tells whether the
 * character before belongs to a word (then r' is no raw string). */
TextItem text_item(Str text, uint32_t at, bool word_before, uint32_t *end, bool *closed);

#endif
