/*
 * row_write.h: rows to bytes, and records made undecodable on purpose.
 *
 *            ndjson                json                              csv
 *     first  -                     [ line                            header line
 *     each   object, line          comma and line between, object    cells, line
 *     last   -                     line, ], line                     -
 *
 * In a JSON array a malformed record that is not JSON stands as a string holding its text, so that
 * the array as a whole can be read and one element of it is bad.
 */
#ifndef WEIR_GENERATE_ROW_WRITE_H
#define WEIR_GENERATE_ROW_WRITE_H

#include "generate/fault.h"
#include "generate/generate.h"
#include "generate/put.h"

typedef struct RowWriter {
    const Stream *stream;
    GenerateFormat format;
    Str keys[STREAM_COLUMNS_MAX]; /* `"name":` */
    char key_text[256];
    DayText day;
    StrBuf quoted; /* Scratch of malformed records. */
} RowWriter;

void row_writer_init(RowWriter *writer, const Stream *stream, GenerateFormat format);
void row_writer_done(RowWriter *writer);

void row_write_first(RowWriter *writer, StrBuf *out);
void row_write_last(RowWriter *writer, StrBuf *out);
/* One record. `is_first`: none was written before it. `fault` may be NULL; of its kinds only
 * FAULT_MALFORMED matters here. */
void row_write(RowWriter *writer, const StreamRow *row, const Fault *fault, bool is_first,
               StrBuf *out);

#endif
