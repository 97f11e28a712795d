/*
 * table_format.h: how the records of a table are written, from its provider and its options.
 */
#ifndef WEIR_PIPELINE_TABLE_FORMAT_H
#define WEIR_PIPELINE_TABLE_FORMAT_H

#include "format/format.h"
#include "plan/catalog.h"
#include "source/source.h"

/* Decodes a table's records: their values by the format, and the columns that are filled from the
 * record itself ('metadata'). Thread: one worker's. */
typedef struct TableDecoder TableDecoder;

/* For the columns of `schema`, under the table's names. Borrows both for its life. */
bool table_decoder_create(const TableDef *table, const Schema *schema, FormatMode mode,
                          const Zone *zone, TableDecoder **out, Error *err);
/* As DecoderMethods.ready: to be asked before decode. */
bool table_decoder_ready(TableDecoder *decoder, const SourceRecords *records, Error *err);
/* As DecoderMethods.decode; records of one partition. Those without a value (a compacted topic's word that a key
 * is gone) are neither rows nor bad; in format raw they are a NULL. */
void table_decoder_decode(TableDecoder *decoder, Arena *arena, const SourceRecords *records,
                          int32_t partition, Batch **out, uint32_t *rows, BadRecords *bad);
void table_decoder_free(TableDecoder *decoder); /* NULL is fine. */

#endif
