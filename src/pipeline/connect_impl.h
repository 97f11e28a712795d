/*
 * connect_impl.h: what connect.c, intake.c, outside.c and table_scan.c share. Not for others.
 */
#ifndef WEIR_PIPELINE_CONNECT_IMPL_H
#define WEIR_PIPELINE_CONNECT_IMPL_H

#include "base/vec.h"
#include "client/table_schemas.h"
#include "os/os.h"
#include "pipeline/connect.h"
#include "pipeline/role.h"
#include "sink/sink_open.h"
#include "sink/topic_writer.h"

/* What the name of a collector's internal topic begins with; the table's follows. */
#define COLLECTED "_collected."

typedef struct OpenSource {
    const TableDef *table;
    Source *source;
} OpenSource;

typedef struct OpenSink {
    const TableDef *table;
    Sink *sink;
} OpenSink;

/* A materialized view in an outside system. */
typedef struct OpenView {
    const TableDef *table;
    Outside *outside;
} OpenView;

struct Connections {
    Arena arena;
    const Settings *settings; /* Borrowed. */
    const char *dir; /* NULL: nothing is kept. */
    OsLock *lock; /* NULL: a reader. */
    bool whole;   /* Files are read to their last byte, at once. */
    Store *store;
    Topics *topics;
    VEC(OpenSource) sources;
    VEC(OpenSink) sinks;
    VEC(OpenView) views;
    VEC(TableSchemas *) schemas; /* Of sinks. */
    VEC(TopicWriter *) writers;  /* Of topics that no sink writes to. */
    VEC(TopicWriter *) appended; /* Those appended to since the last commit, of sinks too. */
};

/* The topic a table stands on; the writer makes it when it is missing. */
bool connections_table_topic(Connections *connections, const TableDef *table, Topic **out,
                             Error *err);
Str connections_topic_name(Connections *connections, const TableDef *table);
/* outside.c: a sink of a role that stands outside; makes or checks the table there. `config` has all
 * but the topic. */
bool connections_outside_sink(Connections *connections, const OutsideRole *role,
                              const TableDef *table, SinkConfig *config, int64_t epoch, Sink **out,
                              Error *err);
bool connections_outside_source(Connections *connections, const OutsideRole *role,
                                const TableDef *table, Source **out, Error *err);
/* The session's, for times in options. */
const Zone *connections_zone(const Connections *connections);

#endif
