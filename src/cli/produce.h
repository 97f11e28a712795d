/*
 * produce.h: what weir topic produce and weir generate --topic have in common: lines become records
 * with keys, and go to a topic chunk by chunk.
 */
#ifndef WEIR_CLI_PRODUCE_H
#define WEIR_CLI_PRODUCE_H

#include "cli/options.h"

typedef struct LineProducer LineProducer;

typedef enum LineKey {
    LINE_KEY_NONE,
    LINE_KEY_FIELD,     /* Lines are JSON objects, the key is a field's value. */
    LINE_KEY_SEPARATOR, /* KEY, the separator, VALUE. */
    LINE_KEY_JSON,      /* As weir topic consume --format json prints them. */
} LineKey;

typedef struct LineProducerConfig {
    const Options *options; /* Where the data directory and the settings are from. */
    Str topic;
    int32_t partition_count; /* Of a topic that is missing and therefore made. */
    LineKey key;
    Str key_text; /* The field's name, or the separator. */
} LineProducerConfig;

/* Borrows the configuration's members. NULL: the settings are wrong; told, EXIT_INPUT. */
LineProducer *line_producer_create(const LineProducerConfig *config);
void line_producer_free(LineProducer *lines); /* NULL is fine. */

/* Whole lines, with their line ends; blank ones are passed over. */
bool line_producer_add(LineProducer *lines, Str text, Error *err);
/* All that was added is acknowledged on return. */
bool line_producer_flush(LineProducer *lines, Error *err);
/* Nothing more comes for now: lets the data directory go. */
void line_producer_rest(LineProducer *lines);
/* Tells on standard error how it went; `err` NULL: well. Returns the exit status. */
int line_producer_tell(const LineProducer *lines, const Error *err);

#endif
