/*
 * nested_text.h: one ARRAY, MAP or STRUCT as a JSON text of its own: for stores that have no type for
 * it (the embedded store's and Cassandra's text, PostgreSQL's jsonb).
 *
 * The formats know records alone: a value is written and read as the record {"v":value}.
 */
#ifndef WEIR_FORMAT_NESTED_TEXT_H
#define WEIR_FORMAT_NESTED_TEXT_H

#include "format/format.h"

typedef struct NestedWriter {
    Encoder *encoder;
    Batch batch;
    Vector *column;
    StrBuf text;
} NestedWriter;

bool nested_writer_init(NestedWriter *writer, const Type *type, Error *err);
void nested_writer_done(NestedWriter *writer); /* Also of one that is zeroed. */
/* A value that is not NULL; borrowed until the next call. */
Str nested_write(NestedWriter *writer, const Vector *v, uint32_t row_i);

/* Texts are collected, and decoded all at once. */
typedef struct NestedReader {
    Decoder *decoder;
    bool strict;
    VectorBuilder records;
} NestedReader;

/* STRICT: a text that holds no value of the type is told of; PERMISSIVE: what does not fit is NULL. */
bool nested_reader_init(NestedReader *reader, const Type *type, FormatMode mode, Error *err);
void nested_reader_done(NestedReader *reader); /* Also of one that is zeroed. */
void nested_reader_begin(NestedReader *reader, Arena *arena, uint32_t row_count);
void nested_reader_add(NestedReader *reader, Str json); /* data NULL: NULL */
/* The vector; NULL: row *bad_row is no value of the type (STRICT). Its type lives in the reader. */
Vector *nested_reader_finish(NestedReader *reader, uint32_t *bad_row);

#endif
