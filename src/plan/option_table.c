/*
 * option_table.c: every provider and every option, one line each (option.h). To add one, add a line
 * here and read it where it takes effect with table_option.
 */
#include "plan/option_table.h"

#define P(name) (1u << PROVIDER_##name)
#define P_FILES (P(JSON) | P(CSV))
#define P_STORES (P(CASSANDRA) | P(POSTGRES))
#define P_SOURCES (P(HTTP) | P(KAFKA) | P_FILES | P(RATE) | P(NEXMARK))
#define P_TARGETS (P(KAFKA) | P_FILES | P_STORES)
#define SOURCE OPTION_OF_SOURCE
#define STREAMING OPTION_OF_STREAMING
#define VIEW OPTION_OF_VIEW

const ProviderInfo provider_table[PROVIDER_COUNT] = {
    [PROVIDER_NONE] = {.name = "", .doc = ""},
    [PROVIDER_HTTP] = {.name = "http",
                       .doc = "A JSON, NDJSON or CSV API, polled.",
                       .source = true,
                       .stream = true},
    [PROVIDER_KAFKA] = {.name = "kafka",
                        .doc = "A topic: in weir's own log, or in Apache Kafka.",
                        .source = true,
                        .stream = true,
                        .target = true,
                        .replayable = true},
    [PROVIDER_JSON] = {.name = "json",
                       .doc = "Files of JSON, one object a line.",
                       .source = true,
                       .stream = true,
                       .target = true,
                       .view = true,
                       .replayable = true},
    [PROVIDER_CSV] = {.name = "csv",
                      .doc = "Files of CSV.",
                      .source = true,
                      .stream = true,
                      .target = true,
                      .view = true,
                      .replayable = true},
    [PROVIDER_RATE] = {.name = "rate",
                       .doc = "Rows of (timestamp, value) at a steady rate, for tests.",
                       .source = true,
                       .stream = true,
                       .replayable = true},
    [PROVIDER_NEXMARK] = {.name = "nexmark",
                          .doc = "The Nexmark benchmark's persons, auctions and bids.",
                          .source = true,
                          .stream = true,
                          .replayable = true},
    [PROVIDER_CASSANDRA] = {.name = "cassandra",
                            .doc = "A real-time table: in the embedded store, or in Apache Cassandra.",
                            .source = true,
                            .target = true,
                            .view = true,
                            .keyed = true},
    [PROVIDER_POSTGRES] = {.name = "postgres",
                           .doc = "A table for analysis: in the embedded store, or in PostgreSQL.",
                           .source = true,
                           .target = true,
                           .view = true,
                           .keyed = true},
    [PROVIDER_MEMORY] = {.name = "memory", .doc = "Rows in memory, for `weir sql`."},
};

