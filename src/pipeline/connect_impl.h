/*
 * connect_impl.h: what connect.c and table_scan.c share. Not for others.
 */
#ifndef WEIR_PIPELINE_CONNECT_IMPL_H
#define WEIR_PIPELINE_CONNECT_IMPL_H

#include "base/vec.h"
#include "log/log_writer.h"
#include "os/os.h"
#include "pipeline/connect.h"
#include "source/topics.h"

typedef struct OpenSource {
    const TableDef *table;
    Source *source;
} OpenSource;

typedef struct OpenSink {
    const TableDef *table;
    Sink *sink;
} OpenSink;

/* The internal topic of a table that a collector fills. */
typedef struct CollectedTopic {
    const TableDef *table;
    Topic *topic;
    LogWriter *writer;
    int64_t *ends;
    bool dirty; /* Appended to since the last commit. */
} CollectedTopic;

struct Connections {
    Arena arena;
    const char *dir; /* NULL: nothing is kept. */
    OsLock *lock; /* NULL: a reader. */
    bool whole;   /* Files are read to their last byte, at once. */
    Store *store;
    Topics *topics;
    VEC(OpenSource) sources;
    VEC(OpenSink) sinks;
    VEC(CollectedTopic) collected;
};

Str connections_topic_name(Connections *connections, const TableDef *table);

#endif
