/*
 * store_sink.h: rows into a table of the embedded store (sink.h, store/store.h).
 *
 * With a primary key a writer keeps only the last row of each key of the epoch; several writers'
 * rows of one key are written in the writers' order. Without one all rows are appended.
 */
#ifndef WEIR_SINK_STORE_SINK_H
#define WEIR_SINK_STORE_SINK_H

#include "sink/sink_open.h"

bool store_sink_open(const SinkConfig *config, Sink **out, Error *err);

#endif
