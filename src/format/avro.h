/*
 * avro.h: the avro format: one Avro value, a record, is one row.
 *
 * The schema of the records is that of FormatSchemas: a text given, or, of framed records, the one
 * their number names; without either it is made of the table's columns (avro_schema_of). Columns are
 * found by name, of fields or their aliases, in any case. A field that the records do not have gets the
 * default that the given schema has for it, else NULL; numbers are widened as the specification's
 * resolution does (int to long, float and double, bytes to strings and back).
 *
 *     boolean int long float double    BOOLEAN, TINYINT … BIGINT, FLOAT, DOUBLE
 *     string, enum, uuid               STRING
 *     bytes, fixed                     BINARY
 *     decimal                          DECIMAL
 *     date, timestamp-*                DATE, TIMESTAMP
 *     local-timestamp-*                TIMESTAMP_NTZ
 *     array, map, record               ARRAY, MAP<STRING, …>, STRUCT
 *     union                            what fits of its branches; several without null also as Spark's
 *                                      STRUCT<member0, member1, …>
 *
 * A record that ends early, or goes on behind its end, is bad ("malformed_avro"); so is a value that
 * does not fit its column ("bad_value").
 */
#ifndef WEIR_FORMAT_AVRO_H
#define WEIR_FORMAT_AVRO_H

#include "format/format.h"

extern const Format format_avro;

#endif