/* clang-format off */
const OptionDef option_table[] = {
    /* key, type, providers, tables, required, default, values, doc */
    {"url", OPTION_URL, P(HTTP), SOURCE, true, NULL, NULL, "The address that is polled."},
    {"interval", OPTION_DURATION, P(HTTP), SOURCE, false, "1 second", NULL, "The wait after an answer without new rows."},
    {"cursor", OPTION_TEXT, P(HTTP), SOURCE, false, NULL, NULL, "PARAMETER=COLUMN: asks for what comes behind the last row, when the answer names no next page."},
    {"format", OPTION_ENUM, P(HTTP), SOURCE, false, "json", "json|ndjson|csv", "How the answer's body is written."},
    {"format", OPTION_ENUM, P(KAFKA), SOURCE | STREAMING, false, "json", "json|csv|raw|avro", "How records are written."},
    {"schema_file", OPTION_TEXT, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "Format avro: a file with the records' schema; without it the schema is that of the table's columns. With a registry it is the reader's: the one that has the defaults."},
    {"schema_registry", OPTION_URL, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "Format avro: the address of a schema registry; records begin with the number of their schema. Written in the latest schema of the subject TOPIC-value."},
    {"timeout", OPTION_DURATION, P(HTTP), SOURCE, false, "30 seconds", NULL, "The longest wait for one answer."},
    {"page_limit", OPTION_BYTES, P(HTTP), SOURCE, false, "64 MB", NULL, "A longer answer is an error."},

    {"topic", OPTION_TEXT, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "The topic's name; the table's when not given."},
    {"partitions", OPTION_INT, P(KAFKA), SOURCE | STREAMING, false, "1", NULL, "Partitions of the topic, when it is made."},
    {"key", OPTION_COLUMNS, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "Columns of the record's key; records of one key are in one partition."},
    {"retention", OPTION_DURATION, P(HTTP), SOURCE, false, NULL, NULL, "What was collected is kept in an internal topic: records older than this may be deleted, once every flow has read them; without it they are kept for ever."},
    {"retention", OPTION_DURATION, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "Records older than this may be deleted; without it they are kept for ever."},
    {"retention_bytes", OPTION_BYTES, P(HTTP), SOURCE, false, NULL, NULL, "The oldest segments of the internal topic beyond this size may be deleted, once every flow has read them."},
    {"retention_bytes", OPTION_BYTES, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "The oldest segments of a partition beyond this size may be deleted."},
    {"segment_bytes", OPTION_BYTES, P(HTTP), SOURCE, false, "128 MB", NULL, "The size at which the internal topic's next file is begun."},
    {"segment_bytes", OPTION_BYTES, P(KAFKA), SOURCE | STREAMING, false, "128 MB", NULL, "The size at which a partition's next file is begun."},
    {"compression", OPTION_ENUM, P(HTTP), SOURCE, false, "none", "none|lz4|zstd", "Compression of the internal topic."},
    {"compression", OPTION_ENUM, P(KAFKA), SOURCE | STREAMING, false, "none", "none|lz4|zstd", "Compression of record batches."},
    {"replication", OPTION_INT, P(KAFKA), SOURCE | STREAMING, false, NULL, NULL, "Copies of each record, when the topic is made in a real Kafka; the brokers' default when not given."},
    {"metadata", OPTION_TEXT, P(KAFKA), SOURCE, false, NULL, NULL, "Columns that are filled from the record itself, not from its value: 'partition, offset', 'at = timestamp'. There are key, topic, partition, offset, timestamp, timestampType, headers."},
    {"starting", OPTION_STARTING, P(KAFKA), SOURCE, false, "earliest", NULL, "Where a new flow begins to read: earliest, latest, a time ('2026-01-31 12:00:00'), or offsets by partition ('0:100,1:250')."},
    {"on_data_loss", OPTION_ENUM, P(KAFKA), SOURCE, false, "fail", "fail|continue", "When records that were to be read next are no longer there: the run stops, or goes on with the first that is left."},
    {"group", OPTION_TEXT, P(KAFKA), SOURCE, false, NULL, NULL, "The consumer group of a real Kafka in which the committed offsets can be seen; weir-TABLE when not given."},
    {"starting", OPTION_ENUM, P_FILES, SOURCE, false, "earliest", "earliest|latest", "Where a new flow begins to read."},

    {"path", OPTION_TEXT, P_FILES, SOURCE | STREAMING | VIEW, true, NULL, NULL, "A file, a folder, or a pattern like 'data/*.json'."},
    {"header", OPTION_BOOL, P(CSV), SOURCE | STREAMING | VIEW, false, "false", NULL, "The first line of each file is one of names; read, it is passed over: columns go by their place, as in Spark."},
    {"sep", OPTION_CHARACTER, P(CSV), SOURCE | STREAMING | VIEW, false, ",", NULL, "What separates values."},
    {"quote", OPTION_CHARACTER, P(CSV), SOURCE | STREAMING | VIEW, false, "\"", NULL, "What a value may stand in; within it separators mean nothing."},
    {"escape", OPTION_CHARACTER, P(CSV), SOURCE | STREAMING | VIEW, false, "\\", NULL, "In quotes, takes its meaning from a quote or itself; a doubled quote is one too."},
    {"nullValue", OPTION_TEXT, P(CSV), SOURCE | STREAMING | VIEW, false, NULL, NULL, "How NULL is written, besides an empty value; in quotes it is no NULL."},
    {"header", OPTION_BOOL, P(KAFKA) | P(HTTP), SOURCE | STREAMING, false, "false", NULL, "Format csv: the first line is one of names, and is passed over: columns go by their place."},
    {"sep", OPTION_CHARACTER, P(KAFKA) | P(HTTP), SOURCE | STREAMING, false, ",", NULL, "Format csv: what separates values."},
    {"quote", OPTION_CHARACTER, P(KAFKA) | P(HTTP), SOURCE | STREAMING, false, "\"", NULL, "Format csv: what a value may stand in."},
    {"escape", OPTION_CHARACTER, P(KAFKA) | P(HTTP), SOURCE | STREAMING, false, "\\", NULL, "Format csv: in quotes, takes its meaning from a quote or itself."},
    {"nullValue", OPTION_TEXT, P(KAFKA) | P(HTTP), SOURCE | STREAMING, false, NULL, NULL, "Format csv: how NULL is written, besides an empty value."},
    {"mode", OPTION_ENUM, P_FILES, SOURCE, false, "permissive", "permissive|failfast", "Batch reads: what a malformed record becomes (a row of NULLs, or an error)."},

    {"rowsPerSecond", OPTION_INT, P(RATE), SOURCE, false, "1", NULL, "Rows a second."},
    {"numPartitions", OPTION_INT, P(RATE), SOURCE, false, "1", NULL, "Partitions the rows are spread over."},
    {"rows", OPTION_INT, P(RATE), SOURCE, false, NULL, NULL, "Ends after that many rows."},

    {"rate", OPTION_INT, P(NEXMARK), SOURCE, false, "1000", NULL, "Events a second of event time."},
    {"seed", OPTION_INT, P(NEXMARK), SOURCE, false, "42", NULL, "The same seed gives the same events."},
    {"count", OPTION_INT, P(NEXMARK), SOURCE, false, NULL, NULL, "Ends after that many events; without it events come as their time comes."},
    {"base_time", OPTION_TIMESTAMP, P(NEXMARK), SOURCE, false, "2015-07-15 00:00:00Z", NULL, "Time of the first event."},
    {"first_event_id", OPTION_INT, P(NEXMARK), SOURCE, false, "0", NULL, "As `weir generate nexmark --first-event-id`."},
    {"first_event_number", OPTION_INT, P(NEXMARK), SOURCE, false, "0", NULL, "As `weir generate nexmark --first-event-number`."},
    {"out_of_order_group", OPTION_INT, P(NEXMARK), SOURCE, false, "1", NULL, "Events are shuffled within groups of that many."},

    {"idle_timeout", OPTION_DURATION, P_SOURCES, SOURCE | STREAMING, false, "5 seconds", NULL, "A partition without rows for that long no longer holds windows open."},
    {"late_table", OPTION_BOOL, P_TARGETS, STREAMING, false, "false", NULL, "Keeps rows that came too late for their window in <table>__late."},

    {"output_mode", OPTION_ENUM, P_TARGETS, STREAMING, false, NULL, "update|append", "update: early results, refined; append: each row once, when it is final."},
    {"on_error", OPTION_ENUM, P_TARGETS, STREAMING, false, "dead_letter", "dead_letter|fail", "What becomes of a row for which an expression fails."},
    {"unbounded_state", OPTION_BOOL, P_TARGETS, STREAMING, false, "false", NULL, "Allows a query whose state grows for as long as rows come."},
    {"primary_key", OPTION_COLUMNS, P_STORES, STREAMING | VIEW, false, NULL, NULL, "Rows are upserted by these columns; without it they are appended."},
    {"url", OPTION_TEXT, P(POSTGRES), SOURCE, false, NULL, NULL, "The server, where it is not that of postgres.url: postgresql://user@host:port/database."},
    {"password_file", OPTION_TEXT, P(POSTGRES), SOURCE, false, NULL, NULL, "A file that holds the password for 'url'."},
    {"table", OPTION_TEXT, P_STORES, SOURCE | STREAMING | VIEW, false, NULL, NULL, "The table's name in the outside system; this table's when not given."},
    {"keyspace", OPTION_TEXT, P(CASSANDRA), SOURCE | STREAMING | VIEW, false, NULL, NULL, "Cassandra's keyspace; cassandra.keyspace when not given."},
    {"schema", OPTION_TEXT, P(POSTGRES), SOURCE | STREAMING | VIEW, false, NULL, NULL, "PostgreSQL's schema."},
    {"ttl", OPTION_DURATION, P(CASSANDRA), STREAMING | VIEW, false, NULL, NULL, "Rows disappear that long after they were last written."},
    {"consistency", OPTION_ENUM, P(CASSANDRA), STREAMING | VIEW, false, NULL, "any|one|two|three|quorum|all|local_quorum|each_quorum|local_one", "Cassandra's consistency level; cassandra.consistency when not given."},
    {"timestamps", OPTION_ENUM, P(CASSANDRA), STREAMING | VIEW, false, "milliseconds", "milliseconds|microseconds", "TIMESTAMP in Cassandra: its type timestamp, which has milliseconds, or a bigint of microseconds since 1970."},

    {"schedule", OPTION_SCHEDULE, P_STORES | P_FILES, VIEW, false, NULL, NULL, "When it is rebuilt: five-field cron, @hourly, @daily, @weekly, @monthly, or 'every 15 minutes'; without it, after what it reads has been."},
    {"time_zone", OPTION_ZONE, P_STORES | P_FILES, VIEW, false, NULL, NULL, "The zone of the schedule; the session's when not given."},
    {"start_date", OPTION_TIMESTAMP, P_STORES | P_FILES, VIEW, false, NULL, NULL, "No run before this."},
    {"catchup", OPTION_BOOL, P_STORES | P_FILES, VIEW, false, "false", NULL, "Runs the firings missed while nothing ran, one by one."},
    {"retries", OPTION_INT, P_STORES | P_FILES, VIEW, false, "0", NULL, "How often a failed run is tried again."},
    {"retry_delay", OPTION_DURATION, P_STORES | P_FILES, VIEW, false, "1 minute", NULL, "The wait before a retry."},
    {"timeout", OPTION_DURATION, P_STORES | P_FILES, VIEW, false, NULL, NULL, "A run that takes longer is stopped and has failed."},
    {"deadline", OPTION_DURATION, P_STORES | P_FILES, VIEW, false, NULL, NULL, "A run not done that long after its firing is reported."},
    {NULL, OPTION_TEXT, 0, 0, false, NULL, NULL, NULL},
};
/* clang-format on */

