/*
 * sink_open.h: the registry of sinks: what stands behind USING, by name.
 *
 * The embedded ones are here; sinks of outside systems become further lines of the table in
 * sink_open.c, chosen by whoever knows that a connection is configured.
 */
#ifndef WEIR_SINK_SINK_OPEN_H
#define WEIR_SINK_SINK_OPEN_H

#include "column/zone.h"
#include "format/format.h"
#include "sink/sink.h"
#include "source/topics.h"

/* Borrowed for the sink's life, strings included. */
typedef struct SinkConfig {
    Str provider; /* kafka, cassandra, postgres, json, csv */
    Str table;
    const Schema *schema;        /* Of the batches. */
    const uint32_t *key_columns; /* The primary key, or the columns of the record's key. */
    uint32_t key_count;
    const Zone *zone; /* For the text of timestamps. */

    Topic *topic;       /* kafka: open already (topics_open). */
    LogConfig log;      /* kafka */
    Str format;         /* kafka: json, csv, raw */
    Str format_options; /* FormatOptions.options. */
    const FormatSchemas *schemas; /* Avro's; NULL: none. */
    const char *folder; /* json, csv: made if missing. */
} SinkConfig;

typedef struct SinkProvider {
    const char *name;
    bool (*open)(const SinkConfig *config, Sink **out, Error *err);
} SinkProvider;

/* NULL: there is no sink of that name. */
const SinkProvider *sink_provider_find(Str name);
/* Call its `recover` before anything is written. ERROR_USER for a provider that cannot be written
 * to. A table of the store must be there already (store_table_create). */
bool sink_open(const SinkConfig *config, Sink **out, Error *err);
void sink_free(Sink *sink); /* NULL is fine. */

#endif
