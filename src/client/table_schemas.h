/*
 * table_schemas.h: where the Avro schemas of a table's records come from: its options 'schema_file' and
 * 'schema_registry' (Confluent's, by HTTP).
 *
 *     schema_file                  the records' schema, or with a registry the one that has the defaults
 *     schema_registry              records begin with 0 and a number:  GET /schemas/ids/NUMBER
 *                                  written in the subject's latest:    GET /subjects/TOPIC-value/versions/latest
 *
 * A registry is asked by a thread of this file's own, so that nobody waits for one that does not answer: it is
 * asked again, after 0.1 s, then twice as long each time, to 5 s. Only its word that it has no such schema is
 * final (an error_code of 404xx: of that number 40403); whatever else it answers is an outage.
 *
 * Thread: one at a time; each decoder and encoder has its own.
 */
#ifndef WEIR_CLIENT_TABLE_SCHEMAS_H
#define WEIR_CLIENT_TABLE_SCHEMAS_H

#include "format/format.h"
#include "plan/catalog.h"

typedef struct TableSchemas TableSchemas;

/* *out is NULL for a table that has neither option. `to_write`: finds the schema that records are
 * written in. */
bool table_schemas_open(const TableDef *table, bool to_write, TableSchemas **out, Error *err);
void table_schemas_close(TableSchemas *schemas); /* NULL is fine. */
/* NULL for NULL. Borrowed. */
const FormatSchemas *table_schemas_format(const TableSchemas *schemas);

#endif