enum { MS = 1000, MINUTE = 60 * 1000 * MS };
#define DAY ((int64_t)24 * 60 * MINUTE)

const OptionBounds option_bounds[] = {
    /* settings */
    {"commit.interval", OPTION_DURATION, MS, DAY},
    {"workers", OPTION_INT, 0, 64},
    {"batch.rows", OPTION_INT, 1, 65536},
    {"epoch.limit", OPTION_BYTES, 1 << 10, INT64_MAX},
    {"state.limit", OPTION_BYTES, 1 << 20, INT64_MAX},
    /* options */
    {"interval", OPTION_DURATION, MS, 365 * DAY},
    {"timeout", OPTION_DURATION, MS, 365 * DAY},
    {"page_limit", OPTION_BYTES, 1 << 10, 1 << 30},
    {"partitions", OPTION_INT, 1, 4096},
    {"segment_bytes", OPTION_BYTES, 1 << 10, INT32_MAX},
    {"retention_bytes", OPTION_BYTES, 1, INT64_MAX},
    {"rowsPerSecond", OPTION_INT, 1, 1000000000},
    {"numPartitions", OPTION_INT, 1, 4096},
    {"rate", OPTION_INT, 1, 1000000000},
    {"out_of_order_group", OPTION_INT, 1, 1000000000},
    {"idle_timeout", OPTION_DURATION, MS, 365 * DAY},
    {"retries", OPTION_INT, 0, 1000},
    {"retry_delay", OPTION_DURATION, 0, 365 * DAY},
    {NULL, OPTION_TEXT, 0, 0},
};
