/*
 * table_format.h: how the records of a table are written, from its provider and its options.
 */
#ifndef WEIR_PIPELINE_TABLE_FORMAT_H
#define WEIR_PIPELINE_TABLE_FORMAT_H

#include "format/format.h"
#include "plan/catalog.h"

/* The format's name: json, csv, raw. */
Str table_format_name(const TableDef *table);
/* Appends its options, as FormatOptions.options has them. */
void table_format_options(StrBuf *out, const TableDef *table);
/* A decoder of the table's records for the columns of `schema`, under the table's names. */
bool table_decoder_create(const TableDef *table, const Schema *schema, FormatMode mode,
                          const Zone *zone, Decoder **out, Error *err);

#endif
