/*
 * connect_impl.h: what connect.c, intake.c and table_scan.c share. Not for others.
 */
#ifndef WEIR_PIPELINE_CONNECT_IMPL_H
#define WEIR_PIPELINE_CONNECT_IMPL_H

#include "base/vec.h"
#include "os/os.h"
#include "pipeline/connect.h"
#include "sink/topic_writer.h"

typedef struct OpenSource {
    const TableDef *table;
    Source *source;
} OpenSource;

typedef struct OpenSink {
    const TableDef *table;
    Sink *sink;
} OpenSink;

struct Connections {
    Arena arena;
    const char *dir; /* NULL: nothing is kept. */
    OsLock *lock; /* NULL: a reader. */
    bool whole;   /* Files are read to their last byte, at once. */
    Store *store;
    Topics *topics;
    VEC(OpenSource) sources;
    VEC(OpenSink) sinks;
    VEC(TopicWriter *) writers;  /* Of topics that no sink writes to. */
    VEC(TopicWriter *) appended; /* Those appended to since the last commit, of sinks too. */
};

/* The topic a table stands on; the writer makes it when it is missing. */
bool connections_table_topic(Connections *connections, const TableDef *table, Topic **out,
                             Error *err);
Str connections_topic_name(Connections *connections, const TableDef *table);

#endif
