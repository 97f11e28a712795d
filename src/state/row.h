/*
 * row.h: rows as bytes: what joins, windows and ordered aggregates remember of their input.
 *
 *     row       value*                      one a column
 *     value     0x00                        NULL
 *               0x01 payload
 *     payload   fixed-width types: their bytes as in the vector, little-endian
 *               STRING, BINARY: varint bytes, the bytes
 *               ARRAY: varint count, values;  MAP: varint count, then key, value, key, value, ...
 *               STRUCT: one value a field
 *
 * Unlike keys (column/key.h) rows give back every value as it was: -0.0 stays -0.0. This is a
 * checkpoint format: it may only be extended, by the version in front of the entry that holds it.
 */
#ifndef WEIR_STATE_ROW_H
#define WEIR_STATE_ROW_H

#include "column/vector.h"

/* Adds row `row_i` of the columns. */
void row_encode(StrBuf *out, Vector *const *columns, uint32_t column_count, uint32_t row_i);
/* Columns of `types` with one row each. Strings are views into `rows`. False: not such bytes. */
bool rows_decode(Arena *arena, const Str *rows, uint32_t row_count, const Type *const *types,
                 uint32_t column_count, Vector **columns);

/* LEB128, for what stands around rows. */
void varint_encode(StrBuf *out, uint64_t value);
bool varint_decode(Str *in, uint64_t *value); /* Moves *in behind it. */
/* A length, then the bytes. */
void bytes_encode(StrBuf *out, Str bytes);
bool bytes_decode(Str *in, Str *bytes);

#endif
